"""Labels of the index contours of a ground: their positions, and which of them are visible. NumPy only, no GL.

A label keeps its position on the ground while the camera turns; it is omitted where the ground occludes it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.world.camera import Camera, Size
from lossland.world.terrain import Terrain

SAMPLES = 96  # along a side, at which contours are searched
MARGIN = 0.08  # world, from the edge of the ground
APART = 0.34  # world, between labels; twice that between labels of one value
MOST = 14
EACH = 2  # labels of one value
FEW = 10  # labels: below this count, contours between the index contours are labelled too
MARCH = 48  # samples of the ray to the eye, for occlusion
CLEAR = 0.012  # world, above the ground

Floats = NDArray[np.float64]


class ContourLabel(NamedTuple):
    """A contour value and a world point (3,) on its contour."""

    value: float
    position: tuple[float, float, float]


@lru_cache(maxsize=8)
def contour_labels(terrain: Terrain) -> tuple[ContourLabel, ...]:
    """Return the labels of a ground's index contours: where the ground is least steep, and apart from each other."""
    lines = terrain.contours
    index = lines.value[np.isclose(np.mod(lines.phase, lines.every), 0.0)]
    step_y, step_x = (max(1, n // SAMPLES) for n in terrain.value.shape)
    x, y, value = terrain.x[::step_x], terrain.y[::step_y], np.asarray(terrain.value[::step_y, ::step_x], float)
    kept: list[ContourLabel] = []
    for wanted in [*index, *lines.value[~np.isin(lines.value, index)]]:
        if len(kept) >= FEW and wanted not in index:
            break
        flat = terrain.footprint_from_domain(_crossings(x, y, value, float(wanted)))
        flat = flat[np.all(np.abs(flat) < 1.0 - MARGIN, axis=1)]
        if not len(flat):
            continue
        for place in flat[np.argsort(_slope(terrain, flat), kind="stable")]:
            near = [other for other in kept if np.hypot(*(place - other.position[:2])) < _distance(other, wanted)]
            same = [other for other in kept if other.value == wanted]
            if not near and len(same) < EACH:
                z = float(terrain.world_height(wanted))
                kept.append(ContourLabel(float(wanted), (float(place[0]), float(place[1]), z)))
            if len(kept) == MOST:
                return tuple(kept)
    return tuple(kept)


def seen_labels(terrain: Terrain, camera: Camera, size: Size) -> list[tuple[ContourLabel, tuple[float, float]]]:
    """Return the labels that the ground does not occlude, and their pixels."""
    labels = contour_labels(terrain)
    if not labels:
        return []
    places = np.array([label.position for label in labels])
    to_eye = camera.back if camera.flat else camera.eye - places
    to_eye = np.broadcast_to(to_eye / np.linalg.norm(to_eye, axis=-1, keepdims=True), places.shape)
    way = np.linspace(0.03, 2.5, MARCH)
    line = places[:, None] + way[:, None] * to_eye[:, None]  # (n, MARCH, 3)
    over = np.all(np.abs(line[..., :2]) <= 1.0, axis=-1)
    ground = terrain.world_from_domain(terrain.domain_from_world(line))[..., 2]
    hidden = (over & (line[..., 2] + CLEAR < ground)).any(axis=1)
    pixels = camera.project(places, size)
    return [
        (label, (float(pixel[0]), float(pixel[1])))
        for label, pixel, is_hidden in zip(labels, pixels, hidden, strict=True)
        if not is_hidden
    ]


def _distance(other: ContourLabel, value: float) -> float:
    return 2 * APART if other.value == value else APART


def _crossings(x: Floats, y: Floats, value: Floats, level: float) -> Floats:
    """Return the positions in the domain (n, 2) where the grid's lines cross a level, interpolated linearly."""
    found = []
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for axis in (0, 1):
            first, second = (value[:-1], value[1:]) if axis == 0 else (value[:, :-1], value[:, 1:])
            j, i = np.nonzero(((first < level) & (level < second)) | ((first > level) & (level > second)))
            share = (level / 2 - first[j, i] / 2) / (second[j, i] / 2 - first[j, i] / 2)
            if axis == 0:
                found.append(np.column_stack([x[i], y[j] + share * (y[j + 1] - y[j])]))
            else:
                found.append(np.column_stack([x[i] + share * (x[i + 1] - x[i]), y[j]]))
    return np.concatenate(found)


def _slope(terrain: Terrain, flat: Floats) -> Floats:
    """Return how steep the ground is in the world (n,) at world x, y (n, 2)."""
    step = 0.02

    def height(*shift: float) -> Floats:
        return terrain.world_from_domain(terrain.domain_from_world(flat + np.array(shift)))[:, 2]

    return np.hypot(height(step, 0) - height(-step, 0), height(0, step) - height(0, -step)) / (2 * step)
