"""Swarms in many dimensions: every rule against its own path in the plane, starts, noise, minima, and who computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

import lossland as ll
from lossland import optimizers
from lossland.compute import arrays, philox
from lossland.compute.crowds import crowd
from lossland.compute.crowds.on_arrays import ArrayCrowd
from lossland.compute.crowds.on_cpu import KernelCrowd
from lossland.compute.kernels.fused import is_fusible
from lossland.compute.stepping import Stepper
from lossland.compute.swarm import random_starts
from lossland.errors import UserError
from lossland.landscapes.problems import Problem
from lossland.optimizers import by_coordinate
from lossland.optimizers.rule import is_ours

STEPS = 12
PLANE = "(x - 1)^2*(1 + y^2)/4 + (x + y)^4/50 + exp(x/2) + 0.3*y^2"
START = np.array([-1.5, 2.0])

# Rules that see the whole vector, by what leaves their path as it is.
MEANS = ("adafactor", "adam_mini", "cautious_adamw", "cautious_lion")  # of all coordinates: the same twice over
AXES = (
    "lamb",
    "novograd",
    "prodigy",
    "mars",
    "sophia",
    "schedule_free_adamw",
)  # they tell axes apart: coordinates that do nothing
TURNED = [  # lengths and angles alone count: the plane may be turned in space
    kind.name for kind in optimizers.catalogue() if not by_coordinate(kind) and kind.name not in (*MEANS, *AXES)
]
SIDE_BY_SIDE = [kind.name for kind in optimizers.catalogue() if by_coordinate(kind)]


def h(x: Any, y: Any) -> Any:
    return (x - 1) ** 2 * (1 + y**2) / 4 + (x + y) ** 4 / 50 + np.exp(x / 2) + 0.3 * y**2


def in_the_plane(rule: str, start: np.ndarray = START) -> np.ndarray:
    return ll.run(PLANE, rule, start, STEPS, backend="cpu").points[-1, 0]


def ends(problem: Problem, rule: str, start: np.ndarray, seed: int = 0, steps: int = STEPS) -> np.ndarray:
    """Return where particles from ``start`` (N, n) end, in float64 on arrays."""
    moved = ArrayCrowd(problem, optimizers.optimizer(rule), np.atleast_2d(start), seed, 0, arrays.CPU)
    moved.advance(steps)
    return moved.positions


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_coordinates_go_their_own_ways(name: str) -> None:
    """Two planes side by side, in which the rule runs from different places."""
    problem = ll.problem(lambda x: h(x[0], x[1]) + h(x[2], x[3]), dimension=4)
    other = np.array([1.0, -2.0])
    found = ends(problem, name, np.append(START, other))
    assert found[0] == pytest.approx(np.append(in_the_plane(name), in_the_plane(name, other)), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", MEANS)
def test_means_over_all_coordinates(name: str) -> None:
    problem = ll.problem(lambda x: sum(h(x[i], x[i + 1]) for i in (0, 2, 4)), dimension=6)
    assert ends(problem, name, np.tile(START, 3))[0] == pytest.approx(np.tile(in_the_plane(name), 3), rel=1e-9)


@pytest.mark.parametrize("name", AXES)
def test_coordinates_on_which_nothing_depends(name: str) -> None:
    problem = ll.problem(lambda x: h(x[3], x[1]), dimension=5)
    x, y = in_the_plane(name)
    start = np.array([0, START[1], 0, START[0], 0])
    assert ends(problem, name, start)[0] == pytest.approx([0, y, 0, x, 0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", TURNED)
def test_a_plane_that_is_turned_in_space(name: str) -> None:
    """Eigenvectors, inverse Hessians and directions of five dimensions come to what they are in two."""
    axes = np.linalg.qr(np.random.default_rng(3).standard_normal((5, 2)))[0].T
    problem = ll.problem(lambda x: h((axes[0] * x).sum(), (axes[1] * x).sum()), dimension=5)
    rule = f"{name}:eps=1e-6" if name == "shampoo" else name
    found = ends(problem, rule, START @ axes)
    assert found[0] == pytest.approx(in_the_plane(rule) @ axes, rel=1e-6, abs=1e-7)


def test_every_rule_is_among_them() -> None:
    ours = {kind.name for kind in optimizers.catalogue() if is_ours(kind)}
    assert {*SIDE_BY_SIDE, *MEANS, *AXES, *TURNED} == ours


BOWL = np.random.default_rng(5).standard_normal((6, 6))
BOWL = BOWL @ BOWL.T / 6 + np.diag([-1.0, 0.5, 1, 1, 2, 3])


def bowl(x: Any) -> Any:
    return (x * (BOWL @ x)).sum() / 2 + (x**4).sum() / 12


def slope(x: np.ndarray) -> np.ndarray:
    return BOWL @ x + x**3 / 3


def bend(x: np.ndarray) -> np.ndarray:
    return BOWL + np.diag(x**2)


def newton(x: np.ndarray) -> np.ndarray:
    return -0.5 * np.linalg.solve(bend(x) + 0.1 * np.eye(6), slope(x))


def saddle_free(x: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(bend(x))
    return -0.5 * np.linalg.solve(vectors @ np.diag(np.abs(values)) @ vectors.T + 0.1 * np.eye(6), slope(x))


@pytest.mark.parametrize(
    ("rule", "step"),
    [("damped_newton:lr=0.5,damping=0.1", newton), ("saddle_free_newton:lr=0.5,damping=0.1", saddle_free)],
)
def test_newton_in_six_dimensions_is_numpys(rule: str, step: Any) -> None:
    problem, x = ll.problem(bowl, dimension=6), np.linspace(-1, 2, 6)
    found = ends(problem, rule, x, steps=5)[0]
    for _ in range(5):
        x = x + step(x)
    assert found == pytest.approx(x, rel=1e-9)


def test_shampoo_in_six_dimensions_is_scipys() -> None:
    problem, x = ll.problem(bowl, dimension=6), np.linspace(-1, 2, 6)
    found = ends(problem, "shampoo:lr=0.1,eps=0.01", x, steps=4)[0]
    left, right = 0.01, 0.01 * np.eye(6)
    for _ in range(4):
        g = slope(x)
        left, right = left + g @ g, right + np.outer(g, g)
        x = x - 0.1 * left**-0.25 * np.real(fractional_matrix_power(right, -0.25)) @ g
    assert found == pytest.approx(x, rel=1e-8)


def test_arrays_of_every_library_and_type(xp: Any) -> None:
    """The strict library refuses numbers times vectors, which NumPy and CuPy leave to the vector: not all rules."""
    strict = ("adam", "sophia", "muon", "normalized_descent", "damped_newton", "saddle_free_newton:noise=0.1")
    names = strict if xp.__name__ == "array_api_strict" else (*strict, "bfgs", "shampoo", "armijo:lr=0.01")
    problem = ll.problem("bbob:8:1", dimension=5)
    start = random_starts(problem.domain, 7, seed=1)
    for name in names:
        rule = optimizers.optimizer(name)
        for dtype in (xp.float32, xp.float64):
            stepper = Stepper(problem, rule, seed=4)
            block = stepper.start(xp.asarray(start.T, dtype=dtype))
            stepper.advance(block, 3)
            assert block.position.dtype == dtype
            if dtype == xp.float64:
                wanted = ends(problem, name, start.astype(float), seed=4, steps=3).T
                assert np.asarray(block.position) == pytest.approx(wanted, rel=1e-6, abs=1e-8)


# ------------------------------------------------------------------------------------------------------------ kernels

EIGENVECTORS = ("saddle_free_newton", "shampoo")  # no expression has them


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("name", [name for name in optimizers.names() if name not in EIGENVECTORS])
def test_kernels_go_where_arrays_go(name: str, noise: float) -> None:
    problem, rule = ll.problem(bowl, dimension=6), optimizers.noisy(optimizers.optimizer(name), noise)
    if noise and by_coordinate(rule) and name != "adam":
        return  # the same mechanism for all of them
    assert is_fusible(problem, rule)
    start = random_starts(((-1.0, 2.0),) * 6, 40, seed=2).astype(float)
    kernel = KernelCrowd(problem, rule, start, 5, 3)
    plain = ArrayCrowd(problem, rule, start, 5, 3, arrays.CPU)
    for some in (kernel, plain):
        some.advance(5)
        some.advance(4)
    assert kernel.positions == pytest.approx(plain.positions, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(("function", "dimension"), [(3, 5), (6, 10), (15, 3), (22, 3), (24, 5)])
def test_kernels_of_the_bbob_functions(function: int, dimension: int) -> None:
    """Also when f first passed levels, the lowest f, and who was lost."""
    problem, rule = ll.problem(f"bbob:{function}:2", dimension), optimizers.optimizer("adam:lr=0.05")
    start = random_starts(problem.domain, 30, seed=2).astype(float)
    assert problem.lowest is not None
    levels = problem.lowest + np.quantile(problem.value(start) - problem.lowest, [0.7, 0.4, 0.1])
    kernel, plain = (
        crowd(problem, rule, start, 0, 0, arrays.CPU, levels=levels),
        ArrayCrowd(problem, rule, start, 0, 0, arrays.CPU, levels=levels),
    )
    assert kernel.fused
    assert not plain.fused
    for some in (kernel, plain):
        some.advance(30)
    assert (np.abs(kernel.positions - plain.positions) < 1e-6).all(axis=1).mean() > 0.9
    assert (kernel.hits == plain.hits).all(axis=0).mean() > 0.9
    assert np.isclose(kernel.best, plain.best, rtol=1e-6).mean() > 0.9
    assert (kernel.lost == plain.lost).all()


def test_who_leaves_stays_where_that_happened() -> None:
    problem, rule = ll.problem("bbob:8", 5), optimizers.optimizer("gradient_descent:lr=0.01")
    start = random_starts(problem.domain, 70, seed=2).astype(float)
    kernel, plain = KernelCrowd(problem, rule, start), ArrayCrowd(problem, rule, start, 0, 0, arrays.CPU)
    for some in (kernel, plain):
        some.advance(80)
    gone = np.abs(plain.positions).max(axis=1) > 1e4
    assert gone.any()
    assert kernel.positions == pytest.approx(plain.positions, rel=1e-6)
    frames = KernelCrowd(problem, rule, start).trail(80, every=40)
    assert frames.shape == (2, 5, 70)
    last = frames[-1].T
    assert last == pytest.approx(kernel.positions, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "function", "dimension", "fused"),
    [("adam", 15, 20, True), ("bfgs", 8, 10, True), ("damped_newton", 8, 10, True), ("damped_newton", 15, 10, False)],
)
def test_long_steps_are_not_compiled(name: str, function: int, dimension: int, fused: bool) -> None:
    assert is_fusible(ll.problem(f"bbob:{function}", dimension), optimizers.optimizer(name)) is fused


def test_a_swarm_says_who_computed_it() -> None:
    by_kernel = ll.swarm("bbob:1", "adam", count=20, steps=5, dimension=5)
    on_arrays = ll.swarm("bbob:1", "shampoo", count=20, steps=5, dimension=5)
    assert (by_kernel.fused, on_arrays.fused) == (True, False)
    assert (by_kernel.summary()["fused"], by_kernel.backend) == (True, "cpu")


# ----------------------------------------------------------------------------------------------------- noise, starts


def test_noise_is_drawn_for_each_coordinate_of_each_particle() -> None:
    flat = ll.problem(lambda x: (0 * x).sum(), dimension=7)
    found = ends(flat, "gradient_descent:lr=1,noise=0.5", np.zeros((30_000, 7)), seed=11, steps=1)
    assert found.std(axis=0) == pytest.approx(0.5, rel=0.02)
    assert np.abs(np.corrcoef(found.T) - np.eye(7)).max() < 0.03
    x, y = philox.standard_normal(11, philox.particles(np, 0, 30_000), 1)
    assert found[:, :2] == pytest.approx(-0.5 * np.stack([x, y], axis=1), rel=1e-12)  # the first two as in the plane


def test_a_noisy_step_is_a_step_on_a_tilted_problem() -> None:
    tilt = 0.3 * np.stack(philox.noise(9, 0, 1, 6))
    start = np.linspace(-1, 2, 6)
    plain, tilted = (ll.problem(f, dimension=6) for f in (bowl, lambda x: bowl(x) + (tilt * (x - start)).sum()))
    for name in optimizers.names():
        exact = ends(tilted, name, start, steps=1)
        assert ends(plain, f"{name}:noise=0.3", start, seed=9, steps=1) == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_starts_fill_the_box_and_begin_as_in_the_plane() -> None:
    box = [(-5.0, 5.0), (0.0, 1.0), (2.0, 4.0), (-1.0, 0.0), (10.0, 30.0)]
    starts = random_starts(box, 20_000, seed=3)
    low, high = np.array(box).T
    assert starts.dtype == np.float32
    unit = (starts - low) / (high - low)
    assert unit.mean(axis=0) == pytest.approx(0.5, abs=0.01)
    assert np.sort(unit, axis=0) == pytest.approx(np.linspace(0, 1, 20_000)[:, None] * np.ones(5), abs=0.02)
    assert np.abs(np.corrcoef(unit.T) - np.eye(5)).max() < 0.03
    assert (starts[:50, :2] == random_starts(box[:2], 50, seed=3)).all()


# ------------------------------------------------------------------------------------------------------------ swarms


def test_a_swarm_finds_a_minimum_in_ten_dimensions() -> None:
    swarm = ll.swarm("bbob:1:2", "gradient_descent:lr=0.1", count=200, steps=100, dimension=10)
    (best,) = swarm.landscape.minima
    assert swarm.end == pytest.approx(np.tile(best, (200, 1)), abs=1e-5)
    (reached,) = swarm.summary()["minima"]
    assert reached["share"] == 1.0
    assert reached.get("position") == pytest.approx(best)
    assert reached["value"] == pytest.approx(swarm.landscape.lowest)  # type: ignore[union-attr]
    assert swarm.start.shape == (200, 10)


def test_particles_that_diverge_are_told() -> None:
    swarm = ll.swarm("bbob:8", "gradient_descent:lr=1", count=50, steps=100, dimension=5)
    assert swarm.diverged.all()
    assert (swarm.label == -1).all()


def test_blocks_and_numbers_make_no_difference() -> None:
    """Particle i goes where it would alone, whichever block it is in."""
    problem, rule = ll.problem("bbob:3", 20), optimizers.optimizer("adam:lr=0.1,noise=1")
    start = random_starts(problem.domain, 2000, seed=1).astype(float)
    whole = crowd(problem, rule, start, 7, 0, arrays.CPU)
    part = crowd(problem, rule, start[1990:], 7, 1990, arrays.CPU)
    for some in (whole, part):
        some.advance(10)
    assert part.positions == pytest.approx(whole.positions[1990:], rel=1e-12)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"landscape": "rosenbrock", "dimension": 5}, "rosenbrock has two variables"),
        ({"landscape": "bbob:1", "dimension": 5, "start": (1, 2)}, "A start is 5 finite numbers"),
        ({"landscape": "bbob:1", "dimension": 50}, "2 to 40 dimensions"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(words: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ll.swarm(**words)


def test_a_whole_hessian_costs_two_gradients_for_each_dimension() -> None:
    assert optimizers.cost(optimizers.DampedNewton, 10) == 1 + 2 * 10
    assert optimizers.cost(optimizers.Sophia, 10) == 1 + 2 * 10
    assert optimizers.cost(optimizers.ConjugateGradient, 10) == 1 + 2
    assert optimizers.cost(optimizers.Adam, 10) == 1
