"""Comma-separated values: a header, then one row of full-precision numbers per line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lossland.files import written


def write_csv(target: Path, columns: Mapping[str, NDArray]) -> None:
    """Write named columns, each (n,). Floats round-trip exactly."""
    rows = zip(*(np.asarray(column).tolist() for column in columns.values()), strict=True)
    with written(target) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        file.write(",".join(columns) + "\n")
        file.writelines(",".join(map(repr, row)) + "\n" for row in rows)
