"""Mathematical figures as layers: angles, braces, lengths, gauges, chips, arcs, tables and sliders.

Each is a ``layers.Compound``: plain data that knows its parts. A place is (3,) in the world, or (2,) in the plane
z = 0, and so is a direction. Sizes are in world units, so that figures keep their proportions in every window.
"""

from __future__ import annotations

import unicodedata
from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError, shown
from lossland.numerals import fixed, short, trimmed
from lossland.world.layers import (
    Array,
    Arrows,
    Color,
    Colors,
    Compound,
    Image,
    Label,
    Layer,
    Lines,
    Plates,
    Points,
    Polygon,
    Shades,
    Solid,
)
from lossland.world.shapes import grid, lifted, polytope, rectangle

Floats = NDArray[np.float64]
Vector = Sequence[float] | Array
State = Literal["plain", "lit", "dim"]
Side = Literal["right", "left", "above", "below"]

Z = (0.0, 0.0, 1.0)
STEP = 3.0  # degrees between the points of an angle's arc
ARC_POINTS = 49  # of a weighted arc; odd, so that one is at its peak
CLOSE, BESIDE_TOP = 0.5, 0.2  # heights of an arc: how close another above its text is; half the text's width
NARROW = 8.0  # degrees: no text fits close to a narrower angle
SQUARE = 1e-3  # radians: tolerance of a right angle
FLAT = 1e-3  # least distance of a hull's points from a plane, or from a line
DIM = 0.45  # opacity of what is not in focus
SLANTED = 0.8  # extra distance of a text from a line at 45°, in sizes of the figure
WIDER = 2.0  # typical aspect ratio of a text
ROOM = 0.1  # world: least side of a rectangle that has room for a name
MUTED = 0.5  # share of the colour in a plain chip's filled part
LABEL_SIZE, FORMULA_SIZE = 17.0, 22.0  # logical pixels


def place(value: ArrayLike, what: str) -> Floats:
    """Return a place or direction (3,) of three finite numbers, or of two in the plane z = 0; else raise UserError."""
    found = np.asarray(value, float)
    if found.shape not in ((2,), (3,)) or not np.isfinite(found).all():
        raise UserError(f"{what} is two or three finite numbers, not {shown(value)}.")
    return np.append(found, np.zeros(3 - len(found)))


def places(value: ArrayLike, what: str) -> Floats:
    """Return places (n, 3) of places (n, 3) or (n, 2); else raise UserError."""
    found = np.asarray(value, float)
    if found.size == 0:
        return np.zeros((0, 3))
    if found.ndim != 2 or found.shape[1] not in (2, 3):
        raise UserError(f"{what} are places of the shape (n, 3) or (n, 2), not {found.shape}.")
    return np.hstack([found, np.zeros((len(found), 3 - found.shape[1]))])


def unit(value: ArrayLike, what: str) -> Floats:
    """Return a direction (3,) of length 1; raise UserError for the vector 0."""
    found = place(value, what)
    length = float(np.linalg.norm(found))
    if not length > 0.0:
        raise UserError(f"{what} is a direction: it cannot be the vector 0.")
    return found / length


def side_of(direction: Floats) -> Side:
    """Return the side of a point that a world direction points to (y and z are up)."""
    across, up = float(direction[0]), float(direction[1] + direction[2])
    if WIDER * abs(across) > abs(up):
        return "right" if across > 0 else "left"
    return "above" if up > 0 else "below"


def labelled(position: Floats, latex: str, number: str, color: Color, side: Side | Literal["centre"] | Floats) -> Label:
    """Return a label with the LaTeX if it is given, else with the number."""
    size = FORMULA_SIZE if latex else LABEL_SIZE
    return Label(position, latex or number, color, latex=bool(latex), size=size, side=side)


# -------------------------------------------------------------------------------------------------------- ground
@dataclass(frozen=True, eq=False)
class Floor(Compound):
    """The floor of a space: a square grid on z = 0, and three axes through the origin.

    A cell is ``unit`` wide in the world; the grid reaches ``half`` units from the origin, the axes ``reach``, and the
    vertical one only up.
    """

    unit: float = 1.0
    half: float = 4.0
    reach: float = 3.0

    def made(self) -> Sequence[Layer]:
        """Return the grid and the axes."""
        cells = self.unit * lifted(grid(self.half))
        ends = self.unit * self.reach * np.eye(3)
        axes = [np.stack([-end, end]) for end in ends[:2]] + [np.stack([0.0 * ends[2], ends[2]])]
        lines = partial(Lines, group="grid", pickable=False)
        return [lines(list(cells), "hair", 1.0), lines(axes, "dim", 1.2, 0.75)]


# ------------------------------------------------------------------------------------------------------- angles
@dataclass(frozen=True, eq=False)
class Angle(Compound):
    """The angle at ``vertex`` between two directions, with its degrees, or a ``text`` instead (LaTeX).

    It is the smaller one, from 0° to 180°. With a rotation axis ``about`` it is measured counter-clockwise around that
    axis from ``first`` to ``second``, from 0° up to 360°; the axis also fixes the plane of an angle of 0° or 180°.

    With ``close`` the text is just outside the arc, and a very narrow angle has none.
    """

    vertex: Vector
    first: Vector
    second: Vector
    radius: float = 0.5
    text: str = ""
    color: Color = "area"
    about: Vector | None = None
    fill: float = 0.22
    width: float = 2.2  # pixels
    depth: bool = False  # False: always in front
    close: bool = False

    def __post_init__(self) -> None:
        """Check the vertex and the directions."""
        super().__post_init__()
        place(self.vertex, "The vertex of an Angle")
        _ = self.degrees

    @cached_property
    def _frame(self) -> tuple[Floats, Floats, float]:
        """The unit vector along ``first``, the perpendicular one towards ``second``, and the angle in radians."""
        first, second = unit(self.first, "The first side of an Angle"), unit(self.second, "The second side of an Angle")
        normal = np.cross(first, second)
        sine, cosine = float(np.linalg.norm(normal)), float(first @ second)
        axis = unit(Z if self.about is None else self.about, "The axis of an Angle")
        if sine < 1e-9:  # collinear: the axis defines the plane, if it can
            normal = axis - (axis @ first) * first
            if np.linalg.norm(normal) < 1e-9:
                normal = np.cross(first, np.eye(3)[int(np.argmin(np.abs(first)))])
            sine = 0.0
        turn = float(np.arctan2(sine, cosine))
        if self.about is not None and sine > 0.0 and normal @ axis < 0.0:
            normal, turn = -normal, 2.0 * np.pi - turn
        across = np.asarray(np.cross(normal, first), float)
        return first, across / np.linalg.norm(across), turn

    @property
    def degrees(self) -> float:
        """The angle in degrees."""
        return float(np.degrees(self._frame[2]))

    def at(self, share: float, radius: float | None = None) -> Floats:
        """Return the place (3,) on the arc after a share of the angle, or at another radius."""
        first, across, turn = self._frame
        reach, angle = self.radius if radius is None else radius, share * turn
        middle = place(self.vertex, "The vertex of an Angle")
        return middle + reach * (np.cos(angle) * first + np.sin(angle) * across)

    def made(self) -> Sequence[Layer]:
        """Return sector, arc and label."""
        count = max(int(np.ceil(self.degrees / STEP)), 1)
        arc = np.array([self.at(k / count) for k in range(count + 1)])
        said = (f"{trimmed(self.degrees, 1)}°",)
        name, common = self.name or "Angle", {"depth": self.depth, "worth": said}
        narrow = float(np.clip(30.0 / max(self.degrees, 1e-9), 1.0, 1.5))  # the label needs room between the sides
        label = self.at(0.5, (1.25 * self.radius + 0.08) * narrow)
        parts: list[Layer] = []
        if self.degrees > 0.0:
            parts = [
                Polygon(
                    np.vstack([arc[:1] * 0 + self.at(0, 0.0), arc]), self.color, self.fill, 0.0, name=name, **common
                ),
                Lines([arc], self.color, self.width, name=name, **common),
            ]
        if not self.close:
            return [*parts, labelled(label, self.text, said[0], self.color, "centre")]
        middle = self.at(0.5)
        out = middle - place(self.vertex, "The vertex of an Angle")
        return [*parts, *([labelled(middle, self.text, said[0], self.color, out)] if self.degrees > NARROW else [])]


@dataclass(frozen=True, eq=False)
class RightAngle(Compound):
    """The little square at ``vertex`` that marks two directions as perpendicular."""

    vertex: Vector
    first: Vector
    second: Vector
    size: float = 0.25
    color: Color = "text"
    width: float = 1.8  # pixels
    depth: bool = False

    def __post_init__(self) -> None:
        """Refuse directions that are not perpendicular."""
        super().__post_init__()
        angle = Angle(self.vertex, self.first, self.second)
        if abs(np.radians(angle.degrees - 90.0)) > SQUARE:
            raise UserError(f"A RightAngle needs directions at 90°, not {angle.degrees:.1f}°: use an Angle.")

    @cached_property
    def corners(self) -> Floats:
        """The three corners (3, 3) of the square that are not the vertex."""
        vertex = place(self.vertex, "The vertex of a RightAngle")
        one, two = (self.size * unit(side, "The side of a RightAngle") for side in (self.first, self.second))
        return np.array([vertex + one, vertex + one + two, vertex + two])

    def made(self) -> Sequence[Layer]:
        """Return the square's two free sides."""
        name = self.name or "Right angle"
        return [Lines([self.corners], self.color, self.width, depth=self.depth, name=name, worth=("90°",))]


# ------------------------------------------------------------------------------------------------------ lengths
@dataclass(frozen=True, eq=False)
class _Beside(Compound):
    """An annotation beside a segment: its length, or a ``text`` (LaTeX) instead.

    It is on the left of the direction from ``start`` to ``end``, seen from the tip of ``normal``; swap the ends for the
    other side. ``away`` is its distance from the segment.
    """

    start: Vector
    end: Vector
    text: str = ""
    color: Color = "text"
    away: float = 0.12
    size: float = 0.28  # how far a brace's tip protrudes, and the length of ticks
    normal: Vector = Z
    width: float = 2.0  # pixels
    depth: bool = False

    def __post_init__(self) -> None:
        """Refuse a segment without length, and one along the normal."""
        super().__post_init__()
        _ = self._frame

    @cached_property
    def _frame(self) -> tuple[Floats, Floats, Floats]:
        """The segment's start, the unit vector along it and the one away from it."""
        kind = type(self).__name__
        start, end = place(self.start, f"The start of a {kind}"), place(self.end, f"The end of a {kind}")
        if not np.linalg.norm(end - start) > 0.0:
            raise UserError(f"A {kind} needs two different ends, not {start.tolist()} twice.")
        along = unit(end - start, f"The way of a {kind}")
        outward = np.cross(unit(self.normal, f"The normal of a {kind}"), along)
        if np.linalg.norm(outward) < 1e-9:
            raise UserError(f"A {kind} along its normal has no side to stand on: give it another normal.")
        return start, along, outward / np.linalg.norm(outward)

    @property
    def length(self) -> float:
        """The distance from start to end."""
        return float(np.linalg.norm(place(self.end, "The end") - place(self.start, "The start")))

    @property
    @abstractmethod
    def tip(self) -> Floats:
        """The position (3,) of the text."""

    def _point(self, along: ArrayLike, out: ArrayLike) -> Floats:
        """Return points (..., 3) at distances along the segment and away from it."""
        start, way, outward = self._frame
        return start + np.asarray(along, float)[..., None] * way + np.asarray(out, float)[..., None] * outward

    def _line(self, paths: Sequence[Floats]) -> Lines:
        name = self.name or type(self).__name__
        worth = (f"length {short(self.length)}",) * len(paths)
        return Lines(paths, self.color, self.width, depth=self.depth, name=name, worth=worth)

    def _label(self) -> Label:
        out = self._frame[2]
        slant = min(abs(float(out[0])), abs(float(out[1] + out[2])))  # a text beside a slanted line needs more space
        position = self.tip + SLANTED * slant * self.size * out
        return labelled(position, self.text, short(self.length), self.color, side_of(out))


@dataclass(frozen=True, eq=False)
class Brace(_Beside):
    """A curly brace beside the segment from ``start`` to ``end``, and a text at its tip (see ``_Beside``)."""

    @property
    def tip(self) -> Floats:
        """The position (3,) of the brace's tip."""
        return self._point(0.5 * self.length, self.away + self.size)

    @cached_property
    def path(self) -> Floats:
        """The brace as points (m, 3): a quarter of a circle at each end, two towards the tip, straight between them."""
        radius = min(0.5 * self.size, 0.25 * self.length)
        turn = np.linspace(0.0, 0.5 * np.pi, 13)
        stretch = 0.5 * self.size  # a short brace is as tall as a long one
        x = np.concatenate([radius * (1 - np.cos(turn)), 0.5 * self.length - radius + radius * np.sin(turn)])
        y = np.concatenate([stretch * np.sin(turn), stretch * (2 - np.cos(turn))])
        left = self._point(x, self.away + y)
        right = self._point(self.length - x[::-1], self.away + y[::-1])
        return np.vstack([left, right[1:]])

    def made(self) -> Sequence[Layer]:
        """Return the brace and its label."""
        return [self._line([self.path]), self._label()]


@dataclass(frozen=True, eq=False)
class Measure(_Beside):
    """A dimension line beside the segment from ``start`` to ``end``: its length between two ticks (see ``_Beside``)."""

    away: float = 0.3
    size: float = 0.18

    @property
    def tip(self) -> Floats:
        """The middle (3,) of the dimension line."""
        return self._point(0.5 * self.length, self.away)

    @cached_property
    def line(self) -> Floats:
        """The ends (2, 3) of the dimension line."""
        return self._point([0.0, self.length], [self.away, self.away])

    def made(self) -> Sequence[Layer]:
        """Return the lines from the segment, the dimension line with its ticks, and the label."""
        half, end = 0.5 * self.size, self.length
        ticks = [self._point([x, x], [self.away - half, self.away + half]) for x in (0.0, end)]
        near = min(half, 0.25 * self.away)
        feet = [self._point([x, x], [near, self.away - half]) for x in (0.0, end) if self.away - half > near]
        thin = Lines(feet, self.color, 1.0, 0.5, depth=self.depth, name=self.name or "Measure", worth=("",) * len(feet))
        return [thin, self._line([self.line, *ticks]), self._label()]


# ------------------------------------------------------------------------------------------------------- pictures
@dataclass(frozen=True, eq=False)
class Tiles(Compound):
    """Small pictures (n, h, w) upright in rows of ``across``, each in a frame of its colour.

    The centre of the first one is at ``first``; the others follow at a distance of ``side`` to the right and below.
    """

    pictures: Array
    colors: Sequence[Color]
    first: Vector
    side: float = 0.5
    across: int = 4

    def made(self) -> Sequence[Layer]:
        """Return a picture for each."""
        row, column = np.divmod(np.arange(len(self.pictures)), self.across)
        middles = place(self.first, "The first of Tiles") + self.side * np.stack([column, 0 * row, -row], -1)
        return [
            Image.upright(picture, middle, 0.86 * self.side, border=color)
            for picture, middle, color in zip(self.pictures, middles, self.colors, strict=True)
        ]


# -------------------------------------------------------------------------------------------------------- gauges
@dataclass(frozen=True, eq=False)
class Gauge(Compound):
    """A dial: a half circle around ``middle`` whose needle shows a value from 0 at the left to ``most`` at the right.

    ``symbol`` is LaTeX above it; the value stands below it with one decimal.
    """

    middle: Vector
    value: float
    most: float
    symbol: str = ""
    color: Color = "accent"
    radius: float = 1.0

    def made(self) -> Sequence[Layer]:
        """Return the rim with its ticks, the arc up to the needle, the needle, the value and the symbol."""
        middle, share = place(self.middle, "The middle of a gauge"), self.value / self.most
        angle = np.pi * (1.0 - np.clip(share, -0.05, 1.05))
        tip = middle + 0.72 * self.radius * np.array([np.cos(angle), np.sin(angle), 0.0])
        rim = 0.85 * self._toward(np.linspace(np.pi, 0.0, 49)) + middle
        ticks = [middle + np.outer((0.76, 0.85), way) for way in self._toward(np.linspace(np.pi, 0.0, 49)[::6])]
        passed = rim[: max(round(48 * float(np.clip(share, 0.0, 1.0))) + 1, 2)]
        above, below = (middle + self.radius * np.array([0.0, up, 0.0]) for up in (1.0, -0.1))
        name = self.name or "Gauge"
        return [
            Lines([rim], "dim", 2.0, pickable=False),
            Lines(ticks, "dim", 1.6, pickable=False),
            Lines([passed], self.color, 6.0, name=name, worth=[self.value]),
            Arrows(middle[None], tip[None], self.color, depth=False, name=name),
            Points(middle[None], "text", 6.0, "disc", outline=True, pickable=False),
            Label(below, fixed(self.value, 1), self.color, size=38, side="below"),
            Label(above, self.symbol, self.color, latex=True, size=26, side="above"),
        ]

    def _toward(self, angle: Floats) -> Floats:
        """Return the points (n, 3) of the circle around the origin at angles (n,)."""
        return self.radius * np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)


@dataclass(frozen=True, eq=False)
class GrownRectangle(Compound):
    """A rectangle u by v at the origin that has grown: a strip on each side, and a corner between them.

    ``before`` and ``after`` are the lengths of its sides (u, v) in the world.
    """

    before: tuple[float, float]
    after: tuple[float, float]
    color: Color = "grid"
    gains: tuple[Color, Color, Color] = ("i", "j", "area")  # of v du, u dv and du dv

    def made(self) -> Sequence[Layer]:
        """Return the four rectangles with their names; that of a corner that is too small is omitted."""
        (u0, v0), (u1, v1) = self.before, self.after
        wide, high, corner = self.gains
        made: list[Layer] = [
            Polygon(rectangle((0, u0), (0, v0)), self.color, 0.22, 2.0, name="u v"),
            Polygon(rectangle((u0, u1), (0, v0)), wide, 0.6, 2.0, name="v du"),
            Polygon(rectangle((0, u0), (v0, v1)), high, 0.6, 2.0, name="u dv"),
            Polygon(rectangle((u0, u1), (v0, v1)), corner, 0.8, 2.0, name="du dv"),
            Label((u0 / 2, 0, 0), "u", latex=True, size=32, side="below"),
            Label((0, v0 / 2, 0), "v", latex=True, size=32, side="left"),
            Label((u1, v0 / 2, 0), r"v\,du", wide, latex=True, size=30, side="right"),
            Label((u0 / 2, v1, 0), r"u\,dv", high, latex=True, size=30, side="above"),
        ]
        if min(abs(u1 - u0), abs(v1 - v0)) > ROOM:
            made.append(Label((u1, v1, 0), r"du\,dv", corner, latex=True, size=26, side="above right"))
        return made


@dataclass(frozen=True, eq=False)
class Car(Compound):
    """A small car at a ``place`` on a road along x."""

    place: Vector
    color: Color = "grid"
    size: float = 1.5

    def made(self) -> Sequence[Layer]:
        """Return the body and the wheels."""
        middle = place(self.place, "The place of a car") + self.size * np.array([0.0, 0.113, 0.0])
        body = [(-0.2, -0.07), (0.2, -0.07), (0.2, 0.03), (0.11, 0.05), (0.05, 0.14), (-0.12, 0.14), (-0.2, 0.05)]
        wheels = middle + self.size * np.array([(-0.11, -0.07, 0.0), (0.11, -0.07, 0.0)])
        corners = middle + self.size * np.array([(x, y, 0.0) for x, y in body])
        return [
            Polygon(corners, self.color, 0.85, 2.0, name=self.name or "Car"),
            Points(wheels, "text", 8.0, "disc", outline=True, pickable=False),
        ]


# -------------------------------------------------------------------------------------------------------- chips
def text_width(text: str) -> float:
    """Return the approximate width of a bold text in text heights: good enough to size plates without a font."""

    def wide(letter: str) -> float:
        if unicodedata.combining(letter):
            return 0.0
        if unicodedata.east_asian_width(letter) in "WF":
            return 1.0
        if letter in " .,;:'!|()[]fijlrtI":
            return 0.32
        return 0.82 if letter in "mwMW" else 0.66 if letter.isupper() else 0.56

    return 0.85 * sum(map(wide, text))


def rows_apart(x: ArrayLike, width: float) -> NDArray[np.int64]:
    """Return a row (n,), from 0 on, for plates of a width at places ``x`` (n,): the first where it covers no other."""
    middles, rows = np.asarray(x, float), np.zeros(np.size(x), np.int64)
    ends = [-np.inf] * len(middles)  # right end of each row so far
    for k in np.argsort(middles).tolist():
        middle = float(middles[k])
        row = next(row for row, end in enumerate(ends) if end <= middle - width / 2)
        rows[k], ends[row] = row, middle + width / 2
    return rows


@dataclass(frozen=True, eq=False)
class Chips(Compound):
    """Texts on plates: words of a sentence, tokens, nodes.

    ``position`` (n, 3) are their centres (``Chips.row`` places them side by side), ``width`` (n,) follows from the
    texts unless it is given. A chip is filled from below in proportion to its ``value`` (n,) in [0, 1]. A ``state``
    for all or for each: "plain"; "lit", fully in its colour; "dim", not in focus.
    """

    text: Sequence[str]
    position: Sequence[Sequence[float]] | Array
    value: Sequence[float] | Array | None = None
    color: Colors = "accent"
    state: State | Sequence[State] = "plain"
    height: float = 0.6
    width: Sequence[float] | Array | None = None
    right: Vector = (1.0, 0.0, 0.0)
    up: Vector = (0.0, 1.0, 0.0)

    @classmethod
    def row(cls, text: Sequence[str], center: Vector = (0.0, 0.0, 0.0), gap: float = 0.15, **options: Any) -> Chips:
        """Return chips side by side around a centre, ``gap`` apart; ``options`` are other fields of chips."""
        narrow = cls(text, np.zeros((len(text), 3)), **options)
        widths = narrow.widths
        middle = np.cumsum(widths + gap) - 0.5 * widths - gap
        middle -= 0.5 * (widths.sum() + gap * (len(text) - 1))
        along = unit(narrow.right, "The right of Chips")
        return cls(text, place(center, "The centre of Chips") + middle[:, None] * along, **options)

    def __post_init__(self) -> None:
        """Refuse lists of different lengths, values outside [0, 1] and unknown states."""
        super().__post_init__()
        count = len(self.text)
        if len(places(self.position, "The positions of Chips")) != count:
            raise UserError(f"{count} Chips need as many positions, not {len(self.position)}.")
        for what, given in (("values", self.value), ("widths", self.width)):
            if given is not None and np.shape(given) != (count,):
                raise UserError(f"{count} Chips need as many {what}, not an array of the shape {np.shape(given)}.")
        value = np.asarray(0.0 if self.value is None else self.value, float)
        if not ((value >= 0.0) & (value <= 1.0)).all():
            raise UserError(f"The value of a chip is from 0 to 1, not {value[~((value >= 0) & (value <= 1))][0]:g}.")
        if len(self.states) != count or not set(self.states) <= set(get_args(State)):
            raise UserError(f"The state of Chips is {', '.join(get_args(State))}, for all or for each.")

    @property
    def states(self) -> tuple[str, ...]:
        """The state of each."""
        return (self.state,) * len(self.text) if isinstance(self.state, str) else tuple(self.state)

    @cached_property
    def widths(self) -> Floats:
        """The width (n,) of each."""
        if self.width is not None:
            return np.asarray(self.width, float)
        return self.height * np.array([0.75 + 0.56 * text_width(text) for text in self.text])

    @property
    def reach(self) -> float:
        """How far from x = 0 the ends of those are that lie along x."""
        return float(np.max(np.abs(places(self.position, "The positions")[:, 0]) + 0.5 * self.widths))

    @cached_property
    def top(self) -> Floats:
        """The midpoint (n, 3) of each upper edge: where arcs begin and end."""
        return places(self.position, "The positions") + 0.5 * self.height * unit(self.up, "The up of Chips")

    @cached_property
    def bottom(self) -> Floats:
        """The midpoint (n, 3) of each lower edge."""
        return places(self.position, "The positions") - 0.5 * self.height * unit(self.up, "The up of Chips")

    def made(self) -> Sequence[Layer]:
        """Return the plates."""
        right = self.widths[:, None] * unit(self.right, "The right of Chips")
        up = np.tile(self.height * unit(self.up, "The up of Chips"), (len(self.text), 1))
        lit, dim = (np.array([state == name for state in self.states], bool) for name in ("lit", "dim"))
        value = np.zeros(len(self.text)) if self.value is None else np.asarray(self.value, float)
        worth = self.worth if self.worth is not None else self.value
        corner = places(self.position, "The positions") - 0.5 * (right + up)
        level, tint, alpha = np.where(lit, 1.0, value), np.where(lit, 1.0, MUTED), np.where(dim, DIM, 1.0)
        said = (
            None
            if worth is None
            else tuple(one if isinstance(one, str) else f"value {short(float(one))}" for one in np.ravel(worth))
        )
        return [
            Plates(
                corner, right, up, self.color, "height", level, tint, alpha, tuple(self.text), rounding=0.28, worth=said
            )
        ]


SENTENCE_GAP = 0.05  # between the words of a sentence in one row
SENTENCE_ROWS = 0.35  # and around those in two rows, in heights
SENTENCE_LETTERS = (99, 9, 7, 6, 5, 4)  # of long words there, shortened until all are as high


def sentence(
    words: Sequence[str], wide: float, high: float = 0.42, low: float = 0.24, up: Vector = (0.0, 1.0, 0.0)
) -> Chips:
    """Return words in order around the origin, as large as fits into a width, ``high`` at most.

    They are side by side. If they would be smaller than ``low``, they alternate between two rows, and long ones are
    shortened until they fit.
    """
    measured = _word_widths(words)
    height = min(high, (wide - SENTENCE_GAP * (len(words) - 1)) / float(measured.sum()))
    if height >= low:
        return Chips.row(words, gap=SENTENCE_GAP, height=height, width=height * measured, up=up)

    def of(letters: int) -> Chips:
        short = [one if len(one) <= letters else f"{one[: letters - 1]}…" for one in words]
        measured = _word_widths(short)
        x = _staggered(measured, SENTENCE_ROWS)
        left, right = float((x - 0.5 * measured).min()), float((x + 0.5 * measured).max())
        height = min(high, wide / (right - left))
        rows = (1 - np.arange(len(x)) % 2) * (1.0 + SENTENCE_ROWS)
        middle = (x - 0.5 * (left + right))[:, None] * (1.0, 0.0, 0.0) + rows[:, None] * unit(up, "The up of Chips")
        return Chips(short, height * middle, height=height, width=height * measured, up=up)

    return next((chips for chips in map(of, SENTENCE_LETTERS) if chips.height >= low), of(SENTENCE_LETTERS[-1]))


def _word_widths(words: Sequence[str]) -> Floats:
    """Return the widths of the words' chips (n,), in heights."""
    return np.array([0.4 + 0.56 * text_width(word) for word in words])


def _staggered(wide: Floats, gap: float) -> Floats:
    """Return the x (n,) of the centres of n chips that alternate between two rows, at least a gap between two of a row.

    The centre of each one in the lower row is between two of the upper row, at least half a gap from both.
    """
    x = [0.0]
    for k in range(1, len(wide)):
        free = x[k - 2] + 0.5 * (wide[k - 2] + wide[k]) + gap if k > 1 else 0.0
        x.append(max(free, x[-1] + 0.5 * (wide[k - k % 2] + gap)))
    return np.array(x)


# ---------------------------------------------------------------------------------------------------------- hulls
@dataclass(frozen=True, eq=False)
class Hull(Compound):
    """The convex hull of a few points (n, 3): a solid or a triangle, if they span one, and lines between all."""

    points: Array
    color: Color = "grid"
    alpha: float = 0.14

    def made(self) -> Sequence[Layer]:
        """Return the solid or the triangle, and the lines."""
        points = places(self.points, "The points of a Hull")
        sides = [points[[a, b]] for a in range(len(points)) for b in range(a)]
        parts: list[Layer] = [Lines(sides, self.color, 1.2, 0.7, pickable=False)]
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) if len(points) > 2 else np.zeros(3)
        if len(points) > 3 and spread[2] > FLAT:
            parts.insert(0, Solid(polytope(points), self.color, self.alpha, 0.0, name=self.name or "Hull"))
        elif len(points) == 3 and spread[1] > FLAT:
            parts.insert(0, Polygon(points, self.color, self.alpha, 0.0, name=self.name or "Hull"))
        return parts


# --------------------------------------------------------------------------------------------------------- arcs
@dataclass(frozen=True, eq=False)
class Arcs(Compound):
    """Weighted arcs between points: half ellipses whose width and opacity grow with the weight.

    An arc from ``start`` to ``end`` (n, 3) rises towards ``up`` by ``rise`` times their distance; if both are the same
    point, it is a loop as high as the lowest of the others (alone: as over a distance of 1). Arcs whose weights (n,)
    have a magnitude of at least ``full`` are the widest, and stronger ones are drawn in front. Where arcs share a
    point, their feet are ``spread`` apart, ordered so that the arcs do not cross.

    On top of each is its ``text``, by default its weight if its magnitude is at least ``least``; below its top, where
    another arc passes close above.
    """

    start: Sequence[Sequence[float]] | Array
    end: Sequence[Sequence[float]] | Array
    weight: Sequence[float] | Array
    color: Color | Sequence[Color] = "accent"
    text: Sequence[str] | None = None
    rise: float = 0.4
    spread: float = 0.0
    up: Vector = (0.0, 1.0, 0.0)
    full: float = 1.0
    least: float = 0.05
    width: tuple[float, float] = (1.2, 7.0)  # of the weakest and the strongest, pixels
    depth: bool = True

    def __post_init__(self) -> None:
        """Refuse lists of different lengths, and weights that are no numbers."""
        super().__post_init__()
        counts = [len(places(side, "The ends of Arcs")) for side in (self.start, self.end)]
        counts += [len(part) for part in (self.weight, self.text) if part is not None]
        counts += [] if isinstance(self.color, str) else [len(self.color)]
        if len(set(counts)) > 1:
            raise UserError(f"Arcs need as many starts, ends, weights, texts and colours, not {counts}.")
        if not np.isfinite(np.asarray(self.weight, float)).all():
            raise UserError("The weights of Arcs are finite numbers.")
        if not self.full > 0.0:
            raise UserError(f"The weight of a full arc is above 0, not {self.full:g}.")

    @cached_property
    def strength(self) -> Floats:
        """The strength of each (n,), from 0 to 1."""
        return np.clip(np.abs(np.asarray(self.weight, float)) / self.full, 0.0, 1.0)

    @cached_property
    def feet(self) -> Floats:
        """Where the arcs begin and end (2, n, 3)."""
        feet = np.stack([places(side, "The ends of Arcs") for side in (self.start, self.end)])
        if not self.spread or not feet.size:
            return feet
        moved, way = feet.copy(), feet[1] - feet[0]
        along = way[int(np.argmax(np.linalg.norm(way, axis=1)))]
        along = along / max(float(np.linalg.norm(along)), 1e-12)
        ends, reach = feet.reshape(-1, 3), np.concatenate([way @ along, -way @ along])
        _, groups = np.unique(np.round(ends, 9), axis=0, return_inverse=True)
        for group in range(int(groups.max()) + 1):
            here = np.flatnonzero(groups.ravel() == group)
            with np.errstate(divide="ignore"):
                key = np.where(reach[here] == 0.0, 0.0, 1.0 / reach[here])  # loops in the middle
            order = here[np.argsort(key, kind="stable")]  # near left, far left, far right, near right
            shift = self.spread * (np.arange(len(order)) - 0.5 * (len(order) - 1))
            moved.reshape(-1, 3)[order] += shift[:, None] * along
        return moved

    @cached_property
    def heights(self) -> Floats:
        """The height of each (n,)."""
        starts, ends = (places(side, "The ends of Arcs") for side in (self.start, self.end))
        distance = np.linalg.norm(ends - starts, axis=1)
        least = float(distance[distance > 0.0].min()) if distance.any() else 1.0
        return self.rise * np.where(distance > 0.0, distance, least)

    @cached_property
    def peaks(self) -> Floats:
        """The highest point of each (n, 3), where its text stands."""
        return self.feet.mean(0) + self.heights[:, None] * unit(self.up, "The up of Arcs")

    @cached_property
    def paths(self) -> tuple[Floats, ...]:
        """The points of each, (m, 3)."""
        up, turn = unit(self.up, "The up of Arcs"), np.linspace(0.0, np.pi, ARC_POINTS)
        start, end = self.feet
        loop = ~np.any(places(self.start, "") != places(self.end, ""), axis=1)
        found = []
        for a, b, height, is_loop in zip(start, end, self.heights, loop, strict=True):
            if is_loop:
                side = unit(up[[1, 0, 2]] * (1, -1, 0) if up[:2].any() else (1.0, 0.0, 0.0), "The side of a loop")
                wide = 0.36 * height * np.sin(2 * turn)  # from the point around to itself
                high = 0.5 * height * (1 - np.cos(2 * turn))
                found.append((a + b) / 2 + wide[:, None] * side + high[:, None] * up)
            else:
                share = 0.5 * (1 - np.cos(turn))
                found.append(a + share[:, None] * (b - a) + height * np.sin(turn)[:, None] * up)
        return tuple(found)

    def made(self) -> Sequence[Layer]:
        """Return the arcs, the strongest last, and the texts, the strongest first."""
        order: list[int] = np.argsort(self.strength, kind="stable").tolist()
        weight = np.asarray(self.weight, float).tolist()
        colors = [self.color] * len(weight) if isinstance(self.color, str) else list(self.color)
        texts = [fixed(one) if abs(one) >= self.least else "" for one in weight] if self.text is None else self.text
        narrow, wide = self.width
        lines = Lines(
            [self.paths[k] for k in order],
            tuple(colors[k] for k in order),
            tuple((narrow + (wide - narrow) * self.strength[order]).tolist()),
            tuple((0.3 + 0.7 * np.sqrt(self.strength[order])).tolist()),
            depth=self.depth,
            casing=1.2,
            name=self.name or "Arc",
            worth=tuple(f"weight {short(weight[k])}" for k in order),
        )
        labels = [
            Label(self.peaks[k], texts[k], colors[k], size=LABEL_SIZE, side=self._side(k), key=f"text {k}")
            for k in order[::-1]
            if texts[k]
        ]
        return [lines, *labels]

    def _side(self, number: int) -> Side:
        """Return the side of an arc's top with more room for a text: below, if another one passes close above."""
        up, height = unit(self.up, "The up of Arcs"), float(self.heights[number])
        others = [path for k, path in enumerate(self.paths) if k != number]
        apart = np.concatenate([np.zeros((0, 3)), *others]) - self.peaks[number]
        rise = apart @ up
        rise = rise[np.linalg.norm(apart - rise[:, None] * up, axis=1) < BESIDE_TOP * height]
        above = float(np.min(rise[rise > 0.0], initial=CLOSE * height))
        below = float(np.min(-rise[rise < 0.0], initial=height))
        return side_of(-up if above < min(below, CLOSE * height) else up)


# ------------------------------------------------------------------------------------------------------- tables
@dataclass(frozen=True, eq=False)
class Table(Compound):
    """A matrix in the picture: entries coloured by value, with their numbers.

    ``values`` (rows, columns) are in cells of width and height ``cell`` around ``center``, the first row on top.
    Colours run from -``limit`` to ``limit`` (``shades`` "signed") or from 0 to ``limit`` ("height"); None: the largest
    magnitude. Where rows or columns are ``lit``, the others are dim. ``entry`` is an entry's position, e.g. for a
    handle; ``grip`` and ``value_at`` are for one that is dragged up and down within its cell.
    """

    values: Sequence[Sequence[float]] | Array
    center: Vector = (0.0, 0.0, 0.0)
    cell: tuple[float, float] = (0.6, 0.6)
    row_names: Sequence[str] = ()
    column_names: Sequence[str] = ()
    lit_rows: Collection[int] = ()
    lit_columns: Collection[int] = ()
    limit: float | None = None
    shades: Shades = "signed"
    digits: int | None = 2  # of the numbers; None writes none
    brackets: bool = False
    right: Vector = (1.0, 0.0, 0.0)
    up: Vector = (0.0, 1.0, 0.0)

    def __post_init__(self) -> None:
        """Check the shape, the number of names, and the indices of lit rows and columns."""
        super().__post_init__()
        shape = np.shape(self.values)
        if len(shape) != 2 or 0 in shape:
            raise UserError(f"A Table needs values of the shape (rows, columns), not {shape}.")
        for what, count, names, lit in (
            ("rows", shape[0], self.row_names, self.lit_rows),
            ("columns", shape[1], self.column_names, self.lit_columns),
        ):
            if names and len(names) != count:
                raise UserError(f"A Table of {count} {what} needs as many names for them, not {len(names)}.")
            if any(not 0 <= one < count for one in lit):
                raise UserError(f"A Table has {what} 0 to {count - 1}; {sorted(lit)} cannot be lit.")
        if self.limit is not None and not self.limit > 0.0:
            raise UserError(f"The limit of a Table is above 0, not {self.limit:g}.")

    @cached_property
    def _array(self) -> Floats:
        return np.asarray(self.values, float)

    @cached_property
    def _sides(self) -> tuple[Floats, Floats]:
        """A cell's width and height as world vectors."""
        return (
            self.cell[0] * unit(self.right, "The right of a Table"),
            self.cell[1] * unit(self.up, "The up of a Table"),
        )

    @cached_property
    def most(self) -> float:
        """The value at the end of the colour scale."""
        if self.limit is not None:
            return self.limit
        finite = np.abs(self._array[np.isfinite(self._array)])
        return float(finite.max(initial=0.0)) or 1.0

    def entry(self, row: int, column: int) -> Floats:
        """Return the centre (3,) of an entry in the world. Rows count from the top, both from 0."""
        rows, columns = self._array.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise UserError(f"A Table of {rows} rows and {columns} columns has no entry ({row}, {column}).")
        return self._point(column + 0.5, row + 0.5)

    def grip(self, row: int, column: int) -> Floats:
        """Return the position of an entry's handle in its cell: its height above the centre shows the value."""
        share = float(np.clip(self._array[row, column] / self.most, -1.0, 1.0))
        return self.entry(row, column) + 0.5 * share * self._sides[1]

    def value_at(self, row: int, column: int, position: Vector) -> float:
        """Return the value of an entry whose grip is dragged to a position, from -limit to limit."""
        up = self._sides[1]
        above = (place(position, "The place of a grip") - self.entry(row, column)) @ up / (up @ up)
        return float(np.clip(2.0 * above, -1.0, 1.0)) * self.most

    def _point(self, across: float, down: float) -> Floats:
        """Return the point (3,) that is ``across`` cells from the left and ``down`` cells from the top."""
        rows, columns = self._array.shape
        right, up = self._sides
        return place(self.center, "The centre of a Table") + (across - columns / 2) * right + (rows / 2 - down) * up

    def made(self) -> Sequence[Layer]:
        """Return entries, names, frames around lit rows and columns, and brackets."""
        parts: list[Layer] = [self._entries()]
        parts += [part for part in (self._names("row"), self._names("column")) if part is not None]
        frames = [self._around(0, row, self._array.shape[1], row + 1) for row in sorted(self.lit_rows)]
        frames += [self._around(column, 0, column + 1, self._array.shape[0]) for column in sorted(self.lit_columns)]
        if frames:
            parts.append(Lines(frames, "accent", 2.0, name=self.name or "Table", worth=("lit",) * len(frames)))
        if self.brackets:
            parts.append(Lines(self._brackets(), "text", 2.4, name=self.name or "Table", worth=("bracket",) * 2))
        return parts

    def _entries(self) -> Plates:
        rows, columns = self._array.shape
        right, up = self._sides
        margin = 0.03 * min(self.cell)
        inset = margin * (right / np.linalg.norm(right) + up / np.linalg.norm(up))
        scale = 1.0 - 2.0 * margin / np.array(self.cell)
        cells = [(i, j) for i in range(rows) for j in range(columns)]
        corner = np.array([self._point(j, i + 1) + inset for i, j in cells])
        lit = np.array([i in self.lit_rows or j in self.lit_columns for i, j in cells])
        alpha = np.where(lit | (not lit.any()), 1.0, DIM)
        values = self._array.ravel()
        text = () if self.digits is None else tuple(fixed(value, self.digits) for value in values.tolist())
        said = tuple("\n".join([*self._said(i, j), f"value {short(float(self._array[i, j]))}"]) for i, j in cells)
        return Plates(
            corner,
            np.tile(scale[0] * right, (len(cells), 1)),
            np.tile(scale[1] * up, (len(cells), 1)),
            np.nan_to_num(values / self.most),
            self.shades,
            alpha=alpha,
            text=text,
            edge=0.0,
            rounding=0.1,
            key="entries",
            name=self.name or "Table",
            worth=said,
        )

    def _said(self, row: int, column: int) -> list[str]:
        """Return the tooltip's lines for a row and a column."""
        named = [names[k] for names, k in ((self.row_names, row), (self.column_names, column)) if names]
        return [f"row {row + 1}, column {column + 1}", *([", ".join(named)] if named else [])]

    def _names(self, which: Literal["row", "column"]) -> Plates | None:
        """Return the names beside the rows or above the columns, as plates without a background."""
        names, lit = (self.row_names, self.lit_rows) if which == "row" else (self.column_names, self.lit_columns)
        if not names:
            return None
        right, up = self._sides
        height = min(self.cell)
        wide = [height * (0.4 + 0.56 * text_width(name)) if which == "row" else self.cell[0] for name in names]
        across = np.array(wide)[:, None] * right / self.cell[0]
        tall = np.tile(up if which == "row" else height * up / self.cell[1], (len(names), 1))
        gap = (0.2 if self.brackets else 0.0) * height * right / self.cell[0]
        if which == "row":
            corner = np.array([self._point(0, k + 1) for k in range(len(names))]) - across - gap
        else:
            corner = np.array([self._point(k, 0) for k in range(len(names))])
        colors = tuple("accent" if k in lit else "dim" for k in range(len(names)))
        none = np.zeros(len(names))
        return Plates(
            corner, across, tall, colors, level=none, text=tuple(names), ground="", edge=0.0, key=f"{which} names",
            name=f"{which.capitalize()} name", worth=tuple(names),
        )  # fmt: skip

    def _around(self, left: int, top: int, right: int, bottom: int) -> Floats:
        """Return the outline (5, 3) of a block of cells."""
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        return np.array([self._point(x, y) for x, y in corners])

    def _brackets(self) -> tuple[Floats, Floats]:
        rows, columns = self._array.shape
        foot, gap = 0.16, 0.12  # of a cell
        sides = []
        for x, inward in ((-gap, foot), (columns + gap, -foot)):
            path = [(x + inward, -gap), (x, -gap), (x, rows + gap), (x + inward, rows + gap)]
            sides.append(np.array([self._point(across, down) for across, down in path]))
        return sides[0], sides[1]


# ------------------------------------------------------------------------------------------------------- sliders
@dataclass(frozen=True, eq=False)
class _KnobUnits:
    """What knobs (n, 3) are called under the pointer: their values (n,), after their names."""

    grips: Floats
    value: Floats
    names: Sequence[str]

    def told(self, position_in_world: Array) -> str:
        """Return the value of the knob at a world point (3,), after its name: a knob's place itself means nothing."""
        index = int(np.argmin(((self.grips - np.asarray(position_in_world)) ** 2).sum(axis=1)))
        value = short(float(self.value[index]))
        return f"{self.names[index]} = {value}" if self.names else value


@dataclass(frozen=True, eq=False)
class Sliders(Compound):
    """Knobs on tracks that rise from each ``foot`` (n, 3) by ``length`` (n,): at the foot is ``low``, above ``high``.

    A ``value`` (n,) beyond them has its knob at the end. A handle of a scene is at its ``grip`` and sets ``value_at``.
    ``names`` (n,) are what the values are called under the pointer.
    """

    foot: Sequence[Sequence[float]] | Array
    length: Sequence[float] | Array
    value: Sequence[float] | Array
    low: float = 0.0
    high: float = 1.0
    up: Vector = (0.0, 1.0, 0.0)
    size: float = 5.0
    names: Sequence[str] = ()

    @cached_property
    def _ways(self) -> Floats:
        """The vectors (n, 3) from each foot to the other end of its track."""
        return np.asarray(self.length, float)[:, None] * unit(self.up, "The up of Sliders")

    @cached_property
    def grips(self) -> Floats:
        """The positions of the knobs (n, 3)."""
        share = np.clip((np.asarray(self.value, float) - self.low) / (self.high - self.low), 0.0, 1.0)
        return places(self.foot, "The feet of Sliders") + share[:, None] * self._ways

    def value_at(self, index: int, position: Vector) -> float:
        """Return the value of a slider for a position of its knob, within both ends."""
        way = self._ways[index]
        up = (place(position, "The place of a knob") - places(self.foot, "The feet of Sliders")[index]) @ way
        return self.low + float(np.clip(up / (way @ way), 0.0, 1.0)) * (self.high - self.low)

    def made(self) -> Sequence[Layer]:
        """Return the tracks, and the knobs on them."""
        units = _KnobUnits(self.grips, np.asarray(self.value, float), self.names)
        feet = places(self.foot, "The feet of Sliders")
        return [
            Lines([*np.stack([feet, feet + self._ways], axis=1)], "grid.axis", 2.0, depth=False, pickable=False),
            Points(self.grips, "accent", self.size, "disc", outline=True, name=self.name or "Knob", units=units),
        ]
