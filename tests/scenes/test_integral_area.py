"""Areas: sums and integrals against closed forms, what is drawn against the numbers, and the handles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scene_checks import check_layer

import lossland as ll
from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("integral_area", preset, **values)


def areas(layer: Any) -> np.ndarray:
    """Return the areas of the boxes of a layer, in the world."""
    corners = layer.mesh.vertices.reshape(-1, 4, 3)
    return np.abs((corners[:, 1, 0] - corners[:, 0, 0]) * (corners[:, 2, 1] - corners[:, 1, 1]))


def test_what_changes_nothing_has_no_control() -> None:
    idle = {
        show: [name for name in scene().params() if not scene(show=show).has_control(name)]
        for show in ("sums", "running", "rings")
    }
    assert idle == {"sums": [], "running": ["rule", "n"], "rings": ["function", "window", "rule"]}


@pytest.mark.parametrize(
    ("n", "rule", "wanted"),
    [
        (10, "left", 0.285), (10, "mid", 0.3325), (10, "right", 0.385),
        (100, "left", 0.32835), (100, "mid", 0.333325), (100, "right", 0.33835),
    ],
)  # fmt: skip
def test_sums_under_a_parabola(n: int, rule: str, wanted: float) -> None:
    read = scene("square", n=n, rule=rule).readouts()
    assert read["sum"] == pytest.approx(wanted, abs=1e-12)
    assert read["integral"] == pytest.approx(1 / 3, abs=1e-13)
    assert read["error"] == pytest.approx(wanted - 1 / 3, abs=1e-12)


def test_the_sine_has_an_area_of_two() -> None:
    assert scene("below zero", high=np.pi).readouts()["integral"] == pytest.approx(2.0, abs=1e-13)
    assert scene("sine running").readouts(12.0)["area_now"] == pytest.approx(1 - np.cos(6.2832), abs=1e-12)


@pytest.mark.parametrize("n", [1, 7, 48, 400])
def test_the_area_lies_between_the_lower_and_the_upper_sum(n: int) -> None:
    read = scene("between", n=n).readouts()
    exact = 6 + (1 - np.cos(6)) / 2 + 36 / 10
    assert read["integral"] == pytest.approx(exact)
    assert read["lower"] <= exact <= read["upper"]


def test_rings_of_a_disc_are_a_triangle() -> None:
    made = scene("circle")
    assert made.readouts()["sum"] == pytest.approx(28.274334, abs=5e-7)
    for time in (0.0, 4.0, 12.0):
        rings = [one for one in made.frame(time).layers if isinstance(one, layers.Curve) and one.name == "Ring"]
        assert len(rings) == 12
        total = 0.0
        for ring in rings:
            x, y, _ = np.vstack([ring.points, np.asarray(ring.foot)[::-1]]).T
            total += abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
        assert total == pytest.approx(np.pi * 1.5**2, rel=5e-3)  # in the world the radius is 1.5


def test_bars_are_split_in_two_until_there_are_enough() -> None:
    made = scene("square", n=80)
    assert made.counts == (5, 10, 20, 40, 80)
    shown = [made.readouts(time)["n_now"] for time in np.linspace(0, 12, 49)]
    assert list(dict.fromkeys(shown)) == [5, 10, 20, 40, 80]
    assert scene("square", n=7).counts == (7,)
    assert scene("square", n=100).counts == (25, 50, 100)
    world = float(np.prod(made.plot.world(1, 1)[:2] - made.plot.world(0, 0)[:2]))  # of one unit of area
    for time in (0.0, 12.0):
        bars = [one for one in made.frame(time).layers if isinstance(one, layers.Solid)]
        assert sum(areas(one).sum() for one in bars) / world == pytest.approx(made.readouts(time)["sum_now"])


def test_while_bars_split_their_heights_move_from_the_old_to_the_new() -> None:
    made = scene("square", n=10)
    tops = []
    for time in np.linspace(0, 12, 400):
        (bars,) = [one for one in made.frame(time).layers if isinstance(one, layers.Solid)]
        tops.append(float(areas(bars).sum()))
    assert np.diff(tops).min() > -1e-12  # the left sum of a rising curve only grows
    assert np.abs(np.diff(tops)).max() < 0.12 * max(tops)


def test_the_area_so_far_grows_as_fast_as_the_curve_is_high() -> None:
    made = scene("running")
    for time in (2.0, 6.0, 9.0):
        now, soon = made.readouts(time), made.readouts(time + 1e-5)
        rate = (soon["area_now"] - now["area_now"]) / (soon["x_now"] - now["x_now"])
        assert rate == pytest.approx(now["height_now"], abs=1e-4)
        line = next(one for one in made.frame(time).layers if one.name.startswith("Slope"))
        (x0, y0), (x1, y1) = (made.upper.data(end) for end in line.points[[0, -1]])
        assert (y1 - y0) / (x1 - x0) == pytest.approx(now["height_now"], abs=1e-9)


def test_limits_are_dragged_and_may_change_sides() -> None:
    made = scene("square")
    player = Player(made)
    assert [handle.name for handle in player.handles()] == ["low", "high"]
    place = made.plot.world(0.4, 0.0)
    player.drag("high", (float(place[0]), float(place[1])))
    assert made.readouts()["integral"] == pytest.approx(0.4**3 / 3)
    place = made.plot.world(0.8, 0.0)
    player.drag("low", (float(place[0]), float(place[1])))
    assert made.readouts()["integral"] == pytest.approx((0.4**3 - 0.8**3) / 3)


def test_the_view_of_a_moving_camera_is_that_of_the_moment() -> None:
    with ll.Stage(scene("circle"), size=(640, 360)) as stage:
        stage.render(time=0.0)
        near = stage.player.camera.pose.distance
        stage.render(time=12.0)
        far = stage.player.camera.pose.distance
        assert far > 1.5 * near
        stage.render(time=0.0)
        assert stage.player.camera.pose.distance == near


@pytest.mark.parametrize("preset", ["square", "middles"])
def test_what_is_told_of_the_bars_is_what_is_drawn_at_that_moment(preset: str) -> None:
    made = scene(preset)
    world = float(np.prod(made.plot.world(1, 1)[:2] - made.plot.world(0, 0)[:2]))
    for time in np.linspace(0, 12, 31):
        read, frame = made.readouts(time), made.frame(time)
        (bars,) = [one for one in frame.layers if isinstance(one, layers.Solid)]
        assert areas(bars).sum() / world == pytest.approx(read["sum_now"])
        assert np.asarray(bars.worth)[::2].sum() == pytest.approx(read["sum_now"])


@pytest.mark.parametrize("show", ["sums", "running"])
@pytest.mark.parametrize(("function", "low"), [("ln(x)", -1.0), ("ln(x)", 0.0), ("1/x", 0.0), ("exp(exp(x))", 50.0)])
def test_what_has_no_area_is_drawn_as_far_as_it_goes(function: str, low: float, show: str) -> None:
    for rule in ("left", "lower") if show == "sums" else ("left",):
        made = scene("square", function=function, low=low, show=show, rule=rule)
        for time in (0.0, 5.0, 12.0):
            for layer in made.frame(time).layers:
                check_layer(layer)


def test_limits_outside_the_window_widen_it() -> None:
    made = scene("square", low=-3, high=5)
    assert made.span[0] < -3
    assert made.span[1] > 5
    assert made.readouts()["integral"] == pytest.approx((125 + 27) / 3)
    told = [
        note.text
        for note in scene("square", function="1/x", low=-1).frame(0.0).notes
        if isinstance(note, layers.Caution)
    ]
    assert told == ["f has no area between a and b: somewhere it has no value, or runs off too far"]
