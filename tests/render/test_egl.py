"""What draws pictures without a window: EGL's devices, the choice among them, several contexts, several threads."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland import doctor
from lossland.cli import main
from lossland.errors import MachineError, UserError
from lossland.render.gl import canvas, egl
from lossland.render.gl.egl import Device, Trouble

SIZE = (160, 96)
EVERY_EXTENSION = (
    "EGL_EXT_device_enumeration EGL_EXT_device_query EGL_EXT_platform_device EGL_MESA_platform_surfaceless"
)
CARDS = (  # as a server with two NVIDIA cards, another card and Mesa might list them
    Device(0, 1000, software=True),
    Device(1, 1001, software=False),
    Device(2, 1002, software=False, cuda=1),
    Device(3, 1003, software=False, cuda=0),
)

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a function that sets what EGL says of its devices and extensions."""

    def set_machine(devices: tuple[Device, ...], extensions: str = EVERY_EXTENSION) -> None:
        monkeypatch.setattr(egl, "devices", lambda: devices)
        monkeypatch.setattr(egl, "client_extensions", lambda: set(extensions.split()))
        monkeypatch.setattr(canvas, "_HEADLESS", {})
        monkeypatch.delenv(egl.FORCED, raising=False)

    return set_machine


def numbers(choice: str, cuda: int | None = None) -> list[int | str]:
    """Return the devices that are tried for a choice, and the platforms by name."""
    return [source.name if source.device is None else source.device.index for source in egl.sources(choice, cuda)]


def test_a_graphics_card_comes_first_and_the_one_that_computes_before_others(machine: Machine) -> None:
    machine(CARDS)
    rest: list[int | str] = [0, "Mesa without a surface", "EGL's default display"]
    assert numbers("auto", cuda=0) == [3, 2, 1, *rest]
    assert numbers("auto", cuda=1) == [2, 3, 1, *rest]
    assert numbers("auto") == [2, 3, 1, *rest]
    assert egl.sources("auto", cuda=1)[0].why == "it is the graphics card that computes"


def test_software_and_numbers_leave_no_choice(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(CARDS)
    assert numbers("software", cuda=0) == [0, "Mesa without a surface"]
    assert numbers("2") == [2]
    assert numbers("4") == []
    monkeypatch.setenv(egl.FORCED, "1")
    assert numbers("auto", cuda=0) == [0, "Mesa without a surface", "EGL's default display"]
    assert numbers("3", cuda=0) == [3]


def test_where_devices_are_not_listed_platforms_are_left(machine: Machine) -> None:
    machine((), "EGL_MESA_platform_surfaceless")
    assert numbers("auto") == ["Mesa without a surface", "EGL's default display"]
    assert numbers("software") == ["Mesa without a surface"]
    machine((), "")
    assert numbers("auto") == ["EGL's default display"]
    assert numbers("software") == []


def picture(gl: str | None = None) -> str:
    return hashlib.sha256(ll.snapshot("linear_map_2d", size=SIZE, time=1.0, gl=gl).tobytes()).hexdigest()


def software_device() -> int:
    return next(device.index for device in egl.devices() if device.software)


def test_two_contexts_draw_the_same_picture() -> None:
    number = str(software_device())
    first, second = canvas.headless("software"), canvas.headless(number)
    assert first is not second
    assert first is canvas.headless("software")
    with ll.Stage("linear_map_2d", SIZE, gl="software") as one, ll.Stage("linear_map_2d", SIZE, gl=number) as other:
        for time in (0.0, 0.7, 2.0):
            assert np.array_equal(one.render(time=time), other.render(time=time))


def test_without_enumeration_the_same_picture_is_drawn(machine: Machine) -> None:
    usual = picture("software")
    machine((), "EGL_MESA_platform_surfaceless")
    assert picture("auto") == picture("software") == usual
    source = canvas.headless("auto")
    assert isinstance(source, canvas.Offscreen)
    assert source.source.name == "Mesa without a surface"


def test_without_enumeration_there_are_no_numbers(machine: Machine) -> None:
    machine((), "EGL_MESA_platform_surfaceless")
    with pytest.raises(MachineError, match="does not list its devices"):
        picture("0")


def test_a_device_that_does_not_draw_is_passed_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, good = picture("software"), next(device for device in egl.devices() if device.software)
    broken = Device(7, 0, software=False, cuda=0)  # no handle: EGL refuses it in earnest
    machine((broken, good))
    monkeypatch.setattr(canvas, "_HEADLESS", {})
    assert picture("auto") == usual
    with pytest.raises(MachineError, match="device 7: eglGetPlatformDisplayEXT fails"):
        picture("7")


def test_software_must_be_software(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(egl.devices())
    monkeypatch.setattr(canvas, "is_software", lambda: False)
    with pytest.raises(MachineError, match="does not draw on the processor"):
        picture("software")


def test_a_number_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"There is no EGL device 99 to draw on; there is 0.* \(`lossland doctor`"):
        picture("99")
    monkeypatch.setenv(canvas.VARIABLE, "99")
    with pytest.raises(UserError, match="no EGL device 99"):
        picture()


@pytest.mark.parametrize("text", ["card", "-1", "1.0", "auto,software", "²", "9" * 5000])
def test_nonsense_is_refused_before_anything_is_drawn(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="auto, software or the number of a device"):
        ll.Stage("linear_map_2d", gl=text)
    monkeypatch.setenv(canvas.VARIABLE, text)
    with pytest.raises(UserError, match="LOSSLAND_GL: what draws is auto, software"):
        ll.Stage("linear_map_2d")


@pytest.mark.parametrize("gl", [True, 1.0, b"0", ["0"]])
def test_what_is_neither_text_nor_a_number_is_refused(gl: Any) -> None:
    with pytest.raises(UserError, match="auto, software or the number of a device"):
        ll.Stage("linear_map_2d", gl=gl)


def test_a_number_may_be_a_number() -> None:
    assert picture("software") == hashlib.sha256(
        ll.snapshot("linear_map_2d", size=SIZE, time=1.0, gl=software_device()).tobytes()
    ).hexdigest()  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), [("", "auto"), (" Software ", "software"), ("0", "0"), ("007", "7")])
def test_the_variable_is_read_leniently(text: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(canvas.VARIABLE, text)
    assert canvas.checked(None) == meant
    assert canvas.checked("software") == "software"  # what is said goes before what is set


def test_no_libegl_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise Trouble("there is no libEGL")

    monkeypatch.setattr(egl, "_library", none)
    egl._function.cache_clear()
    monkeypatch.setattr(canvas, "_HEADLESS", {})
    monkeypatch.setattr(canvas, "_CANVASES", set())
    with pytest.raises(MachineError, match=r"there is no libEGL\); install EGL"):
        picture("auto")
    egl._function.cache_clear()
    assert canvas.devices() == []


# --------------------------------------------------------------------------------------------------- doctor, commands


def test_doctor_lists_devices_and_says_which_is_taken() -> None:
    report = doctor.report("software")
    rows = {row["index"]: row for row in report["gl_devices"]}
    row = rows[software_device()]
    assert row["software"]
    assert row["cuda"] is None
    assert "llvmpipe" in row["renderer"]
    assert {"vendor", "version"} <= set(row)
    assert [index for index, row in rows.items() if row["taken"]] == [software_device()]
    assert report["gl"]["device"] == software_device()
    assert report["gl"]["why"] == "drawing on the processor was asked for"


def test_doctor_tells_of_a_device_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--gl", "99", "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert "no EGL device 99" in found["gl"]["error"]
    assert found["gl_devices"]
    assert not any(row["taken"] for row in found["gl_devices"])


def test_doctor_tells_why_a_device_is_of_no_use(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine((Device(0, 0, software=False, cuda=0), *egl.devices()))
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("gl device 0" in line and "fails" in line and "CUDA device 0" in line for line in lines)
    assert any("llvmpipe" in line and "draws pictures" in line for line in lines)


@pytest.mark.parametrize(
    ("command", "code"), [(["--gl", "software"], 0), (["--gl", "0"], 0), (["--gl", "99"], 2), (["--gl", "x"], 2)]
)
def test_shot_takes_the_option(command: list[str], code: int, tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    assert main(["shot", "linear_map_2d", "--size", "96x64", "-o", str(file), *command]) == code
    assert file.exists() == (code == 0)


def test_record_takes_the_option(tmp_path: Path) -> None:
    file = tmp_path / "x.gif"
    words = ["record", "linear_map_2d", "--size", "96x64", "--fps", "10", "--seconds", "0.2", "-o", str(file)]
    assert main([*words, "--gl", "99"]) == 2
    assert not file.exists()
    assert main([*words, "--gl", "software"]) == 0
    assert file.exists()


# -------------------------------------------------------------------------------- processes of their own: who is first


def run(script: str, **variables: str) -> Any:
    """Run a script that prints JSON, with no display and nothing imported before, and return what it prints."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "PYOPENGL_PLATFORM", "EGL_PLATFORM", "LOSSLAND_GL")
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PICTURE + script],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


PICTURE = """
import hashlib, json, os, sys, threading
def picture(gl=None):
    import lossland as ll
    image = ll.snapshot("linear_map_2d", size=(160, 96), time=1.0, gl=gl)
    return hashlib.sha256(image.tobytes()).hexdigest()
"""


def test_threads_draw_the_same_picture() -> None:
    found = run(
        """
def work(gl):
    for _ in range(3):
        found.append(picture(gl))
found = []
threads = [threading.Thread(target=work, args=(gl,)) for gl in ("software", "0", "software", "auto")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(found + [picture()]))
"""
    )
    assert found == [picture("software")] * 13


@pytest.mark.parametrize("platform", ["", "glx", "egl", "nonsense"])
def test_who_imported_pyopengl_first_does_not_matter(platform: str) -> None:
    assert run("import OpenGL.GL\nprint(json.dumps(picture()))", PYOPENGL_PLATFORM=platform) == picture("software")


@pytest.mark.parametrize("value", ["x11", "nonsense"])
def test_variables_meant_for_others_do_not_matter(value: str) -> None:
    found = run("print(json.dumps(picture()))", PYOPENGL_PLATFORM=value, EGL_PLATFORM=value)
    assert found == picture("software")


def test_a_pyopengl_that_cannot_be_used_is_named() -> None:
    said = run(
        """
import OpenGL.platform
import lossland
try:
    print(json.dumps(picture()))
except lossland.MachineError as error:
    print(json.dumps(str(error)))
""",
        PYOPENGL_PLATFORM="osmesa",
    )
    assert "PYOPENGL_PLATFORM=osmesa" in said
    assert "remove that variable" in said


def test_a_child_that_was_forked_after_drawing_is_told() -> None:
    said = run(
        """
import warnings
import lossland
picture()
ends, begins = os.pipe()
warnings.simplefilter("ignore")  # newer Pythons warn of forking with threads
if not os.fork():
    try:
        said = picture()
    except lossland.MachineError as error:
        said = str(error)
    os.write(begins, said.encode())
    os._exit(0)
os.wait()
print(json.dumps(os.read(ends, 4096).decode()))
"""
    )
    assert "forked" in said
    assert "spawn" in said


def test_children_that_were_forked_end_and_are_told_whatever_the_parent_held() -> None:
    found = run(
        """
import warnings
import lossland
warnings.simplefilter("ignore")

def child(work):
    ends, begins = os.pipe()
    if not os.fork():
        try:
            work()
            said = "done"
        except lossland.MachineError as error:
            said = str(error)
        os.write(begins, said.encode())
        os.close(begins)
        sys.exit(0)  # with all that happens when a process ends
    os.close(begins)
    os.wait()
    return os.read(ends, 4096).decode()

said = []
with lossland.Stage("linear_map_2d", (96, 64)) as stage:
    stage.render()
    said.append(child(stage.render))
    said.append(child(lambda: stage.__exit__(None, None, None)))
    stage.render()
said.append(child(lambda: None))

stop = threading.Event()
def work():
    while not stop.is_set():
        picture()
thread = threading.Thread(target=work)
thread.start()
said += [child(picture) for _ in range(3)]
stop.set()
thread.join()
print(json.dumps(said))
"""
    )
    assert [found[1], found[2]] == ["done", "done"]
    assert all("forked" in said for said in (found[0], *found[3:]))


def test_a_picture_within_a_picture_is_refused() -> None:
    class Nested(ll.Scene):
        title = "Nested"
        drawn = 0

        def frame(self, time: float) -> ll.Frame:
            self.drawn += 1
            if self.drawn > 1:
                ll.snapshot("linear_map_2d", SIZE)
            return ll.Frame([])

    with ll.Stage(Nested(), SIZE) as stage:
        stage.player.touch()  # its picture is asked for again in the middle of the drawing
        with pytest.raises(UserError, match="cannot be drawn while another one is"):
            stage.render()
    before = picture("software")
    with ll.Stage("linear_map_2d", SIZE) as stage:
        stage.render(time=0.2)
        assert picture("software") == before  # between two pictures of a stage there is none in the making
        stage.render(time=0.4)


def test_threads_may_share_a_stage() -> None:
    from concurrent.futures import ThreadPoolExecutor

    times = [0.0, 0.5, 1.0, 2.0] * 3
    with ll.Stage("linear_map_2d", SIZE) as stage:
        alone = {time: stage.render(time=time).tobytes() for time in times}
        canvas._release()  # the tests' own context, so that other threads can have it
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda time: stage.render(time=time).tobytes(), times))
    canvas.headless().set_current()
    assert together == [alone[time] for time in times]


def test_a_card_that_draws_on_the_processor_is_the_last_choice(machine: Machine) -> None:
    real = next(device for device in egl.devices() if device.software)
    pretends = Device(3, real.handle, software=False)
    machine((pretends, real))
    chosen = canvas.headless("auto")
    assert isinstance(chosen, canvas.Offscreen)
    assert chosen.source.device == real


def test_a_child_that_was_forked_before_drawing_draws() -> None:
    found = run(
        """
import warnings
import lossland.app.stage
warnings.simplefilter("ignore")
ends, begins = os.pipe()
if not os.fork():
    os.write(begins, picture().encode())
    os._exit(0)
os.wait()
print(json.dumps(os.read(ends, 4096).decode()))
"""
    )
    assert found == picture("software")
