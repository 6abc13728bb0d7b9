"""Networks against finite differences, dense Hessians and formulas written out; against PyTorch in tests/peers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import networks
from lossland.models.networks import BatchNorm, Dropout, Linear, Mode, Network, cnn, initial, mlp

KINDS = {
    **{name: mlp((3, 5, 4, 2), name) for name in networks.ACTIVATIONS},
    "residual": mlp((3, 4, 4, 2), residual=True),
    "layer norm": mlp((3, 5, 2), norm="layer"),
    "batch norm": mlp((3, 5, 2), norm="batch"),
    "dropout": mlp((3, 5, 5, 2), dropout=0.4),
    "mse": mlp((3, 5, 2), loss="mse", output="tanh"),
    "half mse": mlp((3, 5, 2), loss="half_mse"),
    "logistic": mlp((3, 5, 1), loss="logistic"),
    "convolution": cnn((1, 4, 6), (2, 3), 2, "tanh", residual=True, norm="batch"),
}


def sample(network: Network, count: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    points = rng.normal(size=(count, 24 if isinstance(network.layers[0], networks.Image) else 3))
    if network.loss_kind == "cross_entropy":
        return points, rng.integers(0, network.outputs, count)
    return points, rng.normal(size=(count, network.outputs))


@pytest.mark.parametrize("mode", [Mode(), Mode(training=True, seed=3, step=5)], ids=["evaluation", "training"])
@pytest.mark.parametrize("name", KINDS)
def test_gradients_and_hessian_products_are_differences(name: str, mode: Mode, xp: Any) -> None:
    network = KINDS[name]
    points, target = (xp.asarray(part) for part in sample(network))
    theta, step = initial(network, seed=2, count=2, xp=xp), 1e-5
    direction = xp.asarray(np.random.default_rng(1).normal(size=(2, network.size)))
    value, grad = network.value_grad(theta, points, target, mode)
    assert type(grad) is type(theta)
    np.testing.assert_allclose(np.asarray(value), np.asarray(network.loss(theta, points, target, mode)), rtol=1e-13)
    ahead, behind = (network.loss(theta + s * direction, points, target, mode) for s in (step, -step))
    slope = xp.sum(grad * direction, axis=1)
    np.testing.assert_allclose(np.asarray(slope), np.asarray((ahead - behind) / (2 * step)), rtol=2e-6, atol=1e-8)
    ahead, behind = (network.value_grad(theta + s * direction, points, target, mode)[1] for s in (step, -step))
    curved = network.hessian_times(theta, direction, points, target, mode)
    np.testing.assert_allclose(np.asarray(curved), np.asarray((ahead - behind) / (2 * step)), rtol=2e-5, atol=1e-6)


def test_a_network_written_out() -> None:
    network, theta = mlp((2, 2, 1), "sigmoid", loss="half_mse", output="sigmoid"), np.arange(1, 10) / 10
    hidden = 1 / (1 + np.exp(-(np.array([[0.1, 0.2], [0.3, 0.4]]) @ [0.5, -1] + [0.5, 0.6])))
    out = 1 / (1 + np.exp(-(np.array([0.7, 0.8]) @ hidden + 0.9)))
    assert network.apply(theta, [[0.5, -1]])[0, 0] == pytest.approx(out, abs=1e-15)
    assert network.loss(theta, [[0.5, -1]], [2.0]) == pytest.approx((out - 2) ** 2 / 2, abs=1e-15)
    assert [p.name for p in network.parameters] == ["0.weight", "0.bias", "2.weight", "2.bias"]


@pytest.mark.parametrize("name", KINDS)
def test_many_networks_are_each_of_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = KINDS[name]
    points, target = sample(network)
    theta = initial(network, seed=2, count=5)
    stats = network.first_statistics() + np.random.default_rng(0).random((5, len(network.first_statistics())))
    together = network.value_grad(theta, points, target, statistics=stats)
    for one, row, value, grad in zip(theta, stats, *together, strict=True):
        alone = network.value_grad(one, points, target, statistics=row)
        np.testing.assert_allclose(alone[0], value, rtol=1e-13)
        np.testing.assert_allclose(alone[1], grad, rtol=1e-10, atol=1e-13)
    monkeypatch.setattr(networks, "AT_ONCE", 2 * network.widest * len(points))
    for whole, pieces in zip(together, network.value_grad(theta, points, target, statistics=stats), strict=True):
        np.testing.assert_allclose(whole, pieces, rtol=1e-10, atol=1e-13)
    if network.loss_kind in ("cross_entropy", "logistic"):
        outputs = network.apply(theta, points, statistics=stats)
        found = outputs.argmax(axis=-1) == target if network.outputs > 1 else (outputs[..., 0] > 0) == (target.T > 0)
        np.testing.assert_allclose(network.accuracy(theta, points, target, statistics=stats), found.mean(axis=1))


def test_single_precision_stays_single() -> None:
    network = KINDS["batch norm"]
    points, target = sample(network)
    theta = initial(network, dtype=np.float32)
    value, grad = network.value_grad(theta, points, target)
    curved = network.hessian_times(theta, grad, points, target)
    assert {value.dtype, grad.dtype, curved.dtype} == {np.dtype(np.float32)}
    wide = theta.astype(float)
    exact = network.hessian_times(wide, grad.astype(float), points, target)
    np.testing.assert_allclose(curved, exact, rtol=1e-4, atol=1e-4 * np.abs(exact).max())


def test_losses_neither_overflow_nor_vanish() -> None:
    out = np.array([[[1000.0, -1000.0]]])
    target = np.array([[0.0, 1.0]])
    assert networks.losses("cross_entropy", out, target)[0, 0] == 2000
    np.testing.assert_array_equal(networks.loss_slopes("cross_entropy", out, target), [[[1, -1]]])
    far = np.array([[[-800.0], [800.0]]])
    np.testing.assert_array_equal(networks.losses("logistic", far, np.array([[1.0], [1.0]])), [[800, 0]])
    np.testing.assert_array_equal(networks.loss_slopes("logistic", far, np.array([[1.0], [1.0]])), [[[-1], [0]]])


def test_dropout_keeps_the_mean_and_leaves_evaluation_alone() -> None:
    layer, x = Dropout(0.25), np.ones((4, 50, 100))
    out, _ = layer.forward({}, x, Mode(training=True, step=3))
    assert set(np.unique(out)) == {0.0, 4 / 3}
    assert out.mean() == pytest.approx(1, abs=4 * np.sqrt(1 / 3 / x.size))  # a number's variance is p / (1 - p)
    assert layer.forward({}, x, Mode())[0] is x
    again, other = (layer.forward({}, x, Mode(training=True, step=step))[0] for step in (3, 4))
    np.testing.assert_array_equal(out, again)
    assert not np.array_equal(out, other)


def test_batch_norm_of_four_numbers() -> None:
    layer, x = BatchNorm(1), np.array([1.0, 2, 3, 4]).reshape(1, 4, 1)
    w = {"weight": np.ones((1, 1)), "bias": np.zeros((1, 1))}
    out, saved = layer.forward(w, x, Mode(training=True))
    np.testing.assert_allclose(out[0, :, 0], [-1.341635, -0.447212, 0.447212, 1.341635], atol=1e-6)
    assert layer.observed(saved)["running_var"][0, 0] == pytest.approx(5 / 3)  # unbiased


@pytest.mark.parametrize("scheme", networks.SCHEMES)
def test_initial_values_have_their_spread(scheme: str, xp: Any) -> None:
    network = Network((Linear(30, 50),), 50)
    w = {name: np.asarray(v) for name, v in network.views(initial(network, 1, 40, scheme, xp=xp)).items()}
    spread = {
        "torch": np.sqrt(1 / 90),
        "xavier_uniform": np.sqrt(2 / 80),
        "xavier_normal": np.sqrt(2 / 80),
        "he_uniform": np.sqrt(2 / 30),
        "he_normal": np.sqrt(2 / 30),
        "lecun_normal": np.sqrt(1 / 30),
        "orthogonal": np.sqrt(1 / 50),
        "playground": np.sqrt(1 / 12),
    }[scheme]
    assert w["0.weight"].std() == pytest.approx(spread, rel=0.01)
    if scheme == "orthogonal":
        product = np.swapaxes(w["0.weight"], 1, 2) @ w["0.weight"]
        np.testing.assert_allclose(product, np.broadcast_to(np.eye(30), product.shape), atol=1e-12)
    bias = w["0.bias"]
    assert bias.std() == pytest.approx(np.sqrt(1 / 90) if scheme == "torch" else 0, rel=0.03)
    assert bias.mean() == pytest.approx(0.1 if scheme == "playground" else 0, abs=0.01)


def test_initial_networks_do_not_depend_on_their_number() -> None:
    network = mlp((3, 4, 2), norm="layer")
    many = initial(network, seed=4, count=6)
    np.testing.assert_array_equal(many[:2], initial(network, seed=4, count=2))
    np.testing.assert_array_equal(many[0], initial(network, seed=4))
    assert not np.array_equal(many[0], many[1])
    views = network.views(many)
    assert (views["1.weight"] == 1).all()
    assert (views["1.bias"] == 0).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mlp((3, 2), "tnh"), "Did you mean 'tanh'"),
        (lambda: mlp((3,)), "two or more"),
        (lambda: mlp((3, 2), loss="logistic"), "one output"),
        (lambda: mlp((3, 2), loss="cross"), "There is no loss"),
        (lambda: mlp((3, 4, 2), dropout=1), "from 0 to below 1"),
        (lambda: cnn(kernel=2), "odd"),
        (lambda: mlp((3, 2)).loss(np.zeros(5), np.zeros((1, 3)), [0]), "has 8 parameters"),
        (lambda: initial(mlp((3, 2)), scheme="xavier"), "There is no scheme"),
    ],
)
def test_wrong_input_is_told(make: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()
