"""One rule on many particles with array operations: the reference for every faster kernel."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from lossland.compute import philox
from lossland.compute.rules import BatchRule, rows, slopes_of
from lossland.expression import namespace
from lossland.expression.node import Array
from lossland.optimizers import Optimizer, Step, memory

if TYPE_CHECKING:
    from lossland.landscapes.problems import Ground


@dataclass
class Block:
    """The state of a batch of particles.

    ``position`` is (2, N), or (n, N) of a problem in n dimensions, ``last`` the rule's terms of the last step (None for
    those it does not read again), ``particles`` (N,) their indices for random draws (None where the rule draws
    nothing), ``t`` the number of steps taken.
    """

    position: Array
    last: Step
    particles: Array | None
    t: int = 0


class Stepper:
    """An optimizer on a landscape or problem, on arrays of any array-API namespace and floating type.

    With ``bounds`` x0, x1, y0, y1, ... a particle that leaves them, or whose position is nan, stops there.
    """

    def __init__(
        self,
        landscape: Ground,
        optimizer: Optimizer,
        seed: int = 0,
        bounds: Sequence[float] | None = None,
    ) -> None:
        self.slopes = slopes_of(landscape)
        self.batch_rule = BatchRule(landscape, type(optimizer), optimizer.stochastic)
        self.optimizer, self.seed, self.bounds = optimizer, seed, bounds

    def start(self, position: Array, first: int = 0, sets: int = 1) -> Block:
        """Return a block at ``position`` (n, N), made of ``sets`` equal sets one after the other.

        In each set the particles are numbered from ``first`` on.
        """
        xp = namespace(position)
        rule, count = self.optimizer, position.shape[1] // sets
        numbers = xp.concat([philox.particles(xp, first, count)] * sets) if rule.stochastic else None
        return Block(position, self._remembered(self.batch_rule.initial(rule, position)), numbers)

    def advance(self, block: Block, steps: int) -> None:
        """Advance a block by ``steps``. What diverges becomes inf and nan without a warning."""
        xp, rule = namespace(block.position), self.optimizer
        position, last = block.position, block.last
        with np.errstate(all="ignore"):
            for t in range(block.t + 1, block.t + steps + 1):
                grad = xp.stack(self.slopes(*rows(position)))
                draw = None
                if rule.stochastic:
                    draw = xp.stack(philox.noise(self.seed, block.particles, t, position.shape[0]))
                    draw = xp.astype(draw, grad.dtype)
                last, move = self.batch_rule.step(rule, position, grad, last, t, draw)
                after = position + move
                position = after if self.bounds is None else xp.where(_within(position, self.bounds), after, position)
        block.position, block.last, block.t = position, self._remembered(last), block.t + steps

    def _remembered(self, terms: Step) -> Step:
        kept = memory(type(self.optimizer))
        return terms._replace(**{name: None for name in terms._fields if name not in kept})


def _within(position: Array, bounds: Sequence[float]) -> Array:
    """Return which of the positions (n, N) are inside the bounds x0, x1, y0, y1, ..."""
    inside = [(row > bounds[2 * i]) & (row < bounds[2 * i + 1]) for i, row in enumerate(rows(position))]
    return reduce(operator.and_, inside)
