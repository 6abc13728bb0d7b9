"""The limits of picking, where a pixel or a hundredth of the world decides: against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from lossland.pointing.description import number_between, thinned
from lossland.pointing.distances import Sight, pixels_to_segments, to_segments, to_triangles
from lossland.pointing.picker import SLACK
from lossland.pointing.pickers.trails import HEAD, HEAD_REACH, LINE_REACH
from lossland.pointing.picking import BEHIND, CLICK_REACH, Hit, describe, pick, pick_any, position_of, trail_near
from lossland.pointing.probe import probe
from lossland.scenery.scene import Frame, Show, View
from lossland.world import shapes
from lossland.world.camera import Camera
from lossland.world.layers import (
    Arrows,
    Bars,
    Curve,
    Graph,
    Image,
    Lines,
    Plates,
    Points,
    Polygon,
    Sheet,
    Solid,
    Sprites,
    Surface,
    Trail,
    WarpedGrid,
)
from lossland.world.terrain import Terrain
from lossland.writing.hovering import probe_text

SIZE = (400, 200)
UNIT = 100.0  # pixels of a world unit in the flat view below
RIGHT, UP = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])


def flat(size=SIZE):
    """Return a camera that sees [-2, 2] x [-1, 1] of the plane: 100 pixels to a unit, or more in a larger picture."""
    camera = Camera(flat=True)
    camera.fit(np.array([[-2.0, -1, 0], [2, 1, 0]]), size, margin=0.0)
    return camera


def pixel(x, y, scale=1.0):
    """Return the pixel of a point of the plane in the flat view."""
    return scale * (200.0 + UNIT * x), scale * (100.0 - UNIT * y)


def test_the_flat_view_of_these_tests_is_what_it_says():
    for scale in (1, 2):
        camera = flat((scale * SIZE[0], scale * SIZE[1]))
        there = camera.project(np.array([0.3, -0.7, 0.0]), (scale * SIZE[0], scale * SIZE[1]))
        assert there == pytest.approx(pixel(0.3, -0.7, scale), abs=1e-6)


# ---------------------------------------------------------------------------------------------------- distances
@pytest.mark.parametrize(
    ("at", "distance", "share"),
    [
        ((3.0, 4.0), 5.0, 0.0),  # beyond the start: to the start (0, 0)
        ((-1.0, 0.0), 1.0, 0.0),
        ((5.0, -12.0), 12.0, 0.5),  # beside the middle of the segment to (10, 0)
        ((2.5, 7.0), 7.0, 0.25),
        ((13.0, 4.0), 5.0, 1.0),  # beyond the end
    ],
)
def test_the_distance_to_a_segment(at, distance, share):
    end = np.array([10.0, 0.0]) if at != (3.0, 4.0) else np.array([-10.0, 0.0])
    found, along = pixels_to_segments(np.array(at), np.zeros(2), end)
    assert (float(found), float(along)) == pytest.approx((distance, share))


def test_the_distance_to_a_segment_of_no_length_is_that_to_its_point():
    found, along = pixels_to_segments(np.array([3.0, 4.0]), np.zeros((1, 2)), np.zeros((1, 2)))
    assert (found.tolist(), along.tolist()) == ([5.0], [0.0])


def test_the_nearest_point_of_a_segment_lies_in_the_world():
    sight = Sight.through(pixel(0.5, 0.3), flat(), SIZE)
    found = to_segments(np.array([[0.0, 0, 0]]), np.array([[2.0, 0, 0]]), sight)
    assert found.pixels == pytest.approx([30.0])
    assert found.position == pytest.approx(np.array([[0.5, 0, 0]]), abs=1e-9)


@pytest.mark.parametrize(("u", "v", "inside"), [
    (0.25, 0.25, True), (0.01, 0.01, True), (0.49, 0.5, True),
    (-0.01, 0.5, False), (0.5, -0.01, False), (0.51, 0.5, False), (1.2, 0.1, False),
])  # fmt: skip
@pytest.mark.parametrize("turned", [False, True])
def test_a_triangle_is_met_inside_its_three_sides(u, v, inside, turned):
    """Whichever way round its corners go; u and v are its own coordinates."""
    corners = np.array([(-1.0, -0.5, 0.2), (1.0, -0.5, 0.2), (-1.0, 0.5, 0.2)])
    at = corners[0] + u * (corners[1] - corners[0]) + v * (corners[2] - corners[0])
    order = np.array([[0, 2, 1]]) if turned else np.array([[0, 1, 2]])
    camera = Camera(-50.0, 40.0)
    camera.fit(corners, SIZE)
    found = to_triangles(corners, order, Sight.through(camera.project(at, SIZE), camera, SIZE))
    assert found.pixels[0] == (0.0 if inside else math.inf)
    if inside:
        assert found.position[0] == pytest.approx(at, abs=1e-6)


# ------------------------------------------------------------------------------------------- reach, in pixels
def dot(style):
    return Points(np.zeros((1, 3)), style=style, size=10.0)


PATH = np.array([[-1.5, 0, 0], [1.5, 0, 0.0]])
REACHES = [  # a layer along y = 0, and how many logical pixels above it is still meant
    ("dot", dot("dot"), SLACK + 5.0),  # its size is its diameter
    ("sphere", dot("sphere"), SLACK + 10.0),  # its size is its radius
    ("sprite", Sprites(np.zeros((1, 3)), np.zeros((1, 2, 2)), size=30.0), 15.0),
    ("node", Graph(np.zeros((1, 3)), np.zeros((0, 2), int), radius=13.0), 13.0),
    ("edge", Graph(PATH, np.array([[0, 1]]), radius=13.0), SLACK),
    ("arrow", Arrows(PATH[:1], PATH[1:], "up", width=6.0), SLACK + 3.0),
    ("line", Lines([PATH], "up", width=3.0), SLACK + 1.5),
    ("curve", Curve(PATH, width=2.0), SLACK + 1.0),
    ("head", Trail(np.array([[-1.5, 0, 0], [0, 0, 0.0]]), np.arange(2.0), "up", 1.0), HEAD_REACH),
    ("trail", Trail(PATH, np.arange(2.0), "up", 1.0), LINE_REACH),
    ("headless trail", Trail(PATH, np.arange(2.0), "up", 1.0, head=False), LINE_REACH),
]


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize(("name", "layer", "reach"), REACHES, ids=[name for name, *_ in REACHES])
def test_how_far_beside_a_thing_it_is_meant(name, layer, reach, scale):
    size = scale * SIZE[0], scale * SIZE[1]
    camera, frame = flat(size), Frame([layer])
    within, beyond = (pick_any(frame, camera, pixel(0.0, away / UNIT, scale), size, scale) for away in
                      (reach - 0.1, reach + 0.1))  # fmt: skip
    assert within is not None
    assert within.picked.pixels == pytest.approx(scale * (reach - 0.1), abs=1e-5)
    assert beyond is None


@pytest.mark.parametrize("layer", [
    Bars(np.array([[-0.5, -0.5, 0]]), np.array([[0.5, 0.5, 0.1]])),
    Polygon(np.array([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0)]), "up"),
    Solid(shapes.plane((0, 0, 0), (0, 0, 1), 0.5)),
    Sheet(np.stack(np.broadcast_arrays([[-0.5, 0.5]], [[-0.5], [0.5]], 0.0), -1)),
    Image(np.zeros((2, 2)), np.array([-0.5, -0.5, 0]), RIGHT, UP),
], ids=lambda layer: type(layer).__name__)  # fmt: skip
def test_what_covers_is_meant_up_to_its_rim_and_not_beside_it(layer):
    camera, frame = flat(), Frame([layer])
    for x, y in ((0.499, 0.0), (-0.499, 0.0), (0.0, 0.499), (0.0, -0.499)):
        assert pick_any(frame, camera, pixel(x, y), SIZE) is not None
        assert pick_any(frame, camera, pixel(1.01 * x, 1.01 * y), SIZE) is None


# ------------------------------------------------------------------------------------------------ what is hidden
@pytest.mark.parametrize("cover", ["bars", "sheet", "solid", "image", "ground", "lifted"])
@pytest.mark.parametrize(("below", "seen"), [(BEHIND - 1e-3, True), (BEHIND + 1e-3, False)])
def test_a_thing_is_hidden_from_behind_on(cover, below, seen):
    """Looking straight down on something opaque at z = 0.5, a little further below than ``BEHIND`` it is hidden."""
    axis = np.linspace(-1, 1, 33)
    square = np.stack(np.broadcast_arrays([[-1.0, 1.0]], [[-1.0], [1.0]], 0.5), -1)
    level = Terrain(axis, axis, np.zeros((33, 33)))
    layer = {
        "bars": Bars(np.array([[-1.0, -1, 0]]), np.array([[1.0, 1, 0.5]])),
        "sheet": Sheet(square),
        "solid": Solid(shapes.plane((0, 0, 0.5), (0, 0, 1), 1.0), alpha=1.0),
        "image": Image(np.zeros((2, 2)), square[0, 0], 2 * RIGHT, 2 * UP),
        "ground": Surface(level),
        "lifted": Surface(level, sheet=True, lift=0.25),
    }[cover]
    top = {"ground": level.top, "lifted": level.top + 0.25}.get(cover, 0.5)
    point = Points(np.array([[0.3, 0.2, top - below]]), style="sphere")
    found = pick(point, Frame([layer, point]), flat(), pixel(0.3, 0.2), SIZE, 5.0)
    assert (found is not None) == seen


@pytest.mark.parametrize(
    "glass",
    [
        Solid(shapes.plane((0, 0, 0.5), (0, 0, 1), 1.0), alpha=0.99),
        Sheet(np.stack(np.broadcast_arrays([[-1.0, 1.0]], [[-1.0], [1.0]], 0.5), -1), fill=0.99),
        Image(np.zeros((2, 2)), np.array([-1.0, -1, 0.5]), 2 * RIGHT, 2 * UP, alpha=0.99),
        Polygon(np.array([(-1.0, -1, 0.5), (1, -1, 0.5), (1, 1, 0.5), (-1, 1, 0.5)]), "up"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_glass_hides_nothing(glass):
    point = Points(np.array([[0.3, 0.2, 0.0]]), style="sphere")
    assert pick(point, Frame([glass, point]), flat(), pixel(0.3, 0.2), SIZE, 5.0) is not None


def test_what_is_always_in_front_is_never_hidden():
    bars = Bars(np.array([[-1.0, -1, 0]]), np.array([[1.0, 1, 0.5]]))
    for depth, seen in ((True, False), (False, True)):
        line = Lines([PATH], "up", depth=depth)
        assert (pick(line, Frame([bars, line]), flat(), pixel(0, 0), SIZE, 5.0) is not None) == seen


def test_beside_a_body_nothing_is_hidden():
    """Also within the pixel next to it."""
    bars = Bars(np.array([[-1.0, -1, 0]]), np.array([[0.0, 1, 0.5]]))
    for x, seen in ((-0.004, False), (0.004, True)):
        point = Points(np.array([[x, 0, 0.0]]), style="sphere")
        assert (pick(point, Frame([bars, point]), flat(), pixel(x, 0.0), SIZE, 5.0) is not None) == seen


def test_what_is_not_finite_is_not_found():
    points = Points(np.array([[np.nan, 0, 0], [0.0, 0, 0]]), style="sphere")
    with np.errstate(invalid="ignore"):
        found = pick(points, Frame([]), flat(), pixel(0, 0), SIZE, 1e9)
    assert found is not None
    assert found.element == 1


# ------------------------------------------------------------------------------------ which of several is meant
def test_of_two_elements_equally_near_the_one_nearer_to_the_eye_is_meant():
    for heights, element in (((0.0, 0.4), 1), ((0.4, 0.0), 0)):
        points = Points(np.array([[0.2, 0, heights[0]], [0.2, 0, heights[1]]]), style="sphere")
        found = pick(points, Frame([]), flat(), pixel(0.25, 0.0), SIZE, 20.0)
        assert found is not None
        assert found.element == element


def test_of_two_layers_equally_near_the_one_drawn_later_is_meant():
    camera, there = flat(), np.array([[0.2, 0, 0.0]])
    pair = [Points(there, style="sphere", key="under"), Points(there, style="sphere", key="over")]
    for order in (pair, pair[::-1]):
        hit = pick_any(Frame(order), camera, pixel(0.21, 0.0), SIZE)
        assert hit is not None
        assert hit.key == order[1].key
    corners = np.array([(-1.0, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)])
    areas = [Polygon(corners, "up", key="under"), Polygon(corners, "up", key="over")]
    for order in (areas, areas[::-1]):
        hit = pick_any(Frame(order), camera, pixel(0.21, 0.0), SIZE)
        assert hit is not None
        assert hit.key == order[1].key


def test_of_two_covering_layers_the_higher_one_is_meant_whatever_their_order():
    low, high = (Image(np.zeros((2, 2)), np.array([-1.0, -1, z]), 2 * RIGHT, 2 * UP, alpha=0.5, key=key)
                 for z, key in ((0.0, "low"), (0.4, "high")))  # fmt: skip
    for order in ([low, high], [high, low]):
        hit = pick_any(Frame(order), flat(), pixel(0.3, 0.3), SIZE)
        assert hit is not None
        assert hit.key == "high"


@pytest.mark.parametrize(("x", "element"), [(1.0 - 0.13, 0), (1.0 - 0.11, HEAD), (1.0 + 0.11, HEAD)])
def test_near_its_head_a_trail_s_head_is_meant(x, element):
    """Also where the pointer is right on the line."""
    trail = Trail(np.array([[0.0, 0, 0], [1, 0, 0.0]]), np.arange(2.0), "up", 1.0)
    hit = pick_any(Frame([trail]), flat(), pixel(x, 0.0), SIZE)
    assert hit is not None
    assert hit.picked.element == element


@pytest.mark.parametrize("scale", [1, 2])
def test_a_click_selects_the_nearest_trail_within_its_reach_and_the_later_of_two(scale):
    size = scale * SIZE[0], scale * SIZE[1]
    camera, steps = flat(size), np.arange(2.0)
    low, high, same = (Trail(PATH + y * UP, steps, "up", 1.0, key=key, head=False)
                       for key, y in (("low", 0.0), ("high", 0.3), ("same", 0.3)))  # fmt: skip

    def near(layers, y, show=None):
        hit = trail_near(Frame(layers), camera, pixel(0.0, y, scale), size, scale, show)
        return hit and hit.key

    reach = CLICK_REACH / UNIT
    for order in ([low, high], [high, low]):
        for y, key in (
            (-reach - 1e-3, None), (-reach + 1e-3, "low"), (reach - 1e-3, "low"), (reach + 1e-3, None),
            (0.299 - reach, None), (0.301 - reach, "high"), (0.299 + reach, "high"), (0.301 + reach, None),
        ):  # fmt: skip
            assert near(order, y) == key
    close = replace(low, points=PATH + 0.2 * UP)  # both are within reach
    for order in ([close, high], [high, close]):
        assert [near(order, y) for y in (0.24, 0.26)] == ["low", "high"]
    assert [near(order, 0.3) for order in ([high, same], [same, high])] == ["same", "high"]
    assert near([replace(low, pickable=False)], 0.0) is None
    assert near([replace(low, ghost=True)], 0.0) is None
    hidden = [replace(low, group="arrows")]
    assert [near(hidden, 0.0, Show(arrows=on)) for on in (True, False)] == ["low", None]


@pytest.mark.parametrize(("x", "element"), [(0.0, 0), (0.12, 0), (0.14, 2), (0.5, 2), (0.86, 2), (0.88, 1)])
def test_near_a_node_no_edge_is_meant(x, element):
    graph = Graph(np.array([[0.0, 0, 0], [1, 0, 0.0]]), np.array([[0, 1]]), radius=13.0)
    hit = pick_any(Frame([graph]), flat(), pixel(x, 0.0), SIZE)
    assert hit is not None
    assert hit.picked.element == element


# --------------------------------------------------------------------------------------------- elements' numbers
@pytest.mark.parametrize(("upto", "x", "element"), [(2.5, 0.6, 1), (2.5, 1.2, 2), (2.5, 1.3, None), (1.0, 0.6, None)])
def test_only_the_shown_part_of_a_trail_is_found(upto, x, element):
    """At iteration k the trail is at x = k / 2, and piece k begins there."""
    path = np.column_stack([0.5 * np.arange(4.0), np.zeros(4), np.zeros(4)])
    trail = Trail(path, np.arange(4.0), "up", upto, head=False)
    found = pick(trail, Frame([]), flat(), pixel(x, 0.0), SIZE, 1.0)
    assert (found and found.element) == element


@pytest.mark.parametrize(
    ("upto", "x", "element"), [(None, 1.2, 2), (1.0, 0.4, 0), (1.0, 0.6, None), (1.5, 0.7, 1), (1.5, 0.8, None)]
)
def test_only_the_shown_part_of_a_curve_is_found(upto, x, element):
    path = np.column_stack([0.5 * np.arange(4.0), np.zeros(4), np.zeros(4)])
    for at in (np.arange(4.0), None):  # without parameters they are 0, 1, 2 ...
        found = pick(Curve(path, at=at, upto=upto), Frame([]), flat(), pixel(x, 0.0), SIZE, 1.0)
        assert (found and found.element) == element


def test_samples_of_an_image_are_numbered_from_the_upper_left_up_to_its_rims():
    image = Image(np.arange(6.0).reshape(2, 3), np.zeros(3), 1.5 * RIGHT, UP)
    for y, row in ((0.999, 0), (0.51, 0), (0.49, 1), (0.0, 1)):  # y = 0 belongs to the last row
        for x, column in ((0.0, 0), (0.49, 0), (0.51, 1), (1.49, 2)):
            hit = pick_any(Frame([image]), flat(), pixel(x + 1e-9, y + 1e-9), SIZE)
            assert hit is not None
            assert hit.picked.element == 3 * row + column
            said = describe(hit, Frame([image]))
            assert said is not None
            assert said.lines == (f"row {row + 1}, column {column + 1}", f"value {3 * row + column}")


def test_an_image_seen_from_its_side_is_not_found():
    camera = Camera(-90.0, 0.0)
    camera.fit(np.array([[-1.0, -1, 0], [1, 1, 0]]), SIZE)
    image = Image(np.zeros((2, 2)), camera.eye - RIGHT, 2 * RIGHT, 2 * camera.back)  # the eye lies in its plane
    assert pick(image, Frame([]), camera, (200, 100), SIZE, 5.0) is None


@pytest.mark.parametrize(("layer", "element", "there"), [
    (Points(np.zeros((2, 3))), 1, True), (Points(np.zeros((2, 3))), 2, False), (Points(np.zeros((2, 3))), -1, False),
    (Sprites(np.zeros((2, 3)), np.zeros((2, 2, 2))), 1, True),
    (Sprites(np.zeros((2, 3)), np.zeros((2, 2, 2))), 2, False),
    (Sprites(np.zeros((2, 3)), np.zeros((2, 2, 2))), -1, False),
    (Graph(np.zeros((2, 3)), np.array([[0, 1]])), 1, True), (Graph(np.zeros((2, 3)), np.array([[0, 1]])), 2, False),
    (Graph(np.zeros((2, 3)), np.array([[0, 1]])), -1, False),
    (Arrows(np.zeros((2, 3)), np.ones((2, 3)), "up"), 0, False),
])  # fmt: skip
def test_which_elements_can_be_followed(layer, element, there):
    assert (position_of(layer, element) is not None) == there


def test_sprites_are_where_they_are_on_their_way():
    sprites = Sprites(np.zeros((1, 3)), np.zeros((1, 2, 2)), target=np.array([[0, 0.8, 0.0]]), share=0.25)
    assert position_of(sprites, 0) == pytest.approx((0, 0.2, 0))


def test_another_type_of_layer_under_the_same_key_is_not_described():
    hit = Hit("it", pick(dot("sphere"), Frame([]), flat(), pixel(0, 0), SIZE, 5.0))  # type: ignore[arg-type]
    assert describe(hit, Frame([WarpedGrid(np.eye(2), key="it")])) is None


# ------------------------------------------------------------------------------------------- what it is called
def test_titles_and_colours_of_points():
    two = np.array([[0.0, 0, 0], [1, 0, 0.0]])
    for layer, title, color in (
        (Points(two, np.array([-1, 4]), style="sphere"), "Point 2", "particle.4"),
        (Points(two, np.array([4, -1]), style="sphere"), "Point 2", "dim"),
        (Points(two, "up", style="sphere", name="Neuron"), "Neuron 2", "up"),
        (Points(two[1:], "up", style="sphere", name="Mean"), "Mean", "up"),
        (Points(two, style="sphere", number=np.array([3, 1233])), "Point 1\u2009234", "text"),
        (Sprites(two, np.ones((2, 2, 2)), name="Digit", worth=[3.0, 8.0]), "Digit 2", "text"),
        (Sprites(two, np.ones((2, 2, 2)), name="Digit", worth=["a 3", "an 8"]), "Digit", "text"),
    ):
        frame = Frame([layer], view=View(flat=True))
        hit = pick_any(frame, flat(), pixel(1.0, 0.0), SIZE)
        assert hit is not None
        said = describe(hit, frame)
        assert said is not None
        assert (said.title, said.color) == (title, color)


def test_paths_of_lines_are_worth_what_they_are_worth():
    paths = [np.array([[0.0, y, 0], [0.5, y, 0], [1, y, 0.0]]) for y in (0.0, 0.5)]
    frame = Frame([Lines(paths, "up", worth=[7.0, 9.0])], view=View(flat=True))
    for x, y, element, worth in ((0.7, 0.0, 1, "7"), (0.2, 0.5, 2, "9"), (0.7, 0.5, 3, "9")):
        hit = pick_any(frame, flat(), pixel(x, y), SIZE)
        assert hit is not None
        assert hit.picked.element == element
        said = describe(hit, frame)
        assert said is not None
        assert said.lines == (worth,)
        assert said.outlines[0] == pytest.approx(paths[element // 2])


def said_at(layer, x, y):
    """Return what is said of the only layer of a flat frame at a point of the plane."""
    frame = Frame([layer], view=View(flat=True))
    hit = pick_any(frame, flat(), pixel(x, y), SIZE)
    assert hit is not None
    said = describe(hit, frame)
    assert said is not None
    return said


def test_a_bar_is_highlighted_by_its_twelve_edges():
    edges = said_at(Bars(np.array([[0.3, -0.2, 0.0]]), np.array([[0.0, 0.5, 0.4]])), 0.1, 0.1).outlines
    lengths = sorted(float(np.linalg.norm(end - start)) for start, end in edges)
    assert lengths == pytest.approx([0.3] * 4 + [0.4] * 4 + [0.7] * 4)
    assert {tuple(corner) for edge in edges for corner in edge.round(9).tolist()} == {
        (x, y, z) for x in (0.0, 0.3) for y in (-0.2, 0.5) for z in (0.0, 0.4)
    }


@pytest.mark.parametrize("rounding", [0.0, 0.2, 0.5])
def test_a_plate_is_highlighted_along_its_rounded_corners(rounding):
    """Half as high as wide: its corners are arcs of circles around the corners of a smaller rectangle."""
    plates = Plates(np.array([[-0.5, -0.25, 0]]), RIGHT[None], 0.5 * UP[None], rounding=rounding, text=("a",))
    (outline,) = said_at(plates, 0.0, 0.0).outlines
    assert outline[0] == pytest.approx(outline[-1])  # all the way around
    assert np.abs(outline).max(axis=0) == pytest.approx((0.5, 0.25, 0.0))
    radius = 0.5 * rounding
    beyond = np.maximum(np.abs(outline[:, :2]) - (0.5 - radius, 0.25 - radius), 0.0)  # of the smaller rectangle
    assert np.hypot(*beyond.T) == pytest.approx(np.full(len(outline), radius), abs=1e-12)
    turn = np.unwrap(np.arctan2(outline[:, 1], outline[:, 0]))
    assert (np.diff(turn) >= -1e-12).all()  # counter-clockwise
    assert turn[-1] - turn[0] == pytest.approx(2 * np.pi)


def test_flat_bars_have_their_length_as_height():
    assert said_at(Bars(np.array([[0.0, 0.5, 0]]), np.array([[0.3, -0.2, 0.0]])), 0.1, 0.1).lines == ("height 0.7",)
    assert said_at(Bars(np.zeros((1, 3)), np.array([[0.3, 0.2, 0.4]])), 0.1, 0.1).lines == ("height 0.4",)


def test_an_edge_is_called_by_its_two_nodes():
    graph = Graph(np.array([[0.0, 0, 0], [1, 0, 0], [1, 0.8, 0.0]]), np.array([[0, 1], [1, 2]]))
    assert [said_at(graph, x, y).title for x, y in ((0.5, 0.0), (1.0, 0.4))] == ["From 1 to 2", "From 2 to 3"]


@pytest.mark.parametrize(
    ("layer", "unnamed", "named"),
    [
        (dot("sphere"), "Point 1", "It"),
        (Sprites(np.zeros((1, 3)), np.zeros((1, 2, 2))), "Picture 1", "It 1"),
        (Graph(np.zeros((1, 3)), np.zeros((0, 2), int)), "Node 1", "It 1"),
        (Arrows(PATH[:1], PATH[1:], "up"), "Arrow", "It"),
        (Lines([PATH], "up"), "Line", "It"),
        (Curve(PATH), "Curve", "It"),
        (Trail(PATH, np.arange(2.0), "up", 1.0), "Path", "It"),
        (Trail(PATH, np.arange(2.0), "up", 1.0, label="Adam"), "Adam", "It"),
        (Bars(-np.ones((1, 3)), np.ones((1, 3))), "Bar 1", "It 1"),
        (Polygon(np.array([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0, 0.5, 0)]), "up"), "Area", "It"),
        (Solid(shapes.plane((0, 0, 0), (0, 0, 1), 0.5)), "Body", "It"),
        (Sheet(np.stack(np.broadcast_arrays([[-0.5, 0.5]], [[-0.5], [0.5]], 0.0), -1)), "Sheet", "It"),
        (Image(np.zeros((1, 1)), np.array([-0.5, -0.5, 0]), RIGHT, UP), "Picture", "It"),
    ],
)
def test_what_a_thing_is_called(layer, unnamed, named):
    assert said_at(layer, 0.0, 0.0).title == unnamed
    assert said_at(replace(layer, name="It"), 0.0, 0.0).title == named


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (1, 1), (2, 2), (400, 400), (401, 201), (1000, 334), (1201, 301)])
def test_a_highlighted_path_keeps_its_ends_and_the_same_stride_between(count, kept):
    """Of 401 points every second one: 0, 2 ... 398 and the last; of 1201 every fourth."""
    path = np.column_stack([np.arange(count), np.zeros(count), np.zeros(count)])
    found = thinned(path)[:, 0]
    assert len(found) == kept
    if count:
        assert (found[0], found[-1]) == (0, count - 1)
        assert len(set(np.diff(found)[:-1])) <= 1


@pytest.mark.parametrize(
    ("x", "number"), [(-1.0, 10.0), (1.0, 10.0), (2.0, 12.5), (4.0, 17.5), (5.0, 20.0), (9.0, 20.0)]
)
def test_numbers_between_two_points_rise_with_the_way_along(x, number):
    """The points are (1, 2) and (5, 2); what is beside the way counts at its foot."""
    ends = np.array([[1.0, 2, 0], [5, 2, 0]])
    for y in (2.0, -7.0):
        assert number_between(ends, np.array([10.0, 20.0]), np.array([x, y, 0.0])) == pytest.approx(number)
    assert number_between(ends[:1], np.array([10.0]), np.array([x, 2.0, 0.0])) == 10.0
    assert number_between(ends[[0, 0]], np.array([10.0, 20.0]), np.array([x, 2.0, 0.0])) == 10.0


# ------------------------------------------------------------------------------------------------- the probe
class Bowl:
    """f(x, y) = x² + 3 y²."""

    def value_grad(self, position):
        x, y = position
        return x * x + 3 * y * y, np.array([2 * x, 6 * y])


def test_the_probe_of_a_ground_has_its_value_and_gradient():
    axis = np.linspace(-2, 2, 33)
    ground = Terrain(axis, axis, np.add.outer(3 * axis**2, axis**2))
    found = probe(Frame([Surface(ground)]), Bowl(), (0.5, -1.0))
    assert found is not None
    assert (found.value, found.gradient, found.source) == (3.25, (1.0, -6.0), None)
    assert found.world == pytest.approx(ground.world_from_domain((0.5, -1.0)))
    assert probe(Frame([Surface(ground)]), None, (0.5, -1.0)) is None
    raised = probe(Frame([Surface(ground, sheet=True, lift=0.3)]), Bowl(), (0.5, -1.0))
    assert raised is not None
    assert raised.world == pytest.approx(np.add(found.world, (0.0, 0.0, 0.3)))


@pytest.mark.parametrize(("matrix", "source"), [(((0, -1), (2, 0)), (0.5, -3.0)), (((1, 2), (2, 4)), None)])
def test_the_probe_of_a_plane_says_where_a_position_came_from(matrix, source):
    found = probe(Frame([WarpedGrid(np.array(matrix, float))]), None, (3.0, 1.0))
    assert found is not None
    assert (found.position, found.world, found.value) == ((3.0, 1.0), (3.0, 1.0, 0.0), None)
    assert found.source == (source and pytest.approx(source))
    assert probe(Frame([]), None, (3.0, 1.0)) is None


@pytest.mark.parametrize(
    ("matrix", "text"),
    [
        (((0, -1), (2, 0)), "(3.00, 1.00) comes from (0.50, −3.00)"),
        (((1, 0), (0, 1)), "(3.00, 1.00)"),  # it stays
        (((1, 2), (2, 4)), "(3.00, 1.00)"),  # nothing comes there, or a line does
    ],
)
def test_the_probe_of_a_plane_names_another_place_only(matrix, text):
    found = probe(Frame([WarpedGrid(np.array(matrix, float))]), None, (3.0, 1.0))
    assert found is not None
    assert probe_text(found) == text
