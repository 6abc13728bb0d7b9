"""What a scene declares: lists of numbers, points of insets, the view from above, gentle movements, counts in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland import insets, parameters
from lossland.errors import UserError

PORTRAIT = insets.Square(middle=(2.0, 1.0), half=0.5, reach=4.0)


class Spectrum(ll.Scene):
    """A scene with a list of numbers and a point on an inset."""

    name = "spectrum"
    values_of = parameters.Numbers("1, 10", 1e-2, 1e3, limit=3)
    start = parameters.InsetPoint((1.0, 0.0), PORTRAIT)


@pytest.mark.parametrize("value", ["1,2;3,1e9", ((1.0, 2.0), (3.0, 1e9))])
def test_a_number_of_a_matrix_that_does_not_fit_is_named_by_its_row_and_column(value: object) -> None:
    matrix = parameters.Matrix(((2, 1), (1, 2)), -5, 5)
    with pytest.raises(UserError, match=r"5 such as 2,1;1,2; the number in row 2, column 2 is 1e\+09\.$"):
        matrix.check(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [("5; 2", "2, 5"), ([3, 0.5], "0.5, 3"), ("7,", "7"), (np.array([1e3]), "1000"), (" 1 ,1", "1, 1")],
)
def test_numbers_are_kept_in_rising_order(value: Any, kept: str) -> None:
    made = Spectrum(values_of=value)
    assert made.values_of == kept
    assert made.param("values_of").check(kept) == kept
    assert parameters.Numbers.read(kept) == [float(part) for part in kept.split(",")]


@pytest.mark.parametrize("value", ["", "a", "1, -2", "0", "1, 2, 3, 4", "nan", "1e9", None, 5])
def test_other_lists_are_refused(value: Any) -> None:
    with pytest.raises(
        UserError, match=r"values_of must be from 1 to 3 numbers from 0\.01 to 1000 with commas between"
    ):
        Spectrum(values_of=value)


def test_a_point_of_an_inset_is_dragged_there() -> None:
    made = Spectrum()
    (handle,) = made.handles(0.0)
    assert (handle.name, handle.plane) == ("start", PORTRAIT.z)
    assert handle.position == pytest.approx((2.125, 1.0, PORTRAIT.z))
    handle.move(made, (1.75, 1.25))
    assert made.start == pytest.approx((-2.0, 2.0))
    handle.move(made, (9.0, -9.0))
    assert made.start == (4.0, -4.0)  # the nearest point of the inset
    assert not made.click((2.0, 1.0))


def test_the_view_from_above_reaches_as_far_as_it_says() -> None:
    view = ll.View.from_above(3.5)
    assert view.flat
    assert view.bounds is not None
    assert {tuple(corner) for corner in view.bounds} == {(x, y, 0.0) for x in (-3.5, 3.5) for y in (-3.5, 3.5)}


def test_a_gentle_movement() -> None:
    clock = ll.Clock(6.0)
    at = [ll.Now(share * 6.0, clock).eased(0.08, 0.92) for share in (0.0, 0.08, 0.5, 0.92, 1.0)]
    assert at == pytest.approx([0, 0, 0.5, 1, 1])
    assert ll.Now(0.29 * 6.0, clock).eased(0.08, 0.92) == pytest.approx(0.25**2 * (3 - 2 * 0.25))


def test_counts_in_words() -> None:
    assert ll.words("?n steps", 69) == "69 steps"
    assert ll.words("?n", 50_000) == "50\u2009000"
    assert ll.words("?n", np.inf) == "∞"


class Places(ll.Scene):
    name, title = "places", "Places"
    many = ll.parameters.Integer(9, 1, 9)
    which = ll.parameters.Integer(0, 0, 8, most=lambda scene: scene.many - 1)


def test_an_upper_bound_may_depend_on_another_parameter() -> None:
    scene = Places()
    scene.which = 8
    scene.many = 4
    assert scene.which == 3
    with pytest.raises(ll.UserError, match=r"^which must be a whole number from 0 to 3 here, not 4\.$"):
        scene.which = 4
    assert scene.which == 3
