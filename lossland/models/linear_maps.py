"""What a 2×2 matrix does to the plane: factorizations, areas, eigenvectors, and paths from the identity to it.

Sources: Golub and Van Loan, *Matrix Computations* (singular value decomposition); Shoemake and Duff, "Matrix animation
and polar decomposition", 1992 (the polar path).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def rotation(angle: float) -> Floats:
    """Return the matrix (2, 2) that turns the plane by ``angle`` radians, anticlockwise."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def angle_of(turn: Floats) -> float:
    """Return the angle of a rotation matrix (2, 2), in (−π, π]."""
    return float(np.arctan2(turn[1, 0], turn[0, 0]))


def determinant(matrix: Floats) -> float:
    """Return ad − bc of a matrix (2, 2): the factor of every area, negative where orientation is reversed."""
    return float(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0])


def cross(a: ArrayLike, b: ArrayLike) -> float:
    """Return the signed area of the parallelogram of two vectors (2,); 0 where they are parallel."""
    (ax, ay), (bx, by) = np.asarray(a, float), np.asarray(b, float)
    return float(ax * by - ay * bx)


def polygon_area(corners: Floats) -> float:
    """Return the area of a simple polygon (n, 2): half the sum of its sides' cross products."""
    return 0.5 * abs(sum(cross(a, b) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)))


def eigenvalues(matrix: Floats) -> NDArray[np.complex128]:
    """Return the eigenvalues (n,), the largest real part first, of a conjugate pair the one above the real axis."""
    found = np.asarray(np.linalg.eigvals(matrix), np.complex128)
    return found[np.lexsort((-found.imag, -found.real))]


def polar_factors(matrix: Floats) -> tuple[float, Floats] | None:
    """Return θ and the symmetric positive semidefinite S (2, 2) with A = R(θ) S; None for a reflection (det A < 0)."""
    left, stretch, right = np.linalg.svd(matrix)
    if np.linalg.det(left @ right) < 0:
        if stretch[1] > 1e-12 * stretch[0]:
            return None
        left[:, 1] *= -1  # nothing is stretched along this axis: its sign is free
    return angle_of(left @ right), right.T @ np.diag(stretch) @ right


def rotation_stretch_rotation(matrix: Floats) -> tuple[float, Floats, float]:
    """Return φ, (σ₁, σ₂) and ψ with A = R(φ) diag(σ₁, σ₂) R(ψ); a reflection makes σ₂ negative.

    Of the two pairs of angles that give A it is the one with the smaller rotations.
    """
    left, stretch, right = np.linalg.svd(matrix)
    if np.linalg.det(right) < 0:
        right[1] *= -1
        left[:, 1] *= -1
    if np.linalg.det(left) < 0:
        left[:, 1] *= -1
        stretch = stretch * (1, -1)
    ways = ((angle_of(left), angle_of(right)), (angle_of(-left), angle_of(-right)))  # both give A
    last, first = min(ways, key=lambda way: abs(way[0]) + abs(way[1]))
    return last, stretch, first


def product(chain: Sequence[Floats]) -> Floats:
    """Return the product (2, 2) of matrices, as it is written: the last one acts first."""
    found = np.eye(2)
    for matrix in chain:
        found = found @ matrix
    return found


def clipped(lines: Floats, half: float) -> list[Floats]:
    """Return the parts (2, 2) of lines (n, 2, 2) inside the square from -half to half (Liang and Barsky, 1984).

    If nothing is left, one degenerate line at the origin.
    """
    found = []
    for start, end in lines:
        way, enter, leave = end - start, 0.0, 1.0
        for axis in range(2):
            for side in (-1.0, 1.0):
                toward, room = side * way[axis], half - side * start[axis]
                if toward > 0:
                    leave = min(leave, room / toward)
                elif toward < 0:
                    enter = max(enter, room / toward)
                elif room < 0:
                    leave = -1.0
        if enter < leave:
            found.append(np.array([start + enter * way, start + leave * way]))
    return found or [np.zeros((2, 2))]


def on_path(matrix: Floats, path: str, t: float) -> Floats:
    """Return the matrix (2, 2) that is a share ``t`` of the way from the identity to ``matrix``.

    ``straight`` moves every point in a straight line. ``polar`` rotates by tθ while it stretches; a reflection has no
    such path and goes straight. ``factors`` rotates by ψ, stretches, and rotates by φ, one after the other.
    """
    identity = np.eye(2)
    if path == "factors":
        last, stretch, first = rotation_stretch_rotation(matrix)
        one, two, three = np.clip(3 * t - np.arange(3), 0, 1)
        return rotation(three * last) @ np.diag(1 + two * (stretch - 1)) @ rotation(one * first)
    parts = polar_factors(matrix) if path == "polar" else None
    if parts is None:
        return (1 - t) * identity + t * matrix
    turn, stretch = parts
    return rotation(t * turn) @ ((1 - t) * identity + t * stretch)


def whole_multiple(vector: Floats, largest: float = 9.5) -> Floats:
    """Return the multiple of a vector (2,) that has small integer components, or itself where there is none.

    Its smallest component that is not 0 becomes ±1, and none may become larger than ``largest``.
    """
    scaled = vector / np.abs(vector[np.abs(vector) > 1e-9]).min()
    rounded = np.round(scaled)
    return rounded if np.abs(scaled).max() < largest and np.abs(scaled - rounded).max() < 1e-6 else vector


@dataclass(frozen=True, eq=False)
class EigenDirection:
    """A direction that a map keeps: A v = λ v."""

    vector: Floats  # (2,), length 1, its first component that is not 0 is positive
    factor: float


def straight(matrix: Floats, t: float) -> Floats:
    """Return (1 − t) I + t A (n, n): every point goes straight, and an eigenvector keeps its line, ×(1 + t(λ − 1))."""
    return (1 - t) * np.eye(len(matrix)) + t * matrix


def degrees_off_line(vectors: ArrayLike, line: ArrayLike) -> Floats:
    """Return the angles (...) between vectors (..., 2) and a line or lines (2,) or (..., 2), from 0° to 90°.

    A vector and its negative have the same line. The angle of the vector 0 is nan.
    """
    (x, y), (u, v) = np.moveaxis(np.asarray(vectors, float), -1, 0), np.moveaxis(np.asarray(line, float), -1, 0)
    angle = np.degrees(np.arctan2(np.abs(u * y - v * x), np.abs(u * x + v * y)))
    return np.where((np.hypot(x, y) > 0) & (np.hypot(u, v) > 0), angle, np.nan)


def degrees_off_by_direction(matrix: Floats, count: int) -> tuple[Floats, Floats]:
    """Return directions (count,) from 0° to 180°, and the angle in degrees by which A turns each off its line."""
    direction = np.linspace(0.0, 180.0, count)
    arrows = np.stack([np.cos(np.radians(direction)), np.sin(np.radians(direction))], -1)
    return direction, degrees_off_line(arrows @ matrix.T, arrows)


def turn_to_line(vector: ArrayLike, line: ArrayLike) -> float:
    """Return the angle in radians, from 0 to below π, by which a vector (2,) turns anticlockwise to reach a line (2,).

    The vector 0 turns like (1, 0).
    """
    (x, y), (u, v) = np.asarray(vector, float), np.asarray(line, float)
    return float((np.arctan2(v, u) - np.arctan2(y, x)) % np.pi)


def repeated(matrix: Floats, vectors: ArrayLike, times: float) -> Floats:
    """Return the unit directions (..., 2) of vectors (..., 2) after A was applied ``times`` times.

    Between integer times they are interpolated linearly. They are normalized after each step, because powers of A would
    overflow or vanish. What becomes 0 stays 0.
    """
    directions = _directions(np.asarray(vectors, float))
    for _ in range(int(times)):
        directions = _directions(directions @ matrix.T)
    part = times - int(times)
    return _directions(directions @ straight(matrix, part).T) if part else directions


def _directions(vectors: Floats) -> Floats:
    length = np.hypot(vectors[..., 0], vectors[..., 1])[..., None]
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-12)


def strongest_line(matrix: Floats) -> Floats | None:
    """Return the dominant eigenvector (2,) of a matrix, to which power iteration converges.

    None where there is none: a rotation has no real eigenvalue, and two of equal size have no dominant one.
    """
    kept = sorted(eigen_directions(matrix), key=lambda one: -abs(one.factor))
    if not kept or abs(kept[0].factor) < 1e-12:
        return None
    if len(kept) == 2 and abs(abs(kept[0].factor) - abs(kept[1].factor)) < 1e-9 * abs(kept[0].factor):
        return None
    return kept[0].vector


def power_angles_degrees(matrix: Floats, start: ArrayLike, count: int) -> Floats:
    """Return the angles (count,) to the strongest line of A v, A² v, ...; nan where there is no such line.

    Source: power iteration, Golub and Van Loan, *Matrix Computations*, 7.3.1; each step shrinks the tangent of the
    angle by λ₂/λ₁ where A is symmetric.
    """
    line = strongest_line(matrix)
    if line is None:
        return np.full(count, np.nan)
    return np.array([float(degrees_off_line(repeated(matrix, start, k), line)) for k in range(1, count + 1)])


def is_multiple_of_identity(matrix: Floats) -> bool:
    """Whether a matrix (2, 2) keeps every direction."""
    return bool(np.abs(matrix - matrix[0, 0] * np.eye(2)).max() < 1e-12)


def eigen_directions(matrix: Floats) -> list[EigenDirection]:
    """Return the real eigen-directions of a matrix (2, 2), the largest factor first; none for multiples of I."""
    factors, vectors = (np.asarray(part, np.complex128) for part in np.linalg.eig(matrix))
    if np.abs(factors.imag).max() > 1e-9 or is_multiple_of_identity(matrix):
        return []
    kept: list[EigenDirection] = []
    for k in np.argsort(-factors.real):
        vector = vectors[:, k].real
        vector = vector * (1 if vector[np.abs(vector) > 1e-12][0] > 0 else -1)
        if not kept or abs(cross(vector, kept[0].vector)) > 1e-6:
            kept.append(EigenDirection(vector, float(factors[k].real)))
    return kept


def eigen_basis(lines: Sequence[EigenDirection]) -> Floats:
    """Return two directions that a map keeps as the columns of a matrix (2, 2) that does not mirror the plane."""
    first, second = (line.vector for line in lines)
    return np.column_stack([first, second if cross(first, second) > 0 else -second])


def spread_directions(count: int, lines: Sequence[EigenDirection]) -> tuple[Floats, NDArray[np.int64]]:
    """Return directions (count, 2) around the circle, and the index of the line through each (count,), -1 for none.

    They are evenly spaced, but the two next to a line are moved onto it.
    """
    angle, owner = 2 * np.pi * np.arange(count) / count, np.full(count, -1, np.int64)
    for k, line in enumerate(lines):
        for x, y in (line.vector, -line.vector):
            exact = np.arctan2(y, x)
            nearest = round(exact / (2 * np.pi) * count) % count
            angle[nearest], owner[nearest] = exact, k
    return np.stack([np.cos(angle), np.sin(angle)], -1), owner
