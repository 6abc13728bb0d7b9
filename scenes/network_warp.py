"""What a trained network does to the plane, layer by layer, until a straight cut parts the two classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import classes, layers, parameters, shapes, signs, tex, words
from lossland.models import datasets, layer_maps, networks, neurons, training, warps

DATA = ("circle", "moons", "xor", "spiral", "gauss", "swiss_roll")
SAMPLES, CELLS, EVERY = 240, 96, 6
STARTS = 8  # networks that are trained side by side; the best of them is shown
MOST, KEPT = 600, 10  # epochs, and between those that are kept
ABOVE, LEAN = 88.0, 64.0  # degrees: looking at a plane, and how far down to look at what stands in space
KEYS = 8  # moments of W's way; between them the shader moves the sheet
NETWORK, STRAIGHT = "The network gets right", "Logistic regression gets right"
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
        *(signs.Dot(at, 2.4, classes.OFF) for at in ((0.3, 0.42), (0.74, 0.46))),
        signs.Dot((0.5, 0.66), 2.4, classes.ON),
    )
    presets: ClassVar = {
        "disc in ring": {},
        "three neurons": {"widths": "3", "epochs": 200},
        "no room": {"widths": "2-2", "epochs": 600},
        "moons": {"data": "moons", "widths": "3-3", "epochs": 300},
        "moons in the plane": {"data": "moons", "widths": "2-2", "epochs": 300},
        "exclusive or": {"data": "xor", "widths": "3-3", "epochs": 300},
        "spiral": {"data": "spiral", "widths": "8-8-3", "epochs": 600},
        "spiral, folded": {"data": "spiral", "widths": "8-8-3", "activation": "relu", "epochs": 600},
        "swiss roll": {"data": "swiss_roll", "widths": "8-3", "epochs": 400},
        "while it learns": {"data": "spiral", "widths": "8-8-3", "epochs": 600, "play": "training"},
    }

    data = parameters.Choice("circle", DATA, "data", "Two classes that the network learns to tell apart.")
    widths = parameters.Text("3-3", networks.widths, "hidden widths", "Neurons of each hidden layer, as 8-8-3.")
    activation = parameters.Choice("tanh", networks.ACTIVATIONS, r"$\varphi$", "What bends each layer.")
    epochs = parameters.Integer(100, 0, MOST, "epochs", "How often the training has seen all the data.")
    play = parameters.Choice("depth", ("depth", "training"), "time is", "What goes on: the layers, or the training.")
    layer = parameters.Number(6.0, 0.0, 6.0, "layer", "How deep the plane goes.", reach=lambda scene: scene.depth)
    x = parameters.Point((0.4, 0.9), -1e3, 1e3, "$x$", "A place of the inputs that is followed.", hidden=True)
    clock = ll.Clock(18.0)

    # ------------------------------------------------------------------------------------------------- the network
    @property
    @ll.kept
    def network(self) -> networks.Network:
        """The network: its hidden layers, and one output, whose sign is the class."""
        inputs = self.samples().points.shape[1]
        return networks.mlp((inputs, *networks.widths(self.widths), 1), self.activation, loss="logistic")

    @property
    def depth(self) -> int:
        """How many hidden layers there are."""
        return len(networks.widths(self.widths))

    @ll.kept
    def samples(self) -> datasets.Data:
        """Return the samples of both classes, about within [-1.7, 1.7]²."""
        return datasets.two_classes(self.data, SAMPLES, 0.08 if self.data == "moons" else 0.0, self.seed)

    @ll.kept
    def positive(self) -> np.ndarray:
        """Return which samples are of the orange class (n,)."""
        return self.samples().target > 0

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
        return [neurons.straight_cut(points, self.positive()).accuracy for points in self.hidden()]

    @ll.kept
    def accuracy(self, epoch: float) -> float:
        """Return what share of the samples the network gets right."""
        return float(self.network.accuracy(self.theta(epoch), self.samples().points, self.samples().target))

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return how well the network does, and how well a straight cut does after each layer."""
        return {
            "accuracy": self.accuracy(self.epochs), "probe": np.array(self.probes()), "depth": self.at(now),
            "epoch": self.epoch(now), "x_probability": self.probability(self.epochs),
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------- the score
    def at(self, now: ll.Now) -> float:
        """Return how deep the plane is at a moment: it rests after each layer."""
        if self.play == "training":
            return float(min(int(self.layer), self.depth))
        return min(now.staged(self.depth, 0.08, 0.82, 0.88), self.layer)

    def epoch(self, now: ll.Now) -> float:
        """Return after how many epochs the network is seen."""
        return self.epochs * (now.eased(0.05, 0.85) ** 1.5 if self.play == "training" else 1.0)  # most is learnt early

    def nearest(self, now: ll.Now) -> float:
        """Return the epoch with parameters that are kept that is nearest."""
        return self.epoch(now) if self.play == "depth" else KEPT * float(round(self.epoch(now) / KEPT))

    def view(self, now: ll.Now) -> ll.View:
        """Return the view: down on a plane, slowly around what stands in space. It tilts with W, and rests for φ."""
        layer = min(int(self.at(now)), self.depth - 1)
        before, after = (float(one.shape[1] > 2) for one in self.hidden()[layer : layer + 2])
        tilt = before + min(2 * (self.at(now) - layer), 1.0) * (after - before)
        azimuth = -90.0 + tilt * (self.facing() + 90.0 + 34.0 * (now.share - 1.0))
        return ll.View(azimuth, ABOVE - LEAN * tilt, bounds=self.bounds(self.at(now), self.epoch(now)), moves=True)

    @ll.kept(most=2)
    def bounds(self, at: float, epoch: float) -> np.ndarray:
        """Return points (k, 3) of the sheet, and room for the cut, little by little."""
        sheet = np.clip(self.shown(at, epoch)[::4, ::4].reshape(-1, 3), -1.3, 1.3)  # with ReLU it goes far
        found, last = self.cutting(epoch), max(at - self.depth + 1.0, 0.0)
        if found is None:
            return sheet
        (middle, normal, half), flat = found, self.hidden()[-1].shape[1] <= 2
        line = middle + np.outer((-half, half), (-normal[1], normal[0], 0.0))
        return np.vstack([sheet, last * (line if flat else shapes.plane(middle, normal, half).vertices)])

    @ll.kept
    def facing(self) -> float:
        """Return the azimuth from which the end is seen best, and the plane after the first W is not edge-on."""
        warp = self.warp(float(self.epochs))
        across = np.cross(*warp.ways[0][0].matrix[:, :2].T)
        across = across / max(float(np.linalg.norm(across)), 1e-9)
        return warps.facing(warp.ways[-1][1].end, warp.cut(self.positive())[0], across, ABOVE - LEAN, -60.0)

    # ------------------------------------------------------------------------------------------------- picture
    @ll.kept
    def sheet(self) -> np.ndarray:
        """Return the inputs as a grid (n, n, d): a square of the plane, a disc for a ring or spirals, or the roll."""
        return datasets.sheet(self.data, 1.12 * float(np.abs(self.samples().points).max()), CELLS)

    @ll.kept
    def seen(self) -> list[layer_maps.Frame]:
        """Return the axes in which each layer is seen: those of the network in the end."""
        return layer_maps.frames(self.hidden())

    @ll.kept(most=3)
    def warp(self, epoch: float) -> warps.Warp:
        """Return the ways of sheet and samples through the network after some epochs."""
        return warps.Warp(self.network, self.theta(epoch), self.sheet(), self.samples().points, self.seen())

    @ll.kept(most=6)
    def placed(self, epoch: float, layer: int, key: int) -> Parts:
        """Return sheet and samples at a moment in a layer: KEYS for the way of W and b, and one more after φ."""
        sheet, samples = self.warp(epoch).placed(layer, key / KEYS if key <= KEYS else 2.0)
        return sheet, *classes.split(samples, self.positive())

    def moving(self, at: float, epoch: float) -> tuple[Parts, Parts, float]:
        """Return between which two places all is at a depth after some epochs, and how far it has come."""
        if self.play == "training":
            index = min(int(epoch / KEPT), MOST // KEPT - 1)
            layer, key = (int(at) - 1, KEYS + 1) if at >= 1 else (0, 0)
            start, end = (self.placed((index + k) * float(KEPT), layer, key) for k in (0, 1))
            return start, end, epoch / KEPT - index
        layer = min(int(at), self.depth - 1)
        done = 2 * (at - layer)  # to 1 by W and b, then to 2 by φ
        along = KEYS * min(done, 1.0) + max(done - 1.0, 0.0)
        key = min(int(along), KEYS)
        return self.placed(epoch, layer, key), self.placed(epoch, layer, key + 1), along - key

    def shown(self, at: float, epoch: float) -> np.ndarray:
        """Return the sheet (n, n, 3) at a depth after some epochs."""
        start, end, share = self.moving(at, epoch)
        return start[0] + share * (end[0] - start[0])

    @ll.kept(most=3)
    def answers(self, epoch: float) -> tuple[np.ndarray, list[str]]:
        """Return the class that the network finds at each place (n, n), from -1 to 1, and what is said of each cell."""
        sheet = self.sheet()
        logit = self.network.apply(self.theta(epoch), sheet.reshape(-1, sheet.shape[-1])).reshape(sheet.shape[:2])
        share = 50 + 50 * np.tanh(0.5 * logit[:-1, :-1].ravel())
        return warps.sides(logit, 0.55), [f"orange: {one:.0f} %" for one in share.tolist()]

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the sheet with both classes on it, as far as it has come, and the cut in the end."""
        start, end, share = self.moving(self.at(now), self.epoch(now))
        paint, worth = self.answers(self.nearest(now))
        sheet = layers.Sheet(start[0], end[0], share, fill=0.72, paint=paint, shades="signed", every=(EVERY, EVERY),
                             line="grid.axis", width=1.1, worth=worth, key="sheet", name="The inputs")  # fmt: skip
        samples = classes.samples(start[1:], 4.6, targets=end[1:], share=share, name="Sample")
        return ll.Frame([sheet, *samples, *self.ball(now), *self.cut(now)], self.notes(now), self.view(now))

    def cut(self, now: ll.Now) -> list[layers.Layer]:
        """Return the cut that the last layer makes, once the plane has come through all layers."""
        share = now.eased(0.84, 0.92) if self.play == "depth" else 1.0
        if share == 0.0 or self.at(now) < self.depth or (found := self.cutting(self.epoch(now))) is None:
            return []
        (middle, normal, half), flat = found, self.hidden()[-1].shape[1] <= 2
        return classes.cut(normal, float(middle @ normal), middle, half, share, flat)

    def cutting(self, epoch: float) -> warps.Parting | None:
        """Return that cut, in a training moved from one to the next of those that are kept."""
        first, share = divmod(epoch / KEPT, 1.0) if self.play == "training" else (epoch / KEPT, 0.0)
        end = self.parting(KEPT * (first + 1)) if share else None
        return warps.between(self.parting(KEPT * first), end, share)

    @ll.kept(most=3)
    def parting(self, epoch: float) -> warps.Parting | None:
        """Return middle (3,), normal (3,) and half a side of the cut after some epochs; None: it misses the picture."""
        return self.warp(epoch).parting(self.positive(), 0.8)

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
        return self.shown(self.at(now), self.epoch(now))[self.index()]

    def probability(self, epoch: float) -> float:
        """Return how probable the orange class is there, as the network has it after some epochs."""
        logit = float(self.network.apply(self.theta(epoch), self.place()[None])[0, 0])
        return 0.5 + 0.5 * float(np.tanh(0.5 * logit))

    def ball(self, now: ll.Now) -> list[layers.Layer]:
        """Return that point, and the class that the network finds there."""
        place = self.where(now)
        told = words("orange: ?.0 %", 100 * self.probability(self.epoch(now)))
        name = "Drag this place"
        return [
            layers.Points(place[None], "text", 7.5, "sphere", outline=True, group="handles", key="x", name=name),
            layers.Label(place, told, size=15, side="above", plate="panel", group="handles"),
        ]

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the place that is followed: it is dragged over the sheet, wherever that is."""
        now = now if isinstance(now, ll.Now) else self.now(now)
        return [ll.Handle("x", self.where(now), partial(NetworkWarp.follow, now=now), free=True)]

    def follow(self, place: Sequence[float], now: ll.Now) -> None:
        """Follow the point of the sheet that is nearest to a place in the world."""
        off = np.linalg.norm(self.shown(self.at(now), self.epoch(now)) - np.asarray(place, float), axis=-1)
        row, column = np.unravel_index(int(off.argmin()), off.shape)
        self.set("x", tuple(map(float, self.sheet()[row, column][:2])))

    # ------------------------------------------------------------------------------------------------- words
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return where the plane is, and how well a straight cut does after each layer."""
        at, learns = self.at(now), self.play == "training"
        reached = int(at + 1e-9)
        if learns:
            said, heading = words("After ?n epochs", round(self.epoch(now))), NETWORK
            share = self.accuracy(self.nearest(now))
        else:
            step = "W and b turn, stretch and shift" if at - reached < 0.5 else "φ bends"
            said, share, heading = words("Layer ?n: ", reached + 1) + step, self.probes()[reached], STRAIGHT
            if at == reached:
                said = words("After layer ?n of ?n", reached, self.depth) if reached else "The inputs"
        table = words("A straight cut, after ?n epochs", self.epochs) if learns else "Before and after each layer"
        rows = []
        for k, (points, probe) in enumerate(zip(self.hidden(), self.probes(), strict=True)):
            if k <= reached or learns:
                name = tex(r"\text{layer ?n}", k) if k else r"\text{inputs}"
                color = classes.CUT if k == reached and not learns else "dim"
                rows.append((color, name, tex(r"\mathbb{R}^{?n}", points.shape[1]), words("?.1 %", 100 * probe)))
        return [
            layers.Title(self.title, lines=(said,)),
            layers.Formula(r"h_{k+1} = \varphi(W_k h_k + b_k)", 26),
            layers.Meter(heading, "", 100 * share, classes.CUT, 0.0, 100.0, words("?.1 %", 100 * share)),
            layers.Facts(table, rows),
        ]
