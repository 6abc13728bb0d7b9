"""Bars: each box is an element."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from lossland.numerals import short
from lossland.pointing.description import Description, Setting, numbered, worth_of
from lossland.pointing.distances import Distances, Sight, pixels_to_segments
from lossland.pointing.picker import Picked, Picker, picks
from lossland.world.layers import Bars

# The twelve edges of a box: pairs of corners that differ along one axis.
BOX = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
BOX_EDGES = np.array([pair for pair in combinations(range(8), 2) if np.abs(BOX[pair[0]] - BOX[pair[1]]).sum() == 1])


@picks(Bars)
class BarsPicker(Picker[Bars]):
    """A bar's number is its index."""

    covering = True

    def distances(self, layer: Bars, sight: Sight) -> Distances:
        """Return 0 for boxes that the ray hits, else the distance to the nearest edge."""
        low, high = np.sort(np.stack([np.asarray(layer.low, float), np.asarray(layer.high, float)]), axis=0)
        corners = low[:, None] + BOX * (high - low)[:, None]
        drawn = sight.camera.project(corners, sight.size)
        pixels, _ = pixels_to_segments(sight.pixel, drawn[:, BOX_EDGES[:, 0]], drawn[:, BOX_EDGES[:, 1]])
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = np.sort(np.stack([low - sight.origin, high - sight.origin]) / sight.direction, axis=0)
        enter, leave = np.nanmax(crossings[0], axis=1), np.nanmin(crossings[1], axis=1)
        hit = enter <= leave
        met = sight.origin + np.where(hit, enter, 0.0)[:, None] * sight.direction
        return Distances(np.where(hit, 0.0, pixels.min(axis=1)), np.where(hit[:, None], met, (low + high) / 2))

    def describe(self, layer: Bars, picked: Picked, setting: Setting) -> Description:
        """Describe the bar's worth, else its height; highlight its edges."""
        low, high = (np.asarray(side, float)[picked.element] for side in (layer.low, layer.high))
        size = np.abs(high - low)
        corners = np.minimum(low, high) + BOX * size
        lines = worth_of(layer, picked.element) or (f"height {short(float(size[2] if size[2] > 0 else size[1]))}",)
        title, edges = numbered(layer.name or "Bar", picked.element), tuple(corners[edge] for edge in BOX_EDGES)
        return Description(title, lines, "text", np.array(picked.position), outlines=edges)

    def is_opaque(self, layer: Bars) -> bool:
        """Bars always are."""
        return True
