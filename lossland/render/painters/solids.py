"""Bodies of triangles: opaque ones, and all glass of a frame together, from far to near."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, refilled, set_state, set_uniforms
from lossland.render.lamps import LitPrograms, lamp_uniforms
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LineBatch, segment_vertices
from lossland.render.presence import PLAIN, presence_of
from lossland.world.layers import Solid
from lossland.world.shapes import Mesh
from lossland.world.theme import Theme

VERTEX = np.dtype([("a_position", np.float32, 3), ("a_normal", np.float32, 3), ("a_color", np.float32, 4)])
FINENESS = 14  # glass is cut into triangles no longer than its extent over this, so that they can be ordered
HIDDEN_EDGE = 0.3  # opacity of edges on the far side of glass

Floats = NDArray[np.float64]


class TriangleBatch:
    """Lit triangles with their own vertices."""

    def __init__(self) -> None:
        self._programs = LitPrograms("solid.vert", "solid.frag")
        self._smooth = False
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._triangles: NDArray[np.uint32] = np.zeros((0, 3), np.uint32)
        self._middles: Floats = np.zeros((0, 3))
        self._order_key = b""

    def set(self, bodies: Sequence[tuple[NDArray[np.void], NDArray[np.uint32]]], smooth: bool = False) -> None:
        """Upload vertices (n,) of VERTEX and triangles (k, 3) of each body.

        Bodies that are ``smooth`` and opaque are lit at each pixel.
        """
        self._smooth = smooth
        vertices = np.concatenate([np.zeros(0, VERTEX), *(body[0] for body in bodies)])
        firsts = np.cumsum([0, *(len(body[0]) for body in bodies)], dtype=np.uint32)
        self._triangles = np.concatenate(
            [np.zeros((0, 3), np.uint32), *(first + body[1] for first, body in zip(firsts[:-1], bodies, strict=True))]
        )
        self._middles = vertices["a_position"].astype(float)[self._triangles].mean(1)
        self._order_key = b""
        if len(vertices):
            before, self._buffer = self._buffer, refilled(self._buffer, vertices, gloo.VertexBuffer)
            if self._buffer is not before:
                self._programs.bind(self._buffer)
            self._index(self._triangles)
        else:
            delete([self._buffer, self._indices])
            self._buffer = self._indices = None

    def draw(self, context: DrawContext, glass: bool) -> None:
        """Draw the triangles; as glass from far to near, blended over what is there."""
        if self._buffer is None:
            return
        set_state("front", write=not glass, blend=glass)
        shown = self._programs.take(context.quality.cheap_light and (glass or not self._smooth))
        set_uniforms(
            shown,
            u_clip_from_world=context.gl_clip_from_world,
            u_eye=tuple(context.eye),
            **lamp_uniforms(context),
            **(PLAIN if glass else context.presence).uniforms(opaque=True),  # that of glass is in its vertices
        )
        if glass:
            self._order(context)
        shown.draw("triangles", self._indices)

    def _order(self, context: DrawContext) -> None:
        key = context.clip_from_world.tobytes()
        if key == self._order_key:
            return
        self._order_key = key
        self._index(self._triangles[np.argsort(self._middles @ context.camera.back, kind="stable")])

    def _index(self, triangles: NDArray[np.uint32]) -> None:
        """Draw these triangles, in this order."""
        self._indices = refilled(self._indices, triangles.ravel(), gloo.IndexBuffer)

    def close(self) -> None:
        """Free the GL objects."""
        delete([*self._programs.made, self._buffer, self._indices])
        self._buffer = self._indices = None


@paints(Solid, Phase.SOLID, Phase.GLASS, Phase.LINES)
class SolidPainter:
    """One opaque body, or the edges of a glass one. The first glass of a frame draws the faces of all."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._faces: TriangleBatch | None = None
        self._edges = LineBatch()
        self._kept = Kept()

    def draw(self, layer: Solid, context: DrawContext) -> None:
        """Draw opaque faces, glass, or edges, as the phase says."""
        if context.phase == Phase.LINES:
            self._draw_edges(layer, context)
        elif context.phase == Phase.SOLID and layer.alpha >= 1.0:
            self._draw_faces([layer], context)
        elif context.phase == Phase.GLASS and layer.alpha < 1.0:
            glass = [other for other in context.layers if isinstance(other, Solid) and other.alpha < 1.0]
            glass = [other for other in glass if not other.group or getattr(context.show, other.group, True)]
            if glass and glass[0] is layer:
                self._draw_faces(glass, context)

    def _draw_faces(self, solids: Sequence[Solid], context: DrawContext) -> None:
        if self._faces is None:
            self._faces = TriangleBatch()
        is_glass = context.phase == Phase.GLASS
        shown = [presence_of(solid, self._theme) if is_glass else PLAIN for solid in solids]
        objects = [part for solid in solids for part in (*solid.mesh[:2], solid.color, solid.alpha)]
        objects += shown
        if self._kept.changed("faces", *objects):
            extent = max(float(np.ptp(np.asarray(solid.mesh.vertices), axis=0).max()) for solid in solids)
            finest = extent / FINENESS if is_glass else np.inf
            faces = []
            for solid, presence in zip(solids, shown, strict=True):
                faces.append(solid_triangles(solid, self._theme, finest))
                color = faces[-1][0]["a_color"]
                color[:, :3] = presence.color(color[:, :3])
                color[:, 3] *= presence.opacity
            self._faces.set(faces, any(solid.mesh.normals is not None for solid in solids))
        self._faces.draw(context, is_glass)

    def _draw_edges(self, layer: Solid, context: DrawContext) -> None:
        mesh = layer.mesh
        if not len(mesh.edges) or layer.edge_width <= 0.0:
            return
        near = near_edges(mesh, context.eye) if layer.alpha < 1.0 else np.ones(len(mesh.edges), bool)
        shown = layer.edge_color or layer.color
        if self._kept.changed("edges", *mesh[:3], shown, layer.edge_width, near.tobytes().hex()):
            start, end = mesh.vertices[mesh.edges.T]
            color = np.tile([*self._theme.color(shown), 1.0], (len(near), 1))
            color[:, 3] = np.where(near, 1.0, HIDDEN_EDGE)
            self._edges.set([segment_vertices(start, end, color, np.full(len(near), layer.edge_width))])
        self._edges.draw(context)

    def close(self) -> None:
        """Free the GL objects."""
        if self._faces is not None:
            self._faces.close()
        self._edges.close()


def solid_triangles(solid: Solid, theme: Theme, longest: float = np.inf) -> tuple[NDArray[np.void], NDArray[np.uint32]]:
    """Return vertices (n,) as VERTEX and triangles (k, 3) of a solid, cut until no side is longer than ``longest``.

    Each triangle of a body with flat faces has vertices of its own, those of a smooth one share them.
    """
    mesh = solid.mesh
    positions, triangles = np.asarray(mesh.vertices, float), np.asarray(mesh.triangles, np.uint32)
    corners = positions[triangles]
    parts = 1
    if np.isfinite(longest):
        sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1)
        parts = int(np.clip(np.ceil(sides.max(initial=0.0) / longest), 1, 32))
    if mesh.normals is None:
        plane = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = np.repeat(_unit(plane)[:, None], 3, axis=1)
    else:
        normals = _unit(np.asarray(mesh.normals, float))
    if mesh.normals is None or parts > 1:
        if mesh.normals is not None:
            normals = normals[triangles]
        weights = _subdivision(parts)
        positions, normals = (np.einsum("pvc,kcx->kpvx", weights, each).reshape(-1, 3) for each in (corners, normals))
        triangles = np.arange(len(positions), dtype=np.uint32).reshape(-1, 3)
    vertices = np.zeros(len(positions), VERTEX)
    vertices["a_position"], vertices["a_normal"] = positions, normals
    vertices["a_color"] = (*theme.color(solid.color), solid.alpha)
    return vertices, triangles


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _subdivision(parts: int) -> Floats:
    """Return the barycentric corners (parts², 3, 3) of a triangle cut into parallel strips of small triangles."""
    small = []
    for i in range(parts):
        for j in range(parts - i):
            small.append([(i, j), (i + 1, j), (i, j + 1)])
            if i + j < parts - 1:
                small.append([(i + 1, j), (i + 1, j + 1), (i, j + 1)])
    two = np.array(small, float) / parts
    return np.concatenate([1.0 - two.sum(-1, keepdims=True), two], -1)


def near_edges(mesh: Mesh, eye: Floats) -> NDArray[np.bool_]:
    """Return for each edge (m,) whether a face beside it is turned to the eye, or it is the rim of an open sheet."""
    a, b, c = mesh.vertices[mesh.triangles.T]
    turned = np.einsum("kx,kx->k", np.cross(b - a, c - a), eye - a) > 0
    beside = (mesh.edges[:, None, :, None] == mesh.triangles[None, :, None, :]).any(-1).all(-1)  # (m, k)
    return (beside & turned).any(1) | (beside.sum(1) < 2)
