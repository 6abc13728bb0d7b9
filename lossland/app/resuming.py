"""What is done in the window is kept beside it, and what another window had to leave is offered to be gone on with."""

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
        """Begin to keep what is done in a file in a folder, and to offer what was left there."""
        self._autosave = Autosave(player, folder)
        self.left = left_behind(folder)

    def keep(self, began: str, now: float) -> None:
        """Write what has changed, at a time in seconds; ``began`` is the theme that the session begins with.

        Who does something else has answered the offer: it is left to the next window.
        """
        if self._autosave is not None:
            if self._autosave.is_begun:
                self.put_away()
            self._autosave.keep(began, now)

    def close(self, began: str, done: bool) -> None:
        """Keep what was done for the next window, unless that is ``done`` with."""
        if self._autosave is not None:
            if not done:
                self._autosave.write(began)
            self._autosave.close(done)
        self.put_away()
        self._autosave = None

    @property
    def strip(self) -> Strip | None:
        """The offer, as it stands over the picture."""
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
        """Take the offer: return a player that goes on with it, whose session is kept from now on."""
        left, self.left = self.left, None
        if left is None or self._autosave is None:
            return None
        self._autosave.close(done=True)
        player = session.begun(left.session, size)
        self._autosave = Autosave(player, left.path.parent, left)
        return player

    def discard(self) -> None:
        """Forget what is offered; what another window left before is offered next."""
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
