"""The window's ways of drawing, in parts and in steps, give the picture that is drawn at once."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np
import pytest

from lossland.app.governor import FULL, LEVELS
from lossland.play.player import Player
from lossland.render.backdrop import Light, light_centre
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.render.painter import Quality
from lossland.scenery import library
from lossland.world.theme import DARK

SIZE = (960, 540)
SMALL = Quality(mesh=64, lit=800, bake=288, supersample=2)


@pytest.fixture
def player() -> Player:
    made = Player(library.scene("optimizer_race"), SIZE)
    made.seek(1.5)
    return made


@pytest.fixture
def picture() -> Iterator:
    canvas.headless().set_current()
    from lossland.app.picture import Picture

    made = Picture(DARK, SIZE, 1.0)
    yield made
    made.close()


@pytest.fixture
def target() -> Iterator[Target]:
    canvas.headless().set_current()
    made = Target(SIZE)
    yield made
    made.close()


def once(picture, target, player, quality) -> np.ndarray:
    picture.settle(player, SIZE, True)
    with target:
        picture.draw(player, SIZE, True, quality)
    return target.read().astype(int)


def assert_the_same(image, expected, picture, player) -> None:
    """Check a window's picture: that drawn at once within the scene's box, and around it the panels over the light.

    The window spares itself the floor behind the panels.
    """
    light, target = Light(DARK), Target(SIZE)
    with target:
        light.draw(SIZE, light_centre(player.camera))
        picture.host.begin(SIZE)
        x, y, width, height = picture.panels.draw(player, player.frame(), SIZE)
        picture.host.end()
    around = target.read().astype(int)
    light.close()
    target.close()
    scene = np.zeros(SIZE[::-1], bool)
    scene[int(y) : ceil(y + height), int(x) : ceil(x + width)] = True
    assert 0.2 < scene.mean() < 0.8
    off = np.abs(image.astype(int) - np.where(scene[..., None], expected, around))[..., :3].max(-1)
    assert off[scene].max() <= 3
    assert off[~scene].max() <= 3


def test_cached_panels_look_as_those_drawn_at_once(picture, target, player) -> None:
    expected = once(picture, target, player, Quality.live)
    with target:
        picture.refresh(player, SIZE)
        picture.compose(player, SIZE, Quality.live)
    assert_the_same(target.read(), expected, picture, player)


def test_panels_drawn_part_by_part_come_out_whole(picture, target, player, monkeypatch) -> None:
    monkeypatch.setattr("lossland.app.picture.AT_ONCE", 60_000)
    with target:
        picture.compose(player, SIZE, Quality.live)  # the cache exists, and is about to be out of date
    player.seek(2.5)
    expected = once(picture, target, player, Quality.live)
    with target:
        picture.refresh(player, SIZE)
        owed = []
        while not owed or owed[-1]:
            picture.compose(player, SIZE, Quality.live, spread=True)
            owed.append(picture.owes_panels)
            assert len(owed) < 20
    assert len(owed) > 3
    assert_the_same(target.read(), expected, picture, player)


def test_refining_in_steps_gives_the_full_picture(picture, target, player) -> None:
    expected = once(picture, target, player, SMALL)
    picture.set_theme(DARK)  # a new renderer, which has computed nothing yet
    with target:
        picture.refresh(player, SIZE)
        picture.compose(player, SIZE, LEVELS[0])
        before = target.read()
    steps = 0
    with target:
        for _ in picture.refine(player, SIZE, SMALL):
            steps += 1
            if steps == 5:  # the window draws in between
                picture.compose(player, SIZE, LEVELS[0])
    assert steps > 10
    after = target.read().astype(int)
    assert np.abs(after - before).max() > 30
    assert_the_same(after, expected, picture, player)


def test_panels_drawn_over_a_refined_scene_leave_its_text_as_it_is(picture, target, player) -> None:
    with target:
        picture.refresh(player, SIZE)
        picture.compose(player, SIZE, LEVELS[0])
        for _ in picture.refine(player, SIZE, SMALL):
            pass
    refined = target.read()
    with target:  # as when the pointer moves over a panel
        picture.refresh(player, SIZE)
        picture.compose(player, SIZE, LEVELS[0])
    x, y, width, height = map(int, player.free)
    part = slice(y, y + height), slice(x, x + width)
    assert np.array_equal(target.read()[part], refined[part])


def test_refining_may_be_left_at_any_step(picture, target, player) -> None:
    expected = once(picture, target, player, SMALL)
    for steps in (1, 8, 24):
        with target:
            refining = picture.refine(player, SIZE, FULL)
            for _ in range(steps):
                next(refining)
            del refining
    assert np.array_equal(once(picture, target, player, SMALL), expected)


def test_stills_do_not_depend_on_what_was_drawn_before(picture, target, player) -> None:
    expected = once(picture, target, player, SMALL)
    for level in LEVELS:
        once(picture, target, player, level)
    assert np.array_equal(once(picture, target, player, SMALL), expected)


def test_a_thinned_cloud_says_so(picture, target) -> None:
    from lossland.app.picture import _thinned

    swarm = Player(library.scene("optimizer_swarm", count=4096), SIZE)
    frame = swarm.frame()
    assert _thinned(frame, Quality.still) == []
    assert _thinned(frame, Quality(dots=1000)) == ["4\u2009096 points, 820 drawn"]
    assert len(range(0, 4096, 5)) == 820


def test_the_place_under_the_pointer_is_told_without_the_panels(picture, target, player) -> None:
    from lossland.writing.hovering import probe_text

    before = once(picture, target, player, SMALL)
    player.hover((3.0, 2.0))  # a minimum of Himmelblau's function
    assert probe_text(player.probe) == "f(3.00, 2.00) = 0    slope 0"
    after = once(picture, target, player, SMALL)
    rows, columns = np.nonzero(np.abs(after - before).max(-1) > 2)
    x, y, width, height = player.free
    assert columns.max() < x + width
    assert columns.min() > x + 0.6 * width
    assert y + height - 34 < rows.min()
    assert rows.max() < y + height
