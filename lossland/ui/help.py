"""The page of keys and mouse actions, over the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from lossland.ui.icons import Icon
from lossland.ui.layout import Rect
from lossland.ui.pen import Pen
from lossland.ui.widgets import icon_button
from lossland.ui.windows import reach, scroll, window

if TYPE_CHECKING:
    from lossland.play.player import Player

PAGES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Mouse",
        (
            ("Drag", "turn the view"),
            ("Right drag", "move the view"),
            ("Wheel", "nearer, farther"),
            ("Click the ground", "start the race there"),
            ("Click a trail", "select its optimizer"),
            ("Drag a handle", "move it"),
            ("Rest on anything", "its name and numbers"),
            ("Shift on a slider", "fine steps"),
            ("Double click a slider", "its usual value"),
        ),
    ),
    (
        "Time",
        (
            ("Space", "play, pause"),
            (".  ,  or  →  ←", "one step on, one back"),
            ("L", "loop"),
            ("1 … 9", "presets"),
            ("R", "reset the scene"),
            ("Ctrl Z", "undo"),
            ("Ctrl Shift Z, Ctrl Y", "redo"),
        ),
    ),
    (
        "View",
        (
            ("H", "home"),
            ("F", "follow, let go"),
            ("Ctrl 1  2  3", "keep the view"),
            ("Alt 1  2  3", "go back to it"),
            ("T", "turntable"),
            ("Ctrl +  −  0", "size of text"),
            ("F3", "frame times"),
            ("F11", "full screen"),
        ),
    ),
    (
        "Save",
        (
            ("S", "save a picture"),
            ("V", "film, again to stop"),
            ("F1  ?", "this page"),
            ("Ctrl Q", "quit"),
        ),
    ),
)

WIDTH, ROW, LOW_ROW = 620.0, 25.0, 22.0
HEAD, GROUP = 24.0, 44.0  # heights of a group's heading, without and with the gap below the group
TWO_COLUMNS = 560.0  # least width for two columns


def draw_help(pen: Pen, player: Player, size: tuple[float, float]) -> None:
    """Draw the page while ``player.help`` is set; a click anywhere, Escape or any letter closes it."""
    imgui.set_next_frame_want_capture_keyboard(True)
    imgui.push_style_color(imgui.Col_.window_bg.value, imgui.ImVec4(*pen.theme.color("background.edge"), 0.66))
    imgui.push_style_var(imgui.StyleVar_.window_rounding.value, 0.0)
    imgui.push_style_var(imgui.StyleVar_.window_border_size.value, 0.0)
    imgui.set_next_window_focus()
    with window(pen, "help", Rect(0, 0, *size), over=True):
        imgui.set_next_item_allow_overlap()  # by the icon
        closed = pen.touch("close-help", 0, 0, *size, "").clicked
        closed |= _page(pen, size)
    imgui.pop_style_var(2)
    imgui.pop_style_color()
    typed = imgui.get_io().input_queue_characters.size() > 0
    if closed or typed or imgui.is_key_pressed(imgui.Key.escape):
        player.toggle_help()


def _page(pen: Pen, size: tuple[float, float]) -> bool:
    """Draw the card with all keys, which scrolls if it is higher than the window. Returns whether it was clicked."""
    width = min(WIDTH, size[0] - 24)
    columns = (PAGES[:1] + PAGES[3:], PAGES[1:3]) if width >= TWO_COLUMNS else (PAGES,)
    for row in (ROW, LOW_ROW):
        content = max(sum(row * len(rows) + GROUP for _, rows in column) for column in columns)
        height = min(content + 70, size[1] - 24)
        if height == content + 70:
            break
    area = Rect((size[0] - width) / 2, (size[1] - height) / 2, width, height)
    pen.box(*area.parts, "panel", 1.0, 12)
    pen.frame(*area.parts, "hair", 1.0, 12)
    pen.text(area.x + 28, area.y + 34, "Keys and mouse", 20, "text", "bold")
    closed = icon_button(pen, area.right - 32, area.y + 32, Icon.CLOSE, "close-help-icon", "Close  Esc", 14)
    with scroll(pen, "help.page", Rect(area.x + 1, area.y + 58, area.width - 3, area.height - 62)) as inside:
        closed |= pen.touch("close-help-page", inside.x, inside.y, inside.width, content, "").clicked
        half = (area.width - 56 - 32 * (len(columns) - 1)) / len(columns)
        for index, column in enumerate(columns):
            _column(pen, column, area.x + 28 + index * (half + 32), inside.y + 8, half, row)
        reach(pen, inside.y + content)
    return closed


def _column(
    pen: Pen, groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...], x: float, y: float, width: float, row: float
) -> None:
    widest = max(pen.width(keys, 14) for _, rows in groups for keys, _ in rows)
    start = min(0.52 * width, widest + 20)
    for title, rows in groups:
        pen.heading(x, y + 8, title)
        y += HEAD
        for keys, meaning in rows:
            pen.text(x, y + row / 2, keys, 14, "accent")
            text, size = pen.shrunk(meaning, width - start, 14)
            pen.text(x + start, y + row / 2, text, size)
            y += row
        y += GROUP - HEAD
