"""One rule on many particles, written over arrays: the reference that every faster kernel is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lossland.compute import philox
from lossland.compute.looks import Paces, gradient_program
from lossland.expression import namespace
from lossland.expression.node import Array
from lossland.optimizers import Optimizer, Step, memory

if TYPE_CHECKING:
    from lossland.landscapes import Landscape


@dataclass
class Block:
    """Some particles on their way.

    ``position`` is (2, n), ``last`` the rule's terms of the last step (those it does not read again are None),
    ``particles`` (n,) their numbers for random draws (None where the rule draws nothing), ``t`` the steps taken.
    """

    position: Array
    last: Step
    particles: Any
    t: int = 0


class Stepper:
    """Any optimizer on any landscape, on arrays of any array-API namespace and floating type.

    With ``bounds`` x0, x1, y0, y1 a particle that leaves them, or whose position is nan, stays where that happened.
    """

    def __init__(
        self,
        landscape: Landscape,
        optimizer: Optimizer,
        seed: int = 0,
        bounds: tuple[float, float, float, float] | None = None,
    ) -> None:
        self.gradient = gradient_program(landscape)
        self.paces = Paces(landscape, type(optimizer), optimizer.stochastic)
        self.optimizer, self.seed, self.bounds = optimizer, seed, bounds

    def start(self, position: Array, first: int = 0) -> Block:
        """Return a block at ``position`` (2, n), whose particles are numbered from ``first`` on."""
        xp = namespace(position)
        rule = self.optimizer
        numbers = philox.particles(xp, first, position.shape[1]) if rule.stochastic else None
        return Block(position, self._remembered(self.paces.initial(rule, position)), numbers)

    def advance(self, block: Block, steps: int) -> None:
        """Move a block on by ``steps``. What diverges becomes inf and nan without a warning."""
        xp, rule = namespace(block.position), self.optimizer
        position, last = block.position, block.last
        with np.errstate(all="ignore"):
            for t in range(block.t + 1, block.t + steps + 1):
                grad = xp.stack(self.gradient.arrays(position[0, :], position[1, :]))
                draw = None
                if rule.stochastic:
                    draw = xp.stack(philox.standard_normal(self.seed, block.particles, t))
                    draw = xp.astype(draw, grad.dtype)
                last, move = self.paces.step(rule, position, grad, last, t, draw)
                after = position + move
                position = after if self.bounds is None else xp.where(_within(position, self.bounds), after, position)
        block.position, block.last, block.t = position, self._remembered(last), block.t + steps

    def _remembered(self, terms: Step) -> Step:
        kept = memory(type(self.optimizer))
        return terms._replace(**{name: None for name in terms._fields if name not in kept})


def _within(position: Array, bounds: tuple[float, float, float, float]) -> Array:
    """Return which of the positions (2, n) are inside the bounds x0, x1, y0, y1."""
    x0, x1, y0, y1 = bounds
    x, y = position[0, :], position[1, :]
    return (x > x0) & (x < x1) & (y > y0) & (y < y1)
