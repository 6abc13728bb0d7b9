"""Executes vispy's command queue with fewer OpenGL calls: without a GPU, their overhead exceeds much of the drawing.

vispy's own interpreter sets every attribute for each draw, checks for errors twice, and traverses all objects at each
flush. Here a program keeps its attributes in a vertex array, and errors are checked once per draw.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy.gloo import get_current_canvas, glir
from vispy.gloo import gl as vispys
from vispy.gloo.gl import gl2

if TYPE_CHECKING:
    from vispy.gloo.context import GLContext

gl: Any = vispys  # vispy adds the functions at import


class Thing(Protocol):
    """A buffer, texture or framebuffer of gloo's."""

    @property
    def glir(self) -> glir.GlirQueue:
        """Its queue of pending commands."""
        ...

    @property
    def id(self) -> int:
        """Its id in gloo."""
        ...

    def delete(self) -> None:
        """Free it."""
        ...


def current_context() -> GLContext:
    """Return gloo's object of the current GL context."""
    canvas = get_current_canvas()
    assert canvas is not None
    return canvas.context


def parser() -> Parser:
    """Return the parser of the current GL context."""
    found = current_context().shared.parser
    assert isinstance(found, Parser)
    return found


def flush(thing: Thing) -> None:
    """Execute the pending commands of a buffer, texture or framebuffer of gloo's, and of its queue."""
    current = current_context()
    current.glir.associate(thing.glir)  # gloo does this when a program that uses it is drawn
    current.flush_commands()


def gl_name(thing: Thing) -> int:
    """Return the OpenGL name of a buffer, texture or framebuffer of gloo's."""
    flush(thing)
    known = parser().get_object(thing.id)
    assert known is not None
    return int(known.handle)


def read_into(pixels: NDArray[np.uint8]) -> None:
    """Fill an array (height, width, 4) with the bound framebuffer's pixels from its lower left, bottom row first."""
    height, width, _ = pixels.shape
    current_context().flush_commands()  # OpenGL itself waits for the drawing
    gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 4)
    _read_pixels()(0, 0, width, height, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, pixels.ctypes.data)


Function = Callable[..., object]
Argument = str | int | float | bool
Command = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Calls:
    """Calls of OpenGL's functions, with names for constants, that are always made together."""

    each: tuple[tuple[str, *tuple[Argument, ...]], ...]


class Parser(glir.GlirParser):
    """Executes gloo's queued commands for a context and those that share its objects.

    It counts the ``draws`` and their ``vertices``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.draws = self.vertices = 0
        self._classmap = {**self._classmap, "Program": Program}
        self._calls: dict[Command, tuple[Function, tuple[Argument, ...]]] = {}  # functions and arguments by their names
        self._together: dict[Calls, list[tuple[Function, tuple[Argument, ...]]]] = {}
        self._deleted: list[int] = []  # in the last parsing, in which other commands might still refer to them

    def parse(self, commands: Sequence[Command]) -> None:
        """Execute commands in order."""
        for number in self._deleted:
            self._objects.pop(number, None)
        self._deleted.clear()
        for command in commands:
            kind = command[0]
            if kind == "FUNC":
                function, arguments = self._known(command)
                function(*arguments)
            elif kind == "CALLS":
                for function, arguments in self._known_together(command[1]):
                    function(*arguments)
            elif kind == "DRAW":
                self.draws += 1
                self.vertices += command[3][-1]
                self._objects[command[1]].draw(*command[2:])
            elif kind == "UNIFORM":
                self._objects[command[1]].set_uniform(*command[2:])
            else:
                if kind == "DELETE":
                    self._deleted.append(command[1])
                self._parse(command)

    def _known(self, command: Command) -> tuple[Function, tuple[Argument, ...]]:
        known = self._calls.get(command)
        if known is None:
            known = getattr(gl, command[1]), tuple(glir.as_enum(one) for one in command[2:])
            if len(self._calls) < 512:  # states are few, but viewports may be many
                self._calls[command] = known
        return known

    def _known_together(self, calls: Calls) -> list[tuple[Function, tuple[Argument, ...]]]:
        if calls not in self._together:
            self._together[calls] = [self._known(("FUNC", *call)) for call in calls.each]
        return self._together[calls]


class Program(glir.GlirProgram):
    """A linked program, its textures, and its attributes in a vertex array."""

    def create(self) -> None:
        """Create it, without shaders."""
        super().create()
        self._array = 0
        self._constants: list[tuple[Function, int, tuple[float, ...]]] = []  # function, attribute, values

    def delete(self) -> None:
        """Free the program and its vertex array."""
        self._forget()
        super().delete()

    def set_attribute(self, name: str, type_: str, value: object, divisor: int | None = None) -> None:
        """Set an attribute from a buffer, or to one value for all vertices."""
        self._forget()
        super().set_attribute(name, type_, value, divisor)

    def set_uniform(self, name: str, type_: str, value: ArrayLike) -> None:
        """Set a uniform; matrices, which change every frame, have a fast path."""
        place = self._handles.get(name, -1)
        if type_ != "mat4" or place < 0:
            super().set_uniform(name, type_, value)
            return
        self.activate()
        _set_matrix()(place, 1, False, np.asarray(value, np.float32).tobytes())

    def link_program(self) -> None:
        """Link the attached shaders, whose attributes may differ from the previous ones."""
        self._forget()
        super().link_program()

    def draw(self, mode: str, selection: tuple[int, int] | tuple[int, str, int], instances: int = 1) -> None:
        """Draw the selected indices (buffer, type and count) or vertices (first and count)."""
        if not selection[-1]:
            return
        self.activate()
        for target, texture, unit in self._samplers.values():
            gl.glActiveTexture(gl.GL_TEXTURE0 + unit)
            gl.glBindTexture(target, texture)
        bind = _bind_vertex_array()
        if self._array:
            bind(self._array)
        else:
            from OpenGL import GL  # not before the window has chosen its platform

            self._array = int(GL.glGenVertexArrays(1))
            bind(self._array)
            self._pre_draw()
            kept = self._attributes.values()
            self._constants = [(function, name, values) for buffer, name, function, values, _ in kept if not buffer]
        for function, attribute, values in self._constants:
            function(attribute, *values)
        if len(selection) == 3:
            self._parser.get_object(selection[0]).activate()
            gl.glDrawElements(_enum(mode), selection[2], _enum(selection[1]), None)
        else:
            gl.glDrawArrays(_enum(mode), *selection)
        bind(0)
        gl.check_error("drawing")

    def _forget(self) -> None:
        if self._array:
            from OpenGL import GL

            GL.glDeleteVertexArrays(1, [self._array])
            self._array = 0


@cache
def _enum(name: str) -> int:
    """Return an OpenGL constant."""
    return glir.as_enum(name)


@cache
def _set_matrix() -> Function:
    """Return glUniformMatrix4fv for calls with an address: vispy's own wrapper is four times slower."""
    return gl2._get_gl_func("glUniformMatrix4fv", None, (ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_void_p))


@cache
def _bind_vertex_array() -> Function:
    """Return glBindVertexArray, which vispy lacks: PyOpenGL's wrapper takes longer than the call."""
    return gl2._get_gl_func("glBindVertexArray", None, (ctypes.c_uint,))


@cache
def _read_pixels() -> Function:
    """Return glReadPixels for calls with an address: vispy's own wrapper makes two more copies."""
    return gl2._get_gl_func("glReadPixels", None, (*[ctypes.c_int] * 4, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p))
