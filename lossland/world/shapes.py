"""Corners, vertices and triangles of the usual shapes, for ``layers.Bars`` and ``layers.Solid``. NumPy only."""

from __future__ import annotations

from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class Boxes(NamedTuple):
    """Opposite corners of boxes along the axes, each (n, 3)."""

    low: Floats
    high: Floats


class Mesh(NamedTuple):
    """Vertices (n, 3), triangles (k, 3), visible edges (m, 2); normals (n, 3) where the body is round, else every
    triangle is flat."""

    vertices: Floats
    triangles: Indices
    edges: Indices
    normals: Floats | None = None


def point_at(points: ArrayLike, times: ArrayLike, time: float) -> Floats:
    """Return the point (3,) of a path (m, 3) at a time, interpolated linearly at the increasing ``times`` (m,).

    Times outside are clamped.
    """
    path, clock = np.asarray(points, float), np.asarray(times, float)
    after = int(clock.searchsorted(time, "right"))
    if after in (0, len(clock)):
        return path[max(after - 1, 0)]
    start, end = path[after - 1], path[after]
    begin = clock[after - 1]
    return start + (time - begin) * ((end - start) / (clock[after] - begin))


def part_of(times: ArrayLike, points: ArrayLike, begin: float, end: float) -> tuple[Floats, Floats]:
    """Return the part of a polyline (n, d) between two times: its times (m,) and points (m, d)."""
    times, points = np.asarray(times, float), np.asarray(points, float)
    at = np.concatenate([[begin], times[(times > begin) & (times < end)], [end]])
    return at, np.stack([np.interp(at, times, column) for column in points.T], -1)


def lifted(points: ArrayLike, z: float = 0.0) -> Floats:
    """Return points of the plane (..., 2) as points of the world (..., 3) at the height ``z``."""
    flat = np.asarray(points, float)
    return np.concatenate([flat, np.full((*flat.shape[:-1], 1), z)], -1)


def rectangle(x: tuple[float, float], y: tuple[float, float]) -> Floats:
    """Return the corners (4, 3) of a rectangle in the plane z = 0 between two x and two y."""
    (x0, x1), (y0, y1) = x, y
    return np.array([(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)])


def box(low: ArrayLike, high: ArrayLike) -> Floats:
    """Return the corners (8, 3) of the axis-aligned box between two opposite ones (3,)."""
    share = np.array(list(product((0.0, 1.0), repeat=3)))
    return (1 - share) * np.asarray(low, float) + share * np.asarray(high, float)


def around(points: ArrayLike, step: float, margin: float = 0.0) -> Floats:
    """Return the corners (8, 3) of a box around points (n, 3) whose sides are at multiples of a step, and a margin.

    For the extent of a view: it changes only now and then while the points are dragged.
    """
    steps = np.asarray(points, float) / step
    return box(step * np.floor(steps.min(axis=0)) - margin, step * np.ceil(steps.max(axis=0)) + margin)


def rim(sheet: NDArray) -> NDArray:
    """Return the rim (2 (n + m) , d) of a sheet (n, m, d), all the way around."""
    return np.concatenate([sheet[0], sheet[:, -1], sheet[-1, ::-1], sheet[::-1, 0]])


def grid(half: float, step: float = 1.0, reach: float | None = None) -> Floats:
    """Return the lines (2 n, 2, 2) of a square grid from -half to half, each as two ends: up and across, in turn.

    They have that length, or go from -reach to reach.
    """
    ticks, end = np.linspace(-half, half, 2 * round(half / step) + 1), half if reach is None else reach
    ends = [line for k in ticks for line in (((k, -end), (k, end)), ((-end, k), (end, k)))]
    return np.array(ends, float)


def patches(middles: ArrayLike, half: float, height: ArrayLike, lift: ArrayLike = 0.0) -> Floats:
    """Return square sheets (s, n (s + 3), 3) side by side in one grid, separated by nan.

    Their ``middles`` are (n, 2), ``half`` is half of their side; they stand ``height`` (n, s, s) above ``lift``, a
    number or (n,). The last points of each stand twice, so that light falls on its edge as on the rest.
    """
    height = np.asarray(height, float)
    side = np.linspace(-half, half, height.shape[1])
    x, y = np.meshgrid(side, side)
    middles, lift = np.asarray(middles, float), np.broadcast_to(lift, len(height))
    x, y = x + middles[:, 0, None, None], y + middles[:, 1, None, None]
    points = np.stack([x, y, height + lift[:, None, None]], -1)
    points = np.pad(points, ((0, 0), (0, 0), (1, 1), (0, 0)), mode="edge")
    points = np.pad(points, ((0, 0), (0, 0), (0, 1), (0, 0)), constant_values=np.nan)
    return points.transpose(1, 0, 2, 3).reshape(height.shape[1], -1, 3)


def over_patches(values: NDArray) -> NDArray:
    """Return values (n, s, s) of `patches` at the points (s, n (s + 3)) of their grid."""
    return np.pad(values, ((0, 0), (0, 0), (1, 2)), mode="edge").transpose(1, 0, 2).reshape(values.shape[1], -1)


def patch_of(cell: int, columns: int, size: int) -> int:
    """Return the index of the patch (see `patches`) of a cell, in a grid with a number of columns; ``size`` is s."""
    return cell % (columns - 1) // (size + 3)


def clear_sides(points: ArrayLike, lines: ArrayLike, half: ArrayLike, directions: int = 16) -> Floats:
    """Return for each point (n, 2) the direction (n, 2) in which lines (m, 2, 2) cover least of a label beside it.

    ``half`` is half the width and height (2,) of all labels, or of each (n, 2). A label is placed beside, above or
    below its point, or at a corner; the first one is placed first, and the others keep clear of it like of the lines.
    """
    points, lines = np.asarray(points, float), np.asarray(lines, float)
    turn = np.linspace(0.0, 2 * np.pi, directions, endpoint=False)
    around = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    within = np.array(list(product(np.linspace(-1, 1, 5), np.linspace(-1, 1, 3))))
    across = np.array([[(-1.0, high), (1.0, high)] for high in (-1.0, 0.0, 1.0)])
    best = np.zeros(len(points), int)
    for k, size in enumerate(np.broadcast_to(np.asarray(half, float), points.shape)):
        middles = points[k] + 1.2 * size * np.clip(np.sqrt(2.0) * around, -1.0, 1.0)
        begin, way = lines[:, 0], lines[:, 1] - lines[:, 0]
        apart = (middles[:, None] + size * within)[..., None, :] - begin  # (directions, 15, m, 2)
        along = np.clip((apart * way).sum(axis=-1) / np.maximum((way**2).sum(axis=-1), 1e-300), 0.0, 1.0)
        away = np.linalg.norm(apart - along[..., None] * way, axis=-1).min(axis=-1)
        covered = np.exp(-((away / (0.5 * size.min())) ** 2)).mean(axis=-1)
        best[k] = np.argmin(np.round(covered - 0.02 * (away / size.max()).mean(axis=-1), 9))
        lines = np.concatenate([lines, middles[best[k]] + size * across])
    return around[best]


def ribbon(points: ArrayLike, width: float) -> Floats:
    """Return a line (n, 3) as a ribbon (2, n, 3) of a width along y, for a ``Sheet``."""
    side = np.array([0.0, width / 2, 0.0])
    return np.stack([np.asarray(points, float) - side, np.asarray(points, float) + side])


def in_steps(size: float, least: float, step: float = 1.3) -> float:
    """Return the smallest of ``least``, ``least * step``, ``least * step**2`` ... that is not below a size.

    For the extent of a view: one that followed a slider exactly would never be still.
    """
    if size <= least:
        return least
    return least * step ** float(np.ceil(np.log(size / least) / np.log(step) - 1e-9))


# -------------------------------------------------------------------------------------------------------- boxes
def histogram(edges: ArrayLike, height: ArrayLike, depth: tuple[float, float] = (-0.1, 0.1), gap: float = 0.0) -> Boxes:
    """Return upright bars over the intervals between ``edges`` (n + 1,), as high as ``height`` (n,), which may be
    negative; ``gap`` is the share of an interval left free. Bars stand on z = 0 and span ``depth`` along y."""
    edges, height = np.asarray(edges, float), np.asarray(height, float)
    if edges.ndim != 1 or height.shape != (len(edges) - 1,):
        raise UserError(f"A histogram of {height.size} bars needs {height.size + 1} edges, not {edges.size}.")
    space = 0.5 * gap * np.diff(edges)
    zero, one = np.zeros_like(height), np.ones_like(height)
    return Boxes(
        np.column_stack([edges[:-1] + space, depth[0] * one, np.minimum(height, zero)]),
        np.column_stack([edges[1:] - space, depth[1] * one, np.maximum(height, zero)]),
    )


def flat_histogram(edges: ArrayLike, height: ArrayLike, gap: float = 0.0) -> Boxes:
    """Return bars of the plane z = 0, rising along y, as ``histogram`` does upright."""
    low, high = histogram(edges, height, (0.0, 0.0), gap)
    return Boxes(low[:, [0, 2, 1]], high[:, [0, 2, 1]])


def skyline(height: ArrayLike, width: float = 2.0, gap: float = 0.12) -> Boxes:
    """Return one bar for each entry of a matrix (rows, columns), row by row, centred on the origin.

    The first row is the farthest (largest y), so that from the front a matrix looks as it is written.
    """
    height = np.atleast_2d(np.asarray(height, float))
    rows, columns = height.shape
    cell = width / max(rows, columns)
    x = (np.arange(columns) - columns / 2) * cell
    y = (rows / 2 - 1 - np.arange(rows)) * cell
    left, front = np.meshgrid(x, y)
    space = 0.5 * gap * cell
    low = np.stack([left + space, front + space, np.minimum(height, 0.0)], -1)
    high = np.stack([left + cell - space, front + cell - space, np.maximum(height, 0.0)], -1)
    return Boxes(low.reshape(-1, 3), high.reshape(-1, 3))


def ridgeline(edges: ArrayLike, heights: ArrayLike, pitch: float, depth: float = 0.6) -> Boxes:
    """Return histograms (rows, n) one behind the other, ``pitch`` apart along y; bars are ``depth`` of it deep."""
    rows = np.atleast_2d(np.asarray(heights, float))
    pieces = [histogram(edges, row, (k * pitch, (k + depth) * pitch)) for k, row in enumerate(rows)]
    return Boxes(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


# -------------------------------------------------------------------------------------------------------- bodies
def plane(point: ArrayLike, normal: ArrayLike, half: float = 1.0) -> Mesh:
    """Return a square in a plane, 2 ``half`` wide, centred on a point; two of its sides are horizontal."""
    normal = _unit(normal, "A plane's normal")
    level = np.cross([0.0, 0.0, 1.0], normal)
    across = level / np.linalg.norm(level) if np.linalg.norm(level) > 1e-9 else np.array([1.0, 0.0, 0.0])
    up = np.cross(normal, across)
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    vertices = np.asarray(point, float) + half * (signs[:, :1] * across + signs[:, 1:] * up)
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]]), np.array([[0, 1], [1, 2], [2, 3], [3, 0]]))


def parallelepiped(columns: ArrayLike, corner: ArrayLike = (0.0, 0.0, 0.0)) -> Mesh:
    """Return the image of the unit cube under a matrix (3, 3): the box spanned by its columns from a corner."""
    cube = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    vertices = np.asarray(corner, float) + cube @ np.asarray(columns, float).T
    faces = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    triangles = faces[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    if np.linalg.det(np.asarray(columns, float)) < 0:
        triangles = triangles[:, ::-1]  # a mirrored box: keep its faces oriented outwards
    edges = [(a, b) for a, b in combinations(range(8), 2) if bin(a ^ b).count("1") == 1]
    return Mesh(vertices, triangles, np.array(edges))


def simplex(corners: ArrayLike) -> Mesh:
    """Return the triangle or tetrahedron between 3 or 4 corners (k, 3)."""
    vertices = np.asarray(corners, float)
    if vertices.shape not in ((3, 3), (4, 3)):
        raise UserError(f"A simplex has 3 or 4 corners in space, not the shape {vertices.shape}.")
    triangles = list(combinations(range(len(vertices)), 3))
    if len(vertices) == 4:
        triangles = [_outward(vertices, corners, vertices.mean(0)) for corners in triangles]
    return Mesh(vertices, np.array(triangles), np.array(list(combinations(range(len(vertices)), 2))))


def polytope(points: ArrayLike) -> Mesh:
    """Return the convex hull of points (n, 3), not all in one plane, with the edges between its flat faces.

    Incremental: the faces that an outside point sees are removed, and their horizon is joined with the point.
    """
    points = np.unique(np.asarray(points, float).reshape(-1, 3), axis=0)
    start = _tetrahedron(points)
    middle = points[start].mean(0)
    size = float(np.ptp(points, axis=0).max())
    faces = [_outward(points, corners, middle) for corners in combinations(start, 3)]
    for k in sorted(set(range(len(points))) - set(start)):
        seen = [face for face in faces if _above(points, face, points[k]) > 1e-9 * size]
        if not seen:
            continue
        sides = [(face[i], face[(i + 1) % 3]) for face in seen for i in range(3)]
        rim = [side for side in sides if side[::-1] not in sides]
        faces = [face for face in faces if face not in seen] + [(a, b, k) for a, b in rim]
    used = sorted({corner for face in faces for corner in face})
    number = {corner: i for i, corner in enumerate(used)}
    triangles = np.array([[number[corner] for corner in face] for face in faces])
    return Mesh(points[used], triangles, _creases(points[used], triangles))


def ellipsoid(center: ArrayLike, axes: ArrayLike, fineness: int = 32) -> Mesh:
    """Return the image of the unit sphere under a matrix of half axes as columns (3, 3), moved to a centre.

    For the ellipsoid of a covariance C, k standard deviations wide: ``axes = k * eigenvectors * sqrt(eigenvalues)``.
    """
    matrix = np.asarray(axes, float)
    rows, columns = fineness, 2 * fineness
    polar, turn = np.meshgrid(np.linspace(0, np.pi, rows + 1), np.linspace(0, 2 * np.pi, columns + 1), indexing="ij")
    sphere = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1).reshape(-1, 3)
    normals = sphere @ np.linalg.pinv(matrix)  # of a sphere moved by M: M^-T n
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    first = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    below = first + columns + 1
    triangles = np.concatenate([np.stack([first, below, first + 1], -1), np.stack([first + 1, below, below + 1], -1)])
    no_edges = np.zeros((0, 2), int)
    return Mesh(np.asarray(center, float) + sphere @ matrix.T, triangles, no_edges, normals / np.maximum(length, 1e-12))


def covariance_axes(covariance: ArrayLike, deviations: float = 1.0) -> Floats:
    """Return half axes as columns (3, 3) of the ellipsoid ``deviations`` standard deviations wide."""
    eigenvalues, eigenvectors = np.linalg.eigh(np.asarray(covariance, float))
    return deviations * eigenvectors * np.sqrt(np.maximum(eigenvalues, 0.0))


# ------------------------------------------------------------------------------------------------------- helpers
def _unit(vector: ArrayLike, name: str) -> Floats:
    vector = np.asarray(vector, float)
    length = float(np.linalg.norm(vector))
    if not 0.0 < length < np.inf:
        raise UserError(f"{name} must have a direction, not {vector.tolist()}.")
    return vector / length


def _tetrahedron(points: Floats) -> list[int]:
    """Return four points that are not coplanar: two far ends, then the farthest from their line, and from the plane."""
    if len(points) < 4:
        raise UserError("A polytope needs at least four points that are not in one plane.")
    a = int(np.argmin(points[:, 0]))
    b = int(np.argmax(np.linalg.norm(points - points[a], axis=1)))
    c = int(np.argmax(np.linalg.norm(np.cross(points - points[a], points[b] - points[a]), axis=1)))
    normal = np.cross(points[b] - points[a], points[c] - points[a])
    away = np.abs((points - points[a]) @ normal)
    if away.max() <= 1e-12 * max(float(np.ptp(points)), 1e-300) ** 3:
        raise UserError("A polytope needs at least four points that are not in one plane.")
    return [a, b, c, int(np.argmax(away))]


def _outward(points: Floats, corners: tuple[int, ...], inside: Floats) -> tuple[int, int, int]:
    a, b, c = corners
    return (a, b, c) if _above(points, (a, b, c), inside) < 0 else (a, c, b)


def _above(points: Floats, face: tuple[int, int, int], point: Floats) -> float:
    """Return how far a point is in front of a face (negative: behind it)."""
    a, b, c = points[list(face)]
    normal = np.cross(b - a, c - a)
    return float((point - a) @ normal / max(float(np.linalg.norm(normal)), 1e-300))


def _creases(vertices: Floats, triangles: Indices) -> Indices:
    """Return the edges at which two triangles meet at an angle."""
    a, b, c = vertices[triangles.T]
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    owners: dict[tuple[int, int], list[int]] = {}
    for number, triangle in enumerate(triangles.tolist()):
        for side in combinations(sorted(triangle), 2):
            owners.setdefault((side[0], side[1]), []).append(number)
    bent = [side for side, (one, *rest) in owners.items() if not rest or normal[one] @ normal[rest[0]] < 1 - 1e-6]
    return np.array(bent, int).reshape(-1, 2)
