"""The texts on plates: as large as fits every plate of a layer, light or dark by contrast with the plate."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray

from lossland.render.lamps import element_colors
from lossland.render.presence import presence_of
from lossland.world.camera import Camera, Rect
from lossland.world.layers import Array, Plates
from lossland.world.theme import Rgb, Theme, contrast
from lossland.writing.text import Type

Size = tuple[int, int]

LEAST = 11.0  # logical pixels: smaller texts are omitted
MEASURED = 32.0  # the font size at which texts are measured
WIDE, HIGH = 0.88, 0.58  # of a plate that its text may fill
SNUG_WIDE, SNUG_HIGH = 1.1, 0.86  # where the text would be omitted otherwise: it may reach a little over the sides
FAINTEST = 0.25  # opacity of the text on a transparent plate: a dim text stays readable when its plate does not
FONT = "bold"


def draw_plate_texts(dl: imgui.ImDrawList, type_: Type, layer: Plates, camera: Camera, size: Size) -> list[Rect]:
    """Draw the texts of a layer's plates; return the plates' rectangles (x, y, w, h) in the picture."""
    corner, right, up = (np.asarray(side, float) for side in (layer.corner, layer.right, layer.up))
    if not len(corner):
        return []
    around = camera.project(np.stack([corner, corner + right, corner + up, corner + right + up], 1), size)
    low, high = around.min(1), around.max(1)
    rects: list[Rect] = [(x, y, w, h) for x, y, w, h in np.hstack([low, high - low]).tolist()]
    room = np.stack([np.linalg.norm(around[:, k] - around[:, 0], axis=1) for k in (1, 2)], -1)
    text_size = fitting_size(type_, layer.text, room)
    if not text_size:
        return rects
    presence = presence_of(layer, type_.theme)
    colors = [presence.color(color).tolist() for color in text_colors(layer, type_.theme)]
    alphas = FAINTEST + (1.0 - FAINTEST) * _each(layer.alpha, len(corner))
    for text, (x, y), color, alpha in zip(layer.text, around.mean(1).tolist(), colors, alphas.tolist(), strict=True):
        if text:
            type_.text(dl, x, y, text, text_size, color, FONT, ax=0.5, ay=0.5, alpha=alpha * presence.opacity)
    return rects


def fitting_size(type_: Type, texts: Sequence[str], room: NDArray[np.float64]) -> float:
    """Return the largest font size in whole pixels at which every text fits its plate (n, 2), with room around it.

    Where even the smallest one that can be read has not so much room, it is that if it just about fits, else 0.
    """
    shown = [(text, *sides) for text, sides in zip(texts, room.tolist(), strict=False) if text]
    if not shown:
        return 0.0
    measured, least = type_.font_size(MEASURED), type_.font_size(LEAST)
    fits = (min(measured * WIDE * w / type_.width(text, MEASURED, FONT), HIGH * h) for text, w, h in shown)
    largest = floor(min(fits) + 1e-6)
    if largest < least:
        is_snug = all(
            type_.width(text, LEAST, FONT) <= SNUG_WIDE * w and least <= SNUG_HIGH * h for text, w, h in shown
        )
        largest = least if is_snug else 0.0
    return largest / type_.scale


def text_colors(layer: Plates, theme: Theme) -> list[Rgb]:
    """Return for each plate a text colour with contrast to all that is under it; without a fill, the plate's colour."""
    full = element_colors(layer.color, len(layer.corner), theme, layer.shades).astype(float)
    level, tint, alpha = (_each(part, len(full)) for part in (layer.level, layer.tint, layer.alpha))
    behind, ground = np.array(theme.color("background")), np.array(theme.color(layer.ground or "background"))
    empty = behind + alpha[:, None] * (ground - behind)
    filled = behind + alpha[:, None] * (ground + tint[:, None] * (full - ground) - behind)
    choice: list[Rgb] = [theme.color("text"), theme.color("casing")]
    colors: list[Rgb] = []
    for k in range(len(full)):
        under = [part[k].tolist() for part, is_there in ((empty, level[k] < 1), (filled, level[k] > 0)) if is_there]
        if level[k] <= 0 and not layer.ground:
            red, green, blue = full[k].tolist()
            colors.append((red, green, blue))
        else:
            colors.append(max(choice, key=lambda color: min(contrast(color, below) for below in under)))
    return colors


def _each(part: Array | None, count: int) -> NDArray[np.float64]:
    return np.ones(count) if part is None else np.asarray(part, float)
