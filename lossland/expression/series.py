"""Taylor coefficients of an expression in x, exact: every operation on numbers has one on power series.

A series is a list of arrays: the coefficients of 1, h, h² ... at each of some centres. The series of a function
of one follows from its differential equation (exp' = exp, sin' = cos ...), one coefficient after the other, which costs
degree² operations, where the expression of an n-th derivative would grow with every n (Griewank and Walther,
Evaluating Derivatives, chapter 13).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.expression.node import COMPARISONS, Node, on_arrays, ordered

Floats = NDArray[np.float64]
NUMPY: ModuleType = np
Series = list[Floats]  # the coefficients (m,) of 1, h, h² ... at m centres


def taylor_coefficients(node: Node, centre: ArrayLike, degree: int) -> Floats:
    """Return the coefficients (degree + 1, ...) of an expression in x at centres (...): f, f', f''/2, f'''/6 ...

    Undefined coefficients are nan or infinite.
    """
    centre = np.asarray(centre, float)
    x = [np.ravel(centre), np.ones(centre.size), *(np.zeros(centre.size) for _ in range(degree - 1))][: degree + 1]
    found: dict[Node, Series] = {}
    with np.errstate(all="ignore"):
        for part in ordered([node]):
            if part.op == "var":
                found[part] = x
            elif part.op == "const":
                found[part] = _constant(np.full(centre.size, part.value), degree)
            else:
                found[part] = _applied(part, [found[arg] for arg in part.args])
    return np.stack(found[node]).reshape(degree + 1, *centre.shape)


def _applied(node: Node, args: list[Series]) -> Series:
    """Return the series of an operation."""
    op, u, degree = node.op, args[0], len(args[0]) - 1
    if op == "pow":
        exponent = node.args[1]
        return _power(u, exponent.value) if exponent.op == "const" else _exp(_mul(args[1], _log(u)))
    if op in RULES:
        return RULES[op](*args)
    values = [arg[0] for arg in args]
    if op in COMPARISONS:
        return _constant(on_arrays(op, NUMPY)(*values).astype(float), degree)
    if op == "where":
        return _chosen(values[0] != 0, args[1], args[2])
    if op in ("min", "max"):
        return _chosen(values[0] <= values[1] if op == "min" else values[0] >= values[1], *args)
    if op == "abs":
        return _chosen(values[0] >= 0, u, _scaled(u, -1.0))
    if op == "mod":
        return _sub(u, _mul(_constant(np.floor(values[0] / values[1]), degree), args[1]))
    return _constant(on_arrays(op, NUMPY)(*values), degree)  # sign, floor, ceil, round: steps


def _constant(value: Floats, degree: int) -> Series:
    return [value, *(np.zeros_like(value) for _ in range(degree))]


def _chosen(test: NDArray[np.bool_], a: Series, b: Series) -> Series:
    return [np.where(test, p, q) for p, q in zip(a, b, strict=True)]


def _scaled(u: Series, factor: float) -> Series:
    return [factor * part for part in u]


def _sub(u: Series, v: Series) -> Series:
    return [p - q for p, q in zip(u, v, strict=True)]


def _mul(u: Series, v: Series) -> Series:
    return [sum((u[j] * v[k - j] for j in range(1, k + 1)), u[0] * v[k]) for k in range(len(u))]


def _div(u: Series, v: Series) -> Series:
    w: Series = []
    for k in range(len(u)):
        w.append((u[k] - sum((w[j] * v[k - j] for j in range(k)), np.zeros_like(u[0]))) / v[0])
    return w


def _slope(u: Series) -> Series:
    """Return the derivative; the last coefficient, which is not known, is 0."""
    return [k * part for k, part in enumerate(u) if k] + [np.zeros_like(u[0])]


def _integral(start: Floats, u: Series) -> Series:
    return [start, *(part / (k + 1) for k, part in enumerate(u[:-1]))]


def _exp(u: Series) -> Series:
    w = [np.exp(u[0])]
    for k in range(1, len(u)):
        w.append(sum((j * u[j] * w[k - j] for j in range(2, k + 1)), u[1] * w[k - 1]) / k)
    return w


def _log(u: Series) -> Series:
    return _integral(np.log(u[0]), _div(_slope(u), u))


def _power(u: Series, exponent: float) -> Series:
    """Return u to a constant power: integers by repeated squaring, which holds at 0 too, others by p u' w = u w'."""
    if exponent >= 0 and exponent.is_integer():
        w, square, left = _constant(np.ones_like(u[0]), len(u) - 1), u, int(exponent)
        while left:
            w, left, square = (_mul(w, square) if left & 1 else w), left >> 1, _mul(square, square)
        return w
    w = [u[0] ** exponent]
    for k in range(1, len(u)):
        parts = ((exponent * j - (k - j)) * u[j] * w[k - j] for j in range(2, k + 1))
        w.append(sum(parts, (exponent - (k - 1)) * u[1] * w[k - 1]) / (k * u[0]))
    return w


def _pair(
    first: Callable[[Floats], Floats], second: Callable[[Floats], Floats], sign: float
) -> Callable[[Series], tuple[Series, Series]]:
    """Return the function for the series of a pair with s' = c u' and c' = sign s u', such as sin and cos."""

    def both(u: Series) -> tuple[Series, Series]:
        s, c, slope = [first(u[0])], [second(u[0])], _slope(u)
        for k in range(1, len(u)):
            one = sum((slope[j] * c[k - 1 - j] for j in range(1, k)), slope[0] * c[k - 1]) / k
            other = sum((slope[j] * s[k - 1 - j] for j in range(1, k)), slope[0] * s[k - 1]) / k
            s.append(one)
            c.append(sign * other)
        return s, c

    return both


_circular, _hyperbolic = _pair(np.sin, np.cos, -1.0), _pair(np.sinh, np.cosh, 1.0)


def _tanh(u: Series) -> Series:
    """Return tanh by w' = (1 - w²) u': a quotient of sinh and cosh would overflow."""
    w, slope = [np.tanh(u[0])], _slope(u)
    for k in range(1, len(u)):
        square = [-part for part in _mul(w, w)]
        square[0] = 1.0 + square[0]
        w.append(sum((square[j] * slope[k - 1 - j] for j in range(1, k)), square[0] * slope[k - 1]) / k)
    return w


def _with_one(u: Series, sign: float) -> Series:
    """Return 1 + sign u²."""
    square = _scaled(_mul(u, u), sign)
    return [1.0 + square[0], *square[1:]]


def _inverse_sine(u: Series, sign: float, value: Floats) -> Series:
    return _integral(value, _scaled(_div(_slope(u), _power(_with_one(u, -1.0), 0.5)), sign))


def _atan2(y: Series, x: Series) -> Series:
    turn = _sub(_mul(x, _slope(y)), _mul(y, _slope(x)))
    size = [p + q for p, q in zip(_mul(x, x), _mul(y, y), strict=True)]
    return _integral(np.arctan2(y[0], x[0]), _div(turn, size))


RULES: dict[str, Callable[..., Series]] = {
    "add": lambda u, v: list(map(operator.add, u, v)),
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": lambda u: _scaled(u, -1.0),
    "exp": _exp,
    "log": _log,
    "log2": lambda u: _scaled(_log(u), 1 / np.log(2.0)),
    "log10": lambda u: _scaled(_log(u), 1 / np.log(10.0)),
    "sqrt": lambda u: _power(u, 0.5),
    "sin": lambda u: _circular(u)[0],
    "cos": lambda u: _circular(u)[1],
    "tan": lambda u: _div(*_circular(u)),
    "sinh": lambda u: _hyperbolic(u)[0],
    "cosh": lambda u: _hyperbolic(u)[1],
    "tanh": _tanh,
    "asin": lambda u: _inverse_sine(u, 1.0, np.arcsin(u[0])),
    "acos": lambda u: _inverse_sine(u, -1.0, np.arccos(u[0])),
    "atan": lambda u: _integral(np.arctan(u[0]), _div(_slope(u), _with_one(u, 1.0))),
    "atan2": _atan2,
}
"""Each operation on series; all others are steps, or select one of their arguments."""
