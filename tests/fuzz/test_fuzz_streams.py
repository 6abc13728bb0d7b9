"""Streams that are closed, full, foreign or gone, over every command: files whole, exit codes honest, no tracebacks."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from commands import Ended, run

RESULT, REMARK = True, False  # what a command prints
QUICK = {
    "--version": RESULT,
    "--help": RESULT,
    "scenes --json": RESULT,
    "landscapes": RESULT,
    "optimizers --json": RESULT,
    "eval sphere --at 1,2 --json": RESULT,
    "eval sphere -n 8 -o a.npz": REMARK,
    "run sphere --steps 9": RESULT,
    "run sphere --steps 9 -o a.csv": REMARK,
    "run sphere --steps 9 -o a.npz --json": RESULT,
    "swarm sphere --count 10 --steps 9 -o a.npz": REMARK,
    "swarm sphere --count 10 --steps 9 --json": RESULT,
    "basins sphere -n 8 --steps 9 -o a.png": REMARK,
    "readouts linear_map_2d --json": RESULT,
}
SLOW = {  # these draw
    "doctor --json": RESULT,
    "shot sphere --size 64x64 -o a.png": REMARK,
    "shot sphere --size 64x64 -o a.png --json": RESULT,
    "record sphere --size 64x64 --seconds 0.1 -o a.mp4": REMARK,
    "record sphere --size 64x64 --seconds 0.1 -o frames --json": RESULT,
}
WRONG = {  # and their exit codes
    "eval nothing --at 1,2": 2,
    "run sphere --steps x": 2,
    "shot sphere -o a.bmp": 2,
    "nonsense": 2,
    "explore": 1,
}
COMMANDS = [*QUICK, *SLOW, *WRONG]

INPUT = ["", "<&-", "</dev/null", "</dev/zero"]
OUTPUT = ["", ">&-", ">/dev/full", ">/dev/null", "| head -c 3", "| true"]
ERROR = ["", "2>&-", "2>/dev/full", "2>/dev/null"]
ENVIRONMENTS = [
    {},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONUNBUFFERED": "1"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc"},
    {"DISPLAY": ":77"},
    {"TERM": "", "COLUMNS": "x"},
]
FEW, MANY = 16, 120


def attempt(dice: random.Random, words: str, folder: Path) -> None:
    """Run a command with some of its streams gone."""
    folder.mkdir()
    output, error, environment = dice.choice(OUTPUT), dice.choice(ERROR), dice.choice(ENVIRONMENTS)
    shell = f"{dice.choice(INPUT)} {error} {output}"
    if "|" in output:
        shell += '; exit "${PIPESTATUS[0]}"'
    end = run(*words.split(), cwd=folder, shell=shell, env=environment)
    try:
        check(end, words, output, error, folder)
    except AssertionError as failure:
        failure.add_note(f"lossland {words} {shell} with {environment}: {end}")
        raise


def check(end: Ended, words: str, output: str, error: str, folder: Path) -> None:
    assert "Traceback" not in end.err
    assert "fault of lossland" not in end.err
    if words in WRONG:
        assert (end.code, end.out, list(folder.iterdir())) == (WRONG[words], "", [])
        assert error or "lossland: " in end.err
        return
    is_lost = (QUICK | SLOW)[words] is RESULT and output in (">&-", ">/dev/full")
    assert end.code == is_lost
    assert error or not is_lost or "lossland: The output cannot be written: " in end.err
    if " -o " in words:
        (path,) = folder.iterdir()
        assert path.is_dir() or path.stat().st_size > 50
    if "--json" in words and not output:
        json.loads(end.out)


def test_some_commands_with_some_streams(tmp_path: Path) -> None:
    dice = random.Random(5)
    for number in range(FEW):
        attempt(dice, dice.choice([*QUICK, *WRONG]), tmp_path / str(number))
    attempt(dice, dice.choice(list(SLOW)), tmp_path / "slow")


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(2))
def test_every_command_with_many_streams(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    for number in range(MANY):
        attempt(dice, COMMANDS[number % len(COMMANDS)], tmp_path / str(number))
