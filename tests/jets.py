"""Values with their first and second derivatives in x and y, in mpmath: an oracle that shares nothing with the tracer.

A `Jet` follows the rules for sums, products and compositions with as many digits as mpmath is set to, so that what
cancels in 64 bits does not cancel here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

mp: Any = mpmath.mp


class Jet:
    """A value, its gradient (x, y) and its Hessian (xx, xy, yy)."""

    def __init__(self, value: Any, first: tuple[Any, Any] = (0, 0), second: tuple[Any, Any, Any] = (0, 0, 0)) -> None:
        self.value, self.first, self.second = mp.mpf(value), first, second

    @property
    def numbers(self) -> list[Any]:
        return [self.value, *self.first, *self.second]

    def through(self, value: Any, slope: Any, bend: Any) -> Jet:
        """Return f of this, from f, f' and f'' at the value."""
        (x, y), (xx, xy, yy) = self.first, self.second
        return Jet(
            value,
            (slope * x, slope * y),
            (slope * xx + bend * x * x, slope * xy + bend * x * y, slope * yy + bend * y * y),
        )

    def __add__(self, other: Any) -> Jet:
        b = jet(other)
        return Jet(
            self.value + b.value,
            tuple(m + n for m, n in zip(self.first, b.first, strict=True)),  # type: ignore[arg-type]
            tuple(m + n for m, n in zip(self.second, b.second, strict=True)),  # type: ignore[arg-type]
        )

    def __mul__(self, other: Any) -> Jet:
        b = jet(other)
        (ax, ay), (axx, axy, ayy) = self.first, self.second
        (bx, by), (bxx, bxy, byy) = b.first, b.second
        u, v = self.value, b.value
        return Jet(
            u * v,
            (ax * v + u * bx, ay * v + u * by),
            (
                axx * v + 2 * ax * bx + u * bxx,
                axy * v + ax * by + ay * bx + u * bxy,
                ayy * v + 2 * ay * by + u * byy,
            ),
        )

    def __neg__(self) -> Jet:
        return self * -1

    def __sub__(self, other: Any) -> Jet:
        return self + -jet(other)

    def __rsub__(self, other: Any) -> Jet:
        return jet(other) - self

    def __truediv__(self, other: Any) -> Jet:
        b = jet(other)
        return self * b.through(1 / b.value, -1 / b.value**2, 2 / b.value**3)

    def __rtruediv__(self, other: Any) -> Jet:
        return jet(other) / self

    def __pow__(self, n: Any) -> Jet:
        u = self.value
        return self.through(u**n, n * u ** (n - 1), n * (n - 1) * u ** (n - 2))

    __radd__, __rmul__ = __add__, __mul__


def jet(value: Any) -> Jet:
    return value if isinstance(value, Jet) else Jet(value)


def exp(u: Jet) -> Jet:
    e = mp.exp(u.value)
    return u.through(e, e, e)


def log(u: Jet) -> Jet:
    return u.through(mp.log(u.value), 1 / u.value, -1 / u.value**2)


def sqrt(u: Jet) -> Jet:
    root = mp.sqrt(u.value)
    return u.through(root, 1 / (2 * root), -1 / (4 * root**3))


def tanh(u: Jet) -> Jet:
    t = mp.tanh(u.value)
    slope = 1 / mp.cosh(u.value) ** 2
    return u.through(t, slope, -2 * t * slope)


def cosh(u: Jet) -> Jet:
    c, s = mp.cosh(u.value), mp.sinh(u.value)
    return u.through(c, s, c)


def sinh(u: Jet) -> Jet:
    c, s = mp.cosh(u.value), mp.sinh(u.value)
    return u.through(s, c, s)


def atan(u: Jet) -> Jet:
    below = 1 + u.value**2
    return u.through(mp.atan(u.value), 1 / below, -2 * u.value / below**2)


def sin(u: Jet) -> Jet:
    s, c = mp.sin(u.value), mp.cos(u.value)
    return u.through(s, c, -s)


FUNCTIONS: dict[str, Callable[[Jet], Jet]] = {f.__name__: f for f in (exp, log, sqrt, tanh, cosh, sinh, atan, sin)}


def at(formula: str, x: float, y: float) -> Jet:
    """Evaluate a formula written with ``^``, numbers, x, y and `FUNCTIONS`, as Python reads it."""
    names = {"x": Jet(x, (1, 0)), "y": Jet(y, (0, 1)), **FUNCTIONS}
    return jet(eval(formula.replace("^", "**"), {"__builtins__": {}}, names))  # our own formulas alone
