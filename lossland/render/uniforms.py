"""Set uniforms only when they change: each one sent costs vispy more than many triangles cost the GPU."""

from __future__ import annotations

from typing import Any

from vispy import gloo

from lossland.render.painter import set_uniforms


class Uniforms:
    """The uniforms of one program, sent when they differ from the last ones (see ``set_uniforms``)."""

    def __init__(self, program: gloo.Program) -> None:
        self._program = program

    def set(self, **values: Any) -> None:
        """Send the values (numbers, tuples or arrays) that differ from the last ones."""
        set_uniforms(self._program, **values)
