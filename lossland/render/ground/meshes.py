"""Meshes of a block's top and walls, made once for every size. NumPy only."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray


@cache
def grid_mesh(nx: int, ny: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Return uv (ny * nx, 2) of a grid of vertices over [0, 1]² and its triangles as indices."""
    u, v = np.meshgrid(np.linspace(0, 1, nx), np.linspace(0, 1, ny))
    first = (np.arange(ny - 1)[:, None] * nx + np.arange(nx - 1)).ravel().astype(np.uint32)
    triangles = np.stack([first, first + 1, first + nx, first + 1, first + nx + 1, first + nx], -1)
    return np.stack([u, v], -1).reshape(-1, 2).astype(np.float32), triangles.ravel()


@cache
def wall_mesh(nx: int, ny: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Return vertices (k, 4) = u, v, top?, side, and triangles of the four walls below the mesh's rim."""
    vertices, triangles, start = [], [], 0
    for side, (count, along_x, fixed) in enumerate([(nx, True, 0), (nx, True, 1), (ny, False, 0), (ny, False, 1)]):
        run, still = np.linspace(0, 1, count), np.full(count, float(fixed))
        u, v = (run, still) if along_x else (still, run)
        for top in (0.0, 1.0):
            vertices.append(np.stack([u, v, np.full(count, top), np.full(count, float(side))], -1))
        low = start + np.arange(count - 1)
        high = low + count
        triangles.append(np.stack([low, low + 1, high, high, low + 1, high + 1], -1).ravel())
        start += 2 * count
    return np.concatenate(vertices).astype(np.float32), np.concatenate(triangles).astype(np.uint32)


def deviation(heights: NDArray[np.floating], cells: int) -> float:
    """Estimate the largest deviation of (ny, nx) heights from a mesh of ``cells`` along a side.

    A cell's edges and the diagonal between its triangles deviate most at their midpoint, by half the second difference
    of the heights over half a cell. At finer meshes the samples themselves are interpolated linearly.
    """
    steps = [(count - 1) / (2 * cells) for count in heights.shape]  # half a cell, in samples
    rows, columns = (max(round(step), 1) for step in steps)
    z = heights[::rows, ::columns]
    middle, pairs = z[1:-1, 1:-1], ((z[1:-1, :-2], z[1:-1, 2:]), (z[:-2, 1:-1], z[2:, 1:-1]), (z[:-2, 2:], z[2:, :-2]))
    worst = max(float(np.abs(a + b - 2 * middle).max(initial=0.0)) / 2 for a, b in pairs)
    return worst * min(max(steps), 1.0)


def vertices_along(samples: int, wanted: int) -> int:
    """Return how many vertices to use along a side: never many more than there are samples, and then on them."""
    return 2 * samples - 1 if 2 * samples <= wanted else wanted
