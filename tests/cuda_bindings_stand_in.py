"""A stand-in for ``cuda.bindings.runtime`` on a machine without a GPU, over the current GL context.

Registered buffers and textures are OpenGL's own: mapping one gives host memory full of poison, unmapping writes that
into it, so what a test draws has gone the whole way. Device memory and streams are those of CuPy's stand-in, which
works as late as it may. An AssertionError tells of what a real device would punish by wrong pictures or worse: memory
used after the unmapping or on a stream that nobody waits for, drawing while something is mapped, resizing or deleting
what is registered, commands that wait in gloo's queue while CUDA writes, statuses of failures that are passed on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import OpenGL.GL as gl
import pytest
from cupy_stand_in import POISON, StandIn, Stream
from vispy import gloo

PUNISHED_WHILE_MAPPED = ("glDrawArrays", "glDrawElements")
PUNISHED_WHILE_REGISTERED = {
    "glBufferData": "buffer",
    "glDeleteBuffer": "buffer",
    "glTexImage2D": "texture",
    "glDeleteTexture": "texture",
}
GL_TEXTURE_2D = 0x0DE1
PAGEABLE = 512  # bytes that are read of ordinary host memory: only patterns are sent from there


class Status(IntEnum):
    """Some of CUDA's statuses."""

    cudaSuccess = 0
    cudaErrorMemoryAllocation = 2
    cudaErrorInsufficientDriver = 35
    cudaErrorNoDevice = 100
    cudaErrorInvalidResourceHandle = 400
    cudaErrorOperatingSystem = 304
    cudaErrorUnknown = 999


class Resource:
    """A registered buffer or texture."""

    def __init__(self, kind: str, name: int, nbytes: int, shape: tuple[int, ...]) -> None:
        self.kind, self.name, self.nbytes, self.shape = kind, name, nbytes, shape
        self.memory: np.ndarray | None = None  # while mapped
        self.stream: Stream | None = None


class Image:
    """The memory of a mapped texture."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource


class Event:
    """A point in a stream's work, once it was recorded."""

    def __init__(self) -> None:
        self.point: Any = None


Flat = Callable[[], np.ndarray]


def _itself(memory: np.ndarray) -> np.ndarray:
    return memory


class Bindings:
    """The module. ``fail`` maps a function's name to a status it returns, from the ``after``-th call on.

    With ``deaf`` OpenGL does not see what is written into mapped memory. ``devices`` are those that OpenGL draws on.
    """

    cudaGraphicsRegisterFlags = SimpleNamespace(cudaGraphicsRegisterFlagsWriteDiscard=2)
    cudaGLDeviceList = SimpleNamespace(cudaGLDeviceListAll=1)
    cudaMemcpyKind = SimpleNamespace(cudaMemcpyDefault=4)
    cudaEventDisableTiming = 2

    def __init__(self, cupy: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cupy, self.fail, self.after = cupy, {}, 0
        self.devices, self.deaf = [0], False
        self.calls: list[str] = []
        self.registered: set[Resource] = set()
        self.pinned: dict[int, np.ndarray] = {}
        self.events: set[Event] = set()
        self.gone: list[np.ndarray] = []  # memory of unmapped resources, kept so that its address means nothing else
        self.legacy = Stream(cupy)
        for name in PUNISHED_WHILE_MAPPED:
            self._watch(monkeypatch, name, lambda *_: self._nothing_mapped())
        for name, kind in PUNISHED_WHILE_REGISTERED.items():
            self._watch(monkeypatch, name, lambda *arguments, kind=kind: self._is_free(kind, arguments))

    # ------------------------------------------------------------------------------------- what OpenGL must not do
    def _watch(self, monkeypatch: pytest.MonkeyPatch, name: str, check: Callable[..., None]) -> None:
        original = getattr(gloo.gl, name)

        def watched(*arguments: Any) -> Any:
            check(*arguments)
            return original(*arguments)

        monkeypatch.setattr(gloo.gl, name, watched)

    def _nothing_mapped(self) -> None:
        assert not any(resource.memory is not None for resource in self.registered), "drawing while CUDA holds memory"

    def _is_free(self, kind: str, arguments: tuple[Any, ...]) -> None:
        """Check that the buffer or texture that is bound, or is deleted by its name, is not registered."""
        if len(arguments) == 1:
            name = int(arguments[0])
        else:
            asked = {0x8892: 0x8894, 0x8893: 0x8895, GL_TEXTURE_2D: 0x8069}[int(arguments[0])]  # target -> binding
            name = int(gl.glGetIntegerv(asked))
        assert (kind, name) not in {(r.kind, r.name) for r in self.registered}, f"a registered {kind} is changed"

    def idle(self) -> None:
        """Check that everything was given back."""
        assert not self.registered
        assert not self.pinned
        assert not self.events

    # ------------------------------------------------------------------------------------------------- statuses
    def __getattribute__(self, name: str) -> Any:
        found: Any = object.__getattribute__(self, name)
        if not (name.startswith("cuda") and callable(found)):
            return found

        def call(*arguments: Any) -> Any:
            self.calls.append(name)
            if name in self.fail and self.calls.count(name) > self.after:
                return (Status(self.fail[name]), None)
            results: Any = found(*arguments)
            return (Status.cudaSuccess, *results)

        return call

    def cudaGetErrorString(self, error: Status) -> tuple[bytes]:
        return (error.name.encode(),)

    # -------------------------------------------------------------------------------------------------- devices
    def cudaSetDevice(self, device: int) -> tuple[()]:
        assert device == 0
        return ()

    def cudaPointerGetAttributes(self, ptr: int) -> tuple[Any]:
        assert any(self._holds(memory.bytes, ptr) for memory in self.cupy.memories)
        return (SimpleNamespace(device=0),)

    def cudaGLGetDevices(self, cudaDeviceCount: int, deviceList: int) -> tuple[int, list[int]]:
        return len(self.devices), [*self.devices, *[0] * (cudaDeviceCount - len(self.devices))]

    # ------------------------------------------------------------------------------------------------ resources
    def cudaGraphicsGLRegisterBuffer(self, buffer: int, flags: int) -> tuple[Resource]:
        assert gl.glIsBuffer(buffer)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, buffer)
        size = int(gl.glGetBufferParameteriv(gl.GL_ARRAY_BUFFER, gl.GL_BUFFER_SIZE))
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, 0)
        return (self._register(Resource("buffer", buffer, size, (size,)), flags),)

    def cudaGraphicsGLRegisterImage(self, image: int, target: int, flags: int) -> tuple[Resource]:
        assert gl.glIsTexture(image)
        assert target == GL_TEXTURE_2D
        gl.glBindTexture(gl.GL_TEXTURE_2D, image)
        width, height, kind = (
            int(gl.glGetTexLevelParameteriv(gl.GL_TEXTURE_2D, 0, what))
            for what in (gl.GL_TEXTURE_WIDTH, gl.GL_TEXTURE_HEIGHT, gl.GL_TEXTURE_INTERNAL_FORMAT)
        )
        gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
        assert kind == gl.GL_RG32F
        return (self._register(Resource("texture", image, 8 * width * height, (height, width, 2)), flags),)

    def _register(self, resource: Resource, flags: int) -> Resource:
        assert flags == 2
        assert resource.nbytes > 0
        assert (resource.kind, resource.name) not in {(r.kind, r.name) for r in self.registered}, "registered twice"
        self.registered.add(resource)
        return resource

    def cudaGraphicsUnregisterResource(self, resource: Resource) -> tuple[()]:
        assert resource in self.registered
        assert resource.memory is None, "unregistered while mapped"
        self.registered.remove(resource)
        return ()

    def cudaGraphicsMapResources(self, count: int, resources: Resource, stream: int) -> tuple[()]:
        assert count == 1
        assert resources in self.registered
        assert resources.memory is None, "mapped twice"
        canvas: Any = gloo.get_current_canvas()
        assert not canvas.context.glir._shared._commands, "commands wait that OpenGL would get while CUDA writes"
        resources.memory = np.full(resources.nbytes, POISON, np.uint8)
        resources.stream = self._stream(stream)
        return ()

    def cudaGraphicsResourceGetMappedPointer(self, resource: Resource) -> tuple[int, int]:
        assert resource.kind == "buffer"
        assert resource.memory is not None
        return resource.memory.ctypes.data, resource.nbytes

    def cudaGraphicsSubResourceGetMappedArray(self, resource: Resource, arrayIndex: int, mipLevel: int) -> tuple[Image]:
        assert resource.kind == "texture"
        assert resource.memory is not None
        assert arrayIndex == mipLevel == 0
        return (Image(resource),)

    def cudaGraphicsUnmapResources(self, count: int, resources: Resource, stream: int) -> tuple[()]:
        """Hand the memory back: what the stream was asked to do until now is done before OpenGL looks at it."""
        assert count == 1
        assert resources.memory is not None, "unmapped twice"
        on = self._stream(stream)
        on.run(on.queued)
        data = resources.memory.copy() if not self.deaf else np.zeros_like(resources.memory)
        resources.memory.fill(POISON)
        self.gone.append(resources.memory)
        resources.memory = None
        if resources.kind == "buffer":
            gl.glBindBuffer(gl.GL_ARRAY_BUFFER, resources.name)
            size = int(gl.glGetBufferParameteriv(gl.GL_ARRAY_BUFFER, gl.GL_BUFFER_SIZE))
            assert size == resources.nbytes, "resized while registered"
            gl.glBufferSubData(gl.GL_ARRAY_BUFFER, 0, data.nbytes, ctypes.c_void_p(data.ctypes.data))
            gl.glBindBuffer(gl.GL_ARRAY_BUFFER, 0)
        else:
            height, width, _ = resources.shape
            gl.glBindTexture(gl.GL_TEXTURE_2D, resources.name)
            numbers = ctypes.c_void_p(data.ctypes.data)
            gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, 0, 0, width, height, gl.GL_RG, gl.GL_FLOAT, numbers)
            gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
        return ()

    # --------------------------------------------------------------------------------------------------- copies
    def cudaMallocHost(self, size: int) -> tuple[int]:
        memory = np.full(size, POISON, np.uint8)
        self.pinned[memory.ctypes.data] = memory
        return (memory.ctypes.data,)

    def cudaFreeHost(self, ptr: int) -> tuple[()]:
        self.gone.append(self.pinned.pop(ptr))
        return ()

    def cudaMemcpy2DAsync(
        self, dst: int, dpitch: int, src: int, spitch: int, width: int, height: int, kind: int, stream: int
    ) -> tuple[()]:
        assert kind == 4
        assert width <= min(dpitch, spitch)
        on = self._stream(stream)
        source, into = self._lines(src, spitch, width, height, on), self._lines(dst, dpitch, width, height, on)
        if any(self._holds(memory, dst) for memory in self.pinned.values()):
            into()[...] = POISON  # until the copy is done
        on.add(lambda: np.copyto(into(), source()))
        return ()

    def cudaMemcpy2DToArrayAsync(
        self,
        dst: Image,
        wOffset: int,
        hOffset: int,
        src: int,
        spitch: int,
        width: int,
        height: int,
        kind: int,
        stream: int,
    ) -> tuple[()]:
        assert (wOffset, hOffset, kind) == (0, 0, 4)
        rows, columns, numbers = dst.resource.shape
        assert (width, height) == (4 * columns * numbers, rows)
        on = self._stream(stream)
        source = self._lines(src, spitch, width, height, on)

        def copy() -> None:
            assert dst.resource.memory is not None, "a texture is written after it was unmapped"
            np.copyto(dst.resource.memory.reshape(height, width), source())

        on.add(copy)
        return ()

    def _lines(self, address: int, pitch: int, width: int, height: int, stream: Stream) -> Flat:
        """Return what gives a rectangle of bytes (height, width) of any memory at the time of the work."""
        flat, start = self._memory(address, stream)
        end = start + (height - 1) * pitch + width

        def view() -> np.ndarray:
            data = flat()
            assert start >= 0
            assert end <= len(data), "outside the memory"
            return np.lib.stride_tricks.as_strided(data[start:], (height, width), (pitch, 1))

        return view

    def _memory(self, address: int, stream: Stream) -> tuple[Flat, int]:
        """Return what gives the bytes that an address lies in, and where in them it lies."""
        for memory in self.cupy.memories:
            if self._holds(memory.bytes, address):
                return memory.for_work_on(stream), address - memory.bytes.ctypes.data
        for resource in self.registered:
            if resource.memory is not None and self._holds(resource.memory, address):
                held = resource.memory

                def mapped(resource: Resource = resource, held: np.ndarray = held) -> np.ndarray:
                    assert resource.memory is held, "a buffer is written after it was unmapped"
                    return held

                return mapped, address - held.ctypes.data
        for begin, pinned in self.pinned.items():
            if self._holds(pinned, address):
                return partial(_itself, pinned), address - begin
        assert not any(self._holds(memory, address) for memory in self.gone), "memory that was given back is used"
        pageable: Any = (ctypes.c_uint8 * PAGEABLE).from_address(address)
        return partial(_itself, np.frombuffer(pageable, np.uint8).copy()), 0  # read at once

    @staticmethod
    def _holds(memory: np.ndarray, address: int) -> bool:
        return 0 <= address - memory.ctypes.data < len(memory)

    # --------------------------------------------------------------------------------------------------- order
    def _stream(self, stream: int) -> Stream:
        return self.legacy if stream == 1 else self.cupy.all_streams[stream]

    def cudaEventCreateWithFlags(self, flags: int) -> tuple[Event]:
        assert flags == self.cudaEventDisableTiming
        event = Event()
        self.events.add(event)
        return (event,)

    def cudaEventRecord(self, event: Event, stream: int) -> tuple[()]:
        event.point = self._stream(stream).record()
        return ()

    def cudaEventSynchronize(self, event: Event) -> tuple[()]:
        event.point.synchronize()
        return ()

    def cudaEventDestroy(self, event: Event) -> tuple[()]:
        self.events.remove(event)
        return ()
