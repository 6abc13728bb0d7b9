"""The window's main loop, without the window: what is drawn in each turn, and what is done next.

Panels, pointer and time change the player, and every change increments its revision. A turn draws the player after all
of them, and remembers the revision that was drawn, so that no change during drawing is lost. No clock and no display
here: times are passed in, and the picture is drawn into the bound framebuffer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lossland.app.governor import FIRST, FULL, Governor, levels_for
from lossland.app.pacing import Fineness, Pace, Turn
from lossland.play.player import TICK, Player
from lossland.play.pointer import Pointer
from lossland.world.theme import theme as theme_named

if TYPE_CHECKING:
    from lossland.app.picture import Picture  # it loads OpenGL, which must wait until the window chose its platform

PANEL_PAUSE = 1 / 30  # seconds between two redraws of panels without interaction
SOFTWARE_PANEL_PAUSE = 1 / 8  # with a software renderer
CURSOR_NAP = 0.1  # seconds between two redraws of a text cursor
NAP = 0.5  # seconds at most between two turns while nothing moves


class Loop:
    """Draws a player's pictures, as fine as time allows. ``size`` is in pixels of the framebuffer."""

    def __init__(
        self, player: Player, picture: Picture, pointer: Pointer, size: tuple[int, int], software: bool
    ) -> None:
        self.player = player
        self.picture = picture
        self.pointer = pointer
        self.software = software
        self.pace = Pace()
        self.unfelt = 0  # frames that the panels still need until a text box opened by the last presses accepts text
        self.counted = False  # whether every turn draws a new picture, however fast they come
        self.resize(size)
        self._panel_pause = SOFTWARE_PANEL_PAUSE if software else PANEL_PAUSE
        self._since_panels = float("inf")  # seconds since they were built
        self._deeds = player.deeds
        self._time = player.time

    def resize(self, size: tuple[int, int]) -> None:
        """Set the framebuffer's size; start fine on a GPU, and coarse on a CPU."""
        self.size = size
        levels = levels_for(size[0] * size[1])
        self.governor = Governor(levels, levels.index(FIRST) if self.software else len(levels) - 1)
        self.redraw()

    def redraw(self) -> None:
        """Mark everything as outdated."""
        self.pace.lose()
        self.pace.stir()
        self.player.touch(frame=False)

    # ------------------------------------------------------------------------------------------ what there is to do
    @property
    def _running(self) -> bool:
        return self.player.moving or self.player.recording or self.player.script is not None

    @property
    def busy(self) -> bool:
        """Whether pictures must be drawn continuously, even without input."""
        picture = self.picture
        pending = self.pace.settling > 0 or picture.panels.pending or picture.owes_panels
        return self._running or pending or self.player.scene.unfinished or self.counted

    @property
    def waits(self) -> bool:
        """Whether there is nothing to do until the next event, or the end of ``nap``."""
        return not self.busy and self.pace.fineness is not Fineness.REFINING

    def nap(self, now: float) -> float:
        """Return the maximum seconds to wait for events."""
        return self.pace.nap(now, CURSOR_NAP if self.picture.host.wants_keyboard else NAP)

    def pass_time(self, dt: float, napped: bool) -> int:
        """Advance by ``dt`` seconds; return the number of ticks. After a nap, movement starts with one tick."""
        player = self.player
        if self._running:
            return player.advance(max(dt, TICK) if self.counted else TICK if napped else dt)
        if player.scene.unfinished:
            player.touch()
        return 0

    def turn(self, now: float, ticks: int) -> Turn:
        """Decide what this turn does, at time ``now`` in seconds, after its events and ``ticks`` ticks."""
        player, pace = self.player, self.pace
        player.scene.live = True  # refined results may be coarse at first
        if player.deeds != self._deeds or player.time < self._time:  # panels show actions at once
            pace.stir()
        self._deeds, self._time = player.deeds, player.time
        changed = pace.see(player.revision, now)
        busy = self.busy or self.picture.host.wants_keyboard
        turn = pace.turn(now, changed, busy, self._running, ticks)
        if turn is Turn.REFINE and self.picture.panels_revision != player.revision:
            pace.stir()
            return Turn.DRAW
        return turn

    # ------------------------------------------------------------------------------------------ doing it
    def draw(self, now: float, dt: float, present: Callable[[], None] = lambda: None) -> bool:
        """Draw the current picture, ``dt`` seconds after the last turn; ``present`` shows the previous one.

        Panels are built first, and their effects are in this picture. Without interaction they are built a few times a
        second, and drawn over several pictures. Returns whether the scene's picture has changed.
        """
        picture, player, pace = self.picture, self.player, self.pace
        self._since_panels += dt
        self._follow_theme()
        fresh = pace.settling > 0 or picture.host.wants_keyboard or not picture.tells(player)
        due = self._since_panels >= self._panel_pause and not picture.owes_panels
        more = self._build_panels() if fresh or due else False
        changed = pace.see(player.revision, now)
        drawn = picture.compose(player, self.size, self.governor.quality, spread=not fresh, before_drawing=present)
        player.keep()
        pace.drew(drawn)
        if more:
            pace.stir()
        return changed

    def refine(self) -> bool:
        """Do the next step towards the picture in full quality; return True after the last one, which shows it."""
        return self.pace.refine(lambda: self.picture.refine(self.player, self.size, FULL))

    def _follow_theme(self) -> bool:
        """Adopt the player's theme; return True if it has changed."""
        if self.picture.theme.name == self.player.theme:
            return False
        self.picture.set_theme(theme_named(self.player.theme))
        self.redraw()
        return True

    def _build_panels(self) -> bool:
        """Build the panels; return True if they are still changing."""
        picture, player = self.picture, self.player
        if not picture.host.waiting:
            self.unfelt = max(self.unfelt - 1, 0)
        self.pointer.look()
        more = picture.refresh(player, self.size, max(min(self._since_panels, NAP), TICK / 4))
        if self._follow_theme():
            more = picture.refresh(player, self.size, 0.0)
        if not (self.pointer.busy or picture.host.holds):
            player.finish_step()
        self._since_panels = 0.0
        return more
