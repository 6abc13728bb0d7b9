"""Space and what is lost: a matrix moves space, flattens it onto a plane or a line, or leaves it whole."""

from __future__ import annotations

from itertools import combinations
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, tex, words
from lossland.models import linear_maps, subspaces

COLUMNS = ("i", "j", "k")  # the colours of the basis arrows, and of A's columns
HATS = (r"\hat\imath", r"\hat\jmath", r"\hat k")
REACHED, LOST, RESULT = "accent", "text", "area"
EXTENT, DENSE = 1.5, 1.0  # half the width of the lattice in units, and that of a fine one
FEW = 16  # points along each side of a coarse lattice, at most
CUBE = shapes.box((0, 0, 0), (1, 1, 1))
BOUNDS = np.vstack([shapes.box((-0.85, -0.85, -0.6), (1.35, 1.35, 1.1)), (1.68, 1.68, 0.8)])  # of what is seen, world
REST = 1e-6  # of its size that a flattened body keeps: one without any has no normals
PLACES = ("0 alone", "a line", "a plane", "all of space")
SAID = (
    "Everything falls into one point", "Space falls onto a line, and a plane is lost",
    "Space falls onto a plane, and a line is lost", "Nothing is lost: A can be undone",
)  # fmt: skip


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
        "rank one": {"matrix": ((1, -0.5, 0.5), (1, -0.5, 0.5), (0.8, -0.4, 0.4))},
        "rotation": {"matrix": ((0, 0, 1), (1, 0, 0), (0, 1, 0))},
        "mirror": {"matrix": ((1, 0, 0), (0, 1, 0), (0, 0, -1))},
        "ball": {"matrix": ((1, 0, 1), (0, 2, 0), (0, 0, 1)), "shape": "ball"},
        "from two to three": {"matrix": ((1, 0.4, 0), (-0.3, 1, 0), (-0.3, 0.5, 0))},
        "from three to two": {"matrix": ((1, 0.3, 0.65), (-0.2, 1, 0.4), (0, 0, 0))},
        "least squares": {"show": "target", "matrix": ((1.5, 0.3, 0), (-0.3, 1.4, 0), (0.2, 0.5, 0)),
                          "target": (0.8, 1, 1.8)},
        "right angles": {"show": "right angles", "matrix": ((1.8, 0.9, 0.3), (0, 1.3, 0.9), (0, 0.3, 1.5))},
        "quarter of a million": {"lattice": 64, "shape": "none"},
    }  # fmt: skip

    matrix = parameters.Matrix(
        ((1, 0, 1), (0, 2, 0), (0, 0, 1)), -4, 4, "$A$", "Its columns are where the three arrows land.",
        columns=COLUMNS, unit=lambda scene: scene.unit(),
    )  # fmt: skip
    target = parameters.SpacePoint(
        (1, 1, 2), -4, 4, "$b$", "The point that A x should reach.",
        unit=lambda scene: scene.unit(), shown=lambda scene: scene.show == "target",
    )  # fmt: skip
    show = parameters.Choice(
        "map", ("map", "target", "right angles"), "show",
        "A moves space; the nearest that A x comes to b; the columns of A put at right angles.",
    )  # fmt: skip
    shape = parameters.Choice("cube", ("none", "cube", "ball"), "shape", "What is carried along.")
    lattice = parameters.Integer(7, 2, 64, "lattice", "How many points along each side of the lattice that A moves.")
    clock = ll.Clock(12.0)

    def has_control(self, name: str) -> bool:
        """Hide what the picture does not use."""
        return {"target": self.show == "target"}.get(name, name in ("matrix", "show") or self.show == "map")

    @property
    def a(self) -> np.ndarray:
        """The matrix A, (3, 3)."""
        return np.array(self.matrix)

    @ll.kept(framing=True)
    def unit(self) -> float:
        """Return how many world units one unit is."""
        other = {"map": CUBE @ self.a.T, "target": np.array(self.target), "right angles": np.zeros(3)}[self.show]
        reach = max(float(np.abs(other).max()), float(np.linalg.norm(self.a, axis=0).max()))
        return 1.24 / shapes.in_steps(reach, 2.0, 1.5)

    def world(self, place: Any) -> np.ndarray:
        """Return the world points (..., 3) of places."""
        return np.asarray(place, float) * self.unit()

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the numbers of A: volumes, what it reaches, what it loses, and how near it comes to b."""
        a, values = self.a, linear_maps.eigenvalues(self.a)
        found, size = subspaces.least_squares(a, self.target), subspaces.rank(a)
        turn = subspaces.turn_of(a)[1] if subspaces.is_turn(a) else float("nan")
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
            "residual": self.residual(),
            "right_angles": subspaces.orthogonalized(a),
            "matrix_now": self.moved(now),
            "volume_now": float(np.linalg.det(self.moved(now))),
        }

    def residual(self) -> float:
        """Return how far b is from the nearest A x."""
        return float(np.linalg.norm(self.target - self.a @ subspaces.least_squares(self.a, self.target)))

    # ---------------------------------------------------------------------------------------------- the score
    def part(self, now: ll.Now) -> float:
        """Return how much of A has moved space so far."""
        return now.eased(0.14, 0.74) if self.show == "map" else 1.0

    def moved(self, now: ll.Now) -> np.ndarray:
        """Return the matrix (3, 3) that has moved space so far."""
        return subspaces.on_path(self.a, self.part(now))

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: slowly around, and a little higher in the end."""
        turn = now.eased(0.0, 1.0) - 0.5
        return ll.View(-57.0, 21.0, bounds=BOUNDS, turned=(42.0 * turn, 10.0 * turn))

    # -------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return space with what is shown of it."""
        shown = {"map": self.mapped, "target": self.aimed, "right angles": self.squared}[self.show]
        drawn = [figures.Floor(self.unit()), *shown(now)]
        drawn.append(layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True, key="origin"))
        drawn += [handle.ring(role) for handle, role in zip(self.handles(now), (*COLUMNS, "text"), strict=False)]
        return ll.Frame(drawn, self.notes(now), self.view(now))

    def arrow(self, tip: Any, role: str, key: str, tail: Any = (0, 0, 0), **look: Any) -> list[layers.Layer]:
        """Return an arrow between places; none of no length."""
        start, end = self.world([tail, tip])
        look = {"width": 6.5, "key": key, "name": "Column", **look}
        return [] if np.linalg.norm(end - start) < 0.02 else [layers.Arrows.one(start, end, role, **look)]

    def named(self, at: Any, name: str, role: str, side: Any = None, **look: Any) -> layers.Label:
        """Return the name of an arrow at its head, away from the origin."""
        place = self.world(at)
        look = {"side": place if side is None else side, "size": 34, "key": f"name {name}", **look}
        return layers.Label(place, name, role, latex=True, **look)

    def plane(self, normal: np.ndarray, half: float, opacity: float, key: str, name: str) -> layers.Layer:
        """Return a piece of a plane through the origin."""
        piece = shapes.plane((0, 0, 0), normal, half * self.unit())
        return layers.Solid(piece, REACHED, opacity, 1.2, key=key, name=name)

    @ll.kept
    def lattice_points(self) -> np.ndarray:
        """Return the points (lattice³, 3) of the lattice before A moves them: the shader does that."""
        half = EXTENT if self.lattice <= FEW else DENSE
        run = np.linspace(-half, half, self.lattice, dtype=np.float32)
        return np.stack(np.meshgrid(run, run, run, indexing="ij"), -1).reshape(-1, 3)

    def mapped(self, now: ll.Now) -> list[layers.Layer]:
        """Return the lattice, the plane of î and ĵ, what is carried along, what is reached and what is lost."""
        moved, size = self.moved(now), subspaces.rank(self.a)
        few = self.lattice <= FEW
        radius, style, dim = (2.0, "disc", 0.25) if few else (1.0, "dot", 0.6)
        look: dict[str, Any] = {"by": self.unit() * moved, "name": "Lattice", "dim": dim, "pickable": few}
        net = self.world(shapes.lifted(shapes.grid(2.0)) @ moved.T)
        drawn: list[layers.Layer] = [
            layers.Points(self.lattice_points(), "grid", radius, style, key="lattice", **look),
            layers.Lines(list(net), "grid", 1.4, key="net", group="grid", pickable=False),
            *self.reached(now.eased(0.5, 0.74), 1.5),
            *self.lost(moved),
            *self.carried(moved, self.view(now)),
        ]
        axis, angle = subspaces.turn_of(self.a) if subspaces.is_turn(self.a) else (np.zeros(3), 0.0)
        if angle > 1e-6:
            path = [self.world(np.outer((-2.2, 2.2), axis))]
            drawn.append(layers.Lines(path, "text", 1.8, dash=(8, 5), key="axis", name="Axis of the turn"))
        for k, tip in enumerate(moved.T):
            found = self.arrow(tip, COLUMNS[k], f"basis {k}")
            side = (0.0, 0.0, (1.0, -1.0, 1.0)[k]) if size == 1 else None  # on one line they stand above and below it
            drawn += [*found, self.named(tip, HATS[k], COLUMNS[k], side)] if found else []
        return drawn

    def carried(self, moved: np.ndarray, view: ll.View) -> list[layers.Layer]:
        """Return the cube or the ball, moved by a matrix (3, 3), and its volume where it has one."""
        axes = self.unit() * (moved + REST * np.eye(3))
        half = self.world(np.linalg.svd(self.a)[2] @ moved.T)  # of the ellipsoid: perpendicular in the end, too
        down = view.left_of(view.left_of(np.array([0.0, 0.0, 1.0])))  # in the picture
        body, place, said = {
            "none": ([], (0, 0, 0), ""),
            "cube": ([layers.Solid(shapes.parallelepiped(axes), RESULT, 0.15, 1.8, key="cube", name="Cube, moved")],
                     moved @ (1, 1, 1), "volume ?.2"),
            "ball": ([layers.Solid(shapes.ellipsoid((0, 0, 0), axes, 24), RESULT, 0.26, 0.0, key="ball",
                                   name="Ball, moved"),
                      layers.Lines([np.stack([-one, one]) for one in half], "text", 1.6, 0.7, depth=False,
                                   dash=(8, 5), key="half axes", name="Half axis")],
                     subspaces.farthest(moved, down), "volume ×?.2"),
        }[self.shape]  # fmt: skip
        if not body or subspaces.rank(self.a) < 3:
            return body
        at, text = self.world(place), words(said, np.linalg.det(moved))
        side = at + 0.9 * down if self.shape == "cube" else down  # beside the axis of a turn, which is at this corner
        return [*body, layers.Label(at, text, RESULT, size=20, side=side, key="volume")]

    @ll.kept
    def whole_space(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what A reaches and what it loses, as rows of length 1."""
        return subspaces.column_space(self.a), subspaces.null_space(self.a)

    def reached(self, share: float, half: float) -> list[layers.Layer]:
        """Return the plane or the line that A reaches, where that is not all of space."""
        basis = self.whole_space()[0]
        if share == 0.0 or len(basis) not in (1, 2):
            return []
        if len(basis) == 2:
            return [self.plane(np.cross(*basis), half, 0.16 * share, "reached", "Column space")]
        path = self.world(np.outer((-2.6, 2.6), basis[0]))
        return [layers.Lines([path], REACHED, 2.6, share, key="reached", name="Column space")]

    def lost(self, moved: np.ndarray) -> list[layers.Layer]:
        """Return the line (or the plane, with two axes) that A sends to 0, as far as it has come."""
        lost = self.whole_space()[1]
        drawn: list[layers.Layer] = []
        for k, direction in enumerate(lost):
            ends = self.world(np.outer((-2.2, 2.2), moved @ direction))
            dots = self.world(np.outer(np.arange(-2, 2.1, 0.5), moved @ direction))
            drawn += [
                layers.Lines([ends], LOST, 2.6, key=f"lost {k}", name="Null space"),
                layers.Points(dots, LOST, 10.0, "dot", key=f"lost dots {k}", name="Sent to 0"),
            ]
            if k == len(lost) - 1 and np.linalg.norm(ends[1]) > 0.12:
                drawn.append(layers.Label(ends[1], "lost", LOST, size=19, side=ends[1], key="lost"))
        if len(lost) == 2:
            net = self.world(shapes.grid(1.5, 0.75) @ lost @ moved.T)
            drawn.append(layers.Lines(list(net), LOST, 1.2, 0.6, pickable=False, key="lost plane"))
        return drawn

    def columns(self, ghost: bool) -> list[layers.Layer]:
        """Return the columns of A as arrows, with their names until they are ghosts; none for a column of zeros."""
        drawn = [one for k in range(3) for one in self.arrow(self.a[:, k], COLUMNS[k], f"column {k}", ghost=ghost)]
        named = [self.named(self.a[:, k], f"a_{k + 1}", COLUMNS[k]) for k in range(3) if self.a[:, k].any()]
        return drawn if ghost else [*drawn, *named]

    def aimed(self, now: ll.Now) -> list[layers.Layer]:
        """Return b, the nearest point that A reaches, and the way there along the columns."""
        found, b, fallen = subspaces.least_squares(self.a, self.target), np.array(self.target), now.eased(0.18, 0.4)
        nearest = self.a @ found
        drawn = [*self.reached(1.0, 1.9), *self.columns(ghost=now.share > 0.45)]
        drawn += [*self.arrow(b, "text", "b", width=5.0, name="b"), self.named(b, "b", "text", "above")]
        light = self.world([b, b + fallen * (nearest - b)])
        if fallen > 0 and np.linalg.norm(nearest - b) * self.unit() > 0.02:
            drawn.append(layers.Lines([light], "text", 1.8, dash=(8, 5), key="light", name="Residual"))
        if fallen == 1:
            drawn += self.arrow(nearest, RESULT, "nearest", name="A x")
            drawn.append(self.named(nearest, r"A\hat x", RESULT))
            size = float(np.linalg.norm(nearest - b))
            if size * self.unit() > 0.02:
                drawn.append(layers.Label(light.mean(0), words("?.2", size), size=20, side="right", key="residual"))
            if min(size, np.linalg.norm(nearest)) * self.unit() > 0.2:
                drawn.append(figures.RightAngle(self.world(nearest), b - nearest, -nearest, 0.1, key="right angle"))
        return [*drawn, *self.steps(found, now)]

    def steps(self, found: np.ndarray, now: ll.Now) -> list[layers.Layer]:
        """Return the way to A x as steps along the columns, as many times each as x (3,) says."""
        drawn, start, ways = [], np.zeros(3), found * self.a
        used = [k for k in range(3) if np.linalg.norm(ways[:, k]) > 0.03]
        for order, k in enumerate(used):
            begin, width = 0.46 + order * 0.45 / len(used), 0.45 / len(used)
            grown = now.eased(begin, begin + 0.85 * width)
            way = grown * ways[:, k]
            drawn += self.arrow(start + way, COLUMNS[k], f"step {k}", start, width=5.0, name="Step", depth=False)
            if grown == 1:
                middle, text = start + way / 2, tex(rf"?\, a_{k + 1}", found[k])
                side = self.world(middle - ways.sum(axis=1) / 2) - (0.0, 0.0, 1e-3)  # away from A x; below, if on it
                drawn.append(self.named(middle, text, COLUMNS[k], side, size=28, key=f"of {k}"))
            start = start + ways[:, k]
        return drawn

    def squared(self, now: ll.Now) -> list[layers.Layer]:
        """Return the columns on their way to right angles: each loses its shadows on those before it."""
        a, q, drawn = self.a, subspaces.orthogonalized(self.a), self.columns(ghost=True)
        done, plane = (1.0, now.eased(0.12, 0.42), now.eased(0.5, 0.86)), now.eased(0.44, 0.5) - now.eased(0.88, 0.94)
        normal = np.cross(q[:, 0], q[:, 1])
        if plane > 0 and normal.any():
            drawn.append(self.plane(normal, 1.9, 0.14 * plane, "span", "Span of the first two"))
        for k, role in enumerate(COLUMNS):
            tip = a[:, k] + done[k] * (q[:, k] - a[:, k])
            found = self.arrow(tip, role, f"arrow {k}")
            if not found:
                continue
            light = self.world([a[:, k], tip])
            if np.linalg.norm(light[1] - light[0]) > 0.02:
                drawn.append(layers.Lines([light], role, 1.6, dash=(8, 5), key=f"light {k}", name="Shadow taken away"))
            name, side = f"q_{k + 1}" if done[k] == 1 else f"a_{k + 1}", np.add(self.world(tip), (0.0, 0.0, 0.3))
            drawn += [*found, self.named(tip, name, role, side)]  # above an axis on which it lies
        for first, second in combinations(range(3), 2):
            one, two = self.world(q[:, first]), self.world(q[:, second])
            if done[second] == 1 and min(np.linalg.norm(one), np.linalg.norm(two)) > 0.2:
                drawn.append(figures.RightAngle((0, 0, 0), one, two, size=0.1, key=f"right {first}{second}"))
        return drawn

    # ------------------------------------------------------------------------------------------------------ words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the matrix, the number that is looked at, and what is reached and lost."""
        size, lost = subspaces.rank(self.a), self.whole_space()[1]
        title = layers.Title(self.title, lines=(self.sentence(),))
        notes: list[layers.Note] = [title, layers.Formula(tex("A = ?", (COLUMNS, self.a)))]
        if self.show == "map":
            whole, over = float(np.linalg.det(self.a)), self.part(now) == 1
            heading, symbol = ("Signed volume of the unit cube", r"\det A =") if over else ("Signed volume so far", "")
            low, high = min(0.0, float(np.floor(whole))), max(2.0, float(np.ceil(whole)))
            notes.append(layers.Meter(heading, symbol, float(np.linalg.det(self.moved(now))), RESULT, low, high))
        elif self.show == "target":
            notes.append(layers.Meter("What is missing", r"\|b - A \hat x\| =", self.residual(), "text", 0.0, 4.0))
            notes.append(layers.Formula(tex(r"\hat x = ?2", (RESULT, subspaces.least_squares(self.a, self.target)))))
        if self.show == "right angles":
            notes.append(layers.Formula(r"q_k = a_k - \sum_{j<k} \frac{q_j \cdot a_k}{q_j \cdot q_j}\, q_j"))
        rows = [(REACHED, tex(r"\text{rank}\ ?n", size), "", f"reaches {PLACES[size]}")]
        if len(lost):
            way = linear_maps.whole_multiple(lost[0])
            direction = tex("?", np.round(way / min(1.0, np.abs(way).max()), 2)) if len(lost) == 1 else ""
            rows.append((LOST, tex(r"\text{nullity}\ ?n", len(lost)), direction, "goes to 0"))
        if self.show == "map" and self.shape == "ball":
            stretch = np.linalg.svd(self.a, compute_uv=False)
            rows.append((RESULT, tex(r"\sigma = ?2", stretch), "", "the half axes"))
        return [*notes, layers.Facts("What is kept, what is lost", rows)]

    def sentence(self) -> str:
        """Say in words what happens."""
        if self.show == "target":
            return "b is reached" if self.residual() < 1e-6 else "From b at a right angle to the nearest point"
        if self.show == "right angles":
            return "Take away the shadow on those before"
        if subspaces.is_turn(self.a):
            axis, angle = subspaces.turn_of(self.a)
            direction = ", ".join(words("?2", part) for part in linear_maps.whole_multiple(axis))
            return words("A turn of ?1° about ", np.degrees(angle)) + f"({direction})"
        return SAID[subspaces.rank(self.a)]
