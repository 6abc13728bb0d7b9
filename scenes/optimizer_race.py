"""Optimizers race down one landscape from one start, step by step side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import lossland as ll
from lossland import layers, signs

COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


class OptimizerRace(ll.RaceScene):
    """One surface, one start, one coloured trail for each optimizer."""

    name = "optimizer_race"
    title = "Optimizer race"
    chapter = "Optimization"
    rows = ("G5", "L3", "S4")
    sign = (
        signs.Line([(0.10, 0.16), (0.34, 0.26), (0.52, 0.48), (0.80, 0.66)], "optimizer.momentum", 1.9),
        signs.Line([(0.10, 0.16), (0.20, 0.44), (0.40, 0.62), (0.54, 0.84)], "optimizer.adam", 1.9),
        signs.Line([(0.10, 0.16), (0.46, 0.14), (0.72, 0.28)], "optimizer.lion", 1.9),
        signs.Dot((0.80, 0.66), 2.6, "optimizer.momentum"),
        signs.Dot((0.54, 0.84), 2.6, "optimizer.adam"),
        signs.Dot((0.74, 0.29), 2.6, "optimizer.lion"),
    )
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
        "himmelblau": {
            "domain": (-5.2, 5.2, -5.2, 5.2),
            "start": (0.3, -4.6),
            "lanes": ll.race.FIELD,
            "steps": 160,
        },
        "rosenbrock": {
            "start": (-1.2, 1.0),
            "steps": 1000,
            "lanes": "sgd:lr=0.001;momentum:lr=0.001;nesterov:lr=0.0001;rmsprop:lr=0.01;adam:lr=0.1",
        },
        "saddle": {"steps": 64},
        "ackley": {
            "start": (-2.4, -3.4),
            "lanes": "sgd:lr=0.1;momentum:lr=0.01;rmsprop:lr=0.1;adam:lr=0.3;lion:lr=0.03,beta2=0.97",
        },
        "rastrigin": {
            "start": (-1.3, -3.4),
            "steps": 100,
            "lanes": "sgd:lr=0.002;momentum:lr=0.005;rmsprop:lr=0.1;adam:lr=0.8;lion:lr=0.1,beta2=0.97",
        },
    }

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return each lane's place after the first step, now and after the last, and its loss now and last."""
        found: ll.Readouts = {"step": float(now.whole)}
        for racer in self.racers():
            points, values = racer.run.points, racer.run.values
            found |= {
                f"{racer.key}.first": points[min(1, self.steps)],
                f"{racer.key}.now": points[now.whole],
                f"{racer.key}.last": points[-1],
                f"{racer.key}.loss": float(values[now.whole]),
                f"{racer.key}.last_loss": float(values[-1]),
            }
        return found

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the race as it stands: a trail for every lane, and the velocities of the heads."""
        trails = self.trails(now)
        return self.on_ground([*trails, *self.velocities(trails, now)], self.notes(now.whole))

    @ll.kept
    def notes(self, step: int) -> Sequence[layers.Note]:
        """Return all that is written at a step: nothing of it changes between two steps."""
        count = len(self.racers())
        field = f"{COUNTS[count]} optimizer{'s' if count > 1 else ''}"
        noisy = [f"{racer.name} sees noisy slopes" for racer in self.racers() if racer.lane.optimizer.stochastic]
        return [
            self.caption(f"{field} from one start, {step} steps", *noisy[:2]),
            self.legend(step),
            self.chart(step),
            *self.equations(step),
        ]
