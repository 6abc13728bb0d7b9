"""Training and validation: where a network stops learning what holds and begins to learn its examples by heart."""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import charts, layers, parameters, plots, shapes, signs, tex, words
from lossland.models import curves
from lossland.models.runs import RecordedRun, Scalars

TRAIN, VALIDATION, GAP = "optimizer.momentum", "area", "up"  # colours
EPOCHS = 150  # of the small training
LOW, SWEEP_EVERY = -4, 3  # of the sweep: the lowest rate as a power of ten, and how often its networks are judged
TOP = 3.0  # how many times the lowest loss is shown of a landscape
WIDE, HIGH, PITCH = 3.4, 1.5, 0.62  # of a run's curves, and from one run to the next, world
BROAD = 0.2  # width of a ribbon
MOST_RUNS = 12  # that are drawn
CELLS = 41  # of the landscape along each side
DRAWN = 0.86  # share of the scene after which all is drawn

USED_BY = {"networks": "sweep", **dict.fromkeys(("series", "compare", "run", "smoothing", "patience"), "curves")}
TRAINED = ("compare", "noise", "samples")  # what the small training alone is made of
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
        "over the landscape": {"show": "landscape"},
    }

    file = parameters.Text("", None, "run", "A run's file or a folder of runs; empty: a small training.", hidden=True)
    series = parameters.Text("loss", None, "curve", "Which curve is shown, such as loss; or numbers: 1, 2, 3.")
    show = parameters.Choice("curves", ("curves", "sweep", "landscape"), "show", "Runs, many rates, or one's way.")
    compare = parameters.Choice("noise", ("one", "noise", "samples"), "compare", "What differs between the runs.")
    run = parameters.Integer(1, 1, MOST_RUNS, "run", "Told about, from the back.", most=lambda scene: scene.count())
    noise = parameters.Number(0.2, 0.0, 0.5, "wrong labels", "Share of the training's samples with a wrong label.")
    samples = parameters.Integer(100, 20, 400, "samples", "How many digits the network is trained on.")
    smoothing = parameters.Number(0.0, 0.0, 0.99, r"smoothing $\beta$", "How much of the average is kept at a step.")
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

    def has_control(self, name: str) -> bool:
        """Show what the picture uses."""
        if self.show != "curves":
            return self.show == USED_BY.get(name, self.show)
        return name != "networks" and (self.trains() or name not in TRAINED) and (self.count() > 1 or name != "run")

    def has_preset(self, name: str) -> bool:
        """Hide presets that only change the small training, where a file is shown."""
        return not self.file or bool(self.presets[name].keys() - TRAINED)

    def trains(self) -> bool:
        """Whether the curves are those of the small training."""
        return not self.file and not curves.typed(self.series)

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
        return len(curves.compared(self.compare, self.noise, self.samples)) if self.trains() else len(self.lanes())

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

    def called(self, pair: curves.Pair) -> str:
        """Return the name of a run where it stands alone: a share of wrong ones is one of labels."""
        return f"{pair.name} labels" if pair.name.endswith("% wrong") else pair.name

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
        if self.show == "landscape":
            pair = self.alone()
            told = curves.verdict(pair, self.patience) | {"share": self.way().share}
            return {"smoothed": self.smoothed(pair.judged), "runs": 1.0} | told
        lane = self.lanes()[self.chosen]
        return {"smoothed": self.smoothed(lane.judged), "runs": float(len(self.lanes()))} | self.told(self.chosen)

    # ------------------------------------------------------------------------------------------------ where it stands
    @property
    def front(self) -> float:
        """The y of the floor's edge in front of all lanes."""
        return -PITCH * len(self.lanes()) / 2

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
        if self.show != "curves":
            return self.sweep(now) if self.show == "sweep" else self.landscape(now)
        drawn, until = [*self.standing()], self.until(now)
        for k in range(len(self.lanes())):
            drawn += self.ribbons(k).layers(until) + self.marks(k, until)
        return ll.Frame(drawn, self.notes(until), ll.View(-63.0, 23.0, bounds=self.bounds()))

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of all lanes, with room for the names at their ends."""
        deep = PITCH * (len(self.lanes()) - 1) / 2
        return shapes.box((-WIDE / 2 - 0.2, -deep - 0.35, 0.0), (WIDE / 2 + 0.5, deep + 0.4, HIGH + 0.2))

    @ll.kept
    def standing(self) -> list[layers.Layer]:
        """Return what stands still: the wall behind with the values, the floor with the steps."""
        return charts.room(self.plot(-1), self.front, self.unit)

    @ll.kept(most=MOST_RUNS)
    def ribbons(self, lane: int) -> charts.RunRibbons:
        """Return the curves of a run as ribbons in its lane."""
        pair = self.lanes()[lane]
        shown = {k: np.where(np.isfinite(one.values), self.smoothed(one), np.nan) for k, one in pair.named.items()}
        stop = float(np.nan_to_num(self.told(lane)["stopped_epoch"], nan=np.inf))
        gap = (TRAIN, GAP) if self.higher else (GAP, TRAIN)  # what is worse in validation has the gap's colour
        colors = {"train": TRAIN, "validation": VALIDATION}
        return charts.RunRibbons(self.plot(lane), pair, shown, self.smoothing > 0, stop, colors, gap, lane, BROAD)

    def marks(self, lane: int, until: float) -> list[layers.Layer]:
        """Return a run's flag at its best step, the gate where patience ends, and its name."""
        one, told, plot = self.lanes()[lane], self.told(lane), self.plot(lane)
        front, color = lane == self.chosen, "text" if lane == self.chosen else "dim"
        drawn: list[layers.Layer] = []
        best, stop = told["best_epoch"], told["stopped_epoch"]
        if best <= until and (told["best_value"] > 0 or not self.log):
            foot = plot.held(best, told["best_value"])
            drawn += charts.flag(foot, color, words("?n", int(best)) if front else "", f"best.{lane}")
        if front and stop <= until:
            x = plot.world(stop, plot.y[0])
            gate, foot = np.stack([x, x + np.array([0.0, 0.0, 0.9 * HIGH])]), np.stack([x, (x[0], self.front, 0.0)])
            drawn.append(layers.Lines([gate, foot], "accent", 2.0, dash=(9.0, 5.0), name="Patience ends"))
            drawn.append(layers.Label(gate[1], "stop", "accent", size=18, side="above"))
            drawn.append(layers.Points(foot[1:], "accent", 7.0, "sphere", outline=True, group="handles", key="knob",
                                       name="Drag: patience follows"))  # fmt: skip
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
        x = float(self.plot(self.chosen).world(stop, self.plot(self.chosen).y[0])[0])
        return [ll.Handle("patience", (x, self.front, 0.0), LossCurves.drag, plane=0.0)]

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
        alone = not lane.validation and bool(curves.typed(self.series))  # numbers that nobody trained on
        kinds = ((lane.train, TRAIN, lane.name if alone else "training"), (lane.validation, VALIDATION, "validation"))
        rows = [layers.Row(color, name, (words("?", curve.at(until)),)) for curve, color, name in kinds if curve]
        notes: list[layers.Note] = [layers.Title(self.title, "", (self.called(lane),)), *self.unseen()]
        if self.smoothing:
            average = r"s_t = \dfrac{(1-\beta)\sum_{k=1}^{t} \beta^{\,t-k} v_k}{1 - \beta^{\,t}}"
            notes.append(layers.Formula(average, 22))
        last = min(until, max(float(curve.steps[-1]) for curve in lane.curves))
        notes.append(layers.Legend(rows, f"{self.series} at {self.unit} {int(last)}"))
        seen = until >= told["best_epoch"]
        best = words("?n", int(told["best_epoch"])) if seen else "..."
        validation, train = (rf"{'A' if self.higher else 'L'}_{{\mathrm{{{part}}}}}" for part in ("val", "train"))
        judged = "v" if alone else validation if lane.validation else train
        arg = rf"\operatorname{{arg\,{'max' if self.higher else 'min'}}} {judged} ="
        color, at = VALIDATION if lane.validation else TRAIN, told["best_epoch"] if seen else low
        notes.append(layers.Meter(f"Best {self.unit}", arg, at, color, low, high, best))
        if lane.train and lane.validation:
            gap = curves.gap(lane.train, lane.validation).at(until)
            most, sign = float(np.diff(self.plot(-1).y)[0]), -1.0 if self.higher else 1.0
            difference = f"{train} - {validation} =" if self.higher else f"{validation} - {train} ="
            notes.append(layers.Meter("The gap", difference, sign * gap, GAP, 0.0, most))
        elif self.smoothing:
            average = Scalars(lane.judged.steps, self.smoothed(lane.judged))
            notes.append(layers.Meter("The average", "s_t =", average.at(until), TRAIN, *self.plot(-1).y))
        return notes

    @property
    def unit(self) -> str:
        """What a step is."""
        units = {run.unit for run in self.runs(self.file)} or {"epoch"}
        return units.pop() if len(units) == 1 and not curves.typed(self.series) else "step"

    @ll.kept
    def unseen(self) -> list[layers.Note]:
        """Return which values are not in the picture: not read, no number, cut, or without a logarithm."""
        values = np.concatenate([curve.values for lane in self.lanes() for curve in lane.curves])
        texts = [self.unread(), *curves.no_numbers(self.measured()[:MOST_RUNS], self.unit)]
        texts += curves.outside(values, *self.plot(-1).y, self.log)
        return [layers.Caution(text) for text in texts if text]

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
    def swept_ground(self) -> ll.Terrain:
        """Return validation over the epoch and the power of ten of the rate."""
        found = self.swept()
        return self.ground_of(found.steps.astype(float), np.log10(self.rates()), found.val_loss.T)

    @ll.kept
    def best_rates(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the best rate of each epoch as a path (T, 2) on that ground, and its validation (T,)."""
        found = self.swept()  # at first all networks are the same, and none is the best
        loss = np.nan_to_num(found.val_loss[1:], nan=np.inf)
        return np.column_stack([found.steps[1:], np.log10(self.rates()[loss.argmin(axis=1)])]), loss.min(axis=1)

    def sweep(self, now: ll.Now) -> ll.Frame:
        """Return validation over epoch and rate, and the best rate of each epoch so far."""
        found, (path, values), ground = self.swept(), self.best_rates(), self.swept_ground()
        at, _ = self.lowest()
        step, drawn = self.along(ground, path, values, max(at - 1, 0), now)
        epoch, best = int(path[int(step), 0]), float(10 ** path[int(step), 1])
        heading = words("Its validation at epoch ?n", epoch)
        notes = [
            layers.Title(self.title, "", (words("?n networks, each with its own rate", self.networks),)),
            layers.Formula(tex(r"\eta_{\mathrm{best}} = ?s", best), 36),
            *self.cut(found.val_loss),
            layers.Meter(heading, r"L_{\mathrm{val}} =", values[int(step)], VALIDATION, 0.0, 3.0),
            layers.ColorBar(ground, "log10 validation" if self.log else "validation"),
        ]  # fmt: skip
        axes = layers.Axes(ground, x=r"\text{epoch}", y=r"\log_{10}\eta")
        return ll.Frame([layers.Surface(ground), axes, *drawn], notes, ll.View(-120.0, 42.0, bounds=ground.bounds))

    # ------------------------------------------------------------------------------------------------ the landscape
    @ll.refined(levels=(9, CELLS), stale=True)
    def way(self, cells: int) -> Generator[object, None, curves.Way]:
        """Return the way of the small training over validation's landscape."""
        return (yield from curves.way(self.samples, self.noise, EPOCHS, cells, self.seed))

    @ll.kept
    def way_ground(self) -> ll.Terrain:
        """Return that landscape."""
        return self.ground_of(self.way().x, self.way().y, self.way().loss)

    def landscape(self, now: ll.Now) -> ll.Frame:
        """Return the landscape of validation, the training on its way over it, and its curves in step with it."""
        way, ground, pair = self.way(), self.way_ground(), self.alone()
        assert pair.train is not None
        assert pair.validation is not None
        best = curves.best(pair.validation.values)
        step, drawn = self.along(ground, way.path, pair.validation.values, best, now)
        kinds = (("training", TRAIN, pair.train), ("validation", VALIDATION, pair.validation))
        rows = [layers.Row(color, name, (words("?", curve.values[int(step)]),)) for name, color, curve in kinds]
        series = [layers.Series(name, color, curve.steps.astype(float), curve.values) for name, color, curve in kinds]
        said = words("Validation in a plane with ?n % of the path's variance", 100 * way.share)
        notes = [
            layers.Title(self.title, "", (self.called(pair), said)),
            *self.cut(way.loss),
            layers.Legend(rows, f"loss at epoch {int(step)}"),
            layers.Chart("Loss", series, now=step, x_label="epoch"),
            layers.ColorBar(ground, "log10 validation" if self.log else "validation"),
        ]
        axes = layers.Axes(ground, x=r"\alpha", y=r"\beta")
        return ll.Frame([layers.Surface(ground), axes, *drawn], notes, ll.View(-60.0, 42.0, bounds=ground.bounds))

    @ll.kept
    def alone(self) -> curves.Pair:
        """Return the curves of the training whose landscape is shown."""
        (name, noise, samples), *_ = curves.compared("one", self.noise, self.samples)
        *_, found = curves.digits_training(samples, noise, epochs=EPOCHS, seed=self.seed)
        (pair,) = curves.of_runs([RecordedRun(name, found.named())], "loss")
        return pair

    def ground_of(self, x: np.ndarray, y: np.ndarray, loss: np.ndarray) -> ll.Terrain:
        """Return losses (ny, nx) as a ground, cut above."""
        shown = np.minimum(np.nan_to_num(loss, nan=np.inf), TOP * np.nanmin(loss))
        return ll.Terrain(x, y, np.log10(shown) if self.log else shown, 0.62, 0.52)

    def cut(self, loss: np.ndarray) -> list[layers.Note]:
        """Return from which loss on a ground is flat."""
        high = TOP * float(np.nanmin(loss))
        return [layers.Caution(words("Losses above ? are cut.", high))] if not np.nanmax(loss) <= high else []

    def along(
        self, ground: ll.Terrain, path: np.ndarray, values: np.ndarray, best: int, now: ll.Now
    ) -> tuple[float, list[layers.Layer]]:
        """Return the step to which a path (T, 2) on a ground has come, and its trail, with a flag at its best step."""
        step = (len(path) - 1) * min(now.share / DRAWN, 1.0)
        drawn: list[layers.Layer] = [layers.Trail.on(ground, path, step, "text", values=values, key="way", name="Way")]
        if best <= step:
            foot = ground.world_from_domain(path[best], 0.0)
            drawn += charts.flag(foot, "text", words("loss ?", values[best]), "best", 0.5)
        return step, drawn
