"""The soft shadow of boxes on the plane below: contact shadows, and a faint cast shadow away from the lamp."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, to_bytes, vertex_buffer
from lossland.render.painter import DrawContext, Kept
from lossland.world.theme import Theme

SIZE = 96  # texels along the longer side
MARGIN = 0.28  # of the footprint's longer side, around it
BELOW = 1e-3  # world, under the boxes

Floats = NDArray[np.float64]


class SoftShadow:
    """A textured rectangle on the ground, computed from the boxes' footprints when these change."""

    def __init__(self, theme: Theme) -> None:
        self._color = to_bytes(np.array(theme.color(theme.ground.floor_shadow)))
        self._strength = theme.ground.floor_dark
        self._program = program("image.vert", "copy.frag")
        self._kept = Kept()
        self._footprint: Floats = np.zeros((2, 0, 2))  # lower and upper corners in texels
        self._blurs: tuple[Floats, Floats] | None = None  # of the footprint: a narrow and a wide one
        self._buffers: list[gloo.VertexBuffer] = []
        self._texture: gloo.Texture2D | None = None

    def draw(self, low: ArrayLike, high: ArrayLike, context: DrawContext) -> None:
        """Draw the shadow of boxes between corners ``low`` and ``high`` (n, 3)."""
        if self._kept.changed("boxes", low, high, tuple(np.round(context.light, 6))):
            self._make(np.asarray(low, float), np.asarray(high, float), context.light)
        if self._texture is None:
            return
        set_state("front")
        self._program["u_clip_from_world"] = context.gl_clip_from_world
        self._program.draw("triangle_strip")

    def _make(self, low: Floats, high: Floats, light: Floats) -> None:
        standing = np.isfinite(low + high).all(axis=1)
        if not standing.any():
            delete([*self._buffers, self._texture])
            self._buffers, self._texture = [], None
            return
        low, high = np.minimum(low, high)[standing], np.maximum(low, high)[standing]
        corner, end = low[:, :2].min(0), high[:, :2].max(0)
        margin = MARGIN * float((end - corner).max())
        corner, end = corner - margin, end + margin
        texel = float((end - corner).max()) / SIZE
        shape = np.maximum(1, np.ceil((end - corner) / texel)).astype(int)
        footprint = np.stack([low[:, :2] - corner, high[:, :2] - corner]) / texel
        if self._blurs is None or not np.array_equal(footprint, self._footprint):  # growing bars do not change it
            cover = _cover(footprint[0], footprint[1], shape)
            self._footprint, self._blurs = footprint, (_blurred(cover, 0.018 * SIZE), _blurred(cover, 0.05 * SIZE))
        near, wide = self._blurs
        tall = float(np.mean(high[:, 2] - low[:, 2]))
        away = -light[:2] * tall / max(float(light[2]), 0.2) / texel
        cast = np.roll(wide, np.round(away).astype(int)[::-1], axis=(0, 1))
        alpha = np.maximum(near, 0.75 * cast) * self._strength * _fade(shape)
        picture = np.zeros((*near.shape, 4), np.uint8)
        picture[..., :3] = self._color
        picture[..., 3] = to_bytes(alpha)
        z = float(low[:, 2].min()) - BELOW
        square = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], float)
        position = np.column_stack([corner + square * shape * texel, np.full(4, z)])
        if self._texture is not None and self._texture.shape == picture.shape:
            self._texture.set_data(picture)
            self._buffers[0].set_data(position.astype(np.float32))
            return
        delete([*self._buffers, self._texture])
        self._buffers = [vertex_buffer(position), vertex_buffer(square)]
        self._texture = gloo.Texture2D(picture, interpolation="linear")
        self._program["a_position"], self._program["a_uv"] = self._buffers
        self._program["u_picture"] = self._texture

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, *self._buffers, self._texture])
        self._buffers, self._texture = [], None


def _cover(low: Floats, high: Floats, shape: NDArray[np.int_]) -> Floats:
    """Return the coverage (0 to 1) of each texel (ny, nx) by rectangles (n, 2); texels are unit squares."""
    middle = [np.arange(n) + 0.5 for n in shape]
    shares = [
        np.clip(np.minimum(high[:, axis, None], m + 0.5) - np.maximum(low[:, axis, None], m - 0.5), 0.0, 1.0)
        for axis, m in enumerate(middle)
    ]
    return np.minimum(shares[1].T @ shares[0], 1.0)


def _blurred(cover: Floats, radius: float) -> Floats:
    """Return a threefold box blur in both directions: close to a Gaussian blur."""
    rows, columns = (_blur(count, 2 * int(radius) + 1) for count in cover.shape)
    return rows @ cover @ columns.T


@lru_cache(maxsize=8)
def _blur(count: int, width: int) -> Floats:
    """Return the matrix (count, count) of a threefold box blur of ``width`` texels; outside it is 0."""
    index = np.arange(count)
    once = (np.abs(index[:, None] - index) <= width // 2) / width
    return np.linalg.matrix_power(once, 3)


def _fade(shape: NDArray[np.int_]) -> Floats:
    """Return a window (ny, nx) that is 0 at the rectangle's edge."""
    x, y = (np.clip(np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / 8, 0, 1) for n in shape)
    return np.outer(y, x)
