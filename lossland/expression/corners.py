"""Where a function of x has a corner or a jump: where an absolute value, maximum, step or choice switches branch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.expression.node import COMPARISONS, Node, make, ordered
from lossland.expression.program import Program

Floats = NDArray[np.float64]

SAMPLES = 801  # points at which a change of branch is looked for
HALVINGS = 60
BESIDE = 4 * np.finfo(float).eps  # offset of the points just below and above x, relative to max(|x|, 1)


class Branches:
    """The branch that each piecewise part of an expression in x is on; ``parts`` is empty if there is none."""

    def __init__(self, node: Node) -> None:
        self.parts = [_branch(part) for part in ordered([node]) if part.op in _MANY]
        self._program = Program(self.parts, ("x",)) if self.parts else None

    def at(self, x: ArrayLike) -> Floats:
        """Return the branch of each part (parts, ...) at x (...)."""
        x = np.asarray(x, float)
        if self._program is None:
            return np.zeros((0, *x.shape))
        return np.stack([np.broadcast_to(np.asarray(one, float), x.shape) for one in self._program.arrays(x)])

    def changes(self, low: float, high: float) -> list[float]:
        """Return the x in [low, high] at which some part changes branch, in increasing order."""
        if not self.parts or not low < high:
            return []
        x = np.linspace(low, high, SAMPLES)
        found: list[float] = []
        for number, branch in enumerate(self.at(x)):
            start = np.flatnonzero(branch[:-1] != branch[1:])
            a, b, before = x[start], x[start + 1], branch[start]
            for _ in range(HALVINGS if len(start) else 0):
                middle = (a + b) / 2
                same = self.at(middle)[number] == before
                a, b = np.where(same, middle, a), np.where(same, b, middle)
            found += b.tolist()
        found.sort()
        return [one for k, one in enumerate(found) if not k or one - found[k - 1] > 4 * _beside(one)]


def sides(x: ArrayLike) -> tuple[Floats, Floats]:
    """Return the points (...) just below and just above x (...)."""
    at = np.asarray(x, float)
    return at - _beside(at), at + _beside(at)


def first_break(below: Sequence[Floats] | Floats, above: Sequence[Floats] | Floats) -> NDArray[np.int64]:
    """Return the first of the Taylor coefficients (degree + 1, ...) of two sides that differ; degree + 1 for none."""
    one, other = np.asarray(below), np.asarray(above)
    near = np.isclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True)
    return np.where(near.all(axis=0), len(one), (~near).argmax(axis=0))


def _beside(x: ArrayLike) -> Floats:
    return BESIDE * np.maximum(np.abs(np.asarray(x, float)), 1.0)


def _branch(part: Node) -> Node:
    """Return an expression that has a different value on each branch of a part."""
    u, v = part.args if len(part.args) == 2 else (part.args[0], None)
    if v is None:
        return make("sign", u) if part.op == "abs" else part
    return make("floor", make("div", u, v)) if part.op == "mod" else make("sign", make("sub", u, v))


_MANY = {"abs", "sign", "floor", "ceil", "round", "mod", "min", "max", *COMPARISONS}
"""The operations whose results have a corner or a jump; ``where`` has those of its test."""
