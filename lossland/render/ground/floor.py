"""The floor around a block: its soft shadow, and a grid of round data units."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms, to_bytes, vertex_buffer
from lossland.render.painter import DrawContext, Kept
from lossland.world.terrain import Terrain
from lossland.world.theme import Theme

FLOOR_REACH = 1.8  # world: half the width of the floor
GRID_REACH, GRID_FADE = 1.75, 0.65  # world: half the width of its grid, and of the zone in which the lines fade out
BELOW = 0.9  # world: half the width of the part that a block without holes occludes in every view
Floats = NDArray[np.floating]


class Floor:
    """The ground around the block: a baked soft shadow, and a grid of round data units."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._kept = Kept()
        self._shadow = program("floor.vert", "copy.frag")
        self._around = vertex_buffer(_frame(0.94, FLOOR_REACH))
        self._everywhere = vertex_buffer(_frame(0.0, FLOOR_REACH))
        self._shadow["u_reach"] = FLOOR_REACH
        self._texture: gloo.Texture2D | None = None
        self._grid = program("grid.vert", "grid.frag")
        set_uniforms(
            self._grid,
            u_color=theme.color(theme.ground.floor_line),
            u_alpha=theme.ground.floor_grid,
            u_reach=GRID_REACH,
            u_fade=GRID_FADE,
        )
        self._buffers: list[gloo.VertexBuffer] = []
        self._indices: gloo.IndexBuffer | None = None

    def draw(self, terrain: Terrain, context: DrawContext, cut: bool = False) -> None:
        """Draw the shadow and, if the switch is on, the grid; also below the block if a part of it is cut away."""
        if context.eye[2] <= terrain.base:
            return
        offset = context.show.shadow
        if self._kept.changed("shadow", tuple(np.round(context.light, 9)), offset):
            delete([self._texture])
            picture = _floor_shadow(self._theme, context.light if offset else np.zeros(3))
            self._texture = gloo.Texture2D(picture)
            self._shadow["u_picture"] = self._texture
        assert self._texture is not None
        moving = context.quality.moving  # then nearest filtering: without a GPU linear takes a millisecond more
        if self._kept.changed("filter", self._texture, moving):
            self._texture.interpolation = "nearest" if moving else "linear"
        whole = bool(terrain.solid.all()) and not cut
        set_uniforms(self._shadow, a_position=self._around if whole else self._everywhere)
        if self._kept.changed("grid", *terrain.domain[0], *terrain.domain[1], whole):
            self._make_grid(terrain, whole)
        set_state("front", write=False, blend=True)
        for one in (self._shadow, self._grid):
            set_uniforms(one, u_clip_from_world=context.gl_clip_from_world, u_base=terrain.base)
        self._shadow.draw("triangles")
        if context.show.grid:
            set_uniforms(self._grid, u_size=context.size, u_px=context.px)
            self._grid.draw("triangles", self._indices)

    def _make_grid(self, terrain: Terrain, whole: bool) -> None:
        delete([*self._buffers, self._indices])
        start, end = _grid_pieces(terrain, whole)
        count = len(start)
        position = np.stack([start, start, end, end], 1).reshape(-1, 2)
        along = np.repeat(end - start, 4, axis=0)
        side = np.tile([-1.0, 1.0, 1.0, -1.0], count)
        self._buffers = [vertex_buffer(a) for a in (position, along, side)]
        set_uniforms(self._grid, **dict(zip(("a_position", "a_along", "a_side"), self._buffers, strict=True)))
        corners = np.arange(count, dtype=np.uint32)[:, None] * 4 + np.array([0, 1, 2, 0, 2, 3], np.uint32)
        self._indices = gloo.IndexBuffer(corners.ravel().astype(np.uint32))

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._shadow, self._around, self._everywhere, self._grid, self._texture, *self._buffers, self._indices])


def _frame(inner: float, outer: float) -> NDArray[np.float32]:
    """Return triangles (24, 2) of a square frame, whose inside a block without holes occludes."""
    i, o = inner, outer
    rectangles = [(-o, -o, o, -i), (-o, i, o, o), (-o, -i, -i, i), (i, -i, o, i)]
    corners = [[(a, b), (c, b), (c, d), (a, b), (c, d), (a, d)] for a, b, c, d in rectangles]
    return np.array(corners, np.float32).reshape(-1, 2)


def _floor_shadow(theme: Theme, light: Floats, size: int = 512) -> NDArray[np.uint8]:
    """Return the block's shadow (size, size, 4) on the floor: a contact shadow, and a soft one away from the lamp."""
    run = np.linspace(-FLOOR_REACH, FLOOR_REACH, size, dtype=np.float32)
    x, y = np.meshgrid(run, run, sparse=True)
    away = np.asarray(light[:2], np.float32) / np.float32(max(math.hypot(light[0], light[1]), 1e-9)) * np.float32(0.3)

    def outside(px: Floats, py: Floats, half: float) -> Floats:
        """Return the signed distance to the square of half width ``half``."""
        dx, dy = np.abs(px) - half, np.abs(py) - half
        return np.sqrt(np.maximum(dx, 0) ** 2 + np.maximum(dy, 0) ** 2) + np.minimum(np.maximum(dx, dy), 0)

    def smooth(low: float, high: float, value: Floats) -> Floats:
        s = np.clip((value - low) / (high - low), 0, 1)
        return s * s * (3 - 2 * s)

    contact = np.exp(-9.0 * np.maximum(outside(x, y, 1.0), 0))
    cast = 0.75 * (1 - smooth(-0.1, 0.75, outside(x + away[0], y + away[1], 0.98)))
    edge = np.clip((FLOOR_REACH - np.maximum(np.abs(x), np.abs(y))) / 0.12, 0, 1)
    alpha = theme.ground.floor_dark * (np.maximum(cast, contact) if away.any() else contact) * edge
    picture = np.zeros((size, size, 4), np.uint8)
    picture[..., :3] = to_bytes(np.array(theme.color(theme.ground.floor_shadow)))
    picture[..., 3] = to_bytes(alpha)
    return picture


def _grid_pieces(terrain: Terrain, whole: bool) -> tuple[Floats, Floats]:
    """Return start and end (k, 2) of the grid's lines within ``GRID_REACH``.

    A ``whole`` block, one without holes, omits the part below it.
    """
    starts, ends = [], []
    for axis in (0, 1):
        low, high = terrain.domain[axis]
        middle, half, unit = low / 2 + high / 2, high / 2 - low / 2, terrain.grid_unit(axis)
        reach = GRID_REACH * half
        for line in np.arange(np.ceil((middle - reach) / unit), np.floor((middle + reach) / unit) + 1) * unit:
            across = (line - middle) / half
            far = math.sqrt(max(GRID_REACH**2 - across**2, 0.0))
            hidden = BELOW if whole and abs(across) < BELOW else 0.0
            for near, end in ((-far, -hidden), (hidden, far)) if hidden else ((-far, far),):
                starts.append((across, near) if axis == 0 else (near, across))
                ends.append((across, end) if axis == 0 else (end, across))
    return np.array(starts), np.array(ends)
