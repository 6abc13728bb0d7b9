"""Draws a whole frame: layers in their order, the background behind them, supersampled and brought down again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

import lossland.render.painters  # noqa: F401  (registers every painter)
from lossland.camera import Camera
from lossland.layers import Layer
from lossland.render.painter import (
    REGISTRY,
    DrawContext,
    Kept,
    Painter,
    Phase,
    Quality,
    delete,
    set_state,
)
from lossland.render.target import Quad, Target
from lossland.scenery import Frame, Show
from lossland.theme import Theme


class Renderer:
    """Draws frames in one theme into whatever framebuffer is bound; needs a current GL context (see ``canvas``)."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._pools: dict[type[Layer], list[Painter]] = {}
        self._large: Target | None = None  # where supersampled frames are drawn
        self._output: Target | None = None  # where ``image`` draws
        self._background = Background(theme)

    def draw(
        self,
        frame: Frame,
        camera: Camera,
        size: tuple[int, int],
        show: Show | None = None,
        quality: Quality = Quality.live,
        pixel_ratio: float = 1.0,
    ) -> None:
        """Draw a frame over the viewport (0, 0, *size) of the bound framebuffer, which must have depth.

        ``size`` is in real pixels; ``pixel_ratio`` says how many of them make one pixel of the look (2 on dense
        displays). The framebuffer is bound again and its viewport set when this returns.
        """
        samples = quality.supersample
        if samples == 1:
            self._draw_at(frame, camera, size, show or Show(), quality, pixel_ratio)
            return
        large = (size[0] * samples, size[1] * samples)
        if self._large is None or self._large.size != large:
            delete_target(self._large)
            self._large = Target(large)
        with self._large:
            self._draw_at(frame, camera, large, show or Show(), quality, pixel_ratio * samples)
        self._large.paste(size)

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
            for painter in pool:
                painter.close()
        self._pools.clear()
        self._background.close()
        delete_target(self._large)
        delete_target(self._output)
        self._large = self._output = None

    def _draw_at(
        self, frame: Frame, camera: Camera, size: tuple[int, int], show: Show, quality: Quality, px: float
    ) -> None:
        context = DrawContext(
            camera=camera,
            size=size,
            px=px,
            theme=self.theme,
            show=show,
            quality=quality,
            clip_from_world=camera.clip_from_world(size).astype(np.float32),
            eye=camera.eye,
            light=camera.light,
            layers=frame.layers,
        )
        steps = self._steps(frame, show)
        gloo.set_viewport(0, 0, *size)
        gloo.set_state(depth_mask=True)
        gloo.clear(color=(*self.theme.color("background.edge"), 1.0), depth=1.0)
        background_drawn = False
        for phase, painter, layer in steps:
            if phase > Phase.SOLID and not background_drawn:
                self._background.draw(context)
                background_drawn = True
            painter.draw(layer, replace(context, phase=phase))
        if not background_drawn:
            self._background.draw(context)

    def _steps(self, frame: Frame, show: Show) -> list[tuple[Phase, Painter, Layer]]:
        """Return what to draw, phase after phase; within a phase in the frame's order."""
        used: dict[type[Layer], int] = {}
        steps: list[tuple[Phase, int, Painter, Layer]] = []
        for place, layer in enumerate(frame.layers):
            if layer.group and not getattr(show, layer.group, True):
                continue
            kind = type(layer)
            if kind not in REGISTRY:
                continue  # drawn by the overlay (labels)
            painter_class, phases = REGISTRY[kind]
            pool, number = self._pools.setdefault(kind, []), used.get(kind, 0)
            used[kind] = number + 1
            if number == len(pool):
                pool.append(painter_class(self.theme))
            steps += [(phase, place, pool[number], layer) for phase in phases]
        steps.sort(key=lambda step: step[:2])
        return [(phase, painter, layer) for phase, _, painter, layer in steps]


def delete_target(target: Target | None) -> None:
    """Close a target if there is one."""
    if target is not None:
        target.close()


class Background:
    """A soft light behind the subject, kept as a picture for as long as size and centre stay the same.

    It is drawn after the opaque ground, so that the depth test spares every covered pixel.
    """

    def __init__(self, theme: Theme) -> None:
        self._kept = Kept()
        self._light = Quad("background.frag")
        self._light.set(u_inner=theme.color("background"), u_outer=theme.color("background.edge"))
        self._copy = Quad("copy.frag")
        self._picture: gloo.Texture2D | None = None
        self._buffer: gloo.FrameBuffer | None = None

    def draw(self, context: DrawContext) -> None:
        """Fill every pixel that nothing opaque covers."""
        shift = context.camera.home_pose.shift
        centre = (0.5 + 0.5 * shift[0], 0.5 + 0.5 * shift[1] - 0.05)
        if self._kept.changed("picture", context.size, centre):
            self._make(context.size, centre)
            gloo.set_viewport(0, 0, *context.size)
        set_state("front", write=False, blend=False)
        self._copy.draw()

    def _make(self, size: tuple[int, int], centre: tuple[float, float]) -> None:
        if self._picture is None or self._picture.shape[:2] != size[::-1]:
            delete([self._buffer, self._picture])
            self._picture = gloo.Texture2D((size[1], size[0], 4), interpolation="nearest")
            self._buffer = gloo.FrameBuffer(color=self._picture)
            self._copy.set(u_picture=self._picture)
        assert self._buffer is not None
        self._light.set(u_size=size, u_centre=centre)
        with self._buffer:
            gloo.set_viewport(0, 0, *size)
            set_state("off", write=False, blend=False)
            self._light.draw()

    def close(self) -> None:
        """Free the GL objects."""
        self._light.close()
        self._copy.close()
        delete([self._buffer, self._picture])
