"""What becomes of a gradient on its way back through many layers: four networks side by side."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import islice
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, words
from lossland.models import signals

LENGTH, PITCH = 3.6, 0.72  # of a lane, and from one lane to the next, in the world
TALL, HIGHEST = 0.95, 0.16  # of all the bars, and of one decade at most
THICK = 0.2  # of a bar, across the lane
COLORS = {"activation": "optimizer.momentum", "gradient": "up"}  # forward and backward
NAMES = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "linear": "linear"}
FRONT = ("sigmoid", "tanh", "relu", "linear")  # lanes from the front to the back
THERE, BACK = (0.04, 0.3), (0.36, 0.9)  # shares of the scene: the way of the signal, and of the gradient
STEPS, RATE = 40, 1.0  # of the descent
LEAST = 1e-30  # what is smaller is as short
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
    def flows(self) -> dict[str, signals.Flow]:
        """Return how signal and gradient fare, for each activation function, with the same weights."""
        matrices = [self.gain * signals.weights(self.width, k, self.init, self.seed) for k in range(self.depth)]
        return {kind: signals.flow(matrices, kind, self.residual, self.norm, self.seed) for kind in signals.ACTIVATIONS}

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
            "totals": {kind: one.total for kind, one in self.flows().items()},
        } | (dict(zip(("losses", "training_norms"), self.learnt(), strict=True)) if self.show == "steps" else {})

    @ll.refined(levels=(4, STEPS), stale=True)
    def learnt(self, steps: int) -> Generator[object, None, tuple[np.ndarray, np.ndarray]]:
        """Return losses (S + 1,) and gradients' lengths (S + 1, L + 1) of the chosen network while it learns."""
        matrices = [self.gain * signals.weights(self.width, k, self.init, self.seed) for k in range(self.depth)]
        network = signals.Deep(matrices, self.activation, self.residual, self.norm)
        found = []
        for loss, gains in islice(signals.training(network, RATE, self.clip or np.inf, self.seed), steps + 1):
            found.append((loss, signals.lengths(gains)))
            yield
        return np.array([loss for loss, _ in found]), np.array([length for _, length in found])

    # -------------------------------------------------------------------------------------------- where things stand
    @ll.kept
    def levels(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return how many powers of ten signal and gradient are above where they begin, each (L + 1,), by lane."""
        found = {}
        for kind, flow in self.flows().items():
            pair = np.stack([flow.activation / flow.activation[0], self.gradients()[kind]])
            signal, gradient = np.log10(np.clip(pair, LEAST, 1 / LEAST))
            found[kind] = (signal, gradient)
        return found

    @ll.kept(framing=True)
    def span(self) -> tuple[float, float]:
        """Return the levels of the floor and of the highest bars: the chosen lane is seen wholly, the rest is cut.

        They change in steps, and not while the knob is moved.
        """
        found = np.concatenate(self.levels()[self.activation])
        if self.show == "steps":
            found = np.log10(np.clip(self.learnt()[1], LEAST, 1 / LEAST)).ravel()
        return -shapes.in_steps(0.5 - found.min(), 2.0, 1.4), shapes.in_steps(float(found.max()), 1.0, 1.4)

    @ll.kept
    def decade(self) -> float:
        """Return how high a power of ten is in the world."""
        low, high = self.span()
        return min(HIGHEST, TALL / (high - low))

    def height(self, level: Any) -> Any:
        """Return the z of powers of ten."""
        low, high = self.span()
        return self.decade() * (np.clip(level, low + 0.02 * (high - low), high) - low)

    def along(self, layer: float | np.ndarray) -> Any:
        """Return the x of a layer, the input being 0."""
        return LENGTH * (np.asarray(layer) / self.depth - 0.5)

    @staticmethod
    def lane(kind: str) -> float:
        """Return the y of a lane's middle."""
        return PITCH * (FRONT.index(kind) - (len(FRONT) - 1) / 2)

    # -------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the bars that signal and gradient have left on their way so far."""
        if self.show == "steps":
            return self.ridges(now)
        there, back = now.eased(*THERE) * self.depth, self.depth * (1 - now.eased(*BACK))
        drawn: list[layers.Layer] = [*self.scale()]
        for kind in signals.ACTIVATIONS:
            drawn += self.bars(kind, there, back if now.share > BACK[0] else self.depth + 1.0)
        if THERE[0] < now.share < THERE[1] + 0.03:
            drawn += [self.packet(kind, there, 0) for kind in signals.ACTIVATIONS]
        if BACK[0] < now.share < 1.0:
            drawn += [self.packet(kind, back, 1) for kind in signals.ACTIVATIONS]
        told = back if now.share > BACK[0] else self.depth
        for kind in signals.ACTIVATIONS:
            drawn += self.names(kind, told)
        return ll.Frame([*drawn, *self.knob()], self.notes(), self.view(now))

    def ridges(self, now: ll.Now) -> ll.Frame:
        """Return the lengths of the gradients while the network learns: a ridge for each second step, back to front."""
        losses, length = self.learnt()
        level = self.height(np.log10(np.clip(length[::2], LEAST, 1 / LEAST)))
        last, depth = len(level) - 1, (self.lane(FRONT[-1]) - self.lane(FRONT[0]) + 0.6)
        step = now.eased(0.05, 0.92) * last
        shown = level[: int(step) + 1] * np.clip(step + 1 - np.arange(int(step) + 1), 0.15, 1)[:, None]
        edges = self.along(np.arange(self.depth + 2.0) - 0.5)
        pitch = depth / max(STEPS // 2, last)
        low, high = shapes.ridgeline(edges, shown, -pitch, -0.72)
        low, high = np.minimum(low, high), np.maximum(low, high)
        move = np.array([0.0, depth / 2, 0.0])
        color = shown.ravel() / max(float(level.max()), 1e-9)
        told = [words("length ?", one) for one in length[::2].ravel()[: len(color)]]
        bars = layers.Bars(
            low + move, high + move, color, "height", name="Gradient", worth=told, key="ridges", shadow=False
        )
        names: list[layers.Layer] = []
        for k in sorted({0, int(step)}):
            y, z = depth / 2 - (k + 0.4) * pitch, float(level[k, 0])
            name, value = words("step ?n", 2 * k), words("?", length[2 * k, 0])
            names.append(layers.Label((float(edges[-1]) + 0.05, y, 0.0), name, "text", size=18, side="right"))
            names.append(layers.Label((float(edges[0]) - 0.05, y, z), value, "accent", size=18, side="left"))
        title, _, *_ = self.notes()
        loss = words("loss ? after ?n steps", losses[min(2 * int(step), len(losses) - 1)], 2 * int(step))
        assert isinstance(title, layers.Title)
        series = layers.Series("loss", "accent", np.arange(float(len(losses))), losses)
        chart = layers.Chart("Loss", [series], now=2.0 * step, x_label="step")
        head = layers.Title(f"{NAMES[self.activation]} while it learns", title.latex, (*title.lines, loss))
        return ll.Frame([*self.scale(), bars, *names], [head, chart], self.view(now))

    def bars(self, kind: str, there: float, back: float) -> list[layers.Layer]:
        """Return a lane's bars: blue behind for the signal, orange before it for the gradient."""
        layer = np.arange(self.depth + 1.0)
        grown = np.clip(there - layer + 1, 0, 1), np.clip(layer - back + 1, 0, 1)
        low, high, colors, worth = [], [], [], []
        half = 0.36 * LENGTH / self.depth
        flow = self.flows()[kind]
        both = (flow.activation, self.gradients()[kind])
        for which, (level, share) in enumerate(zip(self.levels()[kind], grown, strict=True)):
            seen = np.flatnonzero(share > 0)
            x, z = self.along(layer[seen]), self.height(level[seen]) * share[seen]
            y = self.lane(kind) + (0.05 if which == 0 else -0.05 - THICK) + 0 * x
            low.append(np.stack([x - half, y, 0 * z], -1))
            high.append(np.stack([x + half, y + THICK, z], -1))
            colors += [tuple(COLORS.values())[which]] * len(seen)
            worth += [words(("rms" if which == 0 else "length") + " ?s", v) for v in both[which][seen]]
        if not colors:
            return []
        look: dict[str, Any] = {"key": f"lane.{kind}", "name": NAMES[kind], "worth": worth, "shadow": False}
        return [layers.Bars(np.concatenate(low), np.concatenate(high), colors, **look)]

    def packet(self, kind: str, layer: float, which: int) -> layers.Points:
        """Return the signal (0) or the gradient (1) on its way: as large as it is now."""
        level = float(np.interp(layer, np.arange(self.depth + 1.0), self.levels()[kind][which]))
        y = self.lane(kind) + (0.05 + THICK / 2 if which == 0 else -0.05 - THICK / 2)
        at = np.array([[float(self.along(layer)), y, float(self.height(level)) + 0.06]])
        size = float(np.clip(9.0 * 10 ** (0.12 * level), 3.0, 22.0))
        color, name = tuple(COLORS.values())[which], ("Signal", "Gradient")[which]
        return layers.Points(at, color, size, "sphere", outline=True, key=f"packet.{kind}.{which}", name=name)

    def names(self, kind: str, layer: float) -> list[layers.Layer]:
        """Return a lane's name behind its output, and how long its gradient is by a layer."""
        gradient, y = self.gradients()[kind], self.lane(kind)
        value = gradient[int(np.clip(round(layer), 0, self.depth))]
        color = "accent" if kind == self.activation else "dim"
        high = np.interp(layer, np.arange(self.depth + 1.0), self.levels()[kind][1])
        end = (float(self.along(-0.6)) - 0.12, y - 0.05 - THICK / 2, float(self.height(high)))
        name = layers.Label(
            (float(self.along(self.depth * 1.03 + 0.6)), y, 0.0), NAMES[kind], color, size=18, side="right"
        )
        told = layers.Label(end, words("?", value), color, size=18, side="left", key=f"value.{kind}")
        return [name, told] if layer < self.depth else [name]

    @ll.kept
    def scale(self) -> list[layers.Layer]:
        """Return the levels of some powers of ten behind the lanes, and the floor on which nothing has changed."""
        low, high = self.span()
        step = next(step for step in (1, 2, 3, 5, 10, 20) if (high - low) / step <= 4)
        y, x = self.lane(FRONT[-1]) + 0.4, LENGTH / 2 + 0.1
        marks = [k for k in range(-60, 61, step) if low <= k <= high]
        walls = [np.array([(-x, y, z), (x, y, z)]) for z in self.height(np.array(marks, float))]
        floor = np.array([[(-x, -y, 0.0), (x, -y, 0.0)], [(-x, y, 0.0), (x, y, 0.0)]])
        ones = [
            np.array([(-x, self.lane(kind) - 0.06 - THICK, z), (x, self.lane(kind) - 0.06 - THICK, z)])
            for kind, z in zip(FRONT, np.repeat(self.height(0.0), len(FRONT)), strict=True)
        ]
        ones = ones if self.show == "layers" else []
        return [
            layers.Lines(walls, ["text" if k == 0 else "hair" for k in marks], 1.2, pickable=False),
            layers.Sheet(floor, fill=0.14, color="grid", every=(0, 0), pickable=False),
            layers.Lines(ones, "text", 1.2, 0.5, dash=(10.0, 5.0), pickable=False),
            *(
                layers.Label((x + 0.04, y, float(self.height(k))), f"10^{{{k}}}" if k else "1", "dim", latex=True,
                             size=17, side="right", key=f"scale.{k}")
                for k in marks
            ),
        ]  # fmt: skip

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of the lanes."""
        top = float(self.height(self.span()[1])) + (0.6 if self.show == "steps" else 0.1)  # below the title
        x, y = (-LENGTH / 2 - 0.45, LENGTH / 2 + 0.45), (self.lane(FRONT[0]) - 0.4, self.lane(FRONT[-1]) + 0.45)
        return np.array([(a, b, c) for a in x for b in y for c in (0.0, top)])

    def view(self, now: ll.Now) -> ll.View:
        """Return a view that goes along with the gradient a little."""
        return ll.View(-70.0, 27.0, bounds=self.bounds(), turned=(-9.0 * now.eased(*BACK), 0.0))

    # ---------------------------------------------------------------------------------------------------- the notes
    @ll.kept
    def notes(self) -> list[layers.Note]:
        """Return what the networks are, and the gradients by layer."""
        kind = {"xavier": "variance 1/n", "he": "variance 2/n", "orthogonal": "orthonormal"}[self.init]
        more = ["a link around each"] * self.residual + [f"{self.norm} normalization"] * (self.norm != "none")
        lines = (words("?n layers of ?n, weights of ", self.depth, self.width) + kind + words(" times ?", self.gain),
                 *more)  # fmt: skip
        layer = np.arange(self.depth + 1.0)
        series = [layers.Series(NAMES[one], color, layer, np.clip(self.gradients()[one], LEAST, 1 / LEAST))
                  for one, color in zip(FRONT, ("lane.1", "lane.4", "lane.3", "lane.0"), strict=True)]  # fmt: skip
        formula = r"\|\delta_0\| = g_1 g_2 \cdots g_L \, \|\delta_L\|"
        rows = [
            layers.Row(COLORS["activation"], "activation, forward"),
            layers.Row(COLORS["gradient"], "gradient, back"),
        ]
        chart = layers.Chart("Length of the gradient", series, log_y=True, x_label="layer")
        return [layers.Title(self.title, formula, lines), layers.Legend(rows), chart]

    # -------------------------------------------------------------------------------------------------- what it takes
    def knob_at(self) -> np.ndarray:
        """Return where the knob stands: on the chosen lane's gradient by the inputs."""
        level = float(self.height(self.levels()[self.activation][1][0]))
        return np.array([float(self.along(0)), self.lane(self.activation) - 0.05 - THICK / 2, level + KNOB])

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
        if kind != "lane":
            return False
        self.set("activation", lane)
        return True
