"""Many particles under one rule, in float32: where they end and which minimum each one reaches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Required, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland import checks
from lossland.compute import arrays, philox
from lossland.compute.bounds import Domain, is_lost
from lossland.compute.crowds import crowd, in_float64
from lossland.compute.crowds.base import Points, rounded
from lossland.compute.minima import Minima, basins, find_minima, known_minima, tolerance
from lossland.compute.pieces import PIECE, Pieces
from lossland.compute.trajectory import check_seed, check_start, check_steps, with_noise
from lossland.display import Displayed
from lossland.errors import MachineError
from lossland.landscapes import Landscape
from lossland.landscapes.problems import AnyProblem, Ground, ground
from lossland.optimizers import AnyOptimizer, Optimizer
from lossland.optimizers import optimizer as as_optimizer

if TYPE_CHECKING:
    from lossland.compute.resident import Resident

Float32 = NDArray[np.float32]


MOST_PARTICLES = 2**40
CHECK = 50  # steps between checks whether a swarm has come to rest


@np.errstate(all="ignore")
def random_starts(domain: Domain, count: int, seed: int = 0) -> Float32:
    """Return ``count`` uniform draws (count, n) from the domain. Particle i's start does not depend on ``count``."""
    seed, count = check_seed(seed), checks.whole(count, 1, MOST_PARTICLES, "The number of particles")
    numbers, size = philox.particles(np, 0, count), len(domain)
    draws = [u for pair in range((size + 1) // 2) for u in philox.uniform(seed, numbers, pair)]
    return _scaled(domain, *draws[:size])


@np.errstate(all="ignore")
def patch_starts(domain: Domain, centre: ArrayLike, share: float, count: int, seed: int = 0) -> Float32:
    """Return ``count`` uniform draws (count, 2) from an ellipse around a centre, ``share`` as wide as the domain.

    Draws outside the domain are clipped to its edge.
    """
    (x0, x1), (y0, y1) = domain
    unit = random_starts(((0.0, 1.0), (0.0, 1.0)), count, seed).astype(float)
    radius, angle = np.sqrt(unit[:, 0]), 2 * np.pi * unit[:, 1]
    reach = share * np.array([x1 - x0, y1 - y0]) / 2
    spread = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1) * reach
    return np.clip(np.asarray(centre) + spread, (x0, y0), (x1, y1)).astype(np.float32)


@np.errstate(all="ignore")
def cell_centres(domain: Domain, n: int, part: slice = slice(None)) -> Float32:
    """Return the centres (n*n, 2) of the domain's n by n equal cells, row by row from its lower left corner.

    ``part`` selects some of them by their indices.
    """
    cell = np.arange(*part.indices(n * n))
    return _scaled(domain, (cell % n + 0.5) / n, (cell // n + 0.5) / n)


def _scaled(domain: Domain, *shares: NDArray[np.float64]) -> Float32:
    """Map coordinates in [0, 1] to the domain."""
    sides = [low + (high - low) * share for (low, high), share in zip(domain, shares, strict=True)]
    return rounded(np.stack(sides, axis=-1), np.float32)


class SwarmState:
    """The state of N particles. ``advance`` moves them all; particle i moves bit for bit as it would alone.

    ``start`` (N, 2), or (N, n) on a problem in n dimensions; ``first`` is the index of the first particle in the noise
    stream. A particle that is lost (see `is_lost`) stops there.
    """

    @np.errstate(all="ignore")
    def __init__(
        self,
        landscape: Ground,
        optimizer: Optimizer,
        start: ArrayLike,
        seed: int = 0,
        first: int = 0,
        backend: str = "auto",
    ) -> None:
        seed = check_seed(seed)
        self.landscape, self.optimizer = landscape, optimizer
        self.backend = arrays.backend(backend)
        self._start = rounded(check_start(start, len(landscape.names)), np.float32)
        self._seed, self._first = seed, first
        self._crowd = crowd(landscape, optimizer, self._start, seed, first, self.backend)

    @property
    def ran_on(self) -> str:
        """The backend that computes: the CPU after a device has failed."""
        return self._crowd.backend

    @property
    def fused(self) -> bool:
        """Whether a compiled kernel moves the particles, rather than array operations."""
        return self._crowd.fused

    @property
    def step(self) -> int:
        """How many steps the particles have taken."""
        return self._crowd.step

    @property
    def positions(self) -> Float32:
        """The positions as a new array (N, 2) on the host; lost particles are where they got lost."""
        return self._crowd.positions

    @property
    def resident(self) -> Points | Resident:
        """The positions as a new array (N, 2) where they are computed, for a layer: NumPy's or a `Resident`."""
        return self._crowd.resident

    @np.errstate(all="ignore")
    def ends(self) -> Float32:
        """Return the positions (N, 2), with float32 overflows repaired.

        A particle that is not finite may have diverged, or only an intermediate value of a finite gradient may have
        overflowed in float32. Such particles are run again in float64.
        """
        end, which = self.positions, np.flatnonzero(self._crowd.nonfinite)
        if len(which):
            again, index = in_float64(
                self.landscape, self.optimizer, self._start, which, self._seed, self._first, self.backend
            )
            again.advance(self.step)
            end[which] = rounded(again.positions[index], np.float32)
        return end

    @np.errstate(all="ignore")
    def advance(self, steps: int = 1, progress: Callable[[float], None] | None = None) -> None:
        """Take ``steps`` steps. ``progress`` is called regularly with the share done."""
        checks.callback(progress)
        self._crowd.advance(check_steps(steps), progress)


class Flow:
    """A swarm at any time: positions between two whole steps are interpolated linearly.

    ``start`` (N, 2). Seeking forward costs the steps between, seeking backward all steps from the start.
    """

    def __init__(
        self, landscape: Landscape, optimizer: Optimizer, start: ArrayLike, seed: int = 0, backend: str = "auto"
    ) -> None:
        self._make = partial(SwarmState, landscape, optimizer, start, seed, backend=backend)
        self._start = rounded(check_start(start), np.float32)
        self._begin()

    def _begin(self) -> None:
        self._state = self._make()
        self._before: Points | Resident = self._start
        self._after: Points | Resident = self._start

    def around(self, step: float) -> tuple[Any, Any, float]:
        """Return the positions before and after the whole step that ``step`` is in, (N, 2) each, and its share done.

        The arrays stay on the device that computes them.
        """
        whole = math.ceil(step - 1e-6)
        if self._state.step > whole:
            self._begin()
        while self._state.step < whole:
            self._state.advance(max(1, whole - self._state.step - 1))
            self._before = self._after if self._state.step == whole else self._before
            self._after = self._state.resident
        share = float(np.float32(1 - (whole - step)))
        return self._before, self._after, 1.0 if share > 0.999 else share

    def positions(self, step: float) -> Float32:
        """Return the positions at a step, (N, 2), on the host."""
        before, after, share = self.around(step)
        before, after = np.asarray(before), np.asarray(after)
        return after if share == 1 else before + np.float32(share) * (after - before)

    def mostly_there(self, steps: int, left: float) -> int:
        """Return the first step at which half of the particles have less than the share ``left`` of their way to go.

        The way is the straight line to the position after ``steps`` steps. Returns ``steps`` if there is no such step.
        """
        end = self.positions(steps)
        way = np.hypot(*(end - self._start).T)
        going = np.isfinite(way) & (way > 0)
        for step in range(1, steps if going.any() else 1):
            to_go = np.hypot(*(end - self.positions(step)).T)
            if np.median(to_go[going] / way[going]) < left:
                return step
        return steps

    @np.errstate(all="ignore")
    def at_rest(self, steps: int, near: float) -> int:
        """Return the step from which on 98 % of the particles are at rest, as one of about fifty; at most ``steps``.

        At rest is who stays within ``near`` of where it is after ``steps`` steps, or was one step earlier: a rate that
        is too large lets particles jump between two places for ever. Lost particles are at rest where they got lost.
        """
        last = [self.positions(step).copy() for step in (max(steps - 1, 0), steps)]
        rest, stride = 0, max(steps // 50, 1)
        for step in range(0, steps, stride):
            away = np.min([np.hypot(*(place - self.positions(step)).T) for place in last], axis=0)
            if np.mean(away > near) > 0.02:
                rest = step + stride
        return min(rest, steps)


def rest_pieces(
    landscape: Landscape, optimizer: Optimizer, start: ArrayLike, steps: int, seed: int = 0, work: int = PIECE
) -> Pieces[Float32]:
    """Run particles from ``start`` (N, 2), in pieces of about ``work`` particle steps, and return the final positions.

    It ends after ``steps`` steps, or when all are at rest: each is near a known minimum, and was near the same one at
    the check before.
    """
    steps = check_steps(steps)
    state, near = SwarmState(landscape, optimizer, start, seed), tolerance(landscape)
    count, done, label = len(state.positions), 0, None
    while state.step < steps:
        some = min(CHECK - state.step % CHECK, steps - state.step, max(1, (work - done) // count))
        state.advance(some)
        done += some * count
        if state.step % CHECK == 0:
            before, label = label, basins(state.positions, landscape.minima, near)
            if before is not None and (label >= 0).all() and np.array_equal(label, before):
                break
        if done >= work:
            yield state.step / steps
            done = 0
    return state.positions


@np.errstate(all="ignore")
def fates(landscape: Ground, end: Float32) -> tuple[Float32, NDArray[np.bool_]]:
    """Return the values at end points (N, 2), and which of the particles have diverged: see `Swarm`."""
    value, diverged = np.asarray(landscape.value(end)), is_lost(end, landscape.domain)
    unsure = ~(np.isfinite(value) | diverged)  # the value or an intermediate may overflow in float32
    exact = np.asarray(landscape.value(end[unsure].astype(np.float64)))
    value[unsure], diverged[unsure] = rounded(exact, np.float32), ~np.isfinite(exact)
    return value, diverged


class Reached(TypedDict, total=False):
    """A minimum and the share of particles that reached it: at x and y, or in other dimensions at ``position``."""

    x: float
    y: float
    position: list[float]
    value: Required[float]
    share: Required[float]


class Summary(TypedDict):
    """The statistics of a run as plain data."""

    count: int
    steps: int
    seconds: float
    particle_steps_per_second: float
    fused: bool
    converged: int
    diverged: int
    minima: list[Reached]


@dataclass(frozen=True, eq=False, repr=False)
class Swarm(Displayed):
    """How a swarm of N particles ended.

    ``start``, ``end`` (N, 2) and ``value`` (N,), the loss at the end, are float32; of a problem in n dimensions start
    and end are (N, n). ``minima`` are those known of the landscape and, in the plane, those found where particles came
    to rest; ``label`` (N,) int16 is the minimum that each particle reached, -1 for none. ``diverged`` (N,) marks those
    whose position or loss is not finite, or that are more than 1000 domain sizes away, in float64 too; they have
    reached none. ``fused`` tells whether a compiled kernel moved the particles, or array operations.
    """

    start: Float32
    end: Float32
    value: Float32
    label: NDArray[np.int16]
    diverged: NDArray[np.bool_]
    minima: Minima
    steps: int
    seconds: float
    backend: str
    fused: bool
    landscape: Ground
    optimizer: Optimizer

    @property
    def count(self) -> int:
        """The number of particles."""
        return len(self.start)

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of all particles that reached each minimum, (m,)."""
        return np.bincount(self.label[self.label >= 0], minlength=len(self.minima.position)) / self.count

    @property
    def particle_steps_per_second(self) -> float:
        """The number of particle steps per second."""
        return self.count * self.steps / self.seconds if self.seconds > 0 else 0.0

    def summary(self) -> Summary:
        """Return the statistics of the run as plain data."""
        return {
            "count": self.count,
            "steps": self.steps,
            "seconds": self.seconds,
            "particle_steps_per_second": self.particle_steps_per_second,
            "fused": self.fused,
            "converged": int((self.label >= 0).sum()),
            "diverged": int(self.diverged.sum()),
            "minima": [
                _reached(position.tolist(), float(value), float(share))
                for position, value, share in zip(self.minima.position, self.minima.value, self.shares, strict=True)
            ],
        }


def _reached(position: list[float], value: float, share: float) -> Reached:
    if len(position) == 2:
        return {"x": position[0], "y": position[1], "value": value, "share": share}
    return {"position": position, "value": value, "share": share}


@np.errstate(all="ignore")
def swarm(
    landscape: AnyProblem,
    optimizer: AnyOptimizer = "adam",
    count: int = 10_000,
    steps: int = 500,
    seed: int = 0,
    start: ArrayLike | None = None,
    backend: str = "auto",
    progress: Callable[[float], None] | None = None,
    noise: float | None = None,
    dimension: int | None = None,
) -> Swarm:
    """Run ``count`` particles for ``steps`` steps from seeded uniform starts in the domain, or from ``start`` (N, 2).

    With a ``dimension`` n it runs on what `ll.problem` makes of the landscape, such as a BBOB function; starts are then
    (N, n), and minima those that are known.
    Landscape, optimizer and ``noise`` may be given in all the forms that `ll.run` takes. A particle has converged when
    it is near a minimum: see `find_minima`.
    """
    steps = check_steps(steps)
    checks.callback(progress)
    land, rule = ground(landscape, dimension), with_noise(as_optimizer(optimizer), noise)
    try:
        return _descended(land, rule, count, steps, seed, start, backend, progress)
    except MemoryError:
        raise MachineError("There is not enough memory for so many particles; choose a smaller count.") from None


def _descended(
    landscape: Ground,
    optimizer: Optimizer,
    count: int,
    steps: int,
    seed: int,
    start: ArrayLike | None,
    backend: str,
    progress: Callable[[float], None] | None,
) -> Swarm:
    size = len(landscape.names)
    starts = random_starts(landscape.domain, count, seed) if start is None else check_start(start, size)
    state = SwarmState(landscape, optimizer, starts, seed, backend=backend)
    began = time.perf_counter()
    state.advance(steps, progress)
    end = state.ends()
    seconds = time.perf_counter() - began
    value, diverged = fates(landscape, end)
    there = np.where(diverged[:, None], np.float32(np.nan), end)
    plane = isinstance(landscape, Landscape)
    minima, label = find_minima(landscape, there) if plane else known_minima(landscape, there)
    return Swarm(
        start=rounded(starts, np.float32), end=end, value=value, label=label, diverged=diverged, minima=minima,
        steps=steps, seconds=seconds, backend=state.ran_on, fused=state.fused, landscape=landscape, optimizer=optimizer,
    )  # fmt: skip
