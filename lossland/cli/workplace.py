"""The working directory, which may have been removed while a shell or a scheduler is still in it."""

from __future__ import annotations

import os

_is_gone = False


def find() -> None:
    """Change to the root directory if the working directory is gone: many libraries fail without one."""
    global _is_gone
    try:
        os.getcwd()
    except OSError:
        os.chdir(os.sep)
        _is_gone = True


def is_gone() -> bool:
    """Return whether the working directory is gone, so that relative paths are invalid."""
    return _is_gone
