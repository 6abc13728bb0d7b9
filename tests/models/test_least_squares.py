"""A loss of a thousand weights against central differences, SciPy's least squares and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from lossland.models import least_squares

MODEL = least_squares.random_model(1000, seed=2)
WEIGHTS = np.linspace(-0.5, 0.7, 1000) * np.cos(np.arange(1000))


def test_a_thousand_central_differences():
    step = 1e-2  # f is quadratic: a central difference has no error but rounding
    around = np.eye(1000) * step
    slopes = (MODEL.value(WEIGHTS + around) - MODEL.value(WEIGHTS - around)) / (2 * step)
    gradient = MODEL.gradient(WEIGHTS)
    assert np.abs(slopes - gradient).max() / np.abs(gradient).max() < 1e-9


def test_curvatures_are_second_differences_and_products_those_of_the_matrix():
    step = np.eye(1000)
    second = MODEL.value(WEIGHTS + step) + MODEL.value(WEIGHTS - step) - 2 * MODEL.value(WEIGHTS)
    np.testing.assert_allclose(MODEL.curvatures, second, rtol=1e-7)
    hessian = MODEL.inputs.T @ MODEL.inputs / len(MODEL.targets)
    np.testing.assert_allclose(MODEL.curved(WEIGHTS), hessian @ WEIGHTS, atol=1e-10)


@pytest.mark.parametrize("model", [MODEL, least_squares.random_model(300, seed=1, samples=400)])
def test_the_steepest_curvature_is_the_first_eigenvalue_of_the_hessian(model):
    hessian = model.inputs.T @ model.inputs / len(model.targets)
    value, direction = model.steepest_curvature
    assert value == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-10)
    np.testing.assert_allclose(hessian @ direction, value * direction, atol=1e-9)
    assert np.linalg.norm(direction) == pytest.approx(1.0)
    assert direction.max() == np.abs(direction).max()


def test_a_nudge_changes_a_quadratic_as_predicted():
    for index in (0, 137, 999):
        predicted, real = (ask(WEIGHTS, index, 0.3) for ask in (MODEL.predicted, MODEL.nudged))
        assert predicted == pytest.approx(real, rel=1e-9)


def test_a_slice_has_the_values_of_its_places():
    first, second = least_squares.draws(3, 2, 1000)
    amounts = np.array([-0.4, 0.0, 0.1, 0.5])
    expected = [[MODEL.value(WEIGHTS + a * first + b * second) for a in amounts] for b in amounts]
    np.testing.assert_allclose(MODEL.slice(WEIGHTS, first, second, amounts), expected, rtol=1e-10)


def test_descent_on_digits_comes_to_the_least_squares_solution():
    model = least_squares.digit_model(3)
    best = lsq_linear(model.inputs, model.targets)
    path = model.descent(np.zeros(64), 1.0 / model.steepest_curvature[0], 4000)
    values = model.value(path)
    assert (np.diff(values) <= 1e-15).all()
    assert values[-1] == pytest.approx(best.cost / len(model.targets), rel=2e-2)


def test_draws_are_normal_and_repeat():
    numbers = least_squares.draws(5, 300, 301)
    assert abs(numbers.mean()) < 0.015
    assert abs(numbers.std() - 1) < 0.01
    np.testing.assert_array_equal(numbers, least_squares.draws(5, 300, 301))
