"""A picture with lines and letters that stay sharp at any size: a drawn scene, and shapes over it, as plain data.

`svg` and `pdf` write it. Places are pixels of the picture, y down. What has an outline is filled by the nonzero rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[float, float, float]
Rect = tuple[float, float, float, float]  # left, top, right, bottom
Ring = NDArray[np.float64]  # (n, 2), closed


@dataclass(frozen=True, eq=False)
class Outline:
    """Closed rings, inner ones the other way around. The same object may stand in many places, e.g. a letter."""

    rings: Sequence[Ring]


@dataclass(frozen=True, eq=False)
class Shape:
    """An outline at a place: a point p of it lies at ``at + scale * p``. ``stroke`` is a line's width, 0 fills it."""

    outline: Outline
    color: Rgb
    alpha: float = 1.0
    at: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    stroke: float = 0.0  # pixels


@dataclass(frozen=True, eq=False)
class Ramp:
    """A rectangle whose colour changes along it, to the right or ``down``: (share of the way, colour, alpha)."""

    rect: Rect
    down: bool
    stops: Sequence[tuple[float, Rgb, float]]


@dataclass(frozen=True, eq=False)
class Group:
    """Shapes that belong together, in their order; ``label`` is what they say. Nothing outside ``clip`` is shown."""

    shapes: Sequence[Shape | Ramp]
    label: str = ""
    clip: Rect | None = None


@dataclass(frozen=True, eq=False)
class Drawing:
    """A scene as pixels (h, w, 3 or 4), what is written over it, and its title."""

    image: NDArray[np.uint8]
    groups: Sequence[Group]
    title: str = ""
