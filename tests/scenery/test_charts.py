"""Charts that stand in the world: what they show are the numbers, where they say they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.models.curves import Pair
from lossland.models.runs import Scalars
from lossland.scenery import charts
from lossland.world import layers
from lossland.world.plots import Plot


def named(drawn: list[layers.Layer], key: str) -> Any:
    return next(layer for layer in drawn if layer.key == key)


def texts(drawn: list[layers.Layer]) -> dict[str, np.ndarray]:
    return {one.text: np.asarray(one.position) for one in drawn if isinstance(one, layers.Label)}


def test_a_ranking_has_bars_as_long_as_its_values() -> None:
    value, names = np.array([0.8, 0.5, 0.2]), ["a", "b", "c"]
    chart = charts.Ranking(
        value, value - 0.1, value + 0.1, names, ["1 %", "2 %", "3 %"], ["i"] * 3, [True] + [False] * 2, names,
        "v", "chance", (2.0, 1.6), key="bars",
    )  # fmt: skip
    half, whole = named(chart.layers(0.5), "bars"), named(chart.layers(1.0), "bars")
    np.testing.assert_allclose(whole.right[:, 0] / whole.right[0, 0], value / 0.8)
    np.testing.assert_allclose(half.right[:, 0], whole.right[:, 0] / 2)
    (ends,) = [one for one in chart.layers(1.0) if isinstance(one, layers.Lines)]
    assert [chart.plot.data(end)[0] for end in ends.paths[1]] == pytest.approx([0.4, 0.6])
    assert not [one for one in chart.layers(0.5) if isinstance(one, layers.Lines)]
    places = texts(chart.layers(1.0))
    assert places["a"][1] > places["b"][1] > places["c"][1]
    assert chart.plot.data(places["3 %"])[0] == pytest.approx(0.3)
    assert places["v"][1] < 0.0 < places["c"][1]
    assert places["chance"][1] >= 1.6


def test_a_skyline_stands_as_its_matrix_is_written() -> None:
    values = np.array([[1.0, 0.0, 0.5], [0.25, 0.75, 0.0]])
    chart = charts.Skyline(values, ["p", "q"], ["u", "v", "w"], ["."] * 6, pitch=0.2, high=0.6)
    bars, places = named(chart.layers(1.0), "skyline"), texts(chart.layers(1.0))
    np.testing.assert_allclose((bars.high - bars.low)[:, 2], 0.012 + 0.6 * values.ravel())
    middle = (bars.high + bars.low)[:, :2].reshape(2, 3, 2) / 2
    np.testing.assert_allclose(middle[:, :, 1], [[places["p"][1]] * 3, [places["q"][1]] * 3], atol=1e-12)
    np.testing.assert_allclose(middle[0, :, 0], [places[name][0] for name in "uvw"], atol=1e-12)
    assert places["p"][1] > places["q"][1]


def test_ribbons_are_as_high_as_their_curves_over_one_axis() -> None:
    x, heights = np.linspace(-2.0, 2.0, 5), np.array([[0.0, 0.2, 1.0, 0.2, 0.0], [0.5] * 5])
    chart = charts.Ribbons(
        x, heights, ["a", "b"], ["i", "j"], ["a", "b"], {0.0: "0", 1.0: "1"}, {0.5: "half"}, 0.0, "x", 2.0, 0.8
    )
    drawn = chart.layers(0.5)
    band = named(drawn, "ribbon.a").start
    np.testing.assert_allclose(band[..., 2], [0.4 * heights[0]] * 2)
    np.testing.assert_allclose(band[0, :, 0], x / 2)
    places = texts(drawn)
    assert places["1"][0] == pytest.approx(0.5)
    assert places["half"][2] == pytest.approx(0.4)
    assert places["a"][1] > places["b"][1]


def test_a_room_has_the_levels_on_its_wall_and_the_steps_on_its_floor() -> None:
    wall = Plot((0.0, 4.0), (0.0, 2.0), corner=(-2.0, 1.0, 0.0), right=4.0, up=(0.0, 0.0, 1.0))
    drawn = charts.room(wall, -0.5, "step")
    (lines,) = (one for one in drawn if isinstance(one, layers.Lines))
    floor = [path for path in lines.paths if path[0][1] != path[1][1]]
    assert [path[0].tolist() for path in floor] == [[x, -0.5, 0.0] for x in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    assert {path[1][1] for path in floor} == {1.0}
    places = texts(drawn)
    assert places["1.5"][2] == pytest.approx(0.75)
    assert places["3"][0] == pytest.approx(1.0)
    assert places["step"][:2] == pytest.approx((1.0, -1.0))


def test_a_runs_ribbons_end_at_the_step_and_are_pale_after_the_stop() -> None:
    steps, train, validation = np.arange(6), np.linspace(1.0, 0.0, 6), np.array([1.0, 0.6, 0.4, 0.5, np.nan, np.nan])
    pair = Pair("run", Scalars(steps, train), Scalars(steps, validation))
    plot = Plot((0.0, 5.0), (0.0, 1.0), up=(0.0, 0.0, 1.0))
    values = {"train": train, "validation": validation}
    colors = {"train": "i", "validation": "j"}
    chart = charts.RunRibbons(plot, pair, values, False, 2.0, colors, ("up", "down"), lane=3, broad=0.2)
    drawn = chart.layers(4.5)
    before, after = named(drawn, "train:3:0:0"), named(drawn, "train:3:0:1")
    assert (before.dim, after.dim) == (0.0, 0.6)
    assert plot.data(before.start.mean(axis=0)[-1]) == pytest.approx((2.0, 0.6))
    assert plot.data(after.start.mean(axis=0)[-1]) == pytest.approx((4.5, 0.1))
    assert plot.data(named(drawn, "end.validation.3").position[0]) == pytest.approx((3.0, 0.5))
    gap = named(drawn, "gap.3.0")
    assert [plot.data(one)[1] for one in gap.foot] == pytest.approx([1.0, 0.8, 0.6, 0.4])


def test_a_flag_stands_on_its_place() -> None:
    foot = np.array([1.0, 2.0, 0.5])
    drawn = charts.flag(foot, "text", "best", "here", high=0.4)
    np.testing.assert_array_equal(named(drawn, "here").position, [foot])
    assert texts(drawn)["best"].tolist() == pytest.approx([1.0, 2.0, 0.9])
