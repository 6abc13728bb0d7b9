"""The landscape as a solid block: lit top with contours, cut walls with strata, shadow and grid on the ground.

Sheets are drawn over it: opaque ones with the block, translucent ones in the glass phase.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lossland.render.ground.block import Block, Morph
from lossland.render.ground.contact import ContactShadows
from lossland.render.ground.floor import Floor
from lossland.render.painter import DrawContext, Phase, paints
from lossland.world.layers import Surface, Trail
from lossland.world.terrain import Terrain
from lossland.world.theme import Theme


@paints(Surface, Phase.SOLID, Phase.GROUND, Phase.DECAL, Phase.GLASS)
class SurfacePainter:
    """Draws one block and its shadows on the floor; a second block is for morphs."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._block = Block(theme)
        self._other: Block | None = None
        self._other_terrain: Terrain | None = None
        self._floor = Floor(theme)
        self._contact = ContactShadows()

    def draw(self, layer: Surface, context: DrawContext) -> None:
        """Draw the block, the floor around it, the contact shadows on it, or a sheet, depending on the phase."""
        if layer.sheet:
            if context.phase == (Phase.SOLID if layer.alpha >= 1.0 else Phase.GLASS):
                self._draw_block(layer, context)
        elif context.phase == Phase.SOLID:
            self._draw_block(layer, context)
        elif context.phase == Phase.GROUND:
            self._floor.draw(layer.terrain, context, cut=layer.shown is not None)
        elif context.phase == Phase.DECAL and context.show.shadow:
            trails = [other for other in context.layers if isinstance(other, Trail) and other.head and not other.ghost]
            self._contact.draw(trails, self._block.heights, layer.terrain, context)

    def prepare(self, layer: Surface, context: DrawContext) -> Iterator[None]:
        """Compute the block's light in small steps."""
        if layer.into is None:
            yield from self._block.prepare(layer, context)

    def _draw_block(self, layer: Surface, context: DrawContext) -> None:
        if self._other is not None and layer.terrain is self._other_terrain:  # the morph is complete: reuse its light
            self._block, self._other, self._other_terrain = self._other, self._block, None
        self._block.update(layer, context)
        morph = None
        if layer.into is not None:
            self._other = self._other or Block(self._theme)
            self._other_terrain = layer.into
            self._other.update(replace(layer, terrain=layer.into), context)
            morph = Morph(self._other, layer.into, min(max(layer.share, 0.0), 1.0))
        self._block.draw(layer, context, morph)

    def close(self) -> None:
        """Free the GL objects."""
        self._block.close()
        if self._other is not None:
            self._other.close()
        self._floor.close()
        self._contact.close()
