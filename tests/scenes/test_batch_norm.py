"""Keeping the cloud round: the readouts of four numbers, the clouds, the slices, and what drags do."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.scenery import library


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("batch_norm", preset, **values)


def test_four_numbers() -> None:
    read = scene().readouts(0.0)
    np.testing.assert_allclose(read["output"], [-1.341635, -0.447212, 0.447212, 1.341635], atol=5e-7)
    assert (read["mean"], read["variance"]) == (2.5, 1.25)
    assert read["output_mean"] == pytest.approx(0, abs=1e-12)
    assert read["output_variance"] == pytest.approx(1.25 / (1.25 + 1e-5))
    moved = scene("scaled and shifted").readouts(0.0)
    np.testing.assert_allclose(moved["output"], 0.5 * read["output"] + 1)


def test_in_evaluation_other_numbers_come_out_while_statistics_lag() -> None:
    read = scene("late statistics").readouts(0.0)
    mean, variance = (1 - 0.9**5) * 2.5, 0.9**5 + (1 - 0.9**5) * 5 / 3
    assert (read["mean"], read["variance"]) == (pytest.approx(mean), pytest.approx(variance))
    np.testing.assert_allclose(read["output"], (np.arange(1, 5) - mean) / np.sqrt(variance + 1e-5))
    assert read["from_training"] > 0.7
    assert scene().readouts(0.0)["from_training"] == 0.0


def test_points_stand_on_their_lines() -> None:
    made = scene(gamma=2.0, beta=-1.0)
    frame, read = made.frame(made.clock.seconds), made.readouts(0.0)
    points = frame.layer("points 3").position
    np.testing.assert_allclose([made.lines()[3].value_at(one) for one in points], read["output"], atol=1e-9)
    assert made.frame(0.0).layer("points 3") is None
    assert made.frame(0.45 * made.clock.seconds).layer("points 1") is not None


@pytest.mark.parametrize("given", ["1, 2, 3, 4", "1, 2, 3, 14", "1, 1.1, 1.2, 1.3", "-4, 0, 4"])
def test_each_number_stands_over_its_own_point(given: str) -> None:
    made = scene(x=given)
    frame = made.frame(made.clock.seconds)
    x = np.array([float(one) for one in given.split(",")])
    expected = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    plates = frame.layer("told/Plates")
    assert plates.text == tuple(f"{one:.2f}".replace("-", "−") for one in expected)
    middle = plates.corner + (plates.right + plates.up) / 2
    np.testing.assert_allclose(middle[:, 0], made.lines()[3].point_at(expected)[:, 0], atol=1e-9)
    for a, b in itertools.combinations(middle, 2):  # none covers another
        assert abs(a[0] - b[0]) > plates.right[0, 0] or abs(a[1] - b[1]) > plates.up[0, 1]
    assert middle[:, 1].max() + 0.1 < made.lines()[2].start[1]


def test_numbers_may_be_a_list_or_an_array() -> None:
    for given in ([1, 2, 3, 4], (1, 2, 3, 4), np.arange(1.0, 5.0)):
        np.testing.assert_allclose(scene(x=given).readouts(0.0)["output"], scene().readouts(0.0)["output"])
    for wrong in (3, [1], [[1, 2], [3, 4]], None):
        with pytest.raises(UserError):
            scene(x=wrong)


def test_handles_change_numbers_scale_and_shift() -> None:
    made = scene()
    handles = {handle.name: handle for handle in made.handles(0.0)}
    assert list(handles) == ["x 1", "x 2", "x 3", "x 4", "beta", "gamma"]
    line = made.lines()[0]
    handles["x 2"].move(made, tuple(line.point_at(2.75)[:2]))
    assert made.x == "1, 2.75, 3, 4"
    handles["beta"].move(made, tuple(line.point_at(0.5)[:2]))
    handles["gamma"].move(made, tuple(line.point_at(2.0)[:2]))
    assert (made.beta, made.gamma) == (pytest.approx(0.5), pytest.approx(1.5))


def test_clouds_are_the_activations() -> None:
    made = scene("clouds", batch=32)
    frame = made.frame(made.clock.seconds)
    bare, normed = made.twins().without, made.twins().with_norm
    middle = np.array([made.frame(0.0).layer("normed 0").position - 0.5 * bare[0]])
    assert np.ptp(middle, axis=1).max() < 1e-12  # all around one place
    last = frame.layer("normed 4").position
    np.testing.assert_allclose(np.ptp(last, axis=0), 0.5 * np.ptp(normed[4], axis=0))
    saturated = made.readouts(0.0)["saturated"]
    assert saturated.shape == (2, 4)
    assert saturated[0, -1] == pytest.approx((np.abs(bare[-1]) > 0.97).mean())
    assert saturated[0, -1] > 0.25 > 0.1 > saturated[1, -1]


def test_what_the_clouds_do_not_notice() -> None:
    made = scene("clouds", batch=16, eps=1e-8)
    before = made.twins().with_norm[-1]
    made.set("gain", 5.0)
    np.testing.assert_allclose(made.twins().with_norm[-1], before, atol=1e-5)
    made.set("shift", 1.5)
    np.testing.assert_allclose(made.twins().with_norm[1], np.tanh(made.twins().sums[0][2]), atol=1e-12)
    np.testing.assert_allclose(made.twins().with_norm[-1], before, atol=1e-5)  # the mean takes the shift along
    made.set("batch", 2)
    np.testing.assert_allclose(np.abs(made.twins().sums[0][2]), 1.0, atol=1e-3)


def test_layer_normalization_puts_three_features_on_a_circle() -> None:
    made = scene("clouds, one sample each", batch=50)
    normal = made.twins().sums[1][2]
    np.testing.assert_allclose(normal.sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose((normal**2).sum(axis=1), 3, atol=0.05)


def test_evaluation_in_the_clouds_uses_running_statistics() -> None:
    made = scene("clouds", batch=64, mode="evaluation", seen=1)
    assert np.abs(made.twins().sums[0][2].mean(axis=0)).max() > 0.1
    made.set("seen", 100)
    assert np.abs(made.twins().sums[0][2].mean(axis=0)).max() < 0.35


def test_along_the_gradient_the_normalized_loss_is_smoother() -> None:
    changes = np.array([scene("loss", seed=seed).readouts(0.0)["slope_changes"] for seed in range(3)])
    ratios = changes[:, 0] / changes[:, 1]
    assert ratios.min() > 1.2
    assert np.median(ratios) > 2


def test_the_sheets_are_the_losses() -> None:
    made = scene("loss")
    bare, normed = made.slices()
    sheets = [made.frame(made.clock.seconds).layer(key) for key in ("Sheet", "Sheet 2")]
    height, order = sheets[0].end[..., 2].ravel(), np.argsort(bare.loss.ravel())
    assert (np.diff(height[order]) >= 0).all()  # a higher loss is never lower
    assert sheets[1].end.shape == (*normed.loss.shape, 3)
    middle = len(bare.line) // 2  # the network itself, in the middle of line and sheet
    assert bare.line[middle] == pytest.approx(bare.loss[len(bare.loss) // 2, len(bare.loss) // 2], rel=1e-12)


def test_what_is_no_batch_is_refused() -> None:
    for bad in ({"x": "1"}, {"x": "a, b"}, {"eps": 0}, {"batch": 1}, {"norm": "group"}):
        with pytest.raises(UserError):
            scene(**bad)


def test_what_changes_nothing_has_no_control() -> None:
    def idle(**values: Any) -> set[str]:
        made = library.scene("batch_norm", **values)
        return {name for name in made.params() if not made.has_control(name)}

    assert idle(show="numbers", mode="evaluation") == {"norm", "batch", "gain", "shift"}
    assert idle(show="clouds", mode="training") == {"x", "seen"}
    assert idle(show="clouds", norm="layer", mode="evaluation") == {"x", "mode", "seen"}
    assert idle(show="loss") == {"x", "gamma", "beta", "eps", "mode", "seen", "batch", "shift"}
