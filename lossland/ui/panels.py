"""All panels together: what the window shows around the picture, and the controls of a Player."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lossland.interrupts import sheltered
from lossland.play.strips import Strip
from lossland.scenery.scene import Frame
from lossland.ui.browser import Browser
from lossland.ui.formula_box import FormulaBox
from lossland.ui.help import draw_help
from lossland.ui.inspector import Inspector
from lossland.ui.layout import PADDING, Rect, layout
from lossland.ui.notices import Notices
from lossland.ui.pen import Pen
from lossland.ui.strips import draw_strips
from lossland.ui.thumbnails import Thumbnails
from lossland.ui.timeline import Timeline
from lossland.ui.viewbar import ViewBar
from lossland.ui.windows import window
from lossland.world.theme import Theme
from lossland.writing.text import Type

if TYPE_CHECKING:
    from lossland.play.player import Player

ROOMY = 1000.0  # from this height on, panels show what they else leave out
SHORT = 400.0  # below this height of the browser its list needs all the room there is
LEAST_LIST = 90.0  # height of the list of scenes; with less it scrolls together with the formula
LAZY = 2  # thumbnails per frame of a window
EAGER = 1000  # per picture that must be complete at once


class Panels:
    """Draws every panel between a Host's ``begin`` and ``end``.

    ``lazy`` makes thumbnails over several frames, from the second one on; ``pending`` says whether some are missing.
    If not ``visible``, only the picture is drawn.
    """

    def __init__(self, theme: Theme, type_: Type, lazy: bool = False) -> None:
        self.pen = Pen(theme, type_)
        self.thumbnails = Thumbnails(self.pen)
        self._at_once = LAZY if lazy else EAGER
        self._most = 0 if lazy else EAGER  # thumbnails of the next frame: the first picture does not wait for them
        self.browser = Browser(self.pen, self.thumbnails)
        self.formula_box = FormulaBox(self.pen)
        self.inspector = Inspector(self.pen)
        self.timeline = Timeline(self.pen)
        self.view_bar = ViewBar(self.pen)
        self.notices = Notices(self.pen)
        self.strips: Sequence[Strip] = ()  # of the window, over the picture
        self.visible = True

    @property
    def pending(self) -> bool:
        """Whether another frame would show more even without input."""
        return self.thumbnails.pending

    @property
    def theme(self) -> Theme:
        """The theme to draw in."""
        return self.pen.theme

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self.pen.theme = theme

    @sheltered  # Dear ImGui asserts after a frame that is left half built
    def draw(
        self, player: Player, frame: Frame, size: tuple[int, int], seen: bool = True
    ) -> tuple[float, float, float, float]:
        """Build the panels for a framebuffer of ``size`` pixels; return the free rectangle x, y, w, h in pixels.

        Thumbnails are not made for panels that will not be ``seen``.
        """
        places = layout(size, self.pen.scale, self.view_bar.drawer)
        if not self.visible:
            self.notices.draw(player, Rect(0, 0, *places.size))
            return 0.0, 0.0, float(size[0]), float(size[1])
        self.pen.compact, self.pen.roomy = places.compact, places.size[1] >= ROOMY
        self.thumbnails.begin(self._most if seen else 0)
        self._most = self._at_once if seen else self._most
        self.view_bar.draw(player, frame, places)
        if places.left:
            self._left(player, places.left, solid="left" in places.folded)
            if self.browser.opened and "left" in places.folded:
                self.view_bar.drawer = None
            self.browser.opened = False
        if places.right:
            self.inspector.draw(player, frame, places.right, solid="right" in places.folded)
        self.timeline.draw(player, frame, places.timeline)
        if self.pen.notice is not None:
            player.say(*self.pen.notice)
            self.pen.notice = None
        draw_strips(self.pen, player, self.strips, places.clear, self.view_bar.between)
        if player.help:
            draw_help(self.pen, player, places.size)
        else:  # messages would cover the page; they are drawn again once it is closed
            self.notices.draw(player, places.clear)
        free = places.free.scaled(self.pen.scale)
        return free.x, free.y, free.width, free.height

    def close(self) -> None:
        """Free the textures."""
        self.thumbnails.close()

    def _left(self, player: Player, area: Rect, solid: bool) -> None:
        short = area.height < SHORT
        with window(self.pen, "browser", area, solid=solid):
            top = self.browser.head(player, area, short)
            height = self.formula_box.height(player, area.width - 2 * PADDING, short)
            if area.bottom - height - top >= LEAST_LIST:
                self.browser.list(player, Rect(area.x, top, area.width, area.bottom - height - top))
                self.formula_box.draw(player, Rect(area.x, area.bottom - height, area.width, height))
                return
            with self.browser.scrolled(Rect(area.x, top, area.width, area.bottom - top)) as inside:
                y = inside.y
                if not self.browser.search:  # what is found needs the room
                    self.formula_box.draw(player, Rect(area.x, y, area.width, height))
                    y += height + 6
                self.browser.rows(player, Rect(area.x, top, area.width, area.bottom - top), y)
