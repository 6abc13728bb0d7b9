"""The text overlay of a picture: notes beside it, contour values, labels, and the numbers of axes.

Everything is measured in logical pixels times ``Type.scale``, so a larger picture is the same picture, larger.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from imgui_bundle import imgui

from lossland.numerals import distinct
from lossland.render.presence import presence_of
from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera, Rect
from lossland.world.layers import Axes, Lines, Plates, Surface, WarpedGrid
from lossland.writing.axis_numbers import draw_numerals
from lossland.writing.color_bar import draw_flat_color_bar
from lossland.writing.contour_labels import seen_labels
from lossland.writing.labels import draw_labels
from lossland.writing.notes import draw_cautions, draw_notes
from lossland.writing.placement import overlap
from lossland.writing.plates import draw_plate_texts
from lossland.writing.sides import Discs
from lossland.writing.text import Type

Size = tuple[int, int]

CONTOUR_SIZE = 12.0  # logical pixels
CAUTION_TOP = {True: 56.0, False: 48.0}  # of cautions below the top of the free rectangle, with panels and without
REACH = 0.1  # of a picture's width: a grid that extends so far behind the notes is dimmed fully


def draw_overlay(
    draw_list: imgui.ImDrawList,
    type_: Type,
    frame: Frame,
    camera: Camera,
    size: Size,
    free: Rect,
    show: Show,
    panels: bool = False,
    opaque: bool = True,
) -> None:
    """Draw the text overlay of ``frame``.

    ``size`` and the free rectangle (x, y, w, h) are in pixels of the picture. With ``panels`` title, legend
    and column are omitted, and the colour bar is at the lower left of the free rectangle. Cautions are always shown.
    If the picture is not ``opaque``, nothing is dimmed behind the column.
    """
    taken: list[Rect] = []
    with type_.kind("note"), type_.recorded() as notes:
        if panels:
            taken += draw_flat_color_bar(draw_list, type_, frame, free)
        else:
            scrim = _behind_column(frame, camera, size, free, show) if opaque else 0.0
            taken += draw_notes(draw_list, type_, frame, size, scrim)
        taken += draw_cautions(draw_list, type_, frame, free, CAUTION_TOP[panels])
    lines = [one.rect for one in notes]  # the notes without the gaps between them
    lines += taken if panels else []
    shown = [layer for layer in frame.layers if not layer.group or getattr(show, layer.group, True)]
    area = free if panels else (0.0, 0.0, float(size[0]), float(size[1]))
    if show.contours:
        for layer in shown:
            if isinstance(layer, Surface) and layer.labels and layer.into is None and not (layer.sheet or layer.ghost):
                with type_.kind("contour"):
                    contours = _draw_contour_values(draw_list, type_, layer, camera, size)
                taken += contours
                lines += contours
    for layer in shown:
        if isinstance(layer, Plates):
            taken += draw_plate_texts(draw_list, type_, layer, camera, size)
    discs = Discs(shown, camera, size, type_.pixel_ratio)
    if show.labels:
        lines += draw_labels(draw_list, type_, shown, discs, area, taken)
    axes = [layer for layer in shown if isinstance(layer, Axes)]
    if axes:  # their numbers have the lowest priority
        lines += discs.squares()
    for layer in axes:
        with type_.kind("numeral"):
            draw_numerals(draw_list, type_, layer, camera, size, free, area, lines)


def _behind_column(frame: Frame, camera: Camera, size: Size, free: Rect, show: Show) -> float:
    """Return how much of an endless element (a plane's grid, axes) is behind the notes: 0 none, 1 much."""
    if camera.flat and any(isinstance(layer, WarpedGrid | Axes) for layer in frame.layers):
        return 1.0
    lines = (layer for layer in frame.layers if isinstance(layer, Lines) and layer.group == "grid" and show.grid)
    far = [float(camera.project(path, size)[:, 0].min()) for layer in lines for path in layer.paths]
    return float(np.clip((free[0] - min(far, default=free[0])) / (REACH * size[0]), 0.0, 1.0))


def _draw_contour_values(dl: imgui.ImDrawList, type_: Type, layer: Surface, camera: Camera, size: Size) -> list[Rect]:
    """Draw the values of the index contours; return their rectangles."""
    taken: list[Rect] = []
    alpha = presence_of(layer, type_.theme).opacity
    seen = seen_labels(layer.terrain, camera, size)
    values = sorted({label.value for label, _ in seen})
    texts = dict(zip(values, distinct(values), strict=True))
    for label, (x, y) in seen:
        position = layer.terrain.domain_from_world(label.position).tolist()
        if layer.shown is not None and not _is_inside(position, layer.shown):
            continue
        text = texts[label.value]
        width, height = type_.size(text, CONTOUR_SIZE)
        rect = (x - width / 2, y - height / 2, width, height)
        if not any(overlap(rect, other) for other in taken):
            type_.text(dl, x, y, text, CONTOUR_SIZE, "text", halo=True, ax=0.5, ay=0.5, alpha=alpha)
            taken.append(rect)
    return taken


def _is_inside(position: Sequence[float], rectangle: Sequence[float]) -> bool:
    (x, y), (x0, x1, y0, y1) = position, rectangle
    return x0 <= x <= x1 and y0 <= y <= y1
