"""Helpers for painters that vispy lacks: programs from our shaders, buffers, GL state and uniforms."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy import gloo
from vispy.gloo.buffer import DataBuffer

from lossland import resources
from lossland.render.gl.driver import Calls, Thing, current_context

if TYPE_CHECKING:
    from vispy.gloo.context import GLContext

Key = tuple[str | tuple[str, float | None], ...]  # of a program: its files and constants
Uniform: TypeAlias = float | Sequence[float] | np.ndarray | gloo.Texture2D | gloo.VertexBuffer | None
Region = tuple[int, int, int, int]  # left, bottom, width and height in pixels of the target, y up

Buffer = TypeVar("Buffer", gloo.VertexBuffer, gloo.IndexBuffer)

_INCLUDE = re.compile(r'^\s*#include\s+"([\w./-]+)"\s*$', re.MULTILINE)
_DECLARATION = re.compile(r"\b(uniform|attribute|varying)\s+(\w+)\s+([^;]+);")


@cache
def shader_source(name: str) -> str:
    """Return the source of ``shaders/<name>`` (GLSL 1.20) with its includes, each file once.

    Declarations of several names are split, because vispy parses only the first name of each.
    """
    included: set[str] = set()

    def read(file: str) -> str:
        if file in included:
            return ""
        included.add(file)
        text = (resources.folder("shaders") / file).read_text(encoding="utf-8")
        return _INCLUDE.sub(lambda found: read(found[1]), text)

    def split(found: re.Match[str]) -> str:
        return "".join(f"{found[1]} {found[2]} {name.strip()};\n" for name in found[3].split(","))

    return _DECLARATION.sub(split, read(name))


class Program(gloo.Program):
    """vispy's program, whose attributes are checked at its first draw with them, and not again at every draw."""

    _checked: DataBuffer | None = None  # its first attribute, after the check

    def __setitem__(self, name: str, data: ArrayLike | Uniform) -> None:
        """Set a uniform or an attribute, or forget it."""
        if isinstance(data, DataBuffer) or isinstance(self._user_variables.get(name), DataBuffer):
            self._checked = None
        super().__setitem__(name, data)

    def draw(self, mode: str = "triangles", indices: gloo.IndexBuffer | None = None, check_error: bool = True) -> None:
        """Draw the vertices, or the indexed ones."""
        if self._checked is None:
            super().draw(mode, indices, check_error)
            self._checked = next(one for one in self._user_variables.values() if isinstance(one, DataBuffer))
            return
        context = current_context()
        queue = context.glir
        queue.associate(self.glir)
        if indices is None:
            queue.command("DRAW", self._id, mode, (0, self._checked.size), 1)
        else:
            queue.associate(indices.glir)
            kind = _INDEX_TYPES[np.dtype(indices.dtype).itemsize]
            queue.command("DRAW", self._id, mode, (indices.id, kind, indices.size), 1)
        context.flush_commands()


_INDEX_TYPES = {1: "UNSIGNED_BYTE", 2: "UNSIGNED_SHORT", 4: "UNSIGNED_INT"}  # by their bytes


def program(vertex: str, fragment: str, **constants: float | None) -> gloo.Program:
    """Return a GL program from two files of ``shaders/``; constants become ``#define NAME value`` in both.

    A program that ``delete`` has returned to the pool is reused, with its uniforms: reading, compiling and linking the
    shaders of a scene takes longer than drawing it.
    """
    key = (vertex, fragment, *constants.items())
    spare = _spare().get(key)
    if spare:
        return spare.pop()
    head = "".join(f"#define {name} {'' if value is None else value}\n" for name, value in constants.items())
    made = Program(head + shader_source(vertex), head + shader_source(fragment))
    _KEYS[made] = key
    return made


_KEYS: WeakKeyDictionary[gloo.Program, Key] = WeakKeyDictionary()
_SPARE: WeakKeyDictionary[GLContext, dict[Key, list[gloo.Program]]] = WeakKeyDictionary()  # of each GL context


def _spare() -> dict[Key, list[gloo.Program]]:
    return _SPARE.setdefault(current_context(), {})


def _command() -> Callable[..., None]:
    """Return the function that queues a GL call, without the argument copies of gloo's own functions."""
    return current_context().glir.command


Depth = Literal["front", "hidden", "off"]


def set_state(depth: Depth = "front", write: bool = False, blend: bool = True) -> None:
    """Set the GL state for a draw: ``front`` draws the nearest fragments, ``hidden`` only occluded ones."""
    _command()("CALLS", _state(depth, write, blend))


@cache
def _state(depth: Depth, write: bool, blend: bool) -> Calls:
    blending = ("glBlendFuncSeparate", "src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
    return Calls(
        (
            ("glEnable" if depth != "off" else "glDisable", "depth_test"),
            ("glDepthMask", write),
            ("glDepthFunc", "greater" if depth == "hidden" else "lequal"),
            ("glDisable", "cull_face"),
            *((("glEnable", "blend"), blending) if blend else (("glDisable", "blend"),)),
        )
    )


def send() -> None:
    """Pass gloo's queued commands to the driver, which may execute them later (see gloo.flush)."""
    current_context().flush_commands()


def set_region(region: Region | None) -> None:
    """Restrict drawing to a region of the target; None: draw everywhere."""
    command = _command()
    command("FUNC", "glEnable" if region is not None else "glDisable", "scissor_test")
    if region is not None:
        command("FUNC", "glScissor", *region)


def set_uniforms(target: gloo.Program, **values: Uniform) -> None:
    """Set a program's uniforms, attributes and textures that have changed.

    Sending one costs vispy more than drawing many triangles costs the GPU. Set a name always here or never.
    """
    sent = _SENT.setdefault(target, {})
    for name, value in values.items():
        key = (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
        last = sent.get(name)
        if name not in sent or type(last) is not type(key) or last != key:
            sent[name] = key
            target[name] = value


_SENT: WeakKeyDictionary[gloo.Program, dict[str, object]] = WeakKeyDictionary()


def to_bytes(colors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Convert colours in [0, 1] of any shape to 0 ... 255."""
    return (np.clip(colors, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def vertex_buffer(data: ArrayLike) -> gloo.VertexBuffer:
    """Upload an array (n,) or (n, c) as float32."""
    return gloo.VertexBuffer(np.ascontiguousarray(data, dtype=np.float32))


def refilled(buffer: Buffer | None, data: NDArray, kind: type[Buffer]) -> Buffer:
    """Return a buffer with an array's data: the given one if it has that size, else a new one in its place."""
    if buffer is not None and buffer.nbytes == data.nbytes:
        buffer.set_data(data)
        return buffer
    delete([buffer])
    return kind(data)


def delete(objects: Sequence[Thing | gloo.Program | None]) -> None:
    """Free GL objects (buffers, textures, framebuffers) and return programs to the pool; None is allowed."""
    for thing in objects:
        if isinstance(thing, gloo.Program) and thing in _KEYS:
            spare = _spare().setdefault(_KEYS[thing], [])
            if thing not in spare:
                spare.append(thing)
        elif thing is not None:
            thing.delete()
