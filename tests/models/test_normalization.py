"""Normalization: its stages against closed forms, running statistics, and what it does to networks."""

from __future__ import annotations

from typing import Any

import array_api_strict
import numpy as np
import pytest

from lossland.errors import UserError
from lossland.expression import namespace
from lossland.models import datasets, networks, normalization

FOUR = np.array([[1.0], [2.0], [3.0], [4.0]])


@pytest.mark.parametrize("xp", [np, array_api_strict])
def test_stages_of_four_numbers(xp: Any) -> None:
    x = xp.asarray(FOUR)
    by = normalization.statistics(x)
    assert (float(by.mean[0, 0]), float(by.variance[0, 0])) == (2.5, 1.25)
    first, centred, normal, out = normalization.stages(x, by, 2.0, -1.0)
    assert namespace(out) is namespace(x)
    assert first is x
    assert np.asarray(centred).ravel().tolist() == [-1.5, -0.5, 0.5, 1.5]
    np.testing.assert_allclose(np.asarray(normal).ravel(), [-1.341635, -0.447212, 0.447212, 1.341635], atol=5e-7)
    np.testing.assert_allclose(np.asarray(out), 2 * np.asarray(normal) - 1, rtol=1e-15)


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_the_stages_are_those_of_the_networks_layers(kind: str) -> None:
    x = np.random.default_rng(0).normal(size=(6, 4))
    layer = {"batch": networks.BatchNorm(4), "layer": networks.LayerNorm(4)}[kind]
    scale, shift = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 0.0, -1.0, 2.0])
    other, _ = layer.forward({"weight": scale[None], "bias": shift[None]}, x[None], networks.Mode(training=True))
    by = normalization.statistics(x, axis=0 if kind == "batch" else 1)
    np.testing.assert_allclose(normalization.stages(x, by, scale, shift)[-1], other[0], rtol=1e-12)


def test_running_statistics_lag_behind() -> None:
    """They begin at 0 and 1: after k equal batches what is left of that is 0.9^k."""
    found = normalization.running([FOUR] * 5)
    assert found.mean.item() == pytest.approx((1 - 0.9**5) * 2.5)
    assert found.variance.item() == pytest.approx(0.9**5 + (1 - 0.9**5) * 5 / 3)
    late = normalization.running([FOUR] * 400)
    assert (late.mean.item(), late.variance.item()) == (pytest.approx(2.5), pytest.approx(5 / 3))


def test_the_size_of_weights_does_not_matter_to_what_is_normalized() -> None:
    x = normalization.inputs(64, shift=0.7)
    small, large = (normalization.normed(normalization.weights(4, gain), x, eps=1e-12) for gain in (0.5, 6.0))
    np.testing.assert_allclose(small[-1][-1], large[-1][-1], atol=1e-8)
    bare = [normalization.plain(normalization.weights(4, gain), x)[-1] for gain in (0.5, 6.0)]
    assert np.abs(bare[0] - bare[1]).max() > 0.5


def test_a_gradient_is_at_right_angles_to_the_weights_before_a_normalization() -> None:
    """Ioffe and Szegedy 2015, section 3.3: the loss does not change along w, so w · dL/dw = 0 for each neuron."""
    net = networks.mlp((2, 5, 1), "tanh", loss="logistic", norm="batch")
    data = datasets.moons(40, 0.1, 0)
    theta = networks.initial(net, 0, 1, "xavier_normal")[0]
    _, slope = net.value_grad(theta, 30 * data.points, data.target, networks.Mode(training=True))
    products = (net.views(theta)["0.weight"] * net.views(slope)["0.weight"]).sum(axis=1)
    np.testing.assert_allclose(products, 0, atol=1e-8)
    assert np.abs(net.views(slope)["0.weight"]).max() > 1e-3


def test_each_layer_of_the_normalized_twin_is_round() -> None:
    x = normalization.inputs(300, shift=1.0, seed=2)
    for norm, axis in (("batch", 0), ("layer", 1)):
        for _, _, normal, _ in normalization.normed(normalization.weights(4, 3.0, 2), x, norm):
            np.testing.assert_allclose(normal.mean(axis=axis), 0, atol=1e-9)
            np.testing.assert_allclose(normal.var(axis=axis), 1, atol=0.02)


def test_fixed_statistics_take_the_batchs_place() -> None:
    made, x = normalization.weights(2, 2.0), normalization.inputs(50)
    fixed = normalization.followed(made, [x] * 300)
    trained, used = normalization.normed(made, x), normalization.normed(made, x, fixed=fixed)
    np.testing.assert_allclose(used[-1][-1], trained[-1][-1], atol=0.05)  # all but n / (n - 1)
    early = normalization.normed(made, x, fixed=normalization.followed(made, [x]))
    assert np.abs(early[0][-1] - trained[0][-1]).max() > 0.5


def test_only_the_twin_without_normalization_saturates() -> None:
    for seed in range(3):
        made, x = normalization.weights(4, 3.0, seed), normalization.inputs(256, seed=seed)
        bare = normalization.saturated(normalization.plain(made, x)[-1])
        normed = normalization.saturated(np.tanh(normalization.normed(made, x)[-1][-1]))
        assert bare > 0.3
        assert normed < 0.05
    assert normalization.saturated(np.array([[1.0, 0.5], [-0.98, 0.0]])) == 0.5


def test_both_networks_of_a_slice_have_the_same_weights() -> None:
    bare, theta = normalization.started("", 2.0, depth=2, seed=1)
    net, other = normalization.started("batch", 2.0, depth=2, seed=1)
    assert [v.shape for v in bare.views(theta).values() if v.ndim == 2] == [(8, 2), (8, 8), (1, 8)]
    mine, others = ([v for v in one.views(t).values() if v.ndim == 2] for one, t in ((bare, theta), (net, other)))
    for a, b in zip(mine, others, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (net.views(other)["1.weight"] == 1).all()
    data = datasets.moons(30, 0.1, 0)
    first, second = normalization.directions(net, other, data.points, data.target)
    np.testing.assert_allclose([first @ first, second @ second, first @ second], [1, 1, 0], atol=1e-12)
    mode, h = networks.Mode(training=True), 1e-5
    losses = [float(net.loss(other + step * first, data.points, data.target, mode)) for step in (-h, h)]
    _, slope = net.value_grad(other, data.points, data.target, mode)
    assert (losses[1] - losses[0]) / (2 * h) == pytest.approx(float(np.linalg.norm(slope)), rel=1e-5)


def test_how_fast_slopes_change() -> None:
    at = np.linspace(-1, 1, 21)
    assert normalization.Slice(at, np.zeros((21, 21)), at, 3 * at**2).changes == pytest.approx(6.0)
    assert normalization.Slice(at, np.zeros((21, 21)), at, 2 * at).changes == pytest.approx(0.0, abs=1e-9)


def test_numbers_are_read() -> None:
    assert normalization.numbers_of("1, 2.5") == [1.0, 2.5]
    for wrong in ("1", "", "a, b", "1, inf"):
        with pytest.raises(UserError):
            normalization.numbers_of(wrong)


def test_twins_are_the_networks_of_their_parts():
    twins = normalization.Twins(3, 2.0, "batch", 20, 0.5, 1.5, -0.5, seed=4)
    made, x = normalization.weights(3, 2.0, 4), normalization.inputs(20, 0.5, 4)
    bare, normed = x, x
    for matrix, bias in made:
        bare = np.tanh(bare @ matrix.T + bias)
        z = normed @ matrix.T + bias
        normed = np.tanh(1.5 * (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5) - 0.5)
    np.testing.assert_allclose(twins.without[-1], bare)
    np.testing.assert_allclose(twins.with_norm[-1], normed)
    np.testing.assert_allclose(twins.shares[:, -1], [(np.abs(one) > 0.97).mean() for one in (bare, normed)])
    np.testing.assert_allclose(twins.on_its_way(2, 3.0), normed)
    np.testing.assert_allclose(twins.on_its_way(2, 0.0), np.tanh(twins.with_norm[2] @ made[2][0].T + made[2][1]))
    assert normalization.Twins(3, 2.0, seen=2).sums[0][2].mean() != pytest.approx(0.0, abs=1e-3)


def test_a_slice_is_the_loss_around_the_weights():
    def run(steps):
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return done.value

    found = run(normalization.sliced("", 3.0, 2.0, 5, 9, seed=1))
    network, theta = normalization.started("", 3.0, seed=1)
    data = datasets.moons(60, 0.1, 1)
    points = 1.2 * (data.points - (0.5, 0.25))
    first, second = normalization.directions(network, theta, points, data.target, 1)
    loss = network.loss(theta + 2.0 * first - 1.0 * second, points, data.target, networks.Mode(training=True))
    assert found.loss[1, 4] == pytest.approx(float(np.squeeze(loss)))
    np.testing.assert_allclose(found.line[::2], found.loss[2], rtol=1e-12)
