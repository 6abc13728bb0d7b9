"""Slopes: headings, arrow fields and drops against closed forms and an integration by SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lossland.models import slopes


def bowl(points: np.ndarray) -> np.ndarray:
    return points[..., 0] ** 2 + 3 * points[..., 1] ** 2


def bowl_gradient(points: np.ndarray) -> np.ndarray:
    return points * (2.0, 6.0)


def test_directions_and_headings_are_inverse() -> None:
    degrees = np.array([0.0, 30.0, 90.0, 200.0, 359.5])
    np.testing.assert_allclose([slopes.heading(one) for one in slopes.unit(degrees)], degrees, atol=1e-12)
    np.testing.assert_allclose(slopes.unit(60.0), (0.5, np.sqrt(3) / 2), rtol=1e-15)


@pytest.mark.parametrize("place", [(1.0, 1.0), (-2.0, 0.5), (0.3, -0.7)])
def test_the_steepest_heading_is_the_gradients(place: tuple[float, float]) -> None:
    found = slopes.steepest_heading(bowl, place, 1e-4)
    expected = np.degrees(np.arctan2(6 * place[1], 2 * place[0])) % 360
    assert abs((found - expected + 180) % 360 - 180) <= 0.05 + 1e-9


def test_a_field_of_arrows_points_uphill_from_the_middles_of_cells() -> None:
    tails, tips, steep = slopes.arrow_field(bowl_gradient, (-2.0, 2.0, -1.0, 1.0), 5)
    middle, move = (tails + tips) / 2, tips - tails
    cells_x, cells_y = -2 + 4 * (np.arange(5) + 0.5) / 5, -1 + 2 * (np.arange(5) + 0.5) / 5
    assert np.isclose(middle[:, :1], cells_x).any(axis=1).all()
    assert np.isclose(middle[:, 1:], cells_y).any(axis=1).all()
    np.testing.assert_allclose(steep, np.hypot(2 * middle[:, 0], 6 * middle[:, 1]), rtol=1e-12)
    gradient = bowl_gradient(middle)
    np.testing.assert_allclose(move[:, 0] * gradient[:, 1], move[:, 1] * gradient[:, 0], atol=1e-12)
    assert ((move * gradient).sum(axis=1) > 0).all()
    assert len(tails) == 24  # none in the middle, where it is level
    assert np.hypot(*move.T).max() == pytest.approx(0.8 * 2 / 5)


def test_a_level_ground_has_no_arrows() -> None:
    assert len(slopes.arrow_field(np.zeros_like, (0.0, 1.0, 0.0, 1.0), 4)[0]) == 0


def test_drops_follow_the_line_of_steepest_descent() -> None:
    """In a bowl y = c x³ for every such line; SciPy integrates dp/ds = −∇f / |∇f|."""
    start = np.array([[2.0, 0.5]])
    way = slopes.downhill_paths(bowl_gradient, start, 0.002, 400)[:, 0].astype(float)
    np.testing.assert_allclose(way[:, 1] / way[:, 0] ** 3, 0.5 / 8, rtol=2e-2)

    def down(_: float, p: np.ndarray) -> np.ndarray:
        gradient = bowl_gradient(p)
        return -gradient / np.hypot(*gradient)

    run = float(np.hypot(*np.diff(way, axis=0).T).sum())
    end = solve_ivp(down, (0.0, run), start[0], rtol=1e-9).y[:, -1]
    np.testing.assert_allclose(way[-1], end, atol=2e-3)


def test_steps_are_no_longer_than_the_stride_and_shorter_where_it_is_gentle() -> None:
    ways = slopes.downhill_paths(bowl_gradient, np.array([[2.0, 1.0], [0.01, 0.0]]), 0.05, 1)
    first, second = np.hypot(*(ways[1] - ways[0]).T)
    assert second < first < 0.05


def test_rain_is_evenly_spread_over_its_ways_and_comes_again() -> None:
    ways = np.stack([np.stack([np.full(1000, k), np.zeros(1000)], -1) for k in range(11)]).astype(np.float32)
    now = slopes.rain(ways, 0.37)
    np.testing.assert_allclose(slopes.rain(ways, 1.37), now, atol=1e-4)
    assert np.histogram(now[:, 0], bins=10, range=(0, 10))[0] == pytest.approx(100, abs=2)
    later = slopes.rain(ways, 0.37 + 0.05)
    np.testing.assert_allclose((later - now)[:, 0] % 10, 0.5, atol=1e-4)
