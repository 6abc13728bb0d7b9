"""A network that warps the plane: exact at whole layers, and separated at the end where there is room."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.models import datasets, layer_maps
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("network_warp", preset, **values)


@pytest.fixture(scope="module")
def disc() -> Any:
    return scene("three neurons")


@pytest.fixture(scope="module")
def spiral() -> Any:
    return scene("spiral")


def settled(made: Any, layer: float) -> np.ndarray:
    """The sheet (n, n, 3) as the shader draws it, at the end of a film that stops at a layer."""
    made.set("layer", layer)
    found = next(one for one in made.frame(made.clock.seconds).layers if isinstance(one, layers.Sheet))
    made.set("layer", 6.0)
    assert found.end is not None
    return np.asarray(found.start) + found.share * (np.asarray(found.end) - np.asarray(found.start))


def by_hand(made: Any, depth: int) -> list[np.ndarray]:
    """The activations of the sheet's points before the first layer and after each, by plain NumPy."""
    views = made.network.views(made.theta(made.epochs))
    found = [made.sheet()]
    for k in range(depth):
        found.append(np.tanh(found[-1] @ views[f"{2 * k}.weight"].T + views[f"{2 * k}.bias"]))
    return found


@pytest.mark.parametrize(("widths", "data"), [("3-2", "moons"), ("2-3", "xor")])
def test_at_whole_layers_the_sheet_is_the_activations(widths: str, data: str) -> None:
    made = scene(widths=widths, data=data, epochs=60)
    for k, wanted in enumerate(by_hand(made, 2)):
        shown = settled(made, k)
        middle, size = made.warp(60.0).fit(max(k - 1, 0), 2 if k else 0)
        shown = shown * size + middle
        np.testing.assert_allclose(shown[..., : wanted.shape[-1]], wanted, atol=1e-9)
        np.testing.assert_allclose(shown[..., wanted.shape[-1] :], 0.0, atol=1e-9)


def test_three_neurons_free_the_disc_from_its_ring(disc: Any) -> None:
    read = disc.readouts()
    assert read["accuracy"] == 1.0
    assert read["probe"].shape == (2,)
    assert read["probe"][0] < 0.75
    assert read["probe"][1] == 1.0


def test_two_neurons_never_do() -> None:
    made = scene("no room")
    assert 0.75 < made.readouts()["accuracy"] < 1.0
    for w, b, h in layers_of(made):  # no layer folds: areas keep one sign
        factors = layer_maps.area_factors(w, b, "tanh", h.reshape(-1, 2))
        assert (factors >= 0).all() or (factors <= 0).all()


def layers_of(made: Any) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    views = made.network.views(made.theta(made.epochs))
    before = by_hand(made, 2)
    return [(views[f"{2 * k}.weight"], views[f"{2 * k}.bias"], before[k]) for k in range(2)]


def test_the_spiral_comes_apart_up_to_its_first_points(spiral: Any) -> None:
    read, count = spiral.readouts(), len(spiral.samples())
    assert read["accuracy"] <= (count - 1) / count  # both classes begin in one point
    assert read["accuracy"] > 0.97
    assert read["probe"][0] < 0.65
    assert read["probe"][-1] > 0.97


def test_of_a_wide_layer_the_samples_are_seen_along_their_widest_axes(spiral: Any) -> None:
    points, shown = spiral.hidden()[1], spiral.seen()[1].shown(spiral.hidden()[1])
    values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(np.linalg.svd(shown - shown.mean(axis=0), compute_uv=False), values[:3], rtol=1e-9)
    np.testing.assert_allclose(spiral.seen()[1].basis.T @ spiral.seen()[1].basis, np.eye(3), atol=1e-12)


def test_procrustes_finds_a_turn_again() -> None:
    random = np.random.default_rng(5)
    points, turn = random.normal(size=(40, 3)), np.linalg.qr(random.normal(size=(3, 3)))[0]
    np.testing.assert_allclose(layer_maps.aligned(points, points @ turn + (1, 2, 3)), turn, atol=1e-12)


def test_a_passage_ends_where_it_should() -> None:
    random = np.random.default_rng(6)
    start, turned = random.normal(size=(5, 7, 3)), random.normal(size=(5, 7, 3))
    way = layer_maps.passage(start, turned, turned)
    np.testing.assert_allclose(way.at(0.0), start, atol=1e-12)
    np.testing.assert_allclose(way.at(1.0), turned, atol=1e-9)
    matrix = random.normal(size=(3, 3))
    exact = layer_maps.passage(start, start @ matrix.T + (1, 0, 2), turned)
    np.testing.assert_allclose(exact.matrix, matrix, atol=1e-9)
    np.testing.assert_allclose(exact.rest, 0.0, atol=1e-9)


def test_the_cut_is_the_networks_own(disc: Any) -> None:
    cut = next(one for one in disc.frame(disc.clock.seconds).layers if one.key == "cut")
    views = disc.network.views(disc.theta(200))
    middle, size = disc.warp(200.0).fit(0, 2)
    z = (size * np.asarray(cut.mesh.vertices) + middle) @ views["2.weight"][0] + views["2.bias"][0]
    np.testing.assert_allclose(z / np.linalg.norm(views["2.weight"]), 0.0, atol=1e-9)


def test_a_cut_in_a_plane_ends_where_the_picture_does() -> None:
    made = scene("no room")
    cut = next(one for one in made.frame(made.clock.seconds).layers if one.key == "cut")
    (path,), views = cut.paths, made.network.views(made.theta(600))
    middle, size = made.warp(600.0).fit(1, 2)
    np.testing.assert_allclose((size * path + middle)[:, :2] @ views["4.weight"][0] + views["4.bias"][0], 0, atol=1e-9)
    np.testing.assert_allclose(np.abs(path).max(axis=1), 1.05)


def test_training_goes_from_nothing_to_all() -> None:
    made = scene(play="training", data="moons", epochs=300)
    read = [made.readouts(share * made.clock.seconds) for share in (0.0, 1.0)]
    assert [one["epoch"] for one in read] == [0.0, 300.0]
    assert made.accuracy(0.0) < 0.9
    assert made.accuracy(300.0) == 1.0


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_ball_is_dragged_over_the_sheet(disc: Any, share: float) -> None:
    now = disc.now(share * disc.clock.seconds)
    (handle,) = disc.handles(now)
    start, end, part = disc.moving(disc.at(now), disc.epoch(now))
    aim = (start[0] + part * (end[0] - start[0]))[20, 40]
    handle.move(disc, aim)
    np.testing.assert_allclose(disc.handles(now)[0].position, aim, atol=1e-12)
    assert disc.x == pytest.approx(tuple(disc.sheet()[20, 40]))
    assert 0.0 < disc.readouts()["x_probability"] < 1.0


def test_a_roll_is_scikit_learns() -> None:
    turn = 1.5 * np.pi * (1 + 2 * np.array([0.0, 0.3, 1.0]))
    wanted = np.stack([turn * np.cos(turn) / 8, turn * np.sin(turn) / 8, [-1.0, 0.0, 1.0]], -1)
    np.testing.assert_allclose(datasets.on_roll(np.array([0.0, 0.3, 1.0]), np.array([0.0, 0.5, 1.0])), wanted)
    data = datasets.swiss_roll(400)
    radius = np.hypot(*data.points[:, :2].T) * 8
    np.testing.assert_array_equal(data.target > 0, radius < 3 * np.pi)
    assert np.array_equal(datasets.swiss_roll(400).points, data.points)


@pytest.mark.parametrize("wrong", ["", "0", "8-", "99", "2-2-2-2-2-2-2"])
def test_widths_that_make_no_network_are_refused(wrong: str) -> None:
    if wrong == "8-":
        assert scene(widths=wrong).depth == 1
        return
    with pytest.raises(ll.UserError):
        scene(widths=wrong)
