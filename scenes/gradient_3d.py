"""Which way is up: the gradient as an arrow on the ground, and the slope in every other direction."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, signs, tex
from lossland.models import contours, slopes

PLANE = 0.34  # half the side of the tangent plane, and the length of the arrows, in the world


class Gradient3D(ll.GroundScene):
    """A walker on a surface, the tangent plane under it, and the slope in each direction."""

    name = "gradient_3d"
    title = "Which way is up"
    chapter = "Calculus"
    rows = ("G2", "S1", "S16")
    sign = (*signs.field((0.42, 0.64)), signs.Dot((0.42, 0.64), 2.2, "up"))
    presets: ClassVar = {
        "bowl": {"landscape": "bowl"},
        "himmelblau": {"landscape": "himmelblau", "walker": (-0.9, 1.6)},
        "saddle": {"landscape": "saddle", "walker": (0.9, 0.6)},
        "rosenbrock": {"landscape": "rosenbrock", "walker": (-1.2, 1.0)},
        "hills": {"landscape": "sin(x) * cos(y) + x / 4", "walker": (-0.6, 0.8)},
    }
    staging: ClassVar = {"bowl": {"domain": (-2.4, 2.4, -2.4, 2.4), "walker": (1.0, 1.0)}}

    landscape = ll.ground.landscape("bowl")
    domain = ll.ground.Domain((-2.4, 2.4, -2.4, 2.4))
    walker = parameters.GroundPoint((1.0, 1.0), help="Where you stand.", click=True, restarts=False)
    heading = parameters.Heading(0.0, "walker", PLANE, help="Where you look at first, from the x axis.")
    turning = parameters.Toggle(True, "turning", "Turn the heading once around.")
    drops = parameters.Integer(1500, 0, 100_000, "drops", "How many drops of rain are on their way.")
    clock = ll.Clock(12.0)

    def relief(self, value: np.ndarray) -> tuple[float, float]:
        """Keep heights in proportion where they can be, so that the tangent plane looks like one."""
        return 0.6, max(0.2, ll.ground.straight(value))

    @ll.kept
    def slope(self) -> tuple[float, np.ndarray]:
        """Return the value and the gradient (2,) at the walker."""
        value, gradient = self.land.value_grad(np.array(self.walker))
        return float(value), np.asarray(gradient, float)

    @ll.kept
    def contour(self) -> np.ndarray:
        """Return the contour through the walker, (n, 2)."""
        return contours.trace_contour(self.land.value_grad_at, self.walker, self.land.domain, 0.01 * self.size)

    def heading_at(self, now: ll.Now) -> float:
        """Return the heading of a moment, in degrees."""
        return (self.heading + (360 * now.seconds / self.clock.seconds if self.turning else 0.0)) % 360

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the gradient at the walker, the slope in the heading, and checks of both by trying."""
        (value, gradient), heading, contour = self.slope(), self.heading_at(now), self.contour()
        level = np.array([-gradient[1], gradient[0]]) / max(float(np.hypot(*gradient)), 1e-300)
        return {
            "value": value,
            "gradient": gradient,
            "steepness": float(np.hypot(*gradient)),
            "gradient_heading": slopes.heading(gradient),
            "best_heading": slopes.steepest_heading(self.land.value, self.walker, 1e-6 * self.size),
            "plane": np.array([value, *gradient]),
            "heading": heading,
            "slope": float(gradient @ slopes.unit(heading)),
            "gradient_dot_contour": float(gradient @ level),
            "contour_drift": float(np.abs(self.land.value(contour) - value).max()) if len(contour) else 0.0,
        }

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the walker, the plane, the compass and the rain."""
        (_, gradient), heading = self.slope(), slopes.unit(self.heading_at(now))
        slope, rain = float(gradient @ heading), self.rain(now) if self.drops else []
        drawn = [self.field(), *rain, *self.around(), *self.heading_arrow(heading, slope)]
        return self.on_ground(drawn, self.notes(gradient, slope), color_bar="height")

    @ll.kept
    def field(self) -> layers.Layer:
        """Return arrows uphill all over the ground, longer where it is steeper."""
        tails, tips, steep = slopes.arrow_field(self.land.grad, self.domain, 13)
        return layers.Arrows.on(self.terrain, tails, tips, "dim", width=1.3, group="arrows", name="Slope", worth=steep)

    @ll.kept
    def ways(self) -> np.ndarray:
        """Return the way of every drop, (49, drops, 2): nan off the map, and over a hole, where none hangs."""
        start, (x0, x1, y0, y1) = ll.swarms.random_starts(self.land.domain, self.drops, self.seed), self.domain
        ways = slopes.downhill_paths(self.land.grad, start, 0.03 * self.size, 48)
        on_map = ((ways >= (x0, y0)) & (ways <= (x1, y1))).all(axis=2) & np.isfinite(self.land.value(ways))
        return np.where(on_map[..., None], ways, np.float32(np.nan))

    def rain(self, now: ll.Now) -> list[layers.Layer]:
        """Return the drops that are on the map: each runs downhill for three seconds, and falls again."""
        drops = slopes.rain(self.ways(), now.seconds / 3)
        seen = np.flatnonzero(np.isfinite(drops[:, 0]))
        return [layers.Points(drops[seen], "particle.0", 3.0, ground=self.terrain, number=seen, name="Drop")]

    @ll.kept
    def tangent(self) -> ll.terrain.Tangent:
        """Return the tangent plane at the walker."""
        return self.terrain.tangent(self.walker, *self.slope())

    @ll.kept
    def around(self) -> list[layers.Layer]:
        """Return what does not move with the heading: contour, plane, compass, uphill arrow, walker."""
        (_, gradient), tangent = self.slope(), self.tangent()
        contour = layers.Lines([self.terrain.drape(self.contour())[0]], "text", 2.4, name="Contour")
        walker = layers.Points(tangent.raised(0.016)[None], "accent", 8.0, "sphere", outline=True, name="Walker")
        steepness, middle = float(np.hypot(*gradient)), tangent.raised(0.012)
        if not steepness > 1e-12:
            return [contour, walker]
        up = gradient / steepness
        plane = layers.Polygon(tangent.square(up, PLANE, 0.012), "accent", fill=0.2, outline=1.6, name="Tangent plane")
        tip = middle + 1.25 * PLANE * tangent.ahead(up)
        arrow = layers.named_arrow(middle, tip, "up", r"\nabla f", size=22, width=6, name="Gradient", worth=[steepness])
        return [contour, plane, self.lobe(up, 0.0, "up"), self.lobe(up, 180.0, "down"), *arrow, walker]

    def lobe(self, up: np.ndarray, turn: float, color: str) -> layers.Layer:
        """Return the slope of half of all headings as a curve around the walker: a circle that climbs or falls."""
        ways = slopes.unit(slopes.heading(up) + turn + np.linspace(-90, 90, 61))
        path = self.tangent().raised(0.012) + PLANE * np.abs(ways @ up)[:, None] * self.tangent().ahead(ways)
        return layers.Lines([path], color, 2.2, depth=False, name="Slope of every heading")

    def heading_arrow(self, heading: np.ndarray, slope: float) -> list[layers.Layer]:
        """Return the arrow ahead, with the slope there."""
        middle, along = self.tangent().raised(0.012), PLANE * self.tangent().ahead(heading)
        look = {"depth": False, "name": "Slope ahead", "worth": [slope]}
        arrow = layers.Arrows(middle[None], (middle + along)[None], "accent", 4.5, **look)
        return [arrow, layers.Label(middle + along, ll.words("?.2", slope), "accent", size=18, side=along)]

    def notes(self, gradient: np.ndarray, slope: float) -> list[layers.Note]:
        """Return the gradient in numbers, the slope ahead, and the special headings."""
        steepness = float(np.hypot(*gradient))
        special = (
            ("up", r"+\nabla f", tex("?", steepness), "steepest up"),
            ("text", r"\perp \nabla f", "0", "along the contour"),
            ("down", r"-\nabla f", tex("?", -steepness), "steepest down"),
        )
        return [
            self.caption("Slopes at the walker, in every direction"),
            layers.Formula(tex(r"\fgcolor{up}{\nabla f} = (?.2,\, ?.2)", *(("up", part) for part in gradient))),
            layers.Meter("Slope in the heading", r"D_u f =", slope, "accent", -steepness, max(steepness, 1e-12)),
            layers.Facts("Special headings", special),
        ]
