"""Pixels per logical pixel, and the user's text scale with its bounds."""

from __future__ import annotations

LINES = 720  # height of a picture whose pixels are logical pixels
LEAST = 0.72  # pixels per logical pixel: at less, lines and letters would vanish
SMALLEST_TEXT, LARGEST_TEXT = 0.8, 2.0
TEXT_STEP = 0.1


def picture_scale(size: tuple[int, int]) -> float:
    """Return the pixels per logical pixel of a whole picture of ``size`` (width, height) pixels: 1 at 720 lines.

    It is proportional to the height, or the width of tall pictures, so that a larger picture is the same picture,
    enlarged.
    """
    return max(min(size[1], size[0] * 3 / 4) / LINES, LEAST)


def checked_text_scale(factor: object) -> float:
    """Return a valid text scale, or raise UserError."""
    from lossland import checks  # here because it loads NumPy, which the help of commands does not need

    return checks.real(factor, SMALLEST_TEXT, LARGEST_TEXT, "The text scale")


def text_scale_beside(factor: float, steps: int) -> float:
    """Return the text scale some steps above or below another, within its bounds."""
    return min(max(round(factor + steps * TEXT_STEP, 1), SMALLEST_TEXT), LARGEST_TEXT)
