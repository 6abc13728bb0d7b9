"""Steps that are divided by the size of recent gradients: Adagrad, Adam and their descendants."""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import abs_, maximum, minimum, sign, sqrt, where
from lossland.expression.linear import dot, mean, norm, total
from lossland.expression.node import Value
from lossland.optimizers.look import Look
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
    """Adam that also pulls the position towards the origin, apart from the scaling of gradients."""

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
    """Adam scaled by how far gradients stray from their average: long steps where they are as expected."""

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


@dataclass(frozen=True)
class AdaBound(Optimizer):
    """Adam whose rate in each coordinate is clipped between two bounds, which close in on a plain rate."""

    title = "AdaBound"
    source = "Luo et al. (2019)"
    family = "adaptive"
    symbols: ClassVar = {"lowest": r"\underline{\eta}", "highest": r"\overline{\eta}", "rate": r"\eta'"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)
    final_lr: float = setting(0.1, Hyper(r"\eta_\infty", 1e-4, 10.0, log=True))
    gamma: float = setting(1e-3, Hyper(r"\gamma", 1e-5, 1e-1, log=True))

    Terms = namedtuple("Terms", "m v lowest highest rate step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        v = self.beta2 * last.v + (1 - self.beta2) * grad**2
        lowest = self.final_lr * (1 - 1 / (self.gamma * t + 1))
        highest = self.final_lr * (1 + 1 / (self.gamma * t))
        usual = self.lr * sqrt(1 - self.beta2**t) / (1 - self.beta1**t) / (sqrt(v) + self.eps)
        rate = minimum(maximum(usual, lowest), highest)
        return self.Terms(m, v, lowest, highest, rate, step=-rate * m)


@dataclass(frozen=True)
class AdEMAMix(Optimizer):
    """Adam with a second, very long average of gradients beside the first. Without the paper's warm-up of the two."""

    title = "AdEMAMix"
    source = "Pagliardini, Ablin & Grangier (2024)"
    family = "adaptive"
    symbols: ClassVar = {"slow": r"\bar{m}"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    beta3: float = decay(0.9999, r"\beta_3", max=0.99999)
    alpha: float = setting(5.0, Hyper(r"\alpha", 0.0, 20.0, log=False))
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "m slow v m_hat v_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        slow = self.beta3 * last.slow + (1 - self.beta3) * grad
        v = self.beta2 * last.v + (1 - self.beta2) * grad**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        step = -self.lr * (m_hat + self.alpha * slow) / (sqrt(v_hat) + self.eps)
        return self.Terms(m, slow, v, m_hat, v_hat, step)


@dataclass(frozen=True)
class Adan(Optimizer):
    """Adam that foresees: it also averages how gradients change from step to step."""

    title = "Adan"
    source = "Xie et al. (2022), Algorithm 1"
    family = "adaptive"
    symbols: ClassVar = {"change": r"\delta", "d": "v", "v": "n"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.98, r"\beta_1")
    beta2: float = decay(0.92, r"\beta_2")
    beta3: float = decay(0.99, r"\beta_3")
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "g change m d v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        change = where(t > 1, grad - last.g, 0.0)
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        d = self.beta2 * last.d + (1 - self.beta2) * change
        v = self.beta3 * last.v + (1 - self.beta3) * (grad + self.beta2 * change) ** 2
        ahead = m / (1 - self.beta1**t) + self.beta2 * d / (1 - self.beta2**t)
        step = -self.lr * ahead / (sqrt(v / (1 - self.beta3**t)) + self.eps)
        return self.Terms(grad, change, m, d, v, step)


@dataclass(frozen=True)
class ADOPT(Optimizer):
    """Adam whose gradients are scaled by those before them, so that it converges for any beta2.

    It spends the first step on a first scale and moves from the second on.
    """

    title = "ADOPT"
    source = "Taniguchi et al. (2024), Algorithm 2"
    family = "adaptive"
    symbols: ClassVar = {"scaled": r"\tilde{g}"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.9999, r"\beta_2", max=0.99999)
    eps: float = epsilon(1e-6)

    Terms = namedtuple("Terms", "scaled m v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        most = (t - 1) ** 0.25
        scaled = minimum(maximum(grad / maximum(sqrt(last.v), self.eps), -most), most)
        m = where(t > 1, self.beta1 * last.m + (1 - self.beta1) * scaled, last.m)
        v = where(t > 1, self.beta2 * last.v + (1 - self.beta2) * grad**2, grad**2)
        return self.Terms(scaled, m, v, step=-self.lr * m)


@dataclass(frozen=True)
class LAMB(Optimizer):
    """Adam's step, made as long as the rate times the position is."""

    title = "LAMB"
    source = "You et al. (2019), Algorithm 2"
    family = "adaptive"
    symbols: ClassVar = {"ratio": r"\phi"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-6)
    weight_decay: float = pull(0.0)

    Terms = namedtuple("Terms", "m v m_hat v_hat u ratio step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * look.grad
        v = self.beta2 * last.v + (1 - self.beta2) * look.grad**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        u = m_hat / (sqrt(v_hat) + self.eps) + self.weight_decay * look.position
        ratio = where(minimum(norm(look.position), norm(u)) > 0, norm(look.position) / norm(u), 1.0)
        return self.Terms(m, v, m_hat, v_hat, u, ratio, step=-self.lr * ratio * u)


@dataclass(frozen=True)
class NovoGrad(Optimizer):
    """Gradients divided by the recent size of the whole gradient, then averaged."""

    title = "NovoGrad"
    source = "Ginsburg et al. (2019), Algorithm 1"
    family = "adaptive"

    lr: float = rate(1e-2)
    beta1: float = decay(0.95, r"\beta_1")
    beta2: float = decay(0.98, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)
    weight_decay: float = pull(0.0)

    Terms = namedtuple("Terms", "v m step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        square = dot(look.grad, look.grad)
        v = where(t > 1, self.beta2 * last.v + (1 - self.beta2) * square, square)
        m = self.beta1 * last.m + look.grad / (sqrt(v) + self.eps) + self.weight_decay * look.position
        return self.Terms(v, m, step=-self.lr * m)


@dataclass(frozen=True)
class AdamMini(Optimizer):
    """Adam with one scale for a whole block of parameters; here all coordinates are the block."""

    title = "Adam-mini"
    source = "Zhang et al. (2024)"
    family = "adaptive"

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "m v m_hat v_hat step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * look.grad
        v = self.beta2 * last.v + (1 - self.beta2) * mean(look.grad**2)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return self.Terms(m, v, m_hat, v_hat, step=-self.lr * m_hat / (sqrt(v_hat) + self.eps))


@dataclass(frozen=True)
class CautiousAdamW(Optimizer):
    """AdamW that moves no coordinate against its present gradient, and the others the farther."""

    title = "Cautious AdamW"
    source = "Liang et al. (2024), Algorithm 1"
    family = "adaptive"
    symbols: ClassVar = {"mask": r"\phi"}

    lr: float = rate(1e-3)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)
    weight_decay: float = pull(1e-2)

    Terms = namedtuple("Terms", "m v m_hat v_hat mask step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * look.grad
        v = self.beta2 * last.v + (1 - self.beta2) * look.grad**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        mask = where(m * look.grad > 0, 1.0, 0.0)
        move = mask * m_hat / (sqrt(v_hat) + self.eps) / maximum(mean(mask), 1e-3)
        return self.Terms(m, v, m_hat, v_hat, mask, step=-self.lr * (move + self.weight_decay * look.position))


@dataclass(frozen=True)
class Adafactor(Optimizer):
    """RMSprop with steps in proportion to the position, and none that is out of proportion.

    The coordinates are one vector, whose squares are not factored: as torch.optim.Adafactor treats a vector.
    """

    title = "Adafactor"
    source = "Shazeer & Stern (2018), Algorithm 4"
    family = "adaptive"
    symbols: ClassVar = {"rate": r"\alpha"}

    lr: float = rate(1e-2)
    beta2_decay: float = setting(-0.8, Hyper("c", -1.0, -0.1, log=False, low=-1.0, below=0.0))
    eps1: float = setting(2.0**-52, Hyper(r"\epsilon_1", 1e-16, 1e-3, log=True))
    eps2: float = setting(1e-3, Hyper(r"\epsilon_2", 1e-6, 1.0, log=True))
    d: float = setting(1.0, Hyper("d", 0.1, 10.0, log=True, low=1e-9))

    Terms = namedtuple("Terms", "v u rate step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        v = last.v + t**self.beta2_decay * (look.grad**2 - last.v)
        u = look.grad / sqrt(maximum(v, self.eps1**2))
        size = sqrt(mean(look.position**2))
        rate = maximum(self.eps2, size) * minimum(self.lr, 1 / t**0.5)
        return self.Terms(v, u, rate, step=-rate * u / maximum(1.0, sqrt(mean(u**2)) / self.d))


@dataclass(frozen=True)
class Prodigy(Optimizer):
    """Adam that finds its rate by itself: d grows towards the distance between the start and the minimum."""

    title = "Prodigy"
    source = "Mishchenko & Defazio (2023), Algorithm 4"
    family = "adaptive"
    symbols: ClassVar = {"start": r"\theta^0", "weight": r"\omega", "found": r"\hat{d}"}

    lr: float = rate(1.0, min=1e-2, max=100.0)
    beta1: float = decay(0.9, r"\beta_1")
    beta2: float = decay(0.999, r"\beta_2", max=0.9999)
    eps: float = epsilon(1e-8)
    d0: float = setting(1e-6, Hyper("d_0", 1e-8, 1.0, log=True, low=1e-30))

    Terms = namedtuple("Terms", "start m v weight r s found d step")

    def initial(self) -> Step:
        return self.Terms(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, d=self.d0, step=0.0)

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        start = where(t > 1, last.start, look.position)
        m = self.beta1 * last.m + (1 - self.beta1) * last.d * look.grad
        v = self.beta2 * last.v + (1 - self.beta2) * (last.d * look.grad) ** 2
        weight = self.lr * last.d**2 / self.d0
        r = sqrt(self.beta2) * last.r + weight * dot(look.grad, start - look.position)
        s = sqrt(self.beta2) * last.s + weight * look.grad
        reach = total(abs_(s))
        found = where(reach > 0, r / reach, 0.0)
        d = maximum(last.d, found)
        step = -self.lr * last.d * m / (sqrt(v) + d * self.eps)
        return self.Terms(start, m, v, weight, r, s, found, d, step)


@dataclass(frozen=True)
class MARS(Optimizer):
    """Adam on gradients that are corrected by how they have changed, which lessens their noise. As MARS-AdamW."""

    title = "MARS"
    source = "Yuan et al. (2024), Algorithm 2"
    family = "adaptive"
    symbols: ClassVar = {"clipped": r"\tilde{c}"}

    lr: float = rate(3e-3)
    beta1: float = decay(0.95, r"\beta_1")
    beta2: float = decay(0.99, r"\beta_2", max=0.9999)
    gamma: float = setting(0.025, Hyper(r"\gamma", 0.0, 1.0, log=False))
    eps: float = epsilon(1e-8)

    Terms = namedtuple("Terms", "g c clipped m v step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        c = look.grad + self.gamma * self.beta1 * (look.grad - last.g) / (1 - self.beta1)
        clipped = c / maximum(1.0, norm(c))
        m = self.beta1 * last.m + (1 - self.beta1) * clipped
        v = self.beta2 * last.v + (1 - self.beta2) * clipped**2
        scale = (sqrt(v) + self.eps) / sqrt(1 - self.beta2**t)
        return self.Terms(look.grad, c, clipped, m, v, step=-self.lr * m / (1 - self.beta1**t) / scale)
