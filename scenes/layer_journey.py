"""Digits before the first layer of a network and after each: mixed clouds peel apart into ten."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, signs, words
from lossland.models import journeys, layer_maps, networks, runfiles

PITCH = 1.95  # from the middle of a cloud to that of the next; a cloud is about 2 wide
SHOWN = 720  # samples that are drawn: all of the test, and some more
THREADS = 14  # at most
SHOWS = ("all", "misread", *"0123456789")
MOST = 6  # hidden layers
FORMULA = r"B / T = \mathrm{tr}\, S_B \,/\, \mathrm{tr}\, S_T"


def widths(text: str) -> tuple[int, ...]:
    """Return the widths of the hidden layers: ``32-32-32``."""
    parts = [part for part in text.replace(",", "-").replace(" ", "").split("-") if part]
    if not 0 < len(parts) <= MOST or not all(
        part.isascii() and part.isdigit() and 3 < int(part) <= 64 for part in parts
    ):
        raise ll.UserError(f"widths are one to {MOST} whole numbers from 4 to 64, such as 32-32-32, not {text!r}.")
    return tuple(map(int, parts))


def stored(path: str, activation: str = "relu") -> journeys.Course | None:
    """Return the course of the first run of a file, None for no path."""
    return journeys.recorded(runfiles.read(path)[0], activation) if path else None


class LayerJourney(ll.Scene):
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
    }

    widths = parameters.Text("32-32-32", widths, "hidden widths", "Neurons of each hidden layer, as 32-32-32.")
    activation = parameters.Choice("relu", networks.ACTIVATIONS, r"$\varphi$", "What bends each layer.")
    epochs = parameters.Integer(journeys.EPOCHS, 0, journeys.EPOCHS, "epochs", "How often the training has seen all.")
    play = parameters.Choice("training", ("training", "layers"), "time is", "The training goes on, or the samples do.")
    layer = parameters.Integer(
        MOST + 1, 0, MOST + 1, "up to layer", "How deep the samples go: no farther than to the outputs."
    )
    show = parameters.Choice("all", SHOWS, "show", "All samples, those that are misread, or one digit.")
    sample = parameters.Integer(-1, -1, 1_000_000, "sample", "The sample that is followed: click it.", hidden=True)
    run = parameters.Text("", stored, "run", "A perceptron's training that you recorded, instead.")
    clock = ll.Clock(16.0)

    def changed(self, name: str) -> None:
        """Leave the recorded run when another network is asked for."""
        if name in ("widths", "epochs"):
            self.values["run"] = ""

    # ------------------------------------------------------------------------------------------------- the network
    @ll.kept
    def course(self) -> journeys.Course:
        """Return the network along its training."""
        return stored(self.run, self.activation) or self.trained()

    @ll.refined(levels=(1, *range(5, journeys.EPOCHS + 1, 5)), stale=True)
    def trained(self, epochs: int) -> Generator[object, None, journeys.Course]:
        """Return the training on the digits, epoch by epoch."""
        training = journeys.training(widths(self.widths), self.activation, self.seed)
        yield from training.upto(epochs)
        return training.course(epochs)

    @property
    def depth(self) -> int:
        """How many layers there are, and clouds after the inputs."""
        return len(self.course().bent)

    @property
    def gap(self) -> float:
        """From the clouds' names to the weights below: names do not shrink where the row is long."""
        return max(1.15, 0.147 * PITCH * self.depth)

    def moment(self, now: ll.Now) -> float:
        """Return how far the training has come, as an index of what was kept of it."""
        end = self.course().last if self.run else min(self.epochs, self.course().last)
        return end * (now.eased(0.03, 0.9) ** 2 if self.play == "training" else 1.0)  # most happens early

    def at(self, now: ll.Now) -> float:
        """Return how deep the samples are: they rest after each layer."""
        deep = min(self.layer, self.depth)
        return float(deep) if self.play == "training" else now.staged(deep, 0.04, 0.92, moving=0.75)

    @ll.kept(most=4)
    def hidden(self, index: int) -> list[np.ndarray]:
        """Return the samples (n, d) in each cloud, as they are."""
        return self.course().hidden(index)

    @ll.kept(most=3)
    def told(self, index: int) -> tuple[np.ndarray, np.ndarray, float]:
        """Return how far apart the classes are in each cloud, what a linear probe gets right there, and the network."""
        target, tested = self.course().target, self.course().tested
        found = [(journeys.separation(one, target), journeys.probe(one, target, tested)) for one in self.hidden(index)]
        separation, probe = np.array(found).T
        return separation, probe, float(np.mean(self.read(index)[tested] == target[tested]))

    @ll.kept(most=3)
    def read(self, index: int) -> np.ndarray:
        """Return which class (n,) the network takes each sample for."""
        return self.hidden(index)[-1].argmax(axis=1)

    @ll.kept
    def misread(self) -> np.ndarray:
        """Return the samples of the test, as indices, that the network gets wrong in the end."""
        course = self.course()
        return np.flatnonzero(course.tested & (self.read(course.last) != course.target))

    def readouts(self, now: ll.Now) -> dict[str, Any]:
        """Return how far apart the classes are in each layer, and how well the network does."""
        index = int(self.moment(now) + 1e-6)
        separation, probe, accuracy = self.told(index)
        return {
            "separation": separation, "probe": probe, "accuracy": accuracy, "depth": self.at(now),
            "epoch": int(self.course().epochs[index]), "misread": len(self.misread()),
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------- the clouds
    @ll.kept
    def chosen(self) -> np.ndarray:
        """Return the samples that are drawn, as indices: those of the test, then others."""
        tested = self.course().tested
        return np.sort(np.concatenate([np.flatnonzero(tested), np.flatnonzero(~tested)])[:SHOWN])

    @ll.kept
    def seen(self) -> list[layer_maps.Frame]:
        """Return the axes in which each layer is seen."""
        return self.course().frames()

    @ll.kept(most=4)
    def clouds(self, index: int) -> np.ndarray:
        """Return all samples in all clouds in the world (L + 1, n, 3), each cloud as large as the others."""
        hidden = zip(self.seen(), self.hidden(index), strict=True)
        found = [frame.shown(one - one.mean(axis=0) + frame.middle) for frame, one in hidden]
        clouds = np.array([one / max(float(np.quantile(np.linalg.norm(one, axis=1), 0.97)), 1e-9) for one in found])
        clouds[..., 0] += PITCH * (np.arange(len(clouds)) - (len(clouds) - 1) / 2)[:, None]
        return clouds

    def moving(self, now: ll.Now) -> tuple[int, int, float]:
        """Return between which two kept moments, or whole layers, things are, and how far they have come."""
        along = self.moment(now) if self.play == "training" else self.at(now)
        return int(along), min(int(along) + 1, self.course().last if self.play == "training" else self.depth), along % 1

    @ll.kept(most=4)
    def placed(self, first: int, second: int, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where the samples drawn are (m, n, 3), and where they go.

        While the network learns these are all clouds; else the clouds that are done, and one under way.
        """
        own = self.chosen()
        if self.play == "training":
            deep = min(self.layer, self.depth) + 1
            return self.clouds(first)[:deep, own], self.clouds(second)[:deep, own]
        clouds = self.clouds(index)[:, own]
        return clouds[[*range(first + 1), first]], clouds[[*range(first + 1), second]]

    @ll.kept(most=4)
    def by_class(self, first: int, second: int, index: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return of each class the places, cloud after cloud, and where they go."""
        start, end = self.placed(first, second, index)
        target = self.course().target[self.chosen()]
        classes = range(len(self.course().data.names))
        return [(start[:, target == k].reshape(-1, 3), end[:, target == k].reshape(-1, 3)) for k in classes]

    @ll.kept
    def members(self) -> list[np.ndarray]:
        """Return the samples of each class that are drawn, as indices."""
        target = self.course().target[self.chosen()]
        return [self.chosen()[target == k] for k in range(len(self.course().data.names))]

    @ll.kept
    def said(self) -> list[list[str]]:
        """Return what is said of them under the pointer."""
        names, read = self.course().data.names, self.read(self.course().last)
        return [[f"sample {n}, read as {names[read[n]]}" for n in own] for own in self.members()]

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the clouds, the threads through them, and the first layer's weights."""
        first, second, share = self.moving(now)
        index = int(self.moment(now) + 1e-6)
        drawn: list[layers.Layer] = []
        for k, (start, end) in enumerate(self.by_class(first, second, index)):
            copies = len(start) // max(len(self.members()[k]), 1)
            look: dict[str, Any] = {
                "target": end,
                "share": share,
                "worth": copies * self.said()[k],
                "key": f"class {k}",
            }
            dim = 0.0 if self.show in ("all", str(k)) else 0.82
            name = with_article(self.course().data.names[k]).capitalize()
            drawn.append(layers.Points(start, f"class.{k}", 2.9, "sphere", dim=dim, name=name, **look))
        drawn += [
            *self.digits(),
            *self.threads(now),
            *self.names(index, int(self.at(now) + 1e-6)),
            *self.filters(index),
        ]
        return ll.Frame(drawn, self.notes(now), self.view(now))

    @ll.kept
    def digits(self) -> list[layers.Layer]:
        """Return the names of the classes in their colours, in a row above the clouds."""
        names, half = self.course().data.names, PITCH * self.depth / 2
        found = []
        for k, x in enumerate(np.linspace(1.3 - half, half, len(names))):
            color = f"class.{k}" if self.show in ("all", "misread", str(k)) else "faint"
            look: dict[str, Any] = {"size": 22, "side": "above", "key": f"digit {k}"}
            found.append(layers.Label((x, -0.9, 1.2), names[k], color, **look))
        return found

    @ll.kept
    def followed(self) -> np.ndarray:
        """Return the samples with a thread, as indices; the one that was clicked first."""
        course, misread = self.course(), self.misread()
        one = [self.sample % len(course.data)] if self.sample >= 0 else misread[:1].tolist()
        if self.show == "all":
            return np.array(one, int)
        more = misread
        if self.show != "misread":
            more = np.intersect1d(np.flatnonzero(course.target == int(self.show)), self.chosen())
        return np.array(list(dict.fromkeys([*([one[0]] if self.sample >= 0 else []), *more[:THREADS].tolist()])), int)

    def threads(self, now: ll.Now) -> list[layers.Layer]:
        """Return the ways of the samples that are followed, from cloud to cloud."""
        first, second, share = self.moving(now)
        own, course = self.followed(), self.course()
        if self.play == "training":
            clouds = (1 - share) * self.clouds(first)[:, own] + share * self.clouds(second)[:, own]
            clouds = clouds[: min(self.layer, self.depth) + 1]
        else:
            whole = self.clouds(int(self.moment(now) + 1e-6))[:, own]
            clouds = np.concatenate([whole[: first + 1], (1 - share) * whole[[first]] + share * whole[[second]]])
        if not len(own):
            return []
        wrong = self.read(course.last)[own] != course.target[own]
        colors = ["bad" if bad else f"class.{course.target[n]}" for n, bad in zip(own, wrong, strict=True)]
        look: dict[str, Any] = {"casing": 1.2, "depth": False, "pickable": False, "key": "threads"}
        drawn: list[layers.Layer] = [layers.Lines(list(clouds.transpose(1, 0, 2)), colors, 2.4, **look)]
        for k, n in enumerate(own):
            look = {"outline": True, "key": f"followed {n}", "name": "Followed"}
            drawn.append(layers.Points(clouds[:, k], colors[k], 5.2, "sphere", **look))
        if course.data.points.shape[1] == 64:
            place = np.array([(-PITCH * self.depth / 2, -0.9, 1.4)])
            picture = course.data.points[own[:1]].reshape(1, 8, 8)
            look = {"size": 46.0, "frame": 2.0, "smooth": False, "pickable": False, "key": "picture"}
            drawn.append(layers.Sprites(place, picture, color=[colors[0]], **look))
        return drawn

    @ll.kept(most=3)
    def names(self, index: int, upto: int) -> list[layers.Layer]:
        """Return the names of the clouds that there are below them, and how far apart their classes are."""
        separation = self.told(index)[0]
        found, many = [], len(separation)
        for k in range(upto + 1) if many <= 5 else sorted({0, many // 2, many - 1} & set(range(upto + 1))):
            name = "pixels" if k == 0 else "outputs" if k == many - 1 else words("layer ?n", k)
            at = (PITCH * (k - (many - 1) / 2), 0.0, -1.15)
            look: dict[str, Any] = {"size": 17, "side": "below", "key": f"name {k}"}
            found.append(layers.Label(at, name, "text", words("B/T ?.2", separation[k]), **look))
        return found

    @ll.kept(most=3)
    def filters(self, index: int) -> list[layers.Layer]:
        """Return the weights of the first layer's neurons, each as a picture of 8 by 8 pixels."""
        course = self.course()
        weight = course.network.views(np.asarray(course.path[index], float))["0.weight"]
        if weight.shape[1] != 64:
            return []
        columns = -(-len(weight) // 2)
        picture = np.zeros((17, 9 * columns - 1))
        for k, one in enumerate(weight):
            row, column = divmod(k, columns)
            picture[9 * row : 9 * row + 8, 9 * column : 9 * column + 8] = one.reshape(8, 8) / np.abs(weight).max()
        width = min(0.062 * picture.shape[1], PITCH * self.depth + 1.6)
        up = np.array([0.0, 0.0, width * picture.shape[0] / picture.shape[1]])
        corner = np.array([-width / 2, 0.0, -1.15 - self.gap]) - up
        look: dict[str, Any] = {"shades": "signed", "key": "filters", "name": "First layer's weights"}
        return [layers.Image(picture, corner, np.array([width, 0.0, 0.0]), up, **look)]

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Follow the sample that is clicked; clicked again, the network's first mistake."""
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
        x = PITCH * self.depth / 2 + 1.0
        return np.array([(a, b, c) for a in (-x, x) for b in (-0.9, 0.9) for c in (-2.05 - self.gap, 1.55)])

    def view(self, now: ll.Now) -> ll.View:
        """Return a view that goes along the row a little."""
        return ll.View(-86.0, 12.0, bounds=self.bounds(), turned=(14.0 * now.eased() - 14.0, 0.0))

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return how well the network does, and each layer's numbers."""
        course, index = self.course(), int(self.moment(now) + 1e-6)
        (separation, probe, accuracy), many = self.told(index), int(course.tested.sum())
        lines = [words("After ?n epochs" if not self.run else "After ?n steps", course.epochs[index])]
        for one in self.followed()[:1]:
            known, read = (course.data.names[k] for k in (course.target[one], self.read(index)[one]))
            lines.append(f"Followed: {with_article(known)}, read as {read}")
        layer, right = np.arange(len(separation), dtype=float), words("?.1 %", 100 * accuracy)
        series = [layers.Series("between / total variance", "accent", layer, separation),
                  layers.Series("linear probe", "text", layer, probe)]  # fmt: skip
        rows = [layers.Row("accent", "between / total variance", [words("?.2", separation[-1])]),
                layers.Row("text", "linear probe: right", [words("?.1 %", 100 * probe[-1])])]  # fmt: skip
        return [
            layers.Title(self.title, FORMULA, lines),
            layers.Meter(words("Right of ?n in the test", many), "", accuracy, "accent", 0.0, 1.0, right),
            layers.Legend(rows, "At the outputs"),
            layers.Chart("Layer by layer", series, x_label="layer"),
        ]


def with_article(name: str) -> str:
    """Return what a class is called with its article: a 7, an 8."""
    return f"{'an' if name[:1] in '8aeiou' else 'a'} {name}"
