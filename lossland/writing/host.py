"""The Dear ImGui and ImPlot contexts of panels and labels, with a window or without one.

Without a window nothing is read from the machine: time, size and input are passed in, so the same calls give
the same picture. A GL context must be current before a Host is created (see ``render.canvas``).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import OpenGL.GL as gl
from imgui_bundle import imgui, implot
from imgui_bundle.python_backends.opengl_backend_programmable import ProgrammablePipelineRenderer
from numpy.typing import NDArray
from vispy.gloo import gl as vispys

from lossland.render.gl.driver import parser
from lossland.render.gl.programs import send, shader_source
from lossland.world.theme import Theme
from lossland.writing.style import apply_style

fast: ModuleType = vispys  # the same functions with less overhead than PyOpenGL's
INDEX_TYPE = gl.GL_UNSIGNED_SHORT if imgui.INDEX_SIZE == 2 else gl.GL_UNSIGNED_INT
EMPTY = np.zeros(0, np.uint8)
FAR_AWAY = -1e6  # where the pointer is while it is outside the window


@dataclass(frozen=True, eq=False)
class DrawList:
    """The contents of one of Dear ImGui's draw lists, read once: each access through the binding is slow.

    ``vertices`` and ``indices`` are views of its memory (bytes), valid until the next frame begins. A command is its
    clip rectangle, texture, first index and index count.
    """

    vertices: NDArray[np.uint8]
    indices: NDArray[np.uint8]
    commands: list[tuple[tuple[float, float, float, float], int, int, int]]


def read(draw_data: imgui.ImDrawData) -> list[DrawList]:
    """Read the draw lists of a finished frame."""
    lists = []
    for one in draw_data.cmd_lists:
        commands = []
        for command in one.cmd_buffer:
            if command.elem_count:
                clip = command.clip_rect
                place = clip.x, clip.y, clip.z, clip.w
                commands.append((place, command.tex_ref.get_tex_id(), command.idx_offset, command.elem_count))
        vertices, indices = _memory(one.vtx_buffer, imgui.VERTEX_SIZE), _memory(one.idx_buffer, imgui.INDEX_SIZE)
        lists.append(DrawList(vertices, indices, commands))
    return lists


class Buffer(Protocol):
    """A vector of Dear ImGui's."""

    def size(self) -> int:
        """Return how many elements it has."""
        ...

    def data_address(self) -> int:
        """Return the address of the first element."""
        ...


def _memory(buffer: Buffer, size: int) -> NDArray[np.uint8]:
    length = buffer.size() * size
    if not length:
        return EMPTY
    return np.frombuffer(memoryview((ctypes.c_char * length).from_address(buffer.data_address())), np.uint8)


def waiting_in(context: imgui.internal.Context) -> int:
    """Return how many events are in a Dear ImGui context's queue."""
    return context.input_events_queue.size()


class Host:
    """Owns the contexts, takes input, and draws what was built between ``begin`` and ``end``.

    ``window`` is the GLFW window (``canvas._backend._id`` of a VisPy canvas), or None for pictures alone.
    """

    def __init__(self, theme: Theme, scale: float = 1.0, window: object = None) -> None:
        self.window = window
        self.draws = self.vertices = 0  # since its beginning: draw calls, and the vertices uploaded for them
        self.context = imgui.create_context()
        imgui.set_current_context(self.context)  # a new context is current only where there was none
        self.plots = implot.create_context()
        implot.set_current_context(self.plots)
        self.io = io = imgui.get_io()
        io.set_ini_filename("")
        io.set_log_filename("")
        io.config_input_text_cursor_blink = window is not None
        io.config_drag_click_to_input_text = True
        io.config_windows_move_from_title_bar_only = True
        io.display_size = imgui.ImVec2(1280, 720)
        self.renderer = _renderer(window)
        self.set_style(theme, scale)

    def set_style(self, theme: Theme, scale: float = 1.0) -> None:
        """Style ImGui's and ImPlot's own widgets with a theme's colours, their sizes times ``scale``."""
        self._style = theme, scale
        self.use()
        apply_style(theme, scale)

    def use(self) -> None:
        """Make these contexts the current ones (there may be several stages in a process)."""
        imgui.set_current_context(self.context)
        implot.set_current_context(self.plots)

    def begin(self, size: tuple[int, int], dt: float = 1 / 60) -> None:
        """Start a frame for a framebuffer of ``size`` pixels, ``dt`` seconds after the last one."""
        self.use()
        self.io.display_size = imgui.ImVec2(*size)
        self.io.delta_time = max(dt, 1e-4)
        imgui.new_frame()

    def end(self, opaque: bool = True) -> None:
        """Draw the frame over the contents of the bound framebuffer, which stay opaque if they are ``opaque``."""
        self.composite(self.finish(), opaque)

    def finish(self) -> imgui.ImDrawData:
        """End the frame without drawing it; return what would be drawn, valid until the next ``begin``."""
        self.use()
        imgui.render()
        return imgui.get_draw_data()

    def upload(self) -> None:
        """Create the font textures of a finished frame. Do this before draw lists are read: they refer to them."""
        self.use()
        send()  # what gloo has queued comes first
        self.renderer._update_textures()

    def abandon(self) -> None:
        """End a frame that an exception interrupted, if there is one, so that the next can begin normally."""
        self.use()
        if not self.context.within_frame_scope:
            return
        self.io.config_error_recovery_enable_assert = False  # error recovery closes open windows, but asserts
        self.io.config_error_recovery_enable_debug_log = self.io.config_error_recovery_enable_tooltip = False
        imgui.end_frame()
        self.io.config_error_recovery_enable_assert = True
        implot.destroy_context(self.plots)  # a plot may still be open in it
        self.plots = implot.create_context()
        self.set_style(*self._style)

    def composite(self, draw_data: imgui.ImDrawData, opaque: bool = True) -> None:
        """Draw a finished frame over the bound framebuffer's contents, which stay opaque if they are ``opaque``."""
        send()  # the binding of the framebuffer is among what gloo has queued
        gl.glColorMask(True, True, True, not opaque)
        self.paint(draw_data)
        gl.glColorMask(True, True, True, True)

    def paint(
        self,
        draw_data: imgui.ImDrawData,
        boxes: Sequence[tuple[int, int, int, int]] = (),
        lists: Sequence[DrawList] = (),
    ) -> None:
        """Draw into the bound framebuffer: all, or only inside boxes (left, top, right, bottom).

        ``lists`` are the draw lists of the data, if they have been read already. Alpha is blended as in premultiplied
        images.
        """
        self.upload()
        renderer = self.renderer
        width, height = (int(length) for length in draw_data.display_size)
        if not width or not height:
            return
        gl.glEnable(gl.GL_BLEND)
        gl.glBlendEquation(gl.GL_FUNC_ADD)
        gl.glBlendFuncSeparate(gl.GL_SRC_ALPHA, gl.GL_ONE_MINUS_SRC_ALPHA, gl.GL_ONE, gl.GL_ONE_MINUS_SRC_ALPHA)
        gl.glDisable(gl.GL_CULL_FACE)
        gl.glDisable(gl.GL_DEPTH_TEST)
        gl.glEnable(gl.GL_SCISSOR_TEST)
        gl.glActiveTexture(gl.GL_TEXTURE0)
        gl.glViewport(0, 0, width, height)
        gl.glUseProgram(renderer._shader_handle)
        gl.glUniform1i(renderer._attrib_location_tex, 0)
        place = (ctypes.c_float * 16)(2 / width, 0, 0, 0, 0, -2 / height, 0, 0, 0, 0, -1, 0, -1, 1, 0, 1)
        gl.glUniformMatrix4fv(renderer._attrib_proj_mtx, 1, gl.GL_FALSE, place)
        gl.glBindVertexArray(renderer._vao_handle)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, renderer._vbo_handle)
        gl.glBindBuffer(gl.GL_ELEMENT_ARRAY_BUFFER, renderer._elements_handle)
        for one in lists or read(draw_data):
            self._paint_list(one, boxes or ((0, 0, width, height),), height)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        gl.glBindVertexArray(0)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, 0)
        gl.glBindBuffer(gl.GL_ELEMENT_ARRAY_BUFFER, 0)
        _forget_state()

    def _paint_list(self, drawn: DrawList, boxes: Sequence[tuple[int, int, int, int]], height: int) -> None:
        uploaded = False
        for (clip_left, clip_top, clip_right, clip_bottom), texture, first, count in drawn.commands:
            for left, top, right, bottom in boxes:
                x0, y0 = max(int(clip_left), left), max(int(clip_top), top)
                x1, y1 = min(int(clip_right), right), min(int(clip_bottom), bottom)
                if x0 >= x1 or y0 >= y1:
                    continue
                self.draws += 1
                if not uploaded:
                    uploaded = True
                    self.vertices += len(drawn.vertices) // imgui.VERTEX_SIZE
                    fast.glBufferData(gl.GL_ARRAY_BUFFER, drawn.vertices, gl.GL_STREAM_DRAW)
                    fast.glBufferData(gl.GL_ELEMENT_ARRAY_BUFFER, drawn.indices, gl.GL_STREAM_DRAW)
                fast.glBindTexture(gl.GL_TEXTURE_2D, texture)
                fast.glScissor(x0, height - y1, x1 - x0, y1 - y0)
                fast.glDrawElements(gl.GL_TRIANGLES, count, INDEX_TYPE, first * imgui.INDEX_SIZE)

    def close(self) -> None:
        """Free the GL objects and the contexts."""
        self.use()
        self.renderer.shutdown()
        implot.destroy_context(self.plots)
        imgui.destroy_context(self.context)

    # ---------------------------------------------------------------------------------------------- input
    @property
    def wants_mouse(self) -> bool:
        """Whether the pointer is over a panel or drags one of its parts, so that the camera must ignore it."""
        return self.io.want_capture_mouse

    @property
    def wants_keyboard(self) -> bool:
        """Whether text is being typed, or a list or page that uses keys is open: then they are not commands."""
        self.use()
        return self.io.want_text_input or (self.io.want_capture_keyboard and not imgui.is_any_item_active())

    @property
    def holds(self) -> bool:
        """Whether a part of a panel is being dragged or typed into."""
        self.use()
        return imgui.is_any_item_active()

    @property
    def waiting(self) -> int:
        """How many events are queued: about one press or letter is handled per frame."""
        return waiting_in(self.context)

    def mouse_move(self, x: float, y: float) -> None:
        """Pass on the pointer's position in pixels of the framebuffer, y down."""
        self.io.add_mouse_pos_event(x, y)

    def mouse_leave(self) -> None:
        """Move the pointer out of the window."""
        self.io.add_mouse_pos_event(FAR_AWAY, FAR_AWAY)

    def mouse_button(self, button: int, down: bool) -> None:
        """Pass on a press or release; 0 left, 1 right, 2 middle."""
        self.io.add_mouse_button_event(button, down)

    def mouse_wheel(self, dx: float, dy: float) -> None:
        """Pass on a turn of the wheel, in notches."""
        self.io.add_mouse_wheel_event(dx, dy)

    def key(self, glfw_key: int, down: bool) -> None:
        """Pass on a key by its GLFW code (only with a window)."""
        if self.window is not None:
            import glfw

            action = glfw.PRESS if down else glfw.RELEASE
            self.renderer.keyboard_callback(self.window, glfw_key, 0, action, 0)

    def character(self, codepoint: int) -> None:
        """Pass on a typed character."""
        self.io.add_input_character(codepoint)


def _renderer(window: Any) -> Any:
    sources = {"VERTEX_SHADER_SRC": shader_source("panels.vert"), "FRAGMENT_SHADER_SRC": shader_source("panels.frag")}
    if window is None:
        return type("Renderer", (ProgrammablePipelineRenderer,), sources)()
    import glfw
    from imgui_bundle.python_backends.glfw_backend import GlfwRenderer

    renderer = type("WindowRenderer", (GlfwRenderer,), sources)(window, attach_callbacks=False)

    def clipboard(_context: object) -> str:
        text: Any = glfw.get_clipboard_string(window)
        return text.decode() if text else ""  # the backend's own reader fails on an empty clipboard

    imgui.get_platform_io().platform_get_clipboard_text_fn = clipboard
    return renderer


def _forget_state() -> None:
    """Invalidate gloo's cache of the current program."""
    gl.glUseProgram(0)
    parser().env["current_program"] = 0
