"""The numbered axes of a terrain and of the plane: where their lines, ticks and numbers stand. No GL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.camera import Camera, Pose
from lossland.layers import Axes
from lossland.numerals import short, trimmed
from lossland.terrain import Terrain

Floats = NDArray[np.float64]
Size = tuple[float, float]

UP = np.array([0.0, 0.0, 1.0])
GAP = 0.045  # world, between the block and its axes
TICK = 0.035  # world
TICK_GAP = 26.0  # pixels of the look, between numbers of a floor axis
VALUE_GAP = 20.0  # pixels of the look, between numbers of the value axis


@dataclass(frozen=True)
class Numeral:
    """A number or name at a tick: ``tick`` is the tick's outer end, ``outward`` the world direction it points in."""

    text: str
    tick: tuple[float, float, float]
    outward: tuple[float, float, float]
    name: bool = False  # the LaTeX name of an axis, set beyond the numbers


@dataclass(frozen=True, eq=False)
class Rulers:
    """Lines (n, 2, 3) in the world, and what is written at them."""

    segments: Floats
    numerals: tuple[Numeral, ...]


def terrain_rulers(axes: Axes, terrain: Terrain, camera: Camera, size: Size) -> Rulers:
    """Lay out the axes of a terrain for a camera and a picture of ``size`` pixels of the look.

    x and y run along the two edges that face the camera, the values up the corner at the left. The last layouts are
    kept, as lines and numbers are drawn from the same one.
    """
    return _terrain_rulers(axes, terrain, camera.flat, camera.pose, (float(size[0]), float(size[1])))


@lru_cache(maxsize=4)
def _terrain_rulers(axes: Axes, terrain: Terrain, flat: bool, pose: Pose, size: Size) -> Rulers:
    camera = Camera(flat=flat)
    camera.pose = pose
    back = camera.back
    near = np.array([1.0 if back[0] >= 0 else -1.0, 1.0 if back[1] >= 0 else -1.0])
    segments: list[tuple[Floats, Floats]] = []
    numerals: list[Numeral] = []

    def mark(at: Floats, outward: Floats, text: str, name: bool = False) -> None:
        tip = at + TICK * outward
        if not name:
            segments.append((at, tip))
        numerals.append(Numeral(text, _triple(tip), _triple(outward), name))

    for axis, name in ((0, axes.x), (1, axes.y)):
        along, outward = np.eye(3)[axis], near[1 - axis] * np.eye(3)[1 - axis]
        foot = (1.0 + GAP) * outward + terrain.base * UP
        segments.append((foot - along, foot + along))
        low, high = terrain.domain[axis]
        values = terrain.ticks(axis)
        places = 2.0 * (values - low) / (high - low) - 1.0
        step = _ticks_apart(camera, size, foot[None] + places[:, None] * along)
        digits = _digits(values)
        for value, place in list(zip(values, places, strict=True))[::step]:
            mark(foot + place * along, outward, trimmed(float(value), digits))
        mark(foot, outward, name, name=True)

    corners = np.array([[-near[0], near[1], terrain.base], [near[0], -near[1], terrain.base]])
    left = int(np.argmin(camera.project(corners, size)[:, 0]))
    outward = np.eye(3)[left] * np.sign(corners[left])
    foot = corners[left] * [1, 1, 0] + GAP * outward
    rise = camera.project(np.array([foot, foot + terrain.height * UP]), size)
    ticks = terrain.value_ticks(float(np.linalg.norm(rise[1] - rise[0])), VALUE_GAP)
    if len(ticks) > 1:
        top = max(t for _, t in ticks) * terrain.height
        segments.append((foot, foot + top * UP))
        for value, t in ticks:
            mark(foot + t * terrain.height * UP, outward, short(value))
    return Rulers(np.array(segments), tuple(numerals))


def _ticks_apart(camera: Camera, size: Size, points: Floats) -> int:
    """Return 1, or how many ticks make one number where they stand too close in the picture."""
    if len(points) < 2:
        return 1
    pixels = camera.project(points, size)
    closest = float(np.linalg.norm(np.diff(pixels, axis=0), axis=1).min())
    return max(1, int(np.ceil(TICK_GAP / max(closest, 1e-3)))) if closest < TICK_GAP else 1


def _digits(values: Floats) -> int:
    """Return how many decimals a row of round values needs."""
    for digits in range(9):
        if np.allclose(values, np.round(values, digits), rtol=0, atol=1e-9):
            return digits
    return 9


def _triple(vector: Floats) -> tuple[float, float, float]:
    x, y, z = vector
    return float(x), float(y), float(z)


@dataclass(frozen=True)
class PlaneNumeral:
    """A number beside an axis of the plane, at a pixel of the picture."""

    text: str
    pixel: tuple[float, float]
    axis: int  # 0: below the x axis, 1: left of the y axis


def plane_numerals(
    camera: Camera, size: Size, free: tuple[float, float, float, float], gap: float
) -> list[PlaneNumeral]:
    """Return the numbers along the plane's axes, at least ``gap`` pixels apart, inside the free rectangle.

    Zero is left out. An axis outside the rectangle keeps its numbers at the rectangle's edge.
    """
    x, y, w, h = free
    origin, ex, ey = camera.project(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), size)
    numerals = []
    for axis, unit in ((0, ex[0] - origin[0]), (1, ey[1] - origin[1])):
        if abs(unit) < 1e-6:
            continue
        whole = max(_round_up(gap / abs(unit)), 1.0)
        step = whole if abs(unit) < 8 * gap else _round_up(3 * gap / abs(unit))  # fractions only where there is room
        low, high = sorted(((x - origin[0]) / unit, (x + w - origin[0]) / unit) if axis == 0 else
                           ((y - origin[1]) / unit, (y + h - origin[1]) / unit))  # fmt: skip
        first, last = int(np.ceil(low / step)), int(np.floor(high / step))
        if last - first > 400:
            continue
        for k in range(first, last + 1):
            if k:
                value = k * step
                at = origin + (ex - origin if axis == 0 else ey - origin) * value
                px = float(np.clip(at[0], x + 0.5 * gap, x + w))
                py = float(np.clip(at[1], y, y + h - 0.5 * gap))
                numerals.append(PlaneNumeral(trimmed(value, _digits(np.array([step]))), (px, py), axis))
    return numerals


def _round_up(rough: float) -> float:
    """Return the next number 1, 2 or 5 times a power of ten, at least 0.01."""
    power = 10.0 ** np.floor(np.log10(max(rough, 0.01)))
    return float(power * next(m for m in (1.0, 2.0, 5.0, 10.0) if m * power >= rough * (1 - 1e-9)))
