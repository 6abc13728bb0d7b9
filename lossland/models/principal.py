"""Principal components: the axes of most variance, the error of dropping others, and the path from the features.

Pearson (1901); Hotelling (1933). Samples are the rows of ``points`` (n, d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError
from lossland.models.neighbours import Labels, means

Floats = NDArray[np.float64]
RANK = 1e-12  # of the largest variance: a smaller one is rounding error


@dataclass(frozen=True, eq=False)
class Principal:
    """The principal axes of samples: rows of ``components`` (d, d), with the variance along each, ``values`` (d,).

    The largest variance comes first. The sign of an axis makes its largest entry positive.
    """

    mean: Floats
    covariance: Floats
    values: Floats
    components: Floats

    @property
    def ratios(self) -> Floats:
        """The share (d,) of the total variance along each axis."""
        return self.values / max(float(self.values.sum()), 1e-300)

    @property
    def rank(self) -> int:
        """The number of axes along which the samples vary."""
        return int(np.count_nonzero(self.values > RANK * max(float(self.values[0]), 1e-300)))

    def error(self, keep: int) -> float:
        """Return the variance that is lost with all but the first ``keep`` axes: the sum of the other values.

        It is the squared distance of the samples from their projections, summed and divided by n − 1.
        """
        return float(self.values[keep:].sum())

    def components_for(self, share: float) -> int:
        """Return how many axes together explain at least a share of the variance."""
        return min(int(np.searchsorted(np.cumsum(self.ratios), share - 1e-12)) + 1, len(self.values))

    def variance_along(self, direction: Floats) -> float:
        """Return the variance of the samples projected on a direction (d,); 0 for the direction 0."""
        length = float(direction @ direction)
        return float(direction @ self.covariance @ direction / length) if length > 0 else 0.0

    def features(self, count: int) -> list[int]:
        """Return for each of the first axes the feature with the largest weight that was not taken before."""
        taken: list[int] = []
        for weights in np.abs(self.components[:count]):
            weights[taken] = -1.0
            taken.append(int(np.argmax(weights)))
        return taken

    def frame_of(self, features: Sequence[int]) -> Floats:
        """Return features, one for each of the first axes, as a frame (d, k), with the signs of the axes."""
        frame = np.zeros((len(self.values), len(features)))
        for k, feature in enumerate(features):
            frame[feature, k] = np.sign(self.components[k, feature])
        return frame


def principal(points: Floats) -> Principal:
    """Return the principal axes of samples (n, d), n at least 2: the eigenvectors of X^T X / (n − 1), X centred."""
    points = np.asarray(points, float)
    if points.ndim != 2 or len(points) < 2:
        raise UserError(f"Principal axes need at least two samples as rows, not an array of shape {points.shape}.")
    mean = points.mean(axis=0)
    covariance = np.atleast_2d(np.cov(points, rowvar=False))
    values, vectors = np.linalg.eigh(covariance)
    components = vectors.T[::-1]
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    return Principal(mean, covariance, np.maximum(values[::-1], 0.0), components * np.sign(largest))


def along(points: Floats, count: int) -> Floats:
    """Return the samples (n, k) along their first ``count`` axes, or all if there are fewer; at least three numbers."""
    found = principal(points)
    seen = (points - found.mean) @ found.components[:count].T
    return np.pad(seen, ((0, 0), (0, max(3 - seen.shape[1], 0))))


def class_axes(points: Floats, label: Labels) -> Floats:
    """Return three orthonormal directions (d, 3) in which the classes of samples (n, d) differ most.

    They are the principal axes of the class means, or of the samples if there are at most three classes.
    """
    kinds = int(label.max()) + 1
    return principal(means(points, label, kinds) if kinds > 3 else points).components[:3].T


def share_along(axes: Floats, covariance: Floats) -> float:
    """Return the share of the variance of a covariance (d, d) that orthonormal directions (d, k) keep."""
    unit = axes / np.linalg.norm(axes, axis=0)
    return float(np.trace(unit.T @ covariance @ unit) / np.trace(covariance))


def ways_to_shadows(points: Floats, keep: int, share: float, stop: float) -> Floats:
    """Return ways (n, 2, d) from points (n, d) toward their shadows on the first ``keep`` axes of the frame.

    They go a share of the way, but for its last piece of length ``stop``: as far as a ball around the moving point.
    """
    points = np.asarray(points, float)
    way = np.where(np.arange(points.shape[1]) < keep, 0.0, -points)
    length = np.linalg.norm(way, axis=1, keepdims=True)
    part = np.maximum(share - stop / np.maximum(length, stop), 0.0)
    return np.stack([points, points + part * way], axis=1)


def standardized(points: Floats) -> Floats:
    """Return samples (n, d) whose features have mean 0 and variance 1; a constant one becomes 0."""
    centred = np.asarray(points, float) - np.mean(points, axis=0)
    deviation = centred.std(axis=0, ddof=1)
    return centred / np.where(deviation > 0, deviation, 1.0)


def between(start: Floats, end: Floats, share: float) -> Floats:
    """Return the frame (d, k) of orthonormal columns a share of the way from one to another.

    It is the orthonormal frame nearest to the linear interpolation of the two (its polar factor).
    """
    u, _, vt = np.linalg.svd((1.0 - share) * start + share * end, full_matrices=False)
    return u @ vt
