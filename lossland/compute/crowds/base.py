"""What every crowd is: N particles on their way under one rule, and what they note of minima and of being lost."""

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
    """N particles on their way. ``step`` is how many steps they have taken, ``backend`` where they are computed.

    ``fused`` tells whether a compiled kernel moves them, or else operations on arrays, one after the other.
    """

    step: int = 0
    backend: str = "cpu"
    fused: bool = True

    @property
    @abstractmethod
    def positions(self) -> Points:
        """Where the particles are, as a new array (N, 2) on the host."""

    @property
    def resident(self) -> Points | Resident:
        """Where the particles are, as a new array (N, 2) where they are computed: on the host, or a `Resident`."""
        return self.positions

    @property
    @abstractmethod
    def settled(self) -> NDArray[np.int64]:
        """The step at which each particle's present stay at a minimum began, -1 where it is at none, (N,)."""

    @property
    @abstractmethod
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not, or with neither minima nor levels, (N,)."""

    @property
    @abstractmethod
    def hits(self) -> NDArray[np.int32]:
        """The step (m, N) after which f was first at each of the m levels or below, -1 where it was not yet.

        The places where particles are now have not been looked at: those after the last step.
        """

    @property
    @abstractmethod
    def best(self) -> Points:
        """The lowest f of each particle so far, (N,), of a crowd with levels; without its present place."""

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


def circles(minima: NDArray[np.floating] | None, near: float, dtype: DTypeLike) -> NDArray[np.floating]:
    """Return (m, 3): x, y and the square of the radius; without minima a circle that holds nothing."""
    if minima is None or not len(minima):
        return np.array([[0, 0, -1]], dtype)
    positions = np.asarray(minima, np.float64).reshape(-1, 2)
    return rounded(np.column_stack((positions, np.full(len(positions), near * near))), dtype)


def rounded(numbers: NDArray[np.floating], dtype: DTypeLike) -> np.ndarray:
    """Return numbers in another type, C-contiguous; those too large for it become infinite, without a warning."""
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(numbers, dtype)


_most_cores = 2**16


def limit_cores(most: int) -> None:
    """Let this process use at most so many cores, since others share the machine with it."""
    global _most_cores
    _most_cores = most


def cores() -> int:
    """Return how many cores this process may use."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, _most_cores)
