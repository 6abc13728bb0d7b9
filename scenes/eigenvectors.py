"""Lines that stay: most arrows are knocked off their lines by a matrix, and a few are only stretched."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, plane, shapes, signs, tex, words
from lossland.models import linear_maps as maps

ARROWS = 64
TIMES = 5  # how often A is repeated
COLUMNS = ("i", "j")  # the colours of A's columns
SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
FLAT = 1e-9
ON_LINE = 1.5  # degrees: what is drawn as being on an eigenline
SAID = 8.0  # degrees: a smaller angle has no room for its number
SEEN = 2.0  # degrees: a smaller angle is none to the eye
RADIUS = 1.7  # of the circle on which directions are shown while A is repeated
REACHES = {"repeat": 2.6, "eigenbasis": 2.4}  # how far from the origin a picture reaches; the others: FAR
FAR = 3.3
STAYING = ("Every arrow leaves its line", "Only the arrows on one line stay", "Only two lines of arrows stay")


def on_sign(angle: float, radius: float) -> signs.Place:
    """Return a point of the small drawing: an ellipse along the diagonal."""
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return 0.5 + 0.16 * (2 * x + y), 0.5 - 0.16 * (x + 2 * y)


class Eigenvectors(ll.Scene):
    """The directions that a matrix does not turn."""

    name = "eigenvectors"
    title = "Lines that stay"
    chapter = "Matrices"
    rows = ("M5", "S10", "S20")
    sign = (
        signs.Line([(0.04, 0.96), (0.96, 0.04)], "eigen1", 1.4),
        signs.Line([(0.22, 0.22), (0.78, 0.78)], "eigen2", 1.4),
        signs.Line([on_sign(a, 0.86) for a in np.linspace(0, 2 * np.pi, 41)], "grid", 1.4),
        signs.Line([(0.5, 0.5), on_sign(0.0, 0.86)], "text", 1.8),
    )
    presets: ClassVar = {
        "symmetric": {},
        "search": {"act": "search", "vector": (1.0, -0.2)},
        "repeat": {"act": "repeat", "vector": (1, 0)},
        "eigenbasis": {"act": "eigenbasis", "matrix": ((1.6, 0.6), (0.3, 1.3))},
        "not at right angles": {"matrix": ((3, 1), (0, 2)), "vector": (0.4, 1.2)},
        "shear": {"matrix": ((1, 1), (0, 1)), "vector": (0.6, 1.2)},
        "rotation": {"matrix": ((0, -1), (1, 0)), "vector": (1.4, 0.4)},
        "mirror": {"matrix": ((0, 1), (1, 0)), "vector": (1.4, 0.3)},
        "projection": {"matrix": ((0.5, 0.5), (0.5, 0.5)), "vector": (1.5, 0.2)},
    }

    matrix = parameters.Matrix(
        ((2, 1), (1, 2)), -4, 4, "$A$", "Its columns are where (1, 0) and (0, 1) land.", columns=COLUMNS
    )
    vector = parameters.PlanePoint((1.3, 0.3), -3, 3, "$v$", "An arrow to be tried: turn it onto a line that stays.")
    act = parameters.Choice(
        "move", ("move", "search", "repeat", "eigenbasis"), "show",
        "A moves the plane; an arrow is turned until it stays on its line; A again and again; A seen along its lines.",
    )  # fmt: skip
    clock = ll.Clock(10.0)

    @property
    def a(self) -> np.ndarray:
        """The matrix A, (2, 2)."""
        return np.array(self.matrix)

    @ll.kept
    def lines(self) -> list[maps.EigenDirection]:
        """Return the directions that stay, the largest factor first; none where all stay."""
        return maps.eigen_directions(self.a)

    @property
    def played(self) -> str:
        """What is shown: without two lines that stay there is no basis of them."""
        return "move" if self.act == "eigenbasis" and len(self.lines()) < 2 else self.act

    # ---------------------------------------------------------------------------------------------- the score
    def part(self, now: ll.Now) -> float:
        """Return how much of A has moved the plane so far."""
        starts = {"move": (0.12, 0.75), "eigenbasis": (0.52, 0.92)}
        return now.eased(*starts[self.played]) if self.played in starts else 1.0

    def factors(self, now: ll.Now) -> list[float]:
        """Return how many times as long the arrows on the lines that stay have become so far."""
        return [1 + self.part(now) * (line.factor - 1) for line in self.lines()]

    def tried(self, now: ll.Now) -> np.ndarray:
        """Return the arrow (2,) that is tried: in a search it turns half around."""
        return maps.rotation(self.turned(now) if self.played == "search" else 0.0) @ np.array(self.vector)

    def turned(self, now: ll.Now) -> float:
        """Return how far the arrow has turned in a search: half around, with a rest on each line that stays."""
        met = sorted(maps.turn_to_line(self.vector, line.vector) for line in self.lines())
        stations = [0.0, *(angle for angle in met if 0.1 < angle < np.pi - 0.1), np.pi]
        done = now.staged(len(stations) - 1, 0.06, 0.94, 0.7)
        return float(np.interp(done, range(len(stations)), stations))

    def times(self, now: ll.Now) -> float:
        """Return how often A was applied, with rests between."""
        return now.staged(TIMES, 0.08, 0.94, 0.7) if self.played == "repeat" else 0.0

    def moved(self, now: ll.Now) -> np.ndarray:
        """Return the matrix (2, 2) that has moved the plane so far."""
        return maps.straight(self.a, self.part(now))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return what stays, how far the arrow that is tried was turned, and what repeating A does to its direction."""
        found, values = self.lines(), maps.eigenvalues(self.a)
        moved, tried = self.moved(now), self.tried(now)
        vectors = np.array([line.vector for line in found]).reshape(-1, 2)
        if maps.is_multiple_of_identity(self.a):
            vectors = np.eye(2)
        return {
            "t": self.part(now),
            "eigenvalues": values.real,
            "eigenvalues_imaginary": values.imag,
            "eigenvectors": vectors,
            "line_turn_degrees": maps.degrees_off_line(vectors @ moved.T, vectors),
            "line_stretch": np.einsum("ki,ki->k", vectors @ moved.T, vectors),
            "turn_degrees": float(maps.degrees_off_line(moved @ tried, tried)),
            "stretch": float(np.linalg.norm(moved @ tried) / max(np.linalg.norm(tried), FLAT)),
            "power_angles_degrees": maps.power_angles_degrees(self.a, self.vector, 8),
        }

    # -------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the plane with what is shown of it."""
        shown = {"move": self.moving, "search": self.searching, "repeat": self.repeating, "eigenbasis": self.along}
        drawn = [*shown[self.played](now), layers.Points(np.zeros((1, 3)), "text", 4.5, "ring", outline=True)]
        rings = [handle.ring(color) for handle, color in zip(self.handles(now), (*COLUMNS, "text"), strict=True)]
        return ll.Frame([*drawn, *rings], self.notes(now), self.view())

    @property
    def reach(self) -> float:
        """How far from the origin the picture reaches: always as far, so that it stays while A and v are dragged."""
        return REACHES.get(self.played, FAR)

    @ll.kept
    def view(self) -> ll.View:
        """Return the view straight down."""
        return ll.View.from_above(self.reach)

    @ll.kept
    def arrows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the arrows around the circle (ARROWS, 2), and the eigenline that each is on: 0, 1, or -1 (ARROWS,)."""
        return maps.spread_directions(ARROWS, self.lines())

    @ll.kept
    def eigenlines(self) -> list[layers.Layer]:
        """Return the lines that stay, with their factors at their ends."""
        drawn: list[layers.Layer] = []
        sent = self.a @ np.array(self.vector)
        for k, line in enumerate(self.lines(), 1):
            away = -1.0 if maps.cross(line.vector, sent) * (sent @ line.vector) >= 0 else 1.0  # from where v goes
            drawn += self.named(k, line, line.vector, maps.rotation(away * np.pi / 2) @ line.vector)
        return drawn

    def named(self, k: int, line: maps.EigenDirection, ahead: np.ndarray, side: np.ndarray) -> list[layers.Layer]:
        """Return a line that stays, with its factor at the end to which a vector (2,) points."""
        end = ahead / max(float(np.linalg.norm(ahead)), FLAT)
        far = end * min(1.12, 0.9 / max(abs(end[1]), FLAT)) * self.reach
        factor = plane.name(far, tex(r"\lambda_? = ?", k, line.factor), f"eigen{k}", side, key=f"factor {k}")
        return [plane.eigenline(line, k), factor]

    @ll.kept
    def spokes(self, radius: float) -> layers.Lines:
        """Return where the arrows around the circle were: short pieces of their lines."""
        ends = [shapes.lifted(np.outer((1.0, radius), direction)) for direction in self.arrows()[0]]
        return layers.Lines(ends, "ghost", 1.0, 0.45, depth=False, pickable=False)

    def around(self, tips: np.ndarray, foot: float = 0.0) -> list[layers.Layer]:
        """Return the arrows to tips (ARROWS, 2): those on an eigenline in its colour, and in front."""
        owner, drawn = self.arrows()[1], []
        for k, role, width in ((-1, "grid.axis", 1.5), (1, "eigen2", 4.5), (0, "eigen1", 4.5)):
            chosen = shapes.lifted(tips[owner == k])
            if len(chosen):
                look = {"name": "Arrow", "dim": 0.35} if k < 0 else {"name": "Eigenvector", "emphasis": 0.5}
                look |= {"depth": False, "key": f"around {k}"}
                drawn.append(layers.Arrows(foot * chosen, chosen, role, width, **look))
        return drawn

    def moving(self, now: ll.Now) -> list[layers.Layer]:
        """Return the plane on its way, 64 arrows of it, and the arrow that is tried with its line."""
        moved, tried = self.moved(now), np.array(self.vector)
        return [
            layers.WarpedGrid(moved, group="grid", dim=0.55),
            *self.eigenlines(),
            plane.path(plane.CIRCLE, "ghost", 1.6, pickable=False),
            self.spokes(1.16),
            plane.path(plane.CIRCLE @ moved.T, "grid", 2.2, name="Circle, moved"),
            *self.around(self.arrows()[0] @ moved.T, foot=0.45),
            *self.trial(tried, moved @ tried),
        ]

    def searching(self, now: ll.Now) -> list[layers.Layer]:
        """Return an arrow that turns, where A sends it, and the lines found so far."""
        tried, trace = self.tried(now), np.linalg.norm(self.vector) * plane.CIRCLE
        found: list[layers.Layer] = []
        for k in self.found(now):
            line = self.lines()[k]
            turn = np.pi + maps.turn_to_line(self.vector, line.vector)
            behind = maps.rotation(turn) @ np.array(self.vector)  # where v and Av do not come by
            found += self.named(k + 1, line, behind, maps.rotation(np.pi / 2) @ behind)
        return [
            layers.WarpedGrid(np.eye(2), group="grid", before=False, dim=0.6),
            *found,
            plane.path(trace, "ghost", 1.6, pickable=False),
            plane.path(trace @ self.a.T, "grid", 1.8, name="Where A sends it"),
            *self.trial(tried, self.a @ tried),
        ]

    def found(self, now: ll.Now) -> list[int]:
        """Return the eigenlines that the turning arrow has met."""
        turned = self.turned(now) + 1e-9
        return [k for k, line in enumerate(self.lines()) if maps.turn_to_line(self.vector, line.vector) <= turned]

    def repeating(self, now: ll.Now) -> list[layers.Layer]:
        """Return all directions after A was applied again and again, and the steps of the one that is tried."""
        times, start = self.times(now), np.array(self.vector)
        around = RADIUS * maps.repeated(self.a, self.arrows()[0], times)
        steps = np.array([RADIUS * maps.repeated(self.a, start, k) for k in range(int(times + 1e-9) + 1)])
        here = RADIUS * maps.repeated(self.a, start, times)
        drawn = [
            layers.WarpedGrid(np.eye(2), group="grid", before=False, dim=0.6),
            *self.eigenlines(),
            plane.path(RADIUS * plane.CIRCLE, "ghost", 1.6, pickable=False),
            *self.around(around, foot=0.25),
            layers.Points(shapes.lifted(steps), "area", 6.0, "disc", outline=True, name="Step"),
            plane.arrow(here, "area", 6.5, name="v"),
        ]
        line, side, place = maps.strongest_line(self.a), here, 1.04 * here
        if line is not None:
            line = line if line @ here >= 0 else -line
            drawn += self.gap(line, here, 1.06 * RADIUS)
            near = maps.degrees_off_line(here, line) < SAID
            place = 1.1 * RADIUS * line if near else place  # the name is where neither the angle nor the steps are
            turn = (1.5 if near else 0.9) * (1 if (maps.cross(start, line) > 0) == near else -1)
            side = maps.rotation(turn) @ place
        count = int(times + 1e-9)
        name = "v" if count == 0 else "Av" if count == 1 else tex(r"A^{?} v", count)
        return [*drawn, plane.name(place, name, "area", side)]

    def along(self, now: ll.Now) -> list[layers.Layer]:
        """Return the grid that turns into that of the eigenvectors, and is then only stretched along them."""
        turned = maps.on_path(maps.eigen_basis(self.lines()), "polar", now.eased(0.08, 0.44))
        grid = self.moved(now) @ turned
        drawn: list[layers.Layer] = [
            layers.WarpedGrid(grid, group="grid", before=now.share < 0.5),
            *(plane.eigenline(line, k) for k, line in enumerate(self.lines(), 1)),
            layers.Polygon(shapes.lifted(SQUARE @ turned.T), "area", fill=0.0, outline=1.4, dash=(7, 4), name="Before"),
            layers.Polygon(shapes.lifted(SQUARE @ grid.T), "area", name="Cell"),
            *(plane.arrow(head, f"eigen{k}", 6.5, name="Basis arrow") for k, head in enumerate(grid.T, 1)),
        ]
        for k, (factor, head) in enumerate(zip(self.factors(now), grid.T, strict=True), 1):
            side = maps.rotation(1.2 if k == 2 else -1.2) @ head  # off the cell, and off the line
            drawn.append(plane.name(head, words("×\u2009?.2", factor), f"eigen{k}", side, 30, latex=False))
        return drawn

    def trial(self, tried: np.ndarray, sent: np.ndarray) -> list[layers.Layer]:
        """Return the arrow that is tried, its line, where it has come to, and the angle between."""
        off = float(maps.degrees_off_line(sent, tried))
        on = [k for k, line in enumerate(self.lines(), 1) if maps.degrees_off_line(tried, line.vector) < ON_LINE]
        role = f"eigen{on[0]}" if on else "area"
        drawn: list[layers.Layer] = [
            plane.line(tried, "text", 1.4, alpha=0.6, name="Line of v"),
            plane.arrow(tried, "text", 4.5, name="v"),
            plane.arrow(sent, role, 7.0, name="Av", emphasis=0.6 * bool(on)),
        ]
        if np.linalg.norm(sent) > FLAT and np.linalg.norm(tried) > FLAT:
            ray = tried if tried @ sent >= 0 else -tried
            aside = np.array([-ray[1], ray[0]]) * (1 if maps.cross(ray, sent) > 0 else -1)
            roomy = float(np.clip(45.0 / max(off, 1.0), 1.0, 1.6))  # a narrow angle has room for its number farther out
            drawn += self.gap(ray, sent, min(roomy, 0.8 * float(np.linalg.norm(sent))))
            drawn.append(plane.name(tried, "v", "text", -aside))
            if np.linalg.norm(sent - tried) > 0.25:
                lies = min((maps.degrees_off_line(sent, line.vector) for line in self.lines()), default=90.0) < SAID
                side = maps.rotation(np.copysign(1.5, maps.cross(ray, sent))) @ sent if lies else aside + 0.6 * sent
                drawn.append(plane.name(sent, "Av" if off > ON_LINE else r"Av = \lambda v", role, side))
        return drawn

    def gap(self, line: np.ndarray, arrow: np.ndarray, radius: float) -> list[layers.Layer]:
        """Return the angle between a ray of a line and an arrow, where there is room for one."""
        seen = maps.degrees_off_line(arrow, line) > SEEN
        return [figures.Angle((0, 0), line, arrow, radius, color="area", close=True, key="angle")] if seen else []

    # ---------------------------------------------------------------------------------------------- the words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return what is shown in a sentence, the matrix, the angle that is looked at, and the lines that stay."""
        notes: list[layers.Note] = [
            layers.Title(self.title, lines=(self.sentence(now),)),
            layers.Formula(tex("A = ?", (COLUMNS, self.a))),
        ]
        if self.played == "eigenbasis":
            stretch = np.diag([line.factor for line in self.lines()])
            notes.append(layers.Formula(tex(r"P^{-1} A\,P = ?", (("eigen1", "eigen2"), stretch))))
        else:
            again, read = self.played == "repeat", self.readouts(now)
            off = self.angle_now(now) if again else read["turn_degrees"]
            text = words("?.2°" if again else "?.1°", off) if np.isfinite(off) else "none"
            said = "Angle to the strongest line" if again else "Turned off its line by"
            notes.append(layers.Meter(said, "", off, "area", 0.0, 90.0, text))
        if self.played == "search":
            notes.append(self.chart(now))
        return [*notes, self.facts(now)]

    def angle_now(self, now: ll.Now) -> float:
        """Return the angle in degrees from the strongest line to where the arrow has come to; nan without one."""
        line = maps.strongest_line(self.a)
        here = maps.repeated(self.a, self.vector, self.times(now))
        return float("nan") if line is None else float(maps.degrees_off_line(here, line))

    def sentence(self, now: ll.Now) -> str:
        """Say in words what is shown."""
        if maps.is_multiple_of_identity(self.a):
            return "Every arrow stays on its line"
        if self.played == "search":
            return "Turn v until Av is on its line" if self.found(now) or now.share < 0.9 else "There is no such line"
        if self.played == "repeat":
            count = int(self.times(now) + 1e-9)
            few = ("Apply A again and again", "A applied once")
            return few[count] if count < 2 else words("A applied ?n times", count)
        if self.played == "eigenbasis":
            return "Take the arrows that stay as the basis" if now.share < 0.5 else "Along them A only stretches"
        if self.act == "eigenbasis":
            return "There is no basis of arrows that stay"
        return STAYING[len(self.lines())]

    def facts(self, now: ll.Now) -> layers.Facts:
        """Return the lines that stay, their factors, and how far these have come."""
        moves = self.played in ("move", "eigenbasis")
        so_far = [words("now ×\u2009?.2", factor) if moves else "" for factor in self.factors(now)]
        always = self.a[0, 0] if maps.is_multiple_of_identity(self.a) else None
        return plane.kept_directions("Lines that stay", self.lines(), so_far, always)

    @ll.kept
    def turns(self) -> layers.Series:
        """Return how far A turns an arrow off its line, over the arrow's direction."""
        return layers.Series("turn", "area", *maps.degrees_off_by_direction(self.a, 361))

    def chart(self, now: ll.Now) -> layers.Chart:
        """Return that curve: it is 0 in the directions that stay."""
        x, y = self.tried(now)
        here = float(np.degrees(np.arctan2(y, x)) % 180)
        label = "direction of v in degrees"
        return layers.Chart("Degrees off its line", [self.turns()], now=here, x_label=label, timed=False)
