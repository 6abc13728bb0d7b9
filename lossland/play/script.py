"""A session that is being replayed: what there is still to do to the player."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lossland.errors import UserError, cut
from lossland.play.actions import ACTIONS, Action

if TYPE_CHECKING:
    from lossland.play.player import Player

LONGEST = 500  # letters of a reason, whatever is in the file


class Script:
    """Does the actions of a log at their ticks, up to a last tick; then it lets go of the player.

    While a player has a script, what the user does is refused with a note: it would change what is replayed.
    """

    def __init__(self, log: Sequence[Action], ticks: int) -> None:
        self.ticks = ticks
        self.acting = False  # whether an action of the script is being done
        self.hurried = False  # whether who shows the player skips to the end
        self._waiting = list(reversed(log))

    @property
    def rest(self) -> list[Action]:
        """What is still to be done."""
        return self._waiting[::-1]

    def act(self, player: Player) -> None:
        """Do what is due at the player's present tick."""
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
