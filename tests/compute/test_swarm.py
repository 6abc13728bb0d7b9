from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland import optimizers
from lossland.compute import maps
from lossland.compute.arrays import to_numpy
from lossland.compute.bounds import is_lost
from lossland.compute.minima import basins, find_minima, tolerance
from lossland.compute.pieces import finished
from lossland.compute.selftest import CANCELLING
from lossland.compute.stepping import Stepper
from lossland.compute.swarm import Flow, SwarmState, cell_centres, patch_starts, random_starts, rest_pieces, swarm
from lossland.compute.trajectory import run
from lossland.errors import UserError
from lossland.landscapes import landscape

HIMMELBLAU = landscape("himmelblau", domain=((-6, 6), (-6, 6)))


def test_basins_of_himmelblau() -> None:
    starts = cell_centres(HIMMELBLAU.domain, 256)
    ended = swarm(HIMMELBLAU, optimizers.GradientDescent(lr=0.002), steps=1000, start=starts)
    minima = [(3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)]
    assert ended.minima.position == pytest.approx(np.array(minima), abs=1e-6)
    assert ended.shares == pytest.approx([0.24971, 0.25826, 0.24318, 0.24885], abs=0.002)
    assert ended.summary()["converged"] == ended.count == 256**2
    assert not ended.diverged.any()
    # Near the domain's edges the answer is plain, whatever the borders between basins look like.
    corner = ended.label.reshape(256, 256)[[-1, -1, 0, 0], [-1, 0, 0, -1]]
    assert corner.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("landscape_name", ["himmelblau", "rastrigin", "ackley"])
@pytest.mark.parametrize("rule", ["adam:lr=0.05", "sgd:lr=0.001,noise=2", "rprop", "nadam"])
def test_a_particle_goes_where_it_would_go_alone(landscape_name: str, rule: str) -> None:
    land, chosen = landscape(landscape_name), optimizers.optimizer(rule)
    starts = random_starts(land.domain, 1317, seed=4)
    together = SwarmState(land, chosen, starts, seed=9)
    together.advance(40)
    for i in (0, 1, 17, 511, 512, 1030, 1316):
        alone = SwarmState(land, chosen, starts[i], seed=9, first=i)
        alone.advance(40)
        assert np.array_equal(alone.positions[0], together.positions[i])


def test_steps_add_up() -> None:
    starts = random_starts(HIMMELBLAU.domain, 50)
    at_once, in_parts = (SwarmState(HIMMELBLAU, optimizers.Adam(lr=0.1), starts) for _ in range(2))
    assert np.array_equal(at_once.positions, starts)
    at_once.advance(30)
    for steps in (1, 0, 12, 17):
        in_parts.advance(steps)
    assert (at_once.step, in_parts.step) == (30, 30)
    assert np.array_equal(at_once.positions, in_parts.positions)


# Prodigy grows its rate by what is left of a difference, Shampoo takes roots of one: in float32 little is left.
@pytest.mark.parametrize("name", [name for name in optimizers.names() if name not in CANCELLING])
def test_float32_follows_float64(name: str) -> None:
    land, rule = landscape("x^2 + 3*y^2"), optimizers.optimizer(name)
    starts = random_starts(land.domain, 20)
    state = SwarmState(land, rule, starts)
    state.advance(20)
    assert state.positions.dtype == np.float32
    assert state.positions.flags.c_contiguous
    assert np.abs(state.positions - run(land, rule, starts, 20).points[-1]).max() < 1e-5


@pytest.mark.parametrize("name", ["adam", "amsgrad", "rprop", "radam", "lion", "sgd:noise=1"])
@pytest.mark.parametrize("where", ["himmelblau", "ackley", "3*x"])
def test_the_stepper_runs_on_any_library(xp: Any, name: str, where: str) -> None:
    land, rule = landscape(where), optimizers.optimizer(name)
    starts = random_starts(land.domain, 9)
    stepper = Stepper(land, rule, seed=3)
    position = xp.asarray(np.ascontiguousarray(starts.T))
    block = stepper.start(position)
    stepper.advance(block, 15)
    assert type(block.position) is type(position)
    assert block.position.dtype == xp.float32
    assert block.t == 15
    expected = SwarmState(land, rule, starts, seed=3, backend="cpu")
    expected.advance(15)
    assert pytest.approx(expected.positions, abs=1e-5) == to_numpy(block.position).T


def test_starts_are_seeded_and_do_not_depend_on_the_count() -> None:
    domain = ((-1.0, 3.0), (10.0, 11.0))
    starts = random_starts(domain, 1000, seed=5)
    assert starts.dtype == np.float32
    assert (starts >= (-1, 10)).all()
    assert (starts <= (3, 11)).all()
    assert starts.mean(axis=0) == pytest.approx((1, 10.5), abs=0.1)
    assert np.array_equal(starts[:10], random_starts(domain, 10, seed=5))
    assert not np.array_equal(starts[:10], random_starts(domain, 10, seed=6))


def test_cell_centres_run_row_by_row() -> None:
    assert cell_centres(((0, 2), (10, 14)), 2).tolist() == [[0.5, 11], [1.5, 11], [0.5, 13], [1.5, 13]]


def test_same_seed_same_swarm() -> None:
    rule = optimizers.SGD(lr=1e-3, noise=1.0)
    one, same, other = (swarm(HIMMELBLAU, rule, count=200, steps=30, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.end, same.end)
    assert np.array_equal(one.label, same.label)
    assert not np.array_equal(one.end, other.end)


def test_half_of_a_swarm_is_mostly_there() -> None:
    """On (x² + y²) / 2 gradient descent takes a share η of what is left, so that (1 − η)^t is left after t steps."""
    start = random_starts(((-2.0, 2.0), (-2.0, 2.0)), 101)
    flow = Flow(landscape("(x^2 + y^2)/2"), optimizers.optimizer("gradient_descent:lr=0.1"), start)
    left = (0.9 ** np.arange(41) - 0.9**40) / (1 - 0.9**40)
    assert flow.mostly_there(40, 0.4) == int(np.argmax(left < 0.4))
    assert flow.mostly_there(40, 0.0) == 40
    still = Flow(landscape("(x^2 + y^2)/2"), optimizers.optimizer("gradient_descent:lr=0.1"), np.zeros((3, 2)))
    assert still.mostly_there(40, 0.4) == 40


def test_a_swarm_is_at_rest_when_nearly_all_of_it_stays_where_it_ends() -> None:
    """On x² / 2 gradient descent with the rate η leaves (1 − η)^t of the way; with 2 it jumps from side to side."""
    bowl, start = landscape("(x^2 + y^2)/2"), np.column_stack([np.linspace(1, 2, 101), np.zeros(101)])
    most = np.quantile(start[:, 0], 0.98, method="higher")  # the rest is two of a hundred

    flow = Flow(bowl, optimizers.optimizer("gradient_descent:lr=0.1"), start)
    left = most * (0.9 ** np.arange(61) - 0.9**59)  # to the last place but one, which is nearer
    assert flow.at_rest(60, 0.1) == int(np.argmax(left <= 0.1))
    assert flow.at_rest(60, 1e-9) == 59
    assert flow.at_rest(60, 3.0) == 0

    slow = Flow(bowl, optimizers.optimizer("gradient_descent:lr=0.01"), start)
    left = most * (0.99 ** np.arange(601) - 0.99**599)
    assert slow.at_rest(600, 0.1) == 12 * int(np.argmax(left[::12] <= 0.1))

    assert Flow(bowl, optimizers.optimizer("gradient_descent:lr=2"), start).at_rest(60, 1e-3) == 0
    assert Flow(bowl, optimizers.optimizer("gradient_descent:lr=2.1"), start).at_rest(60, 1e-3) == 59


def test_the_summary_adds_up() -> None:
    shares: list[float] = []
    ended = swarm(HIMMELBLAU, optimizers.Momentum(lr=0.005), count=2000, steps=250, progress=shares.append)
    found = ended.summary()
    assert (found["count"], found["steps"]) == (2000, 250)
    assert found["converged"] == (ended.label >= 0).sum()
    assert found["diverged"] == ended.diverged.sum()
    assert found["particle_steps_per_second"] == pytest.approx(2000 * 250 / found["seconds"])
    assert sum(one["share"] for one in found["minima"]) == pytest.approx(found["converged"] / 2000)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert ended.value == pytest.approx(HIMMELBLAU.value(ended.end))


def test_runs_that_diverge_are_counted_and_warn_of_nothing() -> None:
    ended = swarm(landscape("rosenbrock"), optimizers.GradientDescent(lr=0.5), count=100, steps=60)
    assert ended.diverged.all()
    assert (ended.label == -1).all()
    assert ended.summary()["diverged"] == 100
    far = is_lost(np.array([[0.0, 0.0], [0.0, 2e3], [np.nan, 0.0], [np.inf, 0.0], [1.5, 1.5]]), ((-1, 1), (-1, 1)))
    assert far.tolist() == [False, False, True, True, False]
    assert is_lost(np.array([[0.0, 2.1e3]]), ((-1, 1), (-1, 1))).tolist() == [True]


# ----------------------------------------------------------------------------------------------------- minima


def test_basins_are_the_nearest_minimum_within_reach() -> None:
    points = np.array([[0.0, 0.0], [0.4, 0.0], [0.6, 0.0], [5.0, 5.0], [np.nan, 0.0], [np.inf, 0.0]])
    label = basins(points, [(0, 0), (1, 0)], tolerance=0.5)
    assert label.dtype == np.int16
    assert label.tolist() == [0, 0, 1, -1, -1, -1]
    assert basins(points, np.empty((0, 2)), 1.0).tolist() == [-1] * 6


@pytest.mark.parametrize("many", [1, 16, 17, 200, 512])
@pytest.mark.parametrize("reach", [0.01, 0.05, 0.3, 5.0, np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_basins_of_many_minima(many: int, reach: float, dtype: type) -> None:
    random = np.random.default_rng(many)
    minima = random.uniform(-1, 1, (many, 2)).astype(dtype)
    points = np.concatenate((random.uniform(-1.5, 1.5, (2000, 2)), [[np.nan, 0], [-np.inf, 0], [1e3, 1e3]]))
    points = points.astype(dtype)
    distance = np.hypot(*np.moveaxis(points[:, None] - minima, -1, 0))
    right = np.where(distance.min(axis=1) < reach, distance.argmin(axis=1), -1)
    right[2000] = -1
    assert np.array_equal(basins(points, minima, reach), right)


def test_minima_of_a_formula_are_found_where_particles_rest() -> None:
    land = landscape("(x^2 - 1)^2 + (y - 0.5*x)^2", domain=((-2, 2), (-2, 2)))  # minima (1, 0.5), (-1, -0.5)
    assert land.minima == ()
    ended = swarm(land, optimizers.GradientDescent(lr=0.05), count=500, steps=400)
    assert sorted(ended.minima.position.tolist()) == [pytest.approx([-1, -0.5]), pytest.approx([1, 0.5])]
    assert ended.minima.value == pytest.approx([0, 0], abs=1e-12)
    assert ended.summary()["converged"] == 500
    assert ended.shares[0] >= ended.shares[1] > 0.4


def test_local_minima_stand_after_the_known_ones() -> None:
    land = landscape("rastrigin")
    ended = swarm(land, optimizers.Adam(lr=0.01), count=3000, steps=200)
    assert ended.minima.position[0] == pytest.approx((0, 0), abs=1e-12)
    assert len(ended.minima.position) == 11 * 11  # one near each pair of whole numbers from -5 to 5
    rings = np.sort(ended.minima.value)
    assert rings[:6] == pytest.approx([0, *[0.994959] * 4, 1.989918], abs=1e-5)
    others = ended.shares[1:]
    assert (np.diff(others) <= 0).all()


def test_saddles_peaks_slopes_and_plateaus_are_no_minima() -> None:
    for formula in ("x^2 - y^2", "-x^2 - y^2", "x + 2*y", "0*x + 5", "(x + y)^2"):
        land = landscape(formula, domain=((-1, 1), (-1, 1)))
        minima, label = find_minima(land, np.zeros((3, 2)))
        assert len(minima.position) == 0
        assert label.tolist() == [-1, -1, -1]


def test_a_ring_is_no_row_of_minima() -> None:
    ended = swarm(landscape("(x^2 + y^2 - 4)^2"), optimizers.GradientDescent(lr=0.01), count=500, steps=300)
    assert np.hypot(*ended.end.T) == pytest.approx(np.full(500, 2.0), abs=1e-4)
    assert ended.summary()["minima"] == []
    assert ended.summary()["converged"] == 0


def test_the_tolerance_is_in_the_domains_units() -> None:
    assert tolerance(landscape("x^2", domain=((-3, 3), (-4, 4)))) == pytest.approx(0.03)
    land = landscape("x^2 + y^2", domain=((-3, 3), (-4, 4)))
    _, label = find_minima(land, np.array([[0.029, 0.0], [0.031, 0.0]]))
    assert label.tolist() == [0, -1]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UserError, match="particles"):
        swarm(HIMMELBLAU, optimizers.Adam(), count=0)
    with pytest.raises(UserError, match="steps"):
        swarm(HIMMELBLAU, optimizers.Adam(), count=1, steps=-1)
    with pytest.raises(UserError, match="seed"):
        swarm(HIMMELBLAU, optimizers.Adam(), count=1, seed=2**64)


@pytest.mark.parametrize("wall", ["1/(1+exp(-40*x))", "exp(40*x)/(1+exp(40*x))", "0.5+0.5*tanh(20*x)", "sigmoid(40x)"])
def test_a_wall_of_exponentials_loses_nobody(wall: str) -> None:
    land = landscape(f"{wall} + 0.01*(x^2+y^2)")
    for rule in ("gradient_descent:lr=0.05", "adam:lr=0.05"):
        found = swarm(land, optimizers.optimizer(rule), count=10_000, steps=300, seed=0).summary()
        assert found["diverged"] == 0


# ------------------------------------------------------------------------------------------- float32 and float64


@pytest.mark.parametrize(
    ("formula", "reach", "spec"),
    [
        ("log(exp(x^2) + exp(y^2))", 20, "gradient_descent:lr=0.1"),  # exp(89) is too large for float32
        ("(1 + x^20)^(1/20) + y^2", 200, "momentum:lr=0.1"),
        ("exp(x^2) + y^2", 12, "adam:lr=0.05"),
        ("beale", 1e6, "adam:lr=100"),
        ("log(exp(x^2) + exp(y^2))", 20, "sgd:lr=0.1,noise=0.01"),
    ],
)
def test_who_only_float32_cannot_follow_has_not_diverged(formula: str, reach: float, spec: str) -> None:
    land, rule = landscape(formula, domain=((-reach, reach), (-reach, reach))), optimizers.optimizer(spec)
    ended = swarm(land, rule, count=400, steps=40)
    exact = run(land, rule, ended.start, 40, backend="cpu")
    assert np.isfinite(exact.points[-1]).all()
    assert not ended.diverged.any()
    assert np.median(np.abs(ended.end - exact.points[-1])) < 1e-4 * reach
    found = maps.basins(land, rule, n=16, steps=40)
    assert not found.diverged.any()


def test_what_a_rule_remembers_may_be_too_large_for_float32() -> None:
    """Adam squares slopes of 1e20; in float32 the squares are infinite, and no step is ever taken."""
    land = landscape("1e20*(x^2 + y^2)")
    ended = swarm(land, optimizers.Adam(lr=0.05), count=200, steps=300)
    assert (ended.label == 0).all()
    assert (maps.basins(land, optimizers.Adam(lr=0.05), n=8, steps=300).basin == 0).all()


def test_nobody_has_diverged_and_converged() -> None:
    """Thrown far out by a huge rate, every particle stops beside some minimum of the sines."""
    land, rule = landscape("sin(x) + sin(y)"), optimizers.GradientDescent(lr=20_000)
    ended = swarm(land, rule, count=500, steps=50)
    assert ended.diverged.all()
    assert (ended.label == -1).all()
    assert ended.summary()["minima"] == []
    assert maps.basins(land, rule, n=9, steps=50).shares.sum() == 0


def test_a_value_too_large_for_float32_is_no_divergence() -> None:
    land = landscape("x^40 + y^2", domain=((-30, 30), (-1, 1)))
    ended = swarm(land, optimizers.GradientDescent(lr=1e-300), count=300, steps=0)
    assert np.isinf(ended.value).any()
    assert not ended.diverged.any()


# --------------------------------------------------------------------------------------- between steps, and to rest
def test_a_flow_goes_straight_between_whole_steps_forwards_and_backwards() -> None:
    starts, rule = random_starts(HIMMELBLAU.domain, 40), optimizers.Adam(lr=0.1)
    flow = Flow(HIMMELBLAU, rule, starts, seed=2)
    path = run(HIMMELBLAU, rule, starts, 12, seed=2).points
    for step in (0, 3.25, 12, 11.5, 1, 0):
        low, share = int(step), step - int(step)
        wanted = path[low] if share == 0 else (1 - share) * path[low] + share * path[low + 1]
        assert flow.positions(step) == pytest.approx(wanted, abs=1e-4)  # float32
    before, after, share = flow.around(5.75)
    assert share == 0.75
    assert np.asarray(before) == pytest.approx(path[5], abs=1e-4)
    assert np.asarray(after) == pytest.approx(path[6], abs=1e-4)


def test_a_swarm_is_followed_until_it_rests() -> None:
    """It is looked at every 50 steps, and rests when every particle is at the same minimum as 50 steps before."""
    starts, rule = random_starts(HIMMELBLAU.domain, 300, seed=1), optimizers.GradientDescent(lr=0.002)
    path, near = run(HIMMELBLAU, rule, starts, 2000).points, tolerance(HIMMELBLAU)
    away = np.hypot(*np.moveaxis(path[:, :, None] - HIMMELBLAU.minima, -1, 0))  # (steps, particles, minima)
    at = np.where(away.min(axis=-1) < near, away.argmin(axis=-1), -1)[::50]
    rest = next(50 * k for k in range(1, len(at)) if (at[k] >= 0).all() and (at[k] == at[k - 1]).all())
    assert 100 <= rest < 2000
    shares: list[float] = []
    ends = finished(rest_pieces(HIMMELBLAU, rule, starts, 2000, work=3000), shares.append)
    assert ends == pytest.approx(path[rest], abs=1e-4)
    assert shares == pytest.approx([10 * (1 + k) / 2000 for k in range(len(shares))])
    assert len(shares) == rest / 10 - 1  # after the last piece there is nothing to wait for
    assert finished(rest_pieces(HIMMELBLAU, rule, starts, 30)) == pytest.approx(path[30], abs=1e-4)
    assert np.array_equal(finished(rest_pieces(HIMMELBLAU, rule, starts, 0)), starts)


def test_pieces_of_any_size_lead_to_the_same_rest() -> None:
    starts, rule = random_starts(HIMMELBLAU.domain, 77), optimizers.Momentum(lr=0.003)
    ways = [finished(rest_pieces(HIMMELBLAU, rule, starts, 400, work=work)) for work in (1, 5000, 10**9)]
    assert np.array_equal(ways[0], ways[1])
    assert np.array_equal(ways[0], ways[2])


def test_a_patch_of_starts_is_an_even_ellipse() -> None:
    domain = ((-4.0, 4.0), (0.0, 2.0))
    starts = patch_starts(domain, (1.0, 1.0), 0.5, 20_000, seed=5)
    away = (starts - (1.0, 1.0)) / (2.0, 0.5)
    radius = np.hypot(*away.T)
    assert starts.dtype == np.float32
    assert radius.max() <= 1 + 1e-6
    assert (radius < 0.5).mean() == pytest.approx(0.25, abs=0.02)  # a quarter of the area
    assert away.mean(axis=0) == pytest.approx((0, 0), abs=0.02)
    edge = patch_starts(domain, (4.0, 2.0), 0.5, 1000)
    assert edge.max(axis=0).tolist() == [4.0, 2.0]
    assert np.array_equal(patch_starts(domain, (1.0, 1.0), 0.5, 10, seed=5), starts[:10])
