"""Pictures, films and the window, assembled from the packages below. They share everything but the canvas."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOME = {"Stage": "stage", "snapshot": "stage", "record": "film", "explore": "opening", "show": "opening"}
__all__ = ["Stage", "explore", "record", "show", "snapshot"]  # loaded when they are first used


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'lossland.app' has no attribute {name!r}")
    return getattr(import_module(f"lossland.app.{_HOME[name]}"), name)


if TYPE_CHECKING:
    from lossland.app.film import record
    from lossland.app.opening import explore, show
    from lossland.app.stage import Stage, snapshot
