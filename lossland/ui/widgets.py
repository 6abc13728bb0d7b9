"""The parts that panels are made of: text, sliders, chips, icon buttons and number boxes, drawn by hand.

Everything is drawn with the window's draw list and felt with invisible buttons. Callers think in panel
units (a pixel at scale 1); the Pen turns them into pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from imgui_bundle import imgui

from lossland.ui.layout import Rect
from lossland.world.theme import Theme, hex_color
from lossland.writing.text import Type

V2 = imgui.ImVec2
SMALLEST_FORMULA = 9


class Icon:
    """Font Awesome 6 Free Solid."""

    PLAY = "\uf04b"
    PAUSE = "\uf04c"
    BACK = "\uf048"
    FORWARD = "\uf051"
    LOOP = "\uf363"
    CAMERA = "\uf030"
    FILM = "\uf008"
    SHARE = "\uf1e0"
    STOP = "\uf04d"
    DOWN = "\uf078"
    RIGHT = "\uf054"
    EYE = "\uf06e"
    EYE_OFF = "\uf070"
    SEARCH = "\uf002"
    PLUS = "+"
    CLOSE = "\uf00d"
    GEAR = "\uf013"
    CHECK = "\uf00c"
    WARNING = "\uf071"
    TURN = "\uf2f1"
    HOME = "\uf015"
    EXPAND = "\uf065"
    COPY = "\uf0c5"
    DICE = "\uf522"


def plain_number(value: float) -> str:
    """Write a number for editing: all its digits up to six, ASCII."""
    return f"{value:.6g}"


def read_number(text: str | None) -> float | None:
    """Read a typed number (a true minus counts); None for anything else."""
    if text is None:
        return None
    try:
        value = float(text.strip().replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Touch:
    """What the pointer does to a widget now."""

    clicked: bool
    hovered: bool
    held: bool
    double: bool = False
    menu: bool = False  # clicked with the right button


class Pen:
    """Draws one panel's parts in a theme. ``dl`` is the draw list of the window that is open."""

    def __init__(self, theme: Theme, type_: Type) -> None:
        self.theme = theme
        self.type = type_
        self.dl: imgui.ImDrawList = None  # type: ignore[assignment]  # set by window() before anything draws
        self.area = Rect(0, 0, 0, 0)
        self.compact = False  # rows are one line high
        self.roomy = False  # there is height to spare
        self.editing = ""  # key of the number box that is open
        self.draft = ""
        self.typed = ""  # into the box below a list
        self._fresh = False  # the box was opened in this frame and wants the keyboard
        self._dragged, self._drag_from = "", 0.0  # the cell that is being dragged, and its value before
        self.notice = ""  # something to tell the user, said once
        self.mute = False  # measuring: nothing is drawn or felt

    @property
    def scale(self) -> float:
        """Pixels to a panel unit."""
        return self.type.scale

    def at(self, x: float, y: float) -> imgui.ImVec2:
        """Return a place in pixels."""
        scale = self.type.scale
        return V2(x * scale, y * scale)

    @property
    def pointer(self) -> tuple[float, float]:
        """Where the mouse is, in panel units."""
        mouse = imgui.get_io().mouse_pos
        return mouse.x / self.scale, mouse.y / self.scale

    def measure(self, draw: Callable[[], float]) -> float:
        """Return what ``draw`` would return, drawing nothing."""
        self.mute = True
        try:
            return draw()
        finally:
            self.mute = False

    # ------------------------------------------------------------------------------------------ windows
    @contextmanager
    def window(self, name: str, area: Rect, ground: bool = True, front: bool = False) -> Iterator[None]:
        """Open a fixed window; without ``ground`` it has no background and border, ``front`` lays it over all."""
        flags = _FIXED if ground else _FIXED | imgui.WindowFlags_.no_background.value
        if front:
            flags &= ~imgui.WindowFlags_.no_bring_to_front_on_focus.value
            imgui.set_next_window_focus()
        imgui.set_next_window_pos(self.at(area.x, area.y))
        imgui.set_next_window_size(self.at(area.width, area.height))
        imgui.begin(name, None, flags)
        self.dl, self.area = imgui.get_window_draw_list(), area
        try:
            yield
        finally:
            imgui.end()

    @contextmanager
    def scroll(self, name: str, area: Rect, sideways: bool = False) -> Iterator[Rect]:
        """Open a part of the window that scrolls when its content is higher; gives where the content is."""
        outer_dl, outer_area = self.dl, self.area
        imgui.set_cursor_screen_pos(self.at(area.x, area.y))
        imgui.push_style_var(imgui.StyleVar_.window_padding.value, V2(0, 0))
        flags = imgui.WindowFlags_.no_nav.value
        if sideways:
            flags |= imgui.WindowFlags_.horizontal_scrollbar.value
        imgui.begin_child(name, self.at(area.width, area.height), 0, flags)
        imgui.pop_style_var()
        self.dl = imgui.get_window_draw_list()
        left, top = area.x - imgui.get_scroll_x() / self.scale, area.y - imgui.get_scroll_y() / self.scale
        self.area = Rect(left, top, area.width, area.height)
        try:
            yield self.area
        finally:
            imgui.end_child()
            self.dl, self.area = outer_dl, outer_area

    def reach(self, y: float, x: float = -math.inf) -> None:
        """Tell the scrolling part that its content goes down to ``y``, and to the right as far as ``x``."""
        imgui.set_cursor_screen_pos(self.at(self.area.x, self.area.y))
        size = self.at(max(x - self.area.x, 1), max(y - self.area.y, 1))
        imgui.dummy(size)

    def touch(self, key: str, x: float, y: float, width: float, height: float) -> Touch:
        """Feel the pointer in a rectangle."""
        if self.mute:
            return UNTOUCHED
        imgui.set_cursor_screen_pos(self.at(x, y))
        clicked = imgui.invisible_button(key, self.at(max(width, 1), max(height, 1)))
        hovered = imgui.is_item_hovered()
        return Touch(
            clicked,
            hovered,
            imgui.is_item_active(),
            hovered and imgui.is_mouse_double_clicked(0),
            hovered and imgui.is_mouse_clicked(1),
        )

    # ------------------------------------------------------------------------------------------ ink
    def color(self, role: str, alpha: float = 1.0) -> int:
        """Return a theme's role or ``#RRGGBB`` as ImGui packs it."""
        return self.type.u32(role, alpha)

    def ink(self, role: str) -> str:
        """Return the ``#RRGGBB`` in which text about a role is readable."""
        return hex_color(self.theme.ink(role))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 14,
        color: str = "text",
        font: str = "regular",
        align: float = 0.0,
        middle: bool = True,
        alpha: float = 1.0,
        track: float = 0.0,
    ) -> float:
        """Write a line and return its width. ``align`` 0 starts it at x, 1 ends it there.

        ``middle``: y is its middle, else its top.
        """
        if self.mute:
            return self.width(text, size, font, track)
        exact = self.theme.color(color) if font == "icon" else color  # text is made readable, signs are not
        width, _ = self.type.text(
            self.dl, x * self.scale, y * self.scale, text, size, exact, font,
            ax=align, ay=0.5 if middle else 0.0, alpha=alpha, track=track,
        )  # fmt: skip
        return width / self.scale

    def width(self, text: str, size: float = 14, font: str = "regular", track: float = 0.0) -> float:
        """Return how long a line is."""
        return self.type.width(text, size, font, track) / self.scale

    def fitted(self, text: str, room: float, size: float = 14, font: str = "regular") -> str:
        """Return the text, shortened with an ellipsis where it would be longer than ``room``."""
        if self.width(text, size, font) <= room:
            return text
        while text and self.width(text + "…", size, font) > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def shrunk(self, text: str, room: float, size: float, font: str = "regular") -> tuple[str, float]:
        """Return the text and a size up to 2 smaller at which it fits, shortened where even that is too long."""
        for smaller in (size, size - 1, size - 2):
            if self.width(text, smaller, font) <= room:
                return text, smaller
        return self.fitted(text, room, size - 1, font), size - 1

    def wrapped(self, text: str, room: float, size: float = 14, font: str = "regular") -> list[str]:
        """Break text into lines no longer than ``room``; a word longer than that is broken too."""
        lines, line = [], ""
        for word in text.split():
            longer = f"{line} {word}" if line else word
            if self.width(longer, size, font) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            while self.width(word, size, font) > room and len(word) > 1:
                cut = len(word) - 1
                while cut > 1 and self.width(word[:cut], size, font) > room:
                    cut -= 1
                lines.append(word[:cut])
                word = word[cut:]
            line = word
        return [*lines, line] if line else lines

    def latex(
        self,
        x: float,
        baseline: float,
        latex: str,
        size: float = 15,
        color: str = "text",
        align: float = 0.0,
        room: float = math.inf,
        alpha: float = 1.0,
    ) -> float:
        """Set a formula on a baseline; one wider than ``room`` is set smaller. Returns its width."""
        mark = self.type.formula(latex, size, color)
        while mark.width > room * self.scale and size > SMALLEST_FORMULA:
            size = max(min(size - 1, math.floor(size * room * self.scale / mark.width)), SMALLEST_FORMULA)
            mark = self.type.formula(latex, size, color)
        shrink = min(1.0, room * self.scale / mark.width)
        if self.mute:
            return mark.width * shrink / self.scale
        width, height = mark.width * shrink, mark.height * shrink
        left = round(x * self.scale - align * width)
        top = round(baseline * self.scale - mark.baseline * shrink)
        self.dl.add_image(
            mark.texture, V2(left, top), V2(left + width, top + height), V2(0, 0), V2(1, 1),
            self.type.u32("#FFFFFF", alpha),
        )  # fmt: skip
        return width / self.scale

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        color: str,
        alpha: float = 1.0,
        rounding: float = 7,
    ) -> None:
        """Fill a rectangle."""
        if self.mute:
            return
        corner = self.at(x + width, y + height)
        self.dl.add_rect_filled(self.at(x, y), corner, self.color(color, alpha), rounding * self.scale)

    def frame(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        color: str,
        alpha: float = 1.0,
        rounding: float = 7,
    ) -> None:
        """Draw a rectangle's outline."""
        if self.mute:
            return
        corner = self.at(x + width, y + height)
        self.dl.add_rect(self.at(x, y), corner, self.color(color, alpha), rounding * self.scale, self.scale)

    def line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        color: str,
        alpha: float = 1.0,
        width: float = 1.0,
    ) -> None:
        """Draw a straight line."""
        if self.mute:
            return
        self.dl.add_line(self.at(x0, y0), self.at(x1, y1), self.color(color, alpha), width * self.scale)

    def polyline(self, points: Sequence[Sequence[float]], color: str, alpha: float = 1.0, width: float = 1.0) -> None:
        """Draw a line through points (x, y)."""
        if self.mute:
            return
        scale = self.scale
        places: list[Any] = [V2(x * scale, y * scale) for x, y in points]
        self.dl.add_polyline(places, self.color(color, alpha), width * scale, 0)

    def rule(self, y: float, area: Rect | None = None) -> None:
        """Draw a hairline across the panel."""
        area = area or self.area
        self.box(area.x + 1, round(y), area.width - 2, 1, "hair", 1.0, 0)

    def dot(self, x: float, y: float, radius: float, color: str, alpha: float = 1.0) -> None:
        """Fill a circle."""
        if self.mute:
            return
        self.dl.add_circle_filled(self.at(x, y), radius * self.scale, self.color(color, alpha), 0)

    def ring(self, x: float, y: float, radius: float, color: str, alpha: float = 1.0) -> None:
        """Draw a circle's outline."""
        if self.mute:
            return
        self.dl.add_circle(self.at(x, y), radius * self.scale, self.color(color, alpha), 0, 1.5 * self.scale)

    def tooltip(self, text: str) -> None:
        """Explain the widget just felt, when the pointer rests on it."""
        if self.mute or not text or not imgui.is_item_hovered(imgui.HoveredFlags_.for_tooltip.value):
            return
        imgui.push_style_var(imgui.StyleVar_.window_padding.value, self.at(10, 7))
        if imgui.begin_tooltip():
            with self.font("regular", 13):
                imgui.push_text_wrap_pos(280 * self.scale)
                imgui.text_unformatted(text)
                imgui.pop_text_wrap_pos()
            imgui.end_tooltip()
        imgui.pop_style_var()

    @contextmanager
    def font(self, name: str, size: float) -> Iterator[None]:
        """Choose the font of ImGui's own widgets."""
        imgui.push_font(self.type.fonts[name], self.type.font_size(size))
        try:
            yield
        finally:
            imgui.pop_font()

    # ------------------------------------------------------------------------------------------ widgets
    def heading(self, x: float, y: float, title: str, color: str = "dim") -> float:
        """Write a section's name in spaced capitals, y at its middle. Returns its width."""
        return self.text(x, y, title.upper(), 12, color, "bold", track=1.1)

    def rich(
        self, x: float, y: float, text: str, size: float = 14, color: str = "text", room: float = math.inf
    ) -> float:
        """Write a line in which parts between dollars are LaTeX. Returns its width."""
        start = x
        for index, part in enumerate(text.split("$")):
            left = room - (x - start)
            if part and index % 2:
                x += self.latex(x, y + 0.36 * size, part, size + 1, color, room=max(left, 1))
            elif part:
                x += self.text(x, y, self.fitted(part, left, size), size, color)
        return x - start

    def icon(
        self,
        x: float,
        y: float,
        icon: str,
        key: str = "",
        size: float = 13,
        reach: float = 14,
        on: bool = False,
        color: str = "",
        help: str = "",
    ) -> bool:
        """Draw an icon around (x, y), as a button where it has a key. Returns whether it was clicked."""
        touch = self.touch(key, x - reach, y - reach, 2 * reach, 2 * reach) if key else UNTOUCHED
        if key:
            self.tooltip(help)
        if on or touch.hovered:
            tint = ("accent", 0.14) if on else ("text", 0.08)
            self.box(x - reach, y - reach, 2 * reach, 2 * reach, *tint)
        shade = color or ("accent" if on else "text" if touch.hovered else "dim")
        self.text(x, y + 0.5, icon, size, shade, "icon", align=0.5)
        return touch.clicked

    def chip_width(self, text: str) -> float:
        """Return how wide a chip with that word is."""
        return round(self.width(text, 13) + 20)

    def chip(
        self, x: float, y: float, text: str, key: str, on: bool = False, height: float = 24, help: str = ""
    ) -> bool:
        """Draw a pill with a word, top left at (x, y). Returns whether it was clicked."""
        width = self.chip_width(text)
        touch = self.touch(key, x, y, width, height)
        self.tooltip(help)
        tint = "accent" if on else "text"
        self.box(x, y, width, height, tint, (0.16 if on else 0.05) + 0.05 * touch.hovered, height / 2)
        self.text(x + width / 2, y + height / 2, text, 13, "accent" if on else "dim", align=0.5)
        return touch.clicked

    def chips(
        self,
        key: str,
        x: float,
        y: float,
        room: float,
        names: Sequence[str],
        chosen: str = "",
        hints: Mapping[str, str] | None = None,
    ) -> tuple[str | None, float]:
        """Draw pills in as many rows as they need, with what is said of each under the pointer.

        Returns the one clicked (or None), and the y below them.
        """
        clicked, left, pitch = None, x, 28 if self.compact else 30
        for name in names:
            label = self.fitted(name.replace("_", " "), room - 24, 13)
            width = self.chip_width(label)
            if left > x and left + width > x + room:
                left, y = x, y + pitch
            if self.chip(left, y, label, f"{key}.{name}", name == chosen, help=(hints or {}).get(name, "")):
                clicked = name
            left += width + 6
        return clicked, y + (pitch if names else 0)

    def slider(
        self,
        key: str,
        x: float,
        y: float,
        width: float,
        place: float,
        color: str,
        default: float | None = None,
        help: str = "",
    ) -> float | None:
        """Draw a thin track with a round grab at ``place`` in [0, 1], y its middle. Returns a new place or None.

        A double click goes to ``default``; with shift held the grab moves a tenth as fast.
        """
        touch = self.touch(key, x - 8, y - 10, width + 16, 20)
        self.tooltip(help)
        moved: float | None = None
        if touch.double and default is not None:
            moved = default
        elif touch.held and imgui.get_io().key_shift:
            moved = place + 0.1 * imgui.get_io().mouse_delta.x / self.scale / width
        elif touch.held:
            moved = (self.pointer[0] - x) / width
        shown = min(max(place if moved is None else moved, 0.0), 1.0)
        grown = 1 if touch.hovered or touch.held else 0
        self.box(x, y - 2, width, 4, "text", 0.13, 2)
        if shown > 0:
            self.box(x, y - 2, width * shown, 4, color, 1.0, 2)
        self.dot(x + width * shown, y, 7 + grown, "panel")
        self.dot(x + width * shown, y, 5 + grown, color)
        return None if moved is None or shown == place else shown

    def switch(self, key: str, x: float, y: float, on: bool) -> bool:
        """Draw an on/off switch that ends at x, y its middle. Returns whether it was clicked."""
        touch = self.touch(key, x - 34, y - 11, 36, 22)
        strength = 0.9 if on else 0.14 + 0.05 * touch.hovered
        self.box(x - 32, y - 9, 32, 18, "accent" if on else "text", strength, 9)
        self.dot(x - 9 if on else x - 23, y, 6.5, "panel" if on else "dim")
        return touch.clicked

    def number(
        self,
        key: str,
        x: float,
        y: float,
        width: float,
        text: str,
        edit: str,
        size: float = 13,
        color: str = "text",
        align: float = 1.0,
    ) -> str | None:
        """Draw a value that becomes a text box when clicked. Returns what was typed when Enter closes the box.

        (x, y) is the middle of the left edge; ``edit`` is the text to start editing with.
        """
        if self.editing == key and not self.mute:
            return self._number_box(key, x, y, width, size)
        touch = self.touch(key, x - 4, y - 10, width + 8, 20)
        if touch.hovered:
            self.box(x - 4, y - 10, width + 8, 20, "text", 0.08, 5)
        self.text(x + align * width, y, text, size, color, align=align)
        if touch.clicked:
            self.open_number(key, edit)
        return None

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard and say so."""
        imgui.set_clipboard_text(text)
        self.notice = f"Copied {what}."

    def open_number(self, key: str, edit: str) -> None:
        """Turn the number of that key into a text box."""
        self.editing, self.draft, self._fresh = key, edit, True

    def _number_box(self, key: str, x: float, y: float, width: float, size: float) -> str | None:
        imgui.set_cursor_screen_pos(self.at(x - 4, y - 10))
        imgui.set_next_item_width((width + 8) * self.scale)
        imgui.push_style_var(imgui.StyleVar_.frame_padding.value, self.at(4, 3))
        imgui.push_style_var(imgui.StyleVar_.frame_rounding.value, 5 * self.scale)
        with self.font("regular", size):
            if self._fresh:
                imgui.set_keyboard_focus_here()
            entered, self.draft = imgui.input_text(f"##{key}", self.draft, _ENTER)
            closed = not self._fresh and imgui.is_item_deactivated()
        imgui.pop_style_var(2)
        self._fresh = False
        if entered or closed:
            self.editing = ""
        return self.draft if entered else None

    def cell(
        self, key: str, x: float, y: float, width: float, value: float, text: str, step: float = 0.01
    ) -> float | None:
        """Draw a number in a box: dragging changes it by ``step`` a unit, a click opens it. Returns a new value.

        (x, y) is the middle of the left edge.
        """
        if self.editing == key and not self.mute:
            return read_number(self._number_box(key, x + 4, y, width - 8, 14))
        touch = self.touch(key, x, y - 12, width, 24)
        self.box(x, y - 12, width, 24, "text", 0.06 + 0.05 * touch.hovered, 6)
        self.text(x + width - 8, y, text, 14, align=1)
        dragged = imgui.get_mouse_drag_delta(0, 3.0 * self.scale).x / self.scale if not self.mute else 0.0
        if touch.held and dragged:
            if self._dragged != key:
                self._dragged, self._drag_from = key, value
            return round((self._drag_from + dragged * step) / step) * step
        if touch.clicked and self._dragged != key:
            self.open_number(key, plain_number(value))
        if not touch.held and self._dragged == key:
            self._dragged = ""
        return None

    def menu(self, key: str, x: float, y: float, width: float, options: Sequence[str], chosen: str) -> str | None:
        """Draw the chosen option with a list that opens below. Returns a newly chosen one, or None."""
        touch = self.touch(key, x, y - 12, width, 24)
        self.box(x, y - 12, width, 24, "text", 0.06 + 0.05 * touch.hovered, 6)
        self.text(x + 9, y, self.fitted(chosen.replace("_", " "), width - 30), 14)
        self.text(x + width - 12, y, Icon.DOWN, 8, "dim", "icon", align=0.5)
        if touch.clicked:
            imgui.open_popup(f"{key}.list")
        entries = [(name, name.replace("_", " "), "") for name in options]
        return self.popup(f"{key}.list", x, y + 15, width, entries, chosen)

    def popup(
        self,
        key: str,
        x: float,
        y: float,
        width: float,
        entries: Sequence[tuple[str, str, str]],
        chosen: str = "",
        hint: str = "",
    ) -> str | None:
        """Show the list ``key`` if it is open: entries (value, text, colour of a dot or ""). Returns the one chosen.

        With a ``hint`` there is a box below for a text of one's own, which is returned when Enter is pressed.
        """
        if self.mute:
            return None
        picked = None
        imgui.set_next_window_pos(self.at(x, y), imgui.Cond_.appearing.value)
        imgui.set_next_window_size_constraints(self.at(width, 0), self.at(max(width, 260), 480))
        imgui.push_style_var(imgui.StyleVar_.window_padding.value, self.at(9, 10))
        imgui.push_style_var(imgui.StyleVar_.item_spacing.value, self.at(6, 9))
        if imgui.begin_popup(key):
            with self.font("regular", 14):
                for value, text, color in entries:
                    if imgui.selectable(f"{'     ' if color else ''}{text}##{value}", value == chosen)[0]:
                        picked = value
                    if color:
                        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
                        center = V2(low.x + 9 * self.scale, (low.y + high.y) / 2)
                        dl = imgui.get_window_draw_list()
                        dl.add_circle_filled(center, 5 * self.scale, self.color(color))
                if hint:
                    imgui.set_next_item_width(-1)
                    entered, self.typed = imgui.input_text_with_hint(f"##{key}", hint, self.typed, _ENTER)
                    if entered and self.typed.strip():
                        picked, self.typed = self.typed.strip(), ""
                        imgui.close_current_popup()
            imgui.end_popup()
        imgui.pop_style_var(2)
        return picked


UNTOUCHED = Touch(False, False, False)
_ENTER = imgui.InputTextFlags_.auto_select_all.value | imgui.InputTextFlags_.enter_returns_true.value
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
