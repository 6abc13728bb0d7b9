"""Optimizers, landscapes and scenes in a file of one's own: ``mine.py:Name`` in every command and in Python."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.cli import main

MINE = '''
from collections import namedtuple

import numpy as np

import lossland as ll
from helper import SCALE


class MyRule(ll.optimizers.Optimizer):
    """Descent whose rate falls off with the slope."""

    lr: float = 0.01
    Terms = namedtuple("Terms", "step")

    def update(self, grad, last, t, position):
        return self.Terms(step=-self.lr * SCALE * grad / np.sqrt(1 + grad**2))


def valley(x, y):
    import helper  # when it is called, too

    return helper.SCALE * x**2 + np.abs(y)


hill = ll.landscape("x^2 - y", domain=((-1, 1), (0, 3)))


class Shown(ll.Scene):
    title = "Shown"

    def frame(self, now):
        return ll.Frame([])

    def readouts(self, now):
        import helper

        return {"scale": helper.SCALE}
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "helper.py").write_text("SCALE = 2.0\n")
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.py").write_text(MINE)
    (other / "helper.py").write_text("SCALE = 8.0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("place", ["{folder}/", "./", "other/../"])
def test_a_landscape_is_taken_from_a_file_with_its_folder(
    folder: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = place.format(folder=folder) + "mine.py:valley"
    assert printed(capsys, "eval", wanted, "--at", "1,2") == printed(capsys, "eval", "mine.py:valley", "--at", "1,2")


@pytest.mark.usefixtures("folder")
def test_run_swarm_and_basins_take_them(capsys: pytest.CaptureFixture[str]) -> None:
    rule = ["--optimizer", "mine.py:MyRule:lr=0.1"]
    path = printed(capsys, "run", "mine.py:valley", *rule, "--start", "1,-2", "--steps", "1")
    # the slope is 4 x = 4 along x and -1 along y; the scale is 2
    assert path["points"][1] == pytest.approx([1 - 0.1 * 2 * 4 / 17**0.5, -2 + 0.1 * 2 / 2**0.5])
    assert path["optimizer"] == "mine.py:MyRule:lr=0.1"
    assert printed(capsys, "run", "mine.py:hill", *rule, "--steps", "0")["values"]
    slow = ["--optimizer", "mine.py:MyRule:lr=0.005", "--steps", "2000"]
    crowd = printed(capsys, "swarm", "himmelblau", *slow, "--count", "300")
    assert crowd["converged"] == 300
    found = printed(capsys, "basins", "himmelblau", *slow, "-n", "8")
    assert sum(found["shares"]) == pytest.approx(1)
    at = printed(capsys, "eval", "mine.py:valley", "--at", "3,-2")
    assert at["value"] == 20.0


@pytest.mark.usefixtures("folder")
def test_scenes_take_them(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["--set", "lanes=mine.py:MyRule;adam:lr=0.1"],
        ["--optimizer", "mine.py:MyRule", "--optimizer", "adam"],
    ):
        numbers = printed(capsys, "readouts", "bowl", "--set", "steps=5", *words)
        assert {"myrule.loss", "adam.loss"} <= set(numbers)
        assert "sgd.loss" not in numbers
    for words in (["mine.py:valley"], ["optimizer_race", "--set", "landscape=mine.py:valley"]):
        assert "adam.loss" in printed(capsys, "readouts", *words)
    numbers = printed(capsys, "readouts", "optimizer_swarm", "--set", "count=1024", "--set", "cells=32",
                      "--optimizer", "mine.py:MyRule")  # fmt: skip
    assert numbers["count"] == 1024
    for words in (
        ["shot", "bowl", "-o", "x.png"],
        ["record", "bowl", "-o", "x.mp4", "--seconds", "0.1", "--fps", "20"],
    ):
        printed(capsys, *words, "--size", "96x64", "--optimizer", "mine.py:MyRule")
        assert Path(words[3]).stat().st_size > 1000
    assert printed(capsys, "readouts", "mine.py:Shown") == {"scale": 2.0}
    assert main(["readouts", "linear_map_2d", "--optimizer", "adam"]) == 2
    assert "has no optimizers" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_two_files_whose_helpers_share_a_name_do_not_meet() -> None:
    here, there = ll.scene("mine.py"), ll.scene("other/mine.py:Shown")
    for _ in range(2):
        assert (here.readouts()["scale"], there.readouts()["scale"]) == (2.0, 8.0)
    points = np.array([[3.0, -2.0]])
    assert ll.landscape("mine.py:valley").value(points) == pytest.approx([20.0])
    assert ll.landscape("other/mine.py:valley").value(points) == pytest.approx([74.0])
    rules = [ll.optimizers.optimizer(f"{name}:MyRule") for name in ("mine.py", "other/mine.py")]
    assert type(rules[0]) is not type(rules[1])
    steps = [abs(ll.run("x + y", rule, start=(0, 0), steps=1).points[1, 0, 0]) for rule in rules]
    assert steps == pytest.approx([0.01 * 2 / 2**0.5, 0.01 * 8 / 2**0.5])
    assert "myrule" not in ll.optimizers.names()


def test_packages_and_relative_imports_beside_a_file_work(folder: Path) -> None:
    package = folder / "parts"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("from .numbers import ONE\n")
    (package / "numbers.py").write_text("import helper\nONE = helper.SCALE / 2\n")
    (package / "inner" / "__init__.py").write_text("TWO = 2\n")
    lines = ["import parts", "import parts.inner", "import parts.inner as inside", "from parts.numbers import ONE",
             "from . import helper", "import json, random, os.path", "def land(x, y):",
             "    return parts.ONE * x + parts.inner.TWO * y + inside.TWO + ONE + helper.SCALE"]  # fmt: skip
    (folder / "random.py").write_text("raise ImportError('the library is meant')\n")
    (folder / "third.py").write_text("\n".join(lines))
    assert ll.landscape("third.py:land").value(np.array([1.0, 1.0])) == 1 + 2 + 2 + 1 + 2


def test_a_file_is_run_once_and_again_when_it_or_its_neighbour_has_changed(folder: Path) -> None:
    file = folder / "counted.py"
    file.write_text("import helper\nopen('ran', 'a').write('.')\ndef land(x, y): return helper.SCALE * x\n")
    points = np.array([1.0, 0.0])
    for _ in range(3):
        assert ll.landscape("counted.py:land").value(points) == 2.0
    assert Path("ran").read_text() == "."
    (folder / "helper.py").write_text("SCALE = 3.0\n")
    stamp = (folder / "helper.py").stat().st_mtime_ns + 10**6
    os.utime(folder / "helper.py", ns=(stamp, stamp))
    assert ll.landscape("counted.py:land").value(points) == 3.0
    assert not list(folder.rglob("*.pyc"))


WRONG: dict[str, tuple[str, str, str]] = {
    "no file": ("", "none.py:Rule", "There is no file 'none.py'"),
    "no such name": ("", "mine.py:MyRul", "Did you mean 'MyRule'"),
    "not an optimizer": ("", "mine.py:valley", "has no optimizer"),
    "no name": ("A = 1", "x.py", "should have one optimizer"),
    "several": ("class A(Base): pass\nclass B(Base): pass", "x.py", "say which, as in x.py:"),
    "syntax": ("class A(\n", "x.py:A", "x.py, line 11: SyntaxError"),
    "import": ("import nonesuch", "x.py:A", "x.py, line 11: ModuleNotFoundError"),
    "no default": ("class A(Base):\n    size: float", "x.py:A", "size needs a default"),
    "no terms": ("class A(ll.optimizers.Optimizer):\n    def update(self, *_): return 1", "x.py:A", "Terms = named"),
    "no update": ("class A(ll.optimizers.Optimizer):\n    Terms = Base.Terms", "x.py:A", "has no update"),
    "returns a number": ("class A(Base):\n    def update(self, grad, *_): return -grad", "x.py:A", "return its Terms"),
    "fails": ("class A(Base):\n    def update(self, *_): return 1 / 0", "x.py:A", "x.py, line 12: ZeroDivisionError"),
    "branches": (
        "class A(Base):\n    def update(self, grad, *_):\n        return self.Terms(1.0 if grad > 0 else -1.0)",
        "x.py:A",
        "x.py, line 13: a traced value is neither true nor false: write np.where",
    ),
    **{
        f"converts by {call}": (
            f"class A(Base):\n    def update(self, grad, last, t, position):\n        return self.Terms({call})",
            "x.py:A",
            "x.py, line 13: a traced value stands for every number and cannot become a single one: leave out float",
        )
        for call in ("float(grad)", "int(grad)", "sum(range(t))", "complex(grad).real", "__import__('math').sin(grad)")
    },
    **{
        f"draws by {draw}": (
            f"import numpy as np\nimport random\nown = np.random.default_rng(3)\nclass A(Base):\n"
            f"    def update(self, grad, last, t, position):\n        return self.Terms(-self.lr * grad * {draw})",
            "x.py:A",
            "x.py, line 15: update of A gives other terms each time it is called, as with np.random, so that no seed "
            "would repeat its runs: draw nothing in it, and name it with noise (x.py:A:noise=0.5)",
        )
        for draw in ("np.random.normal()", "np.random.default_rng().random()", "random.gauss(1, 2)", "own.random()",
                     "(np.random.random() < 0.5)", "np.random.default_rng().integers(2)")
    },
    "draws where it looks": (
        "import numpy as np\nclass A(Base):\n    def decide(self, look, last, t):\n"
        "        return self.Terms(-self.lr * look.grad_at(look.position * np.random.normal()))",
        "x.py:A",
        "x.py, line 13: decide of A gives other terms each time",
    ),
    "taken": ("class A(Base):\n    title = 'Adam'", "x.py:A", "called Adam already"),
    "setting": ("", "mine.py:MyRule:rate=1", "has no setting 'rate'"),
    "text as default": ("class A(Base):\n    mode: float = 'fast'", "x.py:A", "mode of a must be a number"),
}  # fmt: skip
BASE = """from collections import namedtuple
import lossland as ll

class Base(ll.optimizers.Optimizer):
    lr: float = 0.1
    Terms = namedtuple("Terms", "step")

    def update(self, grad, last, t, position):
        return self.Terms(-self.lr * grad)

"""


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_such_a_file_is_told_in_a_sentence(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text, rule, told = WRONG[name]
    (folder / "x.py").write_text(("" if name == "no name" else BASE) + text + "\n")
    assert main(["run", "bowl", "--optimizer", rule, "--steps", "1"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line
    assert "fault of lossland" not in line


@pytest.mark.usefixtures("folder")
def test_a_rule_that_draws_nothing_gets_noise_from_the_seed() -> None:
    rules = (
        "import numpy as np",
        "class Looks(Base):\n    def decide(self, look, last, t):\n        return self.Terms(-self.lr * look.grad)",
        "class Late(Base):\n    def update(self, grad, last, t, position):",
        "        return self.Terms(np.where(t > 1, float('nan'), -self.lr * grad))",
    )
    Path("x.py").write_text(BASE + "\n".join(rules) + "\n")
    for name in ("Base", "Looks", "Late"):
        runs = [ll.run("bowl", f"x.py:{name}:noise=2", steps=1, seed=seed).points for seed in (5, 5, 6)]
        assert np.array_equal(runs[0], runs[1])
        assert not np.array_equal(runs[0], runs[2])


def test_own_rules_get_rates_that_suit() -> None:
    land, start = ll.landscape("bowl"), (-2.6, -3.2)

    class Steady(ll.optimizers.Momentum):
        """A relative of Momentum."""

    class Named(ll.optimizers.Adam):
        """A relative of Adam."""

    for own, ours in ((Steady(), ll.optimizers.Momentum()), (Named(), ll.optimizers.Adam())):
        assert ll.rates.suggested_rate(own, land, start) == ll.rates.suggested_rate(ours, land, start)
