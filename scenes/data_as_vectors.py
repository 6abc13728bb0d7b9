"""Everything is a point: a digit, a pixel, a sentence or a row of ratings is a list of numbers."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, tex, words
from lossland.models import datasets, neighbours, principal, subspaces

HOME = np.array([1.4, 0.0, 0.75])  # the middle of the cloud
THING, WIDE = np.array([-1.95, 0.0, 1.35]), 2.1  # the middle of what becomes a point, and its width
STRIP, LONG, TALL = np.array([-3.0, 0.0, -1.85]), 5.9, 0.85  # where the bars begin, their length, the tallest
ROW = 0.25  # the height of a word
STEPS = 13  # of k-means
RIGHT, UP = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
DISC = np.clip(8.0 - np.hypot(*(np.mgrid[:16, :16] - 7.5)), 0.0, 1.0)[None]  # ink of a dot
BARS = ("j", "k", "i")  # the colours of red, blue and green: of the bars, and of the cube's edges along x, y and z
PAPER, INK = np.array([0.10, 0.14, 0.26]), np.array([1.0, 0.91, 0.72])  # of a digit that is looked at


class Kind(NamedTuple):
    """How the samples of one kind of data are drawn: sizes in pixels."""

    said: str  # of the list of one
    peak: float  # the number of the tallest bar
    size: float  # of a point
    large: float  # of a neighbour
    reach: float  # of the cloud in the world, with room for names around it


KINDS = {
    "digits": Kind("64 numbers", 16.0, 13.0, 30.0, 1.6),
    "photo": Kind("3 numbers", 255.0, 4.5, 12.0, 1.6),
    "sentences": Kind("50 numbers: the mean", 1.2, 15.0, 18.0, 1.35),
    "ratings": Kind("6 numbers", 5.0, 15.0, 18.0, 1.35),
}
DISTANCE = {"l2": r"d(u, v) = \sqrt{\sum_i (u_i - v_i)^2}", "cosine": r"d(u, v) = 1 - \cos\angle(u, v)"}


def last(scene: DataAsVectors) -> int:
    """Return the number of the last sample, which is also how many neighbours one can have."""
    return len(scene.samples().points) - 1


class DataAsVectors(ll.Scene):
    """A list of numbers is a point, and what is alike lies near."""

    name = "data_as_vectors"
    title = "Everything is a point"
    chapter = "Vectors and data"
    rows = ("V5", "V6", "E1", "S17")
    sign = (
        *(signs.Box((0.06 + 0.1 * x, 0.08 + 0.1 * y), (0.09, 0.09), "accent")
          for y, row in enumerate(("111", "001", "010", "010")) for x, ink in enumerate(row) if ink == "1"),
        *(signs.Box((0.06 + 0.09 * k, 0.94 - h), (0.06, h), "dim")
          for k, h in enumerate((0.2, 0.24, 0.18, 0.04, 0.05, 0.2, 0.03, 0.2, 0.04, 0.18))),
        *(signs.Dot(place, 1.3, "dim") for place in ((0.6, 0.2), (0.9, 0.3), (0.62, 0.5), (0.86, 0.56))),
        signs.Dot((0.75, 0.36), 2.2, "area"),
    )  # fmt: skip
    presets: ClassVar = {
        "a digit": {},
        "a photo": {"data": "photo", "index": 1375, "k": 12},
        "a sentence": {"data": "sentences", "metric": "cosine", "k": 3},
        "ratings": {"data": "ratings", "index": 5, "metric": "cosine", "k": 2},
        "ten means": {"show": "means", "k": 10},
        "six colours": {"data": "photo", "show": "means", "k": 6},
        "a separating plane": {"show": "plane", "rival": 0, "facing": (-0.57, 0.33, 0.35)},
        "cut a photo": {"data": "photo", "show": "plane", "facing": (-0.4, 0.0, 0.6)},
    }

    data = parameters.Choice("digits", tuple(KINDS), "data", "What becomes points.")
    show = parameters.Choice(
        "neighbours", ("neighbours", "means", "plane"), "show",
        "How one becomes a point, and what lies near; k-means; or a plane that parts two classes.",
    )  # fmt: skip
    index = parameters.Integer(13, 0, 6143, "number", "Which one is looked at: click a point.", most=last)
    k = parameters.Integer(5, 1, 20, "$k$", "How many neighbours, or how many means.", most=last)
    metric = parameters.Choice("l2", neighbours.METRICS, "distance", "Of the points, or of their directions alone.")
    rival = parameters.Integer(
        1, 0, 9, "other class", "The plane parts the class of the one looked at from this one.",
        most=lambda scene: len(scene.samples().names) - 1,
    )  # fmt: skip
    facing = parameters.Point((0.5, -0.3, 0.5), -1.5, 1.5, "plane", "Where the plane faces: drag the tip of its arrow.")
    shift = parameters.Number(0.0, -1.0, 1.0, "shift", "How far the plane is moved along its arrow.")
    clock = ll.Clock(16.0, 16)

    def has_control(self, name: str) -> bool:
        """Hide what the picture does not use."""
        if name in ("rival", "facing", "shift"):
            return self.show == "plane" and (name != "rival" or bool(self.samples().names))
        return {"k": self.show != "plane", "index": self.show != "means"}.get(name, True)

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Look at the point, neighbour, pixel or row that is clicked."""
        found = {"cloud": element, "photo": element, "table/entries": element // 6}.get(layer.key)
        if layer.key == "near":
            found = int(self.near()[0][element])
        if found is None:
            return False
        self.set("index", found)
        return True

    # ---------------------------------------------------------------------------------------------- the mathematics
    @ll.kept
    def samples(self) -> datasets.Data:
        """Return the lists of numbers and their classes; the pixels of a photo have none."""
        if self.data == "digits":
            return replace(datasets.digits(), points=16.0 * datasets.digits().points)
        return {"photo": datasets.pixels, "sentences": datasets.sentences, "ratings": datasets.ratings}[self.data]()

    @ll.kept
    def points(self) -> np.ndarray:
        """Return the points (n, d); where only directions count all are of length 1."""
        points = self.samples().points
        return neighbours.directions(points) if self.metric == "cosine" else points

    @ll.kept
    def near(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the k nearest of the one looked at, and how far they are."""
        return neighbours.nearest_to(self.samples().points, self.index, self.k, self.metric)

    @ll.kept
    def scores(self) -> neighbours.Likeness:
        """Return what distance knows of classes; nan where there are none."""
        if not self.samples().names:
            return neighbours.Likeness(*[float("nan")] * 5)
        return neighbours.likeness(self.samples().points, self.samples().target, self.k, self.metric)

    @ll.kept
    def course(self) -> neighbours.Lloyd:
        """Return k-means from samples that the seed draws."""
        return neighbours.lloyd(self.points(), neighbours.spread_start(self.points(), self.k, self.seed), STEPS)

    def step(self, now: ll.Now) -> float:
        """Return the step of k-means, with the share of the next one that is done."""
        return min(max(now.step - 2.0, 0.0), float(STEPS))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the nearest and how far they are, what distance knows of classes, and how tight the means are."""
        found, away = self.near()
        inertia = float(self.course().inertia[int(self.step(now) + 1e-6)])
        parted = {"in_front": float((self.ahead(now) > 0).mean()), "separated": self.separated(now)}
        numbers = {"neighbours": found, "distances": away, **asdict(self.scores()), "inertia": inertia}
        return numbers | (parted if self.show == "plane" else {})

    # ------------------------------------------------------------------------------------------- the cloud in space
    @ll.kept
    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the middle (d,) of the cloud, and the directions (d, 3) that are its x, y and z.

        Along these the classes differ most; those of a photo are red, green and blue. They are as long as the cloud
        needs.
        """
        points = self.points()
        if self.data == "photo":
            size = 255.0 if self.metric == "l2" else 1.0
            return np.full(3, size / 2), 1.9 * np.eye(3)[:, [0, 2, 1]] / size
        axes, middle = principal.class_axes(points, self.samples().target), points.mean(axis=0)
        return middle, axes * self.kind.reach / np.quantile(np.linalg.norm((points - middle) @ axes, axis=1), 0.98)

    def seen(self, points: np.ndarray, now: ll.Now) -> np.ndarray:
        """Return where points (n, d) are in the cloud (n, 3), which turns slowly."""
        (middle, axes), turn = self.axes(), 0.9 * (now.share - 1.0) * (self.show != "plane" and self.data != "photo")
        return HOME + (points - middle) @ axes @ subspaces.rotation_about(UP, turn).T

    @property
    def kind(self) -> Kind:
        """How the data is drawn."""
        return KINDS[self.data]

    @property
    def stand(self) -> np.ndarray:
        """The middle (3,) of what stands beside the cloud: higher where bars stand below it."""
        return THING if self.show == "neighbours" else THING * (1, 1, 0) + HOME[2] * UP

    @ll.kept
    def hinge(self) -> np.ndarray:
        """Return the point (3,) that the plane turns about: half-way between the means of the two classes."""
        (middle, axes), kind = self.axes(), self.samples().target
        means = [self.points()[kind == one].mean(axis=0) for one in {kind[self.index], self.rival}]
        return HOME + (np.mean(means, axis=0) - middle) @ axes

    def turned(self, now: ll.Now) -> np.ndarray:
        """Return the rotation (3, 3) of the plane, which turns to where it faces at last."""
        return subspaces.rotation_about(UP, 1.9 * (1.0 - now.eased(0.1, 0.7)))

    def normal(self, now: ll.Now) -> np.ndarray:
        """Return the unit normal (3,) of the plane."""
        length = float(np.linalg.norm(self.facing))
        return self.turned(now) @ (np.array(self.facing) / length if length > 1e-9 else RIGHT)

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the tip of the plane's arrow: wherever that has turned, it points to where it is dragged."""
        if self.show != "plane":
            return []
        back = self.turned(now).T

        def move(scene: DataAsVectors, position: tuple[float, ...]) -> None:
            scene.set("facing", np.clip(np.round(back @ (position - scene.hinge()), 2), -1.5, 1.5))

        return [ll.Handle("facing", self.hinge() + back.T @ self.facing, move, free=True)]

    def ahead(self, now: ll.Now) -> np.ndarray:
        """Return how far (n,) each point of the cloud is in front of the plane."""
        return (self.seen(self.points(), now) - self.hinge()) @ self.normal(now) - self.shift

    def separated(self, now: ll.Now) -> float:
        """Return the share of two classes that is on its own side of the plane; nan where there are no two."""
        if not self.samples().names:
            return float("nan")
        kind = self.samples().target
        return neighbours.parted(self.ahead(now) > 0, kind == kind[self.index], kind == self.rival)

    # ---------------------------------------------------------------------------------------- how a point is drawn
    @ll.kept
    def colors(self, step: int | None = None) -> list[str]:
        """Return the colour of each point: of its class, or of its mean at a step of k-means."""
        return [colored(kind) for kind in (self.samples().target if step is None else self.course().label[step])]

    @ll.kept
    def pictures(self, step: int | None = None) -> np.ndarray:
        """Return what is drawn at each point: the digit, the pixel (or its mean at a step), or a disc."""
        data = self.samples().points
        if self.data == "digits":
            return data.reshape(-1, 8, 8) / 16.0
        if self.data == "photo":
            if step is None:
                return data[:, None, None] / 255.0
            return self.paint(self.course().centroids[step])[self.course().label[step], None, None]
        return np.repeat(DISC, len(data), axis=0)

    def paint(self, means: np.ndarray) -> np.ndarray:
        """Return means (k, 3) of pixels as colours."""
        return np.clip(means / (255.0 if self.metric == "l2" else 1.0), 0.0, 1.0)

    def cloud(self, now: ll.Now, dim: float, come: float = 1.0, step: int | None = None) -> layers.Layer:
        """Return all points, ``come`` of the way from the photo to the cloud."""
        place = self.seen(self.points(), now)
        start, target, share = (self.pixels(), place, come) if self.data == "photo" else (place, None, 0.0)
        return layers.Sprites(start, self.pictures(step), self.kind.size, self.colors(step), target, share, dim=dim,
                              name="Point", worth=self.names(), key="cloud")  # fmt: skip

    def large(self, which: np.ndarray, now: ll.Now, size: float, key: str, color: str = "") -> layers.Layer:
        """Return some points large, in frames; digits as they are on paper."""
        pictures, place = self.pictures()[which], self.seen(self.points()[which], now)
        pictures = PAPER + pictures[..., None] * (INK - PAPER) if self.data == "digits" else pictures
        colors, said = color or [self.colors()[one] for one in which], [self.names()[one] for one in which]
        return layers.Sprites(place, pictures, size, colors, smooth=False, frame=2.5, name="Point", key=key, worth=said)

    # ---------------------------------------------------------------------- from a thing to a list, and to a point
    def thing(self) -> list[layers.Layer]:
        """Return what the numbers are of: a digit, a photo, words in rows of 50 numbers, the table of ratings."""
        if self.data == "ratings":
            places = [THING + across * RIGHT + 1.24 * UP for across in (-0.19, 0.59)]
            heads = zip(places, self.samples().names, map(colored, range(2)), strict=True)
            return [self.table(), *(layers.Label(*head, size=16, side="centre") for head in heads)]
        if self.data == "digits":
            return [layers.Image.upright(self.pictures()[self.index], THING, WIDE, name="Digit", key="thing")]
        if self.data == "photo":
            return [self.picture(datasets.photo(), "photo")]
        text = self.called(self.index).split()
        height = THING[2] + ROW * (0.5 * (len(text) - 1) - np.arange(len(text)))
        places, width = [(-2.62, 0.0, z) for z in height], np.full(len(text), 0.76)
        rows = datasets.glove().rows(" ".join(text)) / self.kind.peak
        middle, high = THING + 0.4 * RIGHT, ROW * len(text)
        return [figures.Chips(text, places, height=0.9 * ROW, width=width, up=UP),
                layers.Image.upright(rows, middle, 1.3, high, shades="signed", name="Word", key="words")]  # fmt: skip

    def picture(self, colors: np.ndarray, key: str) -> layers.Image:
        """Return the photo, in its colours or others (64, 96, 3)."""
        return layers.Image.upright(colors, self.stand, WIDE, border="", name="Pixel", key=key)

    @ll.kept
    def table(self) -> figures.Table:
        """Return the ratings, with the row of the viewer that is looked at lit."""
        return figures.Table(
            datasets.RATINGS, THING + 0.2 * RIGHT - 0.1 * UP, (0.26, 0.2), row_names=datasets.VIEWERS, limit=5.0, up=UP,
            lit_rows=(self.index,), shades="height", digits=None, name="Rating", key="table",
        )  # fmt: skip

    @ll.kept
    def cells(self) -> np.ndarray:
        """Return where the numbers are in the thing: (d, 4), the lower left corner in x and z, width and height."""
        if self.data == "ratings":
            middles = np.array([self.table().entry(self.index, column)[[0, 2]] for column in range(6)])
            return np.column_stack([middles - (0.12, 0.085), np.tile((0.24, 0.17), (6, 1))])
        if self.data == "photo":
            x, _, z = self.pixels()[self.index] - 0.03
            return np.array([[x + 0.02 * j, z, 0.02, 0.06] for j in range(3)])
        if self.data == "sentences":
            high = ROW * len(self.called(self.index).split())
            return np.array([[THING[0] - 0.25 + 0.026 * j, THING[2] - high / 2, 0.026, high] for j in range(50)])
        row, column = np.divmod(np.arange(64), 8)
        corner = THING[[0, 2]] - WIDE / 2 + WIDE / 8 * np.stack([column, 7 - row], -1)
        return np.column_stack([corner, np.full((64, 2), WIDE / 8)])

    @ll.kept
    def pixels(self) -> np.ndarray:
        """Return where the pixels of the photo are (n, 3)."""
        row, column = np.divmod(np.arange(96 * 64), 96)
        return THING + WIDE / 96 * np.stack([column - 47.5, 0.0 * row, 31.5 - row], -1)

    @ll.kept
    def shares(self) -> np.ndarray:
        """Return the numbers (d,) of the one looked at, as shares of the tallest bar; longer bars are cut."""
        return np.clip(self.samples().points[self.index] / self.kind.peak, -1.0, 1.0)

    @ll.kept
    def bars(self) -> np.ndarray:
        """Return the numbers as bars side by side, like ``cells``."""
        share, signed = self.shares(), self.data == "sentences"
        pitch, rise = min(LONG / len(share), 0.55), 0.5 * TALL * signed
        x, tall = STRIP[0] + pitch * np.arange(len(share)), share * (TALL - rise)
        low, high = np.minimum(tall, 0.0), np.maximum(tall, 0.015)
        return np.column_stack([x, STRIP[2] + rise + low, np.full(len(share), 0.86 * pitch), high - low])

    def cube(self) -> list[layers.Layer]:
        """Return the cube of all colours around the cloud of a photo, with its edges of red, blue and green."""
        corner, edges = self.seen(np.zeros((1, 3)), self.now(self.clock.seconds))[0], 1.9 * np.eye(3)
        names = zip(corner + (1, 0, 1) * edges, ("red", "blue", "green"), BARS, ("below", "below", "left"), strict=True)
        return [
            layers.Solid(shapes.parallelepiped(edges, corner), "grid", 0.04, 1.2, pickable=False, key="cube"),
            layers.Lines(list(corner + np.stack([0 * edges, edges], 1)), BARS, 3.5, pickable=False, key="edges"),
            *(layers.Label(place, name, role, side=side, key=name) for place, name, role, side in names),
        ]

    def plates(self, rect: np.ndarray, y: np.ndarray | float, key: str) -> layers.Layer:
        """Return the numbers as upright rectangles, like ``cells``, at y."""
        colors = (BARS[0], BARS[2], BARS[1]) if self.data == "photo" else self.shares()
        x, z, wide, high = rect.T
        return layers.Plates(
            np.stack([x, np.broadcast_to(y, x.shape), z], -1), wide[:, None] * RIGHT, high[:, None] * UP, colors,
            "signed" if self.data == "sentences" else "height", edge=0.0, rounding=0.0, name="Number", key=key,
            worth=self.samples().points[self.index], pickable=key == "strip",
        )  # fmt: skip

    def unrolled(self, now: ll.Now) -> list[layers.Layer]:
        """Return the thing, whose numbers fly to bars, and the bars, which fly to a point of the cloud."""
        found, _ = self.near()
        here, *there = self.seen(self.points()[[self.index, *found]], now)
        fallen, flown = (np.array(now.each(len(self.shares()), *when))[:, None] for when in ((0.13, 0.34), (0.4, 0.58)))
        come, told, grown = now.eased(0.36, 0.5), now.eased(0.58, 0.64), now.each(len(found), 0.64, 0.84)
        drawn = [*self.thing(), *(self.cube() if self.data == "photo" and come > 0 else [])]
        if fallen.max() > 0:
            drawn.append(self.plates((1 - fallen) * self.cells() + fallen * self.bars(), -0.02, "strip"))
        if come > 0:
            drawn.append(self.cloud(now, 0.9 - 0.9 * come + 0.75 * told, come))
        if flown.max() > 0 and told < 1:
            flight = (1 - flown) * self.bars() + flown * [here[0], here[2], 0.03, 0.03]
            drawn.append(self.plates(flight, flown[:, 0] * here[1], "flight"))
        if fallen.min() >= 1:
            middle = (0.5 * (STRIP[0] + self.bars()[-1, 0]), 0.0, STRIP[2])
            said = self.kind.said + (f": {self.called(self.index)}" if self.data == "photo" else "")
            drawn.append(layers.Label(middle, said, "dim", size=19, side="below", bold=False, key="list"))
        if told > 0:
            ways = [np.array([here, here + part * (one - here)]) for one, part in zip(there, grown, strict=True)]
            reached, large = found[np.array(grown) >= 1], self.kind.large
            drawn.append(layers.Lines(ways, "text", 1.8, 0.9, depth=False, pickable=False, key="ways"))
            drawn += [self.large(reached, now, large, "near")] if len(reached) else []
            thin = partial(layers.Arrows.one, width=3.0, depth=False, pickable=False, dim=1.0 - told)
            foot = np.clip(here[0], STRIP[0], self.bars()[-1, [0, 2]].sum()) * RIGHT + (STRIP[2] + TALL + 0.08) * UP
            short = here - 0.009 * large * (here - foot) / np.linalg.norm(here - foot)  # of the picture in its frame
            drawn += [
                thin(THING - 1.4 * UP, THING - 2.25 * UP, "dim", key="first"),
                thin(foot, short, "accent", key="then"),
                self.large(np.array([self.index]), now, 1.5 * large, "chosen", "accent"),
                *self.beside(reached, now),
            ]
        return drawn

    def beside(self, found: np.ndarray, now: ll.Now) -> list[layers.Layer]:
        """Return what the point and its neighbours are: names, pictures beside the thing, or places in the photo."""
        here = self.seen(self.points()[[self.index, *found]], now)
        if self.data == "ratings":
            shown = (self.index, *found)
            return [outside(at, self.called(one), self.colors()[one]) for at, one in zip(here, shown, strict=True)]
        if self.data == "sentences":
            kind, place = self.samples().target, self.seen(self.points(), now)
            away = np.linalg.norm(place - HOME, axis=1)
            farthest = [place[np.argmax(away * (kind == topic))] for topic in range(len(self.samples().names))]
            return [outside(*one, colored(k)) for k, one in enumerate(zip(farthest, self.samples().names, strict=True))]
        count = words("one of ?n points", len(self.points()))
        label = layers.Label(here[0], count, "accent", size=20, side="above right", plate="panel", key="count")
        if self.data == "photo":
            rings = self.pixels()[[self.index, *found]] - (0.0, 0.02, 0.0)
            return [label, layers.Points(rings, "text", 4.5, "ring", outline=True, pickable=False, key="alike")]
        if not len(found):
            return [label]
        side = min(0.42, WIDE / self.k)
        first = THING + (0.5 * (WIDE + side) + 0.12) * RIGHT + 0.5 * (WIDE - side) * UP
        colors = [self.colors()[one] for one in found]
        return [label, figures.Tiles(self.pictures()[found], colors, first, side, 1, name="Digit", pickable=False)]

    # ------------------------------------------------------------------------------------------- means, and a plane
    def walking(self, now: ll.Now) -> list[layers.Layer]:
        """Return the cloud in the colours of the nearest means, which walk to the middle of their own."""
        course, step = self.course(), self.step(now)
        whole, centre = int(step + 1e-6), course.between(step)
        colors = [colored(one) for one in range(len(centre))]
        paths = np.concatenate([course.centroids[: whole + 1], centre[None]]).transpose(1, 0, 2)
        size, pictures = 22.0, np.repeat(DISC, len(centre), axis=0)
        if self.data == "digits":
            ink = centre.reshape(-1, 8, 8) / (16.0 if self.metric == "l2" else centre.max())
            size, pictures = 34.0, PAPER + ink[..., None] * (INK - PAPER)
            first = self.stand - 0.75 * RIGHT + 0.5 * UP
            left: list[layers.Layer] = [figures.Tiles(ink, colors, first, 0.5, 4, name="Digit", pickable=False)]
        elif self.data == "photo":
            pictures, colors = self.paint(centre)[:, None, None], ["area"] * len(centre)
            left = [*self.cube(), self.picture(self.paint(centre)[course.label[whole]].reshape(64, 96, 3), "means")]
        else:
            cell, shades = (WIDE / centre.shape[1], 0.22), "signed" if self.data == "sentences" else "height"
            most = float(np.abs(centre).max())
            left = [figures.Table(centre, self.stand, cell, limit=most, digits=None, up=UP, shades=shades, key="means")]
        return [
            *left, self.cloud(now, 0.35, step=whole),
            layers.Lines([self.seen(path, now) for path in paths], "text", 2.0, 0.9, depth=False, pickable=False),
            layers.Sprites(self.seen(centre, now), pictures, size, colors, frame=2.5, smooth=False, name="Mean"),
        ]  # fmt: skip

    def parted(self, now: ll.Now) -> list[layers.Layer]:
        """Return two classes, or all pixels, with the plane between them, and what it looks for."""
        normal, ahead, kind = self.normal(now), self.ahead(now), self.samples().target
        foot, tip = self.hinge() + self.shift * normal, self.hinge() + self.turned(now) @ self.facing
        both = np.flatnonzero((kind == kind[self.index]) | (kind == self.rival))
        place = self.seen(self.points()[both], now)
        wrong = place[(ahead[both] > 0) != (kind[both] == kind[self.index])]
        if self.data == "photo":
            kept = np.where((ahead > 0)[:, None], self.samples().points / 255.0, 0.17)
            points = layers.Sprites(place, kept[:, None, None], self.kind.size, name="Point", key="cloud")
            drawn: list[layers.Layer] = [*self.cube(), self.picture(kept.reshape(64, 96, 3), "photo"), points]
        else:
            colors = [self.colors()[one] for one in both]
            drawn = [layers.Sprites(place, self.pictures()[both], 17.0, colors, name="Point", key="both")]
            if len(wrong):
                drawn.append(layers.Points(wrong, "bad", 8.0, "ring", dim=0.3, name="On the other side", key="wrong"))
        if self.data == "digits":
            weights = (self.axes()[1] @ normal).reshape(8, 8)
            drawn.append(layers.Image.upright(weights / np.abs(weights).max(), self.stand, WIDE, shades="signed",
                                              name="Weight", key="looks for"))  # fmt: skip
        return [
            *drawn,
            layers.Solid(shapes.plane(foot, normal, 1.35), "accent", alpha=0.2, name="Plane"),
            layers.Arrows.one(foot, tip, "accent", width=5.0, depth=False, name="Facing"),
            *(handle.ring("text") for handle in self.handles(now)),
        ]

    # ------------------------------------------------------------------------------------- the frame, and the notes
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return what becomes a point, its numbers, and the cloud in which it is one."""
        shown, notes = {
            "neighbours": (self.unrolled, self.nearest), "means": (self.walking, self.tight),
            "plane": (self.parted, self.sides),
        }[self.show]  # fmt: skip
        return ll.Frame(shown(now), notes(now), self.view(now))

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: of the thing alone, then of all."""
        far = now.eased(0.07, 0.2) if self.show == "neighbours" else 1.0
        return ll.View(-90.0, 4.0, bounds=self.bounds(far), moves=True)

    @ll.kept
    def bounds(self, far: float) -> np.ndarray:
        """Return the corners (4, 3) of what is to be seen, a share of the way from the thing to all."""
        low = -2.1 if self.show == "neighbours" else -1.1
        thing, whole = ((-3.2, -0.7, 0.0, 2.7), (-3.05, 3.0, low, 2.7))
        left, right, below, above = (1 - far) * np.array(thing) + far * np.array(whole)
        return np.array([(x, 0.0, z) for x in (left, right) for z in (below, above)])

    def called(self, number: int) -> str:
        """Return what one of the points is called."""
        titles = self.samples().titles
        return titles[number] if titles else words("a ?", int(self.samples().target[number]))

    @ll.kept
    def names(self) -> list[str]:
        """Return what the points are called under the pointer."""
        return [self.called(number) for number in range(len(self.points()))]

    def nearest(self, now: ll.Now) -> list[layers.Note]:
        """Return how distances are measured, what is near, and how often that is of the same class."""
        found, away = (part[:5] for part in self.near())
        colors = [self.colors()[one] for one in found]
        if self.data == "photo":
            shades = np.rint(self.samples().points[found]).astype(int).tolist()
            colors = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in shades]
        far = [(words("?.3" if self.metric == "cosine" else "?.2", one),) for one in away.tolist()]
        rows = [layers.Row(*row) for row in zip(colors, map(self.called, found), far, strict=True)]
        near = layers.Legend(rows, words("Nearest to ?", self.called(self.index)))
        notes: list[layers.Note] = [layers.Title(self.title, DISTANCE[self.metric]), near]
        if self.samples().names:
            score = self.scores()
            facts = [
                ("text", tex("?.2", score.mean_distance_same), "", "of one class"),
                ("dim", tex("?.2", score.mean_distance_other), "", "of two"),
            ]
            meter = percent("The nearest is of its class", score.accuracy_nearest)
            notes[1:1] = [meter, layers.Facts("Mean distance", facts)]
        return notes

    def tight(self, now: ll.Now) -> list[layers.Note]:
        """Return the step of k-means, and how tight its groups are."""
        inertia, step = self.course().inertia, self.step(now)
        whole = int(step + 1e-6)
        series = layers.Series("inertia", "accent", np.arange(float(len(inertia))), inertia)
        return [
            layers.Title(self.title, lines=(words("Step ? of k-means, k = ?", whole, self.k),)),
            percent("Inertia, 100 % at first", float(inertia[whole] / inertia[0])),
            layers.Chart("Inertia", [series], now=step, x_label="step"),
        ]

    def sides(self, now: ll.Now) -> list[layers.Note]:
        """Return what is in front of the plane, or how well it parts two classes."""
        names, read = self.samples().names, self.readouts(now)
        said, meter = "Lit: what is in front of the plane", percent("In front of the plane", read["in_front"])
        if names:
            meter = percent("On its own side", read["separated"])
            one, other = names[self.samples().target[self.index]], names[self.rival]
            said = words("? in front of the plane, ? behind", one, other)
        return [layers.Title(self.title, lines=(said,)), meter]


def colored(kind: float) -> str:
    """Return the colour of a class or mean."""
    return f"lane.{(int(kind) + 1) % 12}"


def percent(heading: str, share: float) -> layers.Meter:
    """Return the meter of a share."""
    return layers.Meter(heading, "", 100 * share, "accent", 0.0, 100.0, words("?.1 %", 100 * share))


def outside(place: np.ndarray, name: str, color: str) -> layers.Label:
    """Return the name of a place in the cloud, farther out."""
    out = (place - HOME) / max(float(np.linalg.norm(place - HOME)), 1e-9)
    return layers.Label(place + 0.28 * out, name, color, size=20, side=out, key=f"name {name}")
