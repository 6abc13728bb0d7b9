"""The state machine of the window's loop. No window, no GL and no clock here: observations are passed in.

The scene's picture and the panels around it are handled separately.

The scene's picture (`Fineness`)::

    MOVED     -- nothing has changed for REST seconds -->  REFINING
    REFINING  -- its last step is done ----------------->  REFINED
    any       -- a new revision is seen (see) ---------->  MOVED, and the waiting starts again
    any       -- what was drawn is lost (lose) --------->  MOVED, and it is refined as soon as it has rested

The panels need ``SETTLING`` frames after anything that concerns them (stir), because Dear ImGui shows the effect of an
event only in the following frames. Every drawn frame (drew) counts down. Once the pointer has rested on a panel for
``LINGER`` seconds (hover) they need as many again, for a tooltip.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from enum import Enum

REST = 0.2  # seconds without a change until the picture is refined
SETTLING = 3  # frames after an event until the panels have settled
LINGER = 0.35  # seconds that the pointer rests on a panel until Dear ImGui shows a tooltip


class Fineness(Enum):
    """The quality of the scene's picture."""

    MOVED = "as coarse as a fluent movement needs"
    REFINING = "being drawn in full quality, step by step"
    REFINED = "in full quality"


class Turn(Enum):
    """What a turn of the loop does after events are handled and time has advanced."""

    WAIT = "wait for the tick at which the next picture is due"
    DRAW = "draw a frame"
    REFINE = "do a step of the refinement"
    IDLE = "nothing: all is drawn"


class Pace:
    """Remembers what was drawn, and decides what to do next."""

    def __init__(self) -> None:
        self.fineness = Fineness.MOVED
        self.settling = SETTLING  # frames that the panels still need
        self._hovers = False  # whether the pointer has just moved on a panel
        self._tip_due = math.inf  # when it will have rested there long enough for a tooltip, in seconds
        self._pointed = False  # whether the hovered element may have changed since the last frame
        self._revision = -1  # that was drawn last
        self._changed = 0.0  # when a new revision was seen last, in seconds
        self._steps: Iterator[None] | None = None  # of the refinement, while there is one

    # ------------------------------------------------------------------------------------------ what happens
    def stir(self) -> None:
        """Note that the panels must be redrawn."""
        self.settling = SETTLING

    def point(self) -> None:
        """Note that the pointer may have moved."""
        self._pointed = True

    def hover(self) -> None:
        """Note that the pointer has moved on a panel."""
        self._hovers = True

    def see(self, revision: int, now: float) -> bool:
        """Take the picture's revision at a time in seconds; return True if it is not the one that was drawn last."""
        changed = revision != self._revision
        if changed:
            self._changed = now
            self.lose()
        return changed

    def lose(self) -> None:
        """Note that what was drawn is lost or outdated."""
        self.fineness, self._steps = Fineness.MOVED, None

    def drew(self, revision: int) -> None:
        """Note that a frame of this revision was drawn, including panels."""
        self._revision = revision
        self.settling = max(self.settling - 1, 0)
        self._pointed = False

    def refine(self, begin: Callable[[], Iterator[None]]) -> bool:
        """Do the next step of the refinement that ``begin`` starts; return True after the last one."""
        if self._steps is None:
            self._steps = begin()
            self.fineness = Fineness.REFINING
        try:
            next(self._steps)
        except StopIteration:
            self.fineness, self._steps = Fineness.REFINED, None
        return self.fineness is Fineness.REFINED

    # ------------------------------------------------------------------------------------------ what follows
    def turn(self, now: float, changed: bool, busy: bool, running: bool, ticks: int) -> Turn:
        """Decide what this turn does.

        ``changed`` is the result of ``see``, ``busy`` whether frames are drawn continuously anyway, ``running`` whether
        the player's time advances, and ``ticks`` its number of ticks in this turn.
        """
        if self._hovers:
            self._hovers, self._tip_due = False, now + LINGER
        if now >= self._tip_due:
            self._tip_due = math.inf
            self.stir()
        if running and not ticks:
            return Turn.WAIT
        if busy or changed or self.settling or self._pointed:
            return Turn.DRAW
        rested = now - self._changed >= REST
        return Turn.REFINE if rested and self.fineness is not Fineness.REFINED else Turn.IDLE

    def nap(self, now: float, longest: float) -> float:
        """Return the seconds that the loop may wait for events until something is due, at most ``longest``."""
        due = self._tip_due if self.fineness is Fineness.REFINED else min(self._tip_due, self._changed + REST)
        return min(max(due - now, 0.0), longest)


class Remedy(Enum):
    """The window's reaction to a failure."""

    RAISE = "tell whoever opened the window"
    GO_ON = "go on with the last picture that could be drawn"
    RENEW = "make everything on the GPU again, and go on"
    REOPEN = "open another window, and go on"
    REPORT = "go on, and print why, as it may not be drawn into the window"
    PAUSE = "go on after a pause, as before"


class Faults:
    """Counts consecutive failures, and decides the reaction. A picture drawn successfully resets the count."""

    def __init__(self) -> None:
        self._drawn = False  # whether a picture was ever drawn
        self._exceptions = self._failures = 0

    def drew(self) -> None:
        """Note that a picture was drawn, whatever the driver reports later."""
        self._drawn, self._exceptions = True, 0

    def passed(self) -> None:
        """Note that the driver reported success."""
        self._failures = 0

    def exception(self) -> Remedy:
        """Return the reaction to an exception of a scene, or of ours."""
        if not self._drawn:
            return Remedy.RAISE
        self._exceptions += 1
        return {1: Remedy.GO_ON, 2: Remedy.RENEW, 3: Remedy.REPORT}.get(self._exceptions, Remedy.PAUSE)

    def failure(self) -> Remedy:
        """Return the reaction to a failure of the graphics driver."""
        self._failures += 1
        return {1: Remedy.RENEW, 2: Remedy.REOPEN}.get(self._failures, Remedy.RAISE)
