"""Steps that are multiples of gradients: plain, noisy, with a memory of the way so far."""

# ruff: noqa: D102 (what the methods are for is said once, in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass

from lossland.expression.node import V, Value
from lossland.optimizers.rule import Hyper, Optimizer, Step, decay, rate, setting


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """A fixed share of the exact gradient, downhill."""

    title = "Gradient descent"
    source = "Cauchy (1847)"
    family = "gradient"

    lr: float = rate(1e-3)

    Terms = namedtuple("Terms", "step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        return self.Terms(step=-self.lr * grad)


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent on a noisy gradient, as if it came from a random batch of data.

    ``noise`` is the standard deviation of the Gaussian noise in each component of the gradient.
    """

    title = "SGD"
    source = "Robbins & Monro (1951)"
    family = "gradient"

    lr: float = rate(1e-3)
    noise: float = setting(0.0, Hyper(r"\sigma", 0.0, 100.0, log=False))

    Terms = namedtuple("Terms", "step")

    @property
    def stochastic(self) -> bool:
        return self.noise > 0

    def observe(self, grad: V, draw: V) -> V:
        return grad + self.noise * draw

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        return self.Terms(step=-self.lr * grad)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """A heavy ball: old gradients push on. As torch.optim.SGD(momentum=...), with the rate outside the sum."""

    title = "Momentum"
    source = "Polyak (1964)"
    family = "gradient"

    lr: float = rate(1e-3)
    momentum: float = decay(0.9, r"\mu")

    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.momentum * last.v + grad
        return self.Terms(v, step=-self.lr * v)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Momentum that looks ahead along its own velocity. As torch.optim.SGD(nesterov=True)."""

    title = "Nesterov"
    source = "Nesterov (1983), in the form of Sutskever et al. (2013)"
    family = "gradient"

    lr: float = rate(1e-3)
    momentum: float = decay(0.9, r"\mu")

    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.momentum * last.v + grad
        return self.Terms(v, step=-self.lr * (grad + self.momentum * v))
