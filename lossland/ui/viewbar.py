"""Above the picture: the switches of what is shown, and the buttons of the view."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from lossland.scenery.scene import Show
from lossland.ui.icons import Icon
from lossland.ui.layout import Layout, Rect
from lossland.ui.pen import Pen
from lossland.ui.widgets import chip, chip_width, icon_button
from lossland.ui.windows import window

if TYPE_CHECKING:
    from lossland.play.player import Player

NAMES = {"xray": "X-ray"}
HELP = {
    "contours": "Lines of equal height",
    "shadow": "Shadows on the ground",
    "xray": "Trails seen through the ground that hides them",
    "grid": "The grid of the floor",
    "arrows": "Arrows of gradients and steps",
    "labels": "Names in the picture",
}


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
        widths = [chip_width(pen, self._title(name)) for name in names]
        shown = [k for k in range(len(names)) if sum(widths[: k + 1]) + 6 * k <= area.width]
        if not shown:
            return
        width = sum(widths[k] for k in shown) + 6 * (len(shown) - 1)
        with window(pen, "switches", Rect(area.x, area.y, width, area.height), ground=False):
            x = area.x
            for k in shown:
                on = getattr(player.show, names[k])
                if chip(pen, x, area.y, self._title(names[k]), f"show.{names[k]}", HELP[names[k]], on):
                    player.set_show(names[k], not on)
                x += widths[k] + 6

    def _title(self, name: str) -> str:
        return NAMES.get(name, name.capitalize())

    def _buttons(self, player: Player, area: Rect) -> None:
        pen = self.pen
        with window(pen, "buttons", Rect(area.x, area.y - 2, area.width, area.height + 4), ground=False):
            y = area.center[1]
            if icon_button(pen, area.right - 82, y, Icon.TURN, "turn", "Turntable  T", 14, on=player.turntable):
                player.set_turntable(not player.turntable)
            if icon_button(pen, area.right - 50, y, Icon.HOME, "home", "Back to the first view  H", 14):
                player.home()
            if icon_button(pen, area.right - 18, y, Icon.EXPAND, "fullscreen", "Full screen  F11", 14):
                player.wish("fullscreen")
