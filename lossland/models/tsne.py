"""t-SNE, exactly: all pairs of points, step by step.

Van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008. Neighbours in space are told by Gaussians that are as
wide as a *perplexity* demands, neighbours in the layout by Student's t with one degree of freedom, and the layout
slides down the Kullback–Leibler divergence of the two, with momentum .5 and then .8, and a gain for each number. Newer
are the start, from the principal axes (Kobak and Berens, "The art of using t-SNE for single-cell
transcriptomics", 2019), and the rate, n over four times what similarities are multiplied by (Belkina et al., "Automated
optimized parameters for t-SNE", 2019; openTSNE raises it after the exaggeration, too).

Samples are the rows of ``points`` (n, d), a layout is (n, 2). Functions take arrays of any library; `Descent` is
float32 on the CPU, in a compiled kernel where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.compute.kernels import pairs
from lossland.errors import MachineError, UserError
from lossland.expression import namespace

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Array = Any  # of NumPy, CuPy or array_api_strict

ROWS = 64  # that are worked on between two looks at the window
TOLERANCE = 1e-6  # of a perplexity
MOST_TRIES = 80  # for one: more are of no use, as bisection has no digits left
EARLY = 250  # steps with exaggeration
SLOW, FAST = 0.5, 0.8  # momentum in these steps, and afterwards
LEAST_GAIN = 0.01
PACE, MOST_PACE = 16_000_000, 10  # pairs, and steps at most, between two looks at the window
LEAST = 1e-300  # of a similarity, so that it has a logarithm
SIZE = 1e-4  # standard deviation of the start along its first axis


def squares(points: Array, others: Array) -> Array:
    """Return the squared distances (m, n) of points (m, d) from others (n, d), none below 0."""
    xp = namespace(points)
    inner = points @ xp.matrix_transpose(others)
    found = xp.sum(points * points, axis=1)[:, None] - 2.0 * inner + xp.sum(others * others, axis=1)[None, :]
    return xp.where(found > 0.0, found, xp.zeros_like(found))


def conditional(square: Array, perplexity: float) -> tuple[Array, Array]:
    """Return how near others are to each of m points, p(j | i) (m, n), and the perplexity (m,) of each row.

    ``square`` (m, n) are squared distances, infinite where a point meets itself. A row is exp(−β d²) over its sum, β
    being found by Newton's steps for log β, and by bisection where one would leave the bracket, until the perplexity,
    2 to the entropy in bits, is that wanted to 1e-6. Where more neighbours than that lie in one place it cannot be.
    """
    xp = namespace(square)
    others = xp.astype(xp.isfinite(square), square.dtype)
    nearest = xp.min(square, axis=1, keepdims=True)
    away = xp.where(others > 0.0, square - nearest, xp.zeros_like(square))
    own = square.shape[1] - xp.sum(others, axis=1)  # how many of a row stand for the point itself, each weighing 1
    reach = xp.sort(away, axis=1)[:, min(int(perplexity) + 1, away.shape[1] - 1)]  # of about as many neighbours
    log_beta = 1.5 - xp.log(xp.where(reach > 0.0, reach, xp.ones_like(reach)))
    low, high = log_beta - 40.0, log_beta + 40.0
    wanted = math.log(perplexity)
    for _ in range(MOST_TRIES):
        beta = xp.exp(log_beta)
        weight = xp.exp(-beta[:, None] * away)
        total = xp.sum(weight, axis=1) - own
        moment = weight * away
        middle, square_middle = xp.sum(moment, axis=1) / total, xp.sum(moment * away, axis=1) / total
        entropy = xp.log(total) + beta * middle
        found = xp.exp(entropy)
        done = xp.abs(found - perplexity) < TOLERANCE
        if bool(xp.all(done)):
            break
        too_wide = entropy > wanted
        low, high = xp.where(too_wide, log_beta, low), xp.where(too_wide, high, log_beta)
        slope = beta * beta * (middle * middle - square_middle)
        flat = slope > -1e-12
        step = log_beta - (entropy - wanted) / xp.where(flat, -xp.ones_like(slope), slope)
        inside = (step > low) & (step < high) & ~flat
        log_beta = xp.where(done, log_beta, xp.where(inside, step, 0.5 * (low + high)))
    return weight * others / total[:, None], found


def similarities(points: Array, perplexity: float) -> Generator[float, None, tuple[Array, Array]]:
    """Return the similarities p (n, n) of all pairs, which sum to 1, and the perplexities (n,) that were found.

    It is a generator that yields how much is done after some rows: see `joint`. Of p(j | i) and p(i | j) it is the
    mean, over n.
    """
    xp, count = namespace(points), points.shape[0]
    if not 1.0 < perplexity < count - 1:
        raise UserError(
            f"The perplexity is how many neighbours count: of {count} points it must be above 1 and below {count - 1}."
        )
    parts = [(first, min(first + ROWS, count)) for first in range(0, count, ROWS)]
    shares, found, both = [], [], []
    for first, last in parts:
        rows = squares(points[first:last, :], points)
        own = xp.arange(last - first)[:, None] + first == xp.arange(count)[None, :]
        share, each = conditional(xp.where(own, xp.asarray(xp.inf, dtype=rows.dtype), rows), perplexity)
        shares.append(share)
        found.append(each)
        yield last / count
    share = xp.concat(shares)
    for first, last in parts:
        both.append((share[first:last, :] + xp.matrix_transpose(share[:, first:last])) / (2.0 * count))
        yield 1.0
    return xp.concat(both), xp.concat(found)


def joint(points: Array, perplexity: float) -> tuple[Array, Array]:
    """Return the similarities (n, n) of all pairs and the perplexities (n,), at once."""
    work = similarities(points, perplexity)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def _weights(layout: Array) -> tuple[Array, Array]:
    """Return Student's weights w (n, n) of all pairs of a layout, 0 of a point with itself, and their sum."""
    xp = namespace(layout)
    weight = 1.0 / (1.0 + squares(layout, layout)) * (1.0 - xp.eye(layout.shape[0], dtype=layout.dtype))
    return weight, xp.sum(weight)


def divergence(similarity: Array, layout: Array) -> float:
    """Return the Kullback–Leibler divergence KL(P ‖ Q) in nats of a layout (n, k): Σ p log(p / q)."""
    xp = namespace(layout)
    weight, total = _weights(layout)
    near = similarity > 0.0
    ratio = xp.where(near, similarity / xp.where(near, weight / total, xp.ones_like(weight)), xp.ones_like(weight))
    return float(xp.sum(similarity * xp.log(ratio)))


def gradient(similarity: Array, layout: Array) -> Array:
    """Return the gradient (n, k) of the divergence: 4 Σ_j (p − q) w (y_i − y_j)."""
    xp = namespace(layout)
    weight, total = _weights(layout)
    force = (similarity - weight / total) * weight
    return 4.0 * (xp.sum(force, axis=1)[:, None] * layout - force @ layout)


def start(points: Floats) -> Floats:
    """Return the start (n, 2) of a layout: the two principal axes, so small that no point is far from another."""
    centred = points - points.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :2]
    axes = axes * np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0))
    found = centred @ axes if axes.shape[1] == 2 else np.column_stack([centred @ axes, np.zeros(len(centred))])
    spread = found[:, 0].std()
    return found * (SIZE / spread if spread > 0 else 1.0)


class Descent:
    """A layout on its way: ``step`` is how many steps it has taken, ``layout`` (n, 2) where the points are.

    The first ``early`` steps pull as if similarities were ``exaggeration`` times as large, so that clusters form while
    points can still pass each other. ``rate`` 0 is n / 4 over the factor of similarities. ``perplexities`` (n,) are
    those that were found.
    """

    def __init__(
        self,
        similarity: Floats,
        layout: Floats,
        exaggeration: float = 12.0,
        early: int = EARLY,
        rate: float = 0.0,
        perplexities: Floats | None = None,
    ) -> None:
        count = len(similarity)
        self.perplexities = np.full(count, np.nan) if perplexities is None else perplexities
        room = -(-count // pairs.STRIDE) * pairs.STRIDE
        self.count, self.exaggeration, self.early, self.step = count, exaggeration, early, 0
        self.rate = rate
        self._similarity = np.zeros((room, room), np.float32)
        self._entropy = self._together = 0.0  # Σ p log p and Σ p
        for first in range(0, count, ROWS):  # some at a time: they stay in the cache
            rows = similarity[first : first + ROWS]
            self._similarity[first : first + len(rows), :count] = rows
            self._entropy += float((rows * np.log(np.maximum(rows, LEAST))).sum())
            self._together += float(rows.sum())
        self._points = np.full((2, room), pairs.FAR, np.float32)
        self._points[:, :count] = layout.T
        self._velocity, self._gain = np.zeros((2, count), np.float32), np.ones((2, count), np.float32)

    @property
    def layout(self) -> Floats:
        """Where the points are, as a new array (n, 2)."""
        return self._points[:, : self.count].T.astype(float)

    def advance(self, steps: int) -> None:
        """Take some steps: y ← y + v, v ← momentum · v − rate · gain · gradient.

        A gain grows by .2 where the gradient has another sign than the velocity, and shrinks to .8 of itself where not.
        """
        points = self._points[:, : self.count]
        for _ in range(steps):
            factor, momentum = (self.exaggeration, SLOW) if self.step < self.early else (1.0, FAST)
            rate = self.rate or 0.25 * self.count / factor
            total, attraction, repulsion = self._forces()
            slope = attraction * (4.0 * factor) - repulsion * (4.0 / total)
            turned = self._velocity * slope < 0.0
            self._gain = np.maximum(np.where(turned, self._gain + 0.2, self._gain * 0.8), LEAST_GAIN)
            self._velocity = momentum * self._velocity - rate * self._gain * slope
            points += self._velocity
            points -= points.mean(axis=1, keepdims=True)
            self.step += 1

    def divergence(self) -> float:
        """Return the Kullback–Leibler divergence of the layout, without exaggeration."""
        sums = self._sums(measuring=True)
        total = float(sums[0].sum(dtype=np.float64)) - self.count
        return self._entropy + float(sums[5].sum(dtype=np.float64)) + self._together * math.log(total)

    @property
    def pace(self) -> int:
        """How many steps take some milliseconds."""
        return min(max(1, PACE // self.count**2), MOST_PACE)

    def _forces(self) -> tuple[float, Singles, Singles]:
        """Return the sum of all weights, and the attractions and repulsions (2, n) before they are weighed."""
        sums = self._sums(measuring=False)
        return float(sums[0].sum(dtype=np.float64)) - self.count, sums[1:3], sums[3:5]

    def _sums(self, measuring: bool) -> Singles:
        """Return what `pairs.PairsKernel.sums` tells of the points themselves."""
        try:
            return pairs.kernel(measuring).sums(self._points, self._similarity)[:, : self.count]
        except MachineError:  # nothing can be compiled here
            inside = slice(self.count)
            return sums_on_arrays(self._points[:, inside], self._similarity[inside, inside], measuring)


def begun(points: Floats, perplexity: float, exaggeration: float = 12.0) -> Generator[object, None, Descent]:
    """Return the descent of samples (n, d) from their principal axes; a generator, as `similarities` is."""
    similarity, perplexities = yield from similarities(points, perplexity)
    yield
    return Descent(similarity, start(points), exaggeration, perplexities=perplexities)


def sums_on_arrays(points: Singles, attraction: Singles, measuring: bool) -> Singles:
    """Return what the compiled kernel adds up, in NumPy, a few rows at a time."""
    found = []
    for first in range(0, points.shape[1], ROWS):
        rows = slice(first, first + ROWS)
        apart = points[:, rows, None] - points[:, None, :]
        weight = 1.0 / (1.0 + (apart * apart).sum(axis=0))
        pull = attraction[rows] * weight
        sums = [weight.sum(axis=1), *(pull * apart).sum(axis=2), *(weight * weight * apart).sum(axis=2)]
        found.append(np.stack(sums + [-(attraction[rows] * np.log(weight)).sum(axis=1)] * measuring))
    return np.concatenate(found, axis=1)
