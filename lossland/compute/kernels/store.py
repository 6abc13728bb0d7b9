"""Compiled kernels on disk, in the user's cache folder: a file each, named by a hash of all it was made from.

Nothing here ever fails: a file that is missing, broken or cannot be written only costs a compilation. Files appear
whole, so any number of processes can use the folder at once.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

from lossland.errors import MachineError
from lossland.files import written

MAGIC = b"lossland kernel 1\n"
MOST = 1000  # files kept; the least recently written go first


def folder() -> Path:
    """Return where compiled kernels are kept."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "lossland" / "kernels"


def read(key: str) -> bytes | None:
    """Return what was written under the key, or None if there is nothing, or it is not as it was written."""
    with suppress(OSError, RuntimeError):  # RuntimeError: there is no home
        file = folder() / key
        if not _ours(file):
            return None
        content = file.read_bytes()
        head, code = content[: len(MAGIC) + 32], content[len(MAGIC) + 32 :]
        if head == MAGIC + hashlib.sha256(code).digest():
            return code
    return None


def write(key: str, code: bytes) -> None:
    """Keep machine code under a key."""
    with suppress(OSError, RuntimeError, MachineError):
        place = folder()
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        with written(place / key) as temporary:
            temporary.write_bytes(MAGIC + hashlib.sha256(code).digest() + code)
        _forget_oldest(place)


def _ours(file: Path) -> bool:
    """Whether nobody else can have written the file: it will be executed."""
    if not hasattr(os, "getuid"):
        return True
    return all(s.st_uid == os.getuid() and not s.st_mode & 0o022 for s in (file.stat(), file.parent.stat()))


def _forget_oldest(place: Path) -> None:
    files = list(place.iterdir())
    if len(files) <= MOST:
        return
    ages = sorted((file.stat().st_mtime, file) for file in files)
    for _, file in ages[: len(files) - MOST * 9 // 10]:
        file.unlink(missing_ok=True)
