"""Many starts at once: which of them ends in which valley?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, numerals

STEPS_PER_SECOND = 8
COARSE_SWEEP = (12, 24, 48)  # and of the maps over rate and memory
COARSE = (64, 160)  # sizes of the maps that a live picture shows while the full one is made
WORK = 5_000_000  # steps of one particle that a live picture may take between two frames, about 10 ms
EVERYTHING = 10**15  # more work than there is
CHECK = 50  # steps after which a map looks whether everything has come to rest
EXACT = 2**17  # up to this many particles, each one is followed to its end to colour it
NEAR = 1e-3  # the share of its height at which a particle counts as down
LETTERS = "ABCDEFGH"
MOMENTA = {"momentum": "momentum", "nesterov": "momentum"}  # optimizer -> which hyper-parameter ``memory`` is
WITH_BETA = ("adam", "adamw", "amsgrad", "nadam", "radam", "adamax", "lion", "yogi", "adabelief")


class Descent:
    """Particles on their way to rest, in pieces of work of a given size."""

    def __init__(self, land: ll.Landscape, rule: Any, start: np.ndarray, steps: int, seed: int) -> None:
        self.land, self.steps = land, steps
        self.state = ll.swarms.SwarmState(land, rule, start, seed)
        self.count = len(start)
        self._labels: np.ndarray | None = None
        self.finished = steps == 0

    def advance(self, work: int) -> int:
        """Take as many steps as ``work`` particle-steps allow, at least one; return the work left."""
        while work > 0 and not self.finished:
            steps = min(CHECK - self.state.step % CHECK, self.steps - self.state.step, max(1, work // self.count))
            self.state.advance(steps)
            work -= steps * self.count
            self.finished = self.state.step >= self.steps or (self.state.step % CHECK == 0 and self._at_rest())
        return work

    def _at_rest(self) -> bool:
        """Whether every particle is at a known minimum and has been there at the last look."""
        before = self._labels
        near = ll.minima.tolerance(self.land)
        self._labels = ll.minima.basins(self.state.positions, self.land.minima, near)
        return bool((self._labels >= 0).all()) and before is not None and np.array_equal(before, self._labels)


@dataclass
class Flow:
    """A swarm between two whole steps: where it was before the last one, and is now."""

    state: Any
    before: Any  # (N, 2), on the host or on a CUDA device
    after: Any

    def seek(self, step: int) -> None:
        """Take steps until ``after`` is the swarm at ``step``."""
        while self.state.step < step:
            self.state.advance(max(1, step - self.state.step - 1))
            self.before = self.after if self.state.step == step else self.before
            self.after = self.state.resident


class OptimizerSwarm(ll.GroundScene):
    """Particles all over the ground, coloured by the minimum they reach; the ground painted with the basins."""

    name = "optimizer_swarm"
    title = "Where does a start end?"
    chapter = "Optimization"
    rows = ("G5", "L5")
    lesson = """
One ball rolling downhill tells you where *that* ball ends. Let fifty thousand go at once, all over
the map, and you see what the landscape does to starts as such.

Each particle follows the same rule and wears the colour of the valley it will end in. The ground
wears the colour of where a particle put *there* would end: its **basin of attraction**.

With **plain descent** and small steps the basins are simple, like the watersheds of rivers: the
borders run along the ridges. Now raise the rate, or choose momentum. Fast particles shoot past the
nearest valley, climb the far side and come back, and the borders fold into ever finer bands. Near
such a border no one can say where a start will end: move it by a hair and it ends elsewhere. That
is one reason why two trainings of the same network with different seeds can end in different
places.

There is a limit. A minimum with the curvature λ can only hold particles if the rate is below 2/λ.
In the preset *too sharp to rest* it is above that for one of the four valleys: no particle stays
there, its ground is grey.

Watch the whole swarm in the first moments: it does not spread, it **gathers into threads**. Steep
directions are used up first, so everything collects along the floors of the valleys, and only then
drifts to their ends.
"""
    formulas = (
        (
            r"\theta^{(i)}_{t+1} = \theta^{(i)}_t + \Delta(\nabla f(\theta^{(i)}_t), \ldots)",
            "the same rule for each particle i",
        ),
        (
            r"B_k = \{\theta_0 : \theta_t \to m_k\}",
            "the basin of the minimum m_k: all starts that end there; its share of the map is its area",
        ),
        (
            r"v_t = \mu v_{t-1} + g_t,\quad \theta_{t+1} = \theta_t - \eta v_t",
            "momentum: the larger μ, the further it shoots",
        ),
    )
    snippet = r"""
import numpy as np

minima = np.array([[3, 2], [-2.805118, 3.131313], [-3.779310, -3.283186], [3.584428, -1.848127]])
n = 128                                                  # cells along a side: shares are then good to 0.01
centre = (np.arange(n) + 0.5) / n * 12 - 6
x, y = np.meshgrid(centre, centre)
vx, vy = np.zeros_like(x), np.zeros_like(y)
with np.errstate(all="ignore"):
    for t in range(240):                                 # momentum on Himmelblau's function
        a, b = x**2 + y - 11, x + y**2 - 7
        vx, vy = 0.93 * vx + 4 * x * a + 2 * b, 0.93 * vy + 2 * a + 4 * y * b
        x, y = x - 0.003 * vx, y - 0.003 * vy
    near = np.hypot(x[..., None] - minima[:, 0], y[..., None] - minima[:, 1]) < 0.05
print("shares", *near.mean((0, 1)))
"""
    presets: ClassVar = {
        "momentum": {"landscape": "himmelblau"},
        "plain descent": {"landscape": "himmelblau", "optimizer": "gradient_descent", "rate": 0.002, "steps": 1000},
        "borders fold": {
            "landscape": "himmelblau", "domain": (-6.6, 6.6, -6.6, 6.6), "optimizer": "gradient_descent",
            "rate": 0.0125, "steps": 400,
        },
        "too sharp to rest": {
            "landscape": "himmelblau", "domain": (-4.6, 4.6, -4.6, 4.6), "optimizer": "gradient_descent",
            "rate": 0.0185, "steps": 400,
        },
        "adam": {"landscape": "himmelblau", "optimizer": "adam", "rate": 0.3, "steps": 240},
        "a patch": {"landscape": "himmelblau", "patch": 0.08, "centre": (-0.2, -0.9)},
        "rastrigin": {"landscape": "rastrigin", "optimizer": "momentum"},
    }  # fmt: skip
    staging: ClassVar = {
        "himmelblau": {"domain": (-6, 6, -6, 6), "optimizer": "momentum", "rate": 0.003, "memory": 0.93},
    }
    height = 0.35
    median = 0.5

    domain = ll.ground.Domain((-6, 6, -6, 6))
    optimizer = ll.parameters.Choice(
        "momentum", lambda: ll.optimizers.names(), "optimizer", "The rule of every particle."
    )
    rate = ll.parameters.Number(0.003, 1e-5, 10.0, r"rate $\eta$", "The length of a step, or its scale.", log=True)
    memory = ll.parameters.Number(0.93, 0.0, 0.999, r"memory $\mu$, $\beta_1$", "How much of the last step stays.")
    count = ll.parameters.Integer(50_000, 2**10, 2**22, "particles", "How many start at once.", log=True)
    steps = ll.parameters.Integer(240, 1, 5000, "steps", "How long they run.", log=True)
    patch = ll.parameters.Number(0.0, 0.0, 1.0, "patch", "Start only within this share of the map; 0 starts all over.")
    centre = ll.parameters.Point((0.0, 0.0), label="patch centre", help="The middle of the patch.", hidden=True)
    arrived = ll.parameters.Choice("stay", ("stay", "vanish"), "arrived", "What becomes of particles at their minimum.")
    cells = ll.parameters.Integer(512, 32, 1024, "map cells", "Cells of the basin map along each side.", log=True)

    _swept: ll.maps.Sweep | None = None  # the map over rate and memory that was shown last

    # ----------------------------------------------------------------------------------------- following
    def settle(self) -> None:
        """Give a new landscape a rate that suits it, and put the patch in its middle."""
        x0, x1, y0, y1 = self.domain
        self.values["centre"] = ((x0 + x1) / 2, (y0 + y1) / 2)
        self._settle_rate()

    def settle_domain(self) -> None:
        """Keep the patch inside."""
        self.values["centre"] = self.inside(self.centre)

    def changed(self, name: str) -> None:
        """Give a newly chosen optimizer a rate that suits it."""
        super().changed(name)
        if name == "optimizer":
            self._settle_rate()

    def _settle_rate(self) -> None:
        rate = ll.rates.suggested_rate(self.rule, self.land, self.land.start)
        self.values["rate"] = float(np.clip(rate, 1e-5, 10.0))

    @property
    def rule(self) -> Any:
        """The optimizer with its rate and memory."""
        settings = {"lr": self.rate}
        if self.optimizer in MOMENTA:
            settings[MOMENTA[self.optimizer]] = self.memory
        elif self.optimizer in WITH_BETA:
            settings["beta1"] = self.memory
        text = ",".join(f"{name}={value!r}" for name, value in settings.items())
        return ll.optimizers.optimizer(f"{self.optimizer}:{text}")

    @property
    def clock(self) -> ll.Clock:
        """Eight steps a second, for not less than 4 and not more than 40 seconds."""
        return ll.Clock(float(np.clip(self.steps / STEPS_PER_SECOND, 4.0, 40.0)), self.steps)

    # ------------------------------------------------------------------------------------------- numbers
    def _key(self) -> tuple[Any, ...]:
        return (self.landscape, self.domain, self.rule, self.steps, self.seed)

    def _start_key(self) -> tuple[Any, ...]:
        return (self.domain, self.count, self.seed, self.patch, self.centre)

    def basin_map(self) -> ll.maps.BasinMap:
        """Return the map of basins; in a live picture perhaps a coarse one that the next call makes finer."""

        def pieces(size: int) -> Any:
            return ll.maps.basin_pieces(self.land, self.rule, size, self.steps, self.seed, work=WORK)

        sizes = [*(size for size in COARSE if self.live and size < self.cells), self.cells]
        making = self.remember("map", (*self._key(), self.cells), lambda: ll.maps.Refinement(sizes, pieces))
        found = self._refined(making)
        self.unfinished = not making.complete
        return found

    def _refined(self, making: Any) -> Any:
        """Return a map that is complete, or in a live picture one that is a piece of work finer than the last."""
        if not self.live:
            return making.finish()
        making.advance()
        return making.first()

    def sweep(self) -> ll.maps.Sweep:
        """Return how the first particle fares over rate and memory (over rate and start, for rules without)."""
        start = tuple(self.starts()[0].astype(float).tolist())
        rule, (rate, other) = self.rule, self._sweep_axes()
        first, lowest = float(self.land.value(start)), self._lowest()
        above = first - lowest
        target = lowest + NEAR * above if 0 < above < np.inf else lowest  # it may start where there is no value

        def pieces(size: int) -> Any:
            return ll.maps.sweep_pieces(
                self.land, rule, rate, other, size, self.steps, start, target, self.seed, WORK // 50
            )

        key = (self.landscape, self.domain, self.optimizer, self.steps, self.seed, start, rate, other)
        sizes = COARSE_SWEEP if self.live else COARSE_SWEEP[-1:]
        making = self.remember("sweep", key, lambda: ll.maps.Refinement(sizes, pieces))
        found = self._swept
        if self.live and making.best is None and found is not None:
            making.advance()  # the map of the settings before stays until there is a coarse new one
        else:
            found = self._swept = self._refined(making)
        self.unfinished = self.unfinished or not making.complete
        return found

    def _lowest(self) -> float:
        """Return the lowest value there is on the map."""
        known = [float(self.land.value(place)) for place in self.land.minima]
        return min(known) if known else float(np.nanmin(self.terrain.value))

    def _sweep_axes(self) -> tuple[ll.maps.Axis, ll.maps.Axis]:
        """Return the rates around the one that suits, and the other axis."""
        rate = ll.rates.suggested_rate(self.rule, self.land, self.land.start)
        across = ll.maps.Axis("lr", min(max(rate / 30, 1e-5), 0.01), min(max(rate * 30, 1e-3), 10.0), log=True)
        memory = MOMENTA.get(self.optimizer) or ("beta1" if self.optimizer in WITH_BETA else "")
        if memory:
            return across, ll.maps.Axis(memory, 0.0, 0.999)
        x0, x1, _, _ = self.domain
        return across, ll.maps.Axis("x", x0, x1)

    def starts(self) -> np.ndarray:
        """Return where the particles start, (N, 2)."""

        def make() -> np.ndarray:
            x0, x1, y0, y1 = self.domain
            if self.patch == 0:
                return ll.swarms.random_starts(((x0, x1), (y0, y1)), self.count, self.seed)
            unit = ll.swarms.random_starts(((0.0, 1.0), (0.0, 1.0)), self.count, self.seed).astype(float)
            radius, angle = np.sqrt(unit[:, 0]), 2 * np.pi * unit[:, 1]
            reach = self.patch * np.array([x1 - x0, y1 - y0]) / 2
            spread = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1) * reach
            return np.clip(self.centre + spread, (x0, y0), (x1, y1)).astype(np.float32)

        return self.remember("starts", self._start_key(), make)

    def labels(self, found: ll.maps.BasinMap) -> np.ndarray:
        """Return the minimum that each particle will reach, (N,).

        Each is followed to its end; where there are very many, or no time yet, the map says what starts there reach.
        """
        starts = self.starts()

        def from_map() -> np.ndarray:
            n = len(found.label)
            x0, x1, y0, y1 = self.domain
            cell = ((starts - (x0, y0)) / ((x1 - x0) / n, (y1 - y0) / n)).astype(int).clip(0, n - 1)
            return found.label[cell[:, 1], cell[:, 0]]

        def exact() -> np.ndarray:
            return ll.minima.basins(follow.state.positions, found.minima.position, ll.minima.tolerance(self.land))

        if self.count <= EXACT and not self.unfinished:
            key = (*self._key(), *self._start_key())
            follow = self.remember("follow", key, lambda: Descent(self.land, self.rule, starts, self.steps, self.seed))
            follow.advance(WORK if self.live else EVERYTHING)
            if follow.finished:
                return self.remember("labels", (follow, found), exact)
            self.unfinished = True
        return self.remember("map labels", (self._start_key(), found), from_map)

    def flow(self, step: float) -> tuple[Flow, np.float32]:
        """Return the swarm around a fractional step, and the share of the last whole step that is taken."""
        starts, whole = self.starts(), int(np.ceil(step - 1e-6))
        key = (*self._key(), *self._start_key())
        flow = self.remember("flow", key, lambda: self._flow(starts))
        if flow.state.step > whole:  # time ran backwards: start again
            flow.state = ll.swarms.SwarmState(self.land, self.rule, starts, self.seed)
            flow.before = flow.after = starts
        flow.seek(whole)
        part = np.float32(1 - (whole - step))
        return flow, np.float32(1.0) if part > 0.999 else part

    def positions(self, step: float) -> np.ndarray:
        """Return where the particles are at a fractional step, (N, 2), on straight lines between whole ones."""
        flow, part = self.flow(step)
        before, after = np.asarray(flow.before), np.asarray(flow.after)
        return after if part == 1 else before + part * (after - before)

    def _flow(self, starts: np.ndarray) -> Flow:
        return Flow(ll.swarms.SwarmState(self.land, self.rule, starts, self.seed), starts, starts)

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return the basins' shares of the full map, and how the swarm stands at ``time``."""
        live, self.live = self.live, False
        found = self.basin_map()
        self.live = live
        step = int(self.step_at(time) + 1e-6)
        now = self.positions(step)
        label = ll.minima.basins(now, found.minima.position, ll.minima.tolerance(self.land))
        return {
            "step": float(step),
            "count": float(self.count),
            "minima": found.minima.position,
            "shares": found.shares,
            "unconverged": float((found.label < 0).mean()),
            "arrived": float((label >= 0).mean()),
            "first_particle_start": self.starts()[0].astype(float),
            "first_particle": now[0].astype(float),
        }

    # --------------------------------------------------------------------------------------- the picture
    def frame(self, time: float) -> ll.Frame:
        """Return the swarm at ``time`` seconds."""
        step = self.step_at(time)
        found = self.basin_map()
        ground = self.remember(
            "painted", (self.terrain, found), lambda: layers.Surface(self.terrain, paint=found.label)
        )
        drawn: list[layers.Layer] = [
            ground,
            self.remember("axes", self.terrain, lambda: layers.Axes(self.terrain)),
            self._dots(found, step),
            *self.remember("marks", (self.terrain, found), lambda: self._marks(found)),
        ]
        return ll.Frame(drawn, self._notes(found, int(step + 1e-6)), self.view)

    def _dots(self, found: ll.maps.BasinMap, step: float) -> layers.Points:
        """Return the particles. The picture moves them between steps and leaves out those outside the domain."""
        label = self.labels(found)
        if self.arrived == "vanish":
            now = self.positions(step)
            under_way = ll.minima.basins(now, found.minima.position, ll.minima.tolerance(self.land)) < 0
            number = np.flatnonzero(under_way)
            return layers.Points(
                now[under_way], label[under_way], 2.5, "dot", ground=self.terrain, number=number, name="Particle"
            )
        flow, part = self.flow(step)
        return layers.Points(
            flow.before, label, 2.5, "dot", ground=self.terrain, target=flow.after, share=float(part), name="Particle"
        )

    def _lettered(self, found: ll.maps.BasinMap) -> list[int]:
        """Return the numbers of the minima that get a letter: the largest basins, in the minima's own order."""
        largest = np.argsort(-found.shares, kind="stable")[: len(LETTERS)]
        return sorted(int(k) for k in largest)

    def _marks(self, found: ll.maps.BasinMap) -> list[layers.Layer]:
        """Return a ring and a letter at every lettered minimum inside the picture."""
        drawn: list[layers.Layer] = []
        for letter, k in zip(LETTERS, self._lettered(found), strict=False):
            if not np.allclose(self.inside(tuple(found.minima.position[k])), found.minima.position[k]):
                continue
            place = self.terrain.world_from_domain(found.minima.position[k], lift=0.012)
            at = (float(place[0]), float(place[1]), float(place[2]))
            drawn += [
                layers.Points(place[None], "text", 4.5, "disc", outline=True, name=f"Minimum {letter}"),
                layers.Label(at, letter, "text", offset=(-5.0, 16.0)),
            ]
        return drawn

    def _notes(self, found: ll.maps.BasinMap, step: int) -> list[layers.Note]:
        rows = [
            layers.Row(
                f"particle.{k}",
                letter,
                (numerals.pair(found.minima.position[k]), percent(found.shares[k])),
                f"basin.{k}",
            )
            for letter, k in zip(LETTERS, self._lettered(found), strict=False)
        ]
        rest = 1.0 - float(sum(found.shares[k] for k in self._lettered(found)))
        if rest > 5e-4:
            word = "elsewhere" if len(found.minima.position) > len(LETTERS) else "no minimum"
            rows.append(layers.Row("dim", word, ("", percent(rest)), "hair"))
        crowd = f"{numerals.thousands(self.count)} particles, {self.rule.title.lower()}, step {step}"
        notes: list[layers.Note] = [
            layers.Title(self.title, lines=(crowd,)),
            layers.Legend(rows, "Basin of attraction", ("minimum", "area")),
        ]
        notes.append(self._heat_map())
        if not self.rule.stochastic:  # a lone run draws other noise than a particle of the swarm
            notes.append(self._first_particle(step))
        return notes

    def _heat_map(self) -> layers.HeatMap:
        """Return how soon the first particle is down, over two settings; a press on the map takes them over."""
        swept = self.sweep()
        start = self.starts()[0]
        memory = swept.up.name != "x"
        across = layers.HeatAxis(r"rate $\eta$", swept.across.low, swept.across.high, True, self.rate, "rate")
        up = layers.HeatAxis(
            r"memory $\mu$, $\beta_1$" if memory else "start $x$", swept.up.low, swept.up.high,
            now=self.memory if memory else float(start[0]), param="memory" if memory else "",
        )  # fmt: skip

        def shown() -> np.ndarray:
            steps = np.where(swept.reached >= 0, np.maximum(swept.reached, 1), np.inf)
            return np.where(swept.diverged, np.nan, steps)

        return layers.HeatMap("A particle's steps down", self.remember("heat", swept, shown), across, up)

    def _first_particle(self, step: int) -> layers.Equations:
        """Return the rule with the numbers of one particle, the first."""
        start = self.starts()[0].astype(float)
        key = (*self._key(), *self._start_key(), step)
        rows = self.remember("equations", key, lambda: ll.explain.explain(self.rule, self.land, start, step))
        return layers.Equations(
            f"A particle, step {step}",
            rows=[(row.latex, [numerals.short(value) for value in row.values], "text") for row in rows],
        )

    # ------------------------------------------------------------------------------------------ dragging
    def handles(self, time: float) -> Sequence[ll.Handle]:
        """Return the middle of the patch, where there is one."""
        if self.patch == 0:
            return []
        place = tuple(map(float, self.terrain.world_from_domain(np.array(self.centre), lift=0.012)))
        return [ll.Handle("centre", place, lambda scene, position: scene.set("centre", scene.inside(position)))]

    def click(self, position: tuple[float, float]) -> bool:
        """Start a patch of particles where the ground was clicked."""
        if self.patch == 0:
            self.set("patch", 0.08)
        self.set("centre", self.inside(position))
        return True


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal."""
    return f"{numerals.fixed(100 * float(share), 1)} %"
