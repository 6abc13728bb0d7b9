"""Vectors of a user's own: what is read from each kind of file, and the sentence for each fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import misleading, vectorfiles

POINTS = np.arange(12.0).reshape(4, 3) / 7


def table(rows: np.ndarray = POINTS) -> str:
    return "\n".join("\t".join(map(repr, row.tolist())) for row in rows) + "\n"


def test_arrays_are_read_with_their_labels_and_pictures(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", POINTS.astype(np.float32))
    read = vectorfiles.read(tmp_path / "v.npy")
    np.testing.assert_array_equal(read.points, POINTS.astype(np.float32))
    assert list(read.labels) == [""] * 4
    assert read.pictures is None
    images = np.arange(4 * 2 * 2, dtype=np.uint8).reshape(4, 2, 2)
    np.savez(tmp_path / "v.npz", embedding=POINTS, labels=np.array([3, 1, 3, 2]), images=images)
    read = vectorfiles.read(str(tmp_path / "v.npz"))
    assert list(read.labels) == ["3", "1", "3", "2"]
    assert read.pictures is not None
    np.testing.assert_allclose(read.pictures, images / 255)


def test_tables_are_read_as_tensorboard_writes_them(tmp_path: Path) -> None:
    (tmp_path / "v.tsv").write_text(table())
    np.testing.assert_array_equal(vectorfiles.read(tmp_path / "v.tsv").points, POINTS)
    (tmp_path / "meta.tsv").write_text("word\tcount\nöl\t1\nb\t2\nc\t3\nd\t4\n")
    assert list(vectorfiles.read(tmp_path / "v.tsv", tmp_path / "meta.tsv").labels) == ["öl", "b", "c", "d"]
    (tmp_path / "n.tsv").write_text("x\tkind\ty\r\n" + "".join(f"{k}\tk{k % 2}\t{2 * k}\r\n" for k in range(5)))
    read = vectorfiles.read(tmp_path / "n.tsv")
    np.testing.assert_array_equal(read.points, [(k, 2 * k) for k in range(5)])
    assert list(read.labels) == ["k0", "k1", "k0", "k1", "k0"]


def test_a_label_is_one_line(tmp_path: Path) -> None:
    broken = ["two\nlines", "\r\nthree \r\n\n of\rthem\n", "a\u2028b\x0bc", "as it  is"]
    plain = ["two lines", "three   of them", "a b c", "as it  is"]
    np.savez(tmp_path / "v.npz", vectors=POINTS, labels=np.array(broken))
    np.save(tmp_path / "labels.npy", np.array(broken))
    for labels in ("", tmp_path / "labels.npy"):
        assert vectorfiles.read(tmp_path / "v.npz", labels).labels.tolist() == plain
    quoted = '"two\nlines"\t1\n"say ""three\n\nlines"""\t2\n"one"\t3\n4\t4\n'
    for head in ("", "name\tcount\n"):
        (tmp_path / "meta.tsv").write_text(head + quoted)
        said = vectorfiles.read(tmp_path / "v.npz", tmp_path / "meta.tsv").labels.tolist()
        assert said == ["two lines", 'say "three lines"', "one", "4"]
    (tmp_path / "meta.tsv").write_text('"one\n2\n3"\n4\n')  # as many lines as vectors: quotes are letters
    assert vectorfiles.read(tmp_path / "v.npz", tmp_path / "meta.tsv").labels.tolist() == ['"one', "2", '3"', "4"]
    (tmp_path / "meta.tsv").write_text("one\ntwo\n")
    with pytest.raises(UserError, match="has 2 labels for 4 vectors"):
        vectorfiles.read(tmp_path / "v.npz", tmp_path / "meta.tsv")


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (
            "v.csv",
            "1",
            r"\(arrays\), \.tsv \(text\) or \.pbtxt \(TensorBoard's projector\), not from 'v\.csv'; a \.csv is read as",
        ),
        ("v.tsv", table() + "1\t2\n", "line 5: there are 2 columns, and 3"),
        ("v.tsv", table() + "1\ttwo\t3\n", "line 5: 'two' is no number"),
        ("v.tsv", "a b\nc d\n", "fewer than 3 lines"),
        ("v.tsv", table() + "1\tnan\t3\n", "not finite in vector 5"),
        ("v.npy", "no array", "no .npy file that can be read"),
        ("v.npz", "PK no zip", "no .npz file that can be read"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=fault) as told:
        vectorfiles.read(tmp_path / name)
    assert "\n" not in str(told.value)


def test_arrays_that_are_no_vectors_are_refused(tmp_path: Path) -> None:
    for arrays, fault in [
        ({"a": POINTS, "b": POINTS}, "no array called vectors"),
        ({"points": POINTS[0]}, r"'points' of .* is float64 \(3,\)"),
        ({"points": POINTS, "labels": np.zeros(3)}, "3 labels for 4 vectors"),
        ({"points": POINTS, "images": np.zeros((3, 8, 8))}, r"those of .* are \(3, 8, 8\)"),
        ({"points": np.array([["a", "b"]] * 4)}, "array of numbers"),
    ]:
        np.savez(tmp_path / "v.npz", **arrays)
        with pytest.raises(UserError, match=fault):
            vectorfiles.read(tmp_path / "v.npz")
    np.save(tmp_path / "o.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(UserError, match="holds objects"):
        vectorfiles.read(tmp_path / "o.npy")
    with pytest.raises(UserError, match="There is no file"):
        vectorfiles.read(tmp_path / "none.npy")
    with pytest.raises(UserError, match=r"not from the folder '\.'; name a file in it\."):
        vectorfiles.read(".")


def test_sets_that_mislead_are_what_is_said_of_them() -> None:
    made = misleading.sizes(seed=1)
    wide, narrow = (made.points[made.target == k].std(axis=0).mean() for k in (0, 1))
    assert wide / narrow == pytest.approx(10.0, rel=0.05)
    made = misleading.gaps(seed=1)
    first, second, third = (made.points[made.target == k].mean(axis=0) for k in range(3))
    near, far = np.linalg.norm(second - first), np.linalg.norm(third - second)
    assert far / near == pytest.approx(4.0, rel=0.05)
    made = misleading.noise(seed=1)
    assert made.points.shape == (500, 100)
    assert np.linalg.norm(made.points.mean(axis=0)) == pytest.approx(np.sqrt(100 / 500), rel=0.3)


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (1e200, "divide them"),
        (1e300, "divide them"),
        (1e-200, "multiply them"),
        (0.0, "All 20 vectors of .* are the same"),
    ],
)
def test_numbers_that_cannot_be_squared_are_refused(tmp_path: Path, factor: float, said: str) -> None:
    np.save(tmp_path / "x.npy", factor * np.random.default_rng(0).normal(size=(20, 3)))
    with pytest.raises(UserError, match=said):
        vectorfiles.read(tmp_path / "x.npy")


def test_large_numbers_are_read_as_they_are(tmp_path: Path) -> None:
    points = 1e90 * np.random.default_rng(0).normal(size=(20, 3))
    np.save(tmp_path / "x.npy", points)
    np.testing.assert_array_equal(vectorfiles.read(tmp_path / "x.npy").points, points)
