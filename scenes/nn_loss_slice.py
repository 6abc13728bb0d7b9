"""The loss around a network that has been trained: a plane through thousands of dimensions, and what it hides."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, signs, words
from lossland.models import datasets, honesty, networks, slicefiles, slices, slicing

DATA = ("moons", "circle", "xor", "gauss", "spiral", "iris", "digits")
SAMPLES = 200  # of the generated data
BATCH = 50
DESCENT = [(0.08 + 0.42 * t / 20, 0.2 + 0.5 * (t / 20) ** 0.4) for t in range(21)]
TURN, WALKED = -25.0, 0.15  # degrees of the view's turn, and the share of the ground's side that a path is long from
EYE = np.array([[0.5, 0.87], [-0.87, 0.5]])  # columns: in the plane towards the eye at the end, and to its right
UNDER = np.array([(0.05, 0.4), (-0.35, 0.35)])  # where a label below a point would lie, along these two
NAMES = {"points": "From one optimum to the other"}  # of what is walked along the ground, elsewhere the training
SEEN = "two of ?n dimensions"
FORMULA = r"L(\theta + \alpha\,\delta + \beta\,\eta)"


widths = partial(networks.widths, least=0, widest=128)  # of the hidden layers; none is a linear model


def stored(path: str) -> slices.Slice | None:
    """Return the slice of a file, None for no name."""
    found = slicefiles.read(path) if path else None
    if found is not None and found.value.ndim < 2:
        raise ll.UserError(f"{path} has one direction, which makes a line; a landscape needs two.")
    return found


class LossSlice(ll.Scene):
    """A trained network stands in the middle; every other point of the ground is a network, too."""

    name = "nn_loss_slice"
    title = "The landscape of a network"
    chapter = "Optimization"
    rows = ("L1", "L2", "L3", "L4", "L5", "Q1", "G3", "B5")
    sign = (
        signs.Line([(0.06, 0.34), (0.3, 0.72), (0.5, 0.78), (0.7, 0.66), (0.94, 0.22)], "dim", 1.8),
        signs.Line(DESCENT, "optimizer.adam", 1.6),
        signs.Dot((0.5, 0.74), 2.6, "accent"),
    )
    presets: ClassVar = {
        "its own filters": {},
        "the path's plane": {"directions": "pca"},
        "following the path": {"directions": "local"},
        "sharpest directions": {"directions": "hessian"},
        "two optima": {"directions": "points"},
        "kinks": {"activation": "relu", "data": "spiral", "epochs": 80},
        "digits": {"data": "digits", "widths": "32-32", "epochs": 12, "resolution": 31},
    }

    data = parameters.Choice("moons", DATA, "data", "What the network has learnt to tell apart.")
    widths = parameters.Text("8-8", widths, "hidden widths", "Neurons of each hidden layer, as 8-8.")
    activation = parameters.Choice("tanh", networks.ACTIVATIONS, "activation", "What bends each layer.")
    directions = parameters.Choice("filter", slices.DIRECTIONS, "directions", "Which plane through the network.")
    radius = parameters.Number(1.0, 0.05, 20.0, "radius", "How far the slice reaches, in its usual reach.", log=True)
    resolution = parameters.Integer(41, 5, 201, "resolution", "Networks along each side.")
    epochs = parameters.Integer(40, 1, 1000, "epochs", "How often the training sees all the data.", log=True)
    file = parameters.Text("", stored, "file", "A slice that was stored, .npz or .h5, instead.", hidden=True)
    place = parameters.Point((0.0, 0.0), -1e9, 1e9, r"$(\alpha, \beta)$", "The network that is asked.", hidden=True)
    clock = ll.Clock(8.0)

    def changed(self, name: str) -> None:
        """Leave a stored slice when another one is asked for; the place that is asked must lie within the slice."""
        if name == "place":
            found = self.slice if self.file else self.blank
            if self.place != found.within(self.place):
                (x, y), ((x0, x1), (y0, y1)) = self.place, found.sides
                raise ll.UserError(
                    f"place = {x:g}, {y:g} lies outside the slice, which has α from {x0:.3g} to {x1:.3g} "
                    f"and β from {y0:.3g} to {y1:.3g}."
                )
        elif name != "file":
            self.values["file"] = ""
        if name == "radius":
            self.values["place"] = self.blank.within(self.place)
        elif name not in ("place", "resolution"):
            self.values["place"] = (0.0, 0.0)

    # ------------------------------------------------------------------------------------------------ the network
    @ll.refined(levels=("trained",), stale=True)
    def prepared(self, _: str) -> Generator[object, None, slicing.Prepared]:
        """Return the trained network, its way, and the plane through it; meanwhile a window shows the last one."""
        known = self.data in ("digits", "iris")
        data = slicing.training_data(self.data) if known else datasets.dataset(self.data, SAMPLES, 0.1, self.seed)
        outputs = len(data.names) if len(data.names) > 2 else 1
        sizes = (data.points.shape[1], *widths(self.widths), outputs)
        net = networks.mlp(sizes, self.activation, "cross_entropy" if outputs > 1 else "logistic")
        steps = self.epochs * -(-len(data) // BATCH)
        net = replace(net, title=f"{net.title} on {self.data}")  # told of what is shown, which may be the last one
        return (
            yield from slicing.preparing(
                net, data, self.directions, self.resolution, seed=self.seed, steps=steps, batch=BATCH
            )
        )

    @property
    @ll.kept
    def blank(self) -> slices.Slice:
        """The slice before its loss is sampled, as wide as is wanted."""
        blank = self.prepared().recipe.blank
        x, y = (side.mean() + self.radius * (side - side.mean()) for side in (blank.x, blank.y))
        return replace(blank, x=x, y=y)

    @ll.refined(levels=(4, 2, 1))
    def sampled(self, stride: int) -> Generator[object, None, slices.Slice | None]:
        """Return the slice with every ``stride``-th network, then all."""
        blank, surface = self.blank, self.prepared().recipe.surface
        n = self.resolution // stride // 2 * 2 + 1  # odd: the network itself is one of them
        if stride > 1 and n < 9:
            return None
        x, y = (np.linspace(side[0], side[-1], n if stride > 1 else len(side)) for side in (blank.x, blank.y))
        value = accuracy = np.zeros((0, 0))
        for value, accuracy in slices.sample(surface, x, y, slices.piece_of(surface)):
            yield value, accuracy
        return replace(blank, x=x, y=y, value=value, accuracy=accuracy)

    @property
    @ll.kept
    def slice(self) -> slices.Slice:
        """The slice that is shown: the file's, or the one that is being sampled."""
        return stored(self.file) or self.sampled()

    @ll.refined(levels=("unknown", "known"))
    def examined(self, level: str) -> Generator[object, None, honesty.Honesty]:
        """Return what the slice may be trusted for."""
        prepared = self.prepared()
        if level == "unknown":
            return honesty.UNKNOWN
        return (yield from honesty.examined(prepared.task, prepared.recipe.blank, prepared.path, 3, 8, 25))

    @ll.kept
    def numbers(self) -> honesty.Honesty | None:
        """Return what the slice may be trusted for; None for a file's."""
        return None if self.file else self.examined()

    @ll.kept
    def asked(self) -> tuple[float, float]:
        """Return loss and accuracy of the network at the place that is asked, of a file as far as it knows them."""
        if self.file:
            return self.slice.told(self.place)
        loss, accuracy = self.prepared().recipe.surface.at(np.array([self.place]))
        return float(loss[0]), float(accuracy[0])

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the loss in the middle and what the slice may be trusted for."""
        found, numbers = self.slice, self.numbers()
        read = {"least": float(np.nanmin(found.value)), "loss": self.asked()[0], "accuracy": self.asked()[1]}
        if numbers is None:
            return read
        prepared, directions = self.prepared(), self.slice.directions
        return read | {
            "centre": float(prepared.recipe.surface.at(np.zeros((1, 2)))[0][0]),
            "training_loss": prepared.training_loss, "explained": numbers.explained,
            "norms_match": slices.norms_match(prepared.task.network, prepared.theta, directions),
            "cosine": numbers.cosine, "curvature": numbers.curvature[0],
            "top_eigenvalue": numbers.top, "trace": numbers.trace, "trace_error": numbers.trace_error,
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------- the picture
    @property
    @ll.kept
    def terrain(self) -> ll.Terrain:
        """The slice as ground: smooth between its points, and exact at them."""
        return ll.Terrain(*slices.smoothed(self.slice))

    @ll.kept
    def ground(self) -> list[layers.Layer]:
        """Return the ground, and the places on it that have a name."""
        found, terrain = self.slice, self.terrain
        drawn: list[layers.Layer] = [layers.Surface(terrain), layers.Axes(terrain, r"\alpha", r"\beta")]
        if found.kind == "points" and len(found.marks) == 3:
            straight = terrain.drape(np.linspace(found.marks[0], found.marks[1], 80))[0]
            drawn.append(layers.Lines([straight], "dim", 2.0, dash=(12, 7), name="Straight between the optima"))
            curve = layers.Lines([terrain.drape(found.way[0])[0]], "up", 2.6, name="Curve between the optima")
            ends = layers.Points.on(terrain, found.marks[:2], "up", 5.5, "ring", name="An optimum")
            drawn += [curve, ends]
        return drawn

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the ground with the path as far as the training has come, and the network that is asked."""
        (path, loss), drawn = self.slice.way, list(self.ground())
        step = now.eased(0.08, 0.92) * max(len(path) - 1, 0)
        if len(path):
            values, name = (loss if len(loss) == len(path) else None), NAMES.get(self.slice.kind, "Training")
            drawn.append(layers.Trail.on(self.terrain, path, step, "optimizer.adam", values=values, name=name))
        drawn += self.here()
        notes: list[layers.Note] = [self.caption(), layers.ColorBar(self.terrain, "loss")]
        if curves := self.curves():
            rows = [layers.Row(one.color, one.name, (words("?.3", float(one.y[int(step)])),)) for one in curves]
            notes.append(layers.Legend(rows))
            notes.append(layers.Chart("Loss along the path", curves, log_y=True, now=step, x_label="kept step"))
        turned = (0.0 if self.is_walked() else TURN * (1.0 - now.eased()), 0.0)
        return ll.Frame(drawn, notes, ll.View(elevation=42.0, bounds=self.terrain.bounds, turned=turned))

    @ll.kept
    def is_walked(self) -> bool:
        """Return whether the path goes far over the ground; where it hardly moves, the view turns instead."""
        path, sides = self.slice.way[0], np.ptp(self.slice.sides, axis=1)
        return len(path) > 1 and bool((np.ptp(path, axis=0) > WALKED * sides).any())

    @ll.kept
    def here(self) -> list[layers.Layer]:
        """Return the network that is asked, with its loss."""
        ring = layers.Points.on(self.terrain, self.place, "accent", 7.0, "ring", name="This network")
        (at,), (loss, accuracy) = ring.position, self.asked()
        share = words("?.3", loss) if np.isnan(accuracy) else words("?.3, ?.0 % right", loss, 100 * accuracy)
        off = (self.terrain.footprint_from_domain(self.slice.way[0]) - at[:2]) @ EYE
        side = "left" if ((off > UNDER[:, 0]) & (off < UNDER[:, 1])).all(axis=1).any() else "below"  # not on the path
        return [ring, layers.Label(at, "loss", "accent", value=share, size=19, side=side)]

    @ll.kept
    def doubt(self) -> str:
        """Return why the slice is not to be trusted, in a few words; "" where nothing speaks against it."""
        numbers, found = self.numbers(), self.slice
        if numbers is not None:
            found = honesty.beside(found, numbers, "")
        if found.kind == "local":
            return ""
        if len(found.way[1]) and found.explained < honesty.MOST_OF:
            return words("the plane holds ?2 % of the path's variance", 100 * found.explained)
        if found.curvature < honesty.SHARP * found.top_eigenvalue:
            times = found.top_eigenvalue / max(found.curvature, 1e-12)
            return words("other directions are ?.1 times as sharp", times)
        return ""

    @ll.kept
    def caption(self) -> layers.Title:
        """Return the name, the formula, and which network it is."""
        doubt = (self.doubt(),) if self.doubt() else ()
        if self.file:
            found = self.slice
            size = found.centre.shape[-1] if found.title else 0
            known = (words(SEEN, size),) if size else ()
            sides = " × ".join(str(n) for n in found.value.shape[::-1])
            how = f"{sides} points" if found.kind == "grid" else f"{sides} points, directions: {found.kind}"
            return layers.Title(found.title or "A stored slice", FORMULA, (*known, how, *doubt))
        network = self.prepared().task.network
        return layers.Title(self.title, FORMULA, (network.title, words(SEEN, network.size), *doubt))

    @ll.kept
    def curves(self) -> list[layers.Series]:
        """Return the losses along the path: the true ones, and those of its shadow in the slice; [] without a path."""
        numbers, found = self.numbers(), self.slice
        true, shadow = found.path_loss, found.shadow_loss if numbers is None else numbers.slice_loss
        if found.kind == "local":
            shadow = true
        if len(found.way[1]) < 2 or not len(true) == len(shadow) == len(found.path):
            return []
        steps = np.arange(float(len(true)))
        named = ("true loss", "optimizer.adam", true), ("loss in the slice", "lane.1", shadow)
        return [layers.Series(name, color, steps, losses) for name, color, losses in named]

    # -------------------------------------------------------------------------------------------------- what it takes
    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the network that is asked."""
        place = self.terrain.world_from_domain(np.array([self.place]), layers.ON_GROUND)[0]
        return [ll.Handle("place", place, type(self).ask)]

    def ask(self, place: tuple[float, float]) -> None:
        """Ask the network at a place of the slice."""
        self.set("place", self.slice.within(place))

    def click(self, position: tuple[float, float]) -> bool:
        """Ask the network where the ground was clicked."""
        inside = self.slice.within(position) == tuple(position)
        if inside:
            self.ask(position)
        return inside
