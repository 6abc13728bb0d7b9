"""``lossland optimizers``: every optimizer, as a table or JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from lossland.cli.options import add_json
from lossland.cli.output import print_json, print_table

EXAMPLES = """
  lossland optimizers
  lossland optimizers --json
  lossland run rosenbrock --optimizer nesterov:lr=0.001,momentum=0.95"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(arguments: Namespace) -> None:
    """List the optimizers with their settings' defaults."""
    from lossland import optimizers
    from lossland.compute import explain

    kinds = optimizers.catalogue()
    if arguments.json:
        print_json(
            [
                {
                    "name": kind.name,
                    "title": kind.title,
                    "params": asdict(kind()),
                    "equations": explain.equations(kind()),
                    "source": kind.source,
                }
                for kind in kinds
            ]
        )
        return
    rows = [
        (kind.name, kind.title, ", ".join(f"{name}={value:g}" for name, value in asdict(kind()).items()))
        for kind in kinds
    ]
    print_table(rows, ("name", "title", "settings"))
