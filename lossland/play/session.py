"""Sessions: the user's actions in a ``.lossland`` file (JSON text) that replays to the same frames.

A file holds the scene it began with and the log of a Player: ``[tick, action, arguments]``, a tick being
1/60 s. Reading one checks everything before anything is shown, and never runs code: a scene is found by name
among those that come with lossland, an action among the Player's own, and an optimizer in a file of the user's own
only if that was run before, because the user named it.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any

from lossland import __version__, userfiles
from lossland.errors import MachineError, UserError, cut, shown
from lossland.files import written
from lossland.interrupts import sheltered
from lossland.play.actions import ACTIONS, LOG_LIMIT, Action
from lossland.play.player import Player
from lossland.play.script import LONGEST, Script
from lossland.scenery import library

FORMAT = "lossland session"
VERSION = 1
ENDING = ".lossland"
MOST_BYTES = 64 * 2**20
DEEPEST = 32  # lists within lists
SIDES = 16, 16384  # least and most pixels along a side of the picture
MOST_TICKS = 24 * 3600 * 60  # a day
PAUSE = 60  # ticks: what a trimmed film keeps of a longer pause
THEMES = ("dark", "print")


@dataclass(frozen=True)
class Session:
    """A scene, its view, and the timed list of actions on it."""

    scene: str
    seed: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] = (1280, 720)
    theme: str = "dark"
    ticks: int = 0
    log: tuple[Action, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ticks / 60

    def tick_at(self, seconds: float | None) -> int:
        """Return the tick at ``seconds`` after the start, at most the last one (None: that)."""
        return self.ticks if seconds is None else min(round(seconds * 60), self.ticks)

    def player(self, size: tuple[int, int] | None = None) -> Player:
        """Return a player in the session's initial state, with a picture of ``size`` (None: as recorded)."""
        player = Player(library.scene(self.scene, seed=self.seed, **self.values), size or self.size)
        player.theme = self.theme
        return player


def of(player: Player, theme: str = "dark") -> Session:
    """Return the session of a player up to now; while one is replayed, including its remaining actions.

    ``theme`` is the initial one. The picture's size is that of a session: a window may be smaller or larger.
    """
    log, ticks = tuple(player.log), player.tick
    if player.script is not None:
        log, ticks = (*log, *player.script.rest), player.script.ticks
    width, height = (min(max(side, SIDES[0]), SIDES[1]) for side in player.size)
    return Session(**player.opening, size=(width, height), theme=theme, ticks=ticks, log=log)


def replay(
    session: Session, ticks: Iterable[int] | None = None, size: tuple[int, int] | None = None
) -> Iterator[Player]:
    """Replay a session, and yield the player at each of some increasing ticks (None: all, including the last)."""
    player = begun(session, size)
    for tick in range(session.ticks + 1) if ticks is None else ticks:
        forward(player, tick)
        yield player


def begun(session: Session, size: tuple[int, int] | None = None) -> Player:
    """Return a player at the beginning of a session, which it replays as its ticks pass."""
    player = session.player(size)
    player.follow_script(Script(session.log, session.ticks))
    return player


def at(session: Session, seconds: float | None = None, size: tuple[int, int] | None = None) -> Player:
    """Return a player as it was at ``seconds`` after the session's start (None: at its end)."""
    player = begun(session, size)
    forward(player, session.tick_at(seconds))
    return player


def forward(player: Player, tick: int) -> None:
    """Advance a player up to a tick."""
    while player.tick < tick:
        player.next_tick()


def film_ticks(session: Session, fps: float, first: int = 0, trim: bool = False) -> list[int]:
    """Return the tick of every frame of a film: frame k shows the one at k/fps seconds."""
    shown = shown_ticks(session, first) if trim else range(first, session.ticks)
    count = max(round(len(shown) * fps / 60), 1)
    return [shown[min(round(k * 60 / fps), len(shown) - 1)] for k in range(count)] if shown else [session.ticks]


def shown_ticks(session: Session, first: int = 0) -> list[int]:
    """Return the ticks from ``first`` on without the middle of every pause longer than ``PAUSE``.

    A pause is when the user does nothing and nothing moves: time stands, the camera stands, no message is shown. Half
    of ``PAUSE`` is kept after the last movement and half before the next; as the picture is constant in between, the
    cut is invisible.
    """
    acted = {entry.tick for entry in session.log}
    shown: list[int] = []
    idle: list[int] = []  # the ticks of the current pause
    for player in replay(session, range(session.ticks)):
        tick = player.tick
        if player.moving or tick in acted:
            shown += _shortened(idle)
            shown.append(tick)
            idle = []
        else:
            idle.append(tick)
    return [tick for tick in (*shown, *_shortened(idle)) if tick >= first]


def _shortened(pause: list[int]) -> list[int]:
    return pause if len(pause) <= PAUSE else [*pause[: PAUSE // 2], *pause[-PAUSE // 2 :]]


@sheltered  # the window saves at its end
def save(session: Session, path: str | Path) -> None:
    """Write a session file."""
    with written(path) as temporary:
        temporary.write_text(text_of(session), encoding="utf-8")


def text_of(session: Session) -> str:
    """Return a session as the text of its file."""
    head = json.dumps(head_of(session), indent=1, allow_nan=False)
    lines = ",\n  ".join(json.dumps(plain(entry), allow_nan=False) for entry in session.log)
    return f'{head[:-2]},\n "actions": [\n  {lines}\n ]\n}}\n'


def head_of(session: Session) -> dict[str, object]:
    """Return everything but the actions, as JSON data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "lossland": __version__,
        "scene": session.scene,
        "seed": session.seed,
        "values": session.values,
        "size": list(session.size),
        "theme": session.theme,
        "ticks": session.ticks,
    }


def plain(entry: Action) -> list[object]:
    """Return an action as JSON data."""
    return [entry.tick, entry.name, list(entry.arguments)]


def load(path: str | Path) -> Session:
    """Read a session file; a broken or unknown one raises UserError."""
    path = Path(path).expanduser()
    try:
        found = path.stat()
        if not S_ISREG(found.st_mode):  # reading a folder fails, a pipe blocks, a device may never end
            raise UserError(f"{path} is no session: it is not a file.")
        if found.st_size > MOST_BYTES:
            raise UserError(f"{path} is no session: it is larger than {MOST_BYTES >> 20} MiB.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"There is no session file {str(path)!r}.") from None
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error
    return read(data, str(path))


def read(data: bytes, name: str, own_scene: bool = False) -> Session:
    """Return the session of a file's bytes; ``name`` is its name in errors.

    ``own_scene`` allows a scene from a user's file, such as ``mine.py:Name``, that was run before.
    """
    parsed = parse(data, name)
    try:
        return checked(parsed, own_scene)
    except UserError as error:
        raise UserError(f"{name} is no session that can be read: {cut(str(error), LONGEST)}") from error


def parse(data: bytes, name: str) -> object:
    """Return JSON data that can be shown and saved again, or raise UserError."""
    if not data.strip():
        raise UserError(f"{name} is no session: it is empty.")
    try:
        parsed = json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_real,
            object_pairs_hook=_table,
        )
        _check_text(parsed)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else cut(str(error), LONGEST)
        raise UserError(f"{name} is no session: it is not JSON text that can be used ({reason}).") from None
    return parsed


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) >= 2**63:
        raise ValueError(f"a whole number of {len(text.lstrip('-'))} digits is too large")
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{shown(text)} is too large")
    return number


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{shown(next(name for name in names if names.count(name) > 1))} stands there twice")
    return table


def _check_text(value: object, depth: int = 0) -> None:
    """Refuse valid JSON that can be neither shown nor saved again: lone surrogates, and deep nesting."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict | list):
        for part in (*value, *value.values()) if isinstance(value, dict) else value:
            _check_text(part, depth + 1)


def _check_no_code(value: object) -> None:
    """Refuse values that would run a Python file that the user has not named in this process."""
    if isinstance(value, str):
        for part in value.split(";"):
            file = userfiles.named(part)
            if file is not None and not userfiles.is_loaded(file.path):
                raise UserError(
                    f"it needs {shown(part)}, and no session runs a file by itself; name it, as in `lossland "
                    f"record s.lossland --optimizer {file.path}:{file.name}`, or in Python by "
                    "ll.optimizers.optimizer(...) before."
                )
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            _check_no_code(part)


def checked(data: object, own_scene: bool = False) -> Session:
    """Return the session that JSON data describe, or raise UserError; ``own_scene`` as in `read`."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UserError(f"its format is not {FORMAT!r}.")
    if data.get("version") != VERSION or isinstance(data.get("version"), bool):
        raise UserError(
            f"its version is {shown(data.get('version'))}; this lossland ({__version__}) reads version {VERSION}."
        )
    _check_no_code([data.get("values"), data.get("actions"), data.get("scene")])
    ticks = _whole(data.get("ticks"), 0, MOST_TICKS, "ticks")
    size = data.get("size")
    if not isinstance(size, list) or len(size) != 2:
        raise UserError("its size is not a list of two numbers.")
    if data.get("theme") not in THEMES:
        raise UserError(f"its theme is none of {', '.join(THEMES)}.")
    values = data.get("values")
    if not isinstance(values, dict):
        raise UserError("its values are not a table.")
    scene = data.get("scene")
    if scene not in library.names() and not (own_scene and isinstance(scene, str) and userfiles.named(scene)):
        raise UserError(f"its scene {shown(scene)} does not come with lossland.")
    kind = type(library.scene(str(scene)))
    for name in values:
        kind.param(name)  # refuses unknown parameters
    session = Session(
        scene=str(scene),
        seed=_whole(data.get("seed"), 0, 2**63 - 1, "seed"),
        values=values,
        size=(_whole(size[0], *SIDES, "width"), _whole(size[1], *SIDES, "height")),
        theme=data["theme"],
        ticks=ticks,
        log=_log(data.get("actions"), ticks),
    )
    library.scene(session.scene, seed=session.seed, **session.values)  # refuses values that do not fit
    return session


def _log(entries: object, ticks: int) -> tuple[Action, ...]:
    if not isinstance(entries, list) or len(entries) > LOG_LIMIT:
        raise UserError(f"its actions are not a list of at most {LOG_LIMIT}.")
    log: list[Action] = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, list) or len(entry) != 3 or not isinstance(entry[2], list):
            raise UserError(f"action {number} is not [tick, name, [arguments]].")
        tick = _whole(entry[0], log[-1].tick if log else 0, ticks, f"the tick of action {number}")
        name = entry[1]
        if not isinstance(name, str) or name not in ACTIONS:
            raise UserError(f"action {number} is unknown: {shown(name)}.")
        try:
            inspect.signature(ACTIONS[name]).bind(None, *entry[2])
        except TypeError as error:
            raise UserError(f"action {number}, {name!r}: {error}.") from None
        log.append(Action(tick, name, tuple(entry[2])))
    return tuple(log)


def _whole(value: object, low: int, high: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UserError(f"{what} is not a whole number from {low} to {high}.")
    return value
