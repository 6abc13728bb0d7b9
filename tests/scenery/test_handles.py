"""Parameters that are handles: where they stand, what a drag and a click do, and how they follow the landscape."""

from __future__ import annotations

import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError
from lossland.play.player import Player
from lossland.play.pointer import Pointer
from lossland.world import layers


class Hill(ll.GroundScene):
    landscape = ll.ground.landscape("bowl")
    domain = ll.ground.Domain((-2.0, 2.0, -1.0, 3.0))
    ball = ll.parameters.GroundPoint((1.0, 1.0), click=True)
    flag = ll.parameters.GroundPoint((0.0, 0.0), at=(0.25, 0.5), shown=lambda scene: scene.flying)
    flying = ll.parameters.Toggle(False)
    heading = ll.parameters.Heading(0.0, "ball", 0.5)


class Plane(ll.Scene):
    a = ll.parameters.PlanePoint((3, 1), -5, 5)
    matrix = ll.parameters.Matrix(((2, 1), (0, 3)), -4, 4, columns=("i", "j"))


def handle(scene: ll.Scene, name: str) -> ll.Handle:
    return next(one for one in scene.handles(0.0) if one.name == name)


def test_a_point_on_the_ground_has_a_handle_there() -> None:
    scene = Hill()
    place = np.asarray(handle(scene, "ball").position)
    np.testing.assert_allclose(scene.terrain.domain_from_world(place), (1, 1), atol=1e-12)
    ground = scene.terrain.world_height(scene.land.value(np.array([1.0, 1.0])))
    assert place[2] == pytest.approx(float(ground) + 0.012, abs=1e-4)
    assert handle(scene, "ball").plane is None


def test_a_drag_beyond_the_map_ends_at_its_edge() -> None:
    scene = Hill()
    handle(scene, "ball").move(scene, (9.0, 0.5))
    assert scene.ball == (2.0, 0.5)
    with pytest.raises(UserError, match="outside the map"):
        scene.set("ball", (9.0, 0.5))


def test_a_click_moves_the_point_that_wants_it() -> None:
    scene = Hill()
    assert scene.click((0.5, 0.25)) is True
    assert (scene.ball, scene.flag) == ((0.5, 0.25), (0.0, 0.0))


def test_a_point_that_is_not_shown_has_no_handle() -> None:
    scene = Hill()
    assert [one.name for one in scene.handles(0.0)] == ["ball", "heading"]
    scene.set("flying", True)
    assert [one.name for one in scene.handles(0.0)] == ["ball", "flag", "heading"]


def test_points_follow_a_new_landscape() -> None:
    scene = Hill()
    scene.set("landscape", "himmelblau")
    (x0, x1), (y0, y1) = ll.landscape("himmelblau").domain
    assert scene.ball == tuple(map(float, scene.land.start))
    assert scene.flag == pytest.approx((x0 + (x1 - x0) / 4, (y0 + y1) / 2))
    scene.set("ball", (1.0, 1.0))
    scene.set("domain", (-0.5, 0.5, 0.0, 4.0))
    assert scene.ball == (0.5, 1.0)


def test_a_heading_is_turned_at_its_tip() -> None:
    scene = Hill(heading=90.0)
    tip = scene.terrain.domain_from_world(np.asarray(handle(scene, "heading").position))
    np.testing.assert_allclose(tip, (1.0, 1.0 + 0.5 * 2.0), atol=1e-12)
    handle(scene, "heading").move(scene, (0.0, 0.0))
    assert scene.heading == pytest.approx(225.0)
    handle(scene, "heading").move(scene, (1.0, 1.0))  # at the point itself there is no direction
    assert scene.heading == pytest.approx(225.0)


def test_a_point_of_the_plane_is_rounded_and_kept_within_its_bounds() -> None:
    scene = Plane()
    assert handle(scene, "a").plane == 0.0
    handle(scene, "a").move(scene, (1.23456, 99.0))
    assert scene.a == (1.23, 5.0)
    np.testing.assert_array_equal(handle(scene, "a").position, (1.23, 5.0, 0.0))


def test_the_columns_of_a_matrix_are_handles() -> None:
    scene = Plane()
    np.testing.assert_array_equal(handle(scene, "i").position, (2, 0, 0))
    np.testing.assert_array_equal(handle(scene, "j").position, (1, 3, 0))
    handle(scene, "j").move(scene, (-0.126, -9.0))
    assert scene.matrix == ((2.0, -0.13), (0.0, -4.0))


class Space(ll.Scene):
    tip = ll.parameters.SpacePoint((1.0, 0.5, 2.0), -3, 3)

    def frame(self, now: ll.Now) -> ll.Frame:
        point = layers.Points(np.array([self.tip]), size=8.0, style="sphere")
        corners = np.array([(x, y, z) for x in (-3, 3) for y in (-3, 3) for z in (-3, 3)])
        return ll.Frame([point], (), ll.View(-50.0, 30.0, bounds=corners))


def test_a_point_of_space_is_dragged_across_the_view() -> None:
    """It stays in the plane that faces the eye, and under the pointer."""
    player = Player(Space(), (800, 600))
    pointer = Pointer(player)
    before = np.array(player.scene.values["tip"])
    x, y = player.camera.project(before, player.size)
    pointer.press((x, y))
    pointer.move((x + 60, y - 40))
    pointer.release((x + 60, y - 40))
    after = np.array(player.scene.values["tip"])
    np.testing.assert_allclose(player.camera.project(after, player.size), (x + 60, y - 40), atol=1.0)
    _, facing = player.camera.ray((400, 300), player.size)
    assert abs((after - before) @ facing) < 0.02  # it is rounded to two decimals
    assert [entry.name for entry in player.log] == ["drag", "end_step"]
    with pytest.raises(UserError, match="must be three numbers"):
        player.drag("tip", (1.0, 2.0))
    player.drag("tip", (9.0, 0.123, -9.0))
    assert player.scene.values["tip"] == (3.0, 0.12, -3.0)


class Lift(Space):
    def handles(self, now: ll.Now) -> list[ll.Handle]:
        return [ll.Handle("tip", self.tip, Lift.lift, free=True, along=(0.0, 0.0, 1.0))]

    def lift(self, place: tuple[float, float, float]) -> None:
        self.set("tip", place)


def test_a_handle_on_a_line_is_as_high_as_the_pointer_and_does_not_leave_the_line() -> None:
    player = Player(Lift(), (800, 600))
    pointer, before = Pointer(player), player.scene.values["tip"]
    x, y = player.camera.project(np.array(before), player.size)
    pointer.press((x, y))
    for up in (30.0, -50.0):
        pointer.move((x, y - up))
        after = player.scene.values["tip"]
        assert after[:2] == before[:2]
        seen = player.camera.project(np.array(after), player.size)
        line = player.camera.project(np.array([(*before[:2], -3.0), (*before[:2], 3.0)]), player.size)
        slope = (line[1] - line[0]) / np.hypot(*(line[1] - line[0]))
        assert (seen - (x, y - up)) @ slope == pytest.approx(0.0, abs=1.0)  # it is rounded to two decimals


def test_a_point_that_is_declared_outside_the_map_is_refused() -> None:
    class Astray(Hill):
        ball = ll.parameters.GroundPoint((30.0, 2.0))

    with pytest.raises(UserError, match="outside the map"):
        Astray()
