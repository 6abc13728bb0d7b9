"""A last chance to save when the X11 display is lost, as its library then ends the process."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from collections.abc import Callable
from contextlib import suppress

_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_kept: list[object] = []  # callbacks of the library, which must not be garbage collected


def on_display_lost(act: Callable[[], None] | None) -> None:
    """Call a function when the connection to an X11 display breaks (None: no longer); then the process exits with 1.

    On other systems this does nothing: on Wayland GLFW closes the window, and others keep their display.
    """
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):  # there is no X11 here
        x11 = ctypes.CDLL("libX11.so.6")
        handler = _HANDLER() if act is None else _HANDLER(_ending(act))
        x11.XSetIOErrorHandler.restype = ctypes.c_void_p
        x11.XSetIOErrorHandler.argtypes = [_HANDLER]
        x11.XSetIOErrorHandler(handler)
        _kept[:] = [handler]


def _ending(act: Callable[[], None]) -> Callable[[int], int]:
    def end(_: int) -> int:
        try:
            act()
        finally:
            print("lossland: The display is gone; the session was kept.", file=sys.stderr, flush=True)
            os._exit(1)

    return end
