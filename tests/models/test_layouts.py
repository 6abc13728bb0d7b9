"""What layouts are trusted for, against the definition written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from lossland.errors import UserError
from lossland.models import layouts

RNG = np.random.default_rng(8)
POINTS, LAYOUT = RNG.normal(size=(150, 4)), RNG.normal(size=(150, 2))


def test_trustworthiness_is_its_definition() -> None:
    apart, seen = cdist(POINTS, POINTS), cdist(LAYOUT, LAYOUT)
    for one in (apart, seen):
        np.fill_diagonal(one, np.inf)
    rank, place = rankdata(apart, axis=1), rankdata(seen, axis=1)
    n, k = 150, 7
    lost = sum(max(0.0, rank[i, j] - k) for i in range(n) for j in range(n) if place[i, j] <= k)
    expected = 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * lost
    assert layouts.trustworthiness(POINTS, LAYOUT, k) == pytest.approx(expected, abs=1e-12)


def test_a_layout_that_keeps_all_is_trusted_wholly() -> None:
    turned = POINTS @ np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    assert layouts.trustworthiness(POINTS, turned) == 1.0
    with pytest.raises(UserError, match="fewer than 75"):
        layouts.trustworthiness(POINTS, LAYOUT, 75)


@pytest.mark.parametrize("size", [3, 4, 5, 10, 24, 25, 26, 27, 150])
def test_as_many_neighbours_judge_as_there_may_be_at_most_twelve(size: int) -> None:
    count = layouts.judges(size)
    assert 0.0 <= layouts.trustworthiness(POINTS[:size], LAYOUT[:size], count) <= 1.0
    assert count == max(k for k in range(1, 13) if k < size / 2)


def test_groups_far_apart_vote_for_themselves() -> None:
    label = np.repeat([0, 1, 2], 50)
    assert layouts.knn_accuracy(LAYOUT + 100.0 * np.eye(3)[label][:, :2], label) == 1.0


def test_trust_has_three_degrees() -> None:
    trusted = np.array([1.0, 0.999, 0.99, 0.951, 0.94, 0.0, np.nan])
    assert layouts.degrees(trusted).tolist() == [0, 0, 1, 1, 2, 2, 0]


def test_a_layout_reaches_as_far_as_nearly_all_of_it() -> None:
    layout = np.zeros((1000, 2))
    layout[:, 0] = np.linspace(-3.0, 3.0, 1000)
    layout[7] = 1e6
    assert layouts.reach(layout) == pytest.approx(3.0, abs=0.05)
    assert layouts.reach(np.zeros((5, 2))) > 0.0  # to divide by
