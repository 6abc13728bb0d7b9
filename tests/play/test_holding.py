"""While a handle is dragged the picture stays where it is: what is dragged does not run away from the pointer."""

from __future__ import annotations

import numpy as np
import pytest

import lossland as ll
from lossland.play import session
from lossland.play.player import Player
from lossland.play.pointer import Pointer
from lossland.scenery import library

FOLLOWED = ("vectors", "dot_product", "linear_map_3d", "matrix_composition", "eigenvectors")
PRESETS = [(name, preset) for name in FOLLOWED for preset in library.scene_class(name).presets]


class Following(ll.Scene):
    """A head whose view and whose unit both follow it."""

    head = ll.parameters.Point((1.0, 0.0), -8, 8)

    @ll.kept(framing=True)
    def unit(self) -> float:
        """World units to a unit."""
        return 2.0 / max(abs(self.head[0]), 0.1)

    @ll.kept
    def place(self) -> tuple[float, ...]:
        """The head in the world."""
        return tuple(self.unit() * np.array([*self.head, 0.0]))

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the head, and a view that just holds it."""
        far = 1.0 + abs(self.place()[0])
        return ll.Frame([ll.layers.Points(np.array([self.place()]))], (), ll.View.from_above(far * abs(self.head[0])))

    def move(self, position: tuple[float, float]) -> None:
        """Take the head at a position in the world."""
        self.set("head", (position[0] / self.unit(), position[1] / self.unit()))

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the head."""
        return [ll.Handle("head", self.place(), Following.move, plane=0.0)]


def pixel_of(player: Player, name: str) -> tuple[float, float]:
    """Return where a handle is seen."""
    (handle,) = (one for one in player.handles() if one.name == name)
    x, y = player.camera.project(np.array([handle.position]), player.size)[0].tolist()
    return x, y


def test_what_is_dragged_stays_under_the_pointer_and_the_view_follows_when_it_is_let_go() -> None:
    player = Player(Following())
    pointer, start, home = Pointer(player), pixel_of(player, "head"), player.camera.home_pose
    pointer.press(start)
    for _ in range(5):  # the same place again and again is one place
        pointer.move((start[0] + 40, start[1]))
        assert pixel_of(player, "head") == pytest.approx((start[0] + 40, start[1]), abs=1e-6)
    assert player.camera.home_pose == home
    unit = player.scene.unit()  # type: ignore[attr-defined]
    assert unit == 2.0
    before = player.camera.pose
    pointer.release((start[0] + 40, start[1]))
    player.frame()
    assert player.camera.home_pose.distance > home.distance
    assert player.camera.pose == before  # it glides there
    assert player.scene.unit() == pytest.approx(2.0 / player.scene.values["head"][0])  # type: ignore[attr-defined]
    assert player.scene.place()[0] == pytest.approx(2.0)  # type: ignore[attr-defined]


def test_a_second_drag_begins_with_what_the_first_one_left() -> None:
    player = Player(Following())
    for place in ((3.0, 0.0), (5.0, 0.0)):
        player.drag("head", place)
        player.drag("head", place)
        player.end_step()
        assert player.scene.place()[0] == pytest.approx(2.0)  # type: ignore[attr-defined]
    assert not player.scene.held


@pytest.mark.parametrize("other", ["set_param", "undo", "play"])
def test_anything_else_that_is_done_ends_a_drag(other: str) -> None:
    player = Player(Following())
    home = player.camera.home_pose
    player.drag("head", (4.0, 0.0))
    assert player.camera.home_pose == home
    {"set_param": lambda: player.set_param("head", (3, 0)), "undo": player.undo, "play": player.play}[other]()
    assert not player.scene.held
    assert (player.camera.home_pose == home) is (other == "undo")


def test_a_session_of_a_drag_replays_to_the_same_view() -> None:
    player = Player(library.scene("vectors"))
    pointer, start = Pointer(player), pixel_of(player, "a")
    player.next_tick()
    pointer.press(start)
    for far in range(0, 200, 40):
        pointer.move((start[0] + far, start[1] - far))
        player.next_tick()
    pointer.release((start[0] + 160, start[1] - 160))
    for _ in range(60):
        player.next_tick()
    again = session.at(session.of(player))
    player.frame()
    again.frame()
    assert again.camera.pose == player.camera.pose
    assert again.scene.values == player.scene.values


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_dragging_twice_to_one_pixel_is_dragging_once(name: str, preset: str) -> None:
    player = Player(library.scene(name, preset))
    pointer = Pointer(player)
    for handle in [one.name for one in player.handles()]:
        start = pixel_of(player, handle)
        pointer.press(start)
        pose = player.camera.home_pose
        for far in (60.0, 150.0):
            pixel = (start[0] + far, start[1] - far / 2)
            pointer.move(pixel)
            once = dict(player.scene.values)
            pointer.move(pixel)
            assert player.scene.values == once, handle
        assert player.camera.home_pose.distance == pose.distance
        pointer.release(pixel)
        player.undo()
        player.frame()
        for _ in range(120):
            player.next_tick()
