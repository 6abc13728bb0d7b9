"""The background: a radial gradient around the subject, called its light."""

from __future__ import annotations

from collections.abc import Sequence

from vispy import gloo

from lossland.render.gl.programs import Region, delete, set_region, set_state
from lossland.render.gl.target import Quad, blit, window_picture
from lossland.render.painter import DrawContext, Kept
from lossland.world.camera import Camera
from lossland.world.theme import Theme

Point = tuple[float, float]

STEPS = 128  # places of the light along a side; from one to the next no pixel changes by half a level


def light_centre(camera: Camera) -> Point:
    """Return the brightest point of the light, as a share of the picture from the lower left.

    It goes with the subject in steps too small to be seen, so that the light need not be drawn with every picture of a
    view that moves.
    """
    shift = camera.home_pose.shift
    return round((0.5 + 0.5 * shift[0]) * STEPS) / STEPS, round((0.45 + 0.5 * shift[1]) * STEPS) / STEPS


class Light:
    """The light, drawn over the viewport of the bound framebuffer."""

    def __init__(self, theme: Theme) -> None:
        self._quad = Quad("background.frag")
        self._quad.set(u_inner=theme.color("background"), u_outer=theme.color("background.edge"))

    def draw(self, size: tuple[int, int], centre: Point) -> None:
        """Draw over a picture of ``size`` pixels, within the caller's scissor rectangle."""
        self._quad.set(u_size=size, u_centre=centre)
        gloo.set_viewport(0, 0, *size)
        set_state("off", write=False, blend=False)
        self._quad.draw()

    def close(self) -> None:
        """Free the GL objects."""
        self._quad.close()


class Background:
    """The light, cached as a picture for as long as size and centre stay the same.

    It is drawn after the opaque layers, so that the depth test rejects covered pixels; a supersampled picture is
    composited over it.
    """

    def __init__(self, theme: Theme) -> None:
        self._kept = Kept()
        self._light = Light(theme)
        self._copy = Quad("copy.frag")
        self._picture: gloo.Texture2D | None = None
        self._buffer: gloo.FrameBuffer | None = None
        self._shown: tuple[gloo.Texture2D, gloo.FrameBuffer] | None = None  # a copy in the pixel format of windows

    def draw(self, context: DrawContext) -> None:
        """Fill every pixel that no opaque layer covers."""
        self._ready(context.size, light_centre(context.camera))
        context.aim()
        set_state("front", write=False, blend=False)
        self._copy.draw()

    def blit_into_window(self, context: DrawContext) -> None:
        """Fill the window, or its region that is drawn; do this first."""
        (width, height), (x, y) = context.size, light_centre(context.camera)
        if self._shown is None or self._shown[0].shape[:2] != (height, width):
            delete(self._shown or ())
            self._shown = window_picture(width, height)
        if self._kept.changed("shown", self._shown, x, y):
            with self._shown[1]:
                set_region(None)
                self._light.draw(context.size, (x, 1.0 - y))
        blit(self._shown[1], context.region or (0, 0, width, height), height)

    def blit(self, context: DrawContext) -> None:
        """Fill an offscreen picture; do this first."""
        self.picture(context.size, light_centre(context.camera))
        assert self._buffer is not None
        blit(self._buffer, context.region or (0, 0, *context.size))

    def fill(self, size: tuple[int, int], centre: Point, regions: Sequence[Region]) -> None:
        """Draw regions of the light over a picture of ``size`` pixels."""
        self._ready(size, centre)
        gloo.set_viewport(0, 0, *size)
        set_state("off", write=False, blend=False)
        for region in regions:
            set_region(region)
            self._copy.draw()
        set_region(None)

    def _ready(self, size: tuple[int, int], centre: Point) -> None:
        picture = self.picture(size, centre)
        if self._kept.changed("copied", picture):
            self._copy.set(u_picture=picture)

    def picture(self, size: tuple[int, int], centre: Point) -> gloo.Texture2D:
        """Return the light over a picture of ``size`` pixels; the caller must set viewport and region again."""
        if self._picture is None or self._picture.shape[:2] != size[::-1]:
            delete([self._buffer, self._picture])
            self._picture = gloo.Texture2D((size[1], size[0], 4), interpolation="nearest")
            self._buffer = gloo.FrameBuffer(color=self._picture)
        if self._kept.changed("picture", self._picture, centre):
            assert self._buffer is not None
            with self._buffer:
                set_region(None)
                self._light.draw(size, centre)
        return self._picture

    def close(self) -> None:
        """Free the GL objects."""
        self._light.close()
        self._copy.close()
        delete([self._buffer, self._picture, *(self._shown or ())])
