"""What one neuron does to the plane: it projects, shifts and bends, and its output is a sheet over all inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, tex
from lossland.models import neurons

W, SHADOW, SHIFT, ON, OFF = "area", "eigen1", "eigen2", "signed.high", "signed.low"
TALL = {"step": 0.55, "sigmoid": 0.6, "tanh": 0.5, "sine": 0.5}  # heights of an output of 1, over half the square
ALONG, ACROSS = 97, 33  # of the sheet
POINTS = ("none", *neurons.GATES)


class SingleNeuron(ll.Scene):
    """One neuron of two inputs."""

    name = "single_neuron"
    title = "Project, shift, bend"
    chapter = "Networks as geometry"
    rows = ("N1", "V4")
    sign = (
        signs.Line([(0.1, 0.9), (0.9, 0.9)], "dim", 1.2),
        signs.Line([(0.1 + 0.08 * k, 0.5 - 0.3 * np.tanh(0.9 * (k - 5))) for k in range(11)], ON, 2.2),
        signs.Line([(0.5, 0.9), (0.74, 0.9)], W, 2.6),
    )
    presets: ClassVar = {
        "sigmoid": {},
        "distance": {"w": (3, 4), "b": -5, "x": (3, 4), "activation": "relu"},
        "and": {"w": (1, 1), "b": -1.5, "x": (1, 0), "activation": "step", "points": "and"},
        "or": {"w": (1, 1), "b": -0.5, "x": (0, 1), "activation": "step", "points": "or"},
        "nand": {"w": (-1, -1), "b": 1.5, "x": (0, 1), "activation": "step", "points": "nand"},
        "no xor": {"w": (1, 1), "b": -0.5, "x": (1, 1), "activation": "step", "points": "xor"},
        "hinge": {"w": (1.4, -0.8), "b": 0.6, "x": (1.6, 1.0), "activation": "relu"},
        "both signs": {"w": (-1.6, 1.0), "b": 0.8, "x": (-0.4, 1.4), "activation": "tanh"},
    }

    w = parameters.PlanePoint((1.8, 0.9), -5, 5, "$w$", "The weights: the direction in which the neuron looks.")
    b = parameters.Number(-1.2, -20, 20, "$b$", "The bias: how far the line is shifted.")
    x = parameters.PlanePoint((0.6, 1.6), -5, 5, "$x$", "An input that is tried.")
    activation = parameters.Choice("sigmoid", neurons.ACTIVATIONS, r"$\varphi$", "What bends the sum.")
    points = parameters.Choice("none", POINTS, "points", "Two inputs of 0 or 1, and what should come out.")
    clock = ll.Clock(14.0)

    # ------------------------------------------------------------------------------------------------- numbers
    def output(self, points: Any) -> np.ndarray:
        """Return what the neuron makes of points (..., 2)."""
        return neurons.bent(self.activation, np.asarray(points, float) @ np.array(self.w) + self.b)

    @property
    def length(self) -> float:
        """The length of w."""
        return float(np.linalg.norm(self.w))

    @ll.kept
    def ahead(self) -> np.ndarray:
        """Return the direction (2,) of w; without one that of the first input."""
        return np.array(self.w) / self.length if self.length > 1e-9 else np.array([1.0, 0.0])

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return what becomes of x, how far it is from the line, and how many of the points come out right."""
        x, w = np.array(self.x), np.array(self.w)
        found = {
            "dot": float(w @ x),
            "z": float(w @ x + self.b),
            "output": float(self.output(x)),
            "distance": float(neurons.signed_distance(x, w, self.b)),
            "line_from_origin": abs(float(neurons.signed_distance((0, 0), w, self.b))),
            "shadow": (x @ self.ahead()) * self.ahead(),
        }
        if self.points == "none":
            return found
        target = neurons.GATES[self.points]
        best, shift = neurons.least_squares(neurons.CORNERS, target)
        right = ((neurons.CORNERS @ w + self.b > 0) == np.array(target, bool)).sum()
        return {**found, "right": int(right), "least_squares": np.array([*best, shift])}

    # ------------------------------------------------------------------------------------------------- the score
    @staticmethod
    def score(now: ll.Now) -> tuple[float, float, float, float]:
        """Return how much is done of each of the four steps."""
        return now.eased(0.05, 0.18), now.eased(0.27, 0.42), now.eased(0.5, 0.66), now.eased(0.7, 0.88)

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: straight down on the inputs, then from the side, where the output has a height."""
        tilted = now.eased(0.44, 0.58)
        beside = 30.0 * 2.0 * self.ahead()[0] * self.ahead()[1]  # so that w points across the picture
        slowly = 12.0 * (now.eased(0.66, 1.0) - now.eased(0.5, 0.6))
        look: dict[str, Any] = {"bounds": self.box(self.reach), "turned": (slowly, 0.0), "moves": True}
        return ll.View(-90.0 + (beside + 4.0) * tilted, 89.0 - 57.0 * tilted, **look)

    @property
    def reach(self) -> float:
        """Half the side of the square of inputs; it changes in steps, so that a head stays under the pointer."""
        return shapes.in_steps(1.1 * float(np.abs((*self.w, *self.x)).max()), 2.6, 2.0)

    @ll.kept
    def box(self, reach: float) -> np.ndarray:
        """Return the corners (8, 3) of what must be seen."""
        return reach * np.array([(x, y, z) for x in (-1.02, 1.02) for y in (-1.02, 1.02) for z in (-0.1, 0.62)])

    # ------------------------------------------------------------------------------------------------- picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the inputs with the steps that are done."""
        drawn = [*self.floor(self.reach), *self.levels(now), *self.risen(now), *self.looked(now), *self.corners(now)]
        return ll.Frame([*drawn, *self.rings()], self.notes(now), self.view(now))

    @ll.kept
    def floor(self, reach: float) -> list[layers.Layer]:
        """Return the square of inputs, with a line for each unit."""
        run = np.arange(-int(reach), int(reach) + 1.0)
        ends = [np.array([(at, -reach), (at, reach)]) for at in run]
        lines = [shapes.lifted(one) for line in ends for one in (line, line[:, ::-1])]
        edge = reach * np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0), (-1, -1, 0)], float)
        axes = [reach * np.array(one, float) for one in (((-1, 0, 0), (1, 0, 0)), ((0, -1, 0), (0, 1, 0)))]
        look: dict[str, Any] = {"pickable": False, "group": "grid"}
        return [
            layers.Lines(lines, "grid", 1.0, 0.3, key="units", **look),
            layers.Lines([*axes, edge], "grid.axis", (1.4, 1.4, 1.0), 0.55, key="axes", **look),
        ]

    @ll.kept
    def step(self, reach: float) -> float:
        """Return how far apart the levels of w·x are that are drawn: about a dozen, at a round number."""
        rough = max(self.length, 1e-9) * reach / 5
        size = 10.0 ** np.floor(np.log10(rough))
        return float(size * min((1, 2, 5, 10), key=lambda one: abs(np.log(one * size / rough))))

    def levels(self, now: ll.Now) -> list[layers.Layer]:
        """Return the lines on which the neuron sees no difference, shifted by b, and the line where z = 0."""
        if self.length < 1e-9:
            return []
        _, shifted, _, swept = self.score(now)
        step, reach = self.step(self.reach), self.reach
        count = int(2.0 * reach * self.length / step) + int(abs(self.b) / step) + 2
        places = [(k * step - shifted * self.b) / self.length for k in range(-count, count + 1) if k]
        ends = [neurons.chord(self.w, place, reach) for place in places]
        lines = [shapes.lifted(one) for one in ends if one is not None]
        drawn: list[layers.Layer] = [
            layers.Lines(lines, "text", 1.1, 0.4, dim=0.5 * swept, key="levels", name="Level of z", pickable=False)
        ]
        zero = neurons.chord(self.w, -shifted * self.b / self.length, reach)
        if zero is not None:
            drawn.append(layers.Lines([shapes.lifted(zero)], "text", 3.4, casing=1.4, key="zero", name="z = 0"))
        return drawn

    def looked(self, now: ll.Now) -> list[layers.Layer]:
        """Return w on its line, x with its shadow there, and how far the line was shifted."""
        projected, shifted, bend, swept = self.score(now)
        x, ahead = np.array(self.x), self.ahead()
        foot, here = (x @ ahead) * ahead, shapes.lifted([self.x])
        height = self.height(float(self.output(x)))
        late = 1.0 if swept == 1.0 else bend
        across = np.array([-ahead[1], ahead[0]]) * (-1.0 if x @ (-ahead[1], ahead[0]) >= 0 else 1.0)
        offset = 0.045 * self.reach * shapes.lifted(across)  # beside w's own arrow
        drawn: list[layers.Layer] = []
        if self.length > 1e-9:
            line = shapes.lifted(np.outer((-1.4, 1.4), ahead) * self.reach)
            drawn += [
                layers.Lines([line], W, 1.4, 0.6, dash=(12, 7), key="line", name="Line of w", dim=0.5 * late),
                layers.Arrows(np.zeros((1, 3)), shapes.lifted([self.w]), W, 6.5, key="w", name="w", dim=0.4 * late),
                layers.Label(shapes.lifted(self.w), "w", W, latex=True, size=30, side=shapes.lifted(self.w)),
            ]
        if projected > 0 and self.length > 1e-9:
            fallen = x + projected * (foot - x)
            drawn.append(layers.Lines([shapes.lifted([x, fallen])], "text", 1.8, dash=(8, 5), key="fall", name="Fall"))
        if projected == 1.0 and self.length > 1e-9:
            start = -shifted * self.b / self.length * ahead
            drawn.append(
                layers.Lines([shapes.lifted([start, foot]) + offset], SHADOW, 7.0, casing=1.4, key="z", name="z",
                             worth=[float(x @ np.array(self.w)) + shifted * self.b], dim=0.4 * late)
            )  # fmt: skip
            drawn.append(layers.Points(shapes.lifted([foot]), SHADOW, 6.0, "disc", outline=True, key="foot"))
            text = tex("z = ?", self.readouts(now)["z"]) if shifted == 1.0 else tex(r"w \cdot x = ?", float(x @ self.w))
            if shifted in (0.0, 1.0) and bend == 0.0:
                side = shapes.lifted(across)
                drawn.append(
                    layers.Label(
                        shapes.lifted((start + foot) / 2) + offset, text, SHADOW, latex=True, size=28, side=side
                    )
                )
        if shifted > 0.0 and abs(self.b) > 1e-9 and self.length > 1e-9 and bend == 0.0:
            moved = shapes.lifted([-shifted * self.b / self.length * ahead])
            drawn.append(layers.Arrows(-offset[None], moved - offset, SHIFT, 4.5, key="shift", name="Shift"))
            if shifted == 1.0:
                drawn.append(layers.Label(moved[0] / 2 - offset, "b", SHIFT, latex=True, size=28, side=-offset))
        raised = swept * height
        if bend == 1.0:
            top = shapes.lifted([foot], height) if swept == 0.0 else shapes.lifted([x], raised)
            bottom = top * (1, 1, 0)
            drawn.append(layers.Lines([np.vstack([bottom, top])], "text", 1.8, dash=(8, 5), key="stalk", name="Output"))
            drawn.append(
                layers.Label(
                    top[0],
                    tex(r"\varphi(z) = ?", float(self.output(x))),
                    "text",
                    latex=True,
                    size=28,
                    side="above left",
                )
            )
            if swept == 0.0:
                drawn.append(layers.Points(top, ON, 7.0, "sphere", outline=True, key="on curve", name="Output"))
        ball = here + np.array([0.0, 0.0, raised])
        size, style = (8.0, "sphere") if self.points == "none" else (15.0, "ring")
        drawn.append(layers.Points(ball, "text", size, style, outline=True, key="x", name="x"))
        if bend == 0.0:
            drawn.append(layers.Label(here[0], "x", latex=True, size=30, side=shapes.lifted(x - foot)))
        return drawn

    @property
    @ll.kept
    def unit(self) -> float:
        """How high an output of 1 is drawn, in units of the plane."""
        if self.activation in TALL:
            return TALL[self.activation] * self.reach
        most = np.abs(self.output(self.reach * (2 * neurons.CORNERS - 1))).max()
        return 0.6 * self.reach / max(float(most), 1e-9)

    def height(self, output: Any) -> Any:
        """Return how high outputs are drawn."""
        return self.unit * np.asarray(output, float)

    @ll.kept
    def section(self) -> tuple[np.ndarray, np.ndarray]:
        """Return places (k,) along w's direction and the ends (k, 2, 2) of the lines across it, in the square."""
        return neurons.chords(self.ahead(), -self.b / max(self.length, 1e-9), self.reach, ALONG)

    @ll.kept
    def sheet(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the sheet before and after it is swept across (ACROSS, k, 3), and its paint."""
        u, ends = self.section()
        share = np.linspace(0, 1, ACROSS)[:, None, None]
        flat = (1 - share) * ends[:, 0] + share * ends[:, 1]
        ahead = self.ahead()
        across = np.array([-ahead[1], ahead[0]])
        low, high = np.sort(ends @ across, axis=1).T
        curve = u[:, None] * ahead + np.clip(0.0, low, high)[:, None] * across
        output = neurons.bent(self.activation, u * self.length + self.b)
        z = np.broadcast_to(self.height(output), flat.shape[:2])
        start = np.broadcast_to(curve, flat.shape)
        return np.dstack([start, z]), np.dstack([flat, z]), np.broadcast_to(self.tint(output), z.shape)

    def tint(self, output: Any) -> np.ndarray:
        """Return outputs on the scale of the colours, from -1 to 1."""
        if self.activation in ("step", "sigmoid"):
            return 2 * np.asarray(output, float) - 1
        return np.asarray(output, float) * self.unit / (0.6 * self.reach)

    @ll.kept
    def profile(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the points (k, 3) on w's line within the square, and the outputs there (k,)."""
        u, ends = self.section()
        side = ends @ np.array([-self.ahead()[1], self.ahead()[0]])
        u = u[side[:, 0] * side[:, 1] <= 0]
        return shapes.lifted(u[:, None] * self.ahead()), neurons.bent(self.activation, u * self.length + self.b)

    def risen(self, now: ll.Now) -> list[layers.Layer]:
        """Return the activation's curve over w's line, and the sheet that it leaves as it is swept across."""
        *_, bend, swept = self.score(now)
        drawn: list[layers.Layer] = []
        if swept > 0:
            start, end, paint = self.sheet()
            drawn.append(
                layers.Sheet(start, end, swept, fill=0.86, paint=paint, shades="signed", every=(8, 0), line="text",
                             width=1.0, key="sheet", name="Output")
            )  # fmt: skip
        if bend > 0 and swept < 1:
            foot, output = self.profile()
            top = foot + np.outer(bend * self.height(output), (0.0, 0.0, 1.0))
            drawn.append(layers.Curve(top, ON, 3.6, foot=foot, fill=0.3, negative=OFF, key="curve", name="Activation"))
        return drawn

    def corners(self, now: ll.Now) -> list[layers.Layer]:
        """Return the four points of a gate, in the colour of what should come out: on the sheet, once it is there."""
        if self.points == "none":
            return []
        target, swept = np.array(neurons.GATES[self.points]), self.score(now)[3]
        place = shapes.lifted(neurons.CORNERS)
        place[:, 2] = swept * self.height(self.output(neurons.CORNERS)) + 0.01 * self.reach
        return [
            layers.Points(place[target == k], (OFF, ON)[k], 11.0, "sphere", outline=True, key=f"wanted {k}",
                          name=f"should be {k}")
            for k in (0, 1)
        ]  # fmt: skip

    # ------------------------------------------------------------------------------------------------- handles
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return w, x, and the foot of the line where z = 0."""
        place = np.clip(self.line_foot(), -self.reach, self.reach)
        return [*super().handles(now), ll.Handle("b", shapes.lifted(place), SingleNeuron.shift, plane=0.0)]

    def line_foot(self) -> np.ndarray:
        """Return the point (2,) of the line z = 0 that is nearest to the origin."""
        return -self.b / max(self.length, 1e-9) * self.ahead()

    def shift(self, place: Sequence[float]) -> None:
        """Let the line z = 0 go through a place."""
        self.set("b", float(np.clip(round(-float(np.dot(self.w, place[:2])), 2), -20, 20)))

    @ll.kept
    def rings(self) -> list[layers.Layer]:
        """Return the rings that are dragged."""
        colors = {"w": W, "x": "text", "b": SHIFT}
        return [
            layers.Points(np.array([one.position]), colors[one.name], 7.0, "ring", outline=True, group="handles",
                          key=f"ring {one.name}", name=one.name)
            for one in self.handles(self.now(0.0))
        ]  # fmt: skip

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the formula, the steps with their numbers, and what of a gate comes out right."""
        read, score = self.readouts(now), self.score(now)
        index = sum(done > 0 for done in score[1:])
        rows = [
            (SHADOW, r"w \cdot x", tex("?", read["dot"]), "project"),
            (SHIFT, "z = w \\cdot x + b", tex("?", read["z"]), "shift"),
            (ON, r"\varphi(z)", tex("?", read["output"]), "bend"),
            ("text", r"\varphi(w \cdot x + b)", "", "everywhere"),
        ]
        notes: list[layers.Note] = [
            layers.Title(self.title, lines=(self.sentence(index),)),
            layers.Formula(rf"y = \varphi(\fgcolor{{{W}}}{{w}} \cdot x + \fgcolor{{{SHIFT}}}{{b}})", 28),
            layers.Facts("Step by step", rows if score[3] == 1.0 else layers.lit(rows, index)),
        ]
        if self.points != "none":
            notes.append(layers.Meter("Right, of four", "", read["right"], ON, 0.0, 4.0, str(read["right"])))
        return notes

    def sentence(self, index: int) -> str:
        """Say in words what happens in a step."""
        if self.length < 1e-9:
            return "Without weights all inputs are the same"
        if index == 3 and self.points == "xor":
            return "No straight line parts the two colours"
        return (
            "How far is x along w?", "Shift by b: where is zero?", "Bend what is left: one number",
            "The same for every input: a sheet",
        )[index]  # fmt: skip
