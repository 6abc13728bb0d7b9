"""Which point, arrow, bar, node or small picture is under the pointer. NumPy only, no GL.

Pixels count from the upper left of the picture, y down, and ``size`` is the picture's, as in ``camera.Camera``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.camera import Camera, Size
from lossland.layers import Arrows, Bars, Graph, Layer, Points, Sprites, Surface
from lossland.scenery import Frame

Floats = NDArray[np.float64]

REACH = 10.0  # pixels from the pointer in which an element is still meant
BEHIND = 0.03  # world: so far under the ground an element still shows

# The twelve edges of a box: pairs of corners that differ along one axis.
_BOX = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
_BOX_EDGES = np.array([pair for pair in combinations(range(8), 2) if np.abs(_BOX[pair[0]] - _BOX[pair[1]]).sum() == 1])


class Picked(NamedTuple):
    """An element of a layer: its number, its distance from the pointer in pixels, and where it is in the world."""

    element: int
    pixels: float
    position: tuple[float, float, float]


class Place(NamedTuple):
    """Each element's distance from the pointer in pixels (n,), and where it is in the world (n, 3)."""

    pixels: Floats
    position: Floats


def pick(
    layer: Layer, frame: Frame, camera: Camera, pixel: ArrayLike, size: Size, radius: float = REACH
) -> Picked | None:
    """Return the element of a layer nearest to a pixel, or None where there is none within ``radius`` pixels.

    What lies behind the eye or is hidden by the frame's ground is left out. Of elements that are equally near, the
    one nearest to the eye is meant: bars under the pointer are all at distance 0.
    """
    measure = _MEASURES.get(type(layer))
    if measure is None:
        return None
    pointer = np.asarray(pixel, float)
    place = measure(layer, camera, pointer, size)
    origin, direction = camera.ray(pointer.tolist(), size)
    depth = (place.position - origin) @ direction
    near = (place.pixels <= radius) & (depth < _ground_depth(frame, origin, direction) + BEHIND)
    near &= np.isfinite(place.position).all(axis=1) & (camera.flat | (depth > 0.0))
    candidates = np.flatnonzero(near)
    if not len(candidates):
        return None
    best = candidates[np.lexsort((depth[candidates], np.round(place.pixels[candidates], 6)))[0]]
    x, y, z = place.position[best].tolist()
    return Picked(int(best), float(place.pixels[best]), (x, y, z))


def pick_any(
    frame: Frame, camera: Camera, pixel: ArrayLike, size: Size, radius: float = REACH
) -> tuple[Layer, Picked] | None:
    """Return the layer and element of a whole frame that is nearest to a pixel; of equals the one drawn last."""
    found = [(layer, pick(layer, frame, camera, pixel, size, radius)) for layer in reversed(frame.layers)]
    hits = [(layer, picked) for layer, picked in found if picked is not None]
    return min(hits, key=lambda hit: hit[1].pixels) if hits else None


# ----------------------------------------------------------------------------------------- distances by layer type
def _points(layer: Points, camera: Camera, pointer: Floats, size: Size) -> Place:
    position = moved(layer.position, layer.target, layer.share)
    if position.shape[1] == 2:
        if layer.ground is not None:
            position = layer.ground.world_from_domain(position)
        else:
            position = np.column_stack([position, np.zeros(len(position))])
    return _nearest_points(position, camera, pointer, size)


def _sprites(layer: Sprites, camera: Camera, pointer: Floats, size: Size) -> Place:
    return _nearest_points(moved(layer.position, layer.target, layer.share), camera, pointer, size)


def _nodes(layer: Graph, camera: Camera, pointer: Floats, size: Size) -> Place:
    return _nearest_points(np.asarray(layer.nodes, float), camera, pointer, size)


def _arrows(layer: Arrows, camera: Camera, pointer: Floats, size: Size) -> Place:
    tail, tip = np.asarray(layer.tail, float).reshape(-1, 3), np.asarray(layer.tip, float).reshape(-1, 3)
    pixels, share = _to_segments(pointer, camera.project(tail, size), camera.project(tip, size))
    return Place(pixels, tail + share[:, None] * (tip - tail))


def _bars(layer: Bars, camera: Camera, pointer: Floats, size: Size) -> Place:
    low, high = np.sort(np.stack([np.asarray(layer.low, float), np.asarray(layer.high, float)]), axis=0)
    corners = low[:, None] + _BOX * (high - low)[:, None]
    seen = camera.project(corners, size)
    pixels, _ = _to_segments(pointer, seen[:, _BOX_EDGES[:, 0]], seen[:, _BOX_EDGES[:, 1]])
    origin, direction = camera.ray(pointer.tolist(), size)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.sort(np.stack([(low - origin) / direction, (high - origin) / direction]), axis=0)
    enter, leave = np.nanmax(crossing[0], axis=1), np.nanmin(crossing[1], axis=1)
    hit = enter <= leave
    position = np.where(hit[:, None], origin + np.where(hit, enter, 0.0)[:, None] * direction, (low + high) / 2)
    return Place(np.where(hit, 0.0, pixels.min(axis=1)), position)


_MEASURES: dict[type[Layer], Callable[[Any, Camera, Floats, Size], Place]] = {
    Points: _points,
    Sprites: _sprites,
    Graph: _nodes,
    Arrows: _arrows,
    Bars: _bars,
}


# ------------------------------------------------------------------------------------------------------- helpers
def moved(position: ArrayLike, target: ArrayLike | None, share: float) -> Floats:
    """Return where points (n, 3) are that have gone ``share`` of the way to their targets (n, 3)."""
    start = np.asarray(position, float)
    return start if target is None else start + share * (np.asarray(target, float) - start)


def _nearest_points(position: Floats, camera: Camera, pointer: Floats, size: Size) -> Place:
    return Place(np.linalg.norm(camera.project(position, size) - pointer, axis=-1), position)


def _to_segments(pointer: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return the distances (...) from a pixel to segments (..., 2), and how far along each the nearest point is."""
    along = end - start
    length = np.einsum("...x,...x->...", along, along)
    share = np.clip(np.einsum("...x,...x->...", pointer - start, along) / np.maximum(length, 1e-12), 0.0, 1.0)
    return np.linalg.norm(start + share[..., None] * along - pointer, axis=-1), share


def _ground_depth(frame: Frame, origin: Floats, direction: Floats) -> float:
    """Return how far along a ray the first of the frame's grounds is; infinity where it meets none."""
    depth = np.inf
    for layer in frame.layers:
        if isinstance(layer, Surface):
            place = layer.terrain.intersect(origin, direction)
            if place is not None:
                depth = min(depth, float((layer.terrain.world_from_domain(place) - origin) @ direction))
    return depth
