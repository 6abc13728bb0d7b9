"""A small progress bar on stderr."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

EIGHTHS = " ▏▎▍▌▋▊▉█"  # partial blocks; "·" is an empty cell
PLAIN = " #"  # for a terminal without these characters


class Progress:
    """A bar that is redrawn in place, and silent unless its stream is a terminal.

    Use it as ``with Progress("Filming") as progress: ... progress(done, total)``.
    """

    def __init__(self, label: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.label = label
        self.stream = stream or sys.stderr
        self.clock = clock
        self.shown = self.stream.isatty()
        self._cells, self._empty = (EIGHTHS, "·") if _can_show(self.stream, EIGHTHS + "·") else (PLAIN, "-")
        self._started = clock()
        self._drawn = float("-inf")

    def __call__(self, done: float, total: float) -> None:
        """Show ``done`` of ``total``; redrawn at most ten times a second, and at the end."""
        now = self.clock()
        if not self.shown or (now - self._drawn < 0.1 and done < total):
            return
        self._drawn = now
        line = self.line(done, total, now - self._started, shutil.get_terminal_size().columns)
        self.stream.write(f"\r{line}\x1b[K")
        self.stream.flush()

    def line(self, done: float, total: float, seconds: float, columns: int) -> str:
        """Return the bar as text of at most ``columns - 1`` characters, ``seconds`` after the start."""
        part = min(max(done / total, 0.0), 1.0) if total else 1.0
        left = f"{_clock(seconds / part - seconds)} left" if 0 < part < 1 else _clock(seconds)
        head, tail = f"{self.label} ", f" {part:4.0%}  {done:,.0f}/{total:,.0f}  {left}"
        width = min(columns - 1 - len(head) - len(tail), 40)
        return (head + self._bar(part, width) + tail)[: columns - 1] if width > 4 else (head + tail)[: columns - 1]

    def _bar(self, part: float, width: int) -> str:
        steps = len(self._cells) - 1
        full, rest = divmod(round(part * width * steps), steps)
        return (self._cells[-1] * full + (self._cells[rest] if rest else "")).ljust(width, self._empty)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn > float("-inf"):
            self.stream.write("\n")
            self.stream.flush()


def _can_show(stream: TextIO, letters: str) -> bool:
    try:
        letters.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
