r"""Linear algebra on a `Vector` or a matrix (a vector of vectors), of any number of coordinates.

On nodes, which then stand for whole vectors, each function makes a node of its own: such expressions are only printed
(``a^\top b``, ``\lVert a \rVert``), never computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, overload

from lossland.expression.node import Node, Value, abs_, as_node, make, maximum, namespace, sqrt, where
from lossland.expression.vectors import Vector

Vectorlike = Vector | Node
"""A vector or matrix, or the node that stands for it."""


def dot(a: Value, b: Value) -> Value:
    """Return the inner product of two vectors."""
    if _is_symbol(a, b):
        return make("dot", as_node(a), as_node(b))
    return reduce(add, a * b)


def norm(a: Vectorlike) -> Value:
    """Return the Euclidean length of a vector."""
    return make("norm", a) if isinstance(a, Node) else sqrt(dot(a, a))


def total(a: Vectorlike) -> Value:
    """Return the sum of a vector's parts."""
    return make("total", a) if isinstance(a, Node) else reduce(add, a)


def mean(a: Vectorlike) -> Value:
    """Return the mean of a vector's parts."""
    return make("mean", a) if isinstance(a, Node) else total(a) / len(a)


def outer(a: Vectorlike, b: Vectorlike) -> Vectorlike:
    """Return the matrix of all products of the parts of two vectors."""
    return make("outer", as_node(a), as_node(b)) if _is_symbol(a, b) else Vector(x * b for x in _rows(a, b))


@overload
def times(matrix: Vector, vector: Vectorlike) -> Vector: ...


@overload
def times(matrix: Value, vector: Vectorlike) -> Vectorlike: ...


def times(matrix: Value, vector: Vectorlike) -> Vectorlike:
    """Return a matrix times a vector."""
    if _is_symbol(matrix, vector):
        return make("times", as_node(matrix), as_node(vector))
    return Vector(dot(row, vector) for row in _rows(matrix, vector))


def diagonal(matrix: Vectorlike) -> Vectorlike:
    """Return the diagonal of a square matrix as a vector."""
    return make("diagonal", matrix) if isinstance(matrix, Node) else Vector(row[i] for i, row in enumerate(matrix))


@overload
def identity_like(vector: Vector) -> Vector: ...


@overload
def identity_like(vector: Vectorlike) -> Vectorlike: ...


def identity_like(vector: Vectorlike) -> Vectorlike:
    """Return the identity matrix of the vector's size."""
    if isinstance(vector, Node):
        return make("identity", vector)
    size = len(vector)
    return Vector(Vector(1.0 if i == j else 0.0 for j in range(size)) for i in range(size))


@overload
def solve(matrix: Vector, vector: Vector) -> Vector: ...


@overload
def solve(matrix: Vectorlike, vector: Vectorlike) -> Vectorlike: ...


def solve(matrix: Vectorlike, vector: Vectorlike) -> Vectorlike:
    """Return the x for which ``matrix`` times x is ``vector``, by Gaussian elimination; inf or nan if it is singular.

    Pivots are chosen by ``where``, so that a whole batch of systems is solved at once.
    """
    if isinstance(matrix, Node) or isinstance(vector, Node):
        return make("solve", as_node(matrix), as_node(vector))
    rows = [Vector([*row, right]) for row, right in zip(matrix, vector, strict=True)]
    size = len(rows)
    for k in range(size):
        for i in range(k + 1, size):  # the larger of the two becomes the pivot
            swap = abs_(rows[i][k]) > abs_(rows[k][k])
            rows[k], rows[i] = where(swap, rows[i], rows[k]), where(swap, rows[k], rows[i])
        for i in range(k + 1, size):
            rows[i] = rows[i] - rows[k] * (rows[i][k] / rows[k][k])
    found: list[Value] = []
    for k in reversed(range(size)):
        known = [rows[k][size - len(found) + j] * value for j, value in enumerate(found)]
        found.insert(0, reduce(lambda rest, part: rest - part, known, rows[k][size]) / rows[k][k])
    return Vector(found)


def spectral(function: Callable[[Value], Value], matrix: Vectorlike) -> Value:
    """Apply a function to the eigenvalues of a symmetric matrix, keeping its eigenvectors.

    For 2 x 2 this has a closed form: with eigenvalues a >= b it is (f(a) + f(b))/2 times the identity plus
    (f(a) - f(b))/(a - b) times the matrix without its trace. Larger matrices of arrays use their library's
    ``linalg.eigh``; larger ones of nodes raise ValueError.
    """
    if isinstance(matrix, Node):
        return function(matrix)
    if len(matrix) != 2:
        return _by_eigenvectors(function, matrix)
    (xx, xy), (_, yy) = matrix
    centre, half = (xx + yy) / 2, (xx - yy) / 2
    radius = sqrt(half * half + xy * xy)
    high, low = function(centre + radius), function(centre - radius)
    middle, slope = (high + low) / 2, where(radius > 0, (high - low) / (2 * radius), 0.0)
    return Vector([Vector([middle + slope * half, slope * xy]), Vector([slope * xy, middle - slope * half])])


def _by_eigenvectors(function: Callable[[Value], Any], matrix: Vector) -> Vector:
    like = next((x for row in matrix for x in row if not isinstance(x, float)), 0.0)
    if isinstance(like, Node | float):
        raise ValueError(f"a function of a traced matrix needs 2 coordinates, not {len(matrix)}")
    xp, zero = namespace(like), like * 0
    stacked = xp.stack([xp.stack([x + zero for x in row], axis=-1) for row in matrix], axis=-2)
    known = xp.all(xp.isfinite(stacked), axis=(-2, -1))  # eigh raises on inf and nan
    unit = xp.eye(len(matrix), dtype=stacked.dtype)
    values, vectors = xp.linalg.eigh(xp.where(known[..., None, None], stacked, unit))
    made = (vectors * function(values)[..., None, :]) @ xp.matrix_transpose(vectors)
    lost = xp.where(known, zero, zero + math.nan)
    return Vector(Vector(made[..., i, j] + lost for j in range(len(matrix))) for i in range(len(matrix)))


def clipped(vector: Vectorlike, longest: Value) -> Vectorlike:
    """Return a vector, scaled down to the length ``longest`` if it is longer."""
    return vector / maximum(1.0, norm(vector) / longest)


def _rows(value: Value, like: Any) -> Vector:
    """Return a vector or matrix as it is, and a number as the vector of equal parts that it stands for."""
    return value if isinstance(value, Vector) else Vector([value] * len(like))


def _is_symbol(*values: object) -> bool:
    return any(isinstance(value, Node) for value in values) and not any(isinstance(value, Vector) for value in values)
