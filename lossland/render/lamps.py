"""Lighting and colour maps shared by the painters of lit solids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import Uniform, program
from lossland.render.painter import DrawContext
from lossland.world.layers import Colors, Shades
from lossland.world.theme import CATEGORIES, Theme


class LitPrograms:
    """Two variants of a program: one lights solids per pixel, the other per vertex.

    The second is for pictures of a moving view: without a GPU, lighting is the most expensive part of a pixel.
    """

    def __init__(self, vertex: str, fragment: str) -> None:
        self._files = vertex, fragment
        self._programs: dict[bool, gloo.Program] = {}  # by whether it lights per vertex
        self._buffer: gloo.VertexBuffer | None = None

    @property
    def made(self) -> Sequence[gloo.Program]:
        """The programs made so far."""
        return list(self._programs.values())

    def bind(self, buffer: gloo.VertexBuffer) -> None:
        """Use the vertices of a buffer."""
        self._buffer = buffer
        for one in self.made:
            one.bind(buffer)

    def take(self, at_vertices: bool) -> gloo.Program:
        """Return one of the variants."""
        if at_vertices not in self._programs:
            flags: dict[str, None] = {"VERTEX_LIT": None} if at_vertices else {}
            self._programs[at_vertices] = program(*self._files, **flags)
            self._programs[at_vertices].bind(self._buffer)
        return self._programs[at_vertices]


def lamp_uniforms(context: DrawContext) -> dict[str, Uniform]:
    """Return the uniforms of ``shade.glsl``; highlights depend on the eye."""
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
    index = np.nan_to_num(np.clip(share, 0.0, 1.0) * (len(colors) - 1)).round().astype(int)
    return np.where(np.isnan(share)[..., None], np.array(theme.color("basin.-1"), np.float32), colors[index])


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
