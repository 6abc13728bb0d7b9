"""What vispy queues, told to OpenGL in fewer calls: without a GPU, telling it takes longer than much of the drawing.

vispy's own interpreter sets every attribute again for each draw, asks for errors twice, and looks through all objects
at each flush. Here a program keeps its attributes in a vertex array, and errors are asked for once a draw.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy.gloo import get_current_canvas, glir
from vispy.gloo import gl as vispys
from vispy.gloo.gl import gl2

if TYPE_CHECKING:
    from vispy.gloo.context import GLContext

gl: Any = vispys  # its functions are put there when it is imported


class Thing(Protocol):
    """A buffer, texture or framebuffer of gloo's."""

    @property
    def glir(self) -> glir.GlirQueue:
        """What was asked of it and is not done yet."""
        ...

    @property
    def id(self) -> int:
        """Its number in gloo."""
        ...

    def delete(self) -> None:
        """Free it."""
        ...


def current_context() -> GLContext:
    """Return gloo's side of the current GL context."""
    canvas = get_current_canvas()
    assert canvas is not None
    return canvas.context


def parser() -> Parser:
    """Return what tells the current GL context's OpenGL what gloo asks."""
    found = current_context().shared.parser
    assert isinstance(found, Parser)
    return found


def flush(thing: Thing) -> None:
    """Do now what was asked of a buffer, texture or framebuffer of gloo's, and whatever else waits in its queue."""
    current = current_context()
    current.glir.associate(thing.glir)  # gloo itself does so when a program that uses it is drawn
    current.flush_commands()


def gl_name(thing: Thing) -> int:
    """Return OpenGL's name of a buffer, texture or framebuffer of gloo's."""
    flush(thing)
    known = parser().get_object(thing.id)
    assert known is not None
    return int(known.handle)


def read_into(pixels: NDArray[np.uint8]) -> None:
    """Fill an array (height, width, 4) with the bound framebuffer's pixels from its lower left, bottom row first."""
    height, width, _ = pixels.shape
    current_context().flush_commands()  # OpenGL itself waits for what it reads
    gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 4)
    _read_pixels()(0, 0, width, height, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, pixels.ctypes.data)


Function = Callable[..., object]
Argument = str | int | float | bool
Command = tuple[Any, ...]


class Parser(glir.GlirParser):
    """Carries out what gloo has queued for a context and those that share its objects."""

    def __init__(self) -> None:
        super().__init__()
        self._classmap = {**self._classmap, "Program": Program}
        self._calls: dict[Command, tuple[Function, tuple[Argument, ...]]] = {}  # functions and arguments by their names
        self._deleted: list[int] = []  # since the last parsing, in which others might still speak of them

    def parse(self, commands: Sequence[Command]) -> None:
        """Carry out commands in their order."""
        for number in self._deleted:
            self._objects.pop(number, None)
        self._deleted.clear()
        for command in commands:
            kind = command[0]
            if kind == "FUNC":
                self._call(command)
            else:
                if kind == "DELETE":
                    self._deleted.append(command[1])
                self._parse(command)

    def _call(self, command: Command) -> None:
        known = self._calls.get(command)
        if known is None:
            known = getattr(gl, command[1]), tuple(glir.as_enum(one) for one in command[2:])
            if len(self._calls) < 512:  # names of states are few; sizes of viewports need not be
                self._calls[command] = known
        function, arguments = known
        function(*arguments)


class Program(glir.GlirProgram):
    """A linked program, the textures it reads, and its attributes in a vertex array."""

    def create(self) -> None:
        """Make it; there is nothing to draw with yet."""
        super().create()
        self._array = 0
        self._constants: list[tuple[Function, int, tuple[float, ...]]] = []  # function, attribute, values

    def delete(self) -> None:
        """Free the program and its vertex array."""
        self._forget()
        super().delete()

    def set_attribute(self, name: str, type_: str, value: object, divisor: int | None = None) -> None:
        """Take an attribute from a buffer, or the same value for all vertices."""
        self._forget()
        super().set_attribute(name, type_, value, divisor)

    def set_uniform(self, name: str, type_: str, value: ArrayLike) -> None:
        """Set a uniform; every program takes a matrix of its own each frame."""
        place = self._handles.get(name, -1)
        if type_ != "mat4" or place < 0:
            super().set_uniform(name, type_, value)
            return
        self.activate()
        _set_matrix()(place, 1, False, np.ascontiguousarray(value, np.float32).ctypes.data)

    def link_program(self) -> None:
        """Link the attached shaders, which may have other attributes than those before."""
        self._forget()
        super().link_program()

    def draw(self, mode: str, selection: tuple[int, ...] | tuple[int, str, int], instances: int = 1) -> None:
        """Draw what the indices (their buffer, type and number) or the vertices (first and number) select."""
        if not selection[-1]:
            return
        from OpenGL import GL  # it must wait until the window has chosen its platform

        self.activate()
        for target, texture, unit in self._samplers.values():
            gl.glActiveTexture(gl.GL_TEXTURE0 + unit)
            gl.glBindTexture(target, texture)
        if self._array:
            GL.glBindVertexArray(self._array)
        else:
            self._array = int(GL.glGenVertexArrays(1))
            GL.glBindVertexArray(self._array)
            self._pre_draw()
            kept = self._attributes.values()
            self._constants = [(function, name, values) for buffer, name, function, values, _ in kept if not buffer]
        for function, attribute, values in self._constants:
            function(attribute, *values)
        if len(selection) == 3:
            self._parser.get_object(selection[0]).activate()
            gl.glDrawElements(glir.as_enum(mode), selection[2], glir.as_enum(selection[1]), None)
        else:
            gl.glDrawArrays(glir.as_enum(mode), *selection)
        GL.glBindVertexArray(0)
        gl.check_error("drawing")

    def _forget(self) -> None:
        if self._array:
            from OpenGL import GL

            GL.glDeleteVertexArrays(1, [self._array])
            self._array = 0


@cache
def _set_matrix() -> Function:
    """Return glUniformMatrix4fv as it is called with an address: vispy's own takes four times as long."""
    return gl2._get_gl_func("glUniformMatrix4fv", None, (ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_void_p))


@cache
def _read_pixels() -> Function:
    """Return glReadPixels as it is called with an address: vispy's own copies all pixels twice more."""
    return gl2._get_gl_func("glReadPixels", None, (*[ctypes.c_int] * 4, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p))
