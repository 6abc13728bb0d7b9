"""OpenGL contexts of other libraries: released while we draw on their thread, and made current again afterwards.

A window of GLFW, GLUT, SDL or Qt on X11 has a GLX context, which prevents EGL from making its own current; an EGL
context of another library would silently be replaced.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache, partial

from lossland.render.gl import egl

_pointer = ctypes.c_void_p


def put_aside() -> Callable[[], object] | None:
    """Release the context that another library has made current in this thread.

    Returns a function that makes it current again; None if there is none.
    """
    glx = _glx()
    if glx is not None and (context := glx.glXGetCurrentContext()):
        display, drawable = glx.glXGetCurrentDisplay(), glx.glXGetCurrentDrawable()
        glx.glXMakeCurrent(display, 0, None)
        return partial(glx.glXMakeCurrent, display, drawable, context)
    return egl.put_aside()


@cache
def _found(name: str) -> ctypes.CDLL:
    library = ctypes.CDLL(name, mode=os.RTLD_NOLOAD | ctypes.RTLD_GLOBAL)  # OSError unless it is already loaded
    library.glXGetCurrentContext.restype = library.glXGetCurrentDisplay.restype = _pointer
    library.glXGetCurrentDrawable.restype = ctypes.c_ulong
    library.glXMakeCurrent.argtypes = (_pointer, ctypes.c_ulong, _pointer)
    return library


def _glx() -> ctypes.CDLL | None:
    """Return the GLX library, None unless this process has loaded it."""
    if not hasattr(os, "RTLD_NOLOAD"):
        return None
    for name in ("libGLX.so.0", "libGL.so.1"):
        try:
            return _found(name)
        except (OSError, AttributeError):
            continue
    return None
