"""Pixels of the surface against the formulas they come from, computed here once more in NumPy."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from vispy import gloo

from lossland.render.gl import canvas
from lossland.render.gl.programs import shader_source
from lossland.render.gl.target import Target
from lossland.render.ground.meshes import deviation
from lossland.render.painter import Quality
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera
from lossland.world.layers import Surface
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK, PRINT, themes

SIZE = (320, 200)
LIVE = Quality(mesh=64, lit=256, bake=128)
BARE = Show(contours=False, grid=False, shadow=False)


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture(params=themes(), ids=lambda theme: theme.name)
def renderer(request):
    made = Renderer(request.param)
    yield made
    made.close()


@pytest.fixture
def dark():
    made = Renderer(DARK)
    yield made
    made.close()


def make(f, n=65, half=1.0, **options):
    axis = np.linspace(-half, half, n)
    x, y = np.meshgrid(axis, axis)
    with np.errstate(all="ignore"):
        return Terrain(axis, axis, f(x, y), **options)


def seen(terrain, elevation=45.0):
    camera = Camera(-60, elevation)
    camera.fit(terrain.bounds, SIZE)
    return camera


def picture(renderer, terrain, camera=None, show=BARE, quality=LIVE, paint=None, contours=True):
    frame = Frame([Surface(terrain, paint, contours)])
    return renderer.image(frame, camera or seen(terrain), SIZE, show, quality)


def at(image, camera, world):
    """Return the mean colour of the 3 x 3 pixels around a world point."""
    x, y = np.round(camera.project(np.asarray(world, float), SIZE) - 0.5).astype(int)
    return image[y - 1 : y + 2, x - 1 : x + 2, :3].reshape(-1, 3).mean(0)


def shade(theme, albedo, normal, camera, height_share, sky=1.0, sun=1.0, shadow=0.0, relief=None):
    """LOOK: key lamp with wrap, sky and ground light, occlusion that keeps colour, shine, shoulder, root."""
    lamps, light, n = theme.lamps, camera.light, np.asarray(normal, float)
    albedo = np.square(albedo)
    lamp = 1 - shadow * (1 - sun)
    key = max(0.0, (n @ light + 0.22) / 1.22) * lamp
    open_ = 1 - lamps.occlusion * (1 - sky)
    around = np.array(lamps.ground) + (np.array(lamps.sky) - lamps.ground) * (n[2] / 2 + 0.5)
    lit = albedo * (np.array(lamps.key) * key + around * open_ / (1 - albedo * (1 - open_)))
    level = albedo * (np.array(lamps.key) * (light[2] + 0.22) / 1.22 + np.array(lamps.sky))
    if relief is None:
        s = np.clip(height_share / 0.7, 0, 1)
        relief = lamps.valley_relief + (1 - lamps.valley_relief) * s * s * (3 - 2 * s)
    lit = level + (lit - level) * relief
    half = light + camera.home_back
    lit = lit + lamps.specular * max(0.0, n @ half / np.linalg.norm(half)) ** 48 * lamp * open_ * np.array(lamps.key)
    lit = np.minimum(lit, 0.62) + 0.38 * (1 - np.exp(-np.maximum(lit - 0.62, 0) / 0.38))
    return np.sqrt(lit)


# --------------------------------------------------------------------------------------------- colours of pixels
def test_flat_ground_has_the_colour_of_the_formula(renderer):
    terrain = make(lambda x, y: 0 * x + 3)
    camera = seen(terrain)
    image = picture(renderer, terrain, camera)
    expected = 255 * shade(renderer.theme, renderer.theme.height_map[0], (0, 0, 1), camera, 0.0)
    for spot in [(0, 0, 0), (0.5, -0.6, 0), (-0.7, 0.2, 0)]:
        assert at(image, camera, spot) == pytest.approx(expected, abs=2)


def test_a_slope_has_the_colour_of_the_formula(renderer):
    terrain = make(lambda x, y: x + 2 * y, median=0.5)
    camera = seen(terrain)
    image = picture(renderer, terrain, camera, quality=Quality(mesh=64, lit=256, bake=128))
    slope = terrain.height / (terrain.exposure.high - terrain.exposure.low) * np.array([1.0, 2.0])
    normal = np.array([*-slope, 1.0]) / np.sqrt(1 + slope @ slope)
    # The sky that a plane hides from itself, from its 8 azimuths: mean of sin² of the horizon's angle uphill.
    azimuth = (np.arange(8) + 0.5) * np.pi / 4
    uphill = np.maximum(0, slope @ [np.cos(azimuth), np.sin(azimuth)])
    sky = 1 - float(np.mean(uphill**2 / (1 + uphill**2)))
    for spot in [(0.0, 0.0), (-0.3, 0.2), (0.4, 0.1)]:
        t = float(terrain.exposure(spot[0] + 2 * spot[1]))
        place = t * 255
        low = int(place)
        color = (1 - place + low) * renderer.theme.height_map[low] + (place - low) * renderer.theme.height_map[low + 1]
        expected = 255 * shade(renderer.theme, color, normal, camera, t, sky=sky)
        world = terrain.world_from_domain(spot)
        assert at(image, camera, world) == pytest.approx(expected, abs=2.5)


@pytest.mark.parametrize("category", [-1, 0, 2, 3])
def test_painted_ground_has_its_category(renderer, category):
    terrain = make(lambda x, y: 0 * x)
    camera = seen(terrain)
    paint = np.full((9, 9), category, np.int16)
    image = picture(renderer, terrain, camera, paint=paint)
    color = renderer.theme.color(f"basin.{category}")
    expected = 255 * shade(renderer.theme, color, (0, 0, 1), camera, 0.0, relief=1.0)
    assert at(image, camera, (0.1, 0.2, 0)) == pytest.approx(expected, abs=2)


def test_borders_of_paint_are_straight_and_where_they_belong(dark):
    terrain = make(lambda x, y: 0 * x)
    camera = Camera(-90, 89.9)
    camera.fit(terrain.bounds, SIZE)
    x = np.linspace(-1, 1, 33)
    paint = np.broadcast_to((x > 0.25).astype(np.int16), (33, 33))  # between samples at 0.25 and 0.3125
    image = picture(dark, terrain, camera, paint=paint, quality=Quality(mesh=64, lit=512, bake=128)).astype(float)
    left, right = at(image, camera, (-0.5, 0, 0)), at(image, camera, (0.7, 0, 0))
    for y in (-0.6, 0.0, 0.55):
        row = round(camera.project((0.0, y, 0.0), SIZE)[1])
        share = (image[row, :, 0] - left[0]) / (right[0] - left[0])
        start, end = (round(camera.project((px, y, 0.0), SIZE)[0]) for px in (-0.5, 0.7))
        border = start + np.sum(share[start:end] < 0.5)
        assert border == pytest.approx(camera.project((0.28125, y, 0.0), SIZE)[0], abs=1.2)


@pytest.mark.parametrize("samples", [5, 65])
def test_signed_paint(dark, samples):
    terrain = make(lambda x, y: 0 * x)
    camera = seen(terrain)
    paint = np.broadcast_to(np.linspace(-1, 1, samples), (samples, samples)).copy()
    image = picture(dark, terrain, camera, paint=paint)
    for x in (-0.9, -0.5, 0.0, 0.5):
        low, share = divmod((x + 1) / 2 * (samples - 1), 1)
        ends = [
            dark.theme.signed_map[round(i / (samples - 1) * 255)] for i in (int(low), min(int(low) + 1, samples - 1))
        ]
        color = (1 - share) * ends[0] + share * ends[1]
        expected = 255 * shade(DARK, color, (0, 0, 1), camera, 0.0, relief=1.0)
        assert at(image, camera, (x, 0.1, 0)) == pytest.approx(expected, abs=2.5)


# --------------------------------------------------------------------------------------------------- sheets
def over(renderer, ground, camera, *sheets, quality=LIVE):
    """Return the picture (h, w, 3) of a block with sheets, in whole numbers that can be subtracted."""
    frame = Frame([Surface(ground), *sheets])
    return renderer.image(frame, camera, SIZE, BARE, quality)[..., :3].astype(float)


def test_what_shows_through_a_sheet_is_a_blend(renderer):
    ground = make(lambda x, y: 0 * x + 3)
    level = Terrain(ground.x, ground.y, ground.value, like=ground)
    camera, paint = seen(ground), "accent"
    below = over(renderer, ground, camera)
    expected = 255 * shade(renderer.theme, renderer.theme.color(paint), (0, 0, 1), camera, 0.0, relief=1.0)
    for alpha in (0.3, 0.7, 1.0):
        sheet = Surface(level, paint, contours=False, sheet=True, alpha=alpha, lift=0.1)
        image = over(renderer, ground, camera, sheet)
        for spot in [(0, 0), (0.3, -0.5), (-0.5, 0.2)]:
            place = (*spot, 0.1)
            blend = alpha * expected + (1 - alpha) * at(below, camera, place)
            assert at(image, camera, place) == pytest.approx(blend, abs=2)


def test_a_sheet_has_no_walls_no_floor_and_no_shadow(renderer):
    ground = make(lambda x, y: x**2 + y**2)
    camera = Camera(-60, 25)
    camera.fit(ground.bounds, SIZE)
    empty = renderer.image(Frame([]), camera, SIZE, Show(), LIVE)
    frame = Frame([Surface(ground, sheet=True)])
    image = renderer.image(frame, camera, SIZE, Show(), LIVE)
    touched = np.any(image != empty, axis=-1)
    rim = np.linspace(-1, 1, 201)
    x, y = np.meshgrid(rim, rim)
    places = camera.project(np.stack([x, y, ground.world_height(x**2 + y**2)], -1), SIZE).reshape(-1, 2)
    covered = np.zeros(SIZE[::-1], bool)
    for dx in (-2, 0, 2):
        for dy in (-2, 0, 2):
            i, j = (places + np.array([dx, dy])).round().astype(int).T
            inside = (i >= 0) & (i < SIZE[0]) & (j >= 0) & (j < SIZE[1])
            covered[j[inside], i[inside]] = True
    assert not np.any(touched & ~covered)
    assert touched.sum() > 0.7 * covered.sum()


def test_sheet_and_block_meet_where_they_are_equal(dark):
    ground = make(lambda x, y: x**2 + y**2)
    plane = Terrain(ground.x, ground.y, np.full_like(ground.value, 0.49), like=ground)
    camera = Camera(-90, 89.9)
    camera.fit(ground.bounds, SIZE)
    sheet = Surface(plane, "accent", contours=False, sheet=True)
    changed = np.any(over(dark, ground, camera, sheet) != over(dark, ground, camera), axis=-1)
    row = round(camera.project((0, 0, 0.2), SIZE)[1])
    found = np.flatnonzero(changed[row])
    height = float(ground.world_height(0.49))
    expected = [camera.project((x, 0, height), SIZE)[0] for x in (-0.7, 0.7)]
    assert [found[0], found[-1]] == pytest.approx(expected, abs=1.5)
    assert len(found) == found[-1] - found[0] + 1


def test_a_sheet_ends_at_the_top_of_the_range_and_at_its_cut(dark):
    ground = make(lambda x, y: x + 1)
    steep = Terrain(ground.x, ground.y, 4 * (ground.value - 1) + 1, like=ground)
    camera = Camera(-90, 89.9, flat=True)
    camera.fit(ground.bounds, SIZE)
    end = float(ground.exposure.inverse(1 + 0.9 * 0.15))
    for shown, limits in ((None, (0.0, (end - 1) / 4)), ((0.05, 0.2, -1, 1), (0.05, 0.2))):
        sheet = Surface(steep, "accent", contours=False, sheet=True, shown=shown)
        changed = np.any(over(dark, ground, camera, sheet) != over(dark, ground, camera), axis=-1)
        found = np.flatnonzero(changed[SIZE[1] // 2])
        expected = [camera.project((x, 0, float(ground.world_height(4 * x + 1))), SIZE)[0] for x in limits]
        assert [found[0], found[-1]] == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("azimuth", [-150, -60, 30, 120])
def test_folds_of_a_sheet_are_blended_from_far_to_near(dark, azimuth):
    turn = np.radians(azimuth)
    across = lambda x, y: (np.cos(turn) * x + np.sin(turn) * y) * 1.2  # noqa: E731  (towards the eye)
    wave = make(lambda x, y: np.cos(3 * np.pi * across(x, y)), half=0.8, n=129, height=1.0, median=0.5)
    camera = Camera(azimuth, 12)
    camera.fit(wave.bounds, SIZE)
    sign = np.where(make(across, half=0.8, n=129).value > 0, 1.0, -1.0)  # the near half orange, the far half blue
    sheet = Surface(wave, sign, contours=False, sheet=True, alpha=0.6)
    image = dark.image(Frame([sheet]), camera, SIZE, BARE, LIVE)[..., :3].astype(float)
    ridge = np.array([np.cos(turn), np.sin(turn)]) * 2 / 3 / 1.2  # of the near half
    place = (*(ridge / 0.8 * 0.95), float(wave.height) * 0.95)
    r, _, b = at(image, camera, place)
    assert r > b + 20  # the near fold is on top


def test_a_sheet_is_darker_from_below(renderer):
    level = make(lambda x, y: 0 * x)
    sheet = Surface(level, "accent", contours=False, sheet=True, lift=0.5)
    camera = Camera(-60, 40)
    camera.fit(level.bounds, SIZE)
    above = renderer.image(Frame([sheet]), camera, SIZE, BARE, LIVE)[..., :3].astype(float)
    under = Camera(-60, -40)
    under.fit(level.bounds, SIZE)
    if under.pose.elevation > -10:
        under.pose = replace(under.pose, elevation=-40.0)
    below = renderer.image(Frame([sheet]), under, SIZE, BARE, LIVE)[..., :3].astype(float)
    assert at(below, under, (0, 0, 0.5)) == pytest.approx(0.5 * at(above, camera, (0, 0, 0.5)), abs=2)


# ----------------------------------------------------------------------------------------- holes, infinities
def test_a_hole_shows_the_shaded_floor_and_the_background(renderer):
    hole = make(lambda x, y: np.where(np.hypot(x, y) < 0.35, np.nan, 0 * x))
    camera = Camera(-60, 70)
    camera.fit(hole.bounds, SIZE)
    with_hole = picture(renderer, hole, camera)
    nothing = renderer.image(Frame([]), camera, SIZE, BARE, LIVE)
    dark, shadow = renderer.theme.ground.floor_dark, np.array(renderer.theme.color(renderer.theme.ground.floor_shadow))
    expected = (1 - dark) * at(nothing, camera, (0, 0, 0)) + dark * 255 * shadow
    assert at(with_hole, camera, (0, 0, 0)) == pytest.approx(expected, abs=1.5)
    assert not np.allclose(at(with_hole, camera, (0.6, 0, 0)), expected, atol=10)
    # The edge of the hole is where it belongs: the uncovered area is the disc's.
    covered = np.any(with_hole != picture(renderer, make(lambda x, y: 0 * x), camera), axis=-1).sum()
    corners = camera.project([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], SIZE)
    x, y = corners.T
    area = 0.5 * abs(x @ np.roll(y, 1) - y @ np.roll(x, 1))
    assert covered / area == pytest.approx(np.pi * 0.35**2 / 4, rel=0.12)


def test_a_hole_at_the_edge_opens_the_wall(dark):
    terrain = make(lambda x, y: np.where((np.abs(x) < 0.5) & (y < -0.5), np.nan, x * 0 + y), median=0.5)
    camera = Camera(-90, 15)
    camera.fit(terrain.bounds, SIZE)
    picture(dark, terrain, camera)
    whole = picture(dark, make(lambda x, y: y, median=0.5), camera)
    holed = picture(dark, terrain, camera)
    spot = (0, -1, -0.02)
    assert not np.allclose(at(holed, camera, spot), at(whole, camera, spot), atol=2)


def test_infinity_makes_no_spike(dark):
    terrain = make(lambda x, y: np.where(np.hypot(x, y) < 0.1, np.inf, x**2 + y**2))
    camera = seen(terrain)
    nothing = dark.image(Frame([]), camera, SIZE, BARE, LIVE)
    image = picture(dark, terrain, camera)
    rows = np.flatnonzero(np.any(image != nothing, axis=(1, 2)))
    highest = camera.project([(x, y, 0.55 * 1.15) for x in (-1, 0, 1) for y in (-1, 0, 1)], SIZE)[:, 1].min()
    assert rows.min() >= highest - 1


def test_grids_that_are_hardly_grids(renderer):
    for nx, ny in [(1, 1), (1, 5), (5, 1), (2, 2), (3, 40)]:
        value = np.arange(nx * ny, dtype=float).reshape(ny, nx)
        terrain = Terrain(np.arange(nx), np.arange(ny), value)
        assert len(np.unique(picture(renderer, terrain, show=Show()).reshape(-1, 4), axis=0)) > 10
    axis = np.linspace(0, 1, 9)
    empty = Terrain(axis, axis, np.full((9, 9), np.nan))
    camera = seen(empty)
    bare = at(renderer.image(Frame([]), camera, SIZE, BARE, LIVE), camera, (0, 0, 0))
    assert np.all(at(picture(renderer, empty, camera), camera, (0, 0, 0)) < bare)  # the floor, nothing on it


# ------------------------------------------------------------------------------------------------- contours
def test_contours_lie_at_round_values(dark):
    terrain = make(lambda x, y: x**2 + y**2, n=257, half=2.0)
    camera = Camera(-60, 89.9)
    camera.fit(terrain.bounds, SIZE)
    quality = Quality(mesh=128, lit=512, bake=128)
    with_lines = picture(dark, terrain, camera, Show(shadow=False, grid=False), quality).astype(float)
    without = picture(dark, terrain, camera, BARE, quality).astype(float)
    change = np.abs(with_lines - without).sum(-1)
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)

    def change_along(value):
        ring = np.sqrt(value) * np.stack([np.cos(angle), np.sin(angle)], -1)
        ring = ring[np.all(np.abs(ring) < 1.95, axis=1)]
        pixels = np.floor(camera.project(terrain.world_from_domain(ring), SIZE)).astype(int)
        return np.median(change[pixels[:, 1], pixels[:, 0]])

    values = terrain.contours.value
    chosen = [v for v in values if 0.3 < v < 3.5]
    assert len(chosen) >= 5
    for value, following in pairwise(chosen):
        assert change_along(value) > 4 * max(change_along(0.5 * (value + following)), 1.0)
    assert np.array_equal(
        picture(dark, terrain, camera, Show(shadow=False, grid=False), quality, contours=False), without
    )


# ------------------------------------------------------------------------------------------- order, repetition
def himmelblau(n=129):
    return make(lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2, n=n, half=5.2, height=0.52, median=0.56)


def test_two_renders_are_the_same_bytes(renderer):
    terrain = himmelblau()
    camera = seen(terrain)
    first = picture(renderer, terrain, camera, Show())
    other = make(lambda x, y: x * y)
    picture(renderer, other, seen(other), Show())
    assert np.array_equal(picture(renderer, terrain, camera, Show()), first)
    fresh = Renderer(renderer.theme)
    assert np.array_equal(picture(fresh, himmelblau(), seen(terrain), Show()), first)
    fresh.close()


def test_live_and_still_show_the_same_picture(renderer):
    terrain = himmelblau()
    camera = seen(terrain)
    live = picture(renderer, terrain, camera, Show(), Quality.live).astype(float)
    still = picture(renderer, terrain, camera, Show(), Quality.still).astype(float)
    assert np.abs(live - still).mean() < 2.5


def test_turning_keeps_the_light_and_changes_the_view(dark):
    terrain = himmelblau()
    camera = seen(terrain)
    spot = terrain.world_from_domain((0.0, 0.0))
    before = at(picture(dark, terrain, camera), camera, spot)
    camera.place(azimuth=-30.0)
    after = at(picture(dark, terrain, camera), camera, spot)
    assert after == pytest.approx(before, abs=2)


@pytest.mark.parametrize("shown", [None, (-0.6, 0.2, -0.3, 1.0)], ids=["whole", "cut"])
def test_walls_behind_the_block_are_missed_by_no_moving_picture(dark, shown):
    ground = make(lambda x, y: np.cos(3 * x) * np.sin(2 * y + 1))
    frame = Frame([Surface(ground, shown=shown)])
    for azimuth in range(0, 360, 15):
        camera = Camera(azimuth, 4.0 if azimuth % 2 else 40.0)
        camera.fit(ground.bounds, SIZE)
        still, moving = (
            dark.image(frame, camera, SIZE, BARE, replace(LIVE, dots=dots))[..., :3].astype(int) for dots in (0, 1000)
        )
        assert (np.abs(still - moving).max(axis=2) > 40).mean() < 3e-4  # some pixels of the far rim; a wall is a tenth


def test_switches(dark):
    terrain = himmelblau()
    camera = seen(terrain)
    everything = picture(dark, terrain, camera, Show())
    for name in ("contours", "shadow", "grid"):
        assert np.any(picture(dark, terrain, camera, Show(**{name: False})) != everything)


def test_shadow_falls_away_from_the_lamp(dark):
    terrain = make(lambda x, y: np.where(np.hypot(x, y) < 0.2, 1.0, 0.0), n=129)
    camera = Camera(-60, 60)
    camera.fit(terrain.bounds, SIZE)
    lit = picture(dark, terrain, camera, Show(contours=False, grid=False), Quality(64, 256, 256))
    bare = picture(dark, terrain, camera, BARE, Quality(64, 256, 256))
    aside = camera.light[:2] / np.linalg.norm(camera.light[:2])
    foot = np.array([0.5 * aside, -0.5 * aside])
    toward, away = (np.array([*spot, 0.0]) for spot in foot)
    loss = [at(bare, camera, p).sum() - at(lit, camera, p).sum() for p in (toward, away)]
    assert loss[1] > 10
    assert abs(loss[0]) < 3


def test_dense_displays_get_thicker_lines(dark):
    terrain = himmelblau()
    camera = seen(terrain)
    frame = Frame([Surface(terrain)])
    change = []
    for ratio in (1.0, 2.0):
        on, off = (dark.image(frame, camera, (640, 400), show, LIVE, ratio).astype(float)
                   for show in (Show(grid=False), Show(grid=False, contours=False)))  # fmt: skip
        change.append(np.count_nonzero(np.abs(on - off).sum(-1) > 6))
    assert change[1] > 1.3 * change[0]


def gl_objects():
    context: Any = canvas.headless().context
    context.flush_commands()
    return {name for name, thing in context.shared.parser._objects.items() if not isinstance(thing, str)}


def test_closing_frees_everything():
    for kept in (False, True):  # programs are kept for the next renderer: the second time, all are there
        before = gl_objects()
        renderer = Renderer(PRINT)
        picture(renderer, himmelblau(), show=Show(), quality=Quality(64, 128, 128, 2))
        picture(renderer, himmelblau(), show=Show(), paint=np.zeros((9, 9), int))
        picture(renderer, make(lambda x, y: np.where(x > 0.5, np.nan, y)), show=Show())
        assert gl_objects() > before
        renderer.close()
        assert gl_objects() <= before or not kept


def test_includes_are_joined_once_and_names_split():
    text = shader_source("lit.frag")
    assert "#include" not in text
    assert text.count("uniform sampler2D u_heights;") == 1
    assert "uniform vec3 u_key;" in text


def test_contours_in_the_light_look_like_those_drawn_at_each_pixel(renderer):
    terrain = make(lambda x, y: x * x + 2 * y * y)
    cheap, show = Quality(mesh=64, dots=1, cheap_light=True), Show(grid=False, shadow=False)
    bare = picture(renderer, terrain, quality=cheap, show=BARE).astype(int)
    drawn = picture(renderer, terrain, quality=replace(cheap, cheap_light=False), show=show).astype(int)
    picture(renderer, terrain, quality=cheap, show=show)  # the light is new: contours come with it once it stays
    baked = picture(renderer, terrain, quality=cheap, show=show).astype(int)
    marks = np.abs(drawn - bare).max(-1) > 12
    assert marks.mean() > 0.005
    assert np.abs(baked - bare).max(-1)[marks].mean() > 0.5 * np.abs(drawn - bare).max(-1)[marks].mean()
    assert np.abs(baked - drawn)[..., :3].mean() < 0.6 * np.abs(drawn - bare)[..., :3].mean()
    assert not np.array_equal(baked, drawn)  # it is another way to draw them


def test_a_region_is_drawn_as_in_the_whole_picture_and_the_rest_is_left_alone(renderer):
    terrain, region = make(lambda x, y: x * y), (40, 20, 60, 50)
    frame, camera = Frame([Surface(terrain)]), seen(terrain)
    for quality in (LIVE, Quality(mesh=64, supersample=2)):
        expected = renderer.image(frame, camera, SIZE, BARE, quality)
        target = Target(SIZE)
        with target:
            gloo.clear(color=(1.0, 0.0, 0.0, 1.0), depth=1.0)
            renderer.draw(frame, camera, SIZE, BARE, quality, region=region)
        image = target.read()
        target.close()
        left, bottom, width, height = region
        inside = np.zeros(SIZE[::-1], bool)
        inside[SIZE[1] - bottom - height : SIZE[1] - bottom, left : left + width] = True
        assert np.array_equal(image[inside], expected[inside])
        assert np.all(image[~inside] == (255, 0, 0, 255))


# ------------------------------------------------------------------------------------------------------- the mesh


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("f", "bound"),
    [
        (lambda x, y: 0.3 * x * x, 0.3),  # an edge of length h leaves a parabola c x² by c (h / 2)²
        (lambda x, y: 0.3 * x * y, 0.3),  # and so does a diagonal a saddle c x y
        (lambda x, y: 0.2 * x - 0.1 * y + 0.4, 0.0),
    ],
)
def test_the_deviation_of_a_mesh_is_that_of_edges_from_curves(f, bound, turned):
    side = np.linspace(-1, 1, 257)
    x, y = np.meshgrid(side, side)
    z = f(y, x) if turned else f(x, y)
    for cells in (16, 32, 64):
        assert deviation(z, cells) == pytest.approx(bound / cells**2, abs=1e-9)


def test_the_deviation_of_a_fold_that_the_samples_have():
    z = np.abs(np.arange(65.0) - 32)[None, :] * np.ones((65, 1)) * 0.01  # between two vertices, in the worst case
    assert deviation(z, 16) == pytest.approx(0.01 * 2)  # half a cell is 2 samples
    assert deviation(z, 64) == pytest.approx(0.01 / 2)  # half a cell is half a sample


def test_smooth_ground_looks_the_same_with_the_mesh_it_needs_and_with_the_finest(dark, monkeypatch):
    terrain = make(lambda x, y: np.sin(3 * x) * np.cos(2 * y), n=513)
    fine = Quality(mesh=384, lit=256, bake=128, supersample=2)
    image = picture(dark, terrain, quality=fine).astype(int)
    monkeypatch.setattr("lossland.render.ground.block.MESHES", ())
    finest = picture(dark, terrain, quality=fine).astype(int)
    off = np.abs(image - finest).max(-1)
    assert off.max() > 0, "both pictures have the same mesh"
    assert (off > 8).mean() < 1e-3


def test_rough_ground_keeps_the_finest_mesh(dark, monkeypatch):
    noise = np.random.default_rng(1).uniform(size=(257, 257))
    terrain = make(lambda x, y: noise, n=257)
    image = picture(dark, terrain)
    monkeypatch.setattr("lossland.render.ground.block.MESHES", ())
    assert np.array_equal(image, picture(dark, terrain))
