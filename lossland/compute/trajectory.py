"""The path of an optimizer, in float64: one from a start, or several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland import checks
from lossland.compute import arrays, philox
from lossland.compute.rules import compiled_rule, gradient_program
from lossland.compute.stepping import Stepper
from lossland.display import Displayed
from lossland.errors import UserError, shown
from lossland.expression import namespace
from lossland.expression.vectors import Vector
from lossland.landscapes import AnyLandscape, Landscape
from lossland.landscapes import landscape as as_landscape
from lossland.numerals import thousands
from lossland.optimizers import AnyOptimizer, Optimizer, Step, by_coordinate, noisy
from lossland.optimizers import optimizer as as_optimizer

Float64 = NDArray[np.float64]

MOST_STEPS = 10**9
DRAWS = 4096  # pairs of random numbers of one particle that are made Python floats at a time
MOST_KEPT = 10**8  # points of a run, over all starts and steps: 2.4 GB


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory(Displayed):
    """Where N particles were after 0, 1, ... T steps: ``points`` (T+1, N, 2) and their ``values`` (T+1, N).

    From the first step at which a coordinate is not finite (the run has diverged), a particle's points and values
    are nan.
    """

    points: Float64
    values: Float64
    landscape: Landscape
    optimizer: Optimizer


@np.errstate(all="ignore")
def run(
    landscape: AnyLandscape,
    optimizer: AnyOptimizer = "adam",
    start: ArrayLike | None = None,
    steps: int = 500,
    seed: int = 0,
    backend: str = "auto",
    noise: float | None = None,
) -> Trajectory:
    """Run ``optimizer`` on ``landscape`` for ``steps`` steps from ``start``, (2,) or (N, 2), in float64.

    The landscape may be anything that `ll.landscape` takes: a name, a formula, a function of x and y, a `Landscape`;
    the optimizer a name, a text such as ``"adam:lr=0.1"`` or an object. The default start is the landscape's own.
    ``noise`` is the standard deviation of Gaussian noise in each component of the gradients, with any optimizer;
    particle i draws it as particle i of a swarm with the same seed does. A single particle cannot use a GPU, so with
    ``backend="auto"`` it runs on the CPU.
    """
    landscape, optimizer = as_landscape(landscape), with_noise(as_optimizer(optimizer), noise)
    starts = check_start(landscape.start if start is None else start)
    seed, steps = check_seed(seed), check_steps(steps)
    if len(starts) * (steps + 1) > MOST_KEPT:
        raise UserError(
            f"A run keeps every point, and {thousands(len(starts) * (steps + 1))} are too many (at most "
            f"{thousands(MOST_KEPT)}); ll.swarm keeps the ends alone."
        )
    if optimizer.traced and len(starts) == 1 and backend in ("auto", "cpu"):
        points = _run_one(landscape, optimizer, starts[0], steps, seed)
    else:
        xp = arrays.backend(backend if optimizer.traced else "cpu").xp
        points = arrays.to_numpy(_run_many(landscape, optimizer, xp.asarray(starts), steps, seed))
    lost = np.logical_or.accumulate(~np.isfinite(points).all(axis=-1), axis=0)
    points[lost] = np.nan
    values = np.asarray(landscape.value(points))
    values[lost] = np.nan
    return Trajectory(points, values, landscape, optimizer)


def with_noise(optimizer: Optimizer, noise: float | None) -> Optimizer:
    """Return the optimizer with noise in its gradients; None leaves it as it is."""
    return optimizer if noise is None else noisy(optimizer, noise)


def check_start(start: ArrayLike, size: int = 2) -> Float64:
    """Return one start (size,) or many (N, size) as (N, size), or raise UserError."""
    numbers = "two finite numbers x,y" if size == 2 else f"{size} finite numbers"
    if isinstance(start, str):
        example = "two numbers, such as (-1.2, 1)" if size == 2 else numbers
        raise UserError(f"A start is {example}, not the text {shown(start)}.")
    starts = np.atleast_2d(np.asarray(checks.plain(start, f"A start's {numbers}"), dtype=np.float64))
    if starts.ndim != 2 or starts.shape[1] != size or not len(starts) or not np.isfinite(starts).all():
        several = "such pairs" if size == 2 else "them"
        raise UserError(f"A start is {numbers} (or an array of {several}), not {shown(start)}.")
    return starts


def check_seed(seed: int) -> int:
    """Return the seed, or raise UserError unless it fits the random generator's 64-bit key."""
    return checks.whole(seed, 0, 2**64 - 1, "The seed")


def check_steps(steps: int) -> int:
    """Return how many steps to take, or raise UserError."""
    return checks.whole(steps, 0, MOST_STEPS, "The number of steps")


class Moment(NamedTuple):
    """One step t of a single particle: the gradient that the rule saw, its terms, and the position after it."""

    t: int
    grad: tuple[float, float]
    terms: tuple[Step, Step]  # the optimizer's terms along x and along y; of a matrix the two rows
    position: tuple[float, float]


def follow(
    landscape: Landscape, optimizer: Optimizer, start: Sequence[float], steps: int, seed: int = 0
) -> Iterator[Moment]:
    """Yield the steps of particle 0 one by one, until ``steps`` or until a position is not finite.

    On Python floats, which for one particle are many times faster than arrays of length 1. They may raise
    ArithmeticError where arrays give inf or nan.
    """
    gradient, observe, update = gradient_program(landscape).floats, optimizer.observe, optimizer.update
    kind, draws_noise = type(optimizer), optimizer.stochastic
    whole = None if by_coordinate(kind) else compiled_rule(landscape, kind, draws_noise)
    x, y = float(start[0]), float(start[1])
    last = last_x = last_y = optimizer.initial()
    for t, (draw_x, draw_y) in enumerate(_draws(optimizer, steps, seed), start=1):
        exact_x, exact_y = gradient(x, y)
        grad_x, grad_y = observe(exact_x, draw_x), observe(exact_y, draw_y)
        if whole is None:
            last_x, last_y = update(grad_x, last_x, t, x), update(grad_y, last_y, t, y)
        else:
            last = whole.step(optimizer, (x, y), (exact_x, exact_y), last, t, (draw_x, draw_y) if draws_noise else ())
            last_x, last_y = _along(last, 0), _along(last, 1)
        x, y = x + last_x.step, y + last_y.step
        yield Moment(t, (grad_x, grad_y), (last_x, last_y), (x, y))
        if not (isfinite(x) and isfinite(y)):
            return


def _draws(optimizer: Optimizer, steps: int, seed: int) -> Iterator[tuple[float, float]]:
    """Yield what particle 0 draws in each step: normal numbers for x and y, zeros if the rule needs none.

    Some thousand at a time: to make lists of millions takes seconds in which no signal is heard.
    """
    if not optimizer.stochastic:
        yield from repeat((0.0, 0.0), steps)
        return
    draws = np.stack(philox.standard_normal(seed, 0, philox.particles(np, 1, steps)))
    for first in range(0, steps, DRAWS):
        yield from zip(*draws[:, first : first + DRAWS].tolist(), strict=True)


def _along(terms: Step, axis: int) -> Step:
    """Return the components of the terms along an axis; scalars are the same along each."""
    return terms._replace(**{name: term[axis] for name, term in terms._asdict().items() if isinstance(term, Vector)})


def _run_one(landscape: Landscape, optimizer: Optimizer, start: Float64, steps: int, seed: int) -> Float64:
    """Return the points (T+1, 1, 2) of a single particle."""
    points = np.full((steps + 1, 1, 2), np.nan)
    points[0, 0] = start
    try:
        path = [moment.position for moment in follow(landscape, optimizer, start.tolist(), steps, seed)]
    except ArithmeticError:
        return _run_many(landscape, optimizer, start[None], steps, seed)
    points[1 : len(path) + 1, 0] = np.asarray(path).reshape(-1, 2)
    return points


def _run_many(landscape: Landscape, optimizer: Optimizer, starts: Float64, steps: int, seed: int) -> Float64:
    """Return the points (T+1, N, 2) of a batch of particles, in the array library of ``starts`` (N, 2)."""
    xp = namespace(starts)
    stepper = Stepper(landscape, optimizer, seed)
    block = stepper.start(xp.stack((starts[:, 0], starts[:, 1])))
    path = [block.position]
    for _ in range(steps):
        stepper.advance(block, 1)
        path.append(block.position)
    return xp.permute_dims(xp.stack(path), (0, 2, 1))
