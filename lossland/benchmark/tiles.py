"""One tile of a benchmark: an optimizer on a landscape, tuned, and run from some held-out starts. Plain data go in
and come out, so that a tile can be done by any process of any machine, and comes out the same."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from lossland.benchmark import measures, tuning
from lossland.benchmark.problems import Problem, problem
from lossland.benchmark.results import Cell, Settings
from lossland.compute import arrays
from lossland.compute.crowds import crowd
from lossland.errors import UserError, place_of
from lossland.optimizers import Optimizer, by_coordinate, cost, optimizer, spec

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]

MOST_STARTS = 4096  # of a tile
TUNING = 2**40  # number of the first particle that tunes: held-out ones are numbered from 0


@dataclass(frozen=True)
class Tile:
    """Runs of an optimizer on a landscape from the starts ``first`` to ``first + count``.

    ``rule`` is the tuned optimizer as text; without it it is tuned first.
    """

    settings: Settings
    optimizer: str
    landscape: str
    first: int
    count: int
    rule: str = ""


@dataclass(frozen=True, eq=False)
class Runs:
    """What N runs came to; the fields are as in `Cell`."""

    hits: Int32
    best: Float64
    final: Float64
    lost: Int32
    start: Float64
    end: Float64


@dataclass(frozen=True, eq=False)
class Tuning:
    """What a tuning tried and found; the fields are as in `Cell`."""

    rule: str
    names: tuple[str, ...]
    trials: Float64
    trial_score: Float64
    trial_success: Float64
    trial_loss: Float64
    rates: Float64
    rate_score: Float64
    rate_success: Float64
    rate_loss: Float64


@dataclass(frozen=True, eq=False)
class TileResult:
    """The runs of a tile, and the tuning if it was tuned there."""

    runs: Runs
    tuning: Tuning | None


def run_tile(tile: Tile) -> TileResult:
    """Do a tile."""
    settings = tile.settings
    where = problem(tile.landscape, settings.dimension)
    if tile.rule:
        return TileResult(follow(where, optimizer(tile.rule), settings, tile.first, tile.count), None)
    tuned = tune(where, tile.optimizer, settings)
    return TileResult(follow(where, optimizer(tuned.rule), settings, tile.first, tile.count), tuned)


def steps_of(rule: Optimizer, evaluations: int) -> int:
    """Return how many steps of a rule a budget of gradient evaluations pays for, at least one."""
    return max(1, int(evaluations // cost_of(rule)))


def cost_of(rule: Optimizer) -> float:
    """Return how many gradients a step costs; one that looks at nothing at all pays for one."""
    return cost(type(rule)) or 1.0


@np.errstate(all="ignore")
def follow(where: Problem, rule: Optimizer, settings: Settings, first: int, count: int) -> Runs:
    """Run a rule from the starts that are drawn for ``count`` particles from number ``first`` on, in float64."""
    start = where.starts(first, count, settings.seed)
    steps = steps_of(rule, settings.steps)
    backend = arrays.backend(settings.backend)
    particles = crowd(where.land, rule, start, settings.seed, first, backend, levels=where.levels)
    particles.advance(steps)
    hits, best, end = particles.hits, particles.best, particles.positions
    lost = particles.lost.astype(np.int32)
    value = np.asarray(where.land.value(end))  # the places after the last step have not been looked at
    there = lost < 0
    passed = there & (value <= where.levels[:, None])
    hits = np.where((hits < 0) & passed, np.int32(steps), hits)
    best = np.where(there & (value < best), value, best)
    return Runs(hits, best - where.lowest, value - where.lowest, lost, start, end)


def tune(where: Problem, text: str, settings: Settings) -> Tuning:
    """Try settings of an optimizer on starts of their own, and return the best: that of the highest score."""
    rule = optimizer(text)
    names = tuning.tuned_names(rule, given(text))
    table = tuning.trials(rule, names, where.land, settings.budget, settings.seed)
    tried = [_trial(where, tuning.with_values(rule, names, values), settings) for values in table]
    _expect_numbers(tried, rule)
    score, success, loss = (np.array([getattr(one, name) for one in tried]) for name in ("score", "success", "loss"))
    best = tuning.with_values(rule, names, table[int(score.argmax())])
    rates = tuning.rates_around(best)
    others = [_trial(where, tuning.with_values(best, (tuning.RATE,), (rate,)), settings) for rate in rates]
    return Tuning(
        rule=spec(best),
        names=names,
        trials=table,
        trial_score=score,
        trial_success=success,
        trial_loss=loss[:, 1],
        rates=rates,
        rate_score=np.array([one.score for one in others]),
        rate_success=np.array([one.success for one in others]),
        rate_loss=np.array([one.loss for one in others]).reshape(-1, 3),
    )


def given(text: str) -> tuple[str, ...]:
    """Return the names of the settings that an optimizer's text gives: those are not tuned."""
    last = text.rpartition(":")[2]
    return tuple(part.partition("=")[0].strip() for part in last.split(",") if "=" in part)


@dataclass(frozen=True)
class _Trial:
    """How a setting fared: score, success rate, quartiles of the best f - f*, and whether all were lost at once."""

    score: float
    success: float
    loss: tuple[float, float, float]
    no_number: bool


def _trial(where: Problem, rule: Optimizer, settings: Settings) -> _Trial:
    runs = follow(where, rule, settings, TUNING, settings.tuning_starts)
    each, steps = cost_of(rule), steps_of(rule, settings.steps)
    until = np.where(runs.hits >= 0, runs.hits * each, np.inf)
    best = np.sort(np.nan_to_num(runs.best, nan=np.inf))
    low, middle, high = (float(best[round(share * (len(best) - 1))]) for share in (0.25, 0.5, 0.75))
    return _Trial(
        score=float(measures.score(measures.running_time(until, steps * each), steps * each)),
        success=float((runs.hits[-1] >= 0).mean()),
        loss=(low, middle, high),
        no_number=bool((runs.lost == 1).all() and np.isnan(runs.end).any(axis=1).all()),
    )


def _expect_numbers(tried: list[_Trial], rule: Optimizer) -> None:
    if all(one.no_number for one in tried):
        method = type(rule).update if by_coordinate(type(rule)) else type(rule).decide
        raise UserError(
            f"{place_of(method)}: the first step of {type(rule).__name__} is no number (nan), whatever its "
            "settings; what does it divide by, or take the root of?"
        )


def cell_of(settings: Settings, pair: tuple[str, str], tuned: Tuning, parts: list[Runs]) -> Cell:
    """Return the cell of an optimizer and a landscape from its tuning and its runs, in order."""
    name, text = pair
    where, rule = problem(text, settings.dimension), optimizer(tuned.rule)
    runs = {
        item.name: np.concatenate([getattr(part, item.name) for part in parts], axis=1 if item.name == "hits" else 0)
        for item in fields(Runs)
    }
    return Cell(
        optimizer=name,
        title=rule.title,
        family=rule.family,
        landscape=text,
        landscape_title=where.land.title,
        dimension=settings.dimension,
        noise=settings.noise,
        seed=settings.seed,
        settings={item.name: getattr(rule, item.name) for item in fields(rule)},
        cost=cost_of(rule),
        steps=steps_of(rule, settings.steps),
        lowest=where.lowest,
        scale=where.scale,
        targets=where.targets,
        **{item.name: getattr(tuned, item.name) for item in fields(Tuning)},
        **runs,
    )


def replayed(cell: Cell, runs: list[int]) -> Float64:
    """Return the places (steps + 1, len(runs), n) of some of a cell's runs, those after the last target too."""
    settings = replace(Settings((cell.optimizer,), (cell.landscape,)), seed=cell.seed)
    where, rule = problem(cell.landscape, cell.dimension), optimizer(cell.rule)
    backend, paths = arrays.backend(settings.backend), []
    for i in runs:
        particle = crowd(where.land, rule, cell.start[[i]], cell.seed, i, backend)
        trail = particle.trail(cell.steps).transpose(0, 2, 1)
        paths.append(np.concatenate([cell.start[None, [i]], trail]))
    return np.concatenate(paths, axis=1)
