"""One function after another: a nudge is stretched by the first, then by the second, and the factors multiply."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import curves, figures, layers, parameters, plots, signs, tex, words
from lossland.models import calculus

X, Y, Z = "optimizer.momentum", "area", "i"  # colours of the three numbers
WIDE = 4.4  # length of the lines, world
APART = 1.4  # of two lines
THREADS = 33  # that join the numbers of two lines
LEAST = 0.03  # of the nudge that is left in the end, as a share: as good as nothing
FARTHER = 6.0  # how much wider than the window the numbers may reach until the lines show what is near it alone
CELLS = 6  # of the tiny grid along each side
FINE = 8  # pieces of one of its lines in a cell
PANEL = 1.16  # distance of the panels of the plane, world
REACH = 0.46  # half the width of a grid in the panels, world
ON_LINES = ll.View(flat=True, bounds=np.array([(-1.5, -2 * APART - 0.4, 0.0), (WIDE + 0.25, 0.35, 0.0)]))
ON_PANELS = ll.View(flat=True, bounds=np.array([(-0.47, -0.75, 0.0), (2 * PANEL + 0.47, 0.72, 0.0)]))


def written(factor: float) -> str:
    """Return a factor with two decimals, and a small one with digits enough to be told from zero."""
    return words("?.2" if abs(factor) >= 0.1 else "?", factor)


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
        "sine of a square": {"inner": "x^2", "outer": "sin(y)", "x": 1, "nudge": 0.3, "window": (-0.4, 1.8)},
        "stretch and squish": {"inner": "3x - 1", "outer": "y/2", "x": 1, "nudge": 0.4, "window": (-0.2, 2)},
        "turned over": {"inner": "1 - x^2", "outer": "exp(y)", "x": 1, "nudge": 0.3, "window": (-0.2, 1.6)},
        "dead end": {"inner": "x^2 + 0.4", "outer": "tanh(3y)", "x": 1, "nudge": 0.3, "window": (-0.2, 1.6)},
        "square root": {"inner": "1 + x^2", "outer": "sqrt(y)", "x": 1.2, "nudge": 0.3, "window": (-0.5, 1.7)},
        "plane": {"show": "plane", "point": (1, 1), "nudge": 0.5},
    }

    inner = parameters.FunctionOfX("x^2", "$y = f(x)$", "What is done first: a formula in x.")
    outer = parameters.FunctionOfX("sin(y)", "$z = g(y)$", "What is done to the result: a formula in y.")
    window = curves.Window((-0.4, 1.8))
    show = parameters.Choice("lines", ("lines", "plane"), "show", "Numbers on lines, or a tiny grid in the plane.")
    x = parameters.Number(1.0, -1e3, 1e3, "$x$", "Where the nudge is given.", hidden=True)
    nudge = parameters.Number(0.3, -1.0, 1.0, "nudge", "How far x is nudged; half the width of the grid.")
    u = parameters.Text("x^2 - y^2", ll.landscape, "$u(x, y)$", "First map, first coordinate.", hidden=True)
    v = parameters.Text("2*x*y", ll.landscape, "$v(x, y)$", "First map, second coordinate.", hidden=True)
    p = parameters.Text("x + y", ll.landscape, "$p(x, y)$", "Second map, first coordinate.", hidden=True)
    q = parameters.Text("x*y", ll.landscape, "$q(x, y)$", "Second map, second coordinate.", hidden=True)
    point = parameters.Point((1.0, 1.0), -5.0, 5.0, "point", "Where the tiny grid lies in the plane.")
    clock = ll.Clock(10.0)

    def has_control(self, name: str) -> bool:
        """Hide what the picture does not use."""
        return name in ("show", "nudge") or (name == "point") == (self.show == "plane")

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
            "inner_value": y, "outer_value": g.at(y), "dx": dx, "dy": dy, "dz": dz,
            "inner_slope": first, "outer_slope": second, "slope": first * second,
        }  # fmt: skip
        return found | self.jacobians() if self.show == "plane" else found

    @ll.kept
    def maps(self) -> tuple[calculus.PlaneMap, calculus.PlaneMap]:
        """Return both maps of the plane."""
        u, v, p, q = map(ll.landscape, (self.u, self.v, self.p, self.q))
        return calculus.PlaneMap(u, v), calculus.PlaneMap(p, q)

    @ll.kept
    def jacobians(self) -> ll.Readouts:
        """Return the Jacobian of each map at its point, of both one after the other, and their determinants."""
        f, g = self.maps()
        first, second = f.jacobian(self.point), g.jacobian(f(np.array(self.point)))
        found = {"_inner": first, "_outer": second, "": calculus.chained(first, second)}
        areas = {f"area{name}": float(np.linalg.det(one)) for name, one in found.items()}
        return {f"jacobian{name}": one for name, one in found.items()} | areas

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
    def lines(self) -> list[plots.NumberLine]:
        """Return the lines of x, y and z: one scale for all, so that a length says how long it is on each."""
        low, high = self.reach()
        rows = (("x", X, 7), ("y", Y, 0), ("z", Z, 7))
        return [
            plots.NumberLine(
                low, high, tex("?", (color, name)), start=(0.0, -k * APART, 0.0), end=(WIDE, -k * APART, 0.0),
                count=count, side="below" if k else "above",
            )
            for k, (name, color, count) in enumerate(rows)
        ]  # fmt: skip

    @ll.kept
    def threads(self) -> list[layers.Layer]:
        """Return faint lines that join numbers with what becomes of them: dense where they are squished."""
        (on_x, on_y, on_z), x = self.lines(), np.linspace(*self.span, THREADS)
        y = self.inner(x)
        return [on_x.threads(on_y, x, y, key="threads 0"), on_y.threads(on_z, y, self.outer(y), key="threads 1")]

    def shown_lines(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the lines, the nudge as far as it has come, and its factor in each gap."""
        lines, factors, numbers = self.lines(), self.factors(now, read), self.numbers(read["dx"])
        arrived = 1.0, now.eased(0.12, 0.34), now.eased(0.4, 0.62)
        drawn: list[layers.Layer] = [*self.threads(), *lines]
        if not np.isfinite(numbers).all():
            return drawn
        whole = self.numbers(self.nudge or 0.1)
        whole = whole if np.isfinite(whole).all() else numbers
        ends, first = ([line.point_at(pair) for line, pair in zip(lines, at, strict=True)] for at in (numbers, whole))
        if self.left(now) < 1.0:
            drawn += [layer for pair in pairwise(first) for layer in self.on_its_way(*pair, "ghost")]
        for gap, part in enumerate(arrived[1:]):
            if part > 0.0:
                drawn += self.on_its_way(ends[gap], ends[gap] + part * (ends[gap + 1] - ends[gap]), (Y, Z)[gap])
            if part == 1.0:
                place = np.mean(first[gap : gap + 2], axis=(0, 1)) + np.array([0.55, 0.0, 0.0])
                factor = words("×\u2009?", written(factors[gap]))
                drawn.append(layers.Label(place, factor, (Y, Z)[gap], size=34, side="right"))
        for k, color in enumerate((X, Y, Z)):
            if arrived[k] == 1.0:
                nudge = layers.Lines([ends[k]], color, 8.0, name=f"d{'xyz'[k]}", worth=[float(np.diff(numbers[k])[0])])
                drawn += [nudge, lines[k].points(numbers[k, 0], color, 8.0, name="xyz"[k])]
        return drawn + (self.whole(factors[2]) if arrived[2] == 1.0 else [])

    def numbers(self, dx: float) -> np.ndarray:
        """Return x and x + dx, and what they become on the lines of y and z: (3, 2)."""
        x = np.array([self.x, self.x + dx])
        return np.stack([x, self.inner(x), self.outer(self.inner(x))])

    @staticmethod
    def on_its_way(start: np.ndarray, end: np.ndarray, color: str) -> list[layers.Layer]:
        """Return the nudge between two lines: from both ends (2, 3) on the one to where these have come to."""
        between = layers.Polygon(np.vstack([start, end[::-1]]), color, 0.22, 0.0, name="Nudge on its way")
        return [between, layers.Lines(list(np.stack([start, end], axis=1)), color, 1.8, name="Nudge on its way")]

    @staticmethod
    def whole(factor: float) -> list[layers.Layer]:
        """Return a brace from x to z with the factor of both gaps."""
        foot, top = np.array([(-0.12, -2 * APART, 0.0), (-0.12, 0.0, 0.0)])
        brace = figures.Brace(foot, top, away=0.0, size=0.16)
        drawn = layers.Lines([brace.path], "text", 2.0, name="From x to z", pickable=False)
        return [drawn, layers.Label(brace.tip, words("×\u2009?", written(factor)), size=34, side="left")]

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
        sizes = [one for one in (*factors, read["slope"]) if np.isfinite(one)]
        low, high = min(0.0, *sizes), max(1.0, *sizes)
        d = "d" if self.arrived(now) else r"\Delta "
        x, y, z = (tex("?", (color, d + name)) for name, color in (("x", X), ("y", Y), ("z", Z)))
        made = tex(r"? = ?, \quad ? = ?", (Y, "y"), self.inner.latex, (Z, "z"), self.outer.written("y"))
        gaps = (("x", "y", Y, ""), ("y", "z", Z, ""), ("x", "z", "text", ": the product"))
        shrinks = "While the nudge shrinks, its factors become slopes"
        asked = shrinks if self.left(now) < 1.0 else "How much longer is a nudge when it arrives?"
        meters = [
            layers.Meter(f"From {under} to {over}{more}", rf"\frac{{{d}{over}}}{{{d}{under}}} =", factor, color,
                         low, high, written(factor))
            for (under, over, color, more), factor in zip(gaps, factors, strict=True)
        ]  # fmt: skip
        rule = rf"\dfrac{{{z}}}{{{x}}} = \dfrac{{{z}}}{{{y}}}\cdot \dfrac{{{y}}}{{{x}}}"
        return [layers.Title(self.title, lines=(asked,)), layers.Formula(made, 24), layers.Formula(rule, 26), *meters]

    # ------------------------------------------------------------------------------------------------- the plane
    @ll.kept
    def widths(self) -> list[float]:
        """Return how many times as wide as the tiny grid what each panel shows is."""
        return calculus.shown_widths([self.jacobians()[name] for name in ("jacobian_inner", "jacobian")])

    @ll.kept
    def seen_through(self, size: float) -> list[np.ndarray]:
        """Return the tiny grid's points (m, m, 2) in the three panels, enlarged to fill each."""
        run = np.linspace(-1.0, 1.0, CELLS * FINE + 1)
        square = np.stack(np.meshgrid(run, run), -1)
        found = [size * square, *calculus.enlarged(self.maps(), self.point, size * square)]
        return [panel / (size * width) for panel, width in zip(found, self.widths(), strict=True)]

    def shown_plane(self, now: ll.Now, read: ll.Readouts) -> list[layers.Layer]:
        """Return the tiny grid, and what the first and then both maps make of it, with the one before outlined."""
        size = max(abs(self.nudge), 0.02) * self.left(now)
        panels, moved = self.seen_through(size), (1.0, now.eased(0.1, 0.32), now.eased(0.38, 0.6))
        drawn: list[layers.Layer] = []
        for k, (name, color) in enumerate((("(x, y)", X), ("f(x, y)", Y), ("g(f(x, y))", Z))):
            if moved[k] <= 0.0:
                continue
            before = panels[max(k - 1, 0)]
            middle = np.array([PANEL * (max(k - 1, 0) + moved[k] * (k > 0)), 0.0, 0.01 * k])  # each over the one before
            grid = middle + REACH * ll.shapes.lifted(before + moved[k] * (panels[k] - before))
            drawn.append(layers.Sheet(grid, color=color, fill=0.2, every=(FINE, FINE), line=color, width=1.8,
                                      key=f"grid {k}", name="Grid"))  # fmt: skip
            drawn.append(layers.Points(middle[None], "text", 5.0, "disc", outline=True, name="Point"))
            if moved[k] == 1.0:
                place = middle + np.array([0.0, 1.16 * REACH, 0.0])
                drawn.append(layers.Label(place, name, color, latex=True, size=26, side="above"))
            if moved[k] == 1.0 and k > 0:
                edge = ll.shapes.rim(panels[k - 1]) * (self.widths()[k - 1] / self.widths()[k])
                drawn.append(layers.Lines([middle + REACH * ll.shapes.lifted(edge)], (X, Y)[k - 1], 2.4, depth=False,
                                          casing=1.2, name="The grid before, to scale"))  # fmt: skip
                factor, place = read[("area_inner", "area_outer")[k - 1]], middle - [0.0, 1.3 * REACH, 0.0]
                drawn.append(layers.Label(place, words("area ×\u2009?", factor), color, size=28, side="centre"))
        return drawn

    def notes_plane(self, now: ll.Now, read: ll.Readouts) -> list[layers.Note]:
        """Return the title, the maps and their Jacobians."""
        f, g = self.maps()
        product = tex(r"? = ? ?", ("text", read["jacobian"]), (Z, read["jacobian_outer"]), (Y, read["jacobian_inner"]))
        area = min(0.0, read["area"]), max(1.0, read["area"])
        wide = words("The grid is ? wide", 2 * max(abs(self.nudge), 0.02) * self.left(now))
        return [
            layers.Title(self.title, lines=(wide, "Outlined in each panel: the grid before, to scale")),
            layers.Formula(tex(r"f = (?,\; ?)", f.u.latex, f.v.latex), 22),
            layers.Formula(tex(r"g = (?,\; ?)", g.u.latex, g.v.latex), 22),
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
        places = [("x", self.x, ChainRule.move_x), ("nudge", self.x + self.nudge, ChainRule.move_nudge)]
        shown = places if self.left(now) == 1.0 else places[:1]
        return [ll.Handle(name, line.point_at(x), move, plane=0.0) for name, x, move in shown]
