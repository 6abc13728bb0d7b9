"""Neighbours, means and k-means against SciPy, plain loops, and what is published of the digits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.vq import kmeans2
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist, pdist

from lossland.errors import UserError
from lossland.models import datasets, neighbours

RANDOM = np.random.default_rng(3)
CLOUD, OTHERS = RANDOM.normal(size=(60, 7)) + 2.0, RANDOM.normal(size=(25, 7))
LABEL = RANDOM.integers(0, 4, 60)


@pytest.mark.parametrize(("metric", "named"), [("l2", "euclidean"), ("cosine", "cosine")])
def test_distances_are_scipys(metric, named):
    found = neighbours.distances(CLOUD, OTHERS, metric)
    np.testing.assert_allclose(found, cdist(CLOUD, OTHERS, named), atol=1e-12)


def test_an_unknown_metric_is_told():
    with pytest.raises(UserError, match="There are l2 and cosine"):
        neighbours.distances(CLOUD, CLOUD, "l3")


def test_neighbours_are_those_of_a_tree():
    _, expected = KDTree(CLOUD).query(CLOUD, k=6)
    found = neighbours.nearest_others(neighbours.distances(CLOUD, CLOUD), 5)
    np.testing.assert_array_equal(found, np.asarray(expected)[:, 1:])
    assert neighbours.nearest_others(np.zeros((4, 4)), 9).tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_most_votes_win_and_of_equals_the_nearest():
    assert neighbours.vote(np.array([[2, 1, 1], [0, 1, 2], [3, 1, 1], [1, 0, 0]])).tolist() == [1, 0, 1, 0]
    assert neighbours.vote(np.array([[2, 1, 1, 2], [4, 0, 3, 3]])).tolist() == [2, 3]


def test_means_are_taken_class_by_class():
    found = neighbours.means(CLOUD, LABEL, 5)
    for k in range(4):
        np.testing.assert_allclose(found[k], CLOUD[k == LABEL].mean(axis=0))
    assert np.isnan(found[4]).all()


def test_mean_distances_are_over_pairs():
    same, other = neighbours.mean_distances(neighbours.distances(CLOUD, CLOUD), LABEL)
    pairs, first, second = pdist(CLOUD), *np.triu_indices(60, 1)
    alike = LABEL[first] == LABEL[second]
    assert same == pytest.approx(pairs[alike].mean(), rel=1e-9)
    assert other == pytest.approx(pairs[~alike].mean(), rel=1e-9)
    one = neighbours.mean_distances(np.ones((3, 3)), np.zeros(3, int))
    assert np.isnan(one[1])


def test_the_digits_have_the_scores_that_are_published():
    data = datasets.digits()
    found = neighbours.likeness(16 * data.points, data.target, 3)
    assert found.accuracy_nearest == pytest.approx(1 - 21 / 1797)
    assert found.accuracy_centroid == pytest.approx(0.90484, abs=5e-6)
    assert (found.mean_distance_same, found.mean_distance_other) == pytest.approx((36.124, 49.703), abs=5e-4)
    assert found.accuracy_vote > 0.985


def test_likeness_by_angle_is_that_of_directions():
    unit = CLOUD / np.linalg.norm(CLOUD, axis=1, keepdims=True)
    found, flat = neighbours.likeness(CLOUD, LABEL, 4, "cosine"), neighbours.likeness(unit, LABEL, 4)
    assert (found.accuracy_nearest, found.accuracy_vote, found.accuracy_centroid) == (
        flat.accuracy_nearest, flat.accuracy_vote, flat.accuracy_centroid,
    )  # fmt: skip


def test_lloyd_is_scipys_and_its_inertia_never_rises():
    data = datasets.digits().points
    start = neighbours.spread_start(data, 10, seed=4)
    found = neighbours.lloyd(data, start, 12)
    expected, label = kmeans2(data, start, iter=12, minit="matrix")
    np.testing.assert_allclose(found.centroids[12], expected, atol=1e-10)
    assert (np.diff(found.inertia) <= 1e-9).all()
    for centroids, belongs, inertia in zip(found.centroids, found.label, found.inertia, strict=True):
        square = cdist(data, centroids, "sqeuclidean")
        np.testing.assert_array_equal(belongs, square.argmin(axis=1))
        assert inertia == pytest.approx(square.min(axis=1).sum(), rel=1e-10)
    assert len(label) == len(data)
    np.testing.assert_allclose(found.between(2.5), (found.centroids[2] + found.centroids[3]) / 2)
    np.testing.assert_array_equal(found.between(12.0), found.centroids[12])


def test_a_centroid_that_nobody_is_near_stays():
    found = neighbours.lloyd(np.array([[0.0], [1.0]]), np.array([[0.5], [9.0]]), 3)
    assert found.centroids[:, 1, 0].tolist() == [9.0] * 4
    assert found.inertia.tolist() == [0.5] * 4


def test_starts_are_different_samples_of_the_seed():
    start = neighbours.spread_start(CLOUD, 20, seed=5)
    assert len(np.unique(start, axis=0)) == 20
    assert (cdist(start, CLOUD).min(axis=1) == 0).all()
    np.testing.assert_array_equal(start, neighbours.spread_start(CLOUD, 20, seed=5))
    assert not np.array_equal(start, neighbours.spread_start(CLOUD, 20, seed=6))


def test_words_have_the_cosines_that_are_published_and_sentences_are_their_means():
    words = datasets.glove()
    assert (len(words.words), words.index["king"], words.index["queen"]) == (10_000, 691, 2060)
    cosine = 1 - neighbours.distances(words.rows("king cat"), words.rows("queen dog car"), "cosine")
    np.testing.assert_allclose([cosine[0, 0], cosine[1, 1], cosine[1, 2]], [0.7839, 0.9218, 0.3638], atol=1e-4)
    with pytest.raises(UserError, match="no vector for 'telescope'"):
        words.rows("a telescope")
    data = datasets.sentences()
    each = [words.vectors[words.index[word]] for word in ("she", "served", "fish", "and", "rice", "for", "dinner")]
    np.testing.assert_allclose(data.points[-1], sum(each) / 7)
    assert (len(data), data.names[data.target[-1]]) == (16, "food")
