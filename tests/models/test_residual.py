"""The residual stream: the induction model against a few lines of plain sums, and what holds for every transformer."""

from __future__ import annotations

import math

import numpy as np
import pytest

import lossland as ll
from lossland.models import residual

TOKENS = (residual.START, 2, 4, 1, 0, 5, 3, 2)
MODEL = residual.induction(len(TOKENS))
BLOCKS = list(MODEL.blocks.values())


def stream(tokens=TOKENS, sharpness=5.0, ablated=()):
    model = residual.induction(len(tokens))
    return model, residual.run(model.embedded(tokens), list(model.blocks.values()), sharpness, ablated)


def by_plain_sums(tokens, beta):
    """Return what the last token predicts, (7,): two attentions and a softmax, number by number."""
    n = len(tokens)
    previous = []
    for i in range(n):
        raised = [math.exp(beta * (j == i - 1)) for j in range(i + 1)]
        previous.append([sum(raised[j] for j in range(i + 1) if tokens[j] == s) / sum(raised) for s in range(7)])
    raised = [math.exp(beta * previous[j][tokens[-1]]) for j in range(n)]
    output = [sum(raised[j] for j in range(n) if tokens[j] == s) / sum(raised) for s in range(7)]
    said = [math.exp(beta * one) for one in output]
    return np.array(said) / sum(said)


@pytest.mark.parametrize(("sharpness", "known", "digits"), [(5.0, 0.9488, 4), (10.0, 0.99973, 5)])
def test_induction_predicts_what_came_next_before(sharpness, known, digits):
    model, found = stream(sharpness=sharpness)
    said = model.probabilities(found.states[-1], sharpness)[-1]
    assert said.argmax() == 4
    assert round(float(said[4]), digits) == known
    np.testing.assert_allclose(said, by_plain_sums(TOKENS, sharpness), rtol=1e-12)


@pytest.mark.parametrize("tokens", [(6, 1, 3, 1), (6, 0, 0, 5, 4, 0), (6, 5), (2, 4, 1, 2), (6, 3, 5, 2, 3, 5, 1, 3)])
def test_other_sequences_by_plain_sums(tokens):
    model, found = stream(tokens, 7.0)
    np.testing.assert_allclose(model.probabilities(found.states[-1], 7.0)[-1], by_plain_sums(tokens, 7.0), rtol=1e-12)


def test_without_a_beginning_the_answer_is_halved():
    """The first token can only look at itself: it seems to follow itself, and answers too."""
    model, found = stream(TOKENS[1:], 20.0)
    assert found.weights[2, -1, :2] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert model.probabilities(found.states[-1], 20.0)[-1][[2, 4]] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_what_leaves_is_what_entered_and_the_sum_of_all_edits():
    _, found = stream()
    assert found.sum_error < 1e-15
    np.testing.assert_array_equal(found.states[1:] - found.states[:-1] - found.edits, 0.0)


def test_blocks_of_zeros_are_the_identity():
    x = MODEL.embedded(TOKENS)
    zeros = [type(block)(*(0 * matrix for matrix in block)) for block in BLOCKS]
    np.testing.assert_array_equal(residual.run(x, zeros, 5.0).states[-1], x)
    ablated = residual.run(x, BLOCKS, 5.0, range(4))
    np.testing.assert_array_equal(ablated.states[-1], x)
    assert not ablated.weights.any()


@pytest.mark.parametrize("i", range(1, len(TOKENS)))
def test_a_token_ignores_later_ones(i):
    _, found = stream()
    _, other = stream((*TOKENS[:i], *((token + 1) % 6 for token in TOKENS[i:])))
    np.testing.assert_array_equal(other.states[:, :i], found.states[:, :i])
    assert (other.states[:, i] != found.states[:, i]).any()


def test_each_block_writes_into_its_own_lane():
    model, found = stream()
    written = {name: {lane for lane, place in model.lanes.items() if edit[:, place].any()}
               for name, edit in zip(model.blocks, found.edits, strict=True)}  # fmt: skip
    assert written == {
        "attention 1": {"previous"}, "mlp 1": {"position"}, "attention 2": {"output"}, "mlp 2": {"previous"},
    }  # fmt: skip
    assert not found.states[-1][:, model.lanes["position"]].any()
    assert not found.states[-1][:, model.lanes["previous"]].any()
    np.testing.assert_allclose(found.weights[[0, 2]].sum(axis=-1), 1.0)


def test_both_heads_are_needed_and_no_perceptron():
    said = {}
    for ablated in range(4):
        model, found = stream(ablated=(ablated,))
        said[list(model.blocks)[ablated]] = model.probabilities(found.states[-1], 5.0)[-1][4]
    assert said["attention 2"] == pytest.approx(1 / 7)
    assert said["attention 1"] < 0.2
    assert said["mlp 1"] == said["mlp 2"] == pytest.approx(by_plain_sums(TOKENS, 5.0)[4])


def test_no_tokens_are_refused():
    with pytest.raises(ll.UserError, match="one token at least"):
        residual.induction(0)


def test_of_a_tie_all_are_likeliest() -> None:
    assert residual.likeliest(np.array([0.01, 0.494, 0.002, 0.49, 0.004])).tolist() == [1, 3]
    assert residual.likeliest(np.full(7, 1 / 7)).tolist() == list(range(7))
    assert residual.likeliest(np.array([0.2, 0.7, 0.1])).tolist() == [1]
