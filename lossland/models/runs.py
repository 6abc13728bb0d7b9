"""A recorded training as plain data: curves, histograms, vectors and parameters by name.

`lossland.models.runfiles` reads it from files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
BINS = 64  # of a new histogram


@dataclass(frozen=True, eq=False)
class Scalars:
    """A number along a training: ``values`` (T,) at ``steps`` (T,), increasing integers."""

    steps: NDArray[np.int64]
    values: Floats

    def at(self, step: float) -> float:
        """Return the last value up to a step, the first before it."""
        return float(self.values[max(int(np.searchsorted(self.steps, step, "right")) - 1, 0)])


@dataclass(frozen=True, eq=False)
class Histograms:
    """Histograms along a training: at ``steps`` (T,), T arrays of ``edges`` (B+1,) and ``counts`` (B,).

    The bins of two steps may differ in number and position; if all values are equal a bin may have no width. A count
    is of the values from its left edge up to its right one; infinite and missing values are not counted.
    """

    steps: NDArray[np.int64]
    edges: tuple[Floats, ...]
    counts: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class Vectors:
    """Points of many dimensions (n, d), such as words or hidden states, and a label (n,) for each if there are any."""

    points: NDArray[np.floating]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """A training as recorded in its files. Whatever they lack is empty.

    ``parameters`` (T, *shape) are those at ``parameter_steps`` (T,), which only `lossland.Recorder` keeps; ``buffers``
    are the untrained arrays at the last step. ``unit`` is what a step is: step, epoch or iteration.
    ``faults`` are sentences about what in the files could not be read.
    """

    name: str = ""
    scalars: dict[str, Scalars] = field(default_factory=dict)
    histograms: dict[str, Histograms] = field(default_factory=dict)
    vectors: dict[str, Vectors] = field(default_factory=dict)
    parameter_steps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    parameters: dict[str, NDArray] = field(default_factory=dict)
    buffers: dict[str, NDArray] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    unit: str = "step"


def histogram(values: ArrayLike, bins: int = BINS) -> tuple[Floats, Floats]:
    """Return edges (bins + 1,) and counts (bins,) of equal bins over the finite values, or over [0, 1]."""
    finite = np.asarray(values, np.float64).ravel()
    finite = finite[np.isfinite(finite)]
    counts, edges = np.histogram(finite, bins) if len(finite) else (np.zeros(bins), np.linspace(0.0, 1.0, bins + 1))
    return edges.astype(np.float64), counts.astype(np.float64)


def joined(name: str, parts: Iterable[RecordedRun]) -> RecordedRun:
    """Return several files' records as one run; where two have a value for the same step, the later file's counts."""
    whole = RecordedRun(name)
    for part in parts:
        scalars = {key: _both(whole.scalars.get(key), one) for key, one in part.scalars.items()}
        histograms = {key: _both_histograms(whole.histograms.get(key), one) for key, one in part.histograms.items()}
        whole = replace(
            whole,
            scalars={**whole.scalars, **scalars},
            histograms={**whole.histograms, **histograms},
            vectors={**whole.vectors, **part.vectors},
            parameter_steps=part.parameter_steps if part.parameters else whole.parameter_steps,
            parameters=part.parameters or whole.parameters,
            buffers=part.buffers or whole.buffers,
            faults=whole.faults + part.faults,
            unit=part.unit,
        )
    return whole


def _both(first: Scalars | None, second: Scalars) -> Scalars:
    if first is None:
        return second
    steps = np.concatenate([first.steps, second.steps])
    index = in_order(steps)
    return Scalars(steps[index], np.concatenate([first.values, second.values])[index])


def _both_histograms(first: Histograms | None, second: Histograms) -> Histograms:
    if first is None:
        return second
    steps, edges, counts = (
        np.concatenate([first.steps, second.steps]), first.edges + second.edges, first.counts + second.counts,
    )  # fmt: skip
    index = in_order(steps)
    return Histograms(steps[index], tuple(edges[k] for k in index), tuple(counts[k] for k in index))


def in_order(steps: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the indices that sort steps; of repeated steps only the last one's."""
    backwards = steps[::-1]
    _, first = np.unique(backwards, return_index=True)
    return len(steps) - 1 - first


def few(faults: Sequence[str], most: int = 20) -> tuple[str, ...]:
    """Return the first faults of many, and a sentence on how many more there are."""
    more = len(faults) - most
    return tuple(faults) if more <= 0 else (*faults[:most], f"There are {more} more faults of that kind.")
