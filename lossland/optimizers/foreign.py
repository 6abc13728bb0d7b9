"""Adapters for the optimizers of PyTorch and optax: their own code, run on arrays.

A text such as ``torch.Adam:lr=0.1`` or ``optax.adam:lr=0.1`` names one. Its hyper-parameters come from its signature:
numbers become fields (``betas=(0.9, 0.999)`` becomes ``beta1`` and ``beta2``, optax's ``learning_rate`` becomes
``lr``), with the range of our own rule of that name. Flags, and parameters without a number as default (``nesterov``,
``amsgrad``, optax's ``momentum``), are *options*, which are fixed by the text and not tuned. Such a rule cannot run on
symbols, so it is neither explained nor compiled.
"""

from __future__ import annotations

import inspect
import re
import sys
from abc import abstractmethod
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields, make_dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from lossland.errors import MachineError, UserError, fault_of, nearest
from lossland.expression.node import Array, Value
from lossland.optimizers.look import Look
from lossland.optimizers.noise import noisy_class
from lossland.optimizers.rule import CATALOGUE, Hyper, Optimizer, Step

Keyword = float | tuple[float, ...]

LIBRARIES = {"torch": ("PyTorch", "torch.optim", "torch"), "optax": ("optax", "optax", "optax")}
"""For the prefix of a text: the library's title, its module, and the package to install."""

RATE = 0.01  # of an optax transformation, which has no default of its own
BY_COORDINATE = {
    "SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop", "Rprop", "ASGD",
}  # fmt: skip
"""Coordinatewise classes of ``torch.optim``: all particles are one tensor (N, n)."""

MATRIX = {"Muon"}  # classes for matrices only: a particle is one of shape (1, n), as in our `Muon`
REFUSED = {
    "LBFGS": "it evaluates the function as often as it likes within a step; lossland has bfgs",
    "SparseAdam": "it takes sparse gradients alone, and a landscape has none",
}
NUMBERS = ("lr", "momentum", "weight_decay")  # hyper-parameters even if the default is an integer or None
OPTIONS = ("dampening", "initial_accumulator_value")  # numbers that are not tuned
OUR_NAMES = {"b1": "beta1", "b2": "beta2"}  # of optax's hyper-parameters
KNOWN = {  # metadata that the default does not determine, see `Hyper`
    "lr": Hyper(r"\eta", 1e-5, 1.0, log=True),
    "momentum": Hyper(r"\mu", 0.0, 0.999, log=False, below=1.0),
    "weight_decay": Hyper(r"\lambda", 0.0, 1.0, log=False),
}


class Mover(Protocol):
    """Steps some particles and holds their optimizer state."""

    def move(self, position: Array, grad: Array) -> Array:
        """Return the step (n, N) of particles at ``position`` (n, N) with the gradients ``grad`` (n, N)."""
        ...


Options = Mapping[str, float]  # keyword arguments that are not hyper-parameters


class Argument(NamedTuple):
    """The keyword of a hyper-parameter, and its index if the value is a tuple."""

    keyword: str
    entry: int | None = None


class Foreign(Optimizer):
    """A rule whose code is in another library. A class is made for each, see `named`."""

    traced, variant = False, True
    make: ClassVar[Callable[..., Any]]  # the class or function of the library
    options: ClassVar[Options] = {}
    arguments: ClassVar[dict[str, Argument]] = {}  # of each field
    Terms = namedtuple("Terms", "mover step")

    def begin(self, position: Array) -> Mover:
        """Return the mover of particles that start at ``position`` (n, N)."""
        try:
            return self._mover(position)
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"{self.text} does not begin: {fault_of(error)}.") from error

    def move(self, mover: Mover, position: Array, grad: Array) -> Array:
        """Return the step (n, N)."""
        try:
            return mover.move(position, grad)
        except Exception as error:
            raise UserError(f"{self.text} fails: {fault_of(error)}.") from error

    @abstractmethod
    def _mover(self, position: Array) -> Mover: ...

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        """Raise UserError: the rule cannot be traced."""
        raise UserError(
            f"{self.text} is another library's code, which cannot be explained, compiled or shown in the window; it "
            "runs in run, swarm, basins and bench."
        )

    def _keywords(self) -> dict[str, Keyword]:
        """Return the hyper-parameters and options as keyword arguments of the library."""
        found: dict[str, Keyword] = dict(self.options)
        tuples: dict[str, tuple[float, ...]] = {}
        for name, argument in self.arguments.items():
            value = getattr(self, name)
            if argument.entry is None:
                found[argument.keyword] = value
            else:
                tuples[argument.keyword] = (*tuples.get(argument.keyword, ()), value)
        return {**found, **tuples}

    def __reduce__(self) -> tuple[Callable[..., Optimizer], tuple[object, ...]]:
        settings = {item.name: getattr(self, item.name) for item in fields(self)}
        head, dot, name = self.text.partition(".")
        if not (dot and head in LIBRARIES):
            raise UserError(f"{self.text} cannot be sent to other processes: name it, as in torch.Adam:lr=0.1.")
        return _again, (head, name, self.options, settings)


def _again(library: str, name: str, options: Options, settings: Mapping[str, float]) -> Foreign:
    kind = with_options(named(f"{library}.{name}"), options)
    return (noisy_class(kind) if "noise" in settings else kind)(**settings)  # type: ignore[return-value]


# ----------------------------------------------------------------------------------------------------- PyTorch
class TorchRule(Foreign):
    """A class of ``torch.optim``, or with the same interface."""

    def _mover(self, position: Array) -> Mover:
        return _TorchMover(self.make, self._keywords(), position)


class _TorchMover:
    """Particles as parameters: one tensor for coordinatewise rules, else one optimizer for each particle."""

    def __init__(self, make: Callable[..., Any], keywords: Mapping[str, Keyword], position: Array) -> None:
        self._torch = import_module("torch")
        rows = self._tensor(position)
        kind = make.func if isinstance(make, partial) else make
        name = kind.__name__ if kind.__module__.startswith("torch.optim") else ""
        if name in BY_COORDINATE:
            self._parameters = [rows]
        elif name in MATRIX:
            self._parameters = [row.reshape(1, -1).clone() for row in rows]
        else:
            self._parameters = [row.clone() for row in rows]
        self._rules = [make([parameter.requires_grad_()], **keywords) for parameter in self._parameters]

    def move(self, position: Array, grad: Array) -> Array:
        """Return the step (n, N)."""
        self._distribute(self._tensor(position), "data")
        self._distribute(self._tensor(grad), "grad")
        for rule in self._rules:
            rule.step()
        after = self._torch.stack([one.detach().reshape(-1) for one in self._parameters])
        return after.numpy().reshape(-1, position.shape[0]).T - position

    def _tensor(self, array: Array) -> Any:
        return self._torch.from_numpy(np.array(array.T, order="C"))

    def _distribute(self, rows: Any, name: str) -> None:
        parts = [rows] if len(self._parameters) == 1 and self._parameters[0].ndim == 2 else rows
        for parameter, part in zip(self._parameters, parts, strict=True):
            setattr(parameter, name, part.reshape(parameter.shape))


# ------------------------------------------------------------------------------------------------------- optax
class OptaxRule(Foreign):
    """A gradient transformation of optax, mapped over the particles: each has a state of its own."""

    def _mover(self, position: Array) -> Mover:
        return _OptaxMover(self.make(**self._keywords()), position)


class _OptaxMover:
    def __init__(self, transformation: Any, position: Array) -> None:
        self._jax = import_module("jax")

        def step(position: object, grad: object, state: object) -> tuple[object, object]:
            return transformation.update(grad, state, position)

        with self._jax.enable_x64(position.dtype == np.float64):
            self._state = self._jax.vmap(transformation.init)(self._jax.numpy.asarray(position.T))
            self._step = self._jax.jit(self._jax.vmap(step))

    def move(self, position: Array, grad: Array) -> Array:
        """Return the step (n, N)."""
        with self._jax.enable_x64(position.dtype == np.float64):
            update, self._state = self._step(position.T, grad.T, self._state)
        return np.asarray(update).T


# --------------------------------------------------------------------------------------------- finding and making
def is_named(name: str) -> bool:
    """Whether a name is that of a library's optimizer: ``torch.Adam``, ``optax.adam``."""
    return name.partition(".")[0] in LIBRARIES and "." in name


@cache
def named(name: str) -> type[Foreign]:
    """Return the class of ``torch.NAME`` or ``optax.NAME``, or raise UserError."""
    library, _, inner = name.partition(".")
    title, module, package = LIBRARIES[library]
    try:
        home = import_module(module)
    except ImportError:
        raise MachineError(f"{name} needs {title}, which is not installed here: pip install {package}.") from None
    if inner in REFUSED and library == "torch":
        raise UserError(f"{name} cannot run here: {REFUSED[inner]}.")
    known = [key for key, value in vars(home).items() if _is_rule(library, key, value)]
    if inner not in known:
        kind = "optimizer" if library == "torch" else "optimizer with a learning rate"
        raise UserError(f"{title} has no {kind} {inner!r}.{nearest(inner, known)}")
    return _kind(getattr(home, inner), TorchRule if library == "torch" else OptaxRule, name, title)


def _is_rule(library: str, name: str, value: object) -> bool:
    if library == "torch":
        return is_torch_class(value)
    return inspect.isfunction(value) and "learning_rate" in inspect.signature(value).parameters


def is_torch_class(value: object) -> bool:
    """Whether something is a PyTorch optimizer class; does not import PyTorch."""
    torch = sys.modules.get("torch")
    base = getattr(getattr(torch, "optim", None), "Optimizer", None)
    return base is not None and isinstance(value, type) and issubclass(value, base) and value is not base


def is_foreign(value: object) -> bool:
    """Whether something is a PyTorch optimizer class, a ``functools.partial`` of one, or an optax transformation."""
    if isinstance(value, partial):
        return is_torch_class(value.func) and not value.args
    return is_torch_class(value) or _is_transformation(value)


def _is_transformation(value: object) -> bool:
    optax = sys.modules.get("optax")
    return optax is not None and isinstance(value, optax.GradientTransformation)


def rule_of(value: Any) -> Foreign:
    """Return the rule of what `is_foreign` recognizes."""
    if _is_transformation(value):
        return _opaque("optax's transformation", value)()
    kind, given = (value.func, value.keywords) if isinstance(value, partial) else (value, {})
    known = kind.__module__.startswith("torch.optim")
    made = named(f"torch.{kind.__name__}") if known else _kind(kind, TorchRule, kind.__qualname__, "PyTorch")
    numbers: dict[str, float] = {}
    options: dict[str, float] = {}
    for keyword, setting in given.items():
        names = [name for name, argument in made.arguments.items() if argument.keyword == keyword]
        if names:
            numbers |= dict(zip(names, setting if isinstance(setting, tuple) else (setting,), strict=True))
        else:
            options[keyword] = setting
    return with_options(made, options)(**numbers)


def kind_in_file(value: Any, text: str) -> type[Foreign]:
    """Return the class of what `is_foreign` recognizes in a file of the user's, which ``text`` names."""
    return _opaque(text, value) if _is_transformation(value) else _kind(value, TorchRule, text, "PyTorch")


def _opaque(text: str, transformation: Any) -> type[Foreign]:
    made = make_dataclass("Transformation", [], bases=(OptaxRule,), frozen=True)
    made.title = made.name = made.text = text
    made.make = staticmethod(lambda: transformation)
    return made


def _kind(make: Callable[..., object], base: type[Foreign], text: str, title: str) -> type[Foreign]:
    """Make the class of a library's optimizer, with its numbers as fields."""
    arguments: dict[str, Argument] = {}
    defaults: dict[str, float] = {}
    for name, parameter in list(inspect.signature(make).parameters.items())[base is TorchRule :]:
        default = parameter.default
        if name == "learning_rate":
            default = default if isinstance(default, float) else RATE
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or name in OPTIONS:
            continue
        own = "lr" if name == "learning_rate" else name
        if isinstance(default, tuple) and all(isinstance(one, float) for one in default):
            for index, one in enumerate(default, start=1):
                arguments[f"{name.removesuffix('s')}{index}"] = Argument(name, index - 1)
                defaults[f"{name.removesuffix('s')}{index}"] = one
        elif isinstance(default, float) or (own in NUMBERS and type(default) is int):
            arguments[own], defaults[own] = Argument(name), float(default)
        elif default is parameter.empty:
            raise UserError(f"{text} needs its {name}, for which a text has no form; make it in a file of your own.")
    alike = CATALOGUE.get(make.__name__.lower()) if hasattr(make, "__name__") else None
    ours = {item.name: item.metadata for item in fields(alike)} if alike else {}
    shown = {
        name: ours.get(OUR_NAMES.get(name, name)) or ({"hyper": KNOWN[name]} if name in KNOWN else {})
        for name in defaults
    }
    short = re.split(r"[.:]", text)[-1]
    made = make_dataclass(
        short,
        [(name, float, field(default=value, metadata=shown[name])) for name, value in defaults.items()],
        bases=(base,),
        frozen=True,
    )
    made.title = f"{short} ({title})"
    made.name = made.text = text
    made.source = f"{title}'s own code"
    made.make, made.arguments = staticmethod(make), arguments
    return made


def split(kind: type[Foreign], settings: Sequence[tuple[str, str]]) -> tuple[type[Foreign], list[str]]:
    """Return the class with the options among settings (name, value), and the names of those."""
    taken = inspect.signature(kind.make).parameters
    own = [item.name for item in fields(kind)]
    options: dict[str, float] = {}
    for name, text in settings:
        if name in taken and name not in own and taken[name].kind is not taken[name].VAR_KEYWORD:
            options[name] = _option(kind, name, text, taken[name].default)
    return with_options(kind, options), list(options)


def _option(kind: type[Foreign], name: str, text: str, default: object) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"{name} of {kind.text} must be a number, 0 or 1 for no or yes, not {text!r}.") from None
    if isinstance(default, bool):
        return bool(value)
    return int(value) if isinstance(default, int) and value.is_integer() else value


@cache
def _with(kind: type[Foreign], options: tuple[tuple[str, float], ...]) -> type[Foreign]:
    made = make_dataclass(kind.__name__, [], bases=(kind,), frozen=True)
    made.options = dict(options)
    return made


def with_options(kind: type[Foreign], options: Options) -> type[Foreign]:
    """Return a class with some options given."""
    return _with(kind, tuple(sorted(options.items()))) if options else kind
