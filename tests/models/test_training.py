"""Training: every rule on networks, side by side as alone, and as its formula says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import datasets, networks, training
from lossland.optimizers import Adam, Momentum, catalogue

NET = networks.mlp((2, 3, 1), "tanh", loss="half_mse", output="tanh")
XOR = datasets.xor(30)
REFUSED = {"damped_newton", "saddle_free_newton", "bfgs", "sophia", "shampoo"}


def test_which_rules_train_networks() -> None:
    assert {kind.name for kind in catalogue() if not training.trains(kind)} == REFUSED
    with pytest.raises(UserError, match="Shampoo needs whole matrices"):
        training.train(NET, XOR.points, XOR.target, "shampoo", steps=1)


@pytest.mark.parametrize("kind", [kind for kind in catalogue() if kind.name not in REFUSED], ids=lambda k: k.name)
def test_networks_side_by_side_are_trained_as_alone(kind: Any) -> None:
    start = networks.initial(NET, seed=1, count=3)
    rule = kind()
    many = training.train(NET, XOR.points, XOR.target, rule, steps=12, start=start, batch=8, seed=5)
    assert np.isfinite(many.loss).all()
    assert not np.array_equal(many.path[0], many.end)
    if rule.stochastic and getattr(rule, "noise", 0):
        return  # the draws of a network's gradient noise depend on its index
    for index in range(3):
        one = training.train(NET, XOR.points, XOR.target, rule, steps=12, start=start[index], batch=8, seed=5)
        np.testing.assert_allclose(many.path[:, index], one.path[:, 0], rtol=1e-9, atol=1e-11)


def test_adam_is_its_formula(xp: Any) -> None:
    theta = networks.initial(NET, xp=xp)
    points, target = xp.asarray(XOR.points), xp.asarray(XOR.target)
    trained = training.train(NET, points, target, Adam(lr=0.03), steps=20, start=theta, every=1)
    m = v = 0.0
    for t in range(1, 21):
        grad = NET.value_grad(theta, points, target)[1]
        m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
        theta = theta - 0.03 * (m / (1 - 0.9**t)) / (xp.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(np.asarray(trained.path[t, 0, :]), np.asarray(theta), rtol=1e-11, atol=1e-13)


def test_sam_steps_with_the_gradient_uphill() -> None:
    start = networks.initial(NET)
    grad = NET.value_grad(start, XOR.points, XOR.target)[1]
    away = NET.value_grad(start + 0.1 * grad / np.linalg.norm(grad), XOR.points, XOR.target)[1]
    end = training.train(NET, XOR.points, XOR.target, "sam:lr=0.5,rho=0.1", steps=1, start=start).end[0]
    np.testing.assert_allclose(end, start - 0.5 * away, atol=1e-11)


def test_each_network_has_its_own_rate() -> None:
    rates = (0.01, 0.1, 0.5)
    start = networks.initial(NET)
    rules = [Momentum(lr=rate) for rate in rates]
    many = training.train(NET, XOR.points, XOR.target, rules, steps=15, start=start)
    assert many.path.shape[1] == 3
    for index, rule in enumerate(rules):
        one = training.train(NET, XOR.points, XOR.target, rule, steps=15, start=start)
        np.testing.assert_allclose(many.end[index], one.end[0], rtol=1e-10)
    with pytest.raises(UserError, match="of one class"):
        training.train(NET, XOR.points, XOR.target, ["adam", "momentum"], steps=1)
    with pytest.raises(UserError, match="2 optimizers for 3"):
        training.train(NET, XOR.points, XOR.target, rules[:2], 1, networks.initial(NET, count=3))


def test_batches_see_every_sample_once_an_epoch() -> None:
    seen = []

    class Watched(networks.Network):
        def value_grad_seen(self, theta: Any, points: Any, *rest: Any, **more: Any) -> Any:
            seen.append(points[:, 0])
            return super().value_grad_seen(theta, points, *rest, **more)

    network = Watched(NET.layers, 1, "half_mse")
    training.train(network, XOR.points, XOR.target, steps=8, batch=8, every=8)
    assert [len(part) for part in seen] == [8, 8, 8, 6] * 2
    first, second = (np.concatenate(part) for part in (seen[:4], seen[4:]))
    np.testing.assert_array_equal(np.sort(first), np.sort(XOR.points[:, 0]))
    np.testing.assert_array_equal(np.sort(second), np.sort(XOR.points[:, 0]))
    assert not np.array_equal(first, second)


def test_digits_are_learnt_with_batch_normalization_and_dropout() -> None:
    data, test = datasets.split_digits()
    network = networks.mlp((64, 32, 10), "relu", norm="batch", dropout=0.1)
    trained = training.train(network, data.points, data.target, "adam:lr=0.01", steps=150, batch=128)
    accuracy = network.accuracy(trained.end, test.points, test.target, statistics=trained.statistics[-1])
    assert accuracy[0] > 0.9
    assert trained.loss[-1, 0] < 0.2 < 2 < trained.loss[0, 0]
