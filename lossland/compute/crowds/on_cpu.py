"""A crowd moved by a compiled CPU kernel, on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossland.compute.bounds import bounds
from lossland.compute.crowds.base import MOST_STEPS, Crowd, Points, Progress, circles, cores, rounded
from lossland.compute.kernels.cpu import CHUNK, WATCH, aligned, kernel
from lossland.compute.kernels.fused import fuse
from lossland.compute.levels import filled, table_of_levels
from lossland.optimizers import Optimizer

if TYPE_CHECKING:
    from lossland.landscapes.problems import Ground

WORK = 100_000_000  # particle steps between two reports of progress: a fraction of a second
TASK = 500_000  # particle steps worth a task for another core, since submitting one takes some 0.05 ms


class KernelCrowd(Crowd):
    """Particles moved by a compiled CPU kernel, float32 or float64 as ``start`` (N, n) is.

    With ``minima`` (m, 2) it also records when each particle settled within ``near`` of one of them, and when it was
    lost. With decreasing ``levels`` (m,) instead, it records when f first passed each of them; a particle that has
    passed the last one stops. ``threads`` is the largest number of cores to use (0: all). The constructor raises
    MachineError where nothing can be compiled.
    """

    def __init__(
        self,
        landscape: Ground,
        rule: Optimizer,
        start: Points,
        seed: int = 0,
        first: int = 0,
        minima: NDArray[np.floating] | None = None,
        near: float = 0.0,
        threads: int = 0,
        levels: NDArray[np.floating] | None = None,
    ) -> None:
        self.rule, self.seed, self.first, self.count = rule, seed, first, len(start)
        self.dtype = start.dtype
        self._size = len(landscape.names)
        self._fused = fuse(landscape, rule, timed=levels is not None)
        self._kernel = kernel(self._fused, self.dtype, watch=minima is not None)
        self._bounds = bounds(landscape.domain, self.dtype)
        self._minima = circles(minima, near, self.dtype) if levels is None else table_of_levels(levels, self.dtype)
        self._carry = self._fused.carry(rule)
        self._threads = threads or cores()
        self._state = self._initial_state(start)
        self._hits = None if levels is None else np.full((len(self._state), len(levels), CHUNK), -1, np.int32)

    def _initial_state(self, start: Points) -> Points:
        """Return the initial state (chunks, rows, CHUNK)."""
        chunks, rows, size = -(-self.count // CHUNK), self._kernel.rows, self._size
        state = aligned((chunks, len(rows), CHUNK), self.dtype)
        for row, value in enumerate(self._fused.initial(self.rule), start=size):
            state[:, row] = value
        first = {**dict.fromkeys(WATCH, -1), "level": self._minima.flat[0], "best": np.inf}
        for row in range(len(self._fused.rows), len(rows)):
            state[:, row] = first[rows[row]]
        whole = self.count // CHUNK
        state[:whole, :size] = start[: whole * CHUNK].reshape(whole, CHUNK, size).transpose(0, 2, 1)
        if whole < chunks:
            state[-1, :size] = np.nan  # unused lanes count as lost
            state[-1, :size, : self.count % CHUNK] = start[whole * CHUNK :].T
        return state

    def _row(self, name: str) -> NDArray[np.floating]:
        return self._state[:, self._kernel.rows.index(name)].reshape(-1)[: self.count]

    @property
    def positions(self) -> Points:
        """The positions as a new array (N, 2), or (N, n) of a problem in n dimensions."""
        result = np.empty((len(self._state), CHUNK, self._size), self.dtype)
        result[...] = self._state[:, : self._size].transpose(0, 2, 1)
        return result.reshape(-1, self._size)[: self.count]

    @property
    def settled(self) -> NDArray[np.int64]:
        """The step since which each particle is at a minimum, -1 where it is at none, (N,)."""
        return self._row("settled").astype(np.int64)

    @property
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not, (N,)."""
        return self._row("lost").astype(np.int64)

    @property
    def hits(self) -> NDArray[np.int32]:
        """The step (m, N) at which f was first at or below each of the m levels, -1 where it was not yet."""
        assert self._hits is not None
        return filled(self._hits.transpose(1, 0, 2).reshape(self._hits.shape[1], -1)[:, : self.count])

    @property
    def best(self) -> Points:
        """The lowest f of each particle before its present position, (N,)."""
        return self._row("best").copy()

    @property
    def nonfinite(self) -> NDArray[np.bool_]:
        """Which particles have a position or remembered term that is not finite, (N,)."""
        return ~np.isfinite(self._state[:, : len(self._fused.rows)]).all(axis=1).reshape(-1)[: self.count]

    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps."""
        for taken, some in self._pieces(steps, 1):
            self._run(some)
            if progress:
                progress((taken + some) / steps)

    def trail(self, steps: int, every: int = 1) -> Points:
        """Take ``steps`` steps; return the positions after each ``every`` of them, (steps // every, n, N)."""
        frames = np.empty((steps // every, self._size, self.count), self.dtype)
        for taken, some in self._pieces(steps - steps % every, every):
            self._run(some, frames[taken // every :], every)
        self.advance(steps % every)
        return frames

    def _pieces(self, steps: int, multiple: int) -> Iterator[tuple[int, int]]:
        """Split steps into pieces that take a fraction of a second; yield (steps before, steps) of each."""
        most = max(1, min(WORK // self.count, MOST_STEPS) // multiple) * multiple
        for taken in range(0, steps, most):
            yield taken, min(most, steps - taken)

    def _run(self, steps: int, trail: Points | None = None, every: int = 0) -> None:
        """Take a piece of steps, with the chunks distributed over the cores."""
        exact, self._carry = self._fused.table(self.rule, self.step, steps, self._carry)
        table = rounded(exact, self.dtype)

        def run(begin: int, end: int) -> None:
            count = min(end * CHUNK, self.count) - begin * CHUNK
            self._kernel.advance(
                self._state[begin:end], count, table, self._bounds, self._minima,
                first=self.first + begin * CHUNK, done=self.step, seed=self.seed,
                hits=None if self._hits is None else self._hits[begin:end],
                trail=None if trail is None else trail[:, :, begin * CHUNK :], every=every,
            )  # fmt: skip

        chunks = len(self._state)
        parts = min(chunks, self.count * steps // TASK, 16 * self._threads) if self._threads > 1 else 1
        if parts <= 1:
            run(0, chunks)
        else:
            edges = [chunks * i // parts for i in range(parts + 1)]
            tasks = [_pool(self._threads).submit(run, *edges[i : i + 2]) for i in range(parts)]
            try:
                wait(tasks)
            finally:  # after Ctrl-C no thread may still write into the state
                _stop(tasks)
            for task in tasks:
                task.result()
        self.step += steps


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="kernel")


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads and starts its own
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _stop(tasks: list[Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    wait(tasks)
