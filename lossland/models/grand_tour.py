"""The grand tour: a plane or space that turns in high dimensions and comes near every other one.

Asimov, "The Grand Tour: A Tool for Viewing Multidimensional Data", 1985: the frame is turned in one coordinate plane
after the other, at speeds of which none is a rational multiple of another. As Buja and Asimov (1986) note, the planes
that hold one of the frame's first axes are enough. An axis that is held: Li, Zhao and Scheidegger, "Visualizing Neural
Networks with the Grand Tour", Distill 2020.

A ``frame`` (d, k) has orthonormal columns; the picture of samples (n, d) is ``points @ frame``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def speeds(count: int) -> Floats:
    """Return ``count`` speeds in [0.5, 1): the fractional parts of the square roots of primes, mapped to that range.

    These roots are linearly independent over the rationals, so the rotations never return to a common start.
    """
    primes: list[int] = []
    number = 2
    while len(primes) < count:
        if all(number % prime for prime in primes if prime * prime <= number):
            primes.append(number)
        number += 1
    return 0.5 + 0.5 * (np.sqrt(primes) % 1.0)


def frame(size: int, across: int, angle: float) -> Floats:
    """Return the frame (size, across) at an angle in radians: the product of all plane rotations, on the first axes.

    It begins with the first ``across`` axes; a plane turns by the angle times its speed.
    """
    found = np.eye(size, across)
    planes = [(i, j) for i in range(min(across, size)) for j in range(i + 1, size)]
    turns = angle * speeds(len(planes))
    for (i, j), cos, sin in zip(reversed(planes), np.cos(turns), np.sin(turns), strict=True):
        one, other = found[i].copy(), found[j].copy()
        found[i], found[j] = cos * one - sin * other, sin * one + cos * other
    return found


def held(frame: Floats, axis: int, place: ArrayLike) -> Floats:
    """Return the frame (d, k) in which one axis projects to a given position (k,), its other axes changed least.

    A position farther than 1 from the origin is moved to distance 1. With the row r of that axis
    given, the others must have the product I − r r^T: theirs is the polar factor of what they were, times its root.
    """
    row = np.asarray(place, float)
    row = row / max(1.0, float(np.linalg.norm(row)))
    square = float(row @ row)
    left, _, right = np.linalg.svd(np.delete(frame, axis, axis=0), full_matrices=False)
    root = np.eye(len(row)) - (1.0 - np.sqrt(1.0 - square)) * np.outer(row, row) / max(square, 1e-300)
    return np.insert(left @ right @ root, axis, row, axis=0)
