"""Lines that stay: the truths of the catalogue, and what the picture shows of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.models import linear_maps
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("eigenvectors", preset, **values)


def times(made: ll.Scene) -> list[float]:
    return [float(t) for t in np.linspace(0, made.clock.seconds, 9)]


def along(vector: np.ndarray, line: tuple[float, float]) -> bool:
    return abs(vector[0] * line[1] - vector[1] * line[0]) < 1e-12


@pytest.mark.parametrize(
    ("matrix", "factors", "lines"),
    [
        (((2, 1), (1, 2)), (3, 1), ((1, 1), (1, -1))),
        (((3, 1), (0, 2)), (3, 2), ((1, 0), (-1, 1))),
        (((1, 1), (0, 1)), (1, 1), ((1, 0),)),
    ],
)
def test_eigenvectors_keep_their_lines_all_the_way(matrix: Any, factors: Any, lines: Any) -> None:
    made = scene(matrix=matrix)
    for time in times(made):
        read = made.readouts(time)
        np.testing.assert_allclose(read["eigenvalues"], factors, atol=1e-7)
        assert len(read["eigenvectors"]) == len(lines)
        assert all(along(found, line) for found, line in zip(read["eigenvectors"], lines, strict=True))
        np.testing.assert_allclose(read["line_turn_degrees"], 0.0, atol=1e-9)
        stretch = 1 + read["t"] * (np.array(factors[: len(lines)]) - 1)
        np.testing.assert_allclose(read["line_stretch"], stretch, atol=1e-9)
    assert made.readouts(made.clock.seconds)["t"] == 1.0


def test_a_rotation_keeps_no_line() -> None:
    read = scene("rotation").readouts(10.0)
    assert read["eigenvectors"].shape == (0, 2)
    np.testing.assert_allclose(read["eigenvalues_imaginary"], (1, -1))
    assert read["turn_degrees"] == pytest.approx(90.0)
    assert np.isnan(read["power_angles_degrees"]).all()


def test_power_iteration_comes_three_times_as_near_with_each_step() -> None:
    angles = scene("repeat").readouts()["power_angles_degrees"]
    np.testing.assert_allclose(angles[:4], (18.4349, 6.3402, 2.1211, 0.7073), atol=5e-5)
    np.testing.assert_allclose(np.tan(np.radians(angles)), 3.0 ** -np.arange(1, 9), rtol=1e-9)


def test_powers_agree_with_powers_of_the_matrix() -> None:
    matrix, start = np.array([[1.6, 0.6], [0.3, 1.3]]), np.array([0.2, -1.0])
    for k in range(6):
        power = np.linalg.matrix_power(matrix, k) @ start
        np.testing.assert_allclose(linear_maps.repeated(matrix, start, k), power / np.linalg.norm(power), atol=1e-12)


@pytest.mark.parametrize("matrix", [((0, -1), (1, 0)), ((0, 1), (1, 0)), ((2, 0), (0, 2)), ((0, 0), (0, 0))])
def test_without_one_strongest_eigenvalue_nothing_pulls(matrix: Any) -> None:
    assert linear_maps.strongest_line(np.array(matrix, float)) is None


def test_the_angle_to_a_line_does_not_ask_which_way_an_arrow_points() -> None:
    found = linear_maps.degrees_off_line([(1, 1), (-1, -1), (0, 3), (-2, 0), (0, 0)], (1, 0))
    np.testing.assert_allclose(found[:4], (45, 45, 90, 0), atol=1e-12)
    assert np.isnan(found[4])


def arrows(frame: ll.Frame, name: str) -> list[layers.Arrows]:
    return [one for one in frame.layers if isinstance(one, layers.Arrows) and one.name == name]


@pytest.mark.parametrize("preset", ["symmetric", "shear", "rotation", "projection"])
def test_arrows_that_glow_are_on_lines_that_stay(preset: str) -> None:
    made = scene(preset)
    for time in times(made):
        frame, lines = made.frame(time), made.readouts(time)["eigenvectors"]
        glowing = arrows(frame, "Eigenvector")
        assert len(glowing) == len(lines)
        assert sum(len(one.tip) for one in (*glowing, *arrows(frame, "Arrow"))) == 64
        for one in glowing:
            line = lines[int(one.color[-1]) - 1]
            assert all(along(tip[:2], line) for tip in one.tip)


def test_a_search_finds_each_line_when_the_arrow_passes_it() -> None:
    made = scene("search")
    for time in times(made):
        turned = np.arctan2(*made.tried(made.now(time))[::-1]) % (2 * np.pi)
        begun = np.arctan2(-0.2, 1.0) % (2 * np.pi)
        passed = (np.array([np.pi / 4, 3 * np.pi / 4]) - begun) % (2 * np.pi) <= (turned - begun) % (2 * np.pi)
        assert made.found(made.now(time)) == [k for k in range(2) if passed[k]]
    assert made.found(made.now(made.clock.seconds)) == [0, 1]


def test_a_search_rests_for_a_while_on_each_line_that_stays() -> None:
    made = scene("search")
    seen = np.array([made.tried(made.now(time)) for time in np.linspace(0, made.clock.seconds, 201)])
    for line in ((1, 1), (1, -1)):
        rests = sum(along(vector / np.linalg.norm(vector), line) for vector in seen)
        assert rests * made.clock.seconds / 200 > 0.8
    assert scene("search", matrix=((0, -1), (1, 0))).turned(made.now(made.clock.seconds)) == pytest.approx(np.pi)


def test_along_its_eigenvectors_a_matrix_only_stretches() -> None:
    made = scene("eigenbasis")
    grids = [next(one for one in made.frame(t).layers if isinstance(one, layers.WarpedGrid)) for t in times(made)]
    np.testing.assert_allclose(grids[0].matrix, np.eye(2), atol=1e-12)
    basis = made.readouts()["eigenvectors"].T * (1, -1)  # not mirrored
    np.testing.assert_allclose(np.linalg.inv(basis) @ grids[-1].matrix, np.diag((1.9, 1.0)), atol=1e-9)


@pytest.mark.parametrize("matrix", [((0, -1), (1, 0)), ((1, 1), (0, 1)), ((2, 0), (0, 2))])
def test_without_a_basis_of_eigenvectors_the_plane_just_moves(matrix: Any) -> None:
    assert scene(matrix=matrix, act="eigenbasis").readouts(10.0)["t"] == 1.0


def test_an_arrow_of_no_length_is_on_no_line() -> None:
    made = scene(vector=(0, 0))
    assert np.isnan(made.readouts(5.0)["turn_degrees"])
    assert made.frame(5.0).layers
