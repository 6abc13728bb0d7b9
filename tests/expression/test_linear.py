"""Vectors and linear algebra against NumPy, on floats, on arrays of any library, and on symbols."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.compute.arrays import to_numpy
from lossland.expression import Program, abs_, latex, maximum, sqrt, variable, where
from lossland.expression.linear import (
    diagonal,
    dot,
    identity_like,
    mean,
    norm,
    outer,
    solve,
    spectral,
    times,
    total,
)
from lossland.expression.node import as_node
from lossland.expression.vectors import Vector, flat, rank, shaped

DICE = np.random.default_rng(3)


def vector(values: Any) -> Vector:
    return Vector(vector(value) if np.ndim(value) else float(value) for value in values)


def numbers(value: Any) -> Any:
    return np.array([numbers(part) for part in value]) if isinstance(value, Vector) else value


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_products_are_numpys_for_any_number_of_coordinates(size: int) -> None:
    a, b, matrix = DICE.normal(size=size), DICE.normal(size=size), DICE.normal(size=(size, size))
    u, v, m = vector(a), vector(b), vector(matrix)
    assert dot(u, v) == pytest.approx(a @ b)
    assert norm(u) == pytest.approx(np.linalg.norm(a))
    assert total(u) == pytest.approx(a.sum())
    assert mean(u) == pytest.approx(a.mean())
    assert numbers(outer(u, v)) == pytest.approx(np.outer(a, b))
    assert numbers(times(m, u)) == pytest.approx(matrix @ a)
    assert numbers(diagonal(m)).tolist() == np.diag(matrix).tolist()
    assert numbers(identity_like(u)).tolist() == np.eye(size).tolist()
    assert numbers(solve(m, u)) == pytest.approx(np.linalg.solve(matrix, a), rel=1e-9)
    assert numbers((2 * u - v / 3) ** 2 + 1) == pytest.approx((2 * a - b / 3) ** 2 + 1)
    assert numbers(maximum(sqrt(u * u), v)) == pytest.approx(np.maximum(abs(a), b))
    assert numbers(where(u > v, u, 0.0)) == pytest.approx(np.where(a > b, a, 0))


def test_solving_exchanges_rows_where_it_must() -> None:
    assert numbers(solve(vector([[0, 1], [1, 0]]), vector([2, 3]))).tolist() == [3, 2]
    tiny = solve(vector([[1e-20, 1], [1, 1]]), vector([1, 2]))  # without exchange: 0
    assert numbers(tiny) == pytest.approx([1, 1])


@pytest.mark.parametrize("matrix", [[[2, 1], [1, 3]], [[1, 0], [0, 1]], [[-4, 0.5], [0.5, 2]], [[1e8, 1], [1, 1]]])
def test_functions_of_matrices_go_by_their_eigenvalues(matrix: Any) -> None:
    values, vectors = np.linalg.eigh(matrix)
    right = vectors @ np.diag(np.abs(values)) @ vectors.T
    xx, xy, yy = map(variable, ("xx", "xy", "yy"))
    traced = spectral(abs_, Vector([Vector([xx, xy]), Vector([xy, yy])]))
    found = Program(flat(traced, 2, 2), ("xx", "xy", "yy")).floats(*map(float, (*matrix[0], matrix[1][1])))
    assert np.reshape(found, (2, 2)) == pytest.approx(right, rel=1e-9, abs=1e-15 * np.abs(values).max())


def test_functions_of_larger_matrices_are_refused() -> None:
    with pytest.raises(ValueError, match="needs 2 coordinates, not 3"):
        spectral(abs_, vector(np.eye(3)))


def test_many_systems_are_solved_side_by_side_on_any_library(xp: Any) -> None:
    matrices, rights = DICE.normal(size=(2, 2, 40)), DICE.normal(size=(2, 40))
    m = Vector(Vector(xp.asarray(entry) for entry in row) for row in matrices)
    found = solve(m, Vector(xp.asarray(right) for right in rights))
    exact = np.linalg.solve(np.moveaxis(matrices, -1, 0), rights.T[..., None])[..., 0].T
    assert all(type(part) is type(xp.asarray(rights[0])) for part in found)
    assert np.array([to_numpy(part) for part in found]) == pytest.approx(exact, rel=1e-9)


def test_traced_in_single_coordinates_it_computes() -> None:
    x, y = variable("x"), variable("y")
    program = Program([*solve(vector([[2, 1], [1, 3]]), Vector([x, y])), as_node(norm(Vector([x, y])))], "xy")
    assert program.floats(3.0, 4.0) == pytest.approx([*np.linalg.solve([[2, 1], [1, 3]], [3, 4]), 5])


def test_on_whole_symbols_it_is_printed() -> None:
    a, b, m = variable("a"), variable("b"), variable("M")
    assert latex(as_node(dot(a - b, b))) == r"(a - b)^\top b"
    assert latex(as_node(outer(a, a + b))) == r"a (a + b)^\top"
    assert latex(norm(a) ** 2) == r"\lVert a\rVert^2"
    assert latex(as_node(times(m, a + b))) == "M (a + b)"
    assert latex(as_node(solve(m + 2 * identity_like(a), a))) == "(M + 2 I)^{-1} a"
    assert latex(mean(a**2) + total(b)) == r"\mathrm{mean}(a^2) + \mathrm{sum}(b)"


def test_entries_and_ranks() -> None:
    matrix = vector([[1, 2], [3, 4]])
    assert [rank(1.0), rank(matrix[0]), rank(matrix)] == [0, 1, 2]
    assert flat(matrix, 2, 2) == [1, 2, 3, 4]
    assert numbers(shaped(flat(matrix, 2, 2), 2, 2)).tolist() == [[1, 2], [3, 4]]
    assert flat(0.5, 1, 3) == [0.5] * 3
    assert flat(0.5, 2, 2) == [0.5, 0, 0, 0.5]
    assert rank(mixed := matrix * Vector([1.0, 2.0])) == 2
    assert numbers(mixed).tolist() == [[1, 2], [6, 8]]
