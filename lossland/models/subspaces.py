"""Subspaces of a matrix: column and null space, least squares, orthogonalization, and paths in space.

Sources: Strang, *Introduction to Linear Algebra* (the four subspaces); Golub and Van Loan, *Matrix Computations*, 5.2
(Gram–Schmidt) and 5.5 (least squares by singular values); Shoemake and Duff, 1992 (the polar path).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.models.linear_maps import straight

Floats = NDArray[np.float64]

ROUNDING = 1e-10  # of the largest singular value: smaller ones count as 0


def rank(matrix: Floats) -> int:
    """Return the numerical rank of a matrix (m, n)."""
    stretch = np.linalg.svd(matrix, compute_uv=False)
    return int((stretch > ROUNDING * max(float(stretch[0]), 1e-300)).sum())


def column_space(matrix: Floats) -> Floats:
    """Return an orthonormal basis (rank, m) of the column space of a matrix (m, n)."""
    return np.linalg.svd(matrix)[0].T[: rank(matrix)]


def null_space(matrix: Floats) -> Floats:
    """Return an orthonormal basis (n − rank, n) of the null space of a matrix (m, n).

    The first component of each that is not 0 is positive.
    """
    rows = np.linalg.svd(matrix)[2][rank(matrix) :]
    first = [row[np.abs(row) > 1e-9][0] for row in rows]
    return rows * np.sign(np.reshape(first, (-1, 1)))


def least_squares(matrix: Floats, target: ArrayLike) -> Floats:
    """Return the shortest x (n,) that minimizes the distance of A x from a target (m,)."""
    return np.asarray(np.linalg.lstsq(matrix, np.asarray(target, float), rcond=ROUNDING)[0], float)


def orthogonalized(matrix: Floats) -> Floats:
    """Return the columns of a matrix (m, n) minus their projections on those before them (Gram–Schmidt).

    A column in the span of those before it becomes 0. The results are not normalized.
    """
    found = np.array(matrix, float)
    for k in range(found.shape[1]):
        size = float(np.linalg.norm(found[:, k]))
        for j in range(k):
            square = float(found[:, j] @ found[:, j])
            if square > 0.0:
                found[:, k] -= (found[:, j] @ found[:, k]) / square * found[:, j]
        if np.linalg.norm(found[:, k]) <= ROUNDING * size:
            found[:, k] = 0.0
    return found


def is_turn(matrix: Floats) -> bool:
    """Whether a matrix (3, 3) is a rotation of space."""
    return bool(np.abs(matrix @ matrix.T - np.eye(3)).max() < 1e-9 and np.linalg.det(matrix) > 0)


def turn_of(matrix: Floats) -> tuple[Floats, float]:
    """Return the axis (3,) and the angle in radians, 0 to π, of a rotation of space (3, 3)."""
    skew = np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
    angle = float(np.arctan2(np.linalg.norm(skew), np.trace(matrix) - 1.0))
    if np.linalg.norm(skew) > 1e-6:
        return skew / np.linalg.norm(skew), angle
    if angle < 1.0:
        return np.array([0.0, 0.0, 1.0]), 0.0
    square = (matrix + np.eye(3)) / 2  # of a half turn: n n^T
    axis = square[:, int(np.argmax(np.diag(square)))]
    return axis / np.linalg.norm(axis), float(np.pi)


def rotation_about(axis: Floats, angle: float) -> Floats:
    """Return the rotation (3, 3) about an axis (3,) of length 1 by an angle in radians (Rodrigues)."""
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew


def farthest(matrix: Floats, direction: ArrayLike) -> Floats:
    """Return the point (d,) of the unit ball, moved by a matrix (d, d), that is farthest along a direction (d,).

    It is A A' u / ‖A' u‖ (' transposes); the origin where nothing of the ball is left along the direction.
    """
    pulled = matrix.T @ np.asarray(direction, float)
    length = float(np.linalg.norm(pulled))
    return matrix @ pulled / length if length > 0.0 else np.zeros(len(matrix))


def on_path(matrix: Floats, t: float) -> Floats:
    """Return the matrix (3, 3) that is a share ``t`` of the way from the identity to A = R S.

    It rotates by tθ while it stretches; a reflection (det A < 0) has no such path and goes straight.
    """
    left, stretch, right = np.linalg.svd(matrix)
    if np.linalg.det(left @ right) < 0:
        if stretch[2] > ROUNDING * stretch[0]:
            return straight(matrix, t)
        left[:, 2] *= -1  # nothing is stretched along this axis: its sign is free
    axis, angle = turn_of(left @ right)
    stretched = right.T @ np.diag(stretch) @ right
    return rotation_about(axis, t * angle) @ straight(stretched, t)
