"""Noise in the gradients of every rule: its draws, where it is seen, and that nothing changes without it."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland import optimizers
from lossland.compute import philox
from lossland.compute.crowds.on_cpu import KernelCrowd
from lossland.compute.kernels.cpu import source
from lossland.compute.kernels.cuda import swarm_source
from lossland.compute.kernels.fused import fuse
from lossland.errors import UserError
from lossland.landscapes import landscape

SEED, SIZE = 5, 3.0
START = (-1.5, 2.5)
BOWLS = "(x - 1)^2*(1 + y^2) + (x + y)^4/9 + exp(x/2)"


def tilted(draw: Sequence[float]) -> str:
    """Return the formula plus the random slope of one batch, which is 0 at the start."""
    (x, y), (a, b) = START, (SIZE * d for d in draw)
    return f"{BOWLS} + ({a!r})*(x - ({x!r})) + ({b!r})*(y - ({y!r}))"


@pytest.mark.parametrize("name", optimizers.names())
def test_a_noisy_step_is_a_step_on_a_tilted_landscape(name: str) -> None:
    """Gradients, values and looks elsewhere: a batch of data adds one slope to all that is seen at a step."""
    draw = tuple(map(float, philox.standard_normal(SEED, 0, 1)))
    noisy = ll.run(BOWLS, name, START, steps=1, seed=SEED, noise=SIZE)
    exact = ll.run(tilted(draw), name, START, steps=1)
    assert noisy.points[1] == pytest.approx(exact.points[1], rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", ["adam", "momentum", "sam", "armijo", "bfgs", "extragradient"])
def test_paths_kernels_and_arrays_draw_alike(name: str) -> None:
    rule = optimizers.optimizer(f"{name}:lr=0.01,noise=0.3")
    start = np.random.default_rng(1).uniform(-2, 2, (40, 2))
    many = ll.run(BOWLS, rule, start, steps=12, seed=SEED, backend="cpu")
    crowd = KernelCrowd(landscape(BOWLS), rule, start, SEED)
    crowd.advance(12)
    assert crowd.positions == pytest.approx(many.points[-1], rel=1e-7, abs=1e-9)
    alone = ll.run(BOWLS, rule, start[0], steps=12, seed=SEED)
    assert alone.points[:, 0] == pytest.approx(many.points[:, 0], rel=1e-9)


def test_it_is_the_noise_of_sgd() -> None:
    by_itself = ll.run(BOWLS, "sgd:lr=0.01,noise=2", START, 20, seed=3)
    for rule, noise in (("gradient_descent:lr=0.01,noise=2", None), ("sgd:lr=0.01", 2.0)):
        assert (ll.run(BOWLS, rule, START, 20, seed=3, noise=noise).points == by_itself.points).all()
    mean = np.zeros(2)
    for t in range(1, 21):
        grad = ll.landscape(BOWLS).grad(by_itself.points[t - 1, 0])
        mean += (by_itself.points[t - 1, 0] - by_itself.points[t, 0]) / 0.01 - grad
    wanted = 2 * np.sum([philox.standard_normal(3, 0, t) for t in range(1, 21)], axis=0)
    assert mean == pytest.approx(wanted, rel=1e-8)


def test_swarms_draw_for_each_particle() -> None:
    swarm = ll.swarm("0*x", "gradient_descent:lr=1", count=20_000, steps=1, seed=9, noise=0.5)
    moved = (swarm.end - swarm.start).astype(float)
    assert moved.std(axis=0) == pytest.approx(0.5, rel=0.02)
    assert moved.mean(axis=0) == pytest.approx(0, abs=0.02)
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.03


def test_texts_objects_and_pickles_say_the_same() -> None:
    rule = optimizers.optimizer("adam:lr=0.1,noise=0.5,schedule=cosine,steps=50")
    assert rule.stochastic
    assert optimizers.optimizer(optimizers.spec(rule)) == rule == pickle.loads(pickle.dumps(rule))
    assert optimizers.noisy(optimizers.Adam(lr=0.1), 0.5) == optimizers.optimizer("adam:lr=0.1,noise=0.5")
    assert optimizers.noisy(rule, 2.0).noise == 2.0  # type: ignore[attr-defined]
    assert optimizers.noisy(optimizers.SGD(lr=0.1), 2.0) == optimizers.SGD(lr=0.1, noise=2.0)
    assert len({kind.name for kind in optimizers.catalogue()}) == len(optimizers.catalogue())


@pytest.mark.parametrize("kind", [optimizers.Adam, optimizers.SAM, optimizers.BFGS])
def test_without_noise_nothing_changes(kind: type[optimizers.Optimizer]) -> None:
    rule = kind()
    assert optimizers.noisy(rule, 0) is rule
    silent = optimizers.noisy(optimizers.noisy(rule, 1.0), 0.0)
    land = landscape("himmelblau")
    assert source(fuse(land, silent), "float") == source(fuse(land, rule), "float")
    assert swarm_source(fuse(land, silent)) == swarm_source(fuse(land, rule))


def test_sweeps_take_noise_as_an_axis() -> None:
    swept = ll.sweep("himmelblau", "adam:noise=1", x=("lr", 0.01, 0.1), y=("noise", 0.0, 50.0), n=8, steps=100)
    assert np.median(swept.loss[-1]) > np.median(swept.loss[0])


LOUD = """
from collections import namedtuple
import lossland as ll

class Loud(ll.optimizers.Optimizer):
    noise: float = 0.5
    Terms = namedtuple("Terms", "step")

    def update(self, grad, last, t, position):
        return self.Terms(step=-self.noise * grad)
"""


def test_a_setting_of_that_name_keeps_its_meaning(tmp_path: Path) -> None:
    file = tmp_path / "loud.py"
    file.write_text(LOUD)
    rule = optimizers.optimizer(f"{file}:Loud")
    assert not rule.stochastic
    assert ll.run("x^2 + y^2", rule, (1, 1), steps=1).points[1, 0].tolist() == [0, 0]
    with pytest.raises(UserError, match="Loud has a setting noise of its own"):
        ll.run("x^2", rule, noise=1.0)


@pytest.mark.parametrize("noise", [-1, "much", np.nan])
def test_what_is_no_noise_gets_a_sentence(noise: Any) -> None:
    with pytest.raises(UserError, match="The noise of gradients must be a number from 0"):
        ll.run("x^2", "adam", noise=noise)


def test_the_equations_show_it() -> None:
    lines = ll.explain.equations("sam:noise=1")
    assert lines[0] == r"g_t = \nabla f(\theta_t) + \sigma \xi_t"
    assert lines[1].endswith(r"+ \sigma \xi_t")
    assert ll.explain.equations("sam:noise=1")[2:] == ll.explain.equations("sam")[2:]
