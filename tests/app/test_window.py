"""The real window, driven by a real mouse and keyboard on a display that exists only in memory (Xvfb, xdotool)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageGrab
from windows import environment, run_program, until

from lossland.app.stage import Stage, snapshot
from lossland.landscapes import landscape
from lossland.play import session
from lossland.play.player import Player
from lossland.pointing.picking import position_of
from lossland.scenery.library import scene
from lossland.ui.layout import layout
from lossland.world.layers import Trail
from lossland.world.theme import DARK

SIZE = (1280, 720)
PICTURE = (slice(70, 560), slice(270, 930))  # rows and columns of a screenshot between the panels
FORMULA = (slice(480, 630), slice(20, 240))


class Drive:
    """A running window, its mouse and keyboard, and screenshots of it."""

    def __init__(self, display: str, folder: Path, scene: str = "optimizer_race", *options: str) -> None:
        self.display, self.folder = display, folder
        self.saved = folder / "drive.lossland"
        command = [sys.executable, "-m", "lossland", "explore", scene, "--save", str(self.saved), *options]
        self.errors = folder / "errors.txt"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(command, env=environment(display), cwd=folder, stderr=errors)
        until(self.is_drawn, "the window shows a picture")

    def do(self, *words: str) -> str:
        """Run xdotool."""
        assert self.process.poll() is None, self.said()
        done = subprocess.run(
            ["xdotool", *words], env=environment(self.display), check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, f"xdotool {' '.join(words)}: {done.stderr}; {self.said()}"
        return done.stdout

    def see(self) -> np.ndarray:
        """Return a screenshot of the window (h, w, 3)."""
        assert self.process.poll() is None, self.said()
        image = ImageGrab.grab((0, 0, *SIZE), xdisplay=self.display).convert("RGB")
        return np.asarray(image).astype(np.int16)  # so that two of them can be subtracted

    def said(self) -> str:
        """Return what the window wrote on stderr."""
        return f"the window's exit code is {self.process.poll()}; it said: {self.errors.read_text()}"

    def is_drawn(self) -> bool:
        return bool(self.see()[PICTURE].std() > 10)

    def at_rest(self) -> np.ndarray:
        """Wait until the picture between the panels (where a cursor may blink) stands still; return a screenshot."""
        last, equal = self.see(), 0

        def same() -> bool:
            nonlocal last, equal
            time.sleep(0.3)  # longer than the window waits before it refines a picture at rest, which takes some steps
            before, last = last, self.see()
            equal = equal + 1 if (before[PICTURE] == last[PICTURE]).all() else 0
            return equal == 4

        until(same, "the picture comes to rest")
        return last

    def pause(self) -> np.ndarray:
        """Stop the race and return the picture."""
        self.do("key", "space")
        return self.at_rest()

    def changes(self, before: np.ndarray, area: tuple[slice, slice], least: float, what: str) -> np.ndarray:
        """Wait until a part of the picture differs clearly from a screenshot."""
        until(lambda: np.abs(self.see()[area] - before[area]).mean() > least, what)
        return self.see()

    def becomes(self, expected: np.ndarray, most: float, what: str) -> None:
        """Wait until the picture is nearly a given one."""
        until(lambda: np.abs(self.see()[PICTURE] - expected[PICTURE]).mean() < most, what)

    def quit(self) -> session.Session:
        """Close the window and return its session."""
        self.do("key", "ctrl+q")
        until(lambda: self.process.poll() is not None, "Ctrl Q closes the window")
        assert self.process.returncode == 0, self.said()
        assert "Traceback" not in self.said()
        return session.load(self.saved)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def drive(display: str, tmp_path: Path) -> Iterator[Drive]:
    driven = Drive(display, tmp_path)
    yield driven
    driven.stop()


def actions(done: session.Session, name: str) -> list[tuple[Any, ...]]:
    return [entry.arguments for entry in done.log if entry.name == name]


def is_error_shown(picture: np.ndarray) -> bool:
    """Whether there is text in the colour of errors at the foot of the left panel."""
    red = np.array(DARK.color("bad")) * 255
    return bool((np.abs(picture[FORMULA] - red).max(-1) < 40).sum() > 60)


def test_a_click_restarts_the_race_there(drive: Drive) -> None:
    before = drive.pause()
    drive.do("mousemove", "640", "330", "click", "1")
    drive.changes(before, PICTURE, 1.0, "the race starts at another place")
    done = drive.quit()
    [(position,)] = actions(done, "click")
    player = session.at(done)
    assert player.scene.values["start"] == pytest.approx(position)
    assert player.playing
    surface, free = player.surface(), layout(SIZE).free
    assert surface
    player.resize(SIZE, (free.x, free.y, free.width, free.height))
    pixel = player.camera.project(surface.terrain.world_from_domain(np.array(position)), SIZE)
    assert pixel == pytest.approx((640, 330), abs=2)


def test_a_slider_changes_a_running_optimizer(drive: Drive) -> None:
    before = drive.pause()
    drive.do("key", "space")  # it runs while the slider is dragged
    drive.do("mousemove", "1124", "169", "mousedown", "1", "mousemove", "1110", "169", "mousemove", "1095", "169")
    drive.do("mouseup", "1")
    drive.changes(before, (slice(154, 184), slice(1070, 1150)), 3.0, "the slider stands elsewhere")
    done = drive.quit()
    rates = [arguments[2] for arguments in actions(done, "set_lane_field") if arguments[:2] == ("adam", "lr")]
    assert rates
    assert rates[-1] < 0.3
    player = session.at(done)
    assert player.lanes[3].optimizer.lr == rates[-1]
    assert player.playing


def test_a_typed_formula_replaces_the_ground_and_a_broken_one_says_why(drive: Drive) -> None:
    before = drive.pause()
    # All of it at once, as fast as xdotool types: what is typed must wait for the box, and Ctrl for its letter.
    drive.do("mousemove", "120", "525", "click", "1", "key", "ctrl+a", "type", "--delay", "5", "x^2 + 3*sin(y)")
    expected = snapshot(scene("optimizer_race", landscape="x^2 + 3*sin(y)"), SIZE, time=1.0, ui=True)
    assert np.abs(expected[PICTURE][..., :3] - before[PICTURE]).mean() > 20
    drive.becomes(expected[..., :3].astype(int), 8.0, "the ground is that of the formula")
    assert not is_error_shown(drive.see())
    drive.do("type", "--delay", "20", " + foo(x)")
    until(lambda: is_error_shown(drive.see()), "the error is written under the formula")
    drive.becomes(expected[..., :3].astype(int), 8.0, "the ground stays")
    done = drive.quit()
    texts = [text for (text,) in actions(done, "set_landscape")]
    assert "x^2 + 3*sin(y)" in texts
    assert not any("foo" in text for text in texts)
    point = np.array([1.5, 2.0])
    shown = session.at(done).scene.values["landscape"]
    assert landscape(shown).value(point) == pytest.approx(1.5**2 + 3 * np.sin(2.0))


def test_numbers_typed_at_once_go_from_cell_to_cell_with_tab(display: str, tmp_path: Path) -> None:
    driven = Drive(display, tmp_path, "linear_map_2d")
    try:
        driven.do("mousemove", "1110", "156", "click", "1", "type", "--delay", "5", "3\t-2\t1\t-0.5\t")
        driven.do("key", "Escape")
        done = driven.quit()
    finally:
        driven.stop()
    assert session.at(done).scene.values["matrix"] == ((3.0, -2.0), (1.0, -0.5))


def test_formulas_of_any_size_are_drawn(drive: Drive) -> None:
    formulas = ("1/(x^2-y^2)", "(x*y)^-7", "1e308*x")
    drive.do("key", "space", "mousemove", "120", "525", "click", "1")
    for formula in formulas:
        drive.do("key", "ctrl+a", "type", "--delay", "5", formula)
        expected = snapshot(scene("optimizer_race", landscape=formula), SIZE, time=1.0, ui=True)
        drive.becomes(expected[..., :3].astype(int), 8.0, f"the ground is that of {formula}")
    texts = [text for (text,) in actions(drive.quit(), "set_landscape")]
    assert set(formulas) <= set(texts)
    assert texts[-1] == formulas[-1]


def test_the_camera_follows_the_mouse(drive: Drive) -> None:
    before = drive.pause()
    drive.do("mousemove", "500", "580", "mousedown", "1", "mousemove", "560", "580", "mousemove", "620", "560")
    drive.do("mouseup", "1")
    turned = drive.changes(before, PICTURE, 4.0, "the view turns")
    drive.do("mousemove", "600", "300", "click", "4", "click", "4", "click", "4")
    drive.changes(turned, PICTURE, 4.0, "the view comes closer")
    drive.do("mousemove", "600", "300", "mousedown", "3", "mousemove", "640", "330", "mouseup", "3")
    drive.at_rest()
    drive.do("mousemove", "120", "300", "click", "4")  # over a panel, whose list is at its top: the camera keeps out
    drive.do("mousemove", "3", "3", "key", "h")  # away from the list, which says what is under the pointer
    drive.becomes(before, 1.0, "the first view is back")
    done = drive.quit()
    assert not actions(done, "click")
    assert sum(arguments[0] for arguments in actions(done, "orbit")) == pytest.approx(-120 / 720 * 200)
    assert len(actions(done, "zoom")) == 3
    assert actions(done, "pan")


def test_a_name_beside_the_pointer(drive: Drive) -> None:
    before = drive.pause()
    player = Player(scene("optimizer_race"), SIZE)
    free = layout(SIZE).free
    player.resize(SIZE, (free.x, free.y, free.width, free.height))
    start = player.scene.terrain.world_from_domain(np.array(player.scene.values["start"]))  # type: ignore[attr-defined]
    x, y = player.camera.project(start, SIZE).round().astype(int).tolist()
    drive.do("mousemove", str(x), str(y))
    beside = (slice(y - 60, y - 20), slice(x + 30, x + 80))
    panel = np.array(DARK.color("panel")) * 255

    def is_label() -> bool:
        return bool((np.abs(drive.see()[beside] - panel).max(-1) < 16).mean() > 0.4)

    until(is_label, "a label stands beside the pointer")
    drive.do("mousemove", "300", "120")
    drive.becomes(before, 0.5, "the label goes with the pointer")
    drive.quit()


def test_the_camera_follows_a_head_and_the_session_does_the_same(drive: Drive) -> None:
    before = drive.see()
    drive.do("key", "f")
    drive.changes(before, PICTURE, 10.0, "the camera comes near")
    seen = drive.pause()
    done = drive.quit()
    [(key, element)] = actions(done, "follow")
    player = session.at(done)
    followed = player.frame().layer(key)
    assert isinstance(followed, Trail)
    assert followed.name == "Adam"  # the selected lane
    assert player.camera.goal.target == pytest.approx(position_of(followed, element))
    with Stage("optimizer_race", SIZE, ui=True) as stage:
        again = stage.image(player)
    assert np.abs(again[PICTURE][..., :3].astype(int) - seen[PICTURE]).mean() < 1.5


def test_no_input_is_lost_while_a_large_swarm_moves(display: str, tmp_path: Path) -> None:
    driven = Drive(display, tmp_path, "optimizer_swarm", "--set", "count=131072")
    try:
        for x in range(560, 640, 20):  # first: where zooming about the pointer leaves a turning ground, time decides
            driven.do("mousemove", str(x), "330", "click", "1")
        for _ in range(4):  # in bursts, faster than frames are drawn
            driven.do("key", "--delay", "4", *["l"] * 10)
            driven.do("click", "--repeat", "10", "--delay", "4", "4")
            driven.do("key", "--delay", "4", *["t"] * 5)
            driven.do("click", "--repeat", "10", "--delay", "4", "5")
        done = driven.quit()
    finally:
        driven.stop()
    assert [on for (on,) in actions(done, "set_loop")] == [False, True] * 20
    assert [on for (on,) in actions(done, "set_turntable")] == [True, False] * 10
    assert len(actions(done, "zoom")) == 80
    assert len(actions(done, "click")) == 4
    player = session.at(done)
    assert player.playing
    assert player.scene.values["count"] == 131072


def test_the_keyboard(drive: Drive) -> None:
    before = drive.pause()
    drive.do("key", "period")
    drive.do("key", "comma")
    drive.do("key", "F1")
    drive.changes(before, PICTURE, 10.0, "the page of keys is open")
    drive.do("key", "Escape")
    drive.at_rest()
    drive.do("key", "2")
    drive.changes(before, PICTURE, 5.0, "the second preset is shown")
    drive.pause()
    drive.do("key", "s")
    picture = until(lambda: next(drive.folder.glob("optimizer_race-*.png"), None), "a picture is saved")
    with Image.open(picture) as image:
        assert image.size == (2560, 1440)
    done = drive.quit()
    assert actions(done, "step_by") == [(1,), (-1,)]
    assert actions(done, "use_preset") == [("rosenbrock",)]
    assert len(actions(done, "toggle_help")) == 2


def test_the_window_may_change_its_size(drive: Drive) -> None:
    drive.pause()
    window = drive.do("search", "--name", "lossland").split()[0]
    drive.do("windowsize", window, "900", "600")
    until(lambda: drive.see()[650:, :].std() < 1, "the window has shrunk")
    drive.at_rest()
    drive.do("windowsize", window, "1280", "720")
    until(lambda: drive.see()[650:, :].std() > 10, "the timeline is back at the foot of the larger window")
    drive.do("mousemove", "640", "330", "click", "1")
    done = drive.quit()
    assert done.size == SIZE
    assert len(actions(done, "click")) == 1


def test_frames_are_counted_and_timed(display: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lossland", "explore", "optimizer_race", "--frames", "5", "--json", "--orbit"],
        env=environment(display),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    numbers = json.loads(done.stdout)
    assert numbers["frames"] == 5
    assert 0 < numbers["p50_ms"] <= numbers["p95_ms"] <= numbers["max_ms"]
    assert numbers["max_ms"] / 1000 < numbers["seconds"] < 60
    assert numbers["draws"] > 10
    assert numbers["vertices"] > 5000
    assert numbers["renderer"]


def test_a_window_and_pictures_share_a_process(display: str, tmp_path: Path) -> None:
    program = (
        "import lossland as ll\n"
        "from lossland.app import explore\n"
        "for first in range(2):\n"
        "    assert explore('linear_map_2d', frames=2)['frames'] == 2\n"
        "    picture = ll.snapshot('linear_map_2d', (320, 180), ui=True)\n"
        "print(picture.shape)\n"
    )
    for lines in (program, "import lossland as ll; ll.snapshot('linear_map_2d', (320, 180))\n" + program):
        done = subprocess.run(
            [sys.executable, "-c", lines],
            env=environment(display),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout.strip() == "(180, 320, 4)", done.stderr


def test_a_second_window_at_the_same_time_is_refused(display: str, tmp_path: Path) -> None:
    """One window after another may come from any thread."""
    program = """
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from lossland import MachineError, scene
from lossland.app.opening import explore

opened, asked = Event(), Event()

class Waiting(type(scene("vectors"))):
    def frame(self, now):
        opened.set()
        asked.wait(60)
        return super().frame(now)

def told():
    opened.wait(60)
    try:
        return explore("vectors", size=(320, 240), frames=2)["frames"]
    except MachineError as error:
        return str(error)
    finally:
        asked.set()

with ThreadPoolExecutor(2) as pool:
    first = pool.submit(explore, Waiting(), (320, 240), frames=2)
    second = pool.submit(told)
    seen = [first.result()["frames"], second.result(), pool.submit(told).result(), told()]
print(json.dumps(seen))
"""
    said = "A window is open in another thread; close it first, or open this one in a process of its own."
    assert run_program(program, display, tmp_path) == [2, said, 2, 2]


def test_without_a_display_the_way_out_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lossland", "explore"],
        env=environment(None),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "lossland record" in done.stderr
    assert "Traceback" not in done.stderr
