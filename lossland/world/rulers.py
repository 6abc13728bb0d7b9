"""Layout of the numbered axes of a terrain and of the plane: lines, ticks and numbers. No GL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import starmap
from math import ceil, hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.numerals import distinct, trimmed
from lossland.world.camera import Camera, Pose
from lossland.world.layers import Axes
from lossland.world.terrain import Terrain
from lossland.world.ticks import Scale, digits_of, next_step, tick_texts

Floats = NDArray[np.float64]
Size = tuple[float, float]

UP = np.array([0.0, 0.0, 1.0])
GAP = 0.045  # world, between the block and its axes
TICK = 0.035  # world
TICK_GAP = 26.0  # logical pixels, between numbers of a floor axis
FINEST = 0.01  # between numbers of the plane
LONGEST = 8  # letters of a number on a floor axis
VALUE_GAP = 20.0  # logical pixels, between numbers of the value axis


@dataclass(frozen=True)
class Numeral:
    """A number or name at a tick: ``tick`` is the tick's outer end, ``outward`` the world direction it points in."""

    text: str
    tick: tuple[float, float, float]
    outward: tuple[float, float, float]
    name: bool = False  # the LaTeX name of an axis, set beyond the numbers


@dataclass(frozen=True, eq=False)
class Rulers:
    """Lines (n, 2, 3) in the world, and the texts along them, names first."""

    segments: Floats
    numerals: tuple[Numeral, ...]

    @cached_property
    def directions(self) -> Floats:
        """The end of each number's tick, and a point beyond it: world points (n, 2, 3)."""
        ticks = np.array([numeral.tick for numeral in self.numerals]).reshape(-1, 3)
        away = np.array([numeral.outward for numeral in self.numerals]).reshape(-1, 3)
        return np.stack([ticks, ticks + 0.05 * away], 1)


def terrain_rulers(axes: Axes, terrain: Terrain, camera: Camera, size: Size) -> Rulers:
    """Lay out the axes of a terrain for a camera and a picture of ``size`` logical pixels.

    x and y run along the two edges that face the camera, the values up the left corner. The same object is returned
    as long as the layout does not change, also while the camera turns.
    """
    return _seen_rulers(axes, terrain, camera.flat, camera.pose, (float(size[0]), float(size[1])))


@lru_cache(maxsize=4)  # lines and numbers are drawn from the same layout
def _seen_rulers(axes: Axes, terrain: Terrain, flat: bool, pose: Pose, size: Size) -> Rulers:
    camera = Camera(flat=flat)
    camera.pose = pose
    back = camera.back
    near = (1.0 if back[0] >= 0 else -1.0, 1.0 if back[1] >= 0 else -1.0)
    sides = _sides(terrain, near)
    pixels = camera.project(sides.probes, size)
    every = tuple(_ticks_apart(pixels[part]) for part in sides.floor)
    corner = _values_corner(pixels[sides.corners])
    foot, head = pixels[sides.rises[corner]]
    ticks = terrain.value_ticks(float(np.hypot(*(head - foot))), VALUE_GAP)
    return _rulers(axes, terrain, near, every, corner, tuple(ticks))


def _values_corner(pixels: Floats) -> int:
    """Return the corner, 0 or 1, of the value axis, from the pixels (3, 2) of both and of the nearest corner.

    It is the left one, unless the floor axis that ends there is so steep in the picture that its numbers would collide
    with the values.
    """
    left = int(pixels[1, 0] < pixels[0, 0])
    across, up = np.abs(pixels[:2] - pixels[2]).T
    return 1 - left if up[left] > across[left] and up[1 - left] < across[1 - left] else left


class _Sides(NamedTuple):
    """The axes on the two near sides: the world points (k, 3) whose pixels determine the layout, and their slices."""

    probes: Floats
    floor: tuple[slice, slice]  # the ticks along x and y
    corners: slice  # the two candidates for the value axis, and the nearest
    rises: tuple[slice, slice]  # both ends of the value axis at each


@lru_cache(maxsize=4)
def _sides(terrain: Terrain, near: tuple[float, float]) -> _Sides:
    points: list[Floats] = []
    parts: list[slice] = []

    def add(more: Floats) -> None:
        start = parts[-1].stop if parts else 0
        points.append(more)
        parts.append(slice(start, start + len(more)))

    for axis in (0, 1):
        add(_floor_foot(terrain, near, axis) + _places(terrain, axis)[:, None] * np.eye(3)[axis])
    add(_corners(terrain, near))
    for corner in (0, 1):
        foot, _ = _value_foot(terrain, near, corner)
        add(np.array([foot, foot + terrain.height * UP]))
    return _Sides(np.concatenate(points), (parts[0], parts[1]), parts[2], (parts[3], parts[4]))


def _floor_foot(terrain: Terrain, near: tuple[float, float], axis: int) -> Floats:
    """Return the middle of a floor axis."""
    return (1.0 + GAP) * near[1 - axis] * np.eye(3)[1 - axis] + terrain.base * UP


def _places(terrain: Terrain, axis: int) -> Floats:
    """Return the positions of a floor axis's ticks along it, in [-1, 1]."""
    return Scale(*terrain.domain[axis]).share(terrain.ticks(axis)) * 2 - 1.0


def _corners(terrain: Terrain, near: tuple[float, float]) -> Floats:
    """Return the two corners of the block that are neither nearest nor farthest, and the nearest."""
    x, y = near
    return np.array([[-x, y, terrain.base], [x, -y, terrain.base], [x, y, terrain.base]])


def _value_foot(terrain: Terrain, near: tuple[float, float], corner: int) -> tuple[Floats, Floats]:
    """Return the lower end of the value axis at one of the two corners, and the outward direction there."""
    at = _corners(terrain, near)[corner]
    outward = np.eye(3)[corner] * np.sign(at)
    return at * [1, 1, 0] + GAP * outward, outward


@lru_cache(maxsize=4)
def _rulers(
    axes: Axes,
    terrain: Terrain,
    near: tuple[float, float],
    every: tuple[int, ...],
    corner: int,
    ticks: tuple[tuple[float, float], ...],
) -> Rulers:
    segments: list[tuple[Floats, Floats]] = []
    numerals: list[Numeral] = []

    def mark(at: Floats, outward: Floats, text: str, name: bool = False) -> None:
        tip = at + TICK * outward
        if not name:
            segments.append((at, tip))
        numerals.append(Numeral(text, _triple(tip), _triple(outward), name))

    for axis, name in ((0, axes.x), (1, axes.y)):
        along, outward = np.eye(3)[axis], near[1 - axis] * np.eye(3)[1 - axis]
        foot = _floor_foot(terrain, near, axis)
        segments.append((foot - along, foot + along))
        values = terrain.ticks(axis)
        for text, place in list(zip(tick_texts(values), _places(terrain, axis), strict=True))[:: every[axis]]:
            mark(foot + place * along, outward, text)
        if name:
            mark(foot, outward, name, name=True)

    foot, outward = _value_foot(terrain, near, corner)
    if len(ticks) > 1 and axes.values is not None:
        top = max(t for _, t in ticks) * terrain.height
        segments.append((foot, foot + top * UP))
        for text, (_, t) in zip(distinct([value for value, _ in ticks]), ticks, strict=True):
            mark(foot + t * terrain.height * UP, outward, text)
        if axes.values:
            mark(foot + top * UP, outward + UP, axes.values, name=True)
    return Rulers(np.array(segments), tuple(sorted(numerals, key=lambda numeral: not numeral.name)))


def _ticks_apart(pixels: Floats) -> int:
    """Return the stride of numbered ticks: 1, or more where they are too close in the picture."""
    if len(pixels) < 2:
        return 1
    closest = min(starmap(hypot, np.diff(pixels, axis=0).tolist()))
    return max(1, ceil(TICK_GAP / max(closest, 1e-3))) if closest < TICK_GAP else 1


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
    origin, ex, ey = camera.project(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), size).tolist()
    numerals = []
    for axis, unit in ((0, ex[0] - origin[0]), (1, ey[1] - origin[1])):
        if abs(unit) < 1e-6:
            continue
        whole = max(next_step(gap / abs(unit)), 1.0)
        fraction = next_step(max(3 * gap / abs(unit), FINEST))
        step = whole if abs(unit) < 8 * gap else fraction  # fractions only where there is room
        low, high = sorted(((x - origin[0]) / unit, (x + w - origin[0]) / unit) if axis == 0 else
                           ((y - origin[1]) / unit, (y + h - origin[1]) / unit))  # fmt: skip
        first, last = int(np.ceil(low / step)), int(np.floor(high / step))
        if last - first > 400:
            continue
        digits, end = digits_of(np.array([step])), ex if axis == 0 else ey
        for k in range(first, last + 1):
            if k:
                value = k * step
                px = min(max(origin[0] + (end[0] - origin[0]) * value, x + 0.5 * gap), x + w)
                py = min(max(origin[1] + (end[1] - origin[1]) * value, y), y + h - 0.5 * gap)
                numerals.append(PlaneNumeral(trimmed(value, digits), (px, py), axis))
    return numerals
