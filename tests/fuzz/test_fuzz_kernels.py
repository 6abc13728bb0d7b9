"""Random formulas with huge, tiny and tied arguments: arrays, CPU kernels and CUDA's source against mpmath.

What mpmath says is only asked where it settles the matter: where the value does not change much when every part of
the formula is off by a few roundings.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import cuda_on_cpu
import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from oracle import anything, exact

from lossland.compute.kernels import cuda, lattice
from lossland.expression import Program
from lossland.expression.formula import FormulaError, parse

POINTS = 64
ONE = (
    "exp",
    "log",
    "log2",
    "log10",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "abs",
)
TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "min": min, "max": max,
}  # fmt: skip
NOISE = 16  # roundings by which every part may be off
TYPES = (np.float64, np.float32)


class Formula(NamedTuple):
    """A formula as text and as a tree: an operation and its operands, ``x``, ``y`` or a number."""

    text: str
    op: str
    args: tuple[Formula, ...] = ()


def random_formula(random: np.random.Generator, size: int) -> Formula:
    if size <= 1:
        leaf = str(random.choice(["x", "y", "x", "y", "2", "0.5", "3", "1e10"]))
        return Formula(leaf, leaf)
    kind = random.integers(8)
    if kind < 3:
        op = str(random.choice(ONE))
        a = random_formula(random, size - 1)
        return Formula(f"{op}({a.text})", op, (a,))
    a, b = random_formula(random, size // 2), random_formula(random, size - size // 2)
    if kind == 3:
        op = str(random.choice(["min", "max", "atan2"]))
        return Formula(f"{op}({a.text}, {b.text})", op, (a, b))
    if kind == 4:
        return Formula(f"where(({a.text}) < ({b.text}), {a.text}, y)", "where", (a, b, Formula("y", "y")))
    sign, op = (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"))[random.integers(4)]
    return Formula(f"({a.text}) {sign} ({b.text})", op, (a, b))


def places(random: np.random.Generator, dtype: type) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return x (POINTS,) and y (POINTS,): of all sizes, ordinary, and some that are equal or 0."""
    seed = int(random.integers(2**31))
    x = np.concatenate((anything(dtype, 24, seed), random.uniform(-9, 9, 24), np.round(random.uniform(-3, 3, 16))))
    y = np.concatenate((anything(dtype, 16, seed + 1), random.uniform(-9, 9, 32), np.round(random.uniform(-3, 3, 16))))
    x[::7], y[::7] = x[0], x[0]
    return x.astype(dtype), y.astype(dtype)


def settled(formula: Formula, x: float, y: float, dtype: type) -> float | None:
    """Return the formula's value, or None where rounding, underflow or overflow on the way could change it."""
    info, random = np.finfo(dtype), np.random.default_rng(7)

    def value(node: Formula, off: float) -> Any:
        if node.op in ("x", "y"):
            return mpmath.mpf(x if node.op == "x" else y)
        if not node.args:
            return mpmath.mpf(float(node.op))
        a, *rest = (value(arg, off) for arg in node.args)
        if node.op in ("sin", "cos", "tan") and abs(a) * NOISE * float(info.eps) > 0.1:
            raise ArithmeticError  # rounding turns the angle all the way round
        if not rest:
            result = exact(node.op, a)
        elif node.op == "where":
            result = a if a < rest[0] else rest[1]
        elif node.op == "atan2" and a == 0:
            raise ArithmeticError  # mpmath has no -0
        elif node.op == "atan2":
            result = mpmath.atan2(a, rest[0])
        else:
            result = TWO[node.op](a, rest[0])
        if not mpmath.isfinite(result) or not (result == 0 or info.tiny < abs(result) < info.max):
            raise ArithmeticError
        return result * (1 + off * random.uniform(-1, 1))

    with mpmath.workprec(160):
        try:
            values = [value(formula, off) for off in (0, *[NOISE * float(info.eps)] * 6)]
        except ArithmeticError:
            return None
        close = all(abs(v - values[0]) <= 1e3 * NOISE * info.eps * abs(values[0]) for v in values)
        return float(values[0]) if close else None


def check(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    formulas: list[Formula] = []
    programs: list[Program] = []
    while len(formulas) < count:
        formula = random_formula(random, int(random.integers(2, 8)))
        with suppress(FormulaError):  # a constant part without a finite value
            programs.append(Program([parse(formula.text)], "xy"))
            formulas.append(formula)
    sources = {
        f"k{i}_{dtype.__name__}": cuda.grid_source(program, (1,), dtype)
        for i, program in enumerate(programs)
        for dtype in TYPES
    }
    kernels = cuda_on_cpu.compiled(sources)
    compared = 0
    for i, (formula, program) in enumerate(zip(formulas, programs, strict=True)):
        for dtype in TYPES:
            x, y = places(random, dtype)
            square, by_cuda = np.empty((POINTS, POINTS), dtype), np.empty((POINTS, POINTS), dtype)
            lattice.kernel(program, (1,), x.dtype).fill(x, y, [square])
            given = (x, y, np.int32(POINTS), np.int32(POINTS), by_cuda)
            kernels[f"k{i}_{dtype.__name__}"]((1, POINTS), (POINTS, 1), given)
            ways = {"arrays": program.arrays(x, y)[0], "grid": square.diagonal(), "cuda": by_cuda.diagonal()}
            for j in range(POINTS):
                right = settled(formula, float(x[j]), float(y[j]), dtype)
                if right is None:
                    continue
                compared += 1
                for way, got in ways.items():
                    allowed = 2e3 * NOISE * np.finfo(dtype).eps * abs(right)
                    assert abs(float(got[j]) - right) <= allowed, (way, dtype, formula.text, x[j], y[j], got[j], right)
    assert compared > 5 * count


def test_some_formulas() -> None:
    check(seed=1, count=10)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(100, 106))
def test_many_formulas(seed: int) -> None:
    check(seed, count=60)
