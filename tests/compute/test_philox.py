from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from lossland.compute.arrays import to_numpy
from lossland.compute.philox import Purpose, particles, philox4x32, standard_normal, uniform, words

# Random123 1.14, tests/kat_vectors: counter, key and answer of philox4x32 with 10 rounds.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def hexadecimal(text: str) -> Any:
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_python_ints_give_the_published_answers(counter: str, key: str, answer: str) -> None:
    assert philox4x32(hexadecimal(counter), hexadecimal(key)) == hexadecimal(answer)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_arrays_give_the_published_answers(xp: Any, counter: str, key: str, answer: str) -> None:
    c0, c1, c2, c3 = (xp.asarray([word, word], dtype=xp.uint64) for word in hexadecimal(counter))
    for word, right in zip(philox4x32((c0, c1, c2, c3), hexadecimal(key)), hexadecimal(answer), strict=True):
        assert type(word) is type(c0)
        assert to_numpy(word).tolist() == [right, right]


def test_a_draw_belongs_to_seed_particle_step_and_purpose() -> None:
    drawn = words(3, 5, 7, Purpose.NOISE)
    assert drawn == philox4x32((5, 0, 7, 1), (3, 0))
    others = [
        words(4, 5, 7, Purpose.NOISE),
        words(3, 6, 7, Purpose.NOISE),
        words(3, 5, 8, Purpose.NOISE),
        words(3, 5, 7, Purpose.START),
        words(3 + 2**32, 5, 7, Purpose.NOISE),
        words(3, 5 + 2**32, 7, Purpose.NOISE),
    ]
    assert len({drawn, *others}) == 7


def test_draws_do_not_depend_on_which_others_are_drawn(xp: Any) -> None:
    together = [to_numpy(part) for part in standard_normal(1, particles(xp, 0, 50), 9)]
    apart = [to_numpy(part) for part in standard_normal(1, particles(xp, 20, 10), 9)]
    for a, b in zip(together, apart, strict=True):
        assert np.array_equal(a[20:30], b)
    over_steps = [to_numpy(part) for part in standard_normal(1, 20, particles(xp, 9, 3))]
    assert [part[0] for part in over_steps] == [part[20] for part in together]


def test_uniform_draws_are_uniform() -> None:
    u, v = uniform(0, particles(np, 0, 100_000))
    for part in (u, v):
        assert part.min() > 0
        assert part.max() < 1
        assert stats.kstest(part, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(u, v)[0, 1]) < 0.01


def test_the_extreme_words_stay_inside_the_unit_interval() -> None:
    half_a_cell = 2.0**-33
    from lossland.compute.philox import _unit

    assert _unit(np, np.array([0], np.uint64))[0] == half_a_cell
    assert _unit(np, np.array([2**32 - 1], np.uint64))[0] == 1 - half_a_cell


def test_normal_draws_are_normal_and_uncorrelated() -> None:
    a, b = standard_normal(0, particles(np, 0, 100_000), 1)
    c, _ = standard_normal(0, particles(np, 0, 100_000), 2)
    for part in (a, b, c):
        assert stats.kstest(part, "norm").pvalue > 0.01
    assert np.abs(np.corrcoef([a, b, c]) - np.eye(3)).max() < 0.01
