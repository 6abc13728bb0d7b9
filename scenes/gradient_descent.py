"""Five steps downhill, again and again: what gradient descent does, and when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, numerals
from lossland.models import quadratics

ARROW = 0.34  # length of the uphill arrow in the world
BALL = 0.03  # and of the ball's radius
PARTS = 5  # the five steps that one iteration is made of
FARTHEST = 4.0  # the ball may stand up to here
MOVE = 3  # the part in which the ball goes its step (the fourth)


@dataclass(frozen=True, eq=False)
class Descent:
    """The whole descent, and the same laid on the ground."""

    points: np.ndarray  # (T+1, 2)
    path: np.ndarray  # (m, 3)
    progress: np.ndarray  # (m,)
    beads: np.ndarray  # (k, 3)


class GradientDescent(ll.GroundScene):
    """A ball in a bowl of two curvatures, and its five steps."""

    name = "gradient_descent"
    title = "Five steps downhill"
    chapter = "Optimization"
    rows = ("G4", "L1", "L2", "S1", "S4")
    lesson = """
Learning, for a machine, is this loop and nothing else:

1. **The surface.** Every setting of the weights w has a loss f(w). Where the ball lies is how
  things stand.
2. **The goal.** Lower is better. The lowest point is somewhere down there, out of sight.
3. **The gradient.** The slope under the ball points uphill, the red arrow.
4. **The step.** Go the other way, green, a share α of the slope. α is the *learning rate*.
5. **Repeat.** A new place, a new slope.

Why not simply take large steps? Look at the two bars. In this bowl the error has two parts, one
along the flat direction, one along the steep one, and each lives its own life: every step
multiplies it by **1 − αλ**, where λ is the curvature of that direction. If α is small, the flat
part hardly shrinks. If α is large, the steep part changes sign each time: the ball jumps from wall
to wall. Beyond **α = 2/λ** of the steepest direction it jumps higher each time and is lost.

So the steepest direction dictates the rate, and the flattest one pays for it. The best compromise
makes both shrink equally fast; the more the two curvatures differ, the slower that is. That ratio κ
is the reason why momentum and Adam were invented. **Move α slowly across 0.2** and see it happen.
"""
    formulas = (
        (r"w \leftarrow w - \alpha\,\nabla f(w)", "one iteration: a step against the gradient, α the learning rate"),
        (
            r"f(w) = \tfrac12 \left(\lambda_1 x^2 + \lambda_2 y^2\right)",
            "a bowl with the curvatures λ₁ along x and λ₂ along y",
        ),
        (r"x_k = (1 - \alpha\lambda_1)^k\, x_0", "each part of the error shrinks by its own factor"),
        (r"|1 - \alpha\lambda| < 1 \iff \alpha < 2/\lambda", "when a part of the error shrinks at all"),
        (r"\alpha^\star = 2/(\lambda_1 + \lambda_2)", "the rate at which both shrink equally fast, by (κ−1)/(κ+1)"),
    )
    snippet = r"""
import numpy as np

curvature = np.array([1.0, 10.0])
alpha, start, steps = 0.18, np.array([-3.4, 1.6]), 50

print("factors", *(1 - alpha * curvature))
print("rate", np.abs(1 - alpha * curvature).max())
print("limit", 2 / curvature.max())
print("best_alpha", 2 / curvature.sum())
print("best_rate", (curvature.max() - curvature.min()) / curvature.sum())

w = start
for k in range(steps):
    w = w - alpha * curvature * w
print("last", *w)
print("closed_form", *((1 - alpha * curvature) ** steps * start))
"""
    presets: ClassVar = {
        "zigzag": {"alpha": 0.18},
        "slow and safe": {"alpha": 0.04},
        "the best rate": {"alpha": 0.181818181818},
        "the edge": {"alpha": 0.2},
        "too far": {"alpha": 0.21, "start": (-3.4, 0.5)},
        "a round bowl": {"curvature_x": 3.0, "curvature_y": 3.0, "alpha": 0.12},
        "one iteration": {"alpha": 0.12, "steps": 3, "start": (-2.6, 2.2)},
    }

    domain = ll.ground.Domain((-4.0, 4.0, -4.0, 4.0), label="domain", help="The part that is shown.", hidden=True)
    curvature_x = ll.parameters.Number(
        1.0, 0.1, 20.0, r"curvature $\lambda_1$", "How much the bowl bends along x.", log=True
    )
    curvature_y = ll.parameters.Number(
        10.0, 0.1, 20.0, r"curvature $\lambda_2$", "How much it bends along y.", log=True
    )
    alpha = ll.parameters.Number(0.18, 0.001, 1.0, r"rate $\alpha$", "The share of the slope that a step is.", log=True)
    start = ll.parameters.Point(
        (-3.4, 1.6), -FARTHEST, FARTHEST, label="start", help="Where the ball is dropped.", hidden=True
    )
    steps = ll.parameters.Integer(50, 1, 200, "steps", "How many iterations.", log=True)

    # ----------------------------------------------------------------------------------------- following
    @property
    def landscape(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  # the curvatures choose it
        """The bowl's formula."""
        return f"({self.curvature_x:.12g} * x^2 + {self.curvature_y:.12g} * y^2) / 2"

    def settle(self) -> None:
        """Drop the ball at the same place of the map, high up at the left, if a ball may stand there."""
        x0, x1, y0, y1 = self.domain
        place = np.clip((x0 + 0.075 * (x1 - x0), y0 + 0.7 * (y1 - y0)), -FARTHEST, FARTHEST)
        self.values["start"] = tuple(place.round(12).tolist())

    def settle_domain(self) -> None:
        """Keep the ball inside."""
        self.values["start"] = self.inside(self.start)

    def relief(self, value: np.ndarray) -> tuple[float, float]:
        """Lift the floor of a long valley a little, so that its gentle slope shows too."""
        return 0.55, max(0.42, ll.ground.straight(value))

    @property
    def clock(self) -> ll.Clock:
        """Up to four seconds an iteration, not more than 40 in all."""
        return ll.Clock(float(np.clip(4.0 * self.steps, 8.0, 40.0)), self.steps)

    @property
    def curvature(self) -> np.ndarray:
        """The two curvatures (2,)."""
        return np.array([self.curvature_x, self.curvature_y])

    def moment(self, time: float) -> tuple[int, int, float]:
        """Return the iteration, its part (0 to 4) and how far the ball is on its step, in [0, 1]."""
        whole, rest = divmod(self.step_at(time) + 1e-9, 1.0)
        if whole >= self.steps:
            return self.steps, PARTS - 1, 0.0
        part = min(int(rest * PARTS), PARTS - 1)
        along = float(np.clip(rest * PARTS - MOVE, 0, 1))
        return int(whole), part, along * along * (3 - 2 * along)

    # ------------------------------------------------------------------------------------------- numbers
    @property
    def descent(self) -> Descent:
        """The whole descent."""

        def make() -> Descent:
            rule = ll.optimizers.GradientDescent(lr=self.alpha)
            points = ll.run(self.land, rule, start=self.start, steps=self.steps).points[:, 0]
            path, progress = self.terrain.drape(points)
            seen = points[: int(progress[-1]) + 1]
            return Descent(points, path, progress, self.terrain.world_from_domain(seen, lift=0.008))

        return self.remember("descent", (self.landscape, self.alpha, self.start, self.steps), make)

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return the factors by which the error shrinks, where the ball is, and the closed form for the last step."""
        curvature, start = self.curvature, np.array(self.start)
        step = int(self.step_at(time) + 1e-9)
        factors = quadratics.descent_factors(self.alpha, curvature)
        best_alpha, best_rate = quadratics.best_descent(float(curvature.min()), float(curvature.max()))
        now = self.descent.points[step]
        return {
            "step": float(step),
            "factors": factors,
            "rate": float(np.abs(factors).max()),
            "converges": float(np.abs(factors).max() < 1 - 1e-12),
            "limit": float(2 / curvature.max()),
            "best_alpha": best_alpha,
            "best_rate": best_rate,
            "kappa": float(curvature.max() / curvature.min()),
            "now": now,
            "loss": float(self.land.value(now)),
            "gradient": np.asarray(self.land.grad(now), float),
            "last": self.descent.points[-1],
            "closed_form": factors**self.steps * start,
        }

    # --------------------------------------------------------------------------------------- the picture
    def frame(self, time: float) -> ll.Frame:
        """Return the ball in its iteration, with the arrows that this part of it is about."""
        step, part, along = self.moment(time)
        descent = self.descent
        upto = step + along
        here = descent.points[step]
        drawn: list[layers.Layer] = [
            self.surface,
            self.remember("axes", self.terrain, lambda: layers.Axes(self.terrain)),
            self.remember("goal", self.terrain, self._goal),
            layers.Trail(
                descent.path, descent.progress, "optimizer.sgd", upto, descent.beads,
                start="start", value=self._loss(step), name="Descent",
            ),
        ]  # fmt: skip
        if part >= 2 and step < self.steps and step <= descent.progress[-1]:
            drawn += self._arrows(here, step, part)
        return ll.Frame(drawn, self._notes(step, part), self.view)

    def _goal(self) -> layers.Layer:
        place = self.terrain.world_from_domain(np.zeros(2), lift=0.012)
        return layers.Points(place[None], "accent", 4.0, "ring", outline=True, name="Minimum")

    def _loss(self, step: int) -> str:
        return numerals.short(float(self.land.value(self.descent.points[step])))

    def _arrows(self, here: np.ndarray, step: int, part: int) -> list[layers.Layer]:
        """Return the uphill arrow, tangent to the ground, and the step that the ball will take."""
        gradient = np.asarray(self.land.grad(here), float)
        steepness = float(np.hypot(*gradient))
        if not 1e-9 < steepness < np.inf:
            return []
        ball = self.terrain.world_from_domain(here, lift=0.02)
        ahead = self.terrain.world_from_domain(here + 0.02 * self.size * gradient / steepness, lift=0.02) - ball
        uphill = ahead / np.linalg.norm(ahead)
        tip = ball + ARROW * uphill
        drawn: list[layers.Layer] = [
            layers.Arrows(
                (ball + BALL * uphill)[None], tip[None], "up", 5.5, depth=False, name="Gradient", worth=[steepness]
            ),
            layers.Label(tip, r"\nabla f", "up", latex=True, size=20, offset=ll.ground.beside(uphill)),
        ]
        if part >= MOVE:
            end = self.terrain.world_from_domain(np.array(self.inside(tuple(self.descent.points[step + 1]))), lift=0.02)
            move = (end - ball) / max(float(np.linalg.norm(end - ball)), 1e-9)
            drawn.append(
                layers.Arrows((ball + BALL * move)[None], end[None], "down", 5.5, depth=False, name="Next step")
            )
            drawn.append(
                layers.Label(end, r"-\alpha\nabla f", "down", latex=True, size=20, offset=ll.ground.beside(move, 50.0))
            )
        return drawn

    def _notes(self, step: int, part: int) -> list[layers.Note]:
        descent, curvature = self.descent, self.curvature
        here = descent.points[step]
        gradient = np.asarray(self.land.grad(here), float)
        scale = np.maximum(np.abs(descent.points[0]), 1e-9)
        lambdas = rf"\lambda_1 = {numerals.latex(curvature[0])},\; \lambda_2 = {numerals.latex(curvature[1])}"
        factor = quadratics.descent_factors(self.alpha, curvature)
        rows = [
            layers.Row(
                f"eigen{k + 1}",
                f"{('x', 'y')[k]}: every step ×{numerals.fixed(float(factor[k]))}",
                (numerals.short(float(here[k])), ""),
                bar=float(np.clip(here[k] / scale[k], -1, 1)),
            )
            for k in (0, 1)
        ]
        title = layers.Title(
            self.title, rf"f(x, y) = \tfrac12(\lambda_1 x^2 + \lambda_2 y^2),\quad {lambdas}", (self._verdict(),)
        )
        return [
            title,
            layers.Facts(f"Iteration {min(step + 1, self.steps)}", self._five_steps(here, gradient, step, part)),
            layers.Legend(rows, "Error along each axis", ("now", "of the start")),
            layers.ColorBar(self.terrain),
            self._chart(step),
            self._bars(here),
        ]

    def _five_steps(
        self, here: np.ndarray, gradient: np.ndarray, step: int, part: int
    ) -> list[tuple[str, str, str, str]]:
        """Return the five steps with their numbers, the one that is under way in colour."""
        gx, gy = (numerals.latex(float(v)) for v in gradient)
        after = self.descent.points[min(step + 1, self.steps)]
        nx, ny = (numerals.latex(float(v)) for v in after)
        steps = (
            ("accent", r"1\;\; f(w)", rf"= {numerals.latex(float(self.land.value(here)))}", "the surface"),
            ("accent", r"2\;\; f \to \min", "", "the goal"),
            ("up", r"3\;\; \nabla f", rf"= ({gx}, {gy})", "the gradient"),
            ("down", r"4\;\; -\alpha\nabla f", "", "the step"),
            ("accent", r"5\;\; w", rf"= ({nx}, {ny})", "repeat"),
        )
        return [
            (color, left, middle, word) if k == part else ("dim", left, rf"\fgcolor{{dim}}{{{middle}}}", word)
            for k, (color, left, middle, word) in enumerate(steps)
        ]

    def _verdict(self) -> str:
        """Say in words what this rate leads to."""
        factors = quadratics.descent_factors(self.alpha, self.curvature)
        worst = float(np.abs(factors).max())
        alpha = f"α = {numerals.trimmed(self.alpha, 4)}"
        if worst > 1 + 1e-9:
            return f"{alpha} is too large: every step makes the error {numerals.trimmed(worst, 3)} times larger"
        if worst > 1 - 1e-9:
            return f"{alpha} is the edge: the ball jumps from wall to wall for ever"
        return f"{alpha}: every step leaves at least {numerals.trimmed(100 * worst, 1)} % of the error"

    def _chart(self, step: int) -> layers.Chart:
        def make() -> list[layers.Series]:
            steps = np.arange(self.steps + 1, dtype=float)
            parts = np.maximum(np.abs(self.descent.points), 1e-14)
            return [layers.Series(name, f"eigen{k + 1}", steps, parts[:, k]) for k, name in enumerate("xy")]

        series = self.remember("series", self.descent, make)
        return layers.Chart("Size of the error", series, log_y=True, now=float(step), x_label="step")

    def _bars(self, here: np.ndarray) -> layers.Chart:
        bars = [
            layers.Series(name, f"eigen{k + 1}", np.array([float(k)]), np.array([float(here[k])]))
            for k, name in enumerate("xy")
        ]
        return layers.Chart("Error along each axis", bars, kind="bar")

    # ------------------------------------------------------------------------------------------ dragging
    def handles(self, time: float) -> Sequence[ll.Handle]:
        """Return the start."""
        place = self.terrain.world_from_domain(np.array(self.start), lift=0.012)
        return [ll.Handle("start", place, drop)]

    def click(self, position: tuple[float, float]) -> bool:
        """Drop the ball where the ground was clicked."""
        drop(self, position)
        return True


def drop(scene: GradientDescent, position: tuple[float, float]) -> None:
    """Drop the ball at a position in the domain."""
    scene.set("start", scene.inside(position))
