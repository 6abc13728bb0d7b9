"""A layout that grows step by step, kept on its way: the course of t-SNE or UMAP."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


class Moving(Protocol):
    """A layout on its way, such as `tsne.Descent` and `umap.Sampling`."""

    @property
    def layout(self) -> Floats:
        """Where the points are (n, 2)."""
        ...

    @property
    def pace(self) -> int:
        """How many steps take some milliseconds."""
        ...

    def advance(self, steps: int) -> None:
        """Take some steps."""
        ...

    def divergence(self) -> float:
        """Return how far the layout is from what it should be; nan where that is not known."""
        ...


BEGIN, EARLY, END = 0.05, 0.25, 0.9  # shares of a film: a layout begins to move, is past its first phase, and ends


class Course:
    """The layouts (n, 2) of one that moves, from ``start`` on, as far as anyone has asked for them.

    They are kept after every few steps: ``steps`` says after which, ``layouts`` has them and ``divergences`` how far
    each is from what it should be. ``begun`` is a generator that prepares the moving one and returns it. In a film the
    first ``early`` steps, those with exaggeration, go by faster than the others.
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
        return np.interp(shares, (BEGIN, EARLY, END), (0.0, self.early, self.last))

    def divergences_at(self, shares: ArrayLike) -> Floats:
        """Return the divergences (m,) at shares (m,) of a film, nan where that is still to come."""
        steps = self.steps_at(shares)
        return np.where(steps <= self.steps[-1], np.interp(steps, self.steps, self.divergences), np.nan)

    def reach(self, step: float, pieces: int | None = None) -> bool:
        """Go on to a step, in no more than some pieces of work of some milliseconds. Return whether it is reached."""
        done = 0
        while self.steps[-1] < min(step, self.last):
            if done == pieces:
                return False
            next(self._work)
            done += 1
        return True

    def at(self, step: float) -> Floats:
        """Return the layout at a step, or the last one there is. Between two that are kept points move straight."""
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
