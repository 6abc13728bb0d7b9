"""A digit drawn by hand, in the format of the digits data set: 8 by 8 pixels with ink from 0 to 16.

Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998: 4 by 4
points of a bitmap are a pixel. Its text has a character per pixel, row by row from the top: 0 to 9, then a to g.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError

Floats = NDArray[np.float64]

SIDE = 8
LEVELS = "0123456789abcdefg"
NIB = 1.3  # pixels: outer radius of the pen, at which the ink is 0; it is full up to 1 less


def read(text: str) -> Floats:
    """Parse the ink (8, 8), from 0 to 1, of a drawing's text; an empty text is a blank drawing."""
    if not text:
        return np.zeros((SIDE, SIDE))
    if len(text) != SIDE**2 or set(text) - set(LEVELS):
        raise UserError(f"A drawing has {SIDE**2} signs, one for each pixel: 0 (blank) to 9, then a to g (full).")
    return np.array([LEVELS.index(sign) for sign in text], float).reshape(SIDE, SIDE) / (len(LEVELS) - 1)


def written(ink: Floats) -> str:
    """Return a drawing's text: its ink (8, 8) in sixteenths."""
    return "".join(LEVELS[level] for level in np.rint(ink * (len(LEVELS) - 1)).astype(int).ravel())


def stroke(ink: Floats, start: Sequence[float], end: Sequence[float]) -> Floats:
    """Return the ink (8, 8) after a stroke from one point to another: x to the right and y up, in pixels."""
    way = np.linspace(start, end, 1 + int(np.ceil(4 * np.hypot(end[0] - start[0], end[1] - start[1]))))
    row, column = np.mgrid[:SIDE, :SIDE] + 0.5
    away = np.hypot(column - way[:, 0, None, None], SIDE - row - way[:, 1, None, None]).min(axis=0)
    return np.maximum(ink, np.clip(NIB - away, 0.0, 1.0))
