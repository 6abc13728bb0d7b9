"""``lossland optimizers``: every optimizer, family by family, as a table or JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from lossland.cli.options import add_json
from lossland.cli.output import print_json, print_table

if TYPE_CHECKING:
    from lossland.optimizers import Optimizer

EXAMPLES = """
  lossland optimizers
  lossland optimizers --json
  lossland run rosenbrock --optimizer nesterov:lr=0.001,momentum=0.95
  lossland run rosenbrock --optimizer adam:lr=0.1,schedule=cosine,steps=500"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(arguments: Namespace) -> None:
    """List the optimizers with the cost of a step in gradients, and the defaults of their settings."""
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
    rows = [(kind.name, kind.family, f"{optimizers.cost(kind):g}", _settings(kind)) for kind in kinds]
    print_table(rows, ("name", "family", "gradients", "settings"))


def _settings(kind: type[Optimizer]) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in asdict(kind()).items())
