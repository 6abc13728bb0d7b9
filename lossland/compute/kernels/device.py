"""A CUDA device: memory, streams, kernels and their errors.

Written against CuPy, whose module is passed in (``arrays.backend("cuda").xp``). All work goes through one stream, in
the order of the calls, and is asynchronous until a result is read.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lossland.compute import arrays, philox
from lossland.compute.kernels import cuda
from lossland.compute.philox import Purpose
from lossland.expression import Program

Array = NDArray[np.floating]
Sizes = tuple[int, ...]  # blocks, or threads in a block, along each axis
Kernel = Callable[[Sizes, Sizes, tuple[object, ...]], None]  # grid, block, arguments

OPTIONS = ("--std=c++17",)
SHARE = 0.8  # of the device's memory that we may use
THREADS = 256  # in a block, as the kernels' launch bounds say
SQUARE = (64, 4)  # threads in a block on a grid: across, down


class Pointer(Protocol):
    """A CuPy pointer to device memory."""

    @property
    def ptr(self) -> int:
        """The address."""
        ...


class Event(Protocol):
    """A point in a stream's work, as CuPy records it."""

    def synchronize(self) -> None:
        """Wait until the device has come this far."""
        ...


class OnDevice(Protocol):
    """The part of CuPy's array interface that is used here."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The size along each axis."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """The element type."""
        ...

    @property
    def data(self) -> Pointer:
        """The memory."""
        ...

    def get(self) -> Array:
        """Return a copy on the host."""
        ...


class DeviceError(Exception):
    """The device failed. The text is a clause that says why."""


class OutOfMemory(DeviceError):
    """The device has too little free memory."""


class Device:
    """A CUDA device, its streams, and the kernels compiled so far. One thread at a time.

    The constructor raises `DeviceError` if a first kernel gives wrong numbers.
    """

    def __init__(self, xp: ModuleType, index: int = 0) -> None:
        self._xp, self._lock = xp, threading.RLock()
        self._kernels: dict[str, Kernel] = {}
        self._device = xp.cuda.Device(index)
        with _translated(xp), self._device:
            self.compute, self.copy = (xp.cuda.Stream(non_blocking=True) for _ in range(2))
            xp.get_default_memory_pool().set_limit(fraction=SHARE)
        self._check()

    @contextmanager
    def at_work(self) -> Iterator[ModuleType]:
        """Yield CuPy with this device and its compute stream current; its errors become `DeviceError`."""
        with self._lock, _translated(self._xp), self._device, self.compute:
            yield self._xp

    def kernel(self, source: str, name: str) -> Kernel:
        """Return the compiled kernel of that name. CuPy caches compiled code on disk."""
        with self.at_work() as xp:
            if source not in self._kernels:
                self._kernels[source] = xp.RawModule(code=source, options=OPTIONS).get_function(name)
            return self._kernels[source]

    def free(self) -> None:
        """Release the memory pool's free blocks."""
        with self.at_work() as xp:
            xp.get_default_memory_pool().free_all_blocks()

    def _check(self, count: int = 64, seed: int = 0x1234567890ABCDEF, step: int = 7) -> None:
        kernel = self.kernel(cuda.check_source(), "ll_check")
        with self.at_work() as xp:
            words = xp.zeros((count, 4), xp.uint32)
            kernel(blocks(count), (THREADS,), (words, np.int32(count), np.uint64(seed), np.uint32(step)))
            got = words.get()
        right = philox.words(seed, philox.particles(np, 0, count), step, Purpose.NOISE)
        if not np.array_equal(got, np.stack(right, axis=-1)):
            raise DeviceError("it computes wrong numbers")


@cache
def device(xp: ModuleType) -> Device:
    """Return the tested device of a CuPy module; raise `DeviceError` if it cannot be used."""
    found = arrays.cuda_device()
    return Device(xp, found.index if isinstance(found, arrays.CudaDevice) else 0)


if hasattr(os, "register_at_fork"):  # CUDA does not work in a forked process; a new `Device` there reports that
    os.register_at_fork(after_in_child=device.cache_clear)


@contextmanager
def _translated(xp: ModuleType) -> Iterator[None]:
    """Convert CuPy's errors, which share no base class, to `DeviceError`."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory("its memory is full") from error
    except (RuntimeError, xp.cuda.compiler.CompileException) as error:
        first = (str(error).strip().splitlines() or [""])[0]
        raise DeviceError(f"{type(error).__name__}: {first}") from error


def warn(error: DeviceError) -> None:
    """Warn that the CPU takes over from a failed device."""
    text = f"The CUDA device cannot go on ({error}); the CPU does the work."
    warnings.warn(text, RuntimeWarning, stacklevel=3)


def blocks(count: int) -> tuple[int]:
    """Return the launch grid for ``count`` threads."""
    return (-(-count // THREADS),)


def in_tiles(device: Device, total: int, size: int, smallest: int, work: Callable[[slice], None]) -> None:
    """Do work on range(total) in tiles, halving ``size`` down to ``smallest`` when memory runs out."""
    size, done = max(size, smallest), 0
    while done < total:
        tile = slice(done, min(done + size, total))
        try:
            work(tile)
            done = tile.stop
        except OutOfMemory:
            if size <= smallest:
                raise
            size = max(smallest, size // 2)
            device.free()


class CudaLattice:
    """The compiled kernel of a program with the inputs x and y, on a grid; as `LatticeKernel` on the CPU.

    ``widths`` gives the layout of the outputs: (1, 2) puts the first one into an array (down, across) and the next two
    interleaved into an array (down, across, 2). ``fallback`` fills the arrays when the device fails.
    """

    least = 1  # points along x that a band must have

    def __init__(
        self,
        device: Device,
        program: Program,
        widths: Sequence[int],
        dtype: np.dtype,
        fallback: Callable[[Array, Array, Sequence[Array]], bool],
    ) -> None:
        self._device, self._dtype, self._fallback = device, dtype, fallback
        self._kernel: Kernel | None = None
        try:
            self._kernel = device.kernel(cuda.grid_source(program, widths, dtype), "ll_grid")
        except DeviceError as error:
            warn(error)

    def fill(self, x: Array, y: Array, parts: Sequence[Array]) -> bool:
        """Fill the parts, C-contiguous, for x (across,) and y (down,), in several bands if memory is short.

        Returns whether the first output is known to be finite everywhere; the device does not check.
        """
        if self._kernel is not None:
            try:
                down = len(y)
                in_tiles(self._device, down, down, 1, lambda rows: self._fill(x, y[rows], [p[rows] for p in parts]))
                return False
            except DeviceError as error:
                self._kernel = None
                warn(error)
        return self._fallback(x, y, parts)

    def _fill(self, x: Array, y: Array, parts: Sequence[Array]) -> None:
        across, down = len(x), len(y)
        with self._device.at_work() as xp:
            results = [xp.empty(part.shape, self._dtype) for part in parts]
            assert self._kernel is not None
            self._kernel(
                (-(-across // SQUARE[0]), -(-down // SQUARE[1])),
                SQUARE,
                (xp.asarray(x), xp.asarray(y), np.int32(across), np.int32(down), *results),
            )
            for part, result in zip(parts, results, strict=True):
                result.get(out=part)
