"""PNG pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lossland.files import written


def write_png(target: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture (h, w, 3 or 4) without its alpha: what we draw is opaque. The same picture, the same bytes."""
    with written(target) as temporary:
        Image.fromarray(np.ascontiguousarray(image[..., :3])).save(temporary)
