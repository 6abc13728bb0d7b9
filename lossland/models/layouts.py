"""What a layout of samples may be trusted for.

Trustworthiness: Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", 2001.
Samples are the rows of ``points`` (n, d), their positions those of ``layout`` (n, k).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError
from lossland.models import neighbours, tsne

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
TRUSTED = 12  # neighbours that trustworthiness looks at
VOTERS = 10  # neighbours that vote for a class
LOST = (0.002, 0.05)  # shares of trust: up to the first all is well, beyond the second hardly a neighbour is true
MOST = 0.995  # share of samples that decide how large a layout is


def nearest_others(points: Floats, count: int, first: int = 0, rows: int | None = None) -> Indices:
    """Return the indices (rows, count) of the nearest neighbours of some samples, themselves left out."""
    some = points[first : None if rows is None else first + rows]
    square = tsne.squares(some, points)
    own = np.arange(len(some))
    square[own, first + own] = np.inf
    return neighbours.nearest(square, count)


def penalties(points: Floats, layout: Floats, count: int = TRUSTED) -> Iterator[Floats]:
    """Yield, a block of rows at a time, each sample's penalty for neighbours in the layout that are none in the data.

    Each of the ``count`` nearest in the layout adds its rank among the samples' distances beyond ``count``, or 0 if it
    is within. Samples at equal distances share their mean rank.
    """
    size = len(points)
    if not 1 <= count < size / 2:
        raise UserError(f"To judge {size} places there must be at least 1 and fewer than {size / 2:g} neighbours.")
    for first in range(0, size, tsne.ROWS):
        square = tsne.squares(points[first : first + tsne.ROWS], points)
        own = np.arange(len(square))
        square[own, first + own] = np.inf
        said = nearest_others(layout, count, first, len(square))
        away, ordered = np.take_along_axis(square, said, axis=1), np.sort(square, axis=1)
        both = zip(ordered, away, strict=True)
        rank = [0.5 * (row.searchsorted(one) + row.searchsorted(one, "right") + 1) for row, one in both]
        yield np.maximum(np.array(rank) - count, 0.0).sum(axis=1)


def trust(penalty: Floats, count: int = TRUSTED) -> Floats:
    """Return penalties (n,) as each sample's trust (n,), whose mean is the trustworthiness: 1 where all are kept."""
    size = len(penalty)
    return 1.0 - 2.0 * penalty / (count * (2.0 * size - 3.0 * count - 1.0))


def degrees(trusted: Floats) -> Indices:
    """Return how far each sample's place may be trusted (n,): 0 well, 1 partly, 2 hardly; not known is 0."""
    return np.digitize(np.nan_to_num(1.0 - trusted), LOST)


def reach(layout: Floats) -> float:
    """Return how far nearly all samples of a layout (n, k) are from 0 along each axis."""
    return max(float(np.quantile(np.abs(layout), MOST)), 1e-300)


def judges(size: int) -> int:
    """Return the number of compared neighbours for a number of samples: ``TRUSTED``, or as many as possible."""
    return max(1, min(TRUSTED, (size - 1) // 2))


def trustworthiness(points: Floats, layout: Floats, count: int = TRUSTED) -> float:
    """Return how far neighbours in a layout are neighbours: 1 − 2 / (n k (2n − 3k − 1)) Σ max(0, rank − k), 0 to 1."""
    return float(trust(np.concatenate(list(penalties(points, layout, count))), count).mean())


def knn_accuracy(layout: Floats, label: neighbours.Labels, count: int = VOTERS) -> float:
    """Return the share of samples whose nearest ``count`` neighbours in a layout vote for their own class."""
    size, label = len(layout), np.asarray(label, np.int64)
    near = [nearest_others(layout, count, first, tsne.ROWS) for first in range(0, size, tsne.ROWS)]
    return float((neighbours.vote(label[np.concatenate(near)]) == label).mean())
