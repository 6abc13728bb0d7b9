"""Many starts at once: which of them ends in which valley?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, signs, words

WORK = 5_000_000  # steps of one particle that a live picture may take between two frames, about 10 ms
EXACT = 2**17  # up to this many particles, each one is followed to its end to colour it
NEAR = 1e-3  # the share of its height at which a particle counts as down
PATCH = 0.08  # of the map: how large a patch is that a click makes
SCOUTS, LEFT = 500, 0.4  # particles that say when a still is taken: half of them have less than this of their way left
REST = 0.01  # of the map: who is as near as that to its end is at rest
MEMORY = r"memory $\mu / \beta_1$"
LETTERS = "ABCD"  # one for each colour of basins


class OptimizerSwarm(ll.GroundScene):
    """Particles all over the ground, coloured by the minimum they reach; the ground painted with the basins."""

    name = "optimizer_swarm"
    title = "Where does a start end?"
    chapter = "Optimization"
    rows = ("G5", "L5")
    sign = (
        *(signs.Box((0.5 * (k % 2), 0.5 * (k // 2)), (0.5, 0.5), f"basin.{k}") for k in range(4)),
        *(signs.Dot((x, y), 0.9, f"particle.{(x > 0.5) + 2 * (y > 0.5)}") for x, y in signs.sunflower(34, 0.47)),
    )
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
        "himmelblau": {"domain": (-6, 6, -6, 6), "optimizer": "momentum", "rate": 0.003, "memory": 0.93}
    }
    height = 0.35
    median = 0.5
    low_hills = True

    domain = ll.ground.Domain((-6, 6, -6, 6))
    optimizer = ll.race.Rule("momentum", "optimizer", "The rule of every particle.")
    rate = parameters.Number(0.003, 1e-5, 10.0, r"rate $\eta$", "The length of a step, or its scale.", log=True)
    memory = parameters.Number(0.93, 0.0, 0.999, MEMORY, "How much of the last step stays.")
    count = parameters.Integer(50_000, 2**10, 2**22, "particles", "How many start at once.", log=True)
    steps = parameters.Integer(240, 1, 5000, "steps", "How many they may take: a film ends at rest.", log=True)
    patch = parameters.Number(0.0, 0.0, 1.0, "patch", "Start only within this share of the map; 0 starts all over.")
    centre = parameters.GroundPoint(
        (0.0, 0.0), label="centre", help="Of the patch.", at=(0.5, 0.5), click=True, shown=lambda scene: scene.patch > 0
    )  # fmt: skip
    arrived = parameters.Choice("stay", ("stay", "vanish"), "arrived", "What becomes of particles at their minimum.")
    cells = parameters.Integer(512, 32, 1024, "map cells", "Cells of the basin map along each side.", log=True)

    # ----------------------------------------------------------------------------------------- following
    def settle(self) -> None:
        """Give a new landscape a rate that suits it, and put the patch in its middle."""
        super().settle()
        self._settle_rate()

    def changed(self, name: str) -> None:
        """Give a newly chosen optimizer a rate that suits it."""
        super().changed(name)
        if name == "optimizer":
            self._settle_rate()

    def _settle_rate(self) -> None:
        self.values["rate"] = float(np.clip(ll.rates.suggested_rate(self.rule, self.land, self.land.start), 1e-5, 10.0))

    def click(self, position: tuple[float, float]) -> bool:
        """Start a patch of particles where the ground was clicked."""
        if self.patch == 0:
            self.set("patch", PATCH)
        return super().click(position)

    def has_control(self, name: str) -> bool:
        """Hide the memory beside a rule that has none."""
        return name != "memory" or bool(ll.optimizers.inertia(ll.optimizers.optimizer(self.optimizer)))

    # ------------------------------------------------------------------------------------------- numbers
    @property
    @ll.kept
    def clock(self) -> ll.Clock:  # pyright: ignore[reportIncompatibleVariableOverride]  # as long as they move
        """Until a little after nearly all particles have come to rest."""
        rest = self.flow(SCOUTS).at_rest(self.steps, REST * self.size)
        return ll.Clock.paced(min(rest + rest // 8 + 2, self.steps), per_second=10, least=8, most=16)

    @property
    @ll.kept
    def still_time(self) -> float:
        """The time when most particles are well on their way."""
        return self.clock.seconds * min(self.flow(SCOUTS).mostly_there(self.steps, LEFT) / (self.clock.steps or 1), 1.0)

    @property
    @ll.kept
    def rule(self) -> ll.optimizers.Optimizer:
        """The optimizer with its rate and memory."""
        usual = ll.optimizers.optimizer(self.optimizer)
        inertia = ll.optimizers.inertia(usual)
        return replace(usual, lr=self.rate, **({inertia: self.memory} if inertia else {}))

    def starts(self) -> np.ndarray:
        """Return where the particles start, (N, 2)."""
        return self.places(self.count)

    def first(self) -> tuple[float, float]:
        """Return where the first particle starts: the same place however many there are."""
        x, y = self.places(1)[0]
        return float(x), float(y)

    @ll.kept
    def places(self, count: int) -> np.ndarray:
        """Return the starts of so many particles, (count, 2)."""
        domain = self.land.domain
        if self.patch == 0:
            return ll.swarms.random_starts(domain, count, self.seed)
        return ll.swarms.patch_starts(domain, self.centre, self.patch, count, self.seed)

    @ll.kept(most=2)
    def flow(self, count: int = 0) -> ll.swarms.Flow:
        """Return the swarm on its way, or so many scouts on the CPU: they say the same on every machine."""
        places, backend = self.places(count or self.count), "cpu" if count else "auto"
        return ll.swarms.Flow(self.land, self.rule, places, self.seed, backend)

    @ll.refined(levels=(64, 160, None))
    def basin_map(self, cells: int | None) -> ll.maps.Pieces[ll.maps.BasinMap | None]:
        """Make the map of basins: where a particle put at the centre of each of its cells would end."""
        if cells and cells >= self.cells:
            return None
        size = cells or self.cells
        return (yield from ll.maps.basin_pieces(self.land, self.rule, size, self.steps, self.seed, work=WORK))

    @ll.refined(levels=("map", "exact"))
    def labels(self, level: str) -> ll.maps.Pieces[np.ndarray]:
        """Make the number of the letter of the minimum that each particle will reach, (N,), -1 for none.

        Each is followed to its end; where there are very many, or no time yet, the map says what starts there reach.
        """
        found, starts = self.basin_map(), self.starts()
        if level == "map" or self.count > EXACT:
            return self.letter_of(found.basin_at(starts))
        ends = yield from ll.swarms.rest_pieces(self.land, self.rule, starts, self.steps, self.seed, WORK)
        return self.letter_of(self.basin_map().reached(ends))

    @ll.refined(levels=(12, 24, 48), stale=True)
    def sweep(self, cells: int) -> ll.maps.Pieces[ll.maps.Sweep]:
        """Make the map of how the first particle fares over rate and memory (rate and start, for rules without)."""
        rule, start = self.rule, self.first()
        height = float(self.land.value(start)) - self.lowest
        target = self.lowest + NEAR * height if 0 < height < np.inf else self.lowest  # it may start where there is none
        setting = (*ll.maps.usual_axes(self.land, rule), cells, self.steps, start, target, self.seed)
        return (yield from ll.maps.sweep_pieces(self.land, rule, *setting, WORK // 50))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the basins' shares of the full map, and how the swarm stands."""
        found, positions = self.basin_map(), self.flow().positions(now.whole)
        return {
            "step": float(now.whole), "count": float(self.count), "minima": found.minima.position,
            "shares": found.shares, "unconverged": float((found.basin < 0).mean()),
            "arrived": float((found.reached(positions) >= 0).mean()),
            "first_particle_start": np.array(self.first()), "first_particle": positions[0].astype(float),
        }  # fmt: skip

    # --------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the swarm on the painted ground."""
        return self.on_ground([self.dots(now.step), *self.marks()], self.notes(now.whole), color_bar="")

    @property
    @ll.kept
    def surface(self) -> layers.Surface:
        """The ground in the colours of its basins."""
        return layers.Surface(self.terrain, paint=self.letter_of(self.basin_map().basin))

    def dots(self, step: float) -> layers.Points:
        """Return the particles. The picture moves them between steps and leaves out those outside the domain."""
        label, look = self.labels(), {"ground": self.terrain, "name": "Particle"}
        if self.arrived == "vanish":
            positions = self.flow().positions(step)
            way = np.flatnonzero(self.basin_map().reached(positions) < 0)
            return layers.Points(positions[way], label[way], 2.5, "dot", number=way, **look)
        before, after, share = self.flow().around(step)
        return layers.Points(before, label, 2.5, "dot", target=after, share=share, **look)

    def lettered(self) -> list[tuple[str, int]]:
        """Return the letters, and the minima they stand for: all, or the lowest of many."""
        return list(zip(LETTERS, self.basin_map().lowest(len(LETTERS)), strict=False))

    def letter_of(self, label: np.ndarray) -> np.ndarray:
        """Return the numbers of the letters of minima with these numbers, -1 for those without."""
        return self.basin_map().among_lowest(label, len(LETTERS))

    @ll.kept
    def marks(self) -> list[layers.Layer]:
        """Return a disc and a letter at every lettered minimum inside the picture."""
        drawn: list[layers.Layer] = []
        for letter, k in self.lettered():
            place = self.basin_map().minima.position[k]
            if np.allclose(self.inside(place), place):
                disc = layers.Points.on(self.terrain, place, "text", 4.5, "disc", name=f"Minimum {letter}")
                drawn += [disc, layers.Label(disc.position[0], letter, "text", side="below")]
        return drawn

    @ll.kept
    def notes(self, step: int) -> Sequence[layers.Note]:
        """Return all that is written at a step."""
        crowd = words(f"{self.rule.title}: ?n particles, step {step}", self.count)
        drawn = [layers.Title(self.title, lines=(crowd,)), self.legend(), self.heat_map()]
        return drawn if self.rule.stochastic else [*drawn, self.first_particle(step)]  # a lone run draws other noise

    def legend(self) -> layers.Legend:
        """Return the lettered minima and how large their basins are, and the rest."""
        found, rows = self.basin_map(), []
        for number, (letter, k) in enumerate(self.lettered()):
            cells = (words("?.2", found.minima.position[k]), words("?.1 %", 100 * found.shares[k]))
            rows.append(layers.Row(f"particle.{number}", letter, cells, f"basin.{number}"))
        rest = 1.0 - float(sum(found.shares[k] for _, k in self.lettered()))
        if rest > 5e-4:
            name = "others" if len(found.minima.position) > len(LETTERS) else "none"
            rows.append(layers.Row("particle.-1", name, ("", words("?.1 %", 100 * rest)), "basin.-1"))
        return layers.Legend(rows, "Basin of attraction", ("minimum", "area"))

    def heat_map(self) -> layers.HeatMap:
        """Return how soon the first particle is down, over two settings; a press on the map takes them over."""
        swept = self.sweep()
        across = layers.HeatAxis(r"rate $\eta$", swept.across.low, swept.across.high, True, self.rate, "rate")
        other = ("start $x$", self.first()[0], "") if swept.up.name == "x" else (MEMORY, self.memory, "memory")
        up = layers.HeatAxis(other[0], swept.up.low, swept.up.high, now=other[1], param=other[2])
        return layers.HeatMap("A particle's steps down", swept.steps, across, up)

    def first_particle(self, step: int) -> layers.Equations:
        """Return the rule with the numbers of one particle, the first."""
        rows = ll.explain.explain(self.rule, self.land, self.first(), step)
        return layers.Equations(f"A particle, step {step}", rows=[(row.latex, row.values, "text") for row in rows])
