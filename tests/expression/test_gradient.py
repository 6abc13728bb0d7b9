"""Gradients that go backward, and Hessians times vectors, against differences of values with 80 digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest

import lossland as ll
from lossland.expression import Node, Program, abs_, exp, log, maximum, minimum, sqrt, variable, where
from lossland.expression.derivative import directional, gradient
from lossland.expression.node import ordered
from lossland.landscapes import bbob

mp: Any = mpmath.mp
DIGITS = 80
STEP = "1e-24"

OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": lambda a, b: a**b,
    "exp": lambda a: mp.exp(a),
    "log": lambda a: mp.log(a),
    "sqrt": lambda a: mp.sqrt(a),
    "sin": lambda a: mp.sin(a),
    "cos": lambda a: mp.cos(a),
    "abs": abs,
    "floor": lambda a: mp.floor(a),
    "min": min,
    "max": max,
    "gt": lambda a, b: a > b,
    "lt": lambda a, b: a < b,
    "where": lambda test, a, b: a if test else b,
}


def exact(node: Node, names: Sequence[str], point: Sequence[Any]) -> Any:
    """Return the value of an expression at a point, in mpmath."""
    values: dict[Node, Any] = {variable(name): at for name, at in zip(names, point, strict=True)}
    for part in ordered([node]):
        if part.op == "const":
            values[part] = mp.pi if part.name == "pi" else mp.mpf(part.value)
        elif part.args:
            values[part] = OPERATIONS[part.op](*(values[arg] for arg in part.args))
    return values[node]


CASES = [(f, n) for f in range(1, 25) for n in (2, 5, 10, 20) if (f, n) != (21, 20)]  # 101 peaks: ten seconds


@pytest.mark.parametrize(("function", "dimension"), CASES)
def test_slopes_and_curvatures_of_the_bbob_functions(function: int, dimension: int) -> None:
    """Along a direction v the slope is v·∇f and the curvature v·Hv; a coordinate is another direction."""
    problem = bbob.instance(function, 2, dimension)
    rng = np.random.default_rng(function)
    point, direction = rng.uniform(-4.8, 4.8, dimension), rng.standard_normal(dimension)
    slopes = gradient(problem.node, problem.names)
    along = directional(slopes, {name: variable(f"v{name}") for name in problem.names})
    inputs = (*problem.names, *(f"v{name}" for name in problem.names))
    program = Program([*slopes, *along], inputs, as_given=dimension > 5)  # stable forms of the largest take seconds
    found = np.array(program.floats(*point.tolist(), *direction.tolist()))
    grad, bent = found[:dimension], found[dimension:]
    with mp.workdps(DIGITS):
        step, here = mp.mpf(STEP), [mp.mpf(x) for x in point.tolist()]

        def moved(way: np.ndarray, length: Any) -> Any:
            there = [x + length * mp.mpf(v) for x, v in zip(here, way.tolist(), strict=True)]
            return exact(problem.node, problem.names, there)

        ahead, middle, behind = (moved(direction, length) for length in (step, mp.mpf(0), -step))
        slope, curvature = float((ahead - behind) / (2 * step)), float((ahead - 2 * middle + behind) / step**2)
        axis = np.eye(dimension)[dimension // 2]
        partial = float((moved(axis, step) - moved(axis, -step)) / (2 * step))
    # Digits that the terms of a sum lose where they cancel are no error of the derivative.
    size = np.abs(grad).max() + 1e-9
    assert grad @ direction == pytest.approx(slope, rel=1e-9, abs=1e-9 * size)
    assert grad[dimension // 2] == pytest.approx(partial, rel=1e-9, abs=1e-9 * size)
    assert bent @ direction == pytest.approx(curvature, rel=1e-7, abs=1e-7 * (np.abs(bent).max() + 1e-6))


def test_a_gradient_costs_a_few_values_however_many_variables_there_are() -> None:
    for function in range(1, 25):
        for dimension in (2, 5):
            problem = bbob.instance(function, 1, dimension)
            value = len(Program([problem.node], problem.names, as_given=True).steps)
            both = [problem.node, *gradient(problem.node, problem.names)]
            assert len(Program(both, problem.names, as_given=True).steps) < 4 * value


@pytest.mark.parametrize("name", [land.name for land in ll.landscapes.catalogue()])
def test_backward_and_forward_agree_on_the_catalogue(name: str) -> None:
    """At places of all kinds, the minima and the middle among them, where many functions have a kink."""
    land = ll.landscape(name)
    (x0, x1), (y0, y1) = land.domain
    rng = np.random.default_rng(1)
    points = rng.uniform((x0, y0), (x1, y1), (50, 2))
    points = np.vstack([points, [(0, 0), (1, 0), (0, 1), (1, 1), (-1, 1)], *([land.minima] if land.minima else [])])
    forward = np.array(Program([land.node.diff("x"), land.node.diff("y")], "xy").arrays(*points.T))
    backward = np.array(Program(gradient(land.node, "xy"), "xy").arrays(*points.T))
    size = np.nanmax(np.abs(forward[:, :50]))
    assert backward == pytest.approx(forward, rel=1e-9, abs=1e-12 * size, nan_ok=True)


x, y, z = map(variable, "xyz")


@pytest.mark.parametrize(
    ("node", "point", "wanted"),
    [
        (maximum(x, y), (1, 1), (0.5, 0.5)),  # ties take the mean
        (minimum(2 * x, 2 * y), (1, 1), (1, 1)),
        (maximum(x, y) + minimum(x, y), (1, 1), (1, 1)),
        (maximum(x, 0), (0, 0), (0, 0)),
        (maximum(maximum(x, y), z), (1, 1, 1), (0.25, 0.25, 0.5)),
        (abs_(x) + abs_(y), (0, -2), (0, -1)),
        (sqrt(x**2 + y**2), (0, 0), (0, 0)),
        (x * x, (3, 0), (6, 0)),
        (x**y, (2, 3), (12, 8 * math.log(2))),
    ],
)
def test_kinks_have_the_slopes_that_are_agreed_on(node: Node, point: Any, wanted: Any) -> None:
    names = "xyz"[: len(point)]
    assert Program(gradient(node, names), names).floats(*map(float, point)) == pytest.approx(wanted)


def test_a_branch_that_is_not_taken_leaves_no_trace() -> None:
    """Its slope may be infinite, or no number: here that of log(x) and of 1/x where x is negative or 0."""
    node = where(x > 0, log(x) * y, x * y) + where(x > 1, log(x) + 1 / x, 0.0)
    inside = where(x > 0, sqrt(x), 0.0) * where(x > 0, log(x), 3.0)
    program = Program([*gradient(where(x > 0, log(x) * y, x * y), "xy"), *gradient(inside, "x")], "xy")
    assert program.floats(-2.0, 3.0) == [3.0, -2.0, 0.0]
    assert program.floats(2.0, 3.0) == pytest.approx(
        [1.5, math.log(2), math.log(2) / (2 * math.sqrt(2)) + math.sqrt(2) / 2]
    )
    assert Program(gradient(node, "xy"), "xy").floats(-2.0, 3.0) == [3.0, -2.0]
    assert np.isnan(Program(gradient(log(x) * y, "xy"), "xy").floats(-2.0, 3.0)[0])  # there is no value itself


@pytest.mark.parametrize("at", [-800.0, -40.0, -1e-9, 0.5, 40.0, 800.0])
def test_exponentials_keep_their_digits(at: float) -> None:
    """As forward: the logistic function has e^x / (1 + e^x)^2, not a difference of rounded numbers."""
    logistic = exp(x) / (1 + exp(x)) + y
    by_x, by_y = Program(gradient(logistic, "xy"), "xy").floats(at, 0.0)
    with mp.workdps(DIGITS):
        wanted = float(mp.exp(at) / (1 + mp.exp(at)) ** 2)
    assert by_x == pytest.approx(wanted, rel=1e-13)
    assert by_y == 1.0
    soft = log(exp(x) + exp(y) + exp(z))
    found = Program(gradient(soft, "xyz"), "xyz").floats(at, 0.0, 1.0)
    with mp.workdps(DIGITS):
        shares = [mp.exp(one) for one in (at, 0, 1)]
        wanted = [float(one / mp.fsum(shares)) for one in shares]
    assert found == pytest.approx(wanted, rel=1e-13)


def test_variables_that_do_not_occur_have_the_slope_zero() -> None:
    assert Program(gradient(x**2, "xyz"), "xyz").floats(3.0, 1.0, 1.0) == [6.0, 0.0, 0.0]
    assert Program(gradient(x - x + 2, "x"), "x").floats(3.0) == [0.0]
