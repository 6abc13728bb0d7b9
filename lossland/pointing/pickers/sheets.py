"""Sheets: their cells."""

from __future__ import annotations

import numpy as np

from lossland.numerals import short
from lossland.pointing.description import Description, Setting, worth_of
from lossland.pointing.distances import Distances, Sight, moved, to_triangles
from lossland.pointing.picker import Picked, Picker, picks
from lossland.world.layers import Sheet


@picks(Sheet)
class SheetPicker(Picker[Sheet]):
    """The cells are numbered row by row."""

    covering = True

    def distances(self, layer: Sheet, sight: Sight) -> Distances:
        """Measure the cells whose projected bounding box contains the pointer, each as two triangles."""
        grid = moved(layer.start, layer.end, layer.share)
        rows, columns = grid.shape[:2]
        drawn = sight.camera.project(grid, sight.size)
        corners = [drawn[j : rows - 1 + j, i : columns - 1 + i] for j in (0, 1) for i in (0, 1)]
        low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
        cells = np.flatnonzero(((low <= sight.pixel) & (sight.pixel <= high)).all(axis=-1))
        first = cells // (columns - 1) * columns + cells % (columns - 1)
        triangles = np.stack([first, first + 1, first + columns, first + 1, first + columns + 1, first + columns], -1)
        found = to_triangles(grid.reshape(-1, 3), triangles.reshape(-1, 3), sight)
        return found._replace(element=np.repeat(cells, 2))

    def describe(self, layer: Sheet, picked: Picked, setting: Setting) -> Description:
        """Describe the position on the sheet, and the cell's worth or else its value; highlight the cell."""
        grid = moved(layer.start, layer.end, layer.share)
        row, column = divmod(picked.element, grid.shape[1] - 1)
        cell = grid[[row, row, row + 1, row + 1, row], [column, column + 1, column + 1, column, column]]
        value = () if layer.paint is None else (f"value {short(float(layer.paint[row, column]))}",)
        lines = (*setting.lines_at(picked.position), *(worth_of(layer, picked.element) or value))
        return Description(layer.name or "Sheet", lines, "text", np.array(picked.position), outlines=(cell,))

    def is_opaque(self, layer: Sheet) -> bool:
        """Whether its fill is opaque."""
        return layer.fill >= 1.0
