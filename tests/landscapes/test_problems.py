"""Problems of any dimension: values against COCO's, slopes against differences of them, minima, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cocoex
import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError
from lossland.expression import namespace

SMOOTH = (1, 2, 8, 10, 11, 15, 20)


@pytest.mark.parametrize("function", SMOOTH)
def test_a_problem_has_the_values_and_slopes_of_the_reference(function: int, xp: Any) -> None:
    problem = ll.problem(f"bbob:{function}:3", dimension=5)
    reference = cocoex.BareProblem("bbob", function, 5, 3)
    points = np.random.default_rng(function).uniform(-4.5, 4.5, (4, 3, 5))
    value, grad = problem.value_grad(xp.asarray(points))
    assert namespace(value) is namespace(xp.asarray(points))
    assert (value.shape, grad.shape) == ((4, 3), (4, 3, 5))
    value, grad = np.asarray(value), np.asarray(grad)
    wanted = np.array([[reference(point) for point in row] for row in points])
    assert value == pytest.approx(wanted, rel=1e-9)
    assert np.asarray(problem.value(xp.asarray(points))) == pytest.approx(value, rel=1e-14)

    def slope(point: np.ndarray, axis: np.ndarray) -> float:  # of fourth order
        near, far = (reference(point + h * axis) - reference(point - h * axis) for h in (1e-4, 2e-4))
        return (8 * near - far) / 12e-4

    slopes = np.array([slope(points[0, 0], axis) for axis in np.eye(5)])
    assert grad[0, 0] == pytest.approx(slopes, rel=1e-5, abs=1e-6 * np.abs(slopes).max())


@pytest.mark.parametrize("function", range(1, 25))
def test_its_minimum_has_its_lowest_value(function: int) -> None:
    problem = ll.problem(f"bbob:{function}", dimension=10)
    ((*best,),) = problem.minima
    reference = cocoex.BareProblem("bbob", function, 10, 1)
    assert problem.lowest == pytest.approx(reference.best_value(), abs=1e-9)
    assert float(problem.value(best)) == pytest.approx(problem.lowest, abs=1e-5)  # some fall steeply there
    assert problem.domain == ((-5.0, 5.0),) * 10


def test_a_function_of_a_vector_is_a_problem() -> None:
    def chain(x: Any) -> Any:
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum() + np.exp(-np.dot(x, x)) + np.sin(x).mean()

    problem = ll.problem(chain, dimension=7, domain=(-2, 2))
    points = np.random.default_rng(0).uniform(-2, 2, (5, 7))
    assert problem.value(points) == pytest.approx([chain(point) for point in points], rel=1e-12)
    steps = 1e-5 * np.eye(7)
    slopes = [[(chain(p + step) - chain(p - step)) / 2e-5 for step in steps] for p in points]
    assert problem.grad(points) == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-4)
    assert problem.domain == ((-2.0, 2.0),) * 7
    assert problem.lowest is None


def test_the_hessian_times_a_vector_is_how_the_gradient_changes() -> None:
    problem = ll.problem(lambda x: (x**4).sum() + np.prod(x[:3]), dimension=4)
    points, vectors = np.random.default_rng(2).uniform(-2, 2, (2, 6, 4))
    wanted = 12 * points**2 * vectors
    (a, b, c, _), (u, v, w, _) = points.T, vectors.T
    wanted[:, 0] += c * v + b * w
    wanted[:, 1] += c * u + a * w
    wanted[:, 2] += b * u + a * v
    assert problem.hessian_times(points, vectors) == pytest.approx(wanted, rel=1e-12)


def test_in_the_plane_every_landscape_is_a_problem() -> None:
    problem = ll.problem("himmelblau")
    land = ll.landscape("himmelblau")
    assert (problem.names, problem.domain, problem.minima) == (("x", "y"), land.domain, land.minima)
    assert problem.lowest == pytest.approx(0, abs=1e-12)
    assert problem.grad([1.0, 2.0]).tolist() == land.grad([1.0, 2.0]).tolist()
    assert ll.problem("x^2 + 3 y^4").lowest is None
    assert ll.problem("bbob:8").text == "bbob:8:1"
    assert ll.problem(lambda v: v[0] ** 2 + v[1]).grad([3.0, 1.0]).tolist() == [6, 1]
    assert ll.problem(problem) is problem


def test_a_function_in_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def bowl(x):\n    return ((x - 1) ** 2).sum()\n")
    assert ll.problem(f"{file}:bowl", dimension=30).value(np.zeros(30)) == 30
    assert ll.problem(f"{file}:bowl", dimension=2).value(np.zeros(2)) == 2


def test_minima_outside_of_a_domain_are_not_its() -> None:
    assert ll.problem("bbob:1", 3, domain=(-0.1, 0.0)).minima == ()
    assert ll.problem("bbob:1", 3, domain=[(-5, 5)] * 3).lowest == ll.problem("bbob:1", 3).lowest


@pytest.mark.parametrize(
    ("what", "dimension", "message"),
    [
        ("rosenbrock", 3, "rosenbrock has two variables; in 3 there are bbob:1 to bbob:24"),
        ("bbob:8", 41, "2 to 40 dimensions, not 41"),
        ("bbob:25", 5, "functions 1 to 24, not 25"),
        ("bbob:8", 0, "from 1 to 1000, not 0"),
        (lambda x: x, 3, "must return one number, made from x1 to x3"),
        (lambda x: x[7], 3, "cannot be used as a landscape"),
        (lambda x, y, z: x, 3, "A problem is a function of one vector"),
        (7, 3, "7 has two variables"),
    ],
)
def test_what_is_no_problem_gets_a_sentence(what: Any, dimension: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ll.problem(what, dimension)


def test_points_and_domains_that_do_not_fit_get_a_sentence() -> None:
    with pytest.raises(UserError, match=r"shape \(..., 5\), not \(3, 2\)"):
        ll.problem("bbob:1", 5).value(np.zeros((3, 2)))
    with pytest.raises(UserError, match="A domain is 5 intervals"):
        ll.problem("bbob:1", 5, domain=[(0, 1)] * 4)
