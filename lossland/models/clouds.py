"""Samples by name with their labels, subsets of them, and their groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError, nearest
from lossland.models import datasets, misleading, neighbours, tsne, vectorfiles
from lossland.models.vectorfiles import Vectors

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

NAMES = ("digits", "iris", "words", *misleading.SETS, "file")
WORDS = 2000  # the most frequent ones
GROUPS, STEPS = 10, 12  # of k-means, where nearly every sample has a label of its own
FEW = 12  # up to so many labels are always the groups


def samples(name: str, file: str = "", labels: str = "", seed: int = 0, pictures: str = "") -> Vectors:
    """Return samples by name; ``file`` are those of a file, with labels and pictures from other files.

    Words are directions of GloVe's vectors, whose lengths mostly tell how frequent a word is.
    """
    if name == "file":
        if not file:
            raise UserError("Name a file of vectors (.npy, .npz, .tsv or .pbtxt) as `file`.")
        return vectorfiles.read(file, labels, pictures)
    if name == "words":
        glove = datasets.glove()
        return Vectors(neighbours.directions(glove.vectors[:WORDS]), np.array(glove.words[:WORDS]))
    made = misleading.SETS[name](seed) if name in misleading.SETS else datasets.dataset(name)
    looks = made.points.reshape(-1, 8, 8) if name == "digits" else None
    return Vectors(made.points, np.array(made.names)[made.target.astype(int)], looks)


def drawn(count: int, most: int, seed: int = 0) -> Indices:
    """Return the indices of all samples, or of as many as the seed draws of them, in order (NumPy's Philox)."""
    if count <= most:
        return np.arange(count)
    random = np.random.Generator(np.random.Philox(key=np.array([seed, 1], np.uint64)))
    return np.sort(random.choice(count, most, replace=False))


def groups(made: Vectors, some: Indices, seed: int = 0) -> tuple[Indices, list[str]]:
    """Return the group (n,) of each sample, and the groups' names: the labels, or ten unnamed clusters of k-means.

    k-means is used where there is more than one label for every four samples, as with words; it is fitted to ``some``
    of them.
    """
    names, kind = np.unique(made.labels, return_inverse=True)
    if len(names) <= max(FEW, len(made) // 4):
        return kind, names.tolist()
    points = made.points[some]
    means = neighbours.lloyd(points, neighbours.spread_start(points, GROUPS, seed), STEPS).centroids[-1]
    return tsne.squares(made.points, means).argmin(axis=1), [""] * GROUPS


def ends(made: Vectors, text: str, number: int = 0) -> tuple[str, str]:
    """Return the two labels in a text such as ``man, woman``, or for an empty text a pair by its index."""
    known = np.unique(made.labels).tolist()
    if not text:
        return known[2 * number % len(known)], known[(2 * number + 1) % len(known)]
    names = [part.strip() for part in text.split(",")]
    for name in names:
        if name not in known:
            raise UserError(f"No point is called {name!r}.{nearest(name, known)}")
    if len(names) != 2 or names[0] == names[1]:
        raise UserError(f"An axis goes from one label to another, such as {known[0]}, {known[-1]}; not {text!r}.")
    return names[0], names[1]


def along(made: Vectors, first: str, second: str) -> Floats:
    """Return the samples' coordinates (n,) along the axis from the mean of one label's samples to that of another's.

    0 is halfway between the two. TensorBoard's projector defines custom axes in the same way.
    """
    begin, end = (made.points[made.labels == name].mean(axis=0) for name in (first, second))
    axis = (end - begin) / max(float(np.linalg.norm(end - begin)), 1e-300)
    return (made.points - (begin + end) / 2) @ axis


def nearest_to(points: Floats, one: int, rows: Indices, count: int) -> tuple[Indices, Floats]:
    """Return which of the samples ``rows`` are nearest to sample ``one``, itself excluded, and their distances."""
    away = np.sqrt(tsne.squares(points[[one]], points[rows])[0])
    away[rows == one] = np.inf
    found = np.argsort(away, kind="stable")[: min(count, len(rows) - 1)]
    return rows[found], away[found]
