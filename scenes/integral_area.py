"""The area under a curve: bars that become it, its own curve, and a disc that is unrolled."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import curves, layers, parameters, plane, plots, signs, tex, words
from lossland.models import calculus

F, AREA, BELOW, SLOPE, TOTAL = "optimizer.momentum", "area", "j", "i", "eigen1"
PAIR = ("lower", "upper")  # the rules between whose sums the area lies
FEWEST = 4  # bars at first, if n allows
MOST_STAGES = 6
FIRST, LAST = 0.08, 0.84  # shares of the scene in which the bars split
SPLITTING = 0.55  # of a stage
DOTTED = 24  # bars up to which a dot shows where a height is taken
DISC = 1.5  # radius of the disc, world
SAYS = {  # what is shown -> the title, the line below it, and at what share of the scene a still says most
    "sums": ("What is the area under a curve?", "Thinner bars miss less", 0.25),
    "rings": ("What is the area of a disc?", "Rings of a disc, unrolled, are a triangle", 1.0),
    "running": ("How fast does an area grow?", "As fast as the curve is high just there", 0.75),
}


class IntegralArea(ll.Scene):
    """Bars under a curve, the integral so far, and a disc as rings."""

    name = "integral_area"
    title = "What is the area under a curve?"
    chapter = "Calculus"
    rows = ("Q3", "S9", "S11", "S18")
    sign = (
        *(signs.Box((0.1 + 0.16 * k, 0.76 - 0.02 * (k + 1) ** 2), (0.14, 0.1 + 0.02 * (k + 1) ** 2), "area")
          for k in range(5)),
        signs.Line([(0.04 + 0.046 * k, 0.84 - 0.0018 * k * k) for k in range(20)], "grid", 2.0),
    )  # fmt: skip
    presets: ClassVar = {
        "square": {"function": "x^2", "low": 0, "high": 1, "n": 80, "rule": "left", "window": (-0.1, 1.15)},
        "middles": {"function": "x^2", "low": 0, "high": 1, "n": 40, "rule": "mid", "window": (-0.1, 1.15)},
        "between": {"function": "1 + sin(x)/2 + x/5", "high": 6, "n": 48, "rule": "lower", "window": (-0.5, 6.5)},
        "below zero": {"function": "sin(x)", "low": 0, "high": 5, "n": 80, "rule": "mid", "window": (-0.7, 6.6)},
        "running": {"function": "x^2/4 - x + 1.2", "low": 0, "high": 4.5, "show": "running", "window": (-0.4, 4.8)},
        "sine running": {"function": "sin(x)", "low": 0, "high": 6.2832, "show": "running", "window": (-0.7, 6.9)},
        "circle": {"function": "2*pi*x", "low": 0, "high": 3, "n": 12, "rule": "mid", "show": "rings"},
    }  # fmt: skip

    function = parameters.FunctionOfX("x^2", "$f(x)$", "The curve: a formula in x.")
    window = curves.Window((-0.1, 1.15))
    show = parameters.Choice("sums", ("sums", "running", "rings"), "show", "Bars, the area so far, or a disc of rings.")
    rule = parameters.Choice("left", calculus.RULES, "height", "Where in a bar its height is taken.")
    n = parameters.Integer(80, 1, 400, "$n$", "How many bars there are in the end.", log=True)
    low = parameters.Number(0.0, -1e3, 1e3, "$a$", "Where the area begins.", hidden=True)
    high = parameters.Number(1.0, -1e3, 1e3, "$b$", "Where the area ends.", hidden=True)
    clock = ll.Clock(12.0)

    @property
    def still_time(self) -> float:
        """The moment that says most: while bars can be told apart, and while the area still grows."""
        return self.clock.seconds * SAYS[self.show][2]

    def has_control(self, name: str) -> bool:
        """Hide what only bars have, and what a disc does not."""
        return name not in {"running": ("rule", "n"), "rings": ("function", "window", "rule")}.get(self.show, ())

    # ------------------------------------------------------------------------------------------------- numbers
    @property
    @ll.kept(framing=True)
    def span(self) -> tuple[float, float]:
        """The x that are shown, rising: also those between which the area is taken."""
        return curves.widened(self.window, (self.low, self.high))

    @property
    @ll.kept
    def counts(self) -> tuple[int, ...]:
        """How many bars there are from stage to stage: each is split in two, as often as n allows."""
        counts = [self.n]
        while counts[0] % 2 == 0 and counts[0] >= 2 * FEWEST and len(counts) < MOST_STAGES:
            counts.insert(0, counts[0] // 2)
        return tuple(counts)

    def stage(self, now: ll.Now) -> tuple[int, float]:
        """Return which of the counts is shown, and how far its bars have moved from those before."""
        return now.stage(len(self.counts) - 1, FIRST, LAST, SPLITTING)

    @ll.kept
    def turns(self) -> np.ndarray:
        """Return where the curve is level or has a kink, between the limits."""
        return calculus.roots(self.function.derivative, *sorted((self.low, self.high)))

    @ll.kept
    def bars(self, n: int, rule: str) -> calculus.Bars:
        """Return n bars from one limit to the other."""
        return calculus.riemann(self.function, self.low, self.high, n, rule, self.turns())

    @ll.kept
    def integral(self) -> float:
        """Return the area itself."""
        return calculus.integral(self.function, self.low, self.high)

    def so_far(self, now: ll.Now) -> float:
        """Return the x that the running area has come to."""
        return self.low + (self.high - self.low) * now.eased(0.06, 0.9)

    @ll.kept
    def running(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x (m,) from limit to limit and the area from the lower one up to each."""
        return calculus.running_integral(self.function, self.low, self.high, 240)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the sum of n bars, the integral and their difference, and those of the bars of the moment."""
        total, x = self.bars(self.n, self.rule).sum, self.so_far(now)
        return {
            "sum": total,
            "integral": self.integral(),
            "error": total - self.integral(),
            "lower": self.bars(self.n, "lower").sum,
            "upper": self.bars(self.n, "upper").sum,
            "n_now": self.counts[self.stage(now)[0]],
            "sum_now": self.sum_now(now, self.rule),
            "x_now": x,
            "area_now": calculus.integral(self.function, self.low, x),
            "height_now": self.function.at(x),
        }

    # ------------------------------------------------------------------------------------------------- picture
    @property
    @ll.kept
    def plot(self) -> plots.Plot:
        """The axes of f."""
        running = self.show == "running"
        low, high = plots.range_of(self.function, self.span, 0.22 if running else 0.12)
        heights = min(low, -0.07 * max(high, 0.0)), max(high, 0.0)  # with numbers below the limits
        return curves.axes(self.span, heights, "f(x)", F, up=1.6 if running else curves.HIGH, grid=False)

    @property
    @ll.kept
    def upper(self) -> plots.Plot:
        """The axes of the area so far, above those of f."""
        area = self.running()[1]
        area = area[np.isfinite(area)]
        low, high = float(area.min(initial=0.0)), float(area.max(initial=0.0))
        spare = max(high - low, 1e-9)
        heights = low - 0.28 * spare, high + 0.12 * spare  # with room for the slope below
        look = {"x_name": "", "corner": (0.0, 2.1, 0.0), "up": 1.6, "count": (0, 2)}
        return curves.axes(self.span, heights, "A(x)", TOTAL, **look)

    @ll.kept
    def curve(self) -> plots.Pieces:
        """Return the curve of f."""
        return self.plot.curve(self.function, F, name="f", key="f")

    @ll.kept
    def view(self, unrolled: float) -> ll.View:
        """Return the view straight down on all of it; on the disc it widens while that is unrolled."""
        if self.show == "running":
            room = [(0, 4.1, 0), (0, -0.3, 0)]  # for names and numbers where the picture is small
            return ll.View(flat=True, bounds=np.vstack([self.plot.bounds(), self.upper.bounds(), room]))
        if self.show == "rings":
            wide = (1.3 + (np.pi + 0.25 - 1.3) * unrolled) * DISC
            high = (1.15 + 2.0 * unrolled * (1.0 - unrolled)) * DISC  # the ends of rings swing up, and come down
            corners = np.array([(-wide, -1.35 * DISC, 0.0), (wide, high, 0.0)])
            return ll.View(flat=True, bounds=corners, moves=True)
        return ll.View(flat=True, bounds=self.plot.bounds(above=0.02))

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the picture that is asked for."""
        read = self.readouts(now)
        drawn = getattr(self, f"shown_{self.show}")(now, read)
        wide = round(now.eased(0.1, 0.6), 4) if self.show == "rings" else 0.0
        return ll.Frame(drawn, [*self.notes(now, read), *self.missing()], self.view(wide))

    @ll.kept
    def missing(self) -> list[layers.Note]:
        """Return a sentence where there is no area."""
        if self.show == "rings" or np.isfinite(self.integral()):
            return []
        return [layers.Caution("f has no area between a and b: somewhere it has no value, or runs off too far")]

    def shown_sums(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the bars, each on its way from the one that it was split from, and the curve."""
        number, moved = self.stage(now)
        boxes = self.standing(number) if moved == 1.0 else self.moving(number, moved)
        drawn: list[layers.Layer] = [self.plot, self.limits()[0], *boxes, self.curve()]
        bars = self.bars(self.counts[number], self.rule)
        if len(bars.heights) <= DOTTED and moved == 1.0:
            drawn.append(self.plot.points(bars.places, bars.heights, "text", 4.0, name="Height"))
        said = words("sum ?.4", read["sum_now"])
        if self.rule in PAIR:
            said = words("between ?.3 and ?.3", *(self.sum_now(now, rule) for rule in PAIR))
        return [*drawn, *self.limits()[1:], curves.headline(self.plot, said, AREA)]

    @ll.kept
    def standing(self, number: int) -> list[layers.Layer]:
        """Return the bars of a stage, kept while they stand still."""
        return self.moving(number, 1.0)

    def moving(self, number: int, moved: float) -> list[layers.Layer]:
        """Return the bars of a stage, so far from those before."""
        if self.rule in PAIR:
            lower, upper = (self.outline(number, moved, rule) for rule in PAIR)
            between = self.boxes(upper.edges, lower.heights, upper.heights, BELOW, "Between")
            return [self.boxes(lower.edges, 0.0 * lower.heights, lower.heights, AREA, "Lower"), between]
        edges, heights, _ = self.outline(number, moved, self.rule)
        sides = ((np.maximum, AREA), (np.minimum, BELOW))
        return [self.boxes(edges, 0.0 * heights, part(heights, 0.0), color, "Bar") for part, color in sides]

    def outline(self, number: int, moved: float, rule: str) -> calculus.Bars:
        """Return the bars of a stage, on their way from those before."""
        bars = self.bars(self.counts[number], rule)
        return bars if moved == 1.0 else calculus.halved(self.bars(self.counts[number - 1], rule), bars, moved)

    def sum_now(self, now: ll.Now, rule: str) -> float:
        """Return the signed area of the bars of the moment."""
        return self.outline(*self.stage(now), rule).sum

    def boxes(self, edges: np.ndarray, foot: np.ndarray, top: np.ndarray, color: str, name: str) -> layers.Layer:
        """Return bars from a foot (n,) to their top (n,): the more they are, the thinner their lines."""
        width = float(np.clip(40.0 / max(np.count_nonzero(top - foot), 1), 0.25, 1.6))
        return self.plot.bars(edges, top, color, 0.0, foot, 0.5, width, name=name, key=f"{name} {color}")

    @ll.kept
    def limits(self) -> list[layers.Layer]:
        """Return the line of zero, as a grid would cut the area, and the places that are its limits, with names."""
        zero = self.plot.world(self.span, (0.0, 0.0))
        drawn: list[layers.Layer] = [layers.Lines([zero], "faint", 1.2, group="grid", pickable=False)]
        for x, name, last in ((self.low, "a", False), (self.high, "b", True)):
            drawn.append(self.plot.points(x, 0.0, "text", 6.5, name=f"Limit {name}"))
            drawn.append(self.plot.label(x, 0.0, name, "text", curves.beside(not last, last), True, 24))
        return drawn

    # ------------------------------------------------------------------------------------------------- the area so far
    def shown_running(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the area up to a place below, and above the curve of its size, whose slope is the height below."""
        x, height, area, plot = read["x_now"], read["height_now"], read["area_now"], self.plot
        if not np.isfinite([height, area]).all():
            return [plot, *self.limits()[:2], self.upper, self.curve()]
        a, b = sorted((self.low, x))
        at, up, over = plot.world(x, 0.0), plot.world(x, height), self.upper.world(x, area)
        ahead = x + 1.2 * curves.TEXT * (self.span[1] - self.span[0]) < self.span[1]
        by_slope = curves.beside(round(height, 2) > 0, ahead)
        by_height = curves.clear_side(self.function, plot, x, ahead)
        drawn: list[layers.Layer] = [plot, *self.limits()[:2], self.upper, self.whole().upto(max(x, self.span[0]))]
        if b > a:
            drawn.append(plot.area(self.function, TOTAL, (a, b), negative=BELOW, fill=0.35))
        return [
            *drawn, self.curve(),
            layers.Lines([np.stack([at, up])], SLOPE, 5.0, name="Height", worth=[height]),
            self.upper.line((x, area), (x + 1.0, area + height), SLOPE, reach=0.12, width=4.0, name="Slope"),
            layers.Lines([np.stack([up, over])], "dim", 1.2, dash=(8, 5), pickable=False),
            self.upper.points(x, area, TOTAL, 8.0, name="Area so far"),
            self.upper.label(x, area, words("slope ?.2", height), SLOPE, by_slope, size=26),
            plot.label(x, height, words("height ?.2", height), SLOPE, by_height, size=26),
            self.limits()[2], curves.headline(self.upper, words("area ?.2", area), TOTAL),
        ]  # fmt: skip

    @ll.kept
    def whole(self) -> plots.Pieces:
        """Return the whole curve of the area."""
        return self.upper.curve(self.running(), TOTAL, name="A", key="A")

    # ------------------------------------------------------------------------------------------------- the disc
    def shown_rings(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the rings of a disc, each unrolled a little after the one around it."""
        late = [0.30 * (1 - k / max(self.n - 1, 1)) for k in range(self.n)]  # the outermost one first
        rings = plane.unrolled_disc(DISC, [now.eased(0.1 + wait, 0.5 + wait) for wait in late], AREA)
        drawn: list[layers.Layer] = [plane.path(DISC * plane.CIRCLE, "ghost", 1.6), *rings]
        flat, middle, foot = now.eased(0.8, 0.92), np.zeros(3), np.array([0.0, -DISC, 0.0])
        radius, wide = tex("R = ?", abs(self.high)), np.array([np.pi * DISC, 0.0, 0.0])
        if flat > 0.0:
            corners = np.stack([foot - wide, foot + wide, middle])
            result = tex(r"\tfrac12 \cdot 2\pi R \cdot R = \pi R^2 = ?.2", (AREA, np.pi * self.high**2))
            return [
                *drawn, layers.Polygon(corners, "text", 0.0, 2.4, dim=1.0 - flat, name="Triangle"),
                layers.Lines([np.stack([middle, foot])], "text", 2.0, dash=(8, 5), depth=False),
                layers.Label(foot, r"2\pi R", latex=True, size=30, side="below"),
                layers.Label(foot / 2, radius, latex=True, size=26, side="right", plate="background"),
                layers.Label(-1.25 * foot, result, latex=True, size=34, side="centre"),
            ]  # fmt: skip
        if now.share < 0.1:
            rim = np.array([DISC, 0.0, 0.0])
            drawn.append(layers.Lines([np.stack([middle, rim])], "text", 2.4, casing=1.4, depth=False, name="Radius"))
            drawn.append(layers.Label(rim, radius, latex=True, size=30, side="right"))
        return drawn

    # ------------------------------------------------------------------------------------------------- notes
    def notes(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the title, the formula and the numbers that matter."""
        f, title = self.function, layers.Title(SAYS[self.show][0], lines=(self.sentence(),))
        formula = layers.Formula(rf"f(x) = {f.latex}", 24)
        if self.show == "rings":
            return [title, layers.Formula(r"\sum \fgcolor{area}{2\pi r\, \Delta r} \;\to\; \pi R^2", 28)]
        if self.show == "running":
            area, rate = r"\fgcolor{eigen1}{A}(x) = \int_a^x f(t)\,dt", r"\fgcolor{eigen1}{A}'(x) = \fgcolor{i}{f(x)}"
            return [title, formula, layers.Formula(area, 24), layers.Formula(rate, 30)]
        exact, count = read["integral"], tex("n = ?n", read["n_now"])
        sums = {self.rule: ("All bars together", AREA)}
        if self.rule in PAIR:
            sums = {"lower": ("Lower sum", AREA), "upper": ("Upper sum", BELOW)}
        told = [(name, count, self.sum_now(now, rule), color) for rule, (name, color) in sums.items()]
        told.insert(1, ("The area itself", tex(r"\int_{?}^{?} =", self.low, self.high), exact, F))
        sizes = [exact, 0.0, *(self.bars(count, rule).sum for count in self.counts for rule in sums)]
        meters = [layers.Meter(*one, min(sizes), max(sizes), words("?.4", one[2])) for one in told]
        rule = layers.Formula(r"\sum_{k=1}^{n} f(x_k)\,\Delta x \;\to\; \int_a^b f(x)\,dx", 24)
        return [title, formula, rule, *meters]

    def sentence(self) -> str:
        """Say in words what is seen."""
        if self.show == "sums" and self.rule in PAIR:
            return "The area lies between two sums, and they close in"
        below = self.show == "sums" and (self.bars(self.n, self.rule).heights < 0.0).any()
        return "What lies below the axis counts as negative" if below else SAYS[self.show][1]

    # ------------------------------------------------------------------------------------------------- handles
    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the two limits."""
        ends = () if self.show == "rings" else (("low", self.low), ("high", self.high))
        return [curves.along(name, self.plot, x, 0.0) for name, x in ends]
