"""The mathematics that scenes show: pure functions over arrays that know nothing of pictures.

`analogies`: sums of word vectors, the words that are nearest to them by angle, and words along an axis between two.
`attention`: scaled dot-product attention with masks, heads and temperatures.
`backpropagation`: gradient descent on a graph, step by step: forward pass, backward pass, update.
`calculus`: derivatives, integrals, Taylor polynomials and Newton's method in one variable.
`checkpoints`: a training's path read from files.
`clouds`: samples by name with their labels, subsets of them, and their groups.
`contours`: curves of equal value.
`critical_points`: where a landscape is level, and of which kind.
`curves`: learning curves: smoothing, the best step, early stopping; and a small training that overfits.
`datasets`: digits, iris, and two classes in the plane.
`drawings`: a digit drawn by hand, in the format of the digits data set: 8 by 8 pixels with ink from 0 to 16.
`embeddings`: the layouts of an iterative embedding, t-SNE or UMAP, recorded as it is computed.
`eventfiles`: TensorBoard's event files, read and written without its package.
`foldings`: how layers of rectified units fold and cut a line, a plane and a sheet of paper.
`grand_tour`: the grand tour: a plane or space that turns in high dimensions and comes near every other one.
`graphs`: computational graphs: an expression decomposed into steps, with values, local derivatives and gradients.
`health`: four gauges of a training: faults of a network show in its layers before they show in the loss.
`honesty`: diagnostics of a slice: what it may be trusted for.
`journeys`: how classes of samples are transformed by a perceptron, layer by layer.
`layer_maps`: what a layer does to points, and to areas.
`layouts`: what a layout of samples may be trusted for, and two layouts laid over each other.
`least_squares`: a loss of any number of weights whose derivatives are known exactly.
`linear_maps`: what a matrix does to the plane.
`masks`: dropout over all masks at once: the ensemble of thinned networks, and its mean.
`minilm`: a real sentence model on NumPy: all-MiniLM-L6-v2, six layers of twelve heads.
`misleading`: samples whose layouts are easily read wrongly.
`neighbours`: nearest neighbours, class means and k-means.
`networks`: perceptrons and convolutions, thousands at once, with gradients and Hessian products.
`neurons`: one neuron, gates, and linear separation of two classes.
`normalization`: batch and layer normalization, and what they do to deep networks.
`perceptrons`: many perceptrons in the span of a few directions, fast on the CPU.
`phase_portraits`: one step of a map from every point of a grid.
`playground`: TensorFlow Playground's networks, and how it trains them.
`principal`: the axes of most variance.
`projectorfiles`: TensorBoard's projector_config.pbtxt, which names vectors, labels and sprites.
`quadratics`: how descent and momentum converge on a quadratic.
`recorder`: records a training's path in a file.
`residual`: the residual stream, which blocks read and add to, and two heads that predict by induction.
`runfiles`: recorded trainings read from files: the recorder's, TensorBoard's, tables and folders of them.
`runs`: a recorded training as plain data: curves, histograms, vectors and parameters by name.
`signals`: how signals and gradients grow or shrink in many layers.
`slicefiles`: slices in files, ours and others'.
`slices`: a network's loss along directions of many kinds.
`slicing`: a slice in one call.
`slopes`: the steepest heading, and paths of steepest descent.
`subspaces`: column and null space, least squares, orthogonalization, and paths in space.
`tasks`: losses of models on data as problems for optimizers.
`taylor`: Taylor polynomials and bounds of their error; Newton's method in one and two variables.
`torch_models`: a user's PyTorch modules.
`torch_watch`: hooks that record statistics of a PyTorch training for the scene ``training_health``.
`training`: training many networks at once with any optimizer.
`tsne`: exact t-SNE, over all pairs of points.
`umap`: UMAP: a fuzzy graph of neighbours, and a layout optimized by sampling its edges.
`vectorfiles`: a user's vectors in files, with labels and pictures: .npy, .npz, .tsv and .pbtxt.
`vectors`: angles, projections and spans.
`warps`: how a trained network deforms the plane of its inputs, scaled for a picture, with a view of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lossland.models import (
        analogies,
        attention,
        backpropagation,
        calculus,
        checkpoints,
        clouds,
        contours,
        critical_points,
        curves,
        datasets,
        drawings,
        embeddings,
        eventfiles,
        foldings,
        grand_tour,
        graphs,
        health,
        honesty,
        journeys,
        layer_maps,
        layouts,
        least_squares,
        linear_maps,
        masks,
        minilm,
        misleading,
        neighbours,
        networks,
        neurons,
        normalization,
        perceptrons,
        phase_portraits,
        playground,
        principal,
        projectorfiles,
        quadratics,
        recorder,
        residual,
        runfiles,
        runs,
        signals,
        slicefiles,
        slices,
        slicing,
        slopes,
        subspaces,
        tasks,
        taylor,
        torch_models,
        torch_watch,
        training,
        tsne,
        umap,
        vectorfiles,
        vectors,
        warps,
    )

__all__ = [
    "analogies",
    "attention",
    "backpropagation",
    "calculus",
    "checkpoints",
    "clouds",
    "contours",
    "critical_points",
    "curves",
    "datasets",
    "drawings",
    "embeddings",
    "eventfiles",
    "foldings",
    "grand_tour",
    "graphs",
    "health",
    "honesty",
    "journeys",
    "layer_maps",
    "layouts",
    "least_squares",
    "linear_maps",
    "masks",
    "minilm",
    "misleading",
    "neighbours",
    "networks",
    "neurons",
    "normalization",
    "perceptrons",
    "phase_portraits",
    "playground",
    "principal",
    "projectorfiles",
    "quadratics",
    "recorder",
    "residual",
    "runfiles",
    "runs",
    "signals",
    "slicefiles",
    "slices",
    "slicing",
    "slopes",
    "subspaces",
    "tasks",
    "taylor",
    "torch_models",
    "torch_watch",
    "training",
    "tsne",
    "umap",
    "vectorfiles",
    "vectors",
    "warps",
]


def __getattr__(name: str) -> object:
    """Import a module at its first use: a scene needs a few of them, and all take as long as its first picture."""
    if name not in __all__:
        raise AttributeError(f"module 'lossland.models' has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted(__all__)
