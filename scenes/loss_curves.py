"""Training and validation: where a network stops learning what holds and begins to learn its examples by heart."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, plots, shapes, signs, tex, words
from lossland.models import curves
from lossland.models.runs import RecordedRun, Scalars

TRAIN, VALIDATION, GAP = "optimizer.momentum", "area", "up"  # colours
EPOCHS = 150  # of the small training
LOW, SWEEP_EVERY = -4, 3  # of the sweep: the lowest rate as a power of ten, and how often its networks are judged
SWEEP_DEEP, SWEEP_TOP = 2.4, 3.0  # its depth, world, and how many times the lowest loss is shown
WIDE, HIGH, PITCH = 3.4, 1.5, 0.62  # of a run's curves, and from one run to the next, world
BROAD = 0.2  # width of a ribbon
MOST_RUNS, MOST_POINTS = 12, 400  # that are drawn
DRAWN = 0.86  # share of the scene after which all is drawn

ELSEWHERE = (
    "`lossland slice --checkpoints run.npz` slices recorded parameters, the scene training_health shows histograms: "
    "--set run=FILE."
)


class LossCurves(ll.RunScene):
    """A ribbon for training and one for validation of each run, one run before the other, or a sweep of rates."""

    name = "loss_curves"
    title = "Training and validation"
    chapter = "Debugging your own model"
    rows = ("Y3", "S8")
    sign = (
        signs.Line([(0.06, 0.1), (0.3, 0.62), (0.6, 0.8), (0.94, 0.88)], "optimizer.momentum", 2.2),
        signs.Line([(0.06, 0.08), (0.26, 0.5), (0.42, 0.58), (0.66, 0.48), (0.94, 0.24)], "area", 2.2),
        signs.Line([(0.42, 0.58), (0.42, 0.2)], "text", 1.4),
        signs.Line([(0.42, 0.22), (0.6, 0.28), (0.42, 0.36)], "text", 1.4),
    )
    presets: ClassVar = {
        "wrong labels": {},
        "more samples": {"compare": "samples"},
        "one run": {"compare": "one"},
        "on a log scale": {"compare": "one", "log": True},
        "stopped early": {"compare": "one", "patience": 10},
        "smoothed by hand": {"series": "1, 2, 3, 4, 5", "smoothing": 0.6, "patience": 5},
        "sweep of rates": {"show": "sweep"},
    }

    file = parameters.Text("", None, "run", "A run's file or a folder of runs; empty: a small training.", hidden=True)
    series = parameters.Text("loss", None, "curve", "Which curve is shown, such as loss; or numbers: 1, 2, 3.")
    show = parameters.Choice("curves", ("curves", "sweep"), "show", "Runs one by one, or many rates as a surface.")
    compare = parameters.Choice("noise", ("one", "noise", "samples"), "compare", "What differs between the runs.")
    run = parameters.Integer(1, 1, MOST_RUNS, "run", "The run that is told about, counted from the back.")
    noise = parameters.Number(0.2, 0.0, 0.5, "wrong labels", "Share of the training's samples with a wrong label.")
    samples = parameters.Integer(100, 20, 400, "samples", "How many digits the network is trained on.")
    smoothing = parameters.Number(0.0, 0.0, 0.99, r"$\beta$", "How much of the average is kept from step to step.")
    patience = parameters.Integer(30, 1, 1000, "patience", "Values without a new best one until it stops.", log=True)
    log = parameters.Toggle(False, "log scale", "Heights in equal ratios.")
    networks = parameters.Integer(256, 9, 256, "networks", "How many rates the sweep tries.", log=True)
    clock = ll.Clock(8.0)

    # ------------------------------------------------------------------------------------------------ what is shown
    def reset(self) -> None:
        """Give every parameter but the file its default."""
        file = self.values.get("file", "")
        super().reset()
        self.values["file"] = file
        self.values["series"] = self.offered()[0]

    def changed(self, name: str) -> None:
        """Refuse a file that cannot be read, a curve that is not in it, and a run that there is not."""
        if name == "file":
            self.reread()
            if not self.offered():
                raise ll.UserError(f"There is no curve in {self.file}. {ELSEWHERE}")
            self.values |= {"series": self.offered()[0], "run": 1}
        elif name == "series" and not curves.typed(self.series) and self.series not in self.offered():
            raise ll.UserError(f"There is no curve {self.series!r}; there are {', '.join(self.offered()[:12])}.")
        elif name == "run" and self.run > self.count():
            there = "is one run" if self.count() == 1 else f"are {self.count()} runs"
            raise ll.UserError(f"There is no run {self.run}: there {there} of {self.series}.")
        if name in ("file", "series") and not self.lanes():
            raise ll.UserError(f"No value of {self.series} in {self.file} is a number.")

    def offered(self) -> list[str]:
        """Return the names of what can be shown, a loss first."""
        return curves.offered(self.runs(self.file)) if self.file else ["loss", "accuracy"]

    @ll.refined(levels=(12, EPOCHS), stale=True)
    def trained(self, epochs: int) -> Generator[object, None, list[RecordedRun]]:
        """Return the runs of the small training."""
        runs = []
        for name, noise, samples in curves.compared(self.compare, self.noise, self.samples):
            found = yield from curves.lasted(curves.digits_training(samples, noise, epochs=epochs, seed=self.seed))
            runs.append(RecordedRun(name, found.named()))
        return runs

    def count(self) -> int:
        """Return how many runs there are; the small training's are known before they are trained."""
        trains = not self.file and not curves.typed(self.series)
        return len(curves.compared(self.compare, self.noise, self.samples)) if trains else len(self.lanes())

    @ll.kept
    def measured(self) -> list[curves.Pair]:
        """Return what all runs measured of the curve."""
        return curves.typed(self.series) or curves.of_runs(self.runs(self.file) or self.trained(), self.series)

    @ll.kept
    def lanes(self) -> list[curves.Pair]:
        """Return the runs that are shown, without curves that are never a number."""
        return [pair for pair in (one.of_numbers for one in self.measured()) if pair.curves][:MOST_RUNS]

    @property
    def chosen(self) -> int:
        """The index of the run that is told about."""
        return min(self.run, len(self.lanes())) - 1

    @property
    def higher(self) -> bool:
        """Whether more is better."""
        return curves.is_higher_better(self.series)

    def smoothed(self, curve: Scalars) -> np.ndarray:
        """Return a curve's values, smoothed."""
        return curves.smoothed(curve.values, self.smoothing)

    @ll.kept(most=MOST_RUNS)
    def told(self, lane: int) -> dict[str, float]:
        """Return what a run's curves say: its best step, where patience ends, and how it goes on."""
        return curves.verdict(self.lanes()[lane], self.patience, self.higher)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the chosen run's smoothed curve, validation's if there is one, its best epoch and how it goes on."""
        if self.show == "sweep":
            (at, rate), found = self.lowest(), self.swept()
            best = {"best_epoch": float(found.steps[at]), "best_value": float(found.val_loss[at, rate])}
            smoothed = curves.smoothed(found.val_loss[:, rate], self.smoothing)
            return {"smoothed": smoothed, "rate": float(self.rates()[rate])} | best
        lane = self.lanes()[self.chosen]
        return {"smoothed": self.smoothed(lane.judged), "runs": float(len(self.lanes()))} | self.told(self.chosen)

    # ------------------------------------------------------------------------------------------------ where it stands
    @ll.kept
    def span(self) -> tuple[float, float]:
        """Return the steps that are shown."""
        ends = [curve.steps[[0, -1]] for lane in self.lanes() for curve in lane.curves]
        low, high = float(np.min(ends)), float(np.max(ends))
        return low, max(high, low + 1.0)

    @ll.kept
    def plot(self, lane: int) -> plots.Plot:
        """Return the scales of one run's curves, upright in its lane; −1 stands behind all."""
        drawn = [curve for lane in self.lanes() for curve in lane.curves]
        low, high = curves.seen([part for curve in drawn for part in (self.smoothed(curve), curve.values)], self.log)
        place = (-WIDE / 2, PITCH * ((len(self.lanes()) - 1) / 2 - lane), 0.0)
        behind = lane < 0
        return plots.Plot(
            self.span(), (low, high + 0.04 * (high - low) * (not self.log)), log_y=self.log, corner=place, right=WIDE,
            up=(0.0, 0.0, HIGH), count=(0, 5) if behind else (0, 0), number_size=17.0,
        )  # fmt: skip

    def until(self, now: ll.Now) -> float:
        """Return the step that the curves have come to."""
        low, high = self.span()
        return low + (high - low) * min(now.share / DRAWN, 1.0)

    # ------------------------------------------------------------------------------------------------ the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the runs' ribbons as far as they have come, or the surface of the sweep."""
        if self.show == "sweep":
            return self.surface(now)
        drawn, until = [*self.standing()], self.until(now)
        for k in range(len(self.lanes())):
            drawn += self.run_of(k, until)
        return ll.Frame(drawn, self.notes(until), ll.View(-63.0, 23.0, bounds=self.bounds()))

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of all lanes, with room for the names at their ends."""
        deep = PITCH * (len(self.lanes()) - 1) / 2
        sides = (-WIDE / 2 - 0.2, WIDE / 2 + 0.5), (-deep - 0.35, deep + 0.4), (0.0, HIGH + 0.2)
        return np.array([(x, y, z) for x in sides[0] for y in sides[1] for z in sides[2]])

    @ll.kept
    def standing(self) -> list[layers.Layer]:
        """Return what stands still: the wall behind with the values, the floor with the steps."""
        wall, count = self.plot(-1), len(self.lanes())
        back, front = PITCH * (count + 1) / 2, -PITCH * count / 2
        right, low = wall.x[1], wall.y[0]
        levels = wall.scales[1].ticks(5)
        ticks = np.unique(np.round(wall.scales[0].ticks(6)))
        feet = wall.world(ticks, np.full(len(ticks), low))[:, 0]
        lines = [np.array([(x, front, 0.0), (x, back, 0.0)]) for x in feet]
        lines += [wall.world([wall.x[0], right], [level, level]) for level in levels]
        look: dict[str, Any] = {"size": 17, "bold": False}
        below = layers.Label.each([(x, front - 0.06, 0.0) for x in feet], [words("?n", one) for one in ticks],
                                  side="below", **look)  # fmt: skip
        ends = wall.world(np.full(len(levels), right), levels) + np.array([0.05, 0.0, 0.0])
        beside = layers.Label.each(ends, [words("?", one) for one in levels], **look)
        unit = layers.Label((WIDE / 4, front - 0.5, 0.0), self.unit, "dim", side="centre", **look)
        return [layers.Lines(lines, "hair", 1.2, group="grid", pickable=False), *below, *beside, unit]

    @ll.kept(most=256)
    def path(self, lane: int, which: str, smooth: bool = True) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return steps (m,) and world points (m, 3) of each part of a run's curve that is a number in the plot."""
        one, plot = self.lanes()[lane], self.plot(lane)
        curve = one.train if which == "train" else one.validation
        if curve is None:
            return []
        values = np.where(np.isfinite(curve.values), self.smoothed(curve) if smooth else curve.values, np.nan)
        few = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).round().astype(int))
        up = plot.scales[1]
        return [
            (at, plot.world(at, up.value(share)))
            for at, share in curves.stretches(curve.steps[few], up.share(values[few]))
        ]

    def run_of(self, lane: int, until: float) -> list[layers.Layer]:
        """Return one run's ribbons as far as a step, the gap between them, its flag and its name."""
        drawn: list[layers.Layer] = []
        stop = np.nan_to_num(self.told(lane)["stopped_epoch"], nan=np.inf)
        for which, color in (("train", TRAIN), ("validation", VALIDATION)):
            for k, (at, points) in enumerate(self.path(lane, which)):
                drawn += self.ribbon(lane, f"{which}:{lane}:{k}", at, points, color, until, stop)
            if self.smoothing:
                drawn += self.raw(lane, which, color)
            drawn += self.end(lane, which, color, until)
        drawn += self.between(lane, until)
        return drawn + self.marks(lane, until)

    @ll.kept(most=2 * MOST_RUNS)
    def raw(self, lane: int, which: str, color: str) -> list[layers.Layer]:
        """Return a run's values as they are, as thin lines."""
        return [
            layers.Curve(points, color, 1.4, at=at, key=f"raw.{which}.{lane}.{k}", name=f"{which}, not smoothed")
            for k, (at, points) in enumerate(self.path(lane, which, smooth=False))
        ]

    def end(self, lane: int, which: str, color: str, until: float) -> list[layers.Layer]:
        """Return a mark where a curve ends because all that follows is no number."""
        curve, parts = getattr(self.lanes()[lane], which), self.path(lane, which)
        if not parts or np.isfinite(curve.values[-1]) or parts[-1][0][-1] > until:
            return []
        place, name = parts[-1][1][-1], f"{which} is no number from here"
        ring = layers.Points(place[None], color, 7.0, "ring", outline=True, key=f"end.{which}.{lane}", name=name)
        return [ring, layers.Label(place, "nan", color, size=18, side="below")]

    def ribbon(
        self, lane: int, key: str, at: np.ndarray, points: np.ndarray, color: str, until: float, stop: float
    ) -> list[layers.Sheet]:
        """Return a ribbon along points as far as a step, pale after ``stop``, where patience has ended."""
        drawn, name = [], f"{self.lanes()[lane].name}: {key.partition(':')[0]}"
        for part, (begin, end) in enumerate(((at[0], min(stop, until)), (max(stop, at[0]), until))):
            if begin < min(end, at[-1]):
                _, line = shapes.part_of(at, points, begin, min(end, at[-1]))
                look: dict[str, Any] = {"name": name, "key": f"{key}:{part}", "dim": 0.6 * part}
                drawn.append(layers.Sheet(shapes.ribbon(line, BROAD), color=color, every=(0, 0), **look))
        return drawn

    def between(self, lane: int, until: float) -> list[layers.Layer]:
        """Return the gap between training and validation as an upright area."""
        above, below = (TRAIN, GAP) if self.higher else (GAP, TRAIN)  # what is worse in validation has the gap's colour
        look: dict[str, Any] = {"fill": 0.3, "negative": below, "pickable": False}
        drawn: list[layers.Layer] = []
        for (steps, high), (begun, low) in itertools.product(self.path(lane, "validation"), self.path(lane, "train")):
            first, last = max(steps[0], begun[0]), min(steps[-1], begun[-1])
            if first < last:
                at, top = shapes.part_of(steps, high, first, last)
                foot = top.copy()
                foot[:, 2] = np.interp(at, begun, low[:, 2])
                look["key"] = f"gap.{lane}.{len(drawn)}"
                drawn.append(layers.Curve(top, above, 0.0, at=at, area=(first, until), foot=foot, **look))
        return drawn

    def marks(self, lane: int, until: float) -> list[layers.Layer]:
        """Return a run's flag at its best step, the gate where patience ends, and its name."""
        one, told, plot = self.lanes()[lane], self.told(lane), self.plot(lane)
        front, color = lane == self.chosen, "text" if lane == self.chosen else "dim"
        drawn: list[layers.Layer] = []
        best, stop = told["best_epoch"], told["stopped_epoch"]
        if best <= until and (told["best_value"] > 0 or not self.log):
            foot = plot.held(best, told["best_value"])
            drawn += flag(foot, color, words("?n", int(best)) if front else "", f"best.{lane}")
        if front and stop <= until:
            x = plot.world(stop, plot.y[0])
            gate = np.stack([x, x + np.array([0.0, 0.0, 0.9 * HIGH])])
            drawn.append(layers.Lines([gate], "accent", 2.0, dash=(9.0, 5.0), name="Patience ends"))
            drawn.append(layers.Label(gate[1], "stop", "accent", size=18, side="above"))
            look: dict[str, Any] = {"group": "handles", "key": "knob", "name": "Drag: patience follows"}
            drawn.append(layers.Points(x[None], "accent", 7.0, "sphere", outline=True, **look))
        end = np.array([WIDE / 2 + 0.08, plot.world(0, plot.y[0])[1], 0.0])
        if front or len(self.lanes()) <= 4:
            drawn.append(layers.Label(end, one.name, color, size=18, side="right", key=f"name.{lane}"))
        return drawn

    # ------------------------------------------------------------------------------------------------ what it takes
    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the gate, which is dragged along the steps: patience follows."""
        stop = self.told(self.chosen)["stopped_epoch"] if self.show == "curves" else np.nan
        if not stop <= self.until(now):
            return []
        plot = self.plot(self.chosen)
        return [ll.Handle("patience", plot.world(stop, plot.y[0]), LossCurves.drag, plane=0.0)]

    def drag(self, place: tuple[float, float]) -> None:
        """Take the patience that ends at a place."""
        judged, at = self.lanes()[self.chosen].judged, self.plot(self.chosen).data((*place, 0.0))[0]
        self.set("patience", curves.patience_to(judged.values, int(np.abs(judged.steps - at).argmin()), self.higher))

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Tell about the run that is clicked."""
        kind, _, lane = layer.key.partition(":")
        if kind not in ("train", "validation"):
            return False
        self.set("run", int(lane.partition(":")[0]) + 1)
        return True

    # ------------------------------------------------------------------------------------------------ the notes
    def notes(self, until: float) -> list[layers.Note]:
        """Return what the colours are, and the chosen run's best step and gap so far."""
        lane, told = self.lanes()[self.chosen], self.told(self.chosen)
        low, high = self.span()
        kinds = ((lane.train, TRAIN, "training"), (lane.validation, VALIDATION, "validation"))
        rows = [layers.Row(color, name, (words("?", value_at(curve, until)),)) for curve, color, name in kinds if curve]
        notes: list[layers.Note] = [layers.Title(self.title, "", (lane.name,)), *self.faults(), *self.unseen()]
        if self.smoothing:
            average = r"s_t = \dfrac{(1-\beta)\sum_{k=1}^{t} \beta^{\,t-k} v_k}{1 - \beta^{\,t}}"
            notes.append(layers.Formula(average, 22))
        notes.append(layers.Legend(rows, f"{self.series} at {self.unit} {int(until)}"))
        seen = until >= told["best_epoch"]
        best = words("?n", int(told["best_epoch"])) if seen else "..."
        validation, train = (rf"{'A' if self.higher else 'L'}_{{\mathrm{{{part}}}}}" for part in ("val", "train"))
        arg = rf"\operatorname{{arg\,{'max' if self.higher else 'min'}}} {validation if lane.validation else train} ="
        color, at = VALIDATION if lane.validation else TRAIN, told["best_epoch"] if seen else low
        notes.append(layers.Meter(f"Best {self.unit}", arg, at, color, low, high, best))
        if lane.train and lane.validation:
            gap = value_at(curves.gap(lane.train, lane.validation), until)
            most, sign = float(np.diff(self.plot(-1).y)[0]), -1.0 if self.higher else 1.0
            difference = f"{train} - {validation} =" if self.higher else f"{validation} - {train} ="
            notes.append(layers.Meter("The gap", difference, sign * gap, GAP, 0.0, most))
        elif self.smoothing:
            average = Scalars(lane.judged.steps, self.smoothed(lane.judged))
            notes.append(layers.Meter("The average", "s_t =", value_at(average, until), TRAIN, *self.plot(-1).y))
        return notes

    @property
    def unit(self) -> str:
        """What a step is."""
        units = {run.unit for run in self.runs(self.file)} or {"epoch"}
        return units.pop() if len(units) == 1 and not curves.typed(self.series) else "step"

    @ll.kept
    def unseen(self) -> list[layers.Note]:
        """Return which values are not in the picture: those that are no number, are cut, or have no logarithm."""
        values = np.concatenate([curve.values for lane in self.lanes() for curve in lane.curves])
        texts = curves.no_numbers(self.measured()[:MOST_RUNS], self.unit)
        return [layers.Caution(text) for text in texts + curves.outside(values, *self.plot(-1).y, self.log)]

    def faults(self) -> list[layers.Note]:
        """Return how much of the files could not be read, and the first of it."""
        found = [(run.name, one) for run in self.runs(self.file) for one in run.faults]
        if not found:
            return []
        run, first = found[0]
        said = first.partition(": ")[2] or first  # without the file's path, which may be long
        return [layers.Caution(words("?n × not readable, first in ?: ", len(found), run) + said)]

    # ------------------------------------------------------------------------------------------------ the sweep
    @ll.refined(levels=(6, EPOCHS), stale=True)
    def swept(self, epochs: int) -> Generator[object, None, curves.Curves]:
        """Return the curves of networks with rates from 0.0001 to 1, trained side by side."""
        rates = self.rates().tolist()
        return (yield from curves.swept(self.samples, self.noise, rates, epochs, SWEEP_EVERY, self.seed))

    @ll.kept
    def rates(self) -> np.ndarray:
        """Return the rates of the sweep."""
        return np.logspace(LOW, 0, self.networks)

    @ll.kept
    def lowest(self) -> tuple[int, int]:
        """Return the indices of the epoch and the rate with the lowest validation of all."""
        at, rate = np.unravel_index(np.nanargmin(self.swept().val_loss), self.swept().val_loss.shape)
        return int(at), int(rate)

    @ll.kept
    def heights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the surface (rates, epochs, 3), cut above, and the path (epochs, 3) of the best rate at each epoch."""
        found = self.swept()
        loss = np.nan_to_num(found.val_loss.T, nan=np.inf)
        low, high = float(loss.min()), SWEEP_TOP * float(loss.min())
        share = (np.minimum(loss, high) - low) / (high - low)
        if self.log:
            share = np.log(np.minimum(loss, high) / low) / np.log(high / low)
        x = WIDE * (found.steps / found.steps[-1] - 0.5)
        y = SWEEP_DEEP * (np.linspace(0.0, 1.0, self.networks) - 0.5)
        surface = np.stack(np.broadcast_arrays(x, y[:, None], HIGH * share), -1)
        return surface, surface[loss.argmin(axis=0), np.arange(len(x))] + (0.0, 0.0, 0.012)

    def surface(self, now: ll.Now) -> ll.Frame:
        """Return validation over epoch and rate as far as the training has come."""
        (surface, path), found = self.heights(), self.swept()
        last = max(2, 1 + round(min(now.share / DRAWN, 1.0) * (len(found.steps) - 1)))
        shown = surface[:, :last]
        sheet = layers.Sheet(shown, paint=shown[..., 2] / HIGH, every=(5, 6), name="Validation", key="surface")
        drawn: list[layers.Layer] = [sheet, layers.Lines([path[:last]], "text", 3.0, casing=1.4, name="Best rate")]
        at, rate = self.lowest()
        if at < last:
            said = words("loss ?", found.val_loss[at, rate])
            drawn += flag(surface[rate, at], "text", said, "best.sweep", HIGH)
        drawn += self.sweep_axes()
        epoch, loss = int(found.steps[last - 1]), np.nan_to_num(found.val_loss[last - 1], nan=np.inf)
        best, heading = float(self.rates()[loss.argmin()]), words("Its validation at epoch ?n", epoch)
        notes = [
            layers.Title(self.title, "", (words("?n networks, each with its own rate", self.networks),)),
            layers.Formula(tex(r"\eta_{\mathrm{best}} = ?s", best), 36),
            *self.cut(),
            layers.Meter(heading, r"L_{\mathrm{val}} =", float(loss.min()), VALIDATION, 0.0, 3.0),
        ]
        corners = np.array([(x, y, z) for x in (-2.0, 1.9) for y in (-1.5, 1.4) for z in (0.0, HIGH + 0.2)])
        return ll.Frame(drawn, notes, ll.View(-33.0, 44.0, bounds=corners))

    def cut(self) -> list[layers.Note]:
        """Return from which loss on the surface is flat."""
        loss = np.nan_to_num(self.swept().val_loss, nan=np.inf)
        high = SWEEP_TOP * float(loss.min())
        text = words("Losses above ? are cut.", high)
        return [layers.Caution(text)] if loss.max() > high else []

    @ll.kept
    def sweep_axes(self) -> list[layers.Layer]:
        """Return the numbers of epochs and rates on the floor."""
        x, y = WIDE / 2, SWEEP_DEEP / 2
        floor = np.array([(-x, -y, 0.0), (x, -y, 0.0), (x, y, 0.0), (-x, y, 0.0), (-x, -y, 0.0)])
        powers, epochs = np.arange(LOW, 1), np.arange(0, EPOCHS + 1, 50)
        right = [(x + 0.1, SWEEP_DEEP * (0.5 - power / LOW), 0.0) for power in powers]
        front = [(WIDE * (epoch / EPOCHS - 0.5), -y - 0.1, 0.0) for epoch in epochs]
        look: dict[str, Any] = {"size": 17, "bold": False}
        return [
            layers.Lines([floor], "faint", 1.4, pickable=False),
            *layers.Label.each(right, [words("?", 10.0**power) for power in powers], side="right", **look),
            *layers.Label.each(front, [words("?n", epoch) for epoch in epochs], side="below", **look),
            layers.Label((x + 0.6, 0.0, 0.0), "rate", "dim", side="right", **look),
            layers.Label((0.0, -y - 0.4, 0.0), "epoch", "dim", side="below", **look),
        ]


def value_at(curve: Scalars, step: float) -> float:
    """Return a curve's last value up to a step."""
    return float(curve.values[max(int(np.searchsorted(curve.steps, step, "right")) - 1, 0)])


def flag(foot: np.ndarray, color: str, text: str, key: str, high: float = 0.42) -> list[layers.Layer]:
    """Return a flag that stands on a place, with a text above it."""
    top = foot + np.array([0.0, 0.0, high])
    cloth = np.array([top, top + np.array([0.0, 0.0, -0.16]), top + np.array([0.2, 0.0, -0.08])])
    drawn: list[layers.Layer] = [
        layers.Lines([np.stack([foot, top])], color, 2.2, pickable=False, key=f"pole.{key}"),
        layers.Polygon(cloth, color, 0.9, 1.0, depth=True, name="Best", key=f"cloth.{key}", pickable=False),
        layers.Points(foot[None], color, 5.0, "sphere", outline=True, name="Best", key=key),
    ]
    return [*drawn, layers.Label(top, text, color, size=30, side="above")] if text else drawn
