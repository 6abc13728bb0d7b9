"""One picture out of its parts: the world, what is written over it, and the panels. Window and film share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy, deepcopy
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray
from vispy import gloo

from lossland.numerals import thousands
from lossland.play.player import Player
from lossland.render.backdrop import light_centre
from lossland.render.gl.programs import Region, set_region
from lossland.render.gl.target import Target
from lossland.render.painter import Quality
from lossland.render.painters.points import every_nth
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame
from lossland.ui.panels import Panels
from lossland.world.layers import Points
from lossland.world.theme import Theme
from lossland.writing.host import Host
from lossland.writing.hovering import draw_mark, draw_probe
from lossland.writing.overlay import draw_overlay
from lossland.writing.panel_cache import Box, PanelCache, Progress
from lossland.writing.placement import Rect
from lossland.writing.room import free_rect
from lossland.writing.scale import picture_scale
from lossland.writing.text import Type

CAPTION_SIZE = 17.0
AT_ONCE = 100_000  # pixels of panels drawn in a frame, while more frames follow


def still(player: Player, size: tuple[int, int], theme: Theme, text_scale: float = 1.0) -> NDArray[np.uint8]:
    """Return what a player shows (h, w, 4) without panels and in full quality; leaves the player as it is."""
    twin = copy(player)
    twin.camera = deepcopy(player.camera)
    picture, target = Picture(theme, size, text_scale=text_scale), Target(size)
    with target:
        picture.draw(twin, size, quality=Quality.still)
    image = target.read()
    picture.close()
    target.close()
    return image


class Picture:
    """Draws players into the bound framebuffer; needs a current GL context.

    ``window`` is the GLFW window or None; ``scale`` the pixels to a logical pixel (None: chosen by the size);
    ``text_scale`` how much larger than usual text and panels are; ``kept`` whether the framebuffer still holds the
    picture before (see ``canvas.keeps_pictures``).
    Panels and what is written over the scene have a Host each: panels are built and drawn only when they change
    (``refresh`` and ``compose``), the writing with every frame.
    """

    def __init__(
        self,
        theme: Theme,
        size: tuple[int, int],
        scale: float | None = None,
        window: Any = None,
        kept: bool = False,
        text_scale: float = 1.0,
    ) -> None:
        self.theme = theme
        self._kept = kept
        self._window = window is not None
        self.scale = scale or picture_scale(size)
        self.text_scale = text_scale
        self.writing = Host(theme, self.scale * text_scale)
        self.type = Type(theme, self.scale, text_scale)
        self.host = Host(theme, self.scale * text_scale, window)
        self.renderer = Renderer(theme, self._window)
        self._settled: Player | None = None  # the player that the panels have found their sizes for
        self.panels = Panels(theme, Type(theme, self.scale, text_scale), lazy=window is not None)
        self.panel_cache: PanelCache | None = None
        self._progress = Progress.SHOWN
        self._panel_data: imgui.ImDrawData | None = None  # what was built last, until all of it is shown
        self.free: Rect | None = None  # what the panels left to the scene when they were last built
        self.statistics: Sequence[str] = ()  # lines written over the upper left of the scene
        self.times: dict[str, float] = {}  # seconds that the parts of the last frame took

    def draw(
        self,
        player: Player,
        size: tuple[int, int],
        ui: bool = False,
        quality: Quality = Quality.live,
        dt: float = 1 / 60,
        caption: str = "",
    ) -> None:
        """Draw a player's present picture over the viewport of the bound framebuffer, of ``size`` pixels."""
        free = None
        if ui:
            self.host.begin(size, dt)
            free = self.panels.draw(player, player.frame(), size)
        frame = self._arrange(player, size, free, quality, caption)
        self._draw_scene(frame, player, size, quality, None)
        if ui:
            self.host.end()

    # ------------------------------------------------------------------------------- in the window, part by part
    def refresh(self, player: Player, size: tuple[int, int], dt: float = 1 / 60) -> None:
        """Build the panels again, ``dt`` seconds after the last time; ``compose`` draws what has changed in them."""
        start = perf_counter()
        self.host.begin(size, dt)
        self.free = self.panels.draw(player, player.frame(), size)
        self._panel_data, self._progress = self.host.finish(), Progress.NEW
        self.times["panels"] = perf_counter() - start

    def compose(
        self,
        player: Player,
        size: tuple[int, int],
        quality: Quality | None,
        spread: bool = False,
        rebuilt: float | None = None,
        before_drawing: Callable[[], None] = lambda: None,
    ) -> None:
        """Draw scene, writing and panels.

        Without a quality the scene stays as ``refine`` drew it last. What has changed in the panels is in this picture,
        or, where the work is ``spread``, drawn part by part over the pictures that follow. ``rebuilt`` builds them
        within this picture, so many seconds after the last time. ``before_drawing`` is called when everything is
        computed: without a GPU the picture before this one is still being drawn by other threads until then.
        """
        if self.free is None:
            self.refresh(player, size)
        free = self.free
        frame = self._arrange(player, size, free, quality)
        if rebuilt is not None:
            self.refresh(player, size, rebuilt)
        before_drawing()
        spread = self._update_sheet(player, size, spread)
        self._draw_scene(frame, player, size, quality, _region(free, size))
        self._lay_panels(spread)

    def refine(self, player: Player, size: tuple[int, int], quality: Quality) -> Iterator[None]:
        """Draw as ``compose`` does, but in steps of a few hundredths of a second; the last one changes the picture."""
        self.writing.use()
        player.resize(size, self.free or (0.0, 0.0, *size))
        frame, region = player.frame(), _region(self.free, size)
        yield from self.renderer.draw_gradually(frame, player.camera, size, player.show, quality, self.scale, region)
        self.writing.begin(size)
        self._write(frame, player, size, self.free)
        self._update_sheet(player, size, spread=False)
        self.renderer.repeat(size, region)
        self.writing.lay(self.writing.finish())
        self._lay_panels(spread=False)

    def panel_at(self, x: float, y: float) -> bool:
        """Whether a panel stands at a pixel, or nothing is known of the panels."""
        if self.free is None or self.panel_cache is None:
            return True
        left, top, right, bottom = _box(self.free, self.panel_cache.size)
        return not (left <= x < right and top <= y < bottom) or self.panel_cache.covers(x, y)

    def _update_sheet(self, player: Player, size: tuple[int, int], spread: bool) -> bool:
        """Draw into the cache what has changed in the panels; with ``spread`` only find out what it is.

        Returns whether it is spread: a sheet that has to be drawn from scratch is drawn at once.
        """
        start = perf_counter()
        if self.panel_cache is None or self.panel_cache.size != size:
            if self.panel_cache is not None:
                self.panel_cache.close()
            self.panel_cache, spread = PanelCache(size, self.theme, self._kept), False
        if self._panel_data is not None:
            if self._progress.to_compare(spread):
                box, light = _box(self.free, size), light_centre(player.camera)
                all_of_it = self.panel_cache.update(self._panel_data, box, light)
                spread = spread and not all_of_it
                self._progress = Progress.COMPARED
            if not spread:
                self.panel_cache.draw(self.host, self._panel_data)
        self.panel_cache.copy_drawn()
        self.times["laying"] = perf_counter() - start
        return spread

    def _lay_panels(self, spread: bool) -> None:
        """Composite the panels over the scene; then draw a part of what has changed, if that is spread over frames."""
        start = perf_counter()
        assert self.panel_cache is not None
        self.panel_cache.composite()
        gloo.flush()
        if spread and self._progress is Progress.COMPARED and self._panel_data is not None:
            self.panel_cache.draw(self.host, self._panel_data, AT_ONCE)
            gloo.flush()
        self._progress = self._progress.after_frame(self.panel_cache.complete)
        if self._progress is Progress.SHOWN:
            self._panel_data = None
        self.times["laying"] += perf_counter() - start

    @property
    def owes_panels(self) -> bool:
        """Whether panels were built that are not drawn yet, or drawn and not composited."""
        cache = self.panel_cache
        return self._progress is not Progress.SHOWN or (cache is not None and not cache.up_to_date)

    def _arrange(
        self,
        player: Player,
        size: tuple[int, int],
        free: Rect | None,
        quality: Quality | None,
        caption: str = "",
    ) -> Frame:
        """Compute what there is to see, and place the writing over it; nothing is drawn yet."""
        start = perf_counter()
        self.writing.begin(size)
        frame = player.frame()
        player.resize(size, free or free_rect(frame, size, self.type))
        frame = player.frame()  # the panels may have changed what is shown
        if free is None:
            frame = frame.still
        computed = perf_counter()
        self._write(frame, player, size, free, caption, quality)
        self._written = self.writing.finish()
        self.times |= {"compute": computed - start, "writing": perf_counter() - computed}
        return frame

    def _draw_scene(
        self, frame: Frame, player: Player, size: tuple[int, int], quality: Quality | None, region: Region | None
    ) -> None:
        start = perf_counter()
        if quality is None:
            self.renderer.repeat(size, region)
        else:
            self.renderer.draw(frame, player.camera, size, player.show, quality, self.scale, region)
        self.writing.lay(self._written)
        self.times["draw"] = perf_counter() - start

    def _write(
        self,
        frame: Frame,
        player: Player,
        size: tuple[int, int],
        free: Rect | None,
        caption: str = "",
        quality: Quality | None = None,
    ) -> None:
        self.writing.use()
        self.type.light = quality is not None and quality.moving
        behind_panels = imgui.get_background_draw_list()
        area = free or free_rect(frame, size, self.type)
        left, top, right, bottom = _box(free, size)  # nothing hides what would be written beside it
        behind_panels.push_clip_rect(imgui.ImVec2(left, top), imgui.ImVec2(right, bottom))
        draw_overlay(behind_panels, self.type, frame, player.camera, size, area, player.show, panels=free is not None)
        found = player.mark()
        if found is not None:
            draw_mark(behind_panels, self.type, found, player.camera, size, area)
        if player.probe is not None and free is not None:
            draw_probe(behind_panels, self.type, player.probe, area)
        if caption:
            self._caption(behind_panels, caption, area)
        for number, line in enumerate([*_thinned(frame, quality), *self.statistics]):
            x, y = area[0] + self.type.px(14), area[1] + self.type.px(10 + 18 * number)
            self.type.text(behind_panels, x, y, line, 13.0, "text", "mono", halo=True)
        behind_panels.pop_clip_rect()

    def settle(self, player: Player, size: tuple[int, int], ui: bool) -> None:
        """Let panels find their sizes: the first two frames of Dear ImGui's windows are guesses."""
        if ui and player is not self._settled:
            self._settled = player
            self.digest(player, size)
            self.digest(player, size)

    def digest(self, player: Player, size: tuple[int, int]) -> None:
        """Let the panels take input and find their sizes without drawing them."""
        self.host.begin(size)
        self.panels.draw(player, player.frame(), size)
        imgui.end_frame()
        self._panel_data, self._progress = None, Progress.SHOWN  # what was built went with the new frame
        if self.panel_cache is not None and not self.panel_cache.complete:
            self.free = None  # build them again before the next picture

    def recover(self) -> None:
        """Be ready to draw again after a drawing that failed in its middle."""
        for host in (self.writing, self.host):
            host.abandon()
        set_region(None)
        self._panel_data = self.free = None
        self._progress = Progress.SHOWN

    def set_theme(self, theme: Theme) -> None:
        """Change the colours of everything."""
        self.renderer.close()
        self.theme = self.type.theme = self.panels.pen.type.theme = theme
        self.writing.set_style(theme, self.type.scale)
        self.host.set_style(theme, self.type.scale)
        self.renderer = Renderer(theme, self._window)
        self.panels.theme = theme
        if self.panel_cache is not None:
            self.panel_cache.close()
        self.panel_cache = self.free = None

    def close(self) -> None:
        """Free the GL objects."""
        self.renderer.close()
        if self.panel_cache is not None:
            self.panel_cache.close()
        self.writing.use()
        self.type.close()
        self.writing.close()
        self.host.use()
        self.panels.close()
        self.panels.pen.type.close()
        self.host.close()

    def _caption(self, dl: imgui.ImDrawList, text: str, free: tuple[float, float, float, float]) -> None:
        x, y, width, height = free
        self.type.text(
            dl,
            x + width / 2,
            y + height - self.type.px(14),
            text,
            CAPTION_SIZE,
            "text",
            "bold",
            halo=True,
            ax=0.5,
            ay=1.0,
        )


def _box(free: Rect | None, size: tuple[int, int]) -> Box:
    """Return what the panels leave to the scene in whole pixels: left, top, right, bottom."""
    x, y, width, height = free or (0.0, 0.0, *size)
    right, bottom = min(ceil(x + width), size[0]), min(ceil(y + height), size[1])
    return max(int(x), 0), max(int(y), 0), right, bottom


def _region(free: Rect | None, size: tuple[int, int]) -> Region:
    left, top, right, bottom = _box(free, size)
    return left, size[1] - bottom, right - left, bottom - top


def _thinned(frame: Frame, quality: Quality | None) -> list[str]:
    """Say which clouds of dots are drawn only in part."""
    if quality is None or not quality.dots:
        return []
    lines = []
    for layer in frame.layers:
        if isinstance(layer, Points) and layer.style == "dot":
            count, every = len(layer.position), every_nth(len(layer.position), quality.dots)
            if every > 1:
                lines.append(f"{thousands(count)} particles, {thousands(-(-count // every))} drawn")
    return lines
