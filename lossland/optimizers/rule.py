"""The base class of optimizers: frozen dataclasses whose fields are hyper-parameters and whose method is the rule."""

from __future__ import annotations

import math
import re
from abc import ABC
from dataclasses import Field, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self

from lossland import userfiles
from lossland.display import Displayed
from lossland.errors import UserError, nearest, shown
from lossland.expression import variable
from lossland.expression.node import V, Value
from lossland.expression.printing import symbol

if TYPE_CHECKING:
    from lossland.optimizers.look import Look

FAMILIES = (
    "gradient",
    "adaptive",
    "sign",
    "line search",
    "second order",
    "looks ahead",
    "schedule-free",
    "matrix",
    "own",
)
"""The families of optimizers, in the order of the catalogue; user-defined rules are last."""


class Step(Protocol):
    """The named terms of one step, a named tuple: ``step`` is the move, the others depend on the rule."""

    def __getattr__(self, name: str) -> Any: ...


class Hyper(NamedTuple):
    """The metadata of a hyper-parameter's field: its symbol, slider and legal values."""

    symbol: str  # LaTeX
    min: float  # the slider's range
    max: float
    log: bool
    low: float = 0.0  # legal values: low <= value, and value < below
    below: float = math.inf
    whole: bool = False  # whether it must be an integer


def setting(default: float, hyper: Hyper) -> float:
    """A hyper-parameter of another kind."""
    return field(default=default, metadata={"hyper": hyper})


def rate(default: float, min: float = 1e-5, max: float = 1.0) -> float:
    """Learning rate: the length of a step, or its scale."""
    return setting(default, Hyper(r"\eta", min, max, log=True))


def decay(default: float, symbol: str, max: float = 0.999) -> float:
    """Share of an average that is kept from one step to the next, in [0, 1)."""
    return setting(default, Hyper(symbol, 0.0, max, log=False, below=1.0))


def epsilon(default: float) -> float:
    """Small number that avoids division by zero."""
    return setting(default, Hyper(r"\epsilon", 1e-12, 1e-1, log=True))


def pull(default: float) -> float:
    """Weight decay: pull towards the origin, relative to the position."""
    return setting(default, Hyper(r"\lambda", 0.0, 1.0, log=False))


def gradient_noise(default: float = 0.0) -> float:
    """Standard deviation of the Gaussian noise in each component of a gradient; the field is always ``noise``."""
    return field(default=default, metadata={"hyper": Hyper(r"\sigma", 0.0, 100.0, log=False), "observed": True})


RATES = ("lr", "rate", "learning_rate", "step_size")


def _plain(name: str, default: float) -> Hyper:
    """Return metadata for a plain field, such as ``lr: float = 0.01``, inferred from its name and default.

    A rate is positive; a default in [0.5, 1) is a decay; other positive numbers range over a factor of a hundred both
    ways; 0 and negative ones get a linear range.
    """
    if name in RATES:
        return Hyper(r"\eta", min(1e-5, default or 1.0), max(1.0, 100 * default), log=True)
    letters = symbol(name)
    if 0.5 <= default < 1:
        return Hyper(letters, 0.0, 1.0 - (1.0 - default) / 10, log=False, below=1.0)
    if default > 0:
        return Hyper(letters, default / 100, default * 100, log=True, low=-math.inf)
    return Hyper(letters, 2 * default, 1.0 if default == 0 else 0.0, log=False, low=-math.inf)


CATALOGUE: dict[str, type[Optimizer]] = {}
"""Every optimizer by its name; classes register when they are defined."""


@dataclass(frozen=True)
class Optimizer(Displayed, ABC):
    """A rule that turns gradients into steps. Its name on the command line follows from the title or the class."""

    title: ClassVar[str]
    source: ClassVar[str] = ""  # where the rule was published
    family: ClassVar[str] = FAMILIES[-1]
    name: ClassVar[str]  # on the command line
    text: ClassVar[str]  # what `optimizer` reads: the name, or the file that the class is in
    schedule: ClassVar[str] = ""  # of the rate, see ``lossland.optimizers.schedules``
    variant: ClassVar[bool] = False  # a registered class with a schedule or noise added
    traced: ClassVar[bool] = True  # whether it runs on symbols; code of another library does not
    symbols: ClassVar[dict[str, str]] = {}  # LaTeX of terms whose symbol differs from their name
    Terms: ClassVar[type[Any]]  # named tuple of one step's terms; the one called ``step`` is the move

    def __init_subclass__(cls) -> None:
        if cls.variant:
            return
        cls.title = vars(cls).get("title", cls.__name__)
        cls.name = cls.text = "_".join(re.findall(r"[a-z0-9]+", cls.title.lower())) or cls.__name__.lower()
        known = CATALOGUE.get(cls.name)
        if known is not None and is_ours(known) and not is_ours(cls):
            raise UserError(f"lossland has an optimizer called {cls.title} already; give yours another title.")
        if not userfiles.is_own(cls.__module__):  # named by their files: see `text`
            CATALOGUE[cls.name] = cls

    def __new__(cls, *_values: object, **settings: object) -> Self:
        """Raise UserError for a setting that the class does not have."""
        if "__dataclass_fields__" in vars(cls):  # a class of the user's may lack them still
            known = [item.name for item in fields(cls)]
            for name in settings:
                if name not in known:
                    raise lacks(cls.name, name, known)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for item in fields(self):
            value, hyper = getattr(self, item.name), _hyper_of(item)
            try:
                number = math.nan if isinstance(value, bool | str | bytes) else float(value)
            except (TypeError, ValueError, OverflowError):
                number = math.nan
            whole = number.is_integer() or not hyper.whole
            if not (math.isfinite(number) and hyper.low <= number < hyper.below and whole):
                kind = "whole number" if hyper.whole else "number"
                lower = f" of at least {hyper.low:g}" if hyper.low > -math.inf else ""
                upper = f" and below {hyper.below:g}" if hyper.below < math.inf else ""
                raise UserError(f"{item.name} of {self.name} must be a {kind}{lower}{upper}, not {shown(value)}.")
            object.__setattr__(self, item.name, number)

    @property
    def stochastic(self) -> bool:
        """Whether gradients have noise, from random draws."""
        return has_noise(type(self)) and vars(self)["noise"] > 0

    def initial(self) -> Step:
        """Return the terms before the first step: what ``last`` is at t = 1. Zeros by default."""
        return self.Terms(*[0.0] * len(self.Terms._fields))

    def observe(self, grad: Any, draw: V) -> V:
        """Return the gradient plus the rule's ``noise``, if it has any, times the standard normal ``draw``.

        All evaluations of one step share the same draw: see `Look`.
        """
        return grad + vars(self)["noise"] * draw if has_noise(type(self)) else grad

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        """Return every named term of step t = 1, 2, ...; the new position is ``look.position + terms.step``.

        A coordinatewise rule implements `update`. One that needs the whole gradient, or evaluates the landscape
        elsewhere, implements this method instead, with vectors and the functions of ``lossland.expression.linear``; its
        terms may be numbers, vectors and matrices.
        """
        return self.update(look.grad, last, t, look.position)

    def update(self, grad: Value, last: Step, t: Value, position: Value) -> Step:
        """Return every named term of step t = 1, 2, ...; the new position is ``position + terms.step``.

        ``grad`` is what ``observe`` returned at ``position``; ``last`` the terms of the step before (``initial()``
        at t = 1), of which only the names in ``memory(self)`` are read.
        """
        raise NotImplementedError


def symbolic(kind: type[Optimizer]) -> Optimizer:
    """Return the optimizer with a variable for each hyper-parameter, bypassing the checks of its constructor."""
    rule = object.__new__(kind)
    for item in fields(kind):
        object.__setattr__(rule, item.name, variable(item.name))
    return rule


def hyper_parameter(optimizer: type[Optimizer] | Optimizer, name: str) -> Hyper:
    """Return the symbol, slider and legal values of one hyper-parameter."""
    found = next((item for item in fields(optimizer) if item.name == name), None)
    if found is None:
        raise lacks(optimizer.name, name, [item.name for item in fields(optimizer)])
    return _hyper_of(found)


def lacks(optimizer: str, name: str, known: list[str]) -> UserError:
    """Return the error for a setting that an optimizer does not have."""
    meant = " Did you mean 'lr'?" if name.lower() in RATES and "lr" in known else nearest(name, known)
    return UserError(f"{optimizer} has no setting {name!r}.{meant} It has {', '.join(known) or 'none'}.")


def _hyper_of(item: Field) -> Hyper:
    return item.metadata.get("hyper") or _plain(item.name, _number(item.default))


def _number(default: object) -> float:
    return float(default) if isinstance(default, int | float) else 0.0


@cache
def has_noise(kind: type[Optimizer]) -> bool:
    """Return whether a class of optimizers has a field for gradient noise."""
    return any(item.metadata.get("observed", False) for item in fields(kind))


def by_coordinate(kind: type[Optimizer]) -> bool:
    """Return whether a rule is coordinatewise, so that ``update`` is all of it."""
    return kind.decide is Optimizer.decide


def is_ours(kind: type[Optimizer]) -> bool:
    """Return whether a class is defined in this package."""
    return kind.__module__.startswith("lossland.optimizers.")
