"""Arrows of constant pixel width with an outline: basis vectors, gradients, steps, vector fields."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import quad_indices
from lossland.world.layers import Arrows
from lossland.world.theme import Theme

OUTLINE = 2.2  # pixels on each side; less for thin arrows
ARROW_BIAS = 2e-3
VERTEX = np.dtype(
    [
        ("a_tail", np.float32, 3),
        ("a_tip", np.float32, 3),
        ("a_corner", np.float32, 2),
        ("a_color", np.float32, 3),
        ("a_casing", np.float32),
    ]
)
_CORNERS = np.array([[0, -1], [0, 1], [1, -1], [1, 1]], np.float32)


def arrow_colors(layer: Arrows, theme: Theme) -> NDArray[np.float32]:
    """Return one colour (3,), or one per arrow (n, 3)."""
    if isinstance(layer.color, str):
        return np.asarray(theme.color(layer.color), np.float32)
    return np.array([theme.color(color) for color in layer.color], np.float32).reshape(-1, 3)  # also of no arrows


@paints(Arrows, Phase.ARROWS)
class ArrowsPainter:
    """All arrows of a layer in one draw, each with its outline over the previous ones."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._program = program("arrows.vert", "arrows.frag")
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._count = 0
        self._kept = Kept()

    def draw(self, layer: Arrows, context: DrawContext) -> None:
        """Draw the arrows in order."""
        color = layer.color if isinstance(layer.color, str) else tuple(layer.color)
        if self._kept.changed("arrows", layer.tail, layer.tip, color, context.theme):
            self._upload(layer, context.theme)
        if not self._count:
            return
        width = layer.width * context.presence.wide
        set_state("front" if layer.depth else "off")
        set_uniforms(
            self._program,
            u_clip_from_world=context.gl_clip_from_world,
            u_size=context.size,
            u_px=context.px,
            u_bias=ARROW_BIAS,
            u_width=width,
            u_outline=min(OUTLINE, 0.4 * width),
            u_casing=context.theme.color("casing"),
            **context.presence.uniforms(),
        )
        self._program.draw("triangles", self._indices)

    def _upload(self, layer: Arrows, theme: Theme) -> None:
        """Upload two quads per arrow: the outline, then the arrow."""
        tail = np.asarray(layer.tail, np.float32).reshape(-1, 3)
        tip = np.asarray(layer.tip, np.float32).reshape(-1, 3)
        vertices = np.zeros((len(tip), 2, 4), VERTEX)
        vertices["a_tail"] = tail[:, None, None]
        vertices["a_tip"] = tip[:, None, None]
        vertices["a_corner"] = _CORNERS
        vertices["a_color"] = np.broadcast_to(arrow_colors(layer, theme), tip.shape)[:, None, None]
        vertices["a_casing"] = np.array([1, 0], np.float32)[:, None]
        if len(tip) != self._count:
            delete([self._buffer, self._indices])
            self._buffer = self._indices = None
            self._count = len(tip)
        if self._buffer is not None:
            self._buffer.set_data(vertices.reshape(-1))
        elif len(tip):
            self._buffer = gloo.VertexBuffer(vertices.reshape(-1))
            self._indices = quad_indices(2 * len(tip))
            self._program.bind(self._buffer)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._buffer, self._indices])
        self._buffer = self._indices = None
        self._count = 0
