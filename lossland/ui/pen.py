"""The pen that panels are drawn with: text, formulas, boxes and lines in panel units, and pointer input.

A panel unit is a pixel at scale 1; the Pen converts units to pixels. It draws into the draw list of the current window
(see ``windows``). Buttons, sliders and text boxes are built on it (``widgets``, ``number_boxes``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from imgui_bundle import imgui

from lossland.ui.layout import Rect, tip_corner
from lossland.world.phrases import capitals
from lossland.world.theme import Theme, hex_color, marked
from lossland.writing.text import Type

V2 = imgui.ImVec2
Tip = str | Callable[[], str]  # a tooltip, or what computes it
SMALLEST_FORMULA = 9
TIP_WIDTH, TIP_INSET = 280.0, (10.0, 7.0)  # of tooltips: the longest line, and the padding


@dataclass(frozen=True)
class Touch:
    """The pointer's state at a widget."""

    clicked: bool
    hovered: bool
    held: bool
    double: bool = False


@dataclass
class Typing:
    """The number that is being typed or dragged, and the text box below an open list: at most one in all panels."""

    key: str = ""  # of the open box, "" if none is
    edit: str = ""  # the text it was opened with
    draft: str = ""  # its text
    fresh: bool = False  # it was opened in this frame and requests the keyboard focus
    last: tuple[str, str] = ("", "")  # key and text of the number that was drawn last and is not open
    left: int = -2  # the frame in which Tab left the box for the next number
    dragged: str = ""  # key of the cell that is dragged
    drag_from: float = 0.0  # and its value before
    line: str = ""  # the text of the box below a list
    again: str = ""  # what that box holds at first when the list opens again


class Notice(NamedTuple):
    """A widget's message; ``kind`` as in ``Player.say``."""

    text: str
    kind: str = "note"


class Pen:
    """Draws one panel's parts in a theme. ``dl`` is the draw list of the current window."""

    def __init__(self, theme: Theme, type_: Type) -> None:
        self.theme = theme
        self.type = type_
        self.dl: imgui.ImDrawList = None  # type: ignore[assignment]  # set by window() before anything draws
        self.area = Rect(0, 0, 0, 0)  # the current drawing area: a window, or a scrolling part of it
        self.panel = self.area  # the current window
        self.compact = False  # rows are one line high
        self.roomy = False  # the panel is high enough for optional parts
        self.typing = Typing()
        self.notice: Notice | None = None  # a message for the user, shown once
        self.kept_clear: list[Rect] = []  # rectangles that no tooltip covers
        self.mute = False  # measuring: nothing is drawn, and the pointer is ignored

    @property
    def scale(self) -> float:
        """Pixels per panel unit."""
        return self.type.scale

    def at(self, x: float, y: float) -> imgui.ImVec2:
        """Return a position in pixels."""
        scale = self.type.scale
        return V2(x * scale, y * scale)

    @property
    def pointer(self) -> tuple[float, float]:
        """The pointer's position in panel units."""
        mouse = imgui.get_io().mouse_pos
        return mouse.x / self.scale, mouse.y / self.scale

    def measure(self, draw: Callable[[], float]) -> float:
        """Return the result of ``draw`` without drawing."""
        self.mute = True
        try:
            return draw()
        finally:
            self.mute = False

    # ------------------------------------------------------------------------------------------ the pointer
    def touch(self, key: str, x: float, y: float, width: float, height: float, help: Tip) -> Touch:
        """Return the pointer's state at a rectangle; ``help`` is its tooltip, or computes it when it is read."""
        if self.mute:
            return UNTOUCHED
        imgui.set_cursor_screen_pos(self.at(x, y))
        clicked = imgui.invisible_button(key, self.at(max(width, 1), max(height, 1)))
        hovered = imgui.is_item_hovered()
        self.explain(help, Rect(x, y, width, height), self.panel)
        return Touch(
            clicked,
            hovered,
            imgui.is_item_active(),
            hovered and imgui.is_mouse_double_clicked(0),
        )

    def explain(self, help: Tip, item: Rect, panel: Rect) -> None:
        """Show a tooltip of ImGui's last item if the pointer rests on it: beside its panel, covering no neighbours."""
        if self.mute or not help or not imgui.is_item_hovered(imgui.HoveredFlags_.for_tooltip.value):
            return
        text = help() if callable(help) else help
        inset = self.at(*TIP_INSET)
        with self.font("regular", 13):
            size = imgui.calc_text_size(text, wrap_width=TIP_WIDTH * self.scale)
            tip = (size.x + 2 * inset.x) / self.scale, (size.y + 2 * inset.y) / self.scale
            screen = imgui.get_io().display_size
            corner = tip_corner(tip, item, panel, (screen.x / self.scale, screen.y / self.scale), self.kept_clear)
            imgui.set_next_window_pos(self.at(*corner))
            imgui.push_style_var(imgui.StyleVar_.window_padding.value, inset)
            if imgui.begin_tooltip():
                imgui.push_text_wrap_pos(TIP_WIDTH * self.scale)
                imgui.text_unformatted(text)
                imgui.pop_text_wrap_pos()
                imgui.end_tooltip()
            imgui.pop_style_var()

    # ------------------------------------------------------------------------------------------ text
    def color(self, role: str, alpha: float = 1.0) -> int:
        """Return a theme's role or ``#RRGGBB`` packed for ImGui."""
        return self.type.u32(role, alpha)

    def ink(self, role: str) -> str:
        """Return the ``#RRGGBB`` in which text about a role is readable."""
        return hex_color(self.theme.ink(role))

    @contextmanager
    def font(self, name: str, size: float) -> Iterator[None]:
        """Set the font of ImGui's own widgets within the block."""
        imgui.push_font(self.type.fonts[name], self.type.font_size(size))
        try:
            yield
        finally:
            imgui.pop_font()

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
        """Draw a line of text and return its width. ``align`` 0 starts it at x, 1 ends it there.

        ``middle``: y is its middle, else its top.
        """
        if self.mute:
            return self.width(text, size, font, track)
        exact = self.theme.color(color) if font == "icon" else color  # only text is adjusted for contrast
        width, _ = self.type.text(
            self.dl, x * self.scale, y * self.scale, text, size, exact, font,
            ax=align, ay=0.5 if middle else 0.0, alpha=alpha, track=track,
        )  # fmt: skip
        return width / self.scale

    def width(self, text: str, size: float = 14, font: str = "regular", track: float = 0.0) -> float:
        """Return the width of a line of text."""
        return self.type.width(text, size, font, track) / self.scale

    def fitted(self, text: str, room: float, size: float = 14, font: str = "regular") -> str:
        """Return the text, shortened with an ellipsis if it is wider than ``room``."""
        if self.width(text, size, font) <= room:
            return text
        while text and self.width(text + "…", size, font) > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def shrunk(self, text: str, room: float, size: float, font: str = "regular") -> tuple[str, float]:
        """Return the text and a size, reduced by up to 2 to fit; the text is shortened if that does not suffice."""
        for smaller in (size, size - 1, size - 2):
            if self.width(text, smaller, font) <= room:
                return text, smaller
        return self.fitted(text, room, size - 1, font), size - 1

    def wrapped(self, text: str, room: float, size: float = 14, font: str = "regular") -> list[str]:
        """Break text at spaces, but not thin ones, into lines of at most ``room``; wider words are broken too."""
        lines, line = [], ""
        for word in re.findall(r"[^ \t\n]+", text):
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
        """Draw a formula on a baseline; one wider than ``room`` is set smaller. Returns its width."""
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

    def rich(
        self, x: float, y: float, text: str, size: float = 14, color: str = "text", room: float = math.inf
    ) -> float:
        """Draw a line of text with LaTeX between dollars. Returns its width."""
        start = x
        for index, part in enumerate(text.split("$")):
            left = room - (x - start)
            if part and index % 2:
                x += self.latex(x, y + 0.36 * size, part, size + 1, color, room=max(left, 1))
            elif part:
                x += self.text(x, y, self.fitted(part, left, size), size, color)
        return x - start

    def heading(self, x: float, y: float, title: str, color: str = "dim", room: float = math.inf) -> float:
        """Draw a section's name in letterspaced capitals, y at its middle. Returns its width.

        One wider than ``room`` is shortened with an ellipsis.
        """
        while self.heading_width(title) > room and title not in ("", "…"):
            title = title.rstrip(" …")[:-1].rstrip() + "…"
        return self.text(x, y, capitals(title), 12, color, "bold", track=1.1)

    def heading_width(self, title: str) -> float:
        """Return the width of a section's name."""
        return self.width(capitals(title), 12, "bold", 1.1)

    # ------------------------------------------------------------------------------------------ shapes
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

    def rule(self, y: float, area: Rect | None = None) -> None:
        """Draw a hairline across the panel."""
        area = area or self.area
        self.box(area.x + 1, round(y), area.width - 2, 1, "hair", 1.0, 0)

    def dot(self, x: float, y: float, radius: float, color: str, alpha: float = 1.0) -> None:
        """Fill a circle."""
        if self.mute:
            return
        self.dl.add_circle_filled(self.at(x, y), radius * self.scale, self.color(color, alpha), 0)

    def ball(self, x: float, y: float, radius: float, color: str) -> None:
        """Fill a circle in the colour of a layer; where it reuses another lane's, with a core as in the picture."""
        self.dot(x, y, radius, color)
        if marked(color):
            self.dot(x, y, 0.4 * radius, "panel")

    def ring(self, x: float, y: float, radius: float, color: str, alpha: float = 1.0) -> None:
        """Draw a circle's outline."""
        if self.mute:
            return
        self.dl.add_circle(self.at(x, y), radius * self.scale, self.color(color, alpha), 0, 1.5 * self.scale)


UNTOUCHED = Touch(False, False, False)
