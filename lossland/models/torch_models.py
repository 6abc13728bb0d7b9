"""PyTorch modules of a user's own as losses of flat parameter vectors, evaluated by ``torch.func`` on CPU or CUDA.

Models are evaluated in evaluation mode: dropout is off, and batch normalization uses the centre network's running
statistics for all points, as Li et al.'s code does with its directions of kind "weights". Parameters that require no
gradient stay fixed. The loss function is assumed to be a mean over its samples; batches are weighted by their number of
samples.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from lossland import userfiles
from lossland.errors import USER_FILES, MachineError, UserError, fault_of, nearest, sentence, shown
from lossland.models.networks import Array, Parameter, laid_out, views_of

if TYPE_CHECKING:
    import torch  # pyright: ignore[reportMissingImports]

    Module: TypeAlias = torch.nn.Module
    Optimizer: TypeAlias = torch.optim.Optimizer
    Tensor: TypeAlias = torch.Tensor

Floats = NDArray[np.float64]
NEEDS_TORCH = "Networks of your own need PyTorch, which is not installed here: pip install 'lossland[torch]'."
FACTORY = "A factory returns a model, a loss function and data: return model, loss, (inputs, targets)"
MOST_TOGETHER = 64  # networks evaluated by one call
NUMBERS = {"cpu": 2**22, "cuda": 2**28}  # numbers of a layer's activations held at once
FEWEST_SAMPLES = 64  # in a batch, whatever the network's size


def require_torch() -> ModuleType:
    """Return PyTorch, or raise MachineError with what to do."""
    try:
        return importlib.import_module("torch")
    except ImportError:
        raise MachineError(NEEDS_TORCH) from None


# --------------------------------------------------------------------------------------------------------- factories


class Made(NamedTuple):
    """What a factory returns."""

    model: Module
    loss: Callable[..., Tensor]
    data: object  # see `TorchTask`


def made_by(text: str) -> Made:
    """Return what the factory ``module:factory`` or ``path/to/file.py:factory`` makes."""
    require_torch()
    factory = _factory(text)
    try:
        made = factory()
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"The factory {text} fails: {fault_of(error)}.") from error
    if not isinstance(made, tuple) or len(made) != 3:
        length = f" of length {len(made)}" if isinstance(made, tuple | list) else ""
        raise UserError(f"{FACTORY}; {text} returned a {type(made).__name__}{length}.")
    return checked(Made(*made), f"the first of {text}", f"the second of {text}", FACTORY)


def checked(made: Made, model: str = "net", loss: str = "loss", hint: str = "") -> Made:
    """Return a model with its loss and data if they have the right types; else raise UserError that names them."""
    hint = f"{hint}; " if hint else ""
    if not isinstance(made.model, require_torch().nn.Module):
        raise UserError(f"{hint}{model} is a {type(made.model).__name__} and no torch.nn.Module.")
    if not callable(made.loss):
        raise UserError(f"{hint}{loss} is a {type(made.loss).__name__} and no function.")
    return made


def _factory(text: str) -> Callable[[], object]:
    named = userfiles.named(text)
    if named is not None:
        if not named.name:
            raise UserError(f"Say which function makes the model, as in {named.path}:factory.")
        return userfiles.find(named, "factory", callable)
    name, colon, inner = text.strip().partition(":")
    if not colon or not all(part.isidentifier() for part in (*name.split("."), *inner.split("."))):
        raise UserError(f"A factory is written module:factory or path/to/file.py:factory, not {shown(text)}.")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as python -m does
    try:
        found: Any = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UserError(f"There is no module {name!r} here, and none is installed.") from error
        raise UserError(f"The module {name} does not run: {sentence(error)}") from error
    except Exception as error:
        raise UserError(f"The module {name} does not run: {sentence(error)}") from error
    if found.__file__:
        USER_FILES.add(Path(found.__file__))
    for part in inner.split("."):
        if not hasattr(found, part):
            known = [key for key, value in vars(found).items() if callable(value) and not key.startswith("_")]
            raise UserError(f"The module {name} has no factory {inner!r}.{nearest(inner, known)}")
        found = getattr(found, part)
    if not callable(found):
        raise UserError(f"{text} is a {type(found).__name__} and no function that makes a model.")
    return found


def device_of(backend: str) -> str:
    """Return the device, cpu or cuda, of ``auto``, ``cpu`` or ``cuda``."""
    torch = require_torch()
    there = torch.cuda.is_available()
    if backend == "cuda" and not there:
        raise MachineError("PyTorch finds no CUDA device here; use --backend cpu.")
    return "cuda" if there and backend != "cpu" else "cpu"


# --------------------------------------------------------------------------------------------------------------- data


class Batch(NamedTuple):
    """Some samples on the device."""

    arguments: tuple[object, ...]
    keywords: dict[str, object]
    target: Any  # the tensors that the loss function takes
    samples: int


def _read(data: Any, seed: int) -> object:
    """Return data that can be iterated more than once: an iterable of batches, such as a DataLoader, as a list."""
    torch = require_torch()
    if _is_pair(data) or isinstance(data, torch.utils.data.Dataset):
        return data
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # for a DataLoader that shuffles
            return list(data)
    except Exception as error:
        raise UserError(f"The data cannot be read: {fault_of(error)}.") from error


def _batches(data: Any, size: int, put: Callable[[Tensor], Tensor]) -> Iterator[Batch]:
    """Yield all of the data: a pair (inputs, targets), a dataset, or a list of such pairs."""
    if _is_pair(data):
        data = _cut(data[0], data[1], size)
    elif not isinstance(data, list):
        data = require_torch().utils.data.DataLoader(data, batch_size=size)
    try:
        for pair in data:
            yield _batch(pair, put)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"The data cannot be read: {fault_of(error)}.") from error


def _is_pair(data: object) -> bool:
    return isinstance(data, tuple | list) and len(data) == 2 and _is_array(data[1])


def _is_array(value: object) -> TypeGuard[Tensor]:
    return hasattr(value, "shape") and hasattr(value, "__getitem__")


def _cut(inputs: object, target: Tensor, size: int) -> Iterator[tuple[object, Tensor]]:
    """Yield pairs of at most ``size`` samples."""
    count = len(target)
    for part in _tensors(inputs):
        if len(part) != count:
            raise UserError(f"The data have {len(part)} inputs and {count} targets; each sample has one of both.")
    for start in range(0, count, size):
        piece = slice(start, start + size)
        yield _each(inputs, lambda part, piece=piece: part[piece]), target[piece]


def _each(tree: object, function: Callable[[Tensor], object]) -> object:
    """Return a mapping or sequence with a function applied to each array in it."""
    if isinstance(tree, Mapping):
        return {key: _each(value, function) for key, value in tree.items()}
    if isinstance(tree, tuple | list):
        return tuple(_each(value, function) for value in tree)
    return function(tree) if _is_array(tree) else tree


def _tensors(tree: object) -> list[Tensor]:
    found: list[Tensor] = []
    _each(tree, found.append)
    return found


def _batch(pair: object, put: Callable[[Tensor], Tensor]) -> Batch:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise UserError(
            f"Data are (inputs, targets), or yield such pairs, as a DataLoader does; here is a {type(pair).__name__}."
        )
    inputs, target = (_each(part, put) for part in pair)
    samples = next((len(part) for part in (*_tensors(target), *_tensors(inputs)) if part.ndim), 0)
    if isinstance(inputs, dict):
        return Batch((), inputs, target, samples)
    return Batch(inputs if isinstance(inputs, tuple) else (inputs,), {}, target, samples)


# ----------------------------------------------------------------------------------------------------------- the loss


@dataclass(frozen=True)
class TorchLayout:
    """A module's trainable parameters: their names and shapes, in the order of ``parameters_to_vector``."""

    title: str
    parameters: tuple[Parameter, ...]

    @property
    def size(self) -> int:
        """The number n of parameters."""
        return self.parameters[-1].stop

    def views(self, theta: Array) -> dict[str, Array]:
        """Return the parameters of (n,) or (P, n) by their names, each in its shape."""
        return views_of(self.parameters, theta)


class TorchTask:
    """The loss of a module over data as a function of flat NumPy parameter vectors, with its derivatives.

    ``loss(outputs, targets)`` returns a mean over the samples. ``data`` are (inputs, targets) as tensors or arrays, a
    dataset, or an iterable of such pairs; inputs that are a tuple or a mapping become several arguments. They are read
    once, and are the same for every point. ``batch`` samples are evaluated at a time, by default as many as fit.

    ``dtype`` is float32 or float64, by default the module's own; the module is changed to it, and moved to ``device``.
    Several networks are evaluated by one call of ``torch.func.vmap`` where the module supports it, else one after the
    other: ``way`` tells which, and ``remarks`` what else a user should know.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[..., Tensor],
        data: object,
        device: str = "cpu",
        dtype: str | None = None,
        batch: int | None = None,
        seed: int = 0,
    ) -> None:
        torch = self._torch = require_torch()
        own = _own_dtype(torch, model)
        self.dtype = dtype or own
        self.device, self._kind, self._seed = device, getattr(torch, self.dtype), seed
        self.model = model.to(device=device, dtype=self._kind).eval()
        self._function: Any = loss
        if isinstance(loss, torch.nn.Module):  # which may have buffers, such as class weights
            self._function.to(device=device, dtype=self._kind)
        self.precision = 1e-8 if self.dtype == "float64" else 1e-5
        every = dict(model.named_parameters())
        free = {name: value for name, value in every.items() if value.requires_grad}
        if not free:
            raise UserError("The model has no parameter that requires a gradient, so there is nothing to slice along.")
        self.network = TorchLayout(type(model).__name__, laid_out({n: tuple(p.shape) for n, p in free.items()}))
        self._sizes = [p.stop - p.start for p in self.network.parameters]
        self._fixed = {name: value.detach() for name, value in every.items() if name not in free}
        self._fixed |= dict(model.named_buffers())
        self.frozen = sum(value.numel() for name, value in every.items() if name not in free)
        self.theta = _vector(free.values())
        data = _read(data, seed)
        first = next(_batches(data, 2, self._put), None)
        if first is None or not first.samples:
            raise UserError("The data are empty: there is no sample to take the loss of.")
        self._widest, total = self._activations(first)
        size = batch or max(FEWEST_SAMPLES, 4 * NUMBERS[device] // max(1, total))
        self.batches = list(_batches(data, size, self._put))
        self.samples = sum(one.samples for one in self.batches)
        self._classes = self._has_classes()
        largest = max(one.samples for one in self.batches)
        fits = NUMBERS[device] // max(1, self._widest * largest, self.network.size)
        self.piece = min(MOST_TOGETHER, max(1, fits))
        self.way = self._tried() if self.piece > 1 else "one at a time: a network fills the memory set aside"
        self.remarks = self._remarked()

    # ------------------------------------------------------------------------------------------------- preparation
    def _put(self, value: Any) -> Tensor:
        """Return an array on the device: floats in the network's precision, integers unchanged."""
        torch = self._torch
        foreign = not isinstance(value, torch.Tensor)
        tensor = torch.as_tensor(np.asarray(value)) if foreign else value
        if tensor.is_floating_point():
            return tensor.to(device=self.device, dtype=self._kind)
        small = foreign and tensor.dtype != torch.bool
        return tensor.to(device=self.device, dtype=torch.int64 if small else tensor.dtype)

    def _activations(self, batch: Batch) -> tuple[int, int]:
        """Return the largest and the total number of activations per sample in the leaf modules."""
        found: list[int] = [sum(part.numel() for part in _tensors(batch.arguments))]

        def seen(module: Module, inputs: object, out: object) -> None:
            found.append(sum(part.numel() for part in _tensors(out)))

        leaves = [module for module in self.model.modules() if not list(module.children())]
        hooks = [module.register_forward_hook(seen) for module in leaves]
        try:
            with self._guarded():
                self._output(self._row(self.theta), batch)
        finally:
            for hook in hooks:
                hook.remove()
        samples = max(1, batch.samples)
        return max(found) // samples, sum(found) // samples

    def _has_classes(self) -> bool:
        """Whether targets are classes, indicated by the outputs' second axis; also checks the loss."""
        torch, batch = self._torch, self.batches[0]
        with self._guarded():
            out = self._output(self._row(self.theta), batch)
            value = self._function(out, batch.target)
        if not isinstance(value, torch.Tensor) or value.ndim:
            what = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else shown(value)
            raise UserError(f"The loss function must return a tensor of one number, the mean over samples, not {what}.")
        if not bool(torch.isfinite(value)):
            raise UserError(f"The loss of the model itself is {float(value)}: there is nothing to slice around.")
        target = batch.target
        return (
            isinstance(out, torch.Tensor)
            and isinstance(target, torch.Tensor)
            and target.dtype in (torch.int64, torch.int32, torch.uint8)
            and out.ndim == target.ndim + 1
            and out.shape[1] > 1
            and out.shape[:1] + out.shape[2:] == target.shape
        )

    def _tried(self) -> str:
        """Return how networks are evaluated, after a trial with two of them near the centre."""
        torch = self._torch
        rows = self._row(self.theta).repeat(2, 1) * torch.tensor([[1.0], [1.01]], device=self.device, dtype=self._kind)
        with self._guarded():
            singly = [self._values(row, self.batches[0])[0] for row in rows]
        try:
            with warnings.catch_warnings(), self._evaluating():
                warnings.simplefilter("error")  # vmap warns where it falls back to a loop
                together = self._mapped()(rows, 0)[0]
        except Exception as error:
            return f"one at a time: vmap cannot map this module ({fault_of(error)[:90]})"
        if not torch.allclose(torch.stack(singly), together, rtol=1e-3, atol=1e-5, equal_nan=True):
            return "one at a time: mapped by vmap, this module gives other values"
        return f"by vmap, {self.piece} at a time"

    def _remarked(self) -> list[str]:
        norms = [module for module in self.model.modules() if hasattr(module, "running_mean")]
        said = []
        if any(module.running_mean is not None for module in norms):
            said.append("batch normalization uses the running statistics of the network in the middle")
        if any(module.running_mean is None for module in norms):
            said.append("normalization without running statistics uses those of each batch")
        if self.frozen:
            said.append(f"{self.frozen} parameters require no gradient and stay as they are")
        return said

    # -------------------------------------------------------------------------------------------------- evaluation
    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        """Set PyTorch up: no gradients recorded, and the same random numbers for every network."""
        with self._torch.no_grad(), self._torch.random.fork_rng(devices=[]):
            self._torch.manual_seed(self._seed)
            yield

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """The same, reporting errors in the user's model as UserError."""
        try:
            with self._evaluating():
                yield
        except UserError:
            raise
        except Exception as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> Exception:
        if isinstance(error, MemoryError | self._torch.OutOfMemoryError):
            return MachineError("The device has too little memory for this model and its data; give a smaller --batch.")
        return UserError(f"The model or its loss cannot be evaluated: {fault_of(error)}.")

    def _row(self, theta: Array) -> Tensor:
        """Return parameters as a tensor on the device."""
        return self._torch.as_tensor(np.asarray(theta)).to(device=self.device, dtype=self._kind)

    def _output(self, row: Tensor, batch: Batch) -> Any:
        parts = zip(self.network.parameters, row.split(self._sizes), strict=True)
        values = {p.name: part.view(p.shape) for p, part in parts} | self._fixed
        return self._torch.func.functional_call(self.model, values, batch.arguments, batch.keywords)

    def _loss(self, row: Tensor, batch: Batch) -> Tensor:
        return self._function(self._output(row, batch), batch.target)

    def _values(self, row: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return loss and accuracy of one network on one batch."""
        out = self._output(row, batch)
        value = self._function(out, batch.target)
        if not self._classes:
            return value, self._torch.full_like(value, math.nan)
        return value, (out.argmax(1) == batch.target).to(value.dtype).mean()

    def _mapped(self) -> Callable[[Tensor, int], tuple[Tensor, Tensor]]:
        """Return loss and accuracy of many networks (P, n) on the batch of an index."""

        def many(rows: Tensor, index: int) -> tuple[Tensor, Tensor]:
            batch = self.batches[index]
            return self._torch.func.vmap(lambda row: self._values(row, batch))(rows)

        return many

    def values(self, rows: Tensor) -> tuple[Floats, Floats]:
        """Return loss and accuracy (P,) of networks (P, n), tensors on the device."""
        loss, right = np.zeros(len(rows)), np.zeros(len(rows))
        mapped = self._mapped() if self.way.startswith("by vmap") else None
        for index, batch in enumerate(self.batches):
            if mapped is not None:
                with self._guarded():
                    values, shares = mapped(rows, index)
                found = values.double().cpu().numpy(), shares.double().cpu().numpy()
            else:
                pairs = []
                for row in rows:
                    with self._guarded():
                        value, share = self._values(row, batch)
                    pairs.append((float(value), float(share)))
                found = tuple(np.array(pairs).T)
            loss += batch.samples * found[0]
            right += batch.samples * found[1]
        return loss / self.samples, right / self.samples

    def _all(self, theta: Array) -> tuple[Floats, Floats]:
        rows = np.atleast_2d(theta)
        found = [self.values(self._row(rows[i : i + self.piece])) for i in range(0, len(rows), self.piece)]
        loss, right = (np.concatenate(part) for part in zip(*found, strict=True))
        return (loss, right) if np.ndim(theta) == 2 else (loss[0], right[0])

    def loss(self, theta: Array) -> Array:
        """Return the loss of (n,) or (P, n)."""
        return self._all(theta)[0]

    def accuracy(self, theta: Array) -> Array:
        """Return the share of samples classified correctly, nan where targets are no classes."""
        return self._all(theta)[1]

    def gradient(self, theta: Array) -> Array:
        """Return the gradient, in the shape of theta."""
        rows = [self._gradient(self._row(row)) for row in np.atleast_2d(theta)]
        return np.stack(rows).reshape(np.shape(theta))

    def _gradient(self, row: Tensor) -> Floats:
        found = np.zeros(self.network.size)
        for batch in self.batches:
            with self._differentiated():
                slope = self._torch.func.grad(self._loss)(row, batch)
            found += batch.samples / self.samples * slope.double().cpu().numpy()
        return found

    def hessian_times(self, theta: Array, direction: Array) -> Array:
        """Return the Hessian at theta (n,) times directions (n,) or (k, n): exact, by differentiating the gradient."""
        rows, found = self._row(np.atleast_2d(direction)), np.zeros(np.shape(np.atleast_2d(direction)))
        for batch in self.batches:
            with self._differentiated():
                slope = partial(self._torch.func.grad(self._loss), batch=batch)
                _, product_with = self._torch.func.vjp(slope, self._row(theta))
                for k, row in enumerate(rows):
                    (product,) = product_with(row)
                    found[k] += batch.samples / self.samples * product.double().cpu().numpy()
        return found.reshape(np.shape(direction))

    @contextmanager
    def _differentiated(self) -> Iterator[None]:
        """Set PyTorch up for second derivatives, which its fastest attention and recurrence kernels lack."""
        torch = self._torch
        try:
            with ExitStack() as stack:
                stack.enter_context(torch.random.fork_rng(devices=[]))
                torch.manual_seed(self._seed)
                stack.enter_context(torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH))
                if any(isinstance(module, torch.nn.RNNBase) for module in self.model.modules()):
                    stack.enter_context(torch.backends.cudnn.flags(enabled=False))
                yield
        except Exception as error:
            raise self._fault(error) from error

    def surface(self, centre: Array, directions: Array, dtype: str = "") -> TorchSurface:
        """Return the loss on the plane from a centre (n,) along directions (k, n), in the module's own precision."""
        return TorchSurface(self, centre, directions)


class TorchSurface:
    """The loss of a module on the plane (or line) from a centre (n,) along directions (k, n)."""

    def __init__(self, task: TorchTask, centre: Array, directions: Array) -> None:
        self.task, self._centre, self._directions = task, task._row(centre), task._row(directions)

    def at(self, places: Floats) -> tuple[Floats, Floats]:
        """Return loss and accuracy (m,) at places (m, k)."""
        task, found = self.task, []
        for start in range(0, len(places), task.piece):
            shares = task._row(np.asarray(places[start : start + task.piece], float))
            found.append(task.values(self._centre + shares @ self._directions))
        loss, right = zip(*found, strict=True) if found else ((np.zeros(0),), (np.zeros(0),))
        return np.concatenate(loss), np.concatenate(right)


def _own_dtype(torch: ModuleType, model: Module) -> str:
    """Return the precision of a module's parameters, float32 or float64."""
    kinds = {value.dtype for value in model.parameters()} or {torch.float32}
    for kind in kinds:
        if kind not in (torch.float32, torch.float64):
            name = str(kind).removeprefix("torch.")
            raise UserError(f"The model has parameters of type {name}, too coarse for a slice; make it model.float().")
    return "float64" if torch.float64 in kinds else "float32"


def _vector(values: Iterable[Tensor]) -> Floats:
    return np.concatenate([value.detach().double().cpu().numpy().ravel() for value in values])
