"""The window films itself: every picture that it shows goes into a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from vispy import gloo

from lossland.app.saving import free_name
from lossland.app.writers import Image, film_file
from lossland.errors import sentence
from lossland.play.player import TICK, Player

FILM_TICKS = 2  # a film of the window has 30 frames a second


class Filming:
    """A film of the window, while there is one."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self._film = ExitStack()
        self._add: Callable[[Image], None] | None = None
        self._path = Path()
        self._count = 0  # frames in the film
        self._first = 0  # the tick at which it began

    def toggle(self, size: tuple[int, int]) -> None:
        """Begin a film of so many pixels, or end it."""
        if self._add:
            self.stop()
            return
        self._path = free_name(self.player.scene.name, ".mp4")
        self._add = self._film.enter_context(film_file(self._path, size, 1 / (FILM_TICKS * TICK)))
        self._count, self._first = 0, self.player.tick
        self.player.recording = True
        self.player.say("Filming the window; V ends the film.")

    def add(self, size: tuple[int, int]) -> None:
        """Add the picture just drawn as often as time has passed, so that the film runs at the speed that was seen."""
        if self._add is None:
            return
        due = (self.player.tick - self._first) // FILM_TICKS + 1 - self._count
        if due > 0:
            image = np.asarray(gloo.read_pixels((0, 0, *size), alpha=False), np.uint8)
            try:
                for _ in range(due):
                    self._add(image)
            except Exception as error:
                self.stop(failure=error)
            self._count += due

    def stop(self, why: str = "", failure: Exception | None = None) -> Exception | None:
        """End the film. One that cannot be written leaves nothing under its name; then the reason is returned."""
        if self._add is None:
            return None
        self._add = None
        self.player.recording = False
        try:
            if failure:
                self._film.__exit__(type(failure), failure, failure.__traceback__)
            else:
                self._film.close()
        except Exception as told:  # the writer knows how to put it
            failure = told
        if failure:
            self.player.say(f"The film has ended. {sentence(failure)}", "error", seconds=8)
            return failure
        self.player.say(f"Saved {self._path}" + (f": {why}." if why else "."))
        return None
