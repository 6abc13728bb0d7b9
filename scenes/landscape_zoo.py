"""Valleys, saddles, minima: what landscapes are made of, found and sorted by their curvature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, numerals
from lossland.models import critical_points as critical
from lossland.models.critical_points import CriticalPoint

DRESSED = 16  # up to this many of them have arrows and labels
DISC = 0.025  # radius of their discs, in half the domain's width
REACH = 0.13  # of the arrows, in half the domain's width
STEPS_PER_SECOND = 12
MORPH = 192  # samples along each side of a ground that changes its shape
KINDS = {"minimum": "down", "saddle": "accent", "maximum": "up"}  # kind -> colour
PLURALS = {"minimum": "minima", "saddle": "saddles", "maximum": "maxima"}


class LandscapeZoo(ll.GroundScene):
    """A landscape with its critical points, and a ball that is dropped on it."""

    name = "landscape_zoo"
    title = "Valleys, saddles, minima"
    chapter = "Optimization"
    rows = ("L1", "L2", "L3", "L4", "L5", "S2")
    lesson = """
Where can a descent come to rest? Only where the ground is **level**, where ∇f = 0. There are three
kinds of such places, and the second derivatives tell them apart.

At a **minimum** the ground curves up in every direction: both arrows are green. At a **maximum** it
curves down in every direction: red. At a **saddle** it curves up one way and down the other, like a
mountain pass. The arrows lie along the directions of strongest and weakest curvature; the panel
says how strong they are at the point nearest to the ball.

Saddles look harmless and are not. **Drop the ball** close to one: the slope there is almost
nothing, so the ball creeps, and for many steps nothing seems to happen. Then it is off. From a
distance of a millionth it takes 76 steps to get away. In the landscapes of large networks there are
far more saddles than minima.

The largest λ at a minimum is its **sharpness**. It sets the speed limit: above a rate of 2/λ the
ball is thrown out. The ratio of the two, κ, says how long and narrow the valley is. Rosenbrock's is
2508 times as steep across as along.

Look for these: the single bowl, the curved ravine of Rosenbrock, four equal minima of Himmelblau,
the eggs of Rastrigin, the plateau where no slope tells you where to go, and the cliff. Or type a
landscape of your own.
"""
    formulas = (
        (r"\nabla f(p) = 0", "a level point"),
        (
            r"H = \begin{bmatrix} f_{xx} & f_{xy} \\ f_{xy} & f_{yy} \end{bmatrix},\quad H v = \lambda v",
            "the curvatures λ and their directions v",
        ),
        (r"\lambda_1, \lambda_2 > 0", "a minimum; both negative: a maximum; of two signs: a saddle"),
        (r"\alpha < 2 / \lambda_{\max}", "the rates at which gradient descent can rest there"),
        (r"\kappa = \lambda_{\max} / \lambda_{\min}", "how narrow the valley is"),
    )
    snippet = r"""
import numpy as np

def gradient(x, y):                                      # of Himmelblau's function
    a, b = x**2 + y - 11, x + y**2 - 7
    return np.array([4 * x * a + 2 * b, 2 * a + 4 * y * b])

def hessian(x, y):
    return np.array([[12 * x**2 + 4 * y - 42, 4 * (x + y)], [4 * (x + y), 12 * y**2 + 4 * x - 26]])

found = []
for start in np.stack(np.meshgrid(np.linspace(-5, 5, 15), np.linspace(-5, 5, 15)), -1).reshape(-1, 2):
    p = start
    for _ in range(50):                                  # Newton's method
        p = p - np.linalg.solve(hessian(*p), gradient(*p))
    if np.abs(p).max() < 5.2 and all(np.hypot(*(p - q)) > 1e-3 for q in found):
        found.append(p)
curvature = [np.linalg.eigvalsh(hessian(*p)) for p in found]
print("count.minimum", sum((c > 0).all() for c in curvature))
print("count.saddle", sum(c[0] < 0 < c[1] for c in curvature))
print("count.maximum", sum((c < 0).all() for c in curvature))
value = [(x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2 for x, y in found]
print("highest", max(v for v, c in zip(value, curvature) if (c < 0).all()))
"""
    presets: ClassVar = {
        "himmelblau": {"landscape": "himmelblau"},
        "bowl": {"landscape": "bowl"},
        "ravine": {"landscape": "rosenbrock"},
        "saddle": {"landscape": "saddle"},
        "monkey saddle": {"landscape": "monkey_saddle"},
        "beale": {"landscape": "beale"},
        "styblinski_tang": {"landscape": "styblinski_tang"},
        "camel": {"landscape": "six_hump_camel"},
        "rastrigin": {"landscape": "rastrigin"},
        "plateau": {"landscape": "plateau"},
        "cliff": {"landscape": "cliff"},
        "curvature": {"landscape": "himmelblau", "paint": "smallest curvature"},
        "morph": {"landscape": "himmelblau", "morph": "rastrigin"},
    }
    staging: ClassVar = {
        "saddle": {"ball": (0.9, 1e-6), "rate": 0.1},
        "himmelblau": {"domain": (-5.2, 5.2, -5.2, 5.2), "ball": (-0.08, -1.92), "rate": 0.004},
    }

    landscape = ll.ground.landscape("himmelblau")
    domain = ll.ground.Domain((-5.2, 5.2, -5.2, 5.2))
    paint = ll.parameters.Choice(
        "height",
        ("height", "smallest curvature", "largest curvature"),
        "colour",
        "What the colour of the ground means.",
    )
    relief_kind = ll.parameters.Choice("auto", ("auto", "straight", "log"), "height", "How heights follow values.")
    cut = ll.parameters.Toggle(False, "cut", "Cut through the ball along x, and show the profile.")
    ball = ll.parameters.Point((-0.08, -1.92), label="ball", help="Where the ball is dropped.", hidden=True)
    rate = ll.parameters.Number(0.004, 1e-6, 10.0, r"rate $\alpha$", "The ball's learning rate.", log=True)
    steps = ll.parameters.Integer(120, 1, 2000, "steps", "How long the ball rolls.", log=True)
    morph = ll.parameters.Choice(
        "none", lambda: ("none", *ll.landscapes.names()), "morph into", "Another landscape to turn into."
    )

    # ----------------------------------------------------------------------------------------- following
    def settle(self) -> None:
        """Drop the ball beside a saddle if there is one, with a rate that suits the landscape."""
        saddles = [point for point in self.critical() if point.kind == "saddle"]
        start = tuple(map(float, self.land.start))
        if saddles and len(saddles) <= DRESSED:
            nearest = min(saddles, key=lambda point: float(np.hypot(*(point.position - start))))
            start = self.inside(tuple(nearest.position + 0.02 * self.size))
        self.values["ball"] = start
        rule = ll.optimizers.GradientDescent()
        self.values["rate"] = float(np.clip(ll.rates.suggested_rate(rule, self.land, self.inside(start)), 1e-6, 10.0))

    def settle_domain(self) -> None:
        """Keep the ball inside."""
        self.values["ball"] = self.inside(self.ball)

    def relief(self, value: np.ndarray) -> tuple[float, float]:
        """Make heights straight or logarithmic where that is asked for."""
        if self.relief_kind == "auto":
            return super().relief(value)
        return 0.6, ll.ground.straight(value) if self.relief_kind == "straight" else 0.7

    @property
    def clock(self) -> ll.Clock:
        """Twelve steps a second, for not less than 6 and not more than 30 seconds; 8 seconds for a morph."""
        if self.morph != "none":
            return ll.Clock(8.0)
        return ll.Clock(float(np.clip(self.steps / STEPS_PER_SECOND, 6.0, 30.0)), self.steps)

    # ------------------------------------------------------------------------------------------- numbers
    def critical(self) -> list[CriticalPoint]:
        """Return the level points, lowest first."""

        rule = self.terrain.exposure
        return self.remember(
            "critical", self.terrain, lambda: critical.critical_points(self.land, rule.high - rule.low)
        )

    def nearest(self) -> CriticalPoint | None:
        """Return the level point nearest to where the ball is dropped."""
        return min(self.critical(), key=lambda point: float(np.hypot(*(point.position - self.ball))), default=None)

    def roll(self) -> np.ndarray:
        """Return the ball's way (T+1, 2)."""
        key = (self.landscape, self.domain, self.ball, self.rate, self.steps)
        rule = ll.optimizers.GradientDescent(lr=self.rate)
        return self.remember(
            "roll", key, lambda: ll.run(self.land, rule, start=self.ball, steps=self.steps).points[:, 0]
        )

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return the level points by kind as rows x, y, value, and the curvatures of the one nearest to the ball."""
        critical, near = self.critical(), self.nearest()
        way = self.roll()
        step = int(self.step_at(time) + 1e-6) if self.morph == "none" else 0
        found: dict[str, Any] = {}
        for kind, plural in PLURALS.items():
            rows = [(*point.position, point.value) for point in critical if point.kind == kind]
            found[plural] = np.array(rows, float).reshape(-1, 3)
            found[f"count.{kind}"] = float(len(rows))
        tops = found["maxima"]
        found["highest"] = float(tops[:, 2].max()) if len(tops) else float("nan")
        found["ball"] = way[step]
        found["loss"] = float(self.land.value(way[step]))
        if near is not None:
            away = np.flatnonzero(np.hypot(*(way - near.position).T) > 1.0)
            largest, smallest = np.abs(near.curvature).max(), np.abs(near.curvature).min()
            found |= {
                "nearest": np.array([*near.position, near.value]),
                "curvatures": near.curvature,
                "kappa": float(largest / smallest) if smallest > 0 else float("inf"),
                "rate_limit": float(2 / near.curvature[1]) if near.curvature[1] > 0 else float("inf"),
                "escape_steps": float(away[0]) if len(away) else float("nan"),
            }
        return found

    # --------------------------------------------------------------------------------------- the picture
    def frame(self, time: float) -> ll.Frame:
        """Return the landscape with its level points, and the ball as far as it has rolled."""
        if self.morph != "none":
            return self._morphing(time)
        step = self.step_at(time)
        way = self.roll()
        path, progress = self.remember("path", (self._ground_key(), way.tobytes()), lambda: self.terrain.drape(way))
        loss = numerals.short(float(self.land.value(way[int(step + 1e-6)])))
        drawn: list[layers.Layer] = [
            self._painted(),
            self.remember("axes", self.terrain, lambda: layers.Axes(self.terrain)),
            *self.remember("marks", self.terrain, self._marks),
            layers.Trail(path, progress, "optimizer.sgd", step, value=loss, name="Ball"),
        ]
        if self.cut:
            drawn += self.remember("cut", (self.terrain, self.ball), self._section)
        return ll.Frame(drawn, self._notes(), self.view)

    def _ground_key(self) -> tuple[Any, ...]:
        return (self.landscape, self.domain, self.relief_kind)

    @property
    def terrain(self) -> ll.Terrain:
        """The landscape as a block of ground."""
        return self.remember("terrain", self._ground_key(), self.make_terrain)

    def _painted(self) -> layers.Surface:
        """Return the ground, coloured by height or by curvature."""

        def make() -> layers.Surface:
            if self.paint == "height":
                return layers.Surface(self.terrain)
            grid = self.land.grid(len(self.terrain.x), derivatives=True)
            curvature = critical.principal_curvatures(np.asarray(grid.hessian))[int(self.paint == "largest curvature")]
            curvature = np.nan_to_num(curvature, posinf=0.0, neginf=0.0)
            usual = max(float(np.median(np.abs(curvature))), 1e-300)
            signed = np.arcsinh(curvature / usual) / np.arcsinh(max(float(np.abs(curvature).max()) / usual, 1e-9))
            return layers.Surface(self.terrain, paint=signed.astype(np.float32))

        return self.remember("painted", (self.terrain, self.paint), make)

    def _marks(self) -> list[layers.Layer]:
        """Return a disc at every level point; where there are few, also their directions and values."""
        critical = self.critical()
        drawn: list[layers.Layer] = []
        for kind, role in KINDS.items():
            places = np.array([point.position for point in critical if point.kind == kind]).reshape(-1, 2)
            if len(places):
                world = self.terrain.world_from_domain(places, lift=0.012)
                size = 5.0 if len(critical) <= DRESSED else 3.0
                drawn.append(layers.Points(world, role, size, "disc", outline=True, name=kind.capitalize()))
        if len(critical) <= DRESSED:
            for point in critical:
                drawn += self._dress(point)
        return drawn

    def _dress(self, point: CriticalPoint) -> list[layers.Layer]:
        """Return a level point's value, and arrows along its two axes: green curves up, red curves down."""
        centre = self.terrain.world_from_domain(point.position, lift=0.02)
        tails, tips, colors, worth = [], [], [], []
        for curvature, axis in zip(point.curvature, point.axes.T, strict=True):
            for sign in (1.0, -1.0):
                ends = [point.position + sign * reach * self.size * axis for reach in (DISC, REACH)]
                if np.allclose(self.inside(tuple(ends[1])), ends[1]):
                    tail, tip = self.terrain.world_from_domain(np.array(ends), lift=0.02)
                    tails.append(tail)
                    tips.append(tip)
                    worth.append(float(curvature))
                    colors.append("down" if curvature > 0 else "up" if curvature < 0 else "dim")
        arrows = layers.Arrows(
            np.array(tails).reshape(-1, 3), np.array(tips).reshape(-1, 3), colors, 2.6, group="arrows",
            name="Curvature", worth=worth,
        )  # fmt: skip
        return [
            arrows,
            layers.Label(centre, numerals.short(point.value), KINDS[point.kind], size=13, offset=(9.0, 10.0)),
        ]

    def _section(self) -> list[layers.Layer]:
        """Return the vertical cut along x through the ball: a sheet of glass, and the ground's edge on it."""
        x0, x1, _, _ = self.domain
        x = np.linspace(x0, x1, 400)
        edge = self.terrain.world_from_domain(np.stack([x, np.full_like(x, self.ball[1])], -1), lift=0.006)
        y, top = float(edge[0, 1]), self.terrain.top + 0.06
        corners = np.array([(-1, y, 0.0), (1, y, 0.0), (1, y, top), (-1, y, top)], float)
        return [
            layers.Polygon(corners, "text", fill=0.10, outline=1.2, name="Cut"),
            layers.Lines([edge], "accent", 2.6, name="Profile"),
        ]

    def _morphing(self, time: float) -> ll.Frame:
        """Return the ground on its way to another one: heights blend, values do not."""
        u = float(np.clip((time / self.clock.seconds - 0.12) / 0.76, 0, 1))
        part = round(u * u * (3 - 2 * u), 4)
        here, there = self.remember("ends", (self.landscape, self.domain, self.morph), self._ends)
        ground = self.remember("blend", (here, there, part), lambda: blend(here, there, part))
        other = ll.landscape(self.morph)
        name = self.caption().text
        word = name if part == 0 else other.title if part == 1 else f"{name} turns into {other.title}"
        return ll.Frame(
            [layers.Surface(ground)], [layers.Title(word, "", ("Heights, not values, are blended",))], self.view
        )

    def _ends(self) -> tuple[ll.Terrain, ll.Terrain]:
        """Return the two grounds of a morph."""
        grids = [self.land.grid(MORPH), ll.landscape(self.morph).grid(MORPH)]
        here, there = (
            ll.Terrain(grid.x, grid.y, grid.value, *super(LandscapeZoo, self).relief(grid.value)) for grid in grids
        )
        return here, there

    def _notes(self) -> list[layers.Note]:
        critical, near = self.critical(), self.nearest()
        counts = {kind: sum(point.kind == kind for point in critical) for kind in KINDS}
        found = ", ".join(f"{n} {kind if n == 1 else PLURALS[kind]}" for kind, n in counts.items() if n)
        rows = [layers.Row(role, PLURALS[kind], (str(counts[kind]),)) for kind, role in KINDS.items() if counts[kind]]
        notes: list[layers.Note] = [self.caption(found.capitalize() if found else "No level point here")]
        if near is not None:
            notes.append(self._nearest_facts(near))
        notes += [layers.Legend(rows, "Level points", ("found",)), layers.ColorBar(self.terrain)]
        if self.cut:
            x0, x1, _, _ = self.domain
            x = np.linspace(x0, x1, 400)
            value = np.asarray(self.land.value(np.stack([x, np.full_like(x, self.ball[1])], -1)), float)
            notes.append(
                layers.Chart("Profile through the ball", [layers.Series("f", "accent", x, value)], x_label="x")
            )
        return notes

    def _nearest_facts(self, near: CriticalPoint) -> layers.Facts:
        """Return the curvatures of the level point nearest to the ball, and what follows from them."""
        small, large = near.curvature
        rows = [
            ("down" if large > 0 else "up", rf"\lambda_1 = {numerals.latex(float(large))}", "", curves(large)),
            ("down" if small > 0 else "up", rf"\lambda_2 = {numerals.latex(float(small))}", "", curves(small)),
        ]
        if small > 1e-9 * large > 0:
            rows.append(("text", rf"\kappa = {numerals.latex(float(large / small), 1)}", "", "how narrow it is"))
        if large > 0:
            rows.append(("text", rf"2/\lambda_1 = {scientific(2 / float(large))}", "", "the largest rate"))
        return layers.Facts(f"The {near.kind} at {numerals.pair(near.position)}", rows)

    # ------------------------------------------------------------------------------------------ dragging
    def handles(self, time: float) -> Sequence[ll.Handle]:
        """Return the place where the ball is dropped."""
        if self.morph != "none":
            return []
        place = self.terrain.world_from_domain(np.array(self.ball), lift=0.012)
        return [ll.Handle("ball", place, lambda scene, position: scene.set("ball", scene.inside(position)))]

    def click(self, position: tuple[float, float]) -> bool:
        """Drop the ball where the ground was clicked."""
        self.set("ball", self.inside(position))
        return True


def curves(curvature: float) -> str:
    """Say which way a curvature bends."""
    return "curves up" if curvature > 0 else "curves down" if curvature < 0 else "is flat"


def scientific(value: float) -> str:
    """Return a small number as LaTeX with three digits."""
    return numerals.short(value).replace("−", "-")


def blend(here: ll.Terrain, there: ll.Terrain, part: float) -> ll.Terrain:
    """Return a ground whose heights are a part of the way from one to another."""
    heights = (1 - part) * np.nan_to_num(here.exposure(here.value)) + part * np.nan_to_num(there.exposure(there.value))
    tall = (1 - part) * here.height + part * there.height
    return ll.Terrain(here.x, here.y, heights, tall, ll.ground.straight(heights))
