"""Signals at random times: nothing hidden stays, nothing half written, the exit code and one sentence are right."""

from __future__ import annotations

import random
import signal
import subprocess
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from commands import Ended, ended, started
from PIL import Image

NUMBERS = [getattr(signal, f"SIG{name}") for name in ("INT", "TERM", "HUP", "QUIT", "XCPU", "USR1", "USR2")]
COMMANDS = {  # a command that ends within some seconds, and what it leaves when it is not interrupted
    "landscapes": [],
    "doctor": [],
    "eval sphere --at 1,2 --json": [],
    "eval rastrigin -n 2000 --derivatives -o a.npz": ["a.npz"],
    "run rosenbrock --steps 50000 -o a.csv": ["a.csv"],
    "run rosenbrock --steps 50000 -o a.npz": ["a.npz"],
    "swarm rastrigin --count 100000 --steps 3000 -o a.npz": ["a.npz"],
    "basins himmelblau -n 400 --steps 400 -o a.png": ["a.png"],
    "shot sphere --size 320x200 --ui -o a.png": ["a.png"],
    "record sphere --seconds 0.5 --size 96x64 -o a.mp4": ["a.mp4"],
    "record sphere --seconds 0.5 --size 96x64 -o a.gif": ["a.gif"],
    "record sphere --seconds 0.5 --size 96x64 --ui -o a.webm": ["a.webm"],
    "record sphere --seconds 0.5 --size 96x64 -o frames": ["frames"],
}
FEW, MANY = 8, 120
LONGEST = 2.0  # seconds until the signal


def attempt(dice: random.Random, folder: Path) -> None:
    """Start a command, send it one signal or more, and look at what it leaves."""
    folder.mkdir()
    words = dice.choice(list(COMMANDS))
    first = LONGEST * dice.random() ** 2  # often while libraries are loaded
    numbers = [dice.choice(NUMBERS) for _ in range(dice.choice([1, 1, 1, 2, 3]))]
    process = started(*words.split(), cwd=folder)
    late = first
    for number in numbers:
        with suppress(subprocess.TimeoutExpired):
            process.wait(late)
        process.send_signal(number)
        late = 0.05 * dice.random()
    end = ended(process)
    try:
        check(end, numbers, folder, COMMANDS[words])
    except AssertionError as error:
        error.add_note(f"{words}, {numbers} first after {first:.3f} s: {end}")
        raise


def check(end: Ended, numbers: list[int], folder: Path, files: list[str]) -> None:
    left = sorted(path.name for path in folder.iterdir())
    if end.code == 0:  # the signal came when all was done
        assert left == files
        assert end.err == ""
    else:
        assert end.code in [128 + number for number in numbers]
        assert end.err == "lossland: Stopped.\n"
        assert left in ([], files)
    for path in folder.iterdir():
        check_whole(path)


def check_whole(path: Path) -> None:
    if path.is_dir():
        assert len(list(path.iterdir())) == 30
    elif path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
    elif path.suffix == ".csv":
        assert len(path.read_text().splitlines()) == 50_002
    elif path.suffix in (".png", ".gif"):
        with Image.open(path) as picture:
            picture.load()
    else:
        assert path.stat().st_size > 1000


def test_signals_at_some_times(tmp_path: Path) -> None:
    dice = random.Random(3)
    for number in range(FEW):
        attempt(dice, tmp_path / str(number))


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(2))
def test_signals_at_many_times(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    for number in range(MANY):
        attempt(dice, tmp_path / str(number))
