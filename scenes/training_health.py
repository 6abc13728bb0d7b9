"""Four gauges of a training: what each layer's numbers look like while it learns, and the lamp that tells what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import isnan, log10
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, words
from lossland.models import health

SPAN, DEPTH, TALL = 5.4, 2.2, 0.75  # of all blocks along x, of the time along y, of the highest bar
GAP = 0.22  # between blocks, as a share of one
KEPT, EVERY = 25, 4  # moments of a training, and the steps between them
FRONT, ROW = -DEPTH / 2 - 0.3, 0.32  # y of the first row of lamps, and from row to row
COLUMNS = 32  # of the field of units
COLORS = {"activation": "optimizer.momentum", "gradient": "eigen2", "weight": "down"}
LAMPS = {"off": "faint", "after": "area", "lit": "bad"}
NAMES = {"saturated": "saturated", "dead": "dead units", "update": "update / weight", "spread": "spread / first layer"}
FORMULAS = {
    "": r"h_{l+1} = \varphi(W_l\, n(h_l))",
    "saturated": r"|\tanh z| > 0.97",
    "dead": r"\max(0, z) = 0",
    "update": r"\log_{10} \|\Delta w\| / \|w\|",
    "spread": r"\sigma_l / \sigma_1",
}
FAULTS = ("none", *health.FAULTS)


class Training:
    """A training that goes on as far as it is asked about."""

    def __init__(self, fault: str, depth: int, gain: float, seed: int) -> None:
        self.seen: list[health.Health] = []
        self.more: Iterator[health.Health] = health.watched(health.setup(fault, depth, gain, seed), EVERY, seed=seed)

    def advance(self) -> None:
        """Train to the next moment."""
        self.seen.append(next(self.more))


training = lru_cache(maxsize=16)(Training)


class TrainingHealth(ll.Scene):
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
        "no normalization, ten deep": {"fault": "norm", "depth": 10},
        "gradients fade": {"fault": "norm", "show": "gradient"},
        "one layer": {"fault": "init", "layer": 3},
    }

    fault = parameters.Choice("none", FAULTS, "fault", "What is broken: the start, the rate, ReLU, or normalization.")
    depth = parameters.Integer(5, 2, 12, "layers", "Hidden layers, of 128 units each.")
    gain = parameters.Number(
        0.577, 0.1, 10.0, "gain", "Deviation of the weights times √n; PyTorch draws 0.577.", log=True
    )
    show = parameters.Choice("activation", health.KINDS, "show", "Whose histograms stand in all layers.")
    layer = parameters.Integer(0, 0, 64, "layer", "The layer that is opened: click it. 0: all layers.")
    unit = parameters.Integer(0, 0, 1023, "unit", "The unit of that layer that is told: click it.", hidden=True)
    saturation_limit = parameters.Number(health.LIMITS["saturated"], 0.01, 1.0, "saturated from", "Its lamp lights.")
    dead_limit = parameters.Number(health.LIMITS["dead"], 0.01, 1.0, "dead from", "Its lamp lights.")
    update_limit = parameters.Number(
        health.LIMITS["update"], 0.5, 5.0, "update from", "Its lamp lights: powers of ten away from 10⁻³."
    )
    spread_limit = parameters.Number(
        10 ** health.LIMITS["spread"], 1.2, 100.0, "spread from", "Times wider or narrower.", log=True
    )
    clock = ll.Clock(14.0)

    # ------------------------------------------------------------------------------------------------ the training
    @ll.refined(levels=tuple(range(2, KEPT + 1)), stale=True)
    def health(self, count: int) -> Iterator[object]:
        """Return what is seen of the training, moment by moment."""
        run = training(self.fault, self.depth, self.gain, self.seed)
        while len(run.seen) < count:
            run.advance()
            yield
        return health.joined(run.seen[:count])

    @ll.kept
    def limits(self) -> dict[str, float]:
        """Return from where on the lamps light."""
        return {"saturated": self.saturation_limit, "dead": self.dead_limit, "update": self.update_limit,
                "spread": log10(self.spread_limit)}  # fmt: skip

    @ll.kept
    def alarms(self) -> dict[str, int]:
        """Return when each lamp that ever lights does."""
        return self.health().alarms(self.limits())

    def at(self, now: ll.Now) -> float:
        """Return how many moments are over, with the share of the next."""
        count = len(self.health().steps)
        return min((KEPT - 1) * now.eased(0.0, 0.94), count - 1.0)

    def readouts(self, now: ll.Now) -> dict[str, Any]:
        """Return the gauges of each layer at this moment, and which lamps are lit."""
        seen, k = self.health(), int(self.at(now) + 1e-9)
        rung = {gauge: at for gauge, at in self.alarms().items() if at <= k}
        return {
            "step": int(seen.steps[k]), "loss": float(seen.loss[k]), "sigma": seen.sigma[k],
            "saturated": seen.saturated[k], "dead": seen.dead[k], "update_ratio": seen.update[k],
            "spread": seen.spread[k], "lamps": health.lit(rung), "after": [g for g in rung if g not in health.lit(rung)],
        }  # fmt: skip

    def opened(self) -> int | None:
        """Return which layer is opened, as an index; None for all."""
        return min(self.layer, len(self.health().layers)) - 1 if self.layer else None

    # ------------------------------------------------------------------------------------------------ the histograms
    @ll.kept
    def blocks(self) -> list[tuple[str, int]]:
        """Return what stands in the blocks from left to right: which histogram, of which layer."""
        one = self.opened()
        if one is not None:
            return [(kind, one) for kind in health.KINDS]
        return [(self.show, k) for k in range(len(self.health().layers))]

    def place(self, block: int) -> tuple[float, float]:
        """Return from where to where along x a block goes."""
        pitch = SPAN / max(len(self.blocks()), 4)
        left = pitch * (block - len(self.blocks()) / 2)
        return left + GAP / 2 * pitch, left + (1 - GAP / 2) * pitch

    @ll.kept
    def rows_shown(self) -> np.ndarray:
        """Return the moments that have a ridge, as indices: of many only some."""
        count = len(self.health().steps)
        return np.unique(np.linspace(0, count - 1, min(count, KEPT)).round().astype(int))

    def y(self, row: float) -> float:
        """Return how far to the front a ridge stands: the first at the back."""
        return DEPTH * (0.5 - (row + 1) / max(len(self.rows_shown()), KEPT))

    @ll.kept
    def ridges(self, upto: int) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
        """Return all bars up to a moment: corners (n, 3), colours and what they say."""
        seen, low, high, colors, told = self.health(), [], [], [], []
        deep = 0.4 * DEPTH / max(len(self.rows_shown()), KEPT)
        for block, (kind, layer) in enumerate(self.blocks()):
            edges, counts = seen.ridges[kind]
            rows = self.rows_shown()[: upto + 1]
            height = counts[rows, layer]
            units = np.maximum(height.sum(axis=1, keepdims=True), 1e-9)
            z = TALL * np.sqrt(height / units)  # so that few are seen beside many
            x = np.interp(edges, edges[[0, -1]], self.place(block))
            bars = shapes.ridgeline(x, z, self.y(1) - self.y(0), 0.0)
            move = np.array([0.0, self.y(0), 0.0])
            low.append(bars.low + move)
            high.append(bars.high + move + (0.0, deep, 0.0))
            flat = (np.abs(edges[:-1] + edges[1:]) / 2 > health.FLAT - 0.01) & (kind == "activation") & (edges[0] < 0)
            colors += ["bad" if bad else COLORS[kind] for bad in np.tile(flat, len(rows))]
            told += [words("?.1 of ?n units", count, round(total)) for count, total in
                     zip(height.ravel(), np.repeat(units, len(edges) - 1), strict=True)]  # fmt: skip
        return np.concatenate(low), np.concatenate(high), colors, told

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the histograms so far, and the lamps before them."""
        rows = self.rows_shown()
        row = int(np.searchsorted(rows, self.at(now) + 1e-9, "right")) - 1
        low, high, colors, told = self.ridges(row)
        bars = layers.Bars(low, high, colors, name=self.show.capitalize(), worth=told, key="ridges", shadow=False)
        front = self.panel(int(self.at(now) + 1e-9)) if self.opened() is None else self.field(int(self.at(now) + 1e-9))
        drawn = [self.floor(), bars, *self.names(), *front]
        view = ll.View(-84.0, 36.0, bounds=self.bounds(), turned=(8.0 - 8.0 * now.eased(), 0.0))
        return ll.Frame(drawn, self.notes(now), view)

    @ll.kept
    def floor(self) -> layers.Layer:
        """Return what the blocks stand on."""
        sides = [
            shapes.rectangle(self.place(k), (self.y(len(self.rows_shown()) - 1), self.y(-1)))
            for k in range(len(self.blocks()))
        ]
        return layers.Lines([np.vstack([one, one[:1]]) for one in sides], "hair", 1.4, pickable=False, key="floor")

    @ll.kept
    def names(self) -> list[layers.Layer]:
        """Return the names of the blocks, behind them: of many the first and the last."""
        blocks, seen = self.blocks(), self.health()
        told = range(len(blocks)) if len(blocks) <= 5 else (0, len(blocks) - 1)
        ends = {kind: ridge.edges[[0, -1]] for kind, ridge in seen.ridges.items()}
        found = []
        for k in told:
            kind, layer = blocks[k]
            name = words("layer ?n", layer + 1) if self.opened() is None else kind
            low, high = ends[kind]
            reach = words("10^?n … 1", low) if kind == "gradient" else words("? … ?", low, high)
            at = (sum(self.place(k)) / 2, DEPTH / 2, 0.0)
            found.append(
                layers.Label(
                    at, name, "text", "" if self.opened() is None else reach, size=17, side="above", key=f"name {k}"
                )
            )
        return found

    # ------------------------------------------------------------------------------------------------ lamps, units
    @ll.kept(most=3)
    def states(self, k: int) -> dict[str, np.ndarray]:
        """Return of each gauge which of the LAMPS' states each layer has at a moment (L,), "" where it has none."""
        found, rung = {}, {gauge: at for gauge, at in self.alarms().items() if at <= k}
        for gauge in health.GAUGES:
            past = self.health().past(gauge, self.limits()[gauge])[: k + 1].any(axis=0)
            state = np.where(past, "lit" if gauge in health.lit(rung) else "after", "off")
            found[gauge] = np.where(np.isnan(self.health().gauge(gauge)[k]), "", state)
        return found

    @ll.kept(most=3)
    def panel(self, k: int) -> list[layers.Layer]:
        """Return the lamps of all layers at a moment, a row for each gauge, with what the worst layer has."""
        drawn: list[layers.Layer] = []
        x = np.array([sum(self.place(block)) / 2 for block in range(len(self.blocks()))])
        for row, (gauge, states) in enumerate(self.states(k).items()):
            y = FRONT - ROW * row
            for state, color in LAMPS.items():
                own = np.flatnonzero(states == state)
                if len(own):
                    at = np.stack([x[own], 0 * x[own] + y, 0 * x[own] + 0.04], -1)
                    said = [self.told(gauge, k, layer) for layer in own]
                    drawn.append(
                        layers.Points(
                            at,
                            color,
                            5.0 if state == "off" else 9.5,
                            "sphere",
                            outline=True,
                            number=own,
                            worth=said,
                            name=NAMES[gauge].capitalize(),
                            key=f"lamp {gauge} {state}",
                        )
                    )
            worst = next((state for state in ("lit", "after") if state in states), "off")
            color = "dim" if worst == "off" else "text"
            place = (self.place(0)[0] - 0.1, y, 0.04)
            name = f"{NAMES[gauge]}  {self.told(gauge, k)}"
            drawn.append(layers.Label(place, name, color, size=16, side="left", key=f"gauge {gauge}"))
        return drawn

    def worst(self, gauge: str, k: int) -> int | None:
        """Return the layer in which a gauge is farthest from what is good, None where no layer has it."""
        value = self.health().gauge(gauge)[k] - (health.USUAL if gauge == "update" else 0.0)
        return None if np.isnan(value).all() else int(np.nanargmax(np.abs(value)))

    def told(self, gauge: str, k: int, layer: int | None = None) -> str:
        """Return what a gauge says of a layer, of the worst if none is given."""
        layer = self.worst(gauge, k) if layer is None else layer
        value = float("nan") if layer is None else float(self.health().gauge(gauge)[k, layer])
        if isnan(value):
            return "–"
        if gauge in ("saturated", "dead"):
            return words("?.1 %", 100 * value)
        return words("? %", 100 * 10**value) if gauge == "update" else words("?3 ×", 10**value)

    @ll.kept(most=3)
    def field(self, k: int) -> list[layers.Layer]:
        """Return the units of the opened layer: each as high as the share of samples for which it tells nothing."""
        seen, layer = self.health(), self.opened()
        if seen.units is None or layer is None:
            return []
        share = seen.units[k, layer]
        rows = -(-len(share) // COLUMNS)
        left, cell = self.place(0)[0], (self.place(len(self.blocks()) - 1)[1] - self.place(0)[0]) / COLUMNS
        row, column = np.divmod(np.arange(len(share)), COLUMNS)
        low = np.stack([left + column * cell, FRONT - (row + 1) * cell, 0.0 * row], -1)
        high = low + np.stack([0 * share + 0.8 * cell, 0 * share + 0.8 * cell, 0.02 + 0.3 * share], -1)
        limit = 1.0 if np.isnan(seen.saturated[k, layer]) else 0.5
        colors = [
            "accent" if n == self.unit % len(share) else "bad" if value >= limit else "grid"
            for n, value in enumerate(share)
        ]
        told = [words("?n % of the samples", 100 * one) for one in share]
        name = layers.Label(
            (left - 0.1, FRONT - rows * cell / 2, 0.0), words("?n units", len(share)), "dim", size=16, side="left"
        )
        return [layers.Bars(low, high, colors, name="Unit", worth=told, key="units", shadow=False), name]

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Open the layer that is clicked, tell the unit that is; a click on what is opened shows all layers again."""
        if layer.key == "units":
            self.set("unit", element)
        elif layer.key == "ridges":
            per = len(layer.worth or ()) // len(self.blocks())
            self.set("layer", 0 if self.layer else element // per + 1)
        elif layer.key.startswith("lamp") and isinstance(layer, layers.Points) and layer.number is not None:
            self.set("layer", int(layer.number[element]) + 1)
        else:
            return False
        return True

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of all that is seen."""
        x, y = SPAN / 2 + 0.1, (FRONT - 3.5 * ROW, DEPTH / 2)
        return np.array([(a, b, c) for a in (-x - 0.5, x) for b in y for c in (0.0, TALL)])

    # ---------------------------------------------------------------------------------------------------- the notes
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return what is wrong, in a sentence and as a number, and how the loss goes."""
        seen, k = self.health(), int(self.at(now) + 1e-9)
        rung = {gauge: at for gauge, at in self.alarms().items() if at <= k}
        lit = health.lit(rung)
        lines = [words("Step ?n, loss ?", seen.steps[k], seen.loss[k])]
        if self.layer and seen.units is not None:
            unit = self.unit % seen.units.shape[2]
            lines.append(words("Layer ?n, unit ?n: tells nothing of ?n % of the samples", self.opened() + 1, unit + 1,
                               100 * seen.units[k, self.opened(), unit]))  # fmt: skip
        gauge = lit[0] if lit else ""
        notes: list[layers.Note] = [layers.Title(self.title, FORMULAS[gauge], lines), self.meter(gauge, k)]
        rows = [
            layers.Row(LAMPS["lit"], "went wrong first"),
            layers.Row(LAMPS["after"], "came of it"),
            layers.Row(LAMPS["off"], "fine"),
        ]
        curve = layers.Chart(
            "Loss",
            [layers.Series("loss", "accent", seen.steps.astype(float), seen.loss)],
            now=float(seen.steps[k]),
            x_label="step",
        )
        return [*notes, layers.Legend(rows), curve]

    def meter(self, gauge: str, k: int) -> layers.Note:
        """Return what went wrong as a large number; while nothing has, the loss."""
        seen, layer = self.health(), self.worst(gauge, k) if gauge else None
        if layer is None:
            loss = float(seen.loss[k])
            return layers.Meter(
                "No lamp is lit: loss", "", loss, "good", 0.0, float(np.nanmax(seen.loss)), words("?", loss)
            )
        low, high = {"update": (-6.0, 0.0), "spread": (-2.0, 2.0)}.get(gauge, (0.0, 1.0))
        heading = words("?, layer ?n", NAMES[gauge].capitalize(), layer + 1)
        return layers.Meter(
            heading, "", float(seen.gauge(gauge)[k, layer]), "bad", low, high, self.told(gauge, k, layer)
        )
