"""Axes of most variance: a cloud turns until its longest side lies ahead, and is then pressed flat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, plane, shapes, signs, tex, words
from lossland.models import datasets, linear_maps
from lossland.models import principal as axes_of
from lossland.models.neighbours import means

LANES = tuple(f"lane.{(k + 1) % 12}" for k in range(12))  # of the classes
ROLES = ("eigen1", "eigen2", "text")  # of the first three axes
HALF = 2.0  # of the cloud in the world
LEAN = -0.6  # radians: how far the cloud leans where an axis is tried
MANY = 5000  # samples: more are drawn as dots
MIST = 50_000  # samples: the more dots beyond, the fainter each, so that their density is still seen
FEW = 4  # classes that a legend tells
BALL = 0.045  # radius of a sample's ball, world, about
AXES = np.array([[1.5, 0.2, 0.1], [0.9, -0.55, 0.1], [0.45, 0.3, -0.28]])  # deviations of the Gaussian, as columns


class PCA(ll.Scene):
    """The few directions in which data really differ."""

    name = "pca"
    title = "Axes of most variance"
    chapter = "Matrices"
    rows = ("M6", "Q1", "Y4", "S16", "S17")
    sign = (
        *(signs.Dot((0.5 + 0.36 * t + 0.1 * u, 0.5 - 0.26 * t + 0.16 * u), 1.3, "grid")
          for t, u in ((-1, 0.2), (-0.6, -0.5), (-0.5, 0.6), (-0.1, -0.2), (0.1, 0.7), (0.4, -0.6), (0.6, 0.4))),
        signs.Line([(0.12, 0.77), (0.88, 0.23)], "eigen1", 2.0),
        signs.Line([(0.4, 0.36), (0.6, 0.64)], "eigen2", 2.0),
    )  # fmt: skip
    presets: ClassVar = {
        "flowers": {},
        "try an axis": {"data": "gaussian", "act": "axis"},
        "onto a line": {"keep": 1},
        "digits": {"data": "digits"},
        "gaussian": {"data": "gaussian"},
        "scaled flowers": {"scale": True},
        "a million": {"data": "gaussian", "count": 1_000_000},
    }

    data = parameters.Choice("iris", ("iris", "digits", "gaussian"), "data", "What the points are.")
    keep = parameters.Integer(
        2, 1, 64, "keep", "How many axes are kept; what lies along the others is lost.",
        most=lambda scene: scene.taken().points.shape[1],
    )  # fmt: skip
    scale = parameters.Toggle(False, "scale", "Divide every feature by its standard deviation first.")
    count = parameters.Integer(600, 10, 1_000_000, "samples", "How many the Gaussian has.", log=True)
    act = parameters.Choice("turn", ("turn", "axis"), "show", "The cloud turns and is flattened; or an axis is tried.")
    axis = parameters.PlanePoint(
        (1.9, -0.5), -2.2, 2.2, "axis", "An axis to be tried: turn it to where the shadows are widest apart.",
        shown=lambda scene: scene.act == "axis",
    )  # fmt: skip
    clock = ll.Clock(12.0)

    def has_control(self, name: str) -> bool:
        """Hide the number of samples where the data have their own, and what the picture does not use."""
        used = {"count": self.data == "gaussian", "keep": self.act == "turn", "axis": self.act == "axis"}
        return used.get(name, True)

    @ll.kept
    def taken(self) -> datasets.Data:
        """Return the data: samples (n, d), of which class each is, and what classes and features are called."""
        if self.data != "gaussian":
            return datasets.dataset(self.data)
        points = datasets.bell(AXES, self.count, self.seed)
        return datasets.Data(points, np.zeros(self.count, int), features=tuple("xyz"))

    @ll.kept
    def samples(self) -> np.ndarray:
        """Return the samples (n, d) around their mean, scaled where that is wanted."""
        points = self.taken().points
        return axes_of.standardized(points) if self.scale else points - points.mean(axis=0)

    @ll.kept
    def found(self) -> axes_of.Principal:
        """Return the principal axes."""
        return axes_of.principal(self.samples())

    # ---------------------------------------------------------------------------------------- the way it is seen
    @ll.kept
    def features(self) -> list[int]:
        """Return the features that are the three axes of the picture at first."""
        return self.found().features(3)

    def turned(self, now: ll.Now) -> float:
        """Return how far the cloud has turned from three features to three axes."""
        return 1.0 if self.act == "axis" else now.eased(0.08, 0.42)

    @ll.kept
    def seen_along(self, share: float) -> np.ndarray:
        """Return the directions (d, 3) of the data that are the picture's x, y and z, a share of the way."""
        axes = self.found().components[:3].T
        if self.act == "axis":  # which leans, so that the best axis is not there from the first
            return axes @ np.block([[linear_maps.rotation(LEAN), np.zeros((2, 1))], [np.zeros((1, 2)), np.eye(1)]])
        return axes_of.between(self.found().frame_of(self.features()), axes, share)

    @ll.kept
    def unit(self) -> float:
        """Return the length of the data that is 1 in the picture."""
        return float(np.quantile(np.abs(self.samples() @ self.found().components[0]), 0.999)) / HALF

    @ll.kept
    def cloud(self, share: float) -> np.ndarray:
        """Return the samples in the picture (n, 3), a share of the way from features to axes."""
        return self.samples() @ self.seen_along(share) / self.unit()

    def pressed(self, now: ll.Now) -> float:
        """Return how far what is lost has been pressed to 0."""
        return 0.0 if self.act == "axis" else now.eased(0.52, 0.82)

    # ----------------------------------------------------------------------------------------------- the axis tried
    def rotated(self, now: ll.Now) -> np.ndarray:
        """Return the rotation (2, 2) of the axis that is tried since the start: as time goes by half around."""
        return linear_maps.rotation(np.pi * now.eased(0.06, 0.94))

    def tried(self, now: ll.Now) -> np.ndarray:
        """Return the unit vector (2,) of the axis that is tried."""
        start = np.array(self.axis) if np.linalg.norm(self.axis) > 1e-9 else np.array([1.0, 0.0])
        return self.rotated(now) @ start / np.linalg.norm(start)

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the ring on the axis that is tried: wherever that has turned, it goes through where it is dragged."""
        if self.act != "axis":
            return []
        place, back = self.rotated(now) @ self.axis, self.rotated(now).T

        def move(scene: PCA, position: tuple[float, ...]) -> None:
            scene.set("axis", np.clip(np.round(back @ position, 2), -2.2, 2.2))

        return [ll.Handle("axis", shapes.lifted(place), move, plane=0.0)]

    def variance(self, now: ll.Now) -> float:
        """Return the variance of the samples along it."""
        return self.found().variance_along(self.seen_along(1.0)[:, :2] @ self.tried(now))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the axes, how much of the variance each has, and what is lost with those that are not kept."""
        found = self.found()
        numbers = {
            "eigenvalues": found.values,
            "ratios": found.ratios,
            "components": found.components,
            "kept": float(found.ratios[: self.keep].sum()),
            "error": found.error(self.keep),
            "components_for_90": found.components_for(0.9),
            "rank": found.rank,
        }
        return numbers | ({"variance": self.variance(now)} if self.act == "axis" else {})

    # ------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the cloud, and what is shown of it."""
        if self.act == "axis":
            return ll.Frame(self.trial(now), self.trial_notes(now), ll.View.from_above(2.25))
        return ll.Frame([*self.turning(now), *self.lost(now)], self.notes(now), self.view(now))

    def view(self, now: ll.Now) -> ll.View:
        """Return the view, which rises a little as the cloud is pressed flat."""
        rise, turn = self.pressed(now), now.eased(0.0, 0.5)
        return ll.View(-68.0 + 12 * turn, 20.0 + 22 * rise, bounds=self.bounds(now.eased(0.1, 0.42)), moves=True)

    @ll.kept
    def bounds(self, share: float = 1.0) -> np.ndarray:
        """Return the corners (8, 3) of the box around nearly all of the cloud, a share of the way to its axes."""
        begin, end = (np.quantile(np.abs(self.cloud(at)), 0.985, axis=0) + 0.1 for at in (0.0, 1.0))
        x, y, z = (1.0 - share) * begin + share * end
        return np.array([(a, b, c) for a in (-x, x) for b in (-y, y) for c in (-z, z)])

    @ll.kept
    def classes(self) -> list[np.ndarray]:
        """Return which samples are of each class, as indices."""
        kind = self.taken().target
        return [np.flatnonzero(kind == k) for k in range(int(kind.max()) + 1)]

    def dots(self, position: np.ndarray) -> list[layers.Layer]:
        """Return the samples, each class in its colour; as balls while there are few."""
        count = len(position)
        size = 5.0 if count < 400 else 3.0 if count <= MANY else 1.0
        style = "sphere" if count <= MANY else "dot"
        return [
            layers.Points(position if len(own) == count else position[own], LANES[k], size, style, name="Sample",
                          key=f"class {k}", alpha=min(1.0, MIST / count) ** 0.5)
            for k, own in enumerate(self.classes())
        ]  # fmt: skip

    def middles(self, position: np.ndarray) -> list[layers.Layer]:
        """Return the names of many classes, each in the middle of its samples; few are told in a legend."""
        names = self.taken().names if len(self.taken().names) > FEW else ()
        places = means(position, self.taken().target, len(names))
        return [layers.Label(places[k], name, size=18, side="centre", plate=LANES[k], key=f"name {k}")
                for k, name in enumerate(names)]  # fmt: skip

    def turning(self, now: ll.Now) -> list[layers.Layer]:
        """Return the cloud in its ellipsoid, with the axes that it has come to."""
        turn, pressed = self.turned(now), self.pressed(now)
        squash, seen = np.where(np.arange(3) < self.keep, 1.0, 1.0 - pressed), self.seen_along(turn)
        places = self.cloud(turn) * squash if pressed else self.cloud(turn)
        body = shapes.covariance_axes(seen.T @ self.found().covariance @ seen / self.unit() ** 2, 2.0)
        solid = shapes.ellipsoid(np.zeros(3), squash[:, None] * body + 1e-4 * np.eye(3))
        drawn: list[layers.Layer] = [
            *self.dots(places), *self.middles(places),
            layers.Solid(solid, "grid", alpha=0.1, edge_width=0.0, pickable=False),
            *self.feature_axes(seen, turn),
        ]  # fmt: skip
        for k, direction in enumerate(self.found().components[:3] @ seen):
            tip = squash * direction * max(2.0 * np.sqrt(self.found().values[k]) / self.unit(), 1e-6)
            gone, onto_line = k >= self.keep, pressed if self.keep == 1 else 0.0
            dim = 0.7 * pressed if gone else 0.0
            if np.linalg.norm(tip) > 0.03:  # an axis on which all samples come to lie gets thin, and lies under them
                foot, end = np.array([-tip, tip]) - (0.0, 0.0, 0.05 * onto_line)
                drawn.append(layers.Arrows(foot[None], end[None], ROLES[k], 5.5 - 3.0 * onto_line, onto_line > 0.0,
                                           dim=dim, name="Axis", key=f"axis {k + 1}"))  # fmt: skip
            if turn > 0.3 and not (gone and pressed > 0.5):
                share, size, key = words("?.1 %", 100 * self.found().ratios[k]), 24 if k == 0 else 18, f"share {k + 1}"
                drawn.append(layers.Label(tip, share, size=size, side=tip, plate=ROLES[k], dim=dim, key=key))
        return drawn

    def feature_axes(self, seen: np.ndarray, turn: float) -> list[layers.Layer]:
        """Return thin lines along three features, with their names until the axes take over."""
        drawn, reach = list[layers.Layer](), self.bounds(0.0).max(axis=0)
        lengths = np.maximum(1.2 * reach, 0.75 * reach.max()) * (1.0, 1.5 - 0.5 * turn, 1.0)  # seen end on
        for feature, length in zip(self.features(), lengths, strict=True):
            along = length * seen[feature]
            drawn.append(layers.Lines([np.array([-along, along])], "dim", 1.4, pickable=False, dim=0.88 * turn,
                                      key=f"feature {feature}"))  # fmt: skip
            if turn < 0.5:
                name, key = self.taken().features[feature], f"name {feature}"
                drawn.append(layers.Label(along, name, "dim", size=17, side=along, bold=False,
                                          dim=0.9 * min(2 * turn, 1.0), key=key))  # fmt: skip
        return drawn

    def lost(self, now: ll.Now) -> list[layers.Layer]:
        """Return the ways from where samples were to their shadows: what is lost."""
        pressed, places = self.pressed(now), self.cloud(1.0)
        if not pressed or self.keep > 2:
            return []
        ways = axes_of.ways_to_shadows(places[:: max(1, len(places) // 300)], self.keep, pressed, BALL)
        drawn: list[layers.Layer] = [layers.Lines(list(ways), "bad", 1.2, 0.5, pickable=False, key="lost")]
        if self.keep == 2:
            corners = self.bounds()[[0, 2, 6, 4]] * (1.08, 1.08, 0.0)
            drawn.append(layers.Polygon(corners, "grid", fill=0.2 * pressed, outline=0.0, depth=True, pickable=False))
        return drawn

    def trial(self, now: ll.Now) -> list[layers.Layer]:
        """Return the cloud from above, the axis that is tried, and the shadows on it."""
        axis, flat = self.tried(now), self.cloud(1.0)[:, :2]
        some = flat[:: max(1, len(flat) // 400)]
        along = (some @ axis)[:, None] * axis
        spread = np.sqrt(self.variance(now)) / self.unit()
        best = self.found().components[0] @ self.seen_along(1.0)[:, :2]
        ways = [shapes.lifted(np.array(pair)) for pair in zip(some, along, strict=True)]
        tip, aside, reach = 2.0 * spread * axis, np.array([axis[1], -axis[0]]), np.array([[-3.2], [3.2]])
        return [
            layers.WarpedGrid(np.eye(2), group="grid", before=False, dim=0.75),
            plane.path(reach * best, "eigen1", 2.0, dash=(14, 8), name="First axis", key="best"),
            plane.name(3.0 * best, "first axis", "eigen1", (-best[1], best[0]), 20, latex=False),
            layers.Lines(ways, "bad", 1.0, 0.35, depth=False, pickable=False, key="ways"),
            *self.dots(shapes.lifted(flat)),
            plane.path(reach * axis, "area", 1.8, pickable=False, key="line"),
            layers.Points(shapes.lifted(along), "area", 3.2, "disc", name="Shadow", key="shadows"),
            layers.Arrows.one(-tip, tip, "area", width=5.5, depth=False, name="Two standard deviations", key="spread"),
            plane.name(tip, words("variance ?.2", self.variance(now)), "area", aside, 22, latex=False, plate="area"),
            self.handles(now)[0].ring("text"),
        ]

    # --------------------------------------------------------------------------------------------------- the notes
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return how much the axes that are kept hold, and how much each has."""
        kept = float(self.found().ratios[: self.keep].sum())
        meter = layers.Meter("Kept of the variance", "", kept, "eigen1", 0.0, 1.0, words("?.1 %", 100 * kept))
        title, names = layers.Title(self.title, lines=[self.sentence(now)]), self.taken().names
        legend = layers.Legend([layers.Row(color, name) for color, name in zip(LANES, names, strict=False)])
        return [title, meter, self.facts(), *([legend] if 0 < len(names) <= FEW else []), self.scree()]

    def sentence(self, now: ll.Now) -> str:
        """Say in words what happens, and in the end how many axes are enough."""
        if now.share < 0.48:
            return "Turn the cloud until its longest side lies across"
        if now.share < 0.84:
            return "What lies along the other axes is lost"
        nine = self.found().components_for(0.9)
        return words("? of ? axes kept; ? hold? 90 %", self.keep, len(self.found().values), nine, "s" * (nine == 1))

    def trial_notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the variance along the axis that is tried, beside the largest that any axis has."""
        variance, most = self.variance(now), float(self.found().values[0])
        meter = layers.Meter("Variance along the axis", "", variance, "area", 0.0, most)
        now_of = words("now ?.1 %", 100 * variance / most)
        share = layers.Facts("The most that any axis has", [("eigen1", tex(r"\lambda_1 = ?.2", most), "", now_of)])
        return [layers.Title(self.title, lines=["Turn the axis until the shadows spread most"]), meter, share]

    @ll.kept
    def facts(self) -> layers.Facts:
        """Return the variance along the first axes."""
        found = self.found()
        rows = [
            (ROLES[k], tex(r"\lambda_? = ?.2", k + 1, found.values[k]), "", words("?.1 %", 100 * found.ratios[k]))
            for k in range(3)
        ]
        return layers.Facts("Variance along each axis", rows)

    @ll.kept
    def scree(self) -> layers.Chart:
        """Return the share of the variance along each axis as bars."""
        ratios = self.found().ratios[:24]
        numbers = np.arange(1.0, len(ratios) + 1)
        return layers.Chart("Share of the variance", [layers.Series("axis", "eigen1", numbers, ratios)], kind="bar")
