"""Maps as charts: where the numbers of the axes stand, and that nothing is cut off."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.formats.framing import Chart, Key, Ramp, Spot, framed
from lossland.world.theme import DARK, PRINT, Theme
from lossland.world.ticks import Scale

CELLS = np.full((48, 64, 3), 120, np.uint8)
SCALES = Scale(-2.0, 3.0), Scale(1e-3, 10.0, log=True)


def inked(chart: Chart, theme: Theme) -> np.ndarray:
    """Return what differs from the ground, (h, w)."""
    return np.abs(chart.image / 255 - np.array(theme.color("background.edge"))).max(-1) > 0.15


@pytest.mark.parametrize("theme", [DARK, PRINT], ids=lambda theme: theme.name)
def test_ticks_stand_where_their_values_are(theme: Theme) -> None:
    chart = framed(CELLS, ("x", "lr"), SCALES, theme)
    ink = inked(chart, theme)
    below = np.flatnonzero(ink[chart.top + chart.height + 3, chart.left : chart.left + chart.width + 1])
    assert below / chart.width == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], abs=1.5 / chart.width)
    beside = np.flatnonzero(ink[chart.top : chart.top + chart.height + 1, chart.left - 4])
    assert 1 - beside / chart.height == pytest.approx([1, 0.75, 0.5, 0.25, 0], abs=1.5 / chart.height)


def test_the_map_is_whole_and_letters_stand_at_their_places() -> None:
    plain = framed(CELLS, ("x", "y"), SCALES, DARK)
    assert (plain.map[1:-1, 1:-1] == 120).all()
    assert plain.map.shape == (384, 512, 3)  # eight pixels a cell
    marked = framed(CELLS, ("x", "y"), SCALES, DARK, spots=[Spot("A", 0.25, 0.5), Spot("B", 0.75, 0.01)])
    rows, columns = np.nonzero((marked.map != plain.map).any(-1))
    left = columns < 256
    assert np.mean(columns[left]) == pytest.approx(128, abs=3)
    assert 192 < rows[left].min() < rows[left].max() < 230  # below its place
    assert np.mean(columns[~left]) == pytest.approx(384, abs=3)
    assert rows[~left].max() < 380  # above its place, which is at the edge


def test_title_and_keys_have_room_whatever_they_say() -> None:
    keys = [Key(DARK.color("basin.0"), "a rather long name of a minimum (3.00, 2.00)"), Key(None, "a remark")]
    ramp = Ramp(DARK.height_map, "1.5e−57", "0.0567")
    chart = framed(CELLS, ("x", "momentum"), SCALES, PRINT, "wider than all of the map " * 5, keys, ramp)
    ink = inked(chart, PRINT)
    assert not any(edge.any() for edge in (ink[:2], ink[-2:], ink[:, :1], ink[:, -2:]))


def test_letters_grow_with_the_map() -> None:
    small, large = (framed(np.zeros((n, n, 3), np.uint8), ("x", "y"), SCALES, DARK, "f") for n in (640, 2560))
    assert large.left == pytest.approx(4 * small.left, rel=0.05)
    assert large.top == pytest.approx(4 * small.top, rel=0.05)
