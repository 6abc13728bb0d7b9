"""The base of every scene in which optimizers race: lanes on one landscape, and the usual views of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lossland import optimizers, userfiles
from lossland.compute import trajectory
from lossland.compute.explain import explain
from lossland.optimizers import Optimizer, rates
from lossland.scenery.clock import Clock, Now
from lossland.scenery.ground import GroundScene
from lossland.scenery.kept import kept
from lossland.scenery.parameters import Choice, GroundPoint, Integer, Lane, Lanes
from lossland.world.layers import Array, Arrows, Chart, Equations, Layer, Legend, Row, Series, Trail
from lossland.world.phrases import words

FIELD = (  # the default lanes; the rates suit Himmelblau's function
    "sgd:lr=0.004;momentum:lr=0.0025,momentum=0.93;rmsprop:lr=0.02;adam:lr=0.35,beta2=0.99;lion:lr=0.12,beta2=0.97"
)
STEPS = 160  # of a race on a new landscape
AHEAD = 4  # length of a velocity arrow in steps
SHORTEST, LONGEST = 0.1, 0.35  # of these arrows, in the world; shorter ones are not drawn
HEAD = 0.03  # radius of a head in the world
TERMS = {"m": "accent", "m_hat": "accent", "c": "accent", "v": "eigen2", "v_hat": "eigen2", "v_max": "eigen2",
         "s": "eigen2", "s_hat": "eigen2", "G": "eigen2", "u": "eigen2"}  # fmt: skip
"""Colours of a rule's terms: one for averages of the gradient, another for those of its magnitude."""


@dataclass(frozen=True, eq=False)
class Run:
    """Where one optimizer was after 0, 1, ... T steps: ``points`` (T+1, 2) and their ``values`` (T+1,)."""

    points: Array
    values: Array

    @cached_property
    def paces(self) -> Array:
        """The lengths of the steps, (T,)."""
        return np.hypot(*np.diff(self.points, axis=0).T)


@dataclass(frozen=True, eq=False)
class Racer:
    """A lane that takes part, and its run. ``index`` is the lane's among all lanes."""

    lane: Lane
    index: int
    name: str  # in the picture: its optimizer's, with the rate where two lanes share it
    key: str  # of readouts: its optimizer's command-line name, numbered where two share it: adam, adam_2
    run: Run

    @property
    def color(self) -> str:
        """The lane's role in the theme."""
        return self.lane.color


class Rule(Choice):
    """An optimizer without its settings, which are separate parameters: a name, or a class in a user's file."""

    def __init__(self, default: str, label: str = "", help: str = "") -> None:
        super().__init__(default, optimizers.names, label, help)

    def heading(self, option: str) -> str:
        """Return an optimizer's family."""
        return type(optimizers.optimizer(option)).family.capitalize()

    def check(self, value: Any) -> str:
        """Accept a name, a class, or the text that names one in a file."""
        if isinstance(value, str) and userfiles.named(value) is None:
            return super().check(value)
        rule = optimizers.traced(value)
        if rule != type(rule)() or rates.rate_of(rule) is None:
            raise self.refuse(value, "an optimizer with a rate lr, given without its settings")
        return rule.text


class RaceScene(GroundScene):
    """A scene in which optimizers run from one start. ``racers`` are those that take part.

    A new landscape has its own start, and every lane gets a suitable rate. Only a changed lane runs again. A subclass
    composes its picture from ``trails``, ``velocities``, ``legend``, ``chart`` and ``equations``.
    """

    low_hills = True
    start = GroundPoint((0.3, -4.6), label="start", help="Where every lane begins.", click=True)
    steps = Integer(STEPS, 1, 5000, "steps", "How long the race is.", log=True)
    lanes = Lanes(lambda: FIELD, optimizers.traced)
    selected = Integer(3, 0, 11, "selected lane", "Whose numbers are shown.", hidden=True)
    clock = Clock.paced(steps, per_second=16, least=4, most=30)

    # ----------------------------------------------------------------------------------------- following
    def set(self, name: str, value: object) -> None:
        """Change one parameter. A lane given as a text or a class without a rate gets a suitable one."""
        if name == "lanes":
            value = [self._joining(item) for item in Lanes.items(value)]
        super().set(name, value)

    def settle(self) -> None:
        """Reset the start to the new landscape's, and every lane to a suitable rate."""
        super().settle()
        self.values["steps"] = STEPS
        self.values["lanes"] = tuple(replace(lane, optimizer=self._suited(lane.optimizer)) for lane in self.lanes)

    def newcomer(self, text: str) -> Optimizer:
        """Return a new lane's optimizer, with a suitable rate if the text gives none."""
        optimizer = optimizers.traced(text)
        settings = text.rpartition(":")[2].split(",")
        rated = any(setting.partition("=")[0].strip() == "lr" for setting in settings)
        return optimizer if rated else self._suited(optimizer)

    def _joining(self, item: object) -> object:
        if isinstance(item, str):
            return self.newcomer(item)
        return self._suited(optimizers.traced(item)) if isinstance(item, type) else item

    def _suited(self, optimizer: Optimizer) -> Optimizer:
        return rates.suggested(optimizer, self.land, self.inside(self.start))

    # ------------------------------------------------------------------------------------------ the runs
    @kept
    def run(self, optimizer: Optimizer) -> Run:
        """Return an optimizer's whole run from the start."""
        path = trajectory.run(self.land, optimizer, start=self.start, steps=self.steps, seed=self.seed)
        return Run(path.points[:, 0], path.values[:, 0])

    @kept
    def racers(self) -> list[Racer]:
        """Return the lanes that take part, with their runs."""
        found: list[Racer] = []
        for index, (lane, name) in enumerate(zip(self.lanes, self.lane_names(), strict=True)):
            if lane.enabled:
                number = 1 + sum(racer.lane.name == lane.name for racer in found)
                key = lane.name if number == 1 else f"{lane.name}_{number}"
                found.append(Racer(lane, index, name, key, self.run(lane.optimizer)))
        return found

    def lane_names(self) -> list[str]:
        """Return a name for every lane: its optimizer's, with the rate where two lanes share it."""
        names = [lane.optimizer.title for lane in self.lanes]
        return [
            words(f"{name} ?", rate) if names.count(name) > 1 and (rate := rates.rate_of(lane.optimizer)) else name
            for name, lane in zip(names, self.lanes, strict=True)
        ]

    # --------------------------------------------------------------------------------------- the picture
    def trails(self, now: Now) -> list[Trail]:
        """Return every racer's path so far."""
        return [trail.until(now.step) for trail in self._trails_of(now.whole)]

    @kept
    def _trails_of(self, step: int) -> list[Trail]:
        """Return every racer's path up to a step. At the start all heads coincide, and have no labels."""
        drawn: list[Trail] = []
        for racer in self.racers():
            label, ring = racer.name if step >= 1 else "", "" if drawn else "start"
            look = {"start": ring, "key": racer.lane.id, "name": racer.name, "label": label, "values": racer.run.values}
            drawn.append(Trail.on(self.terrain, racer.run.points, step, racer.color, **look))
        return drawn

    def velocities(self, trails: Sequence[Trail], now: Now) -> list[Arrows]:
        """Return an arrow ahead of every moving head, as long as its next few steps: where noise does not turn them."""
        step, size = min(int(now.step), self.steps - 1), self.size
        ahead = [0 if racer.lane.optimizer.stochastic else AHEAD for racer in self.racers()]
        reach = [n * float(racer.run.paces[step]) / size for n, racer in zip(ahead, self.racers(), strict=True)]
        lengths = [min(length, LONGEST) if length > SHORTEST else 0.0 for length in reach]
        none = np.zeros((0, 3))  # an empty layer before the first step and after the last, so that the switch stays
        arrows = Arrows.ahead(trails, lengths, HEAD, width=3.0, group="arrows", name="Next steps")
        return arrows or [Arrows(none, none, "text", group="arrows", name="Next steps")]

    def legend(self, step: int) -> Legend:
        """Return a table with a row for every racer: its name, its rate and its loss at a step."""
        rows = []
        for racer in self.racers():
            on_map = self.terrain.laid(racer.run.points).is_inside(step)
            loss = float(racer.run.values[step]) if on_map else "left map"
            rows.append(Row(racer.color, racer.name, (rates.rate_of(racer.lane.optimizer) or "", loss)))
        return Legend(rows, columns=("rate", "loss"))

    def chart(self, step: int) -> Chart:
        """Return the loss of every racer over all steps; relative to the lowest one if losses are negative."""
        title, series = self._losses()
        return Chart(title, series, log_y=True, now=float(step), x_label="step")

    @kept
    def _losses(self) -> tuple[str, list[Series]]:
        on_map = [racer.run.values[: len(self.terrain.laid(racer.run.points).beads)] for racer in self.racers()]
        seen = np.concatenate([np.zeros(0), *on_map])
        seen = seen[np.isfinite(seen)]
        lowest = float(seen.min(initial=0.0))
        floor = max(1e-12, 1e-9 * float(seen.max(initial=lowest)) - 1e-9 * lowest)
        steps, series = np.arange(self.steps + 1.0), []
        for racer in self.racers():
            values = racer.run.values
            height = np.where(values < lowest, np.nan, np.maximum(values - lowest, floor))
            series.append(Series(racer.name, racer.color, steps, height, racer.lane.id))
        return ("Loss above the lowest" if lowest < 0 else "Loss"), series

    def equations(self, step: int) -> list[Equations]:
        """Return the selected racer's rule with its numbers at a step; at the start, at the one to come."""
        selected = min(self.selected, len(self.lanes) - 1)  # a preset may have fewer lanes
        racer = next((racer for racer in self.racers() if racer.index == selected), None)
        if racer is None:
            return []
        step = max(step, 1)
        colors, optimizer = TERMS | {"step": racer.color}, racer.lane.optimizer
        rows = explain(optimizer, self.land, self.start, step, self.seed, colors)
        lines = [(row.latex, row.values, colors.get(row.name, "text")) for row in rows]
        return [Equations(f"{optimizer.title}, step {step}", rows=lines)]

    def pick(self, layer: Layer, element: int) -> bool:
        """Select the racer whose trail was clicked."""
        racer = next((racer for racer in self.racers() if racer.lane.id == layer.key), None)
        if racer is not None:
            self.set("selected", racer.index)
        return racer is not None
