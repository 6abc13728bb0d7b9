"""JSON as commands print it: NumPy values become plain, non-finite numbers "nan", "inf", "-inf"."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def to_json(document: object) -> str:
    """Return one JSON document as ASCII text. Arrays become lists, tuples too; floats keep every digit."""
    return json.dumps(plain(document), allow_nan=False)


def plain(value: Any) -> Any:
    """Return a value built of dict, list, str, int, finite float, bool and None only."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy arrays and scalars, without importing NumPy here
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value
