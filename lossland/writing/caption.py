"""Captions of films: a short title below the subject, and a sentence or a formula under it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from imgui_bundle import imgui

from lossland.world.camera import Rect
from lossland.writing.text import Type

# Logical pixels of text
ROOM = 92.0  # below the subject
TITLE_SIZE = 28.0
TEXT_SIZE = 17.0
FORMULA_SIZE = 28.0
FOOT = 24.0  # from the lower edge to the bottom of the sentence
SOFT, RISE = 28.0, 8.0  # beside and above a caption, over which what is behind it is dimmed: numbers of axes are near
DIMMED, STRIPS = 0.85, 8  # how far, and in how many steps


@dataclass(frozen=True)
class Caption:
    """A title and a sentence or formula; ``visible`` (0 to 1) is its opacity while it fades in or out."""

    title: str
    text: str = ""
    visible: float = 1.0
    latex: str = ""


def above_caption(area: Rect, type_: Type) -> Rect:
    """Return the part of a rectangle that any caption leaves to the subject."""
    x, y, width, height = area
    return x, y, width, max(height - type_.px(ROOM), height / 2)


def draw_caption(draw_list: imgui.ImDrawList, type_: Type, caption: Caption, area: Rect, scrim: bool = False) -> None:
    """Draw a caption centred at a rectangle's lower edge; a line that is too wide is set smaller.

    With ``scrim`` what is behind it, such as a grid, is dimmed.
    """
    x, y, width, height = area
    middle, foot = x + width / 2, y + height - type_.px(FOOT)
    if scrim:
        wide = max(type_.width(caption.title, TITLE_SIZE, "bold"), type_.width(caption.text, TEXT_SIZE, "regular"))
        wide = max(wide, type_.formula(caption.latex, FORMULA_SIZE).width) if caption.latex else wide
        lower = 0.0 if caption.latex else FORMULA_SIZE - TEXT_SIZE  # a sentence needs less room than a formula
        half, high = min(wide, width) / 2, type_.px(ROOM - FOOT - lower)
        _draw_scrim(draw_list, type_, (middle - half, foot - high, 2 * half, high + type_.px(6)), caption.visible)
    if caption.latex:
        size = FORMULA_SIZE * min(width / max(type_.formula(caption.latex, FORMULA_SIZE).width, 1.0), 1.0)
        look = {"halo": True, "ax": 0.5, "ay": 0.5, "alpha": caption.visible}
        type_.put_formula(draw_list, middle, foot - type_.px(TEXT_SIZE / 2), caption.latex, size, "text", **look)
        foot -= type_.px(FORMULA_SIZE + 9)
    elif caption.text:
        _line(draw_list, type_, caption, (middle, foot, width), caption.text, TEXT_SIZE, "dim", "regular")
        foot -= type_.px(TEXT_SIZE + 9)
    _line(draw_list, type_, caption, (middle, foot, width), caption.title, TITLE_SIZE, "text", "bold")


def _draw_scrim(draw_list: imgui.ImDrawList, type_: Type, inner: Rect, strength: float) -> None:
    """Dim the picture in a rectangle, and less and less around it."""
    x, y, width, height = inner
    out = np.linspace(1.0, 0.0, STRIPS + 1)
    share = 1.0 - np.linspace(1.0, 0.0, STRIPS + 1) ** 2
    sides = ((x, x + width, type_.px(SOFT)), (y, y + height, type_.px(RISE)))
    across, down = ([*(low - soft * out), *(high + soft * out[::-1])] for low, high, soft in sides)
    shares = [*share, *share[::-1]]
    for ((left, a), (right, b)), ((top, c), (bottom, d)) in product(
        pairwise(zip(across, shares, strict=True)), pairwise(zip(down, shares, strict=True))
    ):
        corners = [type_.u32("background.edge", DIMMED * strength * one) for one in (a * c, b * c, b * d, a * d)]
        draw_list.add_rect_filled_multi_color(imgui.ImVec2(left, top), imgui.ImVec2(right, bottom), *corners)


def _line(
    draw_list: imgui.ImDrawList,
    type_: Type,
    caption: Caption,
    place: tuple[float, float, float],
    text: str,
    size: float,
    color: str,
    font: str,
) -> None:
    """Draw a line; ``place`` is its horizontal centre, its bottom and its greatest width in pixels."""
    middle, foot, width = place
    size *= min(width / max(type_.width(text, size, font), 1.0), 1.0)
    look = {"halo": True, "ax": 0.5, "ay": 1.0, "alpha": caption.visible}
    type_.text(draw_list, middle, foot, text, size, color, font, **look)
