"""Numbers whose squares are too large or too small for their type: values, slopes and curvatures all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from lossland.compute.grids import grid
from lossland.expression.program import _wider
from lossland.landscapes import landscape

FIELD = mpmath.mp.clone()
FIELD.prec = 6000  # bits: slopes are differences of numbers that are equal in their first thousand digits
Exact = Any  # a number of mpmath's, which has no types
Function = Callable[[Exact, Exact], Exact]

FORMULAS: dict[str, Function] = {
    "sqrt(x^2 + y^2)": lambda x, y: FIELD.sqrt(x**2 + y**2),
    "hypot(x, y)": lambda x, y: FIELD.sqrt(x**2 + y**2),
    "log(1 + x^2) + log(1 + y^2)": lambda x, y: FIELD.log(1 + x**2) + FIELD.log(1 + y**2),
    "x / (1 + x^2) + y": lambda x, y: x / (1 + x**2) + y,
    "(x^4 + y^4)^0.25": lambda x, y: (x**4 + y**4) ** FIELD.mpf(0.25),
    "sqrt(x^2 + 3*x*y + 4*y^2)": lambda x, y: FIELD.sqrt(x**2 + 3 * x * y + 4 * y**2),
    "atan(x*y/(x^2 + y^2))": lambda x, y: FIELD.atan(x * y / (x**2 + y**2)),
    "x^3/(x^2 + y^2)": lambda x, y: x**3 / (x**2 + y**2),
}
POINTS = {
    np.float64: [(1e200, 1e199), (1e-200, 3e-201), (-3e170, 2e169), (1e-162, -1e-163), (4e180, 4e180)],
    np.float32: [(1e25, 1e24), (1e-25, 3e-26), (-3e20, 2e20), (4e-23, 4e-23)],
}


def right(function: Function, x: float, y: float) -> list[Exact]:
    """Return the value and both slopes at a point."""
    a, b = FIELD.mpf(float(x)), FIELD.mpf(float(y))
    step = FIELD.mpf(2) ** -1500
    by_x = (function(a * (1 + step), b) - function(a * (1 - step), b)) / (2 * step * a)
    by_y = (function(a, b * (1 + step)) - function(a, b * (1 - step))) / (2 * step * b)
    return [function(a, b), by_x, by_y]


def agree(got: float, wanted: Exact, kind: type[np.floating], size: Exact) -> bool:
    """Whether a number is right to almost all its digits, or to those of the largest one it was made from."""
    limits = np.finfo(kind)
    if abs(wanted) > float(limits.max):
        return bool(np.isinf(got))
    allowed = 50 * float(limits.eps) * max(abs(wanted), size) + 2 * float(limits.tiny)
    return abs(FIELD.mpf(float(got)) - wanted) <= allowed


@pytest.mark.parametrize("kind", POINTS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_squares_that_leave_their_range_spoil_nothing(formula: str, kind: type[np.floating]) -> None:
    if _wider(np.dtype(kind)) is None:
        pytest.skip("long double is no wider than double on this platform")
    land = landscape(formula, domain=((-5, 5), (-5, 5)))
    points = np.array(POINTS[kind], kind)
    value, slopes = land.value_grad(points)
    for (x, y), got, slope in zip(points, value, slopes, strict=True):
        exact = right(FORMULAS[formula], x, y)
        assert agree(got, exact[0], kind, FIELD.mpf(0)), (x, y)
        steepest = max(abs(exact[1]), abs(exact[2]), abs(exact[0] / FIELD.mpf(float(x))))
        assert agree(slope[0], exact[1], kind, steepest), (x, y)
        assert agree(slope[1], exact[2], kind, steepest), (x, y)


def test_points_do_not_depend_on_their_neighbours() -> None:
    land = landscape("sqrt(x^2 + y^2) * cos(x)", domain=((-5, 5), (-5, 5)))
    usual = np.random.default_rng(0).normal(size=(500, 2))
    alone = land.value_grad(usual)
    together = land.value_grad(np.concatenate([usual, [(1e200, 1.0), (1e-200, 1e-200)]]))
    assert np.array_equal(together[0][:-2], alone[0])
    assert np.array_equal(together[1][:-2], alone[1])


@pytest.mark.parametrize(("kind", "far"), [(np.float64, 1e200), (np.float32, 1e25)])
@pytest.mark.parametrize("power", [1, -1])
def test_grids_of_extreme_domains(kind: type[np.floating], far: float, power: int) -> None:
    side = far**power
    land = landscape("sqrt(x^2 + y^2)", domain=((-side, side), (-side, side)))
    made = grid(land, 17, dtype=kind, quantities=("gradient",))
    x, y = np.meshgrid(made.x.astype(np.longdouble), made.y.astype(np.longdouble))
    radius = np.hypot(x, y)
    np.testing.assert_allclose(made.value, radius.astype(kind), rtol=20 * float(np.finfo(kind).eps))
    away = radius > 0
    assert made.gradient is not None
    np.testing.assert_allclose(made.gradient[away][:, 0], (x[away] / radius[away]).astype(kind), rtol=1e-6, atol=1e-12)


SATURATED: dict[str, Function] = {
    "log(1 + exp(-x*y))": lambda x, y: FIELD.log(1 + FIELD.exp(-x * y)),
    "softplus(-x*y)": lambda x, y: FIELD.log(1 + FIELD.exp(-x * y)),
    "log(cosh(x*y))": lambda x, y: FIELD.log(FIELD.cosh(x * y)),
    "exp(x)/(exp(x) + exp(y) + 1)": lambda x, y: FIELD.exp(x) / (FIELD.exp(x) + FIELD.exp(y) + 1),
    "log(exp(x) + exp(y) + 1)": lambda x, y: FIELD.log(FIELD.exp(x) + FIELD.exp(y) + 1),
    "x*y/(1 + exp(-x))": lambda x, y: x * y / (1 + FIELD.exp(-x)),
    "log(1 + exp(-x)) * exp(-exp(x - y))^2": lambda x, y: (
        FIELD.log(1 + FIELD.exp(-x)) * FIELD.exp(-2 * FIELD.exp(x - y))
    ),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("formula", SATURATED)
def test_curvatures_keep_their_digits_where_exponentials_saturate(formula: str, kind: type[np.floating]) -> None:
    land = landscape(formula, domain=((-5, 5), (-5, 5)))
    points = np.array([(20.0, 1.0), (15.0, -2.5), (36.0, 1.0), (-3.0, 70.0), (60.0, -1.5), (-35.0, -30.0)], kind)
    step = FIELD.mpf(2) ** -1000
    for (x, y), slopes, bends in zip(points, land.grad(points), land.hessian(points), strict=True):
        a, b = FIELD.mpf(float(x)), FIELD.mpf(float(y))
        f = SATURATED[formula]
        east, west, north, south = f(a + step, b), f(a - step, b), f(a, b + step), f(a, b - step)
        corners = f(a + step, b + step) - f(a + step, b - step) - f(a - step, b + step) + f(a - step, b - step)
        middle = 2 * f(a, b)
        wanted = [
            (slopes[0], (east - west) / (2 * step)),
            (slopes[1], (north - south) / (2 * step)),
            (bends[0], (east - middle + west) / step**2),
            (bends[1], corners / (4 * step**2)),
            (bends[2], (north - middle + south) / step**2),
        ]
        for got, exact in wanted:
            allowed = 1e4 * float(np.finfo(kind).eps) * abs(exact) + float(np.finfo(kind).tiny) * 1e4
            assert abs(FIELD.mpf(float(got)) - exact) <= allowed, (x, y, got, exact)


def test_one_point_on_floats_is_what_it_is_on_arrays() -> None:
    for formula in FORMULAS:
        land = landscape(formula, domain=((-5, 5), (-5, 5)))
        for x, y in POINTS[np.float64]:
            value, slopes = land.value_grad(np.array([x, y]))
            assert land.value_grad_at(x, y) == pytest.approx((float(value), *slopes), rel=1e-12, abs=0)


def test_a_path_from_far_out_is_the_same_alone_and_among_others() -> None:
    from lossland.compute.trajectory import run
    from lossland.optimizers import GradientDescent

    land, rule = landscape("sqrt(x^2 + y^2)"), GradientDescent(lr=1e199)
    alone, pair = run(land, rule, (1e200, 1e200), 3), run(land, rule, [(1e200, 1e200)] * 2, 3)
    assert alone.points[-1, 0] == pytest.approx(pair.points[-1, 0], rel=1e-12)
    assert alone.points[-1, 0, 0] == pytest.approx(1e200 - 3e199 / np.sqrt(2), rel=1e-12)
