"""How a signal grows or shrinks through many layers, and its gradient on the way back.

Each layer is h ↦ φ(W h), optionally with normalization before φ or a skip connection; all are equally wide. The
gradient by a layer's input is J^T times that by its output, so its length changes by a factor, the layer's gain, and
the factors of all layers multiply (Hochreiter 1991; Glorot and Bengio 2010; He et al. 2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.compute.philox import Purpose, particles, standard_normal
from lossland.models import networks

Floats = NDArray[np.float64]

ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear")
SCHEMES = ("xavier", "he", "orthogonal")
"""How weights are drawn: normal with variance 1/n (Xavier's for square matrices) or 2/n (He's), or orthonormal."""
NORMS = ("none", "batch", "layer")
SAMPLES = 16  # few, so that products of usual widths stay too small for BLAS to use several threads
MIRRORS = 16  # Householder reflections that make an orthonormal matrix; cheaper than a QR decomposition
BACK = 1_000_000  # step of the random draws of the output gradient; inputs and targets take the next two

Pass = list[tuple[dict[str, Floats], list[object]]]  # each layer's parameters, and what its forward pass saved


@dataclass(frozen=True, eq=False)
class Flow:
    """The size of a signal along a network: ``activation`` (L + 1,), its root mean square before and after each layer.

    ``gains`` (L,) are the factors by which the loss's gradient changes its length, from each layer's output to its
    input.
    """

    activation: Floats
    gains: Floats

    @cached_property
    def gradient(self) -> Floats:
        """The length of the gradient by the inputs and by each layer's output (L + 1,), that by the last being 1."""
        return lengths(self.gains)

    @property
    def total(self) -> float:
        """The product of all gains: the length of the gradient by the inputs."""
        return float(self.gradient[0])


@lru_cache(maxsize=256)
def weights(width: int, layer: int, scheme: str, seed: int = 0) -> Floats:
    """Return the weights (width, width) of a layer before they are multiplied by a gain; always the same array."""
    normal = _normal(width, layer, seed)
    if scheme == "orthogonal":
        return _reflected(normal[:MIRRORS])
    return normal * math.sqrt((2.0 if scheme == "he" else 1.0) / width)


def _reflected(mirrors: Floats) -> Floats:
    """Return the product of the reflections in planes with these normals (k, n): an orthonormal matrix (n, n)."""
    q = np.eye(mirrors.shape[1])
    for v in mirrors / np.linalg.norm(mirrors, axis=1, keepdims=True):
        q -= 2 * v[:, None] * (v[:, None] * q).sum(axis=0)
    return q


@lru_cache(maxsize=256)
def _normal(width: int, layer: int, seed: int) -> Floats:
    return standard_normal(seed, particles(np, 0, width * width), layer, Purpose.WEIGHTS)[0].reshape(width, width)


def draws(width: int, step: int, seed: int) -> Floats:
    """Return standard normal samples (SAMPLES, width)."""
    return standard_normal(seed, particles(np, 0, SAMPLES * width), step, Purpose.DATA)[0].reshape(SAMPLES, width)


class Deep:
    """A network of such layers, all with the same activation function; ``matrices`` are its weights (width, width)."""

    def __init__(self, matrices: Sequence[Floats], activation: str, residual: bool = False, norm: str = "none") -> None:
        width = matrices[0].shape[1]
        normal = {"none": (), "batch": (networks.BatchNorm(width),), "layer": (networks.LayerNorm(width),)}[norm]
        block = (networks.Linear(width, width), *normal, networks.Activation(activation))
        self._layer: tuple[networks.Layer, ...] = (networks.Residual(block),) if residual else block
        self._name = "0.0.weight" if residual else "0.weight"
        fixed = {"0.bias": np.zeros((1, width))}
        if normal:
            fixed |= {"1.weight": np.ones((1, width)), "1.bias": np.zeros((1, width))}
        self._fixed = {f"0.{name}" if residual else name: value for name, value in fixed.items()}
        self.matrices = list(matrices)

    @np.errstate(all="ignore")  # exploding signals may overflow
    def forward(self, x: Floats) -> tuple[list[Floats], Pass]:
        """Return the activations (1, N, width), the inputs (N, width) first, and what `backward` needs."""
        seen: list[Floats] = [x[None]]
        saved: Pass = []
        for matrix in self.matrices:
            w = {self._name: matrix[None], **self._fixed}
            y, kept = networks.forward(self._layer, w, seen[-1], networks.Mode(training=True))
            seen.append(y)
            saved.append((w, kept))
        return seen, saved

    @np.errstate(all="ignore")
    def backward(self, saved: Pass, slope: Floats) -> tuple[Floats, list[Floats]]:
        """Return the layers' gains (L,) and the gradients by their weights, from that by the outputs (N, width)."""
        length = float(np.linalg.norm(slope))
        slope, gains, found = slope[None] / max(length, 1e-300), [], []
        for w, kept in reversed(saved):
            slope, grads = networks.backward(self._layer, w, kept, slope)
            found.append(length * grads[self._name][0])
            gains.append(float(np.linalg.norm(slope)))
            length *= gains[-1]
            slope = slope / max(gains[-1], 1e-300)  # normalized, so that it never underflows
        return np.array(gains[::-1]), found[::-1]


def flow(
    matrices: Sequence[Floats], activation: str, residual: bool = False, norm: str = "none", seed: int = 0
) -> Flow:
    """Return how a signal and its gradient change in a network of these weights (width, width)."""
    width, network = matrices[0].shape[1], Deep(matrices, activation, residual, norm)
    seen, saved = network.forward(draws(width, BACK + 1, seed))
    gains, _ = network.backward(saved, draws(width, BACK, seed))
    return Flow(np.array([rms(x) for x in seen]), gains)


def training(network: Deep, rate: float, most: float, seed: int = 0) -> Iterator[tuple[float, Floats]]:
    """Yield loss and gains (L,) before each step of an endless gradient descent.

    The network learns to map SAMPLES random inputs to random outputs: the loss is half the mean square. All
    gradients together are clipped to the length ``most``.
    """
    width = network.matrices[0].shape[1]
    x, target = draws(width, BACK + 1, seed), 0.5 * draws(width, BACK + 2, seed)
    while True:
        seen, saved = network.forward(x)
        error = seen[-1][0] - target
        gains, grads = network.backward(saved, error / error.size)
        yield float(np.mean(error**2) / 2), gains
        length = float(np.sqrt(sum(float(np.sum(grad**2)) for grad in grads)))
        step = rate * min(1.0, most / max(length, 1e-300))
        network.matrices = [w - step * grad for w, grad in zip(network.matrices, grads, strict=True)]


def lengths(gains: Floats) -> Floats:
    """Return the lengths (L + 1,) of the gradient by the inputs and each layer's output, from gains; the last is 1."""
    return np.append(np.cumprod(gains[::-1])[::-1], 1.0)


def decades(x: ArrayLike, least: float = 1e-30) -> Floats:
    """Return the base-10 logarithms of numbers of any shape, clamped to [``least``, 1 / ``least``]."""
    return np.log10(np.clip(np.asarray(x, float), least, 1 / least))


def rms(x: Floats) -> float:
    """Return the root mean square of numbers."""
    return float(np.sqrt(np.mean(x * x)))


def clipped(gradient: Floats, most: float) -> Floats:
    """Return gradients (L + 1,) clipped so that their common norm is at most ``most``; 0 leaves them as they are."""
    length = float(np.linalg.norm(gradient))
    return gradient * (most / length) if 0 < most < length else gradient
