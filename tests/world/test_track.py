"""Paths that grow: what a track keeps, against a plain list of all that came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lossland as ll
from lossland.world.layers import Trail


def numbered(start, stop):
    """Return points and progress that tell their number."""
    number = np.arange(start, stop, dtype=float)
    return np.column_stack([number, 10.0 * number, -number]), 0.5 * number


@settings(max_examples=60, deadline=None)
@given(capacity=st.integers(2, 40), pieces=st.lists(st.integers(0, 90), max_size=12))
def test_a_track_keeps_the_last_points_under_their_numbers(capacity, pieces):
    track = ll.Track(capacity)
    everything: list[list[float]] = []
    for count in pieces:
        points, progress = numbered(track.count, track.count + count)
        track.append(points, progress)
        everything += points.tolist()
        assert track.count == len(everything)
        assert track.first == max(0, len(everything) - capacity)
        assert track.points.tolist() == everything[-capacity:]
        assert track.progress.tolist() == [0.5 * point[0] for point in everything[-capacity:]]
        for number in (track.first, track.count - 1):
            if count:
                assert track.points[number - track.first].tolist() == everything[number]


def test_what_was_handed_out_never_changes():
    track = ll.Track(7)
    shown = []
    for number in range(60):
        track.append(*(part[0] for part in numbered(number, number + 1)))
        shown.append((track.points, track.points.copy(), track.progress, track.progress.copy()))
    for points, points_then, progress, progress_then in shown:
        assert np.array_equal(points, points_then)
        assert np.array_equal(progress, progress_then)
        assert not points.flags.writeable
        assert not progress.flags.writeable


def test_the_arrays_stay_the_same_objects_until_something_comes():
    track = ll.Track(5)
    track.append(*numbered(0, 3))
    assert track.points is track.points
    before = track.points
    track.append(np.zeros((0, 3)), np.zeros(0))
    assert np.array_equal(track.points, before)


@pytest.mark.parametrize("progress", [[2.0, 2.0], [3.0, 2.5], [1.0, 4.0], [2.5, np.nan], [2.5, np.inf]])
def test_progress_that_does_not_rise_is_refused_and_adds_nothing(progress):
    track = ll.Track(8)
    track.append(*numbered(0, 3))  # up to a progress of 1
    with pytest.raises(ll.UserError, match="must rise"):
        track.append(np.zeros((2, 3)), progress)
    assert track.count == 3
    assert not track.ended
    track.append(np.zeros((2, 3)), [1.5, 1.75])
    assert track.count == 5


@pytest.mark.parametrize(("points", "progress"), [(np.zeros((2, 2)), [1, 2]), (np.zeros((2, 3)), [1.0]), (0.0, 1.0)])
def test_points_of_another_shape_are_refused(points, progress):
    with pytest.raises(ll.UserError, match="points"):
        ll.Track(8).append(points, progress)


@pytest.mark.parametrize("capacity", [1, 0, -3, 2.5, True, "many"])
def test_a_capacity_is_a_whole_number_above_one(capacity):
    with pytest.raises(ll.UserError, match="2 or more"):
        ll.Track(capacity)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e12])
def test_a_path_ends_before_the_first_point_that_is_nowhere(bad):
    track = ll.Track(10)
    points, progress = numbered(0, 6)
    points[4, 1] = bad
    track.append(points, progress)
    assert track.ended
    assert track.points.tolist() == points[:4].tolist()
    track.append(*numbered(6, 9))
    assert track.count == 4


def test_the_trail_of_a_track_is_what_it_keeps_at_that_time():
    track = ll.Track(10)
    with pytest.raises(ll.UserError, match="without points"):
        Trail.of(track, "accent")
    track.append(*numbered(0, 4))
    early = Trail.of(track, "accent", start="start", width=2.0)
    track.append(*numbered(4, 25))
    late = Trail.of(track, "accent", start="start")
    assert (early.first, early.upto, early.width, early.ring) == (0, 1.5, 2.0, "start")
    assert early.end.tolist() == [3.0, 30.0, -3.0]
    assert (late.first, late.upto, late.ring) == (15, 12.0, "")
    assert late.end.tolist() == [24.0, 240.0, -24.0]
    half_way = Trail.of(track, "accent", upto=9.75)  # between the points 19 and 20
    assert half_way.end.tolist() == [19.5, 195.0, -19.5]
