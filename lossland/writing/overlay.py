"""What is written over a picture: axis numbers, labels, and beside it title, legend, colour bar and column
of facts.

Everything is measured in pixels of the look times ``Type.scale``, so a larger picture is the same picture,
larger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import hypot, isfinite
from typing import TypeVar

import numpy as np
from imgui_bundle import imgui

from lossland.numerals import distinct, fixed, trimmed
from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera
from lossland.world.layers import (
    Axes,
    ColorBar,
    Facts,
    Formula,
    Label,
    Legend,
    Meter,
    Row,
    Surface,
    Title,
    Trail,
    WarpedGrid,
)
from lossland.world.rulers import plane_numerals, terrain_rulers
from lossland.world.terrain import Terrain
from lossland.world.theme import Stops, color_map
from lossland.world.ticks import half, multiples, next_step
from lossland.writing.contour_labels import seen_labels
from lossland.writing.labels import draw_labels
from lossland.writing.placement import Rect
from lossland.writing.text import Type

Size = tuple[int, int]
V2 = imgui.ImVec2
Kind = TypeVar("Kind")

# Pixels of the look
MARGIN = 48.0  # left of title, column and legend
TOP = 44.0
BOTTOM = 64.0
COLUMN_WIDTH = 392.0
LEGEND_PITCH = 28.0
CONTOUR_SIZE = 12.0
BAR_LENGTH = 260.0
BAR_STEPS = 48


def draw_overlay(
    draw_list: imgui.ImDrawList,
    type_: Type,
    frame: Frame,
    camera: Camera,
    size: Size,
    free: Rect,
    show: Show,
    panels: bool = False,
) -> None:
    """Write everything that belongs over the picture of ``frame``.

    ``size`` and the free rectangle (x, y, w, h) are in pixels of the picture. With ``panels`` title, legend
    and column are left to them, and the colour bar lies along the lower left of the free rectangle.
    """
    taken: list[Rect] = []
    if panels:
        taken += _draw_flat_color_bar(draw_list, type_, frame, free)
    else:
        scrim = camera.flat and any(isinstance(layer, WarpedGrid | Axes) for layer in frame.layers)
        taken += _draw_notes(draw_list, type_, frame, size, scrim)
    shown = [layer for layer in frame.layers if not layer.group or getattr(show, layer.group, True)]
    area = free if panels else (0.0, 0.0, float(size[0]), float(size[1]))
    for layer in shown:
        if isinstance(layer, Axes):
            _draw_numerals(draw_list, type_, layer, camera, size, free)
    if show.contours:
        for layer in shown:
            if isinstance(layer, Surface) and layer.labels and layer.into is None and not layer.sheet:
                taken += _draw_contour_values(draw_list, type_, layer, camera, size)
    if show.labels:
        labels = [layer for layer in shown if isinstance(layer, Label)]
        trails = [layer for layer in shown if isinstance(layer, Trail)]
        draw_labels(draw_list, type_, labels, trails, camera, size, area, taken)


def _draw_contour_values(dl: imgui.ImDrawList, type_: Type, layer: Surface, camera: Camera, size: Size) -> list[Rect]:
    """Write the values of the index contours; return the rectangles that they fill."""
    taken: list[Rect] = []
    seen = seen_labels(layer.terrain, camera, size)
    values = sorted({label.value for label, _ in seen})
    texts = dict(zip(values, distinct(values), strict=True))
    for label, (x, y) in seen:
        position = layer.terrain.domain_from_world(label.position).tolist()
        if layer.shown is not None and not _is_inside(position, layer.shown):
            continue
        text = texts[label.value]
        width, height = type_.size(text, CONTOUR_SIZE)
        rect = (x - width / 2, y - height / 2, width, height)
        if not any(_overlap(rect, other) for other in taken):
            type_.text(dl, x, y, text, CONTOUR_SIZE, "text", halo=True, ax=0.5, ay=0.5)
            taken.append(rect)
    return taken


def _is_inside(position: Sequence[float], rectangle: Sequence[float]) -> bool:
    (x, y), (x0, x1, y0, y1) = position, rectangle
    return x0 <= x <= x1 and y0 <= y <= y1


def _overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def free_rect(frame: Frame, size: Size, type_: Type) -> Rect:
    """Return the part of a picture without panels (x, y, w, h) that its notes leave to the subject.

    It depends on which notes there are, not on what they say, so that the camera stands still while numbers
    change.
    """
    px, width, height = type_.px, float(size[0]), float(size[1])
    column, legend, bar = _has_column(frame), _only(frame.notes, Legend), _only(frame.notes, ColorBar)
    if _is_tall(size):  # notes stand above and below
        top = px(600.0 if column else 150.0)
        bottom = px(BOTTOM + (BAR_LENGTH if legend or bar else 0.0))
        room = min(1.0, 0.6 * height / (top + bottom))
        left = right = px(MARGIN / 2)
        top, bottom = top * room, bottom * room
    else:
        left = min(px(MARGIN + COLUMN_WIDTH + 24 if column else 280 if legend else MARGIN), 0.45 * width)
        right = px(160 if bar else MARGIN)
        top, bottom = px(40), px(30)
    return left, top, max(width - left - right, 1.0), max(height - top - bottom, 1.0)


def _is_tall(size: Size) -> bool:
    """Whether notes stand above and below the subject, for want of room beside it."""
    return size[1] > 0.9 * size[0]


def _has_column(frame: Frame) -> bool:
    return any(isinstance(note, (Formula, Meter, Facts)) for note in frame.notes)


# ------------------------------------------------------------------------------------------------------ notes
def _only(notes: Sequence[object], kind: type[Kind]) -> Kind | None:
    """Return the first note of a kind, or None."""
    return next((note for note in notes if isinstance(note, kind)), None)


@contextmanager
def _scaled(type_: Type, factor: float):
    """Set everything smaller within the block."""
    scale = type_.scale
    type_.scale = scale * factor
    try:
        yield
    finally:
        type_.scale = scale


@dataclass(frozen=True)
class _Block:
    """A piece of the column: how much room it takes, in pixels, and how it is drawn at a place."""

    gap: float  # above it
    width: float
    height: float
    draw: Callable[[float, float], None]  # left, top


def _draw_notes(dl: imgui.ImDrawList, type_: Type, frame: Frame, size: Size, scrim: bool) -> list[Rect]:
    """Draw title, column, legend and colour bar; return the rectangles that they fill.

    ``scrim`` dims what is behind the column: the plane's grid runs on there, a block of ground does not.
    """
    taken: list[Rect] = []
    legend, bar = _only(frame.notes, Legend), _only(frame.notes, ColorBar)
    legend_height = 0.0
    if legend and legend.rows:
        rect = _legend_rect(type_, legend, size)
        legend_height = rect[3] + type_.px(24)
        taken.append(rect)

    room = size[1] - type_.px(TOP) - type_.px(BOTTOM) / 2 - legend_height
    factor, height, blocks = 1.0, 0.0, list[_Block]()
    for _ in range(3):  # whole font sizes shrink in steps, so measure again
        with _scaled(type_, factor):
            blocks = _column(dl, type_, frame, size)
            height = sum(block.gap + block.height for block in blocks)
        if height <= room:
            break
        factor *= max(room / height, 0.4)
    if blocks:
        width = max(block.width for block in blocks)
        left, top = type_.px(MARGIN), type_.px(TOP)
        if scrim:
            right = left + max(width, type_.px(COLUMN_WIDTH) * _has_column(frame))
            _draw_scrim(dl, type_, (right, top + height + type_.px(12)), size)
        taken.append((left, top, width, height))
        with _scaled(type_, factor):
            for block in blocks:
                top += block.gap
                block.draw(left, top)
                top += block.height
    if legend and legend.rows:
        _draw_legend(dl, type_, legend, size)
    if bar:
        taken.append(_draw_color_bar(dl, type_, bar, size))
    return taken


def _column(dl: imgui.ImDrawList, type_: Type, frame: Frame, size: Size) -> list[_Block]:
    blocks = []
    for note in frame.notes:
        if isinstance(note, Title):
            blocks += _title_blocks(dl, type_, note, 0.62 * size[0])
        elif isinstance(note, Formula):
            blocks.append(_formula_block(dl, type_, note.latex, note.size, 34.0, type_.px(COLUMN_WIDTH)))
        elif isinstance(note, Meter):
            blocks.append(_meter_block(dl, type_, note))
        elif isinstance(note, Facts):
            blocks.append(_facts_block(dl, type_, note, 1.0))
            if blocks[-1].width > type_.px(COLUMN_WIDTH):
                blocks[-1] = _facts_block(dl, type_, note, max(type_.px(COLUMN_WIDTH) / blocks[-1].width, 0.6))
    return blocks


def _draw_scrim(dl: imgui.ImDrawList, type_: Type, end: tuple[float, float], size: Size) -> None:
    """Dim the picture behind the column, whose lower right corner is ``end``: beside it, in tall pictures below it."""
    down = _is_tall(size)
    edge = end[1] if down else end[0]
    start, stop, strips = (1.0, 1.25, 24) if down else (0.73, 1.5, 32)
    start, stop = start * edge, stop * edge

    def color(at: float) -> int:
        u = min(max((stop - at) / (stop - start), 0.0), 1.0)
        return type_.u32("background.edge", 0.93 * u * u * (3 - 2 * u))

    for a, b in pairwise([0.0, *np.linspace(start, stop, strips + 1)]):
        near, far = color(a), color(b)
        if down:
            dl.add_rect_filled_multi_color(V2(0, a), V2(size[0], b), near, near, far, far)
        else:
            dl.add_rect_filled_multi_color(V2(a, 0), V2(b, size[1]), near, far, far, near)


def _title_blocks(dl: imgui.ImDrawList, type_: Type, note: Title, most: float) -> list[_Block]:
    size = 27.0
    width = type_.width(note.text, size, "bold")
    if width > most:
        size *= most / width
    width, height = type_.size(note.text, size, "bold")

    def name(x: float, y: float) -> None:
        type_.text(dl, x, y, note.text, size, "text", "bold")

    blocks = [_Block(0.0, width, height, name)]
    if note.latex:
        blocks.append(_formula_block(dl, type_, note.latex, 19.0, 14.0, most, halo=True))  # a long one meets the block
    for number, line in enumerate(note.lines):

        def write(x: float, y: float, line: str = line) -> None:
            type_.text(dl, x, y, line, 14.0, "dim")

        width, height = type_.size(line, 14.0)
        blocks.append(_Block(type_.px(5.0 if number else 15.0), width, height, write))
    return blocks


def _formula_block(
    dl: imgui.ImDrawList, type_: Type, latex: str, size: float, gap: float, most: float, halo: bool = False
) -> _Block:
    formula = type_.formula(latex, size)
    while formula.width > most and type_.font_size(size) > 9:
        size = max(min(size - 1, size * most / formula.width), 9 / type_.scale)
        formula = type_.formula(latex, size)

    def draw(x: float, y: float) -> None:
        type_.put_formula(dl, x, y, latex, size, ay=0.0, halo=halo)

    return _Block(type_.px(gap), formula.width, formula.height, draw)


def _meter_block(dl: imgui.ImDrawList, type_: Type, note: Meter) -> _Block:
    px = type_.px
    text = note.text or fixed(note.value)
    bar = px(300)
    formula = type_.formula(note.latex, 25.0) if note.latex else None
    value_width, value_height = type_.size(text, 44.0, "bold")
    indent = formula.width + px(14) if formula else 0.0

    def place(value: float) -> float:
        share = (value / 2 - note.low / 2) / ((note.high / 2 - note.low / 2) or 1.0)
        return bar * min(max(share, 0.0), 1.0) if isfinite(share) else 0.0

    def draw(x: float, y: float) -> None:
        type_.text(dl, x, y, note.heading.upper(), 12.0, "dim", track=0.9)
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
        for tick in _meter_ticks(note.low, note.high):
            at = 0.0 if tick == note.low else 0.5
            type_.text(dl, x + place(tick), top + px(13), trimmed(tick, 3), 13.0, "dim", ax=at)

    height = px(22) + value_height + px(10 + 13 + 16)
    return _Block(px(40), max(bar, indent + value_width), height, draw)


def _meter_ticks(low: float, high: float) -> list[float]:
    """Return the ends and the round numbers between them."""
    if not isfinite(high / 2 - low / 2):
        return []
    if not high > low:
        return [low]
    return multiples(next_step(half(low, high) / 2), low, high).tolist()


def _facts_block(dl: imgui.ImDrawList, type_: Type, note: Facts, factor: float) -> _Block:
    """Lay out rows of facts; ``factor`` makes the formulas and words smaller, and all that is between them."""

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
        type_.text(dl, x, y, note.heading.upper(), 12.0, "dim", track=0.9)
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


# ----------------------------------------------------------------------------------------------------- legend
@dataclass(frozen=True)
class _Table:
    """Where a legend's parts stand, in pixels from its upper left corner."""

    pitch: float
    head: float  # height of the heading and column names
    name: float  # left edge of the names
    letter: float  # room for a letter before the names
    cells: tuple[float, ...]  # right edges of the columns
    width: float


def _split_letter(row: Row) -> tuple[str, str]:
    """Return a leading single letter, as basins have, and the rest of a row's name."""
    letter, _, rest = row.name.partition(" ")
    return (letter, rest.strip()) if row.ground and len(letter) == 1 and letter.isalpha() else ("", row.name)


def _table(type_: Type, legend: Legend, size: Size) -> _Table:
    px = type_.px
    count = max((len(row.cells) for row in legend.rows), default=0)
    letter = px(22) if any(_split_letter(row)[0] for row in legend.rows) else 0.0
    name = px(28 if any(row.ground for row in legend.rows) else 20)
    right = name + max(
        (type_.width(_split_letter(row)[1], 15.0) + (letter if row.ground else 0) for row in legend.rows), default=0
    )
    own_line = bool(legend.heading) and count > 1  # the heading then stands above the columns' names
    if legend.heading and not own_line:
        right = max(right, type_.width(legend.heading.upper(), 12.0, track=0.9))
    cells = []
    for column in range(count):
        texts = [row.cells[column] for row in legend.rows if column < len(row.cells)]
        widest = max(type_.width(text, 14.0) for text in texts)
        if column < len(legend.columns):
            widest = max(widest, type_.width(legend.columns[column], 13.0))
        right += px(24) + max(widest, px(44))
        cells.append(right)
    head = px(26) * (own_line + bool(legend.heading or legend.columns))
    room = size[1] * 0.62 - px(BOTTOM) - head
    pitch = min(px(LEGEND_PITCH), room / max(len(legend.rows), 1))
    return _Table(pitch, head, name, letter, tuple(cells), right)


def _legend_rect(type_: Type, legend: Legend, size: Size) -> Rect:
    table = _table(type_, legend, size)
    height = table.head + table.pitch * len(legend.rows)
    return type_.px(MARGIN), size[1] - type_.px(BOTTOM) - height + type_.px(6), table.width, height


def _draw_legend(dl: imgui.ImDrawList, type_: Type, legend: Legend, size: Size) -> None:
    px, table = type_.px, _table(type_, legend, size)
    x, y, _, _ = _legend_rect(type_, legend, size)
    if legend.heading:
        type_.text(dl, x, y + px(10), legend.heading.upper(), 12.0, "dim", ay=0.5, track=0.9)
    for name, right in zip(legend.columns, table.cells, strict=False):
        type_.text(dl, x + right, y + table.head - px(16), name, 13.0, "dim", ax=1, ay=0.5)
    for number, row in enumerate(legend.rows):
        middle = y + table.head + table.pitch * (number + 0.5)
        _draw_mark(dl, type_, row, x, middle)
        letter, name = _split_letter(row)
        left = x + table.name
        if letter:
            type_.text(dl, left, middle, letter, 15.0, row.color, "bold", ay=0.5)
        if row.ground:
            left += table.letter
        type_.text(dl, left, middle, name, 15.0, ay=0.5)
        last = len(row.cells) - 1
        if row.bar is not None and table.cells:
            _draw_signed_bar(dl, type_, row, x + table.cells[-1], middle)
        for column, text in enumerate(row.cells):
            color = "text" if column == last and last > 0 else "dim"
            type_.text(dl, x + table.cells[column], middle, text, 14.0, color, ax=1, ay=0.5)


def _draw_mark(dl: imgui.ImDrawList, type_: Type, row: Row, x: float, y: float) -> None:
    """Draw the coloured dot of a legend's row, on its ground's swatch where it has one."""
    px = type_.px
    if row.ground:
        dl.add_rect_filled(V2(x, y - px(8)), V2(x + px(16), y + px(8)), type_.u32(row.ground), px(4))
        dl.add_circle_filled(V2(x + px(8), y), px(3.2), type_.u32(row.color), 16)
    else:
        dl.add_circle_filled(V2(x + px(5), y), px(5), type_.u32(row.color), 24)


def _draw_signed_bar(dl: imgui.ImDrawList, type_: Type, row: Row, right: float, y: float) -> None:
    """Draw a bar in [-1, 1] behind the last cell: from its middle to the left or right."""
    px = type_.px
    half, middle = px(30), right - px(28)
    end = middle + half * float(np.clip(row.bar or 0.0, -1.0, 1.0))
    left, far = sorted((middle, end))
    dl.add_rect_filled(V2(left, y - px(8)), V2(far, y + px(8)), type_.u32(row.color, 0.28), px(2))


# ------------------------------------------------------------------------------------------------- colour bar
def _draw_color_bar(dl: imgui.ImDrawList, type_: Type, note: ColorBar, size: Size) -> Rect:
    """Draw the upright bar at the lower right and return the rectangle it fills."""
    px = type_.px
    length = min(px(BAR_LENGTH), 0.45 * size[1])
    x, top = size[0] - px(104), size[1] - px(BOTTOM) - length
    for k, (low, high) in enumerate(pairwise(_bar_colors(type_.theme.height_stops))):
        y0, y1 = top + length * (1 - k / BAR_STEPS), top + length * (1 - (k + 1) / BAR_STEPS)
        dl.add_rect_filled_multi_color(V2(x, y1), V2(x + px(12), y0), high, high, low, low)
    dl.add_rect(V2(x - 0.5, top - 0.5), V2(x + px(12) + 0.5, top + length + 0.5), type_.u32("text", 0.22), px(2))
    for text, t in _bar_ticks(note.terrain, length / type_.scale, 20.0):
        y = round(top + length * (1 - t)) + 0.5
        dl.add_line(V2(x + px(12), y), V2(x + px(17), y), type_.u32("dim"), px(1))
        type_.text(dl, x + px(21), y, text, 13.0, "dim", ay=0.5)
    type_.text(dl, x, top - px(26), note.label, 13.0)
    return x, top - px(26), px(70), length + px(34)


def _draw_flat_color_bar(dl: imgui.ImDrawList, type_: Type, frame: Frame, free: Rect) -> list[Rect]:
    """Draw the bar along the lower left of the free rectangle and return the rectangle it fills."""
    note = _only(frame.notes, ColorBar)
    px = type_.px
    if note is None or free[2] < px(260) or free[3] < px(160):
        return []
    name = type_.width(note.label, 13.0)
    x, y = free[0] + px(18) + name + px(14), free[1] + free[3] - px(46)
    length = min(px(220), free[0] + free[2] - x - px(18))
    for corner, far, low, high in _flat_bar(type_.theme.height_stops, x, y, length, px(10)):
        dl.add_rect_filled_multi_color(corner, far, low, high, high, low)
    dl.add_rect(V2(x - 0.5, y - 0.5), V2(x + length + 0.5, y + px(10) + 0.5), type_.u32("text", 0.22), px(2))
    for text, t in _bar_ticks(note.terrain, length / type_.scale, 34.0):
        at = round(x + length * t) + 0.5
        dl.add_line(V2(at, y + px(10)), V2(at, y + px(14)), type_.u32("dim"), px(1))
        type_.text(dl, at, y + px(16), text, 13.0, "dim", ax=0.5)
    type_.text(dl, x - px(14), y + px(5), note.label, 13.0, ax=1, ay=0.5)
    return [(x - px(14) - name, y - px(6), length + name + px(14), px(44))]


@lru_cache(maxsize=4)
def _bar_colors(stops: Stops) -> list[int]:
    """Return a colour map at the ends of the bar's pieces, as ImGui packs it."""
    colors = color_map(stops, BAR_STEPS + 1)
    return [imgui.color_convert_float4_to_u32(imgui.ImVec4(float(r), float(g), float(b), 1.0)) for r, g, b in colors]


@lru_cache(maxsize=4)
def _flat_bar(stops: Stops, x: float, y: float, length: float, height: float) -> list[tuple[V2, V2, int, int]]:
    """Return the pieces of a bar from (x, y) to the right: two corners, and the colours at the left and right."""
    ends = [x + length * k / BAR_STEPS for k in range(BAR_STEPS + 1)]
    colors = pairwise(_bar_colors(stops))
    return [(V2(a, y), V2(b, y + height), *pair) for (a, b), pair in zip(pairwise(ends), colors, strict=True)]


def _bar_ticks(terrain: Terrain, length: float, gap: float) -> list[tuple[str, float]]:
    """Return what is written beside a colour bar of a length, and where: t in [0, 1]."""
    ticks = [(value, t) for value, t in terrain.value_ticks(length, gap) if t <= 1.0]
    return list(zip(distinct([value for value, _ in ticks]), [t for _, t in ticks], strict=True))


# ----------------------------------------------------------------------------------------------- axis numbers
def _draw_numerals(dl: imgui.ImDrawList, type_: Type, axes: Axes, camera: Camera, size: Size, free: Rect) -> None:
    if axes.terrain is None:
        _draw_plane_numerals(dl, type_, camera, size, free)
        return
    px = type_.px
    look_size = (size[0] / type_.scale, size[1] / type_.scale)
    rulers = terrain_rulers(axes, axes.terrain, camera, look_size)
    ends = camera.project(rulers.directions, size).tolist()
    for numeral, (tick, beyond) in zip(rulers.numerals, ends, strict=True):
        dx, dy = beyond[0] - tick[0], beyond[1] - tick[1]
        length = hypot(dx, dy)
        if not length > 1e-6 or not isfinite(tick[0] + tick[1]):
            continue
        dx, dy = dx / length, dy / length
        if numeral.name:
            formula = type_.formula(numeral.text, 19.0)
            reach = px(38) + 0.5 * (abs(dx) * formula.width + abs(dy) * formula.height)
            x, y = tick[0] + dx * reach, tick[1] + dy * reach
            type_.put_formula(dl, x, y, numeral.text, 19.0, ax=0.5, ay=0.5)
        else:
            width, height = type_.size(numeral.text, 13.0)
            reach = px(5) + 0.5 * (abs(dx) * width + abs(dy) * height)
            x, y = tick[0] + dx * reach, tick[1] + dy * reach
            type_.text(dl, x, y, numeral.text, 13.0, "dim", ax=0.5, ay=0.5)


def _draw_plane_numerals(dl: imgui.ImDrawList, type_: Type, camera: Camera, size: Size, free: Rect) -> None:
    px = type_.px
    for numeral in plane_numerals(camera, size, free, px(30)):
        x, y = numeral.pixel
        if numeral.axis == 0:
            type_.text(dl, x + px(5), y + px(5), numeral.text, 13.0, "dim", halo=True)
        else:
            type_.text(dl, x - px(7), y + px(4), numeral.text, 13.0, "dim", halo=True, ax=1)
