"""A matrix moves the plane: where the two basis vectors go decides where everything goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, numerals
from lossland.models import linear_maps as maps

SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 97)), np.sin(np.linspace(0, 2 * np.pi, 97))], -1)
LETTER = np.array([(0.4, 0.3), (0.7, 0.3), (0.7, 0.9), (1.1, 0.9), (1.1, 1.2), (0.7, 1.2), (0.7, 1.5),
                   (1.3, 1.5), (1.3, 1.8), (0.4, 1.8), (0.4, 0.3)])  # fmt: skip
HOUSE = np.array([(0.5, 0.5), (1.5, 0.5), (1.5, 1.4), (1, 1.9), (0.5, 1.4), (0.5, 0.5)])
SHAPES = {"none": None, "circle": CIRCLE, "letter": LETTER, "house": HOUSE}


def lifted(points: np.ndarray) -> np.ndarray:
    """Return points of the plane (n, 2) as points of the world (n, 3)."""
    return np.c_[points, np.zeros(len(points))]


def reach_of(matrix: np.ndarray, outline: np.ndarray | None) -> float:
    """Return how far from the origin the picture reaches, to hold the moved unit square and shape."""
    shown = SQUARE if outline is None else np.vstack([SQUARE, outline])
    return max(2.9, 1.25 * float(np.abs(shown @ matrix.T).max()))


def view_of(reach: float) -> ll.View:
    """Return the view straight down that reaches so far from the origin."""
    corners = np.array([(x, y, 0) for x in (-reach, reach) for y in (-reach, reach)])
    return ll.View(90.0, 90.0, flat=True, bounds=corners)


def name_beside(arrow: np.ndarray, other: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where an arrow's symbol and its numbers go, in pixels from its head: on the side away from the other."""
    length = max(float(np.hypot(*arrow)), 1e-9)
    side = -1.0 if maps.cross(arrow, other) >= 0 else 1.0
    away = side * np.array([-arrow[1], arrow[0]]) / length
    down = float(-22 * away[1])
    return ((14.0, down), (36.0, down - 2)) if away[0] >= 0 else ((-30.0, down), (-104.0, down - 2))


def in_colour(matrix: np.ndarray, digits: int, trim: bool = False) -> str:
    """Return a matrix as LaTeX, each column in the colour of its arrow."""

    def entry(role: str, value: float) -> str:
        text = numerals.latex(value, digits) if trim else numerals.fixed(value, digits).replace("−", "-")
        return rf"\fgcolor{{{role}}}{{{text}}}"

    rows = [f"{entry('i', float(left))} & {entry('j', float(right))}" for left, right in matrix]
    return rf"\begin{{bmatrix}} {rows[0]} \\ {rows[1]} \end{{bmatrix}}"


def degrees(angle: float) -> str:
    """Return an angle in radians as LaTeX in degrees."""
    return rf"{numerals.latex(float(np.degrees(angle)), 1)}^\circ"


def whole(vector: np.ndarray) -> tuple[str, str]:
    """Return a direction's two components, as whole numbers where a multiple of it has small ones."""
    smallest = np.abs(vector[np.abs(vector) > 1e-9]).min()
    scaled = vector / smallest
    if np.abs(scaled).max() < 9.5 and np.abs(scaled - np.round(scaled)).max() < 1e-6:
        vector = np.round(scaled)
    return numerals.latex(float(vector[0])), numerals.latex(float(vector[1]))


class LinearMap2D(ll.Scene):
    """The plane under a 2×2 matrix."""

    name = "linear_map_2d"
    title = "A matrix moves the plane"
    chapter = "Matrices"
    rows = ("M1", "M2", "M4", "S1", "S10", "S16", "S19")
    lesson = r"""
A 2×2 matrix is a list of two places. Its **first column** says where the green arrow î = (1, 0)
lands, its **second column** where the orange arrow ĵ = (0, 1) lands. That is all it says, and it is
enough: every point is so many steps along one arrow and so many along the other, and it keeps those
numbers while the arrows carry it away. So straight lines stay straight, parallels stay parallel,
the origin stays put.

**Drag the arrow heads** and watch the grid follow.

The yellow square tells how areas change. Whatever its shape becomes, *every* area in the plane
grows by the same factor, the **determinant**. At 0 the plane has been flattened onto a line and
cannot be pulled back. Below 0 it has been turned over, as in a mirror.

The dashed lines are the directions that do not turn: arrows on them only grow or shrink, by the
factor λ. A rotation has none, a shear has one.

How the plane should get there is a choice. Moving every point in a straight line looks natural
until you try a half turn: then all of it falls through the origin half way. So the animation splits
the matrix into a **turn and a stretch**, A = R S, and does both at once. A mirror cannot be reached
that way (no turn passes from one side of the paper to the other), so there the plane goes straight,
through a moment when it is flat.

With the path *factors* you see the other great splitting: **turn, stretch along the axes, turn
again**. Every matrix is that, and nothing more.
"""
    formulas = (
        (r"x \mapsto A x", "what a point was of the basis arrows it becomes of the columns"),
        (r"A = R(\theta)\,S", "polar form: a stretch S along two perpendicular axes, then a turn by θ"),
        (r"A(t) = R(t\theta)\,[(1-t)\,I + t\,S]", "the path the plane takes, t from 0 to 1"),
        (r"\det A = a d - b c", "the factor of every area; negative when the plane is turned over"),
        (r"A v = \lambda v", "a direction v that does not turn, and its factor λ"),
        (r"A = U \Sigma V^\top", "singular values: a turn, a stretch by σ₁ and σ₂, a turn"),
    )
    snippet = r"""
import numpy as np

A = np.array([[2.0, 1.0], [1.0, 2.0]])

U, sigma, Vt = np.linalg.svd(A)
R = U @ Vt                                    # the turn of the polar form A = R S
print("determinant", A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0])
print("singular_values", *sigma)
print("eigenvalues", *sorted(np.linalg.eigvals(A).real, reverse=True))
print("turn_degrees", np.degrees(np.arctan2(R[1, 0], R[0, 0])))

square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) @ A.T
x, y = square.T
print("area", 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
"""
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

    matrix = ll.parameters.Matrix(((2, 1), (1, 2)), -5, 5, "$A$", "Its columns are where the two arrows land.")
    path = ll.parameters.Choice(
        "polar",
        ("polar", "straight", "factors"),
        "path",
        "How the plane travels from where it is to where A sends it.",
    )
    shape = ll.parameters.Choice("none", tuple(SHAPES), "shape", "Something to carry along.")

    SECONDS = 6.0

    @property
    def clock(self) -> ll.Clock:
        """Six seconds: a moment of rest, the move, a moment of rest."""
        return ll.Clock(self.SECONDS)

    def part(self, time: float) -> float:
        """Return how much of the way is done at ``time`` seconds, in [0, 1], starting and ending gently."""
        u = float(np.clip((time / self.SECONDS - 0.08) / 0.84, 0, 1))
        return u * u * (3 - 2 * u)

    # ------------------------------------------------------------------------------------------- numbers
    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return the numbers of A, and of the matrix shown at ``time``."""
        matrix, now = np.array(self.matrix), maps.on_path(np.array(self.matrix), self.path, self.part(time))
        parts = maps.polar_factors(matrix)
        eigenvalues = maps.eigenvalues(matrix)
        radii = np.linalg.norm(CIRCLE @ now.T, axis=1)
        return {
            "t": self.part(time),
            "matrix": matrix,
            "determinant": maps.determinant(matrix),
            "area": maps.polygon_area(SQUARE @ matrix.T),
            "singular_values": np.linalg.svd(matrix, compute_uv=False),
            "eigenvalues": eigenvalues.real,
            "eigenvalues_imaginary": eigenvalues.imag,
            "turn_degrees": np.degrees(parts[0]) if parts else float("nan"),
            "twice_less_once": float(np.abs(matrix @ matrix - matrix).max()),
            "matrix_now": now,
            "determinant_now": maps.determinant(now),
            "area_now": maps.polygon_area(SQUARE @ now.T),
            "radius_now": np.array([radii.min(), radii.max()]),
        }

    # ------------------------------------------------------------------------------------------- picture
    def frame(self, time: float) -> ll.Frame:
        """Return the plane on its way."""
        matrix, t = np.array(self.matrix), self.part(time)
        now = maps.on_path(matrix, self.path, t)
        reach = reach_of(matrix, SHAPES[self.shape])
        drawn: list[Any] = [layers.WarpedGrid(now, group="grid"), layers.Axes()]
        if self.path == "factors":
            drawn += self._stretched_axes(matrix, now)
        else:
            drawn += self._kept_lines(matrix, now, reach)
        drawn += [
            layers.Polygon(lifted(SQUARE), "area", fill=0.0, outline=1.4, dash=(7, 4), name="Unit square"),
            layers.Polygon(lifted(SQUARE @ now.T), "area", name="Moved square"),
        ]
        outline = SHAPES[self.shape]
        if outline is not None:
            drawn += [
                layers.Lines([lifted(outline)], "dim", 1.4, 0.6, depth=False),
                layers.Lines([lifted(outline @ now.T)], "text", 2.4, depth=False),
            ]
        drawn += self._basis(now)
        view = self.remember("view", reach, lambda: view_of(reach))
        return ll.Frame(drawn, self._notes(matrix, now, t), view)

    def _basis(self, now: np.ndarray) -> list[layers.Layer]:
        """Return the two basis arrows where they are now, with their names and places."""
        drawn: list[layers.Layer] = [
            layers.Arrows(np.zeros((2, 3)), lifted(now.T), ("i", "j"), width=6.5, depth=False, name="Basis arrow"),
            layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True),
        ]
        for k, role in enumerate("ij"):  # where the arrow goes, and what can be dragged
            drawn.append(layers.Points(np.array([(*self.column(k), 0.0)]), role, 7.0, "ring", name="Column"))
        symbols = (("i", r"\hat\imath"), ("j", r"\hat\jmath"))
        for column, other, (role, symbol) in zip(now.T, now.T[::-1], symbols, strict=True):
            place = (float(column[0]), float(column[1]), 0.0)
            name_at, place_at = name_beside(column, other)
            drawn += [
                layers.Label(place, symbol, role, latex=True, size=28, offset=name_at),
                layers.Label(place, numerals.pair(column, 1), role, size=16, offset=place_at),
            ]
        return drawn

    def _kept_lines(self, matrix: np.ndarray, now: np.ndarray, reach: float) -> list[layers.Layer]:
        """Return the lines that A does not turn, and an arrow on each, moved as far as the plane is now."""
        drawn: list[layers.Layer] = []
        for k, kept in enumerate(maps.eigen_directions(matrix)):
            role = f"eigen{k + 1}"
            line = np.outer((-14, 14), kept.vector)
            factor = rf"\lambda_{k + 1} = {numerals.latex(kept.factor)}"
            far = (*(kept.vector * min(1.05, 0.85 / max(abs(kept.vector[1]), 1e-9)) * reach), 0.0)
            rising = kept.vector[0] * kept.vector[1] >= 0
            drawn += [
                layers.Lines(
                    [lifted(line)], role, 2.4, dash=(15, 10), depth=False, name="Eigenline", worth=[kept.factor]
                ),
                layers.Arrows(
                    np.zeros((1, 3)), lifted((now @ kept.vector)[None]), role, depth=False, name="Eigenvector"
                ),
                layers.Label(far, factor, role, latex=True, size=24, offset=(18.0, 12.0 if rising else -14.0)),
            ]
        return drawn

    def _stretched_axes(self, matrix: np.ndarray, now: np.ndarray) -> list[layers.Layer]:
        """Return the two perpendicular arrows that stay perpendicular: V's columns on their way to σU's."""
        _, _, right = np.linalg.svd(matrix)
        return [layers.Arrows(np.zeros((2, 3)), lifted(right @ now.T), ("eigen1", "eigen2"), depth=False, name="Axis")]

    def _notes(self, matrix: np.ndarray, now: np.ndarray, t: float) -> list[layers.Note]:
        """Return the matrix, the path, the area and the special directions, in words and formulas."""
        high = max(3.0, float(np.ceil(maps.determinant(matrix))))
        low = min(0.0, float(np.floor(maps.determinant(matrix))))
        return [
            layers.Title(self.title, lines=(self._sentence(matrix, t),)),
            layers.Formula("A = " + in_colour(matrix, 2, trim=True)),
            layers.Formula(f"M_t = {self._path_formula(matrix)} = {in_colour(now, 2)}"),
            layers.Meter("Area of the unit square", r"\det M_t =", maps.determinant(now), "area", low, high),
            self._stretch_facts(matrix) if self.path == "factors" else self._kept_facts(matrix, now),
        ]

    def _sentence(self, matrix: np.ndarray, t: float) -> str:
        """Say in words what the path does."""
        if self.path == "factors":
            return ("First a turn", "Then a stretch along the axes", "Then a turn again")[min(int(3 * t), 2)]
        if self.path == "straight":
            return "Every point moves in a straight line"
        parts = maps.polar_factors(matrix)
        if parts is None:
            return "A mirror is no turn: every point moves straight, through a flat moment"
        turn = np.degrees(parts[0])
        if abs(turn) < 0.05:
            return "The plane moves from the identity to A, with no turn"
        return f"The plane turns by {numerals.trimmed(float(turn), 1)}° while it stretches"

    def _path_formula(self, matrix: np.ndarray) -> str:
        if self.path == "factors":
            return r"R(\varphi)\,\Sigma\,R(\psi)"
        parts = maps.polar_factors(matrix) if self.path == "polar" else None
        if parts is None or abs(parts[0]) < 1e-9:
            return r"(1-t)\,I + t\,A"
        return r"R(t\theta)\,[(1-t)\,I + t\,S]"

    def _kept_facts(self, matrix: np.ndarray, now: np.ndarray) -> layers.Facts:
        rows = []
        for k, kept in enumerate(maps.eigen_directions(matrix)):
            moved = now @ kept.vector
            along = float(moved @ kept.vector)
            turned = abs(maps.cross(kept.vector, moved)) > 1e-6
            so_far = "on its way" if turned else f"now ×{numerals.fixed(along)}"
            x, y = whole(kept.vector)
            direction = rf"v_{k + 1} = ({x},\, {y})"
            factor = rf"\lambda_{k + 1} = {numerals.latex(kept.factor)}"
            rows.append((f"eigen{k + 1}", direction, factor, so_far))
        if not rows:
            every = maps.is_multiple_of_identity(matrix)
            factor = rf"\lambda = {numerals.latex(matrix[0, 0])}" if every else ""
            rows = [("dim", r"\text{all of them}" if every else r"\text{none}", factor, "")]
        return layers.Facts("Directions that do not turn", rows)

    def _stretch_facts(self, matrix: np.ndarray) -> layers.Facts:
        last, stretch, first = maps.rotation_stretch_rotation(matrix)
        return layers.Facts(
            "A turn, a stretch, a turn",
            [
                ("dim", rf"\psi = {degrees(first)}", "", "first turn"),
                ("eigen1", rf"\sigma_1 = {numerals.latex(float(stretch[0]), 3)}", "", "the longest radius"),
                ("eigen2", rf"\sigma_2 = {numerals.latex(float(stretch[1]), 3)}", "", "the shortest"),
                ("dim", rf"\varphi = {degrees(last)}", "", "last turn"),
            ],
        )

    # ------------------------------------------------------------------------------------------ dragging
    def handles(self, time: float) -> Sequence[ll.Handle]:
        """Return the two columns of A: the places where the arrows will have arrived."""
        return [ll.Handle(role, (*self.column(k), 0.0), move_column(k), plane=0.0) for k, role in enumerate("ij")]

    def column(self, k: int) -> tuple[float, float]:
        """Return where A sends basis arrow ``k``."""
        return self.matrix[0][k], self.matrix[1][k]


def move_column(k: int) -> Callable[[LinearMap2D, tuple[float, float]], None]:
    """Return what dragging the head of basis arrow ``k`` does."""

    def move(scene: LinearMap2D, position: tuple[float, float]) -> None:
        rows = [list(row) for row in scene.matrix]
        for row, value in zip(rows, position, strict=True):
            row[k] = float(np.clip(round(value, 2), -5, 5))
        scene.set("matrix", rows)

    return move
