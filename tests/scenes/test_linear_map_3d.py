"""Space and what is lost: the truths of the catalogue, the four subspaces, and what is drawn of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import linalg
from scipy.spatial.transform import Rotation

import lossland as ll
from lossland.models import subspaces
from lossland.scenery import library
from lossland.world import layers

PRESETS = list(library.scene_class("linear_map_3d").presets)


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("linear_map_3d", preset, **values)


def test_a_box_of_volume_two() -> None:
    read = scene().readouts()
    assert read["determinant"] == pytest.approx(2.0)
    np.testing.assert_allclose(read["singular_values"], (2, 1.618034, 0.618034), atol=1e-6)
    assert (read["rank"], read["nullity"]) == (3, 0)


def test_a_projection_loses_a_line() -> None:
    made = scene("projection")
    read = made.readouts()
    np.testing.assert_allclose(made.a @ (1, 2, 3), (-1, 0, 1), atol=1e-12)
    np.testing.assert_allclose(read["eigenvalues"], (1, 1, 0), atol=1e-12)
    assert (read["rank"], read["nullity"]) == (2, 1)
    np.testing.assert_allclose(read["null_space"], [np.ones(3) / np.sqrt(3)], atol=1e-12)


def test_an_axis_cycle_is_a_turn_of_120_degrees() -> None:
    made = scene("rotation")
    assert made.readouts()["turn_degrees"] == pytest.approx(120.0)
    for time in np.linspace(0, 12, 7):
        moved = made.readouts(float(time))["matrix_now"]
        np.testing.assert_allclose(moved @ np.ones(3), np.ones(3), atol=1e-12)  # the axis stays
        np.testing.assert_allclose(moved.T @ moved, np.eye(3), atol=1e-12)  # and so do lengths and angles, all the way
        assert made.readouts(float(time))["volume_now"] == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(6))
def test_paths_lead_from_the_identity_to_the_matrix(seed: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(3, 3))
    np.testing.assert_allclose(subspaces.on_path(matrix, 0.0), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(subspaces.on_path(matrix, 1.0), matrix, atol=1e-12)
    if np.linalg.det(matrix) > 0:
        assert all(np.linalg.det(subspaces.on_path(matrix, t)) > 0 for t in np.linspace(0, 1, 21))
        turn, stretch = linalg.polar(matrix)
        half = Rotation.from_rotvec(Rotation.from_matrix(turn).as_rotvec() / 2).as_matrix() @ (np.eye(3) + stretch) / 2
        np.testing.assert_allclose(subspaces.on_path(matrix, 0.5), half, atol=1e-9)


@pytest.mark.parametrize("turn", [np.diag((1.0, -1, -1)), np.diag((-1.0, -1, 1)), np.eye(3)])
def test_half_turns_and_no_turn(turn: np.ndarray) -> None:
    assert subspaces.is_turn(turn)
    axis, angle = subspaces.turn_of(turn)
    np.testing.assert_allclose(subspaces.rotation_about(axis, angle), turn, atol=1e-12)


@pytest.mark.parametrize("no_turn", [np.diag((1.0, 1, -1)), np.diag((2.0, 0.5, 1)), np.zeros((3, 3))])
def test_a_mirror_a_stretch_and_a_collapse_are_no_turns(no_turn: np.ndarray) -> None:
    assert not subspaces.is_turn(no_turn)


@pytest.mark.parametrize("size", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_the_subspaces_of_every_rank(size: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(3, size)) @ random.normal(size=(size, 3))
    assert subspaces.rank(matrix) == size == len(subspaces.column_space(matrix))
    lost = subspaces.null_space(matrix)
    assert len(lost) == 3 - size
    np.testing.assert_allclose(matrix @ lost.T, np.zeros((3, 3 - size)), atol=1e-12)
    if 0 < size < 3:
        ours, theirs = lost.T @ lost, linalg.null_space(matrix) @ linalg.null_space(matrix).T
        np.testing.assert_allclose(ours, theirs, atol=1e-9)
    b = random.normal(size=3)
    x = subspaces.least_squares(matrix, b)
    np.testing.assert_allclose(x, np.linalg.pinv(matrix) @ b, atol=1e-9)
    np.testing.assert_allclose(matrix.T @ (b - matrix @ x), np.zeros(3), atol=1e-9)  # at right angles to the columns


@pytest.mark.parametrize("seed", range(4))
def test_gram_schmidt_is_the_qr_decomposition_with_its_lengths(seed: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(3, 3))
    q, r = np.linalg.qr(matrix)
    np.testing.assert_allclose(subspaces.orthogonalized(matrix), q * np.diag(r), atol=1e-12)


def test_a_column_within_the_span_of_those_before_becomes_nothing() -> None:
    found = subspaces.orthogonalized(np.array([[1.0, 2, 0.3], [1, 2, 0.1], [0.3, 0.6, 1]]))
    np.testing.assert_array_equal(found[:, 1], 0.0)
    assert np.linalg.norm(found[:, 2]) > 0.1


@pytest.mark.parametrize("preset", PRESETS)
def test_the_lattice_ends_where_the_matrix_sends_it(preset: str) -> None:
    made = scene(preset, **({"lattice": 9} if preset == "quarter of a million" else {}))
    if made.show != "map":
        assert made.frame(0.0).layer("lattice") is None
        return
    first, last = (made.frame(t).layer("lattice") for t in (0.0, made.clock.seconds))
    start, end = (layer.position @ layer.by.T for layer in (first, last))
    np.testing.assert_allclose(end, start @ made.a.T, atol=1e-5)


@pytest.mark.parametrize("preset", ["projection", "rank one", "from two to three", "from three to two"])
def test_what_is_lost_falls_into_the_origin(preset: str) -> None:
    made = scene(preset)
    for time in (0.0, 12.0):
        frame = made.frame(time)
        lost = [frame.layer(f"lost {k}") for k in range(made.readouts()["nullity"])]
        longest = [np.abs(line.paths[0]).max() for line in lost]
        assert all(size > 0.5 for size in longest) if time == 0.0 else all(size < 1e-9 for size in longest)
    reached = made.frame(12.0).layer("reached")
    assert isinstance(reached, layers.Lines if made.readouts()["rank"] == 1 else layers.Solid)


def test_a_plane_that_is_lost_is_drawn_as_a_net() -> None:
    made = scene("rank one")
    for time in (0.0, 5.0, 12.0):
        net = np.concatenate(made.frame(time).layer("lost plane").paths) / made.unit()
        back = net @ np.linalg.pinv(made.readouts(time)["matrix_now"]).T if time < 12.0 else net
        np.testing.assert_allclose(made.a @ back.T, 0.0, atol=1e-9)
    assert made.frame(0.0).layer("lost plane") is not None
    assert scene("projection").frame(0.0).layer("lost plane") is None


def test_the_half_axes_of_the_ellipsoid_are_the_singular_values() -> None:
    made = scene("ball")
    axes = np.array(made.frame(12.0).layer("half axes").paths)[:, 1] / made.unit()
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), (2, 1.618034, 0.618034), atol=1e-6)
    np.testing.assert_allclose(axes @ axes.T, np.diag(np.square(np.linalg.norm(axes, axis=1))), atol=1e-9)
    start = np.array(made.frame(0.0).layer("half axes").paths)[:, 1] / made.unit()
    np.testing.assert_allclose(np.linalg.norm(start, axis=1), 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_no_point_of_the_moved_ball_is_farther_along(seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix, direction = random.normal(size=(3, 3)), random.normal(size=3)
    found = subspaces.farthest(matrix, direction)
    assert np.linalg.norm(np.linalg.solve(matrix, found)) == pytest.approx(1.0)
    sphere = random.normal(size=(20_000, 3))
    others = sphere / np.linalg.norm(sphere, axis=1, keepdims=True) @ matrix.T
    assert (others @ direction).max() <= found @ direction * (1 + 1e-12)
    assert (others @ direction).max() == pytest.approx(found @ direction, rel=1e-2)
    assert not subspaces.farthest(np.zeros((3, 3)), direction).any()


def test_the_steps_along_the_columns_lead_below_b() -> None:
    made = scene("least squares")
    frame, read = made.frame(12.0), made.readouts()
    steps = [frame.layer(f"step {k}") for k in range(2)]
    np.testing.assert_allclose(steps[1].tip[0], made.world(read["nearest"]), atol=1e-12)
    assert read["residual"] == pytest.approx(np.linalg.norm(np.array(made.target) - read["nearest"]))
    assert scene(show="target").readouts()["residual"] == pytest.approx(0.0, abs=1e-12)  # all of space is reached


def test_heads_are_dragged_in_space() -> None:
    made = scene("least squares")
    for handle in made.handles(0.0):
        handle.move(made, (0.31, -0.62, 0.155))
    unit = made.unit()
    np.testing.assert_allclose(made.a, np.outer((0.31, -0.62, 0.155), np.ones(3)) / unit, atol=0.006)
    np.testing.assert_allclose(made.target, np.array((0.31, -0.62, 0.155)) / unit, atol=0.006)
    assert all(handle.free for handle in made.handles(0.0))


@pytest.mark.parametrize("show", ["map", "target", "right angles"])
@pytest.mark.parametrize("shape", ["cube", "ball"])
def test_a_matrix_of_zeros_can_be_shown(show: str, shape: str) -> None:
    made = scene(show=show, shape=shape, matrix=np.zeros((3, 3)), target=(0, 0, 0))
    for time in (0.0, 6.0, 12.0):
        assert made.frame(time).layers
    assert made.readouts()["nullity"] == 3


def test_a_matrix_that_sends_everything_to_zero_has_a_picture() -> None:
    made = library.scene("linear_map_3d", matrix=np.zeros((3, 3)))
    assert ll.snapshot(made, size=(128, 72), time=made.clock.seconds).shape == (72, 128, 4)


def test_the_lattice_is_uploaded_once_and_moved_by_the_matrix_of_the_moment() -> None:
    made = scene("quarter of a million", lattice=20)
    seen: list[Any] = [made.frame(time).layer("lattice") for time in (0.0, 4.0, 12.0)]
    assert all(layer.position is seen[0].position for layer in seen)
    assert len(seen[0].position) == 20**3
    for time, layer in zip((0.0, 4.0, 12.0), seen, strict=True):
        np.testing.assert_allclose(layer.by, made.unit() * made.readouts(time)["matrix_now"])


def test_only_in_the_end_the_volume_is_the_determinant_of_the_matrix_beside_it() -> None:
    made = library.scene("linear_map_3d")
    for time in (0.0, 4.0, 12.0):
        (meter,) = [note for note in made.frame(time).notes if isinstance(note, layers.Meter)]
        assert meter.value == pytest.approx(made.readouts(time)["volume_now"])
        assert (r"\det A" in meter.latex) is (time == 12.0)
