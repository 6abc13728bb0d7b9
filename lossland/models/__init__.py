"""The mathematics that scenes show: pure functions over arrays that know nothing of pictures.

`linear_maps`: what a matrix does to the plane. `quadratics`: how descent and momentum converge on a quadratic.
`critical_points`: where a landscape is level, and of which kind. `contours`: curves of equal value. `slopes`: the
steepest heading, and the ways that rain takes. `phase_portraits`: where a step leads from everywhere. `vectors`: sums,
shadows, angles, and how directions are spread in many dimensions. `subspaces`: what a matrix reaches and what it loses.
"""

from lossland.models import (
    contours,
    critical_points,
    linear_maps,
    phase_portraits,
    quadratics,
    slopes,
    subspaces,
    vectors,
)

__all__ = [
    "contours",
    "critical_points",
    "linear_maps",
    "phase_portraits",
    "quadratics",
    "slopes",
    "subspaces",
    "vectors",
]
