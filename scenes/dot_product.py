"""The dot product: a shadow, its sign, the line that a plane collapses onto, and directions in many dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, plane, plots, shapes, signs, tex, words
from lossland.models import linear_maps as maps
from lossland.models import vectors

A, B, ALONG, AGAINST = "signed.low", "signed.high", "area", "bad"
SEEN = 0.03  # units: a shorter shadow is a point to the eye
LEVEL = 0.5  # degrees: no right angle is said to be one beyond
BINS = 161  # of the histogram; an odd number, so that one is around 0
FEET = 0.17 * np.array([(0, 0), (0, 0), (-1, -1), (-1, -1), (-1, -0.4), (-1, 0.4)])  # of three pairs of arrows, world
WAYS = 0.34 * np.array([(1, 0), (-1, 0), (1, 0), (0, 1), (1, 0), (1, 0)])


class DotProduct(ll.Scene):
    """How far one arrow goes along another."""

    name = "dot_product"
    title = "Shadow and alignment"
    chapter = "Vectors and data"
    rows = ("V4", "A1", "Q1", "S10")
    sign = (
        signs.Line([(0.06, 0.84), (0.94, 0.58)], "dim", 1.0),
        signs.Line([(0.36, 0.14), (0.54, 0.70)], "dim", 1.2),
        signs.Line([(0.06, 0.84), (0.36, 0.14)], A, 2.0),
        signs.Line([(0.06, 0.84), (0.54, 0.70)], ALONG, 3.0),
    )
    presets: ClassVar = {
        "shadow": {},
        "right angle": {"a": (-1.5, 2), "b": (4, 3)},
        "against": {"a": (-3, 1), "b": (3, 2)},
        "normalized": {"a": (2, 3), "b": (4, 1), "normalize": True},
        "duality": {"show": "duality", "a": (1, 2), "b": (2, 1)},
        "fifty dimensions": {"show": "random", "dimension": 50},
        "a thousand dimensions": {"show": "random", "dimension": 1000},
    }

    a = parameters.PlanePoint((3, 4), label="$a$", help="The arrow that casts a shadow.", shown=lambda one: one.flat)
    b = parameters.PlanePoint((4, 3), label="$b$", help="The arrow on whose line it falls.", shown=lambda one: one.flat)
    show = parameters.Choice(
        "shadow", ("shadow", "duality", "random"), "show",
        "The shadow of a on b; the plane that collapses onto the line of b; the cosines of random pairs.",
    )  # fmt: skip
    normalize = parameters.Toggle(False, "length 1", "Make both arrows one unit long: the product is then the cosine.")
    dimension = parameters.Integer(50, 2, 2048, "$d$", "How many numbers each of the random arrows has.", log=True)
    pairs = parameters.Integer(200_000, 100, 1_000_000, "pairs", "How many random pairs are drawn.", log=True)
    clock = ll.Clock(12.0)

    def has_control(self, name: str) -> bool:
        """Hide what the picture does not use."""
        return name == "show" or (name in ("a", "b", "normalize")) == self.flat

    @property
    def flat(self) -> bool:
        """Whether the two arrows are shown."""
        return self.show != "random"

    @ll.kept
    def arrows(self) -> np.ndarray:
        """Return a and b as rows (2, 2), of length 1 where that is wanted."""
        both = np.array([self.a, self.b])
        length = np.linalg.norm(both, axis=1, keepdims=True)
        return both / np.where(length > 0, length, 1.0) if self.normalize else both

    @ll.kept
    def cosines(self, dimension: int) -> np.ndarray:
        """Return the cosines (pairs,) of random pairs of a dimension."""
        return vectors.random_cosines(dimension, self.pairs, self.seed)

    @ll.kept
    def counted(self, dimension: int) -> np.ndarray:
        """Return their density (BINS,) over equal parts of −1 to 1."""
        return np.histogram(self.cosines(dimension), BINS, (-1, 1), density=True)[0]

    @ll.kept
    def spread(self, dimension: int) -> tuple[float, float]:
        """Return the standard deviation of the cosines, and the degrees off 90° within which are 98 % of the angles."""
        return vectors.cosine_spread(self.cosines(dimension))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the product, the shadow and what is left of a without it, and how random directions are spread."""
        a, b = self.arrows()
        shadow = vectors.shadow(a, b)
        dot, lengths = float(a @ b), float(np.linalg.norm(a) * np.linalg.norm(b))
        turned = self.turned(now)
        sd, off = self.spread(self.dimension)
        return {
            "dot": dot,
            "cosine": dot / lengths if lengths > 0 else float("nan"),
            "angle_degrees": vectors.angle_degrees(a, b),
            "shadow": shadow,
            "residual_dot_b": float((a - shadow) @ b),
            "dot_now": float(turned @ b),
            "shadow_now": vectors.shadow(turned, b),
            "cosine_sd": sd,
            "angles_98": np.array([90 - off, 90 + off]),
        }

    # ---------------------------------------------------------------------------------------------- the score
    def turned(self, now: ll.Now) -> np.ndarray:
        """Return a (2,) as it is shown."""
        return self.rotation(now) @ self.arrows()[0]

    def rotation(self, now: ll.Now) -> np.ndarray:
        """Return how far a has turned (2, 2): after its shadow has come it turns once around."""
        return maps.rotation(2 * np.pi * now.eased(0.36, 0.94) if self.show == "shadow" else 0.0)

    def stage(self, now: ll.Now) -> tuple[int, int, float, int]:
        """Return between which two dimensions this moment is, the share of the way, and the nearer one: they double."""
        dimensions = [*(two for two in (2 << k for k in range(11)) if two < self.dimension), self.dimension]
        at = now.staged(len(dimensions) - 1, 0.06, 0.86, 0.75)
        return dimensions[int(at)], dimensions[int(np.ceil(at))], at % 1.0, dimensions[int(at + 0.5)]

    # -------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the picture of what is shown."""
        if not self.flat:
            return ll.Frame(self.histogram(now), self.notes_on_random(now), self.view())
        drawn = self.shadowed(now) if self.show == "shadow" else self.collapsed(now)
        drawn.append(layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True, key="origin"))
        drawn += [handle.ring(role) for handle, role in zip(self.handles(now), (A, B), strict=True)]
        return ll.Frame(drawn, self.notes(now), self.view())

    @ll.kept
    def view(self) -> ll.View:
        """Return the view straight at the histogram, or straight down at the arrows."""
        if self.flat:
            return ll.View(90.0, 90.0, flat=True, bounds=shapes.lifted(self.corners()))
        below = self.plot().world(1.25, 0.0) - (0.0, 1.45, 0.0)  # for the spread, and the pairs of arrows
        return ll.View(flat=True, bounds=np.vstack([self.plot().bounds(above=0.1), below]))

    @ll.kept(framing=True)
    def corners(self) -> np.ndarray:
        """Return two corners (2, 2) of the view: of what the longer arrow can reach, or of the arrows and the basis."""
        if self.show == "shadow":
            reach = 1.14 * shapes.in_steps(float(np.linalg.norm(self.arrows(), axis=1).max()), 1.0, 1.38)
            return np.array([(-reach, -reach), (reach, reach)])
        places = np.vstack([np.zeros((1, 2)), self.arrows(), np.eye(2)])
        room = 0.22 * np.ptp(places, axis=0).max()  # for the names
        return np.array([places.min(axis=0) - room, places.max(axis=0) + room])

    def shadowed(self, now: ll.Now) -> list[layers.Layer]:
        """Return a, b, and the shadow of a on the line of b: its length, its sign, and the angle between."""
        (still, b), a = self.arrows(), self.turned(now)
        along, length = vectors.along(a, b), float(np.linalg.norm(a))
        drawn: list[layers.Layer] = [layers.WarpedGrid(np.eye(2), group="grid", before=False, dim=0.6)]
        if 0.36 < now.share < 0.94 and length > 0:
            circle = plane.path(length * plane.CIRCLE, "ghost", 1.4, pickable=False, key="circle")
            drawn += [circle, plane.arrow(still, A, 5.0, ghost=True)]
        if b.any():
            drawn += self.cast(a, b, now)
        drawn += self.angle(a, b)
        if length > 0:
            drawn.append(plane.arrow(a, A, 6.5, name="a", key="a"))
        drawn += [
            named("a", A, a, a if length > 0 else -b),
            named("b", B, b, plane.beside(b if b.any() else -a, still)),
        ]
        if now.share >= 0.3 and length > 0 and b.any():
            side = self.half_band(a, b)
            middle, said = vectors.shadow(a, b) / 2 + side, words("?.2", along)
            drawn.append(plane.name(middle, said, sign_of(along), side, 28, latex=False, key="length"))
        return drawn

    def cast(self, a: np.ndarray, b: np.ndarray, now: ll.Now) -> list[layers.Layer]:
        """Return b on its line, the light that falls onto it, and the shadow that grows there."""
        shadow, drop, grown = vectors.shadow(a, b), now.eased(0.04, 0.16), now.eased(0.18, 0.30)
        drawn: list[layers.Layer] = [
            plane.line(b, "dim", 1.4, alpha=0.8, name="Line of b"),
            plane.path([a, a + drop * (shadow - a)], "text", 1.6, dash=(8, 5), name="Light", key="light"),
        ]
        if grown > 0 and np.linalg.norm(shadow) > SEEN:
            half, tip = self.half_band(a, b), grown * shadow
            band = shapes.lifted([half, tip + half, tip - half, -half])
            drawn.append(layers.Polygon(band, sign_of(vectors.along(a, b)), 0.65, 0.0, name="Shadow", key="shadow"))
            size = 0.07 * float(np.linalg.norm(a))
            if min(np.linalg.norm(a - shadow), np.linalg.norm(shadow)) > 1.5 * size:  # else there is no room
                drawn.append(figures.RightAngle(shadow, a - shadow, -shadow, size=size, key="right angle"))
        return [*drawn, plane.arrow(b, B, 5.0, name="b", key="b")]  # on the shadow, which is wider

    def half_band(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the way (2,) across b from the middle of the shadow to its edge, away from a."""
        across = plane.beside(b, a, np.pi / 2)
        return 0.02 * np.ptp(self.corners()) * across / np.linalg.norm(across)

    def angle(self, a: np.ndarray, b: np.ndarray) -> list[layers.Layer]:
        """Return the angle between the two, where there is one; a narrow one farther out, where there is room."""
        degrees, shorter = vectors.angle_degrees(a, b), min(float(np.linalg.norm(a)), float(np.linalg.norm(b)))
        if not degrees > 2.0 or shorter < 0.3:
            return []
        radius = min(0.2 + 5 / degrees, 0.6) * shorter
        return [figures.Angle((0, 0), a, b, radius, color="text", close=True, key="angle")]

    def collapsed(self, now: ll.Now) -> list[layers.Layer]:
        """Return the plane on its way onto the line of b, and where a, î and ĵ land on it as numbers."""
        (a, b), part = self.arrows(), now.eased(0.18, 0.72)
        if not b.any():
            return [layers.WarpedGrid(np.eye(2), group="grid", before=False)]
        fall = (1 - part) * np.eye(2) + part * np.outer(b, b) / (b @ b)
        drawn: list[layers.Layer] = [layers.WarpedGrid(fall, group="grid", dim=0.35 + 0.6 * part), self.number_line()]
        drawn.append(plane.arrow(b, B, 5.0, ghost=now.share > 0.2, name="b", key="b"))
        for name, one, role in (("a", a, A), (r"\hat\imath", np.eye(2)[0], "i"), (r"\hat\jmath", np.eye(2)[1], "j")):
            tip = fall @ one
            drawn += [
                plane.arrow(one, role, 5.0, ghost=True),
                plane.path([one, tip], "text", 1.4, alpha=0.7, dash=(8, 5), name="Light", key=f"light {name}"),
                plane.arrow(tip, role, 6.0, name=name, key=f"arrow {name}"),
                *(self.landed(name, role, one, tip) if part == 1 else [named(name, role, tip, plane.beside(one, b))]),
            ]
        return [*drawn, named("b", B, b, plane.beside(b, a))]

    def landed(self, name: str, role: str, one: np.ndarray, tip: np.ndarray) -> list[layers.Layer]:
        """Return the point where an arrow has landed on the line of b, and the number there, opposite to its light."""
        b, line = self.arrows()[1], self.number_line()
        along = b / np.linalg.norm(b)
        across = plane.beside(along, one, np.pi / 2)
        numbered = (-across[1] if line.side == "below" else across[0]) > 0  # go beyond the numbers of the line
        place = tip + (0.085 if numbered else 0.01) * np.ptp(self.corners(), axis=0).max() * across
        disc = layers.Points(shapes.lifted([tip]), role, 7.0, "disc", outline=True, name="Lands", key=f"at {name}")
        return [disc, named(name, role, place, across + 0.4 * along, tex(rf"{name} \to ?", one @ b))]

    @ll.kept
    def number_line(self) -> plots.NumberLine:
        """Return the line of b with the number that each of its points stands for: its product with b."""
        b = self.arrows()[1]
        most = float(max(np.ceil(2.6 * np.linalg.norm(b)), 1.0))
        end = shapes.lifted(most * b / (b @ b))
        side = "below" if abs(b[0]) >= abs(b[1]) else "right"
        return plots.NumberLine(-most, most, count=13, color="text", start=-end, end=end, side=side,
                                key="line", group="grid")  # fmt: skip

    # ------------------------------------------------------------------------------------- many dimensions
    @ll.kept
    def plot(self) -> plots.Plot:
        """Return the axes of the histogram: as high as the density of the last dimension."""
        top = float(vectors.cosine_density(self.dimension, 0.0)) if self.dimension > 3 else 1.0
        return plots.Plot((-1, 1), (0, 1.25 * max(top, 0.8)), r"\cos\theta", "", right=4.4, up=2.6, count=(5, 0))

    def histogram(self, now: ll.Now) -> list[layers.Layer]:
        """Return the cosines of random pairs, on their way from dimension to dimension, and what the theory says."""
        before, after, part, here = self.stage(now)
        heights = (1 - part) * self.counted(before) + part * self.counted(after)
        plot, x = self.plot(), np.linspace(-0.999, 0.999, 801)
        exact = (1 - part) * vectors.cosine_density(before, x) + part * vectors.cosine_density(after, x)
        sd, top = (1 - part) / np.sqrt(before) + part / np.sqrt(after), plot.world(0.0, 1.13 * plot.y[1])
        right, left = plot.world([sd, -sd], [0.0, 0.0]) - (0.0, 0.3, 0.0)  # below the numbers of the axis
        told = tex("d = ?n", here) if part in (0.0, 1.0) else tex(r"d = ?n \to ?n", before, after)
        return [
            plot, self.three_pairs(),
            plot.bars(np.linspace(-1, 1, BINS + 1), heights, A, 0.0, name="Share", key="bars"),
            plot.curve((x, exact), "area", name="Exact density", key="theory"),
            figures.Measure(right, left, r"\pm 1/\sqrt{d}", "area", away=0.32, size=0.16, key="spread", name="Spread"),
            layers.Label(top, told, latex=True, size=34, side="centre", key="dimension"),
        ]  # fmt: skip

    @ll.kept
    def three_pairs(self) -> layers.Layer:
        """Return two arrows each below −1, 0 and 1: the other way, at a right angle, and the same way."""
        ticks = np.repeat((-1.0, 0.0, 1.0), 2)
        tails = self.plot().world(ticks, 0.0 * ticks) + shapes.lifted(FEET) - (0.0, 1.3, 0.0)
        heads = tails + shapes.lifted(WAYS)
        return layers.Arrows(tails, heads, (A, B) * 3, 4.0, depth=False, pickable=False, key="pairs")

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the heads of both arrows, that of a where it has turned to: it is dragged there, and turns on."""
        if not self.flat:
            return []
        (a, b), turn = super().handles(now), self.rotation(now)
        heads = shapes.lifted([self.turned(now), self.arrows()[1]])
        turning = replace(a, position=heads[0], move=lambda one, at: a.move(one, at @ turn))
        return [turning, replace(b, position=heads[1])]

    # ---------------------------------------------------------------------------------------------- the words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the product as numbers, and the number that is looked at."""
        (a, b), turned = self.arrows(), self.turned(now)
        short = [name for name, one in zip("ab", (a, b), strict=True) if not one.any()]
        missing = [layers.Caution(f"{name} has no length, and so no direction") for name in short]
        if self.show == "duality":
            row = r"\begin{bmatrix} ? & ? \end{bmatrix} ? = ?"
            formula = tex(row, ("i", b[0]), ("j", b[1]), (A, a[:, None]), (ALONG, a @ b))
            said = "A list of two numbers is a place, and it is a map onto a line"
            return [layers.Title(self.title, lines=(said,)), layers.Formula(formula), *missing]
        (x, y), (u, v), dot = turned, [tex("(?)" if one < 0 else "?", one) for one in b], float(turned @ b)
        part = "?" if np.allclose(turned, a) else "?.2"  # always as wide while a turns
        formula = tex(
            rf"a \cdot b = {part} \cdot \fgcolor{{{B}}}{{{u}}} ? {part} \cdot \fgcolor{{{B}}}{{{v}}}",
            (A, x), "-" if round(y, 2) < 0 else "+", (A, abs(y)),
        )  # fmt: skip
        length = float(np.linalg.norm(b))
        most, product = length * float(np.linalg.norm(a)), r"?.2 \cdot " + ("(?.2)" if round(dot, 2) < 0 else "?.2")
        by_angle = (tex(product, most, dot / most), "") if most > 0 else ("0", "there is no angle")
        rows = [
            (sign_of(dot), r"\text{shadow} \times \|b\|", tex(r"?.2 \cdot ?.2", vectors.along(turned, b), length), ""),
            ("text", r"\|a\|\,\|b\| \cos\theta", *by_angle),
        ]
        return [
            layers.Title(self.title, lines=(self.sentence(now),)),
            layers.Formula(formula, 23.0),
            *missing,
            layers.Meter("Dot product", r"a \cdot b =", dot, sign_of(dot), -(most or 1.0), most or 1.0),
            layers.Facts("The same as", rows),
        ]

    def sentence(self, now: ll.Now) -> str:
        """Say which way a points."""
        degrees = vectors.angle_degrees(self.turned(now), self.arrows()[1])
        if not np.isfinite(degrees):
            return "An arrow of no length has no shadow"
        if abs(degrees - 90) < LEVEL:
            return "At a right angle there is no shadow"
        return "a goes along with b" if degrees < 90 else "a goes against b"

    def notes_on_random(self, now: ll.Now) -> list[layers.Note]:
        """Return how the cosines are spread in the dimension that is shown."""
        here = self.stage(now)[-1]
        sd, off = self.spread(here)
        rows = [
            ("text", r"1/\sqrt{d}", tex("?.4", 1 / np.sqrt(here)), "in theory"),
            (A, r"98\,\%", tex(r"?.1^\circ \ldots ?.1^\circ", 90 - off, 90 + off), "of the angles"),
        ]
        return [
            layers.Title(self.title, lines=("In many dimensions most pairs are nearly at right angles",)),
            layers.Meter("Spread of the cosines", "", sd, ALONG, 0.0, 0.8, words("?.4", sd)),
            layers.Facts(words("?n random pairs", self.pairs), rows),
        ]


def named(name: str, role: str, head: np.ndarray, side: np.ndarray, text: str = "") -> layers.Label:
    """Return the name of an arrow, or what else is said of it, at its head."""
    return plane.name(head, text or name, role, side, 30, key=f"name {name}")


def sign_of(product: float) -> str:
    """Return the colour of a product: of going along, or against."""
    return ALONG if product >= -1e-9 else AGAINST
