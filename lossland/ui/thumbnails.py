"""Thumbnails for the list: landscapes as shaded relief, scenes as drawings.

A relief is computed, and a scene's file read, when its row is first visible, a few per frame, so that the window opens
without delay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import methodcaller

import numpy as np
import OpenGL.GL as gl
from imgui_bundle import imgui
from numpy.typing import NDArray

from lossland.landscapes import Landscape
from lossland.scenery import library
from lossland.ui.pen import V2, Pen
from lossland.world.signs import Dot, Line, Stroke
from lossland.world.terrain import Exposure
from lossland.world.theme import Theme
from lossland.writing.text import upload_rgba

MEDIAN = 0.5  # colour map position of the median height, higher than on a stage
RELIEF = 22.0  # vertical exaggeration of the whole range of heights
LAMP = (-0.6, 0.6)  # towards the light at the upper left

Call = methodcaller  # of a draw list


def relief(landscape: Landscape, theme: Theme, pixels: int) -> NDArray[np.uint8]:
    """Return a landscape seen from above, shaded from the upper left: RGBA (pixels, pixels, 4), north up."""
    over = 2  # samples per pixel and axis
    with np.errstate(all="ignore"):
        value = np.asarray(landscape.grid(over * pixels, dtype=np.float32).value, float)
    t = np.nan_to_num(np.clip(Exposure.of(value, MEDIAN)(value), 0.0, 1.0))
    slope_y, slope_x = np.gradient(t * RELIEF * over * pixels / 96)
    lit = (1.0 - LAMP[0] * slope_x - LAMP[1] * slope_y) / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    color = theme.height_map[(t * 255).astype(int)] * np.clip(lit, 0.35, 1.35)[..., None]
    color = np.clip(color, 0.0, 1.0)[::-1].reshape(pixels, over, pixels, over, 3).mean((1, 3))
    image = np.full((pixels, pixels, 4), 255, np.uint8)
    image[..., :3] = np.round(255 * color)
    return image


class Thumbnails:
    """Draws the thumbnail of a scene or landscape, and caches the landscapes' textures."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.pending = False  # some visible thumbnails are missing
        self._left = 0  # how many may still be made in this frame
        self._textures: dict[tuple[str, int, str], int] = {}
        self._signs: dict[str, tuple[tuple[object, ...], list[Call]]] = {}  # a key, and the cached draw calls

    @property
    def count(self) -> int:
        """The number of cached textures."""
        return len(self._textures)

    def begin(self, most: int) -> None:
        """Start a frame, in which at most so many thumbnails may be made."""
        self.pending, self._left = False, most

    def landscape(self, x: float, y: float, side: float, landscape: Landscape, alpha: float = 1.0) -> None:
        """Draw a landscape's relief in the square at (x, y)."""
        pen = self.pen
        key = (landscape.name, round(side * pen.scale), pen.theme.name)
        if key not in self._textures:
            if not self._left:
                self.pending = True
                pen.box(x, y, side, side, "text", 0.07, 5)
                return
            self._left -= 1
            self._textures[key] = upload_rgba(relief(landscape, pen.theme, key[1]))
        corner = pen.at(x, y)
        corner = V2(round(corner.x), round(corner.y))
        far = V2(corner.x + key[1], corner.y + key[1])
        texture = imgui.ImTextureRef(self._textures[key])
        tint = pen.color("#FFFFFF", alpha)
        pen.dl.add_image_rounded(texture, corner, far, V2(0, 0), V2(1, 1), tint, 5 * pen.scale)

    def scene(self, x: float, y: float, side: float, name: str, alpha: float = 1.0) -> None:
        """Draw a scene's sign in the square at (x, y)."""
        pen = self.pen
        pen.box(x, y, side, side, "casing" if pen.theme.dark else "#E9ECF0", 1.0, 5)
        if not library.is_loaded(name):
            if not self._left:
                self.pending = True
                return
            self._left -= 1
        pen.dl.push_clip_rect(pen.at(x, y), pen.at(x + side, y + side), True)
        key = (x, y, side, alpha, pen.scale, pen.theme)
        kept, calls = self._signs.get(name, (None, []))
        if kept != key:
            calls = _calls(pen, (x, y), side, library.scene_class(name).sign or _waves(), alpha)
            self._signs[name] = key, calls
        for call in calls:
            call(pen.dl)
        pen.dl.pop_clip_rect()

    def close(self) -> None:
        """Free the textures."""
        if self._textures:
            gl.glDeleteTextures(list(self._textures.values()))
            self._textures.clear()


def _calls(pen: Pen, corner: tuple[float, float], side: float, sign: Sequence[Stroke], alpha: float) -> list[Call]:
    """Return the calls of a draw list that draw a sign in the square at a corner."""

    def at(u: float, v: float) -> V2:
        return pen.at(corner[0] + u * side, corner[1] + v * side)

    unit, calls = side / 24, []
    for stroke in sign:
        if isinstance(stroke, Line):
            color, width = pen.color(stroke.color, stroke.alpha * alpha), stroke.width * unit * pen.scale
            calls.append(Call("add_polyline", [at(*place) for place in stroke.points], color, width, 0))
        elif isinstance(stroke, Dot):
            radius, color = stroke.radius * unit * pen.scale, pen.color(stroke.color, alpha)
            calls.append(Call("add_circle_filled", at(*stroke.center), radius, color, 0))
        else:
            (u, v), (width, height) = stroke.corner, stroke.size
            color = pen.color(stroke.color, alpha)
            calls.append(Call("add_rect_filled", at(u, v), at(u + width, v + height), color))
    return calls


def _waves() -> list[Stroke]:
    """Return the sign of a scene that has none of its own."""
    strokes: list[Stroke] = []
    for k in range(5):
        v = 0.24 + 0.13 * k
        wave = [(u / 16, v + 0.09 * math.sin(u / 16 * 6.3 + 0.9 * k)) for u in range(17)]
        strokes.append(Line(wave, "accent" if k == 2 else "grid", 1.3))
    return strokes
