"""Normalization: recentre, rescale, scale and shift; on four numbers, in twin networks, and on their loss."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, plots, shapes, signs, tex, words
from lossland.models import normalization

PLAIN, NORMED = "up", "optimizer.momentum"
STAGE = ("area", "eigen2", "optimizer.momentum", "down")  # colours of x, x - mean, rescaled, and scaled and shifted
FORMULA = r"y = \gamma\,\dfrac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta"
NAMES = (r"x", r"x - \mu", r"\hat{x}", r"\gamma \hat{x} + \beta")
WIDE, LEVEL = 4.6, (0.0, -0.95, -1.9, -3.55)  # length of the number lines, and how high each is, world
DEPTH, PITCH, HALF, ABOVE = 4, 1.3, 0.5, 1.45  # the twins' layers; columns, half a cube, and the row above, world
CELLS, LINE, REACH, TALL = 25, 61, 3.0, 0.9  # of a slice of the loss, of its middle line; how high it stands, world
PLATE, ROW = 0.57, 0.31  # of a number over the last line: how wide its plate is, and from row to row, world
MOVES = 3  # recentre, rescale, scale and shift
LEARNT = "as learnt"
BOX = shapes.box((-1, -1, -1), (1, 1, 1))
EDGES = [np.stack([a, b]) for i, a in enumerate(BOX) for b in BOX[i + 1 :] if np.abs(a - b).sum() == 2]
SIDE = PITCH * DEPTH / 2  # half of the row of cubes, from middle to middle
ON_LINES = ll.View(flat=True, bounds=np.array([(-0.2, LEVEL[3] - 0.85, 0.0), (WIDE + 1.1, 0.5, 0.0)]))
ON_CLOUDS = shapes.box((-SIDE - HALF, -HALF, -HALF - 0.75), (SIDE + HALF, HALF, ABOVE + HALF + 0.55))
ON_LOSS = shapes.box((-2.2, -1.4, -0.2), (2.2, 1.0, TALL + 0.5))
CONTROLS = {  # what each picture is made of
    "numbers": ("x", "gamma", "beta", "eps", "mode", "seen"),
    "clouds": ("gamma", "beta", "eps", "mode", "seen", "norm", "batch", "gain", "shift"),
    "loss": ("norm", "gain"),
}


class BatchNorm(ll.Scene):
    """Numbers on lines that are recentred and rescaled, clouds of activations in twin networks, and their loss."""

    name = "batch_norm"
    title = "Keeping the cloud round"
    chapter = "How learning flows"
    rows = ("Q5", "B5", "D1", "S2")
    sign = (
        *(signs.Dot((0.62 + 0.1 * k, 0.16 + 0.05 * (k % 2)), 2.2, PLAIN) for k in range(4)),
        *(signs.Dot((0.5 + 0.16 * x, 0.7 + 0.16 * y), 2.2, NORMED) for x, y in
          ((-1, 0), (1, 0), (0, -1), (0, 1), (-0.6, 0.6), (0.6, -0.6))),
        signs.Line([(0.5, 0.46), (0.5, 0.94)], "dim", 1.2),
        signs.Line([(0.26, 0.7), (0.74, 0.7)], "dim", 1.2),
    )  # fmt: skip
    presets: ClassVar = {
        "four numbers": {},
        "scaled and shifted": {"gamma": 0.5, "beta": 1.0},
        "an outlier": {"x": "1, 2, 3, 14"},
        "late statistics": {"mode": "evaluation", "seen": 5},
        "clouds": {"show": "clouds"},
        "clouds, one sample each": {"show": "clouds", "norm": "layer"},
        "a shifted input": {"show": "clouds", "shift": 1.5},
        "a small batch": {"show": "clouds", "batch": 8},
        "loss": {"show": "loss", "gain": 5.0},
    }

    x = parameters.Row("1, 2, 3, 4", normalization.numbers_of, "$x$", "A batch of one feature: 2 to 32 numbers.")
    gamma = parameters.Number(1.0, -3.0, 3.0, r"$\gamma$", "The scale that is learnt.")
    beta = parameters.Number(0.0, -3.0, 3.0, r"$\beta$", "The shift that is learnt.")
    eps = parameters.Number(1e-5, 1e-8, 1.0, r"$\varepsilon$", "Keeps the root from 0.", log=True)
    mode = parameters.Choice("training", ("training", "evaluation"), "mode", "By the batch, or by running statistics.")
    seen = parameters.Integer(10, 1, 100, "batches seen", "How many have moved the running statistics.", log=True)
    show = parameters.Choice("numbers", ("numbers", "clouds", "loss"), "show", "Numbers, twin networks, or their loss.")
    norm = parameters.Choice("batch", normalization.NORMS, "norm", "Over the batch, or over each sample's features.")
    batch = parameters.Integer(256, 2, 512, "batch", "How many samples a batch of the clouds has.", log=True)
    gain = parameters.Number(3.0, 0.5, 6.0, "gain", "A factor on all weights of the networks.")
    shift = parameters.Number(0.0, -2.0, 2.0, "input shift", "How far the inputs of the clouds are from 0.")
    clock = ll.Clock(14.0)

    def has_control(self, name: str) -> bool:
        """Hide what changes nothing in the picture that is shown; running statistics are for evaluation alone."""
        by_sample = self.show == "clouds" and self.norm == "layer"  # whose statistics are never those of a batch
        if (name == "seen" and self.mode == "training") or (name in ("mode", "seen") and by_sample):
            return False
        return name == "show" or name in CONTROLS[self.show]

    # -------------------------------------------------------------------------------------------------- the numbers
    @ll.kept
    def given(self) -> np.ndarray:
        """Return x as a batch (n, 1)."""
        return np.array(normalization.numbers_of(self.x))[:, None]

    @ll.kept
    def used(self) -> normalization.Statistics:
        """Return the mean and the variance that x is normalized by: its own, or the running ones."""
        if self.mode == "training":
            return normalization.statistics(self.given())
        return normalization.running([self.given()] * self.seen)

    @ll.kept
    def stages(self) -> np.ndarray:
        """Return x and what becomes of it (4, n)."""
        found = normalization.stages(self.given(), self.used(), self.gamma, self.beta, self.eps)
        return np.array(found)[:, :, 0]

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return what becomes of x, the mean and variance that were used, and what the networks show."""
        own = normalization.statistics(self.given())
        trained = normalization.stages(self.given(), own, self.gamma, self.beta, self.eps)[-1]
        output = self.stages()[-1]
        found: ll.Readouts = {
            "output": output,
            "mean": self.used().mean.item(),
            "variance": self.used().variance.item(),
            "output_mean": float(output.mean()),
            "output_variance": float(output.var()),
            "from_training": float(np.abs(output - trained[:, 0]).max()),
        }
        if self.show == "clouds":
            found |= {"saturated": self.twins().shares}
        if self.show == "loss":
            found |= {"slope_changes": np.array([one.changes for one in self.slices()])}
        return found

    # ------------------------------------------------------------------------------------------------- the networks
    @ll.kept
    def twins(self) -> normalization.Twins:
        """Return the networks of the clouds."""
        seen = self.seen if self.mode == "evaluation" else 0
        learnt = (self.gamma, self.beta, self.eps)
        return normalization.Twins(DEPTH, self.gain, self.norm, self.batch, self.shift, *learnt, seen, self.seed)

    @ll.refined(levels=(9, CELLS), stale=True)
    def slices(self, cells: int) -> Generator[None, None, list[normalization.Slice]]:
        """Return a slice of the loss of both networks, along the gradient and a random direction."""
        bare = yield from normalization.sliced("", self.gain, REACH, cells, LINE, self.seed)
        return [bare, (yield from normalization.sliced(self.norm, self.gain, REACH, cells, LINE, self.seed))]

    # -------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the numbers, the clouds or the slices."""
        return {"numbers": self.numbers, "clouds": self.clouds, "loss": self.losses}[self.show](now)

    @ll.kept(framing=True)
    def lines(self) -> list[plots.NumberLine]:
        """Return a number line for each stage: one scale for all."""
        reach = shapes.in_steps(1.1 * float(np.abs([*self.stages().ravel(), self.used().mean.item()]).max()), 4.0, 1.5)
        return [
            plots.NumberLine(
                -reach, reach, start=(0.0, LEVEL[k], 0.0), end=(WIDE, LEVEL[k], 0.0), count=9 if k in (0, 3) else 0,
                side="above" if k == 0 else "below",
            )
            for k in range(4)
        ]  # fmt: skip

    def numbers(self, now: ll.Now) -> ll.Frame:
        """Return the numbers on their way from line to line, each with mean and spread."""
        lines, stages, at = self.lines(), self.stages(), now.staged(MOVES, 0.06, 0.9, moving=0.75)
        drawn: list[layers.Layer] = [*lines]
        for k in range(4):
            end = (WIDE + 0.1, LEVEL[k], 0.0)
            drawn.append(layers.Label(end, NAMES[k], STAGE[k], latex=True, size=26, side="right", key=f"name {k}"))
            if at < k and k:
                continue
            mean, sd = float(stages[k].mean()), float(stages[k].std())
            low, middle, high = lines[k].point_at(np.array([mean - sd, mean, mean + sd]))
            drawn += [
                layers.Lines([np.stack([low, high])], STAGE[k], 9.0, 0.45, key=f"spread {k}", name="Mean ± deviation",
                             units=lines[k]),
                layers.Lines([middle + 0.14 * BOX[[0, 2]] * (0, 1, 0)], "text", 2.4, key=f"mean {k}", pickable=False),
                layers.Points(lines[k].point_at(stages[k]), STAGE[k], 7.0, "disc", outline=True, key=f"points {k}",
                              name="Sample", units=lines[k]),
            ]  # fmt: skip
        gap = min(int(at), MOVES - 1)
        part = at - gap
        for k in range(gap + (part > 0)):
            ends = np.stack([lines[k].point_at(stages[k]), lines[k + 1].point_at(stages[k + 1])], axis=1)
            share = part if k == gap else 1.0
            paths = [np.stack([a, a + share * (b - a)]) for a, b in ends]
            drawn.append(layers.Lines(paths, "faint", 1.2, 0.7, key=f"threads {k}", pickable=False))
            if share < 1.0:
                tips = np.array([path[1] for path in paths])
                drawn.append(layers.Points(tips, STAGE[k + 1], 7.0, "disc", outline=True, key="way", pickable=False,
                                           passing=True))  # fmt: skip
        if at == MOVES and len(stages[3]) <= 4:
            drawn += self.told(lines[3].point_at(stages[3]))
        knobs = np.array([handle.position for handle in self.handles(now)[-2:]])
        told = [words("β = ?", self.beta), words("γ = ?", self.gamma)]
        drawn.append(layers.Points(knobs, "accent", 5.0, "ring", outline=True, group="handles", key="knobs",
                                   name="Knob", units=lines[3], worth=told))  # fmt: skip
        outwards = ((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0))[:: 1 if self.gamma >= 0 else -1]
        drawn += [layers.Label(knob, name, "accent", latex=True, size=18.0, side=side, group="handles")
                  for name, knob, side in zip((r"\beta", r"\gamma"), knobs, outwards, strict=True)]  # fmt: skip
        drawn.append(layers.Lines([knobs], "accent", 1.4, group="handles", key="scale", pickable=False))
        return ll.Frame(drawn, self.formulas_of(at), ON_LINES)

    def told(self, points: np.ndarray) -> list[layers.Layer]:
        """Return each number above its own point (n, 3): a row higher where there is one beside it already."""
        middle = points + ROW * np.array([0.0, 1.4, 0.0])
        middle[:, 1] += ROW * figures.rows_apart(points[:, 0], PLATE)
        text = [words("?.2", value) for value in self.stages()[-1]]
        width = np.full(len(text), 0.95 * PLATE)
        leaders = [np.stack(pair) for pair in zip(points, middle, strict=True)]
        return [
            layers.Lines(leaders, STAGE[3], 1.2, key="leaders", pickable=False),
            figures.Chips(text, middle, None, STAGE[3], "lit", 0.9 * ROW, width, name="Number", key="told"),
        ]

    def statistics_told(self) -> str:
        """Say by which mean and variance a batch is normalized."""
        after = "" if self.mode == "training" else words("after ?n batch?", self.seen, "" if self.seen == 1 else "es")
        return f"Running statistics, {after}" if after else "Statistics of the batch"

    def formulas_of(self, at: float) -> list[layers.Note]:
        """Return what is done in each of the three moves, with mean and variance; what is to come is dim."""
        mean, variance, read = self.used().mean.item(), self.used().variance.item(), self.stages()[-1]
        rows = (
            (STAGE[1], r"1\;\; x - \mu", tex(r"\mu = ?s", mean), "recentre"),
            (STAGE[2], r"2\;\; \div \sqrt{\sigma^2 + \varepsilon}", tex(r"\sigma^2 = ?s", variance), "rescale"),
            (STAGE[3], r"3\;\; \gamma \hat{x} + \beta", tex(r"\gamma = ?,\; \beta = ?", self.gamma, self.beta), LEARNT),
        )  # fmt: skip
        most = max(2.0, float(np.abs(read).max()))
        return [
            layers.Title(self.title, FORMULA, [self.statistics_told()]),
            layers.Facts("Three moves", layers.lit(rows, min(int(at), MOVES - 1)) if at < MOVES else rows),
            layers.Meter("Mean of what comes out", "", float(read.mean()), STAGE[3], -most, most),
            layers.Meter("Its variance", "", float(read.var()), STAGE[3], 0.0, max(2.0, float(read.var()))),
        ]

    def clouds(self, now: ll.Now) -> ll.Frame:
        """Return the activations of both networks, layer by layer, each in the cube that tanh leaves them."""
        at, twins, drawn = now.staged(MOVES * DEPTH, 0.04, 0.92), self.twins(), list[layers.Layer]()
        entered = twins.entered / (1 + abs(self.shift))  # drawn within their cube
        sector = (twins.entered[:, 0] > self.shift) * 2 + (twins.entered[:, 1] > self.shift)
        for k in range(DEPTH + 1):
            moves, x = min(at - MOVES * (k - 1), float(MOVES)), PITCH * (k - DEPTH / 2)
            normed, bare = (twins.on_its_way(k - 1, max(moves, 0.0)), twins.without[k]) if k else (entered, entered)
            for h, z, color, kind in ((bare, ABOVE, PLAIN, "plain"), (normed, 0.0, NORMED, "normed")):
                middle, key = np.array([x, 0.0, z]), f"{kind} {k}"
                edges, alpha = [middle + HALF * one for one in EDGES], 0.35 if moves >= 0 else 0.15
                drawn.append(layers.Lines(edges, color, 1.0, alpha, key=f"cube {key}", pickable=False))
                drawn += self.cloud(h, middle, sector, key) if moves >= 0 else []
            name, color = words("layer ?n", k) if k else "inputs", "text" if moves >= 0 else "faint"
            drawn.append(layers.Label((x, -HALF, -HALF), name, color, size=15, side="below", key=f"column {k}"))
        series, layer = [], np.arange(1.0, DEPTH + 1)
        ends = ((PLAIN, ABOVE + HALF + 0.36), (NORMED, -HALF - 0.45))
        for name, (color, z), share in zip(self.names(), ends, twins.shares, strict=True):
            side = "above" if z > 0 else "below"
            series.append(layers.Series(name, color, layer, share))
            drawn.append(layers.Label((-SIDE, 0.0, z), name, color, size=22, side=side, key=f"name {name}"))
            if at > MOVES * (DEPTH - 1):
                said = words("?n % saturated", round(100 * share[-1]))
                drawn.append(layers.Label((SIDE, 0.0, z), said, color, size=28, side=side, key=f"told {name}"))
        about = [words("?n samples, weights times ?", self.batch, self.gain), "Each cube is [−1, 1]³: what tanh leaves"]
        about += [self.statistics_told()] if self.norm == "batch" else []
        moves = zip((r"z - \mu", r"\hat{z}", r"\gamma \hat{z} + \beta"), ("recentre", "rescale", LEARNT), strict=True)
        facts = [(NORMED, rf"{k}\;\; {what}", "", said) for k, (what, said) in enumerate(moves, 1)]
        notes = [
            layers.Title(self.title, r"h = \tanh(\mathrm{norm}(W h + b))", about),
            layers.Facts("In each layer", layers.lit(facts, min(int(at), MOVES * DEPTH - 1) % MOVES)),
            layers.Chart("Share of saturated activations", series, x_label="layer"),
        ]
        return ll.Frame(drawn, notes, ll.View(-82.0, 14.0, bounds=ON_CLOUDS, turned=(16 * now.eased() - 8, 0)))

    def names(self) -> tuple[str, str]:
        """Return what both networks are called."""
        return "without", f"{self.norm} norm"

    def cloud(self, h: np.ndarray, middle: np.ndarray, sector: np.ndarray, key: str) -> list[layers.Layer]:
        """Return a cloud (n, 3) around a place, with mean and spread along each axis."""
        mean, sd = h.mean(axis=0), h.std(axis=0)
        spread = [middle + HALF * (mean + np.outer((-1, 1), axis)) for axis in np.diag(sd)]
        return [
            layers.Points(middle + HALF * h, sector, 2.6, "disc", key=key, name="Sample"),
            layers.Lines(spread, "text", 3.0, key=f"spread {key}", name="Mean ± deviation", worth=sd, casing=1.0),
        ]

    def losses(self, now: ll.Now) -> ll.Frame:
        """Return a slice of the loss of both networks as sheets: along the gradient to the right."""
        both, drawn = self.slices(), []
        low, high = min(one.loss.min() for one in both), max(np.quantile(one.loss, 0.98) for one in both)
        for one, x, color, name in zip(both, (-1.15, 1.15), (PLAIN, NORMED), self.names(), strict=True):
            u, v = np.meshgrid(one.at / REACH, one.at / REACH)
            share, line = (np.clip((loss - low) / max(high - low, 1e-9), 0, 1.2) for loss in (one.loss, one.line))
            flat, risen = (np.stack([x + u, v, TALL * part * share], -1) for part in (0.15, 1.0))
            up = TALL * (0.15 + 0.85 * now.eased(0.05, 0.5)) * line + 0.02
            path = np.stack([x + one.along / REACH, 0 * line, up], -1)
            drawn += [
                layers.Sheet(flat, risen, now.eased(0.05, 0.5), paint=np.minimum(share, 1.0), every=(3, 3), name=name),
                layers.Lines([path], color, 4.0, key=f"path {name}", name="Along the gradient", casing=1.2),
                layers.Label(
                    (x, -1.1, 0.0), words("?", one.changes), color, f"slope change, {name}", size=26, side="below"
                ),
            ]
        about = ("Slope change: root mean square of", "the second derivative along the line")
        lines = (words("The same weights, times ?", self.gain), *about)
        title = layers.Title(self.title, r"L(\theta + a\, g + b\, d)", lines)
        return ll.Frame(drawn, [title], ll.View(-78.0, 32.0, bounds=ON_LOSS, turned=(16 * now.eased() - 8, 0)))

    # ------------------------------------------------------------------------------------------- what can be changed
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the numbers on the first line, and below the last one where beta is, and how far on gamma reaches."""
        if self.show != "numbers":
            return []
        first, last = self.lines()[0], self.lines()[3]
        found = [
            ll.Handle(f"x {k + 1}", first.point_at(value), partial(BatchNorm.move, index=k), plane=0.0)
            for k, value in enumerate(self.given()[:, 0])
        ]
        beta, gamma = last.point_at(np.array([self.beta, self.beta + self.gamma])) - np.array([0, 0.5, 0])
        return [*found, ll.Handle("beta", beta, BatchNorm.pull_beta, plane=0.0),
                ll.Handle("gamma", gamma, BatchNorm.pull_gamma, plane=0.0)]  # fmt: skip

    def move(self, place: tuple[float, float], index: int) -> None:
        """Give one of the numbers the value at a place of the first line."""
        line, values = self.lines()[0], self.given()[:, 0].tolist()
        values[index] = round(float(np.clip(line.value_at(place), line.low, line.high)), 2)
        self.set("x", ", ".join(f"{value:g}" for value in values))

    def pull_beta(self, place: tuple[float, float]) -> None:
        """Take the shift at a place of the last line."""
        self.set("beta", round(float(np.clip(self.lines()[3].value_at(place), -3, 3)), 2))

    def pull_gamma(self, place: tuple[float, float]) -> None:
        """Take the scale with which one deviation above the mean is at a place of the last line."""
        self.set("gamma", round(float(np.clip(self.lines()[3].value_at(place) - self.beta, -3, 3)), 2))
