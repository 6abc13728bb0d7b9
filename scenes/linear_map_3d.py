"""Space and what is lost: a matrix moves space, flattens it onto a plane or a line, or leaves it whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, tex, words
from lossland.models import linear_maps, subspaces

COLUMNS = ("i", "j", "k")  # the colours of the basis arrows, and of A's columns
HATS = (r"\hat\imath", r"\hat\jmath", r"\hat k")
REACHED, LOST, RESULT = "accent", "text", "area"
EXTENT, DENSE = 1.5, 1.0  # units: half the lattice's width, and that of a fine one
KEYS = 12  # moments of the way; between them the shader moves the points
LIMIT = 4.0
CUBE = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
FACES = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
EDGES = [(one, other) for one in range(8) for other in range(one, 8) if abs(CUBE[one] - CUBE[other]).sum() == 1]
FEW = 16  # points along a side of the lattice that are drawn as discs
FINE = 24  # of a ball
BOUNDS = np.array(
    [(x, y, z) for x in (-0.95, 1.15) for y in (-0.95, 1.15) for z in (-0.6, 1.1)]
)  # of what is seen, world
ARROW: dict[str, Any] = {"width": 6.5, "name": "Column"}


class LinearMap3D(ll.Scene):
    """Space under a 3×3 matrix."""

    name = "linear_map_3d"
    title = "Space and what is lost"
    chapter = "Matrices"
    rows = ("M1", "M2", "S10", "S16", "S19", "S20")
    sign = (
        signs.Line([(0.20, 0.80), (0.62, 0.86), (0.86, 0.62), (0.86, 0.22), (0.44, 0.14), (0.20, 0.40), (0.20, 0.80)],
                   "area", 1.5),
        signs.Line([(0.20, 0.40), (0.62, 0.46), (0.86, 0.22)], "area", 1.5),
        signs.Line([(0.62, 0.46), (0.62, 0.86)], "area", 1.5),
        signs.Line([(0.20, 0.80), (0.62, 0.86)], "i", 2.2),
        signs.Line([(0.20, 0.80), (0.44, 0.56)], "j", 2.2),
        signs.Line([(0.20, 0.80), (0.20, 0.40)], "k", 2.2),
    )  # fmt: skip
    presets: ClassVar = {
        "shear and stretch": {},
        "projection": {"matrix": ((2 / 3, -1 / 3, -1 / 3), (-1 / 3, 2 / 3, -1 / 3), (-1 / 3, -1 / 3, 2 / 3))},
        "rank one": {"matrix": ((1, 0.5, 0.5), (1, 0.5, 0.5), (0.8, 0.4, 0.4))},
        "rotation": {"matrix": ((0, 0, 1), (1, 0, 0), (0, 1, 0))},
        "mirror": {"matrix": ((1, 0, 0), (0, 1, 0), (0, 0, -1))},
        "ball": {"matrix": ((1, 0, 1), (0, 2, 0), (0, 0, 1)), "shape": "ball"},
        "from two to three": {"matrix": ((1, 0.4, 0), (-0.3, 1, 0), (0.6, 0.7, 0))},
        "from three to two": {"matrix": ((1, 0.3, 0.7), (-0.2, 1, 0.6), (0, 0, 0))},
        "least squares": {
            "show": "target",
            "matrix": ((1.5, 0.3, 0), (-0.3, 1.4, 0), (0.2, 0.5, 0)),
            "target": (0.8, 1, 1.8),
        },
        "right angles": {"show": "right angles", "matrix": ((1.8, 0.9, 0.3), (0, 1.3, 0.9), (0, 0.3, 1.5))},
        "quarter of a million": {"lattice": 64, "shape": "none"},
    }

    matrix = parameters.Matrix(
        ((1, 0, 1), (0, 2, 0), (0, 0, 1)), -LIMIT, LIMIT, "$A$", "Its columns are where the three arrows land."
    )
    target = parameters.Point((1, 1, 2), -LIMIT, LIMIT, label="$b$", help="The point that A x should reach.")
    show = parameters.Choice(
        "map", ("map", "target", "right angles"), "show",
        "A moves space; the nearest that A x comes to b; the columns of A put at right angles.",
    )  # fmt: skip
    shape = parameters.Choice("cube", ("none", "cube", "ball"), "shape", "What is carried along.")
    lattice = parameters.Integer(7, 2, 64, "lattice", "How many points along each side of the lattice that A moves.")
    clock = ll.Clock(12.0)

    @property
    def a(self) -> np.ndarray:
        """The matrix A, (3, 3)."""
        return np.array(self.matrix)

    @ll.kept(framing=True)
    def unit(self) -> float:
        """Return how many world units one unit is."""
        reach = max(2.0, float(np.abs(self.a).max()), float(np.linalg.norm(self.a, axis=0).max()))
        if self.show == "map":
            reach = max(reach, float(np.abs(CUBE @ self.a.T).max()))
        else:
            reach = max(reach, float(np.abs(self.target).max()) if self.show == "target" else 0.0)
        return 1.24 / shapes.in_steps(reach, 2.0, 1.5)

    def world(self, place: Any) -> np.ndarray:
        """Return the world points (..., 3) of places."""
        return np.asarray(place, float) * self.unit()

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the numbers of A: volumes, what it reaches, what it loses, and how near it comes to b."""
        a, values = self.a, linear_maps.eigenvalues(self.a)
        found, size = subspaces.least_squares(a, self.target), subspaces.rank(a)
        turn = subspaces.turn_of(a)[1] if self.turns else float("nan")
        return {
            "t": self.part(now),
            "determinant": float(np.linalg.det(a)),
            "singular_values": np.linalg.svd(a, compute_uv=False),
            "rank": size,
            "nullity": 3 - size,
            "null_space": subspaces.null_space(a),
            "eigenvalues": values.real,
            "eigenvalues_imaginary": values.imag,
            "turn_degrees": float(np.degrees(turn)),
            "least_squares": found,
            "nearest": a @ found,
            "residual": float(np.linalg.norm(np.array(self.target) - a @ found)),
            "right_angles": subspaces.orthogonalized(a),
            "matrix_now": self.moved(now),
            "volume_now": float(np.linalg.det(self.moved(now))),
        }

    @property
    def turns(self) -> bool:
        """Whether A is a rotation."""
        return bool(np.abs(self.a @ self.a.T - np.eye(3)).max() < 1e-9 and np.linalg.det(self.a) > 0)

    # ---------------------------------------------------------------------------------------------- the score
    def part(self, now: ll.Now) -> float:
        """Return how much of A has moved space so far."""
        return now.eased(0.14, 0.74) if self.show == "map" else 1.0

    def moved(self, now: ll.Now) -> np.ndarray:
        """Return the matrix (3, 3) that has moved space so far: on the way from moment to moment, straight between."""
        at = self.part(now) * KEYS
        key = min(int(at), KEYS - 1)
        return (1 - (at - key)) * self.keyed(key) + (at - key) * self.keyed(key + 1)

    @ll.kept(most=2 * KEYS)
    def keyed(self, key: int) -> np.ndarray:
        """Return the matrix (3, 3) at a moment of the way."""
        return subspaces.on_path(self.a, key / KEYS)

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: slowly around, and a little higher in the end."""
        turn = now.eased(0.0, 1.0) - 0.5
        return ll.View(-57.0, 21.0, bounds=BOUNDS, turned=(42.0 * turn, 10.0 * turn))

    # -------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return space with what is shown of it."""
        shown = {"map": self.mapped, "target": self.aimed, "right angles": self.squared}[self.show]
        drawn = [*self.ground(), *shown(now), *self.rings()]
        drawn.append(layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True, key="origin"))
        return ll.Frame(drawn, self.notes(now), self.view(now))

    @ll.kept
    def ground(self) -> list[layers.Layer]:
        """Return the floor as it was, and the three axes."""
        ends = self.world(3.0 * np.eye(3))
        axes = [np.stack([-end, end]) for end in ends[:2]] + [np.stack([0 * ends[2], ends[2]])]
        look: dict[str, Any] = {"pickable": False, "group": "grid"}
        return [
            layers.Lines(list(self.world(shapes.lifted(shapes.grid(4.0)))), "hair", 1.0, key="floor", **look),
            layers.Lines(axes, "dim", 1.2, 0.7, key="axes", **look),
        ]

    @ll.kept
    def lattice_points(self) -> np.ndarray:
        """Return the points (lattice³, 3) of the lattice before A moves them: the shader does that."""
        half = EXTENT if self.lattice <= FEW else DENSE
        run = np.linspace(-half, half, self.lattice, dtype=np.float32)
        return np.stack(np.meshgrid(run, run, run, indexing="ij"), -1).reshape(-1, 3)

    def mapped(self, now: ll.Now) -> list[layers.Layer]:
        """Return the lattice, the plane of î and ĵ, what is carried along, what is reached and what is lost."""
        moved, few = self.moved(now), self.lattice <= FEW
        look: dict[str, Any] = {"by": self.unit() * moved, "key": "lattice", "name": "Lattice"}
        if few:
            dots = layers.Points(self.lattice_points(), "grid", 2.0, "disc", dim=0.25, **look)
        else:
            dots = layers.Points(self.lattice_points(), "grid", 1.0, "dot", dim=0.6, pickable=False, **look)
        net = self.world(shapes.lifted(shapes.grid(2.0)) @ moved.T)
        drawn: list[layers.Layer] = [
            dots,
            layers.Lines(list(net), "grid", 1.4, key="net", group="grid", pickable=False),
            *self.reached(now.eased(0.5, 0.74)),
            *self.lost(moved),
            *self.carried(moved),
        ]
        tips = self.world(moved.T)
        long = np.linalg.norm(tips, axis=1) > 0.02
        drawn.append(
            layers.Arrows(np.zeros((int(long.sum()), 3)), tips[long],
                          [role for role, seen in zip(COLUMNS, long, strict=True) if seen], key="basis", **ARROW)
        )  # fmt: skip
        for k in np.flatnonzero(long).tolist():
            drawn.append(layers.Label(tips[k], HATS[k], COLUMNS[k], latex=True, size=28, side=tips[k], key=f"name {k}"))
        if self.shape != "none" and subspaces.rank(self.a) == 3:
            middle = self.world(moved @ np.full(3, 0.5)) if self.shape == "cube" else self.world(moved @ (0, 0, -1.0))
            text = (
                words("volume ?.2", np.linalg.det(moved))
                if self.shape == "cube"
                else words("volume ×?.2", np.linalg.det(moved))
            )
            drawn.append(layers.Label(middle, text, RESULT, size=20, side="below right", key="volume"))
        return drawn

    def carried(self, moved: np.ndarray) -> list[layers.Layer]:
        """Return the cube or the ball, moved by a matrix (3, 3); a flat one is a plane figure or a line."""
        if self.shape == "none":
            return []
        flat = np.linalg.svd(moved, compute_uv=False)[2] < 1e-4
        if self.shape == "ball":
            mesh = shapes.ellipsoid((0, 0, 0), self.unit() * (moved + 1e-6 * np.eye(3)), FINE)
            return [layers.Solid(mesh, RESULT, 0.26, 0.0, key="ball", name="Ball, moved")]
        corners = self.world(CUBE @ moved.T)
        fill = 0.08 if flat else 0.13
        faces: list[layers.Layer] = [
            layers.Polygon(corners[list(face)], RESULT, fill, 0.0, key=f"face {k}", name="Cube, moved")
            for k, face in enumerate(FACES)
        ]
        edges = [corners[[one, other]] for one, other in EDGES]
        return [*faces, layers.Lines(edges, RESULT, 1.8, key="edges", name="Cube, moved")]

    @ll.kept(most=2)
    def whole_space(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what A reaches and what it loses, as rows of length 1."""
        return subspaces.column_space(self.a), subspaces.null_space(self.a)

    def reached(self, share: float) -> list[layers.Layer]:
        """Return the plane or the line that A reaches, where that is not all of space."""
        basis = self.whole_space()[0]
        if share == 0.0 or len(basis) not in (1, 2):
            return []
        if len(basis) == 1:
            path = self.world(np.outer((-2.6, 2.6), basis[0]))
            return [layers.Lines([path], REACHED, 2.6, share, key="reached", name="Column space")]
        normal = np.cross(*basis)
        plane = shapes.plane((0, 0, 0), normal, 1.9 * self.unit())
        return [layers.Solid(plane, REACHED, 0.16 * share, 1.2, key="reached", name="Column space")]

    def lost(self, moved: np.ndarray) -> list[layers.Layer]:
        """Return the line (or the two axes of the plane) that A sends to 0, as far as it has come."""
        drawn: list[layers.Layer] = []
        for k, direction in enumerate(self.whole_space()[1]):
            ends = self.world(np.outer((-2.2, 2.2), moved @ direction))
            dots = self.world(np.outer(np.arange(-2, 2.1, 0.5), moved @ direction))
            drawn += [
                layers.Lines([ends], LOST, 2.6, key=f"lost {k}", name="Null space"),
                layers.Points(dots, LOST, 4.0, "disc", outline=True, key=f"lost dots {k}", name="Sent to 0"),
            ]
            if k == 0 and np.linalg.norm(ends[1]) > 0.12:
                drawn.append(layers.Label(ends[1], "lost", LOST, size=19, side=ends[1], key="lost"))
        return drawn

    def columns(self, ghost: bool = False) -> list[layers.Layer]:
        """Return the columns of A as arrows; none for a column of zeros."""
        tips = self.world(self.a.T)
        return [
            layers.Arrows(np.zeros((1, 3)), tips[[k]], COLUMNS[k], key=f"column {k}", ghost=ghost, **ARROW)
            for k in range(3) if np.linalg.norm(tips[k]) > 0.02
        ]  # fmt: skip

    def aimed(self, now: ll.Now) -> list[layers.Layer]:
        """Return b, the nearest point that A reaches, and the way there along the columns."""
        found, b = subspaces.least_squares(self.a, self.target), np.array(self.target)
        nearest, fallen = self.a @ found, now.eased(0.18, 0.4)
        rest = nearest - b
        drawn = [*self.reached(1.0), *self.columns(ghost=now.share > 0.45)]
        goal, foot = self.world(b), self.world(nearest)
        if np.linalg.norm(goal) > 0.02:
            drawn.append(layers.Arrows(np.zeros((1, 3)), goal[None], "text", 5.0, key="b", name="b"))
        drawn.append(layers.Label(goal, "b", "text", latex=True, size=30, side="above", key="name b"))
        if fallen > 0 and np.linalg.norm(self.world(rest)) > 0.02:
            light = self.world([b, b + fallen * rest])
            drawn.append(layers.Lines([light], "text", 1.8, dash=(8, 5), key="light", name="Residual"))
            if fallen == 1:
                middle = self.world(b + 0.5 * rest)
                text = words("?.2", np.linalg.norm(rest))
                drawn.append(layers.Label(middle, text, "text", size=20, side="right", key="residual"))
                if np.linalg.norm(foot) > 0.3:
                    drawn.append(figures.RightAngle(foot, goal - foot, -foot, size=0.1, key="right angle"))
        if fallen == 1 and np.linalg.norm(foot) > 0.02:
            drawn.append(layers.Arrows(np.zeros((1, 3)), foot[None], RESULT, 6.5, key="nearest", name="A x"))
            drawn.append(layers.Label(foot, r"A\hat x", RESULT, latex=True, size=28, side=foot, key="name nearest"))
        start = np.zeros(3)
        used = [k for k in range(3) if abs(found[k]) * np.linalg.norm(self.a[:, k]) > 0.03]
        for order, k in enumerate(used):
            width = 0.45 / len(used)
            grown = now.eased(0.46 + order * width, 0.46 + (order + 0.85) * width)
            if grown > 0:
                end = start + grown * found[k] * self.a[:, k]
                tail, tip = self.world([start]), self.world([end])
                drawn.append(layers.Arrows(tail, tip, COLUMNS[k], 5.0, key=f"step {k}", name="Step", depth=False))
                if grown == 1:
                    text = tex(rf"?\, a_{k + 1}", found[k])
                    place = (tail + tip)[0] / 2
                    drawn.append(
                        layers.Label(place, text, COLUMNS[k], latex=True, size=24, side="below", key=f"of {k}")
                    )
            start = start + found[k] * self.a[:, k]
        return drawn

    def squared(self, now: ll.Now) -> list[layers.Layer]:
        """Return the columns on their way to right angles: each loses its shadows on those before it."""
        a, q = self.a, subspaces.orthogonalized(self.a)
        drawn = [*self.columns(ghost=True)]
        done = [1.0, now.eased(0.12, 0.42), now.eased(0.5, 0.86)]
        plane = now.eased(0.44, 0.5) - now.eased(0.88, 0.94)
        if plane > 0 and np.linalg.norm(np.cross(q[:, 0], q[:, 1])) > 1e-6:
            sheet = shapes.plane((0, 0, 0), np.cross(q[:, 0], q[:, 1]), 1.9 * self.unit())
            drawn.append(layers.Solid(sheet, REACHED, 0.14 * plane, 1.0, key="span", name="Span of the first two"))
        for k in range(3):
            tip = self.world(a[:, k] + done[k] * (q[:, k] - a[:, k]))
            if np.linalg.norm(tip) < 0.02:
                continue
            light = self.world([a[:, k], a[:, k] + done[k] * (q[:, k] - a[:, k])])
            if k and np.linalg.norm(light[1] - light[0]) > 0.02:
                drawn.append(
                    layers.Lines([light], COLUMNS[k], 1.6, dash=(8, 5), key=f"light {k}", name="Shadow taken away")
                )
            drawn.append(layers.Arrows(np.zeros((1, 3)), tip[None], COLUMNS[k], key=f"arrow {k}", **ARROW))
            name = f"q_{k + 1}" if done[k] == 1 else f"a_{k + 1}"
            drawn.append(layers.Label(tip, name, COLUMNS[k], latex=True, size=28, side=tip, key=f"name {k}"))
        for first, second, ready in ((0, 1, done[1]), (0, 2, done[2]), (1, 2, done[2])):
            one, two = self.world(q[:, first]), self.world(q[:, second])
            if ready == 1 and min(np.linalg.norm(one), np.linalg.norm(two)) > 0.2:
                drawn.append(figures.RightAngle((0, 0, 0), one, two, size=0.1, key=f"right {first}{second}"))
        return drawn

    # -------------------------------------------------------------------------------------------- handles, words
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the heads of the columns, and b where it is shown; all are dragged in space."""
        heads = self.world(self.a.T)
        found = [
            ll.Handle(COLUMNS[k], heads[k], partial(LinearMap3D.drag, column=k), free=True) for k in range(3)
        ]  # fmt: skip
        if self.show == "target":
            found.append(ll.Handle("target", self.world(self.target), LinearMap3D.aim, free=True))
        return found

    def drag(self, position: Sequence[float], column: int) -> None:
        """Let a column of A end at a position in the world."""
        matrix = self.a
        matrix[:, column] = self.placed(position)
        self.set("matrix", matrix)

    def aim(self, position: Sequence[float]) -> None:
        """Take a position in the world as b."""
        self.set("target", self.placed(position))

    def placed(self, position: Sequence[float]) -> np.ndarray:
        """Return the place (3,) that may be taken, in units, that is nearest to a position in the world."""
        return np.clip(np.round(np.asarray(position, float) / self.unit(), 2), -LIMIT, LIMIT)

    @ll.kept
    def rings(self) -> list[layers.Layer]:
        """Return the rings that are dragged."""
        return [self.ring(handle) for handle in self.handles(self.now(0.0))]

    @staticmethod
    def ring(handle: ll.Handle) -> layers.Layer:
        """Return the ring of a handle."""
        role, name = (handle.name, "Column") if handle.name in COLUMNS else ("text", "b")
        place = np.array([handle.position])
        return layers.Points(place, role, 7.0, "ring", outline=True, group="handles", name=name)

    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the matrix, the number that is looked at, and what is reached and lost."""
        notes: list[layers.Note] = [
            layers.Title(self.title, lines=(self.sentence(now),)),
            layers.Formula(tex("A = ?", (COLUMNS, self.a))),
        ]
        size = subspaces.rank(self.a)
        if self.show == "map":
            volume = float(np.linalg.det(self.moved(now)))
            whole = float(np.linalg.det(self.a))
            low, high = min(0.0, float(np.floor(whole))), max(2.0, float(np.ceil(whole)))
            heading, symbol = ("Volume of the unit cube", r"\det A =") if self.part(now) == 1 else ("Volume so far", "")
            notes.append(layers.Meter(heading, symbol, volume, RESULT, low, high))
        elif self.show == "target":
            rest = self.readouts(now)["residual"]
            notes.append(layers.Meter("From b to the nearest A x", "", rest, "text", 0.0, 4.0))
            found = subspaces.least_squares(self.a, self.target)
            notes.append(layers.Formula(tex(r"\hat x = ?", (RESULT, np.round(found, 2)[:, None]))))
        lost = self.whole_space()[1]
        places = ("only the point 0", "only a line", "only a plane", "all of space")
        rows = [(REACHED, tex(r"\text{rank}\ ?n", size), "", f"reaches {places[size]}")]
        if len(lost):
            direction = tex("?", np.round(linear_maps.whole_multiple(lost[0]), 2)) if len(lost) == 1 else ""
            rows.append((LOST, tex(r"\text{nullity}\ ?n", len(lost)), direction, "goes to 0"))
        return [*notes, layers.Facts("What is kept, what is lost", rows)]

    def sentence(self, now: ll.Now) -> str:
        """Say in words what happens."""
        if self.show == "target":
            near = self.readouts(now)["residual"] < 1e-6
            return "b is reached" if near else "The nearest point is straight below b"
        if self.show == "right angles":
            return "Take away the shadow on those before"
        if self.turns:
            axis, angle = subspaces.turn_of(self.a)
            direction = ", ".join(words("?2", part) for part in linear_maps.whole_multiple(axis))
            return words("A turn of ?1° about ", np.degrees(angle)) + f"({direction})"
        return (
            "Everything falls into one point", "Space falls onto a line, and a plane is lost",
            "Space falls onto a plane, and a line is lost", "Nothing is lost: A can be undone",
        )[subspaces.rank(self.a)]  # fmt: skip
