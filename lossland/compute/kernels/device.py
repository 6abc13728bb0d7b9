"""A CUDA device at work: memory, streams, kernels, and what goes wrong with them.

Written against CuPy, whose module is handed in (``arrays.backend("cuda").xp``). What happens on the device goes
through one stream, in the order of the calls; nothing waits for it before its result is asked for.
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
Kernel = Callable[[Sizes, Sizes, tuple[object, ...]], None]  # the last are its arguments

OPTIONS = ("--std=c++17",)
SHARE = 0.8  # of the device's memory may be ours
THREADS = 256  # in a block, as the kernels' launch bounds say
SQUARE = (64, 4)  # threads in a block on a grid: across, down


class Pointer(Protocol):
    """Memory on the device, as CuPy has it."""

    @property
    def ptr(self) -> int:
        """Its address."""
        ...


class OnDevice(Protocol):
    """An array of CuPy's, as far as it is needed here."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many numbers there are along each axis."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """The type of each."""
        ...

    @property
    def data(self) -> Pointer:
        """Where its numbers are."""
        ...

    def get(self) -> Array:
        """Return it on the host."""
        ...


class DeviceTrouble(Exception):
    """The device cannot do what it was asked to. The text is a clause that says why."""


class OutOfMemory(DeviceTrouble):
    """The device has too little free memory."""


class Device:
    """A CUDA device, its streams, and the kernels compiled so far. Threads take turns.

    Making one raises `DeviceTrouble` if a first kernel does not give the numbers it should.
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
        """Give CuPy, with this device and its compute stream chosen; its errors become `DeviceTrouble`."""
        with self._lock, _translated(self._xp), self._device, self.compute:
            yield self._xp

    def kernel(self, source: str, name: str) -> Kernel:
        """Return the compiled kernel of that name. CuPy keeps what it has compiled on disk."""
        with self.at_work() as xp:
            if source not in self._kernels:
                self._kernels[source] = xp.RawModule(code=source, options=OPTIONS).get_function(name)
            return self._kernels[source]

    def free(self) -> None:
        """Give memory that is kept for later back to the device."""
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
            raise DeviceTrouble("it computes wrong numbers")


@cache
def device(xp: ModuleType) -> Device:
    """Return the device of a CuPy module, tried out; raise `DeviceTrouble` if it cannot be used."""
    found = arrays.cuda_device()
    return Device(xp, found.index if isinstance(found, arrays.CudaDevice) else 0)


if hasattr(os, "register_at_fork"):  # CUDA does not work in a forked process: a new device finds that out by itself
    os.register_at_fork(after_in_child=device.cache_clear)


@contextmanager
def _translated(xp: ModuleType) -> Iterator[None]:
    """Turn CuPy's errors, which have no base class in common, into `DeviceTrouble`."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory("its memory is full") from error
    except (RuntimeError, xp.cuda.compiler.CompileException) as error:
        first = (str(error).strip().splitlines() or [""])[0]
        raise DeviceTrouble(f"{type(error).__name__}: {first}") from error


def say(trouble: DeviceTrouble) -> None:
    """Warn that the CPU does what the device cannot."""
    text = f"The CUDA device cannot go on ({trouble}); the CPU does the work."
    warnings.warn(text, RuntimeWarning, stacklevel=3)


def blocks(count: int) -> tuple[int]:
    """Return how many blocks of threads ``count`` particles take, as a launch wants it."""
    return (-(-count // THREADS),)


def in_tiles(device: Device, total: int, size: int, smallest: int, work: Callable[[slice], None]) -> None:
    """Do work on 0 ... total in tiles of a size that is halved, down to ``smallest``, where memory does not suffice."""
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

    ``widths`` says how its outputs stand in arrays: (1, 2) puts the first one into an array (down, across) and the
    next two side by side into an array (down, across, 2). ``refuge`` fills the arrays when the device cannot.
    """

    least = 1  # points along x that a band must have

    def __init__(
        self,
        device: Device,
        program: Program,
        widths: Sequence[int],
        dtype: np.dtype,
        refuge: Callable[[Array, Array, Sequence[Array]], bool],
    ) -> None:
        self._device, self._dtype, self._refuge = device, dtype, refuge
        self._kernel: Kernel | None = None
        try:
            self._kernel = device.kernel(cuda.grid_source(program, widths, dtype), "ll_grid")
        except DeviceTrouble as trouble:
            say(trouble)

    def fill(self, x: Array, y: Array, parts: Sequence[Array]) -> bool:
        """Fill the parts, C-contiguous, for x (across,) and y (down,): in fewer rows at a time if memory is short.

        Returns whether the first output is known to be a finite number everywhere: the device does not look.
        """
        if self._kernel is not None:
            try:
                down = len(y)
                in_tiles(self._device, down, down, 1, lambda rows: self._fill(x, y[rows], [p[rows] for p in parts]))
                return False
            except DeviceTrouble as trouble:
                self._kernel = None
                say(trouble)
        return self._refuge(x, y, parts)

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
