"""Many particles on their way under one rule: by a compiled kernel where there is one, else on arrays.

A `Crowd` is the state of N particles and moves it on. `KernelCrowd` runs the fused CPU kernel on all cores;
`ArrayCrowd` needs nothing but an array library, and is what kernels are compared with. Both follow the same rules:
a particle goes where it would go alone, and one that is lost (see ``bounds``) stays where that happened.
"""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossland.compute import arrays
from lossland.compute.arrays import Backend
from lossland.compute.bounds import bounds, is_lost
from lossland.compute.kernels.cpu import CHUNK, WATCH, kernel, room
from lossland.compute.kernels.fused import fuse
from lossland.compute.stepping import Block, Stepper
from lossland.errors import MachineError
from lossland.optimizers import Optimizer

if TYPE_CHECKING:
    from lossland.landscapes import Landscape

Points = NDArray[np.floating]
Progress = Callable[[float], None]

BLOCK = 16384  # particles whose arrays stay in a core's cache together
SLICE = 100  # steps of a block between two reports of progress
WORK = 100_000_000  # steps of one particle that a kernel takes between two reports: a fraction of a second
TASK = 500_000  # and those worth a task of their own for another core: handing one over takes some 0.05 ms
MOST_STEPS = 10_000  # rows in a table of uniform columns


def crowd(
    landscape: Landscape,
    rule: Optimizer,
    start: Points,
    seed: int,
    first: int,
    backend: Backend,
    minima: NDArray[np.floating] | None = None,
    near: float = 0.0,
) -> Crowd:
    """Return particles at ``start`` (N, 2), numbered from ``first`` on, moved by the fastest means of the backend.

    With ``minima`` (m, 2) it notes when each particle settled within ``near`` of one of them, and when it was lost.
    """

    def on_cpu() -> Crowd:
        try:
            return KernelCrowd(landscape, rule, start, seed, first, minima, near)
        except MachineError as error:
            warnings.warn(f"{error} Computing on arrays, many times slower.", RuntimeWarning, stacklevel=3)
        return ArrayCrowd(landscape, rule, start, seed, first, arrays.CPU, minima, near)

    if backend.name == "cpu":
        return on_cpu()
    from lossland.compute.cuda_crowd import CudaCrowd
    from lossland.compute.kernels.device import DeviceTrouble, device, say

    try:
        return CudaCrowd(device(backend.xp), landscape, rule, start, on_cpu, seed, first, minima, near)
    except DeviceTrouble as trouble:
        say(trouble)
        return on_cpu()


def in_float64(
    landscape: Landscape,
    rule: Optimizer,
    start: Points,
    which: NDArray[np.intp],
    seed: int,
    first: int,
    backend: Backend,
    minima: NDArray[np.floating] | None = None,
    near: float = 0.0,
) -> tuple[Crowd, NDArray[np.intp]]:
    """Return a crowd in float64 that has those of the particles whose places in ``start`` are ``which``.

    Also returns where in the crowd they are: noise depends on a particle's number, so that with noise those between
    them come along.
    """
    if rule.stochastic:
        low, high = int(which[0]), int(which[-1]) + 1
        start, first, place = start[low:high], first + low, which - low
    else:
        start, place = start[which], np.arange(len(which))
    return crowd(landscape, rule, start.astype(np.float64), seed, first, backend, minima, near), place


class Crowd(ABC):
    """N particles on their way. ``step`` is how many steps they have taken, ``backend`` where they are computed."""

    step: int = 0
    backend: str = "cpu"

    @property
    @abstractmethod
    def positions(self) -> Points:
        """Where the particles are, as a new array (N, 2) on the host."""

    @property
    def resident(self) -> Any:
        """Where the particles are, as a new array (N, 2) where they are computed: on the host, or a `Resident`."""
        return self.positions

    @property
    @abstractmethod
    def settled(self) -> NDArray[np.int64]:
        """The step at which each particle's present stay at a minimum began, -1 where it is at none, (N,)."""

    @property
    @abstractmethod
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not or no minima are given, (N,)."""

    @property
    @abstractmethod
    def spoilt(self) -> NDArray[np.bool_]:
        """Which particles are somewhere that is no number, or remember something that is none, (N,)."""

    @abstractmethod
    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps. ``progress`` is called with the share of the work done, now and then."""

    def trail(self, steps: int, every: int = 1) -> Points:
        """Take ``steps`` steps; return the positions after each ``every`` of them, (steps // every, 2, N)."""
        frames = []
        for _ in range(steps // every):
            self.advance(every)
            frames.append(self.positions.T)
        self.advance(steps % every)
        return np.array(frames).reshape(len(frames), *self.positions.T.shape)


class ArrayCrowd(Crowd):
    """Particles on arrays of any library, in blocks that fit a CPU's cache."""

    def __init__(
        self,
        landscape: Landscape,
        rule: Optimizer,
        start: Points,
        seed: int,
        first: int,
        backend: Backend,
        minima: NDArray[np.floating] | None = None,
        near: float = 0.0,
    ) -> None:
        xp = backend.xp
        self._domain, self._minima = landscape.domain, None if minima is None else circles(minima, near, start.dtype)
        self._settled, self._lost = (np.full(len(start), -1) for _ in range(2))
        self._stepper = Stepper(landscape, rule, seed, tuple(bounds(landscape.domain).tolist()))
        self._size = BLOCK if backend.name == "cpu" else len(start)
        self._blocks: list[Block] = [
            self._stepper.start(xp.asarray(np.ascontiguousarray(start[i : i + self._size].T)), first + i)
            for i in range(0, len(start), self._size)
        ]

    @property
    def positions(self) -> Points:
        """Where the particles are, as a new array (N, 2) on the host."""
        return np.ascontiguousarray(np.concatenate([arrays.to_numpy(block.position) for block in self._blocks], 1).T)

    @property
    def settled(self) -> NDArray[np.int64]:
        """The step at which each particle's present stay at a minimum began, -1 where it is at none, (N,)."""
        return self._settled.copy()

    @property
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not or no minima are given, (N,)."""
        return self._lost.copy()

    @property
    def spoilt(self) -> NDArray[np.bool_]:
        """Which particles are somewhere that is no number, or remember something that is none, (N,)."""
        return np.concatenate([self._is_spoilt(block) for block in self._blocks])

    def _is_spoilt(self, block: Block) -> NDArray[np.bool_]:
        kept = [arrays.to_numpy(term) for term in block.last if term is not None]
        return np.logical_not(np.isfinite([arrays.to_numpy(block.position), *kept]).all(axis=(0, 1)))

    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps."""
        total, done = len(self._blocks) * max(steps, 1), 0
        at_once = SLICE if self._minima is None else 1
        for number, block in enumerate(self._blocks):
            for taken in range(0, steps, at_once):
                some = min(at_once, steps - taken)
                self._stepper.advance(block, some)
                if self._minima is not None:
                    self._note(slice(number * self._size, (number + 1) * self._size), block, self._minima)
                done += some
                if progress:
                    progress(done / total)
        self.step += steps

    def _note(self, part: slice, block: Block, minima: Points) -> None:
        """Note since when a block's particles are at a minimum, and which are lost."""
        position = arrays.to_numpy(block.position)
        there = np.zeros(position.shape[1], bool)
        with np.errstate(all="ignore"):
            for x, y, square in minima:
                there |= (position[0] - x) ** 2 + (position[1] - y) ** 2 < square
        settled, lost = self._settled[part], self._lost[part]
        settled[...] = np.where(there, np.where(settled < 0, block.t, settled), -1)
        lost[(lost < 0) & is_lost(position.T, self._domain)] = block.t


class KernelCrowd(Crowd):
    """Particles moved by a compiled CPU kernel, float32 or float64 as ``start`` is.

    ``minima`` (m, 2) and ``near``: with them it also notes when each particle settled within ``near`` of one of the
    minima, and when it was lost. ``threads`` is how many cores to use at most (0: all). Making one raises
    MachineError where nothing can be compiled.
    """

    def __init__(
        self,
        landscape: Landscape,
        rule: Optimizer,
        start: Points,
        seed: int = 0,
        first: int = 0,
        minima: NDArray[np.floating] | None = None,
        near: float = 0.0,
        threads: int = 0,
    ) -> None:
        self.rule, self.seed, self.first, self.count = rule, seed, first, len(start)
        self.dtype = start.dtype
        self._fused = fuse(landscape, rule)
        self._kernel = kernel(self._fused, self.dtype, watch=minima is not None)
        self._bounds = bounds(landscape.domain, self.dtype)
        self._minima = circles(minima, near, self.dtype)
        self._carry = self._fused.carry(rule)
        self._threads = threads or cores()
        self._state = self._laid_out(start)

    def _laid_out(self, start: Points) -> Points:
        """Return the first state (chunks, rows, CHUNK)."""
        chunks, rows = -(-self.count // CHUNK), self._kernel.rows
        state = room((chunks, len(rows), CHUNK), self.dtype)
        for row, value in enumerate(self._fused.initial(self.rule), start=2):
            state[:, row] = value
        if self._kernel.watch:
            state[:, -len(WATCH) :] = -1
        whole = self.count // CHUNK
        state[:whole, :2] = start[: whole * CHUNK].reshape(whole, CHUNK, 2).transpose(0, 2, 1)
        if whole < chunks:
            state[-1, :2] = np.nan  # lanes without a particle are lost
            state[-1, :2, : self.count % CHUNK] = start[whole * CHUNK :].T
        return state

    def _row(self, name: str) -> NDArray[np.floating]:
        return self._state[:, self._kernel.rows.index(name)].reshape(-1)[: self.count]

    @property
    def positions(self) -> Points:
        """Where the particles are, as a new array (N, 2)."""
        result = np.empty((len(self._state), CHUNK, 2), self.dtype)
        result[...] = self._state[:, :2].transpose(0, 2, 1)
        return result.reshape(-1, 2)[: self.count]

    @property
    def settled(self) -> NDArray[np.int64]:
        """The step at which each particle's present stay at a minimum began, -1 where it is at none, (N,)."""
        return self._row("settled").astype(np.int64)

    @property
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not, (N,)."""
        return self._row("lost").astype(np.int64)

    @property
    def spoilt(self) -> NDArray[np.bool_]:
        """Which particles are somewhere that is no number, or remember something that is none, (N,)."""
        return ~np.isfinite(self._state[:, : len(self._fused.rows)]).all(axis=1).reshape(-1)[: self.count]

    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps."""
        for taken, some in self._pieces(steps, 1):
            self._run(some)
            if progress:
                progress((taken + some) / steps)

    def trail(self, steps: int, every: int = 1) -> Points:
        """Take ``steps`` steps; return the positions after each ``every`` of them, (steps // every, 2, N)."""
        frames = np.empty((steps // every, 2, self.count), self.dtype)
        for taken, some in self._pieces(steps - steps % every, every):
            self._run(some, frames[taken // every :], every)
        self.advance(steps % every)
        return frames

    def _pieces(self, steps: int, multiple: int) -> Iterator[tuple[int, int]]:
        """Cut steps into pieces that take a fraction of a second: (steps before, steps)."""
        most = max(1, min(WORK // self.count, MOST_STEPS) // multiple) * multiple
        for taken in range(0, steps, most):
            yield taken, min(most, steps - taken)

    def _run(self, steps: int, trail: Points | None = None, every: int = 0) -> None:
        """Take a piece of steps, the chunks shared out among the cores."""
        exact, self._carry = self._fused.table(self.rule, self.step, steps, self._carry)
        table = rounded(exact, self.dtype)

        def run(begin: int, end: int) -> None:
            count = min(end * CHUNK, self.count) - begin * CHUNK
            self._kernel.advance(
                self._state[begin:end], count, table, self._bounds, self._minima,
                first=self.first + begin * CHUNK, done=self.step, seed=self.seed,
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
            finally:  # after Ctrl-C nothing may go on writing into the state
                _stop(tasks)
            for task in tasks:
                task.result()
        self.step += steps


def circles(minima: NDArray[np.floating] | None, near: float, dtype: DTypeLike) -> NDArray[np.floating]:
    """Return (m, 3): x, y and the square of the radius; without minima a circle that holds nothing."""
    if minima is None or not len(minima):
        return np.array([[0, 0, -1]], dtype)
    places = np.asarray(minima, np.float64).reshape(-1, 2)
    return rounded(np.column_stack((places, np.full(len(places), near * near))), dtype)


def rounded(numbers: NDArray[np.floating], dtype: DTypeLike) -> NDArray[Any]:
    """Return numbers in another type, C-contiguous; those too large for it become infinite, without a warning."""
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(numbers, dtype)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="kernel")


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads: it makes its own
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _stop(tasks: list[Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    wait(tasks)
