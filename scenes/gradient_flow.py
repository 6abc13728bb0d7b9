"""What becomes of a gradient on its way back through many layers: four networks side by side."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import islice
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, words
from lossland.models import signals

LENGTH, PITCH = 3.6, 0.72  # of a lane, and from one lane to the next, in the world
TALL, HIGHEST = 0.8, 0.16  # of all the bars, and of one decade at most
THICK, GAP = 0.2, 0.1  # of a bar, across the lane, and between those of signal and gradient
COLORS = {"activation": "optimizer.momentum", "gradient": "up"}  # forward and backward
ROWS = {"activation": "activation, forward", "gradient": "gradient, back"}
NAMES = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "linear": "linear"}
FRONT = tuple(NAMES)  # lanes from the front to the back
WEIGHTS = {"xavier": "weights of variance 1/n", "he": "weights of variance 2/n", "orthogonal": "orthonormal weights"}
FORMULA = r"\|\delta_0\| = g_1 g_2 \cdots g_L \, \|\delta_L\|"
THERE, BACK = (0.04, 0.3), (0.36, 0.9)  # shares of the scene: the way of the signal, and of the gradient
STEPS, RATE = 40, 1.0  # of the descent
UP = (0.0, 0.0, 1.0)  # which way the knob is dragged
KNOB = 0.04  # of the world that the knob stands above the gradient


class GradientFlow(ll.Scene):
    """A gradient is multiplied at every layer: a little less than 1, often enough, is nothing."""

    name = "gradient_flow"
    title = "The way back"
    chapter = "How learning flows"
    rows = ("B4", "B5", "Y2", "D2", "S2")
    sign = (
        *(signs.Box((0.08 + 0.14 * k, 0.78 - h), (0.1, h), "up") for k, h in
          enumerate((0.03, 0.07, 0.13, 0.22, 0.38, 0.62))),
        signs.Line([(0.06, 0.8), (0.94, 0.8)], "dim", 1.4),
    )  # fmt: skip
    presets: ClassVar = {
        "vanish": {},
        "explode": {"gain": 3.0, "activation": "tanh"},
        "half for ReLU": {"init": "he", "activation": "relu", "depth": 50},
        "a link around": {"residual": True},
        "normalized": {"norm": "layer", "activation": "relu", "gain": 0.3, "depth": 30},
        "nothing bends": {"init": "orthogonal", "activation": "linear", "gain": 0.9, "depth": 50},
        "a little too much": {"init": "orthogonal", "activation": "linear", "gain": 1.1, "depth": 50},
        "clipped": {"gain": 3.0, "activation": "tanh", "clip": 1.0},
        "while it learns": {"gain": 3.0, "activation": "tanh", "show": "steps"},
    }

    depth = parameters.Integer(20, 2, 100, "layers", "How many layers there are.")
    width = parameters.Integer(128, 8, 256, "width", "Neurons of each layer.", log=True)
    activation = parameters.Choice(
        "sigmoid", signals.ACTIVATIONS, "activation", "Whose numbers are told: click a lane."
    )
    gain = parameters.Number(1.0, 0.1, 10.0, "gain", "A factor on all weights.", log=True)
    init = parameters.Choice("xavier", signals.SCHEMES, "weights", "How they are drawn.")
    residual = parameters.Toggle(False, "link around", "Each layer adds to what it is given.")
    norm = parameters.Choice("none", signals.NORMS, "normalization", "Of what a layer bends.")
    clip = parameters.Number(0.0, 0.0, 10.0, "clip", "The most that all gradients together may be; 0: no limit.")
    show = parameters.Choice("layers", ("layers", "steps"), "show", "Four networks, or one of them while it learns.")
    clock = ll.Clock(14.0)

    # ------------------------------------------------------------------------------------------------ the numbers
    @ll.kept
    def matrices(self) -> list[np.ndarray]:
        """Return the weights of all layers: the same for each activation function."""
        return [self.gain * signals.weights(self.width, k, self.init, self.seed) for k in range(self.depth)]

    @ll.kept
    def flows(self) -> dict[str, signals.Flow]:
        """Return how signal and gradient fare, by activation function."""
        return {kind: signals.flow(self.matrices(), kind, self.residual, self.norm, self.seed) for kind in FRONT}

    @ll.kept
    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradients' lengths (L + 1,) as they are drawn: clipped, if they are."""
        return {kind: signals.clipped(flow.gradient, self.clip) for kind, flow in self.flows().items()}

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the gains of the chosen network's layers, their product, and the lengths."""
        flow = self.flows()[self.activation]
        return {
            "gains": flow.gains,
            "total_gain": flow.total,
            "activation_norms": flow.activation,
            "gradient_norms": self.gradients()[self.activation],
            "totals": {kind: self.flows()[kind].total for kind in signals.ACTIVATIONS},
        } | (dict(zip(("losses", "training_norms"), self.learnt(), strict=True)) if self.show == "steps" else {})

    @ll.refined(levels=(4, STEPS), stale=True)
    def learnt(self, steps: int) -> Generator[object, None, tuple[np.ndarray, np.ndarray]]:
        """Return losses (S + 1,) and gradients' lengths (S + 1, L + 1) of the chosen network while it learns."""
        network = signals.Deep(self.matrices(), self.activation, self.residual, self.norm)
        found = []
        for loss, gains in islice(signals.training(network, RATE, self.clip or np.inf, self.seed), steps + 1):
            found.append((loss, signals.lengths(gains)))
            yield
        return np.array([loss for loss, _ in found]), np.array([length for _, length in found])

    # -------------------------------------------------------------------------------------------- where things stand
    @ll.kept
    def levels(self) -> dict[str, np.ndarray]:
        """Return how many powers of ten signal and gradient are above where they begin (2, L + 1), by lane."""
        pairs = {
            kind: (flow.activation / flow.activation[0], self.gradients()[kind]) for kind, flow in self.flows().items()
        }
        return {kind: signals.decades(pair) for kind, pair in pairs.items()}

    @ll.kept(framing=True)
    def span(self) -> tuple[float, float]:
        """Return the levels of the floor and of the highest bars: the chosen lane is seen wholly, the rest is cut.

        They change in steps, and not while the knob is moved.
        """
        found = signals.decades(self.learnt()[1]) if self.show == "steps" else self.levels()[self.activation]
        return -shapes.in_steps(0.5 - found.min(), 2.0, 1.4), shapes.in_steps(float(found.max()), 1.0, 1.4)

    @ll.kept
    def decade(self) -> float:
        """Return how high a power of ten is in the world."""
        low, high = self.span()
        return min(HIGHEST, TALL / (high - low))

    def height(self, level: float | np.ndarray) -> np.ndarray:
        """Return the z of powers of ten."""
        low, high = self.span()
        return self.decade() * (np.clip(level, low + 0.02 * (high - low), high) - low)

    def along(self, layer: float | np.ndarray) -> np.ndarray:
        """Return the x of a layer, the input being 0."""
        return LENGTH * (np.asarray(layer) / self.depth - 0.5)

    @staticmethod
    def lane(kind: str, which: int = 0) -> float:
        """Return the y of a lane, in the middle of its bars of the signal (0, behind) or of the gradient (1)."""
        return PITCH * (FRONT.index(kind) - (len(FRONT) - 1) / 2) + (0.5 - which) * (THICK + GAP)

    def ways(self, now: ll.Now) -> tuple[float, float]:
        """Return which layer the signal has reached, and which one the gradient on its way back."""
        back = self.depth * (1 - now.eased(*BACK)) if now.share > BACK[0] else self.depth + 1.0
        return now.eased(*THERE) * self.depth, back

    # -------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the bars that signal and gradient have left on their way so far."""
        if self.show == "steps":
            return self.ridges(now)
        drawn: list[layers.Layer] = [*self.scale()]
        moving = (THERE[0] < now.share < THERE[1] + 0.03, BACK[0] < now.share < 1.0)
        for kind in FRONT:
            drawn += [*self.bars(kind, now), *self.names(kind, self.ways(now)[1])]
            drawn += [self.packet(kind, self.ways(now)[which], which) for which in (0, 1) if moving[which]]
        return ll.Frame([*drawn, *self.knob()], self.notes(), self.view(now))

    def bars(self, kind: str, now: ll.Now) -> list[layers.Layer]:
        """Return a lane's bars: blue behind for the signal, orange before it for the gradient."""
        layer, (there, back) = np.arange(self.depth + 1.0), self.ways(now)
        grown, half = (np.clip(there - layer + 1, 0, 1), np.clip(layer - back + 1, 0, 1)), 0.36 * LENGTH / self.depth
        feet, heights, colors, worth = [], [], [], []
        for which, value in enumerate((self.flows()[kind].activation, self.gradients()[kind])):
            seen = np.flatnonzero(grown[which] > 0)
            heights.append(self.height(self.levels()[kind][which][seen]) * grown[which][seen])
            feet.append(np.stack([self.along(layer[seen]), np.full(len(seen), self.lane(kind, which)), 0 * seen], -1))
            colors += len(seen) * [tuple(COLORS.values())[which]]
            worth += [words(f"{('rms', 'length')[which]} ?s", one) for one in value[seen]]
        if not colors:
            return []
        foot, rise, reach = np.concatenate(feet), np.concatenate(heights), np.array([half, THICK / 2, 0.0])
        high = foot + reach + np.outer(rise, (0.0, 0.0, 1.0))
        name, key = NAMES[kind], f"lane.{kind}"
        return [layers.Bars(foot - reach, high, colors, shadow=False, key=key, name=name, worth=worth)]

    def packet(self, kind: str, layer: float, which: int) -> layers.Points:
        """Return the signal (0) or the gradient (1) on its way: as large as it is now."""
        level = float(np.interp(layer, np.arange(self.depth + 1.0), self.levels()[kind][which]))
        at = np.array([[float(self.along(layer)), self.lane(kind, which), float(self.height(level)) + 0.06]])
        size = float(np.clip(9.0 * 10 ** (0.12 * level), 3.0, 22.0))
        color, name = tuple(COLORS.values())[which], ("Signal", "Gradient")[which]
        key = f"packet.{kind}.{which}"
        return layers.Points(at, color, size, "sphere", outline=True, key=key, name=name, passing=True)

    def names(self, kind: str, layer: float) -> list[layers.Layer]:
        """Return a lane's name behind its output, and how long its gradient is by a layer."""
        color, x = "accent" if kind == self.activation else "dim", LENGTH / 2 + 0.18
        drawn: list[layers.Layer] = [layers.Label((x, self.lane(kind, 1), 0.0), NAMES[kind], color, size=18)]
        if layer < self.depth:
            level = np.interp(layer, np.arange(self.depth + 1.0), self.levels()[kind][1])
            high = self.height(np.maximum(level, 0.0))  # lower it would be behind the bars of the next lane
            text, at = words("?", self.gradients()[kind][round(layer)]), (-x - 0.1, self.lane(kind, 1), float(high))
            drawn.append(layers.Label(at, text, color, size=18, side="left", key=f"value.{kind}"))
        return drawn

    def ridges(self, now: ll.Now) -> ll.Frame:
        """Return the lengths of the gradients while the network learns: a ridge for each second step, back to front."""
        losses, length = self.learnt()
        level = self.height(signals.decades(length[::2]))
        last, depth = len(level) - 1, (len(FRONT) - 1) * PITCH + 0.6
        step, pitch = now.staged(last, 0.05, 0.92), depth / max(STEPS // 2, last)
        shown = level[: int(step) + 1] * np.clip(step + 1 - np.arange(int(step) + 1), 0.15, 1)[:, None]
        edges = self.along(np.arange(self.depth + 2.0) - 0.5)
        boxes = np.array(shapes.ridgeline(edges, shown, -pitch, -0.72)) + np.array([0.0, depth / 2, 0.0])
        told = [words("length ?", one) for one in length[::2].ravel()[: shown.size]]
        color = shown.ravel() / max(float(level.max()), 1e-9)
        drawn = [*self.scale(), layers.Bars(boxes.min(axis=0), boxes.max(axis=0), color, "height", shadow=False,
                                            name="Gradient", worth=told, key="ridges")]  # fmt: skip
        for k in sorted({0, int(step)}):
            y, right, left = depth / 2 - (k + 0.4) * pitch, float(edges[-1]) + 0.05, float(edges[0]) - 0.05
            first, z = words("?", length[2 * k, 0]), float(level[k, 0])
            drawn.append(layers.Label((right, y, 0.0), words("step ?n", 2 * k), "text", size=18, side="right"))
            drawn.append(layers.Label((left, y, z), first, "accent", size=18, side="left"))
        loss = words("loss ? after ?n steps", losses[min(2 * int(step), len(losses) - 1)], 2 * int(step))
        series = layers.Series("loss", "accent", np.arange(float(len(losses))), losses)
        chart = layers.Chart("Loss", [series], now=2.0 * step, x_label="step")
        head = layers.Title(f"{NAMES[self.activation]} while it learns", FORMULA, (*self.made(), loss))
        return ll.Frame(drawn, [head, chart], self.view(now))

    @ll.kept
    def scale(self) -> list[layers.Layer]:
        """Return the levels of some powers of ten behind the lanes, and the floor on which nothing has changed."""
        low, high = self.span()
        step = next(step for step in (1, 2, 3, 5, 10, 20, 60) if step * self.decade() >= 0.28)
        y, x = self.lane(FRONT[-1]) + 0.25, LENGTH / 2 + 0.1
        marks = [k for k in range(-60, 61, step) if low <= k <= high]
        walls = [np.array([(-x, y, z), (x, y, z)]) for z in self.height(np.array(marks, float))]
        one, fronts = float(self.height(0.0)), [self.lane(kind, 1) - THICK / 2 - 0.01 for kind in FRONT]
        ones = [np.array([(-x, at, one), (x, at, one)]) for at in fronts] if self.show == "layers" else []
        floor = np.array([[(-x, -y, 0.0), (x, -y, 0.0)], [(-x, y, 0.0), (x, y, 0.0)]])
        ends = [(float(self.along(layer)), -y - 0.02, 0.0) for layer in (0, self.depth)]
        names = [(float(self.height(k)), f"10^{{{k}}}" if k else "1", f"scale.{k}") for k in marks]
        return [
            layers.Lines(walls, ["text" if k == 0 else "hair" for k in marks], 1.2, pickable=False),
            layers.Sheet(floor, fill=0.14, color="grid", every=(0, 0), pickable=False),
            layers.Lines(ones, "text", 1.2, 0.5, dash=(10.0, 5.0), pickable=False),
            *(layers.Label((x + 0.04, y, z), text, "dim", latex=True, size=17, key=key) for z, text, key in names),
            *layers.Label.each(ends, ("inputs", words("layer ?n", self.depth)), size=15, side="below"),
        ]

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of the lanes."""
        top = float(self.height(self.span()[1])) + (0.6 if self.show == "steps" else 0.1)  # below the title
        x, y = LENGTH / 2 + 0.45, self.lane(FRONT[-1]) + 0.3
        return shapes.box((-x, -y, 0.0), (x, y, top))

    def view(self, now: ll.Now) -> ll.View:
        """Return a view that goes along with the gradient a little."""
        return ll.View(-70.0, 33.0, bounds=self.bounds(), turned=(-9.0 * now.eased(*BACK), 0.0))

    # ---------------------------------------------------------------------------------------------------- the notes
    def made(self) -> tuple[str, ...]:
        """Say what the networks are made of."""
        times = words("? times ", self.gain) if self.gain != 1.0 else ""
        lines = [words("?n layers of ?n", self.depth, self.width), times + WEIGHTS[self.init]]
        lines += ["a link around each"] * self.residual + [f"{self.norm} normalization"] * (self.norm != "none")
        return (*lines, words("gradients clipped to length ?", self.clip)) if self.clip else tuple(lines)

    @ll.kept
    def notes(self) -> list[layers.Note]:
        """Return what the networks are, and the gradients by layer."""
        layer, lanes = np.arange(self.depth + 1.0), ("lane.1", "lane.4", "lane.3", "lane.0")
        series = [layers.Series(NAMES[one], color, layer, 10.0 ** self.levels()[one][1])
                  for one, color in zip(FRONT, lanes, strict=True)]  # fmt: skip
        legend = layers.Legend([layers.Row(COLORS[one], text) for one, text in ROWS.items()])
        chart = layers.Chart("Length of the gradient", series, log_y=True, x_label="layer")
        return [layers.Title(self.title, FORMULA, self.made()), legend, chart]

    # -------------------------------------------------------------------------------------------------- what it takes
    def knob_at(self) -> np.ndarray:
        """Return where the knob stands: on the chosen lane's gradient by the inputs."""
        level = float(self.height(self.levels()[self.activation][1][0]))
        return np.array([float(self.along(0)), self.lane(self.activation, 1), level + KNOB])

    def knob(self) -> list[layers.Layer]:
        """Return the knob."""
        return [layers.Points(self.knob_at()[None], "accent", 7.0, "sphere", outline=True, group="handles", key="knob",
                              name="Drag: the gain follows")]  # fmt: skip

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the knob that changes the gain."""
        knob = ll.Handle("gain", self.knob_at(), GradientFlow.pull, free=True, along=UP)
        return [] if self.show == "steps" else [knob]

    def pull(self, place: Sequence[float]) -> None:
        """Take the gain with which the gradient would reach a height, if all layers were linear."""
        wanted = self.span()[0] + (place[2] - KNOB) / self.decade()
        decades = (wanted - self.levels()[self.activation][1][0]) / self.depth
        self.set("gain", float(np.clip(float(f"{self.gain * 10**decades:.4g}"), 0.1, 10.0)))

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Tell the numbers of the lane that is clicked."""
        kind, _, lane = layer.key.partition(".")
        if kind == "lane":
            self.set("activation", lane)
        return kind == "lane"
