"""Valleys, saddles, minima: what landscapes are made of, found and sorted by their curvature."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, level_points, parameters, signs, tex
from lossland.models import critical_points as critical


class LandscapeZoo(ll.GroundScene):
    """A landscape with its critical points, and a ball that is dropped on it."""

    name = "landscape_zoo"
    title = "Valleys, saddles, minima"
    chapter = "Optimization"
    rows = ("L1", "L2", "L3", "L4", "L5", "S2")
    sign = signs.rings((0.42, "accent"), (0.29, "dim"), (0.16, "grid"))
    presets: ClassVar = {
        "himmelblau": {"landscape": "himmelblau", "steps": 36},
        "bowl": {"landscape": "bowl", "steps": 24},
        "ravine": {"landscape": "rosenbrock", "rate": 0.001, "steps": 2000},
        "saddle": {"landscape": "saddle", "steps": 90},
        "monkey saddle": {"landscape": "monkey_saddle"},
        "beale": {"landscape": "beale"},
        "styblinski_tang": {"landscape": "styblinski_tang", "steps": 25},
        "camel": {"landscape": "six_hump_camel", "steps": 30},
        "rastrigin": {"landscape": "rastrigin", "steps": 12},
        "plateau": {"landscape": "plateau", "steps": 180},
        "cliff": {"landscape": "cliff", "rate": 0.44, "steps": 30},
        "curvature": {"landscape": "himmelblau", "steps": 36, "paint": "smallest curvature"},
        "morph": {"landscape": "himmelblau", "morph": "rastrigin"},
    }
    staging: ClassVar = {
        "saddle": {"ball": (0.9, 1e-6), "rate": 0.1},
        "monkey_saddle": {"ball": (0.9, 0.02), "rate": 0.02},  # in the middle it would hardly move
        "beale": {"ball": (-2.0, -1.0), "rate": 0.006},  # from its saddle it would hardly move
        "himmelblau": {"domain": (-5.2, 5.2, -5.2, 5.2), "ball": (-0.08, -1.92), "rate": 0.004},
    }
    low_hills = True
    views: ClassVar = {"rosenbrock": (-75.0, 50.0)}

    landscape = ll.ground.landscape("himmelblau")
    paint = parameters.Choice(
        "height", ("height", "smallest curvature", "largest curvature"), "colour", "What the ground's colour means."
    )
    relief_kind = parameters.Choice("auto", ("auto", "straight", "log"), "height", "How heights follow values.")
    cut = parameters.Toggle(False, "cut", "Cut through the ball along x, and show the profile.")
    ball = parameters.GroundPoint(
        (-0.08, -1.92), help="Where the ball is dropped.", click=True, shown=lambda scene: scene.morph == "none"
    )
    rate = parameters.Number(0.004, 1e-6, 10.0, r"rate $\alpha$", "The ball's learning rate.", log=True)
    steps = parameters.Integer(120, 1, 2000, "steps", "How long the ball rolls.", log=True)
    morph = parameters.Choice("none", lambda: ("none", *ll.landscapes.names()), "morph into", "What to turn into.")

    @property
    def clock(self) -> ll.Clock:  # pyright: ignore[reportIncompatibleVariableOverride]  # two kinds of pictures
        """Twelve steps a second, for 6 to 30 seconds; 8 seconds for a morph."""
        return ll.Clock(8.0) if self.morph != "none" else ll.Clock.paced(self.steps, 12, 6.0, 30.0)

    @property
    def still_time(self) -> float:
        """The end; of a morph the middle, where both landscapes are in the picture."""
        return self.clock.seconds * (0.5 if self.morph != "none" else 1.0)

    def settle(self) -> None:
        """Drop the ball beside a saddle if there is one, with a rate that suits the landscape."""
        super().settle()
        saddles = [point for point in self.critical() if point.kind == "saddle"]
        if len(saddles) <= level_points.FEW and (near := critical.nearest(saddles, self.ball)):
            self.values["ball"] = self.inside(tuple(near.position + 0.02 * self.size))
        rate = ll.rates.suggested_rate(ll.optimizers.GradientDescent(), self.land, self.inside(self.ball))
        self.values["rate"] = float(np.clip(rate, 1e-6, 10.0))

    def relief(self, value: np.ndarray) -> tuple[float, float]:
        """Make heights straight or logarithmic where that is asked for."""
        asked = {"straight": (0.6, ll.ground.straight(value)), "log": (0.6, 0.7)}
        return asked.get(self.relief_kind) or super().relief(value)

    @ll.kept
    def critical(self) -> list[critical.CriticalPoint]:
        """Return the level points, lowest first."""
        return critical.critical_points(self.land, self.terrain.exposure.high - self.terrain.exposure.low)

    @ll.kept
    def way(self) -> np.ndarray:
        """Return the ball's way (steps + 1, 2)."""
        return ll.run(self.land, f"sgd:lr={self.rate!r}", start=self.ball, steps=self.steps).points[:, 0]

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the level points by kind as rows x, y, value, and the curvatures of the one nearest to the ball."""
        here = self.way()[now.whole if self.morph == "none" else 0]
        found = level_points.numbers(self.critical()) | {"ball": here, "loss": float(self.land.value(here))}
        if near := critical.nearest(self.critical(), self.ball):
            found |= critical.shape_numbers(near) | {"escape_steps": critical.escape_steps(self.way(), near.position)}
        return found

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the landscape with its level points, and the ball as far as it has rolled."""
        if self.morph != "none":
            return self.morphing(round(now.eased(0.12, 0.88), 4))
        at, on_map = self.way()[now.whole].tolist(), self.terrain.laid(self.way()).is_inside(now.step)
        look = {"value": self.land.value_grad_at(*at)[0]} if on_map else {"label": "off the map"}
        ball = layers.Trail.on(self.terrain, self.way(), now.step, "optimizer.sgd", name="Ball", beads=None, **look)
        return self.on_ground([*self.marks(), ball], self.notes(), "loss" * (self.paint == "height"))

    @property
    @ll.kept
    def surface(self) -> layers.Surface:
        """The ground, coloured by height or by curvature."""
        if self.paint == "height":
            return layers.Surface(self.terrain)
        hessian = np.asarray(self.land.grid(len(self.terrain.x), derivatives=True).hessian)
        return layers.Surface(self.terrain, paint=critical.curvature_shades(hessian, self.paint == "largest curvature"))

    @ll.kept
    def marks(self) -> list[layers.Layer]:
        """Return a disc at every level point; where there are few, also their directions and values; and the cut."""
        return [*level_points.marks(self, self.critical()), *(self.cut_at(self.ball[1])[0] if self.cut else ())]

    @ll.kept
    def ends(self) -> tuple[ll.Terrain, ll.Terrain]:
        """Return the two grounds of a morph."""
        grids, relief = [land.grid(192) for land in (self.land, ll.landscape(self.morph))], super().relief
        here, there = (ll.Terrain(one.x, one.y, one.value, *relief(one.value)) for one in grids)
        return here, there

    @ll.kept(most=1)
    def morphing(self, share: float) -> ll.Frame:
        """Return the ground on its way to another one: heights blend, values do not."""
        here, other, ground = self.caption(), ll.landscape(self.morph), ll.terrain.blend(*self.ends(), share)
        latex = tex(r"h = (1 - t)\, h_1 + t\, h_2, \quad t = ?.2", share)
        axes, word = layers.Axes(ground, values=None), f"{here.text} turns into {other.title}"
        if share in (0, 1):
            axes = layers.Axes(self.ends()[int(share)], values=r"\text{loss}")
            word, latex = ((here.text, here.latex), (other.title, f"f(x, y) = {other.latex}"))[int(share)]
        notes = [layers.Title(word, latex, ("Heights, not values, are blended",))]
        return ll.Frame([layers.Surface(ground), axes], notes, self.view)

    @ll.kept
    def notes(self) -> list[layers.Note]:
        """Return how many there are of each kind, and the curvatures of the one nearest to the ball."""
        points, near = self.critical(), critical.nearest(self.critical(), self.ball)
        colors = [f"Blue: {self.paint} below 0; orange: above"] * (self.paint != "height")
        facts, cut = ([level_points.facts(near)] if near else []), (self.cut_at(self.ball[1])[1:] if self.cut else ())
        charts = [layers.Chart("Profile through the ball", cut, x_label="x")] if cut else []
        return [self.caption(level_points.counted(points), *colors), *facts, level_points.legend(points), *charts]
