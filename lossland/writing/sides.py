"""Where the labels of places stand: at the side that their scene prefers, or at another one where there is room.

The side is chosen as seen from key azimuths, and a label turns from one choice to the next while the camera turns
between them, as heads' names do (see ``placement``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
FEW = 40  # points: a layer of more of them is a cloud, and a label may stand in it


def place_beside(
    labels: Sequence[Label],
    sizes: Sequence[tuple[float, float]],
    layers: Sequence[Layer],
    camera: Camera,
    size: Size,
    area: Rect,
    taken: Sequence[Rect],
    scale: float,
    poses: tuple[tuple[Pose, Pose], float],
) -> list[Rect | None]:
    """Return where labels with a side stand, inside ``area`` and clear of ``taken``; None where there is no room.

    ``sizes`` are the labels' pixels, ``scale`` the pixels to a logical one, ``poses`` those of the camera at the key
    azimuths around its own and how far it is between them.
    """
    anchors = np.array([label.position for label in labels], float).reshape(-1, 3)
    matters = list(_discs(layers))

    def seen(pose: Pose) -> tuple[Floats, Floats, list[float]]:
        """Return the labels' points (n, 2), the discs (m, 3), and how far from its point each label stands."""
        points, discs = camera.project(anchors, size, pose), _seen_discs(matters, camera, size, pose, scale)
        away = np.hypot(*(points[:, None] - discs[None, :, :2]).transpose(2, 0, 1))  # (n, m)
        inside = np.clip(2 * discs[:, 2] - away, 0.0, discs[:, 2])  # comes up to the radius while a disc comes near
        return points, discs, (GAP * scale + inside.max(axis=1, initial=0.0)).tolist()

    (before, after), share = poses
    views = {pose: seen(pose) for pose in (before, after, camera.pose)}  # one and the same where the camera is flat
    angles = []
    for pose in (before,) if before == after else (before, after):
        points, discs, gaps = views[pose]
        blocked = [*taken, *_squares(discs)]
        directions = [_direction(label, camera, size, pose) for label in labels]
        angles.append(choose_sides(points.tolist(), sizes, gaps, directions, area, blocked, scale))
    points, discs, gaps = views[camera.pose]
    wanted = []
    for point, own, gap, start, end in zip(points.tolist(), sizes, gaps, angles[0], angles[-1], strict=True):
        wanted.append(at_side(point, own, glide(Choice(start, gap), Choice(end, gap), share)))
    return separate(wanted, area, [*taken, *_squares(discs)], CLEAR * scale)


def _direction(label: Label, camera: Camera, size: Size, pose: Pose) -> float:
    """Return the direction in which a label wants to stand from its point: an angle as in Choice."""
    if isinstance(label.side, str):
        return SIDES[label.side]
    point, along = np.array(label.position, float), np.array(label.side, float)
    start, end = camera.project(
        np.array([point, point + 0.01 * along / max(float(np.hypot.reduce(along)), 1e-9)]), size, pose
    )
    return float(np.arctan2(*(end - start)[::-1]))


def discs_seen(layers: Sequence[Layer], camera: Camera, size: Size, scale: float) -> list[Rect]:
    """Return the squares of pixels around what in some layers must not be covered: heads, points, nodes."""
    return _squares(_seen_discs(list(_discs(layers)), camera, size, camera.pose, scale))


def _discs(layers: Sequence[Layer]) -> Iterator[tuple[Trail | Floats, float]]:
    """Yield what labels must not cover, heads and points in the world (3,), with radii in logical pixels."""
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


def _seen_discs(
    matters: Sequence[tuple[Trail | Floats, float]], camera: Camera, size: Size, pose: Pose, scale: float
) -> Floats:
    """Return pixels and radii (m, 3) of what labels must not cover."""
    trails = [what for what, _ in matters if isinstance(what, Trail)]
    heads = iter(head_centers(trails, camera.clip_from_world(size, pose), size[1] / scale))
    places = [next(heads) if isinstance(what, Trail) else what for what, _ in matters]
    pixels = camera.project(np.array(places, float).reshape(-1, 3), size, pose)
    found = np.column_stack([pixels, [radius * scale for _, radius in matters]])
    return found[np.isfinite(found).all(axis=1)]


def _squares(discs: Floats) -> list[Rect]:
    return [(x - radius, y - radius, 2 * radius, 2 * radius) for x, y, radius in discs.tolist()]
