"""What is clicked and dragged: buttons, chips, sliders and switches. Lists to choose from are in ``lists``."""

from __future__ import annotations

from collections.abc import Mapping

from imgui_bundle import imgui

from lossland.ui.layout import CHIP_HEIGHT
from lossland.ui.pen import Notice, Pen


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


def copy_text(pen: Pen, text: str, what: str) -> None:
    """Put text on the clipboard and say so."""
    imgui.set_clipboard_text(text)
    pen.notice = Notice(f"Copied {what}.")
