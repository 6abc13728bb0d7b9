"""The optimizers: each is one frozen dataclass whose fields are hyper-parameters and whose ``update`` is the rule.

``update`` names every intermediate term of one step. It is plain arithmetic with functions of
``lossland.expression``, so the same lines run on Python floats, on arrays of any array-API library (NumPy, CuPy) and
on traced symbols; the equations of the panel are read from it (see ``lossland.compute.explain``). Rules work on
every coordinate by itself, whatever the arrays' shape.

Defaults and conventions are PyTorch's where PyTorch has the optimizer, the paper's otherwise. To add one, write the
class here and a row in ``tests/optimizers/test_optimizers.py``: its name, its text form, sliders and equations follow.
"""

# ruff: noqa: D102 (what the methods are for is said once, in `Optimizer`)
from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, NamedTuple, Protocol

from lossland import userfiles
from lossland.display import Displayed
from lossland.errors import UserError, fault_of, nearest, shown
from lossland.expression import abs_, maximum, minimum, sign, sqrt, variable, where
from lossland.expression.node import V, Value
from lossland.expression.printing import symbol


class Step(Protocol):
    """The terms of one step by their names, a named tuple: ``step`` is the move, the others are the rule's own."""

    def __getattr__(self, name: str) -> Any: ...


class Hyper(NamedTuple):
    """What a hyper-parameter's field knows beside its default: its symbol, its slider and its legal values."""

    symbol: str  # LaTeX
    min: float  # the slider's range
    max: float
    log: bool
    low: float = 0.0  # legal values: low <= value, and value < below
    below: float = math.inf


def _hyper(default: float, hyper: Hyper) -> float:
    return field(default=default, metadata={"hyper": hyper})


def _rate(default: float, min: float = 1e-5, max: float = 1.0) -> float:
    """Learning rate: the length of a step, or its scale."""
    return _hyper(default, Hyper(r"\eta", min, max, log=True))


def _decay(default: float, symbol: str, max: float = 0.999) -> float:
    """Share of an average that is kept from one step to the next, in [0, 1)."""
    return _hyper(default, Hyper(symbol, 0.0, max, log=False, below=1.0))


def _eps(default: float) -> float:
    """Small number that keeps a quotient finite."""
    return _hyper(default, Hyper(r"\epsilon", 1e-12, 1e-1, log=True))


def _weight_decay(default: float) -> float:
    """Pull towards the origin, as a share of the position."""
    return _hyper(default, Hyper(r"\lambda", 0.0, 1.0, log=False))


RATES = ("lr", "rate", "learning_rate", "step_size")


def _plain(name: str, default: float) -> Hyper:
    """Return what is known of a plain field, such as ``lr: float = 0.01``, from its name and default alone.

    A rate is positive; what is between a half and 1 is a share; other positive numbers may be a hundred times as
    small or large; 0 and negative ones are changed by as much again.
    """
    if name in RATES:
        return Hyper(r"\eta", min(1e-5, default or 1.0), max(1.0, 100 * default), log=True)
    letters = symbol(name)
    if 0.5 <= default < 1:
        return Hyper(letters, 0.0, 1.0 - (1.0 - default) / 10, log=False, below=1.0)
    if default > 0:
        return Hyper(letters, default / 100, default * 100, log=True, low=-math.inf)
    return Hyper(letters, 2 * default, 1.0 if default == 0 else 0.0, log=False, low=-math.inf)


_CATALOGUE: dict[str, type[Optimizer]] = {}


@dataclass(frozen=True)
class Optimizer(Displayed, ABC):
    """A rule that turns gradients into steps. A name on the command line is the title's, which is else the class's."""

    title: ClassVar[str]
    source: ClassVar[str] = ""  # where the rule was published
    name: ClassVar[str]  # on the command line
    text: ClassVar[str]  # what `optimizer` reads: the name, or the file that the class is in
    symbols: ClassVar[dict[str, str]] = {}  # LaTeX of terms whose name is not their symbol
    Terms: ClassVar[type[Any]]  # named tuple of one step's terms; the one called ``step`` is the move

    def __init_subclass__(cls) -> None:
        cls.title = vars(cls).get("title", cls.__name__)
        cls.name = cls.text = cls.title.lower().replace(" ", "_")
        known = _CATALOGUE.get(cls.name)
        if known is not None and known.__module__ == __name__ != cls.__module__:
            raise UserError(f"lossland has an optimizer called {cls.title} already; give yours another title.")
        if not userfiles.is_own(cls.__module__):  # those have names of their own: see `text`
            _CATALOGUE[cls.name] = cls

    def __post_init__(self) -> None:
        for item in fields(self):
            value, hyper = getattr(self, item.name), _hyper_of(item)
            try:
                number = float(value)
            except (TypeError, ValueError, OverflowError):
                number = math.nan
            if not (math.isfinite(number) and hyper.low <= number < hyper.below):
                lower = f" from {hyper.low:g}" if hyper.low > -math.inf else ""
                upper = f" and below {hyper.below:g}" if hyper.below < math.inf else ""
                raise UserError(f"{item.name} of {self.name} must be a number{lower}{upper}, not {shown(value)}.")
            object.__setattr__(self, item.name, number)

    @property
    def stochastic(self) -> bool:
        """Whether ``observe`` changes the gradient, by a random draw."""
        return False

    def initial(self) -> Step:
        """Return the terms before the first step: what ``last`` is at t = 1. Zeros, unless the rule says otherwise."""
        return self.Terms(*[0.0] * len(self.Terms._fields))

    def observe(self, grad: V, draw: V) -> V:
        """Return the gradient that the rule gets to see at ``grad``. ``draw`` is standard normal."""
        return grad

    @abstractmethod
    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        """Return every named term of step t = 1, 2, ...; the new position is ``position + terms.step``.

        ``grad`` is what ``observe`` returned at ``position``; ``last`` the terms of the step before (``initial()``
        at t = 1), of which only the names in ``memory(self)`` are read.
        """


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """A fixed share of the exact gradient, downhill."""

    title = "Gradient descent"
    source = "Cauchy (1847)"

    lr: float = _rate(1e-3)

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

    lr: float = _rate(1e-3)
    noise: float = _hyper(0.0, Hyper(r"\sigma", 0.0, 100.0, log=False))

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

    lr: float = _rate(1e-3)
    momentum: float = _decay(0.9, r"\mu")

    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.momentum * last.v + grad
        return self.Terms(v, step=-self.lr * v)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Momentum that looks ahead along its own velocity. As torch.optim.SGD(nesterov=True)."""

    title = "Nesterov"
    source = "Nesterov (1983), in the form of Sutskever et al. (2013)"

    lr: float = _rate(1e-3)
    momentum: float = _decay(0.9, r"\mu")

    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.momentum * last.v + grad
        return self.Terms(v, step=-self.lr * (grad + self.momentum * v))


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Steps shrink in coordinates that have seen large gradients, for good."""

    title = "Adagrad"
    source = "Duchi, Hazan & Singer (2011)"

    lr: float = _rate(1e-2)
    eps: float = _eps(1e-10)

    Terms = namedtuple("Terms", "G step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        G = last.G + grad**2
        return self.Terms(G, step=-self.lr * grad / (sqrt(G) + self.eps))


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """The gradient divided by its recent root mean square."""

    title = "RMSprop"
    source = "Tieleman & Hinton (2012), Coursera lecture 6e"

    lr: float = _rate(1e-2)
    alpha: float = _decay(0.99, r"\alpha")
    eps: float = _eps(1e-8)

    Terms = namedtuple("Terms", "v step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        v = self.alpha * last.v + (1 - self.alpha) * grad**2
        return self.Terms(v, step=-self.lr * grad / (sqrt(v) + self.eps))


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """The gradient rescaled to the units of the position: by the size of recent moves over that of gradients."""

    title = "Adadelta"
    source = "Zeiler (2012)"
    symbols: ClassVar = {"delta": r"\Delta"}

    lr: float = _rate(1.0, min=1e-2, max=100.0)
    rho: float = _decay(0.9, r"\rho")
    eps: float = _eps(1e-6)

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

    lr: float = _rate(1e-3)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.999, r"\beta_2", max=0.9999)
    eps: float = _eps(1e-8)

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

    lr: float = _rate(1e-3)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.999, r"\beta_2", max=0.9999)
    eps: float = _eps(1e-8)
    weight_decay: float = _weight_decay(1e-2)

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
    symbols: ClassVar = {"v_max": r"u"}

    lr: float = _rate(1e-3)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.999, r"\beta_2", max=0.9999)
    eps: float = _eps(1e-8)

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
    symbols: ClassVar = {"mu": r"\mu", "mu_next": r"\mu'", "mu_product": r"\Pi"}

    lr: float = _rate(2e-3)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.999, r"\beta_2", max=0.9999)
    eps: float = _eps(1e-8)
    momentum_decay: float = _hyper(4e-3, Hyper(r"\psi", 0.0, 0.1, log=False))

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
    symbols: ClassVar = {"rho": r"\rho", "rho_end": r"\rho_\infty", "scale": "s"}

    lr: float = _rate(1e-3)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _hyper(0.999, Hyper(r"\beta_2", 0.7, 0.9999, log=False, low=0.7, below=1.0))
    eps: float = _eps(1e-8)

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

    lr: float = _rate(2e-3)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.999, r"\beta_2", max=0.9999)
    eps: float = _eps(1e-8)

    Terms = namedtuple("Terms", "m u m_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        u = maximum(self.beta2 * last.u, abs_(grad) + self.eps)
        m_hat = m / (1 - self.beta1**t)
        return self.Terms(m, u, m_hat, step=-self.lr * m_hat / u)


@dataclass(frozen=True)
class Lion(Optimizer):
    """Only the sign of a short momentum: every step has the same length in every coordinate."""

    title = "Lion"
    source = "Chen et al. (2023), Algorithm 2"

    lr: float = _rate(1e-4)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.99, r"\beta_2", max=0.9999)
    weight_decay: float = _weight_decay(0.0)

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
    symbols: ClassVar = {"turn": "s", "tried": r"\Delta'", "size": r"\Delta", "g_kept": r"\tilde{g}"}

    lr: float = _rate(1e-2)
    eta_minus: float = _hyper(0.5, Hyper(r"\eta^-", 0.1, 0.99, log=False, below=1.0))
    eta_plus: float = _hyper(1.2, Hyper(r"\eta^+", 1.0, 2.0, log=False, low=1.0))
    size_min: float = _hyper(1e-6, Hyper(r"\Delta_{\min}", 1e-9, 1e-1, log=True))
    size_max: float = _hyper(50.0, Hyper(r"\Delta_{\max}", 1e-2, 100.0, log=True))

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
class Yogi(Optimizer):
    """Adam whose scale moves by the size of the gradient alone, so that it cannot jump up and forget."""

    title = "Yogi"
    source = "Zaheer et al. (2018), Algorithm 2"

    lr: float = _rate(1e-2)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.999, r"\beta_2", max=0.9999)
    eps: float = _eps(1e-3)

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

    lr: float = _rate(1e-3)
    beta1: float = _decay(0.9, r"\beta_1")
    beta2: float = _decay(0.999, r"\beta_2", max=0.9999)
    eps: float = _eps(1e-8)

    Terms = namedtuple("Terms", "m s m_hat s_hat step")

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        m = self.beta1 * last.m + (1 - self.beta1) * grad
        s = self.beta2 * last.s + (1 - self.beta2) * (grad - m) ** 2 + self.eps
        m_hat = m / (1 - self.beta1**t)
        s_hat = s / (1 - self.beta2**t)
        return self.Terms(m, s, m_hat, s_hat, step=-self.lr * m_hat / (sqrt(s_hat) + self.eps))


# ------------------------------------------------------------------------------- what follows from the classes alone


def catalogue() -> tuple[type[Optimizer], ...]:
    """Return every optimizer class, in the order of this file."""
    return tuple(_CATALOGUE.values())


def names() -> tuple[str, ...]:
    """Return every optimizer's name on the command line, in the order of this file."""
    return tuple(_CATALOGUE)


AnyOptimizer = Optimizer | type[Optimizer] | str
"""What is taken as an optimizer everywhere: see `optimizer`."""


def optimizer(what: AnyOptimizer) -> Optimizer:
    """Return an optimizer: an object as it is, a class with its defaults, or what a text means.

    Such texts are ``adam``, ``adam:lr=0.1,beta1=0.9`` and, for a class in a file of your own, which is run,
    ``mine.py:MyRule`` and ``mine.py:MyRule:lr=0.1``. Raises UserError for anything else.
    """
    if isinstance(what, Optimizer):
        check_rule(type(what))
        return what
    if isinstance(what, type) and issubclass(what, Optimizer) and what is not Optimizer:
        check_rule(what)
        return what()
    if not isinstance(what, str):
        raise UserError(
            "An optimizer is a name (adam), a name with settings (adam:lr=0.1), a class in a file of your own "
            f"(mine.py:MyRule), or an object such as ll.optimizers.Adam(lr=0.1), not {shown(what)}."
        )
    file = userfiles.named(what)
    if file is not None:
        return _with_settings(_from_file(file), file.rest.split(",") if file.rest else ())
    name, colon, settings = what.strip().partition(":")
    name = name.strip().lower()
    if name not in _CATALOGUE:
        raise UserError(f"There is no optimizer {name!r}.{nearest(name, names())} There are {', '.join(names())}.")
    check_rule(_CATALOGUE[name])
    return _with_settings(_CATALOGUE[name], settings.split(",") if colon else ())


def _with_settings(kind: type[Optimizer], settings: Sequence[str]) -> Optimizer:
    """Return an optimizer with settings such as ``lr=0.1``; the others have their defaults."""
    name, known = kind.name, [item.name for item in fields(kind)]
    values: dict[str, float] = {}
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not equals:
            raise UserError(f"Write {name}'s settings as in {kind.text}:lr=0.1, not as {setting.strip()!r}.")
        if key not in known:
            raise UserError(f"{name} has no setting {key!r}.{nearest(key, known)} It has {', '.join(known)}.")
        if key in values:
            raise UserError(f"{name}'s {key} is given twice.")
        try:
            values[key] = float(value)
        except ValueError:
            raise UserError(f"{key} of {name} must be a number, not {value!r}.") from None
    return kind(**values)


def _from_file(file: userfiles.Named) -> type[Optimizer]:
    """Return the class that a text such as ``mine.py:MyRule`` names."""

    def fits(value: Any) -> bool:
        return isinstance(value, type) and issubclass(value, Optimizer) and userfiles.is_own(value.__module__)

    kind = userfiles.find(file, "optimizer (a subclass of ll.optimizers.Optimizer)", fits)
    kind.text = f"{file.path}:{kind.__name__}"
    check_rule(kind)
    return kind


@cache
def check_rule(kind: type[Optimizer]) -> None:
    """Raise UserError unless a class is a rule that can be computed, explained and compiled.

    A class that lacks its ``@dataclass(frozen=True)`` gets it here.
    """
    if "__dataclass_fields__" not in vars(kind):
        dataclass(frozen=True)(kind)
    for item in fields(kind):
        if item.default is MISSING:
            raise UserError(f"{kind.__name__}'s {item.name} needs a default, as in {item.name}: float = 0.01.")
    terms = getattr(kind, "Terms", None)
    if not (isinstance(terms, type) and "step" in getattr(terms, "_fields", ())):
        raise UserError(
            f'{kind.__name__} must name the terms of a step, as by Terms = namedtuple("Terms", "m step"); '
            "the one called step is the move."
        )
    if getattr(kind, "__abstractmethods__", None):
        raise UserError(f"{kind.__name__} has no update(self, grad, last, t, position).")
    rule = kind()
    try:
        made = rule.update(1.0, rule.initial(), 1, 1.0)
        traced = symbolic(kind).update(variable("grad"), _last(kind), variable("t"), variable("position"))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"update of {kind.__name__} fails: {fault_of(error)}.") from error
    for one in (made, traced):
        if not isinstance(one, terms):
            raise UserError(f"update of {kind.__name__} must return its Terms, not {shown(one)}.")


def _last(kind: type[Optimizer]) -> Step:
    return kind.Terms(*(variable(f"last.{name}") for name in kind.Terms._fields))


def symbolic(kind: type[Optimizer]) -> Optimizer:
    """Return the optimizer with a variable for each hyper-parameter, which its checks of numbers would refuse."""
    rule = object.__new__(kind)
    for item in fields(kind):
        object.__setattr__(rule, item.name, variable(item.name))
    return rule


def spec(optimizer: Optimizer) -> str:
    """Return the text that ``optimizer`` reads back to an equal one, every hyper-parameter spelled out."""
    settings = ",".join(f"{item.name}={getattr(optimizer, item.name)!r}" for item in fields(optimizer))
    return f"{optimizer.text}:{settings}" if settings else optimizer.text


def defaults(kind: type[Optimizer] | Optimizer) -> dict[str, float]:
    """Return the hyper-parameters of an optimizer and their defaults."""
    return {item.name: item.default for item in fields(kind) if item.default is not MISSING}


def field_range(optimizer: type[Optimizer] | Optimizer, name: str) -> tuple[float, float, bool]:
    """Return the slider of one hyper-parameter: smallest and largest value, and whether its scale is logarithmic."""
    hyper = hyper_parameter(optimizer, name)
    return hyper.min, hyper.max, hyper.log


def hyper_parameter(optimizer: type[Optimizer] | Optimizer, name: str) -> Hyper:
    """Return what is known of one hyper-parameter: symbol, slider, legal values."""
    return next(_hyper_of(item) for item in fields(optimizer) if item.name == name)


def inertia(optimizer: type[Optimizer] | Optimizer) -> str:
    """Return which hyper-parameter says how much of the last steps' direction stays, "" for a rule without."""
    return next((item.name for item in fields(optimizer) if item.name in ("momentum", "beta1")), "")


def _hyper_of(item: Field) -> Hyper:
    return item.metadata.get("hyper") or _plain(item.name, _number(item.default))


def _number(default: Any) -> float:
    return float(default) if isinstance(default, int | float) else 0.0


class _Witness:
    """Stands in for the last terms and notes which of them are read."""

    def __init__(self, terms: Step) -> None:
        self.terms, self.read = terms, set()

    def __getattr__(self, name: str) -> float:
        self.read.add(name)
        return getattr(self.terms, name)


@cache
def memory(kind: type[Optimizer]) -> tuple[str, ...]:
    """Return the names of the terms that a rule carries from one step to the next, found by running it once."""
    rule = kind()
    witness = _Witness(rule.initial())
    rule.update(1.0, witness, 1, 1.0)
    return tuple(name for name in kind.Terms._fields if name in witness.read)
