"""Actions on the optimizers of a race: select, change, add, remove or disable a lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from lossland.checks import real
from lossland.errors import UserError, nearest
from lossland.optimizers.rule import hyper_parameter
from lossland.play.actions import action, typed_action
from lossland.scenery.parameters import Lane

if TYPE_CHECKING:
    from lossland.optimizers import Optimizer
    from lossland.play.player import Player


@action
def select(player: Player, lane: int) -> None:
    """Select the lane whose curve and numbers are shown."""
    player.chosen = _index(player, lane)
    if "selected" in player.scene.params():
        player.scene.set("selected", player.chosen)


@typed_action
def set_lane_field(player: Player, lane: int, field: str, value: float) -> None:
    """Change one hyper-parameter of one lane."""
    lane = _index(player, lane)
    optimizer = player.lanes[lane].optimizer
    known = [f.name for f in fields(optimizer)]
    if field not in known:
        raise UserError(f"{optimizer.name} has no {field!r}.{nearest(str(field), known)}")
    number = real(value, -1e6, 1e6, field)
    changed = player.lanes[lane].with_field(field, round(number) if hyper_parameter(optimizer, field).whole else number)
    _set(player, [changed if k == lane else kept for k, kept in enumerate(player.lanes)])


@action
def reset_lane(player: Player, lane: int) -> None:
    """Give one lane's optimizer its usual settings, as one step to undo."""
    lane = _index(player, lane)
    usual = replace(player.lanes[lane], optimizer=type(player.lanes[lane].optimizer)())
    _set(player, [usual if k == lane else kept for k, kept in enumerate(player.lanes)])


@typed_action
def add_lane(player: Player, text: str) -> None:
    """Add an optimizer, e.g. ``"adam:lr=0.1"``; without a rate it gets a suitable one."""
    _index(player, 0)
    _set(player, [*player.lanes, player.scene.newcomer(str(text))])
    player.select(len(player.lanes) - 1)


@action
def remove_lane(player: Player, lane: int) -> None:
    """Remove one optimizer from the race (the last one stays)."""
    lane = _index(player, lane)
    selected = player.selected - (lane < player.selected)  # the same one as before, if it is still there
    _set(player, [kept for k, kept in enumerate(player.lanes) if k != lane])
    player.select(min(selected, len(player.lanes) - 1))


@action
def enable_lane(player: Player, lane: int, on: bool) -> None:
    """Enable or disable a lane."""
    lane = _index(player, lane)
    _set(player, [replace(kept, enabled=bool(on)) if k == lane else kept for k, kept in enumerate(player.lanes)])


def _set(player: Player, lanes: Sequence[Lane | Optimizer | str]) -> None:
    player.scene.set(player.lanes_name, lanes)


def _index(player: Player, lane: int) -> int:
    """Return a lane's index, or raise UserError."""
    if not player.lanes:
        raise UserError(f"Scene {player.scene.name!r} has no optimizers to choose from.")
    return int(real(lane, 0, len(player.lanes) - 1, "A lane"))
