"""Anything done to the window in any order: at rest it shows what is true. The long run is in tests/fuzz."""

from __future__ import annotations

import glfw
from hypothesis import HealthCheck, Phase, settings
from monkey import Monkey, Rig

from lossland.app.input import Button, Char, Move
from lossland.play.player import TICK, Player
from lossland.scenery import library

Monkey.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a run takes long: what fails is not made shorter
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestWindow = Monkey.TestCase


def test_letters_wait_for_the_list_that_a_click_opens() -> None:
    """All of it comes at once, as where a frame takes long: a letter must not be lost, nor be taken for a command."""
    size = (1280, 720)
    rig = Rig(Player(library.scene("optimizer_race"), size), size=size)
    try:
        rig.rest()
        plus, click = Move(1246.0, 34.0), (Button(glfw.MOUSE_BUTTON_LEFT, True), Button(glfw.MOUSE_BUTTON_LEFT, False))
        rig.turn(TICK, plus, *click, *(Char(ord(letter)) for letter in "nadam"))
        assert rig.loop.picture.panels.pen.typing.line == "nadam"
        assert not rig.player.messages
    finally:
        rig.close()


def test_letters_after_a_click_on_the_cross_of_the_search_are_the_next_search() -> None:
    size = (1280, 720)
    rig = Rig(Player(library.scene("linear_map_2d"), size), size=size)
    try:
        rig.loop.picture.panels.browser.search = "pca"
        rig.rest()
        cross, click = Move(216.0, 78.0), (Button(glfw.MOUSE_BUTTON_LEFT, True), Button(glfw.MOUSE_BUTTON_LEFT, False))
        before = rig.player.scene.values | {"loop": rig.player.loop, "turntable": rig.player.turntable}
        rig.turn(TICK, cross, *click, *(Char(ord(letter)) for letter in "vectors"))
        assert rig.loop.picture.panels.browser.search == "vectors"
        assert rig.player.scene.values | {"loop": rig.player.loop, "turntable": rig.player.turntable} == before
    finally:
        rig.close()
