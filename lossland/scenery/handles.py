"""What can be dragged in a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.world.layers import Color, Points


@dataclass(frozen=True, eq=False)
class Handle:
    """Something that can be dragged: where it is in the world, and what a drag does.

    ``plane`` None: the drag follows the scene's ground, else the horizontal plane of that height.
    ``move(scene, position)`` gets the position in the domain (on the ground) or in the plane, two numbers. One that is
    ``free`` moves in space, in the plane through it that faces the eye, and gets three; with ``along``, a direction
    (3,), it moves on the line through it alone, to where that passes nearest to the pointer in the picture.
    """

    name: str
    position: Sequence[float] | NDArray[np.floating]
    move: Callable[[Any, Any], None]
    plane: float | None = None
    free: bool = False
    along: tuple[float, float, float] | None = None

    def ring(self, color: Color, size: float = 7.0) -> Points:
        """Return the ring that shows in a window where it is to be dragged; films leave it out."""
        look: dict[str, Any] = {"group": "handles", "key": f"ring {self.name}", "name": self.name}
        return Points(np.array([self.position]), color, size, "ring", outline=True, **look)
