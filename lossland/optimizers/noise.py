"""Noise in the gradients of any optimizer, as if each step saw one batch of data.

It is a hyper-parameter, ``noise``, which SGD always has and any other rule gets on request: ``adam:lr=0.1,noise=0.5``.
So the equations show it, sliders control it, and kernels without noise do not contain it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, make_dataclass, replace
from functools import cache

from lossland import checks, userfiles
from lossland.errors import UserError
from lossland.optimizers.rule import Optimizer, gradient_noise, has_noise
from lossland.optimizers.schedules import CONSTANT, scheduled


def noisy(optimizer: Optimizer, noise: float) -> Optimizer:
    """Return the optimizer with gradients that have Gaussian noise of a standard deviation in each component.

    The draws come from the Philox generator by seed, particle and step, the same for every rule and backend. The
    noise of an optimizer that has some is replaced; one without is returned as it is for 0.
    """
    size = checks.real(noise, 0.0, 1e300, "The noise of gradients")
    if has_noise(type(optimizer)):
        changes: dict[str, float] = {"noise": size}
        return replace(optimizer, **changes)
    if size == 0:
        return optimizer
    settings: dict[str, float] = {item.name: getattr(optimizer, item.name) for item in fields(optimizer)}
    return noisy_class(type(optimizer))(**settings, **{"noise": size})


@cache
def noisy_class(kind: type[Optimizer]) -> type[Optimizer]:
    """Return the class of an optimizer with a field ``noise``; raise UserError if it has another field of that name."""
    if has_noise(kind):
        return kind
    if any(item.name == "noise" for item in fields(kind)):
        raise UserError(f"{kind.title} has a setting noise of its own; gradients cannot have noise of that name too.")
    name = f"Noisy{kind.__name__}"
    namespace: dict[str, object] = {"__module__": kind.__module__, "__doc__": kind.__doc__, "variant": True}
    if kind.traced and not userfiles.is_own(kind.__module__):  # user-defined classes have their own __reduce__
        namespace["__reduce__"] = _reduced
    return make_dataclass(name, [("noise", float, gradient_noise())], bases=(kind,), namespace=namespace, frozen=True)


def _reduced(rule: Optimizer) -> tuple[Callable[..., Optimizer], tuple[object, ...]]:
    """Pickle an optimizer by its base class, since its own class was made at run time."""
    kind = type(rule).__bases__[0]
    plain = kind.__bases__[0] if kind.schedule else kind
    return _made, (plain, kind.schedule, {item.name: getattr(rule, item.name) for item in fields(rule)})


def _made(kind: type[Optimizer], schedule: str, settings: dict[str, float]) -> Optimizer:
    return noisy_class(scheduled(kind, schedule or CONSTANT))(**settings)
