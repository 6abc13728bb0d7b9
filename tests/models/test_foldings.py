"""Folds: pieces and regions against closed forms, dense evaluation and linear programs; paper against rigid motions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label
from scipy.optimize import linprog

from lossland.errors import UserError
from lossland.models import foldings

RANDOM = np.random.default_rng(4)


def evaluated(layers, x):
    """Return what a network is at x, layer by layer."""
    values = np.atleast_2d(x).T
    for number, (weights, biases) in enumerate(layers):
        values = values @ weights.T + biases
        values = np.maximum(values, 0.0) if number < len(layers) - 1 else values
    return values[:, 0]


def patches(where):
    """Return in how many connected patches an array is True."""
    found = np.zeros(np.shape(where), int)
    label(where, output=found)
    return int(found.max())


def cells(lines):
    """Return how many sign patterns of lines have an inside: by linear programs, line after line."""
    found = [()]
    for count in range(1, len(lines) + 1):
        longer = []
        for signs in [(*one, side) for one in found for side in (1.0, -1.0)]:
            a = -np.array(signs)[:, None] * lines[:count, :2]
            b = np.array(signs) * lines[:count, 2]
            # The largest t up to 1 with sign (a x + b y + c) >= t on the way to somewhere in a large square.
            made = linprog(
                [0, 0, -1], np.column_stack([a, np.ones(count)]), b, bounds=[(-1e3, 1e3), (-1e3, 1e3), (None, 1)]
            )
            if -made.fun > 1e-7:
                longer.append(signs)
        found = longer
    return len(found)


# ------------------------------------------------------------------------------------------------- on a line
@pytest.mark.parametrize(("depth", "pieces"), [(1, 2), (3, 8), (5, 32), (8, 256)])
def test_the_tent_map_has_twice_as_many_pieces_with_every_layer(depth, pieces):
    found = foldings.bent(foldings.tent(depth))
    assert found.pieces == pieces
    assert set(found.slopes) == {float(pieces), -float(pieces)}
    assert found.knots.tolist() == [k / pieces for k in range(pieces + 1)]
    assert found.values.tolist() == [float(k % 2) for k in range(pieces + 1)]


def test_knots_of_any_network_are_where_it_bends():
    layers = [(RANDOM.normal(size=(6, 1)), RANDOM.normal(size=6)), (RANDOM.normal(size=(5, 6)), RANDOM.normal(size=5)),
              (RANDOM.normal(size=(1, 5)), RANDOM.normal(size=1))]  # fmt: skip
    found = foldings.bent(layers, -3.0, 3.0)
    x = np.linspace(-3.0, 3.0, 4001)
    np.testing.assert_allclose(np.interp(x, found.knots, found.values), evaluated(layers, x), atol=1e-10)
    y = evaluated(layers, x)
    bends = np.abs(np.diff(y, 2)) > 1e-9
    assert found.pieces == 1 + patches(bends)  # a bend shows in one second difference, or two side by side


@pytest.mark.parametrize("units", [1, 2, 5, 10])
def test_one_layer_has_one_piece_more_than_units(units):
    found = foldings.bent(foldings.zigzag(units))
    assert found.pieces == units + 1
    x = np.arange(units + 2) / (units + 1)
    np.testing.assert_allclose(evaluated(foldings.zigzag(units), x), [0.0, *np.arange(units + 1) % 2], atol=1e-12)


@pytest.mark.parametrize("steps", [0.0, 1.0, 2.4, 3.0])
def test_on_its_way_it_is_straight_between_the_next_knots(steps):
    x = np.linspace(0.0, 1.0, 257)
    knots = np.linspace(0.0, 1.0, 2 ** int(np.ceil(steps)) + 1)
    y = foldings.tent_on_its_way(x, steps)
    np.testing.assert_allclose(y, np.interp(x, knots, foldings.tent_on_its_way(knots, steps)), atol=1e-12)
    if steps == 3.0:
        np.testing.assert_allclose(y, evaluated(foldings.tent(3), x), atol=1e-12)


# ------------------------------------------------------------------------------------------------ on a plane
@pytest.mark.parametrize(("count", "regions"), [(0, 1), (1, 2), (3, 7), (4, 11), (8, 37)])
def test_lines_cut_the_plane_into_as_many_regions_as_they_can(count, regions):
    lines = foldings.chords(count)
    assert foldings.regions(lines) == foldings.regions(lines, 1.0) == foldings.most_regions(count) == regions
    if count:
        assert cells(lines) == regions


def test_every_pair_crosses_in_the_disc_and_no_three_meet_for_any_number_of_lines():
    for count in (2, 3, 4, 5, 6, 7, 11, 12, 20, 40):
        lines = foldings.chords(count)
        one, other = np.triu_indices(count, 1)
        cross = np.cross(lines[one], lines[other])
        assert np.hypot(cross[:, 0], cross[:, 1]).max() < np.abs(cross[:, 2]).max()
        assert (np.hypot(cross[:, 0], cross[:, 1]) < np.abs(cross[:, 2])).all()
        assert foldings.regions(lines, 1.0) == foldings.most_regions(count)


def test_parallels_and_lines_through_one_point_make_fewer():
    star = np.array([(np.cos(a), np.sin(a), 0.0) for a in (0.3, 1.0, 2.0, 2.9)])
    assert foldings.regions(star) == cells(star) == 8
    stripes = np.array([(1.0, 0.0, -0.5), (1.0, 0.0, 0.0), (2.0, 0.0, 1.0), (0.0, 1.0, 0.25)])
    assert foldings.regions(stripes) == cells(stripes) == 8
    assert foldings.regions(np.array([(1.0, 2.0, 3.0), (-2.0, -4.0, -6.0)])) == 2  # one line
    exact = np.array([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0, 0.0), (1.0, -1.0, 2.0**-40)])
    assert foldings.regions(exact) == 10  # nearly through one point, and not
    with pytest.raises(UserError, match="a or b that is not 0"):
        foldings.regions(np.array([(0.0, 0.0, 1.0)]))


def test_in_the_square_only_what_is_inside_counts():
    lines = np.array([(1.0, 0.0, -0.5), (0.0, 1.0, -0.25), (1.0, 1.0, -1.9), (1.0, 0.0, -7.0)])
    x = (np.arange(400) + 0.5) / 200 - 1
    found = foldings.pattern(lines, x, x)
    assert foldings.regions(lines, 1.0) == len(np.unique(found)) == 5
    assert foldings.within(lines).shape == (3, 2, 2)
    for (a, b, c), ends in zip(lines, foldings.within(lines), strict=False):
        np.testing.assert_allclose(ends @ [a, b] + c, 0.0, atol=1e-12)
        np.testing.assert_allclose(np.abs(ends).max(axis=1), 1.0)


@pytest.mark.parametrize(("folds", "count"), [(1, 3), (2, 4), (2, 2)])
def test_folds_copy_regions(folds, count):
    lines, size = foldings.chords(count), 1536
    x = (np.arange(size) + 0.5) * 2 / size - 1
    folded = foldings.folded(x, folds)
    active = foldings.pattern(lines, folded, folded)
    sides, of = np.zeros(size, np.int64), x
    for fold in range(folds):
        sides |= (of > 0).astype(np.int64) << fold
        of = 2 * np.maximum(of, 0) + 2 * np.maximum(-of, 0) - 1
    np.testing.assert_allclose(folded, of, atol=1e-12)
    patterns = (active << 2 * folds) | (sides[:, None] << folds) | sides  # of all neurons of all layers
    assert len(np.unique(patterns)) == foldings.folded_regions(lines, folds) == 4**folds * foldings.most_regions(count)


def test_the_pattern_is_a_bit_for_each_active_unit():
    lines, x, y = foldings.chords(5), RANDOM.uniform(-1, 1, 7), RANDOM.uniform(-1, 1, 6)
    found = foldings.pattern(lines, x, y)
    for i, j in np.ndindex(6, 7):
        active = [a * x[j] + b * y[i] + c > 0 for a, b, c in lines]
        assert found[i, j] == sum(1 << k for k, one in enumerate(active) if one)


def test_preimages_are_what_is_folded_onto_points():
    points = RANDOM.uniform(-1, 1, (5, 2))
    found = foldings.preimages(points, 3)
    assert found.shape == (64, 5, 2)
    assert len(np.unique(np.round(found[:, 0], 9), axis=0)) == 64
    np.testing.assert_allclose(foldings.folded(found, 3), np.broadcast_to(points, found.shape), atol=1e-12)


# ------------------------------------------------------------------------------------------- a sheet of paper
def test_all_copies_of_a_shape_lie_on_it_when_the_sheet_is_folded():
    for folds in range(1, 6):
        low = foldings.packet(folds)
        shape = low + (1 - low) * RANDOM.uniform(0, 1, (4, 2))
        copies = foldings.unfolded(shape, folds)
        assert copies.shape == (2**folds, 4, 2)
        assert np.abs(copies).max() <= 1.0
        place = foldings.in_paper(copies, folds, 0.01)
        np.testing.assert_allclose(place[..., :2], np.broadcast_to(shape, copies.shape), atol=1e-12)
        height = place[..., 2]
        np.testing.assert_allclose(np.ptp(height, axis=1), 0.0, atol=1e-12)
        np.testing.assert_allclose(np.sort(height[:, 0]), 0.01 * np.arange(2**folds), atol=1e-12)  # layer on layer


@pytest.mark.parametrize("folds", [0.0, 0.4, 1.7, 2.5, 3.0])
def test_paper_does_not_stretch(folds):
    parts = foldings.unfolded(foldings.packet(3) + (1 - foldings.packet(3)) * RANDOM.uniform(0, 1, (5, 2)), 3)
    place = foldings.in_paper(parts, folds, 0.01)
    before = np.linalg.norm(parts[:, :, None] - parts[:, None], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(place[:, :, None] - place[:, None], axis=-1), before, atol=1e-12)
    assert place[..., 2].min() >= -1e-12
    if folds == 0.0:
        np.testing.assert_array_equal(place[..., :2], parts)


def test_a_ring_is_the_rectangle_without_the_shape():
    low, middle = np.array([0.5, 0.0]), np.array([0.7, 0.4])
    corners = np.array([low, (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]) - middle
    angle = np.sort(np.concatenate([np.linspace(-3, 3, 20), np.arctan2(corners[:, 1], corners[:, 0])]))
    inner, outer = foldings.ring(middle + 0.1 * np.stack([np.cos(angle), np.sin(angle)], 1), middle, low)

    def area(points):
        x, y = points.T
        return 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))

    assert area(outer) == pytest.approx(0.5 * 1.0)
    np.testing.assert_allclose(
        np.cross(np.c_[inner - middle, 0 * angle], np.c_[outer - middle, 0 * angle]), 0, atol=1e-12
    )


def test_an_end_is_turned_to_below_a_place():
    for place in ((0.0, 3.0), (-2.0, -0.1), (0.3, -0.4)):
        turns = [0.0] * 4
        turns[2] = foldings.chord_turn(4, 2, place)
        end = foldings.chord_ends(4, turns)[2, 0]
        np.testing.assert_allclose(end, np.array(place) / np.hypot(*place), atol=1e-12)
        assert -np.pi <= turns[2] < np.pi


def test_lines_that_are_partly_drawn():
    lines = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, 0.0]])  # x = 1/2 and y = 0
    first, second = foldings.partly_drawn(lines, 1.25, 0)
    np.testing.assert_allclose(first, [(0.5, -1), (0.5, 1)])
    np.testing.assert_allclose(second, [(-1, 0), (-0.5, 0)])
    copies = foldings.partly_drawn(lines[:1], 0.5, 1)
    np.testing.assert_allclose(np.sort(np.abs(copies[:, 0]), axis=0), [(0.75, 0.0)] * 4, atol=1e-12)
    np.testing.assert_allclose(foldings.folded(copies, 1), np.tile([(0.5, -1.0), (0.5, 0.0)], (4, 1, 1)), atol=1e-12)
    assert foldings.partly_drawn(lines, 0.0, 0).shape == (0, 2, 2)
