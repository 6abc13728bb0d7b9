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
    roll = datasets.sheet("swiss_roll", 1.0, 4)
    np.testing.assert_array_equal(roll[4, 4], datasets.on_roll(np.array(1.0), np.array(1.0)))
    for name in ("circle", "moons", "xor", "spiral", "gauss", "swiss_roll"):
        data = datasets.two_classes(name, 100, seed=3)
        assert sorted(np.unique(data.target)) == [-1, 1]
        assert np.abs(data.points).max() < 2.1
