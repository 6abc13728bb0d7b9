"""OpenGL contexts of other libraries: put aside while we draw on their thread, and current again afterwards.

A window of GLFW, GLUT, SDL or Qt on X11 has its context from GLX, which does not let EGL take over; one that came from
EGL would silently be lost.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache, partial

from lossland.render.gl import egl

_pointer = ctypes.c_void_p


def put_aside() -> Callable[[], object] | None:
    """Leave this thread without the context that another library has made current on it.

    Returns what makes it current again; None where there is none.
    """
    glx = _glx()
    if glx is not None and (context := glx.glXGetCurrentContext()):
        display, drawable = glx.glXGetCurrentDisplay(), glx.glXGetCurrentDrawable()
        glx.glXMakeCurrent(display, 0, None)
        return partial(glx.glXMakeCurrent, display, drawable, context)
    return egl.put_aside()


@cache
def _found(name: str) -> ctypes.CDLL:
    library = ctypes.CDLL(name, mode=os.RTLD_NOLOAD | ctypes.RTLD_GLOBAL)  # OSError where nobody has loaded it yet
    library.glXGetCurrentContext.restype = library.glXGetCurrentDisplay.restype = _pointer
    library.glXGetCurrentDrawable.restype = ctypes.c_ulong
    library.glXMakeCurrent.argtypes = (_pointer, ctypes.c_ulong, _pointer)
    return library


def _glx() -> ctypes.CDLL | None:
    """Return the library that has GLX's functions, None unless this process uses it."""
    if not hasattr(os, "RTLD_NOLOAD"):
        return None
    for name in ("libGLX.so.0", "libGL.so.1"):
        try:
            return _found(name)
        except (OSError, AttributeError):
            continue
    return None
