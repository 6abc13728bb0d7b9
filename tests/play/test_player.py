"""The player: time in ticks, actions that are all or nothing, the camera's home, the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lossland.errors import UserError
from lossland.landscapes import landscape
from lossland.play.player import STRAY, TICK, Player
from lossland.play.pointer import LEFT, MIDDLE, Pointer
from lossland.pointing.pickers.trails import HEAD
from lossland.pointing.picking import position_of
from lossland.scenery import library
from lossland.scenery.kept import kept
from lossland.scenery.parameters import Lanes, Number, Point, Text
from lossland.scenery.scene import Clock, Frame, Handle, Scene, View
from lossland.world.layers import Points, Surface, Trail
from lossland.world.terrain import Terrain
from lossland.world.track import Track


def square_terrain(span: float = 2.0) -> Terrain:
    axis = np.linspace(-span, span, 65)
    return Terrain(axis, axis, axis[:, None] ** 2 + 3 * axis[None, :] ** 2)


class Hill(Scene):
    """A small scene with one of everything that a player touches."""

    name = "hill"
    title = "A hill"
    presets = {"near": {"start": (0.5, 0.5)}, "far": {"start": (-1.5, 1.5)}}  # noqa: RUF012
    landscape = Text("3*x^2 + y^2", landscape)
    start = Point((1.0, 1.0), -2, 2)
    height = Number(1.0, 0.1, 2.0)
    lanes = Lanes(lambda: "sgd:lr=0.1;adam:lr=0.2", lambda text: __import__("lossland").optimizers.optimizer(text))
    asked = 0

    clock = Clock(10.0, 100)

    @kept
    def surface(self) -> Surface:
        return Surface(square_terrain())

    @property
    def land(self) -> Any:
        return landscape(self.landscape)

    def frame(self, time: float) -> Frame:
        Hill.asked += 1
        if self.height > 1.9:
            raise UserError("Too high to be shown.")
        surface = self.surface()
        return Frame([surface], (), View(elevation=45.0, bounds=surface.terrain.bounds))

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        return {}

    def handles(self, time: float) -> list[Handle]:
        world = self.frame(time).layers[0].terrain.world_from_domain(np.array(self.start))  # type: ignore[attr-defined]
        return [Handle("start", world, lambda scene, position: scene.set("start", position))]

    def click(self, position: tuple[float, float]) -> bool:
        self.set("start", position)
        return True


class Plane(Scene):
    """A flat scene with a handle in the plane."""

    name = "plane"
    head = Point((1.0, 2.0), -4, 4)

    def frame(self, time: float) -> Frame:
        corners = np.array([(x, y, 0.0) for x in (-4, 4) for y in (-3, 3)])
        return Frame([], (), View(flat=True, bounds=corners))

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        return {}

    def handles(self, time: float) -> list[Handle]:
        return [Handle("head", (*self.head, 0.0), lambda scene, position: scene.set("head", position), plane=0.0)]


@pytest.fixture
def player() -> Player:
    return Player(Hill())


def run(player: Player, seconds: float) -> None:
    for _ in range(round(seconds / TICK)):
        player.next_tick()


# ------------------------------------------------------------------------------------------------ time
def test_time_passes_only_while_playing(player: Player) -> None:
    run(player, 1.0)
    assert player.time == 0.0
    player.play()
    run(player, 1.0)
    assert player.time == pytest.approx(1.0)
    assert player.step == 10


def test_speed_and_loop(player: Player) -> None:
    player.set_speed(4.0)
    player.play()
    run(player, 3.0)
    assert player.time == pytest.approx(2.0)  # 12 seconds in a scene of 10 that begins again
    player.set_loop(False)
    run(player, 3.0)
    assert (player.time, player.playing) == (10.0, False)
    player.play()
    assert player.time == 0.0  # playing at the end begins again


class Written(Hill):
    """A hill whose file grows at the seconds 1 and 3."""

    def poll(self, seconds: float) -> bool:
        return seconds in (1, 3)


def test_the_newest_values_of_a_file_that_grows_stay() -> None:
    player = Player(Written())
    player.play()
    run(player, 9.9)
    before, revision = player.frame(), player.revision
    assert not player.poll(0)
    assert player.loop
    assert player.frame() is before
    assert player.poll(1)
    assert player.revision > revision
    assert player.frame() is not before
    run(player, 1.0)
    assert (player.time, player.playing) == (10.0, False)  # it does not start again
    assert player.log[-1].name == "set_loop"  # so a replay of the session ends there too
    player.set_loop(True)
    assert player.poll(3)
    assert player.loop  # whoever wants it again has it
    player.take(Written())
    assert player.poll(3)
    assert not player.loop


def test_wall_time_becomes_whole_ticks_whatever_the_frame_rate() -> None:
    ticks = []
    for rate in (24, 60, 144):
        player = Player(Hill())
        player.play()
        for _ in range(2 * rate):
            player.advance(1 / rate)
        ticks.append(player.tick)
    assert ticks == [120, 120, 120]


def test_a_stall_does_not_jump(player: Player) -> None:
    player.play()
    assert player.advance(30.0) == 15


def test_steps_are_whole(player: Player) -> None:
    player.seek(1.04)
    player.step_by(1)
    assert player.time == pytest.approx(1.1)
    player.step_by(1)
    assert player.time == pytest.approx(1.2)
    player.seek(1.04)
    player.step_by(-1)
    assert player.time == pytest.approx(1.0)
    player.step_by(-500)
    assert player.time == 0.0


def test_without_steps_it_goes_on_by_thirtieths_of_a_second() -> None:
    player = Player(library.scene("linear_map_2d"))
    assert player.steps == 0
    player.seek(1.0)
    player.play()
    for count, time in (
        (1, 31 / 30),
        (-3, 28 / 30),
        (45, 28 / 30 + 1.5),
        (-500, 0.0),
        (9999, player.scene.clock.seconds),
    ):
        player.step_by(count)
        assert (player.time, player.playing) == (pytest.approx(time), False)


def test_a_seed_is_taken_to_its_last_digit(player: Player) -> None:
    for seed in (0, 2**53 + 1, 2**63 - 1):
        player.set_seed(seed)
        assert player.scene.seed == seed
    for wrong in (-1, 2**63, 1.5, True):
        with pytest.raises(UserError, match="The seed must be a whole number"):
            player.set_seed(wrong)  # pyright: ignore[reportArgumentType]
        assert player.scene.seed == 2**63 - 1


def test_seek_stays_inside(player: Player) -> None:
    player.seek(99.0)
    assert player.time == 10.0
    with pytest.raises(UserError, match="nan"):
        player.seek(float("nan"))


def test_it_falls_back_to_what_was_drawn_last(player: Player) -> None:
    player.seek(2.0)
    player.set_param("height", 0.5)
    player.keep()
    log = list(player.log)
    player.set_param("height", 1.5)
    player.seek(7.0)
    player.fall_back()  # what was done since is taken back
    assert (player.scene.values["height"], player.time, player.log) == (0.5, 2.0, log)
    player.play()
    player.keep()
    log = list(player.log)
    run(player, 0.5)
    player.fall_back()  # only time has passed: it stops there
    assert (player.time, player.playing) == (2.0, False)
    assert player.log[: len(log)] == log
    assert [(entry.name, entry.arguments) for entry in player.log[len(log) :]] == [("play", (False,)), ("seek", (2.0,))]


# ------------------------------------------------------------------------------------------------ pictures
def test_a_frame_is_asked_for_only_when_something_changed(player: Player) -> None:
    first = player.frame()
    asked = Hill.asked
    assert player.frame() is first
    run(player, 0.5)
    assert player.frame() is first
    assert Hill.asked == asked
    player.set_param("height", 0.5)
    assert player.frame() is not first


def test_the_revision_tells_whether_to_draw(player: Player) -> None:
    still = player.revision
    run(player, 0.2)
    assert player.revision == still
    player.orbit(10, 0)
    assert player.revision > still
    moving = player.revision
    run(player, 0.1)
    assert player.revision > moving
    run(player, 3.0)
    rested = player.revision
    assert not player.moving
    run(player, 0.2)
    assert player.revision == rested


# ------------------------------------------------------------------------------------------------ actions
def test_what_does_not_fit_changes_nothing(player: Player) -> None:
    before = dict(player.scene.values)
    log = list(player.log)
    assert "height" in (player.set_param("height", 7) or "")
    assert player.set_param("heigth", 1) is not None
    assert player.set_landscape("x +") is not None
    assert player.set_lane_field(0, "lr", float("inf")) is not None
    assert player.set_lane_field(0, "rl", 0.1) is not None
    assert player.add_lane("adm") is not None
    for wrong in (lambda: player.select(2), lambda: player.orbit("far", 0), lambda: player.drag("no", (0, 0))):  # type: ignore[arg-type]
        with pytest.raises(UserError):
            wrong()
    assert player.scene.values == before
    assert player.log == log


def test_a_value_that_cannot_be_shown_is_taken_back(player: Player) -> None:
    assert player.set_param("height", 1.95) == "Too high to be shown."
    assert player.scene.values["height"] == 1.0
    assert player.frame().layers


def test_a_landscape_is_replaced_by_text(player: Player) -> None:
    assert player.set_landscape("x^2 + y^4") is None
    assert player.scene.values["landscape"] == "x^2 + y^4"
    assert player.set_landscape("x^2 + y^") is not None
    assert player.scene.values["landscape"] == "x^2 + y^4"


def test_lanes_are_changed_while_running(player: Player) -> None:
    player.play()
    assert player.set_lane_field(1, "lr", 0.5) is None
    assert player.lanes[1].optimizer.lr == 0.5
    player.enable_lane(0, False)
    assert [lane.enabled for lane in player.lanes] == [False, True]
    assert player.add_lane("lion:lr=0.01") is None
    assert player.selected == 2
    player.remove_lane(2)
    assert player.selected == 1
    assert [lane.name for lane in player.lanes] == ["sgd", "adam"]
    assert player.playing


def test_presets_by_number_and_reset(player: Player) -> None:
    player.use_preset_number(2)
    assert player.scene.values["start"] == (-1.5, 1.5)
    player.use_preset_number(9)
    assert player.scene.values["start"] == (-1.5, 1.5)
    player.reset()
    assert player.scene.values["start"] == (1.0, 1.0)


def test_the_digit_keys_count_the_presets_that_are_offered() -> None:
    class Half(Hill):
        def has_preset(self, name: str) -> bool:
            return name == "far"

    player = Player(Half())
    assert player.presets == ["far"]
    player.use_preset_number(1)
    assert player.scene.values["start"] == (-1.5, 1.5)


def test_actions_are_logged_with_their_tick(player: Player) -> None:
    player.play()
    run(player, 0.5)
    player.click((0.25, -0.5))
    assert [tuple(entry) for entry in player.log] == [(0, "play", (True,)), (30, "click", ([0.25, -0.5],))]


def test_settings_changed_twice_within_a_tick_are_logged_once(player: Player) -> None:
    for value in (0.3, 0.4, 0.5):
        player.set_param("height", value)
    player.set_lane_field(0, "lr", 0.2)
    player.set_lane_field(1, "lr", 0.3)
    assert [entry.arguments for entry in player.log] == [("height", 0.5), (0, "lr", 0.2), (1, "lr", 0.3)]


def test_messages_go_after_a_while(player: Player) -> None:
    player.say("Saved.", seconds=1.0)
    assert player.moving
    run(player, 0.9)
    assert [message.text for message in player.messages] == ["Saved."]
    run(player, 0.2)
    assert not player.messages


# ------------------------------------------------------------------------------------------------ the eye
def test_home_shows_everything_in_the_free_rectangle(player: Player) -> None:
    free = (250.0, 50.0, 700.0, 540.0)
    player.resize((1280, 720), free)
    pixels = player.camera.project(player.frame().view.bounds, (1280, 720))  # type: ignore[arg-type]
    assert (pixels >= np.array([250, 50]) - 1).all()
    assert (pixels <= np.array([950, 590]) + 1).all()


def test_home_comes_back(player: Player) -> None:
    home = player.camera.pose
    player.orbit(70, -10)
    player.zoom(2.0)
    player.pan(0.1, 0.2)
    run(player, 2.0)
    assert player.camera.pose != home
    player.home()
    run(player, 3.0)
    assert player.camera.pose == home


class Sweep(Scene):
    """A scene that moves its camera itself, by 6 degrees a second."""

    name = "sweep"
    clock = Clock(10.0)
    bounds = np.array([(x, y, z) for x in (-1, 1) for y in (-2, 2) for z in (0, 1)], float)

    def frame(self, now: Any) -> Frame:
        return Frame([], view=View(-60.0, 30.0, bounds=self.bounds, turned=(6.0 * now, -now)))


def test_a_camera_at_home_goes_along_with_the_scenes_own_move() -> None:
    player = Player(Sweep())
    start = player.camera.pose
    player.resize((1280, 720), (250.0, 50.0, 700.0, 540.0))  # fitted again, and still at home
    player.seek(5.0)
    player.frame()
    later = player.camera.pose
    assert (later.azimuth, later.elevation) == (-30.0, 25.0)
    other = Player(Sweep(), (1280, 720))
    other.resize((1280, 720), (250.0, 50.0, 700.0, 540.0))
    other.seek(8.0)
    other.frame()
    other.seek(5.0)
    other.frame()
    assert other.camera.pose == later  # of the moment alone, however it was reached
    assert start.azimuth == -60.0
    assert player.camera.light.tolist() == Player(Sweep()).camera.light.tolist()


def test_a_camera_that_was_turned_stays_and_home_leads_to_where_the_scene_is() -> None:
    player = Player(Sweep())
    player.orbit(40, 5)
    run(player, 1.0)
    mine = player.camera.goal
    player.seek(5.0)
    player.frame()
    assert player.camera.goal == mine
    player.home()
    run(player, 3.0)
    assert player.camera.pose.azimuth == pytest.approx(-30.0)


def test_a_camera_on_its_way_home_arrives_where_home_has_moved_to() -> None:
    player = Player(Sweep())
    player.orbit(40, 5)
    run(player, 1.0)
    player.home()
    run(player, 0.05)
    player.seek(5.0)
    player.frame()
    run(player, 3.0)
    player.seek(6.0)
    player.frame()
    assert player.camera.pose == player.camera.home_pose
    assert player.camera.pose.azimuth == pytest.approx(-24.0)


def test_views_are_kept(player: Player) -> None:
    player.orbit(40, 5)
    run(player, 2.0)
    kept = player.camera.pose
    player.save_view(2)
    player.home()
    run(player, 2.0)
    player.recall_view(2)
    run(player, 2.0)
    assert player.camera.pose == kept
    with pytest.raises(UserError):
        player.save_view(4)


def test_the_turntable_turns_steadily(player: Player) -> None:
    start = player.camera.pose.azimuth
    player.set_turntable(True)
    run(player, 2.0)
    assert player.camera.pose.azimuth - start == pytest.approx(24.0)


# ------------------------------------------------------------------------------------------------ the mouse
def centre_of(player: Player, position: tuple[float, float]) -> tuple[float, float]:
    surface = player.surface()
    assert surface
    world = surface.terrain.world_from_domain(np.array(position))
    x, y = player.camera.project(world, player.size)
    return float(x), float(y)


def test_a_click_on_the_ground_starts_there(player: Player) -> None:
    pointer = Pointer(player)
    player.seek(5.0)
    pixel = centre_of(player, (-0.5, -0.25))
    pointer.press(pixel)
    pointer.release(pixel)
    assert player.scene.values["start"] == pytest.approx((-0.5, -0.25), abs=0.02)
    assert (player.time, player.playing) == (0.0, True)


def test_a_click_beside_the_ground_does_nothing(player: Player) -> None:
    pointer = Pointer(player)
    pointer.press((3.0, 3.0))
    pointer.release((3.0, 3.0))
    assert player.log == []


def test_a_drag_on_the_ground_turns_and_is_no_click(player: Player) -> None:
    pointer = Pointer(player)
    start, azimuth = player.scene.values["start"], player.camera.goal.azimuth
    pixel = centre_of(player, (-0.5, -0.25))
    pointer.press(pixel)
    pointer.move((pixel[0] - 72, pixel[1]))
    pointer.release((pixel[0] - 72, pixel[1]))
    assert player.camera.goal.azimuth == pytest.approx(azimuth + 20)
    assert player.scene.values["start"] == start


def test_shift_or_middle_button_pans(player: Player) -> None:
    for button, shift in ((LEFT, True), (MIDDLE, False)):
        pointer = Pointer(player)
        target = player.camera.goal.target
        pointer.press((640.0, 360.0), button, shift)
        pointer.move((700.0, 360.0))
        pointer.release((700.0, 360.0), button)
        assert player.camera.goal.target != target
        assert player.scene.values["start"] == (1.0, 1.0)


def test_a_handle_is_dragged_over_the_ground(player: Player) -> None:
    pointer = Pointer(player)
    pixel = centre_of(player, (1.0, 1.0))
    assert pointer.handle_at(pixel)
    pointer.press(pixel)
    pointer.move(centre_of(player, (0.0, -1.0)))
    pointer.release(centre_of(player, (0.0, -1.0)))
    assert player.scene.values["start"] == pytest.approx((0.0, -1.0), abs=0.02)
    assert [entry.name for entry in player.log] == ["drag", "end_step"]


def test_a_handle_is_dragged_in_the_plane() -> None:
    player = Player(Plane())
    pointer = Pointer(player)
    pixels = player.camera.project(np.array([(1.0, 2.0, 0.0), (-1.5, 0.5, 0.0), (-40.0, 0.0, 0.0)]), player.size)
    before, after, outside = ((float(x), float(y)) for x, y in pixels)
    pointer.press(before)
    pointer.move(after)
    assert player.scene.values["head"] == pytest.approx((-1.5, 0.5), abs=1e-6)
    pointer.move(outside)  # beyond what the parameter allows
    pointer.release(outside)
    assert player.scene.values["head"] == pytest.approx((-1.5, 0.5), abs=1e-6)
    assert player.messages[-1].kind == "error"


def test_hovering_asks_the_ground(player: Player) -> None:
    pointer = Pointer(player)
    for away in (0.3, 0.1, 0.0):  # only the last place of many moves is looked at
        pointer.move(centre_of(player, (0.5 + away, -1.0)))
    before = player.probe
    assert before is None
    pointer.look()
    probe = player.probe
    assert probe is not None
    x, y = probe.position
    assert (x, y) == pytest.approx((0.5, -1.0), abs=0.02)
    assert probe.value == pytest.approx(3 * x**2 + y**2)
    assert probe.gradient == pytest.approx((6 * x, 2 * y))
    pointer.leave()
    assert player.probe is None


def test_hovering_a_raised_sheet_asks_it_where_it_is_drawn_also_from_below() -> None:
    class Sheet(Hill):
        name = "sheet"

        @kept
        def surface(self) -> Surface:
            return Surface(square_terrain(), sheet=True, lift=0.4)

    player = Player(Sheet())
    place = (0.5, -1.0)
    drawn = square_terrain().world_from_domain(place, lift=0.4)
    for elevation in (45.0, -30.0):
        player.camera.place(elevation=elevation)
        pixel = player.camera.project(drawn, player.size).tolist()
        assert Pointer(player).position_at((pixel[0], pixel[1])) == pytest.approx(place, abs=0.02)
        player.hover(place)
        assert player.probe is not None
        assert player.probe.world == pytest.approx(drawn)
        assert player.probe.value == pytest.approx(3 * 0.5**2 + 1.0)


def test_what_is_under_the_pointer_is_said_and_goes_when_it_moves_away() -> None:
    player = Player(library.scene("optimizer_race"))
    player.seek(5.0)
    pointer = Pointer(player)
    trails = [layer for layer in player.frame().layers if isinstance(layer, Trail)]
    x, y = player.camera.project(trails[1].end, player.size)
    pointer.move((float(x), float(y)))
    pointer.look()
    found = player.mark()
    assert found is not None
    assert found.title == "Momentum"
    assert found.lines[0] == "step 80"
    revision = player.revision
    pointer.leave()
    assert player.mark() is None
    assert player.revision == revision  # the world need not be drawn again
    pointer.move((float(x), float(y)))
    pointer.look()
    player.seek(1.0)  # the head is elsewhere now
    assert player.mark() is None


@pytest.mark.parametrize("preset", ["himmelblau", "rastrigin"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_click_beside_a_trail_means_the_trail_and_never_restarts_the_race(preset: str, scale: float) -> None:
    size = (round(1280 * scale), round(720 * scale))
    player = Player(library.scene("optimizer_race", preset=preset), size)
    player.seek(4.0)
    pointer, start = Pointer(player, scale), player.scene.values["start"]
    trails = [layer for layer in player.frame().layers if isinstance(layer, Trail)]
    drawn = []  # the ends of every piece that is shown, in pixels
    for trail in trails:
        path = np.vstack([trail.points[trail.progress <= trail.upto], trail.end])
        drawn.append(player.camera.project(path, size))
    rng = np.random.default_rng(1)
    ends = np.concatenate(drawn)
    near = rng.choice(ends, 150) + rng.uniform(-20 * scale, 20 * scale, (150, 2))
    beside = away = 0
    for pixel in (*rng.uniform((0, 0), size, (150, 2)), *near[((near > 0) & (near < size)).all(1)]):
        distances = np.array([segment_distances(pixel, path).min() for path in drawn]) / scale
        if pointer.handle_at((pixel[0], pixel[1])) or 11.9 < distances.min() < 12.1:
            continue
        pointer.press(tuple(pixel))
        pointer.release(tuple(pixel))
        if distances.min() < 12:
            beside += 1
            assert player.scene.values["start"] == start
            assert distances[player.selected] == pytest.approx(distances.min(), abs=9)  # a head is meant from afar
        elif player.scene.values["start"] != start:
            away += 1
            player.undo()
            assert (player.scene.values["start"], player.time, player.playing) == (start, 4.0, False)
    assert beside > 30
    assert away > 30


def segment_distances(pixel: NDArray[np.float64], path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of a pixel from the pieces of a path (n, 2), by the foot of the perpendicular."""
    start, along = path[:-1], np.diff(path, axis=0)
    share = np.clip(((pixel - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12), 0, 1)
    return np.hypot(*(start + share[:, None] * along - pixel).T)


class Drifting(Plane):
    """A point that goes right by one unit a second."""

    name = "drifting"
    clock = Clock(4.0)

    def frame(self, time: float) -> Frame:
        return Frame([Points(np.array([(time - 2.0, 0.0, 0.0)]), style="disc")], (), super().frame(time).view)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_what_was_pointed_at_is_told_until_it_has_strayed_so_many_logical_pixels(scale: float) -> None:
    player = Player(Drifting(), (800, 600))
    start, end = player.camera.project(np.array([(-2.0, 0, 0), (-1.0, 0, 0)]), player.size)
    unit = float(end[0] - start[0])
    player.look_at(start.tolist(), scale)
    for pixels, told in ((0.0, True), (STRAY * scale - 0.5, True), (STRAY * scale + 0.5, False)):
        player.seek(pixels / unit)
        mark = player.mark()
        assert (mark is not None) is told
        if mark is not None:
            assert mark.position == pytest.approx((-2.0 + pixels / unit, 0.0, 0.0))


def test_without_x_ray_a_click_does_not_find_a_trail_behind_the_ground() -> None:
    player = Player(library.scene("optimizer_race", preset="rastrigin"), (1280, 720))
    player.seek(8.0)
    with_it, without = 0, 0
    for on in (True, False):
        player.set_show("xray", on)
        found = sum(player.trail_at((x, y)) is not None for x in range(0, 1280, 16) for y in range(0, 720, 16))
        with_it, without = (found, without) if on else (with_it, found)
    assert 0 < without < with_it


def test_clicking_a_trail_selects_its_lane() -> None:
    player = Player(library.scene("optimizer_race"))
    player.seek(5.0)
    pointer = Pointer(player)
    trails = [layer for layer in player.frame().layers if isinstance(layer, Trail)]
    x, y = player.camera.project(trails[1].end, player.size)
    start = player.scene.values["start"]
    assert player.selected == 3
    pointer.press((float(x), float(y)))
    pointer.release((float(x), float(y)))
    assert player.selected == 1
    assert player.scene.values["start"] == start
    assert player.time == 5.0


def test_the_camera_follows_a_head_smoothly_until_it_is_let_go() -> None:
    player = Player(library.scene("optimizer_race"))
    player.play()
    run(player, 1.0)
    player.toggle_follow()
    gaps = []
    last = np.array(player.camera.pose.target)
    for _ in range(120):
        player.next_tick()
        trail = [layer for layer in player.frame().layers if isinstance(layer, Trail)][3]
        assert player.camera.goal.target == pytest.approx(trail.end)
        now = np.array(player.camera.pose.target)
        gaps.append(float(np.linalg.norm(now - last)))
        last = now
    assert max(gaps) < 0.15  # no jumps
    assert max(gaps[60:]) > 1e-4  # it does move
    player.orbit(30.0, 0.0)
    assert player.following
    player.pan(0.1, 0.0)
    assert not player.following
    target = player.camera.goal.target
    run(player, 0.5)
    assert player.camera.goal.target == target


def head_of(player: Player, name: str) -> NDArray[np.floating]:
    """Return where the head of the lane with that optimizer is now."""
    lane = next(lane for lane in player.lanes if lane.name == name)
    trail = player.frame().layer(lane.id)
    assert isinstance(trail, Trail)
    position = position_of(trail, HEAD)
    assert position is not None
    return position


def test_the_camera_stays_with_whom_it_follows_when_others_come_and_go() -> None:
    player = Player(library.scene("optimizer_race"))
    player.seek(3.0)
    player.select(2)
    player.toggle_follow()
    for change in (
        lambda: player.enable_lane(0, False),
        lambda: player.enable_lane(0, True),
        lambda: player.remove_lane(1),
        lambda: player.add_lane("adam:lr=0.2"),
    ):
        change()
        run(player, 4.0)
        assert player.camera.goal.target == pytest.approx(tuple(head_of(player, "rmsprop")), abs=1e-6)
    player.remove_lane([lane.name for lane in player.lanes].index("rmsprop"))
    run(player, 0.1)
    assert player.following is None


def test_two_lanes_of_one_optimizer_are_told_apart_and_keep_their_names() -> None:
    player = Player(library.scene("optimizer_race"))
    player.add_lane("adam:lr=0.2")
    assert [lane.id for lane in player.lanes] == ["sgd", "momentum", "rmsprop", "adam", "lion", "adam-2"]
    player.remove_lane(3)
    assert [lane.id for lane in player.lanes][-1] == "adam-2"
    player.add_lane("adam")
    assert [lane.id for lane in player.lanes][-2:] == ["adam-2", "adam"]
    param = player.scene.param("lanes")
    assert param.check(param.to_json(player.lanes)) == player.lanes


def test_removing_a_lane_before_it_leaves_the_selected_one_selected() -> None:
    player = Player(library.scene("optimizer_race"))
    player.select(3)
    chosen = player.lanes[3]
    player.remove_lane(0)
    assert player.lanes[player.selected] == chosen
    player.remove_lane(player.selected)
    assert player.selected < len(player.lanes)
    player.select(1)
    chosen = player.lanes[1]
    player.remove_lane(2)  # one after it
    assert player.lanes[player.selected] == chosen
    while len(player.lanes) > 1:
        player.select(len(player.lanes) - 1)
        left = player.lanes[:-1]
        player.remove_lane(player.selected)  # the last one: then the one before it is selected
        assert (player.lanes, player.lanes[player.selected]) == (left, left[-1])


def test_a_lane_is_meant_by_its_id_wherever_it_stands_and_by_its_index_as_in_older_sessions() -> None:
    player = Player(library.scene("optimizer_race"))
    player.select("lion")
    player.remove_lane("sgd")
    assert player.lanes[player.selected].id == "lion"
    assert player.set_lane_field("adam", "lr", 0.2) is None
    assert player.log[-1].arguments == ("adam", "lr", 0.2)
    assert player.history.steps[-1].name == "rate of Adam"
    player.enable_lane("adam", False)
    assert [(lane.id, lane.enabled) for lane in player.lanes] == [
        ("momentum", True), ("rmsprop", True), ("adam", False), ("lion", True)]  # fmt: skip
    player.remove_lane("lion")
    assert player.lanes[player.selected].id == "adam"  # the last one
    player.enable_lane(2, True)
    assert player.lanes[2].enabled
    with pytest.raises(UserError, match=r"no lane 'adm'. Did you mean 'adam'"):
        player.reset_lane("adm")


def test_two_layers_of_one_key_are_refused() -> None:
    class Twins(Hill):
        def frame(self, time: float) -> Frame:
            return Frame([Points(np.zeros((1, 3)), key="a"), Points(np.ones((1, 3)), key="a")])

    with pytest.raises(UserError, match="Two layers of a Frame have the key 'a'"):
        list(Player(Twins()).frame().keys)


def test_following_sees_a_jump_of_time_while_all_stands_still() -> None:
    player = Player(library.scene("optimizer_race"))
    player.toggle_follow()
    run(player, 3.0)
    assert not player.moving
    player.seek(6.0)
    assert player.moving
    run(player, 3.0)
    trail = [layer for layer in player.frame().layers if isinstance(layer, Trail)][3]
    assert player.camera.pose.target == pytest.approx(trail.end)
    assert not player.moving


def test_a_particle_is_followed_by_its_number_and_let_go_when_it_is_gone() -> None:
    class Thinning(Hill):
        """Ten points; the first ones leave one by one."""

        def frame(self, time: float) -> Frame:
            left = np.arange(int(time), 10)
            surface = self.surface()
            position = np.stack([left / 10, np.zeros(len(left)), np.full(len(left), 0.5)], -1)
            return Frame([surface, Points(position, number=left)], (), View(bounds=surface.terrain.bounds))

    player = Player(Thinning())
    player.follow("Points", 4)
    player.seek(3.5)
    run(player, 2.0)
    assert player.camera.pose.target == pytest.approx((0.4, 0.0, 0.5))
    player.seek(5.5)
    run(player, 0.1)
    assert player.following is None
    with pytest.raises(UserError, match="does not move"):
        player.follow("Surface", 0)
    player.let_go()


class Growing(Scene):
    """A path that goes on along a line for as long as it is watched."""

    name = "growing"

    def __init__(self) -> None:
        super().__init__()
        self.track = Track(20)

    def frame(self, time: float) -> Frame:
        step = self.track.count
        self.track.append((0.02 * step, 0.5, 0.1), step)
        return Frame([Trail.of(self.track, "accent")], (), View(bounds=np.eye(3)))


def test_the_camera_follows_the_head_of_a_path_that_grows_and_forgets() -> None:
    scene = Growing()
    player = Player(scene)
    player.play()
    player.toggle_follow()
    for _ in range(60):
        player.advance(TICK)
    trail = player.frame().layers[0]
    assert isinstance(trail, Trail)
    assert trail.first > 20
    assert trail.end == pytest.approx((0.02 * (scene.track.count - 1), 0.5, 0.1))
    assert player.following is not None
    assert player.camera.goal.target == pytest.approx(tuple(trail.end), abs=0.05)


def test_with_nothing_to_follow_it_is_said(player: Player) -> None:
    with pytest.raises(UserError, match="nothing in this picture"):
        player.toggle_follow()


def test_a_moved_plane_tells_where_a_place_came_from() -> None:
    player = Player(library.scene("linear_map_2d", matrix=((2, 1), (1, 2))))
    player.seek(player.scene.clock.seconds)
    player.hover((3.0, 3.0))
    assert player.probe is not None
    assert player.probe.source == pytest.approx((1.0, 1.0))  # A (1, 1) = (3, 3)
    flat = Player(library.scene("linear_map_2d", preset="projection"))
    flat.seek(flat.scene.clock.seconds)
    flat.hover((3.0, 3.0))
    assert flat.probe is not None
    assert flat.probe.source is None


def test_the_wheel_comes_closer_to_what_is_under_the_pointer(player: Player) -> None:
    pointer = Pointer(player)
    pixel = centre_of(player, (0.0, 0.0))
    distance = player.camera.goal.distance
    pointer.wheel(3, pixel)
    run(player, 2.0)
    assert player.camera.goal.distance == pytest.approx(distance / 1.12**3)
    assert centre_of(player, (0.0, 0.0)) == pytest.approx(pixel, abs=12)


def test_beside_the_picture_the_pointer_means_nothing() -> None:
    player = Player(library.scene("linear_map_2d"), (400, 300))
    player.resize((400, 300), (100.0, 50.0, 200.0, 100.0))
    pointer = Pointer(player)
    for pixel, means in (((200, 100), True), ((20, 100), False), ((200, 120), True), ((200, 160), False)):
        pointer.move(pixel)
        pointer.look()
        assert (player.probe is not None) is means
