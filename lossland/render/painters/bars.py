"""Lit boxes: histograms, skylines, rows of bars, with a soft shadow on the plane they stand on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.layers import Bars
from lossland.render.lamps import element_colors, lamp_uniforms
from lossland.render.painter import DrawContext, Kept, Phase, delete, paints, program
from lossland.render.softshadow import SoftShadow
from lossland.render.uniforms import Uniforms
from lossland.theme import Theme

VERTEX = np.dtype(
    [
        ("a_low", np.float32, 3),
        ("a_high", np.float32, 3),
        ("a_corner", np.float32, 3),
        ("a_color", np.float32, 3),
    ]
)
CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
# Two triangles for each face, counter-clockwise from outside.
FACES = np.array([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]], np.uint32)
TRIANGLES = FACES[:, [0, 1, 2, 0, 2, 3]].ravel()


@paints(Bars, Phase.SOLID, Phase.GROUND)
class BarsPainter:
    """All bars of a layer in one draw; faces turned away from the eye are left out."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._program = program("bars.vert", "bars.frag")
        self._uniforms = Uniforms(self._program)
        self._shadow = SoftShadow(theme)
        self._kept = Kept()
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._count = 0

    def draw(self, layer: Bars, context: DrawContext) -> None:
        """Draw the boxes, and later their shadow on the ground."""
        if context.phase == Phase.GROUND:
            if layer.shadow and context.show.shadow and not context.camera.flat:
                self._shadow.draw(layer.low, layer.high, context)
            return
        if self._kept.changed("bars", layer.low, layer.high, layer.color, layer.shades):
            self._upload(layer)
        if not self._count:
            return
        self._uniforms.set(
            u_clip_from_world=context.gl_clip_from_world,
            u_px=context.px,
            u_plain=float(context.camera.flat),
            u_edge=self._theme.color("casing"),
            **lamp_uniforms(context),
        )
        gloo.set_state(depth_test=True, depth_mask=True, blend=False, cull_face=True)
        gloo.set_depth_func("lequal")
        gloo.set_front_face("ccw")
        self._program.draw("triangles", self._indices)
        gloo.set_state(cull_face=False)

    def _upload(self, layer: Bars) -> None:
        corners = np.sort(np.stack([layer.low, layer.high]).astype(np.float32), axis=0)
        count = corners.shape[1]
        vertices = np.zeros((count, 8), VERTEX)
        vertices["a_low"] = corners[0, :, None]
        vertices["a_high"] = corners[1, :, None]
        vertices["a_corner"] = CORNERS
        vertices["a_color"] = self._colors(layer, count)[:, None]
        if count != self._count:
            delete([self._buffer, self._indices])
            self._buffer = self._indices = None
            self._count = count
        if self._buffer is not None:
            self._buffer.set_data(vertices.reshape(-1))
        elif count:
            self._buffer = gloo.VertexBuffer(vertices.reshape(-1))
            first = 8 * np.arange(count, dtype=np.uint32)[:, None]
            self._indices = gloo.IndexBuffer((first + TRIANGLES).ravel())
            self._program.bind(self._buffer)

    def _colors(self, layer: Bars, count: int) -> NDArray[np.float32]:
        return element_colors(layer.color, count, self._theme, layer.shades)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._buffer, self._indices])
        self._buffer = self._indices = None
        self._shadow.close()
