"""What a layer does to the plane: W moves it, b shifts it, and φ bends or folds it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import classes, layers, parameters, shapes, signs, tex, words
from lossland.models import datasets, layer_maps, networks, neurons

COLUMNS, HATS = ("i", "j"), (r"\hat\imath", r"\hat\jmath")
ASIDE = {"i": -np.pi / 4, "j": np.pi / 4}  # of their names, so that these do not meet each other or a point
SHIFT, CUT = "eigen2", classes.CUT
LIMIT = 4.0
CELLS, EVERY = 96, 8  # of the sheet, and between its lines
KEYS = 10  # moments of W's way; between them the shader moves the sheet
SAMPLES = 240
PILE, LEAST = 0.05, 20  # width of a pile of outputs of one neuron, and how many samples are at least as high as 1
SAID = {
    "relu": "φ folds it: negative coordinates become 0",
    "leaky_relu": "φ creases it",
    "tanh": "φ bends it into a box, and folds nothing",
    "sigmoid": "φ bends it into a box, and folds nothing",
    "linear": "φ leaves it as it is",
}


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
        "disc in ring": {"weights": ((1, 0), (-0.5, 0.87), (-0.5, -0.87)), "bias": (0, 0, 0), "points": "circle"},
    }  # fmt: skip

    weights = parameters.Matrix(
        ((1.2, 0.8), (0.8, 1.2)), -LIMIT, LIMIT, "$W$", "A row for each neuron; its columns are where î and ĵ go.",
        rows=(1, 2, 3),
    )  # fmt: skip
    bias = parameters.Point(
        (0, -1), -LIMIT, LIMIT, "$b$", "How far all is shifted, a number for each neuron.", counts=(1, 2, 3)
    )
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

    @property
    @ll.kept
    def layer(self) -> layer_maps.Layer:
        """The layer. What is missing of b is 0, and what is too much is left out."""
        bias = np.array([*self.bias, 0.0, 0.0][: self.width])
        return layer_maps.Layer(np.array(self.weights), bias, self.activation)

    @ll.kept
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the points (n, 2) that are carried along, and whether each is of the orange class."""
        if self.points in ("none", "xor"):
            return neurons.CORNERS, np.array(neurons.GATES["xor"], bool)
        data = datasets.two_classes(self.points, SAMPLES, 0.06 if self.points == "moons" else 0.0, self.seed)
        return data.points, data.target > 0

    @ll.kept
    def cuts(self) -> tuple[neurons.Cut, neurons.Cut]:
        """Return the straight cut between the classes before the layer, and after it."""
        points, positive = self.data()
        return neurons.straight_cut(points, positive), neurons.straight_cut(self.layer.outputs(points), positive)

    @ll.kept
    def numbers(self) -> ll.Readouts:
        """Return outputs, determinant, areas, and how well straight cuts do."""
        factors = self.layer.area_factors(self.inputs().reshape(-1, 2))
        before, after = self.cuts()
        return {
            "outputs": self.layer.outputs(self.data()[0]),
            "determinant": self.layer.determinant,
            "area_low": float(factors.min()),
            "area_high": float(factors.max()),
            "lost": float(np.mean(np.abs(factors) < 1e-12)),
            "cut_before": before.accuracy,
            "cut_after": after.accuracy,
        }

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the same numbers at all moments."""
        return self.numbers()

    # ------------------------------------------------------------------------------------------------- the score
    @staticmethod
    def score(now: ll.Now) -> tuple[float, float, float]:
        """Return how much of W, of b and of φ is done."""
        return now.eased(0.08, 0.32), now.eased(0.38, 0.5), now.eased(0.58, 0.82)

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: straight down on a plane; a sheet in space from above, then from the side, slowly around."""
        seen, score = self.extents(), self.score(now)
        moves = score[0 if self.width == 3 else 2] > 0  # in the plane only φ moves the view
        bounds = seen[0] + np.tensordot(score, np.diff(seen, axis=0), 1) if moves else seen[0]
        if self.width < 3:
            return ll.View(90.0, 90.0, flat=True, bounds=bounds, moves=True)
        azimuth, turn = (25.0, 46.0) if self.points == "none" else (10.0, -50.0)  # in the end a cut is not face-on
        elevation, slowly = 75.0 - 50.0 * now.eased(0.02, 0.28), (turn * (now.eased() - 0.5), 0.0)
        return ll.View(azimuth, elevation, bounds=bounds, turned=slowly, moves=True)

    @ll.kept(framing=True)
    def extents(self) -> tuple[np.ndarray, ...]:
        """Return points (k, 3) that must be seen before the layer and after W, b and φ; the last 8 are a box."""
        stages = self.layer.stages(self.inputs())
        arrows = np.vstack([np.zeros(3), self.layer.shift, self.layer.shift + self.layer.matrix.T[:2]])
        ended = np.vstack([stages[3].reshape(-1, 3), np.eye(3)[: self.width], arrows])
        if self.points != "none":
            ended = np.vstack([ended, self.place(1.0, 1.0, 1.0)])
        after = shapes.around(ended, 0.5, 0.2) * (1.0, 1.0, self.width == 3)
        if self.width == 3:  # what W does to a sheet is best seen from near
            corners = [1.15 * one[::CELLS, ::CELLS].reshape(-1, 3) for one in stages]
            return tuple(np.vstack(pair) for pair in zip(corners, (*3 * [0 * after], after), strict=True))
        before = shapes.around(np.concatenate(stages[:3]).reshape(-1, 3), 1.0, 0.2) * (1.0, 1.0, 0.0)
        return before, before, before, after

    # ------------------------------------------------------------------------------------------------- picture
    def square(self) -> tuple[np.ndarray, float]:
        """Return the middle (2,) of the square of inputs, and half its side."""
        return (np.array([0.5, 0.5]), 1.0) if self.points == "xor" else (np.zeros(2), 2.0)

    @ll.kept
    def inputs(self) -> np.ndarray:
        """Return the square of inputs as a grid (n, n, 2)."""
        middle, half = self.square()
        run = half * np.linspace(-1, 1, CELLS + 1)
        return middle + np.stack(np.meshgrid(run, run), -1)

    @ll.kept(most=4)
    def keyed(self, key: int) -> np.ndarray:
        """Return the square (n, n, 3) at a moment that is kept: KEYS for the way of W, one more for b and for φ."""
        return self.layer.at(self.inputs(), min(key / KEYS, 1.0), float(key > KEYS), float(key > KEYS + 1))

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the plane on its way through the layer."""
        drawn = [*self.space(self.score(now)[2] == 1.0), *self.sheet(now), *self.folds(now), *self.basis(now)]
        if self.points != "none":
            drawn += [*self.carried(now), *self.cut(now)]
        return ll.Frame([*drawn, *self.rings(now)], self.notes(now), self.view(now))

    @ll.kept
    def space(self, ended: bool) -> list[layers.Layer]:
        """Return the axes of the outputs, on a faint grid, and their names in the end."""
        if self.width < 3:
            return classes.plane(8.0, depth=False, rim=False)
        far = self.extents()[3][-8:].max(axis=0) + 0.25
        far[2] = max(1.0, float(self.layer.stages(self.inputs())[3][..., 2].max())) + 0.45  # in view, with its name
        ends = np.diag(far)
        axes, floor = [np.stack([0 * end, end]) for end in ends], [*shapes.lifted(shapes.grid(3.0))]
        lines = partial(layers.Lines, pickable=False, group="grid")
        names = [layers.Label(end, f"h_{k}", "dim", latex=True, size=26, side=end) for k, end in enumerate(ends, 1)]
        return [
            lines(floor, "hair", 1.0, key="floor"),
            lines(axes, "grid.axis", 1.6, 0.7, key="axes"),
            *(names if ended else []),
        ]

    def sheet(self, now: ll.Now) -> list[layers.Layer]:
        """Return the plane, as far as it has come: the shader moves it between moments. Its rim may be but a line."""
        turned, shifted, bend = self.score(now)
        done = KEYS * turned + shifted + bend
        key = min(int(done), KEYS + 1)
        sheet = partial(layers.Sheet, every=(EVERY, EVERY), line="grid.axis", width=1.3, key="sheet")
        fill, paint = 0.9 if self.width == 3 else 0.45, self.origin()
        edge = self.layer.at(shapes.rim(self.inputs()), turned, shifted, bend)
        return [
            sheet(self.keyed(key), self.keyed(key + 1), done - key, fill=fill, paint=paint),
            layers.Lines([edge], "grid.axis", 1.8, depth=self.width == 3, key="edge", pickable=False),
        ]

    @ll.kept
    def origin(self) -> np.ndarray:
        """Return the paint of the sheet (n, n): it tells where a piece of it came from."""
        return np.add.outer(np.linspace(0.12, 0.5, CELLS + 1), np.linspace(0.0, 0.42, CELLS + 1))

    def folds(self, now: ll.Now) -> list[layers.Layer]:
        """Return where the sheet will be folded: seen when W is done."""
        if self.activation not in ("relu", "leaky_relu") or self.score(now)[0] < 1:
            return []
        paths = [self.layer.at(line, *self.score(now)) for line in self.layer.creases(*self.square())]
        return [layers.Lines(paths, CUT, 2.4, depth=self.width == 3, key="folds", name="A neuron's z = 0")]

    def basis(self, now: ll.Now) -> list[layers.Layer]:
        """Return the two arrows that W moves and b shifts, and the shift; they step back while φ bends."""
        turned, shifted, bend = self.score(now)
        heads = layer_maps.on_the_way(self.layer.matrix, np.eye(3)[:2], turned)
        foot, ways = shifted * self.layer.shift, [(HATS[k], COLUMNS[k], 6.5, heads[k]) for k in (0, 1)]
        arrows = [*((foot, *way) for way in ways), (0 * foot, "b", SHIFT, 4.5, foot)]
        drawn: list[layers.Layer] = []
        for tail, name, color, width, way in arrows:
            if np.linalg.norm(way) > 0.02:
                turned = ASIDE.get(color, 0.0) if self.width < 3 else 0.0
                drawn += layers.named_arrow(tail, tail + way, color, name, 0.0, 20, plate=color, turned=turned,
                                            width=width, depth=self.width == 3, dim=0.4 * bend,
                                            key=f"arrow {color}")  # fmt: skip
        return drawn

    def place(self, turned: float, shifted: float, bend: float) -> np.ndarray:
        """Return where the points are (n, 3); on a line they are piled up in the end, each class on its side."""
        points, positive = self.data()
        place = self.layer.at(points, turned, shifted, bend)
        if self.width == 1 and bend > 0:
            place[:, 1] = bend * layer_maps.piled(self.layer.outputs(points)[:, 0], positive, PILE, LEAST)
        return place

    def carried(self, now: ll.Now) -> list[layers.Layer]:
        """Return the points of both classes."""
        size, style = (11.0, "sphere") if self.points == "xor" else (4.5, "disc")
        places = classes.split(self.place(*self.score(now)), self.data()[1])
        piled = self.width == 1 and self.points != "xor"  # with outlines a pile would be nothing else
        return classes.samples(places, size, style, name="Sample", outline=not piled)

    def cut(self, now: ll.Now) -> list[layers.Layer]:
        """Return the straight line or plane that parts the classes in the end."""
        share, cut = now.eased(0.84, 0.92), self.cuts()[1]
        size = float(np.linalg.norm(cut.w))
        if share == 0.0 or size < 1e-9:
            return []
        flat, corners = self.width < 3, self.extents()[3][-8:]
        near = corners.mean(axis=0) if flat else self.layer.outputs(self.data()[0]).mean(axis=0)
        half = 0.5 * float(np.linalg.norm(np.ptp(corners, axis=0))) if flat else 1.2
        return classes.cut(layer_maps.in_space(cut.w) / size, -cut.b / size, near, half, share, flat)

    # ------------------------------------------------------------------------------------------------- handles
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the heads of W's columns where they will be, and that of b."""
        foot = self.score(ll.Now(now, self.clock))[1] * self.layer.shift
        handle = partial(ll.Handle, plane=None if self.width == 3 else 0.0, free=self.width == 3)
        drags = (partial(LayerMap.drag, column=k, foot=foot) for k in (0, 1))
        found = [handle(*one) for one in zip(COLUMNS, foot + self.layer.matrix.T[:2], drags, strict=True)]
        return [*found, handle("b", self.layer.shift, LayerMap.push)]

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
        return [one.ring(SHIFT if one.name == "b" else one.name) for one in self.handles(now)]

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the formula with its numbers, and how well a straight cut does before and after."""
        turned, shifted, bend = self.score(now)
        read, said = self.numbers(), "W moves the plane: straight lines stay straight"
        if turned == 1.0 and now.share > 0.35:
            said = "b shifts it" if self.layer.shift.any() else "b is 0 and shifts nothing"
        if shifted == 1.0 and now.share > 0.54:
            said = SAID.get(self.activation, "φ bends it") if self.width > 1 else "φ bends each point of the line"
        numbers = tex(r"W = ?, \quad b = ?", (COLUMNS, self.layer.weights), (SHIFT, self.layer.bias[:, None]))
        notes: list[layers.Note] = [
            layers.Title(self.title, lines=(said,)),
            layers.Formula(rf"h = \fgcolor{{{CUT}}}{{\varphi}}(W x + \fgcolor{{{SHIFT}}}{{b}})", 28),
            layers.Formula(numbers, 20),
        ]
        if self.points != "none":
            share, when = (read["cut_before"], "before") if bend < 1 else (read["cut_after"], "after")
            heading = f"Logistic regression gets right, {when}"
            notes.append(layers.Meter(heading, "", 100 * share, CUT, 0.0, 100.0, words("?.0 %", 100 * share)))
        elif self.width == 2:
            low, high = read["area_low"], read["area_high"]
            rows = [("area", tex(r"\det W = ?.2", read["determinant"]), "", "W alone"),
                    ("area", tex(r"?.2 \ldots ?.2", low, high), "", "with φ")]  # fmt: skip
            notes.append(layers.Facts("Areas change by", rows))
        return notes
