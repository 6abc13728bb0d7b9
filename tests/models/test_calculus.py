"""Slopes, areas, Taylor polynomials and Newton's method against closed forms, NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

import lossland as ll
from lossland.models import calculus


@pytest.mark.parametrize("h", [1.0, 0.1, -0.5, 1e-6])
def test_the_secant_of_a_parabola_has_slope_two_x_plus_h(h: float) -> None:
    assert calculus.secant_slope(np.square, 1.0, h) == pytest.approx(2 + h, abs=1e-9)


def test_roots_are_found_where_the_sign_changes_or_on_a_sample() -> None:
    np.testing.assert_allclose(calculus.roots(np.sin, -4.0, 7.0), [-np.pi, 0, np.pi, 2 * np.pi], atol=1e-12)
    np.testing.assert_allclose(calculus.roots(lambda x: x, -1.0, 1.0), [0.0], atol=1e-15)
    assert len(calculus.roots(lambda x: x * x + 1, -1.0, 1.0)) == 0


def test_level_places_of_a_cubic() -> None:
    found = calculus.extrema(lambda x: x**3 - 3 * x, lambda x: 3 * x**2 - 3, lambda x: 6 * x, -2.5, 2.5)
    np.testing.assert_allclose(found, [[-1, 2, -6], [1, -2, 6]], atol=1e-9)


@pytest.mark.parametrize("epsilon", [0.5, 0.1, 0.01])
def test_the_reach_of_a_parabola(epsilon: float) -> None:
    """|x² - 1| < ε as far as √(1 + ε) - 1 to the right, and a little farther to the left."""
    assert calculus.reach_within(np.square, 1.0, epsilon, 5.0) == pytest.approx(np.sqrt(1 + epsilon) - 1, abs=1e-12)
    assert calculus.reach_within(np.zeros_like, 1.0, epsilon, 5.0) == 5.0
    assert calculus.reach_within(lambda x: np.where(x < 1.0, 0.0, 1.0), 1.0, epsilon, 5.0) == pytest.approx(0.0)


@pytest.mark.parametrize(("n", "left", "mid", "right"), [(10, 0.285, 0.3325, 0.385), (100, 0.32835, 0.333325, 0.33835)])
def test_sums_under_a_parabola(n: int, left: float, mid: float, right: float) -> None:
    for rule, wanted in (("left", left), ("mid", mid), ("right", right)):
        assert calculus.riemann(np.square, 0.0, 1.0, n, rule).sum == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("n", [1, 3, 8, 50])
def test_lower_and_upper_sums_hold_the_integral_between_them(n: int) -> None:
    turns = calculus.roots(np.cos, 0.0, 5.0)
    low, high = (calculus.riemann(np.sin, 0.0, 5.0, n, rule, turns) for rule in ("lower", "upper"))
    exact = 1 - np.cos(5.0)
    assert low.sum <= exact <= high.sum
    tried = np.sin(np.linspace(low.edges[:-1], low.edges[1:], 2001))
    assert (low.heights <= tried.min(axis=0) + 1e-12).all()
    assert (high.heights >= tried.max(axis=0) - 1e-12).all()
    np.testing.assert_allclose(np.sin(high.places), high.heights)


@pytest.mark.parametrize(
    ("f", "low", "high"),
    [
        (np.square, 0.0, 1.0),
        (np.sin, 0.0, np.pi),
        (lambda x: np.exp(-(x**2)), -3.0, 4.0),
        (lambda x: np.abs(x - 0.3), -1.0, 2.0),
        (np.cos, 3.0, -2.0),
        (lambda x: 1 / (1 + 100 * x**2), -1.0, 1.0),
    ],
)
def test_integrals_are_those_of_scipy(f, low: float, high: float) -> None:
    points = [0.3] if low < 0.3 < high else None
    assert calculus.integral(f, low, high) == pytest.approx(quad(f, low, high, points=points)[0], rel=1e-7, abs=1e-9)


def test_the_integral_so_far() -> None:
    x, area = calculus.running_integral(np.cos, -1.0, 2.0, 90)
    np.testing.assert_allclose(area, np.sin(x) - np.sin(-1.0), atol=1e-13)
    assert calculus.integral(np.cos, 1.0, 1.0) == 0.0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_a_ring_keeps_its_area_and_its_length_while_it_is_unrolled(share: float) -> None:
    outer, inner = calculus.unrolled_ring(1.5, 2.0, share, 2001)
    x, y = np.vstack([outer, inner[::-1]]).T
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    assert area == pytest.approx(np.pi * (2.0**2 - 1.5**2), rel=1e-5)
    middle = (outer + inner) / 2
    assert np.linalg.norm(np.diff(middle, axis=0), axis=1).sum() == pytest.approx(2 * np.pi * 1.75, rel=1e-5)
    np.testing.assert_allclose(middle[1000], [0.0, -1.75], atol=1e-12)
    if share == 0.0:
        np.testing.assert_allclose(np.hypot(*outer.T), 2.0)
        np.testing.assert_allclose(np.hypot(*inner.T), 1.5)


def test_jacobians_multiply() -> None:
    f, g = (
        np.array([[2.0, -2.0], [2.0, 2.0]]),
        np.array([[1.0, 1.0], [2.0, 0.0]]),
    )  # of (x²-y², 2xy) and (u+v, uv) at (1, 1)
    np.testing.assert_array_equal(calculus.chained(f, g), [[4, 0], [4, -4]])


@pytest.mark.parametrize(("text", "low", "high"), [("1/x", -1, 1), ("1/x^2", 0, 1), ("tan(x)", 0, 2), ("1/x", 0, 1)])
def test_an_area_that_has_no_end_has_no_number(text, low, high):
    assert np.isnan(calculus.integral(ll.function(text), low, high))


@pytest.mark.parametrize(
    ("text", "low", "high", "area"),
    [("ln(x)", 0, 1, -1), ("sqrt(abs(x))", -1, 1, 4 / 3), ("sin(x)", 0, 2 * np.pi, 0)],
)
def test_areas_with_an_end_keep_their_numbers(text, low, high, area):
    assert calculus.integral(ll.function(text), low, high) == pytest.approx(area, abs=1e-5)


def test_the_end_of_a_gauge_is_a_round_number_above() -> None:
    found = [calculus.rounded_up(size) for size in (15.0, 0.9, 7.7, 96.0)]
    assert found == pytest.approx([20.0, 0.95, 8.5, 105.0])


def test_a_map_of_the_plane_and_its_jacobian() -> None:
    made = calculus.PlaneMap(ll.landscape("x^2 - y^2"), ll.landscape("2*x*y"))  # z -> z², whose derivative is 2 z
    points = np.array([[(1.0, 1.0), (-0.5, 2.0)], [(0.3, -0.7), (0.0, 0.0)]])
    squares = (points[..., 0] + 1j * points[..., 1]) ** 2
    np.testing.assert_allclose(made(points), np.stack([squares.real, squares.imag], -1), atol=1e-15)
    np.testing.assert_allclose(made.jacobian((0.3, -0.7)), [[0.6, 1.4], [-1.4, 0.6]], atol=1e-15)


def test_what_maps_make_of_a_tiny_grid_is_what_their_jacobians_make_of_it() -> None:
    run = np.linspace(-1.0, 1.0, 7)
    lines = np.stack(np.meshgrid(run, run), -1)
    first, second = np.array([[2.0, 1.0], [0.0, -1.0]]), np.array([[0.0, 3.0], [1.0, 1.0]])

    def bent(points: np.ndarray) -> np.ndarray:
        return points @ first.T + (points**2).sum(axis=-1, keepdims=True) * np.array([1.0, 0.0])

    one, both = calculus.enlarged([bent, lambda points: points @ second.T], (0.0, 0.0), 1e-6 * lines)
    np.testing.assert_allclose(one / 1e-6, lines @ first.T, atol=1e-5)
    np.testing.assert_allclose(both / 1e-6, lines @ (second @ first).T, atol=1e-5)


def test_a_picture_of_a_tiny_grid_has_room_for_it_and_for_the_one_before() -> None:
    turned = np.array([[2.0, -2.0], [2.0, 2.0]])  # the corners (±1, ±1) come to (±4, 0) and (0, ±4)
    assert calculus.shown_widths([turned, turned / 8]) == [1.0, 4.0, 4.0]
    assert calculus.shown_widths([turned / 8, 3 * turned]) == [1.0, 1.0, 12.0]
    assert min(calculus.shown_widths([np.zeros((2, 2))] * 2)) > 0.0


def test_the_corner_of_a_product_is_a_share_of_its_gain() -> None:
    # u = v = x: of 2 x h + h² that x² gains, the corner has h²
    assert calculus.corner_share(lambda x: x, lambda x: x, 2.0, 0.5) == pytest.approx(0.25 / (2 * 2 * 0.5 + 0.25))
    assert calculus.corner_share(lambda x: x, lambda x: 1 / x, 2.0, 0.5) == 0.0


def test_the_largest_size_of_a_function_leaves_out_what_is_not_finite() -> None:
    assert calculus.largest(lambda x: -(x**2), -3.0, 1.0) == pytest.approx(9.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        assert calculus.largest(np.log, -1.0, 2.0) == pytest.approx(-np.log(0.005), rel=1e-9)
        assert calculus.largest(np.log, -2.0, -1.0) == 0.0


def test_bars_that_are_split_begin_as_high_as_those_before() -> None:
    before, after = (calculus.riemann(np.exp, 0.0, 1.0, n, "left") for n in (3, 6))
    sums = [calculus.halved(before, after, share).sum for share in (0.0, 0.5, 1.0)]
    left = [sum(np.exp(k / n) for k in range(n)) / n for n in (3, 6)]
    np.testing.assert_allclose(sums, (left[0], (left[0] + left[1]) / 2, left[1]), rtol=1e-12)
