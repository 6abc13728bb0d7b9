"""One neuron, φ(w·x + b), and linear separation: what a neuron computes of a point, and what no line can separate.

Sources: Rosenblatt (1958), the perceptron; Minsky and Papert (1969), for what it cannot do; Hosmer and Lemeshow,
*Applied Logistic Regression*, for its fit by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError, nearest
from lossland.models import layer_maps, networks

Floats = NDArray[np.float64]
ACTIVATIONS = ("step", *networks.ACTIVATIONS)
CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], float)  # all that two inputs of 0 or 1 can be
GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "nand": (1, 1, 1, 0), "xor": (0, 1, 1, 0)}  # at these corners
RIDGE = 1e-3  # of a cut's weights, per sample: for separable classes they would diverge
ROUNDS = 25  # iterations of Newton's method


def bent(activation: str, z: ArrayLike) -> Floats:
    """Return φ(z), for numbers of any shape. ``step`` is 1 above 0, else 0; the others are those of `networks`."""
    z = np.asarray(z, float)
    if activation == "step":
        return (z > 0).astype(float)
    if activation not in ACTIVATIONS:
        hint = nearest(activation, ACTIVATIONS)
        raise UserError(f"There is no activation {activation!r}.{hint} There are {', '.join(ACTIVATIONS)}.")
    return layer_maps.bent(activation, z)


def signed_distance(points: ArrayLike, w: ArrayLike, b: float) -> Floats:
    """Return the signed distance of points (..., d) from w·x + b = 0, positive on the side that w points to.

    Without w there is no such plane, and the distances are nan.
    """
    w = np.asarray(w, float)
    length = float(np.linalg.norm(w))
    return (np.asarray(points, float) @ w + b) / length if length > 0 else np.full(np.shape(points)[:-1], np.nan)


def chord(w: ArrayLike, along: float, half: float) -> Floats | None:
    """Return the ends (2, 2) of the line across w (2,), ``along`` its direction from the origin, in the square [−half,
    half]²; None where the line misses the square.
    """
    ahead = np.asarray(w, float) / np.linalg.norm(w)
    across = np.array([-ahead[1], ahead[0]])
    low, high = -np.inf, np.inf
    for start, step in zip(along * ahead, across, strict=True):
        if abs(step) < 1e-12:
            if abs(start) > half + 1e-12:
                return None
            continue
        ends = sorted(((-half - start) / step, (half - start) / step))
        low, high = max(low, ends[0]), min(high, ends[1])
    return along * ahead + np.outer((low, high), across) if low <= high else None


def chords(w: ArrayLike, kink: float, half: float, count: int) -> tuple[Floats, Floats]:
    """Return positions (k,) along the direction of w, and the ends (k, 2, 2) of the lines across it in [−half, half]².

    They are about ``count`` and evenly spread, with the square's corners and both sides of the ``kink`` among them.
    """
    ahead = np.asarray(w, float) / np.linalg.norm(w)
    corners = half * (2 * CORNERS - 1) @ ahead
    most = float(corners.max())
    kinks = kink + 1e-4 * half * np.arange(-1, 2)
    places = np.concatenate([np.linspace(-most, most, count), corners, kinks[np.abs(kinks) < most]])
    kept = [(place, chord(ahead, place, half * (1 + 1e-9))) for place in np.unique(places)]
    found = [(place, ends) for place, ends in kept if ends is not None]
    return np.array([place for place, _ in found]), np.array([ends for _, ends in found])


def least_squares(points: ArrayLike, target: ArrayLike) -> tuple[Floats, float]:
    """Return the least squares fit w (d,), b of w·x + b to targets (n,).

    If there are several, the one of least norm.
    """
    points = np.asarray(points, float)
    inputs = np.column_stack([points, np.ones(len(points))])
    found = np.asarray(np.linalg.lstsq(inputs, np.asarray(target, float), rcond=None)[0], float)
    return found[:-1], float(found[-1])


@dataclass(frozen=True, eq=False)
class Cut:
    """A plane w·x + b = 0 between two classes, and the share of samples on the correct side."""

    w: Floats
    b: float
    accuracy: float


def straight_cut(points: ArrayLike, positive: ArrayLike) -> Cut:
    """Return a cut that separates samples (n, d) of two classes well: logistic regression, by Newton's method.

    ``positive`` (n,) tells which belong to the class w points to. Features are taken in units of their deviation.
    """
    points, positive = np.asarray(points, float), np.asarray(positive, bool)
    middle, scale = points.mean(axis=0), points.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    x = np.column_stack([(points - middle) / scale, np.ones(len(points))])
    weights, ridge = np.zeros(x.shape[1]), RIDGE * len(points) * np.append(np.ones(x.shape[1] - 1), 1e-6)
    sides = np.where(positive, 1.0, -1.0)

    def loss(tried: Floats) -> float:
        return float(np.logaddexp(0.0, -sides * (x @ tried)).sum() + 0.5 * ridge @ tried**2)

    for _ in range(ROUNDS):
        share = 0.5 + 0.5 * np.tanh(0.5 * x @ weights)
        slope = x.T @ (share - positive) + ridge * weights
        curved = (x * (share * (1 - share))[:, None]).T @ x + np.diag(ridge + 1e-12)
        step = np.linalg.solve(curved, slope)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > 1e-9:
            step = step / 2  # far from the minimum Newton's step may be much too long
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    w = weights[:-1] / scale
    b = float(weights[-1] - w @ middle)
    return Cut(w, b, float(np.mean((points @ w + b > 0) == positive)))
