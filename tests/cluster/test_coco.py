"""cocopp reads what the benchmark exports, and comes to the same numbers. Run by `make test-cluster`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.benchmark import measures
from lossland.benchmark.export import export_coco
from lossland.cli import main

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def results() -> Any:
    lands = [f"bbob:{function}:{instance}" for function in (1, 3, 8) for instance in (1, 2, 3)]
    return ll.bench(["adam", "momentum", "sam"], lands, starts=15, steps=400, budget=4)


@pytest.fixture
def folders(results: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.chdir(tmp_path)  # cocopp writes into the working folder
    monkeypatch.setenv("MPLBACKEND", "agg")
    return export_coco(results, tmp_path / "coco")


def test_cocopps_running_times_are_ours(results: Any, folders: list[Path]) -> None:
    cocopp = import_module("cocopp")
    assert [folder.name for folder in folders] == ["adam", "momentum", "sam"]
    for folder in folders:
        data = cocopp.load(str(folder))
        assert [(one.funcId, one.dim) for one in data] == [(1, 2), (3, 2), (8, 2)]
        for one in data:
            cells = [results.cell(folder.name, f"bbob:{one.funcId}:{instance}") for instance in (1, 2, 3)]
            targets = 10.0 ** np.arange(2, -8.1, -0.2)
            evaluations = np.concatenate([np.maximum(cell.evaluations, 1) for cell in cells], axis=1)
            budget = cells[0].budget
            with np.errstate(all="ignore"):
                spent = np.where(np.isfinite(evaluations), evaluations, budget).sum(axis=1)
                expected = spent / np.isfinite(evaluations).sum(axis=1)
            assert one.detERT(targets) == pytest.approx(expected, rel=1e-12)
            runs = np.concatenate(one.detEvals(targets))  # (targets x runs,), nan where a target was not reached
            for share, spent in zip(measures.profile(evaluations, np.array([9.0, 40, 400])), (9, 40, 400), strict=True):
                assert (runs <= spent).mean() == pytest.approx(share)
            solved = np.isfinite(one.detEvals([1e-8])[0]).sum()
            assert solved == sum(cell.successes for cell in cells)


def test_cocopp_draws_what_the_command_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    words = ["bench", "--optimizers", "adam,mine.py:Slow", "--landscapes", "bbob:1:1,bbob:1:2"]
    Path("mine.py").write_text("import lossland as ll\n\n\nclass Slow(ll.optimizers.Adam):\n    lr: float = 0.01\n")
    assert main([*words, "--starts", "5", "--steps", "200", "--budget", "1", "-o", "out", "--export", "coco"]) == 0
    folders = sorted(map(str, Path("out/coco").iterdir()))
    assert folders == ["out/coco/adam", "out/coco/mine.py_Slow"]
    import_module("cocopp").main(" ".join(folders))
    (drawn,) = Path("ppdata").glob("*/pprldmany_02D_noiselessall.svg")
    assert drawn.name in drawn.with_name("pprldmany.html").read_text()


def test_other_landscapes_are_told(tmp_path: Path) -> None:
    found = ll.bench("adam", "himmelblau", starts=4, steps=20, budget=1)
    with pytest.raises(ll.UserError, match="noiseless BBOB functions, and there are none: --suite bbob"):
        export_coco(found, tmp_path)
    few = ["bench", "--optimizers", "adam", "--starts", "4", "--export", "coco"]
    for words in (["-o", str(tmp_path / "out")], ["--suite", "bbob"], ["--suite", "bbob", "--noise", "1", "-o", "out"]):
        assert main([*few, *words]) == 2  # before any work is done
