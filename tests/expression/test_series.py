"""Functions of x alone: their Taylor coefficients and derivatives against mpmath's, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import lossland as ll
from lossland import parameters
from lossland.errors import UserError
from lossland.expression.function import function

mp: Any = mpmath
CASES: list[tuple[str, Callable[[Any], Any]]] = [
    ("x^3 - 3x", lambda x: x**3 - 3 * x),
    ("sin(x^2)", lambda x: mp.sin(x**2)),
    ("exp(sin(x))*cos(x)", lambda x: mp.exp(mp.sin(x)) * mp.cos(x)),
    ("tanh(2x) - x/3", lambda x: mp.tanh(2 * x) - x / 3),
    ("x^2.5/(1 + x^2)", lambda x: x**2.5 / (1 + x**2)),
    ("atan(x) + asin(x/3) - acos(x/4)", lambda x: mp.atan(x) + mp.asin(x / 3) - mp.acos(x / 4)),
    ("log10(1 + x)*2^x + log2(3 + x)", lambda x: mp.log10(1 + x) * 2**x + mp.log(3 + x, 2)),
    ("x^x + cosh(x) - sinh(x)/3", lambda x: x**x + mp.cosh(x) - mp.sinh(x) / 3),
    ("abs(x - 3) + max(x, x^2) - min(x, x^2) + sqrt(x)",
     lambda x: abs(x - 3) + max(x, x**2) - min(x, x**2) + mp.sqrt(x)),
    ("atan2(x, x^2 + 1) - tan(x/2)", lambda x: mp.atan2(x, x**2 + 1) - mp.tan(x / 2)),
    ("where(x < 1, x^2, x^3) + mod(x, 0.5) + floor(x)", lambda x: x**2 + mp.fmod(x, mp.mpf(0.5)) + mp.floor(x)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "known"), CASES, ids=[text for text, _ in CASES])
def test_taylor_coefficients_are_those_of_40_digits(text: str, known: Callable[[Any], Any]) -> None:
    centres = np.array([0.3, 0.7])
    found = function(text).taylor(centres, 9)
    with mp.workdps(40):
        wanted = np.array([[float(c) for c in mp.taylor(known, mp.mpf(float(x)), 9)] for x in centres]).T
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13 * np.abs(wanted).max())


def test_powers_are_right_at_zero_and_a_missing_value_is_nan() -> None:
    np.testing.assert_array_equal(function("x^3").taylor(0.0, 4), [0, 0, 0, 1, 0])
    np.testing.assert_array_equal(function("2").taylor(5.0, 2), [2, 0, 0])
    assert np.isnan(function("log(x)").taylor(-1.0, 1)[0])
    assert function("sin(x)").taylor(0.4, 0).shape == (1,)


def test_a_function_has_values_and_a_derivative() -> None:
    made = function("x^3 - 3x")
    x = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(made(x), x**3 - 3 * x)
    np.testing.assert_allclose(made.derivative(x), 3 * x**2 - 3)
    np.testing.assert_allclose(made.derivative.derivative(x), 6 * x)
    assert made.at(2.0) == 2.0
    assert made == function(" x^3 - 3x ")
    assert made.latex == "x^3 - 3 x"


def test_other_variables_are_refused() -> None:
    for text in ("x*y", "x +", "zz", "s*t"):
        with pytest.raises(UserError):
            function(text)
    with pytest.raises(UserError, match="x alone"):
        ll.function("sin(x) + y")


def test_a_parameter_holds_a_function() -> None:
    class Curved(ll.Scene):
        f = parameters.FunctionOfX("sin(x)")

        def readouts(self, now: ll.Now) -> dict[str, Any]:
            return {"slope": self.f.derivative.at(0.0)}

    made: Any = Curved(f="2*sin(x)")
    assert made.readouts() == {"slope": 2.0}
    kind = Curved.param("f")
    assert kind.check(json.loads(json.dumps(kind.to_json(made.values["f"])))) == made.values["f"]
    with pytest.raises(UserError, match="x alone"):
        made.set("f", "x + y")
    assert made.readouts() == {"slope": 2.0}


def test_any_one_letter_may_be_the_variable() -> None:
    for text in ("ln(t)", "ln(Y)", "ln(y)"):
        assert function(text).at(2.0) == pytest.approx(0.6931471805599453)
    assert function("pi*r^2 + e").at(2.0) == pytest.approx(4 * np.pi + np.e)
    assert function("exp(u) + max(u, 2)").written("y") == r"e^{y} + \max(y, 2)"
    with pytest.raises(UserError, match="x alone"):
        function("x + y")


def test_a_logarithm_is_written_as_it_was_typed() -> None:
    assert function("ln(x) + log10(x)").latex == r"\ln(x) + \log_{10}(x)"
    assert function("log(x)").latex == r"\log(x)"


CORNERS: list[tuple[str, float, tuple[float, float]]] = [  # a place without a slope, and the slopes beside it
    ("|x|", 0.0, (-1.0, 1.0)),
    ("abs(2x - 3) + x", 1.5, (-1.0, 3.0)),
    ("max(x, x^2)", 1.0, (1.0, 2.0)),
    ("min(x, 2 - x)", 1.0, (1.0, -1.0)),
    ("relu(x - 1)", 1.0, (0.0, 1.0)),
    ("where(x < 2, x^2, 5x - 6)", 2.0, (4.0, 5.0)),
    ("floor(x)", 1.0, (0.0, 0.0)),
    ("sign(x)", 0.0, (0.0, 0.0)),
    ("mod(x, 2)", 4.0, (1.0, 1.0)),
    ("|sin(x)|", np.pi, (-1.0, 1.0)),
]


@pytest.mark.parametrize(("text", "corner", "beside"), CORNERS, ids=[text for text, *_ in CORNERS])
def test_there_is_no_slope_at_a_corner_or_a_jump(text: str, corner: float, beside: tuple[float, float]) -> None:
    made = function(text)
    assert np.isnan(made.slope(corner))
    assert made.sided_slopes(corner) == pytest.approx(beside, abs=1e-9)
    assert made.corners(corner - 0.7, corner + 0.9) == pytest.approx([corner], abs=1e-12)
    assert made.slope(corner + 0.3) == made.derivative.at(corner + 0.3)
    coefficients = made.taylor(np.array([corner, corner + 0.3]), 3)
    assert np.isnan(coefficients[1:, 0]).all()
    assert np.isfinite(coefficients[:, 1]).all()
    assert coefficients[0, 0] == made.at(corner)


def test_a_corner_of_a_higher_order_has_a_slope() -> None:
    made = function("abs(x)^3")  # f'' = 6 |x|
    assert made.slope(0.0) == 0.0
    assert made.corners(-1.0, 1.0, 2) == []
    assert made.corners(-1.0, 1.0, 3) == pytest.approx([0.0], abs=1e-12)
    np.testing.assert_array_equal(np.isnan(made.taylor(0.0, 4)), [False, False, False, True, True])


def test_where_a_graph_stands_upright_there_is_no_slope() -> None:
    for text in ("sqrt(x)", "cbrt(x)"):
        assert np.isnan(function(text).slope(0.0))
    for text in ("x^2.5", "1e9*x^2", "x*abs(x)", "where(x < 1, x^2, 2x - 1) - x", "max(x, 2) - max(2, x)"):
        assert function(text).slope(0.0) == function(text).derivative.at(0.0)
    assert function("where(x < 1, x^2, 2x - 1)").slope(1.0) == 2.0


def test_a_landscape_that_was_typed_with_ln_is_written_with_ln() -> None:
    assert ll.landscape("ln(x) + y^2").latex == r"\ln(x) + y^2"
    assert ll.landscape("log(x) + y^2").latex == r"\log(x) + y^2"
