"""Pictures of the window: they are written beside it, under names of their own, and what goes wrong is told."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lossland.app import saving
from lossland.app.picture import still
from lossland.app.saving import Pictures
from lossland.formats import stills
from lossland.play.player import Player
from lossland.render.gl import canvas
from lossland.scenery import library
from lossland.world.theme import DARK

SIZE = (96, 54)


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(saving, "SHOT_SIDE", 192)
    canvas.headless().set_current()
    return Player(library.scene("linear_map_2d"), SIZE)


def test_pictures_are_written_while_the_window_goes_on(
    player: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, write, pictures = Event(), stills.write_image, Pictures(player)

    def held(*args: Any) -> None:
        assert go_on.wait(60)
        write(*args)

    monkeypatch.setattr(stills, "write_image", held)
    expected = []
    for second in (0.5, 1.5):  # the second is begun before the first is there
        player.seek(second)
        pictures.save(SIZE, DARK)
        expected.append(still(player, (192, 108), DARK)[..., :3])
    pictures.look()
    assert not list(tmp_path.iterdir())
    assert not player.messages
    go_on.set()
    assert pictures.leave() == ""  # waits for them
    pictures.look()
    said = [f"Saved linear_map_2d-{k}.png in {tmp_path}: 192×108 pixels." for k in (1, 2)]
    assert [message.text for message in player.messages] == said
    for name, image in zip(("linear_map_2d-1.png", "linear_map_2d-2.png"), expected, strict=True):
        with Image.open(name) as read:
            np.testing.assert_array_equal(np.asarray(read), image)
    assert np.abs(expected[0].astype(int) - expected[1]).max() > 50  # each is of its own moment


def test_a_picture_that_cannot_be_written_says_why(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").touch()
    monkeypatch.setattr(saving, "free_name", lambda *_: Path("file/x.png"))
    pictures = Pictures(player)
    pictures.save(SIZE, DARK)
    assert "x.png cannot be written" in pictures.leave()
    pictures.look()
    [message] = player.messages
    assert message.kind == "error"
    assert "x.png cannot be written" in message.text
