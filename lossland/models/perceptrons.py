"""Many perceptrons in the span of a few directions, by a kernel compiled for their shape.

Activations are those of `networks`, traced: the same definition that trains a network is compiled here.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.compute.kernels import perceptron
from lossland.compute.kernels.cpu import aligned
from lossland.expression import Program, trace
from lossland.expression.node import Value
from lossland.models import networks
from lossland.models.networks import Activation, Dropout, Linear, Network

Floats = NDArray[np.float64]
Numbers = NDArray[np.floating]


class Perceptrons:
    """Perceptrons whose parameters are combinations, by (1 + k) coefficients, of the rows ``parameters`` (1 + k, n).

    ``first`` (1 + k, N, features) are the first layer's outputs for the N samples with each of the rows: it is linear
    in its weights, so they combine with the same coefficients. ``target`` is (N,), or (N, outputs). Raises MachineError
    where nothing can be compiled.
    """

    def __init__(self, network: Network, parameters: Numbers, first: Numbers, target: ArrayLike) -> None:
        dtype = parameters.dtype
        linear, _ = _layers(network)
        self.network, self.dtype, self.rows = network, dtype, len(parameters)
        self._kernel = self._compiled()
        self.widths = [network.layers[index].outputs for index in linear]  # type: ignore[attr-defined]
        places = {p.name: np.arange(p.start, p.stop).reshape(p.shape) for p in network.parameters}
        nothing = parameters.shape[1]
        order = [perceptron.order(places[f"{index}.weight"], places[f"{index}.bias"], nothing) for index in linear[1:]]
        chosen = np.concatenate(order) if order else np.zeros(0, np.intp)
        self._parameters = np.ascontiguousarray(np.pad(parameters, ((0, 0), (0, 1)))[:, chosen])
        self.samples = first.shape[1]
        self._first = self._in_tiles(first, dtype)
        counted = np.ones((1, self.samples, 1))
        self._counted = self._in_tiles(counted, dtype)
        classes = np.asarray(target)
        wanted = (
            classes
            if network.loss_kind == "cross_entropy"
            else networks.prepared(np, network.loss_kind, target, network.outputs, dtype)
        )
        self._target = self._in_tiles(wanted.reshape(1, self.samples, -1), dtype)
        self._scale = {"mse": 1 / network.outputs, "half_mse": 0.5}.get(network.loss_kind, 1.0)

    def _compiled(self) -> perceptron.PerceptronKernel:
        return perceptron.kernel(_layers(self.network)[1], self.rows, self.network.loss_kind, self.dtype)

    def __getstate__(self) -> dict[str, object]:
        """Return the state without the kernel, which another process compiles for its own processor."""
        return {name: value for name, value in vars(self).items() if name != "_kernel"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore what `__getstate__` returned."""
        vars(self).update(state)
        self._kernel = self._compiled()

    def _in_tiles(self, arrays: Numbers, dtype: np.dtype) -> Numbers:
        """Return arrays (rows, N, features) as (tiles, rows, features, tile), the last tile filled with zeros."""
        rows, samples, features = arrays.shape
        tile = self._kernel.tile
        tiles = -(-samples // tile)
        wide = np.zeros((rows, tiles * tile, features), dtype)
        wide[:, :samples] = arrays
        made = aligned((tiles, rows, features, tile), dtype)
        made[...] = wide.reshape(rows, tiles, tile, features).transpose(1, 0, 3, 2)
        return made

    @staticmethod
    def fits(network: Network) -> bool:
        """Whether a network is a perceptron of linear layers and activations, the first one linear.

        With a squared loss, only those of one output: others may have classes.
        """
        return (
            isinstance(network.layers[0], Linear)
            and all(isinstance(layer, Linear | Activation | Dropout) for layer in network.layers)
            and (network.outputs == 1 or network.loss_kind == "cross_entropy")
        )

    def at(self, shares: Numbers) -> tuple[Floats, Floats]:
        """Return loss and accuracy (m,) for coefficients (m, 1 + k), the first of which is 1. Thread-safe."""
        shares = np.ascontiguousarray(shares)
        weights = shares @ self._parameters
        sums = self._kernel.evaluate(self._first, self._target, self._counted, shares, weights, self.widths)
        return self._scale * sums[:, 0] / self.samples, sums[:, 1] / self.samples


def _layers(network: Network) -> tuple[list[int], perceptron.Activations]:
    """Return the indices of the linear layers, and the activation of each."""
    linear: list[int] = []
    kinds: list[list[str]] = []
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Linear):
            linear.append(index)
            kinds.append([])
        elif isinstance(layer, Activation) and layer.kind != "linear":
            kinds[-1].append(layer.kind)
    return linear, tuple(_traced(tuple(names)) for names in kinds)


@cache
def _traced(kinds: tuple[str, ...]) -> Program | None:
    """Return activations one after the other as a program of one input."""
    if not kinds:
        return None

    def activation(z: Value) -> Value:
        for kind in kinds:
            z = networks.bent(np, kind, z)
        return z

    return Program([trace(activation, "z")], ["z"])
