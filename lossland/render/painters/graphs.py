"""Networks: nodes, weighted edges, and pulses that move along them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.render.lamps import mapped
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LineBatch, segment_vertices
from lossland.render.painters.points import DISC, SPHERE, SpriteBatch, sprites
from lossland.world.layers import Graph
from lossland.world.theme import Theme

EDGE_WIDTH = (1.0, 5.0)  # pixels at weights 0 and 1
EDGE_ALPHA = (0.35, 0.95)
NODE_RIM = 2.0
PULSE_RADIUS = (2.0, 5.0)  # pixels at flows 0 and 1
PULSE_RIM = 1.4

Floats = NDArray[np.float64]


@paints(Graph, Phase.LINES, Phase.ARROWS)
class GraphPainter:
    """Edges, then pulses, then nodes over them. While only ``phase`` changes, nothing is uploaded."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._edges = LineBatch()
        self._pulses = SpriteBatch()
        self._nodes = SpriteBatch()
        self._kept = Kept()

    def draw(self, layer: Graph, context: DrawContext) -> None:
        """Draw the edges, or in the later phase nodes and pulses."""
        if context.phase == Phase.LINES:
            if self._kept.changed("edges", layer.nodes, layer.edges, layer.weight):
                self._set_edges(layer)
            self._edges.draw(context)
            return
        self._draw_pulses(layer, context)
        if self._kept.changed("nodes", layer.nodes, layer.value, layer.color, layer.radius):
            nodes = np.asarray(layer.nodes, float)
            if layer.value is None:
                color = np.array(self._theme.color(layer.color), np.float32)
            else:
                color = mapped(np.asarray(layer.value), self._theme, "signed")
            self._nodes.set([sprites(nodes, color, layer.radius, NODE_RIM, SPHERE)])
        self._nodes.draw(context)

    def _set_edges(self, layer: Graph) -> None:
        start, end = edge_ends(layer)
        weight = np.zeros(len(start)) if layer.weight is None else np.clip(np.asarray(layer.weight, float), -1, 1)
        size = np.abs(weight)
        strongest = np.where(weight < 0, -1.0, 1.0) * (0.45 + 0.55 * size)  # a weak edge still shows its sign
        color = np.ones((len(start), 4))
        signed = mapped(strongest, self._theme, "signed")
        color[:, :3] = np.where(weight[:, None] == 0, self._theme.color("dim"), signed)
        color[:, 3] = EDGE_ALPHA[0] + (EDGE_ALPHA[1] - EDGE_ALPHA[0]) * size
        width = EDGE_WIDTH[0] + (EDGE_WIDTH[1] - EDGE_WIDTH[0]) * size
        order = np.argsort(size, kind="stable")  # strong edges over weak ones
        self._edges.set([segment_vertices(start[order], end[order], color[order], width[order])])

    def _draw_pulses(self, layer: Graph, context: DrawContext) -> None:
        if layer.phase is None:
            return
        together = np.ndim(layer.phase) == 0
        if self._kept.changed("pulses", layer.nodes, layer.edges, layer.flow, layer.pulse, together or layer.phase):
            start, end = edge_ends(layer)
            running = np.ones(len(start), bool)
            if not together:
                phase = np.asarray(layer.phase, float)
                start = start + phase[:, None] * (end - start)
                running = (phase >= 0.0) & (phase <= 1.0)
            flow = np.full(len(start), 0.5) if layer.flow is None else np.clip(np.asarray(layer.flow, float), 0, 1)
            pulses = sprites(start, self._theme.color(layer.pulse), 0.0, PULSE_RIM, DISC, bias=0.006, target=end)
            pulses["a_shape"][:, 0] = PULSE_RADIUS[0] + (PULSE_RADIUS[1] - PULSE_RADIUS[0]) * flow
            self._pulses.set([pulses[running & (flow > 0.0)]])
        share = float(layer.phase) if together else 0.0  # type: ignore[arg-type]
        if 0.0 <= share <= 1.0:
            self._pulses.draw(context, share=share)

    def close(self) -> None:
        """Free the GL objects."""
        for batch in (self._edges, self._pulses, self._nodes):
            batch.close()


def edge_ends(layer: Graph) -> tuple[Floats, Floats]:
    """Return the start and end points of the edges, each (m, 3)."""
    nodes, edges = np.asarray(layer.nodes, float), np.asarray(layer.edges, int).reshape(-1, 2)
    return nodes[edges[:, 0]], nodes[edges[:, 1]]
