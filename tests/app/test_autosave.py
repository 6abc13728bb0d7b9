"""What was done is kept while a window lives, left behind when it dies, and offered to one other window alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lossland import files
from lossland.app.autosave import PAUSE, Autosave, left_behind
from lossland.app.resuming import Resuming
from lossland.play import session
from lossland.play.player import Player
from lossland.scenery import library

CRASHING = """
import os, signal, sys
from pathlib import Path
from lossland.app.autosave import Autosave
from lossland.play.player import Player
from lossland.scenery import library

player = Player(library.scene("linear_map_2d"), (640, 360))
player.play()
saved = Autosave(player, Path(sys.argv[1]))
player.orbit(float(sys.argv[2]), 0)
player.next_tick()
saved.write("print")
if sys.argv[3] == "crash":
    os.kill(os.getpid(), signal.SIGKILL)
print("ready", flush=True)
sys.stdin.read()
"""


def played() -> Player:
    player = Player(library.scene("linear_map_2d"), (640, 360))
    player.play()
    return player


def crashed(folder: Path, degrees: float) -> int:
    """Leave a session behind, and return the number of the process that did."""
    process = subprocess.Popen([sys.executable, "-c", CRASHING, str(folder), str(degrees), "crash"])
    assert process.wait() == -signal.SIGKILL
    return process.pid


def test_nothing_is_written_until_something_is_done_and_then_once_a_second(tmp_path: Path) -> None:
    player = played()
    saved = Autosave(player, tmp_path / "state")
    for now in (0.0, 5.0, 10.0):
        player.next_tick()
        saved.keep("dark", now)
    assert not (tmp_path / "state").exists()
    player.orbit(10, 0)
    saved.keep("dark", 20.0)
    [file] = (tmp_path / "state").iterdir()
    assert file.name == f"{os.getpid()}.autosave"
    size = file.stat().st_size
    for now in (21.0, 22.0):  # nothing was done
        saved.keep("dark", now)
    assert file.stat().st_size == size
    player.orbit(20, 0)
    saved.keep("dark", 22.1)
    assert file.stat().st_size > size
    size = file.stat().st_size
    player.orbit(30, 0)
    saved.keep("dark", 22.1 + 0.9 * PAUSE)
    assert file.stat().st_size == size
    saved.keep("dark", 22.1 + PAUSE)
    assert file.stat().st_size > size
    saved.close(done=True)
    assert list((tmp_path / "state").iterdir()) == []


def test_what_a_crash_leaves_is_offered_to_one_window(tmp_path: Path) -> None:
    crashed(tmp_path, 10.0)
    number = crashed(tmp_path, 20.0)
    later = next(path for path in tmp_path.iterdir() if path.name.startswith(str(number)))
    os.utime(later, (time.time() + 5, time.time() + 5))
    first = left_behind(tmp_path)
    assert first
    assert (first.path.name, first.session.theme) == (f"{number}.autosave", "print")
    assert [entry.arguments for entry in first.session.log if entry.name == "orbit"] == [(20.0, 0.0)]
    second = left_behind(tmp_path)  # the first is taken
    assert second
    assert second.path != first.path
    assert left_behind(tmp_path) is None
    second.remove()
    first.release()
    again = left_behind(tmp_path)
    assert again
    assert again.path == first.path
    again.remove()
    assert list(tmp_path.iterdir()) == []


def test_windows_that_live_are_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", CRASHING, str(tmp_path), "10", "live"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    assert other.stdin
    with other.stdin, other.stdout:
        assert other.stdout.readline() == b"ready\n"
        assert len(list(tmp_path.iterdir())) == 1
        assert left_behind(tmp_path) is None
        other.kill()
        other.wait()
    left = left_behind(tmp_path)
    assert left
    left.remove()


def test_what_is_gone_on_with_is_forgotten_once_it_is_in_the_new_file(tmp_path: Path) -> None:
    crashed(tmp_path, 10.0)
    left = left_behind(tmp_path)
    assert left
    player = session.begun(left.session)
    saved = Autosave(player, tmp_path, left)
    saved.keep("dark", 10.0)
    session.forward(player, left.session.ticks)
    assert player.script is None
    saved.keep("dark", 20.0)
    assert left.path.exists()
    player.orbit(20, 0)
    saved.keep("dark", 30.0)
    [file] = tmp_path.iterdir()
    assert file.name == f"{os.getpid()}.autosave"
    saved.close(done=False)
    again = left_behind(tmp_path)
    assert again
    assert again.session == session.of(player, "dark")
    again.remove()


def test_a_process_may_have_the_number_of_one_that_crashed(tmp_path: Path) -> None:
    (tmp_path / f"{os.getpid()}.autosave").write_text("of an earlier process")
    player = played()
    saved = Autosave(player, tmp_path)
    player.orbit(10, 0)
    saved.write("dark")
    assert {path.name for path in tmp_path.iterdir()} == {f"{os.getpid()}.autosave", f"{os.getpid()}-1.autosave"}
    assert left_behind(tmp_path) is None  # the one is ours, the other cannot be read
    saved.close(done=True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of an earlier process"]


def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    player = played()
    for folder in (tmp_path / "file" / "state", Path("/proc/lossland")):
        saved = Autosave(player, folder)
        player.orbit(10, 0)
        saved.keep("dark", 10.0)
        saved.close(done=False)
        assert left_behind(folder) is None


@pytest.mark.parametrize(
    ("variable", "usual", "folder"),
    [("XDG_STATE_HOME", ".local/state", files.state_folder), ("XDG_CACHE_HOME", ".cache", files.cache_folder)],
)
def test_the_folders_of_state_and_cache(
    monkeypatch: pytest.MonkeyPatch, variable: str, usual: str, folder: Callable[[], Path]
) -> None:
    """As the XDG Base Directory Specification has it."""
    monkeypatch.setattr(files.sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/home/ada")
    for value, base in (("/var/here", "/var/here"), ("", f"/home/ada/{usual}"), ("relative", f"/home/ada/{usual}")):
        monkeypatch.setenv(variable, value)
        assert folder() == Path(base) / "lossland"


def test_an_offer_goes_away_at_the_first_action_and_is_left_to_the_next_window(tmp_path: Path) -> None:
    crashed(tmp_path, 10.0)
    player, offer = Player(library.scene("linear_map_2d"), (640, 360)), Resuming()
    offer.open(player, tmp_path)
    offer.keep("dark", 0.0)
    assert offer.strip is not None
    player.set_theme("print")
    offer.keep("dark", 0.1)  # sooner than it would be written again
    assert offer.strip is None
    offer.close("dark", done=True)
    left = left_behind(tmp_path)
    assert left is not None
    left.remove()


def test_once_an_offer_is_declined_the_one_before_it_is_offered(tmp_path: Path) -> None:
    for degrees in (10.0, 20.0):
        crashed(tmp_path, degrees)
    newest, oldest = sorted(tmp_path.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    offer = Resuming()
    offer.left = left_behind(tmp_path)
    assert offer.left is not None
    assert offer.left.path == newest
    offer.discard()
    assert offer.left is not None
    assert offer.left.path == oldest
    offer.discard()
    assert offer.left is None
    assert list(tmp_path.iterdir()) == []
