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
from contextlib import suppress

import numpy as np
from numpy.typing import DTypeLike

LEAST = 1 << 24  # bytes: below, the system's memory costs little
KEPT = 4  # blocks that may be lent back, as many as a grid has arrays

_spare: deque[mmap.mmap] = deque(maxlen=KEPT)


def empty(shape: Sequence[int], dtype: DTypeLike) -> np.ndarray:
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
    others: list[mmap.mmap] = []
    found = None
    while found is None:  # the one let go last is the most likely to be there still
        try:
            block = _spare.pop()
        except IndexError:  # no more, or another thread took the last one
            break
        if len(block) == size:
            found = block
        else:
            others.append(block)
    _spare.extend(reversed(others))
    if found is not None:
        return found
    try:
        block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, OverflowError) as error:
        raise MemoryError(str(error)) from None
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel may be built without large pages
            block.madvise(mmap.MADV_HUGEPAGE)
    return block


def _lend(block: mmap.mmap) -> None:
    with suppress(OSError):  # where the kernel cannot reclaim it, it is freed at once
        block.madvise(mmap.MADV_FREE)
        _spare.append(block)
