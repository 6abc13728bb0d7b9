"""The layout of notes in a picture without panels, and the rectangle that they leave to the subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lossland.scenery.scene import Frame
from lossland.world.camera import Rect
from lossland.world.layers import ColorBar, Facts, Formula, Legend, Meter, Note, Title
from lossland.writing.text import Type

Size = tuple[int, int]
Kind = TypeVar("Kind")

# Logical pixels
MARGIN = 48.0  # left of title, column and legend
TOP = 44.0
BOTTOM = 64.0
COLUMN_WIDTH = 392.0
LEGEND_WIDTH = 280.0  # with the margin at its left and up to two columns
LEGEND_COLUMN = 52.0  # and each further one
BAR_WIDTH = 160.0
BAR_LENGTH = 260.0
HEADING = 26.0  # height of a legend's heading, and of its columns' names
PITCH, LEAST_PITCH = 28.0, 20.0  # from row to row of a legend
TITLE_HEIGHT = 112.0  # of a title with a formula and a line below it
NARROW = 800.0  # pictures up to this width have narrow margins, and the title above the subject

SUBJECT = 0.45  # of the width that legend and colour bar leave to the subject
COLUMN = 0.52  # of the width that the column may take


def fitting_notes(notes: Sequence[Note], size: Size, type_: Type) -> list[Note]:
    """Return the notes that fit beside the subject: title, column, legend and colour bar, in this order.

    It depends on the kinds of notes, not on their texts, so that nothing appears or disappears while numbers change.
    """
    width, height = size[0] / type_.scale, size[1] / type_.scale
    tall = is_tall(size)
    kept: list[Note] = [note for note in notes if isinstance(note, Title)]
    column = [note for note in notes if isinstance(note, (Formula, Meter, Facts))]
    left = MARGIN
    if column and (1.0 if tall else COLUMN) * width >= MARGIN + COLUMN_WIDTH:
        kept += column
        left = min(MARGIN + COLUMN_WIDTH + 24, SUBJECT * width)
    legend, bar = first_of(notes, Legend), first_of(notes, ColorBar)
    below_title = height - title_height(size, type_) - BOTTOM
    if legend and legend.rows and legend_height(legend, LEAST_PITCH) <= (0.4 if tall else 1.0) * below_title:
        needed = max(left, legend_width(legend))
        if tall or width - needed - MARGIN >= SUBJECT * width:
            kept.append(legend)
            left = needed
    if bar and below_title >= BAR_LENGTH / 2 and (tall or width - left - BAR_WIDTH >= SUBJECT * width):
        kept.append(bar)
    return kept


def title_height(size: Size, type_: Type) -> float:
    """Return the lower edge of a picture's title, in logical pixels of text."""
    return TITLE_HEIGHT + TOP * margin_share(size, type_)


def margin_share(size: Size, type_: Type) -> float:
    """Return the width of the margins around notes, as a share of the usual one."""
    return 0.5 if size[0] < NARROW * type_.scale else 1.0


def column_width(size: Size, type_: Type) -> float:
    """Return the greatest width of the column in pixels: beside the subject it ends where the subject begins."""
    usual = type_.px(COLUMN_WIDTH)
    return usual if is_tall(size) else min(usual, SUBJECT * size[0] - type_.px(MARGIN))


def legend_width(legend: Legend) -> float:
    """Return a legend's width in logical pixels, including the margin at its left, for usual names."""
    columns = max((len(row.cells) for row in legend.rows), default=0)
    return LEGEND_WIDTH + LEGEND_COLUMN * max(columns - 2, 0)


def legend_height(legend: Legend, pitch: float) -> float:
    """Return the height of a legend in logical pixels, its rows ``pitch`` apart."""
    columns = max((len(row.cells) for row in legend.rows), default=0)
    own_line = bool(legend.heading) and columns > 1  # the heading is then above the columns' names
    return HEADING * (own_line + bool(legend.heading or legend.columns)) + pitch * len(legend.rows)


def free_rect(frame: Frame, size: Size, type_: Type) -> Rect:
    """Return the part of a picture without panels (x, y, w, h) that its notes leave to the subject.

    As for ``fitting_notes``, it does not depend on their texts: the camera does not move while numbers change.
    """
    px, width, height = type_.px, float(size[0]), float(size[1])
    notes = fitting_notes(frame.notes, size, type_)
    column, legend, bar = has_column(notes), first_of(notes, Legend), first_of(notes, ColorBar)
    margins = margin_share(size, type_)
    if is_tall(size):  # notes are above and below
        top = px(600.0 if column else 150.0)
        bottom = px(BOTTOM + (BAR_LENGTH if legend or bar else 0.0))
        room = min(1.0, 0.6 * height / (top + bottom))
        left = right = px(MARGIN / 2)
        top, bottom = top * room, bottom * room
    else:
        wide = MARGIN + COLUMN_WIDTH + 24 if column else legend_width(legend) if legend else MARGIN * margins
        left = min(px(wide), SUBJECT * width)
        right = px(BAR_WIDTH if bar else MARGIN * margins)
        title = first_of(notes, Title)
        top = px(title_height(size, type_)) if title and margins < 1.0 else px(40)
        bottom = px(30)
    return left, top, max(width - left - right, 1.0), max(height - top - bottom, 1.0)


def title_stands_alone(size: Size, type_: Type) -> bool:
    """Whether no part of the subject is beside the title, as in tall or narrow pictures."""
    return is_tall(size) or margin_share(size, type_) < 1.0


def is_tall(size: Size) -> bool:
    """Whether notes are above and below the subject, for lack of space beside it."""
    return size[1] > 0.9 * size[0]


def has_column(notes: Sequence[Note]) -> bool:
    """Whether there are notes in the column at the left, besides a title."""
    return any(isinstance(note, (Formula, Meter, Facts)) for note in notes)


def first_of(notes: Sequence[object], kind: type[Kind]) -> Kind | None:
    """Return the first note of a kind, or None."""
    return next((note for note in notes if isinstance(note, kind)), None)
