"""Batch and layer normalization, and what they do to deep networks.

Both subtract a mean, divide by a deviation, and then apply a learnt scale and shift. Batch normalization takes mean and
variance of each feature over the samples of a batch (Ioffe and Szegedy 2015), layer normalization those of each sample
over its features (Ba, Kiros and Hinton 2016). In evaluation, running statistics replace the batch's. Variances are over
n, as in both papers; running variances are over n − 1, as PyTorch's.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.compute.philox import Purpose, particles, standard_normal
from lossland.errors import UserError
from lossland.expression import namespace
from lossland.expression.node import Array
from lossland.models import datasets, networks

A = TypeVar("A", bound=Array)
Floats = NDArray[np.float64]

NORMS = ("batch", "layer")
WIDTH = 3  # features of each layer of the twins, so that a cloud of activations is one in space
SAMPLES = 512


class Statistics(NamedTuple, Generic[A]):
    """Mean and variance, which broadcast with the activations."""

    mean: A
    variance: A


def statistics(x: A, axis: int = 0) -> Statistics[A]:
    """Return mean and variance (over n) along an axis, which is kept with length 1."""
    xp = namespace(x)
    mean = xp.mean(x, axis=axis, keepdims=True)
    return Statistics(mean, xp.mean((x - mean) ** 2, axis=axis, keepdims=True))


def stages(
    x: A, by: Statistics[A], gamma: float | Array = 1.0, beta: float | Array = 0.0, eps: float = networks.EPSILON
) -> tuple[A, A, A, A]:
    """Return x, x − μ, (x − μ)/√(σ² + ε), and that times γ plus β."""
    centred = x - by.mean
    normal = centred / namespace(x).sqrt(by.variance + eps)
    return x, centred, normal, gamma * normal + beta


def running(batches: Sequence[A], momentum: float = networks.MOMENTUM) -> Statistics[A]:
    """Return the running statistics (1, features) after batches (n, features), starting from 0 and 1.

    Each batch moves them by ``momentum`` towards its own mean and unbiased variance.
    """
    first = batches[0]
    mean = 0 * first[:1, :]
    variance = mean + 1.0
    for batch in batches:
        found, count = statistics(batch), batch.shape[0]
        mean = (1 - momentum) * mean + momentum * found.mean
        variance = (1 - momentum) * variance + momentum * found.variance * (count / max(count - 1, 1))
    return Statistics(mean, variance)


# ------------------------------------------------------------------------------------------------------------ twins
def weights(depth: int, gain: float, seed: int = 0) -> list[tuple[Floats, Floats]]:
    """Return weights (WIDTH, WIDTH) and biases (WIDTH,) of each layer, normal with sizes ``gain``/√WIDTH and ½ gain."""
    found = []
    for layer in range(depth):
        drawn, other = standard_normal(seed, particles(np, 0, WIDTH * WIDTH), layer, Purpose.WEIGHTS)
        found.append((gain / np.sqrt(WIDTH) * drawn.reshape(WIDTH, WIDTH), 0.5 * gain * other[:WIDTH]))
    return found


def inputs(count: int, shift: float = 0.0, seed: int = 0, step: int = 0) -> Floats:
    """Return samples (count, WIDTH): a round cloud, shifted along each feature."""
    drawn, _ = standard_normal(seed, particles(np, 0, count * WIDTH), step, Purpose.DATA)
    return 0.5 * drawn.reshape(count, WIDTH) + shift


def plain(layers: Sequence[tuple[Floats, Floats]], x: Floats) -> list[Floats]:
    """Return the activations (n, WIDTH) of the network without normalization: the inputs, and after each layer."""
    found = [x]
    for matrix, bias in layers:
        found.append(np.tanh(found[-1] @ matrix.T + bias))
    return found


def normed(
    layers: Sequence[tuple[Floats, Floats]], x: Floats, norm: str = "batch", gamma: float = 1.0, beta: float = 0.0,
    eps: float = networks.EPSILON, fixed: Sequence[Statistics[Floats]] = (),
) -> list[tuple[Floats, ...]]:  # fmt: skip
    """Return each layer's pre-activations (n, WIDTH) in the stages of normalization; tanh of the last is its output.

    ``fixed`` statistics, one for each layer, replace those of this batch.
    """
    found: list[tuple[Floats, ...]] = []
    h = x
    for k, (matrix, bias) in enumerate(layers):
        z = h @ matrix.T + bias
        by = fixed[k] if fixed else statistics(z, axis=0 if norm == "batch" else 1)
        found.append(stages(z, by, gamma, beta, eps))
        h = np.tanh(found[-1][-1])
    return found


def followed(
    layers: Sequence[tuple[Floats, Floats]], batches: Sequence[Floats], gamma: float = 1.0, beta: float = 0.0,
    eps: float = networks.EPSILON,
) -> list[Statistics[Floats]]:  # fmt: skip
    """Return the running statistics of each layer after batches of inputs (n, WIDTH) in training."""
    seen = [normed(layers, batch, "batch", gamma, beta, eps) for batch in batches]
    return [running([layer[k][0] for layer in seen]) for k in range(len(layers))]


@dataclass(frozen=True)
class Twins:
    """Two networks of ``depth`` tanh layers with the same weights, one without normalization and one with it.

    Their inputs are a ``batch``, ``shifted``. The statistics are those of the batch, or, after ``seen`` other
    batches, the running ones (batch normalization alone has these).
    """

    depth: int
    gain: float
    norm: str = "batch"
    batch: int = 256
    shifted: float = 0.0
    gamma: float = 1.0
    beta: float = 0.0
    eps: float = networks.EPSILON
    seen: int = 0
    seed: int = 0

    @cached_property
    def entered(self) -> Floats:
        """The inputs of both (batch, WIDTH)."""
        return inputs(self.batch, self.shifted, self.seed)

    @cached_property
    def without(self) -> list[Floats]:
        """The activations (batch, WIDTH) without normalization: the inputs, and after each layer."""
        return plain(weights(self.depth, self.gain, self.seed), self.entered)

    @cached_property
    def sums(self) -> list[tuple[Floats, ...]]:
        """The normalized network's sums (batch, WIDTH) of each layer, in their four stages."""
        made, learnt = weights(self.depth, self.gain, self.seed), (self.gamma, self.beta, self.eps)
        fixed: Sequence[Statistics] = ()
        if self.seen and self.norm == "batch":
            batches = [inputs(self.batch, self.shifted, self.seed, 1 + k) for k in range(self.seen)]
            fixed = followed(made, batches, *learnt)
        return normed(made, self.entered, self.norm, *learnt, fixed)

    @cached_property
    def with_norm(self) -> list[Floats]:
        """The activations (batch, WIDTH) with normalization: the inputs, and after each layer."""
        return [self.entered, *(np.tanh(stages[-1]) for stages in self.sums)]

    @property
    def shares(self) -> Floats:
        """The shares of saturated activations of each layer (2, depth), without normalization and with it."""
        return np.array([[saturated(h) for h in row[1:]] for row in (self.without, self.with_norm)])

    def on_its_way(self, layer: int, moves: float) -> Floats:
        """Return the activations (batch, WIDTH) of a layer, interpolated over the three steps of its normalization."""
        move = min(int(moves), 2)
        before, after = (np.tanh(self.sums[layer][k]) for k in (move, move + 1))
        return before + (moves - move) * (after - before)


def saturated(activations: Floats, most: float = 0.97) -> float:
    """Return the share of saturated tanh activations, close to −1 or 1: their slope is below 6 %."""
    return float((np.abs(activations) > most).mean())


# ------------------------------------------------------------------------------------------------------- loss slices
def started(norm: str, gain: float, depth: int = 10, seed: int = 0) -> tuple[networks.Network, Floats]:
    """Return a network of two inputs, ``depth`` tanh layers of 8 and one output, and its parameters (n,).

    Networks with ``norm`` batch, layer or "" (none) have the same weights, Xavier's times ``gain``.
    """
    widths = (2, *[8] * depth, 1)
    bare, network = (networks.mlp(widths, "tanh", loss="logistic", norm=kind) for kind in ("", norm))
    theta, drawn = np.zeros(network.size), networks.initial(bare, seed, 1, "xavier_normal")[0]
    views = network.views(theta)
    matrices = [value for value in views.values() if value.ndim == 2]
    for value, old in zip(matrices, [one for one in bare.views(drawn).values() if one.ndim == 2], strict=True):
        value[:] = gain * old
    for name, value in views.items():
        if value.ndim == 1 and name.endswith("weight"):  # the scale of a normalization
            value[:] = 1.0
    return network, theta


def directions(network: networks.Network, theta: Floats, points: Floats, target: ArrayLike, seed: int = 0) -> Floats:
    """Return two orthonormal directions (2, n): the gradient's, and a random one."""
    _, slope = network.value_grad(theta, points, target, networks.Mode(training=True))
    drawn, _ = standard_normal(seed, particles(np, 0, len(theta)), 1, Purpose.DIRECTION)
    first = slope / max(float(np.linalg.norm(slope)), 1e-300)
    second = drawn - (drawn @ first) * first
    return np.stack([first, second / np.linalg.norm(second)])


@dataclass(frozen=True, eq=False)
class Slice:
    """Losses (n, n) at coordinates ``at`` (n,): columns go along the gradient, rows along the random direction.

    ``line`` (m,) are those through the middle along the gradient, at the finer spaced ``along`` (m,).
    """

    at: Floats
    loss: Floats
    along: Floats
    line: Floats

    @property
    def changes(self) -> float:
        """How fast slopes change along the line: the root mean square of the second derivative."""
        step = float(self.along[1] - self.along[0])
        return float(np.sqrt(np.mean((np.diff(self.line, 2) / step**2) ** 2)))


def sliced(norm: str, gain: float, reach: float, cells: int, fine: int, seed: int = 0) -> Generator[None, None, Slice]:
    """Return a slice of such a network's loss on two moons, up to ``reach`` along both directions.

    It has ``cells`` samples along each, and ``fine`` ones on the line. Yields after each row.
    """
    data = datasets.moons(60, 0.1, seed)
    points = 1.2 * (data.points - (0.5, 0.25))
    at, along = np.linspace(-reach, reach, cells), np.linspace(-reach, reach, fine)
    network, theta = started(norm, gain, seed=seed)
    first, second = directions(network, theta, points, data.target, seed)
    rows = []
    for step, places in [*((step, at) for step in at), (0.0, along)]:
        thetas = theta + step * second + places[:, None] * first
        rows.append(np.asarray(network.loss(thetas, points, data.target, networks.Mode(training=True))))
        yield
    return Slice(at, np.array(rows[:-1]), along, rows[-1])


def numbers_of(text: str) -> list[float]:
    """Return the numbers of a text such as ``1, 2, 3, 4``: at least two."""
    try:
        found = [float(part) for part in text.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        found = []
    if not 2 <= len(found) <= 32 or not np.isfinite(found).all() or np.abs(found).max() > 1e6:
        raise UserError(f"A batch is 2 to 32 numbers with commas between, such as 1, 2, 3, 4, not {text!r}.")
    return found
