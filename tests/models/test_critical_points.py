"""Critical points of functions whose level points are known in closed form, and their curvatures against NumPy."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import lossland as ll
from lossland.models import critical_points as critical


def found(formula: str, domain: tuple = ((-3.0, 3.0), (-3.0, 3.0))) -> list[critical.CriticalPoint]:
    land = ll.landscape(formula, domain=domain)
    height = float(np.ptp(land.grid(65).value))
    return critical.critical_points(land, height)


def test_a_double_well() -> None:
    points = found("(x^2 - 1)^2 + y^2")
    assert [point.kind for point in points] == ["minimum", "minimum", "saddle"]
    assert sorted(point.position[0] for point in points) == pytest.approx([-1, 0, 1], abs=1e-9)
    for point in points:
        assert point.position[1] == pytest.approx(0, abs=1e-9)
    assert points[-1].value == pytest.approx(1.0)
    assert points[-1].curvature == pytest.approx([-4.0, 2.0])
    assert np.abs(points[-1].axes[:, 0]) == pytest.approx([1.0, 0.0])
    assert points[0].curvature == pytest.approx([2.0, 8.0])


@pytest.mark.parametrize("formula", ["3", "sin(x)^2 + cos(x)^2", "x + y - (x + y)", "x^2", "cos(y)", "sqrt(x^2)"])
def test_a_flat_place_and_the_floor_of_a_valley_have_no_points_to_mark(formula: str) -> None:
    assert found(formula) == []


def test_a_ring_of_minima_leaves_the_maximum_within_it() -> None:
    (top,) = found("(x^2 + y^2 - 4)^2")
    assert top.kind == "maximum"
    assert top.position == pytest.approx([0.0, 0.0], abs=1e-9)
    assert top.value == pytest.approx(16.0)


def test_one_point_without_curvature_is_marked() -> None:
    (lowest,) = found("x^4 + y^4")
    assert lowest.kind == "minimum"
    assert lowest.curvature == pytest.approx([0.0, 0.0])


def test_a_product_of_sines_has_every_kind() -> None:
    points = found("sin(x) * sin(y)")
    kinds = {kind: [p for p in points if p.kind == kind] for kind in ("minimum", "saddle", "maximum")}
    assert [len(kinds[kind]) for kind in kinds] == [2, 1, 2]
    for point in kinds["maximum"]:
        assert abs(point.position[0] * point.position[1] - np.pi**2 / 4) < 1e-9
        assert point.value == pytest.approx(1.0)
    assert kinds["saddle"][0].value == 0.0
    assert kinds["saddle"][0].curvature == pytest.approx([-1.0, 1.0])


@pytest.mark.parametrize(
    ("formula", "kind"),
    [("x^4 + y^4", "minimum"), ("-x^4 - y^4", "maximum"), ("x^3 - 3*x*y^2", "saddle"), ("x^4 - y^4", "saddle")],
)
def test_where_the_curvature_is_zero_it_is_looked_around(formula: str, kind: str) -> None:
    nearest = min(found(formula), key=lambda point: float(np.hypot(*point.position)))
    assert nearest.kind == kind
    assert np.hypot(*nearest.position) < 1e-2


def test_himmelblau_has_nine() -> None:
    points = found("(x^2 + y - 11)^2 + (x + y^2 - 7)^2", ((-5.0, 5.0), (-5.0, 5.0)))
    assert [sum(point.kind == kind for point in points) for kind in ("minimum", "saddle", "maximum")] == [4, 4, 1]
    maximum = points[-1]
    assert maximum.value == pytest.approx(181.6165215225827, rel=1e-12)
    assert maximum.position == pytest.approx([-0.2708445906694, -0.9230385564664], abs=1e-9)
    assert all(a.value <= b.value for a, b in pairwise(points))


def test_curvatures_are_eigenvalues() -> None:
    hessians = np.random.default_rng(1).normal(size=(50, 3))
    low, high = critical.principal_curvatures(hessians)
    for row, small, large in zip(hessians, low, high, strict=True):
        right = np.linalg.eigvalsh([[row[0], row[1]], [row[1], row[2]]])
        assert (small, large) == pytest.approx(tuple(right))
        values, axes = critical.principal_axes(row)
        assert values == pytest.approx(right)
        np.testing.assert_allclose(axes @ np.diag(values) @ axes.T, [[row[0], row[1]], [row[1], row[2]]], atol=1e-12)


def test_positions_in_the_domain_alone() -> None:
    assert len(critical.level_positions(ll.landscape("sin(x) * sin(y)", domain=((0.5, 2.5), (0.5, 2.5))))) == 1


def quadratic_point(kind: critical.Kind, curvature: tuple[float, float]) -> critical.CriticalPoint:
    turn = np.radians(30.0)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return critical.CriticalPoint(np.array([1.0, 2.0]), 5.0, kind, np.array(curvature), axes)


def test_numbers_that_follow_from_the_curvatures() -> None:
    narrow = critical.shape_numbers(quadratic_point("minimum", (0.5, 20.0)))
    assert (narrow["kappa"], narrow["rate_limit"]) == (40.0, 0.1)
    np.testing.assert_array_equal(narrow["nearest"], (1, 2, 5))
    top = critical.shape_numbers(quadratic_point("maximum", (-8.0, -2.0)))
    assert (top["kappa"], top["rate_limit"]) == (4.0, np.inf)
    assert critical.shape_numbers(quadratic_point("saddle", (0.0, 0.0)))["kappa"] == np.inf


def test_arrows_lie_along_the_axes_both_ways() -> None:
    tail, tip, curvature = critical.axis_arrows(quadratic_point("saddle", (-1.0, 3.0)), 0.1, 0.5)
    ways = np.array([(np.sqrt(3) / 2, 0.5), (-np.sqrt(3) / 2, -0.5), (-0.5, np.sqrt(3) / 2), (0.5, -np.sqrt(3) / 2)])
    np.testing.assert_allclose(tail, (1.0, 2.0) + 0.1 * ways, rtol=1e-12)
    np.testing.assert_allclose(tip, (1.0, 2.0) + 0.5 * ways, rtol=1e-12)
    np.testing.assert_array_equal(curvature, (-1, -1, 3, 3))


def test_the_nearest_and_those_of_a_kind() -> None:
    one, other = quadratic_point("minimum", (1.0, 1.0)), quadratic_point("saddle", (-1.0, 1.0))
    other = replace(other, position=np.array([4.0, 6.0]))
    assert critical.nearest([one, other], (3.0, 5.0)) is other
    assert critical.nearest([], (0.0, 0.0)) is None
    np.testing.assert_array_equal(critical.of_kind([one, other], "saddle"), [(4, 6, 5)])
    assert critical.of_kind([one], "maximum").shape == (0, 3)


def test_shades_have_the_sign_of_the_curvature_and_reach_one() -> None:
    hessian = np.array([[2.0, 0.0, -1.0], [40.0, 0.0, 4.0], [-6.0, 0.0, -3.0], [np.nan, 0.0, 0.0]])
    large, small = (critical.curvature_shades(hessian, largest) for largest in (True, False))
    np.testing.assert_array_equal(np.sign(large), (1, 1, -1, 0))
    np.testing.assert_array_equal(np.sign(small), (-1, 1, -1, 0))
    assert np.abs(large).max() == pytest.approx(1.0)
    usual = np.median((2.0, 40.0, 3.0, 0.0))
    assert large[0] == pytest.approx(np.arcsinh(2 / usual) / np.arcsinh(40 / usual), rel=1e-6)


def test_a_path_has_escaped_at_the_first_step_outside_the_circle() -> None:
    steps = np.arange(20.0)
    spiral = np.array([2.0, -1.0]) + 0.1 * steps[:, None] * np.stack([np.cos(steps), np.sin(steps)], -1)
    assert critical.escape_steps(spiral, (2.0, -1.0), 0.75) == 8.0
    assert np.isnan(critical.escape_steps(spiral[:7], (2.0, -1.0), 0.75))
