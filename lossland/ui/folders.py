"""Opening a folder in the system's file manager."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lossland.errors import MachineError

OPENING = 0.5  # seconds to wait for the program's exit status, after which it counts as started


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager; raise MachineError if there is none."""
    program = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    quiet = subprocess.DEVNULL
    try:
        started = subprocess.Popen([program, str(folder)], stdin=quiet, stdout=quiet, stderr=quiet)
    except OSError as error:
        raise MachineError(f"{folder} cannot be opened: {program}: {error.strerror or error}.") from error
    try:
        failed = started.wait(OPENING) != 0 and program != "explorer"  # which returns 1 in any case
    except subprocess.TimeoutExpired:  # still running, so it has opened a file manager
        return
    if failed:
        raise MachineError(f"{folder} cannot be opened: {program} has found no file manager.")
