"""Work in pieces: a generator that pauses now and then, so that a window can draw, and returns the result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")
Pieces = Generator[float, None, T]
"""Work in pieces: yields the share that is done after each piece, and returns the result."""

PIECE = 1_000_000  # steps of one particle in a piece of work: some milliseconds
WHOLE = 10**15  # more work than there is


def finished(pieces: Pieces[T], progress: Callable[[float], None] | None = None) -> T:
    """Do all the work and return its result. ``progress`` is called with the share that is done."""
    while True:
        try:
            share = next(pieces)
        except StopIteration as end:
            return end.value
        if progress:
            progress(share)
