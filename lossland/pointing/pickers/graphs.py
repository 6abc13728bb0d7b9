"""Graphs: nodes and edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.numerals import short
from lossland.pointing.description import Description, Setting, numbered, worth_of
from lossland.pointing.distances import Distances, Sight, to_points, to_segments
from lossland.pointing.picker import SLACK, Picked, Picker, picks
from lossland.world.layers import Graph

RING_GAP = 4.0  # logical pixels between a node and the ring around it


@picks(Graph)
class GraphPicker(Picker[Graph]):
    """Node k is element k, edge k is element ``len(nodes) + k``."""

    def distances(self, layer: Graph, sight: Sight) -> Distances:
        """Measure the nodes and the edges; nodes have priority."""
        nodes, edges = np.asarray(layer.nodes, float), np.asarray(layer.edges).reshape(-1, 2)
        to_nodes = to_points(nodes, sight)
        to_edges = to_segments(nodes[edges[:, 0]], nodes[edges[:, 1]], sight)
        # The reach of the layer is a node's radius; an edge is thin.
        to_edges.pixels[to_edges.pixels > SLACK * sight.scale] = np.inf
        if to_nodes.pixels.min(initial=np.inf) <= sight.radius:
            to_edges.pixels[:] = np.inf
        pixels = np.append(to_nodes.pixels, to_edges.pixels)
        return Distances(pixels, np.vstack([nodes, to_edges.position]))

    def describe(self, layer: Graph, picked: Picked, setting: Setting) -> Description:
        """Describe a node's value, or an edge's ends and weight."""
        nodes, edges = np.asarray(layer.nodes, float), np.asarray(layer.edges).reshape(-1, 2)
        if picked.element < len(nodes):
            value = () if layer.value is None else (f"value {short(float(layer.value[picked.element]))}",)
            title = numbered(layer.name or "Node", picked.element)
            lines = (*value, *worth_of(layer, picked.element))
            return Description(title, lines, "text", nodes[picked.element], layer.radius + RING_GAP)
        edge = picked.element - len(nodes)
        start, end = edges[edge].tolist()
        weight = () if layer.weight is None else (f"weight {short(float(layer.weight[edge]))}",)
        title, outline = f"From {start + 1} to {end + 1}", nodes[[start, end]]
        return Description(title, weight, "text", np.array(picked.position), outlines=(outline,))

    def reach(self, layer: Graph) -> float:
        """Return the reach of a node; that of an edge is smaller."""
        return layer.radius

    def position_of(self, layer: Graph, element: int) -> NDArray[np.float64] | None:
        """Return a node's position."""
        return np.asarray(layer.nodes[element], float) if 0 <= element < len(layer.nodes) else None
