"""Slices in one call: a network is trained on known data, and its loss is sampled."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lossland.checks import real, whole
from lossland.compute import arrays
from lossland.compute.pieces import Pieces, finished
from lossland.errors import UserError, nearest, shown
from lossland.models import checkpoints, datasets, networks, slices, torch_models, training
from lossland.models.datasets import Data
from lossland.models.networks import Array, Network
from lossland.models.slices import Objective, Recipe, Slice, Task
from lossland.models.torch_models import Made, TorchTask
from lossland.optimizers import AnyOptimizer

if TYPE_CHECKING:
    from lossland.models.torch_models import Module, Tensor

MOST_PARAMETERS = 10**7
FARTHEST = 1e15  # the largest parameter of a network that has not diverged


class Prepared(NamedTuple):
    """A trained network, ready for its loss to be sampled."""

    task: Objective
    theta: Array  # (n,)
    path: Array  # (T, n), from the start of the training to theta
    recipe: Recipe

    @property
    def training_loss(self) -> float:
        """The loss at theta."""
        return float(self.task.loss(self.theta))


def network_of(text: str, data: Data, activation: str = "tanh") -> Network:
    """Return the network of a text: ``64-32-32-10`` for a perceptron, ``cnn:8-16`` for convolutions on digits."""
    found = re.fullmatch(r"(cnn:|mlp:)?(\d{1,6}(?:-\d{1,6})*)", text.strip().lower(), re.ASCII)
    if found is None:
        raise UserError(
            f"A network is written as widths of up to six digits, 64-32-32-10, or as channels, cnn:8-16, "
            f"not {shown(text)}."
        )
    widths = [int(part) for part in found[2].split("-")]
    classes = len(data.names)
    if found[1] == "cnn:":
        if data.points.shape[1] != 64:
            raise UserError("A convolutional network is trained on images; give --data digits.")
        return networks.cnn((1, 8, 8), widths, classes, activation)
    two = classes == 2
    outputs = 1 if two or not classes else classes
    inputs = data.points.shape[1]
    if len(widths) < 2 or (widths[0], widths[-1]) != (inputs, outputs):
        raise UserError(
            f"These data need widths from {inputs} to {outputs}, such as {inputs}-16-{outputs}, not {text.strip()}."
        )
    return networks.mlp(widths, activation, "cross_entropy" if classes > 2 else "logistic" if two else "mse")


def training_data(name: str, seed: int = 0) -> Data:
    """Return a data set to train on: of the digits the 1,437 that are for training."""
    return datasets.split_digits()[0] if name == "digits" else datasets.dataset(name, seed=seed)


def prepare(net: Network | str = "64-32-32-10", data: Data | str = "digits", **settings: Any) -> Prepared:
    """Return what `preparing` does, at once."""
    return finished(preparing(net, data, **settings))


def preparing(
    net: Network | str = "64-32-32-10",
    data: Data | str = "digits",
    directions: str = "filter",
    n: int | tuple[int, int] = 51,
    radius: float | None = None,
    seed: int = 0,
    parameters: Array | None = None,
    path: Array | None = None,
    activation: str = "tanh",
    optimizer: AnyOptimizer = "adam:lr=0.01",
    steps: int = 300,
    batch: int | None = 128,
    backend: str = "cpu",
    dtype: str = "float32",
    dimensions: int = 2,
    saved: Sequence[str] = (),
) -> Pieces[Prepared]:
    """Return a network, trained unless its ``parameters`` (n,) are given, and the recipe of a slice, in pieces.

    ``path`` (T, n) then is the training path that led there, for directions that need one. ``saved`` names a recorded
    run of this network, by any library, whose last step and path are taken. See `slice` for the rest.
    """
    sides, radius = _checked(directions, n, radius)
    whole(steps, 0, 10**7, "The number of training steps")
    xp = arrays.backend(backend).xp
    samples = training_data(data, seed) if isinstance(data, str) else data
    network = network_of(net, samples, activation) if isinstance(net, str) else net
    if network.size > MOST_PARAMETERS:
        raise UserError(f"This network has {network.size} parameters; {MOST_PARAMETERS} at most are sliced here.")
    if saved:
        rows = checkpoints.run_of_layers(checkpoints.files_of(saved), network)
        parameters, path = rows[-1], rows if len(rows) > 1 else None
    points, target = xp.asarray(samples.points), xp.asarray(samples.target)
    statistics, others = None, []
    if parameters is None:
        count = 2 if directions == "points" else 1
        start = networks.initial(network, seed, count, xp=xp)
        trainer = training.Trainer(network, points, target, optimizer, start, batch, seed)
        trained = yield from training.trained(trainer, steps)
        theta, path = trained.end[0, :], trained.path[:, 0, :]
        others = [trained.end[k, :] for k in range(1, count)]
        statistics = trained.statistics[-1, 0, :] if network.kept_statistics else None
    else:
        theta = xp.asarray(parameters)
        path = None if path is None else xp.asarray(path)
    if not bool(xp.all(xp.abs(theta) < FARTHEST)):
        raise UserError("The network's parameters are not finite, or huge: it has diverged; choose a smaller rate.")
    task = Task(network, points, target, statistics)
    found = yield from slices.planned(
        task, theta, directions, radius, sides, seed, path, others, dtype, dimensions=dimensions
    )
    return Prepared(task, theta, theta[None, :] if path is None else path, found)


def _checked(directions: str, n: int | tuple[int, int], radius: float | None) -> tuple[tuple[int, int], float | None]:
    """Return the points along each side and the radius, or raise UserError."""
    if directions not in slices.DIRECTIONS:
        hint = nearest(directions, slices.DIRECTIONS)
        known = ", ".join(slices.DIRECTIONS)
        raise UserError(f"There are no directions {shown(directions)}.{hint} There are {known}.")
    nx, ny = (
        whole(side, 2, 2**13, "The number of points along a side") for side in (n if isinstance(n, tuple) else (n, n))
    )
    return (nx, ny), None if radius is None else real(radius, 1e-9, 1e9, "The radius")


def prepare_torch(
    made: Made,
    saved: Sequence[str] = (),
    directions: str = "filter",
    n: int | tuple[int, int] = 51,
    radius: float | None = None,
    seed: int = 0,
    batch: int | None = None,
    backend: str = "cpu",
    dtype: str | None = None,
    dimensions: int = 2,
) -> Prepared:
    """Return a PyTorch model with its loss and data, and the recipe of a slice around it.

    ``saved`` names checkpoints, or one recorded run (see `checkpoints`). The last of them is loaded into the model, and
    all are the path that led there; for directions through ``points`` they are one or two other networks instead, and
    the model stays as it is given.
    """
    sides, radius = _checked(directions, n, radius)
    model, loss, data = torch_models.checked(made)
    wanted, read = checkpoints.wanted_of(model), checkpoints.states(checkpoints.files_of(saved))
    states = [(checkpoints.matched(wanted, state, source), source) for source, state in read]
    if directions == "points" and len(states) not in (1, 2):
        raise UserError(f"Directions 'points' need one or two --checkpoints besides the model, not {len(states)}.")
    if directions in ("pca", "local") and len(states) < 3:
        raise UserError(f"Directions {directions!r} need --checkpoints of at least three steps, not {len(states)}.")
    if states and directions != "points":
        checkpoints.load(model, states[-1][0])
    task = TorchTask(model, loss, data, torch_models.device_of(backend), dtype, batch, seed)
    rows = [checkpoints.row_of(task.network.parameters, state, source) for state, source in states]
    others = rows if directions == "points" else []
    path = np.stack(rows) if len(rows) > 1 and not others else None  # a single one is loaded, and no path
    if path is not None and not (path != path[-1]).any():
        raise UserError("All of the checkpoints hold the same parameters; a path needs some that differ.")
    found = slices.plan(task, task.theta, directions, radius, sides, seed, path, others, dimensions=dimensions)
    return Prepared(task, task.theta, task.theta[None, :] if path is None else path, found)


def slice(
    net: Network | Module | str = "64-32-32-10",
    data: Any = "digits",
    loss: Callable[..., Tensor] | None = None,
    **settings: Any,
) -> Slice:
    """Return the loss of a network along one or two directions, as a `Slice` of NumPy arrays.

    ``net`` is a `networks.Network` or a text: widths such as ``"64-32-32-10"``, or ``"cnn:8-16"``. ``data`` is
    `datasets.Data` or a name: digits, iris, moons, spiral ... Unless its ``parameters`` (n,) are given, it is trained
    first, by ``optimizer="adam:lr=0.01"`` for ``steps=300`` batches of ``batch=128`` from the start of a ``seed=0``.

    ``directions``: random, filter, pca, hessian, gradient, points or local (see `slices.planned`); ``n`` points a side,
    or (nx, ny); ``radius``; ``dimensions`` 1 or 2; ``activation``; ``backend``; ``dtype`` float32 or float64.

    A PyTorch model is sliced around its current parameters, with its ``loss`` and ``data`` (see
    `torch_models.TorchTask`); then ``saved`` names checkpoints (see `prepare_torch`), and the training options do not
    apply.
    """
    if isinstance(net, Network | str):
        if loss is not None:
            raise UserError("The loss of a network of this project is its own; loss is given with a PyTorch model.")
        prepared = prepare(net, data, **settings)
    elif loss is None:
        raise UserError("A PyTorch model needs its loss: loss=torch.nn.functional.cross_entropy, or your own.")
    else:
        prepared = prepare_torch(Made(net, loss, data), **settings)
    return on_host(prepared.recipe.whole())


def on_host(found: Slice) -> Slice:
    """Return a slice whose arrays are NumPy's."""
    return replace(found, centre=arrays.to_numpy(found.centre), directions=arrays.to_numpy(found.directions))


def points_of(text: str) -> int | tuple[int, int]:
    """Read ``51`` or ``51x31``."""
    sides: Sequence[str] = text.strip().lower().split("x")
    if not 1 <= len(sides) <= 2 or not all(side.isascii() and side.isdigit() and len(side) < 6 for side in sides):
        raise UserError(f"Points a side are written 51, or 51x31, not {text.strip()!r}.")
    counts = [int(side) for side in sides]
    return counts[0] if len(counts) == 1 else (counts[0], counts[1])
