"""TensorBoard's projector_config.pbtxt: what is read from it, by which names, and the sentence for each fault."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lossland as ll
from lossland.errors import UserError
from lossland.models import projectorfiles, vectorfiles
from lossland.scenery import library
from lossland.world import layers

RANDOM = np.random.default_rng(3)
POINTS = RANDOM.normal(size=(7, 4))
LABELS = list("abcabca")
SHEET = RANDOM.integers(0, 256, (12, 20, 3), np.uint8)  # 4 pictures across and 2 down, 5 wide and 6 high
WHOLE = """embeddings {
tensor_name: "all:00010"
tensor_path: "00010/all/tensors.tsv"
metadata_path: "00010/all/metadata.tsv"
sprite {
image_path: "00010/all/sprite.png"
single_image_dim: 5
single_image_dim: 6
}
}
"""  # as PyTorch writes it


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder of logs, as PyTorch writes one."""
    inside = tmp_path / "00010/all"
    inside.mkdir(parents=True)
    (inside / "tensors.tsv").write_text("".join("\t".join(map(repr, row)) + "\n" for row in POINTS.tolist()))
    (inside / "metadata.tsv").write_text("\n".join(LABELS) + "\n")
    Image.fromarray(SHEET).save(inside / "sprite.png")
    (tmp_path / "projector_config.pbtxt").write_text(WHOLE)
    return tmp_path


def config(folder: Path, text: str) -> Path:
    (folder / "projector_config.pbtxt").write_text(text)
    return folder / "projector_config.pbtxt"


def test_vectors_labels_and_sprites_are_found_from_one_file(logs: Path) -> None:
    read = vectorfiles.read(logs / "projector_config.pbtxt")
    np.testing.assert_array_equal(read.points, POINTS)
    assert list(read.labels) == LABELS
    assert read.pictures is not None
    for k, picture in enumerate(read.pictures):  # row by row, as many in a row as there is room for
        row, column = divmod(k, 4)
        np.testing.assert_array_equal(picture, SHEET[6 * row : 6 * row + 6, 5 * column : 5 * column + 5] / 255)


def test_the_scene_shows_what_the_file_names(logs: Path) -> None:
    made: Any = library.scene("projector", file=str(logs / "projector_config.pbtxt"), method="pca")
    assert made.data == "file"
    assert made.samples().pictures.shape == (7, 6, 5, 3)
    drawn = made.frame(ll.Now(0.0, made.clock)).layers
    assert {layer.text for layer in drawn if isinstance(layer, layers.Label)} == set("abc")


def test_files_that_are_named_besides_go_first(logs: Path) -> None:
    (logs / "others.txt").write_text("\n".join("1234567") + "\n")
    np.save(logs / "looks.npy", np.ones((7, 2, 2), np.uint8))
    read = vectorfiles.read(logs / "projector_config.pbtxt", logs / "others.txt", logs / "looks.npy")
    assert list(read.labels) == list("1234567")
    assert read.pictures is not None
    assert read.pictures.shape == (7, 2, 2)


def test_the_text_may_be_written_in_other_ways(logs: Path) -> None:
    """Comments, lists, other signs, single quotes, texts in parts, and fields that mean nothing here."""
    text = """# a comment
    model_checkpoint_path: 'model.ckpt' ; embeddings: < tensor_path: "earlier.tsv" >
    embeddings < tensor_path: "00010/" 'all/tensors.tsv', tensor_shape: [7, 4] bookmarks_path: ""
      tensor_name: "gr\\303\\266\\xc3\\x9fe\\t\\"\\8"
      sprite: { single_image_dim: [5, 6] image_path: "00010\\\\all\\\\sprite.png" } > model_checkpoint_dir: "." """
    found = projectorfiles.read(config(logs, text))
    assert found.vectors == logs / "00010/all/tensors.tsv"
    assert found.name == 'größe\t"8'
    assert (found.labels, found.shape, found.single) == (None, (7, 4), (5, 6))
    assert found.sprite == logs / "00010/all/sprite.png"
    read = vectorfiles.read(logs / "projector_config.pbtxt")
    np.testing.assert_array_equal(read.points, POINTS)


def test_vectors_may_be_arrays_or_plain_numbers(logs: Path) -> None:
    np.save(logs / "tensors.npy", POINTS)
    np.testing.assert_array_equal(
        vectorfiles.read(config(logs, 'embeddings{tensor_path:"tensors.npy"}')).points, POINTS
    )
    (logs / "tensors.bytes").write_bytes(POINTS.astype("<f4").tobytes())
    plain = config(logs, 'embeddings { tensor_path: "tensors.bytes" tensor_shape: 7 tensor_shape: 4 }')
    np.testing.assert_array_equal(vectorfiles.read(plain).points, POINTS.astype(np.float32))
    short = config(logs, 'embeddings { tensor_path: "tensors.bytes" tensor_shape: [9, 4] }')
    with pytest.raises(UserError, match="holds 28 numbers; its tensor_shape says 9 × 4"):
        vectorfiles.read(short)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "names no embeddings"),
        ("embeddings: 3", "embeddings is followed by"),
        ('embeddings { tensor_name: "w:0" metadata_path: "m.tsv" }', "vectors are in a checkpoint"),
        ('embeddings { tensor_path: "t.tsv"', "line 1: the text ends before }"),
        ('embeddings {\n tensor_path: "t.tsv\n}', "line 2: '\"' cannot stand there"),
        ("embeddings {\n tensor_path: }", "line 2: a value is missing before }"),
        ("embeddings {\n tensor_path:", "line 2: the text ends before a value"),
        ("embeddings { 7: 1 }", "line 1: a field begins with a name, not with 7"),
        ("embeddings { tensor_path: 7 }", "tensor_path is a path between quotes, not 7"),
        ('embeddings { tensor_path: "t.tsv" sprite { image_path: "s.png" } }', "single_image_dim 0 times"),
        (
            'embeddings { tensor_path: "t.tsv" sprite { image_path: "s.png" single_image_dim: [0, -3] } }',
            "single_image_dim is a whole number above 0",
        ),
        ('embeddings { tensor_path: "t\0.tsv" }', "tensor_path is a path between quotes"),
        ("a {" * 5000, "more than 20 messages are within each other"),
        (WHOLE.replace("dim: 5", "dim: 1" + 5000 * "0"), "single_image_dim is a whole number"),
        ('embeddings { tensor_path: "t.tsv" }', "There is no file"),
        ('embeddings { tensor_path: "t.txt" }', r"not from 't\.txt'"),
        (WHOLE.replace("dim: 5", "dim: 9"), "sprite.png is too small for 7 pictures of 9×6: it is 20×12"),
        (WHOLE.replace("sprite.png", "tensors.tsv"), "is no picture that can be read"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(logs: Path, text: str, fault: str) -> None:
    with pytest.raises(UserError, match=fault) as told:
        vectorfiles.read(config(logs, text))
    assert "\n" not in str(told.value)


def test_a_file_that_is_damaged_anywhere_is_told_or_read(logs: Path) -> None:
    """Cut anywhere, or with one letter changed: nothing but UserError, in one sentence, may come of it."""
    random = np.random.default_rng(0)
    damaged = [WHOLE[:k] for k in range(len(WHOLE))]
    for _ in range(200):
        k = int(random.integers(len(WHOLE)))
        damaged.append(WHOLE[:k] + str(random.choice(list("\"'{}<>[]:,#\\x0-."))) + WHOLE[k + 1 :])
    told = []
    for text in damaged:
        try:
            vectorfiles.read(config(logs, text))
        except UserError as error:
            told.append(str(error))
    assert len(told) > 300
    assert not [one for one in told if "\n" in one]
    (logs / "projector_config.pbtxt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is no text in UTF-8"):
        projectorfiles.read(logs / "projector_config.pbtxt")
    with pytest.raises(UserError, match="There is no file"):
        projectorfiles.read(logs / "none.pbtxt")


def test_a_picture_of_another_format_is_cut_alike(logs: Path) -> None:
    """A JPEG is not exact, but its size is, and so is where each picture begins."""
    flat = np.repeat(np.repeat(np.arange(8, dtype=np.uint8).reshape(2, 4) * 30, 16, axis=0), 16, axis=1)
    held = io.BytesIO()
    Image.fromarray(flat).save(held, "JPEG", quality=95)
    (logs / "sprite.jpg").write_bytes(held.getvalue())
    named = (
        WHOLE.replace("00010/all/sprite.png", "sprite.jpg").replace("dim: 5", "dim: 16").replace("dim: 6", "dim: 16")
    )
    pictures = vectorfiles.read(config(logs, named)).pictures
    assert pictures is not None
    np.testing.assert_allclose(pictures.mean(axis=(1, 2, 3)), np.arange(7) * 30 / 255, atol=0.01)
