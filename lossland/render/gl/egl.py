"""EGL: OpenGL contexts with no window, on the graphics card that is asked for.

``devices`` lists what EGL can draw on: graphics cards, and Mesa's software renderer. ``sources`` puts them into the
order in which ``canvas.headless`` tries them. EGL is called through ctypes: PyOpenGL finds EGL's extensions only where
it was told to use EGL before anyone imported it.

Extensions: EGL_EXT_device_enumeration, EGL_EXT_device_query, EGL_EXT_platform_device, EGL_NV_device_cuda,
EGL_MESA_device_software, EGL_MESA_platform_surfaceless (https://registry.khronos.org/EGL/).
"""

from __future__ import annotations

import atexit
import ctypes
import ctypes.util
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

AUTO, SOFTWARE = "auto", "software"
FORCED = "LIBGL_ALWAYS_SOFTWARE"  # Mesa's own switch, for every program

# Numbers of EGL's registry.
SUCCESS, NONE, EXTENSIONS, OPENGL_API = 0x3000, 0x3038, 0x3055, 0x30A2
RED_SIZE, GREEN_SIZE, BLUE_SIZE, ALPHA_SIZE = 0x3024, 0x3023, 0x3022, 0x3021
SURFACE_TYPE, PBUFFER_BIT, RENDERABLE_TYPE, OPENGL_BIT = 0x3033, 0x0001, 0x3040, 0x0008
WIDTH, HEIGHT = 0x3057, 0x3056
DRAW, READ = 0x3059, 0x305A
PLATFORM_DEVICE, PLATFORM_SURFACELESS, CUDA_DEVICE, DRM_DEVICE_FILE = 0x313F, 0x31DD, 0x323A, 0x3233
SIDE = 16  # pixels of the surface that a context comes with; everything is drawn into framebuffers

_ERRORS = {
    0x3001: "EGL_NOT_INITIALIZED",
    0x3002: "EGL_BAD_ACCESS",
    0x3003: "EGL_BAD_ALLOC",
    0x3004: "EGL_BAD_ATTRIBUTE",
    0x3005: "EGL_BAD_CONFIG",
    0x3006: "EGL_BAD_CONTEXT",
    0x3008: "EGL_BAD_DISPLAY",
    0x3009: "EGL_BAD_MATCH",
    0x300C: "EGL_BAD_PARAMETER",
    0x300E: "EGL_CONTEXT_LOST",
}

_pointer, _int, _uint = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint
CType = type[ctypes.c_void_p | ctypes.c_int | ctypes.c_uint | ctypes.c_char_p]
_FUNCTIONS: dict[str, tuple[CType, tuple[CType, ...]]] = {
    "eglGetError": (_int, ()),
    "eglGetProcAddress": (_pointer, (ctypes.c_char_p,)),
    "eglQueryString": (ctypes.c_char_p, (_pointer, _int)),
    "eglGetDisplay": (_pointer, (_pointer,)),
    "eglInitialize": (_uint, (_pointer, _pointer, _pointer)),
    "eglTerminate": (_uint, (_pointer,)),
    "eglBindAPI": (_uint, (_uint,)),
    "eglChooseConfig": (_uint, (_pointer, _pointer, _pointer, _int, _pointer)),
    "eglCreateContext": (_pointer, (_pointer, _pointer, _pointer, _pointer)),
    "eglDestroyContext": (_uint, (_pointer, _pointer)),
    "eglCreatePbufferSurface": (_pointer, (_pointer, _pointer, _pointer)),
    "eglDestroySurface": (_uint, (_pointer, _pointer)),
    "eglMakeCurrent": (_uint, (_pointer, _pointer, _pointer, _pointer)),
    "eglGetCurrentContext": (_pointer, ()),
    "eglGetCurrentDisplay": (_pointer, ()),
    "eglGetCurrentSurface": (_pointer, (_int,)),
    # extensions
    "eglQueryDevicesEXT": (_uint, (_int, _pointer, _pointer)),
    "eglQueryDeviceStringEXT": (ctypes.c_char_p, (_pointer, _int)),
    "eglQueryDeviceAttribEXT": (_uint, (_pointer, _int, _pointer)),
    "eglGetPlatformDisplayEXT": (_pointer, (_uint, _pointer, _pointer)),
}


class Trouble(Exception):
    """EGL cannot do what was asked. The text is a clause that says why."""


@dataclass(frozen=True)
class Device:
    """One thing that EGL can draw on. ``cuda`` is CUDA's number of the same card, ``file`` the kernel's name of it."""

    index: int
    handle: int
    software: bool
    cuda: int | None = None
    file: str | None = None


@dataclass(frozen=True)
class Source:
    """Where a context can be had: on a device, or on a platform that takes what it likes. ``why`` is a clause."""

    why: str
    device: Device | None = None
    platform: int | None = None
    software: bool = False  # the processor has to draw, whatever else is there

    @property
    def name(self) -> str:
        """``device 0``, ``Mesa without a surface`` or ``EGL's default display``."""
        if self.device is not None:
            return f"device {self.device.index}"
        return "EGL's default display" if self.platform is None else "Mesa without a surface"

    @property
    def is_card(self) -> bool:
        """Whether it should be a graphics card that draws."""
        return self.device is not None and not self.device.software


# ---------------------------------------------------------------------------------------------------------- EGL itself


@cache
def _library() -> ctypes.CDLL:
    names = ("libEGL.so.1", ctypes.util.find_library("EGL") or "libEGL.so")
    for name in names:
        try:
            return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
    raise Trouble("there is no libEGL")


@cache
def _function(name: str) -> Any:
    """Return a function of EGL's or of an extension, or raise `Trouble`."""
    result, arguments = _FUNCTIONS[name]
    if not name.endswith("EXT"):
        function = getattr(_library(), name)
        function.restype, function.argtypes = result, arguments
        return function
    address = _function("eglGetProcAddress")(name.encode())
    if not address:
        raise Trouble(f"EGL has no {name}")
    return ctypes.CFUNCTYPE(result, *arguments)(address)


def _call(name: str, *arguments: object) -> Any:
    """Return what a function gives, or raise `Trouble` where it gives nothing."""
    result = _function(name)(*arguments)
    if not result:
        number = _function("eglGetError")()
        raise Trouble(f"{name} fails" + (f" with {_ERRORS.get(number, hex(number))}" if number != SUCCESS else ""))
    return result


def _numbers(*values: int) -> ctypes.Array[ctypes.c_int]:
    return (ctypes.c_int * (len(values) + 1))(*values, NONE)


def client_extensions() -> set[str]:
    """Return the extensions that need no display; none where EGL is too old to tell."""
    text = _function("eglQueryString")(None, EXTENSIONS)
    if text is None:
        _function("eglGetError")()  # it is an error there; nobody shall find it later
    return set((text or b"").decode().split())


def lists_devices() -> bool:
    """Whether EGL tells what it can draw on, and lets us choose."""
    known = client_extensions()
    enumerates = "EGL_EXT_device_base" in known or {"EGL_EXT_device_enumeration", "EGL_EXT_device_query"} <= known
    return enumerates and "EGL_EXT_platform_device" in known


def devices() -> tuple[Device, ...]:
    """Return what EGL can draw on, in its order; nothing where it does not tell. Raises `Trouble` without EGL."""
    if not lists_devices():
        return ()
    count = ctypes.c_int()
    _call("eglQueryDevicesEXT", 0, None, ctypes.byref(count))
    handles = (ctypes.c_void_p * count.value)()
    if count.value:
        _call("eglQueryDevicesEXT", count.value, handles, ctypes.byref(count))
    return tuple(_device(index, handle) for index, handle in enumerate(handles[: count.value]) if handle)


def _device(index: int, handle: int) -> Device:
    extensions = (_function("eglQueryDeviceStringEXT")(handle, EXTENSIONS) or b"").decode().split()
    cuda = None
    if "EGL_NV_device_cuda" in extensions:
        number = ctypes.c_ssize_t()
        if _function("eglQueryDeviceAttribEXT")(handle, CUDA_DEVICE, ctypes.byref(number)):
            cuda = number.value
    file = None
    if "EGL_EXT_device_drm" in extensions:
        file = (_function("eglQueryDeviceStringEXT")(handle, DRM_DEVICE_FILE) or b"").decode() or None
    return Device(index, handle, "EGL_MESA_device_software" in extensions, cuda, file)


# ----------------------------------------------------------------------------------------------------------- the choice


def sources(choice: str, cuda: int | None = None) -> list[Source]:
    """Return where to ask for a context, the best first; nothing if the device that is wished is not there.

    ``choice`` is ``auto``, ``software`` or a device's number; ``cuda`` is CUDA's number of the card that computes.
    """
    found = devices()
    if choice not in (AUTO, SOFTWARE):
        return [Source("it was asked for", device) for device in found if str(device.index) == choice]
    asked = choice == SOFTWARE
    forced = not asked and os.environ.get(FORCED, "").lower() in ("1", "true", "y", "yes")
    if asked or forced:
        why = "drawing on the processor was asked for" if asked else f"{FORCED} is set"
        cards: list[Source] = []
    else:
        cards = [Source(_praise(one, cuda), one) for one in _best_first(found, cuda)]
        why = "no graphics card gives OpenGL" if cards else "EGL lists no graphics card"
    on_processor = asked or forced
    software = [Source(why, one, software=on_processor) for one in found if one.software]
    platforms: list[Source] = []
    if "EGL_MESA_platform_surfaceless" in client_extensions():
        platforms.append(Source(why, platform=PLATFORM_SURFACELESS, software=on_processor))
    if not asked:
        platforms.append(Source(why))
    return [*cards, *software, *platforms]


def _best_first(found: Sequence[Device], cuda: int | None) -> list[Device]:
    """Return the graphics cards: the one that computes, then others that CUDA knows, then the rest."""
    cards = [one for one in found if not one.software]
    return sorted(cards, key=lambda one: (one.cuda is None or one.cuda != cuda, one.cuda is None, one.index))


def _praise(device: Device, cuda: int | None) -> str:
    if device.cuda is not None and device.cuda == cuda:
        return "it is the graphics card that computes"
    return "it is a graphics card"


# ------------------------------------------------------------------------------------------------------------- contexts


class Context:
    """An OpenGL context with no window. One thread at a time may have it current."""

    def __init__(self, source: Source) -> None:
        self._display = _display(source)
        _call("eglBindAPI", OPENGL_API)
        wanted = _numbers(
            *(RED_SIZE, 8, GREEN_SIZE, 8, BLUE_SIZE, 8, ALPHA_SIZE, 8),
            *(SURFACE_TYPE, PBUFFER_BIT, RENDERABLE_TYPE, OPENGL_BIT),
        )
        config, count = ctypes.c_void_p(), ctypes.c_int()
        _call("eglChooseConfig", self._display, wanted, ctypes.byref(config), 1, ctypes.byref(count))
        if not count.value:
            raise Trouble("EGL offers no OpenGL")
        self.handle = _call("eglCreateContext", self._display, config, None, None)
        size = _numbers(WIDTH, SIDE, HEIGHT, SIDE)
        try:
            self._surface = _call("eglCreatePbufferSurface", self._display, config, size)
        except Trouble:
            _function("eglDestroyContext")(self._display, self.handle)
            raise

    def make_current(self) -> None:
        """Let this thread draw here from now on; raises `Trouble` while another thread does."""
        _call("eglBindAPI", OPENGL_API)  # each thread begins with OpenGL ES
        _call("eglMakeCurrent", self._display, self._surface, self._surface, self.handle)

    @property
    def is_current(self) -> bool:
        """Whether this thread draws here."""
        return current() == self.handle

    def close(self) -> None:
        """Destroy it, as soon as no thread has it current."""
        if self.is_current:
            release()
        _function("eglDestroySurface")(self._display, self._surface)
        _function("eglDestroyContext")(self._display, self.handle)


def current() -> int | None:
    """Return the handle of the context that this thread draws into, None without one."""
    _call("eglBindAPI", OPENGL_API)
    return _function("eglGetCurrentContext")()


def release() -> None:
    """Leave whatever context of EGL's this thread has current, also one of others."""
    display = _function("eglGetCurrentDisplay")()
    if display:
        _call("eglMakeCurrent", display, None, None, None)


def put_aside() -> Callable[[], object] | None:
    """Leave whatever context this thread has current; return what makes it current again, None without one."""
    if not _library_is_there() or not (context := current()):
        return None
    display = _function("eglGetCurrentDisplay")()
    surfaces = [_function("eglGetCurrentSurface")(which) for which in (DRAW, READ)]
    release()
    return partial(_call, "eglMakeCurrent", display, *surfaces, context)


def _library_is_there() -> bool:
    try:
        return bool(_library())
    except Trouble:
        return False


_OPENED: set[int] = set()  # displays, to be closed by the process that has opened them
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_OPENED.clear)


def _display(source: Source) -> int:
    """Return an initialized display; the same one for the same source."""
    if source.device is not None:
        display = _call("eglGetPlatformDisplayEXT", PLATFORM_DEVICE, source.device.handle, None)
    elif source.platform is not None:
        display = _call("eglGetPlatformDisplayEXT", source.platform, None, None)
    else:
        display = _call("eglGetDisplay", None)
    with _on_processor(source.software and source.device is None):
        _call("eglInitialize", display, None, None)
    if not _OPENED:
        atexit.register(_terminate)
    _OPENED.add(display)
    return display


@contextmanager
def _on_processor(wished: bool) -> Iterator[None]:
    """Let Mesa choose its software renderer for a display that is initialized within the block."""
    before = os.environ.get(FORCED)
    if wished:
        os.environ[FORCED] = "1"
    try:
        yield
    finally:
        if wished and before is None:
            del os.environ[FORCED]
        elif wished and before is not None:
            os.environ[FORCED] = before


def _terminate() -> None:
    for display in _OPENED:
        _function("eglTerminate")(display)
