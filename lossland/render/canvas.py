"""Where the GL context comes from: EGL with no window at all, or a GLFW window. The only place that asks vispy.app.

A process uses one of the two; everything above draws the same way into either.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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
NO_GL_WINDOW = (
    "This display gives no window with OpenGL ({reason}); update the driver, or install Mesa's software driver "
    "(Debian: apt-get install libegl1 libgl1 libgl1-mesa-dri)."
)
NO_OPENGL = (0x10006, 0x10007, 0x10009)  # what GLFW says where there is no OpenGL, an old one, or no such picture

TOO_OLD = (
    "The graphics driver offers OpenGL {version} ({renderer}), and lossland needs {least} or newer; update the driver, "
    "or draw on the processor: set LIBGL_ALWAYS_SOFTWARE=1."
)
BAD_SHADER = (
    "The graphics driver ({renderer}, OpenGL {version}) refuses a shader: {reason}. If no file in shaders/ was "
    "changed, update the driver, or draw on the processor: set LIBGL_ALWAYS_SOFTWARE=1."
)
GL_FAILED = (
    "The graphics driver ({renderer}) failed: {reason}. Close other programs that use the GPU, or draw on the "
    "processor: set LIBGL_ALWAYS_SOFTWARE=1."
)
_KNOWN = {"renderer": "unknown", "version": "unknown"}  # of the last context made: a lost one cannot be asked
PLATFORM = "PYOPENGL_PLATFORM"  # read when PyOpenGL is imported (by the panels)
ERRORS = "PYOPENGL_ERROR_CHECKING"  # after every call of PyOpenGL's; vispy asks the driver at every draw anyway
LEAST = (3, 0)  # framebuffers, float textures and vertex array objects belong to it


class GraphicsFailure(MachineError):
    """The driver reported an error while drawing: the context may be lost."""


@contextmanager
def faults() -> Iterator[None]:
    """Turn what vispy and the driver say of a failure within the block into one sentence, as a MachineError."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        known = ("Shader compilation error", "Program linking error", "Program validation error")
        if text.startswith(known):
            # vispy's report: a title, then for each error the line of the driver and the source around it
            lines = [line.strip() for line in text.splitlines()[1:] if line.strip()]
            reason = lines[0].rstrip(".") if lines else text.strip()
            raise MachineError(BAD_SHADER.format(reason=reason, **_KNOWN)) from error
        if text.startswith("OpenGL got errors"):
            raise GraphicsFailure(GL_FAILED.format(reason=_first_line(error), **_KNOWN)) from error
        raise


@cache
def headless() -> Any:
    """Return this process's canvas without a window, its GL context current. Draw into a ``Target``.

    Where a window came first and chose GLX, it is a window that is never shown.
    """
    os.environ.setdefault("EGL_PLATFORM", "surfaceless")  # read when vispy's EGL backend is imported
    os.environ.setdefault(ERRORS, "0")
    try:
        if os.environ.setdefault(PLATFORM, "egl") == "glx":
            canvas = _glfw_canvas("lossland", (16, 16), egl=False, show=False)
        else:
            from vispy import app

            canvas = app.Canvas(app=app.Application("egl"), size=(16, 16), show=False)
    except Exception as error:  # vispy wraps whatever the driver said in plain RuntimeError or worse
        raise MachineError(NO_GL.format(reason=_first_line(error))) from error
    return _made(canvas)


def window(title: str, size: tuple[int, int], fullscreen: bool = False, vsync: bool = True) -> Any:
    """Open a GLFW window of a size in screen units and return its canvas, the GL context current.

    See ``glfw_handle`` for the GLFW window; the framebuffer may be larger than ``size`` on dense displays.
    """
    with warnings.catch_warnings(record=True) as said:  # GLFW says in warnings what vispy does not pass on
        warnings.simplefilter("always")
        try:
            canvas = _glfw_canvas(title, size, egl=_window_uses_egl(), fullscreen=fullscreen, vsync=vsync)
        except Exception as error:
            found = re.search(r"\((\d+)\) b?['\"]?(.*?)['\"]?$", str(said[-1].message)) if said else None
            if found and int(found[1]) in NO_OPENGL:
                raise MachineError(NO_GL_WINDOW.format(reason=found[2])) from error
            raise MachineError(NO_DISPLAY.format(reason=found[2] if found else _first_line(error))) from error
    return _made(canvas)


def _made(canvas: Any) -> Any:
    from lossland.render.driver import Parser

    canvas.events.ignore_callback_errors = False
    canvas.context.shared.parser = Parser()
    canvas.set_current()
    _KNOWN.update(description())
    check(_KNOWN)
    return canvas


def _glfw_canvas(title: str, size: tuple[int, int], egl: bool, show: bool = True, **options: bool) -> Any:
    import glfw
    from vispy import app

    if glfw.init():
        glfw.window_hint(glfw.CONTEXT_CREATION_API, glfw.EGL_CONTEXT_API if egl else glfw.NATIVE_CONTEXT_API)
    return app.Canvas(
        app=app.Application("glfw"),
        title=title,
        size=size,
        show=show,
        resizable=True,
        config={"depth_size": 24, "double_buffer": True},
        **options,
    )


def _window_uses_egl() -> bool:
    """Whether a window's context comes from EGL: where this process's pictures do, and under Wayland.

    PyOpenGL is told once for a process. Where there is a choice it is X11's own GLX: Mesa's software driver hands
    its pictures over through shared memory there, and through a socket with EGL, which takes 4 ms more a frame.
    """
    import glfw

    os.environ.setdefault(ERRORS, "0")
    if sys.platform != "linux":
        return False
    on_x11 = glfw.init() and glfw.get_platform() == glfw.PLATFORM_X11
    return os.environ.setdefault(PLATFORM, "glx" if on_x11 else "egl") == "egl"


def glfw_handle(canvas: Any) -> Any:
    """Return the GLFW window behind a canvas from ``window``."""
    return canvas._backend._id


def keeps_pictures(canvas: Any) -> bool:
    """Whether a window's back buffer still holds what was drawn into it after it was shown, as software drivers' do.

    Nothing promises it, so it is tried out, on two pixels in a corner.
    """
    from vispy import gloo

    canvas.set_current()
    for place in range(2):
        gloo.set_state(scissor_test=True)
        gloo.set_scissor(place, 0, 1, 1)
        gloo.clear(color=(0.2, 0.4, 0.6 + 0.2 * place, 1.0))
        gloo.set_state(scissor_test=False)
        gloo.flush()
        canvas.swap_buffers()
    seen = gloo.read_pixels((0, 0, 2, 1), alpha=False, out_type="unsigned_byte").reshape(2, 3)
    return bool((abs(seen.astype(int) - [[51, 102, 153], [51, 102, 204]]) <= 1).all())


def description() -> dict[str, str]:
    """Return vendor, renderer and version of the current GL context."""
    from vispy import gloo

    gl: Any = gloo.gl
    names = {"vendor": gl.GL_VENDOR, "renderer": gl.GL_RENDERER, "version": gl.GL_VERSION}
    return {name: str(gl.glGetParameter(number)) for name, number in names.items()}


def check(described: dict[str, str]) -> None:
    """Raise MachineError if a context with this description is too old to draw with."""
    found = re.match(r"(?:OpenGL ES )?(\d+)\.(\d+)", described["version"])
    if found is None or (int(found[1]), int(found[2])) < LEAST:
        least = ".".join(map(str, LEAST))
        raise MachineError(TOO_OLD.format(**described, least=least))


def is_software() -> bool:
    """Whether the current context draws on the CPU."""
    renderer = description()["renderer"].lower()
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swrast", "swiftshader", "software"))


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__
