"""A landscape as a problem: its lowest value, the targets that are to be reached, and where runs start."""

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
from lossland.compute.looks import substituted
from lossland.compute.minima import find_minima
from lossland.errors import UserError
from lossland.expression import variable
from lossland.landscapes import Landscape
from lossland.landscapes.problems import Ground, ground, has_own_dimension
from lossland.optimizers import Rprop

Float64 = NDArray[np.float64]

TARGETS = 51
HARDEST = 1e-8  # of the scale: what success means
COCO = "bbob:"  # problems whose targets are COCO's own, from 10^2 to 10^-8
SAMPLE = 4096  # places whose median value is a landscape's scale
SEARCH = 1024  # places from which an unknown lowest value is searched
SEARCH_STEPS = 1000
APART = 0.25  # of the domain, between the origin that rules see and any minimum


@dataclass(frozen=True)
class Problem:
    """What is to be minimized, f on ``land``, and what counts: f* is ``lowest``, and precision is in units of
    ``scale``; ``targets`` (T,) are values of f - f*, falling.

    ``seen`` is the landscape as rules see it: its origin lies at ``origin`` (n,), which has nothing to do with the
    minimum. So a rule that pulls to the origin, or takes steps as long as a share of the position, is not told the
    answer by the many formulas whose minimum is at 0.
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
        """How many coordinates there are."""
        return len(self.land.domain)

    @property
    def levels(self) -> Float64:
        """The targets as values of f, (T,)."""
        return self.lowest + self.targets

    @property
    def start(self) -> tuple[float, ...]:
        """A usual start on ``seen``, by which a rate that suits is found."""
        return self.seen.start if isinstance(self.seen, Landscape) else tuple(self.starts(0, 1, 0)[0].tolist())

    def starts(self, first: int, count: int, seed: int) -> Float64:
        """Return uniform draws (count, n) from the domain of ``land``, for the particles from number ``first`` on."""
        return _uniform(self.land, first, count, seed)


@lru_cache(maxsize=64)
def problem(text: str, dimension: int = 2) -> Problem:
    """Return the problem of a landscape, given as text; raise UserError where it has no lowest value.

    A task has its own dimension, whatever the others have.
    """
    land = ground(text, None if has_own_dimension(text) else dimension)
    lowest = _lowest(land, text)
    seen, origin, scale, easiest = land, np.zeros(len(land.domain)), 1.0, 1.0
    if text.strip().lower().startswith(COCO):  # which has moved the minimum already
        easiest = 1e2
    else:
        scale = _scale(land, lowest)
        if isinstance(land, Landscape):  # of a model's parameters 0 is where they begin, and means something
            origin = _origin(land)
            seen = _seen_from(land, origin)
    return Problem(text, land, seen, origin, lowest, scale, scale * np.geomspace(easiest, HARDEST, TARGETS))


def _origin(land: Landscape) -> Float64:
    """Return a place in the domain, drawn by the landscape's name, that is a quarter of its width from any minimum."""
    low, high = np.array(land.domain).T
    known = np.array(land.minima).reshape(-1, 2)
    draws = np.stack(philox.uniform(zlib.crc32(land.name.encode()), philox.particles(np, 0, 64)), axis=-1)
    places = low + (high - low) * draws
    apart = np.abs((places[:, None] - known) / (high - low)).max(axis=-1).min(axis=-1, initial=1.0)
    return places[int((apart > APART).argmax())]


def _seen_from(land: Landscape, origin: Float64) -> Landscape:
    """Return the landscape with its origin at a place (2,): f(u) there is f(u + origin) here."""
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
    """Return draws as those of a swarm: particle i's do not depend on how many there are. They are float32 numbers."""
    low, high = np.array(land.domain).T
    numbers = philox.particles(np, first, count)
    draws = [draw for pair in range((len(low) + 1) // 2) for draw in philox.uniform(seed, numbers, pair)]
    unit = np.stack(draws[: len(low)], axis=-1)
    return rounded(low + (high - low) * unit, np.float32).astype(np.float64)


def _scale(land: Ground, lowest: float) -> float:
    """Return the median of f - f* over the domain, which does not depend on a benchmark's seed."""
    value = np.asarray(land.value(_uniform(land, 0, SAMPLE, 0)))
    above = value[np.isfinite(value)] - lowest
    middle = float(np.median(above)) if len(above) else 0.0
    return middle if middle > 0 else 1.0


@np.errstate(all="ignore")
def _lowest(land: Ground, text: str) -> float:
    """Return the value of the known global minima; of a landscape without, the lowest value that a search finds."""
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
    values = [np.asarray(land.value(places)).reshape(-1) for places in (start, end[~lost], minima.position)]
    finite = np.concatenate(values)
    finite = finite[np.isfinite(finite)]
    if not len(finite) or (np.asarray(land.value(end[lost])) < finite.min()).any():
        raise UserError(f"{text} has no lowest value that could be found, so that nothing can reach it.")
    if finite.min() == finite.max():
        raise UserError(f"{text} is level: every start is at its lowest value, which tells nothing of optimizers.")
    return float(finite.min())
