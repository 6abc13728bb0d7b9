"""What every scene on a landscape can rely on."""

from __future__ import annotations

import pytest

import lossland as ll
from lossland.scenery.ground import hollows


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


def test_only_a_field_of_hills_is_low_and_seen_from_high_up() -> None:
    class Low(Middle):
        low_hills = True

    bowl, hills = "x^2 + y^2", "rastrigin"  # whose minima stand at whole numbers, about a hundred of them
    assert (hollows(Middle(landscape=bowl).terrain.value), hollows(Middle(landscape=hills).terrain.value) > 80) == (
        1,
        True,
    )
    for land, low in ((bowl, False), (hills, True)):
        usual, made = Middle(landscape=land), Low(landscape=land)
        assert (made.view.elevation > usual.view.elevation) is low
        assert (made.terrain.height < usual.terrain.height) is low
        if not low:
            assert (made.view.elevation, made.terrain.height) == (usual.view.elevation, usual.terrain.height)


def test_a_domain_has_its_size_and_keeps_what_is_inside() -> None:
    scene = Middle(landscape="x^2 + y^2", domain=(1.0, 5.0, -2.0, 8.0))
    assert scene.size == pytest.approx((4.0 + 10.0) / 2 / 2)  # half the mean width
    assert [scene.inside(place) for place in ((0.0, 9.0), (6.0, -3.0), (2.0, 0.5))] == [(1, 8), (5, -2), (2, 0.5)]


@pytest.mark.parametrize(
    ("domain", "enough"),
    [
        ((1e6, 1e6 + 2e-4, 0.0, 1.0), True),  # more than a 1e-10 of its place
        ((1e6, 1e6 + 5e-5, 0.0, 1.0), False),
        ((0.0, 1.0, -1e6, -1e6 + 5e-5), False),
        ((-1e-6, 1e-6, 0.0, 1.0), True),
        ((0.0, 2e-100, 0.0, 1.0), True),
        ((0.0, 1.0, 0.0, 5e-101), False),  # the squares of such numbers are 0
    ],
)
def test_a_domain_is_as_wide_as_numbers_allow(domain: tuple[float, ...], enough: bool) -> None:
    scene = Middle(landscape="x + y")
    if enough:
        scene.set("domain", domain)
        assert scene.domain == domain
    else:
        with pytest.raises(ll.UserError, match="too narrow"):
            scene.set("domain", domain)
