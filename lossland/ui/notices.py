"""Messages at the bottom of the picture; a click on one about a file opens its folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from lossland.errors import MachineError, sentence
from lossland.ui.folders import open_folder
from lossland.ui.layout import Rect
from lossland.ui.pen import Pen
from lossland.ui.windows import window

if TYPE_CHECKING:
    from lossland.play.player import Message, Player

LINE, MOST_LINES = 19.0, 4
NARROW = 480.0  # in less width a message has up to twice as many lines
INSET = (30.0, 14.0)  # around the text, at the left and the right
ABOVE_FOOT = 46.0  # from the last message to the bottom of the picture
GAP = 6.0  # between two messages


class Notices:
    """Draws a player's messages, the newest at the bottom."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def draw(self, player: Player, free: Rect) -> None:
        """Draw the messages at the bottom of a rectangle."""
        bottom = free.bottom - ABOVE_FOOT
        for message in reversed(player.messages):
            lines = self._lines(message, free.width - 60)
            height = 32 + LINE * (len(lines) - 1)
            width = max(self.pen.width(line, 14) for line in lines) + sum(INSET)
            area = Rect(free.x + (free.width - width) / 2, bottom - height, width, height)
            if message.folder is None:
                self.pen.dl = imgui.get_foreground_draw_list()
                self._draw(message, lines, area, lit=False)
            elif self._button(message, lines, area):
                try:
                    open_folder(message.folder)
                except MachineError as error:
                    player.say(sentence(error), "error")
            bottom -= height + GAP

    def _lines(self, message: Message, room: float) -> Sequence[str]:
        pen, most = self.pen, MOST_LINES if room >= NARROW else 2 * MOST_LINES
        lines = pen.wrapped(message.text.split("\n")[0], room - sum(INSET), 14) or [""]
        if len(lines) > most:
            lines[most - 1 :] = [pen.fitted(" ".join(lines[most - 1 :]), room - sum(INSET), 14)]
        return lines

    def _button(self, message: Message, lines: Sequence[str], area: Rect) -> bool:
        """Draw a clickable message. Returns whether it was clicked."""
        around = Rect(area.x - 2, area.y - 2, area.width + 4, area.height + 4)  # so that the outline is not clipped
        with window(self.pen, f"notice.{message.text}", around, ground=False, over=True):
            touch = self.pen.touch(f"notice.{message.folder}", *area.parts, f"Open {message.folder}")
            self._draw(message, lines, area, touch.hovered)
        return touch.clicked

    def _draw(self, message: Message, lines: Sequence[str], area: Rect, lit: bool) -> None:
        pen = self.pen
        pen.box(*area.parts, "panel", 0.97, 16)
        pen.frame(*area.parts, "accent" if lit else "hair", 1.0, 16)
        pen.dot(area.x + 18, area.y + 16, 4, "bad" if message.kind == "error" else "good")
        for number, line in enumerate(lines):
            pen.text(area.x + INSET[0], area.y + 16 + LINE * number, line, 14)
