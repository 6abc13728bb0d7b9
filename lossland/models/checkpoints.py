"""A training's path read from files: PyTorch's checkpoints, safetensors, or one recorded run (.npz).

Checkpoints are state dicts, or hold one under some key, perhaps with a prefix before all names, as Lightning
(``model.``), ``DataParallel`` (``module.``) and ``torch.compile`` (``_orig_mod.``) put there. No code in a file is
executed: they are read with ``weights_only=True``.
"""

from __future__ import annotations

import glob
import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.errors import MachineError, UserError, cut
from lossland.models.networks import Parameter, Shape
from lossland.models.recorder import read_run
from lossland.models.slices import Layout
from lossland.models.torch_models import require_torch

if TYPE_CHECKING:
    from lossland.models.torch_models import Module

Floats = NDArray[np.float64]
State = Mapping[str, Any]  # arrays or tensors by name


def files_of(patterns: Sequence[str]) -> list[Path]:
    """Return the files of names and patterns such as ``run/*.pt``, those of a pattern in natural order."""
    found: list[Path] = []
    for pattern in patterns:
        text = str(Path(pattern).expanduser())
        names = [text] if os.path.isfile(text) else sorted(glob.glob(text, recursive=True), key=_natural)
        files = [Path(name) for name in names if os.path.isfile(name)]
        if not files:
            raise UserError(f"There is no file {pattern!r}.")
        found += files
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key by which e2 comes before e10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"([0-9]+)", name)]


def is_run(files: Sequence[Path]) -> bool:
    """Whether the files are one recorded run."""
    return len(files) == 1 and files[0].suffix.lower() == ".npz"


def states(files: Sequence[Path]) -> Iterator[tuple[str, State]]:
    """Yield the state of each checkpoint, or of each step of a recorded run, with a name for messages."""
    if is_run(files):
        run = read_run(files[0])
        for t, step in enumerate(run.steps):
            yield f"Step {step} of {files[0]}", {k: v[t] for k, v in run.parameters.items()} | run.buffers
        return
    for file in files:
        yield str(file), _loaded(file)


def _loaded(file: Path) -> State:
    ending = file.suffix.lower()
    if ending == ".npz":
        raise UserError(f"{file} is an .npz file; a recorded run is given alone, without other files.")
    torch = require_torch()
    try:
        if ending == ".safetensors":
            found = _safetensors().load_file(file)
        else:
            found = torch.load(file, map_location="cpu", weights_only=True)
    except MachineError:
        raise
    except OSError as error:
        raise MachineError(f"{file} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # the libraries raise many kinds for a damaged file
        if "Unsupported" in str(error):
            raise UserError(
                f"{file} holds more than tensors, a whole model perhaps, and is not read: save model.state_dict()."
            ) from error
        kind = "safetensors file" if ending == ".safetensors" else "checkpoint that PyTorch can read"
        raise UserError(f"{file} is no {kind}: it is damaged, or something else.") from error
    if not isinstance(found, Mapping):
        raise UserError(f"{file} holds a {type(found).__name__} and no state dict: save model.state_dict().")
    return found


def _safetensors() -> ModuleType:
    try:
        return importlib.import_module("safetensors.torch")
    except ImportError:
        raise MachineError(
            "Files of safetensors need the package safetensors: pip install 'lossland[torch]'."
        ) from None


class Wanted(NamedTuple):
    """What a state must hold, and may hold, by name and shape."""

    needed: Mapping[str, Shape]
    allowed: Mapping[str, Shape]


def wanted_of(model: Module) -> Wanted:
    """Return what a checkpoint of a module holds: its parameters and running statistics; counters may be missing."""
    free = dict(model.named_parameters())
    everything = {**dict(model.named_buffers()), **model.state_dict()}
    needed = {name: tuple(value.shape) for name, value in free.items()}
    needed |= {
        name: tuple(value.shape)
        for name, value in model.state_dict().items()
        if value.is_floating_point() and name in dict(model.named_buffers())
    }
    return Wanted(needed, {name: tuple(value.shape) for name, value in everything.items()})


def load(model: Module, state: State) -> None:
    """Put a checkpoint's parameters and running statistics into a module."""
    torch = require_torch()
    tensors = {name: torch.as_tensor(np.asarray(v)) if not hasattr(v, "detach") else v for name, v in state.items()}
    model.load_state_dict(tensors, strict=False)


def matched(wanted: Wanted, state: State, source: str) -> State:
    """Return the part of a state that belongs to a network, by the network's own names, or raise UserError."""
    inner = [value for value in state.values() if isinstance(value, Mapping)]
    best = max([state, *inner], key=lambda part: _hits(wanted, part))
    prefix = _prefix(wanted, best)
    found = {name.removeprefix(prefix): value for name, value in best.items() if str(name).startswith(prefix)}
    found = {name: value for name, value in found.items() if hasattr(value, "shape")}
    missing = [name for name in wanted.needed if name not in found]
    if missing:
        holds = cut(", ".join(map(str, found))) or "no arrays"
        raise UserError(f"{source} has no {missing[0]!r}, which the model has; it holds {holds}.")
    everything = {**wanted.allowed, **wanted.needed}
    for name, value in found.items():
        if name not in everything:
            raise UserError(f"{source} has {name!r}, which the model has not: it is of another model.")
        if tuple(value.shape) != everything[name]:
            raise UserError(f"{source} has {name!r} of shape {tuple(value.shape)}; the model's has {everything[name]}.")
    return found


def _hits(wanted: Wanted, state: State) -> int:
    prefix = _prefix(wanted, state)
    return sum(f"{prefix}{name}" in state for name in wanted.needed)


def _prefix(wanted: Wanted, state: State) -> str:
    """Return the common prefix of a network's names in a state."""
    first = next(iter(wanted.needed))
    ends = [str(name).removesuffix(first) for name in state if str(name).endswith(first)]
    return next((end for end in ends if all(f"{end}{name}" in state for name in wanted.needed)), "")


def row_of(parameters: Sequence[Parameter], state: State, source: str) -> Floats:
    """Return a network's flat parameter vector (n,) from its state."""
    parts = [_numbers(state[p.name]).ravel() for p in parameters]
    row = np.concatenate(parts)
    if not np.isfinite(row).all():
        raise UserError(f"{source} holds numbers that are not finite: the training had diverged.")
    return row


def _numbers(value: Any) -> Floats:
    value = value.detach().double().cpu().numpy() if hasattr(value, "detach") else value
    return np.asarray(value, np.float64)


def run_of_layers(files: Sequence[Path], network: Layout) -> Floats:
    """Return the path (T, n) of a recorded run whose arrays are those of one of our own networks, in its order."""
    if not is_run(files):
        raise UserError("Checkpoints need the model that they are of: give --torch, or one recorded run (.npz).")
    file, parameters = files[0], network.parameters
    run = read_run(file)
    shapes, there = [p.shape for p in parameters], [values.shape[1:] for values in run.parameters.values()]
    if there != shapes:
        raise UserError(
            f"{file} is a run of a network with parameters of {cut(', '.join(map(_sides, there)))}; "
            f"those of {network.title} are of {cut(', '.join(map(_sides, shapes)))}."
        )
    named = dict(zip((p.name for p in parameters), run.parameters.values(), strict=True))
    return np.stack(
        [
            row_of(parameters, {name: values[t] for name, values in named.items()}, f"Step {step} of {file}")
            for t, step in enumerate(run.steps)
        ]
    )


def _sides(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "one number"
