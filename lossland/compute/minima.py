"""Assigns points to minima: the known ones, and those that Newton's method finds from the points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland import checks
from lossland.errors import UserError

if TYPE_CHECKING:
    from lossland.landscapes import Landscape
    from lossland.landscapes.problems import Ground

Float64 = NDArray[np.float64]

NEAR = 0.003  # tolerance for having reached a minimum, relative to the domain's diagonal
POLISH = 20  # Newton steps; near a minimum each doubles the number of correct digits
FLAT = 1e-10  # ratio of curvatures below which a critical point is degenerate: a ring, a trough
FEW = 16  # up to this many minima every point is compared with each
CELLS = 1 << 22  # in the largest table of cells
MOST = 512  # minima that are kept apart


class Minima(NamedTuple):
    """Minima of a landscape: ``position`` (m, 2), or (m, n) of a problem, and ``value`` (m,)."""

    position: Float64
    value: Float64


def tolerance(landscape: Ground) -> float:
    """Return the distance within which a particle has reached a minimum: 0.3 % of the domain's diagonal."""
    low, high = np.array(landscape.domain).T
    return NEAR * float(np.linalg.norm(high - low))


@np.errstate(all="ignore")
def known_minima(problem: Ground, points: NDArray[np.floating]) -> tuple[Minima, NDArray[np.int16]]:
    """Return the known minima of a problem in any dimension, and which of them each of the points (N, n) has reached.

    A point has reached the nearest one that is within ``tolerance(problem)`` of it, -1 for none.
    """
    known = np.asarray(problem.minima, dtype=np.float64).reshape(-1, len(problem.names))
    label, nearest = np.full(len(points), -1, np.int16), np.full(len(points), tolerance(problem))
    for number, place in enumerate(known):
        distance = np.linalg.norm(points - place, axis=1)
        label, nearest = np.where(distance < nearest, np.int16(number), label), np.minimum(distance, nearest)
    return Minima(known, np.asarray(problem.value(known)).reshape(-1)), label


@np.errstate(all="ignore")
def basins(points: NDArray[np.floating], minima: ArrayLike, tolerance: float) -> NDArray[np.int16]:
    """Return for each of the points (N, 2) the index of the nearest minimum (m, 2) within the tolerance, or -1."""
    points = _pairs(points)
    sites = np.asarray(minima, dtype=points.dtype).reshape(-1, 2)
    label = np.full(len(points), -1, np.int16)
    nearest = np.full(len(points), tolerance * tolerance, points.dtype)
    x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    for number in _candidates(points, sites, tolerance):
        distance = (x - sites[number, 0]) ** 2 + (y - sites[number, 1]) ** 2
        nearer = (distance < nearest) & (number >= 0)
        label = np.where(nearer, number, label)
        nearest = np.where(nearer, distance, nearest)
    return label


def _pairs(points: ArrayLike) -> NDArray[np.floating]:
    """Return points as an array (N, 2), or raise UserError."""
    pairs = checks.plain(points, "Points")
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise UserError(f"Points must have the shape (N, 2), not {tuple(pairs.shape)}.")
    return pairs


def _candidates(
    points: NDArray[np.floating], sites: NDArray[np.floating], tolerance: float
) -> Iterable[NDArray[np.int16]]:
    """Yield indices of minima, (N,) or one for all points, that include every minimum within reach of each point.

    A few minima are simply all yielded. Many are sorted into square cells as wide as the tolerance: what is within
    reach of a point is in its cell or in the eight around it.
    """
    numbers = np.arange(len(sites), dtype=np.int16)
    if len(sites) <= FEW or not np.isfinite(tolerance):
        return numbers
    low = sites.min(axis=0).astype(np.float64) - 2 * tolerance
    columns, rows = (np.floor((sites.max(axis=0) - low) / tolerance) + 3).astype(np.int64)
    if columns * rows > CELLS:
        return numbers
    around = np.array([(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
    cell = (np.floor((sites - low) / tolerance).astype(np.int64)[:, None, :] + around) @ (1, columns)
    order = np.argsort(cell.ravel(), kind="stable")
    cell, number = cell.ravel()[order], np.repeat(numbers, len(around))[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)  # position among the cell's minima
    table = np.full((rank.max() + 1, columns * rows + 1), -1, np.int16)  # the last cell is everything outside
    table[rank, cell] = number
    at = np.floor((points - low) / tolerance)
    inside = ((at >= 0) & (at < (columns, rows))).all(axis=1)
    here = np.where(inside, at @ (1, columns), columns * rows).astype(np.int64)
    return (layer[here] for layer in table)


@np.errstate(all="ignore")
def find_minima(landscape: Landscape, points: NDArray[np.floating]) -> tuple[Minima, NDArray[np.int16]]:
    """Return the minima that points (N, 2) have reached, or could have, and each point's label (-1 for none).

    A point has reached a minimum when it is within ``tolerance(landscape)`` of it. The landscape's known minima come
    first, in their order. Further ones are found from the points that are near none of these: where Newton's method
    leads from such a point to a position within the tolerance where the Hessian is positive definite, there is a
    minimum. They follow, those reached by the most points first. A degenerate valley that is level along a line
    (a ring, a trough) holds no minimum of this kind.
    """
    points, near = _pairs(points), tolerance(landscape)
    known = np.asarray(landscape.minima, dtype=np.float64).reshape(-1, 2)
    label = basins(points, known, near)
    rest = points[label < 0].astype(np.float64)
    found = _distinct(_polished(landscape, _one_per_cell(rest[np.isfinite(rest).all(axis=1)], near), near), near)
    if len(found):
        position = np.concatenate((known, found[: MOST - len(known)]))
        label = basins(points, position, near)
        position, label = _most_reached_first(position, label, keep=len(known))
    else:
        position = known
    return Minima(position, np.asarray(landscape.value(position)).reshape(-1)), label


def _one_per_cell(points: Float64, size: float) -> Float64:
    """Return one of the points from each square cell of the plane that holds any."""
    points = points[(np.abs(points) < 1e9 * size).all(axis=1)]  # farther out the cell index would overflow
    cell = np.floor(points / size).astype(np.int64)
    _, first = np.unique(cell[:, 0] * 2**31 + cell[:, 1], return_index=True)
    return points[first]


def _polished(landscape: Landscape, points: Float64, near: float) -> Float64:
    """Return the minima that Newton's method finds within ``near`` of the points."""
    position, move = points, np.full_like(points, np.inf)
    for _ in range(POLISH):
        move, bowl = _newton_move(landscape, position)
        there = bowl & (np.hypot(*(position + move - points).T) <= near)
        points, position, move = points[there], (position + move)[there], move[there]
    at_rest = np.hypot(*move.T) <= 1e-6 * near
    return position[at_rest]


def _newton_move(landscape: Landscape, points: Float64) -> tuple[Float64, NDArray[np.bool_]]:
    """Return Newton's step to the critical point, and whether the Hessian is positive definite at the start."""
    grad, hessian = np.asarray(landscape.grad(points)), np.asarray(landscape.hessian(points))
    (gx, gy), (xx, xy, yy) = grad.T, hessian.T
    determinant = xx * yy - xy * xy
    move = np.stack((xy * gy - yy * gx, xy * gx - xx * gy), axis=-1) / determinant[:, None]
    return move, (xx > 0) & (determinant > FLAT * (xx + yy) ** 2)


def _distinct(points: Float64, near: float) -> Float64:
    """Return the points without those within ``near`` of an earlier one."""
    kept: list[Float64] = []
    while len(points) and len(kept) < MOST:
        kept.append(points[0])
        points = points[np.hypot(*(points - points[0]).T) > near]
    return np.array(kept).reshape(-1, 2)


def _most_reached_first(position: Float64, label: NDArray[np.int16], keep: int) -> tuple[Float64, NDArray[np.int16]]:
    """Sort the minima after the first ``keep`` by how many points they have, dropping those without."""
    count = np.bincount(label[label >= 0], minlength=len(position))
    order = [*range(keep), *(keep + np.argsort(-count[keep:], kind="stable"))]
    order = [i for i in order if i < keep or count[i]]
    renumber = np.full(len(position) + 1, -1, np.int16)  # the last entry is for label -1
    renumber[order] = np.arange(len(order))
    return position[order], renumber[label]
