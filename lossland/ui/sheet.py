"""Panels kept as a picture: only what has changed is drawn again, and a frame of the window lays the picture over
the scene. Without a GPU drawing every panel costs ten times what laying them on costs.
"""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from imgui_bundle import imgui
from vispy import gloo

from lossland.render.painter import delete, program, set_state
from lossland.render.target import Target
from lossland.ui.host import Host

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, y down
STRIDE = imgui.VERTEX_SIZE // 4  # floats of a vertex; the first two are its place


@dataclass(frozen=True)
class Piece:
    """One draw list as it stands on the sheet: a fingerprint of all it draws, and the box it lies in."""

    print: int
    box: Box


class Sheet:
    """The panels of one Host as a picture of ``size`` pixels with premultiplied alpha."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.redrawn = 0  # pixels drawn again at the last update
        self._target = Target(size, interpolation="nearest")
        self._pieces: list[Piece] = []
        self._owed: list[Box] = []  # parts of the last update that are not drawn yet
        self._program = program("sheet_boxes.vert", "copy.frag")
        self._program["u_picture"] = self._target.texture
        self._corners: gloo.VertexBuffer | None = None

    @property
    def complete(self) -> bool:
        """Whether everything of the last update is drawn."""
        return not self._owed

    def update(self, draw_data: imgui.ImDrawData) -> None:
        """Find out what has changed since the last update; ``draw`` draws it."""
        pieces = [_piece(one, self.size) for one in draw_data.cmd_lists]
        self._owed = joined([*self._owed, *changes(self._pieces, pieces)])
        if [piece.box for piece in pieces] != [piece.box for piece in self._pieces] or self._corners is None:
            self._place(joined([piece.box for piece in pieces]))
        self._pieces = pieces

    def draw(self, host: Host, draw_data: imgui.ImDrawData, most: int | None = None) -> None:
        """Draw what has changed, or about ``most`` pixels of it."""
        now, later = parted(self._owed, most) if most else (self._owed, [])
        self.redrawn = sum(map(_area, now))
        if now:
            with self._target:
                gloo.flush()
                host.paint(draw_data, now)
        self._owed = later

    def _place(self, boxes: Sequence[Box]) -> None:
        """Make the quads that lay the sheet on: only where there is something on it."""
        width, height = self.size
        share = np.array(boxes, np.float32).reshape(-1, 4) / np.array([width, height, width, height], np.float32)
        left, top, right, bottom = share.T
        corners = [(left, top), (right, top), (left, bottom), (left, bottom), (right, top), (right, bottom)]
        uv = np.stack([np.stack([u, 1 - v], -1) for u, v in corners], 1).reshape(-1, 2)
        delete([self._corners])
        self._corners = gloo.VertexBuffer(np.ascontiguousarray(uv, np.float32))
        self._program["a_uv"] = self._corners

    def lay(self) -> None:
        """Blend the sheet over what the bound framebuffer holds."""
        if self._corners is None or not self._corners.size:
            return
        gloo.set_viewport(0, 0, *self.size)
        set_state("off", write=False, blend=True)
        gloo.set_blend_func("one", "one_minus_src_alpha")
        self._program.draw("triangles")

    def close(self) -> None:
        """Free the GL objects."""
        self._target.close()
        delete([self._program, self._corners])


def changes(before: Sequence[Piece], after: Sequence[Piece]) -> list[Box]:
    """Return the boxes in which two drawings may differ; all of both when their lists are not the same ones."""
    if len(before) != len(after):
        return [piece.box for piece in (*before, *after)]
    pairs = zip(before, after, strict=True)
    return [box for old, new in pairs if old.print != new.print for box in (old.box, new.box)]


def joined(boxes: Sequence[Box]) -> list[Box]:
    """Return boxes that cover the given ones and do not overlap; empty ones are left out."""
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
    """Return boxes of about ``most`` pixels (at least a line), and what is left of the given ones."""
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


def _piece(commands: Any, size: tuple[int, int]) -> Piece:
    count = commands.vtx_buffer.size()
    vertices = _memory(commands.vtx_buffer.data_address(), count * imgui.VERTEX_SIZE)
    print_ = zlib.crc32(vertices)
    clips = []
    for command in commands.cmd_buffer:
        if command.elem_count:
            clip = command.clip_rect
            clips.append((clip.x, clip.y, clip.z, clip.w))
            key = (*clips[-1], command.elem_count, command.tex_ref.get_tex_id())
            print_ = zlib.crc32(repr(key).encode(), print_)
    if not clips or not count:
        return Piece(print_, (0, 0, 0, 0))
    place = np.frombuffer(vertices, np.float32).reshape(count, STRIDE)[:, :2]
    clip = np.array(clips)
    low = np.maximum(np.maximum(place.min(0), clip[:, :2].min(0)), 0)
    high = np.minimum(np.minimum(place.max(0), clip[:, 2:].max(0)), size)
    return Piece(print_, (int(low[0]), int(low[1]), int(np.ceil(high[0])), int(np.ceil(high[1]))))


def _memory(address: int, size: int) -> bytes:
    return (ctypes.c_char * size).from_address(address).raw if size else b""
