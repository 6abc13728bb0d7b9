"""The playground: its losses, its state, what a click and a drag do, and two hundred networks at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError
from lossland.models import playground
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("playground_3d", preset, **values)


def layer(made: Any, key: str, time: float = 0.0) -> Any:
    found = made.frame(time).layer(key)
    assert found is not None
    return found


# --------------------------------------------------------------------------------------------------------- truths
def test_a_product_solves_xor_and_a_line_does_not() -> None:
    solved = scene("xor by hand", epochs=200)
    assert solved.readouts(solved.clock.seconds)["test_loss"] < 0.005
    line = scene("a line cannot")
    assert line.readouts(line.clock.seconds)["test_loss"] == pytest.approx(0.5, abs=0.03)


def test_the_start_is_the_originals() -> None:
    made = scene()
    read = made.readouts(0.0)
    theta = read["weights"]
    biases = [known[-1] for known in playground.biases(made.net())]
    np.testing.assert_array_equal(theta[biases], 0.1)
    assert (np.abs(np.delete(theta, biases)) < 0.5).all()
    assert (made.rate, made.batch, made.train_share, made.noise, made.widths) == (0.03, 10, 0.5, 0.0, "4-2")
    assert [len(part) for part in made.samples()] == [250, 250]
    assert [len(part) for part in scene(data="plane", train_share=0.3).samples()] == [360, 840]


def test_the_sheets_are_what_the_network_says() -> None:
    made = scene(epochs=10)
    end = made.clock.seconds
    theta, sheet = made.readouts(end)["weights"], layer(made, "output", end)
    world = sheet.start[17, 30]
    x, y = (world[:2] - (1.5, 0.0)) * 6.0 / 0.9
    said = float(made.net().apply(theta, [[x, y]])[0, 0])
    assert world[2] == pytest.approx(0.4 * said, abs=1e-12)
    assert sheet.paint[17, 30] == pytest.approx(said, abs=1e-12)
    neurons = layer(made, "neurons", end)
    hidden = made.net().activations(theta, 6.0 * np.array([[-1.0, -1.0]]))  # of the corner at the lower left
    low = neurons.start[0, 0]
    assert low[2] == pytest.approx(0.55 * made.layout().halves[1] * hidden[1][0, 0], abs=1e-9)
    points = layer(made, "samples.0", end)
    first = made.samples()[0].points[made.groups()[0][1][0]]
    assert points.position[0, 2] - 0.02 == pytest.approx(0.4 * made.net().apply(theta, first[None])[0, 0], abs=1e-9)
    assert set(np.unique(layer(scene(epochs=10, discretize=True), "output", end).paint)) <= {-1.0, 1.0}


def test_going_back_shows_the_same_as_going_forward() -> None:
    made, other = scene(epochs=20), scene(epochs=20)
    seconds = made.clock.seconds
    at = [made.readouts(share * seconds)["training_loss"] for share in (0.2, 1.0, 0.2)]
    assert at[0] == at[2] == other.readouts(0.2 * seconds)["training_loss"] != at[1]


def test_a_window_never_waits_for_the_training() -> None:
    """It shows what there is; asked again and again it comes to what a film shows."""
    live, film = scene("two hundred rates", epochs=10), scene("two hundred rates", epochs=10)
    live.live, seconds = True, live.clock.seconds
    live.frame(seconds)
    assert live.unfinished
    assert live.course().epoch == 0
    for _ in range(400):
        if not live.unfinished:
            break
        live.frame(seconds)
    np.testing.assert_array_equal(layer(live, "crowd", seconds).start, layer(film, "crowd", seconds).start)


def test_the_panel_tells_the_state_and_leaves_out_what_has_no_effect() -> None:
    made = scene()
    assert made.while_empty("state") == made.readouts(0.0)["state"]
    crowd, every = {"show_test", "member", "regularization_rate"}, set(made.params())
    for mode, idle in (("one", {"regularization_rate"}), ("starts", crowd), ("rates", crowd | {"rate"})):
        assert {name for name in every if not scene(crowd=mode).has_control(name)} == idle
    assert scene(regularization="L2").has_control("regularization_rate")


def test_dead_weights_are_counted() -> None:
    made = scene("weights that die")
    end = made.clock.seconds
    assert made.frame(end).notes[0].lines[1] == f"{made.readouts(end)['dead']} of {7 * 4 + 4} weights are 0"


def test_the_state_goes_round() -> None:
    set_up = {
        "data": "spiral", "features": "x1, x2, sin x1", "widths": "5-3", "activation": "relu", "rate": 0.1, "batch": 7,
        "noise": 0.12, "regularization": "L2", "regularization_rate": 0.01, "train_share": 0.6, "epochs": 12,
        "discretize": True, "edits": "3:2:1.5", "member": 4,
    }  # fmt: skip
    made = scene(seed=9, **set_up)
    state = made.readouts(0.0)["state"]
    assert "batchSize=7&" in state
    assert "networkShape=5,3&" in state
    again = scene(state=state)
    end = made.clock.seconds
    assert again.readouts(end)["state"] == state
    assert again.readouts(end)["training_loss"] == made.readouts(end)["training_loss"]
    assert again.seed == 9
    heights = scene(data="multi_gauss", widths="").readouts(0.0)["state"]
    assert scene(state=heights).data == "multi_gauss"
    made = scene(epochs=30, rate=0.1, state="https://playground.tensorflow.org/#dataset=gauss&networkShape=")
    assert (made.data, made.widths, made.rate, made.epochs) == ("gauss", "", 0.03, 30)
    with pytest.raises(UserError, match="state"):
        scene(state="nothing")
    with pytest.raises(UserError, match="batch"):
        scene(state="batchSize=1000")


def test_the_penalty_l1_kills_weights() -> None:
    made = scene("weights that die", epochs=40)
    read = made.readouts(made.clock.seconds)
    assert read["dead"] >= 5
    assert read["test_loss"] < 0.05


# -------------------------------------------------------------------------------------------------- hands, clicks
def test_the_knob_sets_a_weight_from_now_on() -> None:
    made = scene(epochs=20)
    now, index = 10 / 20 * made.clock.seconds, playground.links(made.net())[5][-1]
    nodes = len(layer(made, "links").nodes)
    assert made.pick(layer(made, "links"), nodes + 5)
    (knob,) = made.handles(now)
    before = made.course().theta(9)[0, index]
    knob.move(made, (*knob.position[:2], 0.13 * 2.5))
    assert made.course().theta(10)[0, index] == 2.5
    assert made.course().theta(9)[0, index] == before
    assert made.readouts(made.clock.seconds)["weights"][index] != 2.5  # it is trained on
    bias = playground.biases(made.net())[0]
    assert made.pick(layer(made, "links"), nodes - len(playground.biases(made.net())))
    assert made.selected == bias[-1]
    assert not made.pick(layer(made, "links"), 0)  # an outlet has no number


def test_a_knob_that_is_dragged_in_a_window_changes_nothing_before() -> None:
    made = scene(widths="8-8", epochs=200)
    made.course().reach(150)
    made.live, now = True, 0.75 * made.clock.seconds
    for value in (1.0, 1.5, 2.0):
        made.handles(now)[0].move(made, (0.0, 0.0, 0.13 * value))
        made.frame(now)
    assert [(one.epoch, one.value) for one in playground.edits(made.edits)] == [(150, 2.0)]


def test_features_are_clicked() -> None:
    made = scene()
    others = layer(made, "others")
    per_sheet = (others.start.shape[1]) // 5
    assert made.pick(others, 2 * per_sheet + 3)
    assert made.features == "x1, x2, x1x2"
    features = layer(made, "features")
    for _ in range(2):
        assert made.pick(layer(made, "features"), 0)
    assert made.features == "x1x2"
    assert not made.pick(layer(made, "features"), 0)  # one is needed
    assert features.start.shape[1] == 3 * per_sheet


def test_two_hundred_networks_train_at_once() -> None:
    made = scene("two hundred starts", epochs=40)
    end = made.clock.seconds
    read = made.readouts(end)
    losses = read["losses"]
    assert losses.shape == (200,)
    assert ((losses < 0.02) | (losses > 0.9)).all()
    assert 10 < (losses > 0.9).sum() < 50
    training, _ = playground.split("circle", noise=0.0, share=0.5, seed=0)
    np.testing.assert_allclose(losses[losses > 0.9], 2 * (training.target < 0).mean(), rtol=0.02)  # +1 everywhere
    sheet = layer(made, "crowd", end)
    assert np.isfinite(sheet.start).all(axis=-1).sum() == 200 * 8 * (8 + 2)
    stuck = int(losses.argmax())
    assert made.pick(sheet, stuck * 11 + 4)
    assert (made.crowd, made.member) == ("one", stuck)
    assert made.readouts(end)["training_loss"] == pytest.approx(losses[stuck], rel=1e-4)


def test_a_column_of_rates_is_looked_into() -> None:
    made = scene("two hundred rates", epochs=10)
    assert made.pick(layer(made, "crowd"), 45 * 11)
    assert made.member == 2
    assert made.rate == pytest.approx(10 ** (-3 + 4 * 5 / 19))


def test_what_was_set_by_hand_belongs_to_its_network() -> None:
    made = scene(edits="3:2:1.5")
    made.set("widths", "3")
    assert made.edits == ""
    assert isinstance(made.frame(0.0), ll.Frame)
    assert isinstance(layer(made, "links"), layers.Graph)
