"""A matrix moves the plane: where the two basis vectors go decides where everything goes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, plane, shapes, signs, tex, words
from lossland.models import linear_maps as maps

COLUMNS = ("i", "j")  # the colours of the two basis arrows, and of A's columns
SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
LETTER = np.array([(0.4, 0.3), (0.7, 0.3), (0.7, 0.9), (1.1, 0.9), (1.1, 1.2), (0.7, 1.2), (0.7, 1.5),
                   (1.3, 1.5), (1.3, 1.8), (0.4, 1.8), (0.4, 0.3)])  # fmt: skip
HOUSE = np.array([(0.5, 0.5), (1.5, 0.5), (1.5, 1.4), (1, 1.9), (0.5, 1.4), (0.5, 0.5)])
SHAPES = {"none": None, "circle": plane.CIRCLE, "letter": LETTER, "house": HOUSE}


def on_sign(a: float, b: float) -> signs.Place:
    """Return where the small drawing's matrix sends the point a, b of its plane."""
    return 0.5 + 0.16 * (1.5 * a + 0.5 * b), 0.5 - 0.16 * (0.5 * a + 1.5 * b)


class LinearMap2D(ll.Scene):
    """The plane under a 2×2 matrix."""

    name = "linear_map_2d"
    title = "A matrix moves the plane"
    chapter = "Matrices"
    rows = ("M1", "M2", "M4", "S1", "S10", "S16", "S19")
    sign = (
        *(
            signs.Line([on_sign(*start), on_sign(*end)], "grid", 0.9, 0.8)
            for k in range(-6, 7)
            for start, end in (((k, -7), (k, 7)), ((-7, k), (7, k)))
        ),
        signs.Line([(0.5, 0.5), on_sign(1.4, 0)], "i", 2.2),
        signs.Line([(0.5, 0.5), on_sign(0, 1.4)], "j", 2.2),
    )
    presets: ClassVar = {
        "symmetric": {"matrix": ((2, 1), (1, 2))},
        "identity": {"matrix": ((1, 0), (0, 1)), "shape": "letter"},
        "rotation": {"matrix": ((0, -1), (1, 0)), "shape": "letter"},
        "half turn": {"matrix": ((-1, 0), (0, -1)), "shape": "letter"},
        "stretch": {"matrix": ((2, 0), (0, 2)), "shape": "house"},
        "squish": {"matrix": ((1.5, 0), (0, 0.4)), "shape": "circle"},
        "shear": {"matrix": ((1, 1), (0, 1)), "shape": "letter"},
        "reflection": {"matrix": ((0, 1), (1, 0)), "shape": "letter"},
        "projection": {"matrix": ((0.5, 0.5), (0.5, 0.5)), "shape": "house"},
        "turn stretch turn": {"matrix": ((1.5, 0), (2, 2.5)), "path": "factors", "shape": "circle"},
        "singular values": {"matrix": ((3, 0), (4, 5)), "path": "factors", "shape": "circle"},
    }

    matrix = parameters.Matrix(
        ((2, 1), (1, 2)), -5, 5, "$A$", "Its columns are where the two arrows land.", columns=COLUMNS
    )
    path = parameters.Choice(
        "polar", ("polar", "straight", "factors"), "path", "How the plane travels from where it is to where A sends it."
    )
    shape = parameters.Choice("none", tuple(SHAPES), "shape", "Something to carry along.")
    clock = ll.Clock(6.0)

    @property
    def a(self) -> np.ndarray:
        """The matrix A, (2, 2)."""
        return np.array(self.matrix)

    def part(self, now: ll.Now) -> float:
        """Return how much of the way is done: a moment of rest, the move, a moment of rest."""
        return now.eased(0.08, 0.92)

    @ll.kept(most=1)
    def moved(self, now: ll.Now) -> np.ndarray:
        """Return the matrix (2, 2) that has moved the plane so far: the identity at first, A in the end."""
        return maps.on_path(self.a, self.path, self.part(now))

    @ll.kept
    def turn_and_stretch(self) -> tuple[float, np.ndarray] | None:
        """Return the turn (radians) and the stretch (2, 2) that make A; None for a mirror."""
        return maps.polar_factors(self.a)

    @ll.kept
    def eigen_directions(self) -> list[maps.EigenDirection]:
        """Return the directions that A does not turn, with their factors."""
        return maps.eigen_directions(self.a)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the numbers of A, and of the matrix that has moved the plane so far."""
        turn_and_stretch, eigenvalues, moved = self.turn_and_stretch(), maps.eigenvalues(self.a), self.moved(now)
        return {
            "t": self.part(now),
            "matrix": self.a,
            "determinant": maps.determinant(self.a),
            "area": maps.polygon_area(SQUARE @ self.a.T),
            "singular_values": np.linalg.svd(self.a, compute_uv=False),
            "eigenvalues": eigenvalues.real,
            "eigenvalues_imaginary": eigenvalues.imag,
            "turn_degrees": np.degrees(turn_and_stretch[0]) if turn_and_stretch else float("nan"),
            "twice_less_once": float(np.abs(self.a @ self.a - self.a).max()),
            "matrix_now": moved,
            "determinant_now": maps.determinant(moved),
            "area_now": maps.polygon_area(SQUARE @ moved.T),
            "radius_now": np.linalg.svd(moved, compute_uv=False)[::-1],  # of the unit circle, least and greatest
        }

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the plane on its way: its grid, the special directions, the unit square, the shape, the two arrows."""
        moved = self.moved(now)
        special = self.axes_that_stay_perpendicular if self.path == "factors" else self.directions_that_do_not_turn
        drawn = [layers.WarpedGrid(moved, group="grid"), layers.Axes(), *special(moved), *self.carried(moved)]
        return ll.Frame([*drawn, *self.basis(moved)], self.notes(now), self.view(self.reach))

    @property
    def reach(self) -> float:
        """How far from the origin the picture reaches, to hold the moved unit square and the shape."""
        outline = SHAPES[self.shape]
        shown = SQUARE if outline is None else np.vstack([SQUARE, outline])
        return max(2.9, 1.25 * float(np.abs(shown @ self.a.T).max()))

    @ll.kept
    def view(self, reach: float) -> ll.View:
        """Return the view straight down that reaches so far from the origin."""
        return ll.View.from_above(reach)

    def carried(self, moved: np.ndarray) -> list[layers.Layer]:
        """Return the unit square and the shape, where they were and where they are now."""
        drawn: list[layers.Layer] = [
            layers.Polygon(shapes.lifted(SQUARE), "area", fill=0.0, outline=1.4, dash=(7, 4), name="Unit square"),
            layers.Polygon(shapes.lifted(SQUARE @ moved.T), "area", name="Moved square"),
        ]
        outline = SHAPES[self.shape]
        if outline is not None:
            drawn += [plane.path(outline, "dim", 1.4, alpha=0.6), plane.path(outline @ moved.T, "text", 2.4)]
        return drawn

    @ll.kept
    def rings(self) -> list[layers.Layer]:
        """Return a ring at the origin, and rings where A sends the basis, to be dragged."""
        heads = zip(shapes.lifted(self.a.T)[:, None], COLUMNS, strict=True)
        ends = (layers.Points(head, color, 7.0, "ring", group="handles", name="Column") for head, color in heads)
        return [layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True), *ends]

    def basis(self, moved: np.ndarray) -> list[layers.Layer]:
        """Return the two basis arrows with their names and places, and the rings."""
        look = {"width": 6.5, "depth": False, "name": "Basis arrow"}
        drawn = [layers.Arrows(np.zeros((2, 3)), shapes.lifted(moved.T), COLUMNS, **look), *self.rings()]
        outward = 1.1 if maps.determinant(moved) >= 0 else -1.1  # radians off the arrow, away from the other one
        for k, (symbol, head) in enumerate(zip((r"\hat\imath", r"\hat\jmath"), moved.T, strict=True)):
            side = maps.rotation((2 * k - 1) * outward) @ head
            drawn.append(plane.name(head, symbol, COLUMNS[k], side, 30, value=words("?.1", head)))
        return drawn

    def directions_that_do_not_turn(self, moved: np.ndarray) -> list[layers.Layer]:
        """Return the lines that A does not turn, and an arrow on each, moved as far as the plane is now."""
        drawn: list[layers.Layer] = []
        for k, (kept, (line, name)) in enumerate(zip(self.eigen_directions(), self.eigenlines(), strict=True), 1):
            drawn += [line, plane.arrow(moved @ kept.vector, f"eigen{k}", 4.5, name="Eigenvector"), name]
        return drawn

    @ll.kept
    def eigenlines(self) -> list[tuple[layers.Layer, layers.Layer]]:
        """Return the lines that A does not turn, each with the name of its factor."""
        found = []
        for k, kept in enumerate(self.eigen_directions(), 1):
            (x, y), role, factor = kept.vector, f"eigen{k}", tex(r"\lambda_? = ?", k, kept.factor)
            aside = np.array([abs(y), -x if y >= 0 else x])
            far = kept.vector * min(1.05, 0.82 / max(abs(x), 1e-9), 0.85 / max(abs(y), 1e-9)) + 0.03 * aside
            found.append((plane.eigenline(kept, k), plane.name(far * self.reach, factor, role, aside, 24)))
        return found

    def axes_that_stay_perpendicular(self, moved: np.ndarray) -> list[layers.Layer]:
        """Return the two arrows that are perpendicular before and after: V's columns on their way to σU's."""
        _, stretch, before = np.linalg.svd(self.a)
        tips, roles = before @ moved.T, ("eigen1", "eigen2")
        arrows = layers.Arrows(np.zeros((2, 3)), shapes.lifted(tips), roles, depth=False, name="Axis")
        drawn: list[layers.Layer] = [arrows]
        if np.allclose(np.linalg.norm(tips, axis=1), stretch):  # from here on they only turn
            drawn += [plane.name(tip, rf"\sigma_{k}", roles[k - 1], tip) for k, tip in enumerate(tips, 1)]
        return drawn

    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the matrix, the path, the area and the special directions, in words and formulas."""
        moved, area = self.moved(now), maps.determinant(self.a)
        low, high = min(0.0, float(np.floor(area))), max(3.0, float(np.ceil(area)))
        return [
            layers.Title(self.title, lines=(self.sentence(now),)),
            self.about_the_map()[0],
            layers.Formula(tex("M_t = ? = ?.2", self.path_formula(), (COLUMNS, moved))),
            layers.Meter("Signed area of the unit square", r"\det M_t =", maps.determinant(moved), "area", low, high),
            self.facts_of_factors() if self.path == "factors" else self.facts_of_directions(moved),
        ]

    def sentence(self, now: ll.Now) -> str:
        """Say in words what the path does."""
        if self.path == "factors":
            acts = ("First a turn", "Then a stretch along the axes", "Then a turn again")
            return acts[min(int(3 * self.part(now)), 2)]
        if self.path == "straight":
            return "Every point moves in a straight line"
        turn_and_stretch = self.turn_and_stretch()
        if turn_and_stretch is None:
            return "A mirror is no turn: every point moves straight, through a flat moment"
        turn = np.degrees(turn_and_stretch[0])
        if abs(turn) < 0.05:
            return "The plane moves from the identity to A, with no turn"
        keeps_shape = np.allclose(turn_and_stretch[1], np.eye(2), atol=1e-9)
        return words("The plane turns by ?1°" + ("" if keeps_shape else " while it stretches"), turn)

    def path_formula(self) -> str:
        """Return the matrix on the path as a formula in t."""
        if self.path == "factors":
            return r"R(\varphi)\,\Sigma\,R(\psi)"
        turn_and_stretch = self.turn_and_stretch() if self.path == "polar" else None
        if turn_and_stretch is None or abs(turn_and_stretch[0]) < 1e-9:
            return r"(1-t)\,I + t\,A"
        return r"R(t\theta)\,[(1-t)\,I + t\,S]"

    def facts_of_directions(self, moved: np.ndarray) -> layers.Facts:
        """Return the directions that A does not turn, their factors, and how far they have come."""
        so_far = []
        for one in self.eigen_directions():
            here = moved @ one.vector
            is_turned = abs(maps.cross(one.vector, here)) > 1e-6
            so_far.append("on its way" if is_turned else words("now ×\u2009?.2", here @ one.vector))
        facts = self.about_the_map()[1]
        if len(facts.rows) != len(so_far):  # all directions in one row, or none
            return facts
        return layers.Facts(facts.heading, [(*row[:3], told) for row, told in zip(facts.rows, so_far, strict=True)])

    @ll.kept
    def about_the_map(self) -> tuple[layers.Formula, layers.Facts]:
        """Return A, and the directions that it does not turn with their factors."""
        always, kept = self.a[0, 0] if maps.is_multiple_of_identity(self.a) else None, self.eigen_directions()
        facts = plane.kept_directions("Directions that do not turn", kept, [""] * len(kept), always)
        return layers.Formula(tex("A = ?", (COLUMNS, self.a))), facts

    def facts_of_factors(self) -> layers.Facts:
        """Return the two turns, and the stretch between them."""
        last, (longest, shortest), first = maps.rotation_stretch_rotation(self.a)
        rows = [
            ("dim", tex(r"\psi = ?1^\circ", np.degrees(first)), "", "first turn"),
            ("eigen1", tex(r"\sigma_1 = ?3", longest), "", "the longest radius"),
            ("eigen2", tex(r"\sigma_2 = ?3", shortest), "", "the shortest"),
            ("dim", tex(r"\varphi = ?1^\circ", np.degrees(last)), "", "last turn"),
        ]
        return layers.Facts("A turn, a stretch, a turn", rows)
