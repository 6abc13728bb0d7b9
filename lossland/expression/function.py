"""A function of x alone, typed as a formula: its values, its derivatives and its Taylor coefficients, all exact."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.expression.corners import Branches, first_break, sides
from lossland.expression.formula import FormulaError, other_letter, parse
from lossland.expression.node import Node, constant, variables
from lossland.expression.printing import latex_as_typed
from lossland.expression.printing import text as text_of
from lossland.expression.program import Program
from lossland.expression.series import taylor_coefficients

Floats = NDArray[np.float64]

STEEP = 1e-3  # relative difference allowed between the slope at a point and just beside it


class Function:
    """A function of x. Two of the same text are equal.

    Called with an array (...) it returns the values (...) there; ``at`` takes one number. Undefined values are nan or
    infinite.
    """

    def __init__(self, text: str, node: Node) -> None:
        self.text, self.node = text, node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"function({self.text!r})"

    def __call__(self, x: ArrayLike) -> Floats:
        """Return the values (...) at x (...)."""
        return self._program.arrays(np.asarray(x, float))[0]

    def at(self, x: float) -> float:
        """Return the value at one x."""
        return self._program.floats(float(x))[0]

    @cached_property
    def _program(self) -> Program:
        return Program([self.node], ("x",))

    @cached_property
    def latex(self) -> str:
        """The right side of f(x) = ... as LaTeX."""
        return latex_as_typed(self.node, self.text)

    def written(self, variable: str) -> str:
        """Return the right side of f(t) = ... as LaTeX, with another name for the variable."""
        return re.sub(r"(?<![\\A-Za-z])x(?![A-Za-z])", variable, self.latex)

    @cached_property
    def derivative(self) -> Function:
        """The derivative f'."""
        slope = self.node.diff("x")
        return Function(text_of(slope), slope)

    @cached_property
    def factors(self) -> tuple[Function, Function]:
        """Two functions whose product it is: the last factor and those before it, else itself and 1."""
        first, second = self.node.args if self.node.op == "mul" else (self.node, constant(1.0))
        return Function(text_of(first), first), Function(text_of(second), second)

    def taylor(self, centre: ArrayLike, degree: int) -> Floats:
        """Return the Taylor coefficients (degree + 1, ...) at centres (...): f, f', f''/2 and so on.

        At a corner or jump, nan from the first coefficient on that differs between the two sides.
        """
        found = taylor_coefficients(self.node, centre, degree)
        if not self._branches.parts:
            return found
        below, above = sides(centre)
        changed = (self._branches.at(below) != self._branches.at(above)).any(axis=0)
        first = first_break(*(taylor_coefficients(self.node, side, degree) for side in (below, above)))
        order = np.arange(degree + 1).reshape(-1, *(1,) * np.ndim(centre))
        return np.where(changed & (order >= np.maximum(first, 1)), np.nan, found)

    # ------------------------------------------------------------------------------------------------ corners
    @cached_property
    def _branches(self) -> Branches:
        return Branches(self.node)

    def slope(self, x: float) -> float:
        """Return the slope at x; nan where there is none: at a corner, a jump, or a vertical tangent."""
        slope = self.derivative.at(x)
        most = STEEP * max(1.0, abs(slope))
        vertical = any(abs(beside - slope) > most for beside in self.sided_slopes(x))
        return slope if self.is_smooth(x) and not vertical else float("nan")

    def is_smooth(self, x: float, order: int = 1) -> bool:
        """Whether f and its derivatives up to an order are the same from both sides of x."""
        below, above = sides(x)
        if np.array_equal(self._branches.at(below), self._branches.at(above)):
            return True
        return bool(first_break(*(taylor_coefficients(self.node, side, order) for side in (below, above))) > order)

    def sided_slopes(self, x: float) -> tuple[float, float]:
        """Return the slopes just below x and just above it: at a corner they differ."""
        below, above = sides(x)
        return self.derivative.at(float(below)), self.derivative.at(float(above))

    def corners(self, low: float, high: float, order: int = 1) -> list[float]:
        """Return the x in [low, high], in increasing order, where f or a derivative up to that order jumps."""
        return [x for x in self._branches.changes(low, high) if not self.is_smooth(x, order)]


@lru_cache(maxsize=64)
def function(text: str) -> Function:
    """Parse a formula in one variable, or raise `FormulaError`.

    The variable is x, or another letter if that is the only one: ``ln(t)``.
    """
    text = text.strip()
    node = parse(text, other_letter(text) or "x")
    if "y" in variables(node):
        raise FormulaError("This is a function of x alone; it cannot use y.", text, max(text.lower().find("y"), 0))
    return Function(text, node)
