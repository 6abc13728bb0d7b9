"""Attention against closed forms, plain loops and SciPy's hulls, on every array library."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.spatial import Delaunay
from scipy.special import softmax as softmax_of_scipy
from scipy.stats import entropy as entropy_of_scipy

import lossland as ll
from lossland.models import attention

RANDOM = np.random.default_rng(5)
Q, K, V = RANDOM.normal(size=(3, 4, 5, 6))  # of four heads, five tokens each


def home(array: Any) -> np.ndarray:
    """Return an array of any library as NumPy's."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


def test_a_query_at_60_90_and_180_degrees(xp):
    keys = xp.asarray([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    found = attention.attend(xp.asarray([[1.0, 0.0]]), keys, keys)
    assert isinstance(found.weights, type(keys))
    e = np.exp(1 / np.sqrt(2))
    expected = np.array([e, 1.0, 1 / e]) / (e + 1 + 1 / e)
    np.testing.assert_allclose(home(found.weights)[0], expected)
    np.testing.assert_allclose(expected, [0.575975, 0.283995, 0.140029], atol=5e-7)
    np.testing.assert_allclose(home(found.output)[0], [expected[0] - expected[2], expected[1]])


def test_heads_masks_and_temperature_by_plain_loops(xp):
    mask, warmth = RANDOM.random((5, 5)) < 0.7, 1.7
    mask[:, 0] = True
    found = attention.attend(xp.asarray(Q), xp.asarray(K), xp.asarray(V), xp.asarray(mask), warmth)
    for head, i in product(range(4), range(5)):
        scores = np.array([Q[head, i] @ K[head, j] / np.sqrt(6) / warmth for j in range(5)])
        weights = np.where(mask[i], softmax_of_scipy(np.where(mask[i], scores, -np.inf)), 0.0)
        np.testing.assert_allclose(home(found.weights)[head, i], weights, atol=1e-15)
        np.testing.assert_allclose(home(found.output)[head, i], weights @ V[head])
        np.testing.assert_array_equal(home(found.weights)[head, i][~mask[i]], 0.0)
    np.testing.assert_allclose(home(found.weights).sum(axis=-1), 1.0)


def test_nobody_sees_what_comes_after(xp):
    weights = home(attention.attend(xp.asarray(Q), xp.asarray(K), xp.asarray(V), attention.causal(xp, 5)).weights)
    np.testing.assert_array_equal(weights[:, *np.triu_indices(5, 1)], 0.0)
    np.testing.assert_array_equal(weights[:, 0, 0], 1.0)


def test_tokens_in_another_order_come_out_in_that_order():
    order = RANDOM.permutation(5)
    straight = attention.attend(Q, K, V).output
    np.testing.assert_allclose(attention.attend(Q[:, order], K[:, order], V[:, order]).output, straight[:, order])
    np.testing.assert_allclose(attention.attend(Q, K[:, order], V[:, order]).output, straight)


@pytest.mark.parametrize("temperature", [0.01, 1.0, 100.0])
def test_an_output_lies_within_the_hull_of_the_values(temperature):
    values = V[0, :, :3]
    output = attention.attend(3.0 * Q[0], K[0], values, temperature=temperature).output
    inside = values.mean(axis=0) + (1 - 1e-9) * (output - values.mean(axis=0))  # not outside by a rounding
    assert (Delaunay(values).find_simplex(inside) >= 0).all()


@pytest.mark.parametrize("d", [1, 2, 5])
def test_a_score_has_the_variance_d_and_divided_by_the_root_of_d_the_variance_1(d):
    signs = np.array(list(product((-1.0, 1.0), repeat=d)))  # all of them: mean 0 and variance 1, exactly
    assert attention.scores(signs, signs, scaled=False).var() == pytest.approx(d)
    assert attention.scores(signs, signs).var() == pytest.approx(1.0)


def test_weights_can_be_warmed_and_masked_afterwards(xp):
    queries, keys, values = map(xp.asarray, (Q, K, V))
    mask = attention.causal(xp, 5)
    cold = attention.attend(queries, keys, values, mask, 0.3).weights
    found = attention.warmed(attention.attend(queries, keys, values).weights, 0.3, mask)
    np.testing.assert_allclose(home(found), home(cold), rtol=1e-12)


def test_heads_are_neighbouring_numbers(xp):
    x = xp.reshape(xp.asarray(np.arange(2 * 3 * 8.0)), (2, 3, 8))
    heads = attention.split_heads(x, 4)
    assert heads.shape == (2, 4, 3, 2)
    np.testing.assert_array_equal(home(heads)[1, 2, 0], home(x)[1, 0, 4:6])
    np.testing.assert_array_equal(home(attention.join_heads(heads)), home(x))


def test_entropy_is_scipys(xp):
    weights = attention.attend(*map(xp.asarray, (Q, K, V))).weights
    np.testing.assert_allclose(home(attention.entropy(weights)), entropy_of_scipy(home(weights), base=2, axis=-1))
    assert home(attention.entropy(xp.asarray([[0.25] * 4, [0.0, 1.0, 0.0, 0.0]]))).tolist() == [2.0, 0.0]


def test_what_cannot_be_is_told():
    with pytest.raises(ll.UserError, match="above 0, not 0"):
        attention.attend(Q, K, V, temperature=0.0)
    with pytest.raises(ll.UserError, match="6 numbers cannot be shared out to 4 heads"):
        attention.split_heads(Q, 4)


def test_on_their_way_weights_are_those_of_a_share_of_the_scores():
    way = attention.course(np.array([1.0, -0.5, -np.inf, 2.0]), 0.5, 0.25)
    expected = [[1 / 3, 1 / 3, 0, 1 / 3]]
    for share in (0.25, 0.5):
        raised = np.exp(share * np.array([1.0, -0.5, -np.inf, 2.0]))
        expected.append(raised / raised.sum())
    np.testing.assert_allclose(way, expected)
