"""The bar above the picture: switches of layers, buttons of the view, and buttons of folded panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from lossland.play.history import SWITCHES
from lossland.scenery.scene import Frame, Show
from lossland.ui.icons import Icon
from lossland.ui.layout import BUTTON, Layout, Rect, Side
from lossland.ui.lists import Item, popup_list
from lossland.ui.pen import Pen
from lossland.ui.switches import useful_switches
from lossland.ui.widgets import chip, chip_width, icon_button
from lossland.ui.windows import window

if TYPE_CHECKING:
    from lossland.play.player import Player

GAP = 6.0  # between two chips
MORE = "…"  # the chip that lists the switches that do not fit
REACH = 14.0  # half the width of an icon button
DRAWERS: dict[Side, tuple[str, str]] = {
    "left": (Icon.LIST, "Scenes and the formula"),
    "right": (Icon.SLIDERS, "Controls and numbers"),
}
HELP = {
    "contours": "Lines of equal height",
    "shadow": "Shadows on the ground",
    "xray": "Trails seen through the ground that hides them",
    "grid": "The grid of the floor",
    "arrows": "Arrows of gradients and steps",
    "labels": "Names in the picture",
}


class ViewBar:
    """Draws the switches and buttons, each in a window of its own size, so that the picture between them gets input.

    ``drawer`` is the folded panel that is open, if one is, and ``between`` the room that both groups leave.
    """

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.drawer: Side | None = None
        self.between = Rect(0.0, 0.0, 0.0, 0.0)

    def draw(self, player: Player, frame: Frame, places: Layout) -> None:
        """Draw both groups."""
        area = places.switches
        if "left" in places.folded:
            self._drawer_button("left", area.x + REACH, area.center[1])
            area = Rect(area.x + BUTTON + 2, area.y, area.width - BUTTON - 2, area.height)
        end = self._switches(player, frame, area)
        area = places.buttons
        self.between = Rect(end, area.y, area.x - end, area.height)
        if "right" in places.folded:
            self._drawer_button("right", area.right - REACH, area.center[1])
            area = Rect(area.x, area.y, area.width - BUTTON, area.height)
        self._buttons(player, area)

    def _drawer_button(self, side: Side, x: float, y: float) -> None:
        """Draw the button that opens or closes a folded panel."""
        icon, help = DRAWERS[side]
        with window(self.pen, f"drawer.{side}", Rect(x - REACH, y - REACH, 2 * REACH, 2 * REACH), ground=False):
            out = self.drawer == side
            if icon_button(self.pen, x, y, icon, f"drawer.{side}", "Fold away" if out else help, 14, REACH, on=out):
                self.drawer = None if out else side

    # ------------------------------------------------------------------------------------------ switches
    def _switches(self, player: Player, frame: Frame, area: Rect) -> float:
        """Draw a chip for every switch that has an effect; those that do not fit are in a list. Returns their end."""
        pen, useful = self.pen, useful_switches(frame.layers)
        names = [field.name for field in fields(Show) if field.name in useful]
        shown = self._fitting(names, area.width)
        rest = names[len(shown) :]
        widths = [chip_width(pen, self._title(name)) for name in shown] + [chip_width(pen, MORE)] * bool(rest)
        if not widths:
            return area.x
        width = sum(widths) + GAP * (len(widths) - 1)
        with window(pen, "switches", Rect(area.x, area.y, width, area.height), ground=False):
            x = area.x
            for name, wide in zip(shown, widths, strict=False):
                on = getattr(player.show, name)
                if chip(pen, x, area.y, self._title(name), f"show.{name}", HELP[name], on):
                    player.set_show(name, not on)
                x += wide + GAP
            if rest:
                self._more(player, rest, x, area)
        return area.x + width + GAP

    def _more(self, player: Player, names: Sequence[str], x: float, area: Rect) -> None:
        pen = self.pen
        if chip(pen, x, area.y, MORE, "show.more", "What else is shown"):
            imgui.open_popup("switches.list")
        items = [
            Item(name, f"{self._title(name)}  {'on' if getattr(player.show, name) else 'off'}", help=HELP[name])
            for name in names
        ]
        chosen = popup_list(pen, "switches.list", x, area.bottom + 4, 120, items)
        if chosen:
            player.set_show(chosen, not getattr(player.show, chosen))

    def _fitting(self, names: Sequence[str], room: float) -> Sequence[str]:
        """Return the first names whose chips fit, leaving room for the list's chip if some do not."""
        pen = self.pen

        def width(count: int) -> float:
            chips = [self._title(name) for name in names[:count]] + [MORE] * (count < len(names))
            return sum(chip_width(pen, text) + GAP for text in chips) - GAP

        return names[: max((count for count in range(len(names) + 1) if width(count) <= room), default=0)]

    def _title(self, name: str) -> str:
        return SWITCHES.get(name, name.capitalize())

    # ------------------------------------------------------------------------------------------ buttons
    def _buttons(self, player: Player, area: Rect) -> None:
        pen = self.pen
        with window(pen, "buttons", Rect(area.x, area.y - 2, area.width, area.height + 4), ground=False):
            y = area.center[1]
            turns = not player.camera.flat  # a flat camera does not turn
            if turns and icon_button(
                pen, area.right - 82, y, Icon.TURN, "turn", "Turntable  T", 14, on=player.turntable
            ):
                player.set_turntable(not player.turntable)
            if icon_button(pen, area.right - 50, y, Icon.HOME, "home", "Back to the first view  H", 14):
                player.home()
            if icon_button(pen, area.right - 18, y, Icon.EXPAND, "fullscreen", "Full screen  F11", 14):
                player.wish("fullscreen")
