"""The texts on plates: how large they are, measured with the font itself."""

from __future__ import annotations

import numpy as np
import pytest
from imgui_bundle import imgui

from lossland.world.theme import DARK
from lossland.writing.plates import FONT, fitting_size
from lossland.writing.text import LEAST_PIXELS, Type

TEXTS = ("0.15", "−0.0964")


def widest(type_: Type, pixels: float) -> float:
    return max(type_.width(text, pixels / type_.scale, FONT) for text in TEXTS)


@pytest.mark.parametrize("scale", [1.0, 0.72, 2.0])
def test_a_text_is_as_large_as_its_plate_allows_and_small_ones_fill_it(host, scale) -> None:
    host.use()
    type_ = Type(DARK, scale)
    host.begin((960, 540))
    least = max(round(11 * scale), LEAST_PIXELS)

    def size(wide: float, high: float) -> float:
        """Return the font size in pixels on plates of so many pixels."""
        return fitting_size(type_, TEXTS, np.tile([wide, high], (2, 1))) * scale

    try:
        assert size(1000, 50) == pytest.approx(29)  # 0.58 of the height
        assert size(widest(type_, 40.0) / 0.88 + 0.5, 1000) == pytest.approx(
            40, abs=3
        )  # letters are as wide as whole pixels
        assert size(1000, 1.2 * least) == pytest.approx(least)
        assert size(0.92 * widest(type_, least), 1000) == pytest.approx(least)
        assert size(1000, 1.1 * least) == 0
        assert size(0.9 * widest(type_, least), 1000) == 0
    finally:
        imgui.end_frame()
        type_.close()
