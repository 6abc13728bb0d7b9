"""Heat maps: colours of values, places of settings, and a press on the map that takes settings over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from panel_bench import Bench

from lossland.ui.heatmaps import DIVERGED, NEVER, SHADES, reading, shade_numbers, spread, value_range
from lossland.world.layers import HeatAxis, HeatMap

RATE = HeatAxis("rate", 1e-3, 10.0, log=True, now=0.1, param="rate")
MEMORY = HeatAxis("memory", 0.0, 0.8, now=0.2)


def heat(values: Any, log: bool = True) -> HeatMap:
    return HeatMap("map", np.array(values, float), RATE, MEMORY, log)


def test_axes_go_both_ways() -> None:
    assert RATE.scale.share(0.1) == pytest.approx(0.5)
    assert RATE.scale.value(0.25) == pytest.approx(1e-2)
    assert MEMORY.scale.share(0.2) == pytest.approx(0.25)
    for axis in (RATE, MEMORY):
        for part in (0.0, 0.3, 1.0):
            assert axis.scale.share(axis.scale.value(part)) == pytest.approx(part)


def test_shades_rise_with_the_values_and_classes_have_their_own() -> None:
    numbers = shade_numbers(heat([[1.0, 10.0, 100.0], [np.inf, np.nan, 1e3]]))
    assert numbers[0, 0] == 2
    assert numbers[1, 2] == SHADES + 1
    assert np.diff([numbers[0, 0], numbers[0, 1], numbers[0, 2], numbers[1, 2]]) == pytest.approx(21)  # equal ratios
    assert numbers[1, 0] == NEVER
    assert numbers[1, 1] == DIVERGED
    assert np.diff(shade_numbers(heat([[0.0, 1.0, 2.0]], log=False))[0]) == pytest.approx([32, 31], abs=1)


@pytest.mark.parametrize("values", [[[np.nan, np.inf]], [[5.0, 5.0]], [[0.0, -1.0]], [[0.0, 1e-30, 1.0]]])
def test_any_values_have_a_range(values: Any) -> None:
    for log in (True, False):
        low, high = value_range(heat(values, log))
        assert np.isfinite([low, high]).all()
        assert low < high
        assert low > 0 or not log
        assert np.isin(shade_numbers(heat(values, log)), np.arange(SHADES + 2)).all()


def test_a_map_says_what_is_under_the_pointer() -> None:
    note = heat([[1.0, 2.0], [np.inf, np.nan]])
    assert reading(note, 0.75, 0.25) == "2 at 1, 0.2"
    assert reading(note, 0.0, 1.0) == "never at 0.001, 0.8"
    assert reading(note, 1.0, 0.99).startswith("diverges")


def test_a_map_says_how_far_its_values_reach() -> None:
    assert spread(heat([[2.0, np.inf], [239.0, np.nan]])) == "2 … 239"
    assert spread(heat([[np.inf, np.nan]])) == "never"


def map_key(bench: Bench) -> str:
    return next(key for key in bench.felt.touches if key.startswith("map."))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_press_on_the_map_sets_both_parameters(open_bench: Any, scale: float) -> None:
    size = (int(1280 * scale), int(1100 * scale))
    bench = open_bench("momentum_phase", size, scale)
    place = bench.place(map_key(bench))
    note = next(note for note in bench.player.frame().notes if isinstance(note, HeatMap))
    at = (round(place.x + 0.3 * place.width), round(place.y + 0.6 * place.height))
    across, up = (at[0] - place.x) / place.width, (place.bottom - at[1]) / place.height
    bench.click_at(*at)
    assert bench.player.scene.values["alpha"] == pytest.approx(note.x.scale.value(across), rel=1e-3)
    assert bench.player.scene.values["beta"] == pytest.approx(note.y.scale.value(up), abs=1e-3)
    bench.drag(at, (at[0] + 20, at[1] - 10))
    assert bench.player.scene.values["alpha"] > note.x.scale.value(across)
    assert bench.player.scene.values["beta"] > note.y.scale.value(up)


def test_the_swarms_map_sets_rate_and_memory(open_bench: Any) -> None:
    bench = open_bench("optimizer_swarm", (1280, 1100), count=2000, cells=48, steps=40)
    place = bench.place(map_key(bench))
    bench.click_at(place.x + 0.4 * place.width, place.y + 0.5 * place.height)
    assert bench.player.scene.values["memory"] == pytest.approx(0.5, abs=0.02)
    assert bench.player.scene.values["rate"] != 0.003
