"""Legends beside a picture without panels: coloured marks, names and columns of cells at the lower left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from imgui_bundle import imgui

from lossland.world.camera import Rect
from lossland.world.layers import Legend, Row, columns_of, told_rows
from lossland.world.phrases import capitals
from lossland.world.theme import marked
from lossland.writing.room import BOTTOM, LEAST_PITCH, MARGIN, PITCH, legend_height, margin_share
from lossland.writing.text import Type

Size = tuple[int, int]
V2 = imgui.ImVec2


@dataclass(frozen=True)
class _Table:
    """The layout of a legend, in pixels from its upper left corner."""

    pitch: float
    head: float  # height of the heading and column names
    name: float  # left edge of the names
    letter: float  # width reserved for a letter before the names
    cells: tuple[float, ...]  # right edges of the columns
    width: float


def _split_letter(row: Row) -> tuple[str, str]:
    """Return a leading single letter, as basins have, and the rest of a row's name."""
    letter, _, rest = row.name.partition(" ")
    return (letter, rest.strip()) if row.ground and len(letter) == 1 and letter.isalpha() else ("", row.name)


def _table(type_: Type, legend: Legend, size: Size) -> _Table:
    px = type_.px
    columns = columns_of(told_rows([row.cells for row in legend.rows]))
    letter = px(22) if any(_split_letter(row)[0] for row in legend.rows) else 0.0
    name = px(28 if any(row.ground for row in legend.rows) else 20)
    right = name + max(
        (type_.width(name, 15.0) + (letter if first else 0) for first, name in map(_split_letter, legend.rows)),
        default=0,
    )
    if legend.heading and len(columns) <= 1:  # else the columns' names are below it
        right = max(right, type_.width(capitals(legend.heading), 12.0, track=0.9))
    cells = []
    for column, texts in enumerate(columns):
        widest = max(type_.width(text, 14.0) for text in texts)
        if column < len(legend.columns):
            widest = max(widest, type_.width(legend.columns[column], 13.0))
        right += px(24) + max(widest, px(44))
        cells.append(right)
    head = px(legend_height(legend, 0.0))
    room = size[1] * 0.62 - px(BOTTOM) - head
    pitch = min(px(PITCH), max(room / max(len(legend.rows), 1), px(LEAST_PITCH)))
    return _Table(pitch, head, name, letter, tuple(cells), right)


def legend_rect(type_: Type, legend: Legend, size: Size) -> Rect:
    """Return the rectangle of a legend at the lower left of a picture."""
    table = _table(type_, legend, size)
    height = table.head + table.pitch * len(legend.rows)
    return (
        type_.px(MARGIN * margin_share(size, type_)),
        size[1] - type_.px(BOTTOM) - height + type_.px(6),
        table.width,
        height,
    )


def draw_legend(dl: imgui.ImDrawList, type_: Type, legend: Legend, size: Size) -> None:
    """Draw a legend."""
    px, table = type_.px, _table(type_, legend, size)
    x, y, _, _ = legend_rect(type_, legend, size)
    if legend.heading:
        type_.text(dl, x, y + px(10), capitals(legend.heading), 12.0, "dim", ay=0.5, track=0.9)
    for name, right in zip(legend.columns, table.cells, strict=False):
        type_.text(dl, x + right, y + table.head - px(16), name, 13.0, "dim", ax=1, ay=0.5)
    cells = told_rows([row.cells for row in legend.rows])
    for number, (row, texts) in enumerate(zip(legend.rows, cells, strict=True)):
        middle = y + table.head + table.pitch * (number + 0.5)
        _draw_mark(dl, type_, row, x, middle)
        letter, name = _split_letter(row)
        left = x + table.name
        if letter:
            type_.text(dl, left, middle, letter, 15.0, row.color, "bold", ay=0.5)
            left += table.letter
        type_.text(dl, left, middle, name, 15.0, ay=0.5)
        last = len(row.cells) - 1
        if row.bar is not None and table.cells:
            _draw_signed_bar(dl, type_, row, x + table.cells[-1], middle)
        for column, text in enumerate(texts):
            color = "text" if column == last and last > 0 else "dim"
            type_.text(dl, x + table.cells[column], middle, text, 14.0, color, ax=1, ay=0.5)


def _draw_mark(dl: imgui.ImDrawList, type_: Type, row: Row, x: float, y: float) -> None:
    """Draw the coloured dot of a legend's row, on the swatch of its basin if it has one."""
    px = type_.px
    if row.ground:
        dl.add_rect_filled(V2(x, y - px(8)), V2(x + px(16), y + px(8)), type_.u32(row.ground), px(4))
        dl.add_circle_filled(V2(x + px(8), y), px(3.2), type_.u32(row.color), 16)
    else:
        dl.add_circle_filled(V2(x + px(5), y), px(5), type_.u32(row.color), 24)
        if marked(row.color):
            dl.add_circle_filled(V2(x + px(5), y), px(2), type_.u32("casing"), 16)


def _draw_signed_bar(dl: imgui.ImDrawList, type_: Type, row: Row, right: float, y: float) -> None:
    """Draw a bar in [-1, 1] behind the last cell: from its centre to the left or right."""
    px = type_.px
    half, middle = px(30), right - px(28)
    end = middle + half * float(np.clip(row.bar or 0.0, -1.0, 1.0))
    left, far = sorted((middle, end))
    dl.add_rect_filled(V2(left, y - px(8)), V2(far, y + px(8)), type_.u32(row.color, 0.28), px(2))
