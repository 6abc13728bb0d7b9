"""Robust standard streams for our own process: always open, never failing, with stdout reserved for results.

Each of the three may be closed (as under some schedulers), full, or a pipe without a reader. The work is done anyway;
`check` reports at the end what could not be written.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from lossland.errors import MachineError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Raw(io.FileIO):
    """A raw stream that drops all output after its first failure."""

    failure: OSError | None = None
    was_closed = False  # when the process started: nobody reads the output

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all data, or record the failure."""
        view = memoryview(data).cast("B")
        if self.was_closed:
            self.failure = OSError(errno.EBADF, "standard output is closed")
        done = 0
        while done < len(view) and self.failure is None:
            try:
                written = super().write(view[done:])
                if written is None:  # a non-blocking stream that is full
                    select.select([], [self], [])
                done += written or 0
            except OSError as error:
                self.failure = error
        return len(view)


_out: _Raw | None = None
_result: TextIO | None = None  # the stream of the JSON document, while other prints go to stderr


def take_over() -> None:
    """Replace the process's streams, once.

    Output of child processes and compiled libraries to descriptor 1 goes to stderr, so that stdout holds only results.
    """
    global _out
    was_closed = sys.stdout is None
    for number in range(3):  # else the next opened file would get the descriptor
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    _out, error = _Raw(os.dup(1), "w"), _Raw(os.dup(2), "w")
    _out.was_closed = was_closed
    sys.stdout = _text(_out, sys.stdout, "replace")  # a terminal without our characters still gets the numbers
    sys.stderr = _text(error, sys.stderr, "backslashreplace")
    os.dup2(2, 1)


def _text(raw: _Raw, like: TextIO | None, errors: str) -> TextIO:
    encoding = like.encoding if like is not None else "utf-8"
    always = errors == "backslashreplace" or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, line_buffering=always)


def check() -> None:
    """Raise MachineError if not all of the output could be written; a closed pipe is no failure."""
    sys.stdout.flush()
    failure = None if _out is None else _out.failure
    if failure is not None and not isinstance(failure, BrokenPipeError):
        raise MachineError(f"The output cannot be written: {failure.strerror or failure}.") from failure


@contextmanager
def kept_for_json(wanted: bool) -> Iterator[None]:
    """Within the block, if ``wanted``, only `result` is stdout, and prints of a user's file go to stderr."""
    global _result
    if not wanted:
        yield
        return
    _result, sys.stdout = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout, _result = _result, None


def result() -> TextIO:
    """Return the stream for a command's result."""
    return _result or sys.stdout
