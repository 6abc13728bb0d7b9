"""Plates and lines with a look for each: what is drawn where, and texts that fit and can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from imgui_bundle import imgui

from lossland.pointing.picking import pick
from lossland.render.gl import canvas
from lossland.render.painter import Quality
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame
from lossland.world.camera import Camera
from lossland.world.layers import Lines, Plates
from lossland.world.theme import DARK, PRINT, contrast
from lossland.writing.host import Host
from lossland.writing.plates import HIGH, LEAST, SNUG_HIGH, WIDE, draw_plate_texts, fitting_size, text_colors
from lossland.writing.text import Type

SIZE = (320, 200)
RED, GREEN = "#FF0000", "#00FF00"


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture
def type_():
    host = Host(DARK)
    host.begin(SIZE)
    imgui.end_frame()
    made = Type(DARK)
    host.begin(SIZE)
    yield made
    imgui.end_frame()
    made.close()
    host.close()


def flat():
    camera = Camera(flat=True)
    camera.fit(np.array([[-1.6, -1, 0], [1.6, 1, 0]]), SIZE, margin=0.0)  # a unit is 100 pixels
    return camera


def plates(**options):
    """Two plates, each 1 wide and 1 high, around (-0.75, 0) and (0.75, 0)."""
    corner = np.array([(-1.25, -0.5, 0), (0.25, -0.5, 0)])
    one = np.ones((2, 1))
    return Plates(corner, one * (1, 0, 0), one * (0, 1, 0), **{"color": (RED, GREEN), **options})


def drawn(layer, theme=DARK):
    renderer = Renderer(theme)
    image = renderer.image(Frame([layer]), flat(), SIZE, quality=Quality())[..., :3].astype(int)
    renderer.close()
    return image


def at(image, x, y):
    u, v = flat().project(np.array((x, y, 0.0)), SIZE)
    return image[int(v), int(u)] / 255


def mix(a, b, share):
    return np.array(a) + share * (np.array(b) - np.array(a))


# -------------------------------------------------------------------------------------------------- what is drawn
@pytest.mark.parametrize("theme", [DARK, PRINT], ids=lambda theme: theme.name)
def test_a_plate_is_filled_up_to_its_level_in_its_tint(theme):
    image = drawn(plates(level=np.array([0.25, 1.0]), tint=np.array([0.5, 1.0])), theme)
    panel = theme.color("panel")
    assert at(image, -0.75, -0.4) == pytest.approx(mix(panel, (1, 0, 0), 0.5), abs=0.01)
    for y in (-0.15, 0.0, 0.4):
        assert at(image, -0.75, y) == pytest.approx(panel, abs=0.01)
    for y in (-0.4, 0.0, 0.4):
        assert at(image, 0.75, y) == pytest.approx((0, 1, 0), abs=0.01)
    assert at(image, -0.75, -0.25)[0] > 0.7  # a bright line where the level ends


def test_a_plate_covers_its_rectangle_but_for_the_corners():
    image = drawn(plates(edge=0.0, rounding=0.25))
    red = ((image[..., 0] > 128) & (image[..., 1] < 64)).sum()
    assert red == pytest.approx(100 * 100 - (4 - np.pi) * 25**2, rel=0.01)  # less the corners of a quarter
    sharp = drawn(plates(edge=0.0, rounding=0.0))
    assert ((sharp[..., 0] > 128) & (sharp[..., 1] < 64)).sum() == pytest.approx(100 * 100, rel=0.02)


def test_alpha_is_that_of_each_and_without_a_ground_nothing_is_behind():
    image, bare = (
        drawn(plates(alpha=np.array([0.5, 1.0]), edge=0.0)),
        drawn(plates(level=np.zeros(2), ground="", edge=0)),
    )
    nothing = drawn(Lines([], "text"))
    assert at(image, -0.75, 0) == pytest.approx(mix(at(nothing, -0.75, 0), (1, 0, 0), 0.5), abs=0.02)
    assert np.array_equal(bare, nothing)


def test_a_plate_is_picked_where_it_is():
    layer, camera = plates(), flat()
    for x, y, wanted in ((-0.75, 0, 0), (-1.2, 0.45, 0), (0.3, -0.45, 1), (0, 0, None), (0.75, 0.55, None)):
        found = pick(layer, Frame([layer]), camera, camera.project(np.array((x, y, 0.0)), SIZE), SIZE, 0.0)
        assert (None if found is None else found.element) == wanted
        if found is not None:
            assert found.position == pytest.approx((x, y, 0), abs=1e-9)


def test_lines_have_a_colour_a_width_and_an_alpha_each():
    paths = [np.array([(-1.5, y, 0), (1.5, y, 0)]) for y in (-0.5, 0.5)]
    image = drawn(Lines(paths, (RED, GREEN), (4.0, 10.0), (1.0, 0.5)))
    nothing = drawn(Lines([], "text"))
    assert at(image, 0, -0.505) == pytest.approx((1, 0, 0), abs=0.01)
    assert at(image, 0, 0.5) == pytest.approx(mix(at(nothing, 0, 0.5), (0, 1, 0), 0.5), abs=0.02)
    changed = np.abs(image - nothing).max(-1)[:, 160] > 40
    assert (changed[100:].sum(), changed[:100].sum()) == (4, 10)


def test_a_casing_is_drawn_around_each_line_and_over_those_before():
    cross = [np.array([(-1, 0, 0), (1, 0, 0)]), np.array([(0, -0.9, 0), (0, 0.9, 0)])]
    image = drawn(Lines(cross, (RED, GREEN), 6.0, casing=4.0), PRINT)
    assert at(image, 0, 0) == pytest.approx((0, 1, 0), abs=0.01)
    assert at(image, 0.05, 0) == pytest.approx(PRINT.color("casing"), abs=0.01)
    assert at(image, 0.2, 0) == pytest.approx((1, 0, 0), abs=0.01)


# ----------------------------------------------------------------------------------------------------------- texts
@pytest.mark.parametrize(("texts", "room"), [(("1", "wonderful"), (90, 40)), (("a", "b"), (200, 30))])
def test_texts_have_the_largest_whole_size_that_fits_into_every_plate(type_, texts, room):
    size = fitting_size(type_, texts, np.array([room, room], float))

    def fits(size):
        return size <= HIGH * room[1] and all(type_.width(text, size, "bold") <= WIDE * room[0] + 1 for text in texts)

    assert size == int(size)
    assert fits(size)
    assert not fits(size + 1)


def texts_drawn(type_, layer):
    """Return how many vertices the texts of a layer take."""
    dl = imgui.get_background_draw_list()
    before = dl.vtx_buffer.size()
    rects = draw_plate_texts(dl, type_, layer, flat(), SIZE)
    return rects, dl.vtx_buffer.size() - before


def test_texts_that_would_be_too_small_are_left_out(type_):
    layer = plates(text=("one", "two"))
    rects, vertices = texts_drawn(type_, layer)
    assert vertices == 4 * 6  # a quad for each letter
    assert rects == [pytest.approx((35, 50, 100, 100)), pytest.approx((185, 50, 100, 100))]
    low = replace(layer, up=layer.up * (0.99 * LEAST / SNUG_HIGH / 100))
    assert texts_drawn(type_, low)[1] == 0
    assert texts_drawn(type_, replace(layer, up=layer.up * (1.05 * LEAST / HIGH / 100)))[1] == 24


@pytest.mark.parametrize("theme", [DARK, PRINT], ids=lambda theme: theme.name)
def test_texts_can_be_read_on_every_colour_of_the_maps(theme):
    values = np.linspace(-1, 1, 33)
    one = np.ones((33, 1))
    layer = Plates(one * (0, 0, 0), one * (1, 0, 0), one * (0, 1, 0), values, text=("0",) * 33)
    for color, value in zip(text_colors(layer, theme), values, strict=True):
        under = theme.signed_map[round((value + 1) / 2 * 255)]
        assert contrast(color, under) > 4.0, value  # black and white themselves would reach 4.58


def test_a_text_on_a_half_filled_plate_can_be_read_on_both_parts():
    for role in ("optimizer.momentum", "optimizer.adam", "optimizer.lion", "accent"):
        layer = plates(color=role, level=np.array([0.4, 0.6]), tint=np.full(2, 0.5), text=("a", "b"))
        for theme in (DARK, PRINT):
            for color in text_colors(layer, theme):
                panel = theme.color("panel")
                assert contrast(color, panel) > 3
                assert contrast(color, mix(panel, theme.color(role), 0.5)) > 3


def test_a_text_on_nothing_has_its_own_colour():
    layer = plates(color=("dim", "accent"), level=np.zeros(2), ground="", text=("a", "b"))
    assert text_colors(layer, PRINT) == [pytest.approx(PRINT.color(role)) for role in ("dim", "accent")]
