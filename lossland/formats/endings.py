"""The format of a file by its ending."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lossland.errors import UserError, nearest


def check_ending(target: Path, endings: Sequence[str]) -> str:
    """Return the target's ending in lower case, or raise UserError with the list of supported ones."""
    ending = target.suffix.lower()
    if ending not in endings:
        listed = " or ".join(part for part in (", ".join(endings[:-1]), endings[-1]) if part)
        what = f"ends in {target.suffix!r}" if target.suffix else "has no ending"
        raise UserError(f"{target} {what}; it must end in {listed}.{nearest(ending, list(endings))}")
    return ending
