"""What is said beside the pointer of the thing under it, and what of it is drawn out. NumPy only, no GL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.numerals import pair, short, thousands
from lossland.pointing.picking import BOX, BOX_EDGES, HEAD, Hit, Picked, position_of, sheet_points
from lossland.scenery.scene import Frame
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
    Trail,
    Units,
)
from lossland.world.terrain import Terrain

Floats = NDArray[np.float64]
Value = Callable[[tuple[float, float]], float]  # of the ground at a position of the domain

HEAD_RING = 12.0  # pixels of the look
OFF_GROUND = 0.06  # world: so far from the ground something still lies on it
MOST_DRAWN = 400  # points of a path that is drawn out


@dataclass(frozen=True, eq=False)
class Mark:
    """A name in a colour, lines of numbers, and what to draw out: a ring around the position, lines in the world.

    ``ring`` is its radius in pixels of the look (0: none); ``outlines`` are (k, 3) world arrays.
    """

    title: str
    lines: tuple[str, ...]
    color: str
    position: Floats
    ring: float = 0.0
    outlines: tuple[Floats, ...] = ()


def mark(hit: Hit, frame: Frame, value: Value | None = None) -> Mark | None:
    """Return what to say of something found by ``picking.pick_any``, as it is in a frame now.

    ``value`` gives the ground's exact values; without it there are only places. None where it is gone.
    """
    layer = frame.layer(hit.key)
    if layer is None:
        return None
    teller = _TELLERS.get(type(layer))
    ground = None if frame.ground is None else frame.ground.terrain
    try:
        return teller(layer, hit.picked, _Place(ground, value, frame.view.flat, layer.units)) if teller else None
    except IndexError:  # the layer has fewer elements now
        return None


@dataclass(frozen=True, eq=False)
class _Place:
    """Says where a world point is, in the words that suit the scene."""

    ground: Terrain | None
    value: Value | None
    flat: bool
    units: Units | None  # of the layer

    def lines(self, world: ArrayLike) -> tuple[str, ...]:
        if self.units is not None:
            return (self.units.told(np.asarray(world, float)),)
        x, y, z = (float(number) for number in np.asarray(world))
        if self.ground is None:
            return (f"at {pair((x, y) if self.flat else (x, y, z))}",)
        place = self.ground.domain_from_world((x, y)).tolist()
        if abs(z - self.ground.world_from_domain(place)[2]) > OFF_GROUND or max(abs(x), abs(y)) > 1.0 + 1e-6:
            return ()  # beside the ground: its numbers are not this thing's
        if self.value is None:
            return (f"at {pair(place)}",)
        return (f"f{pair(place)} = {short(self.value((place[0], place[1])))}",)


# -------------------------------------------------------------------------------------------- one for each type
def _trail(layer: Trail, picked: Picked, where: _Place) -> Mark:
    points = np.asarray(layer.points, float)
    if picked.element == HEAD:
        position, step = position_of(layer, HEAD), float(min(layer.upto, layer.progress[-1]))
        assert position is not None
    else:
        position = np.asarray(picked.position)
        number = picked.element - layer.first
        if number < 0:
            raise IndexError
        piece = slice(number, number + 2)
        step = _between(points[piece], np.asarray(layer.progress, float)[piece], position)
    shown = points[: int(np.searchsorted(layer.progress, layer.upto, "right"))]
    title = layer.name or layer.label or "Path"
    ring = HEAD_RING if picked.element == HEAD else 5.0
    return Mark(title, (f"step {step:.0f}", *where.lines(position)), layer.color, position, ring, (_thinned(shown),))


def _points(layer: Points, picked: Picked, where: _Place) -> Mark:
    position = position_of(layer, picked.element)
    if position is None:
        raise IndexError
    color = layer.color if isinstance(layer.color, str) else "text"
    radius = 0.5 * layer.size if layer.style == "dot" else layer.size
    index = picked.element if layer.number is None else int(np.flatnonzero(layer.number == picked.element)[0])
    if not isinstance(layer.color, str):
        category = int(layer.color[index])
        color = "dim" if category < 0 else f"particle.{category}"
    title = layer.name if len(layer.position) == 1 and layer.name else _numbered(layer.name or "Point", picked)
    return Mark(title, (*where.lines(position), *_worth(layer, index)), color, position, radius + 4.0)


def _sprites(layer: Sprites, picked: Picked, where: _Place) -> Mark:
    position = position_of(layer, picked.element)
    if position is None:
        raise IndexError
    lines = (*where.lines(position), *_worth(layer, picked.element))
    return Mark(_numbered(layer.name or "Picture", picked), lines, "text", position, 0.5 * layer.size + 4.0)


def _graph(layer: Graph, picked: Picked, where: _Place) -> Mark:
    nodes, edges = np.asarray(layer.nodes, float), np.asarray(layer.edges).reshape(-1, 2)
    if picked.element < len(nodes):
        lines = () if layer.value is None else (f"value {short(float(layer.value[picked.element]))}",)
        position, ring = nodes[picked.element], layer.radius + 4.0
        title = _numbered(layer.name or "Node", picked)
        return Mark(title, (*lines, *_worth(layer, picked.element)), "text", position, ring)
    edge = picked.element - len(nodes)
    start, end = edges[edge].tolist()
    lines = () if layer.weight is None else (f"weight {short(float(layer.weight[edge]))}",)
    return Mark(
        f"From {start + 1} to {end + 1}", lines, "text", np.asarray(picked.position), 0.0, (nodes[[start, end]],)
    )


def _arrows(layer: Arrows, picked: Picked, where: _Place) -> Mark:
    tail = np.asarray(layer.tail, float).reshape(-1, 3)[picked.element]
    tip = np.asarray(layer.tip, float).reshape(-1, 3)[picked.element]
    color = layer.color if isinstance(layer.color, str) else layer.color[picked.element]
    along = (tip - tail)[: 2 if where.flat else 3]
    worth = _worth(layer, picked.element)
    in_world = where.ground is None and where.units is None
    numbers = (f"{pair(along)}, length {short(float(np.linalg.norm(along)))}",) if in_world else ()
    lines = worth or numbers or where.lines(tail)
    return Mark(layer.name or "Arrow", lines, color, np.asarray(picked.position), 0.0, (np.stack([tail, tip]),))


def _lines(layer: Lines, picked: Picked, where: _Place) -> Mark:
    lengths = np.cumsum([max(len(path) - 1, 0) for path in layer.paths])
    number = int(np.searchsorted(lengths, picked.element, "right"))
    path = np.asarray(layer.paths[number], float).reshape(-1, 3)
    lines = _worth(layer, number) or where.lines(picked.position)
    return Mark(layer.name or "Line", lines, layer.color, np.asarray(picked.position), 4.0, (_thinned(path),))


def _curve(layer: Curve, picked: Picked, where: _Place) -> Mark:
    points = np.asarray(layer.points, float)
    position = np.asarray(picked.position)
    lines = where.lines(position)
    if layer.at is not None and layer.units is None:
        piece = slice(picked.element, picked.element + 2)
        lines = (f"at {short(_between(points[piece], np.asarray(layer.at, float)[piece], position))}", *lines)
    return Mark(layer.name or "Curve", lines, layer.color, position, 5.0)


def _bars(layer: Bars, picked: Picked, where: _Place) -> Mark:
    low, high = (np.asarray(side, float)[picked.element] for side in (layer.low, layer.high))
    size = np.abs(high - low)
    lines = _worth(layer, picked.element) or (f"height {short(float(size[2] if size[2] > 0 else size[1]))}",)
    corners = np.minimum(low, high) + BOX * size
    title = _numbered(layer.name or "Bar", picked)
    return Mark(title, lines, "text", np.asarray(picked.position), 0.0, tuple(corners[edge] for edge in BOX_EDGES))


def _polygon(layer: Polygon, picked: Picked, where: _Place) -> Mark:
    corners = np.asarray(layer.corners, float)
    area = 0.5 * float(np.linalg.norm(np.cross(corners[1:-1] - corners[0], corners[2:] - corners[0]).sum(axis=0)))
    lines = _worth(layer, 0) or (f"area {short(area)}",)
    closed = corners[[*range(len(corners)), 0]]
    return Mark(layer.name or "Area", lines, layer.color, np.asarray(picked.position), 0.0, (closed,))


def _solid(layer: Solid, picked: Picked, where: _Place) -> Mark:
    vertices, edges = np.asarray(layer.mesh.vertices, float), np.asarray(layer.mesh.edges)
    element = 0
    if layer.worth is not None and len(layer.worth) > 1:
        element = picked.element  # a number for each triangle: what hangs together with this one is meant
        edges = edges[np.isin(edges, _connected(np.asarray(layer.mesh.triangles), element)).all(axis=1)]
    drawn = tuple(vertices[edge] for edge in edges[:MOST_DRAWN])
    lines = _worth(layer, element) or where.lines(picked.position)
    return Mark(layer.name or "Body", lines, layer.color, np.asarray(picked.position), 0.0, drawn)


def _sheet(layer: Sheet, picked: Picked, where: _Place) -> Mark:
    grid = sheet_points(layer)
    columns = grid.shape[1] - 1
    row, column = divmod(picked.element, columns)
    cell = grid[[row, row, row + 1, row + 1, row], [column, column + 1, column + 1, column, column]]
    value = () if layer.paint is None else (f"value {short(float(layer.paint[row, column]))}",)
    lines = (*where.lines(picked.position), *(_worth(layer, picked.element) or value))
    return Mark(layer.name or "Sheet", lines, "text", np.asarray(picked.position), 0.0, (cell,))


def _image(layer: Image, picked: Picked, where: _Place) -> Mark:
    rows, columns = np.shape(layer.picture)[:2]
    row, column = divmod(picked.element, columns)
    corner, right, up = (np.asarray(side, float) for side in (layer.corner, layer.right, layer.up))
    across, along = right / columns, up / rows
    first = corner + column * across + (rows - 1 - row) * along
    cell = np.stack([first, first + across, first + across + along, first + along, first])
    sample: Any = np.asarray(layer.picture)[row, column]
    text = short(float(sample)) if np.ndim(sample) == 0 else ", ".join(short(float(part)) for part in sample)
    title = layer.name or "Picture"
    lines = (f"row {row + 1}, column {column + 1}", *(_worth(layer, picked.element) or (f"value {text}",)))
    return Mark(title, lines, "text", np.asarray(picked.position), 0.0, (cell,))


_TELLERS: dict[type[Layer], Callable[[Any, Picked, _Place], Mark]] = {
    Trail: _trail,
    Points: _points,
    Sprites: _sprites,
    Graph: _graph,
    Arrows: _arrows,
    Lines: _lines,
    Curve: _curve,
    Bars: _bars,
    Polygon: _polygon,
    Solid: _solid,
    Sheet: _sheet,
    Image: _image,
}


# ------------------------------------------------------------------------------------------------------- helpers
def _numbered(name: str, picked: Picked) -> str:
    """Return a name with an element's number, counted from 1."""
    return f"{name} {thousands(picked.element + 1)}"


def _worth(layer: Layer, element: int) -> tuple[str, ...]:
    if layer.worth is None:
        return ()
    return (short(float(np.ravel(np.asarray(layer.worth))[element])),)


def _connected(triangles: NDArray[np.integer], first: int) -> NDArray[np.integer]:
    """Return the vertices of all triangles (k, 3) that hang together with one of them."""
    vertices = triangles[first]
    while True:
        more = np.unique(triangles[np.isin(triangles, vertices).any(axis=1)])
        if len(more) == len(vertices):
            return more
        vertices = more


def _between(ends: Floats, numbers: Floats, position: Floats) -> float:
    """Return the number at a position between two points (2, 3) that have numbers (2,)."""
    if len(ends) < 2:
        return float(numbers[0])
    along = ends[1] - ends[0]
    share = float(np.clip((position - ends[0]) @ along / max(float(along @ along), 1e-18), 0.0, 1.0))
    return float(numbers[0] + share * (numbers[1] - numbers[0]))


def _thinned(path: Sequence[Any] | Floats) -> Floats:
    """Return a path with at most about ``MOST_DRAWN`` of its points."""
    points = np.asarray(path, float).reshape(-1, 3)
    every = max(1, len(points) // MOST_DRAWN)
    return points[[*range(0, len(points), every), *([len(points) - 1] if len(points) else [])]]
