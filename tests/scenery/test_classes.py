"""Samples of two classes, the plane they stand in, and the cut between them."""

from __future__ import annotations

import numpy as np
import pytest

import lossland as ll
from lossland import classes
from lossland.world import layers

NORMAL = np.array([2.0, -1.0, 2.0]) / 3.0


def test_samples_are_split_by_their_class() -> None:
    points = np.arange(12.0).reshape(4, 3)
    off, on = classes.split(points, np.array([True, False, False, True]))
    np.testing.assert_array_equal(on, points[[0, 3]])
    first, second = classes.samples((off, on), 4.0, targets=(off + 1, on + 2), share=0.5)
    assert isinstance(first, layers.Points)
    assert isinstance(second, layers.Points)
    assert (first.color, second.color, first.share) == (classes.OFF, classes.ON, 0.5)
    np.testing.assert_array_equal(second.target, on + 2)
    assert (first.key, second.key) == ("class 0", "class 1")


@pytest.mark.parametrize("flat", [True, False])
def test_a_cut_goes_through_its_points_around_what_is_near(flat: bool) -> None:
    normal = np.array([0.6, 0.8, 0.0]) if flat else NORMAL
    near = np.array([1.0, 2.0, 0.0])
    (drawn,) = classes.cut(normal, 0.5, near, 2.0, 1.0, flat)
    if flat:
        assert isinstance(drawn, layers.Lines)
        (corners,) = drawn.paths
        assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(4.0)
    else:
        assert isinstance(drawn, layers.Solid)
        corners = drawn.mesh.vertices
    np.testing.assert_allclose(corners @ normal, 0.5, atol=1e-12)
    middle = corners.mean(axis=0)
    np.testing.assert_allclose(np.cross(near - middle, normal), 0.0, atol=1e-12)  # straight above its middle


def test_the_plane_has_a_line_for_each_unit() -> None:
    units, axes = classes.plane(2.5)
    assert isinstance(units, layers.Lines)
    assert isinstance(axes, layers.Lines)
    assert len(units.paths) == 10
    assert np.abs(units.paths).max() == 2.5
    assert [len(path) for path in axes.paths] == [2, 2, 5]


def test_a_ring_stands_where_its_handle_is() -> None:
    ring = ll.Handle("w", (1.0, 2.0, 3.0), lambda scene, place: None).ring("accent")
    np.testing.assert_array_equal(ring.position, [(1.0, 2.0, 3.0)])
    assert (ring.style, ring.group, ring.key) == ("ring", "handles", "ring w")
