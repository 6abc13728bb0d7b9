"""Where the GL context comes from: EGL with no window at all, or a GLFW window. The only place that asks vispy.app.

A process uses one of the two; everything above draws the same way into either.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

from lossland.errors import MachineError

NO_GL = (
    "OpenGL could not be started without a window ({reason}); install EGL and Mesa's software driver "
    "(Debian: apt-get install libegl1 libgl1 libgl1-mesa-dri libfontconfig1)."
)
NO_DISPLAY = (
    "No window could be opened ({reason}); without a display, make pictures with `lossland shot` "
    "or films with `lossland record`."
)


@cache
def headless() -> Any:
    """Return this process's canvas without a window, its GL context current. Draw into a ``Target``."""
    os.environ.setdefault("EGL_PLATFORM", "surfaceless")  # read when vispy's EGL backend is imported
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")  # read when PyOpenGL is imported (by the panels)
    try:
        from vispy import app

        canvas = app.Canvas(app=app.Application("egl"), size=(16, 16), show=False)
    except Exception as error:  # vispy wraps whatever the driver said in plain RuntimeError or worse
        raise MachineError(NO_GL.format(reason=_first_line(error))) from error
    canvas.events.ignore_callback_errors = False
    canvas.set_current()
    return canvas


def window(title: str, size: tuple[int, int], fullscreen: bool = False, vsync: bool = True) -> Any:
    """Open a GLFW window of a size in screen units and return its canvas, the GL context current.

    See ``glfw_handle`` for the GLFW window; the framebuffer may be larger than ``size`` on dense displays.
    """
    try:
        try:
            canvas = _open_window(title, size, fullscreen, vsync, _prefer_egl())
        except Exception:
            if "OpenGL" in sys.modules or os.environ.pop("PYOPENGL_PLATFORM", "") != "egl":
                raise
            canvas = _open_window(title, size, fullscreen, vsync, egl=False)
    except Exception as error:
        raise MachineError(NO_DISPLAY.format(reason=_first_line(error))) from error
    canvas.events.ignore_callback_errors = False
    canvas.set_current()
    return canvas


def _open_window(title: str, size: tuple[int, int], fullscreen: bool, vsync: bool, egl: bool) -> Any:
    import glfw
    from vispy import app

    if glfw.init():
        glfw.window_hint(glfw.CONTEXT_CREATION_API, glfw.EGL_CONTEXT_API if egl else glfw.NATIVE_CONTEXT_API)
    return app.Canvas(
        app=app.Application("glfw"),
        title=title,
        size=size,
        show=True,
        resizable=True,
        fullscreen=fullscreen,
        vsync=vsync,
        config={"depth_size": 24, "double_buffer": True},
    )


def _prefer_egl() -> bool:
    """Whether windows should use EGL too: on Linux, as PyOpenGL is told once for a process's pictures and windows."""
    return sys.platform == "linux" and os.environ.setdefault("PYOPENGL_PLATFORM", "egl") == "egl"


def glfw_handle(canvas: Any) -> Any:
    """Return the GLFW window behind a canvas from ``window``."""
    return canvas._backend._id


def description() -> dict[str, str]:
    """Return vendor, renderer and version of the current GL context."""
    from vispy import gloo

    gl: Any = gloo.gl
    names = {"vendor": gl.GL_VENDOR, "renderer": gl.GL_RENDERER, "version": gl.GL_VERSION}
    return {name: str(gl.glGetParameter(number)) for name, number in names.items()}


def is_software() -> bool:
    """Whether the current context draws on the CPU."""
    renderer = description()["renderer"].lower()
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swrast", "swiftshader", "software"))


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__
