"""A vector drawing as plain data: a rendered scene, and shapes over it that stay sharp at any size.

`svg` and `pdf` write it. Positions are in pixels, y down. Outlines are filled by the nonzero rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[float, float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Ring = NDArray[np.float64]  # (n, 2), closed


@dataclass(frozen=True, eq=False)
class Outline:
    """Closed rings, inner ones in the opposite direction. One object may be used many times, e.g. a letter."""

    rings: Sequence[Ring]


@dataclass(frozen=True, eq=False)
class Shape:
    """A placed outline: its point p is drawn at ``at + scale * p``. ``stroke`` is the line width; 0 fills it."""

    outline: Outline
    color: Rgb
    alpha: float = 1.0
    at: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    stroke: float = 0.0  # pixels


@dataclass(frozen=True, eq=False)
class Ramp:
    """A rectangle with a linear gradient to the right or ``down``; stops are (offset, colour, alpha)."""

    box: Box
    down: bool
    stops: Sequence[tuple[float, Rgb, float]]


@dataclass(frozen=True, eq=False)
class Group:
    """Shapes that belong together, in drawing order; ``label`` is their text. They are clipped to ``clip``."""

    shapes: Sequence[Shape | Ramp]
    label: str = ""
    clip: Box | None = None


@dataclass(frozen=True, eq=False)
class Drawing:
    """A scene as pixels (h, w, 3 or 4), the shapes over it, and its title."""

    image: NDArray[np.uint8]
    groups: Sequence[Group]
    title: str = ""
