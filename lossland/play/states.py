"""What a Player is like at a moment, so that it can be made like that again."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from lossland.world.camera import Camera

if TYPE_CHECKING:
    from lossland.play.actions import Action
    from lossland.play.player import Player

OUTSIDE = ("log", "drawn", "script")  # of a Player's attributes: what no state holds


class State(NamedTuple):
    """What a Player and its scene are like at a moment: copies, which nothing that is done later changes."""

    fields: dict[str, Any]  # the player's attributes
    camera: Camera
    scene: dict[str, Any]  # the scene's attributes
    values: dict[str, Any]  # of the scene's parameters
    actions: int  # how many there were in the log
    last: list[Action]  # the last of them, which a later one may have replaced


def state_of(player: Player) -> State:
    """Return what a player is like now."""
    fields = {name: value for name, value in vars(player).items() if name not in OUTSIDE}
    scene, log = player.scene, player.log
    return State(fields, copy(player.camera), dict(vars(scene)), dict(scene.values), len(log), log[-1:])


def return_to(player: Player, state: State) -> None:
    """Make a player what it was; its log stays as it is."""
    vars(player).update(state.fields)
    player.camera = copy(state.camera)  # the state stays what it is: it may be returned to again
    vars(player.scene).clear()
    vars(player.scene).update(state.scene)
    player.scene.values = dict(state.values)
