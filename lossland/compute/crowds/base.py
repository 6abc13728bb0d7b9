"""The interface of a crowd: the state of N particles under one rule, and its records of minima and of being lost."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike, NDArray

if TYPE_CHECKING:
    from lossland.compute.resident import Resident

Points = NDArray[np.floating]
Progress = Callable[[float], None]

MOST_STEPS = 10_000  # rows in a table of uniform columns


class Crowd(ABC):
    """The state of N particles. ``step`` is the number of steps taken, ``backend`` where they are computed.

    ``fused`` tells whether a compiled kernel moves them, or a sequence of array operations.
    """

    step: int = 0
    backend: str = "cpu"
    fused: bool = True

    @property
    @abstractmethod
    def positions(self) -> Points:
        """The positions as a new array (N, 2) on the host."""

    @property
    def resident(self) -> Points | Resident:
        """The positions as a new array (N, 2) where they are computed: on the host, or a `Resident`."""
        return self.positions

    @property
    @abstractmethod
    def settled(self) -> NDArray[np.int64]:
        """The step since which each particle is at a minimum, -1 where it is at none, (N,)."""

    @property
    @abstractmethod
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not, or with neither minima nor levels, (N,)."""

    @property
    @abstractmethod
    def hits(self) -> NDArray[np.int32]:
        """The step (m, N) at which f was first at or below each of the m levels, -1 where it was not yet.

        The present positions, those after the last step, have not been evaluated.
        """

    @property
    @abstractmethod
    def best(self) -> Points:
        """The lowest f of each particle before its present position, (N,), in a crowd with levels."""

    @property
    @abstractmethod
    def nonfinite(self) -> NDArray[np.bool_]:
        """Which particles have a position or remembered term that is not finite, (N,)."""

    @abstractmethod
    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps. ``progress`` is called regularly with the share done."""

    def trail(self, steps: int, every: int = 1) -> Points:
        """Take ``steps`` steps; return the positions after each ``every`` of them, (steps // every, 2, N)."""
        frames = []
        for _ in range(steps // every):
            self.advance(every)
            frames.append(self.positions.T)
        self.advance(steps % every)
        return np.array(frames).reshape(len(frames), *self.positions.T.shape)


def circles(minima: NDArray[np.floating] | None, near: float, dtype: DTypeLike) -> NDArray[np.floating]:
    """Return (m, 3): x, y and squared radius of each circle; without minima a single empty circle."""
    if minima is None or not len(minima):
        return np.array([[0, 0, -1]], dtype)
    positions = np.asarray(minima, np.float64).reshape(-1, 2)
    return rounded(np.column_stack((positions, np.full(len(positions), near * near))), dtype)


def rounded(numbers: NDArray[np.floating], dtype: DTypeLike) -> np.ndarray:
    """Convert numbers to another dtype, C-contiguous; overflows become infinite without a warning."""
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(numbers, dtype)


_most_cores = 2**16


def limit_cores(most: int) -> None:
    """Limit the number of cores that this process uses."""
    global _most_cores
    _most_cores = most


def cores() -> int:
    """Return how many cores this process may use."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, _most_cores)
