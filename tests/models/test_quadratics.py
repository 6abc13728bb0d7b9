"""Rates of convergence against the eigenvalues of the step's matrix, paths against its powers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossland.models import quadratics

PRODUCT, BETA = st.floats(1e-3, 4.0), st.floats(0.0, 0.999)


def step_matrix(product: float, beta: float) -> np.ndarray:
    """Return the matrix of one step on (α times velocity, position)."""
    return np.array([[beta, product], [-beta, 1 - product]])


@given(PRODUCT, BETA)
def test_the_rate_is_the_spectral_radius(product: float, beta: float) -> None:
    radius = np.abs(np.linalg.eigvals(step_matrix(product, beta))).max()
    assert quadratics.momentum_rate(product, beta) == pytest.approx(radius, rel=1e-6, abs=1e-7)


@given(PRODUCT, BETA)
def test_stable_is_where_the_rate_is_below_one(product: float, beta: float) -> None:
    rate = float(quadratics.momentum_rate(product, beta))
    if abs(rate - 1) > 1e-9:
        assert bool(quadratics.is_stable(product, beta)) == (rate < 1)


@given(st.floats(1e-3, 0.999))
def test_with_critical_memory_both_eigenvalues_are_equal(product: float) -> None:
    beta = float(quadratics.critical_memory(product))
    trace = 1 + beta - product
    assert trace**2 == pytest.approx(4 * beta, rel=1e-9, abs=1e-12)


@given(st.floats(0.01, 10), st.floats(1.5, 100))
def test_no_other_choice_is_quicker_than_the_best(low: float, factor: float) -> None:
    high = low * factor
    alpha, beta = quadratics.best_momentum(low, high)
    lambdas = np.linspace(low, high, 30)
    best = float(quadratics.momentum_rate(alpha * lambdas, beta).max())
    assert best == pytest.approx(np.sqrt(beta), rel=1e-5)
    for da, db in ((1.05, 1.0), (0.95, 1.0), (1.0, 1.05), (1.0, 0.95)):
        worse = float(quadratics.momentum_rate(da * alpha * lambdas, min(db * beta, 0.999)).max())
        assert worse >= best - 1e-7


def test_the_best_descent_balances_both_ends() -> None:
    alpha, rate = quadratics.best_descent(1.0, 100.0)
    factors = quadratics.descent_factors(alpha, [1.0, 100.0])
    assert factors == pytest.approx([rate, -rate])
    assert rate == pytest.approx(99 / 101)


@pytest.mark.parametrize(
    ("target", "rate", "steps"),
    [(1e-6, 0.1, 6), (0.25, 0.5, 2), (1e-6, 0.0, 1), (1e-6, 1.0, np.inf), (1e-6, 1.5, np.inf), (1e-6, 99 / 101, 691)],
)
def test_steps_to_a_target(target: float, rate: float, steps: float) -> None:
    assert quadratics.steps_to(target, rate) == steps


@given(st.lists(PRODUCT, min_size=1, max_size=4), BETA, st.floats(-1, 1), st.floats(-1, 1), st.integers(0, 40))
def test_paths_are_powers_of_the_steps_matrix(
    products: list[float], beta: float, position: float, velocity: float, steps: int
) -> None:
    path = quadratics.momentum_paths(products, beta, (position, velocity), steps)
    assert path.shape == (steps + 1, len(products), 2)
    for k, product in enumerate(products):
        state = np.array([velocity * np.sqrt(product), position])
        v, x = np.linalg.matrix_power(step_matrix(product, beta), steps) @ state
        size = 1 + np.abs(path[:, k]).max()
        np.testing.assert_allclose(path[-1, k], (x, v), rtol=1e-7, atol=1e-9 * size)


def test_what_diverges_stays_a_number() -> None:
    path = quadratics.momentum_paths([4.0], 0.9, (1.0, 0.0), 5000)
    assert np.isfinite(path).all()
    assert np.abs(path).max() == 1e150


def test_errors_begin_at_one_and_count_position_and_velocity() -> None:
    products = np.array([0.25, 1.0])
    path = quadratics.momentum_paths(products, 0.5, (3.0, 4.0), 10)
    found = quadratics.errors(path, products)
    assert found[0] == pytest.approx([1.0, 1.0])
    assert found[3, 0] == pytest.approx(np.hypot(path[3, 0, 0], path[3, 0, 1] / 0.5) / 5.0)


def test_what_a_rate_leads_to_on_a_bowl() -> None:
    numbers = quadratics.descent_numbers(0.18, (1.0, 10.0))
    np.testing.assert_allclose(numbers["factors"], (0.82, -0.8), rtol=1e-12)
    assert (numbers["rate"], numbers["converges"], numbers["limit"]) == pytest.approx((0.82, 1, 0.2))
    assert (numbers["best_alpha"], numbers["best_rate"], numbers["kappa"]) == pytest.approx((2 / 11, 9 / 11, 10))
    assert quadratics.descent_numbers(0.2, (1.0, 10.0))["converges"] == 0


@given(PRODUCT, BETA, st.floats(-2, 2), st.floats(-2, 2))
def test_one_step_is_the_steps_matrix(product: float, beta: float, position: float, velocity: float) -> None:
    root = np.sqrt(product)
    v, x = step_matrix(product, beta) @ (velocity * root, position)
    found = quadratics.momentum_step([[position, velocity], [0.0, 0.0]], product, beta)
    np.testing.assert_allclose(found, [[x, v / root], [0.0, 0.0]], atol=1e-9 / root)


@given(PRODUCT, BETA)
def test_damping_is_told_by_the_matrix_eigenvalues(product: float, beta: float) -> None:
    sigma = np.linalg.eigvals(step_matrix(product, beta))
    apart = abs(beta - (1 - np.sqrt(product)) ** 2)
    found = quadratics.damping(product, beta)
    if np.abs(sigma).max() > 1 + 1e-6:
        assert found == "unstable"
    elif np.abs(sigma).max() < 1 - 1e-6:
        if apart < 4e-3:
            assert found == "critically damped"
        elif apart > 6e-3:
            assert found == ("underdamped" if beta > (1 - np.sqrt(product)) ** 2 else "overdamped")


def test_the_numbers_of_a_choice_are_those_of_the_steps_matrices() -> None:
    lambdas, alpha, beta = np.array([1.0, 7.0, 30.0]), 0.06, 0.5
    found = quadratics.momentum_numbers(alpha, beta, lambdas, 1e-6)
    radius = [np.abs(np.linalg.eigvals(step_matrix(alpha * one, beta))).max() for one in lambdas]
    assert found["rates"] == pytest.approx(radius)
    assert found["rate"] == pytest.approx(max(radius))
    assert found["stable"] is True
    assert found["condition"] == 30.0
    steps = float(found["steps_needed"])
    assert max(radius) ** steps <= 1e-6 < max(radius) ** (steps - 1)
    edge = float(found["stable_alpha"]) * 30.0
    assert np.abs(np.linalg.eigvals(step_matrix(edge, beta))).max() == pytest.approx(1.0)
    assert found["best_rate"] == pytest.approx((np.sqrt(30) - 1) / (np.sqrt(30) + 1))
    assert found["descent_rate"] == pytest.approx(29 / 31)
    assert (1 / found["descent_rate"]) ** found["descent_steps"] >= 1e6  # type: ignore[operator]
    assert quadratics.momentum_numbers(0.2, beta, lambdas, 1e-6)["stable"] is False


def test_steps_over_alpha_and_beta() -> None:
    alphas, betas, lambdas = [0.01, 0.1, 1.0], [0.0, 0.5], [1.0, 10.0]
    found = quadratics.momentum_steps(alphas, betas, lambdas, 1e-3)
    assert found.shape == (2, 3)
    for i, beta in enumerate(betas):
        for j, alpha in enumerate(alphas):
            rate = max(np.abs(np.linalg.eigvals(step_matrix(alpha * one, beta))).max() for one in lambdas)
            if rate < 1:
                assert rate ** found[i, j] == pytest.approx(1e-3)
            else:
                assert np.isnan(found[i, j])
    assert quadratics.momentum_steps([1.0], [0.0], [1.0], 1e-3)[0, 0] == 0  # one step is enough: nothing is left


def test_between_two_steps_an_error_shrinks_at_a_steady_rate() -> None:
    errors = 0.5 ** np.arange(5.0)[:, None] * (1.0, 3.0)
    for step in (0.0, 0.25, 1.5, 3.999, 4.0):
        assert quadratics.error_at(errors, step) == pytest.approx(0.5**step * np.array((1.0, 3.0)))


def test_heavy_balls_hold_what_the_functions_return() -> None:
    balls = quadratics.HeavyBalls(0.1, 0.6, np.array([1.0, 7.0]), (1.0, 0.0), 30)
    assert balls.products == pytest.approx([0.1, 0.7])
    assert balls.rates == pytest.approx([np.sqrt(0.6), np.sqrt(0.6)])  # both ripple
    v, x = np.linalg.matrix_power(step_matrix(0.7, 0.6), 30) @ (0.0, 1.0)
    assert balls.paths[-1, 1] == pytest.approx((x, v))
    assert balls.errors[-1, 1] == pytest.approx(np.hypot(x, v / np.sqrt(0.7)))
