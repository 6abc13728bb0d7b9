"""What is drawn in the plane lies in it, where it was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.models import linear_maps
from lossland.scenery import plane


def test_paths_arrows_and_names_lie_in_the_plane() -> None:
    assert np.asarray(plane.path([(1, 2), (3, 4)], "text", 2.0).paths[0]).tolist() == [[1, 2, 0], [3, 4, 0]]
    arrow = plane.arrow((3.0, 4.0), "i", 5.0)
    assert (np.asarray(arrow.tail).tolist(), np.asarray(arrow.tip).tolist()) == ([[0, 0, 0]], [[3, 4, 0]])
    name = plane.name((1.0, 0.0), "v", "text", (0.0, 1.0))
    assert (np.asarray(name.position).tolist(), np.asarray(name.side).tolist()) == ([1, 0, 0], [0, 1, 0])


@pytest.mark.parametrize("length", [1e-3, 1.0, 50.0])
def test_a_whole_line_is_as_long_whatever_its_direction(length: float) -> None:
    (ends,) = plane.line((0.6 * length, 0.8 * length), "text", 1.0).paths
    np.testing.assert_allclose(ends, plane.FAR * np.array([(-0.6, -0.8, 0.0), (0.6, 0.8, 0.0)]))


def test_directions_that_are_kept_are_told_with_their_factors() -> None:
    kept = linear_maps.eigen_directions(np.array([[3.0, 1.0], [0.0, 2.0]]))
    told = plane.kept_directions("Lines", kept, ["now", ""], None)
    assert [row[0] for row in told.rows] == ["eigen1", "eigen2"]
    assert [row[2].rpartition(" ")[2] for row in told.rows] == ["3", "2"]
    assert plane.kept_directions("Lines", [], [], None).rows[0][1] == r"\text{none}"
    assert plane.kept_directions("Lines", [], [], 2.0).rows[0][2].endswith("2")


@pytest.mark.parametrize("turn", [0.6, np.pi / 2])
@pytest.mark.parametrize(("arrow", "other"), [((1, 0), (0, 1)), ((0, 2), (1, 0)), ((-3, 1), (2, 2))])
def test_a_name_stands_off_the_line_of_its_arrow_away_from_another(arrow: Any, other: Any, turn: float) -> None:
    side = plane.beside(arrow, other, turn)
    cosine = side @ arrow / np.linalg.norm(arrow) ** 2
    assert cosine == pytest.approx(np.cos(turn))
    assert np.sign(np.linalg.det([arrow, side])) == -np.sign(np.linalg.det([arrow, other]))
