"""Seeing 64 dimensions: a layout in the plane in which neighbours stay neighbours, or a tour through all views."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np

import lossland as ll
from lossland import drawable, layers, parameters, shapes, signs, words
from lossland.models import clouds, embeddings, grand_tour, layouts, principal, tsne, umap, vectorfiles

MOST = 3000  # points that t-SNE and UMAP lay out, and that are judged: of more, the seed draws as many
SPRITES = 4000  # points: more are dots
SIDES = ("right", "left", "below right", "below left", "above right", "above left")  # of the names of neighbours
NEAR = len(SIDES)  # neighbours of the chosen point that are shown
NAMED = 12  # groups that have their names in the picture
COLORS = 12  # of groups
AXIS = 1.9  # half the length of the user's axes
LENGTH, HALF, SEEN = 1.9, 1.9, 0.7  # of an axis in the tour; half the cloud's width; length from which an axis is named
SPEED, AXES = 0.16, 8  # of the tour in radians a second; principal axes that it goes through, and that can be dragged
CHARTED = 241  # times at which the divergence is charted
NUDGE = 0.1  # of the cloud's width: how much the name of the chosen group prefers to be below its points
PRESSED = 0.75  # share at which the axes are pressed flat
PAPER, INK = np.array([0.10, 0.14, 0.26]), np.array([1.0, 0.91, 0.72])  # of a picture that is chosen
DISC = np.clip(8.0 - np.hypot(*(np.mgrid[:16, :16] - 7.5)), 0.0, 1.0)[None]  # ink of a dot
BOX = shapes.box((-2.0, -2.0, -1.6), (2.0, 2.0, 1.6))
TRUSTED, DEGREES = ("down", "dim", "bad"), ("near in truth", "partly far in truth", "mostly far in truth")
METHODS = {
    "pca": ("principal axes", r"\max\, \mathrm{Var}(X v),\ \|v\| = 1"),
    "tsne": ("t-SNE", r"\mathrm{KL}(P, Q) = \sum_{i \neq j} p_{ij} \log \frac{p_{ij}}{q_{ij}}"),
    "umap": ("UMAP", r"q_{ij} = \frac{1}{1 + a\, \|y_i - y_j\|^{2b}}"),
    "tour": ("grand tour", r"Y = X\, M(t),\quad M^\top M = I"),
    "axes": ("axes of your own", r"x_i = \frac{(p_i - m) \cdot (b - a)}{\|b - a\|},\quad m = \frac{a + b}{2}"),
}
USED_BY = {
    "perplexity": ("tsne",), "exaggeration": ("tsne",), "neighbours": ("umap",), "iterations": ("tsne", "umap"),
    "axis": ("tour",), "right": ("axes",), "up": ("axes",), "color": ("pca", "tsne", "umap", "axes"),
}  # fmt: skip
STEPS = {"tsne": "step", "umap": "epoch"}
KINDS = {"digits": "digits", "iris": "flowers", "words": "words"}


class Part(NamedTuple):
    """Points of one colour: which of those shown, how far they step back, how each looks, and what it is called."""

    rows: np.ndarray
    color: str
    dim: float
    pictures: np.ndarray
    called: list[str]


class Projector(ll.Scene):
    """What is near in 64 dimensions can be made near in the plane. What is far cannot."""

    name = "projector"
    title = "Seeing 64 dimensions"
    chapter = "Attention and embeddings"
    rows = ("E2", "Y4", "Q1", "V6", "S4", "S8")
    sign = (
        *(signs.Dot((x + 0.07 * u, y + 0.08 * v), 1.7, color)
          for x, y, color in ((0.22, 0.3, "i"), (0.74, 0.26, "j"), (0.5, 0.75, "area"))
          for u, v in ((0, 0), (1.2, -0.8), (1, 1), (-1, 0.8), (0.1, -1.3))),
    )  # fmt: skip
    presets: ClassVar = {
        "digits": {},
        "on two axes": {"method": "pca"},
        "as a graph": {"method": "umap", "iterations": 200},
        "a tour": {"method": "tour"},
        "trusted?": {"method": "pca", "color": "trust"},
        "words": {"data": "words", "iterations": 400, "exaggeration": 4.0, "index": 691},
        "axes of your own": {"method": "axes"},
        "how wide": {"data": "sizes", "perplexity": 20.0, "iterations": 400, "exaggeration": 2.0},
        "how far": {"data": "gaps", "perplexity": 20.0, "iterations": 400, "exaggeration": 1.0},
        "nothing there": {"data": "noise", "perplexity": 2.0, "iterations": 400, "exaggeration": 4.0},
    }

    data = parameters.Choice("digits", clouds.NAMES, "data", "What the points are.")
    method = parameters.Choice("tsne", tuple(METHODS), "method", "How they come into the plane.")
    perplexity = parameters.Number(30.0, 2.0, 200.0, "perplexity", "How many neighbours count for t-SNE.", log=True)
    neighbours = parameters.Integer(15, 2, 200, "neighbours", "How many neighbours a point has for UMAP.", log=True)
    iterations = parameters.Integer(500, 50, 5000, "iterations", "Steps of t-SNE, or epochs of UMAP.", log=True)
    exaggeration = parameters.Number(12.0, 1.0, 50.0, "exaggeration", "How much more t-SNE pulls at first.", log=True)
    color = parameters.Choice("label", ("label", "trust"), "colour", "By label, or by whether neighbours are true.")
    axis = parameters.Integer(
        0, 0, AXES, "held axis", "Which axis stays where it is in the tour; 0: none.",
        most=lambda scene: scene.along_axes().shape[1],
    )  # fmt: skip
    pull = parameters.Point((1.0, 0.0, 0.0), -1.0, 1.0, "held at", "Where that is: drag an arrow.", hidden=True)
    file = parameters.Text("", None, "file", "Vectors of your own: .npy, .npz, .tsv, or TensorBoard's .pbtxt.")
    labels = parameters.Text("", None, "labels", "A file with their labels, if they are in one of their own.")
    pictures = parameters.Text("", None, "pictures", "A file with their pictures: .npy, or a sprite image.")
    right = parameters.Text("", None, "axis right", "From one label to another, such as man, woman.")
    up = parameters.Text("", None, "axis up", "From one label to another, such as past, future.")
    index = parameters.Integer(
        13, 0, 10_000_000, "number", "Whose neighbours are shown: click a point.",
        most=lambda scene: len(scene.samples()) - 1,
    )  # fmt: skip
    alone = parameters.Toggle(False, "isolate", "Only the group of the chosen point stands out.")

    @property
    def clock(self) -> ll.Clock:  # pyright: ignore[reportIncompatibleVariableOverride]  # more steps take longer
        """Twelve seconds, or one for each forty steps, up to forty."""
        return ll.Clock(min(max(self.iterations / 40.0, 12.0), 40.0))

    def changed(self, name: str) -> None:
        """Take a file that is named, and a perplexity and neighbours that its points can have."""
        if name in ("file", "labels", "pictures") and self.file:
            vectorfiles.read(self.file, self.labels, self.pictures)
            self.values["data"] = "file"
        if name in ("data", "file"):
            self.values |= {"right": "", "up": ""}
        self.axes()
        if name in ("data", "file", "perplexity", "neighbours"):
            count = len(self.rows_laid_out())
            self.values["perplexity"] = min(self.values["perplexity"], max((count - 1) / 3.0, 1.5))
            self.values["neighbours"] = min(self.values["neighbours"], count)

    def has_control(self, name: str) -> bool:
        """Show what the method uses, and what a file may need once there is one."""
        needed = name not in ("labels", "pictures") or self.file != ""
        return needed and self.method in USED_BY.get(name, tuple(METHODS))

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Choose the point that is clicked."""
        part = self.parts(layer.key.startswith("trust")).get(layer.key)
        if part is None:
            return False
        self.set("index", int(self.shown()[part.rows[element]]))
        return True

    # ---------------------------------------------------------------------------------------------- the samples
    @ll.kept
    def samples(self) -> vectorfiles.Vectors:
        """Return the samples with what they are called, and pictures of them where there are any."""
        return clouds.samples(self.data, self.file, self.labels, self.seed, self.pictures)

    @ll.kept
    def rows_laid_out(self) -> np.ndarray:
        """Return which samples are laid out and judged: all, or as many as the seed draws."""
        return clouds.drawn(len(self.samples()), MOST, self.seed)

    @ll.kept
    def shown(self) -> np.ndarray:
        """Return which samples are in the picture: with axes and on the tour all, however many there are."""
        return self.rows_laid_out() if self.method in ("tsne", "umap") else np.arange(len(self.samples()))

    @ll.kept
    def chosen(self) -> int:
        """Return the chosen point, or the next one that is shown."""
        return int(self.shown()[min(np.searchsorted(self.shown(), self.index), len(self.shown()) - 1)])

    @ll.kept
    def groups(self) -> tuple[np.ndarray, list[str]]:
        """Return the group of each sample, and the groups' names."""
        return clouds.groups(self.samples(), self.rows_laid_out(), self.seed)

    @ll.kept
    def near(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the samples nearest to the chosen one in all dimensions, of those shown, and how far they are."""
        return clouds.nearest_to(self.samples().points, self.chosen(), self.shown(), NEAR)

    # ---------------------------------------------------------------------------------------------- the layouts
    @ll.kept
    def along_axes(self) -> np.ndarray:
        """Return the samples (n, k) along their principal axes, at least three."""
        return principal.along(self.samples().points, AXES)

    @ll.kept
    def axes(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return from which label to which the user's axes go, to the right and up."""
        return clouds.ends(self.samples(), self.right, 0), clouds.ends(self.samples(), self.up, 1)

    @ll.kept
    def on_axes(self) -> np.ndarray:
        """Return the samples (n, 2) along the user's axes."""
        return np.column_stack([clouds.along(self.samples(), *ends) for ends in self.axes()])

    @ll.kept
    def course(self) -> embeddings.Course:
        """Return the layouts of t-SNE or UMAP on their way, which begin with the two principal axes."""
        points = self.samples().points[self.rows_laid_out()]
        if self.method == "umap":
            begun = umap.begun(points, self.neighbours, self.iterations, self.seed)
            return embeddings.Course(begun, umap.start(points), self.iterations)
        begun = tsne.begun(points, self.perplexity, self.exaggeration)
        return embeddings.Course(begun, tsne.start(points), self.iterations, tsne.EARLY)

    def step(self, now: ll.Now) -> float:
        """Return the step of the layout."""
        return float(self.course().steps_at(now.share))

    @ll.kept
    def turned(self, now: ll.Now) -> np.ndarray:
        """Return the frame (k, 3) of the tour, with the axis that is held where it is held."""
        frame = grand_tour.frame(self.along_axes().shape[1], 3, SPEED * now.seconds)
        return grand_tour.held(frame, self.axis - 1, self.pull) if self.axis else frame

    def layout(self, now: ll.Now) -> np.ndarray:
        """Return where the samples shown are, in 2 numbers; in 3 on the tour, or before they are pressed flat."""
        if self.method == "tour":
            return self.along_axes() @ self.turned(now)
        if self.method == "pca":
            return self.along_axes()[:, :3] * (1.0, 1.0, 1.0 - now.eased(0.15, PRESSED))
        if self.method == "axes":
            share = now.eased(0.05, PRESSED)
            return (1.0 - share) * self.along_axes()[:, :2] + share * self.on_axes()
        self.grown_to(self.course(), self.step(now), 1)
        return self.course().at(self.step(now))

    def is_over(self, now: ll.Now) -> bool:
        """Whether the layout is what it will be at last: then it is judged."""
        if self.method in ("pca", "axes"):
            return now.share >= PRESSED
        return now.share >= embeddings.END and self.course().reach(self.iterations, 0)

    @ll.refined(levels=("nothing", "all"))
    def trust(self, level: str) -> Generator[object, None, np.ndarray]:
        """Return the trust in each place of the layout at last; nan before it is known."""
        rows = self.rows_laid_out()
        if level == "nothing":
            return np.full(len(rows), np.nan)
        place = self.layout(self.now(self.clock.seconds))[:, :2]
        place, found = place[rows] if len(place) > len(rows) else place, []
        for part in layouts.penalties(self.samples().points[rows], place, self.judges):
            found.append(part)
            yield
        return layouts.trust(np.concatenate(found), self.judges)

    @property
    def judges(self) -> int:
        """How many neighbours are compared."""
        return layouts.judges(len(self.rows_laid_out()))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return how far the layout is from what it should be, and what it may be trusted for at this moment."""
        rows, kl, error = self.rows_laid_out(), float("nan"), float("nan")
        place = self.layout(now)
        place = place[rows] if len(place) > len(rows) else place
        if self.method == "tsne":
            course = self.course()
            course.reach(1)
            assert isinstance(course.moving, tsne.Descent)
            kl = float(np.interp(self.step(now), course.steps, course.divergences))
            error = float(np.abs(course.moving.perplexities - self.perplexity).max())
        group = self.groups()[0][rows]
        return {
            "kl": kl,
            "trustworthiness": layouts.trustworthiness(self.samples().points[rows], place, self.judges),
            "knn_accuracy": layouts.knn_accuracy(place, group) if group.any() else float("nan"),
            "perplexity_error": error,
        }

    # ---------------------------------------------------------------------------------------------- the picture
    def placed(self, now: ll.Now) -> np.ndarray:
        """Return the points in the picture (n, 3): nearly all of them within a circle or ball."""
        place = self.layout(now)
        if self.method == "tour":
            return place * (HALF / self.reach())
        return np.pad(place, ((0, 0), (0, 3 - place.shape[1]))) * (HALF / layouts.reach(place[:, :2]))

    @ll.kept
    def reach(self) -> float:
        """Return how far nearly all samples are from the middle, along three principal axes."""
        return layouts.reach(self.along_axes()[:, :3])

    def is_judged(self, now: ll.Now) -> bool:
        """Whether points have the colours of the trust in their places, once that is known."""
        wanted = self.color == "trust" and self.method != "tour" and len(self.shown()) <= SPRITES
        return wanted and self.is_over(now) and bool(np.isfinite(self.trust()).all())

    @ll.kept
    def parts(self, judged: bool) -> dict[str, Part]:
        """Return the samples shown, those of one colour together: of their groups, or of the trust in their places."""
        kind = self.groups()[0][self.shown()]
        which = layouts.degrees(self.trust()) if judged else kind % COLORS
        which = which + COLORS * (self.alone & (kind != kind[np.searchsorted(self.shown(), self.chosen())]))
        found = {}
        for one in np.unique(which).tolist():
            rows = np.flatnonzero(which == one)
            color = TRUSTED[one % COLORS] if judged else colored(one)
            found[f"{'trust' if judged else 'group'} {one}"] = Part(
                rows, color, 0.8 if one >= COLORS else 0.0, *self.looks(self.shown()[rows])
            )
        return found

    @ll.kept
    def unwritten(self) -> bool:
        """Whether labels have letters that cannot be drawn."""
        return any(drawable(name) != name for name in set(self.samples().labels.tolist()))

    def looks(self, some: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Return what is drawn at some of the samples, a picture or a disc, and what they are called."""
        if len(self.shown()) > SPRITES:
            return DISC, []
        found = self.samples().pictures
        pictures = np.repeat(DISC, len(some), axis=0) if found is None else found[some]
        said = ((self.called(one), words("number ?n", one)) for one in some.tolist())
        return pictures, [", ".join(dict.fromkeys(parts)) for parts in said]  # one without a label says its number once

    def dots(self, place: np.ndarray, now: ll.Now) -> list[layers.Layer]:
        """Return the points in their colours: as pictures, as discs, or as dots where they are many."""
        drawn: list[layers.Layer] = []
        size = 11.0 if self.samples().pictures is not None else 7.0 if len(place) > 600 else 14.0
        for key, part in self.parts(self.is_judged(now)).items():
            own, dim = place[part.rows], part.dim
            if len(place) > SPRITES:
                drawn.append(layers.Points(own, part.color, 1.6, "dot", name="Point", dim=dim, key=key))
            else:
                sprites = partial(layers.Sprites, name="Point", worth=part.called, dim=dim, key=key)
                drawn.append(sprites(own, part.pictures, size, part.color))
        return drawn

    @ll.kept
    def large(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where the chosen sample and its neighbours are among those shown, and their pictures on paper."""
        some = np.array([self.chosen(), *self.near()[0]])
        found = self.looks(some)[0]
        found = PAPER + found[..., None] * (INK - PAPER) if found.ndim == 3 else found
        return np.searchsorted(self.shown(), some), found

    def beams(self, place: np.ndarray) -> list[layers.Layer]:
        """Return the chosen point with lines to the samples that are nearest to it in all dimensions."""
        at, found = self.large()
        here, *there = place[at]
        ways = [np.array([here, one]) for one in there]
        drawn: list[layers.Layer] = [
            layers.Lines(ways, "text", 1.6, 0.8, depth=False, pickable=False, key="near"),
        ]
        if self.samples().pictures is None or len(place) > SPRITES:
            rings = layers.Points(place[at], "text", 6.0, "ring", outline=True, pickable=False, key="rings")
            return [*drawn, rings]
        colors = [colored(one) for one in self.groups()[0][self.shown()[at]].tolist()]
        large = partial(layers.Sprites, smooth=False, frame=2.5, pickable=False, key="large")
        return [*drawn, large(place[at], found, 28.0, colors)]

    def names(self, place: np.ndarray) -> list[layers.Layer]:
        """Return the names of the largest groups, each on a plate of its colour amid its points.

        If groups have no names, they are those of the chosen point and its neighbours.
        """
        kind, names = self.groups()[0][self.shown()], [drawable(name) for name in self.groups()[1]]
        if not any(names):
            (here, *there), (one, *near) = place[self.large()[0]], [self.chosen(), *self.near()[0]]
            return [
                layers.Label(here, self.called(one), "accent", size=22, side="above", key="chosen"),
                *(layers.Label(spot, self.called(other), size=17, side=SIDES[k], key=f"neighbour {k}")
                  for k, (spot, other) in enumerate(zip(there, near, strict=True))),
            ]  # fmt: skip
        largest = np.argsort(-np.bincount(kind, minlength=len(names)), kind="stable")[:NAMED].tolist()
        spots = {one: np.median(place[kind == one], axis=0) for one in largest if names[one]}
        chosen, shown = kind[self.large()[0][0]], place[self.large()[0]].mean(axis=0)  # whose name does not cover these
        shown += NUDGE * np.ptp(place, axis=0).max() * np.array([-1.0, 1.0, 0.0])  # so that its side does not swing
        return [
            layers.Label(spot, names[one], size=18, side=spot - shown if one == chosen else "above", plate=colored(one),
                         key=names[one])
            for one, spot in spots.items()
        ]  # fmt: skip

    def arms(self, now: ll.Now) -> list[layers.Layer]:
        """Return the principal axes that can be dragged as arrows; one that hardly points into the picture is dim."""
        tips = LENGTH * self.turned(now)
        seen = np.linalg.norm(tips, axis=1) > SEEN
        colors = ["accent" if k + 1 == self.axis else "text" if seen[k] else "dim" for k in range(len(tips))]
        drawn: list[layers.Layer] = [
            layers.Arrows(0 * tips, tips, colors, 3.5, depth=False, name="Principal axis", key="axes"),
            layers.Points(tips, "text", 6.0, "ring", outline=True, group="handles", name="Principal axis", key="tips"),
        ]
        return drawn + [
            layers.Label(tips[k], f"axis {k + 1}", colors[k], size=17, side=tips[k], key=f"axis {k + 1}")
            for k in np.flatnonzero(seen).tolist()
        ]

    @ll.kept
    def compass(self) -> list[layers.Layer]:
        """Return the user's axes as a cross, with the labels that they go from and to at their ends."""
        tips = AXIS * np.array([(-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)])
        lines = layers.Lines([tips[:2], tips[2:]], "dim", 1.4, casing=1.2, depth=False, pickable=False, key="cross")
        ends = zip(tips, [drawable(name) for pair in self.axes() for name in pair], strict=True)
        names = [
            layers.Label(tip, name, "accent", size=19, side=tip, key=f"end {k}") for k, (tip, name) in enumerate(ends)
        ]
        return [lines, *names]

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the tips of the axes of the tour: one that is dragged stays where it is let go."""
        if self.method != "tour":
            return []
        tips = enumerate(LENGTH * self.turned(now), 1)
        return [ll.Handle(f"axis {k}", tip, partial(Projector.hold, axis=k), free=True) for k, tip in tips]

    def hold(self, place: Sequence[float], axis: int) -> None:
        """Hold an axis of the tour, numbered from 1, where its tip was dragged."""
        self.set("axis", axis)
        self.set("pull", np.clip(np.round(np.asarray(place, float) / LENGTH, 3), -1.0, 1.0))

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the points where they are at this moment, and what is said of them."""
        place = self.placed(now)
        drawn = [*self.dots(place, now), *self.beams(place)]
        drawn += self.arms(now) if self.method == "tour" else self.names(place)
        drawn += self.compass() if self.method == "axes" and self.is_over(now) else []
        return ll.Frame(drawn, self.notes(now), self.view(now))

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: from above, but around what has three dimensions."""
        if self.method == "tour":
            return ll.View(-60.0, 20.0, bounds=0.9 * BOX)
        rise = now.eased(0.1, PRESSED) if self.method == "pca" else 1.0
        return ll.View(-90.0, 24.0 + 65.9 * rise, bounds=self.bounds(rise), moves=True)

    @ll.kept
    def bounds(self, rise: float) -> np.ndarray:
        """Return the corners (8, 3) of what is seen, a share of the way to being flat."""
        return BOX * (1.0, 1.0, 1.0 - rise)

    # ---------------------------------------------------------------------------------------------- the notes
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return what the layout is, what it is to be trusted for, and what is nearest to the chosen point."""
        dimensions = self.samples().points.shape[1]
        title = layers.Title(words("Seeing ?n dimensions", dimensions), METHODS[self.method][1], self.said(now))
        notes: list[layers.Note] = [title]
        if self.method != "tour":
            trusted = float(self.trust().mean()) if self.is_over(now) else np.nan
            text = words("?.3", trusted) if np.isfinite(trusted) else "..."
            heading = words("Trustworthiness, ?n nearest", self.judges)
            notes.append(layers.Meter(heading, "", trusted, "accent", 0.0, 1.0, text))
            if self.color == "trust" and self.is_over(now):
                return [*notes, self.degrees()]
        if self.method == "tsne":
            shares = np.linspace(0.0, 1.0, CHARTED)
            divergences = np.where(shares <= now.share, self.course().divergences_at(shares), np.nan)
            series = layers.Series("KL", "accent", shares * self.clock.seconds, divergences)
            if np.isfinite(divergences).sum() > 1:
                notes.append(layers.Chart("Divergence KL(P, Q)", [series], now=now.seconds, x_label="second"))
        return [*notes, self.nearest()]

    def said(self, now: ll.Now) -> list[str]:
        """Return what the points are, how many of them are shown, and how far the layout has come."""
        samples, shown, (method, _) = self.samples(), len(self.shown()), METHODS[self.method]
        said = [words("?n ? of ?n numbers", shown, KINDS.get(self.data, "points"), samples.points.shape[1])]
        if shown < len(samples):
            said.append(words("drawn at random from ?n", len(samples)))
        if self.method == "tour":
            held = float(self.along_axes().var(axis=0).sum() / samples.points.var(axis=0).sum())
            said.append(words("through ? axes with ?n % of the variance", self.along_axes().shape[1], 100 * held))
        if self.unwritten():
            said.append("letters of labels that the font lacks are left out")
        if self.method in ("tsne", "umap"):
            step, kind = min(self.step(now), float(self.course().steps[-1])), STEPS[self.method]
            said.append(words("?, ? ?n of ?n", method, kind, int(step), self.iterations))
        return said

    def degrees(self) -> layers.Legend:
        """Return how many places are to be trusted how far."""
        counts = np.bincount(layouts.degrees(self.trust()), minlength=3)
        told = zip(TRUSTED, DEGREES, counts.tolist(), strict=True)
        rows = [layers.Row(color, name, [words("?n", count)]) for color, name, count in told]
        return layers.Legend(rows, "Points whose neighbours here are")

    def nearest(self) -> layers.Legend:
        """Return which samples are nearest to the chosen one, and how far they are."""
        group, (near, away) = self.groups()[0], self.near()
        digits = int(np.clip(3 - np.floor(np.log10(np.max(away, initial=1e-6))), 0, 9))  # the same for all
        rows = [layers.Row(colored(int(group[one])), self.called(one), [words(f"?.{digits}", far)])
                for one, far in zip(near.tolist(), away.tolist(), strict=True)]  # fmt: skip
        return layers.Legend(rows, words("Nearest to ? in all dimensions", self.called(self.chosen())))

    def called(self, one: int) -> str:
        """Return what a sample is called, or its number."""
        return drawable(str(self.samples().labels[one])) or words("number ?n", one)


def colored(kind: int) -> str:
    """Return the colour of a group."""
    return f"class.{kind % COLORS}"
