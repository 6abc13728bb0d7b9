"""Lines, trails, points, arrows and the plane: what they cover in pixels, against closed forms and the camera."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from uploads import uploads
from vispy import gloo

from lossland.render import painters as _painters  # noqa: F401  (registers them)
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.render.painter import REGISTRY, TOGETHER, DrawContext, Quality
from lossland.scenery.scene import Show
from lossland.world import layers
from lossland.world.camera import Camera
from lossland.world.geometry import HEAD_RADIUS, HEAD_RIM, head_centers, spaced, world_per_pixel
from lossland.world.rulers import GAP, TICK, plane_numerals, terrain_rulers
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK, PRINT
from lossland.world.track import Track

SIZE = (240, 160)
RED = "#FF0000"
WHITE = "#FFFFFF"


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture
def target():
    made = Target(SIZE)
    yield made
    made.close()


def flat_camera(reach=2.0):
    camera = Camera(flat=True)
    camera.fit(np.array([[-reach, -reach, 0], [reach, reach, 0]]), SIZE)
    return camera


def paint(target, camera, *drawn, show=None, px=1.0, theme=PRINT, depth=1.0, times=1):
    """Draw layers over black, in their phases; ``depth`` is what the depth buffer holds before. Floats in [0, 1]."""
    context = DrawContext(
        camera=camera,
        size=target.size,
        px=px,
        theme=theme,
        show=show or Show(),
        quality=Quality.live,
        clip_from_world=camera.clip_from_world(target.size).astype(np.float32),
        eye=camera.eye,
        light=camera.light,
        layers=drawn,
    )
    made = []
    for layer in drawn:
        together = type(layer) in TOGETHER
        if together and any(isinstance(subject, tuple) and type(subject[0]) is type(layer) for _, subject, _ in made):
            continue
        subject = tuple(one for one in drawn if type(one) is type(layer)) if together else layer
        made.append((REGISTRY[type(layer)][0](theme), subject, REGISTRY[type(layer)][1]))
    for _ in range(times):
        with target:
            gloo.set_state(depth_mask=True)
            gloo.clear(color=(0, 0, 0, 1), depth=depth)
            for painter, subject, phases in made:
                for phase in phases:
                    painter.draw(subject, context.within(phase, context.presence))
    image = target.read()[..., :3] / 255.0
    for painter, *_ in made:
        painter.close()
    return image


@contextmanager
def drawing(target, camera, theme=PRINT):
    """Hand out a function that draws trails with one painter, frame after frame, and returns floats in [0, 1]."""
    painter = REGISTRY[layers.Trail][0](theme)
    context = DrawContext(
        camera=camera,
        size=target.size,
        px=1.0,
        theme=theme,
        show=Show(),
        quality=Quality.live,
        clip_from_world=camera.clip_from_world(target.size).astype(np.float32),
        eye=camera.eye,
        light=camera.light,
    )

    def draw(*trails):
        with target:
            gloo.set_state(depth_mask=True)
            gloo.clear(color=(0, 0, 0, 1), depth=1.0)
            for phase in REGISTRY[layers.Trail][1]:
                painter.draw(trails, replace(context, phase=phase, layers=trails))
        return target.read()[..., :3] / 255.0

    yield draw
    painter.close()


def across(y, left=-9.0, right=9.0, pieces=1):
    x = np.linspace(left, right, pieces + 1)
    return np.stack([x, np.full_like(x, y), np.zeros_like(x)], 1)


# ------------------------------------------------------------------------------------------------------- lines
@pytest.mark.parametrize("width", [1.0, 1.7, 2.2, 6.5])
@pytest.mark.parametrize("y", [0.0, 0.0071, -0.313])
def test_a_horizontal_line_of_width_w_covers_w_pixels(target, width, y):
    image = paint(target, flat_camera(), layers.Lines([across(y)], RED, width))
    assert image[:, 60, 0].sum() == pytest.approx(width, abs=0.02)
    rows = np.arange(SIZE[1]) + 0.5
    middle = (image[:, 60, 0] * rows).sum() / image[:, 60, 0].sum()
    assert middle == pytest.approx(flat_camera().project([0.0, y, 0.0], SIZE)[1], abs=0.1)


def test_widths_grow_with_the_pixel_ratio(target):
    image = paint(target, flat_camera(), layers.Lines([across(0.0)], RED, 3.0), px=2.0)
    assert image[:, 60, 0].sum() == pytest.approx(6.0, abs=0.02)


def test_a_translucent_line_of_many_pieces_has_no_dots(target):
    image = paint(target, flat_camera(), layers.Lines([across(0.0, pieces=97)], RED, 6.0, alpha=0.5))
    middle = image[SIZE[1] // 2, :, 0]
    assert middle.min() == pytest.approx(0.5, abs=0.01)
    assert middle.max() == pytest.approx(0.5, abs=0.01)


def test_a_translucent_bend_is_nowhere_darker_than_a_straight_piece(target):
    turn = np.linspace(0, np.pi, 40)
    path = np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    image = paint(target, flat_camera(), layers.Lines([path], RED, 7.0, alpha=0.5))
    assert image[..., 0].max() <= 0.52


def test_dashes_ink_their_share_of_the_line(target):
    image = paint(target, flat_camera(), layers.Lines([across(0.0)], RED, 4.0, dash=(15, 10)))
    assert image[..., 0].sum() == pytest.approx(4.0 * SIZE[0] * 10 / 15, rel=0.04)


def test_a_line_behind_something_is_hidden_unless_told_otherwise(target):
    line = layers.Lines([across(0.0)], RED, 4.0)
    assert paint(target, flat_camera(), line, depth=0.0).max() == 0.0
    in_front = layers.Lines([across(0.0)], RED, 4.0, depth=False)
    assert paint(target, flat_camera(), in_front, depth=0.0).max() == 1.0


def test_a_line_that_starts_behind_the_eye_is_drawn_in_front_of_it(target):
    camera = Camera(azimuth=0.0, elevation=10.0)  # looks along -x
    camera.fit(np.array([[-1, -1, 0], [1, 1, 0]]), SIZE)
    behind = camera.eye + 3.0 * camera.back
    end = np.array([0.0, 0.0, 0.0])
    image = paint(target, camera, layers.Lines([np.array([behind + np.array([0, 1, 0]), end])], RED, 3.0))
    x, y = camera.project(end, SIZE)
    assert image[int(y), int(x), 0] > 0.5
    assert np.isfinite(image).all()


# ------------------------------------------------------------------------------------------------------ arrows
@pytest.mark.parametrize("azimuth", [-60.0, 15.0, 130.0])
def test_the_tip_of_an_arrow_is_where_the_camera_projects_it(target, azimuth):
    camera = Camera(azimuth=azimuth, elevation=40.0)
    camera.fit(np.array([[-1, -1, 0], [1, 1, 0.5]]), SIZE)
    tail, tip = np.array([[-0.6, -0.4, 0.0]]), np.array([[0.7, 0.5, 0.4]])
    image = paint(target, camera, layers.Arrows(tail, tip, RED, 4.5))
    start, end = camera.project(np.concatenate([tail, tip]), SIZE)
    along = (end - start) / np.linalg.norm(end - start)
    y, x = np.nonzero((image[..., 0] > 0.4) & (image[..., 1] < 0.2))  # red, not its white outline
    reach = (np.stack([x + 0.5, y + 0.5], 1) - start) @ along
    length = np.linalg.norm(end - start)
    assert length - 3.0 < reach.max() < length + 0.5  # the last pixels of a sharp tip are partly covered
    assert reach.min() == pytest.approx(0.0, abs=1.5)


def test_the_shaft_and_head_of_an_arrow_have_their_widths(target):
    tail, tip = np.array([[-2.0, 0, 0]]), np.array([[2.0, 0, 0]])
    camera = flat_camera(3.0)
    image = paint(target, camera, layers.Arrows(tail, tip, RED, 6.0, depth=False), theme=DARK)
    start, end = camera.project(np.concatenate([tail, tip]), SIZE)
    dark = DARK.color("casing")[0]
    red = np.clip((image[..., 0] - dark) / (1 - dark), 0.0, 1.0)  # the share that is not outline
    assert red[:, int(start[0] + 40)].sum() == pytest.approx(6.0, abs=0.15)
    head = red[:, int(end[0] - 3.6 * 6.0) + 1].sum()
    assert head == pytest.approx(0.86 * 3.6 * 6.0, abs=1.5)


def test_every_arrow_has_its_colour_and_no_length_draws_nothing(target):
    tail = np.array([[-1.0, 0.5, 0], [-1.0, -0.5, 0], [0.0, 0.0, 0.0]])
    tip = np.array([[1.0, 0.5, 0], [1.0, -0.5, 0], [0.0, 0.0, 0.0]])
    camera = flat_camera()
    image = paint(target, camera, layers.Arrows(tail, tip, [RED, "#00FF00", "#0000FF"], 6.0))
    for y, wanted in ((0.5, (1, 0, 0)), (-0.5, (0, 1, 0))):
        x, row = camera.project([0.0, y, 0.0], SIZE)
        assert image[int(row), int(x)] == pytest.approx(wanted, abs=0.02)
    x, row = camera.project([0.0, 0.0, 0.0], SIZE)
    assert image[int(row), int(x)].max() == 0.0


# ------------------------------------------------------------------------------------------------------ trails
def straight_trail(upto, **options):
    points = across(0.0, -1.5, 1.5, pieces=30)
    return layers.Trail(points, np.linspace(0.0, 10.0, 31), RED, upto, **{"head": False, **options})


@pytest.mark.parametrize("upto", [2.0, 5.0, 7.25, 10.0, 42.0])
def test_a_trail_ends_at_the_projection_of_its_iterate(target, upto):
    camera = flat_camera()
    image = paint(target, camera, straight_trail(upto))
    end = camera.project([-1.5 + 3.0 * min(upto, 10.0) / 10.0, 0.0, 0.0], SIZE)
    reach = 0.5 * (2.6 + 1.6 * min(upto, 10.0) / upto) + 1.4  # half the width at the end, and the outline
    last = image[SIZE[1] // 2, :, 0].nonzero()[0].max() + 0.5
    assert last == pytest.approx(end[0] + reach, abs=1.0)


def test_a_trail_grows_wider_and_brighter_towards_its_head(target):
    camera = flat_camera()
    image = paint(target, camera, straight_trail(10.0))
    for share in (0.1, 0.5, 0.9):
        column = int(camera.project([-1.5 + 3.0 * share, 0.0, 0.0], SIZE)[0])
        assert image[:, column, 0].sum() == pytest.approx(2.6 + 1.6 * share + 2 * 1.4, abs=0.06)
        white = 0.22 * (1.0 - share)  # the tail's colour goes towards the outline's, white on paper
        assert image[SIZE[1] // 2, column, 1] == pytest.approx(white, abs=0.02)


def test_a_trail_at_its_start_draws_no_line(target):
    assert paint(target, flat_camera(), straight_trail(0.0)).max() == 0.0


def test_hidden_parts_are_faint_even_and_without_outline(target):
    image = paint(target, flat_camera(), straight_trail(10.0), depth=0.0)
    middle = image[SIZE[1] // 2, 70:170, :]
    assert middle[:, 0] == pytest.approx(0.28, abs=0.01)  # no dots where pieces meet
    assert image[:, 120, 0].sum() == pytest.approx(0.28 * (2.6 + 1.6 * 0.5), abs=0.05)
    without = paint(target, flat_camera(), straight_trail(10.0), depth=0.0, show=Show(xray=False))
    assert without.max() == 0.0


def test_the_head_is_a_sphere_of_its_size_at_the_end_of_the_trail(target):
    camera = Camera(azimuth=-60.0, elevation=45.0)
    camera.fit(np.array([[-1, -1, 0], [1, 1, 0.5]]), SIZE)
    trail = straight_trail(5.0, head=True)
    trail = layers.Trail(trail.points * 0.4, trail.progress, RED, 5.0)
    image = paint(target, camera, trail, theme=PRINT)
    center = camera.project(head_centers([trail], camera.clip_from_world(SIZE), SIZE[1])[0], SIZE)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    away = np.hypot(x - center[0], y - center[1])
    assert image[away < HEAD_RADIUS - 1, 0].min() > 0.3  # a lit red ball
    assert image[away < HEAD_RADIUS - 2, 1].mean() < 0.3
    rim = np.abs(away - HEAD_RADIUS - 0.5 * HEAD_RIM) < 0.3
    assert image[rim].min() > 0.6  # in a white rim


def test_the_head_lies_on_the_ground():
    camera = Camera(azimuth=20.0, elevation=50.0)
    camera.fit(np.array([[-1, -1, 0], [1, 1, 0.5]]), (1280, 720))
    trail = straight_trail(3.3)
    foot, center = trail.end, head_centers([trail], camera.clip_from_world((1280, 720)), 720)[0]
    assert foot == pytest.approx([-1.5 + 0.99, 0, 0])
    right = np.cross([0, 0, 1], camera.back)
    right /= np.linalg.norm(right)
    lift = center[2] - foot[2]
    pixels = camera.project(np.stack([foot, foot + lift / 0.85 * right]), (1280, 720))
    assert np.linalg.norm(pixels[1] - pixels[0]) == pytest.approx(HEAD_RADIUS, rel=1e-3)


def test_beads_keep_their_distance_and_their_places_while_a_trail_grows():
    path = np.cumsum(np.random.default_rng(4).normal(0, 6, (200, 2)), 0)
    kept = spaced(path, 13.0)
    assert np.all(np.linalg.norm(np.diff(path[kept], axis=0), axis=1) >= 13.0)
    assert kept[0] == 0
    assert list(spaced(path[:90], 13.0)) == [k for k in kept if k < 90]


def test_a_trail_is_uploaded_once_for_the_same_arrays(target, monkeypatch):
    uploads = []
    original = gloo.VertexBuffer.__init__
    monkeypatch.setattr(
        gloo.VertexBuffer, "__init__", lambda self, *a, **k: uploads.append(1) or original(self, *a, **k)
    )
    paint(target, flat_camera(), straight_trail(5.0), times=1)
    once = len(uploads)
    paint(target, flat_camera(), straight_trail(5.0), times=6)
    assert len(uploads) == 2 * once


# --------------------------------------------------------------------------------------- trails that grow
def zigzag(count, seed=3):
    """Return a path that no straight piece replaces (count, 3), and its progress."""
    rng = np.random.default_rng(seed)
    points = np.column_stack([rng.uniform(-2.5, 2.5, count), rng.uniform(-1.7, 1.7, count), np.zeros(count)])
    return points, np.arange(count, dtype=float)


def grown(points, progress, capacity, pieces=1):
    track = Track(capacity)
    for part in np.array_split(np.arange(len(points)), pieces):
        track.append(points[part], progress[part])
    return track


@pytest.mark.parametrize("theme", [DARK, PRINT])
@pytest.mark.parametrize("upto", [59.0, 80.0])
@pytest.mark.parametrize("hidden", [False, True])
def test_a_track_with_room_left_looks_like_the_trail_of_its_points(target, theme, upto, hidden):
    points, progress = zigzag(60)
    depth = 0.0 if hidden else 1.0
    whole = paint(target, flat_camera(), layers.Trail(points, progress, RED, upto), theme=theme, depth=depth)
    track = grown(points, progress, 100, pieces=7)
    again = paint(target, flat_camera(), layers.Trail.of(track, RED, upto), theme=theme, depth=depth)
    assert np.abs(again - whole).max() <= 1.01 / 255
    assert (again != whole).mean() < 1e-4
    assert whole.max() > 0.2


def test_a_track_may_be_shown_up_to_any_moment(target):
    points, progress = zigzag(60)
    track = grown(points, progress, 100)
    for upto in (0.0, 0.4, 20.0, 33.25, 58.9):
        whole = paint(target, flat_camera(), layers.Trail(points, progress, RED, upto))
        again = paint(target, flat_camera(), layers.Trail.of(track, RED, upto))
        assert np.abs(again - whole).max() <= 1.01 / 255


@pytest.mark.parametrize("capacity", [40, 1500])  # within a row of the texture, and over several
def test_a_track_that_went_round_looks_like_a_fresh_one_with_its_last_points(target, capacity):
    count = 5 * capacity // 2 + 3
    points, progress = zigzag(count)
    track = grown(points, progress, capacity, pieces=count // 9)
    fresh = grown(points[-capacity:], progress[-capacity:], capacity)
    wanted = paint(target, flat_camera(), layers.Trail.of(fresh, RED))
    assert np.array_equal(paint(target, flat_camera(), layers.Trail.of(track, RED)), wanted)


def test_a_track_drawn_while_it_grows_looks_the_same_as_one_drawn_at_its_end(target):
    points, progress = zigzag(400)
    two = [Track(60), Track(47)]
    images = []
    with drawing(target, flat_camera()) as draw:
        for start, stop in ((0, 1), (1, 2), (2, 50), (50, 110), (110, 111), (111, 300), (300, 307)):
            for track, seed in zip(two, (0, 1), strict=True):
                track.append(points[start:stop] * (1 - 0.5 * seed), progress[start:stop])
            images.append(
                draw(*(layers.Trail.of(track, color) for track, color in zip(two, (RED, WHITE), strict=True)))
            )
    fresh = [grown(points[:307] * (1 - 0.5 * seed), progress[:307], capacity) for seed, capacity in ((0, 60), (1, 47))]
    trails = [layers.Trail.of(track, color) for track, color in zip(fresh, (RED, WHITE), strict=True)]
    assert np.array_equal(images[-1], paint(target, flat_camera(), *trails))
    assert not np.array_equal(images[-2], images[-1])


def test_an_earlier_state_and_another_track_are_drawn_as_they_are(target):
    points, progress = zigzag(90)
    track, other = Track(50), grown(*zigzag(30, seed=8), 50)
    track.append(points[:40], progress[:40])
    early = layers.Trail.of(track, RED)
    track.append(points[40:], progress[40:])
    late = layers.Trail.of(track, RED)
    wanted = [paint(target, flat_camera(), trail) for trail in (early, layers.Trail.of(other, RED))]
    with drawing(target, flat_camera()) as draw:
        draw(late)
        assert np.array_equal(draw(early), wanted[0])
        draw(late)
        assert np.array_equal(draw(layers.Trail.of(other, RED)), wanted[1])


def test_of_two_trails_the_later_one_passes_over_whatever_kind_they_are(target):
    along, steps = across(0.0, -1.5, 1.5, pieces=30), np.arange(31.0)
    down = along[:, [1, 0, 2]]
    camera = flat_camera()
    x, y = (round(c) for c in camera.project([0.0, 0.0, 0.0], SIZE))

    def crossing(*kinds):
        drawn = []
        for kind, path, color in zip(kinds, (along, down, along), (RED, WHITE, "#0000FF"), strict=False):
            track = grown(path, steps, 50)
            whole = layers.Trail(path, steps, color, 30.0, head=False)
            drawn.append(layers.Trail.of(track, color, head=False) if kind == "track" else whole)
        return paint(target, camera, *drawn, theme=DARK)[y, x]

    for kinds in (("whole", "track"), ("track", "whole"), ("track", "track")):
        assert crossing(*kinds).min() > 0.8
    assert crossing("track", "whole", "track") == pytest.approx([0, 0, 1], abs=0.15)


def test_a_frame_uploads_only_the_new_points(target):
    points, progress = zigzag(2000)
    capacity = 300
    track = Track(capacity)
    with drawing(target, flat_camera()) as draw, uploads() as sent:
        sizes = []
        for start in range(0, len(points), 7):
            track.append(points[start : start + 7], progress[start : start + 7])
            sent.clear()
            draw(layers.Trail.of(track, RED, head=False))
            sizes.append((len(track.points), sum(sent)))
        sent.clear()
        draw(layers.Trail.of(track, RED, head=False))
        assert sent == []  # nothing came
    texel = 4 * 4  # bytes: three coordinates and the progress
    assert {size for _, size in sizes[1:-1]} == {7 * texel}
    assert sizes[-1][1] == (2000 % 7 or 7) * texel
    assert sizes[0][1] > capacity * texel  # the pieces themselves, once


def test_a_flood_of_points_uploads_no_more_than_the_ring(target):
    points, progress = zigzag(2000)
    track = Track(300)
    with drawing(target, flat_camera()) as draw, uploads() as sent:
        track.append(points[:10], progress[:10])
        draw(layers.Trail.of(track, RED, head=False))
        track.append(points[10:], progress[10:])
        sent.clear()
        draw(layers.Trail.of(track, RED, head=False))
        assert sum(sent) == 300 * 16


def test_points_fade_before_they_are_forgotten(target):
    camera = flat_camera()
    capacity = 101
    line = across(0.0, -1.5, 1.5, pieces=300)
    track = grown(line[:250], np.arange(250.0), capacity)
    image = paint(target, camera, layers.Trail.of(track, RED, head=False), theme=DARK)
    rows = slice(SIZE[1] // 2 - 1, SIZE[1] // 2 + 1)
    reds = {}
    for rank in (0, 5, 10, 20, 60):
        x = camera.project(line[149 + rank], SIZE)[0]
        reds[rank] = image[rows, int(x), 0].max()
    assert track.first == 149
    assert reds[0] < 0.1
    for rank in (5, 10):  # over black
        dull = 0.22 * (1 - rank / 100) * (1 - DARK.color("casing")[0])
        alpha, casing = rank / (0.15 * capacity), DARK.color("casing")[0]
        wanted = alpha * (1 - dull) + (1 - alpha) * alpha * casing
        assert reds[rank] == pytest.approx(wanted, abs=0.06)
    assert reds[20] > 0.75
    assert reds[60] > 0.85


def test_a_start_that_was_forgotten_has_no_ring(target):
    points, progress = zigzag(80)
    early, late = (grown(points[:count], progress[:count], 50) for count in (30, 80))
    plain = paint(target, flat_camera(), layers.Trail.of(late, RED, head=False))
    assert np.array_equal(paint(target, flat_camera(), layers.Trail.of(late, RED, head=False, start="start")), plain)
    plain = paint(target, flat_camera(), layers.Trail.of(early, RED, head=False))
    ringed = paint(target, flat_camera(), layers.Trail.of(early, RED, head=False, start="start"))
    assert not np.array_equal(ringed, plain)


# ------------------------------------------------------------------------------------------------------ points
def test_dots_have_their_category_s_colour_where_the_camera_projects_them(target):
    camera = flat_camera()
    position = np.array([[-1.0, 0.3, 0], [-0.5, 0.3, 0], [0.1, 0.3, 0], [0.6, 0.3, 0], [1.2, 0.3, 0]])
    category = np.array([-1, 0, 1, 2, 7])
    image = paint(target, camera, layers.Points(position, category, size=4.0), theme=DARK)
    for (x, y), k in zip(camera.project(position, SIZE), category, strict=True):
        wanted = 0.62 * np.array(DARK.color(f"particle.{k % 4 if k >= 0 else -1}"))
        assert image[int(y), int(x)] == pytest.approx(wanted, abs=0.01)
    assert (image.max(-1) > 0).sum() <= 5 * 25


def test_dots_of_a_domain_lie_on_its_ground_and_those_outside_are_left_out(target):
    x = np.linspace(0.0, 10.0, 21)
    terrain = Terrain(x, x, (x[None] + 2 * x[:, None]))
    camera = Camera(azimuth=-60.0, elevation=45.0)
    camera.fit(terrain.bounds, SIZE)
    inside = np.array([[2.0, 7.0], [8.0, 1.0]])
    outside = np.array([[-0.1, 5.0], [5.0, 10.2], [np.nan, 5.0], [np.inf, 5.0]])
    drawn = layers.Points(np.vstack([inside, outside]), WHITE, size=2.0, ground=terrain)
    image = paint(target, camera, drawn)
    y, x = np.nonzero(image[..., 0] > 0.1)
    pixels = np.stack([x + 0.5, y + 0.5], 1)
    wanted = camera.project(terrain.world_from_domain(inside, lift=0.006), SIZE)
    assert len(pixels) <= 2 * 9
    for spot in wanted:
        assert np.linalg.norm(pixels - spot, axis=1).min() < 1.0
    for pixel in pixels:
        assert np.linalg.norm(wanted - pixel, axis=1).min() < 2.2


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.1])
def test_dense_dots_become_light(target, alpha):
    many = np.zeros((4, 3))
    image = paint(target, flat_camera(), layers.Points(many, WHITE, size=4.0, alpha=alpha))
    assert image.max() == pytest.approx(1 - (1 - 0.62 * alpha) ** 4, abs=0.01)


def test_a_hundred_thousand_dots_are_drawn(target):
    rng = np.random.default_rng(0)
    position = np.column_stack([rng.uniform(-1.5, 1.5, (2**17, 2)), np.zeros(2**17)])
    image = paint(target, flat_camera(), layers.Points(position, rng.integers(0, 4, 2**17)))
    assert (image.max(-1) > 0).mean() > 0.3


@pytest.mark.parametrize(("style", "middle", "radius"), [("disc", 1.0, 8.0), ("ring", 0.0, 8.0)])
def test_marks_have_their_radius(target, style, middle, radius):
    camera = flat_camera()
    image = paint(target, camera, layers.Points(np.zeros((1, 3)), WHITE, radius, style), theme=DARK)[..., 0]
    x, y = camera.project([0.0, 0.0, 0.0], SIZE)
    assert image[int(y), int(x)] == pytest.approx(middle, abs=0.02)
    ys, xs = np.nonzero(image > 0.5)
    away = np.hypot(xs + 0.5 - x, ys + 0.5 - y)
    assert away.max() == pytest.approx(radius + (1.0 if style == "ring" else 0.0), abs=0.8)
    if style == "disc":
        assert image.sum() == pytest.approx(np.pi * radius**2, rel=0.02)


# ---------------------------------------------------------------------------------------------------- the plane
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_moved_grid_passes_through_the_images_of_its_points(target, seed):
    rng = np.random.default_rng(seed)
    matrix = np.eye(2) + rng.uniform(-0.5, 0.5, (2, 2))
    camera = flat_camera(3.0)
    image = paint(target, camera, layers.WarpedGrid(matrix, before=False), theme=DARK)
    grid = np.array(DARK.color("grid"))
    on_line = [(1, 0.27), (-1, -0.3), (0.31, 1), (-0.7, -1), (2, 0.2)]
    for point in on_line:
        x, y = camera.project([*(matrix @ point), 0.0], SIZE)
        if 2 < x < SIZE[0] - 2 and 2 < y < SIZE[1] - 2:
            near = image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
            assert near[..., 2].max() > 0.7 * grid[2]
    for point in [(0.25, 0.25), (-0.75, 0.25), (1.25, -0.75)]:  # between all lines
        x, y = camera.project([*(matrix @ point), 0.0], SIZE)
        assert image[int(y), int(x)].max() < 0.02


def test_the_ghost_stays_while_the_grid_moves(target):
    camera = flat_camera(3.0)
    matrix = np.array([[0.0, -1.0], [1.0, 0.0]]) * 0.61
    image = paint(target, camera, layers.WarpedGrid(matrix), theme=DARK)
    x, y = camera.project([1.0, 0.2, 0.0], SIZE)
    ghost = image[int(y), int(x) - 1 : int(x) + 2].max()
    assert 0.05 < ghost < 0.35


def test_the_grid_covers_what_is_seen_of_a_shrunken_plane(target):
    camera = flat_camera(25.0)
    image = paint(target, camera, layers.WarpedGrid(np.eye(2), before=False), theme=DARK)
    corner = image[:20, :20].max()
    assert corner > 0.2


def test_a_matrix_without_inverse_or_with_nan_draws_no_error(target):
    camera = flat_camera()
    flat = paint(target, camera, layers.WarpedGrid(np.array([[1.0, 1.0], [1.0, 1.0]]), before=False))
    x, y = camera.project([0.5, 0.5, 0.0], SIZE)
    assert flat[int(y), int(x)].max() > 0.2
    assert paint(target, camera, layers.WarpedGrid(np.full((2, 2), np.nan))).max() == 0.0


@pytest.mark.parametrize("rest", [0.03, -0.03])
def test_a_plane_nearly_pressed_flat_is_no_solid_band(target, rest):
    camera = flat_camera(3.0)
    matrix = np.array([[0.5, 0.5], [0.5, 0.5]]) + rest * np.array([[0.5, -0.5], [-0.5, 0.5]])
    image = paint(target, camera, layers.WarpedGrid(matrix, before=False), theme=DARK)
    across = np.outer(np.linspace(0.2, 0.35, 40), (1, -1))  # over ten of the lines on one side of what is left
    places = camera.project(np.column_stack([across, np.zeros(40)]), SIZE).astype(int)
    assert image[places[:, 1], places[:, 0]].max() < 0.05
    x, y = camera.project([0.5, 0.5, 0.0], SIZE)
    assert image[int(y) - 3 : int(y) + 3, int(x) - 3 : int(x) + 3].max() > 0.5  # the axes stay


def test_a_polygon_is_filled_and_outlined(target):
    camera = flat_camera()
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
    image = paint(target, camera, layers.Polygon(corners, RED))
    x, y = camera.project([0.3, 0.2, 0.0], SIZE)
    assert image[int(y), int(x), 0] == pytest.approx(0.26, abs=0.01)
    edge = camera.project([1.0, 0.2, 0.0], SIZE)
    assert image[int(y), int(edge[0]) - 1 : int(edge[0]) + 2, 0].max() > 0.95
    side = np.ptp(camera.project(corners, SIZE)[:, 0])
    assert image[..., 0].sum() == pytest.approx(0.26 * (side - 2.2) ** 2 + 4 * 2.2 * side, rel=0.03)


# ------------------------------------------------------------------------------------------------------- rulers
@pytest.mark.parametrize("azimuth", range(-175, 185, 40))
def test_axes_run_along_the_edges_nearest_to_the_eye(azimuth):
    x = np.linspace(-5, 5, 21)
    terrain = Terrain(x, x, x[None] ** 2 + x[:, None] ** 2)
    camera = Camera(azimuth=azimuth, elevation=40.0)
    camera.fit(terrain.bounds, SIZE)
    rulers = terrain_rulers(layers.Axes(terrain, "a", "b"), terrain, camera, (1280, 720))
    names = {numeral.text: np.array(numeral.tick) for numeral in rulers.numerals if numeral.name}
    for axis, name in enumerate("ab"):
        mirrored = names[name].copy()
        mirrored[1 - axis] *= -1
        assert np.linalg.norm(camera.eye - names[name]) < np.linalg.norm(camera.eye - mirrored)
        assert abs(names[name][1 - axis]) == pytest.approx(1 + GAP + TICK)
    value = [numeral for numeral in rulers.numerals if np.array(numeral.tick)[2] > terrain.base + 1e-6]
    columns = camera.project(np.array([n.tick for n in value]), (1280, 720))[:, 0]
    corners = camera.project(np.array([[sx, sy, 0.0] for sx in (-1, 1) for sy in (-1, 1)]), (1280, 720))
    left, right = corners[:, 0].min() + 60, corners[:, 0].max() - 60  # at one of the block's outer corners
    assert columns.mean() <= left or columns.mean() >= right
    assert {n.text for n in rulers.numerals} >= {"−4", "−2", "0", "2", "4"}


def test_numbers_of_the_values_are_at_least_twenty_pixels_apart():
    x = np.linspace(-5, 5, 41)
    terrain = Terrain(x, x, (x[None] ** 2 + x[:, None] - 11) ** 2 + (x[None] + x[:, None] ** 2 - 7) ** 2)
    for size in ((640, 360), (1920, 1080)):
        camera = Camera(azimuth=-60.0, elevation=45.0)
        camera.fit(terrain.bounds, size)
        rulers = terrain_rulers(layers.Axes(terrain), terrain, camera, size)
        ticks = [n.tick for n in rulers.numerals if n.tick[2] >= 0.0]
        pixels = camera.project(np.array(ticks), size)
        assert np.linalg.norm(np.diff(pixels, axis=0), axis=1).min() > 19.0


def test_the_plane_s_numbers_stand_at_their_places_and_leave_out_zero():
    camera = Camera(flat=True)
    camera.fit(np.array([[-4, -3, 0], [4, 3, 0]]), (1280, 720))
    numerals = plane_numerals(camera, (1280, 720), (0, 0, 1280, 720), 30.0)
    assert {n.text for n in numerals if n.axis == 1} == {"−3", "−2", "−1", "1", "2", "3"}
    for numeral in numerals:
        value = float(numeral.text.replace("−", "-"))
        world = [value, 0, 0] if numeral.axis == 0 else [0, value, 0]
        assert numeral.pixel == pytest.approx(camera.project(world, (1280, 720)), abs=16)


def test_a_pixel_s_world_length_is_what_the_camera_says():
    for flat in (False, True):
        camera = Camera(azimuth=33.0, elevation=52.0, flat=flat)
        camera.fit(np.array([[-1, -1, 0], [1, 1, 0.5]]), (1280, 720), (400, 40, 700, 500))  # with a shifted lens
        point = np.array([0.3, -0.4, 0.2])
        length = world_per_pixel(camera.clip_from_world((1280, 720)), 720, point)[0]
        right = np.array([1.0, 0, 0]) if flat else np.cross([0, 0, 1], camera.back)
        right = right / np.linalg.norm(right)
        pixels = camera.project(np.stack([point, point + 10 * length * right]), (1280, 720))
        assert np.linalg.norm(pixels[1] - pixels[0]) == pytest.approx(10.0, rel=1e-3)


def test_lines_may_change_between_frames(target):
    camera = flat_camera()
    painter = REGISTRY[layers.Lines][0](PRINT)
    context = DrawContext(
        camera, SIZE, 1.0, PRINT, Show(), Quality.live, camera.clip_from_world(SIZE).astype(np.float32),
        camera.eye, camera.light, phase=REGISTRY[layers.Lines][1][0],
    )  # fmt: skip
    sums = []
    for paths in ([across(0.0)], [], [across(0.5)], [across(0.5), across(-0.5)], [], [across(1.0)]):
        with target:
            gloo.set_state(depth_mask=True)
            gloo.clear(color=(0, 0, 0, 1), depth=1.0)
            painter.draw(layers.Lines(paths, RED, 2.0), context)
        sums.append(target.read()[:, 60, 0].sum() / 255.0)
    painter.close()
    assert sums == pytest.approx([2, 0, 2, 4, 0, 2], abs=0.03)


def test_dots_take_new_colours_each_time(target):
    place = np.array([[-0.6, 0.0, 0.0], [-0.2, 0.0, 0.0], [0.2, 0.0, 0.0], [0.6, 0.0, 0.0]])
    camera = flat_camera()
    paint(target, camera, layers.Points(place, WHITE, size=7.0))
    bare = paint(target, camera)
    image = paint(target, camera, layers.Points(place, np.arange(4), size=7.0))
    for category, (x, y) in enumerate(np.floor(camera.project(place, SIZE)).astype(int)):
        wanted = 0.62 * np.array(PRINT.color(f"particle.{category}")) + 0.38 * bare[y, x, :3]
        assert image[y, x, :3] == pytest.approx(wanted, abs=0.02)
