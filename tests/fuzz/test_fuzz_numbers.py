"""Formulas of exponentials, quotients, roots and logarithms at huge, tiny and tied arguments, against mpmath.

A few in the default suite; thousands with ``pytest -m fuzz``.
"""

from __future__ import annotations

import random
from typing import Any

import jets
import mpmath
import numpy as np
import pytest

from lossland.compute.kernels.lattice import kernel
from lossland.expression import Program
from lossland.expression.formula import parse

FEW, MANY = 25, 1500
X = (
    0.0,
    1e-6,
    -0.375,
    0.5,
    2.75,
    -9.0,
    19.0,
    -40.0,
    88.5,
    -104.0,
    400.0,
    -350.0,
    9.0,
    -200.0,
    1.0,
    -1e-3,
)  # a register's
Y = (0.0, 0.5, -9.0, 88.5, -300.0)

# Bounds of the error beside the largest of value, slopes, curvatures and 1; and what is too large to ask for.
RELATIVE = {np.float64: 1e-9, np.float32: 2e-3}
NOTHING = {np.float64: 1e-290, np.float32: 1e-35}
HUGE = {np.float64: 1e300, np.float32: 1e37}

SQUASHED = (
    "1/(1+exp(-({w})))", "exp({w})/(1+exp({w}))", "(1+exp(-({w})))^(-1)", "1-1/(1+exp({w}))", "tanh({w})",
    "exp({v})/(exp({v})+exp({w}))", "1/(1+exp({v}-({w})))", "(exp({w})-exp(-({w})))/(exp({w})+exp(-({w})))",
    "1/cosh({w})", "exp({w})/(1+exp({w}))^2", "1-tanh({w})^2", "sinh({w})/cosh({w})", "exp(-({w})^2)",
    "(1-exp(-({w})))/(1+exp(-({w})))", "exp({v})/(exp({v})+exp({w})+1)", "exp(-exp({w}))",
)  # fmt: skip
GROWING = (
    "log(1+exp({w}))", "log(exp({v})+exp({w}))", "-log(1/(1+exp(-({w}))))", "-log(1-1/(1+exp({w})))", "log(cosh({w}))",
    "({w})/(1+exp(-({w})))", "sqrt(1+exp(({w})/16))", "log(exp({v})+exp({w})+1)", "({w})*tanh({w})",
    "log(1+({w})^2)", "({w})*exp(-({v})^2)", "atan({w})",
)  # fmt: skip


SHAPES = (
    "({a})+({b})", "({a})-({b})", "({a})*({b})", "({a})*({b})^2", "tanh({b})*({a})", "({b})^2+0.01*(x^2+y^2)",
    "exp(-({b}))*({a})", "({a})/(1+({b})^2)", "sin({b})+({a})", "x*({b})+y*({a})",
)  # fmt: skip


def angle(chance: random.Random) -> str:
    """Return what stands in an exponent."""
    return chance.choice(("x", "y", "2*x", "-x", "0.5*y", "x-y", "x+y", "3*x-y", "x+1", "-y", "1.5*x", "x-2*y"))


def squashed(chance: random.Random) -> str:
    v, w = angle(chance), angle(chance)
    return chance.choice(SQUASHED).format(v=v, w=w)


def simple(chance: random.Random) -> str:
    v, w = angle(chance), angle(chance)
    return chance.choice(SQUASHED + GROWING).format(v=v, w=w)


def composed(chance: random.Random) -> str:
    a, b = simple(chance), squashed(chance)
    shape = chance.choice(SHAPES)
    return shape.format(a=a, b=b)


def check(formula: str, dtype: Any) -> None:
    node = parse(formula)
    gx, gy = node.diff("x"), node.diff("y")
    program = Program([node, gx, gy, gx.diff("x"), gx.diff("y"), gy.diff("y")], "xy")
    x, y = np.array(X, dtype), np.array(Y, dtype)
    by_arrays = np.array(program.arrays(x[None, :], y[:, None]), np.float64)
    parts = [np.empty((len(y), len(x)), dtype) for _ in range(6)]
    kernel(program, (1,) * 6, np.dtype(dtype)).fill(x, y, parts)
    by_kernel = np.array(parts, np.float64)
    for row, b in enumerate(y.tolist()):
        for column, a in enumerate(x.tolist()):
            with mpmath.workdps(60 + int(3 * abs(a) + 2 * abs(b))):  # e^-w squared beside 1 still counts
                wanted = jets.at(formula, a, b).numbers
            size = max(abs(value) for value in wanted)
            if size > HUGE[dtype]:
                continue
            for k, value in enumerate(wanted):
                limit = RELATIVE[dtype] * float(max(size, 1)) + NOTHING[dtype]
                for name, found in (("arrays", by_arrays), ("kernel", by_kernel)):
                    got = found[k, row, column]
                    assert abs(got - float(value)) <= limit, (
                        f"{formula} at {a!r}, {b!r} on {name}, number {k}: {got!r}, not {float(value)!r}"
                    )


def everything(shapes: tuple[str, ...]) -> list[str]:
    return [shape.format(v="y", w="x") for shape in shapes]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("formula", everything(SQUASHED + GROWING))
def test_each_form_keeps_its_digits(formula: str, dtype: Any) -> None:
    check(formula, dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_random_formulas_agree_with_mpmath(dtype: Any) -> None:
    chance = random.Random(7)
    for _ in range(FEW):
        check(composed(chance), dtype)


@pytest.mark.fuzz
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("seed", range(7))
def test_many_random_formulas_agree_with_mpmath(seed: int, dtype: Any) -> None:
    chance = random.Random(f"{seed} {np.dtype(dtype).name}")
    for _ in range(MANY // 10):
        check(composed(chance), dtype)
