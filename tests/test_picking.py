"""Picking against brute force: every element looked at one by one, in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lossland import shapes
from lossland.camera import Camera
from lossland.layers import Arrows, Bars, Graph, Label, Points, Sprites, Surface
from lossland.picking import pick, pick_any
from lossland.scenery import Frame
from lossland.terrain import Terrain

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
    return min(math.dist(p, a + s * (b - a)) for s in np.linspace(0, 1, 4001))


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
        picked = pick(layer, Frame([Surface(hill), layer]), camera, camera.project(position[0], SIZE), SIZE)
        assert (picked and picked.element) == expected
        assert pick(layer, Frame([layer]), camera, camera.project(position[0], SIZE), SIZE) is not None


def test_points_on_the_ground_are_where_they_are_drawn():
    axis = np.linspace(0, 4, 33)
    ground = Terrain(axis, axis, np.add.outer(axis**2, axis))
    layer = Points(np.array([[1.0, 2.0], [3.0, 1.0]]), ground=ground)
    camera = seen(-60.0, 45.0)
    pixel = camera.project(ground.world_from_domain((3.0, 1.0)), SIZE)
    picked = pick(layer, Frame([Surface(ground), layer]), camera, pixel, SIZE)
    assert picked is not None
    assert picked.element == 1


def test_behind_the_eye_there_is_nothing_to_pick():
    camera = seen()
    layer = Points((camera.eye + camera.back)[None], style="sphere")
    assert pick(layer, NOTHING, camera, (200, 150), SIZE, radius=1e9) is None


def test_of_several_layers_the_nearest_element_is_meant_and_labels_are_not():
    camera = seen(flat=True)
    first, second = Points(np.array([[0.0, 0.0, 0.0]])), Points(np.array([[0.1, 0.0, 0.0]]))
    frame = Frame([first, second, Label((0, 0, 0), "name")])
    hit = pick_any(frame, camera, camera.project(np.array([0.09, 0.0, 0.0]), SIZE), SIZE, 30.0)
    assert hit is not None
    assert hit[0] is second
    assert pick_any(frame, camera, (0, 0), SIZE) is None
