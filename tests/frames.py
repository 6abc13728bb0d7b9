"""The frames of ``tools/gallery.py``: every layer, composed as a scene composes it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

from lossland.scenery.scene import Frame

ROOT = Path(__file__).parents[1]


def _gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "tools" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GALLERY = _gallery()
FRAMES: dict[str, Callable[[], Frame]] = {name: cache(make) for name, make in GALLERY.FRAMES.items()}
