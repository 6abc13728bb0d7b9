"""Trails: what an optimizer has walked, from a dull thin tail to a bright head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.layers import Trail
from lossland.render.geometry import BEAD_GAP, HEAD_RADIUS, HEAD_RIM, head_center, spaced
from lossland.render.painter import DrawContext, Kept, Phase, delete, paints, program, set_state
from lossland.render.painters.lines import LINE_BIAS, PROGRESS_VERTEX, path_vertices, quad_indices
from lossland.render.painters.points import DISC, SPHERE, SpriteBatch, sprites
from lossland.render.uniforms import Uniforms
from lossland.theme import Theme

WIDTH = (2.6, 4.2)  # pixels at the tail and at the head
OUTLINE = 1.4  # pixels on each side
HIDDEN_ALPHA = 0.28
HIDDEN_HEAD_ALPHA = 0.38
HIDDEN_BIAS = -2e-3  # away from the eye: what lies on the ground is not hidden by it
BEAD_RADIUS = 1.6
START_RADIUS, START_RIM = 4.2, 2.2


@paints(Trail, Phase.TRAILS, Phase.HEADS)
class TrailPainter:
    """One trail. The whole path is uploaded once and the shader cuts it at ``upto``.

    Hidden parts are drawn first and faintly; outline and line follow over everything before them, so that of two
    trails that cross the later one passes over.
    """

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._line = program("trail.vert", "trail.frag")
        self._uniforms = Uniforms(self._line)
        self._marks = SpriteBatch()
        self._hidden_head = SpriteBatch()
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._kept = Kept()
        self._beads = SpriteBatch()
        self._spaced: NDArray[np.intp] = np.zeros(0, np.intp)  # numbers of the beads that stand far enough apart

    def draw(self, layer: Trail, context: DrawContext) -> None:
        """Draw line and beads, or in the later phase start and head over all lines."""
        if context.phase == Phase.TRAILS:
            self._draw_line(layer, context)
            self._draw_beads(layer, context)
        else:
            self._draw_marks(layer, context)

    def _draw_line(self, layer: Trail, context: DrawContext) -> None:
        if self._kept.changed("path", layer.points, layer.progress):
            self._upload(layer)
        if self._indices is None or not layer.upto > layer.progress[0]:
            return
        self._uniforms.set(
            u_clip_from_world=context.gl_clip_from_world,
            u_size=context.size,
            u_px=context.px,
            u_upto=float(layer.upto),
            u_width=(WIDTH[0] * layer.width, WIDTH[1] * layer.width),
            u_color=context.theme.color(layer.color),
            u_casing=context.theme.color("casing"),
        )
        if context.show.xray:
            self._pass("hidden", outline=0.0, alpha=HIDDEN_ALPHA, bias=HIDDEN_BIAS)
        self._pass("front", outline=OUTLINE, alpha=1.0, bias=LINE_BIAS)
        self._pass("front", outline=0.0, alpha=1.0, bias=LINE_BIAS)

    def _pass(self, depth: str, outline: float, alpha: float, bias: float) -> None:
        set_state("hidden" if depth == "hidden" else "front")
        self._uniforms.set(u_outline=outline, u_alpha=alpha, u_bias=bias)
        self._line.draw("triangles", self._indices)

    def _upload(self, layer: Trail) -> None:
        delete([self._buffer, self._indices])
        self._buffer = self._indices = None
        progress = np.asarray(layer.progress, np.float32)
        if len(progress) < 2:
            return
        vertices = path_vertices(layer.points, PROGRESS_VERTEX)
        vertices["a_progress"] = np.repeat(np.stack([progress[:-1], progress[1:]], 1), 4, axis=0)
        self._buffer = gloo.VertexBuffer(vertices)
        self._indices = quad_indices(len(progress) - 1)
        self._line.bind(self._buffer)

    def _draw_marks(self, layer: Trail, context: DrawContext) -> None:
        theme = context.theme
        color = theme.color(layer.color)
        pieces = []
        if layer.start:
            pieces.append(sprites(layer.points[:1], theme.color("text"), START_RADIUS, START_RIM, DISC, bias=0.01))
        if layer.head:
            center = head_center(layer, context.clip_from_world, context.size[1] / context.px)
            pieces.append(sprites(center, color, HEAD_RADIUS, HEAD_RIM, SPHERE, bias=0.02))
            if context.show.xray:
                hidden = sprites(center, color, HEAD_RADIUS, 0.0, DISC, HIDDEN_HEAD_ALPHA, bias=-0.004)
                self._hidden_head.set([hidden])
                self._hidden_head.draw(context, hidden=True)
        self._marks.set(pieces)
        self._marks.draw(context)

    def _draw_beads(self, layer: Trail, context: DrawContext) -> None:
        """Draw the iterates behind the head, thinned to what the picture has room for."""
        if layer.beads is None or not len(layer.beads):
            return
        camera = (context.clip_from_world.tobytes().hex(), context.size)
        if self._kept.changed("spaced", layer.beads, *camera):
            self._spaced = spaced(context.project(layer.beads), BEAD_GAP)
        shown = self._spaced[(self._spaced > 0) & (self._spaced < layer.upto)]
        if self._kept.changed("beads", layer.beads, *camera, len(shown), layer.color, context.theme):
            color = bead_color(layer.color, context.theme)
            self._beads.set([sprites(np.asarray(layer.beads)[shown], color, BEAD_RADIUS, bias=0.004)])
        self._beads.draw(context)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._line, self._buffer, self._indices])
        self._beads.close()
        self._marks.close()
        self._hidden_head.close()
        self._buffer = self._indices = None


def bead_color(color: str, theme: Theme) -> NDArray[np.float64]:
    """Return a colour that stands out on a trail: lighter in the dark, darker on paper and on near-white trails."""
    rgb = np.array(theme.color(color))
    if not theme.dark:
        return 0.5 * rgb
    if rgb.min() > 0.9:
        return np.array(theme.color("faint"))
    return 1.0 - 0.25 * (1.0 - rgb)
