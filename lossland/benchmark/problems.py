"""A landscape as a benchmark problem: its lowest value, the targets to reach, and the starts of runs."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute import arrays, philox
from lossland.compute.bounds import is_lost
from lossland.compute.crowds.base import rounded
from lossland.compute.crowds.on_arrays import ArrayCrowd
from lossland.compute.minima import find_minima
from lossland.compute.rules import substituted
from lossland.errors import UserError
from lossland.expression import variable
from lossland.landscapes import Landscape
from lossland.landscapes.problems import Ground, ground, has_own_dimension
from lossland.optimizers import Rprop

Float64 = NDArray[np.float64]

TARGETS = 51
HARDEST = 1e-8  # the hardest target, relative to the scale: success
COCO = "bbob:"  # problems whose targets are COCO's own, from 10^2 to 10^-8
SAMPLE = 4096  # random points, whose median value is a landscape's scale
SEARCH = 1024  # starts of the search for an unknown lowest value
SEARCH_STEPS = 1000
SEARCH_ROUNDS, DIRECTIONS = 100, 32  # of the pattern search from the lowest value found
STILL_FALLING = 1e-3  # of the usual differences: a last round that falls further has not come to an end
APART = 0.25  # of the domain: least distance between the origin that rules see and any minimum


@dataclass(frozen=True)
class Problem:
    """The function f of ``land`` to minimize, with f* = ``lowest``; precision is in units of ``scale``, and
    ``targets`` (T,) are decreasing values of f - f*.

    ``seen`` is the landscape as rules see it: translated so that its origin is at ``origin`` (n,), which is unrelated
    to the minimum. Otherwise weight decay, or steps in proportion to the position, would profit from the many formulas
    whose minimum is at 0.
    """

    text: str
    land: Ground
    seen: Ground
    origin: Float64
    lowest: float
    scale: float
    targets: Float64

    @property
    def dimension(self) -> int:
        """The number of coordinates."""
        return len(self.land.domain)

    @property
    def levels(self) -> Float64:
        """The targets as values of f, (T,)."""
        return self.lowest + self.targets

    @property
    def start(self) -> tuple[float, ...]:
        """A start on ``seen``, for which rates are suggested."""
        return self.seen.start if isinstance(self.seen, Landscape) else tuple(self.starts(0, 1, 0)[0].tolist())

    def starts(self, first: int, count: int, seed: int) -> Float64:
        """Return uniform draws (count, n) from the domain of ``land``, for the particles from number ``first`` on."""
        return _uniform(self.land, first, count, seed)


@lru_cache(maxsize=64)
def problem(text: str, dimension: int = 2) -> Problem:
    """Return the problem of a landscape, given as text; raise UserError where it has no lowest value.

    A task has its own dimension.
    """
    land = ground(text, None if has_own_dimension(text) else dimension)
    lowest = _lowest(land, text)
    seen, origin, scale, easiest = land, np.zeros(len(land.domain)), 1.0, 1.0
    if text.strip().lower().startswith(COCO):  # its minimum is already moved
        easiest = 1e2
    else:
        scale = _scale(land, lowest)
        if isinstance(land, Landscape):  # for a model's parameters 0 is meaningful: they start near it
            origin = _origin(land)
            seen = _seen_from(land, origin)
    return Problem(text, land, seen, origin, lowest, scale, scale * np.geomspace(easiest, HARDEST, TARGETS))


def _origin(land: Landscape) -> Float64:
    """Return a point of the domain, drawn by the landscape's name, at least `APART` from any minimum."""
    low, high = np.array(land.domain).T
    known = np.array(land.minima).reshape(-1, 2)
    draws = np.stack(philox.uniform(zlib.crc32(land.name.encode()), philox.particles(np, 0, 64)), axis=-1)
    points = low + (high - low) * draws
    apart = np.abs((points[:, None] - known) / (high - low)).max(axis=-1).min(axis=-1, initial=1.0)
    return points[int((apart > APART).argmax())]


def _seen_from(land: Landscape, origin: Float64) -> Landscape:
    """Return the landscape translated to an origin (2,): its value at u is f(u + origin)."""
    moved = {name: variable(name) + float(by) for name, by in zip(land.names, origin, strict=True)}
    (x, y) = origin.tolist()

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return point[0] - x, point[1] - y

    (x0, x1), (y0, y1) = land.domain
    return replace(
        land,
        node=substituted([land.node], moved)[0],
        domain=((x0 - x, x1 - x), (y0 - y, y1 - y)),
        minima=tuple(map(at, land.minima)),
        start=at(land.start),
    )


def _uniform(land: Ground, first: int, count: int, seed: int) -> Float64:
    """Return float32 draws as those of a swarm: particle i's does not depend on ``count``."""
    low, high = np.array(land.domain).T
    numbers = philox.particles(np, first, count)
    draws = [draw for pair in range((len(low) + 1) // 2) for draw in philox.uniform(seed, numbers, pair)]
    unit = np.stack(draws[: len(low)], axis=-1)
    return rounded(low + (high - low) * unit, np.float32).astype(np.float64)


def _scale(land: Ground, lowest: float) -> float:
    """Return the median of f - f* over the domain, independent of a benchmark's seed."""
    value = np.asarray(land.value(_uniform(land, 0, SAMPLE, 0)))
    above = value[np.isfinite(value)] - lowest
    middle = float(np.median(above)) if len(above) else 0.0
    return middle if middle > 0 else 1.0


@np.errstate(all="ignore")
def _lowest(land: Ground, text: str) -> float:
    """Return the value of the known global minima, or the lowest value that a search finds."""
    if land.minima:
        return float(np.min(land.value(np.array(land.minima))))
    if not isinstance(land, Landscape):
        raise UserError(f"No minimum of {text} is known; in more than two dimensions none is searched.")
    start = _uniform(land, 0, SEARCH, 0)
    size = float(np.ptp(np.array(land.domain), axis=1).min())
    searching = ArrayCrowd(land, Rprop(lr=size / 100, size_min=1e-12 * size), start, 0, 0, arrays.CPU)
    searching.advance(SEARCH_STEPS)
    end = searching.positions
    minima, _ = find_minima(land, end.astype(np.float32))
    lost = is_lost(end, land.domain)
    values = [np.asarray(land.value(points)).reshape(-1) for points in (start, end[~lost], minima.position)]
    finite = np.concatenate(values)
    finite = finite[np.isfinite(finite)]
    if not len(finite) or (np.asarray(land.value(end[lost])) < finite.min()).any():
        raise UserError(f"{text} has no lowest value that could be found, so that nothing can reach it.")
    if finite.min() == finite.max():
        raise UserError(f"{text} is level: every start is at its lowest value, which tells nothing of optimizers.")
    points, usual = np.concatenate((start, end[~lost], minima.position)), values[0][np.isfinite(values[0])]
    spread = float(np.median(np.abs(usual - np.median(usual))))
    place, fall = _deepest(land, points[np.nanargmin(np.concatenate(values))], size)
    lowest = float(land.value(place))
    if np.isneginf(lowest) or fall > STILL_FALLING * spread or _falls_ever_deeper(land, place, size, HARDEST * spread):
        x, y = (0.0 if abs(part) < 1e-6 * size else part for part in place.tolist())
        raise UserError(
            f"{text} has no lowest value that could be found: near ({x:.4g}, {y:.4g}) it falls ever deeper, so that "
            "nothing can reach it."
        )
    return lowest


def _around(land: Landscape, place: Float64, radii: Float64) -> tuple[Float64, Float64]:
    """Return points (radii, `DIRECTIONS`, 2) around a place and their values, inf where there is none."""
    angles = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    points = place + radii[:, None, None] * np.stack((np.cos(angles), np.sin(angles)), axis=-1)
    value = np.asarray(land.value(points))
    return points, np.where(np.isnan(value), np.inf, value)


def _deepest(land: Landscape, place: Float64, size: float) -> tuple[Float64, float]:
    """Return where a pattern search from a place (2,) ends, and by how much its last round fell, 0 if it is done.

    Its steps are of all lengths, so that it also goes into a pole.
    """
    value = float(land.value(place))
    fall = 0.0
    for _ in range(SEARCH_ROUNDS):
        points, values = _around(land, place, size * 0.5 ** np.arange(1.0, 60.0))
        fall = value - float(values.min())
        if not fall > 0:
            return place, 0.0
        place, value = points.reshape(-1, 2)[values.argmin()], float(values.min())
    return place, fall


def _falls_ever_deeper(land: Landscape, place: Float64, size: float, least: float) -> bool:
    """Whether a landscape falls as far on the last decades towards a place as on those before, in some direction.

    So it does towards a pole, and as its logarithm does. Towards a minimum, a cusp too, it falls ever less. Falls
    that are not above ``least`` do not count.
    """
    far, near, here = _around(land, place, size * np.array([1e-4, 1e-8, 1e-12]))[1]
    return bool(((far - near > least) & (near - here > np.maximum(0.9 * (far - near), least))).any())
