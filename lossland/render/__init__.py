"""How things look: the canvas, the stage and one painter for each layer."""

import ctypes
import os

import OpenGL

from lossland.errors import MachineError

OpenGL.ERROR_CHECKING = False  # asking after every call costs more than the calls; vispy asks once in a while
OpenGL.ERROR_LOGGING = False

VARIABLE = "VISPY_GL_LIB"  # vispy loads what it names as soon as it is imported
if os.environ.get(VARIABLE):
    try:
        ctypes.CDLL(os.environ[VARIABLE])
    except OSError as error:
        raise MachineError(f"{VARIABLE} names no library that can be loaded ({error}); unset it.") from error
