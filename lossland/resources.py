"""Where the shaders, scenes and data sets are: inside the installed package, or beside it in a checkout."""

from functools import cache
from pathlib import Path


@cache
def folder(name: str) -> Path:
    """Return the folder ``shaders``, ``scenes`` or ``data`` of this copy of lossland."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
