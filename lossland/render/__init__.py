"""Rendering with OpenGL: the canvas, the renderer and one painter for each type of layer."""

import ctypes
import os

import OpenGL

from lossland.errors import MachineError

OpenGL.ERROR_CHECKING = False  # checking after every call is slower than the calls; vispy checks occasionally
OpenGL.ERROR_LOGGING = False

VARIABLE = "VISPY_GL_LIB"  # vispy loads this library when it is imported
if os.environ.get(VARIABLE):
    try:
        ctypes.CDLL(os.environ[VARIABLE])
    except OSError as error:
        raise MachineError(f"{VARIABLE} names no library that can be loaded ({error}); unset it.") from error
