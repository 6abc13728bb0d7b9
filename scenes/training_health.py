"""Four gauges of a training: the numbers of each layer while it learns, and the lamp that tells what is wrong."""

from __future__ import annotations

from collections.abc import Generator
from math import isnan, log10
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, words
from lossland.models import health

SPAN, DEPTH, TALL = 4.6, 2.4, 0.7  # of all blocks along x, of the time along y, of a bar with all units in it
GAP = 0.22  # between blocks, as a share of one
KEPT, EVERY = 21, 4  # looks at a training, and the steps from one to the next
FRONT, ROW = -DEPTH / 2 - 0.32, 0.44  # y of the first row of lamps, and from row to row
COLUMNS = 32  # of the field of units
AT = health.LIMITS  # from where on lamps light
FORMULA = r"h_{l+1} = \varphi(W_l\, n(h_l))"
COLORS = {"activation": "optimizer.momentum", "gradient": "eigen2", "weight": "down"}
LAMPS: dict[str, dict[str, Any]] = {  # a lamp that is lit, one that lit later because of it, and one that is not lit
    "lit": {"color": "bad", "size": 9.5}, "after": {"color": "area", "size": 7.5, "style": "ring"},
    "off": {"color": "faint", "size": 5.0},
}  # fmt: skip
NAMES = {"saturated": "Saturated", "dead": "Dead units", "update": "Update / weight", "spread": "Spread / first layer"}


class TrainingHealth(ll.RunScene):
    """Something is wrong long before the loss tells, and each fault has a gauge of its own."""

    name = "training_health"
    title = "Four gauges"
    chapter = "How learning flows"
    rows = ("D1", "D2", "D3", "Y2", "B4", "S8")
    sign = (
        *(signs.Line([(0.08 + 0.042 * k, y - 0.2 * np.exp(-(((k - 10) / w) ** 2))) for k in range(21)],
                     "optimizer.momentum", 1.5) for y, w in ((0.34, 6.0), (0.5, 4.5), (0.66, 3.0))),
        *(signs.Dot((0.2 + 0.2 * k, 0.86), 2.6, "bad" if k == 2 else "dim") for k in range(4)),
    )  # fmt: skip
    presets: ClassVar = {
        "healthy": {},
        "bad start": {"fault": "init"},
        "too fast": {"fault": "rate"},
        "dead units": {"fault": "relu"},
        "no normalization": {"fault": "norm"},
        "gradients, ten deep": {"fault": "norm", "depth": 10, "show": "gradient"},
        "one layer": {"fault": "init", "layer": 3, "unit": 40},
    }

    fault = parameters.Choice("none", ("none", *health.FAULTS), "fault", "What is broken: weights, ReLUs, rate, norm.")
    depth = parameters.Integer(5, 2, 12, "layers", "Hidden layers, of 128 units each.")
    gain = parameters.Number(0.577, 0.1, 10.0, "gain", "Deviation of weights times √n; PyTorch: 0.577.", log=True)
    layer = parameters.Integer(
        0, 0, 64, "layer", "The layer that is opened: click it. 0: all layers.",
        most=lambda scene: len(scene.seen().layers) if scene.run else scene.depth,
    )  # fmt: skip
    unit = parameters.Integer(0, 0, 1_000_000, "unit", "The unit of it that is told: click it.", hidden=True)
    show = parameters.Choice("activation", health.KINDS, "show", "Whose histograms stand in all layers.")
    saturation_limit = parameters.Number(AT["saturated"], 0.01, 1.0, "saturated from", "Share that lights its lamp.")
    dead_limit = parameters.Number(AT["dead"], 0.01, 1.0, "dead from", "Share of the units that lights its lamp.")
    update_limit = parameters.Number(AT["update"], 0.5, 5.0, "update from", "Powers of ten off 10⁻³ that light it.")
    spread_limit = parameters.Number(10 ** AT["spread"], 1.2, 100.0, "spread from", "Times that light it.", log=True)
    run = parameters.Text("", None, "run", "A run that you recorded, a file or folder, instead.")
    clock = ll.Clock(14.0)

    def has_control(self, name: str) -> bool:
        """Hide what has no effect: a gauge that the training does not have, and histograms where there is no choice."""
        if name in ("saturation_limit", "dead_limit") and not self.run:
            return (name == "dead_limit") == (self.fault == "relu")
        return name != "show" or not (self.layer or (self.run and len(self.seen().kinds) < 2))

    def while_empty(self, name: str) -> str:
        """Return what is shown where no recorded run is named."""
        return "digits, learnt here" if name == "run" else ""

    def changed(self, name: str) -> None:
        """Leave the recorded run when a training of here is asked for; read one that is named."""
        if name in ("fault", "depth", "gain"):
            self.values["run"] = ""
        elif name == "run":
            self.reread()
            self.seen()

    # ------------------------------------------------------------------------------------------------ the training
    @ll.kept
    def seen(self) -> health.Health:
        """Return what is seen of the recorded run, of a folder's first one, or of the training."""
        recorded = self.runs(self.run)
        return health.recorded(recorded[0]) if recorded else self.trained()

    @ll.refined(levels=tuple(range(2, KEPT + 1)), stale=True)
    def trained(self, count: int) -> Generator[object, None, health.Health]:
        """Return what is seen of the training, look by look."""
        training = health.training(self.fault, self.depth, self.gain, self.seed, EVERY)
        yield from training.upto(count)
        return training.seen(count)

    @ll.kept
    def limits(self) -> dict[str, float]:
        """Return from where on the lamps light."""
        return {"saturated": self.saturation_limit, "dead": self.dead_limit, "update": self.update_limit,
                "spread": log10(self.spread_limit)}  # fmt: skip

    def index(self, now: ll.Now) -> int:
        """Return the last look, as an index."""
        count = len(self.seen().steps)
        return min(int(((count if self.run else KEPT) - 1) * now.eased(0.0, 0.94) + 1e-9), count - 1)

    @ll.kept(most=3)
    def rung(self, k: int) -> dict[str, int]:
        """Return which lamps have lit until a look, and when."""
        return {gauge: at for gauge, at in self.seen().alarms(self.limits()).items() if at <= k}

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the gauges of each layer at this moment, which lamp is lit, and which lit after it."""
        seen, k = self.seen(), self.index(now)
        lit = health.lit(self.rung(k))
        return {
            "step": int(seen.steps[k]), "loss": float(seen.loss[k]), "sigma": seen.sigma[k],
            "saturated": seen.saturated[k], "dead": seen.dead[k], "update_ratio": seen.update[k],
            "spread": seen.spread[k], "lamps": lit, "after": [gauge for gauge in self.rung(k) if gauge not in lit],
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------ the histograms
    def opened(self) -> int | None:
        """Return which layer is opened, as an index; None for all."""
        return min(self.layer, len(self.seen().layers)) - 1 if self.layer else None

    @ll.kept
    def blocks(self) -> list[tuple[str, int]]:
        """Return what stands in the blocks from left to right: which histogram, of which layer."""
        one = self.opened()
        if one is not None:
            return [(kind, one) for kind in health.KINDS if self.seen().has(kind)[one]] or [(self.show, one)]
        kind = self.show if self.show in self.seen().kinds else (*self.seen().kinds, self.show)[0]
        return [(kind, k) for k in range(len(self.seen().layers))]

    @ll.kept
    def filled(self) -> list[int]:
        """Return the blocks that have histograms, as indices."""
        return [block for block, (kind, layer) in enumerate(self.blocks()) if self.seen().has(kind)[layer]]

    def place(self, block: int) -> tuple[float, float]:
        """Return from where to where along x a block goes."""
        pitch = SPAN / max(len(self.blocks()), 4)
        left = pitch * (block - len(self.blocks()) / 2)
        return left + GAP / 2 * pitch, left + (1 - GAP / 2) * pitch

    @ll.kept
    def looks(self) -> np.ndarray:
        """Return the looks that have a ridge, as indices: of many only some."""
        count = len(self.seen().steps)
        return np.unique(np.linspace(0, count - 1, min(count, KEPT)).round().astype(int))

    @ll.kept(most=3)
    def ridges(self, k: int) -> list[layers.Layer]:
        """Return the histograms until a look, the first at the back, where there are any."""
        if not self.filled():
            return []
        low, high, colors, told = [], [], [], []
        rows, pitch = self.looks()[self.looks() <= k], DEPTH / (len(self.looks()) if self.run else KEPT)
        for block in self.filled():
            kind, layer = self.blocks()[block]
            edges, counts = self.seen().ridges[kind]
            counts = counts[rows, layer]
            mass = np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
            height = TALL * np.sqrt(counts / mass)  # so that few are seen beside many
            bars = shapes.ridgeline(np.interp(edges, edges[[0, -1]], self.place(block)), height, -pitch, 0.0)
            back = np.array([0.0, DEPTH / 2 - pitch, 0.0])
            low.append(bars.low + back)
            high.append(bars.high + back + np.array([0.0, 0.4 * pitch, 0.0]))
            flat = (np.abs(edges[:-1] + edges[1:]) / 2 > health.FLAT - 0.01) & (kind == "activation") & (edges[0] < 0)
            colors += ["bad" if bad else COLORS[kind] for bad in np.tile(flat, len(rows))]
            told += [words("?.1 %", share) for share in (100 * counts / mass).ravel()]
        corners = np.concatenate(low), np.concatenate(high)
        return [layers.Bars(*corners, colors, name="Share", worth=told, key="ridges", shadow=False)]

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the histograms so far, and the lamps or units before them."""
        k = self.index(now)
        front = self.panel(k) if self.opened() is None else self.units(k)
        view = ll.View(-84.0, 40.0, bounds=self.bounds(), turned=(5.0 - 5.0 * now.eased(), 0.0))
        return ll.Frame([self.floor(), *self.ridges(k), *self.names(), *front], self.notes(k), view)

    @ll.kept
    def floor(self) -> layers.Layer:
        """Return what the blocks stand on."""
        sides = [shapes.rectangle(self.place(k), (-DEPTH / 2, DEPTH / 2)) for k in range(len(self.blocks()))]
        return layers.Lines([np.vstack([one, one[:1]]) for one in sides], "hair", 1.4, pickable=False, key="floor")

    @ll.kept
    def names(self) -> list[layers.Layer]:
        """Return the names of the blocks, behind them: of many the first and the last."""
        found, many = [], len(self.blocks())
        for block in range(many) if many <= 5 else (0, many - 1):
            kind, layer = self.blocks()[block]
            low, high = self.seen().ridges[kind].edges[[0, -1]]
            reach = words("1e?n to 1", low) if kind == "gradient" else words("? to ?", low, high)
            name = (self.seen().layers[layer], "") if self.opened() is None else (kind, reach)
            at = (sum(self.place(block)) / 2, DEPTH / 2, (0.65 if self.opened() is None else 0.8) * TALL)
            found.append(layers.Label(at, name[0], "text", name[1], size=17, side="above", key=f"name {block}"))
        return found

    # ------------------------------------------------------------------------------------------------ lamps, units
    def told(self, gauge: str, k: int, layer: int) -> str:
        """Return what a gauge says of a layer."""
        value = float(self.seen().amount(gauge)[k, layer])
        return "–" if isnan(value) else words("× ?", value) if gauge == "spread" else words("? %", 100 * value)

    @ll.kept(most=3)
    def panel(self, k: int) -> list[layers.Layer]:
        """Return the lamps of all layers at a look, a row for each gauge, with what it says of the worst layer."""
        drawn: list[layers.Layer] = []
        x = np.array([sum(self.place(block)) / 2 for block in range(len(self.blocks()))])
        for row, (gauge, states) in enumerate(self.seen().lamps(k, self.limits()).items()):
            y = FRONT - ROW * row
            for state, look in LAMPS.items():
                own = np.flatnonzero(states == state)
                if len(own):
                    at = np.stack([x[own], 0 * x[own] + y, 0 * x[own] + 0.04], -1)
                    told = {"number": own, "worth": [self.told(gauge, k, layer) for layer in own.tolist()]}
                    told |= {"name": NAMES[gauge], "key": f"lamp {gauge} {state}"}
                    drawn.append(layers.Points(at, **{"style": "sphere", "outline": True} | look | told))
            name = f"{gauge}  {self.told(gauge, k, self.seen().worst(gauge, k))}"
            color = "text" if {"lit", "after"} & set(states) else "dim"
            place = (self.place(0)[0] - 0.1, y, 0.04)
            drawn.append(layers.Label(place, name, color, size=15, side="left", key=f"gauge {gauge}"))
        return drawn

    @ll.kept(most=3)
    def units(self, k: int) -> list[layers.Layer]:
        """Return the units of the opened layer: each as high as the share of the samples for which it is flat."""
        seen, layer = self.seen(), self.opened()
        if seen.units is None or layer is None:
            return []
        share = seen.units[k, layer]
        left, right = self.place(0)[0], self.place(len(self.blocks()) - 1)[1]
        rows, cell = -(-len(share) // COLUMNS), (right - left) / COLUMNS
        field = np.resize(0.02 + 0.25 * share, (rows, COLUMNS))
        middle = np.array([(left + right) / 2, FRONT - 0.2 - rows * cell / 2, 0.0])
        low, high = (side[: len(share)] + middle for side in shapes.skyline(field, right - left, 0.2))
        colors = np.where(share >= self.needs(k, layer), "bad", "grid").astype("U16")
        colors[self.unit % len(share)] = "text"
        told = [words("flat for ?n % of the samples", 100 * one) for one in share]
        return [
            layers.Bars(low, high, colors.tolist(), name="Unit", worth=told, key="units", shadow=False),
            layers.Label((left - 0.1, middle[1], 0.0), words("?n units", len(share)), "dim", size=16, side="left"),
        ]

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Open the layer that is clicked, or tell the unit; a click on the histograms of one shows all layers again."""
        if layer.key == "units":
            self.set("unit", element)
        elif layer.key == "ridges":
            each = len(layer.worth if layer.worth is not None else ()) // len(self.filled())
            self.set("layer", 0 if self.layer else self.filled()[element // each] + 1)
        elif layer.key.startswith("lamp"):
            self.set("layer", element + 1)
        else:
            return False
        return True

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of all that is seen."""
        left, right = self.place(0)[0], self.place(len(self.blocks()) - 1)[1]
        room, deep = (1.2, 3.5 * ROW) if self.opened() is None else (0.7, 0.9)  # of lamps, or units, and their names
        before = shapes.box((left - room, FRONT - deep, 0.0), (right + 0.1, FRONT, 0.0))
        top = TALL + (0.6 if self.missing() else 0.0)  # below a caution
        return np.vstack([shapes.box((left, FRONT, 0.0), (right, DEPTH / 2, top)), before])

    # ---------------------------------------------------------------------------------------------------- the notes
    @ll.kept(most=3)
    def notes(self, k: int) -> list[layers.Note]:
        """Return what is wrong, as a number and in words, and how the loss goes."""
        seen, lit, layer = self.seen(), health.lit(self.rung(k)), self.opened()
        lines = [words("Step ?n, loss ?", seen.steps[k], seen.loss[k])]
        if layer is not None and seen.units is not None:
            unit = self.unit % seen.units.shape[2]
            share = 100 * seen.units[k, layer, unit]
            lines.append(words("Unit ?n of ? is flat for ?n % of the samples", unit + 1, seen.layers[layer], share))
        called = {"lit": "went wrong first", "after": "ring: went wrong later", "off": "fine"}
        rows = [layers.Row(LAMPS[state]["color"], name) for state, name in called.items()]
        if layer is not None:
            share = "all samples" if self.needs(k, layer) == 1.0 else "half or more of the samples"
            kinds = {"bad": f"flat for {share}", "grid": "flat for fewer", "text": "the unit that is read"}
            rows = [layers.Row(*kind) for kind in kinds.items()] if seen.units is not None else []
        curve = layers.Series("loss", "accent", seen.steps.astype(float), seen.loss)
        chart = layers.Chart("Loss", [curve], now=float(seen.steps[k]), x_label="step")
        formula, meaning = self.formulas[health.GAUGES.index(lit[0])] if lit else (FORMULA, "")
        title = layers.Title(self.title, formula, [meaning, *lines] if lit else lines)
        legend = [layers.Legend(rows)] if rows else []
        return [title, *self.missing(), self.meter(lit[0] if lit else "", k), *legend, chart]

    def missing(self) -> list[layers.Note]:
        """Return that a run has none of the chosen histograms, and which ones are seen instead."""
        (kind, _), *_ = self.blocks()
        if self.opened() is not None or kind == self.show:
            return []
        return [layers.Caution(f"This run has no {self.show}s: its {kind}s are shown.")]

    def needs(self, k: int, layer: int) -> float:
        """Return for which share of the samples a unit must be flat to be orange: all, if it is a ReLU."""
        return 1.0 if isnan(self.seen().saturated[k, layer]) else 0.5

    def meter(self, gauge: str, k: int) -> layers.Note:
        """Return what went wrong as a large number, as it was when the lamp lit; while nothing has, the loss."""
        seen = self.seen()
        if not gauge:
            loss, most = float(seen.loss[k]), float(np.nan_to_num(seen.loss, posinf=0.0).max())
            return layers.Meter("No lamp is lit: loss", "", loss, "good", 0.0, most, words("?", loss))
        k = self.rung(k)[gauge]
        opened = self.opened()
        layer = seen.worst(gauge, k) if opened is None else opened
        amount = float(seen.amount(gauge)[k, layer])
        name, scale, value = NAMES[gauge], (0.0, 100.0), 100 * amount
        if gauge == "spread":
            name, scale, value = "Spread as a power of ten", (-2.0, 2.0), log10(amount)
        heading = words("?, ?, step ?n", name, seen.layers[layer], seen.steps[k])
        color = "bad" if seen.lamps(k, self.limits())[gauge][layer] == "lit" else "good"
        return layers.Meter(heading, "", value, color, *scale, self.told(gauge, k, layer))
