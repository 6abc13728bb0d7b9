"""Strips over the picture: long-running tasks with their progress and buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lossland.play.strips import Strip
from lossland.ui.layout import CHIP_HEIGHT, Rect
from lossland.ui.pen import Pen
from lossland.ui.widgets import chip, chip_width
from lossland.ui.windows import window

if TYPE_CHECKING:
    from lossland.play.player import Player

HEIGHT, GAP = 36.0, 6.0
SIDE = 16.0  # horizontal padding of a strip


def draw_strips(pen: Pen, player: Player, strips: Sequence[Strip], free: Rect, head: Rect) -> None:
    """Draw strips below each other at the top of the picture; tooltips do not cover them.

    The first one stands above the picture, in the rectangle ``head``, if it fits.
    """
    y = free.y + 4
    pen.kept_clear = []
    for number, strip in enumerate(strips):
        widths = [chip_width(pen, button.text) for button in strip.buttons]
        room = free.width - 2 * SIDE - 18 - sum(width + 8 for width in widths)
        text = pen.fitted(strip.text, room, 14)
        width = 2 * SIDE + 18 + pen.width(text, 14) + sum(one + 8 for one in widths)
        if number == 0 and width <= head.width:
            area = Rect(head.x + (head.width - width) / 2, head.center[1] - HEIGHT / 2, width, HEIGHT)
        else:
            area = Rect(free.x + (free.width - width) / 2, y, width, HEIGHT)
            y += HEIGHT + GAP
        pen.kept_clear.append(area)
        around = Rect(area.x - 1, area.y - 1, area.width + 2, area.height + 2)  # for the frame's outer half
        with window(pen, f"strip{number}", around, ground=False):
            pen.box(area.x, area.y, area.width, area.height, "panel", 0.97, HEIGHT / 2)
            pen.frame(area.x, area.y, area.width, area.height, "hair", 1.0, HEIGHT / 2)
            middle = area.center[1]
            pen.dot(area.x + SIDE + 4, middle, 4, strip.color)
            x = area.x + SIDE + 18
            x += pen.text(x, middle, text, 14)
            for button, wide in zip(strip.buttons, widths, strict=True):
                x += 8
                if chip(pen, x, middle - CHIP_HEIGHT / 2, button.text, f"strip.{button.wish}", button.help):
                    player.wish(button.wish)
                x += wide
            if strip.share is not None:
                left, length = area.x + HEIGHT / 2, area.width - HEIGHT
                pen.box(left, area.bottom - 4, length, 2, "text", 0.14, 1)
                pen.box(left, area.bottom - 4, length * strip.share, 2, strip.color, 1.0, 1)
