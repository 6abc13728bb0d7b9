"""``lossland landscapes``: every landscape, as a table or JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from lossland.cli.options import add_json
from lossland.cli.output import number, pair, print_json, print_table

if TYPE_CHECKING:
    from lossland.landscapes import Landscape

EXAMPLES = """
  lossland landscapes
  lossland landscapes --json
  lossland explore himmelblau"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(arguments: Namespace) -> None:
    """List the landscapes."""
    from lossland import landscapes

    catalogue = landscapes.catalogue()
    if arguments.json:
        print_json([described(land) for land in catalogue])
        return
    rows = []
    for land in catalogue:
        (x0, x1), (y0, y1) = land.domain
        domain = f"[{number(x0)}, {number(x1)}] x [{number(y0)}, {number(y1)}]"
        minima = ", ".join(map(pair, land.minima[:2])) or "none"
        more = f" and {len(land.minima) - 2} more" if len(land.minima) > 2 else ""
        rows.append((land.name, land.title, domain, f"{minima}{more}"))
    print_table(rows, ("name", "title", "domain", "global minima"))


def described(land: Landscape) -> dict[str, object]:
    """Return one landscape of the listing as JSON data."""
    return {
        "name": land.name,
        "title": land.title,
        "formula": land.formula,
        "latex": land.latex,
        "domain": land.domain,
        "minima": [{"x": x, "y": y, "value": float(land.value((x, y)))} for x, y in land.minima],
        "source": land.source,
    }
