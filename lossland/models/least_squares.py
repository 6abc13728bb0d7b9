"""A loss of any number of weights whose derivatives are known exactly: half the mean squared error of a linear model.

f(w) = ‖Xw − y‖² / 2n, with gradient X^T (Xw − y) / n and Hessian X^T X / n, the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lossland.compute.philox import Purpose, particles, standard_normal
from lossland.models import datasets

Floats = NDArray[np.float64]


def draws(seed: int, rows: int, columns: int, purpose: Purpose = Purpose.DATA) -> Floats:
    """Return independent standard normal numbers (rows, columns)."""
    half = -(-columns // 2)
    pairs = standard_normal(seed, particles(np, 0, rows * half), 0, purpose)
    return np.stack(pairs, axis=-1).reshape(rows, 2 * half)[:, :columns]


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The loss of a linear model with weights w (d,) on samples ``inputs`` (n, d) and their ``targets`` (n,)."""

    inputs: Floats
    targets: Floats

    def value(self, weights: Floats) -> Floats:
        """Return f at weights (..., d)."""
        errors = weights @ self.inputs.T - self.targets
        return 0.5 * np.mean(errors**2, axis=-1)

    def gradient(self, weights: Floats) -> Floats:
        """Return the gradient (d,) at weights (d,)."""
        return self.inputs.T @ (self.inputs @ weights - self.targets) / len(self.targets)

    @cached_property
    def curvatures(self) -> Floats:
        """The second derivative (d,) along each weight: the diagonal of the Hessian."""
        return np.mean(self.inputs**2, axis=0)

    def curved(self, direction: Floats) -> Floats:
        """Return the Hessian times a direction (d,)."""
        return self.inputs.T @ (self.inputs @ direction) / len(self.targets)

    @cached_property
    def steepest_curvature(self) -> tuple[float, Floats]:
        """The largest eigenvalue of the Hessian, and its direction (d,) of length 1, with a positive largest entry."""
        samples, weights = self.inputs.shape
        if samples < weights:  # XX^T has the same eigenvalues as X^TX, and is smaller
            values, vectors = np.linalg.eigh(self.inputs @ self.inputs.T)
            direction = self.inputs.T @ vectors[:, -1]
            direction /= np.linalg.norm(direction)
        else:
            values, vectors = np.linalg.eigh(self.inputs.T @ self.inputs)
            direction = vectors[:, -1]
        largest = direction[np.abs(direction).argmax()]
        return float(values[-1] / samples), np.sign(largest) * direction

    def predicted(self, weights: Floats, index: int, nudge: float) -> float:
        """Return the change of f, to second order, when one weight changes by ε: g_iε + H_iiε² / 2."""
        return float(self.gradient(weights)[index] * nudge + 0.5 * self.curvatures[index] * nudge**2)

    def nudged(self, weights: Floats, index: int, nudge: float) -> float:
        """Return the actual change of f."""
        there = weights.copy()
        there[index] += nudge
        return float(self.value(there) - self.value(weights))

    def slice(self, weights: Floats, first: Floats, second: Floats, amounts: Floats) -> Floats:
        """Return f at w + a·first + b·second for all pairs of amounts: (m, m), a along the columns.

        f is quadratic, so five products with the Hessian are all that it takes.
        """
        a, b = amounts[None, :], amounts[:, None]
        slope = self.gradient(weights)
        bent, other = self.curved(first), self.curved(second)
        quadratic = 0.5 * (a**2 * (first @ bent) + b**2 * (second @ other)) + a * b * (first @ other)
        return self.value(weights) + a * (slope @ first) + b * (slope @ second) + quadratic

    def descent(self, start: Floats, rate: float, steps: int) -> Floats:
        """Return the weights (steps + 1, d) of gradient descent from a start (d,)."""
        path = [np.asarray(start, float)]
        for _ in range(steps):
            path.append(path[-1] - rate * self.gradient(path[-1]))
        return np.array(path)


def random_model(dimension: int, seed: int = 0, samples: int = 256) -> LeastSquares:
    """Return the loss of a linear model on random inputs, some of which vary more than others, with noisy targets."""
    scale = 0.35 + 1.3 * (np.arange(dimension) * 0.6180339887498949 % 1.0) ** 3
    inputs = draws(seed, samples, dimension) * scale
    wanted = draws(seed, 1, dimension, Purpose.WEIGHTS)[0]
    noise = 0.1 * draws(seed, 1, samples, Purpose.NOISE)[0]
    return LeastSquares(inputs, inputs @ wanted / np.sqrt(dimension) + noise)


def digit_model(digit: int) -> LeastSquares:
    """Return the loss of a linear classifier on the 1,797 digits: 1 for one digit, −1 for the others; 64 weights."""
    data = datasets.digits()
    return LeastSquares(data.points, np.where(data.target == digit, 1.0, -1.0))
