"""Lines of constant pixel width: the batch used by all line painters, and the painter of plain polylines."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.world.layers import Lines
from lossland.world.theme import Theme

LINE_BIAS = 6e-4  # NDC depth offset towards the eye, against z-fighting of lines on surfaces


class Moved(IntEnum):
    """Whether a batch's plane moves a line, and which of the two shares in ``LineBatch.draw`` scales its opacity."""

    NOT, WHOLLY, ACROSS, ALONG = range(4)


CORNERS = np.array([[0, -1], [0, 1], [1, -1], [1, 1]], np.float32)  # of a piece: along it, across it
UNMOVED = np.eye(2, dtype=np.float32)
TWO_TRIANGLES = np.array([0, 1, 2, 2, 1, 3], np.uint32)
PATH_FIELDS = [
    ("a_before", np.float32, 3),
    ("a_start", np.float32, 3),
    ("a_end", np.float32, 3),
    ("a_after", np.float32, 3),
    ("a_corner", np.float32, 2),
]
LINE_VERTEX = np.dtype(
    [
        *PATH_FIELDS,
        ("a_arc", np.float32, 2),
        ("a_ink", np.float32, 4),
        ("a_width", np.float32),
        ("a_moved", np.float32),
    ]
)


def path_vertices(path: ArrayLike, vertex: np.dtype) -> NDArray[np.void]:
    """Return the four corners of each segment of a polyline (m, 3) as vertices (4 (m - 1),) of a structured type.

    The path fields are set: both ends, and the neighbouring points that define the joins (at the ends of an open path
    the end itself; a closed path wraps around).
    """
    points = np.asarray(path, np.float32).reshape(-1, 3)
    count = max(len(points) - 1, 0)
    vertices = np.zeros((count, 4), vertex)
    if count:
        closed = count > 1 and np.array_equal(points[0], points[-1])
        before = points[-2] if closed else points[0]
        after = points[1] if closed else points[-1]
        chain = np.concatenate([before[None], points, after[None]])
        for field, offset in (("a_before", 0), ("a_start", 1), ("a_end", 2), ("a_after", 3)):
            vertices[field] = chain[offset : offset + count, None]
        vertices["a_corner"] = CORNERS
    return vertices.reshape(-1)


def quad_indices(count: int) -> gloo.IndexBuffer:
    """Return the index buffer of ``count`` quads of four vertices."""
    first = 4 * np.arange(count, dtype=np.uint32)[:, None]
    return gloo.IndexBuffer((first + TWO_TRIANGLES).ravel())


def line_vertices(
    path: ArrayLike, color: Sequence[float], alpha: float, width: float, moved: Moved = Moved.NOT
) -> NDArray[np.void]:
    """Return vertices for a polyline (m, 3) of one colour and width in pixels; ``moved`` by the batch's plane."""
    vertices = path_vertices(path, LINE_VERTEX)
    vertices["a_ink"] = (*color, alpha)
    vertices["a_width"] = width
    vertices["a_moved"] = moved
    return vertices


def segment_vertices(start: ArrayLike, end: ArrayLike, color: ArrayLike, width: ArrayLike) -> NDArray[np.void]:
    """Return vertices for separate straight lines (n, 3) to (n, 3), each with its colour (n, 4) and width (n,)."""
    start, end = np.asarray(start, np.float32), np.asarray(end, np.float32)
    vertices = np.zeros((len(start), 4), LINE_VERTEX)
    for field, points in (("a_before", start), ("a_start", start), ("a_end", end), ("a_after", end)):
        vertices[field] = points[:, None]
    vertices["a_corner"] = CORNERS
    vertices["a_ink"] = np.asarray(color, np.float32)[:, None]
    vertices["a_width"] = np.asarray(width, np.float32)[:, None]
    return vertices.reshape(-1)


class LineBatch:
    """Many polylines in one draw, in the order in which they were given."""

    def __init__(self) -> None:
        self._program = program("lines.vert", "lines.frag")
        self._vertices: NDArray[np.void] = np.zeros(0, LINE_VERTEX)
        self._buffer: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._breaks = np.zeros(0, np.intp)
        self._arc_key: tuple[bytes, tuple[int, int]] | None = None

    def set(self, pieces: Sequence[NDArray[np.void]]) -> None:
        """Upload the results of ``line_vertices``, one piece per polyline."""
        before = len(self._vertices)
        self._vertices = np.concatenate(pieces) if pieces else np.zeros(0, LINE_VERTEX)
        self._breaks = np.cumsum([len(piece) // 4 for piece in pieces])[:-1] if pieces else np.zeros(0, np.intp)
        self._arc_key = None
        if not len(self._vertices):
            return
        if self._buffer is not None and len(self._vertices) == before:
            self._buffer.set_data(self._vertices)
        else:
            delete([self._buffer, self._indices])
            self._buffer = gloo.VertexBuffer(self._vertices)
            self._indices = quad_indices(len(self._vertices) // 4)
            self._program.bind(self._buffer)

    def _measure_arcs(self, context: DrawContext) -> None:
        """Upload each vertex's distance along its path in pixels, for dashes."""
        key = (context.clip_from_world.tobytes(), context.size)
        if key == self._arc_key or self._buffer is None:
            return
        self._arc_key = key
        segments = self._vertices.reshape(-1, 4)[:, 0]
        ends = context.project(np.stack([segments["a_start"], segments["a_end"]], 1))
        length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        for part in np.split(np.arange(len(segments)), self._breaks):
            arc = np.cumsum(length[part])
            self._vertices.reshape(-1, 4)["a_arc"][part] = np.stack([arc - length[part], arc], 1)[:, None]
        self._buffer.set_data(self._vertices)

    def draw(
        self,
        context: DrawContext,
        depth: bool = True,
        dash: tuple[float, float] | None = None,
        plane: ArrayLike | None = None,
        bias: float = LINE_BIAS,
        shown: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        """Draw the lines; ``plane`` (2, 2) transforms the moved ones. ``dash`` is period and dash length in pixels.

        ``shown`` are factors on the opacity of lines moved ``ACROSS`` and ``ALONG``.
        """
        if not len(self._vertices):
            return
        if dash:
            self._measure_arcs(context)
        set_state("front" if depth else "off")
        set_uniforms(
            self._program,
            u_clip_from_world=context.gl_clip_from_world,
            u_size=context.size,
            u_px=context.px,
            u_bias=bias,
            u_plane=UNMOVED if plane is None else np.asarray(plane, np.float32).T.copy(),
            u_shown=shown,
            u_dash=dash or (0.0, 0.0),
            u_wide=context.presence.wide,
            **context.presence.uniforms(),
        )
        self._program.draw("triangles", self._indices)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._buffer, self._indices])
        self._buffer = self._indices = None
        self._vertices = np.zeros(0, LINE_VERTEX)


@paints(Lines, Phase.LINES)
class LinesPainter:
    """Polylines of constant pixel width, solid or dashed."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._batch = LineBatch()
        self._kept = Kept()

    def draw(self, layer: Lines, context: DrawContext) -> None:
        """Draw the polylines in order."""
        look = (layer.color, layer.alpha, layer.width, layer.casing)
        if self._kept.changed("paths", *layer.paths, *look):
            self._batch.set(self._pieces(layer))
        self._batch.draw(context, layer.depth, layer.dash)

    def _pieces(self, layer: Lines) -> list[NDArray[np.void]]:
        count, pieces = len(layer.paths), []
        colors = [layer.color] * count if isinstance(layer.color, str) else layer.color
        widths, alphas = (np.broadcast_to(value, count).tolist() for value in (layer.width, layer.alpha))
        for path, color, width, alpha in zip(layer.paths, colors, widths, alphas, strict=True):
            if layer.casing > 0.0:
                pieces.append(line_vertices(path, self.theme.color("casing"), alpha, width + 2 * layer.casing))
            pieces.append(line_vertices(path, self.theme.color(color), alpha, width))
        return pieces

    def close(self) -> None:
        """Free the GL objects."""
        self._batch.close()
