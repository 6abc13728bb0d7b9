"""What layers of a network do to points: x ↦ φ(W x + b), seen in a plane or in space, and how areas change.

A layer of two inputs and one to three outputs is seen as it is, in the three axes of the world; what is missing is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.models import networks, subspaces

Floats = NDArray[np.float64]
TINY = 1e-20  # of a complex step, whose derivative has no rounding


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
    return np.asarray(networks.Activation(activation).forward({}, moved, networks.EVALUATION)[0]).imag / TINY


def outputs(weights: ArrayLike, bias: ArrayLike, activation: str, points: ArrayLike) -> Floats:
    """Return φ(W x + b) (n, m) of points (n, d), for weights (m, d) and a bias (m,)."""
    return bent(activation, np.asarray(points, float) @ np.asarray(weights, float).T + np.asarray(bias, float))


def area_factors(weights: ArrayLike, bias: ArrayLike, activation: str, points: ArrayLike) -> Floats:
    """Return by how much a layer of two inputs changes areas at points (n, 2): the Jacobian's determinant (n,).

    It is negative where the plane is turned over. With more or fewer outputs than two it is the square root of
    det JᵀJ, which has no sign; with one output, 0.
    """
    weights, points = np.asarray(weights, float), np.asarray(points, float)
    jacobian = slope(activation, points @ weights.T + np.asarray(bias, float))[..., None] * weights
    if len(weights) == 2:
        return np.linalg.det(jacobian)
    if len(weights) < 2:
        return np.zeros(len(points))
    return np.sqrt(np.maximum(np.linalg.det(np.swapaxes(jacobian, -1, -2) @ jacobian), 0.0))


def on_the_way(matrix: Floats, points: Floats, t: float) -> Floats:
    """Return points (..., 3) that a matrix (3, 3) has moved a share t of the way: by its turn and its stretch."""
    return points @ subspaces.on_path(matrix, t).T
