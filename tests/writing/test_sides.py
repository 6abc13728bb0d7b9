"""Labels that place themselves: the side of their point that they prefer, or another one where there is room."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import pi
from typing import get_args

import numpy as np
import pytest
from imgui_bundle import imgui

from lossland.errors import UserError
from lossland.scenery.scene import Frame, Show
from lossland.world import layers
from lossland.world.camera import Camera
from lossland.world.geometry import HEAD_RADIUS, head_centers
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK, PRINT, contrast
from lossland.writing.labels import place_labels, plate_ink
from lossland.writing.overlay import draw_overlay
from lossland.writing.placement import SIDES, Choice, at_side, choose_sides
from lossland.writing.sides import GAP, Discs, place_beside
from lossland.writing.text import Type

SIZE = (960, 540)
WHOLE = (0.0, 0.0, 960.0, 540.0)


def flat_camera():
    camera = Camera(flat=True)
    camera.fit(np.array([[-3, -3, 0], [3, 3, 0]]), SIZE)
    return camera


def placed(type_, drawn, camera=None, taken=()):
    labels = [layer for layer in drawn if isinstance(layer, layers.Label)]
    discs = Discs(drawn, camera or flat_camera(), SIZE, type_.pixel_ratio)
    return [rect for _, rect in place_labels(type_, labels, discs, WHOLE, taken)]


def overlap(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def inside(rect):
    return rect[0] >= 0 and rect[1] >= 0 and rect[0] + rect[2] <= SIZE[0] and rect[1] + rect[3] <= SIZE[1]


def test_names_in_a_row_that_stay_are_thinned_and_keep_their_line(type_):
    """One that would touch an earlier one is omitted, though there is room elsewhere."""
    places = np.array([(0.0, 1.0 - 0.04 * k, 0.0) for k in range(30)])
    row = layers.Label.each(places, ["name"] * 30, bold=False, stays=True)
    anchors = flat_camera().project(places, SIZE)
    found = np.array(placed(type_, row))
    height = found[0, 3]
    middle = found[:, 1] + height / 2
    here = np.abs(middle[:, None] - anchors[:, 1]).min(axis=1)
    assert here == pytest.approx(0.0, abs=1e-6)
    assert found[:, 0] == pytest.approx(anchors[0, 0] + 8.0)
    step, gaps = np.ptp(anchors[:, 1]) / 29, np.diff(middle)
    assert (gaps > 0.7 * height).all()
    assert (gaps < height + step).all()
    assert placed(type_, [replace(row[0], position=(-9.0, 0.0, 0.0))]) == []  # outside of the picture


@pytest.mark.parametrize(
    ("side", "corner"),
    [
        ("right", (110, 90)), ("left", (50, 90)), ("above", (80, 70)), ("below", (80, 110)),
        ("above right", (110, 70)), ("above left", (50, 70)), ("below right", (110, 110)), ("below left", (50, 110)),
    ],
)  # fmt: skip
def test_a_side_is_ten_pixels_from_the_point(side, corner):
    rect = at_side((100, 100), (40, 20), Choice(SIDES[side], 10.0))
    assert rect == pytest.approx((*corner, 40, 20))


def test_between_two_sides_a_label_keeps_its_distance():
    for angle in np.linspace(-pi, pi, 200):
        x, y, w, h = at_side((0, 0), (40, 20), Choice(float(angle), 10.0))
        away = max(x, -x - w, y, -y - h)  # in the direction in which it is farther
        assert away == pytest.approx(10.0)


@pytest.mark.parametrize("side", SIDES)
def test_a_label_with_room_stands_at_its_side(type_, side):
    camera = flat_camera()
    label = layers.Label((0.4, 0.2, 0.0), "here", side=side)
    (rect,) = placed(type_, [label], camera)
    point = camera.project(np.array([0.4, 0.2, 0.0]), SIZE).tolist()
    assert rect == pytest.approx(at_side(point, rect[2:], Choice(SIDES[side], GAP)))


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.1, 2.0, 2.9, -0.3, -1.4, -2.6])
def test_a_label_stands_where_a_direction_of_the_world_points_in_the_picture(type_, angle):
    along = (0.02 * np.cos(angle), 0.02 * np.sin(angle), 0.0)
    flat, tilted = flat_camera(), Camera(azimuth=-60.0, elevation=40.0)
    tilted.fit(np.array([[-3, -3, 0], [3, 3, 0.5]]), SIZE)
    for camera in (flat, tilted):
        (rect,) = placed(type_, [layers.Label((0.4, 0.2, 0.0), "v", side=along)], camera)
        start, end = camera.project(np.array([(0.4, 0.2, 0.0), np.add((0.4, 0.2, 0.0), along)]), SIZE)
        across, down = np.subtract(np.add(rect[:2], np.divide(rect[2:], 2)), start) / (np.add(rect[2:], 2 * GAP) / 2)
        expected = np.clip(np.sqrt(2) * (end - start) / np.hypot(*(end - start)), -1.0, 1.0)
        assert (across, down) == pytest.approx(tuple(expected), abs=0.02)


def test_a_direction_gives_way_like_a_side(type_):
    camera = flat_camera()
    x, y = camera.project(np.array([0.4, 0.2, 0.0]), SIZE).tolist()
    wall = (x + 5.0, y - 60.0, 80.0, 60.0)  # above and at the right
    (rect,) = placed(type_, [layers.Label((0.4, 0.2, 0.0), "name", side=(1.0, 0.2, 0.0))], camera, taken=[wall])
    assert not overlap(rect, wall)


def test_a_centred_label_stands_on_its_point_whatever_is_there(type_):
    point = layers.Points(np.array([[0.4, 0.2, 0.0]]), style="disc", size=9.0)
    camera = flat_camera()
    (rect,) = placed(type_, [point, layers.Label((0.4, 0.2, 0.0), "7", side="centre")], camera)
    middle = rect[0] + rect[2] / 2, rect[1] + rect[3] / 2
    assert middle == pytest.approx(camera.project(np.array([0.4, 0.2, 0.0]), SIZE))


def test_a_label_at_an_edge_takes_a_side_at_which_it_is_not_cut(type_):
    camera = flat_camera()
    for x, y in ((5, 270), (955, 270), (480, 3), (480, 537), (2, 2), (958, 538)):
        position = at_pixel(camera, (x, y))
        for side in SIDES:
            (rect,) = placed(type_, [layers.Label(position, "a rather long name", side=side)], camera)
            assert inside(rect)
            assert not (rect[0] < x < rect[0] + rect[2] and rect[1] < y < rect[1] + rect[3])  # its own point


def at_pixel(camera, pixel):
    """Return the point of the plane at a pixel."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float)
    zero, right, up = camera.project(corners, SIZE)
    return (*np.linalg.solve(np.column_stack([right - zero, up - zero]), np.array(pixel) - zero), 0.0)


def test_labels_keep_off_points_heads_nodes_each_other_and_what_is_taken(type_):
    random = np.random.default_rng(4)
    camera = flat_camera()
    for _ in range(40):
        places = np.column_stack([random.uniform(-2, 2, (12, 2)), np.zeros(12)])
        points = layers.Points(places[:4], style="sphere", size=8.0)
        graph = layers.Graph(places[4:6], np.array([[0, 1]]), radius=12.0)
        trail = layers.Trail(places[6:8], np.array([0.0, 1.0]), "text", 1.0)
        sides = random.choice(list(SIDES), 8)
        labels = [layers.Label(p, f"name {k}", side=s) for k, (p, s) in enumerate(zip(places[4:], sides, strict=True))]
        taken = [(400.0, 200.0, 80.0, 40.0)]
        rects = placed(type_, [points, graph, trail, *labels], camera, taken)
        assert len(rects) == 8
        head = head_centers([trail], camera.clip_from_world(SIZE), SIZE[1])
        discs = [*zip(camera.project(places[:4], SIZE), [8.0] * 4, strict=True)]
        discs += [*zip(camera.project(places[4:6], SIZE), [12.0] * 2, strict=True)]
        discs += [(camera.project(head, SIZE)[0], HEAD_RADIUS)]
        squares = [(x - r, y - r, 2 * r, 2 * r) for (x, y), r in discs]
        for k, rect in enumerate(rects):
            assert inside(rect)
            for other in (*rects[:k], *squares, *taken):
                assert not overlap(rect, other)


def test_a_label_of_a_disc_stands_beside_it_not_on_it(type_):
    camera = flat_camera()
    place = np.array([[0.4, 0.2, 0.0]])
    drawn = [layers.Points(place, style="disc", size=12.0), layers.Label(place[0], "a", side="right")]
    (rect,) = placed(type_, drawn, camera)
    assert rect[0] == pytest.approx(camera.project(place[0], SIZE)[0] + 12.0 + GAP)


def test_a_label_does_not_make_way_for_a_disc_that_passes(type_):
    label = layers.Label((0.4, 0.2, 0.0), "name", side="right")
    alone = placed(type_, [label])
    for x in np.linspace(0.2, 1.0, 9):
        disc = layers.Points(np.array([[x, 0.2, 0.0]]), style="disc", size=9.0, passing=True)
        assert placed(type_, [disc, label]) == alone


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize(("away", "kept_off"), [(0.0, 1.0), (0.6, 1.0), (1.5, 0.5), (2.0, 0.0), (3.0, 0.0)])
def test_a_disc_comes_up_to_its_radius_while_it_comes_near(scale, away, kept_off):
    """``away`` and ``kept_off`` are in radii: the label is a gap from its point, farther while a disc is near."""
    camera, radius = flat_camera(), 12.0
    here, unit = (camera.project(np.array([x, 0.0, 0.0]), SIZE) for x in (0.5, 1.5))
    center = 0.5 - away * radius * scale / (unit[0] - here[0])  # of the disc, to the left of the label's point
    drawn = [layers.Points(np.array([[center, 0.0, 0.0]]), style="disc", size=radius)]
    label = layers.Label((0.5, 0.0, 0.0), "a", side="right")
    poses = ((camera.pose, camera.pose), 0.0)
    (rect,) = place_beside([label], [(30.0, 16.0)], Discs(drawn, camera, SIZE, scale), WHOLE, [], poses)
    assert rect == pytest.approx((here[0] + scale * (GAP + kept_off * radius), here[1] - 8.0, 30.0, 16.0))


def test_discs_have_their_squares_where_the_camera_stands_whatever_it_was_asked_before():
    camera = flat_camera()
    discs = Discs([layers.Points(np.array([[0.5, -1.0, 0.0]]), style="disc", size=12.0)], camera, SIZE, 1.5)
    x, y = camera.project(np.array([0.5, -1.0, 0.0]), SIZE)
    pixels, radii = discs.seen([camera.pose, replace(camera.pose, distance=2 * camera.pose.distance)])
    middle = np.array(SIZE) / 2  # from twice as far away all is half as far from it
    assert pixels[:, 0] == pytest.approx(np.array([(x, y), np.add(middle, (x, y)) / 2]))
    assert radii.tolist() == [18.0]
    assert discs.squares() == [pytest.approx((x - 18.0, y - 18.0, 36.0, 36.0))]


def test_a_path_without_a_head_or_without_points_has_no_disc():
    two, none = np.array([(0.0, 0, 0), (1.0, 0, 0)]), np.zeros((0, 3))
    headed = layers.Trail(two, np.arange(2.0), "text", 1.0)
    for trail in (replace(headed, head=False), replace(headed, points=none, progress=np.zeros(0))):
        assert Discs([trail], flat_camera(), SIZE, 1.0).squares() == []
    discs = Discs([headed, layers.Points(two, style="disc", size=5.0)], flat_camera(), SIZE, 1.0)
    assert [len(discs.squares(heads=only)) for only in (False, True)] == [3, 1]


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.8, 1.0])
def test_between_two_key_azimuths_a_label_turns_from_one_side_to_the_other(share):
    """Its direction is that of the x axis, as it is seen from both."""
    camera = Camera(azimuth=-60.0, elevation=50.0)
    camera.fit(np.array([[-2, -2, 0], [2, 2, 0.5]]), SIZE)
    keys = replace(camera.pose, azimuth=-80.0), replace(camera.pose, azimuth=-40.0)
    camera.pose = replace(camera.pose, azimuth=-80.0 + 40.0 * share)
    label, size = layers.Label((0.0, 0.0, 0.0), "x", side=(1.0, 0.0, 0.0)), (40.0, 20.0)
    discs = Discs([label], camera, SIZE, 1.0)
    (rect,) = place_beside([label], [size], discs, WHOLE, [], (keys, share))
    seen = camera.project_from(keys, np.array([(0.0, 0, 0), (1e-4, 0, 0)]), SIZE)
    first, last = (np.arctan2(*(end - start)[::-1]) for start, end in seen)
    assert abs(last - first) > 0.5
    angle = float(first + (3 * share**2 - 2 * share**3) * (last - first))
    assert rect == pytest.approx(at_side(camera.project(np.zeros(3), SIZE).tolist(), size, Choice(angle, GAP)), abs=0.3)


def test_labels_are_calm_while_the_camera_turns(type_):
    camera = Camera(azimuth=-60.0, elevation=40.0)
    camera.fit(np.array([[-2, -2, 0], [2, 2, 0.5]]), SIZE)
    random = np.random.default_rng(0)
    places = np.column_stack([random.uniform(-0.8, 0.8, (6, 2)), random.uniform(0, 0.4, 6)])
    points = layers.Points(places, style="sphere", size=6.0)
    labels = [layers.Label(place, "name", side="right") for place in places[:3]]
    last, moves = None, []
    for azimuth in np.arange(-60.0, 120.0, 0.25):
        camera.place(azimuth=azimuth)
        rects = np.array(placed(type_, [points, *labels], camera))[:, :2] - camera.project(places[:3], SIZE)
        if last is not None:
            moves.append(np.abs(rects - last).max())
        last = rects
    assert np.quantile(moves, 0.99) < 4.0  # pixels in a quarter of a degree
    assert np.mean(np.array(moves) > 8.0) < 0.003  # two things that pass each other


def test_the_same_picture_gives_the_same_places_whatever_was_drawn_before(type_):
    camera = flat_camera()
    drawn = [layers.Label((0.1 * k, 0.0, 0.0), f"name {k}", side="above") for k in range(8)]
    first = placed(type_, drawn, camera)
    camera.place(distance=3.0)
    placed(type_, drawn, camera)
    assert placed(type_, drawn, flat_camera()) == first


def test_with_no_conflict_every_label_gets_its_side_and_the_nearest_one_otherwise():
    free = (0.0, 0.0, 1000.0, 1000.0)
    points, sizes, gaps = np.array([[(500, 500), (200, 200)]]), np.array([(60, 20), (60, 20)]), np.full((1, 2), 10.0)
    wanted = np.array([[SIDES["left"], SIDES["below"]]])
    assert choose_sides(points, sizes, gaps, wanted, free, np.zeros((1, 0, 4)), 1.0).tolist() == wanted.tolist()
    beside = np.array([[(540.0, 480.0, 30.0, 40.0)]])  # at the right, reaching into both corners
    right = np.array([[SIDES["right"]]])
    assert choose_sides(points[:, :1], sizes[:1], gaps[:, :1], right, free, beside, 1.0) == [[SIDES["above"]]]


@pytest.mark.parametrize("theme", [DARK, PRINT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("plate", ["accent", "up", "down", "area", "panel", "i", "j", "#808080", "eigen1"])
def test_text_on_a_plate_can_be_read(theme, plate):
    assert contrast(plate_ink(theme, plate), theme.color(plate)) > 3.5


def test_a_plate_is_larger_than_its_text(type_):
    bare, plated = (
        placed(type_, [layers.Label((0, 0, 0), "chip", side="above", plate=plate)])[0] for plate in ("", "accent")
    )
    assert plated[2] > bare[2] + 8
    assert plated[3] > bare[3] + 4


def test_a_side_that_there_is_not_is_refused():
    with pytest.raises(UserError, match="no side 'up right'"):
        layers.Label((0, 0, 0), "name", side="up right")  # pyright: ignore[reportArgumentType]
    assert set(get_args(layers.Side)) == {"centre", *SIDES}


# ------------------------------------------------------------------------------------------- what gives way to what
def written(host, drawn, camera=None, notes=(), panels=False):
    """Return what is written over a frame."""
    host.use()
    made, camera = Type(DARK), camera or flat_camera()
    host.begin(SIZE)
    with made.recorded() as found:
        draw_overlay(
            imgui.get_background_draw_list(), made, Frame(drawn, notes), camera, SIZE, WHOLE, Show(), panels=panels
        )
    imgui.end_frame()
    made.close()
    return found


def test_numbers_of_the_plane_give_way_to_labels_and_points(host):
    camera = flat_camera()
    (one,) = [line for line in written(host, [layers.Axes()], camera) if line.text == "1" and line.rect[1] > 270]
    middle = (one.rect[0] + one.rect[2] / 2, one.rect[1] + one.rect[3] / 2)
    label = layers.Label(at_pixel(camera, middle), "here", side="centre")
    point = layers.Points(np.array([at_pixel(camera, middle)]), style="disc", size=5.0)
    for thing in (label, point):
        rects = [line.rect for line in written(host, [layers.Axes(), thing], camera) if line.text == "1"]
        assert one.rect not in rects


def test_what_is_written_is_told_with_its_place_size_and_purpose(host):
    camera = flat_camera()
    label = layers.Label((1.0, 0.5, 0.0), "here", "#FFFFFF", side="right", size=20.0)
    (found,) = written(host, [label], camera)
    assert (found.text, found.kind, found.size, found.color, found.alpha) == (
        "here",
        "label",
        20.0,
        (1.0, 1.0, 1.0),
        1.0,
    )
    assert found.rect[0] == pytest.approx(camera.project(np.array([1.0, 0.5, 0.0]), SIZE)[0] + GAP, abs=1.0)
    assert {line.kind for line in written(host, [layers.Axes()])} == {"numeral"}


def test_nothing_is_told_where_nobody_asks(type_):
    type_.text(imgui.get_background_draw_list(), 10, 10, "before")
    with type_.recorded() as found:
        pass
    type_.text(imgui.get_background_draw_list(), 10, 10, "after")
    assert found == []


def test_numbers_of_a_colour_bar_that_have_no_room_are_left_out(host):
    run = np.linspace(-1.0, 1.0, 33)
    huge = Terrain(run, run, 1.2345e137 * (1 + run[None] ** 2 + run[:, None] ** 2))
    found = [line for line in written(host, [], notes=[layers.ColorBar(huge)], panels=True) if line.text != "loss"]
    assert len(found) >= 2
    ends = sorted((line.rect[0], line.rect[0] + line.rect[2]) for line in found)
    assert all(right < left for (_, right), (left, _) in pairwise(ends))


def test_names_of_rows_without_room_are_left_out_and_never_beside_another_row(type_):
    places = np.array([(0.0, y, 0.0) for y in np.linspace(1.2, -1.2, 24)])
    labels = [layers.Label(place, f"row {k}", side="left") for k, place in enumerate(places)]
    camera = flat_camera()
    pixels = camera.project(places, SIZE)
    pitch = pixels[1, 1] - pixels[0, 1]
    found = place_labels(type_, labels, Discs(labels, camera, SIZE, type_.pixel_ratio), WHOLE, [])
    rects = {label.text: rect for label, rect in found}
    height = next(iter(rects.values()))[3]
    assert pitch < height  # there is no room for all
    beside = {text: y + h / 2 for text, (x, y, w, h) in rects.items() if x + w <= pixels[0, 0]}
    assert len(beside) >= 8
    for text, middle in beside.items():
        nearest = np.abs(pixels[:, 1] - middle)
        assert nearest[int(text.split()[1])] <= nearest.min() + 1.0
