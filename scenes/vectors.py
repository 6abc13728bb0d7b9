"""Vectors two ways: a list of numbers is a walk, walks are added and scaled, and two of them span a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, tex, words
from lossland.models import vectors

LIMIT = 5.0
SPACE = 0.5  # world units of one unit in space
A, B, RESULT = "signed.low", "signed.high", "area"
STEPS = ("i", "j", "k")  # the colours of steps along the axes
NUMBER = {"latex": True, "size": 24}  # a column of numbers at an arrow's head
SLIM = 1e-9
LATTICE = np.array([(s, t) for s in np.arange(-4, 4.01, 0.5) for t in np.arange(-4, 4.01, 0.5)])
TOUR = np.array([(0, 0), (1, 0), (1, 1), (-1, 1), (-1, -1), (1.5, -1), (1, 1)], float)  # s and t of the walker


class Vector(parameters.SpacePoint):
    """Two or three numbers; dragged at its head, in the plane or in space."""

    def check(self, value: object) -> tuple[float, ...]:
        """Accept two numbers or three."""
        first = parameters.Point((0.0, 0.0), -LIMIT, LIMIT)
        first.name = self.name
        try:
            return super().check(value)
        except ll.UserError:
            try:
                return first.check(value)
            except ll.UserError as error:
                raise ll.UserError(str(error).replace("must be 2 numbers", "must be 2 or 3 numbers")) from None

    def handle(self, scene: Any) -> ll.Handle:
        """Return the handle at the head."""
        place = scene.world(scene.values[self.name])
        return ll.Handle(self.name, place, self.move, plane=None if scene.deep else 0.0, free=scene.deep)

    def move(self, scene: Any, position: Sequence[float]) -> None:
        """Take the head that is nearest to a position in the world."""
        head = np.asarray(position, float)[: len(scene.values[self.name])] / scene.unit
        scene.set(self.name, np.clip(np.round(head, 1 if scene.deep else 2), -LIMIT, LIMIT))


class Vectors(ll.Scene):
    """A vector is a list of numbers, and it is an arrow."""

    name = "vectors"
    title = "Vectors two ways"
    chapter = "Vectors and data"
    rows = ("V1", "V2", "V3", "S10", "S19")
    sign = (
        signs.Line([(0.10, 0.86), (0.62, 0.66), (0.86, 0.12)], "dim", 1.0),
        signs.Line([(0.10, 0.86), (0.62, 0.66)], A, 2.2),
        signs.Line([(0.62, 0.66), (0.86, 0.12)], B, 2.2),
        signs.Line([(0.10, 0.86), (0.86, 0.12)], RESULT, 2.2),
        signs.Dot((0.86, 0.12), 2.4, RESULT),
    )
    presets: ClassVar = {
        "sum": {},
        "list and arrow": {"show": "list", "a": (3, 4)},
        "difference": {"show": "difference"},
        "scaled": {"show": "scale", "a": (3, 4), "scalar": -0.5},
        "span": {"show": "span", "a": (1.5, 0.5), "b": (-0.5, 1)},
        "a line is all": {"show": "span", "a": (2, 1), "b": (-1, -0.5)},
        "list of three": {"show": "list", "a": (1, 2, 2), "b": (2, -1, 1)},
        "sum in space": {"a": (2.5, -0.5, 0.5), "b": (-0.5, 2, 1.5)},
        "a plane in space": {"show": "span", "a": (1.5, -0.5, 0.5), "b": (0, 1.5, 0.5)},
    }

    space = parameters.Choice("plane", ("plane", "space"), "in", "Lists of two numbers, or of three.")
    show = parameters.Choice(
        "sum", ("sum", "difference", "list", "scale", "span"), "show",
        "b after a; what leads from b to a; the list as a walk along the axes; c times a; all that a and b can reach.",
    )  # fmt: skip
    a = Vector((3, 1, 0), -LIMIT, LIMIT, label="$a$", help="The first walk.")
    b = Vector((-1, 2, 0), -LIMIT, LIMIT, label="$b$", help="The second walk.")
    scalar = parameters.Number(-0.5, -2.0, 2.0, "$c$", "How many times a.")
    clock = ll.Clock(10.0)

    def reset(self) -> None:
        """Begin with the two numbers of the plane."""
        super().reset()
        self.changed("space")

    def changed(self, name: str) -> None:
        """Keep as many numbers in both lists as there are dimensions; three numbers open space."""
        if name in ("a", "b"):
            self.values["space"] = "space" if len(self.values[name]) == 3 else self.values["space"]
        for each in ("a", "b") if name in ("space", "a", "b") else ():
            given = self.values[each]
            self.values[each] = (*given, 0.0)[:3] if self.deep else given[:2]

    @property
    def deep(self) -> bool:
        """Whether the lists have three numbers."""
        return self.values["space"] == "space" if "space" in self.values else False

    @property
    def unit(self) -> float:
        """How many world units one unit is."""
        return SPACE if self.space == "space" else 1.0

    def world(self, place: Any) -> np.ndarray:
        """Return the world points (..., 3) of places of two or three numbers."""
        found = np.asarray(place, float) * self.unit
        return found if found.shape[-1] == 3 else shapes.lifted(found)

    @property
    def heads(self) -> np.ndarray:
        """The two vectors as rows, (2, 2) or (2, 3)."""
        return np.array([self.a, self.b])

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return what is made of the two, how long they are, the direction of a, and how much they span.

        ``angle_degrees`` is the one from the x axis to a, counter-clockwise in the plane.
        """
        a, b = self.heads
        if self.space == "plane":
            angle = float(np.degrees(np.arctan2(a[1], a[0]))) if a.any() else float("nan")
        else:
            angle = vectors.angle_degrees(a, np.eye(len(a))[0])
        return {
            "sum": a + b,
            "difference": a - b,
            "scaled": self.scalar * a,
            "length_a": float(np.linalg.norm(a)),
            "length_b": float(np.linalg.norm(b)),
            "length_scaled": abs(self.scalar) * float(np.linalg.norm(a)),
            "angle_degrees": angle,
            "between_degrees": vectors.angle_degrees(a, b),
            "span_dimension": vectors.span_dimension(a, b),
            "walker": self.walker(now),
        }

    # ---------------------------------------------------------------------------------------------- the score
    def walker(self, now: ll.Now) -> np.ndarray:
        """Return where the walker is, in units."""
        a, b = self.heads
        if self.show == "span":
            return self.coefficients(now) @ self.heads
        if self.show == "list":
            return a * self.steps(now)
        if self.show == "scale":
            return self.factor(now) * a
        if self.show == "difference":
            return b + now.eased(0.35, 0.7) * (a - b)
        return now.eased(0.08, 0.32) * a + now.eased(0.56, 0.74) * b

    def steps(self, now: ll.Now) -> np.ndarray:
        """Return how much of the step along each axis is done."""
        count = len(self.a)
        begins = 0.06 + 0.56 * np.arange(count) / count
        return np.array([now.eased(begin, begin + 0.44 / count) for begin in begins.tolist()])

    def factor(self, now: ll.Now) -> float:
        """Return what a is multiplied by so far: from 1 to 1.5, and on to c."""
        return 1 + 0.5 * now.eased(0.08, 0.3) + (self.scalar - 1.5) * now.eased(0.38, 0.86)

    def coefficients(self, now: ll.Now) -> np.ndarray:
        """Return s and t (2,): the walker is at s a + t b."""
        done = now.staged(len(TOUR) - 1, 0.04, 0.94, 0.85)
        leg = min(int(done), len(TOUR) - 2)
        return TOUR[leg] + (done - leg) * (TOUR[leg + 1] - TOUR[leg])

    # -------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the ground, and what is shown on it."""
        shown = {
            "sum": self.sum,
            "difference": self.difference,
            "list": self.listed,
            "scale": self.scaled,
            "span": self.span,
        }
        drawn = [*self.ground(), *shown[self.show](now)]
        drawn.append(layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True, key="origin"))
        for name, role in (("a", A), ("b", B)) if self.show not in ("list", "scale") else (("a", A),):
            ring = self.world([getattr(self, name)])
            drawn.append(layers.Points(ring, role, 7.0, "ring", outline=True, group="handles", name=name))
        if self.show == "scale":
            ring = self.world([self.scalar * self.heads[0]])
            drawn.append(layers.Points(ring, RESULT, 7.0, "ring", outline=True, group="handles", name="c a"))
        return ll.Frame(drawn, self.notes(now), self.view(now))

    @ll.kept
    def reached(self) -> np.ndarray:
        """Return world points (k, 3) that must be seen."""
        a, b = self.heads
        far = {
            "sum": [a, b, a + b], "difference": [a, b, a - b], "list": [a], "scale": [1.5 * a, self.scalar * a],
            "span": [1.5 * (a + b), -1.5 * (a + b), 1.5 * (b - a), 1.5 * (a - b)],
        }[self.show]  # fmt: skip
        points = self.world([0 * a, *far])
        step = 2.0 * self.unit  # so that the view stays while a head is dragged a little
        low, high = step * np.floor(points.min(0) / step - 0.1), step * np.ceil(points.max(0) / step + 0.1)
        middle, half = (low + high) / 2, (high - low) / 2
        if self.space == "plane":
            return middle + np.array([(x, y, 0.0) for x in (-1, 1) for y in (-1, 1)]) * half * (1, 1, 0)
        half = np.maximum(0.72 * half, 0.8 * self.unit)
        return middle + np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: straight down on the plane; in space slowly around, from above to nearly level."""
        if self.space == "plane":
            return ll.View(90.0, 90.0, flat=True, bounds=self.reached())
        turn = now.eased(0.0, 1.0) - 0.5
        return ll.View(-71.0, 28.0, bounds=self.reached(), turned=(30.0 * turn, 8.0 * turn))

    @ll.kept
    def ground(self) -> list[layers.Layer]:
        """Return the grid: of the plane, or of the floor with its three axes."""
        if self.space == "plane":
            return [layers.WarpedGrid(np.eye(2), group="grid", before=False, dim=0.6)]
        floor = self.world(shapes.lifted(shapes.grid(5.0)))
        axes = [self.world([-5 * e, 5 * e]) for e in np.eye(3)[:2]] + [self.world([(0, 0, 0), (0, 0, 4)])]
        return [
            layers.Lines(list(floor), "hair", 1.0, pickable=False, group="grid"),
            layers.Lines(axes, "dim", 1.3, 0.8, pickable=False, group="grid"),
        ]

    def arrow(self, tail: Any, tip: Any, color: str, name: str, **options: Any) -> list[layers.Layer]:
        """Return an arrow between places in units, with a thread to the floor in space; none of no length."""
        tail, tip = self.world(np.array([tail], float)), self.world(np.array([tip], float))
        if np.linalg.norm(tip - tail) < 0.02:
            return []
        look = {"width": 6.0, "depth": self.space == "space", "key": name, "name": name, **options}
        drawn: list[layers.Layer] = [layers.Arrows(tail, tip, color, **look)]
        if self.space == "space" and not look.get("ghost") and abs(tip[0, 2]) > 0.02:
            drop = np.stack([tip[0], tip[0] * (1, 1, 0)])
            drawn.append(layers.Lines([drop], "dim", 1.2, 0.8, dash=(8, 5), pickable=False, key=f"{name} above"))
        return drawn

    def column(self, at: Any, numbers: Any, color: Any, side: Any, symbol: str = "") -> layers.Label:
        """Return a list of numbers as a column beside a place in units."""
        text = tex("?", (color, np.round(np.asarray(numbers, float), 2)[:, None]))
        return layers.Label(self.world(at), symbol + text, color, side=side, **NUMBER)

    def aside(self, along: Any, other: Any) -> np.ndarray:
        """Return the direction (3,) across an arrow, away from another; in space as it is seen along y."""
        axes = [0, 2] if len(along) == 3 else [0, 1]
        right, up = np.asarray(along, float)[axes]
        left = np.zeros(3)
        left[axes] = -up, right
        return -left if left[: len(along)] @ np.asarray(other, float) > 0 else left

    def sum(self, now: ll.Now) -> list[layers.Layer]:
        """Walk along a; carry b to its head; walk along b; the sum is the way from start to end."""
        a, b = self.heads
        carried, grown, walker = now.eased(0.36, 0.52) * a, now.eased(0.78, 0.92), self.walker(now)
        corners = self.world([0 * a, a, a + b, b])
        drawn = [*self.arrow(0 * a, a, A, "a"), *self.arrow(0 * b, b, B, "b", ghost=now.share > 0.36)]
        if grown > 0:
            drawn.insert(
                0, layers.Polygon(corners, RESULT, 0.16 * grown, 0.0, depth=self.space == "space", name="a + b")
            )
        if now.share > 0.36:
            drawn += self.arrow(carried, carried + b, B, "b carried")
        drawn += self.arrow(0 * a, grown * (a + b), RESULT, "a + b", width=7.0)
        if self.space == "plane":  # at its head a's column keeps off the axes that a begins at
            drawn.append(self.column(a, a, A, self.world(a), "a = "))
            drawn.append(self.column(carried + b / 2, b, B, self.aside(b, -a), "b = "))
        else:  # three numbers have no room there: they stand in the formula
            for name, place, color, side in (
                ("a", a / 2, A, self.aside(a, b)),
                ("b", carried + b / 2, B, self.aside(b, -a)),
            ):
                drawn.append(layers.Label(self.world(place), name, color, side=side, latex=True, size=28))
        if grown > 0.5:
            drawn.append(self.column(a + b, a + b, RESULT, self.world(a + b)))
        if now.share < 0.9:
            drawn.append(
                layers.Points(self.world([walker]), "text", 7.0, "sphere", outline=True, key="walker", name="Walker")
            )
        return drawn

    def difference(self, now: ll.Now) -> list[layers.Layer]:
        """Show the way from the head of b to that of a, and carry it to the origin."""
        a, b = self.heads
        grown, home = now.eased(0.1, 0.34), 1 - now.eased(0.5, 0.86)
        drawn = [*self.arrow(0 * a, a, A, "a"), *self.arrow(0 * b, b, B, "b")]
        drawn += self.arrow(b, b + grown * (a - b), RESULT, "from b to a", ghost=home < 1, width=7.0)
        if home < 1:
            drawn += self.arrow(home * b, home * b + a - b, RESULT, "a − b", width=7.0)
        drawn += [self.column(a, a, A, self.world(a), "a = "), self.column(b, b, B, self.world(b), "b = ")]
        if home == 0:
            drawn.append(self.column((a - b) / 2, a - b, RESULT, self.aside(a - b, b), "a - b = "))
        return drawn

    def listed(self, now: ll.Now) -> list[layers.Layer]:
        """Walk so far along each axis as the list says; the arrow is the way from start to end."""
        a, done, grown = self.heads[0], self.steps(now), now.eased(0.64, 0.82)
        corners = [np.where(np.arange(len(a)) < k, a, 0.0) for k in range(len(a) + 1)]
        drawn: list[layers.Layer] = []
        for k, part in enumerate(done.tolist()):
            tip = corners[k] + part * (corners[k + 1] - corners[k])
            if part > 0:
                leg = self.world([corners[k], tip])
                look: dict[str, Any] = {"depth": self.space == "space", "name": f"Step {k + 1}", "key": f"step {k}"}
                drawn.append(layers.Lines([leg], STEPS[k], 5.0, **look))
                out = np.zeros(3)
                if k == 0:
                    out[1] = -np.sign(a[1]) if a[1] else -1.0
                else:
                    out[0] = np.sign(a[0]) if a[0] else 1.0
                text, place = words("?2", part * a[k]), leg.mean(0)
                drawn.append(layers.Label(place, text, STEPS[k], size=24, side=out, key=f"count {k}"))
        drawn += self.arrow(0 * a, grown * a, A, "a", width=7.0)
        inside = r" \\ ".join(
            tex(r"?2", (STEPS[k], a[k] * part)) if part > 0 else r"\cdot" for k, part in enumerate(done)
        )
        place, side = (
            self.world(a * done),
            np.array([0.6, 0.0, 1.0]) if self.space == "space" else np.array([0.6, 1.0, 0.0]),
        )
        drawn.append(
            layers.Label(place, rf"\begin{{bmatrix}} {inside} \end{{bmatrix}}", "text", side=side, key="list", **NUMBER)
        )
        drawn.append(layers.Points(place[None], "text", 7.0, "sphere", outline=True, key="walker", name="Walker"))
        length = float(np.linalg.norm(a))
        if now.share > 0.84 and length > SLIM:
            text = tex(r"\|a\| = ?3", (A, length))
            drawn.append(
                layers.Label(
                    self.world(a / 2), text, A, latex=True, size=28, side=self.aside(a, a * (np.arange(len(a)) == 0))
                )
            )
            if self.space == "plane" and length > 0.6:
                drawn.append(
                    figures.Angle((0, 0), (1, 0), self.world(a), min(0.7, 0.4 * length), color=A, about=(0, 0, 1))
                    if a[1] >= 0
                    else figures.Angle((0, 0), self.world(a), (1, 0), min(0.7, 0.4 * length), color=A, about=(0, 0, 1))
                )
        return drawn

    def scaled(self, now: ll.Now) -> list[layers.Layer]:
        """Stretch a, and turn it around where c is below 0; it never leaves its line."""
        a, factor = self.heads[0], self.factor(now)
        length = float(np.linalg.norm(a))
        if length < SLIM:
            return [self.column(a, a, A, "above right", "a = ")]
        whole = np.arange(-3, 4)[:, None] * a
        path, side = (
            self.world(np.array([-12, 12])[:, None] * a / length),
            self.aside(a, a * (np.arange(len(a)) == 0) if a[0] else np.eye(len(a))[0]),
        )
        return [
            layers.Lines([path], "dim", 1.4, 0.8, dash=(8, 5), depth=self.space == "space", name="Line of a"),
            layers.Points(self.world(whole), "dim", 4.0, "disc", pickable=False, key="wholes"),
            *self.arrow(0 * a, a, A, "a"),
            *self.arrow(0 * a, factor * a, RESULT, "c a", width=8.0),
            self.column(a, a, A, -side, "a = "),
            self.column(factor * a, factor * a, RESULT, side, tex(r"?.2\, a = ", factor)),
        ]

    def span(self, now: ll.Now) -> list[layers.Layer]:
        """Go s times along a and t times along b: everywhere that leads is their span."""
        (a, b), (s, t), walker = self.heads, self.coefficients(now), self.walker(now)
        reach = 0.25 + (4.25 if self.space == "plane" else 1.75) * now.eased(0.08, 0.94)
        dots = self.dots()[np.abs(LATTICE).max(axis=1) <= reach]
        drawn: list[layers.Layer] = [*self.spanned(reach)]
        drawn.append(layers.Points(dots, RESULT, 3.2, "disc", key="dots", name="s a + t b", dim=0.2))
        drawn += [*self.arrow(0 * a, a, A, "a", ghost=True), *self.arrow(0 * b, b, B, "b", ghost=True)]
        drawn += [*self.arrow(0 * a, s * a, A, "s a"), *self.arrow(s * a, walker, B, "t b")]
        drawn.append(
            layers.Points(self.world([walker]), "text", 7.0, "sphere", outline=True, key="walker", name="Walker")
        )
        text = tex(r"?.1\,a ? ?.1\,b", (A, s), "-" if t < 0 else "+", (B, abs(t)))
        drawn.append(layers.Label(self.world(walker), text, "text", latex=True, size=26, side=self.aside(a, -b)))
        return drawn

    @ll.kept
    def dots(self) -> np.ndarray:
        """Return the world points (n, 3) of sums of halves of a and b."""
        return self.world(LATTICE @ self.heads)

    def spanned(self, reach: float) -> list[layers.Layer]:
        """Return what is reached with s and t up to ``reach``: a piece of a plane, or of a line, or a point."""
        a, b = self.heads
        size, deep = vectors.span_dimension(a, b), self.space == "space"
        if size == 2:
            corners = reach * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) @ self.heads
            return [layers.Polygon(self.world(corners), RESULT, 0.16, 1.2, depth=deep, name="Span")]
        if size == 1:
            along = a if np.linalg.norm(a) >= np.linalg.norm(b) else b
            far = reach * (np.linalg.norm(a) + np.linalg.norm(b)) / np.linalg.norm(along)
            return [
                layers.Lines([self.world(np.array([-far, far])[:, None] * along)], RESULT, 2.6, depth=deep, name="Span")
            ]
        return []

    # -------------------------------------------------------------------------------------------- handles, words
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the heads of what is shown; c is dragged along the line of a."""
        shown = ("a", "b") if self.show not in ("list", "scale") else ("a",)
        found = [handle for handle in super().handles(now) if handle.name in shown]
        if self.show == "scale" and np.any(self.heads[0]):
            place, deep = self.world(self.scalar * self.heads[0]), self.space == "space"
            found.append(ll.Handle("scalar", place, Vectors.stretch, plane=None if deep else 0.0, free=deep))
        return found

    def stretch(self, position: Sequence[float]) -> None:
        """Take the multiple of a that is nearest to a position in the world."""
        a = self.heads[0]
        factor = float(np.asarray(position, float)[: len(a)] @ a / (a @ a) / self.unit)
        self.set("scalar", min(max(round(factor, 2), -2.0), 2.0))

    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return what is shown as a formula with its numbers, and the one number that matters."""
        a, b = (one[:, None] for one in self.heads)
        read = self.readouts(now)
        size = read["span_dimension"]
        shown, said, meter = {
            "sum": (tex("a + b = ? + ? = ?", (A, a), (B, b), (RESULT, a + b)), "Walk along a, then along b", None),
            "difference": (
                tex("a - b = ? - ? = ?", (A, a), (B, b), (RESULT, a - b)),
                "The way from the head of b to that of a",
                None,
            ),
            "list": (
                tex(r"\|a\| = \sqrt{?}", "+".join(tex(r"?^2", (STEPS[k], abs(x))) for k, x in enumerate(self.a))),
                "Walk as the list says: that is the arrow",
                layers.Meter("Length of a", "", read["length_a"], A, 0.0, 8.0),
            ),
            "scale": (
                tex(r"c\,a = ?\, ? = ?", (RESULT, self.scalar), (A, a), (RESULT, self.scalar * a)),
                "The same line: longer, shorter, or the other way",
                layers.Meter("Length of c a", "", abs(self.factor(now)) * read["length_a"], RESULT, 0.0, 10.0),
            ),
            "span": (
                tex(r"s\, ? + t\, ?", (A, a), (B, b)),
                ("Nothing but the origin", "All that is reached is one line", "Every point of a plane is reached")[
                    size
                ],
                layers.Meter("Dimensions of the span", "", size, RESULT, 0.0, 3.0, str(size)),
            ),
        }[self.show]
        notes: list[layers.Note] = [layers.Title(self.title, lines=(said,)), layers.Formula(shown, 23.0)]
        return [*notes, meter] if meter else notes
