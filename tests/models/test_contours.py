"""Contours that are known curves: circles, lines, an hyperbola's branch."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.models.contours import trace_contour

DOMAIN = ((-3.0, 3.0), (-3.0, 3.0))


def bowl(x: float, y: float) -> tuple[float, float, float]:
    return x * x + y * y, 2 * x, 2 * y


def test_a_circle_is_closed_and_all_the_way_round() -> None:
    path = trace_contour(bowl, (1.5, 0.0), DOMAIN, 0.02)
    assert np.hypot(*path.T) == pytest.approx(np.full(len(path), 1.5), abs=1e-11)
    assert path[0] == pytest.approx(path[-1])
    length = np.hypot(*np.diff(path, axis=0).T).sum()
    assert length == pytest.approx(2 * np.pi * 1.5, rel=1e-3)
    angle = np.unwrap(np.arctan2(path[:, 1], path[:, 0]))
    assert abs(angle[-1] - angle[0]) == pytest.approx(2 * np.pi, abs=0.03)


def test_a_line_goes_from_edge_to_edge() -> None:
    path = trace_contour(lambda x, y: (x + 2 * y, 1.0, 2.0), (0.0, 0.5), DOMAIN, 0.05)
    assert path @ [1, 2] == pytest.approx(np.ones(len(path)), abs=1e-12)
    assert path[:, 0].max() > 2.9
    assert path[:, 0].min() < -2.9
    assert (np.abs(path) <= 3).all()


def test_one_branch_of_a_hyperbola() -> None:
    path = trace_contour(lambda x, y: (x * y, y, x), (1.0, 1.0), DOMAIN, 0.02)
    assert path[:, 0] * path[:, 1] == pytest.approx(np.ones(len(path)), abs=1e-11)
    assert (path > 0).all()
    assert path[:, 0].max() > 2.9
    assert path[:, 1].max() > 2.9


def test_a_level_point_has_no_contour() -> None:
    assert trace_contour(bowl, (0.0, 0.0), DOMAIN, 0.02).tolist() == [[0.0, 0.0]]


def test_where_there_is_no_number_it_ends() -> None:
    path = trace_contour(lambda x, y: (float("nan"), float("nan"), float("nan")), (1.0, 1.0), DOMAIN, 0.02)
    assert path.tolist() == [[1.0, 1.0]]
