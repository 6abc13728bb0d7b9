"""The window's loop at rest and in trouble: nothing is drawn where nothing changes, and faults are got over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from windows import environment, run_program

from lossland.errors import MachineError
from lossland.render.gl import canvas

PROGRAM = """
import json, sys
import glfw
import numpy as np
from vispy import gloo
from lossland.scenery import library
from lossland.app.window import Window
from lossland.errors import MachineError

seen = {}
with Window(library.scene("linear_map_2d"), (640, 400)) as window:
    from lossland.app.meter import Meter

    meter = Meter(window.canvas, lambda: (window.picture.writing, window.picture.host))
    wait, waits = glfw.wait_events_timeout, []

    def waited(seconds, most=6):
        waits.append((meter.count, window.loop.pace.fineness.name == "REFINED"))
        if sum(done for _, done in waits) >= most:
            glfw.set_window_should_close(window.handle, True)
        wait(min(seconds, 0.05))

    def run(frames=None):
        waits.clear()
        glfw.set_window_should_close(window.handle, False)
        window.run(meter, frames)

    # At rest: drawn, refined once, then only waiting
    glfw.wait_events_timeout = waited
    refined = []
    step = window._refine
    window._refine = lambda: (refined.append(window.loop.pace.fineness.name == "REFINED"), step())
    run()
    seen["drawn"] = meter.count
    seen["drawn while refined"] = len({count for count, done in waits if done})
    seen["refined at rest"] = window.loop.pace.fineness.name == "REFINED"
    seen["refined again"] = any(refined)

    # Minimised: nothing is drawn, and the window comes back
    size = window.loop.size
    window._note_size(window.handle, 0, 0)
    before = meter.count
    run()
    seen["drawn while minimised"] = meter.count - before
    window._note_size(window.handle, *size)
    run(meter.count + 2)
    seen["size afterwards"] = window.loop.size

    # What the overlay says of the last frame, it says while the next one is drawn
    statistics = window._statistics
    told = []
    window._statistics = lambda meter: told.append((meter.draws, meter.vertices)) or statistics(meter)
    window.toggle_statistics()
    run(meter.count + 2)
    seen["told"] = min(told)
    window.toggle_statistics()

    # Another monitor, twice as dense
    window._scale = lambda: 2.0
    run(meter.count + 2)
    seen["scale"] = [window.picture.scale, window.picture.type.scale, window.loop.pointer.scale]
    window._scale = lambda: 1.0
    run(meter.count + 1)

    # Wishes for larger and smaller text
    seen["text"] = []
    for wish in ("larger text", "larger text", "usual text", "smaller text", "usual text"):
        window.player.wish(wish)
        run(meter.count + 1)
        seen["text"].append(window.picture.type.scale)

    # A picture that cannot be drawn, whatever is tried: from the third time on there is a pause after each
    from lossland.app.loop import NAP
    from lossland.app.picture import Picture

    naps, compose, seen["paused"] = [], Picture.compose, []

    def napped(seconds):
        if seconds == NAP:
            naps.append(seconds)
            glfw.set_window_should_close(window.handle, len(naps) == 3)
        else:  # for the next tick
            wait(seconds)

    def broken(*_, **__):
        seen["paused"].append(len(naps))
        glfw.set_window_should_close(window.handle, len(seen["paused"]) == 9)
        raise ValueError("it is broken")

    glfw.wait_events_timeout, Picture.compose = napped, broken
    window.player.touch()
    run()
    glfw.wait_events_timeout, Picture.compose = waited, compose
    run(meter.count + 2)

    # The driver fails once: everything is made again
    def fail(*_, **__):
        raise RuntimeError("OpenGL got errors (periodic check): GL_OUT_OF_MEMORY")

    old = window.picture
    old.compose = fail
    run(meter.count + 3)
    seen["renewed"] = window.picture is not old

    # ... twice: the context is lost for good, and another window goes on with the same player
    compose, failures = Picture.compose, []

    def lose(*arguments, **options):
        if len(failures) < 2:
            failures.append(1)
            raise RuntimeError("OpenGL got errors (Check before draw): GL_CONTEXT_LOST")
        return compose(*arguments, **options)

    Picture.compose = lose
    canvas, player, time = window.canvas, window.player, window.player.time
    run(meter.count + 4)
    seen["failures"] = len(failures)
    seen["another window"] = window.canvas is not canvas
    seen["the same player"] = window.player is player and player.time == time
    seen["said"] = player.messages[-1].text
    seen["drawn again"] = float(np.std(gloo.read_pixels((0, 0, *window.loop.size), alpha=False)))
    seen["draws counted"] = meter.draws
    window.canvas.set_current()

    # ... and every time: it is said in one sentence
    Picture.compose = fail
    try:
        run(meter.count + 5)
    except MachineError as error:
        seen["error"] = str(error)
print(json.dumps(seen))
"""


MOVING = """
import json
import glfw
from lossland.scenery import library
from lossland.app import meter as meters, window as windows
from lossland.app.input import Button, Move

class Clock:
    now = 0.0
    def __call__(self):
        self.now += 0.0005  # every look at it takes half a millisecond
        return self.now

clock = meters.perf_counter = windows.perf_counter = Clock()
seen = {"ticks": [], "waits": [], "changed": 0, "judged": 0}
with windows.Window(library.scene("gradient_descent"), (640, 400)) as window:
    draw = window._draw

    def drawn(*arguments, **options):
        seen["ticks"].append(window.player.tick)
        if len(seen["ticks"]) == 100:
            glfw.set_window_should_close(window.handle, True)
        changed = draw(*arguments, **options)
        seen["changed"] += changed
        return changed

    def judged(seconds, took=window.loop.governor.took):
        seen["judged"] += 1
        took(seconds)

    def waited(seconds):
        seen["waits"].append(seconds)
        clock.now += seconds

    window._draw, glfw.wait_events_timeout, window.loop.governor.took = drawn, waited, judged
    window.player.set_turntable(True)
    meter = meters.Meter(window.canvas)
    window.run(meter)
    seen["usual"], seen["longest"] = meter.result()["p50_ms"], meter.result()["max_ms"]
    glfw.set_window_should_close(window.handle, False)

    # Of pictures that are others than before, the times choose the level, with a graphics card as without
    def told_of(frames):
        seen["changed"] = seen["judged"] = 0
        window.run(meter, meter.count + frames)
        return [seen["changed"], seen["judged"]]

    ticks, seen["moved"] = list(seen["ticks"]), [[seen["changed"], seen["judged"]]]
    window.loop.software = False
    seen["moved"].append(told_of(30))
    window.player.set_turntable(False)
    told_of(10)
    seen["stood"] = [told_of(5)]
    window.loop.software = True
    seen["stood"].append(told_of(5))
    window.player.set_turntable(True)
    seen["ticks"] = ticks

    # The view is turned by hand: a move of the pointer with every tick
    window.input.events += [Move(160, 200), Button(glfw.MOUSE_BUTTON_LEFT, True)]
    refresh, seen["built"], azimuths = window.picture.refresh, [], []

    def built(*arguments):
        seen["built"].append(len(azimuths))
        return refresh(*arguments)

    def dragged(seconds):
        waited(seconds)
        azimuths.append(window.player.camera.goal.azimuth)
        window.input.events.append(Move(left + len(azimuths), height))
        if len(azimuths) == 60:
            glfw.set_window_should_close(window.handle, True)

    def moved(start, at=200):  # the pointer goes right for 60 ticks; the result: at which of them panels were built
        global left, height
        left, height = start, at
        azimuths.clear()
        seen["built"] = []
        glfw.set_window_should_close(window.handle, False)
        window.run(meter)
        return [number for number in seen["built"] if number > 10]

    window.picture.refresh, glfw.wait_events_timeout = built, dragged
    window._draw = draw
    seen["built turning"] = moved(160)
    seen["turned"] = azimuths[-1] - azimuths[0]
    window.input.events.append(Button(glfw.MOUSE_BUTTON_LEFT, False))
    seen["built over the scene"] = moved(100)
    seen["built over a panel"] = moved(400, 375)
    window._draw, window.picture.refresh, glfw.wait_events_timeout = drawn, refresh, waited
    glfw.set_window_should_close(window.handle, False)

    seen["counted"], count = len(seen["waits"]), len(seen["ticks"])
    window.run(meter, meter.count + 30)
    seen["counted"] -= len(seen["waits"])
    seen["counted ticks"] = seen["ticks"][count:]
    seen["ticks"] = seen["ticks"][:count]
print(json.dumps(seen))
"""


TINY = """
import json
import glfw
from lossland.app.meter import Meter
from lossland.app.window import Window
from lossland.scenery import library

seen = []
for size in ((100, 100), (1280, 100), (300, 64)):
    with Window(library.scene("gradient_descent"), size) as window:
        meter = Meter(window.canvas)
        window.run(meter, 3)
        for smaller in ((40, 30), (1, 600), (600, 1), (1, 1), (640, 400)):
            glfw.set_window_size(window.handle, *smaller)
            while tuple(window.loop.size) != smaller:
                window.run(meter, meter.count + 1)
            window.run(meter, meter.count + 2)
            seen.append(list(window.picture.panel_cache.size))
print(json.dumps(seen))
"""


def test_windows_may_be_tiny(display: str, tmp_path: Path) -> None:
    assert run_program(TINY, display, tmp_path) == 3 * [[40, 30], [1, 600], [600, 1], [1, 1], [640, 400]]


RESIZED = """
import json
from vispy import gloo
from lossland.app.meter import Meter
from lossland.app.window import Window
from lossland.render.gl import canvas
from lossland.scenery import library

seen = []
with Window(library.scene("gradient_descent"), (640, 400)) as window:
    window.run(Meter(window.canvas), 5)
    for width, lost in ((600, False), (620, True)):
        if lost:  # as Mesa leaves a buffer of a new size
            with canvas.drawing(window.canvas):
                gloo.clear(color=(0.0, 0.0, 0.0, 1.0))
        window._unshown = True
        window._note_size(window.handle, width, 400)
        window._follow_size()
        seen.append(window._unshown)
print(json.dumps(seen))
"""


def test_a_picture_that_a_new_size_has_emptied_is_not_shown(display: str, tmp_path: Path) -> None:
    assert run_program(RESIZED, display, tmp_path) == [True, False]


PROCESSORS = """
import json, os
import glfw
import lossland as ll
from lossland.scenery import library
from lossland.app.meter import Meter
from lossland.app.window import Window
from lossland.render.gl.threads import drawing_threads

ll.snapshot("linear_map_2d", size=(160, 96))  # with threads of its own

def allowed():
    return [(number, sorted(os.sched_getaffinity(thread))) for thread, number in drawing_threads().items()]

seen = {"all": sorted(os.sched_getaffinity(0)), "drawing": [], "showing": []}
with Window(library.scene("gradient_descent"), (640, 400)) as window:
    draw, swap = window.picture.renderer.draw, glfw.swap_buffers
    window.picture.renderer.draw = lambda *a, **k: (seen["drawing"].append(allowed()), draw(*a, **k))
    glfw.swap_buffers = lambda *a: (seen["showing"].append(allowed()), swap(*a))
    window.player.set_turntable(True)
    window.run(Meter(window.canvas), 30)
seen["closed"] = allowed()
print(json.dumps(seen))
"""


def test_drawing_threads_leave_room_for_the_main_thread(display: str, tmp_path: Path) -> None:
    seen = run_program(PROCESSORS, display, tmp_path)
    whole = seen["all"]
    assert len(seen["drawing"]) >= 30
    assert all(where == whole for _, where in seen["closed"])
    for drawing, showing in zip(seen["drawing"][5:], seen["showing"][5:], strict=False):
        numbers = [number for number, _ in drawing]
        assert numbers.count(0) >= 2  # the window's threads and the picture's
        if len(whole) > 1:
            assert len({tuple(where) for _, where in drawing}) == 1
            assert len(drawing[0][1]) == len(whole) - 1
            for number, where in showing:
                assert len(where) == (1 if number == 0 else len(whole) - 1)


@pytest.fixture
def seen(display: str, tmp_path: Path) -> dict[str, Any]:
    """Return what the program saw."""
    return run_program(PROGRAM, display, tmp_path)


def test_the_loop_rests_and_recovers(seen: dict[str, Any]) -> None:
    assert 0 < seen["drawn"] < 200
    assert seen["drawn while refined"] <= 2  # once more for a tooltip, where the pointer rests on a panel
    assert seen["refined at rest"]
    assert not seen["refined again"]
    assert seen["told"][0] > 5
    assert seen["told"][1] > 100
    assert seen["drawn while minimised"] == 0
    assert seen["size afterwards"] == [640, 400]
    assert seen["scale"] == [2.0, 2.0, 2.0]
    assert seen["text"] == pytest.approx([1.1, 1.2, 1.0, 0.9, 1.0])
    assert seen["paused"] == [0, 0, 0, 1, 2]
    assert seen["renewed"]
    assert seen["failures"] == 2
    assert seen["another window"]
    assert seen["the same player"]
    assert "new window" in seen["said"]
    assert seen["drawn again"] > 5
    assert seen["draws counted"] > 5
    assert "LIBGL_ALWAYS_SOFTWARE" in seen["error"]
    assert "\n" not in seen["error"]


def test_what_moves_is_drawn_once_a_tick(display: str, tmp_path: Path) -> None:
    seen = run_program(MOVING, display, tmp_path)
    settled = seen["ticks"][20:]
    assert settled == list(range(settled[0], settled[0] + len(settled)))
    assert len(seen["waits"]) >= len(settled) - 1
    assert max(seen["waits"]) <= 1 / 60
    for (changed, judged), most in zip(seen["moved"], (100, 30), strict=True):
        assert 0.8 * most <= changed == judged <= most
    assert seen["stood"] == [[0, 0], [0, 0]]
    assert 0.0 < seen["usual"] <= seen["longest"] < 1000 / 60  # waiting belongs to no frame
    # 60 moves turn the view by 60 pixels (the turntable adds its own), and build the panels 8 times a second
    assert seen["turned"] == pytest.approx(-59 / 400 * 200 + 59 * 12 / 60, abs=1.0)
    assert len(seen["built turning"]) <= 50 * 8 / 60 + 1
    assert len(seen["built over the scene"]) <= 50 * 8 / 60 + 1
    assert len(seen["built over a panel"]) >= 49
    assert seen["counted"] == 0
    assert seen["counted ticks"] == list(range(seen["counted ticks"][0], seen["counted ticks"][0] + 30))


# ----------------------------------------------------------------------------------------------- faults of the driver
@pytest.mark.parametrize("version", ["2.1 Mesa 22.3.6", "1.4", "OpenGL ES 2.0", "nonsense"])
def test_an_old_driver_is_named(version: str) -> None:
    with pytest.raises(MachineError, match=r"needs 3\.0") as caught:
        canvas.check({"version": version, "renderer": "Old Card"})
    assert "Old Card" in str(caught.value)


@pytest.mark.parametrize("version", ["3.0", "4.5 (Compatibility Profile) Mesa 22.3.6", "3.3.0 NVIDIA 550.54"])
def test_a_new_one_is_taken(version: str) -> None:
    canvas.check({"version": version, "renderer": "New Card"})


def test_a_refused_shader_is_one_sentence() -> None:
    canvas.headless().set_current()
    from vispy import gloo

    broken = gloo.Program("attribute vec2 p; void main() { gl_Position = vec4(p, 0., 1.); }", "void main() { oops }")
    broken["p"] = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    with pytest.raises(MachineError, match="refuses a shader") as caught, canvas.faults():
        broken.draw("triangles")
    assert "\n" not in str(caught.value)
    assert "oops" in str(caught.value) or "syntax error" in str(caught.value)


def test_faults_of_our_own_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="mine"), canvas.faults():
        raise RuntimeError("mine")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"MESA_GL_VERSION_OVERRIDE": "2.1"}, "needs 3.0"),
        ({"MESA_EXTENSION_OVERRIDE": "-GL_ARB_framebuffer_object"}, "needs 3.0"),
        ({"__EGL_VENDOR_LIBRARY_DIRS": "/nonexistent", "LIBGL_DRIVERS_PATH": "/nonexistent"}, "libgl1-mesa-dri"),
    ],
)
def test_bad_drivers_in_earnest(what: dict[str, str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lossland", "shot", "linear_map_2d", "-o", "x.png"],
        env=environment(None) | what,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert said in done.stderr


def test_a_display_without_opengl_is_named(display: str, tmp_path: Path) -> None:
    nowhere = {"__EGL_VENDOR_LIBRARY_DIRS": "/nonexistent", "LIBGL_DRIVERS_PATH": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-m", "lossland", "explore", "linear_map_2d", "--frames", "1"],
        env=environment(display) | nowhere,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    ours = [line for line in done.stderr.splitlines() if line.startswith("lossland: ")]
    assert len(ours) == 1
    assert "no window with OpenGL" in ours[0]


def test_pictures_from_a_thread_while_a_window_runs(display: str, tmp_path: Path) -> None:
    script = """
import hashlib, threading
import lossland as ll
from lossland.app import explore

def picture():
    return hashlib.sha256(ll.snapshot("linear_map_2d", size=(160, 96), time=1.0).tobytes()).hexdigest()

def work():
    while len(found) < 8:
        found.append(picture())

picture()
found = []
thread = threading.Thread(target=work)
thread.start()
while not found:
    pass
assert explore("optimizer_race", size=(640, 400), frames=60)["frames"] == 60
thread.join()
assert len({*found, picture()}) == 1, found
assert explore("linear_map_2d", size=(640, 400), frames=5)["frames"] == 5
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(display),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
