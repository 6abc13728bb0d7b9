"""Nearest words by angle, sums as walks, and axes: against SciPy, plain sorting, and what is published of GloVe."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from lossland.errors import UserError
from lossland.models import analogies, datasets

RANDOM = np.random.default_rng(11)
CLOUD = RANDOM.normal(size=(5000, 9))


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("without", [(), (17, 4000)])
def test_the_nearest_are_those_of_all_cosines_sorted(count, without):
    query = CLOUD[17] + 0.3 * CLOUD[99]
    cosine = 1.0 - cdist(query[None], CLOUD, "cosine")[0]
    cosine[list(without)] = -2.0
    found, said = analogies.Compass(CLOUD).nearest(query, count, without)
    np.testing.assert_array_equal(found, np.argsort(-cosine)[:count])
    np.testing.assert_allclose(said, np.sort(cosine)[::-1][:count], atol=1e-12)


def test_no_more_are_found_than_there_are_and_of_equals_the_first_come_first():
    compass = analogies.Compass(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    found, cosine = compass.nearest([3.0, 0.0], 9, [1])
    assert found.tolist() == [0, 2, 3]
    assert cosine.tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(UserError, match="vectors as rows"):
        analogies.Compass(np.zeros(3))


def test_neighbours_among_400_000_words():
    compass = analogies.Compass(RANDOM.random((400_000, 50), np.float32) - np.float32(0.5), np.float32)
    query = compass.directions[5] + compass.directions[123_456]
    found, cosine = compass.nearest(query, 12, [5])
    assert found[0] == 123_456
    exact = compass.directions[found].astype(float) @ query / np.linalg.norm(query)
    np.testing.assert_allclose(cosine, exact, atol=1e-6)


def test_a_sum_is_a_walk_of_differences():
    a, b, c, d = CLOUD[:4]
    walk = analogies.walk([a, c], [b])
    np.testing.assert_allclose(walk.end, a - b + c)
    np.testing.assert_array_equal([walk.tail[0], walk.tip[0], walk.start[0]], [b, c, a])
    longer = analogies.walk([a, c, d], [b])
    np.testing.assert_allclose(longer.end, a - b + c + d)
    np.testing.assert_allclose(longer.start, [a, a - b + c])
    np.testing.assert_array_equal(longer.tail[1], np.zeros(9))
    np.testing.assert_allclose(analogies.walk([a], [b, c]).end, a - b - c)
    alone = analogies.walk([a], np.zeros((0, 9)))
    assert alone.start.shape == (0, 9)
    np.testing.assert_array_equal(alone.end, a)
    with pytest.raises(UserError, match="one that is added"):
        analogies.walk(np.zeros((0, 9)), [a])


def test_a_sum_is_written_in_the_order_of_its_walk():
    assert analogies.written(["king", "woman"], ["man"]) == "king − man + woman"
    assert analogies.written(["a", "b", "c"], ["d"]) == "a − d + b + c"
    assert analogies.written(["a"], ["b", "c"]) == "a − b − c"


def test_an_axis_is_the_cosine_with_the_way_from_one_to_the_other():
    expected = 1.0 - cdist(CLOUD[:50], (CLOUD[61] - CLOUD[60])[None], "cosine")[:, 0]
    np.testing.assert_allclose(analogies.along(CLOUD[:50], CLOUD[60], CLOUD[61]), expected, atol=1e-12)
    with pytest.raises(UserError, match="two different words"):
        analogies.along(CLOUD, CLOUD[0], CLOUD[0])


@pytest.mark.parametrize(
    ("plus", "minus", "word", "cosine"),
    [
        ("king woman", "man", "queen", 0.8610),
        ("paris italy", "france", "rome", 0.8379),
        ("paris germany", "france", "berlin", 0.9181),
        ("tokyo china", "japan", "beijing", 0.8891),
        ("he her", "him", "she", 0.9333),
    ],
)
def test_analogies_of_glove(plus, minus, word, cosine):
    known = datasets.glove()
    total = analogies.walk(known.rows(plus), known.rows(minus)).end
    inputs = [known.index[one] for one in known.read(f"{plus} {minus}")]
    found, said = analogies.Compass(known.vectors).nearest(total, 1, inputs)
    assert known.words[found[0]] == word
    assert said[0] == pytest.approx(cosine, abs=2e-4)  # published of float32 vectors; these are float16


def test_cosines_of_glove():
    known = datasets.glove()
    pairs = {("king", "queen"): 0.7839, ("cat", "dog"): 0.9218, ("cat", "car"): 0.3638}
    for (one, other), cosine in pairs.items():
        found = analogies.Compass(known.rows(one)).cosines(known.rows(other)[0])
        assert found[0] == pytest.approx(cosine, abs=1e-4)


def test_an_unknown_word_is_told_with_near_spellings():
    known = datasets.glove()
    assert known.read("King, woman") == known.read("king,woman") == ("king", "woman")
    assert known.read("5,000 dogs , cats") == ("5,000", "dogs", "cats")
    with pytest.raises(UserError, match=r"no vector for 'qeen' among 10000 .* Near spellings are queen") as caught:
        known.read("king qeen")
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=r"common English words\.$"):
        known.read("zzzzqq")


def test_a_sum_finds_its_nearest_words_and_says_which_of_its_own_would_be_nearer():
    """king − man + woman, by plain NumPy: queen, and nearer than it king itself."""
    known = datasets.glove()
    compass = analogies.Compass(known.vectors)
    total = known.rows("king woman").sum(axis=0) - known.rows("man")[0]
    cosine = known.vectors @ total / np.linalg.norm(known.vectors, axis=1) / np.linalg.norm(total)
    order = [known.words[k] for k in np.argsort(-cosine)]
    assert order[0] == "king"
    found = analogies.Sum(known, compass, ("king", "woman"), ("man",), 3)
    assert list(found.nearest) == [word for word in order if word not in ("king", "man", "woman")][:3]
    np.testing.assert_allclose(found.cosines, [cosine[known.index[word]] for word in found.nearest])
    np.testing.assert_allclose(found.own_cosines, [cosine[known.index[word]] for word in ("king", "woman", "man")])
    assert found.left_out == ("king", pytest.approx(cosine.max()))
    np.testing.assert_allclose(found.vectors[-1], total)
    included = analogies.Sum(known, compass, ("king", "woman"), ("man",), 3, included=True)
    assert (list(included.nearest), included.left_out) == (order[:3], None)


def test_parallelograms_are_closed_and_carried_to_where_the_walk_is() -> None:
    plus, minus = np.random.default_rng(1).normal(size=(3, 6)), np.random.default_rng(2).normal(size=(2, 6))
    walk = analogies.walk(plus, minus)
    sides = walk.outlines.reshape(4, -1, 2, 6)  # the first sides of all, then the second
    for leg in range(2):
        np.testing.assert_array_equal(sides[:, leg, 0], np.roll(sides[:, leg, 1], 1, axis=0))
        np.testing.assert_allclose(sides[0, leg, 1] - sides[0, leg, 0], sides[2, leg, 0] - sides[2, leg, 1])
        np.testing.assert_array_equal(sides[0, leg, 0], walk.tail[leg])
        np.testing.assert_allclose(sides[2, leg, 1], walk.start[leg])
    assert analogies.walk(plus[:1], []).outlines.shape == (0, 2, 6)


def test_the_nearest_words_have_their_vectors() -> None:
    known = datasets.glove()
    found = analogies.Sum(known, analogies.Compass(known.vectors), ("king", "woman"), ("man",), 3)
    np.testing.assert_array_equal(found.near, known.rows(" ".join(found.nearest)))


def test_across_an_axis_are_the_directions_of_most_variance() -> None:
    random = np.random.default_rng(4)
    vectors, first, second = random.normal(size=(9, 7)), random.normal(size=7), random.normal(size=7)
    frame = analogies.frame_along(vectors, first, second)
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(frame[:, 0] * np.linalg.norm(second - first), second - first)
    units = np.vstack([vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.zeros(7)])
    left = units @ (np.eye(7) - np.outer(frame[:, 0], frame[:, 0]))
    values = np.linalg.eigvalsh(np.cov(left.T))[::-1]
    np.testing.assert_allclose(np.var(left @ frame[:, 1:], axis=0, ddof=1), values[:2])
