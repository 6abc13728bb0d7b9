from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossland import optimizers
from lossland.compute import maps
from lossland.compute.crowds.on_arrays import ArrayCrowd
from lossland.compute.maps import Axis, basin_pieces, basins, finished, sweep, sweep_pieces, usual_axes
from lossland.compute.minima import tolerance
from lossland.compute.trajectory import run
from lossland.errors import UserError
from lossland.landscapes import landscape

HIMMELBLAU = landscape("himmelblau", domain=((-6, 6), (-6, 6)))
BOWL = landscape("x^2 + 4*y^2", domain=((-2, 2), (-2, 2)))
WELLS = landscape("(x^2 - 1)^2 + y^2", domain=((-2, 2), (-1, 1)))


@pytest.fixture(params=["kernel", "arrays"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Compute once with the compiled kernel and once on arrays."""
    if request.param == "arrays":
        monkeypatch.setattr(maps, "crowd", ArrayCrowd)
    return request.param


# ------------------------------------------------------------------------------------------------------ basins
def test_basins_of_himmelblau() -> None:
    """The numbers of scene 28: shares on a grid of 512 x 512 starts, in the order of the known minima."""
    found = basins(HIMMELBLAU, optimizers.GradientDescent(lr=0.002), n=512, steps=1000)
    minima = [(3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)]
    assert found.minima.position == pytest.approx(np.array(minima), abs=1e-6)
    assert found.shares == pytest.approx([0.24971, 0.25826, 0.24318, 0.24885], abs=0.002)
    assert (found.basin >= 0).all()
    assert not found.diverged.any()
    assert found.basin.dtype == np.int16


def test_two_wells_are_divided_by_the_line_between_them(way: str) -> None:
    """Small steps lead down the gradient's flow, and the flow of (x^2-1)^2 + y^2 never crosses x = 0."""
    found = basins(WELLS, optimizers.GradientDescent(lr=0.01), n=40, steps=600)
    order = np.argsort(found.minima.position[:, 0])  # left, right
    assert found.minima.position[order] == pytest.approx(np.array([(-1, 0), (1, 0)]), abs=1e-9)
    left = np.zeros((40, 40), bool)
    left[:, :20] = True
    assert np.array_equal(found.basin, np.where(left, order[0], order[1]))
    assert found.shares == pytest.approx([0.5, 0.5])


def test_steps_to_the_minimum_of_a_bowl(way: str) -> None:
    """On x^2 + 4 y^2 gradient descent multiplies x by 1 - 2 lr and y by 1 - 8 lr: the steps follow."""
    n, rate = 24, 0.05
    found = basins(BOWL, optimizers.GradientDescent(lr=rate), n=n, steps=200)
    centre = (np.arange(n) + 0.5) / n * 4 - 2
    x, y = np.meshgrid(centre, centre)
    t = np.arange(1, 201)[:, None, None]
    outside = np.hypot(x * (1 - 2 * rate) ** t, y * (1 - 8 * rate) ** t) >= tolerance(BOWL)
    assert np.array_equal(found.steps, 1 + outside.sum(axis=0))


def test_steps_count_from_the_last_time_outside(way: str) -> None:
    """A heavy ball rolls through the minimum: steps are those until it stays."""
    rule, n, steps = optimizers.Momentum(lr=0.02, momentum=0.9), 12, 300
    found = basins(BOWL, rule, n=n, steps=steps)
    centre = (np.arange(n) + 0.5) / n * 4 - 2
    starts = np.stack(np.meshgrid(centre, centre), -1).reshape(-1, 2)
    path = run(BOWL, rule, starts, steps).points
    outside = np.hypot(*np.moveaxis(path[1:], -1, 0)) >= tolerance(BOWL)
    last = np.where(outside.any(0), steps - np.argmax(outside[::-1], axis=0), 0)
    assert np.abs(found.steps.ravel() - (last + 1)).max() <= 1  # float32 may cross the edge a step apart
    first = np.argmin(outside, axis=0)
    assert (last > first).any()


def test_divergence_is_a_class_of_its_own(way: str) -> None:
    """Gradient descent on x^4 / 4 from x diverges where lr x^2 > 2, and comes to rest in between."""
    quartic = landscape("x^4/4 + y^2/2", domain=((-2, 2), (-2, 2)))
    found = basins(quartic, optimizers.GradientDescent(lr=1.0), n=20, steps=4000)
    centre = (np.arange(20) + 0.5) / 20 * 4 - 2
    away = np.broadcast_to(np.abs(centre) > np.sqrt(2), (20, 20))
    assert np.array_equal(found.diverged, away)
    assert (found.basin[away] == -1).all()
    assert (found.steps[away] == -1).all()
    assert (found.classes[away] == -2).all()
    assert (found.classes[~away] != -2).all()


def test_minima_that_are_found_have_steps_too(way: str) -> None:
    """The gutters of Rastrigin's function are known only by being reached."""
    land = landscape("rastrigin", domain=((-1.5, 1.5), (-1.5, 1.5)))
    found = basins(land, optimizers.GradientDescent(lr=0.001), n=18, steps=300)
    assert len(found.minima.position) == 9
    assert found.minima.position[0].tolist() == [0, 0]
    assert np.sort(np.abs(found.minima.position).ravel())[-1] == pytest.approx(0.994959, abs=1e-6)
    assert np.array_equal(found.basin >= 0, found.steps > 0)


@pytest.mark.parametrize("rule", ["adam:lr=0.3", "sgd:lr=0.005,noise=5"])
def test_neither_tiles_nor_pieces_change_a_bit(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    chosen = optimizers.optimizer(rule)
    whole = basins(HIMMELBLAU, chosen, n=40, steps=90, seed=3)
    monkeypatch.setattr(maps, "TILE", 601)
    parts = finished(basin_pieces(HIMMELBLAU, chosen, n=40, steps=90, seed=3, work=7000))
    assert np.array_equal(whole.basin, parts.basin)
    assert np.array_equal(whole.steps, parts.steps)


def test_progress_rises_to_the_end() -> None:
    shares: list[float] = []
    finished(basin_pieces(HIMMELBLAU, optimizers.Adam(lr=0.3), n=20, steps=50, work=2000), shares.append)
    assert shares == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] <= 1


def test_a_place_has_the_label_of_its_cell() -> None:
    found = basins(WELLS, optimizers.GradientDescent(lr=0.01), n=40, steps=600)
    left, right = np.argsort(found.minima.position[:, 0])
    places = [(-1.99, 0.3), (-0.01, -0.9), (0.01, 0.9), (1.99, 0.0), (-9.0, 7.0), (9.0, -7.0)]
    assert found.basin_at(places).tolist() == [left, left, right, right, left, right]


def test_the_lowest_minima_are_named_in_their_order() -> None:
    land = landscape("rastrigin", domain=((-1.5, 1.5), (-1.5, 1.5)))
    found = basins(land, optimizers.GradientDescent(lr=0.001), n=18, steps=300)
    lowest = found.lowest(4)
    assert lowest == sorted(lowest)
    assert found.minima.value[lowest].max() <= np.delete(found.minima.value, lowest).min()
    assert found.lowest(99) == list(range(9))
    label = np.array([[-1, *range(9)]])
    assert found.among_lowest(label, 4).tolist() == [[-1, *(lowest.index(k) if k in lowest else -1 for k in range(9))]]
    np.testing.assert_array_equal(found.reached(found.minima.position + 1e-4), np.arange(9))
    assert found.reached(np.array([[0.0, np.nan]])).tolist() == [-1]


# ------------------------------------------------------------------------------------------------------ sweeps
def test_gradient_descent_over_rate_and_start() -> None:
    """On x^2 + 4 y^2 from (x0, 1) the loss after T steps is known in closed form, and where it diverges too."""
    rate, start = Axis("lr", 0.01, 0.5), Axis("x", -2.0, 2.0)
    made = sweep(BOWL, optimizers.GradientDescent(), rate, start, n=24, steps=400, start=(0.0, 1.0))
    lr, x0 = np.meshgrid(made.x, made.y)
    assert made.x == pytest.approx(0.01 + 0.49 * (np.arange(24) + 0.5) / 24)
    with np.errstate(over="ignore"):
        expected = (x0 * (1 - 2 * lr) ** 400) ** 2 + 4 * ((1 - 8 * lr) ** 400) ** 2
    assert np.array_equal(made.diverged, lr > 0.25)  # 2 / 8, the sharpest direction
    good = ~made.diverged
    assert made.loss[good] == pytest.approx(expected[good], rel=1e-9, abs=1e-300)
    assert np.isinf(made.loss[made.diverged]).all()
    assert np.array_equal(np.isnan(made.steps), made.diverged)


def test_steps_to_a_target() -> None:
    rate, other = Axis("lr", 0.02, 0.2, log=True), Axis("y", 0.5, 1.5)
    made = sweep(BOWL, optimizers.GradientDescent(), rate, other, n=9, steps=60, start=(1.0, 0.0), target=1e-3)
    assert np.diff(np.log(made.x)) == pytest.approx(np.log(10) / 9)
    lr, y0 = np.meshgrid(made.x, made.y)
    t = np.arange(61)[:, None, None]
    low = ((1 - 2 * lr) ** t) ** 2 + 4 * (y0 * (1 - 8 * lr) ** t) ** 2 <= 1e-3
    assert np.array_equal(made.reached, np.where(low.any(0), np.argmax(low, axis=0), -1))
    steps = np.where(low.any(0), np.maximum(np.argmax(low, axis=0), 1), np.inf)
    assert np.array_equal(made.steps, steps)
    assert made.best == (made.x[np.argmin(np.where(low.any(0), np.argmax(low, 0), 99).min(0))], made.best[1])


def test_the_usual_axes_of_a_sweep() -> None:
    """Rates from a thirtieth to thirty times the one that suits, for Adam 0.12, that is 0.1, and the inertia."""
    across, up = usual_axes(BOWL, optimizers.Adam(lr=0.7))
    assert (across.name, across.log, up) == ("lr", True, Axis("beta1", 0.0, 0.999))
    assert (across.low, across.high) == pytest.approx((0.1 / 30, 0.1 * 30))
    assert usual_axes(BOWL, optimizers.Momentum())[1] == Axis("momentum", 0.0, 0.999)
    assert usual_axes(BOWL, optimizers.GradientDescent())[1] == Axis("x", -2.0, 2.0)


@pytest.mark.parametrize(
    ("rule", "across", "up"),
    [
        ("adam", Axis("lr", 1e-3, 1.0, log=True), Axis("beta1", 0.0, 0.99)),
        ("momentum", Axis("momentum", 0.0, 0.95), Axis("lr", 1e-4, 1e-3, log=True)),
        ("radam", Axis("beta2", 0.75, 0.999), Axis("x", -1.0, 1.0)),
        ("nadam", Axis("beta1", 0.5, 0.95), Axis("y", -1.0, 1.0)),
        ("rprop", Axis("lr", 1e-3, 1e-1, log=True), Axis("x", -1.0, 1.0)),
        ("sgd", Axis("noise", 0.0, 5.0), Axis("lr", 1e-4, 1e-3)),
    ],
)
def test_a_cell_is_the_run_of_its_own_setting(rule: str, across: Axis, up: Axis) -> None:
    land, chosen = landscape("rosenbrock"), optimizers.optimizer(rule)
    made = sweep(land, chosen, across, up, n=5, steps=40, start=(-1.2, 1.0), seed=6)
    for iy, ix in ((0, 0), (1, 3), (4, 4)):
        settings = {across.name: made.x[ix], up.name: made.y[iy]}
        start = (settings.pop("x", -1.2), settings.pop("y", 1.0))
        alone = run(land, type(chosen)(**settings), start, 40, seed=6)
        assert made.loss[iy, ix] == pytest.approx(float(alone.values[-1, 0]), rel=1e-9)


def test_a_sweep_in_pieces_is_the_same_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = Axis("lr", 1e-3, 1.0, log=True), Axis("beta1", 0.0, 0.99)
    whole = sweep(HIMMELBLAU, optimizers.Adam(), *axes, n=12, steps=30, target=1.0)
    monkeypatch.setattr(maps, "TOGETHER", 17)
    parts = finished(sweep_pieces(HIMMELBLAU, optimizers.Adam(), *axes, n=12, steps=30, target=1.0, work=100))
    assert np.array_equal(whole.loss, parts.loss)
    assert np.array_equal(whole.reached, parts.reached)


def test_what_cannot_be_is_refused() -> None:
    rate, memory = Axis("lr", 1e-3, 1.0, log=True), Axis("momentum", 0.0, 0.9)
    for axes, message in (
        ((rate, rate), "two different axes"),
        ((rate, Axis("momentun", 0.0, 0.9)), "mean 'momentum'"),
        ((rate, Axis("momentum", 0.5, 1.9)), "below 1"),
        ((Axis("lr", 0.0, 1.0, log=True), memory), "above 0"),
        ((Axis("lr", 1.0, 1.0), memory), "smaller to a larger"),
    ):
        with pytest.raises(UserError, match=message):
            sweep(BOWL, optimizers.Momentum(), *axes, n=4, steps=2)
    with pytest.raises(UserError, match="number of cells along a side must be a whole number from 1"):
        basins(BOWL, optimizers.Momentum(), n=0)


@pytest.mark.parametrize("name", ["sam:rho=0.1", "bfgs", "conjugate_gradient", "adam:schedule=cosine,steps=20"])
def test_a_cell_of_a_sweep_of_any_rule_is_its_own_run(name: str) -> None:
    land, rule = landscape("himmelblau"), optimizers.optimizer(name)
    found = sweep(land, rule, Axis("lr", 1e-3, 1e-2, log=True), Axis("x", -1.0, 1.0), n=3, steps=30)
    for iy, ix in ((0, 0), (1, 2), (2, 1)):
        alone = run(land, replace(rule, lr=found.x[ix]), (found.y[iy], land.start[1]), 30)  # type: ignore[call-arg]
        assert found.loss[iy, ix] == pytest.approx(alone.values[-1, 0], rel=1e-9, abs=1e-12)
