"""Above the picture: the switches of what is shown, and the buttons of the view."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from lossland.scenery.scene import Show
from lossland.ui.layout import Layout, Rect
from lossland.ui.widgets import Icon, Pen

if TYPE_CHECKING:
    from lossland.play.player import Player

NAMES = {"xray": "X-ray"}


class ViewBar:
    """Draws the switches and buttons; each is a window of its own size, so that the picture between can be touched."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def draw(self, player: Player, places: Layout) -> None:
        """Draw both groups."""
        self._switches(player, places.switches)
        self._buttons(player, places.buttons)

    def _switches(self, player: Player, area: Rect) -> None:
        pen = self.pen
        names = [field.name for field in fields(Show)]
        widths = [pen.chip_width(self._title(name)) for name in names]
        shown = [k for k in range(len(names)) if sum(widths[: k + 1]) + 6 * k <= area.width]
        if not shown:
            return
        width = sum(widths[k] for k in shown) + 6 * (len(shown) - 1)
        with pen.window("switches", Rect(area.x, area.y, width, area.height), ground=False):
            x = area.x
            for k in shown:
                on = getattr(player.show, names[k])
                if pen.chip(x, area.y, self._title(names[k]), f"show.{names[k]}", on):
                    player.set_show(names[k], not on)
                x += widths[k] + 6

    def _title(self, name: str) -> str:
        return NAMES.get(name, name.capitalize())

    def _buttons(self, player: Player, area: Rect) -> None:
        pen = self.pen
        with pen.window("buttons", Rect(area.x, area.y - 2, area.width, area.height + 4), ground=False):
            y = area.center[1]
            if pen.icon(area.right - 82, y, Icon.TURN, "turn", 14, on=player.turntable, help="Turntable  T"):
                player.set_turntable(not player.turntable)
            if pen.icon(area.right - 50, y, Icon.HOME, "home", 14, help="Back to the first view  H"):
                player.home()
            if pen.icon(area.right - 18, y, Icon.EXPAND, "fullscreen", 14, help="Full screen  F11"):
                player.wish("fullscreen")
