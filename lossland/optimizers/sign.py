"""Rules that use only the sign of the gradient."""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import maximum, minimum, sign, where
from lossland.expression.linear import mean
from lossland.expression.node import Value
from lossland.optimizers.look import Look
from lossland.optimizers.rule import Hyper, Optimizer, Step, decay, pull, rate, setting


@dataclass(frozen=True)
class Lion(Optimizer):
    """Only the sign of a short momentum: every step has the same length in every coordinate."""

    title = "Lion"
    source = "Chen et al. (2023), Algorithm 2"
    family = "sign"

    lr: float = rate(1e-4)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.99, r"\beta_2", max=0.9999)
    weight_decay: float = pull(0.0)

    Terms = namedtuple("Terms", "c m step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        c = self.beta1 * last.m + (1 - self.beta1) * grad
        m = self.beta2 * last.m + (1 - self.beta2) * grad
        return self.Terms(c, m, step=-self.lr * (sign(c) + self.weight_decay * position))


@dataclass(frozen=True)
class Rprop(Optimizer):
    """A step size for each coordinate: longer while the gradient keeps its sign, shorter when it turns.

    As torch.optim.Rprop: after a turn the coordinate rests for one step.
    """

    title = "Rprop"
    source = "Riedmiller & Braun (1993)"
    family = "sign"
    symbols: ClassVar = {"turn": "s", "tried": r"\Delta'", "size": r"\Delta", "g_kept": r"\tilde{g}"}

    lr: float = rate(1e-2)
    eta_minus: float = setting(0.5, Hyper(r"\eta^-", 0.1, 0.99, log=False, below=1.0))
    eta_plus: float = setting(1.2, Hyper(r"\eta^+", 1.0, 2.0, log=False, low=1.0))
    size_min: float = setting(1e-6, Hyper(r"\Delta_{\min}", 1e-9, 1e-1, log=True))
    size_max: float = setting(50.0, Hyper(r"\Delta_{\max}", 1e-2, 100.0, log=True))

    Terms = namedtuple("Terms", "turn tried size g_kept step")

    def initial(self) -> Step:
        return self.Terms(0.0, 0.0, size=self.lr, g_kept=0.0, step=0.0)

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        turn = sign(grad * last.g_kept)  # 1: as before, -1: turned, 0: at rest or at the start
        shorter = where(turn < 0, self.eta_minus * last.size, last.size)
        tried = where(turn > 0, self.eta_plus * last.size, shorter)
        size = minimum(maximum(tried, self.size_min), self.size_max)
        g_kept = where(turn < 0, 0.0, grad)
        return self.Terms(turn, tried, size, g_kept, step=-size * sign(g_kept))


@dataclass(frozen=True)
class SignSGD(Optimizer):
    """Only the sign of the gradient: every step has the same length in every coordinate."""

    title = "SignSGD"
    source = "Bernstein et al. (2018), Algorithm 1"
    family = "sign"

    lr: float = rate(1e-3)

    Terms = namedtuple("Terms", "step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        return self.Terms(step=-self.lr * sign(grad))


@dataclass(frozen=True)
class Signum(Optimizer):
    """The sign of an average of gradients."""

    title = "Signum"
    source = "Bernstein et al. (2018), Algorithm 2"
    family = "sign"

    lr: float = rate(1e-3)
    momentum: float = decay(0.9, r"\mu")

    Terms = namedtuple("Terms", "m step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.momentum * last.m + (1 - self.momentum) * grad
        return self.Terms(m, step=-self.lr * sign(m))


@dataclass(frozen=True)
class CautiousLion(Optimizer):
    """Lion that moves no coordinate against its present gradient, and the others the farther."""

    title = "Cautious Lion"
    source = "Liang et al. (2024), Algorithm 2"
    family = "sign"
    symbols: ClassVar = {"mask": r"\phi"}

    lr: float = rate(1e-4)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.99, r"\beta_2", max=0.9999)
    weight_decay: float = pull(0.0)

    Terms = namedtuple("Terms", "c m mask step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        c = self.beta1 * last.m + (1 - self.beta1) * look.grad
        m = self.beta2 * last.m + (1 - self.beta2) * look.grad
        mask = where(c * look.grad > 0, 1.0, 0.0)
        move = mask * sign(c) / maximum(mean(mask), 1e-3)
        return self.Terms(c, m, mask, step=-self.lr * (move + self.weight_decay * look.position))
