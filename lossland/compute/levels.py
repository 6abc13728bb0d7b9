"""Tables of levels of f for kernels, and the steps at which particles first passed them."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

LEVELS = 64  # length of a table of levels, padded with -inf, which nothing passes


def table_of_levels(levels: NDArray[np.floating], dtype: DTypeLike) -> NDArray[np.floating]:
    """Return decreasing levels (m,) padded with -inf to (LEVELS,). Raises ValueError if too many or not decreasing."""
    if not 0 < len(levels) < LEVELS or not (np.diff(levels) <= 0).all():
        raise ValueError(f"there must be 1 to {LEVELS - 1} levels, in decreasing order")
    return np.append(levels, np.full(LEVELS - len(levels), -np.inf)).astype(dtype)


def filled(hits: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return hits (m, N) in which a level passed in the same step as a lower one has that step too.

    Levels that were not passed are -1.
    """
    result = hits.copy()
    for i in reversed(range(len(hits) - 1)):
        np.copyto(result[i], result[i + 1], where=result[i] < 0)
    return result
