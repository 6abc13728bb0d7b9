"""Directions as a view shows them, against the camera's own projection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossland as ll
from lossland.world.camera import Camera

SIZE = (800, 600)


@pytest.mark.parametrize("azimuth", [-71.0, 10.0, 200.0])
@pytest.mark.parametrize("elevation", [5.0, 40.0])
@pytest.mark.parametrize("seed", range(3))
def test_left_is_at_a_right_angle_in_the_picture(azimuth: float, elevation: float, seed: int) -> None:
    way = np.random.default_rng(seed).normal(size=3)
    left = ll.View(azimuth - 9.0, elevation + 4.0, turned=(9.0, -4.0)).left_of(way)
    camera = Camera(azimuth, elevation)
    camera.pose = replace(camera.pose, distance=1e5)  # from far away nothing is foreshortened by distance
    middle, along, beside = camera.project(np.array([0 * way, way, left]), SIZE)[:, :2]
    along, beside = (along - middle) * (1, -1), (beside - middle) * (1, -1)  # y up
    assert abs(along @ beside) < 1e-3 * np.linalg.norm(along) * np.linalg.norm(beside)
    assert along[0] * beside[1] - along[1] * beside[0] > 0  # counter-clockwise


def test_left_on_the_plane() -> None:
    np.testing.assert_allclose(
        ll.View(90.0, 90.0, flat=True).left_of(np.array([3.0, 1.0, 0.0])), (-1, 3, 0), atol=1e-12
    )
