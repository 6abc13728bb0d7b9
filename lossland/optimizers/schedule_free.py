"""Averaging instead of schedules: the position is the mean of the positions of a second point.

Both rules evaluate the gradient between the two points, never at their position.
"""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import sqrt, where
from lossland.expression.node import Value
from lossland.optimizers.look import Look
from lossland.optimizers.rule import Optimizer, Step, decay, epsilon, pull, rate


@dataclass(frozen=True)
class ScheduleFreeSGD(Optimizer):
    """The mean of where gradient descent has been, whose gradients are taken close to that mean.

    All steps weigh the same, as they do in the authors' code while the rate stays the same.
    """

    title = "Schedule-free SGD"
    source = "Defazio et al. (2024)"
    family = "schedule-free"
    symbols: ClassVar = {"before": "z'"}

    lr: float = rate(1e-3, max=10.0)
    momentum: float = decay(0.9, r"\beta")

    Terms = namedtuple("Terms", "before y g z step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        before = where(t > 1, last.z, look.position)
        y = self.momentum * look.position + (1 - self.momentum) * before
        g = look.grad_at(y)
        z = before - self.lr * g
        return self.Terms(before, y, g, z, step=(z - look.position) / t)


@dataclass(frozen=True)
class ScheduleFreeAdamW(Optimizer):
    """The mean of where AdamW without momentum has been, whose gradients are taken close to that mean."""

    title = "Schedule-free AdamW"
    source = "Defazio et al. (2024), Algorithm 1"
    family = "schedule-free"
    symbols: ClassVar = {"before": "z'"}

    lr: float = rate(2.5e-3, max=10.0)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)
    weight_decay: float = pull(0.0)

    Terms = namedtuple("Terms", "before y g v v_hat z step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        before = where(t > 1, last.z, look.position)
        y = self.beta1 * look.position + (1 - self.beta1) * before
        g = look.grad_at(y)
        v = self.beta2 * last.v + (1 - self.beta2) * g**2
        v_hat = v / (1 - self.beta2**t)
        z = before - self.lr * (g / (sqrt(v_hat) + self.eps) + self.weight_decay * y)
        return self.Terms(before, y, g, v, v_hat, z, step=(z - look.position) / t)
