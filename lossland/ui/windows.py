"""The windows of panels, and their scrolling parts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from imgui_bundle import imgui

from lossland.ui.layout import Rect
from lossland.ui.pen import V2, Pen

_FIXED = sum(
    getattr(imgui.WindowFlags_, name).value
    for name in (
        "no_title_bar",
        "no_resize",
        "no_move",
        "no_scrollbar",
        "no_scroll_with_mouse",
        "no_collapse",
        "no_saved_settings",
        "no_bring_to_front_on_focus",
        "no_nav",
    )
)


@contextmanager
def window(
    pen: Pen, name: str, area: Rect, ground: bool = True, over: bool = False, solid: bool = False
) -> Iterator[None]:
    """Open a fixed window; without ``ground`` it has no background and border, ``over`` puts it over others.

    A ``solid`` one is opaque.
    """
    flags = _FIXED if ground else _FIXED | imgui.WindowFlags_.no_background.value
    if over:  # ImGui puts a window on top when it first appears, unless it has this flag
        flags &= ~imgui.WindowFlags_.no_bring_to_front_on_focus.value
        flags |= imgui.WindowFlags_.no_focus_on_appearing.value
    if solid:
        imgui.set_next_window_bg_alpha(1.0)
    low, high = pen.at(area.x, area.y), pen.at(area.right, area.bottom)
    if not ground:  # ImGui cuts off fractions of pixels and the border, and with them the ends of what is drawn
        edge = imgui.get_style().window_border_size
        low, high = V2(int(low.x) - edge, int(low.y) - edge), V2(math.ceil(high.x) + edge, math.ceil(high.y) + edge)
    imgui.set_next_window_pos(low)
    imgui.set_next_window_size(V2(high.x - low.x, high.y - low.y))
    imgui.begin(name, None, flags)
    pen.dl, pen.area, pen.panel = imgui.get_window_draw_list(), area, area
    try:
        yield
    finally:
        imgui.end()


@contextmanager
def scroll(pen: Pen, name: str, area: Rect, sideways: bool = False) -> Iterator[Rect]:
    """Open a part of the window that scrolls if its content is higher; yields the content's rectangle."""
    outer_dl, outer_area = pen.dl, pen.area
    imgui.set_cursor_screen_pos(pen.at(area.x, area.y))
    imgui.push_style_var(imgui.StyleVar_.window_padding.value, V2(0, 0))
    flags = imgui.WindowFlags_.no_nav.value
    if sideways:
        flags |= imgui.WindowFlags_.horizontal_scrollbar.value
    imgui.begin_child(name, pen.at(area.width, area.height), 0, flags)
    imgui.pop_style_var()
    pen.dl = imgui.get_window_draw_list()
    left, top = area.x - imgui.get_scroll_x() / pen.scale, area.y - imgui.get_scroll_y() / pen.scale
    pen.area = Rect(left, top, area.width, area.height)
    try:
        yield pen.area
    finally:
        imgui.end_child()
        pen.dl, pen.area = outer_dl, outer_area


def reach(pen: Pen, y: float, x: float = -math.inf) -> None:
    """Set the extent of a scrolling part's content: down to ``y``, and right to ``x``."""
    imgui.set_cursor_screen_pos(pen.at(pen.area.x, pen.area.y))
    size = pen.at(max(x - pen.area.x, 1), max(y - pen.area.y, 1))
    imgui.dummy(size)
