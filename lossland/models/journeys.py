"""How classes of samples are transformed by a perceptron, layer by layer.

The share of the variance that lies between the classes' means (Fisher 1936 chooses the axis along which
it is largest), and how much a linear probe gets right (Alain and Bengio 2016).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lossland.compute.philox import Purpose, particles, uniform
from lossland.errors import UserError
from lossland.models import datasets, layer_maps, networks
from lossland.models.runs import RecordedRun
from lossland.models.training import Trainer

Floats = NDArray[np.float64]

TESTED = 360  # of the digits, as many as scikit-learn's split of a fifth
EPOCHS = 60
MOST = 6  # hidden layers
RULE, BATCH, SCHEME = "adam:lr=0.003", 64, "he_normal"


def widths(text: str) -> tuple[int, ...]:
    """Parse the widths of the hidden layers, such as ``32-32-32``."""
    parts = [part for part in text.replace(",", "-").replace(" ", "").split("-") if part]
    fit = all(part.isascii() and part.isdigit() and 3 < int(part) <= 64 for part in parts)
    if not fit or not 0 < len(parts) <= MOST:
        raise UserError(f"widths are one to {MOST} whole numbers from 4 to 64, such as 32-32-32, not {text!r}.")
    return tuple(map(int, parts))


def _product(a: Floats, b: Floats) -> Floats:
    """Return A^T B (p, q) of matrices (n, p) and (n, q), in blocks that BLAS does not split among threads."""
    rows = max(1, networks.BLAS_ALONE // (a.shape[1] * b.shape[1]))
    found = np.zeros((a.shape[1], b.shape[1]))
    for k in range(0, len(a), rows):
        found += a[k : k + rows].T @ b[k : k + rows]
    return found


def _one_hot(target: NDArray[np.int64], count: int) -> Floats:
    return (target[:, None] == np.arange(count)).astype(float)


def separation(points: NDArray, target: NDArray[np.int64]) -> float:
    """Return the share, 0 to 1, of the variance of samples (n, d) that lies between their classes' means."""
    points = np.asarray(points, float)
    centred = points - points.mean(axis=0)
    count = int(target.max()) + 1
    sums, many = _product(_one_hot(target, count), centred), np.bincount(target, minlength=count)
    between = float((sums**2 / np.maximum(many, 1)[:, None]).sum())
    return between / max(float((centred**2).sum()), 1e-300)


def probe(points: NDArray, target: NDArray[np.int64], tested: NDArray[np.bool_]) -> float:
    """Return the share of the ``tested`` samples (n, d) that a linear probe classifies correctly.

    The probe is fitted to the others by least squares to one-hot targets, with a ridge of 10⁻⁴ of the mean square.
    Where all are tested it is fitted to all.
    """
    points, trained = np.asarray(points, float), np.ones(len(points), bool) if tested.all() else ~tested
    inputs = np.column_stack([points - points[trained].mean(axis=0), np.ones(len(points))])
    aim = _one_hot(target, int(target.max()) + 1)
    square = _product(inputs[trained], inputs[trained])
    ridge = 1e-4 * float(np.trace(square)) / len(square) * np.eye(len(square))
    weights = np.linalg.solve(square + ridge, _product(inputs[trained], aim[trained]))
    return float(np.mean((inputs[tested] @ weights).argmax(axis=1) == target[tested]))


@dataclass(frozen=True, eq=False)
class Moment:
    """A network at one moment of its training: the samples (n, d) before its first layer and after each."""

    hidden: list[Floats]
    target: NDArray[np.int64]
    tested: NDArray[np.bool_]

    @cached_property
    def separation(self) -> Floats:
        """The separation of the classes before the first layer and after each (L + 1,)."""
        return np.array([separation(points, self.target) for points in self.hidden])

    @cached_property
    def probe(self) -> Floats:
        """The test accuracy of a linear probe there (L + 1,)."""
        return np.array([probe(points, self.target, self.tested) for points in self.hidden])

    @cached_property
    def read(self) -> NDArray[np.int64]:
        """The network's prediction for each sample (n,)."""
        return self.hidden[-1].argmax(axis=1)

    @cached_property
    def misread(self) -> NDArray[np.intp]:
        """The indices of misclassified test samples."""
        return np.flatnonzero(self.tested & (self.read != self.target))

    @property
    def accuracy(self) -> float:
        """The network's test accuracy."""
        return float(np.mean(self.read[self.tested] == self.target[self.tested]))


@dataclass(frozen=True, eq=False)
class Course:
    """A perceptron along its training: parameters ``path`` (T, n) after ``epochs`` (T,), and samples to look at.

    Those that are ``tested`` (n,) are not trained on; indices are of the T moments.
    """

    network: networks.Network
    epochs: NDArray[np.int64]
    path: NDArray
    data: datasets.Data
    tested: NDArray[np.bool_]

    @property
    def bent(self) -> list[int]:
        """The indices of the network's layers that end a stage: the activations, and the last layer."""
        bends = [k for k, layer in enumerate(self.network.layers) if isinstance(layer, networks.Activation)]
        return [*bends, len(self.network.layers) - 1]

    @property
    def target(self) -> NDArray[np.int64]:
        """Which class each sample is of (n,)."""
        return np.asarray(self.data.target, np.int64)

    @property
    def last(self) -> int:
        """The index of the last parameters."""
        return len(self.epochs) - 1

    def chosen(self, count: int) -> NDArray[np.intp]:
        """Return the indices of so many samples in order: of those of the test, then of others."""
        return np.sort(np.concatenate([np.flatnonzero(self.tested), np.flatnonzero(~self.tested)])[:count])

    def by_class(self, samples: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        """Return the indices of samples for each class."""
        return [samples[self.target[samples] == k] for k in range(len(self.data.names))]

    def read(self, points: Floats) -> NDArray[np.int64]:
        """Return the prediction for each of some points (n, d) in the end."""
        return self.hidden(self.last, points)[-1].argmax(axis=1)

    def hidden(self, index: int, points: Floats | None = None) -> list[Floats]:
        """Return the samples, or other points (n, d), before the first layer and after each, the outputs last."""
        points = self.data.points if points is None else points
        largest = max(p.stop - p.start for p in self.network.parameters)
        rows, pieces = max(1, networks.BLAS_ALONE // largest), []
        for first in range(0, len(points), rows):
            after = self.network.activations(self.path[index], points[first : first + rows])
            pieces.append([np.asarray(after[k], float) for k in self.bent])
        return [points, *(np.concatenate(layer) for layer in zip(*pieces, strict=True))]

    def moment(self, index: int) -> Moment:
        """Return the network at one moment of the training, with all samples."""
        return Moment(self.hidden(index), self.target, self.tested)

    def accuracy(self, index: int) -> float:
        """Return the network's test accuracy."""
        return self.moment(index).accuracy

    def frames(self) -> list[layer_maps.Frame]:
        """Return the three axes in which each layer is shown: those of the end, each aligned to the layer before it."""
        return layer_maps.frames(self.hidden(self.last))


def clouds(
    hidden: Sequence[Floats], frames: Sequence[layer_maps.Frame], middles: Floats, others: Sequence[Floats] = ()
) -> Floats:
    """Return the samples ``hidden`` (n, d), or others, after each layer in its frame (L + 1, n, 3).

    The samples of each layer are centred and scaled: nearly all of them are within a distance of 1 from the layer's
    place along x, one of the ``middles`` (L + 1,).
    """
    found = []
    for frame, own, other in zip(frames, hidden, others or hidden, strict=True):
        shift = frame.middle - own.mean(axis=0)
        size = float(np.quantile(np.linalg.norm(frame.shown(own + shift), axis=1), 0.97))
        found.append(frame.shown(other + shift) / max(size, 1e-9))
    return np.array(found) + np.array([1.0, 0.0, 0.0]) * middles[:, None, None]


class Training:
    """The training of a perceptron on the digits, as far as it is requested."""

    def __init__(self, widths: tuple[int, ...], activation: str, seed: int) -> None:
        data = datasets.digits()
        order = np.argsort(uniform(seed, particles(np, 0, len(data)), 0, Purpose.ORDER)[0])
        self._tested = np.zeros(len(data), bool)
        self._tested[order[:TESTED]] = True
        self._data = data
        self._network = networks.mlp((data.points.shape[1], *widths, len(data.names)), activation)
        own = data.points[~self._tested], data.target[~self._tested]
        start = networks.initial(self._network, seed, scheme=SCHEME).astype(np.float32)
        self._trainer = Trainer(self._network, *own, RULE, start, BATCH, seed)
        self._path = [start]

    def upto(self, epochs: int) -> Iterator[None]:
        """Train for so many epochs, and yield after each."""
        while len(self._path) <= epochs:
            self._trainer.advance(-(-int((~self._tested).sum()) // BATCH))
            self._path.append(self._trainer.theta[0])
            yield

    def course(self, epochs: int) -> Course:
        """Return the first so many epochs."""
        path = np.array(self._path[: epochs + 1])
        return Course(self._network, np.arange(epochs + 1), path, self._data, self._tested)


training = lru_cache(maxsize=8)(Training)
"""The same training for all who ask about the same."""


def recorded(run: RecordedRun, activation: str) -> Course:
    """Return the course of a recorded perceptron for the digits or the flowers, told by its number of inputs.

    Raises UserError for other networks. It is taken to have learned from the numbers as `datasets` has them. Which
    samples it was trained on is not recorded: all count as the test.
    """
    weights = [values for values in run.parameters.values() if values.ndim == 3]
    rest = [values for values in run.parameters.values() if values.ndim == 2]
    shapes = [values.shape[1:] for values in weights]
    fits = len(shapes) > 1 and [values.shape[1] for values in rest] == [rows for rows, _ in shapes]
    fits = fits and all(before[0] == after[1] for before, after in pairwise(shapes))
    known = {data.points.shape[1]: data for data in (datasets.digits(), datasets.iris())}
    if not fits or shapes[0][1] not in known or len(known[shapes[0][1]].names) != shapes[-1][0]:
        raise UserError(
            f"{run.name or 'This run'} is shown where it has the parameters of a perceptron for the digits, from 64 to "
            "10, or for iris, from 4 to 3: weights (outputs, inputs) and biases in the order of its layers."
        )
    data = known[shapes[0][1]]
    network = networks.mlp((shapes[0][1], *(rows for rows, _ in shapes)), activation)
    flat = [values.reshape(len(values), -1) for pair in zip(weights, rest, strict=True) for values in pair]
    path = np.concatenate(flat, axis=1).astype(float)
    return Course(network, run.parameter_steps, path, data, np.ones(len(data), bool))
