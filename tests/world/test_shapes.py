"""Shapes against closed forms, and SciPy's hull."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from lossland.errors import UserError
from lossland.world import shapes


def volume(mesh):
    """Signed volume by the divergence theorem: positive where every face is turned outwards."""
    a, b, c = mesh.vertices[mesh.triangles.T]
    return float(np.einsum("kx,kx->", a, np.cross(b, c)) / 6)


def test_a_histogram_has_the_area_of_its_counts():
    edges, counts = np.array([0.0, 1.0, 1.5, 3.0]), np.array([2.0, -1.0, 0.5])
    low, high = shapes.histogram(edges, counts)
    width, _, height = (high - low).T
    assert width * height == pytest.approx(np.diff(edges) * np.abs(counts))
    assert low[1, 2] == -1.0
    assert high[1, 2] == 0.0
    flat_low, flat_high = shapes.flat_histogram(edges, counts, gap=0.2)
    assert (flat_high - flat_low)[:, 0] == pytest.approx(0.8 * np.diff(edges))
    assert np.all(flat_low[:, 2] == flat_high[:, 2])
    with pytest.raises(UserError, match="3 bars needs 4 edges"):
        shapes.histogram([0, 1], counts)


def test_a_point_on_a_path_lies_where_numpy_interpolates_each_coordinate():
    path, times = np.random.default_rng(3).normal(size=(9, 3)), np.cumsum(np.random.default_rng(4).uniform(0.1, 1, 9))
    for time in (times[0] - 1.0, *times, *(times[:-1] + 0.3 * np.diff(times)), times[-1] + 1.0):
        wanted = [np.interp(time, times, path[:, axis]) for axis in range(3)]
        assert shapes.point_at(path, times, time) == pytest.approx(wanted, rel=1e-12)


def test_a_skyline_stands_as_the_matrix_is_written():
    low, high = shapes.skyline([[1.0, 2.0], [3.0, 4.0]], gap=0.0)
    assert high[:, 2].tolist() == [1, 2, 3, 4]
    assert low[0, :2].tolist() == [-1, 0]  # the first row is far, the first column left
    assert high[3, :2].tolist() == [1, 0]


def test_ridges_stand_one_behind_the_other():
    low, high = shapes.ridgeline([0, 1, 2], [[1, 2], [3, 4]], pitch=0.5, depth=0.4)
    assert low[:, 1].tolist() == [0, 0, 0.5, 0.5]
    assert high[:, 1] == pytest.approx([0.2, 0.2, 0.7, 0.7])


@pytest.mark.parametrize("seed", range(5))
def test_polytopes_are_convex_hulls(seed):
    points = np.random.default_rng(seed).normal(size=(40, 3))
    mesh, hull = shapes.polytope(points), ConvexHull(points)
    assert volume(mesh) == pytest.approx(hull.volume)
    assert {tuple(p) for p in mesh.vertices} == {tuple(points[i]) for i in hull.vertices}


def test_the_edges_of_a_cube_are_twelve():
    cube = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    inside = np.full((1, 3), 0.5)
    mesh = shapes.polytope(np.concatenate([cube, inside, cube]))
    assert volume(mesh) == pytest.approx(1.0)
    assert len(mesh.edges) == 12
    lengths = np.linalg.norm(np.diff(mesh.vertices[mesh.edges], axis=1), axis=-1)
    assert lengths == pytest.approx(np.ones((12, 1)))


@pytest.mark.parametrize("points", [np.zeros((3, 3)), np.random.default_rng(0).normal(size=(9, 3)) * (1, 1, 0)])
def test_flat_polytopes_are_refused(points):
    with pytest.raises(UserError, match="not in one plane"):
        shapes.polytope(points)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_parallelepiped_has_the_determinants_volume(sign):
    matrix = np.array([[1, 0, 1], [0, 2, 0], [0, 0, sign]], float)
    mesh = shapes.parallelepiped(matrix, (1.0, 2.0, 3.0))
    assert volume(mesh) == pytest.approx(abs(np.linalg.det(matrix)))  # faces outwards also when mirrored
    assert mesh.vertices.min(0).tolist()[:2] == [1, 2]
    assert len(mesh.edges) == 12


def test_a_tetrahedron():
    mesh = shapes.simplex(np.concatenate([np.zeros((1, 3)), np.eye(3)]))
    assert volume(mesh) == pytest.approx(1 / 6)
    assert len(mesh.edges) == 6
    assert len(shapes.simplex(np.eye(3)).triangles) == 1
    with pytest.raises(UserError, match="3 or 4 corners"):
        shapes.simplex(np.eye(2))


def test_an_ellipsoid_lies_at_the_mahalanobis_distance_with_normals_along_its_gradient():
    covariance = np.array([[0.5, 0.2, 0.0], [0.2, 0.4, 0.1], [0.0, 0.1, 0.3]])
    center = np.array([1.0, -2.0, 0.5])
    mesh = shapes.ellipsoid(center, shapes.covariance_axes(covariance, 2.0))
    away = mesh.vertices - center
    inverse = np.linalg.inv(covariance)
    assert np.einsum("ni,ij,nj->n", away, inverse, away) == pytest.approx(np.full(len(away), 4.0))
    gradient = away @ inverse
    gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
    assert mesh.normals == pytest.approx(gradient, abs=1e-9)
    assert abs(volume(mesh)) == pytest.approx(4 / 3 * np.pi * 8 * np.sqrt(np.linalg.det(covariance)), rel=0.01)


def test_a_plane_is_square_and_normal_to_its_normal():
    mesh = shapes.plane((1, 2, 3), (1, 1, 1), half=2.0)
    assert (mesh.vertices - [1, 2, 3]) @ np.ones(3) == pytest.approx(np.zeros(4), abs=1e-12)
    assert np.linalg.norm(mesh.vertices[1] - mesh.vertices[0]) == pytest.approx(4.0)
    with pytest.raises(UserError, match="must have a direction"):
        shapes.plane((0, 0, 0), (0, 0, 0))


def test_sizes_in_steps_hold_what_they_are_asked_to() -> None:
    assert shapes.in_steps(0.5, 2.0) == 2.0
    assert shapes.in_steps(3.0, 2.0, 1.5) == 3.0
    assert shapes.in_steps(3.1, 2.0, 1.5) == 4.5
    found = [shapes.in_steps(size, 1.0) for size in np.linspace(0.5, 9, 200)]
    assert len(set(found)) < 11
    assert all(step >= size for step, size in zip(found, np.linspace(0.5, 9, 200), strict=True))


def test_a_grid_has_lines_in_both_directions() -> None:
    lines = shapes.grid(1.0, 0.5)
    assert lines.shape == (10, 2, 2)
    assert {tuple(map(tuple, line)) for line in lines.tolist()} >= {
        ((0.5, -1.0), (0.5, 1.0)),
        ((-1.0, -1.0), (1.0, -1.0)),
    }


def test_a_rectangle_goes_around_counter_clockwise() -> None:
    x, y, z = shapes.rectangle((1.0, 3.0), (-1.0, 4.0)).T
    assert np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2 == 10.0
    assert not z.any()


def test_a_box_has_all_its_corners_and_no_others() -> None:
    corners = shapes.box((-1, 0, 2), (3, 4, 5))
    assert len(np.unique(corners, axis=0)) == 8
    np.testing.assert_array_equal(np.sort(np.unique(corners[:, 0])), (-1, 3))
    np.testing.assert_array_equal(corners.min(axis=0), (-1, 0, 2))
    np.testing.assert_array_equal(corners.max(axis=0), (3, 4, 5))


def test_patches_are_sheets_side_by_side():
    height = np.arange(18.0).reshape(2, 3, 3)
    grid = shapes.patches([(0.0, 1.0), (5.0, -1.0)], 0.5, height, [0.0, 100.0])
    assert grid.shape == (3, 12, 3)
    first, second = grid[:, 1:4], grid[:, 7:10]
    np.testing.assert_array_equal(first[..., 2], height[0])
    np.testing.assert_array_equal(second[..., 2], 100 + height[1])
    np.testing.assert_array_equal(first[0, :, 0], [-0.5, 0.0, 0.5])
    np.testing.assert_array_equal(second[:, 0, 1], [-1.5, -1.0, -0.5])
    assert np.isnan(grid[:, [5, 11]]).all()
    np.testing.assert_array_equal(shapes.over_patches(height)[:, 7:10], height[1])
    cells = np.arange(2 * 11).reshape(2, 11)  # of the grid, row by row
    assert [shapes.patch_of(int(cells[1, column]), 12, 3) for column in (0, 4, 6, 10)] == [0, 0, 1, 1]


def test_a_grid_may_reach_beyond_its_last_line():
    lines = shapes.grid(2.0, reach=2.5)
    assert lines.shape == (10, 2, 2)
    np.testing.assert_array_equal(np.unique(lines[::2, :, 0]), [-2, -1, 0, 1, 2])
    np.testing.assert_array_equal(np.unique(lines[::2, :, 1]), [-2.5, 2.5])


def test_a_part_of_a_line_has_its_ends_where_they_are_asked_for():
    times, points = np.array([0.0, 1.0, 3.0]), np.array([[0.0, 0.0], [2.0, 1.0], [2.0, 5.0]])
    at, line = shapes.part_of(times, points, 0.5, 2.0)
    assert at.tolist() == [0.5, 1.0, 2.0]
    assert line.tolist() == [[1.0, 0.5], [2.0, 1.0], [2.0, 3.0]]
    band = shapes.ribbon([(0, 0, 1), (1, 0, 2)], 0.4)
    assert np.ptp(band, axis=0) == pytest.approx(np.array([(0, 0.4, 0), (0, 0.4, 0)]))
    assert band.mean(axis=0) == pytest.approx(np.array([(0, 0, 1), (1, 0, 2)]))


def test_a_box_around_points_changes_in_steps() -> None:
    points = np.array([(0.2, -1.1, 0.0), (0.9, 0.4, 0.0)])
    corners = shapes.around(points, 0.5, 0.1)
    np.testing.assert_allclose(corners.min(axis=0), (-0.1, -1.6, -0.1))
    np.testing.assert_allclose(corners.max(axis=0), (1.1, 0.6, 0.1))
    np.testing.assert_array_equal(shapes.around(points + 0.04, 0.5, 0.1)[:, :2], corners[:, :2])


def test_a_rim_goes_once_around_a_sheet() -> None:
    sheet = np.stack(np.meshgrid(np.arange(5.0), np.arange(3.0)), -1)
    around = shapes.rim(sheet)
    np.testing.assert_array_equal(around[0], around[-1])
    assert np.linalg.norm(np.diff(around, axis=0), axis=-1).sum() == 2 * (4 + 2)
    assert len({*map(tuple, around.tolist())}) == 15 - 3  # all but those within


def test_a_label_is_beside_its_point_where_no_lines_are() -> None:
    cross = np.array([[(-1.0, 0.0), (1.0, 0.0)], [(0.0, -1.0), (0.0, 1.0)]])
    points = [(0.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.1, 0.05)]
    found = np.concatenate([shapes.clear_sides([one], cross, (0.2, 0.1)) for one in points])
    assert (np.abs(found[0]) > 0.3).all()  # between two arms
    assert found[1, 0] > 0.7  # beyond the end of one
    assert found[2, 1] < -0.7
    assert (found[3] > 0.3).all()  # in the quarter where it is
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0)
    beside = np.array([[(-1.0, 0.15), (1.0, 0.15)]])  # just above the point
    assert shapes.clear_sides([(0.0, 0.0)], beside, (0.2, 0.1))[0, 1] < -0.7


def test_labels_of_points_side_by_side_keep_clear_of_each_other() -> None:
    points, half = np.array([(0.0, 0.0), (0.05, 0.0), (0.0, 0.05)]), np.array([(0.3, 0.15), (0.2, 0.1), (0.2, 0.1)])
    line = np.array([[(-1.0, -0.3), (1.0, -0.3)]])
    sides = shapes.clear_sides(points, line, half)
    assert sides[:1] == pytest.approx(shapes.clear_sides(points[:1], line, half[:1]))  # the first one is free to choose
    middles = points + 1.2 * half * np.clip(np.sqrt(2.0) * sides, -1.0, 1.0)
    for k, other in ((0, 1), (0, 2), (1, 2)):
        assert (np.abs(middles[k] - middles[other]) > 0.8 * (half[k] + half[other])).any()
