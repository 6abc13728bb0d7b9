"""The chain rule: slopes and Jacobians against closed forms, what is drawn against the numbers, and the handles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("chain_rule", preset, **values)


def test_what_changes_nothing_has_no_control() -> None:
    shown = [name for name, one in scene().params().items() if not one.hidden]
    idle = {show: [name for name in shown if not scene(show=show).has_control(name)] for show in ("lines", "plane")}
    assert idle == {"lines": ["point"], "plane": ["inner", "outer", "window"]}


def test_the_outer_function_is_of_y() -> None:
    assert str(scene().outer) == "sin(y)"
    assert scene(outer="cos(x)").readouts() == scene(outer="cos(y)").readouts()


def test_the_slope_of_the_sine_of_a_square() -> None:
    read = scene("sine of a square").readouts()
    assert read["slope"] == pytest.approx(1.080605, abs=5e-7)
    assert read["slope"] == pytest.approx(2 * np.cos(1.0))
    assert (read["inner_value"], read["inner_slope"]) == (1.0, 2.0)


@pytest.mark.parametrize("preset", [name for name in library.scene_class("chain_rule").presets if name != "plane"])
def test_factors_multiply_for_every_nudge_and_become_the_slopes(preset: str) -> None:
    made = scene(preset)
    reads = [made.readouts(float(time)) for time in np.linspace(0, 10, 11)]
    for read in reads:
        assert read["dz"] / read["dx"] == pytest.approx((read["dz"] / read["dy"]) * (read["dy"] / read["dx"]))
    read = reads[-1]
    assert read["dy"] / read["dx"] == pytest.approx(read["inner_slope"], abs=0.05)
    assert read["dz"] / read["dx"] == pytest.approx(read["slope"], abs=0.12)


def test_all_three_lines_have_one_scale() -> None:
    made = scene("stretch and squish", nudge=0.4)
    drawn = {one.name: one for one in made.frame(6.5).layers if isinstance(one, layers.Lines)}
    length = {name: float(np.ptp(drawn[name].paths[0][:, 0])) for name in ("dx", "dy", "dz")}
    assert length["dy"] / length["dx"] == pytest.approx(3.0)
    assert length["dz"] / length["dx"] == pytest.approx(1.5)


def test_the_nudge_goes_from_line_to_line() -> None:
    made = scene("sine of a square")
    seen = [{one.name for one in made.frame(time).layers} & {"dx", "dy", "dz"} for time in (0.5, 3.8, 6.5)]
    assert seen == [{"dx"}, {"dx", "dy"}, {"dx", "dy", "dz"}]


def test_jacobians_of_the_plane() -> None:
    made = scene("plane")
    read = made.readouts()
    np.testing.assert_array_equal(read["jacobian"], [[4, 0], [4, -4]])
    assert read["area_inner"] == pytest.approx(8.0)
    assert read["area"] == pytest.approx(read["area_inner"] * read["area_outer"]) == pytest.approx(-16.0)


def test_a_tiny_grid_becomes_the_parallelogram_of_its_jacobian() -> None:
    made = scene("plane")
    read, size, run = made.readouts(), 1e-4, np.linspace(-1, 1, 49)
    for shown, jacobian in zip(made.seen_through(size)[1:], ("jacobian_inner", "jacobian"), strict=True):
        wanted = np.stack(np.meshgrid(run, run), -1) @ read[jacobian].T
        factor = np.abs(read[jacobian]).sum(axis=1).max()
        np.testing.assert_allclose(shown * factor, wanted, atol=2e-3)
    here, there = np.array(made.point), made.maps()[0](np.array(made.point))
    corners = made.maps()[0](here + size * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])) - there
    area = abs(np.cross(np.append(corners[1] - corners[0], 0), np.append(corners[3] - corners[0], 0))[2])
    assert area / (2 * size) ** 2 == pytest.approx(read["area_inner"], rel=1e-3)  # det J is the local factor of areas


def test_x_and_the_nudge_are_dragged() -> None:
    made = scene("sine of a square")
    player = Player(made)
    line = made.lines()[0]
    for name, value, wanted in (("x", 0.5, 0.5), ("nudge", 0.9, 0.4), ("x", 99.0, 1.8)):
        place = line.point_at(value)
        player.drag(name, (float(place[0]), float(place[1])))
        assert getattr(made, name) == pytest.approx(wanted)
    player.seek(10.0)
    assert [handle.name for handle in player.handles()] == ["x"]


def written(frame: ll.Frame) -> tuple[list[str], list[str]]:
    """Return the factors in the picture, from x to y, from y to z and from x to z, and those beside it."""
    labels = [one.text for one in frame.layers if isinstance(one, layers.Label) and one.text.startswith("×")]
    return [text.strip("×\u2009") for text in labels], [
        one.written for one in frame.notes if isinstance(one, layers.Meter)
    ]


@pytest.mark.parametrize("preset", [name for name in library.scene_class("chain_rule").presets if name != "plane"])
def test_picture_and_panel_say_the_same_factors_at_every_moment(preset: str) -> None:
    made = scene(preset)
    for time in (6.5, 8.0, 10.0):
        shown, beside = written(made.frame(time))
        assert shown == beside, time
    assert made.factors(made.now(10.0), made.readouts(10.0))[2] == made.readouts()["slope"]
    symbols = [[one.latex for one in made.frame(time).notes if isinstance(one, layers.Meter)] for time in (6.5, 10.0)]
    assert all("Delta" in one for one in symbols[0])
    assert not any("Delta" in one for one in symbols[1])


def test_large_values_stay_on_the_lines() -> None:
    made = scene(inner="40x", outer="x^2", x=3.0)
    low, high = made.reach()
    assert low < 1.8 < 40 * 3.3 < (40 * 3.3) ** 2 < high
    for layer in made.frame(6.5).layers:
        if layer.name in ("dx", "dy", "dz"):
            assert -0.01 <= layer.paths[0][:, 0].min() <= layer.paths[0][:, 0].max() <= 4.41


def test_any_letter_is_a_variable_and_corners_are_told() -> None:
    made = scene(outer="ln(y)", x=1.0)
    assert made.readouts()["slope"] == pytest.approx(2.0)
    formulas = [note.latex for note in made.frame(0.0).notes if isinstance(note, layers.Formula)]
    assert r"\ln(y)" in formulas[0]
    made = scene(inner="|x|", x=0.0)
    assert np.isnan(made.readouts()["slope"])
    told = [note.text for note in made.frame(10.0).notes if isinstance(note, layers.Caution)]
    assert told == ["f has no slope at 0: it is −1 on the left and 1 on the right"]
    told = [
        note.text
        for note in scene(outer="ln(y)", inner="-x", x=1.0).frame(10.0).notes
        if isinstance(note, layers.Caution)
    ]
    assert told == ["g has no value at −1"]


@pytest.mark.parametrize("preset", ["turned over", "dead end"])
def test_factors_are_written_so_that_they_can_be_multiplied(preset: str) -> None:
    shown, _ = written(scene(preset).frame(10.0))
    assert shown == {"turned over": ["−2.00", "1.00", "−2.00"], "dead end": ["2.00", "0.0027", "0.0054"]}[preset]
