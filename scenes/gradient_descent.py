"""Five steps downhill, again and again: what gradient descent does, and when it fails."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, signs, tex, words
from lossland.models import quadratics

ARROW, BALL = 0.34, 0.03  # length of the uphill arrow and of the ball's radius in the world
SURFACE, GOAL, GRADIENT, STEP, REPEAT = range(5)  # the parts of an iteration


class GradientDescent(ll.GroundScene):
    """A ball in a bowl of two curvatures, and its five steps."""

    name = "gradient_descent"
    title = "Five steps downhill"
    chapter = "Optimization"
    rows = ("G4", "L1", "L2", "S1", "S4")
    sign = (
        signs.Line([(u / 20, 0.80 - 0.56 * ((u - 10) / 10) ** 2) for u in range(21)], "dim", 1.6),
        signs.Line([(0.80, 0.26), (0.66, 0.60)], "down", 1.6),
        signs.Dot((0.80, 0.24), 3.0, "optimizer.momentum"),
    )
    presets: ClassVar = {
        "zigzag": {"alpha": 0.18, "steps": 25},
        "slow and safe": {"alpha": 0.04},
        "the best rate": {"alpha": 0.181818181818, "steps": 20},
        "the edge": {"alpha": 0.2, "steps": 20},
        "too far": {"alpha": 0.21, "steps": 25, "start": (-3.4, 0.5)},
        "a round bowl": {"curvature_x": 3.0, "curvature_y": 3.0, "alpha": 0.12, "steps": 7},
        "one iteration": {"alpha": 0.12, "steps": 3, "start": (-2.6, 2.2)},
    }

    domain = ll.ground.Domain((-4.0, 4.0, -4.0, 4.0))
    curvature_x = parameters.Number(1.0, 0.1, 20.0, r"curvature $\lambda_1$", "How the bowl bends along x.", log=True)
    curvature_y = parameters.Number(10.0, 0.1, 20.0, r"curvature $\lambda_2$", "How it bends along y.", log=True)
    alpha = parameters.Number(0.18, 0.001, 1.0, r"rate $\alpha$", "The factor of the slope in a step.", log=True)
    start = parameters.GroundPoint((-3.4, 1.6), -4, 4, help="Where the ball is dropped.", click=True, at=(0.075, 0.7))
    steps = parameters.Integer(50, 1, 200, "steps", "How many iterations.", log=True)
    clock = ll.Clock.paced(steps, per_second=0.25, least=8.0, most=40.0)

    @property
    def landscape(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  # the curvatures choose it
        """The bowl's formula."""
        return f"({self.curvature_x:.12g} * x^2 + {self.curvature_y:.12g} * y^2) / 2"

    def relief(self, value: np.ndarray) -> tuple[float, float]:
        """Lift the floor of a long valley a little, so that its gentle slope shows too."""
        return 0.55, max(0.42, ll.ground.straight(value))

    @property
    def curvature(self) -> np.ndarray:
        """The two curvatures (2,)."""
        return np.array([self.curvature_x, self.curvature_y])

    @ll.kept
    def points(self) -> np.ndarray:
        """Return the ball's places (steps + 1, 2)."""
        rule = ll.optimizers.GradientDescent(lr=self.alpha)
        return ll.run(self.land, rule, start=self.start, steps=self.steps).points[:, 0]

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the factors by which the error shrinks, where the ball is, and the closed form for the last step."""
        numbers, here = quadratics.descent_numbers(self.alpha, self.curvature), self.points()[now.whole]
        return numbers | {
            "step": float(now.whole),
            "now": here,
            "loss": float(self.land.value(here)),
            "gradient": np.asarray(self.land.grad(here), float),
            "last": self.points()[-1],
            "closed_form": numbers["factors"] ** self.steps * np.array(self.start),
        }

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the ball in its iteration, with the arrows that this part of it is about."""
        step, points = now.whole, self.points()
        part = int(5 * (now.step - step) + 1e-9) if step < self.steps else REPEAT
        moved = now.eased((step + STEP / 5) / self.steps, (step + REPEAT / 5) / self.steps)  # then it stays there
        here, on_map = points[at := step + int(moved)], self.terrain.laid(points).is_inside(at)
        value = self.land.value_grad_at(*here.tolist())[0] if on_map else "off the map"
        label = "" if on_map else words("w = ?", here.round(2) + 0.0)
        look = {"start": "start", "label": label, "value": value, "name": "Descent"}
        ball = layers.Trail.on(self.terrain, points, step + moved, "optimizer.sgd", **look)
        arrows = self.arrows(step, part) if on_map and step < self.steps and part >= GRADIENT else []
        return self.on_ground([self.goal(), ball, *arrows], self.notes(step, part))

    @ll.kept
    def goal(self) -> layers.Layer:
        """Return the ring at the lowest point."""
        return layers.Points.on(self.terrain, (0.0, 0.0), "accent", 4.0, "ring", name="Minimum")

    @ll.kept
    def arrows(self, step: int, part: int) -> list[layers.Layer]:
        """Return the uphill arrow, tangent to the ground, and from the fourth part on the step that the ball takes."""
        here, after = self.points()[step : step + 2]
        gradient = np.array(self.land.value_grad_at(*here.tolist())[1:])
        if not 0.005 < (steepness := float(np.hypot(*gradient))) < np.inf:  # the smallest that is not written as 0
            return []
        ball, end = self.terrain.world_from_domain(np.array([here, self.inside(tuple(after))]), lift=0.02)
        tip = ball + ARROW * self.ahead(here, gradient)
        drawn = layers.named_arrow(ball, tip, "up", r"\nabla f", BALL, name="Gradient", worth=[steepness])
        step_ahead = layers.named_arrow(ball, end, "down", r"-\alpha\nabla f", name="Next step")
        return [*drawn, *step_ahead] if part >= STEP else drawn

    @ll.kept
    def notes(self, step: int, part: int) -> list[layers.Note]:
        """Return the verdict, the five steps with their numbers, and the error along each axis."""
        here, after = self.points()[step], self.points()[min(step + 1, self.steps)]
        loss, *gradient = self.land.value_grad_at(*here.tolist())
        bowl = r"f(x, y) = \tfrac12(\lambda_1 x^2 + \lambda_2 y^2),\quad \lambda_1 = ?,\; \lambda_2 = ?"
        five_steps = (
            ("accent", r"1\;\; f(w)", tex("= ?s", loss), "surface"),
            ("accent", r"2\;\; f \to \min", "", "goal"),
            ("up", r"3\;\; \nabla f", tex("= (?, ?)", *gradient), "gradient"),
            ("down", r"4\;\; -\alpha\nabla f", "", "step"),
            ("accent", r"5\;\; w", tex("= (?, ?)", *after), "repeat"),
        )
        rows, bars, factors = [], [], quadratics.descent_factors(self.alpha, self.curvature)
        for k, (axis, error, factor) in enumerate(zip("xy", here.tolist(), factors, strict=True)):
            share = float(np.clip(error / max(abs(self.start[k]), 1e-9), -1, 1))
            rows.append(layers.Row(f"eigen{k + 1}", words(f"{axis}: every step ×?.2", factor), (error, ""), bar=share))
            bars.append(layers.Series(axis, f"eigen{k + 1}", np.array([float(k)]), np.array([error])))
        return [
            layers.Title(self.title, tex(bowl, *self.curvature), (self.verdict(),)),
            layers.Facts(f"Iteration {min(step + 1, self.steps)}", layers.lit(five_steps, part)),
            layers.Legend(rows, "Error along each axis", ("now", "of the start")),
            layers.Chart("Size of the error", self.errors(), log_y=True, now=float(step), x_label="step"),
            layers.Chart("Error along each axis", bars, kind="bar"),
        ]

    @ll.kept
    def verdict(self) -> str:
        """Say in words what this rate leads to."""
        worst = quadratics.descent_numbers(self.alpha, self.curvature)["rate"]
        if worst > 1 + 1e-9:
            return words("α = ?4 is too large: soon every step makes the error ?3 times larger", self.alpha, worst)
        if worst > 1 - 1e-9:
            return words("α = ?4 is the edge: the ball jumps from wall to wall for ever", self.alpha)
        return words("α = ?4: every step leaves at most ?1 % of the error", self.alpha, 100 * worst)

    @ll.kept
    def errors(self) -> list[layers.Series]:
        """Return the size of both parts of the error, step by step."""
        steps, parts = np.arange(self.steps + 1.0), np.maximum(np.abs(self.points()), 1e-14)
        return [layers.Series(axis, f"eigen{k + 1}", steps, parts[:, k]) for k, axis in enumerate("xy")]
