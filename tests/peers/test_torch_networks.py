"""Networks against PyTorch's: values, gradients and Hessian products in float64. Run by `make test-torch`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from lossland.models import networks
from lossland.models.networks import Mode, Network

pytestmark = pytest.mark.torch

NETWORKS = {
    "tanh": networks.mlp((6, 9, 7, 4)),
    "relu": networks.mlp((6, 9, 7, 4), "relu"),
    "sigmoid": networks.mlp((6, 9, 4), "sigmoid", loss="mse", output="tanh"),
    "gelu": networks.mlp((6, 9, 4), "gelu"),
    "silu": networks.mlp((6, 9, 4), "silu"),
    "leaky": networks.mlp((6, 9, 4), "leaky_relu"),
    "linear": networks.mlp((6, 4), "linear", loss="mse"),
    "logistic": networks.mlp((6, 5, 1), "tanh", loss="logistic"),
    "residual": networks.mlp((6, 9, 9, 9, 4), "tanh", residual=True),
    "layer norm": networks.mlp((6, 9, 7, 4), "tanh", norm="layer"),
    "batch norm": networks.mlp((6, 9, 7, 4), "tanh", norm="batch"),
    "convolution": networks.cnn((2, 4, 6), (3, 5), 4, "tanh"),
    "deep convolution": networks.cnn((1, 8, 8), (3, 5), 4, "relu", residual=True, norm="batch"),
}


def module_of(layers: tuple[networks.Layer, ...]) -> Any:
    """Return PyTorch's layers for ours, in a Sequential, with the same names."""
    torch: Any = import_module("torch")
    nn = torch.nn

    class Around(nn.Sequential):
        def forward(self, x: Any) -> Any:
            return x + super().forward(x)

    bent = {
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "sigmoid": nn.Sigmoid,
        "linear": nn.Identity,
        "gelu": lambda: nn.GELU(approximate="tanh"),
        "silu": nn.SiLU,
        "leaky_relu": nn.LeakyReLU,
    }
    images = any(isinstance(layer, networks.Convolution) for layer in layers)
    made = []
    for layer in layers:
        match layer:
            case networks.Linear(inputs, outputs):
                made.append(nn.Linear(inputs, outputs))
            case networks.Convolution(inputs, outputs, kernel):
                made.append(nn.Conv2d(inputs, outputs, kernel, padding="same"))
            case networks.BatchNorm(features):
                made.append((nn.BatchNorm2d if images else nn.BatchNorm1d)(features))
            case networks.LayerNorm(features):
                made.append(nn.LayerNorm(features))
            case networks.Activation(kind):
                made.append(bent[kind]())
            case networks.Residual(inner):
                made.append(Around(*module_of(inner)))
            case networks.Image(channels, height, width):
                made.append(nn.Unflatten(1, (channels, height, width)))
            case networks.MeanPool(size):
                made.append(nn.AvgPool2d(size))
            case networks.Flatten():
                made.append(nn.Flatten())
    return nn.Sequential(*made).double()


def torch_loss(kind: str, out: Any, target: Any) -> Any:
    torch: Any = import_module("torch")
    functional = torch.nn.functional
    if kind == "cross_entropy":
        return functional.cross_entropy(out, target)
    if kind == "logistic":
        return functional.binary_cross_entropy_with_logits(out[:, 0], (target > 0).double())
    return functional.mse_loss(out, target)


def sample(network: Network) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    first = network.layers[0]
    size = first.channels * first.height * first.width if isinstance(first, networks.Image) else 6
    points = rng.normal(size=(11, size))
    if network.loss_kind == "cross_entropy":
        return points, rng.integers(0, 4, 11)
    return points, rng.normal(size=11) if network.outputs == 1 else rng.normal(size=(11, 4))


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("name", NETWORKS)
def test_values_gradients_and_hessian_products(name: str, training: bool) -> None:
    torch: Any = import_module("torch")
    network = NETWORKS[name]
    points, target = sample(network)
    theta = networks.initial(network, seed=5, count=3) + 0.1 * np.random.default_rng(1).normal(size=(3, network.size))
    direction = np.random.default_rng(2).normal(size=theta.shape)
    value, grad, seen = network.value_grad_seen(theta, points, target, Mode(training))
    product = network.hessian_times(theta, direction, points, target, Mode(training))
    outputs = network.apply(theta, points, Mode(training))
    for index in range(3):
        module = module_of(network.layers)
        module.train(training)
        assert [name for name, _ in module.named_parameters()] == [p.name for p in network.parameters]
        torch.nn.utils.vector_to_parameters(torch.tensor(theta[index]), module.parameters())
        out = module(torch.tensor(points))
        np.testing.assert_allclose(outputs[index], out.detach().numpy(), rtol=1e-10, atol=1e-10)
        loss = torch_loss(network.loss_kind, out, torch.tensor(target))
        slopes = torch.autograd.grad(loss, list(module.parameters()), create_graph=True)
        slope = torch.nn.utils.parameters_to_vector(slopes)
        (slope @ torch.tensor(direction[index])).backward()
        curved = torch.nn.utils.parameters_to_vector([p.grad for p in module.parameters()])
        np.testing.assert_allclose(value[index], loss.item(), rtol=1e-12)
        np.testing.assert_allclose(grad[index], slope.detach().numpy(), rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(product[index], curved.numpy(), rtol=1e-10, atol=1e-10)
        if training and seen.shape[1]:
            kept = [b.numpy() for n, b in module.named_buffers() if not n.endswith("tracked")]
            ours = networks.MOMENTUM * seen[index] + (1 - networks.MOMENTUM) * network.first_statistics()
            np.testing.assert_allclose(ours, np.concatenate(kept), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (20, 8, 3, 3)])
@pytest.mark.parametrize("scheme", ["xavier_uniform", "xavier_normal", "he_uniform", "he_normal"])
def test_initial_values_are_distributed_as_pytorchs(scheme: str, shape: tuple[int, ...]) -> None:
    torch: Any = import_module("torch")
    layer = networks.Linear(shape[1], shape[0]) if len(shape) == 2 else networks.Convolution(shape[1], shape[0])
    network = Network((layer,), shape[0])
    ours = network.views(networks.initial(network, seed=1, count=30, scheme=scheme))["0.weight"]
    theirs = torch.empty(30, *shape, dtype=torch.float64)
    fill = getattr(torch.nn.init, f"{scheme.replace('he', 'kaiming')}_")
    for row in theirs:
        fill(row, nonlinearity="relu") if scheme.startswith("he") else fill(row)
    assert ours.std() == pytest.approx(theirs.std().item(), rel=0.02)
    if scheme.endswith("uniform"):
        assert np.abs(ours).max() == pytest.approx(theirs.abs().max().item(), rel=0.01)
    kurtosis = [(w**4).mean() / (w**2).mean() ** 2 for w in (ours, theirs.numpy())]
    assert kurtosis[0] == pytest.approx(kurtosis[1], rel=0.05)


def test_gains_are_pytorchs() -> None:
    torch: Any = import_module("torch")
    for name, gain in networks.GAINS.items():
        assert torch.nn.init.calculate_gain(name) == pytest.approx(gain)
