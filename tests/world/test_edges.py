"""The first, the last and the middle of grounds and shapes, by numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.world import shapes
from lossland.world.terrain import Terrain

LEVEL = Terrain([3.0, 4.0, 5.0], [-2.0, 1.0, 4.0], np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("point", "x", "y"), [((4, 1), 0, 0), ((3, -2), -1, -1), ((5, 4), 1, 1), ((4.5, -0.5), 0.5, -0.5)]
)
def test_the_middle_of_a_domain_is_the_middle_of_the_footprint(point: tuple[float, float], x: float, y: float) -> None:
    assert LEVEL.world_from_domain(np.array([point]))[0, :2] == pytest.approx([x, y])
    assert LEVEL.domain_from_world(np.array([[x, y]]))[0] == pytest.approx(point)


def test_a_single_sample_is_a_strip_one_unit_wide_around_it() -> None:
    strip = Terrain([7.0], [0.0, 1.0], np.array([[2.0], [3.0]]))
    assert strip.domain == ((6.5, 7.5), (0.0, 1.0))
    assert strip.value.tolist() == [[2.0, 2.0], [3.0, 3.0]]


def test_a_path_that_begins_beside_the_block_begins_at_its_edge() -> None:
    points, number = LEVEL.drape([(9.0, 1.0), (4.0, 1.0)])
    assert points[0, :2] == pytest.approx([1.0, 0.0])
    assert points[-1, :2] == pytest.approx([0.0, 0.0])
    assert (number[0], number[-1]) == (0.0, 1.0)
    inside, _ = LEVEL.drape([(4.5, 1.0), (4.0, 1.0)])
    assert inside[0, :2] == pytest.approx([0.5, 0.0])


def test_a_skyline_leaves_twelve_hundredths_of_a_cell_between_its_bars() -> None:
    low, high = shapes.skyline([[1.0, -2.0]])
    assert low[:, 0] == pytest.approx([-1 + 0.06, 0.06])  # cells of 1, half of a gap of 0.12 on each side
    assert high[:, 0] == pytest.approx([-0.06, 1 - 0.06])
    assert low[:, 1] == pytest.approx([-0.5 + 0.06] * 2)
    assert low[:, 2].tolist() == [0.0, -2.0]
    assert high[:, 2].tolist() == [1.0, 0.0]


def test_a_plane_is_a_square_of_two_triangles_and_four_edges() -> None:
    mesh = shapes.plane((1.0, 2.0, 3.0), (0.0, 0.0, 5.0), 0.5)
    assert mesh.vertices == pytest.approx(np.array([[0.5, 1.5, 3], [1.5, 1.5, 3], [1.5, 2.5, 3], [0.5, 2.5, 3]]))
    corners = mesh.vertices[mesh.triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    assert areas == pytest.approx([0.5, 0.5])
    assert corners.mean(axis=(0, 1))[2] == 3.0
    ends = mesh.vertices[mesh.edges]
    assert np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) == pytest.approx([1.0] * 4)  # sides, no diagonals
    assert {frozenset(edge) for edge in mesh.edges.tolist()} == {frozenset(e) for e in ((0, 1), (1, 2), (2, 3), (3, 0))}
    assert {frozenset(one) for one in mesh.triangles.tolist()} == {frozenset({0, 1, 2}), frozenset({0, 2, 3})}
