"""Five steps downhill: rates against closed forms, and which step is lit when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.pointing.pickers.trails import HEAD
from lossland.pointing.picking import position_of
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    """Return the scene as one whose own attributes may be used."""
    return library.scene("gradient_descent", preset, **values)


@pytest.mark.parametrize(("alpha", "rate", "converges"), [(2 / 11, 0.818182, 1), (0.2, 1.0, 0), (0.21, 1.1, 0)])
def test_the_rate_of_convergence(alpha: float, rate: float, converges: int) -> None:
    readouts = scene(alpha=alpha).readouts()
    assert readouts["rate"] == pytest.approx(rate, abs=1e-6)
    assert readouts["converges"] == converges
    assert readouts["limit"] == pytest.approx(0.2)
    assert readouts["best_alpha"] == pytest.approx(2 / 11)


def test_fifty_steps_are_the_closed_form() -> None:
    made = scene("zigzag", steps=50)
    assert (made.alpha, made.steps) == (0.18, 50)
    last = made.readouts(made.clock.seconds)["now"]
    np.testing.assert_allclose(last, np.array([1 - 0.18, 1 - 1.8]) ** 50 * made.start, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(made.readouts()["last"], made.readouts()["closed_form"], rtol=1e-12, atol=1e-12)


def test_a_small_height_is_not_written_as_zero() -> None:
    made = scene("zigzag")  # it ends at the last of 25 steps
    x, y = np.array([1 - 0.18, 1 - 1.8]) ** 25 * made.start
    facts = next(n for n in made.frame(made.clock.seconds).notes if isinstance(n, layers.Facts))
    written = float(facts.rows[0][2].rstrip("}").rpartition(" ")[2])
    assert written == pytest.approx((x**2 + 10 * y**2) / 2, rel=0.01)
    assert 0.0 < written < 0.005


def test_the_five_steps_light_up_in_turn() -> None:
    made = scene("one iteration")
    seconds = made.clock.seconds / made.steps
    lit = []
    for part in range(5):
        facts = next(n for n in made.frame((part + 0.5) / 5 * seconds).notes if isinstance(n, layers.Facts))
        (bright,) = [k for k, row in enumerate(facts.rows) if row[0] != "dim"]
        lit.append(bright)
    assert lit == [0, 1, 2, 3, 4]
    arrows = [sum(isinstance(one, layers.Arrows) for one in made.frame((part + 0.5) / 5 * seconds).layers)
              for part in range(5)]  # fmt: skip
    assert arrows == [0, 0, 1, 2, 2]


def test_the_ball_goes_to_its_next_place_in_the_fourth_part_and_stays_there() -> None:
    made = scene("one iteration")
    seconds, x = made.clock.seconds / made.steps, np.array([1 - made.alpha, 1 - 10 * made.alpha])
    start, places = np.array(made.start), []
    for time in np.linspace(0.02, 0.98, 25) * seconds:
        (ball,) = (one for one in made.frame(time).layers if isinstance(one, layers.Trail))
        head = position_of(ball, HEAD)
        assert head is not None
        places.append(made.terrain.domain_from_world(head))
    first, last = [0.02 + 0.04 * k < 0.6 for k in range(25)], [0.02 + 0.04 * k > 0.8 for k in range(25)]
    way = (np.array(places) - start) @ (x * start - start) / np.sum((x * start - start) ** 2)
    assert way[first] == pytest.approx(0.0, abs=1e-3)
    assert way[last] == pytest.approx(1.0, abs=1e-3)
    assert (np.diff(way) >= -1e-6).all()


def test_a_ball_that_is_lost_leaves_the_ground() -> None:
    made = scene(alpha=0.3)
    made.frame(made.clock.seconds)
    assert np.abs(made.readouts()["last"][1]) > 1e6


def test_a_ball_off_the_map_is_told_with_its_place() -> None:
    made = scene("too far", steps=50)
    trail = next(layer for layer in made.frame(made.clock.seconds).layers if isinstance(layer, layers.Trail))
    y = 0.5 * (1 - 0.21 * 10) ** 50  # the closed form along y; x is 0 to two digits
    assert trail.label == f"w = (0, {y:.1f})"
    assert trail.value == "off the map"
    assert next(layer for layer in made.frame(0.0).layers if isinstance(layer, layers.Trail)).label == ""


@pytest.mark.parametrize("preset", ["zigzag", "slow and safe", "the edge", "a round bowl", "one iteration"])
def test_the_arrow_of_a_step_is_never_under_the_ground(preset: str) -> None:
    made = scene(preset)
    seconds = made.clock.seconds / made.steps
    for step in range(min(made.steps, 12)):
        drawn = made.frame((step + 0.7) * seconds).layers
        (arrow,) = [one for one in drawn if isinstance(one, layers.Arrows) and one.name == "Next step"]
        along = arrow.tail + np.linspace(0, 1, 31)[:, None] * (arrow.tip - arrow.tail)
        ground = made.terrain.world_from_domain(made.terrain.domain_from_world(along))
        assert (along[:, 2] > ground[:, 2]).all()
