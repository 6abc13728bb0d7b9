"""Schedules: how an optimizer's rate changes from step to step, as a part of its rule.

A schedule is written among an optimizer's settings, ``adam:lr=0.1,schedule=cosine,steps=500``, and brings settings of
its own. `scheduled` makes the class of such an optimizer: the rule with ``lr`` times a factor that depends only on the
step. So the equations show it, sliders control it, and kernels are the same for every setting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cache
from typing import ClassVar

from lossland import userfiles
from lossland.errors import UserError, nearest
from lossland.expression import cos, floor, minimum, pi, where
from lossland.expression.node import Node, Value, value_of
from lossland.optimizers.look import Look
from lossland.optimizers.rule import Hyper, Optimizer, Step, by_coordinate, setting

CONSTANT = "constant"


def _steps() -> float:
    return setting(500.0, Hyper("T", 10.0, 1e5, log=True, low=1.0, whole=True))


@dataclass(frozen=True)
class Schedule(ABC):
    """A share of the rate for each step, as in torch.optim.lr_scheduler. Its fields are settings."""

    title: ClassVar[str]

    @abstractmethod
    def share(self, t: Value) -> Value:
        """Return the share of the rate that step t = 1, 2, ... takes."""


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The rate is multiplied by ``drop`` after ``every`` steps (StepLR)."""

    title = "step"

    every: float = setting(100.0, Hyper("T", 1.0, 1e4, log=True, low=1.0, whole=True))
    drop: float = setting(0.1, Hyper("q", 0.01, 1.0, log=True))

    def share(self, t: Value) -> Value:
        """Return the share of step t."""
        return self.drop ** floor((t - 1) / self.every)


@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate is multiplied by ``drop`` after every step (ExponentialLR)."""

    title = "exponential"

    drop: float = setting(0.99, Hyper("q", 0.9, 1.0, log=False))

    def share(self, t: Value) -> Value:
        """Return the share of step t."""
        return self.drop ** (t - 1)


@dataclass(frozen=True)
class Cosine(Schedule):
    """The rate falls along half a cosine within ``steps`` steps, then stays (CosineAnnealingLR, once)."""

    title = "cosine"

    steps: float = _steps()
    least: float = setting(0.0, Hyper("q", 0.0, 1.0, log=False))

    def share(self, t: Value) -> Value:
        """Return the share of step t."""
        return _between(1.0, self.least, minimum((t - 1) / self.steps, 1.0))


@dataclass(frozen=True)
class WarmUp(Schedule):
    """The rate rises linearly within ``steps`` steps, then stays (LinearLR from one step's share)."""

    title = "warm-up"

    steps: float = _steps()

    def share(self, t: Value) -> Value:
        """Return the share of step t."""
        return minimum(t / self.steps, 1.0)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """The rate rises from a 25th and falls to a ten-thousandth of that (OneCycleLR, which also moves momentum)."""

    title = "one-cycle"

    steps: float = setting(500.0, Hyper("T", 10.0, 1e5, log=True, low=10.0, whole=True))
    rise: float = setting(0.3, Hyper("q", 0.15, 0.9, log=False, low=0.15, below=0.95))

    def share(self, t: Value) -> Value:
        """Return the share of step t."""
        top = self.rise * self.steps - 1  # steps until the peak
        rest = self.steps - 1 - top
        up = _between(1 / 25, 1.0, (t - 1) / top)
        down = _between(1.0, 1 / 25e4, minimum((t - 1 - top) / rest, 1.0))
        return where(t - 1 <= top, up, down)


def _between(a: Value, b: Value, share: Value) -> Value:
    """Interpolate from a to b along half a cosine."""
    return b + (a - b) * (1 + cos(pi * share)) / 2


SCHEDULES: dict[str, type[Schedule]] = {kind.title: kind for kind in (StepDecay, Exponential, Cosine, WarmUp, OneCycle)}
"""Every schedule by its name, except the constant one."""


@cache
def scheduled(kind: type[Optimizer], name: str) -> type[Optimizer]:
    """Return the class of an optimizer under a schedule: its fields and the schedule's, and ``lr_now`` among its terms.

    ``constant`` gives the class itself. Raises UserError for an unknown name.
    """
    if name == CONSTANT:
        return kind
    if name not in SCHEDULES:
        known = [CONSTANT, *SCHEDULES]
        raise UserError(f"There is no schedule {name!r}.{nearest(name, known)} There are {', '.join(known)}.")
    if kind.schedule or not any(item.name == "lr" for item in fields(kind)):
        raise UserError(f"{kind.title} takes no schedule: it needs a rate, lr, and one schedule at most.")
    schedule = SCHEDULES[name]
    terms = namedtuple("Terms", ("lr_now", *kind.Terms._fields))

    def now(rule: Optimizer, share: Value) -> Optimizer:
        """Return the plain optimizer with the rate of a step, a number or symbol, bypassing the checks."""
        plain = object.__new__(kind)
        for item in fields(kind):
            object.__setattr__(plain, item.name, getattr(rule, item.name))
        object.__setattr__(plain, "lr", rule.lr * share)  # type: ignore[attr-defined]
        return plain

    def share_at(rule: Optimizer, t: Value) -> Value:
        made = object.__new__(schedule)
        for item in fields(schedule):
            object.__setattr__(made, item.name, getattr(rule, item.name))
        share = made.share(t)
        number = value_of(share) if isinstance(share, Node) else None  # on plain numbers pi is still a node
        return share if number is None else number

    def initial(self: Optimizer) -> tuple[float, ...]:
        return terms(0.0, *now(self, 1.0).initial()._asdict().values())

    def update(self: Optimizer, grad: Value, last: Step, t: Value, position: Value) -> Step:
        plain = now(self, share_at(self, t))
        return terms(plain.lr, *plain.update(grad, last, t, position))  # type: ignore[attr-defined]

    def decide(self: Optimizer, look: Look, last: Step, t: Value) -> Step:
        plain = now(self, share_at(self, t))
        return terms(plain.lr, *plain.decide(look, last, t))  # type: ignore[attr-defined]

    def reduced(self: Optimizer) -> tuple[Callable[..., Optimizer], tuple[object, ...]]:
        return _made, (kind, name, {item.name: getattr(self, item.name) for item in fields(self)})

    made = make_dataclass(
        f"{kind.__name__}{schedule.__name__}",
        [(item.name, float, field(default=item.default, metadata=item.metadata)) for item in fields(schedule)],
        bases=(kind,),
        namespace={
            "__module__": kind.__module__,
            "__doc__": kind.__doc__,
            **({} if userfiles.is_own(kind.__module__) else {"__reduce__": reduced}),
            "schedule": name,
            "variant": True,
            "symbols": {**kind.symbols, "lr_now": r"\eta"},
            "Terms": terms,
            "initial": initial,
            **({"update": update} if by_coordinate(kind) else {"decide": decide}),
        },
        frozen=True,
    )
    made.title, made.name, made.text = f"{kind.title}, {name}", kind.name, kind.text
    return made


def _made(kind: type[Optimizer], name: str, settings: dict[str, float]) -> Optimizer:
    """Rebuild a pickled optimizer with a schedule."""
    return scheduled(kind, name)(**settings)
