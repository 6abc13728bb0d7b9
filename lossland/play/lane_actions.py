"""Actions on the optimizers of a race: select, change, add, remove or disable a lane.

They refer to a lane by its id, which it keeps while others come and go; older sessions refer to it by its index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from lossland.checks import real
from lossland.errors import UserError, nearest
from lossland.optimizers.rule import hyper_parameter
from lossland.play.actions import action, typed_action
from lossland.scenery.parameters import Lane, index_of

if TYPE_CHECKING:
    from lossland.optimizers import Optimizer
    from lossland.play.player import Player


@action
def select(player: Player, lane: str | int) -> None:
    """Select the lane whose curve and numbers are shown."""
    index = index_of(player.lanes, lane)
    player.chosen = player.lanes[index].id
    if "selected" in player.scene.params():
        player.scene.set("selected", index)


@typed_action
def set_lane_field(player: Player, lane: str | int, field: str, value: float) -> None:
    """Change one hyper-parameter of one lane."""
    index = index_of(player.lanes, lane)
    optimizer = player.lanes[index].optimizer
    known = [f.name for f in fields(optimizer)]
    if field not in known:
        raise UserError(f"{optimizer.name} has no {field!r}.{nearest(str(field), known)}")
    number = real(value, -1e6, 1e6, field)
    whole = hyper_parameter(optimizer, field).whole
    _replace(player, index, player.lanes[index].with_field(field, round(number) if whole else number))


@action
def reset_lane(player: Player, lane: str | int) -> None:
    """Give one lane's optimizer its usual settings, as one step to undo."""
    index = index_of(player.lanes, lane)
    before = player.lanes[index]
    _replace(player, index, replace(before, optimizer=type(before.optimizer)()))


@typed_action
def add_lane(player: Player, text: str) -> None:
    """Add an optimizer, e.g. ``"adam:lr=0.1"``; without a rate it gets a suitable one."""
    index_of(player.lanes, 0)  # refuses a scene without lanes
    _set(player, [*player.lanes, player.scene.newcomer(str(text))])
    player.select(player.lanes[-1].id)


@action
def remove_lane(player: Player, lane: str | int) -> None:
    """Remove one optimizer from the race (the last one stays)."""
    gone, selected = index_of(player.lanes, lane), player.selected
    chosen = player.lanes[selected].id
    _set(player, [kept for k, kept in enumerate(player.lanes) if k != gone])
    player.select(chosen if gone != selected else player.lanes[min(selected, len(player.lanes) - 1)].id)


@action
def enable_lane(player: Player, lane: str | int, on: bool) -> None:
    """Enable or disable a lane."""
    index = index_of(player.lanes, lane)
    _replace(player, index, replace(player.lanes[index], enabled=bool(on)))


def _set(player: Player, lanes: Sequence[Lane | Optimizer | str]) -> None:
    player.scene.set(player.lanes_name, lanes)


def _replace(player: Player, index: int, lane: Lane) -> None:
    _set(player, [lane if k == index else kept for k, kept in enumerate(player.lanes)])
