"""Points and sprites: each is an element."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lossland.pointing.description import Description, Setting, numbered, worth_at, worth_of
from lossland.pointing.distances import Distances, Floats, Ints, Sight, moved, to_points
from lossland.pointing.picker import SLACK, Picked, Picker, picks
from lossland.world.layers import Points, Sprites
from lossland.world.terrain import Terrain

RING_GAP = 4.0  # logical pixels between a point and the ring around it


@picks(Points)
class PointsPicker(Picker[Points]):
    """A point's element is its index, or its ``number`` if the layer shows a subset."""

    def distances(self, layer: Points, sight: Sight) -> Distances:
        """Measure the points; on a ground, only those near the ray."""
        position, among = moved(layer.position, layer.target, layer.share, layer.by), None
        if layer.ground is not None and position.shape[1] == 2:
            among = _near_the_ray(position, layer.ground, sight)
            position = position[among]
        found = to_points(_in_world(position, layer.ground), sight)
        if layer.number is None:
            return found._replace(element=among)
        number = np.asarray(layer.number)
        return found._replace(element=number if among is None else number[among])

    def describe(self, layer: Points, picked: Picked, setting: Setting) -> Description:
        """Describe the point's position and worth, in its own colour."""
        position, index = self.position_of(layer, picked.element), _index(layer, picked.element)
        if position is None:
            raise IndexError
        if isinstance(layer.color, str):
            color = layer.color
        else:
            category = int(layer.color[index])
            color = "dim" if category < 0 else f"particle.{category}"
        known = len(layer.position) == 1 or isinstance(worth_at(layer, index), str)  # a text says which one it is
        title = layer.name if layer.name and known else numbered(layer.name or "Point", picked.element)
        lines = (*setting.lines_at(position), *worth_of(layer, index))
        return Description(title, lines, color, position, _radius(layer) + RING_GAP)

    def reach(self, layer: Points) -> float:
        """Return the points' radius plus a tolerance."""
        return SLACK + _radius(layer)

    def position_of(self, layer: Points, element: int) -> NDArray[np.float64] | None:
        """Return a point's interpolated position."""
        index = _index(layer, element)
        if not 0 <= index < len(layer.position):
            return None
        one = slice(index, index + 1)
        target = None if layer.target is None else layer.target[one]
        return _in_world(moved(layer.position[one], target, layer.share, layer.by), layer.ground)[0]


@picks(Sprites)
class SpritesPicker(Picker[Sprites]):
    """A sprite's number is its index; one with a name that is worth a text says that instead of its number."""

    def distances(self, layer: Sprites, sight: Sight) -> Distances:
        """Measure the centres of the sprites."""
        return to_points(moved(layer.position, layer.target, layer.share), sight)

    def describe(self, layer: Sprites, picked: Picked, setting: Setting) -> Description:
        """Describe the sprite's position and worth."""
        position = self.position_of(layer, picked.element)
        if position is None:
            raise IndexError
        lines = (*setting.lines_at(position), *worth_of(layer, picked.element))
        says = bool(layer.name) and isinstance(layer.worth, Sequence) and isinstance(layer.worth[picked.element], str)
        title = layer.name if says else numbered(layer.name or "Picture", picked.element)
        return Description(title, lines, "text", position, 0.5 * layer.size + RING_GAP)

    def reach(self, layer: Sprites) -> float:
        """Return half the sprites' width."""
        return 0.5 * layer.size

    def position_of(self, layer: Sprites, element: int) -> NDArray[np.float64] | None:
        """Return a sprite's interpolated position."""
        if not 0 <= element < len(layer.position):
            return None
        one = slice(element, element + 1)
        return moved(layer.position[one], None if layer.target is None else layer.target[one], layer.share)[0]


def _radius(layer: Points) -> float:
    """Return the radius of points in logical pixels."""
    return 0.5 * layer.size if layer.style == "dot" else layer.size


def _index(layer: Points, element: int) -> int:
    """Return the index of the point with a number, or -1."""
    if layer.number is None:
        return element
    found = np.flatnonzero(np.asarray(layer.number) == element)
    return int(found[0]) if len(found) else -1


def _in_world(points: Floats, ground: Terrain | None) -> Floats:
    """Return world points (n, 3) of points (n, 3), or (n, 2) on a ground or in the plane."""
    if points.shape[1] == 3:
        return points
    return np.column_stack([points, np.zeros(len(points))]) if ground is None else ground.world_from_domain(points)


def _near_the_ray(position: NDArray[np.floating], ground: Terrain, sight: Sight) -> Ints:
    """Return the indices of points (n, 2) of the domain that may be drawn within the radius of the pointer.

    These are in the bounding box of the rays between the ground's lowest and highest point; it reduces millions of
    points in a few milliseconds. Points outside the domain are not drawn, and are excluded.
    """
    around = [sight.pixel + sight.radius * np.array(corner) for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
    rays = [sight.camera.ray(pixel.tolist(), sight.size) for pixel in around]
    ends = []
    for height in (float(ground.ground.min()), ground.top):
        for origin, direction in rays:
            depth = (height - origin[2]) / direction[2] if abs(direction[2]) > 1e-9 else -1.0
            if depth <= 0.0 and not sight.camera.flat:  # the ray misses the height: it may pass over all of the ground
                ends += [np.array([-1.0, -1.0]), np.array([1.0, 1.0])]
            else:
                ends.append(origin[:2] + depth * direction[:2])
    low, high = ground.domain_from_world(np.clip([np.min(ends, axis=0), np.max(ends, axis=0)], -1.0, 1.0))
    x, y = position[:, 0], position[:, 1]
    return np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
