"""The dot product: the truths of the catalogue, the shadow that slides, and random directions against theory."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats

import lossland as ll
from lossland.models import vectors
from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("dot_product", preset, **values)


def layer(frame: ll.Frame, key: str) -> Any:
    return frame.layer(key)


def test_three_four_on_four_three() -> None:
    read = scene().readouts()
    assert read["dot"] == 24.0
    assert read["cosine"] == pytest.approx(0.96)
    assert read["angle_degrees"] == pytest.approx(16.2602, abs=5e-5)
    np.testing.assert_allclose(read["shadow"], (3.84, 2.88))
    assert read["residual_dot_b"] == pytest.approx(0.0, abs=1e-12)


def test_the_shadow_changes_its_colour_at_a_right_angle() -> None:
    made = scene()
    seen = set()
    for time in np.linspace(4.4, 11.2, 41):
        read, shadow = made.readouts(float(time)), layer(made.frame(float(time)), "shadow")
        a = made.turned(made.now(float(time)))
        assert np.linalg.norm(a) == pytest.approx(5.0)
        assert read["dot_now"] == pytest.approx(a @ np.array(made.b))
        if shadow is not None:
            assert shadow.color == ("area" if read["dot_now"] >= 0 else "bad")
            np.testing.assert_allclose(shadow.corners[1:3, :2].mean(axis=0), read["shadow_now"], atol=1e-12)
            seen.add(shadow.color)
    assert seen == {"area", "bad"}
    np.testing.assert_allclose(made.turned(made.now(12.0)), (3, 4), atol=1e-12)  # back where it can be dragged


def test_a_is_dragged_where_it_has_turned_to() -> None:
    made = scene()
    player = Player(made)
    for time in (0.0, 6.0, 8.5, 12.0):
        player.seek(time)
        player.drag("a", (-1.5, 2.0))
        np.testing.assert_allclose(made.turned(made.now(time)), (-1.5, 2.0), atol=0.01)
        player.drag("b", (2.0, 1.0))
        assert made.b == (2.0, 1.0)
    assert not [one.name for one in scene("fifty dimensions").handles(6.0)]


def test_arrows_of_length_one_have_their_cosine_as_product() -> None:
    read = scene("normalized").readouts()
    expected = (2 * 4 + 3 * 1) / np.sqrt(13 * 17)
    assert read["dot"] == pytest.approx(expected)
    assert read["cosine"] == pytest.approx(expected)


def test_arrows_of_length_one_are_dragged_at_their_heads() -> None:
    made = scene("normalized")
    heads = np.array([handle.position for handle in made.handles(0.0)])
    np.testing.assert_allclose(heads[:, :2], [np.array((2, 3)) / np.sqrt(13), np.array((4, 1)) / np.sqrt(17)])


@pytest.mark.parametrize("a", [(1, 2), (2, -1), (-3, 1)])
def test_the_name_of_b_is_off_its_line_on_the_other_side_than_a(a: Any) -> None:
    made = scene("shadow", a=a, b=(4, 3))
    side = layer(made.frame(0.0), "name b").side
    assert np.sign(np.cross((4, 3, 0), side)[2]) == -np.sign(np.cross((4, 3, 0), (*a, 0))[2])


def test_a_negative_cosine_is_put_in_brackets() -> None:
    facts = next(note for note in scene("against").frame(12.0).notes if isinstance(note, layers.Facts))
    assert "(-0.61)" in facts.rows[1][2].replace("\u2212", "-")


def test_the_plane_collapses_onto_the_line_and_the_basis_lands_on_the_list() -> None:
    made = scene("duality", a=(1, 2), b=(-3, 2))
    frame = made.frame(12.0)
    fall = next(one for one in frame.layers if isinstance(one, layers.WarpedGrid)).matrix
    np.testing.assert_allclose(fall @ fall, fall, atol=1e-12)
    line = made.number_line()
    for key, number in ((r"at \hat\imath", -3), (r"at \hat\jmath", 2), ("at a", 1)):
        assert line.value_at(layer(frame, key).position[0]) == pytest.approx(number)
    np.testing.assert_allclose(
        next(one for one in made.frame(0.0).layers if isinstance(one, layers.WarpedGrid)).matrix, np.eye(2)
    )


@pytest.mark.parametrize(("dimension", "expected"), [(50, 0.1414), (1000, 0.0316)])
def test_cosines_of_random_pairs_are_spread_like_one_over_the_root(dimension: int, expected: float) -> None:
    read = scene(show="random", dimension=dimension, pairs=1_000_000).readouts()
    assert read["cosine_sd"] == pytest.approx(expected, rel=0.005)
    if dimension == 1000:
        np.testing.assert_allclose(read["angles_98"], (85.8, 94.2), atol=0.05)


@pytest.mark.parametrize("dimension", [2, 3, 7])
def test_drawn_cosines_are_those_of_whole_arrows(dimension: int) -> None:
    short = vectors.random_cosines(dimension, 40_000, seed=3)
    a, b = np.random.default_rng(5).normal(size=(2, 40_000, dimension))
    whole = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    alike: Any = stats.ks_2samp(short, whole)
    assert alike.pvalue > 0.001
    exact: Any = stats.beta((dimension - 1) / 2, (dimension - 1) / 2, loc=-1, scale=2)
    assert stats.kstest(short, exact.cdf)[1] > 0.001
    inside = np.linspace(-0.9, 0.9, 7)
    np.testing.assert_allclose(vectors.cosine_density(dimension, inside), exact.pdf(inside), rtol=1e-9)


def test_random_pairs_follow_from_the_seed() -> None:
    one, same, other = (vectors.random_cosines(9, 100, seed) for seed in (4, 4, 5))
    assert (one == same).all()
    assert not (one == other).any()


def test_the_histogram_passes_through_the_dimensions_to_the_last() -> None:
    made = scene("fifty dimensions", pairs=1000)
    at = [made.stage(made.now(float(time))) for time in np.linspace(0, 12, 97)]
    assert list(dict.fromkeys(before for before, *_ in at)) == [2, 4, 8, 16, 32, 50]
    assert at[0] == (2, 2, 0.0, 2)
    assert at[-1] == (50, 50, 0.0, 50)
    assert all(earlier[0] <= later[0] and earlier[1] <= later[1] for earlier, later in pairwise(at))
    assert {(before, after) for before, after, part, _ in at if part > 0} == set(pairwise((2, 4, 8, 16, 32, 50)))
    assert made.counted(50).sum() * 2 / 161 == pytest.approx(1.0)
    assert scene(show="random", dimension=2, pairs=100).frame(6.0).layers


@pytest.mark.parametrize("show", ["shadow", "duality"])
@pytest.mark.parametrize(("a", "b"), [((0, 0), (1, 1)), ((1, 1), (0, 0)), ((0, 0), (0, 0)), ((1, 2), (-1, -2))])
def test_arrows_without_an_angle_can_be_shown(show: str, a: Any, b: Any) -> None:
    made = scene(show=show, a=a, b=b)
    for time in (0.0, 6.0, 12.0):
        assert made.frame(time).layers
    assert made.readouts()["dot"] == a[0] * b[0] + a[1] * b[1]


@pytest.mark.parametrize(("name", "other"), [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("show", ["shadow", "duality"])
def test_an_arrow_of_no_length_has_no_angle_and_casts_no_shadow(name: str, other: str, show: str) -> None:
    values: dict[str, Any] = {"show": show, name: (0, 0)}
    made = library.scene("dot_product", **values)
    read = made.readouts()
    assert read["dot"] == 0.0
    assert np.isnan([read["cosine"], read["angle_degrees"]]).all()
    for time in (0.0, 4.0, 8.0, 12.0):
        frame = made.frame(time)
        assert [note.text for note in frame.notes if isinstance(note, layers.Caution)] == [
            f"{name} has no length, and so no direction"
        ]
        if show == "shadow":
            arrows = [layer.name for layer in frame.layers if isinstance(layer, layers.Arrows) and not layer.ghost]
            assert arrows == [other]
            assert not any(layer.key == "length" for layer in frame.layers)
