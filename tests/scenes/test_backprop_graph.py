"""The backward pass: the numbers of two worked examples, what the cards say at each step, and what a drag does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError
from lossland.scenery import library


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("backprop_graph", preset, **values)


def read(made: Any) -> dict[str, Any]:
    return made.readouts(0.0)


def test_the_numbers_of_mazurs_example() -> None:
    """Mazur, A step by step backpropagation example (2015)."""
    found = read(scene())
    np.testing.assert_allclose(found["outputs"], (0.75136507, 0.772928465), atol=5e-9)
    assert found["loss"] == pytest.approx(0.298371109, abs=5e-10)
    np.testing.assert_allclose(found["hidden"], (0.593269992, 0.596884378), atol=5e-10)
    gradients = found["gradients"]
    np.testing.assert_allclose(gradients["W2"], [[0.082167, 0.082668], [-0.022603, -0.022740]], atol=5e-7)
    np.testing.assert_allclose(gradients["W1"], [[0.000439, 0.000877], [0.000498, 0.000995]], atol=5e-7)


def test_every_weight_against_central_differences() -> None:
    made, h = scene(), 1e-5
    given = np.array(list(made.given().values()))
    exact = np.concatenate([np.ravel(one) for one in read(made)["gradients"].values()])

    def loss(values: np.ndarray) -> float:
        made.set("values", ", ".join(map(repr, values.tolist())))
        return read(made)["loss"]

    for k in range(len(given)):
        step = h * np.eye(len(given))[k]
        assert (loss(given + step) - loss(given - step)) / (2 * h) == pytest.approx(exact[k], abs=1e-7)


@pytest.mark.parametrize(
    ("preset", "loss", "gradients"),
    [
        ("two ways back", 6 + np.sin(2), {"x": 3 + np.cos(2), "y": 2.0}),
        ("gates", -20.0, {"x": -8.0, "y": 6.0, "z": 2.0, "w": 0.0}),  # of CS231n's notes
        ("softmax", 2.407606, {"a": 0.090031 - 1, "b": 0.244728, "c": 0.665241}),
        ("one neuron", 0.731059, {"w0": -0.196612, "x0": 0.393224, "w1": -0.393224, "x1": -0.589836, "w2": 0.196612}),
    ],
)
def test_presets_of_expressions(preset: str, loss: float, gradients: dict[str, float]) -> None:
    found = read(scene(preset))
    assert found["loss"] == pytest.approx(loss, abs=1e-6)
    assert found["gradients"] == pytest.approx(gradients, abs=1e-6)


def test_logistic_regression_hands_back_the_probability_minus_one() -> None:
    found = read(scene("logistic regression"))
    z = 0.5 * 1 - 1 * 2 + 0.3
    assert found["gradients"]["b"] == pytest.approx(1 / (1 + np.exp(-z)) - 1)


def test_a_neuron_that_is_off_learns_nothing() -> None:
    gradients = read(scene("a dead ReLU"))["gradients"]
    assert (gradients["W1"][0] == 0).all()
    assert (gradients["W1"][1] != 0).all()


def test_values_come_forward_and_then_gradients_go_back() -> None:
    made = scene("two ways back")
    cards = []
    for step in range(8):
        frame = made.frame(made.clock.seconds * step / 8)
        cards.append([frame.layer(f"{what}/Plates").text for what in ("values", "gradients")])
    names = list(made.stands().cards)
    at = [dict(zip(names, values, strict=True)) for values, _ in cards]
    back = [dict(zip(names, gradients, strict=True)) for _, gradients in cards]
    assert [one["v1"] for one in at[:3]] == ["", "6", "6"]
    assert [one["f"] for one in at[:4]] == ["", "", "", "6.91"]
    assert back[2]["f"] == ""
    assert back[3]["f"] == "1"
    assert back[4]["v1"] == back[4]["v2"] == "1"
    assert [one["x"] for one in back[4:7]] == ["", "−0.416", "2.58"]  # what comes back adds up


def test_one_step_of_descent_moves_the_weights_alone() -> None:
    made = scene()
    frame = made.frame(made.clock.seconds)
    weights = frame.layer("weights values/Plates").text
    assert weights[4:] == ("0.359", "0.409", "0.511", "0.561")  # Mazur: .358916, .408666, .511301, .561370
    values = dict(zip(made.stands().cards, frame.layer("values/Plates").text, strict=True))
    assert values["x1"] == "0.05"
    assert values["E"] == ll.words("?", read(made)["loss_after"])
    assert scene("two ways back", rate=0.0).readouts(0.0)["loss_after"] == pytest.approx(6 + np.sin(2))


def test_an_edge_is_as_wide_as_what_passes_back() -> None:
    made = scene("gates")
    lines = made.frame(0.8 * made.clock.seconds).layer("edges")
    wide = dict(zip(made.graph().edges, lines.width, strict=True))
    assert max(wide, key=wide.__getitem__) == ("x", "v1")  # -8 is the largest
    assert wide["w", "v2"] == min(wide.values())  # max lets nothing through to w
    assert lines.worth[made.graph().edges.index(("x", "v1"))] == "local slope −4\npasses back −8"


@pytest.mark.parametrize("preset", ["network", "gates", "softmax", "wider"])
def test_all_numbers_in_a_picture_are_of_one_moment(preset: str) -> None:
    """At each moment values and gradients are those of a scene that begins with the inputs that are shown."""
    made = scene(preset)
    names, order, gradients = list(made.stands().cards), made.graph().inputs, {}
    for share in np.linspace(0, 1, 41):
        moment = made.moment(made.now(share * made.clock.seconds))
        values, gradients = made.learning().known(moment)
        fresh = scene(preset, values=[values[name] for name in order])
        whole, _, slopes = fresh.learning().before
        assert values == pytest.approx({name: whole[name] for name in values})
        if gradients and moment.back == len(made.graph().steps):  # all has come back
            assert gradients == pytest.approx({name: slopes[name] for name in gradients})
    assert set(names) <= set(gradients)


def test_after_the_step_the_gates_have_new_gradients() -> None:
    """2(xy + max(z, w)) after x = 3 + 8/2, y = -4 - 6/2, z = 2 - 2/2: slopes 2y, 2x, 2 and 0."""
    made = scene("gates")
    frame, read = made.frame(made.clock.seconds), read_after("gates")
    names = list(made.stands().cards)
    cards = [dict(zip(names, frame.layer(f"{what}/Plates").text, strict=True)) for what in ("values", "gradients")]
    assert [cards[0][name] for name in "xyzwf"] == ["7", "−7", "1", "−1", "−96"]
    assert [cards[1][name] for name in "xyzwf"] == ["−14", "14", "2", "0", "1"]
    assert frame.layer("edges").worth[made.graph().edges.index(("x", "v1"))] == "local slope −7\npasses back −14"
    assert read["gradients_after"] == pytest.approx({"x": -14, "y": 14, "z": 2, "w": 0})
    assert (read["outputs_after"].item(), read["loss_after"]) == (-96, -96)


def read_after(preset: str) -> dict[str, Any]:
    return scene(preset).readouts(scene(preset).clock.seconds)


@pytest.mark.parametrize(("learn", "loss"), [(1.0, 0.280471), (0.0, 0.291028)])  # with biases; Mazur's, without
def test_the_loss_after_the_step_and_mazurs(learn: float, loss: float) -> None:
    x, t, rate = np.array([0.05, 0.1]), np.array([0.01, 0.99]), 0.5
    w1, b1 = np.array([[0.15, 0.2], [0.25, 0.3]]), np.array([0.35, 0.35])
    w2, b2 = np.array([[0.4, 0.45], [0.5, 0.55]]), np.array([0.6, 0.6])
    h = 1 / (1 + np.exp(-w1 @ x - b1))
    o = 1 / (1 + np.exp(-w2 @ h - b2))
    d2 = (o - t) * o * (1 - o)
    d1 = w2.T @ d2 * h * (1 - h)
    w1, b1, w2, b2 = (
        w1 - rate * np.outer(d1, x),
        b1 - learn * rate * d1,
        w2 - rate * np.outer(d2, h),
        b2 - learn * rate * d2,
    )
    o = 1 / (1 + np.exp(-w2 @ (1 / (1 + np.exp(-w1 @ x - b1))) - b2))
    after = 0.5 * ((o - t) ** 2).sum()
    assert after == pytest.approx(loss, abs=5e-7)
    assert (read(scene())["loss_after"] == pytest.approx(after)) == bool(learn)
    assert f"{loss:.6f}" in library.scene_class("backprop_graph").lesson


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"expression": "exp(1000*x)"}, "f is not finite at these inputs."),
        ({"expression": "sqrt(x - 5)"}, "f is not finite at these inputs."),
        ({"expression": "1/(2 + exp(1000*x))"}, "The gradient is not finite at these inputs."),
        ({"expression": "ln(x)", "values": "0.5", "rate": 1.0}, "f is not finite after the step."),
        ({"target": 1}, "Only 1 of 2 targets are given; the others are 0.5."),
        ({"values": [1, 2, 3]}, "Only 3 of 14 values are given; the others are chosen."),
        ({"expression": "x*y", "values": np.arange(3.0)}, "The last 1 of the values are not used."),
        ({"target": (1, 0, 1)}, "The last 1 of the targets are not used."),
    ],
)
def test_one_sentence_says_what_is_wrong(values: dict[str, Any], said: str) -> None:
    made = scene(**values)
    frame = made.frame(made.clock.seconds)
    assert [note.text for note in frame.notes if isinstance(note, ll.layers.Caution)] == [said]
    assert not {"–", "nan"} & {*frame.layer("values/Plates").text, *frame.layer("gradients/Plates").text}


def test_presets_have_nothing_to_warn_of() -> None:
    for preset in library.scene_class("backprop_graph").presets:
        made = scene(preset)
        assert not [note for note in made.frame(made.clock.seconds).notes if isinstance(note, ll.layers.Caution)]


@pytest.mark.parametrize("values", [*library.scene_class("backprop_graph").presets, {"network": "4-4-3-2"}])
def test_no_wire_runs_under_a_card_and_no_card_lies_over_another(values: str | dict[str, str]) -> None:
    made = scene(**values) if isinstance(values, dict) else scene(values)
    frame = made.frame(0.0)
    cards = [frame.layer(f"{key}/Plates") for key in ("nodes", "values", "gradients", "weights values",
             "weights gradients") if made.graph().weights or not key.startswith("weights")]  # fmt: skip
    low = np.vstack([np.asarray(one.corner)[:, :2] for one in cards])
    high = low + np.vstack([(np.asarray(one.right) + one.up)[:, :2] for one in cards])
    covered = np.minimum(high, high[:, None]) - np.maximum(low, low[:, None])
    assert ((covered > 1e-9).all(axis=-1).sum(axis=1) == 1).all()  # itself alone
    tags = made.stands().weights
    for pair, path in made.stands().paths.items():
        own = [tags[name] for name, (*ends,) in made.graph().weights.items() if tuple(ends) == pair]
        for a, b in zip(path[:-1, :2], path[1:, :2], strict=True):
            along = a + np.linspace(0, 1, 9)[:, None] * (b - a)
            over = ((along[:, None] > low + 1e-6) & (along[:, None] < high - 1e-6)).all(axis=-1).any(axis=0)
            middle = (low[over] + high[over]) / 2
            assert all(np.abs(one - own[0][:2]).max() < 0.5 for one in middle) if own else not over.any()


def test_a_click_shows_a_card_and_a_drag_moves_a_weight() -> None:
    made = scene()
    nodes = made.frame(1.0).layer("nodes/Plates")
    names = list(made.stands().cards)
    assert made.pick(nodes, names.index("o2"))
    assert made.current(made.now(1.0)).name == "o2"
    assert not made.pick(nodes, names.index("x1"))
    assert made.pick(nodes, names.index("o2"))
    assert made.node == ""
    knob = next(handle for handle in made.handles(1.0) if handle.name == "w211")
    knob.move(made, (knob.position[0], knob.position[1] + 0.1))
    assert made.given()["w211"] > 0.4
    moved = next(handle for handle in made.handles(1.0) if handle.name == "w211")
    assert moved.position[1] == pytest.approx(knob.position[1] + 0.1, abs=0.01)


def test_what_is_no_graph_is_refused() -> None:
    for bad in ({"expression": "3"}, {"expression": "x"}, {"network": "2"}, {"network": "2-9-1"}, {"values": "1, two"}):
        with pytest.raises(UserError):
            scene(**bad)
    made = scene(expression="x*y", values="1, 2, 3")
    assert any("The last 1 of the values" in getattr(note, "text", "") for note in made.frame(0.0).notes)


def test_an_expression_hides_what_makes_a_network() -> None:
    shown = [library.scene("backprop_graph", expression=text).has_control("activation") for text in ("", "w * x + b")]
    assert shown == [True, False]


def test_a_sum_can_be_checked_from_what_is_shown() -> None:
    """Mazur: 0.15 * 0.05 + 0.2 * 0.1 + 0.35 = 0.3775, and the outputs are compared with 0.01 and 0.99."""
    made = scene()
    frame = made.frame(0.5 * made.clock.seconds)
    signs = dict(zip(made.stands().cards, frame.layer("nodes/Plates").text, strict=True))
    values = dict(zip(made.stands().cards, frame.layer("values/Plates").text, strict=True))
    assert (signs["z11"], signs["z22"], signs["o1"]) == ("Σ + 0.35", "Σ + 0.6", "σ")
    assert values["z11"] == ll.words("?", 0.15 * 0.05 + 0.2 * 0.1 + 0.35)
    assert frame.layer("target").value == "0.01, 0.99"
    off = scene("a dead ReLU").frame(0.0).layer("nodes/Plates").text
    assert "Σ − 0.35" in off


def test_empty_boxes_show_what_holds() -> None:
    made = scene()
    told = [made.while_empty(name) for name in ("expression", "values", "target")]
    assert told == ["the network", "0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.6",
                    "0.01, 0.99"]  # fmt: skip
    assert scene("gates").while_empty("target") == "none"
