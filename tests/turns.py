"""A window that runs a given number of turns of its loop: for programs that act on it in between (see ``windows``)."""

from __future__ import annotations

import glfw

from lossland.app.meter import Meter
from lossland.app.window import Window

LONGEST_WAIT = 0.01  # seconds for events, where nothing moves


class Turns:
    """Runs an open window; ``meter`` counts the frames that it draws."""

    def __init__(self, window: Window) -> None:
        self.window, self.meter, self._left = window, Meter(window.canvas), 0
        self._turn, window._turn = window._turn, self._counted
        wait = glfw.wait_events_timeout
        glfw.wait_events_timeout = lambda seconds: wait(min(seconds, LONGEST_WAIT))

    def _counted(self, meter: Meter, frames: int | None) -> bool:
        self._left -= 1
        if self._left <= 0:
            glfw.set_window_should_close(self.window.handle, True)
        return self._turn(meter, frames)

    def run(self, turns: int = 20) -> None:
        """Let the window take so many turns, as if it were closed then."""
        self._left = turns
        glfw.set_window_should_close(self.window.handle, False)
        self.window.run(self.meter)
