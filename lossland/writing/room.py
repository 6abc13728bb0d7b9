"""How much of a picture without panels its notes take, and what they leave to the subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lossland.scenery.scene import Frame
from lossland.world.layers import ColorBar, Facts, Formula, Legend, Meter
from lossland.writing.placement import Rect
from lossland.writing.text import Type

Size = tuple[int, int]
Kind = TypeVar("Kind")

# Logical pixels
MARGIN = 48.0  # left of title, column and legend
TOP = 44.0
BOTTOM = 64.0
COLUMN_WIDTH = 392.0
BAR_LENGTH = 260.0


def free_rect(frame: Frame, size: Size, type_: Type) -> Rect:
    """Return the part of a picture without panels (x, y, w, h) that its notes leave to the subject.

    It depends on which notes there are, not on what they say, so that the camera stands still while numbers
    change.
    """
    px, width, height = type_.px, float(size[0]), float(size[1])
    column, legend, bar = has_column(frame), first_of(frame.notes, Legend), first_of(frame.notes, ColorBar)
    if is_tall(size):  # notes stand above and below
        top = px(600.0 if column else 150.0)
        bottom = px(BOTTOM + (BAR_LENGTH if legend or bar else 0.0))
        room = min(1.0, 0.6 * height / (top + bottom))
        left = right = px(MARGIN / 2)
        top, bottom = top * room, bottom * room
    else:
        left = min(px(MARGIN + COLUMN_WIDTH + 24 if column else 280 if legend else MARGIN), 0.45 * width)
        right = px(160 if bar else MARGIN)
        top, bottom = px(40), px(30)
    return left, top, max(width - left - right, 1.0), max(height - top - bottom, 1.0)


def is_tall(size: Size) -> bool:
    """Whether notes stand above and below the subject, for want of room beside it."""
    return size[1] > 0.9 * size[0]


def has_column(frame: Frame) -> bool:
    """Whether there are notes in the column at the left, besides a title."""
    return any(isinstance(note, (Formula, Meter, Facts)) for note in frame.notes)


def first_of(notes: Sequence[object], kind: type[Kind]) -> Kind | None:
    """Return the first note of a kind, or None."""
    return next((note for note in notes if isinstance(note, kind)), None)
