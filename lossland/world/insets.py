"""Small charts in the plane beside the subject: a phase portrait, lanes along which errors decrease.

An inset maps its own coordinates to the world, and makes its layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.numerals import short
from lossland.world.layers import ON_GROUND, Color, Label, Layer, Lines, Points, Polygon
from lossland.world.shapes import lifted

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Square:
    """A square in the plane with its own coordinates, from -``reach`` to ``reach`` along both sides.

    ``middle`` (x, y) and ``half`` its side are in world units, ``z`` is how high above the plane it lies.
    """

    middle: tuple[float, float]
    half: float
    reach: float = 1.0
    z: float = ON_GROUND

    def world_from_inset(self, position: ArrayLike) -> Floats:
        """Return world points (..., 3) of positions (..., 2) in the inset's coordinates."""
        return lifted(np.array(self.middle) + self.half / self.reach * np.asarray(position, float), self.z)

    def inset_from_world(self, world: ArrayLike) -> Floats:
        """Return positions (..., 2) in the inset's coordinates of world points (..., 2 or 3)."""
        return (np.asarray(world, float)[..., :2] - self.middle) / self.half * self.reach

    @property
    def corners(self) -> Floats:
        """The four corners (4, 3) in the world, anticlockwise from the lower left."""
        return self.world_from_inset(self.reach * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]))

    def part_inside(self, path: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the points of a path (T, 2) in its coordinates up to where it leaves, at least the first one."""
        outside = np.flatnonzero((np.abs(path) > self.reach).any(axis=1))
        return path[: max(int(outside[0]), 1)] if len(outside) else path

    def axes(self, x: str, y: str) -> list[Layer]:
        """Return the square, and its two axes with their names."""
        right, top = self.reach * np.eye(2)
        lines = [self.world_from_inset([-end, end]) for end in (right, top)]
        return [
            Polygon(self.corners, "text", 0.05, 1.2),
            Lines(lines, "dim", 1.2, 0.7),
            Label(self.world_from_inset(right), x, "dim", size=13.0, side="right"),
            Label(self.world_from_inset(top), y, "dim", size=13.0, side="above"),
        ]


@dataclass(frozen=True)
class Lanes:
    """Parallel lanes along y with a logarithmic scale of errors: from 1 down to 10^-``decades`` at ``home``.

    An error of 1 is at the world's y = ``home`` - ``length``. Errors above 1 are clamped at ``most`` times the length.
    The scale is drawn across from x = -``half`` to ``half``.
    """

    home: float
    length: float
    decades: int = 6
    most: float = 1.14
    half: float = 1.0
    z: float = ON_GROUND

    def world_from_error(self, x: float, error: ArrayLike) -> Floats:
        """Return world points (m, 3) of errors (m,) on the lane at the world's ``x``."""
        far = np.clip(1 + np.log10(np.maximum(error, 1e-300)) / self.decades, 0, self.most)
        return lifted(np.stack([np.full_like(far, x), self.home - self.length * far], -1), self.z)

    def ruled(self, x: ArrayLike) -> list[Layer]:
        """Return the empty lanes at the world's ``x`` (n,), and the scale across, marked at every second decade."""
        lanes = [self.world_from_error(lane, (1.0, 10.0**-self.decades)) for lane in np.asarray(x, float)]
        exponents = range(-self.decades, 1, 2)
        y = self.home - self.length * np.linspace(0, 1, len(exponents))
        across = [lifted([(-self.half, one), (self.half, one)], self.z) for one in y]
        marks = [
            Label(line[0], f"10^{{{exponent}}}" if exponent else "1", "dim", latex=True, size=14.0, side="left")
            for line, exponent in zip(across, exponents, strict=True)
        ]
        name = Label(across[-1][0], "error", "dim", size=12.0, side="below left")
        return [Lines(across, "dim", 1.0, 0.35), Lines(lanes, "dim", 1.4, 0.55), *marks, name]

    def bead(self, x: float, error: float, color: Color, radius: float, name: str) -> list[Layer]:
        """Return an error as a bead of ``radius`` pixels on the lane at the world's ``x``, with a line from 1 to it.

        Beyond the end of the lane its number stands beside it.
        """
        way = self.world_from_error(x, (1.0, error))
        bead = Points(way[1:], color, radius, "sphere", outline=True, name=name, worth=[error])
        beyond = error > 10 ** (self.decades * (self.most - 1))
        told = [Label(way[1], f"error {short(error)}", color)] if beyond else []
        return [Lines([way], color, 3.0), bead, *told]
