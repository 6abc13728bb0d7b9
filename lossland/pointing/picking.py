"""Picking in a whole frame: the element under the pointer, its description, its later position. NumPy only, no GL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import lossland.pointing.pickers  # noqa: F401  (registers every picker)
from lossland.pointing.description import Description, Setting, Value
from lossland.pointing.distances import Distances, Sight
from lossland.pointing.picker import PICKERS, Picked
from lossland.pointing.pickers.trails import line_distances
from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera, Size
from lossland.world.layers import Layer, Surface, Trail

CLICK_REACH = 12.0  # logical pixels around a trail in which a click selects it, rather than restart a race
BEHIND = 0.03  # world: depth tolerance behind something opaque


class Hit(NamedTuple):
    """A layer by its key in the frame, and the element of it that was found."""

    key: str
    picked: Picked


def pick(layer: Layer, frame: Frame, camera: Camera, pixel: ArrayLike, size: Size, radius: float) -> Picked | None:
    """Return the element of a layer nearest to a pixel, or None if there is none within ``radius`` pixels.

    Elements behind the camera or something opaque are ignored. Of equally near elements the one nearest to the camera
    is picked: bars under the pointer are all at distance 0.
    """
    sight = Sight.through(pixel, camera, size, radius)
    return _nearest(layer, sight, _opaque_depth(frame.layers, sight))


def pick_any(
    frame: Frame, camera: Camera, pixel: ArrayLike, size: Size, scale: float = 1.0, show: Show | None = None
) -> Hit | None:
    """Return the picked element of a whole frame: the small one nearest to the pixel, else the first along the ray.

    ``scale`` is the number of pixels per logical pixel; layers that ``show`` hides are ignored. The ground is not
    pickable: it has values everywhere (see ``probe``), but no elements.
    """
    shown = [
        (index, layer)
        for index, layer in enumerate(frame.layers)
        if type(layer) in PICKERS and layer.pickable and _is_shown(layer, show)
    ]
    sight = Sight.through(pixel, camera, size, scale=scale)
    grounds = [layer for layer in frame.layers if isinstance(layer, Surface)]
    depth: float | None = None  # of the first opaque thing; computed once something is near
    best: tuple[tuple[bool, float, int], Hit] | None = None
    for index, layer in shown:
        picker = PICKERS[type(layer)]
        radius = 0.0 if picker.covering else picker.reach(layer) * scale
        near = sight._replace(radius=radius)
        picked = _nearest(layer, near, np.inf)
        if picked is None:
            continue
        if depth is None:
            depth = _opaque_depth([*grounds, *(one for _, one in shown)], sight)
        picked = _nearest(layer, near, depth)
        if picked is None:
            continue
        away = float(sight.depth(np.array(picked.position))) if picker.covering else picked.pixels
        rank = picker.covering, away, -index  # ties go to the later one, which is drawn on top
        if best is None or rank < best[0]:
            best = rank, Hit(frame.keys[index], picked)
    return best[1] if best else None


def trail_near(
    frame: Frame, camera: Camera, pixel: ArrayLike, size: Size, scale: float = 1.0, show: Show | None = None
) -> Hit | None:
    """Return the trail that a click selects: the nearest one within ``CLICK_REACH``, ``scale`` as in ``pick_any``.

    With X-ray, trails behind the ground count as well; those that ``show`` hides do not.
    """
    sight = Sight.through(pixel, camera, size, CLICK_REACH * scale, scale)
    through = show is None or show.xray
    depth = np.inf if through else _opaque_depth([one for one in frame.layers if isinstance(one, Surface)], sight)
    best: Hit | None = None
    for key, layer in zip(frame.keys, frame.layers, strict=True):
        if not (isinstance(layer, Trail) and layer.pickable and _is_shown(layer, show)):
            continue
        picked = _nearest_of(line_distances(layer, sight), layer, sight, depth)
        if picked is not None and (best is None or picked.pixels <= best.picked.pixels):
            best = Hit(key, picked)
    return best


def describe(hit: Hit, frame: Frame, value: Value | None = None) -> Description | None:
    """Return the description of a hit of ``pick_any`` in the current frame; None if it no longer exists.

    ``value`` gives the ground's exact values; without it only positions are described.
    """
    layer = frame.layer(hit.key)
    if layer is None or type(layer) not in PICKERS:  # gone, or another type of layer has its key
        return None
    ground = None if frame.ground is None else frame.ground.terrain
    try:
        return PICKERS[type(layer)].describe(layer, hit.picked, Setting(ground, value, frame.view.flat, layer.units))
    except IndexError:  # the layer has fewer elements now
        return None


def position_of(layer: Layer, element: int) -> NDArray[np.float64] | None:
    """Return the current world position (3,) of an element with a stable index, or None."""
    picker = PICKERS.get(type(layer))
    return None if picker is None else picker.position_of(layer, element)


def _is_shown(layer: Layer, show: Show | None) -> bool:
    return show is None or not layer.group or getattr(show, layer.group, True)


def _nearest(layer: Layer, sight: Sight, opaque: float) -> Picked | None:
    """Return the nearest element within the radius that is not behind the opaque depth."""
    picker = PICKERS.get(type(layer))
    if picker is None or layer.ghost:
        return None
    return _nearest_of(picker.distances(layer, sight), layer, sight, opaque)


def _nearest_of(found: Distances, layer: Layer, sight: Sight, opaque: float) -> Picked | None:
    if not len(found.pixels) or layer.ghost:
        return None
    depth = sight.depth(found.position)
    near = (found.pixels <= sight.radius) & np.isfinite(found.position).all(axis=1)
    if getattr(layer, "depth", True):
        near &= depth < opaque + BEHIND
    if not sight.camera.flat:
        near &= depth > 0.0
    candidates = np.flatnonzero(near)
    if not len(candidates):
        return None
    best = candidates[np.lexsort((depth[candidates], np.round(found.pixels[candidates], 6)))[0]]
    x, y, z = found.position[best].tolist()
    element = best if found.element is None else found.element[best]
    return Picked(int(element), float(found.pixels[best]), (x, y, z))


def _opaque_depth(layers: Sequence[Layer], sight: Sight) -> float:
    """Return the depth of the first opaque thing along the ray, or infinity."""
    depth = np.inf
    for layer in layers:
        if layer.ghost:
            continue
        picker = PICKERS.get(type(layer))
        if isinstance(layer, Surface):
            if layer.sheet and layer.alpha < 1.0:
                continue
            crossing = layer.intersect(sight.origin, sight.direction)
            hits = np.zeros((0, 3)) if crossing is None else layer.world_from_domain(crossing)[None]
        elif picker is not None and picker.covering and picker.is_opaque(layer):
            found = picker.distances(layer, sight)
            hits = found.position[found.pixels <= 0.0]
        else:
            continue
        depth = min(depth, float(sight.depth(hits).min(initial=np.inf)))
    return depth
