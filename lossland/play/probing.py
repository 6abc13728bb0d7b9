"""The numbers under the pointer: what the ground, or a moved plane, is like at a position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lossland.world.layers import WarpedGrid

if TYPE_CHECKING:
    from lossland.play.player import Player


@dataclass(frozen=True)
class Probe:
    """The ground under the pointer: place in the domain, loss and gradient there, the point in the world.

    In a moved plane there is no loss, but the ``source`` that the place came from (None where it came from a line).
    """

    position: tuple[float, float]
    world: tuple[float, float, float]
    value: float | None = None
    gradient: tuple[float, float] | None = None
    source: tuple[float, float] | None = None


def probed(player: Player, position: tuple[float, float]) -> Probe | None:
    """Return what the present picture is like at a position in the domain or plane; None where it tells nothing."""
    surface = player.surface()
    landscape = getattr(player.scene, "land", None)
    if surface is not None and landscape is not None:
        x, y, z = surface.terrain.world_from_domain(np.array(position)).tolist()
        value, gradient = landscape.value_grad(np.array(position))
        return Probe(position, (x, y, z), float(value), (float(gradient[0]), float(gradient[1])))
    grid = next((layer for layer in player.frame().layers if isinstance(layer, WarpedGrid)), None)
    if grid is not None:
        matrix = np.asarray(grid.matrix, float)
        whole = abs(np.linalg.det(matrix)) > 1e-9
        source = np.linalg.solve(matrix, position).tolist() if whole else None
        return Probe(position, (*position, 0.0), source=source and (source[0], source[1]))
    return None
