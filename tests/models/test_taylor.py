"""Taylor polynomials against closed forms, Newton's method against SciPy, copies of a surface against a solver."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from scipy.optimize import newton as scipy_newton

import lossland as ll
from lossland.models import taylor


def copy(text: str, centre: float, degree: int) -> taylor.TaylorPolynomial:
    return taylor.TaylorPolynomial(ll.function(text), centre, degree)


def test_the_sine_and_the_bound_of_its_error() -> None:
    sine = copy("sin(x)", 0.0, 9)
    np.testing.assert_allclose(sine.coefficients[1::2], [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880], rtol=1e-14)
    assert sine.powers == (0, 1, 3, 5, 7, 9)
    values = [float(taylor.polynomial(sine.upto(term), 0.0, np.pi / 2)) for term in range(1, 6)]
    np.testing.assert_allclose(values, [1.570796, 0.924832, 1.004525, 0.999843, 1.000004], atol=5e-7)
    half = taylor.polynomial(sine.upto(2, 0.5), 0.0, np.pi / 2)
    assert float(half) == pytest.approx((values[0] + values[1]) / 2)
    x, bounds = copy("sin(x)", 0.0, 3).bounds(-1.0, np.pi / 2)
    wanted = np.sin(np.abs(x)) * np.abs(x) ** 4 / 24  # the fourth derivative is the sine, which rises up to π/2
    np.testing.assert_allclose(bounds, wanted, atol=1e-12)
    assert abs(values[1] - 1.0) <= bounds[-1] == copy("sin(x)", 0.0, 3).bound(np.pi / 2)


def test_a_function_is_in_the_band_around_its_copy() -> None:
    x, lower, upper = copy("sin(x)", 0.0, 3).band(-3.0, 3.0)
    assert (x[0], x[-1]) == (-3.0, 3.0)
    assert ((lower <= np.sin(x) + 1e-12) & (np.sin(x) - 1e-12 <= upper)).all()
    np.testing.assert_allclose((lower + upper) / 2, x - x**3 / 6, atol=1e-12)


def test_beyond_a_corner_there_is_no_bound() -> None:
    x, bounds = copy("abs(x)", -0.5, 2).bounds(-1.0, 1.0)
    assert np.isnan(bounds[x > 0]).all()
    np.testing.assert_array_equal(bounds[x < 0], 0.0)
    x, lower, upper = copy("abs(x)", -0.5, 2).band(-1.0, 1.0)
    assert (lower[x > 0] == -np.inf).all()
    assert (upper[x > 0] == np.inf).all()


def test_the_copy_of_a_circling_number_has_its_powers() -> None:
    x = np.linspace(-2.0, 2.0, 9)
    for degree in (0, 1, 4, 15):
        wanted = sum((1j * x) ** k / factorial(k) for k in range(degree + 1))
        points = taylor.circling_copy(degree, x)
        np.testing.assert_allclose(points[:, 2] + 1j * points[:, 1], wanted, atol=1e-14)
    half = taylor.circling_copy(1.5, x)
    np.testing.assert_allclose(half, (taylor.circling_copy(1, x) + taylor.circling_copy(2, x)) / 2)


def test_newton_finds_the_root_of_two() -> None:
    found = taylor.Newton(ll.function("x^2 - 2"), 1.0, 6)
    np.testing.assert_allclose(found.places[:4], [1, 1.5, 1.416667, 1.414216], atol=5e-7)
    assert found.places[-1] == pytest.approx(scipy_newton(lambda x: x * x - 2, 1.0, lambda x: 2 * x), abs=1e-14)
    assert (found.finds_root, found.last) == (True, 6)


@pytest.mark.parametrize(("text", "start", "last"), [("x^2 + 1", 0.0, 0), ("ln(x)", 3.0, 1)])
def test_newton_ends_where_there_is_no_way_on(text: str, start: float, last: int) -> None:
    found = taylor.Newton(ll.function(text), start, 3)
    assert (found.finds_root, found.last) == (False, last)
    np.testing.assert_array_equal(found.places[last:], found.places[last])


def test_the_copies_of_rosenbrock() -> None:
    g, h, start = np.array([-215.6, -88.0]), np.array([[1330.0, 480.0], [480.0, 200.0]]), np.array([-1.2, 1.0])
    found = taylor.SurfaceCopy(ll.landscape("rosenbrock"), start)
    for part, wanted in zip(found.slopes, (24.2, g, h), strict=True):
        np.testing.assert_allclose(part, wanted, rtol=1e-12)
    np.testing.assert_allclose(found.landing, [-1.175281, 1.380674], atol=5e-7)
    np.testing.assert_allclose(found.landing, start - np.linalg.solve(h, g), rtol=1e-12)
    assert found.bends_up
    delta = found.landing - start
    x, y = found.landing[:1], found.landing[1:]
    np.testing.assert_allclose(found.values(x, y), [[24.2 - 0.5 * g @ np.linalg.solve(h, g)]])
    np.testing.assert_allclose(found.values(x, y, 1), [[24.2 + g @ delta]])
