"""GL settings that come from outside: a picture is drawn all the same, or one sentence names the setting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commands import ENVIRONMENT, run
from PIL import Image

import lossland as ll
from lossland.render.gl import egl

SETTINGS = [
    "PYOPENGL_PLATFORM=glx",
    "PYOPENGL_ERROR_CHECKING=1",
    "EGL_PLATFORM=x11",
    "LIBGL_ALWAYS_INDIRECT=1",
    "LIBGL_DRIVERS_PATH=/nonexistent",
    "GALLIUM_DRIVER=softpipe",
    "MESA_LOADER_DRIVER_OVERRIDE=nonsense",
    "MESA_GL_VERSION_OVERRIDE=2.1",
    "MESA_GLSL_VERSION_OVERRIDE=120",
    "__EGL_VENDOR_LIBRARY_DIRS=/nonexistent",
    "VISPY_GL_LIB=/nonexistent.so",
    "DISPLAY=:77",
]
MORE_SETTINGS = [
    "PYOPENGL_PLATFORM=osmesa",
    "PYOPENGL_PLATFORM=egl",
    "PYOPENGL_PLATFORM=nonsense",
    "PYOPENGL_PLATFORM=",
    "EGL_PLATFORM=wayland",
    "EGL_PLATFORM=gbm",
    "EGL_PLATFORM=device",
    "EGL_PLATFORM=nonsense",
    "EGL_PLATFORM=",
    "LIBGL_ALWAYS_SOFTWARE=1",
    "GALLIUM_DRIVER=nonsense",
    "__EGL_VENDOR_LIBRARY_FILENAMES=/nonexistent.json",
    "__GLX_VENDOR_LIBRARY_NAME=nonsense",
    "PYGLFW_LIBRARY=/nonexistent.so",
    "DISPLAY=nonsense",
    "WAYLAND_DISPLAY=nonsense",
]


@pytest.mark.parametrize(
    "setting", [*SETTINGS, *(pytest.param(more, marks=pytest.mark.fuzz) for more in MORE_SETTINGS)]
)
def test_a_setting_is_survived_or_named(tmp_path: Path, setting: str) -> None:
    name, _, value = setting.partition("=")
    end = run("shot", "linear_map_2d", "--size", "64x64", "--ui", "-o", "a.png", cwd=tmp_path, env={name: value})
    assert "Traceback" not in end.err
    assert "fault of lossland" not in end.err
    sentences = [line for line in end.err.splitlines() if line.startswith("lossland: ")]
    if end.code == 0:
        assert all(name in sentence for sentence in sentences)
        with Image.open(tmp_path / "a.png") as picture:
            assert len(picture.getcolors(64 * 64) or ()) > 100
    else:
        assert end.code == 1
        assert len(sentences) == 1
        assert name in sentences[0]


SURFACELESS = "import os; os.environ['EGL_PLATFORM'] = 'surfaceless'; os.environ['PYOPENGL_PLATFORM'] = 'egl'; "
FIRST = {  # what another library, or the user, has done before
    "OpenGL": "import OpenGL.GL",
    "OpenGL with EGL": "import os; os.environ['PYOPENGL_PLATFORM'] = 'egl'; import OpenGL.GL",
    "OpenGL with GLX": "import os; os.environ['PYOPENGL_PLATFORM'] = 'glx'; import OpenGL.GL",
    "OpenGL.EGL": "import OpenGL.EGL",
    "PyOpenGL with its checks": "import OpenGL; OpenGL.ERROR_CHECKING = True; import OpenGL.GL",
    "vispy": "import vispy",
    "vispy.gloo": "from vispy import gloo",
    "vispy.gloo through PyOpenGL": "from vispy import gloo; gloo.gl.use_gl('pyopengl2')",
    "vispy's EGL": SURFACELESS + "from vispy import app; app.use_app('egl')",
    "vispy's canvas": SURFACELESS
    + "from vispy import app; app.use_app('egl'); canvas = app.Canvas(size=(32, 32), show=False)",
    "vispy's GLFW": "from vispy import app; app.use_app('glfw')",
    "vispy's log": "import vispy; vispy.set_log_level('debug')",
    "glfw": "import glfw; glfw.init()",
    "imgui": "from imgui_bundle import imgui; imgui.create_context()",
}
PICTURE = """
import lossland as ll
image = ll.snapshot("linear_map_2d", size=(96, 64), ui=True)
assert image.shape == (64, 96, 4) and len(set(image.reshape(-1, 4)[:, 0].tolist())) > 20
"""


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
def test_others_may_come_first(tmp_path: Path, first: str) -> None:
    """A picture, or a MachineError that names what is in the way: another choice of PyOpenGL's for the process."""
    words = [sys.executable, "-W", "ignore", "-c", first + PICTURE]
    ran = subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    last = ran.stderr.strip().splitlines()[-1:] if ran.returncode else []
    assert last == [] or ("MachineError" in last[0] and "PYOPENGL_PLATFORM" in last[0]), ran.stderr


def test_a_context_of_others_is_put_aside_and_current_again() -> None:
    other = egl.Context(egl.sources("software")[0])
    other.make_current()
    try:
        assert ll.snapshot("sphere", size=(96, 64)).std() > 5
        assert other.is_current
    finally:
        other.close()


OTHER_WINDOW = """
import glfw
glfw.init()
glfw.window_hint(glfw.VISIBLE, 0)
other = glfw.create_window(64, 64, "other", None, None)
glfw.make_context_current(other)
"""
STILL = "assert bool(glfw.get_current_context())\n"


def test_a_window_of_others_keeps_its_context(tmp_path: Path, display: str) -> None:
    words = [sys.executable, "-W", "ignore", "-c", OTHER_WINDOW + PICTURE + STILL]
    environment = {**ENVIRONMENT, "DISPLAY": display}
    ran = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
