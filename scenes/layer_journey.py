"""Digits before the first layer of a network and after each: mixed clouds peel apart into ten."""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, pads, parameters, shapes, signs, with_article, words
from lossland.models import drawings, journeys, layer_maps, networks

PITCH = 1.95  # from the middle of a cloud to that of the next; a cloud is about 2 wide
SHOWN = 720  # samples that are drawn: all of the test, and some more
THREADS = 14  # at most
SHOWS = ("all", "misread", *"0123456789", "drawn")
NAMES_AT = -1.32  # height of the clouds' names
PICTURE_AT = 1.72  # height of the picture of what is followed
PAD, PAD_FOOT = 1.3, 1.5  # side of the pad to draw on, and how high it stands
FORMULA = r"B / T = \mathrm{tr}\, S_B \,/\, \mathrm{tr}\, S_T"
FOUR = "000ag000005g900000dfd40008g6g6000ggggge00678g9900007g3000008g200"  # what is drawn at first


class LayerJourney(ll.RunScene):
    """Layer by layer a network brings together what belongs together."""

    name = "layer_journey"
    title = "Before and after each layer"
    chapter = "How learning flows"
    rows = ("D4", "Y1", "N3", "S1")
    sign = tuple(
        signs.Dot((x + 0.12 * (1 - far) * np.cos(2.4 * k),
                   0.5 + 0.3 * far * (k % 3 - 1) + 0.13 * (1 - far) * np.sin(k * k)), 1.6, f"class.{k % 3}")
        for x, far in ((0.16, 0.1), (0.5, 0.5), (0.84, 0.9)) for k in range(9)
    )  # fmt: skip
    presets: ClassVar = {
        "while it learns": {},
        "layer by layer": {"play": "layers"},
        "misread": {"show": "misread"},
        "one digit": {"show": "8", "play": "layers"},
        "before training": {"epochs": 0, "play": "layers"},
        "one wide layer": {"widths": "64"},
        "tanh": {"activation": "tanh"},
        "draw a digit": {"show": "drawn", "play": "layers"},
    }

    widths = parameters.Text("32-32-32", journeys.widths, "hidden widths", "Neurons of each hidden layer, as 32-32-32.")
    activation = parameters.Choice("relu", networks.ACTIVATIONS, r"$\varphi$", "What bends each layer.")
    epochs = parameters.Integer(journeys.EPOCHS, 0, journeys.EPOCHS, "epochs", "How often the training has seen all.")
    play = parameters.Choice("training", ("training", "layers"), "time is", "The training goes on, or the samples do.")
    layer = parameters.Integer(
        journeys.MOST + 1, 0, journeys.MOST + 1, "up to layer", "How deep the samples go.", reach=lambda one: one.depth,
    )  # fmt: skip
    show = parameters.Choice("all", SHOWS, "show", "All samples, those that are misread, one digit, or your own.")
    sample = parameters.Integer(-1, -1, 1_000_000, "sample", "The sample that is followed: click it.", hidden=True)
    drawing = parameters.Text(FOUR, drawings.read, "drawing", "The digit that you draw on the pad.", hidden=True)
    pen = parameters.Point((4.0, 4.0), 0.0, 8.0, "pen", "Where the pen is on the pad: drag it.", hidden=True)
    run = parameters.Text("", None, "run", "A perceptron's training that you recorded, instead.")
    clock = ll.Clock(16.0)

    def has_control(self, name: str) -> bool:
        """Hide what a recorded run tells by itself."""
        return not self.run or name not in ("widths", "epochs")

    def changed(self, name: str) -> None:
        """Leave the recorded run when another network is asked for; read one that is named."""
        if name in ("widths", "epochs"):
            self.values["run"] = ""
        elif name == "run":
            self.reread()
            self.course()

    # ------------------------------------------------------------------------------------------------- the network
    @ll.kept
    def course(self) -> journeys.Course:
        """Return the network along its training, or that of a recorded run, of a folder's first one."""
        recorded = self.runs(self.run)
        return journeys.recorded(recorded[0], self.activation) if recorded else self.trained()

    @ll.refined(levels=(1, *range(5, journeys.EPOCHS + 1, 5)), stale=True)
    def trained(self, epochs: int) -> Generator[object, None, journeys.Course]:
        """Return the training on the digits, epoch by epoch."""
        training = journeys.training(journeys.widths(self.widths), self.activation, self.seed)
        yield from training.upto(epochs)
        return training.course(epochs)

    @property
    def depth(self) -> int:
        """How many layers there are, and clouds after the inputs."""
        return len(self.course().bent)

    @property
    def gap(self) -> float:
        """From the clouds' names to the weights below: names do not shrink where the row is long."""
        return max(1.2, 0.16 * PITCH * self.depth)

    def moment(self, now: ll.Now) -> float:
        """Return how far the training has come, as an index of what was kept of it: most happens early."""
        end = self.course().last if self.run else min(self.epochs, self.course().last)
        return end * (min(max((now.share - 0.03) / 0.87, 0.0), 1.0) ** 2 if self.play == "training" else 1.0)

    def at(self, now: ll.Now) -> float:
        """Return how deep the samples are: they rest after each layer."""
        deep = min(self.layer, self.depth)
        return float(deep) if self.play == "training" else now.staged(deep, 0.04, 0.92, moving=0.75)

    @ll.kept(most=4)
    def network(self, index: int) -> journeys.Moment:
        """Return the network at a moment, with the samples in each of its layers."""
        return self.course().moment(index)

    @ll.kept
    def trained_network(self) -> journeys.Moment:
        """Return the network in the end."""
        return self.course().moment(self.course().last)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return how far apart the classes are in each layer, and how well the network does."""
        index = int(self.moment(now) + 1e-6)
        told, misread = self.network(index), len(self.trained_network().misread)
        return {
            "separation": told.separation, "probe": told.probe, "accuracy": told.accuracy, "depth": self.at(now),
            "epoch": int(self.course().epochs[index]), "misread": misread,
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------- the clouds
    @ll.kept
    def chosen(self) -> np.ndarray:
        """Return the samples that are drawn, as indices."""
        return self.course().chosen(SHOWN)

    @ll.kept
    def seen(self) -> list[layer_maps.Frame]:
        """Return the axes in which each layer is seen."""
        return self.course().frames()

    @ll.kept(most=4)
    def clouds(self, index: int) -> np.ndarray:
        """Return all samples in all clouds in the world (L + 1, n, 3)."""
        return journeys.clouds(self.network(index).hidden, self.seen(), self.middles())

    def middles(self) -> np.ndarray:
        """Return the x of the clouds' middles."""
        return PITCH * (np.arange(self.depth + 1) - self.depth / 2)

    @ll.kept(most=4)
    def ways(self, index: int) -> np.ndarray:
        """Return where the samples with a thread, or the one that was drawn, are in all clouds (L + 1, m, 3)."""
        if self.draws:
            own = self.course().hidden(index, drawings.read(self.drawing).reshape(1, -1))
            return journeys.clouds(self.network(index).hidden, self.seen(), self.middles(), own)
        return self.clouds(index)[:, self.followed()]

    def moving(self, now: ll.Now) -> tuple[int, int, float]:
        """Return between which two kept moments, or whole layers, things are, and how far they have come."""
        along = self.moment(now) if self.play == "training" else self.at(now)
        return int(along), int(np.ceil(along)), along % 1

    @ll.kept(most=4)
    def placed(self, first: int, second: int, index: int, threads: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return where the samples of the clouds, or those with a thread, are (m, n, 3), and where they go.

        While the network learns these are all clouds; else the clouds that are done, and one under way.
        """
        if self.play == "training":
            deep = min(self.layer, self.depth) + 1
            clouds = [(self.ways if threads else self.clouds)(moment)[:deep] for moment in (first, second)]
        else:
            whole = (self.ways if threads else self.clouds)(index)
            clouds = [whole[[*range(first + 1), *([last] if second > first else [])]] for last in (first, second)]
        return clouds[0], clouds[1]

    @ll.kept(most=4)
    def by_class(self, first: int, second: int, index: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return of each class the places, cloud after cloud, and where they go."""
        start, end = self.placed(first, second, index, False)
        return [(start[:, own].reshape(-1, 3), end[:, own].reshape(-1, 3)) for own in self.members()]

    @ll.kept
    def members(self) -> list[np.ndarray]:
        """Return the samples of each class that are drawn, as indices."""
        return self.course().by_class(self.chosen())

    @ll.kept
    def said(self) -> list[list[str]]:
        """Return what is said of them under the pointer."""
        read = self.trained_network().read
        return [[f"sample {n}, read as {with_article(self.names()[read[n]])}" for n in own] for own in self.members()]

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the clouds, the threads through them, and the first layer's weights."""
        first, second, share = self.moving(now)
        index = int(self.moment(now) + 1e-6)
        drawn: list[layers.Layer] = []
        for k, (start, end) in enumerate(self.by_class(first, second, index)):
            said = self.said()[k] * (len(start) // max(len(self.members()[k]), 1))
            dim = 0.0 if self.show in ("all", str(k)) else 1.0
            name = with_article(self.names()[k]).capitalize()
            drawn.append(layers.Points(start, f"class.{k}", 2.9, "sphere", target=end, share=share, key=f"class {k}",
                                       name=name, worth=said, dim=dim))  # fmt: skip
        drawn += self.digits() + self.threads(now) + self.below(index, int(self.at(now) + 1e-6)) + self.filters(index)
        drawn += self.drawn() if self.draws else self.picture()
        return ll.Frame(drawn, self.notes(now), self.view(now))

    def names(self) -> tuple[str, ...]:
        """Return what the classes are called."""
        return self.course().data.names

    @ll.kept
    def digits(self) -> list[layers.Layer]:
        """Return the names of the classes on plates of their colours, in a row above the clouds: one legend."""
        found, half, many = [], PITCH * self.depth / 2, len(self.names())
        wide = (0.58 + 0.12 * max(map(len, self.names()))) * (many - 1)
        left = (1.3 if self.draws or self.depth > 2 else 0.8) - half  # beside the picture, or the pad
        for k, x in enumerate(np.linspace(left, min(left + wide, half + 0.9), many)):
            color = "faint" if self.show.isdigit() and self.show != str(k) else f"class.{k}"
            at, name = (x, -0.9, 1.2), self.names()[k]
            found.append(layers.Label(at, name, color, size=16, side="above", plate=color, key=f"digit {k}"))
        return found

    @ll.kept
    def followed(self) -> np.ndarray:
        """Return the samples with a thread, as indices; the one that was clicked first."""
        course, misread = self.course(), self.trained_network().misread
        clicked = [self.sample % len(course.data)] if self.sample >= 0 else []
        if self.show in ("all", "drawn"):
            return np.array(clicked or misread[:1], int)
        of_class = np.flatnonzero(course.target == int(self.show)) if self.show.isdigit() else misread
        more = np.intersect1d(of_class, self.chosen())
        return np.array(list(dict.fromkeys([*clicked, *more[:THREADS].tolist()])), int)

    def threads(self, now: ll.Now) -> list[layers.Layer]:
        """Return the ways of the samples that are followed, or of the drawn one, from cloud to cloud."""
        first, second, share = self.moving(now)
        start, end = self.placed(first, second, int(self.moment(now) + 1e-6), True)
        clouds, own = (1 - share) * start + share * end, self.followed()
        colors = [f"class.{self.read_as()}"] if self.draws else self.thread_colors()
        if not colors:
            return []
        ways = layers.Lines(list(clouds.transpose(1, 0, 2)), colors, 2.4, depth=False, casing=1.2, pickable=False,
                            key="threads")  # fmt: skip
        drawn: list[layers.Layer] = [ways] if len(clouds) > 1 else []
        for k, color in enumerate(colors):
            name, key = ("Drawn", "drawn") if self.draws else ("Followed", f"followed {own[k]}")
            drawn.append(layers.Points(clouds[:, k], color, 5.2, "sphere", outline=True, key=key, name=name))
        return drawn

    @ll.kept
    def thread_colors(self) -> list[str]:
        """Return the colours of the samples with a thread: of their class, or of what is wrong."""
        own, target = self.followed(), self.course().target
        wrong = self.trained_network().read[own] != target[own]
        return ["bad" if bad else f"class.{target[n]}" for n, bad in zip(own, wrong, strict=True)]

    def picture(self) -> list[layers.Layer]:
        """Return what the first of the samples with a thread looks like."""
        if not len(self.followed()) or not self.has_pixels:
            return []
        place = np.array([(self.middles()[0], -0.9, PICTURE_AT)])
        picture = self.course().data.points[self.followed()[:1]].reshape(1, 8, 8)
        return [layers.Sprites(place, picture, 46.0, self.thread_colors()[:1], smooth=False, frame=2.0,
                               pickable=False, key="picture")]  # fmt: skip

    @ll.kept(most=3)
    def below(self, index: int, upto: int) -> list[layers.Layer]:
        """Return the names of the clouds below them, and how far apart the classes are in those that there are."""
        separation = self.network(index).separation
        found, many = [], len(separation)
        for k in range(many) if many <= 5 else (0, many // 2, many - 1):
            name = "pixels" if k == 0 else "outputs" if k == many - 1 else words("layer ?n", k)
            at, color, told = (self.middles()[k], 0.0, NAMES_AT), "faint", ""
            if k <= upto:
                color, told = "text", words("B/T ?.2", separation[k])
            found.append(layers.Label(at, name, color, told, size=17, side="below", key=f"name {k}"))
        return found

    @ll.kept(most=3)
    def filters(self, index: int) -> list[layers.Layer]:
        """Return the weights of the first layer's neurons, each as a picture of 8 by 8 pixels."""
        if not self.has_pixels:
            return []
        weight = self.course().network.views(np.asarray(self.course().path[index], float))["0.weight"]
        picture = layer_maps.mosaic(weight.reshape(-1, 8, 8) / np.abs(weight).max(), 16)
        high, wide = picture.shape
        pixel = min(0.062, (PITCH * self.depth + 1.6) / wide, 1.06 / high)
        right, up = np.array([pixel * wide, 0.0, 0.0]), np.array([0.0, 0.0, pixel * high])
        corner = np.array([0.0, 0.0, NAMES_AT - self.gap]) - right / 2 - up
        image = layers.Image(picture, corner, right, up, "signed", key="filters", name="First layer's weights")
        at, said = corner + right / 2 - (0.0, 0.0, 0.1), "weights of the first layer, a picture for each neuron"
        caption = layers.Label(at, said, "dim", size=15, side="below", key="filters' name")
        return [image, caption]

    # ---------------------------------------------------------------------------------------------- your own digit
    @property
    def has_pixels(self) -> bool:
        """Whether the samples are pictures of 8 by 8 pixels."""
        return self.course().data.points.shape[1] == drawings.SIDE**2

    @property
    def draws(self) -> bool:
        """Whether a digit is drawn."""
        return self.show == "drawn" and self.has_pixels

    @ll.kept
    def read_as(self) -> int:
        """Return which class the trained network takes the drawing for."""
        return int(self.course().read(drawings.read(self.drawing).reshape(1, -1))[0])

    @ll.kept
    def pad(self) -> pads.Pad:
        """Return the pad to draw on, above the first cloud."""
        return pads.Pad((self.middles()[0] - PAD / 2, -0.9, PAD_FOOT), PAD)

    @ll.kept
    def drawn(self) -> list[layers.Layer]:
        """Return the drawing, the pen, and what the network reads."""
        color, said = "dim", "draw a digit"
        if self.drawing:
            color, said = f"class.{self.read_as()}", f"read as {with_article(self.names()[self.read_as()])}"
        at = np.array(self.pad().corner) + PAD * np.array([1.06, 0.0, 0.75])
        name = layers.Label(at, said, color, size=20, side="right", key="read")
        return [*self.pad().layers(self.drawing, self.pen, color), name]

    def draw(self, place: np.ndarray) -> None:
        """Let the pen go to a place in the world, and leave its ink."""
        self.values["drawing"], self.values["pen"] = self.pad().drawn(self.drawing, self.pen, place)

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the pen."""
        return [self.pad().handle(self.pen, LayerJourney.draw)] if self.draws else []

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Follow the sample that is clicked; clicked again, the network's first mistake. Or set the pen down."""
        if layer.key == "pad":
            self.values["drawing"], self.values["pen"] = self.pad().pressed(self.drawing, element)
            return True
        kind, _, which = layer.key.partition(" ")
        if kind not in ("class", "followed"):
            return False
        own = self.members()[int(which)] if kind == "class" else np.array([int(which)])
        number = int(own[element % len(own)])
        self.set("sample", -1 if number == self.sample else number)
        return True

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of the row of clouds, and of what stands below it."""
        x, top = PITCH * self.depth / 2 + 1.0, PAD_FOOT + PAD + 0.4 if self.draws else PICTURE_AT + 0.3
        return shapes.box((-x, -0.9, NAMES_AT - self.gap - (1.4 if self.draws else 1.16)), (x, 0.9, top))

    def view(self, now: ll.Now) -> ll.View:
        """Return a view that goes along the row a little; before a pad it rests."""
        if self.draws:
            return ll.View(-90.0, 8.0, bounds=self.bounds())
        return ll.View(-86.0, 12.0, bounds=self.bounds(), turned=(14.0 * now.eased() - 14.0, 0.0))

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return how well the network does, and each layer's numbers."""
        course, index, own = self.course(), int(self.moment(now) + 1e-6), self.followed()
        told, many = self.network(index), int(course.tested.sum())
        kind = "digits" if self.has_pixels else "flowers"  # of a recorded run, which may have learnt from any of them
        heading = words(f"Right of ?n {kind if self.run else 'in the test'}", many)
        unit, after = "step" if self.run else "epoch", course.epochs[index]
        lines = [words("After ?n ??", after, unit, "" if after == 1 else "s")]
        if self.draws:
            lines.append("Click on the pad and drag the pen; a click on ink wipes it")
        elif len(own):
            known, read = (with_article(self.names()[k]) for k in (course.target[own[0]], told.read[own[0]]))
            lines.append(f"Followed: {known}, read as {read}")
        layer, right = np.arange(len(told.probe), dtype=float), 100 * told.accuracy
        kinds = (("accent", "B/T: between / total variance", told.separation, words("?.2", told.separation[-1])),
                 ("text", "linear probe: right", told.probe, words("?.1 %", 100 * told.probe[-1])))  # fmt: skip
        rows = [layers.Row(color, name, [last]) for color, name, _, last in kinds]
        series = [layers.Series(name, color, layer, values) for color, name, values, _ in kinds]
        return [
            layers.Title(self.title, FORMULA, lines),
            layers.Meter(heading, "", right, "accent", 0.0, 100.0, words("?.1 %", right)),
            layers.Legend(rows, "At the outputs"),
            layers.Chart("Layer by layer", series, x_label="layer"),
        ]
