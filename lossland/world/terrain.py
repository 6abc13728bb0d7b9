"""A block of ground for any range of values: heights, draped paths, contours, ticks, and ray casting. NumPy only.

World space: z up, the domain's rectangle is always [-1, 1]², the block's underside is at ``BASE``.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError
from lossland.world.ticks import half, nearest_step, next_step, round_ticks

Floats = NDArray[np.float64]
Domain = tuple[tuple[float, float], tuple[float, float]]

LEVELS = 64  # a range with fewer floating-point numbers is drawn flat: its heights would be visible steps
SUMMED = 1e-12  # relative rounding error of a sum
BASE = -0.05  # world height of the underside of a block
SHOULDER = 0.15  # outliers and infinities reach at most that far above 1
T_MAX = 1.0 + SHOULDER
POLE = 4.0  # if both tails are longer than this many times the middle 98 %, values are unbounded on both sides
MOST = float(np.finfo(float).max)
HUGE = 1e307  # beyond it differences may overflow
FAR = 1e4  # steps from zero: beyond it contours are counted from the first
MOST_LINES = 400  # contours, and candidates for ticks
LIFT = 0.008  # world units: height above the ground of draped paths
MOST_LAID = 24  # paths in the cache
COMPRESSED = 8.0  # from this compression on, contours follow decades
_DECADE = np.array([1.0, 1.5, 2.0, 3.0, 5.0, 7.0])  # contour values within a decade


@dataclass(frozen=True)
class Exposure:
    """Tone mapping of any range of values: ``t = asinh(k r) / asinh(k)``, ``r = (value - low) / (high - low)``.

    ``low`` is the smallest value and ``high`` the 99 % quantile. ``k`` is solved so that the median has a given height;
    a small ``k`` is linear, a large one logarithmic. Above 1 a soft shoulder keeps outliers and infinities below
    ``T_MAX``. Where values are unbounded on both sides, as at the poles of 1/x, ``low`` is the 1 % quantile and values
    below it are clamped.
    """

    low: float
    high: float
    k: float

    @classmethod
    def of(cls, values: ArrayLike, median: float = 0.42) -> Exposure:
        """Fit the mapping to values of any shape; NaN and infinities are ignored."""
        values = np.asarray(values, float)
        finite = values[np.isfinite(values)]
        if finite.size == 0:
            return cls(0.0, 1.0, 1e-3)
        low, most = float(finite.min()), float(finite.max())
        if max(-low, most) > HUGE:  # quantiles take differences
            small = cls.of(finite / 8, median)
            return cls(min(8 * small.low, float(np.nextafter(MOST, 0.0))), min(8 * small.high, MOST), small.k)
        first, high = (float(q) for q in np.quantile(finite, [0.01, 0.99]))
        if min(half(low, first), half(high, most)) > POLE * half(first, high) > 0.0:
            low = first
        if not _differ(low, high):
            high = most  # a spike: all but a few values are equal
        if _is_flat(values):
            return cls(low, low + max(1.0, abs(low)), 1e-3)  # a constant: flat
        middle = float(cls(low, high, 1.0).ratio(np.median(finite)))
        below, above = np.log(1e-3), np.log(1e6)
        for _ in range(60):
            k = np.exp(0.5 * (below + above))
            if np.arcsinh(k * middle) / np.arcsinh(k) < median:
                below = np.log(k)
            else:
                above = np.log(k)
        return cls(low, high, float(np.exp(above)))

    @property
    def compressed(self) -> bool:
        """Whether the mapping is closer to logarithmic than to linear."""
        return self.k > COMPRESSED

    def __call__(self, values: ArrayLike) -> Floats:
        """Return t in [0, T_MAX] of values of any shape; NaN stays NaN."""
        t = self._unbounded(values)
        return np.where(t > 1.0, 1.0 + SHOULDER * np.tanh((t - 1.0) / SHOULDER), t)

    def ratio(self, values: ArrayLike) -> Floats:
        """Return r = (value - low) / (high - low) of values of any shape, at most 1e12 from 0."""
        span = half(self.low, self.high)
        with np.errstate(over="ignore"):  # far outliers of a narrow range
            return np.clip(np.asarray(values, float) / 2 / span - self.low / 2 / span, -1e12, 1e12)

    def _unbounded(self, values: ArrayLike) -> Floats:
        r = np.maximum(self.ratio(values), 0.0)
        return np.arcsinh(self.k * r) / np.arcsinh(self.k)

    def inverse(self, t: ArrayLike) -> Floats:
        """Return the value at t in [0, T_MAX), of any shape."""
        t = np.asarray(t, float)
        over = np.arctanh(np.clip((t - 1.0) / SHOULDER, 0.0, 1.0 - 1e-9))
        straight = np.where(t > 1.0, 1.0 + SHOULDER * over, t)
        with np.errstate(over="ignore"):  # the shoulder may stand for values beyond float64
            return 2 * (self.low / 2 + half(self.low, self.high) * np.sinh(straight * np.arcsinh(self.k)) / self.k)

    def decades(self, t: float, highest: float) -> range:
        """Return the exponents of ten of the distances above ``low``, from t up to the highest value.

        They start at the spacing of floating-point numbers around ``low``.
        """
        least = max(half(self.low, self.high) * float(np.sinh(t * np.arcsinh(self.k))) / self.k, _spacing(self.low))
        first, last = _log10_double(least), _log10_double(half(self.low, highest))
        return range(max(int(np.floor(first)), -323), min(int(np.ceil(last)), 308) + 1)


def _log10_double(number: float) -> float:
    """Return the decimal logarithm of twice a positive number."""
    return float(np.log10(2 * number) if number < HUGE else np.log10(number) + np.log10(2.0))


def _differ(low: float, high: float) -> bool:
    """Whether two numbers are far enough apart to be a range, rather than rounding errors of one number."""
    return half(low, high) > LEVELS / 2 * max(1e-314, _spacing(low), _spacing(high))


def _is_flat(values: NDArray[np.floating]) -> bool:
    """Whether finite values of any shape are constant up to rounding errors.

    Errors of sums exceed the spacing of their result, but are noise: they differ as much between adjacent samples as
    over a sixteenth of the grid (ny, nx).
    """
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    if not low < high or not _differ(low, high):
        return True
    if half(low, high) > 0.5 * SUMMED * max(abs(low), abs(high)) or values.ndim != 2 or min(values.shape) < 32:
        return False
    rest, stride = values - low, min(values.shape) // 16
    near, far = (np.nanmean(np.abs(rest[step:, step:] - rest[:-step, :-step])) for step in (1, stride))
    return bool(far < 2 * near)


def _spacing(value: float) -> float:
    """Return the spacing of floating-point numbers of this size."""
    return 2 * float(np.spacing(abs(value) / 2))


@dataclass(frozen=True, eq=False)
class Contours:
    """Round values of contour lines. Line i has the phase ``phase[i]``; multiples of ``every`` are index lines."""

    value: Floats  # (n,)
    phase: Floats  # (n,) consecutive integers
    every: int


def contours(exposure: Exposure, highest: float, count: int = 12) -> Contours:
    """Choose contour values: 1 1.5 2 3 5 7 per decade (index lines at decades), or equal round steps (every 5th).

    ``highest`` is the largest finite value. Decades are counted from zero, or from a round number near the least
    value where that is not near zero.
    """
    low = exposure.low
    if exposure.compressed:
        exponents = exposure.decades(0.06, max(highest, exposure.high))[: MOST_LINES // len(_DECADE)]
        origin = _origin(exposure, exponents[0])
        with np.errstate(over="ignore"):  # values above the highest, which are dropped
            value: Floats = (origin + _powers(exponents)[:, None] * _DECADE).ravel()
        phase = np.arange(len(value), dtype=float) + 6.0 * 10  # multiples of 6 at decades, positive
        every = 6
    else:
        step = max(nearest_step(half(low, exposure.high) / count * 2), _spacing(low))
        first, last = np.floor(low / step), np.ceil(highest / step)
        # far outliers: the shoulder merges their lines
        index = first + np.arange(min(last - first + 1.0, MOST_LINES))
        every = 5
        far = abs(first) > FAR  # phases are float32 on the GPU
        with np.errstate(over="ignore"):
            value = index * step
        phase = index - (every * np.floor(first / every) if far else 0.0)
    inside = (value > low) & (value <= highest)
    return Contours(value[inside], phase[inside], every)


def _origin(exposure: Exposure, first: int) -> float:
    """Return the round number from which the decades of a compressed range are counted."""
    unit = 10.0**first
    origin = np.floor(exposure.low / unit + 0.5) * unit
    return 0.0 if abs(origin) < unit else float(origin)


def _powers(exponents: range) -> Floats:
    return np.array([10.0**exponent for exponent in exponents])


@dataclass(frozen=True, eq=False)
class Laid:
    """A path of the domain draped on the ground (see ``Terrain.drape``)."""

    points: Floats  # (m, 3) in the world
    progress: Floats  # (m,) the fractional index into the path at each of them, increasing
    beads: Floats  # (k, 3) the path's own points, as far as it is on the map

    def is_inside(self, step: float) -> bool:
        """Whether the path is still on the map at a step."""
        return int(step + 1e-6) <= self.progress[-1]


@dataclass(frozen=True, eq=False)
class Tangent:
    """The tangent plane of the drawn ground at a point: world vectors along x and y of the domain."""

    point: Floats  # (3,) on the ground
    along_x: Floats  # (3,) for one unit of the domain
    along_y: Floats

    def raised(self, lift: float) -> Floats:
        """Return the point (3,) at a height above the ground."""
        return self.point + np.array([0.0, 0.0, lift])

    def ahead(self, direction: ArrayLike) -> Floats:
        """Return the world unit vectors (..., 3) along directions (..., 2) of the domain."""
        x, y = np.moveaxis(np.asarray(direction, float)[..., None], -2, 0)
        vector = x * self.along_x + y * self.along_y
        vector = vector / np.abs(vector).max(axis=-1, keepdims=True)  # the squares of huge numbers overflow
        return vector / np.linalg.norm(vector, axis=-1, keepdims=True)

    def square(self, direction: ArrayLike, half: float, lift: float) -> Floats:
        """Return the corners (4, 3) of a square in the plane, two of its sides in a direction (2,) of the domain."""
        x, y = np.asarray(direction, float)
        ahead, across = self.ahead((x, y)), self.ahead((-y, x))
        corners = ((1, 1), (-1, 1), (-1, -1), (1, -1))
        return np.array([self.raised(lift) + half * (a * ahead + b * across) for a, b in corners])


class Terrain:
    """A sampled landscape as ground: heights in the world for values in the domain.

    ``x`` (nx,) and ``y`` (ny,) increase in equal steps, ``value`` (ny, nx) is indexed [iy, ix]: NaN is a hole, +inf is
    at the shoulder, a constant is flat. ``height`` is the world height of t = 1 and ``median`` the share of it at which
    the median of the values is (see ``Exposure``). Made ``like`` another terrain, it takes its scale: equal values have
    equal heights and the same contours; values below the other's smallest are clamped.
    """

    def __init__(
        self,
        x: ArrayLike,
        y: ArrayLike,
        value: ArrayLike,
        height: float = 0.55,
        median: float = 0.42,
        like: Terrain | None = None,
    ) -> None:
        x, y, value = (
            np.atleast_1d(np.asarray(x, float)),
            np.atleast_1d(np.asarray(y, float)),
            np.asarray(value),
        )
        value = value.reshape(len(y), len(x)) if value.ndim < 2 else value
        if value.shape != (len(y), len(x)) or value.size == 0:
            raise UserError(
                f"A grid of {len(x)} x and {len(y)} y values needs {len(y)} rows of {len(x)} values, "
                f"not the shape {value.shape}."
            )
        self.x, value = _widened(x, value, "x", axis=1)
        self.y, value = _widened(y, value, "y", axis=0)
        self.value: NDArray[np.floating] = value
        self.height, self.median = (like.height, like.median) if like else (float(height), float(median))
        self.exposure = like.exposure if like else Exposure.of(value, median)
        self.base = BASE

    # ------------------------------------------------------------------------------------------------- heights
    @cached_property
    def is_flat(self) -> bool:
        """Whether all values are equal up to rounding errors."""
        return _is_flat(self.value)

    @cached_property
    def z(self) -> NDArray[np.float32]:
        """World heights (ny, nx); NaN where the ground has a hole."""
        return (self.height * self.exposure(self.value)).astype(np.float32)

    @cached_property
    def ground(self) -> NDArray[np.float32]:
        """World heights (ny, nx) with holes filled smoothly from their surroundings, without NaN."""
        return _filled(self.z)

    @cached_property
    def solid(self) -> NDArray[np.bool_]:
        """Where there is ground (no hole), (ny, nx)."""
        return np.isfinite(self.z)

    @cached_property
    def relief(self) -> NDArray[np.float32]:
        """The height texture (ny, nx, 2) float32: world heights without holes, and contour phases.

        A scene that computes it on a CUDA device may set it to that array (see ``layers``).
        """
        table = self.contour_phase()
        place = np.clip(self.ground / self.height, 0.0, T_MAX) / T_MAX * (len(table) - 1)
        phase = np.interp(place, np.arange(len(table)), table)
        return np.stack([self.ground, phase], -1).astype(np.float32)

    @property
    def domain(self) -> Domain:
        """((x0, x1), (y0, y1)): the domain of the footprint [-1, 1]²."""
        return (float(self.x[0]), float(self.x[-1])), (float(self.y[0]), float(self.y[-1]))

    @cached_property
    def top(self) -> float:
        """The world height of the highest ground."""
        return float(np.nanmax(self.z, initial=0.0))

    @cached_property
    def bounds(self) -> Floats:
        """Eight world points (8, 3) to fit into a picture: the base with its axes, and the top."""
        foot = [(1.17 * sx, 1.17 * sy, self.base) for sx in (-1, 1) for sy in (-1, 1)]
        head = [(sx, sy, max(self.top, 0.1 * self.height)) for sx in (-1, 1) for sy in (-1, 1)]
        return np.array(foot + head, float)

    # ------------------------------------------------------------------------------------------- between spaces
    def footprint_from_domain(self, position: ArrayLike) -> Floats:
        """Return world x, y (..., 2) of positions in the domain (..., 2)."""
        middle, across = _middle_and_half(self.domain)
        return (np.asarray(position, float) - middle) / across

    def domain_from_world(self, world: ArrayLike) -> Floats:
        """Return positions in the domain (..., 2) of world points (..., 2 or 3)."""
        middle, across = _middle_and_half(self.domain)
        return np.asarray(world, float)[..., :2] * across + middle

    def world_from_domain(self, position: ArrayLike, lift: float = 0.0) -> Floats:
        """Return positions in the domain (..., 2) on the ground: world points (..., 3). Outside, the edge's height."""
        flat = self.footprint_from_domain(position)
        return np.concatenate([flat, self._height(flat)[..., None] + lift], -1)

    def world_height(self, value: ArrayLike) -> Floats:
        """Return the world height of values of any shape."""
        return self.height * self.exposure(value)

    def tangent(self, position: ArrayLike, value: float, gradient: ArrayLike) -> Tangent:
        """Return the tangent plane at a position (2,) of the domain, from the function's value and gradient there."""
        _, across = _middle_and_half(self.domain)
        step = 1e-4 * max(1e-12, self.exposure.high - self.exposure.low)
        low, high = self.world_height(np.array([value - step, value + step]))
        slope_x, slope_y = float(high - low) / (2 * step) * np.asarray(gradient, float)
        point = self.world_from_domain(position)
        point[2] = float(self.world_height(value))
        return Tangent(point, np.array([1 / across[0], 0.0, slope_x]), np.array([0.0, 1 / across[1], slope_y]))

    def _height(self, flat: Floats) -> Floats:
        """Return the ground's height, bilinear, at world x, y (..., 2)."""
        ny, nx = self.ground.shape
        size = np.array([nx - 1, ny - 1])
        at = np.clip(np.nan_to_num((flat + 1.0) / 2.0 * size), 0.0, size)
        cell = np.minimum(at.astype(int), size - 1)
        i, j = cell[..., 0], cell[..., 1]
        u, v = at[..., 0] - i, at[..., 1] - j
        z = self.ground
        near = z[j, i] * (1 - u) + z[j, i + 1] * u
        far = z[j + 1, i] * (1 - u) + z[j + 1, i + 1] * u
        return near * (1 - v) + far * v

    def drape(self, path: ArrayLike, lift: float = LIFT, step: float = 0.012) -> tuple[Floats, Floats]:
        """Drape a path (T, 2) of the domain on the ground, in pieces no longer than ``step`` in the world.

        Returns world points (m, 3) and their iteration numbers (m,), whole at the path's own points. A path that
        leaves the domain, or becomes NaN or infinite, ends at the edge of the block.
        """
        flat = self.footprint_from_domain(np.atleast_2d(np.asarray(path, float)))
        if not np.all(np.abs(flat[0]) <= 1.0):
            flat[0] = np.clip(np.nan_to_num(flat[0]), -1.0, 1.0)
        inside = np.all(np.abs(flat) <= 1.0, axis=1)
        last = len(flat) - 1 if inside.all() else int(np.argmin(inside)) - 1
        kept, number = flat[: last + 1], np.arange(last + 1, dtype=float)
        if last + 1 < len(flat):
            share = _share_inside(flat[last], flat[last + 1])
            if share > 0.0:
                kept = np.vstack([kept, np.clip(kept[-1] + share * (flat[last + 1] - kept[-1]), -1.0, 1.0)])
                number = np.append(number, last + share)
        length = np.linalg.norm(np.diff(kept, axis=0), axis=1)
        pieces = np.maximum(1, np.ceil(length / step)).astype(int)
        start = np.repeat(np.arange(len(pieces)), pieces)
        part = (np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[start]
        where = np.append(kept[start] + part[:, None] * (kept[start + 1] - kept[start]), kept[-1:], axis=0)
        progress = np.append(number[start] + part * (number[start + 1] - number[start]), number[-1])
        return np.column_stack([where, self._height(where) + lift]), progress

    def pieces(self, path: NDArray[np.floating]) -> list[tuple[int, NDArray[np.floating]]]:
        """Return the pieces of a path (T, 2) of the domain that are on the map, each as first index and points."""
        inside = ((path >= (self.x[0], self.y[0])) & (path <= (self.x[-1], self.y[-1]))).all(axis=1)
        ends = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
        return [(int(first), path[first : after + 1]) for first, after in ends.reshape(-1, 2)]

    def laid(self, path: NDArray[np.floating]) -> Laid:
        """Return a path (T, 2) of the domain draped on the ground. Recent ones are cached by the array object."""
        kept = self._laid.get(id(path))
        if kept is None or kept[0] is not path:
            points, progress = self.drape(path)
            beads = self.world_from_domain(path[: int(progress[-1]) + 1], lift=LIFT)
            kept = self._laid[id(path)] = (path, Laid(points, progress, beads))
            while len(self._laid) > MOST_LAID:
                self._laid.popitem(last=False)
        return kept[1]

    @cached_property
    def _laid(self) -> OrderedDict[int, tuple[NDArray[np.floating], Laid]]:
        return OrderedDict()

    # --------------------------------------------------------------------------------------------------- rays
    def intersect(self, origin: ArrayLike, direction: ArrayLike, sheet: bool = False) -> tuple[float, float] | None:
        """Return the position in the domain where a ray from outside first meets the ground, or None.

        A ray that hits a wall, the underside or nothing gives None; it passes through holes. A ``sheet`` has no walls,
        and is hit from below as well.
        """
        start, along = np.asarray(origin, float), np.asarray(direction, float)
        along = along / np.linalg.norm(along)
        low, high = np.array([-1.0, -1.0, self.base]), np.array([1.0, 1.0, self.top + 1e-6])
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = np.sort(np.stack([(low - start) / along, (high - start) / along]), axis=0)
        near, far = max(0.0, float(np.nanmax(crossing[0]))), float(np.nanmin(crossing[1]))
        if not near < far:
            return None
        count = 2 * max(self.z.shape) + 2
        distance = np.linspace(near, far, count)
        point = start + distance[:, None] * along
        above = point[:, 2] - self._height(point[:, :2])
        down = (above[:-1] > 0.0) & (above[1:] <= 0.0)
        up = (above[:-1] <= 0.0) & (above[1:] > 0.0)
        hits = np.flatnonzero(down | up if sheet else down)
        if above[0] <= 1e-9 and near > 0.0 and not sheet and not abs(point[0, 2] - high[2]) < 1e-5:
            return None  # entered through a wall
        for hit in hits:
            before, after, over, under = *distance[hit : hit + 2], *above[hit : hit + 2]
            for _ in range(3):  # bisection into 64 parts: fewer and larger steps than halving
                part = np.linspace(before, after, 65)
                at = start + part[:, None] * along
                gaps = at[:, 2] - self._height(at[:, :2])
                first = int(np.argmax(((gaps <= 0.0) == down[hit])[1:]))
                before, after, over, under = *part[first : first + 2], *gaps[first : first + 2]
            at = start + (before + over / (over - under) * (after - before)) * along  # so near, the ground is straight
            if self._is_solid(at[:2]):
                x, y = self.domain_from_world(np.clip(at, -1.0, 1.0))
                return float(x), float(y)
        return None

    def _is_solid(self, flat: Floats) -> bool:
        ny, nx = self.solid.shape
        i = round(float(np.clip((flat[0] + 1) / 2 * (nx - 1), 0, nx - 1)))
        j = round(float(np.clip((flat[1] + 1) / 2 * (ny - 1), 0, ny - 1)))
        return bool(self.solid[j, i])

    # ---------------------------------------------------------------------------------------- round numbers
    @cached_property
    def contours(self) -> Contours:
        """The contour lines of this ground."""
        finite = self.value[np.isfinite(self.value)]
        return contours(self.exposure, float(finite.max(initial=self.exposure.low)))

    def contour_phase(self, count: int = 1024) -> NDArray[np.float32]:
        """Return a table (count,) of the contour phase over t in [0, T_MAX]: integers at contour values."""
        t = np.linspace(0.0, T_MAX, count)
        lines = self.contours
        place = self.exposure(lines.value)
        keep = np.append(True, np.diff(place) > 1e-4) if len(place) else np.zeros(0, bool)
        place, phase = place[keep], lines.phase[keep]
        if len(place) == 0:
            return np.full(count, 0.5, np.float32)
        table = np.interp(t, place, phase)
        below, above = t < place[0], t > place[-1]
        table[below] = phase[0] - 0.98 * (1.0 - t[below] / max(place[0], 1e-6))  # no line below the first
        table[above] = phase[-1] + 0.45 * np.minimum(1.0, (t[above] - place[-1]) / 0.1)  # nor above the last
        return table.astype(np.float32)

    def ticks(self, axis: int, count: int = 5) -> Floats:
        """Return round numbers along x (axis 0) or y (axis 1) of the domain."""
        return round_ticks(*self.domain[axis], count)

    def value_ticks(self, length: float, gap: float = 20.0) -> list[tuple[float, float]]:
        """Return (value, t) of round values for a scale ``length`` pixels high, at least ``gap`` pixels apart.

        t in [0, 1] is the value's position. The ends have priority, then zero, powers of ten, and the others.
        """
        candidates, order = self._ranked_ticks
        kept: list[int] = []
        for i in order:
            place = candidates[i][1]
            if all(abs(place - candidates[j][1]) * length >= gap for j in kept):
                kept.append(i)
        return [candidates[i] for i in sorted(kept)]

    @cached_property
    def _ranked_ticks(self) -> tuple[list[tuple[float, float]], list[int]]:
        """(value, t) of every candidate for a tick, and their indices by priority."""
        if self.is_flat:
            return [(self.exposure.low, 0.0)], [0]
        values, decade = self._tick_candidates()
        place = self.exposure(values)
        values, decade, place = (a[place <= 1.0].tolist() for a in (values, decade, place))
        ends = (0, len(values) - 1)
        order = sorted(range(len(values)), key=lambda i: (-1 if i in ends else decade[i], -place[i]))
        return list(zip(values, place, strict=True)), order

    def _tick_candidates(self) -> tuple[Floats, NDArray[np.int_]]:
        """Return increasing round values in the colours' range, and ranks (0: zero, 1: powers of ten, 2, 3: others)."""
        rule = self.exposure
        if not rule.compressed:
            values = round_ticks(rule.low, rule.high, 5)
            return values, np.ones(len(values), int)
        exponents = rule.decades(0.04, rule.high)
        powers = _powers(exponents)
        origin = _origin(rule, exponents[0])
        # of a range that starts at zero, or is far from it, decades are counted from its lower end
        if origin == 0.0 or abs(rule.low / 2) > half(rule.low, rule.high):
            values = origin + np.concatenate([[0.0], np.column_stack([powers, 3.0 * powers]).ravel()])
            return values, np.array([1] + [1, 2] * len(powers))
        rank = {0.0: 0}
        for digit, order in ((1, 1), (3, 2), (2, 3), (5, 3), (7, 3)):
            rank |= {sign * digit * float(power): order for power in powers for sign in (-1, 1)}
        values = sorted(value for value in rank if rule.low <= value <= rule.high)
        return np.array(values), np.array([rank[value] for value in values])

    def grid_unit(self, axis: int, most: int = 14) -> float:
        """Return the spacing of the ground's grid in the domain: 1, or the 1-2-5 step that gives at most ``most``."""
        span = half(*self.domain[axis])
        if 3.0 <= 2 * span <= most:
            return 1.0
        return next_step(span / most * 2)


def straight(value: ArrayLike) -> float:
    """Return the median of a grid (ny, nx) as a share (0, 1) of its range: the ``median`` of a linear mapping."""
    finite = np.asarray(value, float)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return 0.5
    finite = finite / 8  # differences of huge values overflow
    low, high = float(finite.min()), float(np.quantile(finite, 0.99))
    return float(np.clip((np.median(finite) - low) / (high - low), 0.01, 0.99)) if high > low else 0.5


def blend(here: Terrain, there: Terrain, share: float) -> Terrain:
    """Return a ground whose heights and domain are interpolated between two; its values are heights."""
    heights = (1 - share) * np.nan_to_num(here.exposure(here.value))
    heights = heights + share * np.nan_to_num(there.exposure(there.value))
    tall = (1 - share) * here.height + share * there.height
    x, y = ((1 - share) * start + share * end for start, end in ((here.x, there.x), (here.y, there.y)))
    return Terrain(x, y, heights, tall, straight(heights))


def _middle_and_half(domain: Domain) -> tuple[Floats, Floats]:
    """Return the middle (2,) of a domain, and half its width and height (2,)."""
    low, high = np.array(domain).T / 2
    return low + high, high - low


def _widened(steps: Floats, value: NDArray, name: str, axis: int) -> tuple[Floats, NDArray]:
    """Check one axis of a grid; a single sample is widened to one unit."""
    if len(steps) == 1:
        return steps[0] + np.array([-0.5, 0.5]), np.repeat(value, 2, axis=axis)
    width = np.diff(steps)
    equal = half(steps[0], steps[-1]) / len(width) * 2
    if not (np.all(np.isfinite(steps)) and np.all(width > 0) and np.allclose(width, equal, rtol=1e-3)):
        raise UserError(f"The {name} values of a grid must rise in equal steps.")
    return steps, value


def _share_inside(start: Floats, end: Floats) -> float:
    """Return the share [0, 1) of the segment from ``start`` inside the footprint to ``end`` outside that is inside."""
    if not np.all(np.isfinite(end)):
        return 0.0
    move = end - start
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(move != 0.0, (np.sign(move) - start) / move, np.inf)
    return float(np.clip(share.min(), 0.0, 1.0))


def _filled(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill NaN from the means of ever coarser cells (push-pull), so that holes are filled smoothly."""
    known = np.isfinite(z)
    if known.all():
        return z
    if not known.any():
        return np.zeros_like(z)
    ny, nx = z.shape
    weight = np.pad(known.astype(np.float32), ((0, ny % 2), (0, nx % 2)))
    total = np.pad(np.where(known, z, 0.0), ((0, ny % 2), (0, nx % 2)))
    halved = (weight.shape[0] // 2, 2, weight.shape[1] // 2, 2)
    weight, total = weight.reshape(halved).sum((1, 3)), total.reshape(halved).sum((1, 3))
    with np.errstate(invalid="ignore"):
        coarse = _filled((total / weight).astype(np.float32))
    return np.where(known, z, np.kron(coarse, np.ones((2, 2), np.float32))[:ny, :nx]).astype(np.float32)
