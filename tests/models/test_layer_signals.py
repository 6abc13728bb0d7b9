"""Signals and gradients through many layers: closed forms for orthonormal weights, finite differences, known rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.models import signals


def flow(
    layers: int, activation: str, scheme: str = "xavier", gain: float = 1.0, width: int = 128, **options: Any
) -> Any:
    matrices = [gain * signals.weights(width, layer, scheme) for layer in range(layers)]
    return signals.flow(matrices, activation, **options)


@pytest.mark.parametrize(("gain", "total"), [(0.9, 0.005153775), (1.1, 117.390853), (0.25, 7.888609e-31)])
def test_orthonormal_weights_multiply_exactly(gain: float, total: float) -> None:
    found = flow(50, "linear", "orthogonal", gain, width=32)
    assert found.total == pytest.approx(gain**50, rel=1e-12)
    assert found.total == pytest.approx(total, rel=1e-6)
    np.testing.assert_allclose(found.gains, gain, rtol=1e-12)
    np.testing.assert_allclose(found.activation / found.activation[0], gain ** np.arange(51.0), rtol=1e-12)
    turn = signals.weights(32, 3, "orthogonal")
    np.testing.assert_allclose(turn @ turn.T, np.eye(32), atol=1e-13)


@pytest.mark.parametrize(
    ("activation", "scheme", "gain", "residual", "total"),
    [
        ("sigmoid", "xavier", 1.0, False, 2.5e-13),
        ("tanh", "xavier", 1.0, False, 0.19),
        ("relu", "he", 1.0, False, 0.98),
        ("tanh", "xavier", 3.0, False, 433.0),
        ("sigmoid", "xavier", 1.0, True, 1.21),
    ],
)
def test_twenty_layers(activation: str, scheme: str, gain: float, residual: bool, total: float) -> None:
    """The numbers are another program's, with other draws; those of one draw differ by some tens of percent."""
    found = flow(20, activation, scheme, gain, residual=residual)
    assert found.total == pytest.approx(total, rel=0.05 if residual else 0.35)
    assert np.prod(found.gains) == pytest.approx(found.total, rel=1e-12)
    assert len(found.activation) == len(found.gradient) == len(found.gains) + 1 == 21


def test_relu_wants_twice_the_variance() -> None:
    kept = flow(50, "relu", "he").activation ** 2
    assert np.median(kept / kept[0]) == pytest.approx(1.0, abs=0.5)
    assert kept[-1] / kept[0] == pytest.approx(1.0, abs=0.5)
    lost = flow(50, "relu", "xavier").activation ** 2
    np.testing.assert_allclose(lost, kept * 0.5 ** np.arange(51.0), rtol=1e-9)  # 1.3e-15: a half at each layer
    assert 5e-16 < lost[-1] / lost[0] < 5e-15


@pytest.mark.parametrize(("residual", "norm"), [(False, "none"), (True, "none"), (False, "layer"), (True, "batch")])
def test_the_way_back_is_the_derivative(residual: bool, norm: str) -> None:
    """The gradient by the inputs, against central differences of the network written out."""
    width, matrices = 8, [2.0 * signals.weights(8, layer, "xavier") for layer in range(3)]

    def ends(h: np.ndarray) -> np.ndarray:
        for w in matrices:
            z = h @ w.T
            if norm != "none":
                axis = 1 if norm == "layer" else 0
                z = (z - z.mean(axis, keepdims=True)) / np.sqrt(z.var(axis, keepdims=True) + 1e-5)
            h = np.tanh(z) + (h if residual else 0)
        return h

    x = signals.draws(width, signals.BACK + 1, 0)
    back = signals.draws(width, signals.BACK, 0)
    back /= np.linalg.norm(back)
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = 1e-6
        slopes[index] = np.sum(back * (ends(x + step) - ends(x - step))) / 2e-6
    found = signals.flow(matrices, "tanh", residual, norm)
    assert found.total == pytest.approx(float(np.linalg.norm(slopes)), rel=1e-6)
    assert found.activation[-1] == pytest.approx(float(np.sqrt(np.mean(ends(x) ** 2))), rel=1e-12)


def test_clipping_shortens_all_alike() -> None:
    long = np.array([3.0, 4.0])
    np.testing.assert_allclose(signals.clipped(long, 1.0), [0.6, 0.8])
    assert signals.clipped(long, 6.0) is long
    assert signals.clipped(long, 0.0) is long


def test_what_is_too_small_for_numbers_is_still_told() -> None:
    found = flow(100, "sigmoid", gain=0.1, width=16)
    assert found.total < 1e-150
    assert np.isfinite(found.gains).all()


def test_training_goes_down_the_gradient() -> None:
    """The first step against central differences of the loss by a few weights, and clipped to a length."""
    matrices = [signals.weights(8, layer, "xavier") for layer in range(3)]
    for most in (np.inf, 1e-3):
        network = signals.Deep(matrices, "tanh")
        course = signals.training(network, 0.5, most)
        loss, gains = next(course)
        next(course)
        moved = [before - after for before, after in zip(matrices, network.matrices, strict=True)]
        slopes = []
        for layer, row, column in ((0, 1, 2), (1, 7, 0), (2, 3, 3)):
            ends = []
            for step in (1e-5, -1e-5):
                nudged = [matrix.copy() for matrix in matrices]
                nudged[layer][row, column] += step
                ends.append(next(signals.training(signals.Deep(nudged, "tanh"), 0.5, most))[0])
            slopes.append(((ends[0] - ends[1]) / 2e-5, moved[layer][row, column] / 0.5))
        expected, found = np.array(slopes).T
        length = np.sqrt(sum(np.sum(part**2) for part in moved)) / 0.5
        if most == np.inf:
            np.testing.assert_allclose(found, expected, rtol=1e-6)
        else:
            assert length == pytest.approx(most)
            np.testing.assert_allclose(found / found[0], expected / expected[0], rtol=1e-6)
        assert loss > 0
        assert len(gains) == 3


def test_training_mends_what_explodes_and_not_what_has_vanished() -> None:
    def totals(activation: str, gain: float) -> list[float]:
        matrices = [gain * signals.weights(64, layer, "xavier") for layer in range(20)]
        course = signals.training(signals.Deep(matrices, activation), 1.0, np.inf)
        found = [float(np.prod(gains)) for (_, gains), _ in zip(course, range(41), strict=False)]
        return [found[0], found[-1]]

    first, last = totals("tanh", 3.0)
    assert last < first / 5
    first, last = totals("sigmoid", 1.0)
    assert last == pytest.approx(first, rel=0.3)
    assert last < 1e-11


def test_decades_have_a_floor_and_a_ceiling() -> None:
    found = signals.decades([0.0, 1e-40, 1e-3, 1.0, 200.0, np.inf])
    np.testing.assert_allclose(found, [-30, -30, -3, 0, np.log10(200), 30])
