"""EGL: OpenGL contexts without a window, on a chosen graphics card.

``devices`` lists EGL's devices: graphics cards, and Mesa's software renderer. ``sources`` puts them into the order in
which ``canvas.headless`` tries them. EGL is called through ctypes: PyOpenGL finds EGL's extensions only if it was
configured for EGL before its first import.

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
FORCED = "LIBGL_ALWAYS_SOFTWARE"  # Mesa's own environment variable

# Constants of EGL's registry.
SUCCESS, NONE, EXTENSIONS, OPENGL_API = 0x3000, 0x3038, 0x3055, 0x30A2
RED_SIZE, GREEN_SIZE, BLUE_SIZE, ALPHA_SIZE = 0x3024, 0x3023, 0x3022, 0x3021
SURFACE_TYPE, PBUFFER_BIT, RENDERABLE_TYPE, OPENGL_BIT = 0x3033, 0x0001, 0x3040, 0x0008
WIDTH, HEIGHT = 0x3057, 0x3056
DRAW, READ = 0x3059, 0x305A
PLATFORM_DEVICE, PLATFORM_SURFACELESS, CUDA_DEVICE, DRM_DEVICE_FILE = 0x313F, 0x31DD, 0x323A, 0x3233
SIDE = 16  # pixels of a context's own surface, which is not used: everything is drawn into framebuffers

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
    """EGL cannot do a request. The text is a clause with the reason."""


@dataclass(frozen=True)
class Device:
    """A device of EGL. ``cuda`` is the same card's index in CUDA, ``file`` its device file."""

    index: int
    handle: int
    software: bool
    cuda: int | None = None
    file: str | None = None


@dataclass(frozen=True)
class Source:
    """A source of contexts: a device, or a platform that chooses one itself. ``why`` is a clause."""

    why: str
    device: Device | None = None
    platform: int | None = None
    software: bool = False  # force Mesa's software renderer

    @property
    def name(self) -> str:
        """``device 0``, ``Mesa without a surface`` or ``EGL's default display``."""
        if self.device is not None:
            return f"device {self.device.index}"
        return "EGL's default display" if self.platform is None else "Mesa without a surface"

    @property
    def is_card(self) -> bool:
        """Whether it should be a graphics card."""
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
    """Return a function of EGL or of an extension, or raise `Trouble`."""
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
    """Return the result of a function, or raise `Trouble` if that is zero or NULL."""
    result = _function(name)(*arguments)
    if not result:
        number = _function("eglGetError")()
        raise Trouble(f"{name} fails" + (f" with {_ERRORS.get(number, hex(number))}" if number != SUCCESS else ""))
    return result


def _numbers(*values: int) -> ctypes.Array[ctypes.c_int]:
    return (ctypes.c_int * (len(values) + 1))(*values, NONE)


def client_extensions() -> set[str]:
    """Return the client extensions; none if EGL is too old to list them."""
    text = _function("eglQueryString")(None, EXTENSIONS)
    if text is None:
        _function("eglGetError")()  # clears the error that this is there
    return set((text or b"").decode().split())


def lists_devices() -> bool:
    """Whether EGL can list devices and create contexts on them."""
    known = client_extensions()
    enumerates = "EGL_EXT_device_base" in known or {"EGL_EXT_device_enumeration", "EGL_EXT_device_query"} <= known
    return enumerates and "EGL_EXT_platform_device" in known


def devices() -> tuple[Device, ...]:
    """Return EGL's devices in its order, or none if it cannot list them. Raises `Trouble` without EGL."""
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
    """Return the sources of contexts to try, the best first; none if the chosen device does not exist.

    ``choice`` is ``auto``, ``software`` or a device's index; ``cuda`` is the CUDA index of the computing card.
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
    """Return the graphics cards: the computing one, then other CUDA devices, then the rest."""
    cards = [one for one in found if not one.software]
    return sorted(cards, key=lambda one: (one.cuda is None or one.cuda != cuda, one.cuda is None, one.index))


def _praise(device: Device, cuda: int | None) -> str:
    if device.cuda is not None and device.cuda == cuda:
        return "it is the graphics card that computes"
    return "it is a graphics card"


# ------------------------------------------------------------------------------------------------------------- contexts


class Context:
    """An OpenGL context without a window. It can be current in one thread at a time."""

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
        """Make it current in this thread; raises `Trouble` while it is current in another one."""
        _call("eglBindAPI", OPENGL_API)  # the default of each thread is OpenGL ES
        _call("eglMakeCurrent", self._display, self._surface, self._surface, self.handle)

    @property
    def is_current(self) -> bool:
        """Whether it is current in this thread."""
        return current() == self.handle

    def close(self) -> None:
        """Destroy it as soon as it is current in no thread."""
        if self.is_current:
            release()
        _function("eglDestroySurface")(self._display, self._surface)
        _function("eglDestroyContext")(self._display, self.handle)


def current() -> int | None:
    """Return the handle of this thread's current context, None without one."""
    _call("eglBindAPI", OPENGL_API)
    return _function("eglGetCurrentContext")()


def release() -> None:
    """Make no EGL context current in this thread, whoever created it."""
    display = _function("eglGetCurrentDisplay")()
    if display:
        _call("eglMakeCurrent", display, None, None, None)


def put_aside() -> Callable[[], object] | None:
    """Release this thread's current context; return a function that makes it current again, None without one."""
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


_OPENED: set[int] = set()  # displays, to be terminated by the process that initialized them
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
    """Make Mesa use its software renderer for displays that are initialized within the block."""
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
