"""A film of the window shows what was done, frame by frame; it is drawn by another process, and may be cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from lossland.app.film import QUALITY
from lossland.app.filming import Filming, time_left
from lossland.app.stage import Stage
from lossland.errors import UserError
from lossland.play import session
from lossland.play.player import Player
from lossland.scenery import library

SIZE = (640, 400)
MIDDLE = (slice(100, 300), slice(100, 300))  # between the panels
PATIENCE = 120.0  # seconds


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def filmed(player: Player, filming: Filming) -> int:
    """Play a little, with a film of ticks 20 to 36; return the tick at which it began."""
    player.play()
    for tick in range(60):
        if tick == 20:
            filming.toggle("dark")
        if tick == 28:
            player.orbit(20, 5)
        if tick == 36:
            filming.toggle("dark")
        player.next_tick()
    return 20


def test_every_frame_is_the_replayed_state(tmp_path: Path) -> None:
    player = Player(library.scene("optimizer_race"), SIZE)
    filming = Filming(player)
    first = filmed(player, filming)
    assert filming.is_drawing
    assert filming.strip
    assert filming.strip.text == "Drawing optimizer_race-1.mp4"
    until(lambda: filming.look() or not filming.is_drawing)
    assert [message.text for message in player.messages] == [f"Saved optimizer_race-1.mp4 in {tmp_path}."]
    assert [file.name for file in tmp_path.iterdir()] == ["optimizer_race-1.mp4"]
    with av.open("optimizer_race-1.mp4") as film:
        assert film.streams.video[0].average_rate == 60
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    assert len(frames) == 16
    replayed = session.of(player)
    with Stage("optimizer_race", SIZE, ui=True) as stage:
        again = session.begun(replayed)
        stage.prepare(again)
        for number, frame in enumerate(frames):
            assert frame[MIDDLE].mean() > 15
            assert frame[MIDDLE].std() > 5
            session.forward(again, first + number)
            if number % 5 == 0:
                expected = stage.image(again, QUALITY)[..., :3]
                assert np.abs(frame - expected).mean() < 3  # H.264 loses a little
    assert np.abs(frames[0] - frames[-1])[MIDDLE].mean() > 3  # the view was turned


def test_a_film_may_be_cancelled_and_leaves_nothing(tmp_path: Path) -> None:
    player = Player(library.scene("optimizer_race"), SIZE)
    filming = Filming(player)
    filmed(player, filming)
    until(lambda: any(tmp_path.iterdir()))  # it has begun to write
    filming.toggle("dark")
    assert not filming.is_drawing
    assert filming.strip is None
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_cannot_be_written_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("lossland.app.filming.free_name", lambda *_: Path("file/film.mp4"))
    player = Player(library.scene("linear_map_2d"), SIZE)
    filming = Filming(player)
    filmed(player, filming)
    until(lambda: filming.look() or not filming.is_drawing)
    [message] = player.messages
    assert message.kind == "error"
    assert message.text.startswith("The film could not be made. ")
    assert "film.mp4 cannot be written" in message.text


def test_the_film_of_a_window_that_is_closed_is_finished(tmp_path: Path) -> None:
    player = Player(library.scene("linear_map_2d"), SIZE)
    filming = Filming(player)
    filming.toggle("dark")
    for _ in range(4):
        player.next_tick()
    told = filming.leave("dark")
    assert str(tmp_path / "linear_map_2d-1.mp4") in told
    until(lambda: (tmp_path / "linear_map_2d-1.mp4").exists())


def test_a_scene_of_ones_own_file_is_filmed_and_one_made_in_python_is_not(tmp_path: Path) -> None:
    mine = tmp_path / "scenes" / "mine.py"
    mine.parent.mkdir()
    mine.write_text((Path(__file__).parents[1] / "scenes" / "secant.py").read_text())
    player = Player(library.scene(str(mine)), SIZE)
    filming = Filming(player)
    filmed(player, filming)
    until(lambda: filming.look() or not filming.is_drawing)
    [message] = player.messages
    assert message.text.startswith("Saved "), message.text

    class Mine(type(library.scene("linear_map_2d"))):
        pass

    with pytest.raises(UserError, match=r"ll\.record"):
        Filming(Player(Mine(None, 0), SIZE)).toggle("dark")


@pytest.mark.parametrize(
    ("share", "seconds", "told"),
    [(0.0, 9.0, ""), (0.01, 9.0, ""), (0.5, 1.0, ""), (0.25, 10.0, "30 s left"), (0.99, 10.0, "5 s left"),
     (0.1, 60.0, "9 min left")],
)  # fmt: skip
def test_a_film_says_how_long_it_still_takes(share: float, seconds: float, told: str) -> None:
    assert time_left(share, seconds) == told
