"""Outlines of letters and formulas, traced from large bitmaps of them, so that they match the pixels of pictures.

A letter is drawn by FreeType and a formula by MicroTeX, both about twenty times as large as in a picture. Their grey
values locate the contour of half coverage to a few hundredths of a large pixel. Polylines along it are within a few
ten-thousandths of a letter's height of the curve.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lossland.formats.drawing import Outline, Rgb, Ring
from lossland.writing.text import FONTS, render_latex, set_latex

EM = 400  # pixels of the letters that are traced
LARGE = 240  # about the pixels of the formulas that are traced
TOLERANCE = 0.06  # traced pixels: largest distance of a polyline from the curve


@lru_cache(maxsize=4096)
def letter(sources: tuple[tuple[str, float], ...], character: str) -> Outline | None:
    """Return a letter 1 em high, its origin at the baseline; None where it is blank.

    ``sources`` are font files below ``FONTS`` with their sizes: the first that has the letter draws it. An em is what
    Dear ImGui calls a font's size: from its ascent to its descent.
    """
    for file, size in sources:
        font, em = _font(file)
        mask, offset = _drawn(font, character)
        missing, _ = _drawn(font, "\uffff")
        if mask is None or (missing is not None and mask.shape == missing.shape and (mask == missing).all()):
            continue
        rings = traced(mask / 255)
        return Outline([(ring + offset) * (size / em) for ring in rings])
    return None


@lru_cache(maxsize=16)
def _font(file: str) -> tuple[ImageFont.FreeTypeFont, float]:
    """Return a font to trace, and the height in pixels from its descent to its ascent."""
    basic = ImageFont.Layout.BASIC
    font, fine = (ImageFont.truetype(str(FONTS / file), size, layout_engine=basic) for size in (EM, 16 * EM))
    return font, sum(fine.getmetrics()) / 16  # metrics are rounded to whole pixels


def _drawn(font: ImageFont.FreeTypeFont, character: str) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    """Return a letter's coverage from 0 to 255, and its upper left corner relative to the letter's origin."""
    left, top, right, bottom = font.getbbox(character, anchor="ls")
    width, height = round(right - left), round(bottom - top)
    if width <= 0 or height <= 0:
        return None, np.zeros(2)
    picture = Image.new("L", (width + 2, height + 2))
    ImageDraw.Draw(picture).text((1 - left, 1 - top), character, 255, font, anchor="ls")
    mask = np.asarray(picture, float)
    return (mask if mask.any() else None), np.array([left - 1.0, top - 1.0])


@lru_cache(maxsize=256)
def formula(latex: str, pixels: int, rgb: Rgb) -> tuple[tuple[Rgb, Outline], ...]:
    """Return a formula's parts by colour, in pixels from the upper left corner of its picture; none if it is empty."""
    times = max(round(LARGE / pixels), 1)
    image, _ = set_latex(latex, pixels * times, rgb)
    cover = image[..., 3] / 255
    small, _ = render_latex(latex, pixels, rgb)
    moved = _middle(small[..., 3]) - _middle(image[..., 3]) / times  # pictures of all sizes have the same margins
    full = image[cover > 0.98][:, :3].astype(int)
    if not len(full):
        return ()
    parts = []
    colors: list[NDArray[np.int_]] = []
    values, counts = np.unique(full, axis=0, return_counts=True)
    for value in values[np.argsort(-counts, kind="stable")]:
        if all(np.abs(value - known).max() > 8 for known in colors):  # equal but for rounding
            colors.append(value)
    owner = np.argmin([np.abs(image[..., :3].astype(int) - color).sum(axis=-1) for color in colors], axis=0)
    for number, color in enumerate(colors):
        rings = traced(np.where(owner == number, cover, 0.0))
        places = [ring / times + moved for ring in rings]
        red, green, blue = (color / 255).tolist()
        parts.append(((red, green, blue), Outline(places)))
    return tuple(parts)


def _middle(weight: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the centre of mass (x, y) of a picture (h, w), in pixels from its upper left corner."""
    total = max(float(weight.sum()), 1e-9)
    sides = (weight.sum(axis=0, dtype=float), weight.sum(axis=1, dtype=float))
    return np.array([(side * (np.arange(len(side)) + 0.5)).sum() / total for side in sides])


def traced(cover: NDArray[np.floating]) -> list[Ring]:
    """Return the closed contours of an image (h, w) of coverages at one half, pixel centres at whole numbers
    plus one half.

    Marching squares: the contour crosses the line between two pixel centres where the linearly interpolated coverage
    is one half. The inside is on the same side of all contours.
    """
    field = np.pad(np.asarray(cover, float), 1) - 0.5
    inside = field > 0
    height, width = field.shape
    # an edge's number: those along x from (row, column), then those along y
    across = np.arange(height * width).reshape(height, width)
    down = across + height * width
    top, bottom, left, right = across[:-1, :-1], across[1:, :-1], down[:-1, :-1], down[:-1, 1:]
    case = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    following = np.full(2 * height * width, -1)
    for bits, ways in _WAYS.items():
        cells = case == bits
        if cells.any():
            for start, end in ways:
                sides = {"t": top, "b": bottom, "l": left, "r": right}
                following[sides[start][cells]] = sides[end][cells]
    place = np.zeros((2 * height * width, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = field[:, :-1] / (field[:, :-1] - field[:, 1:])
        place[across[:, :-1].ravel(), 0] = (np.arange(width - 1) + share).ravel()
        place[across[:, :-1].ravel(), 1] = np.repeat(np.arange(height), width - 1)
        share = field[:-1] / (field[:-1] - field[1:])
        place[down[:-1].ravel(), 0] = np.tile(np.arange(width), height - 1)
        place[down[:-1].ravel(), 1] = (np.arange(height - 1)[:, None] + share).ravel()
    place -= 0.5  # minus 1 for the padding, plus half a pixel from a corner to a centre
    rings, next_edge = [], following.tolist()
    for start in np.flatnonzero(following >= 0).tolist():
        chain, edge = [], start
        while next_edge[edge] >= 0:
            chain.append(edge)
            next_edge[edge], edge = -1, next_edge[edge]
        if len(chain) > 2:
            rings.append(_simplified(place[chain]))
    return [ring for ring in rings if len(ring) > 2]


_WAYS: dict[int, tuple[tuple[str, str], ...]] = {  # by the corners inside: from one side of a cell to another
    1: (("l", "t"),), 2: (("t", "r"),), 3: (("l", "r"),), 4: (("r", "b"),), 5: (("l", "t"), ("r", "b")),
    6: (("t", "b"),), 7: (("l", "b"),), 8: (("b", "l"),), 9: (("b", "t"),), 10: (("t", "r"), ("b", "l")),
    11: (("b", "r"),), 12: (("r", "l"),), 13: (("r", "t"),), 14: (("t", "l"),),
}  # fmt: skip


def _simplified(ring: Ring) -> Ring:
    """Return a closed curve with fewer points, within the tolerance of the given one.

    Source: Douglas and Peucker (1973), with distances from the line.
    """
    far = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
    path = np.concatenate([ring, ring[:1]])
    kept = np.zeros(len(path), bool)
    kept[[0, far, -1]] = True
    pieces = [(0, far), (far, len(path) - 1)]
    while pieces:
        first, last = pieces.pop()
        if last - first < 2:
            continue
        along = path[last] - path[first]
        away = path[first + 1 : last] - path[first]
        length = float(np.hypot(*along))
        gap = np.abs(along[0] * away[:, 1] - along[1] * away[:, 0]) / length if length else np.hypot(*away.T)
        worst = int(np.argmax(gap))
        if gap[worst] > TOLERANCE:
            kept[first + 1 + worst] = True
            pieces += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return path[:-1][kept[:-1]]
