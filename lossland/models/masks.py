"""Dropout over all masks at once: the ensemble of thinned networks, and its mean.

In training each unit is dropped with probability p, and the others are divided by 1 − p (Srivastava, Hinton,
Krizhevsky, Sutskever and Salakhutdinov 2014). With n units that may be dropped there are 2^n networks. Where what
follows is linear their mean is exactly the full network (Baldi and Sadowski 2013); behind a nonlinearity it is not.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.compute.philox import Purpose, particles, uniform
from lossland.errors import UserError
from lossland.expression import namespace
from lossland.expression.node import Array
from lossland.models import datasets, networks, training

A = TypeVar("A", bound=Array)
Floats = NDArray[np.float64]

MOST = 16  # units that may be dropped if all masks are listed
HIDDEN, BEHIND = 10, 8  # units of the network's first hidden layer, which are dropped, and of the second
RATE = "adam:lr=0.02"
EVERY = 10  # steps of the training from one kept moment to the next
SAMPLES, REACH = 120, 1.9  # of two classes, and the square of inputs [-REACH, REACH]²


def all_masks(count: int, xp: ModuleType = np) -> Any:
    """Return all masks (2^n, n) of n units, 1 where a unit stays; number k has the binary digits of k."""
    if not 1 <= count <= MOST:
        raise UserError(f"All masks can be listed for 1 to {MOST} units, not for {count}.")
    number, unit = xp.arange(2**count), xp.arange(count)
    return xp.astype(xp.bitwise_right_shift(number[:, None], unit[None, :]) % 2, xp.float64)


def chances(masks: A, rate: float, locked: Collection[int] = ()) -> A:
    """Return the probability (m,) of masks (m, n) where each unit is dropped with probability ``rate``.

    ``locked`` units always stay.
    """
    xp, free = namespace(masks), [unit for unit in range(masks.shape[1]) if unit not in locked]
    found = xp.ones(masks.shape[0], dtype=masks.dtype)
    for unit in range(masks.shape[1]):
        stays = masks[:, unit]
        found = found * (stays * (1 - rate) + (1 - stays) * rate if unit in free else stays)
    return found


def factors(masks: A, rate: float, locked: Collection[int] = ()) -> A:
    """Return what each unit is multiplied by (m, n): 0 where it is dropped, 1 where it is locked, else 1/(1 − p)."""
    xp = namespace(masks)
    scale = [1.0 if unit in locked else 1 / (1 - rate) for unit in range(masks.shape[1])]
    return masks * xp.asarray(scale, dtype=masks.dtype)


def moments(values: A, chance: Array) -> tuple[A, A]:
    """Return mean and variance of values (m, ...) that have probabilities (m,)."""
    xp = namespace(values)
    weight = xp.reshape(chance, (-1, *[1] * (values.ndim - 1)))
    mean = xp.sum(weight * values, axis=0)
    return mean, xp.sum(weight * (values - mean) ** 2, axis=0)


def drawn(count: int, units: int, rate: float, seed: int = 0, locked: Collection[int] = ()) -> NDArray[np.int64]:
    """Return the numbers (count,) of randomly drawn masks, one after the other."""
    chance, _ = uniform(seed, particles(np, 0, count * units), 0, Purpose.MASK)
    stays = chance.reshape(count, units) >= rate
    stays[:, list(locked)] = True
    return (stays * 2 ** np.arange(units)).sum(axis=1)


def gray(count: int) -> NDArray[np.int64]:
    """Return the numbers (2^n,) of n bits in an order in which neighbours differ in one bit (Gray 1953)."""
    number = np.arange(2**count)
    return number ^ (number >> 1)


def gray_map(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int, int]:
    """Return row and column (2^n,) of each mask of n units on a map, and the numbers of rows and columns.

    Neighbours on the map differ in one unit: along a row in one of the first half, along a column in one of the others.
    """
    across, down = gray((count + 1) // 2), gray(count // 2) if count > 1 else np.zeros(1, int)
    number = np.argsort((across[None, :] + (down[:, None] << ((count + 1) // 2))).ravel())
    row, column = np.divmod(number, len(across))
    return row, column, len(down), len(across)


@dataclass(frozen=True, eq=False)
class Crowd:
    """The outputs of one unit under every mask of its n inputs: the sum of the ``products`` (n,) that remain.

    A product is weight times input. Each is dropped with probability ``rate``, except the ``locked`` ones; the others
    are divided by 1 − rate. A ``rectified`` sum is at least 0.
    """

    products: Floats
    rate: float
    locked: Collection[int] = ()
    rectified: bool = False

    @cached_property
    def outputs(self) -> Floats:
        """The output under every mask (2^n,)."""
        return self._bent(factors(all_masks(len(self.products)), self.rate, self.locked) @ self.products)

    @cached_property
    def chances(self) -> Floats:
        """The probability (2^n,) of every mask."""
        return chances(all_masks(len(self.products)), self.rate, self.locked)

    @property
    def count(self) -> int:
        """The number of masks with a positive probability."""
        return int((self.chances > 0).sum())

    @property
    def full(self) -> float:
        """The output without dropout and without division."""
        return float(self._bent(self.products.sum()))

    @property
    def mean(self) -> float:
        """The mean output over all masks."""
        return float(moments(self.outputs, self.chances)[0])

    @property
    def variance(self) -> float:
        """The variance of the output."""
        return float(moments(self.outputs, self.chances)[1])

    def _bent(self, total: Any) -> Any:
        return np.maximum(total, 0.0) if self.rectified else total


def skyline(crowd: Crowd) -> tuple[Floats, Floats, Floats]:
    """Return middles (2^n, 2) and half widths (2^n,) of a bar for each mask, from -1 to 1, and their shades (2^n,).

    Neighbours differ in one unit. A mask sixteen times as probable has a bar twice as wide. The shade is the root of
    the output's share of the largest magnitude, with its sign.
    """
    row, column, down, across = gray_map(len(crowd.products))
    cell = 2.0 / across
    middle = np.array([-1 + cell * (column + 0.5), cell * (row + 0.5 - down / 2)], float).T
    half = 0.44 * cell * (crowd.chances / crowd.chances.max()) ** 0.25
    share = np.abs(crowd.outputs) / max(float(np.abs(crowd.outputs).max()), 1e-9)
    return middle, half, np.copysign(np.sqrt(share), crowd.outputs)


# ---------------------------------------------------------------------------------------- nonlinear networks
class Sheets(NamedTuple):
    """Probabilities of the second class at the inputs of [-REACH, REACH]² (cells, cells), rows from above: the ``mean``
    over all masks, of the ``full`` network, and of some ``thinned`` ones (k, cells, cells); and the mean deviation."""

    mean: Floats
    full: Floats
    thinned: Floats
    deviation: float


def samples(seed: int = 0) -> datasets.Data:
    """Return noisy moons within about [-REACH, REACH]²."""
    data = datasets.moons(SAMPLES, 0.25, seed)
    return datasets.Data(1.2 * (data.points - (0.5, 0.25)), data.target, data.names)


def learnt(rate: float, steps: int, seed: int = 0) -> Generator[None, None, Floats]:
    """Return the parameters (k + 1, n) of a network that is trained on the samples with dropout at a rate.

    They are those at the start and after every ``EVERY`` steps; then it yields.
    """
    data = samples(seed)
    run = trainer(data.points, data.target, rate, seed)
    found = [run.theta[0].copy()]
    for _ in range(steps // EVERY):
        run.advance(EVERY)
        found.append(run.theta[0].copy())
        yield
    return np.array(found)


def sheets(theta: Floats, cells: int, rate: float, count: int, seed: int = 0) -> Generator[None, None, Sheets]:
    """Return the sheets of a network, with ``count`` random thinned networks. Yields as ``crowd`` does."""
    x, y = np.meshgrid(np.linspace(-REACH, REACH, cells), np.linspace(REACH, -REACH, cells))
    places = np.stack([x, y], -1).reshape(-1, 2)
    mean, variance = yield from crowd(theta, places, rate)
    few = all_masks(HIDDEN)[drawn(count, HIDDEN, rate, seed)]
    shown = logistic(thinned(theta, places, np.vstack([np.ones((1, HIDDEN)), factors(few, rate)])))
    shown = shown.reshape(-1, cells, cells)
    return Sheets(mean.reshape(cells, cells), shown[0], shown[1:], float(np.sqrt(variance).mean()))


def network(rate: float) -> networks.Network:
    """Return a network of two inputs and two hidden ReLU layers, the first with dropout, for two classes."""
    layers = (
        networks.Linear(2, HIDDEN), networks.Activation("relu"), networks.Dropout(rate),
        networks.Linear(HIDDEN, BEHIND), networks.Activation("relu"), networks.Linear(BEHIND, 1),
    )  # fmt: skip
    return networks.Network(layers, 1, "logistic", f"MLP 2-{HIDDEN}-{BEHIND}-1 with dropout")


def trainer(points: Floats, target: ArrayLike, rate: float, seed: int = 0) -> training.Trainer:
    """Return such a network about to be trained on points (N, 2); with a rate of 0, without dropout."""
    net = network(rate)
    return training.Trainer(net, points, target, RATE, networks.initial(net, seed, 1, "he_normal"), seed=seed)


def hidden(theta: Floats, points: Floats) -> Floats:
    """Return the activations (N, HIDDEN) of the first hidden layer at points (N, 2)."""
    return network(0.0).activations(theta, points)[1]


def thinned(theta: Floats, points: Floats, factor: Floats) -> Floats:
    """Return the outputs (m, N) at points (N, 2) of networks thinned by ``factors`` (m, HIDDEN)."""
    views = network(0.0).views(theta)
    after, bias, out, shift = (views[name] for name in ("3.weight", "3.bias", "5.weight", "5.bias"))
    before = hidden(theta, points)[None] * factor[:, None]
    return np.maximum(before @ after.T + bias, 0) @ out[0] + shift[0]


def crowd(
    theta: Floats, points: Floats, rate: float, at_once: int = 64
) -> Generator[None, None, tuple[Floats, Floats]]:
    """Return mean and variance (N,) of the probability of the second class at points (N, 2), over all masks.

    Yields after each ``at_once`` masks.
    """
    every = all_masks(HIDDEN)
    factor, chance = factors(every, rate), chances(every, rate)
    mean, square = np.zeros(len(points)), np.zeros(len(points))
    for start in range(0, len(every), at_once):
        part = slice(start, start + at_once)
        found = logistic(thinned(theta, points, factor[part]))
        mean, square = mean + chance[part] @ found, square + chance[part] @ found**2
        yield
    return mean, np.maximum(square - mean**2, 0)


def logistic(out: Floats) -> Floats:
    """Return 1/(1 + exp(-out)), without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * out)


def coadaptation(theta: Floats, points: Floats, target: ArrayLike) -> Floats:
    """Return how much one unit's contribution depends on another (HIDDEN, HIDDEN), as a loss on points (N, 2).

    Off the diagonal: |L_ij − L_i − L_j + L|, where L_i is the loss without unit i; it is 0 for units whose
    contributions add up. On the diagonal: the contribution of unit i alone, L_i − L. The other units are not scaled.
    """
    unit = np.eye(HIDDEN)
    kept = 1 - np.maximum(unit[:, None], unit[None]).reshape(-1, HIDDEN)
    out = thinned(theta, points, np.vstack([np.ones((1, HIDDEN)), kept]))
    margin = out * np.where(np.asarray(target) > 0, 1.0, -1.0)
    loss = np.logaddexp(0.0, -margin).mean(axis=1)
    without = loss[1:].reshape(HIDDEN, HIDDEN)
    alone = np.diag(without)
    found = np.abs(without - alone[:, None] - alone[None] + loss[0])
    found[np.diag_indices(HIDDEN)] = alone - loss[0]
    return found


def between(matrix: Floats) -> float:
    """Return the mean of a square matrix off its diagonal."""
    return float(matrix[~np.eye(len(matrix), dtype=bool)].mean())


def units_of(text: str) -> list[int]:
    """Parse units counted from 1, such as ``1, 4``, to indices from 0; the text may be empty."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdigit() and 1 <= int(part) <= 12 for part in parts):
        raise UserError(f"Units are numbers from 1 to 12 with commas between, such as 1, 4, not {text!r}.")
    return [int(part) - 1 for part in parts]


def numbers_of(text: str) -> Sequence[float]:
    """Parse 1 to 12 numbers such as ``1, 0.5``."""
    parts = [part for part in text.replace(";", ",").split(",") if part.strip()]
    try:
        found = [float(part) for part in parts]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 12 or not np.isfinite(found).all() or np.abs(found).max() > 1e6:
        raise UserError(f"These are 1 to 12 numbers with commas between, such as 1, 0.5, -2, not {text!r}.")
    return found


def unpaired(inputs: str, weights: str) -> list[str]:
    """Return a sentence where two lists of numbers are of two lengths, else nothing: the longer one is cut off."""
    many, others = len(numbers_of(inputs)), len(numbers_of(weights))
    return [] if many == others else [f"Inputs: {many}, weights: {others}; what has no partner is left out."]
