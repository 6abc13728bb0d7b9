"""What is under the pointer: a point of a trail, an arrow, a bar, a node, a cell of a picture. NumPy only, no GL.

Pixels count from the upper left of the picture, y down, and ``size`` is the picture's, as in ``camera.Camera``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera, Size
from lossland.world.layers import (
    Arrows,
    Bars,
    Curve,
    Graph,
    Image,
    Layer,
    Lines,
    Points,
    Polygon,
    Sheet,
    Solid,
    Sprites,
    Surface,
    Trail,
)
from lossland.world.terrain import Terrain

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

BEHIND = 0.03  # world: so far behind what is opaque an element still shows
HEAD = -1  # the element of a trail that is its head
HEAD_REACH = 12.0  # pixels of the look around a head
SLACK = 4.0  # pixels of the look beside what is drawn in which it is still meant

# The twelve edges of a box: pairs of corners that differ along one axis.
BOX = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
BOX_EDGES = np.array([pair for pair in combinations(range(8), 2) if np.abs(BOX[pair[0]] - BOX[pair[1]]).sum() == 1])


class Picked(NamedTuple):
    """An element of a layer: its number, its distance from the pointer in pixels, and where it is in the world."""

    element: int
    pixels: float
    position: tuple[float, float, float]


class Hit(NamedTuple):
    """A layer by its key in the frame, and the element of it that was found."""

    key: str
    picked: Picked


class Place(NamedTuple):
    """Distances from the pointer in pixels (n,), where in the world (n, 3), and whose they are (None: 0, 1 ... n-1)."""

    pixels: Floats
    position: Floats
    element: Ints | None = None


class Sight(NamedTuple):
    """A pixel of a picture, the ray through it, and how far from it something may be that is looked for."""

    camera: Camera
    pointer: Floats
    size: Size
    radius: float
    origin: Floats
    direction: Floats


def sight(camera: Camera, pixel: ArrayLike, size: Size, radius: float) -> Sight:
    """Return what is seen through a pixel, and ``radius`` pixels around it."""
    pointer = np.asarray(pixel, float)
    return Sight(camera, pointer, size, radius, *camera.ray(pointer.tolist(), size))


def pick(layer: Layer, frame: Frame, camera: Camera, pixel: ArrayLike, size: Size, radius: float) -> Picked | None:
    """Return the element of a layer nearest to a pixel, or None where there is none within ``radius`` pixels.

    What lies behind the eye or is hidden by something opaque is left out. Of elements that are equally near, the
    one nearest to the eye is meant: bars under the pointer are all at distance 0.
    """
    seen = sight(camera, pixel, size, radius)
    return _nearest(layer, seen, _opaque_depth(frame.layers, seen))


def pick_any(
    frame: Frame, camera: Camera, pixel: ArrayLike, size: Size, scale: float = 1.0, show: Show | None = None
) -> Hit | None:
    """Return what is meant in a whole frame: of small things the nearest to the pixel, else the first that is met.

    ``scale`` is the number of pixels to a pixel of the look; layers that ``show`` hides or that are not pickable are
    left out. The ground is not picked: it has a place, but no elements.
    """
    shown = [
        (place, layer)
        for place, layer in enumerate(frame.layers)
        if type(layer) in _MEASURES
        and layer.pickable
        and (show is None or not layer.group or getattr(show, layer.group, True))
    ]
    seen = sight(camera, pixel, size, 0.0)
    depth = _opaque_depth([layer for layer in frame.layers if isinstance(layer, Surface)], seen)
    depth = _opaque_depth([layer for _, layer in shown], seen, depth)
    best: tuple[tuple[float, float, int], Hit] | None = None
    for place, layer in shown:
        wide = isinstance(layer, _WIDE)
        picked = _nearest(layer, seen._replace(radius=0.0 if wide else _reach(layer) * scale), depth)
        if picked is None:
            continue
        along = float((np.asarray(picked.position) - seen.origin) @ seen.direction)
        rank = (1.0, along, -place) if wide else (0.0, picked.pixels, -place)
        if best is None or rank < best[0]:
            best = rank, Hit(frame.keys[place], picked)
    return best[1] if best else None


def position_of(layer: Layer, element: int) -> Floats | None:
    """Return where an element that keeps its number is now, (3,) in the world; None where the layer has none such."""
    if isinstance(layer, Trail):
        return layer.end if element == HEAD and len(layer.points) else None
    if isinstance(layer, Points):
        index = element if layer.number is None else _index(layer.number, element)
        if not 0 <= index < len(layer.position):
            return None
        target = None if layer.target is None else layer.target[index : index + 1]
        return _in_world(moved(layer.position[index : index + 1], target, layer.share), layer.ground)[0]
    if isinstance(layer, Sprites) and 0 <= element < len(layer.position):
        one = slice(element, element + 1)
        return moved(layer.position[one], None if layer.target is None else layer.target[one], layer.share)[0]
    if isinstance(layer, Graph) and 0 <= element < len(layer.nodes):
        return np.asarray(layer.nodes[element], float)
    return None


def moved(position: ArrayLike, target: ArrayLike | None, share: float) -> Floats:
    """Return where points (n, 3) are that have gone ``share`` of the way to their targets (n, 3)."""
    start = np.asarray(position, float)
    return start if target is None else start + share * (np.asarray(target, float) - start)


def sheet_points(layer: Sheet) -> Floats:
    """Return where the points (ny, nx, 3) of a sheet are now."""
    return moved(layer.start, layer.end, layer.share)


# --------------------------------------------------------------------------------------------------- what is meant
def _nearest(layer: Layer, seen: Sight, opaque: float) -> Picked | None:
    measure = _MEASURES.get(type(layer))
    if measure is None:
        return None
    place = measure(layer, seen)
    if not len(place.pixels):
        return None
    depth = (place.position - seen.origin) @ seen.direction
    near = (place.pixels <= seen.radius) & np.isfinite(place.position).all(axis=1)
    if getattr(layer, "depth", True):
        near &= depth < opaque + BEHIND
    if not seen.camera.flat:
        near &= depth > 0.0
    candidates = np.flatnonzero(near)
    if not len(candidates):
        return None
    best = candidates[np.lexsort((depth[candidates], np.round(place.pixels[candidates], 6)))[0]]
    x, y, z = place.position[best].tolist()
    element = best if place.element is None else place.element[best]
    return Picked(int(element), float(place.pixels[best]), (x, y, z))


def _reach(layer: Layer) -> float:
    """Return within how many pixels of the look something small is meant."""
    if isinstance(layer, Points):
        return SLACK + (0.5 * layer.size if layer.style == "dot" else layer.size)
    if isinstance(layer, Sprites):
        return 0.5 * layer.size
    if isinstance(layer, Graph):
        return layer.radius
    if isinstance(layer, Trail):
        return HEAD_REACH
    return SLACK + 0.5 * float(getattr(layer, "width", 0.0))


def _opaque_depth(layers: Sequence[Layer], seen: Sight, depth: float = np.inf) -> float:
    """Return how far along the ray the first opaque thing is; infinity where it meets none."""
    for layer in layers:
        if isinstance(layer, Surface):
            if layer.sheet and layer.alpha < 1.0:
                continue
            lift = layer.lift if layer.sheet else 0.0
            where = layer.terrain.intersect(seen.origin - (0.0, 0.0, lift), seen.direction, layer.sheet)
            hits = np.zeros((0, 3)) if where is None else layer.terrain.world_from_domain(where, lift)[None]
        elif _is_opaque(layer):
            place = _MEASURES[type(layer)](layer, seen)
            hits = place.position[place.pixels <= 0.0]
        else:
            continue
        along = (hits - seen.origin) @ seen.direction
        depth = min(depth, float(along.min(initial=np.inf)))
    return depth


def _is_opaque(layer: Layer) -> bool:
    if isinstance(layer, Bars):
        return True
    if isinstance(layer, Sheet):
        return layer.fill >= 1.0
    return isinstance(layer, Solid | Image) and layer.alpha >= 1.0


# ----------------------------------------------------------------------------------------- distances by layer type
def _points(layer: Points, seen: Sight) -> Place:
    position, among = moved(layer.position, layer.target, layer.share), None
    if layer.ground is not None and position.shape[1] == 2:
        among = _near_the_ray(position, layer.ground, seen)
        position = position[among]
    place = _nearest_points(_in_world(position, layer.ground), seen)
    if layer.number is None:
        return place._replace(element=among)
    return place._replace(element=np.asarray(layer.number) if among is None else np.asarray(layer.number)[among])


def _sprites(layer: Sprites, seen: Sight) -> Place:
    return _nearest_points(moved(layer.position, layer.target, layer.share), seen)


def _graph(layer: Graph, seen: Sight) -> Place:
    """Measure nodes, then edges: edge k is element ``len(nodes) + k``."""
    nodes, edges = np.asarray(layer.nodes, float), np.asarray(layer.edges).reshape(-1, 2)
    at_nodes = _nearest_points(nodes, seen)
    beside = _on_segments(nodes[edges[:, 0]], nodes[edges[:, 1]], seen)
    away = beside.pixels + np.where(at_nodes.pixels.min(initial=np.inf) <= seen.radius, np.inf, 0.0)
    away[beside.pixels > SLACK] = np.inf  # a node is as large as its radius, an edge is thin
    return Place(np.append(at_nodes.pixels, away), np.vstack([nodes, beside.position]))


def _arrows(layer: Arrows, seen: Sight) -> Place:
    return _on_segments(np.asarray(layer.tail, float).reshape(-1, 3), np.asarray(layer.tip, float).reshape(-1, 3), seen)


def _trail(layer: Trail, seen: Sight) -> Place:
    """Measure the head, which is ``HEAD``, and the pieces that are shown, each named by the point before it."""
    if not len(layer.points):
        return Place(np.zeros(0), np.zeros((0, 3)))
    end = layer.end[None]
    until = int(np.searchsorted(layer.progress, layer.upto, "right"))
    path = np.vstack([np.asarray(layer.points, float)[:until], end])
    line = _on_segments(path[:-1], path[1:], seen)
    line.pixels[line.pixels > SLACK + 0.25 * HEAD_REACH] = np.inf
    number = layer.first + np.arange(len(path) - 1)
    if not layer.head:
        return line._replace(element=number)
    head = _nearest_points(end, seen)
    if head.pixels[0] <= seen.radius:
        line.pixels[:] = np.inf
    return Place(np.append(head.pixels, line.pixels), np.vstack([end, line.position]), np.append(HEAD, number))


def _lines(layer: Lines, seen: Sight) -> Place:
    """Measure every piece of every path, numbered through."""
    paths = [np.asarray(path, float).reshape(-1, 3) for path in layer.paths]
    starts = np.concatenate([path[:-1] for path in paths] or [np.zeros((0, 3))])
    ends = np.concatenate([path[1:] for path in paths] or [np.zeros((0, 3))])
    return _on_segments(starts, ends, seen)


def _curve(layer: Curve, seen: Sight) -> Place:
    points = np.asarray(layer.points, float)
    if layer.upto is not None and layer.at is not None:
        points = points[: int(np.searchsorted(layer.at, layer.upto, "right"))]
    return _on_segments(points[:-1], points[1:], seen)


def _bars(layer: Bars, seen: Sight) -> Place:
    low, high = np.sort(np.stack([np.asarray(layer.low, float), np.asarray(layer.high, float)]), axis=0)
    corners = low[:, None] + BOX * (high - low)[:, None]
    drawn = seen.camera.project(corners, seen.size)
    pixels, _ = _to_segments(seen.pointer, drawn[:, BOX_EDGES[:, 0]], drawn[:, BOX_EDGES[:, 1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.sort(np.stack([(low - seen.origin), (high - seen.origin)]) / seen.direction, axis=0)
    enter, leave = np.nanmax(crossing[0], axis=1), np.nanmin(crossing[1], axis=1)
    hit = enter <= leave
    at = seen.origin + np.where(hit, enter, 0.0)[:, None] * seen.direction
    position = np.where(hit[:, None], at, (low + high) / 2)
    return Place(np.where(hit, 0.0, pixels.min(axis=1)), position)


def _polygon(layer: Polygon, seen: Sight) -> Place:
    corners = np.asarray(layer.corners, float)
    fan = np.array([(0, k, k + 1) for k in range(1, len(corners) - 1)])
    place = _on_triangles(corners, fan, seen)
    return place._replace(element=np.zeros(len(place.pixels), int))


def _solid(layer: Solid, seen: Sight) -> Place:
    return _on_triangles(np.asarray(layer.mesh.vertices, float), np.asarray(layer.mesh.triangles), seen)


def _sheet(layer: Sheet, seen: Sight) -> Place:
    """Measure the cells, row by row; a cell is two triangles."""
    grid = sheet_points(layer)
    rows, columns = grid.shape[:2]
    drawn = seen.camera.project(grid, seen.size)
    corners = [drawn[j : rows - 1 + j, i : columns - 1 + i] for j in (0, 1) for i in (0, 1)]
    low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
    cells = np.flatnonzero(((low <= seen.pointer) & (seen.pointer <= high)).all(axis=-1))
    first = cells // (columns - 1) * columns + cells % (columns - 1)
    triangles = np.stack([first, first + 1, first + columns, first + 1, first + columns + 1, first + columns], -1)
    place = _on_triangles(grid.reshape(-1, 3), triangles.reshape(-1, 3), seen)
    return place._replace(element=np.repeat(cells, 2))


def _image(layer: Image, seen: Sight) -> Place:
    """Measure the one cell that the ray goes through, numbered row by row from above."""
    corner, right, up = (np.asarray(side, float) for side in (layer.corner, layer.right, layer.up))
    normal = np.cross(right, up)
    slant = float(seen.direction @ normal)
    if abs(slant) < 1e-12:
        return Place(np.zeros(0), np.zeros((0, 3)))
    at = seen.origin + float((corner - seen.origin) @ normal) / slant * seen.direction
    (u, v), *_ = np.linalg.lstsq(np.column_stack([right, up]), at - corner, rcond=None)
    if not (0.0 <= u < 1.0 and 0.0 <= v < 1.0):
        return Place(np.zeros(0), np.zeros((0, 3)))
    rows, columns = np.shape(layer.picture)[:2]
    return Place(np.zeros(1), at[None], np.array([int((1.0 - v) * rows) * columns + int(u * columns)]))


_MEASURES: dict[type[Layer], Callable[[Any, Sight], Place]] = {
    Points: _points,
    Sprites: _sprites,
    Graph: _graph,
    Arrows: _arrows,
    Trail: _trail,
    Lines: _lines,
    Curve: _curve,
    Bars: _bars,
    Polygon: _polygon,
    Solid: _solid,
    Sheet: _sheet,
    Image: _image,
}
_WIDE = (Bars, Polygon, Solid, Sheet, Image)  # what the pointer is on, not beside


# ------------------------------------------------------------------------------------------------------- helpers
def _in_world(points: Floats, ground: Terrain | None) -> Floats:
    """Return world points (n, 3) of points (n, 3), or (n, 2) on a ground or in the plane."""
    if points.shape[1] == 2:
        points = (
            np.column_stack([points, np.zeros(len(points))]) if ground is None else ground.world_from_domain(points)
        )
    return points


def _near_the_ray(position: NDArray[np.floating], ground: Terrain, seen: Sight) -> Ints:
    """Return which points (n, 2) of the domain may be seen within the radius: those in a box around the ray's way.

    Where the ray passes between the ground's lowest and highest point; millions of points are thinned out by it in
    a few milliseconds. What is outside the domain is not drawn, and left out too.
    """
    around = [seen.pointer + seen.radius * np.array(corner) for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
    rays = [seen.camera.ray(pixel.tolist(), seen.size) for pixel in around]
    ends = []
    for height in (float(ground.ground.min()), ground.top):
        for origin, direction in rays:
            way = (height - origin[2]) / direction[2] if abs(direction[2]) > 1e-9 else -1.0
            if way <= 0.0 and not seen.camera.flat:  # the ray looks past the ground: it may go anywhere over it
                ends += [np.array([-1.0, -1.0]), np.array([1.0, 1.0])]
            else:
                ends.append(origin[:2] + way * direction[:2])
    low, high = ground.domain_from_world(np.clip([np.min(ends, axis=0), np.max(ends, axis=0)], -1.0, 1.0))
    x, y = position[:, 0], position[:, 1]
    return np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))


def _nearest_points(position: Floats, seen: Sight) -> Place:
    return Place(np.linalg.norm(seen.camera.project(position, seen.size) - seen.pointer, axis=-1), position)


def _on_segments(start: Floats, end: Floats, seen: Sight) -> Place:
    """Return the distances to segments between world points (n, 3), and the nearest point of each."""
    project = seen.camera.project
    pixels, share = _to_segments(seen.pointer, project(start, seen.size), project(end, seen.size))
    return Place(pixels, start + share[:, None] * (end - start))


def _to_segments(pointer: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return the distances (...) from a pixel to segments (..., 2), and how far along each the nearest point is."""
    along = end - start
    length = np.einsum("...x,...x->...", along, along)
    share = np.clip(np.einsum("...x,...x->...", pointer - start, along) / np.maximum(length, 1e-12), 0.0, 1.0)
    return np.linalg.norm(start + share[..., None] * along - pointer, axis=-1), share


def _on_triangles(vertices: Floats, triangles: Ints, seen: Sight) -> Place:
    """Return where the ray goes through triangles (k, 3): distance 0 there, infinity beside (Möller, Trumbore 1997)."""
    if not len(triangles):
        return Place(np.zeros(0), np.zeros((0, 3)))
    a, b, c = vertices[triangles[:, 0]], vertices[triangles[:, 1]], vertices[triangles[:, 2]]
    one, two = b - a, c - a
    across = np.cross(seen.direction, two)
    det = np.einsum("ij,ij->i", one, across)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1.0 / det
        away = seen.origin - a
        u = np.einsum("ij,ij->i", away, across) * inverse
        around = np.cross(away, one)
        v = around @ seen.direction * inverse
        way = np.einsum("ij,ij->i", around, two) * inverse
        inside = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & np.isfinite(way)
    position = np.where(
        inside[:, None], seen.origin + np.where(inside, way, 0.0)[:, None] * seen.direction, (a + b + c) / 3
    )
    return Place(np.where(inside, 0.0, np.inf), position)


def _index(number: Ints, element: int) -> int:
    found = np.flatnonzero(np.asarray(number) == element)
    return int(found[0]) if len(found) else -1
