"""Curves with the area under them and a tangent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LINE_BIAS, LineBatch, line_vertices
from lossland.render.painters.points import DISC, SpriteBatch, sprites
from lossland.world.layers import Curve
from lossland.world.theme import Theme

OUTLINE = 1.4  # pixels on each side of the curve
TOUCH_RADIUS, TOUCH_RIM = 4.6, 2.0  # pixels: the disc at the tangent's point of contact
TANGENT_WIDTH = 2.0
VERTEX = np.dtype([("a_position", np.float32, 3), ("a_at", np.float32), ("a_side", np.float32)])

Floats = NDArray[np.float64]


@paints(Curve, Phase.GLASS, Phase.LINES, Phase.ARROWS)
class CurvePainter:
    """Area, then line and tangent, then the point of contact. Moving the area's ends uploads nothing."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._area = program("area.vert", "area.frag")
        self._buffer: gloo.VertexBuffer | None = None
        self._line = LineBatch()
        self._touch = SpriteBatch()
        self._kept = Kept()

    def draw(self, layer: Curve, context: DrawContext) -> None:
        """Draw the parts of the phase."""
        if len(layer.points) < 2:
            return
        if context.phase == Phase.GLASS:
            self._draw_area(layer, context)
        elif context.phase == Phase.LINES:
            self._draw_lines(layer, context)
        elif layer.tangent is not None:
            point, _ = tangent_at(layer, layer.tangent)
            color = self._theme.color(layer.tangent_color)
            if self._kept.changed("touch", point.tobytes().hex(), color):
                self._touch.set([sprites(point, color, TOUCH_RADIUS, TOUCH_RIM, DISC)])
            self._touch.draw(context)

    def _draw_area(self, layer: Curve, context: DrawContext) -> None:
        if layer.foot is None or layer.fill <= 0.0:
            return
        if self._kept.changed("area", layer.points, layer.foot, layer.at):
            delete([self._buffer])
            self._buffer = gloo.VertexBuffer(area_vertices(layer))
            self._area.bind(self._buffer)
        parameter = layer.parameter
        set_state("front" if layer.depth else "off")
        set_uniforms(
            self._area,
            u_clip_from_world=context.gl_clip_from_world,
            u_area=tuple(map(float, layer.area or (parameter[0], parameter[-1]))),
            u_above=self._theme.color(layer.color),
            u_below=self._theme.color(layer.negative or layer.color),
            u_fill=float(layer.fill),
            **context.presence.uniforms(),
        )
        self._area.draw("triangle_strip")

    def _draw_lines(self, layer: Curve, context: DrawContext) -> None:
        tangent = (layer.tangent, layer.reach, layer.tangent_color)
        if self._kept.changed("line", layer.points, layer.at, layer.upto, layer.color, layer.width, tangent):
            color, casing = self._theme.color(layer.color), self._theme.color("casing")
            path = layer.shown
            pieces = []
            if layer.width > 0.0:
                pieces.append(line_vertices(path, casing, 1.0, layer.width + 2 * OUTLINE))
                pieces.append(line_vertices(path, color, 1.0, layer.width))
            if layer.tangent is not None:
                point, along = tangent_at(layer, layer.tangent)
                ends = np.stack([point - layer.reach * along, point + layer.reach * along])
                pieces.append(line_vertices(ends, casing, 1.0, TANGENT_WIDTH + 2 * OUTLINE))
                pieces.append(line_vertices(ends, self._theme.color(layer.tangent_color), 1.0, TANGENT_WIDTH))
            self._line.set(pieces)
        self._line.draw(context, layer.depth, bias=2 * LINE_BIAS)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._area, self._buffer])
        self._buffer = None
        self._line.close()
        self._touch.close()


def tangent_at(layer: Curve, at: float) -> tuple[Floats, Floats]:
    """Return the point (3,) of the curve at a parameter and the unit tangent (3,) there, by central differences."""
    points, parameter = np.asarray(layer.points, float), layer.parameter
    slope = np.gradient(points, parameter, axis=0)
    point = np.array([np.interp(at, parameter, points[:, axis]) for axis in range(3)])
    along = np.array([np.interp(at, parameter, slope[:, axis]) for axis in range(3)])
    return point, along / max(float(np.linalg.norm(along)), 1e-12)


def area_vertices(layer: Curve) -> NDArray[np.void]:
    """Return the strip between curve and foot as VERTEX; points are added where the curve crosses its foot."""
    points, foot = np.asarray(layer.points, float), np.asarray(layer.foot, float)
    gap = points - foot
    side = gap[:, int(np.argmax(np.abs(gap).sum(0)))]
    cross = np.flatnonzero(side[:-1] * side[1:] < 0)
    share = side[cross] / (side[cross] - side[cross + 1])

    def with_crossings(values: Floats) -> Floats:
        weight = share.reshape(-1, *[1] * (values.ndim - 1))
        return np.insert(values, cross + 1, values[cross] + weight * (values[cross + 1] - values[cross]), axis=0)

    vertices = np.zeros((len(points) + len(cross), 2), VERTEX)
    vertices["a_position"][:, 0] = with_crossings(points)
    vertices["a_position"][:, 1] = with_crossings(foot)
    vertices["a_at"] = with_crossings(layer.parameter)[:, None]
    vertices["a_side"] = with_crossings(side)[:, None]
    return vertices.reshape(-1)
