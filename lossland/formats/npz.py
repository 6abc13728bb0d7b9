"""NumPy's .npz: a zip file of arrays. Nothing in it is ever unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lossland.files import written


def write_npz(target: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write named arrays, uncompressed; the same arrays give the same bytes. Objects raise ValueError.

    (``numpy.savez`` pickles objects unless it is told not to, which NumPy 2.0 cannot be told.)
    """
    with written(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, np.asarray(array), allow_pickle=False)
