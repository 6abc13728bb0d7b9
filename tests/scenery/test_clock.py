"""Clocks that follow a parameter, and moments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError


class Counting(ll.Scene):
    steps = ll.parameters.Integer(160, 1, 5000)
    clock = ll.Clock.paced(steps, per_second=16, least=4.0, most=30.0)


@pytest.mark.parametrize(("steps", "seconds"), [(160, 10.0), (1, 4.0), (64, 4.0), (480, 30.0), (5000, 30.0)])
def test_a_clock_follows_the_number_of_steps(steps: int, seconds: float) -> None:
    assert Counting(steps=steps).clock == ll.Clock(seconds, steps)


def test_movements_follow_each_other_with_rests() -> None:
    def at(share: float) -> float:
        return ll.Now(share, ll.Clock(1.0)).staged(4, 0.1, 0.9, 0.5)

    assert [at(share) for share in (0.0, 0.1, 0.3, 0.5, 0.9, 1.0)] == pytest.approx([0, 0, 1, 2, 4, 4])
    assert [at(0.1 + 0.2 * (k + 0.25)) for k in range(4)] == pytest.approx([0.5, 1.5, 2.5, 3.5])  # half way
    assert [at(0.1 + 0.2 * (k + 0.7)) for k in range(4)] == pytest.approx([1, 2, 3, 4])  # at rest
    assert at(0.1 + 0.2 * 0.125) == pytest.approx(0.25**2 * (3 - 0.5))
    assert ll.Now(0.5, ll.Clock(1.0)).staged(0) == 0.0


def test_a_moment_knows_its_step() -> None:
    now = Counting().now(3.3)
    assert (now.seconds, now.share, now.step, now.whole) == pytest.approx((3.3, 0.33, 52.8, 52))
    assert Counting().now(99.0).step == 160
    assert Counting().now(0.0).step == 0
    with pytest.raises(UserError, match="from 0"):
        Counting().now(-1.0)


def test_every_whole_step_is_found_again_from_its_time() -> None:
    made = Counting(steps=4999)
    for step in range(0, 5000, 7):
        assert made.now(step / 4999 * made.clock.seconds).whole == step


def test_a_moment_of_a_scene_that_counts_no_steps() -> None:
    now = ll.Scene().now(2.5)
    assert (now, now.share, now.step) == (2.5, 0.25, 2.5)


def test_a_movement_starts_and_ends_gently() -> None:
    clock = ll.Clock(10.0)
    eased = [ll.Now(time, clock).eased(0.2, 0.6) for time in (0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0)]
    assert eased == pytest.approx([0, 0, 3 / 16 - 1 / 32, 0.5, 1 - 3 / 16 + 1 / 32, 1, 1])


def test_a_scene_may_be_asked_at_a_time_or_a_moment() -> None:
    class Telling(ll.Scene):
        clock = ll.Clock(4.0)

        def readouts(self, now: ll.Now) -> dict[str, float]:
            return {"share": now.share}

    made: Any = Telling()
    assert made.readouts() == {"share": 0.0}
    assert made.readouts(1.0) == made.readouts(time=1.0) == made.readouts(made.now(1.0)) == {"share": 0.25}


def test_movements_start_one_after_the_other_and_each_takes_two_fifths() -> None:
    clock = ll.Clock(10.0)
    at = np.array([ll.Now(time, clock).each(4, 0.2, 0.7) for time in np.linspace(0, 10, 1001).tolist()])
    assert (at[:201] == 0).all()
    assert (at[701:] == 1).all()
    moving = ((at > 0) & (at < 1)).sum(axis=0) / 1000  # shares of the scene
    np.testing.assert_allclose(moving, 0.4 * 0.5, atol=0.004)
    begins = (at > 0).argmax(axis=0) / 1000
    np.testing.assert_allclose(np.diff(begins), 0.6 * 0.5 / 4, atol=0.004)
    assert (np.diff(at, axis=0) >= 0).all()


def test_the_movement_that_has_begun_last_is_numbered() -> None:
    def stage(share: float, count: int = 4) -> tuple[int, float]:
        return ll.Now(share, ll.Clock(1.0)).stage(count, 0.1, 0.9, 0.5)

    assert [stage(share) for share in (0.0, 0.1, 0.2, 0.3, 0.35, 0.9, 1.0)] == [
        (0, 1.0), (0, 1.0), (1, 1.0), (1, 1.0), (2, pytest.approx(0.5)), (4, 1.0), (4, 1.0),
    ]  # fmt: skip
    assert stage(0.5, 0) == (0, 1.0)
