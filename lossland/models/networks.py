"""Neural networks with *batches of parameter sets* as the first axis: one call evaluates thousands of networks.

A network is a tuple of layers. Its parameters are one flat vector (n,), in PyTorch's order and with the names that
``torch.nn.Sequential`` gives them; a batch of P networks is an array (P, n). Activations are (P, N, features), those of
images (P, N, height, width, channels), for N samples; what all networks share, such as the data, has 1 for P.

Forward and backward are written once, over the array API, and hold for complex numbers too: the gradient at
θ + i h v has the Hessian times v as its imaginary part over h, exact to rounding since h may be 1e-20 (Squire and Trapp
1998; for networks this is what Pearlmutter 1994 does). Where a test decides, as in ReLU, the real part does.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import ModuleType
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from lossland.compute.philox import Purpose, particles, standard_normal, uniform
from lossland.display import Displayed
from lossland.errors import UserError, nearest
from lossland.expression import namespace

Array = Any  # of any library that follows the array API standard, which no type describes fully
Weights = Mapping[str, Array]  # a layer's parameters by name, each (P, *shape)
Shape = tuple[int, ...]
Saved = TypeVar("Saved")  # what a layer's forward pass keeps for the backward pass

BLAS_ALONE = 2**18  # multiplications up to which OpenBLAS uses one thread; for complex numbers 2**15
SMALLEST_BLOCK = 8  # samples
AT_ONCE = 2**24  # numbers of one layer's activations held at once; more networks are evaluated in batches


@dataclass(frozen=True)
class Mode:
    """How a network is evaluated. In ``training``, normalization uses the batch's statistics and dropout is on.

    ``seed`` and ``step`` choose the masks of dropout.
    """

    training: bool = False
    seed: int = 0
    step: int = 0


EVALUATION = Mode()


class Layer(ABC, Generic[Saved]):
    """A differentiable step from activations to activations. Most have no parameters."""

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of each parameter, in order."""
        return {}

    def statistics(self) -> dict[str, Shape]:
        """Return the shape of each running statistic: what normalization uses instead of a batch's own."""
        return {}

    @abstractmethod
    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, Saved]:
        """Return the activations after the layer, and what `backward` needs."""

    @abstractmethod
    def backward(self, w: Weights, saved: Saved, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the loss's gradient by the activations before the layer, and by each parameter.

        ``slope`` is that by the activations after it.
        """

    def backward_first(self, w: Weights, saved: Saved, slope: Array) -> dict[str, Array]:
        """Return the gradient by each parameter alone, for a network's first layer, whose inputs are data."""
        return self.backward(w, saved, slope)[1]

    def observed(self, saved: Saved) -> dict[str, Array]:
        """Return the statistics of the batch that `forward` saw, by the names of `statistics`."""
        return {}


def transposed(matrices: Array) -> Array:
    """Return matrices (..., m, n) transposed."""
    return namespace(matrices).permute_dims(matrices, (*range(matrices.ndim - 2), -1, -2))


# ------------------------------------------------------------------------------------------------- with parameters


@dataclass(frozen=True)
class Linear(Layer[Array]):
    """W x + b, with ``weight`` (outputs, inputs) and ``bias`` (outputs,)."""

    inputs: int
    outputs: int

    def shapes(self) -> dict[str, Shape]:
        """Return weight and bias."""
        return {"weight": (self.outputs, self.inputs), "bias": (self.outputs,)}

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, Array]:
        """Return (P, N, outputs) of (P, N, inputs)."""
        y = transposed(w["weight"] @ transposed(x))  # a feature's samples are contiguous: sums over features are fast
        return y + w["bias"][:, None, :], x

    def backward(self, w: Weights, saved: Array, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradients."""
        return slope @ w["weight"], self.backward_first(w, saved, slope)

    def backward_first(self, w: Weights, saved: Array, slope: Array) -> dict[str, Array]:
        """Return the gradients by weight and bias."""
        return {"weight": transposed(slope) @ saved, "bias": namespace(slope).sum(slope, axis=1)}


@dataclass(frozen=True)
class Convolution(Layer[tuple[Array, Shape]]):
    """A convolution with odd kernel and zero padding to the same size. ``weight`` (outputs, inputs, k, k)."""

    inputs: int
    outputs: int
    kernel: int = 3

    def shapes(self) -> dict[str, Shape]:
        """Return weight and bias."""
        return {"weight": (self.outputs, self.inputs, self.kernel, self.kernel), "bias": (self.outputs,)}

    def _matrix(self, w: Weights) -> Array:
        """Return the weights (P, k k inputs, outputs) by which patches are multiplied."""
        xp, weight = namespace(w["weight"]), w["weight"]
        return xp.reshape(xp.permute_dims(weight, (0, 3, 4, 2, 1)), (weight.shape[0], -1, self.outputs))

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, tuple[Array, Shape]]:
        """Return (P, N, h, w, outputs) of (P, N, h, w, inputs)."""
        xp = namespace(x)
        networks, samples, height, width, channels = x.shape
        edge = self.kernel // 2
        padded = _padded(xp, x, edge)
        offsets = [(i, j) for i in range(self.kernel) for j in range(self.kernel)]
        patches = xp.concat([padded[:, :, i : i + height, j : j + width, :] for i, j in offsets], axis=-1)
        patches = xp.reshape(patches, (networks, samples * height * width, len(offsets) * channels))
        y = patches @ self._matrix(w) + w["bias"][:, None, :]
        return xp.reshape(y, (y.shape[0], samples, height, width, self.outputs)), (patches, x.shape)

    def backward(self, w: Weights, saved: tuple[Array, Shape], slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradients."""
        xp = namespace(slope)
        patches, (_, samples, height, width, channels) = saved
        networks, k, edge = slope.shape[0], self.kernel, self.kernel // 2
        flat = xp.reshape(slope, (networks, samples * height * width, self.outputs))
        matrix = xp.reshape(transposed(patches) @ flat, (networks, k, k, channels, self.outputs))
        grads = {"weight": xp.permute_dims(matrix, (0, 4, 3, 1, 2)), "bias": xp.sum(flat, axis=1)}
        back = xp.reshape(flat @ transposed(self._matrix(w)), (networks, samples, height, width, k * k * channels))
        padded = xp.zeros((networks, samples, height + 2 * edge, width + 2 * edge, channels), dtype=back.dtype)
        for n in range(k * k):
            i, j = divmod(n, k)
            padded[:, :, i : i + height, j : j + width, :] += back[..., n * channels : (n + 1) * channels]
        return padded[:, :, edge : edge + height, edge : edge + width, :], grads


def _padded(xp: ModuleType, x: Array, edge: int) -> Array:
    """Return images with ``edge`` zeros on each side."""
    networks, samples, height, width, channels = x.shape
    wider = xp.zeros((networks, samples, height + 2 * edge, width + 2 * edge, channels), dtype=x.dtype)
    wider[:, :, edge : edge + height, edge : edge + width, :] = x
    return wider


EPSILON = 1e-5  # PyTorch's, of both kinds of normalization
MOMENTUM = 0.1  # weight of a new batch in the running statistics, PyTorch's


class Normalized(NamedTuple):
    """What `BatchNorm` saves: the normalized activations, the factor that normalized them, and the mode.

    ``found`` are the batch's own statistics by the names of `BatchNorm.statistics`.
    """

    normal: Array
    scale: Array
    training: bool
    found: dict[str, Array]


@dataclass(frozen=True)
class BatchNorm(Layer[Normalized]):
    """Each feature with mean 0 and variance 1 over a batch (Ioffe and Szegedy 2015), then scaled and shifted.

    In evaluation the running statistics take the batch's place.
    """

    features: int

    def shapes(self) -> dict[str, Shape]:
        """Return scale and shift."""
        return {"weight": (self.features,), "bias": (self.features,)}

    def statistics(self) -> dict[str, Shape]:
        """Return mean and variance."""
        return {"running_mean": (self.features,), "running_var": (self.features,)}

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, Normalized]:
        """Return activations of the same shape."""
        xp = namespace(x)
        batch = tuple(range(1, x.ndim - 1))
        mean = xp.mean(x, axis=batch, keepdims=True)
        variance = xp.mean((x - mean) ** 2, axis=batch, keepdims=True)
        count = math.prod(x.shape[1:-1])
        found = {"running_mean": mean, "running_var": variance * (count / max(count - 1, 1))}
        if not mode.training:
            mean, variance = (_wide(w[name], x.ndim) for name in self.statistics())
        scale = 1 / xp.sqrt(variance + EPSILON)
        normal = (x - mean) * scale
        y = _wide(w["weight"], x.ndim) * normal + _wide(w["bias"], x.ndim)
        return y, Normalized(normal, scale, mode.training, found)

    def backward(self, w: Weights, saved: Normalized, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradients."""
        xp = namespace(slope)
        normal, scale, training, _ = saved
        batch = tuple(range(1, slope.ndim - 1))
        grads = {"weight": xp.sum(slope * normal, axis=batch), "bias": xp.sum(slope, axis=batch)}
        inner = slope * _wide(w["weight"], slope.ndim)
        if training:
            inner = inner - xp.mean(inner, axis=batch, keepdims=True)
            inner = inner - normal * xp.mean(inner * normal, axis=batch, keepdims=True)
        return inner * scale, grads

    def observed(self, saved: Normalized) -> dict[str, Array]:
        """Return the batch's mean and (unbiased) variance, (P, features)."""
        found = saved.found.items()
        return {name: namespace(value).reshape(value, (value.shape[0], self.features)) for name, value in found}


def _wide(parameter: Array, ndim: int) -> Array:
    """Return (P, features) with axes of length 1 between, to broadcast with activations of ``ndim`` axes."""
    count, features = parameter.shape
    return namespace(parameter).reshape(parameter, (count, *[1] * (ndim - 2), features))


@dataclass(frozen=True)
class LayerNorm(Layer[tuple[Array, Array]]):
    """Each sample with mean 0 and variance 1 over its features (Ba et al. 2016), then scaled and shifted."""

    features: int

    def shapes(self) -> dict[str, Shape]:
        """Return scale and shift."""
        return {"weight": (self.features,), "bias": (self.features,)}

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, tuple[Array, Array]]:
        """Return activations of the same shape."""
        xp = namespace(x)
        centred = x - xp.mean(x, axis=-1, keepdims=True)
        scale = 1 / xp.sqrt(xp.mean(centred**2, axis=-1, keepdims=True) + EPSILON)
        normal = centred * scale
        return _wide(w["weight"], x.ndim) * normal + _wide(w["bias"], x.ndim), (normal, scale)

    def backward(self, w: Weights, saved: tuple[Array, Array], slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradients."""
        xp = namespace(slope)
        normal, scale = saved
        grads = {"weight": xp.sum(slope * normal, axis=1), "bias": xp.sum(slope, axis=1)}
        inner = slope * _wide(w["weight"], slope.ndim)
        inner = inner - xp.mean(inner, axis=-1, keepdims=True)
        return (inner - normal * xp.mean(inner * normal, axis=-1, keepdims=True)) * scale, grads


# ----------------------------------------------------------------------------------------------- without parameters


def _positive(xp: ModuleType, z: Array) -> Array:
    return (xp.real(z) if _is_complex(xp, z) else z) > 0


def _is_complex(xp: ModuleType, z: Array) -> bool:
    return hasattr(z, "dtype") and xp.isdtype(z.dtype, "complex floating")  # a traced node has no dtype


def _sigmoid(xp: ModuleType, z: Array) -> Array:
    return 0.5 + 0.5 * xp.tanh(0.5 * z)  # which never overflows


_GELU = math.sqrt(2 / math.pi)


def bent(xp: ModuleType, kind: str, z: Array) -> Array:
    """Return an activation function of z."""
    if kind == "tanh":
        return xp.tanh(z)
    if kind == "relu":
        return xp.where(_positive(xp, z), z, 0.0)
    if kind == "leaky_relu":
        return xp.where(_positive(xp, z), z, 0.01 * z)
    if kind == "sigmoid":
        return _sigmoid(xp, z)
    if kind == "silu":
        return z * _sigmoid(xp, z)
    if kind == "gelu":
        return 0.5 * z * (1 + xp.tanh(_GELU * (z + 0.044715 * z**3)))
    return xp.sin(z)


def _slope(xp: ModuleType, kind: str, z: Array, y: Array) -> Array:
    """Return the derivative of an activation function at z, where it is y."""
    if kind == "tanh":
        return 1 - y * y
    if kind == "relu":
        return xp.astype(_positive(xp, z), z.dtype)
    if kind == "leaky_relu":
        return xp.where(_positive(xp, z), xp.ones_like(z), xp.full_like(z, 0.01))
    if kind == "sigmoid":
        return y * (1 - y)
    if kind == "silu":
        share = _sigmoid(xp, z)
        return share * (1 + z * (1 - share))
    if kind == "gelu":
        bend = xp.tanh(_GELU * (z + 0.044715 * z**3))
        return 0.5 * (1 + bend) + 0.5 * z * (1 - bend * bend) * _GELU * (1 + 3 * 0.044715 * z**2)
    return xp.cos(z)


ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear", "gelu", "leaky_relu", "silu", "sine")
"""Activation functions; gelu is the tanh form (PyTorch's ``approximate="tanh"``), leaky_relu has slope 0.01."""


@dataclass(frozen=True)
class Activation(Layer[tuple[Array, Array] | None]):
    """A function of each number, by its name in ``ACTIVATIONS``."""

    kind: str

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, tuple[Array, Array] | None]:
        """Return activations of the same shape."""
        if self.kind == "linear":
            return x, None
        y = bent(namespace(x), self.kind, x)
        return y, (x, y)

    def backward(self, w: Weights, saved: tuple[Array, Array] | None, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradient."""
        return (slope if saved is None else slope * _slope(namespace(slope), self.kind, *saved)), {}


@dataclass(frozen=True)
class Dropout(Layer[Array | None]):
    """In training each number is 0 with probability ``rate``, else divided by 1 − rate (Srivastava et al. 2014).

    A network's mask follows from its index in the batch, the seed, the step and the layer's ``stream``.
    """

    rate: float
    stream: int = 0

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, Array | None]:
        """Return activations of the same shape."""
        if not mode.training or self.rate == 0:
            return x, None
        xp = namespace(x)
        draw, _ = uniform(mode.seed, particles(xp, 0, math.prod(x.shape)), 256 * mode.step + self.stream, Purpose.MASK)
        mask = xp.astype(xp.reshape(draw, x.shape) >= self.rate, _real(xp, x.dtype)) / (1 - self.rate)
        return x * mask, mask

    def backward(self, w: Weights, saved: Array | None, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradient."""
        return (slope if saved is None else slope * saved), {}


def _real(xp: ModuleType, dtype: object) -> object:
    """Return the real dtype of a complex one; any other dtype unchanged."""
    return {xp.complex64: xp.float32, xp.complex128: xp.float64}.get(dtype, dtype)


@dataclass(frozen=True)
class Image(Layer[None]):
    """Reshapes rows of pixels (channels, height, width) to images."""

    channels: int
    height: int
    width: int

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, None]:
        """Return (P, N, height, width, channels) of (P, N, features)."""
        xp = namespace(x)
        images = xp.reshape(x, (*x.shape[:2], self.channels, self.height, self.width))
        return xp.permute_dims(images, (0, 1, 3, 4, 2)), None

    def backward(self, w: Weights, saved: None, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradient."""
        return _flat(slope), {}


@dataclass(frozen=True)
class Flatten(Layer[Shape]):
    """Reshapes images to rows, channel after channel."""

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, Shape]:
        """Return (P, N, features) of (P, N, height, width, channels)."""
        return _flat(x), x.shape

    def backward(self, w: Weights, saved: Shape, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradient."""
        xp = namespace(slope)
        _, samples, height, width, channels = saved
        images = xp.reshape(slope, (slope.shape[0], samples, channels, height, width))
        return xp.permute_dims(images, (0, 1, 3, 4, 2)), {}


def _flat(images: Array) -> Array:
    xp = namespace(images)
    return xp.reshape(xp.permute_dims(images, (0, 1, 4, 2, 3)), (*images.shape[:2], -1))


@dataclass(frozen=True)
class MeanPool(Layer[None]):
    """The mean of every square of ``size`` x ``size`` pixels; the image's sides must be multiples of it."""

    size: int = 2

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, None]:
        """Return images with sides ``size`` times as short."""
        total = x[:, :, :: self.size, :: self.size, :]  # sums of strided images are many times faster than a mean
        for offset in range(1, self.size**2):
            i, j = divmod(offset, self.size)
            total = total + x[:, :, i :: self.size, j :: self.size, :]
        return total / self.size**2, None

    def backward(self, w: Weights, saved: None, slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradient."""
        xp = namespace(slope)
        return xp.repeat(xp.repeat(slope, self.size, axis=2), self.size, axis=3) / self.size**2, {}


# ----------------------------------------------------------------------------------------------- sequences of layers


@dataclass(frozen=True)
class Residual(Layer[list[object]]):
    """x + f(x), where f are layers that keep the shape (He et al. 2016)."""

    layers: tuple[Layer, ...]

    def shapes(self) -> dict[str, Shape]:
        """Return the parameters of the layers within, named by their index: ``0.weight``."""
        return {f"{i}.{k}": shape for i, layer in enumerate(self.layers) for k, shape in layer.shapes().items()}

    def statistics(self) -> dict[str, Shape]:
        """Return the statistics of the layers within."""
        return {f"{i}.{k}": shape for i, layer in enumerate(self.layers) for k, shape in layer.statistics().items()}

    def forward(self, w: Weights, x: Array, mode: Mode) -> tuple[Array, list[object]]:
        """Return activations of the same shape."""
        y, saved = forward(self.layers, w, x, mode)
        return x + y, saved

    def backward(self, w: Weights, saved: list[object], slope: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradients."""
        before, grads = backward(self.layers, w, saved, slope)
        return slope + before, grads

    def observed(self, saved: list[object]) -> dict[str, Array]:
        """Return the statistics that the layers within saw."""
        return observed(self.layers, saved)


def _within(w: Weights, index: int) -> dict[str, Array]:
    start = f"{index}."
    return {name[len(start) :]: value for name, value in w.items() if name.startswith(start)}


def forward(layers: Sequence[Layer], w: Weights, x: Array, mode: Mode) -> tuple[Array, list[object]]:
    """Return the activations after the layers, and what each of them saved."""
    saved = []
    for index, layer in enumerate(layers):
        x, kept = layer.forward(_within(w, index), x, mode)
        saved.append(kept)
    return x, saved


def backward(
    layers: Sequence[Layer], w: Weights, saved: list[object], slope: Array, first: int = 0
) -> tuple[Array, dict[str, Array]]:
    """Return the gradient by the activations before layer number ``first``, and by all parameters from there on."""
    grads: dict[str, Array] = {}
    for index in reversed(range(first, len(layers))):
        slope, found = layers[index].backward(_within(w, index), saved[index], slope)
        grads.update(_named(index, found))
    return slope, grads


def parameter_slopes(layers: Sequence[Layer], w: Weights, saved: list[object], slope: Array) -> dict[str, Array]:
    """Return the gradient by all parameters of layers, the first of which takes data."""
    slope, grads = backward(layers, w, saved, slope, first=1)
    return _named(0, layers[0].backward_first(_within(w, 0), saved[0], slope)) | grads


def _named(index: int, grads: dict[str, Array]) -> dict[str, Array]:
    return {f"{index}.{name}": value for name, value in grads.items()}


def observed(layers: Sequence[Layer], saved: list[object]) -> dict[str, Array]:
    """Return the statistics of the batch that the layers saw."""
    pairs = enumerate(zip(layers, saved, strict=True))
    return {f"{i}.{k}": value for i, (layer, kept) in pairs for k, value in layer.observed(kept).items()}


# ------------------------------------------------------------------------------------------------------------ losses

LOSSES = ("cross_entropy", "mse", "half_mse", "logistic")
"""Softmax and cross-entropy of classes 0, 1, ...; the mean square; half the square, summed over outputs (TensorFlow
Playground's); the logistic loss of two classes, given by the target's sign. Each is a mean over the samples."""


def prepared(xp: ModuleType, kind: str, target: Array, outputs: int, dtype: object) -> Array:
    """Return targets (N,) or (N, outputs) in the form a loss needs: (N, outputs), one-hot for cross-entropy."""
    target = xp.asarray(target)
    if kind == "cross_entropy":
        classes = xp.arange(outputs, dtype=xp.int64)
        return xp.astype(xp.astype(target, xp.int64)[:, None] == classes[None, :], dtype)
    target = target[:, None] if target.ndim == 1 else target
    if kind == "logistic":
        return xp.where(target > 0, xp.ones(target.shape, dtype=dtype), -xp.ones(target.shape, dtype=dtype))
    return xp.astype(target, dtype)


def losses(kind: str, out: Array, target: Array) -> Array:
    """Return the loss (P, N) of each sample, of outputs (P, N, outputs) and prepared targets (N, outputs)."""
    xp = namespace(out)
    if kind == "cross_entropy":
        shifted, total = _softmax(xp, out)
        return xp.log(total[..., 0]) - xp.sum(shifted * target, axis=-1)
    if kind == "logistic":
        margin = (out * target)[..., 0]
        wrong = _positive(xp, -margin)
        size = xp.where(wrong, margin, -margin)  # never above 0
        return xp.log1p(xp.exp(size)) + xp.where(wrong, -margin, xp.zeros_like(margin))
    square = xp.sum((out - target) ** 2, axis=-1)
    return square / 2 if kind == "half_mse" else square / out.shape[-1]


def loss_slopes(kind: str, out: Array, target: Array) -> Array:
    """Return the gradient (P, N, outputs) of each sample's loss by the outputs."""
    xp = namespace(out)
    if kind == "cross_entropy":
        shifted, total = _softmax(xp, out)
        return xp.exp(shifted) / total - target
    if kind == "logistic":
        return -target * _sigmoid(xp, -out * target)
    return (out - target) * (1.0 if kind == "half_mse" else 2 / out.shape[-1])


def _softmax(xp: ModuleType, out: Array) -> tuple[Array, Array]:
    """Return the outputs minus their maximum, and the sum of their exponentials."""
    real = xp.real(out) if _is_complex(xp, out) else out
    shifted = out - xp.max(real, axis=-1, keepdims=True)
    return shifted, xp.sum(xp.exp(shifted), axis=-1, keepdims=True)


def found(xp: ModuleType, out: Array, classes: Array) -> Array:
    """Return 1 where outputs (P, N, outputs) predict the class (N,), else 0, (P, N); nan where there are no classes."""
    if out.shape[-1] > 1 and classes.ndim == 1:
        return xp.astype(xp.argmax(out, axis=-1) == classes, xp.float32)
    if out.shape[-1] == 1:
        return xp.astype((out[..., 0] > 0) == (xp.reshape(classes, (-1,)) > 0), xp.float32)
    return xp.full(out.shape[:2], math.nan)


# ---------------------------------------------------------------------------------------------------------- networks


class Parameter(NamedTuple):
    """Where a parameter lies in the flat vector: ``start`` to before ``stop``, and its shape."""

    name: str
    shape: Shape
    start: int
    stop: int


@dataclass(frozen=True)
class Network(Displayed):
    """A sequence of layers, and the loss that they are trained on (see ``LOSSES``).

    Wherever parameters are taken, (n,) stands for one network and (P, n) for many; results then have no first axis or
    one of length P. Points are (N, d), targets (N,) or (N, outputs). ``statistics`` (m,) or (P, m) are the running
    means and variances of batch normalization; by default means of 0 and variances of 1, as at PyTorch's start.
    """

    layers: tuple[Layer, ...]
    outputs: int
    loss_kind: str = "cross_entropy"
    title: str = field(default="network", compare=False)

    def __post_init__(self) -> None:
        if self.loss_kind not in LOSSES:
            hint = nearest(self.loss_kind, LOSSES)
            raise UserError(f"There is no loss {self.loss_kind!r}.{hint} There are {', '.join(LOSSES)}.")
        if self.loss_kind == "logistic" and self.outputs != 1:
            raise UserError(f"The logistic loss tells two classes apart by one output, not {self.outputs}.")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of the flat vector."""
        return self._parameters

    @cached_property
    def _parameters(self) -> tuple[Parameter, ...]:
        return laid_out(Residual(self.layers).shapes())

    @cached_property
    def kept_statistics(self) -> tuple[Parameter, ...]:
        """The running statistics in the order of their flat vector."""
        return laid_out(Residual(self.layers).statistics())

    @property
    def size(self) -> int:
        """The number n of parameters."""
        return self.parameters[-1].stop if self.parameters else 0

    def views(self, theta: Array) -> dict[str, Array]:
        """Return the parameters of (n,) or (P, n) by their names, each in its shape: views, where the library can."""
        return views_of(self.parameters, theta)

    def first_statistics(self, xp: ModuleType = np, dtype: object = None) -> Array:
        """Return the running statistics (m,) before any training."""
        values = [xp.full(math.prod(p.shape), float(p.name.endswith("var"))) for p in self.kept_statistics]
        values = xp.concat(values) if values else xp.zeros(0)
        return xp.astype(values, dtype or xp.float64)

    # ------------------------------------------------------------------------------------------------ evaluation
    def apply(
        self, theta: Array, points: ArrayLike | Array, mode: Mode = EVALUATION, statistics: Array | None = None
    ) -> Array:
        """Return the outputs (N, outputs) or (P, N, outputs)."""
        xp, many, x, theta = self._taken(theta, points)
        out, _ = forward(self.layers, self.weights(theta, statistics), x, mode)
        out = xp.broadcast_to(out, (theta.shape[0], *out.shape[1:]))
        return out if many else out[0, ...]

    def activations(self, theta: Array, points: ArrayLike | Array, statistics: Array | None = None) -> list[Array]:
        """Return the activations after each layer, each as `apply` returns the last ones."""
        _, many, x, theta = self._taken(theta, points)
        w, found = self.weights(theta, statistics), []
        for index, layer in enumerate(self.layers):
            x, _ = layer.forward(_within(w, index), x, EVALUATION)
            found.append(x if many else x[0, ...])
        return found

    def loss(
        self,
        theta: Array,
        points: ArrayLike | Array,
        target: ArrayLike | Array,
        mode: Mode = EVALUATION,
        statistics: Array | None = None,
    ) -> Array:
        """Return the mean loss over the samples: a 0-d array, or (P,)."""
        xp, many, x, theta = self._taken(theta, points)
        aim = prepared(xp, self.loss_kind, target, self.outputs, _real(xp, theta.dtype))
        found = []
        for piece in self._pieces(theta, x):
            w = self.weights(theta[piece, :], _rows(statistics, piece))
            each = []
            for block in self._blocks(theta, x, mode):
                out, _ = forward(self.layers, w, x[:, block, ...], mode)
                each.append(losses(self.loss_kind, out, aim[block, :]))
            found.append(xp.mean(xp.concat(each, axis=1), axis=1))
        value = xp.concat(found)
        return value if many else value[0, ...]

    def value_grad(
        self,
        theta: Array,
        points: ArrayLike | Array,
        target: ArrayLike | Array,
        mode: Mode = EVALUATION,
        statistics: Array | None = None,
    ) -> tuple[Array, Array]:
        """Return the loss as `loss` does, and its gradient in the shape of theta."""
        value, grad, _ = self.value_grad_seen(theta, points, target, mode, statistics)
        return value, grad

    def value_grad_seen(
        self,
        theta: Array,
        points: ArrayLike | Array,
        target: ArrayLike | Array,
        mode: Mode = EVALUATION,
        statistics: Array | None = None,
    ) -> tuple[Array, Array, Array]:
        """Return loss and gradient, and the statistics of this batch in the order of the running ones."""
        xp, many, x, theta = self._taken(theta, points)
        aim = prepared(xp, self.loss_kind, target, self.outputs, _real(xp, theta.dtype))
        values, grads, seen = [], [], []
        for piece in self._pieces(theta, x):
            w, count = self.weights(theta[piece, :], _rows(statistics, piece)), piece.stop - piece.start
            each, slope, seen_here = [], xp.zeros((count, self.size), dtype=theta.dtype), None
            for block in self._blocks(theta, x, mode):
                out, saved = forward(self.layers, w, x[:, block, ...], mode)
                each.append(losses(self.loss_kind, out, aim[block, :]))
                by_output = loss_slopes(self.loss_kind, out, aim[block, :]) / x.shape[1]
                found = parameter_slopes(self.layers, w, saved, by_output)
                slope = slope + _joined(xp, self.parameters, found, count, theta.dtype)
                seen_here = observed(self.layers, saved)  # of the whole batch: with batch statistics there is one block
            values.append(xp.mean(xp.concat(each, axis=1), axis=1))
            grads.append(slope)
            seen.append(_joined(xp, self.kept_statistics, seen_here or {}, count, theta.dtype))
        value, grad, stats = (xp.concat(part) for part in (values, grads, seen))
        return (value, grad, stats) if many else (value[0, ...], grad[0, :], stats[0, :])

    def hessian_times(
        self,
        theta: Array,
        direction: Array,
        points: ArrayLike | Array,
        target: ArrayLike | Array,
        mode: Mode = EVALUATION,
        statistics: Array | None = None,
    ) -> Array:
        """Return the loss's Hessian times a direction, in the shape of the direction: exact, by one complex gradient.

        With one theta (n,) and directions (k, n), all k products come from one call.
        """
        xp = namespace(theta)
        single = theta.dtype == xp.float32
        tiny = 1e-10 if single else 1e-20
        moved = xp.astype(theta, xp.complex64 if single else xp.complex128) + (1j * tiny) * direction
        return xp.imag(self.value_grad(moved, points, target, mode, statistics)[1]) / tiny

    def accuracy(
        self, theta: Array, points: ArrayLike | Array, target: ArrayLike | Array, statistics: Array | None = None
    ) -> Array:
        """Return the share of samples classified correctly: by the largest output, or the sign of a single one."""
        xp, many, x, theta = self._taken(theta, points)
        goal = xp.reshape(xp.asarray(target), (-1,))
        found = []
        for piece in self._pieces(theta, x):
            out, _ = forward(self.layers, self.weights(theta[piece, :], _rows(statistics, piece)), x, EVALUATION)
            right = xp.argmax(out, axis=-1) == goal if self.outputs > 1 else (out[..., 0] > 0) == (goal > 0)
            found.append(xp.mean(xp.astype(right, theta.dtype), axis=1))
        share = xp.concat(found)
        return share if many else share[0, ...]

    def _taken(self, theta: Array, points: ArrayLike | Array) -> tuple[ModuleType, bool, Array, Array]:
        """Return library, whether there are many networks, the points (1, N, d), and the parameters (P, n)."""
        xp = namespace(theta)
        if theta.ndim not in (1, 2) or theta.shape[-1] != self.size:
            raise UserError(f"This network has {self.size} parameters, so they are (n,) or (P, n), not {theta.shape}.")
        x = xp.astype(xp.asarray(points), _real(xp, theta.dtype), copy=False)
        return xp, theta.ndim == 2, x[None, ...], theta if theta.ndim == 2 else theta[None, :]

    def weights(self, theta: Array, statistics: Array | None) -> dict[str, Array]:
        """Return parameters and running statistics by their names."""
        w = views_of(self.parameters, theta)
        if self.kept_statistics:
            xp = namespace(theta)
            stats = self.first_statistics(xp, _real(xp, theta.dtype)) if statistics is None else statistics
            w |= views_of(self.kept_statistics, stats if stats.ndim == 2 else stats[None, :])
        return w

    def _pieces(self, theta: Array, x: Array) -> Iterator[slice]:
        """Yield slices of the networks, small enough that the widest layer's activations fit."""
        at_once = max(1, AT_ONCE // max(1, x.shape[1] * self.widest))
        for first in range(0, max(theta.shape[0], 1), at_once):  # zero networks give one empty piece
            yield slice(first, min(first + at_once, theta.shape[0]))

    def _blocks(self, theta: Array, x: Array, mode: Mode) -> list[slice]:
        """Return slices of the samples that are computed one after the other.

        On the CPU products are kept so small that BLAS stays on one thread: for small networks more threads gain
        nothing, and cost much where other programs run. Batch statistics and dropout need the whole batch.
        """
        count = x.shape[1]
        whole = mode.training and any(isinstance(layer, BatchNorm | Dropout) for layer in _all_layers(self.layers))
        sizes = [p.stop - p.start for p in self.parameters]
        alone = BLAS_ALONE
        if namespace(x).isdtype(theta.dtype, "complex floating"):
            alone = BLAS_ALONE // 8
            sizes += [16 * (p.stop - p.start) for p in self.parameters if p.shape[0] == 1]  # matrix times vector: 2**12
        block = alone // max([1, *sizes])
        if whole or self.kept_statistics or block < SMALLEST_BLOCK or namespace(x) is not np:
            block = count
        return [slice(start, min(start + block, count)) for start in range(0, count, block)]

    @cached_property
    def widest(self) -> int:
        """The largest number of activations that a sample has in any layer (of images with their patches)."""
        return max([self.outputs, *_widths(self.layers)])


def _all_layers(layers: Sequence[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        if isinstance(layer, Residual):
            yield from _all_layers(layer.layers)


def _widths(layers: Sequence[Layer]) -> Iterator[int]:
    pixels = 1
    for layer in layers:
        if isinstance(layer, Image):
            pixels = layer.height * layer.width
        elif isinstance(layer, MeanPool):
            pixels //= layer.size**2
        elif isinstance(layer, Linear):
            yield layer.outputs
        elif isinstance(layer, Convolution):
            yield pixels * max(layer.outputs, layer.kernel**2 * layer.inputs)
        elif isinstance(layer, Residual):
            yield from (pixels * width for width in _widths(layer.layers))


def _rows(statistics: Array | None, piece: slice) -> Array | None:
    return statistics if statistics is None or statistics.ndim == 1 else statistics[piece, :]


def laid_out(shapes: Mapping[str, Shape]) -> tuple[Parameter, ...]:
    """Return the ranges of parameters of these shapes in a flat vector, one after the other."""
    ends = np.cumsum([0, *(math.prod(shape) for shape in shapes.values())]).tolist()
    return tuple(
        Parameter(name, shape, start, stop)
        for (name, shape), start, stop in zip(shapes.items(), ends, ends[1:], strict=False)
    )


def views_of(parameters: Sequence[Parameter], flat: Array) -> dict[str, Array]:
    """Return the parameters of (n,) or (P, n) by their names, each in its shape."""
    xp = namespace(flat)
    return {p.name: xp.reshape(flat[..., p.start : p.stop], (*flat.shape[:-1], *p.shape)) for p in parameters}


def _joined(xp: ModuleType, order: Sequence[Parameter], parts: Weights, count: int, dtype: object) -> Array:
    """Return named arrays (P, *shape) as one (P, n)."""
    rows = [
        xp.broadcast_to(xp.reshape(parts[p.name], (-1, p.stop - p.start)), (count, p.stop - p.start)) for p in order
    ]
    return xp.astype(xp.concat(rows, axis=1), dtype, copy=False) if rows else xp.zeros((count, 0), dtype=dtype)


# ----------------------------------------------------------------------------------------------------- architectures


def widths(text: str, least: int = 1, deepest: int = 6, widest: int = 32) -> tuple[int, ...]:
    """Parse the widths of a perceptron's hidden layers, such as ``8-8-3`` or ``8, 8, 3``.

    There are ``least`` to ``deepest`` layers of 1 to ``widest`` neurons; else it raises UserError.
    """
    parts = [part for part in re.split(r"[-,;\s]+", text.strip()) if part]
    whole = all(part.isascii() and part.isdigit() and 0 < int(part) <= widest for part in parts)
    if not least <= len(parts) <= deepest or not whole:
        many = f"up to {deepest}" if least == 0 else f"{least} to {deepest}"
        raise UserError(f"widths are {many} whole numbers from 1 to {widest}, such as 8-8-3, not {text!r}.")
    return tuple(map(int, parts))


def mlp(
    widths: Sequence[int],
    activation: str = "tanh",
    loss: str = "cross_entropy",
    output: str = "linear",
    residual: bool = False,
    norm: str = "",
    dropout: float = 0.0,
) -> Network:
    """Return a multilayer perceptron of ``widths`` (inputs, hidden layers, outputs), e.g. (64, 32, 32, 10).

    Each hidden layer is linear, then normalization (``norm`` batch, layer or none), activation and dropout. With
    ``residual``, those that keep the width are residual blocks. ``output`` is the activation of the outputs.
    """
    _check(widths, activation, output, norm, dropout)
    layers: list[Layer] = []
    for stream, (inputs, outputs) in enumerate(pairwise(widths[:-1])):
        block: list[Layer] = [Linear(inputs, outputs), *_normal(norm, outputs), Activation(activation)]
        block += [Dropout(dropout, stream)] if dropout else []
        layers += [Residual(tuple(block))] if residual and inputs == outputs else block
    layers.append(Linear(widths[-2], widths[-1]))
    if output != "linear":
        layers.append(Activation(output))
    return Network(tuple(layers), widths[-1], loss, f"MLP {'-'.join(map(str, widths))}")


def cnn(
    image: tuple[int, int, int] = (1, 8, 8),
    channels: Sequence[int] = (8, 16),
    classes: int = 10,
    activation: str = "relu",
    loss: str = "cross_entropy",
    kernel: int = 3,
    residual: bool = False,
    norm: str = "",
    dropout: float = 0.0,
) -> Network:
    """Return a small convolutional network for images (channels, height, width).

    For each of ``channels``: a convolution, normalization (``norm`` batch or none) and activation, with ``residual`` a
    second one with a skip connection, and mean pooling over 2 x 2 pixels as long as both sides are even. The last layer
    is linear.
    """
    _check((*channels, classes), activation, "linear", norm, dropout)
    if norm == "layer":
        raise UserError("Convolutional networks here are normalized by batch, not by layer.")
    if kernel % 2 == 0:
        raise UserError(f"A convolution's kernel has an odd side here, not {kernel}.")
    inputs, height, width = image
    layers: list[Layer] = [Image(inputs, height, width)]
    for outputs in channels:
        layers += [Convolution(inputs, outputs, kernel), *_normal(norm, outputs), Activation(activation)]
        if residual:
            again = Convolution(outputs, outputs, kernel)
            layers.append(Residual((again, *_normal(norm, outputs), Activation(activation))))
        if height % 2 == 0 and width % 2 == 0:
            layers.append(MeanPool(2))
            height, width = height // 2, width // 2
        inputs = outputs
    layers.append(Flatten())
    layers += [Dropout(dropout)] if dropout else []
    layers.append(Linear(inputs * height * width, classes))
    return Network(tuple(layers), classes, loss, f"CNN {'-'.join(map(str, channels))}")


def _normal(norm: str, features: int) -> list[Layer]:
    return [] if not norm else [BatchNorm(features) if norm == "batch" else LayerNorm(features)]


def _check(widths: Sequence[int], activation: str, output: str, norm: str, dropout: float) -> None:
    if len(widths) < 2 or any(int(width) != width or width < 1 for width in widths):
        raise UserError(f"Widths are two or more whole numbers from 1 on, not {tuple(widths)}.")
    for name in (activation, output):
        if name not in ACTIVATIONS:
            hint = nearest(name, ACTIVATIONS)
            raise UserError(f"There is no activation {name!r}.{hint} There are {', '.join(ACTIVATIONS)}.")
    if norm not in ("", "batch", "layer"):
        raise UserError(f"Normalization is batch, layer or none, not {norm!r}.")
    if not 0 <= dropout < 1:
        raise UserError(f"The rate of dropout is from 0 to below 1, not {dropout}.")


# ----------------------------------------------------------------------------------------------------- initial values

SCHEMES = (
    "torch",
    "xavier_uniform",
    "xavier_normal",
    "he_uniform",
    "he_normal",
    "lecun_normal",
    "orthogonal",
    "playground",
)
"""How weights are drawn. ``torch``: the default of PyTorch's layers, uniform within ±1/√fan_in, biases too.
Xavier (Glorot and Bengio 2010): variance gain² 2/(fan_in + fan_out). He (He et al. 2015) and LeCun: gain²/fan_in, with
gain √2 and 1 unless given. ``orthogonal`` (Saxe et al. 2013). ``playground``: uniform within ±½, biases 0.1."""

GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "leaky_relu": math.sqrt(2 / 1.0001)}
"""``torch.nn.init.calculate_gain``; where PyTorch has none (gelu, silu, sine) take 1."""


def initial(
    network: Network,
    seed: int = 0,
    count: int | None = None,
    scheme: str = "torch",
    gain: float | None = None,
    xp: ModuleType = np,
    dtype: object = None,
) -> Array:
    """Return initial parameters (n,), or of ``count`` networks (count, n); network i of a seed is always the same.

    Scales of normalization are 1 and its shifts 0; biases are 0 but where the scheme says otherwise.
    """
    if scheme not in SCHEMES:
        raise UserError(f"There is no scheme {scheme!r}.{nearest(scheme, SCHEMES)} There are {', '.join(SCHEMES)}.")
    numbers = particles(xp, 0, network.size)[None, :]
    networks = particles(xp, 0, count or 1)[:, None]
    even = 2 * uniform(seed, numbers, networks, Purpose.WEIGHTS)[0] - 1
    normal = standard_normal(seed, numbers, networks, Purpose.WEIGHTS)[0]
    fan_in, parts = 1, []
    for p in network.parameters:
        weight = p.name.endswith("weight")
        flat = even[:, p.start : p.stop], normal[:, p.start : p.stop]
        if len(p.shape) > 1:
            fan_in = math.prod(p.shape[1:])
            parts.append(_drawn(xp, scheme, gain, p.shape, *flat))
        elif weight or _is_norm(network, p.name):
            parts.append(xp.full((count or 1, p.stop - p.start), 1.0 if weight else 0.0))
        elif scheme == "torch":
            parts.append(flat[0] / math.sqrt(fan_in))
        else:
            parts.append(xp.full((count or 1, p.stop - p.start), 0.1 if scheme == "playground" else 0.0))
    theta = xp.astype(xp.concat(parts, axis=1), dtype or xp.float64)
    return theta[0, :] if count is None else theta


def _is_norm(network: Network, bias: str) -> bool:
    """Whether a bias belongs to a normalization: its weight has one axis."""
    weight = bias.removesuffix("bias") + "weight"
    return any(p.name == weight and len(p.shape) == 1 for p in network.parameters)


def _drawn(xp: ModuleType, scheme: str, gain: float | None, shape: Shape, even: Array, normal: Array) -> Array:
    """Return a weight's initial values (P, size), from draws that are uniform in (−1, 1) and normal."""
    fan_in = math.prod(shape[1:])
    fan_out = shape[0] * math.prod(shape[2:])
    if scheme == "orthogonal":
        return (gain or 1.0) * _orthogonal(xp, xp.reshape(normal, (-1, shape[0], fan_in)))
    if scheme in ("torch", "playground"):
        return (gain or 1.0) * even * (0.5 if scheme == "playground" else 1 / math.sqrt(fan_in))
    usual = math.sqrt(2) if scheme.startswith("he") else 1.0
    fan = (fan_in + fan_out) / 2 if scheme.startswith("xavier") else fan_in
    deviation = (usual if gain is None else gain) / math.sqrt(fan)
    return deviation * (math.sqrt(3) * even if scheme.endswith("uniform") else normal)


def _orthogonal(xp: ModuleType, normal: Array) -> Array:
    """Return matrices (P, rows * columns) with orthonormal rows or columns, whichever are fewer."""
    wide = normal.shape[1] < normal.shape[2]
    q, r = xp.linalg.qr(transposed(normal) if wide else normal)
    q = q * xp.sign(xp.linalg.diagonal(r))[:, None, :]
    return xp.reshape(transposed(q) if wide else q, (normal.shape[0], -1))
