"""Incremental work: a generator that yields control regularly, so that a window can draw, and returns the result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")
Pieces = Generator[float, None, T]
"""Incremental work: yields the share done after each piece, and returns the result."""

PIECE = 1_000_000  # particle steps in a piece of work: some milliseconds
WHOLE = 10**15  # everything in one piece


def finished(pieces: Pieces[T], progress: Callable[[float], None] | None = None) -> T:
    """Run to the end and return the result. ``progress`` is called with the share done."""
    while True:
        try:
            share = next(pieces)
        except StopIteration as end:
            return end.value
        if progress:
            progress(share)
