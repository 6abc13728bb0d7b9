"""Flat plates with rounded corners; their texts are in the overlay (see ``writing.plates``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms
from lossland.render.lamps import element_colors
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LINE_BIAS, quad_indices
from lossland.world.layers import Plates
from lossland.world.theme import Theme

LEVEL_LINE = 1.6  # pixels: the line at which the filled part ends
CORNERS = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], float)  # in half sides from the centre
VERTEX = np.dtype(
    [
        ("a_position", np.float32, 3),
        ("a_local", np.float32, 2),
        ("a_half", np.float32, 2),
        ("a_color", np.float32, 3),
        ("a_fill", np.float32, 3),
    ]
)


@paints(Plates, Phase.LINES)
class PlatesPainter:
    """All plates of a layer in one draw, in order."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._program = program("plates.vert", "plates.frag")
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._count = 0
        self._kept = Kept()

    def draw(self, layer: Plates, context: DrawContext) -> None:
        """Draw the plates."""
        places, look = (layer.corner, layer.right, layer.up), (layer.color, layer.shades)
        if self._kept.changed("plates", *places, *look, layer.level, layer.tint, layer.alpha):
            self._upload(plate_vertices(layer, self._theme))
        if not self._count:
            return
        set_state("front")
        set_uniforms(
            self._program,
            u_clip_from_world=context.gl_clip_from_world,
            u_bias=LINE_BIAS / 2,
            u_ground=self._theme.color(layer.ground or "background"),
            u_opaque=1.0 if layer.ground else 0.0,
            u_rounding=float(layer.rounding),
            u_edge=float(layer.edge * context.presence.wide * context.px),
            u_line=LEVEL_LINE * context.px,
            **context.presence.uniforms(),
        )
        self._program.draw("triangles", self._indices)

    def _upload(self, vertices: NDArray[np.void]) -> None:
        count = len(vertices) // 4
        if count and count == self._count and self._buffer is not None:
            self._buffer.set_data(vertices)
            return
        delete([self._buffer, self._indices])
        self._buffer = self._indices = None
        self._count = count
        if count:
            self._buffer, self._indices = gloo.VertexBuffer(vertices), quad_indices(count)
            self._program.bind(self._buffer)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._buffer, self._indices])
        self._buffer = self._indices = None


def plate_vertices(layer: Plates, theme: Theme) -> NDArray[np.void]:
    """Return the four corners of each plate as VERTEX (4 n,)."""
    corner, right, up = (np.asarray(side, float) for side in (layer.corner, layer.right, layer.up))
    count = len(corner)
    half = 0.5 * np.stack([np.linalg.norm(right, axis=1), np.linalg.norm(up, axis=1)], -1)
    along = 0.5 * np.stack([right, up], 1)  # (n, 2, 3)
    vertices = np.zeros((count, 4), VERTEX)
    vertices["a_position"] = (corner + along.sum(1))[:, None] + CORNERS @ along
    vertices["a_local"] = CORNERS * half[:, None]
    vertices["a_half"] = half[:, None]
    vertices["a_color"] = element_colors(layer.color, count, theme, layer.shades)[:, None]
    for index, part in enumerate((layer.level, layer.tint, layer.alpha)):
        vertices["a_fill"][..., index] = np.ones((count, 1)) if part is None else np.asarray(part, float)[:, None]
    return vertices.reshape(-1)
