"""Rulers: where axes, ticks and numbers stand, against places reckoned by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lossland.world.camera import Camera
from lossland.world.layers import Axes
from lossland.world.rulers import FINEST, GAP, TICK, TICK_GAP, Numeral, plane_numerals, terrain_rulers
from lossland.world.terrain import Terrain
from lossland.world.ticks import log_ticks

SIZE = (960, 540)
# A slope along x over [0, 4] x [-3, 1]; its value at x is x itself
SLOPE = Terrain(np.linspace(0, 4, 41), np.linspace(-3, 1, 41), np.tile(np.linspace(0, 4, 41), (41, 1)))


def camera(azimuth: float, elevation: float = 38.0) -> Camera:
    made = Camera(azimuth, elevation)
    made.fit(SLOPE.bounds, SIZE)
    return made


def rulers(azimuth: float, size: tuple[int, int] = SIZE, elevation: float = 38.0):
    return terrain_rulers(Axes(SLOPE, x="u", y="v"), SLOPE, camera(azimuth, elevation), size)


def along(found: list[Numeral], outward: tuple[float, ...]) -> dict[str, tuple[float, float, float]]:
    return {one.text: one.tick for one in found if one.outward == outward and not one.name}


@pytest.mark.parametrize("near", [(1, -1), (-1, -1), (-1, 1), (1, 1)])
def test_axes_stand_on_the_sides_that_face_the_camera(near: tuple[int, int]) -> None:
    azimuth = np.degrees(np.arctan2(near[1], near[0])) + 8.0
    made = rulers(azimuth)
    x, y = along(list(made.numerals), (0, near[1], 0)), along(list(made.numerals), (near[0], 0, 0))
    base, out = SLOPE.base, 1 + GAP + TICK
    expected_x = {str(k): (k / 2 - 1, near[1] * out, base) for k in range(5)}
    expected_y = {
        text: ((near[0] * out), (value + 3) / 2 - 1, base) for text, value in (("−3", -3), ("−1", -1), ("1", 1))
    }
    for found, expected in ((x, expected_x), (y, expected_y)):
        shared = found.keys() & expected.keys()
        assert len(shared) >= 2
        for text in shared:
            assert found[text] == pytest.approx(expected[text])
    names = {one.text: one for one in made.numerals if one.name}
    assert names["u"].tick == pytest.approx((0, near[1] * out, base))
    assert names["v"].tick == pytest.approx((near[0] * out, 0, base))
    lines = made.segments[np.ptp(made.segments, axis=1).max(axis=1) > 1.5]  # the two along the floor
    assert lines[0].tolist() == pytest.approx(
        np.array([(-1, near[1] * (1 + GAP), base), (1, near[1] * (1 + GAP), base)])
    )
    assert lines[1].tolist() == pytest.approx(
        np.array([(near[0] * (1 + GAP), -1, base), (near[0] * (1 + GAP), 1, base)])
    )


def test_an_axis_without_a_name_keeps_its_numbers() -> None:
    named, bare = rulers(-60.0), terrain_rulers(Axes(SLOPE, x="", y="v"), SLOPE, camera(-60.0), SIZE)
    assert [one.text for one in bare.numerals if one.name] == ["v"]
    assert [one for one in bare.numerals if not one.name] == [one for one in named.numerals if not one.name]


def test_without_values_to_read_nothing_rises_from_the_floor() -> None:
    usual, bare = rulers(-60.0), terrain_rulers(Axes(SLOPE, x="u", y="v", values=None), SLOPE, camera(-60.0), SIZE)
    assert bare.numerals == tuple(one for one in usual.numerals if one.tick[2] == SLOPE.base)
    assert np.ptp(bare.segments[..., 2]) == 0.0
    level = Terrain(SLOPE.x, SLOPE.y, np.full((41, 41), 3.0))  # one value makes no axis
    made = terrain_rulers(Axes(level), level, camera(-60.0), SIZE)
    assert np.ptp(made.segments[..., 2]) == 0.0


@pytest.mark.parametrize("elevation", [12.0, 38.0])  # from low down no axis is steep
@pytest.mark.parametrize("azimuth", [-60.0, -20.0, 30.0, 75.0, 120.0, 165.0, 210.0, 255.0])
def test_values_stand_at_the_left_corner_unless_a_steep_axis_ends_there(azimuth: float, elevation: float) -> None:
    made, seen = rulers(azimuth, elevation=elevation), camera(azimuth, elevation)
    x, y = np.sign(seen.back[:2])
    z = SLOPE.base
    nearest, *ends = np.array([(x, y, z), (-x, y, z), (x, -y, z)])  # of the two axes along the floor
    ends.sort(key=lambda end: float(seen.project(end, SIZE)[0]))
    way = [seen.project(np.array([nearest, end]), SIZE) for end in ends]
    steep = [abs(b[1] - a[1]) > abs(b[0] - a[0]) for a, b in way]
    left = ends[1] if steep == [True, False] else ends[0]
    values = made.numerals[-5:]  # after those of x and y
    assert [one.text for one in values] == ["0", "1", "2", "3", "4"]
    for one in values:
        outward = np.array(one.outward)
        assert abs(outward).tolist() in ([1, 0, 0], [0, 1, 0])
        assert outward @ left == 1.0  # out of the block there
        assert one.tick[:2] == pytest.approx((left + (GAP + TICK) * outward)[:2])
        height = SLOPE.world_from_domain(np.array([float(one.text), 0.0]))[2]  # the ground at x has the value x
        assert one.tick[2] == pytest.approx(height, abs=1e-3)


@pytest.mark.parametrize("size", [(960, 540), (320, 180), (200, 112), (120, 70)])
@pytest.mark.parametrize("azimuth", [-60.0, -85.0, 20.0])
def test_numbers_are_left_out_where_they_would_be_too_close(size: tuple[int, int], azimuth: float) -> None:
    made, seen = rulers(azimuth, size), camera(azimuth)
    back = seen.back
    for axis, count in ((0, 5), (1, 5)):
        outward = tuple(float(np.sign(back[1 - axis])) * (k == 1 - axis) for k in range(3))
        foot = (1 + GAP) * np.array(outward) + [0, 0, SLOPE.base]
        every_tick = foot + np.linspace(-1, 1, count)[:, None] * np.eye(3)[axis]
        pixels = seen.project(every_tick, size)
        closest = min(float(np.hypot(*(b - a))) for a, b in pairwise(pixels))
        stride = next(k for k in range(1, 100) if k * closest >= TICK_GAP)
        written = along([one for one in made.numerals if one.tick[2] == SLOPE.base], outward)
        assert len(written) == len(range(0, count, stride)), (closest, stride)


def test_a_tick_points_away_from_its_axis() -> None:
    made = rulers(-60.0)
    for numeral, (tick, beyond) in zip(made.numerals, made.directions, strict=True):
        assert tick.tolist() == list(numeral.tick)
        assert (beyond - tick).tolist() == pytest.approx([0.05 * part for part in numeral.outward])
    marks = [one for one in made.numerals if not one.name]
    ends = {tuple(np.round(segment[1], 9)) for segment in made.segments}
    assert {tuple(np.round(one.tick, 9)) for one in marks} <= ends  # each has its stroke, names have none
    short = made.segments[np.linalg.norm(np.diff(made.segments, axis=1)[:, 0], axis=1) < 2 * TICK]
    assert len(short) == len(marks)
    assert np.linalg.norm(short[:, 1] - short[:, 0], axis=1) == pytest.approx(TICK)


def test_the_same_axes_are_the_same_object_while_the_camera_turns_a_little() -> None:
    axes = Axes(SLOPE)
    first = terrain_rulers(axes, SLOPE, camera(-60.0), SIZE)
    assert terrain_rulers(axes, SLOPE, camera(-60.5), SIZE) is first
    assert terrain_rulers(axes, SLOPE, camera(60.0), SIZE) is not first


# -------------------------------------------------------------------------------------------------- of the plane
def flat(half: float, center: tuple[float, float] = (0.0, 0.0)) -> Camera:
    made = Camera(flat=True)
    x, y = center
    made.fit(np.array([[x - half, y - half, 0], [x + half, y + half, 0]]), SIZE)
    return made


@pytest.mark.parametrize("half", [0.02, 0.4, 1.0, 3.0, 11.0, 60.0, 700.0])
@pytest.mark.parametrize("gap", [20.0, 45.0])
def test_numbers_of_the_plane_stand_where_they_say(half: float, gap: float) -> None:
    seen, free = flat(half), (40.0, 30.0, 800.0, 450.0)
    origin, one = seen.project(np.array([[0.0, 0, 0], [1, 0, 0]]), SIZE)
    unit = one[0] - origin[0]
    need = max(gap / unit, 1.0) if unit < 8 * gap else max(3 * gap / unit, FINEST)  # fractions only where there is room
    step = min(m * 10.0**k for m in (1, 2, 5) for k in range(-6, 7) if m * 10.0**k >= need * (1 - 1e-9))
    found = plane_numerals(seen, SIZE, free, gap)
    for axis in (0, 1):
        low, high = free[axis], free[axis] + free[2 + axis]
        places = {}
        for k in range(-400, 401):
            pixel = seen.project(np.array([k * step, 0, 0] if axis == 0 else [0, k * step, 0]), SIZE)
            if k and low <= pixel[axis] <= high:
                places[k] = pixel
        on = {
            round(float(entry.text.replace("−", "-")) / step, 6): entry.pixel for entry in found if entry.axis == axis
        }
        assert on.keys() == places.keys()
        for k, (x, y) in places.items():
            # At the very edge a number keeps half a gap from it
            near = (max(x, low + 0.5 * gap), y) if axis == 0 else (x, min(y, high - 0.5 * gap))
            assert on[k] == pytest.approx(near)


def test_an_axis_outside_keeps_its_numbers_at_the_edge() -> None:
    free, gap = (40.0, 30.0, 800.0, 450.0), 30.0
    found = plane_numerals(flat(2.0, (50.0, 50.0)), SIZE, free, gap)  # the origin is far to the lower left
    assert {one.axis for one in found} == {0, 1}
    assert {one.pixel[1] for one in found if one.axis == 0} == {30.0 + 450.0 - 0.5 * gap}
    assert {one.pixel[0] for one in found if one.axis == 1} == {40.0 + 0.5 * gap}
    found = plane_numerals(flat(2.0, (-50.0, -50.0)), SIZE, free, gap)  # and to the upper right
    assert {one.pixel[1] for one in found if one.axis == 0} == {30.0}
    assert {one.pixel[0] for one in found if one.axis == 1} == {840.0}


# ---------------------------------------------------------------------------------------------------- logarithmic
def test_two_powers_of_ten_are_left_where_the_even_ones_would_be_one() -> None:
    assert log_ticks(0.0071, 229.0, 2) == pytest.approx([0.01, 10.0])
    assert log_ticks(0.051, 13.7, 1) == pytest.approx([0.1, 10.0])
    assert log_ticks(0.5, 60.0, 1) == pytest.approx([1.0, 10.0])


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8])
@pytest.mark.parametrize(("low", "high"), [(1e-8, 1e-1), (1.0, 1e6), (0.5, 2e4), (3e-5, 7e9), (1e-2, 1e3)])
def test_powers_of_ten_are_thinned_as_little_as_can_be(low: float, high: float, most: int) -> None:
    within = [k for k in range(-12, 12) if low * (1 - 1e-9) <= 10.0**k <= high * (1 + 1e-9)]
    stride = next(stride for stride in range(1, 30) if len(within) <= most * stride)
    expected = [10.0**k for k in within if k % stride == 0]
    if len(expected) > 1:
        assert log_ticks(low, high, most) == pytest.approx(expected)
