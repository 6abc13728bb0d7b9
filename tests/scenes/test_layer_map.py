"""A layer of neurons: its outputs, areas and folds against closed forms, and what its picture shows of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit

import lossland as ll
from lossland.models import layer_maps
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("layer_map", preset, **values)


def sheet(made: ll.Scene, share: float) -> np.ndarray:
    """The points of the sheet as the shader draws them."""
    found = next(one for one in made.frame(share * made.clock.seconds).layers if one.key == "sheet")
    assert isinstance(found, layers.Sheet)
    assert found.end is not None
    return np.asarray(found.start) + found.share * (np.asarray(found.end) - np.asarray(found.start))


def test_the_folds_of_the_book() -> None:
    read = scene(weights="1,1;1,1", bias="0,-1", activation="relu").readouts()
    np.testing.assert_array_equal(read["outputs"], [(0, 0), (1, 0), (1, 0), (2, 1)])
    np.testing.assert_array_equal(read["outputs"] @ (1, -2), (0, 1, 1, 0))
    assert read["determinant"] == 0.0
    assert (read["cut_before"], read["cut_after"]) == (0.5, 1.0)


@pytest.mark.parametrize("preset", ["tanh bends", "turned over"])
def test_tanh_never_folds(preset: str) -> None:
    read = scene(preset).readouts()
    assert read["area_low"] * read["determinant"] > 0
    assert read["area_high"] * read["determinant"] > 0
    assert read["lost"] == 0.0


def test_relu_folds() -> None:
    made = scene("relu folds")
    z = made.inputs().reshape(-1, 2) @ np.array([(1.0, 0.5), (-0.6, 1.0)]).T + (0.4, 0.3)
    assert made.readouts()["lost"] == pytest.approx(1 - np.mean((z > 0).all(axis=1)))
    assert made.readouts()["lost"] > 0.5


def test_area_factors_are_those_of_small_squares() -> None:
    random = np.random.default_rng(1)
    weights, bias, points, small = random.normal(size=(2, 2)), random.normal(size=2), random.normal(size=(20, 2)), 1e-6
    for activation, phi in (("tanh", np.tanh), ("sigmoid", expit)):

        def layer(x: np.ndarray, phi: Any = phi) -> np.ndarray:
            return phi(x @ weights.T + bias)

        along, up = ((layer(points + small * e) - layer(points - small * e)) / (2 * small) for e in np.eye(2))
        area = along[:, 0] * up[:, 1] - along[:, 1] * up[:, 0]
        found = layer_maps.area_factors(weights, bias, activation, points)
        np.testing.assert_allclose(found, area, rtol=1e-6, atol=1e-9)


def test_a_sheet_in_space_has_the_area_of_its_cross_product() -> None:
    weights = np.array([(1.4, 0.2), (-0.3, 1.4), (0.8, -0.9)])
    found = layer_maps.area_factors(weights, np.zeros(3), "linear", np.zeros((1, 2)))
    assert found[0] == pytest.approx(np.linalg.norm(np.cross(*weights.T)))
    assert scene("a sheet in space").readouts()["determinant"] == pytest.approx(found[0])


@pytest.mark.parametrize("preset", ["fold xor", "tanh bends", "one neuron", "folds in space"])
def test_the_sheet_goes_through_all_stages(preset: str) -> None:
    made = scene(preset)
    x, weights, bias = made.inputs(), np.array(made.weights), np.array(made.bias)
    phi = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}[made.activation]
    stages = (x, x @ weights.T, x @ weights.T + bias, phi(x @ weights.T + bias))
    for share, stage in zip((0.0, 0.35, 0.55, 1.0), stages, strict=True):
        flat = sheet(made, share)
        np.testing.assert_allclose(flat[..., : stage.shape[-1]], stage, atol=1e-9)
        np.testing.assert_allclose(flat[..., stage.shape[-1] :], 0.0, atol=1e-9)


def test_three_neurons_part_a_disc_from_its_ring() -> None:
    read = scene("disc in ring").readouts()
    assert read["cut_before"] < 0.75
    assert read["cut_after"] > 0.97


def test_creases_are_where_a_neuron_is_zero() -> None:
    made = scene("relu folds")
    for line, row, shift in zip(made.layer.creases(*made.square()), made.weights, made.bias, strict=True):
        np.testing.assert_allclose(line @ row + shift, 0.0, atol=1e-9)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_column_goes_where_it_is_dragged(share: float) -> None:
    made = scene()
    handle = next(one for one in made.handles(made.now(share * made.clock.seconds)) if one.name == "j")
    np.testing.assert_allclose(handle.position[:2], np.array([0.8, 1.2]) + (share == 1.0) * np.array([0, -1]))
    handle.move(made, (1.0, 0.5))
    np.testing.assert_allclose(np.array(made.weights)[:, 1], (1.0, 0.5 + (share == 1.0)))


def test_samples_on_a_line_are_piled_up_on_the_side_of_their_class() -> None:
    made = scene("one neuron")
    points, positive = made.data()
    place = made.place(1.0, 1.0, 1.0)
    np.testing.assert_allclose(place[:, 0], np.tanh(points @ (1.0, -1.9)), atol=1e-12)
    assert (place[positive, 1] > 0).all()
    assert (place[~positive, 1] < 0).all()
    values = np.array([0.31, -0.02, 0.33, 0.38, 0.05])
    np.testing.assert_array_equal(layer_maps.piles(values, 0.1), [0, 0, 1, 2, 0])
    of_class = np.array([True, False, True, False, False])
    np.testing.assert_allclose(layer_maps.piled(values, of_class, 0.1, 4), np.array([1, -1, 2, -1, -1]) / 4)


@pytest.mark.parametrize("wrong", ["1,1,1", "1,1;1,1;1,1;1,1", "9,0;0,1"])
def test_weights_are_one_to_three_rows_of_two(wrong: str) -> None:
    with pytest.raises(ll.UserError):
        scene(weights=wrong)


def test_a_bias_of_another_length_is_filled_or_cut() -> None:
    assert scene(weights="1,0;0,1;1,1", bias="1").readouts()["outputs"].shape == (4, 3)
    assert scene(weights="1,0", bias="1,2,3").readouts()["outputs"].shape == (4, 1)
