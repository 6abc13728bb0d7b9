"""The lines and ticks of a terrain's axes. Their numbers are drawn by the text overlay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LineBatch, line_vertices
from lossland.world.layers import Axes
from lossland.world.rulers import terrain_rulers
from lossland.world.theme import Theme

WIDTH = 1.2  # pixels
ALPHA = 0.9


@paints(Axes, Phase.LINES)
class AxesPainter:
    """Draws the axes of a terrain; the plane's axes belong to its grid."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._batch = LineBatch()
        self._kept = Kept()

    def draw(self, layer: Axes, context: DrawContext) -> None:
        """Draw the axis lines that the block does not occlude."""
        if layer.terrain is None:
            return
        width, height = context.size
        look_size = (width / context.px, height / context.px)
        rulers = terrain_rulers(layer, layer.terrain, context.camera, look_size)
        if self._kept.changed("rulers", rulers, context.theme):
            self._batch.set(self._pieces(rulers.segments, context.theme))
        self._batch.draw(context)

    @staticmethod
    def _pieces(segments: NDArray[np.floating], theme: Theme) -> list[NDArray[np.void]]:
        """Return the vertices of all segments (n, 2, 3), as ``line_vertices`` does for one."""
        one = line_vertices(np.zeros((2, 3)), theme.color("dim"), ALPHA, WIDTH)
        vertices = np.tile(one, (len(segments), 1))
        for name, end in (("a_before", 0), ("a_start", 0), ("a_end", 1), ("a_after", 1)):
            vertices[name] = segments[:, end, None]
        return list(vertices)

    def close(self) -> None:
        """Free the GL objects."""
        self._batch.close()
