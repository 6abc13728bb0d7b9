"""The mathematics that scenes show, as functions and classes of arrays. NumPy only, no pictures; public as ``ll.models``.

`calculus`: slopes, areas, Taylor polynomials and Newton's method in one variable.
`contours`: curves of equal value.
`critical_points`: where a landscape is level, and of which kind.
`datasets`: digits, iris, and two classes in the plane.
`linear_maps`: what a matrix does to the plane.
`phase_portraits`: where a step leads from everywhere.
`quadratics`: how descent and momentum converge on a quadratic.
`slopes`: the steepest heading, and the ways that rain takes.
"""

from lossland.models import (
    calculus,
    contours,
    critical_points,
    datasets,
    linear_maps,
    phase_portraits,
    quadratics,
    slopes,
)

__all__ = [
    "calculus",
    "contours",
    "critical_points",
    "datasets",
    "linear_maps",
    "phase_portraits",
    "quadratics",
    "slopes",
]
