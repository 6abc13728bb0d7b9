"""Folds: the truths of the catalogue, what is drawn against what the networks say, and the handles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import label

import lossland as ll
from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("depth_origami", preset, **values)


def drawn(made: ll.Scene, share: float) -> dict[str, Any]:
    frame = made.frame(ll.Now(share * made.clock.seconds, made.clock))
    return dict(zip(frame.keys, frame.layers, strict=True))


def meter(made: ll.Scene, share: float) -> float:
    (found,) = [one for one in made.frame(share * made.clock.seconds).notes if isinstance(one, layers.Meter)]
    return found.value


def patches(where: np.ndarray) -> int:
    """Return in how many connected patches an array is True."""
    found = np.zeros(np.shape(where), int)
    label(where, output=found)
    return int(found.max())


@pytest.mark.parametrize(("depth", "pieces"), [(1, 2), (3, 8), (5, 32), (8, 256)])
def test_pieces_and_slope(depth: int, pieces: int) -> None:
    read = scene(show="tent", depth=depth).readouts()
    assert (read["pieces"], read["slope"]) == (pieces, pieces)
    assert read["pieces_of_one_layer"] == 2 * depth + 1


@pytest.mark.parametrize(("width", "regions"), [(3, 7), (4, 11), (8, 37)])
def test_regions_of_one_layer(width: int, regions: int) -> None:
    assert scene("lines", width=width).readouts()["regions"] == regions


def test_as_many_neurons_make_more_regions_when_some_of_them_fold() -> None:
    made = scene("folded lines")
    read = made.readouts()
    assert made.neurons() == 12
    assert (read["folded_regions"], read["regions_of_one_layer"]) == (16 * 11, 1 + 12 + 66)


# --------------------------------------------------------------------------------------------------- the paper
@pytest.mark.parametrize("depth", [1, 3, 5])
def test_the_open_sheet_has_as_many_holes_as_the_folded_one_had_layers(depth: int) -> None:
    made = scene(depth=depth)
    mesh = drawn(made, 1.0)["paper"].mesh
    corners = mesh.vertices[mesh.triangles]
    x, y = corners[:, :, 0], corners[:, :, 1]
    area = 0.5 * np.abs((x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0]))
    hole = made.sheet(1.0)[0][: made.sheet(1.0).shape[1] // 2]
    of_hole = 0.5 * abs(hole[:, 0] @ np.roll(hole[:, 1], -1) - hole[:, 1] @ np.roll(hole[:, 0], -1))
    assert area.sum() == pytest.approx(4.0 - 2**depth * of_hole)
    side = 400  # samples of the sheet: where no triangle is, there is a hole
    picture = np.ones((side, side), bool)
    grid = (np.arange(side) + 0.5) * 2 / side - 1
    for a, b, c in corners[:, :, :2]:
        low, high = np.searchsorted(grid, [np.min([a, b, c], 0), np.max([a, b, c], 0)])
        px, py = np.meshgrid(grid[low[0] : high[0]], grid[low[1] : high[1]])
        turns = [(q[0] - p[0]) * (py - p[1]) - (q[1] - p[1]) * (px - p[0]) for p, q in ((a, b), (b, c), (c, a))]
        inside = np.all([one >= 0 for one in turns], axis=0) | np.all([one <= 0 for one in turns], axis=0)
        picture[low[1] : high[1], low[0] : high[0]] &= ~inside
    assert patches(picture) == 2**depth
    assert meter(made, 1.0) == 2**depth


def test_the_sheet_is_flat_then_folded_and_flat_again() -> None:
    made = scene(depth=3)
    assert [made.folds(made.now(share * 16.0)) for share in (0.0, 0.47, 0.58, 1.0)] == [0, 3, 3, 0]
    assert [meter(made, share) for share in (0.0, 0.2, 0.47, 0.58, 1.0)] == [1, 2, 8, 1, 8]
    packet = drawn(made, 0.47)["paper"].mesh.vertices
    np.testing.assert_allclose(np.ptp(packet[:, :2], axis=0), [0.5, 1.0])
    assert np.ptp(drawn(made, 0.0)["paper"].mesh.vertices[:, 2]) == 0.0


def middles(made: Any) -> np.ndarray:
    """Return the middle (k, 2) of each hole of the open sheet."""
    vertices = drawn(made, 1.0)["paper"].mesh.vertices.reshape(2**made.depth, 2, -1, 3)[:, 0, :, :2]
    (x, y), (u, v) = np.moveaxis(vertices, 2, 0), np.moveaxis(np.roll(vertices, -1, axis=1), 2, 0)
    cross = x * v - u * y
    return np.stack([((x + u) * cross).sum(1), ((y + v) * cross).sum(1)], axis=1) / (3 * cross.sum(1, keepdims=True))


def test_the_cut_is_dragged_and_all_copies_follow() -> None:
    made = scene(depth=2)
    player = Player(made)
    before = middles(made)
    player.seek(16.0)
    player.drag("cut", (0.6, 0.42))
    assert made.cut == pytest.approx((0.6, 0.42))
    np.testing.assert_allclose(np.abs(middles(made) - before), [(0.1, 0.08)] * 4, atol=5e-3)  # mirrored at creases
    player.drag("cut", (-3.0, 9.0))
    assert made.cut == (0.35, 0.65)
    player.seek(8.0)
    assert not player.handles()


# ------------------------------------------------------------------------------------------------- on a line
@pytest.mark.parametrize("preset", ["tent map", "as many neurons"])
def test_the_graph_is_that_of_the_network(preset: str) -> None:
    made = scene(preset)
    plot, relu = made.plots()[0], lambda x: np.maximum(x, 0)
    (path,) = [layer for key, layer in drawn(made, 1.0).items() if key.startswith("deep")]
    x, y = (
        np.array(one)
        for one in zip(*map(plot.data, path.points if hasattr(path, "points") else path.paths[0]), strict=True)
    )
    expected = x
    for _ in range(made.depth):
        expected = 2 * relu(expected) - 4 * relu(expected - 0.5)
    np.testing.assert_allclose(y, expected, atol=1e-9)
    assert meter(made, 1.0) == 2**made.depth


# ------------------------------------------------------------------------------------------------ on a plane
def test_lines_are_drawn_one_after_another_and_regions_are_counted() -> None:
    made = scene("lines")
    found = [meter(made, share) for share in np.linspace(0.0, 1.0, 60)]
    assert sorted(set(found)) == [1 + n + n * (n - 1) // 2 for n in range(9)]
    assert found == sorted(found)


@pytest.mark.parametrize(("preset", "depth"), [("lines", 1), ("folded lines", 2)])
def test_the_picture_has_a_colour_for_each_side_of_each_line(preset: str, depth: int) -> None:
    made = scene(preset, depth=depth, width=3)
    picture = np.asarray(drawn(made, 1.0)["folded"].picture)
    assert min(picture.shape) >= 512
    assert 0.0 <= picture.min() <= picture.max() <= 1.0
    pieces = sum(patches(picture == one) for one in np.unique(picture))
    # A crease does not change the colour, so the copies beside it run into each other: no more than are counted.
    assert 7 <= pieces <= made.readouts()["folded_regions"]
    if depth == 1:
        assert pieces == 7
        ends = np.array(drawn(made, 1.0)["lines"].paths)[..., :2]
        for a, b in ends:
            for share in (0.3, 0.6):
                x, y = a + share * (b - a)
                column, row = round((x + 1) / 2 * 511), round((1 - y) / 2 * 511)
                assert len(np.unique(picture[row - 3 : row + 4, column - 3 : column + 4])) > 1


def test_an_end_of_a_line_is_dragged_along_the_circle() -> None:
    made = scene("lines", width=3)
    player = Player(made)
    assert not player.handles()  # no line is drawn yet
    player.seek(16.0)
    handle = player.handles()[1]
    assert handle.name == "line 2"
    player.drag("line 2", (0.0, 3.0))
    np.testing.assert_allclose(player.handles()[1].position, (0.0, 1.0, 0.0), atol=1e-3)
    ends = {tuple(np.round(np.asarray(player.handles()[k].position), 6)) for k in (0, 2)}
    assert len(ends) == 2
    start = np.asarray(player.handles()[0].position)[:2]
    regions = []
    for angle in np.linspace(0.0, 2 * np.pi, 25)[1:]:  # once around: it does not always cross the other two
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        player.drag("line 1", tuple(turn @ start))
        regions.append(made.readouts()["regions"])
    assert max(regions) == 7
    assert min(regions) < 7


def test_depths_that_cannot_be_drawn_are_not_kept() -> None:
    made = scene("tent map", depth=8)
    made.set("show", "plane")
    assert made.depth == 5
    with pytest.raises(ll.UserError, match="depth must be a whole number from 1 to 7 here, not 8"):
        scene(depth=8)


def test_all_sixteen_copies_share_their_colours():
    shade = scene("folded lines").shade(4, 2.0)
    np.testing.assert_array_equal(shade, shade[:, ::-1])
    np.testing.assert_array_equal(shade, shade[::-1])
    half = shade[: len(shade) // 2, : len(shade) // 2]  # its own creases lie between two samples, not in their middle
    assert np.mean(half != half[:, ::-1]) < 0.03
    assert np.mean(half != half[::-1]) < 0.03


def test_what_changes_nothing_has_no_control() -> None:
    idle = {
        show: {name for name in ("width", "beside") if not library.scene("depth_origami", show=show).has_control(name)}
        for show in ("paper", "tent", "plane")
    }
    assert idle == {"paper": {"width", "beside"}, "tent": {"width"}, "plane": set()}
