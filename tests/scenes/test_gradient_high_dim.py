"""A thousand slopes: central differences on every weight, nudges, random directions, and what the picture shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("gradient_high_dim", preset, **values)


def drawn(made: ll.Scene, time: float) -> dict[str, Any]:
    frame = made.frame(ll.Now(time, made.clock))
    return dict(zip(frame.keys, frame.layers, strict=True))


@pytest.mark.parametrize("time", [0.0, 5.0, 14.0])
def test_every_bar_is_the_central_difference_of_its_weight(time: float) -> None:
    made = scene()
    weights = made.at(made.path(), ll.Now(time, made.clock))
    x, y = made.model().inputs, made.model().targets
    step = 1e-2
    around = step * np.eye(1000)
    value = [0.5 * np.mean(((weights + sign * around) @ x.T - y) ** 2, axis=1) for sign in (1, -1)]
    slopes = (value[0] - value[1]) / (2 * step)
    shown = np.asarray(drawn(made, time)["skyline"].worth)
    assert np.abs(shown - slopes).max() / np.abs(slopes).max() < 1e-9
    read = made.readouts(time)
    assert read["gradient_norm"] == pytest.approx(np.linalg.norm(slopes), rel=1e-8)
    assert read["real_change"] == pytest.approx(read["predicted_change"], rel=1e-9)


@pytest.mark.parametrize(("dimension", "expected"), [(1000, 1000**-0.5), (100, 0.1), (4, 0.5)])
def test_random_directions_meet_the_gradient_at_one_over_root_d(dimension: int, expected: float) -> None:
    read = scene(dimension=dimension).readouts()
    assert read["cosine_sd"] == pytest.approx(expected, rel=0.05)  # 4 standard errors of 4,000 directions


def test_the_gradient_is_the_steepest_direction_and_a_random_one_nearly_level() -> None:
    along = {name: abs(scene(direction=name).readouts()["slope_along"]) for name in ("gradient", "random", "hessian")}
    assert along["gradient"] == pytest.approx(scene().readouts()["gradient_norm"])
    assert along["random"] < 0.15 * along["gradient"]
    assert along["hessian"] < along["gradient"]


def test_the_sheet_is_the_loss_along_its_directions() -> None:
    made = scene("steepest curvature", dimension=50)
    sheet = np.asarray(drawn(made, 7.0)["slice"].start)
    height = sheet[24, :, 2]  # along the direction, through the weights
    curvature = np.diff(height, 2)
    step = 2 * made.reach() / 48
    top = np.linalg.eigvalsh(made.model().inputs.T @ made.model().inputs / len(made.model().targets))[-1]
    np.testing.assert_allclose(curvature * made.highest() / 1.45, top * step**2, rtol=1e-8)


def test_the_gradient_of_a_digit_is_a_picture_of_64_bars() -> None:
    made = scene("is it a 3?")
    assert len(drawn(made, 0.0)["skyline"].low) == 64


@pytest.mark.parametrize(("preset", "idle"), [("a thousand", "digit"), ("is it a 3?", "dimension")])
def test_what_changes_nothing_has_no_control(preset: str, idle: str) -> None:
    made = scene(preset)
    shown = {name for name in made.params() if made.has_control(name)}
    assert made.params().keys() - shown == {idle}


def test_the_picture_counts_weights_as_the_panel_does() -> None:
    made = scene("four weights")
    frame = made.frame(ll.Now(0.0, made.clock))
    assert made.index == 1
    assert [layer.text for layer in frame.layers if isinstance(layer, layers.Label) and layer.latex] == [
        r"\partial f / \partial w_{1}"
    ]
    assert any(isinstance(note, layers.Facts) and note.heading.startswith("Nudge weight 1 by") for note in frame.notes)


def test_a_click_on_a_bar_chooses_its_weight() -> None:
    made = scene()
    skyline = drawn(made, 0.0)["skyline"]
    assert isinstance(skyline, layers.Bars)
    assert made.pick(skyline, 12)
    assert made.index == 12
    assert not made.pick(drawn(made, 0.0)["slice"], 3)
    made.set("dimension", 5)
    assert made.index == 4


@pytest.mark.parametrize(
    ("preset", "told"), [("a thousand", "A thousand slopes"), ("is it a 3?", "64 slopes"), ("four weights", "4 slopes")]
)
def test_the_title_counts_the_slopes(preset: str, told: str) -> None:
    assert [note.text for note in scene(preset).frame(0.0).notes if isinstance(note, layers.Title)] == [told]
