"""Lit boxes: histograms, skylines, rows of bars, with a soft shadow on the plane they stand on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, refilled, set_state, set_uniforms
from lossland.render.lamps import LitPrograms, element_colors, lamp_uniforms
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.presence import THIN
from lossland.render.softshadow import SoftShadow
from lossland.world.layers import Bars
from lossland.world.theme import Theme

VERTEX = np.dtype(
    [
        ("a_low", np.float32, 3),
        ("a_high", np.float32, 3),
        ("a_corner", np.float32, 3),
        ("a_color", np.float32, 3),
    ]
)
CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
# Two triangles for each face: left, front, bottom; right, back, top.
FACES = np.array([[0, 4, 6, 2], [0, 1, 5, 4], [0, 2, 3, 1], [1, 3, 7, 5], [2, 6, 7, 3], [4, 5, 7, 6]], np.uint32)
TRIANGLES = FACES[:, [0, 1, 2, 0, 2, 3]]


@paints(Bars, Phase.SOLID, Phase.GROUND, Phase.GLASS)
class BarsPainter:
    """All bars of a layer in one draw: the faces turned to the eye, near ones first, so that few are shaded in vain."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._programs = LitPrograms("bars.vert", "bars.frag")
        self._shadow = SoftShadow(theme)
        self._kept = Kept()
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._count = 0
        self._corners = np.zeros((2, 0, 3), np.float32)  # low and high ones

    def draw(self, layer: Bars, context: DrawContext) -> None:
        """Draw the boxes, those of a ghost as glass, and later their shadow on the ground."""
        if context.phase == Phase.GROUND:
            if layer.shadow and not layer.ghost and context.show.shadow and not context.camera.flat:
                self._shadow.draw(layer.low, layer.high, context)
            return
        if context.phase != (Phase.GLASS if layer.ghost else Phase.SOLID):
            return
        if self._kept.changed("bars", layer.low, layer.high, layer.color, layer.shades):
            self._upload(layer)
        if not self._count:
            return
        if self._kept.changed("faces", layer.low, layer.high, tuple(context.eye), context.camera.flat):
            self._choose_faces(context)
        if self._indices is None:
            return
        shown = self._programs.take(context.quality.cheap_light)
        set_uniforms(
            shown,
            u_clip_from_world=context.gl_clip_from_world,
            u_px=context.px,
            u_plain=float(context.camera.flat),
            u_edge=self._theme.color("ghost" if layer.ghost else "casing"),
            u_alpha=THIN if layer.ghost else 1.0,
            **({"u_eye": tuple(context.eye)} if context.quality.cheap_light else {}),
            **lamp_uniforms(context),
            **context.presence.uniforms(opaque=not layer.ghost),
        )
        set_state("front", write=not layer.ghost, blend=layer.ghost)
        shown.draw("triangles", self._indices)

    def _choose_faces(self, context: DrawContext) -> None:
        chosen = faces_before(self._corners, context.eye, context.camera.flat)
        if len(chosen):
            self._indices = refilled(self._indices, chosen.ravel(), gloo.IndexBuffer)
        else:
            delete([self._indices])
            self._indices = None

    def _upload(self, layer: Bars) -> None:
        self._corners = corners = np.sort(np.stack([layer.low, layer.high]).astype(np.float32), axis=0)
        count = corners.shape[1]
        vertices = np.zeros((count, 8), VERTEX)
        vertices["a_low"] = corners[0, :, None]
        vertices["a_high"] = corners[1, :, None]
        vertices["a_corner"] = CORNERS
        vertices["a_color"] = self._colors(layer, count)[:, None]
        if count != self._count:
            delete([self._buffer])
            self._buffer = None
            self._count = count
        if self._buffer is not None:
            self._buffer.set_data(vertices.reshape(-1))
        elif count:
            self._buffer = gloo.VertexBuffer(vertices.reshape(-1))
            self._programs.bind(self._buffer)

    def _colors(self, layer: Bars, count: int) -> NDArray[np.float32]:
        return element_colors(layer.color, count, self._theme, layer.shades)

    def close(self) -> None:
        """Free the GL objects."""
        delete([*self._programs.made, self._buffer, self._indices])
        self._buffer = self._indices = None
        self._shadow.close()


def faces_before(corners: NDArray[np.float32], eye: NDArray[np.float64], flat: bool) -> NDArray[np.uint32]:
    """Return the triangles (k, 6) of the faces that an eye sees of boxes (2, n, 3), boxes nearest to it first.

    An eye that looks straight down (``flat``) sees tops alone.
    """
    low, high = corners.astype(float)
    near_first = np.argsort(np.linalg.norm((low + high) / 2 - eye, axis=1), kind="stable")
    seen = np.concatenate([eye < low, eye > high], axis=1)  # left, front, bottom; right, back, top
    if flat:
        seen[:] = np.arange(6) == 5
    box, face = np.nonzero(seen[near_first])
    return (8 * near_first[box, None] + TRIANGLES[face]).astype(np.uint32)
