"""TensorFlow Playground in depth: every neuron is a sheet, the output a surface, and two hundred networks can train."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import classes, layers, parameters, shapes, signs, words
from lossland.models import datasets, networks, playground

CROWD, ACROSS, RATES = playground.CROWD, playground.ACROSS, playground.RATES
WORK = 3_000_000  # multiplications of the training that a window may do between two frames, some milliseconds
RIGHT, HALF = 1.5, 0.9  # x of the output's middle, and half of its side, in the world
NEAR, FAR, PER_LAYER = 0.4, 1.6, 0.4  # x of the inputs left of 0: without hidden layers, at most, and for each
MIDDLE = np.array([RIGHT, 0.0])
CELLS, FINE, SMALL = 14, 61, 8  # of a neuron's sheet, of the output's and of a sheet of the crowd, along a side
RELIEF = 0.4  # height of the output where it is 1
UP = (0.0, 0.0, 1.0)  # which way the knob is dragged
KNOB = 0.13  # world units a knob is raised for a weight of 1
STRONGEST = 5.0  # weight that a knob can be dragged to
PITCH = 0.25  # from one network of the crowd to the next
AROUND = shapes.box((-2.5, -1.55, 0.0), (3.1, 2.15, 1.4))  # the crowd, its names and its scale
SIDES = PITCH * np.array([playground.ACROSS, playground.CROWD / playground.ACROSS]) / 2  # half, of the crowd
HILL = 1.1  # height of a network of the crowd whose loss is 1
SHOWN = 250  # samples of training, and of test, in the picture
sheet = partial(layers.Sheet, shades="signed", every=(0, 0))
STATE = "All of this as a text: paste what follows # in the address of TensorFlow Playground."
LEVELS = {-1: classes.OFF, 0: "faint", 1: classes.ON}  # colours of samples


class Playground(ll.Scene):
    """The network that you can see through: what each neuron makes of the plane, and what they make together."""

    name = "playground_3d"
    title = "A playground in depth"
    chapter = "Networks as geometry"
    rows = ("N1", "N2", "N3", "N4", "Y3", "S5")
    sign = (
        *(signs.Line([(0.14, y), (0.5, z)], c, 1.6) for y in (0.3, 0.7) for z, c in ((0.3, "up"), (0.7, "down"))),
        *(signs.Line([(0.5, y), (0.86, 0.5)], "dim", 1.6) for y in (0.3, 0.7)),
        *(signs.Box((x - 0.09, y - 0.09), (0.18, 0.18), c) for x, y, c in
          ((0.14, 0.3, "down"), (0.14, 0.7, "up"), (0.5, 0.3, "up"), (0.5, 0.7, "down"), (0.86, 0.5, "accent"))),
    )  # fmt: skip
    presets: ClassVar = {
        "circle": {},
        "spiral with sines": {"data": "spiral", "features": "x1, x2, sin x1, sin x2", "widths": "8-8"},
        "xor by hand": {"data": "xor", "features": "x1x2", "widths": "", "epochs": 40},
        "a line cannot": {"data": "xor", "widths": "", "epochs": 20},
        "heights to learn": {
            "data": "multi_gauss", "widths": "8-8", "activation": "relu", "rate": 0.1, "epochs": 180,
        },
        "weights that die": {
            "data": "gauss", "features": "x1, x2, x1^2, x2^2, x1x2, sin x1, sin x2", "widths": "4",
            "regularization": "L1", "regularization_rate": 0.03, "epochs": 100,
        },
        "two hundred starts": {"crowd": "starts", "features": "x1^2, x2^2", "widths": "", "epochs": 24},
        "two hundred rates": {"crowd": "rates", "epochs": 80},
    }  # fmt: skip

    data = parameters.Choice("circle", tuple(playground.SAMPLES), "data", "What is to be told apart, or learnt.")
    features = parameters.Text("x1, x2", playground.features, "features", "Inputs: click their sheets, too.")
    widths = parameters.Text("4-2", playground.widths, "hidden widths", "Neurons of each hidden layer, as 4-2.")
    activation = parameters.Choice("tanh", playground.ACTIVATIONS, "activation", "What bends each hidden neuron.")
    rate = parameters.Number(0.03, 1e-5, 10.0, r"rate $\alpha$", "The factor of the gradient in a step.", log=True)
    batch = parameters.Integer(10, 1, 30, "batch", "Samples of a step.")
    regularization = parameters.Choice("none", playground.REGULARIZATIONS, "penalty", "What pulls weights towards 0.")
    regularization_rate = parameters.Number(0.0, 0.0, 10.0, "penalty rate", "How strongly it pulls.")
    noise = parameters.Number(0.0, 0.0, 0.5, "noise", "How far samples stray.")
    train_share = parameters.Number(0.5, 0.1, 0.9, "training share", "How many of the samples are trained on.")
    show_test = parameters.Toggle(False, "show test data", "Rings: samples that are only tested on.")
    discretize = parameters.Toggle(False, "discretize", "Discretize output: colours only say which class is found.")
    crowd = parameters.Choice("one", ("one", "starts", "rates"), "networks", "One, 200 starts, or 20 rates, 10 starts.")
    epochs = parameters.Integer(200, 10, 2000, "epochs", "How often the training sees all its samples.", log=True)
    member = parameters.Integer(0, 0, CROWD - 1, "start", "Which of the first weights: click one of the crowd.")
    selected = parameters.Integer(0, 0, 10_000, "parameter", "The weight or bias with the knob.", hidden=True)
    edits = parameters.Text("", playground.edits, "set by hand", "epoch:parameter:value of each.", hidden=True)
    state = parameters.Text("", lambda text: text and playground.read(text), "state", STATE)
    clock = ll.Clock.paced(epochs, per_second=12, least=6, most=40)

    def changed(self, name: str) -> None:
        """Take a whole state, or forget what another network's weights were set to."""
        if name == "state" and self.values["state"]:
            values, seed = playground.read(self.values["state"])
            kept = ("state", "epochs", "crowd")  # of which the original knows nothing
            self.values |= {key: param.default for key, param in self.params().items() if key not in kept}
            for key, value in values.items():
                self.values[key] = self.params()[key].check(value)
            self.seed = seed
        elif name in ("features", "widths", "data"):
            self.values |= {"edits": "", "selected": 0}
        if name != "state":
            self.values["state"] = ""

    def has_control(self, name: str) -> bool:
        """Leave out what has no effect."""
        idle = {"regularization_rate": self.regularization == "none", "rate": self.crowd == "rates"}
        return not (idle | dict.fromkeys(("show_test", "member"), self.crowd != "one")).get(name, False)

    def while_empty(self, name: str) -> str:
        """Return the state as it is, and that there are no hidden layers."""
        return playground.written(self.values, self.seed) if name == "state" else "none" * (name == "widths")

    # ------------------------------------------------------------------------------------------------ the networks
    @ll.kept
    def chosen(self) -> tuple[str, ...]:
        """Return the features that are inputs."""
        return playground.features(self.features)

    @ll.kept
    def samples(self) -> tuple[datasets.Data, datasets.Data]:
        """Return the samples for training and for the test."""
        return playground.split(self.data, self.noise, self.train_share, self.seed)

    @ll.kept
    def net(self) -> networks.Network:
        """Return the network."""
        return playground.network(self.data, len(self.chosen()), playground.widths(self.widths), self.activation)

    def course(self) -> playground.Course:
        """Return the training of one network, with what is set by hand, or of two hundred."""
        course = self.training()
        if self.crowd == "one":
            course.revise(playground.edits(self.edits))
        return course

    @ll.kept
    def training(self) -> playground.Course:
        """Return the training without what is set by hand."""
        sets = playground.prepared(self.chosen(), *self.samples())
        penalty = playground.Penalty(self.regularization, self.regularization_rate)
        if self.crowd == "one":
            start = networks.initial(self.net(), self.seed, CROWD, "playground")[[self.member]]
            return playground.Course(self.net(), *sets, start, self.rate, self.batch, penalty)
        start, rates = playground.starts(self.net(), self.seed, self.crowd)
        rates = self.rate if rates is None else rates
        stride = 1 + self.epochs * start.size // 20_000_000  # so many numbers are kept
        return playground.Course(self.net(), *sets, start, rates, self.batch, penalty, (), stride)

    def reached(self, now: ll.Now) -> tuple[int, int, float]:
        """Return two epochs that are shown, and how far it is from the first to the second.

        A window does a little of the training at a time, and shows what there is by then.
        """
        course, step = self.course(), self.course().stride
        before = now.whole // step * step
        after = min(before + step, self.epochs)
        steps = max(2, WORK // (3 * course.theta(0).size * self.batch + 20_000))
        if self.grown_to(course, after, steps):
            return before, after, (now.step - before) / max(after - before, 1)
        there = min(before, course.epoch // step * step)
        return there, there, 0.0

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the losses, of a crowd the median ones, and the state."""
        course, epoch = self.course(), now.whole
        training, test = np.median(course.loss(epoch), axis=1)
        read: ll.Readouts = {"epoch": epoch, "training_loss": float(training), "test_loss": float(test)}
        read |= {"state": playground.written(self.values, self.seed), "parameters": self.net().size}
        if self.crowd == "one":
            return read | {"weights": course.theta(epoch)[0], "dead": int((course.weights(epoch) == 0).sum())}
        return read | {"losses": course.loss(epoch)[0].astype(float), "networks": CROWD}

    # -------------------------------------------------------------------------------------------------- the sheets
    @ll.kept
    def layout(self) -> playground.Layout:
        """Return where units, links and knobs stand: the more layers, the more room."""
        left = -min(NEAR + PER_LAYER * len(playground.widths(self.widths)), FAR)
        return playground.layout(self.net(), self.chosen(), left, RIGHT, HALF)

    @ll.kept
    def headings(self) -> list[layers.Layer]:
        """Return what stands above each column, and a scale of the answers' heights and colours beside the output."""
        middles, halves = self.layout().middles, self.layout().halves
        names = ["features", *(words("?n neurons", len(one)) for one in middles[1:-1]), "output"]
        tops = [(one[0, 0], one[:, 1].max() + half + 0.04, 0.0) for one, half in zip(middles, halves, strict=True)]
        marks = ((-RELIEF, "−1", classes.OFF), (RELIEF, "+1", classes.ON))
        return [
            *layers.Label.each([*tops[:-1], (RIGHT, HALF, RELIEF)], names, size=15, side="above"),
            *layers.upright((RIGHT + HALF + 0.1, -HALF), marks),
        ]

    def patches(self, middles: np.ndarray, half: float, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return sheets (n, s, s) in one grid, and their colours; a neuron that goes beyond 1 is drawn lower."""
        values = values / np.maximum(np.abs(values).max(axis=(1, 2), keepdims=True), 1.0)
        return shapes.patches(middles, half, 0.55 * half * values), shapes.over_patches(self.shades(values))

    def shades(self, values: np.ndarray) -> np.ndarray:
        """Return values as colours: by their sign alone where that is wanted."""
        return np.sign(values) if self.discretize else np.clip(values, -1, 1)

    @ll.kept
    def inputs(self) -> list[layers.Layer]:
        """Return the features' sheets, the chosen ones and, faintly, the others, and their names."""
        values = playground.sheets(tuple(playground.FEATURES), CELLS)
        middles, half = self.layout().middles[0], self.layout().halves[0]
        drawn: list[layers.Layer] = []
        for key, which, dim, color, size in (
            ("features", True, 0.0, "text", 18.0),
            ("others", False, 0.8, "faint", 15.0),
        ):
            own = [k for k, name in enumerate(playground.FEATURES) if (name in self.chosen()) == which]
            if own:
                grid, paint = self.patches(middles[own], half, values[own])
                drawn.append(sheet(grid, paint=paint, dim=dim, key=key, name="Feature"))
                names = [list(playground.FEATURES.values())[k].latex for k in own]
                places = shapes.lifted(middles[own] - (half + 0.02, 0.0))
                drawn += layers.Label.each(places, names, color, latex=True, size=size, side="left")
        return drawn

    @ll.kept(most=3)
    def neurons(self, epoch: int) -> list[np.ndarray]:
        """Return the hidden neurons' sheets after an epoch and their colours; nothing where there are none."""
        where, hidden = self.layout(), [one[0] for one in self.course().sheets(epoch, self.chosen(), CELLS)[1:-1]]
        found = [self.patches(*one) for one in zip(where.middles[1:-1], where.halves[1:-1], hidden, strict=True)]
        return [np.concatenate(parts, axis=1) for parts in zip(*found, strict=True)]

    @ll.kept(most=3)
    def output(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the output's sheet and its colours after an epoch."""
        value = self.course().sheets(epoch, self.chosen(), FINE)[-1][0, 0]
        flat, high = playground.square(HALF, FINE) + MIDDLE, RELIEF * np.clip(value, -1.3, 1.3)
        return np.concatenate([flat, high[..., None]], -1), self.shades(value)

    @ll.kept(most=3)
    def lifted(self, epoch: int) -> list[np.ndarray]:
        """Return the samples of training and test on the output's sheet (N, 3)."""
        places = [part.points for part in self.samples()]
        features = playground.inputs(self.chosen(), np.concatenate(places))
        high = self.course().seen(epoch, features)[-1].reshape(-1, 1)
        flat = np.concatenate(places) * HALF / playground.REACH + MIDDLE
        return np.split(np.hstack([flat, RELIEF * np.clip(high, -1.3, 1.3) + 0.02]), [len(places[0])])

    @ll.kept
    def groups(self) -> list[tuple[str, np.ndarray, int]]:
        """Return the colour and the numbers of the samples of each class, of training (0) and test (1)."""
        found = []
        for part, data in enumerate(self.samples()[: 2 if self.show_test else 1]):
            level = playground.levels(data.target)[:SHOWN]
            found += [(LEVELS[k], np.flatnonzero(level == k), part) for k in (-1, 0, 1) if (level == k).any()]
        return found

    @ll.kept(most=64)
    def of_group(self, epoch: int, group: int) -> np.ndarray:
        """Return where the samples of a group stand after an epoch."""
        _, which, part = self.groups()[group]
        return self.lifted(epoch)[part][which]

    # -------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the network while it trains, or the crowd."""
        epoch, after, share = self.reached(now)
        if self.crowd != "one":
            return self.many(now, epoch, after, share)
        drawn = [*self.inputs(), self.links(now, epoch), *self.answers(epoch, after, share), *self.headings()]
        below, (training, test) = (RIGHT, -HALF - 0.12, -RELIEF), self.course().loss(epoch)[:, 0]
        told = words("test loss ?", test), "text", words("training loss ?", training)
        drawn += [*self.knob(epoch), layers.Label(below, *told, size=22, side="below")]
        return ll.Frame(drawn, self.notes(epoch), self.view(now))

    def answers(self, epoch: int, after: int, share: float) -> list[layers.Layer]:
        """Return the sheets of hidden neurons and output, and the samples on it, on their way from epoch to epoch."""
        neurons, (grid, paint), (end, _) = self.neurons(epoch), self.output(epoch), self.output(after)
        drawn: list[layers.Layer] = []
        if neurons:
            later = self.neurons(after)[0]
            drawn.append(sheet(neurons[0], later, share, paint=neurons[1], key="neurons", name="Neuron"))
        surface = partial(sheet, every=(10, 10), line="hair", width=1.0, key="output", name="Output")
        drawn.append(surface(grid, end, share, paint=paint))
        size = 3.0 if self.data in playground.REGRESSION else 3.6  # heights lie closer together than classes
        for k, (color, _, part) in enumerate(self.groups()):
            style, name = ("ring", "Test sample") if part else ("disc", "Sample")
            points = partial(layers.Points, outline=True, share=share, key=f"samples.{k}", name=name)
            drawn.append(points(self.of_group(epoch, k), color, size, style, target=self.of_group(after, k)))
        return drawn

    @ll.kept(most=3)
    def strength(self, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return how strong links (m,) and ports (n,) are, and the size of the signals: only what is strong shows."""
        weights, offsets = self.layout().strength(self.course().theta(epoch)[0])
        size = np.abs(weights)
        return weights, offsets, np.where(size >= np.quantile(size, 0.7), 0.5 * size, 0.0)

    def links(self, now: ll.Now, epoch: int) -> layers.Graph:
        """Return the links, as wide as their weights are large; signals run along them while the network trains."""
        weights, offsets, flow = self.strength(epoch)
        phase = (0.6 * now.seconds) % 1.0 if 0.0 < now.share < 1.0 else None
        graph = partial(layers.Graph, radius=3.6, phase=phase, flow=flow, pulse="text", key="links", name="Port")
        return graph(self.ports(), self.layout().ends, weights, offsets)

    @ll.kept
    def ports(self) -> np.ndarray:
        """Return where links begin and end (n, 3)."""
        return shapes.lifted(self.layout().ports)

    def knob_index(self) -> int:
        """Return the number of the parameter with the knob."""
        return self.selected if self.selected in self.layout().knobs() else min(self.layout().knobs())

    def knob_at(self, epoch: int) -> tuple[np.ndarray, float]:
        """Return where the knob of the chosen parameter is (3,), as high as that is large, and its value."""
        value = float(self.course().theta(epoch)[0, self.knob_index()])
        high = KNOB * float(np.clip(value, -STRONGEST, STRONGEST))
        return np.append(self.layout().knobs()[self.knob_index()], high), value

    def knob(self, epoch: int) -> list[layers.Layer]:
        """Return that knob."""
        top, value = self.knob_at(epoch)
        side = "above" if value >= 0 else "below"
        return [
            layers.Lines([np.stack([top * (1, 1, 0), top])], "accent", 2.0, pickable=False, group="handles"),
            layers.Points(top[None], "accent", 6.5, "sphere", outline=True, name="Drag this weight", group="handles"),
            layers.Label(top, words("?.2", value), "accent", size=16, side=side, plate="panel", group="handles"),
        ]

    def view(self, now: ll.Now) -> ll.View:
        """Return a view that begins from above, as the original is seen, and comes down to where heights show."""
        turned = (10.0 * (1 - now.eased(0.02, 1.0)), 16.0 * (1 - now.eased(0.02, 0.3)))
        return ll.View(-97.0, 52.0, bounds=self.bounds(), turned=turned)

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners of the network."""
        left = float(self.layout().middles[0][0, 0])
        return shapes.box((left - 0.55, -1.05, -RELIEF), (RIGHT + HALF + 0.3, 1.3, RELIEF))

    # ---------------------------------------------------------------------------------------------------- the notes
    def notes(self, epoch: int) -> list[layers.Note]:
        """Return how far the training is, and its losses."""
        told = [words("epoch ?n", epoch)]
        if self.regularization == "L1":
            weights = self.course().weights(epoch)
            told.append(words("?n of ?n weights are 0", int((weights == 0).sum()), weights.size))
        return [
            layers.Title(self.title, lines=tuple(told)),
            layers.Chart("Loss", self.curves(epoch), now=float(epoch), x_label="epoch"),
        ]

    @ll.kept(most=2)
    def curves(self, epoch: int) -> list[layers.Series]:
        """Return the losses up to an epoch, of a crowd those of its best, its median and its worst network."""
        steps, loss = self.course().curves(epoch, self.epochs)
        if self.crowd == "one":
            lines = (("training", "optimizer.momentum", loss[:, 0, 0]), ("test", "accent", loss[:, 1, 0]))
        else:
            low, middle, high = np.quantile(loss[:, 0], (0.0, 0.5, 1.0), axis=1)
            lines = (("best", "lane.1", low), ("median", "lane.4", middle), ("worst", "lane.3", high))
        return [layers.Series(name, color, steps, values) for name, color, values in lines]

    # ---------------------------------------------------------------------------------------------------- the crowd
    @ll.kept(most=3)
    def sheets(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs of the crowd, each at the height of its loss, and their colours."""
        value = np.clip(np.nan_to_num(self.course().sheets(epoch, self.chosen(), SMALL)[-1][:, 0]), -1, 1)
        half = 0.44 * PITCH
        lift = HILL * self.course().heights(epoch)
        grid = shapes.patches(playground.seats(PITCH), half, 0.275 * half * value, lift)
        return grid, shapes.over_patches(self.shades(value))

    @ll.kept(most=2)
    def told(self, epoch: int) -> list[str]:
        """Return what is said of each cell of the crowd's sheets: the loss of its network."""
        row = [f"loss {loss:.3g}" for loss in self.course().loss(epoch)[0] for _ in range(SMALL + 3)]
        return row[:-1] * (SMALL - 1)

    def many(self, now: ll.Now, epoch: int, after: int, share: float) -> ll.Frame:
        """Return two hundred networks in training: each sinks as its loss does."""
        (grid, paint), (end, _) = self.sheets(epoch), self.sheets(after)
        crowd = sheet(grid, end, share, paint=paint, key="crowd", name="Network", worth=self.told(epoch))
        loss = self.course().heights(epoch)
        good = int((loss < 0.05).sum())
        what = "20 rates, 10 starts each" if self.crowd == "rates" else "The same training from 200 starts"
        so_far = words("epoch ?n: a loss below 0.05 in ?n of ?n", epoch, good, CROWD)
        title = layers.Title("Two hundred networks", "", (what, so_far))
        counts, edges = np.histogram(loss, bins=24, range=(0.0, 1.2))
        spread = layers.Series("networks", "accent", (edges[1:] + edges[:-1]) / 2, counts)
        charts = [layers.Chart("Loss", self.curves(epoch), now=float(epoch), x_label="epoch"),
                  layers.Chart("How many networks have which loss", [spread], kind="bar", x_label="loss")]  # fmt: skip
        view = ll.View(-84.0, 36.0, bounds=AROUND, turned=(12.0 * now.eased() - 6.0, 0.0))
        return ll.Frame([crowd, *self.crowd_names()], [title, *charts], view)

    @ll.kept
    def crowd_names(self) -> list[layers.Layer]:
        """Return lines before and behind the crowd, a scale of its heights, and the rates of some columns."""
        x, y = SIDES + np.array([0.0, 0.3 * PITCH])
        ends = np.array([((-x, -y, 0), (x, -y, 0)), ((-x, y, 0), (x + 0.3, y, 0))], float)
        drawn = [layers.Lines([*ends], "faint", 1.2, pickable=False)]
        drawn += layers.upright((x + 0.3, y), ((0.0, "loss 0", "dim"), (HILL, "loss 1", "dim")), size=16, bold=False)
        if self.crowd == "rates":
            for rate in (0.001, 0.01, 0.1, 1.0, 10.0):
                at = (float(np.interp(np.log(rate), np.log(RATES), playground.seats(PITCH)[:ACROSS, 0])), -y, 0.0)
                drawn.append(layers.Label(at, words("?", rate), "dim", size=16, side="below", bold=False))
            drawn.append(
                layers.Label((0.0, -y - 0.3, 0.0), r"\text{rate } \alpha", "dim", latex=True, size=20, side="below")
            )
        return drawn

    # -------------------------------------------------------------------------------------------------- what it takes
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the knob of the chosen weight."""
        if self.crowd != "one":
            return []
        epoch = self.reached(now)[0]
        turn = partial(type(self).turn_knob, epoch=epoch)
        return [ll.Handle("weight", self.knob_at(epoch)[0], turn, free=True, along=UP)]

    def turn_knob(self, place: Sequence[float], epoch: int) -> None:
        """Set the chosen parameter, from the present epoch on, to the height that its knob was dragged to."""
        value = round(float(np.clip(place[2] / KNOB, -STRONGEST, STRONGEST)), 2)
        self.set("edits", playground.edited(self.edits, playground.Edit(epoch, self.knob_index(), value)))

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Choose the link or the bias that is clicked, add or remove a feature, or look into one of the crowd."""
        if isinstance(layer, layers.Graph):
            parameter = self.layout().parameter(element)
            if parameter is not None:
                self.set("selected", parameter)
            return parameter is not None
        if not isinstance(layer, layers.Sheet) or layer.key not in ("features", "others", "crowd"):
            return False
        which = shapes.patch_of(element, layer.start.shape[1], SMALL if layer.key == "crowd" else CELLS)
        if layer.key == "crowd":
            rates = self.crowd == "rates"
            self.values |= {"crowd": "one", "member": which // ACROSS if rates else which}
            self.values["rate"] = float(RATES[which % ACROSS]) if rates else self.rate
            return True
        names = [name for name in playground.FEATURES if (name in self.chosen()) == (layer.key == "features")]
        left = {*self.chosen()} ^ {names[which]}
        if left:
            self.set("features", ", ".join(name for name in playground.FEATURES if name in left))
        return bool(left)
