"""Rules for matrix parameters, applied to a matrix of one row: x and y, or all coordinates."""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from functools import reduce

from lossland.expression import constant, maximum, sqrt
from lossland.expression.linear import dot, norm, outer, spectral, times
from lossland.expression.node import V, Value
from lossland.optimizers.look import Look
from lossland.optimizers.rule import Optimizer, Step, decay, epsilon, pull, rate

STRETCHED = reduce(lambda s, _: s * (3.4445 + s**2 * (-4.775 + s**2 * 2.0315)), range(5), 1.0)
"""What Muon's five Newton-Schulz iterations make of a singular value 1; they stop short of making all of them 1."""


@dataclass(frozen=True)
class Muon(Optimizer):
    """Momentum whose singular values are all made about 1.

    One row of numbers has a single singular value, its length: so every step has the same length, 0.70 of the
    rate, as it comes out of the five Newton-Schulz iterations. As torch.optim.Muon, which rounds them to bfloat16.
    """

    title = "Muon"
    source = "Jordan et al. (2024)"
    family = "matrix"

    lr: float = rate(1e-3)
    momentum: float = decay(0.95, r"\mu")
    weight_decay: float = pull(0.1)
    eps: float = epsilon(1e-7)

    Terms = namedtuple("Terms", "m u step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        m = self.momentum * last.m + (1 - self.momentum) * look.grad
        u = self.momentum * m + (1 - self.momentum) * look.grad
        along = constant(STRETCHED, r"\sigma") * u / maximum(norm(u), self.eps)
        return self.Terms(m, u, step=-self.lr * (along + self.weight_decay * look.position))


@dataclass(frozen=True)
class Shampoo(Optimizer):
    """Adagrad with a matrix for each side of the parameter in place of a scale for each number.

    For one row of n numbers the left one, L, is a number, and the right one, R, a matrix of n by n. Its eigenvalues are
    never below eps, where rounding would put them.
    """

    title = "Shampoo"
    source = "Gupta, Koren & Singer (2018), Algorithm 1"
    family = "matrix"

    lr: float = rate(1e-1)
    eps: float = epsilon(1e-6)

    Terms = namedtuple("Terms", "L R step")

    def initial(self) -> Step:
        return self.Terms(L=self.eps, R=self.eps, step=0.0)

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        L = last.L + dot(look.grad, look.grad)
        R = last.R + outer(look.grad, look.grad)
        scaled = times(spectral(lambda x: _inverse_fourth_root(maximum(x, self.eps)), R), look.grad)
        return self.Terms(L, R, step=-self.lr * _inverse_fourth_root(L) * scaled)


def _inverse_fourth_root(x: V) -> V:
    return 1 / sqrt(sqrt(x))
