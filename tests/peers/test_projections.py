"""Layouts beside scikit-learn's, openTSNE's and umap-learn's. Run by `make test-torch`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from lossland.models import datasets, embeddings, layouts, tsne, umap

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # numba, and umap without TensorFlow

manifold: Any = import_module("sklearn.manifold") if find_spec("sklearn") else None
neighbors: Any = import_module("sklearn.neighbors") if find_spec("sklearn") else None
DIGITS = datasets.digits()
SOME = DIGITS.part(0, 300)


@pytest.fixture(scope="module")
def descent() -> Any:
    """t-SNE of all digits, as the projector shows it first."""
    course = embeddings.Course(tsne.begun(DIGITS.points, 30.0), tsne.start(DIGITS.points), 500)
    course.reach(500)
    return course.moving


def test_trustworthiness_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(3)
    points, layout = random.normal(size=(200, 6)), random.normal(size=(200, 2))
    for count in (1, 5, 12):
        expected = manifold.trustworthiness(points, layout, n_neighbors=count)
        assert layouts.trustworthiness(points, layout, count) == pytest.approx(expected, abs=1e-12)


def test_similarities_are_those_of_scikit_learn() -> None:
    distances = neighbors.NearestNeighbors().fit(SOME.points)
    graph = distances.kneighbors_graph(n_neighbors=len(SOME) - 1, mode="distance").toarray() ** 2
    joint = import_module("sklearn.manifold._t_sne")._joint_probabilities(graph.astype(np.float32), 20.0, 0)
    expected = import_module("scipy.spatial.distance").squareform(joint)
    found, _ = tsne.joint(SOME.points, 20.0)
    np.testing.assert_allclose(found, expected, atol=2e-7)


def test_divergence_and_gradient_are_those_of_scikit_learn() -> None:
    t_sne, squareform = import_module("sklearn.manifold._t_sne"), import_module("scipy.spatial.distance").squareform
    similarity, _ = tsne.joint(SOME.points, 20.0)
    layout = np.random.default_rng(1).normal(size=(300, 2)) * 5
    divergence, slope = t_sne._kl_divergence(layout.ravel(), squareform(similarity, checks=False), 1.0, 300, 2)
    assert tsne.divergence(similarity, layout) == pytest.approx(divergence, abs=1e-6)
    assert tsne.Descent(similarity, layout).divergence() == pytest.approx(divergence, abs=1e-6)
    np.testing.assert_allclose(tsne.gradient(similarity, layout), slope.reshape(300, 2), atol=1e-9)


def test_digits_keep_their_neighbours(descent: Any) -> None:
    assert manifold.trustworthiness(DIGITS.points, descent.layout, n_neighbors=12) >= 0.98
    assert layouts.knn_accuracy(descent.layout, DIGITS.target) >= 0.97
    assert np.abs(descent.perplexities - 30.0).max() < 1e-5


def test_the_divergence_is_no_larger_than_that_of_opentsne(descent: Any) -> None:
    """Both are measured on all pairs: openTSNE's descent looks at the nearest 90 alone."""
    made = import_module("openTSNE").TSNE(perplexity=30, n_jobs=1, random_state=0).fit(DIGITS.points)
    similarity, _ = tsne.joint(DIGITS.points, 30.0)
    theirs = tsne.divergence(similarity, np.asarray(made, float))
    assert tsne.divergence(similarity, descent.layout) == pytest.approx(theirs, rel=0.05)


def test_umap_keeps_as_much_as_umap_learn() -> None:
    begun = umap.begun(DIGITS.points, 15, 200)
    course = embeddings.Course(begun, umap.start(DIGITS.points), 200)
    course.reach(200)
    ours = layouts.trustworthiness(DIGITS.points, course.moving.layout if course.moving else np.zeros((0, 2)))
    made = import_module("umap").UMAP(n_neighbors=15, n_epochs=200, random_state=0, init="pca").fit(DIGITS.points)
    assert ours >= 0.95
    assert ours == pytest.approx(layouts.trustworthiness(DIGITS.points, np.asarray(made.embedding_, float)), abs=0.02)


def test_the_graph_is_that_of_umap_learn() -> None:
    points = SOME.points + 1e-3 * np.random.default_rng(0).normal(size=SOME.points.shape)  # none equally far
    made = import_module("umap.umap_").fuzzy_simplicial_set(points, 10, np.random.RandomState(0), "euclidean")[0]
    work = umap.graph(points, 10)
    found = np.zeros((300, 300))
    try:
        while True:
            next(work)
    except StopIteration as done:
        found[done.value.head, done.value.tail] = done.value.weight
    np.testing.assert_allclose(found, made.toarray(), atol=2e-5)
