"""Faults of a user's own scene file are told as theirs, with file and line; in Python they pass as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lossland as ll
from lossland import errors
from lossland.app.saving import check_replayable
from lossland.cli import main
from lossland.errors import MachineError, UserError, is_users, sentence
from lossland.play.player import Player
from lossland.world import layers

HEAD = "import lossland as ll\nfrom lossland import layers\n\n\nclass Mine(ll.Scene):\n    title = 'Mine'\n"
FRAME = "    def frame(self, time):\n        return ll.Frame([])\n"
READOUTS = "    def readouts(self, time=0.0):\n        return {'a': 1.0}\n"

CASES = {
    "syntax": ("x = (\n", "shot", "line 1: SyntaxError: '(' was never closed."),
    "import": ("import os\nimport nonesuch\n", "shot", "line 2: ModuleNotFoundError: No module named 'nonesuch'."),
    "exit": ("import sys\n\nsys.exit(3)\n", "shot", "line 3: SystemExit: 3."),
    "constructor": (
        HEAD + "    def __init__(self, *given, **named):\n        super().__init__(*given, **named)\n        {}['a']\n",
        "shot",
        "line 9: KeyError: 'a'.",
    ),
    "frame": (
        HEAD + "    def frame(self, time):\n        return helper(0)\n\n\ndef helper(n):\n    return 1 / n\n",
        "shot",
        "line 12: ZeroDivisionError: division by zero.",
    ),
    "readouts": (
        HEAD + FRAME + "    def readouts(self, time=0.0):\n        return [][1]\n",
        "readouts",
        "line 10: IndexError: list index out of range.",
    ),
    "a file that it needs": (
        HEAD + "    def frame(self, time):\n        open('/nonexistent/data.csv')\n",
        "shot",
        "line 8: FileNotFoundError: [Errno 2] No such file or directory: '/nonexistent/data.csv'.",
    ),
    "memory": (HEAD + "    def frame(self, time):\n        raise MemoryError\n", "shot", "line 8: MemoryError."),
    "wrong layer": (
        HEAD + "    def frame(self, time):\n        return ll.Frame([3])\n",
        "shot",
        "line 8: A Frame's layers are of the types in lossland.layers, not 3.",
    ),
    "wrong shape": (
        HEAD + "    def frame(self, time):\n        return ll.Frame([layers.Points([[1, 2, 3, 4]])])\n",
        "shot",
        "line 8: Points needs a position of the shape (n, 3) or (n, 2), not (1, 4).",
    ),
    "wrong lengths": (
        HEAD + "    def frame(self, time):\n        layers.Arrows([[0, 0, 0]], [[0, 0, 1]] * 2, 'up')\n",
        "shot",
        "line 8: Arrows needs a tip of the shape (n, 3) with n = 1, not (2, 3).",
    ),
    "what it asked for": (
        HEAD + "    def frame(self, time):\n        ll.landscape('rosenbrok')\n",
        "shot",
        "line 8: There is no landscape 'rosenbrok'. Did you mean 'rosenbrock'?",
    ),
}


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "lossland", *words]
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_of_a_users_file_is_told_as_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, command, told = CASES[name]
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(text)
    assert main([command, "mine.py", *(["-o", "x.png"] if command == "shot" else [])]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("lossland: ")
    assert f"mine.py, {told}" in line
    assert "fault of lossland" not in line
    assert not (tmp_path / "x.png").exists()


def test_debug_shows_the_traceback_of_a_users_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CASES["frame"][0])
    done = run("shot", "mine.py", "-o", "x.png", "--debug", folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "return 1 / n" in done.stderr


def test_a_file_beside_it_is_theirs_too(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import sys\nsys.path.insert(0, '.')\nimport helper_of_mine\n" + HEAD + FRAME)
    (tmp_path / "helper_of_mine.py").write_text("\n\nnothing_of_this_name\n")
    done = run("shot", "mine.py", "-o", "x.png", folder=tmp_path)
    assert done.returncode == 2
    assert "helper_of_mine.py, line 3: NameError" in done.stderr


class Raises(ll.Scene):
    title = "Raises"

    def frame(self, time: float) -> ll.Frame:
        raise ZeroDivisionError("mine")


class Nothing(ll.Scene):
    title = "Nothing"

    def frame(self, time: float) -> ll.Frame:
        return None  # type: ignore[return-value]


def test_in_python_the_exception_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError, match=r"^mine$"):
        ll.snapshot(Raises(), (64, 64))
    with pytest.raises(
        UserError, match=r"^test_own_files\.py, line \d+: frame of Nothing must return a Frame, not None\.$"
    ):
        ll.snapshot(Nothing(), (64, 64))


def test_what_is_not_theirs_stays_a_fault_of_lossland(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "USER_FILES", set())  # other tests run files
    assert "fault of lossland" in sentence(KeyError("a"))
    assert not is_users(KeyError("a"))
    assert not is_users(MachineError("a"))
    assert is_users(UserError("a"))


def test_curves_of_two_lengths_are_refused() -> None:
    with pytest.raises(UserError, match=r"Series needs a y of the shape \(n\) with n = 2, not \(3,\)"):
        layers.Series("a", "accent", [1.0, 2.0], [1.0, 2.0, 3.0])  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------- sessions of theirs
def test_a_session_that_could_not_be_replayed_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(HEAD + FRAME + READOUTS)
    path = str(tmp_path / "mine.py")
    with pytest.raises(UserError, match="A session of your own scene cannot be kept"):
        check_replayable(Player(ll.scene(path)))
    check_replayable(Player(ll.scene("linear_map_2d")))
    # a scene of one's own under a name of the library's
    renamed = type("Mine", (type(ll.scene("linear_map_2d")),), {})
    with pytest.raises(UserError, match="own scene"):
        check_replayable(Player(renamed()))


def test_explore_refuses_to_keep_it_before_a_window_opens(tmp_path: Path) -> None:
    from lossland.app.opening import explore

    (tmp_path / "mine.py").write_text(HEAD + FRAME + READOUTS)
    with pytest.raises(UserError, match="own scene"):
        explore(str(tmp_path / "mine.py"), save=tmp_path / "s.lossland")
    assert not (tmp_path / "s.lossland").exists()
