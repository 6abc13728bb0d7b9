"""Axes of most variance: the truths of the catalogue, and what the picture shows of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.models import datasets
from lossland.scenery import library


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("pca", preset, **values)


def test_only_the_gaussian_has_a_number_of_samples_to_choose() -> None:
    assert {data: scene(data=data).has_control("count") for data in ("iris", "digits", "gaussian")} == {
        "iris": False,
        "digits": False,
        "gaussian": True,
    }


def drawn(made: ll.Scene, time: float) -> dict[str, Any]:
    frame = made.frame(ll.Now(time, made.clock))
    return dict(zip(frame.keys, frame.layers, strict=True))


def places(made: ll.Scene, time: float) -> np.ndarray:
    return np.concatenate([np.asarray(layer.position) for key, layer in drawn(made, time).items() if "class" in key])


def test_the_axes_of_the_flowers() -> None:
    read = scene().readouts()
    np.testing.assert_allclose(read["eigenvalues"], (4.228242, 0.242671, 0.078210, 0.023835), atol=5e-7)
    np.testing.assert_allclose(read["ratios"], (0.924619, 0.053066, 0.017103, 0.005212), atol=5e-7)
    np.testing.assert_allclose(read["components"][0], (0.361387, -0.084523, 0.856671, 0.358289), atol=5e-7)
    assert read["error"] == pytest.approx(0.078210 + 0.023835, abs=1e-6)


def test_digits_need_21_axes() -> None:
    read = scene("digits").readouts()
    np.testing.assert_allclose(read["ratios"][:3], (0.148906, 0.136188, 0.117946), atol=5e-7)
    assert (read["components_for_90"], read["rank"]) == (21, 61)


def test_scaled_features_have_the_axes_of_the_correlations() -> None:
    read = scene(scale=True).readouts()
    expected = np.linalg.eigvalsh(np.corrcoef(datasets.iris().points.T))[::-1]
    np.testing.assert_allclose(read["eigenvalues"], expected, atol=1e-12)


def test_while_the_axis_turns_its_variance_reaches_the_largest_and_never_passes_it() -> None:
    made = scene("try an axis")
    most = made.readouts()["eigenvalues"][0]
    variances = np.array([made.readouts(t)["variance"] for t in np.linspace(0, made.clock.seconds, 721)])
    assert variances.max() <= most + 1e-12
    assert variances.max() == pytest.approx(most, rel=1e-4)


def test_the_shadows_in_the_picture_have_that_variance() -> None:
    made = scene("try an axis", count=300)
    shadows = np.asarray(drawn(made, 3.0)["shadows"].position)
    from_origin = shadows @ shadows[0] / np.linalg.norm(shadows[0])
    assert from_origin.var(ddof=1) * made.unit() ** 2 == pytest.approx(made.readouts(3.0)["variance"], rel=1e-9)


def test_the_cloud_turns_rigidly_in_its_space_and_ends_along_its_axes() -> None:
    made = scene()
    centred = datasets.iris().points - datasets.iris().points.mean(axis=0)
    order = np.argsort(datasets.iris().target, kind="stable")
    _, _, vt = np.linalg.svd(centred, full_matrices=False)
    ended = places(made, 0.45 * made.clock.seconds) * made.unit()
    np.testing.assert_allclose(np.abs(ended), np.abs(centred[order] @ vt[:3].T), atol=1e-9)
    begun = places(made, 0.0) * made.unit()
    np.testing.assert_allclose(np.abs(begun), np.abs(centred[order][:, [2, 1, 0]]), atol=1e-12)  # three features


@pytest.mark.parametrize("keep", [1, 2])
def test_what_is_not_kept_is_pressed_to_zero(keep: int) -> None:
    made = scene(keep=keep)
    last = places(made, made.clock.seconds)
    np.testing.assert_allclose(last[:, keep:], 0.0, atol=1e-12)
    assert np.abs(last[:, :keep]).max() > 0.1


def test_no_more_axes_are_kept_than_there_are() -> None:
    made = scene("digits", keep=40)
    assert made.keep == 40
    made.set("data", "iris")
    assert made.keep == 4
    assert made.readouts()["error"] == pytest.approx(0.0, abs=1e-12)


def test_the_ring_turns_the_axis() -> None:
    made = scene("try an axis")
    (handle,) = made.handles(0.0)
    handle.move(made, (0.0, 1.5))
    assert made.axis == (0.0, 1.5)
    assert not scene().handles(0.0)


def test_the_ring_stays_on_the_axis_while_it_turns() -> None:
    made = scene("try an axis")
    now = ll.Now(5.0, made.clock)
    (handle,) = made.handles(now)
    along = np.asarray(handle.position)[:2] / np.linalg.norm(handle.position)
    np.testing.assert_allclose(along, made.tried(now), atol=1e-12)
    handle.move(made, (1.0, 1.0))
    np.testing.assert_allclose(made.tried(now), np.sqrt([0.5, 0.5]), atol=0.01)  # the axis has two decimals


def test_on_a_line_the_samples_lie_over_the_axis_and_the_ways_end_at_them() -> None:
    made = scene("onto a line")
    seen = drawn(made, made.clock.seconds)
    assert seen["axis 1"].tip[0, 2] < 0.0 == pytest.approx(places(made, made.clock.seconds)[:, 2].max())
    ends = np.array([np.linalg.norm(way[1, 1:]) for way in seen["lost"].paths])  # how far they stay from the axis
    assert ends.max() < 0.05


def test_many_classes_have_their_names_in_their_middles_and_few_a_legend() -> None:
    made = scene("digits")
    target = datasets.dataset("digits").target
    for time in (0.0, 12.0):
        layers_by_key = drawn(made, time)
        at = np.concatenate([np.asarray(layers_by_key[f"class {k}"].position) for k in range(10)])
        middle = [at[np.sort(target) == k].mean(axis=0) for k in range(10)]
        named = [np.asarray(layers_by_key[f"name {k}"].position) for k in range(10)]
        np.testing.assert_allclose(named, middle, atol=1e-9)
    legends = [
        sum(isinstance(note, ll.layers.Legend) for note in scene(data=data).frame(0.0).notes)
        for data in ("iris", "digits", "gaussian")
    ]
    assert legends == [1, 0, 0]


def test_what_the_picture_does_not_use_has_no_control() -> None:
    shown = {act: {name for name in ("keep", "axis") if scene(act=act).has_control(name)} for act in ("turn", "axis")}
    assert shown == {"turn": {"keep"}, "axis": {"axis"}}
