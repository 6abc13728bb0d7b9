"""Losses of models on data as problems for optimizers: a point is a model's parameters, so a swarm is a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lossland.expression import namespace
from lossland.landscapes.problems import Problem, names_of
from lossland.models.datasets import Data
from lossland.models.networks import Array, Network
from lossland.resources import folder

Floats = NDArray[np.float64]

AT_ONCE = 2**14 - 1
"""Numbers of a layer that NumPy computes at once. They stay in the cache; and from 256 kB on NumPy reuses temporary
arrays for results, with another memory order, so that sums would depend on the other networks of the batch."""
NEWTON_STEPS = 50
ROUNDING = 1e-14  # rounding error of a loss near 1 and its gradient


@dataclass(frozen=True, eq=False)
class TrainingLoss:
    """The mean loss of a network on data, plus half of ``decay`` times the sum of its parameters' squares.

    It evaluates many networks in one call, as an `Around` does. Each result is the same as alone.
    """

    network: Network
    data: Data
    decay: float = 0.0

    def values_at(self, columns: Sequence[Array]) -> Array:
        """Return the loss."""
        theta = self._taken(columns)
        xp, data = namespace(theta), self.data
        loss = [self.network.loss(theta[piece, :], data.points, data.target) for piece in self._pieces(theta)]
        return xp.reshape(xp.concat(loss) + 0.5 * self.decay * xp.sum(theta**2, axis=1), columns[0].shape)

    def slopes_at(self, columns: Sequence[Array]) -> list[Array]:
        """Return the loss, then its derivatives by each parameter."""
        theta = self._taken(columns)
        xp, data = namespace(theta), self.data
        pieces = self._pieces(theta)
        found = [self.network.value_grad(theta[piece, :], data.points, data.target) for piece in pieces]
        loss = xp.concat([loss for loss, _ in found]) + 0.5 * self.decay * xp.sum(theta**2, axis=1)
        grad = xp.concat([grad for _, grad in found]) + self.decay * theta
        return [xp.reshape(part, columns[0].shape) for part in (loss, *self._columns(grad))]

    def products_at(self, columns: Sequence[Array], direction: Sequence[Array]) -> list[Array]:
        """Return the components of the Hessian times a direction."""
        theta = self._taken(columns)
        along = self._taken([columns[0] * 0.0 + part for part in direction])  # which may be scalars
        xp, data = namespace(theta), self.data
        found = [
            self.network.hessian_times(theta[piece, :], along[piece, :], data.points, data.target)
            for piece in self._pieces(theta)
        ]
        return [xp.reshape(part, columns[0].shape) for part in self._columns(xp.concat(found) + self.decay * along)]

    @staticmethod
    def _taken(columns: Sequence[Array]) -> Array:
        """Return n columns (...) as parameters (P, n)."""
        xp = namespace(columns[0])
        return xp.stack([xp.reshape(column, (-1,)) for column in columns], axis=1)

    @staticmethod
    def _columns(rows: Array) -> list[Array]:
        return [rows[:, i] for i in range(rows.shape[1])]

    def _pieces(self, theta: Array) -> list[slice]:
        """Return slices of the networks that are evaluated together."""
        count = theta.shape[0]
        numbers = len(self.data) * self.network.widest
        size = max(1, AT_ONCE // numbers) if namespace(theta) is np else count
        return [slice(first, min(first + size, count)) for first in range(0, max(count, 1), size)]


def task(name: str, title: str, loss: TrainingLoss, best: Sequence[float] | Floats, source: str = "") -> Problem:
    """Return a training loss as a problem, where ``best`` (n,) are the best known parameters.

    The domain, from which starts are drawn uniformly, is PyTorch's initialization of linear layers: each weight and
    bias within ±1/√k, where k is the number of inputs of its layer.
    """
    fan_in, reach = 1, []
    for p in loss.network.parameters:
        fan_in = math.prod(p.shape[1:]) if len(p.shape) > 1 else fan_in  # a layer's bias follows its weight
        reach += [1 / math.sqrt(fan_in)] * (p.stop - p.start)
    domain = tuple((-limit, limit) for limit in reach)
    lowest = float(loss.values_at([np.array([x]) for x in best])[0])
    return Problem(name, title, loss, names_of(len(reach)), domain, (tuple(map(float, best)),), lowest, source)


def best_known(name: str) -> Floats:
    """Return the parameters (n,) of the lowest loss that ``tools/tasks.py`` found for a task."""
    with np.load(folder("data") / "tasks.npz") as file:
        return file[name]


def convex_minimum(loss: TrainingLoss) -> Floats:
    """Return the minimum (n,) of a convex loss, by Newton's method from 0 with step halving, to rounding error."""
    size = loss.network.size
    place, unit = np.zeros(size), np.eye(size)
    for _ in range(NEWTON_STEPS):
        value, *slopes = loss.slopes_at(list(place[:, None]))
        gradient = np.concatenate(slopes)
        if np.abs(gradient).max() <= ROUNDING:
            break
        hessian = np.stack(loss.products_at([np.full(size, x) for x in place], list(unit)), axis=1)
        step = np.linalg.solve((hessian + hessian.T) / 2, gradient)
        while loss.values_at(list((place - step)[:, None])) > value + ROUNDING:
            step = step / 2
        place = place - step
    return place
