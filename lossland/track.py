"""A path that grows while it is watched: of a training run that goes on, of a stream. NumPy only.

Only the last points are kept. Whoever draws a track asks for what has come since the last time (see ``rows``), so that
a frame costs what is new and not what is there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError

Floats = NDArray[np.float64]


class Track:
    """The last ``capacity`` points of a growing path, and their progress (iteration numbers, rising).

    Points are numbered from 0 in the order in which they came; ``first`` ... ``count`` - 1 are kept.
    """

    def __init__(self, capacity: int = 4096) -> None:
        if capacity < 2:
            raise UserError(f"A track keeps at least two points, not {capacity}.")
        self.capacity = int(capacity)
        self.count = 0
        self._points = np.empty((2 * self.capacity, 3))
        self._progress = np.empty(2 * self.capacity)
        self._origin = 0  # the number of the point in the first row

    @property
    def first(self) -> int:
        """The number of the oldest point that is kept."""
        return max(self.count - self.capacity, 0)

    @property
    def points(self) -> Floats:
        """The points that are kept, (n, 3) in world space, the oldest first."""
        return self.rows(self.first, self.count)[0]

    @property
    def progress(self) -> Floats:
        """Their iteration numbers (n,)."""
        return self.rows(self.first, self.count)[1]

    def rows(self, start: int, end: int) -> tuple[Floats, Floats]:
        """Return the points with the numbers ``start`` ... ``end`` - 1, which must be kept, and their progress."""
        part = slice(start - self._origin, end - self._origin)
        return self._points[part], self._progress[part]

    def append(self, points: ArrayLike, progress: ArrayLike) -> None:
        """Add one point (3,) or several (k, 3), and the iteration number of each; raise UserError if they do not fit.

        Numbers rise from point to point. A point that is not finite has no place in a picture: the path ends before.
        """
        new, numbers = np.asarray(points, float).reshape(-1, 3), np.atleast_1d(np.asarray(progress, float))
        if numbers.shape != (len(new),):
            raise UserError(f"Each of the {len(new)} points needs one iteration number, not {numbers.size} in all.")
        if not (np.isfinite(new).all() and np.isfinite(numbers).all()):
            raise UserError("A track takes finite numbers only: end it where the path diverges.")
        last = self.progress[-1:]
        if np.any(np.diff(np.concatenate([last, numbers])) <= 0):
            raise UserError("The iteration numbers of a track rise from point to point.")
        skipped = max(len(new) - self.capacity, 0)  # they would be forgotten at once
        self._make_room(len(new) - skipped, self.count + skipped)
        at = self.count + skipped - self._origin
        self._points[at : at + len(new) - skipped] = new[skipped:]
        self._progress[at : at + len(new) - skipped] = numbers[skipped:]
        self.count += len(new)

    def _make_room(self, rows: int, start: int) -> None:
        """Have room for rows from a number on. What is kept moves to new arrays: those handed out stay as they are."""
        if start + rows - self._origin <= len(self._points):
            return
        first = max(start + rows - self.capacity, 0)
        kept = self.rows(first, self.count) if first < self.count else (np.empty((0, 3)), np.empty(0))
        self._points, self._progress = np.empty_like(self._points), np.empty_like(self._progress)
        self._points[: len(kept[0])], self._progress[: len(kept[1])] = kept
        self._origin = first
