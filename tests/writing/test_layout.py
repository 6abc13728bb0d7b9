"""What is written over pictures can be read: nothing cut, nothing over another thing, nothing small or pale.

Every scene and preset is looked at large and dark, and small and on paper, with and without panels, at five times; the
first preset of each scene the other way round, too, in other sizes and with smaller and larger text: ``make
test-layout``. ``make test`` looks at each scene a few times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations

import numpy as np
import pytest

import lossland as ll
from lossland.app.picture import Picture
from lossland.play.player import Player
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.render.painter import Quality
from lossland.scenery import library
from lossland.world.geometry import HEAD_RADIUS, head_centers
from lossland.world.layers import Trail
from lossland.world.theme import contrast
from lossland.world.theme import theme as theme_named
from lossland.writing.placement import inked
from lossland.writing.text import Written

QUALITY = Quality(mesh=48, lit=192, bake=96)
LARGE, SMALL = (1280, 720), (640, 360)
OTHERS = ((400, 300), (640, 480), (1920, 1080))
TEXT_SCALES = (0.8, 2.0)
TIMES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a scene's length
LEAST_SIZE = 11.0  # pixels at 720 lines
LEAST_AT_1080 = 16.0  # pixels at 1080
LEAST_CONTRAST = 3.0
HANDLE = 4.0  # logical pixels around a handle that must be seen
SLACK = 1.0  # pixels

Rect = tuple[float, float, float, float]


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()
    yield
    drawing_in.cache_clear()


@cache
def drawing_in(theme: str, size: tuple[int, int], text_scale: float) -> tuple[Picture, Target]:
    """Return what draws in a theme and size; scenes share it, as they do in a window."""
    return Picture(theme_named(theme), size, text_scale=text_scale), Target(size)


HARD = ("1e137*(x^2+y^2)", "exp(300*x)+y^2", "1e-9*sin(x)*y+123456", "-1e5*x*y", "1/(x^2+y^2)")  # values to write


def firsts() -> list[tuple[str, str | None]]:
    return [(name, next(iter(library.scene_class(name).presets))) for name in library.names()]


def cases() -> list[tuple[str, str | None]]:
    scenes = [(name, preset) for name in library.names() for preset in library.scene_class(name).presets]
    return [*scenes, *((formula, None) for formula in HARD)]


def shared(a: Rect, b: Rect) -> tuple[float, float]:
    """Return how wide and how high the part is that two rectangles share."""
    return min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]), min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])


def cut(written: Sequence[Written], area: Rect) -> Iterator[str]:
    for one in written:
        x, y, w, h = inked(one.rect)
        out = max(area[0] - x, area[1] - y, x + w - area[0] - area[2], y + h - area[1] - area[3])
        if out > SLACK:
            yield f"{one.kind} {one.text!r} is cut by {out:.0f} px"


def covered(written: Sequence[Written]) -> Iterator[str]:
    for first, second in combinations(written, 2):
        if min(shared(inked(first.rect), inked(second.rect))) > SLACK:
            yield f"{first.kind} {first.text!r} and {second.kind} {second.text!r} cover each other"


def on_discs(written: Sequence[Written], discs: Sequence[tuple[str, float, float, float]]) -> Iterator[str]:
    for one in written:
        for name, x, y, radius in discs:
            if min(shared(inked(one.rect), (x - radius, y - radius, 2 * radius, 2 * radius))) > SLACK:
                yield f"{one.kind} {one.text!r} covers {name}"


def small(written: Sequence[Written], least: float) -> Iterator[str]:
    for one in written:
        if one.size < least:
            yield f"{one.kind} {one.text!r} is {one.size:.0f} px small"


def pale(written: Sequence[Written], image: np.ndarray) -> Iterator[str]:
    """Find letters that what is right beside them (a halo, a plate, or what lies under them) does not set off."""
    for one in written:
        x, y, w, h = (int(length) for length in one.rect)
        part = image[max(y - 2, 0) : y + h + 3, max(x - 2, 0) : x + w + 3] / 255.0
        if not part.size or one.alpha < 1.0 or r"\fgcolor" in one.text:  # dimmed on purpose; of several colours
            continue
        away = np.abs(part - one.color).max(axis=-1)
        letters = away < float(away.min()) + 0.1
        near = letters
        for axis in (0, 1):
            near = np.any([np.roll(near, shift, axis) for shift in range(-2, 3)], axis=0)
        beside = part[near & ~letters]
        beside = beside[np.argsort(np.abs(beside - one.color).sum(axis=1))[len(beside) // 2 :]]  # no soft edges
        found = contrast(one.color, np.median(beside, axis=0).tolist()) if len(beside) else 1.0
        if found < LEAST_CONTRAST:
            yield f"{one.kind} {one.text!r} has a contrast of {found:.1f}"


def faults(picture: Picture, target: Target, player: Player, size: tuple[int, int], ui: bool) -> list[str]:
    """Draw a picture and return what is wrong with its writing."""
    picture.settle(player, size, ui)
    with target, picture.type.recorded() as written:
        picture.draw(player, size, ui, QUALITY)
    image = target.read()[..., :3]
    camera, frame, scale = player.camera, player.frame(), picture.type.pixel_ratio
    trails = [layer for layer in frame.layers if isinstance(layer, Trail) and layer.head and len(layer.points)]
    heads = camera.project(head_centers(trails, camera.clip_from_world(size), size[1] / scale), size)
    discs = [
        (f"the head of {t.label or t.key}", *p, 0.8 * HEAD_RADIUS * scale) for t, p in zip(trails, heads, strict=True)
    ]
    for handle in player.scene.handles(player.time) if ui else ():  # in a picture alone nothing can be dragged
        discs.append(
            (f"the handle {handle.name}", *camera.project(np.array(handle.position, float), size), HANDLE * scale)
        )
    whole = (0.0, 0.0, float(size[0]), float(size[1]))
    area = player.free if ui else whole
    found = [*cut(written, area), *covered(written), *on_discs(written, discs), *pale(written, image)]
    usual = picture.type.scale == picture.type.pixel_ratio
    least = {720: LEAST_SIZE, 1080: LEAST_AT_1080}.get(size[1], 0.0) if usual else 0.0
    return [*found, *small(written, least)]


def check(name: str, preset: str | None, looks, times, text_scale: float = 1.0) -> None:
    """Look at a scene at shares of its length, with and without panels; ``looks`` are pairs of a size and a theme."""
    found, scene = [], ll.scene(name, preset)
    for size, theme in looks:
        picture, target = drawing_in(theme, size, text_scale)
        for ui in (False, True):
            player = Player(scene, size)
            for share in times:
                player.seek(share * scene.clock.seconds)
                where = f"{name} {preset!r} {theme} {'x'.join(map(str, size))} {'panels' if ui else 'plain'} at {share}"
                found += [f"{where}: {fault}" for fault in faults(picture, target, player, size, ui)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("name", "preset"), firsts())
def test_what_is_written_over_a_scene_can_be_read(name, preset):
    check(name, preset, [(LARGE, "dark")], [0.5, 1.0])


@pytest.mark.parametrize("formula", HARD[:2])
def test_long_numbers_of_a_ground_have_room_or_are_left_out(formula):
    check(formula, None, [(LARGE, "print"), (SMALL, "print")], [1.0])


@pytest.mark.parametrize(("size", "text_scale"), [((400, 300), 1.0), (LARGE, 2.0)])
def test_what_does_not_fit_is_left_out(size, text_scale):
    check("optimizer_race", "beale", [(size, "dark")], [1.0], text_scale)


@pytest.mark.layout
@pytest.mark.parametrize(("name", "preset"), firsts())
def test_first_presets_can_be_read_in_the_other_theme_and_in_other_sizes(name, preset):
    check(name, preset, [(LARGE, "print"), (SMALL, "dark")], TIMES)
    check(name, preset, [(size, "dark") for size in OTHERS], TIMES[::2])


@pytest.mark.layout
@pytest.mark.parametrize("text_scale", TEXT_SCALES)
@pytest.mark.parametrize(("name", "preset"), firsts())
def test_first_presets_can_be_read_with_smaller_and_larger_text(name, preset, text_scale):
    check(name, preset, [(LARGE, "print"), ((640, 480), "print")], TIMES[::2], text_scale)


@pytest.mark.layout
@pytest.mark.parametrize(("name", "preset"), cases())
def test_what_is_written_over_every_picture_can_be_read(name, preset):
    check(name, preset, [(LARGE, "dark"), (SMALL, "print")], TIMES)
