"""What can be dragged in a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.world.layers import Color, Points

Move = Callable[[Any, Any], None]  # of a scene of the class that declares the handle, and of a position


@dataclass(frozen=True, eq=False)
class Handle:
    """Something that can be dragged: its world position, and the effect of a drag.

    ``plane`` None: the drag follows the scene's ground, else the horizontal plane at that height.
    ``move(scene, position)`` gets the position in the domain (on the ground) or in the plane, two numbers. One that is
    ``free`` moves in the plane through it that faces the camera, and gets three; with ``along``, a direction (3,), it
    moves on the line through it, to the point nearest to the pointer in the picture.
    """

    name: str
    position: Sequence[float] | NDArray[np.floating]
    move: Move
    plane: float | None = None
    free: bool = False
    along: tuple[float, float, float] | None = None

    def ring(self, color: Color, size: float = 7.0) -> Points:
        """Return the ring that marks the handle in a window; films omit it."""
        position, key = np.array([self.position]), f"ring {self.name}"
        return Points(position, color, size, "ring", outline=True, group="handles", key=key, name=self.name)
