"""The camera: framing, projection and its inverse, and movement that depends on nothing but the times passed in."""

import numpy as np
import pytest

from lossland.world.camera import FIELD_OF_VIEW, Camera

SIZE = (1280, 720)
BLOCK = np.array([(1.17 * x, 1.17 * y, -0.05) for x in (-1, 1) for y in (-1, 1)]
                 + [(x, y, 0.55) for x in (-1, 1) for y in (-1, 1)])  # fmt: skip


def framed(**options):
    camera = Camera(**options)
    camera.fit(BLOCK, SIZE)
    return camera


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("free", [None, (284, 60, 632, 580), (0, 0, 300, 720), (900, 500, 380, 220)])
def test_fit_fills_and_centres_the_free_rectangle(free, flat):
    camera = Camera(-60, 45, flat=flat)
    camera.fit(BLOCK, SIZE, free, margin=0.02)
    x, y, w, h = free or (0, 0, *SIZE)
    pixels = camera.project(BLOCK, SIZE)
    extent, middle = np.ptp(pixels, axis=0), (pixels.min(0) + pixels.max(0)) / 2
    assert middle == pytest.approx((x + w / 2, y + h / 2), abs=1e-6)
    assert np.max(extent / (w, h)) == pytest.approx(0.96, abs=1e-6)


@pytest.mark.parametrize("flat", [False, True])
def test_rays_go_through_what_is_projected(flat):
    camera = Camera(-35, 40, flat=flat)
    camera.fit(BLOCK, SIZE, (284, 60, 632, 580))
    camera.orbit(13, -7)
    camera.pan(40, -25, SIZE)
    camera.place()
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    for point, pixel in zip(points, camera.project(points, SIZE), strict=True):
        origin, direction = camera.ray(pixel, SIZE)
        assert np.linalg.norm(direction) == pytest.approx(1.0)
        assert np.linalg.norm(np.cross(point - origin, direction)) < 1e-9
        assert (point - origin) @ direction > 0


def test_projection_agrees_with_a_pinhole():
    camera = Camera(0.0, 0.0)
    camera.fit(BLOCK, SIZE)
    eye, focal = camera.eye, SIZE[1] / 2 / np.tan(np.radians(FIELD_OF_VIEW) / 2)
    point = np.array([0.3, 0.4, 0.2])
    # From the +x side, y goes right and z up; the lens shift moves the picture as a whole.
    depth = eye[0] - point[0]
    right, up = (point - eye)[1] / depth * focal, (point - eye)[2] / depth * focal
    shift = np.array(camera.pose.shift) * (SIZE[0] / 2, -SIZE[1] / 2)
    expected = np.array([SIZE[0] / 2 + right, SIZE[1] / 2 - up]) + shift
    assert camera.project(point, SIZE) == pytest.approx(expected, abs=0.02)


def test_near_things_are_nearer_in_depth():
    camera = framed()
    points = camera.eye - np.outer([4.0, 5.0, 6.0, 7.0], camera.back)
    clip = np.c_[points, np.ones(4)] @ camera.clip_from_world(SIZE).T
    depth = clip[:, 2] / clip[:, 3]
    assert np.all(np.diff(depth) > 0)
    assert np.all(np.abs(depth) < 1)


@pytest.mark.parametrize("size", [1.0, 5.0, 200.0])
def test_all_of_the_scene_lies_between_near_and_far(size):
    camera = Camera()
    camera.fit(size * BLOCK, SIZE)
    for zoom in (0.3, 1.0, 3.0):
        camera.home()
        camera.zoom(zoom)
        camera.place()
        clip = np.c_[size * BLOCK, np.ones(8)] @ camera.clip_from_world(SIZE).T
        assert np.all(np.abs(clip[:, 2]) <= clip[:, 3])


def test_gliding_depends_on_time_alone():
    one, two = framed(), framed()
    for camera in (one, two):
        camera.orbit(90, 20)
        camera.zoom(1.7)
    one.advance(0.3)
    for _ in range(30):
        two.advance(0.01)
    assert two.pose.azimuth == pytest.approx(one.pose.azimuth, rel=1e-9)
    assert two.pose.distance == pytest.approx(one.pose.distance, rel=1e-9)
    assert one.pose.azimuth == pytest.approx(-60 + 90 * (1 - np.exp(-0.3 / 0.09)))


def test_it_comes_to_rest():
    camera = framed()
    assert not camera.advance(0.1)
    camera.orbit(10, 0)
    assert camera.advance(0.016)
    for _ in range(200):
        camera.advance(0.016)
    assert not camera.advance(0.016)
    assert camera.pose == camera.goal


def test_home_by_the_shorter_way():
    camera = framed()
    camera.orbit(350, 10)
    camera.place()
    camera.home()
    assert camera.goal.azimuth == pytest.approx(300.0)
    camera.place()
    assert camera.project(BLOCK, SIZE) == pytest.approx(framed().project(BLOCK, SIZE), abs=1e-6)


def test_elevation_stays_above_ground():
    camera = framed()
    camera.orbit(0, -500)
    assert camera.goal.elevation > 0
    camera.orbit(0, 500)
    assert camera.goal.elevation < 90


def test_pan_moves_the_target_with_the_pointer():
    camera = framed()
    at = np.asarray(camera.pose.target)
    before = camera.project(at, SIZE)
    camera.pan(30, -20, SIZE)
    camera.place()
    assert camera.project(at, SIZE) - before == pytest.approx((30, -20), abs=0.6)


@pytest.mark.parametrize("flat", [False, True])
def test_zoom_keeps_what_is_under_the_pointer(flat):
    camera = framed(flat=flat)
    origin, direction = camera.ray((800, 300), SIZE)
    depth = (np.asarray(camera.pose.target) - origin) @ camera.back / (direction @ camera.back)
    point = origin + depth * direction  # in the plane of the target that faces the eye
    camera.zoom(1.5, (800, 300), SIZE)
    camera.place()
    assert camera.project(point, SIZE) == pytest.approx((800, 300), abs=1e-6)


def test_saved_views():
    camera = framed()
    assert not camera.recall_view(1)
    camera.orbit(40, 5)
    camera.save_view(1)
    kept = camera.goal
    camera.home()
    camera.place()
    assert camera.recall_view(1)
    camera.place()
    assert camera.pose == kept


def test_refit_keeps_the_users_turn():
    camera = framed()
    camera.orbit(25, 5)
    camera.zoom(2.0)
    camera.place()
    ratio = camera.pose.distance / camera.home_pose.distance
    camera.refit((1600, 900), (300, 50, 900, 700))
    assert camera.pose.azimuth == pytest.approx(-35)
    assert camera.pose.distance / camera.home_pose.distance == pytest.approx(ratio)
    camera.home()
    camera.place()
    pixels = camera.project(BLOCK, (1600, 900))
    assert (pixels.min(0) + pixels.max(0)) / 2 == pytest.approx((750, 400), abs=1e-6)


def test_a_camera_at_home_is_exactly_there_after_a_refit():
    camera = framed()
    camera.refit((1277, 719), (301, 53, 887, 611))
    assert camera.pose == camera.goal == camera.home_pose


def test_the_lamp_stays_when_the_camera_turns():
    camera = framed()
    before = camera.light
    camera.orbit(100, 10)
    camera.place()
    assert np.array_equal(camera.light, before)
    # Upper left of the home view, behind the subject.
    right, _, back = camera._axes(camera.home_pose)
    assert before @ right < -0.3
    assert before @ np.array([0, 0, 1]) > 0.5
    assert before[:2] @ back[:2] < 0
    assert np.linalg.norm(before) == pytest.approx(1.0)


def test_flat_looks_straight_down():
    camera = framed(flat=True)
    square = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], float)
    pixels = camera.project(square, SIZE)
    side = pixels[1] - pixels[0]
    assert side[1] == pytest.approx(0)
    assert side[0] > 0
    assert pixels[3] - pixels[0] == pytest.approx((0, -side[0]))
    assert camera.project([(0, 0, 0.5)], SIZE)[0] == pytest.approx(pixels[0])  # no perspective


def test_place_takes_any_sequence_as_target():
    camera = framed()
    camera.place(target=np.array([0.1, 0.2, 0.3]), distance=5, azimuth=10)
    assert camera.eye == pytest.approx(np.array([0.1, 0.2, 0.3]) + 5 * camera.back)
    with pytest.raises(ValueError, match="read-only"):
        camera.clip_from_world(SIZE)[0, 0] = 1.0


def test_degenerate_rectangles_do_not_break():
    camera = Camera()
    camera.fit(BLOCK, SIZE, (100, 100, 0, -5))
    assert np.all(np.isfinite(camera.clip_from_world(SIZE)))
