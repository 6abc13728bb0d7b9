"""The slope of a curve: what the slopes of its secants go to, and the height of another curve."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, plots, signs, tex, words
from lossland.models import calculus

F, SLOPE, SECOND, SECANT = "optimizer.momentum", "i", "eigen1", "area"  # colours of f, f', f'', and what is not yet f'
LEAST = 1e-3  # what is left of h in the end, as a share
NEAREST = 0.02  # share of h below which the second point cannot be told from the first, and is no handle
WIDE, HIGH = 4.0, 3.0  # of the plot, world
RISE = 1.0  # of a dial's half circle, world
NUMBERS = 17.0  # size of the numbers on axes, pixels


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
    window = parameters.Point((-1.2, 2.8), -1e3, 1e3, "from, to", "The x that are shown.")
    show = parameters.Choice(
        "secant", ("secant", "traced", "car", "product", "epsilon"), "show", "Which picture of a slope."
    )
    x = parameters.Number(1.0, -1e3, 1e3, "$x$", "Where the slope is asked for.", hidden=True)
    h = parameters.Number(1.2, -10.0, 10.0, "$h$", "How far away the second point is at first.")
    clock = ll.Clock(9.0)

    # ------------------------------------------------------------------------------------------------- numbers
    @property
    def span(self) -> tuple[float, float]:
        """The x that are shown, rising."""
        low, high = self.window
        return (low, high) if low < high else (high, low) if high < low else (low - 1.0, low + 1.0)

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
        low, high = self.plot.y
        return 0.22 * (high - low) * 0.1 ** now.eased(0.1, 0.85)

    def readouts(self, now: ll.Now) -> dict[str, Any]:
        """Return value, slopes and bend at the x of the moment, and the level places in the window as x, f, f''."""
        f, x, h = self.function, self.here(now), self.step(now)
        epsilon = self.epsilon(now)
        return {
            "x_now": x,
            "h_now": h,
            "value": f.at(x),
            "secant": calculus.secant_slope(f, x, h),
            "slope": f.derivative.at(x),
            "second": f.derivative.derivative.at(x),
            "extrema": self.extrema(),
            "epsilon": epsilon,
            "delta": calculus.reach_within(f, x, epsilon, self.span[1] - self.span[0]),
        }

    @ll.kept
    def extrema(self) -> np.ndarray:
        """Return the level places as rows x, f, f''."""
        f = self.function
        return calculus.extrema(f, f.derivative, f.derivative.derivative, *self.span)

    # ------------------------------------------------------------------------------------------------- picture
    @property
    @ll.kept
    def plot(self) -> plots.Plot:
        """The axes of f."""
        f, span = self.function, self.span
        low, high = plots.range_of(f, span)
        look: dict[str, Any] = {"right": WIDE, "up": HIGH, "count": (5, 4), "number_size": NUMBERS}
        if self.show == "traced":
            look |= {"up": 1.5, "count": (0, 2), "corner": (0.0, 2.1, 0.0)}
        if self.show == "car":
            look |= {"up": 2.0, "right": 2.5, "count": (5, 3), "corner": (0.0, 0.9, 0.0)}
        name = {"car": "t", "traced": ""}.get(self.show, "x")
        return plots.Plot(span, (low, high), name, self.f_name, **look)

    @property
    def f_name(self) -> str:
        """What stands at the axis of f."""
        return tex(r"\fgcolor{optimizer.momentum}{?}", "s(t)" if self.show == "car" else "f(x)")

    @property
    @ll.kept
    def lower(self) -> tuple[plots.Plot, plots.Plot]:
        """The axes of f' and of f'', below those of f."""
        made = []
        for row, (graph, color, name) in enumerate(
            ((self.function.derivative, SLOPE, "f'(x)"), (self.function.derivative.derivative, SECOND, "f''(x)"))
        ):
            ticks = (5 if row else 0, 2)
            made.append(
                plots.Plot(
                    self.span, plots.range_of(graph, self.span), "x" if row else "", rf"\fgcolor{{{color}}}{{{name}}}",
                    corner=(0.0, 0.5 - 1.4 * row, 0.0), right=WIDE, up=1.0, count=ticks, number_size=NUMBERS,
                )
            )  # fmt: skip
        return made[0], made[1]

    @ll.kept
    def standing(self) -> list[layers.Layer]:
        """Return what does not move: axes and curves."""
        curve = self.plot.curve(self.function, F, name="f", key="f")
        if self.show != "traced":
            return [self.plot, curve]
        drawn: list[layers.Layer] = [self.plot, curve]
        for plot, graph, color in zip(self.lower, self.graphs[1:], (SLOPE, SECOND), strict=True):
            drawn += [plot, plot.curve(graph, color, width=2.0, key=f"ghost {color}", ghost=True)]
        return drawn

    @ll.kept
    def slope_curve(self, plot: plots.Plot, graph: Any, color: str) -> plots.Pieces:
        """Return the whole curve of a derivative."""
        return plot.curve(graph, color, key=f"traced {color}")

    @property
    def graphs(self) -> tuple[Any, Any, Any]:
        """F, f' and f''."""
        f = self.function
        return f, f.derivative, f.derivative.derivative

    @ll.kept
    def view(self) -> ll.View:
        """Return the view straight down on all of it."""
        bounds = self.plot.bounds()
        if self.show == "epsilon":
            bounds = self.plot.bounds(above=0.12) + np.array([(0, 0, 0), (0.3, 0, 0), (0.3, 0, 0), (0, 0, 0)])
        if self.show == "traced":
            bounds = np.vstack([bounds, *(plot.bounds() for plot in self.lower)])
        if self.show == "car":
            bounds = np.vstack([bounds, [(-0.2, -0.35, 0), (4.9, 2.4, 0)]])
        if self.show == "product":
            _, wide, high = self.scale()
            bounds = np.array([(-0.3, -0.35, 0), (wide + 0.3, high + 0.3, 0)])
        return ll.View(flat=True, bounds=bounds)

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the picture that is asked for."""
        read = self.readouts(now)
        drawn = getattr(self, f"shown_{self.show}")(now, read)
        return ll.Frame(drawn, self.notes(now, read), self.view())

    def shown_secant(self, now: ll.Now, read: dict[str, Any]) -> list[layers.Layer]:
        """Return two points that come together, and the line through them that becomes the tangent."""
        plot, f, x, h = self.plot, self.function, self.x, self.step(now)
        y, other, arrived = f.at(x), f.at(x + h), now.eased(0.72, 0.84)
        slope, secant = f.derivative.at(x), calculus.secant_slope(f, x, h)
        drawn: list[layers.Layer] = [*self.standing(), plot.line((x, y), (x + h, other), SECANT, name="Secant")]
        if arrived > 0.0:
            drawn.append(plot.tangent(f, x, SLOPE, width=2.2 + 1.4 * arrived, emphasis=1.0 - now.eased(0.84, 1.0)))
        elif abs(h) > 0.15 * (self.span[1] - self.span[0]) / WIDE:
            corner = ([x, x + h, x + h], [y, y, other])
            drawn.append(plot.curve(corner, "text", width=1.6, dash=(8, 5), pickable=False))
            if abs(h) > 0.08 * (self.span[1] - self.span[0]):
                drawn.append(plot.label(x + h / 2, y, "h", "text", "below" if other > y else "above", True, 26))
        if arrived < 1.0:
            drawn.append(plot.points(x + h, other, SECANT, 8.0, name="Second point"))
        drawn.append(plot.points(x, y, "text", 8.0, name="Point"))
        color, number = (SLOPE, slope) if arrived > 0.5 else (SECANT, secant)
        ahead = h > 0 or arrived > 0.5
        side: layers.Side = "below right" if slope > 0 else "above right"
        if not ahead:
            side = "above left" if slope > 0 else "below left"
        place = (x + h, other) if arrived < 0.5 else (x, y)
        drawn.append(plot.label(*place, words("slope ?.2", number), color, side, size=30))
        return drawn

    def shown_traced(self, now: ll.Now, read: dict[str, Any]) -> list[layers.Layer]:
        """Return a tangent that runs along f, its slope drawn as a curve below, and the slope of that below it."""
        x, drawn = self.here(now), list(self.standing())
        drawn.append(self.plot.tangent(self.function, x, SLOPE, reach=0.14, width=4.0))
        places = []
        for plot, graph, color in zip((self.plot, *self.lower), self.graphs, (F, SLOPE, SECOND), strict=True):
            y = graph.at(x)
            if plot is not self.plot:
                drawn.append(self.slope_curve(plot, graph, color).upto(x))
                drawn.append(
                    plot.label(x, y, words("?.2", y), color, "right" if x < np.mean(self.span) else "left", size=28)
                )
            drawn.append(plot.points(x, y, "text" if plot is self.plot else color, 7.0))
            places.append(plot.world(x, min(max(y, plot.y[0]), plot.y[1])))
        drawn.append(layers.Lines([np.array(places)[[0, 2]]], "dim", 1.2, dash=(8, 5), pickable=False))
        level = self.extrema()
        passed = level[level[:, 0] <= x + 1e-9]
        if len(passed):
            drawn.append(self.plot.points(passed[:, 0], passed[:, 1], "text", 6.0, "ring", name="Level"))
            drawn.append(self.lower[0].points(passed[:, 0], 0.0 * passed[:, 0], SLOPE, 6.0, "ring", name="Level"))
        return drawn

    def shown_car(self, now: ll.Now, read: dict[str, Any]) -> list[layers.Layer]:
        """Return a car on a road, its way over time with a tangent, and its speed on a dial."""
        plot, f, t, where, speed = self.plot, self.function, read["x_now"], read["value"], read["slope"]
        road = self.road
        drawn = [*self.standing(), road, plot.tangent(f, t, SLOPE, reach=0.2, width=3.4), plot.guides(t, where)]
        drawn.append(plot.points(t, where, "text", 8.0))
        middle = road.point_at(where) + np.array([0.0, 0.17, 0.0])
        drawn += self.car(middle) + self.dial(speed)
        return drawn

    @property
    @ll.kept
    def road(self) -> plots.NumberLine:
        """The road: the values of f along a line."""
        low, high = self.plot.y
        return plots.NumberLine(low, high, "s", start=(0.0, -0.05, 0.0), end=(4.6, -0.05, 0.0), count=6)

    @staticmethod
    def car(middle: np.ndarray) -> list[layers.Layer]:
        """Return a small car that stands on a place of the road."""
        size = 1.5
        body = [(-0.2, -0.07), (0.2, -0.07), (0.2, 0.03), (0.11, 0.05), (0.05, 0.14), (-0.12, 0.14), (-0.2, 0.05)]
        wheels = middle + size * np.array([(-0.11, -0.07, 0.0), (0.11, -0.07, 0.0)])
        corners = middle + size * np.array([(a, b, 0.0) for a, b in body])
        return [
            layers.Polygon(corners, F, fill=0.85, outline=2.0, name="Car"),
            layers.Points(wheels, "text", 8.0, "disc", outline=True, pickable=False),
        ]

    def dial(self, speed: float) -> list[layers.Layer]:
        """Return a speedometer whose needle shows f'."""
        most = self.fastest()
        middle, turn = np.array([3.85, 1.35, 0.0]), np.linspace(np.pi, 0.0, 49)
        rim = middle + RISE * 0.85 * np.stack([np.cos(turn), np.sin(turn), 0 * turn], -1)
        ticks = [middle + np.outer((0.76, 0.85), (np.cos(a), np.sin(a), 0.0)) for a in turn[::6]]
        angle = np.pi * (1.0 - np.clip(speed / most, -0.05, 1.05))
        tip = middle + 0.72 * np.array([np.cos(angle), np.sin(angle), 0.0])
        passed = rim[: max(round(48 * float(np.clip(speed / most, 0.0, 1.0))) + 1, 2)]
        return [
            layers.Lines([rim], "dim", 2.0, pickable=False),
            layers.Lines(ticks, "dim", 1.6, pickable=False),
            layers.Lines([passed], SLOPE, 6.0, name="Speed", worth=[speed]),
            layers.Arrows(middle[None], tip[None], SLOPE, depth=False, name="Speed"),
            layers.Points(middle[None], "text", 6.0, "disc", outline=True, pickable=False),
            layers.Label(middle - np.array([0.0, 0.1, 0.0]), words("?.1", speed), SLOPE, size=38, side="below"),
            layers.Label(middle + np.array([0.0, 1.0, 0.0]), "s'(t)", SLOPE, latex=True, size=26, side="above"),
        ]

    @ll.kept
    def fastest(self) -> float:
        """Return the largest slope in the window, rounded up to what a dial would show."""
        top = float(np.nanmax(np.abs(self.function.derivative(np.linspace(*self.span, 201)))))
        step = 10.0 ** np.floor(np.log10(max(top, 1e-9))) / 2
        return float(step * np.ceil(1.05 * top / step))

    # ------------------------------------------------------------------------------------------------- product
    @ll.kept
    def factors(self) -> tuple[Any, Any]:
        """Return u and v with f = u v: the two factors of a product, else f and 1."""
        return self.function.factors

    @ll.kept
    def scale(self) -> tuple[float, float, float]:
        """Return world units for a unit of u and v, and how long u and v get in the window."""
        u, v = (np.nanmax(np.abs(factor(np.linspace(*self.span, 201)))) for factor in self.factors())
        unit = HIGH / max(float(u), float(v), 1e-9)
        return unit, unit * float(u), unit * float(v)

    def sides(self, x: float) -> tuple[float, float]:
        """Return u and v at x as lengths in the world."""
        u, v = self.factors()
        return self.scale()[0] * abs(u.at(x)), self.scale()[0] * abs(v.at(x))

    def shown_product(self, now: ll.Now, read: dict[str, Any]) -> list[layers.Layer]:
        """Return the rectangle u by v, and the strips that it gains when x grows by h."""
        (u0, v0), (u1, v1) = self.sides(self.x), self.sides(self.x + self.step(now))

        def box(x0: float, x1: float, y0: float, y1: float, color: str, fill: float, name: str) -> layers.Polygon:
            corners = np.array([(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)])
            return layers.Polygon(corners, color, fill, 2.0, name=name)

        drawn: list[layers.Layer] = [
            box(0, u0, 0, v0, F, 0.22, "u v"),
            box(u0, u1, 0, v0, SLOPE, 0.6, "v du"),
            box(0, u0, v0, v1, "j", 0.6, "u dv"),
            box(u0, u1, v0, v1, SECANT, 0.8, "du dv"),
            layers.Label((u0 / 2, 0, 0), "u", latex=True, size=32, side="below"),
            layers.Label((0, v0 / 2, 0), "v", latex=True, size=32, side="left"),
            layers.Label((u1, v0 / 2, 0), r"v\,du", SLOPE, latex=True, size=30, side="right"),
            layers.Label((u0 / 2, v1, 0), r"u\,dv", "j", latex=True, size=30, side="above"),
        ]
        if min(abs(u1 - u0), abs(v1 - v0)) > 0.1:
            drawn.append(layers.Label((u1, v1, 0), r"du\,dv", SECANT, latex=True, size=26, side="above right"))
        return drawn

    # ------------------------------------------------------------------------------------------------- ε and δ
    def shown_epsilon(self, now: ll.Now, read: dict[str, Any]) -> list[layers.Layer]:
        """Return a band of ε around f(x), and the widest one of δ around x in which the graph keeps inside it."""
        plot, x = self.plot, self.x
        y, e, d = read["value"], read["epsilon"], read["delta"]
        (x0, x1), (y0, y1) = plot.x, plot.y

        def box(
            a: float, b: float, c: float, d: float, color: str, fill: float, line: float, name: str
        ) -> layers.Layer:
            a, b = max(a, x0), min(b, x1)
            c, d = max(c, y0), min(d, y1)
            return layers.Polygon(plot.world([a, b, b, a], [c, c, d, d]), color, fill, line, name=name)

        return [
            plot,
            box(x0, x1, y - e, y + e, "j", 0.16, 0.0, "ε"),
            box(x - d, x + d, y0, y1, SLOPE, 0.16, 0.0, "δ"),
            box(x - d, x + d, y - e, y + e, SECANT, 0.2, 2.4, "Box"),
            self.standing()[1],
            plot.points(x, y, "text", 8.0),
            figures.Brace(plot.world(x1, y + e), plot.world(x1, y - e), r"2\varepsilon", "j", away=0.06, size=0.14),
            figures.Brace(plot.world(x - d, y1), plot.world(x + d, y1), r"2\delta", SLOPE, away=0.06, size=0.14),
        ]

    # ------------------------------------------------------------------------------------------------- notes
    def notes(self, now: ll.Now, read: dict[str, Any]) -> list[layers.Note]:
        """Return the title, the formula and the numbers that matter."""
        f = self.function
        low, high = self.slopes()
        slope = layers.Meter("Slope of the curve", tex("f'(?) =", read["x_now"]), read["slope"], SLOPE, low, high)
        formula = layers.Formula(rf"f(x) = {f.latex}", 24)
        title = layers.Title(self.title, lines=(self.sentence(now),))
        if self.show == "secant":
            rule = r"\dfrac{\fgcolor{area}{f(x + h) - f(x)}}{\fgcolor{area}{h}} \to \fgcolor{i}{f'(x)}"
            secant = layers.Meter(
                "Slope of the secant", tex("h = ?s", read["h_now"]), read["secant"], SECANT, low, high
            )
            return [title, formula, layers.Formula(rule, 26), secant, slope]
        if self.show == "product":
            (u, v), (a, b) = self.factors(), (self.x, self.x + self.step(now))
            gain = f.at(b) - f.at(a)
            corner = (u.at(b) - u.at(a)) * (v.at(b) - v.at(a))
            share = layers.Meter(
                "Share of the corner in what is gained", "", corner / gain if gain else 0.0, SECANT, 0, 0.5
            )
            rule = r"(u v)' = \fgcolor{i}{u' v} + \fgcolor{j}{u v'}"
            both = tex(r"u = ?, \quad v = ?", u.latex, v.latex)
            return [title, layers.Formula(both, 24), layers.Formula(rule, 28), share, slope]
        if self.show == "epsilon":
            epsilon = layers.Meter(
                "Allowed away from f(x)", r"\varepsilon", read["epsilon"], "j", 0, self.epsilon(self.now(0.0))
            )
            delta = layers.Meter(
                "Enough on both sides of x", r"\delta", read["delta"], SLOPE, 0, self.span[1] - self.span[0]
            )
            rule = r"|t - x| < \fgcolor{i}{\delta} \;\Rightarrow\; |f(t) - f(x)| < \fgcolor{j}{\varepsilon}"
            return [title, formula, layers.Formula(rule, 22), epsilon, delta]
        if self.show == "car":
            return [title, layers.Formula(tex("s(t) = ?", f.latex.replace("x", "t")), 24)]
        bend = layers.Meter(
            "Slope of the slope", tex("f''(?) =", read["x_now"]), read["second"], SECOND, *self.slopes(2)
        )
        return [title, formula, slope, bend]

    @ll.kept
    def slopes(self, order: int = 1) -> tuple[float, float]:
        """Return the range of a derivative in the window, with 0 in it."""
        low, high = plots.range_of(self.graphs[order], self.span)
        return min(low, 0.0), max(high, 0.0)

    def sentence(self, now: ll.Now) -> str:
        """Say in words what is seen."""
        if self.show == "secant":
            return (
                "Two points make a line. Let them meet" if self.share(now) > 0.02 else "Where the lines go is the slope"
            )
        return {
            "traced": "The height below is the slope above",
            "car": "How steep the way is, is how fast the car is",
            "product": "Two strips count; their corner is soon too small to see",
            "epsilon": "However thin the band: some window around x keeps inside",
        }[self.show]

    # ------------------------------------------------------------------------------------------------- handles
    def move_x(self, place: tuple[float, float]) -> None:
        """Take the x that is nearest to a place."""
        low, high = self.span
        self.set("x", min(max(self.plot.data(place)[0], low), high))

    def move_h(self, place: tuple[float, float], share: float) -> None:
        """Let the second point stand above a place, where of h so much is left."""
        h = (self.plot.data(place)[0] - self.x) / share
        self.set("h", min(max(h if abs(h) > 1e-3 else 1e-3, -10.0), 10.0))

    def move_corner(self, place: tuple[float, float]) -> None:
        """Take the x whose rectangle has its corner nearest to a place."""
        x = np.linspace(*self.span, 401)
        u, v = (self.scale()[0] * np.abs(factor(x)) for factor in self.factors())
        self.set("x", float(x[np.nanargmin((u - place[0]) ** 2 + (v - place[1]) ** 2)]))

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the point that is asked about, and the second one while it is away from it."""
        if self.show == "product":
            return [ll.Handle("x", (*self.sides(self.x), 0.0), DerivativeSlope.move_corner, plane=0.0)]
        y = min(max(self.function.at(self.x), self.plot.y[0]), self.plot.y[1])
        found = [ll.Handle("x", self.plot.world(self.x, y), DerivativeSlope.move_x, plane=0.0)]
        share = self.share(now)
        if self.show == "secant" and share > NEAREST:
            other = self.x + self.h * share
            move = partial(DerivativeSlope.move_h, share=share)
            found.insert(0, ll.Handle("h", self.plot.world(other, self.function.at(other)), move, plane=0.0))
        return found
