"""Actions: all or nothing wherever they break off, and no more frames of the scene than are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lossland.errors import UserError
from lossland.play.actions import ACTIONS
from lossland.play.player import Player
from lossland.scenery import library
from lossland.scenery.scene import Frame, Scene
from lossland.world.camera import Camera

LEFT_ALONE = {"log", "drawn", "camera"}  # of a player: the log and the camera are compared by themselves

# One good call of every action.
CALLS: dict[str, tuple[Any, ...]] = {
    "play": (True,),
    "seek": (1.5,),
    "step_by": (3,),
    "set_speed": (2.0,),
    "set_loop": (False,),
    "load": ("gradient_descent",),
    "use_preset": ("beale",),
    "reset": (),
    "set_seed": (7,),
    "set_theme": ("print",),
    "set_param": ("start", (1.0, 2.0)),
    "set_landscape": ("x^2 + y^4",),
    "set_domain": ((-3.0, 3.0), (-2.0, 2.0)),
    "click": ((0.5, 0.25),),
    "pick": ("adam", -1),
    "drag": ("start", (2.0, 1.0)),
    "undo": (),
    "redo": (),
    "select": (2,),
    "set_lane_field": (0, "lr", 0.02),
    "reset_lane": (0,),
    "add_lane": ("lion",),
    "remove_lane": (1,),
    "enable_lane": (0, False),
    "orbit": (20.0, 5.0),
    "pan": (0.1, 0.2),
    "zoom": (1.5, (0.25, 0.5)),
    "follow": ("adam", -1),
    "let_go": (),
    "home": (),
    "set_turntable": (True,),
    "save_view": (2,),
    "recall_view": (1,),
    "set_show": ("shadow", False),
    "toggle_help": (),
    "end_step": (),
}
SEEN = {  # what changes how the scene is seen, and not what it shows
    "set_speed", "set_loop", "orbit", "pan", "zoom", "follow", "let_go", "home", "set_turntable", "save_view",
    "recall_view", "set_show", "set_theme", "toggle_help", "end_step",
}  # fmt: skip


class Halfway(BaseException):
    """What breaks an action off: not even a typed action turns it into a sentence."""


class Fuse:
    """Counts what is changed, and breaks off after the change of a number."""

    def __init__(self) -> None:
        self.left: int | None = None  # changes until it blows; None: it never does

    def burn(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left == 0:
            self.left = None
            raise Halfway


FUSE = Fuse()


def fused(kind: type) -> type:
    """Return a class in which every change of an attribute burns the fuse."""

    def change(self: object, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        FUSE.burn()

    return type(kind.__name__, (kind,), {"__setattr__": change})


class FusedValues(dict[str, Any]):
    """A scene's values, each change of which burns the fuse."""

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        FUSE.burn()


def undo_and_redo_are_possible(player: Player) -> None:
    player.set_seed(3)
    player.set_seed(4)
    player.undo()


def prepared(monkeypatch: pytest.MonkeyPatch) -> Player:
    """Return a race that has been touched in every way, with a fuse in all that an action may change."""
    monkeypatch.setattr("lossland.play.camera_actions.Camera", fused(Camera))
    scene = library.scene("optimizer_race")
    scene.__class__ = fused(type(scene))
    player = fused(Player)(scene)
    undo_and_redo_are_possible(player)
    player.orbit(30.0, 3.0)
    player.zoom(1.25)
    player.save_view(1)
    player.follow("sgd", -1)
    player.seek(2.0)
    player.next_tick()
    scene.values = FusedValues(scene.values)
    return player


def everything(player: Player) -> list[Any]:
    """Return what a player and its scene are like."""
    own = {name: value for name, value in vars(player).items() if name not in LEFT_ALONE}
    own["messages"] = list(player.messages)
    scene = {name: value for name, value in vars(player.scene).items() if name not in ("values", "_kept")}
    camera = {name: value for name, value in vars(player.camera).items() if name != "_bounds"}
    return [own, camera, id(player.camera._bounds), scene, dict(player.scene.values), list(player.log)]


def test_every_action_is_tried() -> None:
    assert set(CALLS) == set(ACTIONS)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_action_that_breaks_off_after_any_change_leaves_all_as_it_was(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = prepared(monkeypatch)
    before, broken = everything(player), 0
    while True:
        FUSE.left = broken + 1
        try:
            ACTIONS[name](player, *CALLS[name])
        except Halfway:
            broken += 1
            assert everything(player) == before, f"after change {broken}"
            player.scene.values = FusedValues(player.scene.values)
        else:
            break
        finally:
            FUSE.left = None
    assert broken >= 1
    assert player.log[-1][1] == name


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Collect the times that any scene's frame is asked for."""
    asked: list[float] = []

    def counting(frame: Callable[[Scene, float], Frame]) -> Callable[[Scene, float], Frame]:
        def counts(scene: Scene, time: float) -> Frame:
            asked.append(time)
            return frame(scene, time)

        return counts

    with monkeypatch.context() as patched:
        for name in ("optimizer_race", "gradient_descent"):
            kind = library.scene_class(name)
            patched.setattr(kind, "frame", counting(kind.frame))
        yield asked


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_frame_that_an_action_was_checked_with_is_the_one_that_is_drawn(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = Player(library.scene("optimizer_race"))
    player.save_view(1)
    undo_and_redo_are_possible(player)
    player.frame()
    revision = player.revision
    with counted(monkeypatch) as asked:
        ACTIONS[name](player, *CALLS[name])
        player.frame()
        player.frame()
    assert len(asked) == (0 if name in SEEN else 1)
    assert player.revision > revision


def test_an_action_upon_the_camera_asks_for_no_frame_even_where_time_has_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    player = Player(library.scene("optimizer_race"))
    player.play()
    player.next_tick()
    with counted(monkeypatch) as asked:
        player.orbit(10.0, 0.0)
        player.zoom(1.1)
        player.home()
    assert asked == []


def test_a_frame_that_fails_takes_back_the_camera_too() -> None:
    class Turned(Scene):
        """A scene that wants to be seen from another side, and then cannot be seen."""

        side = 0.0

        def frame(self, time: float) -> Frame:
            from lossland.scenery.scene import View

            if time > 5:
                raise UserError("It ends here.")
            return Frame([], (), View(azimuth=time))

    player = Player(Turned())
    player.orbit(12.0, 0.0)
    player.save_view(3)
    before = everything(player)
    with pytest.raises(UserError, match="It ends here"):
        player.seek(7.0)
    assert everything(player) == before


def test_a_state_may_be_returned_to_twice() -> None:
    player = Player(library.scene("optimizer_race"))
    player.orbit(10.0, 0.0)
    player.keep()
    pose = player.camera.goal
    for _ in range(2):
        player.orbit(25.0, 0.0)
        player.save_view(1)
        player.fall_back()
        assert player.camera.goal == pose
        assert player.camera.saved == {}


def test_a_scene_loaded_into_a_window_is_live_as_the_one_before() -> None:
    player = Player(library.scene("optimizer_race"))
    player.scene.live = True
    player.load("gradient_descent")
    assert player.scene.live
