"""Which way is up: the gradient as an arrow on the ground, and the slope in every other direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, numerals
from lossland.models.contours import trace_contour

HEADINGS = 3600  # tried for the steepest one, a tenth of a degree apart
PLANE = 0.34  # half the side of the tangent plane, and the length of the arrows, in the world
FIELD = 13  # arrows along each side of the field
LIFE = 3.0  # seconds from a drop's fall to its end
FLOW = 48  # stretches of a drop's way
CONTOUR_STEP = 0.01  # of half the domain's width


@dataclass(frozen=True, eq=False)
class Touch:
    """The tangent plane of the drawn ground at a point: world vectors along x and y of the domain."""

    place: np.ndarray  # (3,) on the ground
    along_x: np.ndarray  # (3,) for one unit of the domain
    along_y: np.ndarray

    def raised(self, lift: float) -> np.ndarray:
        """Return the point (3,) a little above the ground."""
        return self.place + np.array([0.0, 0.0, lift])

    def ahead(self, direction: np.ndarray) -> np.ndarray:
        """Return the unit vector (3,) of the world that leaves in a direction (2,) of the domain."""
        vector = direction[0] * self.along_x + direction[1] * self.along_y
        vector = vector / np.abs(vector).max()  # the squares of huge numbers are infinite
        return vector / np.linalg.norm(vector)


def unit(degrees: float) -> np.ndarray:
    """Return the direction (2,) at an angle from the x axis, anticlockwise."""
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


class Gradient3D(ll.GroundScene):
    """A walker on a surface, the tangent plane under it, and the slope in each direction."""

    name = "gradient_3d"
    title = "Which way is up"
    chapter = "Calculus"
    rows = ("G2", "S1", "S16")
    lesson = """
Stand on a hillside. The ground under your feet is nearly flat but tilted: that small flat piece,
made larger, is the **tangent plane**. All a slope can be is in it.

Walk in some direction and you climb or descend. How steeply depends on your **heading**: turn the
yellow arrow once around and watch the meter. One heading climbs most. That direction, with that
steepness as its length, is the **gradient**, the red arrow. Its two components are nothing but the
slopes along x and along y.

Everything else follows. Against the gradient it falls just as steeply. Across it the ground is
level, so the **contour line** through your feet leaves at a right angle to the red arrow. And at
any other heading u the slope is the shadow of the gradient on u: the two circles of the compass
show it, red where you climb, green where you fall.

Rain knows this without mathematics: every drop runs along −∇f. So does every optimizer, more or
less.
"""
    formulas = (
        (
            r"\nabla f = \left(\frac{\partial f}{\partial x}, \frac{\partial f}{\partial y}\right)",
            "the gradient: the slopes along x and y",
        ),
        (r"D_u f = \nabla f \cdot u", "the slope in the heading u, a unit vector"),
        (
            r"\max_u D_u f = \|\nabla f\| \;\text{ at }\; u = \nabla f / \|\nabla f\|",
            "the steepest heading is the gradient's",
        ),
        (r"z = f(p) + \nabla f(p) \cdot (w - p)", "the tangent plane at p"),
    )
    snippet = r"""
import numpy as np

def f(x, y):
    return x**2 + 3 * y**2

x, y = 1.0, 1.0
gradient = np.array([2 * x, 6 * y])
print("value", f(x, y))
print("gradient", *gradient)
print("steepness", np.hypot(*gradient))
print("gradient_heading", np.degrees(np.arctan2(gradient[1], gradient[0])))

degrees = np.arange(3600) / 10                           # try every heading
u, v, h = np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 1e-6
slope = (f(x + h * u, y + h * v) - f(x - h * u, y - h * v)) / (2 * h)
print("best_heading", degrees[slope.argmax()])
"""
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
    walker = ll.parameters.Point((1.0, 1.0), label="walker", help="Where you stand.", hidden=True)
    heading = ll.parameters.Number(0.0, 0.0, 360.0, "heading", "Where you look at first, from the x axis.", unit="°")
    turning = ll.parameters.Toggle(True, "turning", "Turn the heading once around.")
    drops = ll.parameters.Integer(1500, 0, 100_000, "drops", "How many drops of rain are on their way.")

    SECONDS = 12.0

    # ----------------------------------------------------------------------------------------- following
    def settle(self) -> None:
        """Stand where a race would start."""
        self.values["walker"] = tuple(map(float, self.land.start))

    def settle_domain(self) -> None:
        """Keep the walker inside."""
        self.values["walker"] = self.inside(self.walker)

    def relief(self, value: np.ndarray) -> tuple[float, float]:
        """Keep heights in proportion where they can be, so that the tangent plane looks like one."""
        return 0.6, max(0.2, ll.ground.straight(value))

    @property
    def clock(self) -> ll.Clock:
        """One turn of the heading."""
        return ll.Clock(self.SECONDS)

    def heading_at(self, time: float) -> float:
        """Return the heading at ``time`` seconds, in degrees."""
        turned = 360 * time / self.SECONDS if self.turning else 0.0
        return (self.heading + turned) % 360

    # ------------------------------------------------------------------------------------------- numbers
    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return the gradient at the walker, the slope in the heading, and checks of both by trying."""
        place = np.array(self.walker)
        value, gradient = self.land.value_grad(place)
        steepness = float(np.hypot(*gradient))
        heading = self.heading_at(time)
        level = np.array([-gradient[1], gradient[0]]) / max(steepness, 1e-300)
        contour = self.contour()
        drift = np.abs(self.land.value(contour) - value).max() if len(contour) else 0.0
        return {
            "value": float(value),
            "gradient": np.asarray(gradient, float),
            "steepness": steepness,
            "gradient_heading": float(np.degrees(np.arctan2(gradient[1], gradient[0]))) % 360,
            "best_heading": self.best_heading(),
            "plane": np.array([value, *gradient], float),
            "heading": heading,
            "slope": float(gradient @ unit(heading)),
            "gradient_dot_contour": float(gradient @ level),
            "contour_drift": float(drift),
        }

    def best_heading(self) -> float:
        """Return the steepest of 3600 headings, in degrees, found by walking a little in each."""
        degrees = np.arange(HEADINGS) * 360 / HEADINGS
        ways = np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], -1)
        stride = 1e-6 * self.size
        place = np.array(self.walker)
        slope = self.land.value(place + stride * ways) - self.land.value(place - stride * ways)
        return float(degrees[int(np.argmax(slope))])

    def contour(self) -> np.ndarray:
        """Return the contour through the walker, (n, 2): steps along it, each put right by Newton's method."""
        key = (self.landscape, self.domain, self.walker)

        def make() -> np.ndarray:
            (x, y), (x0, x1, y0, y1) = self.walker, self.domain
            return trace_contour(self.land.value_grad_at, (x, y), ((x0, x1), (y0, y1)), CONTOUR_STEP * self.size)

        return self.remember("contour", key, make)

    # --------------------------------------------------------------------------------------- the picture
    def frame(self, time: float) -> ll.Frame:
        """Return the walker, the plane, the compass and the rain."""
        touch, gradient = self._touch()
        heading = unit(self.heading_at(time))
        slope = float(gradient @ heading)
        steepness = float(np.hypot(*gradient))
        drawn: list[layers.Layer] = [
            self.surface,
            self.remember("axes", self.terrain, lambda: layers.Axes(self.terrain)),
            *self.remember("field", self.terrain, self._field),
            *self._rain(time),
            *self.remember("walk", (self.terrain, self.walker), lambda: self._around(touch, gradient)),
            *self._heading_arrow(touch, heading, slope),
        ]
        return ll.Frame(drawn, self._notes(gradient, slope, steepness), self.view)

    def _touch(self) -> tuple[Touch, np.ndarray]:
        """Return the tangent plane at the walker, and the gradient (2,)."""
        place = np.array(self.walker)
        value, gradient = (np.asarray(part, float) for part in self.land.value_grad(place))
        x0, x1, y0, y1 = self.domain
        step = 1e-4 * max(1e-12, self.terrain.exposure.high - self.terrain.exposure.low)
        low, high = self.terrain.world_height(np.array([value - step, value + step]))
        per_value = float(high - low) / (2 * step)
        ground = self.terrain.world_from_domain(place)
        ground[2] = float(self.terrain.world_height(value))
        along_x = np.array([2 / (x1 - x0), 0.0, per_value * gradient[0]])
        along_y = np.array([0.0, 2 / (y1 - y0), per_value * gradient[1]])
        return Touch(ground, along_x, along_y), gradient

    def _around(self, touch: Touch, gradient: np.ndarray) -> list[layers.Layer]:
        """Return what does not move with the heading: plane, compass, uphill arrow, contour, walker."""
        contour, _ = self.terrain.drape(self.contour(), lift=0.008)
        walker = touch.raised(0.016)
        drawn: list[layers.Layer] = [layers.Lines([contour], "text", 2.4, name="Contour")]
        steepness = float(np.hypot(*gradient))
        if steepness > 1e-12:
            up = gradient / steepness
            ahead, across = touch.ahead(up), touch.ahead(np.array([-up[1], up[0]]))
            raised = touch.raised(0.012)
            corners = [raised + PLANE * (a * ahead + b * across) for a, b in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
            drawn += [
                layers.Polygon(np.array(corners), "accent", fill=0.2, outline=1.6, name="Tangent plane"),
                *self._compass(touch, gradient, raised),
                layers.Arrows(
                    raised[None],
                    (raised + 1.25 * PLANE * ahead)[None],
                    "up",
                    6.0,
                    depth=False,
                    name="Gradient",
                    worth=[steepness],
                ),
                layers.Label(
                    raised + 1.25 * PLANE * ahead,
                    r"\nabla f",
                    "up",
                    latex=True,
                    size=22,
                    offset=ll.ground.beside(ahead),
                ),
            ]
        drawn.append(layers.Points(walker[None], "accent", 8.0, "sphere", outline=True, name="Walker"))
        return drawn

    def _compass(self, touch: Touch, gradient: np.ndarray, centre: np.ndarray) -> list[layers.Layer]:
        """Return the slope of every heading as a curve around the walker: a circle that climbs, one that falls."""
        steepness = float(np.hypot(*gradient))
        uphill = float(np.degrees(np.arctan2(gradient[1], gradient[0])))
        lobes: list[layers.Layer] = []
        for role, turn in (("up", 0.0), ("down", 180.0)):
            ways = [unit(uphill + turn + degrees) for degrees in np.linspace(-90, 90, 61)]
            reach = [abs(float(gradient @ way)) / steepness for way in ways]
            path = np.array(
                [centre + PLANE * length * touch.ahead(way) for way, length in zip(ways, reach, strict=True)]
            )
            lobes.append(layers.Lines([path], role, 2.2, depth=False, name="Slope of every heading"))
        return lobes

    def _heading_arrow(self, touch: Touch, heading: np.ndarray, slope: float) -> Sequence[layers.Layer]:
        centre = touch.raised(0.012)
        tip = centre + PLANE * touch.ahead(heading)
        aside, _ = ll.ground.beside(tip - centre, 40.0)
        return [
            layers.Arrows(centre[None], tip[None], "accent", 4.5, depth=False, name="Slope ahead", worth=[slope]),
            layers.Label(tip, numerals.fixed(slope), "accent", offset=(aside, 10.0)),
        ]

    def _field(self) -> list[layers.Layer]:
        """Return arrows uphill all over the ground, longer where it is steeper."""
        x0, x1, y0, y1 = self.domain
        part = (np.arange(FIELD) + 0.5) / FIELD
        x, y = np.meshgrid(x0 + (x1 - x0) * part, y0 + (y1 - y0) * part)
        place = np.stack([x.ravel(), y.ravel()], -1)
        gradient = np.nan_to_num(np.asarray(self.land.grad(place), float), posinf=0.0, neginf=0.0)
        steep = np.hypot(*gradient.T)
        scale = np.sqrt(steep / max(float(np.quantile(steep, 0.9)), 1e-300)).clip(0, 1)
        reach = 0.8 * np.array([x1 - x0, y1 - y0]).min() / FIELD
        move = gradient / np.maximum(steep, 1e-300)[:, None] * (scale * reach)[:, None]
        seen = scale > 0.08
        tails = self.terrain.world_from_domain((place - move / 2)[seen], lift=0.012)
        tips = self.terrain.world_from_domain((place + move / 2)[seen], lift=0.012)
        return [layers.Arrows(tails, tips, "dim", 1.3, group="arrows", name="Slope", worth=steep[seen])]

    def _rain(self, time: float) -> list[layers.Layer]:
        """Return the drops where they are at ``time``: each falls, runs downhill for a while, and falls anew."""
        if self.drops == 0:
            return []
        ways = self.remember("rain", (self.landscape, self.domain, self.drops, self.seed), self._ways_of_drops)
        phase = np.arange(self.drops) * 0.6180339887 % 1  # evenly spread over a drop's life
        age = (time / LIFE + phase) % 1 * FLOW
        whole = np.minimum(age.astype(int), FLOW - 1)
        part = (age - whole).astype(np.float32)[:, None]
        number = np.arange(self.drops)
        now = ways[whole, number] + part * (ways[whole + 1, number] - ways[whole, number])
        x0, x1, y0, y1 = self.domain
        seen = ((now >= (x0, y0)) & (now <= (x1, y1))).all(axis=1)
        return [
            layers.Points(now[seen], "particle.0", 3.0, "dot", ground=self.terrain, number=number[seen], name="Drop")
        ]

    def _ways_of_drops(self) -> np.ndarray:
        """Return the way of every drop, (FLOW + 1, n, 2): steps along −∇f, shorter where it is gentle."""
        x0, x1, y0, y1 = self.domain
        place = ll.swarms.random_starts(((x0, x1), (y0, y1)), self.drops, self.seed).astype(float)
        steep = np.hypot(*np.nan_to_num(np.asarray(self.land.grad(place), float)).T)
        gentle = max(0.3 * float(np.median(steep)), 1e-300)
        ways = [place]
        for _ in range(FLOW):
            gradient = np.nan_to_num(np.asarray(self.land.grad(place), float), posinf=0.0, neginf=0.0)
            pace = 0.03 * self.size / (np.hypot(*gradient.T) + gentle)
            place = place - gradient * pace[:, None]
            ways.append(place)
        return np.array(ways, np.float32)

    def _notes(self, gradient: np.ndarray, slope: float, steepness: float) -> list[layers.Note]:
        gx, gy = (numerals.fixed(float(part)).replace("−", "-") for part in gradient)
        return [
            self.caption("Slopes at the walker, in every direction"),
            layers.Formula(rf"\fgcolor{{up}}{{\nabla f}} = (\fgcolor{{up}}{{{gx}}},\, \fgcolor{{up}}{{{gy}}})"),
            layers.Meter("Slope in the heading", r"D_u f =", slope, "accent", -steepness, max(steepness, 1e-12)),
            layers.Facts(
                "Special headings",
                [
                    ("up", r"+\nabla f", numerals.latex(steepness), "steepest up"),
                    ("text", r"\perp \nabla f", "0", "along the contour"),
                    ("down", r"-\nabla f", numerals.latex(-steepness), "steepest down"),
                ],
            ),
            layers.ColorBar(self.terrain, "height"),
        ]

    # ------------------------------------------------------------------------------------------ dragging
    def handles(self, time: float) -> Sequence[ll.Handle]:
        """Return the walker, and the tip of the heading's arrow while it does not turn by itself."""
        touch, _ = self._touch()
        found = [
            ll.Handle("walker", tuple(touch.place), lambda scene, position: scene.set("walker", scene.inside(position)))
        ]
        if not self.turning:
            tip = touch.place + PLANE * touch.ahead(unit(self.heading))
            found.append(ll.Handle("heading", tuple(tip), look_at))
        return found

    def click(self, position: tuple[float, float]) -> bool:
        """Walk to where the ground was clicked."""
        self.set("walker", self.inside(position))
        return False


def look_at(scene: Gradient3D, position: tuple[float, float]) -> None:
    """Turn the heading towards a position in the domain."""
    dx, dy = np.subtract(position, scene.walker)
    if dx or dy:
        scene.set("heading", float(np.degrees(np.arctan2(dy, dx))) % 360)
