"""The measures of a benchmark, as functions of arrays: success, expected running time, profiles and ranks, each with
its interval.

Runs are given by ``evaluations`` (..., N), the gradient evaluations until a target was reached (inf: never), and the
``budget`` of each run, the cost of a failed one. Sources: Hansen et al. (2021), "COCO: a platform for
comparing continuous optimizers in a black-box setting" (expected running time, runtime profiles); Wilson (1927) (the
interval of a share); Efron (1979) (the bootstrap); Agarwal et al. (2021), "Deep reinforcement learning at the edge of
the statistical precipice" (runs resampled task by task, intervals of aggregates).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64 = NDArray[np.float64]

Z = 1.959963984540054  # standard normal quantile of 97.5 %: all intervals are of 95 %
TAILS = (2.5, 97.5)  # percentiles of a 95 % interval
RESAMPLES = 1000
MOST_WEIGHTS = 10**7  # entries of a table of resamples: more runs have fewer resamples
FEWEST_RESAMPLES = 100
PATIENCE = 100.0  # budgets after which a target counts as never reached


def wilson(successes: int, runs: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a success rate: it stays within [0, 1] and has a positive width at both ends."""
    share, square = successes / runs, Z * Z / runs
    middle = share + square / 2
    reach = Z * math.sqrt(share * (1 - share) / runs + square / (4 * runs))
    low = 0.0 if successes == 0 else (middle - reach) / (1 + square)
    high = 1.0 if successes == runs else (middle + reach) / (1 + square)
    return low, high


def running_time(evaluations: ArrayLike, budget: float) -> Float64:
    """Return the expected running time (...) to reach a target by restarts: all evaluations per success.

    ``evaluations`` (..., N) are inf for runs that missed the target, which cost their budget. The result is inf where
    no run succeeded.
    """
    until, reached = _charged(evaluations, budget)
    return _ratio(until.sum(axis=-1), reached.sum(axis=-1))


def running_time_interval(evaluations: ArrayLike, budget: float, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the expected running time of N runs, given as in `running_time`."""
    until, reached = _charged(evaluations, budget)
    if not reached.any():
        return math.inf, math.inf
    weights = resamples(len(until), seed)
    times = np.sort(_ratio(weights @ until, weights @ reached))
    # With infinite times among them, percentiles cannot be interpolated.
    low, high = (times[round(share / 100 * (len(times) - 1))] for share in TAILS)
    return float(low), float(high)


def _charged(evaluations: ArrayLike, budget: float) -> tuple[Float64, Float64]:
    """Return the cost of each run, and 1 where it reached the target, else 0."""
    until = np.asarray(evaluations, np.float64)
    reached = np.isfinite(until)
    return np.where(reached, until, budget), reached.astype(np.float64)


def _ratio(total: Float64, count: Float64) -> Float64:
    return np.divide(total, count, out=np.full(np.shape(total), np.inf), where=count > 0)


@lru_cache(maxsize=64)
def _counts(runs: int, seed: int) -> NDArray[np.uint8]:
    count = int(np.clip(MOST_WEIGHTS // runs, FEWEST_RESAMPLES, RESAMPLES))
    random = np.random.Generator(np.random.Philox(seed))
    return random.multinomial(runs, np.full(runs, 1 / runs), size=count).astype(np.uint8)


def resamples(runs: int, seed: int = 0) -> Float64:
    """Return how often each of N runs is drawn in each of B bootstrap resamples (B, N): rows sum to N.

    Deterministic in the seed, so that optimizers with the same starts have the same resamples.
    """
    return _counts(runs, seed).astype(np.float64)


# ------------------------------------------------------------------------------------------------------- profiles


def profile(evaluations: ArrayLike, budgets: ArrayLike) -> Float64:
    """Return the share (g,) of all runs and targets reached within each of the ``budgets`` (g,)."""
    until = np.sort(np.asarray(evaluations, np.float64), axis=None)
    return np.searchsorted(until, np.asarray(budgets, np.float64), side="right") / until.size


def score(times: ArrayLike, budget: float) -> Float64:
    """Return one number (...) for the expected running times (..., T) to T targets: 1 is immediately, 0 is never.

    It is the area under the profile of runs restarted until success, on a logarithmic axis from 1 to `PATIENCE`
    budgets: a target that takes e evaluations counts 1 - log(e) / log(PATIENCE budget), at least 0. So a target that
    one run in ten reaches counts, but less than one that all reach.
    """
    with np.errstate(divide="ignore"):
        left = 1 - np.log(np.maximum(np.asarray(times, np.float64), 1.0)) / math.log(PATIENCE * budget)
    return np.clip(left, 0.0, 1.0).mean(axis=-1)


def score_resamples(evaluations: ArrayLike, budget: float, seed: int = 0) -> Float64:
    """Return the scores (B,) of bootstrap resamples of N runs to T targets, given as in `running_time`."""
    until, reached = _charged(evaluations, budget)
    weights = resamples(until.shape[-1], seed)
    return score(_ratio(weights @ until.T, weights @ reached.T), budget)


def good_width(rates: ArrayLike, score: ArrayLike, share: float = 0.9) -> float:
    """Return the width in decades of the increasing rates (R,) around the best one with ``share`` of its score.

    Between two rates the score is interpolated on the logarithmic axis; the interval ends at the ends of the table. 0
    if no rate scores.
    """
    position, height = np.log10(np.asarray(rates, np.float64)), np.asarray(score, np.float64)
    if not len(height) or height.max() <= 0:
        return 0.0
    best, level = int(height.argmax()), share * height.max()

    def edge(step: int) -> float:
        i = best
        while 0 <= i + step < len(height) and height[i + step] >= level:
            i += step
        if not 0 <= i + step < len(height):
            return float(position[i])
        part = (height[i] - level) / (height[i] - height[i + step])
        return float(position[i] + part * (position[i + step] - position[i]))

    return edge(1) - edge(-1)


# ---------------------------------------------------------------------------------------------------------- ranks


def interval(resampled: ArrayLike) -> tuple[float, float]:
    """Return the 95 % interval of a number from its bootstrap resamples (B,)."""
    low, high = np.percentile(np.asarray(resampled, np.float64), TAILS)
    return float(low), float(high)


def ranks(means: ArrayLike) -> Float64:
    """Return the ranks (..., M) of mean scores (..., M): 1 is the highest, ties get the mean of their ranks."""
    means = np.asarray(means, np.float64)
    above = (means[..., None, :] > means[..., :, None]).sum(axis=-1)
    equal = (means[..., None, :] == means[..., :, None]).sum(axis=-1)
    return 1 + above + (equal - 1) / 2


def difference_p(resampled: ArrayLike, means: ArrayLike, best: int) -> Float64:
    """Return for each competitor (M,) the two-sided p-value of having the same mean score as the best one.

    ``means`` (M,) are the scores; ``resampled`` (B, M) has a row for each bootstrap resample, in which all meet the
    same starts. The difference is measured in standard deviations of the resampled differences: a count of resamples
    could not give a p below 1 in B, too coarse for many comparisons.
    """
    means, drawn = np.asarray(means, np.float64), np.asarray(resampled, np.float64)
    behind, error = means[best] - means, (drawn[:, [best]] - drawn).std(axis=0)
    away = np.divide(behind, error, out=np.where(behind > 0, np.inf, 0.0), where=error > 0)
    return np.array([math.erfc(abs(z) / math.sqrt(2)) for z in away])


def holm(p: ArrayLike) -> Float64:
    """Return p-values (M,) corrected for multiple tests (Holm 1979)."""
    p = np.asarray(p, np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    result = np.empty_like(p)
    result[order] = np.minimum(1.0, stepped)
    return result
