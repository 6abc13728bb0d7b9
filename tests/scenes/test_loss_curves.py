"""Learning curves as ribbons: their numbers, the gate, the clicks, files that grow, and the sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scene_checks import check_layer, check_note

import lossland as ll
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("loss_curves", preset, **values)


def sheets(frame: ll.Frame, which: str, lane: int = 0) -> list[layers.Sheet]:
    return [one for one in frame.layers if isinstance(one, layers.Sheet) and one.key.startswith(f"{which}:{lane}:")]


def cautions(made: Any) -> list[str]:
    return [note.text for note in made.frame(made.clock.seconds).notes if isinstance(note, layers.Caution)]


@pytest.fixture(scope="module")
def one() -> Any:
    return scene("one run")


def test_numbers_are_smoothed_without_bias() -> None:
    read = scene(series="1,2,3,4,5", smoothing=0.6).readouts()
    np.testing.assert_allclose(read["smoothed"], [1, 1.625, 2.326531, 3.095588, 3.921582], atol=5e-7)
    assert read["best_epoch"] == 0


def test_validation_tells_the_best_epoch() -> None:
    read = scene(series="5, 4, 3, 2, 1; 5, 3, 2.5, 4, 6", patience=2).readouts()
    assert (read["best_epoch"], read["best_value"], read["stopped_epoch"]) == (2, 2.5, 4)
    assert read["gap"] == 5
    assert read["rise"] == pytest.approx(6 / 2.5 - 1)


def test_wrong_labels_are_learnt_by_heart(one: Any) -> None:
    """100 samples with 20 % wrong labels: validation rises by a tenth and more after its lowest, training falls."""
    read = one.readouts()
    assert read["rise"] >= 0.1
    lane = one.lanes()[0]
    low = int(lane.validation.values.argmin())
    assert read["best_epoch"] == lane.validation.steps[low]
    assert (np.diff(lane.train.values[low:]) < 0).all()


def test_ribbons_stand_where_the_values_are(one: Any) -> None:
    plot, lane = one.plot(0), one.lanes()[0]
    whole = one.frame(one.clock.seconds)
    for which, curve in (("train", lane.train), ("validation", lane.validation)):
        found = np.concatenate([sheet.start.mean(axis=0)[1:] for sheet in sheets(whole, which)])
        x, y = np.array([plot.data(point) for point in found]).T
        np.testing.assert_allclose(y, np.interp(x, curve.steps, curve.values), atol=1e-6)
        assert x[-1] == pytest.approx(curve.steps[-1])
    before, after = sheets(whole, "validation")
    assert before.dim == 0 < after.dim  # patience ends between them
    assert plot.data(before.start.mean(axis=0)[-1])[0] == pytest.approx(one.readouts()["stopped_epoch"])
    early = one.frame(0.2 * one.clock.seconds)
    ends = [plot.data(sheet.start.mean(axis=0)[-1])[0] for sheet in sheets(early, "train")]
    assert max(ends) == pytest.approx(one.until(one.now(0.2 * one.clock.seconds)))


@pytest.mark.parametrize(
    "values", [{}, {"log": True}, {"smoothing": 0.9}, {"series": "accuracy"}, {"series": "2,nan,1"}]
)
def test_frames_can_be_drawn(values: dict[str, Any]) -> None:
    made = scene("one run", **values)
    for share in (0.0, 0.3, 1.0):
        frame = made.frame(share * made.clock.seconds)
        for layer in frame.layers:
            check_layer(layer)
        for note in frame.notes:
            check_note(note)


def test_the_gate_is_dragged() -> None:
    made = scene("one run")
    (gate,) = made.handles(made.clock.seconds)
    best, plot = made.readouts()["best_epoch"], made.plot(0)
    gate.move(made, plot.world(best + 12, 0.0)[:2])
    assert made.patience == 12
    assert made.readouts()["stopped_epoch"] == best + 12
    gate.move(made, plot.world(-50, 0.0)[:2])
    assert made.patience == 1
    assert made.handles(0.0) == []


def test_the_gate_is_dragged_in_front_of_all_runs() -> None:
    made = scene()
    (gate,) = made.handles(made.clock.seconds)
    stop = made.readouts()["stopped_epoch"]
    assert gate.position[0] == pytest.approx(made.plot(0).world(stop, 0.0)[0])
    assert gate.position[1] < min(made.plot(lane).world(stop, 0.0)[1] for lane in range(3))


def test_numbers_that_are_typed_are_not_called_a_training() -> None:
    notes = scene("smoothed by hand").frame(8.0).notes
    (legend,) = (note for note in notes if isinstance(note, layers.Legend))
    assert [row.name for row in legend.rows] == ["numbers"]
    assert not any("train" in note.latex for note in notes if isinstance(note, layers.Meter))


def test_a_click_chooses_a_run(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("step,loss,val_loss\n0,3,3\n1,2,2\n2,1,3\n")
    made: Any = library.scene(str(tmp_path))
    assert made.name == "loss_curves"
    frame = made.frame(made.clock.seconds)
    assert made.pick(sheets(frame, "train", 1)[0], 0)
    assert made.run == 2
    assert not made.pick(layers.Points(np.zeros((1, 3))), 0)
    assert made.readouts()["best_epoch"] == 1
    assert made.readouts()["runs"] == 2


def test_presets_of_the_small_training_are_not_offered_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("loss,val_loss\n3,3\n2,2\n1,3\n2,4\n")
    own: Any = library.scene(str(tmp_path / "run.csv"))
    hidden = [name for name in own.presets if not own.has_preset(name)]
    assert hidden == ["wrong labels", "more samples", "one run"]
    assert all(map(scene().has_preset, own.presets))


def test_decades_far_apart_are_written_as_powers(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("loss\n" + "".join(f"{10.0**-k}\n" for k in range(-3, 13)))
    made: Any = library.scene(str(tmp_path / "run.csv"))
    made.set("log", True)
    labels = [layer.text for layer in made.frame(made.clock.seconds).layers if isinstance(layer, layers.Label)]
    assert [text for text in labels if text.startswith("10^")] == ["10^{-12}", "10^{-8}", "10^{-4}", "10^{0}"]
    assert not cautions(made)


def test_a_file_is_followed_and_its_curves_are_offered(tmp_path: Path) -> None:
    file = tmp_path / "run.csv"
    file.write_text("step,acc,val_acc,train_loss,val_loss\n0,.1,.1,3,3\n1,.5,.4,2,2\n")
    made: Any = library.scene(str(file))
    assert made.series == "loss"
    assert made.offered() == ["loss", "acc"]
    assert made.readouts()["best_epoch"] == 1
    assert not made.poll(10.0)
    file.write_text(file.read_text() + "2,.6,.3,1,1.5\n")
    assert not made.poll(10.5)
    assert made.poll(11.0)
    assert made.readouts()["best_epoch"] == 2
    made.set("series", "acc")
    assert made.readouts()["best_epoch"] == 1  # more is better
    with pytest.raises(ll.UserError, match="There is no curve 'f1'; there are loss, acc"):
        made.set("series", "f1")
    assert made.series == "acc"
    made.use("stopped early")
    assert (made.file, made.series, made.patience) == (str(file), "loss", 10)
    with pytest.raises(ll.UserError, match="no file or folder"):
        made.set("file", str(tmp_path / "gone"))
    assert made.file == str(file)


def test_damage_is_told_in_the_picture(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("step,loss\n0,3\n1,x\n2,1\n")
    made: Any = library.scene(str(tmp_path / "run.csv"))
    (caution,) = [note for note in made.frame(0.0).notes if isinstance(note, layers.Caution)]
    assert caution.text == "1 × not readable, first in run: line 3: 'x' is no number."


def test_a_ribbon_ends_where_the_loss_is_no_number(tmp_path: Path) -> None:
    """The column of steps is called epoch; training is nan after 30 of 49, and missing at 10 and 11 of validation."""
    rows = [f"{k},{3 - 0.05 * k if k <= 30 else 'nan'},{'nan' if k in (10, 11) else 3}\n" for k in range(50)]
    (tmp_path / "run.csv").write_text("epoch,train_loss,val_loss\n" + "".join(rows))
    made: Any = library.scene(str(tmp_path / "run.csv"), patience=1000, smoothing=0.5)
    frame, plot = made.frame(made.clock.seconds), made.plot(0)

    def ends(which: str) -> list[list[float]]:
        lines = [sheet.start.mean(axis=0)[[0, -1]] for sheet in sheets(frame, which)]
        return [[round(plot.data(point)[0], 6) for point in line] for line in lines]

    assert ends("train") == [[0, 30]]
    assert ends("validation") == [[0, 9], [12, 49]]
    assert "nan" in [layer.text for layer in frame.layers if isinstance(layer, layers.Label)]
    (caution,) = cautions(made)
    assert caution == "run: training is no number after epoch 30, and 1 more."
    areas = [layer for layer in frame.layers if isinstance(layer, layers.Curve) and layer.key.startswith("gap")]
    assert [tuple(np.asarray(area.at)[[0, -1]]) for area in areas] == [(0, 9), (12, 30)]
    (tmp_path / "run.csv").write_text("epoch,loss\n0,nan\n1,nan\n")
    with pytest.raises(ll.UserError, match=r"No value of loss in .* is a number"):
        library.scene(str(tmp_path / "run.csv"))


def test_a_value_alone_is_a_dash(tmp_path: Path) -> None:
    """Training has one value between two that are no number, and ends after another one."""
    losses = (2, 1.8, "nan", 1.2, "nan", 1, "nan")
    rows = [f"{10 * k},{loss},2\n" for k, loss in enumerate(losses)]
    (tmp_path / "run.csv").write_text("step,loss,val_loss\n" + "".join(rows))
    made: Any = library.scene(str(tmp_path / "run.csv"))
    frame, plot = made.frame(made.clock.seconds), made.plot(0)
    dashes = frame.layer("train:0:single:0")
    wanted = [(30, 1.2), (50, 1.0)]
    np.testing.assert_allclose([plot.data(np.mean(path, axis=0)) for path in dashes.paths], wanted, atol=1e-6)
    assert {round(float(np.ptp(path[:, 1])), 6) for path in dashes.paths} == {0.2}  # as a ribbon is broad
    (ring,) = frame.layer("end.train.0").position
    np.testing.assert_allclose(plot.data(ring), (50, 1.0), atol=1e-6)
    assert made.pick(dashes, 0)
    assert made.frame(0.0).layer("train:0:single:0") is None  # not yet


def test_the_legend_tells_the_last_step_that_there_is(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("step,loss\n0,1.5\n")
    made: Any = library.scene(str(tmp_path / "run.csv"))
    frame = made.frame(made.clock.seconds)
    assert [note.heading for note in frame.notes if isinstance(note, layers.Legend)] == ["loss at step 0"]
    assert frame.layer("train:0:single:0").paths  # it is seen


def test_values_that_are_cut_are_counted(tmp_path: Path) -> None:
    """Ten values of 0.5 and two far above: the plot is to 8 × 0.5 and a margin, and the ribbon breaks there."""
    values = [0.5, 0.5, 0.5, 1e300, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 100.0]
    (tmp_path / "run.csv").write_text("loss\n" + "".join(f"{value}\n" for value in values))
    made: Any = library.scene(str(tmp_path / "run.csv"))
    assert cautions(made) == ["2 × cut above 4.16, the highest is 1.0e300. A log scale shows more."]
    frame, plot = made.frame(made.clock.seconds), made.plot(0)
    tops = [plot.data(sheet.start.mean(axis=0)[-1]) for sheet in sheets(frame, "train")]
    wanted = [(2, 4.16), (10 + 3.66 / 99.5, 4.16)]  # straight up from 0.5, and along the line to 100
    np.testing.assert_allclose([tops[0], tops[-1]], wanted, atol=1e-6)
    (tmp_path / "run.csv").write_text("loss\n2.4\n0.2\n0.1\n0.1\n")
    made.set("file", str(tmp_path / "run.csv"))
    assert made.plot(0).y[1] > 2.4  # 24 times the usual value is shown
    assert not cautions(made)


def test_a_log_scale_says_what_it_cannot_show() -> None:
    made = scene(series="1, 0, -2, 4", log=True)
    assert cautions(made) == ["A log scale shows what is above 0: 2 of 4 values are not."]
    made = scene(series="-1, -2", log=True)
    assert cautions(made) == ["A log scale shows what is above 0: no value is."]
    drawn = made.frame(made.clock.seconds).layers
    assert not [layer for layer in drawn if layer.key.startswith(("best", "cloth"))]


def test_a_run_that_is_not_there_is_refused() -> None:
    with pytest.raises(ll.UserError, match="There is no run 7: there is one run of loss"):
        scene("one run", run=7)
    with pytest.raises(ll.UserError, match="There is no run 4: there are 3 runs of loss"):
        scene("wrong labels", run=4)


def test_the_sweep_is_the_batch_of_networks() -> None:
    made = scene("sweep of rates", networks=49)
    found = made.swept()
    at, rate = made.lowest()
    assert found.val_loss[at, rate] == found.val_loss.min()
    read = made.readouts()
    assert read["best_value"] == found.val_loss.min()
    low, high = found.val_loss.min(), 3 * found.val_loss.min()
    ground = made.swept_ground()
    np.testing.assert_allclose(ground.value, np.clip(found.val_loss.T, low, high), atol=1e-6)
    path, values = made.best_rates()
    assert np.ptp(found.val_loss[0]) == 0.0  # untrained, all are the same, and none is the best
    np.testing.assert_allclose(values, found.val_loss[1:].min(axis=1))
    np.testing.assert_array_equal(path[:, 0], found.steps[1:])
    np.testing.assert_allclose(10 ** path[:, 1], made.rates()[found.val_loss[1:].argmin(axis=1)])
    frame = made.frame(made.clock.seconds)
    trail = frame.layer("way")
    np.testing.assert_allclose(trail.end[:2], ground.world_from_domain(path[-1])[:2], atol=1e-6)
    assert cautions(made) == [f"Losses above {high:.3g} are cut."]
    assert f"loss {low:.3g}" in [layer.text for layer in frame.layers if isinstance(layer, layers.Label)]


def test_the_way_over_the_landscape_is_in_step_with_the_curves() -> None:
    made = scene("over the landscape")
    read, way = made.readouts(), made.way()
    assert read["best_epoch"] == scene("one run").readouts()["best_epoch"]
    np.testing.assert_allclose(way.path[-1], 0.0, atol=1e-6)  # the plane goes through the last parameters
    ground, validation = made.way_ground(), made.alone().validation.values
    at = np.interp(0.0, way.x, np.arange(len(way.x))), np.interp(0.0, way.y, np.arange(len(way.y)))
    around = way.loss[int(at[1]) : int(at[1]) + 2, int(at[0]) : int(at[0]) + 2]
    assert around.min() <= validation[-1] <= around.max()
    for share in (0.3, 1.0):
        frame = made.frame(share * made.clock.seconds)
        (chart,) = [note for note in frame.notes if isinstance(note, layers.Chart)]
        assert chart.now is not None
        at_step = [np.interp(chart.now, np.arange(len(way.path)), column) for column in way.path.T]
        end = frame.layer("way").end
        np.testing.assert_allclose(end[:2], ground.world_from_domain(np.array(at_step))[:2], atol=1e-6)


def test_the_panel_shows_what_has_an_effect() -> None:
    made = scene()
    assert made.param("run").highest(made) == 3
    assert made.has_control("compare")
    made.set("run", 3)
    made.set("compare", "one")
    assert made.run == 1
    assert not made.has_control("run")
    made.set("series", "1, 2, 3")
    assert not any(map(made.has_control, ("compare", "noise", "samples")))  # nothing is trained
    made.set("show", "sweep")
    assert made.has_control("noise")
    assert not made.has_control("smoothing")
