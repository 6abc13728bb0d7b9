"""UMAP: a fuzzy graph of neighbours, and a layout optimized by sampling its edges.

McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction", 2018, with
the defaults of their umap-learn: neighbours include the point itself, edges are sampled in proportion to their weight,
each with five negative samples, gradients are clipped at 4, and the rate falls from 1 to 0. Two things differ: the
start is the first two principal components, and edges are updated in batches instead of one after the other. Because of
negative sampling the loss is not the cross-entropy of graph and layout: repulsion weighs less (Damrich and Hamprecht,
"On UMAP's True Loss Function", 2021).

Samples are the rows of ``points`` (n, d), a layout is (n, 2).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError
from lossland.models import neighbours, tsne

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

A, B = 1.5769434603, 0.8950608779  # of 1 / (1 + a d^2b), fitted to exp(−(d − 0.1)) beyond a distance of .1
EPOCHS = 500
NEGATIVE = 5  # negative samples for each edge
CUT = 4.0  # the largest component of a gradient
PIECES = 8  # batches of edges in an epoch
TRIES = 64  # bisection steps
LEAST_WIDTH = 1e-3  # of a point's neighbourhood, as a share of the mean distance in it
SIZE = 10.0  # half the width of the start
PACE = 80_000  # edges per piece of work, so that a window stays responsive


class Graph(NamedTuple):
    """Edges both ways: from ``head`` (m,) to ``tail`` (m,), each with its ``weight`` (m,) in (0, 1]."""

    head: Indices
    tail: Indices
    weight: Floats


def widths(distance: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the distance ρ (n,) to each point's nearest neighbour, and the width σ (n,) of its neighbourhood.

    ``distance`` (n, count − 1) are those to its neighbours, the nearest first. With σ the weights exp(−(d − ρ) / σ) sum
    to log2 of ``count``, found by bisection. Coinciding neighbours do not count for ρ.
    """
    apart = np.where(distance > 0.0, distance, np.inf).min(axis=1)
    nearest = np.where(np.isfinite(apart), apart, 0.0)
    beyond = np.maximum(distance - nearest[:, None], 0.0)
    low, high, wanted = np.zeros(len(distance)), np.full(len(distance), np.inf), np.log2(count)
    width = np.ones(len(distance))
    for _ in range(TRIES):
        too_wide = np.exp(-beyond / width[:, None]).sum(axis=1) > wanted
        low, high = np.where(too_wide, low, width), np.where(too_wide, width, high)
        width = np.where(np.isfinite(high), 0.5 * (low + high), 2.0 * width)
    mean = distance.mean(axis=1)
    return nearest, np.maximum(width, LEAST_WIDTH * np.where(mean > 0.0, mean, 1.0))


def graph(points: Floats, count: int) -> Generator[float, None, Graph]:
    """Return the fuzzy graph of samples with ``count`` neighbours each, the point itself among them.

    It is a generator that yields the completed share after each block of rows. The weights a and b of an edge from its
    two ends are combined to the probability of either, a + b − ab.
    """
    size = len(points)
    if not 2 <= count <= size:
        raise UserError(f"A neighbourhood of {size} points has from 2 to {size} of them, not {count}.")
    near, away = [], []
    for first in range(0, size, tsne.ROWS):
        square = tsne.squares(points[first : first + tsne.ROWS], points)
        rows = np.arange(len(square))
        square[rows, first + rows] = np.inf
        found = neighbours.nearest(square, count - 1)
        near.append(found)
        away.append(np.sqrt(np.take_along_axis(square, found, axis=1)))
        yield min(first + tsne.ROWS, size) / size
    yield 1.0
    return _united(np.concatenate(near), np.concatenate(away), count)


def _united(near: Indices, distance: Floats, count: int) -> Graph:
    """Return the symmetric graph of neighbours (n, count − 1) at their distances."""
    nearest, width = widths(distance, count)
    weight = np.exp(-np.maximum(distance - nearest[:, None], 0.0) / width[:, None]).ravel()
    size, head, tail = len(near), np.repeat(np.arange(len(near)), near.shape[1]), near.ravel()
    both, index = np.unique(np.concatenate([head * size + tail, tail * size + head]), return_inverse=True)
    there, back = np.split(index, 2)
    sums = np.bincount(there, weight, len(both)) + np.bincount(back, weight, len(both))
    products = np.bincount(there, weight, len(both)) * np.bincount(back, weight, len(both))
    return Graph(both // size, both % size, np.asarray(sums - products, float))


def start(points: Floats) -> Floats:
    """Return the initial layout (n, 2): the first two principal components, scaled to ±10."""
    found = tsne.start(points)
    return found * (SIZE / max(float(np.abs(found).max()), 1e-300))


def pull(square: Floats) -> Floats:
    """Return the derivative (m,) of −log q for the squared distance, q = 1 / (1 + a d^2b)."""
    power = np.where(square > 0.0, square, 1.0) ** (B - 1.0)
    return np.where(square > 0.0, A * B * power / (1.0 + A * power * square), 0.0)


def push(square: Floats) -> Floats:
    """Return the derivative (m,) of log(1 − q) for the squared distance; .001 is added to that in the denominator."""
    return B / ((0.001 + square) * (1.0 + A * square**B))


class Sampling:
    """A layout being optimized: ``epoch`` is the number of epochs done, ``layout`` (n, 2) the points' positions.

    The mean of these is 0. All random draws follow from the seed.
    """

    def __init__(self, graph: Graph, layout: Floats, epochs: int = EPOCHS, seed: int = 0) -> None:
        often = graph.weight / graph.weight.max()
        random = np.random.Generator(np.random.Philox(key=np.array([seed, 0], np.uint64)))
        order = random.permutation(np.flatnonzero(often * epochs >= 1.0))  # without edges that would never be sampled
        self._layout, self.epoch, self.epochs = np.array(layout, float), 0, epochs
        self._head, self._tail, self._often = graph.head[order], graph.tail[order], often[order]
        self._random = random

    def advance(self, steps: int) -> None:
        """Run some epochs: each samples an edge with the frequency of its weight over the largest one."""
        for _ in range(min(steps, self.epochs - self.epoch)):
            done = np.floor(self._often * self.epoch)
            due = np.flatnonzero(np.floor(self._often * (self.epoch + 1)) > done)
            rate = 1.0 - self.epoch / self.epochs
            for piece in range(PIECES):
                self._move(due[piece::PIECES], rate)
            self.epoch += 1

    @property
    def layout(self) -> Floats:
        """The points' positions around their mean, as a new array (n, 2): only their differences have a meaning."""
        return self._layout - self._layout.mean(axis=0)

    @property
    def pace(self) -> int:
        """How many epochs take a few milliseconds."""
        return max(1, PACE // len(self._head))

    def divergence(self) -> float:
        """Return nan: the loss is known only from its samples."""
        return float("nan")

    def _move(self, edges: Indices, rate: float) -> None:
        """Pull both ends of edges together, and push their heads away from random points."""
        head, tail = self._head[edges], self._tail[edges]
        place = self._layout
        apart = place[head] - place[tail]
        force = np.clip(2.0 * pull((apart**2).sum(axis=1))[:, None] * apart, -CUT, CUT)
        pushed = np.repeat(head, NEGATIVE)
        away = place[pushed] - place[self._random.integers(len(place), size=len(pushed))]
        flight = np.clip(2.0 * push((away**2).sum(axis=1))[:, None] * away, -CUT, CUT)
        who = np.concatenate([head, tail, pushed])
        for axis in range(2):
            way = np.concatenate([-force[:, axis], force[:, axis], flight[:, axis]])
            place[:, axis] += rate * np.bincount(who, way, len(place))


def begun(points: Floats, count: int, epochs: int, seed: int = 0) -> Generator[object, None, Sampling]:
    """Return the sampling of points (n, d) from their principal axes; a generator, as `graph` is."""
    made = yield from graph(points, count)
    yield
    return Sampling(made, start(points), epochs, seed)
