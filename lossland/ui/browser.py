"""The left panel: the program's name, a search box, and the list of scenes and landscapes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from lossland import landscapes
from lossland.landscapes import Landscape
from lossland.numerals import short
from lossland.scenery import library
from lossland.ui.explanations import summary
from lossland.ui.icons import Icon
from lossland.ui.layout import PADDING, Rect
from lossland.ui.lists import Item, popup_list
from lossland.ui.pen import Pen
from lossland.ui.thumbnails import Thumbnails
from lossland.ui.widgets import icon_button
from lossland.ui.windows import reach, scroll

if TYPE_CHECKING:
    from lossland.play.player import Player

LANDSCAPES = "Landscapes"  # the chapter that lists the catalogue
ROW = 31  # height of a row


@dataclass(frozen=True)
class Entry:
    """One row: a scene by its name, or a landscape."""

    name: str
    title: str
    chapter: str
    landscape: Landscape | None = None

    def help(self) -> str:
        """Return the tooltip."""
        if self.landscape is None:
            return summary(library.scene_class(self.name)) or self.title
        (x0, x1), (y0, y1) = (map(short, ends) for ends in self.landscape.domain)
        return f"{self.landscape.formula}\nx from {x0} to {x1}, y from {y0} to {y1}\n{self.landscape.source}"

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word occurs in the title, the name or the chapter."""
        text = f"{self.title} {self.name} {self.chapter}".lower()
        return all(word in text for word in words)


def entries() -> list[Entry]:
    """Return everything that can be shown, chapter by chapter, the catalogue of landscapes last."""
    scenes = [Entry(head.name, head.title, _chapter(head.chapter)) for head in library.heads()]
    ground = [Entry(land.name, land.title, LANDSCAPES, land) for land in landscapes.catalogue()]
    return scenes + ground


def _chapter(chapter: str) -> str:
    """Return a chapter's name without the number that orders it."""
    return chapter.lstrip("0123456789. ") or "Scenes"


class Browser:
    """Draws the list and opens the clicked entry."""

    def __init__(self, pen: Pen, thumbnails: Thumbnails) -> None:
        self.pen = pen
        self.thumbnails = thumbnails
        self.entries = entries()
        self.search = ""
        self.emptied = False  # the cross was clicked in the last frame: the box asks for the keyboard
        self.folded: set[str] = set()
        self.opened = False  # whether something was opened in this frame
        self._sought: tuple[str, float] | None = None  # the scene whose row was brought into view last, and the room

    # ------------------------------------------------------------------------------------------ head
    def head(self, player: Player, area: Rect, short: bool) -> float:
        """Draw the name, the settings button and the search box; a ``short`` panel has no name. Returns the y below."""
        pen = self.pen
        x, y, width = area.x + PADDING, area.y + 14, area.width - 2 * PADDING
        if icon_button(pen, area.right - PADDING - 8, y + 13, Icon.GEAR, "gear", "Theme, text size, keys", 13):
            imgui.open_popup("settings")
        self._settings(player, area.right - PADDING - 150, y + 32)
        if short:
            width -= 30
        else:
            _logo(pen, x + 10, y + 12, 10)
            pen.text(x + 32, y + 12, "lossland", 20, "text", "bold")
            y += 36 if pen.compact else 42
        self._search_box(player, Rect(x, y, width, 32))
        return y + (40 if pen.compact else 46)

    def _settings(self, player: Player, x: float, y: float) -> None:
        other = "print" if self.pen.theme.dark else "dark"
        look = "White paper" if other == "print" else "Dark"
        choices = [
            Item("theme", look, help="The other colours"),
            Item("larger text", "Larger text  Ctrl +", help="All text by a tenth, in the picture and in the panels"),
            Item("smaller text", "Smaller text  Ctrl −", help="All text by a tenth, in the picture and in the panels"),
            Item("keys", "Keys and mouse  F1", help="All that can be pressed, clicked and dragged"),
            Item("reset", "Reset  R", help="Everything in this scene as it was at first; it can be undone"),
        ]
        history = player.history
        if history.done < len(history.steps):
            name = history.steps[history.done].name
            choices.insert(0, Item("redo", "Redo  Ctrl Shift Z", help=f"Do again what was undone: {name}"))
        if history.done:
            name = history.steps[history.done - 1].name
            choices.insert(0, Item("undo", "Undo  Ctrl Z", help=f"Take back: {name}"))
        chosen = popup_list(self.pen, "settings", x, y, 150, choices)
        if chosen == "theme":
            player.set_theme(other)
        elif chosen == "larger text" or chosen == "smaller text":
            player.wish(chosen)
        elif chosen == "keys":
            player.toggle_help()
        elif chosen == "reset":
            player.reset()
        elif chosen == "undo":
            player.undo()
        elif chosen == "redo":
            player.redo()

    def _search_box(self, player: Player, box: Rect) -> None:
        pen = self.pen
        imgui.set_cursor_screen_pos(pen.at(box.x, box.y))
        imgui.set_next_item_width(box.width * pen.scale)
        imgui.push_style_var(imgui.StyleVar_.frame_padding.value, pen.at(34, 8))
        imgui.set_next_item_allow_overlap()  # the cross is in the box
        with pen.font("regular", 14):
            if self.emptied:
                imgui.set_keyboard_focus_here()
            select = imgui.InputTextFlags_.auto_select_all.value  # a click is the beginning of another search
            _, self.search = imgui.input_text_with_hint("##search", "Find a scene", self.search, select)
            entered = imgui.is_item_deactivated() and imgui.is_key_pressed(imgui.Key.enter)
        imgui.pop_style_var()
        pen.explain("Type a part of a name; Enter opens the first one found", box, pen.panel)
        pen.text(box.x + 18, box.center[1], Icon.SEARCH, 12, "faint", "icon", align=0.5)
        self.emptied = bool(self.search) and icon_button(
            pen, box.right - 16, box.center[1], Icon.CLOSE, "clear", "Show all again", 11, reach=11
        )
        if self.emptied:
            self.search = ""
        if entered:
            found = self.found()
            if found:
                self.open(player, found[0])

    # ------------------------------------------------------------------------------------------ list
    def found(self) -> list[Entry]:
        """Return the rows that match the search."""
        words = self.search.lower().split()
        return [entry for entry in self.entries if entry.matches(words)]

    def open(self, player: Player, entry: Entry) -> None:
        """Show a scene, or a landscape in the open scene (in a race if that has no landscape)."""
        self.opened = True
        if entry.landscape is None:
            player.load(entry.name)
        else:
            error = player.set_landscape(entry.name)
            if error:
                player.say(error, "error")

    def list(self, player: Player, area: Rect) -> None:
        """Draw the chapters and rows, scrolling inside the rectangle."""
        with self.scrolled(area) as inside:
            self.rows(player, area, inside.y, follows=True)

    def scrolled(self, area: Rect) -> AbstractContextManager[Rect]:
        """Return the part of the panel that scrolls inside the rectangle, for a ``with`` statement."""
        return scroll(self.pen, "scenes", Rect(area.x + 1, area.y, area.width - 4, area.height))

    def rows(self, player: Player, area: Rect, top: float, follows: bool = False) -> None:
        """Draw the chapters and rows from ``top`` down, seen through the rectangle.

        With ``follows`` the row of a scene that was just opened is scrolled into view.
        """
        pen = self.pen
        x, y, room = area.x + PADDING, top + 2, area.width - 2 * PADDING
        found = self.found()
        for chapter in dict.fromkeys(entry.chapter for entry in found):
            open_ = chapter not in self.folded or bool(self.search)
            y = self._chapter(chapter, open_, x, y, room)
            if open_:
                for entry in found:
                    if entry.chapter == chapter:
                        if follows and entry.landscape is None and entry.name == player.scene.name:
                            self._bring_into_view(entry.name, y, area)
                        y = self._row(player, entry, x, y, room, area)
            y += 6 if pen.compact else 10
        if not found:
            pen.text(x, y + 14, "Nothing has that name.", 14, "dim")
            pen.text(x, y + 34, "A formula goes into the formula box.", 13, "dim")
            y += 48
        reach(pen, y)

    def _bring_into_view(self, scene: str, y: float, view: Rect) -> None:
        """Scroll to the row of the scene at ``y`` once it was opened, unless it can be seen."""
        if self._sought == (scene, view.height):
            return
        self._sought = scene, view.height
        if not view.y <= y <= view.bottom - 2 * ROW:
            imgui.set_scroll_y(max(imgui.get_scroll_y() + (y - view.center[1]) * self.pen.scale, 0.0))

    def _chapter(self, chapter: str, open_: bool, x: float, y: float, room: float) -> float:
        pen = self.pen
        touch = pen.touch(f"chapter.{chapter}", x - 6, y - 3, room + 12, 22, "Fold away" if open_ else "Unfold")
        pen.text(x + 4, y + 9, Icon.DOWN if open_ else Icon.RIGHT, 8, "text" if touch.hovered else "faint", "icon", 0.5)
        pen.heading(x + 16, y + 9, chapter, "text" if touch.hovered else "dim", room - 18)
        if touch.clicked:
            self.folded ^= {chapter}
        return y + (23 if pen.compact else 25)

    def _row(self, player: Player, entry: Entry, x: float, y: float, room: float, view: Rect) -> float:
        pen = self.pen
        height = 26 if pen.compact else ROW
        if y + height < view.y or y > view.bottom:
            return y + height
        on = self._is_shown(player, entry)
        box = Rect(x - 6, y, room + 12, height - 2)
        touch = pen.touch(f"open.{entry.chapter}.{entry.name}", box.x, box.y, box.width, box.height, entry.help)
        if on or touch.hovered:
            pen.box(box.x, box.y, box.width, box.height, "accent" if on else "text", 0.13 if on else 0.06)
        side = 20 if pen.compact else 24
        top = round(y + height / 2 - 1 - side / 2)
        alpha = 1.0 if on or touch.hovered else 0.86
        if entry.landscape is None:
            self.thumbnails.scene(x, top, side, entry.name, alpha)
        else:
            self.thumbnails.landscape(x, top, side, entry.landscape, alpha)
        size, font = (14 if pen.compact else 15), ("bold" if on else "regular")
        title, size = pen.shrunk(entry.title, room - side - 12, size, font)
        pen.text(x + side + 12, y + height / 2 - 1, title, size, "text", font, alpha=1.0 if on else 0.84)
        if touch.clicked:
            self.open(player, entry)
        return y + height

    def _is_shown(self, player: Player, entry: Entry) -> bool:
        if entry.landscape is None:
            return entry.name == player.scene.name
        return player.scene.values.get("landscape") == entry.name


def _logo(pen: Pen, x: float, y: float, size: float) -> None:
    """Draw the logo: three eccentric contour rings, like a valley seen from above."""
    ramp = pen.theme.height_map
    shades = (("accent", 1.0, 0.0, 0.0), (ramp[160], 0.66, 0.14, 0.10), (ramp[110], 0.34, 0.26, 0.18))
    for shade, radius, dx, dy in shades:
        color = shade if isinstance(shade, str) else tuple(float(part) for part in shade)
        packed = pen.type.u32(color)
        center = pen.at(x + dx * size, y + dy * size)
        pen.dl.add_circle(center, radius * size * pen.scale, packed, 48, 2.2 * pen.scale)
    pen.dot(x + 0.34 * size, y + 0.24 * size, 2.4, "optimizer.adam")
