"""Soft dark patches of ground under the heads of trails."""

from __future__ import annotations

import numpy as np
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms
from lossland.render.ground.block import samples_of
from lossland.render.ground.meshes import grid_mesh
from lossland.render.painter import DrawContext
from lossland.world.geometry import HEAD_RADIUS, world_per_pixel
from lossland.world.layers import Trail
from lossland.world.terrain import Terrain

SIDE = 6  # vertices along a patch
SQUARE = np.stack(np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE)), -1).reshape(-1, 2)
VERTEX = np.dtype([("a_uv", np.float32, 2), ("a_away", np.float32, 2)])


class ContactShadows:
    """Soft dark patches of ground under the heads of trails."""

    def __init__(self) -> None:
        self._program = program("decal.vert", "decal.frag")
        self._program["u_strength"] = 0.62
        self._vertices = np.zeros((0, len(SQUARE)), VERTEX)  # of each patch
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None

    def draw(self, trails: list[Trail], heights: gloo.Texture2D | None, terrain: Terrain, context: DrawContext) -> None:
        """Draw a patch under the head of each trail."""
        if not trails or heights is None:
            return
        heads = np.array([trail.end for trail in trails])
        radius = HEAD_RADIUS * world_per_pixel(context.clip_from_world, context.size[1] / context.px, heads)
        middle = heads[:, :2] - 0.7 * radius[:, None] * context.light[:2]
        reach = 2.6 * radius[:, None, None]
        on_ground = np.minimum(np.maximum(middle[:, None] + reach * SQUARE, -1.0), 1.0)
        if len(heads) != len(self._vertices):
            self._free()
            self._vertices = np.zeros((len(heads), len(SQUARE)), VERTEX)
            _, one = grid_mesh(SIDE, SIDE)
            offsets = np.arange(len(heads), dtype=np.uint32)[:, None] * len(SQUARE)
            self._indices = gloo.IndexBuffer((one + offsets).ravel().astype(np.uint32))
        self._vertices["a_away"] = (on_ground - middle[:, None]) / reach
        self._vertices["a_uv"] = on_ground * 0.5 + 0.5
        if self._buffer is None:
            self._buffer = gloo.VertexBuffer(self._vertices.reshape(-1))
            self._program.bind(self._buffer)
        else:
            self._buffer.set_data(self._vertices.reshape(-1))
        set_uniforms(
            self._program,
            u_heights=heights,
            u_samples=samples_of(terrain),
            u_clip_from_world=context.gl_clip_from_world,
        )
        set_state("front", write=False, blend=True)
        self._program.draw("triangles", self._indices)

    def _free(self) -> None:
        delete([self._buffer, self._indices])
        self._buffer = self._indices = None
        self._vertices = np.zeros((0, len(SQUARE)), VERTEX)

    def close(self) -> None:
        """Free the GL objects."""
        self._free()
        delete([self._program])
