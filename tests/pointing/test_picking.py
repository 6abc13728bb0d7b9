"""Picking against brute force: every element looked at one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lossland.pointing.pickers.trails import HEAD
from lossland.pointing.picking import Hit, describe, pick, pick_any, position_of
from lossland.scenery.scene import Frame, Show, View
from lossland.world import shapes
from lossland.world.camera import Camera
from lossland.world.layers import (
    Arrows,
    Bars,
    Curve,
    Graph,
    Image,
    Label,
    Layer,
    Lines,
    Plates,
    Points,
    Polygon,
    Sheet,
    Solid,
    Sprites,
    Surface,
    Trail,
)
from lossland.world.terrain import Terrain
from lossland.world.track import Track

SIZE = (400, 300)
BOX = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
NOTHING = Frame([])


def seen(azimuth=-50.0, elevation=30.0, flat=False):
    camera = Camera(azimuth, elevation, flat)
    camera.fit(BOX, SIZE)
    return camera


def pointers(rng, count=60):
    return rng.uniform((0, 0), SIZE, (count, 2))


def segment_distance(p, a, b):
    """Distance from p to the nearest of 4001 points between a and b."""
    shares = np.linspace(0, 1, 4001)[:, None]
    return float(np.hypot(*(a + shares * (b - a) - p).T).min())


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("kind", ["points", "moving", "nodes", "sprites"])
def test_the_nearest_point_is_the_nearest_by_brute_force(kind, flat):
    rng = np.random.default_rng(3)
    start, end = rng.uniform(-1, 1, (2, 80, 3))
    camera = seen(flat=flat)
    position = start + 0.3 * (end - start) if kind in ("moving", "sprites") else start
    layer = {
        "points": Points(start, style="sphere"),
        "moving": Points(start, style="sphere", target=end, share=0.3),
        "nodes": Graph(start, np.zeros((0, 2), int)),
        "sprites": Sprites(start, np.zeros((80, 2, 2)), target=end, share=0.3),
    }[kind]
    found = 0
    for pointer in pointers(rng):
        distances = [math.dist(camera.project(place, SIZE), pointer) for place in position]
        best = min(range(80), key=distances.__getitem__)
        picked = pick(layer, NOTHING, camera, pointer, SIZE, radius=14.0)
        if distances[best] > 14.0:
            assert picked is None
        else:
            found += 1
            assert picked is not None
            assert picked.element == best
            assert picked.pixels == pytest.approx(distances[best])
            assert picked.position == pytest.approx(position[best])
    assert found >= 8


def test_the_nearest_arrow_is_the_nearest_by_brute_force():
    rng = np.random.default_rng(4)
    tail, tip = rng.uniform(-1, 1, (2, 12, 3))
    camera, layer = seen(), Arrows(tail, tip, "up")
    start, end = camera.project(tail, SIZE), camera.project(tip, SIZE)
    for pointer in pointers(rng, 25):
        distances = [segment_distance(pointer, a, b) for a, b in zip(start, end, strict=True)]
        picked = pick(layer, NOTHING, camera, pointer, SIZE, radius=20.0)
        if min(distances) > 20.05:
            assert picked is None
        elif min(distances) < 19.95:
            assert picked is not None
            assert picked.pixels == pytest.approx(min(distances), abs=0.05)
            assert distances[picked.element] == pytest.approx(min(distances), abs=0.05)


@pytest.mark.parametrize("flat", [False, True])
def test_the_bar_under_the_pointer_is_the_first_that_the_ray_meets(flat):
    rng = np.random.default_rng(5)
    low, high = shapes.skyline(rng.uniform(-0.8, 0.8, (6, 6)), gap=0.3)
    camera, layer = seen(flat=flat), Bars(low, high)
    hits = 0
    for pointer in pointers(rng, 40):
        origin, direction = camera.ray(pointer, SIZE)
        first = None
        for s in np.linspace(0, 2 * camera.pose.distance, 4001):  # walk along the ray
            inside = np.all((origin + s * direction > low) & (origin + s * direction < high), axis=1)
            if inside.any():
                first = int(np.argmax(inside))
                break
        picked = pick(layer, NOTHING, camera, pointer, SIZE, radius=0.0)
        if first is not None:
            hits += 1
            assert picked is not None
            assert picked.element == first
            assert camera.project(np.array(picked.position), SIZE) == pytest.approx(pointer, abs=1e-6)
    assert hits > 5


def test_beside_a_bar_its_outline_counts():
    camera = seen(flat=True)
    layer = Bars(np.array([[0.0, 0.0, 0.0]]), np.array([[0.5, 0.5, 0.2]]))
    right = camera.project(np.array([0.5, 0.25, 0.2]), SIZE)
    picked = pick(layer, NOTHING, camera, (right[0] + 6.0, right[1]), SIZE, radius=8.0)
    assert picked is not None
    assert picked.pixels == pytest.approx(6.0, abs=1e-6)
    assert pick(layer, NOTHING, camera, (right[0] + 9.0, right[1]), SIZE, radius=8.0) is None


def test_what_the_ground_hides_cannot_be_picked():
    axis = np.linspace(-1, 1, 33)
    hill = Terrain(axis, axis, np.exp(-4 * np.add.outer(axis**2, axis**2)))
    camera = seen(-90.0, 10.0)
    behind, before = hill.world_from_domain([[[0.0, 0.6]], [[0.0, -0.9]]], lift=0.02)
    for position, expected in ((behind, None), (before, 0)):
        layer = Points(position, style="sphere")
        picked = pick(layer, Frame([Surface(hill), layer]), camera, camera.project(position[0], SIZE), SIZE, 10.0)
        assert (picked and picked.element) == expected
        assert pick(layer, Frame([layer]), camera, camera.project(position[0], SIZE), SIZE, 10.0) is not None


def test_an_opaque_sheet_hides_and_glass_does_not():
    axis = np.linspace(-1, 1, 33)
    level = Terrain(axis, axis, np.zeros((33, 33)))
    camera, below = seen(-60.0, 45.0), Points(np.array([[0.0, 0.0, 0.1]]), style="sphere")
    pixel = camera.project(below.position[0], SIZE)
    for alpha, expected in ((1.0, None), (0.5, 0)):
        sheet = Surface(level, sheet=True, alpha=alpha, lift=0.3)
        frame = Frame([sheet, Surface(level), below])
        picked = pick(below, frame, camera, pixel, SIZE, 10.0)
        assert (picked and picked.element) == expected
        assert frame.ground is frame.layers[1]  # the block is the ground, whatever lies over it
    assert Frame([sheet]).ground is sheet
    assert Frame([below]).ground is None


def test_points_on_the_ground_are_where_they_are_drawn():
    axis = np.linspace(0, 4, 33)
    ground = Terrain(axis, axis, np.add.outer(axis**2, axis))
    layer = Points(np.array([[1.0, 2.0], [3.0, 1.0]]), ground=ground)
    camera = seen(-60.0, 45.0)
    pixel = camera.project(ground.world_from_domain((3.0, 1.0)), SIZE)
    picked = pick(layer, Frame([Surface(ground), layer]), camera, pixel, SIZE, 10.0)
    assert picked is not None
    assert picked.element == 1


def test_behind_the_eye_there_is_nothing_to_pick():
    camera = seen()
    layer = Points((camera.eye + camera.back)[None], style="sphere")
    assert pick(layer, NOTHING, camera, (200, 150), SIZE, radius=1e9) is None


def test_of_several_layers_the_nearest_element_is_meant_and_labels_are_not():
    camera = seen(flat=True)
    first, second = Points(np.array([[0.0, 0.0, 0.0]]), size=30.0), Points(np.array([[0.1, 0.0, 0.0]]), size=30.0)
    frame = Frame([first, second, Label((0, 0, 0), "name")])
    hit = pick_any(frame, camera, camera.project(np.array([0.09, 0.0, 0.0]), SIZE), SIZE)
    assert hit is not None
    assert hit.key == frame.keys[1]
    assert pick_any(frame, camera, (0, 0), SIZE) is None


@pytest.mark.parametrize("kind", ["lines", "curve", "trail"])
def test_the_nearest_piece_of_a_path_is_the_nearest_by_brute_force(kind):
    rng = np.random.default_rng(6)
    path = np.cumsum(rng.normal(0, 1.0, (40, 3)), axis=0)
    path /= np.abs(path).max()
    layer: Layer = {
        "lines": Lines([path[:10], path[10:]], "text"),
        "curve": Curve(path),
        "trail": Trail(path, np.arange(40.0), "text", 24.0, head=False),
    }[kind]
    pieces = [(k, path[k], path[k + 1]) for k in range(39)]
    if kind == "lines":  # the two paths are not joined, and pieces are numbered through
        pieces = [(k - (k > 9), a, b) for k, a, b in pieces if k != 9]
    if kind == "trail":  # only its shown part
        pieces = pieces[:24]
    camera = seen()
    ends = [(k, *camera.project(np.array([a, b]), SIZE)) for k, a, b in pieces]
    found = 0
    near = camera.project(path[rng.integers(0, 40, 25)], SIZE) + rng.normal(0, 6, (25, 2))
    for pointer in near:
        distances = {k: segment_distance(pointer, a, b) for k, a, b in ends}
        picked = pick(layer, NOTHING, camera, pointer, SIZE, radius=6.0)
        if min(distances.values()) > 6.05:
            assert picked is None
        elif min(distances.values()) < 5.95:
            found += 1
            assert picked is not None
            assert distances[picked.element] == pytest.approx(min(distances.values()), abs=0.05)
    assert found >= 5


@pytest.mark.parametrize("head", [False, True])
def test_points_of_a_track_are_found_under_the_numbers_they_came_with(head):
    rng = np.random.default_rng(8)
    path = np.cumsum(rng.normal(0, 1.0, (90, 3)), axis=0)
    path /= np.abs(path).max()
    track = Track(30)
    for number in range(90):  # it goes round twice
        track.append(path[number], 0.25 * number)
    trail, camera = Trail.of(track, "text", upto=20.0, head=head), seen()  # up to the point 80
    ends = {k: camera.project(path[k : k + 2], SIZE) for k in range(60, 80)}
    found = set()
    for number in rng.integers(60, 79, 60):
        pointer = ends[number].mean(0) + rng.normal(0, 1.5, 2)
        distances = {k: segment_distance(pointer, *piece) for k, piece in ends.items()}
        picked = pick(trail, NOTHING, camera, pointer, SIZE, radius=6.0)
        if picked is not None and picked.element != HEAD:
            assert distances[picked.element] == pytest.approx(min(distances.values()), abs=0.05)
            found.add(picked.element)
            told = describe(Hit("Trail", picked), Frame([trail]))
            assert told is not None
            assert int(told.lines[0].removeprefix("step ")) == pytest.approx(0.25 * (picked.element + 0.5), abs=0.63)
    assert len(found) > 10
    assert (position_of(trail, HEAD) == path[80]).all()
    old = pick(trail, NOTHING, camera, ends[61].mean(0), SIZE, radius=6.0)
    assert old is not None
    track.append(path[:40], 30.0 + np.arange(40.0))
    assert describe(Hit("Trail", old), Frame([Trail.of(track, "text", head=head)])) is None  # it was forgotten


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("kind", ["sheet", "solid", "polygon", "image"])
def test_what_a_ray_goes_through_is_under_the_pointer(kind, flat):
    """The pointer is put over known places of the inside and the outside, and the element there is known."""
    camera = seen(40.0, 35.0, flat)
    u, v = np.meshgrid(np.linspace(-1, 1, 7), np.linspace(-1, 1, 5))
    grid = np.stack([u, v, 0.2 * u], -1)
    corners = np.array([(-0.5, -0.5, 0.1), (0.7, -0.4, 0.1), (0.6, 0.5, 0.1), (-0.4, 0.6, 0.1)])
    mesh = shapes.Mesh(corners, np.array([(0, 1, 2), (0, 2, 3)]), np.zeros((0, 2), int))
    image = Image(np.zeros((3, 4)), np.array([-1.0, -1.0, 0.0]), np.array([2.0, 0, 0]), np.array([0, 2.0, 0.0]))
    layer, inside, outside = {
        "sheet": (Sheet(grid, grid + np.array([0, 0, 1.0])), [(0.1, 0.1, 0.02), (-0.9, 0.6, -0.18)], (1.3, 0.0, 0.0)),
        "solid": (Solid(mesh), [(0.3, -0.2, 0.1), (-0.3, 0.3, 0.1)], (0.69, 0.4, 0.1)),
        "polygon": (Polygon(corners, "area"), [(0.3, -0.2, 0.1), (-0.3, 0.3, 0.1)], (0.69, 0.4, 0.1)),
        "image": (image, [(-0.9, 0.9, 0.0), (0.9, -0.9, 0.0)], (1.1, 0.0, 0.0)),
    }[kind]
    elements = {"sheet": [2 * 6 + 3, 3 * 6 + 0], "solid": [0, 1], "polygon": [0, 0], "image": [0, 2 * 4 + 3]}[kind]
    for place, element in zip(inside, elements, strict=True):
        picked = pick(layer, NOTHING, camera, camera.project(np.array(place), SIZE), SIZE, 0.0)
        assert picked is not None
        assert picked.element == element
        assert picked.position == pytest.approx(place, abs=1e-6)
    assert pick(layer, NOTHING, camera, camera.project(np.array(outside), SIZE), SIZE, 0.0) is None


def test_small_things_are_meant_before_what_they_lie_on_and_the_first_of_two_bodies():
    camera = seen()
    board = Polygon(np.array([(-1.0, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]), "area")
    lid = Polygon(np.array([(-1.0, -1, 0.3), (1, -1, 0.3), (1, 1, 0.3), (-1, 1, 0.3)]), "area")
    dot = Points(np.array([[0.2, 0.1, 0.0]]), style="sphere", size=6.0)
    pixel = camera.project(np.array([0.2, 0.1, 0.0]), SIZE)
    place = {name: pick_any(Frame(list(layers)), camera, pixel, SIZE) for name, layers in
             {"dot": (board, dot), "lid": (board, lid), "dot under glass": (dot, lid)}.items()}  # fmt: skip
    found = {name: hit and hit.key for name, hit in place.items()}
    assert found == {"dot": "Points", "lid": "Polygon 2", "dot under glass": "Points"}


def test_what_a_body_hides_cannot_be_picked():
    camera = seen(-90.0, 5.0)
    low, high = np.array([[-0.5, -0.1, -1.0]]), np.array([[0.5, 0.1, 1.0]])
    dots = Points(np.array([[0.0, 0.8, 0.0], [0.2, -0.8, 0.0]]), style="sphere", size=5.0)
    frame = Frame([Bars(low, high), dots])
    behind, before = (pick_any(frame, camera, camera.project(place, SIZE), SIZE) for place in dots.position)
    assert behind is not None
    assert behind.key == "Bars"
    assert before is not None
    assert (before.key, before.picked.element) == ("Points", 1)


def test_a_hidden_group_cannot_be_picked():
    camera = seen()
    frame = Frame([Arrows(np.zeros((1, 3)), np.array([[0.5, 0, 0.0]]), "up", group="arrows")])
    pixel = camera.project(np.array([0.2, 0.0, 0.0]), SIZE)
    assert pick_any(frame, camera, pixel, SIZE, show=Show()) is not None
    assert pick_any(frame, camera, pixel, SIZE, show=Show(arrows=False)) is None


@pytest.mark.parametrize("flat", [False, True])
def test_thinning_points_on_the_ground_loses_none(flat):
    """Most points of a swarm are left out before they are projected; what is found must be what all of them give."""
    rng = np.random.default_rng(8)
    axis = np.linspace(-3, 3, 65)
    ground = Terrain(axis, axis, np.add.outer(np.sin(2 * axis), np.cos(3 * axis)))
    positions = rng.uniform(-3, 3, (3000, 2)).astype(np.float32)
    camera = seen(35.0, 25.0, flat)
    swarm = Points(positions, ground=ground)
    everywhere = Points(ground.world_from_domain(positions))
    for pointer in pointers(rng, 40):
        found, expected = (pick(layer, NOTHING, camera, pointer, SIZE, 7.0) for layer in (swarm, everywhere))
        assert (found and found.element) == (expected and expected.element)


# ------------------------------------------------------------------------------------------------- what is said
def said(frame: Frame, position, camera: Camera, value=None):
    hit = pick_any(frame, camera, camera.project(np.asarray(position, float), SIZE), SIZE)
    assert hit is not None
    found = describe(hit, frame, value)
    assert found is not None
    return found


def test_numbers_beside_the_pointer():
    camera = seen(flat=True)
    flat = View(flat=True)
    arrow = Arrows(np.zeros((1, 3)), np.array([[0.6, 0.8, 0.0]]), "up", name="Step")
    found = said(Frame([arrow], view=flat), (0.3, 0.4, 0), camera)
    assert (found.title, found.lines, found.color) == ("Step", ("(0.60, 0.80), length 1",), "up")
    square = Polygon(np.array([(0.0, 0, 0), (0.5, 0, 0), (0.5, 0.5, 0), (0, 0.5, 0)]), "area")
    assert said(Frame([square], view=flat), (0.2, 0.2, 0), camera).lines == ("area 0.25",)
    graph = Graph(np.array([(0.0, 0, 0), (0.8, 0, 0)]), np.array([(0, 1)]), np.array([-0.5]), np.array([0.25, 1.0]))
    assert said(Frame([graph], view=flat), (0.8, 0, 0), camera).lines == ("value 1",)
    assert said(Frame([graph], view=flat), (0.4, 0, 0), camera).lines == ("weight −0.5",)
    curve = Curve(np.array([(0.0, 0, 0), (1, 0.5, 0)]), at=np.array([10.0, 20.0]))
    assert said(Frame([curve], view=flat), (0.5, 0.25, 0), camera).lines == ("at 15", "at (0.50, 0.25)")
    bars = Bars(np.array([(0.0, 0, 0)]), np.array([(0.3, 0.3, 0.7)]))
    assert said(Frame([bars], view=flat), (0.1, 0.1, 0), camera).lines == ("height 0.7",)
    worth = Bars(np.array([(0.0, 0, 0)]), np.array([(0.3, 0.3, 0.7)]), name="Day", worth=[31.0])
    assert (said(Frame([worth]), (0.1, 0.1, 0), camera).title, said(Frame([worth]), (0.1, 0.1, 0), camera).lines) == (
        "Day 1",
        ("31",),
    )
    corner, right, up = np.array([(0.0, 0, 0)]), np.array([(0.5, 0, 0)]), np.array([(0, 0.5, 0)])
    plate = said(Frame([Plates(corner, right, up, worth=["Adam\nrank 3"])], view=flat), (0.2, 0.2, 0), camera)
    assert (plate.title, plate.lines) == ("Adam", ("rank 3",))
    two = np.array([(0.0, 0, 0), (0.5, 0, 0)])
    for one, title in (([31.0, 28.0], "Day 2"), (["Monday", "Tuesday"], "Day"), (np.array(["a", "b"]), "Day")):
        assert said(Frame([Points(two, "up", name="Day", worth=one)], view=flat), (0.5, 0, 0), camera).title == title
    image = Image(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(3), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
    assert said(Frame([image], view=flat), (0.7, 0.2, 0), camera).lines == ("row 2, column 2", "value 4")


def test_things_on_the_ground_tell_its_value():
    axis = np.linspace(-2, 2, 65)
    ground = Terrain(axis, axis, np.add.outer(axis**2, axis**2))
    camera = seen(-60.0, 45.0)
    way = np.array([[-1.5, -1.0], [0.0, -1.0], [1.5, -1.0]])
    points, progress = ground.drape(way)
    trail = Trail(points, progress, "optimizer.adam", 1.5, name="Adam")
    frame = Frame([Surface(ground), trail])

    def value(place):
        return place[0] ** 2 + place[1] ** 2

    head = ground.world_from_domain((0.75, -1.0))
    found = said(frame, head, camera, value)
    assert (found.title, found.lines) == ("Adam", ("step 1", "f(0.75, −1.00) = 1.56"))  # as panels count 1.5
    found = said(frame, ground.world_from_domain((-1.2, -1.0), lift=0.008), camera, value)
    assert found.lines == ("step 0", "f(−1.20, −1.00) = 2.44")
    above = Frame([Surface(ground), Points(np.array([[0.0, 0.0, 0.9]]), style="sphere", size=6.0)])
    assert said(above, (0.0, 0.0, 0.9), camera, value).lines == ()  # not a place of the ground


def test_elements_keep_their_numbers():
    ground_path = np.array([(0.0, 0, 0), (1, 0, 0), (2, 0, 0)])
    trail = Trail(ground_path, np.arange(3.0), "text", 1.5)
    assert position_of(trail, HEAD) == pytest.approx((1.5, 0, 0))
    assert position_of(trail, 1) is None  # the rest of a trail does not move
    some = Points(np.array([(0.0, 0, 0), (5.0, 0, 0)]), number=np.array([7, 9]))
    assert position_of(some, 9) == pytest.approx((5, 0, 0))
    assert position_of(some, 1) is None
    moving = Points(np.zeros((1, 3)), target=np.array([[0, 4.0, 0]]), share=0.25)
    assert position_of(moving, 0) == pytest.approx((0, 1, 0))
    gone = describe(pick_any(Frame([some]), seen(flat=True), (0, 0), SIZE, 1e4), Frame([Points(np.zeros((0, 3)))]))  # type: ignore[arg-type]
    assert gone is None


def test_a_point_that_a_matrix_moves_is_found_where_it_is_drawn() -> None:
    camera, size = Camera(flat=True), (400, 300)
    camera.fit([(-2, -2, 0), (2, 2, 0)], size)
    matrix = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    layer = Points(np.array([(1.5, 0.0, 0.0), (0.0, -1.0, 0.0)]), style="disc", size=5.0, by=matrix)
    picked = pick(layer, NOTHING, camera, camera.project([(1.0, 0.0, 0.0)], size)[0], size, 8.0)
    assert picked is not None
    assert picked.element == 1
