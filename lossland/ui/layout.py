"""The layout of the panels: a pure function of the window's size, so that it can be tested without a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right"]

GAP = 12.0  # between panels, and between a panel and the window's edge
PADDING = 16.0  # inside a panel
CHIP_HEIGHT = 24.0
TIP_GAP = 8.0  # between a tooltip and the panel it belongs to
HEAD_ROOM = 44.0  # the strip above the picture that holds the switches and the view's buttons

TALL = 860.0  # least height for wide panels whose rows are two lines high
NARROW = 960.0  # below this width the left panel is folded, and a button opens it
SLIM = 760.0  # below this width the right panel is folded too
BUTTON = 32.0  # from one icon button to the next


@dataclass(frozen=True)
class Rect:
    """A rectangle in panel units (a pixel at scale 1); y runs down."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    @property
    def parts(self) -> tuple[float, float, float, float]:
        """Corner and size: x, y, width, height."""
        return self.x, self.y, self.width, self.height

    @property
    def center(self) -> tuple[float, float]:
        """The centre (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Rect) -> bool:
        """Whether the two rectangles share an area."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def scaled(self, factor: float) -> Rect:
        """Return the same rectangle in other units, e.g. in pixels of the framebuffer."""
        return Rect(self.x * factor, self.y * factor, self.width * factor, self.height * factor)


@dataclass(frozen=True)
class Layout:
    """The rectangles of all panels, in panel units. A side panel is None while it is folded."""

    size: tuple[float, float]
    compact: bool
    folded: tuple[Side, ...]  # the side panels that do not fit beside the picture
    left: Rect | None
    right: Rect | None
    timeline: Rect
    switches: Rect
    buttons: Rect
    free: Rect  # of the picture; an opened drawer covers a part of it

    @property
    def clear(self) -> Rect:
        """The part of the free rectangle beside an opened drawer."""
        free = self.free
        left = self.left.right + GAP if self.left and "left" in self.folded else free.x
        right = self.right.x - GAP if self.right and "right" in self.folded else free.right
        return Rect(left, free.y, right - left, free.height)


def layout(size: tuple[int, int], scale: float = 1.0, drawer: Side | None = None) -> Layout:
    """Place the panels in a framebuffer of ``size`` pixels, with ``scale`` pixels per panel unit.

    ``drawer`` is the side panel that is opened if it is folded: it then covers a part of the picture.
    """
    width, height = size[0] / scale, size[1] / scale
    compact = height < TALL
    left_width, right_width, timeline_height = (236.0, 312.0, 60.0) if compact else (272.0, 352.0, 68.0)
    left_width, right_width = min(left_width, width - 2 * GAP), min(right_width, width - 2 * GAP)
    timeline = Rect(GAP, height - GAP - timeline_height, width - 2 * GAP, timeline_height)
    side_height = timeline.y - 2 * GAP
    folded: list[Side] = []
    if width < NARROW:
        folded.append("left")
    if width < SLIM:
        folded.append("right")
    x0 = GAP if "left" in folded else left_width + 2 * GAP
    x1 = width - GAP if "right" in folded else width - right_width - 2 * GAP
    free = Rect(x0, GAP + HEAD_ROOM, x1 - x0, side_height - HEAD_ROOM)

    def side(name: Side, x: float, side_width: float) -> Rect | None:
        if name not in folded:
            return Rect(x, GAP, side_width, side_height)
        return Rect(x, free.y, side_width, free.height) if name == drawer else None

    left, right = side("left", GAP, left_width), side("right", width - GAP - right_width, right_width)
    buttons_width = BUTTON * (3 + ("right" in folded)) + 4
    buttons = Rect(x1 - buttons_width, GAP + 6, buttons_width, CHIP_HEIGHT)
    switches = Rect(x0 + 4, GAP + 6, buttons.x - GAP - x0 - 4, CHIP_HEIGHT)
    return Layout((width, height), compact, tuple(folded), left, right, timeline, switches, buttons, free)


def tip_corner(
    tip: tuple[float, float], item: Rect, panel: Rect, screen: tuple[float, float], clear: Sequence[Rect] = ()
) -> tuple[float, float]:
    """Return the upper left corner of a tooltip of a size: beside the panel of the item that it explains.

    So it never covers the item's neighbours. Beside a horizontal bar is above or below it, where there is more room.
    If there is no room beside the panel, it goes below the item itself. If it would cover a ``clear`` rectangle (given
    from top to bottom), it goes below that.
    """
    x, y = _beside(tip, item, panel, screen)
    for kept in clear:
        if Rect(x, y, *tip).overlaps(kept):
            y = kept.bottom + TIP_GAP
    return x, y


def _beside(tip: tuple[float, float], item: Rect, panel: Rect, screen: tuple[float, float]) -> tuple[float, float]:
    width, height = tip
    middle_x, middle_y = panel.center
    right = max(screen[0] - width, 0.0)
    bottom = max(screen[1] - height, 0.0)
    if panel.height > panel.width:
        x = panel.right + TIP_GAP if middle_x < screen[0] / 2 else panel.x - TIP_GAP - width
        if 0 <= x <= right:
            return x, min(max(item.center[1] - height / 2, 0.0), bottom)
        panel, middle_y = item, item.center[1]
    x = min(max(item.center[0] - width / 2, 0.0), right)
    y = panel.bottom + TIP_GAP if middle_y < screen[1] / 2 else panel.y - TIP_GAP - height
    return x, min(max(y, 0.0), bottom)
