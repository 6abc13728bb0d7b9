"""The grand tour: orthonormal frames, the product of rotations written out, and an axis that is held."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from lossland.models import grand_tour

POINTS = np.random.default_rng(1).normal(size=(90, 12)) + 2


@pytest.mark.parametrize(("size", "across", "angle"), [(4, 2, 0.3), (12, 3, 7.0), (64, 3, 1234.5)])
def test_a_frame_is_orthonormal(size: int, across: int, angle: float) -> None:
    frame = grand_tour.frame(size, across, angle)
    np.testing.assert_allclose(frame.T @ frame, np.eye(across), atol=1e-10)


def test_it_begins_with_the_first_axes_and_the_mean_stays_the_mean() -> None:
    np.testing.assert_array_equal(grand_tour.frame(12, 3, 0.0), np.eye(12, 3))
    frame = grand_tour.frame(12, 3, 5.0)
    np.testing.assert_allclose((POINTS @ frame).mean(axis=0), POINTS.mean(axis=0) @ frame, atol=1e-12)


def test_it_is_the_product_of_its_plane_rotations() -> None:
    turns = 0.7 * grand_tour.speeds(7)
    planes = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)]
    rotations = []
    for (i, j), angle in zip(reversed(planes), turns, strict=True):
        one = np.eye(5)
        one[[i, i, j, j], [i, j, i, j]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        rotations.append(one)
    expected = reduce(np.matmul, reversed(rotations)) @ np.eye(5, 2)
    np.testing.assert_allclose(grand_tour.frame(5, 2, 0.7), expected, atol=1e-14)


def test_speeds_are_different_irrationals() -> None:
    found = grand_tour.speeds(200)
    assert (found >= 0.5).all()
    assert (found < 1.0).all()
    assert len(np.unique(np.round(found, 9))) == 200
    np.testing.assert_allclose(found[:3], 0.5 + 0.5 * (np.sqrt([2, 3, 5]) - [1, 1, 2]))


def test_a_tour_comes_near_every_direction() -> None:
    goal = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 1)))[0]
    seen = [np.linalg.norm(grand_tour.frame(4, 2, angle).T @ goal) for angle in np.arange(0, 300, 0.1)]
    assert max(seen) > 0.99


def test_an_axis_that_is_held_stays_where_it_is() -> None:
    frame = grand_tour.frame(12, 3, 4.0)
    held = grand_tour.held(frame, 5, (0.5, -0.2, 0.3))
    np.testing.assert_allclose(held[5], (0.5, -0.2, 0.3), atol=1e-14)
    np.testing.assert_allclose(held.T @ held, np.eye(3), atol=1e-10)
    np.testing.assert_allclose(grand_tour.held(frame, 5, frame[5]), frame, atol=1e-12)  # where it is already
    far = grand_tour.held(frame, 5, (3.0, 0.0, 4.0))
    np.testing.assert_allclose(far[5], (0.6, 0.0, 0.8))
    np.testing.assert_allclose(far.T @ far, np.eye(3), atol=1e-10)
