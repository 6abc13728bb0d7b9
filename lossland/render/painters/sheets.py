"""Sheets: grids of points that the shader interpolates between two grids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, refilled, set_state, set_uniforms
from lossland.render.lamps import LitPrograms, lamp_uniforms, mapped
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LINE_BIAS
from lossland.world.layers import Sheet
from lossland.world.theme import Theme

_THREE = ("a_start", "a_end", "a_start_u", "a_end_u", "a_start_v", "a_end_v", "a_color")
VERTEX = np.dtype([*((name, np.float32, 3) for name in _THREE), ("a_line", np.float32, 2)])

Floats = NDArray[np.float64]


@paints(Sheet, Phase.SOLID, Phase.GLASS, Phase.LINES)
class SheetPainter:
    """One sheet: opaque, translucent, or lines alone. While only ``share`` changes, nothing is uploaded."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._programs = LitPrograms("sheet.vert", "sheet.frag")
        self._kept = Kept()
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None

    def draw(self, layer: Sheet, context: DrawContext) -> None:
        """Draw the sheet in the phase of its fill."""
        opaque = layer.fill >= 1.0
        if context.phase != (Phase.SOLID if opaque else Phase.GLASS if layer.fill > 0.0 else Phase.LINES):
            return
        if self._kept.changed("sheet", layer.start, layer.end, layer.paint, layer.color, layer.shades, *layer.every):
            self._upload(layer)
        if self._indices is None:
            return
        set_state("front", write=opaque, blend=not opaque)
        shown = self._programs.take(context.quality.cheap_light)
        set_uniforms(
            shown,
            u_clip_from_world=context.gl_clip_from_world,
            u_eye=tuple(context.eye),
            u_px=context.px,
            u_share=float(layer.share),
            u_bias=LINE_BIAS if layer.fill == 0.0 else 0.0,
            u_fill=min(float(layer.fill), 1.0),
            u_width=layer.width * context.presence.wide,
            u_plain=float(context.camera.flat),
            u_lines=tuple(float(every > 0) for every in layer.every),
            u_line=self._theme.color(layer.line),
            **lamp_uniforms(context),
            **context.presence.uniforms(opaque),
        )
        shown.draw("triangles", self._indices)

    def _upload(self, layer: Sheet) -> None:
        start = np.asarray(layer.start, float)
        end = start if layer.end is None else np.asarray(layer.end, float)
        rows, columns = start.shape[:2]
        vertices = np.zeros((rows, columns), VERTEX)
        first = _with_tangents(start)
        last = first if end is start else _with_tangents(end)
        for name, parts in (("a_start", first), ("a_end", last)):
            vertices[name], vertices[f"{name}_u"], vertices[f"{name}_v"] = parts
        if layer.paint is None:
            vertices["a_color"] = self._theme.color(layer.color)
        else:
            vertices["a_color"] = mapped(layer.paint, self._theme, layer.shades)
        across, along = (max(every, 1) for every in layer.every)
        vertices["a_line"][..., 0] = np.arange(columns) / across
        vertices["a_line"][..., 1] = np.arange(rows)[:, None] / along
        before = self._buffer
        self._buffer = refilled(before, vertices.reshape(-1), gloo.VertexBuffer)
        if self._buffer is not before:
            self._programs.bind(self._buffer)
        known = np.asarray(np.isfinite(start + end).all(axis=-1))
        if self._kept.changed("known", *known.shape, known.tobytes().hex()):
            triangles = grid_triangles(known)
            delete([self._indices])
            self._indices = gloo.IndexBuffer(triangles.ravel()) if len(triangles) else None

    def close(self) -> None:
        """Free the GL objects."""
        delete([*self._programs.made, self._buffer, self._indices])
        self._buffer = self._indices = None


def _with_tangents(grid: Floats) -> tuple[Floats, Floats, Floats]:
    """Return a grid's points, and its differences along rows and columns."""
    down, across = (np.asarray(difference) for difference in np.gradient(grid, axis=(0, 1)))
    return grid, across, down


def grid_triangles(known: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Return the triangles (k, 3) of a grid (rows, columns) of vertices, without those at unknown vertices."""
    rows, columns = known.shape
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    triangles = np.stack([first, first + 1, first + columns, first + 1, first + columns + 1, first + columns], -1)
    triangles = triangles.reshape(-1, 3)
    return triangles[known.ravel()[triangles].all(1)].astype(np.uint32)
