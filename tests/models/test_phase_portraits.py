"""Where one step leads: the ends of short moves against the map itself."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.models import phase_portraits


def test_moves_that_are_short_enough_end_where_the_map_leads() -> None:
    turn = np.array([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]])
    tail, tip = phase_portraits.moves(lambda points: points @ turn.T, 1.0, 3, longest=1.0).swapaxes(0, 1)
    assert sorted(map(tuple, tail)) == [(x, y) for x in (-0.5, 0.0, 0.5) for y in (-0.5, 0.0, 0.5)]
    assert tip == pytest.approx(tail @ turn.T)


def test_longer_moves_keep_their_direction_alone() -> None:
    tail, tip = phase_portraits.moves(lambda points: -points, 2.0, 4, longest=0.1).swapaxes(0, 1)
    assert np.linalg.norm(tip - tail, axis=1) == pytest.approx(np.full(16, 0.1))
    assert tip / np.linalg.norm(tip, axis=1)[:, None] == pytest.approx(tail / np.linalg.norm(tail, axis=1)[:, None])


def test_a_fixed_point_does_not_move() -> None:
    assert phase_portraits.moves(lambda points: points, 1.0, 5, longest=0.1)[:, 0] == pytest.approx(
        phase_portraits.moves(lambda points: points, 1.0, 5, longest=0.1)[:, 1]
    )
