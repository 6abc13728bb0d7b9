"""A picture in graphics memory: drawn into, pasted elsewhere, read back."""

from __future__ import annotations

from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.painter import delete, program, set_state

CORNERS = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)


class Target:
    """An RGBA8 picture with depth, ``size`` = (width, height) pixels. Draw inside ``with target:``."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        width, height = size
        self.texture = gloo.Texture2D((height, width, 4), interpolation="linear")
        self._depth = gloo.RenderBuffer((height, width), "depth")
        self._buffer = gloo.FrameBuffer(color=self.texture, depth=self._depth)
        self._paste: gloo.Program | None = None

    def __enter__(self) -> Target:
        self._buffer.activate()
        gloo.set_viewport(0, 0, *self.size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._buffer.deactivate()

    def paste(self, size: tuple[int, int], blend: bool = False) -> None:
        """Draw the picture over a viewport (width, height) of what is bound now; half the size averages 2 x 2.

        ``blend`` lays it over what is there, for pictures whose colour is already multiplied by alpha.
        """
        if self._paste is None:
            self._paste = program("quad.vert", "copy.frag")
            self._paste["a_corner"] = CORNERS
            self._paste["u_picture"] = self.texture
        gloo.set_viewport(0, 0, *size)
        set_state("off", write=False, blend=blend)
        if blend:
            gloo.set_blend_func("one", "one_minus_src_alpha")
        self._paste.draw("triangle_strip")

    def read(self) -> NDArray[np.uint8]:
        """Return the pixels (height, width, 4), top row first."""
        with self:
            return np.ascontiguousarray(gloo.read_pixels((0, 0, *self.size), alpha=True), dtype=np.uint8)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._paste, self._buffer, self.texture, self._depth])
