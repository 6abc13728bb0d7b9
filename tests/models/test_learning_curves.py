"""Learning curves: averages and best steps against sums written out, and a training that learns wrong labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossland.errors import UserError
from lossland.models import curves
from lossland.models.curves import (
    best,
    gap,
    is_higher_better,
    mislabelled,
    pairs,
    patience_to,
    seen,
    smoothed,
    stopping,
)
from lossland.models.datasets import split_digits
from lossland.models.networks import mlp
from lossland.models.runs import Scalars

NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)


def test_the_average_without_bias() -> None:
    np.testing.assert_allclose(smoothed([1, 2, 3, 4, 5], 0.6), [1, 1.625, 2.326531, 3.095588, 3.921582], atol=5e-7)
    np.testing.assert_array_equal(smoothed([3.0, 1.0, 2.0], 0.0), [3.0, 1.0, 2.0])


@given(values=NUMBERS, beta=st.floats(0.0, 0.99))
def test_the_average_is_the_weighted_mean_of_all_values_so_far(values: list[float], beta: float) -> None:
    found = smoothed(values, beta)
    for t in range(len(values)):
        weights = beta ** np.arange(t, -1, -1.0)
        wanted = np.average(values[: t + 1], weights=weights)
        assert found[t] == pytest.approx(wanted, rel=1e-7, abs=1e-7 * max(map(abs, values)))


def test_what_is_no_number_is_passed_over() -> None:
    found = smoothed([np.nan, 1.0, np.inf, 2.0], 0.6)
    np.testing.assert_allclose(found, [np.nan, 1.0, 1.0, 1.625])
    both = smoothed([[1.0, np.nan], [2.0, 1.0], [3.0, 2.0]], 0.6)
    np.testing.assert_allclose(both, [[1.0, np.nan], [1.625, 1.0], [2.326531, 1.625]], atol=5e-7)
    with pytest.raises(UserError, match="Smoothing is from 0 to less than 1"):
        smoothed([1.0], 1.0)


def test_the_best_step() -> None:
    assert best([3, 1, 2, 1]) == 1
    assert best([3, np.nan, np.inf, 5], higher=True) == 3
    with pytest.raises(UserError, match="has no best step"):
        best([np.nan, np.inf])


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=40), patience=st.integers(1, 8))
def test_patience_ends_where_so_many_values_were_no_better(values: list[int], patience: int) -> None:
    """The first t at which none of the last ``patience`` values is below all before them."""
    ends = [
        t
        for t in range(patience, len(values))
        if min(values[t - patience + 1 : t + 1]) >= min(values[: t - patience + 1])
    ]
    assert stopping(values, patience) == (ends[0] if ends else None)
    assert stopping([-v for v in values], patience, higher=True) == stopping(values, patience)


def test_the_gap() -> None:
    found = gap(
        Scalars(np.array([0, 10]), np.array([2.0, 1.0])), Scalars(np.array([5, 10, 20]), np.array([2.0, 3.0, 4.0]))
    )
    np.testing.assert_array_equal(found.values, [0.5, 2.0, np.nan])


def test_curves_find_their_partners() -> None:
    assert pairs(["loss", "val_loss", "acc"]) == {"loss": ("loss", "val_loss"), "acc": ("acc", "")}
    assert pairs(["train_loss", "test_loss"]) == {"loss": ("train_loss", "test_loss")}
    assert pairs(["Loss/train", "Loss/validation", "lr"]) == {
        "Loss": ("Loss/train", "Loss/validation"),
        "lr": ("lr", ""),
    }
    assert pairs(["train/epoch_loss", "validation/epoch_loss"]) == {
        "epoch_loss": ("train/epoch_loss", "validation/epoch_loss")
    }
    assert pairs(["train", "val"]) == {"train/val": ("train", "val")}
    assert pairs(["Training", "lr", "Test"]) == {"Training/Test": ("Training", "Test"), "lr": ("lr", "")}
    assert pairs(["train"]) == {"train": ("train", "")}
    assert pairs(["accuracy", "val_accuracy"]) == {"accuracy": ("accuracy", "val_accuracy")}
    assert pairs(["val_loss"]) == {"loss": ("", "val_loss")}
    assert is_higher_better("val_Accuracy")
    assert not is_higher_better("loss")


def test_the_range_in_which_curves_are_seen() -> None:
    falling = np.array([2.0, 1.0, 0.5])
    assert seen([falling, 2 * falling]) == (0.0, 4.0)
    assert seen([falling], log=True) == (0.5, 2.0)
    assert seen([np.array([1e6, 2.0, 1.0, 1.0, np.nan])]) == (0.0, 12.0)  # the middle of the four is 1.5
    assert seen([np.array([1.0, 1e-9, 0.0, -1.0])], log=True) == (1e-9, 1.0)
    assert seen([np.array([-3.0, 2.0])]) == (-3.0, 2.0)
    assert seen([np.array([-3.0, -3.0])]) == (-3.0, 0.0)
    assert seen([np.zeros(3)]) == (0.0, 1.0)
    low, high = seen([np.array([np.nan])], log=True)
    assert 0 < low < high


def test_high_values_are_seen_unless_they_are_very_far() -> None:
    usual = np.full(9, 0.1)
    assert seen([np.append(2.4, usual)]) == (0.0, 2.4)
    assert seen([np.append(3.1, usual)]) == (0.0, pytest.approx(0.8))
    assert seen([np.append(3.1, usual)], log=True) == (0.1, 3.1)
    assert seen([np.append(1e300, usual)], log=True) == (0.1, pytest.approx(8000.0))


def test_a_log_scale_has_the_powers_of_ten_that_double_precision_tells() -> None:
    falling = np.logspace(3, -12, 200)
    assert seen([falling], log=True) == (pytest.approx(1e-12), pytest.approx(1e3))
    assert curves.outside(falling, *seen([falling], log=True), log=True) == []
    early = np.append(np.logspace(3, -12, 9), np.full(99, 1e-12))  # the end is the usual value
    assert seen([early], log=True) == (pytest.approx(1e-12), pytest.approx(1e3))
    low, high = seen([np.array([1.0, 0.5, 1e-30])], log=True)
    assert (low, high) == (pytest.approx(1e-16), 1.0)
    assert curves.outside(np.array([1.0, 1e-30]), low, high, log=True) == [
        "1 × cut below 1.0e−16, the lowest is 1.0e−30."
    ]


def test_nan_between_regular_values_was_not_measured() -> None:
    nan = np.nan
    sparse = Scalars(np.arange(8), np.array([nan, 3, nan, nan, 2, nan, nan, 1]))
    np.testing.assert_array_equal(curves.measured(sparse).values, [3, 2, 1])
    ended = Scalars(np.arange(9), np.array([3, nan, nan, 2, nan, nan, nan, nan, nan]))
    assert curves.measured(ended).steps.tolist() == [0, 3, 6, 7, 8]
    dense = Scalars(np.arange(4), np.array([3, 2, nan, 1]))
    assert curves.measured(dense) is dense


def test_the_stretches_of_a_line() -> None:
    """Straight lines cross the edges where equal triangles say."""
    found = curves.stretches([0, 1, 2, 4, 5, 6], [0.5, 0.0, 1.5, 0.5, np.nan, 0.2])
    assert [part.tolist() for one in found for part in one] == [
        [0.0, 1.0, pytest.approx(1 + 2 / 3)], [0.5, 0.0, 1.0], [3.0, 4.0], [1.0, 0.5],
    ]  # fmt: skip
    assert curves.stretches([0, 1], [np.inf, 0.5]) == []
    ((x, y),) = curves.stretches([0, 1], [-1.0, 2.0])
    np.testing.assert_allclose((x, y), [[1 / 3, 2 / 3], [0, 1]])


def test_values_alone_are_no_part_of_a_line() -> None:
    nan = np.nan
    assert curves.isolated([0.5, nan, 0.1, 0.2, nan, 1.0, np.inf, 1.5, nan, 0.0]).tolist() == [0, 5, 9]
    assert curves.isolated([0.5]).tolist() == [0]


def test_a_share_of_the_labels_is_wrong() -> None:
    data = split_digits()[0].part(0, 100)
    for seed in range(3):
        found = mislabelled(data, 0.2, seed)
        assert (found.target != data.target).sum() == 20
        assert set(found.target.tolist()) <= set(range(10))
    np.testing.assert_array_equal(mislabelled(data, 0.0).target, data.target)


@pytest.fixture(scope="module")
def overfitted() -> list[curves.Curves]:
    return list(curves.digits_training(epochs=120, every=2, piece=20))


def test_wrong_labels_are_learnt_by_heart(overfitted: list[curves.Curves]) -> None:
    """100 samples, 20 of them wrong: validation rises by a tenth and more after its minimum, training falls on."""
    found = overfitted[-1].named()
    validation, train = found["val_loss"].values, found["loss"].values
    low = validation.argmin()
    assert validation[-1] >= 1.1 * validation[low]
    assert (np.diff(train[low:]) < 0).all()
    assert train[-1] < 0.2 * train[low]
    assert found["accuracy"].values[-1] >= 0.99


def test_curves_come_as_they_grow(overfitted: list[curves.Curves]) -> None:
    assert [len(one.steps) for one in overfitted] == [20, 40, 60, 61]
    np.testing.assert_array_equal(overfitted[-1].steps, np.arange(0, 121, 2))
    np.testing.assert_array_equal(overfitted[0].loss, overfitted[-1].loss[:20])


def test_networks_of_a_sweep_are_those_trained_alone() -> None:
    settings: dict[str, int] = {"samples": 30, "hidden": 4, "epochs": 6, "every": 3}
    *_, both = curves.digits_training(**settings, rates=(0.01, 0.1))
    for k, rate in enumerate((0.01, 0.1)):
        *_, alone = curves.digits_training(**settings, rates=(rate,))
        np.testing.assert_allclose(both.val_loss[:, k], alone.val_loss[:, 0], rtol=1e-10)
        np.testing.assert_allclose(both.accuracy[:, k], alone.accuracy[:, 0], rtol=1e-10)


def test_loss_and_accuracy_are_the_networks_own() -> None:
    network, data = mlp((64, 4, 10)), split_digits()[1].part(0, 50)
    theta = np.random.default_rng(0).normal(size=(2, network.size))
    loss, accuracy = curves._measured(network, theta, data)
    np.testing.assert_allclose(loss, network.loss(theta, data.points, data.target), rtol=1e-12)
    np.testing.assert_allclose(accuracy, network.accuracy(theta, data.points, data.target), rtol=1e-12)


@given(values=NUMBERS, share=st.floats(0.0, 1.0), higher=st.booleans())
def test_no_other_patience_ends_nearer_to_a_step(values: list[float], share: float, higher: bool) -> None:
    index = int(share * (len(values) - 1))
    ends = [stopping(values, patience, higher) for patience in range(1, len(values) + 1)]
    nearest = min((abs(end - index) for end in ends if end is not None), default=None)
    found = stopping(values, patience_to(values, index, higher), higher)
    assert (None if found is None else abs(found - index)) == nearest


def test_a_sweep_in_tiles_is_that_in_one_piece() -> None:
    rates = [0.001, 0.01, 0.1]
    *_, whole = curves.digits_training(40, 0.2, rates, epochs=6, every=3)
    tiled = curves.swept(40, 0.2, rates, 6, 3, seed=0, tile=2)

    def last() -> Iterator[curves.Curves]:
        yield (yield from tiled)  # type: ignore[misc]

    *_, found = last()
    np.testing.assert_array_equal(found.steps, [0, 3, 6])
    for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-6)


def test_typed_numbers_are_curves() -> None:
    (pair,) = curves.typed("3, 2; 4, 5, 6")
    assert pair.train is not None
    assert pair.validation is not None
    assert (pair.train.values.tolist(), pair.validation.values.tolist()) == ([3, 2], [4, 5, 6])
    assert curves.typed("loss") == []


def test_what_is_not_in_the_picture_is_told() -> None:
    values = np.array([0.5, -1.0, 2.0, 9.0, np.nan, 0.01])
    assert curves.outside(values, 0.1, 4.0, log=True) == [
        "A log scale shows what is above 0: 1 of 5 values are not.", "1 × cut above 4, the highest is 9.",
        "1 × cut below 0.1, the lowest is 0.01.",
    ]  # fmt: skip
    steps = np.arange(4)
    ends = curves.Pair("a", Scalars(steps, np.array([1.0, 2.0, np.nan, np.inf])))
    gap = curves.Pair("b", None, Scalars(steps, np.array([1.0, np.nan, 2.0, 3.0])))
    assert curves.no_numbers([ends, gap], "step") == ["a: training is no number after step 1, and 1 more."]
    assert curves.no_numbers([gap], "epoch") == ["b: validation is no number at epoch 1."]


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ([300], "epoch 300"), ([10, 20], "epochs 10 and 20"), ([10, 30, 50], "epochs 10, 30 and 50"),
        (range(30, 510, 40), "12 epochs, the first 30"),
    ],
)  # fmt: skip
def test_steps_without_a_number_are_named(missing: Sequence[int], told: str) -> None:
    steps = np.arange(0, 1000, 10)
    pair = curves.Pair("run", None, Scalars(steps, np.where(np.isin(steps, missing), np.nan, 1.0)))
    assert curves.no_numbers([pair], "epoch") == [f"run: validation is no number at {told}."]


def test_the_range_of_huge_values_has_a_length() -> None:
    low, high = curves.seen([np.array([1e308, -1e308, np.inf])])
    assert (low, high) == (-1e300, 1e300)
    assert np.isfinite(high - low)
