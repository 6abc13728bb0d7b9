"""One rule on many particles, written over arrays: the reference that every faster kernel is compared with.

A `Stepper` moves `Block`s. Whatever replaces it (a fused kernel) needs the same two methods, ``start`` and
``advance``, and nothing else of the swarm changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lossland.compute import philox
from lossland.expression import Program, namespace
from lossland.optimizers import Optimizer, memory

if TYPE_CHECKING:
    from lossland.expression import Node
    from lossland.landscapes import Landscape


@lru_cache(maxsize=32)
def _program(nodes: tuple[Node, Node]) -> Program:
    return Program(nodes, "xy")


def gradient_program(landscape: Landscape) -> Program:
    """Return the program that computes df/dx and df/dy from x and y."""
    return _program(landscape.gradient_nodes)


@dataclass
class Block:
    """Some particles on their way.

    ``position`` is (2, n), ``last`` the rule's terms of the last step (those it does not read again are None),
    ``particles`` (n,) their numbers for random draws (None where the rule draws nothing), ``t`` the steps taken.
    """

    position: Any
    last: Any
    particles: Any
    t: int = 0


class Stepper:
    """Any optimizer on any landscape, on arrays of any array-API namespace and floating type."""

    def __init__(self, landscape: Landscape, optimizer: Optimizer, seed: int = 0) -> None:
        self.gradient = gradient_program(landscape)
        self.optimizer, self.seed = optimizer, seed

    def start(self, position: Any, first: int = 0) -> Block:
        """Return a block at ``position`` (2, n), whose particles are numbered from ``first`` on."""
        xp = namespace(position)
        rule = self.optimizer
        before = rule.initial()
        zero = xp.zeros_like(position)
        last = before._replace(**{name: zero + getattr(before, name) for name in memory(type(rule))})
        numbers = philox.particles(xp, first, position.shape[1]) if rule.stochastic else None
        return Block(position, self._remembered(last), numbers)

    def advance(self, block: Block, steps: int) -> None:
        """Move a block on by ``steps``. What diverges becomes inf and nan without a warning."""
        xp, rule = namespace(block.position), self.optimizer
        position, last = block.position, block.last
        with np.errstate(all="ignore"):
            for t in range(block.t + 1, block.t + steps + 1):
                grad = xp.stack(self.gradient.arrays(position[0, :], position[1, :]))
                if rule.stochastic:
                    draw = xp.stack(philox.standard_normal(self.seed, block.particles, t))
                    grad = rule.observe(grad, xp.astype(draw, grad.dtype))
                last = rule.update(grad, last, t, position)
                position = position + last.step
        block.position, block.last, block.t = position, self._remembered(last), block.t + steps

    def _remembered(self, terms: Any) -> Any:
        kept = memory(type(self.optimizer))
        return terms._replace(**{name: None for name in terms._fields if name not in kept})
