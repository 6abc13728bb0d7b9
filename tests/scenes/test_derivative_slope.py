"""Slopes: secants and derivatives against closed forms, what is drawn against the numbers, and the handles."""

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
    return library.scene("derivative_slope", preset, **values)


def slope_drawn(made: Any, frame: ll.Frame, name: str) -> float:
    line = next(one for one in frame.layers if isinstance(one, layers.Curve) and one.name.startswith(name))
    (x0, y0), (x1, y1) = (made.plot.data(end) for end in line.points[[0, -1]])
    return (y1 - y0) / (x1 - x0)


def test_what_changes_nothing_has_no_control() -> None:
    idle = [show for show in ("secant", "traced", "car", "product", "epsilon") if not scene(show=show).has_control("h")]
    assert idle == ["traced", "car", "epsilon"]


@pytest.mark.parametrize("h", [1.5, 0.3, -0.7])
def test_the_secant_of_a_square_at_one_has_slope_two_plus_h(h: float) -> None:
    made = scene("square", h=h)
    for time in (0.0, 3.0, 5.0, 9.0):
        read = made.readouts(time)
        assert read["secant"] == pytest.approx(2 + read["h_now"], abs=1e-9)
        assert read["slope"] == 2.0
        if abs(read["h_now"]) > 0.01 and time < 7:
            assert slope_drawn(made, made.frame(time), "Secant") == pytest.approx(read["secant"], abs=1e-6)
    assert made.readouts(0.0)["h_now"] == h
    assert abs(made.readouts(9.0)["h_now"]) < 0.002
    assert slope_drawn(made, made.frame(9.0), "Tangent") == pytest.approx(2.0, abs=1e-4)


def test_known_slopes() -> None:
    assert scene("cube").readouts()["slope"] == 12.0
    for x in (-1.5, 0.0, 2.0):
        read = scene("exponential", x=x).readouts()
        assert read["slope"] == pytest.approx(read["value"]) == pytest.approx(np.exp(x))
    assert scene("logarithm", x=0.25).readouts()["slope"] == pytest.approx(4.0)


def test_hill_and_valley_of_a_cubic() -> None:
    made = scene("traced")
    np.testing.assert_allclose(made.readouts()["extrema"], [[-1, 2, -6], [1, -2, 6]], atol=1e-9)
    xs = [made.readouts(time)["x_now"] for time in np.linspace(0, 9, 10)]
    assert xs == sorted(xs)
    np.testing.assert_allclose([xs[0], xs[-1]], [-2.2, 2.1])


def test_a_product_gains_two_strips() -> None:
    made = scene("product")
    u, v = made.function.factors
    assert (u.text, v.text) == ("x + 1", "sqrt(x)")
    read, x = made.readouts(9.0), 1.2
    assert read["slope"] == pytest.approx(np.sqrt(x) + (x + 1) / (2 * np.sqrt(x)))
    boxes = {one.name: one.corners for one in made.frame(9.0).layers if isinstance(one, layers.Polygon)}
    unit = made.scale()[0]

    def area(corners: np.ndarray) -> float:
        return float(np.prod(corners[2, :2] - corners[0, :2])) / unit**2

    whole = sum(map(area, boxes.values()))
    assert whole == pytest.approx((x + 1 + read["h_now"]) * np.sqrt(x + read["h_now"]))


def test_the_box_of_epsilon_and_delta_holds_the_curve() -> None:
    made = scene("epsilon delta")
    for time in (0.0, 4.0, 9.0):
        read = made.readouts(time)
        assert read["delta"] == pytest.approx(np.sqrt(1 + read["epsilon"]) - 1, abs=1e-9)


def test_the_car_is_fastest_half_way() -> None:
    made = scene("car")
    reads = [made.readouts(time) for time in np.linspace(0, 9, 91)]
    for read in reads:
        t = read["x_now"]
        np.testing.assert_allclose(
            [read["value"], read["slope"]], [3 * t**2 - 0.2 * t**3, 6 * t - 0.6 * t**2], atol=1e-9
        )
    assert max(read["slope"] for read in reads) == pytest.approx(15.0, abs=0.05)


def test_both_points_are_dragged() -> None:
    made = scene("square")
    player = Player(made)
    player.seek(0.0)
    assert [handle.name for handle in player.handles()] == ["h", "x"]
    for x, kept in ((0.5, 0.5), (-9.0, -1.2)):
        place = made.plot.world(x, 0.0)
        player.drag("x", (float(place[0]), float(place[1])))
        assert made.x == pytest.approx(kept)
    place = made.plot.world(0.3, 0.0)
    player.drag("h", (float(place[0]), float(place[1])))
    assert made.h == pytest.approx(1.5)
    player.seek(9.0)
    assert [handle.name for handle in player.handles()] == ["x"]


def cautions(made: Any, time: float = 9.0) -> list[str]:
    return [note.text for note in made.frame(time).notes if isinstance(note, layers.Caution)]


def test_a_corner_has_no_slope_but_one_on_each_side() -> None:
    made = scene("square", function="|x|", x=0)
    for time in (0.0, 9.0):
        read = made.readouts(time)
        assert read["value"] == 0.0
        assert np.isnan([read["slope"], read["second"]]).all()
        assert cautions(made, time) == ["f has no slope at 0: it is −1 on the left and 1 on the right"]
    drawn = [layer for layer in made.frame(9.0).layers if layer.name.startswith("From one side")]
    assert sorted(layer.name.rpartition(" ")[2] for layer in drawn) == ["1", "−1"]
    assert cautions(scene("square", function="|x|", x=0.5)) == []
    assert np.isnan(scene("traced", function="|x|", x=0).readouts()["extrema"][0, 2])
    assert cautions(scene("square", function="floor(x)", x=1)) == ["f has no slope at 1: there it jumps"]
    assert cautions(scene("square", function="sqrt(x)", x=0)) == ["f has no slope at 0: there it stands upright"]


def test_a_point_outside_the_window_widens_it_and_one_without_a_value_is_told() -> None:
    made = scene("square", x=50)
    assert made.span[0] == -1.2
    assert made.span[1] > 51.2
    low, high = made.plot.y
    assert low < 0 < 2500 < high
    assert cautions(scene("logarithm", x=-1)) == ["f has no value at −1"]


@pytest.mark.parametrize("show", ["secant", "traced", "car", "product", "epsilon"])
@pytest.mark.parametrize(("function", "x"), [("ln(x)", -1.0), ("1/x", 0.0), ("floor(x)", 0.0), ("exp(exp(x))", 50.0)])
def test_where_there_is_no_value_the_rest_is_drawn(function: str, x: float, show: str) -> None:
    made = scene("square", function=function, x=x, show=show)
    for time in (0.0, 4.0, 9.0):
        for layer in made.frame(time).layers:
            check_layer(layer)
        assert np.isfinite([handle.position for handle in made.handles(time)]).all()
