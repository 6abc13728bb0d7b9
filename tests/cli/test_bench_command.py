"""``lossland bench`` from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from lossland import cli
from lossland.cli.bench import separated
from lossland.formats import report

FEW = ["--starts", "20", "--steps", "100", "--budget", "3", "--backend", "cpu"]
FIELDS = [
    "optimizer",
    "landscape",
    "dimension",
    "noise",
    "settings",
    "starts",
    "success",
    "success_low",
    "success_high",
    "ert",
    "ert_low",
    "ert_high",
    "diverged",
    "median_loss",
]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from lossland.benchmark import bench
    from lossland.compute.workers import SerialWorkers

    monkeypatch.setattr(bench, "local_workers", SerialWorkers)


def test_json_has_the_contracts_fields(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "--optimizers", "adam,sgd:lr=0.1", "--landscapes", "bowl,max(x^2,y^2)", *FEW, "--json"]
    assert cli.main(words) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert [(row["optimizer"], row["landscape"]) for row in rows] == [
        ("adam", "bowl"),
        ("adam", "max(x^2,y^2)"),
        ("sgd:lr=0.1", "bowl"),
        ("sgd:lr=0.1", "max(x^2,y^2)"),
    ]
    for row in rows:
        assert set(FIELDS) <= row.keys()
        assert row["success_low"] <= row["success"] <= row["success_high"]
        assert row["starts"] == 20
    assert rows[2]["settings"] == {"lr": 0.1, "noise": 0.0}


def test_a_folder_holds_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "results"
    words = ["bench", "--optimizers", "adam,rprop", "--landscapes", "bowl", *FEW, "-o", str(target)]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert "rank  optimizer" in printed
    assert printed.splitlines()[-1] == str(target)
    with (target / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["optimizer"] for row in rows] == ["adam", "rprop"]
    assert list(rows[0]) == FIELDS
    document = json.loads((target / "results.json").read_text())
    assert float(rows[0]["ert"]) == float(document["results"][0]["ert"])
    assert cli.main(words) == 2
    assert cli.main([*words, "--resume"]) == 0
    assert "--resume goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--optimizers", "adm"], "Did you mean 'adam'?"),
        (["--landscapes", "bol"], "Did you mean 'bowl'?"),
        (["--landscapes", "tasks"], "choose it by --suite tasks."),
        (["--suite", "bob"], "Did you mean 'bbob'?"),
        (["--resume"], "-o results --resume"),
        (["--landscapes", "saddle"], "no lowest value"),
        (["--landscapes", "3 + 0*x"], "is level"),
        (["--suite", "bbob", "--landscapes", "bowl"], "not both"),
        (["--starts", "0"], "whole number"),
    ],
)
def test_wrong_words_are_told_in_a_sentence(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", *words]) == 2
    assert told in capsys.readouterr().err


def test_what_is_never_reached_is_called_never(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--starts", "8", "--steps", "1", "--budget", "1", "--backend", "cpu"]  # one step never reaches the minimum
    assert cli.main(["bench", "--optimizers", "sgd:lr=1e-6", "--landscapes", "rosenbrock", *words]) == 0
    printed = capsys.readouterr().out
    assert " on rosenbrock: never a success\n" in printed
    assert "inf" not in printed


RULES = """
from collections import namedtuple
import numpy as np
import lossland as ll
from lossland.expression.linear import outer

class Good(ll.optimizers.Optimizer):
    lr: float = 0.05
    Terms = namedtuple("Terms", "step")
    def update(self, grad, last, t, position):
        return self.Terms(step=-self.lr * grad)

class Raises(Good):
    def update(self, grad, last, t, position):
        return self.Terms(step=-self.rate * grad)

class NaN(Good):
    def update(self, grad, last, t, position):
        return self.Terms(step=-self.lr * (grad - 1e400) / (grad - 1e400))

class Matrix(Good):
    def decide(self, look, last, t):
        return self.Terms(step=-self.lr * outer(look.grad, look.grad))

class Bare(Good):
    def update(self, grad, last, t, position):
        return -self.lr * grad

class Row(Good):
    def update(self, grad, last, t, position):
        return self.Terms(step=-self.lr * np.array([grad, grad]))

class Outer(Good):
    def decide(self, look, last, t):
        return self.Terms(step=-self.lr * np.outer(look.grad, look.grad))

class Words(Good):
    def update(self, grad, last, t, position):
        return self.Terms(step="down")
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Raises", "mine.py, line 15: AttributeError: 'Raises' object has no attribute 'rate'."),
        ("NaN", "mine.py, line 18: the first step of NaN is no number (nan)"),
        ("Matrix", "mine.py, line 22: the step of Matrix must be a vector, not a matrix."),
        ("Bare", "mine.py, line 26: update of Bare must return its Terms, not -0.05."),
        ("Row", "mine.py, line 30: step that update of Row returns must be a number, not array([-0.05, -0.05])."),
        ("Outer", "mine.py, line 34: step that decide of Outer returns must be a number, or a vector or matrix made"),
        ("Words", "mine.py, line 38: step that update of Words returns must be a number, not 'down'."),
    ],
)
def test_faults_of_a_users_own_rule_are_told_with_their_line(
    name: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(RULES)
    assert cli.main(["bench", "--optimizers", f"{tmp_path}/mine.py:{name}", "--landscapes", "bowl", *FEW]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1


def test_a_users_own_rule_is_tuned_like_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(RULES)
    words = ["bench", "--optimizers", f"{tmp_path}/mine.py:Good,gradient_descent", "--landscapes", "bowl", *FEW]
    assert cli.main([*words, "--json"]) == 0
    own, ours = json.loads(capsys.readouterr().out)["results"]
    assert own["optimizer"] == f"{tmp_path}/mine.py:Good"
    assert own["success"] > 0
    assert ours["success"] > 0


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("adam,sgd", ["adam", "sgd"]),
        ("adam:lr=0.1,beta1=0.8,sgd", ["adam:lr=0.1,beta1=0.8", "sgd"]),
        ("max(x,y), ackley ,", ["max(x,y)", "ackley"]),
        ("mine.py:A:lr=1,rho=2,adam", ["mine.py:A:lr=1,rho=2", "adam"]),
    ],
)
def test_lists_are_split_at_their_commas(text: str, parts: list[str]) -> None:
    assert separated(text) == parts


def test_a_folder_of_results_is_a_scene_and_without_plotly_a_sentence_says_what_the_report_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    folder = tmp_path / "results"
    words = ["--optimizers", "adam,momentum", "--landscapes", "bowl", "--starts", "8", "--steps", "60", "--budget", "2"]
    assert cli.main(["bench", *words, "--backend", "cpu", "-o", str(folder)]) == 0
    assert "lossland[report]" in capsys.readouterr().err
    assert (folder / "results.json").is_file()
    assert not (folder / "report.html").exists()
    assert cli.main(["readouts", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["optimizers"] == 2.0
    assert cli.main(["record", "himmelblau", "--film", "-o", str(tmp_path / "reel.mp4")]) == 2
    assert "no folder of results" in capsys.readouterr().err
