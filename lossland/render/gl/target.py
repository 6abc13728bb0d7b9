"""Pictures in graphics memory: full-screen shader passes, render targets, blits and read-back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.driver import gl, gl_name, read_into
from lossland.render.gl.programs import Region, Uniform, delete, program, set_region, set_state, vertex_buffer

BGRA = 0x80E1  # GL_BGRA, which vispy does not name
STRIPS = 16  # into which a pass is divided that must not delay a frame


def copy_into(texture: gloo.Texture2D, regions: Sequence[Region]) -> None:
    """Copy regions of the bound framebuffer to the same positions in a texture."""
    gl.glBindTexture(gl.GL_TEXTURE_2D, gl_name(texture))
    for left, bottom, width, height in regions:
        gl.glCopyTexSubImage2D(gl.GL_TEXTURE_2D, 0, left, bottom, left, bottom, width, height)
    gl.glBindTexture(gl.GL_TEXTURE_2D, 0)


def window_picture(width: int, height: int) -> tuple[gloo.Texture2D, gloo.FrameBuffer]:
    """Return a texture in the usual pixel format of windows, blue first, and its framebuffer.

    If it is drawn upside down, as windows are, Mesa's software driver copies it to one without drawing (see ``blit``).
    """
    texture = gloo.Texture2D((height, width, 4), interpolation="nearest")
    buffer = gloo.FrameBuffer(color=texture)
    gl.glBindTexture(gl.GL_TEXTURE_2D, gl_name(texture))
    gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, gl.GL_RGBA, BGRA, gl.GL_UNSIGNED_BYTE, (height, width))
    gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
    return texture, buffer


def blit(buffer: gloo.FrameBuffer, region: Region, upside_down: int | None = None) -> None:
    """Copy a region of a picture to its position in the bound framebuffer.

    ``upside_down`` is the height of a flipped picture (see ``window_picture``).
    """
    from OpenGL import GL  # not before the window has chosen its platform

    left, bottom, width, tall = region
    right, top = left + width, bottom + tall
    low, high = (bottom, top) if upside_down is None else (upside_down - bottom, upside_down - top)
    bound = GL.glGetIntegerv(GL.GL_READ_FRAMEBUFFER_BINDING)
    gl.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, gl_name(buffer))
    GL.glBlitFramebuffer(left, low, right, high, left, bottom, right, top, GL.GL_COLOR_BUFFER_BIT, GL.GL_NEAREST)
    gl.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, bound)


class Quad:
    """A fragment shader of ``shaders/`` run over the whole viewport; ``v_uv`` runs from (0, 0) to (1, 1), v up."""

    def __init__(self, fragment: str, **constants: float | None) -> None:
        self._corners = vertex_buffer([[-1, -1], [1, -1], [-1, 1], [1, 1]])
        self._program = program("quad.vert", fragment, **constants)
        self._program["a_corner"] = self._corners

    def set(self, **uniforms: Uniform) -> None:
        """Set the shader's uniforms."""
        for name, value in uniforms.items():
            self._program[name] = value

    def draw(self) -> None:
        """Run the shader; the caller sets the GL state."""
        self._program.draw("triangle_strip")

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._corners])


class Pass:
    """A fragment shader run over a square RGBA8 texture of its own."""

    def __init__(self, fragment: str) -> None:
        self._fragment = fragment
        self._constants: dict[str, float | None] = {}
        self._quad: Quad | None = None
        self._buffer: gloo.FrameBuffer | None = None
        self.texture: gloo.Texture2D | None = None

    def constants(self, **constants: float | None) -> None:
        """Set the shader's ``#define`` values."""
        if constants != self._constants:
            self._constants = constants
            self._close_quad()

    def run(self, size: int, **values: Uniform) -> None:
        """Fill the texture, ``size`` texels square."""
        if self._quad is None:
            self._quad = Quad(self._fragment, **self._constants)
        if self.texture is None or self.texture.shape[0] != size:
            delete([self._buffer, self.texture])
            self.texture = gloo.Texture2D((size, size, 4), interpolation="linear")
            self._buffer = gloo.FrameBuffer(color=self.texture)
        assert self._buffer is not None
        self._quad.set(**values)
        with self._buffer:
            gloo.set_viewport(0, 0, size, size)
            set_region(None)
            set_state("off", write=False, blend=False)
            self._quad.draw()

    def run_gradually(self, size: int, **values: Uniform) -> Iterator[None]:
        """Do the same as ``run`` a strip at a time; the texture is replaced at the end."""
        if self._quad is None:
            self._quad = Quad(self._fragment, **self._constants)
        quad = self._quad
        texture = gloo.Texture2D((size, size, 4), interpolation="linear")
        buffer = gloo.FrameBuffer(color=texture)
        try:
            edges = np.linspace(0, size, STRIPS + 1).round().astype(int)
            for low, high in pairwise(edges):
                quad.set(**values)
                with buffer:
                    gloo.set_viewport(0, 0, size, size)
                    set_state("off", write=False, blend=False)
                    set_region((0, int(low), size, int(high - low)))
                    quad.draw()
                    set_region(None)
                yield
            self.texture, texture = texture, self.texture
            self._buffer, buffer = buffer, self._buffer
        finally:
            delete([buffer, texture])

    def _close_quad(self) -> None:
        if self._quad is not None:
            self._quad.close()
        self._quad = None

    def close(self) -> None:
        """Free the GL objects."""
        self._close_quad()
        delete([self._buffer, self.texture])


class Target:
    """An RGBA8 picture with depth, ``size`` = (width, height) pixels. Draw inside ``with target:``."""

    def __init__(self, size: tuple[int, int], interpolation: str = "linear") -> None:
        self.size = size
        width, height = size
        self.texture = gloo.Texture2D((height, width, 4), interpolation=interpolation)
        self._depth = gloo.RenderBuffer((height, width), "depth")
        self._buffer = gloo.FrameBuffer(color=self.texture, depth=self._depth)
        self._pixels: NDArray[np.uint8] | None = None  # of the last read, bottom row first
        self._paste: Quad | None = None

    def __enter__(self) -> Target:
        self._buffer.activate()
        gloo.set_viewport(0, 0, *self.size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._buffer.deactivate()

    def paste(self, size: tuple[int, int], region: Region | None = None, over: bool = False) -> None:
        """Draw the picture, or a region of it, over a viewport (width, height) of the bound framebuffer.

        Half the size averages 2 x 2. With ``over`` a picture of premultiplied alpha is composited over the contents.
        """
        if self._paste is None:
            self._paste = Quad("copy.frag")
            self._paste.set(u_picture=self.texture)
        gloo.set_viewport(0, 0, *size)
        set_region(region)
        set_state("off", write=False, blend=over)
        if over:
            gloo.set_blend_func("one", "one_minus_src_alpha")
        self._paste.draw()
        set_region(None)

    def read(self) -> NDArray[np.uint8]:
        """Return the pixels (height, width, 4), top row first."""
        if self._pixels is None:  # reused: first access to fresh memory costs more than the copy
            self._pixels = np.empty((*self.size[::-1], 4), np.uint8)
        with self:
            read_into(self._pixels)
        return self._pixels[::-1].copy()

    def close(self) -> None:
        """Free the GL objects."""
        if self._paste is not None:
            self._paste.close()
        delete([self._buffer, self.texture, self._depth])
