"""Why momentum works: on a quadratic a heavy ball is one small matrix for each eigenvalue, and everything is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, numerals
from lossland.models import quadratics

WIDEST = 4.0  # αλ at the map's right edge: beyond, no β below 1 is stable
SAMPLES = 385
STEEPEST = 1.8  # rates are cut off here: the cliff goes on
COLORS = ("optimizer.momentum", "particle.2", "optimizer.lion", "optimizer.adam", "optimizer.rmsprop",
          "optimizer.adamw", "particle.0", "particle.1")  # fmt: skip
TARGET = 1e-6  # an error that counts as arrived
DECADES = 6.0  # along a lane
LANE_START, LANE_LENGTH, LANE_OVER = -1.24, 0.92, 1.14  # world y of a lane's end, its length, and how far beyond
SHEET = np.array([2.36, -0.62])  # world x, y of the middle of the phase portrait
SHEET_HALF = 0.96  # half its side, world
SHEET_UNITS = 1.25  # what that stands for
LIFT = 0.012
CELLS = 72  # of the map over α and β


def regime(product: float, beta: float) -> str:
    """Say how the ball behaves."""
    if quadratics.momentum_rate(product, beta) > 1 + 1e-12:
        return "unstable: over the cliff"
    critical = float(quadratics.critical_memory(product))
    if abs(beta - critical) < 5e-3:
        return "critically damped: no faster rate for this αλ"
    if beta > critical:
        return "underdamped: ripples"
    return "overdamped: creeps"


class Eigenvalues(ll.parameters.Text):
    """From one to eight positive numbers with commas between; kept in rising order."""

    def check(self, value: Any) -> str:
        """Accept a text, or the numbers themselves."""
        try:
            parts = value.replace(";", ",").split(",") if isinstance(value, str) else [f"{one:g}" for one in value]
            numbers = sorted(float(part) for part in parts if part.strip())
        except ll.parameters.NO_NUMBER:
            numbers = []
        if not 1 <= len(numbers) <= len(COLORS) or not all(1e-3 <= number <= 1e4 for number in numbers):
            raise self.refuse(value, f"from 1 to {len(COLORS)} numbers from 0.001 to 10000 with commas between")
        return ", ".join(f"{number:g}" for number in numbers)


class MomentumPhase(ll.Scene):
    """The map of convergence rates, an error's lane for every eigenvalue, and one ball's phase portrait."""

    name = "momentum_phase"
    title = "Why momentum works"
    chapter = "Optimization"
    rows = ("G5",)
    lesson = """
A quadratic valley is as many separate problems as it has **eigenvalues** λ: along each of its own
directions the ball rolls by itself. So all of momentum is in one small matrix, and all that
matters of that is two numbers: the step times the curvature, **αλ**, and the memory, **β**.

The ground is a map over these two. Its height is the rate: by what factor an error shrinks in a
step. Low ground is quick, height 1 stands still, and behind the rim is the **cliff**, where errors
grow. Without memory (the front edge) a step is stable only up to αλ = 2. Memory tilts the rim: with
β it is at αλ = 2 + 2β, nearly twice as far.

Each eigenvalue of your problem is a **dot** on the map and has a **lane** in front: the bead starts
far out, at error 1, and comes home at one millionth. All dots share one β, and their αλ are α times
their λ. The slowest dot is the highest. With plain descent the flat direction (λ small) sits up at
the left, nearly at 1, because α must keep the sharp direction off the cliff.

Now give it memory. The crease on the map is **critical damping**, β = (1 − √(αλ))². Behind
it the ground is a terrace whose height is √β whatever λ is: every dot that stands there comes home
at the same pace. The best choice puts the flattest and the sharpest direction just on the terrace,
both at its edges. For a condition number κ that turns (κ − 1)/(κ + 1) into (√κ − 1)/(√κ + 1): at
κ = 100, 691 steps become 69.

The sheet at the right is one ball's **phase portrait**: where it is, and how fast it goes. Drag the
dot on the map from front to back and see the three ways to come to rest: too little memory
*creeps*, too much *ripples* and the curve becomes a spiral, in between is the crease.
"""
    formulas = (
        (r"y_{k+1} = \beta y_k + \lambda x_k", "the velocity: what is kept of it, and the new gradient λx"),
        (r"x_{k+1} = x_k - \alpha y_{k+1}", "the next point"),
        (
            r"R = \begin{pmatrix} \beta & \lambda \\ -\alpha\beta & 1 - \alpha\lambda \end{pmatrix}",
            "both at once: one matrix for each eigenvalue; its eigenvalues σ decide",
        ),
        (r"|\sigma| = \sqrt{\beta} \;\text{ if }\; \beta \geq (1 - \sqrt{\alpha\lambda})^2", "the terrace"),
        (r"0 < \alpha\lambda < 2 + 2\beta", "stable"),
        (
            r"\alpha = \left(\frac{2}{\sqrt{\lambda_1} + \sqrt{\lambda_n}}\right)^2,\quad"
            r" \beta = \left(\frac{\sqrt{\kappa} - 1}{\sqrt{\kappa} + 1}\right)^2",
            "the best choice for eigenvalues from λ₁ to the largest",
        ),
    )
    snippet = r"""
import numpy as np

eigenvalues = np.array([1, 10, 50, 100])
low, high = np.sqrt(eigenvalues.min()), np.sqrt(eigenvalues.max())
alpha, beta = (2 / (low + high)) ** 2, ((high - low) / (high + low)) ** 2
print("best_alpha", alpha)
print("best_beta", beta)

sigma = np.linalg.eigvals([[beta, 10], [-alpha * beta, 1 - alpha * 10]])   # of the eigenvalue 10
print("best_rate", np.abs(sigma).max())
print("best_steps", np.ceil(np.log(1e-6) / np.log(np.abs(sigma).max())))

x, y = np.ones(4), np.zeros(4)
for k in range(80):                                      # one heavy ball for each eigenvalue
    y = beta * y + eigenvalues * x
    x = x - alpha * y
print("positions", *x)
"""
    presets: ClassVar = {
        "best for κ = 100": {},
        "plain descent": {"alpha": 2 / 101, "beta": 0.0, "steps": 80},
        "too much memory": {"beta": 0.94, "shown": 2},
        "ripples": {"eigenvalues": "1", "alpha": 0.04, "beta": 0.9},
        "creeps": {"eigenvalues": "1", "alpha": 0.04, "beta": 0.3},
        "critical": {"eigenvalues": "1", "alpha": 0.04, "beta": 0.64, "steps": 60},
        "at the rim": {"eigenvalues": "1, 2, 3.5", "alpha": 1.0, "beta": 0.8, "shown": 3, "start": (0.16, 0.0)},
        "over the cliff": {
            "eigenvalues": "1, 2, 3.7",
            "alpha": 1.0,
            "beta": 0.8,
            "shown": 3,
            "steps": 40,
            "start": (0.02, 0.0),
        },
    }

    alpha = ll.parameters.Number(4 / 121, 1e-4, 4.0, r"rate $\alpha$", "The length of a step.", log=True)
    beta = ll.parameters.Number((9 / 11) ** 2, 0.0, 0.999, r"memory $\beta$", "How much of the velocity stays.")
    eigenvalues = Eigenvalues("1, 10, 50, 100", label="eigenvalues", help="The valley's curvatures, with commas.")
    shown = ll.parameters.Integer(1, 1, len(COLORS), "portrait of", "Whose phase portrait is drawn, by its number.")
    steps = ll.parameters.Integer(80, 1, 2000, "steps", "How long the balls roll.", log=True)
    start = ll.parameters.Point(
        (1.0, 0.0), -SHEET_UNITS, SHEET_UNITS, label="start", help="Position and velocity at first.", hidden=True
    )

    # ------------------------------------------------------------------------------------------- numbers
    def changed(self, name: str) -> None:
        """Keep the portrait's number within the list."""
        if name in ("eigenvalues", "shown"):
            self.values["shown"] = min(self.shown, len(self.lambdas))

    @property
    def lambdas(self) -> np.ndarray:
        """The eigenvalues (n,), rising."""
        return np.array([float(part) for part in self.eigenvalues.split(",")])

    @property
    def products(self) -> np.ndarray:
        """αλ of every eigenvalue, (n,)."""
        return self.alpha * self.lambdas

    def _key(self) -> tuple[Any, ...]:
        return (self.alpha, self.beta, self.eigenvalues, self.start, self.steps)

    @property
    def clock(self) -> ll.Clock:
        """Eight steps a second, for not less than 5 and not more than 20 seconds."""
        return ll.Clock(float(np.clip(self.steps / 8, 5.0, 20.0)), self.steps)

    @property
    def paths(self) -> np.ndarray:
        """Position and α times velocity of every ball after every step, (steps + 1, n, 2)."""

        return self.remember(
            "paths",
            self._key(),
            lambda: quadratics.momentum_paths(self.products, self.beta, self.start, self.steps),
        )

    def errors(self) -> np.ndarray:
        """Return how far every ball is from rest, in position and velocity together, (steps + 1, n); 1 at first."""

        return self.remember("errors", self._key(), lambda: quadratics.errors(self.paths, self.products))

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return rates, limits and best choices, and where the balls are at ``time``."""
        low, high = float(self.lambdas[0]), float(self.lambdas[-1])
        step = int(self.step_at(time) + 1e-6)
        alpha, beta = quadratics.best_momentum(low, high)
        each = quadratics.momentum_rate(self.products, self.beta)
        plain_alpha, plain = quadratics.best_descent(low, high)
        quick = float(np.sqrt(beta))
        return {
            "step": float(step),
            "rates": each,
            "rate": float(each.max()),
            "stable": bool(quadratics.is_stable(self.products, self.beta).all()),
            "steps_needed": quadratics.steps_to(TARGET, float(each.max())),
            "condition": high / low,
            "critical_beta": quadratics.critical_memory(self.products),
            "stable_alpha": (2 + 2 * self.beta) / high,
            "best_alpha": alpha,
            "best_beta": beta,
            "best_rate": quick,
            "best_steps": quadratics.steps_to(TARGET, quick),
            "descent_alpha": plain_alpha,
            "descent_rate": plain,
            "descent_steps": quadratics.steps_to(TARGET, plain),
            "positions": self.paths[step, :, 0].copy(),
            "errors": self.errors()[step].copy(),
        }

    # --------------------------------------------------------------------------------------- the picture
    @property
    def terrain(self) -> ll.Terrain:
        """The map of rates as ground: αλ to the right, β to the back."""

        def make() -> ll.Terrain:
            product, beta = np.linspace(0, WIDEST, SAMPLES), np.linspace(0, 1, SAMPLES)
            value = np.minimum(quadratics.momentum_rate(product[None, :], beta[:, None]), STEEPEST)
            return ll.Terrain(product, beta, value, 0.62, float(ll.ground.straight(value)))

        return self.remember("terrain", None, make)

    @property
    def view(self) -> ll.View:
        """The map, its lanes in front, the sheet at the right."""

        def make() -> ll.View:
            corners = [SHEET + SHEET_HALF * np.array(c) for c in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            flat = [*corners, (-1.35, -1.1), (-1.35, 1.1), (1.0, 1.1), (-1.65, LANE_START - LANE_LENGTH * 1.06),
                    (1.0, LANE_START - LANE_LENGTH * 1.06)]  # fmt: skip
            high = [(x, y, self.terrain.top) for x in (-1.25, 1) for y in (-1, 1.1)]
            return ll.View(-99.0, 47.0, bounds=np.array([*((x, y, 0.0) for x, y in flat), *high]))

        return self.remember("view", None, make)

    def frame(self, time: float) -> ll.Frame:
        """Return the balls at ``time`` seconds."""
        step = self.step_at(time)
        key = (self.alpha, self.beta, self.eigenvalues)
        drawn: list[layers.Layer] = [
            *self.remember("ground", None, self._ground),
            *self.remember("dots", (*key, self.shown), self._dots),
            *self._lanes(step),
            *self.remember("sheet", (*key, self.shown), self._sheet),
            *self._ball(step),
        ]
        return ll.Frame(drawn, self._notes(step), self.view)

    def _ground(self) -> list[layers.Layer]:
        """Return the map with its crease and its rim."""
        terrain = self.terrain
        with np.errstate(divide="ignore"):
            paint = np.clip(1.6 * np.log(np.maximum(terrain.value, 1e-3)), -1, 1).astype(np.float32)
        root = np.linspace(0, 2, 400)
        crease = np.stack([root**2, (1 - root) ** 2], -1)
        rim = np.stack([np.linspace(2, 4, 120), np.linspace(0, 1, 120)], -1)
        return [
            layers.Surface(terrain, paint=paint),
            layers.Axes(terrain, r"\alpha\lambda", r"\beta"),
            layers.Lines([terrain.world_from_domain(crease, LIFT)], "accent", 2.4, name="Crease"),
            layers.Lines([terrain.world_from_domain(rim, LIFT)], "up", 2.2, dash=(16, 10), name="Cliff"),
            layers.Label(terrain.world_from_domain((0.22, 0.28), LIFT), "crease", "accent", size=13.0, offset=(8, -12)),
            layers.Label(terrain.world_from_domain((3.45, 0.725), LIFT), "cliff", "up", size=13.0, offset=(10, 6)),
        ]

    def _places(self) -> np.ndarray:
        """Return the dots on the map, (n, 2); what is beyond its edge stands on the edge."""
        return np.stack([np.minimum(self.products, WIDEST), np.full(len(self.products), self.beta)], -1)

    def _dots(self) -> list[layers.Layer]:
        """Return every eigenvalue's dot, and the line that links it to its lane."""
        drawn: list[layers.Layer] = []
        for k, (product, beta) in enumerate(self._places()):
            along = np.stack([np.full(80, product), np.linspace(0, max(beta, 1e-3), 80)], -1)
            climb = self.terrain.world_from_domain(along, LIFT)
            x = climb[0, 0]
            foot = np.array([(x, LANE_START, LIFT), (x, -1.004, LIFT), (x, -1.004, climb[0, 2])])
            drawn += [
                layers.Lines([np.vstack([foot, climb])], COLORS[k], 1.8, 0.85),
                layers.Points(
                    climb[-1:],
                    COLORS[k],
                    9.0 if k + 1 == self.shown else 6.5,
                    "sphere",
                    outline=True,
                    name=f"λ = {numerals.short(self.lambdas[k])}",
                ),
            ]
        return drawn

    def _lane_point(self, k: int, error: np.ndarray) -> np.ndarray:
        """Return where errors (m,) stand on lane k, (m, 3): 1 far out, one millionth at home."""
        far = np.clip(1 + np.log10(np.maximum(error, 1e-300)) / DECADES, 0, LANE_OVER)
        x = self.terrain.footprint_from_domain(self._places()[k])[0]
        return np.stack([np.full_like(far, x), LANE_START - LANE_LENGTH * far, np.full_like(far, LIFT)], -1)

    def _lanes(self, step: float) -> list[layers.Layer]:
        """Return the lanes with their beads."""

        def make() -> list[layers.Layer]:
            ends = np.array([1.0, TARGET])
            ruled = [self._lane_point(k, ends) for k in range(len(self.products))]
            across = [np.array([(-1.0, y, LIFT), (1.0, y, LIFT)]) for y in
                      LANE_START - LANE_LENGTH * np.linspace(0, 1, int(DECADES / 2) + 1)]  # fmt: skip
            texts = ("10^{-6}", "10^{-4}", "10^{-2}", "1")
            return [
                layers.Lines(across, "dim", 1.0, 0.35),
                layers.Lines(ruled, "dim", 1.4, 0.55),
                *(
                    layers.Label(line[0], text, "dim", latex=True, size=14.0, offset=(-44.0, 2.0))
                    for line, text in zip(across, texts, strict=True)
                ),
                layers.Label(across[-1][0], "error", "dim", size=12.0, offset=(-40.0, 20.0)),
            ]

        lower = int(min(np.floor(step), self.steps - 1)) if self.steps else 0
        part = step - lower
        errors = np.exp((1 - part) * np.log(self.errors()[lower]) + part * np.log(self.errors()[lower + 1]))
        beads: list[layers.Layer] = []
        for k, error in enumerate(errors):
            tail = np.vstack([self._lane_point(k, np.array([1.0])), self._lane_point(k, np.array([error]))])
            beads += [
                layers.Lines([tail], COLORS[k], 3.0),
                layers.Points(
                    tail[1:],
                    COLORS[k],
                    7.5 if k + 1 == self.shown else 6.0,
                    "sphere",
                    outline=True,
                    name=f"Error of λ = {numerals.short(self.lambdas[k])}",
                    worth=[error],
                ),
            ]
        return [*self.remember("lanes", self._key(), make), *beads]

    # ------------------------------------------------------------------------------------ the phase portrait
    def _on_sheet(self, state: Any) -> np.ndarray:
        """Return world points (..., 3) of positions and velocities (..., 2) in the portrait's units."""
        flat = SHEET + SHEET_HALF / SHEET_UNITS * np.asarray(state, float)
        return np.concatenate([flat, np.full((*flat.shape[:-1], 1), LIFT)], -1)

    def _sheet(self) -> list[layers.Layer]:
        """Return the empty portrait: axes, and where a step leads from all over it."""
        u = SHEET_UNITS
        corners = self._on_sheet([(-u, -u), (u, -u), (u, u), (-u, u)])
        axes = [self._on_sheet([(-u, 0), (u, 0)]), self._on_sheet([(0, -u), (0, u)])]
        product = self.products[self.shown - 1]
        grid = np.stack(np.meshgrid(np.linspace(-u, u, 15)[1:-1], np.linspace(-u, u, 15)[1:-1]), -1).reshape(-1, 2)
        root = np.sqrt(product)
        velocity = self.beta * grid[:, 1] + root * grid[:, 0]
        after = np.stack([grid[:, 0] - root * velocity, velocity], -1)
        move = after - grid
        length = np.linalg.norm(move, axis=1, keepdims=True)
        move = move / np.maximum(length, 1e-9) * np.minimum(length, 0.085 * u)
        whisks = [self._on_sheet(np.stack([a, a + m])) for a, m in zip(grid, move, strict=True)]
        color = COLORS[self.shown - 1]
        return [
            layers.Polygon(corners, "text", 0.05, 1.2),
            layers.Lines(axes, "dim", 1.2, 0.7),
            layers.Lines(whisks, "dim", 1.2, 0.75),
            layers.Label(self._on_sheet((u, 0.0)), "position", "dim", size=13.0, offset=(8.0, 0.0)),
            layers.Label(self._on_sheet((0.0, u)), "velocity", "dim", size=13.0, offset=(6.0, -12.0)),
            layers.Label(
                self._on_sheet((-u, u)), f"λ = {numerals.short(self.lambdas[self.shown - 1])}", color,
                value=regime(product, self.beta).split(":")[0], offset=(8.0, -24.0),
            ),
        ]  # fmt: skip

    def _ball(self, step: float) -> list[layers.Layer]:
        """Return the ball's path on the sheet, as far as it stays there."""

        def make() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            k = self.shown - 1
            state = self.paths[:, k] / (1.0, np.sqrt(self.products[k]))
            away = np.flatnonzero((np.abs(state) > SHEET_UNITS).any(axis=1))
            kept = state[: max(int(away[0]), 1)] if len(away) else state
            beads = self._on_sheet(kept)
            between = np.linspace(0, len(kept) - 1, max(len(kept), 2))
            points = np.stack([np.interp(between, np.arange(len(kept)), beads[:, i]) for i in range(3)], -1)
            return points, between, beads

        points, progress, beads = self.remember("ball", (self._key(), self.shown), make)
        color = COLORS[self.shown - 1]
        return [layers.Trail(points, progress, color, step, beads, start="start", name="Ball")]

    # --------------------------------------------------------------------------------------------- words
    def _notes(self, step: float) -> list[layers.Note]:
        each, whole = quadratics.momentum_rate(self.products, self.beta), int(step + 1e-6)
        rows = [
            layers.Row(
                COLORS[k], f"λ = {numerals.short(value)}",
                (numerals.fixed(self.products[k], 3), numerals.fixed(each[k], 3), _steps(each[k])),
            )
            for k, value in enumerate(self.lambdas)
        ]  # fmt: skip
        worst = float(each.max())
        return [
            layers.Title(self.title, r"x_{k+1} = x_k - \alpha y_{k+1}",
                         (f"step {whole}", regime(self.products[self.shown - 1], self.beta))),
            layers.Legend(rows, "Eigenvalues", ("αλ", "rate", "steps")),
            self._chart(step),
            self._heat_map(),
            self.remember("equations", (self._key(), self.shown, whole), lambda: self._equations(whole, worst)),
        ]  # fmt: skip

    def _chart(self, step: float) -> layers.Chart:
        def make() -> list[layers.Series]:
            count = np.arange(self.steps + 1, dtype=float)
            errors = np.clip(self.errors(), 1e-12, 1e12)
            return [
                layers.Series(f"λ = {numerals.short(value)}", COLORS[k], count, errors[:, k])
                for k, value in enumerate(self.lambdas)
            ]

        return layers.Chart("Error", self.remember("series", self._key(), make), log_y=True, now=step)

    def _heat_map(self) -> layers.HeatMap:
        """Return the steps that the slowest eigenvalue needs, over α and β."""
        low, high = float(self.lambdas[0]), float(self.lambdas[-1])
        across = layers.HeatAxis(r"$\alpha$", max(0.1 / high, 1e-4), min(6 / high, 4.0), True, self.alpha, "alpha")
        up = layers.HeatAxis(r"$\beta$", 0.0, 0.999, False, self.beta, "beta")

        def make() -> np.ndarray:
            part = (np.arange(CELLS) + 0.5) / CELLS
            alpha, beta = across.scale.value(part), up.scale.value(part)
            rate = quadratics.momentum_rate(alpha[None, :, None] * self.lambdas, beta[:, None, None]).max(axis=-1)
            with np.errstate(divide="ignore"):
                return np.where(rate < 1, np.log(TARGET) / np.log(rate), np.nan)

        values = self.remember("heat", (self.eigenvalues,), make)
        return layers.HeatMap("Steps to 10⁻⁶" if low == high else "Steps of the slowest", values, across, up)

    def _equations(self, step: int, worst: float) -> layers.Equations:
        k = self.shown - 1
        value, color = float(self.lambdas[k]), COLORS[k]
        (x, v), last = self.paths[step, k], self.paths[max(step - 1, 0), k]
        rows = [
            (r"x_k", [numerals.short(float(last[0]))], "text"),
            (r"y_{k+1} = \beta y_k + \lambda x_k", [numerals.short(float(v) / self.alpha)], "text"),
            (r"x_{k+1} = x_k - \alpha y_{k+1}", [numerals.short(float(x))], "text"),
            (r"\max|\sigma|", [numerals.fixed(float(quadratics.momentum_rate(self.products[k], self.beta)), 4)], color),
            (r"\max|\sigma| \text{ of all}", [numerals.fixed(worst, 4)], "text"),
        ]
        return layers.Equations(f"The ball of λ = {numerals.short(value)}, step {step}", columns=("",), rows=rows)

    # ------------------------------------------------------------------------------------------ dragging
    def handles(self, time: float) -> Sequence[ll.Handle]:
        """Return the dots on the map and the start on the sheet."""
        dots = [
            ll.Handle(f"dot {k + 1}", self.terrain.world_from_domain(place, LIFT), self._mover(k))
            for k, place in enumerate(self._places())
        ]
        start = ll.Handle("start", self._on_sheet(self.start), MomentumPhase.move_start, plane=LIFT)
        return [*dots, start]

    def _mover(self, k: int) -> Callable[[Any, tuple[float, float]], None]:
        def move(scene: Any, position: tuple[float, float]) -> None:
            scene.set("shown", k + 1)
            scene.move_dot(position)

        return move

    def move_dot(self, position: tuple[float, float]) -> None:
        """Choose α and β so that the shown eigenvalue's dot stands at (αλ, β)."""
        product = float(np.clip(position[0], 1e-3, WIDEST))
        self.set("alpha", float(np.clip(product / self.lambdas[self.shown - 1], 1e-4, 4.0)))
        self.set("beta", float(np.clip(position[1], 0.0, 0.999)))

    def move_start(self, position: tuple[float, float]) -> None:
        """Start the balls where the sheet was touched."""
        state = (np.asarray(position) - SHEET) / SHEET_HALF * SHEET_UNITS
        self.set("start", tuple(float(v) for v in np.clip(state, -SHEET_UNITS, SHEET_UNITS)))

    def click(self, position: tuple[float, float]) -> bool:
        """Put the shown eigenvalue's dot where the map was clicked."""
        if not (0 <= position[0] <= WIDEST and 0 <= position[1] <= 1):
            return False
        self.move_dot(position)
        return True


def _steps(rate: float) -> str:
    return _count(quadratics.steps_to(TARGET, rate))


def _count(steps: float) -> str:
    return numerals.thousands(int(steps)) if np.isfinite(steps) else "∞"
