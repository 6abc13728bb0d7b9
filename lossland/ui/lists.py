"""Lists to choose from, which open over everything else; in long ones one searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from imgui_bundle import imgui

from lossland.ui.icons import Icon
from lossland.ui.layout import Rect
from lossland.ui.pen import V2, Pen

ITEM_HEIGHT, LONGEST_LIST = 25.0, 480.0
_ENTER = imgui.InputTextFlags_.enter_returns_true.value
FEW = 12  # lines of a list that one sees at a glance
EDGE = 6.0  # lists keep so far from the window's edge
PADDING, DOT_ROOM = 9.0, 20.0  # beside the lines; what a coloured dot before a line needs


class Item(NamedTuple):
    """A line of a list: what it stands for, its text, the colour of a dot before it, and what is said of it.

    ``group`` is the heading that stands above all lines that have it.
    """

    value: str
    text: str
    color: str = ""
    help: str = ""
    group: str = ""


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

    It is as wide as its longest line, ``width`` at least and the window at most.
    With a ``hint`` there is a box above, in which one types at once: it leaves the lines that hold all of its words,
    and Enter takes the first of them, or what was typed where there is none (see `meant`) or the choice is ``free``.
    Escape or a click beside it closes it; while it is open, letters are no commands (see ``Host.wants_keyboard``).
    """
    if pen.mute or not imgui.is_popup_open(key):
        return None
    screen = imgui.get_io().display_size
    headings = len({item.group for item in items} - {""})
    longest = min(LONGEST_LIST, screen.y / pen.scale - 2 * EDGE)
    lines = max((pen.width(item.text, 14) + DOT_ROOM * bool(item.color) for item in items), default=0.0)
    width = max(width, min(lines + 2 * PADDING, screen.x / pen.scale - 2 * EDGE))
    height = min((len(items) + headings + bool(hint)) * ITEM_HEIGHT + 12, longest)
    left = max(min(x, screen.x / pen.scale - width - EDGE), EDGE)
    top = max(min(y, screen.y / pen.scale - height - EDGE), EDGE)
    picked = None
    imgui.set_next_window_pos(pen.at(left, top), imgui.Cond_.appearing.value)
    imgui.set_next_window_size_constraints(pen.at(width, 0), pen.at(max(width, 260), longest))
    imgui.push_style_var(imgui.StyleVar_.window_padding.value, pen.at(PADDING, 10))
    imgui.push_style_var(imgui.StyleVar_.item_spacing.value, pen.at(6, 9))
    if imgui.begin_popup(key):
        imgui.set_next_frame_want_capture_keyboard(True)
        with pen.font("regular", 14):
            if hint:
                typed = _typed(pen, key, hint)
                picked = typed if free or typed is None else meant(items, typed)
                items = found_in(items, pen.typing.line)
                headings = len({item.group for item in items} - {""})
                room = min((len(items) + headings) * ITEM_HEIGHT, longest - 2 * ITEM_HEIGHT - EDGE) * pen.scale
                imgui.begin_child(f"##{key}.lines", V2(0, max(room, 1.0)))  # 0 would be all the room there is
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


def open_again(pen: Pen, key: str, typed: str) -> None:
    """Open a list again with what was typed there and refused, to be mended."""
    pen.typing.again = typed
    imgui.open_popup(key)


def _typed(pen: Pen, key: str, hint: str) -> str | None:
    """Draw the box above a list, which is empty when the list opens. Returns what was typed when Enter is pressed."""
    if imgui.is_window_appearing():
        pen.typing.line, pen.typing.again = pen.typing.again, ""
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
