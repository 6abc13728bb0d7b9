"""Icons of scenes in a list: strokes in the square [0, 1]², y down, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin, sqrt

Place = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A polyline. ``width`` in panel units for an icon of 24."""

    points: Sequence[Place]
    color: str
    width: float = 1.5
    alpha: float = 1.0


@dataclass(frozen=True)
class Dot:
    """A filled circle. ``radius`` in panel units for an icon of 24."""

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


def field(center: Place, color: str = "dim") -> list[Line]:
    """Return short strokes all over the square that point away from a centre, longer where it is farther."""
    strokes = []
    for u, v in ((0.15 + 0.24 * i, 0.15 + 0.24 * j) for i in range(4) for j in range(4)):
        across, down = u - center[0], v - center[1]
        away = hypot(across, down)
        half = (0.03 + 0.15 * away) / (away + 1e-9)
        strokes.append(Line([(u - half * across, v - half * down), (u + half * across, v + half * down)], color, 1.3))
    return strokes


def sunflower(count: int, radius: float) -> list[Place]:
    """Return evenly spread points in a disc at the centre of the square, successive ones a golden angle apart."""
    turns = [(radius * sqrt((k + 0.5) / count), 2.39996 * k) for k in range(count)]
    return [(0.5 + away * cos(angle), 0.5 + away * sin(angle)) for away, angle in turns]


def rings(*rings: tuple[float, str]) -> list[Line]:
    """Return circles of radii and colours, the smaller ones shifted a little, like the contours of a hill."""
    strokes = []
    for radius, color in rings:
        shift = (0.42 - radius) * 0.25
        angles = [2 * pi * k / 32 for k in range(33)]
        strokes.append(Line([(0.5 + shift + radius * cos(a), 0.5 + shift + radius * sin(a)) for a in angles], color))
    return strokes
