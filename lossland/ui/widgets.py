"""What is clicked and dragged: buttons, chips, sliders, switches and lists to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from imgui_bundle import imgui

from lossland.ui.icons import Icon
from lossland.ui.layout import CHIP_HEIGHT, Rect
from lossland.ui.pen import V2, Notice, Pen

ITEM_HEIGHT, LONGEST_LIST = 25.0, 480.0  # of lists
_ENTER = imgui.InputTextFlags_.enter_returns_true.value
FEW = 12  # lines of a list that one sees at a glance
EDGE = 6.0  # lists keep so far from the window's edge


class Item(NamedTuple):
    """A line of a list: what it stands for, its text, the colour of a dot before it, and what is said of it.

    ``group`` is the heading that stands above all lines that have it.
    """

    value: str
    text: str
    color: str = ""
    help: str = ""
    group: str = ""


def icon_button(
    pen: Pen,
    x: float,
    y: float,
    icon: str,
    key: str,
    help: str,
    size: float = 13,
    reach: float = 14,
    on: bool = False,
    color: str = "",
) -> bool:
    """Draw an icon around (x, y) as a button. Returns whether it was clicked."""
    touch = pen.touch(key, x - reach, y - reach, 2 * reach, 2 * reach, help)
    if on or touch.hovered:
        tint = ("accent", 0.14) if on else ("text", 0.08)
        pen.box(x - reach, y - reach, 2 * reach, 2 * reach, *tint)
    shade = color or ("accent" if on else "text" if touch.hovered else "dim")
    pen.text(x, y + 0.5, icon, size, shade, "icon", align=0.5)
    return touch.clicked


def chip_width(pen: Pen, text: str) -> float:
    """Return how wide a chip with that word is."""
    return round(pen.width(text, 13) + 20)


def chip(pen: Pen, x: float, y: float, text: str, key: str, help: str, on: bool = False) -> bool:
    """Draw a pill with a word, top left at (x, y). Returns whether it was clicked."""
    width, height = chip_width(pen, text), CHIP_HEIGHT
    touch = pen.touch(key, x, y, width, height, help)
    tint = "accent" if on else "text"
    pen.box(x, y, width, height, tint, (0.16 if on else 0.05) + 0.05 * touch.hovered, height / 2)
    pen.text(x + width / 2, y + height / 2, text, 13, "accent" if on else "dim", align=0.5)
    return touch.clicked


def chips(
    pen: Pen,
    key: str,
    x: float,
    y: float,
    room: float,
    hints: Mapping[str, str],
    chosen: str = "",
) -> tuple[str | None, float]:
    """Draw pills in as many rows as they need; ``hints`` are their names and what is said of each.

    Returns the one clicked (or None), and the y below them.
    """
    clicked, left, pitch = None, x, 28 if pen.compact else 30
    for name, help in hints.items():
        label = pen.fitted(name.replace("_", " "), room - 24, 13)
        width = chip_width(pen, label)
        if left > x and left + width > x + room:
            left, y = x, y + pitch
        if chip(pen, left, y, label, f"{key}.{name}", help, name == chosen):
            clicked = name
        left += width + 6
    return clicked, y + (pitch if hints else 0)


def slider(
    pen: Pen,
    key: str,
    x: float,
    y: float,
    width: float,
    place: float,
    color: str,
    help: str,
    default: float,
) -> float | None:
    """Draw a thin track with a round grab at ``place`` in [0, 1], y its middle. Returns a new place or None.

    A double click goes to ``default``; with shift held the grab moves a tenth as fast.
    """
    touch = pen.touch(key, x - 8, y - 10, width + 16, 20, help)
    moved: float | None = None
    if touch.double:
        moved = default
    elif touch.held and imgui.get_io().key_shift:
        moved = place + 0.1 * imgui.get_io().mouse_delta.x / pen.scale / width
    elif touch.held:
        moved = (pen.pointer[0] - x) / width
    shown = min(max(place if moved is None else moved, 0.0), 1.0)
    grown = 1 if touch.hovered or touch.held else 0
    pen.box(x, y - 2, width, 4, "text", 0.13, 2)
    if shown > 0:
        pen.box(x, y - 2, width * shown, 4, color, 1.0, 2)
    pen.dot(x + width * shown, y, 7 + grown, "panel")
    pen.dot(x + width * shown, y, 5 + grown, color)
    return None if moved is None or shown == place else shown


def switch(pen: Pen, key: str, x: float, y: float, on: bool, help: str) -> bool:
    """Draw an on/off switch that ends at x, y its middle. Returns whether it was clicked."""
    touch = pen.touch(key, x - 34, y - 11, 36, 22, help)
    strength = 0.9 if on else 0.14 + 0.05 * touch.hovered
    pen.box(x - 32, y - 9, 32, 18, "accent" if on else "text", strength, 9)
    pen.dot(x - 9 if on else x - 23, y, 6.5, "panel" if on else "dim")
    return touch.clicked


def dropdown(
    pen: Pen,
    key: str,
    x: float,
    y: float,
    width: float,
    options: Sequence[str],
    chosen: str,
    help: str,
    heading: Callable[[str], str] = lambda option: "",
    free: str = "",
) -> str | None:
    """Draw the chosen option with a list that opens below. Returns a newly chosen one, or None.

    In a long list one can search; ``heading`` is what stands above an option there. Where something else may be typed
    as well, ``free`` invites to do so.
    """
    touch = pen.touch(key, x, y - 12, width, 24, help)
    pen.box(x, y - 12, width, 24, "text", 0.06 + 0.05 * touch.hovered, 6)
    pen.text(x + 9, y, pen.fitted(chosen.replace("_", " "), width - 30), 14)
    pen.text(x + width - 12, y, Icon.DOWN, 8, "dim", "icon", align=0.5)
    if touch.clicked:
        imgui.open_popup(f"{key}.list")
    items = [Item(name, name.replace("_", " "), group=heading(name)) for name in options]
    hint = free or ("Search" if len(items) > FEW else "")
    picked = popup_list(pen, f"{key}.list", x, y + 15, width, items, chosen, hint, bool(free))
    return picked if free or picked in options else None


def popup_list(
    pen: Pen,
    key: str,
    x: float,
    y: float,
    width: float,
    items: Sequence[Item],
    chosen: str = "",
    hint: str = "",
    free: bool = False,
) -> str | None:
    """Show the list ``key`` if it is open, with its corner at (x, y) where it fits. Returns what was chosen.

    With a ``hint`` there is a box above, in which one types at once: it leaves the lines that hold all of its words,
    and Enter takes the first of them, or what was typed where there is none (see `meant`) or the choice is ``free``.
    Escape or a click beside it closes it; while it is open, letters are no commands (see ``Host.wants_keyboard``).
    """
    if pen.mute or not imgui.is_popup_open(key):
        return None
    screen = imgui.get_io().display_size
    headings = len({item.group for item in items} - {""})
    longest = min(LONGEST_LIST, screen.y / pen.scale - 2 * EDGE)
    height = min((len(items) + headings + bool(hint)) * ITEM_HEIGHT + 12, longest)
    left = max(min(x, screen.x / pen.scale - width - EDGE), EDGE)
    top = max(min(y, screen.y / pen.scale - height - EDGE), EDGE)
    picked = None
    imgui.set_next_window_pos(pen.at(left, top), imgui.Cond_.appearing.value)
    imgui.set_next_window_size_constraints(pen.at(width, 0), pen.at(max(width, 260), longest))
    imgui.push_style_var(imgui.StyleVar_.window_padding.value, pen.at(9, 10))
    imgui.push_style_var(imgui.StyleVar_.item_spacing.value, pen.at(6, 9))
    if imgui.begin_popup(key):
        imgui.set_next_frame_want_capture_keyboard(True)
        with pen.font("regular", 14):
            if hint:
                typed = _typed(pen, key, hint)
                picked = typed if free or typed is None else meant(items, typed)
                items = found_in(items, pen.typing.line)
                headings = len({item.group for item in items} - {""})
                room = V2(0, min((len(items) + headings) * ITEM_HEIGHT, longest - 2 * ITEM_HEIGHT - EDGE) * pen.scale)
                imgui.begin_child(f"##{key}.lines", room)
            group = ""
            for item in items:
                if item.group != group:
                    group = item.group
                    imgui.text_disabled(group)
                if _line(pen, item, item.value == chosen):
                    picked = item.value
                    if hint:
                        imgui.close_current_popup()
            if hint:
                imgui.end_child()
        if imgui.is_key_pressed(imgui.Key.escape):
            imgui.close_current_popup()
        imgui.end_popup()
    imgui.pop_style_var(2)
    return picked


def _typed(pen: Pen, key: str, hint: str) -> str | None:
    """Draw the box above a list, which is empty when the list opens. Returns what was typed when Enter is pressed."""
    if imgui.is_window_appearing():
        pen.typing.line = ""
        imgui.set_keyboard_focus_here()
    imgui.set_next_item_width(-1)
    entered, pen.typing.line = imgui.input_text_with_hint(f"##{key}", hint, pen.typing.line, _ENTER)
    if not entered or not pen.typing.line.strip():
        return None
    imgui.close_current_popup()
    return pen.typing.line


def found_in(items: Sequence[Item], typed: str) -> list[Item]:
    """Return the lines of a list that hold all words of what was typed, in name, text or heading."""
    words = typed.lower().split()
    return [item for item in items if all(word in f"{item.value} {item.text} {item.group}".lower() for word in words)]


def meant(items: Sequence[Item], typed: str) -> str:
    """Return the value of the line that is meant by what was typed, or what was typed if it is on no line.

    A line that begins with it comes before others that hold it.
    """
    text = typed.strip()
    found = found_in(items, text)
    begin = [item for item in found if item.text.lower().startswith(text.lower())]
    return (begin or found)[0].value if found else text


def _line(pen: Pen, item: Item, chosen: bool) -> bool:
    """Draw a line of a list. Returns whether it was clicked."""
    clicked, _ = imgui.selectable(f"{'     ' if item.color else ''}{item.text}##{item.value}", chosen)
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    place = Rect(low.x, low.y, high.x - low.x, high.y - low.y).scaled(1 / pen.scale)
    corner, size = imgui.get_window_pos(), imgui.get_window_size()
    pen.explain(item.help, place, Rect(corner.x, corner.y, size.x, size.y).scaled(1 / pen.scale))
    if item.color:
        center = V2(low.x + 9 * pen.scale, (low.y + high.y) / 2)
        imgui.get_window_draw_list().add_circle_filled(center, 5 * pen.scale, pen.color(item.color))
    return clicked


def copy_text(pen: Pen, text: str, what: str) -> None:
    """Put text on the clipboard and say so."""
    imgui.set_clipboard_text(text)
    pen.notice = Notice(f"Copied {what}.")
