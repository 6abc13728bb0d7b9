"""Insets: where their coordinates lie in the world, and what they are drawn as."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.world import insets, layers, shapes

SQUARE = insets.Square(middle=(3.0, -1.0), half=0.5, reach=2.0, z=0.1)
LANES = insets.Lanes(home=-1.0, length=0.6, decades=6)


def test_the_ends_of_a_square_are_at_its_sides() -> None:
    assert SQUARE.world_from_inset((0, 0)) == pytest.approx((3.0, -1.0, 0.1))
    assert SQUARE.world_from_inset([(2, 0), (0, -2)]) == pytest.approx(np.array([(3.5, -1.0, 0.1), (3.0, -1.5, 0.1)]))
    assert SQUARE.corners[0] == pytest.approx((2.5, -1.5, 0.1))
    assert SQUARE.corners[3] == pytest.approx((2.5, -0.5, 0.1))


def test_positions_are_read_back() -> None:
    points = np.random.default_rng(0).uniform(-2, 2, (5, 7, 2))
    assert SQUARE.inset_from_world(SQUARE.world_from_inset(points)) == pytest.approx(points)


def test_a_path_is_shown_up_to_where_it_leaves() -> None:
    path = np.array([(0, 0), (1, -2), (0, 2.1), (0, 0)], float)
    assert SQUARE.part_inside(path) == pytest.approx(path[:2])
    assert SQUARE.part_inside(path[:2]) == pytest.approx(path[:2])
    assert SQUARE.part_inside(path[2:]) == pytest.approx(path[2:3])  # its start in any case


def test_a_square_is_drawn_with_its_axes() -> None:
    square, lines, *names = SQUARE.axes("position", "velocity")
    assert isinstance(square, layers.Polygon)
    assert isinstance(lines, layers.Lines)
    assert np.ptp(lines.paths, axis=1) == pytest.approx(np.array([(1, 0, 0), (0, 1, 0)]))
    assert [name.text for name in names if isinstance(name, layers.Label)] == ["position", "velocity"]


def test_errors_come_home_decade_by_decade() -> None:
    y = LANES.world_from_error(0.3, 10.0 ** -np.arange(7))[:, 1]
    assert y == pytest.approx(-1.6 + 0.1 * np.arange(7))
    assert LANES.world_from_error(0.3, [1e-9])[0, :2] == pytest.approx((0.3, -1.0))  # home is home
    assert LANES.world_from_error(0.3, [1e9])[0, 1] == pytest.approx(-1.0 - 1.14 * 0.6)
    assert np.isfinite(LANES.world_from_error(0.3, [0.0])).all()


def test_the_scale_stands_at_its_errors() -> None:
    labels = [layer for layer in LANES.ruled([-0.5, 0.5]) if isinstance(layer, layers.Label)]
    assert [label.text for label in labels] == ["10^{-6}", "10^{-4}", "10^{-2}", "1", "error"]
    errors = [1e-6, 1e-4, 1e-2, 1.0]
    assert [label.position[1] for label in labels[:4]] == pytest.approx(LANES.world_from_error(0, errors)[:, 1])


def test_a_bead_lies_at_the_end_of_its_way() -> None:
    way, bead = LANES.bead(0.5, 1e-3, "accent", 6.0, name="Error")
    assert isinstance(way, layers.Lines)
    assert isinstance(bead, layers.Points)
    assert bead.position[0] == pytest.approx(way.paths[0][-1])
    assert bead.position[0, 1] == pytest.approx(-1.3)
    assert bead.worth == [1e-3]


def test_an_error_beyond_the_lane_is_told() -> None:
    end = 10 ** (LANES.decades * (LANES.most - 1))  # the lane's length times `most` on its logarithmic scale
    assert len(LANES.bead(0.5, 0.99 * end, "accent", 6.0, name="Error")) == 2
    *_, bead, told = LANES.bead(0.5, 1372.0, "accent", 6.0, name="Error")
    assert isinstance(told, layers.Label)
    assert isinstance(bead, layers.Points)
    assert told.text == "error 1372"
    assert told.position == pytest.approx(bead.position[0])


def test_points_of_the_plane_are_lifted() -> None:
    assert shapes.lifted((1, 2)) == pytest.approx((1, 2, 0))
    assert shapes.lifted([[(1, 2)], [(3, 4)]], 0.5) == pytest.approx(np.array([[(1, 2, 0.5)], [(3, 4, 0.5)]]))


def test_a_heat_maps_cells_and_its_ring() -> None:
    even, ratios = layers.HeatAxis("b", 0.0, 1.0), layers.HeatAxis("a", 1.0, 100.0, log=True)
    assert even.middles(4) == pytest.approx([0.125, 0.375, 0.625, 0.875])
    assert ratios.middles(2) == pytest.approx([10**0.5, 10**1.5])
    made = layers.HeatMap("steps", np.zeros((4, 2)), ratios, even)
    marked = made.marked(3.0, 0.25)
    assert (marked.x.now, marked.y.now) == (3.0, 0.25)
    assert marked.values is made.values
