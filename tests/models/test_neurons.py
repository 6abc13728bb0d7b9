"""One neuron and the square that it looks at, against what is written out for a few of them."""

from __future__ import annotations

import numpy as np

from lossland.models import neurons


def test_a_section_stays_in_the_square_and_goes_across() -> None:
    found = neurons.section((1.0, -2.0), 0.3, 2.0, 21)
    ahead, across = np.array([1, -2]) / np.sqrt(5), np.array([2, 1]) / np.sqrt(5)
    np.testing.assert_allclose(found.ends @ ahead, np.stack([found.along, found.along], -1), atol=1e-12)
    np.testing.assert_allclose(np.abs(found.ends).max(axis=-1), 2.0, rtol=1e-8)
    assert np.isclose(found.along, 0.3).any()
    spread = found.spread(5)
    np.testing.assert_allclose(spread[[0, -1]].swapaxes(0, 1), found.ends)
    np.testing.assert_allclose(np.diff(spread, 2, axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(found.axis, np.outer(found.along, ahead), atol=1e-12)
    np.testing.assert_array_equal(found.within, np.abs(found.axis).max(axis=1) <= 2.0)
    np.testing.assert_allclose(found.start[found.within], found.axis[found.within], atol=1e-12)
    np.testing.assert_allclose(found.start @ across, 0.0, atol=1e-12)
    last = np.flatnonzero(found.within)[[0, -1]]
    np.testing.assert_allclose(found.start[: last[0]], len(found.start[: last[0]]) * [found.axis[last[0]]])
    np.testing.assert_allclose(found.start[last[1] :], len(found.start[last[1] :]) * [found.axis[last[1]]])
    assert 0 < last[0] < last[1] < len(found.along) - 1  # no line through a corner meets the axis


def test_level_lines_are_where_a_neuron_makes_round_numbers() -> None:
    w, b = np.array([0.6, -1.1]), 0.7
    lines = np.array(neurons.level_lines(w, b, 0.5, 2.0))
    levels = lines @ w + b
    np.testing.assert_allclose(levels[:, 0], levels[:, 1], atol=1e-12)
    wanted = [k / 2 for k in range(-10, 11) if k and abs(k / 2 - b) <= 2 * 1.7]
    np.testing.assert_allclose(levels[:, 0], wanted, atol=1e-12)


def test_a_neuron_by_hand() -> None:
    found = neurons.Neuron(np.array([3.0, 4.0]), -5.0, "relu")
    assert found.length == 5.0
    np.testing.assert_allclose(found.ahead, (0.6, 0.8))
    np.testing.assert_allclose(found.across, (-0.8, 0.6))
    np.testing.assert_allclose(found.shadow((1.0, 0.0)), (0.36, 0.48))
    np.testing.assert_allclose(found.zero(), (0.6, 0.8))
    np.testing.assert_allclose(found.zero(0.5) @ found.w - 2.5, 0.0, atol=1e-12)
    np.testing.assert_array_equal(found.output([(3, 4), (0, 0)]), (20.0, 0.0))
    assert [found.right(gate) for gate in ("and", "or", "nand")] == [4, 2, 0]  # it gives −5, −1, −2 and 2


def test_a_neuron_without_weights_looks_along_the_first_input() -> None:
    found = neurons.Neuron(np.zeros(2), 1.0, "step")
    np.testing.assert_array_equal(found.ahead, (1.0, 0.0))
    assert np.isnan(found.numbers((1, 2))["distance"])
