"""Image files: pixels in .png, .jpg and .webp, pixels with vector lines and text over them in .svg and .pdf."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lossland.errors import UserError
from lossland.files import written
from lossland.formats.drawing import Drawing
from lossland.formats.pdf import pdf_bytes
from lossland.formats.svg import svg_text

PIXELS = (".png", ".jpg", ".jpeg", ".webp")
LINES = (".svg", ".pdf")
OPAQUE = (".jpg", ".jpeg")
QUALITY = 92  # of JPEG and WebP: text stays clean
_X_RESOLUTION, _Y_RESOLUTION, _UNIT, _INCH = 0x011A, 0x011B, 0x0128, 2  # Exif 2.3, which WebP files carry


def check_transparent(target: Path) -> None:
    """Raise UserError if the format of a file name has no transparency."""
    if target.suffix.lower() in OPAQUE:
        raise UserError(f"{target.name}: a JPEG has no transparency; write a .png, .webp, .svg or .pdf.")


def write_image(target: Path, image: NDArray[np.uint8], dpi: float | None = None) -> None:
    """Write pixels (h, w, 3 or 4) in the format of the target's ending, with the resolution ``dpi`` if given.

    The same picture gives the same bytes.
    """
    picture, ending = Image.fromarray(np.ascontiguousarray(image)), target.suffix.lower()
    density = {} if dpi is None else {"dpi": (dpi, dpi)}
    with written(target) as temporary:
        if ending in OPAQUE:
            picture.save(temporary, "jpeg", quality=QUALITY, subsampling=0, **density)
        elif ending == ".webp":
            picture.save(temporary, "webp", quality=QUALITY, exif=_exif(dpi))
        else:
            picture.save(temporary, "png", **density)


def write_drawing(target: Path, drawing: Drawing, dpi: float | None = None) -> None:
    """Write a drawing as .svg or .pdf; the same drawing gives the same bytes."""
    pdf = target.suffix.lower() == ".pdf"
    data = pdf_bytes(drawing, dpi) if pdf else svg_text(drawing, dpi).encode("utf-8")
    with written(target) as temporary:
        temporary.write_bytes(data)


def _exif(dpi: float | None) -> Image.Exif:
    tags = Image.Exif()
    if dpi is not None:
        tags[_X_RESOLUTION] = tags[_Y_RESOLUTION] = dpi
        tags[_UNIT] = _INCH
    return tags
