"""What scenes of functions of x share: windows that hold what is asked about, and sentences where a function ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.expression.function import function
from lossland.scenery import curves, library


def test_a_window_is_widened_to_what_is_asked_about() -> None:
    assert curves.widened((-1.0, 2.0), ()) == (-1.0, 2.0)
    assert curves.widened((2.0, -1.0), (0.0, 2.0)) == (-1.0, 2.0)
    assert curves.widened((3.0, 3.0), ()) == (2.0, 4.0)
    low, high = curves.widened((-1.0, 2.0), (50.0,))
    assert low == -1.0
    assert 50.0 < high < 55.0
    assert curves.widened((0.0, 1.0), (-4.0,))[0] < -4.0


def test_the_numbers_of_functions_that_follow_each_other() -> None:
    double, square = function("2x"), function("x^2")
    low, high = curves.reached((double, square), (0.0, 2.0), (1.0,), 100.0)
    assert low < 0.0 < 16.0 < high < 18.0  # (2 * 2)² = 16
    low, high = curves.reached((double, square), (0.0, 2.0), (0.5,), 4.0)  # 16 is more than four windows away
    assert high == pytest.approx(2.0 + 4.0 + 0.04 * 6.0)
    assert curves.reached((double, square), (0.0, 2.0), (2.0,), 4.0)[1] > 16.0
    assert np.isfinite(curves.reached((function("ln(x)"),), (-1.0, 1.0), (-1.0,), 100.0)).all()


TOLD = [
    ("ln(x)", -1.0, "f has no value at −1"),
    ("1/x", 0.0, "f has no value at 0"),
    ("|x|", 0.0, "f has no slope at 0: it is −1 on the left and 1 on the right"),
    ("sqrt(x)", 0.0, "f has no slope at 0: there it stands upright"),
    ("cbrt(x)", 0.0, "f has no slope at 0: there it stands upright"),
    ("floor(x)", 2.0, "f has no slope at 2: there it jumps"),
]


@pytest.mark.parametrize(("text", "x", "sentence"), TOLD, ids=[text for text, *_ in TOLD])
def test_where_a_function_ends_it_is_said(text: str, x: float, sentence: str) -> None:
    assert [note.text for note in curves.without_slope(function(text), x)] == [sentence]
    assert curves.without_slope(function(text), 0.4) == []


def test_the_terms_of_a_copy_are_written_as_far_as_there_is_room() -> None:
    sine = function("sin(x)").taylor(0.0, 9)
    assert curves.taylor_terms(sine, [0, 1, 3, 5], 0.0).split() == [
        "x", "-", r"\tfrac{x^{3}}{3!}", "+", r"\tfrac{x^{5}}{5!}"
    ]  # fmt: skip
    assert curves.taylor_terms(sine, [0, 1, 3, 5, 7, 9], 0.0).endswith(r"- \tfrac{x^{7}}{7!} + \tfrac{x^{9}}{9!}")
    longer = function("sin(x)").taylor(0.0, 11)
    assert curves.taylor_terms(longer, [0, 1, 3, 5, 7, 9, 11], 0.0).endswith(r"- \cdots - \tfrac{x^{11}}{11!}")
    poles = curves.taylor_terms(function("1/(1 + x^2)").taylor(0.0, 12), range(0, 13, 2), 0.0)
    assert poles.split(r"\tfrac{24\,x^{4}}{4!}")[1].split() == ["-", r"\cdots", "+", "x^{12}"]
    assert curves.taylor_terms(function("7").taylor(0.0, 2), [0], 0.0).strip() == "7"


def test_two_places_of_a_flat_graph_are_told_apart() -> None:
    low, high = curves.heights(function("exp(x)"), (-1.0, 30.0), (0.0, 1.0))
    assert low < 1.0 < np.e < high < 30.0
    wide = curves.heights(function("exp(x)"), (-1.0, 2.0), (0.0, 1.0))
    assert wide[1] > np.exp(2.0)


def test_an_x_is_dragged_as_far_as_its_plot() -> None:
    made: Any = library.scene("integral_area")
    handle = curves.along("high", made.plot, 1.0, 0.0)
    assert handle.position == pytest.approx(made.plot.world(1.0, 0.0))
    for asked, taken in ((0.5, 0.5), (99.0, 1.15), (-99.0, -0.1)):
        place = made.plot.world(asked, 0.3)
        handle.move(made, (float(place[0]), float(place[1])))
        assert made.high == pytest.approx(taken)


@pytest.mark.parametrize(("rising", "ahead"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_text_keeps_clear_of_the_graph_beside_it(rising: bool, ahead: bool) -> None:
    vertical, horizontal = curves.beside(rising, ahead).split()
    assert (horizontal == "right") == ahead
    goes_up = rising == ahead  # the graph on that side
    assert (vertical == "below") == goes_up


@pytest.mark.parametrize(
    ("x", "ahead"), [(0.5, True), (0.9, True), (1.4, True), (1.7, False), (3.0, False), (4.7, True), (6.0, True)]
)
def test_a_text_keeps_clear_of_the_graph_as_far_as_it_reaches(x: float, ahead: bool) -> None:
    plot = curves.axes((0.0, 6.5), (-1.2, 1.2), "f", "i")
    vertical, horizontal = curves.clear_side(function("sin(x)"), plot, x, ahead).split()
    assert (horizontal == "right") == ahead
    over = np.sin(x + np.linspace(0.0, 1.3 if ahead else -1.3, 200))  # as far as the text reaches
    rise = over.max() - np.sin(x)
    assert (vertical == "below") == (rise > 0.05 * 2.4)
