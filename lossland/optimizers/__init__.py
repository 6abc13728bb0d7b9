"""The optimizers: each is one frozen dataclass whose fields are hyper-parameters and whose method is the rule.

The rule names every intermediate term of one step. It is plain arithmetic with functions of ``lossland.expression``:
run on symbols it gives the equations of the panel (see ``lossland.compute.explain``) and the programs that move one
particle or millions. A coordinatewise rule implements ``update``, which also runs on Python floats and on arrays of any
library; one that needs the whole gradient, or evaluates the landscape elsewhere, implements ``decide``.

Defaults and conventions are PyTorch's where PyTorch has the optimizer, else the paper's or the reference
implementation's. To add one, write the class in the module of its family and a row in
``tests/optimizers/test_optimizers.py``: its name, its text form, sliders and equations are derived.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lossland import userfiles
from lossland.errors import UserError, fault_of, known_as, nearest, place_of, shown
from lossland.expression import variable
from lossland.expression.vectors import rank
from lossland.optimizers import foreign
from lossland.optimizers import rule as rule_module
from lossland.optimizers.adaptive import (
    ADOPT,
    LAMB,
    MARS,
    AdaBelief,
    AdaBound,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    Adamax,
    AdamMini,
    AdamW,
    Adan,
    AdEMAMix,
    AMSGrad,
    CautiousAdamW,
    NAdam,
    NovoGrad,
    Prodigy,
    RAdam,
    RMSprop,
    Yogi,
)
from lossland.optimizers.gradient import (
    ASGD,
    LARS,
    QHM,
    SGD,
    SGDW,
    AggMo,
    ClippedDescent,
    GradientDescent,
    Momentum,
    Nesterov,
    NormalizedDescent,
    RestartedMomentum,
)
from lossland.optimizers.line_search import Armijo, BarzilaiBorwein, CauchyStep, ConjugateGradient, PolyakStep
from lossland.optimizers.look import Look, Symbols, repeats, trace
from lossland.optimizers.looks_ahead import SAM, Extragradient, Lookahead, OptimisticDescent
from lossland.optimizers.matrix import Muon, Shampoo
from lossland.optimizers.noise import noisy, noisy_class
from lossland.optimizers.rule import (
    CATALOGUE,
    FAMILIES,
    Hyper,
    Optimizer,
    Step,
    has_noise,
    symbolic,
)
from lossland.optimizers.schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD
from lossland.optimizers.schedules import SCHEDULES, scheduled
from lossland.optimizers.second_order import BFGS, DampedNewton, SaddleFreeNewton, Sophia
from lossland.optimizers.sign import CautiousLion, Lion, Rprop, SignSGD, Signum

__all__ = [
    "ADOPT",
    "ASGD",
    "BFGS",
    "FAMILIES",
    "LAMB",
    "LARS",
    "MARS",
    "QHM",
    "SAM",
    "SCHEDULES",
    "SGD",
    "SGDW",
    "AMSGrad",
    "AdEMAMix",
    "AdaBelief",
    "AdaBound",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamMini",
    "AdamW",
    "Adamax",
    "Adan",
    "AggMo",
    "AnyOptimizer",
    "Armijo",
    "BarzilaiBorwein",
    "CauchyStep",
    "CautiousAdamW",
    "CautiousLion",
    "ClippedDescent",
    "ConjugateGradient",
    "DampedNewton",
    "Extragradient",
    "GradientDescent",
    "Hyper",
    "Lion",
    "Look",
    "Lookahead",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "NormalizedDescent",
    "NovoGrad",
    "OptimisticDescent",
    "Optimizer",
    "PolyakStep",
    "Prodigy",
    "RAdam",
    "RMSprop",
    "RestartedMomentum",
    "Rprop",
    "SaddleFreeNewton",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Shampoo",
    "SignSGD",
    "Signum",
    "Sophia",
    "Step",
    "Yogi",
    "by_coordinate",
    "catalogue",
    "check_rule",
    "cost",
    "defaults",
    "field_range",
    "has_noise",
    "hyper_parameter",
    "inertia",
    "memory",
    "names",
    "noisy",
    "optimizer",
    "scheduled",
    "spec",
    "symbolic",
    "traced",
]


def catalogue() -> tuple[type[Optimizer], ...]:
    """Return every optimizer class, family by family."""
    return tuple(sorted(CATALOGUE.values(), key=lambda kind: FAMILIES.index(kind.family)))


def names() -> tuple[str, ...]:
    """Return every optimizer's name on the command line, family by family."""
    return tuple(kind.name for kind in catalogue())


AnyOptimizer = Optimizer | type[Optimizer] | str | Path | Callable[..., object] | tuple[Any, ...]
"""What is accepted as an optimizer everywhere, a tuple being optax's `GradientTransformation`: see `optimizer`."""


def optimizer(what: AnyOptimizer) -> Optimizer:
    """Return an optimizer: an object as it is, a class with its defaults, or parsed from text.

    Such texts are ``adam``, ``adam:lr=0.1,beta1=0.9``, with a schedule of the rate
    ``adam:lr=0.1,schedule=cosine,steps=500``, with noise in its gradients ``adam:lr=0.1,noise=0.5``, and, for a class
    in a file of your own, which is run, ``mine.py:MyRule`` and ``mine.py:MyRule:lr=0.1``. ``torch.Adam:lr=0.1`` and
    ``optax.adam:lr=0.1`` are other libraries' optimizers; so are a class of ``torch.optim`` itself,
    ``functools.partial`` of it, and a transformation of optax. Raises UserError for anything else.
    """
    if isinstance(what, Optimizer):
        check_rule(type(what))
        return what
    if isinstance(what, type) and issubclass(what, Optimizer) and what is not Optimizer:
        check_rule(what)
        return what()
    if foreign.is_foreign(what):
        return foreign.rule_of(what)
    if isinstance(what, Path) and userfiles.named(str(what)) is not None:
        what = str(what)
    if not isinstance(what, str):
        raise UserError(
            "An optimizer is a name (adam), a name with settings (adam:lr=0.1), a class in a file of your own "
            f"(mine.py:MyRule), or an object such as ll.optimizers.Adam(lr=0.1), not {shown(what)}."
        )
    file = userfiles.named(what)
    if file is not None:
        return _with_settings(_from_file(file), file.rest.split(",") if file.rest else ())
    name, colon, settings = what.strip().partition(":")
    if foreign.is_named(name.strip()):
        return _with_settings(foreign.named(name.strip()), settings.split(",") if colon else ())
    name = known_as(name, CATALOGUE)
    if name not in CATALOGUE:
        raise UserError(f"There is no optimizer {name!r}.{nearest(name, names())} `lossland optimizers` lists them.")
    check_rule(CATALOGUE[name])
    return _with_settings(CATALOGUE[name], settings.split(",") if colon else ())


def traced(what: AnyOptimizer) -> Optimizer:
    """Return an optimizer that can be explained and shown in the window; code of another library raises UserError."""
    rule = optimizer(what)
    if not rule.traced:
        trace(type(rule))
    return rule


def _with_settings(kind: type[Optimizer], settings: Sequence[str]) -> Optimizer:
    """Return an optimizer with settings such as ``lr=0.1``; the others have their defaults.

    A schedule, such as ``schedule=cosine``, adds settings of its own.
    """
    pairs = [tuple(part.strip() for part in setting.partition("=")) for setting in settings]
    schedules = [value for key, equals, value in pairs if key == "schedule" and equals]
    if len(schedules) > 1:
        raise UserError(f"{kind.name}'s schedule is given twice.")
    if schedules and not kind.traced:
        raise UserError(f"{kind.text} takes no schedule: it is another library's code.")
    if schedules:
        kind = scheduled(kind, schedules[0])
        check_rule(kind)
    options: list[str] = []
    if issubclass(kind, foreign.Foreign):
        kind, options = foreign.split(kind, [(key, value) for key, equals, value in pairs if equals])
    if any(key == "noise" and equals for key, equals, _ in pairs) and "noise" not in {i.name for i in fields(kind)}:
        kind = noisy_class(kind)
    name, known = kind.name, [item.name for item in fields(kind)]
    values: dict[str, float] = {}
    for setting, (key, equals, value) in zip(settings, pairs, strict=True):
        if (key == "schedule" or key in options) and equals:
            continue
        if not equals:
            raise UserError(f"Write {name}'s settings as in {kind.text}:lr=0.1, not as {setting.strip()!r}.")
        if key not in known:
            raise rule_module.lacks(name, key, known)
        if key in values:
            raise UserError(f"{name}'s {key} is given twice.")
        try:
            values[key] = float(value)
        except ValueError:
            raise UserError(f"{key} of {name} must be a number, not {value!r}.") from None
        if math.isinf(values[key]) and "inf" not in value.lower():
            raise UserError(f"{key} of {name} is too large: numbers end near 1.8e308, before {value}.")
    return kind(**values)


def _from_file(file: userfiles.Named) -> type[Optimizer]:
    """Return the class that a text such as ``mine.py:MyRule`` names."""

    def fits(value: object) -> bool:
        own = isinstance(value, type) and issubclass(value, Optimizer) and userfiles.is_own(value.__module__)
        return own or foreign.is_foreign(value)

    found = userfiles.find(file, "optimizer (a subclass of ll.optimizers.Optimizer)", fits)
    if foreign.is_foreign(found):
        kind: type[Optimizer] = foreign.kind_in_file(found, f"{file.path}:{file.name}" if file.name else file.path)
    else:
        kind, kind.text = found, f"{file.path}:{found.__name__}"
    kind.__reduce__ = _as_text  # another process knows the file, not our name of its module
    check_rule(kind)
    return kind


def _as_text(self: Optimizer) -> tuple[Callable[[str], Optimizer], tuple[str]]:
    return optimizer, (spec(self),)


def _lacks_default(kind: type[Optimizer], name: str) -> UserError:
    return UserError(f"{kind.__name__}'s {name} needs a default, as in {name}: float = 0.01.")


@cache
def check_rule(kind: type[Optimizer]) -> None:
    """Raise UserError unless a class is a rule that can be computed, explained and compiled.

    Code of another library is not checked. A class that lacks its ``@dataclass(frozen=True)`` gets it here, and so do
    its base classes.
    """
    if not kind.traced:
        return
    for one in reversed(kind.__mro__):
        if issubclass(one, Optimizer) and "__dataclass_fields__" not in vars(one):
            for name, annotation in vars(one).get("__annotations__", {}).items():
                if not hasattr(one, name) and "ClassVar" not in str(annotation):
                    raise _lacks_default(one, name)
            dataclass(frozen=True)(one)
    for item in fields(kind):
        if item.default is MISSING:
            raise _lacks_default(kind, item.name)
    terms = getattr(kind, "Terms", None)
    if not (isinstance(terms, type) and "step" in getattr(terms, "_fields", ())):
        raise UserError(
            f'{kind.__name__} must name the terms of a step, as by Terms = namedtuple("Terms", "m step"); '
            "the one called step is the move."
        )
    if rule_module.by_coordinate(kind) and kind.update is Optimizer.update:
        raise UserError(f"{kind.__name__} has no update(self, grad, last, t, position).")
    rule, method = kind(), "update" if rule_module.by_coordinate(kind) else "decide"
    where = place_of(getattr(kind, method))
    runs: list[Callable[[], object]] = [
        lambda: symbolic(kind).decide(Symbols(), _last(kind), variable("t")),
        lambda: trace(kind).terms,
    ]
    if rule_module.by_coordinate(kind):
        runs.insert(0, lambda: rule.update(1.0, rule.initial(), 1, 1.0))
    try:
        for one in (run() for run in runs):
            if not (isinstance(one, tuple) and isinstance(one, terms)):
                raise UserError(f"{where}: {method} of {kind.__name__} must return its Terms, not {shown(one)}.")
            for name, value in zip(terms._fields, one, strict=True):
                if isinstance(value, list | tuple | str | None) or (isinstance(value, np.ndarray) and value.ndim):
                    what = "a number" if method == "update" else "a number, or a vector or matrix made of the look's"
                    raise UserError(
                        f"{where}: {name} that {method} of {kind.__name__} returns must be {what}, not {shown(value)}."
                    )
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{method} of {kind.__name__} fails: {fault_of(error)}.") from error
    if rank(trace(kind).terms.step) > 1:
        raise UserError(f"{where}: the step of {kind.__name__} must be a vector, not a matrix.")
    if not rule_module.is_ours(kind) and not repeats(kind):
        raise UserError(
            f"{where}: {method} of {kind.__name__} gives other terms each time it is called, as with np.random, so "
            f"that no seed would repeat its runs: draw nothing in it, and name it with noise ({kind.text}:noise=0.5), "
            "which is drawn from the seed and added to its gradients."
        )


def _last(kind: type[Optimizer]) -> Step:
    return kind.Terms(*(variable(f"last.{name}") for name in kind.Terms._fields))


def spec(what: AnyOptimizer) -> str:
    """Return the text from which `optimizer` makes an equal one, with every hyper-parameter."""
    rule = optimizer(what)
    settings = [f"{item.name}={getattr(rule, item.name)!r}" for item in fields(rule)]
    if rule.schedule:
        settings.append(f"schedule={rule.schedule}")
    if isinstance(rule, foreign.Foreign):
        settings += [f"{name}={value + 0!r}" for name, value in rule.options.items()]
    return f"{rule.text}:{','.join(settings)}" if settings else rule.text


def defaults(what: AnyOptimizer) -> dict[str, float]:
    """Return the hyper-parameters of an optimizer and their defaults."""
    return {item.name: item.default for item in fields(_kind(what)) if item.default is not MISSING}


def hyper_parameter(what: AnyOptimizer, name: str) -> Hyper:
    """Return the symbol, slider and legal values of one hyper-parameter."""
    return rule_module.hyper_parameter(_kind(what), name)


def field_range(what: AnyOptimizer, name: str) -> tuple[float, float, bool]:
    """Return the slider of one hyper-parameter: smallest and largest value, and whether its scale is logarithmic."""
    hyper = hyper_parameter(what, name)
    return hyper.min, hyper.max, hyper.log


def inertia(what: AnyOptimizer) -> str:
    """Return the name of the hyper-parameter that controls inertia (momentum or beta1), "" if there is none."""
    return next((item.name for item in fields(_kind(what)) if item.name in ("momentum", "beta1")), "")


def memory(what: AnyOptimizer) -> tuple[str, ...]:
    """Return the names of the terms that a rule reads from the step before, found by tracing it."""
    kind = _kind(what)
    return tuple(trace(kind).remembered) if kind.traced else ("mover",)


def cost(what: AnyOptimizer, dimension: int = 2) -> float:
    """Return the cost of a step of an optimizer in gradient evaluations, counted from its trace.

    The gradient at its position is one, each further gradient one more; a Hessian times a vector is two, the whole
    Hessian two for each coordinate, a value a half. Code of another library gets one gradient per step.
    """
    kind = _kind(what)
    if not kind.traced:
        return 1.0
    found = trace(kind)
    return found.cost + 2.0 * (dimension - 2) * found.hessians


def by_coordinate(what: AnyOptimizer) -> bool:
    """Return whether a rule is coordinatewise, so that ``update`` is all of it."""
    return rule_module.by_coordinate(_kind(what))


def _kind(what: AnyOptimizer) -> type[Optimizer]:
    return type(optimizer(what))
