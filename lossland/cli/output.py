"""Output of commands: one JSON document, or text for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lossland.cli import streams
from lossland.formats.jsontext import to_json


def print_json(document: object) -> None:
    """Print one JSON document on stdout."""
    print(to_json(document), file=streams.result())


def print_table(rows: Sequence[Sequence[str]], headings: Sequence[str] = ()) -> None:
    """Print left-aligned columns; the last one is not padded."""
    table = [list(row) for row in (headings, *rows) if row]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    for *cells, last in table:
        print("  ".join([*map(str.ljust, cells, widths), last]).rstrip())


def note(text: str) -> None:
    """Print a remark on stderr, separate from results."""
    print(text, file=sys.stderr)


def number(value: float) -> str:
    """Format a number for people."""
    return f"{value:.6g}"


def pair(values: Sequence[float]) -> str:
    """Format a point for people."""
    return f"({', '.join(number(float(value)) for value in values)})"


def note_the_end(seconds: float, time: float | None, what: str = "scene") -> None:
    """Print a remark if a time is past the end of a scene or session of ``seconds``."""
    if time is not None and time > seconds:
        note(
            f"--time {number(time)} is past the end of the {what}, which is {number(seconds)} s long; this is its end."
        )
