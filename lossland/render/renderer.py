"""Draws a whole frame: layers in their order, the background behind them, supersampled and downsampled.

Only layers with edges are supersampled. The background and the floor, which are behind and below everything, are
antialiased by their shaders: they are drawn at one sample per pixel, and the rest is composited over them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

import lossland.render.painters  # noqa: F401  (registers every painter)
from lossland.render.backdrop import Background
from lossland.render.gl.programs import Region, set_region
from lossland.render.gl.target import Target
from lossland.render.painter import REGISTRY, TOGETHER, DrawContext, Painter, Phase, Quality
from lossland.render.presence import PLAIN, Presence, as_drawn, presence_of
from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera
from lossland.world.layers import Layer
from lossland.world.theme import Theme

NOTHING = (0.0, 0.0, 0.0, 0.0)  # clear colour
Subject = Layer | tuple[Layer, ...]  # a painter's argument: a layer, or all of a type


class Renderer:
    """Draws frames in one theme into the bound framebuffer; needs a current GL context (see ``canvas``)."""

    def __init__(self, theme: Theme, window: bool = False, transparent: bool = False) -> None:
        """``window``: frames are drawn into a window's own framebuffer, not a ``Target``.

        ``transparent``: there is no background, and the pictures have premultiplied alpha.
        """
        self.theme = theme
        self._window = window
        self._transparent = transparent
        self._pools: dict[type[Layer], dict[str, Painter]] = {}  # by the layers' keys
        self._targets: dict[bool, Target] = {}  # of a higher (True) or lower resolution than the picture
        self._output: Target | None = None  # where ``image`` draws
        self._background = Background(theme)
        self._beneath: Callable[[Region | None], None] | None = None  # draws what ``draw_gradually`` left out

    def draw(
        self,
        frame: Frame,
        camera: Camera,
        size: tuple[int, int],
        show: Show | None = None,
        quality: Quality = Quality.live,
        pixel_ratio: float = 1.0,
        region: Region | None = None,
    ) -> None:
        """Draw a frame over the viewport (0, 0, *size) of the bound framebuffer, which must have depth.

        ``size`` is in physical pixels; ``pixel_ratio`` is the number of them per logical pixel (2 on dense displays).
        With a ``region`` only that part of the picture is drawn. On return the framebuffer is bound again and its
        viewport is set.
        """
        show, factor = show or Show(), quality.supersample * quality.scale
        if factor == 1:
            for step in self._draw_at(frame, camera, size, show, quality, pixel_ratio, region, blit=self._window):
                step()
            set_region(None)
            return
        target, px, above = self._target(size, factor), pixel_ratio * factor, factor > 1
        if above:
            self._draw_beneath(self._context(frame, camera, size, show, quality, pixel_ratio, region), frame)
        part = scaled(region, factor, target.size)
        with target:
            for step in self._draw_at(frame, camera, target.size, show, quality, px, part, above=above):
                step()
            set_region(None)
        target.paste(size, region, over=above)

    def draw_gradually(
        self,
        frame: Frame,
        camera: Camera,
        size: tuple[int, int],
        show: Show | None = None,
        quality: Quality = Quality.still,
        pixel_ratio: float = 1.0,
        region: Region | None = None,
    ) -> Iterator[None]:
        """Draw like ``draw``, in steps between which other drawing is allowed, but offscreen; ``repeat`` shows it.

        The iterator may be abandoned: only the picture is lost.
        """
        show = show or Show()
        for layer, painter in self._painters(frame, show):
            prepare = getattr(painter, "prepare", None)
            if prepare is not None:
                for _ in prepare(layer, self._context(frame, camera, size, show, quality, pixel_ratio, None)):
                    gloo.finish()
                    yield
        factor = quality.supersample * quality.scale
        target = self._target(size, factor)
        part = scaled(region, factor, target.size)
        beneath = self._context(frame, camera, size, show, quality, pixel_ratio, None)
        self._beneath = lambda region: self._draw_beneath(replace(beneath, region=region), frame)
        px = pixel_ratio * factor
        for step in self._draw_at(frame, camera, target.size, show, quality, px, part, above=True):
            with target:
                set_region(part)
                step()
                set_region(None)
            gloo.finish()  # so that each step waits for its own drawing, instead of the last one for all
            yield

    def repeat(self, size: tuple[int, int], region: Region | None = None) -> None:
        """Draw the last picture of ``draw_gradually`` over the bound framebuffer."""
        if self._beneath is not None:
            self._beneath(region)
        self._targets[True].paste(size, region, over=True)

    def _draw_beneath(self, context: DrawContext, frame: Frame) -> None:
        """Draw the background and the floor over the bound framebuffer."""
        set_region(None)
        gloo.set_state(depth_mask=True)
        gloo.clear(color=NOTHING if self._transparent else False, depth=1.0)
        if not self._transparent:
            (self._background.blit_into_window if self._window else self._background.blit)(context)
        context.aim()
        contexts: dict[tuple[Phase, Presence], DrawContext] = {}
        for phase, painter, layer in self._steps(frame, context.show):
            if phase == Phase.GROUND:
                painter.draw(layer, self._in_phase(context, phase, layer, contexts))

    def _target(self, size: tuple[int, int], factor: float) -> Target:
        wanted, large = (round(size[0] * factor), round(size[1] * factor)), factor >= 1
        if large not in self._targets or self._targets[large].size != wanted:
            delete_target(self._targets.pop(large, None))
            self._targets[large] = Target(wanted)
        return self._targets[large]

    def image(
        self,
        frame: Frame,
        camera: Camera,
        size: tuple[int, int],
        show: Show | None = None,
        quality: Quality = Quality.still,
        pixel_ratio: float = 1.0,
    ) -> NDArray[np.uint8]:
        """Draw a frame and return its pixels (height, width, 4), top row first."""
        if self._output is None or self._output.size != size:
            delete_target(self._output)
            self._output = Target(size)
        with self._output:
            self.draw(frame, camera, size, show, quality, pixel_ratio)
        return self._output.read()

    def close(self) -> None:
        """Free every GL object."""
        for pool in self._pools.values():
            for painter in pool.values():
                painter.close()
        self._pools.clear()
        self._background.close()
        for target in (*self._targets.values(), self._output):
            delete_target(target)
        self._targets, self._output = {}, None

    def _context(
        self,
        frame: Frame,
        camera: Camera,
        size: tuple[int, int],
        show: Show,
        quality: Quality,
        px: float,
        region: Region | None,
    ) -> DrawContext:
        return DrawContext(
            camera=camera,
            size=size,
            px=px,
            theme=self.theme,
            show=show,
            quality=quality,
            clip_from_world=camera.clip_from_world(size).astype(np.float32),
            eye=camera.eye,
            light=camera.light,
            layers=drawn_layers(frame),
            region=region,
        )

    def _draw_at(
        self,
        frame: Frame,
        camera: Camera,
        size: tuple[int, int],
        show: Show,
        quality: Quality,
        px: float,
        region: Region | None = None,
        above: bool = False,
        blit: bool = False,
    ) -> list[Callable[[], None]]:
        """Return the steps that draw a frame, in order.

        ``above``: omit the background and the floor; ``blit``: copy the background into the window first.
        """
        context = self._context(frame, camera, size, show, quality, px, region)

        def start() -> None:
            if above or self._transparent:
                context.aim()
                gloo.set_state(depth_mask=True)  # a mask would hold for clearing, too
                gloo.clear(color=NOTHING, depth=1.0)
            else:  # the background fills every pixel; Mesa clears a whole target at once, a region pixel by pixel
                if blit:
                    self._background.blit_into_window(context)
                set_region(None)
                gloo.set_state(depth_mask=True)
                gloo.clear(color=False, depth=1.0)
                context.aim()

        contexts: dict[tuple[Phase, Presence], DrawContext] = {}
        solid: list[Callable[[], None]] = []
        ground: list[Callable[[], None]] = []
        later: list[Callable[[], None]] = []
        for phase, painter, layer in self._steps(frame, show):
            if above and phase == Phase.GROUND:
                continue
            step = partial(painter.draw, layer, self._in_phase(context, phase, layer, contexts))
            (solid if phase == Phase.SOLID else ground if phase <= Phase.DECAL else later).append(step)
        behind = [] if above or blit or self._transparent else [partial(self._background.draw, context)]
        # The driver starts on the commands so far while the rest is prepared.
        begun = [gloo.flush] if quality.moving else []
        return [start, *solid, *behind, *begun, *ground, *begun, *later]

    def _in_phase(
        self,
        context: DrawContext,
        phase: Phase,
        subject: Subject,
        contexts: dict[tuple[Phase, Presence], DrawContext],
    ) -> DrawContext:
        """Return the context of a phase and of a layer's presence, cached in ``contexts``."""
        presence = presence_of(subject, self.theme) if isinstance(subject, Layer) else PLAIN
        if (phase, presence) not in contexts:
            contexts[phase, presence] = context.within(phase, presence)
        return contexts[phase, presence]

    def _painters(self, frame: Frame, show: Show) -> list[tuple[Subject, Painter]]:
        """Return each visible layer with its painter, once."""
        return list({id(painter): (layer, painter) for _, painter, layer in self._steps(frame, show)}.values())

    def _steps(self, frame: Frame, show: Show) -> list[tuple[Phase, Painter, Subject]]:
        """Return the draw steps by phase, and within a phase in the frame's order."""
        steps: list[tuple[Phase, int, Painter, Subject]] = []
        shown = {
            key: layer
            for key, layer in zip(frame.keys, drawn_layers(frame), strict=True)
            if not layer.group or getattr(show, layer.group, True)
        }
        drawn: set[type[Layer]] = set()  # types of ``TOGETHER`` that are among the steps
        for index, (key, layer) in enumerate(shown.items()):
            kind = type(layer)
            if kind not in REGISTRY:
                continue  # drawn by the overlay (labels)
            subject: Subject = layer
            if kind in TOGETHER:
                if kind in drawn:
                    continue
                drawn.add(kind)
                key, subject = "", tuple(one for one in shown.values() if type(one) is kind)
            painter = self._painter(kind, key, shown)
            steps += [(phase, index, painter, subject) for phase in REGISTRY[kind][1]]
        steps.sort(key=lambda step: step[:2])
        return [(phase, painter, layer) for phase, _, painter, layer in steps]

    def _painter(self, kind: type[Layer], key: str, shown: Container[str]) -> Painter:
        """Return the painter for a key: its previous one, else one whose layer has disappeared, else a new one."""
        pool = self._pools.setdefault(kind, {})
        if key not in pool:
            spare = next((other for other in pool if other and other not in shown), None)
            pool[key] = REGISTRY[kind][0](self.theme) if spare is None else pool.pop(spare)
        return pool[key]


def drawn_layers(frame: Frame) -> Sequence[Layer]:
    """Return a frame's layers as they are drawn: ghosts are replaced."""
    if not any(layer.ghost for layer in frame.layers):
        return frame.layers
    return [as_drawn(layer) for layer in frame.layers]


def scaled(region: Region | None, factor: float, size: tuple[int, int]) -> Region | None:
    """Return a region of a picture scaled to another size of the picture, rounded outwards."""
    if region is None:
        return None
    left, bottom, width, height = region
    low = int(left * factor), int(bottom * factor)
    high = min(math.ceil((left + width) * factor), size[0]), min(math.ceil((bottom + height) * factor), size[1])
    return *low, high[0] - low[0], high[1] - low[1]


def delete_target(target: Target | None) -> None:
    """Close a target if there is one."""
    if target is not None:
        target.close()
