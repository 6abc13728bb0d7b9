"""A pad for drawing a digit with the mouse: a click places the pen, dragging it draws, a click on ink clears."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import ArrayLike

from lossland.models import drawings
from lossland.scenery.handles import Handle, Move
from lossland.world import layers
from lossland.world.plots import Plot

Place = tuple[float, ...]  # two numbers
SIDE = float(drawings.SIDE)


@dataclass(frozen=True)
class Pad:
    """A vertical pad with its lower left ``corner`` (3,), ``size`` world units wide and high.

    Its drawing is a text of `lossland.models.drawings`; the pen's position is in its pixels, to the right and up.
    """

    corner: tuple[float, float, float]
    size: float

    @cached_property
    def plot(self) -> Plot:
        """The map from its pixels to the world."""
        return Plot((0.0, SIDE), (0.0, SIDE), corner=self.corner, right=self.size, up=(0.0, 0.0, self.size))

    def layers(self, drawing: str, pen: Place, color: layers.Color) -> list[layers.Layer]:
        """Return the drawing with a coloured border, as the layer ``pad``, and the pen."""
        right, up = np.array([self.size, 0.0, 0.0]), np.array([0.0, 0.0, self.size])
        image, name = drawings.read(drawing), "Pad: click, and drag the pen"
        ring = partial(layers.Points, size=6.0, style="ring", outline=True, group="handles", units=self.plot)
        return [
            layers.Image(image, np.array(self.corner), right, up, border=color, name=name, key="pad"),
            ring(self.plot.world(*pen)[None], "accent", name="Pen: drag it", key="pen"),
        ]

    def handle(self, pen: Place, move: Move) -> Handle:
        """Return the pen's handle; ``move(scene, position)`` gets world positions."""
        return Handle("pen", self.plot.world(*pen), move, free=True)

    def drawn(self, drawing: str, pen: Place, position: ArrayLike) -> tuple[str, Place]:
        """Return the drawing and the pen after it was dragged to a position (3,) in the world."""
        x, y = (round(min(max(part, 0.0), SIDE), 2) for part in self.plot.data(np.asarray(position)))
        return drawings.written(drawings.stroke(drawings.read(drawing), (pen[0], pen[1]), (x, y))), (x, y)

    def pressed(self, drawing: str, element: int) -> tuple[str, Place]:
        """Return the drawing and the pen after a click on a pixel, indexed from the top left: on ink it clears all."""
        row, column = divmod(element, drawings.SIDE)
        pen, ink = (column + 0.5, SIDE - row - 0.5), drawings.read(drawing)
        return ("" if ink[row, column] > 0.5 else drawings.written(drawings.stroke(ink, pen, pen))), pen
