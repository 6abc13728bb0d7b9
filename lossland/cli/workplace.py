"""The working folder, which may have been removed while a shell or a scheduler still stands in it."""

from __future__ import annotations

import os

_is_gone = False


def find() -> None:
    """Stand in the root folder where the working folder is gone: many libraries ask for it, and fail without."""
    global _is_gone
    try:
        os.getcwd()
    except OSError:
        os.chdir(os.sep)
        _is_gone = True


def is_gone() -> bool:
    """Return whether paths that start from the working folder lead nowhere."""
    return _is_gone
