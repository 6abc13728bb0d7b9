"""Phase portraits of maps of the plane: one step from every point of a grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def moves(step: Callable[[Floats], Floats], reach: float, count: int, longest: float) -> Floats:
    """Return short segments (count², 2, 2) from the points of a grid towards where ``step`` takes them.

    ``step`` maps points (n, 2). The grid divides the square from -``reach`` to ``reach`` into count + 1 parts along
    each side. A move longer than ``longest`` is shortened to that, so that only its direction shows.
    """
    along = np.linspace(-reach, reach, count + 2)[1:-1]
    tail = np.stack(np.meshgrid(along, along), -1).reshape(-1, 2)
    move = step(tail) - tail
    length = np.linalg.norm(move, axis=1, keepdims=True)
    move = move / np.maximum(length, 1e-9) * np.minimum(length, longest)
    return np.stack([tail, tail + move], 1)
