"""Plots, number lines and axes in space: layers with their own coordinates, in which other things are placed.

A ``Plot`` is a rectangle anywhere in the world with a scale along each side. Its methods take data in its coordinates
and return layers: ``plot.curve(np.sin)``, ``plot.points(x, y)``. For anything else, ``plot.world(x, y)`` returns world
points, and ``plot.data(position)`` is its inverse.

Curves are clipped to the rectangle. Functions are sampled adaptively; at jumps, poles and missing values there is a
gap. Keep what a method returns as long as it does not change: its arrays are then uploaded once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError, shown
from lossland.numerals import short
from lossland.world.layers import (
    Array,
    Arrows,
    Color,
    Compound,
    Curve,
    Label,
    Layer,
    Lines,
    Named,
    Points,
    Polygon,
    Side,
    Solid,
    Style,
)
from lossland.world.shapes import Mesh
from lossland.world.ticks import Scale, decade_texts, tick_texts

Floats = NDArray[np.float64]
Range = tuple[float, float]
Function = Callable[[Floats], ArrayLike]  # of an array, returns an array of its shape or a number
Graph = Function | tuple[ArrayLike, ArrayLike]  # a function of x, or the points x (n,), y (n,)

TICK = 0.014  # length, as a share of a plot's shorter side
LINE_TICK = 0.01  # of a number line
NUMBER_SIZE, NAME_SIZE, DECADE_SIZE = 14.0, 22.0, 17.0  # pixels
AXIS_WIDTH, GRID_WIDTH = 1.4, 1.0
GUIDE_DASH = (8.0, 5.0)
BAR_FILL = 0.45
THIN, TIP = (
    1.8,
    0.05,
)  # of an axis in space: width in pixels, and the distance from its end to its tip and name, as a share of its length

FIRST_PIECES = 251  # of a function's graph; a prime, so that no common period hides between the samples
SPLIT = 0.43  # where a piece is tested and split; in its middle an odd function looks straight
ROUNDS = 20
FLAT_ENOUGH = 1 / 4000  # of the plot's height: tolerated deviation from the chord between two samples
JUMP = 1 / 50  # of the plot's height: a rise between samples at the finest spacing
MOST_PIECES = 20_000
TOUCH = 1e-5  # widths of the plot: half the distance of the two points that define a tangent
ON_EDGE = 1e-9
THREAD = 0.55  # opacity of the lines between two number lines
OUTSIDE = 1e6  # heights of the plot: where values are clamped before clipping


@dataclass(frozen=True, eq=False)
class Pieces(Compound):
    """Layers that belong together, such as the pieces of a curve. They share its key, name, group and units."""

    pieces: Sequence[Layer]

    def made(self) -> Sequence[Layer]:
        """Return the layers."""
        return self.pieces

    def upto(self, x: float) -> Pieces:
        """Return a plot's curve up to x: nothing is sampled or uploaded again while x moves."""
        begun = [(piece, at) for piece, at in self._begun if len(at) and at[0] < x]
        return replace(self, pieces=[replace(piece, at=at, upto=x) for piece, at in begun])

    @cached_property
    def _begun(self) -> list[tuple[Curve, Floats]]:
        """The pieces of a plot's curve, with the x (m,) of their points."""
        plot = self.units
        assert isinstance(plot, Plot)
        curves = [piece for piece in self.pieces if isinstance(piece, Curve)]
        return [(piece, plot.x_of(piece.points)) for piece in curves]


@dataclass(frozen=True, eq=False)
class Plot(Compound):
    """A pair of axes with their own scales, as a rectangle in the world.

    ``x`` and ``y`` are the ranges that it shows. It spans ``right`` and ``up`` from its lower left ``corner`` (3,):
    vectors (3,), or lengths along the world's x and y. ``x_name`` and ``y_name`` are LaTeX. ``count`` is the
    approximate number of tick labels along x and y, 0 for none; ``number_size`` is their size.

    Raises UserError for an empty range, one that reaches 0 on a logarithmic scale, and a degenerate rectangle.
    """

    x: Range = (0.0, 1.0)
    y: Range = (0.0, 1.0)
    x_name: str = ""
    y_name: str = ""
    log_x: bool = False
    log_y: bool = False
    corner: Sequence[float] | Array = (0.0, 0.0, 0.0)
    right: float | Sequence[float] | Array = 3.2
    up: float | Sequence[float] | Array = 2.0
    count: tuple[int, int] = (7, 5)
    grid: bool = True
    number_size: float = NUMBER_SIZE  # pixels

    def __post_init__(self) -> None:
        """Check scales and rectangle."""
        super().__post_init__()
        _ = self.scales
        corner, right, up = self._frame
        if not corner.shape == right.shape == up.shape == (3,) or not np.linalg.norm(np.cross(right, up)) > 0.0:
            raise UserError("A Plot has a corner (3,), and spans two vectors (3,) or lengths that are not in one line.")

    @cached_property
    def scales(self) -> tuple[Scale, Scale]:
        """The scales along x and y."""
        return Scale(*self.x, self.log_x), Scale(*self.y, self.log_y)

    @cached_property
    def _frame(self) -> tuple[Floats, Floats, Floats]:
        """Corner, right and up (3,) in the world."""
        right, up = (np.asarray(side, float) for side in (self.right, self.up))
        if right.ndim == 0:
            right = right * np.array([1.0, 0.0, 0.0])
        if up.ndim == 0:
            up = up * np.array([0.0, 1.0, 0.0])
        return np.asarray(self.corner, float), right, up

    # ------------------------------------------------------------------------------------------------- places
    def world(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """Return the world points (..., 3) of plot coordinates, also outside the rectangle.

        nan where a coordinate has no logarithm on a logarithmic scale.
        """
        across, along = self.scales
        return self._world(across.share(x), along.share(y))

    def data(self, position: Sequence[float] | Array) -> tuple[float, float]:
        """Return x and y of a point (3,) of the world, or (2,) of its plane z = 0: the inverse of ``world``.

        A point off the plot's plane is projected on it.
        """
        corner, right, up = self._frame
        (u, v), *_ = np.linalg.lstsq(np.column_stack([right, up]), _in_space(position) - corner, rcond=None)
        return float(self.scales[0].value(u)), float(self.scales[1].value(v))

    def x_of(self, positions: Array) -> Floats:
        """Return the x (m,) of points (m, 3) of the plot's rectangle."""
        corner, right, up = self._frame
        shares, *_ = np.linalg.lstsq(np.column_stack([right, up]), (np.asarray(positions) - corner).T, rcond=None)
        return np.asarray(self.scales[0].value(shares[0]))

    def told(self, position_in_world: Array) -> str:
        """Return a world point's coordinates in the plot as text."""
        x, y = self.data(position_in_world)
        return f"x = {short(x)}, y = {short(y)}"

    def bounds(self, above: float = 0.0) -> Floats:
        """Return world points (4, 3) that bound the plot with its numbers, for a ``View``.

        ``above`` is the share of its height left free over it, for a title.
        """
        names = 0.08 if self.y_name else 0.02
        u, v = np.array([-0.075, 1.05 if self.x_name else 1.02]), np.array([-0.09, 1.0 + names + above])
        return self._world(u[[0, 1, 1, 0]], v[[0, 0, 1, 1]])

    def _world(self, u: ArrayLike, v: ArrayLike) -> Floats:
        """Return the world points (..., 3) of shares of the width and of the height."""
        corner, right, up = self._frame
        return corner + np.asarray(u)[..., None] * right + np.asarray(v)[..., None] * up

    # ------------------------------------------------------------------------------------------------- itself
    def made(self) -> Sequence[Layer]:
        """Return grid, axes, numbers and names."""
        _, right, up = self._frame
        counted = list(zip(self.scales, self.count, strict=True))
        ticks = [scale.ticks(count) if count else np.zeros(0) for scale, count in counted]
        across, along = (scale.share(values) for scale, values in zip(self.scales, ticks, strict=True))
        small = [scale.share(scale.small_ticks(count) if count else np.zeros(0)) for scale, count in counted]
        wide, high = float(np.linalg.norm(right)), float(np.linalg.norm(up))
        out = -TICK * min(wide, high) / high, -TICK * min(wide, high) / wide
        made: list[Layer] = []
        if self.grid:
            lines = [*self._strokes(across, 0.0, 1.0), *self._strokes(along, 0.0, 1.0, flipped=True)]
            made.append(Lines(lines, "hair", GRID_WIDTH, group="grid", pickable=False))
            zeros = [scale.share([0.0] if count and _has_zero(scale) else np.zeros(0)) for scale, count in counted]
            lines = [*self._strokes(zeros[0], 0.0, 1.0), *self._strokes(zeros[1], 0.0, 1.0, flipped=True)]
            made.append(Lines(lines, "faint", AXIS_WIDTH, group="grid", pickable=False))
        edges = [
            self._world(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])),
            *self._strokes(across, out[0], 0.0),
            *self._strokes(along, out[1], 0.0, flipped=True),
            *self._strokes(small[0], 0.6 * out[0], 0.0),
            *self._strokes(small[1], 0.6 * out[1], 0.0, flipped=True),
        ]
        made.append(Lines(edges, "dim", AXIS_WIDTH, pickable=False))
        powers = any(scale.log and decade_texts(values) for scale, values in zip(self.scales, ticks, strict=True))
        feet = self._world(across, np.full_like(across, out[0])), self._world(np.full_like(along, out[1]), along)
        made += _numbers(self.scales[0], ticks[0], feet[0], "below", powers=powers, size=self.number_size)
        made += _numbers(self.scales[1], ticks[1], feet[1], "left", powers=powers, size=self.number_size)
        if self.x_name:
            made.append(Label(self._world(1.0, 0.0), self.x_name, latex=True, size=NAME_SIZE, side="right"))
        if self.y_name:
            made.append(Label(self._world(0.0, 1.0), self.y_name, latex=True, size=NAME_SIZE, side="above"))
        return made

    def _strokes(self, places: Floats, start: float, end: float, flipped: bool = False) -> list[Floats]:
        """Return a vertical line (2, 3) at each position along x, or with ``flipped`` a horizontal one along y."""
        at, way = np.repeat(places[:, None], 2, axis=1), np.broadcast_to([start, end], (len(places), 2))
        return list(self._world(way, at) if flipped else self._world(at, way))

    # --------------------------------------------------------------------------------------- what is put into it
    def curve(
        self,
        graph: Graph,
        color: Color = "accent",
        between: Range | None = None,
        width: float = 3.2,
        dash: tuple[float, float] | None = None,
        **named: Unpack[Named],
    ) -> Pieces:
        """Return the graph of a function of x, over the whole plot or ``between`` two x; or a line through points.

        ``dash`` is (period, ink) in pixels.
        """
        span = self._span(between)
        return self._drawn(_clipped(*self._path(graph, span), span), color, width, dash, named)

    def area(
        self,
        graph: Graph,
        color: Color = "accent",
        between: Range | None = None,
        to: float | Function | None = None,
        negative: Color = "",
        fill: float = 0.25,
        **named: Unpack[Named],
    ) -> Pieces:
        """Return the area between a graph and a height or another function ``to`` (None: 0, or the lower edge).

        Where the graph is below, the area has the colour ``negative``. The x of points must increase. An area is not
        pickable; its curve is.
        """
        span = self._span(between)
        u, v = self._path(graph, span)
        if not callable(graph):
            if not (np.diff(u) > 0).all():
                raise UserError("The area under points needs x that rise.")
            inside = np.union1d(u[(u > span[0]) & (u < span[1])], np.clip(span, u[0], u[-1]))
            u, v = inside, np.interp(inside, u, v)
        if callable(to):
            if callable(graph):
                u = np.union1d(u, self._path(to, span)[0])
                v = self._along(graph, u)
            foot = self._along(to, u)
        else:
            foot = np.full_like(u, float(self.scales[1].share(self._ground if to is None else to)))
        u, v, foot = _with_edges(u, v, foot)
        parts = []
        for run in _runs(np.isfinite(v) & np.isfinite(foot)):
            top, bottom = self._world(u[run], v[run]), self._world(u[run], foot[run])
            parts.append(Curve(top, color, 0.0, foot=bottom, fill=fill, negative=negative, pickable=False))
        return self._pieces(parts, named)

    def bars(
        self,
        edges: ArrayLike,
        height: ArrayLike,
        color: Color = "accent",
        gap: float = 0.08,
        foot: ArrayLike | None = None,
        fill: float = BAR_FILL,
        width: float = AXIS_WIDTH,
        **named: Unpack[Named],
    ) -> Pieces:
        """Return bars over the intervals between ``edges`` (n + 1,), as high as ``height`` (n,): a histogram.

        They start at 0, on a logarithmic scale at the lower edge, or each at its ``foot`` (n,), and then their
        ``worth`` is their area; ``gap`` is the share of an interval left free, ``width`` that of the outlines in
        pixels.
        """
        edges, height = np.asarray(edges, float), np.asarray(height, float)
        if edges.ndim != 1 or height.shape != (len(edges) - 1,):
            raise UserError(f"{height.size} bars need {height.size + 1} edges, not {edges.size}.")
        u = self.scales[0].share(edges)
        space = 0.5 * gap * np.diff(u)
        left, right = np.clip([u[:-1] + space, u[1:] - space], 0.0, 1.0)
        ground = np.full_like(height, self._ground if foot is None else foot)
        bottom, top = (np.clip(self.scales[1].share(level), 0.0, 1.0) for level in (ground, height))
        seen = (right > left) & np.isfinite(top)
        worth = height
        if foot is not None:
            seen, worth = seen & np.isfinite(height - ground) & (height != ground), (height - ground) * np.diff(edges)
        if not seen.any():
            return self._pieces([], named)
        across, along = np.stack([left, right, right, left]), np.stack([bottom, bottom, top, top])
        corners = self._world(across.T[seen], along.T[seen])  # (k, 4, 3)
        first = 4 * np.arange(len(corners))[:, None, None]
        triangles = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
        sides = (first + np.array([[0, 1], [1, 2], [2, 3], [3, 0]])).reshape(-1, 2)
        mesh = Mesh(corners.reshape(-1, 3), triangles, sides)
        solid = Solid(mesh, color, fill, width, worth=np.repeat(worth[seen], 2))
        return self._pieces([solid], {"name": "Bar", **named})

    def points(
        self,
        x: ArrayLike,
        y: ArrayLike,
        color: Color = "accent",
        size: float = 7.0,
        style: Style = "disc",
        **named: Unpack[Named],
    ) -> Pieces:
        """Return points at x, y (n,), or a single one. Those outside the plot are omitted; the others keep their
        indices for the pointer."""
        u, v = (np.ravel(scale.share(value)) for scale, value in zip(self.scales, (x, y), strict=True))
        if u.shape != v.shape and 1 not in (u.size, v.size):
            raise UserError(f"Points need x (n,) and y (n,), not {u.shape} and {v.shape}.")
        u, v = np.broadcast_arrays(u, v)
        number = np.flatnonzero((np.abs(u - 0.5) <= 0.5 + ON_EDGE) & (np.abs(v - 0.5) <= 0.5 + ON_EDGE))
        place = self._world(u[number], v[number])
        return self._pieces([Points(place, color, size, style, outline=True, number=number)], named)

    def line(
        self,
        start: Sequence[float],
        end: Sequence[float],
        color: Color = "text",
        reach: float | None = None,
        width: float = 2.2,
        dash: tuple[float, float] | None = None,
        **named: Unpack[Named],
    ) -> Pieces:
        """Return the straight line (in the picture) through two points (x, y), to the edges of the plot.

        With ``reach`` it extends only that far beyond them, in widths of the plot. Two equal points give no line.
        """
        (u0, u1), (v0, v1) = (scale.share([a, b]) for scale, a, b in zip(self.scales, start, end, strict=True))
        _, right, up = self._frame
        with np.errstate(all="ignore"):
            unit = np.array([u1 - u0, v1 - v0]) / np.linalg.norm((u1 - u0) * right + (v1 - v0) * up)
            slope = np.subtract(end[1], start[1]) / np.subtract(end[0], start[0])
        far = unit * (np.linalg.norm(right) * (OUTSIDE if reach is None else reach))
        ways = [u0 - far[0], u0, u1, u1 + far[0]], [v0 - far[1], v0, v1, v1 + far[1]]
        paths = _clipped(np.array(ways[0]), np.array(ways[1])) if np.isfinite(far).all() else []
        return self._drawn(
            paths, color, width, dash, {**named, "name": f"{named.get('name', 'Line')}, slope {short(float(slope))}"}
        )

    def tangent(
        self,
        graph: Function,
        x: float,
        color: Color = "text",
        reach: float | None = None,
        width: float = 2.2,
        dash: tuple[float, float] | None = None,
        **named: Unpack[Named],
    ) -> Pieces:
        """Return the tangent of a function's graph at x, to the edges or only as far as ``reach``.

        It is the tangent of the drawn graph, also on logarithmic scales.
        """
        u = float(self.scales[0].share(x)) + TOUCH * np.array([-1.0, 1.0])
        v = self._along(graph, u)
        ends = zip(self.scales[0].value(u).tolist(), self.scales[1].value(v).tolist(), strict=True)
        start, end = ends
        return self.line(start, end, color, reach, width, dash, **{"name": "Tangent", **named})

    def box(
        self, x: Range, y: Range, color: Color = "accent", fill: float = 0.22, outline: float = 2.0, name: str = ""
    ) -> Polygon:
        """Return the rectangle between two x and two y, clipped at the edges of the plot."""
        (x0, x1), (y0, y1) = np.clip(x, *self.x).tolist(), np.clip(y, *self.y).tolist()
        return Polygon(self.world([x0, x1, x1, x0], [y0, y0, y1, y1]), color, fill, outline, name=name)

    def held(self, x: float, y: float) -> Floats:
        """Return the world point (3,) of x, y clamped to the plot; a y that is not finite is at the lower edge."""
        low, high = self.y
        return self.world(min(max(x, self.x[0]), self.x[1]), min(max(y, low), high) if np.isfinite(y) else low)

    def guides(self, x: float, y: float, color: Color = "dim", **named: Unpack[Named]) -> Pieces:
        """Return thin dashed lines from a point down to the x axis and across to the y axis."""
        u, v = (float(scale.share(value)) for scale, value in zip(self.scales, (x, y), strict=True))
        paths = [*_clipped(np.array([u, u]), np.array([0.0, v])), *_clipped(np.array([0.0, u]), np.array([v, v]))]
        lines = Lines([self._world(*path.T) for path in paths], color, AXIS_WIDTH, dash=GUIDE_DASH, pickable=False)
        return self._pieces([lines], named)

    def label(
        self,
        x: float,
        y: float,
        text: str,
        color: Color = "text",
        side: Side = "right",
        latex: bool = False,
        size: float = 18.0,
        **named: Unpack[Named],
    ) -> Label:
        """Return a text beside a point."""
        return Label(self.world(x, y), text, color, latex=latex, size=size, side=side, **named)

    # ------------------------------------------------------------------------------------------------- helpers
    @property
    def _ground(self) -> float:
        """The y at which areas and bars start."""
        return self.scales[1].low if self.log_y else 0.0

    def _span(self, between: Range | None) -> Range:
        """Return the shares of the width between two x, within the plot."""
        if between is None:
            return 0.0, 1.0
        start, end = np.clip(self.scales[0].share(between), 0.0, 1.0).tolist()
        return start, end

    def _along(self, function: Function, u: Floats) -> Floats:
        """Return the shares of the height (n,) of a function at shares of the width (n,)."""
        with np.errstate(all="ignore"):
            y = np.asarray(function(self.scales[0].value(u)), float)
            if y.ndim and y.shape != u.shape:
                raise UserError(f"A function of a Plot gets an array {u.shape} and returns one like it, not {y.shape}.")
            y = np.broadcast_to(y, u.shape)
            return np.clip(self.scales[1].share(y), -OUTSIDE, OUTSIDE)

    def _path(self, graph: Graph, span: Range) -> tuple[Floats, Floats]:
        """Return a graph as shares of the width and of the height (n,)."""
        if callable(graph):
            return _traced(lambda u: self._along(graph, u), *span) if span[0] < span[1] else (np.zeros(0), np.zeros(0))
        if not isinstance(graph, Sequence) or len(graph) != 2:
            raise UserError(f"A curve needs a function of x, or the points (x, y), not {shown(graph)}.")
        u, v = (scale.share(values) for scale, values in zip(self.scales, graph, strict=True))
        if u.ndim != 1 or u.shape != v.shape:
            raise UserError(f"A curve needs x (n,) and y (n,), not {u.shape} and {v.shape}.")
        return np.clip(u, -OUTSIDE, OUTSIDE), np.clip(v, -OUTSIDE, OUTSIDE)

    def _drawn(
        self,
        paths: Sequence[Floats],
        color: Color,
        width: float,
        dash: tuple[float, float] | None,
        named: Named,
    ) -> Pieces:
        """Return curves along paths of shares (m, 2), or dashed lines."""
        in_world = [self._world(*path.T) for path in paths]
        if dash and in_world:
            return self._pieces([Lines(in_world, color, width, dash=dash)], named)
        return self._pieces([Curve(path, color, width) for path in in_world], named)

    def _pieces(self, parts: Sequence[Layer], named: Named) -> Pieces:
        return Pieces(parts, units=self, **named)


@dataclass(frozen=True, eq=False)
class NumberLine(Compound):
    """A number line from one world point (3,) to another: ``low`` is at ``start``, ``high`` at ``end``.

    ``label`` is LaTeX beyond its end. ``count`` is the approximate number of tick labels; they are at one ``side``.
    """

    low: float = 0.0
    high: float = 1.0
    label: str = ""
    log: bool = False
    start: Sequence[float] | Array = (-1.6, 0.0, 0.0)
    end: Sequence[float] | Array = (1.6, 0.0, 0.0)
    count: int = 7
    side: Side = "below"
    color: Color = "dim"

    def __post_init__(self) -> None:
        """Check the scale, and that the line has a length."""
        super().__post_init__()
        _ = self.scale
        if not np.linalg.norm(self._along) > 0.0:
            raise UserError("A NumberLine has a start and an end (3,) that are not one point.")

    @cached_property
    def scale(self) -> Scale:
        """The scale along it."""
        return Scale(self.low, self.high, self.log)

    @property
    def _along(self) -> Floats:
        return np.subtract(self.end, self.start, dtype=float)

    def point_at(self, value: ArrayLike) -> Floats:
        """Return the world points (..., 3) of values (...), also beyond the ends."""
        return np.asarray(self.start, float) + self.scale.share(value)[..., None] * self._along

    def value_at(self, position: Sequence[float] | Array) -> float:
        """Return the value nearest to a point (3,) of the world, or (2,) of its plane z = 0, also beyond the ends."""
        point = _in_space(position) - np.asarray(self.start, float)
        return float(self.scale.value(point @ self._along / (self._along @ self._along)))

    def told(self, position_in_world: Array) -> str:
        """Return the number at a world point as text."""
        return f"at {short(self.value_at(position_in_world))}"

    def points(self, values: ArrayLike, color: Color = "accent", size: float = 7.0, **named: Unpack[Named]) -> Pieces:
        """Return discs at values (n,), or at a single one."""
        return Pieces([Points(self.point_at(np.ravel(values)), color, size, "disc", outline=True)], units=self, **named)

    def threads(self, other: NumberLine, values: ArrayLike, images: ArrayLike, **named: Unpack[Named]) -> Pieces:
        """Return faint lines from values (n,) to their images (n,) on another number line.

        Those that do not end on it are omitted. They are dense where the map contracts.
        """
        start, end = np.asarray(values, float), np.asarray(images, float)
        inside = np.isfinite(start) & np.isfinite(end) & (np.abs(2 * other.scale.share(end) - 1) <= 1)
        ways = np.stack([self.point_at(start[inside]), other.point_at(end[inside])], axis=1)
        return Pieces([Lines(list(ways), "faint", 1.0, THREAD, pickable=False)], **named)

    def made(self) -> Sequence[Layer]:
        """Return line, ticks, numbers and name."""
        across = np.cross([0.0, 0.0, 1.0], self._along)
        if not np.linalg.norm(across) > 1e-9 * np.linalg.norm(self._along):
            across = np.array([1.0, 0.0, 0.0])  # of a vertical line
        tick = LINE_TICK * np.linalg.norm(self._along) / np.linalg.norm(across) * across
        values = self.scale.ticks(self.count)
        places, small = self.point_at(values), self.point_at(self.scale.small_ticks(self.count))
        line = np.stack([np.asarray(self.start, float), np.asarray(self.end, float)])
        strokes = [np.stack([at - 0.5 * tick, at + 0.5 * tick]) for at in places]
        strokes += [np.stack([at - 0.25 * tick, at + 0.25 * tick]) for at in small]
        away = {"below": -0.5, "right": -0.5, "above": 0.5, "left": 0.5}.get(self.side, 0.0)
        made: list[Layer] = [
            Lines([line], self.color, 1.8, units=self),
            Lines(strokes, self.color, AXIS_WIDTH, pickable=False),
            *_numbers(self.scale, values, places + away * tick, self.side),
        ]
        if self.label:
            made.append(
                Label(
                    self.point_at(self.high) + 0.03 * self._along, self.label, latex=True, size=NAME_SIZE, side="centre"
                )
            )
        return made


@dataclass(frozen=True, eq=False)
class Axes3D(Compound):
    """Three thin axes with arrow tips and names through the origin, or through the nearest values if 0 is outside.

    ``x``, ``y`` and ``z`` are ranges of values. They fill the box between the world corners ``low`` and ``high`` (3,);
    without these, values are world coordinates. Numbers are written only at ``read``: three rows of values, one for
    each axis, or one point (3,), with dashed guides to its coordinates.
    """

    x: Range = (-1.0, 1.0)
    y: Range = (-1.0, 1.0)
    z: Range = (-1.0, 1.0)
    names: tuple[str, str, str] = ("x", "y", "z")  # LaTeX
    read: Sequence[float] | Sequence[Sequence[float]] = ((), (), ())
    low: Sequence[float] | Array | None = None
    high: Sequence[float] | Array | None = None
    color: Color = "dim"
    guide: Color = "dim"

    def __post_init__(self) -> None:
        """Check the ranges, and the values to read off."""
        super().__post_init__()
        _ = self.scales
        if len(self.read) != 3:
            raise UserError("Axes3D read off a point (3,), or three rows of values, one for each axis.")

    @cached_property
    def scales(self) -> tuple[Scale, Scale, Scale]:
        """The scale of each axis."""
        return Scale(*self.x), Scale(*self.y), Scale(*self.z)

    @cached_property
    def _box(self) -> Floats:
        """The world corners (2, 3) of the smallest and the largest values."""
        ends = np.array([self.x, self.y, self.z], float).T
        return np.array(
            [end if given is None else given for end, given in zip(ends, (self.low, self.high), strict=True)]
        )

    @cached_property
    def origin(self) -> tuple[float, float, float]:
        """The values where the axes meet: 0, or the nearest end."""
        x, y, z = (min(max(0.0, scale.low), scale.high) for scale in self.scales)
        return x, y, z

    def world(self, point: ArrayLike) -> Floats:
        """Return the world points (..., 3) of values (..., 3)."""
        point = np.asarray(point, float)
        share = np.stack([scale.share(point[..., axis]) for axis, scale in enumerate(self.scales)], axis=-1)
        return self._box[0] + share * (self._box[1] - self._box[0])

    def data(self, position: ArrayLike) -> Floats:
        """Return the values (..., 3) of world points (..., 3)."""
        share = (np.asarray(position, float) - self._box[0]) / (self._box[1] - self._box[0])
        return np.stack([scale.value(share[..., axis]) for axis, scale in enumerate(self.scales)], axis=-1)

    def told(self, position_in_world: Array) -> str:
        """Return a world point's values as text."""
        return f"({', '.join(short(value) for value in self.data(position_in_world).tolist())})"

    def made(self) -> Sequence[Layer]:
        """Return axes, names, guides and numbers."""
        origin = np.array(self.origin)
        ends = np.array([[scale.low, scale.high] for scale in self.scales])
        tails, tips = (self.world(np.where(np.eye(3, dtype=bool), ends[:, [side]], origin)) for side in (0, 1))
        along = tips - tails
        tips = tips + TIP * along
        made: list[Layer] = [Arrows(tails, tips, self.color, THIN, units=self)]
        for name, place in zip(self.names, tips + TIP * along, strict=True):
            made.append(Label(place, name, latex=True, size=NAME_SIZE, side="centre"))
        if np.ndim(self.read[0]) == 0:
            point = np.array(self.read, float)
            made.append(self._guides(point))
            rows = point[:, None].tolist()
        else:
            rows = [list(np.ravel(row)) for row in self.read]
        for axis, values in enumerate(rows):
            if values:
                at = np.tile(origin, (len(values), 1))
                at[:, axis] = values
                made.append(Points(self.world(at), self.color, 2.6, "disc", pickable=False))
                made += _numbers(
                    self.scales[axis], np.array(values), self.world(at), "left" if axis == 2 else "below", "text"
                )
        return made

    def _guides(self, point: Floats) -> Lines:
        """Return dashed lines from a point to its projection on the floor, from there to x and y, and across to z."""
        x, y, z = self.origin
        a, b, c = point
        ways = [[(a, b, c), (a, b, z)], [(a, b, z), (a, y, z)], [(a, b, z), (x, b, z)], [(a, b, c), (x, y, c)]]
        return Lines([self.world(way) for way in ways], self.guide, AXIS_WIDTH, dash=GUIDE_DASH, pickable=False)


def range_of(graph: Function, x: Range, spare: float = 0.12, most: float = 3.0) -> Range:
    """Return a good range of y for the graph of a function over a range of x.

    It leaves the share ``spare`` free above and below, and includes 0 if that is near. Of a graph with extreme values,
    as at a pole, it covers ``most`` times the range from the 10 % to the 90 % quantile.
    """
    with np.errstate(all="ignore"):
        y = np.asarray(graph(np.linspace(*x, FIRST_PIECES)), float) + np.zeros(FIRST_PIECES)
    y = y[np.isfinite(y)]
    if not len(y):
        return -1.0, 1.0
    low, high = float(y.min()), float(y.max())
    first, last = np.quantile(y, [0.1, 0.9])
    if high - low > most * (last - first) > 0.0:
        middle, half = (first + last) / 2, most * (last - first) / 2
        low, high = max(low, middle - half), min(high, middle + half)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        low, high = min(low, 0.0) - 0.5 * (high <= 0.0 <= low), max(high, 0.0) + 0.5 * (high <= 0.0 <= low)
    edge = spare * (high - low)
    low, high = (min(low, 0.0) if low < 2.0 * edge else low), (max(high, 0.0) if high > -2.0 * edge else high)
    return low - edge, high + edge


# ------------------------------------------------------------------------------------------------------- helpers
def _in_space(position: Sequence[float] | Array) -> Floats:
    """Return a point (3,) of the world; of two numbers, one of its plane z = 0."""
    point = np.zeros(3)
    point[: len(position)] = position
    return point


def _has_zero(scale: Scale) -> bool:
    return not scale.log and scale.low < 0.0 < scale.high


def _numbers(
    scale: Scale,
    values: Floats,
    places: Floats,
    side: Side,
    color: Color = "dim",
    powers: bool = False,
    size: float = NUMBER_SIZE,
) -> list[Label]:
    """Return the tick labels of an axis at world points (n, 3); ``powers``: write decades as 10⁶ throughout."""
    decades = decade_texts(values, powers) if scale.log and len(values) else None
    if decades is not None:
        labels = zip(decades, places, strict=True)
        return [Label(place, text, color, latex=True, size=DECADE_SIZE, side=side) for text, place in labels]
    labels = zip(tick_texts(values), places, strict=True)
    return [Label(place, text, color, size=size, bold=False, side=side) for text, place in labels]


def _traced(graph: Callable[[Floats], Floats], start: float, end: float) -> tuple[Floats, Floats]:
    """Return u and v (n,) along a graph, sampled adaptively; nan in v where it jumps.

    Pieces are split until the point between is on the chord. One that still rises at the finest level has a jump or a
    pole.
    """
    u = np.linspace(start, end, FIRST_PIECES + 1)
    v = graph(u)
    bent = np.ones(FIRST_PIECES, bool)
    rounds = 0
    while bent.any() and rounds < ROUNDS and len(u) + bent.sum() < MOST_PIECES:
        piece = np.flatnonzero(bent)
        between = u[piece] + SPLIT * (u[piece + 1] - u[piece])
        height = graph(between)
        ends = np.stack([v[piece], v[piece + 1], height])
        with np.errstate(invalid="ignore"):
            straight = np.abs(height - ends[0] - SPLIT * (ends[1] - ends[0])) <= FLAT_ENOUGH
            hidden = (ends < 0.0).all(axis=0) | (ends > 1.0).all(axis=0) | np.isnan(ends).all(axis=0)
        u, v = np.insert(u, piece + 1, between), np.insert(v, piece + 1, height)
        bent = np.zeros(len(u) - 1, bool)
        left = piece + np.arange(len(piece))
        bent[left] = bent[left + 1] = ~(straight | hidden)
        rounds += 1
    if rounds == ROUNDS:
        with np.errstate(invalid="ignore"):
            jumps = np.flatnonzero(bent & (np.abs(np.diff(v)) > JUMP))
        u, v = np.insert(u, jumps + 1, u[jumps]), np.insert(v, jumps + 1, np.nan)
    return u, v


def _clipped(u: Floats, v: Floats, span: Range = (0.0, 1.0)) -> list[Floats]:
    """Return the pieces (m, 2) of a path (n,), (n,) inside the box from (span[0], 0) to (span[1], 1), cut at its edges.

    Nan is a gap. Each segment is cut by itself (Liang and Barsky, 1984). What is on an edge but for rounding is on it.
    """
    path = np.stack([u, v], axis=-1)
    low, high = np.array([span[0], 0.0]), np.array([span[1], 1.0])
    for edge in (low, high):
        path = np.where(np.abs(path - edge) <= ON_EDGE, edge, path)
    start, way = path[:-1], np.diff(path, axis=0)
    with np.errstate(all="ignore"):
        cuts = np.sort(np.stack([(low - start) / way, (high - start) / way]), axis=0)
    level = (way == 0.0) & (start >= low) & (start <= high)
    enter = np.where(level, 0.0, cuts[0]).max(axis=1, initial=0.0)
    leave = np.where(level, 1.0, cuts[1]).min(axis=1, initial=1.0)
    seen = np.isfinite(way).all(axis=1) & ((way != 0.0) | level).all(axis=1) & (enter < leave)
    joined = (leave[:-1] == 1.0) & (enter[1:] == 0.0)
    pieces = []
    for run in _runs(seen, joined):
        first, last = run.start, run.stop - 1
        inner = path[first + 1 : last + 1]
        ends = start[first] + enter[first] * way[first], start[last] + leave[last] * way[last]
        pieces.append(np.vstack([ends[0], inner, ends[1]]))
    return pieces


def _runs(seen: NDArray[np.bool_], joined: NDArray[np.bool_] | None = None) -> list[slice]:
    """Return the maximal slices in which everything is seen, and each is joined with the next."""
    number = np.flatnonzero(seen)
    if not len(number):
        return []
    breaks = np.diff(number) > 1
    if joined is not None:
        breaks |= ~joined[number[:-1]]
    parts = np.split(number, np.flatnonzero(breaks) + 1)
    return [slice(int(part[0]), int(part[-1]) + 1) for part in parts]


def _with_edges(u: Floats, v: Floats, foot: Floats) -> tuple[Floats, Floats, Floats]:
    """Return u, upper and lower sides (n,) of an area within [0, 1], with points where a side crosses 0 or 1."""
    sides = np.stack([u, v, foot])
    for side, level in ((1, 0.0), (1, 1.0), (2, 0.0), (2, 1.0)):
        above = sides[side] - level
        cross = np.flatnonzero(above[:-1] * above[1:] < 0.0)
        share = above[cross] / (above[cross] - above[cross + 1])
        between = sides[:, cross] + share * (sides[:, cross + 1] - sides[:, cross])
        between[side] = level
        sides = np.insert(sides, cross + 1, between, axis=1)
    u, v, foot = sides
    return u, np.clip(v, 0.0, 1.0), np.clip(foot, 0.0, 1.0)
