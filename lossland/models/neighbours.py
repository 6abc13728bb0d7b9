"""Similarity as distance: nearest neighbours and their vote, class means, and k-means by Lloyd's algorithm.

Sources: Fix and Hodges (1951) and Cover and Hart (1967) for neighbours; Lloyd (1957, published 1982) for k-means.
Samples are the rows of ``points`` (n, d); which class each belongs to is ``label`` (n,), whole numbers from 0 on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Labels = NDArray[np.int64] | NDArray[np.float64]  # of whole numbers
METRICS = ("l2", "cosine")


def directions(points: ArrayLike) -> Floats:
    """Return points (n, d) divided by their lengths; one at the origin stays there."""
    points = np.asarray(points, float)
    length = np.linalg.norm(points, axis=-1, keepdims=True)
    return points / np.where(length > 0.0, length, 1.0)


def distances(points: ArrayLike, others: ArrayLike, metric: str = "l2") -> Floats:
    """Return the distance (n, m) of each point (n, d) to each of others (m, d).

    ``l2`` is the length of the difference, ``cosine`` 1 minus the cosine of the angle between the two: 0 for the same
    direction, 2 for opposite ones, however long they are.
    """
    if metric not in METRICS:
        raise UserError(f"There is no metric {metric!r}. There are {' and '.join(METRICS)}.")
    if metric == "cosine":
        return np.clip(1.0 - directions(points) @ directions(others).T, 0.0, 2.0)
    return np.sqrt(_squares(np.asarray(points, float), np.asarray(others, float)))


def _squares(points: Floats, others: Floats) -> Floats:
    """Return the squared distances (n, m): |a|² − 2 a·b + |b|², clamped to 0 against rounding."""
    square = (points**2).sum(axis=1)[:, None] - 2.0 * points @ others.T + (others**2).sum(axis=1)
    return np.maximum(square, 0.0)


def nearest(distance: Floats, count: int) -> Indices:
    """Return the indices (n, count) of the nearest of m others, the nearest first, from distances (n, m)."""
    some = np.sort(np.argpartition(distance, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(np.take_along_axis(distance, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def nearest_others(distance: Floats, count: int) -> Indices:
    """Return the indices (n, count) of each sample's nearest neighbours, itself left out, from distances (n, n)."""
    apart = distance.copy()
    np.fill_diagonal(apart, np.inf)
    return nearest(apart, min(count, len(apart) - 1))


def nearest_to(points: Floats, index: int, count: int, metric: str = "l2") -> tuple[Indices, Floats]:
    """Return the indices (count,) of the nearest neighbours of one sample of points (n, d), and their distances."""
    away = distances(points[[index]], points, metric)[0]
    away[index] = np.inf
    found = nearest(away[None], count)[0]
    return found, away[found]


def parted(ahead: NDArray[np.bool_], one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the share of two classes that a plane has on their own sides, all (n,): ``one`` ahead, ``other`` behind.

    It is nan where the two are not apart.
    """
    return float((ahead == one)[one | other].mean()) if not (one & other).any() else float("nan")


def vote(label: Indices) -> Indices:
    """Return the majority class of each sample's neighbours, from their labels (n, k), the nearest first.

    Ties go to the class of the nearest neighbour.
    """
    votes = (label[:, :, None] == label[:, None, :]).sum(axis=2)
    return np.take_along_axis(label, votes.argmax(axis=1)[:, None], axis=1)[:, 0]


def means(points: Floats, label: Labels, count: int) -> Floats:
    """Return the mean (count, d) of the samples of each class; of a class without samples it is nan."""
    inside = (label == np.arange(count)[:, None]).astype(float)
    with np.errstate(invalid="ignore"):
        return inside @ points / inside.sum(axis=1, keepdims=True)


def mean_distances(distance: Floats, label: Labels) -> tuple[float, float]:
    """Return the mean distance over all pairs of one class, and over all pairs of two, from distances (n, n)."""
    same = label[:, None] == label
    apart = float(distance[~same].mean()) if not same.all() else float("nan")
    pairs = same.sum() - len(label)  # without each sample's pair with itself
    return (float(distance[same].sum() / pairs) if pairs else float("nan")), apart


@dataclass(frozen=True)
class Likeness:
    """How well distance predicts classes: shares of samples whose nearest neighbour, vote of k neighbours, or nearest
    class mean is of their own class (leave-one-out); and mean distances over pairs of samples."""

    accuracy_nearest: float
    accuracy_vote: float
    accuracy_centroid: float
    mean_distance_same: float
    mean_distance_other: float


def likeness(points: Floats, label: Labels, count: int, metric: str = "l2") -> Likeness:
    """Return how well distance predicts the classes of samples (n, d), with ``count`` neighbours.

    Means are compared by l2; with ``cosine`` those are means of directions.
    """
    label = np.asarray(label, np.int64)
    away = distances(points, points, metric)
    kinds = label[nearest_others(away, count)]
    seen = directions(points) if metric == "cosine" else points
    to_mean = distances(seen, means(seen, label, int(label.max()) + 1)).argmin(axis=1)
    one, most, mean = (float((said == label).mean()) for said in (kinds[:, 0], vote(kinds), to_mean))
    return Likeness(one, most, mean, *mean_distances(away, label))


@dataclass(frozen=True, eq=False)
class Lloyd:
    """The iterations of k-means over T steps: ``centroids`` (T + 1, k, d), the index of each sample's nearest one,
    ``label`` (T + 1, n), and ``inertia`` (T + 1,), the sum of the samples' squared distances to it."""

    centroids: Floats
    label: Indices
    inertia: Floats

    def between(self, step: float) -> Floats:
        """Return the centroids (k, d) at a fractional step, interpolated linearly."""
        before = min(int(step + 1e-6), len(self.inertia) - 1)
        after = min(before + 1, len(self.inertia) - 1)
        return self.centroids[before] + (step - before) * (self.centroids[after] - self.centroids[before])


def lloyd(points: Floats, start: Floats, steps: int) -> Lloyd:
    """Return the iterations of k-means on samples (n, d) from centroids (k, d).

    A step moves each centroid to the mean of its samples, and then assigns each sample to its nearest centroid. Neither
    can increase the inertia. A centroid without samples stays where it is.
    """
    centroids, courses, labels, inertia = np.asarray(start, float), [], [], []
    for step in range(steps + 1):
        if step:
            moved = means(points, labels[-1], len(centroids))
            centroids = np.where(np.isfinite(moved), moved, centroids)
        square = _squares(points, centroids)
        courses.append(centroids)
        labels.append(square.argmin(axis=1))
        inertia.append(float(square.min(axis=1).sum()))
    return Lloyd(np.array(courses), np.array(labels), np.array(inertia))


def spread_start(points: Floats, count: int, seed: int = 0) -> Floats:
    """Return centroids (count, d) to begin with: different samples, drawn from the seed (NumPy's Philox)."""
    random = np.random.Generator(np.random.Philox(key=np.array([seed, 0], np.uint64)))
    return points[random.choice(len(points), min(count, len(points)), replace=False)]
