"""The mathematics that scenes show: pure functions over arrays that know nothing of pictures.

`calculus`: slopes, areas, Taylor polynomials and Newton's method in one variable.
`checkpoints`: a training's path out of files: PyTorch's checkpoints, safetensors, or one recorded run (.npz).
`contours`: curves of equal value.
`critical_points`: where a landscape is level, and of which kind.
`datasets`: digits, iris, and two classes in the plane.
`honesty`: what a slice may be trusted for.
`layer_maps`: what layers of a network do to points: x ↦ φ(W x + b), seen in a plane or in space, and how areas change.
`least_squares`: a loss of any number of weights whose slopes are known exactly.
`linear_maps`: what a matrix does to the plane.
`neighbours`: likeness as distance: nearest neighbours and their vote, class means, and k-means by Lloyd's two steps.
`networks`: perceptrons and convolutions, thousands at once, with gradients and Hessian products.
`neurons`: one neuron, φ(w·x + b), and straight cuts: what a neuron asks of a point, and what no straight cut can tell apart.
`phase_portraits`: where a step leads from everywhere.
`playground`: tensorFlow Playground's networks and how it trains them (Smilkov et al. 2017; its ``nn.ts`` and ``playground.ts``).
`principal`: the axes of most variance.
`quadratics`: how descent and momentum converge on a quadratic.
`recorder`: a run recorded: the parameters of any network along its training, as plain arrays in one .npz file.
`signals`: how a signal grows or shrinks on its way through many layers, and its gradient on the way back.
`slicefiles`: slices in files, ours and others'.
`slices`: a network's loss along directions of many kinds.
`slicing`: a slice from a few words.
`slopes`: the steepest heading, and the ways that rain takes.
`subspaces`: what a matrix reaches and what it loses, least squares, right angles, and paths in space.
`torch_models`: pyTorch modules of a user's own as losses of flat parameter vectors, evaluated by ``torch.func`` on CPU or CUDA.
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
    "torch_models",
    "training",
    "vectors",
]
