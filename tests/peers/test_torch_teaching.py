"""Graphs, normalization and dropout against PyTorch's, in float64. Run by `make test-torch`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from lossland.models import graphs, masks, normalization

pytestmark = pytest.mark.torch


@pytest.fixture
def torch() -> Any:
    return import_module("torch")


@pytest.mark.parametrize(
    "text",
    [
        "x*y + sin(x)",
        "1/(1 + exp(-(x*y + z)))",
        "ln(exp(x) + exp(y) + exp(z)) - x",
        "2*(x*y + max(z, x))",
        "tanh(x)^3/z",
    ],
)
def test_gradients_of_expressions_are_those_of_autograd(torch: Any, text: str) -> None:
    graph = graphs.of_expression(text)
    values = dict(zip(graph.inputs, (0.7, -1.3, 0.4), strict=False))
    known = graph.forward(values)
    gradients = graph.backward(known)
    leaves = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in values.items()}
    names = {"sin": torch.sin, "exp": torch.exp, "ln": torch.log, "tanh": torch.tanh, "max": torch.maximum}
    out = eval(text.replace("^", "**"), names, leaves)
    out.backward()
    assert known[graph.loss] == pytest.approx(out.item(), rel=1e-14)
    for name, leaf in leaves.items():
        assert gradients[name] == pytest.approx(leaf.grad.item(), rel=1e-12)


@pytest.mark.parametrize("activation", list(graphs.ACTIVATIONS))
def test_gradients_of_a_network_are_those_of_autograd(torch: Any, activation: str) -> None:
    graph = graphs.network((3, 4, 2), activation, (0.2, -0.3))
    values = graphs.first_values(graph, seed=5)
    gradients = graph.backward(graph.forward(dict(zip(graph.inputs, values, strict=True))))
    found = graphs.layered(graph, gradients)
    shapes = {name: array.shape for name, array in found.items()}
    parts, start = {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        flat = torch.tensor(values[start : start + size], dtype=torch.float64)
        parts[name], start = flat.reshape(shape).requires_grad_(), start + size
    bend = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[activation]
    h = bend(parts["W1"] @ parts["x"] + parts["b1"])
    out = bend(parts["W2"] @ h + parts["b2"])
    (0.5 * ((out - torch.tensor([0.2, -0.3], dtype=torch.float64)) ** 2).sum()).backward()
    for name, array in found.items():
        np.testing.assert_allclose(array, parts[name].grad.numpy(), rtol=1e-10, atol=1e-14)


def test_batch_normalization_in_training_and_evaluation(torch: Any) -> None:
    rng = np.random.default_rng(0)
    batches = [rng.normal(2.0, 3.0, size=(8, 4)) for _ in range(6)]
    theirs = torch.nn.BatchNorm1d(4, dtype=torch.float64)
    for batch in batches:
        trained = theirs(torch.from_numpy(batch))
        ours = normalization.stages(batch, normalization.statistics(batch))[-1]
        np.testing.assert_allclose(ours, trained.detach().numpy(), rtol=1e-10, atol=1e-12)
    kept = normalization.running(batches)
    np.testing.assert_allclose(kept.mean[0], theirs.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(kept.variance[0], theirs.running_var.numpy(), rtol=1e-12)
    theirs.eval()
    used = theirs(torch.from_numpy(batches[0])).detach().numpy()
    np.testing.assert_allclose(normalization.stages(batches[0], kept)[-1], used, rtol=1e-10, atol=1e-12)


def test_layer_normalization(torch: Any) -> None:
    x = np.random.default_rng(1).normal(size=(5, 7))
    theirs = torch.nn.LayerNorm(7, dtype=torch.float64)(torch.from_numpy(x)).detach().numpy()
    ours = normalization.stages(x, normalization.statistics(x, axis=1))[-1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_dropout_leaves_out_and_scales_as_ours(torch: Any) -> None:
    """A mask of theirs is one of ours, with the same factors; the mean over many comes near that over all."""
    torch.manual_seed(0)
    wx = np.array([1.2, 0.4, 0.25, -1.35, -1.0])
    drawn = torch.nn.functional.dropout(torch.ones(40_000, 5, dtype=torch.float64), 0.3).numpy()
    every = masks.all_masks(5)
    factors, chance = masks.factors(every, 0.3), masks.chances(every, 0.3)
    number = ((drawn > 0) * 2 ** np.arange(5)).sum(axis=1)
    np.testing.assert_allclose(drawn, factors[number], rtol=1e-12)
    mean, variance = masks.moments(factors @ wx, chance)
    assert (drawn @ wx).mean() == pytest.approx(mean, abs=0.03)
    assert (drawn @ wx).var() == pytest.approx(variance, rel=0.03)
