"""What every function of expressions is, from mpmath: the oracle of the tests of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

BITS = 160  # of mpmath's numbers
SIGNIFICANT = {np.float32: 24, np.float64: 53}
LOWEST = {np.float32: -126, np.float64: -1022}  # exponent of the smallest normal number
HIGHEST = {np.float32: 128, np.float64: 1024}  # exponent of the first power of 2 that is infinite

TWO = ("pow", "atan2", "mod")
ONE: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(mpmath, name) for name in ("exp", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")},
    **{name: getattr(mpmath, name) for name in ("sinh", "cosh", "tanh", "floor", "ceil", "log", "log10")},
    "log2": lambda x: mpmath.log(x, 2),
    "abs": abs,
    "sign": mpmath.sign,
    "round": mpmath.nint,
}
NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "pow": "power", "round": "rint"}


def exact(op: str, *operands: Any) -> Any:
    """Return an operation on floats or mpmath's numbers as one of these; at infinity, 0 and nan as in C's library."""
    if not all(map(mpmath.isfinite, operands)) or (op in ("log", "log2", "log10", "pow") and operands[0] == 0):
        return _by_library(op, *operands)
    with mpmath.workprec(2200 if op == "mod" else BITS):
        values = [mpmath.mpf(operand) for operand in operands]
        if op == "mod":
            return values[0] - values[1] * mpmath.floor(values[0] / values[1]) if values[1] else mpmath.nan
        if op == "atan2":
            return mpmath.atan2(*values) if any(values) else mpmath.mpf(0)
        if op == "pow":
            return _power(*values)
        if (op in ("asin", "acos") and abs(values[0]) > 1) or (op[:3] in ("log", "sqr") and values[0] < 0):
            return mpmath.nan
        if op in ("exp", "sinh", "cosh", "tanh") and abs(values[0]) > 20_000:
            values[0] = 20_000 * mpmath.sign(values[0])  # beyond what any float holds
        return ONE[op](values[0])


def _power(a: Any, b: Any) -> Any:
    if a < 0 and b != mpmath.floor(b):
        return mpmath.nan
    odd = a < 0 and b % 2 == 1
    exponent = b * mpmath.log(abs(a))
    size = mpmath.exp(max(min(exponent, mpmath.mpf(20_000)), mpmath.mpf(-20_000)))
    return -size if odd else size


def _by_library(op: str, *operands: float) -> Any:
    if op == "mod":
        return mpmath.nan
    if op == "pow":  # NumPy takes a power of 0.5 for a root, which at -inf is nan
        try:
            return mpmath.mpf(math.pow(*operands))
        except (ValueError, OverflowError):  # 0 to a negative power
            negative_zero = math.copysign(1, operands[0]) < 0 and operands[1] % 2 == 1
            return -mpmath.inf if negative_zero else mpmath.inf
    with np.errstate(all="ignore"):
        return mpmath.mpf(float(getattr(np, NUMPY.get(op, op))(*map(np.float64, operands))))


def units(got: Sequence[float] | NDArray[Any], right: Sequence[Any], dtype: type) -> list[float]:
    """Return how far numbers are from the right ones, in units in the right one's last place.

    nan where only one of the two is nan is infinitely far off. Infinity is the power of 2 behind the largest number.
    """
    return [_units(float(a), b, dtype) for a, b in zip(got, right, strict=True)]


def turned_units(got: Sequence[float] | NDArray[Any], a: Any, b: Any, dtype: type) -> list[float]:
    """Return how far remainders of a / b are off, on a circle as long as b, in units of the larger one's last place.

    nan is right where b is 0, where one is no finite number, and allowed where a / b, or b times it, overflows.
    """
    result = []
    for value, over, by in zip(map(float, got), map(float, a), map(float, b), strict=True):
        with np.errstate(all="ignore"):
            defined = np.isfinite(np.floor(dtype(over) / dtype(by)) * dtype(by)) and math.isfinite(by)
        if math.isnan(value):
            result.append(math.inf if defined else 0.0)
            continue
        if math.isinf(value) or not by or not math.isfinite(over):
            result.append(math.inf)
            continue
        with mpmath.workprec(2200):
            apart = abs(mpmath.mpf(value) - exact("mod", over, by))
            apart = min(apart % abs(mpmath.mpf(by)), -apart % abs(mpmath.mpf(by)))
            larger = max(abs(over), abs(by))
            result.append(_units(larger, mpmath.mpf(larger) - apart, dtype) if larger else 0.0)
    return result


def _units(got: float, right: Any, dtype: type) -> float:
    if mpmath.isnan(right) or math.isnan(got):
        return 0.0 if mpmath.isnan(right) and math.isnan(got) else math.inf
    end = mpmath.ldexp(1, HIGHEST[dtype])
    with mpmath.workprec(max(BITS, mpmath.mp.prec)):
        value = max(min(mpmath.mpf(got), end), -end)
        right = max(min(right, end), -end)
        exponent = max(mpmath.frexp(right)[1] - 1, LOWEST[dtype]) if right else LOWEST[dtype]
        return float(abs(value - right) / mpmath.ldexp(1, min(exponent, HIGHEST[dtype] - 1) - SIGNIFICANT[dtype] + 1))


def anything(dtype: type, count: int, seed: int) -> NDArray[np.floating]:
    """Return finite numbers of all sizes: random bits."""
    random = np.random.default_rng(seed)
    whole = np.uint32 if dtype is np.float32 else np.uint64
    bits = random.integers(0, np.iinfo(whole).max, 2 * count, whole, endpoint=True)
    numbers = bits.view(dtype)
    return numbers[np.isfinite(numbers)][:count]
