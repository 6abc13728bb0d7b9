"""A matrix moves the plane: where it ends, what the paths keep, and what the picture shows of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("linear_map_2d", preset, **values)


def layer(frame: ll.Frame, kind: type) -> Any:
    return next(one for one in frame.layers if isinstance(one, kind))


def moved_square(made: Any, time: float) -> np.ndarray:
    return next(one for one in made.frame(time).layers if isinstance(one, layers.Polygon) and one.fill > 0).corners


@pytest.mark.parametrize("preset", list(library.scene_class("linear_map_2d").presets))
def test_the_plane_ends_where_the_matrix_sends_it(preset: str) -> None:
    made = scene(preset)
    matrix, end = np.array(made.matrix), made.clock.seconds
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    np.testing.assert_allclose(moved_square(made, end)[:, :2], square @ matrix.T, atol=1e-6)
    np.testing.assert_allclose(layer(made.frame(end), layers.WarpedGrid).matrix, matrix, atol=1e-12)
    np.testing.assert_allclose(layer(made.frame(0.0), layers.WarpedGrid).matrix, np.eye(2), atol=1e-12)
    readouts = made.readouts(end)
    assert readouts["area"] == pytest.approx(abs(np.linalg.det(matrix)), abs=1e-9)
    assert readouts["area_now"] == pytest.approx(abs(np.linalg.det(matrix)), abs=1e-9)


@pytest.mark.parametrize("preset", ["rotation", "half turn"])
def test_a_rotation_keeps_every_radius(preset: str) -> None:
    made = scene(preset)
    for time in np.linspace(0, made.clock.seconds, 13):
        np.testing.assert_allclose(made.readouts(float(time))["radius_now"], 1.0, atol=1e-12)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (((1, 1), (0, 1)), (1.618034, 0.618034)),
        (((3, 0), (4, 5)), (6.708204, 2.236068)),
        (((2, 1), (1, 2)), (3.0, 1.0)),
    ],
)
def test_singular_values(matrix: Any, expected: tuple[float, float]) -> None:
    np.testing.assert_allclose(scene(matrix=matrix).readouts()["singular_values"], expected, atol=1e-6)


def test_a_projection_done_twice_is_done_once() -> None:
    assert scene("projection").readouts()["twice_less_once"] == pytest.approx(0.0, abs=1e-15)


def test_a_mirror_is_said_to_go_straight() -> None:
    made = scene("reflection")
    half = made.readouts(made.clock.seconds / 2)
    np.testing.assert_allclose(half["matrix_now"], (np.eye(2) + np.array(made.matrix)) / 2, atol=1e-12)
    title = next(note for note in made.frame(1.0).notes if isinstance(note, layers.Title))
    assert "straight" in title.lines[0]
    assert made.readouts()["determinant"] == pytest.approx(-1)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("path", ["polar", "straight", "factors"])
def test_every_path_leads_from_the_identity_to_the_matrix(path: str, seed: int) -> None:
    matrix = np.round(np.random.default_rng(seed).uniform(-3, 3, (2, 2)), 2)
    made = scene(matrix=matrix, path=path)
    np.testing.assert_allclose(made.readouts(0.0)["matrix_now"], np.eye(2), atol=1e-12)
    np.testing.assert_allclose(made.readouts(made.clock.seconds)["matrix_now"], matrix, atol=1e-12)
    if path == "polar" and np.linalg.det(matrix) > 0:
        signs = [made.readouts(float(t))["determinant_now"] for t in np.linspace(0, 6, 25)]
        assert min(signs) > 0  # a turn and a stretch never flatten the plane


def test_eigenvectors_are_drawn_on_lines_that_do_not_turn() -> None:
    made = scene(matrix=((3, 1), (0, 2)))
    lines = [one for one in made.frame(3.0).layers if isinstance(one, layers.Lines) and one.dash]
    directions = [path[1, :2] - path[0, :2] for one in lines for path in one.paths]
    expected = [(1, 0), (-1, 1)]
    for direction, wanted in zip(directions, expected, strict=True):
        assert abs(direction[0] * wanted[1] - direction[1] * wanted[0]) < 1e-9
    assert not [one for one in scene("rotation").frame(3.0).layers
                if isinstance(one, layers.Lines) and one.dash]  # fmt: skip


def test_a_pure_rotation_is_not_said_to_stretch() -> None:
    title = next(note for note in scene("rotation").frame(3.0).notes if isinstance(note, layers.Title))
    assert title.lines == ("The plane turns by 90°",)
    title = next(note for note in scene("shear").frame(3.0).notes if isinstance(note, layers.Title))
    assert title.lines[0].endswith("while it stretches")


def test_a_still_leaves_out_the_rings_that_are_dragged() -> None:
    frame = scene("rotation").frame(3.0)
    assert sum(layer.name == "Column" for layer in frame.layers) == 2
    assert not [layer for layer in frame.still.layers if layer.name == "Column"]
    assert len(frame.still.layers) == len(frame.layers) - 2


def test_the_radii_have_their_names_once_they_are_as_long_as_the_singular_values() -> None:
    made = scene("singular values")
    names = [
        [one.text for one in made.frame(time).layers if isinstance(one, layers.Label)] for time in (0.0, 1.5, 4.5, 6.0)
    ]
    assert [r"\sigma_1" in found and r"\sigma_2" in found for found in names] == [False, False, True, True]
    for label in made.frame(6.0).layers:
        if isinstance(label, layers.Label) and label.text.startswith(r"\sigma"):
            expected = {r"\sigma_1": 6.708204, r"\sigma_2": 2.236068}[label.text]
            assert np.linalg.norm(label.position) == pytest.approx(expected, abs=1e-6)
