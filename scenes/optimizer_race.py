"""Optimizers race down one landscape from one start, step by step side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

import lossland as ll
from lossland import layers, numerals

FIELD = (  # who runs where nothing else is said; the rates suit Himmelblau's function
    "sgd:lr=0.004;momentum:lr=0.0025,momentum=0.93;rmsprop:lr=0.02;adam:lr=0.35,beta2=0.99;lion:lr=0.12,beta2=0.97"
)
STEPS_PER_SECOND = 16
AHEAD = 4  # steps that a velocity arrow is long
HEAD = 0.03  # radius of a head in the world
COUNTS = ("No optimizer", "One optimizer", "Two optimizers", "Three optimizers", "Four optimizers",
          "Five optimizers", "Six optimizers", "Seven optimizers", "Eight optimizers")  # fmt: skip
AVERAGES = {"m": "accent", "m_hat": "accent", "c": "accent", "v": "eigen2", "v_hat": "eigen2", "v_max": "eigen2",
            "s": "eigen2", "s_hat": "eigen2", "G": "eigen2", "u": "eigen2"}  # fmt: skip
"""One colour for averages of the slope, another for those of its size."""


@dataclass(frozen=True, eq=False)
class Run:
    """One lane's whole run, and the same laid on the ground."""

    points: np.ndarray  # (T+1, 2) in the domain
    values: np.ndarray  # (T+1,)
    path: np.ndarray  # (m, 3) in the world
    progress: np.ndarray  # (m,) iteration numbers along the path
    beads: np.ndarray  # (k, 3) the iterates in the world
    paces: np.ndarray  # (T,) the lengths of the steps in the domain

    def loss(self, step: int) -> str:
        """Return the loss at a step in words."""
        return "off map" if step > self.progress[-1] else numerals.short(float(self.values[step]))


class Words(NamedTuple):
    """What is written at a step: for each running lane its name and loss, and the notes."""

    names: list[str]
    losses: list[str]
    notes: list[layers.Note]


class OptimizerRace(ll.GroundScene):
    """One surface, one start, one coloured trail for each optimizer."""

    name = "optimizer_race"
    title = "Optimizer race"
    chapter = "Optimization"
    rows = ("G5", "L3", "S4")
    lesson = """
Every optimizer here knows the same thing: the **slope under its feet**. None of them sees the map.
What they do with the slope is all that tells them apart.

**Gradient descent** (SGD without noise) takes a step straight downhill, longer where it is steep.
In a narrow valley it bounces from wall to wall and hardly moves along the floor.

**Momentum** remembers. Each step keeps most of the last one, so slopes that keep pointing the same
way add up and slopes that flip cancel. It flies down long valleys, and overshoots at their end.

**RMSprop** and **Adam** measure how large recent slopes were, in x and in y separately, and divide
by that. A steep direction and a gentle one are then walked at the same pace. Adam's very first step
has the length of its rate in both directions, however steep the ground: look at its first bead.

**Lion** asks only for the sign. All its steps are equally long, so it never quite comes to rest:
its loss hums at the end.

There is no winner. **Click anywhere** to start the race there, drag the rates, change the ground:
the order changes each time. That is why rates are tuned.
"""
    formulas = (
        (
            r"\theta_{t+1} = \theta_t - \eta\,\nabla f(\theta_t)",
            "gradient descent: a step against the slope, η its rate",
        ),
        (r"v_t = \mu v_{t-1} + g_t,\quad \theta_{t+1} = \theta_t - \eta v_t", "momentum: μ of the old velocity stays"),
        (
            r"\theta_{t+1} = \theta_t - \eta\, g_t / (\sqrt{v_t} + \epsilon)",
            "RMSprop: divided by the root mean square v of recent slopes",
        ),
        (
            r"\theta_{t+1} = \theta_t - \eta\,\hat m_t / (\sqrt{\hat v_t} + \epsilon)",
            "Adam: averages of slope (m) and square (v), corrected for starting at zero",
        ),
        (r"\theta_{t+1} = \theta_t - \eta\,\mathrm{sign}(c_t)", "Lion: only the sign of a short average c"),
    )
    snippet = r"""
import numpy as np

def gradient(p):                                        # of Himmelblau's function
    x, y = p
    return np.array([4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7),
                     2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7)])

def sgd(g, s, t):
    return -0.004 * g

def momentum(g, s, t):
    s["v"] = 0.93 * s.get("v", 0) + g
    return -0.0025 * s["v"]

def rmsprop(g, s, t):
    s["v"] = 0.99 * s.get("v", 0) + 0.01 * g**2
    return -0.02 * g / (np.sqrt(s["v"]) + 1e-8)

def adam(g, s, t):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.99 * s.get("v", 0) + 0.01 * g**2
    return -0.35 * (s["m"] / (1 - 0.9**t)) / (np.sqrt(s["v"] / (1 - 0.99**t)) + 1e-8)

def lion(g, s, t):
    step = -0.12 * np.sign(0.9 * s.get("m", 0) + 0.1 * g)
    s["m"] = 0.97 * s.get("m", 0) + 0.03 * g
    return step

for rule in (sgd, momentum, rmsprop, adam, lion):
    p, state = np.array([0.3, -4.6]), {}
    for t in range(1, 161):
        p = p + rule(gradient(p), state, t)
        if t == 1:
            print(rule.__name__ + ".first", *p)
    print(rule.__name__ + ".last", *p)
"""
    presets: ClassVar = {
        "himmelblau": {"landscape": "himmelblau"},
        "rosenbrock": {"landscape": "rosenbrock"},
        "beale": {"landscape": "beale"},
        "ackley": {"landscape": "ackley"},
        "rastrigin": {"landscape": "rastrigin"},
        "saddle": {"landscape": "saddle"},
        "styblinski_tang": {"landscape": "styblinski_tang"},
        "noisy": {
            "landscape": "himmelblau",
            "lanes": "sgd:lr=0.004,noise=60;momentum:lr=0.0025,momentum=0.93;adam:lr=0.35,beta2=0.99",
        },
        "adam and its relatives": {
            "landscape": "himmelblau",
            "lanes": "adam:lr=0.3;adamw:lr=0.3,weight_decay=0.05;amsgrad:lr=0.3;nadam:lr=0.3;"
            "adamax:lr=0.3;yogi:lr=0.3;adabelief:lr=0.3",
        },
    }
    staging: ClassVar = {
        "himmelblau": {"domain": (-5.2, 5.2, -5.2, 5.2), "start": (0.3, -4.6), "lanes": FIELD, "steps": 160},
        "rosenbrock": {
            "start": (-1.2, 1.0),
            "steps": 1000,
            "lanes": "sgd:lr=0.001;momentum:lr=0.001;nesterov:lr=0.0001;rmsprop:lr=0.01;adam:lr=0.1",
        },
        "ackley": {
            "start": (-2.4, -3.4),
            "lanes": "sgd:lr=0.1;momentum:lr=0.01;rmsprop:lr=0.1;adam:lr=0.3;lion:lr=0.03,beta2=0.97",
        },
        "rastrigin": {
            "start": (-1.3, -3.4),
            "lanes": "sgd:lr=0.002;momentum:lr=0.005;rmsprop:lr=0.1;adam:lr=0.8;lion:lr=0.1,beta2=0.97",
        },
    }

    start = ll.parameters.Point((0.3, -4.6), label="start", help="Where every lane begins.", hidden=True)
    steps = ll.parameters.Integer(160, 1, 5000, "steps", "How long the race is.", log=True)
    lanes = ll.parameters.Lanes(lambda: FIELD, lambda text: ll.optimizers.optimizer(text))
    selected = ll.parameters.Integer(3, 0, 7, "selected lane", "Whose numbers are shown.", hidden=True)

    # ----------------------------------------------------------------------------------------- following
    def settle(self) -> None:
        """Give a new landscape its own start, and every lane a rate that suits it."""
        self.values["start"] = tuple(map(float, self.land.start))
        self.values["steps"] = 160
        self.values["lanes"] = tuple(
            replace(lane, optimizer=ll.rates.suggested(lane.optimizer, self.land, self.inside(self.start)))
            for lane in self.lanes
        )

    def settle_domain(self) -> None:
        """Keep the start inside."""
        self.values["start"] = self.inside(self.start)

    def newcomer(self, text: str) -> Any:
        """Return a new lane's optimizer, with a rate that suits if the text gives none."""
        optimizer = ll.optimizers.optimizer(text)
        rated = any(setting.partition("=")[0].strip() == "lr" for setting in text.partition(":")[2].split(","))
        return optimizer if rated else ll.rates.suggested(optimizer, self.land, self.inside(self.start))

    @property
    def clock(self) -> ll.Clock:
        """Sixteen steps a second, for not less than 4 and not more than 30 seconds."""
        return ll.Clock(min(max(self.steps / STEPS_PER_SECOND, 4.0), 30.0), self.steps)

    # ------------------------------------------------------------------------------------------ the runs
    def run(self, lane: int) -> Run:
        """Return one lane's whole run; only a lane that changed runs again."""
        optimizer = self.lanes[lane].optimizer
        key = (self.landscape, self.domain, self.start, self.steps, self.seed, optimizer)

        def make() -> Run:
            trajectory = ll.run(self.land, optimizer, start=self.start, steps=self.steps, seed=self.seed)
            points, values = trajectory.points[:, 0], trajectory.values[:, 0]
            path, progress = self.terrain.drape(points)
            seen = points[: int(progress[-1]) + 1]
            beads = self.terrain.world_from_domain(seen, lift=0.008)
            return Run(points, values, path, progress, beads, np.hypot(*np.diff(points, axis=0).T))

        return self.remember(f"run {lane}", key, make)

    @property
    def racing(self) -> list[int]:
        """The numbers of the lanes that take part."""
        return [k for k, lane in enumerate(self.lanes) if lane.enabled]

    def lane_names(self) -> list[str]:
        """Return a name for every lane: its optimizer's, with the rate where two lanes share it."""
        names = [lane.optimizer.title for lane in self.lanes]
        return [
            f"{name} {numerals.short(lane.optimizer.lr)}" if names.count(name) > 1 else name
            for name, lane in zip(names, self.lanes, strict=True)
        ]

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return each lane's place after the first step, now and after the last, and its loss now and last.

        Keys begin with the optimizer's command-line name, numbered where two lanes share it: ``adam``, ``adam_2``.
        """
        step = self.whole_step(time)
        found: dict[str, Any] = {"step": float(step)}
        for k in self.racing:
            run, name = self.run(k), self.lanes[k].name
            same = [other for other in self.racing if self.lanes[other].name == name and other < k]
            key = f"{name}_{len(same) + 1}" if same else name
            found[f"{key}.first"] = run.points[min(1, self.steps)]
            found[f"{key}.now"] = run.points[step]
            found[f"{key}.last"] = run.points[-1]
            found[f"{key}.loss"] = float(run.values[step])
            found[f"{key}.last_loss"] = float(run.values[-1])
        return found

    def whole_step(self, time: float) -> int:
        """Return the last step done at ``time`` seconds."""
        return int(self.step_at(time) + 1e-6)

    # --------------------------------------------------------------------------------------- the picture
    def frame(self, time: float) -> ll.Frame:
        """Return the race as it stands at ``time`` seconds."""
        upto, step = self.step_at(time), self.whole_step(time)
        lanes, runs = self.racing, [self.run(k) for k in self.racing]
        key = (step, self.terrain, self.steps, self.lanes, self.selected, *runs)
        words = self.remember("words", key, lambda: self._words(step, runs))
        drawn: list[layers.Layer] = [
            self.surface,
            self.remember("axes", self.terrain, lambda: layers.Axes(self.terrain)),
        ]
        for place, (k, run) in enumerate(zip(lanes, runs, strict=True)):
            drawn.append(
                layers.Trail(
                    run.path,
                    run.progress,
                    f"optimizer.{self.lanes[k].name}",
                    upto,
                    run.beads,
                    words.names[place] if step >= 1 else "",  # at the start all heads are in one place
                    words.losses[place] if step >= 1 else "",
                    "" if place else "start",
                    key=self.lanes[k].id,
                    name=words.names[place],
                )
            )
        drawn += self._velocities(upto, runs)
        return ll.Frame(drawn, words.notes, self.view)

    def _velocities(self, upto: float, runs: Sequence[Run]) -> list[layers.Layer]:
        """Return an arrow ahead of every head that moves, as long as its next few steps."""
        tails, tips, colors = [], [], []
        step = min(int(upto), self.steps - 1)
        for k, run in zip(self.racing, runs, strict=True):
            if not 0 < upto < run.progress[-1]:
                continue  # still at the start, arrived, or outside
            reach = min(AHEAD * float(run.paces[step]) / self.size, 0.35)
            if not reach > 0.1:
                continue
            now = ll.shapes.point_at(run.path, run.progress, upto)
            along = ll.shapes.point_at(run.path, run.progress, min(upto + 0.2, step + 1.0)) - now
            length = math.hypot(*along)
            if length > 1e-9:
                ahead = along / length
                tails.append(now + HEAD * ahead)
                tips.append(now + (HEAD + reach) * ahead)
                colors.append(f"optimizer.{self.lanes[k].name}")
        return (
            [layers.Arrows(np.array(tails), np.array(tips), colors, 3.0, group="arrows", name="Next steps")]
            if tails
            else []
        )

    def _words(self, step: int, runs: Sequence[Run]) -> Words:
        """Return all that is written at a step: nothing of it changes between two steps."""
        named = self.lane_names()
        names, losses = [named[k] for k in self.racing], [run.loss(step) for run in runs]
        rows = [
            layers.Row(f"optimizer.{lane.name}", name, (numerals.short(lane.optimizer.lr), loss))
            for lane, name, loss in zip((self.lanes[k] for k in self.racing), names, losses, strict=True)
        ]
        notes: list[layers.Note] = [
            self.caption(f"{COUNTS[len(runs)]} from one start, {step} steps"),
            layers.Legend(rows, columns=("rate", "loss")),
            layers.ColorBar(self.terrain),
            self._chart(step, named),
        ]
        if step >= 1 and self.selected in self.racing:
            notes.append(self._equations(step))
        return Words(names, losses, notes)

    def _chart(self, step: int, names: list[str]) -> layers.Chart:
        """Return the loss of every lane over all steps; above the least one where losses fall below zero."""
        runs = [self.run(k) for k in self.racing]

        def make() -> tuple[str, list[layers.Series]]:
            seen = np.concatenate([run.values[: int(run.progress[-1]) + 1] for run in runs] or [np.zeros(1)])
            seen = seen[np.isfinite(seen)]
            lowest = float(seen.min(initial=0.0))
            floor = max(1e-12, 1e-9 * float(seen.max(initial=lowest)) - 1e-9 * lowest)
            steps = np.arange(self.steps + 1, dtype=float)
            series = []
            for k, run in zip(self.racing, runs, strict=True):
                height = np.where(run.values < lowest, np.nan, np.maximum(run.values - lowest, floor))
                lane = self.lanes[k]
                series.append(layers.Series(names[k], f"optimizer.{lane.name}", steps, height, lane.id))
            return ("Loss above the lowest" if lowest < 0 else "Loss"), series

        ids = tuple(self.lanes[k].id for k in self.racing)
        title, series = self.remember("chart", (tuple(runs), tuple(names), ids), make)
        return layers.Chart(title, series, log_y=True, now=float(step), x_label="step")

    def _equations(self, step: int) -> layers.Equations:
        """Return the selected lane's rule with its numbers at a step."""
        optimizer = self.lanes[self.selected].optimizer
        own = f"optimizer.{optimizer.name}"
        colors = AVERAGES | {"step": own}
        rows = ll.explain.explain(optimizer, self.land, self.start, step, self.seed, colors)
        return layers.Equations(
            f"{optimizer.title}, step {step}",
            rows=[
                (row.latex, [numerals.short(value) for value in row.values], colors.get(row.name, "text"))
                for row in rows
            ],
        )

    # ------------------------------------------------------------------------------------------ dragging
    def handles(self, time: float) -> Sequence[ll.Handle]:
        """Return the start."""
        place = tuple(map(float, self.terrain.world_from_domain(np.array(self.start), lift=0.012)))
        return [ll.Handle("start", place, lambda scene, position: scene.set("start", scene.inside(position)))]

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Select the lane whose trail was clicked."""
        lane = next((k for k in self.racing if self.lanes[k].id == layer.key), -1)
        if lane >= 0:
            self.set("selected", lane)
        return lane >= 0

    def click(self, position: tuple[float, float]) -> bool:
        """Start the race where the ground was clicked."""
        self.set("start", self.inside(position))
        return True
