"""How a signal grows or shrinks on its way through many layers, and its gradient on the way back.

Each layer is h ↦ φ(W h), with a normalization before φ or a link around it if wanted; all are as wide. The gradient by
a layer's input is Jᵀ times that by its output, so its length changes by a factor, the layer's gain, and the factors of
all layers multiply (Hochreiter 1991; Glorot and Bengio 2010; He et al. 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute.philox import Purpose, particles, standard_normal
from lossland.models import networks

Floats = NDArray[np.float64]

ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear")
SCHEMES = ("xavier", "he", "orthogonal")
"""How weights are drawn: normal with variance 1/n (Xavier's for square matrices) or 2/n (He's), or orthonormal."""
NORMS = ("none", "batch", "layer")
SAMPLES = 16  # few, so that products of usual widths stay too small for BLAS to share out to threads
MIRRORS = 16  # whose reflections make an orthonormal matrix; cheaper than a QR decomposition
BACK = 1_000_000  # step of the draws of the gradient at the output; of the inputs one more


@dataclass(frozen=True, eq=False)
class Flow:
    """What a signal becomes. ``activation`` (L + 1,) is the root mean square of the inputs and after each layer.

    ``gains`` (L,) are the factors by which the loss's gradient changes its length, from each layer's output to its
    input.
    """

    activation: Floats
    gains: Floats

    @cached_property
    def gradient(self) -> Floats:
        """The length of the gradient by the inputs and by each layer's output (L + 1,), that by the last being 1."""
        return np.append(np.cumprod(self.gains[::-1])[::-1], 1.0)

    @property
    def total(self) -> float:
        """The product of all gains: how long the gradient is when it reaches the inputs."""
        return float(self.gradient[0])


@lru_cache(maxsize=256)
def weights(width: int, layer: int, scheme: str, seed: int = 0) -> Floats:
    """Return the weights (width, width) of a layer before they are multiplied by a gain; always the same array."""
    normal = _normal(width, layer, seed)
    if scheme == "orthogonal":
        return _reflected(normal[:MIRRORS])
    return normal * math.sqrt((2.0 if scheme == "he" else 1.0) / width)


def _reflected(mirrors: Floats) -> Floats:
    """Return the product of the reflections at planes with these normals (k, n): an orthonormal matrix (n, n)."""
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


@np.errstate(all="ignore")  # what explodes may overflow
def flow(
    matrices: Sequence[Floats], activation: str, residual: bool = False, norm: str = "none", seed: int = 0
) -> Flow:
    """Return how a signal fares in a network of these weights (width, width), forth and back."""
    width = matrices[0].shape[1]
    normal = {"none": (), "batch": (networks.BatchNorm(width),), "layer": (networks.LayerNorm(width),)}[norm]
    block = (networks.Linear(width, width), *normal, networks.Activation(activation))
    layer = networks.Residual(block) if residual else None
    mode = networks.Mode(training=True)
    x = draws(width, BACK + 1, seed)[None]
    norms, saved = [rms(x)], []
    for matrix in matrices:
        w = {"0.weight": matrix[None], "0.bias": np.zeros((1, width))}
        if normal:
            w |= {"1.weight": np.ones((1, width)), "1.bias": np.zeros((1, width))}
        x, kept = layer.forward(w, x, mode) if layer else networks.forward(block, w, x, mode)
        saved.append((w, kept))
        norms.append(rms(x))
    slope = draws(width, BACK, seed)[None]
    slope, gains = slope / np.linalg.norm(slope), []
    for w, kept in reversed(saved):
        slope, _ = layer.backward(w, kept, slope) if layer else networks.backward(block, w, kept, slope)
        gains.append(float(np.linalg.norm(slope)))
        slope = slope / max(gains[-1], 1e-300)  # of length 1 again, so that it never becomes too small to be told
    return Flow(np.array(norms), np.array(gains[::-1]))


def rms(x: Floats) -> float:
    """Return the root mean square of numbers."""
    return float(np.sqrt(np.mean(x * x)))


def clipped(gradient: Floats, most: float) -> Floats:
    """Return gradients of layers (L + 1,) scaled so that all together are no longer than ``most``; 0 leaves them."""
    length = float(np.linalg.norm(gradient))
    return gradient * (most / length) if 0 < most < length else gradient
