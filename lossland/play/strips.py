"""Status strips over the picture while something is running, as plain data: the window makes them, panels draw them."""

from __future__ import annotations

from typing import NamedTuple

from lossland.play.player import Wish


class StripButton(NamedTuple):
    """A button with a request to the window."""

    text: str
    wish: Wish
    help: str


class Strip(NamedTuple):
    """A line of text with a coloured dot, a progress bar (``share`` from 0 to 1, None: no bar) and buttons."""

    text: str
    color: str = "accent"
    share: float | None = None
    buttons: tuple[StripButton, ...] = ()
