"""Sessions replay to the same state, and whatever is broken is refused with one sentence."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossland import optimizers
from lossland.errors import MachineError, UserError
from lossland.play import session
from lossland.play.actions import Action
from lossland.play.player import Player
from lossland.play.script import Script
from lossland.scenery import library

OWN_RULE = """from collections import namedtuple
import lossland as ll

class Mine(ll.optimizers.Optimizer):
    lr: float = 0.01
    Terms = namedtuple("Terms", "step")

    def update(self, grad, last, t, position):
        return self.Terms(-self.lr * grad)
"""


def played() -> Player:
    """Return a player after a little of everything."""
    player = Player(library.scene("optimizer_race", seed=3, steps=40), (960, 540))
    player.play()
    for tick in range(90):
        if tick == 20:
            assert player.set_lane_field(1, "lr", 0.001) is None
        if tick == 25:
            assert player.set_landscape("x^2 + 3*sin(y)") is None
            assert player.set_landscape("x^2 + 3*sin(y") is not None
        if 30 <= tick < 50:
            player.orbit(1.5, -0.25)
        if tick == 60:
            player.click((0.5, -0.25))
            player.set_show("contours", False)
        if tick == 70:
            player.zoom(1.3, (0.25, 0.5))
            player.set_turntable(True)
        player.next_tick()
    return player


def state(player: Player) -> dict[str, Any]:
    values = {name: p.to_json(player.scene.values[name]) for name, p in player.scene.params().items()}
    pose = player.camera.pose
    return {"values": values, "time": player.time, "tick": player.tick, "pose": pose, "show": player.show}


def saved(path: Path, **changes: Any) -> Path:
    """Write a small session file with some of its fields changed."""
    session.save(session.Session("optimizer_race"), path)
    data = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps(data))
    return path


def test_a_session_replays_to_the_same_state(tmp_path: Path) -> None:
    player = played()
    path = tmp_path / "race.lossland"
    session.save(session.of(player, "print"), path)
    read = session.load(path)
    assert (read.scene, read.seed, read.size, read.theme, read.ticks) == (
        "optimizer_race",
        3,
        (960, 540),
        "print",
        90,
    )
    frames = list(session.replay(read))
    assert len(frames) == 91
    assert state(frames[-1]) == state(player)
    assert frames[-1].log == player.log


@pytest.mark.parametrize(("window", "said"), [((1, 1), (16, 16)), ((3, 500), (16, 500)), ((20000, 400), (16384, 400))])
def test_sessions_of_tiny_and_huge_windows_can_be_read(
    tmp_path: Path, window: tuple[int, int], said: tuple[int, int]
) -> None:
    player = Player(library.scene("linear_map_2d"), (640, 400))
    player.resize(window, (0.0, 0.0, float(window[0]), float(window[1])))
    path = tmp_path / "s.lossland"
    session.save(session.of(player), path)
    assert session.load(path).size == said


@pytest.mark.parametrize("fps", [24, 30, 50, 60, 120])
def test_a_replay_passes_the_same_ticks_at_every_frame_rate(fps: float) -> None:
    whole = session.of(played())
    states = [(player.tick, player.time, player.camera.pose) for player in session.replay(whole)]
    ticks = session.film_ticks(whole, fps)
    assert len(ticks) == 1.5 * fps
    for number, player in enumerate(session.replay(whole, ticks)):
        tick = min(round(number * 60 / fps), 89)
        assert (player.tick, player.time, player.camera.pose) == states[tick]


def test_the_same_session_gives_the_same_layers() -> None:
    whole = session.of(played())
    ticks = range(0, 90, 12)
    for first, second in zip(session.replay(whole, ticks), session.replay(whole, ticks), strict=True):
        for a, b in zip(first.frame().layers, second.frame().layers, strict=True):
            for name, value in vars(a).items():
                if isinstance(value, np.ndarray):
                    np.testing.assert_array_equal(value, getattr(b, name))


def followed() -> Player:
    """Return a player that follows a lane while others come and go."""
    player = Player(library.scene("optimizer_race", seed=3, steps=40), (960, 540))
    player.play()
    for tick in range(60):
        if tick == 10:
            player.select(3)
            player.toggle_follow()
        if tick == 20:
            player.remove_lane(0)
        if tick == 30:
            player.add_lane("adam:lr=0.2")
        if tick == 40:
            player.enable_lane(1, False)
        player.next_tick()
    return player


def test_a_session_in_which_lanes_come_and_go_replays(tmp_path: Path) -> None:
    player = followed()
    assert player.following is not None
    assert player.following.key == "adam"
    path = tmp_path / "race.lossland"
    session.save(session.of(player, "dark"), path)
    *_, last = session.replay(session.load(path))
    assert state(last) == state(player)
    assert last.following == player.following
    # one that begins after a lane was removed
    session.save(session.Session("optimizer_race", values={"lanes": state(player)["values"]["lanes"]}), path)
    *_, again = session.replay(session.load(path))
    assert again.lanes == player.lanes


def test_a_session_that_names_a_layer_by_its_number_replays(tmp_path: Path) -> None:
    player = followed()
    path = tmp_path / "race.lossland"
    session.save(session.of(player, "dark"), path)
    data = json.loads(path.read_text())
    (entry,) = [entry for entry in data["actions"] if entry[1] == "follow"]
    assert entry[2][0] == "adam"
    begun = Player(library.scene("optimizer_race", seed=3, steps=40))
    entry[2][0] = begun.frame().keys.index("adam")
    path.write_text(json.dumps(data))
    *_, last = session.replay(session.load(path))
    assert state(last) == state(player)


def test_what_was_refused_is_not_in_the_log() -> None:
    assert [entry.arguments for entry in played().log if entry.name == "set_landscape"] == [("x^2 + 3*sin(y)",)]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"format": "something else"}, "format"),
        ({"version": 2}, "version"),
        ({"version": "1"}, "version"),
        ({"version": True}, "version"),
        ({"scene": "optimizer_rase"}, "optimizer_rase"),
        ({"scene": "../evil.py"}, "evil"),
        ({"scene": ["optimizer_race"]}, "scene"),
        ({"seed": -1}, "seed"),
        ({"seed": 1e300}, "seed"),
        ({"values": []}, "values"),
        ({"values": {"landscape": "__import__('os')"}}, "landscape|position|formula|name"),
        ({"values": {"preset": "x"}}, "preset"),
        ({"values": {"steps": "many"}}, "steps"),
        ({"values": {"lanes": [{"optimizer": "adm"}]}}, "adm"),
        ({"size": [1e9, 2]}, "width"),
        ({"size": 5}, "size"),
        ({"theme": "pink"}, "theme"),
        ({"ticks": -5}, "ticks"),
        ({"ticks": 10**12}, "ticks"),
        ({"actions": {}}, "actions"),
        ({"actions": [[0, "play"]]}, "action 1"),
        ({"actions": [[0, "__init__", []]]}, "unknown"),
        ({"actions": [[0, "wish", ["shot"]]]}, "unknown"),
        ({"actions": [[0, "orbit", [1]]]}, "orbit"),
        ({"actions": [[0, ["orbit"], [1, 2]]]}, "unknown"),
        ({"actions": [[5, "orbit", [1, 2]]]}, "tick"),
        ({"actions": [[0, "orbit", [1, 2]], [-1, "orbit", [1, 2]]]}, "tick"),
    ],
)
def test_broken_sessions_are_refused(tmp_path: Path, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(UserError, match=word):
        session.load(saved(tmp_path / "broken.lossland", **changes))


@pytest.mark.parametrize(
    "arguments",
    [
        ("orbit", ["a", 1]),
        ("orbit", [1e9, 1]),
        ("load", ["/etc/passwd", None, None]),
        ("load", ["optimizer_race", [1], None]),
        ("load", ["optimizer_race", {"nothing": 1}, None]),
        ("set_param", ["landscape", "open('x')"]),
        ("set_param", [["a"], {"b": 1}]),
        ("click", [[1, 2, 3]]),
        ("click", [None]),
        ("drag", ["start", ["x", "y"]]),
        ("use_preset", ["none such"]),
        ("select", [99]),
        ("step_by", [True]),
    ],
)
def test_actions_that_do_not_fit_stop_a_replay(tmp_path: Path, arguments: tuple[str, list[Any]]) -> None:
    name, values = arguments
    read = session.load(saved(tmp_path / "odd.lossland", actions=[[0, name, values]], ticks=3))
    with pytest.raises(UserError, match="cannot be replayed"):
        list(session.replay(read))


@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2]", "null", "\x00", '{"format": NaN}', "[" * 100_000, '"' + "9" * 10_000, "9" * 10_000]
)
def test_text_that_is_no_session_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "noise.lossland"
    path.write_text(text)
    with pytest.raises(UserError, match="no session"):
        session.load(path)


def test_an_empty_file_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "new.lossland").write_text(" \n")
    with pytest.raises(UserError, match=r"new\.lossland is no session: it is empty\.$"):
        session.load(tmp_path / "new.lossland")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no session file"):
        session.load(tmp_path / "none.lossland")
    with pytest.raises(UserError, match="not a file"):
        session.load(tmp_path)
    os.mkfifo(tmp_path / "pipe.lossland")
    for endless in (tmp_path / "pipe.lossland", Path("/dev/zero")):  # to read the first would wait for ever
        with pytest.raises(UserError, match="not a file"):
            session.load(endless)
    with pytest.raises(MachineError, match="cannot be read"):
        session.load(tmp_path / ("x" * 300 + ".lossland"))
    (tmp_path / "bytes.lossland").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not JSON"):
        session.load(tmp_path / "bytes.lossland")


WHOLE = 10**400  # more digits than any float has


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"seed": WHOLE}, "401 digits"),
        ({"version": -WHOLE}, "401 digits"),
        ({"values": {"steps": WHOLE}}, "401 digits"),
        ({"values": {"domain": [WHOLE, 1, 2, 3]}}, "401 digits"),
        ({"actions": [[0, "orbit", [WHOLE, 0]]]}, "401 digits"),
        ({"values": {"lanes": 5}}, "list of optimizers"),
        ({"values": {"lanes": None}}, "list of optimizers"),
        ({"values": {"lanes": True}}, "list of optimizers"),
        ({"values": {"lanes": {"optimizer": "adam"}}}, "list of optimizers"),
        ({"values": {"lanes": [None]}}, "optimizer is a name .* not None"),
        ({"values": {"domain": None}}, "domain"),
        ({"values": {"steps": [1]}}, "steps"),
        ({"values": {"landscape": "\ud800"}}, "surrogates"),
        ({"values": {"landscape": [[["x"] * 2] * 2] * 20_000}}, "landscape|position|formula|name"),
        ({"scene": "momentum_phase", "values": {"eigenvalues": 5}}, "eigenvalues"),
        ({"scene": "momentum_phase", "values": {"eigenvalues": [None]}}, "eigenvalues"),
        ({"scene": "momentum_phase", "values": {"eigenvalues": [True, []]}}, "eigenvalues"),
    ],
)
def test_values_of_wrong_type_and_size_are_refused(tmp_path: Path, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(UserError, match=word) as refused:
        session.load(saved(tmp_path / "wrong.lossland", **changes))
    assert len(str(refused.value)) < 500 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('"seed": 0', '"seed": 0, "seed": 1', "'seed' stands there twice"),
        ('"seed": 0', '"seed": 1e999', "'1e999' is too large"),
        ('"seed": 0', '"seed": Infinity', "Infinity"),
        ('"values": {}', '"values": {"steps": ' + "[" * 40 + "]" * 40 + "}", "nested"),
        ('"values": {}', '"values": {"steps": ' + '{"a": ' * 40 + "0" + "}" * 40 + "}", "nested"),
    ],
)
def test_json_that_means_nothing_certain_is_refused(tmp_path: Path, old: str, new: str, word: str) -> None:
    path = saved(tmp_path / "odd.lossland")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=word):
        session.load(path)


def test_a_file_from_an_editor_that_marks_utf_8_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "marked.lossland")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert session.load(path).scene == "optimizer_race"
    path.write_bytes(path.read_bytes().decode("utf-8-sig").encode("utf-16"))
    with pytest.raises(UserError, match="not JSON"):
        session.load(path)


def test_too_large_a_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_BYTES", 100)
    with pytest.raises(UserError, match="larger"):
        session.load(saved(tmp_path / "large.lossland"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(session.ACTIONS)), st.lists(JSON, max_size=3))
def test_any_arguments_are_either_done_or_refused(name: str, arguments: list[Any]) -> None:
    """Nothing but UserError comes out of a file's actions, and the player can still be shown."""
    player = ANY
    with suppress(UserError):
        player.follow_script(Script([Action(player.tick, name, tuple(arguments))], player.tick))
    assert player.frame().layers


ANY = Player(library.scene("optimizer_race", steps=3))


def test_no_session_runs_a_file_by_itself(tmp_path: Path) -> None:
    ran, file = tmp_path / "ran", tmp_path / "mine.py"
    file.write_text(OWN_RULE + f"open({str(ran)!r}, 'w').close()\n")
    rule = f"{file}:Mine"
    wrong: list[dict[str, Any]] = [
        {"values": {"lanes": f"adam;{rule}:lr=0.1"}},
        {"values": {"lanes": [{"optimizer": rule, "enabled": True}]}},
        {"values": {"landscape": f"{file}:land"}},
        {"actions": [[0, "add_lane", [rule]]]},
    ]
    for changes in wrong:
        path = saved(tmp_path / "s.lossland", **changes)
        with pytest.raises(UserError, match="no session runs a file by itself; name it"):
            session.load(path)
        assert not ran.exists()
    optimizers.optimizer(rule)  # the user names it
    assert ran.exists()
    again = session.load(saved(tmp_path / "s.lossland", **wrong[1])).player()
    assert again.lanes[0].optimizer.title == "Mine"


# ------------------------------------------------------------------------------------------------ idle time
def paused(*rests: int) -> session.Session:
    """Return a session that stands still for so many ticks before each of its actions, and after the last."""
    player = Player(library.scene("linear_map_2d"), (320, 180))
    for number, rest in enumerate(rests):
        for _ in range(rest):
            player.next_tick()
        if number < len(rests) - 1:
            player.seek(0.1 * (number + 1))
    return session.of(player)


def test_a_pause_of_a_second_stays_and_a_longer_one_is_cut() -> None:
    whole = paused(60, 300, 200)
    assert whole.ticks == 560
    shown = session.shown_ticks(whole)
    # 60 before the first action; the tick of it (60); 299 more until the second (360); 199 after it
    assert shown == [*range(61), *range(61, 91), *range(330, 361), *range(361, 391), *range(530, 560)]
    assert session.shown_ticks(whole, first=350) == [tick for tick in shown if tick >= 350]
    assert session.film_ticks(whole, 60, trim=True) == shown
    assert len(session.film_ticks(whole, 10, trim=True)) == round(len(shown) / 6)
    assert session.film_ticks(whole, 60) == list(range(560))


def test_what_moves_is_no_idle_time() -> None:
    player = Player(library.scene("linear_map_2d"), (320, 180))
    player.set_turntable(True)
    for _ in range(200):
        player.next_tick()
    assert session.shown_ticks(session.of(player)) == list(range(200))
    whole = session.of(played())
    assert session.shown_ticks(whole) == list(range(90))


def test_a_session_of_no_time_is_one_frame() -> None:
    empty = session.Session("linear_map_2d")
    for trim in (False, True):
        assert session.film_ticks(empty, 60, trim=trim) == [0]


# ------------------------------------------------------------------------------------------------ going on
def test_a_replay_goes_on_where_it_ended(tmp_path: Path) -> None:
    """What is done after a replay is kept with what was replayed."""
    first = played()
    player = session.begun(session.of(first))
    while player.script is not None:
        assert player.tick < 90
        player.next_tick()
    assert state(player) == state(first)
    player.orbit(10, 0)
    for _ in range(30):
        player.next_tick()
    path = tmp_path / "longer.lossland"
    session.save(session.of(player), path)
    longer = session.load(path)
    assert longer.log == (*first.log, (90, "orbit", (10.0, 0.0)))
    assert state(session.at(longer)) == state(player)
    assert state(session.at(longer, 1.5, first.size))["values"] == state(first)["values"]


def test_what_is_done_during_a_replay_is_refused_with_a_note() -> None:
    whole = session.of(played())
    player = session.begun(whole)
    player.orbit(50, 0)
    assert player.set_param("steps", 3) is None
    assert [message.text for message in player.messages] == ["The session is being replayed; Esc skips to its end."]
    session.forward(player, whole.ticks)
    assert tuple(player.log) == whole.log


def test_a_replay_that_fails_ends_with_a_sentence_and_the_player_is_free() -> None:
    broken = session.Session("linear_map_2d", ticks=20, log=(Action(5, "use_preset", ("none of ours",)),))
    player = session.begun(broken)
    with pytest.raises(UserError, match="tick 5"):
        session.forward(player, 20)
    assert player.script is None
    player.orbit(10, 0)
    assert [entry.name for entry in player.log] == ["orbit"]
