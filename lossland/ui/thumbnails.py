"""Small pictures for the list of what can be shown: landscapes as relief, scenes as drawings.

A relief is computed when its row is first seen, a few in a frame, so that opening the window costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import OpenGL.GL as gl
from imgui_bundle import imgui
from numpy.typing import NDArray

from lossland.landscapes import Landscape
from lossland.ui.widgets import V2, Pen
from lossland.world.terrain import Exposure
from lossland.world.theme import Theme
from lossland.writing.text import upload_rgba

MEDIAN = 0.5  # a thumbnail is lighter than a stage: half of its ground lies above the middle
RELIEF = 22.0  # how steep the whole range of heights looks
LAMP = (-0.6, 0.6)  # towards the upper left

Stroke = tuple[str, tuple[Any, ...]]  # a method of a draw list, and its arguments


def relief(landscape: Landscape, theme: Theme, pixels: int) -> NDArray[np.uint8]:
    """Return a landscape seen from above, shaded from the upper left: RGBA (pixels, pixels, 4), north up."""
    over = 2  # samples to a pixel and axis
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
    """Draws the small picture of a scene or landscape, and keeps the landscapes' textures."""

    def __init__(self, pen: Pen, per_frame: int) -> None:
        self.pen = pen
        self.per_frame = per_frame
        self.pending = False  # some pictures seen in this frame are still to be made
        self._made = 0
        self._textures: dict[tuple[str, int, str], int] = {}
        self._signs: dict[str, tuple[tuple[Any, ...], list[Stroke]]] = {}  # as they were drawn last, and where

    @property
    def count(self) -> int:
        """How many textures are kept."""
        return len(self._textures)

    def begin(self) -> None:
        """Start a frame: a few more pictures may be made."""
        self.pending, self._made = False, 0

    def landscape(self, x: float, y: float, side: float, landscape: Landscape, alpha: float = 1.0) -> None:
        """Draw a landscape's relief in the square at (x, y)."""
        pen = self.pen
        key = (landscape.name, round(side * pen.scale), pen.theme.name)
        if key not in self._textures:
            if self._made >= self.per_frame:
                self.pending = True
                pen.box(x, y, side, side, "text", 0.07, 5)
                return
            self._made += 1
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
        pen.dl.push_clip_rect(pen.at(x, y), pen.at(x + side, y + side), True)
        key = (x, y, side, alpha, pen.scale, pen.theme)
        kept, strokes = self._signs.get(name, (None, []))
        if kept != key:
            sign = Sign(pen, x, y, side, alpha)
            _SIGNS.get(name, _surface)(sign)
            strokes = sign.strokes
            self._signs[name] = key, strokes
        for method, arguments in strokes:
            getattr(pen.dl, method)(*arguments)
        pen.dl.pop_clip_rect()

    def close(self) -> None:
        """Free the textures."""
        if self._textures:
            gl.glDeleteTextures(list(self._textures.values()))
            self._textures.clear()


class Sign:
    """A square [0, 1]², y down, in which a sign is drawn: ``strokes`` are the calls of a draw list that draw it."""

    def __init__(self, pen: Pen, x: float, y: float, side: float, alpha: float) -> None:
        self.pen, self.x, self.y, self.side, self.alpha = pen, x, y, side, alpha
        self.strokes: list[Stroke] = []

    def line(self, points: list[tuple[float, float]], color: str, width: float = 1.5, alpha: float = 1.0) -> None:
        """Draw a polyline; ``width`` in panel units of a sign of 24."""
        places = [self._at(u, v) for u, v in points]
        thick = width * self.side / 24 * self.pen.scale
        self.strokes.append(("add_polyline", (places, self.pen.color(color, alpha * self.alpha), thick, 0)))

    def dot(self, u: float, v: float, radius: float, color: str) -> None:
        """Fill a circle; ``radius`` in panel units of a sign of 24."""
        radius *= self.side / 24 * self.pen.scale
        self.strokes.append(("add_circle_filled", (self._at(u, v), radius, self.pen.color(color, self.alpha), 0)))

    def box(self, u: float, v: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle."""
        corners = self._at(u, v), self._at(u + width, v + height)
        self.strokes.append(("add_rect_filled", (*corners, self.pen.color(color, self.alpha))))

    def _at(self, u: float, v: float) -> V2:
        return self.pen.at(self.x + u * self.side, self.y + v * self.side)


def _bowl(sign: Sign) -> None:
    points = [(u / 20, 0.80 - 0.56 * ((u - 10) / 10) ** 2) for u in range(21)]
    sign.line(points, "dim", 1.6)
    sign.line([(0.80, 0.26), (0.66, 0.60)], "down", 1.6)
    sign.dot(0.80, 0.24, 3.0, "optimizer.momentum")


def _rings(sign: Sign) -> None:
    for radius, role in ((0.42, "accent"), (0.29, "dim"), (0.16, "grid")):
        turn = [2 * math.pi * k / 32 for k in range(33)]
        shift = (0.42 - radius) * 0.25
        sign.line([(0.5 + shift + radius * math.cos(a), 0.5 + shift + radius * math.sin(a)) for a in turn], role, 1.5)


def _race(sign: Sign) -> None:
    sign.line([(0.10, 0.16), (0.34, 0.26), (0.52, 0.48), (0.80, 0.66)], "optimizer.momentum", 1.9)
    sign.line([(0.10, 0.16), (0.20, 0.44), (0.40, 0.62), (0.54, 0.84)], "optimizer.adam", 1.9)
    sign.line([(0.10, 0.16), (0.46, 0.14), (0.72, 0.28)], "optimizer.lion", 1.9)
    sign.dot(0.80, 0.66, 2.6, "optimizer.momentum")
    sign.dot(0.54, 0.84, 2.6, "optimizer.adam")
    sign.dot(0.74, 0.29, 2.6, "optimizer.lion")


def _swarm(sign: Sign) -> None:
    for k in range(4):
        sign.box(0.5 * (k % 2), 0.5 * (k // 2), 0.5, 0.5, f"basin.{k}")
    for k in range(34):  # a sunflower: even, but not a grid
        radius, angle = 0.47 * math.sqrt((k + 0.5) / 34), 2.39996 * k
        u, v = 0.5 + radius * math.cos(angle), 0.5 + radius * math.sin(angle)
        sign.dot(u, v, 0.9, f"particle.{(u > 0.5) + 2 * (v > 0.5)}")


def _plane(sign: Sign) -> None:
    def moved(a: float, b: float) -> tuple[float, float]:
        return 0.5 + 0.16 * (1.5 * a + 0.5 * b), 0.5 - 0.16 * (0.5 * a + 1.5 * b)

    for k in range(-6, 7):
        sign.line([moved(k, -7), moved(k, 7)], "grid", 0.9, 0.8)
        sign.line([moved(-7, k), moved(7, k)], "grid", 0.9, 0.8)
    sign.line([(0.5, 0.5), moved(1.4, 0)], "i", 2.2)
    sign.line([(0.5, 0.5), moved(0, 1.4)], "j", 2.2)


def _field(sign: Sign) -> None:
    for i in range(4):
        for j in range(4):
            u, v = 0.15 + 0.24 * i, 0.15 + 0.24 * j
            away = math.hypot(u - 0.42, v - 0.64)
            length = 0.03 + 0.15 * away
            du, dv = length * (u - 0.42) / (away + 1e-9), length * (v - 0.64) / (away + 1e-9)
            sign.line([(u - du, v - dv), (u + du, v + dv)], "dim", 1.3)
    sign.dot(0.42, 0.64, 2.2, "up")


def _surface(sign: Sign) -> None:
    for k in range(5):
        v = 0.24 + 0.13 * k
        wave = [(u / 16, v + 0.09 * math.sin(u / 16 * 6.3 + 0.9 * k)) for u in range(17)]
        sign.line(wave, "accent" if k == 2 else "grid", 1.3)


def _spiral(sign: Sign) -> None:
    turn = [(t / 60, 0.30 * t) for t in range(61)]
    points = [(0.5 + 0.42 * (1 - t) * math.cos(a), 0.5 - 0.42 * (1 - t) * math.sin(a)) for t, a in turn]
    sign.line(points, "optimizer.momentum", 1.6)
    sign.dot(*points[-1], 2.0, "text")
    sign.dot(*points[0], 2.4, "accent")


_SIGNS: dict[str, Callable[[Sign], None]] = {
    "gradient_descent": _bowl,
    "landscape_zoo": _rings,
    "momentum_phase": _spiral,
    "optimizer_race": _race,
    "optimizer_swarm": _swarm,
    "linear_map_2d": _plane,
    "gradient_3d": _field,
}
