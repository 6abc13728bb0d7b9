"""Undo and redo: what is a step, what it brings back, and that a session replays it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossland.errors import UserError
from lossland.play import session
from lossland.play.player import TICK, Player
from lossland.play.pointer import Pointer
from lossland.scenery import library


@pytest.fixture
def player() -> Player:
    return Player(library.scene("optimizer_race"))


def state(player: Player) -> tuple[Any, ...]:
    """Return what undo is to bring back."""
    scene = player.scene
    return scene.name, scene.seed, dict(scene.values)


CHANGES: dict[str, Callable[[Player], Any]] = {
    "a parameter": lambda player: player.set_param("steps", 77),
    "a preset": lambda player: player.use_preset("rosenbrock"),
    "a new lane": lambda player: player.add_lane("adagrad"),
    "a lane less": lambda player: player.remove_lane(1),
    "a lane off": lambda player: player.enable_lane(2, False),
    "a rate": lambda player: player.set_lane_field(0, "lr", 0.002),
    "usual settings": lambda player: player.reset_lane(3),
    "a formula": lambda player: player.set_landscape("x^2 + 3*y^2"),
    "a landscape by name": lambda player: player.set_landscape("beale"),
    "a part of the landscape": lambda player: player.set_domain((-1, 1), (-2, 2)),
    "a handle": lambda player: player.drag("start", (1.5, 2.5)),
    "a click": lambda player: player.click((2.0, -1.0)),
    "the seed": lambda player: player.set_seed(7),
    "another scene": lambda player: player.load("linear_map_2d"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_the_scene_can_be_undone_and_done_again(
    player: Player, change: Callable[[Player], Any]
) -> None:
    before = state(player)
    assert change(player) in (None, "")
    after = state(player)
    assert after != before
    player.undo()
    assert state(player) == before
    player.redo()
    assert state(player) == after
    player.undo()
    with pytest.raises(UserError, match="nothing to undo"):
        player.undo()
    assert state(player) == before


def test_what_was_undone_leaves_nothing_behind(player: Player) -> None:
    """A formula takes a domain of its own after a landscape with a name, also where a formula was undone between."""
    player.set_domain((-4, 3), (-5.2, 5.2))
    player.set_landscape("x^2")
    first = state(player)
    player.undo()
    player.set_landscape("x^2")
    assert state(player) == first
    assert player.scene.values["domain"] == (-4.0, 4.0, -4.0, 4.0)
    player.set_domain((-1, 1), (0, 2))
    player.set_landscape("x^2 + y")
    assert player.scene.values["domain"] == (-1.0, 1.0, 0.0, 2.0)  # from one formula to the next it stays


def test_reset_can_be_undone(player: Player) -> None:
    player.set_param("steps", 77)
    player.reset()
    assert player.scene.values["steps"] == 160
    assert player.undo() == "reset"
    assert player.scene.values["steps"] == 77


def test_how_the_scene_is_seen_is_no_step(player: Player) -> None:
    player.seek(1.0)
    player.play()
    player.orbit(10, 5)
    player.set_speed(2.0)
    player.select(2)
    player.step_by(1)
    with pytest.raises(UserError, match="nothing to undo"):
        player.undo()


def test_switches_of_what_is_shown_are_undone_and_nothing_else_with_them(player: Player) -> None:
    player.seek(2.0)
    player.set_show("grid", False)
    player.set_show("xray", False)
    player.seek(3.0)
    assert player.undo() == "X-ray off"
    assert (player.show.xray, player.show.grid, player.time) == (True, False, 3.0)
    assert player.undo() == "Grid off"
    assert (player.show.xray, player.show.grid) == (True, True)
    assert player.redo() == "Grid off"
    assert player.show.grid is False


def test_the_theme_is_undone_and_done_again_and_replayed(player: Player) -> None:
    player.set_theme("print")
    player.set_param("steps", 77)
    player.set_theme("dark")
    assert [step.name for step in player.history.steps] == ["white paper", "steps", "dark colours"]
    shown = [player.theme]
    for act in (player.undo, player.undo, player.undo, player.redo):
        act()
        shown.append(player.theme)
    assert shown == ["dark", "print", "print", "dark", "print"]
    *_, again = session.replay(session.of(player))
    assert again.theme == "print"
    with pytest.raises(UserError, match="sepia"):
        player.set_theme("sepia")
    assert player.theme == "print"


def test_steps_are_named_as_the_panels_name_things() -> None:
    player = Player(library.scene("optimizer_race"))
    player.set_lane_field(0, "lr", 0.01)
    assert player.undo() == "rate of SGD"
    player.set_lane_field(3, "beta1", 0.5)
    assert player.undo() == "β1 of Adam"
    player.reset_lane(3)
    assert player.undo() == "usual settings of Adam"
    player.add_lane("nadam")
    assert player.undo() == "NAdam added"
    player.remove_lane(1)
    assert player.undo() == "Momentum removed"
    player.enable_lane(4, False)
    assert player.undo() == "Lion off"
    descent = Player(library.scene("gradient_descent"))
    descent.set_param("alpha", 0.1)
    assert descent.undo() == "rate α"


def test_a_restart_is_undone_with_the_time_that_it_had(player: Player) -> None:
    player.seek(3.25)
    start = player.scene.values["start"]
    player.click((2.0, -1.0))
    assert (player.time, player.playing) == (0.0, True)
    for _ in range(30):
        player.next_tick()
    player.undo()
    assert (player.time, player.playing, player.scene.values["start"]) == (3.25, False, start)
    player.redo()
    assert (player.time, player.playing, player.scene.values["start"]) == (0.0, True, (2.0, -1.0))


def test_the_time_goes_on_where_a_step_did_not_touch_it(player: Player) -> None:
    player.set_param("steps", 77)
    player.seek(2.0)
    player.undo()
    assert player.time == 2.0


def test_another_scene_is_undone_with_its_view(player: Player) -> None:
    player.orbit(25, 10)
    for _ in range(200):
        player.next_tick()
    scene, pose = player.scene, player.camera.pose
    player.load("linear_map_2d")
    player.frame()
    assert player.camera.flat
    player.undo()
    player.frame()
    assert player.scene is scene
    assert player.camera.pose == pose
    player.redo()
    assert player.camera.flat


def test_a_view_that_was_fitted_to_another_size_is_fitted_again(player: Player) -> None:
    player.load("linear_map_2d")
    player.resize((640, 400), (0.0, 0.0, 640.0, 400.0))
    player.undo()
    again = Player(library.scene("optimizer_race"), (640, 400))
    assert player.camera.pose.distance == pytest.approx(again.camera.pose.distance)
    assert player.camera.pose.shift == pytest.approx(again.camera.pose.shift)


def test_settings_that_follow_each_other_are_one_step_until_they_end(player: Player) -> None:
    for steps in (50, 60, 70):
        player.set_param("steps", steps)
    player.set_lane_field(0, "lr", 0.002)  # something else: a step of its own
    player.set_lane_field(0, "lr", 0.003)
    player.set_lane_field(1, "lr", 0.003)
    player.end_step()
    player.set_lane_field(1, "lr", 0.004)
    rates = []
    while player.history.done:
        player.undo()
        rates.append([lane.optimizer.lr for lane in player.lanes[:2]])
    usual = [lane.optimizer.lr for lane in Player(library.scene("optimizer_race")).lanes[:2]]
    assert rates == [[0.003, 0.003], [0.003, usual[1]], usual, usual]
    assert player.scene.values["steps"] == 160


def test_a_handle_that_is_dragged_and_let_go_is_one_step(player: Player) -> None:
    pointer = Pointer(player)
    start = player.scene.values["start"]

    def drag() -> None:
        x, y = pointer._pixel_of(player.handles()[0]).tolist()
        pointer.press((x, y))
        for step in range(1, 6):
            pointer.move((x + 4 * step, y - 3 * step))
            player.next_tick()
        pointer.release((x + 20, y - 15))

    drag()
    between = player.scene.values["start"]
    drag()
    assert len(player.history.steps) == 2
    assert player.undo() == "drag of start"
    assert player.scene.values["start"] == between
    player.undo()
    assert player.scene.values["start"] == start


def test_what_is_let_go_of_ends_its_step_and_gives_the_view_free(player: Player) -> None:
    player.set_param("steps", 77)
    player.set_param("steps", 78)
    player.finish_step()  # a slider, which holds nothing
    player.set_param("steps", 79)
    player.finish_step()
    logged = list(player.log)
    player.finish_step()  # there is no step to end
    assert player.log == logged
    for steps in (78, 160):
        player.undo()
        assert player.scene.values["steps"] == steps
    player.scene.held = True  # a handle that was not moved
    player.finish_step()
    assert not player.scene.held


def test_what_came_back_to_where_it_was_is_no_step(player: Player) -> None:
    player.set_param("steps", 77)
    player.set_param("steps", 160)
    assert player.history.steps == ()


def test_a_new_step_forgets_those_that_were_undone(player: Player) -> None:
    player.set_param("steps", 77)
    player.undo()
    player.set_seed(3)
    with pytest.raises(UserError, match="nothing to do again"):
        player.redo()
    assert player.undo() == "random seed"


def test_an_action_that_fails_is_no_step(player: Player) -> None:
    assert player.set_param("steps", -5)
    assert player.history.steps == ()


def test_the_oldest_steps_are_forgotten(player: Player) -> None:
    for seed in range(1, 131):
        player.set_seed(seed)
    for _ in range(100):
        player.undo()
    assert player.scene.seed == 30
    with pytest.raises(UserError, match="nothing to undo"):
        player.undo()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*CHANGES, "undo", "redo", "end", "tick"]), max_size=12))
@example(["a landscape by name", "a formula"])  # within one tick, as while the window is paused
def test_a_session_replays_what_was_undone(doings: list[str]) -> None:
    player = Player(library.scene("optimizer_race"))
    for doing in doings:
        with suppress(UserError):
            {**CHANGES, "undo": Player.undo, "redo": Player.redo, "end": Player.end_step, "tick": Player.next_tick}[
                doing
            ](player)
    *_, again = session.replay(session.of(player))
    assert state(again) == state(player)
    assert (again.time, again.playing, again.camera.pose) == (player.time, player.playing, player.camera.pose)
    assert len(again.history.steps) == len(player.history.steps)


def test_undoing_all_leads_back_to_the_start_whatever_was_done() -> None:
    rng = np.random.default_rng(4)
    player = Player(library.scene("optimizer_race"))
    first = state(player)
    names = list(CHANGES)
    for _ in range(25):
        with suppress(UserError):
            CHANGES[names[rng.integers(len(names))]](player)
        player.advance(5 * TICK)
    while player.history.done:
        player.undo()
    assert state(player) == first
