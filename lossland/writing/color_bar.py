"""The colour bar of a ground: vertical at the lower right, or horizontal at the lower left beside panels."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from imgui_bundle import imgui

from lossland.numerals import distinct
from lossland.scenery.scene import Frame
from lossland.world.camera import Rect
from lossland.world.layers import ColorBar
from lossland.world.terrain import Terrain
from lossland.world.theme import Stops, color_map
from lossland.writing.room import BAR_LENGTH, BOTTOM, first_of
from lossland.writing.text import Type

Size = tuple[int, int]
V2 = imgui.ImVec2

BAR_STEPS = 48


def draw_color_bar(dl: imgui.ImDrawList, type_: Type, note: ColorBar, size: Size) -> Rect:
    """Draw the vertical bar at the lower right and return its rectangle."""
    px = type_.px
    length = min(px(BAR_LENGTH), 0.45 * size[1])
    ticks = _bar_ticks(note.terrain, length / type_.scale, 20.0)
    widest = max((type_.width(text, 13.0) for text, _ in ticks), default=0.0)
    x, top = size[0] - max(px(104), px(25) + widest), size[1] - px(BOTTOM) - length
    for k, (low, high) in enumerate(pairwise(_bar_colors(type_.theme.height_stops))):
        y0, y1 = top + length * (1 - k / BAR_STEPS), top + length * (1 - (k + 1) / BAR_STEPS)
        dl.add_rect_filled_multi_color(V2(x, y1), V2(x + px(12), y0), high, high, low, low)
    dl.add_rect(V2(x - 0.5, top - 0.5), V2(x + px(12) + 0.5, top + length + 0.5), type_.u32("text", 0.22), px(2))
    for text, t in ticks:
        y = round(top + length * (1 - t)) + 0.5
        dl.add_line(V2(x + px(12), y), V2(x + px(17), y), type_.u32("dim"), px(1))
        type_.text(dl, x + px(21), y, text, 13.0, "dim", ay=0.5)
    type_.text(dl, x, top - px(26), note.label, 13.0)
    return x, top - px(26), px(70), length + px(34)


def draw_flat_color_bar(dl: imgui.ImDrawList, type_: Type, frame: Frame, free: Rect) -> list[Rect]:
    """Draw the bar at the lower left of the free rectangle; return its rectangle, with a margin."""
    note = first_of(frame.notes, ColorBar)
    px = type_.px
    if note is None or free[2] < px(260) or free[3] < px(160):
        return []
    name = type_.width(note.label, 13.0)
    x, y = free[0] + px(18) + name + px(14), free[1] + free[3] - px(46)
    length = min(px(220), free[0] + free[2] - x - px(18))
    corners = V2(x - px(28) - name, y - px(16)), V2(x + length + px(24), y + px(40))
    for corner, far, low, high in _flat_bar(type_.theme.height_stops, x, y, length, px(10)):
        dl.add_rect_filled_multi_color(corner, far, low, high, high, low)
    dl.add_rect(V2(x - 0.5, y - 0.5), V2(x + length + 0.5, y + px(10) + 0.5), type_.u32("text", 0.22), px(2))
    end, most = x - px(14), free[0] + free[2]  # right edges of the texts so far, and of the free rectangle
    for text, t in _bar_ticks(note.terrain, length / type_.scale, 34.0):
        at = round(x + length * t) + 0.5
        half = type_.width(text, 13.0) / 2
        if at - half < end + px(4) or at + half > most:
            continue  # no room for a long number
        dl.add_line(V2(at, y + px(10)), V2(at, y + px(14)), type_.u32("dim"), px(1))
        type_.text(dl, at, y + px(16), text, 13.0, "dim", halo=True, ax=0.5)  # the terrain may be behind it
        end = at + half
    type_.text(dl, x - px(14), y + px(5), note.label, 13.0, halo=True, ax=1, ay=0.5)
    right = max(corners[1].x, end)
    return [(corners[0].x, corners[0].y, right - corners[0].x, corners[1].y - corners[0].y)]


@lru_cache(maxsize=4)
def _bar_colors(stops: Stops) -> list[int]:
    """Return a colour map at the ends of the bar's segments, packed for ImGui."""
    colors = color_map(stops, BAR_STEPS + 1)
    return [imgui.color_convert_float4_to_u32(imgui.ImVec4(float(r), float(g), float(b), 1.0)) for r, g, b in colors]


@lru_cache(maxsize=4)
def _flat_bar(stops: Stops, x: float, y: float, length: float, height: float) -> list[tuple[V2, V2, int, int]]:
    """Return the segments of a bar from (x, y) to the right: two corners, and the colours at the left and right."""
    ends = [x + length * k / BAR_STEPS for k in range(BAR_STEPS + 1)]
    colors = pairwise(_bar_colors(stops))
    return [(V2(a, y), V2(b, y + height), *pair) for (a, b), pair in zip(pairwise(ends), colors, strict=True)]


@lru_cache(maxsize=4)
def _bar_ticks(terrain: Terrain, length: float, gap: float) -> list[tuple[str, float]]:
    """Return the tick labels of a colour bar of a length, and their positions t in [0, 1]."""
    ticks = [(value, t) for value, t in terrain.value_ticks(length, gap) if t <= 1.0]
    return list(zip(distinct([value for value, _ in ticks]), [t for _, t in ticks], strict=True))
