"""Strokes of signs."""

from __future__ import annotations

import numpy as np

from lossland.world import signs


def test_a_sunflower_is_even_all_over_its_disc() -> None:
    places = np.array(signs.sunflower(34, 0.47)) - 0.5
    away = np.hypot(*places.T)
    np.testing.assert_allclose(away**2, 0.47**2 * (np.arange(34) + 0.5) / 34)  # as many in each ring as it is large
    apart = np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) + np.eye(34)
    nearest = apart.min(axis=1)
    assert nearest.max() < 1.6 * nearest.min()
