"""Where the GL context comes from: EGL without a window, or a GLFW window. The only module that imports vispy.app.

Everything above draws the same way into either, within ``drawing``, which lets one thread at a time draw.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import RLock, local
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from lossland.errors import MachineError, UserError
from lossland.render.gl import egl, foreign

if TYPE_CHECKING:
    from vispy import app
    from vispy.gloo.context import GLContext

VARIABLE = "LOSSLAND_GL"  # what draws pictures without a window, where no --gl says so

NO_GL = (
    "OpenGL could not be started without a window ({reason}); install EGL and Mesa's software driver "
    "(Debian: apt-get install libegl1 libgl1 libgl1-mesa-dri libfontconfig1)."
)
NO_DEVICES = (
    "EGL does not list its devices here (it lacks EGL_EXT_device_enumeration, or there is no driver at all), so none "
    "can be chosen by number; say auto or software."
)
NESTED = (
    "A picture cannot be drawn while another one is: what a scene computes must not call snapshot, record or a Stage; "
    "draw that picture before."
)
FORKED = (
    "Pictures cannot be drawn in a process that was forked from one that has drawn; start a new one instead "
    '(multiprocessing.get_context("spawn")).'
)
NO_PYOPENGL = (
    "PyOpenGL cannot be used here ({reason}): another library imported it with {variable}={value}; remove that "
    "variable, or set it to egl."
)
NO_DISPLAY = (
    "No window could be opened ({reason}); without a display, make pictures with `lossland shot` "
    "or films with `lossland record`."
)
NO_GL_WINDOW = (
    "This display gives no window with OpenGL ({reason}); update the driver, or install Mesa's software driver "
    "(Debian: apt-get install libegl1 libgl1 libgl1-mesa-dri)."
)
NO_OPENGL = (0x10006, 0x10007, 0x10009)  # GLFW's codes for no OpenGL, an old one, or no such framebuffer

ON_PROCESSOR = "set LOSSLAND_GL=software for pictures, LIBGL_ALWAYS_SOFTWARE=1 for windows."
TOO_OLD = (
    "The graphics driver offers OpenGL {version} ({renderer}), and lossland needs {least} or newer; update the driver, "
    "or draw on the processor: " + ON_PROCESSOR
)
BAD_SHADER = (
    "The graphics driver ({renderer}, OpenGL {version}) refuses a shader: {reason}. If no file in shaders/ was "
    "changed, update the driver, or draw on the processor: " + ON_PROCESSOR
)
GL_FAILED = (
    "The graphics driver ({renderer}) failed: {reason}. Close other programs that use the GPU, or draw on the "
    "processor: " + ON_PROCESSOR
)
_KNOWN = {"renderer": "unknown", "version": "unknown"}  # of the last context made: a lost one cannot be queried
PLATFORM = "PYOPENGL_PLATFORM"  # read when PyOpenGL is imported (by the panels)
ERRORS = "PYOPENGL_ERROR_CHECKING"  # after every call of PyOpenGL's; vispy checks at every draw anyway
LEAST = (3, 0)  # framebuffers, float textures and vertex array objects belong to it
MEDDLING = ("EGL_", "__EGL_", "__GLX_", "LIBGL_", "MESA_", "GALLIUM_")  # how drivers' variables begin
LONGEST = 20  # digits of a device's number
_HAS_EGL = sys.platform not in ("win32", "darwin")


class Canvas(Protocol):
    """What gloo draws on: a window of vispy's, or `Offscreen`."""

    @property
    def context(self) -> GLContext:
        """Gloo's side of the GL context."""
        ...

    def set_current(self) -> None:
        """Draw here from now on, on this thread."""
        ...


class GraphicsFailure(MachineError):
    """The driver reported an error while drawing: the context may be lost."""


class ForeignSettings(MachineError):
    """Another library has chosen for the whole process how OpenGL is found, and that does not work here."""


@contextmanager
def faults() -> Iterator[None]:
    """Turn failures that vispy or the driver report within the block into a MachineError of one sentence."""
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


class Offscreen:
    """A context with no window, for gloo to draw with as on a canvas of vispy's. Draw into a ``Target``."""

    def __init__(self, source: egl.Source) -> None:
        from vispy.gloo.context import GLContext

        self.source = source
        self.software = source.software  # whether the processor draws; set when it was queried
        self.context = GLContext()
        self._egl = egl.Context(source)
        _CANVASES.add(self)

    def set_current(self) -> None:
        """Draw here from now on, on this thread."""
        from vispy.gloo.context import set_current_canvas

        _leave_window()
        self._egl.make_current()
        set_current_canvas(self)

    @property
    def is_current(self) -> bool:
        """Whether this thread draws here."""
        return self._egl.is_current

    def close(self) -> None:
        """Destroy the context."""
        from vispy.gloo.context import forget_canvas

        forget_canvas(self)
        self._egl.close()


@dataclass(frozen=True)
class Found:
    """A device that EGL lists: how its OpenGL describes itself, or why there is none."""

    device: egl.Device
    described: dict[str, str] = field(default_factory=dict)
    error: str = ""


_thread = local()
_LOCK = RLock()  # gloo and Dear ImGui know one current context in a process, not one a thread
_CANVASES: WeakSet[Canvas] = WeakSet()
_HEADLESS: dict[str, Canvas] = {}
_drawn_in = 0  # the process that has drawn
_uses_glfw = False  # GLFW complains when it is asked anything before that


@contextmanager
def drawing(canvas: Canvas) -> Iterator[None]:
    """Draw on a canvas within the block; other threads wait until it ends. The previous context is restored."""
    global _drawn_in
    check_not_forked()
    with _LOCK:
        _drawn_in = os.getpid()
        before = _current()
        make_again = None if before or not _HAS_EGL else foreign.put_aside()
        canvas.set_current()
        try:
            yield
        finally:
            if before is None:
                _release()
                if make_again:
                    make_again()
            elif before is not canvas:
                before.set_current()


@contextmanager
def painting(canvas: Canvas) -> Iterator[None]:
    """Draw a whole picture within the block. Raises UserError if this thread has begun one that is not finished.

    What a scene computes while its picture is drawn must not draw another: it would draw into the middle of it.
    """
    check_not_painting()
    with drawing(canvas):
        _thread.paints = True
        try:
            yield
        finally:
            _thread.paints = False


def check_not_painting() -> None:
    """Raise UserError while this thread is in the middle of a picture."""
    if getattr(_thread, "paints", False):
        raise UserError(NESTED)


def check_not_forked() -> None:
    """Raise MachineError in a process that was forked from one that has drawn."""
    if is_forked():
        raise MachineError(FORKED)


def is_forked() -> bool:
    """Whether this process was forked from one that has drawn: the driver's threads are not copied."""
    return _drawn_in not in (0, os.getpid())


def _after_fork() -> None:
    """Replace the lock, which another thread of the parent may have held."""
    global _LOCK
    _LOCK = RLock()
    _thread.paints = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def headless(choice: str | int | None = None, cuda: int | None = None) -> Canvas:
    """Return this process's canvas without a window, for use within ``drawing``; one for each choice.

    ``choice`` is ``auto``, ``software`` or the number of one of EGL's devices; None: the value of the variable
    LOSSLAND_GL (``auto`` if it is not set). ``auto`` takes a graphics card if there is one, preferably that with
    CUDA's number ``cuda``, else the processor. Raises UserError for an unknown choice, MachineError if no device
    works.
    """
    chosen = checked(choice)
    check_not_forked()
    with _LOCK:
        if chosen not in _HEADLESS:
            _HEADLESS[chosen] = _first_that_draws(chosen, cuda) if _HAS_EGL else _hidden_window(chosen)
        return _HEADLESS[chosen]


def checked(choice: str | int | None) -> str:
    """Return a choice of device in its normal form, or raise UserError."""
    text = os.environ.get(VARIABLE, "") if choice is None else choice
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if isinstance(text, str):
        word = text.strip().lower() or egl.AUTO
        if word in (egl.AUTO, egl.SOFTWARE):
            return word
        if word.isascii() and word.isdecimal() and len(word) < LONGEST:
            return str(int(word))
    where = f"{VARIABLE}: what" if choice is None else "What"
    raise UserError(
        f"{where} draws is auto, software or the number of a device (`lossland doctor` lists them), not {text!r:.40}."
    )


def _first_that_draws(choice: str, cuda: int | None) -> Offscreen:
    """Return a canvas on the best device that works."""
    try:
        found = egl.sources(choice, cuda)
        if not found:
            raise _no_such_device(choice)
    except egl.Trouble as trouble:
        raise _blamed(NO_GL.format(reason=trouble)) from trouble
    reasons: dict[str, str] = {}
    slow: Offscreen | None = None
    for source in found:
        try:
            canvas = _offscreen(source)
        except ForeignSettings:
            raise
        except (egl.Trouble, MachineError) as trouble:
            reasons.setdefault(_first_line(trouble).partition(";")[0].rstrip("."), source.name)  # without the advice
            continue
        if choice == egl.AUTO and source.is_card and canvas.software:
            slow = slow or canvas  # a card in name only: the next ones are no worse
            continue
        return canvas
    if slow is not None:
        return slow
    raise _blamed(NO_GL.format(reason="; ".join(f"{name}: {reason}" for reason, name in reasons.items())))


def _no_such_device(choice: str) -> Exception:
    if choice == egl.SOFTWARE or not egl.lists_devices():
        return _blamed(NO_DEVICES if choice != egl.SOFTWARE else NO_GL.format(reason="Mesa is not there"))
    numbers = [str(device.index) for device in egl.devices()]
    listed = f"there is {', '.join(numbers)}" if numbers else "there is none"
    return UserError(f"There is no EGL device {choice} to draw on; {listed} (`lossland doctor` describes them).")


def _offscreen(source: egl.Source) -> Offscreen:
    """Return a canvas that draws, or raise `egl.Trouble` or MachineError."""
    if _prepare_pyopengl("egl") != "egl":
        _introduce_egl()
    canvas = Offscreen(source)
    try:
        with drawing(canvas):
            _made(canvas)
            canvas.software = is_software()
            if source.software and not canvas.software:
                raise egl.Trouble(f"{description()['renderer']} does not draw on the processor")
    except Exception:
        canvas.close()
        raise
    return canvas


def devices() -> list[Found]:
    """Return all devices that EGL lists, each with its OpenGL's description; none if EGL cannot list them."""
    listed: list[Found] = []
    with _LOCK:
        try:
            found = egl.devices() if _HAS_EGL else ()
        except egl.Trouble:
            found = ()
        for device in found:
            try:
                canvas = _offscreen(egl.Source("it is looked at", device))
                with drawing(canvas):
                    listed.append(Found(device, description()))
                canvas.close()
            except (egl.Trouble, MachineError) as trouble:
                listed.append(Found(device, error=str(trouble)))
    return listed


def _hidden_window(choice: str) -> Canvas:
    """Return a window that is never shown, for systems without EGL."""
    if choice != egl.AUTO:
        raise UserError("What draws can be chosen only on Linux, where EGL is; leave out --gl and LOSSLAND_GL.")
    try:
        canvas = _glfw_canvas("lossland", (egl.SIDE, egl.SIDE), with_egl=False, show=False)
    except Exception as error:  # vispy wraps whatever the driver said in plain RuntimeError or worse
        raise _blamed(NO_GL.format(reason=_first_line(error))) from error
    with drawing(canvas):
        _made(canvas)
    return canvas


def _current() -> Canvas | None:
    """Return the canvas that this thread draws on."""
    window = _current_window()
    for canvas in _CANVASES:
        if isinstance(canvas, Offscreen):
            if canvas.is_current:
                return canvas
        elif window and _same_window(window, glfw_handle(canvas)):
            return canvas
    return None


def _same_window(one: Any, other: Any) -> bool:
    return bool(one) and bool(other) and ctypes.addressof(one.contents) == ctypes.addressof(other.contents)


def _release() -> None:
    """Leave this thread without a context."""
    _leave_window()
    if any(isinstance(canvas, Offscreen) for canvas in _CANVASES):
        egl.release()


def _leave_window() -> None:
    """Release a window's context: GLX and EGL cannot replace each other's."""
    if _current_window():
        import glfw

        nothing: Any = None
        glfw.make_context_current(nothing)


def _current_window() -> Any:
    """Return the window of GLFW's that this thread draws in, None if there is none."""
    glfw = sys.modules.get("glfw") if _uses_glfw else None
    return None if glfw is None else glfw.get_current_context()


def has_display() -> bool:
    """Whether windows can be expected to open."""
    named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(named) or sys.platform in ("darwin", "win32")


def window(title: str, size: tuple[int, int], fullscreen: bool = False, vsync: bool = True) -> app.Canvas:
    """Open a GLFW window of a size in screen units and return its canvas, the GL context current.

    See ``glfw_handle`` for the GLFW window; the framebuffer may be larger than ``size`` on dense displays.
    """
    check_not_forked()
    with _LOCK, warnings.catch_warnings(record=True) as said:  # GLFW reports in warnings what vispy does not pass on
        warnings.simplefilter("always")
        try:
            canvas = _glfw_canvas(title, size, with_egl=_window_uses_egl(), fullscreen=fullscreen, vsync=vsync)
        except Exception as error:
            found = re.search(r"\((\d+)\) b?['\"]?(.*?)['\"]?$", str(said[-1].message)) if said else None
            if found and int(found[1]) in NO_OPENGL:
                raise _blamed(NO_GL_WINDOW.format(reason=found[2])) from error
            raise MachineError(NO_DISPLAY.format(reason=found[2] if found else _first_line(error))) from error
    with drawing(canvas):
        _made(canvas)
    return canvas


def _made(canvas: Canvas) -> None:
    """Prepare a new canvas, which is current, for drawing; raise MachineError if it cannot be used."""
    from lossland.render.gl.driver import Parser, gl

    _check_pyopengl()
    if gl.current_backend is not gl.gl2:  # another library switched vispy to PyOpenGL's functions, which are slower
        gl.use_gl("gl2")
    canvas.context.shared.parser = Parser()
    canvas.set_current()
    _KNOWN.update(description())
    check(_KNOWN)


def _glfw_canvas(title: str, size: tuple[int, int], with_egl: bool, show: bool = True, **options: bool) -> app.Canvas:
    global _uses_glfw
    import glfw
    from vispy import app

    if glfw.init():
        glfw.window_hint(glfw.CONTEXT_CREATION_API, glfw.EGL_CONTEXT_API if with_egl else glfw.NATIVE_CONTEXT_API)
    _uses_glfw = True
    canvas = app.Canvas(
        app=app.Application("glfw"),
        title=title,
        size=size,
        show=show,
        resizable=True,
        config={"depth_size": 24, "double_buffer": True},
        **options,
    )
    _CANVASES.add(canvas)
    canvas.events.ignore_callback_errors = False
    return canvas


def _window_uses_egl() -> bool:
    """Whether a window's context comes from EGL: where this process's pictures do, and under Wayland.

    PyOpenGL's platform is chosen once per process. Where there is a choice it is X11's own GLX: Mesa's software
    driver presents pictures through shared memory there, and through a socket with EGL, which takes 4 ms more a frame.
    """
    import glfw

    if not _HAS_EGL:
        return False
    on_x11 = glfw.init() and glfw.get_platform() == glfw.PLATFORM_X11
    return _prepare_pyopengl("glx" if on_x11 else "egl") == "egl"


def _prepare_pyopengl(wished: str) -> str:
    """Tell PyOpenGL which platform to use, and return the one that it uses: the first import decides."""
    os.environ.setdefault(ERRORS, "0")
    imported = sys.modules.get("OpenGL.platform")
    if imported is not None:
        return type(imported.PLATFORM).__name__.removesuffix("Platform").lower()
    os.environ[PLATFORM] = wished
    return wished


def _check_pyopengl() -> None:
    """Raise MachineError if PyOpenGL finds no OpenGL: another library chose its platform before we could."""
    reason = "it finds no OpenGL"
    try:
        from OpenGL import GL

        if GL.glGenVertexArrays:
            return
    except Exception as error:  # whatever its platform module stumbles over
        reason = _first_line(error)
    value = os.environ.get(PLATFORM, "")
    raise ForeignSettings(NO_PYOPENGL.format(reason=reason, variable=PLATFORM, value=value))


@cache
def _introduce_egl() -> None:
    """Let PyOpenGL, which was imported for another platform, find contexts of EGL's as well."""
    platform: Any = sys.modules["OpenGL.platform"]
    its_own = platform.GetCurrentContext
    platform.GetCurrentContext = lambda: its_own() or egl.current()


def glfw_handle(canvas: Any) -> Any:
    """Return the GLFW window behind a canvas from ``window``."""
    return canvas._backend._id


def keeps_pictures(canvas: Any) -> bool:
    """Whether a window's back buffer keeps its contents after it was shown, as with software drivers.

    Nothing guarantees this, so it is tested on two pixels in a corner.
    """
    from vispy import gloo

    canvas.set_current()
    for x in range(2):
        gloo.set_state(scissor_test=True)
        gloo.set_scissor(x, 0, 1, 1)
        gloo.clear(color=(0.2, 0.4, 0.6 + 0.2 * x, 1.0))
        gloo.set_state(scissor_test=False)
        gloo.flush()
        canvas.swap_buffers()
    seen = gloo.read_pixels((0, 0, 2, 1), alpha=False, out_type="unsigned_byte").reshape(2, 3)
    return bool((abs(seen.astype(int) - [[51, 102, 153], [51, 102, 204]]) <= 1).all())


def has_lost_picture(canvas: Canvas) -> bool:
    """Whether a window's back buffer has lost what it kept: Mesa's software driver empties it for a new size.

    It does so when it next draws, which may be in the middle of a picture of the old size. A corner is black then, as
    nothing of ours is.
    """
    from vispy import gloo

    canvas.set_current()
    return not gloo.read_pixels((0, 0, 1, 1), alpha=False).any()


def description() -> dict[str, str]:
    """Return vendor, renderer and version of the current GL context."""
    from lossland.render.gl.driver import gl

    names = {"vendor": gl.GL_VENDOR, "renderer": gl.GL_RENDERER, "version": gl.GL_VERSION}
    return {name: str(gl.glGetParameter(number)) for name, number in names.items()}


def check(described: dict[str, str]) -> None:
    """Raise MachineError if a context with this description is too old to draw with."""
    found = re.match(r"(?:OpenGL ES )?(\d+)\.(\d+)", described["version"])
    if found is None or (int(found[1]), int(found[2])) < LEAST:
        least = ".".join(map(str, LEAST))
        raise _blamed(TOO_OLD.format(**described, least=least))


def is_software() -> bool:
    """Whether the current context draws on the CPU."""
    renderer = description()["renderer"].lower()
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swrast", "swiftshader", "software"))


def _blamed(text: str) -> MachineError:
    """Return an error that also names the environment variables that configure drivers and libraries."""
    found = [name for name in sorted(os.environ) if name.startswith(MEDDLING)]
    return MachineError(f"{text} Set here, perhaps wrongly: {', '.join(found)}." if found else text)


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__
