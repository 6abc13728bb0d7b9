"""The folders of shaders, scenes, tasks and data, inside the package or beside it in a checkout; and the fonts."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def folder(name: str) -> Path:
    """Return the folder ``shaders``, ``scenes``, ``tasks`` or ``data`` of this copy of lossland."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


@cache
def fonts() -> Path:
    """Return the folder of the fonts that come with Dear ImGui Bundle."""
    spec = find_spec("imgui_bundle")
    if spec is None or spec.origin is None:
        raise ImportError("imgui_bundle, which brings the fonts, is not installed")
    return Path(spec.origin).parent / "assets" / "fonts"
