"""Editable numbers: a click turns a value into a text box; one in a cell can be dragged too.

Tab takes what was typed and opens the number that is drawn next, Shift+Tab the one before.
"""

from __future__ import annotations

import math

from imgui_bundle import imgui

from lossland.ui.layout import Rect
from lossland.ui.pen import Notice, Pen

_ENTER = imgui.InputTextFlags_.auto_select_all.value | imgui.InputTextFlags_.enter_returns_true.value


def plain_number(value: float) -> str:
    """Format a number for editing: up to six digits, ASCII."""
    return f"{value:.6g}"


def read_number(text: str | None) -> float | None:
    """Parse a typed number (also with the character −); None for anything else."""
    if text is None:
        return None
    try:
        value = float(text.strip().replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def number_field(
    pen: Pen,
    key: str,
    x: float,
    y: float,
    width: float,
    text: str,
    edit: str,
    help: str,
    size: float = 13,
    color: str = "text",
    align: float = 1.0,
) -> str | None:
    """Draw a value that becomes a text box when clicked. Returns the typed text when Enter or Tab closes the box.

    (x, y) is the middle of the left edge; ``edit`` is the text to start editing with.
    """
    if pen.typing.key == key and not pen.mute:
        return _number_box(pen, key, x, y, width, size)
    touch = pen.touch(key, x - 4, y - 10, width + 8, 20, help)
    if touch.hovered:
        pen.box(x - 4, y - 10, width + 8, 20, "text", 0.08, 5)
    pen.text(x + align * width, y, text, size, color, align=align)
    if touch.clicked or _is_next(pen, key, edit):
        open_number(pen, key, edit)
    return None


def number_cell(
    pen: Pen, key: str, x: float, y: float, width: float, value: float, text: str, help: str, step: float = 0.01
) -> float | None:
    """Draw a number in a box: dragging changes it by ``step`` per unit, a click opens it. Returns a new value.

    (x, y) is the middle of the left edge.
    """
    if pen.typing.key == key and not pen.mute:
        typed = _number_box(pen, key, x + 4, y, width - 8, 14)
        number = read_number(typed)
        if typed is not None and number is None:
            pen.notice = Notice(f"A number is wanted here, not {typed!r}.", "error")
        return number
    touch = pen.touch(key, x, y - 12, width, 24, help)
    pen.box(x, y - 12, width, 24, "text", 0.06 + 0.05 * touch.hovered, 6)
    pen.text(x + width - 8, y, text, 14, align=1)
    dragged = imgui.get_mouse_drag_delta(0, 3.0 * pen.scale).x / pen.scale if not pen.mute else 0.0
    if touch.held and dragged:
        if pen.typing.dragged != key:
            pen.typing.dragged, pen.typing.drag_from = key, value
        return round((pen.typing.drag_from + dragged * step) / step) * step
    clicked, edit = touch.clicked and pen.typing.dragged != key, plain_number(value)
    if _is_next(pen, key, edit) or clicked:
        open_number(pen, key, edit)
    if not touch.held and pen.typing.dragged == key:
        pen.typing.dragged = ""
    return None


def open_number(pen: Pen, key: str, edit: str) -> None:
    """Turn the number with a key into a text box."""
    pen.typing.key, pen.typing.edit, pen.typing.draft, pen.typing.fresh = key, edit, edit, True


def _is_next(pen: Pen, key: str, edit: str) -> bool:
    """Whether Tab opens a number that is drawn: the first one after the box, or in the next frame from the top."""
    if pen.mute:
        return False
    pen.typing.last = key, edit
    if imgui.get_frame_count() - pen.typing.left > 1:
        return False
    pen.typing.left = -2
    return True


def _number_box(pen: Pen, key: str, x: float, y: float, width: float, size: float) -> str | None:
    typing = pen.typing
    imgui.set_cursor_screen_pos(pen.at(x - 4, y - 10))
    imgui.set_next_item_width((width + 8) * pen.scale)
    imgui.push_style_var(imgui.StyleVar_.frame_padding.value, pen.at(4, 3))
    imgui.push_style_var(imgui.StyleVar_.frame_rounding.value, 5 * pen.scale)
    with pen.font("regular", size):
        if typing.fresh:
            imgui.set_keyboard_focus_here()
        entered, typing.draft = imgui.input_text(f"##{key}", typing.draft, _ENTER)
        closed = not typing.fresh and imgui.is_item_deactivated()
        tabbed = imgui.is_item_active() and imgui.is_key_pressed(imgui.Key.tab)
        pen.explain("Enter or Tab takes it, Esc leaves it as it was", Rect(x, y - 10, width, 20), pen.panel)
    imgui.pop_style_var(2)
    typing.fresh = False
    if entered or closed or tabbed:
        typing.key = ""
    if not tabbed:
        return typing.draft if entered else None
    draft = typing.draft if typing.draft != typing.edit else None  # a number passed by keeps all its digits
    if not imgui.get_io().key_shift:
        typing.left = imgui.get_frame_count()
    elif typing.last[0]:
        open_number(pen, *typing.last)
    return draft
