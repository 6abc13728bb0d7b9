"""The landscape as a solid block: lit top with contours, cut walls with strata, shadow and grid on the ground."""

from __future__ import annotations

from lossland.layers import Surface, Trail
from lossland.render.block import Block
from lossland.render.contact import ContactShadows
from lossland.render.floor import Floor
from lossland.render.painter import DrawContext, Phase, paints
from lossland.theme import Theme


@paints(Surface, Phase.SOLID, Phase.GROUND, Phase.DECAL)
class SurfacePainter:
    """Draws one block and what it does to the ground around it."""

    def __init__(self, theme: Theme) -> None:
        self._block = Block(theme)
        self._floor = Floor(theme)
        self._contact = ContactShadows()

    def draw(self, layer: Surface, context: DrawContext) -> None:
        """Draw the block, the floor around it or the contact shadows on it, as the phase says."""
        if context.phase == Phase.SOLID:
            self._block.update(layer, context)
            self._block.draw(layer, context)
        elif context.phase == Phase.GROUND:
            self._floor.draw(layer.terrain, context)
        elif context.show.shadow:
            trails = [other for other in context.layers if isinstance(other, Trail) and other.head]
            self._contact.draw(trails, self._block.heights, layer.terrain, context)

    def close(self) -> None:
        """Free the GL objects."""
        self._block.close()
        self._floor.close()
        self._contact.close()
