"""Recorded runs: what is saved is read, whole files at every moment, and faults in a sentence. No PyTorch here."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.cli import main
from lossland.models import checkpoints, networks, recorder, training
from lossland.models.datasets import xor


def weights(t: float) -> dict[str, Any]:
    return {
        "layers": [{"kernel": np.full((2, 3), t, np.float32), "bias": np.zeros(3, np.float16)}],
        "scale": np.ones(()),
    }


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    with ll.Recorder(file) as run:
        run.save(weights(0.0))
        run.save(weights(0.5), 10, loss=np.float32(0.25), val_loss=1)
        run.save(weights(1.5), 20, loss=0.125)
    with np.load(file, allow_pickle=False) as arrays:
        assert str(arrays["format"]) == "lossland-run-1"
        assert arrays["steps"].tolist() == [0, 10, 20]
        assert arrays["parameters/layers.0.kernel"].shape == (3, 2, 3)
        assert arrays["parameters/layers.0.kernel"][:, 0, 0].tolist() == [0, 0.5, 1.5]
        assert arrays["parameters/layers.0.bias"].dtype == np.float32
        np.testing.assert_array_equal(arrays["scalars/loss"], [np.nan, 0.25, 0.125])
        np.testing.assert_array_equal(arrays["scalars/val_loss"], [np.nan, 1, np.nan])
    read = recorder.read_run(file)
    assert list(read.parameters) == ["layers.0.kernel", "layers.0.bias", "scale"]
    assert read.parameters["scale"].shape == (3,)


def test_histograms_hold_every_finite_value(tmp_path: Path) -> None:
    file, values = tmp_path / "run.npz", np.random.default_rng(0).normal(size=(20, 50))
    values[0, :3] = np.nan, np.inf, -np.inf
    with ll.Recorder(file) as run:
        run.save([np.ones(1)], 3, {"layer1/activation": values}, loss=1.0)
        run.save([np.ones(1)], 4)
    with ll.Recorder(file, resume=True) as run:
        run.save([np.ones(1)], 7, histograms={"layer1/activation": np.zeros(5), "empty": np.full(3, np.nan)})
    read = recorder.read_run(file)
    assert read.steps.tolist() == [3, 4, 7]
    found = read.histograms["layer1/activation"]
    assert found.steps.tolist() == [3, 7]
    counts, edges = np.histogram(values[np.isfinite(values)], 64)
    np.testing.assert_array_equal(found.counts[0], counts)
    np.testing.assert_array_equal(found.edges[0], edges)
    assert [one.sum() for one in found.counts] == [997, 5]
    assert read.histograms["empty"].counts[0].tolist() == [0] * 64


def test_histograms_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {"format": recorder.FORMAT, "steps": np.arange(1), "parameters/w": np.ones((1, 1))}
    arrays |= {"histograms/h/steps": np.arange(1), "histograms/h/edges": np.ones((1, 4))}
    for counts in (np.ones((1, 4)), np.ones((2, 3)), np.ones(3)):
        arrays["histograms/h/counts"] = counts
        np.savez(tmp_path / "x.npz", **arrays)
        with pytest.raises(ll.UserError, match="the histograms h do not have one count for each bin"):
            recorder.read_run(tmp_path / "x.npz")


def test_rows_are_copies_of_now(tmp_path: Path) -> None:
    moving = np.zeros(2)
    with ll.Recorder(tmp_path / "run.npz") as run:
        for _ in range(3):
            run.save([moving])
            moving += 1
    assert recorder.read_run(tmp_path / "run.npz").parameters["0"].tolist() == [[0, 0], [1, 1], [2, 2]]


def test_the_file_is_whole_at_every_moment_and_written_ever_more_rarely(tmp_path: Path) -> None:
    file, written = tmp_path / "run.npz", []
    run = ll.Recorder(file)
    for step in range(100):
        run.save([np.ones(1)])
        there = len(recorder.read_run(file).steps)
        assert there > 0.85 * (step + 1)
        written.append(there)
    assert len(set(written)) < 45
    with pytest.raises(RuntimeError, match="the training fails"), run:
        raise RuntimeError("the training fails")
    assert len(recorder.read_run(file).steps) == 100
    assert [one.name for one in tmp_path.iterdir()] == ["run.npz"]


def test_a_run_is_resumed(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    with ll.Recorder(file) as run:
        run.save(weights(0.0), 5, loss=3.0)
    with ll.Recorder(file, resume=True) as run:
        run.save(weights(1.0), loss=2.0)
    read = recorder.read_run(file)
    assert read.steps.tolist() == [5, 6]
    assert read.scalars["loss"].tolist() == [3.0, 2.0]
    assert read.parameters["layers.0.kernel"][:, 1, 1].tolist() == [0, 1]


def test_modules_and_models_are_taken_by_what_they_have(tmp_path: Path) -> None:
    """Not PyTorch and Keras themselves, but what they look like: those are in tests/peers."""
    module = SimpleNamespace(
        named_parameters=lambda: [("w", np.ones((2, 2)))], named_buffers=lambda: [("mean", np.full(2, 7.0))]
    )
    model = SimpleNamespace(
        trainable_weights=[SimpleNamespace(path="dense/kernel", value=np.ones((2, 2)))],
        non_trainable_weights=[SimpleNamespace(path="norm/mean", value=np.full(2, 7.0))],
    )
    for name, taken, parameter, buffer in (("a", module, "w", "mean"), ("b", model, "dense/kernel", "norm/mean")):
        with ll.Recorder(tmp_path / f"{name}.npz") as run:
            run.save(taken)
        read = recorder.read_run(tmp_path / f"{name}.npz")
        assert read.parameters[parameter].shape == (1, 2, 2)
        assert read.buffers[buffer].tolist() == [7, 7]


def test_what_cannot_be_recorded_is_told(tmp_path: Path) -> None:
    with pytest.raises(ll.UserError, match=r"ends in \.npz"):
        ll.Recorder(tmp_path / "run.pt")
    run = ll.Recorder(tmp_path / "run.npz")
    with pytest.raises(ll.UserError, match="no parameters"):
        run.save([])
    with pytest.raises(ll.UserError, match="nested arrays, not from 'weights'"):
        run.save("weights")
    run.save([np.ones(2)], 3)
    with pytest.raises(ll.UserError, match="3 cannot follow 3"):
        run.save([np.ones(2)], 3)
    with pytest.raises(ll.UserError, match="other parameters"):
        run.save([np.ones(3)], 4)
    with pytest.raises(ll.UserError, match="loss is recorded as a number"):
        run.save([np.ones(2)], 4, loss=np.ones(2))


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"not a zip", "damaged, or holds objects"),
        ({"x": np.ones(2)}, "no format and steps in it, but x"),
        ({"format": np.asarray("lossland-run-9"), "steps": np.arange(2)}, "reads lossland-run-1"),
        ({"format": np.asarray(recorder.FORMAT), "steps": np.arange(2)}, "one row for each"),
        (
            {"format": np.asarray(recorder.FORMAT), "steps": np.arange(2), "parameters/w": np.ones((3, 1))},
            "one row for each",
        ),
    ],
)
def test_foreign_and_damaged_files_are_told(contents: Any, told: str, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    if isinstance(contents, bytes):
        file.write_bytes(contents)
    else:
        np.savez(file, **contents)
    with pytest.raises(ll.UserError, match=told):
        recorder.read_run(file)
    with pytest.raises(ll.UserError, match="There is no file"):
        recorder.read_run(tmp_path / "other.npz")


def test_half_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    with ll.Recorder(file) as run:
        run.save(weights(0.0))
    file.write_bytes(file.read_bytes()[:400])
    with pytest.raises(ll.UserError, match="damaged"):
        recorder.read_run(file)


def test_a_run_is_shown_by_its_curves(tmp_path: Path) -> None:
    with ll.Recorder(tmp_path / "run.npz") as run:
        run.save(weights(0.0))
        with pytest.raises(ll.UserError, match=r"no curve in .*`lossland slice --checkpoints run\.npz`"):
            ll.scene(tmp_path / "run.npz")
        run.save(weights(1.0), loss=0.5)
    assert ll.scene(tmp_path / "run.npz").readouts()["best_epoch"] == 1


def test_numbers_in_names_are_sorted_as_numbers(tmp_path: Path) -> None:
    for name in ("e10.pt", "e9.pt", "e1.pt", "best.pt"):
        (tmp_path / name).touch()
    (tmp_path / "e5.pt").mkdir()
    assert [file.name for file in checkpoints.files_of([f"{tmp_path}/e*.pt"])] == ["e1.pt", "e9.pt", "e10.pt"]
    assert [file.name for file in checkpoints.files_of([f"{tmp_path}/best.pt", f"{tmp_path}/e1.pt"])] == [
        "best.pt",
        "e1.pt",
    ]
    with pytest.raises(ll.UserError, match="There is no file"):
        checkpoints.files_of([f"{tmp_path}/x*.pt"])


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model.net."])
def test_names_are_found_behind_a_prefix(prefix: str) -> None:
    state = {f"{prefix}0.weight": np.ones((2, 3)), f"{prefix}0.bias": np.ones(2), "criterion.weight": np.ones(9)}
    if not prefix:
        del state["criterion.weight"]
    wanted = checkpoints.Wanted({"0.weight": (2, 3), "0.bias": (2,)}, {"0.count": ()})
    for held in (state, {"epoch": 3, "state_dict": state, "optimizer": {"state": {}}}):
        assert set(checkpoints.matched(wanted, held, "x.pt")) == {"0.weight", "0.bias"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"0.bias": None}, "x.pt has no '0.bias', which the model has; it holds 0.weight"),
        ({"0.weight": np.ones((3, 2))}, r"'0.weight' of shape \(3, 2\); the model's has \(2, 3\)"),
        ({"1.weight": np.ones(2)}, "'1.weight', which the model has not"),
    ],
)
def test_checkpoints_of_another_model_are_told(change: dict[str, Any], told: str) -> None:
    state = {"0.weight": np.ones((2, 3)), "0.bias": np.ones(2), **change}
    wanted = checkpoints.Wanted({"0.weight": (2, 3), "0.bias": (2,)}, {})
    with pytest.raises(ll.UserError, match=told):
        checkpoints.matched(wanted, {k: v for k, v in state.items() if v is not None}, "x.pt")


def test_a_recorded_run_of_a_network_of_ours_is_sliced_without_pytorch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net, data = networks.mlp((2, 4, 1), loss="logistic"), xor()
    trained = training.train(net, data.points, data.target, "adam:lr=0.02", steps=60)
    with ll.Recorder(tmp_path / "run.npz") as run:
        for step, row in zip(trained.steps, trained.path[:, 0], strict=True):
            run.save(net.views(row), int(step))
    words = ["--net", "2-4-1", "--data", "xor", "--directions", "pca", "-n", "5", "--dtype", "float64", "--json"]
    files = ["--checkpoints", str(tmp_path / "run.npz"), "-o", str(tmp_path / "s.npz")]
    assert main(["slice", *words, *files]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["training_loss"] == pytest.approx(float(trained.loss[-1, 0]), rel=1e-12)
    with np.load(tmp_path / "s.npz") as arrays:
        rows = trained.path[:, 0] - trained.path[-1, 0]
        expected = np.linalg.lstsq(arrays["directions"].T, rows.T, rcond=None)[0].T
        np.testing.assert_allclose(arrays["path"], expected, atol=1e-9)
    assert main(["slice", "--net", "64-4-10", *files]) == 2
    assert "of a network with parameters of 4 x 2, 4, 1 x 4, 1; those of MLP 64-4-10" in capsys.readouterr().err
    (tmp_path / "e.pt").touch()
    assert main(["slice", "--checkpoints", str(tmp_path / "e.pt"), "-o", str(tmp_path / "s.npz")]) == 2
    assert "give --torch, or one recorded run" in capsys.readouterr().err


def test_without_pytorch_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["slice", "--torch", "mine.py:made", "-o", str(tmp_path / "s.npz")]) == 1
    assert capsys.readouterr().err == (
        "lossland: Networks of your own need PyTorch, which is not installed here: pip install 'lossland[torch]'.\n"
    )
    assert main(["slice", "--torch", "mine.py:made", "--net", "2-1", "-o", str(tmp_path / "s.npz")]) == 2
    assert "--net is of a network that is trained here" in capsys.readouterr().err
