"""What one neuron does to the plane: it projects, shifts and bends, and its output is a sheet over all inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import classes, layers, parameters, shapes, signs, tex
from lossland.models import neurons

W, SHADOW, SHIFT, ON, OFF = "area", "eigen1", "eigen2", classes.ON, classes.OFF
TALL = {"step": 0.55, "sigmoid": 0.6, "tanh": 0.5, "sine": 0.5}  # heights of an output of 1, over half the square
ALONG, ACROSS = 97, 33  # of the sheet
POINTS = ("none", *neurons.GATES)
STEPS = (
    (SHADOW, r"w \cdot x", "dot", "project", "How far is x along w?"),
    (SHIFT, r"z = w \cdot x + b", "z", "shift", "Shift by b: where is zero?"),
    (ON, r"\varphi(z)", "output", "bend", "Bend what is left: one number"),
    ("text", r"\varphi(w \cdot x + b)", "", "everywhere", "The same for every input: a sheet"),
)
TILTED = (0.48, 0.58)  # shares of the scene between which the view goes from straight down to the side
formula = partial(layers.Label, latex=True, size=28)
told = partial(formula, size=22)  # a number, on a plate: it stands on lines or on a coloured sheet


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
    @property
    @ll.kept
    def neuron(self) -> neurons.Neuron:
        """The neuron."""
        return neurons.Neuron(np.array(self.w), self.b, self.activation)

    @ll.kept
    def numbers(self) -> ll.Readouts:
        """Return what becomes of x, and of a gate what comes out right, and the nearest that is linear."""
        found = self.neuron.numbers(self.x)
        if self.points == "none":
            return found
        best, shift = neurons.least_squares(neurons.CORNERS, neurons.GATES[self.points])
        return {**found, "right": self.neuron.right(self.points), "least_squares": np.array([*best, shift])}

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the same numbers at all moments."""
        return self.numbers()

    # ------------------------------------------------------------------------------------------------- the score
    @staticmethod
    def score(now: ll.Now) -> tuple[float, float, float, float]:
        """Return how much is done of each of the four steps."""
        return now.eased(0.05, 0.18), now.eased(0.26, 0.38), now.eased(0.55, 0.69), now.eased(0.74, 0.9)

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: straight down on the inputs, then from the side, where the output has a height."""
        tilted = now.eased(*TILTED)
        beside = 60.0 * float(self.neuron.ahead.prod())  # so that w points across the picture
        slowly = 12.0 * (now.eased(0.69, 1.0) - tilted)
        azimuth, elevation = -90.0 + (beside + 4.0) * tilted, 89.0 - 57.0 * tilted
        return ll.View(azimuth, elevation, bounds=self.bounds(self.reach), turned=(slowly, 0.0), moves=True)

    @ll.kept
    def bounds(self, reach: float) -> np.ndarray:
        """Return the corners of what is to be seen."""
        return reach * shapes.box((-1.02, -1.02, -0.1), (1.02, 1.02, 0.62))

    @property
    def reach(self) -> float:
        """Half the side of the square of inputs; it changes in steps, so that a head stays under the pointer."""
        return shapes.in_steps(1.1 * float(np.abs((*self.w, *self.x)).max()), 2.6, 2.0)

    # ------------------------------------------------------------------------------------------------- picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the inputs with the steps that are done."""
        drawn = list(self.floor(self.reach))
        if self.neuron.length:
            drawn += [*self.levels(now), *self.looked(now), *self.shadow(now), *self.shifted(now)]
        drawn += [*self.risen(now), *self.corners(now), *self.tried(now), *self.rings()]
        return ll.Frame(drawn, self.notes(now), self.view(now))

    @ll.kept
    def floor(self, reach: float) -> list[layers.Layer]:
        """Return the square of inputs."""
        return classes.plane(reach)

    def levels(self, now: ll.Now) -> list[layers.Layer]:
        """Return lines on which the neuron sees no difference, about a dozen, shifted by b, and the one where z = 0."""
        _, shifted, _, swept = self.score(now)
        step = 2.0 ** round(float(np.log2(self.neuron.length * self.reach / 5)))  # so that they grow closer with w
        lines = [shapes.lifted(ends) for ends in neurons.level_lines(self.w, shifted * self.b, step, self.reach)]
        zero = neurons.chord(self.w, -shifted * self.b / self.neuron.length, self.reach)
        bold = [] if zero is None else [shapes.lifted(zero)]
        return [
            layers.Lines(lines, "text", 1.1, 0.4, dim=0.8 * swept, key="levels", pickable=False),
            layers.Lines(bold, "text", 3.4, casing=1.4, key="zero", name="z = 0"),
        ]

    def looked(self, now: ll.Now) -> list[layers.Layer]:
        """Return w on its line, which steps back when φ bends."""
        tip, bend = shapes.lifted(self.w), self.score(now)[2]
        line = shapes.lifted(np.outer((-1.4, 1.4), self.neuron.ahead) * self.reach)
        arrow = partial(layers.named_arrow, size=30, width=6.5, depth=True, key="w", name="w")
        return [
            layers.Lines([line], W, 1.4, 0.6, dash=(12, 7), key="line", name="Line of w", dim=0.5 * bend),
            *arrow(np.zeros(3), tip, W, "w", dim=0.4 * bend),
        ]

    def beside(self) -> np.ndarray:
        """Return the way (3,) from w's line to what is drawn beside it, on the other side of it than x."""
        side = -1.0 if self.neuron.across @ self.x >= 0 else 1.0
        return 0.045 * self.reach * side * shapes.lifted(self.neuron.across)

    def shadow(self, now: ll.Now) -> list[layers.Layer]:
        """Return how x falls on the line of w, and its shadow there: from where z is 0."""
        projected, shifted, bend, _ = self.score(now)
        if projected == 0.0:
            return []
        x, foot, dot = np.array(self.x), self.neuron.shadow(self.x), self.numbers()["dot"]
        fall = shapes.lifted([x, x + projected * (foot - x)])
        drawn: list[layers.Layer] = [layers.Lines([fall], "text", 1.8, dash=(8, 5), key="fall", name="Fall")]
        if projected < 1.0:
            return drawn
        ends = shapes.lifted([self.neuron.zero(shifted), foot]) + self.beside()
        worth, dim = [dot + shifted * self.b], 0.4 * bend
        drawn += [
            layers.Lines([ends], SHADOW, 7.0, casing=1.4, worth=worth, dim=dim, key="z", name="z"),
            layers.Points(shapes.lifted([foot]), SHADOW, 6.0, "disc", outline=True, key="foot"),
        ]
        if shifted in (0.0, 1.0) and now.share <= TILTED[0]:
            text = tex("z = ?", dot + self.b) if shifted else tex(r"w \cdot x = ?", dot)
            corner = np.sign(self.beside())  # of the text, which keeps all of it off the line
            drawn.append(told(ends.mean(axis=0), text, side=corner, plate=SHADOW))
        return drawn

    def shifted(self, now: ll.Now) -> list[layers.Layer]:
        """Return how far b has shifted the line."""
        _, shifted, bend, _ = self.score(now)
        if shifted == 0.0 or bend > 0.0 or abs(self.b) < 1e-9:
            return []
        tip, aside = shapes.lifted(self.neuron.zero(shifted)), -self.beside()
        arrow = layers.Arrows.one(aside, tip + aside, SHIFT, width=4.5, key="shift", name="Shift")
        name = formula(tip / 2 + aside, "b", SHIFT, side=aside)
        return [arrow, name] if shifted > 0.5 and now.share <= TILTED[0] else [arrow]

    def tried(self, now: ll.Now) -> list[layers.Layer]:
        """Return x, and once φ has bent z, how high its output is: over its shadow, and from there over to x."""
        *_, bend, swept = self.score(now)
        place, foot, output = shapes.lifted(self.x), shapes.lifted(self.neuron.shadow(self.x)), self.numbers()["output"]
        raised = np.append(self.x, swept * self.unit * output)
        size, style = (8.0, "sphere") if self.points == "none" else (15.0, "ring")
        drawn: list[layers.Layer] = [layers.Points(raised[None], "text", size, style, outline=True, key="x", name="x")]
        if bend == 0.0:
            drawn.append(formula(place, "x", side=place - foot))
        if bend == 1.0:
            top = np.append((foot + swept * (place - foot))[:2], self.unit * output)  # as high all the way
            stalk = np.array([top * (1, 1, 0), top])
            drawn.append(layers.Lines([stalk], "text", 1.8, dash=(8, 5), key="stalk", name="Output"))
            side = "above left" if self.points == "none" else place - foot  # away from the other corners
            named = top if output else raised  # nothing rises: it is named where x stays
            drawn.append(told(named, tex(r"\varphi(z) = ?", output), side=side, plate="panel"))
            if swept < 1.0:
                drawn.append(layers.Points(top[None], ON, 7.0, "sphere", outline=True, key="on curve", name="Output"))
        return drawn

    @property
    @ll.kept
    def unit(self) -> float:
        """How high an output of 1 is drawn, in units of the plane."""
        if self.activation in TALL:
            return TALL[self.activation] * self.reach
        most = np.abs(self.neuron.output(self.reach * (2 * neurons.CORNERS - 1))).max()
        return 0.6 * self.reach / max(float(most), 1e-9)

    @ll.kept
    def section(self) -> neurons.Section:
        """Return the square in lines across w."""
        kink = -self.b / max(self.neuron.length, 1e-9)
        return neurons.section(self.neuron.ahead, kink, self.reach, ALONG)

    @ll.kept
    def sheet(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the sheet before and after it is swept across (ACROSS, k, 3), and its paint."""
        axis, start, flat = self.section().axis, self.section().start, self.section().spread(ACROSS)
        ends = [np.column_stack([one, self.unit * self.neuron.output(one)]) for one in (start, axis)]
        start, end = (np.broadcast_to(one, (*flat.shape[:2], 3)) for one in ends)
        output = self.neuron.output(axis)
        tint = 2 * output - 1 if self.activation in ("step", "sigmoid") else output * self.unit / (0.6 * self.reach)
        return start, np.dstack([flat, end[..., 2]]), np.broadcast_to(tint, flat.shape[:2])

    def risen(self, now: ll.Now) -> list[layers.Layer]:
        """Return the activation's curve over w's line, and the sheet that it leaves as it is swept across."""
        *_, bend, swept = self.score(now)
        drawn: list[layers.Layer] = []
        if swept > 0:
            start, end, paint = self.sheet()
            drawn.append(layers.Sheet(start, end, swept, fill=0.86, paint=paint, shades="signed", every=(8, 0),
                                      line="text", width=1.0, key="sheet", name="Output"))  # fmt: skip
        if bend > 0 and swept < 1:
            flat = self.section().axis[self.section().within]
            foot, top = shapes.lifted(flat), np.column_stack([flat, bend * self.unit * self.neuron.output(flat)])
            drawn.append(layers.Curve(top, ON, 3.6, foot=foot, fill=0.3, negative=OFF, key="curve", name="Activation"))
        return drawn

    def corners(self, now: ll.Now) -> list[layers.Layer]:
        """Return the four points of a gate, in the colour of what should come out: on the sheet, once it is there."""
        if self.points == "none":
            return []
        wanted, swept = np.array(neurons.GATES[self.points], bool), self.score(now)[3]
        high = swept * self.unit * self.neuron.output(neurons.CORNERS) + 0.01 * self.reach
        return classes.samples(classes.split(np.column_stack([neurons.CORNERS, high]), wanted), 11.0, name="Corner")

    # ------------------------------------------------------------------------------------------------- handles
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return w, x, and the foot of the line where z = 0."""
        place = np.clip(self.neuron.zero(), -self.reach, self.reach)
        return [*super().handles(now), ll.Handle("b", shapes.lifted(place), SingleNeuron.shift, plane=0.0)]

    def shift(self, place: Sequence[float]) -> None:
        """Let the line z = 0 go through a place."""
        self.set("b", float(np.clip(round(-float(np.dot(self.w, place[:2])), 2), -20, 20)))

    @ll.kept
    def rings(self) -> list[layers.Layer]:
        """Return the rings that are dragged."""
        colors = {"w": W, "x": "text", "b": SHIFT}
        return [one.ring(colors[one.name]) for one in self.handles(self.now(0.0))]

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the formula, the steps with their numbers, and what of a gate comes out right."""
        read, score = self.numbers(), self.score(now)
        index = sum(done > 0 for done in score[1:])
        rows = [(color, of, tex("?", read[key]) if key else "", word) for color, of, key, word, _ in STEPS]
        sentence = "Without weights all inputs are the same" if not self.neuron.length else STEPS[index][-1]
        if index == 3 and self.points == "xor":
            sentence = "No straight line parts the two colours"
        rows = rows if score[3] == 1.0 else layers.lit(rows, index)
        rows.insert(2, ("dim", r"z / \lVert w \rVert", tex("?", ("dim", read["distance"])), "distance"))
        gate = () if self.points == "none" else (read["right"], ON, 0.0, 4.0, str(read["right"]))
        return [
            layers.Title(self.title, lines=(sentence,)),
            layers.Formula(rf"y = \varphi(\fgcolor{{{W}}}{{w}} \cdot x + \fgcolor{{{SHIFT}}}{{b}})", 28),
            layers.Facts("Step by step", rows),
            *([layers.Meter("Right, of four", "", *gate)] if gate else []),
        ]
