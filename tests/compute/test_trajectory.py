from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland import optimizers
from lossland.compute import philox
from lossland.compute.arrays import to_numpy
from lossland.compute.trajectory import _run_many, follow, run
from lossland.errors import MachineError, UserError
from lossland.landscapes import landscape

RAVINE = landscape("(x^2 + 10*y^2)/2")


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.18, 2 / 11, 0.2, 0.21])
def test_descent_on_a_quadratic_is_its_closed_form(rate: float) -> None:
    path = run(RAVINE, optimizers.GradientDescent(lr=rate), (3.0, 1.0), 50)
    k = np.arange(51)
    assert path.points.shape == (51, 1, 2)
    assert path.values.shape == (51, 1)
    exact = np.stack((3 * (1 - rate) ** k, (1 - 10 * rate) ** k), axis=-1)
    assert np.abs(path.points[:, 0] - exact).max() < 1e-12 * max(1.0, np.abs(exact).max())
    assert path.values[:, 0] == pytest.approx((exact[:, 0] ** 2 + 10 * exact[:, 1] ** 2) / 2, rel=1e-9)


def test_momentum_on_a_line_is_its_recurrence() -> None:
    # x_{k+1} = (1 + mu - a) x_k - mu x_{k-1}: its roots give the closed form.
    rate, mu = 0.3, 0.5
    roots = np.roots([1, -(1 + mu - rate), mu]).astype(complex)
    weights = np.linalg.solve(np.array([[1, 1], roots]), [1, 1 - rate])
    k = np.arange(41)
    exact = (weights[0] * roots[0] ** k + weights[1] * roots[1] ** k).real
    path = run(RAVINE, optimizers.Momentum(lr=rate, momentum=mu), (1.0, 0.0), 40)
    assert np.abs(path.points[:, 0, 0] - exact).max() < 1e-12


@pytest.mark.parametrize("kind", optimizers.catalogue(), ids=lambda kind: kind.name)
def test_one_alone_goes_where_it_goes_among_others(kind: Any) -> None:
    land, rule = landscape("rosenbrock"), kind()
    starts = np.array([(-1.2, 1.0), (0.3, 2.0), (1.5, -0.5)])
    together = run(land, rule, starts, 60)
    assert together.points.shape == (61, 3, 2)
    for i, start in enumerate(starts):
        alone = run(land, rule, start, 60)
        assert np.array_equal(alone.points[:, 0], together.points[:, i], equal_nan=True)


@pytest.mark.parametrize(
    "name",
    ["adam", "rprop", "radam", "sgd:noise=0.5", "bfgs", "sam", "damped_newton", "prodigy", "shampoo", "muon",
     "adam:schedule=cosine", "extragradient:lr=0.01,schedule=one-cycle"],
)  # fmt: skip
def test_many_run_on_any_library(xp: Any, name: str) -> None:
    land, rule = landscape("ackley"), optimizers.optimizer(name)
    starts = np.array([(2.5, 1.0), (-0.3, 2.0)])
    path = _run_many(land, rule, xp.asarray(starts), 30, seed=5)
    assert type(path) is type(xp.asarray(starts))
    assert np.abs(to_numpy(path) - run(land, rule, starts, 30, seed=5).points).max() < 1e-10


def test_noise_comes_from_seed_particle_and_step() -> None:
    flat, noisy = landscape("0*x"), optimizers.SGD(lr=1.0, noise=0.5)
    path = run(flat, noisy, np.zeros((4, 2)), 20, seed=11).points
    moves = -np.diff(path, axis=0) / 0.5
    for t in range(20):
        draw = np.stack(philox.standard_normal(11, philox.particles(np, 0, 4), t + 1), axis=-1)
        assert np.abs(moves[t] - draw).max() < 1e-12
    assert np.array_equal(path[:, 0], run(flat, noisy, (0.0, 0.0), 20, seed=11).points[:, 0])
    assert not np.array_equal(path[:, 0], run(flat, noisy, (0.0, 0.0), 20, seed=12).points[:, 0])


@pytest.mark.parametrize("name", optimizers.names())
def test_a_run_that_diverges_is_nan_from_there_on(name: str) -> None:
    land = landscape("x^4 - y^4")  # falls for ever along y
    path = run(land, optimizers.optimizer(f"{name}:lr=1e9" if name != "rprop" else name), (1.0, 2.0), 400)
    finite = np.isfinite(path.points).all(axis=(1, 2))
    assert (np.diff(finite.astype(int)) <= 0).all()
    assert np.isnan(path.points[~finite]).all()
    assert np.isnan(path.values[~finite]).all()


def test_one_and_many_diverge_alike() -> None:
    land, rule = landscape("rosenbrock"), optimizers.Adagrad(lr=1e200)
    alone, many = run(land, rule, (-1.2, 1.0), 12), run(land, rule, [(-1.2, 1.0), (0.0, 0.0)], 12)
    assert np.array_equal(alone.points[:, 0], many.points[:, 0], equal_nan=True)


def test_no_step_is_the_start() -> None:
    path = run(RAVINE, optimizers.Adam(), (1, 2), 0)
    assert path.points.tolist() == [[[1.0, 2.0]]]
    assert path.values.tolist() == [[20.5]]


def test_following_gives_the_terms_of_every_step() -> None:
    rule = optimizers.Momentum(lr=0.1, momentum=0.5)
    first, second = follow(RAVINE, rule, (1.0, 1.0), 2)
    assert (first.t, first.grad, first.position) == (1, (1.0, 10.0), (0.9, 0.0))
    assert (second.t, second.grad, second.terms[1].v) == (2, (0.9, 0.0), 5.0)


def test_a_long_run_begins_at_once() -> None:
    """Its steps are made as they are taken: 10^9 pairs of numbers beforehand would fill the memory."""
    first = next(follow(RAVINE, optimizers.GradientDescent(lr=0.05), (1.0, 1.0), 10**9))
    assert first.position == (0.95, 0.5)


def test_noise_of_one_particle_is_the_generators_over_many_steps() -> None:
    steps, lr = 10_000, 1e-3
    path = run(landscape("x - 2*y"), optimizers.SGD(lr=lr, noise=3.0), (0.0, 0.0), steps, seed=5)
    draws = np.stack(philox.standard_normal(5, 0, philox.particles(np, 1, steps)), axis=-1)
    assert np.allclose(path.points[1:, 0], -lr * np.cumsum([1.0, -2.0] + 3.0 * draws, axis=0), atol=1e-11)


@pytest.mark.parametrize("start", [(1.0,), (1.0, 2.0, 3.0), "here", (float("nan"), 0.0), []])
def test_bad_starts_are_refused(start: Any) -> None:
    with pytest.raises(UserError, match=r"two (finite )?numbers"):
        run(RAVINE, optimizers.Adam(), start, 1)


def test_other_bad_input_is_refused() -> None:
    with pytest.raises(UserError, match="steps"):
        run(RAVINE, optimizers.Adam(), (0, 0), -1)
    with pytest.raises(UserError, match="seed"):
        run(RAVINE, optimizers.Adam(), (0, 0), 1, seed=-1)
    with pytest.raises((UserError, MachineError)):
        run(RAVINE, optimizers.Adam(), (0, 0), 1, backend="abacus")
