"""The residual stream: its answers, what is drawn of its lanes and edits, clicks, and the words of a real model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.models import minilm, residual
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("residual_stream", preset, **values)


def drawn(made: Any, share: float) -> dict[str, Any]:
    frame = made.frame(share * made.clock.seconds)
    return dict(zip(frame.keys, frame.layers, strict=True))


@pytest.mark.parametrize(("sharpness", "probability", "digits"), [(5, 0.9488, 4), (10, 0.99973, 5)])
@pytest.mark.parametrize("tokens", ["BOS 2 4 1 0 5 3 2", "2,4,1,0,5,3,2", "[2 4 1 0 5 3 2]"])
def test_it_predicts_what_came_next_before(tokens, sharpness, probability, digits):
    read = scene(tokens=tokens, sharpness=sharpness).readouts()
    assert read["prediction"] == 4
    assert round(read["probability"], digits) == probability
    assert read["probabilities"].sum() == pytest.approx(1.0)
    assert read["sum_error"] < 1e-15


def test_both_heads_are_needed():
    read = {name: scene(ablate=name).readouts() for name in residual.induction(1).blocks}
    assert read["attention 2"]["probability"] == pytest.approx(1 / 7)
    assert read["attention 1"]["probabilities"][4] < 0.2
    assert read["mlp 1"]["probability"] == read["mlp 2"]["probability"] == scene().readouts()["probability"]
    assert all(one["sum_error"] < 1e-15 for one in read.values())


def test_without_a_beginning_the_answer_is_halved():
    read = scene("no beginning", sharpness=20).readouts()["probabilities"]
    assert read[[2, 4]] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_a_tie_is_told_as_one():
    for made, answer, lit in ((scene("no beginning"), "2 or 4", [2, 4]), (scene(ablate="attention 2"), "anything", [])):
        shown, title = drawn(made, 1.0), made.frame(made.clock.seconds).notes[0]
        assert title.lines[0].startswith(f"After 2 it says {answer}: ")
        assert [k for k, color in enumerate(shown["said"].color) if color == "area"] == lit
    bars = shown["said"]
    assert shown["probability"].position[0] == pytest.approx((bars.low + bars.high)[:, 0].mean() / 2)


def test_the_bars_are_the_answer_at_this_depth():
    made = scene()
    begin, end = (drawn(made, share)["said"] for share in (0.0, 1.0))
    heights = end.high[:, 2] - end.low[:, 2]
    np.testing.assert_allclose(heights / heights.sum(), made.readouts()["probabilities"])
    assert np.ptp(begin.high[:, 2]) == 0.0  # nothing is in the output yet: all alike
    early, late = (drawn(made, share)["probability"].text for share in (0.0, 1.0))
    assert (early, late) == ("0.1429", "0.9488")


def test_lanes_are_there_from_the_block_that_writes_them_to_the_one_that_erases_them():
    made = scene()
    reach = {}
    for path, color in zip(drawn(made, 1.0)["lanes"].paths, drawn(made, 1.0)["lanes"].color, strict=True):
        low, high = reach.get(color, (9.0, 0.0))
        reach[color] = min(low, path[0, 2]), max(high, path[1, 2])
    level = drawn(made, 1.0)["lanes"].paths[0][1, 2]
    token, position, previous, output = (
        np.array(reach[color]) / level for color in ("optimizer.momentum", "dim", "up", "area")
    )
    assert (token[0], position.tolist()) == (0.0, [0.0, 2.0])
    assert previous == pytest.approx([1.0, 4.0])
    assert output[0] == pytest.approx(3.0)
    assert min(token[1], output[1]) > 4.0


def test_the_induction_head_looks_at_the_one_that_followed():
    shown = drawn(scene(sharpness=10), 1.0)
    strongest = shown["looks 2"].paths[int(np.argmax(np.multiply(shown["looks 2"].width, shown["looks 2"].alpha)))]
    streams = [path[0, 0] for path in drawn(scene(), 0.2)["looks 0"].paths]
    assert strongest[0, 0] == pytest.approx(sorted(set(np.round(streams, 9)))[2])  # the third one, BOS 2 [4]
    assert shown["written 0/Plates"].text == ("BOS", "BOS", "2", "4", "1", "0", "5", "3")
    assert shown["written 2/Plates"].text[-1] == "4"


def test_tokens_move_alone_in_a_perceptron():
    made = scene()
    during = drawn(made, 0.4)
    assert "erased 1" in during
    assert during["erased 1"].position[:, 2] == pytest.approx(during["erased 1"].position[0, 2])
    assert "looks 1" not in drawn(made, 1.0)


def test_clicks_leave_out_a_block_and_change_a_token():
    made = scene()
    shown = drawn(made, 1.0)
    assert made.pick(shown["blocks/Plates"], 2)
    assert made.ablate == "attention 2"
    assert "looks 2" not in drawn(made, 1.0)
    assert "no attention 2" in drawn(made, 1.0)["blocks/Plates"].text
    assert made.pick(shown["blocks/Plates"], 2)
    assert made.ablate == "none"
    assert made.pick(shown["tokens/Plates"], 2)
    assert made.readouts()["prediction"] == 5  # 2 was followed by 5 now
    assert not made.pick(shown["tokens/Plates"], 0)  # BOS stays
    assert not made.pick(shown["said"], 0)


@pytest.mark.parametrize("tokens", ["", "BOS", "1 2 6", "1 2 x", "1 " * 13])
def test_other_tokens_are_refused(tokens):
    with pytest.raises(ll.UserError, match="from 1 to 12 whole numbers from 0 to 5"):
        scene(tokens=tokens)


@pytest.mark.parametrize(("tokens", "bos"), [("3", True), ("3", False), ("0 1 2 3 4 5 0 1 2 3 4 5", True)])
def test_any_number_of_tokens_can_be_drawn(tokens, bos):
    made = scene(tokens=tokens, bos=bos)
    assert all(drawn(made, share) for share in (0.0, 0.3, 0.6, 1.0))


# --------------------------------------------------------------------------------------------------- a real model
def test_the_words_of_a_real_model_go_where_it_puts_them():
    made = scene("a real model")
    found = minilm.stored()[made.sentence]
    shown = drawn(made, 1.0)
    ends, wanted = shown["words"].position, found.path[-1, 1:-1, :2]
    np.testing.assert_allclose(
        ends[:, :2] / np.linalg.norm(ends[:, :2]), wanted / np.linalg.norm(wanted), atol=1e-9
    )  # along the two directions; the third is the depth
    depths = np.array([drawn(made, share)["words"].position[:, 2] for share in (0.0, 0.5, 1.0)])
    np.testing.assert_array_equal(np.ptp(depths, axis=1), 0.0)
    assert (np.diff(depths[:, 0]) > 0).all()
    np.testing.assert_allclose(np.diff(made.path()[:, 0, 2]), depths[-1, 0] / (4 * minilm.LAYERS))
    assert [one.text for key, one in shown.items() if key.startswith("word ")] == list(found.tokens[1:-1])
    for kind in range(4):
        assert len(shown[f"move {kind}"].paths) == minilm.LAYERS * (len(found.tokens) - 2)


def test_where_sums_are_normalized_the_edits_do_not_add_up():
    read = scene("a real model").readouts()
    path = minilm.stored()[minilm.SENTENCES[6]].path
    edits = (path[1::2] - path[:-1:2]).sum(axis=0)
    missing = np.linalg.norm(path[-1] - path[0] - edits, axis=-1)
    assert read["sum_error"] == pytest.approx(missing.max())
    assert read["sum_error"] > 1.0


def test_what_two_directions_keep_of_the_words_variance_is_told():
    made = scene("a real model")
    path = minilm.stored()[made.sentence].path[::2, 1:-1].reshape(-1, 3)
    shares = np.linalg.eigvalsh(np.cov(path.T))[::-1] / np.trace(np.cov(path.T))
    told = made.frame(0.0).notes[0].lines[1]
    assert told == f"across: {100 * made.readouts()['explained'] * shares[:2].sum():.0f} % of the words' variance"


def test_a_sentence_shows_the_real_model_and_tokens_the_other():
    made = scene(sentence=minilm.SENTENCES[0])
    assert made.show == "sentence"
    made.set("sharpness", 7.0)
    assert made.show == "induction"
    assert isinstance(drawn(made, 1.0)["lanes"], layers.Lines)


def test_the_way_of_one_word_is_bright_and_another_one_can_be_clicked():
    made = scene("a real model")
    names = minilm.stored()[made.sentence].tokens[1:-1]
    assert names[made.follow] == "bank"
    shown = drawn(made, 1.0)
    for followed in (4, 7):
        made.set("follow", followed)
        shown = drawn(made, 1.0)
        for kind in range(4):
            alpha = np.reshape(shown[f"move {kind}"].alpha, (minilm.LAYERS, len(names)))
            assert alpha[:, followed].min() > 1.5 * np.delete(alpha, followed, axis=1).max()
            paths = np.reshape(shown[f"move {kind}"].paths, (minilm.LAYERS, len(names), 2, 3))
            np.testing.assert_array_equal(paths[:, followed, 0], made.path()[kind:-1:4, followed])
        np.testing.assert_array_equal(shown["start"].position[0], made.path()[0, followed])
        np.testing.assert_allclose(shown["followed"].position[0], made.path()[-1, followed])
    assert made.pick(shown["words"], 1)
    assert made.follow == 1
    assert made.pick(shown["move 2"], 2 * len(names) + 3)
    assert made.follow == 3
    made.set("follow", 21)  # there are no so many words: it is the last one
    np.testing.assert_allclose(drawn(made, 1.0)["followed"].position[0], made.path()[-1, -1])


def test_the_equation_is_that_of_the_half_of_the_layer_that_is_told():
    made, told = scene("a real model"), set()
    for share in np.linspace(0.0, 1.0, 57):
        title = made.frame(share * made.clock.seconds).notes[0]
        told.add((title.lines[0].split(": ")[1], "MLP" in title.latex))
    assert {("add attention", False), ("add perceptron", True)} <= told
    assert not {("add attention", True), ("add perceptron", False)} & told
    assert "MLP" in made.frame(made.clock.seconds).notes[0].latex  # the last normalization follows the perceptron


def test_only_what_has_an_effect_has_a_control():
    names = ("tokens", "bos", "sharpness", "ablate", "sentence", "follow", "show")
    shown = [[name for name in names if scene(show=show).has_control(name)] for show in ("induction", "sentence")]
    assert shown == [["tokens", "bos", "sharpness", "ablate", "sentence", "show"], ["sentence", "follow", "show"]]
