"""The settings that a tuning tries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from lossland import optimizers
from lossland.benchmark import tuning
from lossland.benchmark.problems import problem
from lossland.benchmark.tiles import given
from lossland.optimizers.rates import BY_ITSELF, suggested_rate

WHERE = problem("rosenbrock")


@pytest.mark.parametrize("dimensions", [1, 2, 3, 6])
def test_the_sequence_fills_the_cube_more_evenly_than_chance(dimensions: int) -> None:
    points = tuning.sequence(256, dimensions, seed=1)
    assert points.shape == (256, dimensions)
    assert ((points >= 0) & (points < 1)).all()
    chance = np.median([qmc.discrepancy(np.random.default_rng(i).random((256, dimensions))) for i in range(20)])
    assert qmc.discrepancy(points) < chance / 2
    assert not np.array_equal(points, tuning.sequence(256, dimensions, seed=2))


def test_trials_lie_in_the_declared_space() -> None:
    for kind in optimizers.catalogue():
        rule = kind()
        names = tuning.tuned_names(rule, ())
        assert "noise" not in names
        table = tuning.trials(rule, names, WHERE, 64, seed=3)
        assert table[0].tolist() == [getattr(rule, name) for name in names]  # the default comes first
        for column, name in enumerate(names):
            low, high, _ = optimizers.field_range(rule, name)
            if name == "lr" and kind.name not in BY_ITSELF:
                middle = suggested_rate(rule, WHERE.seen, WHERE.start)
                low, high = middle / 10**2.5, middle * 10**2.5
            tried = table[1:, column]
            assert tried.min() >= low * (1 - 1e-12)
            assert tried.max() <= high * (1 + 1e-12)
            assert np.ptp(tried) > (high - low) / 1000  # it is varied
        for values in table:
            tuning.with_values(rule, names, values)  # every setting is legal


def test_shares_that_are_kept_are_spread_by_what_is_left_of_them() -> None:
    rule = optimizers.Adam()
    names = ("beta1", "lr")
    table = tuning.trials(rule, names, WHERE, 1025, seed=1)
    varied = table[1:, 0][table[1:, 0] != rule.beta1]
    left = np.log10(1 - varied)  # from 10^-3 to 1, evenly
    for decade in (-3, -2, -1):
        assert ((left >= decade) & (left < decade + 1)).mean() == pytest.approx(1 / 3, abs=0.03)
    assert (table[1:, 0] == rule.beta1).mean() == pytest.approx(1 / 4, abs=0.01)  # the rate alone


def test_a_small_decay_is_none_in_a_quarter_of_the_trials() -> None:
    table = tuning.trials(optimizers.AdamW(), ("weight_decay",), WHERE, 401, seed=1)
    assert (table[1:] == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert table[table > 0].min() >= 1e-4


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("adam", ()),
        ("adam:lr=0.1,beta1=0.8", ("lr", "beta1")),
        ("adam:schedule=cosine,steps=500", ("schedule", "steps")),
        ("mine.py:MyRule", ()),
        ("mine.py:MyRule:lr=1", ("lr",)),
    ],
)
def test_what_the_user_gave_is_not_tuned(text: str, names: tuple[str, ...]) -> None:
    assert given(text) == names


def test_rates_around_a_rule() -> None:
    rates = tuning.rates_around(optimizers.Adam(lr=0.1))
    assert len(rates) == 17
    assert rates[[0, 8, 16]] == pytest.approx([1e-3, 0.1, 10])
