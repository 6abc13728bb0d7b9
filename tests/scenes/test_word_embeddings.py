"""Words as points: the truths of the catalogue, the arrow that is carried, words along an axis, and the search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.models import datasets
from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("word_embeddings", preset, **values)


def drawn(made: ll.Scene, moment: float) -> dict[str, Any]:
    frame = made.frame(ll.Now(moment, made.clock))
    return dict(zip(frame.keys, frame.layers, strict=True))


def vector(word: str) -> np.ndarray:
    return datasets.glove().vectors[datasets.glove().index[word]]


@pytest.mark.parametrize(
    ("preset", "values", "word", "cosine"),
    [
        ("king", {}, "queen", 0.8610),
        ("inputs included", {}, "king", 0.8860),
        ("capitals", {}, "rome", 0.8379),
        ("capitals", {"plus": "paris germany"}, "berlin", 0.9181),
        ("capitals", {"plus": "tokyo china", "minus": "japan"}, "beijing", 0.8891),
        ("king", {"plus": "he her", "minus": "him"}, "she", 0.9333),
        ("plain neighbours", {}, "cat", 0.9218),
    ],
)
def test_the_nearest_word(preset: str, values: dict[str, str], word: str, cosine: float) -> None:
    read = scene(preset, **values).readouts()
    assert read["nearest"][0] == word
    assert read["cosines"][0] == pytest.approx(cosine, abs=2e-4)


@pytest.mark.parametrize(("one", "other", "cosine"), [("king", "queen", 0.7839), ("cat", "dog", 0.9218)])
def test_what_lies_near_a_word(one: str, other: str, cosine: float) -> None:
    read = scene(word=one, k=12).readouts()
    assert read["inputs"].tolist() == [one]
    assert dict(zip(read["nearest"], read["cosines"], strict=True))[other] == pytest.approx(cosine, abs=1e-4)


def test_only_what_has_an_effect_has_a_control() -> None:
    shown = {show: [name for name in ("k", "include_inputs", "axis") if scene(show=show).has_control(name)]
             for show in ("sum", "word", "axis")}  # fmt: skip
    assert shown == {"sum": ["k", "include_inputs", "axis"], "word": ["k", "axis"], "axis": ["axis"]}


def test_what_is_left_out_is_said() -> None:
    made = scene()
    read = made.readouts()
    assert dict(zip(read["inputs"], read["input_cosines"], strict=True))["king"] == pytest.approx(0.8860, abs=2e-4)
    frame = made.frame(made.clock.seconds)
    (title,) = [note for note in frame.notes if isinstance(note, layers.Title)]
    assert list(title.lines) == ["king itself is nearer, with 0.886: words of the sum are left out"]
    (legend,) = [note for note in frame.notes if isinstance(note, layers.Legend)]
    assert [row.name for row in legend.rows[:2]] == ["king (left out)", "queen"]
    (title,) = [note for note in scene("inputs included").frame(14.0).notes if isinstance(note, layers.Title)]
    assert list(title.lines) == ["No word was left out that would be nearer"]


def test_the_difference_is_picked_up_and_carried_to_king() -> None:
    made = scene()
    places = {word: made.seen(vector(word)) for word in ("king", "man", "woman")}
    held = drawn(made, 0.35 * made.clock.seconds)["carried 0"]
    np.testing.assert_allclose([held.tail[0], held.tip[0]], [places["man"], places["woman"]], atol=0.01)
    ended = drawn(made, made.clock.seconds)
    np.testing.assert_allclose(ended["carried 0"].tail[0], places["king"], atol=1e-12)
    total = made.seen(vector("king") - vector("man") + vector("woman"))
    np.testing.assert_allclose(ended["carried 0"].tip[0], total, atol=1e-12)
    np.testing.assert_allclose(ended["sum"].position[0], total, atol=1e-12)
    for moment in np.linspace(5.0, 14.0, 7):  # it never turns and never changes its length
        arrow = drawn(made, moment)["carried 0"]
        np.testing.assert_allclose(arrow.tip - arrow.tail, [places["woman"] - places["man"]], atol=1e-9)


def test_how_much_the_picture_keeps() -> None:
    made = scene()
    axes = made.seen_along()[1]
    projector = axes @ np.linalg.inv(axes.T @ axes) @ axes.T
    centred = datasets.glove().vectors - datasets.glove().vectors.mean(axis=0)
    kept = (centred @ projector * centred).sum() / (centred**2).sum()
    assert made.readouts()["kept"] == pytest.approx(kept, rel=1e-9)
    shares = np.linalg.svd(made.sum().vectors - made.sum().vectors.mean(axis=0), compute_uv=False) ** 2
    (facts,) = [note for note in made.frame(0.0).notes if isinstance(note, layers.Facts)]
    assert facts.rows[0][1] == rf"{100 * shares[:3].sum() / shares.sum():.0f}\,\%"  # the best that three axes can do
    assert facts.rows[1][1] == rf"{100 * kept:.0f}\,\%"


def test_words_keep_their_place_along_the_axis_and_are_sorted() -> None:
    made = scene("an axis")
    read, axis = made.readouts(), vector("she") - vector("he")
    for word, cosine in zip(read["sorted"], read["along"], strict=True):
        of = vector(word)
        assert cosine == pytest.approx(of @ axis / np.linalg.norm(of) / np.linalg.norm(axis))
    assert (np.diff(read["along"]) <= 0).all()
    assert (read["sorted"][0], read["sorted"][-1]) == ("nurse", "captain")
    begun, ended = (np.asarray(drawn(made, moment)["listed"].position) for moment in (0.0, 14.0))
    np.testing.assert_allclose(begun[:, 0], ended[:, 0], atol=1e-12)
    np.testing.assert_allclose(ended[:, 0] / ended[0, 0], read["along"] / read["along"][0])
    assert (np.diff(ended[:, 2]) < 0).all()
    assert np.ptp(begun[:, 1]) > 0.1
    np.testing.assert_allclose(ended[:, 1], 0.0, atol=1e-12)


def test_a_sum_of_any_words_is_walked() -> None:
    made = scene(plus="royal woman", minus="")
    ended = drawn(made, made.clock.seconds)
    np.testing.assert_allclose(ended["carried 0"].tip[0], made.seen(vector("royal") + vector("woman")), atol=1e-12)
    made = scene(plus="king woman london", minus="man england")
    assert [note.text for note in made.frame(0.0).notes if isinstance(note, layers.Title)] == [
        "king − man + woman − england + london"
    ]
    ended = drawn(made, made.clock.seconds)
    total = vector("king") - vector("man") + vector("woman") - vector("england") + vector("london")
    np.testing.assert_allclose(ended["carried 1"].tip[0], made.seen(total), atol=1e-12)


def test_a_word_is_searched_by_typing_it_or_by_a_click() -> None:
    made = scene()
    player = Player(made)
    player.set_param("word", "Piano")
    assert (made.show, made.readouts()["nearest"][0]) == ("word", "guitar")
    index = datasets.glove().index["physics"]
    assert made.pick(drawn(made, 0.0)["all"], index)
    assert (made.word, made.readouts()["nearest"][0]) == ("physics", "chemistry")
    near = drawn(made, made.clock.seconds)["near"]
    assert made.pick(near, 0)
    assert made.word == "chemistry"
    assert not made.pick(layers.Points(np.zeros((1, 3))), 0)
    made.set("plus", "king woman")
    assert made.show == "sum"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"word": "qeen"}, "no vector for 'qeen' .* Near spellings are queen"),
        ({"plus": ""}, "from 1 to 4 words that are added"),
        ({"word": "king queen"}, "One word is looked for"),
        ({"axis": "he"}, "from one word to a different one"),
        ({"axis": "he he"}, "from one word to a different one"),
        ({"along": "a b c d e f g h i j k l m"}, "From 1 to 12 words"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(values: dict[str, str], says: str) -> None:
    with pytest.raises(ll.UserError, match=says) as caught:
        scene(**values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("preset", ["king", "capitals", "languages", "plain neighbours"])
def test_the_cloud_is_in_the_frame(preset: str) -> None:
    made = scene(preset)
    player = Player(made, (1280, 720))
    player.seek(made.clock.seconds)
    player.frame()
    places = player.camera.project(drawn(made, made.clock.seconds)["all"].position, (1280, 720))
    assert np.mean((places > 0).all(axis=1) & (places < (1280, 720)).all(axis=1)) > 0.995


def test_a_bar_has_a_place_of_its_own() -> None:
    with pytest.raises(ll.UserError, match="its last cell, which is empty then"):
        layers.Row("text", "one", ("0.5",), bar=0.5)
    assert all(
        row.bar is None for note in scene().frame(14.0).notes if isinstance(note, layers.Legend) for row in note.rows
    )
