"""The numbers of the ground, or of a transformed plane, under the pointer. NumPy only, no GL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lossland.scenery.scene import Frame
from lossland.world.layers import WarpedGrid


class Differentiable(Protocol):
    """The part of a landscape that a probe needs."""

    def value_grad(self, position: NDArray[np.float64], /) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the value and the gradient (2,) at a position (2,)."""
        ...


@dataclass(frozen=True)
class Probe:
    """The ground under the pointer: position in the domain, loss and gradient there, world point.

    In a transformed plane there is no loss, but the ``source`` of the position (None if the map is singular).
    """

    position: tuple[float, float]
    world: tuple[float, float, float]
    value: float | None = None
    gradient: tuple[float, float] | None = None
    source: tuple[float, float] | None = None


def probe(frame: Frame, landscape: Differentiable | None, position: tuple[float, float]) -> Probe | None:
    """Return the numbers at a position in the ground's domain or in the plane; None if there is neither.

    ``landscape`` is what the frame's ground shows.
    """
    if frame.ground is not None and landscape is not None:
        x, y, z = frame.ground.world_from_domain(position).tolist()
        value, gradient = landscape.value_grad(np.array(position))
        return Probe(position, (x, y, z), float(value), (float(gradient[0]), float(gradient[1])))
    grid = next((layer for layer in frame.layers if isinstance(layer, WarpedGrid)), None)
    if grid is not None:
        matrix = np.asarray(grid.matrix, float)
        invertible = abs(np.linalg.det(matrix)) > 1e-9
        source = np.linalg.solve(matrix, position).tolist() if invertible else None
        return Probe(position, (*position, 0.0), source=source and (source[0], source[1]))
    return None
