"""The BBOB functions against the reference implementation, COCO's."""

from __future__ import annotations

import cocoex
import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError
from lossland.expression import Program
from lossland.landscapes import bbob

INSTANCES = (1, 2, 5, 73)
PLATEAUS = {7}  # level around every point: the slope says nothing


def reference(function: int, instance: int, dimension: int) -> cocoex.BareProblem:
    return cocoex.BareProblem("bbob", function, dimension, instance)


def points(dimension: int, best: np.ndarray) -> np.ndarray:
    """Points in the domain, beyond it, near the minimum, and at round numbers: (n, dimension)."""
    rng = np.random.default_rng(dimension)
    near = best + 1e-3 * rng.standard_normal((3, dimension))
    rounds = np.array([np.zeros(dimension), np.ones(dimension)])
    return np.vstack([rng.uniform(-5, 5, (6, dimension)), rng.uniform(-7, 7, (3, dimension)), near, rounds])


@pytest.mark.parametrize("dimension", [2, 5, 10, 20])
@pytest.mark.parametrize("function", range(1, 25))
def test_values_are_those_of_the_reference(function, dimension):
    for instance in INSTANCES[: 2 if dimension > 5 else None]:
        problem, expected = bbob.instance(function, instance, dimension), reference(function, instance, dimension)
        at = points(dimension, problem.minimum)
        values = Program([problem.node], problem.names).arrays(*at.T)[0]
        wanted = np.array([expected(point) for point in at])
        # What lies above the minimum, and the shift that is added to it, are both numbers of their own.
        scale = np.abs(wanted - problem.lowest) + abs(problem.lowest)
        assert (np.abs(values - wanted) <= 1e-9 * scale).all()


@pytest.mark.parametrize("dimension", [2, 20])
@pytest.mark.parametrize("function", range(1, 25))
def test_minima_are_those_of_the_reference(function, dimension):
    problem, expected = bbob.instance(function, 3, dimension), reference(function, 3, dimension)
    assert problem.lowest == pytest.approx(expected.best_value(), abs=1e-9)
    assert problem.minimum == pytest.approx(np.asarray(expected.best_parameter()), abs=1e-8)


@pytest.mark.parametrize("function", range(1, 25))
def test_landscapes_have_their_minimum_and_its_slope(function):
    """Values in the plane go the same way; slopes are compared with differences where the function is smooth."""
    land = ll.landscape(f"bbob:{function}:4")
    expected = reference(function, 4, 2)
    (minimum,) = land.minima
    assert float(land.value(minimum)) == pytest.approx(expected.best_value(), abs=1e-6)
    assert (land.grid(101).value >= expected.best_value() - 1e-9).all()
    if function in PLATEAUS or function == 23:  # Katsuura's is continuous and has no slope anywhere
        return
    rng = np.random.default_rng(function)
    at, step = rng.uniform(-4.5, 4.5, (8, 2)), 1e-8 if function == 16 else 1e-6  # of 177,147 waves
    slopes = np.array([[(expected(p + step * e) - expected(p - step * e)) / (2 * step) for e in np.eye(2)] for p in at])
    found = land.grad(at)
    assert np.median(np.abs(found - slopes) / (1 + np.abs(slopes))) < 1e-4


def test_wherever_a_landscape_is_taken_a_name_will_do():
    land = ll.landscape("BBOB:8:2")
    assert land.name == "bbob:8:2"
    assert land.title == "Rosenbrock (BBOB 8, instance 2)"
    assert land.domain == ((-5, 5), (-5, 5))
    assert ll.landscape(land.formula).node is land.node
    assert ll.landscape("bbob:8").name == "bbob:8:1"
    assert ll.landscape("bbob:8", domain=((0, 1), (0, 1))).minima == ()


@pytest.mark.parametrize(
    "name", ["bbob:0", "bbob:25", "bbob:", "bbob:x", "bbob:8:0", "bbob:8:1:1", "bbob:1.5", "bbob:-1"]
)
def test_what_there_is_not_gets_a_sentence(name):
    with pytest.raises(UserError, match="BBOB"):
        ll.landscape(name)


def test_dimensions_there_are_not_get_a_sentence():
    with pytest.raises(UserError, match="2 to 40 dimensions, not 41"):
        bbob.instance(1, 1, 41)
