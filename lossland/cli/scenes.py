"""``lossland scenes``: every scene, as a table or JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from lossland.cli.options import add_json
from lossland.cli.output import print_json, print_table

EXAMPLES = """
  lossland scenes
  lossland scenes --json
  lossland explore linear_map_2d --preset shear"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(arguments: Namespace) -> None:
    """List the scenes, chapter by chapter."""
    from lossland.scenery import library

    described = [library.describe(kind) for kind in library.classes()]
    if arguments.json:
        print_json(described)
        return
    rows = [(one["name"], one["title"], one["chapter"], "; ".join(one["presets"])) for one in described]
    print_table(rows, ("name", "title", "chapter", "presets"))
