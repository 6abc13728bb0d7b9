"""Polygons and solids: their triangles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.numerals import short
from lossland.pointing.description import MOST_OUTLINED, Description, Setting, worth_of
from lossland.pointing.distances import Distances, Sight, to_triangles
from lossland.pointing.picker import Picked, Picker, picks
from lossland.world.layers import Polygon, Solid

POINT_RING = 5.0  # logical pixels around a point of a body that has no edges


@picks(Polygon)
class PolygonPicker(Picker[Polygon]):
    """A polygon is one element, 0."""

    covering = True

    def distances(self, layer: Polygon, sight: Sight) -> Distances:
        """Measure the triangles around the first corner."""
        fan = np.array([(0, k, k + 1) for k in range(1, len(layer.corners) - 1)])
        found = to_triangles(layer.corners, fan, sight)
        return found._replace(element=np.zeros(len(found.pixels), int))

    def describe(self, layer: Polygon, picked: Picked, setting: Setting) -> Description:
        """Describe the polygon's worth, else its area; highlight its outline."""
        corners = np.asarray(layer.corners, float)
        area = 0.5 * float(np.linalg.norm(np.cross(corners[1:-1] - corners[0], corners[2:] - corners[0]).sum(axis=0)))
        lines = worth_of(layer, 0) or (f"area {short(area)}",)
        outline = corners[[*range(len(corners)), 0]]
        return Description(layer.name or "Area", lines, layer.color, np.array(picked.position), outlines=(outline,))


@picks(Solid)
class SolidPicker(Picker[Solid]):
    """Each triangle of the mesh is an element."""

    covering = True

    def distances(self, layer: Solid, sight: Sight) -> Distances:
        """Measure the triangles."""
        return to_triangles(layer.mesh.vertices, layer.mesh.triangles, sight)

    def describe(self, layer: Solid, picked: Picked, setting: Setting) -> Description:
        """Describe the body's worth, else the position on it; highlight its edges, else that point."""
        vertices, edges = np.asarray(layer.mesh.vertices, float), np.asarray(layer.mesh.edges)
        element = 0
        if layer.worth is not None and len(layer.worth) > 1:  # one for each triangle
            element = picked.element
            edges = edges[np.isin(edges, _connected(np.asarray(layer.mesh.triangles), element)).all(axis=1)]
        outlines = tuple(vertices[edge] for edge in edges[:MOST_OUTLINED])
        lines = worth_of(layer, element) or setting.lines_at(picked.position)
        ring = 0.0 if outlines else POINT_RING
        return Description(layer.name or "Body", lines, layer.color, np.array(picked.position), ring, outlines)

    def is_opaque(self, layer: Solid) -> bool:
        """Glass is not."""
        return layer.alpha >= 1.0


def _connected(triangles: NDArray[np.integer], first: int) -> NDArray[np.integer]:
    """Return the vertices of all triangles (k, 3) that are connected with one of them."""
    vertices = triangles[first]
    while True:
        more = np.unique(triangles[np.isin(triangles, vertices).any(axis=1)])
        if len(more) == len(vertices):
            return more
        vertices = more
