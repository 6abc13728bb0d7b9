"""Images: their samples."""

from __future__ import annotations

import numpy as np

from lossland.numerals import short
from lossland.pointing.description import Description, Setting, worth_of
from lossland.pointing.distances import NOTHING, Distances, Sight
from lossland.pointing.picker import Picked, Picker, picks
from lossland.world.layers import Image


@picks(Image)
class ImagePicker(Picker[Image]):
    """The samples are numbered row by row from the top."""

    covering = True

    def distances(self, layer: Image, sight: Sight) -> Distances:
        """Measure the one sample that the ray hits."""
        corner, right, up = (np.asarray(side, float) for side in (layer.corner, layer.right, layer.up))
        normal = np.cross(right, up)
        slant = float(sight.direction @ normal)
        if abs(slant) < 1e-12:
            return NOTHING
        met = sight.origin + float((corner - sight.origin) @ normal) / slant * sight.direction
        (u, v), *_ = np.linalg.lstsq(np.column_stack([right, up]), met - corner, rcond=None)
        if not (0.0 <= u < 1.0 and 0.0 <= v < 1.0):
            return NOTHING
        rows, columns = np.shape(layer.picture)[:2]
        row = min(int((1.0 - v) * rows), rows - 1)  # v = 0 is the last row's lower side
        return Distances(np.zeros(1), met[None], np.array([row * columns + int(u * columns)]))

    def describe(self, layer: Image, picked: Picked, setting: Setting) -> Description:
        """Describe the sample's row, column and value; highlight it."""
        rows, columns = np.shape(layer.picture)[:2]
        row, column = divmod(picked.element, columns)
        text = ", ".join(short(float(part)) for part in np.ravel(np.asarray(layer.picture)[row, column]))
        lines = (f"row {row + 1}, column {column + 1}", *(worth_of(layer, picked.element) or (f"value {text}",)))
        corner, right, up = (np.asarray(side, float) for side in (layer.corner, layer.right, layer.up))
        across, along = right / columns, up / rows
        first = corner + column * across + (rows - 1 - row) * along
        cell = np.stack([first, first + across, first + across + along, first + along, first])
        return Description(layer.name or "Picture", lines, "text", np.array(picked.position), outlines=(cell,))

    def is_opaque(self, layer: Image) -> bool:
        """Whether it is fully opaque."""
        return layer.alpha >= 1.0
