"""A growing path: its last points, in preallocated arrays. NumPy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError

Floats = NDArray[np.float64]

FARTHEST = 1e9  # world units: a run this far away will soon overflow


class Track:
    """The last ``capacity`` points of a growing path: of a training run, a simulation, a stream.

    Points are numbered from 0 in the order of arrival. ``count`` is how many have arrived, ``first`` the number of the
    oldest that is kept: point n is ``points[n - first]``. ``points`` (n, 3) are world points, ``progress`` (n,)
    increases (iterations, seconds ...). Both are new arrays after each ``append``; earlier ones never change, so
    pictures made of them stay valid.

    The first point that is not finite, or is too far away, ends the path: neither it nor later ones are kept, and
    ``ended`` is true. A new run is a new track.
    """

    def __init__(self, capacity: int) -> None:
        if isinstance(capacity, bool) or not isinstance(capacity, int | np.integer) or capacity < 2:
            raise UserError(f"A track keeps a whole number of points, 2 or more, not {capacity!r}.")
        self.capacity = int(capacity)
        self.count = 0
        self.ended = False
        self._rows = np.empty((2 * self.capacity, 4))  # x, y, z, progress; rows are written once
        self._used = 0  # rows
        self._hand_out()

    @property
    def first(self) -> int:
        """The number of the oldest point that is kept."""
        return self.count - len(self.points)

    def append(self, points: ArrayLike, progress: ArrayLike) -> None:
        """Add world points (k, 3), or one (3,), and their progress (k,), which keeps increasing.

        Wrong shapes raise UserError and add nothing. A path that has ended ignores further points.
        """
        positions = np.asarray(points, float)
        times = np.atleast_1d(np.asarray(progress, float))
        positions = positions[None] if positions.ndim == 1 else positions
        if positions.shape != (*times.shape, 3) or times.ndim != 1:
            raise UserError(
                f"A track takes points (k, 3) and their progress (k,), not {positions.shape} and {times.shape}."
            )
        if self.ended:
            return
        known = np.append(self.progress[-1:], times)
        if not (np.isfinite(times).all() and (np.diff(known) > 0.0).all()):
            raise UserError("The progress of a track must rise from point to point, and be finite.")
        astray = np.flatnonzero(~(np.abs(positions) <= FARTHEST).all(axis=1))  # also what is NaN
        self.ended = len(astray) > 0
        until = int(astray[0]) if self.ended else len(positions)
        self._add(np.column_stack([positions, times])[:until])

    def _add(self, rows: Floats) -> None:
        self.count += len(rows)
        rows = rows[-self.capacity :]
        if self._used + len(rows) > len(self._rows):
            self._make_room()
        self._rows[self._used : self._used + len(rows)] = rows
        self._used += len(rows)
        self._hand_out()

    def _make_room(self) -> None:
        """Allocate new rows, at most once in ``capacity`` points: the old ones may still be in use."""
        kept = self._rows[self._used - len(self.points) : self._used]
        self._rows = np.empty_like(self._rows)
        self._rows[: len(kept)] = kept
        self._used = len(kept)

    def _hand_out(self) -> None:
        rows = self._rows[self._used - min(self.count, self.capacity) : self._used]
        rows.flags.writeable = False
        self.points, self.progress = rows[:, :3], rows[:, 3]
