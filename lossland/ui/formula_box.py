"""The box in which a landscape is typed: every letter updates the ground, or shows the error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from lossland import landscapes
from lossland.expression import formula
from lossland.expression.formula import FormulaError
from lossland.landscapes import Landscape
from lossland.numerals import told_apart
from lossland.ui.icons import Icon
from lossland.ui.layout import PADDING, Rect
from lossland.ui.number_boxes import number_field, plain_number, read_number
from lossland.ui.pen import Pen
from lossland.writing.host import waiting_in

if TYPE_CHECKING:
    from lossland.play.player import Player

BOX_HELP = "The height of the ground as a formula in x and y, such as x^2 + 3*sin(y), or the name of a landscape"
LETTER = 15.0  # size of the typed text, and height of its lines
MOST_LINES = 4
MESSAGE_LINE = 17.0
INSET, ABOVE = 11.0, 9.0  # between the box and its text, at the left and above


def broken(text: str, columns: int) -> str:
    """Break a formula before plus and minus signs outside all brackets into lines of at most ``columns``.

    A term that is longer is broken before the signs inside it too.
    """
    lines = [""]
    for term in _parts(" ".join(text.split()), outside=True):
        pieces = [term] if len(term.strip()) <= columns else _parts(term, outside=False)
        for piece in pieces:
            if lines[-1] and len(lines[-1] + piece) > columns:
                lines.append(piece.strip())
            else:
                lines[-1] += piece
    return "\n".join(lines)


def _parts(text: str, outside: bool) -> list[str]:
    """Split text before every `` + `` and `` - ``; with ``outside`` only where no bracket is open."""
    parts, start = [], 0
    for match in re.finditer(r" (?=[+-] )", text):
        before = text[: match.start()]
        if not outside or before.count("(") == before.count(")"):
            parts.append(text[start : match.start()])
            start = match.start()
    return [*parts, text[start:]]


def latex_terms(latex: str) -> list[str]:
    r"""Split LaTeX before every plus and minus outside braces and brackets."""
    terms, depth, start = [], 0, 0
    for index, letter in enumerate(latex):
        if letter in "{([":
            depth += 1
        elif letter in "})]":
            depth -= 1
        elif letter in "+-" and depth == 0 and latex[start:index].strip(" ="):
            terms.append(latex[start:index])
            start = index
    return [*terms, latex[start:]]


class FormulaBox:
    """Draws the box at the bottom of the left panel and sets the player's landscape."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.text = ""
        self.error = ""
        self.position: int | None = None
        self.domain_error = ""
        self._seen = ""  # the scene's landscape when the text was last copied from it
        self._active = False
        self._short = False  # whether there is no room for the typeset formula
        self._untried = False  # whether the text has changed since it was last evaluated
        self._scrolled = 0.0  # horizontal scroll offset of a long line while it is edited

    def height(self, player: Player, width: float, short: bool) -> float:
        """Return the height of the box; in a ``short`` panel it does not include the typeset formula."""
        self._follow(player, width)
        self._short = short
        return self.pen.measure(lambda: self._draw(player, 0.0, 0.0, width)) + (4 if short else 7)

    def draw(self, player: Player, area: Rect) -> None:
        """Draw the box into its rectangle."""
        self.pen.rule(area.y, area)
        self._draw(player, area.x + PADDING, area.y, area.width - 2 * PADDING)

    def _draw(self, player: Player, x: float, y: float, width: float) -> float:
        pen = self.pen
        y += 20
        pen.heading(x, y, "Formula")
        self._verdict(x + width, y)
        y += 14
        lines = min(max(self.text.count("\n") + 1, 2), MOST_LINES)
        height = 2 * ABOVE + LETTER * lines
        if not pen.mute:
            self._box(player, Rect(x, y, width, height))
        y = self._domain(player, x, y + height + 7, width)
        error = self.error or self.domain_error
        lines = (2 if error else 1) if self._short else 2 if self.pen.compact else 3
        below = self._message(error, x, y, width, lines) if error else self._echo(player, x, y, width)
        return max(
            below, y + MESSAGE_LINE * lines + (3 if self._short else 8)
        )  # reserved for messages, so that nothing moves when one appears, unless the panel is short

    # ------------------------------------------------------------------------------------------ parts
    def _verdict(self, right: float, y: float) -> None:
        pen = self.pen
        if self.error:
            pen.text(right, y, Icon.WARNING, 11, "bad", "icon", align=1)
        elif self.text.strip():
            pen.text(right, y, Icon.CHECK, 11, "good", "icon", align=1)
            pen.text(right - 16, y, "valid", 12, "dim", align=1)

    def _box(self, player: Player, box: Rect) -> None:
        pen = self.pen
        pen.box(box.x, box.y, box.width, box.height, "#0B0E13" if pen.theme.dark else "#F1F2F4")
        imgui.set_cursor_screen_pos(pen.at(box.x, box.y))
        imgui.push_style_color(imgui.Col_.frame_bg.value, imgui.ImVec4(0, 0, 0, 0))
        imgui.push_style_var(imgui.StyleVar_.frame_padding.value, pen.at(INSET, ABOVE))
        with pen.font("mono", LETTER):
            ended_by_enter = imgui.InputTextFlags_.ctrl_enter_for_new_line.value
            changed, self.text = imgui.input_text_multiline(
                "##formula", self.text, pen.at(box.width, box.height), ended_by_enter
            )
            was_active, self._active = self._active, imgui.is_item_active()
            if not self._active:  # while typing, the tooltip would cover the ground
                pen.explain(BOX_HELP, box, pen.panel)
            state = imgui.internal.get_input_text_state(imgui.get_item_id())
            self._scrolled = state.scroll.x / pen.scale if state is not None and self._active else 0.0
        imgui.pop_style_var()
        imgui.pop_style_color()
        edge = ("bad", 0.75) if self.error else ("accent", 0.45 if self._active else 0.22)
        pen.frame(box.x, box.y, box.width, box.height, *edge)
        if not self.text and not self._active:
            pen.text(box.x + INSET, box.y + 16, "a formula in x and y", LETTER, "dim", "mono")
        self._untried |= changed
        if self._active and not was_active:
            player.finish_step()  # typing from here on is one step to undo
        elif was_active and not self._active and imgui.is_key_pressed(imgui.Key.escape):
            self._untried = False
            if player.history.open:
                player.undo()
        # Dear ImGui handles about one letter per frame, and a ground takes longer than the next letter: queued letters
        # are handled first.
        if self._untried and not (self._active and waiting_in(imgui.get_current_context())):
            self._try(player)
        if self.error:
            self._mark(box)

    def _mark(self, box: Rect) -> None:
        """Underline the position of the error in the text."""
        if self.position is None:
            return
        pen = self.pen
        before = self.text[: self.position]
        row, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        letter = pen.width("0", LETTER, "mono")
        x, y = box.x + INSET + column * letter - self._scrolled, box.y + ABOVE + (row + 1) * LETTER - 1
        if y < box.bottom and box.x + 4 <= x and x + letter <= box.right:
            corner = pen.at(x + max(letter, 6), y + 2)
            dl = imgui.get_foreground_draw_list()
            dl.push_clip_rect(pen.dl.get_clip_rect_min(), pen.dl.get_clip_rect_max())
            dl.add_rect_filled(pen.at(x, y), corner, pen.color("bad"), pen.scale)
            dl.pop_clip_rect()

    def _message(self, text: str, x: float, y: float, width: float, most: int) -> float:
        """Draw the error message below the boxes; a tooltip has the whole text if it needs more lines."""
        pen = self.pen
        color = pen.ink("bad")
        lines = pen.wrapped(text, width, 13)
        if len(lines) > most:
            lines[most - 1 :] = [pen.fitted(" ".join(lines[most - 1 :]), width, 13)]
        pen.touch("formula.error", x, y, width, MESSAGE_LINE * len(lines) + 4, text)
        for line in lines:
            pen.text(x, y + 12, line, 13, color)
            y += MESSAGE_LINE
        return y + 3

    def _echo(self, player: Player, x: float, y: float, width: float) -> float:
        """Draw the typeset formula."""
        pen = self.pen
        landscape = shown_landscape(player)
        size = 13 if pen.compact else 15
        if landscape is None or self._short:
            return y
        y += 26 if pen.compact else 30
        lines = self._lines(f"f={landscape.latex}", size, width)
        style = (
            r"\displaystyle " if len(lines) == 1 else ""
        )  # if there is enough height, fractions are as large as the rest
        for line in lines:
            pen.latex(x, y, style + line, size, room=width)
            y += 22
        return y - (7 if pen.compact else 2)

    def _lines(self, latex: str, size: float, width: float) -> list[str]:
        """Break the formula into at most two lines; lines that are too long are set smaller."""
        lines: list[str] = []
        for term in latex_terms(latex):
            joined = lines[-1] + term if lines else term
            wide = self.pen.type.formula(joined, size, "text").width / self.pen.scale > width
            if lines and (not wide or len(lines) == 2):
                lines[-1] = joined
            else:
                lines.append(term)
        return lines

    def _domain(self, player: Player, x: float, y: float, width: float) -> float:
        """Draw the two chips with the ends of the domain; a click opens one as text."""
        pen = self.pen
        landscape = shown_landscape(player)
        if landscape is None or "domain" not in player.scene.params():
            return y
        ends = list(landscape.domain)
        for axis, name in enumerate("xy"):
            left, wide = x + axis * (width / 2 + 4), width / 2 - 4
            pen.box(left, y, wide, 28, "text", 0.06)
            pen.latex(left + 10, y + 19, name, 15, "dim")
            low, high = ends[axis]
            first, last = told_apart([low, high])
            shown = f"{first} … {last}"
            edit = f"{plain_number(low)}, {plain_number(high)}"
            key = f"domain.{name}"
            was_open = pen.typing.key == key
            typed = number_field(
                pen,
                key,
                left + 28,
                y + 14,
                wide - 38,
                shown,
                edit,
                f"The part of the ground that is shown: {name} from {first} to {last}. Click to type it",
            )
            if typed is not None:
                self._set_domain(player, ends, axis, typed)
            elif (was_open and pen.typing.key != key) or imgui.is_key_pressed(imgui.Key.escape):
                self.domain_error = ""  # its text was given up
        return y + 28

    def _set_domain(self, player: Player, ends: list[tuple[float, float]], axis: int, typed: str) -> None:
        wanted = read_domain(typed)
        if wanted is None:
            self.domain_error = f"A domain is two numbers with a comma, such as -2, 2; this is {typed.strip()!r}."
            return
        ends[axis] = wanted
        error = player.set_domain(ends[0], ends[1])
        self.domain_error = "" if error is None else f"{error} This is {typed.strip()!r}."

    # ------------------------------------------------------------------------------------------ text
    def _follow(self, player: Player, width: float) -> None:
        """Update the text if the landscape was changed elsewhere."""
        value = shown_formula(player)
        if value == self._seen:
            return
        self._seen, self._untried = value, False
        landscape = shown_landscape(player)
        columns = int((width - 2 * INSET) / max(self.pen.width("0", LETTER, "mono"), 1))
        self.text = broken(landscape.formula, columns) if landscape else ""
        self.error, self.position, self.domain_error = "", None, ""

    def _try(self, player: Player) -> None:
        """Show the typed formula, or keep the old ground and show the error."""
        text = self.text.replace("\n", " ")
        self.error, self.position, self._untried = "", None, False
        if text.strip().lower() not in landscapes.names():
            try:
                formula.parse(text.strip())
            except FormulaError as wrong:
                self.error = wrong.sentence
                self.position = wrong.position + len(text) - len(text.lstrip())
                return
        wanted = text.strip()
        landscape = shown_landscape(player)
        shown = {self._seen, landscape.formula if landscape else ""}
        if " ".join(wanted.split()) in {" ".join(known.split()) for known in shown}:  # only white space differs
            return
        error = player.set_landscape(wanted)
        if error is None:
            self._seen = shown_formula(player)
        else:
            self.error = error.split("\n")[0]


def read_domain(typed: str) -> tuple[float, float] | None:
    """Parse two numbers separated by a comma, a semicolon, an ellipsis or space; None for anything else."""
    numbers = [read_number(part) for part in re.split(r"\s*[,;…]\s*|\s+", typed.strip())]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0], numbers[1]


def shown_formula(player: Player) -> str:
    """Return the name or formula of the current landscape, "" if there is none."""
    if "landscape" in player.scene.values:
        return str(player.scene.values["landscape"])
    landscape = shown_landscape(player)
    return landscape.formula if landscape else ""


def shown_landscape(player: Player) -> Landscape | None:
    """Return the landscape of the open scene, if it has one."""
    found = getattr(player.scene, "land", None)
    return found if isinstance(found, Landscape) else None
