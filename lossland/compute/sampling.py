"""Whether a grid of samples shows the function or only its shadow: false hills where it is finer than the samples.

Between samples, a picture shows what lies on straight lines from one to the next. Where a function is resolved, its
exact values there differ from that by far less than the samples around differ from each other: by a ninth at most
where it is a parabola. Where it swings from sample to sample, they differ as much as the samples do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Domain = tuple[tuple[float, float], tuple[float, float]]

POINTS = 256  # at which a grid is tried
ODD = 0.25  # of what samples around differ: a value between them that is farther off was not to be expected
VISIBLE = 0.005  # of the whole range: smaller differences are not seen
MOST = 0.1  # of the points may be odd: kinks and cliffs make some, along their lines
ADVICE = "undersampled: zoom in or raise the resolution"
_STEP = np.array([0.7548776662466927, 0.5698402909980532])  # of the R2 sequence, even in the plane (Roberts, 2018)


def tried(domain: Domain, count: int = POINTS) -> Floats:
    """Return the points (count, 2) of a domain at which samples are tried: spread evenly, the same each time."""
    low, high = np.array(domain).T
    share = (0.5 + np.arange(1, count + 1)[:, None] * _STEP) % 1.0
    return low * (1 - share) + high * share


def is_undersampled(domain: Domain, value: ArrayLike, exact: ArrayLike) -> bool:
    """Whether a grid (ny, nx) of samples over a domain misses what lies between them.

    ``exact`` (k,) are the values at ``tried(domain, k)``. Where they or the samples are not finite, nothing is said.
    """
    samples = np.asarray(value)
    size = np.array(samples.shape[::-1])
    if size.min() < 2:
        return False
    cell, within = _cells(len(np.asarray(exact)), size)
    i, j = (np.clip(cell[:, axis, None] + np.arange(-1, 3), 0, size[axis] - 1) for axis in (0, 1))
    around = np.asarray(samples[j[:, :, None], i[:, None, :]], float)
    return _share_odd(around, within, np.asarray(exact, float)) > MOST


def is_too_fine(function: Callable[[Floats], ArrayLike], domain: Domain, n: int) -> bool:
    """Whether n x n samples of a function of points (..., 2) would miss what lies between them."""
    size = np.array([n, n])
    cell, within = _cells(POINTS, size)
    low, high = np.array(domain).T
    index = np.clip(cell[:, None, :] + np.arange(-1, 3)[None, :, None], 0, n - 1)  # (k, 4, 2)
    x, y = np.moveaxis(low + (high - low) * index / (n - 1), -1, 0)
    nodes = np.stack(np.broadcast_arrays(x[:, None, :], y[:, :, None]), axis=-1)
    around = np.asarray(function(nodes), float)
    return _share_odd(around, within, np.asarray(function(tried(domain)), float)) > MOST


def _cells(count: int, size: NDArray[np.int_]) -> tuple[NDArray[np.int_], Floats]:
    """Return the cells (count, 2) of a grid in which the tried points lie, and where in them, in [0, 1]²."""
    place = tried(((0.0, 1.0), (0.0, 1.0)), count) * (size - 1)
    cell = np.minimum(place.astype(int), size - 2)
    return cell, place - cell


def _share_odd(around: Floats, within: Floats, exact: Floats) -> float:
    """Return the share of values (k,) that the samples around them, (k, 4, 4) by y and x, did not let expect."""
    finite = np.isfinite(exact) & np.isfinite(around).all(axis=(1, 2))
    around, (u, v), exact = around[finite], within[finite].T, exact[finite]
    if not len(exact):
        return 0.0
    scale = max(np.abs(around).max(), np.abs(exact).max(), np.finfo(float).tiny)  # differences of huge values overflow
    around, exact = around / scale, exact / scale
    below = around[:, 1, 1] * (1 - u) + around[:, 1, 2] * u
    above = around[:, 2, 1] * (1 - u) + around[:, 2, 2] * u
    error = np.abs(exact - (below * (1 - v) + above * v))
    spread = np.ptp(around.reshape(len(exact), 16), axis=1)
    low, high = np.quantile(np.concatenate([around[:, 1, 1], exact]), [0.02, 0.98])
    return float(np.mean((error > ODD * spread) & (error > VISIBLE * (high - low) + 1e-12)))
