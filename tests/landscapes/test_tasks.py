"""Tasks against losses written by hand: values, slopes, minima; in batches, of other libraries, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.benchmark.bench import SUITES
from lossland.errors import UserError
from lossland.expression import namespace
from lossland.landscapes import tasks
from lossland.models import datasets

CONVEX = ("task:logistic-iris", "task:logistic-digits")
SEARCHED = ("task:mlp-spiral", "task:mlp-digits")
Floats = np.ndarray


def centred(points: Floats, keep: int) -> Floats:
    """Return the coordinates along the principal axes, by a singular value decomposition."""
    points = points - points.mean(axis=0)
    axes = np.linalg.svd(points, full_matrices=False)[2][:keep]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return points @ (axes * np.sign(largest)).T


def samples(name: str) -> tuple[Floats, Floats]:
    """Return points and targets as the task's description says."""
    digits, iris = datasets.digits(), datasets.iris()
    if name == "task:logistic-iris":
        two = iris.points[iris.target > 0]
        return (two - two.mean(axis=0)) / two.std(axis=0, ddof=1), 2.0 * iris.target[iris.target > 0] - 3
    if name == "task:logistic-digits":
        chosen = np.isin(digits.target, (3, 8))
        return centred(digits.points[chosen], 16), np.where(digits.target[chosen] == 8, 1.0, -1.0)
    if name == "task:mlp-spiral":
        along = np.tile(np.arange(50) / 50, 2)
        angle = 3.5 * np.pi * along + np.repeat([0, np.pi], 50)
        return 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1), np.repeat([1.0, -1.0], 50)
    first = np.flatnonzero(digits.target < 5)[:150]
    return centred(digits.points[first], 8), digits.target[first]


def by_hand(name: str) -> Callable[[Floats], float]:
    """Return a task's loss (a number) of parameters (n,), complex ones too."""
    points, target = samples(name)

    def logistic(margin: Floats) -> Floats:  # log(1 + exp(-m)), which NumPy has for real numbers alone
        low = np.real(margin) < 0
        return np.log1p(np.exp(np.where(low, margin, -margin))) - np.where(low, margin, 0)

    def loss(w: Floats) -> Any:
        if name in CONVEX:
            mean, decay = logistic(target * (points @ w[:-1] + w[-1])).mean(), 0.01 if "iris" in name else 0.001
        elif name == "task:mlp-spiral":
            hidden = np.tanh(points @ w[:16].reshape(8, 2).T + w[16:24])
            mean, decay = logistic(target * (hidden @ w[24:32] + w[32])).mean(), 1e-4
        else:
            out = np.tanh(points @ w[:32].reshape(4, 8).T + w[32:36]) @ w[36:56].reshape(5, 4).T + w[56:]
            mean, decay = (np.log(np.exp(out).sum(axis=1)) - out[np.arange(150), target]).mean(), 1e-3
        return mean + decay / 2 * (w**2).sum()

    return loss


def slopes(loss: Callable[[Floats], Any], w: Floats) -> Floats:
    """Return the gradient by a complex step, exact to rounding."""
    return np.array([loss(w + 1e-30j * axis).imag / 1e-30 for axis in np.eye(len(w))])


def places(problem: ll.Problem, count: int) -> Floats:
    low, high = np.array(problem.domain).T
    return np.random.default_rng(3).uniform(3 * low, 3 * high, (count, problem.dimension))


def test_the_suite_has_the_files_of_the_folder() -> None:
    assert set(SUITES["tasks"]) == set(tasks.names()) == {*CONVEX, *SEARCHED}
    assert [ll.problem(name).dimension for name in SUITES["tasks"]] == [5, 17, 33, 61]
    assert ll.problem(" Task:MLP-spiral ").text == "task:mlp-spiral"


@pytest.mark.parametrize("name", SUITES["tasks"])
def test_values_and_slopes_are_those_of_the_loss_by_hand(name: str, xp: Any) -> None:
    problem, loss = ll.problem(name), by_hand(name)
    points = places(problem, 6).reshape(2, 3, -1)
    value, grad = problem.value_grad(xp.asarray(points))
    assert namespace(value) is namespace(xp.asarray(points))
    assert (value.shape, grad.shape) == ((2, 3), points.shape)
    np.testing.assert_allclose(np.asarray(value), [[loss(w) for w in row] for row in points], rtol=1e-12)
    np.testing.assert_allclose(np.asarray(grad)[1, 2], slopes(loss, points[1, 2]), rtol=1e-9, atol=1e-13)
    single = problem.value(xp.asarray(points, dtype=xp.float32))
    assert single.dtype == xp.float32
    np.testing.assert_allclose(np.asarray(single), np.asarray(value), rtol=1e-5)


@pytest.mark.parametrize("name", SUITES["tasks"])
def test_the_hessian_times_a_vector_is_how_the_gradient_changes(name: str) -> None:
    problem = ll.problem(name)
    points, vectors = places(problem, 4), np.random.default_rng(1).normal(size=(4, problem.dimension))
    near = [problem.grad(points + h * vectors) for h in (-2e-4, -1e-4, 1e-4, 2e-4)]
    wanted = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / 12e-4
    np.testing.assert_allclose(problem.hessian_times(points, vectors), wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", CONVEX)
def test_the_minimum_of_a_convex_task_by_its_conditions(name: str) -> None:
    """No gradient, and a positive definite Hessian X^T S X / N + λ, S = s (1 − s): there is no other minimum."""
    problem, (points, target) = ll.problem(name), samples(name)
    best = np.array(problem.minima[0])
    rows = np.column_stack([points, np.ones(len(points))])
    wrong = 1 / (1 + np.exp(target * (rows @ best)))
    decay = 0.01 if "iris" in name else 0.001
    assert np.linalg.norm(decay * best - rows.T @ (target * wrong) / len(rows)) < 1e-12
    hessian = rows.T @ ((wrong * (1 - wrong))[:, None] * rows) / len(rows) + decay * np.eye(len(best))
    assert np.linalg.eigvalsh(hessian)[0] >= decay
    unit = np.eye(len(best))
    np.testing.assert_allclose(problem.hessian_times(best + 0 * unit, unit), hessian, rtol=1e-10, atol=1e-14)
    assert problem.lowest == pytest.approx(by_hand(name)(best), rel=1e-13)


@pytest.mark.parametrize("name", SEARCHED)
def test_the_best_known_place_of_a_network_is_a_minimum(name: str) -> None:
    """A strict one, by the loss that is written by hand; and a few descents from elsewhere end no lower."""
    problem, loss = ll.problem(name), by_hand(name)
    best = np.array(problem.minima[0])
    assert np.linalg.norm(slopes(loss, best)) < 1e-10
    unit = np.eye(len(best))
    hessian = problem.hessian_times(best + 0 * unit, unit)
    assert np.linalg.eigvalsh((hessian + hessian.T) / 2)[0] > 1e-6
    assert problem.lowest == pytest.approx(loss(best), rel=1e-13)
    descents = ll.swarm(problem, "rprop:lr=0.01", count=40, steps=300, seed=5)
    assert problem.lowest is not None
    assert problem.lowest - 1e-6 < descents.value.min() < 0.5


@pytest.mark.parametrize("name", SUITES["tasks"])
def test_in_a_batch_each_comes_out_as_it_does_alone(name: str) -> None:
    problem = ll.problem(name)
    points = places(problem, 300)
    value, grad = problem.value_grad(points)
    for i in (0, 7, 150, 299):
        alone, slope = problem.value_grad(points[i : i + 1])
        assert alone[0] == value[i]
        np.testing.assert_array_equal(slope[0], grad[i])
    assert problem.value(points[:0]).shape == (0,)


def test_starts_are_pytorchs_initialization() -> None:
    """Uniform within 1/√k, k inputs of the layer: the digits' network has 8, then 4."""
    low, high = np.array(ll.problem("task:mlp-digits").domain).T
    np.testing.assert_allclose(high, np.repeat([8**-0.5, 4**-0.5], [36, 25]))
    np.testing.assert_array_equal(low, -high)


def test_a_swarm_descends_as_a_plain_loop_does() -> None:
    problem, start = ll.problem("task:mlp-spiral"), np.zeros((5, 33)) + np.linspace(0.1, 0.5, 5)[:, None]
    swarm = ll.swarm("task:mlp-spiral", "gradient_descent:lr=0.1", steps=20, start=start)
    place = start.astype(np.float32)
    for _ in range(20):
        place = place - np.float32(0.1) * problem.grad(place)
    np.testing.assert_allclose(swarm.end, place, rtol=1e-5, atol=1e-6)
    assert not swarm.fused
    assert swarm.landscape is problem


@pytest.mark.parametrize("rule", ["damped_newton", "bfgs:lr=1", "sam:lr=0.5", "sgd:lr=0.5,noise=0.01"])
def test_rules_that_look_around_or_draw_noise_descend(rule: str) -> None:
    swarm = ll.swarm("task:logistic-iris", rule, count=8, steps=40)
    assert swarm.value.max() < 0.2  # from 0.7; the minimum has 0.171


def test_a_problem_in_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import lossland as ll\n\nbowl = ll.problem(lambda x: ((x - 1) ** 2).sum(), dimension=7)\n")
    problem = ll.problem(f"{file}:bowl")
    assert (problem.dimension, problem.text) == (7, f"{file}:bowl")
    assert ll.swarm(f"{file}:bowl", "gradient_descent:lr=0.5", count=3, steps=1).value == pytest.approx([0, 0, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ll.problem("task:logistic-irs"), "mean 'task:logistic-iris'"),
        (lambda: ll.problem("task:logistic-iris", 7), "task:logistic-iris has 5 dimensions, not 7"),
        (lambda: ll.run("task:logistic-iris"), "more than two variables, so it is no landscape"),
        (lambda: ll.problem("task:mlp-spiral").node, "task:mlp-spiral is no expression"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(call: Callable[[], object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        call()
