"""The notes beside a picture without panels: a column of title, formulas, meters and facts, a legend, a colour bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
from imgui_bundle import imgui

from lossland.scenery.scene import Frame
from lossland.world.camera import Rect
from lossland.world.layers import Caution, ColorBar, Facts, Formula, Legend, Meter, Note, Title
from lossland.world.phrases import capitals
from lossland.world.ticks import half, multiples, next_step, tick_texts
from lossland.writing.color_bar import draw_color_bar
from lossland.writing.legend import draw_legend, legend_rect
from lossland.writing.room import (
    BOTTOM,
    COLUMN_WIDTH,
    MARGIN,
    TOP,
    column_width,
    first_of,
    fitting_notes,
    has_column,
    margin_share,
    title_height,
    title_stands_alone,
)
from lossland.writing.text import LEAST_PIXELS, Type

Size = tuple[int, int]
V2 = imgui.ImVec2


SMALLER = 11 / 12  # factor of a column that is too high; what does not fit even then is omitted
SMALLEST_FACTS = 0.75  # least factor of facts wider than the column
CAUTION_SIZE, CAUTION_PITCH, CAUTION_MARGIN = 14.0, 20.0, 18.0  # logical pixels; the margin is at the right
FORMULA = 0.36  # of the picture's width: longer formulas of a title would reach into the subject


@contextmanager
def _scaled(type_: Type, factor: float):
    """Scale all text within the block."""
    scale = type_.scale
    type_.scale = scale * factor
    try:
        yield
    finally:
        type_.scale = scale


@dataclass(frozen=True)
class _Block:
    """A block of the column: its size in pixels, and a function that draws it at a position."""

    gap: float  # above it
    width: float
    height: float
    draw: Callable[[float, float], None]  # left, top


def draw_notes(dl: imgui.ImDrawList, type_: Type, frame: Frame, size: Size, scrim: float) -> list[Rect]:
    """Draw title, column, legend and colour bar, as far as they fit; return their rectangles.

    ``scrim`` (0 to 1) dims what is behind the column, such as a grid.
    """
    taken: list[Rect] = []
    notes = fitting_notes(frame.notes, size, type_)
    bar = first_of(notes, ColorBar)
    left, top = (type_.px(length * margin_share(size, type_)) for length in (MARGIN, TOP))
    legend, factor, blocks = _fitting_blocks(dl, type_, notes, size)
    if blocks:
        width, height = max(block.width for block in blocks), _height(blocks)
        if scrim:
            right = left + max(width, type_.px(COLUMN_WIDTH) * has_column(notes))
            _draw_scrim(dl, type_, (right, top + height + type_.px(12)), size, scrim)
        if has_column(notes):
            taken.append((left, top, width, height))
        with _scaled(type_, factor):
            for block in blocks:
                top += block.gap
                block.draw(left, top)
                if not has_column(notes):  # beside the shorter lines of a title alone the subject may be visible
                    taken.append((left, top, block.width, block.height))
                top += block.height
    if legend:
        taken.append(legend_rect(type_, legend, size))
        draw_legend(dl, type_, legend, size)
    if bar:
        taken.append(draw_color_bar(dl, type_, bar, size))
    return taken


def draw_cautions(dl: imgui.ImDrawList, type_: Type, frame: Frame, free: Rect, top: float) -> list[Rect]:
    """Draw cautions at the upper right of the free rectangle, ``top`` below its edge; return their rectangles.

    One that is wider than the free rectangle is set in several lines.
    """
    taken: list[Rect] = []
    right, y = free[0] + free[2] - type_.px(CAUTION_MARGIN), free[1] + type_.px(top)
    for note in frame.notes:
        for line in _in_lines(type_, note.text, right - free[0]) if isinstance(note, Caution) else ():
            width, height = type_.text(dl, right, y, line, CAUTION_SIZE, "accent", halo=True, ax=1.0)
            taken.append((right - width, y, width, height))
            y += type_.px(CAUTION_PITCH)
    return taken


def _in_lines(type_: Type, text: str, room: float) -> list[str]:
    """Break a caution into lines of at most ``room`` pixels, between words."""
    first, *others = text.split(" ")
    lines = [first]
    for word in others:
        longer = f"{lines[-1]} {word}"
        if type_.width(longer, CAUTION_SIZE) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting_blocks(
    dl: imgui.ImDrawList, type_: Type, notes: Sequence[Note], size: Size
) -> tuple[Legend | None, float, list[_Block]]:
    """Return the legend if it fits, the scale factor of the column, and the blocks that fit.

    The column has priority over the legend, and in the column the upper blocks.
    """
    left, top = (type_.px(length * margin_share(size, type_)) for length in (MARGIN, TOP))
    down = size[1] - top - type_.px(BOTTOM) / 2
    most = down
    if title_stands_alone(size, type_) and not has_column(notes):
        most = type_.px(title_height(size, type_)) - top
    legend = first_of(notes, Legend)
    room, factor, blocks = most, 1.0, list[_Block]()
    for kept in (legend, None) if legend and has_column(notes) else (legend,):
        legend, taken = kept, legend_rect(type_, kept, size)[3] + type_.px(24) if kept else 0.0
        room = min(most, down - taken)
        for factor in (1.0, SMALLER):
            with _scaled(type_, factor):
                blocks = _column(dl, type_, notes, size)
            blocks = [block for block in blocks if block.width <= size[0] - 1.5 * left]
            if _height(blocks) <= room:
                return legend, factor, blocks
    while blocks and _height(blocks) > room:
        blocks.pop()
    return legend, factor, blocks


def _height(blocks: Sequence[_Block]) -> float:
    return sum(block.gap + block.height for block in blocks)


def _column(dl: imgui.ImDrawList, type_: Type, notes: Sequence[Note], size: Size) -> list[_Block]:
    blocks = []
    alone = title_stands_alone(size, type_)
    for note in notes:
        if isinstance(note, Title):
            blocks += _title_blocks(dl, type_, note, size[0], alone)
        elif isinstance(note, Formula):
            blocks.append(_formula_block(dl, type_, note.latex, note.size, 34.0, type_.px(COLUMN_WIDTH)))
        elif isinstance(note, Meter):
            blocks.append(_meter_block(dl, type_, note))
        elif isinstance(note, Facts):
            most, block = column_width(size, type_), _facts_block(dl, type_, note, 1.0)
            factor = 1.0
            while block.width > most and factor > SMALLEST_FACTS:  # letter widths are whole pixels, so repeat
                factor = max(min(factor * most / block.width, factor - 0.01), SMALLEST_FACTS)
                block = _facts_block(dl, type_, note, factor)
            blocks.append(block)
    return blocks


def _draw_scrim(dl: imgui.ImDrawList, type_: Type, end: tuple[float, float], size: Size, strength: float) -> None:
    """Dim the picture behind the column, whose lower right corner is ``end``, with a gradient to the right or down."""
    down = title_stands_alone(size, type_)
    edge = end[1] if down else end[0]
    start, stop, strips = (1.0, 1.25, 24) if down else (0.85, 1.25, 32)
    start, stop = start * edge, stop * edge

    def color(at: float) -> int:
        u = min(max((stop - at) / (stop - start), 0.0), 1.0)
        return type_.u32("background.edge", 0.93 * strength * u * u * (3 - 2 * u))

    for a, b in pairwise([0.0, *np.linspace(start, stop, strips + 1)]):
        near, far = color(a), color(b)
        if down:
            dl.add_rect_filled_multi_color(V2(0, a), V2(size[0], b), near, near, far, far)
        else:
            dl.add_rect_filled_multi_color(V2(a, 0), V2(b, size[1]), near, far, far, near)


def _title_blocks(dl: imgui.ImDrawList, type_: Type, note: Title, across: float, alone: bool) -> list[_Block]:
    """Lay out a title with its formula and lines; ``alone``: they may use the whole width ``across``."""
    size, most = 27.0, (0.9 if alone else 0.62) * across
    width = type_.width(note.text, size, "bold")
    if width > most:
        size *= most / width
    width, height = type_.size(note.text, size, "bold")

    def name(x: float, y: float) -> None:
        type_.text(dl, x, y, note.text, size, "text", "bold")

    blocks = [_Block(0.0, width, height, name)]
    if note.latex:
        one_line = type_.formula(note.latex, 19.0).width <= (0.9 if alone else FORMULA) * across
        latex = note.latex if one_line else in_two_lines(note.latex)
        blocks.append(_formula_block(dl, type_, latex, 19.0, 14.0, most, halo=True))
    for number, line in enumerate(note.lines):

        def write(x: float, y: float, line: str = line) -> None:
            type_.text(dl, x, y, line, 14.0, "dim")

        width, height = type_.size(line, 14.0)
        blocks.append(_Block(type_.px(5.0 if number else 15.0), width, height, write))
    return blocks


def in_two_lines(latex: str) -> str:
    """Return two equations on two lines, or one that is broken before the plus or minus sign nearest to its middle.

    Signs within brackets, groups and commands do not count; without another one the equation stays on one line.
    """
    first, comma, second = latex.partition(r",\quad")
    if comma:
        return rf"\begin{{aligned}} & {first}, \\ & {second} \end{{aligned}}"
    equals = latex.find("=")
    depth, signs = 0, list[int]()
    for index, letter in enumerate(latex):
        depth += (letter in "{([") - (letter in "})]")
        if depth == 0 and letter in "+-" and index > equals + 2:
            signs.append(index)
    if equals < 0 or not signs:
        return latex
    cut = min(signs, key=lambda index: abs(index - (equals + len(latex)) / 2))
    return rf"\begin{{aligned}} {latex[:equals]} =\; & {latex[equals + 1 : cut]} \\ & {latex[cut:]} \end{{aligned}}"


def _formula_block(
    dl: imgui.ImDrawList, type_: Type, latex: str, size: float, gap: float, most: float, halo: bool = False
) -> _Block:
    formula = type_.formula(latex, size)
    while formula.width > most and type_.font_size(size) > LEAST_PIXELS:
        size = max(min(size - 1, size * most / formula.width), LEAST_PIXELS / type_.scale)
        formula = type_.formula(latex, size)

    def draw(x: float, y: float) -> None:
        type_.put_formula(dl, x, y, latex, size, ay=0.0, halo=halo)

    return _Block(type_.px(gap), formula.width, formula.height, draw)


def _meter_block(dl: imgui.ImDrawList, type_: Type, note: Meter) -> _Block:
    px = type_.px
    text = note.written
    bar = px(300)
    formula = type_.formula(note.latex, 25.0) if note.latex else None
    value_width, value_height = type_.size(text, 44.0, "bold")
    indent = formula.width + px(14) if formula else 0.0

    def place(value: float) -> float:
        return bar * (note.share(value) or 0.0)

    def draw(x: float, y: float) -> None:
        type_.text(dl, x, y, capitals(note.heading), 12.0, "dim", track=0.9)
        baseline = y + px(22) + 0.79 * value_height
        if formula:
            type_.put_formula(dl, x, baseline, note.latex, 25.0)
        type_.text(dl, x + indent, y + px(22), text, 44.0, note.color, "bold")
        top = y + px(22) + value_height + px(10)
        dl.add_rect_filled(V2(x, top), V2(x + bar, top + px(6)), type_.u32("text", 0.10), px(3))
        zero, now = place(min(max(0.0, note.low), note.high)), place(note.value)
        if abs(now - zero) >= 0.5:
            left, right = sorted((zero, now))
            dl.add_rect_filled(V2(x + left, top), V2(x + right, top + px(6)), type_.u32(note.color), px(3))
        ticks = _meter_ticks(note.low, note.high, note.count)
        for tick, number in zip(ticks, tick_texts(ticks), strict=True):
            at = 0.0 if tick == note.low else 0.5
            type_.text(dl, x + place(tick), top + px(13), number, 13.0, "dim", ax=at)

    height = px(22) + value_height + px(10 + 13 + 16)
    return _Block(px(40), max(bar, indent + value_width), height, draw)


def _meter_ticks(low: float, high: float, is_count: bool) -> list[float]:
    """Return the round numbers in a range; of a count whole ones, with its end instead of one that is near it."""
    if not isfinite(high / 2 - low / 2):
        return []
    if not high > low:
        return [low]
    step = next_step(half(low, high) / 2)
    if is_count:
        step = max(step, 1.0)
        return [*(tick for tick in multiples(step, low, high).tolist() if tick <= high - step / 2), high]
    return multiples(step, low, high).tolist()


def _facts_block(dl: imgui.ImDrawList, type_: Type, note: Facts, factor: float) -> _Block:
    """Lay out rows of facts; ``factor`` scales the formulas, the words and the horizontal distances."""

    def px(length: float) -> float:
        return type_.px(length) * factor

    pitch, sizes, words = type_.px(38), 20.0 * factor, 15.0 * factor
    left_width = max((type_.formula(row[1], sizes).width for row in note.rows if row[1]), default=0)
    middle_width = max((type_.formula(row[2], sizes).width for row in note.rows if row[2]), default=0)
    middle = px(42) + left_width + px(22)
    end = middle + middle_width + (px(16) if middle_width else 0.0)
    text_width = max((type_.width(row[3], words) for row in note.rows), default=0.0)
    head = px(30)

    def draw(x: float, y: float) -> None:
        type_.text(dl, x, y, capitals(note.heading), 12.0, "dim", track=0.9)
        for number, (color, left, mid, text) in enumerate(note.rows):
            base = y + head + pitch * number + px(18)
            dash = base - px(6)
            dl.add_line(V2(x, dash), V2(x + px(26), dash), type_.u32(color), px(3))
            if left:
                type_.put_formula(dl, x + px(42), base, left, sizes, color)
            if mid:
                type_.put_formula(dl, x + middle, base, mid, sizes)
            type_.text(dl, x + end, base - px(5), text, words, "dim", ay=0.5)

    return _Block(px(40), end + text_width, head + pitch * len(note.rows), draw)
