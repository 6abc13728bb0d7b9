"""Saves the session while the window is open, and offers to resume one that another window left behind."""

from __future__ import annotations

from pathlib import Path
from time import localtime, strftime

from lossland.app.autosave import Autosave, Left, left_behind
from lossland.play import session
from lossland.play.player import Player
from lossland.play.strips import Strip, StripButton
from lossland.scenery import library


class Resuming:
    """Keeps a player's session while the window is open. ``left`` is the session that is offered, if there is one."""

    def __init__(self) -> None:
        self.left: Left | None = None
        self._autosave: Autosave | None = None

    def open(self, player: Player, folder: Path) -> None:
        """Begin to save the session in a file in a folder, and offer one that was left there."""
        self._autosave = Autosave(player, folder)
        self.left = left_behind(folder)

    def keep(self, began: str, now: float) -> None:
        """Save changes, at a time in seconds; ``began`` is the theme that the session begins with.

        Any action dismisses the offer: it is left to the next window.
        """
        if self._autosave is not None:
            if self._autosave.is_begun:
                self.put_away()
            self._autosave.keep(began, now)

    def close(self, began: str, done: bool) -> None:
        """Keep the session for the next window, unless it is ``done``."""
        if self._autosave is not None:
            if not done:
                self._autosave.write(began)
            self._autosave.close(done)
        self.put_away()
        self._autosave = None

    @property
    def strip(self) -> Strip | None:
        """The offer, shown over the picture."""
        if self.left is None:
            return None
        title = library.scene_class(self.left.session.scene).title
        when = strftime("%d %b, %H:%M", localtime(self.left.written))
        return Strip(
            f"Go on with “{title}” of {when}?",
            "good",
            buttons=(
                StripButton("Go on", "resume", "Open what was done before the program ended unexpectedly"),
                StripButton("No", "discard", "Forget it for good; Esc leaves it to the next window"),
            ),
        )

    def resumed(self, size: tuple[int, int]) -> Player | None:
        """Accept the offer: return a player that resumes it, whose session is saved from now on."""
        left, self.left = self.left, None
        if left is None or self._autosave is None:
            return None
        self._autosave.close(done=True)
        player = session.begun(left.session, size)
        self._autosave = Autosave(player, left.path.parent, left)
        return player

    def discard(self) -> None:
        """Delete the offered session; one that another window left before is offered next."""
        if self.left is not None:
            self.left.remove()
            self.left = left_behind(self.left.path.parent)

    def put_away(self) -> bool:
        """Leave the offer to the next window; False if there is none."""
        if self.left is None:
            return False
        self.left.release()
        self.left = None
        return True
