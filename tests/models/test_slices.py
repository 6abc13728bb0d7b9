"""Slices: their centre, filters, invariance, closed forms, and eigenvectors beside a dense decomposition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from lossland.compute.workers import SerialWorkers
from lossland.errors import MachineError, UserError
from lossland.models import datasets, networks, perceptrons, slices, training
from lossland.models.honesty import examine, explained_variance, hutchinson, plane_hessian
from lossland.models.slices import FlatSurface, LocalSurface, Task

MOONS = datasets.moons(40, 0.1)
NET = networks.mlp((2, 6, 5, 1), "tanh", loss="logistic")
TASK = Task(NET, MOONS.points, MOONS.target)
KINDS = {
    "perceptron": networks.mlp((2, 6, 5, 1), "relu", loss="logistic"),
    "residual": networks.mlp((2, 6, 6, 1), "tanh", loss="logistic", residual=True),
    "wide first": networks.mlp(
        (2, 2, 5, 1), "tanh", loss="logistic", residual=True
    ),  # its first layer is within a link
    "normalized": networks.mlp((2, 6, 1), "tanh", loss="logistic", norm="batch"),
    "convolution": networks.cnn((1, 8, 8), (2, 3), 10, "relu", norm="batch"),
    "squares": networks.mlp((2, 6, 1), "gelu", loss="mse"),
}


def task_of(network: networks.Network) -> Task:
    if isinstance(network.layers[0], networks.Image):
        data = datasets.digits().part(0, 30)
        return Task(network, data.points, data.target)
    return Task(network, MOONS.points, MOONS.target)


@pytest.fixture(scope="module")
def trained() -> training.Training:
    return training.train(NET, MOONS.points, MOONS.target, "momentum:lr=0.1", steps=80, seed=1, every=4)


@pytest.mark.parametrize("directions", slices.DIRECTIONS)
def test_the_centre_is_the_training_loss(directions: str, trained: training.Training) -> None:
    path, theta = trained.path[:, 0], trained.end[0]
    recipe = slices.plan(TASK, theta, directions, n=(5, 7), path=path, others=[path[0]], dtype="float64", seed=3)
    assert recipe.surface.at(np.zeros((1, 2)))[0][0] == pytest.approx(float(TASK.loss(theta)), abs=1e-12)
    found = recipe.whole()
    assert found.value.shape == found.accuracy.shape == (7, 5)
    assert np.isfinite(found.value).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", KINDS)
def test_a_point_is_the_loss_of_its_network(name: str, dtype: str, xp: Any) -> None:
    network = KINDS[name]
    task = task_of(network)
    task = Task(network, xp.asarray(task.points), xp.asarray(task.target))
    theta = networks.initial(network, seed=3, xp=xp)
    directions = xp.stack([slices.random_direction(theta, 1, k) for k in (0, 1)])
    places = np.array([(0.0, 0.0), (0.3, -0.2), (-1.0, 0.5)])
    loss, accuracy = FlatSurface(task, theta, directions, dtype).at(places)
    there = theta + xp.asarray(places) @ directions
    expected = np.asarray(network.loss(there, task.points, task.target))
    np.testing.assert_allclose(loss, expected, rtol=1e-12 if dtype == "float64" else 2e-5)
    np.testing.assert_allclose(accuracy, np.asarray(network.accuracy(there, task.points, task.target)), atol=0.051)


@pytest.mark.parametrize("name", ["perceptron", "convolution"])
def test_filters_have_their_weights_length(name: str) -> None:
    network = KINDS[name]
    theta = networks.initial(network, seed=3)
    raw = slices.random_direction(theta, 5)
    found, copied = (network.views(slices.normalized(network, theta, raw, biasbn=b)) for b in ("zero", "copy"))
    weights, gauss = network.views(theta), network.views(raw)
    for p in network.parameters:
        if len(p.shape) == 1:
            assert (found[p.name] == 0).all()
            np.testing.assert_array_equal(copied[p.name], weights[p.name])
            continue
        for d, w, g in zip(found[p.name], weights[p.name], gauss[p.name], strict=True):
            assert np.linalg.norm(d) == pytest.approx(np.linalg.norm(w), rel=1e-8)
            np.testing.assert_allclose(d / np.linalg.norm(d), g / np.linalg.norm(g), rtol=1e-10)


@pytest.mark.parametrize(
    ("norm", "length"),
    [("layer", lambda w: np.linalg.norm(w)), ("dlayer", lambda w: 1.0), ("dfilter", lambda w: np.sqrt(len(w)))],
)
def test_other_norms_have_their_lengths(norm: str, length: Any) -> None:
    theta = networks.initial(NET)
    found = NET.views(slices.normalized(NET, theta, slices.random_direction(theta), norm))
    for name, w in NET.views(theta).items():
        if w.ndim == 2:
            assert np.linalg.norm(found[name]) == pytest.approx(length(w), rel=1e-8)


def test_rescaling_a_relu_network_leaves_the_normalized_slice() -> None:
    network = KINDS["perceptron"]
    task = task_of(network)
    theta = networks.initial(network, seed=2)
    scaled = theta.copy()
    views = network.views(scaled)
    views["0.weight"] *= 10
    views["0.bias"] *= 10
    views["2.weight"] /= 10
    assert task.loss(scaled) == pytest.approx(task.loss(theta), abs=1e-12)

    def values(kind: str) -> list[np.ndarray]:
        pair = (slices.plan(task, t, kind, n=9, seed=4, dtype="float64").whole() for t in (theta, scaled))
        return [one.value for one in pair]

    np.testing.assert_allclose(*values("filter"), rtol=1e-8)
    raw = values("random")
    assert np.abs(raw[0] - raw[1]).max() > 0.1


def test_a_linear_models_slice_is_its_quadratic() -> None:
    network = networks.mlp((3, 2), loss="half_mse")
    rng = np.random.default_rng(0)
    task = Task(network, rng.normal(size=(20, 3)), rng.normal(size=(20, 2)))
    theta = networks.initial(network, seed=1)
    found = slices.plan(task, theta, "random", n=(11, 9), dtype="float64").whole()
    augmented = np.hstack([task.points, np.ones((20, 1))])
    hessian = np.zeros((8, 8))
    for output in range(2):  # in the order of weight (2, 3), bias (2,)
        index = [*range(3 * output, 3 * output + 3), 6 + output]
        hessian[np.ix_(index, index)] = augmented.T @ augmented / 20
    grad = task.gradient(theta)
    for iy, b in enumerate(found.y):
        for ix, a in enumerate(found.x):
            move = a * found.directions[0] + b * found.directions[1]
            quadratic = task.loss(theta) + grad @ move + move @ hessian @ move / 2
            assert found.value[iy, ix] == pytest.approx(quadratic, rel=1e-11)
    trace, error = hutchinson(task, theta, 64)
    assert abs(trace - np.trace(hessian)) < 4 * error
    np.testing.assert_allclose(
        plane_hessian(task, theta, np.eye(8)[[1, 6]]), hessian[np.ix_([1, 6], [1, 6])], atol=1e-12
    )


def test_top_eigenvectors_are_those_of_the_dense_hessian(trained: training.Training) -> None:
    theta = trained.end[0]
    dense = TASK.hessian_times(theta, np.eye(NET.size))
    np.testing.assert_allclose(dense, dense.T, atol=1e-12)
    values, vectors = np.linalg.eigh(dense)
    found = slices.hessian_spectrum(TASK, theta, 2)
    np.testing.assert_allclose(found.values, values[:-3:-1], atol=1e-6)
    for k in (0, 1):
        assert abs(found.vectors[k] @ vectors[:, -1 - k]) == pytest.approx(1, abs=1e-6)
        assert np.linalg.norm(dense @ found.vectors[k] - found.values[k] * found.vectors[k]) < 1e-6


@pytest.mark.parametrize("size", [1, 2, 5])
def test_lanczos_survives_invariant_spaces(size: int) -> None:
    matrix = np.diag([3.0, 2.0, 1.0, 0.0, 0.0][:size])
    found = slices.top_eigenvectors(lambda v: matrix @ v, np.zeros(size), 2)
    np.testing.assert_allclose(found.values, [3.0, 2.0][:size], atol=1e-9)


def test_pca_is_that_of_the_singular_values(trained: training.Training) -> None:
    path = trained.path[:, 0]
    plane = slices.pca(path)
    _, strength, right = np.linalg.svd(path - path.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(plane.shares, (strength**2)[:2] / (strength**2).sum(), rtol=1e-9)
    for k in (0, 1):
        assert abs(plane.directions[k] @ right[k]) == pytest.approx(1, abs=1e-9)
        assert plane.directions[k][np.abs(plane.directions[k]).argmax()] > 0
    assert explained_variance(path, plane.directions) == pytest.approx(plane.shares.sum(), rel=1e-9)


def test_a_common_plane_holds_what_all_runs_share() -> None:
    runs = (
        np.random.default_rng(1).normal(size=(3, 10, 2))
        @ np.linalg.qr(np.random.default_rng(2).normal(size=(30, 2)))[0].T
    )
    plane = slices.common_plane(list(runs), runs[0, -1])
    assert plane.shares.sum() == pytest.approx(1)
    for run in runs:
        assert explained_variance(run, plane.directions) == pytest.approx(1)


def test_the_path_local_slice_has_the_true_loss_along_the_path(trained: training.Training) -> None:
    path = trained.path[:, 0]
    recipe = slices.plan(TASK, path[-1], "local", n=9, path=path)
    assert isinstance(recipe.surface, LocalSurface)
    on_path, _ = recipe.surface.at(recipe.blank.path)
    np.testing.assert_allclose(on_path, recipe.blank.path_loss, atol=1e-9)
    np.testing.assert_allclose(recipe.blank.path_loss, TASK.loss(path), atol=1e-12)
    flat = slices.plan(TASK, path[-1], "pca", n=9, path=path, dtype="float64")
    assert np.abs(flat.surface.at(flat.blank.path)[0] - flat.blank.path_loss).max() > 1e-3
    near = recipe.surface.at(recipe.blank.path + 1e-7)[0]  # it is continuous there
    np.testing.assert_allclose(near, on_path, atol=1e-5)


def test_points_lie_where_the_plane_has_them() -> None:
    first, second, third = networks.initial(NET, seed=1, count=3)
    directions = slices.through(first, second, third)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    places = slices.coordinates(np.stack([first, second, third]), first, directions)
    np.testing.assert_allclose(first + places @ directions, [first, second, third], atol=1e-12)
    np.testing.assert_allclose(places[:2, 1], 0, atol=1e-12)
    with pytest.raises(UserError, match="on one line"):
        slices.through(first, second, (first + second) / 2)


def test_a_curve_is_found_below_the_straight_way() -> None:
    many = training.train(
        NET, MOONS.points, MOONS.target, "adam:lr=0.03", 300, networks.initial(NET, seed=2, count=2), every=300
    )
    first, last = many.end
    middle = slices.connect(TASK, first, last, steps=150, lr=0.03)
    t = np.linspace(0, 1, 21)
    curve = slices.bezier(first, middle, last, t)
    np.testing.assert_allclose(curve[[0, -1]], [first, last])
    straight = TASK.loss((1 - t)[:, None] * first + t[:, None] * last)
    assert TASK.loss(curve).max() < 0.5 * straight.max()


def test_gradient_and_its_turn() -> None:
    theta = networks.initial(NET)
    plane = slices.gradient_plane(TASK, theta)
    np.testing.assert_allclose(plane @ plane.T, np.eye(2), atol=1e-12)
    grad = TASK.gradient(theta)
    assert plane[0] @ grad == pytest.approx(np.linalg.norm(grad))
    turned = TASK.hessian_times(theta, grad)
    assert np.linalg.norm(turned - plane.T @ (plane @ turned)) < 1e-10


def test_refinement_is_coarse_to_fine_and_ends_the_same() -> None:
    theta = networks.initial(NET)
    recipe = slices.plan(TASK, theta, n=(21, 13), dtype="float64")
    seen, step = [], recipe.blank
    for step in recipe.refine(piece=40):
        known = ~np.isnan(step.value)
        seen.append(known.sum())
        filled = slices.preview(step.value)
        assert not np.isnan(filled).any()
        np.testing.assert_array_equal(filled[known], step.value[known])
        assert known[6, 10]  # the centre is there from the first
    assert seen == sorted(set(seen))
    assert seen[-1] == 21 * 13
    assert seen[0] <= 4
    np.testing.assert_array_equal(step.value, recipe.whole().value)
    places = np.stack(np.meshgrid(step.x, step.y), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(recipe.surface.at(places)[0].reshape(13, 21), step.value, rtol=1e-12)


def test_the_finer_grid_is_made_of_natural_splines() -> None:
    value = np.random.default_rng(4).normal(size=(5, 7))
    x, y = np.linspace(-1, 2, 7), np.linspace(0, 1, 5)
    none = np.zeros(0)
    found = slices.Slice(x, y, value, value, none, np.zeros((0, 0)))
    fine_x, fine_y, fine = slices.smoothed(found, most=60)
    assert fine.shape == (37, 55)
    along = CubicSpline(x, value, axis=1, bc_type="natural")(fine_x)
    expected = CubicSpline(y, along, axis=0, bc_type="natural")(fine_y)
    np.testing.assert_allclose(fine, expected, atol=1e-12)
    np.testing.assert_array_equal(fine[::9, ::9], value)


def test_one_dimension() -> None:
    theta = networks.initial(NET)
    found = slices.plan(TASK, theta, n=15, dimensions=1, radius=0.5).whole()
    assert found.value.shape == (15,)
    assert found.value[7] == pytest.approx(float(TASK.loss(theta)), rel=1e-6)
    assert (found.x[0], found.x[-1], len(found.y)) == (-0.5, 0.5, 0)


def surface_beside_networks(network: networks.Network, data: datasets.Data, dtype: str) -> None:
    """Compare losses and accuracies of a surface with those of the same networks, each evaluated by itself."""
    task = Task(network, data.points[:301], data.target[:301])
    theta = networks.initial(network, seed=2)
    directions = np.stack([slices.random_direction(theta, 4, k) for k in (0, 1)])
    places = np.array([(0.0, 0.0), (0.2, -0.4), (1.5, 1.0)])
    loss, accuracy = FlatSurface(task, theta, directions, dtype).at(places)
    there = theta + places @ directions
    np.testing.assert_allclose(loss, network.loss(there, task.points, task.target), rtol=LOSS_ERROR[dtype])
    np.testing.assert_allclose(accuracy, network.accuracy(there, task.points, task.target), atol=0.0034)


LOSS_ERROR = {"float32": 1e-5, "float64": 1e-12}


@pytest.mark.parametrize("activation", networks.ACTIVATIONS)
@pytest.mark.parametrize("dtype", LOSS_ERROR)
def test_compiled_perceptrons(activation: str, dtype: str) -> None:
    network = networks.mlp((64, 12, 9, 10), activation, dropout=0.2)
    surface_beside_networks(network, datasets.split_digits()[0], dtype)


@pytest.mark.parametrize("loss", networks.LOSSES[1:])
@pytest.mark.parametrize("widths", [(2, 1), (2, 5, 1), (2, 3, 9, 4, 1)])
def test_compiled_perceptrons_of_two_classes(loss: str, widths: tuple[int, ...]) -> None:
    surface_beside_networks(networks.mlp(widths, "tanh", loss), datasets.dataset("moons", 400), "float64")


def test_perceptrons_where_nothing_can_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise MachineError("No kernel can be compiled for this processor: none here.")

    monkeypatch.setattr(perceptrons.perceptron, "kernel", refused)
    with pytest.warns(RuntimeWarning, match=r"none here\. Computing on arrays, several times slower"):
        surface_beside_networks(networks.mlp((64, 12, 9, 10)), datasets.split_digits()[0], "float32")


def test_of_equal_outputs_the_first_counts() -> None:
    network = networks.mlp((2, 3, 3), "relu")
    zero = np.zeros(network.size)
    task = Task(network, np.ones((6, 2)), np.array([0, 0, 1, 1, 2, 2]))
    loss, accuracy = FlatSurface(task, zero, np.stack([zero, zero])).at(np.zeros((1, 2)))
    assert loss[0] == pytest.approx(np.log(3), rel=1e-6)
    assert accuracy[0] == pytest.approx(1 / 3)


def test_operations_are_counted() -> None:
    data, _ = datasets.split_digits()
    network = networks.mlp((64, 32, 32, 10))
    surface = FlatSurface(
        Task(network, data.points, data.target), networks.initial(network), np.zeros((2, network.size))
    )
    assert surface.flops_without_sharing == 2 * 1437 * (64 * 32 + 32 * 32 + 32 * 10)
    assert surface.flops_at_point == 2 * 1437 * (2 * 32 + 32 * 32 + 32 * 10)


def test_a_window_gets_pieces_of_a_few_hundredths_of_a_second() -> None:
    zero = np.zeros
    small, (data, _) = networks.mlp((2, 4, 1), loss="logistic"), datasets.split_digits()
    large = networks.mlp((64, 32, 32, 10))
    flat = FlatSurface(Task(small, MOONS.points, MOONS.target), zero(small.size), zero((2, small.size)))
    digits = FlatSurface(Task(large, data.points, data.target), zero(large.size), zero((2, large.size)))
    local = LocalSurface(Task(large, data.points, data.target), np.eye(4, large.size), np.eye(4, 2))
    assert slices.piece_of(flat) == 512
    assert slices.piece_of(digits) == 3 * 10**8 // digits.flops_at_point == 74
    assert slices.piece_of(local) == 3 * 10**8 // (2 * digits.flops_without_sharing) == 15


def test_an_honest_slice_and_one_that_is_not(trained: training.Training) -> None:
    path, theta = trained.path[:, 0], trained.end[0]
    flat = slices.plan(TASK, theta, "filter", n=5, path=path).whole()
    numbers = examine(TASK, flat, path)
    dense = TASK.hessian_times(theta, np.eye(NET.size))
    assert numbers.top == pytest.approx(np.linalg.eigvalsh(dense)[-1], abs=1e-6)
    assert abs(numbers.trace - np.trace(dense)) < 4 * numbers.trace_error
    assert numbers.explained < 0.5
    assert "cannot be read off" in numbers.conclusion
    q = np.linalg.qr(flat.directions.T)[0]
    rest = (path - theta) - (path - theta) @ q @ q.T
    np.testing.assert_allclose(numbers.out_of_plane, np.linalg.norm(rest, axis=1), atol=1e-10)
    np.testing.assert_allclose(numbers.true_loss, TASK.loss(path))
    assert len(numbers.seeds) == 5
    cosine = flat.directions[0] @ flat.directions[1] / np.prod(np.linalg.norm(flat.directions, axis=1))
    assert numbers.cosine == pytest.approx(cosine)
    sharp = examine(TASK, slices.plan(TASK, theta, "hessian", n=5).whole())
    assert sharp.curvature[0] == pytest.approx(sharp.top, rel=1e-6)
    assert "nothing measured here speaks against it" in sharp.conclusion
    assert "times as sharp" in examine(TASK, slices.plan(TASK, theta, "filter", n=5, seed=1).whole()).conclusion


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"directions": "filters"}, "Did you mean 'filter'"),
        ({"directions": "pca"}, "need a path"),
        ({"directions": "points"}, "one or two other networks"),
    ],
)
def test_wrong_input_is_told(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        slices.plan(TASK, networks.initial(NET), **arguments)


@pytest.mark.parametrize(("n", "dimensions"), [((9, 13), 2), (150, 1)])
def test_workers_fill_the_same_slice(n: Any, dimensions: int) -> None:
    theta = networks.initial(NET, seed=3)
    recipe = slices.plan(TASK, theta, "random", n=n, dimensions=dimensions)
    *_, found = recipe.shared_out(SerialWorkers())
    assert found.complete
    right = recipe.whole()
    assert np.array_equal(found.value, right.value)
    assert np.array_equal(found.accuracy, right.accuracy)


def test_a_slice_knows_what_lies_within_it_and_what_is_walked_on_it() -> None:
    x, y, none = np.linspace(-1, 1, 5), np.linspace(0, 3, 4), np.zeros(0)
    value = np.arange(20.0).reshape(4, 5)
    found = slices.Slice(x, y, value, value / 20, none, none)
    assert found.sides == [(-1.0, 1.0), (0.0, 3.0)]
    assert found.within((0.3, 2.0)) == (0.3, 2.0)
    assert found.within((-7.0, 9.0)) == (-1.0, 3.0)
    assert found.nearest((0.4, 2.2)) == (13.0, 0.65)
    assert len(found.way[0]) == 0
    marks = np.array([(0.0, 0.0), (2.0, 0.0), (1.0, 1.0)])
    joined = replace(found, kind="points", marks=marks)
    np.testing.assert_allclose(joined.way[0][[0, -1]], marks[:2])
    np.testing.assert_allclose(joined.way[0][:, 1].max(), 0.5, atol=1e-3)  # halfway to what it bends towards
    assert len(joined.way[1]) == 0
    walked = replace(found, path=marks, path_loss=np.ones(3))
    np.testing.assert_array_equal(walked.way[0], marks)
