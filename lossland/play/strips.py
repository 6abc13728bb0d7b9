"""What is said over the picture while something goes on, as plain data: panels draw it, the window decides on it."""

from __future__ import annotations

from typing import NamedTuple

from lossland.play.player import Wish


class StripButton(NamedTuple):
    """What can be wished from the window."""

    text: str
    wish: Wish
    help: str


class Strip(NamedTuple):
    """A line with a dot of a colour, a bar below it (``share`` from 0 to 1, None: no bar) and buttons."""

    text: str
    color: str = "accent"
    share: float | None = None
    buttons: tuple[StripButton, ...] = ()
