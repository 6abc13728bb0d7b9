"""How far what is meant reaches, to the hundredth of a pixel, and the first and the last of everything."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lossland.pointing.picking import HEAD, pick, pick_any, position_of
from lossland.scenery.scene import Frame
from lossland.world import shapes
from lossland.world.camera import Camera
from lossland.world.layers import Arrows, Bars, Curve, Graph, Image, Layer, Lines, Points, Sheet, Solid, Sprites, Trail
from lossland.world.terrain import Terrain

SIZE = (400, 300)
ORIGIN, RIGHT = np.zeros((1, 3)), np.array([[1.0, 0.0, 0.0]])
BOX = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
PATH = np.array([[-0.8, 0, 0], [0.0, 0, 0], [0.8, 0, 0]])
NO_EDGES = np.zeros((0, 2), int)


def from_above() -> Camera:
    """Return a camera that looks down on the plane, x to the right and y up."""
    camera = Camera(90.0, 90.0, True)
    camera.fit(BOX, SIZE)
    return camera


CAMERA = from_above()


def pixel(x: float, y: float, z: float = 0.0, right: float = 0.0, down: float = 0.0) -> NDArray[np.float64]:
    """Return where a point is drawn, moved by pixels."""
    return CAMERA.project(np.array([x, y, z]), SIZE) + np.array([right, down])


def met(layers: list[Layer], at: NDArray[np.float64], scale: float = 1.0) -> tuple[int, int] | None:
    """Return the number of the layer that is meant, and of its element."""
    frame = Frame(layers)
    hit = pick_any(frame, CAMERA, at, SIZE, scale)
    return None if hit is None else (frame.keys.index(hit.key), hit.picked.element)


# --------------------------------------------------------------------------------------------------------- reach


@pytest.mark.parametrize("scale", [1.0, 2.5])
@pytest.mark.parametrize(
    ("layer", "reach"),
    [
        (Points(ORIGIN, size=6.0, style="dot"), 4.0 + 3.0),  # a dot's size is its diameter
        (Points(ORIGIN, size=6.0, style="sphere"), 4.0 + 6.0),  # a sphere's its radius
        (Sprites(ORIGIN, np.zeros((1, 2, 2)), 30.0), 15.0),
        (Graph(ORIGIN, NO_EDGES, radius=11.0), 11.0),
        (Lines([np.vstack([-RIGHT, RIGHT])], "text", 3.0), 4.0 + 1.5),
        (Arrows(-RIGHT, RIGHT, "up", 5.0), 4.0 + 2.5),
        (Curve(np.vstack([-RIGHT, RIGHT]), "text", 3.0), 4.0 + 1.5),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Layer) else "",
)
def test_small_things_are_meant_within_their_size_and_four_pixels(layer: Layer, reach: float, scale: float) -> None:
    assert met([layer], pixel(0, 0, down=scale * reach - 0.01), scale) == (0, 0)
    assert met([layer], pixel(0, 0, down=scale * reach + 0.01), scale) is None
    assert met([layer], pixel(0, 0, down=0.01 - scale * reach), scale) == (0, 0)


def test_a_trail_is_meant_within_seven_pixels_and_its_head_within_twelve() -> None:
    trail = Trail(PATH, np.arange(3.0), "up", 2.0, first=40)
    assert met([trail], pixel(-0.4, 0, down=6.99)) == (0, 40)
    assert met([trail], pixel(0.2, 0, down=6.99)) == (0, 41)
    assert met([trail], pixel(-0.4, 0, down=7.01)) is None
    assert met([trail], pixel(0.8, 0, right=11.99)) == (0, HEAD)
    assert met([trail], pixel(0.8, 0, right=12.01)) is None
    assert met([trail], pixel(0.8, 0, right=-11.99)) == (0, HEAD)  # on the line, but so near to the head
    assert met([trail], pixel(0.8, 0, right=-12.01)) == (0, 41)


def test_a_trail_without_a_head_ends_in_its_last_piece() -> None:
    trail = Trail(PATH, np.arange(3.0), "up", 2.0, head=False)
    assert met([trail], pixel(0.8, 0)) == (0, 1)


def test_an_edge_is_meant_within_four_pixels_where_no_node_is() -> None:
    nodes = np.array([[-0.8, 0, 0], [0.8, 0, 0], [0.0, 0.9, 0]])
    graph = Graph(nodes, np.array([[2, 0], [0, 1]]), radius=10.0)
    assert met([graph], pixel(0, 0, down=3.99)) == (0, 3 + 1)  # edges are numbered after the nodes
    assert met([graph], pixel(0, 0, down=4.01)) is None
    assert met([graph], pixel(-0.8, 0, right=9.99)) == (0, 0)
    assert met([graph], pixel(-0.8, 0, right=10.01)) == (0, 4)


def test_bodies_are_meant_only_where_the_pointer_is_on_them() -> None:
    square = shapes.parallelepiped(np.diag([1.0, 1.0, 0.1]), (-0.5, -0.5, 0.0))
    for layer in (Solid(square, "up"), Bars(np.array([[0.5, 0.5, 0.1]]), np.array([[-0.5, -0.5, 0.0]]))):
        assert met([layer], pixel(0.49, 0.49, 0.1)) is not None  # also a bar whose corners are given from high to low
        assert met([layer], pixel(0.5, 0, 0.1, right=1.0)) is None


@pytest.mark.parametrize(("below", "found"), [(0.029, 0), (0.031, None)])
def test_what_is_three_hundredths_behind_something_opaque_still_shows(below: float, found: int | None) -> None:
    wall = Image(np.zeros((2, 2)), np.array([-1, -1, 0]), np.array([2, 0, 0]), np.array([0, 2, 0]))
    point = Points(np.array([[0.1, 0.1, -below]]), style="sphere")
    picked = pick(point, Frame([wall, point]), CAMERA, pixel(0.1, 0.1), SIZE, 5.0)
    assert (picked and picked.element) == found


def test_of_two_at_the_same_place_the_last_drawn_is_meant_and_of_one_layer_the_nearest_to_the_eye() -> None:
    point = Points(ORIGIN, style="sphere")
    assert met([point, Points(ORIGIN, style="sphere"), Points(RIGHT, style="sphere")], pixel(0, 0)) == (1, 0)
    stack = Points(np.array([[0, 0, 0.1], [0, 0, 0.3], [0, 0, 0.2]]), style="sphere")
    assert met([stack], pixel(0, 0)) == (0, 1)


# -------------------------------------------------------------------------------------------- the first and the last


def test_cells_of_a_picture_are_numbered_row_by_row_from_above() -> None:
    image = Image(
        np.zeros((2, 3)), np.array([-0.9, -0.6, 0]), np.array([1.8, 0, 0]), np.array([0, 1.2, 0])
    )  # cells of 0.6 x 0.6
    for row in range(2):
        for column in range(3):
            left, top = -0.9 + 0.6 * column, 0.6 - 0.6 * row
            for x in (left + 0.01, left + 0.59):
                for y in (top - 0.01, top - 0.59):
                    assert met([image], pixel(x, y)) == (0, 3 * row + column)
    for x, y in ((-0.91, 0), (0.91, 0), (0, -0.61), (0, 0.61)):
        assert met([image], pixel(x, y)) is None


def test_cells_of_a_sheet_are_numbered_row_by_row() -> None:
    x, y = np.meshgrid(np.linspace(-0.9, 0.9, 4), np.linspace(-0.6, 0.6, 3))
    grid = np.stack([x, y, np.zeros_like(x)], -1)
    sheet = Sheet(grid, grid, 0.0)
    for row in range(2):
        for column in range(3):
            left, low = -0.9 + 0.6 * column, -0.6 + 0.6 * row
            for dx in (0.01, 0.59):
                for dy in (0.01, 0.59):
                    assert met([sheet], pixel(left + dx, low + dy)) == (0, 3 * row + column)
    assert met([sheet], pixel(0.91, 0)) is None
    assert met([sheet], pixel(0, 0.61)) is None


@pytest.mark.parametrize(("upto", "pieces"), [(0.99, 0), (1.0, 1), (1.99, 1), (2.0, 2), (None, 2)])
def test_a_curve_shows_the_points_up_to_and_with_a_place(upto: float | None, pieces: int) -> None:
    curve = Curve(PATH, "text", 3.0, at=np.array([0.0, 1.0, 2.0]), upto=upto)
    found = [met([curve], pixel(x, 0)) is not None for x in (-0.4, 0.4)]
    assert found == [pieces > 0, pieces > 1]


def test_a_path_of_one_place_is_a_point() -> None:
    line = Lines([np.zeros((2, 3))], "text", 0.0)
    assert met([line], pixel(0, 0, right=3.99)) == (0, 0)
    assert met([line], pixel(0, 0, right=4.01)) is None


@pytest.mark.parametrize(
    "layer",
    [
        Points(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])),
        Sprites(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), np.zeros((2, 2, 2))),
        Graph(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), NO_EDGES),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_elements_are_there_from_the_first_to_the_last(layer: Layer) -> None:
    assert position_of(layer, 0) == pytest.approx([0.1, 0.2, 0.3])
    assert position_of(layer, 1) == pytest.approx([0.4, 0.5, 0.6])
    assert position_of(layer, -1) is None
    assert position_of(layer, 2) is None


def test_elements_with_numbers_are_found_by_them_alone() -> None:
    points = Points(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), number=np.array([7, 5]))
    assert position_of(points, 7) == pytest.approx([0.1, 0.2, 0.3])
    assert position_of(points, 5) == pytest.approx([0.4, 0.5, 0.6])
    assert position_of(points, 0) is None
    assert position_of(Trail(np.zeros((0, 3)), np.zeros(0), "up", 0.0), HEAD) is None


@pytest.mark.parametrize("corner", [(3.0, -2.0), (3.0, 4.0), (5.0, -2.0), (5.0, 4.0)])
def test_points_on_the_corners_of_a_ground_are_found(corner: tuple[float, float]) -> None:
    ground = Terrain([3.0, 4.0, 5.0], [-2.0, 1.0, 4.0], np.zeros((3, 3)))
    points = Points(np.array([[4.0, 1.0], corner]), ground=ground, style="dot")
    x, y = corner[0] - 4.0, (corner[1] - 1.0) / 3.0  # the footprint is [-1, 1] x [-1, 1]
    assert met([points], pixel(x, y)) == (0, 1)
    outside = Points(np.array([[corner[0] + 0.01 * x, corner[1] + 0.01 * y]]), ground=ground, style="dot")
    assert met([outside], pixel(1.01 * x, 1.0033 * y)) is None
