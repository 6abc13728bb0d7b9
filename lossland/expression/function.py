"""A function of x alone, typed as a formula: its values, its derivatives and its Taylor coefficients, all exact."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.expression.formula import FormulaError, parse
from lossland.expression.node import Node, constant, variables
from lossland.expression.printing import latex
from lossland.expression.printing import text as text_of
from lossland.expression.program import Program
from lossland.expression.series import taylor_coefficients

Floats = NDArray[np.float64]


class Function:
    """A function of x. Two of the same text are equal.

    Called with an array (...) it returns the values (...) there; ``at`` takes one number. nan or infinity where it has
    no value.
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
        return latex(self.node)

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
        """Return the Taylor coefficients (degree + 1, ...) at centres (...): f, f', f''/2, f'''/6 ..."""
        return taylor_coefficients(self.node, centre, degree)


@lru_cache(maxsize=64)
def function(text: str) -> Function:
    """Return the function of x that a formula stands for, or raise `FormulaError`."""
    text = text.strip()
    node = parse(text)
    if "y" in variables(node):
        raise FormulaError("This is a function of x alone; it cannot use y.", text, max(text.lower().find("y"), 0))
    return Function(text, node)
