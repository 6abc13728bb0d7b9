"""The rules against the pytorch-optimizer package and optax, in float64. Run by `make test-torch`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from lossland.compute.trajectory import run
from lossland.landscapes import landscape
from lossland.optimizers import optimizer

pytestmark = pytest.mark.torch

STEPS = 200
HIMMELBLAU = landscape("himmelblau")
START = (0.5, -3.0)


def ours(text: str, steps: int = STEPS) -> np.ndarray:
    path = run(HIMMELBLAU, optimizer(text), START, steps).points[:, 0]
    assert np.isfinite(path).all()
    return path


def row_of(kind: str, arguments: dict[str, Any], shape: tuple[int, ...], averaged: bool = False) -> np.ndarray:
    """Follow an optimizer of the pytorch-optimizer package on a parameter of a shape."""
    torch, package = import_module("torch"), import_module("pytorch_optimizer")
    torch.set_default_dtype(torch.float64)
    position = torch.tensor(START, dtype=torch.float64).reshape(shape).requires_grad_()
    rule = getattr(package, kind)([position], **arguments)
    path = [START]
    for _ in range(STEPS):
        position.grad = torch.from_numpy(HIMMELBLAU.grad(position.detach().numpy().reshape(2))).reshape(shape)
        if kind == "SophiaH":
            diagonal = HIMMELBLAU.hessian(position.detach().numpy().reshape(2))[[0, 2]]
            rule.step(hessian=[torch.from_numpy(diagonal).reshape(shape)])
        else:
            rule.step()
        if averaged:  # the average is put in the position's place for a moment
            rule.eval()
        path.append(tuple(position.detach().reshape(2).tolist()))
        if averaged:
            rule.train()
    return np.array(path)


def betas(h: Any) -> dict[str, Any]:
    return {"lr": h.lr, "betas": (h.beta1, h.beta2)}


# Ours, theirs, our settings as their arguments, the parameter's shape.
ROWS: list[tuple[str, str, Callable[[Any], dict[str, Any]], tuple[int, ...]]] = [
    ("sgdw", "SGDW", lambda h: {"lr": h.lr, "momentum": h.momentum, "weight_decay": h.weight_decay}, (2,)),
    ("aggmo", "AggMo", lambda h: {"lr": h.lr, "betas": (0.0, h.momentum, h.momentum2)}, (2,)),
    ("qhm:momentum=0.9", "QHM", lambda h: {"lr": h.lr, "momentum": h.momentum, "nu": h.nu}, (2,)),
    ("lars:lr=0.5", "LARS", lambda h: {"lr": h.lr, "momentum": h.momentum, "trust_coefficient": h.trust}, (1, 2)),
    (
        "adabound:lr=0.01",
        "AdaBound",
        lambda h: {**betas(h), "final_lr": h.final_lr, "gamma": h.gamma, "eps": h.eps},
        (2,),
    ),
    (
        "ademamix:lr=0.01",
        "AdEMAMix",
        lambda h: {"lr": h.lr, "betas": (h.beta1, h.beta2, h.beta3), "alpha": h.alpha, "eps": h.eps},
        (2,),
    ),
    ("adan:lr=0.01", "Adan", lambda h: {"lr": h.lr, "betas": (h.beta1, h.beta2, h.beta3), "eps": h.eps}, (2,)),
    ("prodigy", "Prodigy", lambda h: {**betas(h), "d0": h.d0, "eps": h.eps}, (2,)),
    ("mars", "MARS", lambda h: {**betas(h), "gamma": h.gamma, "eps": h.eps, "optimize_1d": True}, (2,)),
    ("lion:lr=0.01", "Lion", lambda h: {**betas(h), "weight_decay": h.weight_decay}, (2,)),
    ("signum:lr=0.01", "SignSGD", lambda h: {"lr": h.lr, "momentum": h.momentum}, (2,)),
    (
        "sophia:lr=0.01",
        "SophiaH",
        lambda h: {**betas(h), "lr": h.lr / h.gamma, "p": h.gamma, "eps": h.eps / h.gamma, "update_period": 1},
        (2,),
    ),
    ("schedule_free_sgd", "ScheduleFreeSGD", lambda h: {"lr": h.lr, "momentum": h.momentum}, (2,)),
    ("schedule_free_adamw", "ScheduleFreeAdamW", lambda h: {**betas(h), "eps": h.eps}, (2,)),
    ("shampoo:eps=0.01", "Shampoo", lambda h: {"lr": h.lr, "matrix_eps": h.eps}, (1, 2)),
]


@pytest.mark.parametrize(("text", "kind", "arguments", "shape"), ROWS, ids=[row[0].partition(":")[0] for row in ROWS])
def test_paths_are_those_of_pytorch_optimizer(
    text: str, kind: str, arguments: Callable[[Any], dict[str, Any]], shape: tuple[int, ...]
) -> None:
    theirs = row_of(kind, arguments(optimizer(text)), shape, averaged=kind.startswith("ScheduleFree"))
    assert np.abs(ours(text) - theirs).max() < 1e-9


def test_sam_is_pytorch_optimizers() -> None:
    torch, package = import_module("torch"), import_module("pytorch_optimizer")
    position = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    rule = package.SAM([position], torch.optim.SGD, rho=0.3, lr=0.003)
    path = [START]
    for _ in range(STEPS):
        for half in (rule.first_step, rule.second_step):
            position.grad = torch.from_numpy(HIMMELBLAU.grad(position.detach().numpy()))
            half(zero_grad=True)
        path.append(tuple(position.detach().tolist()))
    assert np.abs(ours("sam:lr=0.003,rho=0.3") - np.array(path)).max() < 1e-6  # its norm is in float32


def test_lookahead_is_pytorch_optimizers() -> None:
    torch, package = import_module("torch"), import_module("pytorch_optimizer")
    position = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    rule = package.Lookahead(torch.optim.SGD([position], lr=0.002, momentum=0.9), k=5, alpha=0.4)
    path = [START]
    for _ in range(STEPS):
        position.grad = torch.from_numpy(HIMMELBLAU.grad(position.detach().numpy()))
        rule.step()
        path.append(tuple(position.detach().tolist()))
    assert np.abs(ours("lookahead:lr=0.002,momentum=0.9,every=5,alpha=0.4") - np.array(path)).max() < 1e-9


def test_muon_is_pytorchs_but_for_its_bfloat16() -> None:
    torch = import_module("torch")
    position = torch.tensor([START], dtype=torch.float64, requires_grad=True)
    rule = torch.optim.Muon([position], lr=0.01)
    path = [START]
    for _ in range(20):
        position.grad = torch.from_numpy(HIMMELBLAU.grad(position.detach().numpy()))
        rule.step()
        path.append(tuple(position.detach()[0].tolist()))
    mine, theirs = ours("muon:lr=0.01", 20), np.array(path)
    assert np.abs(mine - theirs).max() < 0.02 * np.abs(theirs - START).max()


def test_clipped_descent_is_pytorchs() -> None:
    torch = import_module("torch")
    position = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    rule = torch.optim.SGD([position], lr=0.02)
    path = [START]
    for _ in range(STEPS):
        position.grad = torch.from_numpy(HIMMELBLAU.grad(position.detach().numpy()))
        torch.nn.utils.clip_grad_norm_([position], 5.0)
        rule.step()
        path.append(tuple(position.detach().tolist()))
    assert np.abs(ours("clipped_descent:lr=0.02,longest=5") - np.array(path)).max() < 1e-9


# --------------------------------------------------------------------------------------------------------- optax

OPTAX: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("lamb:lr=0.01,weight_decay=0.1", lambda o, h: o.lamb(h.lr, h.beta1, h.beta2, h.eps, weight_decay=h.weight_decay)),
    (
        "novograd",
        lambda o, h: o.novograd(h.lr, h.beta1, h.beta2, h.eps, weight_decay=h.weight_decay),
    ),
    ("optimistic_descent", lambda o, h: o.optimistic_gradient_descent(h.lr)),
    ("signsgd:lr=0.01", lambda o, h: o.sign_sgd(h.lr)),
]


@pytest.mark.parametrize(("text", "make"), OPTAX, ids=[row[0].partition(":")[0] for row in OPTAX])
def test_paths_are_those_of_optax(text: str, make: Callable[[Any, Any], Any]) -> None:
    jax, optax = import_module("jax"), import_module("optax")
    jax.config.update("jax_enable_x64", True)
    position = jax.numpy.array(START, dtype="float64")
    rule = make(optax, optimizer(text))
    state, path = rule.init(position), [START]
    for _ in range(STEPS):
        grad = jax.numpy.asarray(HIMMELBLAU.grad(np.asarray(position)))
        updates, state = rule.update(grad, state, position)
        position = optax.apply_updates(position, updates)
        path.append((float(position[0]), float(position[1])))
    assert np.abs(ours(text) - np.array(path)).max() < 1e-9


def test_polyaks_step_is_optaxs() -> None:
    jax, optax = import_module("jax"), import_module("optax")
    jax.config.update("jax_enable_x64", True)
    position, rule = jax.numpy.array(START, dtype="float64"), optax.polyak_sgd(0.02, eps=1e-12)
    state, path = rule.init(position), [START]
    for _ in range(STEPS):
        value, grad = HIMMELBLAU.value_grad(np.asarray(position))
        updates, state = rule.update(jax.numpy.asarray(grad), state, position, value=float(value))
        position = optax.apply_updates(position, updates)
        path.append((float(position[0]), float(position[1])))
    assert np.abs(ours("polyak_step:longest=0.02") - np.array(path))[:40].max() < 1e-9


# ----------------------------------------------------------------------------------------------------- schedules

SCHEDULES: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("step,every=30,drop=0.5", lambda s, rule: s.StepLR(rule, 30, 0.5)),
    ("exponential,drop=0.98", lambda s, rule: s.ExponentialLR(rule, 0.98)),
    ("cosine,steps=100,least=0.1", lambda s, rule: s.CosineAnnealingLR(rule, 100, 0.0002)),
    ("warm-up,steps=50", lambda s, rule: s.LinearLR(rule, 1 / 50, 1.0, 49)),
    ("one-cycle,steps=100,rise=0.3", lambda s, rule: s.OneCycleLR(rule, 0.002, 100, cycle_momentum=False)),
]


@pytest.mark.parametrize(("text", "make"), SCHEDULES, ids=[row[0].partition(",")[0] for row in SCHEDULES])
def test_schedules_are_pytorchs(text: str, make: Callable[[Any, Any], Any]) -> None:
    torch = import_module("torch")
    position = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    rule = torch.optim.SGD([position], lr=0.002, momentum=0.8)
    schedule, path = make(torch.optim.lr_scheduler, rule), [START]
    for k in range(100):
        position.grad = torch.from_numpy(HIMMELBLAU.grad(position.detach().numpy()))
        rule.step()
        if k < 99:
            schedule.step()
        path.append(tuple(position.detach().tolist()))
    assert np.abs(ours(f"momentum:lr=0.002,momentum=0.8,schedule={text}", 100) - np.array(path)).max() < 1e-9
