"""Stands in for CuPy, as far as lossland uses it on a device, and is stricter than any device.

Work on a stream is done only when somebody waits for it, and work on other streams as late as events allow: what is
read too early is poison. Work holds on to memory of its own stream alone, as CuPy's pool does: memory that is given
up while another stream still needs it is an error. Kernels are run by g++ (see ``cuda_on_cpu``).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import cuda_on_cpu
import numpy as np
from cuda_sources import kernel_name

POISON = 0xCB


class CUDARuntimeError(RuntimeError):
    """Named as CuPy's."""


class OutOfMemoryError(MemoryError):
    """Named as CuPy's."""


class CompileException(Exception):
    """Named as CuPy's."""


class Event:
    """A point in a stream's work."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.until = stream, stream.queued

    def synchronize(self) -> None:
        self.stream.run(self.until)


class Stream:
    """Work in the order it was given."""

    def __init__(self, device: StandIn) -> None:
        self.device, self.queued, self.done = device, 0, 0
        self.work: list[Callable[[], None]] = []
        self.ptr = id(self)
        device.all_streams[self.ptr] = self

    def __enter__(self) -> Stream:
        self.device.streams.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        self.device.streams.pop()

    def add(self, work: Callable[[], None]) -> None:
        self.work.append(work)
        self.queued += 1

    def run(self, until: int) -> None:
        while self.done < until:
            self.done += 1
            self.work.pop(0)()

    def record(self) -> Event:
        return Event(self)

    def wait_event(self, event: Event) -> None:
        self.add(event.synchronize)

    def synchronize(self) -> None:
        self.device.alive()
        self.run(self.queued)


class Memory:
    """Bytes on the device."""

    def __init__(self, stream: Stream, size: int) -> None:
        self.stream, self.size = stream, size
        self.bytes = np.full(size, POISON, np.uint8)
        stream.device.used += size
        stream.device.memories.add(self)

    def __del__(self) -> None:
        self.stream.device.used -= self.size

    def for_work_on(self, stream: Stream) -> Callable[[], np.ndarray]:
        """Return what gives the bytes when the work is done."""
        if stream is self.stream:
            return lambda: self.bytes
        reference = weakref.ref(self)

        def late() -> np.ndarray:
            memory = reference()
            assert memory is not None, "memory was given up while another stream needed it"
            return memory.bytes

        return late


class Array:
    """An array on the device: C-contiguous. Nothing here turns it into NumPy's by accident."""

    __array__ = None

    def __init__(self, memory: Memory, shape: tuple[int, ...], dtype: np.dtype, offset: int = 0) -> None:
        self.memory, self.shape, self.dtype, self.offset = memory, shape, dtype, offset
        self.size = int(np.prod(shape))
        self.nbytes = self.size * dtype.itemsize
        self.data = SimpleNamespace(ptr=memory.bytes.ctypes.data + offset)

    def __getitem__(self, rows: int | slice) -> Array:
        """Return some rows, next to each other."""
        start, stop = (rows, rows + 1) if isinstance(rows, int) else rows.indices(self.shape[0])[:2]
        shape = self.shape[1:] if isinstance(rows, int) else (stop - start, *self.shape[1:])
        row = self.nbytes // self.shape[0]
        return Array(self.memory, shape, self.dtype, self.offset + start * row)

    def view(self, data: np.ndarray) -> np.ndarray:
        """Return the array in the memory's bytes."""
        return data[self.offset : self.offset + self.nbytes].view(self.dtype).reshape(self.shape)

    def get(self, stream: Stream | None = None, out: np.ndarray | None = None, blocking: bool = True) -> np.ndarray:
        stream = stream or self.memory.stream.device.stream
        host = np.empty(self.shape, self.dtype) if out is None else out
        assert host.shape == self.shape
        assert host.dtype == self.dtype
        assert host.flags.c_contiguous
        assert blocking or out is not None
        data = self.memory.for_work_on(stream)
        stream.add(lambda: np.copyto(host, self.view(data())))
        if blocking:
            stream.synchronize()
        else:
            host.view(np.uint8)[...] = POISON
        return host


class StandIn(ModuleType):
    """The module. ``room`` is how many bytes the device has; ``fail_after`` launches it is lost.

    ``launches`` are the kernels launched so far, as (name, threads).
    """

    uint32, float32, float64 = np.uint32, np.float32, np.float64

    def __init__(self, room: float = np.inf, fail_after: float = np.inf, broken: str = "") -> None:
        super().__init__("cupy")
        self.room, self.fail_after, self.broken = room, fail_after, broken
        self.used = 0
        self.all_streams: weakref.WeakValueDictionary[int, Stream] = weakref.WeakValueDictionary()
        self.memories: weakref.WeakSet[Memory] = weakref.WeakSet()
        self.launches: list[tuple[str, int]] = []
        self.compiled: list[str] = []
        self.limits: list[float] = []
        self.freed = 0
        self.null = Stream(self)
        self.streams = [self.null]
        self.cuda = SimpleNamespace(
            Device=lambda index: _Device(),
            Stream=lambda non_blocking=False: Stream(self),
            alloc_pinned_memory=lambda size: np.full(size, POISON, np.uint8),
            compiler=SimpleNamespace(CompileException=CompileException),
        )

    @property
    def stream(self) -> Stream:
        """The stream that work goes to."""
        return self.streams[-1]

    def alive(self) -> None:
        """Raise once the device is lost."""
        if len(self.launches) > self.fail_after:
            raise CUDARuntimeError("cudaErrorIllegalAddress: an illegal memory access was encountered\nmore")

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Array:
        self.alive()
        kind = np.dtype(dtype)
        size = int(np.prod(shape)) * kind.itemsize
        if self.used + size > self.room:
            self.stream.run(self.stream.queued)  # memory that was given up is free when the work before is done
        if self.used + size > self.room:
            raise OutOfMemoryError(f"Out of memory allocating {size} bytes")
        return Array(Memory(self.stream, size), tuple(shape), kind)

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return self.asarray(np.zeros(shape, dtype))

    def asarray(self, host: np.ndarray) -> Array:
        array = self.empty(host.shape, host.dtype)
        data = self.memory_for(array)
        captured = host.copy()  # pageable memory is read at once
        self.stream.add(lambda: np.copyto(array.view(data()), captured))
        return array

    def stack(self, arrays: tuple[Array, ...], axis: int) -> Array:
        result = self.empty((*arrays[0].shape[:axis], len(arrays), *arrays[0].shape[axis:]), arrays[0].dtype)
        into, parts = self.memory_for(result), [(array, self.memory_for(array)) for array in arrays]

        def work() -> None:
            np.stack([array.view(data()) for array, data in parts], axis, out=result.view(into()))

        self.stream.add(work)
        return result

    def memory_for(self, array: Array) -> Callable[[], np.ndarray]:
        return array.memory.for_work_on(self.stream)

    def get_default_memory_pool(self) -> Any:
        def free_all_blocks() -> None:
            self.freed += 1

        return SimpleNamespace(set_limit=lambda fraction: self.limits.append(fraction), free_all_blocks=free_all_blocks)

    def RawModule(self, code: str, options: tuple[str, ...]) -> Any:
        assert options == ("--std=c++17",)
        return SimpleNamespace(get_function=lambda name: self._function(code, name))

    def _function(self, code: str, name: str) -> Callable[..., None]:
        if self.broken and name == self.broken:
            raise CompileException("kernel.cu(3): error: identifier is undefined\nmore")
        assert kernel_name(code) == name
        self.compiled.append(name)
        kernel = built(code)

        def launch(grid: tuple[int, ...], block: tuple[int, ...], arguments: tuple[Any, ...]) -> None:
            self.alive()
            assert np.prod(block) <= 256
            for argument in arguments:  # a Python number would take 8 bytes, a NumPy array be passed by value
                assert isinstance(argument, Array | np.generic)
            self.launches.append((name, int(np.prod(grid) * np.prod(block))))
            late = [(a, self.memory_for(a)) if isinstance(a, Array) else a for a in arguments]
            self.stream.add(
                lambda: kernel(grid, block, [a[0].view(a[1]()) if isinstance(a, tuple) else a for a in late])
            )

        return launch


class _Device:
    """Chosen with ``with``."""

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


_built: dict[str, cuda_on_cpu.Kernel] = {}


def built(source: str) -> cuda_on_cpu.Kernel:
    """Return a source's kernel, compiled once for all tests."""
    if source not in _built:
        _built.update({source: cuda_on_cpu.compiled({"alone": source})["alone"]})
    return _built[source]
