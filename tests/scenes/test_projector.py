"""Seeing 64 dimensions: what a layout keeps, tours and held axes, and vectors of a user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist
from scipy.special import rel_entr

import lossland as ll
from lossland import layers
from lossland.errors import UserError
from lossland.models import datasets
from lossland.scenery import library
from lossland.world.theme import DARK

LABELS = np.repeat(["a", "b", "c"], 30)
POINTS = np.random.default_rng(6).normal(size=(90, 7)) + 6 * np.repeat(np.eye(3, 7), 30, axis=0)


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("projector", preset, **values)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with three groups in seven dimensions."""
    path = tmp_path_factory.mktemp("vectors") / "own.npz"
    np.savez(path, vectors=POINTS, labels=LABELS)
    return path


@pytest.fixture(scope="module")
def small(own: Path) -> Any:
    """t-SNE of it."""
    return scene(file=own, perplexity=12.0, iterations=300)


def ended(made: ll.Scene) -> dict[str, Any]:
    return made.readouts(made.clock.seconds)


def drawn(made: ll.Scene, time: float) -> dict[str, Any]:
    frame = made.frame(ll.Now(time, made.clock))
    return dict(zip(frame.keys, frame.layers, strict=True))


def places(made: Any, time: float) -> np.ndarray:
    """Return where the points are in the picture, in the order of the samples shown."""
    found = np.full((len(made.shown()), 3), np.nan)
    layers = drawn(made, time)
    for key, part in made.parts(made.is_judged(ll.Now(time, made.clock))).items():
        found[part.rows] = layers[key].position
    return found


def test_the_divergence_is_that_of_the_layout_in_the_picture(small: Any) -> None:
    end = small.clock.seconds
    away = cdist(POINTS, POINTS, "sqeuclidean")
    moving = small.course()
    moving.reach(300)
    place = places(small, end)[:, :2]
    layout = moving.at(300).astype(float)
    ratio = cdist(layout, layout) / np.maximum(cdist(place, place), 1e-12)
    off = ~np.eye(90, dtype=bool)
    np.testing.assert_allclose(ratio[off], np.median(ratio[off]), rtol=1e-3)  # the picture is the layout, resized
    beta = np.array([width_of(row, i) for i, row in enumerate(away)])
    share = np.exp(-beta[:, None] * away) * off
    share /= share.sum(axis=1, keepdims=True)
    similarity = (share + share.T) / 180
    weight = off / (1 + cdist(layout, layout, "sqeuclidean"))
    expected = rel_entr(similarity, weight / weight.sum()).sum()
    assert ended(small)["kl"] == pytest.approx(expected, abs=1e-4)


def width_of(row: np.ndarray, own: int) -> float:
    """Return the width of a point's Gaussian with a perplexity of 12, by bisection."""
    away, low, high = np.delete(row, own), -12.0, 12.0
    for _ in range(100):
        middle = (low + high) / 2
        weight = np.exp(-np.exp(middle) * (away - away.min()))
        share = weight / weight.sum()
        entropy = -(share * np.log(np.maximum(share, 1e-300))).sum()
        low, high = (middle, high) if entropy > np.log(12) else (low, middle)
    return float(np.exp(low))


def test_every_point_has_the_perplexity_and_the_divergence_falls(small: Any) -> None:
    read = [small.readouts(t) for t in np.linspace(0.5, 0.9, 5) * small.clock.seconds]
    assert read[0]["perplexity_error"] < 1e-5
    assert read[-1]["kl"] < read[0]["kl"]
    assert read[-1]["knn_accuracy"] == 1.0  # three groups far apart
    assert read[-1]["trustworthiness"] > 0.9


def test_two_principal_axes_of_digits_keep_less() -> None:
    read = ended(scene("on two axes"))
    assert read["trustworthiness"] == pytest.approx(0.8296, abs=1e-4)
    assert read["knn_accuracy"] == pytest.approx(0.6433, abs=3e-3)
    assert np.isnan(read["kl"])


def test_axes_are_pressed_flat_without_being_turned() -> None:
    made = scene(data="iris", method="pca", index=0)
    centred = datasets.iris().points - datasets.iris().points.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    begun, ended = (places(made, t) for t in (0.0, made.clock.seconds))
    size = begun[:, 0].std() / (u[:, 0] * s[0]).std()
    np.testing.assert_allclose(np.abs(begun), size * np.abs(u[:, :3] * s[:3]), atol=1e-9)
    np.testing.assert_allclose(ended, begun * (1, 1, 0), atol=1e-12)


def test_umap_begins_at_the_axes_and_keeps_groups(own: Path) -> None:
    made = scene(file=own, method="umap", iterations=100, neighbours=10)
    assert ended(made)["knn_accuracy"] == 1.0
    assert ended(made)["trustworthiness"] > 0.8


def test_few_points_stay_in_the_middle(tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", np.random.default_rng(0).normal(size=(12, 4)))
    made = scene(file=str(tmp_path / "few.npy"), method="umap", neighbours=5)
    for share in (0.0, 0.5, 1.0):
        place = places(made, share * made.clock.seconds)
        assert np.abs(place.mean(axis=0)).max() < 1e-3 * np.ptp(place)


def test_the_mean_of_a_view_of_the_tour_is_the_view_of_the_mean() -> None:
    made = scene("a tour")
    for time in (0.0, 4.0, 11.0):
        frame = made.turned(ll.Now(time, made.clock))
        np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-10)
        place = places(made, time)
        np.testing.assert_allclose(place.mean(axis=0), made.along_axes().mean(axis=0) @ frame, atol=1e-10)


def test_an_axis_that_is_dragged_is_held_there_while_the_tour_goes_on() -> None:
    made = scene("a tour")
    now = ll.Now(5.0, made.clock)
    handle = made.handles(now)[1]
    handle.move(made, np.array([0.9, -0.6, 0.3]))
    assert made.axis == 2
    for time in (5.0, 9.0):
        tips = drawn(made, time)["tips"].position
        np.testing.assert_allclose(tips[1], (0.9, -0.6, 0.3), atol=0.01)
        frame = made.turned(ll.Now(time, made.clock))
        np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-10)
    assert not scene(data="iris", method="pca").handles(0.0)


def test_every_axis_of_the_tour_can_be_dragged_and_is_named_where_it_is_long() -> None:
    made = scene("a tour")
    assert len(made.handles(ll.Now(0.0, made.clock))) == 8
    for time in (0.0, 6.0, 12.5):
        now, shown = ll.Now(time, made.clock), drawn(made, time)
        long = np.linalg.norm(shown["tips"].position, axis=1)
        assert (long**2).sum() == pytest.approx(3 * 1.9**2)  # three columns, each as long as an axis
        assert long.max() > 1.0  # something to drag at any time
        named = {key for key in shown if key.startswith("axis ")}
        assert named == {f"axis {k + 1}" for k in np.flatnonzero(long > 0.7)}
    made.handles(now)[6].move(made, np.array([0.2, 0.9, -1.1]))
    assert made.axis == 7
    np.testing.assert_allclose(drawn(made, 3.0)["tips"].position[6], (0.2, 0.9, -1.1), atol=0.01)
    made.set("data", "iris")  # which has four
    assert len(made.handles(now)) == 4
    assert drawn(made, 3.0)


def test_a_click_chooses_a_point_and_lines_lead_to_its_neighbours(own: Path) -> None:
    made = scene(file=own, method="pca")
    layer = drawn(made, 0.0)["group 1"]  # the second group, in its colour
    assert made.pick(layer, 10)
    assert made.index == 40
    apart = cdist(POINTS[40:41], POINTS)[0]
    found, away = made.near()
    np.testing.assert_array_equal(found, np.argsort(apart)[1:7])
    np.testing.assert_allclose(away, np.sort(apart)[1:7])
    lines = drawn(made, 0.0)["near"].paths
    np.testing.assert_array_equal([line[1] for line in lines], places(made, 0.0)[found])


def test_a_group_can_be_isolated(own: Path) -> None:
    made = scene(file=own, method="pca", index=35, alone=True)
    both = drawn(made, 0.0)
    mine, *rest = (both[key] for key in made.parts(False))
    assert [len(one.position) for one in (mine, *rest)] == [30, 30, 30]
    assert all(one.dim > mine.dim for one in rest)
    assert made.pick(rest[0], 3)
    assert made.index == 3


def test_of_many_vectors_axes_show_all_and_layouts_say_what_they_draw(tmp_path: Path) -> None:
    many = np.random.default_rng(0).normal(size=(100_000, 5)).astype(np.float32)
    np.save(tmp_path / "many.npy", many)
    made = scene(file=tmp_path / "many.npy", method="tour")
    assert len(drawn(made, 1.0)["group 0"].position) == 100_000
    made.set("method", "tsne")
    made.live = True  # as in a window: nothing waits for the layout
    frame = made.frame(0.0)
    assert len(dict(zip(frame.keys, frame.layers, strict=True))["group 0"].position) == 3000
    assert "drawn at random from 100\u2009000" in frame.notes[0].lines
    assert len(np.unique(made.rows_laid_out())) == 3000


def test_a_window_waits_for_nothing(own: Path) -> None:
    made = scene(file=own, perplexity=12.0, iterations=200)
    made.live = True
    made.frame(made.clock.seconds)
    assert made.unfinished
    turns = 0
    while made.unfinished:
        made.frame(made.clock.seconds)
        turns += 1
    assert turns > 20
    still = scene(file=own, perplexity=12.0, iterations=200)
    last = still.clock.seconds
    np.testing.assert_array_equal(places(made, last), places(still, last))


def test_axes_of_ones_own_go_from_the_mean_of_one_group_to_that_of_another(own: Path) -> None:
    made = scene(file=own, method="axes", right="a, c", up="b, a")
    place = places(made, made.clock.seconds)[:, :2]
    means = [place[name == LABELS].mean(axis=0) for name in "abc"]
    assert means[0][0] == pytest.approx(-means[2][0])  # as far to the left as the other is to the right
    assert means[1][1] == pytest.approx(-means[0][1])
    whole = {name: POINTS[name == LABELS].mean(axis=0) for name in "abc"}
    apart = [np.linalg.norm(whole["c"] - whole["a"]), np.linalg.norm(whole["a"] - whole["b"])]
    drawn_apart = [means[2][0] - means[0][0], means[0][1] - means[1][1]]
    assert drawn_apart[0] / drawn_apart[1] == pytest.approx(apart[0] / apart[1])  # both axes have one scale
    ends = [layer.text for key, layer in drawn(made, made.clock.seconds).items() if key.startswith("end ")]
    assert ends == ["a", "c", "b", "a"]
    with pytest.raises(UserError, match="No point is called 'd'"):
        made.set("right", "a, d")
    assert made.right == "a, c"
    made.set("data", "iris")
    assert (made.right, made.axes()[0]) == ("", ("setosa", "versicolor"))


def test_a_sprite_image_is_the_pictures_of_the_samples(own: Path, tmp_path: Path) -> None:
    """Ten rows of ten pictures, 4 pixels high and 3 wide, for 90 samples."""
    sheet = np.random.default_rng(1).integers(0, 256, (40, 30, 3), np.uint8)
    Image.fromarray(sheet).save(tmp_path / "sprites.png")
    made = scene(file=own, pictures=tmp_path / "sprites.png", method="pca")
    np.testing.assert_allclose(made.samples().pictures[23], sheet[8:12, 9:12] / 255)
    assert len(drawn(made, 0.0)["group 0"].pictures) == 30
    with pytest.raises(UserError, match="is no picture that can be read"):
        scene(file=own, pictures=own)


def test_only_what_has_an_effect_has_a_control(own: Path) -> None:
    names = ("color", "axis", "perplexity", "file", "labels", "pictures")
    shown = {made.method: [name for name in names if made.has_control(name)]
             for made in (scene(method="tour"), scene(), scene(file=own, method="umap"))}  # fmt: skip
    assert shown["tour"] == ["axis", "file"]
    assert shown["tsne"] == ["color", "perplexity", "file"]
    assert shown["umap"] == ["color", "file", "labels", "pictures"]


def test_a_file_must_be_named_and_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Name a file"):
        scene(data="file")
    made = scene()
    with pytest.raises(UserError, match="There is no file"):
        made.set("file", tmp_path / "none.npy")


def test_ten_digits_have_ten_colours() -> None:
    parts = scene("on two axes").parts(False)
    assert len({DARK.hex(part.color) for part in parts.values()}) == len(parts) == 10


def test_a_point_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="index must be a whole number from 0 to 1796 here, not 999999"):
        scene(index=999_999)
    np.save(tmp_path / "many.npy", np.random.default_rng(0).normal(size=(2500, 3)))
    assert scene(index=2400, file=tmp_path / "many.npy", method="pca").chosen() == 2400
    made = scene("words", method="pca")
    made.set("data", "iris")  # another set of points has fewer: the last one is chosen
    assert made.index == 149


def test_the_title_says_how_many_dimensions_there_are(own: Path) -> None:
    assert scene(file=own, method="pca").frame(0.0).notes[0].text == "Seeing 7 dimensions"


def test_letters_without_a_glyph_are_left_out(tmp_path: Path) -> None:
    called = ["\u732b a", "\u732b", "Stra\u00dfe \U0001f600"]
    np.savez(tmp_path / "named.npz", X=POINTS, labels=np.repeat(called, 30))
    made = scene(file=tmp_path / "named.npz", method="pca", index=40)
    frame = made.frame(0.0)
    assert {layer.text for layer in frame.layers if isinstance(layer, layers.Label)} == {"a", "Stra\u00dfe"}
    assert any("left out" in str(line) for line in frame.notes[0].lines)
    assert len(made.parts(False)) == 3  # labels that look alike then are still groups of their own


def test_an_array_is_no_file() -> None:
    with pytest.raises(UserError, match="file must be text, not array") as caught:
        scene(file=POINTS)
    assert len(str(caught.value)) < 150


def test_the_column_of_notes_is_as_wide_before_the_layout_is_judged_as_after(own: Path) -> None:
    made = scene(file=own, method="pca")
    before, after = (made.frame(time).notes[1] for time in (0.0, made.clock.seconds))
    assert (before.heading, before.text) == (after.heading, "...")
    assert float(after.text) == pytest.approx(after.value, abs=1e-3)
