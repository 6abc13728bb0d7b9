"""Commands as processes of their own, for tests of streams, signals and surroundings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

LOSSLAND = [sys.executable, "-m", "lossland"]
PATIENCE = 60.0  # seconds
FOREIGN = ("DISPLAY", "WAYLAND_DISPLAY", "PYOPENGL_PLATFORM", "EGL_PLATFORM")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in FOREIGN} | {
    "PYTHONPATH": str(Path(__file__).parent.parent)  # found from any folder
}


class Ended(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def check_sentence(self) -> None:
        """Fail unless stderr has at most one sentence of ours."""
        assert "Traceback" not in self.err
        assert "fault of lossland" not in self.err
        assert self.err == "" or self.err.startswith("lossland: "), self.err
        assert self.err.count("lossland: ") <= 1, self.err


def run(*words: str | Path, cwd: Path, shell: str = "", env: Mapping[str, str] | None = None) -> Ended:
    """Run a command in a folder; ``shell`` is put behind it, e.g. ``>&-``."""
    command = ["bash", "-c", f'"$@" {shell}', "bash", *LOSSLAND, *map(str, words)]
    ended = subprocess.run(
        command, cwd=cwd, env=ENVIRONMENT | dict(env or {}), capture_output=True, timeout=PATIENCE, check=False
    )
    return Ended(ended.returncode, os.fsdecode(ended.stdout), os.fsdecode(ended.stderr))


def started(*words: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a command in a folder and return once it answers to signals."""
    process = subprocess.Popen(
        [*LOSSLAND, *map(str, words)],
        cwd=cwd,
        env=ENVIRONMENT | dict(env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until(process, lambda: _answers(process.pid))
    return process


def _answers(pid: int) -> bool:
    """Whether a process has a handler for SIGUSR2, the last signal that is given one, as Linux tells."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(caught >> signal.SIGUSR2 - 1 & 1)


def until(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    """Wait until the condition holds or the process ends."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and not condition():
        if time.monotonic() > end:
            process.kill()
            pytest.fail(f"{process.args} does not come to that")


def ended(process: subprocess.Popen[bytes]) -> Ended:
    """Wait for the end."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out.decode(), err.decode())
