"""Local copies: polynomials that agree with a function at one place, term by term, and what they are good for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar, Unpack

import numpy as np

import lossland as ll
from lossland import curves, layers, parameters, plots, shapes, signs, tex, words
from lossland.models import taylor

F, COPY, ERROR, SLOPE = "optimizer.momentum", "eigen1", "area", "i"
NEWTON_STEPS, DRAWN = 5, 3  # of Newton's method: those that are computed, and those that are shown
TURNS = 7.5  # half the length of the helix along x
WIDEST = 1.5  # how far from its axis a copy of it is shown
GROUNDS = {"rosenbrock": ((-1.6, -0.8), (0.5, 1.7)), "himmelblau": ((-2.9, 2.1), (-3.1, 1.3))}
SAMPLES = 129  # of the ground along each side
LIFT = 0.006  # world: of a copy above the surface, so that they do not flicker where they nearly coincide
SAYS = {  # what is shown -> the title, and the line below it
    "polynomials": ("A copy of a curve, made at one point", "Each term makes one more derivative right"),
    "newton": ("Where is a curve zero?", "Follow the straight copy down to zero, and copy again"),
    "helix": ("A copy of a helix, made at one point", "From the side a cosine, from its end nearly a circle"),
    "surface": ("A copy of a surface, made at one point", "A plane has the slope, a paraboloid also the bend"),
}


class TaylorSeries(ll.Scene):
    """A function and its Taylor polynomials; Newton's method, a helix and a surface as the same idea."""

    name = "taylor_series"
    title = "A copy of a curve, made at one point"
    chapter = "Calculus"
    rows = ("Q7", "S9", "S11", "S16", "S18")
    sign = (
        signs.Line([(0.04 + 0.92 * k / 40, 0.5 - 0.3 * math.sin(6.5 * k / 40 - 3.25)) for k in range(41)], "grid", 2.2),
        signs.Line(
            [(0.5 + 0.02 * k, 0.5 - 0.3 * (0.1413 * k - (0.1413 * k) ** 3 / 6)) for k in range(-19, 20)], "eigen1", 1.8
        ),
        signs.Dot((0.5, 0.5), 2.4, "text"),
    )
    presets: ClassVar = {
        "sine": {"function": "sin(x)", "degree": 9, "x": 1.5708, "window": (-7, 7)},
        "exponential": {"function": "exp(x)", "degree": 5, "x": 2, "window": (-4, 3)},
        "logarithm": {"function": "ln(1 + x)", "degree": 9, "x": 1.4, "window": (-0.98, 2.4)},
        "bell": {"function": "exp(-x^2)", "degree": 10, "x": 1.2, "window": (-2.6, 2.6)},
        "hidden poles": {"function": "1/(1 + x^2)", "degree": 12, "x": 1.3, "window": (-2.6, 2.6)},
        "newton": {"function": "x^2 - 2", "show": "newton", "x": 1, "window": (0.8, 1.7)},
        "helix": {"show": "helix", "degree": 15},
        "plane and paraboloid": {"show": "surface", "ground": "himmelblau", "point": (-0.75, -1.35), "degree": 2},
        "rosenbrock": {"show": "surface", "ground": "rosenbrock", "point": (-1.2, 1.0), "degree": 2},
    }

    function = parameters.FunctionOfX("sin(x)", "$f(x)$", "The curve: a formula in x.")
    window = curves.Window((-7.0, 7.0))
    show = parameters.Choice(
        "polynomials", ("polynomials", "newton", "helix", "surface"), "show", "A curve, a root, e^(ix), or a surface."
    )
    degree = parameters.Integer(9, 0, 20, "degree", "The highest power of the last polynomial.")
    centre = parameters.Number(0.0, -1e3, 1e3, "centre", "Where the copy is made.", hidden=True)
    x = parameters.Number(1.5708, -1e3, 1e3, "$x$", "Where copy and curve are compared, or Newton starts.", hidden=True)
    ground = parameters.Choice("rosenbrock", tuple(GROUNDS), "surface", "The surface that is copied.")
    point = parameters.Point((-1.2, 1.0), -6.0, 6.0, "point", "Where a surface is copied.")
    clock = ll.Clock(12.0)

    def has_control(self, name: str) -> bool:
        """Hide what the picture does not use."""
        flat, surface = self.show in ("polynomials", "newton"), self.show == "surface"
        used = {"function": flat, "window": flat, "ground": surface, "point": surface, "degree": self.show != "newton"}
        return used.get(name, True)

    # ------------------------------------------------------------------------------------------------- numbers
    @property
    @ll.kept(framing=True)
    def span(self) -> tuple[float, float]:
        """The x that are shown, rising: also x and the centre, or the places that Newton's method comes to."""
        asked = self.newton.places if self.show == "newton" else (self.x, self.centre)
        return curves.widened(self.window, [float(x) for x in asked if abs(x) < curves.FARTHEST])

    @property
    @ll.kept
    def copy(self) -> taylor.TaylorPolynomial:
        """The last polynomial."""
        return taylor.TaylorPolynomial(self.function, self.centre, self.degree)

    @property
    @ll.kept
    def newton(self) -> taylor.Newton:
        """Newton's method from x on."""
        return taylor.Newton(self.function, self.x, NEWTON_STEPS)

    @property
    @ll.kept
    def land(self) -> ll.Landscape | None:
        """The surface, if one is copied: the window writes its formula and its height under the pointer."""
        return self.hill if self.show == "surface" else None

    @property
    @ll.kept
    def hill(self) -> ll.Landscape:
        """The surface, where it is copied."""
        return ll.landscape(self.ground, domain=GROUNDS[self.ground])

    @property
    @ll.kept
    def model(self) -> taylor.SurfaceCopy:
        """Plane and paraboloid of the surface at the point."""
        return taylor.SurfaceCopy(self.hill, self.point)

    def grown(self, now: ll.Now) -> tuple[int, float]:
        """Return which of the terms is being added, and how much of it is there."""
        return now.stage(len(self.copy.powers) - 1, 0.06, 0.84, 0.6)

    def degrees_now(self, now: ll.Now) -> tuple[int, int]:
        """Return the degrees of the last polynomial that is complete and of the one on its way, in rests the same."""
        number, part = self.grown(now)
        return self.copy.powers[number if part == 1.0 else number - 1], self.copy.powers[number]

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the coefficients, values and errors at x, and those of the moment; of a surface, its model."""
        copy, x, value = self.copy, self.x, self.function.at(self.x)
        sums = copy.coefficients, copy.upto(*self.grown(now))
        last, here = (float(taylor.polynomial(one, copy.centre, x)) for one in sums)
        found = {
            "coefficients": copy.coefficients, "value": value, "polynomial": last, "error": abs(last - value),
            "bound": copy.bound(x), "degree_now": self.degrees_now(now)[0], "polynomial_now": here,
            "newton": self.newton.places,
        }  # fmt: skip
        if self.show != "surface":
            return found
        height, gradient, hessian = self.model.slopes
        return found | {"height": height, "gradient": gradient, "hessian": hessian, "landing": self.model.landing}

    # ------------------------------------------------------------------------------------------------- picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the picture that is asked for."""
        read, (said, line) = self.readouts(now), SAYS[self.show]
        drawn, view = getattr(self, f"shown_{self.show}")(now, read)
        notes = getattr(self, f"notes_{self.show}")(now, read)
        return ll.Frame(drawn, [layers.Title(said, lines=(line,)), *notes], view)

    @property
    @ll.kept
    def plot(self) -> plots.Plot:
        """The axes of f."""
        return curves.axes(self.span, self.heights(), "f(x)", F)

    @ll.kept(framing=True)
    def heights(self) -> tuple[float, float]:
        """Return the y that are shown; of a curve that is nearly flat there, those around the centre and x."""
        if self.show != "polynomials":
            return plots.range_of(self.function, self.span)
        return curves.heights(self.function, self.span, (self.centre, self.x))

    @ll.kept
    def curve(self) -> plots.Pieces:
        """Return the curve of f."""
        return self.plot.curve(self.function, F, name="f", key="f", width=4.0)

    @ll.kept
    def tube(self) -> list[layers.Curve]:
        """Return the band around the last polynomial that the curve cannot leave."""
        last, (low, high) = replace(self.copy, degree=self.copy.powers[-1]), self.plot.y
        x, *edges = last.band(*self.span)
        lower, upper = np.clip(edges, 2 * low - high, 2 * high - low)
        band = self.plot.area(lambda at: np.interp(at, x, upper), COPY, to=lambda at: np.interp(at, x, lower))
        pieces = [piece for piece in band.pieces if isinstance(piece, layers.Curve)]
        return [replace(piece, name="Bound of the error", key=f"tube {k}") for k, piece in enumerate(pieces)]

    @ll.kept
    def flat_view(self) -> ll.View:
        """Return the view straight down on the plot."""
        return ll.View(flat=True, bounds=self.plot.bounds())

    def shown_polynomials(self, now: ll.Now, read: ll.Readouts) -> tuple[list[layers.Layer], ll.View]:
        """Return the curve, its copies so far, and how far the last one is off at x."""
        plot, (number, part) = self.plot, self.grown(now)
        drawn: list[layers.Layer] = [plot]
        shown = now.eased(0.86, 0.95)
        earlier = [replace(one, dim=0.6 + 0.4 * shown) for one in self.earlier(number) if shown < 1.0]
        if shown > 0.0:
            drawn += [replace(piece, fill=0.12 * shown) for piece in self.tube()]
        drawn += [
            self.curve(), *earlier, self.drawn(self.copy.upto(number, part), name="Copy", key="copy"),
            plot.points(self.centre, self.function.at(self.centre), "text", 8.0, name="Centre"),
        ]  # fmt: skip
        if np.isfinite([read["value"], read["polynomial_now"]]).all():
            drawn += self.off(read["value"], read["polynomial_now"])
        last, coming = self.degrees_now(now)
        degree = words("degree ?n", last) if last == coming else words("degree ?n → ?n", last, coming)
        return [*drawn, curves.headline(plot, degree, COPY)], self.flat_view()

    def drawn(self, coefficients: np.ndarray, width: float = 3.0, **named: Unpack[plots.Named]) -> plots.Pieces:
        """Return the curve of a polynomial."""
        return self.plot.curve(lambda x: taylor.polynomial(coefficients, self.centre, x), COPY, width=width, **named)

    @ll.kept
    def earlier(self, number: int) -> list[plots.Pieces]:
        """Return the two copies before that of so many terms, faint."""
        return [
            self.drawn(self.copy.upto(k), 1.6, dim=0.6, key=f"degree {self.copy.powers[k]}")
            for k in range(max(number - 2, 0), number)
        ]

    def off(self, value: float, copy: float) -> list[layers.Layer]:
        """Return how far the copy is off at x: a bar between two points, and its length over it, clear of the curve."""
        plot, (low, high) = self.plot, self.plot.y
        bottom, top = np.clip(sorted((value, copy)), low, high)
        slope, wide = self.function.slope(self.x), self.span[1] - self.span[0]
        behind, level = slope > 0.0 and self.x > self.span[0] + 0.3 * wide, abs(slope) * wide < 0.1 * (high - low)
        over: layers.Side = "above" if level else "above left" if behind else "above right"
        cut = top > high - 0.08 * (high - low)  # no room above: it stands beside the bar
        place = ((bottom + top) / 2, "left" if behind else "right") if cut else (top, over)
        return [
            layers.Lines([plot.world([self.x, self.x], [bottom, top])], ERROR, 4.0, name="Error", worth=[copy - value]),
            plot.points(self.x, value, F, 6.0, name="Curve at x"),
            plot.points(self.x, copy, COPY, 6.0, name="Copy at x"),
            plot.label(self.x, place[0], words("off by ?", abs(copy - value)), ERROR, place[1], size=26),
        ]  # fmt: skip

    @ll.kept
    def reached(self) -> tuple[float, float]:
        """Return the range of f and all its copies at x, with 0 in it: the meters keep it while terms are added."""
        copies = (taylor.polynomial(self.copy.upto(k), self.centre, self.x) for k in range(len(self.copy.powers)))
        sizes = [float(size) for size in (0.0, self.function.at(self.x), *copies) if np.isfinite(size)]
        return min(sizes), max(sizes)

    def notes_polynomials(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the polynomial and the numbers that matter."""
        last, coming = self.degrees_now(now)
        degree = tex("?n", last) if last == coming else tex(r"?n \to ?n", last, coming)
        terms = curves.taylor_terms(self.copy.coefficients, [k for k in self.copy.powers if k <= last], self.centre)
        told = (
            ("The curve", tex("f(?) =", self.x), read["value"], F),
            ("The copy", rf"T_{{{degree}}}({tex('?', self.x)}) =", read["polynomial_now"], COPY),
        )
        low, high = self.reached()
        return [
            layers.Formula(tex("? = ?", (F, "f(x)"), self.function.latex), 24),
            layers.Formula(tex("? = ?", (COPY, f"T_{{{last}}}"), terms), 20),
            *(curves.without_value(self.function, self.x) or self.without_copy()),
            *(layers.Meter(*one, low, high, words("?.6" if abs(one[2]) < 1e3 else "?", one[2])) for one in told),
        ]

    def without_copy(self) -> list[layers.Note]:
        """Return a sentence where there are no derivatives at the centre to make a copy from."""
        if np.isfinite(self.copy.coefficients).all():
            cornered = np.isnan(self.copy.bound(self.x))
            return [layers.Caution("No bound of the error: f has a corner on the way to x")] if cornered else []
        told = curves.without_slope(self.function, self.centre) if self.degree else []
        return list(told) or [layers.Caution(words("f has no derivative of that degree at ?", self.centre))]

    # ------------------------------------------------------------------------------------------------- a root
    def shown_newton(self, now: ll.Now, read: ll.Readouts) -> tuple[list[layers.Layer], ll.View]:
        """Return tangents, each of which leads down to the next place."""
        plot, ways, place = self.plot, self.newton.places, self.place(now)
        drawn: list[layers.Layer] = [plot, self.curve()]
        for k in range(min(int(place) + 1, DRAWN, self.newton.last)):
            here, there, y = ways[k], ways[k + 1], self.function.at(ways[k])
            up, down = min(2.0 * (place - k), 1.0), np.clip(2.0 * (place - k) - 1.0, 0.0, 1.0)
            drawn.append(layers.Lines([plot.world(here, [0.0, y * up])], "dim", 1.6, dash=(8, 5), pickable=False))
            if down > 0.0:
                slide = plot.world([here, here + down * (there - here)], [y, y * (1.0 - down)])
                drawn.append(layers.Lines([slide], SLOPE, 3.0, name="Tangent"))
            drawn.append(plot.points(here, y, "text", 5.0, name="On the curve"))
        arrived = min(int(place), self.newton.last)
        drawn.append(plot.points(ways[: arrived + 1], np.zeros(arrived + 1), ERROR, 7.0, name="Place"))
        first_beyond = arrived and ways[arrived] > ways[:arrived].max()  # else old tangents run below it
        side: layers.Side = "below right" if first_beyond else "above left"
        drawn.append(plot.label(ways[arrived], 0.0, words("?.6", ways[arrived]), ERROR, side, size=30))
        return drawn, self.flat_view()

    @staticmethod
    def place(now: ll.Now) -> float:
        """Return the number of the place that Newton's method has come to, between two of them in part."""
        return sum(now.eased(0.05 + 0.28 * k, 0.3 + 0.28 * k) for k in range(DRAWN))

    def notes_newton(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the rule and the places, and a sentence where they end without a root."""
        found, rows = self.newton, []
        for k, x in enumerate(found.places[: min(found.last, DRAWN) + 1].tolist()):
            color = ERROR if k <= self.place(now) else "dim"  # those to come are dim
            rows.append((color, f"x_{k}", tex("?.6", (color, x)), ""))
        notes: list[layers.Note] = [
            layers.Formula(tex("? = ?", (F, "f(x)"), self.function.latex), 24),
            layers.Formula(r"x_{k+1} = x_k - \dfrac{f(x_k)}{\fgcolor{i}{f'(x_k)}}", 26),
            layers.Facts("Newton's method", rows),
        ]
        if not found.finds_root:
            x = float(found.places[found.last])
            why = "the tangent does not meet the axis" if np.isfinite(self.function.at(x)) else "f has no value"
            notes.append(layers.Caution(words(f"Newton's method ends at x?n = ?: there {why}", found.last, x)))
        return notes

    # ------------------------------------------------------------------------------------------------- e^(ix)
    @property
    @ll.kept
    def space(self) -> plots.Axes3D:
        """Axes for x, sin x and cos x."""
        names, end = ("x", r"\sin x", r"\cos x"), np.array([2.4, 1.0, 1.0])
        return plots.Axes3D((-TURNS, TURNS), (-1.6, 1.6), (-1.6, 1.6), names, low=-end, high=end)

    @ll.kept
    def helix(self) -> layers.Curve:
        """Return the curve of e^(ix)."""
        x = np.linspace(-TURNS, TURNS, 600)
        return layers.Curve(
            self.space.world(np.stack([x, np.sin(x), np.cos(x)], -1)), F, 4.0, name="Helix", key="helix"
        )

    def shown_helix(self, now: ll.Now, read: ll.Readouts) -> tuple[list[layers.Layer], ll.View]:
        """Return the helix, its copy so far, and the camera that looks at cosine, circle and helix in turn."""
        points = taylor.circling_copy(self.degree * now.eased(0.3, 0.85), np.linspace(-TURNS, TURNS, 800))
        inside = points[np.abs(points[:, 1:]).max(axis=1) < WIDEST]
        centre = self.space.world([(0.0, 0.0, 1.0)])
        drawn: list[layers.Layer] = [
            self.space, self.helix(), layers.Points(centre, "text", 8.0, "sphere", outline=True, name="Centre"),
        ]  # fmt: skip
        if len(inside) > 1:
            drawn.append(layers.Curve(self.space.world(inside), COPY, 3.4, name="Copy", key="copy"))
        aside, to_the_end, back = now.eased(0.08, 0.3), now.eased(0.55, 0.72), now.eased(0.8, 0.96)
        turn, lift = 62.0 * aside + 27.0 * to_the_end - 41.0 * back, 22.0 * aside - 25.0 * to_the_end + 27.0 * back
        corner = np.array([TURNS, WIDEST, WIDEST])
        return drawn, ll.View(-90 + turn, 4 + lift, bounds=self.space.world(shapes.box(-corner, corner)), moves=True)

    def notes_helix(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return Euler's formula and the copy of it."""
        degree = round(self.degree * now.eased(0.3, 0.85))
        rule = r"\fgcolor{optimizer.momentum}{e^{i x}} = \cos x + i \sin x"
        copy = r"\fgcolor{eigen1}{T_n} = 1 + i x - \tfrac{x^2}{2!} - \cdots + \tfrac{(i x)^n}{n!}"
        meter = layers.Meter("Degree", "n =", float(degree), COPY, 0, max(self.degree, 1), words("?n", degree))
        return [layers.Formula(rule, 26), layers.Formula(copy, 20), meter]

    # ------------------------------------------------------------------------------------------------- a surface
    @property
    @ll.kept
    def terrain(self) -> ll.Terrain:
        """The surface as a block of ground, its heights in proportion to its values."""
        grid = self.hill.grid(SAMPLES)
        return ll.Terrain(grid.x, grid.y, grid.value, 0.9, ll.ground.straight(grid.value))

    @ll.kept
    def sheet(self, degree: int) -> ll.Terrain:
        """Return the plane (degree 1) or paraboloid (2) that touches it."""
        ground = self.terrain
        return ll.Terrain(ground.x, ground.y, self.model.values(ground.x, ground.y, degree), like=ground)

    @ll.kept
    def block(self) -> list[layers.Layer]:
        """Return the surface with its axes."""
        return [layers.Surface(self.terrain), layers.Axes(self.terrain)]

    def bent(self, now: ll.Now) -> float:
        """Return how far the plane is bent; one below a surface that bends up, inside the block, is bent at once."""
        return 0.0 if self.degree < 2 else 1.0 if self.model.bends_up else round(now.eased(0.3, 0.55), 3)

    def shown_surface(self, now: ll.Now, read: ll.Readouts) -> tuple[list[layers.Layer], ll.View]:
        """Return the surface, the plane that touches it, which bends, and where its lowest point leads."""
        ground, drawn, shown, bent = self.terrain, list(self.block()), now.eased(0.06, 0.2), self.bent(now)
        if shown > 0.0 and self.degree:
            drawn.append(layers.Surface(self.sheet(1), COPY, sheet=True, into=self.sheet(2), share=bent,
                                        alpha=0.55 * shown, contours=False, lift=LIFT))  # fmt: skip
        drawn.append(layers.Points.on(ground, self.point, "text", 8.0, "sphere", name="Point"))
        part, landing = now.eased(0.62, 0.84), np.clip(self.model.landing, *np.transpose(self.hill.domain))
        if part > 0.0 and self.degree >= 2:
            there = np.array(self.point) + part * (landing - self.point)
            drawn.append(layers.Arrows.on(ground, self.point, there, SLOPE, depth=False, name="Newton's step"))
            if part == 1.0:
                drawn.append(layers.Points.on(ground, landing, SLOPE, 8.0, "sphere", name="Landing"))
        return drawn, ll.View(-70.0 + 24.0 * now.eased(), 36.0, bounds=ground.bounds, moves=True)

    def notes_surface(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the model and its numbers."""
        rule, numbers = r"f + g^\top \delta", [tex("g = ?", read["gradient"])]
        if self.bent(now) > 0.0:
            rule += r" + \tfrac12 \delta^\top H \delta"
            numbers += [tex("H = ?", read["hessian"]), tex(r"\text{level at } ?.3", (SLOPE, read["landing"]))]
        return [layers.Formula(tex("?", (COPY, rule)), 26), *(layers.Formula(one, 22) for one in numbers)]

    # ------------------------------------------------------------------------------------------------- handles
    def move_point(self, position: tuple[float, float]) -> None:
        """Take the point of the surface that is nearest to a position in the domain."""
        self.set("point", np.clip(position, *np.transpose(self.hill.domain)))

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the point on the surface, or on the curve the centre and x."""
        if self.show == "helix":
            return []
        if self.show == "surface":
            return [ll.Handle("point", self.terrain.world_from_domain(self.point, 0.012), TaylorSeries.move_point)]
        if self.show == "newton":
            return [curves.along("x", self.plot, self.x, 0.0)]
        f, ends = self.function, (("x", self.x), ("centre", self.centre))
        return [curves.along(name, self.plot, x, f.at(x)) for name, x in ends]
