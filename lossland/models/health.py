"""Four gauges of a training: faults of a network show in its layers before they show in the loss.

- ``saturated``: the share of activations that are flat, |tanh| > 0.97 (Glorot and Bengio 2010, section 3: such units
  hardly pass a gradient back);
- ``dead``: the share of ReLU units that are 0 for every sample (CS231n, "Neural Networks 1": a rate that is too high
  can kill 40 % of a network);
- ``update``: log10 of ‖Δw‖/‖w‖, how much of its weights a layer changes in a step (CS231n, "Neural Networks 3": about
  10⁻³ is right, much more is too high a rate, much less too low a one);
- ``spread``: log10 of the deviation of a layer's activations over that of the first layer's (Glorot and Bengio 2010,
  section 4.2: it should be the same in all layers, and is not under the weights that PyTorch draws by itself, whose
  variance is a third of 1/n).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError
from lossland.models import datasets, networks
from lossland.models.runs import Histograms, RecordedRun, histogram
from lossland.models.training import Trainer

Floats = NDArray[np.float64]

FLAT = 0.97  # where a tanh counts as saturated: its slope is below 6 %
USUAL = -3.0  # log10 of the share of the weights that a good step changes
GAUGES = ("saturated", "dead", "update", "spread")
LIMITS: dict[str, float] = {"saturated": 0.25, "dead": 0.1, "update": 2.0, "spread": math.log10(5)}
"""The thresholds of the gauges' lamps in a layer: shares, and powers of ten away from the good value.

The sources say what is good, and in which direction things go wrong; the thresholds are our choice. A quarter is seven
times the share of standard normal inputs that saturates a tanh; an update may be a hundred times above or below 10⁻³.
"""
FAULTS = {"init": "saturated", "relu": "dead", "rate": "update", "norm": "spread"}
"""What can be broken, and the gauge whose lamp shows it."""
KINDS = ("activation", "gradient", "weight")
BINS = 32
RANGES = {"activation": (-1.0, 1.0), "relu": (0.0, 4.0), "gradient": (-8.0, 0.0), "weight": (-1.0, 1.0)}
"""Of the histograms; gradients are binned by log10 of their size. Values outside count in the nearest bin."""


class Setup(NamedTuple):
    """A network and its start, ready for a training: ``theta`` (n,) and the rate of its gradient descent."""

    network: networks.Network
    theta: Floats
    rate: float


class Ridge(NamedTuple):
    """Histograms of L layers at T steps: ``counts`` (T, L, B) between the ``edges`` (B + 1,) of all of them.

    The bars of each add up to the number of the layer's units, or to 1 where that is not known.
    """

    edges: Floats
    counts: Floats


@dataclass(frozen=True, eq=False)
class Health:
    """Measurements of L layers at T ``steps``: the gauges (T, L), nan where one does not apply or is not known.

    ``sigma`` is the deviation of the activations. The ridges are of the activations, of the loss's gradient by them (of
    its size, in powers of ten), and of the weights. ``units`` (T, L, width), where they are known, are the shares of
    the samples for which each unit is saturated, or 0.
    """

    layers: tuple[str, ...]
    steps: NDArray[np.int64]
    loss: Floats
    sigma: Floats
    saturated: Floats
    dead: Floats
    update: Floats
    ridges: Mapping[str, Ridge]
    units: Floats | None = None

    @property
    @np.errstate(divide="ignore", invalid="ignore")
    def spread(self) -> Floats:
        """Log10 of the deviations over the first layer's (T, L)."""
        return np.log10(self.sigma / self.sigma[:, :1])

    def has(self, kind: str) -> NDArray[np.bool_]:
        """Return which layers (L,) have histograms of a kind."""
        return self.ridges[kind].counts.sum(axis=(0, 2)) > 0

    @property
    def kinds(self) -> list[str]:
        """The kinds of histograms that there are in any layer."""
        return [kind for kind in KINDS if self.has(kind).any()]

    def gauge(self, name: str) -> Floats:
        """Return a gauge's values (T, L) by its name."""
        found: Floats = getattr(self, name)
        return found

    def amount(self, gauge: str) -> Floats:
        """Return a gauge's values (T, L) without powers of ten: shares of 1, or multiples of the first layer's."""
        return 10 ** self.gauge(gauge) if gauge in ("update", "spread") else self.gauge(gauge)

    def past(self, gauge: str, limit: float) -> NDArray[np.bool_]:
        """Return when and where (T, L) a gauge is past its limit; never where it is nan."""
        size = self.gauge(gauge) - (USUAL if gauge == "update" else 0.0)
        with np.errstate(invalid="ignore"):
            return (np.abs(size) if gauge in ("update", "spread") else size) > limit

    def alarms(self, limits: Mapping[str, float] = LIMITS) -> dict[str, int]:
        """Return for each gauge that passes its limit in any layer the index of the first step at which it does."""
        rung = {gauge: self.past(gauge, limits[gauge]).any(axis=1) for gauge in GAUGES}
        return {gauge: int(found.argmax()) for gauge, found in rung.items() if found.any()}

    def lamps(self, index: int, limits: Mapping[str, float] = LIMITS) -> dict[str, NDArray[np.str_]]:
        """Return for each gauge the states (L,) of its lamps at a step's index: lit, after, off, or "" for none.

        A lamp is lit where a layer has passed the limit of the gauge that alarmed first, and ``after`` where it has
        passed another limit.
        """
        rung = {gauge: at for gauge, at in self.alarms(limits).items() if at <= index}
        found = {}
        for gauge in GAUGES:
            past = self.past(gauge, limits[gauge])[: index + 1].any(axis=0)
            states = np.where(past, "lit" if gauge in lit(rung) else "after", "off")
            found[gauge] = np.where(np.isnan(self.gauge(gauge)[index]), "", states)
        return found

    def worst(self, gauge: str, index: int) -> int:
        """Return the layer, as an index, in which a gauge is farthest from what is good."""
        size = np.abs(self.gauge(gauge)[index] - (USUAL if gauge == "update" else 0.0))
        return int(np.nan_to_num(size, nan=-1.0, posinf=1e300).argmax())


def lit(alarms: Mapping[str, int]) -> list[str]:
    """Return the lamps that light: the gauges that alarmed first. Later alarms are taken as consequences."""
    return [gauge for gauge, at in alarms.items() if at == min(alarms.values())]


def joined(parts: Sequence[Health]) -> Health:
    """Return the measurements at different steps of one training as one."""
    first = parts[0]
    names = ("steps", "loss", "sigma", *GAUGES[:3])
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    ridges = {
        kind: Ridge(ridge.edges, np.concatenate([part.ridges[kind].counts for part in parts]))
        for kind, ridge in first.ridges.items()
    }
    units = None if first.units is None else np.concatenate([part.units for part in parts if part.units is not None])
    return Health(first.layers, **arrays, ridges=ridges, units=units)


# ------------------------------------------------------------------------------------------------------ the networks


@cache
def digits() -> datasets.Data:
    """Return the digits for training, every pixel centred, with a mean square of 1 over all of them."""
    data, _ = datasets.split_digits()
    centred = data.points - data.points.mean(axis=0)
    return datasets.Data(centred / np.sqrt(np.mean(centred**2)), data.target, data.names)


WIDTH = 128  # units of a layer
RATE = 0.01  # of plain gradient descent on batches
FACTORS = {"init": 10.0, "rate": 100.0}  # on the weights, and on the rate
KILLED, BIAS = 0.4, -10.0  # share of the ReLU units that start with a bias that no sample can overcome


def setup(fault: str = "none", depth: int = 5, gain: float = 1 / math.sqrt(3), seed: int = 0) -> Setup:
    """Return a network for the digits, with one thing wrong.

    Its ``depth`` layers of WIDTH units are h ↦ tanh(W n(h)), where n is layer normalization: every sample has mean 0
    and variance 1. Weights are normal with deviation ``gain``/√n. The fault ``init`` draws them ten times as large,
    ``rate`` learns a hundred times as fast, ``norm`` leaves n out; ``relu`` takes ReLU instead of tanh, and four in ten
    of its units begin with a bias of −10.
    """
    bend = networks.Activation("relu" if fault == "relu" else "tanh")
    widths, layers = [datasets.digits().points.shape[1], *[WIDTH] * depth], list[networks.Layer]()
    for inputs, outputs in pairwise(widths):
        if fault != "norm" and layers:
            layers.append(networks.LayerNorm(inputs))
        layers += [networks.Linear(inputs, outputs), bend]
    if fault != "norm":
        layers.append(networks.LayerNorm(WIDTH))
    network = networks.Network((*layers, networks.Linear(WIDTH, 10)), 10, title="digits")
    theta = networks.initial(network, seed, scheme="lecun_normal")
    for number, parameter in enumerate(network.parameters):
        if parameter.name in _hidden(network):
            theta[parameter.start : parameter.stop] *= gain * (FACTORS["init"] if fault == "init" else 1.0)
            bias = network.parameters[number + 1]
            theta[bias.start : bias.start + round(KILLED * WIDTH)] += BIAS if fault == "relu" else 0.0
    return Setup(network, theta, RATE * (FACTORS["rate"] if fault == "rate" else 1.0))


def _hidden(network: networks.Network) -> list[str]:
    """Return the names of the weights of the linear layers that are followed by an activation."""
    pairs = enumerate(pairwise(network.layers))
    return [f"{k}.weight" for k, (one, bend) in pairs
            if isinstance(one, networks.Linear) and isinstance(bend, networks.Activation)]  # fmt: skip


# ---------------------------------------------------------------------------------------------------- the statistics


def counted(values: NDArray, edges: Floats, mass: float) -> Floats:
    """Return the histogram (B,) of any numbers in equal bins (B + 1 ``edges``), with bars that add up to ``mass``.

    Values outside count in the first or last bin, nan in the last.
    """
    low, high, bins = edges[0], edges[-1], len(edges) - 1
    share = (np.nan_to_num(values, nan=high, posinf=high, neginf=low).ravel() - low) / (high - low)
    found = np.bincount(np.clip((share * bins).astype(np.int64), 0, bins - 1), minlength=bins)
    return mass * found / max(found.sum(), 1)


@np.errstate(all="ignore")
def saturated(activations: NDArray) -> Floats:
    """Return the share of the samples for which each tanh unit (…, n, units) is saturated, (…, units)."""
    return np.mean(np.abs(activations) > FLAT, axis=-2)


def idle(activations: NDArray) -> Floats:
    """Return the share of the samples for which each ReLU unit (…, n, units) is 0, (…, units)."""
    return np.mean(activations <= 0, axis=-2)


@np.errstate(all="ignore")
def update(before: NDArray, after: NDArray) -> float:
    """Return log10 of ‖Δw‖/‖w‖, from the weights before and after a step; inf where they have become nan."""
    ratio = float(np.log10(np.linalg.norm(after - before) / np.linalg.norm(before)))
    return math.inf if math.isnan(ratio) else ratio


@np.errstate(all="ignore")
def passes(network: networks.Network, theta: Floats, points: NDArray, target: NDArray) -> list[tuple[NDArray, NDArray]]:
    """Return the outputs (n, width) of every activation, and the gradient of the samples' mean loss by them."""
    aim = networks.prepared(np, network.loss_kind, target, network.outputs, theta.dtype)
    block = max(networks.BLAS_ALONE // max(p.stop - p.start for p in network.parameters), networks.SMALLEST_BLOCK)
    pieces = [
        _passes(network, theta, points[first : first + block], aim[first : first + block])
        for first in range(0, len(points), block)  # so few at once that BLAS does not share them out to threads
    ]
    both = (zip(*layer, strict=True) for layer in zip(*pieces, strict=True))
    return [(np.concatenate(h), np.concatenate(slope) / len(points)) for h, slope in both]


def _passes(network: networks.Network, theta: Floats, points: NDArray, aim: NDArray) -> list[tuple[NDArray, NDArray]]:
    """Return the activations of some samples, and the gradient of each one's loss by its own."""
    weights, kept, found, x = network.weights(theta[None, :], None), [], [], points[None].astype(theta.dtype)
    for index, layer in enumerate(network.layers):
        own = {name.partition(".")[2]: w for name, w in weights.items() if name.partition(".")[0] == str(index)}
        x, saved = layer.forward(own, x, networks.EVALUATION)
        kept.append((layer, own, saved, x))
    slope = networks.loss_slopes(network.loss_kind, x, aim)
    for layer, own, saved, after in reversed(kept):
        if isinstance(layer, networks.Activation):
            found.append((after[0], slope[0]))
        slope, _ = layer.backward(own, saved, slope)
    return found[::-1]


@np.errstate(all="ignore")
def seen(
    network: networks.Network, theta: Floats, after: Floats, points: NDArray, target: NDArray, step: int = 0
) -> Health:
    """Return the measurements of a network with parameters (n,) at one step, and of the update to ``after``."""
    found: dict[str, list] = {name: [] for name in ("sigma", *GAUGES[:3], *KINDS, "units")}
    views, moved = network.views(theta), network.views(after)
    bends = [layer.kind for layer in network.layers if isinstance(layer, networks.Activation)]
    edges = {kind: np.linspace(*RANGES[kind], BINS + 1) for kind in RANGES}
    edges["activation"] = edges["relu"] if "relu" in bends else edges["activation"]
    for name, kind, (h, slope) in zip(_hidden(network), bends, passes(network, theta, points, target), strict=True):
        relu, units = kind == "relu", float(h.shape[1])
        share = idle(h) if relu else saturated(h)
        found["units"].append(share)
        found["saturated"].append(math.nan if relu else float(share.mean()))
        found["dead"].append(float(np.mean(share == 1.0)) if relu else math.nan)
        found["sigma"].append(float(h.std()))
        found["update"].append(update(views[name], moved[name]))
        found["activation"].append(counted(h, edges["activation"], units))
        found["gradient"].append(counted(np.log10(np.abs(slope) * len(slope)), edges["gradient"], units))
        found["weight"].append(counted(views[name], edges["weight"], units))
    now = {name: np.array(values, float)[None] for name, values in found.items()}
    ridges = {kind: Ridge(edges[kind], now.pop(kind)) for kind in KINDS}
    names = tuple(f"layer {k + 1}" for k in range(len(bends)))
    return Health(names, np.array([step]), np.array([float(network.loss(theta, points, target))]), ridges=ridges, **now)


def watched(setup: Setup, every: int = 4, batch: int = 64, seed: int = 0, probes: int = 128) -> Iterator[Health]:
    """Yield the measurements of an endless training: at its start, and after every ``every`` steps.

    It is gradient descent on batches of the digits, watched on the first ``probes`` of them.
    """
    data, network = digits(), setup.network
    theta = setup.theta.astype(np.float32)
    trainer = Trainer(network, data.points, data.target, f"gradient_descent:lr={setup.rate}", theta, batch, seed)
    points, target = data.points[:probes], data.target[:probes]
    while True:
        before = trainer.theta[0]
        trainer.advance(1)
        yield seen(network, before, trainer.theta[0], points, target, trainer.t - 1)
        trainer.advance(every - 1)


class Training:
    """A training that is measured as far as it is requested; see `watched`."""

    def __init__(self, fault: str, depth: int, gain: float, seed: int, every: int) -> None:
        self._seen: list[Health] = []
        self._more = watched(setup(fault, depth, gain, seed), every, seed=seed)

    def upto(self, count: int) -> Iterator[None]:
        """Train until ``count`` measurements have been taken, and yield after each."""
        while len(self._seen) < count:
            self._seen.append(next(self._more))
            yield

    def seen(self, count: int) -> Health:
        """Return the first ``count`` measurements."""
        return joined(self._seen[:count])


training = lru_cache(maxsize=16)(Training)
"""A cache: the same arguments give the same training."""


# ---------------------------------------------------------------------------------------------------- recorded runs

WORDS = {"gradient": ("gradient", "gradients", "grad", "grads"), "activation": ("activation", "activations", "output"),
         "weight": ("weight", "weights", "kernel")}  # fmt: skip
PARTS = 200  # a bin of a recorded histogram is resampled as so many evenly spaced values


def part_of(name: str) -> tuple[str, str]:
    """Return the layer of a recorded name, and which of ``KINDS`` it is ("" for something else).

    Names are the writer's: ``layer1/activation``, ``0.weight``, ``0.weight/grad`` or ``dense/kernel_0/histogram``.
    """
    tokens = [token for token in re.split(r"[/.]", name) if token and token != "histogram"]
    plain = [re.sub(r"_\d+$", "", token).lower() for token in tokens]
    kind = next((kind for kind, known in WORDS.items() if set(known) & set(plain)), "")
    known = {word for words in WORDS.values() for word in words}
    return ".".join(token for token, word in zip(tokens, plain, strict=True) if word not in known), kind


def recorded(run: RecordedRun) -> Health:
    """Return the measurements in a recorded run. Raises UserError where it has neither histograms nor parameters.

    Per layer it takes the histograms ``LAYER/activation``, ``LAYER/gradient`` and ``LAYER/weight``, and the numbers
    ``LAYER/saturated``, ``LAYER/dead`` and ``LAYER/update_ratio``. What is not there follows from the rest where it
    can: the saturated share from a histogram between −1 and 1, weights and their change in a step from parameters. At a
    step without a record the last one counts.
    """
    found: dict[str, dict[str, Histograms]] = {}
    for name, histograms in run.histograms.items():
        layer, kind = part_of(name)
        if kind:
            found.setdefault(layer, {})[kind] = histograms
    matrices = {name: values for name, values in run.parameters.items() if values[0].ndim > 1}
    for name, values in matrices.items():
        made = [histogram(row) for row in values]
        kept = Histograms(run.parameter_steps, tuple(e for e, _ in made), tuple(c for _, c in made))
        found.setdefault(part_of(name)[0], {}).setdefault("weight", kept)
    if not found:
        raise UserError(
            f"{run.name or 'This run'} has no histograms of layers, and no parameters; docs/debugging-a-model.md says "
            "how to record them."
        )
    layers = tuple(f"layer {name}" if name.isdigit() else name for name in found)
    steps = np.unique(np.concatenate([one.steps for kinds in found.values() for one in kinds.values()]))
    gauges = {name: np.full((len(steps), len(layers)), math.nan) for name in ("sigma", *GAUGES[:3])}
    for k, (layer, kinds) in enumerate(found.items()):
        if "activation" in kinds:
            sigma, flat = np.array([_told(*pair) for pair in _pairs(kinds["activation"])]).T
            gauges["sigma"][:, k], gauges["saturated"][:, k] = (
                _at(steps, kinds["activation"].steps, values) for values in (sigma, flat)
            )
        for name, values in matrices.items():
            if part_of(name)[0] == layer and len(values) > 1:
                gauges["update"][:, k] = _at(steps, run.parameter_steps[:-1], _changes(values, run.parameter_steps))
        for name in GAUGES[:3]:
            scalars = run.scalars.get(f"{layer}/{'update_ratio' if name == 'update' else name}")
            if scalars is not None:
                with np.errstate(divide="ignore", invalid="ignore"):
                    values = np.log10(scalars.values) if name == "update" else scalars.values
                gauges[name][:, k] = _at(steps, scalars.steps, values)
    loss = run.scalars.get("loss")
    told = np.full(len(steps), math.nan) if loss is None else _at(steps, loss.steps, loss.values)
    ridges = {kind: _ridge(steps, [kinds.get(kind) for kinds in found.values()], kind) for kind in KINDS}
    return Health(layers, steps, told, **gauges, ridges=ridges)


def _pairs(histograms: Histograms) -> Iterator[tuple[Floats, Floats]]:
    return zip(histograms.edges, histograms.counts, strict=True)


def _values(edges: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return values spread evenly in a histogram's bins, and their weights, which sum to 1."""
    share = (np.arange(PARTS) + 0.5) / PARTS
    values = edges[:-1, None] + np.diff(edges)[:, None] * share
    return values.ravel(), np.repeat(counts / max(float(counts.sum()), 1e-300) / PARTS, PARTS)


def _told(edges: Floats, counts: Floats) -> tuple[float, float]:
    """Return the deviation of a histogram's values, and the saturated share, nan unless they look like a tanh's."""
    values, weight = _values(edges, counts)
    deviation = math.sqrt(max(float(weight @ values**2 - (weight @ values) ** 2), 0.0))
    tanh = -1.001 <= edges[0] < 0.0 < edges[-1] <= 1.001
    return deviation, float(weight @ (np.abs(values) > FLAT)) if tanh else math.nan


def _changes(values: NDArray, steps: NDArray[np.int64]) -> Floats:
    """Return log10 of ‖Δw‖/‖w‖ per step, from weights (T, …) at kept steps: the change divided among the steps."""
    pairs, lengths = pairwise(values), np.diff(steps)
    return np.array([update(*pair) for pair in pairs]) - np.log10(lengths)


def _at(steps: NDArray[np.int64], own: NDArray[np.int64], values: Floats) -> Floats:
    """Return the values in effect at some steps: the last one at or before each, nan before the first."""
    index = np.searchsorted(own, steps, "right") - 1
    return np.where(index >= 0, np.asarray(values, float)[np.maximum(index, 0)], math.nan)


def _ridge(steps: NDArray[np.int64], layers: Sequence[Histograms | None], kind: str) -> Ridge:
    """Return recorded histograms of layers at some steps, in bins that they share; a layer without them has no bars."""
    known = [one for one in layers if one is not None]
    ends = [abs(float(edges[k])) for one in known for edges in one.edges for k in (0, -1)]
    reach = max(ends, default=1.0) or 1.0
    positive = all(edges[0] >= 0.0 for one in known for edges in one.edges)
    edges = np.linspace(*RANGES[kind], BINS + 1) if kind == "gradient" else np.linspace(-reach, reach, BINS + 1)
    edges = np.linspace(0.0, reach, BINS + 1) if positive and kind == "activation" else edges
    counts = np.zeros((len(steps), len(layers), BINS))
    for k, one in enumerate(layers):
        if one is None:
            continue
        made = []
        for pair in _pairs(one):
            values, weight = _values(*pair)
            places = np.log10(np.maximum(np.abs(values), 1e-300)) if kind == "gradient" else values
            share = np.clip((places - edges[0]) / (edges[-1] - edges[0]) * BINS, 0, BINS - 1)
            made.append(np.bincount(share.astype(np.int64), weight, BINS))
        index = np.maximum(np.searchsorted(one.steps, steps, "right") - 1, 0)
        counts[:, k] = np.array(made)[index]
    return Ridge(edges, counts)
