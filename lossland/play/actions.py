"""Actions of the user on a Player: each checks its arguments, acts, and is logged with its tick.

An action is a function whose first argument is the Player. `Player` has them all as methods; some are defined in
`camera_actions` and `lane_actions`. A session file refers to them by name, through ``ACTIONS``.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, NamedTuple, ParamSpec, TypeAlias, TypeVar, cast

import numpy as np

from lossland.checks import real
from lossland.errors import UserError, sentence
from lossland.play.history import version_of
from lossland.play.states import return_to, state_of
from lossland.scenery.scene import quiet

if TYPE_CHECKING:
    from lossland.play.player import Player

LOG_LIMIT = 200_000  # actions; an hour of dragging at every tick
REPLAYING = "The session is being replayed; Esc skips to its end."
SETTERS = {"set_param", "set_lane_field", "set_landscape", "drag", "seek"}
FORGETTING = SETTERS - {"set_landscape"}  # replace what was set before; a landscape's name also restarts the race

P = ParamSpec("P")
R = TypeVar("R")
ACTIONS: dict[str, Callable[..., object]] = {}
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Action(NamedTuple):
    """One thing the user did: when (in ticks), the function's name, its arguments as JSON data."""

    tick: int
    name: str
    arguments: tuple[Json, ...]


def action(function: Callable[Concatenate[Player, P], R]) -> Callable[Concatenate[Player, P], R]:
    """Make a function of a Player an action that may change what the scene shows.

    It is logged, and atomic: if the scene cannot build a frame afterwards, everything is rolled back. The frame that
    is built to check this is the one that is drawn.
    """
    return _acting(function, builds=True)


def view_action(function: Callable[Concatenate[Player, P], R]) -> Callable[Concatenate[Player, P], R]:
    """Make an action that changes the view of the scene but not its contents: no frame is built."""
    return _acting(function, builds=False)


def typed_action(function: Callable[Concatenate[Player, P], None]) -> Callable[Concatenate[Player, P], str | None]:
    """Make an action whose arguments the user types: it returns an error message, or None."""
    acted = action(function)

    @wraps(function)
    def answered(player: Player, *args: P.args, **kwargs: P.kwargs) -> str | None:
        try:
            acted(player, *args, **kwargs)
        except Exception as error:  # the calling panels show the message
            return sentence(error)
        return None

    return answered


def _acting(function: Callable[Concatenate[Player, P], R], builds: bool) -> Callable[Concatenate[Player, P], R]:
    signature = inspect.signature(function)

    @wraps(function)
    def acted(player: Player, *args: P.args, **kwargs: P.kwargs) -> R:
        if player.acting:  # nested actions are not logged
            return function(player, *args, **kwargs)
        if player.script is not None and not player.script.acting:
            player.say(REPLAYING)
            return cast(R, None)
        bound = signature.bind(player, *args, **kwargs)
        bound.apply_defaults()
        entry = Action(player.tick, function.__name__, tuple(_plain(value) for value in bound.args[1:]))
        before, version, history = state_of(player), version_of(player), player.history
        try:
            player.acting = True
            if builds:  # framing values are frozen from the first drag of a handle to the last
                player.scene.held = entry.name == "drag"
            with quiet():
                result = function(player, *args, **kwargs)
                player.touch(frame=builds)
                if builds:
                    player.deeds += 1
                    player.frame()
            player.astray = player.following is not None
            if player.history is history:  # neither undo nor redo
                player.history = history.noted(entry, entry.name in SETTERS, version, version_of(player))
            player.acting = False
        except BaseException:
            return_to(player, before)
            raise
        write(player.log, entry)
        return result

    ACTIONS[function.__name__] = acted
    return acted


def write(log: list[Action], entry: Action) -> None:
    """Add an action to a log; of several changes of one setting within a tick only the last is kept."""
    if log and entry.name in FORGETTING:
        last = log[-1]
        if last[:2] == entry[:2] and last.arguments[:-1] == entry.arguments[:-1]:
            log[-1] = entry
            return
    if len(log) < LOG_LIMIT:
        log.append(entry)


def numbers(value: object, count: int, what: str) -> tuple[float, ...]:
    """Return ``count`` numbers, such as a position, or raise UserError."""
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != count:
        raise UserError(f"{what} must be {'two' if count == 2 else 'three'} numbers, not {value!r}.")
    return tuple(real(one, -1e9, 1e9, what) for one in value)


def pair(value: object, what: str) -> tuple[float, float]:
    """Return two numbers, such as a position, or raise UserError."""
    x, y = numbers(value, 2, what)
    return x, y


def _plain(value: object) -> Json:
    """Return a value as JSON data, or raise UserError."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating) and math.isfinite(value):
        return float(value)
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    raise UserError(f"{value!r} is not a number, text or list of them.")
