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
from lossland.models.layer_maps import chord

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


@dataclass(frozen=True, eq=False)
class Neuron:
    """One neuron of two inputs, φ(w·x + b). ``w`` is (2,), ``activation`` one of ``ACTIVATIONS``."""

    w: Floats
    b: float
    activation: str

    @property
    def length(self) -> float:
        """The length of w; lengths below 1e-9 are 0."""
        length = float(np.linalg.norm(self.w))
        return length if length > 1e-9 else 0.0

    @property
    def ahead(self) -> Floats:
        """The direction (2,) of w; for w = 0 that of the first input."""
        return self.w / self.length if self.length else np.array([1.0, 0.0])

    @property
    def across(self) -> Floats:
        """The direction (2,) of w rotated by 90° to the left."""
        return np.array([-self.ahead[1], self.ahead[0]])

    def output(self, points: ArrayLike) -> Floats:
        """Return φ(w·x + b) (...) of points (..., 2)."""
        return bent(self.activation, np.asarray(points, float) @ self.w + self.b)

    def shadow(self, point: ArrayLike) -> Floats:
        """Return the orthogonal projection (2,) of a point (2,) on the line along w through the origin."""
        return (np.asarray(point, float) @ self.ahead) * self.ahead

    def zero(self, share: float = 1.0) -> Floats:
        """Return the point (2,) of the line w·x + share b = 0 that is nearest to the origin."""
        return -share * self.b / max(self.length, 1e-9) * self.ahead

    def numbers(self, point: ArrayLike) -> dict[str, float | Floats]:
        """Return intermediate values at a point (2,), and the distances of the line z = 0 from it and the origin."""
        x = np.asarray(point, float)
        return {
            "dot": float(self.w @ x),
            "z": float(self.w @ x + self.b),
            "output": float(self.output(x)),
            "distance": float(signed_distance(x, self.w, self.b)),
            "line_from_origin": abs(float(signed_distance((0, 0), self.w, self.b))),
            "shadow": self.shadow(x),
        }

    def right(self, gate: str) -> int:
        """Return the number of the four corners at which it agrees with a gate: above 0 where the gate is 1."""
        return int(((CORNERS @ self.w + self.b > 0) == np.array(GATES[gate], bool)).sum())


def level_lines(w: ArrayLike, b: float, step: float, half: float) -> list[Floats]:
    """Return the lines (2, 2) in the square [−half, half]² on which w·x + b is a multiple of a step other than 0."""
    w = np.asarray(w, float)
    length, most = float(np.linalg.norm(w)), half * float(np.abs(w).sum())
    multiples = range(int(np.ceil((b - most) / step)), int(np.floor((b + most) / step)) + 1)
    found = [chord(w, (k * step - b) / length, half) for k in multiples if k]
    return [ends for ends in found if ends is not None]


@dataclass(frozen=True, eq=False)
class Section:
    """A square of the plane in lines across a direction: a neuron with this direction is constant on each line.

    ``ahead`` (2,) is the unit direction, ``along`` (k,) the position of each line along it, and ``ends`` (k, 2, 2) its
    end points.
    """

    ahead: Floats
    along: Floats
    ends: Floats

    @property
    def axis(self) -> Floats:
        """The intersections (k, 2) of the lines with the axis: the line through the origin along the direction."""
        return self.along[:, None] * self.ahead

    @property
    def within(self) -> NDArray[np.bool_]:
        """Whether these are within the square (k,)."""
        sides = self.ends @ np.array([-self.ahead[1], self.ahead[0]])
        return sides[:, 0] * sides[:, 1] <= 0

    @property
    def start(self) -> Floats:
        """Where on the axis, inside the square, each line begins to grow (k, 2): at its intersection, or next to it."""
        inside = self.along[self.within]
        return np.clip(self.along, inside.min(), inside.max())[:, None] * self.ahead

    def spread(self, count: int) -> Floats:
        """Return evenly spaced points along each line, from end to end (count, k, 2)."""
        share = np.linspace(0, 1, count)[:, None, None]
        return (1 - share) * self.ends[:, 0] + share * self.ends[:, 1]


def section(w: ArrayLike, kink: float, half: float, count: int) -> Section:
    """Return [−half, half]² in lines across w (2,): about ``count``, evenly spaced.

    Lines through the square's corners and on both sides of the ``kink``, a position along w, are included.
    """
    ahead = np.asarray(w, float) / np.linalg.norm(w)
    corners = half * (2 * CORNERS - 1) @ ahead
    most = float(corners.max())
    kinks = kink + 1e-4 * half * np.arange(-1, 2)
    places = np.concatenate([np.linspace(-most, most, count), corners, kinks[np.abs(kinks) < most]])
    found = [(place, chord(ahead, place, half * (1 + 1e-9))) for place in np.unique(places)]
    along, ends = zip(*((place, pair) for place, pair in found if pair is not None), strict=True)
    return Section(ahead, np.array(along), np.array(ends))


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
