"""The bounds beyond which a particle counts as lost (diverged)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

Domain = Sequence[tuple[float, float]]

LOST = 1000.0  # distance, in domain sizes, beyond which a particle counts as diverged


def is_lost(points: NDArray[np.floating], domain: Domain) -> NDArray[np.bool_]:
    """Return which of the points (..., n) are not finite or more than 1000 domain sizes away from the domain."""
    low, high = bounds(domain, points.dtype).reshape(-1, 2).T
    return np.logical_not(np.all((points > low) & (points < high), axis=-1))


def bounds(domain: Domain, dtype: DTypeLike = np.float64) -> NDArray[np.floating]:
    """Return x0, x1, y0, y1, ... between which a particle is not lost."""
    low, high = np.array(domain, dtype=np.float64).T
    size = LOST * (high - low)
    with np.errstate(all="ignore"):  # a domain near the largest float32: nothing finite is lost
        return np.stack((low - size, high + size), axis=-1).ravel().astype(dtype)
