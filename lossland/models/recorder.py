"""Recording a run: the parameters of any network along its training, as plain arrays in one .npz file.

The file holds, for T kept steps,

- ``format``: the text ``lossland-run-1``;
- ``steps`` (T,), increasing integers;
- ``parameters/NAME`` (T, *shape), one array for each parameter, in the network's order, in single or double precision;
- ``buffers/NAME`` (*shape), what is not trained, such as running statistics, at the last step;
- ``scalars/NAME`` (T,), numbers such as loss and val_loss, nan at a step without one;
- ``measured/NAME`` (T,), whether a step had one; present only if a measured number is nan, such as a loss that
  diverged;
- ``histograms/NAME/steps`` (H,), ``histograms/NAME/edges`` (H, B+1) and ``histograms/NAME/counts`` (H, B), of values
  such as a layer's activations, at the steps that had them.

Other names are free for other programs: readers ignore them. No network library is needed, or imported.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.checks import whole
from lossland.errors import MachineError, UserError, cut, shown
from lossland.files import written
from lossland.models.runs import Histograms, histogram

FORMAT = "lossland-run-1"
SHARE = 10  # the file is written again when the run has grown by 1 / SHARE


class Recorder:
    """Keeps a network's parameters while it is trained, for `lossland slice --checkpoints run.npz`.

    In a training loop of any library: ``with Recorder("run.npz") as recorder: ... recorder.save(model, loss=loss)``.
    The file is there from the first step on and appears whole each time: it is written at each of the first steps,
    later when a tenth more have come, and at the end, also where the training fails. With ``resume`` it goes on from
    what is in the file already. All rows are held in memory: of a very large network save checkpoints instead.
    """

    def __init__(self, path: str | Path, resume: bool = False) -> None:
        self.path = Path(path).expanduser()
        if self.path.suffix.lower() != ".npz":
            raise UserError(f"A run is recorded into a file that ends in .npz, not {self.path.name!r}.")
        self._steps: list[int] = []
        self._rows: list[dict[str, NDArray]] = []
        self._scalars: list[dict[str, float]] = []
        self._histograms: dict[str, list[tuple[int, NDArray, NDArray]]] = {}  # steps, edges and counts by name
        self._buffers: dict[str, NDArray] = {}
        self._in_file = 0
        if resume and self.path.exists():
            self._take(read_run(self.path))

    def _take(self, run: Run) -> None:
        self._steps, self._buffers, self._in_file = run.steps.tolist(), run.buffers, len(run.steps)
        for t in range(len(self._steps)):
            self._rows.append({name: values[t] for name, values in run.parameters.items()})
            self._scalars.append({name: float(run.scalars[name][t]) for name, had in run.measured.items() if had[t]})
        for name, kept in run.histograms.items():
            self._histograms[name] = list(zip(kept.steps.tolist(), kept.edges, kept.counts, strict=True))

    def save(
        self,
        network: object,
        step: int | None = None,
        histograms: Mapping[str, object] | None = None,
        **scalars: object,
    ) -> None:
        """Keep a copy of the current parameters, and numbers with them.

        ``network`` is a PyTorch module, a Keras model, or arrays of any library: a mapping, a sequence, or both nested,
        as JAX's are. ``step`` counts from 0 if it is not given; steps increase. ``histograms`` are arrays or tensors by
        name, such as a layer's activations: of each the histogram of its finite values is kept, in 64 bins.
        """
        before = self._steps[-1] if self._steps else -1
        step = before + 1 if step is None else whole(step, 0, 2**62, "A step")
        if step <= before:
            raise UserError(f"Steps of a run rise: {step} cannot follow {before}.")
        row, buffers = parts_of(network)
        if not row:
            raise UserError("There is nothing to record: the network has no parameters.")
        if self._rows and _shapes(row) != _shapes(self._rows[0]):
            raise UserError(f"Step {step} has other parameters than those before: a run is of one network.")
        numbers = {name: _number(name, value) for name, value in scalars.items()}
        counted = {name: histogram(_array(value)) for name, value in (histograms or {}).items()}
        self._steps.append(step)
        self._rows.append(row)
        self._scalars.append(numbers)
        self._buffers = buffers
        for name, (edges, counts) in counted.items():
            self._histograms.setdefault(name, []).append((step, edges, counts))
        if len(self._steps) * (SHARE - 1) >= self._in_file * SHARE or self._in_file < SHARE:
            self.write()

    def write(self) -> None:
        """Write the file with all that has been kept so far."""
        names = dict.fromkeys(name for row in self._scalars for name in row)
        arrays: dict[str, Any] = {"format": np.asarray(FORMAT), "steps": np.asarray(self._steps, np.int64)}
        for name in self._rows[0]:
            arrays[f"parameters/{name}"] = np.stack([row[name] for row in self._rows])
        arrays |= {f"buffers/{name}": value for name, value in self._buffers.items()}
        for name in names:
            arrays[f"scalars/{name}"] = np.array([row.get(name, math.nan) for row in self._scalars])
            if any(math.isnan(row.get(name, 0.0)) for row in self._scalars):
                arrays[f"measured/{name}"] = np.array([name in row for row in self._scalars])
        for name, kept in self._histograms.items():
            steps, edges, counts = zip(*kept, strict=True)
            arrays[f"histograms/{name}/steps"] = np.asarray(steps, np.int64)
            arrays |= {f"histograms/{name}/edges": np.stack(edges), f"histograms/{name}/counts": np.stack(counts)}
        with written(self.path) as temporary:
            np.savez(temporary, **arrays)
        self._in_file = len(self._steps)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_file < len(self._steps):
            self.write()


def parts_of(network: Any) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Return copies of a network's parameters and of its buffers, by name.

    A PyTorch module has both, a Keras model trainable and other weights; of plain arrays, all are parameters.
    """
    if hasattr(network, "trainable_weights"):  # checked first: with the PyTorch backend a Keras model is a module too
        weights = ((w.path, w.value) for w in network.trainable_weights)
        return _copies(weights), _copies((w.path, w.value) for w in network.non_trainable_weights)
    if hasattr(network, "named_parameters"):
        return _copies(network.named_parameters()), _copies(network.named_buffers())
    return _copies(_leaves(network, "")), {}


def _leaves(tree: object, name: str) -> Iterator[tuple[str, object]]:
    """Yield the arrays of nested mappings and sequences, named by their keys and indices, joined with dots."""
    if isinstance(tree, Mapping):
        items: Iterable[tuple[object, object]] = tree.items()
    elif isinstance(tree, Sequence) and not isinstance(tree, str | bytes):
        items = enumerate(tree)
    elif hasattr(tree, "shape"):
        yield name or "0", tree
        return
    else:
        raise UserError(
            f"A run is recorded from a PyTorch module, a Keras model or nested arrays, not from {shown(tree)}."
        )
    for key, value in items:
        yield from _leaves(value, f"{name}.{key}" if name else str(key))


def _copies(named: Iterable[tuple[str, object]]) -> dict[str, NDArray]:
    return {name: _array(value) for name, value in named}


def _array(value: Any) -> NDArray:
    """Return a copy as a NumPy array; floats of fewer than 32 bits become single precision."""
    if hasattr(value, "detach"):  # PyTorch's
        value = value.detach()
        value = (value.float() if value.is_floating_point() and value.element_size() < 4 else value).cpu().numpy()
    array = np.array(value)
    plain = array.dtype.kind in "biuf" and array.dtype != np.float16
    return array if plain else array.astype(np.float32)


def _shapes(row: dict[str, NDArray]) -> dict[str, tuple[int, ...]]:
    return {name: value.shape for name, value in row.items()}


def _number(name: str, value: Any) -> float:
    try:
        return float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        raise UserError(f"{name} is recorded as a number, and {shown(value)} is none.") from None


@dataclass(frozen=True, eq=False)
class Run:
    """A recorded run, as its file holds it: see the module's docstring."""

    steps: NDArray[np.int64]
    parameters: dict[str, NDArray]
    buffers: dict[str, NDArray]
    scalars: dict[str, NDArray[np.float64]]
    histograms: dict[str, Histograms]
    marks: dict[str, NDArray[np.bool_]]  # the file's ``measured`` entries

    @property
    def measured(self) -> dict[str, NDArray[np.bool_]]:
        """Whether each step had a number (T,), by the scalars' names."""
        return {name: self.marks.get(name, ~np.isnan(values)) for name, values in self.scalars.items()}


def read_run(path: str | Path) -> Run:
    """Return the run of a file. Raises UserError, in one sentence, for a file that holds none."""
    path = Path(path).expanduser()
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            names = set(file.files)
            if "format" not in names or "steps" not in names:
                holds = cut(", ".join(file.files[:8])) or "nothing"
                raise UserError(f"{path} is no recorded run: it has no format and steps in it, but {holds}.")
            if str(file["format"]) != FORMAT:
                raise UserError(f"{path} is written as {shown(str(file['format']))}; this lossland reads {FORMAT}.")
            found = {
                kind: {name.removeprefix(f"{kind}/"): file[name] for name in file.files if name.startswith(f"{kind}/")}
                for kind in ("parameters", "buffers", "scalars", "measured")
            }
            marks = {name: had.astype(bool) for name, had in found.pop("measured").items()}
            run = Run(file["steps"], **found, histograms=_histograms(file, path), marks=marks)
    except FileNotFoundError:
        raise UserError(f"There is no file {str(path)!r}.") from None
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, EOFError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path} is no .npz file that can be read: it is damaged, or holds objects.") from error
    kept = [*run.parameters.values(), *run.scalars.values(), *run.marks.values()]
    if run.steps.ndim != 1 or not run.parameters or any(a.ndim < 1 or len(a) != len(run.steps) for a in kept):
        raise UserError(f"{path} is no recorded run: its arrays do not have one row for each of its steps.")
    return run


def _histograms(file: Mapping[str, NDArray], path: Path) -> dict[str, Histograms]:
    found = {}
    for entry in file:
        if not (entry.startswith("histograms/") and entry.endswith("/edges")):
            continue
        name = entry.removeprefix("histograms/").removesuffix("/edges")
        steps, edges, counts = (file[f"histograms/{name}/{part}"] for part in ("steps", "edges", "counts"))
        if counts.ndim != 2 or steps.shape != counts.shape[:1] or edges.shape != (len(counts), counts.shape[1] + 1):
            raise UserError(f"{path} is no recorded run: the histograms {name} do not have one count for each bin.")
        found[name] = Histograms(steps, tuple(edges), tuple(counts))
    return found
