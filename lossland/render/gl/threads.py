"""Where Mesa's drawing threads run: beside the main thread while it works, on every processor while it waits.

Mesa's software driver has a thread for each processor, and begins a picture only when all of them are awake. Linux lets
a thread that it wakes queue behind another one for milliseconds. On two processors that costs a fifth of a frame: one
drawing thread queues behind the main thread, the other one waits for it, and a processor is idle.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

NAME = "llvmpipe-"  # how Mesa names them, before their numbers, which begin at 0 for each of its screens
OWN_THREADS = Path("/proc/self/task")


def drawing_threads() -> dict[int, int]:
    """Return the ids of this process's threads that draw for Mesa's software driver, and the number of each.

    There are none except on Linux.
    """
    found: dict[int, int] = {}
    for thread in OWN_THREADS.iterdir() if OWN_THREADS.is_dir() else ():
        with suppress(OSError):  # it has just ended
            name = (thread / "comm").read_text().strip()
            number = name.removeprefix(NAME)
            if name.startswith(NAME) and number.isdecimal():
                found[int(thread.name)] = int(number)
    return found


class Processors:
    """Which processors drawing threads may use. Where the system gives no say in it, nothing is done.

    Threads of number 0 move: beside the main thread's processor while that works, onto it while that waits. The others
    always stay off it. The main thread itself runs wherever the system puts it.
    """

    def __init__(self, threads: Mapping[int, int], allowed: Collection[int], main_on: Callable[[], int]) -> None:
        """``threads``: see ``drawing_threads``; ``main_on`` returns the processor that the calling thread runs on."""
        self._threads = tuple(threads) if len(allowed) > 1 else ()
        self._first = tuple(thread for thread in self._threads if threads[thread] == 0)
        self._allowed = frozenset(allowed)
        self._main_on = main_on
        self._set: dict[int, frozenset[int]] = {}  # what was last set, by thread

    def part(self) -> None:
        """Keep the main thread's processor free for it, which begins to work."""
        if self._threads:
            self._allow(self._threads, self._allowed - {self._main_on()})

    def share(self) -> None:
        """Let the threads use the main thread's processor, which begins to wait for them or for events."""
        if self._threads:
            self._allow(self._first, frozenset({self._main_on()}))

    def release(self) -> None:
        """Let every thread run anywhere."""
        self._allow(self._threads, self._allowed)

    def _allow(self, threads: Sequence[int], processors: frozenset[int]) -> None:
        try:
            for thread in threads:
                if self._set.get(thread) != processors:
                    os.sched_setaffinity(thread, processors)
                    self._set[thread] = processors
        except OSError:  # forbidden, or the thread or the processor is gone: the system decides from now on
            self._threads = ()


def processors() -> Processors:
    """Return the processors of this process's drawing threads."""
    try:
        return Processors(drawing_threads(), os.sched_getaffinity(0), ctypes.CDLL(None).sched_getcpu)
    except (AttributeError, OSError):  # not Linux
        return Processors({}, (), int)
