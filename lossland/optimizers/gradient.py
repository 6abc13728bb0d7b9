"""Steps that are multiples of gradients: plain, noisy, with momentum."""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import minimum, where
from lossland.expression.linear import dot, norm
from lossland.expression.node import Value
from lossland.optimizers.look import Look
from lossland.optimizers.rule import Hyper, Optimizer, Step, decay, epsilon, gradient_noise, pull, rate, setting


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """A fixed multiple of the exact gradient, downhill."""

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

    ``noise`` is the standard deviation of the Gaussian noise in each component of the gradient. `noisy` gives any other
    rule the same.
    """

    title = "SGD"
    source = "Robbins & Monro (1951)"
    family = "gradient"

    lr: float = rate(1e-3)
    noise: float = gradient_noise()

    Terms = namedtuple("Terms", "step")

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


@dataclass(frozen=True)
class SGDW(Optimizer):
    """Momentum that also pulls the position towards the origin, apart from the velocity."""

    title = "SGDW"
    source = "Loshchilov & Hutter (2017), Algorithm 1"
    family = "gradient"

    lr: float = rate(1e-3)
    momentum: float = decay(0.9, r"\mu")
    weight_decay: float = pull(1e-2)

    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.momentum * last.v + grad
        return self.Terms(v, step=-self.lr * (v + self.weight_decay * position))


@dataclass(frozen=True)
class ASGD(Optimizer):
    """Descent under a rate that falls in a set way, with a pull towards the origin.

    As torch.optim.ASGD, without the average of its positions, which does not affect the steps.
    """

    title = "ASGD"
    source = "Polyak & Juditsky (1992), in the form of Bottou (2010)"
    family = "gradient"
    symbols: ClassVar = {"rate": r"\eta'"}

    lr: float = rate(1e-2)
    lambd: float = setting(1e-4, Hyper(r"\lambda", 0.0, 1.0, log=False))
    alpha: float = setting(0.75, Hyper(r"\alpha", 0.0, 1.0, log=False))

    Terms = namedtuple("Terms", "rate step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        rate = self.lr / (1 + self.lambd * self.lr * (t - 1)) ** self.alpha
        return self.Terms(rate, step=-rate * (grad + self.lambd * position))


@dataclass(frozen=True)
class RestartedMomentum(Optimizer):
    """A heavy ball that stops and starts again as soon as it rolls uphill."""

    title = "Restarted momentum"
    source = "Polyak (1964), with the restarts of O'Donoghue & Candès (2015)"
    family = "gradient"
    symbols: ClassVar = {"kept": "k"}

    lr: float = rate(1e-3)
    momentum: float = decay(0.9, r"\mu")

    Terms = namedtuple("Terms", "kept v step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        kept = where(dot(look.grad, last.v) < 0, 0.0, self.momentum)
        v = kept * last.v + look.grad
        return self.Terms(kept, v, step=-self.lr * v)


@dataclass(frozen=True)
class AggMo(Optimizer):
    """The mean of three heavy balls, one without memory and two with a shorter and a longer one."""

    title = "AggMo"
    source = "Lucas et al. (2018)"
    family = "gradient"

    lr: float = rate(1e-3)
    momentum: float = decay(0.9, r"\mu_1")
    momentum2: float = decay(0.99, r"\mu_2")

    Terms = namedtuple("Terms", "v w step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.momentum * last.v + grad
        w = self.momentum2 * last.w + grad
        return self.Terms(v, w, step=-self.lr * (grad + v + w) / 3)


@dataclass(frozen=True)
class QHM(Optimizer):
    """Partly the gradient, partly its long average."""

    title = "QHM"
    source = "Ma & Yarats (2018), quasi-hyperbolic momentum"
    family = "gradient"

    lr: float = rate(1e-3)
    momentum: float = decay(0.999, r"\mu")
    nu: float = setting(0.7, Hyper(r"\nu", 0.0, 1.0, log=False))

    Terms = namedtuple("Terms", "m step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.momentum * last.m + (1 - self.momentum) * grad
        return self.Terms(m, step=-self.lr * ((1 - self.nu) * grad + self.nu * m))


@dataclass(frozen=True)
class NormalizedDescent(Optimizer):
    """Every step is as long as the rate, straight downhill."""

    title = "Normalized descent"
    source = "Nesterov (1984)"
    family = "gradient"

    lr: float = rate(1e-2)
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "n step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        n = norm(look.grad)
        return self.Terms(n, step=-self.lr * look.grad / (n + self.eps))


@dataclass(frozen=True)
class ClippedDescent(Optimizer):
    """Gradient descent on gradients of at most a given length. As torch.nn.utils.clip_grad_norm_ shortens them."""

    title = "Clipped descent"
    source = "Pascanu, Mikolov & Bengio (2013)"
    family = "gradient"
    symbols: ClassVar = {"clipped": r"\tilde{g}"}

    lr: float = rate(1e-2)
    longest: float = setting(1.0, Hyper("c", 1e-2, 100.0, log=True))

    Terms = namedtuple("Terms", "clipped step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        clipped = minimum(1.0, self.longest / (norm(look.grad) + 1e-6)) * look.grad
        return self.Terms(clipped, step=-self.lr * clipped)


@dataclass(frozen=True)
class LARS(Optimizer):
    """Momentum whose gradients are made as long as a small share of the position is."""

    title = "LARS"
    source = "You, Gitman & Ginsburg (2017)"
    family = "gradient"
    symbols: ClassVar = {"ratio": "r"}

    lr: float = rate(1e-3, max=1e3)
    momentum: float = decay(0.9, r"\mu")
    weight_decay: float = pull(0.0)
    trust: float = setting(1e-3, Hyper("c", 1e-4, 1.0, log=True))

    Terms = namedtuple("Terms", "ratio v step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        size = norm(look.position)
        other = norm(look.grad) + self.weight_decay * size
        ratio = where(minimum(size, other) > 0, self.trust * size / other, 1.0)
        v = self.momentum * last.v + ratio * (look.grad + self.weight_decay * look.position)
        return self.Terms(ratio, v, step=-self.lr * v)
