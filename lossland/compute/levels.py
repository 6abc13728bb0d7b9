"""Levels of f that particles are to pass, as kernels take them, and the steps at which they were passed."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

LEVELS = 64  # in a table of levels: -inf, which nothing passes, stands behind the last one that is meant


def table_of_levels(levels: NDArray[np.floating], dtype: DTypeLike) -> NDArray[np.floating]:
    """Return falling levels (m,) with -inf behind them, (LEVELS,). Raises ValueError for too many, or rising ones."""
    if not 0 < len(levels) < LEVELS or not (np.diff(levels) <= 0).all():
        raise ValueError(f"levels must fall, and be from 1 to {LEVELS - 1}")
    return np.append(levels, np.full(LEVELS - len(levels), -np.inf)).astype(dtype)


def filled(hits: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return hits (m, N) in which every level that was passed together with a lower one has that one's step.

    -1, in a row and in all below it, stands for a level that was not passed.
    """
    result = hits.copy()
    for i in reversed(range(len(hits) - 1)):
        np.copyto(result[i], result[i + 1], where=result[i] < 0)
    return result
