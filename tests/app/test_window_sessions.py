"""Sessions in the real window: replayed, gone on with, filmed, and kept whatever ends the window."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import av
import pytest
from test_window import PICTURE, Drive, actions
from windows import environment, run_program, running_display, until

from lossland.app.autosave import left_behind
from lossland.play import session
from lossland.play.player import Player
from lossland.scenery import library

SMALL = ("--size", "960x600")


def recorded(path: Path, seconds: float) -> session.Session:
    """Save a session in which the view is turned once, after half a second."""
    player = Player(library.scene("linear_map_2d", "shear"), (960, 600))
    player.play()
    for tick in range(round(60 * seconds)):
        if tick == 30:
            player.use_preset("rotation")
        player.next_tick()
    done = session.of(player)
    session.save(done, path)
    return done


def autosaves() -> Path:
    return Path(environment(None)["XDG_STATE_HOME"]) / "lossland" / "autosave"


def test_a_session_is_replayed_and_goes_on(display: str, tmp_path: Path) -> None:
    before = recorded(tmp_path / "before.lossland", 3600.0)
    drive = Drive(display, tmp_path, "before.lossland", *SMALL)
    try:
        drive.do("key", "t")  # refused: it is replayed
        drive.do("key", "Escape")  # to its end, an hour later

        def is_kept() -> bool:
            drive.do("key", "h")
            return bool(list(autosaves().glob("*")))

        until(is_kept, "the replay is over, and what is done after it is kept")
        done = drive.quit()
    finally:
        drive.stop()
    assert done.log[: len(before.log)] == before.log
    assert {entry.name for entry in done.log[len(before.log) :]} == {"home"}
    assert done.log[len(before.log)].tick >= before.ticks


def test_a_session_that_is_closed_while_it_is_replayed_stays_whole(display: str, tmp_path: Path) -> None:
    before = recorded(tmp_path / "before.lossland", 3600.0)
    drive = Drive(display, tmp_path, "before.lossland", *SMALL)
    try:
        done = drive.quit()
    finally:
        drive.stop()
    assert (done.log, done.ticks) == (before.log, before.ticks)


def test_a_film_of_the_window_has_no_black_frame(display: str, tmp_path: Path) -> None:
    drive = Drive(display, tmp_path, "optimizer_race", *SMALL)
    try:
        before = drive.pause()
        drive.do("key", "v", "key", "space")
        drive.changes(before, PICTURE, 0.5, "the race goes on, so that it is filmed by now")
        drive.do("key", "v")
        drive.quit()
    finally:
        drive.stop()
    assert "is still being drawn" in drive.said()
    film = tmp_path / "optimizer_race-1.mp4"
    until(film.exists, "the film is finished, though the window is closed", patience=120)
    with av.open(str(film)) as opened:
        frames = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    assert len(frames) > 1
    for frame in frames:
        assert frame.shape == (600, 960, 3)
        middle = frame[200:400, 350:550]
        assert middle.mean() > 15
        assert middle.std() > 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda one: one.name)
def test_a_signal_keeps_the_session(display: str, tmp_path: Path, number: int) -> None:
    drive = Drive(display, tmp_path, "optimizer_race", *SMALL)
    try:
        drive.do("key", "2")
        until(lambda: list(autosaves().glob("*")), "what was done is kept beside the window")
        drive.process.send_signal(number)
        assert drive.process.wait(30) == 128 + number
    finally:
        drive.stop()
    assert drive.errors.read_text() == "lossland: Stopped.\n"
    assert actions(session.load(drive.saved), "use_preset") == [("rosenbrock",)]
    assert list(autosaves().iterdir()) == []
    assert {file.name for file in tmp_path.iterdir()} == {"drive.lossland", "errors.txt"}


def test_a_display_that_goes_away_keeps_the_session(tmp_path: Path) -> None:
    with running_display() as (name, server):
        drive = Drive(name, tmp_path, "optimizer_race", *SMALL)
        try:
            drive.do("key", "2")
            until(lambda: list(autosaves().glob("*")), "what was done is kept beside the window")
            server.kill()
            assert drive.process.wait(30) == 1
        finally:
            drive.stop()
    assert "The display is gone" in drive.said()
    assert "Traceback" not in drive.said()
    assert actions(session.load(drive.saved), "use_preset") == [("rosenbrock",)]
    assert list(autosaves().iterdir()) == []


def test_what_a_killed_window_leaves_can_be_gone_on_with(display: str, tmp_path: Path) -> None:
    drive = Drive(display, tmp_path, "optimizer_race", *SMALL)
    try:
        drive.do("key", "2")
        until(lambda: list(autosaves().glob("*")), "what was done is kept beside the window")
    finally:
        drive.stop()  # with SIGKILL
    found = run_program(RESUMING, display, tmp_path)
    assert found == {"offered": True, "others": False, "landscape": "rosenbrock", "actions": ["play", "use_preset"]}
    left = left_behind(autosaves())  # it was not gone on with for good: the program left without a word
    assert left
    left.remove()
    assert list(autosaves().iterdir()) == []


RESUMING = """
import json
from time import perf_counter
from lossland.app import autosave
from lossland.app.meter import Meter
from lossland.app.window import Window
from lossland.scenery import library

with Window(library.scene("linear_map_2d"), (640, 400)) as window:
    meter = Meter(window.canvas, lambda: (window.picture.writing, window.picture.host))
    window.player.play()
    window.resuming.open(window.player, autosave.folder())
    offered, others = window.resuming.left is not None, autosave.left_behind(autosave.folder()) is not None
    window.run(meter, 3)
    assert len(window.picture.panels.strips) == 1
    window.player.wish("resume")
    while window.player.script is not None or window.player.scene.name != "optimizer_race":
        window.run(meter, meter.count + 1)
    player = window.player
    window.resuming.close(window.began, done=False)
print(json.dumps({
    "offered": offered,
    "others": others,
    "landscape": player.scene.values["landscape"],
    "actions": [entry.name for entry in player.log],
}))
"""


def test_windows_that_end_well_leave_nothing(display: str, tmp_path: Path) -> None:
    drive = Drive(display, tmp_path, "optimizer_race", *SMALL)
    try:
        drive.do("key", "2")
        until(lambda: list(autosaves().glob("*")), "what was done is kept beside the window")
        drive.quit()
    finally:
        drive.stop()
    assert list(autosaves().iterdir()) == []
    assert json.loads((tmp_path / "drive.lossland").read_text())["scene"] == "optimizer_race"
