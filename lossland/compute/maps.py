"""Maps: basins of attraction, and how a rule performs over two of its hyper-parameters or start coordinates.

Every cell of a map is a run of its own, bit for bit independent of tiles, threads and pieces. `basins` and `sweep`
make a whole map; `basin_pieces` and `sweep_pieces` do the same work incrementally, for pictures that follow a slider.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland import checks
from lossland.compute import arrays, philox
from lossland.compute.bounds import bounds
from lossland.compute.crowds import crowd, in_float64
from lossland.compute.crowds.base import Crowd, Points, rounded
from lossland.compute.minima import Minima, find_minima, tolerance
from lossland.compute.minima import basins as minimum_at
from lossland.compute.pieces import PIECE, WHOLE, Pieces, finished
from lossland.compute.rules import BatchRule
from lossland.compute.swarm import cell_centres, fates
from lossland.compute.trajectory import check_seed, check_start, check_steps
from lossland.display import Displayed
from lossland.errors import MachineError, UserError, nearest, shown
from lossland.expression import Program
from lossland.landscapes import AnyLandscape, Landscape
from lossland.landscapes import landscape as as_landscape
from lossland.optimizers import AnyOptimizer, Optimizer, has_noise, hyper_parameter, inertia
from lossland.optimizers import optimizer as as_optimizer
from lossland.optimizers.rates import suggested_rate

if TYPE_CHECKING:
    from lossland.compute.workers import Workers
    from lossland.expression import Node

NONE, DIVERGED = -1, -2
"""Classes of a basin map besides the indices of the minima."""

MOST_CELLS = 2**20  # along a side
TILE = 1 << 18  # starts in a tile
SENT = 1 << 15  # starts in a tile for a worker
START = ("x", "y")  # axes of a sweep that are the start's coordinates
TOGETHER = 4096  # cells of a sweep whose arrays stay in a core's cache together
DECADE = 10.0  # a positive axis that spans at least this ratio is logarithmic by default
OVERHEAD = 1500  # the fixed cost of a step on arrays, in cells


# ------------------------------------------------------------------------------------------------------ basins
@dataclass(frozen=True, eq=False, repr=False)
class BasinMap(Displayed):
    """Which minimum each cell's centre leads to, and how soon.

    ``basin`` (n, n) int16 indexed [iy, ix]: the index of the minimum, -1 for none. ``steps`` (n, n) int32: the step
    from which on the particle stays at its minimum, -1 for none. ``diverged`` (n, n) marks starts that diverge (a
    subset of those in no basin). ``minima`` has the ``position`` (m, 2) and ``value`` (m,) of each minimum; the cells
    divide the domain of ``landscape`` evenly.
    """

    basin: NDArray[np.int16]
    steps: NDArray[np.int32]
    diverged: NDArray[np.bool_]
    minima: Minima
    landscape: Landscape
    optimizer: Optimizer

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """The share of all starts that reach each minimum, (m,)."""
        return np.bincount(self.basin[self.basin >= 0], minlength=len(self.minima.position)) / self.basin.size

    @property
    def classes(self) -> NDArray[np.int16]:
        """The basins (n, n) with divergence as a class of its own, -2."""
        return np.where(self.diverged, np.int16(DIVERGED), self.basin)

    def basin_at(self, position: ArrayLike) -> NDArray[np.int16]:
        """Return the basins (N,) of the cells that contain positions (N, 2); outside, of the nearest cell."""
        (x0, x1), (y0, y1) = self.landscape.domain
        n = len(self.basin)
        cell = ((np.asarray(position) - (x0, y0)) / ((x1 - x0) / n, (y1 - y0) / n)).astype(int).clip(0, n - 1)
        return self.basin[cell[:, 1], cell[:, 0]]

    def reached(self, position: NDArray[np.floating]) -> NDArray[np.int16]:
        """Return the index of the minimum that each of the positions (N, 2) is at, -1 for none."""
        return minimum_at(position, self.minima.position, tolerance(self.landscape))

    def lowest(self, most: int) -> list[int]:
        """Return the indices of the ``most`` lowest minima, in increasing order."""
        return sorted(np.argsort(self.minima.value, kind="stable")[:most].tolist())

    def among_lowest(self, label: NDArray[np.integer], most: int) -> NDArray[np.intp]:
        """Return where minima with these indices (...) are in the list of the `lowest`, -1 for those not in it."""
        chosen = self.lowest(most)
        return np.where(np.isin(label, chosen), np.searchsorted(chosen, label), -1)


@np.errstate(all="ignore")
def basins(
    landscape: AnyLandscape,
    optimizer: AnyOptimizer = "adam",
    n: int = 512,
    steps: int = 1000,
    seed: int = 0,
    backend: str = "auto",
    progress: Callable[[float], None] | None = None,
    workers: Workers | None = None,
) -> BasinMap:
    """Run a particle from the centre of each of n x n cells of the domain for ``steps`` steps.

    Landscape and optimizer may be given in all the forms that `ll.run` takes. A particle has reached a minimum when
    it is near it, see `find_minima`. Runs are in float32; starts are numbered row by row for their draws, as in a
    swarm. ``workers`` compute instead of this machine, see `ll.cluster`.
    """
    checks.callback(progress)
    land, rule = as_landscape(landscape), as_optimizer(optimizer)
    try:
        return finished(basin_pieces(land, rule, n, steps, seed, backend, 20 * PIECE, workers), progress)
    except MemoryError:
        raise MachineError(f"There is not enough memory for a map of {n} x {n} cells; choose fewer.") from None


def basin_pieces(
    landscape: Landscape,
    optimizer: Optimizer,
    n: int = 512,
    steps: int = 1000,
    seed: int = 0,
    backend: str = "auto",
    work: int = PIECE,
    workers: Workers | None = None,
) -> Pieces[BasinMap]:
    """Make a basin map in pieces of about ``work`` particle steps, or of a tile of the workers."""
    seed, steps = check_seed(seed), check_steps(steps)
    n = checks.whole(n, 1, MOST_CELLS, "The number of cells along a side")
    known = np.asarray(landscape.minima, np.float64).reshape(-1, 2)
    ends = _Ends(landscape, optimizer, n, steps, seed, backend, work)
    end, settled = yield from ends.pieces(known, 0.0, 0.5, workers)
    _, diverged = fates(landscape, end)
    minima, label = find_minima(landscape, np.where(diverged[:, None], np.float32(np.nan), end))
    if len(minima.position) > len(known):  # new minima: run again to see when they were reached
        _, settled = yield from ends.pieces(minima.position, 0.5, 1.0, workers)
    reached = np.where(label >= 0, settled, -1).astype(np.int32)
    square = (n, n)
    return BasinMap(
        label.reshape(square), reached.reshape(square), diverged.reshape(square), minima, landscape, optimizer
    )


@dataclass(frozen=True)
class _Ends:
    """Runs all starts of a map, tile by tile."""

    landscape: Landscape
    rule: Optimizer
    n: int
    steps: int
    seed: int
    backend: str
    work: int

    def pieces(
        self, minima: NDArray[np.float64], begin: float, end: float, workers: Workers | None
    ) -> Pieces[_Followed]:
        """Yield shares from ``begin`` to ``end``; return the end points and settling steps of all n*n starts."""
        positions, settled = np.empty((self.n**2, 2), np.float32), np.empty(self.n**2, np.int32)
        for share, part, found in self._here(minima) if workers is None else self._shared_out(minima, workers):
            if found is not None:
                positions[part], settled[part] = found
            yield begin + (end - begin) * share
        return positions, settled

    def _here(self, minima: NDArray[np.float64]) -> Iterator[_Progress]:
        for part in _parts(self.n**2, TILE):
            pieces = self.followed(part, minima)
            try:
                while True:
                    taken = next(pieces)
                    yield (part.start + taken * (part.stop - part.start)) / self.n**2, part, None
            except StopIteration as ended:
                yield part.stop / self.n**2, part, ended.value

    def _shared_out(self, minima: NDArray[np.float64], workers: Workers) -> Iterator[_Progress]:
        parts = _parts(self.n**2, SENT)
        tiles = [_Tile(self, part, minima) for part in parts]
        for done, (number, found) in enumerate(workers.run(ends_of, tiles), start=1):
            yield done / len(tiles), parts[number], found

    def followed(self, part: slice, minima: NDArray[np.float64]) -> Pieces[_Followed]:
        """Run the starts of one tile; yield the share of steps done, return the end points and settling steps."""
        near, backend = tolerance(self.landscape), arrays.backend(self.backend)
        start = cell_centres(self.landscape.domain, self.n, part)
        watched = crowd(self.landscape, self.rule, start, self.seed, part.start, backend, minima, near)
        for taken in self._advanced(watched, len(start)):
            yield taken / self.steps
        positions, settled = watched.positions, watched.settled
        which = np.flatnonzero(watched.nonfinite)
        if len(which):  # possibly only a float32 overflow, see `SwarmState.ends`
            again, index = in_float64(
                self.landscape, self.rule, start, which, self.seed, part.start, backend, minima, near
            )
            for _ in self._advanced(again, len(again.positions)):
                yield 1.0
            positions[which] = rounded(again.positions[index], np.float32)
            settled[which] = again.settled[index]
        return positions, settled

    def _advanced(self, particles: Crowd, count: int) -> Iterator[int]:
        """Advance particles by all steps, in pieces; yield the number of steps taken."""
        taken = 0
        while taken < self.steps:
            some = min(self.steps - taken, max(1, self.work // count))
            particles.advance(some)
            taken += some
            yield taken


_Followed = tuple[Points, NDArray[np.integer]]  # end points (N, 2), and the steps (N,) since which they are at minima
_Progress = tuple[float, slice, _Followed | None]  # the share done, a tile, and its result once it is done


@dataclass(frozen=True)
class _Tile:
    """A range of starts of a map."""

    ends: _Ends
    part: slice
    minima: NDArray[np.float64]


@np.errstate(all="ignore")
def ends_of(tile: _Tile) -> _Followed:
    """Return the end points of a tile and since when they are at minima: runs on the workers."""
    return finished(tile.ends.followed(tile.part, tile.minima))


def _parts(count: int, size: int) -> list[slice]:
    """Split range(count) into slices of ``size``; the last may be shorter."""
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


# ------------------------------------------------------------------------------------------------------ sweeps
@dataclass(frozen=True)
class Axis:
    """What varies along one side of a sweep: a hyper-parameter, or the start's coordinate ``x`` or ``y``."""

    name: str
    low: float
    high: float
    log: bool = False

    def centres(self, n: int) -> NDArray[np.float64]:
        """Return the centres (n,) of n equal cells, on a logarithmic scale if ``log``."""
        part = (np.arange(n) + 0.5) / n
        if not self.log:
            span = self.high - self.low
            return self.low + span * part if math.isfinite(span) else self.low * (1 - part) + self.high * part
        with np.errstate(over="ignore"):
            ratio = float(np.float64(self.high) / self.low)
        if not math.isfinite(ratio):  # the ratio overflows
            return np.exp(math.log(self.low) * (1 - part) + math.log(self.high) * part)
        return self.low * ratio**part


AnyAxis = Axis | tuple[str, float, float] | tuple[str, float, float, str]
"""What is accepted as an axis of a sweep: see `axis_of`."""


def axis_of(given: AnyAxis) -> Axis:
    """Return the axis of a sweep that is given as itself, or as its name and ends: ``("lr", 1e-3, 1)``.

    The scale is logarithmic if both ends are positive and at least a decade apart, else linear; a fourth item, "log" or
    "linear", overrides that.
    """
    if isinstance(given, Axis):
        return given
    if not isinstance(given, tuple | list) or len(given) not in (3, 4) or not isinstance(given[0], str):
        raise UserError(
            'An axis of a sweep is a name and two ends, such as ("lr", 1e-3, 1), and perhaps "log" or "linear", not '
            f"{shown(given)}."
        )
    name, *ends = given[:3]
    low, high = (_end(end, name) for end in ends)
    spacing = given[3] if len(given) == 4 else "log" if low > 0 and DECADE * low <= high else "linear"
    if spacing not in ("log", "linear"):
        raise UserError(f'The values of an axis are spaced "log" or "linear", not {shown(spacing)}.')
    return Axis(name, low, high, spacing == "log")


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Displayed):
    """How a rule performs over two axes. ``x`` (nx,), ``y`` (ny,) are the cells' values along them.

    ``loss`` (ny, nx) is the value after all steps (inf where the run diverged), ``reached`` (ny, nx) the first step
    at which the loss was at the target or below (-1 if never, or without a target), ``diverged`` (ny, nx). ``across``
    and ``up`` are the axes along x and y.
    """

    across: Axis
    up: Axis
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    loss: NDArray[np.float64]
    reached: NDArray[np.int32]
    diverged: NDArray[np.bool_]
    landscape: Landscape
    optimizer: Optimizer

    @cached_property
    def steps(self) -> NDArray[np.float64]:
        """The steps (ny, nx) to the target, at least 1: inf where it was not reached, nan where the run diverged."""
        steps = np.where(self.reached >= 0, np.maximum(self.reached, 1), np.inf)
        return np.where(self.diverged, np.nan, steps)

    @property
    def best(self) -> tuple[float, float]:
        """The values of the two axes where the target was reached first, else where the loss is the lowest.

        Both are nan where every run diverged.
        """
        if not np.isfinite(self.loss).any():
            return math.nan, math.nan
        soonest = np.where(self.reached >= 0, self.reached, np.iinfo(np.int32).max)
        losses = np.where(np.isfinite(self.loss), self.loss, np.inf)
        index = np.lexsort((losses.ravel(), soonest.ravel()))[0]
        return float(self.x[index % len(self.x)]), float(self.y[index // len(self.x)])


@np.errstate(all="ignore")
def sweep(
    landscape: AnyLandscape,
    optimizer: AnyOptimizer = "adam",
    x: AnyAxis | None = None,
    y: AnyAxis | None = None,
    n: int = 128,
    steps: int = 500,
    start: tuple[float, float] | None = None,
    target: float | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    workers: Workers | None = None,
) -> Sweep:
    """Run the rule with n x n settings of two of its hyper-parameters or start coordinates; the others are fixed.

    ``x`` and ``y`` name the two and say how far they go, e.g. ``x=("lr", 1e-3, 1), y=("momentum", 0, 0.99)``; see
    `axis_of`. The values are the centres of n cells between the ends. By default they are the two most informative
    ones for the rule (see `usual_axes`). A cell is the run of its own setting, in float64, from ``start`` (the
    landscape's own by default); with noise all cells draw the same. Landscape and optimizer may be given in all the
    forms that `ll.run` takes. ``workers`` compute instead of this machine, see `ll.cluster`. See `Sweep`.
    """
    checks.callback(progress)
    land, rule = as_landscape(landscape), as_optimizer(optimizer)
    given = [None if one is None else axis_of(one) for one in (x, y)]
    named = [axis.name for axis in given if axis]
    left = [axis for axis in usual_axes(land, rule) if axis.name not in named]
    across, up = (axis or left.pop(0 if number == 0 else -1) for number, axis in enumerate(given))
    return finished(sweep_pieces(land, rule, across, up, n, steps, start, target, seed, WHOLE, workers), progress)


def sweep_pieces(
    landscape: Landscape,
    optimizer: Optimizer,
    across: Axis,
    up: Axis,
    n: int = 128,
    steps: int = 500,
    start: tuple[float, float] | None = None,
    target: float | None = None,
    seed: int = 0,
    work: int = PIECE // 4,
    workers: Workers | None = None,
) -> Pieces[Sweep]:
    """Make a sweep in pieces of about ``work`` steps of one run, or of a tile of the workers."""
    seed, steps = check_seed(seed), check_steps(steps)
    n = checks.whole(n, 1, MOST_CELLS, "The number of cells along a side")
    begins = check_start(landscape.start if start is None else start)
    if len(begins) > 1:
        raise UserError(f"A sweep has one start x,y, not {len(begins)}.")
    begin = (float(begins[0, 0]), float(begins[0, 1]))
    if target is not None:
        target = checks.real(target, -math.inf, math.inf, "The target")
    _check_axes(optimizer, across, up, n)
    x, y = (_counted(optimizer, axis, axis.centres(n)) for axis in (across, up))
    loss, reached, diverged = np.empty(n * n), np.full(n * n, -1, np.int32), np.empty(n * n, bool)
    parts, numbers = _parts(n * n, TOGETHER), np.arange(n * n)
    settings = [{across.name: x[numbers[part] % n], up.name: y[numbers[part] // n]} for part in parts]
    tiles = [_Cells(landscape, optimizer, some, begin, target, seed, steps) for some in settings]
    if workers is None:
        for part, cells in zip(parts, tiles, strict=True):
            runs, size = cells.runs(), part.stop - part.start
            while runs.t < steps:
                runs.advance(min(steps - runs.t, max(1, work // (size + OVERHEAD))))
                yield (part.start * steps + runs.t * size) / (n * n * steps)
            loss[part], reached[part], diverged[part] = runs.result()
    else:
        for done, (number, found) in enumerate(workers.run(results_of, tiles), start=1):
            loss[parts[number]], reached[parts[number]], diverged[parts[number]] = found
            yield done / len(tiles)
    square = (n, n)
    lost = diverged.reshape(square)
    return Sweep(across, up, x, y, loss.reshape(square), reached.reshape(square), lost, landscape, optimizer)


@dataclass(frozen=True)
class _Cells:
    """Some cells of a sweep: the settings (N,) of each."""

    landscape: Landscape
    rule: Optimizer
    settings: dict[str, NDArray[np.float64]]
    start: tuple[float, float]
    target: float | None
    seed: int
    steps: int

    def runs(self) -> _Runs:
        return _Runs(self.landscape, self.rule, self.settings, self.start, self.target, self.seed)


@np.errstate(all="ignore")
def results_of(cells: _Cells) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.bool_]]:
    """Return the loss, the step at which the target was reached, and which runs diverged: runs on the workers."""
    runs = cells.runs()
    runs.advance(cells.steps)
    return runs.result()


def usual_axes(landscape: Landscape, optimizer: Optimizer) -> tuple[Axis, Axis]:
    """Return the two default axes of a rule: its rate, around the suggested one, and its inertia.

    A rule without inertia is swept over the start's x instead.
    """
    rate = suggested_rate(optimizer, landscape, landscape.start)
    across = Axis("lr", min(max(rate / 30, 1e-5), 0.01), min(max(rate * 30, 1e-3), 10.0), log=True)
    if name := inertia(optimizer):
        return across, Axis(name, 0.0, 0.999)
    return across, Axis("x", *landscape.domain[0])


def _end(given: object, name: str) -> float:
    return checks.real(given, -sys.float_info.max, sys.float_info.max, f"An end of the axis {name}")


def _counted(rule: Optimizer, axis: Axis, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values (n,) of an axis, rounded if they are counts."""
    return np.rint(values) if axis.name not in START and hyper_parameter(rule, axis.name).whole else values


def _check_axes(rule: Optimizer, across: Axis, up: Axis, n: int) -> None:
    if not rule.traced:
        raise UserError(f"A sweep runs rules with many settings side by side; {rule.text} is another library's code.")
    known = [*(item.name for item in fields(rule)), *START]
    for axis in (across, up):
        if axis.name not in known:
            raise UserError(
                f"A sweep of {rule.name} has no axis {axis.name!r}.{nearest(axis.name, known)} "
                f"There are {', '.join(known)}."
            )
        for end in (axis.low, axis.high):
            _end(end, axis.name)
        if not axis.low < axis.high or (axis.log and axis.low <= 0):
            above = " above 0" if axis.log else ""
            raise UserError(f"The axis {axis.name} must go from a smaller to a larger number{above}.")
        if axis.name not in START:
            for value in _counted(rule, axis, axis.centres(n))[[0, -1]]:
                type(rule)(**{axis.name: float(value)})  # raises UserError for an illegal value
    if across.name == up.name:
        raise UserError(f"A sweep needs two different axes, not {across.name} twice.")


class _Runs:
    """Runs side by side, each with its own settings, (N,) of them."""

    def __init__(
        self,
        landscape: Landscape,
        rule: Optimizer,
        settings: dict[str, NDArray[np.float64]],
        start: tuple[float, float],
        target: float | None,
        seed: int,
    ) -> None:
        self.program = _value_and_gradient((landscape.node, *landscape.gradient_nodes))
        self.rule, self.noisy = _with_arrays(rule, settings)
        self.batch_rule = BatchRule(landscape, type(rule), self.noisy)
        self.seed, self.target, self.t = seed, -np.inf if target is None else target, 0
        count = len(next(iter(settings.values())))
        self.position = np.stack(
            [np.broadcast_to(settings.get(name, at), count) for name, at in zip(START, start, strict=True)]
        )
        self.bounds = bounds(landscape.domain)
        self.reached = np.full(count, -1, np.int32)
        self.last = self.batch_rule.initial(self.rule, self.position)

    def advance(self, steps: int) -> None:
        """Take steps; a run that is lost stops there."""
        with np.errstate(all="ignore"):
            for t in range(self.t + 1, self.t + steps + 1):
                value, *grad = self.program.arrays(*self.position)
                self._note(value, t - 1)
                grad = np.stack(grad)
                draw = None
                if self.noisy:
                    draw = np.stack(philox.standard_normal(self.seed, philox.particles(np, 0, 1), t))
                self.last, move = self.batch_rule.step(self.rule, self.position, grad, self.last, t, draw)
                self.position = np.where(self._inside(), self.position + move, self.position)
        self.t += steps

    @np.errstate(all="ignore")
    def result(self) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.bool_]]:
        """Return the loss, the step at which the target was reached, and which runs diverged."""
        value = self.program.arrays(*self.position)[0]
        self._note(value, self.t)
        diverged = ~(self._inside() & np.isfinite(value))
        return np.where(diverged, np.inf, value), self.reached, diverged

    def _inside(self) -> NDArray[np.bool_]:
        x0, x1, y0, y1 = self.bounds
        x, y = self.position
        return (x > x0) & (x < x1) & (y > y0) & (y < y1)

    def _note(self, value: NDArray[np.float64], step: int) -> None:
        self.reached[(self.reached < 0) & (value <= self.target)] = step


@lru_cache(maxsize=16)
def _value_and_gradient(nodes: tuple[Node, ...]) -> Program:
    return Program(nodes, "xy")


def _with_arrays(rule: Optimizer, settings: dict[str, NDArray[np.float64]]) -> tuple[Optimizer, bool]:
    """Return the rule with arrays for some hyper-parameters, and whether it draws noise."""
    made = object.__new__(type(rule))  # bypasses __post_init__, which refuses arrays
    for item in fields(rule):
        object.__setattr__(made, item.name, settings.get(item.name, getattr(rule, item.name)))
    noise = settings.get("noise") if has_noise(type(rule)) else None
    return made, rule.stochastic if noise is None else bool((noise > 0).any())
