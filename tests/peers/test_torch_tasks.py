"""Tasks against PyTorch: values, gradients, initialization, and minima of the convex ones. Run by `make test-torch`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.landscapes import tasks
from lossland.models.tasks import TrainingLoss

pytestmark = pytest.mark.torch

DECAYS = {"logistic-iris": 0.01, "logistic-digits": 0.001, "mlp-spiral": 1e-4, "mlp-digits": 0.001}
WIDTHS = {"logistic-iris": (4, 1), "logistic-digits": (16, 1), "mlp-spiral": (2, 8, 1), "mlp-digits": (8, 4, 5)}


def module(name: str) -> Any:
    """Return the model of a task as PyTorch makes it, in float64."""
    torch: Any = import_module("torch")
    torch.manual_seed(3)
    layers = []
    for inputs, outputs in zip(WIDTHS[name], WIDTHS[name][1:], strict=False):
        layers += [torch.nn.Linear(inputs, outputs, dtype=torch.float64), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def loss_of(name: str, model: Any) -> Any:
    """Return the loss of a model on a task's data, as PyTorch computes it."""
    torch: Any = import_module("torch")
    around = ll.problem(f"task:{name}").around
    assert isinstance(around, TrainingLoss)
    out, target = model(torch.tensor(around.data.points)), torch.tensor(around.data.target)
    if WIDTHS[name][-1] > 1:
        mean = torch.nn.functional.cross_entropy(out, target)
    else:
        mean = torch.nn.functional.binary_cross_entropy_with_logits(out[:, 0], (target > 0).double())
    return mean + DECAYS[name] / 2 * sum((p**2).sum() for p in model.parameters())


def flat(parts: Any) -> np.ndarray:
    return np.concatenate([part.detach().numpy().ravel() for part in parts])


def test_every_task_is_here() -> None:
    assert {tasks.PREFIX + name for name in DECAYS} == set(tasks.names())


@pytest.mark.parametrize("name", DECAYS)
def test_values_gradients_and_initialization(name: str) -> None:
    problem, model = ll.problem(f"task:{name}"), module(name)
    loss = loss_of(name, model)
    loss.backward()
    theta = flat(model.parameters())
    value, grad = problem.value_grad(theta)
    assert float(value) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(grad, flat(p.grad for p in model.parameters()), rtol=1e-9, atol=1e-13)
    low, high = np.array(problem.domain).T
    assert ((low <= theta) & (theta <= high)).all()
    assert np.abs(theta / high).max() > 0.5


@pytest.mark.parametrize("name", ["logistic-iris", "logistic-digits"])
def test_the_minimum_of_a_convex_task(name: str) -> None:
    torch: Any = import_module("torch")
    problem, model = ll.problem(f"task:{name}"), module(name)
    rule = torch.optim.LBFGS(
        model.parameters(), max_iter=500, tolerance_grad=1e-13, tolerance_change=0.0, line_search_fn="strong_wolfe"
    )

    def again() -> Any:
        rule.zero_grad()
        loss = loss_of(name, model)
        loss.backward()
        return loss

    rule.step(again)
    assert loss_of(name, model).item() == pytest.approx(problem.lowest, abs=1e-13)
    np.testing.assert_allclose(flat(model.parameters()), problem.minima[0], atol=1e-6)
