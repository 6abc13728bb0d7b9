"""Labels of contours: on their contours, apart, and only where they are seen."""

from __future__ import annotations

import numpy as np
import pytest

import lossland as ll
from lossland.render.painter import Quality
from lossland.scenery.scene import Show
from lossland.world.camera import Camera
from lossland.world.layers import Surface
from lossland.world.terrain import Terrain
from lossland.writing.contour_labels import APART, EACH, contour_labels, seen_labels

SIZE = (640, 400)


def ground(f, half=3.0):
    axis = np.linspace(-half, half, 201)
    x, y = np.meshgrid(axis, axis)
    return Terrain(axis, axis, f(x, y))


BOWL = ground(lambda x, y: x**2 + y**2)


@pytest.mark.parametrize(
    "f",
    [lambda x, y: x**2 + y**2, lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, lambda x, y: x + 2 * y],
    ids=["bowl", "rosenbrock", "plane"],
)
def test_a_label_stands_on_its_contour_and_apart_from_the_others(f):
    terrain = ground(f)
    labels = contour_labels(terrain)
    assert len(labels) >= 3
    for number, label in enumerate(labels):
        x, y = terrain.domain_from_world(label.position)
        assert terrain.exposure(f(x, y)) == pytest.approx(terrain.exposure(label.value), abs=0.03)
        assert label.value in terrain.contours.value
        assert label.position[2] == pytest.approx(float(terrain.world_height(label.value)))
        for other in labels[:number]:
            apart = np.hypot(*np.subtract(label.position[:2], other.position[:2]))
            assert apart >= (2 * APART if other.value == label.value else APART)
    values = [label.value for label in labels]
    assert max(map(values.count, values)) <= EACH


def test_what_the_ground_hides_is_not_labelled():
    hill = ground(lambda x, y: np.exp(-(x**2) - y**2))
    high, low = Camera(-90, 89), Camera(-90, 6)
    for camera in (high, low):
        camera.fit(hill.bounds, SIZE)
    assert {label for label, _ in seen_labels(hill, high, SIZE)} == set(contour_labels(hill))
    behind = [label for label in contour_labels(hill) if label.position[1] > 0.25 and abs(label.position[0]) < 0.3]
    shown = {label for label, _ in seen_labels(hill, low, SIZE)}
    assert not shown & set(behind)
    for label, pixel in seen_labels(hill, low, SIZE):
        assert pixel == pytest.approx(low.project(np.array(label.position), SIZE))


def test_a_flat_ground_has_no_labels():
    assert contour_labels(ground(lambda x, y: 0 * x)) == ()


class Page(ll.Scene):
    """One frame, whatever the time."""

    name = "page"

    def __init__(self, labels):
        super().__init__()
        self._labels = labels

    def frame(self, time):
        return ll.Frame([Surface(BOWL, labels=self._labels)], view=ll.View(bounds=BOWL.bounds))


def drawn(labels, show):
    with ll.Stage(Page(labels), SIZE) as stage:
        stage.player.show = show
        image = stage.image(stage.player, Quality(mesh=32, lit=64, bake=64))
        return image.astype(int), seen_labels(BOWL, stage.player.camera, SIZE)


def test_the_picture_has_them_where_they_are_wanted_and_contours_are_shown():
    plain, _ = drawn(False, Show())
    labelled, seen = drawn(True, Show())
    changed = np.abs(labelled - plain).max(-1) > 40
    written = [bool(changed[int(y) - 4 : int(y) + 5, int(x) - 8 : int(x) + 9].any()) for _, (x, y) in seen]
    assert len(seen) > 3
    assert np.mean(written) > 0.5  # those that would overlap another are left out
    bare = [drawn(labels, Show(contours=False))[0] for labels in (False, True)]
    assert np.array_equal(bare[0], bare[1])
