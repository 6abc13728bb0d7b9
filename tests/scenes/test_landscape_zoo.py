"""Valleys, saddles, minima: level points, curvatures and escapes against known numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    """Return the scene as one whose own attributes may be used."""
    return library.scene("landscape_zoo", preset, **values)


def layer(frame: Any, kind: type) -> Any:
    return next(one for one in frame.layers if isinstance(one, kind))


def zoo(land: str, **values: Any) -> dict[str, Any]:
    return scene(landscape=land, **values).readouts()


def test_himmelblaus_level_points() -> None:
    found = zoo("himmelblau")
    minima = np.array([(3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)])
    distance = np.hypot(*(found["minima"][:, None, :2] - minima).transpose(2, 0, 1))
    assert (distance.min(axis=0) < 2e-6).all()
    np.testing.assert_allclose(found["minima"][:, 2], 0.0, atol=1e-12)
    np.testing.assert_allclose(found["maxima"], [(-0.270845, -0.923039, 181.6165)], atol=1e-4)
    np.testing.assert_allclose(sorted(found["saddles"][:, 2]), (13.3119, 67.7192, 104.0152, 178.3372), atol=1e-4)


def test_rosenbrocks_ravine_is_narrow() -> None:
    found = zoo("rosenbrock")
    np.testing.assert_allclose(found["curvatures"], (0.399361, 1001.601), rtol=1e-6)
    assert found["kappa"] == pytest.approx(2508, abs=0.5)
    assert found["rate_limit"] == pytest.approx(2 / 1001.600639, rel=1e-6)


def test_known_minima_of_the_zoo() -> None:
    assert zoo("styblinski_tang")["minima"][0, 2] == pytest.approx(-78.332331, abs=1e-6)
    camel = zoo("six_hump_camel")["minima"][:2]
    np.testing.assert_allclose(camel[:, 2], -1.031628, atol=1e-6)
    np.testing.assert_allclose(np.abs(camel[:, :2]), [(0.089842, 0.712656)] * 2, atol=1e-6)
    assert (camel[:, 0] * camel[:, 1] < 0).all()
    rastrigin = zoo("rastrigin")["minima"]
    assert len(rastrigin) == 121
    np.testing.assert_allclose(rastrigin[1:5, 2], 0.994959, atol=1e-6)
    np.testing.assert_allclose(np.abs(rastrigin[1:5, :2]).max(axis=1), 0.994959, atol=1e-6)
    np.testing.assert_allclose(zoo("beale")["minima"], [(3, 0.5, 0)], atol=1e-9)


def test_a_ball_takes_76_steps_to_leave_a_saddle() -> None:
    made = scene("saddle")
    assert (made.ball[1], made.rate) == (1e-6, 0.1)
    assert made.readouts()["escape_steps"] == 76
    y, steps = 1e-6, 0
    while abs(y) <= 1:  # the same by hand
        y, steps = y + 0.1 * 2 * y, steps + 1
    assert steps == 76


def test_a_monkey_saddle_is_no_minimum_though_its_curvatures_vanish() -> None:
    found = zoo("monkey_saddle")
    assert (found["count.saddle"], found["count.minimum"], found["count.maximum"]) == (1, 0, 0)


def test_a_kink_is_a_minimum_too() -> None:
    found = zoo("ackley")
    np.testing.assert_allclose(found["minima"][0], (0, 0, 0), atol=1e-9)


def test_curvature_paint_has_the_sign_of_the_curvature() -> None:
    made = scene("saddle", paint="smallest curvature")
    paint = layer(made.frame(0.0), layers.Surface).paint
    assert (paint < 0).all()
    made.set("paint", "largest curvature")
    assert (layer(made.frame(0.0), layers.Surface).paint > 0).all()


def test_a_morph_goes_from_one_ground_to_the_other() -> None:
    made = scene("morph")
    first, middle, last = (layer(made.frame(t), layers.Surface).terrain for t in (0.0, 4.0, 8.0))
    here, there = made.ends()
    np.testing.assert_allclose(first.z, here.z, atol=0.03)
    np.testing.assert_allclose(last.z, there.z, atol=0.03)
    assert np.abs(middle.z - (first.z + last.z) / 2).max() < 0.08


def test_a_still_of_a_morph_shows_both_landscapes() -> None:
    made = scene("morph")
    frame = made.frame(made.still_time)
    (title,) = frame.notes
    assert title.text == "Himmelblau turns into Rastrigin"
    height, ends = layer(frame, layers.Surface).terrain.z, np.stack([end.z for end in made.ends()])
    assert min(np.corrcoef(height.ravel(), end.ravel())[0, 1] for end in ends) > 0.5
    assert np.corrcoef(ends.reshape(2, -1))[0, 1] < 0.3  # neither is like the other
    assert scene().still_time == scene().clock.seconds


def test_the_ravine_is_seen_from_where_no_wall_hides_its_minimum() -> None:
    made = scene("ravine")
    (foot,) = made.terrain.world_from_domain([(1.0, 1.0)], 0.02)

    def is_hidden(azimuth: float, elevation: float) -> bool:
        a, e = np.radians((azimuth, elevation))
        sight = foot + np.linspace(0, 3, 600)[:, None] * (np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e))
        over = sight[(np.abs(sight[:, :2]) <= 1).all(axis=1)]
        ground = made.terrain.world_from_domain(made.terrain.domain_from_world(over))
        return bool((over[:, 2] < ground[:, 2]).any())

    assert is_hidden(-60.0, 45.0)
    assert not is_hidden(made.view.azimuth, made.view.elevation)


def test_the_cliff_throws_the_ball_across_the_valley() -> None:
    made = scene("cliff")
    way, steps = made.way(), np.hypot(*np.diff(made.way(), axis=0).T)
    thrown = int(steps.argmax())
    assert steps[thrown] > 4.5 > 1.0 > np.delete(steps, thrown).max()
    assert all(made.inside(tuple(place)) == tuple(place) for place in way)
    by_hand = way[thrown] - made.rate * np.array(
        [12 / np.cosh(6 * (way[thrown, 0] - 1)) ** 2 + 0.2 * (way[thrown, 0] + 2), 0.2 * way[thrown, 1]]
    )
    np.testing.assert_allclose(way[thrown + 1], by_hand, rtol=1e-9)


def test_on_the_plateau_a_ball_creeps_for_long_and_then_falls() -> None:
    way = scene("plateau").way()
    far = np.hypot(*way.T)
    assert far[0] - far[100] < 0.5
    assert far[-1] < 1e-3


@pytest.mark.parametrize("preset", ["himmelblau", "camel"])
def test_arrows_of_neighbours_do_not_cross(preset: str) -> None:
    made = scene(preset)
    (arrows,) = (one for one in made.marks() if isinstance(one, layers.Arrows))
    tails, tips = (made.terrain.domain_from_world(ends).reshape(-1, 4, 2) for ends in (arrows.tail, arrows.tip))
    spread = []
    for tail, tip in zip(tails, tips, strict=True):
        middle = tail.mean(axis=0)  # both arrows of an axis are drawn: none of these maps cuts one off
        spread.append((middle, np.hypot(*(tip - middle).T).max()))
    assert len(spread) == len(made.critical())
    for k, (here, reach) in enumerate(spread):
        for there, other in spread[:k]:
            assert reach + other < np.hypot(*(here - there))


def test_a_ball_that_has_left_the_map_says_so() -> None:
    made = scene("saddle")
    edge = int(np.flatnonzero(np.abs(made.way()[:, 1]) > 2.0)[0])
    told = [layer(made.frame(step * made.clock.seconds / made.steps), layers.Trail) for step in (edge - 1, edge + 1)]
    assert [one.label for one in told] == ["", "off the map"]
    assert told[0].value == pytest.approx(float(np.dot(made.way()[edge - 1] ** 2, (1, -1))))
    assert told[1].value == ""
