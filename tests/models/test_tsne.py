"""t-SNE: similarities against SciPy's root finder, the divergence and its gradient, and the rule of a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import root_scalar
from scipy.spatial.distance import cdist
from scipy.special import rel_entr
from scipy.stats import entropy

from lossland.compute.kernels import pairs
from lossland.errors import MachineError, UserError
from lossland.models import datasets, layouts, tsne

RNG = np.random.default_rng(2)
POINTS = RNG.normal(size=(70, 5)) * (1, 2, 0.3, 1, 4)
LAYOUT = RNG.normal(size=(70, 2)) * 3


def brute(points: np.ndarray, perplexity: float) -> np.ndarray:
    """Return the similarities with every width found by SciPy."""
    share = np.zeros((len(points), len(points)))
    for i, row in enumerate(cdist(points, points, "sqeuclidean")):
        others = np.arange(len(points)) != i

        def excess(log_beta: float, away: np.ndarray = row[others]) -> float:
            return float(entropy(np.exp(-np.exp(log_beta) * (away - away.min()))) - np.log(perplexity))

        away = row[others]
        weight = np.exp(-np.exp(root_scalar(excess, bracket=(-12, 12), xtol=1e-13).root) * (away - away.min()))
        share[i, others] = weight / weight.sum()
    return (share + share.T) / (2 * len(points))


def student(layout: np.ndarray) -> np.ndarray:
    weight = 1 / (1 + cdist(layout, layout, "sqeuclidean"))
    np.fill_diagonal(weight, 0.0)
    return weight / weight.sum()


@pytest.mark.parametrize("perplexity", [3.0, 20.0, 60.0])
def test_every_point_has_the_perplexity_that_is_wanted(xp: Any, perplexity: float) -> None:
    found, each = tsne.joint(xp.asarray(POINTS), perplexity)
    assert float(xp.max(xp.abs(each - perplexity))) < 1e-5
    np.testing.assert_allclose(np.asarray(found), brute(POINTS, perplexity), rtol=1e-5, atol=1e-12)


def test_points_in_one_place_have_no_perplexity_below_their_number() -> None:
    points = np.concatenate([np.full((8, 2), 50.0), POINTS[:20, :2]])
    found, each = tsne.joint(points, 4.0)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(each[:8], 7.0)
    np.testing.assert_allclose(each[8:], 4.0, atol=1e-5)


def test_a_perplexity_must_be_one_of_the_points() -> None:
    with pytest.raises(UserError, match="above 1 and below 69"):
        tsne.joint(POINTS, 69.0)


def test_the_divergence_is_that_of_scipy(xp: Any) -> None:
    similarity = brute(POINTS, 20.0)
    expected = float(rel_entr(similarity, student(LAYOUT)).sum())
    assert tsne.divergence(xp.asarray(similarity), xp.asarray(LAYOUT)) == pytest.approx(expected, rel=1e-12)
    assert tsne.Descent(similarity, LAYOUT).divergence() == pytest.approx(expected, abs=1e-6)


def test_the_gradient_is_that_of_finite_differences(xp: Any) -> None:
    similarity = brute(POINTS, 20.0)
    found = np.asarray(tsne.gradient(xp.asarray(similarity), xp.asarray(LAYOUT)))
    for i, k in ((0, 0), (17, 1), (69, 0)):
        step = np.zeros_like(LAYOUT)
        step[i, k] = 1e-5
        above, below = (rel_entr(similarity, student(LAYOUT + one)).sum() for one in (step, -step))
        assert found[i, k] == pytest.approx((above - below) / 2e-5, abs=1e-9)


def test_steps_are_those_of_the_paper() -> None:
    similarity = brute(POINTS, 20.0)
    made = tsne.Descent(similarity, LAYOUT, exaggeration=4.0, early=3, rate=60.0)
    layout, velocity, gain = LAYOUT - LAYOUT.mean(axis=0), np.zeros_like(LAYOUT), np.ones_like(LAYOUT)
    for step in range(6):
        pulled = similarity * (4.0 if step < 3 else 1.0)
        away = layout[:, None] - layout
        force = (pulled - student(layout)) / (1 + cdist(layout, layout, "sqeuclidean"))
        slope = 4 * (force[..., None] * away).sum(axis=1)
        gain = np.where(np.sign(slope) == -np.sign(velocity), gain + 0.2, 0.8 * gain)
        velocity = (0.5 if step < 3 else 0.8) * velocity - 60.0 * gain * slope
        layout = layout + velocity
    made.advance(6)
    assert made.step == 6
    np.testing.assert_allclose(made.layout, layout - layout.mean(axis=0), atol=2e-4)


def test_without_a_compiler_the_sums_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    similarity = brute(POINTS, 20.0)
    compiled, on_arrays = tsne.Descent(similarity, LAYOUT), tsne.Descent(similarity, LAYOUT)
    compiled.advance(3)
    divergence = compiled.divergence()

    def refused(measuring: bool) -> None:
        raise MachineError("no")

    monkeypatch.setattr(pairs, "kernel", refused)
    on_arrays.advance(3)
    np.testing.assert_allclose(on_arrays.layout, compiled.layout, rtol=1e-4, atol=1e-4)
    assert on_arrays.divergence() == pytest.approx(divergence, rel=1e-5)


def test_after_the_exaggeration_the_divergence_falls_and_neighbours_stay_neighbours() -> None:
    some = datasets.digits().part(0, 360)
    similarity, _ = tsne.joint(some.points, 20.0)
    made = tsne.Descent(similarity, tsne.start(some.points))
    made.advance(made.early)
    measured = [made.divergence()]
    for _ in range(6):
        made.advance(25)
        measured.append(made.divergence())
    assert np.all(np.diff(measured) < 0)
    assert layouts.trustworthiness(some.points, made.layout) > 0.97
    assert layouts.knn_accuracy(made.layout, some.target) > 0.93


@pytest.mark.parametrize(("count", "seed"), [(40, 1), (30, 5), (60, 5), (100, 1)])
def test_one_small_cluster_does_not_end_on_a_line(count: int, seed: int) -> None:
    """Exaggerated attraction pulls it into a point; where it unfolds from too small a one, a line is a saddle."""
    points = np.random.default_rng(seed).normal(size=(count, 8))
    work = tsne.begun(points, count / 3)
    descent = None
    while descent is None:
        try:
            next(work)
        except StopIteration as end:
            descent = end.value
    descent.advance(500)
    singular = np.linalg.svd(descent.layout, compute_uv=False)
    assert singular[1] > 0.5 * singular[0]
    flat = descent.layout @ np.linalg.svd(descent.layout)[2][:1].T
    similarity = tsne.joint(points, count / 3)[0]
    assert tsne.divergence(similarity, descent.layout) < 0.8 * tsne.divergence(similarity, np.hstack([flat, 0 * flat]))


def test_the_start_is_the_two_principal_axes() -> None:
    found = tsne.start(POINTS)
    centred = POINTS - POINTS.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(found), 1e-4 * np.abs(u[:, :2] * s[:2]) / (u[:, 0] * s[0]).std(), atol=1e-12)
