"""Composes a picture: the world, the text over it, and the panels. Window and film share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy, deepcopy
from dataclasses import replace
from math import ceil
from time import perf_counter
from weakref import WeakSet

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray
from vispy import gloo

from lossland.formats.drawing import Drawing
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
from lossland.world.camera import Rect
from lossland.world.layers import Points, Title
from lossland.world.theme import Theme
from lossland.writing.caption import Caption, above_caption, draw_caption
from lossland.writing.host import Host
from lossland.writing.hovering import draw_mark, draw_probe
from lossland.writing.overlay import draw_overlay
from lossland.writing.panel_cache import Box, PanelCache, Progress
from lossland.writing.room import free_rect
from lossland.writing.said import can_say, said_as
from lossland.writing.scale import picture_scale
from lossland.writing.text import Type
from lossland.writing.vector import Tracing, drawing, sharp_edges

AT_ONCE = 100_000  # pixels of panels drawn in a frame, while more frames follow


def still(player: Player, size: tuple[int, int], theme: Theme, text_scale: float = 1.0) -> NDArray[np.uint8]:
    """Return a player's picture (h, w, 4) without panels and in full quality; does not change the player."""
    twin = copy(player)
    twin.camera = deepcopy(player.camera)
    picture, target = Picture(theme, size, text_scale=text_scale), Target(size)
    with target:
        picture.draw(twin, size, quality=Quality.still)
    image = target.read()
    picture.close()
    target.close()
    return image


SOFT = 26.0  # logical pixels over which a scene in the print theme fades out beside panels


class Picture:
    """Draws players into the bound framebuffer; needs a current GL context.

    ``window`` is the GLFW window or None; ``scale`` the pixels per logical pixel (None: chosen by the size);
    ``text_scale`` a factor on the size of text and panels; ``kept`` whether the framebuffer still holds the previous
    picture (see ``canvas.keeps_pictures``). Pictures without a window may have no ``title``, and be ``transparent``
    (with premultiplied alpha).
    Panels and the text over the scene have a Host each: panels are built and drawn only when they change (``refresh``
    and ``compose``), the text with every frame.
    """

    def __init__(
        self,
        theme: Theme,
        size: tuple[int, int],
        scale: float | None = None,
        window: object = None,
        kept: bool = False,
        text_scale: float = 1.0,
        title: bool = True,
        transparent: bool = False,
    ) -> None:
        self.theme = theme
        self._titled, self._opaque = title, not transparent
        self._kept = kept
        self._window = window is not None
        self.scale = scale or picture_scale(size)
        self.text_scale = text_scale
        self.writing = Host(theme, self.scale * text_scale)
        self.type = Type(theme, self.scale, text_scale)
        self.host = Host(theme, self.scale * text_scale, window)
        self.renderer = Renderer(theme, self._window, transparent)
        self._settled: Player | None = None  # the player for which the panels have settled their sizes
        self._fitted = WeakSet[Player]()  # whose cameras have been fitted
        self.panels = Panels(theme, Type(theme, self.scale, text_scale), lazy=window is not None)
        self.panel_cache: PanelCache | None = None
        self.panels_revision = -1  # the player's revision for which the panels were built last
        self._fine: tuple[Player, int, tuple[int, int]] | None = None  # player, revision and size refined last
        self._fed: Frame | None = None  # the frame that the panels were built from last
        self._told: Frame | None = None  # the frame of the panels that are shown
        self._progress = Progress.SHOWN
        self._panel_data: imgui.ImDrawData | None = None  # the panels built last, until all of it is shown
        self.free: Rect | None = None  # the rectangle that the panels left to the scene when they were last built
        self.statistics: Sequence[str] = ()  # lines written over the upper left of the scene
        self.times: dict[str, float] = {}  # seconds of the parts of the last frame

    def draw(
        self,
        player: Player,
        size: tuple[int, int],
        ui: bool = False,
        quality: Quality = Quality.live,
        dt: float = 1 / 60,
        caption: Caption | None = None,
    ) -> None:
        """Draw a player's current picture over the viewport of the bound framebuffer, of ``size`` pixels."""
        free = None
        if ui:
            self.host.begin(size, dt)
            free = self.panels.draw(player, player.frame(), size)
        frame = self._arrange(player, size, free, quality, caption)
        self._draw_scene(frame, player, size, quality, None)
        if ui:
            self.host.end(self._opaque)

    def drawing(self, player: Player, target: Target, quality: Quality) -> Drawing:
        """Return a player's current picture with its text as vector shapes; the scene is drawn in ``target``.

        Panels are not part of it.
        """
        self.writing.use()
        self.type.tracing = tracing = Tracing()
        try:
            with sharp_edges():
                frame = self._arrange(player, target.size, None, quality)
        finally:
            self.type.tracing = None
        with target:
            self.renderer.draw(frame, player.camera, target.size, player.show, quality, self.scale)
        return drawing(target.read(), self._written, tracing, player.scene.title)

    # ------------------------------------------------------------------------------- in the window, part by part
    def refresh(self, player: Player, size: tuple[int, int], dt: float = 1 / 60) -> bool:
        """Rebuild the panels, ``dt`` seconds after the last time; ``compose`` draws their changes.

        If one of them changed the player, those before it are outdated: all are built again. Returns True if they are
        still changing then, or have input left to process.
        """
        start = perf_counter()
        self._settle_panels(player, size)
        for pause in (dt, 0.0):
            revision = player.revision
            self._fed = player.frame()
            self.host.begin(size, pause)
            self.free = self.panels.draw(player, self._fed, size)
            self._panel_data, self._progress = self.host.finish(), Progress.NEW
            if player.revision == revision:
                break
        self.panels_revision = revision
        self.times["panels"] = perf_counter() - start
        return player.revision != revision or self.host.waiting > 0

    def compose(
        self,
        player: Player,
        size: tuple[int, int],
        quality: Quality,
        spread: bool = False,
        before_drawing: Callable[[], None] = lambda: None,
    ) -> int:
        """Draw scene, text and panels; return the player's revision that the picture shows.

        A scene that ``refine`` drew last is reused while nothing changes. Changes of the panels are in this picture,
        or, if the work is ``spread``, drawn part by part over the following pictures, and shown once they are complete;
        until then the text over the scene matches the shown panels. ``before_drawing`` is called when everything is
        computed: a software renderer is still drawing the previous picture in other threads until then.
        """
        if self.free is None:
            self.refresh(player, size)
        player.resize(size, self.free or (0.0, 0.0, *size))
        spread = self._compare_panels(player, size, spread)
        text_quality = None if self._fine == (player, player.revision, size) else quality  # a refined scene is kept
        frame = self._arrange(player, size, self.free, text_quality, told=self._told)
        revision = player.revision
        before_drawing()
        self._draw_panels(spread)
        fine = self._fine == (player, revision, size)
        self._draw_scene(frame, player, size, None if fine else quality, _region(self.free, size))
        self._composite_panels(spread)
        return revision

    def refine(self, player: Player, size: tuple[int, int], quality: Quality) -> Iterator[None]:
        """Draw like ``compose``, but in steps of a few hundredths of a second; the last one changes the picture.

        It draws one state of the player: once that changes, the remaining steps should be dropped.
        """
        self._fine = None
        self.writing.use()
        player.resize(size, self.free or (0.0, 0.0, *size))
        frame, region, revision = player.frame(), _region(self.free, size), player.revision
        yield from self.renderer.draw_gradually(frame, player.camera, size, player.show, quality, self.scale, region)
        self.writing.begin(size)
        self._write(frame, player, size, self.free)
        self._compare_panels(player, size, spread=False)
        self._draw_panels(spread=False)
        self.renderer.repeat(size, region)
        self.writing.composite(self.writing.finish())
        self._composite_panels(spread=False)
        self._fine = player, revision, size

    def panel_at(self, x: float, y: float) -> bool:
        """Whether there is a panel at a pixel, or the panels are unknown."""
        if self.free is None or self.panel_cache is None:
            return True
        left, top, right, bottom = _box(self.free, self.panel_cache.size)
        return not (left <= x < right and top <= y < bottom) or self.panel_cache.covers(x, y)

    def _compare_panels(self, player: Player, size: tuple[int, int], spread: bool) -> bool:
        """Find the changes of the panels, and the frame of those that will be in this picture.

        Returns whether the work is spread: an empty cache is drawn at once.
        """
        start = perf_counter()
        if self.panel_cache is None or self.panel_cache.size != size:
            if self.panel_cache is not None:
                self.panel_cache.close()
            self.panel_cache, spread = PanelCache(size, self.theme, self._kept), False
        if self._panel_data is not None and self._progress.to_compare(spread):
            box, light = _box(self.free, size), light_centre(player.camera)
            all_of_it = self.panel_cache.update(self.host, self._panel_data, box, light)
            spread = spread and not all_of_it
            self._progress = Progress.COMPARED
        whole = self.panel_cache.complete and self._progress in (Progress.COMPARED, Progress.SHOWN)
        if whole or not spread:
            self._told = self._fed
        self.times["composite"] = perf_counter() - start
        return spread

    def _draw_panels(self, spread: bool) -> None:
        """Draw the changes into the cache, unless the work is spread; show what is complete there."""
        start = perf_counter()
        assert self.panel_cache is not None
        if self._panel_data is not None and not spread:
            self.panel_cache.draw(self.host, self._panel_data)
        self.panel_cache.copy_drawn()
        self.times["composite"] += perf_counter() - start

    def _composite_panels(self, spread: bool) -> None:
        """Composite the panels over the scene; then draw a part of the changes, if that is spread over frames."""
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
        self.times["composite"] += perf_counter() - start

    def tells(self, player: Player) -> bool:
        """Whether the text can still match the shown panels."""
        return self.free is not None and self._told is not None and can_say(self._told, player.frame())

    @property
    def owes_panels(self) -> bool:
        """Whether panels were built that are not yet drawn, or drawn but not composited."""
        cache = self.panel_cache
        return self._progress is not Progress.SHOWN or (cache is not None and not cache.up_to_date)

    def _arrange(
        self,
        player: Player,
        size: tuple[int, int],
        free: Rect | None,
        quality: Quality | None,
        caption: Caption | None = None,
        told: Frame | None = None,
    ) -> Frame:
        """Compute the frame, and lay out the text over it; nothing is drawn yet. No ``quality`` is the full one.

        If the shown panels were built from another frame, ``told``, the text matches them.
        """
        start = perf_counter()
        self.writing.begin(size)
        frame = self._shown(player)
        player.resize(size, self._area(frame, size, free, caption))
        if free is None:
            frame = frame.still
        computed = perf_counter()
        self._write(frame, player, size, free, caption, quality, told)
        self._written = self.writing.finish()
        self.times |= {"compute": computed - start, "writing": perf_counter() - computed}
        return frame

    def _shown(self, player: Player) -> Frame:
        """Return the current frame, without its title if that is switched off."""
        frame = player.frame()
        return frame if self._titled else replace(frame, notes=[n for n in frame.notes if not isinstance(n, Title)])

    def _area(self, frame: Frame, size: tuple[int, int], free: Rect | None, caption: Caption | None) -> Rect:
        """Return the rectangle that panels or notes, and a caption, leave to the subject."""
        area = free or free_rect(frame, size, self.type)
        return area if caption is None else above_caption(area, self.type)

    def _draw_scene(
        self, frame: Frame, player: Player, size: tuple[int, int], quality: Quality | None, region: Region | None
    ) -> None:
        start = perf_counter()
        if quality is None:
            self.renderer.repeat(size, region)
        else:
            self.renderer.draw(frame, player.camera, size, player.show, quality, self.scale, region)
        self.writing.composite(self._written, self._opaque)
        self.times["draw"] = perf_counter() - start

    def _write(
        self,
        frame: Frame,
        player: Player,
        size: tuple[int, int],
        free: Rect | None,
        caption: Caption | None = None,
        quality: Quality | None = None,
        told: Frame | None = None,
    ) -> None:
        self.writing.use()
        self.type.light = quality is not None and quality.moving
        behind_panels = imgui.get_background_draw_list()
        area = self._area(frame, size, free, caption)
        left, top, right, bottom = _box(free, size)  # clip: nothing would hide text outside it
        behind_panels.push_clip_rect(imgui.ImVec2(left, top), imgui.ImVec2(right, bottom))
        if self.panel_cache is not None and not self.theme.dark:  # a window draws nothing outside the box
            self._soften(behind_panels, (left, top, right, bottom))
        said = frame if told is None else said_as(told, frame)
        draw_overlay(
            behind_panels, self.type, said, player.camera, size, area, player.show, free is not None, self._opaque
        )
        found = player.mark(told)
        if found is not None:
            draw_mark(behind_panels, self.type, found, player.camera, size, area)
        if player.probe is not None and free is not None:
            draw_probe(behind_panels, self.type, player.probe, area)
        if caption is not None:
            place = free or free_rect(frame, size, self.type)
            draw_caption(behind_panels, self.type, caption, place, scrim=self._opaque and player.camera.flat)
        for number, line in enumerate([*_thinned(frame, quality), *self.statistics]):
            x, y = area[0] + self.type.px(14), area[1] + self.type.px(10 + 18 * number)
            self.type.text(behind_panels, x, y, line, 13.0, "text", "mono", halo=True)
        behind_panels.pop_clip_rect()

    def _soften(self, draw_list: imgui.ImDrawList, box: tuple[float, float, float, float]) -> None:
        """Fade the scene out at the edges of a box: on white paper a hard edge would be visible."""
        left, top, right, bottom = box
        paper, clear, wide = self.type.u32("background"), self.type.u32("background", 0.0), self.type.px(SOFT)
        for x0, y0, x1, y1, corners in (
            (left, top, left + wide, bottom, (paper, clear, clear, paper)),
            (right - wide, top, right, bottom, (clear, paper, paper, clear)),
            (left, top, right, top + wide, (paper, paper, clear, clear)),
            (left, bottom - wide, right, bottom, (clear, clear, paper, paper)),
        ):
            draw_list.add_rect_filled_multi_color(imgui.ImVec2(x0, y0), imgui.ImVec2(x1, y1), *corners)

    def settle(self, player: Player, size: tuple[int, int], ui: bool, caption: Caption | None = None) -> bool:
        """Fit a player's camera to the free rectangle, unless that was done before; return whether it was done now."""
        free = self._settle_panels(player, size) if ui else None
        if player in self._fitted:
            return False
        self._fitted.add(player)
        self.writing.begin(size)
        player.resize(size, self._area(self._shown(player), size, free, caption))
        imgui.end_frame()
        return True

    def _settle_panels(self, player: Player, size: tuple[int, int]) -> Rect | None:
        """Let the panels settle their sizes, unless they did that before for this player; return the free rectangle.

        The first two frames of Dear ImGui's windows are estimates.
        """
        if player is self._settled:
            return None
        self._settled = player
        self.digest(player, size)
        return self.digest(player, size)

    def digest(self, player: Player, size: tuple[int, int]) -> Rect:
        """Let the panels process input and settle their sizes without drawing them; return the free rectangle."""
        self.host.begin(size)
        free = self.panels.draw(player, player.frame(), size, seen=False)
        imgui.end_frame()
        self._panel_data, self._progress = None, Progress.SHOWN  # the new frame invalidated what was built
        self._fed = self._told
        if self.panel_cache is not None and not self.panel_cache.complete:
            self.free = None  # build them again before the next picture
        return free

    def recover(self) -> None:
        """Reset the state after drawing failed halfway."""
        for host in (self.writing, self.host):
            host.abandon()
        set_region(None)
        self._panel_data = self.free = self._fine = None
        self._progress = Progress.SHOWN

    def set_theme(self, theme: Theme) -> None:
        """Change the theme of everything."""
        self.renderer.close()
        self.theme = self.type.theme = self.panels.pen.type.theme = theme
        self.writing.set_style(theme, self.type.scale)
        self.host.set_style(theme, self.type.scale)
        self.renderer = Renderer(theme, self._window, not self._opaque)
        self.panels.theme = theme
        if self.panel_cache is not None:
            self.panel_cache.close()
        self.panel_cache = self.free = self._fine = None

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


def _box(free: Rect | None, size: tuple[int, int]) -> Box:
    """Return the rectangle of the scene in integer pixels: left, top, right, bottom; in tiny windows a single pixel."""
    x, y, width, height = free or (0.0, 0.0, *size)
    left, top = min(max(int(x), 0), size[0] - 1), min(max(int(y), 0), size[1] - 1)
    right, bottom = min(ceil(x + width), size[0]), min(ceil(y + height), size[1])
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _region(free: Rect | None, size: tuple[int, int]) -> Region:
    left, top, right, bottom = _box(free, size)
    return left, size[1] - bottom, right - left, bottom - top


def _thinned(frame: Frame, quality: Quality | None) -> list[str]:
    """Return notes on point clouds that are drawn only in part."""
    if quality is None or not quality.dots:
        return []
    lines = []
    for layer in frame.layers:
        if isinstance(layer, Points) and layer.style == "dot":
            count, every = len(layer.position), every_nth(len(layer.position), quality.dots)
            if every > 1:
                lines.append(f"{thousands(count)} points, {thousands(-(-count // every))} drawn")
    return lines
