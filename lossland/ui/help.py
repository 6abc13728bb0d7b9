"""The page of keys and mouse, laid over the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from lossland.ui.icons import Icon
from lossland.ui.layout import Rect
from lossland.ui.pen import Pen
from lossland.ui.windows import window

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

WIDTH, ROW = 620.0, 25.0


def draw_help(pen: Pen, player: Player, size: tuple[float, float]) -> None:
    """Draw the page while ``player.help`` is set; a click anywhere or Escape closes it."""
    imgui.push_style_color(imgui.Col_.window_bg.value, imgui.ImVec4(*pen.theme.color("background.edge"), 0.66))
    imgui.push_style_var(imgui.StyleVar_.window_rounding.value, 0.0)
    imgui.push_style_var(imgui.StyleVar_.window_border_size.value, 0.0)
    with window(pen, "help", Rect(0, 0, *size), front=True):
        columns = (PAGES[:1] + PAGES[3:], PAGES[1:3])
        heights = [sum(ROW * len(rows) + 44 for _, rows in column) for column in columns]
        width, height = min(WIDTH, size[0] - 24), max(heights) + 70
        area = Rect((size[0] - width) / 2, max((size[1] - height) / 2, 12), width, height)
        touch = pen.touch("close-help", 0, 0, *size, "A click or Esc closes this page")
        pen.box(area.x, area.y, area.width, area.height, "panel", 1.0, 12)
        pen.frame(area.x, area.y, area.width, area.height, "hair", 1.0, 12)
        pen.text(area.x + 28, area.y + 34, "Keys and mouse", 20, "text", "bold")
        pen.text(area.right - 28, area.y + 34, Icon.CLOSE, 14, "dim", "icon", align=1)
        half = (area.width - 56) / 2
        for index, column in enumerate(columns):
            _column(pen, column, area.x + 28 + index * (half + 16), area.y + 66, half - 16)
        if touch.clicked or imgui.is_key_pressed(imgui.Key.escape):
            player.toggle_help()
    imgui.pop_style_var(2)
    imgui.pop_style_color()


def _column(
    pen: Pen, groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...], x: float, y: float, width: float
) -> None:
    for title, rows in groups:
        pen.heading(x, y + 8, title)
        y += 24
        for keys, meaning in rows:
            pen.text(x, y + ROW / 2, keys, 14, "accent")
            pen.text(x + 0.52 * width, y + ROW / 2, pen.fitted(meaning, 0.48 * width, 14), 14)
            y += ROW
        y += 20
