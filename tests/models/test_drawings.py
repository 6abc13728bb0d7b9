"""Digits drawn by hand: their text, the pen's ink, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import drawings


def test_a_drawing_is_its_text() -> None:
    ink = np.random.default_rng(0).integers(0, 17, (8, 8)) / 16
    text = drawings.written(ink)
    assert text == "".join(np.base_repr(round(16 * one), 36).lower() for one in ink.ravel())
    np.testing.assert_array_equal(drawings.read(text), ink)
    np.testing.assert_array_equal(drawings.read(""), np.zeros((8, 8)))


def test_the_pen_leaves_ink_where_it_went() -> None:
    """Full ink up to 0.3 pixels from the way, none beyond 1.3; what was there before stays."""
    before = np.zeros((8, 8))
    before[7, 0] = 0.5
    ink = drawings.stroke(before, (1.5, 6.5), (5.5, 6.5))  # to the right, in the second row from above
    np.testing.assert_array_equal(ink[1, 1:6], 1.0)
    np.testing.assert_allclose(ink[[0, 2], 1:6], 0.3)
    np.testing.assert_allclose(ink[1, [0, 6]], 0.3)
    assert ink[7, 0] == 0.5
    assert not ink[3:7].any()


@pytest.mark.parametrize("text", ["0", "h" * 64, "0" * 65])
def test_what_is_no_drawing_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="A drawing has 64 signs"):
        drawings.read(text)
