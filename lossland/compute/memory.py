"""Memory for large results. What the last ones held is used again while it is there: the system clears every page that
it hands out, which takes as long as computing a value for each of its numbers.

Freed memory is lent back to the system (MADV_FREE): it takes the pages as soon as anybody needs them.
"""

from __future__ import annotations

import math
import mmap
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LEAST = 1 << 24  # bytes: below, the system's memory costs little
KEPT = 4  # blocks that may be lent back, as many as a grid has arrays

_spare: deque[mmap.mmap] = deque(maxlen=KEPT)


def empty(shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array that holds anything, as `numpy.empty` does; MemoryError where there is no room."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LEAST or not hasattr(mmap, "MADV_FREE"):
        return np.empty(shape, dtype)
    block = _taken(size)
    whole = np.frombuffer(block, np.uint8)
    weakref.finalize(whole, _lend, block).atexit = False
    return whole.view(dtype).reshape(shape)


def _taken(size: int) -> mmap.mmap:
    """Return a spare block of exactly this size, or a new one."""
    for block in reversed(list(_spare)):  # the one let go last is the most likely to be there still
        if len(block) == size:
            try:
                _spare.remove(block)
            except ValueError:  # another thread was faster
                continue
            return block
    try:
        block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, OverflowError) as error:
        raise MemoryError(str(error)) from None
    if hasattr(mmap, "MADV_HUGEPAGE"):
        block.madvise(mmap.MADV_HUGEPAGE)
    return block


def _lend(block: mmap.mmap) -> None:
    block.madvise(mmap.MADV_FREE)
    _spare.append(block)
