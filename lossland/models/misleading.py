"""Samples whose layouts are easily read wrongly.

What is known of them, how wide groups are, how far apart, and whether there are any, is not what their layouts show.
After Wattenberg, Viégas and Johnson, "How to Use t-SNE Effectively", Distill 2016.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lossland.models.datasets import Data, bell

DIMENSIONS = 50
NARROW = 0.1  # deviation of the narrow one of two groups; that of the wide one is 1
GAPS = (0.0, 10.0, 50.0)  # where three groups stand along the first axis


def sizes(seed: int = 0, count: int = 100) -> Data:
    """Return two groups of ``count`` points each in 50 dimensions, one ten times as wide as the other."""
    points = bell(np.eye(DIMENSIONS), 2 * count, seed)
    points[count:] *= NARROW
    points[count:, 0] += 20.0
    return Data(points, np.repeat([0, 1], count), ("wide", "narrow"))


def gaps(seed: int = 0, count: int = 50) -> Data:
    """Return three groups of ``count`` points each in 50 dimensions: the third is four times as far from the second."""
    points, group = bell(np.eye(DIMENSIONS), 3 * count, seed), np.repeat([0, 1, 2], count)
    points[:, 0] += np.array(GAPS)[group]
    return Data(points, group, ("first", "second", "third"))


def noise(seed: int = 0, count: int = 500) -> Data:
    """Return points of one round Gaussian in 100 dimensions: there is nothing to be found in them."""
    return Data(bell(np.eye(100), count, seed), np.zeros(count, np.int64), ("noise",))


SETS: dict[str, Callable[..., Data]] = {"sizes": sizes, "gaps": gaps, "noise": noise}
