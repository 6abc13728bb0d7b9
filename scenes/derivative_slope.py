"""The slope of a curve: what the slopes of its secants go to, and the height of another curve."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import curves, figures, layers, parameters, plots, signs, tex, words
from lossland.models import calculus

F, SLOPE, SECOND, SECANT = "optimizer.momentum", "i", "eigen1", "area"  # colours of f, f', f'', and what is not yet f'
COLORS = (F, SLOPE, SECOND)
LEAST = 1e-3  # what is left of h in the end, as a share
NEAREST = 0.02  # share of h below which the second point cannot be told from the first, and is no handle
HIGH = 3.0  # of the longer side of the rectangle u by v, world
PLACES: dict[str, dict[str, Any]] = {  # of the axes of f, where they are not alone in the picture
    "traced": {"x_name": "", "corner": (0.0, 2.3, 0.0), "up": 1.3, "count": (0, 2)},
    "car": {"x_name": r"t \text{ in s}", "corner": (0.0, 0.9, 0.0), "right": 2.5, "up": 2.0, "count": (5, 3)},
}
SAYS = {  # what is shown -> the title, the line below it, and at what share of the scene a still says most
    "secant": ("How steep is a curve at a point?", "Two points make a line. Let them meet", 1.0),
    "traced": ("How steep is a curve at each point?", "The height below is the slope above", 1.0),
    "car": ("How fast is a car at one moment?", "As fast as its way over time is steep", 0.56),
    "product": ("How fast does a product grow?", "Two strips count; their corner is soon too small to see", 0.35),
    "epsilon": ("How near is near enough?", "However thin the band: some window around x keeps inside", 0.4),
}


def wave(low: float, high: float) -> list[signs.Place]:
    """Return the curve of the small drawing between two shares of its width."""
    u = np.linspace(low, high, 24)
    return [(float(a), float(0.62 - 0.9 * (a - 0.1) * (a - 0.75) * 1.4)) for a in u]


class DerivativeSlope(ll.Scene):
    """A function, its secants, its slope, and what a slope is good for."""

    name = "derivative_slope"
    title = "How steep is a curve at a point?"
    chapter = "Calculus"
    rows = ("G1", "S9", "S11", "S18")
    sign = (
        signs.Line(wave(0.06, 0.94), "grid", 2.2),
        signs.Line([(0.05, 0.78), (0.7, 0.14)], "i", 1.8),
        signs.Dot((0.3, 0.53), 2.4, "text"),
    )
    presets: ClassVar = {
        "square": {"function": "x^2", "x": 1, "h": 1.2, "window": (-1.2, 2.8)},
        "cube": {"function": "x^3", "x": 2, "h": -1.5, "window": (-1, 3)},
        "exponential": {"function": "exp(x)", "x": 1, "h": 1, "window": (-2, 2.4)},
        "logarithm": {"function": "ln(x)", "x": 1, "h": 2, "window": (0.05, 4)},
        "traced": {"function": "x^3 - 3x", "show": "traced", "x": 2.1, "window": (-2.2, 2.2)},
        "sine traced": {"function": "sin(x)", "show": "traced", "x": 6.2832, "window": (0, 6.2832)},
        "car": {"function": "3x^2 - 0.2x^3", "show": "car", "x": 10, "window": (0, 10)},
        "product": {"function": "(x + 1)*sqrt(x)", "show": "product", "x": 1.2, "h": 0.6, "window": (0, 2)},
        "epsilon delta": {"function": "x^2", "show": "epsilon", "x": 1, "window": (-1.2, 2.4)},
    }

    function = parameters.FunctionOfX("x^2", "$f(x)$", "The curve: a formula in x.")
    window = curves.Window((-1.2, 2.8))
    show = parameters.Choice(
        "secant", ("secant", "traced", "car", "product", "epsilon"), "show", "Which picture of a slope."
    )
    x = parameters.Number(1.0, -1e3, 1e3, "$x$", "Where the slope is asked for.", hidden=True)
    h = parameters.Number(1.2, -10.0, 10.0, "$h$ at first", "How far away the second point is at first.")
    clock = ll.Clock(9.0)

    @property
    def still_time(self) -> float:
        """The moment that says most: the end, unless what is shown has become too small there."""
        return self.clock.seconds * SAYS[self.show][2]

    def has_control(self, name: str) -> bool:
        """Hide how far away the second point is where there is none."""
        return name != "h" or self.show in ("secant", "product")

    # ------------------------------------------------------------------------------------------------- numbers
    @property
    @ll.kept(framing=True)
    def span(self) -> tuple[float, float]:
        """The x that are shown, rising: also where the slope is asked for."""
        return curves.widened(self.window, (self.x, self.x + self.h) if self.show == "secant" else (self.x,))

    def share(self, now: ll.Now) -> float:
        """Return what is left of h: all at first, next to nothing in the end."""
        return LEAST + (1.0 - LEAST) * (1.0 - now.eased(0.1, 0.74))

    def step(self, now: ll.Now) -> float:
        """Return how far away the second point is."""
        h = self.h or 0.1
        return h * (max(self.share(now), 0.12) if self.show == "product" else self.share(now))

    def here(self, now: ll.Now) -> float:
        """Return the x of the moment: that which is asked for, or one on its way there."""
        if self.show in ("traced", "car"):
            low = self.span[0]
            return low + (self.x - low) * now.eased(0.06, 0.9)
        return self.x

    def epsilon(self, now: ll.Now) -> float:
        """Return half the height of the band around the value: it shrinks to a tenth."""
        return 0.22 * float(np.ptp(self.plot.y)) * 0.1 ** now.eased(0.1, 0.85)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return value, slopes and bend at the x of the moment, and hills and valleys in the window as x, f, f''."""
        f, x, h = self.function, self.here(now), self.step(now)
        epsilon = self.epsilon(now)
        return {
            "x_now": x,
            "h_now": h,
            "value": f.at(x),
            "secant": calculus.secant_slope(f, x, h),
            "slope": f.slope(x),
            "second": f.derivative.slope(x),
            "extrema": self.extrema(),
            "epsilon": epsilon,
            "delta": calculus.reach_within(f, x, epsilon, self.span[1] - self.span[0]),
        }

    @ll.kept
    def extrema(self) -> np.ndarray:
        """Return the hills and valleys as rows x, f, f''; at a corner there is no f''."""
        f = self.function
        found = calculus.extrema(f, f.derivative, f.derivative.derivative, *self.span)
        found[[not f.is_smooth(x) for x in found[:, 0]], 2] = np.nan
        return found

    # ------------------------------------------------------------------------------------------------- picture
    @property
    @ll.kept
    def plot(self) -> plots.Plot:
        """The axes of f."""
        name = r"s(t) \text{ in m}" if self.show == "car" else "f(x)"
        return curves.axes(self.span, plots.range_of(self.function, self.span), name, F, **PLACES.get(self.show, {}))

    @property
    def graphs(self) -> tuple[Any, Any, Any]:
        """F, f' and f''."""
        return self.function, self.function.derivative, self.function.derivative.derivative

    @property
    @ll.kept
    def lower(self) -> list[plots.Plot]:
        """The axes of f' and of f'', below those of f."""
        made = []
        for row, (graph, color, name) in enumerate(zip(self.graphs[1:], COLORS[1:], ("f'(x)", "f''(x)"), strict=True)):
            look = {"corner": (0.0, 0.7 - 1.6 * row, 0.0), "up": 1.1, "count": (5 * row, 2), "x_name": "x" * row}
            low, high = plots.range_of(graph, self.span, 0.3)
            heights = low - 0.2 * (high - low), high  # with room for a number below the lowest point
            made.append(curves.axes(self.span, heights, name, color, **look))
        return made

    @ll.kept
    def standing(self) -> list[layers.Layer]:
        """Return what does not move: axes and curves."""
        drawn: list[layers.Layer] = [self.plot, self.plot.curve(self.function, F, name="f", key="f")]
        if self.show == "traced":
            for plot, graph, color in zip(self.lower, self.graphs[1:], COLORS[1:], strict=True):
                drawn += [plot, plot.curve(graph, color, width=2.0, key=f"ghost {color}", ghost=True)]
        return drawn

    @ll.kept
    def slope_curve(self, plot: plots.Plot, graph: plots.Function, color: str) -> plots.Pieces:
        """Return the whole curve of a derivative."""
        return plot.curve(graph, color, key=f"traced {color}")

    @ll.kept
    def view(self) -> ll.View:
        """Return the view straight down on all of it."""
        bounds = self.plot.bounds()
        if self.show == "epsilon":  # with braces above and at the right
            bounds = self.plot.bounds(above=0.12) + np.array([(0, 0, 0), (0.45, 0, 0), (0.45, 0, 0), (0, 0, 0)])
        if self.show == "traced":  # and room for names and numbers where the picture is small
            bounds = np.vstack([bounds, *(plot.bounds() for plot in self.lower), [(0, 3.95, 0), (0, -1.35, 0)]])
        if self.show == "car":
            bounds = np.vstack([bounds, [(-0.2, -0.35, 0), (4.9, 3.3, 0)]])
        if self.show == "product":
            _, wide, high = self.scale()
            bounds = np.array([(-0.3, -0.35, 0), (wide + 0.3, high + 0.3, 0)])
        return ll.View(flat=True, bounds=bounds)

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the picture that is asked for."""
        read = self.readouts(now)
        drawn = getattr(self, f"shown_{self.show}")(now, read)
        ask = curves.without_value if self.show == "epsilon" else curves.without_slope
        return ll.Frame(drawn, [*self.notes(now, read), *ask(self.function, read["x_now"])], self.view())

    def shown_secant(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return two points that come together, and the line through them that becomes the tangent."""
        plot, f, x, h = self.plot, self.function, self.x, self.step(now)
        y, other, arrived = f.at(x), f.at(x + h), now.eased(0.72, 0.84)
        slope, far = read["slope"], abs(h) / (self.span[1] - self.span[0])
        drawn: list[layers.Layer] = [*self.standing(), plot.line((x, y), (x + h, other), SECANT, name="Secant")]
        if arrived > 0.0:
            touching = partial(plot.tangent, width=2.2 + 1.4 * arrived, emphasis=1.0 - now.eased(0.84, 1.0))
            drawn += [touching(f, x, SLOPE)] if np.isfinite(slope) else self.half_tangents(x, y)
        elif far > 0.04 and np.isfinite([y, other]).all():
            corner = ([x, x + h, x + h], [y, y, other])
            drawn.append(plot.curve(corner, "text", width=1.6, dash=(8, 5), pickable=False))
            if far > 0.08:
                drawn.append(plot.label(x + h / 2, y, "h", "text", "below" if other > y else "above", True, 26))
        if arrived < 1.0:
            drawn.append(plot.points(x + h, other, SECANT, 8.0, name="Second point"))
        drawn.append(plot.points(x, y, "text", 8.0, name="Point"))
        there = arrived > 0.5
        color, number, place = (SLOPE, slope, (x, y)) if there else (SECANT, read["secant"], (x + h, other))
        if np.isfinite(place).all() and (there or np.isfinite(number)):
            said = words("slope ?.2", number) if np.isfinite(number) else "no slope"
            drawn.append(plot.label(*place, said, color, curves.beside(slope > 0, h > 0), size=30))
        return drawn

    def half_tangents(self, x: float, y: float) -> list[layers.Layer]:
        """Return the lines that touch a corner on its left and on its right, where it has these."""
        found = [slope for slope in self.function.sided_slopes(x) if np.isfinite([slope, y]).all()]
        return [self.plot.line((x, y), (x + 1.0, y + k), SLOPE, dash=(8, 5), name="From one side") for k in found]

    def shown_traced(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return a tangent that runs along f, its slope drawn as a curve below, and the slope of that below it."""
        x, drawn, all_plots = self.here(now), list(self.standing()), (self.plot, *self.lower)
        if np.isfinite(read["slope"]):
            drawn.append(self.plot.tangent(self.function, x, SLOPE, reach=0.14, width=4.0))
        heights = (read["value"], read["slope"], read["second"])
        tops = [self.plot.held(x, heights[0]), *(plot.world(x, plot.y[1]) for plot in self.lower)]
        feet = [*(plot.world(x, plot.y[0]) for plot in all_plots[:2]), self.lower[1].held(x, heights[2])]
        drawn.append(layers.Lines(list(np.stack([tops, feet], 1)), "dim", 1.2, dash=(8, 5), pickable=False))
        drawn.append(self.plot.points(x, heights[0], "text", 7.0))
        for plot, graph, y, color in list(zip(all_plots, self.graphs, heights, COLORS, strict=True))[1:]:
            drawn += [self.slope_curve(plot, graph, color).upto(x), plot.points(x, y, color, 7.0)]
            if np.isfinite(y):
                side = curves.clear_side(graph, plot, x, 2 * x < sum(self.span))
                drawn.append(plot.label(x, y, words("?.2", y), color, side, size=28))
        passed = self.extrema()[self.extrema()[:, 0] <= x + 1e-9]
        if len(passed):
            drawn.append(self.plot.points(passed[:, 0], passed[:, 1], "text", 6.0, "ring", name="Hill or valley"))
            level = passed[np.isfinite(passed[:, 2]), 0]
            drawn.append(self.lower[0].points(level, 0.0 * level, SLOPE, 6.0, "ring", name="Level"))
        return drawn

    def shown_car(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return a car on a road, its way over time with a tangent, and its speed on a dial."""
        plot, t, where, speed = self.plot, read["x_now"], read["value"], read["slope"]
        road = plots.NumberLine(*plot.y, r"\text{m}", start=(0.0, -0.05, 0.0), end=(4.6, -0.05, 0.0), count=6)
        if not np.isfinite([where, speed]).all():
            return [*self.standing(), road]
        return [
            *self.standing(), road,
            plot.tangent(self.function, t, SLOPE, reach=0.2, width=3.4), plot.guides(t, where),
            plot.points(t, where, "text", 8.0), figures.Car(road.point_at(where), F),
            figures.Gauge((3.85, 1.35), speed, self.fastest(), r"s'(t) \text{ in m/s}", SLOPE, name="Speed"),
            *layers.Label.each([(3.05, 1.35, 0), (4.65, 1.35, 0)], ["0", words("?", self.fastest())], side="below"),
        ]  # fmt: skip

    @ll.kept
    def fastest(self) -> float:
        """Return the largest slope in the window, rounded up to what a dial would show."""
        return calculus.rounded_up(calculus.largest(self.function.derivative, *self.span))

    # ------------------------------------------------------------------------------------------------- product
    @ll.kept
    def scale(self) -> tuple[float, float, float]:
        """Return world units for a unit of u and v, and how long u and v get in the window."""
        u, v = (calculus.largest(factor, *self.span) for factor in self.function.factors)
        unit = HIGH / max(u, v, 1e-9)
        return unit, unit * u, unit * v

    def sides(self, x: float) -> tuple[float, float]:
        """Return u and v at x as lengths in the world."""
        u, v = self.function.factors
        return self.scale()[0] * abs(u.at(x)), self.scale()[0] * abs(v.at(x))

    def shown_product(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the rectangle u by v, and the strips that it gains when x grows by h."""
        before, after = self.sides(self.x), self.sides(self.x + self.step(now))
        if not np.isfinite([*before, *after]).all():
            return []
        return [figures.GrownRectangle(before, after, F, (SLOPE, "j", SECANT))]

    # ------------------------------------------------------------------------------------------------- ε and δ
    def shown_epsilon(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return a band of ε around f(x), and the widest one of δ around x in which the graph keeps inside it."""
        plot, x = self.plot, self.x
        y, e, d = read["value"], read["epsilon"], read["delta"]
        (_, x1), (_, y1) = plot.x, plot.y
        if not np.isfinite([y, d]).all():
            return list(self.standing())
        ends = plot.world(x1, y + e), plot.world(x1, y - e)
        braces = [figures.Brace(*ends, r"2\varepsilon", "j", away=0.24, size=0.14)]
        if d > 0.0:
            ends = plot.world(x - d, y1), plot.world(x + d, y1)
            braces.append(figures.Brace(*ends, r"2\delta", SLOPE, away=0.06, size=0.14))
        return [
            plot,
            plot.box(plot.x, (y - e, y + e), "j", 0.16, 0.0, "ε"),
            plot.box((x - d, x + d), plot.y, SLOPE, 0.16, 0.0, "δ"),
            plot.box((x - d, x + d), (y - e, y + e), SECANT, 0.2, 2.4, "Box"),
            self.standing()[1],
            plot.points(x, y, "text", 5.0),
            *braces,
        ]

    # ------------------------------------------------------------------------------------------------- notes
    def notes(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the title, the formula and the numbers that matter."""
        f, x = self.function, read["x_now"]
        met = self.show == "secant" and self.share(now) <= 0.02
        asked, line, _ = SAYS[self.show]
        title = layers.Title(asked, lines=("Where the secants go is the slope" if met else line,))
        formula = layers.Formula(rf"f(x) = {f.latex}", 24)
        what, name = ("product", "(u v)'") if self.show == "product" else ("curve", "f'")
        at = "(?.2) =" if self.show == "traced" else "(?) ="  # where x moves, it is always as wide
        slope = layers.Meter(f"Slope of the {what}", tex(name + at, x), read["slope"], SLOPE, *self.slopes())
        if self.show == "secant":
            rule = r"\dfrac{\fgcolor{area}{f(x + h) - f(x)}}{\fgcolor{area}{h}} \to \fgcolor{i}{f'(x)}"
            secant = layers.Meter(
                "Slope of the secant", tex("h = ?s", read["h_now"]), read["secant"], SECANT, *self.slopes()
            )
            return [title, formula, layers.Formula(rule, 26), secant, slope]
        if self.show == "product":
            u, v = self.function.factors
            share = calculus.corner_share(u, v, self.x, self.step(now))
            corner = layers.Meter("Share of the corner in what is gained", "", share, SECANT, 0, 0.5)
            both, rule = tex(r"u = ?, \quad v = ?", u.latex, v.latex), r"(u v)' = \fgcolor{i}{u' v} + \fgcolor{j}{u v'}"
            return [title, layers.Formula(both, 24), layers.Formula(rule, 28), corner, slope]
        if self.show == "epsilon":
            most = self.epsilon(self.now(0.0)), self.span[1] - self.span[0]
            rule = r"|t - x| < \fgcolor{i}{\delta} \;\Rightarrow\; |f(t) - f(x)| < \fgcolor{j}{\varepsilon}"
            return [
                title, formula, layers.Formula(rule, 22),
                layers.Meter("Allowed up and down from f(x)", r"\varepsilon", read["epsilon"], "j", 0, most[0]),
                layers.Meter("Enough on both sides of x", r"\delta", read["delta"], SLOPE, 0, most[1]),
            ]  # fmt: skip
        if self.show == "car":
            return [title, layers.Formula(tex("s(t) = ?", f.written("t")), 24)]
        bend = layers.Meter("Slope of the slope", tex("f''" + at, x), read["second"], SECOND, *self.slopes(2))
        return [title, formula, slope, bend]

    @ll.kept
    def slopes(self, order: int = 1) -> tuple[float, float]:
        """Return the range of a derivative in the window, with 0 in it."""
        low, high = plots.range_of(self.graphs[order], self.span)
        return min(low, 0.0), max(high, 0.0)

    # ------------------------------------------------------------------------------------------------- handles
    def move_h(self, place: tuple[float, float], share: float) -> None:
        """Let the second point stand above a place, where of h so much is left."""
        h = (self.plot.data(place)[0] - self.x) / share
        self.set("h", min(max(h if abs(h) > 1e-3 else 1e-3, -10.0), 10.0))

    def move_corner(self, place: tuple[float, float]) -> None:
        """Take the x whose rectangle has its corner nearest to a place."""
        x = np.linspace(*self.span, 401)
        u, v = (self.scale()[0] * np.abs(factor(x)) for factor in self.function.factors)
        self.set("x", float(x[np.nanargmin((u - place[0]) ** 2 + (v - place[1]) ** 2)]))

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the point that is asked about, and the second one while it is away from it."""
        if self.show == "product":
            corner = np.nan_to_num((*self.sides(self.x), 0.0), posinf=0.0)
            return [ll.Handle("x", corner, DerivativeSlope.move_corner, plane=0.0)]
        found = [curves.along("x", self.plot, self.x, self.function.at(self.x))]
        share = self.share(now)
        if self.show == "secant" and share > NEAREST:
            other = self.x + self.h * share
            place = self.plot.held(other, self.function.at(other))
            found.insert(0, ll.Handle("h", place, partial(DerivativeSlope.move_h, share=share), plane=0.0))
        return found
