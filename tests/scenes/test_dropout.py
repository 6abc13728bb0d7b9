"""A crowd of networks: its moments, the skyline that stands for them, and what locks and drags do."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

import lossland as ll
from lossland.errors import UserError
from lossland.models import masks
from lossland.scenery import library

WX = np.array([1.2, 0.4, 0.25, -1.35, -1.0, 1.0, 0.6, -0.7, 0.76, 0.07])


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("dropout", preset, **values)


@pytest.fixture(scope="module")
def sheets() -> Any:
    return scene("sheets")


def test_the_mean_of_all_masks_is_the_full_network() -> None:
    read = scene().readouts(0.0)
    assert read["full"] == pytest.approx(1.23)
    assert read["mean"] == pytest.approx(1.23)
    assert read["variance"] == pytest.approx(6.9175)
    assert read["masks"] == 1024
    other = scene(inputs="1, 2, 3", weights="0.5, -1, 0.25", rate=0.2).readouts(0.0)
    assert other["full"] == pytest.approx(0.5 - 2 + 0.75)
    assert other["mean"] == pytest.approx(other["full"])
    assert other["variance"] == pytest.approx((0.25 + 4 + 0.5625) * 0.25)


def test_behind_a_relu_the_mean_is_another() -> None:
    read = scene("bent").readouts(0.0)
    outputs = [max(float(2 * WX @ mask), 0.0) for mask in itertools.product((0, 1), repeat=10)]
    assert read["mean"] == pytest.approx(np.mean(outputs))
    assert read["variance"] == pytest.approx(np.var(outputs))
    assert read["full"] == pytest.approx(1.23)
    assert read["gap"] == pytest.approx(np.mean(outputs) - 1.23)
    assert read["gap"] > 0.4


def test_bars_are_the_outputs_and_wider_where_they_are_more_probable() -> None:
    made = scene(rate=0.3)
    bars = made.frame(made.clock.seconds).layer("bars")
    height = np.where(bars.high[:, 2] > 0.002, bars.high[:, 2], bars.low[:, 2]) / made.scale()
    expected = sorted(WX @ mask / 0.7 for mask in itertools.product((0, 1), repeat=10))
    np.testing.assert_allclose(sorted(height), expected, atol=2e-2)
    chance = (bars.high - bars.low)[:, 0] ** 4
    kept = 10 - np.round(np.log(chance / chance.max()) / np.log(3 / 7))
    counts = np.unique(kept, return_counts=True)[1]
    assert counts.tolist() == [1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1]


def test_one_mask_after_the_other() -> None:
    made = scene()
    first, later = (made.frame(share * made.clock.seconds) for share in (0.01, 0.4))
    assert len(first.layer("bars").high) == 1
    assert 10 < len(later.layer("bars").high) <= 22
    lit = np.array([level == 1.0 for level in first.layer("units/Plates").level])
    assert first.layer("output").text == f"{2 * float(WX @ lit):.3g}".replace("-", "−")
    assert made.frame(made.clock.seconds).layer("mean").corners[0][2] == pytest.approx(1.23 * made.scale())


def test_a_click_locks_a_unit_and_a_drag_moves_the_rate() -> None:
    made = scene()
    chips = made.frame(0.0).layer("units/Plates")
    assert made.pick(chips, 3)
    assert made.locked == "4"
    assert made.readouts(0.0)["variance"] == pytest.approx(6.9175 - 1.35**2)
    assert made.pick(chips, 3)
    assert made.locked == ""
    (knob,) = made.handles(0.0)
    knob.move(made, (*knob.position[:2], knob.position[2] + 0.06))
    assert made.rate == pytest.approx(0.6)


def test_sheets_are_probabilities_and_their_mean_is_near_the_full_network(sheets: Any) -> None:
    mean, full, few, spread = sheets.sheets()
    assert mean.shape == full.shape
    assert few.shape == (12, *mean.shape)
    assert 0 <= mean.min() < mean.max() <= 1
    read = sheets.readouts(0.0)
    assert read["sheet_gap_mean"] == pytest.approx(np.abs(mean - full).mean())
    assert 0.01 < read["sheet_gap_mean"] < 0.2 < 1.0  # nearly, and not the same
    assert spread > 0.02


def test_trained_without_dropout_the_crowd_fails(sheets: Any) -> None:
    with_dropout = sheets.readouts(0.0)["sheet_gap_mean"]
    sheets.set("trained", False)
    assert sheets.readouts(0.0)["sheet_gap_mean"] > 1.5 * with_dropout
    sheets.set("show", "co-adaptation")
    without, dropped = sheets.readouts(0.0)["reliance"]
    assert without > 5 * dropped
    for share, steps in ((0.0, 0), (0.45, 200), (1.0, 400)):  # both trainings, in the same colours
        frame = sheets.frame(share * sheets.clock.seconds)
        assert f"after {steps} of 400 steps of training" in frame.notes[0].lines
        told = [frame.layer(f"told {name} dropout").text for name in ("without", "with")]
        found = [masks.between(matrix) for matrix in sheets.reliance(steps // masks.EVERY)]
        assert told == [ll.words("? on average", value) for value in found]


def test_the_words_say_how_probable_masks_are_and_how_far_sheets_differ(sheets: Any) -> None:
    left_out, caption = binom(10, 0.2), type(sheets).captions["rarely"]
    for most in (1, 2, 3):
        masks = sum(math.comb(10, k) for k in range(most + 1))
        assert re.search(rf"\b{masks}\b[^,]*\b{100 * left_out.cdf(most):.0f} %", caption)
    sheets.set("show", "sheets")
    for trained, preset in ((True, "sheets"), (False, "sheets, trained without")):
        sheets.set("trained", trained)
        mean, full, *_ = sheets.sheets()
        assert f"{np.abs(mean - full).mean():.2f} on average" in type(sheets).captions[preset]


def test_numbers_may_be_lists_or_arrays() -> None:
    read = scene(inputs=[1, 2, 3], weights=np.array([0.5, -1.0, 0.25]), rate=0.2, locked=[2]).readouts(0.0)
    assert read["full"] == pytest.approx(0.5 - 2 + 0.75)
    assert read["masks"] == 4


def test_what_is_no_unit_is_refused() -> None:
    for bad in ({"locked": "a"}, {"locked": "0"}, {"inputs": ""}, {"weights": "x"}):
        with pytest.raises(UserError):
            scene(**bad)


def test_what_changes_nothing_has_no_control() -> None:
    def shown(show: str) -> set[str]:
        made = library.scene("dropout", show=show)
        return {name for name in made.params() if made.has_control(name)} - {"show", "rate"}

    assert shown("masks") == {"inputs", "weights", "activation", "locked"}
    assert shown("sheets") == {"count", "trained"}
    assert shown("co-adaptation") == set()
