"""Independent units of work, *tiles*, distributed over workers: processes of this machine, or this process alone.

`Workers.run` takes a function and tiles, and yields the results as they complete. The function must be importable,
tiles and results plain data: text, numbers, dataclasses, NumPy arrays. No result depends on the number of workers or
the order in which they finish.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from typing import Protocol, TypeVar

from lossland.compute.crowds.base import cores, limit_cores
from lossland.errors import MachineError, UserError, is_users, sentence

T = TypeVar("T")
R = TypeVar("R")

ATTEMPTS = 2  # at a tile whose worker dies
_SERVE = "import sys; from lossland.compute.workers import serve; serve(int(sys.argv[1]))"


class Workers(Protocol):
    """Something that computes tiles."""

    count: int
    """The number of tiles that run at the same time."""

    def run(self, function: Callable[[T], R], tiles: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Yield (number of the tile, ``function(tile)``) as the results come, in any order.

        What the function raises is raised here, as UserError or MachineError. Closing the iterator ends all work.
        """
        ...


class SerialWorkers:
    """Computes all tiles in this process, one after the other."""

    count = 1

    def run(self, function: Callable[[T], R], tiles: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Yield (number of the tile, ``function(tile)``) in order."""
        for number, tile in enumerate(tiles):
            yield number, function(tile)


class LocalWorkers:
    """Processes of this machine, by default one for each core.

    They are started as separate programs rather than forked, so that the caller's main module and threads do not
    matter. A worker that dies is replaced, and its tile repeated.
    """

    def __init__(self, count: int = 0) -> None:
        self.count = count or cores()

    def run(self, function: Callable[[T], R], tiles: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Yield (number of the tile, ``function(tile)``) as the results come."""
        left = iter(range(len(tiles)))
        busy: dict[Connection, _Worker] = {}
        try:
            for _, number in zip(
                range(self.count), left, strict=False
            ):  # the range first, so that zip consumes no extra tile
                worker = _Worker()
                busy[worker.connection] = worker
                worker.begin(function, tiles[number], number)
            while busy:
                for connection in wait(list(busy)):
                    worker = busy.pop(connection)  # type: ignore[arg-type]
                    number = worker.number
                    try:
                        done, result = worker.connection.recv()
                    except (EOFError, OSError):
                        worker.end()
                        if worker.attempt >= ATTEMPTS:
                            raise MachineError(
                                "A worker process died twice at the same work; is there enough memory?"
                            ) from None
                        fresh = _Worker()
                        busy[fresh.connection] = fresh
                        fresh.begin(function, tiles[number], number, worker.attempt + 1)
                        continue
                    if not done:
                        worker.end()
                        raise result
                    following = next(left, None)
                    if following is None:
                        worker.end()
                    else:
                        busy[worker.connection] = worker
                        worker.begin(function, tiles[following], following)
                    yield number, result
        finally:
            for worker in busy.values():
                worker.end()


class _Worker:
    """A process that waits for tiles. It exits when this process is gone."""

    def __init__(self) -> None:
        self.connection, theirs = Pipe()
        # Its own session: Ctrl-C in a terminal reaches only this process, which ends its workers.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),), start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        theirs.close()
        self.number, self.attempt = -1, 0

    def begin(self, function: Callable[[T], R], tile: T, number: int, attempt: int = 1) -> None:
        """Send work."""
        self.number, self.attempt = number, attempt
        with suppress(OSError):  # the worker has died: `run` notices when it waits for the result
            self.connection.send((function, tile))

    def end(self) -> None:
        """Kill the process."""
        self.connection.close()
        self._process.kill()
        self._process.wait()


def serve(descriptor: int) -> None:
    """Compute the tiles from a pipe until it is closed: the main function of worker processes."""
    limit_cores(1)
    connection = Connection(descriptor)
    while True:
        try:
            function, tile = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = True, function(tile)
        except Exception as error:
            told = (UserError if is_users(error) else MachineError)(sentence(error))
            told.add_note(traceback.format_exc())
            answer = False, told
        try:
            connection.send(answer)
        except OSError:
            return


def local_workers(count: int = 0) -> Workers:
    """Return workers of this machine: processes if there are several cores and the system can pass pipes to them."""
    number = count or cores()
    return LocalWorkers(number) if number > 1 and os.name == "posix" else SerialWorkers()
