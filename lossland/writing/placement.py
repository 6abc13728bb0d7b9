"""The placement of labels: a function of the picture alone, and smooth in time. NumPy only, no GL.

A label of a point has a preferred side, and takes another only if it would be clipped or cover something
(``choose_sides``). A label of a moving head takes any free position around it (``choose``).

Choosing the best free position in every frame makes labels flicker. Here a choice is made only at *key* moments, a
fixed number of iterations apart; in between a label is interpolated around its head from one choice to the next, and
remaining overlaps are resolved by the shortest moves. No state is kept, so a film, a window and a single still of the
same moment agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import cos, pi, sin, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.world.camera import Rect
from lossland.world.layers import Side

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

EIGHTH = pi / 4
SIDES: dict[Side, float] = {  # directions as in Choice; where several cost the same, the first is taken
    "right": 0.0,
    "above right": -EIGHTH,
    "below right": EIGHTH,
    "above": -2 * EIGHTH,
    "below": 2 * EIGHTH,
    "left": 4 * EIGHTH,
    "above left": -3 * EIGHTH,
    "below left": 3 * EIGHTH,
}
CUT, COVERED, TURNED = 10.0, 0.5, 1.0  # cost of a clipped pixel, of a covered square pixel, of an eighth of a turn

LEADING = 0.16  # blank share of a line's height, above and below its letters

DIRECTIONS = 16
DISTANCES = (17.0, 31.0, 51.0)  # logical pixels from a head's centre to its label


class Choice(NamedTuple):
    """A label's position relative to its head: direction in radians (0 right, π/2 below) and distance in pixels."""

    angle: float
    distance: float


def beside(head: Sequence[float], size: Sequence[float], choice: Choice) -> Rect:
    """Return the rectangle of a label of ``size`` (w, h) that touches the circle around a head in a direction."""
    dx, dy = cos(choice.angle), sin(choice.angle)
    x = head[0] + dx * choice.distance + (dx - 1) / 2 * size[0]
    y = head[1] + dy * choice.distance + (dy - 1) / 2 * size[1]
    return x, y, size[0], size[1]


def glide(start: Choice, end: Choice, share: float) -> Choice:
    """Interpolate between two choices, the shorter way around; ``share`` in [0, 1] is eased."""
    eased = share * share * (3.0 - 2.0 * share)
    turn = (end.angle - start.angle + pi) % (2 * pi) - pi
    return Choice(start.angle + eased * turn, start.distance + eased * (end.distance - start.distance))


def at_side(point: Sequence[float], size: Sequence[float], choice: Choice) -> Rect:
    """Return the rectangle of a label of ``size`` (w, h) in a direction from its point: beside, above, or at a corner.

    In between it moves along the edges of a rectangle, so it keeps its distance while it turns.
    """
    dx, dy = (min(max(sqrt(2) * part, -1.0), 1.0) for part in (cos(choice.angle), sin(choice.angle)))
    x = point[0] + dx * (choice.distance + size[0] / 2) - size[0] / 2
    y = point[1] + dy * (choice.distance + size[1] / 2) - size[1] / 2
    return x, y, size[0], size[1]


def at_sides(points: Floats, sizes: Floats, angles: Floats, distances: Floats) -> Floats:
    """Return the upper left corners (..., 2) of ``at_side`` for points and sizes (..., 2) and choices (...)."""
    return points + _touching(angles) * (distances[..., None] + sizes / 2) - sizes / 2


def _touching(angles: Floats) -> Floats:
    """Return where labels in these directions touch their points: (..., 2), in halves of their size."""
    along = np.empty((*angles.shape, 2))
    np.cos(angles, along[..., 0])
    np.sin(angles, along[..., 1])
    return np.minimum(np.maximum(sqrt(2) * along, -1.0), 1.0)


ANGLES = np.array(list(SIDES.values()))
TOUCHING = _touching(ANGLES)


def choose_sides(
    points: Floats, sizes: Floats, gaps: Floats, wanted: Floats, free: Rect, taken: Floats, px: float
) -> Floats:
    """Choose directions (k, n) for n labels in k views, in order: the wanted one, else a nearby side of less cost.

    The cost is what ``free`` clips, and what covers ``taken`` or an earlier label. ``points`` (k, n, 2), ``sizes``
    (n, 2), ``gaps`` (k, n) and the rectangles ``taken`` (k, m, 4) are in pixels, ``px`` is the pixels per logical
    pixel; ``wanted`` (k, n) and the result are directions as in Choice.
    """
    start, end = np.array(free[:2]), np.add(free[:2], free[2:])
    corners, fars = taken[..., :2], taken[..., :2] + taken[..., 2:]
    usual = at_sides(points, sizes, wanted, gaps)
    far = usual + sizes
    others, other_fars = np.concatenate([corners, usual], 1), np.concatenate([fars, far], 1)
    if (
        (usual >= start).all() and (far <= end).all()
        and len(_meeting(usual, far, others, other_fars)[0]) == wanted.size  # each meets itself
    ):  # fmt: skip
        return wanted  # nothing is lost: the usual case
    angles = np.empty((*wanted.shape, len(ANGLES) + 1))
    angles[..., :-1], angles[..., -1] = ANGLES, wanted
    low = np.empty((*angles.shape, 2))  # the upper left corners of all candidates
    reach, half = gaps[..., None, None], sizes[:, None] / 2
    low[:, :, :-1] = points[:, :, None] + TOUCHING * (reach + half) - half
    low[:, :, -1] = usual
    high = low + sizes[:, None]
    turned = np.abs((angles - wanted[..., None] + pi) % (2 * pi) - pi) / EIGHTH
    cut = np.maximum(start - low, 0.0) + np.maximum(high - end, 0.0)
    cost = TURNED * turned + CUT / px * (cut[..., 0] + cut[..., 1])

    least, most = low.min(axis=2), high.max(axis=2)  # (k, n, 2): around all candidates of a label
    views, labels, which = _meeting(least, most, corners, fars)
    if len(views):
        tops, bottoms = low[views, labels], high[views, labels]
        shared = np.minimum(bottoms, fars[views, which][:, None]) - np.maximum(tops, corners[views, which][:, None])
        shared = np.maximum(shared, 0.0)
        np.add.at(cost, (views, labels), COVERED / px**2 * shared[..., 0] * shared[..., 1])
    best = np.round(cost, 6).argmin(axis=2)
    views, labels, which = _meeting(least, most, least, most)
    near = labels < which
    if near.any():
        pairs = zip(views[near].tolist(), labels[near].tolist(), which[near].tolist(), strict=True)
        best = _apart(pairs, best.tolist(), cost.tolist(), low, high, COVERED / px**2)
    chosen = angles.reshape(-1, angles.shape[-1])[np.arange(wanted.size), best.ravel()]
    return chosen.reshape(wanted.shape)


def _apart(
    pairs: Iterable[tuple[int, int, int]],
    best: list[list[int]],
    cost: list[list[list[float]]],
    low: Floats,
    high: Floats,
    covered: float,
) -> Indices:
    """Return the best candidates (k, n) where the later label of each near pair avoids the earlier one, in order.

    A pair is a view and two labels; ``low`` and ``high`` (k, n, c, 2) are the candidates' corners. In plain Python: a
    few pairs are the usual case.
    """
    corners = np.concatenate([low, high], -1).tolist()
    for view, label, other in pairs:
        left, top, right, bottom = corners[view][label][best[view][label]]
        costs = cost[view][other]
        for candidate, (x0, y0, x1, y1) in enumerate(corners[view][other]):
            wide, tall = min(x1, right) - max(x0, left), min(y1, bottom) - max(y0, top)
            if wide > 0.0 and tall > 0.0:
                costs[candidate] += covered * wide * tall
        rounded = [round(one, 6) for one in costs]
        best[view][other] = rounded.index(min(rounded))
    return np.array(best)


def _meeting(low: Floats, high: Floats, corner: Floats, far: Floats) -> tuple[Indices, Indices, Indices]:
    """Return the views and the indices of rectangles and of others that share an area.

    Corners are (k, n, 2) and (k, m, 2).
    """
    meet = (low[:, :, None] < far[:, None]) & (corner[:, None] < high[:, :, None])
    views, rows, which = np.nonzero(meet[..., 0] & meet[..., 1])
    return views, rows, which


def choose(
    heads: Floats, sizes: Floats, obstacles: Floats, free: Rect, taken: Sequence[Rect], px: float
) -> list[Choice]:
    """Choose a position for each label, in order: covering little, overlapping nothing, near, and preferably to
    the right.

    ``heads``, ``sizes`` (n, 2) and ``obstacles`` (m, 2) are in pixels, ``px`` is the pixels per logical pixel.
    """
    heads, sizes, obstacles = (a.reshape(-1, 2).round(1) for a in (heads, sizes, obstacles))
    angle, distance, across, down = _places(px)
    # a row for each label, with all its candidates
    left = heads[:, :1] + across * distance + (across - 1) / 2 * sizes[:, :1]
    top = heads[:, 1:] + down * distance + (down - 1) / 2 * sizes[:, 1:]
    right, bottom = left + sizes[:, :1], top + sizes[:, 1:]
    covered = _inside(obstacles, left, top, right, bottom, 4 * px)
    other_heads = _inside(heads, left, top, right, bottom, 12 * px)
    outside = (
        np.maximum(free[0] - left, 0) + np.maximum(free[1] - top, 0)
        + np.maximum(right - free[0] - free[2], 0) + np.maximum(bottom - free[1] - free[3], 0)
    )  # fmt: skip
    cost = 12 * covered + 120 * other_heads + 50 * outside / px
    far, upright, leftish = 0.55 * distance / px, 4 * np.abs(down), np.where(across > -0.2, 0, 3)

    def shared(rects: Sequence[Rect]) -> Floats:
        """Return the area that each candidate shares with rectangles, or their surroundings."""
        x, y, w, h = np.array(rects, float).reshape(-1, 4).T[:, :, None, None]
        wide = np.minimum(right, x + w) - np.maximum(left, x) + 8 * px
        high = np.minimum(bottom, y + h) - np.maximum(top, y) + 6 * px
        return (np.maximum(wide, 0) * np.maximum(high, 0)).sum(0)

    overlap = shared(taken)
    chosen = []
    for row, size in enumerate(sizes.tolist()):  # in order: each avoids the earlier ones
        best = int(np.argmin(np.round(cost[row] + 0.8 * overlap[row] / px**2 + far + upright + leftish, 6)))
        overlap += shared([(left[row, best], top[row, best], *size)])
        chosen.append(Choice(float(angle[best]), float(distance[best])))
    return chosen


@lru_cache(maxsize=4)
def _places(px: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return direction and distance of all candidates around a head, and the direction's cosine and sine."""
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    angle, distance = (grid.ravel() for grid in np.meshgrid(angles, px * np.array(DISTANCES)))
    return angle, distance, np.cos(angle), np.sin(angle)


def _inside(points: Floats, left: Floats, top: Floats, right: Floats, bottom: Floats, margin: float) -> Floats:
    """Return how many points (m, 2) are in each rectangle, grown by a margin."""
    x, y = points.T[:, :, None, None]
    hit = (x > left - margin) & (x < right + margin) & (y > top - margin) & (y < bottom + margin)
    return np.count_nonzero(hit, axis=0).astype(float)


def overlap(a: Rect, b: Rect) -> bool:
    """Whether two rectangles share an area."""
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def inked(line: Rect) -> Rect:
    """Return a line's rectangle without its leading."""
    x, y, width, height = line
    return x, y + LEADING * height, width, (1 - 2 * LEADING) * height


def has_room(line: Rect, free: Rect, taken: Sequence[Rect]) -> bool:
    """Whether the letters of a line of text lie within ``free`` and cover nothing that is ``taken``."""
    x, y, width, height = inked(line)
    right, bottom = x + width, y + height
    if not (free[0] <= x and right <= free[0] + free[2] and free[1] <= y and bottom <= free[1] + free[3]):
        return False
    for left, top, wide, high in taken:  # `overlap` inlined: this runs hundreds of times per frame
        if x < left + wide and left < right and y < top + high and top < bottom:
            return False
    return True


def are_apart(corners: Floats, sizes: Floats, free: Rect, taken: Floats, gap: float) -> bool:
    """Whether rectangles are within ``free``, and ``gap`` apart from each other and from ``taken`` (m, 4).

    ``corners`` (n, 2) are the upper left ones, as are ``sizes`` in pixels. Then ``separate`` moves none of them.
    """
    fars = corners + sizes
    if (corners < free[:2]).any() or (fars > np.add(free[:2], free[2:])).any():
        return False
    others = np.concatenate([taken[:, :2], corners])[None]
    other_fars = np.concatenate([taken[:, :2] + taken[:, 2:], fars])[None]
    return len(_meeting((corners - gap)[None], (fars + gap)[None], others, other_fars)[0]) == len(corners)


def separate(wanted: Sequence[Rect], free: Rect, taken: Sequence[Rect], gap: float) -> list[Rect | None]:
    """Move rectangles by the least that keeps them in ``free`` and ``gap`` apart from each other and from
    ``taken``.

    Earlier ones have priority. None if there is no room left.
    """
    placed = [tuple(rect) for rect in taken]
    result: list[Rect | None] = []
    for x, y, w, h in wanted:
        spot = _nearest_room(x, y, w, h, free, placed, gap)
        result.append(None if spot is None else (*spot, w, h))
        if spot is not None:
            placed.append((*spot, w, h))
    return result


def _nearest_room(
    x: float, y: float, w: float, h: float, free: Rect, placed: Sequence[tuple[float, ...]], gap: float
) -> tuple[float, float] | None:
    """Return the upper left corner nearest to (x, y) at which a rectangle has room."""
    low, high = free[:2], (free[0] + free[2] - w, free[1] + free[3] - h)
    if high[0] < low[0] or high[1] < low[1]:
        return None
    x, y = min(max(x, low[0]), high[0]), min(max(y, low[1]), high[1])
    left, right, top, bottom = x - gap, x + w + gap, y - gap, y + h + gap
    for ox, oy, ow, oh in placed:  # this runs hundreds of times per frame
        if left < ox + ow and right > ox and top < oy + oh and bottom > oy:
            break
    else:
        return x, y
    others = np.array(placed, float).reshape(-1, 4)
    # In each direction the nearest free position is the wanted one, or touches a neighbour or the border.
    xs = np.concatenate([[x, low[0], high[0]], others[:, 0] - w - gap, others[:, 0] + others[:, 2] + gap])
    ys = np.concatenate([[y, low[1], high[1]], others[:, 1] - h - gap, others[:, 1] + others[:, 3] + gap])
    xs, ys = xs[(xs >= low[0]) & (xs <= high[0])], ys[(ys >= low[1]) & (ys <= high[1])]
    left, top = (grid.ravel() for grid in np.meshgrid(xs, ys))
    room = ~_hits(left, top, w, h, others, gap - 1e-6)
    if not room.any():
        return None
    left, top = left[room], top[room]
    best = int(np.argmin((left - x) ** 2 + (top - y) ** 2))
    return float(left[best]), float(top[best])


def _hits(left: Floats, top: Floats, w: float, h: float, others: Floats, gap: float) -> NDArray[np.bool_]:
    """Return for each corner whether a rectangle there is nearer than ``gap`` to any other."""
    x, y, ow, oh = (others[:, k, None] for k in range(4))
    near = (left < x + ow + gap) & (left + w + gap > x) & (top < y + oh + gap) & (top + h + gap > y)
    return np.any(near, axis=0)
