"""``lossland optimizers``: every optimizer, family by family, as a table or JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from lossland.cli.options import add_json
from lossland.cli.output import print_json, print_table

EXAMPLES = """
  lossland optimizers
  lossland optimizers --json
  lossland run rosenbrock --optimizer nesterov:lr=0.001,momentum=0.95
  lossland run rosenbrock --optimizer adam:lr=0.1,schedule=cosine,steps=500"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(arguments: Namespace) -> None:
    """List the optimizers with how many gradients a step evaluates, and their settings' defaults."""
    from lossland import optimizers
    from lossland.compute import explain

    kinds = optimizers.catalogue()
    if arguments.json:
        print_json(
            [
                {
                    "name": kind.name,
                    "title": kind.title,
                    "family": kind.family,
                    "gradients": optimizers.cost(kind),
                    "params": asdict(kind()),
                    "equations": explain.equations(kind()),
                    "source": kind.source,
                }
                for kind in kinds
            ]
        )
        return
    rows = [
        (kind.name, kind.family, f"{optimizers.cost(kind):g}", ", ".join(f"{name}={value:g}" for name, value in asdict(kind()).items()))
        for kind in kinds
    ]
    print_table(rows, ("name", "family", "gradients", "settings"))
