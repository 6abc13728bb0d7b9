"""What commands print: one JSON document, or text for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from lossland.formats.jsontext import to_json


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    print(to_json(document))


def print_table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    """Print left-aligned columns, the last one as long as it is."""
    table = [list(headings), *map(list, rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings) - 1)]
    for row in table:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


def note(text: str) -> None:
    """Print a remark on stderr, where it does not mix with results."""
    print(text, file=sys.stderr)


def number(value: float) -> str:
    """Return a number as people read it."""
    return f"{value:.6g}"


def pair(values: Sequence[float]) -> str:
    """Return a point as people read it."""
    return f"({', '.join(number(float(value)) for value in values)})"
