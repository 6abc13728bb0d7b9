"""The compiled sums over all pairs, against sums in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.compute.kernels import pairs


@pytest.mark.parametrize("measuring", [False, True])
def test_the_kernel_adds_up_what_numpy_does(measuring: bool) -> None:
    random, inside = np.random.default_rng(3), 75
    count = 5 * pairs.STRIDE
    points = np.full((2, count), pairs.FAR, np.float32)
    points[:, :inside] = random.normal(size=(2, inside)) * 4
    attraction = np.zeros((count, count), np.float32)
    attraction[:inside, :inside] = random.uniform(size=(inside, inside))
    found = pairs.kernel(measuring).sums(points, attraction)

    apart = points[:, :inside, None].astype(float) - points[:, None, :inside]
    weight = 1.0 / (1.0 + (apart**2).sum(axis=0))
    pull = attraction[:inside, :inside].astype(float) * weight
    expected = [weight.sum(axis=1), *(pull * apart).sum(axis=2), *(weight**2 * apart).sum(axis=2)]
    if measuring:
        expected.append(-(attraction[:inside, :inside] * np.log(weight)).sum(axis=1))
    assert found.shape == (5 + measuring, count)
    np.testing.assert_allclose(found[:, :inside], expected, atol=2e-6 * np.abs(expected).max())
