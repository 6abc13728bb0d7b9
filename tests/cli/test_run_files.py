"""What a training recorded, named on the command line: shown where a scene is, converted, refused elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lossland as ll
from lossland.cli import main
from lossland.models import eventfiles, runfiles
from lossland.models.runs import RecordedRun, Scalars

LOSS = Scalars(np.array([0, 10, 20]), np.array([4.0, 1.0, 2.0]))


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "runs" / "sgd" / "events.out.tfevents.1.host.0"
    eventfiles.write(file, RecordedRun("", {"loss": LOSS}))
    return file


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out)


def test_a_file_and_its_folders_are_shown(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (events, events.parent, events.parent.parent):
        assert main(["readouts", str(path), "--set", "smoothing=0", "--json"]) == 0
        told = printed(capsys)
        assert told["best_epoch"] == 10
        assert told["smoothed"] == [4.0, 1.0, 2.0]


def test_a_table_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss,val_loss\n0,3,3\n1,2,4\n")
    assert main(["readouts", str(tmp_path / "log.csv"), "--json"]) == 0
    assert printed(capsys)["best_epoch"] == 0


@pytest.mark.parametrize("command", ["readouts", "shot"])
def test_what_cannot_be_read_is_said_once(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.csv").write_text("loss\n3\noops\n1\n")
    picture = ["-o", str(tmp_path / "a.png"), "--size", "160x90"] * (command == "shot")
    assert main([command, str(tmp_path / "log.csv"), *picture]) == 0
    wanted = "1 × not readable, first in log: line 3: 'oops' is no number.\n"
    assert capsys.readouterr().err == wanted


def test_runs_are_converted(events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, again = tmp_path / "sgd.csv", tmp_path / "tb" / "events.out.tfevents.2"
    assert main(["convert", str(events.parent), str(table)]) == 0
    assert table.read_text() == "step,loss\n0,4.0\n10,1.0\n20,2.0\n"
    assert main(["convert", str(table), str(again), "--json"]) == 0
    assert "1 curve\n" in capsys.readouterr().out
    (run,) = runfiles.read(again)
    np.testing.assert_array_equal(run.scalars["loss"].steps, LOSS.steps)
    np.testing.assert_array_equal(run.scalars["loss"].values, LOSS.values)


def test_the_recorders_file_becomes_tensorboards(tmp_path: Path) -> None:
    with ll.Recorder(tmp_path / "run.npz") as recorder:
        recorder.save([np.ones(2)], 3, {"layer": np.arange(9.0)}, loss=0.5)
    assert main(["convert", str(tmp_path / "run.npz"), str(tmp_path / "tfevents")]) == 0
    (run,) = runfiles.read(tmp_path / "tfevents")
    assert run.scalars["loss"].values.tolist() == [0.5]
    assert run.histograms["layer"].counts[0].sum() == 9


def test_what_does_not_fit_is_refused(events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(events), str(tmp_path / "out.png")]) == 2
    assert "it becomes a .csv file, or one with tfevents in its name" in capsys.readouterr().err
    (events.parent.parent / "more.csv").write_text("loss\n1\n")
    assert main(["convert", str(events.parent.parent), str(tmp_path / "out.csv")]) == 2
    assert "holds 2 runs, more, sgd" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["readouts", str(tmp_path / "empty")]) == 2
    assert main(["run", str(events)]) == 2


def test_damage_is_told_and_the_rest_converted(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(events.read_bytes())
    data[-8] ^= 1
    events.write_bytes(bytes(data))
    assert main(["convert", str(events), str(tmp_path / "out.csv")]) == 0
    assert f"{events}: the record at byte " in capsys.readouterr().err
    assert (tmp_path / "out.csv").read_text() == "step,loss\n0,4.0\n10,1.0\n"
