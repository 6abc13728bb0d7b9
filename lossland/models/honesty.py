"""What a slice may be trusted for: how much of the path and of the curvature its plane captures, in numbers.

Trace of the Hessian by Hutchinson (1990): the mean of v^T H v over random signs v, with its standard error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lossland.compute.philox import Purpose, particles, uniform
from lossland.compute.pieces import Pieces, finished
from lossland.display import Displayed
from lossland.expression import namespace
from lossland.models.networks import Array
from lossland.models.slices import (
    Objective,
    Slice,
    cosine,
    normalized,
    random_direction,
    spectrum_in_pieces,
    unit,
)

Floats = NDArray[np.float64]

MOST_OF = 0.9  # of a path's variance: with less in the plane, its losses cannot be read off the slice
CLOSE = 0.1  # of the path's range of losses: a slice that is farther off is wrong about the path
SHARP = 0.5  # of the top eigenvalue: a slice with less curvature hides the sharpest direction
STEADY = 0.5  # of their mean: if curvatures of other seeds vary more, a single slice says little


@dataclass(frozen=True, eq=False)
class Honesty(Displayed):
    """The diagnostics of a slice; nan and empty where there is no path, or where they were not requested.

    ``explained`` is the share of the path's variance that lies in the plane, ``out_of_plane`` (T,) the path's distance
    from it, ``true_loss`` and ``slice_loss`` (T,) the loss at the path's points and at their shadows in the plane.
    ``cosine`` is that of the two directions. ``curvature`` are the largest and smallest of the Hessian within the
    plane, per unit of distance, beside the whole Hessian's ``top`` eigenvalue ± ``top_error`` and ``trace`` ±
    ``trace_error``. ``seeds`` (k,) are curvatures along the first direction of slices of the same kind with others.
    """

    explained: float
    out_of_plane: Floats
    true_loss: Floats
    slice_loss: Floats
    cosine: float
    curvature: tuple[float, float]
    top: float
    top_error: float
    trace: float
    trace_error: float
    seeds: Floats
    conclusion: str


_NONE = np.zeros(0)
UNKNOWN = Honesty(
    math.nan, _NONE, _NONE, _NONE, math.nan, (math.nan, math.nan), math.nan, math.nan, math.nan, math.nan, _NONE, ""
)
"""The diagnostics before they have been computed."""


def hutchinson(task: Objective, theta: Array, samples: int = 32, seed: int = 0) -> tuple[float, float]:
    """Return the trace of the loss's Hessian at theta (n,), estimated, and the estimate's standard error."""
    xp = namespace(theta)
    size = theta.shape[0]
    draw = uniform(seed, particles(xp, 0, size)[None, :], particles(xp, 100, samples)[:, None], Purpose.DIRECTION)[0]
    signs = xp.astype(xp.sign(draw - 0.5), theta.dtype)
    found = xp.sum(signs * task.hessian_times(theta, signs), axis=1)
    mean = float(xp.mean(found))
    return mean, float(xp.std(found, correction=1)) / math.sqrt(samples) if samples > 1 else math.inf


def plane_hessian(task: Objective, theta: Array, directions: Array) -> Floats:
    """Return the Hessian's matrix (k, k) in an orthonormal basis of the plane of directions (k, n)."""
    xp = namespace(theta)
    basis: list[Array] = []
    for k in range(directions.shape[0]):
        rest = directions[k, :]
        for _ in range(2):
            for known in basis:
                rest = rest - xp.sum(rest * known) * known
        basis.append(unit(rest))
    rows = xp.stack(basis)
    products = task.hessian_times(theta, rows)
    small = np.array(
        [[float(xp.sum(rows[i, :] * products[j, :])) for j in range(len(basis))] for i in range(len(basis))]
    )
    return (small + small.T) / 2


def explained_variance(path: Array, directions: Array) -> float:
    """Return the share of a path's variance (T, n) around its mean that lies in the plane of directions (k, n)."""
    xp = namespace(path)
    rows = path - xp.mean(path, axis=0, keepdims=True)
    total = float(xp.sum(rows * rows))
    return 1.0 if total == 0 else 1 - float(np.sum(_distance(rows, directions) ** 2)) / total


def _distance(rows: Array, directions: Array) -> Floats:
    """Return the distance (T,) of rows (T, n) from the space that directions (k, n) span."""
    xp = namespace(rows)
    q, _ = xp.linalg.qr(xp.permute_dims(directions, (1, 0)))
    rest = rows - (rows @ q) @ xp.permute_dims(q, (1, 0))
    return np.array([float(v) for v in xp.sqrt(xp.sum(rest * rest, axis=1))])


def examine(
    task: Objective, found: Slice, path: Array | None = None, seeds: int = 5, samples: int = 32, products: int = 100
) -> Honesty:
    """Return the diagnostics of a slice around one network, in float64, and a sentence on what may be concluded.

    ``seeds`` other slices are tried where directions are random, ``samples`` random vectors for the trace, and at most
    ``products`` of the Hessian with a vector for its top eigenvalue.
    """
    return finished(examined(task, found, path, seeds, samples, products))


def examined(
    task: Objective, found: Slice, path: Array | None, seeds: int, samples: int, products: int
) -> Pieces[Honesty]:
    """Return what `examine` does, in pieces of a few products."""
    centre = found.centre if found.centre.ndim == 1 else found.centre[-1, :]
    xp = namespace(centre)
    directions = found.directions
    two = directions.shape[0] > 1
    eigenvalues = np.linalg.eigvalsh(plane_hessian(task, centre, directions))
    yield 0.1
    spectrum = yield from spectrum_in_pieces(task, centre, 1, found.seed, products)
    trace, trace_error = hutchinson(task, centre, samples, found.seed)
    yield 0.7
    explained, away, true, shadow = math.nan, np.zeros(0), np.zeros(0), np.zeros(0)
    if path is not None:
        explained = explained_variance(path, directions)
        yield 0.75
        away = _distance(path - centre, directions)
        true = np.array([float(v) for v in task.loss(path)])
        yield 0.8
        shadow, _ = task.surface(centre, directions, "float64").at(found.path)
    others = []
    if found.kind in ("random", "filter"):
        for seed in range(found.seed + 1, found.seed + 1 + seeds):
            other = random_direction(centre, seed)
            other = normalized(task.network, centre, other) if found.kind == "filter" else other
            along = unit(other)
            others.append(float(xp.sum(along * task.hessian_times(centre, along))))
            yield 0.9
    numbers = Honesty(
        explained,
        away,
        true,
        shadow,
        cosine(directions[0, :], directions[1, :]) if two else math.nan,
        (float(eigenvalues[-1]), float(eigenvalues[0])),
        float(spectrum.values[0]),
        float(spectrum.errors[0]),
        trace,
        trace_error,
        np.array(others),
        "",
    )
    return Honesty(**{**vars(numbers), "conclusion": conclude(numbers, found.kind)})


def beside(found: Slice, numbers: Honesty, title: str) -> Slice:
    """Return a slice with its network's title and the diagnostics that a picture of it shows."""
    return replace(
        found,
        title=title,
        shadow_loss=numbers.slice_loss,
        explained=numbers.explained,
        curvature=numbers.curvature[0],
        top_eigenvalue=numbers.top,
    )


def conclude(numbers: Honesty, kind: str) -> str:
    """Return one sentence: the most serious objection to a slice, or that there is none."""
    if kind == "local":
        return "Along the path this is the true loss; away from it, that of planes that turn with the path."
    if numbers.explained < MOST_OF:
        return (
            f"The plane holds {numbers.explained:.0%} of the path's variance: the path runs elsewhere, and its losses "
            "cannot be read off this slice."
        )
    if len(numbers.true_loss):
        gap = np.abs(numbers.true_loss - numbers.slice_loss).max()
        if gap > CLOSE * max(float(np.ptp(numbers.true_loss)), math.ulp(1.0)):
            return f"The slice is wrong about the path's loss by up to {gap:.3g}: the path leaves the plane."
    if numbers.curvature[0] < SHARP * numbers.top:
        return (
            f"The sharpest direction is {numbers.top / max(numbers.curvature[0], math.ulp(1.0)):.3g} times as sharp as "
            "this slice shows: that it looks flat says nothing about the minimum."
        )
    if len(numbers.seeds) > 1 and np.std(numbers.seeds, ddof=1) > STEADY * abs(numbers.seeds.mean()):
        return "Slices with other seeds look different: do not conclude from this one alone."
    return "The slice is at least half as sharp as the sharpest direction, and nothing measured here speaks against it."
