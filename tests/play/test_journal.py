"""A journal holds the same session as its file would, whatever was undone meanwhile and wherever it breaks off."""

from __future__ import annotations

import io
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossland.errors import UserError
from lossland.play import session
from lossland.play.actions import Action
from lossland.play.journal import Journal, read_journal
from lossland.play.player import Player
from lossland.play.session import Session
from lossland.scenery import library


def held(file: io.BytesIO) -> Session:
    return read_journal(file.getvalue(), "the journal")


def test_a_journal_holds_what_was_done() -> None:
    player = Player(library.scene("linear_map_2d", "shear", seed=2), (640, 360))
    file = io.BytesIO()
    journal = Journal(file)
    sizes = [0]
    for tick in range(100):
        player.orbit(1, 0)
        player.set_param("path", "straight")
        player.next_tick()
        if tick % 10 == 9:
            journal.add(session.of(player, "print"))
            assert held(file) == session.of(player, "print")
            sizes.append(len(file.getvalue()))
    later = [after - before for before, after in pairwise(sizes[1:])]
    assert max(later) < min(later) * 1.2  # what is written does not grow with what was written before


LOGS = st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(-720, 720)), max_size=6), max_size=8)


@given(LOGS)
@settings(max_examples=200, deadline=None)
def test_a_log_that_loses_its_last_actions_is_kept_right(changes: list[list[tuple[int, int]]]) -> None:
    """Every change takes some actions away, as an undone one does, and adds others."""
    log: list[Action] = []
    file = io.BytesIO()
    journal = Journal(file)
    for number, change in enumerate(changes):
        for lost, degrees in change:
            del log[max(len(log) - lost, 0) :]
            log.append(Action(number, "orbit", (float(degrees), 0.0)))
        journal.add(Session("linear_map_2d", ticks=number, log=tuple(log)))
        assert held(file).log == tuple(log)
        assert held(file).ticks == number


def written() -> bytes:
    file = io.BytesIO()
    journal = Journal(file)
    log = [Action(0, "play", (True,))]
    for tick in range(1, 4):
        log.append(Action(tick, "orbit", (1.0, 0.0)))
        journal.add(Session("linear_map_2d", ticks=tick, log=tuple(log)))
    return file.getvalue()


def test_a_journal_that_breaks_off_holds_what_came_before() -> None:
    whole = written()
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 4
    for cut in range(len(lines[0]), len(whole) + 1):
        found = read_journal(whole[:cut], "the journal")
        complete = whole[:cut].count(b"\n") - 1
        ends = [len(b"".join(lines[: k + 1])) - 1 for k in range(1, 4)]  # a line is whole without its end
        complete = max(complete, sum(cut >= end for end in ends))
        assert len(found.log) == (complete + 1 if complete else 0)


@pytest.mark.parametrize(
    "line",
    [b"5", b"[]", b"null", b'{"keep": "a"}', b'{"keep": 0, "actions": 5}', b'{"keep": -3, "actions": []}', b"\xff{"],
)
def test_a_journal_that_was_changed_does_no_harm(line: bytes) -> None:
    first, rest = written().split(b"\n", 1)
    assert read_journal(b"\n".join([first, line, rest]), "the journal").scene == "linear_map_2d"
    with pytest.raises(UserError):
        read_journal(line, "the journal")


def test_a_journal_of_something_else_is_refused() -> None:
    head: Any = json.loads(written().split(b"\n", 1)[0])
    for change in ({"scene": "../mine.py"}, {"version": 9}, {"format": "other"}, {"theme": "pink"}):
        with pytest.raises(UserError):
            read_journal(json.dumps({**head, **change}).encode(), "the journal")
