"""What a trained network does to the plane, layer by layer, until a straight cut parts the two classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, tex, words
from lossland.models import datasets, layer_maps, networks, neurons, training

OFF, ON, CUT = "signed.low", "signed.high", "accent"
DATA = ("circle", "moons", "xor", "spiral", "gauss", "swiss_roll")
SAMPLES, CELLS, EVERY = 240, 64, 4
STARTS = 8  # networks that are trained side by side; the best of them is shown
MOST, KEPT = 600, 10  # epochs, and between those that are kept
LEAN = 64.0  # degrees from straight above, to look at what stands in space
KEYS = 8  # moments of W's way; between them the shader moves the sheet
FLAT, DEEP = (
    np.array([(x, y, z) for x in (-side, side) for y in (-side, side) for z in (-tall, tall)])
    for side, tall in ((1.0, 0.02), (0.86, 0.86))
)  # what must be seen of a plane, and of a sheet in space


def widths(text: str) -> tuple[int, ...]:
    """Return the widths of the hidden layers: ``8-8-3``."""
    parts = [part for part in text.replace(",", "-").replace(" ", "").split("-") if part]
    if not 0 < len(parts) <= 6 or not all(part.isascii() and part.isdigit() and 0 < int(part) <= 32 for part in parts):
        raise ll.UserError(f"widths are one to six whole numbers from 1 to 32, such as 8-8-3, not {text!r}.")
    return tuple(map(int, parts))


Parts = tuple[np.ndarray, np.ndarray, np.ndarray]  # the sheet (n, n, 3), and both classes (m, 3), in the world


class NetworkWarp(ll.Scene):
    """The plane on its way through the layers of a network."""

    name = "network_warp"
    title = "Until it separates"
    chapter = "Networks as geometry"
    rows = ("N3", "Y1", "D4", "S1", "S4")
    sign = (
        *(
            signs.Line([(0.1 + 0.08 * k, y + 0.1 * np.sin(0.7 * k + 3 * y)) for k in range(11)], "grid", 1.2)
            for y in (0.3, 0.5, 0.7)
        ),
        signs.Dot((0.3, 0.42), 2.4, OFF), signs.Dot((0.5, 0.66), 2.4, ON), signs.Dot((0.74, 0.46), 2.4, OFF),
    )  # fmt: skip
    presets: ClassVar = {
        "disc in ring": {},
        "three neurons": {"widths": "3", "epochs": 200},
        "no room": {"widths": "2-2", "epochs": 600},
        "moons": {"data": "moons", "widths": "3-3", "epochs": 300},
        "moons in the plane": {"data": "moons", "widths": "2-2", "epochs": 300},
        "exclusive or": {"data": "xor", "widths": "3-3", "epochs": 300},
        "spiral": {"data": "spiral", "widths": "8-8-3", "epochs": 600, "play": "depth"},
        "spiral, folded": {"data": "spiral", "widths": "8-8-3", "activation": "relu", "epochs": 600},
        "swiss roll": {"data": "swiss_roll", "widths": "8-3", "epochs": 400},
        "while it learns": {"data": "spiral", "widths": "8-8-3", "epochs": 600, "play": "training"},
    }

    data = parameters.Choice("circle", DATA, "data", "Two classes that the network learns to tell apart.")
    widths = parameters.Text("3-3", widths, "hidden widths", "Neurons of each hidden layer, as 8-8-3.")
    activation = parameters.Choice("tanh", networks.ACTIVATIONS, r"$\varphi$", "What bends each layer.")
    epochs = parameters.Integer(100, 0, MOST, "epochs", "How often the training has seen all the data.")
    play = parameters.Choice(
        "depth", ("depth", "training"), "time is", "What goes on with time: the layers, or the training."
    )
    layer = parameters.Number(6.0, 0.0, 6.0, "layer", "How deep the plane goes.")
    x = parameters.Point((0.4, 0.9), -1e3, 1e3, "$x$", "A place of the inputs that is followed.", hidden=True)
    clock = ll.Clock(18.0)

    # ------------------------------------------------------------------------------------------------- the network
    @property
    @ll.kept
    def network(self) -> networks.Network:
        """The network: its hidden layers, and one output, whose sign is the class."""
        inputs = self.samples().points.shape[1]
        return networks.mlp((inputs, *widths(self.widths), 1), self.activation, loss="logistic")

    @property
    def depth(self) -> int:
        """How many hidden layers there are."""
        return len(widths(self.widths))

    @ll.kept
    def samples(self) -> datasets.Data:
        """Return the samples of both classes, about within [-1.7, 1.7]²."""
        noise = 0.08 if self.data == "moons" else 0.0
        if self.data == "swiss_roll":
            return datasets.swiss_roll(SAMPLES, noise, self.seed)
        data = datasets.dataset(self.data, SAMPLES, noise, self.seed)
        place = 1.2 * (data.points - (0.5, 0.25)) if self.data == "moons" else data.points / 3
        return datasets.Data(place, data.target, data.names)

    @ll.kept
    def trained(self) -> np.ndarray:
        """Return the parameters (K, n) after each so many epochs, of that of several starts which ends best."""
        data, network = self.samples(), self.network
        start = networks.initial(network, self.seed, STARTS, "xavier_normal")
        found = training.train(network, data.points, data.target, "adam:lr=0.04", MOST, start, every=KEPT)
        last = np.where(np.isfinite(found.loss[-1]), found.loss[-1], np.inf)
        return np.ascontiguousarray(found.path[:, int(last.argmin())])

    def theta(self, epoch: float) -> np.ndarray:
        """Return the parameters (n,) after some epochs; between those that are kept, straight."""
        index = min(int(epoch / KEPT), MOST // KEPT - 1)
        share = epoch / KEPT - index
        return (1 - share) * self.trained()[index] + share * self.trained()[index + 1]

    @ll.kept
    def hidden(self) -> list[np.ndarray]:
        """Return the samples (n, d) before the first layer and after each hidden one."""
        points = self.samples().points
        return [points, *self.network.activations(self.theta(self.epochs), points)[1::2]]

    @ll.kept
    def probes(self) -> list[float]:
        """Return what share of the samples a straight cut gets right, before the first layer and after each."""
        positive = self.samples().target > 0
        return [neurons.straight_cut(points, positive).accuracy for points in self.hidden()]

    @ll.kept
    def accuracy(self, epoch: float) -> float:
        """Return what share of the samples the network gets right."""
        data = self.samples()
        return float(self.network.accuracy(self.theta(epoch), data.points, data.target))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return how well the network does, and how well a straight cut does after each layer."""
        logit = float(self.network.apply(self.theta(self.epochs), self.place()[None])[0, 0])
        return {
            "accuracy": self.accuracy(self.epochs), "probe": np.array(self.probes()), "depth": self.at(now),
            "epoch": self.epoch(now), "x_probability": 0.5 + 0.5 * float(np.tanh(0.5 * logit)),
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------- the score
    def at(self, now: ll.Now) -> float:
        """Return how deep the plane is at a moment: it rests after each layer."""
        if self.play == "training":
            return float(min(int(self.layer), self.depth))
        begun = self.depth * min(max((now.share - 0.08) / 0.74, 0.0), 1.0)
        done = min(int(begun), self.depth - 1)
        part = min((begun - done) / 0.88, 1.0)
        return min(done + part * part * (3 - 2 * part), self.layer)

    def epoch(self, now: ll.Now) -> float:
        """Return after how many epochs the network is seen."""
        return self.epochs * now.eased(0.05, 0.85) if self.play == "training" else float(self.epochs)

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: down on a plane, and slowly around what stands in space."""
        deep = [float(one.shape[1] > 2) for one in self.hidden()]
        tilt = float(np.interp(self.at(now), np.arange(len(deep)), deep))
        azimuth = -90.0 + tilt * (self.facing() + 90.0)
        bounds = FLAT + tilt * (DEEP - FLAT) if 0 < tilt < 1 else DEEP if tilt else FLAT
        slowly = (34.0 * (now.share - 1.0) * tilt, 0.0)
        return ll.View(azimuth, 88.0 - LEAN * tilt, bounds=bounds, turned=slowly, moves=True)

    @ll.kept
    def facing(self) -> float:
        """Return the azimuth from which the end is seen best.

        The cut is seen a little from its side, the samples are spread out, and the plane after the first W is not seen
        edge-on.
        """
        ways, normal = self.ways(float(self.epochs)), self.cut_of(float(self.epochs))[0]
        first, last = ways[0][0], ways[-1][1]
        across = np.cross(first.matrix[:, 0], first.matrix[:, 1])
        across = across / max(float(np.linalg.norm(across)), 1e-9)
        azimuth, high = np.arange(-230.0, 111.0, 5.0), np.radians(88.0 - LEAN)
        cos, sin = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
        eye = np.stack([cos * np.cos(high), sin * np.cos(high), np.full_like(cos, np.sin(high))], -1)
        right = np.stack([-sin, cos, np.zeros_like(cos)], -1)
        plane = np.stack([right, np.cross(eye, right)], axis=1)  # (k, 2, 3)
        spread = np.sqrt(np.maximum(np.linalg.det(plane @ np.cov(last.end.T) @ np.swapaxes(plane, 1, 2)), 0.0))
        off = (np.abs(eye @ normal) - 0.3) ** 2 - 0.12 * np.abs(eye @ across) + 5e-4 * np.abs(azimuth + 60.0)
        return float(azimuth[int((off - 0.4 * spread / max(float(spread.max()), 1e-9)).argmin())])

    # ------------------------------------------------------------------------------------------------- picture
    @ll.kept
    def sheet(self) -> np.ndarray:
        """Return the inputs as a grid (n, n, d): a square of the plane, around a ring a disc, or the roll."""
        if self.data == "swiss_roll":
            run = np.linspace(0, 1, CELLS + 1)
            return datasets.on_roll(*np.meshgrid(run, run))
        reach = 1.12 * float(np.abs(self.samples().points).max())
        if self.data == "circle":
            radius, angle = np.meshgrid(np.linspace(0, reach, CELLS + 1), np.linspace(0, 2 * np.pi, CELLS + 1))
            return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
        run = reach * np.linspace(-1, 1, CELLS + 1)
        return np.stack(np.meshgrid(run, run), -1)

    @ll.kept
    def seen(self) -> list[layer_maps.Frame]:
        """Return the axes in which each layer is seen: those of the network in the end."""
        return layer_maps.frames(self.hidden())

    @ll.kept(most=3)
    def ways(self, epoch: float) -> list[tuple[layer_maps.Passage, layer_maps.Passage, np.ndarray]]:
        """Return for each layer the ways of sheet and samples, and the sizes of both ends and of what is between."""
        theta = self.theta(epoch)
        both = [
            layer_maps.passages(self.network, theta, one, self.seen()) for one in (self.sheet(), self.samples().points)
        ]
        return [
            (one, other, np.array([self.size(*pair) for pair in zip(one.stages, other.stages, strict=True)]))
            for one, other in zip(*both, strict=True)
        ]

    @staticmethod
    def size(sheet: np.ndarray, points: np.ndarray) -> float:
        """Return how large sheet and samples (..., 3) are; where the sheet runs far away, it leaves the picture."""
        largest, far = np.abs(points).max(), np.linalg.norm(points, axis=-1).max()
        return max(min(float(np.abs(sheet).max()), 1.3 * largest), float(far) / 1.25, 1e-9)

    def parted(self, way: tuple[layer_maps.Passage, layer_maps.Passage, np.ndarray], key: float) -> Parts:
        """Return sheet, blue and orange samples in the world, so far on the way of W and b; from 1 on that of φ."""
        positive, size = self.samples().target > 0, way[2]
        unit = size[0] ** (1 - key) * size[1] ** key if key <= 1 else size[2]
        sheet, points = (
            one.at(key) / unit if key < 1 else (one.turned, one.end)[int(key) - 1] / unit for one in way[:2]
        )
        return sheet, points[~positive], points[positive]

    @ll.kept(most=6)
    def placed(self, epoch: float, layer: int, key: int) -> Parts:
        """Return the same at a moment of the way through a layer: KEYS for W and b, and one more after φ."""
        return self.parted(self.ways(epoch)[layer], min(key / KEYS, 1.0) if key <= KEYS else 2.0)

    def moving(self, now: ll.Now) -> tuple[Parts, Parts, float]:
        """Return between which two places all is at a moment, and how far it has come."""
        at, epoch = self.at(now), self.epoch(now)
        if self.play == "training":
            index = min(int(epoch / KEPT), MOST // KEPT - 1)
            layer, key = (int(at) - 1, KEYS + 1) if at >= 1 else (0, 0)
            start, end = (self.placed((index + k) * float(KEPT), layer, key) for k in (0, 1))
            return start, end, epoch / KEPT - index
        layer = min(int(at), self.depth - 1)
        way = 2 * (at - layer) * KEYS
        key = min(int(way), KEYS) if way < KEYS else KEYS
        share = way - key if way < KEYS else way / KEYS - 1
        return self.placed(epoch, layer, key), self.placed(epoch, layer, key + 1), share

    @ll.kept(most=3)
    def paint(self, epoch: float) -> np.ndarray:
        """Return which class the network finds at each place of the sheet (n, n), from -1 to 1."""
        sheet = self.sheet()
        logit = self.network.apply(self.theta(epoch), sheet.reshape(-1, sheet.shape[-1]))
        return 0.55 * np.tanh(0.5 * logit.reshape(sheet.shape[:2]))

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the sheet with both classes on it, as far as it has come, and the cut in the end."""
        start, end, share = self.moving(now)
        epoch = self.epoch(now)
        painted = epoch if self.play == "depth" else KEPT * round(epoch / KEPT)
        drawn: list[layers.Layer] = [
            layers.Sheet(start[0], end[0], share, fill=0.72, paint=self.paint(float(painted)), shades="signed",
                         every=(EVERY, EVERY), line="grid.axis", width=1.1, key="sheet", name="The inputs")
        ]  # fmt: skip
        for k, color in ((1, OFF), (2, ON)):
            look: dict[str, Any] = {
                "outline": True,
                "target": end[k],
                "share": share,
                "key": f"class {k}",
                "name": "Sample",
            }
            drawn.append(layers.Points(start[k], color, 4.6, "sphere", **look))
        return ll.Frame([*drawn, *self.followed(now), *self.cut(now)], self.notes(now), self.view(now))

    # ------------------------------------------------------------------------------------------------- one place
    def place(self) -> np.ndarray:
        """Return the place of the inputs (d,) that is followed: the nearest of the sheet's points."""
        return self.sheet()[self.index()]

    @ll.kept
    def index(self) -> tuple[int, int]:
        """Return row and column of that point of the sheet."""
        sheet, wanted = self.sheet(), np.array(self.x)
        off = np.abs(sheet[..., :2] - wanted[:2]).sum(axis=-1)
        row, column = np.unravel_index(int(off.argmin()), off.shape)
        return int(row), int(column)

    def where(self, now: ll.Now) -> np.ndarray:
        """Return where that point is in the world (3,)."""
        start, end, share = self.moving(now)
        return start[0][self.index()] + share * (end[0][self.index()] - start[0][self.index()])

    def followed(self, now: ll.Now) -> list[layers.Layer]:
        """Return the place that is followed, and which class the network finds there."""
        place = self.where(now)
        return [layers.Points(place[None], "text", 7.5, "sphere", outline=True, group="handles", key="x", name="x")]

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the place that is followed: it is dragged over the sheet, wherever that is."""
        now = now if isinstance(now, ll.Now) else self.now(now)
        return [ll.Handle("x", self.where(now), partial(NetworkWarp.follow, now=now), free=True)]

    def follow(self, place: Sequence[float], now: ll.Now) -> None:
        """Follow the point of the sheet that is nearest to a place in the world."""
        start, end, share = self.moving(now)
        off = np.linalg.norm(start[0] + share * (end[0] - start[0]) - np.asarray(place, float), axis=-1)
        row, column = np.unravel_index(int(off.argmin()), off.shape)
        self.set("x", tuple(map(float, self.sheet()[row, column][:2])))

    # ------------------------------------------------------------------------------------------------- the cut
    @ll.kept(most=3)
    def cut_of(self, epoch: float) -> tuple[np.ndarray, float]:
        """Return the normal (3,) of the cut that the network's last layer makes, and how far it is from the origin.

        Of a wide last layer it is the best cut in what is seen of it.
        """
        _, points, size = self.ways(epoch)[-1]
        views = self.network.views(self.theta(epoch))
        w, b = np.zeros(3), float(views[f"{2 * self.depth}.bias"][0])
        own = views[f"{2 * self.depth}.weight"][0]
        if len(own) <= 3:
            w[: len(own)] = own
        else:
            found = neurons.straight_cut(points.end, self.samples().target > 0)
            w, b = found.w, found.b
        length = max(float(np.linalg.norm(w)), 1e-9)
        return w / length, -b / (length * size[2])

    def cut(self, now: ll.Now) -> list[layers.Layer]:
        """Return that cut, once the plane has come through all layers."""
        share = now.eased(0.84, 0.92) if self.play == "depth" else 1.0
        if share == 0.0 or self.at(now) < self.depth:
            return []
        epoch = self.epoch(now) if self.play == "depth" else KEPT * float(round(self.epoch(now) / KEPT))
        normal, far = self.cut_of(epoch)
        middle = self.placed(epoch, self.depth - 1, KEYS + 1)
        middle = np.concatenate(middle[1:]).mean(axis=0)
        foot = middle + (far - middle @ normal) * normal  # the point of the cut that is nearest to the samples' middle
        if np.abs(foot).max() > 1.2:
            return []
        if self.hidden()[-1].shape[1] <= 2:
            path = foot + np.outer((-1.3, 1.3), (-normal[1], normal[0], 0.0))
            return [layers.Lines([path], CUT, 4.0, share, casing=1.4, depth=False, key="cut", name="Cut")]
        return [layers.Solid(shapes.plane(foot, normal, 0.8), CUT, 0.2 * share, 2.0, key="cut", name="Cut")]

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return where the plane is, and how well a straight cut does after each layer."""
        at, reached = self.at(now), int(self.at(now) + 1e-9)
        sizes = [self.samples().points.shape[1], *widths(self.widths)]
        part = at - reached
        if self.play == "training":
            sentence = words("After ?n epochs", round(self.epoch(now)))
            share, heading = self.accuracy(KEPT * float(round(self.epoch(now) / KEPT))), "The network gets right"
        else:
            sentence = (
                words("Layer ?n: W and b turn and stretch", reached + 1)
                if part < 0.5
                else words("Layer ?n: φ bends", reached + 1)
            )
            if part == 0:
                sentence = "The inputs" if reached == 0 else words("After layer ?n of ?n", reached, self.depth)
            share, heading = self.probes()[reached], "A straight cut gets right"
        rows, learns = [], self.play == "training"
        for k, (size, probe) in enumerate(zip(sizes, self.probes(), strict=True)):
            if k <= reached or learns:
                name = r"\text{inputs}" if k == 0 else tex(r"\text{layer ?n}", k)
                color = CUT if k == reached and not learns else "dim"
                rows.append((color, name, tex(r"\mathbb{R}^{?n}", size), words("?.1 %", 100 * probe)))
        return [
            layers.Title(self.title, lines=(sentence,)),
            layers.Formula(r"h_{k+1} = \varphi(W_k h_k + b_k)", 26),
            layers.Meter(heading, "", share, CUT, 0.5, 1.0, words("?.1 %", 100 * share)),
            layers.Facts("Best straight cut", rows),
        ]
