"""Schedules of the rate against closed forms; tests/peers compares them with PyTorch's."""

from __future__ import annotations

import copy
import math
import pickle
from itertools import product

import numpy as np
import pytest

from lossland import optimizers
from lossland.compute.crowds.on_cpu import KernelCrowd
from lossland.compute.explain import explain
from lossland.compute.kernels.fused import fuse
from lossland.compute.trajectory import run
from lossland.errors import UserError
from lossland.landscapes import landscape
from lossland.optimizers import SCHEDULES, optimizer, spec

SLOPE = landscape("-x")  # every step of gradient descent is as long as its rate


def shares(text: str, steps: int) -> list[float]:
    path = run(SLOPE, optimizer(f"gradient_descent:lr=2,schedule={text}"), (0.0, 0.0), steps).points[:, 0, 0]
    return (np.diff(path) / 2).tolist()


def test_the_share_of_every_step() -> None:
    assert shares("constant", 3) == [1, 1, 1]
    assert shares("step,every=2,drop=0.5", 6) == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25])
    assert shares("exponential,drop=0.8", 4) == pytest.approx([1, 0.8, 0.64, 0.512])
    assert shares("warm-up,steps=4", 6) == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
    half = [0.1 + 0.9 * (1 + math.cos(math.pi * k / 4)) / 2 for k in range(4)]
    assert shares("cosine,steps=4,least=0.1", 6) == pytest.approx([*half, 0.1, 0.1])
    cycle = shares("one-cycle,steps=10,rise=0.5", 12)
    assert cycle[0] == pytest.approx(1 / 25)
    assert cycle[4] == pytest.approx(1)
    assert cycle[2] == pytest.approx((1 + 1 / 25) / 2)
    assert cycle[9:] == pytest.approx([1 / 250_000] * 3, rel=1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_a_part_of_text_copies_and_kernels(name: str) -> None:
    for rule in ("adam", "rprop", "sam", "bfgs"):
        one, other = optimizer(f"{rule}:lr=0.02,schedule={name}"), optimizer(f"{rule}:schedule={name},lr=0.05")
        assert optimizer(spec(one)) == one == pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) != other
        land, start = landscape("himmelblau"), np.array([(0.5, -3.0), (2.0, 1.0)])
        assert fuse(land, one) is fuse(land, other)  # a slider needs no new kernel
        state = KernelCrowd(land, one, start)
        state.advance(30)
        assert state.positions == pytest.approx(run(land, one, start, 30).points[-1], rel=1e-9)
        assert explain(one, land, start[0], 3)[1].name == "lr_now"
        assert one.name == rule
        assert one.title.endswith(f", {name}")
        assert type(one) not in optimizers.catalogue()


def test_every_rule_can_take_every_schedule() -> None:
    """A schedule's settings never have the name of one of the rule's own."""
    for kind, schedule in product(optimizers.catalogue(), SCHEDULES.values()):
        ours = set(optimizers.defaults(kind))
        assert not ours & {"least", "rise", "drop", "steps"}
        if "lr" in ours and "every" not in ours:
            assert set(optimizers.defaults(optimizers.scheduled(kind, schedule.title))) > ours


def test_a_schedule_changes_only_the_rate() -> None:
    """What a rule remembers of its rate at the start, such as Rprop's sizes, stays."""
    land = landscape("himmelblau")
    plain, kept = (run(land, optimizer(f"rprop:lr=0.01{text}"), (1, 1), 20) for text in ("", ",schedule=exponential"))
    assert np.array_equal(plain.points, kept.points)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("adam:schedule=cosin", "Did you mean 'cosine'"),
        ("adam:schedule=", "There is no schedule ''"),
        ("adam:schedule=cosine,every=3", "adam has no setting 'every'"),
        ("adam:steps=3", "adam has no setting 'steps'"),
        ("adam:schedule=cosine,schedule=step", "given twice"),
        ("adam:schedule=one-cycle,steps=3", "steps of adam must be a whole number of at least 10, not 3.0"),
    ],
)
def test_bad_schedules_are_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        optimizer(text)
    assert sentence in str(refused.value)
