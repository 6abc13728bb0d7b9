"""Small drawings that stand for a scene in a list: strokes in the square [0, 1]², y down, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Place = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A polyline. ``width`` in panel units of a sign of 24."""

    points: Sequence[Place]
    color: str
    width: float = 1.5
    alpha: float = 1.0


@dataclass(frozen=True)
class Dot:
    """A filled circle. ``radius`` in panel units of a sign of 24."""

    center: Place
    radius: float
    color: str


@dataclass(frozen=True)
class Box:
    """A filled rectangle: its upper left corner, and its width and height."""

    corner: Place
    size: Place
    color: str


Stroke = Line | Dot | Box
