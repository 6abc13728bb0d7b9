"""Detects aliasing: whether a grid of samples resolves a function, or shows false hills of an undersampled one.

A picture interpolates linearly between samples. Where a function is resolved, its exact values between samples differ
from that by far less than neighbouring samples differ from each other: by a ninth at most for a parabola. Where it
oscillates from sample to sample, they differ as much as the samples do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Domain = tuple[tuple[float, float], tuple[float, float]]

POINTS = 256  # test points of a grid
ODD = 0.25  # largest interpolation error that is expected, relative to the spread of the samples around
VISIBLE = 0.005  # smallest error that is visible, relative to the whole range
MOST = 0.1  # share of test points that may be odd: kinks and cliffs cause some
ADVICE = "undersampled: zoom in or raise the resolution"
_STEP = np.array([0.7548776662466927, 0.5698402909980532])  # the R2 low-discrepancy sequence (Roberts, 2018)


def tried(domain: Domain, count: int = POINTS) -> Floats:
    """Return the test points (count, 2) of a domain: evenly spread and deterministic."""
    low, high = np.array(domain).T
    share = (0.5 + np.arange(1, count + 1)[:, None] * _STEP) % 1.0
    return low * (1 - share) + high * share


def is_undersampled(domain: Domain, value: ArrayLike, exact: ArrayLike) -> bool:
    """Whether a grid (ny, nx) of samples over a domain undersamples the function.

    ``exact`` (k,) are the values at ``tried(domain, k)``. Points where they or the samples are not finite do
    not count.
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
    """Whether n x n samples of a function of points (..., 2) would undersample it."""
    size = np.array([n, n])
    cell, within = _cells(POINTS, size)
    low, high = np.array(domain).T
    index = np.clip(cell[:, None, :] + np.arange(-1, 3)[None, :, None], 0, n - 1)  # (k, 4, 2)
    x, y = np.moveaxis(low + (high - low) * index / (n - 1), -1, 0)
    nodes = np.stack(np.broadcast_arrays(x[:, None, :], y[:, :, None]), axis=-1)
    around = np.asarray(function(nodes), float)
    return _share_odd(around, within, np.asarray(function(tried(domain)), float)) > MOST


def _cells(count: int, size: NDArray[np.int_]) -> tuple[NDArray[np.int_], Floats]:
    """Return the cells (count, 2) of a grid that contain the test points, and the positions in them, in [0, 1]²."""
    position = tried(((0.0, 1.0), (0.0, 1.0)), count) * (size - 1)
    cell = np.minimum(position.astype(int), size - 2)
    return cell, position - cell


def _share_odd(around: Floats, within: Floats, exact: Floats) -> float:
    """Return the share of values (k,) that bilinear interpolation of the samples (k, 4, 4), by y and x, misses."""
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
