"""A pad that a digit is drawn on with the mouse: a click sets the pen down, dragging it draws, a click on ink wipes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lossland.models import drawings
from lossland.scenery.handles import Handle
from lossland.world import layers
from lossland.world.plots import Plot

Place = tuple[float, ...]  # two numbers
SIDE = float(drawings.SIDE)


@dataclass(frozen=True)
class Pad:
    """An upright pad from its lower left ``corner`` (3,), ``size`` world units wide and high.

    What is drawn on it is a text of `lossland.models.drawings`; the pen's place counts pixels to the right and up.
    """

    corner: tuple[float, float, float]
    size: float

    @cached_property
    def plot(self) -> Plot:
        """Where its pixels are in the world."""
        return Plot((0.0, SIDE), (0.0, SIDE), corner=self.corner, right=self.size, up=(0.0, 0.0, self.size))

    def layers(self, drawing: str, pen: Place, color: layers.Color) -> list[layers.Layer]:
        """Return the drawing with a border in a colour, as the layer ``pad``, and the pen."""
        right, up = np.array([self.size, 0.0, 0.0]), np.array([0.0, 0.0, self.size])
        image, name = drawings.read(drawing), "Pad: click, and drag the pen"
        return [
            layers.Image(image, np.array(self.corner), right, up, border=color, name=name, key="pad"),
            layers.Points(self.plot.world(*pen)[None], "accent", 6.0, "ring", outline=True, group="handles", key="pen"),
        ]

    def handle(self, pen: Place, move: Callable[[Any, Any], None]) -> Handle:
        """Return the pen as what can be dragged; ``move(scene, position)`` gets places in the world."""
        return Handle("pen", self.plot.world(*pen), move, free=True)

    def drawn(self, drawing: str, pen: Place, position: ArrayLike) -> tuple[str, Place]:
        """Return the drawing and the pen after that was dragged to a position (3,) in the world."""
        x, y = (round(min(max(part, 0.0), SIDE), 2) for part in self.plot.data(np.asarray(position)))
        return drawings.written(drawings.stroke(drawings.read(drawing), pen, (x, y))), (x, y)

    def pressed(self, drawing: str, element: int) -> tuple[str, Place]:
        """Return the drawing and the pen after a click on a pixel, counted from the top left: on ink all is wiped."""
        row, column = divmod(element, drawings.SIDE)
        pen, ink = (column + 0.5, SIDE - row - 0.5), drawings.read(drawing)
        return ("" if ink[row, column] > 0.5 else drawings.written(drawings.stroke(ink, pen, pen))), pen
