"""Growing paths on the GPU: each has a ring buffer of texels, into which only its new points are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete
from lossland.render.painter import Kept
from lossland.render.painters.lines import CORNERS, TWO_TRIANGLES
from lossland.world.layers import Trail
from lossland.world.track import Track

WIDE = 1024  # texels per row
VERTEX = np.dtype(
    [
        ("a_corner", np.float32, 2),
        ("a_rank", np.float32),
        ("a_ring", np.float32, 2),
        ("a_path", np.float32, 2),
    ]
)


class Rings:
    """The points of several tracks in one texture, and the quads of their segments, which never change.

    Quads are in drawing order: those of each path's casing from old to new, then those of its line. They refer to
    points by rank (see track.vert), so the order remains valid when a ring buffer wraps around.
    """

    def __init__(self) -> None:
        self.texture: gloo.Texture2D | None = None
        self.buffer: gloo.VertexBuffer | None = None
        self.all: gloo.IndexBuffer | None = None
        self.lines: gloo.IndexBuffer | None = None  # without casings
        self.texels = (WIDE, 0)
        self._starts: list[int] = []  # the first texel of each ring buffer
        self._tracks: list[Track | None] = []
        self._written: list[int] = []  # points written of each track, in all
        self._kept = Kept()

    def update(self, layers: Sequence[Trail]) -> None:
        """Write the new points; make new ring buffers if the sizes have changed."""
        tracks = [_track(layer) for layer in layers]
        capacities = [track.capacity for track in tracks]
        if self._kept.changed("capacities", *capacities):
            self._make(capacities)
        for index, (layer, track) in enumerate(zip(layers, tracks, strict=True)):
            until = layer.first + len(layer.points)
            if track is not self._tracks[index] or until < self._written[index]:
                self._tracks[index], self._written[index] = track, 0
            self._write(index, layer, max(self._written[index], layer.first), until)

    def _write(self, index: int, layer: Trail, number: int, until: int) -> None:
        """Write the points from a number on, split at the ends of texture rows and of the ring buffer."""
        assert self.texture is not None
        capacity = _track(layer).capacity
        while number < until:
            slot = number % capacity
            row, column = divmod(self._starts[index] + slot, WIDE)
            count = min(until - number, capacity - slot, WIDE - column)
            part = slice(number - layer.first, number - layer.first + count)
            rows = np.column_stack([layer.points[part], layer.progress[part]]).astype(np.float32)
            self.texture.set_data(rows[None], offset=(row, column))
            number += count
        self._written[index] = until

    def _make(self, capacities: Sequence[int]) -> None:
        self.close()
        self._starts = [0, *np.cumsum(capacities).tolist()]
        self._tracks, self._written = [None] * len(capacities), [0] * len(capacities)
        self.texels = (WIDE, -(-self._starts[-1] // WIDE))
        self.texture = gloo.Texture2D(
            (self.texels[1], WIDE, 4), format="rgba", internalformat="rgba32f", interpolation="nearest"
        )
        pieces = [
            _quads(number, start, capacity, casing)
            for number, (start, capacity) in enumerate(zip(self._starts, capacities, strict=False))
            for casing in (1.0, 0.0)
        ]
        quads = np.concatenate(pieces)
        indices = 4 * np.arange(len(quads), dtype=np.uint32)[:, None] + TWO_TRIANGLES
        self.buffer = gloo.VertexBuffer(quads.reshape(-1))
        self.all = gloo.IndexBuffer(indices.ravel())
        self.lines = gloo.IndexBuffer(indices[quads["a_path"][:, 0, 1] == 0.0].ravel())

    def close(self) -> None:
        """Free the GL objects."""
        delete([self.texture, self.buffer, self.all, self.lines])
        self.texture = self.buffer = self.all = self.lines = None


def _track(layer: Trail) -> Track:
    assert layer.track is not None
    return layer.track


def _quads(number: int, start: int, capacity: int, casing: float) -> NDArray[np.void]:
    """Return the vertices (capacity - 1, 4) of all segments of a ring buffer."""
    quads = np.zeros((capacity - 1, 4), VERTEX)
    quads["a_corner"] = CORNERS
    quads["a_rank"] = np.arange(capacity - 1)[:, None]
    quads["a_ring"] = start, capacity
    quads["a_path"] = number, casing
    return quads


def ring_of(layer: Trail) -> tuple[float, float, float, float]:
    """Return ``u_ring`` of track.vert for a trail."""
    capacity = _track(layer).capacity
    empty = capacity - len(layer.points)
    after = int(np.searchsorted(layer.progress, layer.upto, "right"))
    end = max(after - 1, 0)
    part = 0.0
    if 0 < after < len(layer.progress):
        before, behind = layer.progress[after - 1 : after + 1]
        part = (layer.upto - before) / (behind - before)
    slot = -empty if empty else layer.first % capacity
    return slot, empty + end + part, layer.progress[0], layer.upto
