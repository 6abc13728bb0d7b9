"""Checks of memory and disk space before anything is allocated."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lossland.errors import UserError

_CGROUP = Path("/sys/fs/cgroup")


def available() -> int | None:
    """Return the bytes of memory that this process may still allocate, or None if unknown."""
    found = [_memory_of_machine(), _memory_of_container()]
    return min((one for one in found if one is not None), default=None)


def require(size: float, what: str, less: str) -> None:
    """Raise UserError if ``size`` bytes do not fit. ``what`` needs them; ``less`` says what to reduce."""
    free = available()
    if free is not None and size > free:
        raise UserError(f"{what} would need {readable(size)} of memory and {readable(free)} are free; {less}.")


def require_disk(size: float, target: Path, what: str, less: str) -> None:
    """Raise UserError if ``size`` bytes do not fit where the file ``target`` is to be written."""
    folder = next((one for one in target.expanduser().absolute().parents if one.is_dir()), None)
    free = shutil.disk_usage(folder).free if folder else None
    if free is not None and size > free:
        raise UserError(f"{what} would need {readable(size)} on disk and {readable(free)} are free; {less}.")


def readable(size: float) -> str:
    """Return a number of bytes as text, e.g. ``3.2 GB``."""
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if size < 1000 or unit == "PB":
            break
        size /= 1000
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"


def _memory_of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):  # no /proc; and no sysconf on Windows
        return None


def _memory_of_container() -> int | None:
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        return max(limit - int((_CGROUP / "memory.current").read_text()), 0)
    except (OSError, ValueError):  # no container, or no limit ("max")
        return None
