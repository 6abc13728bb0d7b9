"""One neuron: its numbers against closed forms, and what its picture shows of them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from lossland.models import neurons
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("single_neuron", preset, **values)


def test_three_four_five() -> None:
    read = scene(w=(3, 4), b=-5, x=(3, 4), activation="relu").readouts()
    assert (read["z"], read["output"], read["distance"], read["line_from_origin"]) == (20.0, 20.0, 4.0, 1.0)
    np.testing.assert_allclose(read["shadow"], (3, 4), atol=1e-12)


@pytest.mark.parametrize("gate", ["and", "or", "nand"])
def test_a_gate_is_right_at_all_four_corners(gate: str) -> None:
    made = scene(gate)
    said = {"and": np.logical_and, "or": np.logical_or, "nand": lambda p, q: ~np.logical_and(p, q)}[gate]
    p, q = neurons.CORNERS.T.astype(bool)
    np.testing.assert_array_equal(made.neuron.output(neurons.CORNERS), said(p, q))
    assert made.readouts()["right"] == 4


def test_no_line_makes_xor() -> None:
    grid = np.linspace(-2, 2, 17)
    z = np.array([neurons.CORNERS @ (u, v) + b for u, v, b in product(grid, grid, grid)])
    wanted = np.logical_xor(*neurons.CORNERS.T.astype(bool))
    assert ((z > 0) == wanted).sum(axis=1).max() == 3
    made = scene("no xor")
    np.testing.assert_allclose(made.readouts()["least_squares"], (0, 0, 0.5), atol=1e-12)
    assert made.readouts()["right"] == 3
    np.testing.assert_array_equal(neurons.GATES["xor"], wanted)


def test_activations_are_scipys() -> None:
    z = np.linspace(-40, 40, 81)
    np.testing.assert_allclose(neurons.bent("sigmoid", z), expit(z), rtol=1e-12, atol=1e-16)
    np.testing.assert_array_equal(neurons.bent("step", z), np.heaviside(z, 0.0))
    np.testing.assert_array_equal(neurons.bent("relu", z), np.maximum(z, 0))


def test_the_sheet_shows_the_output_over_the_square() -> None:
    made = scene("both signs")
    sheet = next(one for one in made.frame(made.clock.seconds).layers if isinstance(one, layers.Sheet))
    assert sheet.share == 1.0
    x, y, z = np.moveaxis(np.asarray(sheet.end), -1, 0)
    np.testing.assert_allclose(z / made.unit, np.tanh(-1.6 * x + 1.0 * y + 0.8), atol=1e-9)
    assert np.abs(x).max() == pytest.approx(made.reach)
    assert np.abs(y).max() == pytest.approx(made.reach)
    assert np.abs(np.asarray(sheet.end)[..., :2]).max() <= made.reach * (1 + 1e-8)


def test_the_bold_line_is_where_z_is_zero() -> None:
    made = scene("distance")
    for share in (0.45, 1.0):
        frame = made.frame(share * made.clock.seconds)
        (line,) = next(one for one in frame.layers if one.name == "z = 0").paths
        np.testing.assert_allclose(line[:, :2] @ (3, 4) - 5, 0, atol=1e-9)


def test_dragging_the_line_puts_it_under_the_pointer() -> None:
    made = scene(w=(3, 4), b=-5)
    handle = next(one for one in made.handles(made.now(0.0)) if one.name == "b")
    np.testing.assert_allclose(handle.position[:2], np.array([3, 4]) / 5)
    handle.move(made, (1.0, -2.0))
    assert made.b == 5.0


def test_a_straight_cut_finds_the_line_between_two_clouds() -> None:
    random = np.random.default_rng(3)
    points = random.normal(size=(300, 3)) * (1, 5, 0.2)
    positive = points @ (2.0, -0.5, 6.0) > 0.4
    cut = neurons.straight_cut(points, positive)
    assert cut.accuracy > 0.985
    assert neurons.straight_cut(neurons.CORNERS, np.array(neurons.GATES["xor"])).accuracy <= 0.75


def test_without_weights_there_is_still_a_picture() -> None:
    made = scene(w=(0, 0))
    assert np.isnan(made.readouts()["distance"])
    assert all(made.frame(t).layers for t in np.linspace(0, made.clock.seconds, 5))
