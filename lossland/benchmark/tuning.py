"""The trials of a tuning: the default, then a quasi-random sequence over the declared search space.

The range of a hyper-parameter is declared by its field (see ``optimizers.rule``). Values are distributed as in common
practice (Choi et al. 2019): rates and whatever has a logarithmic slider log-uniformly; decays such as beta uniformly in
the logarithm of 1 - beta; ranges from 0 with a small default, such as a weight decay, as 0 in a quarter of the trials,
else log-uniformly over four decades; the others uniformly. A rate spans five decades around the suggested one: no fixed
range suits domains of size 1 and of size 1000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from lossland.benchmark.problems import Problem
from lossland.compute import philox
from lossland.optimizers import Hyper, Optimizer, hyper_parameter
from lossland.optimizers.rates import BY_ITSELF, suggested_rate
from lossland.optimizers.rule import RATES

Float64 = NDArray[np.float64]

NOISE = "noise"  # part of the problem, not tuned
DECADES = 5.0  # of rates
RATE_ALONE = 4  # one trial in this many varies only the rate
SMALL = 0.1  # of a range from 0: smaller defaults are distributed over decades
ZERO = 0.25  # of the trials of such a range are 0
FOUR = 1e-4
SENSITIVITY = np.linspace(-2, 2, 17)  # decades around the tuned rate


def tuned_names(rule: Optimizer, given: Sequence[str]) -> tuple[str, ...]:
    """Return the hyper-parameters that are tuned: all that were not ``given`` by the user, except noise."""
    return tuple(item.name for item in fields(rule) if item.name not in given and item.name != NOISE)


def trials(rule: Optimizer, names: Sequence[str], where: Problem, budget: int, seed: int) -> Float64:
    """Return the values (B, P) of the parameters ``names`` in each of ``budget`` trials; the first are the rule's own.

    One in four changes only the rate: random combinations of many parameters are rarely good.
    """
    own = np.array([getattr(rule, name) for name in names])
    if not names:
        return own.reshape(1, 0)
    unit = sequence(budget - 1, len(names), seed)
    table = np.tile(own, (budget, 1))
    for column, name in enumerate(names):
        table[1:, column] = _spread(rule, name, where, unit[:, column])
    if rate_name(rule) in names:
        others = [column for column, name in enumerate(names) if name != rate_name(rule)]
        alone = np.arange(1, budget, RATE_ALONE)
        for column in others:
            table[alone, column] = own[column]
    return table


def rate_name(rule: Optimizer) -> str:
    """Return the name of a rule's rate, "" if it has none."""
    return next((item.name for item in fields(rule) if item.name in RATES), "")


def with_values(rule: Optimizer, names: Sequence[str], values: Sequence[float]) -> Optimizer:
    """Return the rule with some of its hyper-parameters replaced."""
    changes: dict[str, float] = dict(zip(names, map(float, values), strict=True))
    return replace(rule, **changes)


def rates_around(rule: Optimizer) -> Float64:
    """Return rates (R,) around a rule's, four per decade; none for a rule without a rate."""
    rate = getattr(rule, rate_name(rule), 0.0)
    if rate <= 0:
        return np.empty(0)
    hyper = hyper_parameter(rule, rate_name(rule))
    rates = rate * 10**SENSITIVITY
    return rates[(rates >= hyper.low) & (rates < hyper.below)]


def sequence(count: int, dimensions: int, seed: int) -> Float64:
    """Return quasi-random points (count, dimensions) in the unit cube: Roberts' R sequence, shifted by the seed.

    Its steps are powers of the generalized golden ratio g, the root of g^(d + 1) = g + 1 (Roberts 2018, "The
    unreasonable effectiveness of quasirandom sequences").
    """
    golden = 2.0
    for _ in range(60):
        golden = (1 + golden) ** (1 / (dimensions + 1))
    step = golden ** -np.arange(1.0, dimensions + 1)
    numbers = philox.particles(np, 0, -(-dimensions // 2))
    shift = np.stack(philox.uniform(seed, numbers), axis=-1).ravel()[:dimensions]
    return (shift + np.arange(1, count + 1)[:, None] * step) % 1.0


def _spread(rule: Optimizer, name: str, where: Problem, unit: Float64) -> Float64:
    """Map uniform numbers (n,) in [0, 1] to values (n,) of a hyper-parameter."""
    hyper = hyper_parameter(rule, name)
    values = _spread_within(rule, name, where, unit, hyper)
    return np.maximum(np.round(values), hyper.low) if hyper.whole else values


def _spread_within(rule: Optimizer, name: str, where: Problem, unit: Float64, hyper: Hyper) -> Float64:
    if name in RATES and rule.name not in BY_ITSELF:
        middle = math.log10(suggested_rate(rule, where.seen, where.start))
        return 10 ** (middle + DECADES * (unit - 0.5))
    if hyper.log:
        return _log_uniform(hyper.min, hyper.max, unit)
    default = float(getattr(rule, name))
    if _is_decay(hyper):
        return 1 - _log_uniform(1 - hyper.max, 1 - hyper.min, 1 - unit)
    if hyper.min == 0 and default <= SMALL * hyper.max:
        rest = np.clip((unit - ZERO) / (1 - ZERO), 0, 1)
        return np.where(unit < ZERO, 0.0, _log_uniform(FOUR * hyper.max, hyper.max, rest))
    return hyper.min + (hyper.max - hyper.min) * unit


def _is_decay(hyper: Hyper) -> bool:
    """Whether a parameter is the decay of a running average."""
    return hyper.below == 1.0 and hyper.max >= 0.9


def _log_uniform(low: float, high: float, unit: Float64) -> Float64:
    return low * (high / low) ** unit
