"""The panels: where they stand, that nothing overlaps or is cut, and that they steer a Player.

Input goes in as a window would give it (pointer, buttons, characters), frame by frame; what is asserted are the
player's numbers. Where a widget is comes from the places that the panels feel the pointer at.
"""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imgui_bundle import imgui
from panel_bench import Bench

from lossland import landscapes
from lossland.compute import trajectory
from lossland.expression import Node, formula
from lossland.expression.formula import parse
from lossland.landscapes.landscape import calculus
from lossland.play.player import Player
from lossland.scenery import library
from lossland.scenery.scene import Frame, Scene
from lossland.ui import charts, formula_box, lesson, readouts
from lossland.ui.browser import entries
from lossland.ui.lanes import SliderScale
from lossland.ui.layout import Layout, Rect, layout
from lossland.ui.panels import Panels
from lossland.ui.pen import Pen
from lossland.world.layers import Chart, Legend, Row, Series
from lossland.world.theme import DARK, PRINT, Theme
from lossland.world.ticks import log_ticks
from lossland.writing.scale import picture_scale

SIZES = [(1280, 720), (1600, 900), (1920, 1080), (3840, 2160)]


# ------------------------------------------------------------------------------------------------------ layout
def parts(places: Layout) -> list[Rect]:
    found = [places.timeline, places.switches, places.buttons, places.free, places.left, places.right]
    return [part for part in found if part is not None]


@given(
    width=st.integers(480, 8000),
    height=st.integers(360, 4400),
    scale=st.sampled_from([0.72, 1.0, 1.25, 1.5, 2.0, 3.0]),
)
def test_panels_never_overlap_and_stay_inside(width: int, height: int, scale: float) -> None:
    if width / scale < 420 or height / scale < 240:
        return
    places = layout((width, height), scale)
    for part in parts(places):
        assert part.width > 0
        assert part.height > 0
        assert part.x >= 0
        assert part.y >= 0
        assert part.right <= width / scale + 1e-9
        assert part.bottom <= height / scale + 1e-9
    for first, second in itertools.combinations(parts(places), 2):
        assert not first.overlaps(second)


@pytest.mark.parametrize(
    ("size", "left", "right", "bottom"), [((1280, 720), 236, 312, 60), ((1600, 900), 272, 352, 68)]
)
def test_panels_have_the_sizes_of_the_design(size: tuple[int, int], left: int, right: int, bottom: int) -> None:
    places = layout(size)
    assert places.left is not None
    assert places.right is not None
    assert (places.left.width, places.right.width, places.timeline.height) == (left, right, bottom)
    assert places.left.x == 12
    assert places.right.right == size[0] - 12
    assert places.timeline.bottom == size[1] - 12
    assert places.free.width == size[0] - left - right - 4 * 12


def test_scale_two_is_the_same_layout_in_other_pixels() -> None:
    assert layout((2560, 1440), 2.0) == layout((1280, 720), 1.0)


def test_narrow_windows_keep_the_picture() -> None:
    assert layout((900, 700)).left is None
    assert layout((600, 700)).right is None
    assert layout((600, 700)).free.width > 500


# ------------------------------------------------------------------------------------------- nothing is cut off
@pytest.mark.parametrize(
    ("scene", "size"),
    [("optimizer_race", size) for size in SIZES] + [(scene, SIZES[0]) for scene in library.names()],
)
def test_no_text_leaves_its_panel(open_bench: Any, scene: str, size: tuple[int, int]) -> None:
    bench = open_bench(scene, size, picture_scale(size))
    player = bench.player
    player.seek(0.6 * player.scene.clock.seconds)
    for page in ("controls", "lesson", "code"):
        bench.panels.inspector.page = page
        bench.frame(2)
        for text, box, area in bench.felt.texts:
            if page == "code" and area.width > 3000:
                continue
            assert box.x >= area.x - 2, text
            if page != "code":  # code scrolls sideways
                assert box.right <= area.right + 2, text


@pytest.mark.parametrize("size", [*SIZES, (1000, 640)])
def test_widgets_of_one_panel_do_not_overlap(open_bench: Any, size: tuple[int, int]) -> None:
    bench = open_bench("optimizer_race", size, 2.0 if size[0] == 3840 else 1.0)
    inside_others = ("lane.", "label.")  # rows that hold other widgets
    places = [(k, r) for k, r in bench.felt.seen.items() if not k.startswith(inside_others) and r.height > 6]
    assert len(places) > 30
    for (first, a), (second, b) in itertools.combinations(places, 2):
        inner = Rect(a.x + 8, a.y + 3, a.width - 16, a.height - 6)  # reach beyond what is drawn may meet
        assert not inner.overlaps(b) or inner.width <= 0, (first, second)


def test_a_race_fits_at_720_lines_without_scrolling(race: Bench) -> None:
    race.player.seek(3.0)
    race.frame(2)
    lowest = max(box.bottom for _, box, area in race.felt.texts if area.x > 900)
    assert lowest <= layout((1280, 720)).right.bottom  # type: ignore[union-attr]


def test_free_rectangle_is_the_layout_in_pixels(open_bench: Any) -> None:
    bench = open_bench("optimizer_race", (2560, 1440), 2.0)
    free = layout((1280, 720)).free
    assert bench.free == (2 * free.x, 2 * free.y, 2 * free.width, 2 * free.height)


# ------------------------------------------------------------------------------------------------------- drawing
@pytest.mark.parametrize("theme", [DARK, PRINT], ids=["dark", "print"])
def test_panels_are_drawn_opaque_in_the_themes_colours(open_bench: Any, theme: Theme) -> None:
    bench = open_bench(theme=theme)
    with bench.target:
        import OpenGL.GL as gl
        from vispy import gloo

        gloo.flush()
        gl.glClearColor(0.0, 0.0, 0.0, 1.0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)
    bench.frame()
    image = bench.target.read()
    alpha = 0.94 if theme is DARK else 0.96
    ground = np.array(theme.color("panel")) * alpha * 255
    assert np.abs(image[30, 180, :3] - ground).max() <= 1.5  # between the name and the gear, over black
    assert image[..., 3].min() == 255
    assert image[300, 640, :3].max() == 0  # the picture's place is left alone


def test_the_same_input_gives_the_same_pixels(open_bench: Any) -> None:
    images = []
    for _ in range(2):
        bench = open_bench()
        bench.drag_slider("slide.momentum.lr", 0.8)
        images.append(bench.target.read())
    assert np.array_equal(images[0], images[1])


# ------------------------------------------------------------------------------------------------------ the clock
def test_play_button_and_steps(race: Bench) -> None:
    assert not race.player.playing
    race.click("play")
    assert race.player.playing
    race.click("play")
    assert not race.player.playing
    race.click("step-forward")
    race.click("step-forward")
    assert race.player.step == 2
    race.click("step-back")
    assert race.player.step == 1


def test_scrubber_goes_to_the_step_under_the_pointer(race: Bench) -> None:
    place = race.place("scrub")
    track = Rect(place.x + 8, place.y, place.width - 16, place.height)
    race.drag((track.x + 2, track.center[1]), (track.x + 0.25 * track.width, track.center[1]))
    assert race.player.steps == 160
    assert race.player.step == 40
    assert race.shows("40")


def test_the_playhead_stays_on_its_track_when_the_scene_becomes_shorter(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, dots = open_bench("gradient_descent", steps=60), []
    bench.player.seek(bench.player.scene.clock.seconds)
    bench.player.set_param("steps", 3)
    dot = Pen.dot
    monkeypatch.setattr(Pen, "dot", lambda pen, x, *rest: (dots.append(x), dot(pen, x, *rest)))
    bench.frame()
    track = bench.place("scrub")
    assert dots[-1] == pytest.approx(track.right - 8)
    assert bench.shows("3")


def test_speed_and_loop(race: Bench) -> None:
    race.click("speed")
    assert race.player.speed == 2.0
    race.click("speed")
    race.click("speed")
    assert race.player.speed == 0.25
    race.click("loop")
    assert not race.player.loop


def test_buttons_ask_the_window(race: Bench) -> None:
    for key in ("shot", "record", "save", "fullscreen"):
        race.click(key)
    assert race.player.wishes == ["shot", "record", "save", "fullscreen"]


def test_view_buttons_and_switches(race: Bench) -> None:
    race.click("turn")
    assert race.player.turntable
    race.click("turn")
    camera = race.player.camera
    first = camera.goal.azimuth
    race.player.orbit(50.0, 10.0)
    assert abs(camera.goal.azimuth - first) > 40
    race.click("home")
    assert camera.goal.azimuth == pytest.approx(camera.home_pose.azimuth)
    race.click("show.contours")
    assert not race.player.show.contours
    assert race.player.show.shadow


# ------------------------------------------------------------------------------------------------------ the lanes
def test_dragging_a_rate_sets_it_on_a_log_scale(race: Bench) -> None:
    part = race.drag_slider("slide.momentum.lr", 0.75)
    low, high = 1e-5, 1.0  # the range of every learning rate
    assert 0.7 < part < 0.8
    assert race.player.lanes[1].optimizer.lr == pytest.approx(low * (high / low) ** part, rel=0.006)
    before = race.player.lanes[3].optimizer
    race.drag_slider("slide.momentum.lr", 0.0)
    assert race.player.lanes[1].optimizer.lr == pytest.approx(low)
    assert race.player.lanes[3].optimizer == before


def test_double_click_gives_the_usual_value(race: Bench) -> None:
    from lossland.optimizers import Momentum

    place = race.place("slide.momentum.lr")
    race.move(place.x + 8 + 0.9 * (place.width - 16), place.center[1])
    for down in (True, False, True, False):
        race.press(down)
    assert race.player.lanes[1].optimizer.lr == pytest.approx(Momentum().lr, rel=0.01)


def test_a_rate_can_be_typed(race: Bench) -> None:
    race.click("type.sgd.lr")
    race.write("0.0125")
    race.key(imgui.Key.enter)
    assert race.player.lanes[0].optimizer.lr == 0.0125
    race.click("type.sgd.lr")
    race.write("much")
    race.key(imgui.Key.enter)
    assert race.player.lanes[0].optimizer.lr == 0.0125
    assert "must be a number" in race.player.messages[-1].text
    race.click("type.sgd.lr")
    race.write("-1")
    race.key(imgui.Key.enter)
    assert race.player.lanes[0].optimizer.lr == 0.0125
    assert race.player.messages[-1].kind == "error"


def test_a_click_selects_a_lane_and_shows_its_settings(race: Bench) -> None:
    row = race.place("lane.momentum")
    race.click_at(row.x + 60, row.y + 14)
    assert race.player.selected == 1
    assert "slide.momentum.momentum" in race.felt.touches
    race.drag_slider("slide.momentum.momentum", 0.5)
    assert race.player.lanes[1].optimizer.momentum == pytest.approx(0.4995, abs=0.01)


def test_a_lane_can_rest(race: Bench) -> None:
    race.click("toggle.rmsprop")
    assert [lane.enabled for lane in race.player.lanes] == [True, True, False, True, True]
    assert race.shows("off")
    race.click("toggle.rmsprop")
    assert race.player.lanes[2].enabled


def test_optimizers_are_added_from_the_list_and_removed(race: Bench) -> None:
    race.click("add-lane")
    race.frame(2)
    race.write("adamw")  # there may be rules of other tests' own in the list
    race.click("list.adamw")
    assert len(race.player.lanes) == 6
    assert race.player.lanes[-1].name == "adamw"
    assert race.player.selected == 5
    row = race.place("lane.sgd")
    race.move(row.x + 60, row.y + 14)
    race.click("remove.sgd")
    assert [lane.name for lane in race.player.lanes][:2] == ["momentum", "rmsprop"]


@pytest.mark.parametrize("what", ["remove_lane", "enable_lane"])
def test_the_chosen_curve_and_an_opened_setting_stay_with_their_lane(race: Bench, what: str) -> None:
    race.player.seek(3.0)
    race.player.select(3)
    race.frame(2)
    before = charts.chosen_series(race.player, race.player.frame())
    assert before is not None
    assert before[0].color == "lane.3"
    race.click("type.adam.beta1")
    others = {lane.id: lane.optimizer for lane in race.player.lanes if lane.id not in ("adam", "momentum")}
    getattr(race.player, what)(1, *([False] if what == "enable_lane" else []))
    race.frame(2)
    after = charts.chosen_series(race.player, race.player.frame())
    assert after is not None
    assert np.array_equal(after[0].y, before[0].y)
    assert (after[0].key, after[0].color) == ("adam", "lane.3")
    race.write("0.75")
    race.key(imgui.Key.enter)
    by_id = {lane.id: lane.optimizer for lane in race.player.lanes}
    assert by_id["adam"].beta1 == 0.75
    assert {id: by_id[id] for id in others} == others


def test_of_two_lanes_of_one_optimizer_the_chosen_one_has_its_own_curve(race: Bench) -> None:
    assert race.player.add_lane("lion:lr=0.01") is None
    race.frame(2)
    chosen = charts.chosen_series(race.player, race.player.frame())
    run = trajectory.run("himmelblau", "lion:lr=0.01", start=(0.3, -4.6), steps=160)
    assert chosen is not None
    assert np.allclose(chosen[0].y, run.values[:, 0], rtol=1e-9)
    race.player.enable_lane(5, False)
    assert charts.chosen_series(race.player, race.player.frame()) is None


def test_a_legend_in_a_panel_marks_a_lane_that_reuses_a_colour(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Two(Scene):
        name = "two"

        def frame(self, time: float) -> Frame:
            return Frame([], [Legend([Row("lane.1", "one"), Row("lane.9", "the same colour")])])

    dots, dot = [], Pen.dot

    def noted(self: Pen, x: float, y: float, radius: float, color: str, alpha: float = 1.0) -> None:
        dots.append((y, color))
        dot(self, x, y, radius, color, alpha)

    bench = open_bench(Two())
    monkeypatch.setattr(Pen, "dot", noted)
    bench.frame()
    (one,), (nine,) = ({y for y, color in dots if color == name} for name in ("lane.1", "lane.9"))
    cores = {y for y, color in dots if color == "panel"}
    assert one not in cores
    assert nine in cores


def test_the_timeline_shows_a_curve_over_time_and_none_over_anything_else(matrix: Bench) -> None:
    over_layers, over_angles, over_steps = (
        Series(name, "up", np.arange(2.0), np.arange(2.0)) for name in ("a", "b", "c")
    )
    profiles = [
        Chart("Layer by layer", [over_layers]),
        Chart("Direction by direction", [over_angles], now=0.5, timed=False),
    ]
    frame = Frame([], [*profiles, Chart("Loss", [over_steps], now=0.5)])
    first, timed = charts.chosen_series(matrix.player, frame), charts.chosen_series(matrix.player, frame, timed=True)
    assert first is not None
    assert timed is not None
    assert first[0] is over_layers
    assert timed[0] is over_steps
    assert charts.chosen_series(matrix.player, Frame([], profiles), timed=True) is None


def test_a_lanes_menu_stays_open_and_its_own_when_an_earlier_lane_goes(race: Bench) -> None:
    row = race.place("lane.adam")
    race.click_at(row.x + 60, row.y + 14, button=1)
    race.player.remove_lane(0)
    race.frame(2)
    race.click("list.remove")
    assert [lane.id for lane in race.player.lanes] == ["momentum", "rmsprop", "lion"]


def test_the_right_button_opens_a_lanes_menu(race: Bench) -> None:
    row = race.place("lane.lion")
    race.click_at(row.x + 60, row.y + 14, button=1)
    race.click("list.toggle")
    assert not race.player.lanes[4].enabled
    race.click("slide.lion.lr", button=1)
    race.click("list.defaults")
    from lossland.optimizers import Lion

    assert race.player.lanes[4].optimizer == Lion()
    assert race.player.undo() == "usual settings of Lion"
    assert race.player.lanes[4].optimizer == Lion(lr=0.12, beta2=0.97)
    race.click("type.lion.lr", button=1)
    race.click("list.remove")
    assert [lane.name for lane in race.player.lanes] == ["sgd", "momentum", "rmsprop", "adam"]


def test_losses_beside_the_lanes_are_those_of_the_run(race: Bench) -> None:
    race.player.seek(race.player.scene.clock.seconds)
    race.frame()
    x, y = race.player.scene.readouts(race.player.time)["adam.last"]
    loss = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2  # Himmelblau's function
    from lossland.numerals import short

    assert race.shows(short(float(loss)))


# -------------------------------------------------------------------------------------------------- the formula
def focus_formula(bench: Bench) -> None:
    places = layout(bench.size, bench.scale)
    assert places.left is not None
    bench.click_at(places.left.x + 100, places.left.bottom - 110)
    bench.key(imgui.Key.a, ctrl=True)


def test_a_typed_formula_becomes_the_ground(race: Bench) -> None:
    focus_formula(race)
    assert race.host.wants_keyboard
    race.write("x^2 + 3*y^2")
    land = race.player.scene.land  # type: ignore[attr-defined]
    assert float(land.value(np.array([1.0, 2.0]))) == pytest.approx(13.0)
    assert race.panels.formula_box.error == ""
    assert race.shows("valid")
    assert race.shows("f=x^{2}+3 y^{2}") or any("x^" in text for text, _, _ in race.felt.texts)


def test_no_tooltip_covers_the_ground_while_a_formula_is_typed(race: Bench) -> None:
    def said() -> bool:
        return any("formula in x and y" in text for text, _ in race.felt.explained)

    assert said()
    focus_formula(race)
    assert not said()
    race.key(imgui.Key.escape)
    race.frame()
    assert said()


def test_a_broken_formula_says_why_and_keeps_the_ground(race: Bench) -> None:
    focus_formula(race)
    race.write("x^2 + y^2")
    kept = race.player.scene.values["landscape"]
    race.write(" + sinn(x)")
    assert race.player.scene.values["landscape"] == kept
    error = race.panels.formula_box.error
    assert "sinn" in error
    assert "\n" not in error
    assert race.panels.formula_box.position == len("x^2 + y^2 + ")
    assert any(text and text in error for text, _, _ in race.felt.texts)
    race.key(imgui.Key.a, ctrl=True)
    race.write("x^2 + y^2 + sin(x)")
    assert race.panels.formula_box.error == ""
    land = race.player.scene.land  # type: ignore[attr-defined]
    assert float(land.value(np.array([1.0, 0.0]))) == pytest.approx(1.0 + math.sin(1.0))


def test_letters_that_wait_are_taken_in_before_the_ground_is_made_again(
    race: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    focus_formula(race)
    tried: list[str] = []
    original = Player.set_landscape
    monkeypatch.setattr(Player, "set_landscape", lambda player, text: tried.append(text) or original(player, text))
    io = imgui.get_io()
    for letter in "x+y":  # as a window tells it: a key goes down, gives its letter, and goes up
        key = {"x": imgui.Key.x, "+": imgui.Key.equal, "y": imgui.Key.y}[letter]
        io.add_key_event(key, True)
        race.host.character(ord(letter))
        io.add_key_event(key, False)
    seen = []
    while race.host.waiting:
        race.frame()
        seen.append(race.panels.formula_box.text)
    assert "x" in seen  # one letter after the other, over several frames
    assert tried == ["x+y"]
    assert race.player.scene.values["landscape"] == "x+y"


@pytest.mark.parametrize("text", ["x^2 + 3*sin(y)", " x^2 + 3*cos(y) ", "himmelblau", "x^2 + sinn(y)", " nowhere"])
def test_what_is_typed_is_parsed_and_derived_once(race: Bench, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    derived: list[tuple[str, str]] = []
    read, derive = formula._Parser.__init__, Node.diff

    def reads(parser: Any, text: str, *rest: Any) -> None:
        parsed.append(text)
        read(parser, text, *rest)

    def derives(node: Node, name: str) -> Node:
        derived.append((str(node), name))
        return derive(node, name)

    formula.parse.cache_clear()
    landscapes._from_formula.cache_clear()
    calculus.cache_clear()
    monkeypatch.setattr(formula._Parser, "__init__", reads)
    monkeypatch.setattr(Node, "diff", derives)
    focus_formula(race)
    race.write(text)
    race.frame()
    assert parsed == ([] if text == "himmelblau" else [text.strip()])
    assert len(set(derived)) == len(derived)
    assert bool(race.panels.formula_box.error) == ("sinn" in text or "nowhere" in text)
    if "sinn" in text:
        assert race.panels.formula_box.position == text.index("sinn")


def test_the_box_follows_a_landscape_chosen_elsewhere(race: Bench) -> None:
    race.player.set_landscape("rosenbrock")
    race.frame(2)
    text = race.panels.formula_box.text
    found = parse(text)
    from lossland.expression import evaluate

    value = evaluate([found], {"x": np.array(2.0), "y": np.array(3.0)})[0]
    assert float(value) == pytest.approx((1 - 2) ** 2 + 100 * (3 - 4) ** 2)


def test_the_domain_is_edited_in_its_chip(race: Bench) -> None:
    race.click("domain.x")
    race.key(imgui.Key.a, ctrl=True)
    race.write("-3, 4.5")
    race.key(imgui.Key.enter)
    land = race.player.scene.land  # type: ignore[attr-defined]
    assert land.domain == ((-3.0, 4.5), (-5.2, 5.2))


@pytest.mark.parametrize("opened", [True, False])
def test_what_was_wrong_with_a_domain_goes_when_it_is_given_up(race: Bench, opened: bool) -> None:
    race.click("domain.y")
    race.key(imgui.Key.a, ctrl=True)
    race.write("abc")
    race.key(imgui.Key.enter)
    assert "formula.error" in race.felt.touches
    if opened:
        race.click("domain.y")
        assert "formula.error" in race.felt.touches
    race.key(imgui.Key.escape)
    race.frame(2)
    assert "formula.error" not in race.felt.touches


@pytest.mark.parametrize("typed", ["0..10", "5, 1", "abc", "1", "1, 2, 3", "1, nan", "2, 2", "1,", ""])
def test_a_domain_typed_badly_says_so_below_and_changes_nothing(race: Bench, typed: str) -> None:
    domain = race.player.scene.land.domain  # type: ignore[attr-defined]
    race.click("domain.y")
    race.key(imgui.Key.a, ctrl=True)
    race.key(imgui.Key.delete)
    race.write(typed)
    race.key(imgui.Key.enter)
    assert race.player.scene.land.domain == domain  # type: ignore[attr-defined]
    said = race.panels.formula_box.domain_error
    assert repr(typed) in said
    box = race.place("domain.y")
    panel = layout(race.size).left
    below = [text for text, place, area in race.felt.texts if area == panel and box.bottom <= place.y]
    assert "".join(said.split()) == "".join("".join(below).split())  # in lines
    race.click("domain.y")
    race.key(imgui.Key.a, ctrl=True)
    race.write("-1 … 2.5e0")
    race.key(imgui.Key.enter)
    assert race.panels.formula_box.domain_error == ""
    assert race.player.scene.land.domain == (domain[0], (-1.0, 2.5))  # type: ignore[attr-defined]


@pytest.mark.parametrize("columns", [12, 26, 60])
@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_breaking_a_formula_keeps_it(entry: Any, columns: int) -> None:
    if entry.landscape is None:
        return
    text = entry.landscape.formula
    shown = formula_box.broken(text, columns)
    assert shown.split() == text.split()
    assert "".join(formula_box.latex_terms(entry.landscape.latex)) == entry.landscape.latex


def test_formulas_break_at_their_outer_signs_first() -> None:
    text = "(x^2 + y - 11)^2 + (x + y^2 - 7)^2"
    assert formula_box.broken(text, 26) == "(x^2 + y - 11)^2\n+ (x + y^2 - 7)^2"
    assert formula_box.latex_terms(r"(x-1)^{2}-y+3") == [r"(x-1)^{2}", "-y", "+3"]


# ------------------------------------------------------------------------------------------------- the parameters
def test_matrix_entries_are_typed_and_dragged(matrix: Bench) -> None:
    name = next(n for n, p in matrix.player.scene.params().items() if type(p).__name__ == "Matrix")
    matrix.click(f"set.{name}.0.1")
    matrix.write("-1.5")
    matrix.key(imgui.Key.enter)
    assert matrix.player.scene.values[name][0][1] == -1.5
    before = matrix.player.scene.values[name][1][1]
    place = matrix.place(f"set.{name}.1.1")
    matrix.drag(place.center, (place.center[0] + 40, place.center[1]))
    assert matrix.player.scene.values[name][1][1] == pytest.approx(before + 0.4, abs=0.021)


def test_presets_are_chips_and_the_present_one_is_known(matrix: Bench) -> None:
    names = list(matrix.player.scene.presets)
    matrix.click(f"preset.{names[2]}")
    from lossland.ui.controls import current_preset

    assert current_preset(matrix.player) == names[2]


def test_a_choice_opens_a_list(matrix: Bench) -> None:
    param = next(p for p in matrix.player.scene.params().values() if type(p).__name__ == "Choice")
    matrix.click(f"set.{param.name}")
    matrix.frame(2)
    matrix.click(f"list.{param.options[-1]}")  # type: ignore[attr-defined]
    assert matrix.player.scene.values[param.name] == param.options[-1]  # type: ignore[attr-defined]


def test_the_seed_is_typed_or_drawn(open_bench: Any) -> None:
    bench = open_bench("gradient_3d")
    bench.click("next-seed")
    assert bench.player.scene.seed == 1
    bench.click("seed")
    bench.write("42")
    bench.key(imgui.Key.enter)
    assert bench.player.scene.seed == 42
    bench.click("seed")
    bench.write("-3")
    bench.key(imgui.Key.enter)
    assert bench.player.scene.seed == 42
    assert bench.player.messages[-1].kind == "error"
    bench.player.set_seed(2**53 - 1)
    for seed in (2**53, 0):  # after the last one it begins again
        bench.click("next-seed")
        assert bench.player.scene.seed == seed


@given(place=st.floats(0, 1), log=st.booleans())
def test_slider_scales_invert_and_stay_inside(place: float, log: bool) -> None:
    scale = SliderScale(1e-4, 2.0, log)
    value = scale.value(place)
    assert 1e-4 <= value <= 2.0
    assert scale.place(value) == pytest.approx(place, abs=0.002)


# --------------------------------------------------------------------------------------------------- the browser
def test_search_leaves_what_it_names_and_enter_opens_it(race: Bench) -> None:
    places = layout(race.size)
    assert places.left is not None
    race.click_at(places.left.x + 100, places.left.y + 66)
    race.write("rosen")
    assert [entry.name for entry in race.panels.browser.found()] == ["rosenbrock"]
    race.key(imgui.Key.enter)
    assert race.player.scene.values["landscape"] == "rosenbrock"


def test_the_cross_empties_the_search(race: Bench) -> None:
    places = layout(race.size)
    assert places.left is not None
    race.click_at(places.left.x + 100, places.left.y + 66)
    race.write("rosen")
    race.frame(2)
    race.click("clear")
    assert race.panels.browser.search == ""
    race.frame()
    assert race.host.wants_keyboard  # the next search can be typed at once
    race.write("bowl")
    assert race.panels.browser.search == "bowl"


def test_a_click_opens_a_scene_and_a_chapter_folds(race: Bench) -> None:
    entry = next(entry for entry in entries() if entry.name == "gradient_descent")
    race.click(f"open.{entry.chapter}.{entry.name}")
    assert race.player.scene.name == "gradient_descent"
    race.click(f"chapter.{entry.chapter}")
    assert f"open.{entry.chapter}.{entry.name}" not in race.felt.touches


@pytest.mark.parametrize("name", ["vectors", "momentum_phase", "projector", "loss_curves"])
def test_the_row_of_the_open_scene_is_seen(open_bench: Any, name: str) -> None:
    bench = open_bench("optimizer_race", (1280, 720))
    entry = next(entry for entry in entries() if entry.name == name)
    row = f"open.{entry.chapter}.{name}"
    for opened in (lambda: bench.player.load(name), lambda: None):
        opened()
        bench.frame(3)
        assert bench.felt.seen[row].height == pytest.approx(bench.place(row).height)
    panel = layout(bench.size).left
    assert panel is not None
    bench.move(panel.center[0], panel.y + 200)
    before = bench.place(row).y
    bench.host.mouse_wheel(0.0, 1.0 if name != "vectors" else -1.0)
    bench.frame(4)
    assert row not in bench.felt.touches or bench.place(row).y != before  # the list is not held there


@pytest.mark.parametrize("scale", [1.0, 1.1, 1.2, 1.3, 1.75])
def test_switches_are_whole_at_every_size_of_text(open_bench: Any, scale: float) -> None:
    bench = open_bench("vectors", (1280, 720), scale)
    bench.frame(3)
    for key in ("show.grid", "show.labels"):
        seen, place = bench.felt.seen[key], bench.place(key)
        assert (seen.x, seen.y) == pytest.approx((place.x, place.y))
        assert (seen.width, seen.height) == pytest.approx((place.width, place.height))


def test_a_click_into_the_search_begins_another_one(race: Bench) -> None:
    places = layout(race.size)
    assert places.left is not None
    for typed in ("pca", "swarm"):
        race.click_at(places.left.x + 100, places.left.y + 66)
        race.write(typed)
        assert race.panels.browser.search == typed
        race.key(imgui.Key.enter)
        race.frame(2)


def test_thumbnails_can_be_made_a_few_in_a_frame_but_none_in_the_first(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = open_bench("optimizer_race", (1280, 2800))  # as high as it takes to see landscapes below the scenes
    lazy = Panels(DARK, race.type, lazy=True)
    most, begin = list[int](), lazy.thumbnails.begin
    monkeypatch.setattr(lazy.thumbnails, "begin", lambda number: (most.append(number), begin(number)))
    made = []
    for _ in range(40):
        race.host.begin(race.size)
        lazy.draw(race.player, race.player.frame(), race.size)
        imgui.end_frame()
        made.append(lazy.thumbnails.count)
        if not lazy.pending:
            break
    assert most[0] == 0
    assert most[1:] == [2] * (len(made) - 1)
    assert np.diff(made).max() <= 2
    assert made[-1] >= 3
    lazy.close()
    assert lazy.thumbnails.count == 0


# ------------------------------------------------------------------------------------------------ pages and popups
def test_gear_asks_for_the_other_theme(race: Bench) -> None:
    race.click("gear")
    race.frame(2)
    race.click("list.theme")
    assert race.player.theme == "print"


def test_no_message_stands_over_the_help(race: Bench) -> None:
    race.player.say("A message")
    race.frame(2)
    assert race.shows("A message")
    race.player.toggle_help()
    race.frame(2)
    assert not race.shows("A message")
    race.player.toggle_help()
    race.frame(2)
    assert race.shows("A message")


def test_help_lies_over_everything_and_a_click_closes_it(race: Bench) -> None:
    race.player.toggle_help()
    race.frame(2)
    assert race.shows("Keys and mouse")
    race.click_at(*race.place("play").center)
    assert not race.player.help
    assert not race.player.playing


def test_code_is_copied_as_it_stands(race: Bench) -> None:
    race.click("tab.code")
    race.click("copy-code")
    assert imgui.get_clipboard_text().strip().endswith(race.player.scene.snippet.strip())
    assert race.player.messages[-1].text == "Copied the code."


def test_the_code_prints_the_numbers_of_the_moment(race: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    player = race.player
    player.set_landscape("x^2 + 3*y^2")
    player.set_lane_field(0, "lr", 0.03125)
    player.seek(1.5)
    race.click("tab.code")
    race.click("copy-code")
    program, _, _ = imgui.get_clipboard_text().partition("# How its numbers")
    exec(program, {})
    lines = [line.split(" ", 1) for line in capsys.readouterr().out.replace("\n ", " ").splitlines()]
    assert dict(lines) == {name: str(value) for name, value in player.scene.readouts(player.time).items()}
    assert player.scene.readouts(player.time) != {}


def test_an_equation_says_what_it_means_and_can_be_copied(race: Bench) -> None:
    race.player.seek(3.0)
    race.frame(2)
    keys = [key for key in race.felt.touches if key.startswith("note.")]
    assert len(keys) == 6  # Adam: gradient, two averages, both corrected, the step
    race.click(keys[-1])
    copied = imgui.get_clipboard_text()
    assert copied.startswith(r"\theta_{t+1}")
    assert "fgcolor" not in copied
    square = readouts.meaning_of(r"v_t=\beta_2 v_{t-1}+(1-\beta_2)g_t^{2}", {})
    velocity = readouts.meaning_of(r"v_t=\mu v_{t-1}+g_t", {})
    assert "squared" in square
    assert "velocity" in velocity
    assert readouts.meaning_of(r"\fgcolor{#FFFFFF}{q} = 1", {"q": "a number"}) == "a number"


def test_messages_are_shown(race: Bench) -> None:
    race.player.say("saved out/picture.png")
    race.frame()
    assert race.shows("saved out/picture.png")


def test_hidden_panels_leave_the_whole_picture(race: Bench) -> None:
    race.panels.visible = False
    race.frame()
    assert race.free == (0.0, 0.0, 1280.0, 720.0)
    assert not race.felt.touches


def test_the_pointer_belongs_to_the_panels_only_over_them(race: Bench) -> None:
    race.move(640, 300)
    assert not race.host.wants_mouse
    race.move(100, 300)
    assert race.host.wants_mouse
    race.move(*race.place("show.grid").center)
    assert race.host.wants_mouse


# --------------------------------------------------------------------------------------------------- small parts
def test_charts_show_every_value_within_eight_decades() -> None:
    steps = np.arange(5.0)
    curve = np.array([1e3, 10.0, 1.0, 0.1, 1e-20])
    (low_x, high_x), (low, high) = charts.limits(Chart("Loss", [Series("a", "text", steps, curve)], log_y=True))
    assert (low_x, high_x) == (0.0, 4.0)
    assert high >= 1e3
    assert low >= high * 1e-8 * 0.999
    flat = charts.limits(Chart("Flat", [Series("a", "text", steps, np.full(5, 2.0))]))[1]
    assert flat[0] < 2.0 < flat[1]
    bars = [Series("x", "eigen1", np.zeros(1), np.array([2.0])), Series("y", "eigen2", np.ones(1), np.array([-1.0]))]
    (left, right), (bottom, top) = charts.limits(Chart("Bars", bars, kind="bar"))
    assert left < 0 < 1 < right
    assert bottom < -1 < 2 < top
    assert charts.pitch(bars) == 1.0
    narrow = [Series("cosine", "dim", np.linspace(-0.2, 0.2, 41), np.ones(41))]  # bars must not lie over each other
    assert charts.pitch(narrow) == pytest.approx(0.01)
    assert charts.limits(Chart("Narrow", narrow, kind="bar"))[0] == pytest.approx((-0.206, 0.206))
    empty = charts.limits(Chart("None", [Series("a", "text", steps, np.full(5, np.nan))], log_y=True))[1]
    assert 0 < empty[0] < empty[1]


def test_a_number_is_not_broken_at_its_thin_spaces(race: Bench) -> None:
    text, pen = "Adam:  50\u2009000 particles,\nsmaller ×\u20091.1", race.panels.pen
    words = ["Adam:", "50\u2009000", "particles,", "smaller", "×\u20091.1"]
    assert pen.wrapped(text, max(pen.width(word, 13) for word in words), 13) == words
    assert pen.wrapped(text, 1000.0, 13) == [" ".join(words)]


@pytest.mark.parametrize("last", [3, 50, 53, 160, 5000])
def test_the_last_number_along_a_chart_is_whole(race: Bench, last: int) -> None:
    """The panel is 7 wider than the chart where it has a scroll bar."""
    pen, width, steps = race.panels.pen, 280.0, np.arange(last + 1.0)
    chart = Chart("Loss", [Series("a", "text", steps, steps)])
    ends, _ = charts.limits(chart)
    ticks = charts._ticks_along(chart, ends, width)
    wide = width + 8 - charts._overhang(pen, ticks, ends, width + 8)
    assert 0.9 * width < wide <= width + 8
    at, text = ticks[-1]
    assert -4 + wide * at / last + pen.width(text, 12) / 2 <= width + 7 + 1e-9


@pytest.mark.parametrize(
    ("steps", "texts"), [(3, ["0", "1", "2", "3"]), (1, ["0", "1"]), (160, ["0", "50", "100", "150"])]
)
def test_the_bar_of_time_counts_whole_steps(open_bench: Any, steps: int, texts: list[str]) -> None:
    bench = open_bench("gradient_descent", steps=steps)
    bar = layout(bench.size, bench.scale).timeline
    below = [text for text, box, _ in bench.felt.texts if box.y > bar.bottom - 20 and text.replace(".", "").isdigit()]
    assert below == texts


@pytest.mark.parametrize("scene", ["vectors", "backprop_graph"])  # whose counters are in seconds, and in steps
@pytest.mark.parametrize("width", [296, 330, 380, 480, 900])
def test_the_counter_of_time_covers_no_button(open_bench: Any, scene: str, width: int) -> None:
    """A window of 640 pixels with text twice as large has a bar of 296."""
    bench = open_bench(scene, (2 * (width + 24), 960), 2.0)
    bench.player.seek(bench.player.scene.clock.seconds)
    bench.frame(2)
    bar = layout(bench.size, bench.scale).timeline
    written = [
        (text, box) for text, box, panel in bench.felt.texts if panel.overlaps(bar) and len(text) > 1
    ]  # no icons
    assert {"10.0", "20"} & {text for text, _ in written}
    for key in ("step-back", "play", "step-forward", "shot", "record", "save"):
        place = bench.place(key)
        for text, box in written:
            inner = Rect(place.x + 3, place.y + 3, place.width - 6, place.height - 6)
            assert not inner.overlaps(box), (key, text)


@given(st.floats(-10, 8), st.floats(0.3, 10), st.integers(2, 9))
def test_log_ticks_are_inside_and_few(first: float, decades: float, most: int) -> None:
    low, high = 10**first, 10 ** (first + decades)
    ticks = log_ticks(low, high, most)
    assert all(low * (1 - 1e-9) <= tick <= high * (1 + 1e-9) for tick in ticks)
    assert len(ticks) <= 2 * most + 2


def test_lessons_are_read_as_markdown() -> None:
    text = "# Head\n\nOne **bold** word and $x^2$.\nStill the same.\n\n- first\n  more\n- second\n"
    assert lesson.paragraphs(text) == [
        ("#", "Head"),
        ("", "One **bold** word and $x^2$. Still the same."),
        ("•", "first more"),
        ("•", "second"),
    ]
    assert lesson.spans("a **b** `c` $d$ *e*") == [
        ("a ", "regular"), ("b", "bold"), (" ", "regular"), ("c", "mono"), (" ", "regular"),
        ("d", "latex"), (" ", "regular"), ("e", "italic"),
    ]  # fmt: skip


def test_code_of_several_words_stands_on_one_plate_with_its_spaces(open_bench: Any) -> None:
    bench = open_bench("attention")
    page = bench.panels.inspector.lesson
    (whole,) = page._blocks("Type `pip install it` now", 300.0)
    assert [(run.text, run.style) for run in whole.lines[0]] == [
        ("Type ", "regular"), ("pip install it", "mono"), (" now", "regular"),
    ]  # fmt: skip
    first, code, after = whole.lines[0]
    wide = bench.panels.pen.width("pip install it", whole.size, "mono")
    assert after.x - code.x == pytest.approx(wide, abs=0.5)
    assert code.x > first.x
    (broken,) = page._blocks("`pip install it`", 0.9 * wide)
    assert ["".join(run.text for run in line).strip() for line in broken.lines] == ["pip install", "it"]


def test_of_presets_that_fit_the_one_that_asks_for_most_is_chosen() -> None:
    from lossland.ui.controls import current_preset

    player = Player(library.scene("training_health", "one layer"))
    assert current_preset(player) == "one layer"  # its fault alone is another preset
    player.set_param("layer", 0)
    assert current_preset(player) == "bad start"


@pytest.mark.parametrize("kind", library.classes(), ids=lambda kind: kind.name)
def test_every_preset_is_known_again(kind: type[Scene]) -> None:
    from lossland.ui.controls import current_preset

    for preset in kind.presets:
        player = SimpleNamespace(scene=library.scene(kind.name, preset))
        assert current_preset(cast(Player, player)) == preset


def test_an_empty_preset_is_chosen_only_while_all_is_at_its_default() -> None:
    from lossland.ui.controls import current_preset

    player = Player(library.scene("momentum_phase"))
    names = list(player.scene.presets)
    assert player.scene.presets[names[0]] == {}
    assert current_preset(player) == names[0]
    player.use_preset("ripples")
    assert current_preset(player) == "ripples"
    player.set_param("beta", 0.5)
    assert current_preset(player) == ""


@pytest.mark.parametrize(
    ("scene", "heading", "start"),
    [("integral_area", "The area itself", r"\int_"), ("chain_rule", "From x to y", r"\frac")],
)
def test_a_tall_formula_of_a_meter_stays_below_its_heading(
    open_bench: Any, scene: str, heading: str, start: str
) -> None:
    bench = open_bench(scene)
    boxes = {text: box for text, box, _ in bench.felt.texts}
    formula = next(text for text in boxes if text.startswith(start))
    baseline = boxes[formula].y + 10  # as the bench notes it
    top = baseline - bench.panels.pen.type.formula(formula, 17).baseline
    assert top >= boxes[heading].bottom
