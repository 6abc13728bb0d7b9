"""UMAP: its curve and widths against SciPy, the graph against its definition, and what a layout keeps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, curve_fit
from scipy.spatial.distance import cdist

from lossland.errors import UserError
from lossland.models import datasets, layouts, umap

POINTS = np.random.default_rng(5).normal(size=(40, 6))


def graph_of(points: np.ndarray, count: int) -> umap.Graph:
    work = umap.graph(points, count)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def test_the_curve_is_fitted_to_a_distance_of_a_tenth() -> None:
    x = np.linspace(0, 3, 300)
    y = np.where(x < 0.1, 1.0, np.exp(-(x - 0.1)))
    (a, b), _ = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), x, y)
    np.testing.assert_allclose((umap.A, umap.B), (a, b), rtol=1e-5)


def test_the_graph_is_made_of_widths_that_scipy_finds() -> None:
    away = cdist(POINTS, POINTS)
    directed = np.zeros((40, 40))
    for i, row in enumerate(away):
        near = np.argsort(row)[1:8]
        beyond = row[near] - row[near[0]]
        width = brentq(lambda s, beyond=beyond: np.exp(-beyond / s).sum() - np.log2(8), 1e-3, 1e3, xtol=1e-13)
        directed[i, near] = np.exp(-beyond / width)
    both = directed + directed.T - directed * directed.T
    found = np.zeros((40, 40))
    made = graph_of(POINTS, 8)
    found[made.head, made.tail] = made.weight
    np.testing.assert_allclose(found, both, atol=1e-9)


def test_a_neighbourhood_needs_two() -> None:
    with pytest.raises(UserError, match="from 2 to 40"):
        graph_of(POINTS, 41)


def test_pulls_and_pushes_are_derivatives() -> None:
    square = np.array([0.01, 0.5, 3.0, 40.0])

    def near(square: np.ndarray) -> np.ndarray:
        return 1 / (1 + umap.A * square**umap.B)

    step = 1e-6 * square
    slope = -(np.log(near(square + step)) - np.log(near(square - step))) / (2 * step)
    np.testing.assert_allclose(umap.pull(square), slope, rtol=1e-6)
    slope = (np.log(1 - near(square + step)) - np.log(1 - near(square - step))) / (2 * step)
    np.testing.assert_allclose(umap.push(square), slope * square / (square + 0.001), rtol=1e-6)
    assert umap.pull(np.zeros(1)) == 0.0


def test_an_edge_is_taken_as_often_as_it_weighs() -> None:
    two = umap.Graph(np.array([0, 1]), np.array([1, 0]), np.array([1.0, 0.25]))
    made = umap.Sampling(two, np.array([[-5.0, 0.0], [5.0, 0.0]]), epochs=8)
    taken: list[int] = []
    made._move = lambda edges, rate: taken.extend(made._head[edges])  # type: ignore[method-assign]
    made.advance(100)
    assert made.epoch == 8
    assert (taken.count(0), taken.count(1)) == (8, 2)


def test_digits_stay_with_their_neighbours() -> None:
    some = datasets.digits().part(0, 400)
    graph = graph_of(some.points, 15)
    one, other = (umap.Sampling(graph, umap.start(some.points), 250, seed=4) for _ in range(2))
    one.advance(250)
    for _ in range(5):
        other.advance(50)
    np.testing.assert_array_equal(one.layout, other.layout)  # by the seed, however it is cut
    np.testing.assert_allclose(one.layout.mean(axis=0), 0.0, atol=1e-9)
    assert layouts.trustworthiness(some.points, one.layout) > 0.95
    assert layouts.knn_accuracy(one.layout, some.target) > 0.93
