"""Transfers arrays from a CUDA device to OpenGL. The only module that imports ``cuda.bindings``.

Frame data may be anything with ``__cuda_array_interface__`` (see ``layers``). There are three ways:

- *shared with CUDA*: the device copies the array into the buffer or texture that OpenGL draws from;
- *pinned copies*: it is copied to the host through two page-locked buffers: the device fills one while the other is
  uploaded to OpenGL;
- *plain upload*: NumPy copies it to the host, and it is uploaded like any other array.

The first one that works is used, chosen for each GL context when its first such array is drawn. Sharing is verified by
reading a pattern that CUDA wrote back through OpenGL. If a way fails later, the next is used.
"""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeGuard, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.driver import current_context, flush, gl_name
from lossland.render.gl.programs import delete, vertex_buffer

if TYPE_CHECKING:
    from vispy.gloo.context import GLContext

PIECE = 1 << 22  # bytes in each of the two page-locked buffers
MOST_DEVICES = 16  # of a GL context in the query
LEGACY_STREAM = 1  # CUDA's handle of the legacy default stream
GL_TEXTURE_2D = 0x0DE1

Floats = NDArray[np.floating]
Drawn = TypeVar("Drawn", gloo.VertexBuffer, gloo.Texture2D)


class Way(Enum):
    """The ways of transfer, the best first."""

    SHARED = "shared with CUDA"
    PINNED = "pinned copies"
    PLAIN = "plain upload"


class Trouble(Exception):
    """A way does not work (any more). The text is a clause with the reason."""


def runtime() -> ModuleType:
    """Return CUDA's runtime for Python, or raise `Trouble`."""
    try:
        from cuda.bindings import runtime as found  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise Trouble("cuda-bindings is not installed") from error
    return found


class Cuda:
    """CUDA's runtime, with exceptions instead of statuses: ``cuda(name, ...)`` calls its function of that name."""

    def __init__(self, found: ModuleType) -> None:
        self.names = found

    def __call__(self, name: str, *arguments: object) -> Any:
        """Return the results of a function of the runtime: None, one value or a tuple, or raise `Trouble`."""
        try:
            status, *results = getattr(self.names, name)(*arguments)
        except RuntimeError as error:  # the driver is older than the function, or there is none
            raise Trouble(f"{name}: {error}") from error
        if int(status) != 0:
            text = self.names.cudaGetErrorString(status)[1]
            raise Trouble(f"{name}: {text.decode() if isinstance(text, bytes) else text}")
        return results[0] if len(results) == 1 else tuple(results) or None


# ------------------------------------------------------------------------------------------------ where it comes from


class Numbers(Protocol):
    """An array that NumPy can read, on the host or on a device."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The size along each axis."""
        ...

    def __len__(self) -> int: ...
    def __array__(self) -> np.ndarray: ...


class OnDevice(Numbers, Protocol):
    """An array on a CUDA device, as CuPy's or a `Resident` is."""

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """Its address and layout, by the CUDA Array Interface."""
        ...


@dataclass(frozen=True)
class Source:
    """Rows of float32 numbers at an address, ``pitch`` bytes apart, ready in the order of ``stream``."""

    address: int
    rows: int
    row: int  # bytes
    pitch: int
    stream: int

    def part(self, start: int, rows: int) -> Source:
        """Return some of the rows."""
        return replace(self, address=self.address + start * self.pitch, rows=rows)

    @property
    def block(self) -> tuple[int, int, int]:
        """Pitch and width in bytes, and height, of the 2D copy; contiguous rows are a single line."""
        if self.pitch == self.row:
            return self.rows * self.row, self.rows * self.row, 1
        return self.pitch, self.row, self.rows


def on_device(array: object) -> TypeGuard[OnDevice]:
    """Whether an array is on a CUDA device, in the format for OpenGL: float32, C-contiguous."""
    described = getattr(array, "__cuda_array_interface__", None)
    return described is not None and described["typestr"] == "<f4" and described.get("strides") is None


def source(array: OnDevice, stride: int = 1) -> Source:
    """Return the rows 0, stride, 2 stride ... of an array that is `on_device`."""
    described = array.__cuda_array_interface__
    rows, *rest = described["shape"]
    row = 4 * int(np.prod(rest))
    return Source(described["data"][0], -(-rows // stride), row, row * stride, described.get("stream") or LEGACY_STREAM)


# ------------------------------------------------------------------------------------------------ which way it takes


class Transfer:
    """The way of transfer to the current GL context."""

    def __init__(self, array: OnDevice) -> None:
        self.way = Way.SHARED
        self.why: list[str] = []  # the reasons against better ways
        try:
            self.cuda = Cuda(runtime())
        except Trouble as trouble:
            self.way, self.why = Way.PLAIN, [str(trouble)]  # pinned memory needs CUDA too
            return
        try:
            self._find_device(array)
            for feed in (VertexFeed(), TextureFeed()):
                try:
                    feed.check(self.cuda, source(array).stream)
                finally:
                    feed.close()
        except Trouble as trouble:
            self.give_way(trouble)

    def _find_device(self, array: OnDevice) -> None:
        address = source(array).address
        device = self.cuda("cudaPointerGetAttributes", address).device
        self.cuda("cudaSetDevice", device)
        every = self.cuda.names.cudaGLDeviceList.cudaGLDeviceListAll
        count, devices = self.cuda("cudaGLGetDevices", MOST_DEVICES, every)
        if device not in list(devices)[:count]:
            raise Trouble("OpenGL draws on another device than the one that computes")

    def give_way(self, trouble: Trouble) -> None:
        """Switch to the next way."""
        self.way = Way.PINNED if self.way is Way.SHARED else Way.PLAIN
        self.why.append(str(trouble))


_TRANSFERS: WeakKeyDictionary[GLContext, Transfer] = WeakKeyDictionary()  # by GL context


def transfer(array: OnDevice) -> Transfer:
    """Return the way of transfer to the current GL context, chosen at the first array."""
    context = current_context()
    if context not in _TRANSFERS:
        _TRANSFERS[context] = Transfer(array)
    return _TRANSFERS[context]


def described() -> list[str]:
    """Describe the transfer to the current GL context, followed by the reasons against better ways."""
    found = _TRANSFERS.get(current_context())
    return [Way.PLAIN.value] if found is None else [found.way.value, *found.why]


# ------------------------------------------------------------------------------------------------ where it goes


class Feed(ABC, Generic[Drawn]):
    """A GL buffer or texture that is filled from arrays on the host or on a CUDA device.

    ``drawn`` is set by the first ``set``, and each may replace it.
    """

    def __init__(self) -> None:
        self.drawn: Drawn | None = None
        self._cuda: Cuda | None = None  # the creator of the next two
        self._resource: object = None  # CUDA's handle of ``drawn`` while it is registered
        self._pinned: tuple[int, ...] = ()  # addresses of page-locked buffers

    @property
    def _there(self) -> Drawn:
        assert self.drawn is not None
        return self.drawn

    def set(self, array: Numbers, stride: int = 1) -> None:
        """Fill it with the rows 0, stride, 2 stride ... of an array: float32 on a device, any floats on the host."""
        if on_device(array) and len(array):
            way = transfer(array)
            while way.way is not Way.PLAIN:
                try:
                    self._room(array.shape, stride)
                    (self.share if way.way is Way.SHARED else self._stage)(way.cuda, source(array, stride))
                    return
                except Trouble as trouble:
                    self.close()
                    way.give_way(trouble)
        self._upload(np.ascontiguousarray(np.asarray(array)[::stride], np.float32))

    def share(self, cuda: Cuda, rows: Source) -> None:
        """Copy on the device into ``drawn``, which is large enough; raise `Trouble` if that fails."""
        self._cuda = cuda
        if self._resource is None:
            flags = int(cuda.names.cudaGraphicsRegisterFlags.cudaGraphicsRegisterFlagsWriteDiscard)
            self._resource = self._register(cuda, gl_name(self._there), flags)
        flush(self._there)  # pending GL commands must not be executed while CUDA writes
        with _mapped(cuda, self._resource, rows.stream):
            self._write(cuda, self._resource, rows)

    def _stage(self, cuda: Cuda, rows: Source) -> None:
        """Copy rows to the host and upload them in pieces: while one is copied, the previous one is uploaded."""
        self._cuda = cuda
        piece = max(1, PIECE // rows.row)
        size = min(piece, rows.rows) * rows.row
        while len(self._pinned) < 2:
            self._pinned = (*self._pinned, cuda("cudaMallocHost", max(size, PIECE)))
        events: list[object] = []
        try:
            for _ in self._pinned:
                events.append(cuda("cudaEventCreateWithFlags", cuda.names.cudaEventDisableTiming))
            under_way: tuple[int, int, int] | None = None  # buffer, first row, rows
            for number, start in enumerate((*range(0, rows.rows, piece), None)):
                sent, under_way = under_way, None
                if start is not None:
                    buffer, part = number % 2, rows.part(start, min(piece, rows.rows - start))
                    pitch, width, height = part.block
                    kind = cuda.names.cudaMemcpyKind.cudaMemcpyDefault
                    cuda("cudaMemcpy2DAsync", self._pinned[buffer], width, part.address, pitch, width, height, kind,
                         part.stream)  # fmt: skip
                    cuda("cudaEventRecord", events[buffer], part.stream)
                    under_way = buffer, start, part.rows
                if sent is not None:
                    buffer, first, count = sent
                    cuda("cudaEventSynchronize", events[buffer])
                    self._put(first, _floats_at(self._pinned[buffer], count * rows.row))
                    flush(self._there)  # after this OpenGL has a copy: the page-locked buffer is free
        finally:
            for event in events:
                cuda("cudaEventDestroy", event)

    def check(self, cuda: Cuda, stream: int) -> None:
        """Raise `Trouble` unless OpenGL reads what CUDA writes."""
        pattern = self._pattern()
        self._room(pattern.shape, 1)
        row = pattern[0].nbytes
        self.share(cuda, Source(pattern.ctypes.data, len(pattern), row, row, stream))
        if not np.array_equal(self._read_back(pattern.shape), pattern):
            raise Trouble("OpenGL does not read what CUDA has written")

    def release(self) -> None:
        """Unregister it from CUDA, and free page-locked memory."""
        held = [] if self._resource is None else [("cudaGraphicsUnregisterResource", self._resource)]
        held += [("cudaFreeHost", address) for address in self._pinned]
        self._resource, self._pinned = None, ()
        for name, what in held:
            assert self._cuda is not None
            with suppress(Trouble):  # it may report an earlier failure, which is handled already
                self._cuda(name, what)

    def close(self) -> None:
        """Free everything."""
        self.release()
        delete([self.drawn])
        self.drawn = None

    @abstractmethod
    def _room(self, shape: tuple[int, ...], stride: int) -> None:
        """Allocate ``drawn`` for an array; a new one is not registered."""

    @abstractmethod
    def _register(self, cuda: Cuda, name: int, flags: int) -> object:
        """Register the GL object with CUDA."""

    @abstractmethod
    def _write(self, cuda: Cuda, resource: object, rows: Source) -> None:
        """Start the copy of the rows, while the resource is mapped."""

    @abstractmethod
    def _put(self, start: int, numbers: Floats) -> None:
        """Upload rows of the array from ``start`` on; ``numbers`` are flat."""

    @abstractmethod
    def _upload(self, data: Floats) -> None:
        """Upload a whole array."""

    @abstractmethod
    def _pattern(self) -> Floats:
        """Return distinct numbers."""

    @abstractmethod
    def _read_back(self, shape: tuple[int, ...]) -> Floats:
        """Return the contents of ``drawn``, read by OpenGL."""


class VertexFeed(Feed[gloo.VertexBuffer]):
    """A vertex buffer of vectors (n, c)."""

    def _room(self, shape: tuple[int, ...], stride: int) -> None:
        rows, width = -(-shape[0] // stride), shape[1]
        if self.drawn is None or self.drawn.nbytes != 4 * rows * width:
            self.close()
            made = self.drawn = vertex_buffer(np.zeros((1, width)))
            made.resize_bytes(4 * rows * width)

    def _register(self, cuda: Cuda, name: int, flags: int) -> object:
        return cuda("cudaGraphicsGLRegisterBuffer", name, flags)

    def _write(self, cuda: Cuda, resource: object, rows: Source) -> None:
        address, size = cuda("cudaGraphicsResourceGetMappedPointer", resource)
        if size < rows.rows * rows.row:
            raise Trouble(f"CUDA sees {size} bytes of a buffer of {rows.rows * rows.row}")
        pitch, width, height = rows.block
        kind = cuda.names.cudaMemcpyKind.cudaMemcpyDefault
        cuda("cudaMemcpy2DAsync", address, width, rows.address, pitch, width, height, kind, rows.stream)

    def _put(self, start: int, numbers: Floats) -> None:
        assert self.drawn is not None
        self.drawn.set_subdata(numbers.reshape(-1, self.drawn.itemsize // 4), start)

    def _upload(self, data: Floats) -> None:
        if self.drawn is not None and self.drawn.nbytes == data.nbytes:
            self.drawn.set_data(data)
        else:
            self.close()
            self.drawn = vertex_buffer(data)

    def _pattern(self) -> Floats:
        return np.arange(1, 129, dtype=np.float32).reshape(64, 2)

    def _read_back(self, shape: tuple[int, ...]) -> Floats:
        import OpenGL.GL as gl

        found = np.zeros(shape, np.float32)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, gl_name(self._there))
        gl.glGetBufferSubData(gl.GL_ARRAY_BUFFER, 0, found.nbytes, ctypes.c_void_p(found.ctypes.data))
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, 0)
        return found


class TextureFeed(Feed[gloo.Texture2D]):
    """A linear texture of two float32 numbers a texel, from arrays (ny, nx, 2)."""

    def _room(self, shape: tuple[int, ...], stride: int) -> None:
        if self.drawn is None or self.drawn.shape != shape:
            self.close()
            self.drawn = gloo.Texture2D(shape, format="rg", internalformat="rg32f", interpolation="linear")

    def _register(self, cuda: Cuda, name: int, flags: int) -> object:
        return cuda("cudaGraphicsGLRegisterImage", name, GL_TEXTURE_2D, flags)

    def _write(self, cuda: Cuda, resource: object, rows: Source) -> None:
        image = cuda("cudaGraphicsSubResourceGetMappedArray", resource, 0, 0)
        kind = cuda.names.cudaMemcpyKind.cudaMemcpyDefault
        cuda("cudaMemcpy2DToArrayAsync", image, 0, 0, rows.address, rows.pitch, rows.row, rows.rows, kind, rows.stream)

    def _put(self, start: int, numbers: Floats) -> None:
        assert self.drawn is not None
        self.drawn.set_data(numbers.reshape(-1, *self.drawn.shape[1:]), offset=(start, 0))

    def _upload(self, data: Floats) -> None:
        self._room(data.shape, 1)
        assert self.drawn is not None
        self.drawn.set_data(data)

    def _pattern(self) -> Floats:
        return np.arange(1, 129, dtype=np.float32).reshape(8, 8, 2)

    def _read_back(self, shape: tuple[int, ...]) -> Floats:
        import OpenGL.GL as gl

        found = np.zeros(shape, np.float32)
        gl.glBindTexture(gl.GL_TEXTURE_2D, gl_name(self._there))
        gl.glGetTexImage(gl.GL_TEXTURE_2D, 0, gl.GL_RG, gl.GL_FLOAT, found.ctypes.data)
        gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
        return found


@contextmanager
def _mapped(cuda: Cuda, resource: object, stream: int) -> Iterator[None]:
    """Map a registered buffer or texture for CUDA within the block, in which OpenGL must not use it."""
    cuda("cudaGraphicsMapResources", 1, resource, stream)
    try:
        yield
    finally:
        cuda("cudaGraphicsUnmapResources", 1, resource, stream)


def _floats_at(address: int, size: int) -> Floats:
    """Return a view of numbers in host memory."""
    return np.frombuffer(memoryview((ctypes.c_byte * size).from_address(address)), np.float32)
