"""The plane: its grid transformed by a matrix, and flat polygons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms, vertex_buffer
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LINE_BIAS, LineBatch, Moved, line_vertices
from lossland.world.layers import Polygon, WarpedGrid
from lossland.world.theme import Theme

Floats = NDArray[np.float64]
MOST_LINES = 64  # each way from the origin
APART = 24.0  # logical pixels between neighbouring lines from which on they are drawn in full
NEAR = 0.4  # share of their unmoved distance that is always enough
CROWDED = 0.3  # share of what is enough at which they are gone


def visible_reach(context: DrawContext, matrix: Floats) -> float:
    """Return how far from the origin, in units of the moved grid, the visible part of the plane z = 0
    reaches.

    Infinite if the horizon is visible or the matrix is singular.
    """
    world_from_clip = np.linalg.inv(np.asarray(context.clip_from_world, float))
    corners = np.array([[x, y, z, 1.0] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    points = corners @ world_from_clip.T
    points = (points[:, :3] / points[:, 3:]).reshape(-1, 2, 3)  # near and far end of the ray at each corner
    near, far = points[:, 0], points[:, 1]
    fall = near[:, 2] - far[:, 2]
    if np.any(np.abs(fall) < 1e-9) or abs(np.linalg.det(matrix)) < 1e-9:
        return np.inf
    share = near[:, 2] / fall
    if np.any(share < 0):
        return np.inf
    ground = near[:, :2] + share[:, None] * (far - near)[:, :2]
    return float(np.abs(np.linalg.solve(matrix, ground.T)).max())


def spacing(context: DrawContext, matrix: Floats) -> tuple[float, float]:
    """Return how far apart, in logical pixels at the origin, the moved lines x = k and the moved lines y = k are."""
    corners = np.zeros((3, 3))
    corners[1:, :2] = matrix.T
    middle, right, up = context.project(corners)
    area = abs(float(np.linalg.det([right - middle, up - middle])))
    across, along = (area / max(float(np.linalg.norm(side - middle)), 1e-9) for side in (up, right))
    return across, along


@paints(WarpedGrid, Phase.LINES)
class WarpedGridPainter:
    """Unit lines, fainter half lines and bright axes, moved by the matrix; behind them the ghost of the old
    grid.

    The lines are in one buffer and the shader transforms them, so a changing matrix uploads nothing. The grid reaches
    ``span`` units, or farther to cover the visible part of the plane. Lines that come too close together fade: a plane
    pressed flat would become a solid band.
    """

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._batch = LineBatch()
        self._kept = Kept()

    def draw(self, layer: WarpedGrid, context: DrawContext) -> None:
        """Draw ghost, half lines, unit lines and axes, in this order."""
        matrix = np.asarray(layer.matrix, float)
        if matrix.shape != (2, 2) or not np.all(np.isfinite(matrix)):
            return
        reach = min(max(visible_reach(context, matrix), visible_reach(context, np.eye(2))), MOST_LINES)
        span = layer.span
        while span < reach:
            span *= 2
        if self._kept.changed("grid", span, layer.before, context.theme):
            self._upload(min(span, max(MOST_LINES, layer.span)), layer.before, context.theme)
        enough = np.minimum(APART, NEAR * np.array(spacing(context, np.eye(2))))
        gaps = np.array(spacing(context, matrix)) / enough
        across, along = np.clip((gaps - CROWDED) / (1.0 - CROWDED), 0.0, 1.0).tolist()
        flat = context.camera.flat
        self._batch.draw(context, depth=not flat, plane=matrix, bias=-LINE_BIAS, shown=(across, along))

    def _upload(self, span: int, before: bool, theme: Theme) -> None:
        pieces = []

        def lines(
            offsets: NDArray[np.floating], color: str, width: float, alpha: float, moved: tuple[Moved, Moved]
        ) -> None:
            for k in offsets:
                paths = [(k, -span, 0), (k, span, 0)], [(-span, k, 0), (span, k, 0)]
                for path, way in zip(paths, moved, strict=True):
                    pieces.append(line_vertices(path, theme.color(color), alpha, width, way))

        whole = np.arange(-span, span + 1.0)
        units = whole[whole != 0]
        axis = np.zeros(1)
        if before:
            lines(units, "ghost", 1.0, 0.17, (Moved.NOT, Moved.NOT))
            lines(axis, "ghost", 1.2, 0.42, (Moved.NOT, Moved.NOT))
        lines(whole[:-1] + 0.5, "grid", 0.9, 0.30, (Moved.ACROSS, Moved.ALONG))
        lines(units, "grid", 1.7, 0.85, (Moved.ACROSS, Moved.ALONG))
        lines(axis, "grid.axis", 2.2, 0.95, (Moved.WHOLLY, Moved.WHOLLY))
        self._batch.set(pieces)

    def close(self) -> None:
        """Free the GL objects."""
        self._batch.close()


@paints(Polygon, Phase.LINES)
class PolygonPainter:
    """A flat convex polygon: a translucent fill as a fan of triangles, and its outline."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._fill = program("fill.vert", "fill.frag")
        self._corners: gloo.VertexBuffer | None = None
        self._outline = LineBatch()
        self._kept = Kept()

    def draw(self, layer: Polygon, context: DrawContext) -> None:
        """Draw the fill, then the outline."""
        corners = np.asarray(layer.corners, np.float32).reshape(-1, 3)
        if len(corners) < 3:
            return
        color, presence = context.theme.color(layer.color), context.presence
        # Nothing is uploaded without a draw: vispy would queue the commands of uploads forever.
        if layer.fill > 0:
            if self._kept.changed("corners", layer.corners):
                delete([self._corners])
                self._corners = vertex_buffer(corners)
                self._fill["a_position"] = self._corners
            set_state("front" if layer.depth else "off")
            set_uniforms(
                self._fill,
                u_clip_from_world=context.gl_clip_from_world,
                u_bias=LINE_BIAS / 2,
                u_color=(*presence.color(color).tolist(), layer.fill * presence.opacity),
            )
            self._fill.draw("triangle_fan")
        if layer.outline > 0:
            if self._kept.changed("outline", layer.corners, color, layer.outline):
                self._outline.set([line_vertices([*corners, corners[0]], color, 1.0, layer.outline)])
            self._outline.draw(context, layer.depth, layer.dash)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._fill, self._corners])
        self._outline.close()
