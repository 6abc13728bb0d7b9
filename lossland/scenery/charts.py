"""Charts in the world, with names and numbers: a ranking, a skyline, ribbons, a run's curves, a flag.

Each is plain data. ``layers`` are its layers, ``grown`` from 0 to 1 the progress of its growth, and ``bounds`` the
corners of its bounding box. Clickable elements have the chart's ``key``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lossland.models.curves import Pair, isolated, stretches
from lossland.world import layers, shapes
from lossland.world.layers import Label, Layer
from lossland.world.phrases import words
from lossland.world.plots import Plot
from lossland.world.ticks import decade_texts

X = TypeVar("X", float, NDArray[np.float64])
Floats = NDArray[np.float64]

MOST_POINTS = 400  # of a ribbon
CROWDED = 14  # more names than this in a row are smaller


@dataclass(frozen=True, eq=False)
class Ranking:
    """Horizontal bars of length ``value`` (n,), the first on top, with intervals from ``low`` to ``high``, at z = 0.

    ``names`` are at the left, those of ``bold`` in bold, and ``told`` at the right; ``worth`` is for the pointer.
    ``unit`` stands below the axis, ``heading`` over what is told.
    """

    value: Floats
    low: Floats
    high: Floats
    names: Sequence[str]
    told: Sequence[str]
    colors: Sequence[str]
    bold: Sequence[bool]
    worth: Sequence[str]
    unit: str
    heading: str
    size: tuple[float, float]
    key: str = "ranking"

    @cached_property
    def plot(self) -> Plot:
        """The scales: a unit of y is a row, and few rows do not fill the height."""
        across, up = self.size
        y = (-max(len(self.value), 8), 0)
        return Plot((0, 1.08 * float(self.high.max())), y, right=across, up=up, count=(6, 0))

    def bounds(self, for_names: float) -> Floats:
        """Return the corners (4, 3), with ``for_names`` world units at the left, and room for texts above and below."""
        bounds = self.plot.bounds()
        bounds[bounds[:, 0] < 0, 0] -= for_names
        below = bounds[:, 1] < self.size[1] / 2
        bounds[:, 1] += np.where(below, -0.06, 0.05) * self.size[1]
        return bounds

    def layers(self, grown: float) -> list[Layer]:
        """Return the bars, fully grown with their intervals, and names and numbers beside them."""
        y, zero = -0.5 - np.arange(len(self.value)), np.zeros(len(self.value))
        corner, up = self.plot.world(zero, y - 0.36), self.plot.world(zero, y + 0.36)
        right = self.plot.world(np.maximum(grown * self.value, 1e-4), y - 0.36) - corner
        bars = layers.Plates(
            corner, right, up - corner, self.colors, edge=0.0, rounding=0.12, worth=self.worth, key=self.key
        )
        found: list[Layer] = [self.plot, bars]
        if grown == 1.0:
            ends = np.stack([self.plot.world(self.low, y), self.plot.world(self.high, y)], axis=1)
            found.append(layers.Lines(list(ends), "text", 1.8, casing=1.2, pickable=False))
        size = 15.0 if len(y) <= CROWDED else 13.0
        for name, bold, place in zip(self.names, self.bold, self.plot.world(zero, y), strict=True):
            found.append(Label(place, name, "text", size=size, side="left", bold=bold, stays=True))
        ends = self.plot.world(grown * self.high, y)
        across, up = self.size
        found.append(Label((across / 2, -0.07 * up, 0.0), self.unit, "dim", size=15, side="below", bold=False))
        found.append(Label((across, up, 0.0), self.heading, "dim", size=13, side="above left", bold=False))
        return found + Label.each(ends, self.told, size=size, side="right", bold=False, stays=True)


@dataclass(frozen=True, eq=False)
class Skyline:
    """Bars with heights and colours by ``values`` (rows, columns) in [0, 1], the first row behind, on the plane z = 0.

    The names of ``rows`` are at the right, those of ``columns`` in front; ``worth`` is for the pointer, row by row.
    """

    values: Floats
    rows: Sequence[str]
    columns: Sequence[str]
    worth: Sequence[str]
    pitch: float
    high: float
    name: str = ""
    key: str = "skyline"

    @cached_property
    def places(self) -> tuple[Floats, Floats]:
        """The x of the columns and the y of the rows."""
        rows, columns = self.values.shape
        return self.pitch * (np.arange(columns) - (columns - 1) / 2), self.pitch * ((rows - 1) / 2 - np.arange(rows))

    @cached_property
    def bounds(self) -> Floats:
        """The corners (9, 3), with room for the names."""
        x, y = self.places
        low, high = (x[0] - 2 * self.pitch, y[-1] - self.pitch, 0.0), (x[-1] + self.pitch, y[0], self.high)
        return np.vstack([shapes.box(low, high), (x[-1] + 9 * self.pitch, y[0], 0.0)])

    def layers(self, grown: float) -> list[Layer]:
        """Return the bars and the names."""
        x, y = self.places
        low, high = shapes.skyline(0.012 + self.high * grown * self.values, self.pitch * max(self.values.shape))
        shares = self.values.ravel()
        bars = layers.Bars(low, high, shares, "height", key=self.key, name=self.name, worth=self.worth)
        labels = partial(Label.each, size=13.0 if max(self.values.shape) <= CROWDED else 12.0, bold=False, stays=True)
        right, front = x[-1] + 0.7 * self.pitch, y[-1] - 0.7 * self.pitch
        names = labels([(right, at, 0.0) for at in y], self.rows, "text", side="right")
        return [bars, *names, *labels([(at, front, 0.0) for at in x], self.columns, side="left")]


@dataclass(frozen=True, eq=False)
class Ribbons:
    """Curves over a common x (m,) as ribbons one behind the other, the first at the back, between y = 1 and −1.

    ``heights`` (n, m) are in [0, 1], and ``high`` is the world height of 1; x goes from −``wide`` / 2 to ``wide`` / 2.
    ``ticks`` and ``levels`` map values of x and of the heights to their texts; ``main`` is the highlighted tick.
    """

    x: Floats
    heights: Floats
    names: Sequence[str]
    colors: Sequence[str]
    keys: Sequence[str]
    ticks: dict[float, str]
    levels: dict[float, str]
    main: float
    unit: str
    wide: float
    high: float

    def lane(self, place: float) -> float:
        """Return the y of a ribbon by its index."""
        return 1.0 - 2.0 * (place + 0.5) / max(len(self.heights), 6)

    def across(self, x: X) -> X:
        """Return the world coordinates of values of x."""
        return self.wide * ((x - self.x[0]) / (self.x[-1] - self.x[0]) - 0.5)

    def layers(self, grown: float) -> list[Layer]:
        """Return the ribbons with the areas below and their names, and the axes; keys are ``rate.…``, ``ribbon.…``."""
        found, broad = list[Layer](), 0.62 * (self.lane(0) - self.lane(1))
        for k, (name, color, key) in enumerate(zip(self.names, self.colors, self.keys, strict=True)):
            y = np.full_like(self.x, self.lane(k))
            sheet = shapes.ribbon(np.stack([self.across(self.x), y, grown * self.high * self.heights[k]], -1), broad)
            foot = sheet[0] * (1, 1, 0)
            found.append(
                layers.Curve(sheet[0], color, 2.4, name=name, at=self.x, foot=foot, fill=0.22, key=f"rate.{key}")
            )
            found.append(layers.Sheet(sheet, color=color, every=(0, 0), name=name, key=f"ribbon.{key}"))
            place = (0.5 * self.wide + 0.04, self.lane(k), 0.0)
            found.append(Label(place, name, "text", size=14, side="right", bold=False, stays=True))
        return found + self._axes()

    def _axes(self) -> list[Layer]:
        front, back = self.lane(len(self.heights) - 0.5), 1.0
        floor = [np.array([(x, front, 0.0), (x, back, 0.0)]) for x in map(self.across, self.ticks)]
        ends = np.array([(-0.5 * self.wide, back, 0.0), (0.5 * self.wide, back, 0.0)])
        wall = [ends + np.array([0.0, 0.0, self.high * level]) for level in self.levels]
        colors = ["accent" if tick == self.main else "hair" for tick in self.ticks] + ["hair"] * len(wall)
        labels = partial(Label.each, bold=False, size=14)
        return [
            layers.Lines(floor + wall, colors, 1.2, pickable=False),
            *labels([line[0] for line in floor], self.ticks.values(), side="below"),
            *labels([line[1] for line in wall], self.levels.values(), side="right"),
            *labels([(0.0, front - 0.34, 0.0)], [self.unit], side="below", stays=True),
        ]


def room(wall: Plot, front: float, unit: str) -> list[Layer]:
    """Return lines and numbers of an upright plot as a wall, and of the floor from there to y = ``front``.

    The plot's values are levels on the wall, the whole numbers along it lines on the floor; ``unit`` is what they are.
    """
    (left, right), low, back = wall.x, wall.y[0], float(wall.world(wall.x[0], wall.y[0])[1])
    levels, ticks = wall.scales[1].ticks(5), np.unique(np.round(wall.scales[0].ticks(6)))
    powers = decade_texts(levels) if wall.log_y and len(levels) else None
    feet = wall.world(ticks, np.full(len(ticks), low))[:, 0]
    lines = [np.array([(x, front, 0.0), (x, back, 0.0)]) for x in feet]
    lines += [wall.world([left, right], [level, level]) for level in levels]
    labels = partial(Label.each, size=17, bold=False)
    ends = wall.world(np.full(len(levels), right), levels) + np.array([0.05, 0.0, 0.0])
    middle = 0.25 * float(wall.world(left, low)[0]) + 0.75 * float(wall.world(right, low)[0])
    return [
        layers.Lines(lines, "hair", 1.2, group="grid", pickable=False),
        *labels([(x, front - 0.06, 0.0) for x in feet], [words("?n", tick) for tick in ticks], side="below"),
        *labels(ends, powers or [words("?", level) for level in levels], latex=powers is not None),
        *labels([(middle, front - 0.5, 0.0)], [unit], side="centre"),
    ]


@dataclass(frozen=True, eq=False)
class RunRibbons:
    """The curves of a run for training and validation as ribbons on an upright plot, with the gap between them.

    ``smoothed`` (T,) are the values of the ribbons; with ``raw`` the original values are thin lines. After the step
    ``stop`` ribbons are pale. Keys are ``train:LANE:PART:0`` and the like.
    """

    plot: Plot
    pair: Pair
    smoothed: Mapping[str, Floats]
    raw: bool
    stop: float
    colors: Mapping[str, str]
    gap: tuple[str, str]  # where validation is above training, and where it is below
    lane: int
    broad: float

    @cached_property
    def paths(self) -> dict[str, list[tuple[Floats, Floats]]]:
        """Steps (m,) and world points (m, 3) of each finite part of a curve in the plot."""
        return {which: self._path(curve.steps, self.smoothed[which]) for which, curve in self.pair.named.items()}

    def _path(self, steps: NDArray[np.int64], values: Floats) -> list[tuple[Floats, Floats]]:
        few = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).round().astype(int))
        up = self.plot.scales[1]
        parts = stretches(steps[few], up.share(values[few]))
        return [(at, self.plot.world(at, up.value(share))) for at, share in parts]

    @cached_property
    def single(self) -> dict[str, tuple[NDArray[np.int64], Floats]]:
        """Steps (m,) and world points (m, 3) of each curve's values between values that are not finite."""
        found = {}
        for which, curve in self.pair.named.items():
            values = self.smoothed[which]
            at = isolated(self.plot.scales[1].share(values))
            found[which] = (curve.steps[at], self.plot.world(curve.steps[at], values[at]))
        return found

    @cached_property
    def _lines(self) -> list[Layer]:
        """The original values, as thin lines."""
        found: list[Layer] = []
        for which, curve in self.pair.named.items() if self.raw else ():
            for k, (at, points) in enumerate(self._path(curve.steps, curve.values)):
                key, name = f"raw.{which}.{self.lane}.{k}", f"{which}, not smoothed"
                found.append(layers.Curve(points, self.colors[which], 1.4, at=at, key=key, name=name))
        return found

    def layers(self, until: float) -> list[Layer]:
        """Return the ribbons up to a step, and the gap between them."""
        found = list(self._lines)
        for which, parts in self.paths.items():
            for k, (at, points) in enumerate(parts):
                for pale, (begin, end) in enumerate(((at[0], min(self.stop, until)), (max(self.stop, at[0]), until))):
                    if begin < min(end, at[-1]):
                        line = shapes.part_of(at, points, begin, min(end, at[-1]))[1]
                        ribbon = layers.Sheet(
                            shapes.ribbon(line, self.broad),
                            color=self.colors[which],
                            every=(0, 0),
                            dim=0.6 * pale,
                            name=f"{self.pair.name}: {which}",
                            key=f"{which}:{self.lane}:{k}:{pale}",
                        )
                        found.append(ribbon)
            found += self._dashes(which, until)
            found += self._end(which, until)
        return found + self._between(until)

    def _dashes(self, which: str, until: float) -> list[Layer]:
        """Return the values that are no part of a ribbon up to a step, as dashes as long as a ribbon is broad."""
        steps, points = self.single[which]
        half, name, found = np.array([0.0, self.broad / 2, 0.0]), f"{self.pair.name}: {which}", list[Layer]()
        for pale, shown in enumerate((steps <= min(self.stop, until), (steps > self.stop) & (steps <= until))):
            dashes, key = np.stack([points - half, points + half], axis=1)[shown], f"{which}:{self.lane}:single:{pale}"
            if len(dashes):
                found.append(layers.Lines(list(dashes), self.colors[which], 4.0, dim=0.6 * pale, name=name, key=key))
        return found

    def _end(self, which: str, until: float) -> list[Layer]:
        """Return a mark where a curve ends because all following values are nan."""
        ends = [(float(at[-1]), points[-1]) for at, points in (*self.paths[which], self.single[which]) if len(at)]
        last, place = max(ends, key=lambda end: end[0], default=(np.inf, np.zeros(3)))
        if last > until or np.isfinite(self.pair.named[which].values[-1]):
            return []
        color, name = self.colors[which], f"{which} is no number from here"
        key = f"end.{which}.{self.lane}"
        ring = layers.Points(place[None], color, 7.0, "ring", outline=True, key=key, name=name)
        return [ring, Label(place, "nan", color, size=18, side="below")]

    def _between(self, until: float) -> list[Layer]:
        """Return the gap between training and validation as a vertical area."""
        above, below = self.gap
        area = partial(layers.Curve, color=above, width=0.0, fill=0.3, negative=below, pickable=False)
        found: list[Layer] = []
        for (steps, high), (begun, low) in product(self.paths.get("validation", []), self.paths.get("train", [])):
            first, last = max(steps[0], begun[0]), min(steps[-1], begun[-1])
            if first < last:
                at, top = shapes.part_of(steps, high, first, last)
                foot = top.copy()
                foot[:, 2] = np.interp(at, begun, low[:, 2])
                key = f"gap.{self.lane}.{len(found)}"
                found.append(area(top, at=at, area=(first, until), foot=foot, key=key))
        return found


def flag(foot: Floats, color: str, text: str, key: str, high: float = 0.42) -> list[Layer]:
    """Return a flag at a point (3,), with a text above it."""
    top = foot + np.array([0.0, 0.0, high])
    cloth = np.array([top, top + np.array([0.0, 0.0, -0.16]), top + np.array([0.2, 0.0, -0.08])])
    drawn: list[Layer] = [
        layers.Lines([np.stack([foot, top])], color, 2.2, pickable=False, key=f"pole.{key}"),
        layers.Polygon(cloth, color, 0.9, 1.0, depth=True, name="Best", key=f"cloth.{key}", pickable=False),
        layers.Points(foot[None], color, 5.0, "sphere", outline=True, name="Best", key=key),
    ]
    return [*drawn, Label(top, text, color, size=30, side="above")] if text else drawn
