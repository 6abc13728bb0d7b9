"""Light and colour that the painters of lit bodies share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.render.gl.programs import Uniform
from lossland.render.painter import DrawContext
from lossland.world.layers import Colors, Shades
from lossland.world.theme import CATEGORIES, Theme


def lamp_uniforms(context: DrawContext) -> dict[str, Uniform]:
    """Return the uniforms of ``shade.glsl``; highlights follow the eye."""
    lamps = context.theme.lamps
    return {
        "u_light": tuple(context.light),
        "u_view": tuple(context.camera.back),
        "u_key": lamps.key,
        "u_sky": lamps.sky,
        "u_bounce": lamps.ground,
        "u_shadow": lamps.shadow,
        "u_occlusion": lamps.occlusion,
        "u_specular": lamps.specular,
    }


def color_map(theme: Theme, shades: Shades) -> NDArray[np.float32]:
    """Return one of the theme's colour maps, (256, 3)."""
    return theme.signed_map if shades == "signed" else theme.height_map


def mapped(values: NDArray, theme: Theme, shades: Shades) -> NDArray[np.float32]:
    """Return colours (..., 3) of values (...) in the range of a colour map; NaN is the colour of "none"."""
    colors = color_map(theme, shades)
    low = -1.0 if shades == "signed" else 0.0
    share = (np.asarray(values, float) - low) / (1.0 - low)
    place = np.nan_to_num(np.clip(share, 0.0, 1.0) * (len(colors) - 1)).round().astype(int)
    return np.where(np.isnan(share)[..., None], np.array(theme.color("basin.-1"), np.float32), colors[place])


def element_colors(color: Colors, count: int, theme: Theme, shades: Shades = "signed") -> NDArray[np.float32]:
    """Return the colours (count, 3) of a layer's elements; see ``layers.Bars`` for what ``color`` may be."""
    if isinstance(color, str):
        return np.tile(np.array(theme.color(color), np.float32), (count, 1))
    if not isinstance(color, np.ndarray):
        return np.array([theme.color(one) for one in color], np.float32).reshape(count, 3)
    if color.ndim == 2:
        return color.astype(np.float32)
    if np.issubdtype(color.dtype, np.integer):
        palette = np.array([theme.color(f"particle.{k}") for k in range(-1, CATEGORIES)], np.float32)
        return palette[np.where(color < 0, 0, 1 + color % CATEGORIES)]
    return mapped(color, theme, shades)
