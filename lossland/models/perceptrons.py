"""Many perceptrons that differ by shares of a few directions, on the CPU: as fast as memory and NumPy's BLAS allow.

One network goes through at a time, all samples of a feature side by side, and every step writes over what is no longer
needed: nothing is allocated for a network. Products are cut into pieces that BLAS does not share out to threads, so
that several threads may each evaluate networks of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.models import networks
from lossland.models.networks import BLAS_ALONE, Activation, Dropout, Linear, Network

Floats = NDArray[np.float64]
Numbers = NDArray[np.floating]

IN_CACHE = 2**18  # numbers that a block of samples works on: 1 MB in single precision, a core's second cache


class _Product(NamedTuple):
    """A linear layer: which of the parameters are its weights with the bias behind each row, (outputs, inputs + 1)."""

    place: slice
    outputs: int
    inputs: int


class Perceptrons:
    """Perceptrons at shares (1 + k) of the rows ``parameters`` (1 + k, n), the first of which is the middle.

    ``first`` (1 + k, N, features) is what the first layer makes of the N samples with each of the rows: it is linear in
    its weights, so shares of rows have shares of that. ``target`` is (N,), or (N, outputs).
    """

    def __init__(self, network: Network, parameters: Numbers, first: Numbers, target: Any) -> None:
        self.network, dtype = network, parameters.dtype
        self._tail: list[_Product | Activation] = []
        order, start = [], 0
        for index, layer in enumerate(network.layers):
            if isinstance(layer, Linear) and index:
                names = {p.name: np.arange(p.start, p.stop) for p in network.parameters}
                weight = names[f"{index}.weight"].reshape(layer.outputs, layer.inputs)
                order.append(np.column_stack([weight, names[f"{index}.bias"]]).ravel())
                self._tail.append(_Product(slice(start, start + len(order[-1])), layer.outputs, layer.inputs))
                start += len(order[-1])
            elif isinstance(layer, Activation) and layer.kind != "linear":
                self._tail.append(layer)
        chosen = np.concatenate(order) if order else np.zeros(0, np.intp)
        self._parameters = np.ascontiguousarray(parameters[:, chosen])
        self.samples, width = first.shape[1:]
        widest = max([width, *(step.outputs for step in self._tail if isinstance(step, _Product))])
        size = min(self.samples, max(64, IN_CACHE // ((len(first) + 2) * (widest + 1))))
        self._blocks = [
            _Block(network, first[:, at : at + size], target[at : at + size], dtype)
            for at in range(0, self.samples, size)
        ]

    @staticmethod
    def fits(network: Network) -> bool:
        """Whether a network is a perceptron of linear layers and activations, the first one linear."""
        return isinstance(network.layers[0], Linear) and all(
            isinstance(layer, Linear | Activation | Dropout) for layer in network.layers
        )

    def at(self, shares: Numbers) -> tuple[Floats, Floats]:
        """Return loss and accuracy (m,) at shares (m, 1 + k), of which the first is 1. Nothing is shared by threads."""
        weights = shares @ self._parameters
        loss, right = np.zeros(len(shares)), np.zeros(len(shares))
        for block in self._blocks:
            rooms = [np.ones((width + 1, block.samples), weights.dtype) for width in self._widths(block)]
            for index, share in enumerate(shares):
                np.dot(share, block.first, out=rooms[0][:-1].reshape(-1))
                out = self._through(rooms, weights[index])
                wrong, found = block.judged(out)
                loss[index] += wrong
                right[index] += found
        return loss / self.samples, right / self.samples

    def _widths(self, block: _Block) -> list[int]:
        """Return how many features each array has: before the first product, and after each."""
        return [block.width, *(step.outputs for step in self._tail if isinstance(step, _Product))]

    def _through(self, rooms: Sequence[Numbers], weights: Numbers) -> Numbers:
        """Return the outputs (outputs, samples) of the network whose first layer stands in the first of the arrays.

        Each array (features + 1, samples) has ones in its last row, by which the next product's biases are multiplied.
        """
        x, later = rooms[0], iter(rooms[1:])
        for step in self._tail:
            if isinstance(step, _Product):
                y = next(later)
                w = weights[step.place].reshape(step.outputs, step.inputs + 1)
                piece = BLAS_ALONE // w.size
                for at in range(0, x.shape[1], piece if piece >= 32 else x.shape[1]):
                    part = slice(at, at + piece if piece >= 32 else None)
                    np.matmul(w, x[:, part], out=y[:-1, part])
                x = y
            else:
                _bend(step.kind, x[:-1])
        return x[:-1]


def _bend(kind: str, x: Numbers) -> None:
    """Put an activation's values in the place of its arguments."""
    if kind == "tanh":
        np.tanh(x, out=x)
    elif kind == "relu":
        np.fmax(x, 0, out=x)  # 0 where x is no number, as everywhere here
    else:
        x[...] = networks.bent(np, kind, x)


class _Block:
    """Some of the samples: what the first layer makes of them, (1 + k, features samples), and what is to be found."""

    def __init__(self, network: Network, first: Numbers, target: Any, dtype: np.dtype) -> None:
        self.kind, self.outputs = network.loss_kind, network.outputs
        self.samples, self.width = first.shape[1:]
        self.first = np.ascontiguousarray(first.transpose(0, 2, 1)).reshape(len(first), -1)
        self._classes = np.asarray(target)
        self._target = networks.prepared(np, self.kind, target, self.outputs, dtype)
        if self.kind == "cross_entropy":  # where in the outputs (outputs, samples) that of the right class stands
            self._place = self._classes.astype(np.intp) * self.samples + np.arange(self.samples)

    def judged(self, out: Numbers) -> tuple[float, float]:
        """Return the sum of the losses of outputs (outputs, samples) and how many are right; overwrites the outputs."""
        if self.kind != "cross_entropy":
            columns = out.T[None, ...]
            loss = networks.losses(self.kind, columns, self._target)
            right = networks.found(np, columns, self._classes)
            return float(loss.sum(dtype=np.float64)), float(right.sum(dtype=np.float64))
        most = out.max(axis=0)
        wanted = np.take(out.reshape(-1), self._place)
        right = int(np.count_nonzero(wanted == most))
        if np.count_nonzero(out == most) > self.samples:  # of equal ones the first counts
            right = int(np.count_nonzero(out.argmax(axis=0) == self._classes))
        np.subtract(out, most, out=out)
        np.exp(out, out=out)
        total = out.sum(axis=0)
        np.log(total, out=total)
        return float(total.sum(dtype=np.float64) - np.subtract(wanted, most, out=wanted).sum(dtype=np.float64)), right
