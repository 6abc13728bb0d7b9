"""How things look: the canvas, the stage and one painter for each layer."""

import OpenGL

OpenGL.ERROR_CHECKING = False  # asking after every call costs more than the calls; vispy asks once in a while
OpenGL.ERROR_LOGGING = False
