"""One tile of a benchmark: an optimizer on a landscape, tuned, and run from some held-out starts.

Tiles and results are plain data, so that any process on any machine can compute a tile with the same result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.benchmark import measures, tuning
from lossland.benchmark.problems import Problem, problem
from lossland.benchmark.results import Cell, Settings
from lossland.compute import arrays
from lossland.compute.crowds import crowd
from lossland.compute.crowds.base import Crowd
from lossland.compute.crowds.on_arrays import ArrayCrowd, block_size, side_by_side
from lossland.compute.kernels.fused import is_fusible
from lossland.errors import UserError, place_of
from lossland.optimizers import Optimizer, by_coordinate, cost, has_noise, noisy, optimizer, spec

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]

MOST_STARTS = 4096  # of a tile
TUNING = 2**40  # index of the first tuning particle; held-out ones start at 0


@dataclass(frozen=True)
class Tile:
    """Runs of an optimizer on a landscape from the starts ``first`` to ``first + count``.

    ``rule`` is the tuned optimizer as text; if it is empty, the optimizer is tuned first.
    """

    settings: Settings
    optimizer: str
    landscape: str
    first: int
    count: int
    rule: str = ""


@dataclass(frozen=True, eq=False)
class Runs:
    """The results of N runs; the fields are as in `Cell`."""

    hits: Int32
    best: Float64
    final: Float64
    lost: Int32
    start: Float64
    end: Float64


@dataclass(frozen=True, eq=False)
class Tuning:
    """The trials and the result of a tuning; the fields are as in `Cell`."""

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
    """Compute a tile."""
    settings = tile.settings
    where = problem(tile.landscape, settings.dimension)
    if tile.rule:
        return TileResult(follow(where, optimizer(tile.rule), settings, tile.first, tile.count), None)
    tuned = tune(where, tile.optimizer, settings)
    return TileResult(follow(where, optimizer(tuned.rule), settings, tile.first, tile.count), tuned)


def cost_of(rule: Optimizer, dimension: int) -> float:
    """Return the cost of a step in gradients; a step without evaluations counts as one."""
    return cost(rule, dimension) or 1.0


def steps_of(rule: Optimizer, dimension: int, evaluations: int) -> int:
    """Return the number of steps of a rule within a budget of gradient evaluations, at least one."""
    return max(1, int(evaluations // cost_of(rule, dimension)))


def follow(where: Problem, rule: Optimizer, settings: Settings, first: int, count: int) -> Runs:
    """Run a rule from the starts that are drawn for ``count`` particles from number ``first`` on, in float64."""
    (runs,) = follow_each(where, [rule], settings, first, count)
    return runs


def follow_each(
    where: Problem, rules: Sequence[Optimizer], settings: Settings, first: int, count: int
) -> Iterator[Runs]:
    """Run several rules of one class from the same starts.

    A compiled kernel runs one rule after the other. Where a step is too long to be compiled, array operations run
    several rules at once.
    """
    start = where.starts(first, count, settings.seed)
    steps, backend = steps_of(rules[0], where.dimension, settings.steps), arrays.backend(settings.backend)
    fused = not rules[0].traced or (backend.name == "cpu" and is_fusible(where.seen, rules[0]))
    together = 1 if where.dimension == 2 or fused else max(1, block_size(where.dimension) // count)
    for low in range(0, len(rules), together):
        some = rules[low : low + together]
        begin = np.tile(start - where.origin, (len(some), 1))
        particles = (
            crowd(where.seen, some[0], begin, settings.seed, first, backend, levels=where.levels)
            if len(some) == 1
            else ArrayCrowd(
                where.seen, side_by_side(some, count), begin, settings.seed, first, backend,
                levels=where.levels, sets=len(some),
            )
        )  # fmt: skip
        particles.advance(steps)
        yield from _runs_of(where, particles, start, steps)


@np.errstate(all="ignore")
def _runs_of(where: Problem, particles: Crowd, start: Float64, steps: int) -> Iterator[Runs]:
    """Yield the runs of each set of particles that began at ``start`` (N, n)."""
    hits, best, end = particles.hits, particles.best, particles.positions
    lost = particles.lost.astype(np.int32)
    value = np.asarray(where.seen.value(end))  # the final positions have not been evaluated
    there = lost < 0
    passed = there & (value <= where.levels[:, None])
    hits = np.where((hits < 0) & passed, np.int32(steps), hits)
    best = np.where(there & (value < best), value, best) - where.lowest
    for low in range(0, len(end), len(start)):
        part = slice(low, low + len(start))
        yield Runs(hits[:, part], best[part], value[part] - where.lowest, lost[part], start, end[part] + where.origin)


def tune(where: Problem, text: str, settings: Settings) -> Tuning:
    """Try settings of an optimizer on separate starts, and return those with the highest score."""
    rule = optimizer(text)
    if settings.noise:
        rule = noisy(rule, settings.noise)
    names = tuning.tuned_names(rule, given(text))
    table = tuning.trials(rule, names, where, settings.budget, settings.seed)
    tried = _tried(where, [tuning.with_values(rule, names, values) for values in table], settings)
    _expect_numbers(tried, rule)
    score, success, loss = (np.array([getattr(one, name) for one in tried]) for name in ("score", "success", "loss"))
    best = tuning.with_values(rule, names, table[int(score.argmax())])
    rates = tuning.rates_around(best)
    others = _tried(where, [tuning.with_values(best, (tuning.rate_name(best),), (rate,)) for rate in rates], settings)
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
    """Return the names of the settings in an optimizer's text, which are not tuned."""
    last = text.rpartition(":")[2]
    return tuple(part.partition("=")[0].strip() for part in last.split(",") if "=" in part)


@dataclass(frozen=True)
class _Trial:
    """The result of a setting: score, success rate, quartiles of the best f - f*, and whether the first step is nan."""

    score: float
    success: float
    loss: tuple[float, float, float]
    no_number: bool


def _tried(where: Problem, rules: Sequence[Optimizer], settings: Settings) -> list[_Trial]:
    if not rules:
        return []
    runs = follow_each(where, rules, settings, TUNING, settings.tuning_starts)
    return [_trial(where, rule, of_rule, settings) for rule, of_rule in zip(rules, runs, strict=True)]


def _trial(where: Problem, rule: Optimizer, runs: Runs, settings: Settings) -> _Trial:
    each = cost_of(rule, where.dimension)
    steps = steps_of(rule, where.dimension, settings.steps)
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
    measured: dict[str, Any] = {item.name: getattr(tuned, item.name) for item in fields(Tuning)}
    for item in fields(Runs):
        axis = 1 if item.name == "hits" else 0
        measured[item.name] = np.concatenate([getattr(part, item.name) for part in parts], axis)
    return Cell(
        optimizer=name,
        title=rule.title,
        family=rule.family,
        landscape=text,
        landscape_title=where.land.title,
        dimension=where.dimension,
        noise=getattr(rule, tuning.NOISE) if has_noise(type(rule)) else 0.0,
        seed=settings.seed,
        settings={item.name: getattr(rule, item.name) for item in fields(rule)},
        cost=cost_of(rule, where.dimension),
        steps=steps_of(rule, where.dimension, settings.steps),
        lowest=where.lowest,
        scale=where.scale,
        targets=where.targets,
        **measured,
    )


def path(where: Problem, rule: Optimizer, start: Float64, steps: int, seed: int, number: int, backend: str) -> Float64:
    """Return the positions (steps + 1, n) of a run from ``start`` (n,), as the particle with index ``number``."""
    begin = (start - where.origin)[None]
    trail = crowd(where.seen, rule, begin, seed, number, arrays.backend(backend)).trail(steps)
    return np.concatenate([start[None], np.asarray(trail)[:, :, 0] + where.origin])
