"""A thousand slopes: the gradient of a loss of many weights as a skyline, and the loss along two directions."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, tex, words
from lossland.models import least_squares

WIDTH = 3.0  # of the skyline in the world
HEIGHT = 0.9  # of its tallest bar
PIN = 0.3  # from the top of the nudged weight's bar up to its name
BEHIND = np.array([0.0, 2.95, 0.3])  # where the slice stands, behind a square of bars too
HALF = 1.35  # of the slice in the world
RISE = 1.45  # of its highest point at first
CELLS = 49
STEPS = 60
DIRECTIONS = 4000  # random ones, whose cosines with the gradient are measured
NAMES = {"random": "a random direction", "gradient": "the gradient", "hessian": "the steepest curvature"}


class GradientHighDim(ll.Scene):
    """A gradient is a slope for every weight, however many there are."""

    name = "gradient_high_dim"
    title = "A thousand slopes"
    chapter = "Calculus"
    rows = ("G3", "Q1", "D2", "S1")
    sign = tuple(
        signs.Box((0.06 + 0.11 * k, 0.5 - max(h, 0.0)), (0.085, abs(h)), "up" if h > 0 else "down")
        for k, h in enumerate((0.12, -0.2, 0.36, 0.07, -0.34, 0.22, -0.1, 0.16))
    )
    presets: ClassVar = {
        "a thousand": {},
        "a random direction": {"direction": "random"},
        "steepest curvature": {"direction": "hessian"},
        "is it a 3?": {"data": "digits", "index": 28},
        "four weights": {"dimension": 4, "index": 1},
    }

    data = parameters.Choice("random", ("random", "digits"), "model", "What is fitted: random numbers, or a digit.")
    dimension = parameters.Integer(1000, 4, 4000, "weights", "How many weights there are.", log=True)
    digit = parameters.Integer(3, 0, 9, "digit", "Which digit is to be told from the others.")
    direction = parameters.Choice(
        "gradient", ("random", "gradient", "hessian"), "slice along", "The slice goes along it, and a random direction."
    )
    index = parameters.Integer(
        137, 0, 3999, "weight", "Which weight is nudged, counted from 0: click a bar.",
        most=lambda scene: scene.count() - 1,
    )  # fmt: skip
    nudge = parameters.Number(0.5, -1.0, 1.0, "nudge", "By how much it is nudged.")
    clock = ll.Clock(14.0, STEPS)
    still_share = 0.05  # the slopes are tall at first

    def has_control(self, name: str) -> bool:
        """Hide the number of weights where the digit's pixels are it, and the digit where there is none."""
        return name != {"digits": "dimension", "random": "digit"}[self.data]

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Take the weight whose bar is clicked."""
        if layer.key != "skyline":
            return False
        self.set("index", element)
        return True

    # ---------------------------------------------------------------------------------------------- the mathematics
    def count(self) -> int:
        """Return how many weights there are."""
        return 64 if self.data == "digits" else self.dimension

    @ll.kept
    def model(self) -> least_squares.LeastSquares:
        """Return the loss."""
        if self.data == "digits":
            return least_squares.digit_model(self.digit)
        return least_squares.random_model(self.dimension, self.seed)

    @ll.kept
    def path(self) -> np.ndarray:
        """Return the weights (STEPS + 1, d) of a descent from 0, slowly enough to see which slopes sink first."""
        rate = 0.1 / self.model().steepest_curvature[0]
        return self.model().descent(np.zeros(self.count()), rate, STEPS)

    @ll.kept
    def gradients(self) -> np.ndarray:
        """Return the gradient (STEPS + 1, d) at each step."""
        return np.array([self.model().gradient(weights) for weights in self.path()])

    def at(self, rows: np.ndarray, now: ll.Now) -> np.ndarray:
        """Return rows (STEPS + 1, d) at the present moment, between two steps a share of both."""
        whole = min(now.whole, STEPS - 1)
        share = now.step - whole
        return (1 - share) * rows[whole] + share * rows[whole + 1]

    @ll.kept
    def random(self) -> np.ndarray:
        """Return two random directions (2, d) at right angles, of length 1."""
        pair = least_squares.draws(self.seed + 1, 2, self.count())
        return np.linalg.qr(pair.T)[0].T

    @ll.kept
    def cosines(self) -> np.ndarray:
        """Return the cosines of random directions with the gradient at first."""
        slope = self.gradients()[0]
        tried = least_squares.draws(self.seed + 2, DIRECTIONS, self.count())
        return tried @ slope / (np.linalg.norm(tried, axis=1) * np.linalg.norm(slope))

    def along(self, slope: np.ndarray) -> np.ndarray:
        """Return the direction (d,) of the slice, of length 1."""
        if self.direction == "random":
            return self.random()[0]
        if self.direction == "hessian":
            return self.model().steepest_curvature[1]
        return slope / max(float(np.linalg.norm(slope)), 1e-300)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return how steep it is, what a nudge should do and does, and how random directions meet the gradient."""
        weights, slope = self.at(self.path(), now), self.at(self.gradients(), now)
        return {
            "value": float(self.model().value(weights)),
            "gradient_norm": float(np.linalg.norm(slope)),
            "slope": float(slope[self.index]),
            "predicted_change": self.model().predicted(weights, self.index, self.nudge),
            "real_change": self.model().nudged(weights, self.index, self.nudge),
            "cosine_sd": float(self.cosines().std()),
            "slope_along": float(slope @ self.along(slope)),
        }

    # -------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the skyline of slopes, and the slice beside it."""
        slope = self.at(self.gradients(), now)
        return ll.Frame([*self.skyline(slope), *self.cut(now, slope)], self.notes(now), self.view(now))

    def view(self, now: ll.Now) -> ll.View:
        """Return a view of both that turns a little."""
        return ll.View(-78.0 + 22 * now.eased(), 30.0, bounds=self.bounds(), moves=True)

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of what is to be seen."""
        low, high = (-WIDTH / 2, -1.0, -0.4), (WIDTH / 2, BEHIND[1] + HALF, 0.9)
        return np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])

    @ll.kept
    def tallest(self) -> float:
        """Return the slope that is as high as a bar can be: the steepest at first."""
        return max(float(np.abs(self.gradients()[0]).max()), 1e-300)

    def magnified(self, slope: np.ndarray) -> float:
        """Return how many times as tall the bars are as at first: the more, the smaller the slopes have become.

        The tallest bar sinks as the root of its slope, so that what is left after many steps can still be seen.
        """
        return float(np.sqrt(self.tallest() / max(float(np.abs(slope).max()), 1e-12 * self.tallest())))

    def skyline(self, slope: np.ndarray) -> list[layers.Layer]:
        """Return a bar for each slope, row by row; the nudged weight's stands out."""
        share = np.clip(self.magnified(slope) * slope / self.tallest(), -1.0, 1.0)
        columns = int(np.ceil(np.sqrt(1.6 * len(share)))) if self.data == "random" else 8
        rows = -(-len(share) // columns)
        padded = np.pad(HEIGHT * share, (0, rows * columns - len(share)))
        low, high = (part[: len(share)] for part in shapes.skyline(padded.reshape(rows, columns), WIDTH))
        chosen = self.index
        x, y, _ = (low[chosen] + high[chosen]) / 2
        pin = np.array([(x, y, high[chosen, 2]), (x, y, high[chosen, 2] + PIN)])
        name = tex(r"\partial f / \partial w_{?}", chosen)
        return [
            layers.Bars(low, high, share, name="Slope", worth=slope, key="skyline"),
            layers.Bars(low[[chosen]] - 0.004, high[[chosen]] + 0.004, "accent", shadow=False, pickable=False),
            layers.Lines([pin], "accent", 2.0, depth=False, pickable=False),
            layers.Label(pin[1], name, "accent", latex=True, size=22, plate="panel", side="above"),
        ]

    @ll.kept
    def reach(self) -> float:
        """Return how far the slice goes: as far as it is downhill along the gradient at first."""
        slope = self.gradients()[0]
        bent = float(slope @ self.model().curved(slope))
        return float(slope @ slope) / max(bent, 1e-300) * float(np.linalg.norm(slope))

    @ll.kept
    def highest(self) -> float:
        """Return the largest loss of the slice along the gradient at first."""
        slope = self.gradients()[0]
        uphill = slope / max(float(np.linalg.norm(slope)), 1e-300)
        return float(self.model().value(self.path()[0] + self.reach() * uphill))

    def cut(self, now: ll.Now, slope: np.ndarray) -> list[layers.Layer]:
        """Return the loss along two directions as a sheet, with a ball where the weights are."""
        weights, first = self.at(self.path(), now), self.along(slope)
        second = self.random()[1] - first * (self.random()[1] @ first)
        second /= np.linalg.norm(second)
        amounts = np.linspace(-self.reach(), self.reach(), CELLS)
        loss = self.model().slice(weights, first, second, amounts)
        most = self.highest()
        x, y = np.meshgrid(HALF * amounts / self.reach(), HALF * amounts / self.reach())
        sheet = np.stack([x, y, RISE * np.minimum(loss / most, 1.2) - 0.5], -1) + BEHIND
        here = sheet[CELLS // 2, CELLS // 2] + (0, 0, 0.05)
        steep = float(slope @ first)
        told = words("slope ?.4 along ?", abs(steep), NAMES[self.direction])
        drawn: list[layers.Layer] = [
            layers.Sheet(sheet, paint=np.clip(loss / most, 0.0, 1.0), every=(6, 6), name="Slice", key="slice"),
            layers.Points(here[None], "text", 8.0, "sphere", outline=True, name="Weights"),
            layers.Label(np.add(here, (0, 0, 0.08)), told, "text", size=19, side="above", plate="panel"),
        ]
        if self.direction != "random" and abs(steep) > 1e-9 * self.steepest():
            tip = here + np.array([-0.55 if steep > 0 else 0.55, 0.0, 0.0])
            drawn.append(layers.Arrows(here[None], tip[None], "down", 4.5, depth=False, name="Downhill"))
        return drawn

    # ---------------------------------------------------------------------------------------------------- the notes
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return how steep it is, and what the nudge does."""
        read = self.readouts(now)
        larger = self.magnified(self.at(self.gradients(), now))
        s = "" if now.whole == 1 else "s"
        steps = words("? weights, ?n step? downhill, bars magnified ×\u2009?.1", self.count(), now.whole, s, larger)
        norm = layers.Meter(
            "Length of the gradient", r"\|\nabla f\|", read["gradient_norm"], "up", 0.0, self.steepest(),
            words("?.4", read["gradient_norm"]),
        )  # fmt: skip
        predicted = tex(r"g_i \varepsilon + \frac{1}{2} H_{ii} \varepsilon^2 = ?.4", read["predicted_change"])
        real = tex(r"\Delta f = ?.4", read["real_change"])
        rows = [("accent", predicted, "", "predicted"), ("text", real, "", "real")]
        nudge = layers.Facts(words("Nudge weight ? by ?", self.index, self.nudge), rows)
        spread = ("dim", tex(r"\cos\theta = 0 \pm ?3", read["cosine_sd"]), "", "")
        chance = layers.Facts("Cosine with random directions", [spread])
        title = self.title if self.count() == 1000 else words("?n slopes", self.count())
        return [layers.Title(title, lines=[steps]), norm, nudge, chance, self.histogram()]

    @ll.kept
    def steepest(self) -> float:
        """Return the length of the gradient at first."""
        return float(np.linalg.norm(self.gradients()[0]))

    @ll.kept
    def histogram(self) -> layers.Chart:
        """Return how often random directions meet the gradient at each cosine."""
        reach = min(6.0 / np.sqrt(self.count()), 1.0)
        counts, edges = np.histogram(self.cosines(), bins=41, range=(-reach, reach))
        middles = 0.5 * (edges[1:] + edges[:-1])
        series = layers.Series("cosine", "dim", middles, counts)
        return layers.Chart("Cosine of random directions", [series], kind="bar")
