"""Vectors two ways: the truths of the catalogue, lists of two and of three numbers, and what the walk shows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.models import vectors
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("vectors", preset, **values)


def test_length_and_direction_of_three_four() -> None:
    read = scene("list and arrow").readouts()
    assert read["length_a"] == 5.0
    assert read["angle_degrees"] == pytest.approx(53.1301, abs=5e-5)
    assert scene("scaled").readouts()["length_scaled"] == 2.5
    np.testing.assert_array_equal(scene("scaled").readouts()["scaled"], (-1.5, -2.0))


def test_the_formula_of_a_multiple_has_the_length_of_the_arrow_that_is_shown() -> None:
    made = scene("scaled")
    for time in np.linspace(0, made.clock.seconds, 7).tolist():
        notes = made.frame(time).notes
        formula = next(note.latex for note in notes if isinstance(note, layers.Formula))
        factor = float(re.findall(r"-?\d+\.\d\d", formula)[0])
        assert next(note.value for note in notes if isinstance(note, layers.Meter)) == pytest.approx(
            5 * abs(factor), abs=0.03
        )


def test_a_sum_is_where_two_walks_end() -> None:
    made = scene(a=(3, 1), b=(-1, 2))
    np.testing.assert_array_equal(made.readouts()["sum"], (2, 3))
    np.testing.assert_array_equal(made.readouts()["difference"], (4, -1))
    np.testing.assert_array_equal(made.readouts(made.clock.seconds)["walker"], (2, 3))
    np.testing.assert_array_equal(scene("difference").readouts(10.0)["walker"], (3, 1))  # from b to a


def test_three_numbers_open_space() -> None:
    made = scene(a=(1, 2, 2))
    assert (made.space, made.a, made.b) == ("space", (1, 2, 2), (-1, 2, 0))
    assert made.readouts()["length_a"] == 3.0
    made.set("space", "plane")
    assert (made.a, made.b) == ((1, 2), (-1, 2))
    assert scene(a="3,4").a == (3, 4)
    with pytest.raises(ll.UserError, match="2 or 3 numbers"):
        scene(a=(1, 2, 3, 4))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [2, 3])
def test_a_span_is_a_line_where_the_cross_product_is_nothing(count: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    a, b = np.round(draw.uniform(-3, 3, (2, count)), 2)
    assert scene(a=a, b=b).readouts()["span_dimension"] == 2
    assert np.linalg.norm(np.cross(*np.pad([a, b], ((0, 0), (0, 3 - count))))) > 0
    assert scene(a=a, b=-1.5 * a).readouts()["span_dimension"] == 1
    assert scene(a=a, b=0 * b).readouts()["span_dimension"] == 1
    assert scene(a=0 * a, b=0 * b).readouts()["span_dimension"] == 0


@pytest.mark.parametrize("preset", ["list and arrow", "list of three"])
def test_the_steps_of_a_list_lead_to_the_head(preset: str) -> None:
    made = scene(preset)
    steps = [one for one in made.frame(10.0).layers if isinstance(one, layers.Lines) and one.name.startswith("Step")]
    ways = np.array([one.paths[0][1] - one.paths[0][0] for one in steps]) / made.unit
    np.testing.assert_allclose(ways[:, : len(made.a)], np.diag(made.a), atol=1e-12)
    assert [one.color for one in steps] == ["i", "j", "k"][: len(made.a)]


def test_a_multiple_never_leaves_its_line() -> None:
    made = scene("scaled")
    for time in np.linspace(0, 10, 21):
        x, y = made.readouts(float(time))["walker"]
        assert 3 * y == pytest.approx(4 * x)
    assert made.factor(made.now(10.0)) == -0.5


@pytest.mark.parametrize("preset", ["span", "a plane in space"])
def test_all_that_is_reached_is_in_the_span(preset: str) -> None:
    made = scene(preset)
    frame = made.frame(10.0)
    dots = next(one for one in frame.layers if isinstance(one, layers.Points) and one.key == "dots").position
    assert len(dots) > 30
    basis = made.world(made.heads).T
    rest = dots.T - basis @ np.linalg.lstsq(basis, dots.T, rcond=None)[0]
    assert np.abs(rest).max() < 1e-12


def test_what_is_dragged_follows_the_pointer() -> None:
    made = scene("scaled")
    handle = next(one for one in made.handles(0.0) if one.name == "scalar")
    handle.move(made, (3.0 + 0.4, 4.0 - 0.3))  # beside the head of a: across the line nothing counts
    assert made.scalar == 1.0
    deep = scene("sum in space")
    head = next(one for one in deep.handles(0.0) if one.name == "a")
    head.move(deep, (0.5, 1.0, -0.5))
    assert deep.a == (1.0, 2.0, -1.0)
    np.testing.assert_allclose(next(one for one in deep.handles(0.0) if one.name == "a").position, (0.5, 1.0, -0.5))


@pytest.mark.parametrize("show", ["sum", "difference", "list", "scale", "span"])
@pytest.mark.parametrize("zero", [(0, 0), (0, 0, 0)])
def test_arrows_of_no_length_can_be_shown(show: str, zero: Any) -> None:
    made = scene(show=show, a=zero, b=zero)
    for time in (0.0, 5.0, 10.0):
        assert made.frame(time).layers


@pytest.mark.parametrize("seed", range(4))
def test_angles_and_shadows(seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 7))
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert vectors.angle_degrees(a, b) == pytest.approx(np.degrees(np.arccos(cosine)))
    least = np.linalg.lstsq(b[:, None], a, rcond=None)[0][0]
    np.testing.assert_allclose(vectors.shadow(a, b), least * b)
    np.testing.assert_array_equal(vectors.shadow(a, 0 * b), 0 * b)
    assert vectors.along(a, b) == pytest.approx(np.linalg.norm(a) * cosine)
    assert vectors.along(a, 0 * b) == 0.0
    assert np.isnan(vectors.angle_degrees(a, 0 * b))


def test_tiny_angles_are_exact() -> None:
    assert vectors.angle_degrees((1, 0), (1, 1e-9)) == pytest.approx(np.degrees(1e-9), rel=1e-12)


def test_the_view_stays_while_a_head_is_dragged_and_follows_in_steps() -> None:
    made = scene("sum")
    before = made.frame(0.0).view.bounds
    made.set("a", (2.9, 1.1))
    assert made.frame(0.0).view.bounds is before  # no step farther
    made.held = True
    made.set("a", (5, 4))
    assert made.frame(0.0).view.bounds is before
    made.held = False
    bounds = made.frame(0.0).view.bounds
    assert bounds.max(axis=0)[0] > 5
    assert bounds.max(axis=0)[1] > 6
