"""The mathematics that scenes show: pure functions over arrays that know nothing of pictures.

`analogies`: sums of word vectors, the words that are nearest to them by angle, and words along an axis between two.
`attention`: who looks at whom: scaled dot-product attention with masks, heads and temperatures.
`backpropagation`: one step of learning on a graph: values forward, gradients back, a step of descent, all again.
`calculus`: slopes, areas, Taylor polynomials and Newton's method in one variable.
`checkpoints`: a training's path out of files.
`clouds`: samples by name and what they are called, which of many are looked at, and their groups.
`contours`: curves of equal value.
`critical_points`: where a landscape is level, and of which kind.
`curves`: learning curves: smoothed, their best step, when patience ends; and a small training that overfits.
`datasets`: digits, iris, and two classes in the plane.
`drawings`: a digit that is drawn by hand, as the data set of digits has them: 8 by 8 pixels with 0 to 16 parts of ink.
`embeddings`: a layout that grows step by step, kept on its way: the course of t-SNE or UMAP.
`eventfiles`: tensorBoard's event files, read and written without its package.
`foldings`: how layers of rectified units fold and cut a line, a plane and a sheet of paper.
`grand_tour`: the grand tour: a plane or space that turns in high dimensions and comes near every other one.
`graphs`: computational graphs: an expression taken apart into steps, each with its value, its slopes and its gradient.
`health`: four gauges of a training: what is wrong with a network can be seen in its layers before the loss tells.
`honesty`: what a slice may be trusted for.
`journeys`: what becomes of classes of samples on their way through a perceptron, layer by layer.
`layer_maps`: what a layer does to points, and to areas.
`layouts`: what a layout of samples may be trusted for, and two layouts laid over each other.
`least_squares`: a loss of any number of weights whose slopes are known exactly.
`linear_maps`: what a matrix does to the plane.
`masks`: dropout over all masks at once: a crowd of thinned networks, and what their mean is.
`minilm`: a real sentence model on NumPy: all-MiniLM-L6-v2, six layers of twelve heads.
`misleading`: samples whose layouts are easily read wrongly.
`neighbours`: nearest neighbours, class means and k-means.
`networks`: perceptrons and convolutions, thousands at once, with gradients and Hessian products.
`neurons`: one neuron, gates, and straight cuts between two classes.
`normalization`: batch and layer normalization, and what they do to deep networks.
`perceptrons`: many perceptrons that differ by shares of a few directions, fast on the CPU.
`phase_portraits`: where a step leads from everywhere.
`playground`: TensorFlow Playground's networks, and how it trains them.
`principal`: the axes of most variance.
`quadratics`: how descent and momentum converge on a quadratic.
`recorder`: a training's path into a file.
`residual`: the residual stream, which blocks read and add to, and two heads that find what came next before.
`runfiles`: what trainings recorded, out of files: the recorder's, TensorBoard's, tables and folders of them.
`runs`: what a training recorded, as plain data: curves, histograms, vectors and parameters by name.
`signals`: how signals and gradients fare in many layers.
`slicefiles`: slices in files, ours and others'.
`slices`: a network's loss along directions of many kinds.
`slicing`: a slice from a few words.
`slopes`: the steepest heading, and the ways that rain takes.
`subspaces`: what a matrix reaches and what it loses, least squares, right angles, and paths in space.
`tasks`: losses of models on data as problems for optimizers.
`taylor`: taylor polynomials, what their error can be, and where copies of degree 1 and 2 lead: Newton's method.
`torch_models`: PyTorch modules of one's own.
`torch_watch`: a PyTorch training watched from inside: what its layers say, recorded for the scene ``training_health``.
`training`: any optimizer on many networks.
`tsne`: t-SNE, exactly: all pairs of points, step by step.
`umap`: a fuzzy graph of neighbours, and a layout that is drawn from it edge by edge: UMAP.
`vectorfiles`: vectors of a user's own in files, with labels and pictures: .npy, .npz and .tsv.
`vectors`: sums, multiples, angles and spans.
`warps`: the plane of inputs on its way through a trained network, sized for a picture, and where to look at it from.
"""

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
