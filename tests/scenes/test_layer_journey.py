"""Before and after each layer: the readouts, the clouds that are drawn, threads, clicks and a recorded run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland import layers
from lossland.models import drawings, journeys, networks
from lossland.scenery import library


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("layer_journey", preset, **values)


def test_the_numbers_of_the_whole_training() -> None:
    made = scene()
    read = made.readouts(made.clock.seconds)
    assert read["accuracy"] >= 0.95
    assert read["separation"][-1] >= 0.75
    assert np.all(np.diff(read["separation"]) > 0)
    assert read["epoch"] == 60
    assert read["misread"] == round((1 - read["accuracy"]) * 360)
    begin = made.readouts(0.0)
    assert begin["epoch"] == 0
    assert begin["separation"][-1] < begin["separation"][0] == pytest.approx(read["separation"][0])


def test_clouds_are_what_is_seen_of_the_layers() -> None:
    """Distances within a cloud are those along its three axes, up to one scale."""
    made = scene()
    course, cloud = made.course(), made.clouds(60)
    for k, (frame, points) in enumerate(zip(course.frames(), course.hidden(60), strict=True)):
        plain = frame.shown(points[:40])
        apart = np.linalg.norm(plain[:, None] - plain[None], axis=-1)
        drawn = np.linalg.norm(cloud[k, :40, None] - cloud[k, None, :40], axis=-1)
        scale = drawn.max() / apart.max()
        np.testing.assert_allclose(drawn, scale * apart, atol=1e-5)


@pytest.mark.parametrize(("share", "clouds"), [(0.0, 1), (0.5, 4), (1.0, 5)])
def test_samples_go_from_cloud_to_cloud(share: float, clouds: int) -> None:
    """Beside the clouds that are done one may be under way; at rest none is drawn twice."""
    made = scene("layer by layer")
    frame = made.frame(share * made.clock.seconds)
    points = frame.layer("class 0")
    own = np.isin(made.chosen(), np.flatnonzero(made.course().target == 0)).sum()
    assert len(points.position) == clouds * own


def test_a_click_follows_a_sample() -> None:
    made = scene()
    frame = made.frame(made.clock.seconds)
    layer = frame.layer("class 3")
    many = len(layer.position) // 5  # the fifth sample of the third cloud
    assert made.pick(layer, 2 * many + 5)
    assert made.course().target[made.sample] == 3
    place = made.clouds(60)[2, made.sample]
    np.testing.assert_array_equal(layer.target[2 * many + 5], place)
    assert layer.worth[5].startswith(f"sample {made.sample}, read as")
    assert made.followed().tolist() == [made.sample]
    assert made.frame(made.clock.seconds).layer(f"followed {made.sample}") is not None
    assert made.pick(layer, 5)
    assert made.sample == -1
    assert not made.pick(frame.layer("filters"), 0)


def test_those_that_are_misread_have_threads() -> None:
    made = scene("misread")
    assert 0 < len(made.followed()) <= made.readouts(made.clock.seconds)["misread"]
    threads = made.frame(made.clock.seconds).layer("threads")
    assert set(threads.color) == {"bad"}
    assert len(made.frame(made.clock.seconds).layer("threads").paths[0]) == 5
    made.set("show", "4")
    assert set(made.course().target[made.followed()]) == {4}


def test_a_run_of_ones_own(tmp_path: Path) -> None:
    network = networks.mlp((64, 12, 10), "relu")
    with ll.Recorder(tmp_path / "run.npz") as recorder:
        for step in range(3):
            recorder.save(network.views(networks.initial(network, step)), 10 * step)
    made = scene(run=str(tmp_path / "run.npz"))
    read = made.readouts(made.clock.seconds)
    assert read["epoch"] == 20
    assert len(read["separation"]) == 3
    assert made.frame(made.clock.seconds).layers
    (meter,) = [note for note in made.frame(0.0).notes if isinstance(note, layers.Meter)]
    assert str(meter.heading) == "Right of 1\u2009797 digits"  # it may have learnt from any of them
    assert not made.has_control("widths")
    assert not made.has_control("epochs")
    assert made.has_control("activation")  # which a file does not tell
    made.set("widths", "8")
    assert made.run == ""
    assert made.has_control("widths")


def test_a_run_of_flowers(tmp_path: Path) -> None:
    network = networks.mlp((4, 12, 3), "relu")
    with ll.Recorder(tmp_path / "run.npz") as recorder:
        recorder.save(network.views(networks.initial(network, 0)))
    made = scene(run=str(tmp_path / "run.npz"))
    (meter,) = [note for note in made.frame(0.0).notes if isinstance(note, layers.Meter)]
    assert str(meter.heading) == "Right of 150 flowers"


def test_a_run_that_grows_is_followed(tmp_path: Path) -> None:
    network, recorder = networks.mlp((64, 12, 10), "relu"), ll.Recorder(tmp_path / "run.npz")
    recorder.save(network.views(networks.initial(network, 0)), 0)
    recorder.save(network.views(networks.initial(network, 1)), 5)
    recorder.write()
    made = scene(run=str(tmp_path / "run.npz"))
    assert made.readouts(made.clock.seconds)["epoch"] == 5
    recorder.save(network.views(networks.initial(network, 2)), 20)
    recorder.write()
    assert made.poll(1.0)
    assert made.readouts(made.clock.seconds)["epoch"] == 20
    assert not made.poll(3.0)


def test_a_digit_is_drawn_and_its_way_is_that_of_its_pixels() -> None:
    made = scene("draw a digit")
    end = made.clock.seconds
    (pen,) = made.handles(end)
    pad, places = made.pad(), [(2.0, 7.0), (6.0, 7.0), (3.5, 1.0)]
    assert made.pick(made.frame(end).layer("pad"), int(made.drawing.index("g")))  # on ink: a new pad
    assert made.drawing == ""
    made.set("pen", places[0])
    for place in places[1:]:
        pen.move(made, pad.plot.world(*place))
    assert made.pen == places[-1]
    ink = made.frame(end).layer("pad").picture
    np.testing.assert_array_equal(ink, drawings.read(made.drawing))
    course = made.course()
    outputs = course.network.apply(np.asarray(course.path[60], float), ink.reshape(1, -1))
    read = made.frame(end).layer("read").text
    assert read == f"read as {'an 8' if outputs.argmax() == 8 else f'a {outputs.argmax()}'}"
    way = made.frame(end).layer("threads").paths[0]
    hidden = course.hidden(60)[-1]
    frame, apart = made.seen()[-1], hidden - outputs.reshape(1, -1)
    shown = np.linalg.norm(apart @ frame.basis, axis=1)
    drawn = np.linalg.norm(made.clouds(60)[-1] - way[-1], axis=1)
    np.testing.assert_allclose(drawn / drawn.max(), shown / shown.max(), atol=1e-6)


def test_widths_must_make_sense() -> None:
    with pytest.raises(ll.UserError, match="widths are one to"):
        scene(widths="2-2")


def test_a_window_trains_a_little_each_frame() -> None:
    made = scene(seed=31)
    made.live = True
    lasts = []
    for _ in range(12):
        made.frame(0.0)
        lasts.append(made.course().last)
    assert lasts[0] == 1
    assert lasts == sorted(lasts)
    assert lasts[-1] < journeys.EPOCHS


def test_digits_are_named_in_their_colours_and_lines_of_the_chart_by_theirs() -> None:
    made = scene()
    frame = made.frame(made.clock.seconds)
    assert [(frame.layer(f"digit {k}").text, frame.layer(f"digit {k}").plate) for k in range(10)] == [
        (str(k), frame.layer(f"class {k}").color) for k in range(10)
    ]
    legend = next(one for one in frame.notes if isinstance(one, layers.Legend))
    chart = next(one for one in frame.notes if isinstance(one, layers.Chart))
    assert [row.color for row in legend.rows] == [one.color for one in chart.series]
    assert frame.layer("class 8").name == "An 8"
    assert frame.layer("class 7").name == "A 7"
