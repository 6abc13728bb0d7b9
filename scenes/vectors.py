"""Vectors two ways: a list of numbers is a walk, walks are added and scaled, and two of them span a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, tex, words
from lossland.models import vectors

LIMIT = 5.0
A, B, RESULT = "signed.low", "signed.high", "area"
STEPS = ("i", "j", "k")  # the colours of steps along the axes
LATTICE = np.array([(s, t) for s in np.arange(-4, 4.01, 0.5) for t in np.arange(-4, 4.01, 0.5)])
TOUR = np.array([(0, 0), (1, 0), (1, 1), (-1, 1), (-1, -1), (1.5, -1), (1, 1)], float)  # s and t of the walker
SAID = {
    "sum": "Walk along a, then along b",
    "difference": "The way from the head of b to that of a",
    "list": "Walk as the list says: that is the arrow",
    "scale": "The same line: longer, shorter, or the other way",
}
SPANNED = ("Nothing but the origin", "All that is reached is one line", "Every point of a plane is reached")


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
    a = parameters.PlaneOrSpacePoint(
        (3, 1, 0), -LIMIT, LIMIT, label="$a$", help="The first walk.", unit=lambda scene: scene.unit
    )
    b = parameters.PlaneOrSpacePoint(
        (-1, 2, 0), -LIMIT, LIMIT, label="$b$", help="The second walk.", unit=lambda scene: scene.unit,
        shown=lambda scene: scene.has_two,
    )  # fmt: skip
    scalar = parameters.Number(-0.5, -2.0, 2.0, "$c$", "How many times a.")
    clock = ll.Clock(10.0)

    def reset(self) -> None:
        """Begin with the two numbers of the plane."""
        super().reset()
        self.changed("space")

    def changed(self, name: str) -> None:
        """Keep as many numbers in both lists as there are dimensions; three numbers open space."""
        if name in ("a", "b") and len(self.values[name]) == 3:
            self.values["space"] = "space"
        if name in ("a", "b", "space"):
            for each in ("a", "b"):
                given = self.values[each]
                self.values[each] = (*given, 0.0)[:3] if self.deep else given[:2]

    def has_control(self, name: str) -> bool:
        """Hide what the picture does not use."""
        return {"b": self.has_two, "scalar": self.show == "scale"}.get(name, True)

    @property
    def deep(self) -> bool:
        """Whether the lists have three numbers."""
        return self.space == "space"

    @property
    def has_two(self) -> bool:
        """Whether both arrows are shown."""
        return self.show not in ("list", "scale")

    @property
    def unit(self) -> float:
        """How many world units one unit is."""
        return 0.5 if self.deep else 1.0

    def world(self, place: ArrayLike) -> np.ndarray:
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
        angle = vectors.angle_degrees(a, np.eye(len(a))[0])
        return {
            "sum": a + b,
            "difference": a - b,
            "scaled": self.scalar * a,
            "length_a": float(np.linalg.norm(a)),
            "length_b": float(np.linalg.norm(b)),
            "length_scaled": abs(self.scalar) * float(np.linalg.norm(a)),
            "angle_degrees": -angle if not self.deep and a[1] < 0 else angle,
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
        return np.clip(now.staged(count, 0.06, 0.62, 0.78) - np.arange(count), 0.0, 1.0)

    def factor(self, now: ll.Now) -> float:
        """Return what a is multiplied by so far: from 1 to 1.5, and on to c."""
        return 1 + 0.5 * now.eased(0.08, 0.3) + (self.scalar - 1.5) * now.eased(0.38, 0.86)

    def coefficients(self, now: ll.Now) -> np.ndarray:
        """Return s and t (2,): the walker is at s a + t b."""
        done = now.staged(len(TOUR) - 1, 0.04, 0.94, 0.85)
        return np.array([np.interp(done, np.arange(len(TOUR)), stations) for stations in TOUR.T])

    # -------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the ground, and what is shown on it."""
        shown = {
            "sum": self.sum, "difference": self.difference, "list": self.listed, "scale": self.scaled, "span": self.span
        }[self.show]  # fmt: skip
        plane = layers.WarpedGrid(np.eye(2), group="grid", before=False, dim=0.6)
        drawn = [figures.Floor(self.unit, 5.0, 5.0) if self.deep else plane, *shown(now)]
        drawn.append(layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True, key="origin"))
        if self.show in ("list", "span") or (self.show == "sum" and now.share < 0.9):
            place = self.world([self.walker(now)])
            drawn.append(layers.Points(place, "text", 7.0, "sphere", outline=True, key="walker", name="Walker"))
        drawn += [handle.ring({"a": A, "b": B, "scalar": RESULT}[handle.name]) for handle in self.handles(now)]
        return ll.Frame(drawn, self.notes(now), self.view(now))

    @ll.kept(framing=True)
    def bounds(self) -> np.ndarray:
        """Return the corners of what must be seen, in whole steps: the view does not follow every small change."""
        a, b = self.heads
        far = {
            "sum": [a, b, a + b], "difference": [a, b, a - b], "list": [a], "scale": [1.5 * a, self.scalar * a],
            "span": [1.5 * (a + b), -1.5 * (a + b), 1.5 * (b - a), 1.5 * (a - b)],
        }[self.show]  # fmt: skip
        points, step, room = self.world([0 * a, *far]), self.unit, 0.1 if self.deep else 0.4  # for lists at the heads
        return shapes.box(step * np.floor(points.min(0) / step - room), step * np.ceil(points.max(0) / step + room))

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: straight down on the plane; in space slowly around, from above to nearly level."""
        if not self.deep:
            return ll.View(90.0, 90.0, flat=True, bounds=self.bounds())
        turn = now.eased(0.0, 1.0) - 0.5
        return ll.View(-71.0, 28.0, bounds=self.bounds(), turned=(30.0 * turn, 8.0 * turn))

    def arrow(self, tail: ArrayLike, tip: ArrayLike, color: str, name: str, **look: Any) -> list[layers.Layer]:
        """Return an arrow between places in units, with a thread to the floor in space; none of no length."""
        tail, tip = self.world(tail), self.world(tip)
        if np.linalg.norm(tip - tail) < 0.02:
            return []
        look = {"width": 6.0, "depth": self.deep, "key": name, "name": name, **look}
        drawn: list[layers.Layer] = [layers.Arrows.one(tail, tip, color, **look)]
        if not look.get("ghost") and abs(tip[2]) > 0.02:
            thread = [np.stack([tip, tip * (1, 1, 0)])]
            drawn.append(layers.Lines(thread, "dim", 1.2, 0.8, dash=(8, 5), pickable=False, key=f"{name} above"))
        return drawn

    def beside(self, along: ArrayLike, other: ArrayLike, now: ll.Now) -> np.ndarray:
        """Return the direction (3,) across an arrow, as it is seen, away from another one."""
        left = self.view(now).left_of(self.world(along))
        return -left if left @ self.world(other) > 0 else left

    def column(self, at: ArrayLike, numbers: np.ndarray, color: str, side: Any, symbol: str) -> layers.Label:
        """Return a list of numbers as a column beside a place in units."""
        text = symbol + tex("?", (color, np.round(numbers, 2)[:, None]))
        return layers.Label(self.world(at), text, color, latex=True, size=24, side=side)

    def letter(self, at: ArrayLike, name: str, color: str, side: np.ndarray) -> layers.Label:
        """Return the name of an arrow a little beside a place in units."""
        place = self.world(at) + 0.05 * np.asarray(side) / max(float(np.linalg.norm(side)), 1e-9)
        return layers.Label(place, name, color, latex=True, size=28, side=side, key=f"name {name}")

    def sum(self, now: ll.Now) -> list[layers.Layer]:
        """Walk along a; carry b to its head; walk along b; the sum is the way from start to end."""
        a, b = self.heads
        moved, grown = now.eased(0.36, 0.52), now.eased(0.78, 0.92)
        carried, turned = moved * a, min(4 * moved, 1.0)  # the list of b goes around its head before it comes down
        drawn = [*self.arrow(0 * a, a, A, "a"), *self.arrow(0 * b, b, B, "b", ghost=now.share > 0.36)]
        if now.share > 0.36:
            drawn += self.arrow(carried, carried + b, B, "b carried")
        if grown > 0:
            corners = self.world([0 * a, a, a + b, b])
            drawn.insert(0, layers.Polygon(corners, RESULT, 0.16 * grown, 0.0, depth=self.deep, name="a + b"))
            drawn += self.arrow(b, b + grown * a, A, "a carried", ghost=True)  # the other way round
            drawn += self.arrow(0 * a, grown * (a + b), RESULT, "a + b", width=7.0)
        aside = (1 - turned) * self.world(b) + turned * self.beside(b, -a, now)
        if self.deep:  # three numbers have no room there: they stand in the formula
            drawn += [self.letter(a / 2, "a", A, self.beside(a, b, now)),
                      self.letter(carried + (1 - 0.7 * moved**2) * b, "b", B, aside)]  # fmt: skip
        else:
            drawn += [self.column(a, a, A, self.world(a), "a = "),
                      self.column(carried + (1 - 0.5 * moved**2) * b, b, B, aside, "b = ")]  # fmt: skip
        if grown > 0.5:
            drawn.append(self.column(a + b, a + b, RESULT, self.world(a + b), "a + b = "))
        return drawn

    def difference(self, now: ll.Now) -> list[layers.Layer]:
        """Show the way from the head of b to that of a, and carry it to the origin."""
        a, b = self.heads
        grown, home = now.eased(0.1, 0.34), 1 - now.eased(0.5, 0.86)
        drawn = [*self.arrow(0 * a, a, A, "a"), *self.arrow(0 * b, b, B, "b")]
        drawn += self.arrow(b, b + grown * (a - b), RESULT, "from b to a", width=7.0, ghost=home < 1)
        if home < 1:
            drawn += self.arrow(home * b, home * b + a - b, RESULT, "a − b", width=7.0)
        drawn += [self.column(a, a, A, self.world(a), "a = "), self.column(b, b, B, self.world(b), "b = ")]
        if grown == 1:
            drawn.append(self.letter((a + b) / 2, "a - b", RESULT, self.beside(a - b, -(a + b), now)))
        if home < 0.5:
            drawn.append(self.column(home * b + a - b, a - b, RESULT, self.world(a - b), "a - b = "))
        return drawn

    def listed(self, now: ll.Now) -> list[layers.Layer]:
        """Walk so far along each axis as the list says; the arrow is the way from start to end."""
        a, done = self.heads[0], self.steps(now)
        axes, numbers, drawn = np.eye(len(a)), [r"\cdot"] * len(a), []
        for k, part in enumerate(done.tolist()):
            if part * abs(a[k]) < 0.02 and part < 1:
                continue
            numbers[k] = tex("?2", (STEPS[k], part * a[k]))
            corner = a * (np.arange(len(a)) < k)
            leg = self.world([corner, corner + part * a[k] * axes[k]])
            away = axes[1] * (-1 if a[1] >= 0 else 1) if k == 0 else axes[0] * (-1 if a[0] < 0 else 1)
            drawn.append(layers.Lines([leg], STEPS[k], 5.0, depth=self.deep, name=f"Step {k + 1}", key=f"step {k}"))
            text, side = words("?2", part * a[k]), self.world(away)
            drawn.append(layers.Label(leg.mean(0), text, STEPS[k], size=24, side=side, key=f"count {k}"))
        drawn += self.arrow(0 * a, now.eased(0.64, 0.82) * a, A, "a", width=7.0)
        column = r"\begin{bmatrix} " + r" \\ ".join(numbers) + r" \end{bmatrix}"
        side = np.array([0.6, 0.0, 1.0] if self.deep else [0.6, 1.0, 0.0])
        drawn.append(layers.Label(self.world(a * done), column, "text", latex=True, size=24, side=side, key="list"))
        length = float(np.linalg.norm(a))
        if now.share > 0.84 and length > 0:
            drawn.append(self.letter(a / 2, tex(r"\|a\| = ?3", (A, length)), A, self.beside(a, a * axes[0], now)))
            if not self.deep:
                drawn.append(figures.Angle((0, 0), (1, 0), a, min(0.7, 0.4 * length), color=A))
        return drawn

    def scaled(self, now: ll.Now) -> list[layers.Layer]:
        """Stretch a, and turn it around where c is below 0; it never leaves its line."""
        a, factor = self.heads[0], self.factor(now)
        if not a.any():
            return [self.column(a, a, A, "above right", "a = ")]
        path = self.world(np.outer((-12, 12), a / np.linalg.norm(a)))
        side, wholes = self.beside(a, np.eye(len(a))[0], now), self.world(np.outer(np.arange(-3, 4), a))
        both = [self.arrow(0 * a, a, A, "a", width=9.0, dim=0.5), self.arrow(0 * a, factor * a, RESULT, "c a")]
        return [
            layers.Lines([path], "dim", 1.4, 0.8, dash=(8, 5), depth=self.deep, name="Line of a"),
            layers.Points(wholes, "dim", 4.0, "disc", pickable=False, key="wholes"),
            *(one for arrow in (both if factor < 1 else both[::-1]) for one in arrow),  # the shorter one in front
            self.column(a, a, A, side, "a = "),
            self.column(factor * a, factor * a, RESULT, -side, tex(r"?.2\, a = ", factor)),
        ]

    def span(self, now: ll.Now) -> list[layers.Layer]:
        """Go s times along a and t times along b: everywhere that leads is their span."""
        (a, b), (s, t), walker = self.heads, self.coefficients(now), self.walker(now)
        reach = 0.25 + 0.75 * now.eased(0.03, 0.16) + (1.0 if self.deep else 3.5) * now.eased(0.2, 0.94)
        dots = self.world(LATTICE @ self.heads)[np.abs(LATTICE).max(axis=1) <= reach]
        drawn = [*self.spanned(reach), layers.Points(dots, RESULT, 6.4, "dot", key="dots", name="s a + t b", dim=0.2)]
        drawn += [*self.arrow(0 * a, a, A, "a", ghost=True), *self.arrow(0 * b, b, B, "b", ghost=True)]
        if not (s or t):
            return [*drawn, self.letter(a, "a", A, self.world(a)), self.letter(b, "b", B, self.world(b))]
        side, apart = self.world(walker), 0 * a
        if vectors.span_dimension(a, b) < 2:  # on one line the two steps go side by side
            side = self.beside(a if a.any() else b, np.eye(3)[0], now)
            apart = 0.14 * side[: len(a)] / max(float(np.linalg.norm(side)), 1e-9)
        drawn += [*self.arrow(0 * a, s * a, A, "s a"), *self.arrow(s * a + apart, walker + apart, B, "t b")]
        text = tex(r"?.1\,a ? ?.1\,b", (A, s), "-" if t < 0 else "+", (B, abs(t)))
        place = self.world(walker + 3 * apart)
        return [*drawn, layers.Label(place, text, "text", latex=True, size=26, side=side, plate="panel", key="walked")]

    def spanned(self, reach: float) -> list[layers.Layer]:
        """Return what is reached with s and t up to ``reach``: a piece of a plane, or of a line, or nothing."""
        corners = self.world(reach * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) @ self.heads)
        dimension = vectors.span_dimension(*self.heads)
        if dimension == 2:
            return [layers.Polygon(corners, RESULT, 0.16, 1.2, depth=self.deep, name="Span")]
        farthest = corners[np.argmax(np.linalg.norm(corners, axis=1))]
        line = layers.Lines([np.stack([-farthest, farthest])], RESULT, 2.6, depth=self.deep, name="Span")
        return [line] if dimension else []

    # -------------------------------------------------------------------------------------------- handles, words
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the heads of what is shown; c is dragged along the line of a."""
        found = [*super().handles(now)]
        if self.show == "scale" and any(self.a):
            place = self.world(self.scalar * self.heads[0])
            found.append(ll.Handle("scalar", place, Vectors.stretch, plane=None if self.deep else 0.0, free=self.deep))
        return found

    def stretch(self, position: Sequence[float]) -> None:
        """Take the multiple of a that is nearest to a position in the world."""
        a = self.heads[0]
        factor = float(np.asarray(position, float)[: len(a)] @ a / (a @ a) / self.unit)
        self.set("scalar", min(max(round(factor, 2), -2.0), 2.0))

    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return what is shown as a formula with its numbers, and the one number that matters."""
        a, b = (one[:, None] for one in self.heads)
        length, dimension, factor = float(np.linalg.norm(a)), vectors.span_dimension(self.a, self.b), self.factor(now)
        squares = "+".join(tex("?^2", (color, abs(x))) for color, x in zip(STEPS, self.a, strict=False))
        formula = {
            "sum": tex("a + b = ? + ? = ?", (A, a), (B, b), (RESULT, a + b)),
            "difference": tex("a - b = ? - ? = ?", (A, a), (B, b), (RESULT, a - b)),
            "list": rf"\|a\| = \sqrt{{{squares}}}",
            "scale": tex(r"c\,a = ?.2\, ? = ?.2", (RESULT, factor), (A, a), (RESULT, factor * a)),
            "span": tex(r"s\, ? + t\, ?", (A, a), (B, b)),
        }[self.show]
        meter = {
            "list": layers.Meter("Length", r"\|a\| =", length, A, 0.0, 8.0),
            "scale": layers.Meter("Length", r"\|c\,a\| =", abs(factor) * length, RESULT, 0.0, 10.0),
            "span": layers.Meter("Dimensions of the span", "", dimension, RESULT, 0.0, 3.0, str(dimension)),
        }.get(self.show)
        title = layers.Title(self.title, lines=(SAID.get(self.show, SPANNED[dimension]),))
        return [title, layers.Formula(formula, 23.0), *([meter] if meter else [])]
