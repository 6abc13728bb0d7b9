"""The tooltip and the highlight of an element under the pointer. NumPy only, no GL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.numerals import pair, short, thousands
from lossland.world.layers import Layer, Units
from lossland.world.terrain import Terrain

Floats = NDArray[np.float64]
Value = Callable[[tuple[float, float]], float]  # of the ground at a position in its domain

NEAR_GROUND = 0.06  # world: within this distance above or below the ground an element is on it
MOST_OUTLINED = 400  # points of a highlighted path


@dataclass(frozen=True, eq=False)
class Description:
    """A title in a colour, lines of numbers, and a highlight: a ring around the position, lines in the world.

    ``ring`` is its radius in logical pixels (0: none); ``outlines`` are (k, 3) world arrays.
    """

    title: str
    lines: tuple[str, ...]
    color: str
    position: Floats
    ring: float = 0.0
    outlines: tuple[Floats, ...] = ()


@dataclass(frozen=True, eq=False)
class Setting:
    """The context of a description: the frame's ground, its exact values, and whether the view is flat."""

    ground: Terrain | None
    value: Value | None
    flat: bool
    units: Units | None = None  # of the layer

    def lines_at(self, position: ArrayLike) -> tuple[str, ...]:
        """Return a world position (3,) as lines: on the ground with its value, away from the ground nothing."""
        if self.units is not None:
            return (self.units.told(np.asarray(position, float)),)
        x, y, z = (float(number) for number in np.asarray(position))
        if self.ground is None:
            return (f"at {pair((x, y) if self.flat else (x, y, z))}",)
        within = self.ground.domain_from_world((x, y)).tolist()
        if abs(z - self.ground.world_from_domain(within)[2]) > NEAR_GROUND or max(abs(x), abs(y)) > 1.0 + 1e-6:
            return ()  # the ground's numbers are not this element's
        if self.value is None:
            return (f"at {pair(within)}",)
        return (f"f{pair(within)} = {short(self.value((within[0], within[1])))}",)


def numbered(name: str, element: int) -> str:
    """Return a name with an element's number, starting from 1."""
    return f"{name} {thousands(element + 1)}"


def worth_at(layer: Layer, element: int) -> float | str | None:
    """Return an element's ``worth``, a number or a text; None if the layer has none."""
    if layer.worth is None:
        return None
    return layer.worth[element] if isinstance(layer.worth, Sequence) else np.ravel(layer.worth)[element]


def worth_of(layer: Layer, element: int) -> tuple[str, ...]:
    """Return an element's ``worth`` as lines; none if the layer has none."""
    worth = worth_at(layer, element)
    if worth is None:
        return ()
    return tuple(worth.splitlines()) if isinstance(worth, str) else (short(float(worth)),)


def number_between(ends: Floats, numbers: Floats, position: Floats) -> float:
    """Interpolate the numbers (2,) of two points (2, 3) at a position (3,) between them."""
    if len(ends) < 2:
        return float(numbers[0])
    along = ends[1] - ends[0]
    share = float(np.clip((position - ends[0]) @ along / max(float(along @ along), 1e-18), 0.0, 1.0))
    return float(numbers[0] + share * (numbers[1] - numbers[0]))


def thinned(path: ArrayLike) -> Floats:
    """Return a path (m, 3) thinned to about ``MOST_OUTLINED`` points, including the first and the last."""
    points = np.asarray(path, float).reshape(-1, 3)
    stride = max(1, -(-len(points) // MOST_OUTLINED))
    return np.concatenate([points[:-1:stride], points[-1:]])
