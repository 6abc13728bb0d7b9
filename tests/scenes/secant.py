"""Two points of a curve come together: the line through them closes to the tangent."""

import numpy as np

import lossland as ll
from lossland import layers, plots

LATEX = r"\dfrac{\fgcolor{area}{f(x + h) - f(x)}}{\fgcolor{area}{h}} \;\to\; \fgcolor{i}{f'(x)}"


def f(x):
    return x**3 / 3 - x


class Secant(ll.Scene):
    """The slope of a curve at a point is where the slopes of its secants go."""

    name = "secant"
    title = "A secant closes to a tangent"
    chapter = "Calculus"
    lesson = "Drag the point. The second one comes to it, and the slope of the **secant** becomes the **tangent**'s."

    x = ll.parameters.Number(-1.6, -2.4, 1.0, "$x$", "Where the tangent touches.")
    plot = plots.Plot((-2.8, 2.8), (-2.5, 2.5), "x", "f(x)", right=4.0, up=3.2, count=(6, 6))
    curve = plot.curve(f, "optimizer.momentum", name="f(x) = x³/3 − x")

    def readouts(self, time=0.0):
        left = 1 - np.clip((time - 0.8) / (self.clock.seconds - 2.5), 0.0, 1.0)  # rests at both ends
        h = 0.001 + 1.6 * left**2 * (3 - 2 * left)
        return {"h": h, "secant": (f(self.x + h) - f(self.x)) / h, "tangent": self.x**2 - 1}

    def frame(self, time):
        plot, x, read = self.plot, self.x, self.readouts(time)
        h, other = read["h"], x + read["h"]
        drawn = [
            plot,
            self.curve,
            plot.line((x, f(x)), (other, f(other)), "area", name="Secant"),
            plot.tangent(f, x, "i"),
            plot.curve(([x, other, other], [f(x), f(x), f(other)]), "text", width=1.6, dash=(8, 5)),
            plot.points(other, f(other), "area", name="Second point"),
            plot.points(x, f(x), "text", name="Point"),
        ]
        if h > 0.35:  # room for its name
            drawn.append(plot.label(x + h / 2, f(x), "h", "area", "below" if f(other) > f(x) else "above", True, 24))
        notes = [
            layers.Title(self.title),
            layers.Formula(LATEX, size=30),
            layers.Meter("Slope of the secant", "", read["secant"], "area", -2, 5),
            layers.Meter("Slope of the tangent", "", read["tangent"], "i", -2, 5),
        ]
        return ll.Frame(drawn, notes, ll.View(flat=True, bounds=plot.bounds()))

    def move(self, place):
        self.set("x", min(max(self.plot.data(place)[0], -2.4), 1.0))

    def handles(self, time):
        return [ll.Handle("x", self.plot.world(self.x, f(self.x)), Secant.move, plane=0.0)]
