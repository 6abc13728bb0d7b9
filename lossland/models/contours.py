"""Curves of equal value through a point: steps along the contour, each corrected by Newton's method.

Source: Allgower and Georg, *Introduction to Numerical Continuation Methods*, 2003 (predictor and corrector).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Point = Sequence[float]  # x, y
ValueGrad = Callable[[float, float], tuple[float, float, float]]
"""Returns f, ∂f/∂x and ∂f/∂y at x, y."""

NEWTON = 12  # corrector steps of a point, at most
MOST = 1500  # points to each side


def trace_contour(function: ValueGrad, start: Point, domain: tuple[Point, Point], stride: float) -> NDArray[np.float64]:
    """Return the contour through ``start`` as points (n, 2) about ``stride`` apart, in the domain ((x0, x1), (y0, y1)).

    It ends at the domain's edge, or where the function is level; a closed one ends where it began.
    """
    ways = [_follow(function, start, domain, sign * stride) for sign in (-1.0, 1.0)]
    if ways[0] and np.hypot(*np.subtract(ways[0][-1], start)) < 2 * stride:
        return np.array([start, *ways[0], start])  # closed: one way round is enough
    return np.array([*reversed(ways[0]), start, *ways[1]])


def _follow(function: ValueGrad, start: Point, domain: tuple[Point, Point], stride: float) -> list[Point]:
    (x0, x1), (y0, y1) = domain
    x, y = start
    level = function(x, y)[0]
    path: list[Point] = []
    for k in range(MOST):
        _, gx, gy = function(x, y)
        steep = float(np.hypot(gx, gy))
        if not np.isfinite(steep) or steep < 1e-9:
            break
        x, y = x - stride * gy / steep, y + stride * gx / steep
        for _ in range(NEWTON):
            value, gx, gy = function(x, y)
            square = gx * gx + gy * gy
            if not 0 < square < np.inf:
                return path
            x, y = x - (value - level) * gx / square, y - (value - level) * gy / square
            if abs(value - level) < 1e-12 * max(1.0, abs(level)):
                break
        else:
            return path  # too close to a critical point: the contour cannot be told from its neighbours
        if not (x0 <= x <= x1 and y0 <= y <= y1):
            break
        path.append((x, y))
        if k > 3 and np.hypot(x - start[0], y - start[1]) < 0.9 * abs(stride):
            break
    return path
