"""Make the data sets of ``data/`` from the wheel of scikit-learn, which holds copies of them.

    pip download --no-deps scikit-learn==1.9.1
    python tools/data.py scikit_learn-1.9.1-*.whl

Their sources and licences stand in ``data/README.md``.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent.parent / "data"
WITHIN = "sklearn/datasets/data/"


def main(wheel: Path) -> None:
    """Write digits.npz and iris.npz."""
    with zipfile.ZipFile(wheel) as archive:
        digits = np.loadtxt(io.BytesIO(gzip.decompress(archive.read(f"{WITHIN}digits.csv.gz"))), delimiter=",")
        iris = archive.read(f"{WITHIN}iris.csv").decode().splitlines()
    FOLDER.mkdir(exist_ok=True)
    pixels, digit = digits[:, :-1].astype(np.uint8), digits[:, -1].astype(np.uint8)
    np.savez_compressed(FOLDER / "digits.npz", points=pixels, label=digit)
    flowers = np.array([[float(number) for number in line.split(",")] for line in iris[1:]])
    species = np.array(iris[0].split(",")[2:])
    np.savez_compressed(
        FOLDER / "iris.npz", points=flowers[:, :-1], label=flowers[:, -1].astype(np.uint8), names=species
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
