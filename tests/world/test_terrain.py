"""Heights for any range, draped paths, round contours and ticks, and rays against ground known in closed form."""

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import brentq

from lossland.errors import UserError
from lossland.world.terrain import BASE, T_MAX, Exposure, Terrain, blend
from lossland.world.ticks import round_ticks

RANGES = {
    "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "rastrigin": lambda x, y: 20 + x**2 + y**2 - 10 * np.cos(2 * np.pi * x) - 10 * np.cos(2 * np.pi * y),
    "beale": lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
    "huge": lambda x, y: np.exp(5 * np.hypot(x, y)) * 1e200,
    "tiny": lambda x, y: 1e-200 * (x**2 + y**4),
    "far from zero": lambda x, y: -959.6 + (x**2 + y**2) ** 3,
    "saddle": lambda x, y: x**2 - y**2,
}


def make(f, half=3.0, n=101, **options):
    axis = np.linspace(-half, half, n)
    x, y = np.meshgrid(axis, axis)
    return Terrain(axis, axis, f(x, y), **options)


# ------------------------------------------------------------------------------------------------------ exposure
@pytest.mark.parametrize("median", [0.35, 0.42, 0.52])
def test_median_lands_where_it_is_wanted(median):
    values = np.random.default_rng(1).lognormal(sigma=2.0, size=20_000)
    rule = Exposure.of(values, median)
    assert 1e-3 < rule.k < 1e6
    assert rule(np.median(values)) == pytest.approx(median, abs=1e-6)
    # The strength by another solver, from the definition in closed form.
    middle = (np.median(values) - values.min()) / (np.quantile(values, 0.99) - values.min())
    k = brentq(lambda k: np.arcsinh(k * middle) / np.arcsinh(k) - median, 1e-3, 1e6)
    assert rule.k == pytest.approx(k, rel=1e-6)


@pytest.mark.parametrize("name", RANGES)
def test_heights_rise_with_values_and_come_back(name):
    terrain = make(RANGES[name])
    values = np.unique(terrain.value)
    t = terrain.exposure(values)
    assert np.all(np.diff(t) >= 0)
    assert t[0] == 0.0
    assert t[-1] <= T_MAX
    below = t < 1.0
    span = terrain.exposure.high - terrain.exposure.low
    assert terrain.exposure.inverse(t[below]) / span == pytest.approx(values[below] / span, rel=1e-7, abs=1e-9)


def test_shoulder_round_trip():
    rule = Exposure(0.0, 1.0, 5.0)
    assert rule.inverse(rule(1.2)) == pytest.approx(1.2, rel=1e-9)
    assert rule(np.inf) == pytest.approx(T_MAX)
    assert rule(-np.inf) == 0.0
    assert np.isnan(rule(np.nan))


def test_small_k_is_a_straight_line():
    terrain = make(lambda x, y: x, half=1.0, median=0.5)
    assert terrain.exposure(np.array([-1.0, 0.0, 0.5])) == pytest.approx([0.0, 1 / 1.98, 1.5 / 1.98], abs=1e-3)


@pytest.mark.parametrize("constant", [0.0, 3.0, -1e300, 1e-300])
def test_a_constant_is_flat(constant):
    terrain = make(lambda x, y: 0 * x + constant)
    assert np.all(terrain.z == 0.0)
    assert terrain.value_ticks(300) == [(constant, 0.0)]


def test_poles_on_both_sides_leave_the_middle_its_height():
    values = np.tan(np.linspace(-1.5707, 1.5707, 4001)) ** 3
    rule = Exposure.of(values)
    assert rule.low == pytest.approx(np.quantile(values, 0.01))
    assert rule.high == pytest.approx(np.quantile(values, 0.99))
    assert rule(values.min()) == 0.0
    assert 1.0 < rule(values.max()) <= T_MAX
    # One long tail alone keeps its end.
    assert Exposure.of(-(np.linspace(0, 1, 4001) ** 80)).low == -1.0


def test_a_needle_keeps_its_height():
    terrain = make(lambda x, y: np.where(np.hypot(x, y) < 0.05, 7.0, 2.0))
    assert terrain.z.max() == pytest.approx(0.55, rel=1e-6)


def test_holes_infinities_and_nothing_at_all():
    axis = np.linspace(-1, 1, 33)
    x, _ = np.meshgrid(axis, axis)
    value = x.copy()
    value[4:8, 4:9] = np.nan
    value[20, 20] = np.inf
    value[21, 21] = -np.inf
    terrain = Terrain(axis, axis, value)
    assert np.isnan(terrain.z[5, 5])
    assert not terrain.solid[5, 5]
    assert terrain.solid[20, 20]
    assert terrain.z[20, 20] <= 0.55 * T_MAX * (1 + 1e-6)
    assert terrain.z[21, 21] == 0.0
    assert np.all(np.isfinite(terrain.ground))
    whole = np.isfinite(terrain.z)
    assert np.array_equal(terrain.ground[whole], terrain.z[whole])
    # The floor of a hole lies between the lowest and highest ground.
    assert terrain.ground[~whole].min() >= 0
    empty = Terrain(axis, axis, np.full((33, 33), np.nan))
    assert np.all(empty.ground == 0)
    assert empty.contours.value.size == 0
    assert empty.contour_phase().shape == (1024,)
    assert np.all(np.isfinite(empty.bounds))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (2, 2), (2, 7)])
def test_thin_grids(shape):
    ny, nx = shape
    terrain = Terrain(np.arange(nx) * 0.5, np.arange(ny), np.arange(nx * ny, dtype=float).reshape(shape))
    assert terrain.z.shape == (max(ny, 2), max(nx, 2))
    assert np.all(np.isfinite(terrain.world_from_domain([[0.1, 0.1]])))
    terrain.drape([[0.0, 0.0], [0.2, 0.1]])
    assert terrain.grid_unit(0) > 0
    assert terrain.grid_unit(1) > 0


def test_grids_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match="3 rows of 2"):
        Terrain([0, 1], [0, 1, 2], np.zeros((2, 2)))
    with pytest.raises(UserError, match="equal steps"):
        Terrain([0, 1, 5], [0, 1, 2], np.zeros((3, 3)))
    with pytest.raises(UserError, match="equal steps"):
        Terrain([2, 1, 0], [0, 1, 2], np.zeros((3, 3)))


# ------------------------------------------------------------------------------------------------ between spaces
def test_draped_heights_follow_the_function():
    def f(x, y):
        return np.sin(1.3 * x) + 0.4 * y**2

    terrain = make(f, n=401)
    points = np.random.default_rng(2).uniform(-3, 3, (500, 2))
    exact = terrain.height * terrain.exposure(f(points[:, 0], points[:, 1]))
    world = terrain.world_from_domain(points)
    assert world[:, :2] == pytest.approx(points / 3.0)
    assert world[:, 2] == pytest.approx(exact, abs=2e-4)
    assert terrain.domain_from_world(world) == pytest.approx(points)


def test_draped_heights_are_bilinear():
    x, y = np.linspace(0, 4, 7), np.linspace(-1, 2, 5)
    terrain = Terrain(x, y, np.random.default_rng(3).normal(size=(5, 7)))
    oracle = RegularGridInterpolator((y, x), terrain.z.astype(float))
    points = np.random.default_rng(4).uniform((0, -1), (4, 2), (200, 2))
    assert terrain.world_from_domain(points)[:, 2] == pytest.approx(oracle(points[:, ::-1]), abs=1e-6)


def test_drape_is_fine_and_keeps_the_iterates():
    terrain = make(lambda x, y: x**2 + y**2)
    path = np.array([(-2.0, 1.0), (0.5, 0.5), (0.5, 0.5), (1.0, -2.0)])
    points, progress = terrain.drape(path, lift=0.01, step=0.02)
    assert np.all(np.diff(progress) > 0)
    assert np.linalg.norm(np.diff(points[:, :2], axis=0), axis=1).max() <= 0.02 + 1e-12
    for number, position in enumerate(path):
        at = points[np.argmin(np.abs(progress - number))]
        assert at == pytest.approx(terrain.world_from_domain(position, 0.01), abs=1e-9)


@pytest.mark.parametrize("beyond", [(6.0, 1.0), (np.inf, 1.0), (np.nan, 0.0)])
def test_a_path_that_leaves_stops_at_the_edge(beyond):
    terrain = make(lambda x, y: x**2 + y**2)
    points, progress = terrain.drape([(0.0, 0.0), (2.0, 1.0), beyond, (0.0, 0.0)])
    assert np.all(np.isfinite(points))
    assert np.all(np.abs(points[:, :2]) <= 1.0)
    if np.isfinite(beyond[0]):
        assert progress[-1] == pytest.approx(1.25)
        assert points[-1, 0] == pytest.approx(1.0)
    else:
        assert progress[-1] == 1.0


# -------------------------------------------------------------------------------------------------------- rays
def test_rays_meet_a_plane_where_algebra_says():
    terrain = make(lambda x, y: x, half=1.0, n=65, median=0.5)
    # Where t < 1, z = h (asinh(k (x + 1) / 1.98) / asinh k) is a straight line of slope h / 1.98 for small k.
    slope = terrain.height / (terrain.exposure.high - terrain.exposure.low)
    rng = np.random.default_rng(5)
    for _ in range(30):
        x, y = rng.uniform(-0.95, 0.9), rng.uniform(-0.95, 0.95)
        target = np.array([x, y, slope * (x + 1.0)])
        origin = np.array([*rng.uniform(-2, 2, 2), 4.0])
        assert terrain.intersect(origin, target - origin) == pytest.approx((x, y), abs=2e-3)


def test_rays_meet_a_bowl_where_root_finding_says():
    terrain = make(lambda x, y: x**2 + y**2, half=2.0, n=801, median=0.5)
    rng = np.random.default_rng(6)
    for _ in range(20):
        origin = np.array([*rng.uniform(-3, 3, 2), 3.0])
        aim = np.array([*rng.uniform(-0.6, 0.6, 2), 0.1]) - origin

        def above(s, origin=origin, aim=aim):
            x, y, z = origin + s * aim
            return z - terrain.height * terrain.exposure(4 * (x * x + y * y))

        s = brentq(above, (origin[2] - 0.7) / -aim[2], 1.2)
        hit = terrain.intersect(origin, aim)
        assert hit == pytest.approx(2.0 * (origin + s * aim)[:2], abs=5e-3)


def test_rays_that_meet_no_ground():
    terrain = make(lambda x, y: x**2 + y**2)
    assert terrain.intersect((0, 0, 3), (0, 0, 1)) is None  # away
    assert terrain.intersect((5, 5, 3), (0, 0, -1)) is None  # beside
    assert terrain.intersect((0, -3, 0.05), (0, 1, 0)) is None  # into a wall
    assert terrain.intersect((0, 0, -3), (0, 0, 1)) is None  # from below
    value = terrain.value.copy()
    value[40:60, 40:60] = np.nan
    holed = Terrain(terrain.x, terrain.y, value)
    assert holed.intersect((0, 0, 3), (0, 0, -1)) is None
    assert holed.intersect((0.5, 0.5, 3), (0, 0, -1)) == pytest.approx((1.5, 1.5))


@pytest.mark.parametrize("turn", range(4))
def test_the_last_row_beside_a_hole_is_met(turn):
    value = np.ones((11, 11))
    value[:, 1] = np.nan  # samples are 0.2 apart in the world: the first column is ground up to x = -0.9
    ground = Terrain(np.linspace(0, 10, 11), np.linspace(0, 10, 11), np.rot90(value, turn))
    for x, met in ((-0.98, True), (-0.92, True), (-0.85, False), (-0.72, False), (-0.65, True)):
        place = {0: (x, 0.3), 1: (0.3, -x), 2: (-x, -0.3), 3: (-0.3, x)}[turn]  # rows run along y
        found = ground.intersect((*place, 3), (0, 0, -1))
        assert (found is not None) == met
        if found is not None:
            assert found == pytest.approx(5 * (np.array(place) + 1))


def test_a_sheet_is_met_from_both_sides():
    terrain = make(lambda x, y: x + y)
    height = terrain.height * float(terrain.exposure(1.5))
    for origin, aim in (((0.25, 0.25, 3), (0, 0, -1)), ((0.25, 0.25, -3), (0, 0, 1)), ((-3, 0.25, height), (1, 0, 0))):
        assert terrain.intersect(origin, aim, sheet=True) == pytest.approx((0.75, 0.75), abs=5e-3)
    assert terrain.intersect((5, 5, 3), (0, 0, -1), sheet=True) is None


def test_one_scale_for_two_grounds():
    first = make(lambda x, y: 100 * (x * x + y * y) + 7, height=0.7, median=0.3)
    second = Terrain(first.x, first.y, first.value / 2, like=first)
    assert second.height == 0.7
    for value in (7.0, 20.0, 100.0):
        assert second.world_height(value) == pytest.approx(float(first.world_height(value)))
    lines = dict(zip(first.contours.value, first.contours.phase, strict=True))
    assert [lines[value] for value in second.contours.value] == list(second.contours.phase)
    assert len(second.contours.value)
    assert second.z.min() == 0.0  # half of 7 lies below the other's least value


# ----------------------------------------------------------------------------------------------- round numbers
@pytest.mark.parametrize("name", RANGES)
def test_contours_are_round_and_in_range(name):
    terrain = make(RANGES[name])
    lines = terrain.contours
    assert 5 <= len(lines.value) <= 60
    assert np.all(np.diff(lines.value) > 0)
    assert np.all(np.diff(lines.phase) == 1)
    assert lines.value[0] > terrain.value.min()
    assert lines.value[-1] <= terrain.value.max()
    if name in ("rosenbrock", "beale", "huge", "tiny", "rastrigin", "saddle"):
        mantissa = {f"{abs(v):.12e}".split("e")[0].rstrip("0").rstrip(".") for v in lines.value if v}
        assert all(len(m) <= 3 for m in mantissa), mantissa  # at most two digits
    if lines.every == 6:  # index lines are powers of ten
        index = lines.value[lines.phase % 6 == 0]
        if terrain.value.min() >= 0:
            assert np.log10(index) == pytest.approx(np.round(np.log10(index)), abs=1e-9)
    else:
        index = lines.value[lines.phase % 5 == 0]
        step = np.diff(lines.value).mean()
        assert index / (5 * step) == pytest.approx(np.round(index / (5 * step)), abs=1e-6)


@pytest.mark.parametrize("name", RANGES)
def test_phase_is_whole_exactly_on_contours(name):
    terrain = make(RANGES[name])
    table, t = terrain.contour_phase(4096), np.linspace(0, T_MAX, 4096)
    lines = terrain.contours
    place = terrain.exposure(lines.value)
    inner = place < 0.98
    assert np.interp(place[inner], t, table) == pytest.approx(lines.phase[inner], abs=0.05)
    # No line where there is no contour value: before the first the phase is never whole.
    before = table[t < place[0] - 1e-3]
    assert np.all(np.abs(before - np.round(before))[1:] > 0) or before.size < 2


@pytest.mark.parametrize("base", [1e6, -3e6])
def test_values_far_from_zero_are_counted_from_their_least(base):
    ground = make(lambda x, y: base + (x**2 + y**2) ** 3)  # up to 5832 above it
    assert ground.exposure.compressed
    above = [value - base for value, _ in ground.value_ticks(600.0, gap=1.0)]
    powers = [digit * 10.0**k for k in range(-6, 5) for digit in (1.0, 3.0)]
    assert above[0] == 0.0
    assert all(min(abs(one / power - 1) for power in powers) < 1e-6 for one in above[1:])
    assert {10.0, 30.0, 100.0, 300.0, 1000.0} <= {round(one, 6) for one in above}


@pytest.mark.parametrize("name", RANGES)
def test_value_ticks_are_apart_and_in_place(name):
    terrain = make(RANGES[name])
    ticks = terrain.value_ticks(260, gap=20)
    assert 3 <= len(ticks) <= 14
    place = np.array([t for _, t in ticks])
    assert np.all(np.diff(place) * 260 >= 20 - 1e-9)
    assert np.all((place >= 0) & (place <= 1))
    assert terrain.exposure([v for v, _ in ticks]) == pytest.approx(place)


def test_of_the_values_between_the_ends_zero_is_written_first():
    x = np.linspace(-5, 5, 101)
    valley = (x**4 - 16 * x**2 + 5 * x) / 2
    terrain = Terrain(x, x, valley + valley[:, None], 0.52, 0.56)  # Styblinski and Tang's, from -78 to 250
    assert terrain.exposure.compressed
    three = [value for value, _ in terrain.value_ticks(80)]
    assert len(three) == 3
    assert three[1] == 0.0


@pytest.mark.parametrize(("low", "high"), [(-5.2, 5.2), (0, 1), (-959.6, 3000), (1e-7, 3e-7), (-2e9, 1e9)])
def test_round_ticks(low, high):
    ticks = round_ticks(low, high, 5)
    assert 3 <= len(ticks) <= 9
    assert ticks[0] >= low - 1e-9 * (high - low)
    assert ticks[-1] <= high + 1e-9 * (high - low)
    step = np.diff(ticks).mean()
    assert round(step / 10 ** np.floor(np.log10(step)), 6) in (1.0, 2.0, 5.0)
    assert np.round(ticks / step) == pytest.approx(ticks / step, abs=1e-6)


@pytest.mark.parametrize(("half", "unit"), [(5.2, 1.0), (2.0, 1.0), (500.0, 100.0), (0.8, 0.2), (32.768, 5.0)])
def test_grid_unit(half, unit):
    assert make(lambda x, y: x, half=half).grid_unit(0) == pytest.approx(unit)


def test_bounds_hold_the_block():
    terrain = make(lambda x, y: x**2 + y**2)
    assert terrain.bounds.shape == (8, 3)
    assert terrain.bounds[:, 2].min() == BASE
    assert terrain.bounds[:, 2].max() == pytest.approx(terrain.top)
    assert np.abs(terrain.bounds[:4, :2]).min() == pytest.approx(1.17)


# -------------------------------------------------------------------------------------------- any range of values
MOST_FLOAT = np.finfo(float).max


def square(half=4.0, n=64):
    """Return an axis without 0, and the grids of x and y."""
    axis = np.linspace(-half, half, n)
    return axis, *np.meshgrid(axis, axis)


def extreme(name):
    axis, x, y = square()
    with np.errstate(all="ignore"):
        values = {
            "poles": 1 / (x**2 - y**2),
            "a pole of seventh order": (x * y) ** -7.0,
            "more than can be subtracted": 1e308 * x,
            "two ends": np.where(x < 0, -MOST_FLOAT, MOST_FLOAT),
            "smallest numbers": 1e-315 * x,
            "one huge number": np.full_like(x, 1e308),
            "the largest": np.full_like(x, MOST_FLOAT),
            "one outlier": np.where((x == x[3, 3]) & (y == y[3, 3]), 1e300, x),
            "far from zero": 1e12 + x**2,
            "steep": np.exp(np.exp(x)) * np.exp(700.0 + y),
            "all decades": 10.0 ** (75 * x),
            "nothing": np.full_like(x, np.nan),
            "infinite": np.where(x > 1, np.inf, np.where(x < -1, -np.inf, x)),
        }[name]
    return Terrain(axis, axis, values)


EXTREMES = (
    "poles", "a pole of seventh order", "more than can be subtracted", "two ends", "smallest numbers",
    "one huge number", "the largest", "one outlier", "far from zero", "steep", "all decades", "nothing", "infinite",
)  # fmt: skip


@pytest.mark.parametrize("name", EXTREMES)
def test_any_range_has_few_contours_and_ticks(name):
    ground = extreme(name)
    value = np.asarray(ground.value, float)
    finite = value[np.isfinite(value)]
    lines = ground.contours
    assert len(lines.value) <= 400
    assert (np.diff(lines.value) > 0).all()
    assert (np.diff(lines.phase) == 1).all()
    assert np.abs(lines.phase).max(initial=0.0) < 2**20  # of a float32 an eighth is left for what is between lines
    if len(lines.value):
        assert finite.min() <= lines.value[0]
        assert lines.value[-1] <= finite.max()
    ticks = ground.value_ticks(400.0)
    assert 1 <= len(ticks) <= 21
    assert all(0.0 <= t <= 1.0 for _, t in ticks)
    order = np.argsort(value[~np.isnan(value)], kind="stable")
    assert (np.diff(ground.z[~np.isnan(value)][order]) >= 0).all()
    assert np.isfinite(ground.relief).all()


def test_a_ramp_looks_the_same_at_any_size():
    axis, x, _ = square()
    ordinary = Terrain(axis, axis, x)
    for exponent in (-1000, -300, 300, 1021):  # powers of two change no digit
        scaled = Terrain(axis, axis, np.ldexp(x, exponent))
        assert scaled.z == pytest.approx(ordinary.z, abs=1e-6)


def test_contours_far_from_zero_are_counted_from_the_first():
    axis, x, _ = square()
    lines = Terrain(axis, axis, 1e12 + x).contours
    step = np.diff(lines.value)
    assert step == pytest.approx(0.5)  # 8 / 12, rounded to 1, 2 or 5
    assert np.abs(lines.phase).max() < 100
    whole = lines.value[lines.phase % lines.every == 0]
    assert (whole / 2.5 == np.round(whole / 2.5)).all()  # every fifth


def test_equal_numbers_have_no_round_numbers_between():
    assert round_ticks(3.0, 3.0).tolist() == [3.0]
    assert round_ticks(-1e308, 1e308).tolist() == pytest.approx([-1e308, -5e307, 0.0, 5e307, 1e308])
    assert round_ticks(1e-310, 6e-310).tolist() == pytest.approx([1e-310 * k for k in range(1, 7)], rel=1e-9)


def test_a_wide_domain_has_its_middle():
    axis = np.array([-1.5e308, 0.0, 1.5e308])
    ground = Terrain(axis, axis, np.zeros((3, 3)))
    assert ground.footprint_from_domain([0.75e308, -1.5e308]).tolist() == [0.5, -1.0]
    assert ground.domain_from_world([0.5, -1.0]).tolist() == [0.75e308, -1.5e308]


def test_a_path_is_laid_down_once() -> None:
    ground = Terrain(np.linspace(-2, 2, 65), np.linspace(-2, 2, 65), np.add.outer(*[np.linspace(-2, 2, 65) ** 2] * 2))
    path = np.array([(-1.5, 0.0), (0.0, 0.5), (1.0, 1.0), (3.0, 1.0)])
    laid = ground.laid(path)
    assert ground.laid(path) is laid
    assert ground.laid(path.copy()) is not laid
    np.testing.assert_allclose(ground.domain_from_world(laid.beads), path[:3], atol=1e-12)
    assert [laid.is_inside(step) for step in (0, 2.0, 2.4, 3.0)] == [True, True, True, False]
    assert [ground.laid(path[:3]).is_inside(step) for step in (2.0, 3.0)] == [True, False]  # one that stays to its end


def test_the_tangent_plane_touches_and_climbs_as_the_ground() -> None:
    """Of a plane the tangent is the plane itself; elsewhere it agrees with the ground close by."""
    x, y = np.linspace(-2, 2, 257), np.linspace(-1, 3, 257)
    ground = Terrain(x, y, x[None, :] ** 2 + 3 * y[:, None] ** 2, 0.6, 0.5)
    tangent = ground.tangent((1.0, 0.5), 1.75, (2.0, 3.0))
    for direction in ((1.0, 0.0), (0.0, 1.0), (0.6, -0.8)):
        stride = 2e-3 * np.array(direction)
        ends = np.array([1.0, 0.5]) + np.outer((-1, 1), stride)
        near, far = ground.world_height(ends[:, 0] ** 2 + 3 * ends[:, 1] ** 2)
        flat = stride / 2  # half of the domain is one unit of the world
        expected = np.array([*(2 * flat), far - near])
        np.testing.assert_allclose(tangent.ahead(direction), expected / np.linalg.norm(expected), atol=2e-5)
    corners = tangent.square((1.0, 0.0), 0.3, 0.0)
    np.testing.assert_allclose(corners.mean(axis=0), tangent.point, atol=1e-12)
    assert np.linalg.norm(corners[0] - corners[1]) == pytest.approx(0.6)
    normal = np.cross(tangent.along_x, tangent.along_y)
    np.testing.assert_allclose((corners - tangent.point) @ normal, 0.0, atol=1e-12)


def test_grounds_blend_by_their_heights() -> None:
    x = np.linspace(-1, 1, 33)
    here = Terrain(x, x, np.add.outer(x**2, x**2), 0.5)
    there = Terrain(x, x, 100 + 50 * np.add.outer(x, x), 0.7)
    half = blend(here, there, 0.5)
    assert half.height == pytest.approx(0.6)
    np.testing.assert_allclose(half.value, (here.exposure(here.value) + there.exposure(there.value)) / 2)
    np.testing.assert_allclose(blend(here, there, 0.0).value, here.exposure(here.value))


def test_a_bowl_far_above_zero_has_the_heights_of_the_bowl() -> None:
    x = np.linspace(-4, 4, 129)  # squares of eighths of a half: float64 holds them beside 1e14 to 1/64
    bowl = x**2 + x[:, None] ** 2
    plain, far = Terrain(x, x, bowl), Terrain(x, x, bowl + 1e14)
    assert np.ptp(far.value) == 32.0
    np.testing.assert_allclose(far.z, plain.z, atol=2e-3)
    assert [value - 1e14 for value, _ in far.value_ticks(300)] == [0, 5, 10, 15, 20, 25]


@pytest.mark.parametrize(("base", "flat"), [(0.0, False), (1e9, False), (1e15, False), (1e16, True), (1e20, True)])
def test_what_float64_hardly_tells_apart_is_flat_and_has_one_tick(base: float, flat: bool) -> None:
    x = np.linspace(-4, 4, 129)
    ground = Terrain(x, x, x**2 + x[:, None] ** 2 + base)
    assert ground.is_flat is flat
    assert (float(np.ptp(ground.z)) < 1e-6) is flat
    assert (len(ground.value_ticks(300)) == 1) is flat


def test_rounding_errors_of_a_sum_are_no_hills() -> None:
    x = np.linspace(-4, 4, 130) * np.ones((130, 1))
    errors = (x + x.T + 1) ** 4 - (x + x.T) ** 4 - 4 * (x + x.T) ** 3 - 6 * (x + x.T) ** 2 - 4 * (x + x.T)  # 1, exactly
    assert 64 * np.spacing(100.0) < np.ptp(errors + 100.0) < 1e-10
    ground = Terrain(x[0], x[0], errors + 100.0)
    assert ground.is_flat
    assert np.ptp(ground.z) < 1e-6
