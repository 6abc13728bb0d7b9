"""Runs in files and folders: tables, the recorder's, TensorBoard's; names; files that grow; faults in a sentence."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lossland as ll
from lossland.errors import UserError
from lossland.models import eventfiles, runfiles
from lossland.models.runs import RecordedRun, Scalars, Vectors, histogram, joined


def curve(*values: float, steps: tuple[int, ...] = ()) -> Scalars:
    return Scalars(np.array(steps or range(len(values))), np.array(values, float))


def test_a_curve_keeps_its_value_until_the_next_step() -> None:
    found = curve(3.0, 2.0, 1.0, steps=(10, 20, 40))
    assert [found.at(step) for step in (0, 10, 19.9, 20, 39, 40, 99)] == [3.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0]


def only(path: Path) -> RecordedRun:
    (run,) = runfiles.read(path)
    return run


def table(folder: Path, text: str, name: str = "run.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def values(run: RecordedRun, name: str) -> list[tuple[int, float]]:
    one = run.scalars[name]
    return list(zip(one.steps.tolist(), one.values.tolist(), strict=True))


def test_a_table_of_keras(tmp_path: Path) -> None:
    """CSVLogger's: epoch, then metrics in the order of their names."""
    run = only(table(tmp_path, "epoch,loss,val_loss\n0,2.0,2.5\n1,1.0,1.5\n"))
    assert run.name == "run"
    assert values(run, "loss") == [(0, 2.0), (1, 1.0)]
    assert values(run, "val_loss") == [(0, 2.5), (1, 1.5)]
    assert set(run.scalars) == {"loss", "val_loss"}


def test_a_table_of_lightning(tmp_path: Path) -> None:
    """CSVLogger's: training and validation in rows of their own, other cells empty."""
    text = "epoch,step,train_loss,val_loss\n0,49,0.5,\n0,49,,0.75\n1,99,0.25,\n1,99,,0.7\n"
    run = only(table(tmp_path, text))
    assert values(run, "train_loss") == [(49, 0.5), (99, 0.25)]
    assert values(run, "val_loss") == [(49, 0.75), (99, 0.7)]


def test_a_table_of_tensorboard_and_one_without_steps(tmp_path: Path) -> None:
    assert values(only(table(tmp_path, "Wall time,Step,Value\n1.5e9,10,0.5\n1.6e9,20,nan\n")), "Value")[0] == (10, 0.5)
    assert values(only(table(tmp_path, "epoch,loss\n0.5,3\n1.0,2\n")), "loss") == [(0, 3.0), (1, 2.0)]
    assert values(only(table(tmp_path, "loss;lr\n3;1\n2;1\n1;0.5\n")), "lr") == [(0, 1.0), (1, 1.0), (2, 0.5)]


def test_decimal_commas_between_semicolons_and_the_unit_of_steps(tmp_path: Path) -> None:
    run = only(table(tmp_path, "Epoch;loss;val\n0;2,5;3\n1;1,25e-1;2.5\n"))
    assert values(run, "loss") == [(0, 2.5), (1, 0.125)]
    assert values(run, "val") == [(0, 3.0), (1, 2.5)]
    assert run.unit == "epoch"
    assert only(table(tmp_path, "epoch,loss\n0.5,3\n")).unit == "row"
    assert only(table(tmp_path, "iter,loss\n5,3\n")).unit == "iteration"
    assert only(table(tmp_path, "loss\n3\n")).unit == "step"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,5;1,5;2,25\n0,25;3,5;4\n", [[0.5, 0.25], [1.5, 3.5], [2.25, 4.0]]),  # more commas than semicolons
        ("0;1,5\n1;1,25\n", [[0.0, 1.0], [1.5, 1.25]]),  # as many
        ("-1,5e-1;2,5\n;3,5\n", [[-0.15], [2.5, 3.5]]),
        ("loss, train;loss, val;rate, as set\n0,5;1;2\n", [[0.5], [1.0], [2.0]]),
        ("a;b,c;d,e;f\n1,2,3\n4,5,6\n", [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]),
        ("1,2;x\n3,4\n5,6\n", [[3.0, 5.0], [4.0, 6.0]]),  # one semicolon in a name of commas
        ("1.5,2\n2.5,3\n", [[1.5, 2.5], [2.0, 3.0]]),
    ],
)
def test_what_stands_between_the_cells_is_seen_from_their_numbers(
    tmp_path: Path, text: str, expected: list[list[float]]
) -> None:
    run = only(table(tmp_path, text))
    assert [one.values.tolist() for one in run.scalars.values()] == expected
    assert not run.faults


def test_what_is_no_number_in_a_table_is_told_with_its_line(tmp_path: Path) -> None:
    file = table(tmp_path, "step,loss\n0,1\n1,oops\n2,0.5,7\n\n3,inf\n")
    run = only(file)
    assert values(run, "loss") == [(0, 1.0), (2, 0.5), (3, np.inf)]
    assert run.faults == (f"{file}: line 3: 'oops' is no number.", f"{file}: line 4 has 3 cells under 2 names.")


def test_a_first_row_of_numbers_is_data(tmp_path: Path) -> None:
    run = only(table(tmp_path, "3,1e-3\n2,x\n1,nan\n"))
    assert list(run.scalars) == ["column 1", "column 2"]
    assert values(run, "column 1") == [(0, 3.0), (1, 2.0), (2, 1.0)]
    assert values(run, "column 2")[0] == (0, 0.001)
    assert run.faults[0].endswith("line 2: 'x' is no number.")
    assert values(only(table(tmp_path, "2;1\n1,5;1\n")), "column 1") == [(0, 2.0), (1, 1.5)]
    assert values(only(table(tmp_path, "loss,1\n3,4\n")), "1") == [(0, 4.0)]  # one name makes it a header


@pytest.mark.parametrize("text", ["", "step,loss\n", "step,name\n1,a\n", "\0\0"])
def test_a_table_without_a_curve_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="has no curve in it"):
        runfiles.read(table(tmp_path, text))


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.lists(st.one_of(st.floats().map(repr), st.text(max_size=8)), max_size=4), max_size=6))
def test_any_table_is_read_or_refused(rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("table") / "x.csv"
    file.write_bytes("\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass"))
    run = RecordedRun()
    with suppress(UserError):
        run = only(file)
    assert all((np.diff(one.steps) > 0).all() and len(one.steps) == len(one.values) for one in run.scalars.values())


def test_a_table_with_one_endless_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no table"):
        only(table(tmp_path, "loss\n" + 200_000 * "1"))


def test_a_table_is_written_and_read_back(tmp_path: Path) -> None:
    run = RecordedRun("x", {"loss, train": curve(1 / 3, 2e-300, np.nan), "val": curve(5.0, steps=(1,))})
    runfiles.write_csv(tmp_path / "out.csv", run)
    again = only(tmp_path / "out.csv")
    np.testing.assert_array_equal(again.scalars["loss, train"].values, [1 / 3, 2e-300, np.nan])
    assert values(again, "val") == [(1, 5.0)]


def test_the_recorders_file(tmp_path: Path) -> None:
    with ll.Recorder(tmp_path / "run.npz") as recorder:
        recorder.save([np.zeros(2)], 0, histograms={"a": np.arange(10.0)})
        recorder.save([np.ones(2)], 5, loss=0.5)
    run = only(tmp_path / "run.npz")
    assert values(run, "loss") == [(5, 0.5)]
    assert run.histograms["a"].counts[0].sum() == 10
    assert run.unit == "step"
    assert run.parameter_steps.tolist() == [0, 5]
    assert run.parameters["0"].tolist() == [[0, 0], [1, 1]]


def test_a_loss_that_diverged_is_in_the_recorders_file(tmp_path: Path) -> None:
    """nan was measured at 2 and 4; at 0 and 3 nothing was, also after the file was taken up again."""
    for steps in ({0: {}, 1: {"loss": 0.5}, 2: {"loss": np.nan}}, {3: {}, 4: {"loss": np.nan}}):
        with ll.Recorder(tmp_path / "run.npz", resume=True) as recorder:
            for step, numbers in steps.items():
                recorder.save([np.zeros(2)], step, **numbers)
    loss = only(tmp_path / "run.npz").scalars["loss"]
    assert loss.steps.tolist() == [1, 2, 4]
    np.testing.assert_array_equal(loss.values, [0.5, np.nan, np.nan])


def test_a_folder_of_runs(tmp_path: Path) -> None:
    """Event files of one folder are one run; Keras's two folders are one; others are named by their paths."""
    for name, steps in (("sgd/events.out.tfevents.1", (0, 1, 2)), ("sgd/events.out.tfevents.2", (2, 3))):
        eventfiles.write(tmp_path / name, RecordedRun("", {"loss": curve(*map(float, steps), steps=steps)}))
    for part in ("train", "validation"):
        file = tmp_path / "keras" / part / "events.out.tfevents.9.v2"
        eventfiles.write(file, RecordedRun("", {"epoch_loss": curve(1.0, 2.0)}))
    for k in (10, 2):
        table(tmp_path, f"loss\n{k}\n", f"grid/run{k}.csv")
    table(tmp_path, "loss\n1\n", ".hidden/run.csv")
    (tmp_path / "notes.txt").write_text("nothing")
    np.savez(tmp_path / "other.npz", x=np.ones(3))
    found = {run.name: run for run in runfiles.read(tmp_path)}
    assert list(found) == ["grid/run2", "grid/run10", "keras", "sgd"]
    assert set(found["keras"].scalars) == {"train/epoch_loss", "validation/epoch_loss"}
    assert values(found["sgd"], "loss") == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)]
    assert runfiles.is_run(tmp_path)
    assert not runfiles.is_run(tmp_path / "other.npz")
    assert not runfiles.is_run(tmp_path / "notes.txt")
    assert not runfiles.is_run("\0")


def test_files_that_grow_are_followed(tmp_path: Path) -> None:
    """A look a second, by the clock that is handed in; what changed is told, and shown."""
    file = table(tmp_path, "step,loss\n0,4\n", "a.csv")
    followed = runfiles.Followed(tmp_path)
    assert not followed.poll(100.0)
    file.write_text("step,loss\n0,4\n1,2\n")
    assert not followed.poll(100.9)
    assert followed.poll(101.0)
    assert values(followed.runs[0], "loss") == [(0, 4.0), (1, 2.0)]
    assert not followed.poll(102.5)
    events = tmp_path / "b" / "events.out.tfevents.1"
    eventfiles.write(events, RecordedRun("", {"loss": curve(3.0)}))
    assert followed.poll(104.0)
    assert [run.name for run in followed.runs] == ["a", "b"]
    whole = tmp_path / "whole"
    eventfiles.write(whole / "tfevents", RecordedRun("", {"loss": curve(3.0, 2.0, 1.0)}))
    os.replace(whole / "tfevents", events)
    whole.rmdir()
    assert followed.poll(106.0)
    assert values(followed.runs[1], "loss") == [(0, 3.0), (1, 2.0), (2, 1.0)]
    file.unlink()
    assert followed.poll(108.0)
    assert [run.name for run in followed.runs] == ["b"]


def test_what_cannot_be_read_for_a_moment_stays_as_it_was(tmp_path: Path) -> None:
    file = table(tmp_path, "loss\n4\n")
    followed = runfiles.Followed(file)
    file.write_text("")
    assert followed.poll(1.0)
    assert values(followed.runs[0], "loss") == [(0, 4.0)]
    assert "has no curve" in followed.runs[0].faults[0]


@pytest.mark.parametrize("folder", [False, True])
def test_of_runs_that_are_gone_the_last_state_remains_and_that_is_told(tmp_path: Path, folder: bool) -> None:
    runs = tmp_path / "runs"
    files = [table(tmp_path, "loss\n4\n3\n", f"runs/{name}.csv") for name in "ab"]
    followed = runfiles.Followed(runs if folder else files[0])
    names = [run.name for run in followed.runs]
    texts = [file.read_text() for file in files]
    for file in files:
        file.unlink()
    if folder:
        runs.rmdir()
    assert followed.poll(10.0)
    assert [run.name for run in followed.runs] == names
    assert values(followed.runs[0], "loss") == [(0, 4.0), (1, 3.0)]
    assert "is gone" in followed.runs[0].faults[0]
    assert not followed.poll(20.0)
    runs.mkdir(exist_ok=True)
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    assert followed.poll(30.0)
    assert [run.faults for run in followed.runs] == [()] * len(names)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file or folder"):
        runfiles.read(tmp_path / "gone")
    with pytest.raises(UserError, match="has no recorded run in it"):
        runfiles.read(tmp_path)
    with pytest.raises(UserError, match="is no recorded run"):
        runfiles.read(table(tmp_path, "x", "x.txt"))


def test_vectors_of_the_projector(tmp_path: Path) -> None:
    """As PyTorch's add_embedding writes them; metadata of several columns has a line of names."""
    table(tmp_path, "1.0\t2.0\n3.0\t4.0\n", "00003/e/tensors.tsv")
    table(tmp_path, "word\tcount\ncat\t3\ndog\t4\n", "00003/e/metadata.tsv")
    block = 'tensor_name: "e:00003"\ntensor_path: "00003/e/tensors.tsv"\nmetadata_path: "00003/e/metadata.tsv"\n'
    table(tmp_path, f"embeddings {{\n{block}}}\n", "projector_config.pbtxt")
    vectors = only(tmp_path).vectors["e:00003"]
    assert isinstance(vectors, Vectors)
    assert vectors.points.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert vectors.labels == ("cat\t3", "dog\t4")


def test_vectors_are_found_behind_a_sprite_too(tmp_path: Path) -> None:
    """As protocol buffers write a message: the path comes after the sprite."""
    table(tmp_path, "1.0\t2.0\n3.0\t4.0\n", "tensors.tsv")
    sprite = 'sprite {\n  image_path: "sprite.png"\n  single_image_dim: 4\n  single_image_dim: 4\n}\n'
    table(tmp_path, f'embeddings {{\n{sprite}tensor_path: "tensors.tsv"\n}}\n', "projector_config.pbtxt")
    assert only(tmp_path).vectors["tensors"].points.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_vectors_are_written_and_read_back(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    vectors = {"words": Vectors(points, ("cat", "a dog", "größe\t3")), "states": Vectors(points[:, :1])}
    runfiles.write_embeddings(tmp_path, vectors)
    found = only(tmp_path).vectors
    np.testing.assert_array_equal(found["words"].points, points)
    np.testing.assert_array_equal(found["states"].points, points[:, :1])
    assert found["words"].labels == ("cat", "a dog", "größe 3")
    assert found["states"].labels == ()


def test_runs_are_joined_by_their_steps() -> None:
    first, second = RecordedRun("", {"a": curve(1.0, 2.0, 3.0)}), RecordedRun("", {"a": curve(9.0, 8.0, steps=(2, 5))})
    assert values(joined("x", [first, second]), "a") == [(0, 1.0), (1, 2.0), (2, 9.0), (5, 8.0)]


def test_histograms_of_values() -> None:
    edges, counts = histogram([0.0, 1.0, 1.0, 4.0], 4)
    assert edges.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert counts.tolist() == [1.0, 2.0, 0.0, 1.0]
