"""Geometry that painters and labels must agree on. NumPy only, no GL."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.world.layers import Trail

Floats = NDArray[np.float64]

HEAD_RADIUS = 9.0  # logical pixels
HEAD_RIM = 1.6
BEAD_GAP = 13.0  # logical pixels


def world_per_pixel(clip_from_world: ArrayLike, lines: float, points: ArrayLike) -> Floats:
    """Return the world length (n,) of one pixel across the view at world points (n, 3).

    ``lines`` is the picture's height in pixels, ``clip_from_world`` (4, 4) acts on column vectors.
    """
    matrix, points = np.asarray(clip_from_world, float), np.asarray(points, float).reshape(-1, 3)
    ux, uy, uz, _ = matrix[1].tolist()
    bx, by, bz, offset = matrix[3].tolist()
    lean = ux * bx + uy * by + uz * bz  # a shifted lens tilts the rows of the matrix towards the view direction
    along = bx * bx + by * by + bz * bz
    up = sqrt(ux * ux + uy * uy + uz * uz - (lean * lean / along if along else 0.0))
    return 2.0 / (lines * up) * (points @ matrix[3, :3] + offset)


def head_centers(trails: Sequence[Trail], clip_from_world: ArrayLike, lines: float) -> Floats:
    """Return the world centres (n, 3) of trails' heads: spheres of constant pixel size that rest on the ground.

    ``lines`` is the picture's height in logical pixels.
    """
    centers = np.array([trail.end for trail in trails], float).reshape(-1, 3)
    lift = 0.85 * HEAD_RADIUS * world_per_pixel(clip_from_world, lines, centers)
    centers[:, 2] += np.maximum(lift, 0.0)
    return centers


def spaced(pixels: ArrayLike, gap: float) -> NDArray[np.intp]:
    """Return indices of a subsequence of pixels (n, 2) whose neighbours are at least ``gap`` apart, the first kept.

    A longer sequence with the same prefix keeps the same points, so beads do not jump while a trail grows.
    """
    path = np.asarray(pixels, float).tolist()
    kept: list[int] = []
    x, y = np.inf, np.inf
    for i, (u, v) in enumerate(path):
        if not (u - x) ** 2 + (v - y) ** 2 < gap * gap:
            kept.append(i)
            x, y = u, v
    return np.array(kept, np.intp)


def simplified(points: ArrayLike, progress: ArrayLike, tolerance: float) -> tuple[Floats, Floats]:
    """Simplify a path (m, 3) to points (k, 3), with their progress (k,), between which it is nearly straight.

    Nearly: every removed point is within ``tolerance`` of the straight piece at the same progress
    (Douglas and Peucker 1973, with distances at equal times).
    """
    path, times = np.asarray(points, float).reshape(-1, 3), np.asarray(progress, float)
    kept = np.zeros(len(path), bool)
    if len(path):
        kept[[0, -1]] = True
    open_pieces = [(0, len(path) - 1)]
    while open_pieces:
        first, last = open_pieces.pop()
        if last - first < 2:
            continue
        inner = slice(first + 1, last)
        share = (times[inner] - times[first]) / max(times[last] - times[first], 1e-12)
        straight = path[first] + share[:, None] * (path[last] - path[first])
        gap = np.abs(path[inner] - straight).max(1)
        worst = int(np.argmax(gap))
        if gap[worst] > tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            open_pieces += [(first, middle), (middle, last)]
    return path[kept], times[kept]
