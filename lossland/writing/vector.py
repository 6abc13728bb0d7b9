"""The overlay of a picture as vector shapes: letters, formulas, lines, areas and colour gradients.

While a typesetter has a `Tracing`, lines of text and formulas are recorded instead of drawn. Everything else is read
from Dear ImGui's draw lists, which are triangles: without antialiased edges, a shape is the union of its triangles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray

from lossland.formats.drawing import Box, Drawing, Group, Outline, Ramp, Rgb, Shape
from lossland.writing import outlines
from lossland.writing.host import DrawList, read

VERTEX = np.dtype([("place", np.float32, 2), ("uv", np.float32, 2), ("color", np.uint8, 4)])
CURVE = 0.02  # pixels: largest deviation of a drawn circle


@dataclass
class Tracing:
    """A record of a typesetter's texts, each with the index count of its draw list before it."""

    noted: list[tuple[int, Group]] = field(default_factory=list)

    def text(
        self,
        draw_list: imgui.ImDrawList,
        font: imgui.ImFont,
        sources: tuple[tuple[str, float], ...],
        pixels: float,
        places: Sequence[tuple[float, float, str]],
        label: str,
        ink: tuple[Rgb, float],
        halo: Sequence[tuple[float, Rgb, float]],
    ) -> None:
        """Record a line: pieces (left, top, text), colour and alpha, and rings of its halo (radius, colour, alpha)."""
        baked = font.get_font_baked(pixels)
        letters: list[tuple[Outline, tuple[float, float]]] = []
        for left, top, text in places:
            x, y = left, top + round(baked.ascent)
            for character in text:
                outline = outlines.letter(sources, character)
                if outline is not None:
                    letters.append((outline, (x, y)))
                x += baked.get_char_advance(ord(character))
        shapes = [
            Shape(outline, color, alpha, at, pixels, 2 * radius)
            for radius, color, alpha in halo
            for outline, at in letters
        ]
        shapes += [Shape(outline, *ink, at, pixels) for outline, at in letters]
        self._note(draw_list, Group(shapes, label))

    def formula(
        self,
        draw_list: imgui.ImDrawList,
        latex: str,
        pixels: int,
        rgb: Rgb,
        at: tuple[float, float],
        alpha: float,
        halo: Sequence[tuple[float, Rgb, float]],
    ) -> None:
        """Record a formula by its upper left corner."""
        parts = outlines.formula(latex, pixels, rgb)
        shapes = [
            Shape(outline, color, strength, at, 1.0, 2 * radius)
            for radius, color, strength in halo
            for _, outline in parts
        ]
        shapes += [Shape(outline, color, alpha, at) for color, outline in parts]
        self._note(draw_list, Group(shapes, latex))

    def _note(self, draw_list: imgui.ImDrawList, group: Group) -> None:
        if group.shapes:
            self.noted.append((draw_list.idx_buffer.size(), group))


@contextmanager
def sharp_edges() -> Iterator[None]:
    """Disable antialiased edges, and refine circles, for frames that begin within the block."""
    style = imgui.get_style()
    names = ("anti_aliased_lines", "anti_aliased_fill", "circle_tessellation_max_error")
    before = [getattr(style, name) for name in names]
    for name, value in zip(names, (False, False, CURVE), strict=True):
        setattr(style, name, value)
    try:
        yield
    finally:
        for name, value in zip(names, before, strict=True):
            setattr(style, name, value)


def drawing(image: NDArray[np.uint8], draw_data: imgui.ImDrawData, tracing: Tracing, title: str) -> Drawing:
    """Return a scene's pixels and what was written over them, in the order in which it was written.

    Everything is in the first draw list: nothing but what is behind panels is written without a window.
    """
    groups: list[Group] = []
    lists = read(draw_data)
    noted = tracing.noted
    done = 0
    for one in lists[:1]:
        size = image.shape[1], image.shape[0]
        for clip, first, count in _cut(one, [index for index, _ in noted]):
            while done < len(noted) and noted[done][0] <= first:
                groups.append(noted[done][1])
                done += 1
            groups += _shapes(one, first, count, _clip(clip, size))
    groups += [group for _, group in noted[done:]]
    return Drawing(image, groups, title)


def _clip(clip: Box, size: tuple[int, int]) -> Box | None:
    left, top, right, bottom = clip
    return None if left <= 0 and top <= 0 and right >= size[0] and bottom >= size[1] else clip


def _cut(one: DrawList, at: Sequence[int]) -> Iterator[tuple[Box, int, int]]:
    """Yield the commands' clip rectangles, first indices and numbers of indices, cut where something was noted."""
    for clip, _, first, count in one.commands:
        inner = sorted({index for index in at if first < index < first + count})
        ends = [first, *inner, first + count]
        for start, end in pairwise(ends):
            yield clip, start, end - start


def _shapes(one: DrawList, first: int, count: int, clip: Box | None) -> Iterator[Group]:
    """Yield what a part of a draw list draws: triangles of one colour after each other are one shape."""
    vertices = one.vertices.view(VERTEX)
    indices = one.indices.view(np.uint16 if imgui.INDEX_SIZE == 2 else np.uint32)[first : first + count]
    triangles = vertices[indices.reshape(-1, 3)]
    colors = triangles["color"]
    plain = (colors == colors[:, :1]).all(axis=(1, 2))
    shapes: list[Shape | Ramp] = []
    k = 0
    while k < len(triangles):
        if not plain[k]:  # two triangles of a rectangle that fades
            ramp = _ramp(triangles[k : k + 2])
            joined = _joined(shapes[-1], ramp) if shapes and isinstance(shapes[-1], Ramp) else None
            shapes[-1:] = [joined] if joined else [*shapes[-1:], ramp]
            k += 2
            continue
        same = (colors[k:, 0] == colors[k, 0]).all(axis=1) & plain[k:]
        end = k + (int(np.argmin(same)) if not same.all() else len(same))
        rings = [_turned(corners) for corners in triangles["place"][k:end].astype(float)]
        red, green, blue, alpha = (colors[k, 0] / 255).tolist()
        if alpha > 0 and (rings := [ring for ring in rings if ring is not None]):
            shapes.append(Shape(Outline(rings), (red, green, blue), alpha))
        k = end
    if shapes:
        yield Group(shapes, clip=clip)


def _turned(corners: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return a triangle with its corners in one sense of rotation, None if it has no area."""
    (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[0]
    area = ax * by - ay * bx
    return None if abs(area) < 1e-9 else corners if area > 0 else corners[::-1]


def _ramp(triangles: NDArray[np.void]) -> Ramp:
    """Return the rectangle of two triangles whose corners have two colours."""
    corners = triangles.ravel()
    places, colors = corners["place"].astype(float), corners["color"] / 255
    (left, top), (right, bottom) = places.min(axis=0).tolist(), places.max(axis=0).tolist()

    def at(x: float, y: float) -> tuple[Rgb, float]:
        red, green, blue, alpha = colors[int(np.argmin(((places - (x, y)) ** 2).sum(axis=1)))].tolist()
        return (red, green, blue), alpha

    start, end, down = at(left, top), at(right, bottom), at(left, top) == at(right, top)
    return Ramp((left, top, right, bottom), down, [(0.0, *start), (1.0, *end)])


def _joined(before: Ramp, after: Ramp) -> Ramp | None:
    """Return two ramps that touch as one, None where they do not go on from each other."""
    if before.down != after.down:
        return None
    side = int(before.down)  # the coordinate along which they fade
    if any(abs(before.box[k] - after.box[k]) > 1e-3 for k in (1 - side, 3 - side)):
        return None
    if abs(after.box[2 + side] - before.box[side]) < 1e-3:
        before, after = after, before
    elif abs(before.box[2 + side] - after.box[side]) >= 1e-3:
        return None
    low, middle, high = before.box[side], after.box[side], after.box[2 + side]
    share = (middle - low) / (high - low)
    stops = [(t * share, color, alpha) for t, color, alpha in before.stops]
    stops += [(share + t * (1 - share), color, alpha) for t, color, alpha in after.stops[1:]]
    (left, top, _, _), (_, _, right, bottom) = before.box, after.box
    return Ramp((left, top, right, bottom), before.down, stops)
