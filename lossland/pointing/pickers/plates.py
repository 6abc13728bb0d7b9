"""Plates: rectangles with text on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.pointing.description import Description, Setting, numbered, worth_of
from lossland.pointing.distances import Distances, Sight
from lossland.pointing.picker import Picked, Picker, picks
from lossland.world.layers import Plates

Floats = NDArray[np.float64]


@picks(Plates)
class PlatesPicker(Picker[Plates]):
    """Every plate is an element."""

    covering = True

    def distances(self, layer: Plates, sight: Sight) -> Distances:
        """Measure all plates: distance 0 where the ray hits one, else infinity."""
        corner, right, up = (np.asarray(side, float).reshape(-1, 3) for side in (layer.corner, layer.right, layer.up))
        normal = np.cross(right, up)
        with np.errstate(divide="ignore", invalid="ignore"):
            way = np.einsum("nx,nx->n", corner - sight.origin, normal) / (normal @ sight.direction)
            at = sight.origin + way[:, None] * sight.direction
            across, along = (np.einsum("nx,nx->n", at - corner, s) / np.einsum("nx,nx->n", s, s) for s in (right, up))
        inside = (across >= 0.0) & (across <= 1.0) & (along >= 0.0) & (along <= 1.0)
        return Distances(np.where(inside, 0.0, np.inf), np.where(inside[:, None], at, corner + 0.5 * (right + up)))

    def describe(self, layer: Plates, picked: Picked, setting: Setting) -> Description:
        """Describe the plate by its text, or else by the first line of its worth; highlight it."""
        index = picked.element
        corner, right, up = (np.asarray(side, float)[index] for side in (layer.corner, layer.right, layer.up))
        title, lines = layer.name or (layer.text[index] if layer.text else ""), worth_of(layer, index)
        if not title:
            title, *lines = lines or (numbered("Plate", index),)
        around = _rounded(corner, right, up, layer.rounding)
        return Description(title, tuple(lines), "text", np.array(picked.position), outlines=(around,))


def _rounded(corner: Floats, right: Floats, up: Floats, rounding: float) -> Floats:
    """Return the outline (m, 3) of a rectangle whose corners are rounded by a share of its shorter side."""
    sides = np.stack([right, up])
    lengths = np.linalg.norm(sides, axis=1)
    radius = rounding * float(lengths.min()) / lengths  # in sides
    turn = np.linspace(0.0, 2.0 * np.pi, 33)[:-1]
    quarter = turn.reshape(4, 8)  # one at each corner, from the upper right counter-clockwise
    middle = np.array([[1, 1], [0, 1], [0, 0], [1, 0]])[:, None] * (1 - 2 * radius) + radius
    path = (middle + radius * np.stack([np.cos(quarter), np.sin(quarter)], -1)).reshape(-1, 2)
    return corner + np.vstack([path, path[:1]]) @ sides
