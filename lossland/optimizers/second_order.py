"""Second-order rules: Newton's method and approximations of its Hessian."""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import abs_, maximum, minimum, where
from lossland.expression.linear import diagonal, dot, identity_like, outer, solve, spectral, times
from lossland.expression.node import Value
from lossland.optimizers.line_search import backtracked
from lossland.optimizers.look import Look
from lossland.optimizers.rule import Hyper, Optimizer, Step, decay, rate, setting


@dataclass(frozen=True)
class DampedNewton(Optimizer):
    """To where the gradient would vanish if the curvature stayed as it is: a minimum, a saddle or a peak.

    The damping is added to all curvatures; a large one makes it gradient descent.
    """

    title = "Damped Newton"
    source = "Newton (1669); Levenberg (1944) for the damping"
    family = "second order"

    lr: float = rate(1.0, min=1e-2, max=2.0)
    damping: float = setting(1e-3, Hyper(r"\lambda", 1e-6, 1e3, log=True))

    Terms = namedtuple("Terms", "H step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        H = look.hessian_at(look.position)
        return self.Terms(H, step=-self.lr * solve(H + self.damping * identity_like(look.grad), look.grad))


@dataclass(frozen=True)
class SaddleFreeNewton(Optimizer):
    """Newton's method with the absolute value of each curvature: saddles and peaks repel it.

    In the plane the eigenvalues come in closed form.
    """

    title = "Saddle-free Newton"
    source = "Dauphin et al. (2014)"
    family = "second order"

    lr: float = rate(1.0, min=1e-2, max=2.0)
    damping: float = setting(1e-3, Hyper(r"\lambda", 1e-6, 1e3, log=True))

    Terms = namedtuple("Terms", "H step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        H = look.hessian_at(look.position)
        positive = spectral(abs_, H) + self.damping * identity_like(look.grad)
        return self.Terms(H, step=-self.lr * solve(positive, look.grad))


@dataclass(frozen=True)
class BFGS(Optimizer):
    """Newton's method on an inverse Hessian that is learnt from how gradients change.

    The rate is halved until the value falls as it should, at most to 1/128. A step along which the ground does not
    curve up teaches nothing, and a direction that is not downhill is replaced by the gradient's.
    """

    title = "BFGS"
    source = "Broyden, Fletcher, Goldfarb & Shanno (1970); Nocedal & Wright (2006), Algorithm 6.1"
    family = "second order"
    symbols: ClassVar = {"known": "H'", "rate": r"\alpha"}

    lr: float = rate(1.0, min=1e-2, max=2.0)

    Terms = namedtuple("Terms", "g s y rho gamma known z k H d rate step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        g, s = look.grad, last.step
        y = g - last.g
        learns = dot(s, y) > 1e-30  # less has no inverse in float32
        rho = where(learns, 1 / dot(s, y), 0.0)
        gamma = where(learns, dot(s, y) / dot(y, y), 1.0)  # their (6.20): the size of H before it learns
        known = where(t > 2, last.H, gamma * identity_like(g))
        z = times(known, y)
        k = rho * (1 + rho * dot(y, z))
        H = known + k * outer(s, s) - rho * (outer(z, s) + outer(s, z))
        d = where(dot(g, times(H, g)) > 0, -times(H, g), -g)
        rate = backtracked(look, d, dot(g, d), self.lr, 0.5, 1e-4)
        return self.Terms(g, s, y, rho, gamma, known, z, k, H, d, rate, step=rate * d)


@dataclass(frozen=True)
class Sophia(Optimizer):
    """Momentum divided by the average curvature in each coordinate, clipped where that is small or negative.

    The paper estimates the Hessian's diagonal by random vectors every ten steps; here it is exact and at every step.
    """

    title = "Sophia"
    source = "Liu et al. (2023), Algorithm 3"
    family = "second order"

    lr: float = rate(1e-3)
    beta1: float = decay(0.96, r"\beta_1")
    beta2: float = decay(0.99, r"\beta_2", max=0.9999)
    gamma: float = setting(0.01, Hyper(r"\gamma", 1e-3, 1.0, log=True))
    eps: float = setting(1e-12, Hyper(r"\epsilon", 1e-15, 1e-3, log=True))

    Terms = namedtuple("Terms", "m h step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * look.grad
        h = self.beta2 * last.h + (1 - self.beta2) * diagonal(look.hessian_at(look.position))
        clipped = minimum(maximum(m / maximum(self.gamma * h, self.eps), -1.0), 1.0)
        return self.Terms(m, h, step=-self.lr * clipped)
