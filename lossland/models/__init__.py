"""The mathematics that scenes show: pure functions over arrays that know nothing of pictures.

`calculus`: slopes, areas, Taylor polynomials and Newton's method in one variable.
`checkpoints`: a training's path out of files.
`contours`: curves of equal value.
`critical_points`: where a landscape is level, and of which kind.
`datasets`: digits, iris, and two classes in the plane.
`honesty`: what a slice may be trusted for.
`layer_maps`: what a layer does to points, and to areas.
`least_squares`: a loss of any number of weights whose slopes are known exactly.
`linear_maps`: what a matrix does to the plane.
`neighbours`: nearest neighbours, class means and k-means.
`networks`: perceptrons and convolutions, thousands at once, with gradients and Hessian products.
`neurons`: one neuron, gates, and straight cuts between two classes.
`perceptrons`: many perceptrons that differ by shares of a few directions, fast on the CPU.
`phase_portraits`: where a step leads from everywhere.
`playground`: TensorFlow Playground's networks, and how it trains them.
`principal`: the axes of most variance.
`quadratics`: how descent and momentum converge on a quadratic.
`recorder`: a training's path into a file.
`signals`: how signals and gradients fare in many layers.
`slicefiles`: slices in files, ours and others'.
`slices`: a network's loss along directions of many kinds.
`slicing`: a slice from a few words.
`slopes`: the steepest heading, and the ways that rain takes.
`subspaces`: what a matrix reaches and what it loses, least squares, right angles, and paths in space.
`tasks`: losses of models on data as problems for optimizers.
`torch_models`: PyTorch modules of one's own.
`training`: any optimizer on many networks.
`vectors`: sums, multiples, angles and spans.
"""

from lossland.models import (
    calculus,
    checkpoints,
    contours,
    critical_points,
    datasets,
    honesty,
    layer_maps,
    least_squares,
    linear_maps,
    neighbours,
    networks,
    neurons,
    perceptrons,
    phase_portraits,
    playground,
    principal,
    quadratics,
    recorder,
    signals,
    slicefiles,
    slices,
    slicing,
    slopes,
    subspaces,
    tasks,
    torch_models,
    training,
    vectors,
)

__all__ = [
    "calculus",
    "checkpoints",
    "contours",
    "critical_points",
    "datasets",
    "honesty",
    "layer_maps",
    "least_squares",
    "linear_maps",
    "neighbours",
    "networks",
    "neurons",
    "perceptrons",
    "phase_portraits",
    "playground",
    "principal",
    "quadratics",
    "recorder",
    "signals",
    "slicefiles",
    "slices",
    "slicing",
    "slopes",
    "subspaces",
    "tasks",
    "torch_models",
    "training",
    "vectors",
]
