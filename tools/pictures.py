"""Draw the pictures of the README again: ``make pictures``.

Each is drawn by ``lossland shot``. Its colours are then quantized as little as a small file allows: the dithering that
hides banding in a dark background makes such files large.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from lossland.cli import main

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
LARGEST_FILE = 390_000  # bytes
COARSEST = 4  # of 256 levels: invisible even in a dark background

PICTURES = {
    "race": "himmelblau",
    "window": "optimizer_race --time 6 --ui",
    "swarm": "optimizer_swarm --time 1 --size 960x540",
    "bench": "bench --size 960x540",
    "map": "linear_map_2d --preset shear --size 960x540",
    "gradient": "gradient_3d --size 960x540",
    "words": "word_embeddings --size 960x540",
}


def draw(name: str, words: str) -> None:
    """Draw one picture and write it within the size limit."""
    target = FOLDER / f"{name}.png"
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.png"
        if main(["shot", *words.split(), "-o", str(drawn)]) != 0:
            raise SystemExit(1)
        image = np.asarray(Image.open(drawn))
    for step in range(1, COARSEST + 1):
        rounded = np.minimum(np.round(image / step) * step, 255).astype(np.uint8)
        Image.fromarray(rounded).save(target, optimize=True)
        if target.stat().st_size <= LARGEST_FILE:
            print(f"{target}: {target.stat().st_size} bytes, colours in steps of {step}")
            return
    raise SystemExit(f"{target} is larger than {LARGEST_FILE} bytes; draw it smaller.")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES.items():
        draw(*picture)
