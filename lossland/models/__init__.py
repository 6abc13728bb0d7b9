"""The mathematics that scenes show: pure functions over arrays that know nothing of pictures.

`linear_maps`: what a matrix does to the plane. `quadratics`: how descent and momentum converge on a quadratic.
`critical_points`: where a landscape is level, and of which kind. `contours`: curves of equal value. `slopes`: the
steepest heading, and the ways that rain takes. `phase_portraits`: where a step leads from everywhere.
`datasets`: digits, iris, and two classes in the plane. `networks`: perceptrons and convolutions, thousands at once,
with gradients and Hessian products. `training`: any optimizer on many networks. `slices`: their loss along directions
of many kinds; `slicing` makes one from a few words, `slicefiles` reads and writes them, `honesty` says what one may be
trusted for.
"""

from lossland.models import (
    contours,
    critical_points,
    datasets,
    honesty,
    linear_maps,
    networks,
    phase_portraits,
    quadratics,
    slicefiles,
    slices,
    slicing,
    slopes,
    training,
)

__all__ = [
    "contours",
    "critical_points",
    "datasets",
    "honesty",
    "linear_maps",
    "networks",
    "phase_portraits",
    "quadratics",
    "slicefiles",
    "slices",
    "slicing",
    "slopes",
    "training",
]
