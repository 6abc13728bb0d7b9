"""Captions of films: as wide as their place at most."""

from __future__ import annotations

import numpy as np
import pytest
from imgui_bundle import imgui

from lossland.writing.caption import DIMMED, SOFT, STRIPS, TEXT_SIZE, TITLE_SIZE, Caption, draw_caption
from lossland.writing.text import Type

LONG = "On a surface the copies are a plane and a paraboloid"
FORMULA = r"f(p + \delta) \approx f + g^\top \delta + \tfrac12 \delta^\top H \delta"


@pytest.mark.parametrize("width", [260.0, 400.0, 900.0])
@pytest.mark.parametrize("caption", [Caption(LONG, LONG), Caption(LONG, latex=FORMULA), Caption("Short", "Short")])
def test_a_line_that_is_wider_than_its_place_is_written_smaller(type_: Type, caption: Caption, width: float) -> None:
    with type_.recorded() as written:
        draw_caption(imgui.get_background_draw_list(), type_, caption, (30.0, 0.0, width, 500.0))
    for one in written:
        x, _, across, _ = one.rect
        assert x >= 30.0 - 3.0
        assert x + across <= 30.0 + width + 3.0
        assert one.size <= type_.font_size(TITLE_SIZE)
    if width == 900.0 and caption.text:
        assert {one.size for one in written} == {type_.font_size(TITLE_SIZE), type_.font_size(TEXT_SIZE)}


@pytest.mark.parametrize("caption", [Caption(LONG, "Short"), Caption("Short", LONG), Caption("Short", latex=FORMULA)])
def test_what_is_behind_a_caption_is_dimmed_where_it_is_written_and_not_far_around(
    type_: Type, caption: Caption
) -> None:
    drawn = imgui.get_background_draw_list()
    before = drawn.vtx_buffer.size()
    with type_.recorded() as written:
        draw_caption(drawn, type_, caption, (30.0, 0.0, 900.0, 500.0), scrim=True)
    quads = np.array([(v.pos.x, v.pos.y, v.col >> 24) for v in list(drawn.vtx_buffer)[before:]])
    quads = quads[: 4 * (2 * STRIPS + 1) ** 2]  # the letters come after them
    dark = quads[quads[:, 2] == round(255 * DIMMED)]
    for x, y, wide, high in (one.rect for one in written):
        assert dark[:, 0].min() <= x + 1
        assert dark[:, 0].max() >= x + wide - 1
        assert dark[:, 1].min() <= y + 1
        assert dark[:, 1].max() >= y + high - 8  # below the letters
    edge = quads[quads[:, 2] == 0]
    assert (edge[:, 0].min(), edge[:, 0].max()) == (quads[:, 0].min(), quads[:, 0].max())
    assert dark[:, 0].min() - edge[:, 0].min() == pytest.approx(type_.px(SOFT))
    assert edge[:, 1].min() > min(one.rect[1] for one in written) - 12.0  # numbers of an axis are right above
