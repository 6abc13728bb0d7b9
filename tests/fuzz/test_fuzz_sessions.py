"""Sessions with values of wrong type and size, and damaged text: each is refused in a sentence, or replays."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lossland.errors import UserError
from lossland.play import session
from lossland.play.player import Player
from lossland.scenery import library

WRONG: list[Any] = [
    None, True, False, 0, 1, -1, 2.5, -0.0, 1e308, 5e-324, 2**31, 2**53, 2**63 - 1, 2**63, 10**400, -(10**400),
    "", "x", "nan", "inf", "9" * 400, "9" * 5000, "\x00", "\ud800", "é" * 300, "adam;" * 50, "adam:lr=" + "9" * 400,
    [], [None], [[]], [1, 2], [1, 2, 3, 4], [[1, 2], [3, 4]], [10**400], ["1", "2"], [True, False], [0] * 5000,
    {}, {"optimizer": 5}, {"a": {"b": [1]}}, [{"optimizer": None}], [{"optimizer": "adam", "enabled": []}],
]  # fmt: skip
FEW, MANY = 100, 2000


LARGE = {  # what json.dumps does not write, by the text that stands for it
    json.dumps("a whole number of 5001 digits"): "1" + "0" * 5000,
    json.dumps("lists in lists"): "[" * 100 + "]" * 100,
    json.dumps("many lists in lists"): "[" * 900 + "]" * 900,
    json.dumps("too many lists in lists"): "[" * 100_000 + "]" * 100_000,
    json.dumps("tables in tables"): '{"a":' * 100 + "1" + "}" * 100,
}


def sound(dice: random.Random) -> dict[str, Any]:
    """Return a session of any scene that is as it should be."""
    return deepcopy(played(dice.choice(library.names())))


@cache
def played(scene: str) -> dict[str, Any]:
    player = Player(library.scene(scene), (320, 200))
    player.play()
    for _ in range(3):
        player.next_tick()
    player.orbit(5, 2)
    whole = session.of(player)
    fields = ("scene", "seed", "values", "theme", "ticks")
    return {
        "format": session.FORMAT,
        "version": session.VERSION,
        **{name: getattr(whole, name) for name in fields},
        "size": list(whole.size),
        "actions": [[entry.tick, entry.name, list(entry.arguments)] for entry in whole.log],
    }


def any_value(dice: random.Random) -> Any:
    if dice.random() < 0.08:
        return json.loads(dice.choice(list(LARGE)))
    value = dice.choice(WRONG)
    return [value, dice.choice(WRONG)] if dice.random() < 0.1 else value


def damaged(dice: random.Random) -> Any:
    """Return a session with something wrong in one place, or in two; one in five is as it should be."""
    data = sound(dice)
    for _ in range(dice.choice([0, 1, 1, 1, 2])):
        kind = dice.randrange(5)
        if kind == 0:
            data[dice.choice(list(data))] = any_value(dice)
        elif kind == 1 and isinstance(data.get("values"), dict) and data["values"]:
            data["values"][dice.choice(list(data["values"]))] = any_value(dice)
        elif kind == 2:
            name = dice.choice(list(session.ACTIONS))
            arguments = [any_value(dice) for _ in range(dice.randrange(4))]
            data["actions"] = [[dice.choice([0, 0, 1, -1, 2, 10**9, any_value(dice)]), name, arguments]]
        elif kind == 3:
            data["actions"] = [any_value(dice) for _ in range(3)]
        else:
            del data[dice.choice(list(data))]
    return data


def texts(seed: int, count: int) -> Iterator[bytes]:
    """Yield the bytes of session files, some of them cut, doubled or with other letters."""
    dice = random.Random(seed)
    for _ in range(count):
        data = damaged(dice)
        text = json.dumps(data)
        for name, meant in LARGE.items():
            text = text.replace(name, meant)
        raw = text.encode("utf-8", errors="surrogatepass")
        kind = dice.randrange(12)
        if kind == 0:
            raw = raw[: dice.randrange(len(raw))]
        elif kind == 1:
            place = dice.randrange(len(raw))
            raw = raw[:place] + bytes([dice.randrange(256)]) + raw[place + 1 :]
        elif kind == 2:
            raw = raw.replace(b'"seed"', b'"scene"')
        elif kind == 3:
            raw = text.encode(dice.choice(["utf-16", "utf-8-sig", "utf-32"]), errors="surrogatepass")
        yield raw


def check(seed: int, count: int, path: Path) -> None:
    refused = replayed = 0
    for raw in texts(seed, count):
        path.write_bytes(raw)
        sentence = outcome(path, raw)
        assert sentence is None or 10 < len(sentence) < 700 + len(str(path)), raw[:2000]
        refused += sentence is not None
        replayed += sentence is None
    assert refused > count / 4
    assert replayed > count / 50


def outcome(path: Path, raw: bytes) -> str | None:
    """Return the sentence that refuses a session, or None if it replays; what else is raised is a fault of ours."""
    try:
        read = session.load(path)
        for player in session.replay(read, session.film_ticks(read, 20)):
            player.frame()
    except UserError as error:
        return str(error)
    except Exception as error:
        error.add_note(f"the file is {raw[:3000]!r}")
        raise
    return None


def test_damaged_sessions(tmp_path: Path) -> None:
    check(1, FEW, tmp_path / "damaged.lossland")


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(10, 12))
def test_many_damaged_sessions(tmp_path: Path, seed: int) -> None:
    check(seed, MANY, tmp_path / "damaged.lossland")
