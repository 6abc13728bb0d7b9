"""Snapshots of a Player's state, for rollback."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from lossland.world.camera import Camera

if TYPE_CHECKING:
    from lossland.play.actions import Action
    from lossland.play.player import Player

OUTSIDE = ("log", "drawn", "script")  # attributes of a Player that are not part of its state


class State(NamedTuple):
    """A snapshot of a Player and its scene: copies, which later actions do not change."""

    fields: dict[str, Any]  # the player's attributes
    camera: Camera
    scene: dict[str, object]  # the scene's attributes
    values: dict[str, object]  # of the scene's parameters
    actions: int  # the length of the log
    last: list[Action]  # its last entry, which a later one may replace


def state_of(player: Player) -> State:
    """Return a snapshot of a player."""
    fields = dict(vars(player))
    for name in OUTSIDE:
        del fields[name]
    scene, log = player.scene, player.log
    return State(fields, copy(player.camera), dict(vars(scene)), dict(scene.values), len(log), log[-1:])


def return_to(player: Player, state: State) -> None:
    """Restore a player to a snapshot; its log is not changed."""
    vars(player).update(state.fields)
    player.camera = copy(state.camera)  # the snapshot may be used again
    vars(player.scene).clear()
    vars(player.scene).update(state.scene)
    player.scene.values = dict(state.values)
