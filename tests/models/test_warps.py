"""Where a warped plane is looked at from; its ways are tested with the scene that shows them."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.models import datasets, warps


def test_points_in_a_plane_are_not_seen_from_their_edge() -> None:
    random = np.random.default_rng(0)
    upright = random.normal(size=(200, 3)) * (1.0, 0.0, 1.0)  # in the plane y = 0
    found = warps.facing(upright, np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), 24.0, -60.0)
    assert abs((found + 90.0 + 180.0) % 360.0 - 180.0) < 35.0  # about along y, from this side
    assert found == pytest.approx(round(found / 5.0) * 5.0)


def test_sheets_lie_over_their_samples() -> None:
    square = datasets.sheet("moons", 2.0, 4)
    np.testing.assert_array_equal(square[0, :, 0], [-2, -1, 0, 1, 2])
    np.testing.assert_array_equal(square[:, 0, 1], [-2, -1, 0, 1, 2])
    disc = datasets.sheet("circle", 3.0, 8)
    np.testing.assert_allclose(np.linalg.norm(disc, axis=-1), np.broadcast_to(np.linspace(0, 3, 9), (9, 9)), atol=1e-12)
    np.testing.assert_array_equal(datasets.sheet("spiral", 3.0, 8), disc)
    roll = datasets.sheet("swiss_roll", 1.0, 4)
    np.testing.assert_array_equal(roll[4, 4], datasets.on_roll(np.array(1.0), np.array(1.0)))
    for name in ("circle", "moons", "xor", "spiral", "gauss", "swiss_roll"):
        data = datasets.two_classes(name, 100, seed=3)
        assert sorted(np.unique(data.target)) == [-1, 1]
        assert np.abs(data.points).max() < 2.1


def test_a_cut_between_two_is_between_them() -> None:
    start = (np.array([0.0, 0, 0]), np.array([1.0, 0, 0]), 1.0)
    end = (np.array([1.0, 2, 0]), np.array([0.0, 1, 0]), 2.0)
    middle, normal, half = warps.between(start, end, 0.5) or start
    np.testing.assert_allclose(middle, [0.5, 1, 0])
    np.testing.assert_allclose(normal, [np.sqrt(0.5), np.sqrt(0.5), 0])
    assert half == 1.5
    assert warps.between(start, None, 0.5) is start
    assert warps.between(None, end, 0.5) is None


def test_sides_keep_their_edge_and_change_over_a_few_cells() -> None:
    logit = np.broadcast_to(np.linspace(-30, 31, 62), (5, 62))  # a step of 1 from point to point
    np.testing.assert_allclose(warps.sides(logit, 2.0), 2 * np.tanh(0.5 * logit))
    steep = warps.sides(40 * logit, 1.0)
    np.testing.assert_array_equal(np.sign(steep), np.sign(logit))
    assert np.abs(np.diff(steep)).max() <= np.tanh(0.5) + 1e-12
