"""One function after another: a nudge is stretched by the first, then by the second, and the factors multiply."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import curves, figures, layers, parameters, plots, signs, tex, words
from lossland.models import calculus

X, Y, Z = "optimizer.momentum", "area", "i"  # colours of the three numbers
WIDE = 4.4  # length of the lines, world
APART = 1.3  # of two lines
THREADS = 33  # that join the numbers of two lines
LEAST = 0.03  # of the nudge that is left in the end, as a share: as good as nothing
FARTHER = 6.0  # how much wider than the window the numbers may reach until the lines show what is near it alone
CELLS = 6  # of the tiny grid along each side
FINE = 8  # pieces of one of its lines in a cell
PANEL = 1.2  # distance of the panels of the plane, world
REACH = 0.4  # half the width of a grid in the panels, world
ON_LINES = ll.View(flat=True, bounds=np.array([(-1.1, -2 * APART - 0.4, 0.0), (WIDE + 0.25, 0.35, 0.0)]))
ON_PANELS = ll.View(flat=True, bounds=np.array([(-0.42, -0.75, 0.0), (2 * PANEL + 0.42, 0.7, 0.0)]))


class ChainRule(ll.Scene):
    """Three number lines with a nudge on its way, or a tiny grid under two maps of the plane."""

    name = "chain_rule"
    title = "Sensitivities multiply"
    chapter = "Calculus"
    rows = ("B1", "Q7", "S9", "S11", "S16")
    sign = (
        *(signs.Line([(0.06, v), (0.94, v)], "dim", 1.2) for v in (0.16, 0.5, 0.84)),
        signs.Line([(0.3, 0.16), (0.4, 0.5), (0.36, 0.84)], "grid", 1.4),
        signs.Line([(0.44, 0.16), (0.78, 0.5), (0.58, 0.84)], "grid", 1.4),
        signs.Line([(0.3, 0.16), (0.44, 0.16)], "grid", 3.0),
        signs.Line([(0.4, 0.5), (0.78, 0.5)], "area", 3.0),
        signs.Line([(0.36, 0.84), (0.58, 0.84)], "i", 3.0),
    )
    presets: ClassVar = {
        "sine of a square": {"inner": "x^2", "outer": "sin(x)", "x": 1, "nudge": 0.3, "window": (-0.4, 1.8)},
        "stretch and squish": {"inner": "3x - 1", "outer": "x/2", "x": 1, "nudge": 0.4, "window": (-0.2, 2)},
        "turned over": {"inner": "1 - x^2", "outer": "exp(x)", "x": 1, "nudge": 0.3, "window": (-0.2, 1.6)},
        "dead end": {"inner": "x^2 + 0.4", "outer": "tanh(3x)", "x": 1, "nudge": 0.3, "window": (-0.2, 1.6)},
        "square root": {"inner": "1 + x^2", "outer": "sqrt(x)", "x": 1.2, "nudge": 0.3, "window": (-0.5, 1.7)},
        "plane": {"show": "plane", "point": (1, 1), "nudge": 0.5},
    }

    inner = parameters.FunctionOfX("x^2", "$y = f(x)$", "What is done first: a formula in x.")
    outer = parameters.FunctionOfX("sin(x)", "$z = g(x)$", "What is done to the result: a formula in x.")
    window = curves.Window((-0.4, 1.8))
    show = parameters.Choice("lines", ("lines", "plane"), "show", "Numbers on lines, or a tiny grid in the plane.")
    x = parameters.Number(1.0, -1e3, 1e3, "$x$", "Where the nudge is given.", hidden=True)
    nudge = parameters.Number(0.3, -1.0, 1.0, "nudge", "How far x is nudged; half the width of the grid.")
    u = parameters.Text(
        "x^2 - y^2", ll.landscape, "$u(x, y)$", "First map of the plane, first coordinate.", hidden=True
    )
    v = parameters.Text("2*x*y", ll.landscape, "$v(x, y)$", "First map of the plane, second coordinate.", hidden=True)
    p = parameters.Text("x + y", ll.landscape, "$p(x, y)$", "Second map of the plane, first coordinate.", hidden=True)
    q = parameters.Text("x*y", ll.landscape, "$q(x, y)$", "Second map of the plane, second coordinate.", hidden=True)
    point = parameters.Point((1.0, 1.0), -5.0, 5.0, "point", "Where the tiny grid lies in the plane.")
    clock = ll.Clock(10.0)

    # ------------------------------------------------------------------------------------------------- numbers
    @property
    @ll.kept(framing=True)
    def span(self) -> tuple[float, float]:
        """The x that are shown, rising: also those between which x is nudged."""
        return curves.widened(self.window, (self.x, self.x + self.nudge))

    @ll.kept(framing=True)
    def reach(self) -> tuple[float, float]:
        """Return the numbers that the lines hold: those that become of the window, of far ones only those at x."""
        asked = (self.x, self.x + self.nudge)
        return curves.reached((self.inner, self.outer), self.span, asked, FARTHER)

    def left(self, now: ll.Now) -> float:
        """Return the share of the nudge that is left: it shrinks when it has arrived."""
        return LEAST ** now.eased(0.68, 0.92)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return values and slopes at x, and how much the nudge of the moment grows in each gap."""
        f, g, x = self.inner, self.outer, self.x
        y, dx = f.at(x), (self.nudge or 0.1) * self.left(now)
        dy = f.at(x + dx) - y
        dz = g.at(y + dy) - g.at(y)
        first, second = f.slope(x), g.slope(y)
        found = {
            "inner_value": y,
            "outer_value": g.at(y),
            "inner_slope": first,
            "outer_slope": second,
            "slope": first * second,
            "dx": dx,
            "dy": dy,
            "dz": dz,
        }
        return found | self.jacobians() if self.show == "plane" else found

    @ll.kept
    def maps(self) -> tuple[Any, Any]:
        """Return both maps of the plane, of points (..., 2)."""
        pairs = [[ll.landscape(one) for one in pair] for pair in ((self.u, self.v), (self.p, self.q))]

        def mapped(pair: list[ll.Landscape]) -> Any:
            return lambda points: np.stack([one.value(points) for one in pair], -1)

        return mapped(pairs[0]), mapped(pairs[1])

    @ll.kept
    def jacobians(self) -> dict[str, Any]:
        """Return the Jacobian of each map at its point, of both one after the other, and their determinants."""
        here = np.array(self.point)
        there = self.maps()[0](here)
        first = np.array([ll.landscape(one).grad(here) for one in (self.u, self.v)])
        second = np.array([ll.landscape(one).grad(there) for one in (self.p, self.q)])
        jacobians = {"inner": first, "outer": second, "": calculus.chained(first, second)}
        named = {f"jacobian_{name}".rstrip("_"): one for name, one in jacobians.items()}
        return named | {f"area_{name}".rstrip("_"): float(np.linalg.det(one)) for name, one in jacobians.items()}

    # ------------------------------------------------------------------------------------------------- picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the lines or the plane."""
        read = self.readouts(now)
        if self.show == "plane":
            return ll.Frame(self.shown_plane(now, read), self.notes_plane(now, read), ON_PANELS)
        missing = curves.without_slope(self.inner, self.x, "f")
        missing = missing or curves.without_slope(self.outer, read["inner_value"], "g")
        return ll.Frame(self.shown_lines(now, read), [*self.notes_lines(now, read), *missing], ON_LINES)

    @ll.kept
    def lines(self) -> tuple[plots.NumberLine, plots.NumberLine, plots.NumberLine]:
        """Return the lines of x, y and z: one scale for all, so that a length says how long it is on each."""
        low, high = self.reach()
        made = []
        for k, name in enumerate(("x", "y", "z")):
            start, end = (0.0, -k * APART, 0.0), (WIDE, -k * APART, 0.0)
            made.append(
                plots.NumberLine(
                    low, high, rf"\fgcolor{{{(X, Y, Z)[k]}}}{{{name}}}", start=start, end=end,
                    count=0 if k == 1 else 7, side="above" if k == 0 else "below",
                )
            )  # fmt: skip
        return made[0], made[1], made[2]

    @ll.kept
    def threads(self, gap: int) -> layers.Lines:
        """Return faint lines that join numbers with what becomes of them: dense where they are squished."""
        above, below = self.lines()[gap : gap + 2]
        x = np.linspace(*self.span, THREADS)
        start = x if gap == 0 else self.inner(x)
        end = self.inner(x) if gap == 0 else self.outer(start)
        inside = np.isfinite(end) & (np.abs(2 * below.scale.share(end) - 1) <= 1) & np.isfinite(start)
        ends = np.stack([above.point_at(start[inside]), below.point_at(end[inside])], axis=1)
        return layers.Lines(list(ends), "faint", 1.0, 0.55, pickable=False, key=f"threads {gap}")

    def shown_lines(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the lines, the nudge as far as it has come, and its factor in each gap."""
        lines, down, factors = self.lines(), (now.eased(0.12, 0.34), now.eased(0.4, 0.62)), self.factors(now, read)
        values = (self.x, read["inner_value"], read["outer_value"])
        moves = (read["dx"], read["dy"], read["dz"])
        drawn: list[layers.Layer] = [self.threads(0), self.threads(1), *lines]
        if not np.isfinite([*values, *moves]).all():
            return drawn
        for gap, part in enumerate(down):
            if part <= 0.0:
                continue
            ends = [line.point_at([values[k], values[k] + moves[k]]) for k, line in enumerate(lines)][gap : gap + 2]
            (a, b), (c, d) = ends
            c, d = a + part * (c - a), b + part * (d - b)
            color = (Y, Z)[gap]
            drawn.append(layers.Polygon(np.array([a, b, d, c]), color, 0.22, 0.0, name="Nudge on its way"))
            drawn.append(layers.Lines([np.stack([a, c]), np.stack([b, d])], color, 1.8, name="Nudge on its way"))
            if part == 1.0:
                middle = np.mean([a, b, c, d], axis=0) + np.array([0.55, 0.0, 0.0])
                drawn.append(layers.Label(middle, words("×\u2009?.2", factors[gap]), color, size=34, side="right"))
        arrived = (1.0, *down)
        for k, line in enumerate(lines):
            if arrived[k] < 1.0:
                continue
            ends = line.point_at([values[k], values[k] + moves[k]])
            drawn.append(layers.Lines([ends], (X, Y, Z)[k], 8.0, name=("dx", "dy", "dz")[k], worth=[moves[k]]))
            drawn.append(line.points(values[k], (X, Y, Z)[k], 8.0, name="xyz"[k]))
        if down[1] == 1.0:
            foot, top = np.array([(-0.2, -2 * APART, 0.0), (-0.2, 0.0, 0.0)])
            whole = tex(r"\times ?.2", factors[2])
            brace = figures.Brace(foot, top, away=0.0, size=0.2)
            drawn.append(layers.Lines([brace.path], "text", 2.0, name="From x to z", pickable=False))
            drawn.append(layers.Label(brace.tip, whole, latex=True, size=34, side="left"))
        return drawn

    def arrived(self, now: ll.Now) -> bool:
        """Whether the nudge has become as good as nothing: its factors are then the slopes."""
        return self.left(now) == LEAST

    def factors(self, now: ll.Now, read: ll.Readouts) -> tuple[float, float, float]:
        """Return how much longer the nudge gets from x to y, from y to z and from x to z; in the end: the slopes."""
        if self.arrived(now):
            return read["inner_slope"], read["outer_slope"], read["slope"]
        moves = ((read["dx"], read["dy"]), (read["dy"], read["dz"]), (read["dx"], read["dz"]))
        x, y, z = (after / before if before else 0.0 for before, after in moves)
        return x, y, z

    def notes_lines(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the title, the functions and the factors: of a nudge of some length, and in the end the slopes."""
        factors = self.factors(now, read)
        slopes = [one for one in (*factors, read["slope"]) if np.isfinite(one)]
        low, high = min(0.0, *slopes, 0.0), max(1.0, *slopes, 1.0)
        d = "d" if self.arrived(now) else r"\Delta "
        x, y, z = rf"\fgcolor{{{X}}}{{{d}x}}", rf"\fgcolor{{{Y}}}{{{d}y}}", rf"\fgcolor{{{Z}}}{{{d}z}}"
        said = (
            ("From x to y", rf"\frac{{{d}y}}{{{d}x}} ="),
            ("From y to z", rf"\frac{{{d}z}}{{{d}y}} ="),
            ("From x to z: the product", rf"\frac{{{d}z}}{{{d}x}} ="),
        )
        rule = rf"\dfrac{{{z}}}{{{x}}} = \dfrac{{{z}}}{{{y}}}\cdot \dfrac{{{y}}}{{{x}}}"
        made = rf"\fgcolor{{{Y}}}{{y}} = {self.inner.latex}, \quad \fgcolor{{{Z}}}{{z}} = {self.outer.written('y')}"
        told = zip(said, factors, (Y, Z, "text"), strict=True)
        return [
            layers.Title(self.title, lines=("How much longer is a nudge when it arrives?",)),
            layers.Formula(made, 24),
            layers.Formula(rule, 26),
            *(layers.Meter(*heading, factor, color, low, high) for heading, factor, color in told),
        ]

    # ------------------------------------------------------------------------------------------------- the plane
    @ll.kept
    def seen_through(self, size: float) -> list[np.ndarray]:
        """Return the tiny grid's lines (lines, m, 2) in the three panels, each enlarged to about one width."""
        grid = calculus.square_lines(CELLS, FINE)
        found = calculus.enlarged(self.maps(), self.point, size * grid)
        widths = [np.abs(self.jacobians()[name]).sum(axis=1).max() for name in ("jacobian_inner", "jacobian")]
        return [grid, *(panel / (size * max(width, 1e-9)) for panel, width in zip(found, widths, strict=True))]

    def shown_plane(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the tiny grid, and what the first and then both maps make of it."""
        size = max(abs(self.nudge), 0.02) * self.left(now)
        panels, moved = self.seen_through(size), (1.0, now.eased(0.1, 0.32), now.eased(0.38, 0.6))
        drawn: list[layers.Layer] = []
        names = (("(x, y)", X), ("f(x, y)", Y), ("g(f(x, y))", Z))
        for k, (name, color) in enumerate(names):
            part, middle = moved[k], np.array([PANEL * k, 0.0, 0.0])
            if part <= 0.0:
                continue
            before = panels[max(k - 1, 0)]
            shown = before + part * (panels[k] - before)
            at = middle - (1.0 - part) * np.array([PANEL * (k > 0), 0.0, 0.0])
            outline = np.vstack([shown[0], shown[-1], shown[CELLS][::-1], shown[CELLS + 1][::-1]])
            lines = [at + REACH * ll.shapes.lifted(line) for line in shown]
            edge = at + REACH * ll.shapes.lifted(outline)
            foot = np.tile(at, (len(edge), 1))
            drawn.append(layers.Curve(edge, color, 0.0, foot=foot, fill=0.16, key=f"fill {k}", depth=False))
            drawn.append(layers.Lines(lines, color, 1.8, name="Grid", key=f"grid {k}", depth=False))
            drawn.append(layers.Points(at[None], "text", 5.0, "disc", outline=True, name="Point"))
            if part == 1.0:
                drawn.append(
                    layers.Label(middle + np.array([0.0, 0.5, 0.0]), name, color, latex=True, size=26, side="above")
                )
        for k, (factor, color) in enumerate(((read["area_inner"], Y), (read["area_outer"], Z))):
            if moved[k + 1] == 1.0:
                place = np.array([PANEL * (k + 0.5), -0.5, 0.0])
                drawn.append(layers.Label(place, words("area ×\u2009?", factor), color, size=28, side="centre"))
        return drawn

    def notes_plane(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the title, the maps and their Jacobians."""
        u, v, p, q = (ll.landscape(one).latex for one in (self.u, self.v, self.p, self.q))
        product = tex(r"? = ? ?", ("text", read["jacobian"]), (Z, read["jacobian_outer"]), (Y, read["jacobian_inner"]))
        area = min(0.0, read["area"]), max(1.0, read["area"])
        wide = words("The grid is ? wide, and drawn at one size", 2 * max(abs(self.nudge), 0.02) * self.left(now))
        return [
            layers.Title(self.title, lines=(wide,)),
            layers.Formula(tex(r"f = (?,\; ?)", u, v), 22), layers.Formula(tex(r"g = (?,\; ?)", p, q), 22),
            layers.Formula(r"J_{g \circ f} = \fgcolor{i}{J_g}\, \fgcolor{area}{J_f}", 28),
            layers.Formula(product, 20),
            layers.Meter("Area of both, one after the other", r"\det J =", read["area"], "text", *area),
        ]  # fmt: skip

    # ------------------------------------------------------------------------------------------------- handles
    def move_x(self, place: tuple[float, float]) -> None:
        """Take the x that is nearest to a place."""
        self.set("x", float(np.clip(self.lines()[0].value_at(place), *self.span)))

    def move_nudge(self, place: tuple[float, float]) -> None:
        """Let the nudge end at a place."""
        dx = float(np.clip(self.lines()[0].value_at(place) - self.x, -1.0, 1.0))
        self.set("nudge", dx if abs(dx) > 0.01 else 0.01)

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return x and the end of the nudge, until that shrinks."""
        if self.show == "plane":
            return []
        line = self.lines()[0]
        found = [ll.Handle("x", line.point_at(self.x), ChainRule.move_x, plane=0.0)]
        if self.left(now) == 1.0:
            found.append(ll.Handle("nudge", line.point_at(self.x + self.nudge), ChainRule.move_nudge, plane=0.0))
        return found
