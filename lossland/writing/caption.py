"""What a film says below its subject: a short title, and a sentence or a formula under it."""

from __future__ import annotations

from dataclasses import dataclass

from imgui_bundle import imgui

from lossland.writing.placement import Rect
from lossland.writing.text import Type

# Logical pixels of text
ROOM = 92.0  # below the subject
TITLE_SIZE = 28.0
TEXT_SIZE = 17.0
FORMULA_SIZE = 28.0
FOOT = 24.0  # from the lower edge to the foot of the sentence


@dataclass(frozen=True)
class Caption:
    """A title and a sentence or formula, of which so much is ``visible`` (0 to 1): captions come and go gently."""

    title: str
    text: str = ""
    visible: float = 1.0
    latex: str = ""


def above_caption(area: Rect, type_: Type) -> Rect:
    """Return the part of a rectangle that a caption leaves to the subject, whatever it says."""
    x, y, width, height = area
    return x, y, width, max(height - type_.px(ROOM), height / 2)


def draw_caption(draw_list: imgui.ImDrawList, type_: Type, caption: Caption, area: Rect) -> None:
    """Write a caption in the middle of a rectangle's lower edge."""
    x, y, width, height = area
    middle, foot = x + width / 2, y + height - type_.px(FOOT)
    if caption.latex:
        look = {"halo": True, "ax": 0.5, "ay": 0.5, "alpha": caption.visible}
        type_.put_formula(
            draw_list, middle, foot - type_.px(TEXT_SIZE / 2), caption.latex, FORMULA_SIZE, "text", **look
        )
        foot -= type_.px(FORMULA_SIZE + 9)
    elif caption.text:
        type_.text(
            draw_list, middle, foot, caption.text, TEXT_SIZE, "dim", halo=True, ax=0.5, ay=1.0, alpha=caption.visible
        )
        foot -= type_.px(TEXT_SIZE + 9)
    type_.text(
        draw_list, middle, foot, caption.title, TITLE_SIZE, "text", "bold", halo=True, ax=0.5, ay=1.0,
        alpha=caption.visible,
    )  # fmt: skip
