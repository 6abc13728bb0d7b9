"""The rules against PyTorch's own optimizers, 300 steps in float64. Run by `make test-torch`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from lossland.compute.trajectory import run
from lossland.landscapes import Landscape, landscape
from lossland.optimizers import optimizer

pytestmark = pytest.mark.torch

STEPS = 300


def betas(h: Any) -> dict[str, Any]:
    return {"lr": h.lr, "betas": (h.beta1, h.beta2), "eps": h.eps}


# Name here, name in torch.optim, our settings as torch's arguments.
ROWS: list[tuple[str, str, Callable[[Any], dict[str, Any]]]] = [
    ("gradient_descent", "SGD", lambda h: {"lr": h.lr}),
    ("sgd", "SGD", lambda h: {"lr": h.lr}),
    ("momentum", "SGD", lambda h: {"lr": h.lr, "momentum": h.momentum}),
    ("nesterov", "SGD", lambda h: {"lr": h.lr, "momentum": h.momentum, "nesterov": True}),
    ("adagrad", "Adagrad", lambda h: {"lr": h.lr, "eps": h.eps}),
    ("rmsprop", "RMSprop", lambda h: {"lr": h.lr, "alpha": h.alpha, "eps": h.eps}),
    ("adadelta", "Adadelta", lambda h: {"lr": h.lr, "rho": h.rho, "eps": h.eps}),
    ("adam", "Adam", betas),
    ("adamw", "AdamW", lambda h: {**betas(h), "weight_decay": h.weight_decay}),
    ("amsgrad", "Adam", lambda h: {**betas(h), "amsgrad": True}),
    ("nadam", "NAdam", lambda h: {**betas(h), "momentum_decay": h.momentum_decay}),
    ("radam", "RAdam", betas),
    ("adamax", "Adamax", betas),
    (
        "adafactor",
        "Adafactor",
        lambda h: {"lr": h.lr, "beta2_decay": h.beta2_decay, "eps": (h.eps1, h.eps2), "d": h.d},
    ),
    (
        "rprop",
        "Rprop",
        lambda h: {"lr": h.lr, "etas": (h.eta_minus, h.eta_plus), "step_sizes": (h.size_min, h.size_max)},
    ),
]
IDS = [row[0] for row in ROWS]


def torch_path(land: Landscape, kind: str, arguments: dict[str, Any], start: tuple[float, float]) -> np.ndarray:
    torch: Any = import_module("torch")

    torch.set_default_dtype(torch.float64)  # NAdam keeps a running product in the default type
    position = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    rule = getattr(torch.optim, kind)([position], **arguments)
    path = [start]
    for _ in range(STEPS):
        position.grad = torch.from_numpy(land.grad(position.detach().numpy()))
        rule.step()
        path.append(tuple(position.detach().tolist()))
    return np.array(path)


@pytest.mark.parametrize(("name", "kind", "arguments"), ROWS, ids=IDS)
@pytest.mark.parametrize(("where", "start"), [("rosenbrock", (-1.2, 1.0)), ("himmelblau", (0.5, -3.0))])
def test_paths_are_pytorchs(
    name: str, kind: str, arguments: Callable[[Any], dict[str, Any]], where: str, start: tuple[float, float]
) -> None:
    land, rule = landscape(where), optimizer(name)
    path = run(land, rule, start, STEPS).points[:, 0]
    assert np.isfinite(path).all()
    assert np.abs(path - torch_path(land, kind, arguments(rule), start)).max() < 1e-10


@pytest.mark.parametrize(("name", "kind", "arguments"), ROWS, ids=IDS)
def test_defaults_are_pytorchs(name: str, kind: str, arguments: Callable[[Any], dict[str, Any]]) -> None:
    torch: Any = import_module("torch")

    theirs = inspect.signature(getattr(torch.optim, kind)).parameters
    ours = arguments(optimizer(name))
    ours.pop("eps") if kind == "Adafactor" else None  # torch writes None for the first, the type's own epsilon
    switches = {"momentum", "nesterov", "amsgrad"}  # what makes of torch's class the variant that has a name here
    assert {key: theirs[key].default for key in ours if key not in switches} == {
        key: value for key, value in ours.items() if key not in switches
    }


@pytest.mark.parametrize(
    ("text", "kind", "arguments"),
    [
        ("adam:lr=0.02,beta1=0.5,beta2=0.9,eps=0.01", "Adam", betas),
        ("amsgrad:lr=0.1,beta1=0.5,beta2=0.6,eps=0.01", "Adam", lambda h: {**betas(h), "amsgrad": True}),
        ("adamw:lr=0.1,weight_decay=0.5", "AdamW", lambda h: {**betas(h), "weight_decay": h.weight_decay}),
        ("nadam:lr=0.1,momentum_decay=0.1", "NAdam", lambda h: {**betas(h), "momentum_decay": h.momentum_decay}),
        ("radam:lr=0.02,beta2=0.9", "RAdam", betas),
        ("adamax:lr=0.1,beta2=0.8", "Adamax", betas),
        ("asgd:lr=0.01,lambd=0.1", "ASGD", lambda h: {"lr": h.lr, "lambd": h.lambd, "alpha": h.alpha}),
        ("nesterov:lr=0.002,momentum=0.7", "SGD", lambda h: {"lr": h.lr, "momentum": 0.7, "nesterov": True}),
        (
            "rprop:lr=0.1,eta_minus=0.3,eta_plus=1.5,size_min=0.01,size_max=0.5",
            "Rprop",
            lambda h: {"lr": h.lr, "etas": (h.eta_minus, h.eta_plus), "step_sizes": (h.size_min, h.size_max)},
        ),
    ],
)
def test_other_settings_mean_the_same(text: str, kind: str, arguments: Callable[[Any], dict[str, Any]]) -> None:
    land, rule = landscape("himmelblau"), optimizer(text)
    path = run(land, rule, (0.5, -3.0), STEPS).points[:, 0]
    assert np.abs(path - torch_path(land, kind, arguments(rule), (0.5, -3.0))).max() < 1e-10
