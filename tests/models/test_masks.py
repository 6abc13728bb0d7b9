"""All masks of dropout: moments against closed forms and plain loops, thinned networks, and how units rely."""

from __future__ import annotations

import itertools
from typing import Any

import array_api_strict
import numpy as np
import pytest

from lossland.errors import UserError
from lossland.expression import namespace
from lossland.models import datasets, masks, networks

WX = np.array([1.2, 0.4, 0.25, -1.35, -1.0, 1.0, 0.6, -0.7, 0.76, 0.07])


@pytest.mark.parametrize("xp", [np, array_api_strict])
@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_the_mean_of_all_masks_is_the_full_sum(xp: Any, rate: float) -> None:
    every = masks.all_masks(10, xp)
    chance = masks.chances(every, rate)
    mean, variance = masks.moments(masks.factors(every, rate) @ xp.asarray(WX), chance)
    assert namespace(mean) is namespace(xp.asarray(WX))
    assert float(xp.sum(chance)) == pytest.approx(1.0)
    assert float(mean) == pytest.approx(1.23)
    assert float(variance) == pytest.approx(float((WX**2).sum()) * rate / (1 - rate))


def test_masks_are_all_there_is() -> None:
    every = masks.all_masks(4)
    assert {tuple(row) for row in every.tolist()} == set(itertools.product((0.0, 1.0), repeat=4))
    assert every[5].tolist() == [1, 0, 1, 0]  # the binary digits of 5, lowest first
    for wrong in (0, 17):
        with pytest.raises(UserError):
            masks.all_masks(wrong)


def test_locked_units_always_stay() -> None:
    every = masks.all_masks(3)
    chance = masks.chances(every, 0.25, locked=(1,))
    assert (chance > 0).sum() == 4
    assert chance[every[:, 1] == 0].tolist() == [0, 0, 0, 0]
    assert chance.max() == pytest.approx(0.75**2)
    mean, variance = masks.moments(masks.factors(every, 0.25, (1,)) @ np.array([1.0, 2.0, 3.0]), chance)
    assert mean == pytest.approx(6.0)
    assert variance == pytest.approx((1 + 9) / 3)


def test_masks_are_drawn_with_their_probability() -> None:
    drawn = masks.drawn(20_000, 3, 0.3, seed=1)
    share = np.bincount(drawn, minlength=8) / len(drawn)
    np.testing.assert_allclose(share, masks.chances(masks.all_masks(3), 0.3), atol=0.015)
    assert (masks.drawn(50, 3, 0.9, locked=(2,)) >= 4).all()


def test_neighbours_in_gray_code_differ_in_one_bit() -> None:
    order = masks.gray(5)
    assert sorted(order) == list(range(32))
    assert {(int(a) ^ int(b)).bit_count() for a, b in itertools.pairwise(order)} == {1}


@pytest.fixture(scope="module")
def theta() -> np.ndarray:
    return networks.initial(masks.network(0.0), 3, 1, "he_normal")[0]


def test_thinned_networks_against_a_plain_loop(theta: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    points, factor = rng.normal(size=(7, 2)), masks.factors(masks.all_masks(10), 0.5)[[0, 17, 1023]]
    views = masks.network(0.0).views(theta)
    for out, one in zip(masks.thinned(theta, points, factor), factor, strict=True):
        h = np.maximum(points @ views["0.weight"].T + views["0.bias"], 0) * one
        again = np.maximum(h @ views["3.weight"].T + views["3.bias"], 0)
        np.testing.assert_allclose(out, again @ views["5.weight"][0] + views["5.bias"][0], rtol=1e-12, atol=1e-12)
    full = masks.thinned(theta, points, np.ones((1, 10)))[0]
    np.testing.assert_allclose(full, masks.network(0.5).apply(theta, points)[:, 0], rtol=1e-12)


def test_units_that_are_added_do_not_rely_on_each_other(theta: np.ndarray) -> None:
    """Where the second layer only adds and the loss is in its linear part, what is lost together is the sum."""
    net, added = masks.network(0.0), theta.copy()
    views = net.views(added)
    views["3.weight"][:] = np.abs(views["3.weight"])
    views["3.bias"][:] = 0.0
    views["5.weight"][:] = -np.abs(views["5.weight"]) * 100
    views["5.bias"][:] = -1e4
    points = np.random.default_rng(0).normal(size=(20, 2))
    matrix = masks.coadaptation(added, points, np.ones(20))
    assert np.diag(matrix).max() < 0  # whoever is missing, the loss is smaller
    np.testing.assert_allclose(matrix - np.diag(np.diag(matrix)), 0, atol=1e-8)
    assert masks.between(np.array([[9.0, 1.0], [3.0, 9.0]])) == 2.0


def test_dropout_keeps_units_from_relying_on_each_other() -> None:
    for seed in (0, 1, 2):
        data = datasets.moons(120, 0.25, seed)
        found = []
        for rate in (0.0, 0.5):
            run = masks.trainer(data.points, data.target, rate, seed)
            run.advance(150)
            found.append(masks.between(masks.coadaptation(run.theta[0], data.points, data.target)))
        assert found[0] > 4 * found[1]


def test_numbers_are_read() -> None:
    assert masks.numbers_of("1, -2.5") == [1.0, -2.5]
    assert masks.unpaired("1, 2", "3, 4") == []
    assert masks.unpaired("1, 2, 3", "4") == ["Inputs: 3, weights: 1; what has no partner is left out."]
    for wrong in ("", "a", "1, nan", ", ".join(["1"] * 13)):
        with pytest.raises(UserError):
            masks.numbers_of(wrong)


@pytest.mark.parametrize("rectified", [False, True])
def test_a_crowd_is_all_masks_by_hand(rectified: bool) -> None:
    products, rate = np.array([1.2, -0.7, 0.4]), 0.25
    outputs, chances = [], []
    for mask in itertools.product((0, 1), repeat=3):
        total = sum(w * m * (1.0 if k == 1 else 1 / 0.75) for k, (w, m) in enumerate(zip(products, mask, strict=True)))
        outputs.append(max(total, 0.0) if rectified else total)
        chances.append(mask[1] * np.prod([0.75 if mask[k] else 0.25 for k in (0, 2)]))
    crowd = masks.Crowd(products, rate, [1], rectified)
    mean = np.dot(outputs, chances)
    assert (crowd.full, crowd.count) == (pytest.approx(0.9), 4)
    assert (crowd.mean, crowd.variance) == pytest.approx((mean, np.dot(chances, (np.array(outputs) - mean) ** 2)))
    np.testing.assert_allclose(np.sort(crowd.outputs), np.sort(outputs), atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_neighbours_on_the_map_differ_in_one_unit(count: int) -> None:
    row, column, down, across = masks.gray_map(count)
    grid = np.full((down, across), -1)
    grid[row, column] = np.arange(2**count)
    assert (grid >= 0).all()
    for one, other in ((grid[1:], grid[:-1]), (grid[:, 1:], grid[:, :-1])):
        assert all(int(bits).bit_count() == 1 for bits in np.ravel(one ^ other))


def test_a_skyline_has_a_bar_for_each_mask():
    crowd = masks.Crowd(np.array([1.0, -3.0, 2.0]), 0.2)
    middle, half, shade = masks.skyline(crowd)
    assert len(np.unique(np.round(middle, 9), axis=0)) == 8
    assert np.abs(middle + half[:, None]).max() < 1
    np.testing.assert_allclose((half / half.max()) ** 4, [0.25 ** (3 - bin(k).count("1")) for k in range(8)])
    expected = np.array([(k & 1) - 3 * (k >> 1 & 1) + 2 * (k >> 2) for k in range(8)]) / 3
    np.testing.assert_allclose(np.sign(shade) * shade**2, expected, atol=1e-12)


def test_a_training_is_kept_every_ten_steps():
    def result(rate, steps):
        run = masks.learnt(rate, steps)
        while True:
            try:
                next(run)
            except StopIteration as end:
                return end.value

    path, data = result(0.5, 40), masks.samples()
    assert len(path) == 5
    np.testing.assert_array_equal(path[:3], result(0.5, 20))
    run = masks.trainer(data.points, data.target, 0.5)
    np.testing.assert_array_equal(path[0], run.theta[0])
    run.advance(30)
    np.testing.assert_array_equal(path[3], run.theta[0])
