"""A pool of memory blocks for large results. Reuse avoids zeroed pages from the kernel, which cost as much time as
computing the values.

Blocks in the pool are marked MADV_FREE: the kernel may reclaim their pages at any time.
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

LEAST = 1 << 24  # bytes: smaller arrays are not pooled
KEPT = 4  # blocks in the pool, as many as a grid has arrays

_spare: deque[mmap.mmap] = deque(maxlen=KEPT)


def empty(shape: Sequence[int], dtype: DTypeLike) -> np.ndarray:
    """Return an uninitialized array, like `numpy.empty`; MemoryError if there is not enough memory."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LEAST or not hasattr(mmap, "MADV_FREE"):
        return np.empty(shape, dtype)
    block = _block(size)
    whole = np.frombuffer(block, np.uint8)
    weakref.finalize(whole, _free, block).atexit = False
    return whole.view(dtype).reshape(shape)


def _block(size: int) -> mmap.mmap:
    """Return a pooled block of exactly this size, or a new one."""
    others: list[mmap.mmap] = []
    found = None
    while found is None:  # the most recently freed is the least likely to have been reclaimed
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
        with suppress(OSError):  # a kernel may be built without huge pages
            block.madvise(mmap.MADV_HUGEPAGE)
    return block


def _free(block: mmap.mmap) -> None:
    with suppress(OSError):  # without MADV_FREE the block is released at once
        block.madvise(mmap.MADV_FREE)
        _spare.append(block)
