"""JSON as commands print it: NumPy values become plain, non-finite numbers "nan", "inf", "-inf"."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Protocol, TypeAlias, runtime_checkable

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


@runtime_checkable
class _Listable(Protocol):
    """A NumPy array or scalar, without importing NumPy here."""

    def tolist(self) -> object: ...


def to_json(document: object) -> str:
    """Return one JSON document as ASCII text. Arrays become lists, tuples too; floats keep every digit."""
    return json.dumps(plain(document), allow_nan=False)


def plain(value: object) -> Json:
    """Convert a value to dict, list, str, int, finite float, bool and None; raise TypeError if it is something else."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, _Listable):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"JSON has no {type(value).__name__}")


def rounded(value: Json, digits: int) -> Json:
    """Round all floats to a number of significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, list):
        return [rounded(one, digits) for one in value]
    return {key: rounded(one, digits) for key, one in value.items()} if isinstance(value, dict) else value
