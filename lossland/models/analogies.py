"""Sums of word vectors, the words that are nearest to them by angle, and words along an axis between two.

Sources: Mikolov, Yih and Zweig, "Linguistic Regularities in Continuous Space Word Representations" (2013) for
king − man + woman; Bolukbasi et al., "Man is to Computer Programmer as Woman is to Homemaker?" (2016) for an axis from
two words, and what it shows of the texts. Words are the rows of ``vectors`` (n, d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError
from lossland.models import principal
from lossland.models.datasets import Words
from lossland.models.neighbours import directions

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
BLOCK = 512  # cosines whose largest is looked at before the cosines themselves


class Compass:
    """Finds the vectors (n, d) that point where another one points: the largest cosines of all.

    Vectors are kept as directions in their own precision, or that of ``dtype``: 400,000 of 50 numbers as float32 take
    80 MB, and the nearest of them are found in some 15 ms on one core.
    """

    def __init__(self, vectors: ArrayLike, dtype: type[np.floating] = np.float64) -> None:
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or not vectors.size:
            raise UserError(f"A Compass needs vectors as rows, not an array of shape {vectors.shape}.")
        self.directions = directions(vectors).astype(dtype)

    def cosines(self, query: ArrayLike) -> NDArray[np.floating]:
        """Return the cosine (n,) of each vector with a query (d,); those with 0, which points nowhere, are 0."""
        # Not by BLAS: its threads wait for each other where cores are busy, for a hundred times as long as this takes.
        return np.einsum("ij,j", self.directions, directions(query).astype(self.directions.dtype))

    def nearest(self, query: ArrayLike, count: int, without: Sequence[int] = ()) -> tuple[Indices, Floats]:
        """Return the indices (count,) of the vectors with the largest cosines, and these, the largest first.

        Those of the indices in ``without`` are left out. Of equal cosines the first vector comes first.
        """
        cosine = self.cosines(query)
        cosine[list(without)] = -np.inf
        count = min(count, len(cosine) - len(set(without)))
        # Blocks are compared by their largest cosines: the largest of all are in as many blocks, and only those are
        # sorted. Sorting, or partitioning, all cosines would take longer than to compute them.
        starts = np.arange(0, len(cosine), BLOCK)
        best = np.sort(np.argsort(-np.maximum.reduceat(cosine, starts), kind="stable")[:count])
        some = (starts[best][:, None] + np.arange(BLOCK)).ravel()
        some = some[some < len(cosine)]
        found = some[np.argsort(-cosine[some], kind="stable")[:count]]
        return found, cosine[found].astype(float)


@dataclass(frozen=True, eq=False)
class Walk:
    """A sum of vectors as a walk from ``begin`` (d,): differences from ``tail`` to ``tip`` (m, d), one after another.

    Each is carried from where it is found to ``start`` (m, d), where the one before has ended.
    """

    begin: Floats
    tail: Floats
    tip: Floats

    @property
    def start(self) -> Floats:
        """Where each difference is carried to (m, d)."""
        return self.begin + np.vstack([np.zeros_like(self.tail[:1]), np.cumsum(self.tip - self.tail, axis=0)])[:-1]

    @property
    def end(self) -> Floats:
        """The sum (d,)."""
        return self.begin + (self.tip - self.tail).sum(axis=0)

    @property
    def outlines(self) -> Floats:
        """The sides (4 m, 2, d) of the parallelograms over which differences are carried."""
        corners = np.stack([self.tail, self.tip, self.tip + self.start - self.tail, self.start, self.tail])
        return np.stack([corners[:-1], corners[1:]], axis=2).reshape(-1, 2, self.tail.shape[1])


def walk(plus: ArrayLike, minus: ArrayLike) -> Walk:
    """Return the sum of ``plus`` (p, d), p at least 1, less ``minus`` (m, d) as a walk that begins at the first.

    The first of ``minus`` is subtracted together with the second of ``plus``, as the difference between the two, and
    so on: a − b + c is a, and the way from b to c. What has no partner is a way from or to the origin.
    """
    plus, minus = np.asarray(plus, float), np.asarray(minus, float)
    if len(plus) == 0:
        raise UserError("A sum of words begins with one that is added.")
    legs = max(len(plus) - 1, len(minus))
    tail, tip = np.zeros((legs, plus.shape[1])), np.zeros((legs, plus.shape[1]))
    tail[: len(minus)] = minus.reshape(-1, plus.shape[1])
    tip[: len(plus) - 1] = plus[1:]
    return Walk(plus[0], tail, tip)


def written(plus: Sequence[str], minus: Sequence[str]) -> str:
    """Return the sum as it is written in the order of its walk: king − man + woman."""
    pairs = zip_longest((f" − {word}" for word in minus), (f" + {word}" for word in plus[1:]), fillvalue="")
    return plus[0] + "".join(part for pair in pairs for part in pair)


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum of known words and the ``count`` words nearest to it, found by a ``compass`` of their vectors.

    Its own words are excluded from these, as in the papers, unless they are ``included``.
    """

    known: Words
    compass: Compass
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    count: int = 5
    included: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Its own words: the added ones, then the subtracted ones."""
        return (*self.plus, *self.minus)

    @cached_property
    def walk(self) -> Walk:
        """The sum as a walk."""
        return walk(self.known.vectors[self._rows(self.plus)], self.known.vectors[self._rows(self.minus)])

    @cached_property
    def _found(self) -> tuple[Indices, Floats]:
        without = () if self.included else self._rows(self.words)
        return self.compass.nearest(self.walk.end, self.count, without)

    @property
    def cosines(self) -> Floats:
        """The cosines (k,) of the nearest words with the sum, the largest first."""
        return self._found[1]

    @property
    def nearest(self) -> tuple[str, ...]:
        """The nearest words, the nearest first."""
        return tuple(self.known.words[row] for row in self._found[0])

    @property
    def near(self) -> Floats:
        """The vectors (k, d) of the nearest words."""
        return self.known.vectors[self._found[0]]

    @property
    def own_cosines(self) -> Floats:
        """The cosines of its own words with the sum."""
        return self.compass.cosines(self.walk.end)[self._rows(self.words)].astype(float)

    @property
    def left_out(self) -> tuple[str, float] | None:
        """The nearest of its own words, which is excluded, and its cosine."""
        best = int(np.argmax(self.own_cosines))
        is_nearer = not self.included and self.own_cosines[best] > self.cosines[0]
        return (self.words[best], float(self.own_cosines[best])) if is_nearer else None

    @cached_property
    def vectors(self) -> Floats:
        """The vectors of its own words, of the nearest ones, and the sum (n, d)."""
        return np.vstack([self.known.vectors[[*self._rows(self.words), *self._found[0]]], self.walk.end])

    def _rows(self, words: Sequence[str]) -> list[int]:
        return [self.known.index[word] for word in words]


def along(vectors: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    """Return the cosine (n,) of each of vectors (n, d) with the axis from ``first`` to ``second`` (d,).

    1 is the way to the second, −1 the way to the first, and 0 across.
    """
    axis = np.asarray(second, float) - np.asarray(first, float)
    if not np.linalg.norm(axis) > 0.0:
        raise UserError("An axis needs two different words.")
    return directions(vectors) @ directions(axis)


def frame_along(vectors: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    """Return three orthonormal directions (d, 3): the axis from ``first`` to ``second`` (d,), and those across it in
    which the directions of vectors (n, d), and the origin, differ most."""
    axis = directions(np.asarray(second, float) - np.asarray(first, float))
    shown = np.vstack([directions(vectors), np.zeros(len(axis))])
    left = principal.principal(shown - np.outer(shown @ axis, axis))
    return np.column_stack([axis, left.components[0], left.components[1]])
