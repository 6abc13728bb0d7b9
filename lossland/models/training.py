"""Training networks: any optimizer of the project on many networks at once, each with its own rate and start.

A rule that works on each coordinate by itself works on flat parameter vectors unchanged. One that looks around may use
values, gradients and Hessian products anywhere, on the same batch as its step. Those that need a whole Hessian or
remember a matrix (Newton's method, BFGS, Sophia, Shampoo) are refused with a UserError: a network has too many
parameters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

from lossland.compute.philox import Purpose, particles, standard_normal, uniform
from lossland.compute.pieces import Pieces, finished
from lossland.display import Displayed
from lossland.errors import UserError
from lossland.expression import namespace
from lossland.models.networks import MOMENTUM, Array, Linear, Mode, Network, initial
from lossland.optimizers import AnyOptimizer, Optimizer, Step, by_coordinate, memory
from lossland.optimizers import optimizer as as_optimizer
from lossland.optimizers.look import Look, trace


@dataclass(frozen=True, eq=False, repr=False)
class Training(Displayed):
    """Snapshots of a training: after ``steps`` (K,) steps the parameters ``path`` (K, P, n).

    ``loss`` (K, P) is that over the whole data, in evaluation; ``statistics`` (K, P, m) are the running ones.
    """

    steps: Array
    path: Array
    loss: Array
    statistics: Array

    @property
    def end(self) -> Array:
        """The parameters after the last step (P, n)."""
        return self.path[-1, :, :]


class Trainer:
    """Networks in training: `advance` trains all of them further.

    ``optimizers`` are one for all networks, or one each, of one class. Batches of ``batch`` samples (all, if None) come
    in an order that follows from the seed, epoch by epoch, the same for all networks; the last of an epoch may be
    smaller. A loss that is not finite does not stop the others.
    """

    def __init__(
        self,
        network: Network,
        points: ArrayLike | Array,
        target: ArrayLike | Array,
        optimizers: AnyOptimizer | Sequence[AnyOptimizer] = "adam",
        start: Array | None = None,
        batch: int | None = None,
        seed: int = 0,
    ) -> None:
        theta = initial(network, seed, 1) if start is None else start
        xp = namespace(theta)
        theta = theta if theta.ndim == 2 else theta[None, :]
        if isinstance(optimizers, Sequence) and not isinstance(optimizers, str):
            rules = [as_optimizer(rule) for rule in optimizers]
        else:
            rules = [as_optimizer(optimizers)]
        if len(rules) > 1 and theta.shape[0] == 1:
            theta = xp.broadcast_to(theta, (len(rules), theta.shape[1]))
        if len(rules) not in (1, theta.shape[0]):
            raise UserError(f"There are {len(rules)} optimizers for {theta.shape[0]} networks; give one, or one each.")
        self.network, self.seed, self.t = network, seed, 0
        self.rule, self._kind = _side_by_side(xp, rules, theta.dtype), type(rules[0])
        if not trains(self._kind):
            raise UserError(
                f"{self._kind.title} needs whole matrices of all pairs of parameters and cannot train networks; choose "
                "a rule such as adam."
            )
        self.points, self.target = xp.asarray(points), xp.asarray(target)
        count = self.points.shape[0]
        self.batch = min(batch or count, count)
        self._order: tuple[int, Array] | None = None  # of the samples (N,) in an epoch, and that epoch
        self._position = xp.permute_dims(theta, (1, 0))  # (n, P): a rule's settings (P,) broadcast with its last axis
        first = network.first_statistics(xp, theta.dtype)
        self.statistics = xp.broadcast_to(first, (theta.shape[0], *first.shape))
        self._last = _before(self.rule, self._position)

    @property
    def theta(self) -> Array:
        """The current parameters (P, n)."""
        return namespace(self._position).permute_dims(self._position, (1, 0))

    @np.errstate(all="ignore")
    def loss(self) -> Array:
        """Return the loss (P,) over all the data, in evaluation."""
        return self.network.loss(self.theta, self.points, self.target, statistics=self.statistics)

    @np.errstate(all="ignore")
    def advance(self, steps: int = 1) -> None:
        """Take some more steps."""
        xp, separate, remembered = namespace(self._position), by_coordinate(self._kind), memory(self._kind)
        for t in range(self.t + 1, self.t + steps + 1):
            points, target = self._batch(xp, t)
            mode = Mode(training=True, seed=self.seed, step=t)
            around = _Around(self.network, points, target, mode, self._position)
            grad = around.grad
            if self.rule.stochastic:
                grad = self.rule.observe(grad, self._noise(xp, t, grad))
                around.grad = grad
            if separate:
                self._last = self.rule.update(grad, self._last, t, self._position)
            else:
                self._last = self.rule.decide(around, self._last, t)
            self._position = self._position + self._last.step
            self.statistics = MOMENTUM * around.seen + (1 - MOMENTUM) * self.statistics
            self._last = self._last._replace(**{name: None for name in self._last._fields if name not in remembered})
            self.t = t

    def _batch(self, xp: ModuleType, t: int) -> tuple[Array, Array]:
        """Return the samples of step t."""
        count = self.points.shape[0]
        if self.batch == count:
            return self.points, self.target
        epoch, index = divmod(t - 1, math.ceil(count / self.batch))
        if self._order is None or self._order[0] != epoch:
            order = xp.argsort(uniform(self.seed, particles(xp, 0, count), epoch, Purpose.ORDER)[0])
            self._order = epoch, order
        chosen = self._order[1][index * self.batch : (index + 1) * self.batch]
        return xp.take(self.points, chosen, axis=0), xp.take(self.target, chosen, axis=0)

    def _noise(self, xp: ModuleType, t: int, grad: Array) -> Array:
        numbers = xp.reshape(particles(xp, 0, grad.shape[0] * grad.shape[1]), grad.shape)
        return xp.astype(standard_normal(self.seed, numbers, t)[0], grad.dtype)


class _Around(Look):
    """A rule's access to several networks at once: positions and gradients are (n, P), values (P,)."""

    def __init__(self, network: Network, points: Array, target: Array, mode: Mode, position: Array) -> None:
        self._network, self._data = network, (points, target, mode)
        self.position = position
        _, grad, seen = network.value_grad_seen(self._flat(position), points, target, mode)
        self.grad, self.seen = self._flat(grad), seen

    @staticmethod
    def _flat(position: Array) -> Array:
        return namespace(position).permute_dims(position, (1, 0))

    def value_at(self, position: Array) -> Array:
        """Return the losses (P,) of other parameters."""
        return self._network.loss(self._flat(position), *self._data)

    def grad_at(self, position: Array) -> Array:
        """Return the gradients (n, P) of other parameters."""
        return self._flat(self._network.value_grad(self._flat(position), *self._data)[1])

    def curvature_along(self, position: Array, direction: Array) -> Array:
        """Return the Hessians at other parameters times vectors (n, P)."""
        return self._flat(self._network.hessian_times(self._flat(position), self._flat(direction), *self._data))

    def hessian_at(self, position: Array) -> Array:
        """Refuse: the Hessian of a network is too large."""
        raise UserError("A rule that wants the whole Hessian cannot train networks.")


@cache
def trains(kind: type[Optimizer]) -> bool:
    """Return whether a rule can train networks: it neither remembers a matrix nor asks for a whole Hessian.

    Hessian products (``curvature_along``) are allowed. The rule is tried on a network of two parameters.
    """
    if any(rank > 1 for rank in trace(kind).remembered.values()):
        return False
    position, one = np.ones((2, 1)), np.ones((1, 1))
    around = _Around(Network((Linear(1, 1),), 1, "mse"), one, one[0], Mode(), position)
    try:
        with np.errstate(all="ignore"):
            kind().decide(around, _before(kind(), position), 1)
    except UserError:
        return False
    return True


def _before(rule: Optimizer, position: Array) -> Step:
    """Return a rule's terms before its first step; those it remembers are arrays like the position (n, P), or (P,)."""
    xp, kind = namespace(position), type(rule)
    before, whole = rule.initial(), by_coordinate(kind)
    remembered = {
        name: xp.zeros(position.shape if rank or whole else position.shape[1:], dtype=position.dtype)
        + getattr(before, name)
        for name, rank in trace(kind).remembered.items()
    }
    return before._replace(**remembered)


def _side_by_side(xp: ModuleType, rules: Sequence[Optimizer], dtype: object) -> Optimizer:
    """Return rules of one class as a single one, each of whose settings is a number or, where they differ, (P,)."""
    kind = type(rules[0])
    if any(type(rule) is not kind for rule in rules):
        raise UserError("Networks trained side by side have optimizers of one class; only the settings may differ.")
    if len(rules) == 1:
        return rules[0]
    merged = object.__new__(kind)
    for item in fields(kind):
        values = [getattr(rule, item.name) for rule in rules]
        object.__setattr__(merged, item.name, values[0] if len(set(values)) == 1 else xp.asarray(values, dtype=dtype))
    return merged


def train(
    network: Network,
    points: ArrayLike | Array,
    target: ArrayLike | Array,
    optimizer: AnyOptimizer | Sequence[AnyOptimizer] = "adam",
    steps: int = 500,
    start: Array | None = None,
    batch: int | None = None,
    seed: int = 0,
    every: int | None = None,
) -> Training:
    """Train networks and keep snapshots before the first step, after every ``every`` steps, and at the end.

    ``start`` are parameters (n,) or (P, n), by default one network's initial ones; by default ``every`` gives about
    fifty snapshots. See `Trainer` for the rest.
    """
    return finished(trained(Trainer(network, points, target, optimizer, start, batch, seed), steps, every))


def trained(trainer: Trainer, steps: int, every: int | None = None) -> Pieces[Training]:
    """Return what `train` does, in pieces."""
    every = every or max(1, round(steps / 50))
    moments, path, loss, statistics = [0], [trainer.theta], [trainer.loss()], [trainer.statistics]
    while trainer.t < steps:
        trainer.advance(min(every, steps - trainer.t))
        moments.append(trainer.t)
        path.append(trainer.theta)
        loss.append(trainer.loss())
        statistics.append(trainer.statistics)
        yield trainer.t / steps
    xp = namespace(trainer.theta)
    return Training(xp.asarray(moments), xp.stack(path), xp.stack(loss), xp.stack(statistics))
