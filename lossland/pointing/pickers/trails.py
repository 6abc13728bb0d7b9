"""Trails: the head, and the pieces between iterates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.pointing.description import Description, Setting, number_between, thinned
from lossland.pointing.distances import NOTHING, Distances, Sight, to_points, to_segments
from lossland.pointing.picker import SLACK, Picked, Picker, picks
from lossland.world.layers import Trail

HEAD = -1  # the element of a trail that is its head
HEAD_REACH = 12.0  # logical pixels around a head
LINE_REACH = SLACK + 3.0
RINGS = (12.0, 5.0)  # logical pixels around a head, around another point


def line_distances(layer: Trail, sight: Sight) -> Distances:
    """Return the distances to the visible pieces of a trail, however large."""
    if not len(layer.points):
        return NOTHING
    shown = int(np.searchsorted(layer.progress, layer.upto, "right"))
    path = np.vstack([np.asarray(layer.points, float)[:shown], layer.end[None]])
    return to_segments(path[:-1], path[1:], sight)._replace(element=layer.first + np.arange(len(path) - 1))


@picks(Trail)
class TrailPicker(Picker[Trail]):
    """The head is ``HEAD``; a piece has the number of the point before it, counted from the path's first one."""

    def distances(self, layer: Trail, sight: Sight) -> Distances:
        """Measure the head and the visible pieces; the head has priority."""
        if not len(layer.points):
            return NOTHING
        line = line_distances(layer, sight)
        line.pixels[line.pixels > LINE_REACH * sight.scale] = np.inf
        if not layer.head:
            return line
        end = layer.end[None]
        head = to_points(end, sight)
        if head.pixels[0] <= sight.radius:
            line.pixels[:] = np.inf
        pixels, position = np.append(head.pixels, line.pixels), np.vstack([end, line.position])
        return Distances(pixels, position, np.append(HEAD, np.asarray(line.element)))

    def describe(self, layer: Trail, picked: Picked, setting: Setting) -> Description:
        """Describe the step of the path, and the ground's value there; highlight the path."""
        points, progress = np.asarray(layer.points, float), np.asarray(layer.progress, float)
        if picked.element == HEAD:
            position, step = layer.end, int(min(layer.upto, progress[-1]) + 1e-6)  # the one that panels count
        else:
            position, index = np.array(picked.position), picked.element - layer.first
            if index < 0:
                raise IndexError
            step = round(number_between(points[index : index + 2], progress[index : index + 2], position))
        shown = points[: int(np.searchsorted(layer.progress, layer.upto, "right"))]
        title = layer.name or layer.label or "Path"
        lines = (f"step {step}", *setting.lines_at(position))
        return Description(title, lines, layer.color, position, RINGS[picked.element != HEAD], (thinned(shown),))

    def reach(self, layer: Trail) -> float:
        """Return the reach of the head; that of the line is smaller."""
        return HEAD_REACH

    def position_of(self, layer: Trail, element: int) -> NDArray[np.float64] | None:
        """Return the head's position; the rest of a trail does not move."""
        return layer.end if element == HEAD and len(layer.points) else None
