"""What the window's loop does next, walked through without a window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lossland.app.pacing import LINGER, REST, SETTLING, Faults, Fineness, Pace, Remedy, Turn


def turn(pace: Pace, now: float, revision: int = 1, **seen: Any) -> Turn:
    """Let one turn of the loop pass as the window does it, where every picture can be drawn."""
    changed = pace.see(revision, now)
    what = pace.turn(now, changed, **{"busy": False, "running": False, "ticks": 0, **seen})
    if what is Turn.DRAW:
        pace.drew(revision)
    return what


@pytest.fixture
def settled() -> Pace:
    """A pace at time 0 whose picture of revision 1 is drawn, with all panels."""
    pace = Pace()
    for _ in range(SETTLING):
        assert turn(pace, 0.0) is Turn.DRAW
    return pace


def steps(count: int, done: list[int]) -> Iterator[None]:
    for step in range(count):
        done.append(step)
        yield


def test_a_picture_is_drawn_until_the_panels_have_settled_and_then_not_again(settled: Pace) -> None:
    assert turn(settled, 0.1) is Turn.IDLE
    settled.stir()
    assert [turn(settled, 0.1) for _ in range(SETTLING + 1)] == [Turn.DRAW] * SETTLING + [Turn.IDLE]


def test_what_has_changed_is_drawn_once(settled: Pace) -> None:
    assert turn(settled, 0.1, revision=2) is Turn.DRAW
    assert turn(settled, 0.1, revision=2) is Turn.IDLE


def test_a_pointer_that_moved_is_drawn_once(settled: Pace) -> None:
    settled.point()
    assert [turn(settled, 0.1), turn(settled, 0.1)] == [Turn.DRAW, Turn.IDLE]


def test_a_pointer_that_rests_on_a_panel_gets_its_tooltip_while_nothing_else_happens() -> None:
    pace = Pace()
    for _ in range(SETTLING):
        turn(pace, 0.0)
    pace.stir()
    pace.hover()
    assert [turn(pace, 1.0) for _ in range(SETTLING)] == [Turn.DRAW] * SETTLING
    assert pace.refine(lambda: iter(())) is True  # all is drawn
    assert turn(pace, 1.0) is Turn.IDLE
    assert pace.nap(1.1, 9.0) == pytest.approx(LINGER - 0.1)  # Dear ImGui wants 0.15 s at rest and 0.15 s on the item
    assert [turn(pace, 1.0 + LINGER) for _ in range(SETTLING + 1)] == [Turn.DRAW] * SETTLING + [Turn.IDLE]
    assert pace.nap(2.0, 9.0) == 9.0


def test_what_runs_waits_for_its_tick_whatever_else_there_is_to_draw(settled: Pace) -> None:
    settled.stir()
    assert turn(settled, 0.1, revision=2, busy=True, running=True, ticks=0) is Turn.WAIT
    assert turn(settled, 0.1, revision=2, busy=True, running=True, ticks=1) is Turn.DRAW


def test_frames_that_are_counted_follow_each_other(settled: Pace) -> None:
    assert [turn(settled, 0.1, busy=True) for _ in range(5)] == [Turn.DRAW] * 5


def test_a_picture_at_rest_is_refined_step_by_step_once() -> None:
    pace, done = Pace(), list[int]()
    for _ in range(SETTLING):
        turn(pace, 10.0)
    assert turn(pace, 10.0 + 0.99 * REST) is Turn.IDLE
    assert pace.fineness is Fineness.MOVED
    assert turn(pace, 10.0 + 1.01 * REST) is Turn.REFINE
    assert [pace.refine(lambda: steps(3, done)) for _ in range(4)] == [False, False, False, True]
    assert done == [0, 1, 2]
    assert pace.fineness is Fineness.REFINED
    assert turn(pace, 20.0) is Turn.IDLE


def test_the_loop_naps_until_the_picture_may_be_refined() -> None:
    pace = Pace()
    pace.see(1, 10.0)
    assert pace.nap(10.0, 5.0) == pytest.approx(REST)
    assert pace.nap(10.15, 5.0) == pytest.approx(REST - 0.15)
    assert pace.nap(10.0, 0.1) == 0.1
    assert pace.nap(11.0, 5.0) == 0.0
    while not pace.refine(lambda: steps(0, [])):
        pass
    assert pace.nap(11.0, 5.0) == 5.0


def test_a_change_leaves_the_refinement_and_the_rest_begins_again(settled: Pace) -> None:
    first, second = list[int](), list[int]()
    settled.refine(lambda: steps(3, first))
    assert settled.fineness is Fineness.REFINING
    assert turn(settled, 1.0, revision=2) is Turn.DRAW
    assert settled.fineness is Fineness.MOVED
    assert turn(settled, 1.0 + 0.9 * REST, revision=2) is Turn.IDLE
    assert turn(settled, 1.0 + 1.1 * REST, revision=2) is Turn.REFINE
    settled.refine(lambda: steps(3, second))
    assert (first, second) == ([0], [0])


def test_panels_are_drawn_in_between_and_the_refinement_goes_on(settled: Pace) -> None:
    done = list[int]()
    settled.refine(lambda: steps(2, done))
    settled.stir()
    assert turn(settled, 5.0) is Turn.DRAW
    assert settled.fineness is Fineness.REFINING
    settled.refine(lambda: steps(2, done))
    assert done == [0, 1]


def test_a_fine_picture_stays_fine_while_panels_are_drawn_until_it_is_lost(settled: Pace) -> None:
    settled.refine(lambda: steps(0, []))
    settled.stir()
    turn(settled, 5.0)
    assert settled.fineness is Fineness.REFINED
    settled.lose()
    settled.settling = 0
    assert turn(settled, 5.0) is Turn.REFINE  # it has rested long enough


def test_a_refinement_that_cannot_begin_has_not_begun(settled: Pace) -> None:
    def fails() -> Iterator[None]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        settled.refine(fails)
    assert settled.fineness is Fineness.MOVED


# ------------------------------------------------------------------------------------------------ failures
def test_before_anything_was_drawn_whoever_opened_the_window_is_told() -> None:
    assert Faults().exception() is Remedy.RAISE


def test_exceptions_that_follow_each_other_call_for_more() -> None:
    faults = Faults()
    faults.drew()
    assert [faults.exception() for _ in range(5)] == [
        Remedy.GO_ON, Remedy.RENEW, Remedy.REPORT, Remedy.PAUSE, Remedy.PAUSE,
    ]  # fmt: skip
    faults.drew()
    assert faults.exception() is Remedy.GO_ON


def test_a_driver_that_fails_three_times_is_given_up() -> None:
    faults = Faults()
    faults.drew()
    assert [faults.failure(), faults.failure()] == [Remedy.RENEW, Remedy.REOPEN]
    faults.passed()
    assert [faults.failure(), faults.failure(), faults.failure()] == [Remedy.RENEW, Remedy.REOPEN, Remedy.RAISE]


def test_exceptions_and_failures_are_counted_apart() -> None:
    faults = Faults()
    faults.drew()
    faults.exception()
    faults.passed()
    assert faults.failure() is Remedy.RENEW
    assert faults.exception() is Remedy.RENEW
