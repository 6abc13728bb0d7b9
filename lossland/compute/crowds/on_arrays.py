"""A crowd on arrays of any library: the reference for the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossland.compute import arrays
from lossland.compute.arrays import Backend
from lossland.compute.bounds import bounds, is_lost
from lossland.compute.crowds.base import Crowd, Points, Progress, circles
from lossland.compute.levels import filled, table_of_levels
from lossland.compute.rules import arrays_in
from lossland.compute.stepping import Block, Stepper
from lossland.expression import namespace
from lossland.optimizers import Optimizer

if TYPE_CHECKING:
    from lossland.landscapes.problems import Ground

BLOCK = 16384  # particles in the plane whose arrays fit a core's cache
FEWEST = 512  # smallest block, in any number of dimensions
SLICE = 100  # steps of a block between two reports of progress


def block_size(dimension: int) -> int:
    """Return the number of particles in a block."""
    return max(FEWEST, 2 * BLOCK // dimension)


def side_by_side(rules: Sequence[Optimizer], count: int) -> Optimizer:
    """Return one rule for sets of ``count`` particles, each set with the hyper-parameters of one of the rules.

    The rules are of one class. Hyper-parameters that differ become arrays (len(rules) * count,), which bypass the
    checks of the class.
    """
    made = object.__new__(type(rules[0]))
    for item in fields(rules[0]):
        values = [getattr(rule, item.name) for rule in rules]
        value = values[0] if len(set(values)) == 1 else np.repeat(values, count)
        object.__setattr__(made, item.name, value)
    return made


class ArrayCrowd(Crowd):
    """Particles on arrays of any library, in any dimension, in blocks that fit a CPU's cache.

    They may consist of several equal ``sets`` one after the other in a single block, each numbered from ``first`` on;
    the rule's hyper-parameters may then be arrays (N,) (see `side_by_side`).
    """

    fused = False

    def __init__(
        self,
        landscape: Ground,
        rule: Optimizer,
        start: Points,
        seed: int,
        first: int,
        backend: Backend,
        minima: NDArray[np.floating] | None = None,
        near: float = 0.0,
        levels: NDArray[np.floating] | None = None,
        sets: int = 1,
    ) -> None:
        xp, self._traced = backend.xp, rule.traced
        self._domain, self._minima = landscape.domain, None if minima is None else circles(minima, near, start.dtype)
        self._settled, self._lost = (np.full(len(start), -1) for _ in range(2))
        self._value = landscape.value
        self._levels = None if levels is None else table_of_levels(levels, start.dtype)
        self._hits = np.full((0 if levels is None else len(levels), len(start)), -1, np.int32)
        self._next, self._best = np.zeros(len(start), np.intp), np.full(len(start), np.inf, start.dtype)
        self._stepper = Stepper(landscape, rule, seed, tuple(bounds(landscape.domain).tolist()))
        self._size = block_size(len(landscape.names)) if backend.name == "cpu" and sets == 1 else len(start)
        self._blocks: list[Block] = [
            self._stepper.start(xp.asarray(np.ascontiguousarray(start[i : i + self._size].T)), first + i, sets)
            for i in range(0, len(start), self._size)
        ]

    @property
    def positions(self) -> Points:
        """The positions as a new array (N, n) on the host."""
        return np.ascontiguousarray(np.concatenate([arrays.to_numpy(block.position) for block in self._blocks], 1).T)

    @property
    def settled(self) -> NDArray[np.int64]:
        """The step since which each particle is at a minimum, -1 where it is at none, (N,)."""
        return self._settled.copy()

    @property
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not, or with neither minima nor levels, (N,)."""
        return self._lost.copy()

    @property
    def hits(self) -> NDArray[np.int32]:
        """The step (m, N) at which f was first at or below each of the m levels, -1 where it was not yet."""
        return filled(self._hits)

    @property
    def best(self) -> Points:
        """The lowest f of each particle before its present position, (N,)."""
        return self._best.copy()

    @property
    def nonfinite(self) -> NDArray[np.bool_]:
        """Which particles have a position or remembered term that is not finite, (N,)."""
        return np.concatenate([self._is_nonfinite(block) for block in self._blocks])

    def _is_nonfinite(self, block: Block) -> NDArray[np.bool_]:
        kept = [
            array
            for term in block.last._asdict().values()
            if self._traced and term is not None
            for array in arrays_in(term)
        ]
        rows = [np.atleast_2d(arrays.to_numpy(array)) for array in (block.position, *kept)]
        return np.logical_not(np.isfinite(np.concatenate(rows)).all(axis=0))

    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps."""
        total, done = len(self._blocks) * max(steps, 1), 0
        at_once = SLICE if self._minima is None and self._levels is None else 1
        for number, block in enumerate(self._blocks):
            for taken in range(0, steps, at_once):
                some = min(at_once, steps - taken)
                part = slice(number * self._size, (number + 1) * self._size)
                if self._levels is None:
                    self._stepper.advance(block, some)
                else:
                    self._pass(part, block, self._levels)
                if self._minima is not None:
                    self._record(part, block, self._minima)
                done += some
                if progress:
                    progress(done / total)
        self.step += steps

    def _pass(self, part: slice, block: Block, levels: Points) -> None:
        """Take a step; record which levels a block's particles had passed before it, and which are lost after it.

        A particle that has passed the last level stops.
        """
        xp, before, lost = namespace(block.position), block.position, self._lost[part]
        at = arrays.to_numpy(before).T
        value, following, last = arrays.to_numpy(self._value(before.T)), self._next[part], len(self._hits)
        moving = ~is_lost(at, self._domain) & (following < last)
        if not moving.any():
            block.t += 1
            return
        with np.errstate(all="ignore"):
            passed = np.flatnonzero(moving & (value <= levels[following]))
            lower = moving & (value < self._best[part])
        self._best[part] = np.where(lower, value, self._best[part])
        for i in passed:
            following[i] = np.count_nonzero(levels[:last] >= value[i])
            self._hits[following[i] - 1, part.start + i] = block.t
        self._stepper.advance(block, 1)
        arrived = xp.asarray(following == last)
        block.position = xp.where(arrived, before, block.position)
        lost[(lost < 0) & is_lost(arrays.to_numpy(block.position).T, self._domain)] = block.t

    def _record(self, part: slice, block: Block, minima: Points) -> None:
        """Record since when a block's particles are at a minimum, and which are lost."""
        position = arrays.to_numpy(block.position)
        there = np.zeros(position.shape[1], bool)
        with np.errstate(all="ignore"):
            for x, y, square in minima:
                there |= (position[0] - x) ** 2 + (position[1] - y) ** 2 < square
        settled, lost = self._settled[part], self._lost[part]
        settled[...] = np.where(there, np.where(settled < 0, block.t, settled), -1)
        lost[(lost < 0) & is_lost(position.T, self._domain)] = block.t
