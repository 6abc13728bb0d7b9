"""What is sent to buffers and textures while something is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from vispy.gloo.glir import GlirQueue


@contextmanager
def uploads() -> Iterator[list[int]]:
    """Hand out a list that grows by the bytes of everything sent to a buffer or a texture."""
    sent: list[int] = []
    original = GlirQueue.command

    def command(queue: GlirQueue, *words: Any) -> None:
        if words[0] == "DATA" and isinstance(words[3], np.ndarray):  # of shaders it is their text
            sent.append(words[3].nbytes)
        original(queue, *words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GlirQueue, "command", command)
        yield sent
