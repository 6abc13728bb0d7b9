"""What is shown together is from one moment, while time goes on: panels, labels, and what is said under the pointer."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
import pytest
from monkey import FINE, Rig, flat_relief, twin_of

from lossland.app.input import Move
from lossland.play.player import TICK, Player
from lossland.scenery import library
from lossland.scenery.scene import Frame
from lossland.world.layers import Trail

SIZE = (700, 420)


class Watched:
    """A loop whose panels and writing are listened to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, scene: str, part: int) -> None:
        self.rig = Rig(Player(library.scene(scene), SIZE), size=SIZE)
        from lossland.app import picture

        self.fed: dict[int, tuple[float, Frame]] = {}  # the time of every frame that panels were built from
        self.written: list[Frame] = []
        build, write = self.rig.loop.picture.panels.draw, picture.draw_overlay

        def built(player: Player, frame: Frame, size: tuple[int, int], **options: bool) -> Any:
            self.fed[id(frame)] = player.time, frame
            return build(player, frame, size, **options)

        def wrote(dl: Any, type_: Any, frame: Frame, *rest: Any, **options: Any) -> None:
            self.written.append(frame)
            write(dl, type_, frame, *rest, **options)

        monkeypatch.setattr(picture, "AT_ONCE", part)
        monkeypatch.setattr(picture, "draw_overlay", wrote)
        monkeypatch.setattr(self.rig.loop.picture.panels, "draw", built)

    @property
    def moment(self) -> float:
        """The time that the shown panels tell of."""
        return self.fed[id(self.rig.loop.picture._told)][0]

    def panels(self, image: np.ndarray) -> np.ndarray:
        """Return a picture with nothing in the place of the scene."""
        x, y, width, height = (round(number) for number in self.rig.player.free)
        image = image.copy()
        image[y : y + height, x : x + width] = 0
        return image


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr("lossland.app.loop.FULL", FINE)
    monkeypatch.setattr("lossland.ui.thumbnails.relief", flat_relief)
    made = Watched(monkeypatch, "optimizer_race", part=8_000)
    for _ in range(8):
        made.rig.turn(TICK)
    made.rig.player.seek(2.0)
    made.rig.player.play()
    for _ in range(8):
        made.rig.turn(TICK)
    yield made
    made.rig.close()


def whole_panels(watched: Watched, time: float) -> np.ndarray:
    """Return the panels of a time, drawn at once by another picture."""
    twin = twin_of(watched.rig.player)
    twin.time, twin.history = time, copy(twin.history)
    other = Rig(twin, size=SIZE)
    try:
        for _ in range(3):
            with other.target:
                other.loop.picture.refresh(twin, SIZE)
                other.loop.picture.compose(twin, SIZE, FINE)
        return watched.panels(other.target.read())
    finally:
        other.close()


def test_panels_are_never_of_two_moments_and_labels_say_what_they_say(watched: Watched) -> None:
    rig, player = watched.rig, watched.rig.player
    racers = player.scene.racers()  # type: ignore[attr-defined]
    whole: dict[float, np.ndarray] = {}
    behind = 0  # pictures whose panels tell of another step than is reached
    for number in range(60):
        rig.turn(TICK)
        moment = watched.moment
        step = player.scene.now(moment).whole
        for racer in racers:
            trail = watched.written[-1].layer(racer.lane.id)
            assert isinstance(trail, Trail)
            assert trail.value == pytest.approx(float(racer.run.values[step]))
            shown = player.frame().layer(racer.lane.id)
            assert isinstance(shown, Trail)
            assert trail.end.tolist() == shown.end.tolist()  # it is written where the head is now
        behind += step != player.step
        if number % 5 == 0:
            if moment not in whole:
                whole[moment] = whole_panels(watched, moment)
            assert np.array_equal(watched.panels(rig.target.read()), whole[moment])
    assert behind > 10
    assert len(whole) > 2


def meant(player: Player, pixel: list[float]) -> str:
    """Return the key of what is under a pixel."""
    player.look_at(pixel)
    return player.hovered.key if player.hovered else ""


def test_what_is_said_under_the_pointer_is_of_the_panels_moment(watched: Watched) -> None:
    rig, player = watched.rig, watched.rig.player
    trails = [layer for layer in player.frame().layers if isinstance(layer, Trail)]
    pixels = [player.camera.project(trail.end, SIZE).tolist() for trail in trails]
    seen = [(one, at) for one, at in zip(trails, pixels, strict=True) if meant(player, at) == one.key]
    head, (x, y) = seen[0]  # one that the ground does not hide
    rig.turn(TICK, Move(x, y))
    told = 0
    for _ in range(20):
        rig.turn(TICK)
        mark = player.mark(rig.loop.picture._told)
        if mark is not None and mark.title == head.name:
            told += 1
            assert mark.lines[0] == f"step {player.scene.now(watched.moment).whole}"
    assert told > 5


def test_the_panels_of_what_was_done_are_in_the_next_picture(watched: Watched) -> None:
    rig, player = watched.rig, watched.rig.player
    for change in (lambda: player.seek(0.5), lambda: player.use_preset("beale"), lambda: player.add_lane("adagrad")):
        for _ in range(4):
            rig.turn(TICK)
        change()
        rig.turn(TICK)
        assert watched.moment == player.time


def test_time_that_begins_again_is_told_at_once(watched: Watched) -> None:
    rig, player = watched.rig, watched.rig.player
    player.seek(player.scene.clock.seconds - 3 * TICK)
    for _ in range(20):
        rig.turn(TICK)
        assert watched.moment <= player.time
    assert player.time < 1.0


@pytest.mark.parametrize("playing", [False, True])
def test_another_theme_is_seen_in_the_next_picture_and_so_is_its_undoing(playing: bool) -> None:
    rig = Rig(Player(library.scene("linear_map_2d"), SIZE), size=SIZE)
    player = rig.player
    try:
        rig.rest()
        if playing:
            player.play()

        def brightness() -> float:
            rig.turn()
            rig.turn()
            return float(rig.target.read()[-60:, :200, :3].mean())  # of a panel's corner

        dark = brightness()
        player.set_theme("print")
        assert brightness() > dark + 100
        player.undo()
        assert brightness() == pytest.approx(dark, abs=8)
        player.redo()
        assert brightness() > dark + 100
    finally:
        rig.close()
