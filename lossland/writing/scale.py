"""How many pixels a logical pixel has, and how much larger than usual a user may have the text."""

from __future__ import annotations

LINES = 720  # of a picture whose pixels are logical pixels
LEAST = 0.72  # pixels to a logical pixel: in smaller pictures lines and letters would vanish
SMALLEST_TEXT, LARGEST_TEXT = 0.8, 2.0
TEXT_STEP = 0.1


def picture_scale(size: tuple[int, int]) -> float:
    """Return the pixels to a logical pixel of a whole picture of ``size`` (width, height) pixels: 1 at 720 lines.

    It is in proportion to the height, so that a larger picture is the same picture, larger. Tall pictures are judged
    by their width.
    """
    return max(min(size[1], size[0] * 3 / 4) / LINES, LEAST)


def checked_text_scale(factor: object) -> float:
    """Return how much larger than usual text is to be, or raise UserError."""
    from lossland import checks  # which loads NumPy: the help of commands does without

    return checks.real(factor, SMALLEST_TEXT, LARGEST_TEXT, "The text scale")


def text_scale_beside(factor: float, steps: int) -> float:
    """Return the text scale some steps above or below another, within the bounds."""
    return min(max(round(factor + steps * TEXT_STEP, 1), SMALLEST_TEXT), LARGEST_TEXT)
