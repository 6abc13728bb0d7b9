"""Rules that evaluate the gradient at another point, or return towards an earlier position."""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import mod, where
from lossland.expression.linear import norm
from lossland.expression.node import Value
from lossland.optimizers.look import Look
from lossland.optimizers.rule import Hyper, Optimizer, Step, decay, rate, setting


@dataclass(frozen=True)
class SAM(Optimizer):
    """Gradient descent on the gradient a little way uphill: it leaves sharp minima for flat ones."""

    title = "SAM"
    source = "Foret et al. (2020), Algorithm 1"
    family = "looks ahead"
    symbols: ClassVar = {"away": r"\tilde{g}"}

    lr: float = rate(1e-3)
    rho: float = setting(0.05, Hyper(r"\rho", 0.0, 2.0, log=False))

    Terms = namedtuple("Terms", "away step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        away = look.grad_at(look.position + self.rho * look.grad / (norm(look.grad) + 1e-12))
        return self.Terms(away, step=-self.lr * away)


@dataclass(frozen=True)
class Extragradient(Optimizer):
    """A step is tried, and taken with the gradient that was found at its end."""

    title = "Extragradient"
    source = "Korpelevich (1976)"
    family = "looks ahead"
    symbols: ClassVar = {"ahead": r"\tilde{g}"}

    lr: float = rate(1e-3)

    Terms = namedtuple("Terms", "ahead step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        ahead = look.grad_at(look.position - self.lr * look.grad)
        return self.Terms(ahead, step=-self.lr * ahead)


@dataclass(frozen=True)
class OptimisticDescent(Optimizer):
    """Gradient descent that expects the gradient to go on changing as it did on the last step; the first is plain."""

    title = "Optimistic descent"
    source = "Popov (1980); Daskalakis et al. (2017)"
    family = "looks ahead"
    symbols: ClassVar = {"before": "g'"}

    lr: float = rate(1e-3)

    Terms = namedtuple("Terms", "g before step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        before = where(t > 1, last.g, grad)
        return self.Terms(grad, before, step=-self.lr * (2 * grad - before))


@dataclass(frozen=True)
class Lookahead(Optimizer):
    """Momentum that every few steps goes back part of the way since the last time. Its velocity stays."""

    title = "Lookahead"
    source = "Zhang et al. (2019), Algorithm 1"
    family = "looks ahead"
    symbols: ClassVar = {"before": r"\phi'", "fast": r"\tilde{\theta}", "slow": r"\phi", "back": "k"}

    lr: float = rate(1e-3)
    momentum: float = decay(0.9, r"\mu")
    alpha: float = setting(0.5, Hyper(r"\alpha", 0.0, 1.0, log=False))
    every: float = setting(5.0, Hyper("k", 1.0, 50.0, log=True, low=1.0, whole=True))

    Terms = namedtuple("Terms", "v before fast slow step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.momentum * last.v + grad
        before = where(t > 1, last.slow, position)
        fast = position - self.lr * v
        back = mod(t, self.every) < 1
        slow = where(back, before + self.alpha * (fast - before), before)
        return self.Terms(v, before, fast, slow, step=where(back, slow, fast) - position)
