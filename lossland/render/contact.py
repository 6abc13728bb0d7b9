"""Soft dark patches of ground under the heads of trails."""

from __future__ import annotations

from typing import Any

import numpy as np
from vispy import gloo

from lossland.layers import Trail
from lossland.render.block import samples_of
from lossland.render.geometry import HEAD_RADIUS, world_per_pixel
from lossland.render.meshes import grid_mesh
from lossland.render.painter import DrawContext, delete, program, set_state, set_uniforms, vertex_buffer
from lossland.terrain import Terrain


class ContactShadows:
    """Soft dark patches of ground under the heads of trails."""

    SIDE = 9  # vertices along a patch

    def __init__(self) -> None:
        self._program = program("decal.vert", "decal.frag")
        self._program["u_strength"] = 0.62
        self._buffers: list[Any] = []
        self._indices: gloo.IndexBuffer | None = None
        self._count = 0  # of patches in the buffers

    def draw(self, trails: list[Trail], heights: gloo.Texture2D | None, terrain: Terrain, context: DrawContext) -> None:
        """Draw a patch under the head of each trail."""
        if not trails or heights is None:
            return
        heads = np.array([trail.end for trail in trails])
        radius = HEAD_RADIUS * world_per_pixel(context.clip_from_world, context.size[1] / context.px, heads)
        run = np.linspace(-1, 1, self.SIDE)
        square = np.stack(np.meshgrid(run, run), -1).reshape(-1, 2)
        middle = heads[:, :2] - 0.7 * radius[:, None] * context.light[:2]
        flat = middle[:, None] + 2.6 * radius[:, None, None] * square
        away = np.tile(np.hypot(square[:, 0], square[:, 1]), len(heads))
        away = np.where(np.all(np.abs(flat.reshape(-1, 2)) <= 1.0, axis=1), away, 2.0)
        uv = np.clip(flat.reshape(-1, 2), -1, 1) * 0.5 + 0.5
        if len(heads) == self._count:
            for buffer, data in zip(self._buffers, (uv, away), strict=True):
                buffer.set_data(np.ascontiguousarray(data, np.float32))
        else:
            self._free()
            self._count = len(heads)
            _, one = grid_mesh(self.SIDE, self.SIDE)
            offsets = np.arange(len(heads), dtype=np.uint32)[:, None] * len(square)
            self._buffers = [vertex_buffer(uv), vertex_buffer(away)]
            self._indices = gloo.IndexBuffer((one + offsets).ravel().astype(np.uint32))
            set_uniforms(self._program, a_uv=self._buffers[0], a_away=self._buffers[1])
        set_uniforms(
            self._program,
            u_heights=heights,
            u_samples=samples_of(terrain),
            u_clip_from_world=context.gl_clip_from_world,
        )
        set_state("front", write=False, blend=True)
        self._program.draw("triangles", self._indices)

    def _free(self) -> None:
        delete([*self._buffers, self._indices])
        self._buffers, self._indices, self._count = [], None, 0

    def close(self) -> None:
        """Free the GL objects."""
        self._free()
        delete([self._program])
