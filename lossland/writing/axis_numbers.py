"""The numbers and names of axes: along a block of ground, or on the plane. All other texts take precedence."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, isfinite

from imgui_bundle import imgui

from lossland.render.presence import presence_of
from lossland.world.camera import Camera, Rect
from lossland.world.layers import Axes
from lossland.world.rulers import plane_numerals, terrain_rulers
from lossland.writing.placement import has_room, inked
from lossland.writing.text import Type

Size = tuple[int, int]


def draw_numerals(
    dl: imgui.ImDrawList,
    type_: Type,
    axes: Axes,
    camera: Camera,
    size: Size,
    free: Rect,
    area: Rect,
    taken: Sequence[Rect],
) -> None:
    """Draw the names and then the numbers of axes, as far as they fit into ``area`` without covering ``taken``."""
    alpha = presence_of(axes, type_.theme).opacity
    if axes.terrain is None:
        _draw_plane_numerals(dl, type_, camera, size, free, area, taken, alpha)
        return
    px = type_.px
    logical = (size[0] / type_.pixel_ratio, size[1] / type_.pixel_ratio)  # as for the ticks that are drawn
    rulers = terrain_rulers(axes, axes.terrain, camera, logical)
    ends = camera.project(rulers.directions, size).tolist()
    taken = list(taken)
    for numeral, (tick, beyond) in zip(rulers.numerals, ends, strict=True):
        dx, dy = beyond[0] - tick[0], beyond[1] - tick[1]
        length = hypot(dx, dy)
        if not length > 1e-6 or not isfinite(tick[0] + tick[1]):
            continue
        dx, dy = dx / length, dy / length
        if numeral.name:
            formula = type_.formula(numeral.text, 19.0)
            gap = px(12 if numeral.outward[2] else 38)  # beyond the numbers of a floor axis, above those of the values
            width, height = float(formula.width), float(formula.height)
        else:
            width, height = type_.size(numeral.text, 13.0)
            gap = px(5)
        reach = gap + 0.5 * (abs(dx) * width + abs(dy) * height)
        x, y = tick[0] + dx * reach, tick[1] + dy * reach
        rect = (x - width / 2, y - height / 2, width, height)
        if not has_room(rect, area, taken):
            continue
        taken.append(inked(rect))
        if numeral.name:
            type_.put_formula(dl, x, y, numeral.text, 19.0, ax=0.5, ay=0.5, halo=True, alpha=alpha)
        else:
            type_.text(dl, x, y, numeral.text, 13.0, "dim", ax=0.5, ay=0.5, alpha=alpha)


def _draw_plane_numerals(
    dl: imgui.ImDrawList,
    type_: Type,
    camera: Camera,
    size: Size,
    free: Rect,
    area: Rect,
    taken: Sequence[Rect],
    alpha: float,
) -> None:
    px, taken = type_.px, list(taken)
    for numeral in plane_numerals(camera, size, free, px(30)):
        x, y = numeral.pixel
        width, height = type_.size(numeral.text, 13.0)
        across = numeral.axis == 0  # to the right of its line, else to the left and below it
        left, top = (x + px(5), y + px(5)) if across else (x - px(7) - width, y + px(4))
        if has_room((left, top, width, height), area, taken):
            taken.append(inked((left, top, width, height)))
            at = (x + px(5), top) if across else (x - px(7), top)
            type_.text(dl, *at, numeral.text, 13.0, "dim", halo=True, ax=float(not across), alpha=alpha)
