"""A landscape as a problem: its lowest value, the targets that are to be reached, and where runs start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute import arrays, philox
from lossland.compute.bounds import is_lost
from lossland.compute.crowds.base import rounded
from lossland.compute.crowds.on_arrays import ArrayCrowd
from lossland.compute.minima import find_minima
from lossland.errors import UserError
from lossland.landscapes import Landscape, landscape
from lossland.optimizers import Rprop

Float64 = NDArray[np.float64]

TARGETS = 51
HARDEST = 1e-8  # of the scale: what success means
COCO = "bbob:"  # problems whose targets are COCO's own, from 10^2 to 10^-8
SAMPLE = 4096  # places whose median value is a landscape's scale
SEARCH = 1024  # places from which an unknown lowest value is searched
SEARCH_STEPS = 1000


@dataclass(frozen=True)
class Problem:
    """What is to be minimized, f on ``land``, and what counts: f* is ``lowest``, and precision is in units of
    ``scale``; ``targets`` (T,) are values of f - f*, falling."""

    text: str
    land: Landscape
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

    def starts(self, first: int, count: int, seed: int) -> Float64:
        """Return uniform draws (count, n) from the domain, for the particles from number ``first`` on."""
        return _uniform(np.array(self.land.domain), first, count, seed)


@lru_cache(maxsize=64)
def problem(text: str, dimension: int = 2) -> Problem:
    """Return the problem of a landscape, given as text; raise UserError where it has no lowest value."""
    if dimension != 2:
        raise UserError(f"{text} has 2 dimensions, not {dimension}.")
    land = landscape(text)
    lowest = _lowest(land, text)
    if text.strip().lower().startswith(COCO):
        scale, easiest = 1.0, 1e2
    else:
        scale, easiest = _scale(land, lowest), 1.0
    return Problem(text, land, lowest, scale, scale * np.geomspace(easiest, HARDEST, TARGETS))


def _uniform(domain: Float64, first: int, count: int, seed: int) -> Float64:
    """Return draws as those of a swarm: particle i's do not depend on how many there are. They are float32 numbers."""
    numbers = philox.particles(np, first, count)
    draws = [draw for pair in range(-(-len(domain) // 2)) for draw in philox.uniform(seed, numbers, pair)]
    low, high = domain.T
    unit = np.stack(draws[: len(domain)], axis=-1)
    return rounded(low + (high - low) * unit, np.float32).astype(np.float64)


def _scale(land: Landscape, lowest: float) -> float:
    """Return the median of f - f* over the domain, which does not depend on a benchmark's seed."""
    value = np.asarray(land.value(_uniform(np.array(land.domain), 0, SAMPLE, 0)))
    above = value[np.isfinite(value)] - lowest
    middle = float(np.median(above)) if len(above) else 0.0
    return middle if middle > 0 else 1.0


@np.errstate(all="ignore")
def _lowest(land: Landscape, text: str) -> float:
    """Return the value of the known global minima; of a landscape without, the lowest value that a search finds."""
    if land.minima:
        return float(np.min(land.value(np.array(land.minima))))
    start = _uniform(np.array(land.domain), 0, SEARCH, 0)
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
    return float(finite.min())
