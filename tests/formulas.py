"""Random formulas for the tests, each built twice: as text for our parser and as a SymPy expression, the oracle."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import sympy
from hypothesis import strategies as st

sp: Any = sympy  # its own annotations are too narrow

X, Y = sp.symbols("x y", real=True)
DIGITS = 50


class Pair(NamedTuple):
    text: str
    oracle: Any


def _mod(a: Any, b: Any) -> Any:
    ratio = sp.Mul(a, sp.Pow(b, -1, evaluate=False), evaluate=False)
    whole = sp.Mul(b, sp.floor(ratio, evaluate=False), evaluate=False)
    return sp.Add(a, sp.Mul(-1, whole, evaluate=False), evaluate=False)


def _log(base: int) -> Callable[[Any], Any]:
    return lambda a: sp.log(a, evaluate=False) / sp.log(base)


# What formulas call each function, and what SymPy does. Nothing is simplified when it is built: that would hide
# where a part is undefined.
SMOOTH: dict[str, Callable[[Any], Any]] = {"log2": _log(2), "log10": _log(10)}
for _name in ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"):
    SMOOTH[_name] = partial(getattr(sp, _name), evaluate=False)
SMOOTH["abs"] = partial(sp.Abs, evaluate=False)
STEPPED: dict[str, Callable[[Any], Any]] = {
    "sign": partial(sp.sign, evaluate=False),
    "floor": partial(sp.floor, evaluate=False),
    "ceil": partial(sp.ceiling, evaluate=False),
}
TWO: dict[str, Callable[[Any, Any], Any]] = {
    "atan2": partial(sp.atan2, evaluate=False),
    "min": partial(sp.Min, evaluate=False),
    "max": partial(sp.Max, evaluate=False),
}
TESTS: dict[str, Callable[[Any, Any], Any]] = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}

leaves = st.one_of(
    st.sampled_from([Pair("x", X), Pair("y", Y), Pair("x", X), Pair("y", Y), Pair("pi", sp.pi), Pair("e", sp.E)]),
    st.sampled_from(["1", "2", "3", "7", "0.5", "1.25", ".75", "2.5e-1"]).map(lambda t: Pair(t, sp.Rational(t))),
)


@st.composite
def _larger(draw: Any, parts: st.SearchStrategy[Pair], stepped: bool) -> Pair:
    kind = draw(st.sampled_from(["binary", "binary", "power", "negative", "one", "one", "two", "where", "beside"]))
    a = draw(parts)
    if kind == "negative":
        return Pair(f"-({a.text})", sp.Mul(-1, a.oracle, evaluate=False))
    if kind == "power":
        exponent = draw(st.sampled_from([-2, -1, 2, 3, 4]))
        return Pair(f"({a.text})^{exponent}", sp.Pow(a.oracle, exponent, evaluate=False))
    if kind == "one":
        functions = {**SMOOTH, **STEPPED} if stepped else SMOOTH
        name = draw(st.sampled_from(sorted(functions)))
        return Pair(f"{name}({a.text})", functions[name](a.oracle))
    b = draw(parts)
    if kind == "binary":
        sign = draw(st.sampled_from("+-*/"))
        oracle = {
            "+": lambda: sp.Add(a.oracle, b.oracle, evaluate=False),
            "-": lambda: sp.Add(a.oracle, sp.Mul(-1, b.oracle, evaluate=False), evaluate=False),
            "*": lambda: sp.Mul(a.oracle, b.oracle, evaluate=False),
            "/": lambda: sp.Mul(a.oracle, sp.Pow(b.oracle, -1, evaluate=False), evaluate=False),
        }[sign]()
        return Pair(f"({a.text}) {sign} ({b.text})", oracle)
    if kind == "beside":
        return Pair(f"2({a.text})({b.text})", sp.Mul(2, a.oracle, b.oracle, evaluate=False))
    if kind == "two":
        name = draw(st.sampled_from(sorted({*TWO, "mod"} if stepped else TWO)))
        return Pair(f"{name}({a.text}, {b.text})", (TWO | {"mod": _mod})[name](a.oracle, b.oracle))
    sign = draw(st.sampled_from(sorted(TESTS)))
    oracle = sp.Piecewise((a.oracle, TESTS[sign](X, Y)), (b.oracle, True), evaluate=False)
    return Pair(f"where(x {sign} y, {a.text}, {b.text})", oracle)


def pairs(size: int = 6, stepped: bool = True) -> st.SearchStrategy[Pair]:
    """Formulas of up to ``size`` leaves. ``stepped`` includes functions that jump."""
    return st.recursive(leaves, lambda parts: _larger(parts, stepped), max_leaves=size)


class UndefinedError(ArithmeticError):
    """The oracle's value, or that of a part, is not a real number of ordinary size."""


def exact(oracle: Any, x: Any, y: Any, noise: float = 0.0) -> Any:
    """Evaluate a SymPy expression at a point, part by part, with 50 digits.

    ``noise`` multiplies the result of every part by 1 + noise: a result that changes much is ill-conditioned.
    """
    if oracle.is_Symbol:
        return sp.Float(x if oracle == X else y, DIGITS)
    if isinstance(oracle, sp.Piecewise):
        here = {X: sp.Float(x, DIGITS), Y: sp.Float(y, DIGITS)}
        branch = next(value for value, test in oracle.args if test.subs(here) == sp.true)
        value = exact(branch, x, y, noise)
    elif oracle.is_Atom:
        value = oracle
    else:
        value = oracle.func(*(arg if arg.is_Integer else exact(arg, x, y, noise) for arg in oracle.args))
    value = sp.N(value, DIGITS)
    if (not value.is_Float and not value.is_Integer) or not value.is_finite or abs(value) > 1e60:
        raise UndefinedError
    return sp.Float(value * (1 + sp.Float(noise, DIGITS)), DIGITS)


def exact_value(oracle: Any, x: float, y: float) -> float | None:
    """Return the oracle's value, or None where it is undefined or ill-conditioned."""
    try:
        values = [exact(oracle, x, y, noise) for noise in (0.0, 1e-13, -1.3e-13)]
    except (UndefinedError, ArithmeticError):
        return None
    close = all(abs(value - values[0]) <= 1e-10 * (1 + abs(values[0])) for value in values)
    return float(values[0]) if close else None


def exact_slope(oracle: Any, x: float, y: float) -> float | None:
    """Return the oracle's derivative by x from differences with 50 digits; None at kinks and where undefined."""
    step = sp.Float("1e-18", DIGITS)
    try:
        left, here, right = (exact(oracle, sp.Float(x, DIGITS) + k * step, y) for k in (-1, 0, 1))
    except (UndefinedError, ArithmeticError):
        return None
    slopes = [(here - left) / step, (right - here) / step]
    if abs(slopes[0]) > 1e12 or abs(slopes[1] - slopes[0]) > 1e-9 * (1 + abs(slopes[0])):
        return None
    return float((right - left) / (2 * step))
