"""What every scene on a landscape can rely on."""

from __future__ import annotations

import pytest

import lossland as ll


class Middle(ll.GroundScene):
    """A scene with a point in the middle of its map."""

    middle = ll.parameters.GroundPoint((0.0, 0.0), at=(0.5, 0.25))


def test_the_least_value_is_that_of_a_known_minimum_or_of_a_sample() -> None:
    assert Middle(landscape="himmelblau").lowest == pytest.approx(0.0, abs=1e-12)
    assert Middle(landscape="x + 3*y", domain=(-1, 1, -2, 2)).lowest == pytest.approx(-7.0)


@pytest.mark.parametrize("width", [8.0, 1e-3, 1e-30, 4e5])
def test_a_point_stands_at_its_share_of_a_map_of_any_size(width: float) -> None:
    scene = Middle(landscape="x^2 + y^2", domain=(0.0, width, 0.0, 2 * width))
    assert scene.middle == pytest.approx((0.5 * width, 0.5 * width), rel=1e-9)
