"""The benchmark against runs of torch.optim on formulas in PyTorch, from starts of their own: the intervals meet."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from lossland.benchmark import measures
from lossland.benchmark.problems import problem
from lossland.benchmark.results import Settings
from lossland.benchmark.tiles import follow
from lossland.optimizers import optimizer

pytestmark = pytest.mark.torch

RUNS, STEPS = 400, 500
LANDS: dict[str, Callable[[Any, Any], Any]] = {
    "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "styblinski_tang": lambda x, y: 0.5 * (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y),
}
LOWEST = {"rosenbrock": 0.0, "himmelblau": 0.0, "styblinski_tang": 2 * -39.16616570377142}  # as published
RULES: dict[str, tuple[str, dict[str, float]]] = {
    "gradient_descent": ("SGD", {"lr": 0.004}),
    "momentum": ("SGD", {"lr": 0.001, "momentum": 0.9}),
    "adam": ("Adam", {"lr": 0.3}),
    "rmsprop": ("RMSprop", {"lr": 0.01}),
}


def by_torch(land: str, kind: str, settings: dict[str, float], target: float) -> np.ndarray:
    """Return the steps (RUNS,) until f - f* is at the target, inf if it never is."""
    torch = import_module("torch")
    generator = torch.Generator().manual_seed(11)
    (x0, x1), (y0, y1) = problem(land).land.domain
    low, size = torch.tensor([x0, y0], dtype=torch.float64), torch.tensor([x1 - x0, y1 - y0], dtype=torch.float64)
    place = (low + size * torch.rand(RUNS, 2, generator=generator, dtype=torch.float64)).requires_grad_()
    rule = getattr(torch.optim, kind)([place], **settings)
    hit = np.full(RUNS, np.inf)
    for step in range(STEPS + 1):
        rule.zero_grad()
        value = LANDS[land](place[:, 0], place[:, 1])
        there = (value.detach().numpy() - LOWEST[land] <= target) & np.isinf(hit)
        hit[there] = step
        value.sum().backward()
        rule.step()
    return hit


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("land", LANDS)
def test_success_and_running_time_agree_with_torch_optim(land: str, rule: str) -> None:
    kind, settings = RULES[rule]
    where = problem(land)
    text = f"{rule}:{','.join(f'{name}={value}' for name, value in settings.items())}"
    ours = follow(where, optimizer(text), Settings((text,), (land,), starts=RUNS, steps=STEPS, seed=3), 0, RUNS)
    compared = 0
    for number in (10, 30, 50):  # targets, the last one included
        theirs = by_torch(land, kind, settings, where.targets[number])
        mine = np.where(ours.hits[number] >= 0, ours.hits[number], np.inf)
        shares, times = [], []
        for hits in (mine, theirs):
            shares.append(measures.wilson(int(np.isfinite(hits).sum()), RUNS))
            times.append(measures.running_time_interval(hits, STEPS))
        assert shares[0][0] <= shares[1][1]
        assert shares[1][0] <= shares[0][1]
        if np.isfinite(times).all():
            assert times[0][0] <= times[1][1]
            assert times[1][0] <= times[0][1]
            compared += 1
    assert compared  # a target that is reached now and then
