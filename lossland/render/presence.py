"""The presence of a layer: dimmed, as a ghost, or emphasized. All painters and text use this.

A shader passes its colour through ``presented`` (presence.glsl), which scales it, adds a colour, and scales its
opacity: in the vertices where the colour is theirs, because without a GPU it costs time at each fragment. Widths and
radii are multiplied by ``wide``. For a plain layer all of that is the identity, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.world.layers import Curve, Image, Layer, Polygon, Sheet, Solid, Surface
from lossland.world.theme import Rgb, Theme

DIMMED = 0.45  # opacity at a dim of 1
GHOSTLY = 0.34  # opacity of a ghost
BRIGHT = 0.25  # share of the text's colour at an emphasis of 1
WIDER = 0.6  # and the increase of widths
THIN = 0.12  # opacity of a ghost's fill, times that of the ghost


class Presence(NamedTuple):
    """The transformation of a layer's colours and widths.

    A colour is multiplied by ``kept``, and ``added`` is added; opacity and widths are multiplied. Opaque elements
    cannot become translucent, so their colour is mixed with the background's by ``sunk``.
    """

    kept: float = 1.0
    added: Rgb = (0.0, 0.0, 0.0)
    opacity: float = 1.0
    wide: float = 1.0
    sunk: float = 0.0
    background: Rgb = (0.0, 0.0, 0.0)

    def uniforms(self, opaque: bool = False) -> dict[str, float | Sequence[float]]:
        """Return the uniforms of presence.glsl, for translucent or ``opaque`` drawing."""
        if not opaque:
            return {"u_kept": self.kept, "u_added": self.added, "u_opacity": self.opacity}
        above = 1.0 - self.sunk
        added = tuple(above * own + self.sunk * behind for own, behind in zip(self.added, self.background, strict=True))
        return {"u_kept": self.kept * above, "u_added": added, "u_opacity": 1.0}

    def color(self, rgb: ArrayLike) -> NDArray[np.float64]:
        """Transform colours (..., 3), for draw calls with several presences."""
        return self.kept * np.asarray(rgb, float) + self.added


PLAIN = Presence()


def presence_of(layer: Layer, theme: Theme) -> Presence:
    """Return the presence of a layer in a theme."""
    if not (layer.dim or layer.ghost or layer.emphasis):
        return PLAIN
    return _presence(min(max(layer.dim, 0.0), 1.0), layer.ghost, min(max(layer.emphasis, 0.0), 1.0), theme)


@lru_cache(maxsize=64)
def _presence(dim: float, ghost: bool, emphasis: float, theme: Theme) -> Presence:
    bright = BRIGHT * emphasis
    r, g, b = (bright * part for part in theme.color("text"))
    opacity = (1.0 - (1.0 - DIMMED) * dim) * (GHOSTLY if ghost else 1.0)
    wide = 1.0 + WIDER * emphasis
    return Presence(1.0 - bright, (r, g, b), opacity, wide, 1.0 - opacity, theme.color("background"))


def as_drawn(layer: Layer) -> Layer:
    """Return the layer as it is drawn: a ghost has hardly any fill."""
    if not layer.ghost:
        return layer
    if isinstance(layer, Surface):
        return replace(layer, sheet=True, alpha=min(layer.alpha, THIN))
    if isinstance(layer, Solid | Image):
        return replace(layer, alpha=min(layer.alpha, THIN))
    if isinstance(layer, Sheet | Polygon | Curve):
        return replace(layer, fill=min(layer.fill, THIN))
    return layer
