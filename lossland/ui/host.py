"""The Dear ImGui and ImPlot contexts that panels and labels live in, with a window or without one.

Without a window nothing is read from the machine: time, size and input are passed in, so the same calls give
the same picture. A GL context must be current before a Host is made (see ``render.canvas``).
"""

from __future__ import annotations

from typing import Any

import OpenGL.GL as gl
from imgui_bundle import imgui, implot
from imgui_bundle.python_backends.opengl_backend_programmable import ProgrammablePipelineRenderer
from vispy import gloo

from lossland.theme import Theme
from lossland.ui.style import apply_style

FAR_AWAY = -1e6  # where the pointer is while it is outside the window


class Host:
    """Owns the contexts, takes input, and draws what was built between ``begin`` and ``end``.

    ``window`` is the GLFW window (``canvas._backend._id`` of a VisPy canvas), or None for pictures alone.
    """

    def __init__(self, theme: Theme, scale: float = 1.0, window: Any = None) -> None:
        self.window = window
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
        """Give ImGui's and ImPlot's own widgets a theme's colours and the sizes of a scale."""
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

    def end(self) -> None:
        """Draw the frame over what the bound framebuffer holds."""
        imgui.render()
        gloo.flush()  # gloo queues its calls, and the binding of the framebuffer is one of them
        _forget_program()
        gl.glColorMask(True, True, True, False)  # the picture below stays opaque
        self.renderer.render(imgui.get_draw_data())
        gl.glColorMask(True, True, True, True)

    def close(self) -> None:
        """Free the GL objects and the contexts."""
        self.use()
        self.renderer.shutdown()
        implot.destroy_context(self.plots)
        imgui.destroy_context(self.context)

    # ---------------------------------------------------------------------------------------------- input
    @property
    def wants_mouse(self) -> bool:
        """Whether the pointer is over a panel or drags one of its parts, so that the camera must keep out."""
        return self.io.want_capture_mouse

    @property
    def wants_keyboard(self) -> bool:
        """Whether text is being typed, so that keys are not commands."""
        return self.io.want_text_input

    def mouse_move(self, x: float, y: float) -> None:
        """Take the pointer's position in pixels of the framebuffer, y down."""
        self.io.add_mouse_pos_event(x, y)

    def mouse_leave(self) -> None:
        """Take the pointer away."""
        self.io.add_mouse_pos_event(FAR_AWAY, FAR_AWAY)

    def mouse_button(self, button: int, down: bool) -> None:
        """Take a press or release; 0 left, 1 right, 2 middle."""
        self.io.add_mouse_button_event(button, down)

    def mouse_wheel(self, dx: float, dy: float) -> None:
        """Take a turn of the wheel, in notches."""
        self.io.add_mouse_wheel_event(dx, dy)

    def key(self, glfw_key: int, down: bool) -> None:
        """Take a key by its GLFW code (only with a window)."""
        if self.window is not None:
            import glfw

            action = glfw.PRESS if down else glfw.RELEASE
            self.renderer.keyboard_callback(self.window, glfw_key, 0, action, 0)

    def character(self, codepoint: int) -> None:
        """Take a typed character."""
        self.io.add_input_character(codepoint)


def _renderer(window: Any) -> Any:
    if window is None:
        return ProgrammablePipelineRenderer()
    import glfw
    from imgui_bundle.python_backends.glfw_backend import GlfwRenderer

    renderer = GlfwRenderer(window, attach_callbacks=False)

    def clipboard(_context: Any) -> str:
        text: Any = glfw.get_clipboard_string(window)
        return text.decode() if text else ""  # the backend's own reader fails on an empty clipboard

    imgui.get_platform_io().platform_get_clipboard_text_fn = clipboard
    return renderer


def _forget_program() -> None:
    """Take no GL program into ImGui's renderer, which restores the one that it finds.

    gloo may leave one in use that is deleted by now; it would be gone for good once the renderer uses its own.
    """
    canvas: Any = gloo.get_current_canvas()
    gl.glUseProgram(0)
    canvas.context.shared.parser.env["current_program"] = 0
