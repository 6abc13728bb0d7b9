"""Files and folders that are not what a command needs: one sentence that says why, and nothing is left behind."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from lossland.cli import main
from lossland.models import eventfiles
from lossland.models.runs import RecordedRun, Scalars

AXIS = np.linspace(-1.0, 1.0, 5)
SQUARE = np.outer(AXIS, AXIS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.savez("good.npz", x=AXIS, y=AXIS, value=SQUARE)
    np.savez("complex.npz", x=AXIS, y=AXIS, value=SQUARE * 1j)
    np.savez("texts.npz", x=AXIS, y=AXIS, value=SQUARE.astype(str))
    with h5py.File("complex.h5", "w") as file:
        file["xcoordinates"], file["ycoordinates"], file["train_loss"] = AXIS, AXIS, SQUARE * 1j
    eventfiles.write("whole.tfevents.1", RecordedRun("", {"loss": Scalars(np.arange(3), np.array([4.0, 2, 1]))}))
    Path("cut.tfevents.1").write_bytes(Path("whole.tfevents.1").read_bytes()[:7])
    Path("new.tfevents.1").touch()
    Path("bare").mkdir()
    Path("e").mkdir()
    Path("bare.npz").mkdir()
    return tmp_path


WRONG = {
    "complex numbers": ("convert complex.npz o.h5", "its value holds complex numbers and no real numbers"),
    "complex numbers in HDF5": ("readouts complex.h5", "its train_loss holds complex numbers and no real numbers"),
    "texts": ("readouts texts.npz", "its value holds texts and no real numbers"),
    "no record is whole": (
        "convert cut.tfevents.1 o.csv",
        "No curve can be read: cut.tfevents.1: the record at byte 0",
    ),
    "no record yet": ("convert new.tfevents.1 o.tfevents.2", "There is no curve in new.tfevents.1 yet."),
    "a folder is converted": ("convert bare o.csv", "The folder bare has no recorded run in it"),
    "a missing table": ("convert missing.csv o.csv", "There is no file 'missing.csv'."),
    "a folder is shown": ("readouts bare", "The folder bare has no recorded run in it"),
    "a folder as a landscape": ("basins e/", "e/ is a folder; give a landscape by its name, formula or file."),
    "a folder in place of a landscape": ("run bare", "bare is a folder; give a landscape by its name"),
    "a folder called e is shown": ("shot e -o o.png", "The folder e has no recorded run in it"),
    "a folder named like a file": ("readouts bare.npz", "bare.npz is a folder; give a file."),
    "a name in arrays": ("readouts good.npz:x", "with a name after it, which only Python files have"),
    "a name in a session": ("shot s.lossland:x -o o.png", "with a name after it, which only Python files have"),
    "off a file's grid": ("swarm good.npz --domain 5,6,5,6", "There is no finite value for x in [5, 6]"),
    "another word for cuda": ("run bowl --backend gpu", "give auto or cpu or cuda, not 'gpu'."),
}


@pytest.mark.parametrize(("line", "hint"), WRONG.values(), ids=WRONG)
def test_one_sentence_and_nothing_left(line: str, hint: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(folder.rglob("*"))
    assert main(line.split()) == 2
    told = capsys.readouterr()
    assert hint in told.err
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "Did you mean" not in told.err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "line",
    [
        "eval bowl -n 4 -o good.npz/o.npz",
        "convert good.npz good.npz/a/o.h5",
        "bench --optimizers adam --landscapes bowl -o good.npz/r",
    ],
)
def test_a_file_is_no_folder_to_write_into(line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(folder.rglob("*"))
    assert main(line.split()) == 1
    assert "cannot be written: good.npz is a file and no folder; give another name.\n" in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("command", ["explore", "readouts", "run", "eval"])
@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_no_folder(command: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The path "" is the working folder, in which there is a recorded run here."""
    assert main([command, name]) == 2
    assert "give a name, a formula" in capsys.readouterr().err


def test_a_formula_is_no_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "x").mkdir()
    assert main(["readouts", "x"]) == 0  # the landscape f(x, y) = x
    assert "sgd.loss" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["good.npz", "complex.h5", "bare"])
def test_what_may_not_be_read_is_not_said_to_be_damaged(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path, *how):
        if str(path) == name:
            raise PermissionError(13, "Permission denied")
        return opened(path, *how)

    opened = open
    monkeypatch.setattr("builtins.open", refuse)  # rather than chmod, which does not stop root
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != name)
    assert main(["readouts", name]) == 1
    assert capsys.readouterr().err == f"lossland: {name} cannot be read: Permission denied.\n"
