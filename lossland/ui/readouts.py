"""The notes of a frame in a panel: formulas, meters, facts, tables, and update rules with live numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from lossland.scenery.scene import Scene
from lossland.ui.layout import Rect
from lossland.ui.pen import Pen
from lossland.ui.widgets import copy_text
from lossland.world.layers import (
    Equations,
    Facts,
    Formula,
    Legend,
    Meter,
    Note,
    Row,
    Title,
    columns_of,
    told_rows,
    written,
)
from lossland.writing.text import latex_without_colors

LEAST_COLUMN = 58.0  # least width of a column of numbers, so that columns do not move as numbers change
TWO_LINES = 1.6  # height of a formula with two cases, in lines


def draw_note(pen: Pen, note: Note, key: str, x: float, y: float, width: float, meanings: Mapping[str, str]) -> float:
    """Draw one note from y down and return the y below it; notes that belong in the picture draw nothing."""
    if isinstance(note, Formula):
        return _formula(pen, note, x, y, width)
    if isinstance(note, Meter):
        return _meter(pen, note, x, y, width)
    if isinstance(note, Facts):
        return _facts(pen, note, x, y, width)
    if isinstance(note, Legend):
        return _legend(pen, note, x, y, width)
    if isinstance(note, Equations):
        return _equations(pen, note, key, x, y, width, meanings)
    return y


def draw_name(pen: Pen, scene: Scene, x: float, y: float, width: float) -> float:
    """Draw a scene's name. Returns the y below it."""
    for line in pen.wrapped(scene.title, width, 18, "bold"):
        pen.text(x, y + 12, line, 18, "text", "bold")
        y += 24
    return y + 8


def draw_title(pen: Pen, scene: Scene, note: Title, x: float, y: float, width: float) -> float:
    """Draw the formula and lines of a title, and its text where that is not the scene's name. Returns the y below."""
    if note.latex:
        y = _formula(pen, Formula(note.latex, 16), x, y, width)
    for text in note.lines if note.text == scene.title else (note.text, *note.lines):
        for line in pen.wrapped(text, width, 13) if text else ():
            pen.text(x, y + 8, line, 13, "dim")
            y += 18
    return y + 10


def _formula(pen: Pen, note: Formula, x: float, y: float, width: float) -> float:
    """Draw a formula at its own height, because it may contain a matrix."""
    size = min(note.size, 17 if pen.compact else 19)
    mark = pen.type.formula(note.latex, size)
    shrink = min(1.0, width * pen.scale / mark.width)
    if shrink < 1.0:
        size = max(int(size * shrink), 10)
        mark = pen.type.formula(note.latex, size)
    pen.latex(x, y + mark.baseline / pen.scale, note.latex, size, room=width)
    return y + mark.height / pen.scale + 8


def _meter(pen: Pen, note: Meter, x: float, y: float, width: float) -> float:
    pen.text(x, y + 9, pen.fitted(note.heading, width, 13), 13, "dim")
    y += 20
    color = pen.ink(note.color)
    drop = 0.0
    if note.latex:  # a fraction or an integral gets more room
        mark = pen.type.formula(note.latex, 17)
        y += max(mark.baseline / pen.scale - 17, 0)
        drop = max((mark.height - mark.baseline) / pen.scale - 8, 0)
    right = pen.text(x + width, y + 10, note.written, 20, color, "bold", align=1)
    if note.latex:
        pen.latex(x, y + 15, note.latex, 17, room=width - right - 8)
    y += 26 + drop
    place, zero = note.share(note.value), note.share(0.0)
    if place is not None and zero is not None:
        pen.box(x, y, width, 6, "text", 0.10, 3)
        start, end = sorted((zero, place))
        if end > start:
            pen.box(x + width * start, y, max(width * (end - start), 2), 6, note.color, 1.0, 3)
        if 0.0 < zero < 1.0:
            pen.box(x + width * zero - 0.5, y - 2, 1, 10, "dim", 1.0, 0)
    return y + 16


def _facts(pen: Pen, note: Facts, x: float, y: float, width: float) -> float:
    if note.heading:
        pen.heading(x, y + 8, note.heading, room=width)
        y += 22
    for color, left, middle, remark in note.rows:
        pen.box(x, y + 4, 3, 16, color, 1.0, 1.5)
        place = x + 12
        place += pen.latex(place, y + 17, left, 15, room=width - 12) + 14
        if middle:
            place += pen.latex(place, y + 17, middle, 15, "dim", room=max(x + width - place, 20)) + 14
        if remark:
            needed = pen.width(remark, 13)
            if needed > x + width - place:  # too wide: the remark goes below
                y += 20
                pen.text(x + 12, y + 12, pen.fitted(remark, width - 12, 13), 13, "dim")
            else:
                pen.text(x + width, y + 12, remark, 13, "dim", align=1)
        y += 26
    return y + 6


def _legend(pen: Pen, note: Legend, x: float, y: float, width: float) -> float:
    column = _columns(pen, note)
    if note.heading:
        pen.heading(x, y + 8, note.heading, room=width - sum(column[: len(note.columns)]))
    for index, name in enumerate(note.columns):
        pen.text(x + width - sum(column[index + 1 :]), y + 8, name, 12, "dim", align=1)
    if note.heading or note.columns:
        y += 24
    for row, texts in zip(note.rows, told_rows([row.cells for row in note.rows]), strict=True):
        _legend_row(pen, row, texts, column, x, y, width)
        y += 25
    return y + 6


def _columns(pen: Pen, note: Legend) -> list[float]:
    """Return the width of every column: its widest cell or name plus a gap."""
    widths = []
    for index, texts in enumerate(columns_of(told_rows([row.cells for row in note.rows]))):
        cells = [pen.width(text, 14) for text in texts]
        if index < len(note.columns):
            cells.append(pen.width(note.columns[index], 12))
        widths.append(max(cells, default=0.0) + 16)
    return widths


def _legend_row(pen: Pen, row: Row, texts: list[str], column: list[float], x: float, y: float, width: float) -> None:
    if row.ground:
        pen.box(x, y + 2, 20, 20, row.ground, 1.0, 5)
    pen.ball(x + 10, y + 12, 5, row.color)
    room = width - 30 - sum(column)
    pen.text(x + 30, y + 12, pen.fitted(row.name, room, 14), 14)
    if row.bar is not None and column:
        middle, half = x + width - column[-1] / 2 + 4, column[-1] / 2 - 6
        pen.box(min(middle, middle + half * row.bar), y + 4, abs(half * row.bar), 16, row.color, 0.3, 2)
    for index, cell in enumerate(texts):
        pen.text(x + width - sum(column[index + 1 :]), y + 12, cell, 14, align=1)


# ------------------------------------------------------------------------------------------- rules with numbers
def _equations(
    pen: Pen, note: Equations, key: str, x: float, y: float, width: float, meanings: Mapping[str, str]
) -> float:
    line = 26.5 if pen.compact else 31.0
    size = 14 if pen.compact else 15
    heights = [line * (TWO_LINES if r"\begin{cases}" in latex else 1.0) for latex, _, _ in note.rows]
    if pen.mute:
        return y + 26 + sum(heights)
    columns = _number_columns(pen, note)
    pen.heading(x, y + 8, note.title, room=width - sum(columns))
    for index, name in enumerate(note.columns):
        pen.latex(x + width - sum(columns[index + 1 :]) - 8, y + 13, name, 14, "dim", align=1)
    y += 22
    for index, ((latex, values, color), height) in enumerate(zip(note.rows, heights, strict=True)):
        touch = pen.touch(f"{key}.{index}", x - 8, y, width + 16, height, _lens(latex, meanings))
        last = index == len(note.rows) - 1
        if last or touch.hovered:
            pen.box(x - 8, y, width + 16, height - 1, color if last else "text", 0.09 if last else 0.06)
        if touch.clicked:
            copy_text(pen, plain_latex(latex), "the equation as LaTeX")
        baseline = y + height * 0.5 + line * 0.12
        pen.latex(x, baseline, latex, size, room=width - sum(columns) + 4)
        for column, value in enumerate(map(written, values)):
            right = x + width - sum(columns[column + 1 :])
            pen.text(right, baseline - 4, value, 14, pen.ink(color), align=1)
        y += height
    return y + 4


def _number_columns(pen: Pen, note: Equations) -> list[float]:
    """Return the width of every column of numbers, including the gap at its left."""
    columns = columns_of([values for _, values, _ in note.rows] or [[""] * len(note.columns)])
    widest = [max(pen.width(text, 14) for text in texts) for texts in columns]
    return [max(wide + 14, LEAST_COLUMN if k else 0.0) for k, wide in enumerate(widest)]


def _lens(latex: str, meanings: Mapping[str, str]) -> str:
    meaning = meaning_of(latex, meanings)
    return f"{meaning}\n\nClick to copy as LaTeX" if meaning else "Click to copy as LaTeX"


def meaning_of(latex: str, meanings: Mapping[str, str]) -> str:
    """Return the meaning of a line of a rule: the scene's own words, else the usual meaning of its left side, or ""."""
    left = subject(latex)
    if left in meanings:
        return meanings[left]
    if left == "v_t" and "^" not in latex_without_colors(latex).split("=")[-1].replace("^t", ""):
        return VELOCITY
    return USUAL_MEANINGS.get(left, "")


VELOCITY = "The velocity: what is kept of the steps before, and the new gradient."
USUAL_MEANINGS = {
    "g_t": "The gradient where the optimizer stands: uphill, longer where it is steeper.",
    "m_t": "An average of the gradients so far, in which the recent ones count most.",
    "v_t": "An average of the squared gradients: how steep it has been lately, in x and in y.",
    r"\hatm_t": "The average gradient, corrected for its start at 0.",
    r"\hatv_t": "The average square, corrected for its start at 0.",
    r"\theta_{t+1}": "The next point: the present one and the step.",
    "u_t": "The size of the largest recent gradient; older ones count less and less.",
    "c_t": "An average of recent gradients, of which only the sign is used.",
}


def meanings_of(formulas: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the meaning of each left side to which a scene's formulas give exactly one."""
    sides = [subject(latex) for latex, _ in formulas]
    return {side: meaning for side, (_, meaning) in zip(sides, formulas, strict=True) if sides.count(side) == 1}


def plain_latex(latex: str) -> str:
    r"""Return standard LaTeX, with ``body`` in place of ``\fgcolor{...}{body}``."""
    return re.sub(r"\\fgcolor\{[^}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", latex)


@lru_cache(maxsize=256)
def subject(latex: str) -> str:
    r"""Return a formula's left side without colours, spaces and braces, such as ``m_t`` of ``m_t = ...``."""
    left = latex_without_colors(latex).split("=")[0]
    left = re.sub(r"[\s{}]|\\[,;!]", "", left)
    return left.replace("_t+1", "_{t+1}")


def section_rule(pen: Pen, area: Rect, y: float) -> float:
    """Draw the hairline between two sections and return the y of the next one."""
    pen.rule(y, area)
    return y + (12 if pen.compact else 13)
