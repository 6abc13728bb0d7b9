"""Memory for large results: arrays of their own, and what was let go is used again."""

import mmap

import numpy as np
import pytest

from lossland.compute import memory

SHAPE = (1024, 2048, 2)  # 16 MB of float32
lends = pytest.mark.skipif(not hasattr(mmap, "MADV_FREE"), reason="this system takes no memory back for a while")


def test_arrays_in_use_never_share_memory() -> None:
    arrays = [memory.empty(SHAPE, np.float32) for _ in range(6)]
    for number, array in enumerate(arrays):
        array.fill(number)
    assert [(float(array.min()), float(array.max())) for array in arrays] == [(k, k) for k in range(6)]


def test_an_array_is_as_numpys_own() -> None:
    array = memory.empty(SHAPE, np.float64)
    assert (array.shape, array.dtype, array.flags.c_contiguous, array.flags.writeable) == (SHAPE, float, True, True)
    assert memory.empty((3, 4), np.float32).nbytes == 48


@lends
def test_what_was_let_go_is_used_again() -> None:
    array = memory.empty(SHAPE, np.float32)
    place, part = array.ctypes.data, array[3:5, :, 1]
    del array
    assert memory.empty(SHAPE, np.float32).ctypes.data != place  # a view still uses it
    part.fill(7.0)
    assert float(part.sum()) == 7.0 * part.size
    del part
    assert memory.empty(SHAPE, np.float32).ctypes.data == place


@lends
def test_no_more_blocks_are_lent_back_than_a_grid_has_arrays() -> None:
    arrays = [memory.empty(SHAPE, np.float32) for _ in range(3 * memory.KEPT)]
    arrays.clear()
    assert len(memory._spare) == memory.KEPT


def test_too_much_is_a_memory_error() -> None:
    with pytest.raises(MemoryError):
        memory.empty((1 << 40, 1 << 20), np.float32)
