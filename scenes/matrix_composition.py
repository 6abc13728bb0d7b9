"""First B, then A: one matrix does what two do one after the other, and the order matters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, tex
from lossland.models import linear_maps as maps

COLUMNS = ("i", "j")  # the colours of the basis arrows, and of a matrix's columns
ONE, OTHER = "area", "eigen2"  # the colours of where the two orders end
LETTER = np.array([(0.2, 0.2), (0.5, 0.2), (0.5, 0.8), (0.85, 0.8), (0.85, 1.05), (0.5, 1.05), (0.5, 1.3),
                   (1.0, 1.3), (1.0, 1.55), (0.2, 1.55)])  # fmt: skip
PARTS = ((0, 1, 6, 9), (2, 3, 4, 5), (6, 7, 8, 9))  # convex pieces of the letter, to be filled
NAMES = "ABCD"
SAME = 1e-9
CELLS = 2  # grid lines on each side of a small plane's middle
ACROSS, ALONG = 1.06, 1.27  # from the middle of the picture to that of a small plane, in half widths of one
UP, DOWN = 1.0, -1.0
SCORE = {"B then A": (0.04, 0.38), "at once": (0.42, 0.56), "A then B": (0.60, 0.88)}  # shares of the scene


class MatrixComposition(ll.Scene):
    """Two maps after each other are one map, whose matrix is the product."""

    name = "matrix_composition"
    title = "First B, then A"
    chapter = "Matrices"
    rows = ("M3", "M4", "S10")
    sign = (
        signs.Line([(0.08, 0.80), (0.40, 0.80), (0.40, 0.48)], "i", 1.8),
        signs.Line([(0.40, 0.48), (0.90, 0.20)], "j", 1.8),
        signs.Line([(0.08, 0.80), (0.90, 0.20)], "area", 2.2),
        signs.Dot((0.90, 0.20), 2.6, "area"),
    )
    presets: ClassVar = {
        "shear after turn": {},
        "stretch and turn": {"a": ((2, 0), (0, 0.75)), "b": ((0.6, -0.8), (0.8, 0.6))},
        "two turns": {"a": ((0, -1), (1, 0)), "b": ((0.8, -0.6), (0.6, 0.8))},
        "two mirrors": {"a": ((0, 1), (1, 0)), "b": ((1, 0), (0, -1))},
        "turn back": {"a": ((0, 1), (-1, 0)), "b": ((0, -1), (1, 0))},
        "flattened": {"a": ((1, 1), (0.5, 0.5)), "b": ((0, -1), (1, 0))},
        "three in a row": {"factors": 3, "c": ((1.25, 0), (0, 0.75))},
        "four in a row": {"factors": 4, "c": ((1.25, 0), (0, 0.75)), "d": ((0, 1), (1, 0))},
    }

    a = parameters.Matrix(((1, 1), (0, 1)), -3, 3, "$A$", "The map that comes last.")
    b = parameters.Matrix(((0, -1), (1, 0)), -3, 3, "$B$", "The map that comes before A.")
    factors = parameters.Integer(2, 2, 4, "matrices", "How many are applied one after the other.")
    c = parameters.Matrix(((1.25, 0), (0, 0.75)), -3, 3, "$C$", "The map before B, where there are three.")
    d = parameters.Matrix(((0, 1), (1, 0)), -3, 3, "$D$", "The first of four.")
    clock = ll.Clock(14.0)

    def has_control(self, name: str) -> bool:
        """Hide matrices that do not act."""
        return name == "factors" or name in "abcd"[: self.factors]

    @ll.kept
    def chain(self) -> list[np.ndarray]:
        """Return the matrices (2, 2) as the product is written: the last to act first."""
        return [np.array(getattr(self, name)) for name in "abcd"[: self.factors]]

    @property
    def product(self) -> np.ndarray:
        """The product as it is written, (2, 2)."""
        return maps.product(self.chain())

    @property
    def reverse(self) -> np.ndarray:
        """The product in the other order, (2, 2)."""
        return maps.product(self.chain()[::-1])

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return AB and BA, their determinants, and where the two ways of the plane have come to."""
        a, b = np.array(self.a), np.array(self.b)
        ab, ba = a @ b, b @ a
        return {
            "ab": ab,
            "ba": ba,
            "determinant_a": maps.determinant(a),
            "determinant_b": maps.determinant(b),
            "determinant_ab": maps.determinant(ab),
            "commute": float(np.abs(ab - ba).max() < SAME),
            "product": self.product,
            "reverse": self.reverse,
            "one_by_one_now": self.one_by_one(now, "B then A", self.chain()),
            "at_once_now": self.once(now),
            "other_order_now": self.one_by_one(now, "A then B", self.chain()[::-1]),
        }

    # ---------------------------------------------------------------------------------------------- the score
    def once(self, now: ll.Now) -> np.ndarray:
        """Return the matrix (2, 2) that has moved the plane so far on which the product acts at once."""
        return maps.on_path(self.product, "polar", now.eased(*SCORE["at once"]))

    def stage(self, now: ll.Now, what: str) -> float:
        """Return how many of the matrices have acted, one after the other, with a rest after each."""
        return now.staged(self.factors, *SCORE[what], 0.85)

    def one_by_one(self, now: ll.Now, what: str, chain: Sequence[np.ndarray]) -> np.ndarray:
        """Return the matrix (2, 2) that has moved a plane so far, on which a chain acts from its end on."""
        done, part = divmod(self.stage(now, what), 1.0)
        acting = self.factors - int(done)  # how many have not acted to the end
        moved = maps.product([*chain[acting:], np.eye(2)])
        return maps.on_path(chain[acting - 1], "polar", part) @ moved if part else moved

    # -------------------------------------------------------------------------------------------- the picture
    @ll.kept(framing=True)
    def half(self) -> float:
        """Return half the width of a small plane: all stages of the letter fit into it."""
        corners, orders = np.vstack([LETTER, np.eye(2)]), (self.chain(), self.chain()[::-1])
        stages = [maps.product(order[k:]) for order in orders for k in range(self.factors)]
        reach = max(1.65, *(float(np.abs(corners @ moved.T).max()) for moved in stages))
        return 1.09 * shapes.in_steps(reach, 2.6, 2.0)

    def middle(self, column: float, row: float) -> np.ndarray:
        """Return the world point (2,) at the middle of a small plane: columns −1 and 1, rows 1 (above) and −1."""
        return self.half() * np.array([ACROSS * column, ALONG * row])

    @ll.kept
    def view(self) -> ll.View:
        """Return the view straight down on the four planes and their names."""
        right, up = (ACROSS + 1.0) * self.half(), (ALONG + 1.0) * self.half()
        corners = [(x, y, 0.0) for x in (-right, right) for y in (-up, up + 0.54 * self.half())]
        return ll.View(90.0, 90.0, flat=True, bounds=np.array(corners))

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return four planes: B then A, AB at once, A then B, and where both orders end."""
        chain, names = self.chain(), NAMES[: self.factors]
        moved, other = self.one_by_one(now, "B then A", chain), self.one_by_one(now, "A then B", chain[::-1])
        active = next((what for what, (_, end) in SCORE.items() if now.share < end + 0.02), "both")
        drawn = [
            *self.plane(-1, UP, moved, ONE, active in ("B then A", "both")),
            *self.plane(1, UP, self.once(now), ONE, active in ("at once", "both")),
            *self.plane(-1, DOWN, other, OTHER, active in ("A then B", "both")),
            *self.ends(now.share),
            *self.rings(),
        ]
        sign = "?" if now.share <= 0.9 else "=" if self.commutes else r"\neq"
        written = {
            (-1, UP): (self.order(names, now, "B then A"), ONE),
            (1, UP): (rf"{names} \ \text{{at once}}", ONE),
            (-1, DOWN): (self.order(names[::-1], now, "A then B"), OTHER),
            (1, DOWN): (rf"\fgcolor{{{ONE}}}{{{names}}} \ {sign} \ \fgcolor{{{OTHER}}}{{{names[::-1]}}}", "text"),
        }
        for (column, row), (text, role) in written.items():
            place = shapes.lifted(self.middle(column, row) + np.array([0, 1.01 * self.half()]))
            text, size = text + r"\vphantom{\neq}", 30.0 - 3.0 * self.factors  # on one line, and no wider than a plane
            key = f"name {column} {row}"
            drawn.append(layers.Label(place, text, role, latex=True, size=size, side="above", key=key))
        return ll.Frame(drawn, self.notes(now), self.view())

    @property
    def commutes(self) -> bool:
        """Whether both orders end the same."""
        return bool(np.abs(self.product - self.reverse).max() < SAME)

    def order(self, names: str, now: ll.Now, what: str) -> str:
        """Return the matrices in the order in which they act, those in colour that have begun to."""
        stage, begun = self.stage(now, what), now.share > SCORE[what][0]
        parts = [name if begun and k <= stage else rf"\fgcolor{{dim}}{{{name}}}" for k, name in enumerate(names[::-1])]
        return r" \rightarrow ".join(parts)

    def edge(self, column: float, row: float) -> layers.Layer:
        """Return the frame of a small plane."""
        (x, y), half = self.middle(column, row), self.half()
        corners = shapes.rectangle((x - half, x + half), (y - half, y + half))
        return layers.Polygon(corners, "ghost", 0.03, 1.0, key=f"frame {column} {row}", pickable=False)

    def plane(self, column: float, row: float, moved: np.ndarray, role: str, active: bool) -> list[layers.Layer]:
        """Return a small plane with its grid, its letter and its basis arrows, moved by a matrix (2, 2)."""
        middle, dim, key = self.middle(column, row), 0.0 if active else 0.35, f"{column} {row}"
        lines = [shapes.lifted(piece + middle) for piece in maps.clipped(shapes.grid(CELLS) @ moved.T, self.half())]
        tails, tips = shapes.lifted(np.tile(middle, (2, 1))), shapes.lifted(moved.T + middle)
        grid = partial(layers.Lines, key=f"grid {key}", group="grid", pickable=False, depth=False, dim=dim)
        return [
            self.edge(column, row),
            grid(lines, "grid", 1.3, 0.7),
            *self.letter(LETTER @ moved.T + middle, role, f"letter {key}", dim),
            layers.Arrows(tails, tips, COLUMNS, 5.0, depth=False, key=f"arrows {key}", name="Basis arrow", dim=dim),
        ]

    def letter(self, corners: np.ndarray, role: str, key: str, dim: float = 0.0) -> list[layers.Layer]:
        """Return the letter with corners (10, 2): filled, and its outline."""
        pieces: list[layers.Layer] = [
            layers.Polygon(shapes.lifted(corners[list(part)]), role, 0.3, 0.0, key=f"{key} {k}", name="F", dim=dim)
            for k, part in enumerate(PARTS)
        ]
        outline = shapes.lifted(np.vstack([corners, corners[:1]]))
        return [*pieces, layers.Lines([outline], role, 2.2, depth=False, key=key, name="F", dim=dim)]

    def ends(self, share: float) -> list[layers.Layer]:
        """Return the fourth plane: the letter where it began, and where one order and the other have brought it."""
        began = shapes.lifted(np.vstack([LETTER, LETTER[:1]]) + self.middle(1, DOWN))
        drawn = [self.edge(1, DOWN), layers.Lines([began], "ghost", 1.4, depth=False, key="began", pickable=False)]
        for matrix, role, ready in ((self.product, ONE, 0.58), (self.reverse, OTHER, 0.9)):
            if share > ready:
                drawn += self.letter(LETTER @ matrix.T + self.middle(1, DOWN), role, f"end {role}")
        return drawn

    def rings(self) -> list[layers.Layer]:
        """Return where B and A send the basis arrows: to be dragged."""
        ring = partial(layers.Points, size=7.0, style="ring", outline=True, group="handles", name="Column")
        return [ring(np.array([handle.position]), handle.name[-1]) for handle in self.handles(self.now(0.0))]

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the heads of the columns of the matrices that act first: B's above, and A's below."""
        found = []
        for name, place in {"abcd"[self.factors - 1]: (-1, UP), "a": (-1, DOWN)}.items():
            middle = self.middle(*place)
            for k, role in enumerate(COLUMNS):
                head = shapes.lifted(np.array(getattr(self, name))[:, k] + middle)
                move = partial(MatrixComposition.drag, name=name, column=k, middle=middle)
                found.append(ll.Handle(f"{name} {role}", head, move, plane=0.0))
        return found

    def drag(self, position: Sequence[float], name: str, column: int, middle: np.ndarray) -> None:
        """Let a column of a matrix end at a position in the world."""
        matrix = np.array(getattr(self, name))
        matrix[:, column] = np.clip(np.round(np.asarray(position[:2], float) - middle, 1), -3, 3)
        self.set(name, matrix)

    # ---------------------------------------------------------------------------------------------- the words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the product and the product the other way round, and the areas."""
        chain, names = self.chain(), NAMES[: self.factors]
        areas = [maps.determinant(matrix) for matrix in chain]
        sizes = r" \cdot ".join(tex("(?2)" if area < 0 else "?2", area) for area in areas)
        told = tex(f"{sizes} = ?2", maps.determinant(self.product))
        return [
            layers.Title(self.title, lines=(self.sentence(now),)),
            layers.Formula(equation(names, chain), 22.0),
            layers.Formula(equation(names[::-1], chain[::-1]), 22.0),
            layers.Facts("Signed area of the unit square", [(ONE, rf"\det {names}", told, "")]),
        ]

    def sentence(self, now: ll.Now) -> str:
        """Say in words what is happening."""
        if now.share < SCORE["B then A"][1] + 0.02:
            return "Each matrix moves what the one before it has made"
        if now.share < SCORE["at once"][1] + 0.02:
            undone = np.abs(self.product - np.eye(2)).max() < SAME
            return "Together they move nothing" if undone else "One matrix does the same at once"
        if now.share < SCORE["A then B"][1] + 0.02:
            return "The same matrices in the other order"
        return "Here the order does not matter" if self.commutes else "The order matters"


def equation(names: str, chain: Sequence[np.ndarray]) -> str:
    """Return a product as a formula; its factors are written where there is room for them."""
    factors = "".join(tex("?", (COLUMNS, matrix)) for matrix in chain) + " = " if len(chain) == 2 else ""
    return f"{names} = {factors}" + tex("?", (COLUMNS, maps.product(chain)))
