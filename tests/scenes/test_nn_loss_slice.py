"""The landscape of a network: its middle, its filters, what it holds of the path, and slices from files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland import words
from lossland.cli import main
from lossland.errors import UserError
from lossland.models import datasets, networks, slicefiles, slicing, training
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("nn_loss_slice", preset, **{"resolution": 9, **values})


# ------------------------------------------------------------------------------------------------------ truths
@pytest.mark.parametrize("preset", ["its own filters", "the path's plane", "following the path", "sharpest directions"])
def test_the_centre_is_the_training_loss(preset: str) -> None:
    read = scene(preset).readouts(0.0)
    assert read["centre"] == pytest.approx(read["training_loss"], abs=1e-6)
    data = datasets.moons(200, 0.1)
    network = networks.mlp((2, 8, 8, 1), loss="logistic")
    end = training.train(network, data.points, data.target, "adam:lr=0.01", 160, batch=50).end[0]
    assert read["training_loss"] == pytest.approx(float(network.loss(end, data.points, data.target)), abs=1e-12)
    assert read["norms_match"] == (preset == "its own filters")


def test_a_filter_directions_filters_are_as_long_as_the_weights() -> None:
    made = scene()
    prepared = made.prepared()
    weights = prepared.task.network.views(prepared.theta)
    for row in made.slice.directions:
        for name, part in prepared.task.network.views(row).items():
            if part.ndim > 1:
                lengths = np.linalg.norm(part, axis=1), np.linalg.norm(weights[name], axis=1)
                np.testing.assert_allclose(*lengths, rtol=1e-7)
    assert made.readouts(0.0)["norms_match"]


def test_what_the_plane_holds() -> None:
    filters, plane, sharp = (
        scene(p).readouts(0.0) for p in ("its own filters", "the path's plane", "sharpest directions")
    )
    assert filters["explained"] < 0.2 < 0.9 < plane["explained"]
    assert abs(plane["cosine"]) < 1e-6
    assert sharp["curvature"] == pytest.approx(sharp["top_eigenvalue"], rel=1e-4)
    assert filters["curvature"] < filters["top_eigenvalue"]
    assert abs(sharp["trace"]) > sharp["trace_error"] > 0


def test_along_the_path_the_local_surface_is_the_true_loss() -> None:
    made = scene("following the path")
    found = made.slice
    on_path = made.prepared().recipe.surface.at(found.path)[0]
    np.testing.assert_allclose(on_path, found.path_loss, atol=1e-6)


def test_a_linear_models_slice_is_a_parabola_along_every_line() -> None:
    made = scene(data="gauss", widths="", resolution=9, directions="random")
    network = made.prepared().task.network
    assert network.size == 3  # two weights and a bias
    data = datasets.gauss(200, 0.1)
    wanted = made.slice.value[4, 4]
    margin = (data.points @ made.prepared().theta[:2] + made.prepared().theta[2]) * data.target
    assert wanted == pytest.approx(np.log1p(np.exp(-margin)).mean(), abs=1e-6)


# ------------------------------------------------------------------------------------------------- picture and handle
def test_the_ground_is_exact_at_the_networks() -> None:
    made = scene(resolution=11)
    assert made.terrain.value.shape[0] > 100
    every = (len(made.terrain.x) - 1) // 10
    np.testing.assert_array_equal(made.terrain.value[::every, ::every], made.slice.value)


def test_a_window_refines_and_ends_the_same() -> None:
    whole = scene(resolution=41).slice.value
    made = scene(resolution=41)
    made.live = True
    shapes = []
    for turn in range(100):
        made.turn, made.unfinished = turn, False
        made.frame(0.0)
        shapes.append(made.slice.value.shape)
        if not made.unfinished:
            break
    assert shapes[0] < shapes[-1] == (41, 41)
    np.testing.assert_array_equal(made.slice.value, whole)


def test_the_view_turns_where_the_path_hardly_moves() -> None:
    for preset, degrees in (("its own filters", -25.0), ("the path's plane", 0.0)):
        made = scene(preset)
        assert made.frame(0.0).view.turned == (degrees, 0.0)
        assert made.frame(made.clock.seconds).view.turned == (0.0, 0.0)


def test_another_network_is_asked_by_dragging() -> None:
    made = scene()
    (handle,) = made.handles(0.0)
    handle.move(made, (0.4, -0.3))
    assert made.place == (0.4, -0.3)
    prepared = made.prepared()
    theta = prepared.theta + np.array(made.place) @ prepared.recipe.blank.directions
    read = made.readouts(0.0)
    assert read["loss"] == pytest.approx(float(prepared.task.loss(theta)), rel=1e-5)
    data = prepared.task
    assert read["accuracy"] == pytest.approx(float(data.network.accuracy(theta, data.points, data.target)), abs=0.006)
    assert not made.click((99.0, 0.0))
    assert made.click((0.0, 0.5))
    assert made.place == (0.0, 0.5)


def test_a_place_outside_the_slice_is_refused_and_one_inside_stays_there() -> None:
    with pytest.raises(UserError, match=r"place = 100, 100 lies outside the slice, which has α from -1 to 1"):
        scene(place=(100.0, 100.0))
    made = scene(place=(0.8, -0.3))
    made.set("radius", 0.5)
    assert made.place == (0.5, -0.3)
    with pytest.raises(UserError, match="outside"):
        made.set("place", (0.6, 0.0))
    assert made.place == (0.5, -0.3)
    made.set("radius", 2.0)
    assert made.place == (0.5, -0.3)


def test_two_optima_are_joined_by_a_curve() -> None:
    frame = scene("two optima").frame(0.0)
    assert any(layer.name == "Curve between the optima" for layer in frame.layers)


@pytest.mark.parametrize("widths", ["8-x", "0", "1-2-3-4-5-6-7", "500"])
def test_wrong_widths_are_told(widths: str) -> None:
    with pytest.raises(UserError, match="widths are up to 6"):
        scene(widths=widths)


# ------------------------------------------------------------------------------------------------------- from files
def test_a_file_is_flown_over(tmp_path: Path) -> None:
    file = tmp_path / "s.npz"
    found = slicing.slice("2-4-1", "xor", directions="pca", n=(9, 7), steps=20)
    slicefiles.write(file, found)
    made: Any = ll.scene(str(file))
    assert made.name == "nn_loss_slice"
    np.testing.assert_array_equal(made.slice.value, found.value)
    assert made.terrain.domain == ((found.x[0], found.x[-1]), (found.y[0], found.y[-1]))
    frame = made.frame(made.clock.seconds)
    assert any(isinstance(layer, layers.Trail) for layer in frame.layers)
    assert made.readouts(0.0)["least"] == found.value.min()
    made.set("data", "circle")  # another one is asked for
    assert made.file == ""
    assert "centre" in made.readouts(0.0)


def test_the_loss_that_a_file_tells_is_that_of_the_network(tmp_path: Path) -> None:
    """The path's end and its points' shadows lie between the samples: their own losses are told, of none a grid's."""
    prepared = slicing.prepare("2-4-1", "xor", directions="pca", n=(8, 8), steps=20)
    found = prepared.recipe.whole()
    shadow = prepared.recipe.surface.at(found.path)[0]
    slicefiles.write(tmp_path / "s.npz", replace(found, shadow_loss=shadow))
    made: Any = ll.scene(tmp_path / "s.npz")
    exact = prepared.task.loss(prepared.theta)
    assert made.readouts(0.0)["loss"] == pytest.approx(float(exact), abs=1e-12)
    assert abs(found.nearest((0.0, 0.0))[0] - float(exact)) > 1e-4
    (label,) = [one for one in made.frame(0.0).layers if isinstance(one, layers.Label) and one.text == "loss"]
    assert label.value == words("?.3", float(exact))
    made.set("place", tuple(found.path[3]))
    assert made.readouts(0.0)["loss"] == pytest.approx(float(shadow[3]), abs=1e-12)
    made.set("place", (float(found.x[2]), float(found.y[5])))
    assert (made.readouts(0.0)["loss"], made.readouts(0.0)["accuracy"]) == (found.value[5, 2], found.accuracy[5, 2])


def test_a_file_of_the_command_tells_what_it_may_be_trusted_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--net", "2-4-1", "--data", "xor", "--steps", "30", "-n", "5", "-o", str(tmp_path / "s.h5"), "--json"]
    assert main(["slice", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    made: Any = ll.scene(tmp_path / "s.h5")
    notes = made.frame(made.clock.seconds).notes
    title = next(note for note in notes if isinstance(note, layers.Title))
    assert title.text == "MLP 2-4-1"
    assert made.slice.explained == pytest.approx(told["explained"])
    assert "the plane holds" in str(title.lines[-1])
    true, shadow = next(note for note in notes if isinstance(note, layers.Chart)).series
    assert abs(np.asarray(true.y) - np.asarray(shadow.y)).max() == pytest.approx(told["path_gap"])


def test_gaps_of_a_partial_file_stay_gaps(tmp_path: Path) -> None:
    x = np.arange(5.0)
    value = np.add.outer(x, x)
    value[1, 3] = np.nan
    np.savez(tmp_path / "s.npz", x=x, y=x, value=value)
    made: Any = ll.scene(tmp_path / "s.npz")
    every = (len(made.terrain.x) - 1) // 4
    np.testing.assert_array_equal(made.terrain.value[::every, ::every], value)
    assert np.isnan(made.terrain.value[every + 1, 3 * every + 1])
    np.testing.assert_allclose(made.terrain.value[-1, :], 4 + made.terrain.x, atol=1e-9)
    assert made.frame(0.0).layers


def test_a_line_is_no_landscape(tmp_path: Path) -> None:
    np.savez(tmp_path / "s.npz", x=np.arange(5.0), value=np.arange(5.0))
    with pytest.raises(UserError, match="a landscape needs two"):
        ll.scene(tmp_path / "s.npz")


def test_the_loss_is_not_written_over_the_path() -> None:
    """In the sharpest directions the path comes from the front, elsewhere from behind or the side."""
    for preset, side in (("sharpest directions", "left"), ("its own filters", "below"), ("the path's plane", "below")):
        made: Any = ll.scene("nn_loss_slice", preset)
        (label,) = [one for one in made.frame(0.0).layers if isinstance(one, layers.Label)]
        assert label.side == side


def test_the_losses_of_the_training_stand_beside_the_chart() -> None:
    made: Any = ll.scene("nn_loss_slice")
    notes = made.frame(0.0).notes
    chart = next(note for note in notes if isinstance(note, layers.Chart))
    legend = next(note for note in notes if isinstance(note, layers.Legend))
    assert [float(row.cells[0]) for row in legend.rows] == pytest.approx([one.y[0] for one in chart.series], abs=5e-4)
