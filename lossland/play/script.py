"""A session that is being replayed: the actions still to be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lossland.errors import UserError, cut
from lossland.play.actions import ACTIONS, Action

if TYPE_CHECKING:
    from lossland.play.player import Player

LONGEST = 500  # characters of a reason, whatever is in the file


class Script:
    """Performs the actions of a log at their ticks, up to a last tick; then it detaches from the player.

    While a player has a script, the user's actions are refused with a message: they would change the replay.
    """

    def __init__(self, log: Sequence[Action], ticks: int) -> None:
        self.ticks = ticks
        self.acting = False  # whether an action of the script is running
        self.hurried = False  # whether the window skips to the end
        self._waiting = list(reversed(log))

    @property
    def rest(self) -> list[Action]:
        """The remaining actions."""
        return self._waiting[::-1]

    def act(self, player: Player) -> None:
        """Perform the actions due at the player's current tick."""
        while self._waiting and self._waiting[-1].tick <= player.tick:
            self._do(player, self._waiting.pop())
        if player.tick >= self.ticks:
            player.script = None

    def _do(self, player: Player, entry: Action) -> None:
        self.acting = True
        try:
            ACTIONS[entry.name](player, *entry.arguments)
        except (UserError, TypeError) as error:
            player.script = None
            reason = cut(str(error), LONGEST)
            raise UserError(
                f"The session cannot be replayed: {entry.name!r} at tick {entry.tick} fails: {reason}"
            ) from error
        finally:
            self.acting = False
