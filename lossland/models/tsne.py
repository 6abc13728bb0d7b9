"""Exact t-SNE, over all pairs of points, step by step.

Van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008. Similarities in space are Gaussian, as wide as a
*perplexity* demands, those in the layout Student's t with one degree of freedom, and the layout descends the
Kullback–Leibler divergence of the two, with momentum .5 and then .8, and a gain for each coordinate. More recent are
the start, from the principal axes (Kobak and Berens, "The art of using t-SNE for single-cell
transcriptomics", 2019), and the rate, n over four times the exaggeration (Belkina et al., "Automated
optimized parameters for t-SNE", 2019; openTSNE raises it after the exaggeration, too).

Samples are the rows of ``points`` (n, d), a layout is (n, 2). Functions take arrays of any library; `Descent` is
float32 on the CPU, in a compiled kernel where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from functools import cached_property
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from lossland.compute.kernels import pairs
from lossland.errors import MachineError, UserError
from lossland.expression import namespace
from lossland.models.networks import BLAS_ALONE, Array

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


ROWS = 64  # rows per piece of work, so that a window stays responsive
TOLERANCE = 1e-6  # of a perplexity
MOST_TRIES = 80  # iterations for one row: then bisection has reached full precision
EARLY = 250  # steps with exaggeration
SLOW, FAST = 0.5, 0.8  # momentum in these steps, and afterwards
LEAST_GAIN = 0.01
PACE, MOST_PACE = 16_000_000, 10  # pairs, and steps at most, per piece of work
LEAST = 1e-300  # of a similarity, so that it has a logarithm
SIZE = 1e-4  # standard deviation of the start along its first axis
LEAST_SIZE = 1e-5  # and of a layout


def squares(points: Array, others: Array) -> Array:
    """Return the squared distances (m, n) of points (m, d) from others (n, d), none below 0."""
    xp = namespace(points)
    step = max(1, BLAS_ALONE // max(points.shape[0] * points.shape[1], 1))  # keeps BLAS on one thread
    parts = [others[at : min(at + step, others.shape[0]), :] for at in range(0, others.shape[0], step)]
    inner = xp.concat([points @ xp.matrix_transpose(part) for part in parts], axis=1)
    found = xp.sum(points * points, axis=1)[:, None] - 2.0 * inner + xp.sum(others * others, axis=1)[None, :]
    return xp.where(found > 0.0, found, xp.zeros_like(found))


def conditional(square: Array, perplexity: float) -> tuple[Array, Array]:
    """Return the conditional similarities p(j | i) (m, n) of others to m points, and the perplexity (m,) of each row.

    ``square`` (m, n) are squared distances, infinite on the diagonal. A row is exp(−β d²) over its sum; β is found by
    Newton steps in log β, and by bisection where one would leave the bracket, until the perplexity, 2 to the entropy in
    bits, is as wanted to 1e-6. Where more neighbours than that coincide it cannot be reached.
    """
    xp = namespace(square)
    others = xp.astype(xp.isfinite(square), square.dtype)
    nearest = xp.min(square, axis=1, keepdims=True)
    away = xp.where(others > 0.0, square - nearest, xp.zeros_like(square))
    own = square.shape[1] - xp.sum(others, axis=1)  # entries of a row that are the point itself, each of weight 1
    reach = xp.sort(away, axis=1)[:, min(int(perplexity) + 1, away.shape[1] - 1)]  # of about that many neighbours
    log_beta = 1.5 - xp.log(xp.where(reach > 0.0, reach, xp.ones_like(reach)))
    low, high = log_beta - 40.0, log_beta + 40.0
    wanted = math.log(perplexity)
    weight, total, entropy, slope = _spread(xp, away, own, log_beta)
    for _ in range(MOST_TRIES):
        done = xp.abs(xp.exp(entropy) - perplexity) < TOLERANCE
        if bool(xp.all(done)):
            break
        too_wide = entropy > wanted
        low, high = xp.where(too_wide, log_beta, low), xp.where(too_wide, high, log_beta)
        flat = slope > -1e-12
        step = log_beta - (entropy - wanted) / xp.where(flat, -xp.ones_like(slope), slope)
        inside = (step > low) & (step < high) & ~flat
        log_beta = xp.where(done, log_beta, xp.where(inside, step, 0.5 * (low + high)))
        weight, total, entropy, slope = _spread(xp, away, own, log_beta)
    return weight * others / total[:, None], xp.exp(entropy)


def _spread(xp: ModuleType, away: Array, own: Array, log_beta: Array) -> tuple[Array, Array, Array, Array]:
    """Return the weights exp(−β d²) (m, n), and each row's sum, its entropy and the entropy's derivative by log β.

    ``own`` (m,) weights of 1 at a distance of 0 belong to the point itself and do not count.
    """
    beta = xp.exp(log_beta)
    weight = xp.exp(-beta[:, None] * away)
    total = xp.sum(weight, axis=1) - own
    moment = weight * away
    middle, square_middle = xp.sum(moment, axis=1) / total, xp.sum(moment * away, axis=1) / total
    return weight, total, xp.log(total) + beta * middle, beta * beta * (middle * middle - square_middle)


def similarities(points: Array, perplexity: float) -> Generator[float, None, tuple[Array, Array]]:
    """Return the similarities p (n, n) of all pairs, which sum to 1, and the perplexities (n,) that were found.

    They are the mean of p(j | i) and p(i | j), over n. This is a generator that yields the completed share after each
    block of rows; see `joint`.
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
    """Return Student's weights w (n, n) of all pairs of a layout, 0 on the diagonal, and their sum."""
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
    """Return the initial layout (n, 2): the first two principal components, scaled to be tiny."""
    centred = points - points.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :2]
    axes = axes * np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0))
    found = centred @ axes if axes.shape[1] == 2 else np.column_stack([centred @ axes, np.zeros(len(centred))])
    spread = found[:, 0].std()
    return found * (SIZE / spread if spread > 0 else 1.0)


class Descent:
    """A layout being optimized: ``step`` is the number of steps taken, ``layout`` (n, 2) the points' positions.

    In the first ``early`` steps similarities are multiplied by ``exaggeration``, so that clusters form while
    points can still pass each other. ``rate`` 0 means n / 4 over the current exaggeration. ``perplexities`` (n,) are
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
        self._similarity[:count, :count] = similarity
        self._points = np.full((2, room), pairs.FAR, np.float32)
        self._points[:, :count] = layout.T
        self._velocity, self._gain = np.zeros((2, count), np.float32), np.ones((2, count), np.float32)

    @property
    def layout(self) -> Floats:
        """The points' positions, as a new array (n, 2)."""
        return self._points[:, : self.count].T.astype(float)

    def advance(self, steps: int) -> None:
        """Take some steps: v ← momentum · v − rate · gain · gradient, then y ← y + v.

        A gain grows by .2 where gradient and velocity differ in sign, and shrinks by the factor .8 elsewhere.
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
            spread = float(points.std(axis=1).max())
            if 0.0 < spread < LEAST_SIZE:  # exaggerated, one cluster shrinks to nothing, and unfolds on a line then
                points *= LEAST_SIZE / spread
                self._velocity *= LEAST_SIZE / spread
            self.step += 1

    def divergence(self) -> float:
        """Return the Kullback–Leibler divergence of the layout, without exaggeration."""
        sums = self._sums(measuring=True)
        total = float(sums[0].sum(dtype=np.float64)) - self.count
        entropy, together = self._of_similarities
        return entropy + float(sums[5].sum(dtype=np.float64)) + together * math.log(total)

    @cached_property
    def _of_similarities(self) -> tuple[float, float]:
        """What does not depend on the layout: Σ p log p and Σ p, summed a few rows at a time."""
        entropy = together = 0.0
        for first in range(0, self.count, ROWS):
            rows = self._similarity[first : first + ROWS, : self.count].astype(float)
            entropy += float((rows * np.log(np.maximum(rows, LEAST))).sum())
            together += float(rows.sum())
        return entropy, together

    @property
    def pace(self) -> int:
        """How many steps take a few milliseconds."""
        return min(max(1, PACE // self.count**2), MOST_PACE)

    def _forces(self) -> tuple[float, Singles, Singles]:
        """Return the sum of all weights, and the attractions and repulsions (2, n) before scaling."""
        sums = self._sums(measuring=False)
        return float(sums[0].sum(dtype=np.float64)) - self.count, sums[1:3], sums[3:5]

    def _sums(self, measuring: bool) -> Singles:
        """Return `pairs.PairsKernel.sums` without the padding."""
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
    """Return the sums of the compiled kernel, in NumPy, a few rows at a time."""
    found = []
    for first in range(0, points.shape[1], ROWS):
        rows = slice(first, first + ROWS)
        apart = points[:, rows, None] - points[:, None, :]
        weight = 1.0 / (1.0 + (apart * apart).sum(axis=0))
        pull = attraction[rows] * weight
        sums = [weight.sum(axis=1), *(pull * apart).sum(axis=2), *(weight * weight * apart).sum(axis=2)]
        found.append(np.stack(sums + [-(attraction[rows] * np.log(weight)).sum(axis=1)] * measuring))
    return np.concatenate(found, axis=1)
