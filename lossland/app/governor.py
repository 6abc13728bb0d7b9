"""Chooses the level of detail of the window while things move, as fine as the frame time allows.

No clock and no GL here: times are passed in, so that the same times give the same choices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median

from lossland.render.painter import Quality

BUDGET = 1 / 60  # seconds a frame may take

LEVELS = (
    Quality(mesh=32, dots=2**13, cheap_light=True),
    Quality(mesh=48, dots=2**14, cheap_light=True),
    Quality(mesh=64, dots=2**15, cheap_light=True),
    Quality(mesh=96, dots=2**16, cheap_light=True),
    Quality(mesh=128, dots=2**17),
    Quality(mesh=192, dots=2**18),
    Quality(mesh=256, dots=2**20),
)
FIRST = LEVELS[2]  # the level to start at without a GPU
COARSE = (
    Quality(mesh=32, dots=2**12, scale=0.5, cheap_light=True),
    Quality(mesh=32, dots=2**13, scale=0.7, cheap_light=True),
)
LARGE = 1.6e6  # pixels: below this, drawing at a lower resolution saves less than upscaling costs
FULL = Quality(mesh=384, lit=1536, bake=512, supersample=2)  # at rest

TRIAL = 15  # frames at a level before it is judged by their median, which ignores a single slow one
STRETCH = 30  # frames at a level before it is judged by a high quantile, too, against stutter
LATE = 0.9  # that quantile
SLOW, ROOM = 1.08, 0.72  # shares of the budget: a level with a higher median is too slow, a lower one leaves room
SLOW_LATE, ROOM_LATE = 1.15, 0.95  # the same for the quantile
LONGEST = 3600  # frames at most until a level that was too slow is retried


def levels_for(pixels: int) -> tuple[Quality, ...]:
    """Return the levels for a picture with a number of pixels."""
    return (*COARSE, *LEVELS) if pixels >= LARGE else LEVELS


class Governor:
    """The level of detail while things move.

    A level that was too slow is retried only after a pause, which doubles each time it fails: so the choice settles,
    and still adapts when the machine becomes free.
    """

    def __init__(self, levels: Sequence[Quality] = LEVELS, first: int = 0, budget: float = BUDGET) -> None:
        self.levels = tuple(levels)
        self.level = first
        self.budget = budget
        self._times: deque[float] = deque(maxlen=STRETCH)  # of the last frames at this level, seconds
        self._frames = 0  # at this level
        self._age = 0  # frames since the start
        self._barred = [0] * len(self.levels)  # age before which a level is not tried again
        self._pause = [60] * len(self.levels)

    @property
    def quality(self) -> Quality:
        """The quality of the next frame of a movement."""
        return self.levels[self.level]

    def took(self, seconds: float) -> None:
        """Record how long a frame of a movement took."""
        self._age += 1
        self._frames += 1
        self._times.append(seconds)
        if len(self._times) < TRIAL:
            return
        usual = median(self._times)
        known = len(self._times) == STRETCH
        late = sorted(self._times)[int(LATE * STRETCH)] if known else usual
        if (usual > SLOW * self.budget or late > SLOW_LATE * self.budget) and self.level > 0:
            self._bar(self.level)
            self._enter(self.level - 1)
        elif (
            known
            and usual < ROOM * self.budget
            and late < ROOM_LATE * self.budget
            and self.level + 1 < len(self.levels)
        ):
            if self._age >= self._barred[self.level + 1]:
                self._enter(self.level + 1)
        elif self._frames == LONGEST:
            self._pause[self.level] = 60

    def _bar(self, level: int) -> None:
        self._barred[level] = self._age + self._pause[level]
        self._pause[level] = min(2 * self._pause[level], LONGEST)

    def _enter(self, level: int) -> None:
        self.level, self._frames = level, 0
        self._times.clear()
