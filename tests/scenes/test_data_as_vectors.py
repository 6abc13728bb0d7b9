"""Everything is a point: the truths of the catalogue, and what the picture shows of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import lossland as ll
from lossland.models import datasets, neighbours
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("data_as_vectors", preset, **values)


def drawn(made: ll.Scene, share: float) -> dict[str, Any]:
    frame = made.frame(ll.Now(share * made.clock.seconds, made.clock))
    return dict(zip(frame.keys, frame.layers, strict=True))


@pytest.fixture(scope="module")
def digits() -> Any:
    return scene()


def test_distances_tell_digits_apart(digits: Any) -> None:
    read = digits.readouts()
    assert read["accuracy_nearest"] == pytest.approx(0.98831, abs=5e-6)
    assert round(1797 * (1 - read["accuracy_nearest"])) == 21
    assert read["accuracy_centroid"] == pytest.approx(0.90484, abs=5e-6)
    assert read["mean_distance_same"] == pytest.approx(36.124, abs=5e-4)
    assert read["mean_distance_other"] == pytest.approx(49.703, abs=5e-4)


@pytest.mark.parametrize(("metric", "named"), [("l2", "euclidean"), ("cosine", "cosine")])
@pytest.mark.parametrize("data", ["digits", "photo", "sentences", "ratings"])
def test_neighbours_are_the_nearest_by_brute_force(data: str, metric: str, named: Any) -> None:
    made = scene(data=data, metric=metric, index=9, k=4)
    points = made.samples().points
    away = cdist(points[[9]], points, named)[0]
    found, far = made.near()
    np.testing.assert_allclose(far, away[found], atol=1e-9)
    assert 9 not in found
    assert (np.delete(away, [9, *found]) >= far[-1] - 1e-9).all()


@pytest.mark.parametrize("preset", ["ten means", "six colours"])
def test_the_inertia_never_rises_while_the_means_walk(preset: str) -> None:
    made = scene(preset, seed=3)
    inertia = [made.readouts(float(time))["inertia"] for time in range(17)]
    assert (np.diff(inertia) <= 1e-9).all()
    assert inertia[-1] < 0.7 * inertia[0]
    centres = made.course().centroids[-1]
    assert inertia[-1] == pytest.approx(cdist(made.points(), centres, "sqeuclidean").min(axis=1).sum(), rel=1e-9)


def test_pixels_leave_their_squares_and_come_to_rest_as_bars(digits: Any) -> None:
    pixels = 16 * datasets.digits().points[13]
    np.testing.assert_allclose(drawn(digits, 0.0)["thing"].picture, pixels.reshape(8, 8) / 16)
    bars = drawn(digits, 0.35)["strip"]
    heights = np.asarray(bars.up)[:, 2]
    np.testing.assert_allclose(heights, np.maximum(pixels / 16 * 0.85, 0.015), atol=1e-12)
    assert (np.diff(np.asarray(bars.corner)[:, 0]) > 0).all()
    moving = drawn(digits, 0.17)["strip"]
    first, last = np.asarray(moving.corner)[[0, 63], 2]
    assert first < 2.0  # on its way down
    assert last == pytest.approx(1.35 - 1.05)  # still in its square


def test_the_bars_fly_to_the_point_of_the_digit(digits: Any) -> None:
    now = ll.Now(0.575 * digits.clock.seconds, digits.clock)
    flight = drawn(digits, 0.575)["flight"]
    place = np.asarray(drawn(digits, 0.575)["cloud"].position)[13]
    corner = np.asarray(flight.corner)[:40]
    np.testing.assert_allclose(corner, np.tile(place, (40, 1)), atol=1e-9)
    np.testing.assert_allclose(place, digits.seen(digits.points()[[13]], now)[0])


def test_the_cloud_is_seen_along_three_directions_at_right_angles(digits: Any) -> None:
    _, axes = digits.axes()
    gram = axes.T @ axes
    np.testing.assert_allclose(gram / gram[0, 0], np.eye(3), atol=1e-12)
    means = np.array([digits.points()[digits.samples().target == k].mean(axis=0) for k in range(10)])
    _, _, vt = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(axes.T * vt[:3], axis=1)), np.sqrt(gram[0, 0]), atol=1e-12)


def test_clicks_choose_a_point_a_neighbour_a_pixel_and_a_row() -> None:
    made = scene()
    layers = drawn(made, 1.0)
    found = made.readouts()["neighbours"]
    assert made.pick(layers["near"], 2)
    assert made.index == found[2]
    assert made.pick(layers["cloud"], 700)
    assert made.index == 700
    assert not made.pick(layers["thing"], 3)
    photo, table = scene("a photo"), scene("ratings")
    assert photo.pick(drawn(photo, 1.0)["photo"], 96 * 5 + 7)
    assert photo.index == 487
    assert table.pick(drawn(table, 1.0)["table/entries"], 6 * 8 + 2)
    assert table.index == 8


def test_no_more_is_looked_at_than_there_is() -> None:
    made = scene(index=1500, k=20)
    made.set("data", "ratings")
    assert (made.index, made.k, made.rival) == (11, 11, 1)


def test_a_sentence_is_the_mean_of_its_words_and_lies_near_its_topic() -> None:
    made = scene("a sentence")
    read = made.readouts()
    assert read["accuracy_nearest"] == 1.0
    assert {int(made.samples().target[one]) for one in read["neighbours"]} == {int(made.samples().target[made.index])}


def test_who_rates_less_is_alike_by_direction_alone() -> None:
    finn = scene("ratings").readouts()
    assert all(one < 6 for one in finn["neighbours"])
    flat = scene("ratings", metric="l2").readouts()
    assert finn["distances"][0] < 0.02
    assert flat["distances"][0] > 2.0


def test_the_plane_parts_two_classes_when_it_has_turned() -> None:
    made = scene("a separating plane")
    assert made.readouts(0.0)["separated"] < 0.5
    assert made.readouts(16.0)["separated"] == 1.0
    now = ll.Now(16.0, made.clock)
    kind, place = made.samples().target, made.seen(made.points(), now)
    side = (place - made.hinge()) @ (np.array(made.facing) / np.linalg.norm(made.facing)) > 0
    assert side[kind == 3].all()
    assert not side[kind == 0].any()
    assert "wrong" not in drawn(made, 1.0)
    assert "wrong" in drawn(made, 0.0)
    assert np.isnan(scene("a separating plane", rival=3).readouts()["separated"])


def test_the_tip_of_the_arrow_turns_the_plane() -> None:
    made = scene("cut a photo")
    (handle,) = made.handles(16.0)
    np.testing.assert_allclose(handle.position, made.hinge() + made.facing)
    before = made.readouts(16.0)["in_front"]
    handle.move(made, made.hinge() - made.facing)
    assert made.readouts(16.0)["in_front"] == pytest.approx(1 - before, abs=1e-3)
    (early,) = made.handles(4.0)
    early.move(made, made.hinge() + np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(made.normal(ll.Now(4.0, made.clock)), (0, 0, 1), atol=1e-12)
    assert not scene().handles(0.0)
    made.set("facing", (0, 0, 0))
    assert np.isfinite(made.readouts()["in_front"])


@pytest.mark.parametrize("preset", ["six colours", "cut a photo"])
def test_the_photo_shows_what_was_found_of_its_pixels(preset: str) -> None:
    made = scene(preset)
    picture = np.asarray(drawn(made, 1.0)["means" if preset == "six colours" else "photo"].picture)
    if preset == "six colours":
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 6
    else:
        lit = made.ahead(ll.Now(16.0, made.clock)) > 0
        np.testing.assert_allclose(picture.reshape(-1, 3)[lit], datasets.photo().reshape(-1, 3)[lit] / 255)
        assert (picture.reshape(-1, 3)[~lit] == 0.17).all()


def test_neighbours_of_one_model_are_those_of_the_other() -> None:
    made = scene(k=1)
    away = neighbours.distances(made.points(), made.points())
    assert neighbours.nearest_others(away, 1)[13, 0] == made.near()[0][0]


@pytest.mark.parametrize(("preset", "topics"), [("a sentence", 4), ("ratings", 2)])
def test_names_of_groups_have_the_colours_of_their_samples(preset: str, topics: int) -> None:
    made = scene(preset)
    frame = made.frame(made.clock.seconds)
    found = {one.text: one for one in frame.layers if isinstance(one, layers.Label)}
    assert len(made.samples().names) == topics
    for kind, name in enumerate(made.samples().names):
        assert found[name].color == made.colors()[list(made.samples().target).index(kind)]


@pytest.mark.parametrize("preset", ["a digit", "ten means", "a separating plane"])
def test_meters_of_shares_are_percentages(preset: str) -> None:
    made = scene(preset)
    frame, read = made.frame(made.clock.seconds), made.readouts(made.clock.seconds)
    meter = next(note for note in frame.notes if isinstance(note, layers.Meter))
    inertia = made.course().inertia
    share = {"a digit": read["accuracy_nearest"], "ten means": read["inertia"] / inertia[0]}.get(
        preset, read.get("separated")
    )
    assert meter.value == pytest.approx(100 * share)
    assert (meter.low, meter.high) == (0.0, 100.0)


def test_the_share_that_a_plane_parts() -> None:
    one = np.array([True, True, False, False, False])
    other = np.array([False, False, True, True, False])
    assert neighbours.parted(np.array([True, False, False, False, True]), one, other) == 0.75  # the last is of neither
    assert np.isnan(neighbours.parted(one, one, one))
