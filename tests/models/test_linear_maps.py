"""Factors of 2×2 matrices against SciPy, areas against closed forms, paths by what they must keep."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from lossland.models import linear_maps as maps

ENTRY = st.floats(-5, 5).map(lambda x: round(x, 3))
MATRIX = st.lists(ENTRY, min_size=4, max_size=4).map(lambda entries: np.reshape(entries, (2, 2)))


@given(MATRIX)
def test_polar_factors_are_scipys(matrix: np.ndarray) -> None:
    found = maps.polar_factors(matrix)
    smallest = np.linalg.svd(matrix, compute_uv=False)[1]
    if np.linalg.det(matrix) < -1e-6:
        assert found is None
    elif smallest > 1e-3:
        turn, stretch = scipy.linalg.polar(matrix)
        assert found is not None
        np.testing.assert_allclose(maps.rotation(found[0]), turn, atol=1e-9)
        np.testing.assert_allclose(found[1], stretch, atol=1e-9)


@given(MATRIX)
def test_factors_multiply_to_the_matrix(matrix: np.ndarray) -> None:
    last, stretch, first = maps.rotation_stretch_rotation(matrix)
    product = maps.rotation(last) @ np.diag(stretch) @ maps.rotation(first)
    np.testing.assert_allclose(product, matrix, atol=1e-9)
    np.testing.assert_allclose(np.abs(stretch), scipy.linalg.svdvals(matrix), atol=1e-9)
    assert stretch[0] * stretch[1] == pytest.approx(np.linalg.det(matrix), abs=1e-9)


@given(MATRIX, st.sampled_from(["polar", "straight", "factors"]))
def test_paths_lead_from_the_identity_to_the_matrix(matrix: np.ndarray, path: str) -> None:
    np.testing.assert_allclose(maps.on_path(matrix, path, 0.0), np.eye(2), atol=1e-9)
    np.testing.assert_allclose(maps.on_path(matrix, path, 1.0), matrix, atol=1e-9)


@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 0.9])
def test_the_polar_path_of_a_turn_turns(t: float) -> None:
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_allclose(maps.on_path(quarter, "polar", t), maps.rotation(t * np.pi / 2), atol=1e-12)


def test_the_straight_path_of_a_half_turn_falls_through_the_origin() -> None:
    np.testing.assert_allclose(maps.on_path(-np.eye(2), "straight", 0.5), np.zeros((2, 2)))
    assert maps.determinant(maps.on_path(-np.eye(2), "polar", 0.5)) == pytest.approx(1.0)


@given(MATRIX)
def test_the_moved_unit_square_has_the_area_of_the_determinant(matrix: np.ndarray) -> None:
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    assert maps.determinant(matrix) == pytest.approx(np.linalg.det(matrix), abs=1e-9)
    assert maps.polygon_area(square @ matrix.T) == pytest.approx(abs(np.linalg.det(matrix)), abs=1e-9)


def test_areas_of_known_polygons() -> None:
    assert maps.polygon_area(np.array([(0, 0), (4, 0), (4, 3)], float)) == 6.0
    assert maps.polygon_area(np.array([(0, 0), (4, 0), (4, 3)], float)[::-1]) == 6.0
    angle = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    hexagon = np.stack([np.cos(angle), np.sin(angle)], -1) + 10.0
    assert maps.polygon_area(hexagon) == pytest.approx(3 * np.sqrt(3) / 2)


def test_cross_products_have_their_sign() -> None:
    assert maps.cross((1, 0), (0, 1)) == 1.0
    assert maps.cross((0, 2), (3, 0)) == -6.0
    assert maps.cross((1, 2), (2, 4)) == 0.0


@given(MATRIX)
def test_eigen_directions_are_not_turned(matrix: np.ndarray) -> None:
    for kept in maps.eigen_directions(matrix):
        np.testing.assert_allclose(matrix @ kept.vector, kept.factor * kept.vector, atol=1e-6)
        assert np.hypot(*kept.vector) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("matrix", "factors"),
    [
        ([[2, 1], [1, 2]], [3, 1]),
        ([[0, 1], [1, 0]], [1, -1]),
        ([[1, 1], [0, 1]], [1]),  # a shear keeps one direction
        ([[0, -1], [1, 0]], []),  # a turn keeps none
        ([[2, 0], [0, 2]], []),  # this keeps all: none is singled out
    ],
)
def test_how_many_directions_are_kept(matrix: list[list[float]], factors: list[float]) -> None:
    found = maps.eigen_directions(np.array(matrix, float))
    assert [kept.factor for kept in found] == pytest.approx(factors)
    assert maps.is_multiple_of_identity(np.array(matrix, float)) == (matrix == [[2, 0], [0, 2]])


@pytest.mark.parametrize("angle", [0.0, 0.3, -2.5, np.pi])
def test_the_angle_of_a_rotation_is_read_back(angle: float) -> None:
    assert maps.angle_of(maps.rotation(angle)) == pytest.approx(angle)


def test_eigenvalues_come_in_order() -> None:
    assert maps.eigenvalues(np.diag([1.0, 3.0, -2.0])) == pytest.approx([3, 1, -2])
    assert maps.eigenvalues(maps.rotation(0.5)) == pytest.approx([np.exp(0.5j), np.exp(-0.5j)])


@pytest.mark.parametrize(
    ("vector", "whole"),
    [((0.6, 0.8), None), ((1 / np.sqrt(5), -2 / np.sqrt(5)), (1, -2)), ((0.0, -0.3), (0, -1)), ((0.1, 1.0), None)],
)
def test_whole_multiples_of_directions(vector: tuple[float, float], whole: tuple[float, float] | None) -> None:
    found = maps.whole_multiple(np.array(vector))
    assert tuple(found) == pytest.approx(vector if whole is None else whole)
    assert maps.cross(found, vector) == pytest.approx(0.0, abs=1e-12)
    assert np.dot(found, vector) > 0


def test_the_last_matrix_of_a_product_acts_first() -> None:
    shear, turn = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_array_equal(maps.product([shear, turn]), [[1, -1], [1, 0]])
    np.testing.assert_array_equal(maps.product([turn, shear]), [[0, -1], [1, 1]])
    np.testing.assert_array_equal(maps.product([]), np.eye(2))


def test_lines_are_clipped_at_a_square() -> None:
    lines = np.array([[(-3, 0), (3, 0)], [(0, 0), (0.5, 0.5)], [(-2, 1), (1, -2)], [(2, 2), (3, 2)]], float)
    wanted = [[(-1, 0), (1, 0)], [(0, 0), (0.5, 0.5)], [(-1, 0), (0, -1)]]
    np.testing.assert_allclose(maps.clipped(lines, 1.0), wanted)
    np.testing.assert_array_equal(maps.clipped(lines[3:], 1.0), np.zeros((1, 2, 2)))


def test_spread_directions_are_even_but_for_those_on_lines() -> None:
    lines = maps.eigen_directions(np.array([[3.0, 1.0], [0.0, 2.0]]))  # on (1, 0) and (1, -1)
    directions, owner = maps.spread_directions(20, lines)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    assert [int((owner == k).sum()) for k in (0, 1, -1)] == [2, 2, 16]
    for k, line in enumerate(lines):
        np.testing.assert_allclose(np.abs(directions[owner == k] @ line.vector), 1.0)
    even = 2 * np.pi * np.arange(20) / 20
    rest = owner == -1
    np.testing.assert_allclose(directions[rest], np.stack([np.cos(even), np.sin(even)], -1)[rest])


@pytest.mark.parametrize("line", [(1.0, 0.0), (3.0, 1.0), (-1.0, 2.0), (0.0, -1.0)])
@pytest.mark.parametrize("start", [(1.0, 0.0), (-0.3, 0.8), (2.0, -5.0)])
def test_a_vector_that_turns_to_a_line_lies_on_it(start: tuple[float, float], line: tuple[float, float]) -> None:
    turn = maps.turn_to_line(start, line)
    (x, y), (u, v) = start, line
    turned = (x + 1j * y) * np.exp(1j * turn)
    assert 0.0 <= turn < np.pi
    assert turned.real * v - turned.imag * u == pytest.approx(0.0, abs=1e-12)


def test_degrees_off_by_direction_are_those_of_single_arrows() -> None:
    direction, off = maps.degrees_off_by_direction(np.array([[2.0, 1.0], [1.0, 2.0]]), 13)
    np.testing.assert_allclose(direction, np.arange(0.0, 181.0, 15.0), atol=1e-12)
    sent = np.degrees(
        np.angle([(2 * np.cos(t) + np.sin(t)) + 1j * (np.cos(t) + 2 * np.sin(t)) for t in np.radians(direction)])
    )
    apart = np.abs(sent - direction) % 180.0
    np.testing.assert_allclose(off, np.minimum(apart, 180.0 - apart), atol=1e-9)


def test_an_eigen_basis_holds_eigenvectors_and_does_not_mirror() -> None:
    matrix = np.array([[1.6, 0.6], [0.3, 1.3]])
    basis = maps.eigen_basis(maps.eigen_directions(matrix))
    np.testing.assert_allclose(np.linalg.solve(basis, matrix @ basis), np.diag((1.9, 1.0)), atol=1e-12)
    assert np.linalg.det(basis) > 0.0
