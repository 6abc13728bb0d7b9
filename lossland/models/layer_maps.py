"""What layers of a network do to points: x ↦ φ(W x + b), shown in a plane or in space, and how areas change.

A layer of two inputs and one to three outputs is shown in the three axes of the world; missing coordinates are 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.models import networks, principal, subspaces

Floats = NDArray[np.float64]
TINY = 1e-20  # of a complex step, whose derivative has no rounding error


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


def in_space(points: ArrayLike) -> Floats:
    """Return points (..., d) with up to three coordinates as points (..., 3) of space."""
    points = np.asarray(points, float)
    return np.concatenate([points, np.zeros((*points.shape[:-1], 3 - points.shape[-1]))], axis=-1)


def square_of(weights: ArrayLike) -> Floats:
    """Return weights (m, n), both up to 3, as a matrix (3, 3) of space."""
    weights = np.asarray(weights, float)
    whole = np.zeros((3, 3))
    whole[: weights.shape[0], : weights.shape[1]] = weights
    return whole


def bent(activation: str, z: ArrayLike) -> Floats:
    """Return φ(z) of numbers of any shape."""
    return np.asarray(networks.Activation(activation).forward({}, np.asarray(z, float), networks.EVALUATION)[0], float)


def slope(activation: str, z: ArrayLike) -> Floats:
    """Return φ'(z), exact: by a complex step (Squire and Trapp 1998)."""
    moved = np.asarray(z, float) + 1j * TINY
    return np.imag(networks.Activation(activation).forward({}, moved, networks.EVALUATION)[0]) / TINY


def outputs(weights: ArrayLike, bias: ArrayLike, activation: str, points: ArrayLike) -> Floats:
    """Return φ(W x + b) (n, m) of points (n, d), for weights (m, d) and a bias (m,)."""
    return bent(activation, np.asarray(points, float) @ np.asarray(weights, float).T + np.asarray(bias, float))


def area_factors(weights: ArrayLike, bias: ArrayLike, activation: str, points: ArrayLike) -> Floats:
    """Return the factor by which a layer of two inputs scales areas at points (n, 2): det of the Jacobian (n,).

    It is negative where orientation is reversed. With more or fewer outputs than two it is the square root of
    det(J^T J), which has no sign; with one output, 0.
    """
    weights, points = np.asarray(weights, float), np.asarray(points, float)
    jacobian = slope(activation, points @ weights.T + np.asarray(bias, float))[..., None] * weights
    if len(weights) == 2:
        return np.linalg.det(jacobian)
    if len(weights) < 2:
        return np.zeros(len(points))
    return np.sqrt(np.maximum(np.linalg.det(np.swapaxes(jacobian, -1, -2) @ jacobian), 0.0))


def on_the_way(matrix: Floats, points: Floats, t: float) -> Floats:
    """Return points (..., 3) that a matrix (3, 3) has moved a share t of the way, along its polar path."""
    return points @ subspaces.on_path(matrix, t).T


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of two inputs and one to three outputs, φ(W x + b): ``weights`` (m, 2), ``bias`` (m,)."""

    weights: Floats
    bias: Floats
    activation: str

    @property
    def matrix(self) -> Floats:
        """W as a matrix (3, 3) of space."""
        return square_of(self.weights)

    @property
    def shift(self) -> Floats:
        """b in space (3,)."""
        return in_space(self.bias)

    @property
    def determinant(self) -> float:
        """The factor by which W alone changes areas; unsigned for three outputs."""
        if len(self.weights) == 2:
            return float(np.linalg.det(self.weights))
        return float(np.sqrt(abs(np.linalg.det(self.weights.T @ self.weights))))

    def outputs(self, points: ArrayLike) -> Floats:
        """Return the outputs (n, m) for points (n, 2)."""
        return outputs(self.weights, self.bias, self.activation, points)

    def area_factors(self, points: ArrayLike) -> Floats:
        """Return the factors by which it changes areas at points (n, 2)."""
        return area_factors(self.weights, self.bias, self.activation, points)

    def stages(self, points: Floats) -> list[Floats]:
        """Return points (..., 2) in space (..., 3) before the layer, after W, after b and after φ."""
        flat = points @ self.weights.T
        z = flat + self.bias
        return [in_space(one) for one in (points, flat, z, bent(self.activation, z))]

    def at(self, points: Floats, turned: float, shifted: float, bend: float) -> Floats:
        """Return points (..., 2) in space (..., 3), interpolated by the completed shares of W, then b, then φ."""
        start, flat, z, end = self.stages(points)
        if turned < 1.0:
            return on_the_way(self.matrix, start, turned)
        return flat + shifted * (z - flat) if bend == 0.0 else z + bend * (end - z)

    def creases(self, middle: ArrayLike, half: float, count: int = 65) -> list[Floats]:
        """Return the points (count, 2) of a neuron's line z = 0, in a square of the inputs around a centre (2,)."""
        middle, share = np.asarray(middle, float), np.linspace(0, 1, count)[:, None]
        found = []
        for w, b in zip(self.weights, self.bias, strict=True):
            length = float(np.linalg.norm(w))
            ends = chord(w, -(b + w @ middle) / length, half) if length > 1e-9 else None
            if ends is not None:
                found.append(middle + (1 - share) * ends[0] + share * ends[1])
        return found


def piled(values: Floats, positive: NDArray[np.bool_], width: float, least: int) -> Floats:
    """Return where samples stand above a line (n,), in [-1, 1]: stacked like `piles`, each class on its own side.

    The highest pile reaches 1 or -1, or less where it has fewer than ``least`` samples.
    """
    pile = 1.0 + piles(values + 10 * positive, width)  # 10 away, so that the classes have piles of their own
    return np.where(positive, pile, -pile) / max(pile.max(), least)


def piles(values: Floats, width: float) -> Floats:
    """Return heights 0, 1, 2 ... (n,) that stack values of the same bin of a width, as in a dot plot."""
    cell = np.floor(values / width)
    order = np.argsort(cell, kind="stable")
    height = np.empty(len(values))
    height[order] = np.arange(len(values)) - np.searchsorted(cell[order], cell[order])
    return height


# ------------------------------------------------------------------------------------------- wide layers, in space


@dataclass(frozen=True, eq=False)
class Frame:
    """Three axes in which the activations of a layer are shown: columns of ``basis`` (d, 3), around ``middle`` (d,)."""

    basis: Floats
    middle: Floats

    def shown(self, points: ArrayLike) -> Floats:
        """Return points (..., d) in these axes (..., 3)."""
        return (np.asarray(points, float) - self.middle) @ self.basis


def aligned(points: Floats, other: Floats) -> Floats:
    """Return the orthogonal matrix Q (3, 3) that brings points (n, 3) Q nearest to others: orthogonal Procrustes.

    Source: Schönemann (1966).
    """
    left, _, right = np.linalg.svd((points - points.mean(axis=0)).T @ (other - other.mean(axis=0)))
    return left @ right


def frames(activations: Sequence[Floats]) -> list[Frame]:
    """Return a frame for each layer's activations (n, d) of some samples, in the order of the layers.

    Up to three activations are shown as they are. More of them are shown along the three principal axes, aligned to
    where the samples were one layer before.
    """
    found: list[Frame] = []
    before: Floats | None = None
    for points in activations:
        width = points.shape[1]
        frame = Frame(np.eye(width, 3), np.zeros(width))
        if width > 3:
            axes = principal.principal(points)
            frame = Frame(axes.components[:3].T, axes.mean)
            if before is not None:
                frame = Frame(frame.basis @ aligned(frame.shown(points), before), axes.mean)
        before = frame.shown(points)
        found.append(frame)
    return found


def mosaic(pictures: Floats, columns: int) -> Floats:
    """Return pictures (n, h, w) as one mosaic, row by row, with a line of zeros between them."""
    count, high, wide = pictures.shape
    columns = min(count, columns)
    found = np.zeros((-(-count // columns) * (high + 1) - 1, columns * (wide + 1) - 1))
    for k, one in enumerate(pictures):
        row, column = (k // columns) * (high + 1), (k % columns) * (wide + 1)
        found[row : row + high, column : column + wide] = one
    return found


@dataclass(frozen=True, eq=False)
class Passage:
    """The path of points through one layer, as it is shown: from ``start`` by W and b to ``turned``, by φ to ``end``.

    All are (..., 3). The motion to ``turned`` is the affine map ``matrix`` (3, 3) and ``shift`` (3,) that fits best;
    between frames of wide layers the residual ``rest`` is interpolated linearly.
    """

    start: Floats
    turned: Floats
    end: Floats
    matrix: Floats
    shift: Floats
    rest: Floats

    @property
    def stages(self) -> tuple[Floats, Floats, Floats]:
        """The points before the layer, between W and φ, and after it."""
        return self.start, self.turned, self.end

    def at(self, share: float) -> Floats:
        """Return the points a share of the way from start to turned."""
        return on_the_way(self.matrix, self.start, share) + share * (self.shift + self.rest)


def passage(start: Floats, turned: Floats, end: Floats) -> Passage:
    """Return the path of points (..., 3) through a layer: where they are before it, between W and φ, and after it."""
    flat, aim = start.reshape(-1, 3), turned.reshape(-1, 3)
    inputs = np.column_stack([flat, np.ones(len(flat))])
    solved = np.asarray(np.linalg.lstsq(inputs, aim, rcond=1e-9)[0], float)
    matrix, shift = solved[:3].T, solved[3]
    return Passage(start, turned, end, matrix, shift, turned - (start @ matrix.T + shift))


def passages(network: networks.Network, theta: Floats, points: Floats, seen: Sequence[Frame]) -> list[Passage]:
    """Return the paths of points (..., d) through the hidden layers of a perceptron with parameters (n,)."""
    shape, found = points.shape[:-1], [points]
    found += [one.reshape(*shape, -1) for one in network.activations(theta, points.reshape(-1, points.shape[-1]))]
    return [
        passage(seen[k].shown(found[2 * k]), seen[k + 1].shown(found[2 * k + 1]), seen[k + 1].shown(found[2 * k + 2]))
        for k in range(len(seen) - 1)
    ]
