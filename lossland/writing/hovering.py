"""Highlights of the element under the pointer: its outlines, a small label, and the numbers of the ground there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from imgui_bundle import imgui

from lossland.numerals import pair, short
from lossland.pointing.description import Description
from lossland.pointing.probe import Probe
from lossland.world.camera import Camera, Rect
from lossland.writing.text import Type

Size = tuple[int, int]
V2 = imgui.ImVec2

TITLE, NUMBERS = 14.0, 13.0  # logical pixels, as are the others
GAP = 16.0  # from the pointer to the label
PAD = (10.0, 7.0)
GLOW = 5.0  # width of the glow around a line
LINE = 1.6
PROBE = (24.0, 26.0, 4.0)  # horizontal padding of the probe's numbers, their height, and their distance below it


def draw_mark(dl: imgui.ImDrawList, type_: Type, found: Description, camera: Camera, size: Size, area: Rect) -> None:
    """Highlight the element under the pointer and draw its label, inside ``area`` (x, y, w, h)."""
    _draw_outlines(dl, type_, found.outlines, camera, size)
    x, y = camera.project(found.position, size).tolist()
    if found.ring:
        radius, px = type_.pixel_ratio * found.ring, type_.px
        dl.add_circle(V2(x, y), radius + px(1), type_.u32("halo", 0.5), 32, px(GLOW - 1))
        dl.add_circle(V2(x, y), radius, type_.u32("text", 0.9), 32, px(LINE))
    _draw_label(dl, type_, found, x, y, area)


def _draw_outlines(
    dl: imgui.ImDrawList, type_: Type, outlines: Sequence[np.ndarray], camera: Camera, size: Size
) -> None:
    if not outlines:
        return
    pixels = camera.project(np.concatenate(outlines), size)  # at once: a solid may have hundreds of edges
    strokes = [(type_.u32("text", 0.22), type_.px(GLOW)), (type_.u32("text", 0.75), type_.px(LINE))]
    finite = np.isfinite(pixels)
    points: list[imgui.ImVec2Like] = [V2(x, y) for x, y in pixels.tolist()]
    end = 0
    for outline in outlines:
        start, end = end, end + len(outline)
        if finite[start:end].all():
            for color, width in strokes:
                dl.add_polyline(points[start:end], color, width, 0)


def _draw_label(dl: imgui.ImDrawList, type_: Type, found: Description, x: float, y: float, area: Rect) -> None:
    px = type_.px
    title_width, title_height = type_.size(found.title, TITLE, "bold")
    sizes = [type_.size(line, NUMBERS) for line in found.lines]
    width = max([title_width, *(size[0] for size in sizes)]) + 2 * px(PAD[0])
    height = title_height + sum(size[1] for size in sizes) + 2 * px(PAD[1])
    away = px(GAP) + type_.pixel_ratio * found.ring
    left = x + away if x + away + width <= area[0] + area[2] else x - away - width
    left = min(max(left, area[0]), max(area[0] + area[2] - width, area[0]))
    top = min(max(y - height - px(6), area[1]), max(area[1] + area[3] - height, area[1]))
    left, top = float(round(left)), float(round(top))
    box = V2(left, top), V2(left + width, top + height)
    dl.add_rect_filled(*box, type_.u32("panel", 0.95), px(8))
    dl.add_rect(*box, type_.u32("hair"), px(8))
    at = top + px(PAD[1])
    type_.text(dl, left + px(PAD[0]), at, found.title, TITLE, found.color, "bold")
    at += title_height
    for line, (_, line_height) in zip(found.lines, sizes, strict=True):
        type_.text(dl, left + px(PAD[0]), at, line, NUMBERS)
        at += line_height


def draw_probe(dl: imgui.ImDrawList, type_: Type, probe: Probe, area: Rect) -> None:
    """Write the numbers of the ground under the pointer at the lower right of ``area`` (x, y, w, h)."""
    text = probe_text(probe)
    wider, height, below = map(type_.px, PROBE)
    right, bottom = area[0] + area[2], area[1] + area[3] - below
    left = right - type_.width(text, NUMBERS) - wider
    dl.add_rect_filled(V2(left, bottom - height), V2(right, bottom), type_.u32("panel", 0.9), height / 2)
    type_.text(dl, (left + right) / 2, bottom - height / 2, text, NUMBERS, ax=0.5, ay=0.5)


def probe_text(probe: Probe) -> str:
    """Return the numbers of a probe as a line of text."""
    if probe.value is None:
        here, source = pair(probe.position), pair(probe.source) if probe.source else ""
        return f"{here} comes from {source}" if source not in ("", here) else here  # a map may leave it in its place
    text = f"f{pair(probe.position)} = {short(probe.value)}"
    if probe.gradient is not None:
        gx, gy = probe.gradient
        text += f"    slope {short((gx * gx + gy * gy) ** 0.5)}"
    return text
