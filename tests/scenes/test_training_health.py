"""Four gauges: the readouts of each fault, a recorded run instead, and what a click opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland import layers
from lossland.models import health
from lossland.scenery import library


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("training_health", preset, **values)


def cautions(frame: Any) -> list[str]:
    return [str(note.text) for note in frame.notes if isinstance(note, layers.Caution)]


@pytest.mark.parametrize(
    ("fault", "seed", "lamps"),
    [("none", 0, []), *((f, 0, [lamp]) for f, lamp in health.FAULTS.items()), ("rate", 1, ["update"]),
     ("rate", 2, ["update"])],
)  # fmt: skip
def test_each_fault_lights_its_lamp_and_no_other_at_every_step(fault: str, seed: int, lamps: list[str]) -> None:
    made = scene(fault=fault, seed=seed)
    every = [made.readouts(share * made.clock.seconds) for share in np.linspace(0.0, 1.0, 8)]
    for read in every:
        assert read["lamps"] == lamps
        assert read["after"] == (["saturated"] if fault == "rate" and read["step"] else [])
    assert every[-1]["step"] == 80
    frame = made.frame(made.clock.seconds)
    drawn = {layer.key: layer for layer in frame.layers if isinstance(layer, layers.Points)}
    spheres = {key.split()[1] for key, one in drawn.items() if one.style == "sphere" and one.color != "faint"}
    assert sorted(spheres) == lamps
    if fault == "rate":  # what went wrong later is an empty ring
        assert drawn["lamp saturated after"].style == "ring"


def test_a_limit_is_a_choice() -> None:
    made = scene(fault="norm", spread_limit=50.0)
    assert made.readouts(made.clock.seconds)["lamps"] == []
    made.set("update_limit", 0.5)
    assert made.readouts(made.clock.seconds)["lamps"] == ["update"]


def test_bars_are_as_high_as_the_root_of_their_share() -> None:
    made = scene(fault="init")
    bars = made.frame(0.0).layer("ridges")
    height = (bars.high - bars.low)[:, 2].reshape(5, -1)
    counts = made.seen().ridges["activation"].counts[0]
    np.testing.assert_allclose((height / height[:, :1]) ** 2, counts / counts[:, :1], atol=1e-9)


def test_a_click_opens_a_layer_and_a_unit() -> None:
    made = scene()
    frame = made.frame(made.clock.seconds)
    assert made.pick(frame.layer("ridges"), 3 * health.BINS * 21 + 5)
    assert made.layer == 4
    opened = made.frame(made.clock.seconds)
    assert made.pick(opened.layer("units"), 9)
    assert made.unit == 9
    assert made.pick(opened.layer("ridges"), 0)
    assert made.layer == 0
    broken = scene("no normalization")
    lamps = broken.frame(broken.clock.seconds).layer("lamp spread lit")
    assert lamps.number.tolist() == [3, 4]
    assert broken.pick(lamps, 4)  # the picker hands over a lamp's own number
    assert broken.layer == 5
    assert not made.pick(frame.layer("floor"), 0)


def test_a_recorded_run_is_shown_instead(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    with ll.Recorder(tmp_path / "run.npz") as recorder:
        weight = random.normal(size=(8, 8))
        for step in range(3):
            h = np.tanh((1 + 2 * step) * random.normal(size=500))
            recorder.save({"one": {"weight": weight}}, step, {"one/activation": h}, loss=1.0)
            weight = 1.001 * weight
    made = scene(run=str(tmp_path / "run.npz"))
    first, last = made.readouts(0.0), made.readouts(made.clock.seconds)
    assert first["lamps"] == []
    assert last["lamps"] == ["saturated"]
    assert first["update_ratio"][0] == pytest.approx(-3.0)
    assert made.frame(made.clock.seconds).layers
    made.set("layer", 1)
    assert made.frame(made.clock.seconds).layers
    made.set("fault", "init")
    assert made.run == ""


def test_histograms_that_a_run_does_not_have_are_not_drawn(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    with ll.Recorder(tmp_path / "bare.npz") as recorder:
        for step in range(3):
            recorder.save({name: {"weight": random.normal(size=(8, 8))} for name in ("one", "two")}, step, loss=1.0)
    made = scene(run=str(tmp_path / "bare.npz"))
    frame = made.frame(made.clock.seconds)
    assert set(frame.layer("ridges").color) == {"down"}
    assert cautions(frame) == ["This run has no activations: its weights are shown."]
    assert not made.has_control("show")  # there is nothing to choose from
    assert made.pick(frame.layer("ridges"), len(frame.layer("ridges").worth) - 1)
    assert made.layer == 2
    opened = made.frame(made.clock.seconds)
    assert [one.text for one in opened.layers if isinstance(one, layers.Label)] == ["weight"]
    assert not cautions(opened)


def test_only_layers_with_histograms_have_ridges(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    with ll.Recorder(tmp_path / "some.npz") as recorder:
        for step in range(3):
            weights = {name: {"weight": random.normal(size=(8, 8))} for name in ("one", "two")}
            recorder.save(weights, step, {"two/activation": np.tanh(random.normal(size=500))}, loss=1.0)
    made = scene(run=str(tmp_path / "some.npz"))
    frame = made.frame(made.clock.seconds)
    ridges = frame.layer("ridges")
    own = made.seen().layers.index("two")
    left, right = made.place(own)
    low, high = np.asarray(ridges.low)[:, 0], np.asarray(ridges.high)[:, 0]
    assert left - 1e-9 <= low.min() < high.max() <= right + 1e-9
    assert not cautions(frame)
    assert made.has_control("show")
    assert made.pick(ridges, 0)
    assert made.layer == own + 1


def test_a_run_that_grows_is_followed(tmp_path: Path) -> None:
    file, random = tmp_path / "run.npz", np.random.default_rng(0)
    recorder = ll.Recorder(file)
    for step in range(2):
        recorder.save({"one": {"weight": random.normal(size=(8, 8))}}, step, {"one/activation": np.zeros(9)}, loss=1.0)
    recorder.write()
    made = scene(run=str(file))
    assert not made.poll(10.0)
    assert made.readouts(made.clock.seconds)["step"] == 1
    recorder.save({"one": {"weight": random.normal(size=(8, 8))}}, 2, {"one/activation": np.zeros(9)}, loss=0.5)
    recorder.write()
    assert made.poll(12.0)
    read = made.readouts(made.clock.seconds)
    assert (read["step"], read["loss"]) == (2, 0.5)
    with pytest.raises(ll.UserError, match="no file or folder"):
        made.set("run", str(tmp_path / "gone.npz"))
    assert made.readouts(made.clock.seconds)["step"] == 2


def test_a_window_trains_a_little_each_frame() -> None:
    made = scene(seed=77)
    made.live = True
    counts = []
    for _ in range(8):
        made.frame(0.0)
        counts.append(len(made.seen().steps))
    assert counts[0] == 2
    assert counts == sorted(counts)
    assert made.unfinished


def test_the_meter_is_of_the_layer_that_is_opened() -> None:
    made = scene("one layer")
    frame = made.frame(made.clock.seconds)
    meter = next(one for one in frame.notes if isinstance(one, layers.Meter))
    assert "layer 3" in str(meter.heading)
    assert meter.value == pytest.approx(100 * np.mean(made.seen().units[0, 2]), abs=2.0)  # the mean of its units
    legend = next(one for one in frame.notes if isinstance(one, layers.Legend))
    assert {row.color for row in legend.rows} >= set(frame.layer("units").color)


def test_the_meter_of_updates_is_in_percent_as_its_text_is() -> None:
    made = scene("too fast")
    meter = next(one for one in made.frame(made.clock.seconds).notes if isinstance(one, layers.Meter))
    assert (meter.low, meter.high) == (0.0, 100.0)
    assert meter.value == pytest.approx(100 * 10 ** made.readouts(0.0)["update_ratio"].max())
    assert float(meter.written.split()[0]) == pytest.approx(meter.value, abs=0.05)


def test_the_panel_shows_what_has_an_effect() -> None:
    made = scene(depth=4, layer=4)
    assert made.param("layer").highest(made) == 4
    made.set("depth", 2)
    assert made.layer == 2
    assert not made.has_control("show")  # all three histograms of the layer are seen
    assert made.has_control("saturation_limit")
    assert not made.has_control("dead_limit")  # a tanh is never dead
    made.set("fault", "relu")
    assert made.has_control("dead_limit")
    assert not made.has_control("saturation_limit")
    assert made.while_empty("run")
