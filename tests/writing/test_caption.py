"""Captions of films: as wide as their place at most."""

from __future__ import annotations

import pytest
from imgui_bundle import imgui

from lossland.writing.caption import TEXT_SIZE, TITLE_SIZE, Caption, draw_caption
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
