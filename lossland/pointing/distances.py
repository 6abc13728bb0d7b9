"""Distances in pixels from the pointer to projected points, segments and triangles. NumPy only, no GL.

Pixels count from the upper left of the picture, y down, and ``size`` is the picture's, as in ``camera.Camera``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.world.camera import Camera, Size

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]


class Sight(NamedTuple):
    """A pixel of a picture, the ray through it, and the search radius around it.

    ``radius`` is in pixels, ``scale`` is the number of pixels per logical pixel. The ray's ``origin`` (3,) and unit
    ``direction`` (3,) are in the world.
    """

    camera: Camera
    pixel: Floats
    size: Size
    radius: float
    scale: float
    origin: Floats
    direction: Floats

    @classmethod
    def through(cls, pixel: ArrayLike, camera: Camera, size: Size, radius: float = 0.0, scale: float = 1.0) -> Sight:
        """Return the sight through a pixel (2,), with a radius of ``radius`` pixels."""
        pointer = np.asarray(pixel, float)
        return cls(camera, pointer, size, radius, scale, *camera.ray(pointer.tolist(), size))

    def depth(self, positions: Floats) -> Floats:
        """Return the distances of world positions (..., 3) along the ray."""
        return (positions - self.origin) @ self.direction


class Distances(NamedTuple):
    """The distances in pixels (n,) from the pointer to some elements, and the nearest world point of each (n, 3).

    ``element`` (n,) are the elements' indices; None: 0, 1 ... n - 1.
    """

    pixels: Floats
    position: Floats
    element: Ints | None = None


NOTHING = Distances(np.zeros(0), np.zeros((0, 3)))


def to_points(position: ArrayLike, sight: Sight) -> Distances:
    """Return the distances to world points (n, 3)."""
    position = np.asarray(position, float)
    drawn = sight.camera.project(position, sight.size)
    return Distances(np.linalg.norm(drawn - sight.pixel, axis=-1), position)


def to_segments(start: ArrayLike, end: ArrayLike, sight: Sight) -> Distances:
    """Return the distances to the segments between world points (n, 3)."""
    start, end, project = np.asarray(start, float), np.asarray(end, float), sight.camera.project
    pixels, share = pixels_to_segments(sight.pixel, project(start, sight.size), project(end, sight.size))
    return Distances(pixels, start + share[:, None] * (end - start))


def to_triangles(vertices: ArrayLike, triangles: Ints, sight: Sight) -> Distances:
    """Return the ray's intersections with triangles (k, 3): distance 0, or infinity (Möller, Trumbore 1997)."""
    if not len(triangles):
        return NOTHING
    a, b, c = np.asarray(vertices, float)[np.asarray(triangles).T]
    one, two = b - a, c - a
    across = np.cross(sight.direction, two)
    det = np.einsum("ij,ij->i", one, across)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1.0 / det
        away = sight.origin - a
        u = np.einsum("ij,ij->i", away, across) * inverse
        around = np.cross(away, one)
        v = around @ sight.direction * inverse
        depth = np.einsum("ij,ij->i", around, two) * inverse
        inside = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & np.isfinite(depth)
    crossing = sight.origin + np.where(inside, depth, 0.0)[:, None] * sight.direction
    return Distances(np.where(inside, 0.0, np.inf), np.where(inside[:, None], crossing, (a + b + c) / 3))


def pixels_to_segments(pixel: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return the distances (...) from a pixel (2,) to segments (..., 2), and the share of each at the nearest point."""
    along = end - start
    length = np.einsum("...x,...x->...", along, along)
    share = np.clip(np.einsum("...x,...x->...", pixel - start, along) / np.maximum(length, 1e-12), 0.0, 1.0)
    return np.linalg.norm(start + share[..., None] * along - pixel, axis=-1), share


def moved(position: ArrayLike, target: ArrayLike | None, share: float, by: ArrayLike | None = None) -> Floats:
    """Interpolate points (n, 3) by ``share`` towards their targets (n, 3).

    A matrix ``by`` (3, 3) is then applied to them.
    """
    start = np.asarray(position, float)
    here = start if target is None else start + share * (np.asarray(target, float) - start)
    return here if by is None else here @ np.asarray(by, float).T
