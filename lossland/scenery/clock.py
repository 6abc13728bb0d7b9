"""A scene's time: its length, in seconds and in steps, and the current moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from numbers import Real
from typing import TYPE_CHECKING, Self, cast

import numpy as np

from lossland.errors import UserError, shown
from lossland.scenery.parameters import Integer

if TYPE_CHECKING:
    from lossland.scenery.scene import Scene

LONGEST = 1e6  # seconds of a scene
ROUNDING = 1e-6  # tolerance in steps for a time computed from an integer step


@dataclass(frozen=True)
class Clock:
    """The length of a scene in seconds, and in steps where it counts steps."""

    seconds: float = 10.0
    steps: int | None = None

    def __post_init__(self) -> None:
        """Check the length here, where the traceback still shows the caller."""
        if not isinstance(self.seconds, Real) or not 0 < self.seconds <= LONGEST:
            raise UserError(f"A Clock goes for up to {LONGEST:g} seconds, not {shown(self.seconds)}.")
        if self.steps is not None and not (isinstance(self.steps, int | np.integer) and self.steps >= 0):
            raise UserError(f"The steps of a Clock are a whole number or None, not {shown(self.steps)}.")

    @staticmethod
    def paced(steps: int | Integer, per_second: float, least: float = 4.0, most: float = 30.0) -> Clock:
        """Return a clock of ``per_second`` steps a second, clamped to ``least`` to ``most`` seconds.

        In the body of a scene's class, ``steps`` is the parameter that holds the number of steps.
        """
        if isinstance(steps, Integer):
            return cast(Clock, _Paced(steps, per_second, least, most))  # a descriptor: on a scene it returns a Clock
        return _paced(steps, per_second, least, most)


@lru_cache(maxsize=64)  # a frame asks for it many times
def _paced(steps: int, per_second: float, least: float, most: float) -> Clock:
    return Clock(float(min(max(steps / per_second, least), most)), steps)


class _Paced:
    """A clock that follows a parameter."""

    def __init__(self, steps: Integer, *pace: float) -> None:
        self._steps, self._pace = steps, pace

    def __get__(self, scene: Scene | None, owner: type) -> Clock | _Paced:
        return self if scene is None else Clock.paced(getattr(scene, self._steps.name), *self._pace)


class Now(float):
    """A moment of a scene: seconds since its start, as a float that also knows the step."""

    clock: Clock

    def __new__(cls, seconds: float, clock: Clock) -> Self:
        """Return a moment of a clock."""
        now = super().__new__(cls, seconds)
        now.clock = clock
        return now

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return float(self)

    @property
    def share(self) -> float:
        """The elapsed share of the scene, from 0 to 1."""
        return min(max(self.seconds / self.clock.seconds, 0.0), 1.0)

    @property
    def step(self) -> float:
        """The fractional step; the seconds if no steps are counted."""
        return self.seconds if self.clock.steps is None else self.share * self.clock.steps

    @property
    def whole(self) -> int:
        """The last completed step."""
        return int(self.step + ROUNDING)

    def eased(self, begin: float = 0.0, end: float = 1.0) -> float:
        """Return the eased progress, 0 to 1, of a movement between two shares of the scene."""
        length = round(end - begin, 12)  # from 0.08 to 0.92 it is 0.84, not 0.8400000000000001
        return eased((self.share - begin) / length)

    def staged(self, count: int, begin: float = 0.0, end: float = 1.0, moving: float = 1.0) -> float:
        """Return the progress, 0 to ``count``, of successive movements between two shares of the scene.

        Each is eased, and takes the share ``moving`` of its time; then it rests.
        """
        if count < 1:
            return 0.0
        along = min(max((self.share - begin) / round(end - begin, 12), 0.0), 1.0) * count
        leg = min(int(along), count - 1)
        return leg + eased((along - leg) / moving)

    def each(self, count: int, begin: float = 0.0, end: float = 1.0) -> list[float]:
        """Return the progress of each of some movements that start one after the other, and overlap.

        Between two shares of the scene, each is eased for two fifths of that time.
        """
        wait = 0.6 * (end - begin)
        return [self.eased(begin + wait * k / count, end - wait * (1 - k / count)) for k in range(count)]

    def stage(self, count: int, begin: float = 0.0, end: float = 1.0, moving: float = 1.0) -> tuple[int, float]:
        """Return the number, from 1 on, of the movement (`staged`) that has begun last, and its progress.

        Before the first it is movement 0, which is complete.
        """
        done = self.staged(count, begin, end, moving)
        number = ceil(done)
        return number, done - number + 1.0


def eased(share: float) -> float:
    """Return the eased progress of a movement after a share of its time (clamped to 0 to 1): 3 s² − 2 s³."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
