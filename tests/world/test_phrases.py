"""Sentences and formulas with numbers in them."""

from __future__ import annotations

import pytest

from lossland.errors import UserError
from lossland.world.phrases import capitals, tex, words


@pytest.mark.parametrize(
    ("pattern", "values", "expected"),
    [
        ("α = ?4 is the edge", (0.2,), "α = 0.2 is the edge"),
        ("? and ?", (1234.5678, -0.00012), "1235 and −0.00012"),
        ("every step ×?.2", (-0.8,), "every step ×−0.80"),
        ("at ?.2", ((3.0, -1.848),), "at (3.00, −1.85)"),
        ("The ? at ?", ("saddle", 2.0), "The saddle at 2"),
        ("?1 %", (99.96,), "100 %"),
    ],
)
def test_sentences(pattern: str, values: tuple, expected: str) -> None:
    assert words(pattern, *values) == expected


@pytest.mark.parametrize(
    ("pattern", "values", "expected"),
    [
        (r"\lambda_1 = ?", (-50.612,), r"\lambda_1 = -50.61"),
        (r"2/\lambda_1 = ?s", (0.0986,), r"2/\lambda_1 = 0.0986"),
        (r"(?.2, ?.2)", (("up", 2.0), ("up", -6.0)), r"(\fgcolor{up}{2.00}, \fgcolor{up}{-6.00})"),
        ("?", (("dim", "= 3"),), r"\fgcolor{dim}{= 3}"),
        ("w = ?1", ((1.25, -2.0),), r"w = (1.2,\, -2)"),
        ("?", ([[1, 2], [3, -4]],), r"\begin{bmatrix} 1 & 2 \\ 3 & -4 \end{bmatrix}"),
        (
            "A = ?.1",
            ((("i", "j"), [[1, 0], [0, 1]]),),
            r"A = \begin{bmatrix} \fgcolor{i}{1.0} & \fgcolor{j}{0.0} \\ "
            r"\fgcolor{i}{0.0} & \fgcolor{j}{1.0} \end{bmatrix}",
        ),
    ],
)
def test_formulas(pattern: str, values: tuple, expected: str) -> None:
    assert tex(pattern, *values) == expected


@pytest.mark.parametrize(("pattern", "values"), [("a ? b ?", (1.0,)), ("what", (1.0,)), ("?", ())])
def test_every_place_needs_a_value(pattern: str, values: tuple) -> None:
    with pytest.raises(UserError, match="give one for each"):
        words(pattern, *values)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Slope of a curve at x", "SLOPE OF A CURVE AT x"),
        ("Allowed away from f(x)", "ALLOWED AWAY FROM f(x)"),
        ("From x to z: the product", "FROM x TO z: THE PRODUCT"),
        ("Length of a", "LENGTH OF a"),
        ("a · b", "a · b"),
        ("Newton's method", "NEWTON'S METHOD"),
        ("Divergence KL(P, Q)", "DIVERGENCE KL(P, Q)"),
    ],
)
def test_capitals_leave_the_names_of_quantities(heading: str, expected: str) -> None:
    assert capitals(heading) == expected


def test_a_count_is_the_nearest_whole_number() -> None:
    assert words("?n % of ?n", 100 * 0.29, 1234.6) == "29 % of 1\u2009235"  # 100 * 0.29 is 28.999999999999996
