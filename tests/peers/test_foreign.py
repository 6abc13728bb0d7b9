"""Optimizers of PyTorch and optax themselves, run here. By `make test-torch`."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.cli import main
from lossland.optimizers import cost, optimizer, spec

pytestmark = pytest.mark.torch

torch: Any = import_module("torch") if find_spec("torch") else None
HIMMELBLAU = ll.landscape("himmelblau")
STARTS = np.array([(0.5, -3.0), (-2.0, 2.5), (4.0, 1.0)])
STEPS = 100


def alone(make: Callable[[Any], Any], start: Any, shape: tuple[int, ...] = (2,)) -> np.ndarray:
    """Follow an optimizer of PyTorch on one particle, by PyTorch's own means."""
    position = torch.tensor(start, dtype=torch.float64).reshape(shape).requires_grad_()
    rule, path = make([position]), [np.asarray(start)]
    for _ in range(STEPS):
        position.grad = torch.from_numpy(HIMMELBLAU.grad(position.detach().numpy().reshape(2))).reshape(shape)
        rule.step()
        path.append(position.detach().numpy().reshape(2).copy())
    return np.array(path)


ROWS: list[tuple[str, Callable[[Any], Any], tuple[int, ...]]] = [
    ("torch.Adam:lr=0.1,beta1=0.8,amsgrad=1", lambda p: torch.optim.Adam(p, 0.1, (0.8, 0.999), amsgrad=True), (2,)),
    ("torch.AdamW:lr=0.1", lambda p: torch.optim.AdamW(p, lr=0.1), (2,)),
    (
        "torch.SGD:lr=0.002,momentum=0.9,nesterov=1",
        lambda p: torch.optim.SGD(p, lr=0.002, momentum=0.9, nesterov=True),
        (2,),
    ),
    ("torch.Rprop", lambda p: torch.optim.Rprop(p), (2,)),
    ("torch.NAdam:lr=0.05", lambda p: torch.optim.NAdam(p, lr=0.05), (2,)),
    ("torch.ASGD:lr=0.01", lambda p: torch.optim.ASGD(p, lr=0.01), (2,)),
    ("torch.Adafactor:lr=0.05", lambda p: torch.optim.Adafactor(p, lr=0.05), (2,)),  # mixes coordinates
    ("torch.Muon:lr=0.01", lambda p: torch.optim.Muon(p, lr=0.01), (1, 2)),
]


@pytest.mark.parametrize(("text", "make", "shape"), ROWS, ids=[row[0] for row in ROWS])
def test_every_particle_goes_where_pytorch_takes_it_alone(
    text: str, make: Callable[[Any], Any], shape: tuple[int, ...]
) -> None:
    found = ll.run(HIMMELBLAU, text, STARTS, STEPS).points
    for number, start in enumerate(STARTS):
        assert found[:, number] == pytest.approx(alone(make, start, shape), rel=1e-12, abs=1e-12)


def test_optax_maps_a_state_over_the_particles() -> None:
    jax, optax = import_module("jax"), import_module("optax")
    made = optax.chain(optax.clip_by_global_norm(5.0), optax.adam(0.1))  # the norm of each particle's own gradient
    found = ll.run(HIMMELBLAU, made, STARTS, STEPS).points
    jax.config.update("jax_enable_x64", True)
    for number, start in enumerate(STARTS):
        position = jax.numpy.asarray(start)
        state = made.init(position)
        for t in range(1, STEPS + 1):
            grad = jax.numpy.asarray(HIMMELBLAU.grad(np.asarray(position)))
            update, state = made.update(grad, state, position)
            position = position + update
            assert found[t, number] == pytest.approx(np.asarray(position), rel=1e-11)


@pytest.mark.parametrize("text", ["torch.Adam:lr=0.1", "optax.adam:lr=0.1"])
def test_swarms_and_basins_are_like_our_own(text: str) -> None:
    ours = text.partition(".")[2].lower()
    found, right = (ll.swarm(HIMMELBLAU, one, count=200, steps=150) for one in (text, ours))
    assert found.start == pytest.approx(right.start)
    assert (found.label == right.label).mean() > 0.98
    found, right = (ll.basins(HIMMELBLAU, one, n=12, steps=150) for one in (text, ours))
    assert (found.basin == right.basin).mean() > 0.97


def test_objects_classes_and_texts_mean_the_same() -> None:
    optax = import_module("optax")
    right = ll.run(HIMMELBLAU, "torch.Adam:lr=0.1,beta1=0.5,beta2=0.9", STARTS, 20).points
    assert np.array_equal(
        ll.run(HIMMELBLAU, partial(torch.optim.Adam, lr=0.1, betas=(0.5, 0.9)), STARTS, 20).points, right
    )
    assert optimizer(torch.optim.Adam) == optimizer("torch.Adam")
    named = ll.run(HIMMELBLAU, "optax.sgd:lr=0.01,momentum=0.9", STARTS, 20).points
    assert np.array_equal(ll.run(HIMMELBLAU, optax.sgd(0.01, momentum=0.9), STARTS, 20).points, named)
    for text in ("torch.SGD:lr=0.01,nesterov=1,momentum=0.5", "optax.adamw:lr=0.2", "torch.Adam:amsgrad=0"):
        rule = optimizer(text)
        assert optimizer(spec(rule)) == rule == pickle.loads(pickle.dumps(rule))
        assert cost(rule) == 1


MINE = """
import functools

import optax
import torch


class Halved(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, limit=1.0):
        if lr > 1:
            raise ValueError("a rate of at most 1, please")
        super().__init__(params, {"lr": lr})
        self.limit = limit

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.abs().max() > 100:
                    raise RuntimeError("too far away")
                p -= group["lr"] * p.grad / 2


eager = functools.partial(Halved, lr=0.004)
calm = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.05))
"""


def test_files_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE)
    right = ll.run(HIMMELBLAU, "gradient_descent:lr=0.002", STARTS, 50).points
    for text in ("mine.py:Halved:lr=0.004", "mine.py:eager", "mine.py:eager:limit=2"):
        assert ll.run(HIMMELBLAU, text, STARTS, 50).points == pytest.approx(right, rel=1e-12)
    assert spec("mine.py:eager") == "mine.py:eager:lr=0.004,limit=1.0"
    assert ll.run(HIMMELBLAU, "mine.py:calm", STARTS, 50).values[-1].max() < 40


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("torch.Adm", "PyTorch has no optimizer 'Adm'. Did you mean 'Adam'?"),
        ("optax.adm", "optax has no optimizer with a learning rate 'adm'. Did you mean 'adam'?"),
        ("torch.LBFGS", "torch.LBFGS cannot run here: it evaluates the function as often as it likes within a step"),
        ("torch.SparseAdam", "torch.SparseAdam cannot run here: it takes sparse gradients alone"),
        ("torch.Adam:beta3=1", "torch.Adam has no setting 'beta3'. Did you mean 'beta2'? It has lr, beta1, beta2"),
        ("torch.Adam:lr=-1", "lr of torch.Adam must be a number of at least 0, not -1.0."),
        ("torch.Adam:amsgrad=yes", "amsgrad of torch.Adam must be a number, 0 or 1 for no or yes, not 'yes'."),
        ("torch.Adam:schedule=cosine", "torch.Adam takes no schedule: it is another library's code."),
        ("torch.SGD:nesterov=1", "torch.SGD does not begin: ValueError: Nesterov momentum requires a momentum"),
        ("mine.py:Halved:lr=2", "mine.py:Halved does not begin: mine.py, line 11: ValueError: a rate of at most 1"),
        ("mine.py:Halved:lr=1", "mine.py:Halved fails: mine.py, line 20: RuntimeError: too far away."),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE)
    assert main(["run", "himmelblau", "--optimizer", text, "--steps", "50"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"lossland: {told}")
    assert said.count("\n") == 1


def test_the_window_and_sweeps_say_why_not() -> None:
    why = "torch.Adam is another library's code"
    with pytest.raises(ll.UserError, match=why):
        ll.scene("optimizer_race", lanes="torch.Adam:lr=0.1;adam")
    with pytest.raises(ll.UserError, match=why):
        ll.sweep(HIMMELBLAU, "torch.Adam", n=4)
    with pytest.raises(ll.UserError, match=why):
        ll.explain.equations("torch.Adam")


def test_the_benchmark_takes_them() -> None:
    results = ll.bench(
        ["torch.Adam:beta2=0.999,eps=1e-8,weight_decay=0", "adam:beta2=0.999,eps=1e-8"],
        ["himmelblau"], starts=20, steps=120, budget=3,
    )  # fmt: skip
    theirs, ours = results.cells
    assert theirs.names == ours.names == ("lr", "beta1")
    assert np.allclose(theirs.trials, ours.trials)
    assert theirs.success == ours.success
    assert theirs.ert == pytest.approx(ours.ert, rel=0.02)
