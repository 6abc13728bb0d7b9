"""The contents of a picture as plain data: layers in the scene's world, and notes beside it. No GL here.

World space: z up; a landscape's footprint is [-1, 1]² whatever its domain (see ``terrain.Terrain``); the plane
scenes use their own units with z = 0. Arrays are float; a painter uploads an array only when it gets *another
object*, so a scene keeps arrays that have not changed. An array may also be on a CUDA device: anything with
``__cuda_array_interface__``, and ``__array__`` to copy it to the host. Positions of dots are drawn without a copy
through the host where possible (see ``render.sharing``). A colour is ``"#RRGGBB"`` or a role of the theme
(``"text"``, ``"dim"``, ``"accent"``, ``"optimizer.adam"``, ``"up"``, ``"down"`` ... see ``theme.Theme.color``).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property, lru_cache
from math import floor, inf, isnan, log10
from typing import Any, Literal, Protocol, TypedDict, TypeVar, Unpack, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError, nearest
from lossland.numerals import fixed, short, told_apart
from lossland.world.phrases import tex
from lossland.world.shapes import Mesh, lifted, point_at
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK
from lossland.world.ticks import Scale
from lossland.world.track import Track

Array = NDArray[np.floating]
Color = str
Cell = str | float  # a number is written with three significant digits
Shades = Literal["signed", "height"]  # the theme's colour maps: -1 ... 1 and 0 ... 1
Colors = Color | Sequence[Color] | NDArray  # see ``Bars``
Style = Literal["dot", "disc", "sphere", "ring"]  # of points
ChartKind = Literal["line", "bar"]
Side = Literal[
    "right", "left", "above", "below", "centre", "above right", "above left", "below right", "below left"
]  # of a label's point

ON_GROUND = 0.012  # world units: height above the ground of layers draped on it


def written(cell: Cell) -> str:
    """Return a cell as text."""
    return cell if isinstance(cell, str) else short(float(cell))


def columns_of(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Return the cells of rows as text, column by column; shorter rows have none in the last columns."""
    count = max((len(row) for row in rows), default=0)
    return [[written(row[k]) for row in rows if k < len(row)] for k in range(count)]


def told_rows(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Return the cells of rows as text; numbers in a column have enough digits to differ."""
    count = max((len(row) for row in rows), default=0)
    columns = [iter(column([row[k] for row in rows if k < len(row)])) for k in range(count)]
    return [[next(cells) for cells, _ in zip(columns, row, strict=False)] for row in rows]


def column(cells: Sequence[Cell]) -> list[str]:
    """Return cells that are compared with each other as text: numbers have enough digits to differ."""
    return list(_column(tuple(cell if isinstance(cell, str) else float(cell) for cell in cells)))


@lru_cache(maxsize=64)  # labels and panels write the same numbers, in every frame
def _column(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    told = iter(told_apart([cell for cell in cells if not isinstance(cell, str)]))
    return tuple(cell if isinstance(cell, str) else next(told) for cell in cells)


SHAPES = {  # of array fields: "n 3", or "n 3 | n 2" where both are accepted
    "Trail": {"points": "m 3", "progress": "m", "beads": "k 3"},
    "Points": {"position": "n 3 | n 2", "target": "n 3 | n 2", "by": "3 3", "number": "n"},
    "Arrows": {"tail": "n 3", "tip": "n 3"},
    "WarpedGrid": {"matrix": "2 2"},
    "Polygon": {"corners": "n 3"},
    "Bars": {"low": "n 3", "high": "n 3"},
    "Curve": {"points": "m 3", "at": "m", "foot": "m 3"},
    "Sheet": {"start": "ny nx 3", "end": "ny nx 3", "paint": "ny nx"},
    "Graph": {"nodes": "n 3", "edges": "m 2", "weight": "m", "value": "n", "flow": "m"},
    "Image": {"picture": "h w | h w 3", "corner": "3", "right": "3", "up": "3"},
    "Sprites": {"position": "n 3 | n 2", "pictures": "n h w | n h w 3", "target": "n 3 | n 2"},
    "Plates": {"corner": "n 3", "right": "n 3", "up": "n 3", "level": "n", "tint": "n", "alpha": "n"},
    "Label": {"position": "3"},
    "Series": {"x": "n", "y": "n"},
    "HeatMap": {"values": "ny nx"},
}


_FORMS = {  # the same, parsed: the names of each shape's lengths, an integer where it is fixed
    kind: {
        name: [[int(part) if part.isdigit() else part for part in shape.split()] for shape in shapes.split("|")]
        for name, shapes in fields.items()
    }
    for kind, fields in SHAPES.items()
}


def _shape_of(value: object) -> tuple[int, ...] | None:
    """Return the shape of an array (on any device) or a list; None for a ragged one."""
    try:
        return getattr(value, "shape", None) or np.asarray(value).shape
    except ValueError:
        return None


def _fits(found: tuple[int, ...] | None, wanted: Sequence[str | int], lengths: dict[str | int, int]) -> bool:
    """Whether a shape matches the wanted one; letters stand for any length, and are bound on first use."""
    if found is None or len(found) != len(wanted):
        return False
    for length, name in zip(found, wanted, strict=True):
        if length != (name if isinstance(name, int) else lengths.setdefault(name, length)):
            return False
    return True


WORDS = {"Shades": get_args(Shades), "Side": get_args(Side), "Style": get_args(Style), "ChartKind": get_args(ChartKind)}
"""The allowed words of a field, by its declared type."""


@cache
def _declared(kind: type) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return the fields of a layer or note that are colours, and those that are one of some words, with these."""
    types = {one.name: set(re.findall(r"\w+", str(one.type))) for one in fields(kind)}
    colors = tuple(name for name, parts in types.items() if parts & {"Color", "Colors"})
    return colors, tuple((name, WORDS[part]) for name, parts in types.items() for part in parts if part in WORDS)


def _check(made: Layer | Note | Row | Series) -> None:
    """Raise UserError for an array of a wrong shape, an unknown colour or an unknown word."""
    _check_shapes(made)
    kind = type(made)
    colors, words = _declared(kind)
    for name in colors:
        value = getattr(made, name)
        for role in (value,) if isinstance(value, str) else value if isinstance(value, list | tuple) else ():
            if isinstance(role, str) and (role or name == "color"):  # elsewhere "" is none
                DARK.color(role)  # both themes have the same roles
    for name, known in words:
        value = getattr(made, name)
        if isinstance(value, str) and value not in known:
            near = nearest(value, known) or f" There are {', '.join(known)}."
            raise UserError(f"{kind.__name__} has no {name} {value!r}.{near}")


def _check_shapes(made: Layer | Note | Row | Series) -> None:
    """Raise UserError for an array of a wrong shape."""
    forms = _FORMS.get(type(made).__name__)
    if forms is None:
        return
    lengths: dict[str | int, int] = {}
    for name, shapes in forms.items():
        value = getattr(made, name)
        if value is None:
            continue
        found = _shape_of(value)
        for shape in shapes:
            if _fits(found, shape, lengths):
                break
        else:
            raise _misshapen(made, name, shapes, found)


def _misshapen(
    made: Layer | Note | Row | Series, name: str, shapes: Sequence[Sequence[str | int]], found: tuple[int, ...] | None
) -> UserError:
    """Return the error of an array of a wrong shape, with the lengths that the fields before it have."""
    lengths: dict[str | int, int] = {}
    for earlier, forms in _FORMS[type(made).__name__].items():
        if earlier == name:
            break
        if getattr(made, earlier) is not None:
            its_shape = _shape_of(getattr(made, earlier))
            next(shape for shape in forms if _fits(its_shape, shape, lengths))  # which binds the lengths
    wanted = " or ".join(f"({', '.join(map(str, shape))})" for shape in shapes)
    known = ", ".join(f"{letter} = {length}" for letter, length in lengths.items() if str(letter) in wanted)
    return UserError(
        f"{type(made).__name__} needs a {name} of the shape {wanted}{known and f' with {known}'}, "
        f"not {'a ragged list' if found is None else found}."
    )


class Units(Protocol):
    """The coordinates of a plot, an axis and the like."""

    def told(self, position_in_world: Array) -> str:
        """Return the coordinates of a world point (3,) as text."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """Anything drawn in the world. ``group`` is the name of the switch that hides it (see ``scenery.Show``); a still
    leaves out "handles", which only help dragging.

    ``key`` identifies it among the frame's layers, from frame to frame: picking, following and sessions refer to it.
    If it is "", the layer's type and its order among those of its type identify it; name layers that can come and go.

    ``name`` is what the tooltip calls it, or one of its elements ("" for a plain word of its type); ``worth`` (n,) are
    values shown there for its elements, or texts, which may have several lines. ``units`` convert a position on it to
    coordinates other than the world's. Layers that are not ``pickable``, such as a grid, are ignored by the pointer.

    ``dim`` in [0, 1] is how far it is faded while something else is in focus, ``emphasis`` in [0, 1] how far it is
    highlighted: brighter and wider. Both may change every frame. A ``ghost`` shows where something was or will be:
    faint outlines with hardly any fill, which cast no shadow and are ignored by the pointer.
    """

    group: str = ""
    key: str = ""
    name: str = ""
    worth: Sequence[float] | Sequence[str] | Array | None = None
    units: Units | None = None
    pickable: bool = True
    dim: float = 0.0
    ghost: bool = False
    emphasis: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn here, where the traceback still shows who made it."""
        _check(self)


class Named(TypedDict, total=False):
    """Options of every layer, also where several are made at once: see `Layer`."""

    key: str
    name: str
    group: str
    pickable: bool
    dim: float
    ghost: bool
    emphasis: float


class Look(Named, total=False):
    """Options of a single layer: see `Layer`."""

    worth: Sequence[float] | Sequence[str] | Array | None
    units: Units | None


class PointLook(Look, total=False):
    """Options of points: see `Points`."""

    target: Array | None
    share: float
    number: NDArray[np.integer] | None
    alpha: float
    passing: bool


class ArrowLook(Look, total=False):
    """Options of arrows: see `Arrows`."""

    width: float
    depth: bool


class LabelLook(Look, total=False):
    """Options of labels: see `Label`."""

    value: Cell
    latex: bool
    size: float
    side: Side | Sequence[float] | Array
    bold: bool
    plate: Color
    stays: bool


L = TypeVar("L", bound=Layer)


def altered(layer: L, **changes: object) -> L:
    """Return a copy of a layer with other texts or numbers. Nothing is checked again, so that every frame may do it."""
    made = object.__new__(type(layer))
    vars(made).update(vars(layer), **changes)
    return made


HANDED_DOWN = ("group", "name", "dim", "ghost", "emphasis", "units")  # inherited by a compound layer's parts


class Compound(Layer, ABC):
    """A layer made of others: an axis, a brace, a table. A frame replaces it by its parts (see ``Frame``).

    A subclass is data like every layer, and returns its parts from ``made``. They are made once for each object, so a
    scene keeps a compound that has not changed, as it keeps an array. A part inherits the compound's group, name,
    units, dimming and emphasis unless it sets its own; it is pickable only if the compound is.
    """

    @abstractmethod
    def made(self) -> Sequence[Layer]:
        """Return the layers that this one consists of, from back to front."""

    def parts(self, key: str) -> tuple[Layer, ...]:
        """Return the parts for a frame in which this layer has a key: theirs begin with it and a slash."""
        kept: dict[str, tuple[Layer, ...]] = vars(self).setdefault("_parts", {})
        if key not in kept:
            made = self.made()
            named = zip(keys_of(made), made, strict=True)
            parts = [replace(part, **self._handed_down(part), key=f"{key}/{own}") for own, part in named]
            kept[key] = tuple(flattened(parts))
        return kept[key]

    def _handed_down(self, part: Layer) -> dict[str, object]:
        own = {name: getattr(part, name) or getattr(self, name) for name in HANDED_DOWN}
        return {**own, "pickable": part.pickable and self.pickable}


def keys_of(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Return a unique key for each of some layers: its own, else its type, numbered from the second on.

    Raises UserError where two have one key.
    """
    count: dict[str, int] = {}
    keys = []
    for layer in layers:
        kind = type(layer).__name__
        if not layer.key:
            count[kind] = count.get(kind, 0) + 1
        keys.append(layer.key or (kind if count[kind] == 1 else f"{kind} {count[kind]}"))
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UserError(f"Two layers of a Frame have the key {twice!r}; give each a key of its own.")
    return tuple(keys)


def flattened(layers: Sequence[Layer]) -> Sequence[Layer]:
    """Return layers with compound ones replaced by their parts."""
    if not any(isinstance(layer, Compound) for layer in layers):
        return layers
    found: list[Layer] = []
    for key, layer in zip(keys_of(layers), layers, strict=True):
        found += layer.parts(key) if isinstance(layer, Compound) else [layer]
    return found


@dataclass(frozen=True, eq=False)
class Surface(Layer):
    """A landscape as a solid block: lit top, cut walls with strata, shadow and unit grid on the ground.

    ``paint`` (ny, nx) colours the top: integers are categories (theme colours ``basin.0`` ...; -1 none), floats in
    [-1, 1] are signed (blue negative, orange positive); a single colour applies to all of it. Without it the colour
    follows the height.

    A ``sheet`` is the top alone, drawn over or under another ground: a loss and its quadratic model, the losses
    of two networks. ``alpha`` is its opacity and ``lift`` how far it is raised in the world. For equal values to have
    equal heights on both, its terrain is made ``like`` the other one (see ``terrain.Terrain``); a sheet is cut off
    above that one's range.

    ``shown`` (x0, x1, y0, y1) is the rectangle of the domain to which the block is cropped; the cuts show the strata.
    ``into`` is another ground that this one morphs into, ``share`` of the way in [0, 1]: the light of both is computed
    once, and the shader blends. ``labels`` writes values at the index contours of a block.
    """

    terrain: Terrain
    paint: NDArray | Color | None = None
    contours: bool = True
    shown: tuple[float, float, float, float] | None = None
    into: Terrain | None = None
    share: float = 0.0
    labels: bool = False
    sheet: bool = False
    alpha: float = 1.0
    lift: float = 0.0

    def world_from_domain(self, position: ArrayLike) -> NDArray[np.float64]:
        """Return positions in the domain (..., 2) on it: world points (..., 3)."""
        return self.terrain.world_from_domain(position, self._raised)

    def intersect(self, origin: Array, direction: Array) -> tuple[float, float] | None:
        """Return the position in the domain where a ray from outside first meets it, or None: see ``Terrain``."""
        return self.terrain.intersect(origin - (0.0, 0.0, self._raised), direction, self.sheet)

    @property
    def _raised(self) -> float:
        return self.lift if self.sheet else 0.0


@dataclass(frozen=True, eq=False)
class Trail(Layer):
    """A path over the ground: outlined line, beads at the iterates, lit head, contact shadow, label.

    ``points`` (m, 3) is the whole path in world space, ``progress`` (m,) its iteration numbers (increasing, see
    ``Terrain.drape``); only the part up to iteration ``upto`` is shown. ``beads`` (k, 3) are the iterates.

    A path that grows while it is watched is a ``Track``, and its trail is made by ``Trail.of``: only new points are
    uploaded, and the oldest fade out before they are dropped.
    """

    points: Array
    progress: Array
    color: Color
    upto: float
    beads: Array | None = None
    label: str = ""
    value: Cell = ""
    start: str = ""  # label of the ring at the start; "" draws no ring
    head: bool = True
    width: float = 1.0  # factor on the theme's width
    track: Track | None = None  # whose last points these are
    first: int = 0  # the number of the first of them: how many were dropped

    @classmethod
    def of(cls, track: Track, color: Color, upto: float | None = None, **options: Any) -> Trail:
        """Return the trail of a track's current points, up to its last point unless told otherwise.

        ``options`` are other fields of a trail. A start that was dropped has no ring.
        """
        if not len(track.points):
            raise UserError("A track without points has no trail: append its first point before.")
        upto = float(track.progress[-1]) if upto is None else upto
        return cls(track.points, track.progress, color, upto, track=track, first=track.first, **options)

    @classmethod
    def on(cls, terrain: Terrain, path: Array, step: float, color: Color, **options: Any) -> Trail:
        """Return the trail of a path (T, 2) of the domain, draped on the ground, up to a (fractional) step.

        ``options`` are other fields of a trail; ``values`` (T,) are the path's: the one at the step is written, or
        that the path has left the map. The draped path is cached by the array object.
        """
        laid = terrain.laid(path)
        values = options.pop("values", None)
        if values is not None:
            options["value"] = float(values[int(step + 1e-6)]) if laid.is_inside(step) else "left map"
        return cls(laid.points, laid.progress, color, step, **{"beads": laid.beads, **options})

    def until(self, step: float) -> Trail:
        """Return this trail up to another (fractional) step: for one that only grows from frame to frame."""
        made = altered(self, upto=step)
        vars(made).pop("end", None)
        return made

    @property
    def ring(self) -> str:
        """The label of the ring at the start, "" if there is none, or no longer."""
        return "" if self.first else self.start

    @cached_property
    def end(self) -> NDArray[np.float64]:
        """The world point (3,) on the path at iteration ``upto``, or its last point if it ended before."""
        return point_at(self.points, self.progress, self.upto)


@dataclass(frozen=True, eq=False)
class Points(Layer):
    """Point sprites. ``position`` (n, 3) in world space, or (n, 2) in the domain of ``ground``, draped on it.

    ``color`` is one colour, or (n,) integers: categories (theme colours ``particle.0`` ...; -1 none).
    Styles: ``dot`` (2 px, translucent: density becomes light), ``disc``, ``sphere``, ``ring``.
    """

    position: Array
    color: Color | NDArray[np.integer] = "text"
    size: float = 2.0  # diameter of a dot, radius of the others, pixels
    style: Style = "dot"
    outline: bool = False
    ground: Terrain | None = None
    target: Array | None = None  # like position: the shader moves every point there linearly ...
    share: float = 0.0  # ... by this share of the way; of points draped on a ground only dots move
    by: Array | None = None  # (3, 3): a matrix that the shader applies to points (n, 3), which are uploaded once
    number: NDArray[np.integer] | None = None  # (n,) their indices, if a layer shows a subset of points
    alpha: float = 1.0  # opacity of dots, times their own: less where very many lie over each other
    passing: bool = False  # whether they only pass by, so that labels do not make way for them

    @classmethod
    def on(
        cls,
        terrain: Terrain,
        position: ArrayLike,
        color: Color,
        size: float,
        style: Style,
        **options: Unpack[PointLook],
    ) -> Points:
        """Return discs, rings or spheres at positions (n, 2) of the domain, on the ground."""
        world = terrain.world_from_domain(np.reshape(position, (-1, 2)), ON_GROUND)
        return cls(world, color, size, style, outline=True, **options)


@dataclass(frozen=True, eq=False)
class Arrows(Layer):
    """Arrows of pixel width with an outline. ``tail``, ``tip`` (n, 3) world; one colour for each or for all."""

    tail: Array
    tip: Array
    color: Color | Sequence[Color]
    width: float = 4.5
    depth: bool = True  # False: always in front

    @classmethod
    def one(cls, tail: ArrayLike, tip: ArrayLike, color: Color, **options: Unpack[ArrowLook]) -> Arrows:
        """Return one arrow between points (3,) of the world, or (2,) of the plane z = 0."""
        start, end = (np.reshape(place, (1, -1)).astype(float) for place in (tail, tip))
        start, end = (place if place.shape == (1, 3) else lifted(place) for place in (start, end))
        return cls(start, end, color, **options)

    @classmethod
    def on(
        cls,
        terrain: Terrain,
        tail: ArrayLike,
        tip: ArrayLike,
        color: Color | Sequence[Color],
        **options: Unpack[ArrowLook],
    ) -> Arrows:
        """Return arrows between positions (n, 2) of the domain, with both ends on the ground."""
        tail, tip = (terrain.world_from_domain(np.reshape(one, (-1, 2)), ON_GROUND) for one in (tail, tip))
        return cls(tail, tip, color, **options)

    @classmethod
    def ahead(
        cls, trails: Sequence[Trail], lengths: Sequence[float], gap: float, **options: Unpack[ArrowLook]
    ) -> list[Arrows]:
        """Return a layer of arrows ahead of the heads of trails, none where there is no arrow.

        They point along the path ahead of the head, and have the world ``lengths``, from ``gap`` beyond the head. A
        trail that has not begun, has ended, or whose length is 0 has none.
        """
        lengthy = zip(trails, lengths, strict=True)
        moving = [(one, length) for one, length in lengthy if length > 0 and 0 < one.upto < one.progress[-1]]
        if not moving:
            return []
        head = np.array([trail.end for trail, _ in moving])
        soon = [point_at(one.points, one.progress, min(one.upto + 0.2, int(one.upto) + 1.0)) for one, _ in moving]
        along = np.array(soon) - head
        distance = np.sqrt((along**2).sum(axis=1, keepdims=True))
        along /= np.maximum(distance, 1e-12)
        tip = head + (gap + np.array([length for _, length in moving])[:, None]) * along
        return [cls(head + gap * along, tip, [trail.color for trail, _ in moving], **options)]


def named_arrow(
    tail: Array,
    tip: Array,
    color: Color,
    latex: str,
    gap: float = 0.0,
    size: float = 20.0,
    plate: Color = "",
    turned: float = 0.0,
    **options: Unpack[ArrowLook],
) -> list[Layer]:
    """Return an arrow in front of everything, from ``gap`` beyond its tail (3,) to its tip (3,), and its label ahead.

    The label is on a ``plate`` of that colour, if there is one, and as dim as the arrow. For an arrow in the plane it
    may be ``turned`` from straight ahead, in radians to the left. ``options`` are other fields of the arrow.
    """
    along = (tip - tail) / max(float(np.linalg.norm(tip - tail)), 1e-9)
    look: ArrowLook = {"width": 5.5, "depth": False, **options}
    arrow = Arrows((tail + gap * along)[None], tip[None], color, **look)
    side = np.cos(turned) * along + np.sin(turned) * np.array([-along[1], along[0], 0.0])
    return [arrow, Label(tip, latex, color, latex=True, size=size, side=side, plate=plate, dim=arrow.dim)]


@dataclass(frozen=True, eq=False)
class Lines(Layer):
    """Polylines of pixel width. ``paths`` are (m, 3) world arrays; colour, width and alpha are for all or for each.

    The last is in front. A ``casing`` is an outline of that width on both sides, which separates crossing lines.
    """

    paths: Sequence[Array]
    color: Color | Sequence[Color]
    width: float | Sequence[float] | Array = 1.7
    alpha: float | Sequence[float] | Array = 1.0
    dash: tuple[float, float] | None = None  # period and ink, pixels
    depth: bool = True
    casing: float = 0.0  # pixels


def upright(
    place: Sequence[float], marks: Sequence[tuple[float, str, Color]], **look: Unpack[LabelLook]
) -> list[Layer]:
    """Return a scale that stands on a place (2,) of the plane: ``marks`` are a height, its text and the text's colour.

    ``look`` are other fields of the labels.
    """
    ends = np.array([(*place, height) for height, _, _ in marks], float)
    names = [Label(end, text, color, **look) for end, (_, text, color) in zip(ends, marks, strict=True)]
    return [Lines([ends], "faint", 1.2, pickable=False), *names]


@dataclass(frozen=True, eq=False)
class WarpedGrid(Layer):
    """The plane's grid transformed by a 2x2 matrix, with the original one faintly behind.

    Lines at half units are fainter; ``span`` is the extent of the original grid, in units. ``before`` shows the
    original grid.
    """

    matrix: Array  # (2, 2), columns are the images of the basis
    span: int = 14
    before: bool = True


@dataclass(frozen=True, eq=False)
class Polygon(Layer):
    """A flat convex polygon (n, 3) with a translucent fill and an outline (solid or dashed)."""

    corners: Array
    color: Color
    fill: float = 0.26
    outline: float = 2.2
    dash: tuple[float, float] | None = None
    depth: bool = False


@dataclass(frozen=True, eq=False)
class Bars(Layer):
    """Lit boxes between the corners ``low`` and ``high`` (n, 3): histograms, skylines of matrices, rows of bars.

    ``color`` is one colour; a sequence, one for each; or an array: (n,) integers are categories (``particle.0`` ...;
    -1 none), (n,) floats run through a colour map (``signed`` from -1 to 1, ``height`` from 0 to 1), (n, 3) floats
    are red, green and blue. ``shapes`` makes the corners of the usual arrangements.
    """

    low: Array
    high: Array
    color: Colors = "accent"
    shades: Shades = "signed"
    shadow: bool = True  # on the plane that the lowest bars stand on


@dataclass(frozen=True, eq=False)
class Curve(Layer):
    """The graph of a function, or any curve: an outlined line, the area between it and ``foot``, a tangent.

    ``points`` (m, 3) is the curve in world space, ``at`` (m,) its parameter at each point, increasing, e.g. x itself;
    without it 0, 1, 2 ... ``foot`` (m, 3) is the other side of the area, e.g. the points of y = 0; ``area`` the
    parameters between which it is filled (None: all of it). ``area`` and ``upto`` may change every frame.
    """

    points: Array
    color: Color = "accent"
    width: float = 2.6  # 0 draws no line, only the area
    at: Array | None = None
    upto: float | None = None  # the parameter that the curve is drawn up to
    foot: Array | None = None
    area: tuple[float, float] | None = None
    fill: float = 0.30
    negative: Color = ""  # colour of the area where the curve is on the other side (below) of the foot
    tangent: float | None = None  # where a tangent touches
    reach: float = 0.5  # half the tangent's length, world
    tangent_color: Color = "text"
    depth: bool = True

    @property
    def parameter(self) -> NDArray[np.float64]:
        """The parameter (m,) at each point."""
        return np.arange(len(self.points), dtype=float) if self.at is None else np.asarray(self.at, float)

    @property
    def shown(self) -> NDArray[np.float64]:
        """The points (k, 3) of the drawn part of the curve."""
        points, parameter = np.asarray(self.points, float), self.parameter
        if self.upto is None or not len(points) or self.upto >= parameter[-1]:
            return points
        end = [np.interp(self.upto, parameter, points[:, axis]) for axis in range(3)]
        return np.vstack([points[parameter < self.upto], end])


@dataclass(frozen=True, eq=False)
class Solid(Layer):
    """A body or a sheet of triangles: plane, box, polytope, ellipsoid, simplex (``shapes`` makes them).

    With ``alpha`` below 1 it is glass: all glass of a frame is drawn back to front, after what is opaque and
    before points, lines and arrows. ``edge_width`` 0 draws no edges; without an ``edge_color`` they have the body's
    colour. ``worth`` is one number for the body, or one for each triangle.
    """

    mesh: Mesh
    color: Color = "accent"
    alpha: float = 0.25
    edge_width: float = 1.6  # pixels
    edge_color: Color = ""


@dataclass(frozen=True, eq=False)
class Sheet(Layer):
    """A grid of points (ny, nx, 3) as a lit sheet with grid lines, interpolated towards another grid of points.

    The shader interpolates every point linearly from ``start`` to ``end`` (the same shape; None: fixed) by ``share`` in
    [0, 1], so nothing is uploaded while the sheet moves. ``every`` (columns, rows) is the number of cells between two
    lines, (0, 0) draws none. ``paint`` (ny, nx) floats colour the sheet as in ``Bars``; else it has one ``color``.
    ``fill`` 1 is opaque, 0 leaves only the lines.
    """

    start: Array
    end: Array | None = None
    share: float = 0.0
    color: Color = "grid"
    fill: float = 1.0
    paint: Array | None = None
    shades: Shades = "height"
    every: tuple[int, int] = (8, 8)
    line: Color = "grid.axis"
    width: float = 1.2  # of the lines, pixels


@dataclass(frozen=True, eq=False)
class Graph(Layer):
    """A network: nodes (n, 3), edges (m, 2) from node to node, and pulses that run along the edges.

    An edge's width is the magnitude of its ``weight`` (m,) in [-1, 1], its colour the sign, grey at 0. ``value`` (n,)
    in [-1, 1] colours the nodes on the same scale, else they have one ``color``. ``phase`` in [0, 1] is the pulses'
    position along the edges, for all or for each (m,); outside it none is shown. ``flow`` (m,) is the pulses' size in
    [0, 1].
    """

    nodes: Array
    edges: NDArray[np.integer]
    weight: Array | None = None
    value: Array | None = None
    color: Color = "panel"
    radius: float = 11.0  # of the nodes, pixels
    phase: float | Array | None = None
    flow: Array | None = None
    pulse: Color = "accent"


@dataclass(frozen=True, eq=False)
class Image(Layer):
    """A picture as a rectangle in the world: an array, a heat map, an attention matrix.

    ``picture`` is (h, w, 3) colours, uint8 or floats in [0, 1], or (h, w) floats for a colour map; the first row is
    on top. The rectangle spans ``right`` and ``up`` (3,) from its lower left ``corner`` (3,).
    """

    picture: NDArray
    corner: Array
    right: Array
    up: Array
    shades: Shades = "height"
    smooth: bool = False  # False: nearest neighbour
    alpha: float = 1.0
    border: Color = "dim"  # "" draws none

    @classmethod
    def upright(
        cls,
        picture: NDArray,
        middle: ArrayLike,
        width: float,
        height: float = 0.0,
        shades: Shades = "height",
        smooth: bool = False,
        alpha: float = 1.0,
        border: Color = "dim",
        **options: Unpack[Look],
    ) -> Image:
        """Return a vertical picture along x, centred at ``middle`` (3,).

        Without a ``height`` its pixels are squares.
        """
        height = height or width * picture.shape[0] / picture.shape[1]
        right, up = np.array([width, 0.0, 0.0]), np.array([0.0, 0.0, height])
        corner = np.asarray(middle, float) - (right + up) / 2
        return cls(picture, corner, right, up, shades, smooth, alpha, border, **options)


@dataclass(frozen=True, eq=False)
class Sprites(Layer):
    """Small pictures at points (n, 3), facing the camera, ``size`` pixels wide: digits, thumbnails, neighbours.

    ``pictures`` is (n, h, w) floats in [0, 1], the opacity of each one's ``color`` (as in ``Bars``); or
    (n, h, w, 3) colours. Positions move as in ``Points``.
    """

    position: Array
    pictures: NDArray
    size: float = 18.0
    color: Colors = "text"
    target: Array | None = None
    share: float = 0.0
    smooth: bool = True
    frame: float = 0.0  # width of a frame in the sprite's colour, pixels


@dataclass(frozen=True, eq=False)
class Plates(Layer):
    """Flat plates with rounded corners, and a text that fits into each: words, nodes, entries of a matrix.

    A plate spans ``right`` and ``up`` (n, 3), perpendicular, from its lower left ``corner`` (n, 3). ``color`` is as
    in ``Bars``. A plate is filled from below up to its ``level`` (n,) in [0, 1], by default fully; the rest is
    ``ground`` ("": nothing). ``tint`` (n,) is the share of its colour in the filled part, mixed with ``ground``
    (None: 1).

    The texts have one size, the largest that fits into every plate; if that is under 11 logical pixels none is
    written. They are light or dark, whichever has more contrast with its plate.
    """

    corner: Array
    right: Array
    up: Array
    color: Colors = "accent"
    shades: Shades = "signed"
    level: Array | None = None
    tint: Array | None = None
    alpha: Array | None = None  # (n,) the opacity of each, with its text
    text: Sequence[str] = ()
    ground: Color = "panel"
    edge: float = 1.2  # width of the border, pixels
    rounding: float = 0.25  # radius of the corners, as a share of the shorter side


@dataclass(frozen=True, eq=False)
class Axes(Layer):
    """Numbered axes of a terrain (x, y along the near edges, values up the left corner) or of the plane."""

    terrain: Terrain | None = None
    x: str = "x"  # LaTeX; "": without a name
    y: str = "y"
    values: str | None = ""  # a name above the value axis; None: without that axis


@dataclass(frozen=True, eq=False)
class Label(Layer):
    """Text at a world position, with a halo; a line of ``value`` below in a smaller size. ``latex`` sets a formula.

    It is placed automatically: at ``side`` of its point where there is space for it, else at another side (see
    ``writing.placement``). A world direction (3,) as ``side`` puts it where that points in the picture. It is never
    cut and avoids heads, points, nodes and other text; if there is no space at all it is omitted. One that ``stays``
    keeps its side, and is omitted where it would touch an earlier one: names in a row are thinned, and stay in line.
    ``plate`` is the colour of a rounded plate behind the text, which is then black or white, whichever has more
    contrast.
    """

    position: Sequence[float] | Array
    text: str
    color: Color = "text"
    value: Cell = ""
    latex: bool = False
    size: float = 15.0
    side: Side | Sequence[float] | Array = "right"
    bold: bool = True
    plate: Color = ""
    stays: bool = False

    @classmethod
    def each(
        cls, positions: ArrayLike, texts: Iterable[str], color: Color = "dim", **look: Unpack[LabelLook]
    ) -> list[Label]:
        """Return a label at each position (n, 3), such as numbers and names along an edge; ``look`` applies to all."""
        places = np.asarray(positions, float).reshape(-1, 3)
        return [cls(place, text, color, **look) for place, text in zip(places, texts, strict=True)]


# -------------------------------------------------------------------------------------- notes beside the picture


@dataclass(frozen=True, eq=False)
class Note:
    """Anything written beside the picture: inside a panel where panels are shown, else over the picture."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn here, where the traceback still shows who made it."""
        _check(self)


@dataclass(frozen=True, eq=False)
class Title(Note):
    """The name at the upper left, the formula below, and a dim line or two; in the panel where there is one."""

    text: str
    latex: str = ""
    lines: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Row:
    """One line of a legend or table: a coloured mark, a name and right-aligned cells."""

    color: Color
    name: str
    cells: Sequence[Cell] = ()
    ground: Color = ""  # a swatch of this colour around the mark
    bar: float | None = None  # a signed bar in [-1, 1] instead of the last cell, which must be empty

    def __post_init__(self) -> None:
        """Refuse unknown colours, and a bar over a number."""
        _check(self)
        if self.bar is not None and self.cells and self.cells[-1] != "":
            raise UserError(f"The bar of a row stands in its last cell, which is empty then, not {self.cells[-1]!r}.")


@dataclass(frozen=True, eq=False)
class Legend(Note):
    """A table at the lower left: heading, column names, rows."""

    rows: Sequence[Row]
    heading: str = ""
    columns: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class ColorBar(Note):
    """The value scale of a terrain's colours."""

    terrain: Terrain
    label: str = "loss"


@dataclass(frozen=True, eq=False)
class Caution(Note):
    """A caveat of the picture, written at its upper right."""

    text: str


@dataclass(frozen=True, eq=False)
class Formula(Note):
    """A LaTeX line in the left column."""

    latex: str
    size: float = 25.0


@dataclass(frozen=True, eq=False)
class Meter(Note):
    """A named number in the left column: a dim heading, LaTeX, the value large in its colour, and a bar.

    Below the bar are round numbers; of a ``count`` they are whole, and its greatest is among them.
    """

    heading: str
    latex: str
    value: float
    color: Color
    low: float = 0.0
    high: float = 3.0
    text: str = ""  # printed instead of the value with two decimals
    count: bool = False

    @property
    def written(self) -> str:
        """The printed text: the value with two decimals, or more where the range is below 0.1."""
        span = self.high - self.low
        return self.text or fixed(self.value, 1 - floor(log10(span)) if 1e-12 < span < 0.1 else 2)

    def share(self, value: float) -> float | None:
        """Return a value's position on the bar, in [0, 1]; None if the bar has no length, or the value is NaN."""
        half = self.high / 2 - self.low / 2  # halves, because the difference may overflow
        if not 0 < half < inf or isnan(value):
            return None
        return min(max((value / 2 - self.low / 2) / half, 0.0), 1.0)


@dataclass(frozen=True, eq=False)
class Facts(Note):
    """Rows of coloured LaTeX in the left column: (colour, left LaTeX, middle LaTeX, dim text)."""

    heading: str
    rows: Sequence[tuple[Color, str, str, str]]

    def __post_init__(self) -> None:
        """Refuse colours that there are not."""
        for color, *_ in self.rows:
            DARK.color(color)


def lit(rows: Sequence[tuple[Color, str, str, str]], index: int) -> list[tuple[Color, str, str, str]]:
    """Return rows of ``Facts`` with only one in colour."""
    return [row if k == index else ("dim", row[1], tex("?", ("dim", row[2])), row[3]) for k, row in enumerate(rows)]


@dataclass(frozen=True, eq=False)
class Series:
    """One curve of a chart: ``x``, ``y`` (n,). ``key`` identifies it as a layer's does (e.g. a lane's ``id``)."""

    name: str
    color: Color
    x: Array
    y: Array
    key: str = ""

    def __post_init__(self) -> None:
        """Refuse x and y of different lengths, and unknown colours."""
        _check(self)


@dataclass(frozen=True, eq=False)
class Chart(Note):
    """A 2D chart for the side panel (lines or bars). ``now`` is a marker on the x axis.

    The timeline shows a curve of the first chart of lines that has such a marker, unless it is not ``timed``: then x
    does not run with the time of the scene.
    """

    title: str
    series: Sequence[Series]
    log_y: bool = False
    now: float | None = None
    kind: ChartKind = "line"
    x_label: str = ""
    timed: bool = True


@dataclass(frozen=True, eq=False)
class Equations(Note):
    """A rule with live numbers: rows of (LaTeX with colours, values as text, colour)."""

    title: str
    columns: Sequence[str] = ("x", "y")
    rows: Sequence[tuple[str, Sequence[Cell], Color]] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        """Refuse colours that there are not."""
        for *_, color in self.rows:
            DARK.color(color)


@dataclass(frozen=True)
class HeatAxis:
    """One axis of a heat map: from ``low`` to ``high``, logarithmic if ``log``; ``now`` is the current setting.

    ``param`` names the scene's parameter that a click on the map sets ("" for none). ``label`` may hold LaTeX
    between dollars.
    """

    label: str
    low: float
    high: float
    log: bool = False
    now: float | None = None
    param: str = ""

    @property
    def scale(self) -> Scale:
        """The scale between the ends."""
        return Scale(self.low, self.high, self.log)

    def middles(self, cells: int) -> NDArray[np.float64]:
        """Return the values (cells,) at the centres of equal cells, at which a heat map is sampled."""
        return np.asarray(self.scale.value((np.arange(cells) + 0.5) / cells))


@dataclass(frozen=True, eq=False)
class HeatMap(Note):
    """Numbers over two parameters as colours: low is dark, high is light.

    ``values`` (ny, nx), indexed [iy, ix], belong to equal cells, x to the right and y up. inf means "never", nan
    "diverged": both have their own colours. A ring marks the axes' ``now``; a click sets their parameters.
    """

    title: str
    values: Array
    x: HeatAxis
    y: HeatAxis
    log: bool = True  # colours follow the logarithm
    remark: str = ""  # beside the title

    def marked(self, x: float, y: float) -> HeatMap:
        """Return this map with its ring at a setting of the two parameters."""
        return replace(self, x=replace(self.x, now=x), y=replace(self.y, now=y))
