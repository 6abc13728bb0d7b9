"""TensorFlow Playground's networks and how it trains them (Smilkov et al. 2017; its ``nn.ts`` and ``playground.ts``).

Inputs are up to seven features of a point (x₁, x₂) in [−6, 6]², hidden layers are small, and the output is a number:
tanh for two classes, linear for regression. The loss is ½(ŷ − y)². Samples come in an order
that is drawn once; where they do not divide into batches, the remainder joins the next epoch's first batch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray

from lossland.compute.philox import Purpose, particles, uniform
from lossland.errors import UserError, nearest
from lossland.models import datasets, networks

Floats = NDArray[np.floating]
Samples = tuple[Floats, NDArray]  # features (k, N) and targets (N,)

REACH = 6.0  # half the side of the input square
DEEPEST, WIDEST = 6, 8
ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear")
REGULARIZATIONS = ("none", "L1", "L2")
SAMPLES = {"circle": 500, "xor": 500, "gauss": 500, "spiral": 500, "plane": 1200, "multi_gauss": 1200}
REGRESSION = ("plane", "multi_gauss")  # the other data sets are for classification
CROWD, ACROSS = 200, 20  # networks that train at once, and how many of them stand in a row
RATES = np.geomspace(1e-3, 10.0, ACROSS)  # of the columns, where rates are compared


class Feature(NamedTuple):
    """An input of the network: its LaTeX, the original's name for it, and its function of x and y."""

    latex: str
    key: str
    of: Callable[[Floats, Floats], Floats]


FEATURES = {
    "x1": Feature("x_1", "x", lambda x, y: x),
    "x2": Feature("x_2", "y", lambda x, y: y),
    "x1^2": Feature("x_1^2", "xSquared", lambda x, y: x * x),
    "x2^2": Feature("x_2^2", "ySquared", lambda x, y: y * y),
    "x1x2": Feature("x_1 x_2", "xTimesY", lambda x, y: x * y),
    "sin x1": Feature(r"\sin x_1", "sinX", lambda x, y: np.sin(x)),
    "sin x2": Feature(r"\sin x_2", "sinY", lambda x, y: np.sin(y)),
}
_SPELLED = {re.sub(r"\W", "", name): name for name in FEATURES} | {
    "x12": "x1^2", "x22": "x2^2", "x1²": "x1^2", "x2²": "x2^2", "x1squared": "x1^2", "x2squared": "x2^2",
} | {feature.key.lower(): name for name, feature in FEATURES.items()}  # fmt: skip


def features(text: str) -> tuple[str, ...]:
    """Return the features of a text such as ``x1, x2, x1x2, sin x1``, in the order of ``FEATURES``."""
    found = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name = _SPELLED.get(re.sub(r"[\s_^*·()]", "", part.lower()))
        if name is None:
            raise UserError(
                f"There is no feature {part!r}.{nearest(part, list(FEATURES))} There are {', '.join(FEATURES)}."
            )
        found.add(name)
    if not found:
        raise UserError(f"A network needs at least one feature of {', '.join(FEATURES)}.")
    return tuple(name for name in FEATURES if name in found)


def widths(text: str) -> tuple[int, ...]:
    """Return the widths of the hidden layers, ``4-2`` or ``4,2``; an empty text is none of them."""
    return networks.widths(text, 0, DEEPEST, WIDEST)


def inputs(names: Sequence[str], points: Floats) -> Floats:
    """Return the features (k, N) of points (N, 2)."""
    return np.stack([FEATURES[name].of(points[:, 0], points[:, 1]) for name in names])


def square(half: float, count: int) -> Floats:
    """Return the points (count, count, 2) of a grid on a square, row by row from low y to high y."""
    side = np.linspace(-half, half, count)
    return np.stack(np.meshgrid(side, side), -1)


def sheets(names: Sequence[str], count: int) -> Floats:
    """Return the features on a grid over all inputs (k, count, count), row by row from low y to high y."""
    return inputs(names, square(REACH, count).reshape(-1, 2)).reshape(-1, count, count)


def split(name: str, noise: float, share: float, seed: int) -> tuple[datasets.Data, datasets.Data]:
    """Return a data set's samples for training, a share of them, and for the test: both in random order."""
    data = datasets.dataset(name, SAMPLES[name], noise, seed)
    order = np.argsort(uniform(seed, particles(np, 0, len(data)), 0, Purpose.ORDER)[0])
    many = math.floor(len(data) * share + 1e-9)
    training, test = (datasets.Data(data.points[k], data.target[k], data.names) for k in (order[:many], order[many:]))
    return training, test


def prepared(names: Sequence[str], training: datasets.Data, test: datasets.Data) -> tuple[Samples, Samples]:
    """Return features (k, N) and targets (N,) of the samples for training and for the test, as `Course` takes them."""
    return (inputs(names, training.points), training.target), (inputs(names, test.points), test.target)


def network(name: str, count: int, hidden: Sequence[int], activation: str) -> networks.Network:
    """Return the network for a data set and ``count`` features: its parameters are in the usual flat order."""
    output = "linear" if name in REGRESSION else "tanh"
    return networks.mlp((count, *hidden, 1), activation, "half_mse", output)


def levels(target: NDArray) -> NDArray[np.int_]:
    """Return -1, 0 or 1 (n,) for targets (n,) in the lower, middle and upper third of their range around 0."""
    share = target / max(float(np.abs(target).max()), 1e-9)
    return np.where(np.abs(share) > 1 / 3, np.sign(share), 0).astype(int)


def starts(net: networks.Network, seed: int, compare: str) -> tuple[Floats, Floats | None]:
    """Return the first parameters (CROWD, n) of networks that train at once, in float32, and their rates (CROWD,).

    To compare "starts", all are different and the rate is not told (None). To compare "rates", each row has the same
    start, and each column one of ``RATES``.
    """
    start, rows = networks.initial(net, seed, CROWD, "playground").astype(np.float32), CROWD // ACROSS
    return (start, None) if compare == "starts" else (np.repeat(start[:rows], ACROSS, axis=0), np.tile(RATES, rows))


def seats(pitch: float) -> Floats:
    """Return where the networks of a crowd stand (CROWD, 2), row by row, around the origin."""
    row, column = np.divmod(np.arange(CROWD), ACROSS)
    return pitch * np.stack([column - (ACROSS - 1) / 2, (CROWD // ACROSS - 1) / 2 - row], -1)


# ---------------------------------------------------------------------------------------------------------- training


@dataclass(frozen=True)
class Edit:
    """A parameter that is set by hand: after ``epoch`` epochs, by its index in the flat vector."""

    epoch: int
    index: int
    value: float


@dataclass(frozen=True)
class Penalty:
    """Regularization of weights (not biases): L1 or L2, and its rate. L1 fixes a weight at 0 once it would cross 0."""

    kind: str = "none"
    rate: float = 0.0


class Course:
    """P networks in training, epoch by epoch: ``theta(k)`` does not depend on what was requested before.

    ``x`` (k, N) are the samples' features, ``y`` (N,) their targets, those of the test likewise. ``start`` (P, n) are
    parameters in the type that is computed in, ``rates`` one number or (P,). Every ``stride``-th epoch is kept.
    """

    def __init__(
        self,
        net: networks.Network,
        training: Samples,
        test: Samples,
        start: Floats,
        rates: float | Floats = 0.03,
        batch: int = 10,
        penalty: Penalty = Penalty(),  # frozen
        edits: Sequence[Edit] = (),
        stride: int = 1,
    ) -> None:
        kind, many = start.dtype, len(start)
        self.net, self.penalty, self.stride = net, penalty, stride
        self.rates = np.broadcast_to(np.asarray(rates, kind).reshape(-1, 1), (many, 1))
        self._kinds = activations_of(net)
        self._start, self._now, self._grad = start, start.copy(), np.zeros_like(start)
        self._alive = np.ones(start.shape, bool)
        self._is_weight = np.concatenate([np.full(p.stop - p.start, p.name.endswith("weight")) for p in net.parameters])
        self._layers, self._slopes = layers_of(net, self._now), layers_of(net, self._grad)
        self._training, self._test = ((x.astype(kind), y.astype(kind)) for x, y in (training, test))
        self._batches = _batches(*self._training, batch)
        self.edits = sorted(edits, key=lambda edit: edit.epoch)
        self.epoch = self._step = 0
        self._kept: list[Floats] = []
        self._lived: list[NDArray[np.bool_]] = []  # which weights were alive then
        self.losses: list[Floats] = []  # of each epoch (2, P): of the training and of the test
        self._arrive()

    def reach(self, epoch: float, steps: int | None = None) -> bool:
        """Train up to an epoch, or for at most ``steps`` steps; return whether it is reached."""
        while self.epoch < epoch and steps != 0:
            first, later = self._batches
            batches = later if self.epoch else first
            self._advance(*batches[self._step])
            self._step += 1
            steps = None if steps is None else steps - 1
            if self._step == len(batches):
                self.epoch, self._step = self.epoch + 1, 0
                self._arrive()
        return self.epoch >= epoch

    def revise(self, edits: Sequence[Edit]) -> None:
        """Train with these edits instead: again from the first epoch where they are others, all before it stays."""
        edits = sorted(edits, key=lambda edit: edit.epoch)
        if edits == self.edits:
            return
        first = min((edit.epoch for edit in {*edits} ^ {*self.edits}), default=0)
        self.edits = edits
        if first > self.epoch:
            return
        count = -(-first // self.stride)  # of the kept ones before that epoch
        for kept in (self._kept, self._lived, self.losses):
            del kept[max(count, 1) :]
        self.epoch, self._step = self.stride * max(count - 1, 0), 0
        self._now[...], self._alive = self._kept[-1], self._lived[-1]  # in place: the layers are views of it
        if count == 0:
            self._now[...] = self._start
            for kept in (self._kept, self._lived, self.losses):
                kept.clear()
            self._arrive()

    def theta(self, epoch: int) -> Floats:
        """Return the parameters (P, n) after an epoch, or after the last kept one before it."""
        self.reach(epoch)
        return self._kept[epoch // self.stride]

    def weights(self, epoch: int) -> Floats:
        """Return the weights (P, m) of all links then, in the order of `links`."""
        return self.theta(epoch)[:, [link[-1] for link in links(self.net)]]

    def loss(self, epoch: int) -> Floats:
        """Return the losses (2, P) at that epoch, of training and test."""
        self.reach(epoch)
        return self.losses[epoch // self.stride]

    def heights(self, epoch: int, most: float = 1.2) -> Floats:
        """Return the losses (P,) of the training then, but ``most`` for higher, infinite and unknown ones."""
        return np.minimum(np.nan_to_num(self.loss(epoch)[0], nan=most, posinf=most), most)

    @np.errstate(all="ignore")
    def seen(self, epoch: int, x: Floats) -> list[Floats]:
        """Return the outputs of all layers for features (k, N) then: these first, then (P, units, N)."""
        theta = self.theta(epoch)
        return forward(self._kinds, layers_of(self.net, theta), x.astype(theta.dtype))

    def sheets(self, epoch: int, names: Sequence[str], count: int) -> list[Floats]:
        """Return what all layers make of a grid then, as `sheets`: (k, count, count), then (P, units, count, count)."""
        found = self.seen(epoch, sheets(names, count).reshape(-1, count**2))
        return [one.reshape(*one.shape[:-1], count, count) for one in found]

    def curves(self, epoch: int, epochs: int) -> tuple[Floats, Floats]:
        """Return the epochs (K,) of which losses are kept, up to ``epochs``, and these (K, 2, P).

        Losses after ``epoch`` are not known yet: nan. Non-finite ones before it are replaced by 9.
        """
        self.reach(epoch)
        known, steps = epoch // self.stride + 1, self.stride * np.arange(epochs // self.stride + 1.0)
        loss = np.full((len(steps), *self.losses[0].shape), np.nan)
        loss[:known] = np.nan_to_num(self.losses[:known], nan=9.0)
        return steps, loss

    def _arrive(self) -> None:
        """Apply the edits of this epoch, and keep its parameters and losses."""
        for edit in self.edits:
            if edit.epoch == self.epoch:
                self._now[:, edit.index] = edit.value
        if self.epoch % self.stride == 0:
            self._kept.append(self._now.copy())
            self._lived.append(self._alive)
            found = [half_squares(self._kinds, self._layers, x, y) for x, y in (self._training, self._test)]
            self.losses.append(np.stack(found))

    @np.errstate(all="ignore")  # with too large a rate numbers overflow
    def _advance(self, x: Floats, y: Floats) -> None:
        """Take a step: one batch."""
        seen = forward(self._kinds, self._layers, x)
        slope = (seen[-1] - y) / y.dtype.type(y.size)
        for k in reversed(range(len(self._layers))):
            weight, _ = self._layers[k]
            slope = _before_bend(self._kinds[k], seen[k + 1], slope)
            np.matmul(slope, np.swapaxes(seen[k], -1, -2), out=self._slopes[k][0])
            np.sum(slope, axis=-1, keepdims=True, out=self._slopes[k][1])
            if k:
                slope = np.swapaxes(weight, -1, -2) @ slope
        if self.penalty.kind == "none" or self.penalty.rate == 0:
            self._now -= self.rates * self._grad
        else:
            self._regularized()

    def _regularized(self) -> None:
        """Take a step, and apply the penalty to the weights after it."""
        before = self._now.copy()
        strength = self.rates * self._now.dtype.type(self.penalty.rate) * self._is_weight
        self._now -= self.rates * self._grad
        if self.penalty.kind == "L2":
            self._now -= strength * before
            return
        after = self._now - strength * np.sign(before)
        crossed = (self._now * after < 0) & self._is_weight & self._alive
        after[crossed] = 0.0
        self._now[...] = np.where(self._alive, after, before)  # in place: the layers are views of it
        if crossed.any():
            self._alive = self._alive & ~crossed


Layers = Sequence[tuple[Floats, Floats]]  # of each: weights (P, outputs, inputs) and biases (P, outputs, 1)


def activations_of(net: networks.Network) -> list[str]:
    """Return the activation after each linear layer of a perceptron."""
    kinds: list[str] = []
    for layer in net.layers:
        if isinstance(layer, networks.Activation):
            kinds[-1] = layer.kind
        else:
            kinds.append("linear")
    return kinds


def layers_of(net: networks.Network, theta: Floats) -> list[tuple[Floats, Floats]]:
    """Return weights and biases of each layer, as views of parameters (P, n)."""
    parts = list(net.views(theta).values())
    return [(weight, bias[..., None]) for weight, bias in zip(parts[::2], parts[1::2], strict=True)]


def forward(kinds: Sequence[str], layers: Layers, x: Floats) -> list[Floats]:
    """Return the activations of all layers, the inputs (k, N) first, then (P, units, N)."""
    seen = [x]
    for kind, (weight, bias) in zip(kinds, layers, strict=True):
        z = weight @ seen[-1]
        z += bias
        if kind == "tanh":
            np.tanh(z, out=z)
        elif kind == "relu":
            np.maximum(z, 0, out=z)
        elif kind == "sigmoid":
            z *= 0.5
            np.tanh(z, out=z)
            z *= 0.5
            z += 0.5
        seen.append(z)
    return seen


def _before_bend(kind: str, y: Floats, slope: Floats) -> Floats:
    """Return the gradient by an activation's input, from that by its output and its value y."""
    if kind == "tanh":
        return slope * (1 - y * y)
    if kind == "relu":
        return slope * (y > 0)
    return slope * (y * (1 - y)) if kind == "sigmoid" else slope


@np.errstate(all="ignore")
def half_squares(kinds: Sequence[str], layers: Layers, x: Floats, y: Floats) -> Floats:
    """Return the mean loss (P,) of networks."""
    return np.mean((forward(kinds, layers, x)[-1][:, 0, :] - y) ** 2, axis=-1) / 2


Batches = list[tuple[Floats, Floats]]


def _batches(x: Floats, y: Floats, size: int) -> tuple[Batches, Batches]:
    """Return the batches of the first epoch and of all later ones, which begin with the remainder of the one before."""
    left, whole = len(y) % size, len(y) // size
    first = [(x[:, k * size : (k + 1) * size], y[k * size : (k + 1) * size]) for k in range(whole)]
    again = np.r_[len(y) - left : len(y), 0:size]
    return first, [(x[:, again], y[again]), *first[1:]]


# -------------------------------------------------------------------------------------------------------- the state
# The fragment (#...) of the original's address. Each reads the other's; keys that only one knows are ignored.

_KEYS = {"data": "dataset", "rate": "learningRate", "batch": "batchSize", "regularization_rate": "regularizationRate"}
_ALIKE = ("activation", "regularization", "epochs", "member", "edits")
_FLAGS = {"show_test": "showTestData", "discretize": "discretize"}
_REGRESSION_DATA = {"plane": "reg-plane", "multi_gauss": "reg-gauss"}


def written(values: Mapping[str, object], seed: int) -> str:
    """Return settings as the original's state: ``activation=tanh&batchSize=10&...``.

    ``values`` are the settings by the names of `playground_3d`'s parameters.
    """
    name = str(values["data"])
    chosen = features(str(values["features"]))
    parts: dict[str, object] = {key: values[key] for key in _ALIKE if key in values and values[key] != ""}
    parts |= {theirs: values[ours] for ours, theirs in _KEYS.items() if ours != "data"}
    parts |= {theirs: "true" if values[ours] else "false" for ours, theirs in _FLAGS.items()}
    parts |= {"problem": "regression", "regDataset": _REGRESSION_DATA[name]} if name in REGRESSION else {
        "problem": "classification", "dataset": name,
    }  # fmt: skip
    parts["noise"] = 100 * float(str(values["noise"]))
    parts["percTrainData"] = 100 * float(str(values["train_share"]))
    parts["networkShape"] = ",".join(map(str, widths(str(values["widths"]))))
    parts |= {one.key: "true" if known in chosen else "false" for known, one in FEATURES.items()}
    parts["seed"] = seed
    return "&".join(f"{key}={_short(value)}" for key, value in sorted(parts.items()))


def _short(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def read(state: str) -> tuple[dict[str, object], int]:
    """Return the values of `playground_3d`'s parameters, and the seed, from a state that it or the original wrote.

    Missing values have the original's defaults. Raises UserError for a text that is no such state.
    """
    found = dict(parse_qsl(state.strip().rpartition("#")[2], keep_blank_values=True, separator="&"))
    theirs = {feature.key for feature in FEATURES.values()} | set(_KEYS.values()) | set(_FLAGS.values()) | set(_ALIKE)
    if not found.keys() & (theirs | {"problem", "regDataset", "noise", "percTrainData", "networkShape", "seed"}):
        raise UserError(f"state is what follows the # in TensorFlow Playground's address, not {state!r}.")
    values: dict[str, object] = {key: found[key] for key in _ALIKE if key in found}
    values |= {ours: found[theirs] for ours, theirs in _KEYS.items() if theirs in found}
    values |= {ours: found[theirs] != "false" for ours, theirs in _FLAGS.items() if theirs in found}
    if found.get("problem") == "regression":
        known = {theirs: ours for ours, theirs in _REGRESSION_DATA.items()}
        values["data"] = known.get(found.get("regDataset", "reg-plane"), found.get("regDataset"))
    if "networkShape" in found:
        values["widths"] = found["networkShape"].replace(",", "-")
    usual = ("x", "y")
    chosen = [name for name, one in FEATURES.items() if found.get(one.key, str(one.key in usual)).lower() == "true"]
    values["features"] = ", ".join(chosen)
    seed = found.get("seed", "0")
    try:
        values |= {key: float(found[name]) / 100 for key, name in _SHARES.items() if name in found}
        return values, int(seed) if re.fullmatch(r"\d+", seed) else round(float(seed) * 1e5)
    except ValueError:
        raise UserError(f"In the state, noise, percTrainData and seed are numbers, not as in {state!r}.") from None


_SHARES = {"noise": "noise", "train_share": "percTrainData"}


def edits(text: str) -> tuple[Edit, ...]:
    """Parse edits such as ``20:3:0.5``, separated by commas: epoch, index of the parameter, value."""
    try:
        parts = [part.split(":") for part in text.split(",") if part.strip()]
        found = tuple(Edit(int(epoch), int(index), float(value)) for epoch, index, value in parts)
    except ValueError:
        found = None
    if found is None or not all(e.epoch >= 0 <= e.index and math.isfinite(e.value) for e in found):
        raise UserError(f"edits are epoch:parameter:value, with commas between, such as 20:3:0.5, not {text!r}.")
    return found


def edited(text: str, edit: Edit) -> str:
    """Return the text of edits with one more, which replaces an earlier one of the same parameter."""
    kept = [one for one in edits(text) if one.index != edit.index] + [edit]
    return ",".join(f"{one.epoch}:{one.index}:{one.value:.6g}" for one in kept)


def links(net: networks.Network) -> list[tuple[int, int, int, int]]:
    """Return each weight's layer, target unit, source unit and index in the flat vector."""
    weights = [p for p in net.parameters if p.name.endswith("weight")]
    return [
        (layer, row, column, p.start + row * p.shape[1] + column)
        for layer, p in enumerate(weights)
        for row in range(p.shape[0])
        for column in range(p.shape[1])
    ]


def biases(net: networks.Network) -> list[tuple[int, int, int]]:
    """Return each bias's layer, unit and index in the flat vector."""
    found = [p for p in net.parameters if p.name.endswith("bias")]
    return [(layer, unit, p.start + unit) for layer, p in enumerate(found) for unit in range(p.stop - p.start)]


def sizes(net: networks.Network) -> list[int]:
    """Return the number of units of each layer, the inputs first."""
    weights = [p.shape for p in net.parameters if p.name.endswith("weight")]
    return [weights[0][1], *(shape[0] for shape in weights)]


# ------------------------------------------------------------------------------------------------------- the drawing


@dataclass(frozen=True, eq=False)
class Layout:
    """The layout of a network on the plane: a square for each unit, column by column, and links between them.

    ``middles`` are those of the squares of each layer, (units, 2), of all features first, and ``halves`` half their
    sides. A link leads from a port to another: of the ``ports`` (n, 2) the first are the outlets of all layers but the
    last, unit by unit, the others the inlets of all but the first; ``ends`` (m, 2) are the two of each of `links`.
    """

    net: networks.Network
    middles: list[Floats]
    halves: list[float]
    ports: Floats
    ends: NDArray[np.intp]

    def knobs(self) -> dict[int, Floats]:
        """Return the handle (2,) of each parameter, by its index: a weight on its link, a bias where links end."""
        start, end = self.ports[self.ends[:, 0]], self.ports[self.ends[:, 1]]
        found = {link[-1]: at for link, at in zip(links(self.net), start + 0.42 * (end - start), strict=True)}
        inlets = self.ports[-len(biases(self.net)) :]
        return found | {bias[-1]: at for bias, at in zip(biases(self.net), inlets, strict=True)}

    def parameter(self, element: int) -> int | None:
        """Return the index of a bias or weight by port, then link; an outlet has none."""
        known = [bias[-1] for bias in biases(self.net)]
        return [*[None] * (len(self.ports) - len(known)), *known, *(link[-1] for link in links(self.net))][element]

    def strength(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return the strengths of links (m,) and ports (n,), in [−1, 1], for parameters (n,): outlets have 0."""
        weights, offsets = (theta[[one[-1] for one in known(self.net)]] for known in (links, biases))
        return np.tanh(weights / 1.5), np.append(np.zeros(len(self.ports) - len(offsets)), np.tanh(offsets))


def layout(net: networks.Network, names: Sequence[str], left: float, right: float, half: float) -> Layout:
    """Lay out a network with such features: these at x = ``left``, the output around ``right``.

    ``half`` is half the side of the output's square.
    """
    units = [len(FEATURES), *sizes(net)[1:-1]]
    wide = right - half - left
    middles, halves = [], []
    for k, count in enumerate(units):
        pitch, most = (0.31, 0.12) if k == 0 else (0.55, 0.21)
        rows = min(pitch, 2.1 / count) * ((count - 1) / 2 - np.arange(count))
        middles.append(np.column_stack([np.full(count, left + wide * k / len(units)), rows]))
        halves.append(min(most, 0.3 * wide / len(units), 0.4 * 2.1 / count))
    middles, halves = [*middles, np.array([[right, 0.0]])], [*halves, half]
    own = [middles[0][[list(FEATURES).index(name) for name in names]], *middles[1:]]
    outlets, inlets = ([m + np.array([side * h, 0.0]) for m, h in zip(own, halves, strict=True)] for side in (1, -1))
    sides = [*outlets[:-1], *inlets[1:]]
    first = np.cumsum([0, *(len(one) for one in sides)])
    ends = [(first[k] + source, first[len(own) - 1 + k] + unit) for k, unit, source, _ in links(net)]
    return Layout(net, middles, halves, np.concatenate(sides), np.array(ends))
