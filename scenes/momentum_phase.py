"""Why momentum works: on a quadratic a heavy ball is one small matrix for each eigenvalue, and everything is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import cos, sin
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import insets, layers, parameters, shapes, signs, words
from lossland.models import phase_portraits, quadratics

WIDEST = 4.0  # αλ at the map's right edge: beyond, no β below 1 is stable
SAMPLES = 385
STEEPEST = 1.8  # rates are cut off here: the cliff goes on
COLORS = ("optimizer.momentum", "particle.2", "optimizer.lion", "optimizer.adam", "optimizer.rmsprop",
          "optimizer.adamw", "particle.0", "particle.1")  # fmt: skip
MOST = len(COLORS)  # eigenvalues
TARGET = 1e-6  # an error that counts as arrived
LANES = insets.Lanes(home=-1.24, length=0.92)  # in front of the map
PORTRAIT = insets.Square(middle=(2.76, -0.62), half=0.92, reach=1.25)  # at its right
LIFT = layers.ON_GROUND
RULE = r"y_{k+1} = \beta y_k + \lambda x_k,\quad x_{k+1} = x_k - \alpha y_{k+1}"
CELLS = 72  # along both sides of the table over α and β
REMARKS = {"unstable": "over the cliff", "critically damped": "no smaller factor for this αλ",
           "underdamped": "ripples", "overdamped": "creeps"}  # fmt: skip
RIM = {"alpha": 1.0, "beta": 0.8, "shown": 3}  # with these the rim is at λ = 3.6
SPIRAL = [(0.5 + 0.42 * (1 - t / 60) * cos(0.3 * t), 0.5 - 0.42 * (1 - t / 60) * sin(0.3 * t)) for t in range(61)]


class MomentumPhase(ll.Scene):
    """The map of convergence rates, an error's lane for every eigenvalue, and one ball's phase portrait."""

    name = "momentum_phase"
    title = "Why momentum works"
    chapter = "Optimization"
    rows = ("G5",)
    sign = (
        signs.Line(SPIRAL, "optimizer.momentum", 1.6),
        signs.Dot(SPIRAL[-1], 2.0, "text"),
        signs.Dot(SPIRAL[0], 2.4, "accent"),
    )
    presets: ClassVar = {
        "best for κ = 100": {},
        "plain descent": {"alpha": 2 / 101, "beta": 0.0, "steps": 80},
        "too much memory": {"beta": 0.94, "shown": 2},
        "ripples": {"eigenvalues": "1", "alpha": 0.04, "beta": 0.9},
        "creeps": {"eigenvalues": "1", "alpha": 0.04, "beta": 0.3},
        "critical": {"eigenvalues": "1", "alpha": 0.04, "beta": 0.64, "steps": 60},
        "at the rim": {"eigenvalues": "1, 2, 3.5", **RIM, "start": (0.16, 0.0)},
        "over the cliff": {"eigenvalues": "1, 2, 3.7", **RIM, "steps": 24, "start": (0.005, 0.0)},
    }

    alpha = parameters.Number(4 / 121, 1e-4, 4.0, r"rate $\alpha$", "The factor of the velocity in a step.", log=True)
    beta = parameters.Number((9 / 11) ** 2, 0.0, 0.999, r"memory $\beta$", "How much of the velocity stays.")
    eigenvalues = parameters.Numbers("1, 10, 50, 100", 1e-3, 1e4, MOST, help="The valley's curvatures, with commas.")
    shown = parameters.Integer(
        1, 1, MOST, "portrait of", "Whose phase portrait is drawn, by its number.",
        most=lambda scene: len(scene.lambdas),
    )  # fmt: skip
    steps = parameters.Integer(80, 1, 2000, "steps", "How long the balls roll.", log=True)
    start = parameters.InsetPoint((1.0, 0.0), PORTRAIT, help="Position and velocity at first.")
    clock = ll.Clock.paced(steps, per_second=8, least=5.0, most=20.0)

    def has_control(self, name: str) -> bool:
        """Hide which phase portrait is drawn where there is only one."""
        return name != "shown" or len(self.lambdas) > 1

    @property
    def lambdas(self) -> np.ndarray:
        """The eigenvalues (n,), rising."""
        return np.array(parameters.Numbers.read(self.eigenvalues))

    @property
    @ll.kept
    def balls(self) -> quadratics.HeavyBalls:
        """A ball for every eigenvalue: its αλ, its rate, its path, its errors."""
        return quadratics.HeavyBalls(self.alpha, self.beta, self.lambdas, self.start, self.steps)

    def called(self, k: int) -> str:
        """Return what an eigenvalue is called, by its index."""
        return words("λ = ?", self.lambdas[k])

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return rates, limits and best choices, and where the balls are."""
        return {
            "step": float(now.whole),
            **quadratics.momentum_numbers(self.alpha, self.beta, self.lambdas, TARGET),
            "positions": self.balls.paths[now.whole, :, 0].copy(),
            "errors": self.balls.errors[now.whole].copy(),
        }

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the map with its dots, the lanes as far as the errors have come, and the portrait of one ball."""
        ball = replace(self.roll(), upto=now.step)
        drawn = [*self.ground(), *self.dots(), *self.beads(now.step), *self.portrait(), ball]
        return ll.Frame(drawn, self.notes(now), self.view())

    @ll.kept
    def view(self) -> ll.View:
        """Return a view that holds the map, its lanes in front, and the portrait at the right."""
        front = LANES.home - LANES.length * 1.06
        flat = [(-1.35, -1.1), (-1.35, 1.1), (1.0, 1.1), (-1.65, front), (1.0, front)]
        high = [(x, y, self.terrain.top) for x in (-1.25, 1) for y in (-1, 1.1)]
        return ll.View(-99.0, 47.0, bounds=np.vstack([PORTRAIT.corners * (1, 1, 0), shapes.lifted(flat), high]))

    @property
    @ll.kept
    def terrain(self) -> ll.Terrain:
        """The map of rates as ground: αλ to the right, β to the back."""
        product, beta = np.linspace(0, WIDEST, SAMPLES), np.linspace(0, 1, SAMPLES)
        value = np.minimum(quadratics.momentum_rate(product[None, :], beta[:, None]), STEEPEST)
        return ll.Terrain(product, beta, value, 0.62, ll.ground.straight(value))

    @ll.kept
    def ground(self) -> list[layers.Layer]:
        """Return the map, blue where errors shrink and orange where they grow, with its crease and its rim."""
        terrain, root, beta = self.terrain, np.linspace(0, 2, 400), np.linspace(0, 1, 120)
        paint = np.clip(1.6 * np.log(np.maximum(terrain.value, 1e-3)), -1, 1).astype(np.float32)
        crease = terrain.world_from_domain(np.stack([root**2, quadratics.critical_memory(root**2)], -1), LIFT)
        rim = terrain.world_from_domain(np.stack([2 + 2 * beta, beta], -1), LIFT)
        return [
            layers.Surface(terrain, paint=paint),
            layers.Axes(terrain, "", r"\beta", r"\text{factor}"),  # the lanes are where a name of x would stand
            layers.Label((1.12, -1.08, 0.0), r"\alpha\lambda", latex=True, size=19.0),
            layers.Lines([crease], "accent", 2.4, name="Crease"),
            layers.Lines([rim], "up", 2.2, dash=(16, 10), name="Cliff"),
            layers.Label(terrain.world_from_domain((0.22, 0.28), LIFT), "crease", "accent", size=13.0, side="right"),
            layers.Label(terrain.world_from_domain((2.45, 0.3), LIFT), "cliff", "up", size=13.0, side="left"),
        ]

    @property
    def places(self) -> np.ndarray:
        """The dots on the map, (n, 2); what is beyond its edge stands on the edge."""
        return np.stack([np.minimum(self.balls.products, WIDEST), np.full(len(self.balls.products), self.beta)], -1)

    @ll.kept
    def dots(self) -> list[layers.Layer]:
        """Return every eigenvalue's dot and its lane, and the line that links them."""
        drawn: list[layers.Layer] = []
        for k, (product, beta) in enumerate(self.places):
            along = np.stack([np.full(80, product), np.linspace(0, max(beta, 1e-3), 80)], -1)
            climb = self.terrain.world_from_domain(along, LIFT)
            x, _, edge = climb[0]
            link = np.vstack([[(x, LANES.home, LIFT), (x, -1.004, LIFT), (x, -1.004, edge)], climb])
            size = 9.0 if k + 1 == self.shown else 6.5
            dot = layers.Points(climb[-1:], COLORS[k], size, "sphere", outline=True, name=self.called(k))
            drawn += [layers.Lines([link], COLORS[k], 1.8, 0.85), dot]
        return [*drawn, *LANES.ruled(self.terrain.footprint_from_domain(self.places)[:, 0])]

    def beads(self, step: float) -> list[layers.Layer]:
        """Return the errors as beads on their lanes."""
        drawn, across = list[layers.Layer](), self.terrain.footprint_from_domain(self.places)[:, 0]
        for k, error in enumerate(quadratics.error_at(self.balls.errors, step)):
            radius, name = 7.5 if k + 1 == self.shown else 6.0, f"Error of {self.called(k)}"
            drawn += LANES.bead(across[k], error, COLORS[k], radius, name)
        return drawn

    @ll.kept
    def portrait(self) -> list[layers.Layer]:
        """Return the empty phase portrait: axes, and where a step leads from all over it."""
        k, reach = self.shown - 1, PORTRAIT.reach
        step = partial(quadratics.momentum_step, product=self.balls.products[k], beta=self.beta)
        moves = PORTRAIT.world_from_inset(phase_portraits.moves(step, reach, count=13, longest=0.085 * reach))
        corner, damping = PORTRAIT.corners[0], quadratics.damping(self.balls.products[k], self.beta)
        return [
            *PORTRAIT.axes("position", "velocity"),
            layers.Lines(list(moves), "dim", 1.2, 0.75),
            layers.Label(corner, self.called(k), COLORS[k], value=damping, side="below right"),
        ]

    @ll.kept
    def roll(self) -> layers.Trail:
        """Return the shown ball's path on the portrait, as far as it stays there."""
        k = self.shown - 1
        state = self.balls.paths[:, k] / (1.0, np.sqrt(self.balls.products[k]))  # the velocity as a share of √(αλ)
        points = PORTRAIT.world_from_inset(PORTRAIT.part_inside(state))
        return layers.Trail(points, np.arange(float(len(points))), COLORS[k], 0.0, points, start="start", name="Ball")

    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the table of eigenvalues, their errors, the table over α and β, and the shown ball's step."""
        damping = quadratics.damping(self.balls.products[self.shown - 1], self.beta)
        return [
            layers.Title(self.title, RULE, (f"step {now.whole}", f"{damping}: {REMARKS[damping]}")),
            self.legend(),
            layers.Chart("Error", self.curves(), log_y=True, now=now.step),
            self.choices().marked(self.alpha, self.beta),
            self.equations(now.whole),
        ]

    @ll.kept
    def legend(self) -> layers.Legend:
        """Return each eigenvalue's product with α, its factor, and in how many steps that makes a millionth."""
        rows = []
        for k, (product, rate) in enumerate(zip(self.balls.products, self.balls.rates, strict=True)):
            cells = (words("?.3", product), words("?.3", rate), words("?n", quadratics.steps_to(TARGET, rate)))
            rows.append(layers.Row(COLORS[k], self.called(k), cells))
        return layers.Legend(rows, "Eigenvalues", ("αλ", "factor", "≈ steps"))

    @ll.kept
    def curves(self) -> list[layers.Series]:
        """Return every eigenvalue's error, step by step."""
        steps, errors = np.arange(self.steps + 1.0), np.clip(self.balls.errors, 1e-12, 1e12)
        return [layers.Series(self.called(k), COLORS[k], steps, errors[:, k]) for k in range(len(self.lambdas))]

    @ll.kept
    def choices(self) -> layers.HeatMap:
        """Return the steps that the slowest eigenvalue needs, over α and β."""
        low, high = self.lambdas[0], self.lambdas[-1]
        alpha = layers.HeatAxis(r"$\alpha$", max(0.1 / high, 1e-4), min(6 / high, 4.0), log=True, param="alpha")
        beta = layers.HeatAxis(r"$\beta$", 0.0, 0.999, param="beta")
        steps = quadratics.momentum_steps(alpha.middles(CELLS), beta.middles(CELLS), self.lambdas, TARGET)
        return layers.HeatMap("Steps to 10⁻⁶" if low == high else "Steps of the slowest", steps, alpha, beta)

    @ll.kept
    def equations(self, step: int) -> layers.Equations:
        """Return the shown ball's last step with its numbers."""
        k = self.shown - 1
        (position, move), (before, _) = self.balls.paths[step, k], self.balls.paths[max(step - 1, 0), k]
        rows = [
            (r"x_k", [before], "text"),
            (r"y_{k+1} = \beta y_k + \lambda x_k", [move / self.alpha], "text"),
            (r"x_{k+1} = x_k - \alpha y_{k+1}", [position], "text"),
            (r"\max|\sigma|", [words("?.4", self.balls.rates[k])], COLORS[k]),
            (r"\max|\sigma| \text{ of all}", [words("?.4", self.balls.rates.max())], "text"),
        ]
        return layers.Equations(f"The ball of {self.called(k)}, step {step}", ("",), rows)

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the dots on the map, and the start on the portrait."""
        places = self.terrain.world_from_domain(self.places, LIFT)
        dots = [ll.Handle(f"dot {k}", place, partial(type(self).put, number=k)) for k, place in enumerate(places, 1)]
        return [*dots, *super().handles(now)]

    def put(self, position: tuple[float, float], number: int) -> None:
        """Show an eigenvalue, by its number, and choose α and β so that its dot stands at (αλ, β)."""
        self.set("shown", number)
        self.set("alpha", float(np.clip(np.clip(position[0], 1e-3, WIDEST) / self.lambdas[number - 1], 1e-4, 4.0)))
        self.set("beta", float(np.clip(position[1], 0.0, 0.999)))

    def click(self, position: tuple[float, float]) -> bool:
        """Put the shown eigenvalue's dot where the map was clicked."""
        if not (0 <= position[0] <= WIDEST and 0 <= position[1] <= 1):
            return False
        self.put(position, self.shown)
        return True
