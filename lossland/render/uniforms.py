"""Set uniforms only when they change: each one sent costs vispy more than many triangles cost the GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from vispy import gloo


class Uniforms:
    """The uniforms of one program, as they were sent last."""

    def __init__(self, program: gloo.Program) -> None:
        self._program = program
        self._sent: dict[str, Any] = {}

    def set(self, **values: Any) -> None:
        """Send the values (numbers, tuples or arrays) that differ from the last ones."""
        for name, value in values.items():
            key = value.tobytes() if isinstance(value, np.ndarray) else value
            if name not in self._sent or self._sent[name] != key:
                self._sent[name] = key
                self._program[name] = value
