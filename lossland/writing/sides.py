"""The placement of the labels of points: at the side that their scene prefers, or at another one with room.

The side is chosen for key azimuths, and interpolated while the camera turns between them, as for heads' names (see
``placement``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot, pi

import numpy as np
from numpy.typing import NDArray

from lossland.pointing.picking import position_of
from lossland.world.camera import Camera, Pose, Rect
from lossland.world.geometry import HEAD_RADIUS, HEAD_RIM, head_centers
from lossland.world.layers import Graph, Label, Layer, Points, Trail
from lossland.writing.placement import SIDES, are_apart, at_sides, choose_sides, separate

Size = tuple[int, int]
Floats = NDArray[np.float64]

GAP = 8.0  # logical pixels between a point, or the disc around it, and its label
CLEAR = 2.0  # between a label and what it must not cover
SAME = 0.5  # pixels between two places of a label that are the same to the eye
FEW = 40  # points: a layer with more is a cloud, which labels may cover


class Discs:
    """Discs that labels must not cover: heads, points and nodes. They are computed once per picture.

    ``scale`` is the pixels per logical pixel.
    """

    def __init__(self, layers: Sequence[Layer], camera: Camera, size: Size, scale: float) -> None:
        found = list(_discs(layers))
        self.camera, self.size, self.scale = camera, size, scale
        heads = [(trail, radius) for trail, radius in found if isinstance(trail, Trail)]
        places = [(place, radius) for place, radius in found if not isinstance(place, Trail)]
        self.trails = [trail for trail, _ in heads]  # those with a head
        self._places = np.array([place for place, _ in places], float).reshape(-1, 3)
        self._radii = scale * np.array([radius for _, radius in [*heads, *places]], float)
        self._now: Floats | None = None  # their pixels from the camera's pose, once they are known
        self._squares: list[Rect] | None = None

    def seen(self, poses: Sequence[Pose]) -> tuple[Floats, Floats]:
        """Return their pixels (k, m, 2) from k poses of the camera, and their radii (m,) in pixels.

        One that has no pixel is at infinity.
        """
        camera, size, places = self.camera, self.size, self._places
        if self.trails:
            matrices = [camera.clip_from_world(size, pose) for pose in poses]
            heads = np.array([head_centers(self.trails, matrix, size[1] / self.scale) for matrix in matrices])
            places = np.concatenate([heads, np.broadcast_to(places, (len(poses), *places.shape))], 1)
        pixels = camera.project_from(poses, places, size)
        pixels[~np.isfinite(pixels)] = np.inf
        if poses[-1] is camera.pose:
            self._now = pixels[-1]
        return pixels, self._radii

    @property
    def heads(self) -> Floats:
        """The pixels (h, 2) of the trails' heads, from the camera's pose."""
        return self._pixels()[: len(self.trails)]

    def squares(self, heads: bool = False) -> list[Rect]:
        """Return the bounding squares in pixels of all or only of ``heads``, from the camera's pose."""
        if self._squares is None:
            seen = zip(self._pixels().tolist(), self._radii.tolist(), strict=True)
            self._squares = [(x - radius, y - radius, 2 * radius, 2 * radius) for (x, y), radius in seen]
        return self._squares[: len(self.trails)] if heads else self._squares

    def _pixels(self) -> Floats:
        return self.seen([self.camera.pose])[0][0] if self._now is None else self._now


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
    (before, after), share = poses
    seen_from = [camera.pose] if before == after else [before, after, camera.pose]  # equal for a flat camera
    points, directions = seen_sides(labels, camera, size, seen_from)
    centres, radii = discs.seen(seen_from)
    away = np.hypot(*(points[:, :, None] - centres[:, None]).transpose(3, 0, 1, 2))  # (k, n, m)
    inside = np.minimum(np.maximum(2 * radii - away, 0.0), radii)  # grows to the radius as a disc approaches
    gaps = GAP * scale + inside.max(axis=2, initial=0.0)
    obstacles = np.empty((len(seen_from), len(taken) + len(radii), 4))
    obstacles[:, : len(taken)] = np.array(taken, float).reshape(-1, 4)
    obstacles[:, len(taken) :, :2] = centres - radii[:, None]
    obstacles[:, len(taken) :, 2:] = 2 * radii[:, None]

    own, keys = np.array(sizes, float), max(len(seen_from) - 1, 1)
    angles = choose_sides(points[:keys], own, gaps[:keys], directions[:keys], area, obstacles[:keys], scale)
    eased = share * share * (3.0 - 2.0 * share)
    turn = (angles[-1] - angles[0] + pi) % (2 * pi) - pi
    wanted, usual = at_sides(points[-1], own, np.array([angles[0] + eased * turn, directions[-1]]), gaps[-1])
    if np.abs(wanted - usual).max() < SAME / 2 and are_apart(wanted, own, area, obstacles[-1], CLEAR * scale):
        return [(x, y, *size) for (x, y), size in zip(wanted.tolist(), sizes, strict=True)]
    places, found = [(x, y) for x, y in points[-1].tolist()], list[Rect | None]()
    placed = [(x, y, w, h) for x, y, w, h in obstacles[-1].tolist()]
    for index, corners in enumerate(zip(wanted.tolist(), usual.tolist(), strict=True)):
        spots = (separate([(x, y, *sizes[index])], area, placed, CLEAR * scale)[0] for x, y in corners)
        spot = next((one for one in spots if one is not None and not _misleads(one, corners[1], places, index)), None)
        if spot is not None:
            placed.append(spot)
        found.append(spot)
    return found


def _misleads(rect: Rect, usual: Sequence[float], points: Sequence[tuple[float, float]], own: int) -> bool:
    """Whether a label stands where that of another point usually would, rather than where its own usually does."""
    (x, y), (right, down) = points[own], (rect[0] - usual[0], rect[1] - usual[1])
    near = min(hypot(right, down), rect[3] / 2) - SAME
    return near > 0.0 and any(hypot(px - x - right, py - y - down) < near for px, py in points)


def seen_sides(labels: Sequence[Label], camera: Camera, size: Size, poses: Sequence[Pose]) -> tuple[Floats, Floats]:
    """Return the pixels (k, n, 2) of labels' points from k poses, and the directions (k, n) that the labels prefer.

    Directions are angles as in Choice.
    """
    count = len(labels)
    positions = np.array([label.position for label in labels], float).reshape(-1, 3)
    sides = [(k, label.side) for k, label in enumerate(labels) if not isinstance(label.side, str)]
    along = np.array([side for _, side in sides], float).reshape(-1, 3)
    length = np.sqrt((along**2).sum(axis=1, keepdims=True))
    beyond = positions[[k for k, _ in sides]] + 0.01 * along / np.maximum(length, 1e-9)
    points = camera.project_from(poses, np.concatenate([positions, beyond]), size)
    angles = np.empty((len(poses), count))
    angles[:] = [SIDES[label.side] if isinstance(label.side, str) else 0.0 for label in labels]
    for end, (k, _) in enumerate(sides, count):
        across, down = (points[:, end] - points[:, k]).T
        angles[:, k] = np.arctan2(down, across)
    return points[:, :count], angles


def _discs(layers: Sequence[Layer]) -> Iterator[tuple[Trail | Floats, float]]:
    """Yield the trails and points in the world that labels must not cover, with radii in logical pixels."""
    for layer in layers:
        if isinstance(layer, Trail):
            if layer.head and len(layer.points):
                yield layer, HEAD_RADIUS + HEAD_RIM
            continue
        if isinstance(layer, Points) and layer.style != "dot" and not layer.passing:
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
