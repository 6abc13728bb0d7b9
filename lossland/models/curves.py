"""Learning curves: smoothing, the best step, early stopping; and a small training that overfits."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.compute.philox import Purpose, particles, uniform
from lossland.errors import UserError
from lossland.models import slices
from lossland.models.datasets import Data, split_digits
from lossland.models.networks import Network, initial, losses, mlp, prepared
from lossland.models.runs import RecordedRun, Scalars
from lossland.models.training import Trainer
from lossland.numerals import short, thousands

Floats = NDArray[np.float64]
TRAIN = ("train", "training")
VALIDATION = ("validation", "valid", "val", "eval", "test", "dev")
HIGHER = ("acc", "auc", "f1", "precision", "recall", "bleu")  # parts of names of metrics that should rise
TOP = 8.0  # the visible range ends at so many times a curve's median, if the curve exceeds ...
FAR = 30.0  # ... so many times its median
HUGE = 1e300  # the largest value shown
POWERS = 1e16  # from end to end of a logarithmic scale at most: what double precision can tell
ABOVE = 1e4  # times the usual range, where the values need a longer one
MOST_KEPT = 64  # trainings in the cache
BLOCK = 180  # samples evaluated at once: so few that BLAS does not start threads, which would take longer
RATE = 0.01  # of Adam for the small training
HIDDEN = 16  # neurons of the small training


def smoothed(values: ArrayLike, beta: float) -> Floats:
    """Return the exponential moving average of values (T, ...), without its bias towards 0.

    s_t = β s_{t−1} + (1 − β) v_t from s_0 = 0, over 1 − β^t (Kingma & Ba 2014, section 3; so does TensorBoard). Values
    that are not finite are skipped: there the average stays as it was, nan before the first.
    """
    values = np.asarray(values, float)
    if not 0.0 <= beta < 1.0:
        raise UserError(f"Smoothing is from 0 to less than 1, not {beta:g}.")
    average = np.zeros(values.shape[1:])
    weight = np.zeros(values.shape[1:])  # 1 − β^t, where t counts the finite values so far
    found = np.full(values.shape, np.nan)
    for t, value in enumerate(values):
        good = np.isfinite(value)
        average = np.where(good, beta * average + (1 - beta) * np.where(good, value, 0.0), average)
        weight = np.where(good, beta * weight + (1 - beta), weight)
        found[t] = np.divide(average, weight, out=np.full(average.shape, np.nan), where=weight > 0)
    return found


def best(values: ArrayLike, higher: bool = False) -> int:
    """Return the first index of the smallest value, or the largest. Raises UserError if no value is finite."""
    values = np.asarray(values, float)
    if not np.isfinite(values).any():
        raise UserError("A curve without a finite value has no best step.")
    worst = -np.inf if higher else np.inf
    values = np.where(np.isfinite(values), values, worst)
    return int(values.argmax() if higher else values.argmin())


def stopping(values: ArrayLike, patience: int, higher: bool = False) -> int | None:
    """Return the index at which early stopping ends a training: ``patience`` values in a row without a new best one.

    None if it never does (Goodfellow, Bengio & Courville 2016, algorithm 7.1; so does Keras with ``min_delta=0``).
    """
    record, since = -np.inf if higher else np.inf, 0
    for t, value in enumerate(np.asarray(values, float).tolist()):
        if value > record if higher else value < record:
            record, since = value, 0
        else:
            since += 1
        if t and since >= patience:
            return t
    return None


def patience_to(values: ArrayLike, index: int, higher: bool = False) -> int:
    """Return the patience with which early stopping ends a training as near to an index as it can."""
    record, since, longest = -np.inf if higher else np.inf, 0, 1
    for value in np.asarray(values, float)[: index + 1].tolist():
        better = value > record if higher else value < record
        record, since = (value, 0) if better else (record, since + 1)
        longest = max(longest, since)
    ends = {patience: stopping(values, patience, higher) for patience in (longest, longest + 1)}
    near = {patience: abs(end - index) for patience, end in ends.items() if end is not None}
    return min(near, key=near.__getitem__, default=longest)


def gap(train: Scalars, validation: Scalars) -> Scalars:
    """Return how much higher validation is, at its steps; training is taken along straight lines between its own."""
    between = np.interp(validation.steps, train.steps, train.values, np.nan, np.nan)
    return Scalars(validation.steps, validation.values - between)


@dataclass(frozen=True, eq=False)
class Pair:
    """One metric of a run, in training and in validation; at most one is None, where it was not measured."""

    name: str
    train: Scalars | None = None
    validation: Scalars | None = None

    @property
    def of_numbers(self) -> Pair:
        """The same without curves that have no finite value."""
        kept = [one if one and np.isfinite(one.values).any() else None for one in (self.train, self.validation)]
        return Pair(self.name, *kept)

    @property
    def named(self) -> dict[str, Scalars]:
        """The curves by name: ``train`` and ``validation``."""
        both = {"train": self.train, "validation": self.validation}
        return {which: curve for which, curve in both.items() if curve is not None}

    @property
    def curves(self) -> list[Scalars]:
        """Those that were measured."""
        return list(self.named.values())

    @property
    def judged(self) -> Scalars:
        """The curve that decides on the best step: validation's, else training's."""
        return self.curves[-1]


@np.errstate(all="ignore")
def verdict(pair: Pair, patience: int, higher: bool = False) -> dict[str, float]:
    """Return the readings of a pair of curves: ``best_epoch`` and ``best_value`` of the judged curve, and more.

    ``stopped_epoch`` is the step at which patience ends (nan: never), ``last`` the judged curve's last value, ``rise``
    its excess over the best value as a share of that. With both curves, ``train`` and ``gap`` are those at the end.
    """
    steps, values = pair.judged.steps, pair.judged.values
    at, stop = best(values, higher), stopping(values, patience, higher)
    found = {
        "best_epoch": float(steps[at]),
        "best_value": float(values[at]),
        "stopped_epoch": math.nan if stop is None else float(steps[stop]),
        "last": float(values[-1]),
        "rise": float(values[-1] / values[at] - 1.0),
    }
    if pair.train and pair.validation:
        found |= {"train": float(pair.train.values[-1]), "gap": float(gap(pair.train, pair.validation).values[-1])}
    return found


def seen(curves: Sequence[Floats], log: bool = False) -> tuple[float, float]:
    """Return the range of values to show for curves: from 0 if all are above it, to their largest value.

    Where a curve exceeds ``FAR`` times the largest of the curves' medians, the range ends at ``TOP`` times that. On a
    logarithmic scale only positive values are shown, over sixteen powers of ten: where there are more, it ends four
    powers above that end. No scale goes beyond ``HUGE``, so that its length is a number.
    """
    kept = [curve[np.isfinite(curve) & ((curve > 0) | (not log))] for curve in curves]
    kept = [curve for curve in kept if len(curve)] or [np.array([0.0, 1.0])]
    low, high = min(float(one.min()) for one in kept), max(float(one.max()) for one in kept)
    if low >= 0:
        middle = max(float(np.median(one)) for one in kept)
        top = min(high, TOP * middle) or high
        if log:
            high = high if low > high / POWERS else min(high, ABOVE * top)
            low = max(low, high / POWERS)
        else:
            low, high = 0.0, top if high > FAR * middle else high
    low, high = max(low, -HUGE), min(high, HUGE)
    return (low, high) if high > low else (low, low + (abs(low) or 1.0))


def outside(values: Floats, low: float, high: float, log: bool) -> list[str]:
    """Return sentences that say how many finite values (n,) are outside [low, high], and why."""
    values, found = values[np.isfinite(values)], []
    lost = values[values <= 0] if log else values[:0]
    if len(lost):
        all_of_them = len(lost) == len(values)
        which = "no value is" if all_of_them else f"{thousands(len(lost))} of {thousands(len(values))} values are not"
        found.append(f"A log scale shows what is above 0: {which}.")
    above, below = values[values > high], values[(values < low) & (values > 0)]
    if len(above):
        hint = "" if log or low < 0 else " A log scale shows more."
        worst = short(float(above.max()))
        found.append(f"{thousands(len(above))} × cut above {short(high)}, the highest is {worst}.{hint}")
    if len(below):
        found.append(f"{thousands(len(below))} × cut below {short(low)}, the lowest is {short(float(below.min()))}.")
    return found


def no_numbers(pairs: Sequence[Pair], unit: str) -> list[str]:
    """Return a sentence that says which curves have values that are not finite, and where."""
    found = []
    for pair in pairs:
        for curve, which in ((pair.train, "training"), (pair.validation, "validation")):
            good = np.flatnonzero(np.isfinite(curve.values)) if curve else np.zeros(0, np.intp)
            if curve and len(good) < len(curve.values):
                how = f"no number at {_listed(curve.steps[~np.isfinite(curve.values)], unit)}"
                if not len(good):
                    how = "never a number"
                elif good[-1] < len(curve.values) - 1:
                    how = f"no number after {unit} {thousands(int(curve.steps[good[-1]]))}"
                found.append(f"{pair.name}: {which} is {how}")
    more = f", and {thousands(len(found) - 1)} more" if found[1:] else ""
    return [f"{found[0]}{more}."] if found else []


def _listed(steps: NDArray[np.int64], unit: str) -> str:
    """Return steps (n,) in words: up to three by number, of more how many there are and the first."""
    *others, last = (thousands(int(step)) for step in steps)
    if not others:
        return f"{unit} {last}"
    if len(others) < 3:
        return f"{unit}s {', '.join(others)} and {last}"
    return f"{thousands(len(steps))} {unit}s, the first {others[0]}"


def typed(text: str) -> list[Pair]:
    """Parse the curves of a text such as ``3, 2, 1; 3, 2.5, 2``: training, validation; [] for any other text."""
    try:
        lists = [[float(part) for part in one.split(",")] for one in text.split(";")]
    except ValueError:
        return []
    return [Pair("numbers", *(Scalars(np.arange(len(one)), np.array(one)) for one in lists[:2]))]


def offered(runs: Sequence[RecordedRun]) -> list[str]:
    """Return the names of the curves that runs have, a loss first."""
    names = dict.fromkeys(name for run in runs for name in pairs(list(run.scalars)))
    return sorted(names, key=lambda name: "loss" not in name.lower())


def of_runs(runs: Sequence[RecordedRun], name: str) -> list[Pair]:
    """Return the curves of runs under a name of `offered`."""
    found = []
    for run in runs:
        parts = pairs(list(run.scalars)).get(name, ("", ""))
        found.append(Pair(run.name, *(measured(run.scalars[part]) if part in run.scalars else None for part in parts)))
    return found


def measured(curve: Scalars) -> Scalars:
    """Return a curve without the nan of steps at which it was not measured.

    Those lie between values of which no two are consecutive, such as a validation every tenth step. Any other nan was
    measured, in a training that diverged; so was one farther after the last value than the values' largest spacing.
    """
    good = np.flatnonzero(~np.isnan(curve.values))
    if len(good) < 2 or np.diff(good).min() == 1:
        return curve
    at = np.arange(len(curve.values))
    kept = ~np.isnan(curve.values) | (at >= good[-1] + np.diff(good).max())
    return Scalars(curve.steps[kept], curve.values[kept])


def stretches(x: ArrayLike, y: ArrayLike) -> list[tuple[Floats, Floats]]:
    """Return the parts (m,), (m,) of a polyline (n,), (n,) with y from 0 to 1, each of two or more points.

    A part ends where the line crosses 0 or 1, and before a y that is not finite.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    y = np.where(np.isfinite(y), y, np.nan)
    for edge in (0.0, 1.0):
        across = np.flatnonzero(np.sign(y[:-1] - edge) * np.sign(y[1:] - edge) < 0)
        share = (edge - y[across]) / (y[across + 1] - y[across])
        x = np.insert(x, across + 1, x[across] + share * (x[across + 1] - x[across]))
        y = np.insert(y, across + 1, edge)
    inside = np.flatnonzero((y >= 0) & (y <= 1))
    parts = np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1)
    return [(x[part], y[part]) for part in parts if len(part) > 1]


def isolated(y: ArrayLike) -> NDArray[np.intp]:
    """Return the indices of values (n,) from 0 to 1 that have no finite one beside them: no part of `stretches`."""
    y = np.asarray(y, float)
    good = np.isfinite(y)
    beside = np.r_[False, good[:-1]] | np.r_[good[1:], False]
    return np.flatnonzero(good & ~beside & (y >= 0) & (y <= 1))


def is_higher_better(name: str) -> bool:
    """Whether a curve's name is that of a metric that should rise, such as accuracy."""
    return any(part in name.lower() for part in HIGHER)


def pairs(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the names of the training and validation curves of each metric, "" for a missing one.

    Recognized are ``loss`` and ``val_loss``, ``train_loss`` and ``test_loss``, ``Loss/train`` and ``Loss/validation``,
    ``train/loss`` and ``val/loss``; and two curves named ``train`` and ``val`` alone, as ``train/val``.
    """
    found: dict[str, tuple[str, str]] = {}
    bare = [next((name for name in names if name.lower() in words), "") for words in (TRAIN, VALIDATION)]
    if all(bare):
        found["/".join(bare)] = (bare[0], bare[1])
        names = [name for name in names if name not in bare]
    for name in names:
        what, split = _split(name)
        train, validation = found.get(what, ("", ""))
        if split == "validation":
            found[what] = (train, validation or name)
        else:
            found[what] = (train or name, validation)
    return found


def _split(name: str) -> tuple[str, str]:
    """Return what a curve measures, and on which part of the data."""
    for mark in "/_.- ":
        parts = name.split(mark)
        for index in (0, -1):
            word = parts[index].lower()
            rest = mark.join(parts[1:] if index == 0 else parts[:-1])
            if rest and word in TRAIN:
                return rest, "train"
            if rest and word in VALIDATION:
                return rest, "validation"
    return name, "train"


# ---------------------------------------------------------------------------------------------- the small training


def mislabelled(data: Data, share: float, seed: int = 0) -> Data:
    """Return samples of which a share, rounded to whole samples, has a wrong class."""
    classes, count = len(data.names), len(data)
    numbers = particles(np, 0, count)
    order = uniform(seed, numbers, 0, Purpose.ORDER)[0].argsort()
    chosen = order[: round(share * count)]
    away = 1 + (uniform(seed, numbers, 1, Purpose.ORDER)[0] * (classes - 1)).astype(np.int64)
    target = data.target.astype(np.int64)
    target[chosen] = (target[chosen] + np.minimum(away, classes - 1)[chosen]) % classes
    return Data(data.points, target, data.names)


@dataclass(frozen=True, eq=False)
class Curves:
    """Loss and accuracy of P networks along a training: ``steps`` (T,), each curve (T, P)."""

    steps: NDArray[np.int64]
    loss: Floats
    val_loss: Floats
    accuracy: Floats
    val_accuracy: Floats

    def named(self, network: int = 0) -> dict[str, Scalars]:
        """Return one network's curves by name."""
        names = ("loss", "val_loss", "accuracy", "val_accuracy")
        return {name: Scalars(self.steps, getattr(self, name)[:, network]) for name in names}


def compared(kind: str, noise: float, samples: int) -> list[tuple[str, float, int]]:
    """Return name, share of wrong labels and number of samples of small trainings: one, or three to compare."""
    if kind == "noise":
        return [(f"{round(100 * part * noise)} % wrong", part * noise, samples) for part in (1.0, 0.5, 0.0)]
    if kind == "samples":
        return [(f"{thousands(round(k * samples))} samples", noise, round(k * samples)) for k in (1.0, 1.5, 2.5)]
    return [(f"{round(100 * noise)} % wrong", noise, samples)]


_trained: dict[tuple[object, ...], Curves] = {}  # a cache by the arguments


def digits_training(
    samples: int = 100,
    noise: float = 0.2,
    rates: Sequence[float] = (RATE,),
    hidden: int = HIDDEN,
    epochs: int = 150,
    every: int = 1,
    piece: int = 10,
    seed: int = 0,
) -> Iterator[Curves]:
    """Train networks on the first digits, a share of them with a wrong label, and yield their curves as they grow.

    Each of the networks (64, ``hidden`` tanh, 10) has its own rate for Adam; an epoch is one step on all samples.
    Validation is on the 360 test digits, all labelled correctly. The curves have a value every ``every`` epochs from 0
    on, and are yielded every ``piece`` values; those of a training that is in the cache are yielded at once.
    """
    asked = (samples, noise, tuple(rates), hidden, epochs, every, seed)
    if asked in _trained:
        yield _trained[asked]
        return
    train, test = split_digits()
    data = mislabelled(train.part(0, samples), noise, seed)
    network = mlp((64, hidden, 10))
    start = np.repeat(initial(network, seed, 1), len(rates), axis=0)
    trainer = Trainer(network, data.points, data.target, [f"adam:lr={rate!r}" for rate in rates], start, seed=seed)
    rows: list[tuple[int, Floats, Floats, Floats, Floats]] = []  # epoch, then loss and accuracy of both sets
    while True:
        rows.append((trainer.t, *_measured(network, trainer.theta, data), *_measured(network, trainer.theta, test)))
        done = trainer.t >= epochs
        if done or len(rows) % piece == 0:
            steps, loss, accuracy, val_loss, val_accuracy = (np.array(column) for column in zip(*rows, strict=True))
            found = Curves(steps, loss, val_loss, accuracy, val_accuracy)
            if done:
                _trained[asked] = found
                while len(_trained) > MOST_KEPT:
                    _trained.pop(next(iter(_trained)))
            yield found
        if done:
            return
        trainer.advance(min(every, epochs - trainer.t))


def lasted(made: Iterator[Curves]) -> Generator[None, None, Curves]:
    """Run a training: yield once per intermediate result, and return the last one."""
    found = next(made)
    for longer in made:
        found = longer
        yield
    return found


def swept(
    samples: int, noise: float, rates: Sequence[float], epochs: int, every: int, seed: int, tile: int = 64
) -> Generator[None, None, Curves]:
    """Train networks like `digits_training`, each at its own rate, in one batch; yield now and then."""
    parts = []
    for first in range(0, len(rates), tile):
        some = list(rates[first : first + tile])
        parts.append((yield from lasted(digits_training(samples, noise, some, HIDDEN, epochs, every, 1, seed))))
    names = ("loss", "val_loss", "accuracy", "val_accuracy")
    return Curves(parts[0].steps, *(np.concatenate([getattr(part, name) for part in parts], axis=1) for name in names))


@dataclass(frozen=True, eq=False)
class Way:
    """A small training on its loss surface: the validation ``loss`` (ny, nx) on the plane of its path's most variance.

    ``path`` (T, 2) are the parameters after each epoch, projected to that plane, ``x`` (nx,) and ``y`` (ny,) its
    coordinates relative to the last ones; ``share`` is the explained share of the path's variance.
    """

    x: Floats
    y: Floats
    loss: Floats
    path: Floats
    share: float


def way(samples: int, noise: float, epochs: int, cells: int, seed: int = 0) -> Generator[None, None, Way]:
    """Train a network like `digits_training` and return its path on the loss surface; yield now and then.

    The plane is that of the path's principal axes (Li et al. 2018, section 7).
    """
    train, test = split_digits()
    data, network = mislabelled(train.part(0, samples), noise, seed), mlp((64, HIDDEN, 10))
    trainer = Trainer(network, data.points, data.target, f"adam:lr={RATE}", initial(network, seed, 1), seed=seed)
    thetas = [trainer.theta[0]]
    for epoch in range(epochs):
        trainer.advance(1)
        thetas.append(trainer.theta[0])
        if epoch % 10 == 9:
            yield
    found = slices.pca(np.array(thetas))
    path = (np.array(thetas) - thetas[-1]) @ np.asarray(found.directions).T
    low, high = path.min(axis=0), path.max(axis=0)
    (x0, y0), (x1, y1) = low - 0.25 * (high - low), high + 0.25 * (high - low)
    x, y = np.linspace(x0, x1, cells), np.linspace(y0, y1, cells)
    surface = slices.Task(network, test.points, test.target).surface(thetas[-1], found.directions, "float32")
    rows = []
    for height in y:
        rows.append(surface.at(np.column_stack([x, np.full(cells, height)]))[0])
        yield
    return Way(x, y, np.array(rows), path, float(found.shares.sum()))


@np.errstate(all="ignore")
def _measured(network: Network, theta: Floats, data: Data) -> tuple[Floats, Floats]:
    """Return loss and accuracy (P,) over some samples."""
    loss, right = [], []
    for first in range(0, len(data), BLOCK):
        part = data.part(first, first + BLOCK)
        out = network.apply(theta, part.points)  # (P, N, classes)
        target = prepared(np, network.loss_kind, part.target, network.outputs, out.dtype)
        loss.append(losses(network.loss_kind, out, target))
        right.append(out.argmax(axis=-1) == part.target)
    return np.concatenate(loss, axis=1).mean(axis=1), np.concatenate(right, axis=1).mean(axis=1)
