"""Plots, number lines and axes in space: ticks against plain counting, places both ways, clipping, gaps at poles."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossland.errors import UserError
from lossland.pointing.picking import describe, pick_any
from lossland.scenery.scene import Frame, View
from lossland.world.camera import Camera
from lossland.world.layers import Curve, Label, Layer, Lines, Points, Solid
from lossland.world.plots import TICK, Axes3D, NumberLine, Plot, range_of
from lossland.world.ticks import Scale, decade_texts, nearest_step, next_step, round_ticks, tick_texts

UNIT = Plot((0.0, 1.0), (0.0, 1.0), right=1.0, up=1.0)  # where world and plot agree
SLANTED = Plot((-2.0, 6.0), (0.1, 1000.0), "x", "y", False, True, (1.0, 2.0, -1.0), (3.0, 1.0, 0.5), (0.0, -1.0, 2.0))


def parts(layer: Any, kind: type[Layer]) -> list[Any]:
    return [part for part in layer.parts("one") if isinstance(part, kind)]


def paths(layer: Any) -> list[np.ndarray]:
    return [np.asarray(curve.points) for curve in parts(layer, Curve)]


# ------------------------------------------------------------------------------------------------ ticks and scales
def counted(low: str, high: str, step: str) -> list[float]:
    """Count multiples of a step in decimal arithmetic."""
    value, found = (Decimal(low) / Decimal(step)).to_integral_value("ROUND_CEILING") * Decimal(step), []
    while value <= Decimal(high):
        found.append(float(value))
        value += Decimal(step)
    return found


@pytest.mark.parametrize(
    ("low", "high", "count", "step"),
    [
        ("0", "1", 5, "0.2"),
        ("-2.8", "2.8", 6, "1"),
        ("0.137", "0.16", 5, "0.005"),
        ("-1300", "4200", 5, "1000"),
        ("12", "61", 10, "5"),
        ("-0.0007", "0.0004", 6, "0.0002"),
    ],
)
def test_ticks_are_multiples_of_a_round_step(low: str, high: str, count: int, step: str) -> None:
    expected = counted(low, high, step)
    assert round_ticks(float(low), float(high), count) == pytest.approx(expected, rel=1e-12, abs=1e-15)
    plot = Plot((float(low), float(high)), (0.0, 1.0), right=10.0, up=4.0, count=(count, 0))
    labels = [label for label in parts(plot, Label) if label.side == "below"]
    share = (np.array(expected) - float(low)) / (float(high) - float(low))
    assert [label.position[0] for label in labels] == pytest.approx((10.0 * share).tolist())
    assert [float(label.text.replace("−", "-")) for label in labels] == pytest.approx(expected)


@given(st.floats(-30, 30))
def test_steps_are_the_nearest_and_the_next_round_numbers(exponent: float) -> None:
    rough = 10.0**exponent
    steps = [digit * 10.0**power for power in range(-32, 33) for digit in (1, 2, 5)]
    nearest = min(steps, key=lambda step: abs(np.log(step) - np.log(rough)))
    above = min(step for step in steps if step >= rough * (1 - 1e-9))
    assert abs(np.log(nearest_step(rough) / rough)) == pytest.approx(abs(np.log(nearest / rough)), abs=1e-9)
    assert next_step(rough) == pytest.approx(above, rel=1e-9)


def test_a_logarithmic_scale_has_decades_and_marks_between() -> None:
    scale = Scale(0.02, 3000.0, log=True)
    assert scale.ticks(9).tolist() == [0.1, 1.0, 10.0, 100.0, 1000.0]
    assert Scale(1e-8, 1.0, log=True).ticks(4) == pytest.approx([1e-6, 1e-3, 1.0])
    expected = sorted(d * 10.0**e for e in range(-2, 4) for d in range(2, 10) if 0.02 <= d * 10.0**e <= 3000.0)
    assert scale.small_ticks(9) == pytest.approx(expected)
    assert scale.small_ticks(2) == pytest.approx([0.1, 10.0, 100.0])  # 1 and 1000 have numbers
    assert Scale(2.0, 7.0, log=True).ticks(5).tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]  # no two decades
    single = Scale(0.65, 1.8, log=True)  # with one number, and marks below it
    assert single.ticks(1).tolist() == [1.0]
    assert single.small_ticks(1) == pytest.approx([0.7, 0.8, 0.9])
    assert Scale(0.0, 10.0).small_ticks().tolist() == []


@given(st.floats(-6, 6), st.floats(0.1, 8), st.floats(-0.5, 1.5), st.booleans())
def test_share_and_value_are_inverses(first: float, span: float, share: float, log: bool) -> None:
    low, high = (10.0**first, 10.0 ** (first + span)) if log else (first, first + span)
    scale = Scale(low, high, log)
    assert scale.share([low, high]) == pytest.approx([0.0, 1.0], abs=1e-12)
    assert float(scale.share(scale.value(share))) == pytest.approx(share, abs=1e-9)
    middle = np.sqrt(low * high) if log else (low + high) / 2
    assert float(scale.value(0.5)) == pytest.approx(middle)


def test_what_has_no_logarithm_has_no_place() -> None:
    shares = Scale(1.0, 100.0, log=True).share([-1.0, 0.0, 10.0])
    assert np.isnan(shares[:2]).all()
    assert shares[2] == pytest.approx(0.5)


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (0.0, np.inf), (np.nan, 1.0)])
def test_a_scale_must_rise(ends: tuple[float, float]) -> None:
    with pytest.raises(UserError, match="to a larger one"):
        Scale(*ends)


def test_a_logarithmic_scale_starts_above_zero() -> None:
    with pytest.raises(UserError, match="above 0"):
        Plot((0.0, 1.0), log_x=True)


def test_numbers_are_written_with_the_decimals_they_need() -> None:
    assert tick_texts([-0.5, 0.0, 0.25]) == ["−0.5", "0", "0.25"]
    assert tick_texts([1e8, 2e8]) == ["1.0e8", "2.0e8"]
    assert decade_texts([0.01, 1.0, 100.0]) is None
    assert decade_texts([1e-4, 1.0]) == ["10^{-4}", "10^{0}"]
    assert decade_texts([2.0, 3.0]) is None


# -------------------------------------------------------------------------------------------------------- places
def test_world_is_the_corner_and_the_shares_of_the_two_sides() -> None:
    place = SLANTED.world(4.0, 10.0)  # three quarters of the way right, half of the decades up
    expected = np.array([1.0, 2.0, -1.0]) + 0.75 * np.array([3.0, 1.0, 0.5]) + 0.5 * np.array([0.0, -1.0, 2.0])
    assert place == pytest.approx(expected)
    assert SLANTED.world(np.zeros((5, 2)), 1.0).shape == (5, 2, 3)
    assert np.isnan(SLANTED.world(0.0, [-1.0, 0.0])).all()


@given(st.floats(-10, 10), st.floats(-3, 5))
def test_data_leads_back(x: float, exponent: float) -> None:
    across, along = SLANTED.data(SLANTED.world(x, 10.0**exponent))
    assert across == pytest.approx(x, abs=1e-9)
    assert along == pytest.approx(10.0**exponent, rel=1e-9)
    normal = np.cross(SLANTED.right, SLANTED.up)
    assert SLANTED.data(SLANTED.world(x, 10.0**exponent) + 0.3 * normal)[0] == pytest.approx(x, abs=1e-9)


def test_a_drag_in_the_plane_has_two_numbers() -> None:
    assert Plot((0, 10), (0, 4), corner=(1, 1, 0), right=5.0, up=2.0).data((3.5, 1.5)) == pytest.approx((5.0, 1.0))


def test_a_flat_plot_is_refused() -> None:
    with pytest.raises(UserError, match="not in one line"):
        Plot(right=(1, 0, 0), up=(2, 0, 0))


def test_bounds_of_a_plot_leave_room_for_its_numbers_and_names() -> None:
    plain = Plot(corner=(1.0, 2.0, 3.0), right=(4.0, 0.0, 0.0), up=(0.0, 0.0, 2.0))
    found = plain.bounds()
    low, high = found.min(axis=0), found.max(axis=0)
    assert {tuple(corner) for corner in found} == {(x, 2.0, z) for x in (low[0], high[0]) for z in (low[2], high[2])}
    assert low[0] < 1.0 - 2.0 * TICK  # beyond the ticks
    assert low[2] < 3.0 - 2.0 * TICK
    assert (high >= (5.0, 2.0, 5.0)).all()
    named = replace(plain, x_name="x", y_name="y").bounds()
    assert (named.max(axis=0)[[0, 2]] > high[[0, 2]]).all()
    assert plain.bounds(above=0.3).max(axis=0) == pytest.approx(np.add(high, (0.0, 0.0, 0.3 * 2.0)))


def test_ticks_stand_out_of_the_plot_and_numbers_at_their_ends() -> None:
    plot = Plot((0.0, 4.0), (0.0, 2.0), corner=(0, 0, 0), right=4.0, up=2.0, count=(4, 2), grid=False)  # world = plot
    (lines,) = parts(plot, Lines)
    edges, *ticks = [np.asarray(path)[:, :2].tolist() for path in lines.paths]
    assert edges == [[0, 2], [0, 0], [4, 0]]
    out = 2.0 * TICK  # as a share of the shorter side, on both axes
    below = [([x, -out], [x, 0]) for x in (0, 1, 2, 3, 4)]
    left = [([-out, y], [0, y]) for y in (0, 1, 2)]
    assert np.array(ticks) == pytest.approx(np.array(below + left, float))
    numbers = [(label.side, *np.asarray(label.position)[:2]) for label in parts(plot, Label)]
    assert numbers == [("below", *at) for at, _ in below] + [("left", *at) for at, _ in left]


# -------------------------------------------------------------------------------------------------------- curves
def test_a_curve_is_cut_where_it_leaves_the_plot() -> None:
    plot = Plot((-2.0, 2.0), (-1.0, 3.0), corner=(-2, -1, 0), right=4.0, up=4.0)  # world = plot
    (path,) = paths(plot.curve(lambda x: x**2))
    assert path[[0, -1], :2] == pytest.approx(np.array([[-np.sqrt(3), 3.0], [np.sqrt(3), 3.0]]), abs=2e-3)
    assert np.abs(path[:, 1] - path[:, 0] ** 2).max() < 2e-3
    assert path[:, 1].max() <= 3.0 + 1e-12
    (path,) = paths(plot.curve(lambda x: x**2, between=(-0.5, 1.25)))
    assert path[[0, -1], :2] == pytest.approx(np.array([[-0.5, 0.25], [1.25, 1.5625]]))


def test_points_outside_are_cut_on_the_straight_lines_between() -> None:
    (path,) = paths(UNIT.curve(([-1.0, 2.0], [-0.5, 1.0])))
    assert path[:, :2] == pytest.approx(np.array([[0.0, 0.0], [1.0, 0.5]]))
    # A square around the plot that only its corners touch, and one that runs along its edge.
    assert paths(UNIT.curve(([-0.5, 0.4], [0.6, 1.5]))) == []
    (path,) = paths(UNIT.curve(([0.2, 0.8, 0.8], [1.0, 1.0, 2.0])))
    assert path[:, :2] == pytest.approx(np.array([[0.2, 1.0], [0.8, 1.0]]))
    for edge in (0.0, 1.0):  # along each of the four edges
        for across in (([0.2, 0.8], [edge, edge]), ([edge, edge], [0.2, 0.8])):
            (path,) = paths(UNIT.curve(across))
            assert path[:, :2] == pytest.approx(np.transpose(across))


def test_a_peak_on_the_edge_is_whole_in_spite_of_rounding() -> None:
    (path,) = paths(UNIT.curve(([0.1, 0.3, 0.5], [0.2, 1.0 + 9e-16, -2e-15])))
    assert path[:, :2] == pytest.approx(np.array([[0.1, 0.2], [0.3, 1.0], [0.5, 0.0]]))


@given(st.lists(st.tuples(st.integers(-200, 300), st.integers(-200, 300)), min_size=2, max_size=8))
def test_clipping_keeps_exactly_what_is_inside(hundredths: list[tuple[int, int]]) -> None:
    points = (np.array(hundredths) + 0.5) / 100  # never on an edge
    x, y = points.T
    share = np.linspace(0, 1, 2001)[:, None, None]
    dense = points[:-1] + share * np.diff(points, axis=0)
    inside = ((dense >= 0) & (dense <= 1)).all(axis=-1).mean(axis=0)
    expected = float((inside * np.linalg.norm(np.diff(points, axis=0), axis=1)).sum())
    found = paths(UNIT.curve((x, y)))
    length = sum(float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) for path in found)
    assert length == pytest.approx(expected, abs=0.02)
    assert all(path.min() >= -1e-12 and path.max() <= 1 + 1e-12 for path in found)


@pytest.mark.parametrize(
    ("function", "gaps"),
    [
        (lambda x: 1 / x, [0.0]),
        (lambda x: 1 / (x - 0.123), [0.123]),
        (np.tan, [-np.pi / 2, np.pi / 2]),
        (np.sign, [0.0]),
        (np.floor, [-1.0, 0.0, 1.0]),
        (lambda x: 1 / x**2, [0.0]),
    ],
)
def test_a_pole_or_a_jump_is_a_gap(function: Any, gaps: list[float]) -> None:
    plot = Plot((-1.9, 1.9), (-8.0, 8.0), corner=(-1.9, -8, 0), right=3.8, up=16.0)
    found = paths(plot.curve(function))
    assert len(found) == len(gaps) + 1
    for before, after, gap in zip(found, found[1:], gaps, strict=False):
        assert before[-1, 0] <= gap + 1e-9 <= after[0, 0] + 2e-9
    steepest = max(np.abs(np.diff(path[:, 1])).max() for path in found)
    assert steepest < 8.0  # no stroke from one edge to the other


def test_a_steep_curve_is_no_jump() -> None:
    plot = Plot((-1.0, 1.0), (-2.0, 2.0), corner=(-1, -2, 0), right=2.0, up=4.0)
    (path,) = paths(plot.curve(lambda x: np.tanh(2000 * x)))
    assert np.abs(path[:, 1] - np.tanh(2000 * path[:, 0])).max() < 1e-9
    assert np.abs(np.diff(path[:, 1])).max() < 0.1


def test_where_a_function_has_no_value_the_curve_ends() -> None:
    plot = Plot((-1.0, 3.0), (0.0, 2.0), corner=(-1, 0, 0), right=4.0, up=2.0)
    (path,) = paths(plot.curve(np.sqrt))
    assert path[0, :2] == pytest.approx([0.0, 0.0], abs=2e-3)
    assert path[-1, :2] == pytest.approx([3.0, np.sqrt(3)])
    first, second = paths(plot.curve(([0.0, 1.0, np.nan, 2.0, 3.0], [1.0, 1.0, 1.0, 0.5, 0.5])))
    assert first[:, 0].tolist() == [0.0, 1.0]
    assert second[:, 0].tolist() == [2.0, 3.0]


def test_samples_are_dense_enough_to_look_smooth() -> None:
    wave = lambda x: np.sin(40 * x)  # noqa: E731
    plot = Plot((0.0, 3.0), (-1.2, 1.2), corner=(0, -1.2, 0), right=3.0, up=2.4)
    (path,) = paths(plot.curve(wave))
    middle = (path[1:] + path[:-1]) / 2
    assert np.abs(middle[:, 1] - wave(middle[:, 0])).max() < 2.4 / 2000
    assert len(path) < 20_000
    (straight,) = paths(plot.curve(lambda x: 0.1 * x))
    assert len(straight) < 600


def test_a_power_law_is_straight_on_two_logarithmic_scales() -> None:
    plot = Plot((1.0, 1e4), (1e-2, 1e6), log_x=True, log_y=True, right=1.0, up=1.0)
    (path,) = paths(plot.curve(lambda x: x**1.5))
    assert path[:, 1] == pytest.approx(0.25 + 0.75 * path[:, 0])
    start, end = parts(plot.tangent(lambda x: x**1.5, 100.0), Curve)[0].points[[0, -1]]
    assert (end - start)[1] / (end - start)[0] == pytest.approx(0.75, rel=1e-6)
    assert paths(plot.curve(lambda x: -x)) == []


def test_dashed_curves_are_lines() -> None:
    (lines,) = parts(UNIT.curve(lambda x: 0.1 / (x - 0.5), dash=(8, 5)), Lines)
    assert len(lines.paths) == 1  # the other branch is below the plot
    assert lines.dash == (8, 5)


# ------------------------------------------------------------------------------------------ what else is put in
def covered(area: Any) -> float:
    """Measure the strips between the curves and their feet."""
    total = 0.0
    for curve in parts(area, Curve):
        gap = np.linalg.norm(np.asarray(curve.points) - curve.foot, axis=1)
        total += float(np.trapezoid(gap, np.asarray(curve.points)[:, 0]))
    return total


def test_areas_are_those_of_the_integrals() -> None:
    plot = Plot((0.0, np.pi), (-1.0, 1.0), corner=(0, -1, 0), right=np.pi, up=2.0)
    assert covered(plot.area(np.sin)) == pytest.approx(2.0, abs=1e-3)
    assert covered(plot.area(np.sin, between=(0.5, 1.5))) == pytest.approx(np.cos(0.5) - np.cos(1.5), abs=1e-3)
    assert covered(plot.area(np.sin, to=np.cos, between=(np.pi / 4, np.pi))) == pytest.approx(1 + np.sqrt(2), abs=1e-3)
    cut = np.sin(np.pi / 6) * (np.pi - 2 * np.pi / 6) + 2 * (1 - np.cos(np.pi / 6))  # of min(sin x, 1/2)
    low = Plot((0.0, np.pi), (0.0, 0.5), right=np.pi, up=0.5)
    assert covered(low.area(np.sin)) == pytest.approx(cut, abs=1e-3)
    assert covered(plot.area(([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]), between=(0.5, 2.5))) == pytest.approx(0.875)


def test_an_area_needs_points_in_order() -> None:
    with pytest.raises(UserError, match="x that rise"):
        UNIT.area(([0.0, 1.0, 0.5], [0.0, 1.0, 0.0]))


def test_bars_stand_where_a_histogram_has_them() -> None:
    plot = Plot((0.0, 4.0), (-2.0, 6.0), corner=(0, -2, 0), right=4.0, up=8.0)
    (solid,) = parts(plot.bars([0.0, 1.0, 3.0, 5.0], [3.0, -1.0, 9.0], gap=0.0), Solid)
    corners = solid.mesh.vertices.reshape(3, 4, 3)
    assert corners[:, :, 0].min(axis=1).tolist() == pytest.approx([0.0, 1.0, 3.0])
    assert corners[:, :, 0].max(axis=1).tolist() == pytest.approx([1.0, 3.0, 4.0])  # cut at the edge
    assert corners[:, :, 1].min(axis=1).tolist() == pytest.approx([0.0, -1.0, 0.0])
    assert corners[:, :, 1].max(axis=1).tolist() == pytest.approx([3.0, 0.0, 6.0])
    log = Plot((0.0, 1.0), (1.0, 100.0), log_y=True, right=1.0, up=1.0)
    (solid,) = parts(log.bars([0.0, 1.0], [10.0]), Solid)
    assert np.ptp(solid.mesh.vertices[:, 1]) == pytest.approx(0.5)
    with pytest.raises(UserError, match="2 bars need 3 edges"):
        plot.bars([0.0, 1.0], [1.0, 2.0])


def test_points_outside_are_left_out_and_the_others_keep_their_numbers() -> None:
    (points,) = parts(UNIT.points([0.5, 2.0, 1.0, np.nan], [0.5, 0.5, 0.0, 0.1]), Points)
    assert points.number.tolist() == [0, 2]
    assert points.position[:, :2].tolist() == [[0.5, 0.5], [1.0, 0.0]]
    assert len(parts(UNIT.points(0.5, 0.25), Points)[0].position) == 1


def test_secants_and_tangents_have_the_slopes_of_calculus() -> None:
    plot = Plot((-3.0, 3.0), (-4.0, 20.0), corner=(0, 0, 0), right=2.0, up=1.0)
    cubic, x = lambda x: x**3 / 3 - x, 1.7
    (tangent,) = parts(plot.tangent(cubic, x), Curve)
    (x0, y0), (x1, y1) = (plot.data(end) for end in tangent.points[[0, -1]])
    assert (y1 - y0) / (x1 - x0) == pytest.approx(x**2 - 1, rel=1e-6)
    assert x1 == pytest.approx(3.0)  # it goes to the edge
    (secant,) = parts(plot.line((0.0, 0.0), (2.0, 8.0 / 3 - 2)), Curve)
    assert secant.name == "Line, slope 0.333"
    (short,) = parts(plot.tangent(cubic, x, reach=0.1), Curve)
    assert np.linalg.norm(short.points[-1] - short.points[0]) == pytest.approx(2 * 0.1 * 2.0, rel=1e-3)
    assert plot.line((1.0, 1.0), (1.0, 1.0)).parts("one") == ()


# ------------------------------------------------------------------------------------------------- number lines
def test_numbers_stand_in_equal_steps_along_a_line_in_space() -> None:
    line = NumberLine(-1.0, 3.0, start=(0, 0, 1), end=(4, 8, 5))
    assert line.point_at([-1.0, 0.0, 3.0]) == pytest.approx(np.array([[0, 0, 1], [1, 2, 2], [4, 8, 5]], float))
    assert line.value_at(line.point_at(1.7)) == pytest.approx(1.7)
    assert [float(label.text.replace("−", "-")) for label in parts(line, Label)] == [
        -1,
        -0.5,
        0,
        0.5,
        1,
        1.5,
        2,
        2.5,
        3,
    ]
    log = NumberLine(1.0, 1000.0, log=True, start=(0, 0, 0), end=(3, 0, 0))
    assert log.point_at([1, 10, 100])[:, 0] == pytest.approx([0.0, 1.0, 2.0])
    assert log.value_at((1.5, 0.7)) == pytest.approx(10**1.5)
    with pytest.raises(UserError, match="not one point"):
        NumberLine(start=(1, 1, 1), end=(1, 1, 1))


def test_threads_join_numbers_with_what_becomes_of_them() -> None:
    above, below = (
        NumberLine(0.0, 4.0, start=(0, 1, 0), end=(4, 1, 0)),
        NumberLine(0.0, 8.0, start=(0, 0, 0), end=(4, 0, 0)),
    )
    (threads,) = parts(above.threads(below, [1.0, 2.0, 3.0, np.nan], [1.0, 4.0, 9.0, 2.0]), Lines)
    assert np.array(threads.paths) == pytest.approx(np.array([[(1, 1, 0), (0.5, 0, 0)], [(2, 1, 0), (2, 0, 0)]], float))


@pytest.mark.parametrize("end", [(1, 0, 0), (0, 2, 0), (0, 0, 1), (1, 1, 1)])
def test_ticks_stand_across_their_line(end: tuple[int, int, int]) -> None:
    line = NumberLine(start=(0, 0, 0), end=end)
    ticks = parts(line, Lines)[1].paths
    assert len(ticks) == 6
    for tick in ticks:
        assert abs(float((tick[1] - tick[0]) @ np.array(end))) < 1e-12
        assert np.linalg.norm(tick[1] - tick[0]) > 0


# ---------------------------------------------------------------------------------------------------- axes in space
def test_axes_read_off_a_point() -> None:
    axes = Axes3D((0, 2), (0, 3), (-1, 1), read=(1.5, 2.0, 0.5))
    texts = {label.text: label.position for label in parts(axes, Label) if not label.latex}
    assert {text: place.tolist() for text, place in texts.items()} == {
        "1.5": [1.5, 0, 0],
        "2": [0, 2, 0],
        "0.5": [0, 0, 0.5],
    }
    (guides,) = parts(axes, Lines)
    assert all(np.array(path).tolist()[0] in ([1.5, 2, 0.5], [1.5, 2, 0]) for path in guides.paths)
    assert [path[1].tolist() for path in guides.paths] == [[1.5, 2, 0], [1.5, 0, 0], [0, 2, 0], [0, 0, 0.5]]


def test_axes_have_units_of_their_own() -> None:
    axes = Axes3D((10, 20), (0, 1), (-5, 5), read=((12, 18), (), (0,)), low=(-1, -1, 0), high=(1, 1, 2))
    assert axes.origin == (10, 0, 0)
    assert axes.world((15, 0.5, 5)) == pytest.approx([0.0, 0.0, 2.0])
    assert axes.data(axes.world((13, 0.2, -4))) == pytest.approx([13, 0.2, -4])
    assert [label.text for label in parts(axes, Label) if not label.latex] == ["12", "18", "0"]
    with pytest.raises(UserError, match="a point"):
        Axes3D(read=(1.0, 2.0))


# --------------------------------------------------------------------------------------------------------- pointing
SIZE = (800, 500)


def under(layers: list[Layer], place: np.ndarray) -> Any:
    """Return what is said at a point of the world, seen from above."""
    frame = Frame(layers, view=View(flat=True))
    camera = Camera(flat=True)
    camera.fit(Plot.bounds(layers[0]) if isinstance(layers[0], Plot) else np.array([[-2, -1, 0], [2, 1, 0]]), SIZE)
    hit = pick_any(frame, camera, camera.project(place, SIZE), SIZE)
    return None if hit is None else describe(hit, frame)


def test_a_curve_says_its_place_in_the_units_of_the_plot() -> None:
    plot = Plot((0.0, 100.0), (1.0, 1e4), log_y=True)
    curve = plot.curve(lambda x: 10 ** (x / 25), name="Growth")
    found = under([plot, curve], plot.world(50.0, 100.0))
    assert found.title == "Growth"
    assert found.lines == ("x = 50, y = 100",)


def test_the_grid_and_the_axes_of_a_plot_are_passed_over() -> None:
    plot = Plot((0.0, 10.0), (0.0, 10.0))
    assert under([plot], plot.world(4.0, 4.0)) is None
    assert under([plot], plot.world(4.0, 0.0)) is None


def test_bars_points_and_lines_say_what_they_are_worth() -> None:
    plot = Plot((0.0, 3.0), (0.0, 10.0))
    bars = plot.bars([0.0, 1.0, 2.0, 3.0], [4.0, 7.0, 1.0])
    found = under([plot, bars], plot.world(1.5, 3.0))
    assert (found.title, found.lines) == ("Bar", ("7",))
    ends = {tuple(np.round(plot.data(end), 9)) for outline in found.outlines for end in outline}
    assert ends == {(1.04, 0.0), (1.96, 0.0), (1.96, 7.0), (1.04, 7.0)}  # that bar alone
    found = under([plot, plot.points([1.0, 2.0], [9.0, 8.5], name="Draw")], plot.world(2.0, 8.5))
    assert (found.title, found.lines) == ("Draw 2", ("x = 2, y = 8.5",))
    found = under([plot, plot.tangent(np.square, 1.0)], plot.world(2.0, 3.0))
    assert (found.title, found.lines) == ("Tangent, slope 2", ("x = 2, y = 3",))


def test_a_number_line_says_its_number() -> None:
    line = NumberLine(0.0, 10.0)
    assert under([line, line.points([2.5], name="Guess")], line.point_at(2.5)).lines == ("at 2.5",)
    assert under([line], line.point_at(7.5)).lines == ("at 7.5",)


# ---------------------------------------------------------------------------------------- ranges, and curves so far
def test_a_range_leaves_room_and_holds_a_zero_that_is_near() -> None:
    low, high = range_of(lambda x: 3.0 + np.sin(x), (0.0, 2 * np.pi))
    assert (low, high) == pytest.approx((2 - 0.24, 4 + 0.24), abs=1e-3)
    assert range_of(np.square, (-1.0, 2.0)) == pytest.approx((-0.48, 4.48), abs=2e-3)
    low, high = range_of(lambda x: 0.2 + np.square(x), (-1.0, 1.0))
    assert low < 0.0 < high


def test_a_range_of_a_pole_shows_the_middle_and_one_of_nothing_is_usual() -> None:
    low, high = range_of(lambda x: 1 / x, (0.001, 10.0))
    assert 0.1 < high < 20.0
    assert range_of(lambda x: np.full_like(x, np.nan), (0.0, 1.0)) == (-1.0, 1.0)
    for value in (0.0, 5.0, -5.0):
        low, high = range_of(lambda x, value=value: value, (0.0, 1.0))
        assert low < min(value, 0.0)
        assert high > max(value, 0.0)


@pytest.mark.parametrize("plot", [UNIT, SLANTED])
def test_a_curve_is_shown_up_to_an_x_with_the_same_points(plot: Plot) -> None:
    whole = plot.curve(lambda x: 0.3 + 0.1 * x * x)
    x = plot.x[0] + 0.4 * (plot.x[1] - plot.x[0])
    (before,), (now,) = parts(whole, Curve), parts(whole.upto(x), Curve)
    assert now.points is before.points
    assert plot.data(now.shown[-1])[0] == pytest.approx(x)
    assert (np.diff(plot.x_of(before.points)) > 0).all()
    assert parts(whole.upto(plot.x[0]), Curve) == []


def test_numbers_of_a_plot_may_be_larger() -> None:
    sizes = [{label.size for label in parts(Plot(number_size=size), Label)} for size in (14.0, 17.0)]
    assert sizes == [{14.0}, {17.0}]
