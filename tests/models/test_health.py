"""The gauges of a training: against published numbers, NumPy's own words, and faults that are put in."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import health, networks, runs


@pytest.mark.parametrize(
    ("gain", "sigma", "flat"), [(0.5, 0.024, 0.0), (1.0, 0.317, 0.0), (2.0, 0.726, 0.147), (5.0, 0.910, 0.64)]
)
def test_five_layers_of_tanh(gain: float, sigma: float, flat: float) -> None:
    seen = next(health.watched(health.setup("norm", gain=gain)))
    assert seen.sigma[0, -1] == pytest.approx(sigma, abs=0.02)
    assert seen.saturated[0, -1] == pytest.approx(flat, abs=0.02)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("fault", "lamp"), [("none", None), *health.FAULTS.items()])
def test_a_fault_lights_its_own_lamp_and_no_other(fault: str, lamp: str | None, seed: int) -> None:
    seen = health.joined(list(islice(health.watched(health.setup(fault, seed=seed), seed=seed), 4)))
    assert health.lit(seen.alarms()) == ([lamp] if lamp else [])
    if fault != "rate":  # which spoils the rest a step later
        assert list(seen.alarms()) == ([lamp] if lamp else [])
    states = seen.lamps(3)
    assert {gauge for gauge, state in states.items() if "lit" in state} == ({lamp} if lamp else set())


def test_without_normalization_a_healthy_start_needs_no_lamp() -> None:
    """Glorot and Bengio's weights keep the spread by themselves."""
    assert not next(health.watched(health.setup("norm", gain=1.0))).alarms()


def test_a_histogram_has_as_much_mass_as_there_are_units() -> None:
    for fault in ("none", "relu", "rate"):
        seen = health.joined(list(islice(health.watched(health.setup(fault)), 2)))
        for ridge in seen.ridges.values():
            np.testing.assert_allclose(ridge.counts.sum(axis=-1), health.WIDTH)
    values = np.array([-5.0, -0.2, 0.1, 0.3, 7.0, np.nan, np.inf])
    edges = np.linspace(-1, 1, 5)
    inside = np.histogram(np.clip(np.nan_to_num(values, nan=1.0), -1, 1), edges)[0]
    np.testing.assert_allclose(health.counted(values, edges, 7.0), inside)


def test_the_gauges_are_what_they_say() -> None:
    setup = health.setup("none", depth=2, seed=5)
    data, (first, second) = health.digits(), networks.initial(setup.network, 1, 2)
    seen = health.seen(setup.network, first, second, data.points[:64], data.target[:64], 7)
    found = setup.network.activations(first, data.points[:64])[1:5:3]
    np.testing.assert_allclose(seen.sigma[0], [h.std() for h in found])
    np.testing.assert_allclose(seen.saturated[0], [np.mean(np.abs(h) > 0.97) for h in found])
    views, moved = setup.network.views(first), setup.network.views(second)
    ratio = [np.linalg.norm(moved[k] - views[k]) / np.linalg.norm(views[k]) for k in ("0.weight", "3.weight")]
    np.testing.assert_allclose(10 ** seen.update[0], ratio)
    assert seen.steps.tolist() == [7]
    assert np.isnan(seen.dead).all()


def test_gradients_are_the_slopes_of_the_loss() -> None:
    """A shift of one unit's bias, after a linear bend, moves the loss by the sum of its gradients."""
    layers = (networks.Linear(3, 4), networks.Activation("linear"), networks.Linear(4, 3))
    network = networks.Network(layers, 3)
    theta, points = networks.initial(network, 3), np.random.default_rng(0).normal(size=(6, 3))
    target = np.array([0, 1, 2, 0, 1, 2])
    ((_, slope),) = health.passes(network, theta, points, target)
    _, grad = network.value_grad(theta, points, target)
    np.testing.assert_allclose(slope.sum(axis=0), network.views(grad)["0.bias"], atol=1e-12)


def test_dead_is_zero_for_every_sample() -> None:
    h = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])
    np.testing.assert_array_equal(health.idle(h), [1.0, 0.5, 0.5])
    seen = next(health.watched(health.setup("relu", seed=1)))
    np.testing.assert_allclose(seen.dead[0], round(0.4 * 128) / 128, atol=0.02)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("layer1/activation", ("layer1", "activation")),
        ("0.weight", ("0", "weight")),
        ("net.0.weight.grad", ("net.0", "gradient")),
        ("dense/kernel_0/histogram", ("dense", "weight")),
        ("0.bias", ("0.bias", "")),
    ],
)
def test_names_of_recorded_histograms(name: str, part: tuple[str, str]) -> None:
    assert health.part_of(name) == part


def test_a_recorded_run_tells_the_same() -> None:
    random = np.random.default_rng(0)
    h = np.tanh(3 * random.normal(size=4000))
    edges, counts = runs.histogram(h, 400)
    kept = runs.Histograms(np.array([0, 10]), (edges, edges), (counts, counts))
    weights = np.stack([np.full((4, 4), 1.0), np.full((4, 4), 1.1), np.full((4, 4), 1.1)])
    run = runs.RecordedRun(
        "mine", {"loss": runs.Scalars(np.array([0, 20]), np.array([2.0, 1.0])),
                 "one/dead": runs.Scalars(np.array([10]), np.array([0.5]))},
        {"one/activation": kept}, parameter_steps=np.array([0, 10, 20]), parameters={"one.weight": weights},
    )  # fmt: skip
    seen = health.recorded(run)
    assert seen.layers == ("one",)
    assert seen.steps.tolist() == [0, 10, 20]
    np.testing.assert_array_equal(seen.loss, [2.0, 2.0, 1.0])
    np.testing.assert_allclose(seen.sigma[:, 0], h.std(), rtol=1e-3)
    np.testing.assert_allclose(seen.saturated[:, 0], np.mean(np.abs(h) > 0.97), atol=2e-3)
    np.testing.assert_array_equal(seen.dead[:, 0], [np.nan, 0.5, 0.5])
    np.testing.assert_allclose(seen.update[:, 0], [-2.0, -np.inf, -np.inf])  # a tenth in ten steps, then nothing
    np.testing.assert_allclose(seen.ridges["activation"].counts.sum(axis=-1), 1.0)
    assert health.lit(seen.alarms()) == ["saturated"]


def test_a_run_of_curves_alone_is_refused() -> None:
    with pytest.raises(UserError, match="no histograms of layers"):
        health.recorded(runs.RecordedRun("curves", {"loss": runs.Scalars(np.array([0]), np.array([1.0]))}))
