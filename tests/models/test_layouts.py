"""What layouts are trusted for, against the definitions written out, and Procrustes against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from lossland.errors import UserError
from lossland.models import datasets, layouts, tsne

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


def test_digits_on_two_principal_axes_lie_over_each_other() -> None:
    digits = datasets.digits()
    flat = tsne.start(digits.points)
    assert layouts.trustworthiness(digits.points, flat) == pytest.approx(0.8296, abs=1e-4)
    assert layouts.knn_accuracy(flat, digits.target) == pytest.approx(0.6433, abs=3e-3)  # ties are broken otherwise


def test_groups_far_apart_vote_for_themselves() -> None:
    label = np.repeat([0, 1, 2], 50)
    assert layouts.knn_accuracy(LAYOUT + 100.0 * np.eye(3)[label][:, :2], label) == 1.0


@pytest.mark.parametrize("scale", [False, True])
def test_procrustes_is_that_of_scipy(scale: bool) -> None:
    onto = RNG.normal(size=(150, 2)) + 3
    found = layouts.aligned(LAYOUT, onto, scale)
    a, b = LAYOUT - LAYOUT.mean(axis=0), onto - onto.mean(axis=0)
    turn, stretch = orthogonal_procrustes(a, b)
    expected = (stretch / (a**2).sum() if scale else 1.0) * a @ turn + onto.mean(axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    if not scale:
        np.testing.assert_allclose(cdist(found, found), cdist(LAYOUT, LAYOUT), atol=1e-9)
