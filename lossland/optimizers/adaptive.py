"""Steps that are divided by the size of recent gradients: Adagrad, Adam and what grew from them."""

# ruff: noqa: D102 (what the methods are for is said once, in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import abs_, maximum, sign, sqrt, where
from lossland.expression.node import Value
from lossland.optimizers.rule import Hyper, Optimizer, Step, decay, epsilon, pull, rate, setting


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Steps shrink in coordinates that have seen large gradients, for good."""

    title = "Adagrad"
    source = "Duchi, Hazan & Singer (2011)"
    family = "adaptive"

    lr: float = rate(1e-2)
    eps: float = epsilon(1e-10)

    Terms = namedtuple("Terms", "G step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        G = last.G + grad**2
        return self.Terms(G, step=-self.lr * grad / (sqrt(G) + self.eps))


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """The gradient divided by its recent root mean square."""

    title = "RMSprop"
    source = "Tieleman & Hinton (2012), Coursera lecture 6e"
    family = "adaptive"

    lr: float = rate(1e-2)
    alpha: float = decay(0.99, r"\alpha")
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.alpha * last.v + (1 - self.alpha) * grad**2
        return self.Terms(v, step=-self.lr * grad / (sqrt(v) + self.eps))


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """The gradient rescaled to the units of the position: by the size of recent moves over that of gradients."""

    title = "Adadelta"
    source = "Zeiler (2012)"
    family = "adaptive"
    symbols: ClassVar = {"delta": r"\Delta"}

    lr: float = rate(1.0, min=1e-2, max=100.0)
    rho: float = decay(0.9, r"\rho")
    eps: float = epsilon(1e-6)

    Terms = namedtuple("Terms", "v delta u step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.rho * last.v + (1 - self.rho) * grad**2
        delta = grad * sqrt(last.u + self.eps) / sqrt(v + self.eps)
        u = self.rho * last.u + (1 - self.rho) * delta**2
        return self.Terms(v, delta, u, step=-self.lr * delta)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Momentum scaled by the size of recent gradients, both corrected for starting at zero."""

    title = "Adam"
    source = "Kingma & Ba (2014), Algorithm 1"
    family = "adaptive"

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "m v m_hat v_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        v = self.beta2 * last.v + (1 - self.beta2) * grad**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return self.Terms(m, v, m_hat, v_hat, step=-self.lr * m_hat / (sqrt(v_hat) + self.eps))


@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam that also pulls the position towards the origin, past the scaling of gradients."""

    title = "AdamW"
    source = "Loshchilov & Hutter (2017), Algorithm 2"
    family = "adaptive"

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)
    weight_decay: float = pull(1e-2)

    Terms = namedtuple("Terms", "m v m_hat v_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        v = self.beta2 * last.v + (1 - self.beta2) * grad**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        step = -self.lr * (m_hat / (sqrt(v_hat) + self.eps) + self.weight_decay * position)
        return self.Terms(m, v, m_hat, v_hat, step)


@dataclass(frozen=True)
class AMSGrad(Optimizer):
    """Adam whose scale never grows back: it divides by the largest average so far.

    As torch.optim.Adam(amsgrad=True), which corrects the largest average for the start; the paper corrects nothing.
    """

    title = "AMSGrad"
    source = "Reddi, Kale & Kumar (2018), Algorithm 2"
    family = "adaptive"
    symbols: ClassVar = {"v_max": r"u"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "m v v_max m_hat v_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        v = self.beta2 * last.v + (1 - self.beta2) * grad**2
        v_max = maximum(last.v_max, v)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v_max / (1 - self.beta2**t)
        return self.Terms(m, v, v_max, m_hat, v_hat, step=-self.lr * m_hat / (sqrt(v_hat) + self.eps))


@dataclass(frozen=True)
class NAdam(Optimizer):
    """Adam with Nesterov's look ahead, under a momentum mu that warms up."""

    title = "NAdam"
    source = "Dozat (2016)"
    family = "adaptive"
    symbols: ClassVar = {"mu": r"\mu", "mu_next": r"\mu'", "mu_product": r"\Pi"}

    lr: float = rate(2e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)
    momentum_decay: float = setting(4e-3, Hyper(r"\psi", 0.0, 0.1, log=False))

    Terms = namedtuple("Terms", "m v mu mu_next mu_product m_hat v_hat step")

    def initial(self) -> Step:
        return self.Terms(0.0, 0.0, 0.0, 0.0, mu_product=1.0, m_hat=0.0, v_hat=0.0, step=0.0)

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        v = self.beta2 * last.v + (1 - self.beta2) * grad**2
        mu = self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))
        mu_next = self.beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * self.momentum_decay))
        mu_product = last.mu_product * mu
        m_hat = mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * grad / (1 - mu_product)
        v_hat = v / (1 - self.beta2**t)
        step = -self.lr * m_hat / (sqrt(v_hat) + self.eps)
        return self.Terms(m, v, mu, mu_next, mu_product, m_hat, v_hat, step)


@dataclass(frozen=True)
class RAdam(Optimizer):
    """Adam that scales only once enough gradients have been seen to trust their size (rho above 5).

    As torch.optim.RAdam: the paper has 4 for the 5 and no eps. r is nan as long as it is not defined, nor used.
    """

    title = "RAdam"
    source = "Liu et al. (2019), Algorithm 2"
    family = "adaptive"
    symbols: ClassVar = {"rho": r"\rho", "rho_end": r"\rho_\infty", "scale": "s"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = setting(0.999, Hyper(r"\beta_2", 0.7, 0.9999, log=False, low=0.7, below=1.0))
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "m v m_hat rho_end rho r scale step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        v = self.beta2 * last.v + (1 - self.beta2) * grad**2
        m_hat = m / (1 - self.beta1**t)
        rho_end = 2 / (1 - self.beta2) - 1
        rho = rho_end - 2 * t * self.beta2**t / (1 - self.beta2**t)
        r = sqrt((rho - 4) * (rho - 2) * rho_end / ((rho_end - 4) * (rho_end - 2) * rho))
        scale = where(rho > 5, r * sqrt(1 - self.beta2**t) / (sqrt(v) + self.eps), 1.0)
        return self.Terms(m, v, m_hat, rho_end, rho, r, scale, step=-self.lr * scale * m_hat)


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the root mean square."""

    title = "Adamax"
    source = "Kingma & Ba (2014), Algorithm 2"
    family = "adaptive"

    lr: float = rate(2e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "m u m_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        u = maximum(self.beta2 * last.u, abs_(grad) + self.eps)
        m_hat = m / (1 - self.beta1**t)
        return self.Terms(m, u, m_hat, step=-self.lr * m_hat / u)


@dataclass(frozen=True)
class Yogi(Optimizer):
    """Adam whose scale moves by the size of the gradient alone, so that it cannot jump up and forget."""

    title = "Yogi"
    source = "Zaheer et al. (2018), Algorithm 2"
    family = "adaptive"

    lr: float = rate(1e-2)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-3)

    Terms = namedtuple("Terms", "m v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        v = last.v - (1 - self.beta2) * sign(last.v - grad**2) * grad**2
        return self.Terms(m, v, step=-self.lr * m / (sqrt(v) + self.eps))


@dataclass(frozen=True)
class AdaBelief(Optimizer):
    """Adam scaled by how far gradients stray from their average: long steps where they are as foreseen."""

    title = "AdaBelief"
    source = "Zhuang et al. (2020), Algorithm 2"
    family = "adaptive"

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "m s m_hat s_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        s = self.beta2 * last.s + (1 - self.beta2) * (grad - m) ** 2 + self.eps
        m_hat = m / (1 - self.beta1**t)
        s_hat = s / (1 - self.beta2**t)
        return self.Terms(m, s, m_hat, s_hat, step=-self.lr * m_hat / (sqrt(s_hat) + self.eps))
