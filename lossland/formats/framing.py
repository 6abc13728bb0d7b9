"""Charts of maps: an image of cells with axes, a title and a colour key. Text is drawn by Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from lossland.numerals import distinct
from lossland.resources import fonts
from lossland.world.theme import Theme
from lossland.world.ticks import Scale

SIDE = 480  # least pixels along a map's longer side
TEXT = 13  # font size in pixels for a map of up to SIDES pixels; it grows with larger ones
SIDES = 640
GAP, TICK = 0.5, 0.4  # in em, as are all lengths below
SWATCH, PITCH = 0.95, 1.75
TICKS_APART = 70.0  # pixels at the font size TEXT


class Key(NamedTuple):
    """A colour (3,) of the map, sRGB in [0, 1], and what it means; a remark has no colour."""

    color: Sequence[float] | None
    text: str


@dataclass(frozen=True)
class Ramp:
    """Colours (k, 3) of increasing numbers, and the labels of both ends."""

    colors: NDArray[np.floating]
    low: str
    high: str


class Spot(NamedTuple):
    """A label beside a point on the map, in coordinates from 0 to 1 from the lower left."""

    text: str
    across: float
    up: float


class Chart(NamedTuple):
    """A chart (h, w, 3) uint8, and the rectangle of the map in it."""

    image: NDArray[np.uint8]
    left: int
    top: int
    width: int
    height: int

    @property
    def map(self) -> NDArray[np.uint8]:
        """The map alone."""
        return self.image[self.top : self.top + self.height, self.left : self.left + self.width]


def framed(
    cells: NDArray[np.uint8],
    names: tuple[str, str],
    scales: tuple[Scale, Scale],
    theme: Theme,
    title: str = "",
    keys: Sequence[Key] = (),
    ramp: Ramp | None = None,
    spots: Sequence[Spot] = (),
) -> Chart:
    """Return a map of cells (h, w, 3), top row first, with its two axes (across and up) and colour key.

    Small maps are enlarged by an integer factor.
    """
    cells = enlarged(cells)
    height, width = cells.shape[:2]
    em = TEXT * max(1.0, max(height, width) / SIDES)
    regular, bold, small = _font("Regular", round(em)), _font("Bold", round(1.25 * em)), _font("Regular", round(em))
    ticks = [
        scale.ticks(max(2, int(side / (TICKS_APART * em / TEXT))))
        for scale, side in zip(scales, (width, height), strict=True)
    ]
    texts = [distinct(values.tolist()) for values in ticks]
    aside = max((small.getlength(text) for text in texts[1]), default=0.0)

    left = round(em + 1.4 * em + aside + (GAP + TICK) * em)  # margin, name, numbers, ticks
    top = round((3.2 if title else 1.2) * em)
    lines = [key.text for key in keys] + ([ramp.low, ramp.high] if ramp else [])
    beside = max((regular.getlength(line) for line in lines), default=0.0)
    right = round(2.0 * em + (SWATCH + GAP) * em + beside + em) if lines else round(1.5 * em)
    size = left + width + right, round(top + height + (TICK + GAP + 1.2 + 1.8) * em + 0.5 * em)
    needed = round(left + bold.getlength(title) + em)
    picture = Image.new("RGB", (max(size[0], needed), size[1]), _rgb(theme.color("background.edge")))
    picture.paste(Image.fromarray(cells), (left, top))
    draw = ImageDraw.Draw(picture)
    text, dim = _rgb(theme.color("text")), _rgb(theme.color("dim"))
    line = max(1, round(em / 13))

    if title:
        draw.text((left, top - 1.3 * em), title, text, bold, anchor="ls")
    foot = top + height
    for value, word in zip(ticks[0].tolist(), texts[0], strict=True):
        x = left + float(scales[0].share(value)) * width
        draw.line([(x, foot), (x, foot + TICK * em)], dim, line)
        draw.text((x, foot + (TICK + GAP) * em), word, dim, small, anchor="mt")
    draw.text((left + width / 2, foot + (TICK + GAP + 1.3) * em), names[0], text, regular, anchor="mt")
    for value, word in zip(ticks[1].tolist(), texts[1], strict=True):
        y = foot - float(scales[1].share(value)) * height
        draw.line([(left - TICK * em, y), (left, y)], dim, line)
        draw.text((left - (TICK + GAP) * em, y), word, dim, small, anchor="rm")
    _write_upward(picture, (0.8 * em, top + height / 2), names[1], text, regular)
    draw.rectangle([left - line, top - line, left + width, foot], outline=dim, width=line)

    for spot in spots:
        x, y = left + spot.across * width, foot - spot.up * height
        at = (x, y + 0.75 * em) if y + 2.2 * em < foot else (x, y - 1.85 * em)
        draw.text(at, spot.text, text, bold, anchor="mt", stroke_width=max(2, round(em / 6)),
                  stroke_fill=_rgb(theme.color("casing")))  # fmt: skip

    x, y = left + width + 2.0 * em, top + 0.5 * em
    for key in keys:
        if key.color is not None:
            draw.rectangle([x, y - SWATCH / 2 * em, x + SWATCH * em, y + SWATCH / 2 * em], _rgb(key.color), dim, 1)
        draw.text((x + (SWATCH + GAP) * em, y), key.text, text, regular, anchor="lm")
        y += PITCH * em
    if ramp:
        length = round(min(12 * em, foot - y - em))
        shares = np.linspace(len(ramp.colors) - 1, 0, max(length, 2)).round().astype(int)
        bar = np.round(255 * np.asarray(ramp.colors)[shares]).astype(np.uint8)[:, None].repeat(round(em), axis=1)
        picture.paste(Image.fromarray(bar), (round(x), round(y)))
        draw.text((x + (SWATCH + GAP) * em, y), ramp.high, text, regular, anchor="lt")
        draw.text((x + (SWATCH + GAP) * em, y + length), ramp.low, text, regular, anchor="ls")
    return Chart(np.asarray(picture), left, top, width, height)


def enlarged(cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a small picture by an integer factor to at least `SIDE` pixels."""
    times = max(1, -(-SIDE // max(cells.shape[:2])))
    return cells.repeat(times, axis=0).repeat(times, axis=1)


def _write_upward(
    picture: Image.Image, middle: tuple[float, float], word: str, color: tuple[int, ...], font: ImageFont.FreeTypeFont
) -> None:
    """Draw rotated text that reads upward, centred on ``middle``."""
    x0, y0, x1, y1 = font.getbbox(word, anchor="ls")
    mask = Image.new("L", (max(1, round(x1 - x0) + 2), max(1, round(y1 - y0) + 2)))
    ImageDraw.Draw(mask).text((1 - x0, 1 - y0), word, 255, font, anchor="ls")
    mask = mask.rotate(90, expand=True)
    picture.paste(color, (round(middle[0]), round(middle[1] - mask.height / 2)), mask)


@lru_cache(maxsize=16)
def _font(style: str, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(
        str(fonts() / "Roboto" / f"Roboto-{style}.ttf"), pixels, layout_engine=ImageFont.Layout.BASIC
    )


def _rgb(color: ArrayLike) -> tuple[int, ...]:
    return tuple(np.round(255 * np.asarray(color)).astype(int).tolist())
