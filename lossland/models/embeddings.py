"""The layouts of an iterative embedding, t-SNE or UMAP, recorded as it is computed step by step."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


class Moving(Protocol):
    """A layout that is being optimized, such as `tsne.Descent` and `umap.Sampling`."""

    @property
    def layout(self) -> Floats:
        """Where the points are (n, 2)."""
        ...

    @property
    def pace(self) -> int:
        """How many steps take a few milliseconds."""
        ...

    def advance(self, steps: int) -> None:
        """Take some steps."""
        ...

    def divergence(self) -> float:
        """Return the objective's value; nan where it is not known."""
        ...


BEGIN, EARLY, END = 0.05, 0.25, 0.9  # shares of a film at which a layout begins, ends early exaggeration, and ends


class Course:
    """The layouts (n, 2) of an optimization from ``start`` on, computed as far as they have been requested.

    They are kept every few steps: ``steps`` are the steps, ``layouts`` and ``divergences`` the layouts and objectives
    after them. ``begun`` is a generator that prepares the optimization and returns it. In a film
    the first ``early`` steps, those with exaggeration, are faster than the others.
    """

    def __init__(
        self, begun: Generator[object, None, Moving], start: Floats, last: int, early: float | None = None
    ) -> None:
        self.last, self.early = last, 0.3 * last if early is None else min(early, last / 2)
        self.moving: Moving | None = None
        self.steps, self.divergences = [0], [float("nan")]
        self.layouts: list[Singles] = [start.astype(np.float32)]
        self._work = self._all(begun)

    def steps_at(self, shares: ArrayLike) -> Floats:
        """Return the steps (m,) at shares (m,) of a film."""
        return np.interp(np.asarray(shares, float), (BEGIN, EARLY, END), (0.0, self.early, self.last))

    def divergences_at(self, shares: ArrayLike) -> Floats:
        """Return the divergences (m,) at shares (m,) of a film, nan where they are not known yet."""
        steps = self.steps_at(shares)
        return np.where(steps <= self.steps[-1], np.interp(steps, self.steps, self.divergences), np.nan)

    def reach(self, step: float, pieces: int | None = None) -> bool:
        """Advance to a step, in at most ``pieces`` pieces of a few milliseconds each. Return whether it is reached."""
        done = 0
        while self.steps[-1] < min(step, self.last):
            if done == pieces:
                return False
            next(self._work)
            done += 1
        return True

    def at(self, step: float) -> Floats:
        """Return the layout at a step, or the last one computed; between kept steps it is interpolated linearly."""
        after = min(int(np.searchsorted(self.steps, step)), len(self.steps) - 1)
        before = max(after - 1, 0)
        span = self.steps[after] - self.steps[before]
        share = min(max((step - self.steps[before]) / span, 0.0), 1.0) if span else 1.0
        here, there = self.layouts[before].astype(float), self.layouts[after].astype(float)
        return here + share * (there - here)

    def _all(self, begun: Generator[object, None, Moving]) -> Generator[object, None, None]:
        moving = yield from begun
        yield
        self.moving, self.divergences[0] = moving, moving.divergence()
        while self.steps[-1] < self.last:
            yield
            steps = min(moving.pace, self.last - self.steps[-1])
            moving.advance(steps)
            self.layouts.append(moving.layout.astype(np.float32))
            self.divergences.append(moving.divergence())
            self.steps.append(self.steps[-1] + steps)
        yield
