"""Measures of a benchmark against SciPy, closed forms and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from lossland.benchmark import measures

RANDOM = np.random.default_rng(3)


@pytest.mark.parametrize(("successes", "runs"), [(0, 10), (1, 10), (5, 10), (10, 10), (3, 1000), (999, 1000), (1, 1)])
def test_wilsons_interval_is_scipys(successes: int, runs: int) -> None:
    right = stats.binomtest(successes, runs).proportion_ci(0.95, "wilson")
    assert measures.wilson(successes, runs) == pytest.approx((right.low, right.high), abs=1e-12)


def test_expected_running_time_is_all_evaluations_per_success() -> None:
    evaluations = [[10, 20, np.inf, np.inf], [1, 2, 3, 4], [np.inf] * 4]
    assert measures.running_time(evaluations, 100).tolist() == [(10 + 20 + 200) / 2, 10 / 4, np.inf]


def test_expected_running_time_is_the_mean_over_restarts() -> None:
    """Who starts again until he succeeds needs so many evaluations on average: simulated."""
    evaluations = np.where(RANDOM.random(200) < 0.3, RANDOM.integers(1, 100, 200), np.inf)
    drawn = RANDOM.choice(evaluations, size=(20_000, 60))
    tries = np.isfinite(drawn).argmax(axis=1)
    needed = tries * 100 + drawn[np.arange(len(drawn)), tries]
    assert measures.running_time(evaluations, 100) == pytest.approx(needed.mean(), rel=0.02)


def test_the_interval_of_the_running_time_is_scipys_bootstrap() -> None:
    evaluations = np.where(RANDOM.random(300) < 0.5, RANDOM.integers(1, 100, 300), np.inf)

    def ratio(until: np.ndarray, axis: int) -> np.ndarray:
        reached = np.isfinite(until)
        return np.where(reached, until, 100).sum(axis) / reached.sum(axis)

    right = stats.bootstrap((evaluations,), ratio, n_resamples=20_000, method="percentile", rng=1).confidence_interval
    assert measures.running_time_interval(evaluations, 100, seed=5) == pytest.approx((right.low, right.high), rel=0.03)


def test_without_a_success_nothing_is_known_of_the_running_time() -> None:
    assert measures.running_time_interval([np.inf] * 5, 100) == (math.inf, math.inf)
    low, high = measures.running_time_interval([3.0] + [np.inf] * 5, 100)
    assert low < 600
    assert high == math.inf  # many resamples have no success


def test_resamples_are_bootstrap_samples() -> None:
    weights = measures.resamples(50, seed=2)
    assert weights.shape == (1000, 50)
    assert (weights.sum(axis=1) == 50).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(50), abs=0.15)
    assert weights.var() == pytest.approx(1 - 1 / 50, rel=0.05)  # of a binomial (50, 1/50)
    np.testing.assert_array_equal(weights, measures.resamples(50, seed=2))
    assert len(measures.resamples(50_000)) == 200


def test_a_profile_counts_what_is_reached_within_a_budget() -> None:
    evaluations = np.where(RANDOM.random((7, 30)) < 0.7, RANDOM.integers(0, 50, (7, 30)), np.inf)
    budgets = np.array([0, 1, 10, 49, 1000])
    right = [(evaluations <= budget).mean() for budget in budgets]
    assert measures.profile(evaluations, budgets) == pytest.approx(right)


def test_the_score_is_the_area_above_the_times_on_a_logarithmic_axis() -> None:
    times, budget = np.array([1.0, 100.0, 1e5, np.inf]), 1000.0
    axis = np.linspace(0, 5, 200_001)  # decades up to 100 budgets
    area = np.mean([(times[:, None] <= 10**axis).mean()])
    assert measures.score(times, budget) == pytest.approx(area, abs=1e-4)
    assert measures.score([0.0, 1.0], budget) == 1
    assert measures.score([np.inf], budget) == 0


def test_resampled_scores_are_the_scores_of_resampled_runs() -> None:
    evaluations = np.sort(RANDOM.integers(1, 500, (5, 40)), axis=0).astype(float)
    evaluations[4, :30] = np.inf
    found = measures.score_resamples(evaluations, 500, seed=4)
    for number in (0, 17, 999):
        drawn = np.repeat(np.arange(40), measures.resamples(40, 4)[number].astype(int))
        again = measures.score(measures.running_time(evaluations[:, drawn], 500), 500)
        assert found[number] == pytest.approx(again)


@pytest.mark.parametrize(
    ("score", "width"),
    [
        ([0.0, 1.0, 0.0], 0.2),  # falls to nine tenths after a tenth of a decade on each side
        ([1.0, 1.0, 1.0], 2.0),
        ([0.0, 0.0, 1.0], 0.1),
        ([0.95, 1.0, 0.5], 1.2),
        ([0.0, 0.0, 0.0], 0.0),
    ],
)
def test_the_width_of_good_rates(score: list[float], width: float) -> None:
    assert measures.good_width([0.01, 0.1, 1.0], score) == pytest.approx(width)
    assert measures.good_width([], []) == 0


def test_ranks_are_scipys() -> None:
    means = np.array([[0.3, 0.5, 0.5, 0.1], [1.0, 1.0, 1.0, 1.0]])
    right = stats.rankdata(-means, axis=1)
    np.testing.assert_array_equal(measures.ranks(means), right)


def test_differences_are_told_from_chance_as_often_as_they_should() -> None:
    """Paired runs of equal competitors differ significantly in one case of twenty; a shift is always found."""
    wrong = 0
    for trial in range(200):
        each = RANDOM.random((2, 100))
        drawn = measures.resamples(100, trial) @ each.T / 100
        best = int(each.mean(axis=1).argmax())
        wrong += measures.difference_p(drawn, each.mean(axis=1), best)[1 - best] < 0.05
    assert 2 <= wrong <= 21  # of a binomial (200, 0.05), with probability 0.999
    both = RANDOM.random(100)
    each = np.stack([both, both + 0.01, both])
    p = measures.difference_p(measures.resamples(100) @ each.T / 100, each.mean(axis=1), 1)
    assert p[1] == 1
    assert p[[0, 2]].max() < 1e-6


def test_a_difference_is_as_significant_as_in_a_paired_test() -> None:
    first, second = RANDOM.normal(0.5, 0.1, (2, 400))
    second += 0.01
    drawn = measures.resamples(400) @ np.stack([first, second]).T / 400
    means = np.array([first.mean(), second.mean()])
    best = int(means.argmax())
    right = stats.ttest_rel(first, second).pvalue
    assert measures.difference_p(drawn, means, best)[1 - best] == pytest.approx(right, rel=0.2)


def test_holms_correction() -> None:
    """By hand: the sorted p times 4, 3, 2, 1, never falling."""
    assert measures.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert measures.holm([0.9, 0.8]).tolist() == [1.0, 1.0]
