"""Slices through the loss of a network: L(θ + α δ + β η) along one or two directions, and the choice of directions.

Filter normalization is that of Li et al. (2018, "Visualizing the Loss Landscape of Neural Nets") and of their code:
one Gaussian tensor per parameter; of a parameter of several axes each slice along the first (a neuron of a linear
layer, an output channel of a convolution) is scaled to the length of the weights' slice; parameters of one axis
(biases, scales of normalization) are left alone ("biasbn"), or the direction copies them. The two directions are not
made orthogonal: their cosine is reported. Losses are taken in evaluation mode, with the centre's running statistics.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lossland.compute.philox import Purpose, particles, standard_normal, uniform
from lossland.compute.pieces import Pieces, finished
from lossland.display import Displayed
from lossland.errors import MachineError, UserError, nearest
from lossland.expression import namespace
from lossland.expression.table import Table
from lossland.models import networks
from lossland.models.networks import BLAS_ALONE, EVALUATION, Array, Convolution, Image, Linear, Network, Parameter
from lossland.models.perceptrons import Perceptrons

if TYPE_CHECKING:
    from lossland.compute.workers import Workers

Floats = NDArray[np.float64]
DIRECTIONS = ("random", "filter", "pca", "hessian", "gradient", "points", "local")
PRODUCTS = 200  # Hessian-vector products for the top eigenvectors, at most
TINY = 1e-10  # added to a direction's length before it divides, as in Li et al.'s code


class Layout(Protocol):
    """A network's parameters and their ranges in the flat vector; a `Network` is one."""

    @property
    def title(self) -> str:
        """What the network is called."""
        ...

    @property
    def size(self) -> int:
        """The number n of parameters."""
        ...

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of the flat vector."""
        ...

    def views(self, theta: Array) -> dict[str, Array]:
        """Return the parameters of (n,) or (P, n) by their names, each in its shape."""
        ...


class Objective(Protocol):
    """A loss of flat parameter vectors that can be sliced: a `Task`, or a PyTorch module with its data."""

    @property
    def network(self) -> Layout:
        """What the parameters are."""
        ...

    @property
    def piece(self) -> int:
        """How many points of a slice to evaluate between two updates."""
        ...

    @property
    def precision(self) -> float:
        """The relative error to which a top eigenvalue is computed."""
        ...

    def loss(self, theta: Array) -> Array:
        """Return the loss of (n,) or (P, n)."""
        ...

    def accuracy(self, theta: Array) -> Array:
        """Return the share of samples whose class is found, nan where there are no classes."""
        ...

    def gradient(self, theta: Array) -> Array:
        """Return the gradient, in the shape of theta."""
        ...

    def hessian_times(self, theta: Array, direction: Array) -> Array:
        """Return the Hessian at theta (n,) times directions (n,) or (k, n)."""
        ...

    def surface(self, centre: Array, directions: Array, dtype: str) -> Surface:
        """Return the loss on the plane from a centre (n,) along directions (k, n)."""
        ...


class Task(NamedTuple):
    """A network with the data that its loss is taken over, and the running statistics of batch normalization."""

    network: Network
    points: Array
    target: Array
    statistics: Array | None = None

    piece = 512
    precision = 1e-8

    def loss(self, theta: Array) -> Array:
        """Return the loss of (n,) or (P, n)."""
        return self.network.loss(theta, self.points, self.target, statistics=self.statistics)

    def accuracy(self, theta: Array) -> Array:
        """Return the share of samples whose class is found."""
        return self.network.accuracy(theta, self.points, self.target, self.statistics)

    def surface(self, centre: Array, directions: Array, dtype: str) -> FlatSurface:
        """Return the loss on the plane from a centre (n,) along directions (k, n)."""
        return FlatSurface(self, centre, directions, dtype)

    def gradient(self, theta: Array) -> Array:
        """Return its gradient, in the shape of theta."""
        return self.network.value_grad(theta, self.points, self.target, statistics=self.statistics)[1]

    def hessian_times(self, theta: Array, direction: Array) -> Array:
        """Return its Hessian times a direction."""
        return self.network.hessian_times(theta, direction, self.points, self.target, statistics=self.statistics)


# --------------------------------------------------------------------------------------------------------- directions


def random_direction(theta: Array, seed: int = 0, index: int = 0) -> Array:
    """Return a Gaussian direction (n,); index 0, 1, ... are independent ones of a seed."""
    xp = namespace(theta)
    numbers = particles(xp, 0, theta.shape[0])
    return xp.astype(standard_normal(seed, numbers, index, Purpose.DIRECTION)[0], theta.dtype)


NORMS = ("filter", "layer", "weight", "dfilter", "dlayer", "")


def normalized(network: Layout, theta: Array, direction: Array, norm: str = "filter", biasbn: str = "zero") -> Array:
    """Return a direction (n,) scaled to the weights as Li et al. do.

    ``filter`` scales each filter to the length of the weights', ``layer`` each parameter as a whole; ``weight``
    multiplies by the weights; ``dfilter`` and ``dlayer`` make filters and parameters unit vectors. Parameters of one
    axis become zero, or with ``biasbn="copy"`` the weights' own.
    """
    if norm not in NORMS:
        raise UserError(f"There is no norm {norm!r}.{nearest(norm, NORMS)} There are {', '.join(NORMS[:-1])}.")
    xp = namespace(theta)
    d, w, parts = network.views(direction), network.views(theta), []
    for p in network.parameters:
        one, own = d[p.name], w[p.name]
        if len(p.shape) <= 1:
            parts.append(own if biasbn == "copy" else xp.zeros_like(own))
            continue
        rows = p.shape[0] if norm.endswith("filter") else 1
        flat, like = xp.reshape(one, (rows, -1)), xp.reshape(own, (rows, -1))
        if norm == "weight":
            flat = flat * like
        elif norm:
            length = xp.ones_like(like[:, :1]) if norm.startswith("d") else _length(like)
            flat = flat * (length / (_length(flat) + TINY))
        parts.append(flat)
    return xp.concat([xp.reshape(part, (-1,)) for part in parts])


def _length(rows: Array) -> Array:
    """Return the lengths of vectors (..., n) as (..., 1)."""
    xp = namespace(rows)
    return xp.sqrt(xp.sum(rows * rows, axis=-1, keepdims=True))


def norms_match(network: Layout, theta: Array, directions: Array) -> bool:
    """Return whether each filter of directions (k, n) has the norm of that of the parameters (n,)."""
    weights = network.views(theta)
    return all(
        np.allclose(_length(part), _length(weights[name]), rtol=1e-6)
        for row in directions for name, part in network.views(row).items() if part.ndim > 1
    )  # fmt: skip


def unit(vector: Array) -> Array:
    """Return a vector (n,) divided by its length."""
    return vector / (_length(vector) + math.ulp(0))


def cosine(a: Array, b: Array) -> float:
    """Return the cosine of the angle between two directions (n,)."""
    xp = namespace(a)
    return float(xp.sum(unit(a) * unit(b)))


class Plane(NamedTuple):
    """Directions (k, n) with the share of variance that each explains (k,), largest first."""

    directions: Array
    shares: Floats


def pca(path: Array, final: Array | None = None, count: int = 2) -> Plane:
    """Return the first principal directions, of length 1, of a path (T, n) taken relative to its final point.

    As in Li et al.'s code the differences are centred at their mean. Of each direction the largest entry is positive.
    From a Gram matrix (T, T): a path of a hundred points takes milliseconds, however many parameters there are.
    """
    xp = namespace(path)
    rows = path - (path[-1, :] if final is None else final)
    rows = rows - xp.mean(rows, axis=0, keepdims=True)
    values, vectors = xp.linalg.eigh(rows @ networks.transposed(rows))
    values, vectors = xp.flip(values), xp.flip(vectors, axis=1)
    found = []
    for k in range(count):
        along = unit(xp.sum(rows * vectors[:, k : k + 1], axis=0))
        found.append(along * xp.sign(along[int(xp.argmax(xp.abs(along)))]))
    every = np.maximum([float(v) for v in values], 0)
    return Plane(xp.stack(found), every[:count] / max(every.sum(), math.ulp(0)))


def common_plane(runs: Sequence[Array], centre: Array) -> Plane:
    """Return the plane of several runs (T_i, n) of one network: their PCA together, relative to one centre (n,)."""
    return pca(namespace(centre).concat(list(runs)), centre)


class Spectrum(NamedTuple):
    """Eigenvalues (k,) of a Hessian, the largest first, their unit vectors (k, n), and a bound of each one's error."""

    values: Floats
    vectors: Array
    errors: Floats


def top_eigenvectors(
    times: Callable[[Array], Array],
    like: Array,
    count: int = 2,
    seed: int = 0,
    most: int = PRODUCTS,
    precision: float = 1e-8,
) -> Spectrum:
    """Return the largest eigenvalues of a symmetric matrix that is known by its products with vectors like (n,).

    Lanczos with full reorthogonalization, twice, until the errors (of the residuals, relative to
    the largest eigenvalue) fall below ``precision`` or ``most`` products were taken. A double eigenvalue
    may be found only once.
    """
    return finished(lanczos(times, like, count, seed, most, precision))


def lanczos(
    times: Callable[[Array], Array], like: Array, count: int, seed: int, most: int, precision: float
) -> Pieces[Spectrum]:
    """Return what `top_eigenvectors` does, in pieces of one product."""
    xp, size = namespace(like), like.shape[0]
    count, most = min(count, size), min(most, size)
    basis = [unit(random_direction(like, seed, 7))]
    diagonal: list[float] = []
    beside: list[float] = []
    while True:
        product = times(basis[-1])
        diagonal.append(float(xp.sum(product * basis[-1])))
        known = xp.stack(basis)
        for _ in range(2):
            product = product - xp.sum(known * (known @ product)[:, None], axis=0)
        rest = float(_length(product)[0])
        small = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        values, vectors = np.linalg.eigh(small)
        values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
        errors = rest * np.abs(vectors[-1, :])
        done = len(basis) >= count and errors.max() <= precision * max(np.abs(values).max(), math.ulp(0))
        if done or len(basis) >= most:
            break
        yield len(basis) / most
        beside.append(rest)
        basis.append(product / rest if rest > 1e-14 * np.abs(small).max() else _another(xp, known, like, seed))
    found = xp.asarray(vectors.T, dtype=like.dtype) @ known
    return Spectrum(values, found, errors)


def _another(xp: ModuleType, known: Array, like: Array, seed: int) -> Array:
    """Return a random unit vector orthogonal to the known ones, which span an invariant subspace."""
    found = random_direction(like, seed, 7 + known.shape[0])
    for _ in range(2):
        found = found - xp.sum(known * (known @ found)[:, None], axis=0)
    return unit(found)


def hessian_spectrum(task: Objective, theta: Array, count: int = 2, seed: int = 0, most: int = PRODUCTS) -> Spectrum:
    """Return the top eigenvalues and eigenvectors of the loss's Hessian at theta (n,)."""
    return finished(spectrum_in_pieces(task, theta, count, seed, most))


def spectrum_in_pieces(task: Objective, theta: Array, count: int, seed: int, most: int) -> Pieces[Spectrum]:
    """Return what `hessian_spectrum` does, in pieces."""
    return lanczos(lambda v: task.hessian_times(theta, v), theta, count, seed, most, task.precision)


def gradient_plane(task: Objective, theta: Array) -> Array:
    """Return the gradient's direction and the component of the Hessian times it that is orthogonal to it (2, n).

    Descent from here stays in this plane to second order. Where one of the two vanishes, a random one replaces it.
    """
    xp = namespace(theta)
    grad = task.gradient(theta)
    first = unit(grad) if float(_length(grad)[0]) > 0 else unit(random_direction(theta, 0, 0))
    turned = task.hessian_times(theta, first)
    second = turned - xp.sum(turned * first) * first
    if float(_length(second)[0]) <= 1e-12 * float(_length(turned)[0]) + math.ulp(0):
        second = random_direction(theta, 0, 1)
        second = second - xp.sum(second * first) * first
    return xp.stack([first, unit(second)])


def through(first: Array, second: Array, third: Array) -> Array:
    """Return orthonormal directions (2, n) of the plane through three points, the first axis from first to second."""
    xp = namespace(first)
    along, other = unit(second - first), third - first
    across = other - xp.sum(other * along) * along
    if float(_length(across)[0]) <= 1e-9 * float(_length(other)[0]) + math.ulp(0):
        raise UserError("Three points on one line span no plane; give others.")
    return xp.stack([along, unit(across)])


def bezier(first: Array, middle: Array, last: Array, t: Array) -> Array:
    """Return points (len(t), n) of the quadratic Bézier curve with these control points, t from 0 to 1."""
    t = t[:, None]
    return (1 - t) ** 2 * first + 2 * t * (1 - t) * middle + t**2 * last


def connect(
    task: Objective, first: Array, last: Array, steps: int = 200, lr: float = 0.02, count: int = 8, seed: int = 0
) -> Array:
    """Return the middle control point (n,) of a quadratic Bézier curve between two optima with low mean loss.

    Garipov et al. (2018): the mean loss over t, drawn uniformly (here ``count`` at a time, one from each part of
    [0, 1]), is minimized by Adam over the middle point alone, from the midpoint on.
    """
    return finished(_connecting(task, first, last, steps, lr, count, seed))


def _connecting(
    task: Objective, first: Array, last: Array, steps: int = 200, lr: float = 0.02, count: int = 8, seed: int = 0
) -> Pieces[Array]:
    """Return what `connect` does, in pieces."""
    xp = namespace(first)
    middle = (first + last) / 2
    m = v = xp.zeros_like(middle)
    for step in range(1, steps + 1):
        draw = uniform(seed, particles(xp, 0, count), step, Purpose.DIRECTION)[0]
        t = xp.astype((xp.arange(0, count, dtype=xp.float64) + draw) / count, first.dtype)
        slopes = task.gradient(bezier(first, middle, last, t))
        grad = xp.mean((2 * t * (1 - t))[:, None] * slopes, axis=0)
        m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
        middle = middle - lr * (m / (1 - 0.9**step)) / (xp.sqrt(v / (1 - 0.999**step)) + 1e-8)
        if step % 2 == 0:
            yield step / steps
    return middle


# ---------------------------------------------------------------------------------------------------------- surfaces


class Surface(Protocol):
    """A loss over one or two coordinates."""

    def at(self, places: Floats) -> tuple[Floats, Floats]:
        """Return loss and accuracy (m,) at places (m, k)."""
        ...


class FlatSurface:
    """The loss on the plane (or line) from a centre (n,) along directions (k, n), as fast as the products allow.

    The first layer is linear in its weights, so its outputs for the data along each direction are computed once; a
    point costs only what the later layers cost. ``dtype`` is float32 unless float64 is asked for: errors of 1e-6 of the
    loss. On the CPU points are distributed to threads, perceptrons by a compiled kernel (see `Perceptrons`), other
    networks in blocks of samples that stay in the cache and that BLAS does not split.
    """

    def __init__(self, task: Task, centre: Array, directions: Array, dtype: str = "float32") -> None:
        xp = namespace(centre)
        self.task, self.dtype = task, getattr(xp, dtype)
        self.centre, self.directions = (xp.astype(part, self.dtype) for part in (centre, directions))
        network = task.network
        points = xp.astype(xp.asarray(task.points), self.dtype)
        self._target = networks.prepared(xp, network.loss_kind, task.target, network.outputs, self.dtype)
        self._classes = xp.asarray(task.target)
        stats = network.first_statistics(xp, self.dtype) if task.statistics is None else task.statistics
        self._statistics = xp.astype(stats, self.dtype) if network.kept_statistics else None
        self._first = _first_layer(network)
        self.samples = points.shape[0]
        rows = xp.concat([self.centre[None, :], self.directions])
        if self._first:
            front = network.layers[: self._first]
            with np.errstate(all="ignore"):
                made, _ = networks.forward(front, network.weights(rows, None), points[None, ...], EVALUATION)
        else:
            made = points[None, ...]
        self._shape = made.shape[1:]
        self._perceptrons = _compiled(network, rows, made, task.target) if xp is np else None
        if self._perceptrons is not None:
            self._count, self._workers = TOGETHER, os.cpu_count() or 1
            return
        self._count, self._block, self._workers = self._shares()
        starts = range(0, self.samples, self._block)
        self._blocks = [made[:, start : min(start + self._block, self.samples), ...] for start in starts]
        if self._first:  # (1 + k, block, ...): the data after the first layer of the centre and of each direction
            self._blocks = [_side_by_side(xp, block) for block in self._blocks]

    def _shares(self) -> tuple[int, int, int]:
        """Return how many points and samples to take at once, and how many threads."""
        network = self.task.network
        if namespace(self.centre) is not np:
            return max(1, 2**26 // max(1, self.samples * network.widest)), self.samples, 1
        largest = max((p.stop - p.start for p in network.parameters[2 if self._first else 0 :]), default=1)
        block, workers = min(self.samples, max(32, BLAS_ALONE // largest)), os.cpu_count() or 1
        if largest * 32 > BLAS_ALONE or any(isinstance(layer, Convolution) for layer in network.layers):
            block, workers = min(self.samples, 256), 1  # BLAS runs these products on several threads itself
        return max(1, CACHE // max(1, block * network.widest)), block, workers

    @property
    def flops_at_point(self) -> int:
        """Floating-point operations of products and sums per point; functions such as tanh are not counted."""
        first = 2 * self.directions.shape[0] * math.prod(self._shape) if self._first else 0
        return first + _flops(self.task.network, self.samples, self._first)

    @property
    def flops_without_sharing(self) -> int:
        """The same for a network evaluated on its own, including its first layer's product."""
        return _flops(self.task.network, self.samples, 0)

    def at(self, places: Floats) -> tuple[Floats, Floats]:
        """Return loss and accuracy (m,) at places (m, k)."""
        places = np.asarray(places, float)
        pieces = [places[i : i + self._count] for i in range(0, len(places), self._count)]
        if self._workers > 1 and len(pieces) > 1:
            with ThreadPoolExecutor(self._workers) as pool:
                found = list(pool.map(self._piece, pieces))
        else:
            found = [self._piece(piece) for piece in pieces]
        return _joined(found)

    @np.errstate(all="ignore")
    def _piece(self, places: Floats) -> tuple[Floats, Floats]:
        xp, network = namespace(self.centre), self.task.network
        share = xp.asarray(places, dtype=self.dtype)
        if self._perceptrons is not None:
            return self._perceptrons.at(np.concatenate([np.ones_like(share[:, :1]), share], axis=1))
        theta = self.centre + share @ self.directions
        w = network.weights(theta, self._statistics)
        w = {f"{int(head) - self._first}.{name}": value for (head, _, name), value in
             ((key.partition("."), value) for key, value in w.items()) if int(head) >= self._first}  # fmt: skip
        loss = xp.zeros(len(places), dtype=xp.float64)
        right = xp.zeros(len(places), dtype=xp.float64)
        start, shares = 0, xp.concat([xp.ones_like(share[:, :1]), share], axis=1)
        for block in self._blocks:
            x = _combined(xp, block, shares) if self._first else block
            part = slice(start, start + x.shape[1])
            out, _ = networks.forward(network.layers[self._first :], w, x, EVALUATION)
            each = networks.losses(network.loss_kind, out, self._target[part, :])
            loss = loss + xp.sum(each, axis=1, dtype=xp.float64)
            right = right + xp.sum(networks.found(xp, out, self._classes[part, ...]), axis=1, dtype=xp.float64)
            start = part.stop
        return _on_host(loss / self.samples), _on_host(right / self.samples)


TOGETHER = 32  # perceptrons that a thread evaluates at a time
CACHE = 2**15  # numbers of a layer's activations that are processed at once: 128 kB in single precision


def _compiled(network: Network, rows: Array, first: Array, target: Array) -> Perceptrons | None:
    """Return the kernel of a perceptron; None for other networks, and where nothing can be compiled."""
    if not Perceptrons.fits(network):
        return None
    try:
        return Perceptrons(network, rows, first, target)
    except MachineError as error:
        warnings.warn(f"{error} Computing on arrays, several times slower.", RuntimeWarning, stacklevel=3)
        return None


def _side_by_side(xp: ModuleType, made: Array) -> Array:
    """Return activations (1 + k, samples, features) with the samples of a feature contiguous in memory."""
    if made.ndim != 3:
        return made
    turned = networks.transposed(made)
    return networks.transposed(xp.reshape(xp.concat([turned]), turned.shape))


def _combined(xp: ModuleType, made: Array, shares: Array) -> Array:
    """Return the first layer's activations (m, samples, ...): (1 + k, samples, ...) combined by shares (m, 1 + k)."""
    kept = networks.transposed(made) if made.ndim == 3 else made
    flat = shares @ xp.reshape(kept, (kept.shape[0], -1))
    x = xp.reshape(flat, (shares.shape[0], *kept.shape[1:]))
    return networks.transposed(x) if made.ndim == 3 else x


def _on_host(array: Array) -> Floats:
    return np.asarray(array.get() if hasattr(array, "get") else array, float)


def _first_layer(network: Network) -> int:
    """Return the number of layers up to the first linear one, 0 if the first with weights is of another kind."""
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Linear | Convolution):
            return index + 1
        if not isinstance(layer, Image):
            return 0
    return 0


def _flops(network: Network, samples: int, skip: int) -> int:
    """Return the operations of the products of all layers from ``skip`` on."""
    total, pixels = 0, 1
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Image):
            pixels = layer.height * layer.width
        elif isinstance(layer, networks.MeanPool):
            pixels //= layer.size**2
        elif isinstance(layer, networks.Flatten):
            pixels = 1
        parts = layer.layers if isinstance(layer, networks.Residual) else (layer,)
        if index >= skip:
            total += sum(2 * pixels * math.prod(part.shapes()["weight"]) for part in parts
                         if isinstance(part, Linear | Convolution))  # fmt: skip
    return total * samples


class LocalSurface:
    """The loss on a surface that follows a path (S, n): near each of its points, that point's own plane.

    The path's points lie in the chart at ``places`` (S, 2). Around each, the surface goes along the path's velocity
    there, and across along its acceleration, both of length 1; of a straight path along a direction orthogonal to it.
    The planes are blended by weights that fall with the fourth power of the distance in the chart, so that at the place
    of a point of the path only that point counts: there the surface's loss is the path's true one.
    """

    def __init__(self, task: Objective, path: Array, places: Floats, dtype: str = "float64") -> None:
        xp = namespace(path)
        self.task, self.dtype, self.places = task, getattr(xp, dtype), np.asarray(places, float)
        velocity = _differences(xp, path)
        bend = _differences(xp, velocity)
        along = velocity / (_length(velocity) + math.ulp(0))
        bend = bend - xp.sum(bend * along, axis=1, keepdims=True) * along
        straight = _length(bend) <= 1e-9 * _length(velocity)
        other = random_direction(path[0, :], 0, 3)[None, :]
        other = other - xp.sum(other * along, axis=1, keepdims=True) * along
        across = xp.where(straight, other, bend)
        across = across / (_length(across) + math.ulp(0))
        self._planes = xp.astype(xp.concat([path, along, across]), self.dtype)
        chart = _differences(np, self.places)
        self._tangent = chart / np.maximum(np.linalg.norm(chart, axis=1, keepdims=True), 1e-300)
        normal = np.stack([-self._tangent[:, 1], self._tangent[:, 0]], axis=1)
        turning = (_differences(np, chart) * normal).sum(axis=1, keepdims=True)
        self._normal = np.where(turning < 0, -normal, normal)

    def parameters(self, places: Floats) -> Array:
        """Return the networks (m, n) that lie at places (m, 2) of the chart."""
        away = np.asarray(places, float)[:, None, :] - self.places
        square = (away**2).sum(axis=-1)
        least = square.min(axis=1, keepdims=True)
        weight = np.where(least > 0, (least / np.maximum(square, 1e-300)) ** 2, square == 0)
        weight = weight / weight.sum(axis=1, keepdims=True)
        along = (away * self._tangent).sum(axis=-1)
        across = (away * self._normal).sum(axis=-1)
        shares = np.concatenate([weight, weight * along, weight * across], axis=1)
        return namespace(self._planes).asarray(shares, dtype=self.dtype) @ self._planes

    def at(self, places: Floats) -> tuple[Floats, Floats]:
        """Return loss and accuracy (m,) at places (m, 2) of the chart."""
        found = []
        for start in range(0, len(places), 64):
            theta = self.parameters(places[start : start + 64])
            found.append((_on_host(self.task.loss(theta)), _on_host(self.task.accuracy(theta))))
        return _joined(found)


def _joined(found: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    loss, accuracy = zip(*found, strict=True) if found else ((np.zeros(0),), (np.zeros(0),))
    return np.concatenate(loss), np.concatenate(accuracy)


def _differences(xp: ModuleType, path: Array) -> Array:
    """Return the central differences of a path (T, ...), one-sided at its ends."""
    if path.shape[0] < 2:
        return xp.zeros_like(path)
    inner = (path[2:, :] - path[:-2, :]) / 2
    return xp.concat([path[1:2, :] - path[:1, :], inner, path[-1:, :] - path[-2:-1, :]])


def coordinates(theta: Array, centre: Array, directions: Array) -> Floats:
    """Return the coordinates (m, k) of networks (m, n) projected on the plane, whose axes may have any angle."""
    xp = namespace(centre)
    rows = theta - centre
    gram = directions @ networks.transposed(directions)
    return _on_host(xp.linalg.solve(gram, directions @ networks.transposed(rows))).T


# ------------------------------------------------------------------------------------------------------------- slices


EMPTY = np.zeros((0, 2))


@dataclass(frozen=True, eq=False)
class Slice(Displayed):
    """A loss over one or two coordinates, sampled.

    ``x`` (nx,), ``y`` (ny,) or empty in 1D; ``value`` and ``accuracy`` (ny, nx), in 1D (nx,), nan where there is
    nothing yet. ``centre`` (n,) and ``directions`` (k, n) are what it can be computed from again (a path-local slice
    has the path's points (S, n) as its centre, and the directions of its chart), ``kind`` and ``seed`` how they were
    found. ``path`` (T, k) are the places of a path, ``path_loss`` (T,) its true losses. ``marks`` (m, k) are other
    places: of optima that are joined, and of what joins them.

    ``title`` names the network. Of what the slice may be trusted for (see `honesty`) it keeps what a picture says: the
    slice's losses at the path's places ``shadow_loss`` (T,), the share of the path's variance ``explained``, and the
    sharpest ``curvature`` in the slice beside the Hessian's ``top_eigenvalue``; empty and nan where it is not known.
    """

    x: Floats
    y: Floats
    value: Floats
    accuracy: Floats
    centre: Array
    directions: Array
    kind: str = "filter"
    seed: int = 0
    path: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    path_loss: Floats = field(default_factory=lambda: np.zeros(0))
    marks: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    title: str = ""
    shadow_loss: Floats = field(default_factory=lambda: np.zeros(0))
    explained: float = math.nan
    curvature: float = math.nan
    top_eigenvalue: float = math.nan

    @property
    def complete(self) -> bool:
        """Whether every point was computed."""
        return not np.isnan(self.accuracy).any() or not np.isnan(self.value).any()

    @property
    def sides(self) -> list[tuple[float, float]]:
        """The range of each coordinate."""
        return [(float(side.min()), float(side.max())) for side in (self.x, self.y) if len(side)]

    def within(self, place: Sequence[float]) -> tuple[float, ...]:
        """Return the point of the slice that is nearest to another one."""
        return tuple(min(max(at, low), high) for at, (low, high) in zip(place, self.sides, strict=True))

    def nearest(self, place: Sequence[float]) -> tuple[float, float]:
        """Return loss and accuracy of the point of a slice over two coordinates that is nearest to a place (2,)."""
        at = np.abs(self.y - place[1]).argmin(), np.abs(self.x - place[0]).argmin()
        return float(self.value[at]), float(self.accuracy[at])

    def told(self, place: Sequence[float]) -> tuple[float, float]:
        """Return loss and accuracy at a place (2,) over two coordinates, as exactly as the slice knows them.

        Between its samples, where a point of the path lies, that is the loss there (with accuracy nan: it is not kept);
        elsewhere loss and accuracy of the nearest sample.
        """
        close = 1e-9 * max(high - low for low, high in self.sides)
        # a path's true losses are also the slice's where the path lies in it: a local slice everywhere, others at 0
        known = self.path_loss if self.kind == "local" or not np.any(place) else self.shadow_loss
        here = np.linalg.norm(self.path - np.asarray(place), axis=1) <= close if len(self.path) else np.zeros(0, bool)
        is_sample = all(np.abs(side - at).min() <= close for side, at in zip((self.x, self.y), place, strict=True))
        if is_sample or not here.any() or len(known) != len(here):
            return self.nearest(place)
        return float(known[here.argmax()]), math.nan

    @property
    def way(self) -> tuple[Floats, Floats]:
        """A path on it: coordinates (T, 2), and the true losses there (T,), empty if they are the slice's own.

        It is a training's path, or the curve that joins two optima, or neither.
        """
        if self.kind == "points":  # the path begins far from this plane
            if len(self.marks) != 3:
                return EMPTY, EMPTY[:, 0]
            first, last, middle = self.marks
            return bezier(first, middle, last, np.linspace(0, 1, 80)), EMPTY[:, 0]
        return (self.path, self.path_loss) if self.path.ndim == 2 and len(self.path) > 1 else (EMPTY, EMPTY[:, 0])


AT_ONCE = 3 * 10**8  # operations of products between two looks at a slice: some hundredths of a second
FEWEST, MOST = 8, 512  # points between them


def piece_of(surface: Surface) -> int:
    """Return how many points take some hundredths of a second, for `sample` in a window."""
    flops = 0
    if isinstance(surface, FlatSurface):
        flops = surface.flops_at_point
    elif isinstance(surface, LocalSurface) and isinstance(surface.task, Task):  # which runs a network twice
        flops = 2 * _flops(surface.task.network, surface.task.points.shape[0], 0)
    return min(max(FEWEST, AT_ONCE // max(1, flops)), MOST)


def sample(surface: Surface, x: Floats, y: Floats, piece: int = MOST) -> Iterator[tuple[Floats, Floats]]:
    """Yield loss and accuracy, (ny, nx) or (nx,) without y, coarse to fine: what is not there yet is nan.

    First every 16th point, then those between, down to each; after at most ``piece`` points there is something new. The
    arrays are the same each time, and complete when the generator ends.
    """
    shape = (len(y), len(x)) if len(y) else (len(x),)
    loss, accuracy = np.full(shape, np.nan), np.full(shape, np.nan)
    done = np.zeros(shape, bool)
    stride = 16
    while stride:
        wanted = np.zeros(shape, bool)
        wanted[tuple(_every(size, stride) for size in shape)] = True
        index = np.argwhere(wanted & ~done)
        done |= wanted
        for start in range(0, len(index), piece):
            chosen = tuple(index[start : start + piece].T)
            places = np.stack([x[chosen[-1]], y[chosen[0]]] if len(y) else [x[chosen[0]]], axis=1)
            loss[chosen], accuracy[chosen] = surface.at(places)
            yield loss, accuracy
        stride //= 2


def _every(size: int, stride: int) -> slice:
    """Return every stride-th index, the middle one among them: the centre of a slice is there from the first."""
    return slice((size // 2) % stride, None, stride)


def preview(value: Floats) -> Floats:
    """Return a sampled grid whose missing points are those of the nearest sample, for a picture on the way."""
    known = ~np.isnan(value)
    if known.all() or not known.any():
        return value
    grid = np.atleast_2d(value)
    there = np.atleast_2d(known)
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    near_row = rows[np.abs(np.arange(len(grid))[:, None] - rows).argmin(axis=1)]
    near_column = columns[np.abs(np.arange(grid.shape[1])[:, None] - columns).argmin(axis=1)]
    coarse = grid[near_row][:, near_column]
    filled = np.where(there, grid, np.where(np.isnan(coarse), np.nanmean(grid), coarse))
    return filled.reshape(value.shape)


TILES = 64  # that workers share; each carries the surface with it


def losses_at(tile: tuple[Surface, Floats]) -> tuple[Floats, Floats]:
    """Return loss and accuracy (m,) of a surface at places (m, k). What workers do."""
    surface, places = tile
    return surface.at(places)


class Recipe(NamedTuple):
    """A slice before it is sampled."""

    surface: Surface
    blank: Slice  # with x and y, and no values

    def refine(self, piece: int = 512) -> Iterator[Slice]:
        """Yield the slice coarse to fine: see `sample`. The last one is complete."""
        for value, accuracy in sample(self.surface, self.blank.x, self.blank.y, piece):
            yield replace(self.blank, value=value, accuracy=accuracy)

    def shared_out(self, workers: Workers) -> Iterator[Slice]:
        """Yield the slice as ``workers`` send its tiles, in any order. The last one is complete."""
        x, y = self.blank.x, self.blank.y
        across, up = np.meshgrid(x, y) if len(y) else (x, None)
        places = np.stack([part.ravel() for part in (across, up) if part is not None], axis=1)
        size = max(1, -(-len(places) // TILES))
        tiles = [(self.surface, places[start : start + size]) for start in range(0, len(places), size)]
        value, accuracy = np.full(len(places), np.nan), np.full(len(places), np.nan)
        for number, (loss, right) in workers.run(losses_at, tiles):
            part = slice(number * size, number * size + len(loss))
            value[part], accuracy[part] = loss, right
            shape = self.blank.value.shape
            yield replace(self.blank, value=value.reshape(shape), accuracy=accuracy.reshape(shape))

    def whole(self) -> Slice:
        """Return the slice with all its points."""
        *_, last = self.refine(1 << 30)
        return last


def plan(task: Objective, theta: Array, directions: str = "filter", *given: Any, **settings: Any) -> Recipe:
    """Return what `planned` does, at once."""
    return finished(planned(task, theta, directions, *given, **settings))


def planned(
    task: Objective,
    theta: Array,
    directions: str = "filter",
    radius: float | None = None,
    n: int | tuple[int, int] = 51,
    seed: int = 0,
    path: Array | None = None,
    others: Sequence[Array] = (),
    dtype: str = "float32",
    biasbn: str = "zero",
    norm: str = "filter",
    dimensions: int = 2,
) -> Pieces[Recipe]:
    """Return, in pieces, the recipe of a slice around theta (n,), ``n`` (or nx, ny) points a side, −radius to radius.

    ``directions``: ``random`` (Gaussian, as they are), ``filter`` (those, normalized: see `normalized`), ``pca`` (of
    the ``path`` (T, n)), ``hessian`` (top eigenvectors), ``gradient`` (see `gradient_plane`), ``points`` (through theta
    and two ``others``; with one other, a curve between the two is found first, and its middle is the third), ``local``
    (the surface that follows the ``path``). Where no radius is given, the slice spans the path or points and a quarter
    more; along eigenvectors and gradients it reaches to where the top curvature alone adds 1 + the loss.
    """
    if directions not in DIRECTIONS:
        hint = nearest(directions, DIRECTIONS)
        raise UserError(f"There are no directions {directions!r}.{hint} There are {', '.join(DIRECTIONS)}.")
    if directions in ("pca", "local") and (path is None or path.shape[0] < 3):
        raise UserError(f"Directions {directions!r} need a path of at least three points, such as Training.path[:, 0].")
    if directions == "points" and not others:
        raise UserError("Directions 'points' need one or two other networks besides the first.")
    xp = namespace(theta)
    nx, ny = n if isinstance(n, tuple) else (n, n)
    reach, marks = 1.0, np.zeros((0, 2))
    if directions in ("random", "filter"):
        found = xp.stack([random_direction(theta, seed, k) for k in range(dimensions)])
        if directions == "filter":
            rows = [normalized(task.network, theta, found[k, :], norm, biasbn) for k in range(dimensions)]
            found = xp.stack(rows)
    elif directions in ("pca", "local"):
        assert path is not None
        found = pca(path, theta).directions
    elif directions == "hessian":
        spectrum = yield from spectrum_in_pieces(task, theta, 2, seed, PRODUCTS)
        found, reach = spectrum.vectors, _reach(task, theta, spectrum.values[0])
    elif directions == "gradient":
        found = gradient_plane(task, theta)
        reach = _reach(task, theta, float(xp.sum(found[0, :] * task.hessian_times(theta, found[0, :]))))
    else:
        second = others[0]
        third = others[1] if len(others) > 1 else (yield from _connecting(task, theta, second, seed=seed))
        found = through(theta, second, third)
        marks = coordinates(xp.stack([theta, second, third]), theta, found)
    found = found[:dimensions, :]
    centre = theta
    places = np.zeros((0, dimensions)) if path is None else coordinates(path, theta, found)
    x, y = (np.linspace(-1, 1, count) * (radius or reach) for count in (nx, ny))
    spread = places if directions in ("pca", "local") else marks[:, :dimensions]
    if len(spread) and radius is None:
        low, high = spread.min(axis=0), spread.max(axis=0)
        middle, half = (low + high) / 2, np.maximum((high - low) / 2, 0.25 * max(float((high - low).max()), 1e-6))
        x = middle[0] + 1.25 * half[0] * np.linspace(-1, 1, nx)
        y = middle[-1] + 1.25 * half[-1] * np.linspace(-1, 1, ny)
    if dimensions == 1:
        y = np.zeros(0)
    blank = np.full((ny, nx) if dimensions == 2 else (nx,), np.nan)
    truth = np.zeros(0) if path is None else _on_host(task.loss(path))
    surface: Surface
    if directions == "local":
        assert path is not None
        surface, centre = LocalSurface(task, path, places), path
    else:
        surface = task.surface(theta, found, dtype)
    return Recipe(surface, Slice(x, y, blank, blank, centre, found, directions, seed, places, truth, marks))


def _reach(task: Objective, theta: Array, curvature: float) -> float:
    """Return how far along a direction its curvature adds 1 + the loss; at least a millionth of 1, at most 10."""
    return float(np.clip(math.sqrt(2 * (1 + float(task.loss(theta))) / max(curvature, 1e-9)), 1e-6, 10.0))


def smoothed(found: Slice, most: int = 257) -> tuple[Floats, Floats, Floats]:
    """Return x, y and value of a finer grid, for pictures: natural cubic splines through the points, exact at them.

    Each cell is cut into as many as keep a side below ``most``. Where a corner of a cell is missing, so is the cell.
    Points at uneven distances become even ones, which need not have the old ones among them.
    """
    factor = max(1, (most - 1) // max(1, max(len(found.x), len(found.y)) - 1))
    even = all(np.ptp(np.diff(side)) <= 1e-6 * np.ptp(side) / len(side) for side in (found.x, found.y))
    if factor == 1 and even:
        return found.x, found.y, found.value
    x, y = (np.interp(np.arange((len(side) - 1) * factor + 1) / factor, np.arange(len(side)), side)
            if even else np.linspace(side[0], side[-1], (len(side) - 1) * factor + 1)
            for side in (found.x, found.y))  # fmt: skip
    fine = Table(found.x, found.y, found.value).arrays(np, (0, 0), x[None, :], y[:, None])
    if even:
        fine[::factor, ::factor] = found.value
    return x, y, fine
