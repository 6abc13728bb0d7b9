"""Lines and curves: the pieces between their points."""

from __future__ import annotations

import numpy as np

from lossland.numerals import short
from lossland.pointing.description import Description, Setting, number_between, thinned, worth_of
from lossland.pointing.distances import Distances, Sight, to_segments
from lossland.pointing.picker import SLACK, Picked, Picker, picks
from lossland.world.layers import Curve, Lines

RINGS = (4.0, 5.0)  # logical pixels around a point of a line, of a curve


@picks(Lines)
class LinesPicker(Picker[Lines]):
    """The segments of all paths are numbered consecutively, path after path."""

    def distances(self, layer: Lines, sight: Sight) -> Distances:
        """Measure every piece of every path."""
        paths = [np.asarray(path, float).reshape(-1, 3) for path in layer.paths]
        starts = np.concatenate([path[:-1] for path in paths] or [np.zeros((0, 3))])
        ends = np.concatenate([path[1:] for path in paths] or [np.zeros((0, 3))])
        return to_segments(starts, ends, sight)

    def describe(self, layer: Lines, picked: Picked, setting: Setting) -> Description:
        """Describe the path's worth, else the position of the pointer; highlight the path."""
        pieces = np.cumsum([max(len(path) - 1, 0) for path in layer.paths])
        index = int(np.searchsorted(pieces, picked.element, "right"))
        path = thinned(layer.paths[index])
        lines = worth_of(layer, index) or setting.lines_at(picked.position)
        color = layer.color if isinstance(layer.color, str) else layer.color[index]
        return Description(layer.name or "Line", lines, color, np.array(picked.position), RINGS[0], (path,))

    def reach(self, layer: Lines) -> float:
        """Return the reach around the widest path."""
        return SLACK + 0.5 * float(np.max(layer.width, initial=0.0))


@picks(Curve)
class CurvePicker(Picker[Curve]):
    """A piece has the index of the point before it."""

    def distances(self, layer: Curve, sight: Sight) -> Distances:
        """Measure the pieces that are shown."""
        points = layer.shown
        return to_segments(points[:-1], points[1:], sight)

    def describe(self, layer: Curve, picked: Picked, setting: Setting) -> Description:
        """Describe the parameter along the curve, and the position."""
        position, lines = np.array(picked.position), setting.lines_at(picked.position)
        if layer.at is not None and layer.units is None:
            piece = slice(picked.element, picked.element + 2)
            ends, numbers = np.asarray(layer.points, float)[piece], np.asarray(layer.at, float)[piece]
            lines = (f"at {short(number_between(ends, numbers, position))}", *lines)
        return Description(layer.name or "Curve", lines, layer.color, position, RINGS[1])
