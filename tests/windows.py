"""A display that exists only in memory (Xvfb), and programs that open a window on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 30.0  # seconds: a busy machine draws a few frames a second


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Ask again and again; return the first true answer, fail after so many seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"in {patience:.0f} s this did not happen: {what}")


@pytest.fixture
def display() -> Iterator[str]:
    """Start a display and return its name; a new one each time, because it keeps showing closed windows."""
    with running_display() as (name, _):
        yield name


@contextmanager
def running_display() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a display for a block, and give its name and its process."""
    for program in ("Xvfb", "xdotool"):
        if not shutil.which(program):
            pytest.fail(f"{program} is missing; on Debian: apt install xvfb xdotool")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}", server
    server.terminate()
    server.wait(10)


def environment(display: str | None) -> dict[str, str]:
    """Return this process's environment with another display, and without what headless drawing needs."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "PYOPENGL_PLATFORM", "EGL_PLATFORM")
    }
    folders = (Path(__file__).parents[1], Path(__file__).parent)  # the package, and what tests share
    kept["PYTHONPATH"] = os.pathsep.join([*map(str, folders), kept.get("PYTHONPATH", "")])
    return kept | ({"DISPLAY": display} if display else {})


def run_program(program: str, display: str, folder: Path, patience: float = 120) -> Any:
    """Run a program in a window and return what it saw."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(display),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
