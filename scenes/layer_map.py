"""What a layer does to the plane: W moves it, b shifts it, and φ bends or folds it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, TypeVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, tex, words
from lossland.models import datasets, layer_maps, networks, neurons

T = TypeVar("T")

COLUMNS, HATS = ("i", "j"), (r"\hat\imath", r"\hat\jmath")
SHIFT, ON, OFF, CUT = "eigen2", "signed.high", "signed.low", "accent"
LIMIT = 4.0
CELLS, EVERY = 96, 8  # of the sheet, and between its lines
KEYS = 10  # moments of W's way; between them the shader moves the sheet
SAMPLES = 240
AXES = np.diag([1.9, 1.9, 1.6])  # of the outputs, in space


def checked_by_one_of(others: Sequence[parameters.Param[T]], value: object, name: str) -> T | None:
    """Return a value as the first of some parameters accepts it, None where none of them does."""
    for other in others:
        other.name = name
        with suppress(ll.UserError):
            return other.check(value)
    return None


class Weights(parameters.Matrix):
    """A row of two weights for each of one to three neurons."""

    def check(self, value: object) -> tuple[tuple[float, ...], ...]:
        """Accept one to three rows of two numbers."""
        others = [parameters.Matrix(((0.0, 0.0),) * count, self.min, self.max) for count in (1, 3)]
        return checked_by_one_of(others, value, self.name) or super().check(value)


class Bias(parameters.Point):
    """A number for each of one to three neurons."""

    def check(self, value: object) -> tuple[float, ...]:
        """Accept one to three numbers."""
        others = [parameters.Point((0.0,) * count, self.min, self.max) for count in (1, 3)]
        return checked_by_one_of(others, value, self.name) or super().check(value)


class LayerMap(ll.Scene):
    """A layer of one to three neurons with two inputs."""

    name = "layer_map"
    title = "Many neurons at once"
    chapter = "Networks as geometry"
    rows = ("N2", "M4", "Y1", "S2")
    sign = (
        *(signs.Line([(0.12, y), (0.5, 0.2 + 0.75 * y), (0.88, y)], "grid", 1.2) for y in (0.12, 0.37, 0.63, 0.88)),
        signs.Line([(0.5, 0.16), (0.5, 0.9)], "accent", 2.0),
    )  # fmt: skip
    presets: ClassVar = {
        "fold xor": {},
        "xor of the book": {"weights": ((1, 1), (1, 1)), "bias": (0, -1)},
        "tanh bends": {
            "weights": ((1.3, 0.5), (-0.6, 1.2)), "bias": (0.2, -0.3), "activation": "tanh", "points": "none",
        },
        "relu folds": {"weights": ((1.0, 0.5), (-0.6, 1.0)), "bias": (0.4, 0.3), "points": "none"},
        "turned over": {"weights": ((0.4, 1.2), (1.3, 0.2)), "bias": (0, 0), "activation": "tanh", "points": "none"},
        "one neuron": {"weights": ((1.0, -1.9),), "bias": (0.0,), "activation": "tanh", "points": "moons"},
        "a sheet in space": {
            "weights": ((1.4, 0.2), (-0.3, 1.4), (0.8, -0.9)), "bias": (0, 0, 0.2), "activation": "tanh",
            "points": "none",
        },
        "folds in space": {"weights": ((1, 0), (0, 1), (-0.8, -0.8)), "bias": (0.2, 0.2, 0.4), "points": "none"},
        "disc in ring": {
            "weights": ((1, 0), (-0.5, 0.87), (-0.5, -0.87)), "bias": (0, 0, 0), "points": "circle",
        },
    }  # fmt: skip

    weights = Weights(
        ((1.2, 0.8), (0.8, 1.2)), -LIMIT, LIMIT, "$W$", "A row for each neuron; its columns are where î and ĵ go."
    )
    bias = Bias((0, -1), -LIMIT, LIMIT, "$b$", "How far all is shifted, a number for each neuron.")
    activation = parameters.Choice("relu", networks.ACTIVATIONS, r"$\varphi$", "What bends each coordinate.")
    points = parameters.Choice(
        "xor", ("none", "xor", "circle", "moons"), "points", "Two classes that are carried along."
    )
    clock = ll.Clock(13.0)

    # ------------------------------------------------------------------------------------------------- numbers
    @property
    def width(self) -> int:
        """How many neurons there are."""
        return len(self.weights)

    @ll.kept
    def shift(self) -> np.ndarray:
        """Return b (width,): what is missing is 0, and what is too much is left out."""
        return np.array([*self.bias, 0.0, 0.0, 0.0][: self.width])

    @ll.kept
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the points (n, 2) that are carried along, and whether each is of the orange class."""
        if self.points in ("none", "xor"):
            return neurons.CORNERS, np.array(neurons.GATES["xor"], bool)
        data = datasets.dataset(self.points, SAMPLES, 0.06 if self.points == "moons" else 0.0, self.seed)
        place = data.points / 3 if self.points == "circle" else 1.2 * (data.points - (0.5, 0.25))
        return place, data.target > 0

    @ll.kept
    def outputs(self) -> np.ndarray:
        """Return what the layer makes of the points (n, width)."""
        return layer_maps.outputs(self.weights, self.shift(), self.activation, self.data()[0])

    @ll.kept
    def cuts(self) -> tuple[neurons.Cut, neurons.Cut]:
        """Return the straight cut between the classes before the layer, and after it."""
        points, positive = self.data()
        return neurons.straight_cut(points, positive), neurons.straight_cut(self.outputs(), positive)

    @ll.kept
    def numbers(self) -> dict[str, Any]:
        """Return the same at all moments: determinant, areas, and how well straight cuts do."""
        matrix = np.array(self.weights)
        factors = layer_maps.area_factors(matrix, self.shift(), self.activation, self.inputs().reshape(-1, 2))
        whole = np.linalg.det(matrix if self.width == 2 else matrix.T @ matrix)
        before, after = self.cuts()
        return {
            "outputs": self.outputs(),
            "determinant": float(whole if self.width == 2 else np.sqrt(abs(whole))),
            "area_low": float(factors.min()),
            "area_high": float(factors.max()),
            "lost": float(np.mean(np.abs(factors) < 1e-12)),
            "cut_before": before.accuracy,
            "cut_after": after.accuracy,
        }

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return where the points come out, how areas change, and how well a straight line parts the classes."""
        return self.numbers()

    # ------------------------------------------------------------------------------------------------- the score
    @staticmethod
    def score(now: ll.Now) -> tuple[float, float, float]:
        """Return how much of W, of b and of φ is done."""
        return now.eased(0.08, 0.32), now.eased(0.38, 0.5), now.eased(0.58, 0.82)

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: straight down on a plane; a sheet in space from above, then from the side, slowly around."""
        (before, after), bend = self.boxes(), self.score(now)[2]
        bounds = before + bend * (after - before) if bend else before
        if self.width < 3:
            return ll.View(90.0, 90.0, flat=True, bounds=bounds, moves=True)
        down = 1.0 - now.eased(0.02, 0.28)
        slowly = (46.0 * (now.eased() - 0.5), 0.0)
        return ll.View(25.0, 25.0 + 50.0 * down, bounds=bounds, turned=slowly, moves=True)

    @ll.kept
    def boxes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners (8, 3) of what must be seen before φ, and after.

        They change in steps, so that heads stay under the pointer.
        """
        stages, found = [stage.reshape(-1, 3) for stage in self.stages()], []
        ended = np.vstack([stages[3], np.zeros((1, 3)), np.eye(3)[: self.width]])
        for points, step in ((np.concatenate(stages[:3]), 1.0), (ended, 0.5)):
            low = step * np.floor(points.min(axis=0) / step) - 0.1
            high = step * np.ceil(points.max(axis=0) / step) + 0.1
            deep = (low[2], high[2]) if self.width == 3 else (0.0, 0.0)
            found.append(np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in deep]))
        return found[0], found[1]

    # ------------------------------------------------------------------------------------------------- picture
    @ll.kept
    def inputs(self) -> np.ndarray:
        """Return the square of inputs as a grid (n, n, 2)."""
        middle, half = (0.5, 1.0) if self.points == "xor" else (0.0, 2.0)
        run = middle + half * np.linspace(-1, 1, CELLS + 1)
        return np.stack(np.meshgrid(run, run), -1)

    def staged(self, points: np.ndarray) -> list[np.ndarray]:
        """Return where points (..., 2) are in space before the layer, after W, after b and after φ."""
        flat = points @ np.array(self.weights).T
        z = flat + self.shift()
        return [layer_maps.in_space(one) for one in (points, flat, z, layer_maps.bent(self.activation, z))]

    @ll.kept
    def stages(self) -> list[np.ndarray]:
        """Return the four stages of the square."""
        return self.staged(self.inputs())

    @ll.kept(most=3)
    def keyed(self, key: int) -> np.ndarray:
        """Return the square at a moment of W's way."""
        return layer_maps.on_the_way(layer_maps.square_of(self.weights), self.stages()[0], key / KEYS)

    def moved(self, points: np.ndarray, now: ll.Now) -> np.ndarray:
        """Return where points (..., 2) are at a moment (..., 3)."""
        turned, shifted, bend = self.score(now)
        stages = self.staged(points)
        if turned < 1:
            return layer_maps.on_the_way(layer_maps.square_of(self.weights), stages[0], turned)
        return (
            stages[1] + shifted * (stages[2] - stages[1]) if bend == 0 else stages[2] + bend * (stages[3] - stages[2])
        )

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the plane on its way through the layer."""
        drawn = [*self.space(self.width), self.sheet(now), *self.folds(now), *self.basis(now), *self.carried(now)]
        if self.width == 3 and self.score(now)[2] == 1:  # the arrows with their names are gone then
            drawn += [layers.Label(AXES[k], f"h_{k + 1}", "dim", latex=True, size=26, side=AXES[k]) for k in range(3)]
        return ll.Frame([*drawn, *self.cut(now), *self.rings(now)], self.notes(now), self.view(now))

    @ll.kept
    def space(self, width: int) -> list[layers.Layer]:
        """Return the axes of the outputs, on a faint grid."""
        reach = 8.0
        look: dict[str, Any] = {"pickable": False, "group": "grid"}
        if width == 3:
            ends = AXES
            floor = shapes.lifted(np.stack(np.meshgrid(np.linspace(-3, 3, 7), np.linspace(-3, 3, 7)), -1))
            axes = [np.stack([0 * end, end]) for end in ends]
            return [
                layers.Sheet(floor, fill=0.0, every=(1, 1), line="hair", width=1.0, key="floor", **look),
                layers.Lines(axes, "grid.axis", 1.6, 0.7, key="axes", **look),
            ]  # fmt: skip
        run = np.arange(-reach, reach + 1)
        lines = [shapes.lifted(one) for at in run for one in (((at, -reach), (at, reach)), ((-reach, at), (reach, at)))]
        axes = [np.array(one, float) for one in (((-reach, 0, 0), (reach, 0, 0)), ((0, -reach, 0), (0, reach, 0)))]
        return [
            layers.Lines(lines, "grid", 1.0, 0.2, key="units", depth=False, **look),
            layers.Lines(axes, "grid.axis", 1.4, 0.5, key="axes", depth=False, **look),
        ]

    def sheet(self, now: ll.Now) -> layers.Layer:
        """Return the plane of inputs, as far as it has come; the shader moves it between the moments that are kept."""
        turned, shifted, bend = self.score(now)
        stages = self.stages()
        look: dict[str, Any] = {"key": "sheet", "name": "The inputs"}
        if turned < 1:
            key = min(int(turned * KEYS), KEYS - 1)
            start, end, share = self.keyed(key), self.keyed(key + 1), turned * KEYS - key
        else:
            start, end, share = (*stages[1:3], shifted) if bend == 0 else (*stages[2:4], bend)
        fill = 0.9 if self.width == 3 else 0.45
        look |= {"paint": self.origin(), "every": (EVERY, EVERY), "line": "grid.axis", "width": 1.3}
        return layers.Sheet(start, end, share, fill=fill, **look)

    @ll.kept
    def origin(self) -> np.ndarray:
        """Return the paint of the sheet (n, n): it tells where a piece of it came from."""
        return np.add.outer(np.linspace(0.12, 0.5, CELLS + 1), np.linspace(0.0, 0.42, CELLS + 1))

    @ll.kept
    def fold_lines(self) -> list[np.ndarray]:
        """Return the lines (m, 2) of the inputs on which a neuron's z is 0, in the square."""
        grid = self.inputs()
        middle, half = grid[0, 0] + (grid[-1, -1] - grid[0, 0]) / 2, (grid[-1, -1] - grid[0, 0])[0] / 2
        found = []
        for row, shift in zip(np.array(self.weights), self.shift(), strict=True):
            length = np.linalg.norm(row)
            ends = neurons.chord(row, -(shift + row @ middle) / length, half) if length > 1e-9 else None
            if ends is not None:
                found.append(middle + ends[0] + np.linspace(0, 1, 65)[:, None] * (ends[1] - ends[0]))
        return found

    def folds(self, now: ll.Now) -> list[layers.Layer]:
        """Return where the sheet will be folded: seen when W is done."""
        if self.activation not in ("relu", "leaky_relu") or self.score(now)[0] < 1 or not self.fold_lines():
            return []
        paths = [self.moved(line, now) for line in self.fold_lines()]
        return [layers.Lines(paths, CUT, 2.4, depth=self.width == 3, key="folds", name="A neuron's z = 0")]

    def basis(self, now: ll.Now) -> list[layers.Layer]:
        """Return the two arrows that W moves and b shifts, and the shift."""
        turned, shifted, bend = self.score(now)
        matrix = layer_maps.square_of(self.weights)
        heads = layer_maps.on_the_way(matrix, np.eye(3)[:2], turned)
        foot = shifted * layer_maps.in_space(self.shift())
        look: dict[str, Any] = {"width": 6.5, "depth": self.width == 3, "dim": bend}
        drawn: list[layers.Layer] = []
        if bend == 1:
            return drawn
        for k, head in enumerate(heads):
            if np.linalg.norm(head) > 0.02:
                drawn.append(
                    layers.Arrows(foot[None], (foot + head)[None], COLUMNS[k], key=f"basis {k}", name="Column", **look)
                )
                if bend == 0:
                    aside = head - 0.6 * heads[1 - k]
                    drawn.append(layers.Label(foot + head, HATS[k], COLUMNS[k], latex=True, size=28, side=aside))
        if shifted > 0 and np.linalg.norm(foot) > 0.02:
            drawn.append(
                layers.Arrows(np.zeros((1, 3)), foot[None], SHIFT, key="shift", name="b", **{**look, "width": 4.5})
            )
            if bend == 0:
                drawn.append(layers.Label(foot / 2, "b", SHIFT, latex=True, size=28, side="left"))
        return drawn

    def carried(self, now: ll.Now) -> list[layers.Layer]:
        """Return the points of both classes."""
        if self.points == "none":
            return []
        points, positive = self.data()
        size, style = (11.0, "sphere") if self.points == "xor" else (4.5, "disc")
        place = self.moved(points, now)
        return [
            layers.Points(
                place[positive == k], (OFF, ON)[k], size, style, outline=True, key=f"class {k}", name=f"class {k}"
            )
            for k in (0, 1)
        ]

    def cut(self, now: ll.Now) -> list[layers.Layer]:
        """Return the straight line or plane that parts the classes in the end."""
        share = now.eased(0.84, 0.92)
        if self.points == "none" or share == 0.0:
            return []
        cut = self.cuts()[1]
        size = float(np.linalg.norm(cut.w))
        if size < 1e-9:
            return []
        normal, off = layer_maps.in_space(cut.w) / size, cut.b / size
        corners = self.boxes()[1]
        middle = self.outputs().mean(axis=0) if self.width == 3 else corners.mean(axis=0)
        foot = middle - (middle @ normal + off) * normal  # the point of the cut in the middle of the picture
        if self.width == 3:
            plane = shapes.plane(foot, normal, 1.2)
            return [layers.Solid(plane, CUT, 0.26 * share, 1.6, key="cut", name="Cut")]
        reach = 0.6 * float(np.linalg.norm(np.ptp(corners, axis=0)))
        path = foot + np.outer((-reach, reach), (-normal[1], normal[0], 0.0))
        return [layers.Lines([path], CUT, 4.0, share, casing=1.4, depth=False, key="cut", name="Cut")]

    # ------------------------------------------------------------------------------------------------- handles
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the heads of W's columns where they will be, and that of b."""
        foot = self.score(ll.Now(now, self.clock) if isinstance(now, float) else now)[1] * layer_maps.in_space(
            self.shift()
        )
        free = self.width == 3
        places = [foot + head for head in layer_maps.square_of(self.weights).T[:2]]
        found = [
            ll.Handle(COLUMNS[k], place, partial(LayerMap.drag, column=k, foot=foot), None if free else 0.0, free)
            for k, place in enumerate(places)
        ]
        return [*found, ll.Handle("b", layer_maps.in_space(self.shift()), LayerMap.push, None if free else 0.0, free)]

    def drag(self, place: Sequence[float], column: int, foot: np.ndarray) -> None:
        """Let a column of W end at a place."""
        matrix = np.array(self.weights)
        matrix[:, column] = self.placed(np.asarray(layer_maps.in_space(place)) - foot)
        self.set("weights", matrix)

    def push(self, place: Sequence[float]) -> None:
        """Let b end at a place."""
        self.set("bias", self.placed(layer_maps.in_space(place)))

    def placed(self, place: np.ndarray) -> np.ndarray:
        """Return the allowed numbers (width,) nearest to a place of space."""
        return np.clip(np.round(place, 2), -LIMIT, LIMIT)[: self.width]

    def rings(self, now: ll.Now) -> list[layers.Layer]:
        """Return the rings that are dragged."""
        colors = {"i": "i", "j": "j", "b": SHIFT}
        return [
            layers.Points(np.array([one.position]), colors[one.name], 7.0, "ring", outline=True, group="handles",
                          key=f"ring {one.name}", name=one.name)
            for one in self.handles(now)
        ]  # fmt: skip

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the formula with its numbers, and how well a straight cut does before and after."""
        score = self.score(now)
        index = int(score[0] == 1.0 and now.share > 0.35) + int(score[1] == 1.0 and now.share > 0.54)
        read = self.numbers()
        lit = (COLUMNS, SHIFT, CUT)
        sentence = ("W moves the plane: straight lines stay straight", "b shifts it", self.bending())[index]
        notes: list[layers.Note] = [
            layers.Title(self.title, lines=(sentence,)),
            layers.Formula(rf"h = \fgcolor{{{lit[2]}}}{{\varphi}}(W x + \fgcolor{{{SHIFT}}}{{b}})", 28),
            layers.Formula(
                tex(r"W = ?, \quad b = ?", (COLUMNS, np.array(self.weights)), (SHIFT, self.shift()[:, None])), 20
            ),
        ]
        if self.points != "none":
            share = read["cut_before"] if score[2] < 1 else read["cut_after"]
            heading = "A straight cut gets right, before" if score[2] < 1 else "A straight cut gets right, after"
            notes.append(layers.Meter(heading, "", share, CUT, 0.5, 1.0, words("?.0 %", 100 * share)))
        elif self.width == 2:
            low, high = read["area_low"], read["area_high"]
            rows = [("area", tex(r"\det W = ?.2", read["determinant"]), "", "W alone"),
                    ("area", tex(r"?.2 \ldots ?.2", low, high), "", "with φ")]  # fmt: skip
            notes.append(layers.Facts("Areas change by", rows))
        return notes

    def bending(self) -> str:
        """Say in words what the activation does."""
        if self.activation in ("relu", "leaky_relu"):
            return "φ folds it: what is negative lands on an axis" if self.activation == "relu" else "φ creases it"
        if self.activation in ("tanh", "sigmoid"):
            return "φ bends it into a box, and folds nothing"
        return "φ leaves it as it is" if self.activation == "linear" else "φ bends it"
