"""Panels cached as a picture: only what has changed is drawn again, and a frame of the window composites the picture
over the scene. Without a GPU drawing every panel costs ten times what compositing them costs.

The scene has a free rectangle to itself. Around it the cache holds the background too and is opaque, so that a frame
draws nothing of the scene there. Where the window keeps what was drawn into it, only what has changed of that is
copied again.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from imgui_bundle import imgui
from vispy import gloo

from lossland.render.backdrop import Background
from lossland.render.gl.programs import delete, program, send, set_region, set_state
from lossland.render.gl.target import Target, copy_into
from lossland.world.theme import Theme
from lossland.writing.host import DrawList, Host, read

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, y down
STRIDE = imgui.VERTEX_SIZE // 4  # floats of a vertex; the first two are its position


class Progress(Enum):
    """How far the panels that were built last have been drawn into the cache.

    ::

        any       -- built ------------------------------------------->  NEW
        NEW       -- the frame ends ---------------------------------->  BUILT
        NEW       -- compared, unless they are spread over frames ---->  COMPARED
        BUILT     -- compared ---------------------------------------->  COMPARED
        COMPARED  -- the frame ends, and all that changed is drawn --->  SHOWN
        any       -- what was built is lost -------------------------->  SHOWN

    Building the panels and comparing them each takes as long as drawing a part of them: if the work is spread over
    frames, each frame does one of the three.
    """

    SHOWN = "there is nothing to do"
    NEW = "built in this frame"
    BUILT = "built in an earlier frame"
    COMPARED = "known is what has changed, which is not all drawn yet"

    def to_compare(self, spread: bool) -> bool:
        """Whether this frame should compare the panels with the cache."""
        return self is Progress.BUILT or (self is Progress.NEW and not spread)

    def after_frame(self, complete: bool) -> Progress:
        """Return the progress at the end of a frame; ``complete``: all known changes are drawn."""
        if self is Progress.NEW:
            return Progress.BUILT
        return Progress.SHOWN if self is Progress.COMPARED and complete else self


@dataclass(frozen=True)
class Piece:
    """One draw list in the cache: a hash of all it draws, and its bounding box."""

    hash: int
    box: Box


class PanelCache:
    """The panels of one Host as a picture of ``size`` pixels with premultiplied alpha, opaque around ``free``."""

    def __init__(self, size: tuple[int, int], theme: Theme, kept: bool = False) -> None:
        """Make an empty cache; ``kept``: the window's back buffer still holds its previous contents."""
        self.size = size
        self.free: Box = (0, 0, *size)
        self._kept = kept
        self._dirty: list[Box] = []  # dirty: where the window around the free box does not show the picture yet
        self._background = Background(theme)
        self._centre = (0.5, 0.5)
        self._target = Target(size, interpolation="nearest")
        # The drawing is copied here before it is composited. Mesa without a GPU waits for all pending work
        # when a texture is used that was recently drawn into, but not for a copy.
        self._picture = gloo.Texture2D((size[1], size[0], 4), interpolation="nearest")
        self._fresh: list[Box] = []  # drawn, but not copied yet
        self._pieces: list[Piece] = []
        self._lists: list[DrawList] = []  # of the last update
        self._owed: list[Box] = []  # changes of the last update that are not drawn yet
        self._rearranged = True  # whether the composited boxes change once all is drawn
        self._program = program("panel_boxes.vert", "copy.frag")
        self._program["u_picture"] = self._picture
        self._corners: gloo.VertexBuffer | None = None
        self._around: gloo.IndexBuffer | None = None  # the triangles around the free box
        self._inside: gloo.IndexBuffer | None = None  # those within it

    @property
    def complete(self) -> bool:
        """Whether everything of the last update is drawn."""
        return not self._owed

    @property
    def up_to_date(self) -> bool:
        """Whether the panels as last composited include everything that is drawn."""
        return not self._fresh

    def covers(self, x: float, y: float) -> bool:
        """Whether a draw list of the last update covers a pixel."""
        boxes = (piece.box for piece in self._pieces)
        return any(left <= x < right and top <= y < bottom for left, top, right, bottom in boxes)

    def update(self, host: Host, draw_data: imgui.ImDrawData, free: Box, centre: tuple[float, float]) -> bool:
        """Find the changes since the last update, which ``draw`` will draw; return True if everything has changed.

        ``free`` is the scene's box, ``centre`` that of the light behind it (see ``light_centre``).
        """
        host.upload()
        self._lists = read(draw_data)
        pieces = [_piece(one, self.size) for one in self._lists]
        changed = changes(self._pieces, pieces)
        moved = (free, centre) != (self.free, self._centre) or self._corners is None
        if moved:
            changed = [(0, 0, *self.size)]
            self.free, self._centre = free, centre
        self._owed = joined([*self._owed, *changed])
        self._rearranged |= moved or [piece.box for piece in pieces] != [piece.box for piece in self._pieces]
        self._pieces = pieces
        return moved

    def draw(self, host: Host, draw_data: imgui.ImDrawData, most: int | None = None) -> None:
        """Draw the changes, or about ``most`` pixels of them."""
        now, later = parted(self._owed, most) if most else (self._owed, [])
        if now:
            with self._target:
                self._empty(now)
                send()
                host.paint(draw_data, now, self._lists)
            self._fresh = joined([*self._fresh, *now])
        self._owed = later

    def _empty(self, boxes: Sequence[Box]) -> None:
        """Clear boxes: to transparent within the free box, to the background around it."""
        around = surround(self.free, self.size)
        for box in boxes:
            set_region(self._region(box))
            gloo.clear(color=(0.0, 0.0, 0.0, 0.0))
        parts = (common(box, one) for box in boxes for one in around)
        self._background.fill(self.size, self._centre, [self._region(part) for part in parts if _area(part)])

    def _region(self, box: Box) -> tuple[int, int, int, int]:
        left, top, right, bottom = box
        return left, self.size[1] - bottom, right - left, bottom - top

    def _make_quads(self, around: Sequence[Box], inside: Sequence[Box]) -> None:
        """Make the quads to composite: around the free box, and within it where there are panels."""
        width, height = self.size
        boxes = np.array([*around, *inside], np.float32).reshape(-1, 4)
        left, top, right, bottom = (boxes / np.array([width, height, width, height], np.float32)).T
        corners = [(left, top), (right, top), (left, bottom), (right, bottom)]
        uv = np.stack([np.stack([u, 1 - v], -1) for u, v in corners], 1).reshape(-1, 2)
        triangles = 4 * np.arange(len(boxes), dtype=np.uint32)[:, None] + np.array([0, 1, 2, 2, 1, 3], np.uint32)
        delete([self._corners, self._around, self._inside])
        self._around, self._inside = (
            gloo.IndexBuffer(part.ravel()) if len(part) else None
            for part in (triangles[: len(around)], triangles[len(around) :])
        )
        self._corners = gloo.VertexBuffer(np.ascontiguousarray(uv, np.float32))
        self._program["a_uv"] = self._corners

    def copy_drawn(self) -> None:
        """Copy the drawing for compositing once it is complete: panels of two moments are never shown together.

        Do this first in a frame: Mesa waits here for pending drawing.
        """
        if self._owed:
            return
        if self._rearranged:
            self._rearranged = False
            inside = [common(piece.box, self.free) for piece in self._pieces]
            self._make_quads(surround(self.free, self.size), joined(inside))
        if self._fresh:
            with self._target:
                copy_into(self._picture, [self._region(box) for box in self._fresh])
            around = surround(self.free, self.size)
            self._dirty = joined([common(box, one) for box in (*self._dirty, *self._fresh) for one in around])
            self._fresh = []

    def composite(self) -> None:
        """Draw the panels over the scene: opaque around the free box, blended within it."""
        gloo.set_viewport(0, 0, *self.size)
        if self._around is not None:
            set_state("off", write=False, blend=False)
            for box in [*self._dirty, self._spilled] if self._kept else [(0, 0, *self.size)]:
                set_region(self._region(box))
                self._program.draw("triangles", self._around)
            set_region(None)
        self._dirty = []
        if self._inside is not None:
            set_state("off", write=False, blend=True)
            gloo.set_blend_func("one", "one_minus_src_alpha")
            self._program.draw("triangles", self._inside)

    @property
    def _spilled(self) -> Box:
        """The line below the scene, where Mesa draws points although they are cut off there."""
        left, _, right, bottom = self.free
        return left, bottom, right, min(bottom + 1, self.size[1])

    def close(self) -> None:
        """Free the GL objects."""
        self._background.close()
        self._target.close()
        delete([self._program, self._picture, self._corners, self._around, self._inside])


def changes(before: Sequence[Piece], after: Sequence[Piece]) -> list[Box]:
    """Return the boxes in which two drawings may differ; all boxes of both if their lists do not correspond."""
    if len(before) != len(after):
        return [piece.box for piece in (*before, *after)]
    pairs = zip(before, after, strict=True)
    return [box for old, new in pairs if old.hash != new.hash for box in (old.box, new.box)]


def common(a: Box, b: Box) -> Box:
    """Return the intersection of two boxes, of no width or height if it is empty."""
    left, top = max(a[0], b[0]), max(a[1], b[1])
    return left, top, max(min(a[2], b[2]), left), max(min(a[3], b[3]), top)


def surround(free: Box, size: tuple[int, int]) -> list[Box]:
    """Return the boxes of a picture around its free box."""
    (left, top, right, bottom), (width, height) = free, size
    boxes = [(0, 0, width, top), (0, top, left, bottom), (right, top, width, bottom), (0, bottom, width, height)]
    return [box for box in boxes if _area(box) > 0]


def joined(boxes: Sequence[Box]) -> list[Box]:
    """Return disjoint boxes that cover the given ones; empty ones are omitted."""
    result: list[Box] = []
    for box in boxes:
        if box[0] >= box[2] or box[1] >= box[3]:
            continue
        while True:
            hit = next((one for one in result if _overlap(one, box)), None)
            if hit is None:
                break
            result.remove(hit)
            box = (min(box[0], hit[0]), min(box[1], hit[1]), max(box[2], hit[2]), max(box[3], hit[3]))
        result.append(box)
    return result


def parted(boxes: Sequence[Box], most: int) -> tuple[list[Box], list[Box]]:
    """Split boxes into some of about ``most`` pixels in all (at least a line), and the remainder."""
    now: list[Box] = []
    room = most
    for number, (left, top, right, bottom) in enumerate(boxes):
        lines = max(room // (right - left), 0 if now else 1)
        if lines == 0:
            return now, list(boxes[number:])
        if lines < bottom - top:
            cut = top + lines
            return [*now, (left, top, right, cut)], [(left, cut, right, bottom), *boxes[number + 1 :]]
        now.append((left, top, right, bottom))
        room -= _area(now[-1])
    return now, []


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _piece(drawn: DrawList, size: tuple[int, int]) -> Piece:
    hash_ = zlib.crc32(repr(drawn.commands).encode(), zlib.crc32(drawn.vertices.data))
    if not drawn.commands or not len(drawn.vertices):
        return Piece(hash_, (0, 0, 0, 0))
    position = drawn.vertices.view(np.float32).reshape(-1, STRIDE)[:, :2]
    clip = np.array([command[0] for command in drawn.commands])
    low = np.maximum(np.maximum(position.min(0), clip[:, :2].min(0)), 0)
    high = np.minimum(np.minimum(position.max(0), clip[:, 2:].max(0)), size)
    return Piece(hash_, (int(low[0]), int(low[1]), int(np.ceil(high[0])), int(np.ceil(high[1]))))
