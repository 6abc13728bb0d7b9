"""The placement of the labels of points: at the side that their scene prefers, or at another one with room.

The side is chosen for key azimuths, and interpolated while the camera turns between them, as for heads' names (see
``placement``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot

import numpy as np
from numpy.typing import NDArray

from lossland.pointing.picking import position_of
from lossland.world.camera import Camera, Pose
from lossland.world.geometry import HEAD_RADIUS, HEAD_RIM, head_centers
from lossland.world.layers import Graph, Label, Layer, Points, Trail
from lossland.writing.placement import SIDES, Choice, Rect, at_side, choose_sides, glide, separate

Size = tuple[int, int]
Floats = NDArray[np.float64]

GAP = 8.0  # logical pixels between a point, or the disc around it, and its label
CLEAR = 2.0  # between a label and what it must not cover
FEW = 40  # points: a layer with more is a cloud, which labels may cover


class Discs:
    """Discs that labels must not cover: heads, points and nodes. They are computed once per picture.

    ``scale`` is the pixels per logical pixel.
    """

    def __init__(self, layers: Sequence[Layer], camera: Camera, size: Size, scale: float) -> None:
        found = list(_discs(layers))
        self.camera, self.size, self.scale = camera, size, scale
        self._heads = [(trail, radius) for trail, radius in found if isinstance(trail, Trail)]
        places = [(place, radius) for place, radius in found if not isinstance(place, Trail)]
        self._places = np.array([place for place, _ in places], float).reshape(-1, 3)
        self._radii = scale * np.array([radius for _, radius in [*self._heads, *places]], float)
        self._seen: dict[Pose, tuple[Floats, int]] = {}

    def seen(self, pose: Pose) -> Floats:
        """Return their pixels and radii (m, 3), seen from a pose of the camera."""
        return self._at(pose)[0]

    def squares(self, pose: Pose | None = None, heads: bool = False) -> list[Rect]:
        """Return the bounding squares in pixels of all or only of ``heads``, from the camera's pose or another."""
        seen, count = self._at(self.camera.pose if pose is None else pose)
        shown = seen[:count] if heads else seen
        return [(x - radius, y - radius, 2 * radius, 2 * radius) for x, y, radius in shown.tolist()]

    def _at(self, pose: Pose) -> tuple[Floats, int]:
        """Return pixels and radii (m, 3) seen from a pose, those of heads first, and the number of heads."""
        if pose not in self._seen:
            camera, size = self.camera, self.size
            trails = [trail for trail, _ in self._heads]
            places = self._places
            if trails:
                centers = head_centers(trails, camera.clip_from_world(size, pose), size[1] / self.scale)
                places = np.concatenate([centers, places])
            found = np.concatenate([camera.project(places, size, pose), self._radii[:, None]], axis=1)
            finite = np.asarray(np.isfinite(found).all(axis=1))
            self._seen[pose] = found[finite], int(np.count_nonzero(finite[: len(trails)]))
        return self._seen[pose]


def place_beside(
    labels: Sequence[Label],
    sizes: Sequence[tuple[float, float]],
    discs: Discs,
    area: Rect,
    taken: Sequence[Rect],
    poses: tuple[tuple[Pose, Pose], float],
) -> list[Rect | None]:
    """Return the rectangles of labels with a side, inside ``area``, clear of ``discs`` and ``taken``; None: no room.

    ``sizes`` are in pixels, ``poses`` the camera's at the key azimuths around its own, and its fraction between them.
    """
    camera, size, scale = discs.camera, discs.size, discs.scale

    def seen(pose: Pose) -> tuple[list[list[float]], list[float], list[float]]:
        """Return the labels' points in pixels, their preferred directions, and each label's distance from its point."""
        points, directions = seen_sides(labels, camera, size, pose)
        found = discs.seen(pose)
        away = np.hypot(*(points[:, None] - found[None, :, :2]).transpose(2, 0, 1))  # (n, m)
        inside = np.clip(2 * found[:, 2] - away, 0.0, found[:, 2])  # grows to the radius as a disc approaches
        return points.tolist(), directions, (GAP * scale + inside.max(axis=1, initial=0.0)).tolist()

    (before, after), share = poses
    angles = []
    for pose in (before,) if before == after else (before, after):  # equal for a flat camera
        points, directions, gaps = seen(pose)
        angles.append(choose_sides(points, sizes, gaps, directions, area, [*taken, *discs.squares(pose)], scale))
    points, directions, gaps = seen(camera.pose)
    wanted, usual = [], []
    for point, own, gap, side, start, end in zip(points, sizes, gaps, directions, angles[0], angles[-1], strict=True):
        wanted.append(at_side(point, own, glide(Choice(start, gap), Choice(end, gap), share)))
        usual.append(at_side(point, own, Choice(side, gap)))
    placed, found = [*taken, *discs.squares()], list[Rect | None]()
    for own, rects in enumerate(zip(wanted, usual, strict=True)):
        spots = (separate([rect], area, placed, CLEAR * scale)[0] for rect in rects)
        spot = next((spot for spot in spots if spot is not None and not _misleads(spot, usual[own], points, own)), None)
        if spot is not None:
            placed.append(spot)
        found.append(spot)
    return found


def _misleads(rect: Rect, usual: Rect, points: Sequence[Sequence[float]], own: int) -> bool:
    """Whether a label stands where that of another point usually would, rather than where its own usually does."""
    (x, y), (right, down) = points[own], (rect[0] - usual[0], rect[1] - usual[1])
    near = min(hypot(right, down), rect[3] / 2) - 0.5
    return near > 0.0 and any(hypot(px - x - right, py - y - down) < near for px, py in points)


def seen_sides(labels: Sequence[Label], camera: Camera, size: Size, pose: Pose) -> tuple[Floats, list[float]]:
    """Return the pixels (n, 2) of labels' points, and their preferred directions from them: angles as in Choice."""
    points = np.array([label.position for label in labels], float).reshape(-1, 3)
    along = np.array([(0.0, 0.0, 0.0) if isinstance(one.side, str) else one.side for one in labels], float)
    along = along.reshape(-1, 3)
    beyond = points + 0.01 * along / np.maximum(np.linalg.norm(along, axis=1), 1e-9)[:, None]
    starts, ends = camera.project(np.stack([points, beyond]), size, pose)
    angles = np.arctan2(ends[:, 1] - starts[:, 1], ends[:, 0] - starts[:, 0]).tolist()
    for k, label in enumerate(labels):
        if isinstance(label.side, str):
            angles[k] = SIDES[label.side]
    return starts, angles


def _discs(layers: Sequence[Layer]) -> Iterator[tuple[Trail | Floats, float]]:
    """Yield the trails and points in the world that labels must not cover, with radii in logical pixels."""
    for layer in layers:
        if isinstance(layer, Trail):
            if layer.head and len(layer.points):
                yield layer, HEAD_RADIUS + HEAD_RIM
            continue
        if isinstance(layer, Points) and layer.style != "dot":
            count, radius = len(layer.position), layer.size
        elif isinstance(layer, Graph):
            count, radius = len(layer.nodes), layer.radius
        else:
            continue
        for element in range(count if count <= FEW else 0):
            number = element if not isinstance(layer, Points) or layer.number is None else int(layer.number[element])
            position = position_of(layer, number)
            if position is not None:
                yield position, radius
