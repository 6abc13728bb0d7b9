"""The style of ImGui's and ImPlot's own widgets: text boxes, lists, scroll bars and plots in the theme's colours."""

from __future__ import annotations

from imgui_bundle import imgui, implot

from lossland.world.theme import Theme

PANEL_ALPHA = {"dark": 0.94, "print": 0.96}


def apply_style(theme: Theme, scale: float = 1.0) -> None:
    """Set sizes (times ``scale``) and colours of the current ImGui and ImPlot contexts."""
    _sizes(scale)
    _colors(theme)
    _plots(theme, scale)


def _sizes(scale: float) -> None:
    style = imgui.get_style()

    def pair(x: float, y: float) -> imgui.ImVec2:
        return imgui.ImVec2(round(x * scale), round(y * scale))

    style.window_padding = pair(16, 14)
    style.frame_padding = pair(10, 6)
    style.item_spacing = pair(8, 8)
    style.item_inner_spacing = pair(6, 4)
    style.window_rounding = 10 * scale
    style.child_rounding = 0
    style.frame_rounding = 7 * scale
    style.popup_rounding = 8 * scale
    style.scrollbar_rounding = 3 * scale
    style.scrollbar_size = round(7 * scale)
    style.scrollbar_padding = round(2 * scale)
    style.window_border_size = max(round(scale), 1)
    style.popup_border_size = max(round(scale), 1)
    style.child_border_size = 0
    style.frame_border_size = 0
    style.circle_tessellation_max_error = 0.15


def _colors(theme: Theme) -> None:
    style = imgui.get_style()

    def set_color(name: str, role: str, alpha: float = 1.0) -> None:
        style.set_color_(getattr(imgui.Col_, name).value, imgui.ImVec4(*theme.color(role), alpha))

    set_color("text", "text")
    set_color("text_disabled", "dim")
    set_color("window_bg", "panel", PANEL_ALPHA[theme.name])
    set_color("child_bg", "panel", 0.0)
    set_color("popup_bg", "panel", 0.99)
    set_color("border", "hair", 0.9)
    set_color("frame_bg", "text", 0.06)
    set_color("frame_bg_hovered", "text", 0.08)
    set_color("frame_bg_active", "text", 0.08)
    set_color("header", "accent", 0.13)
    set_color("header_hovered", "text", 0.08)
    set_color("header_active", "accent", 0.18)
    set_color("button", "text", 0.06)
    set_color("button_hovered", "text", 0.12)
    set_color("button_active", "text", 0.18)
    set_color("separator", "hair")
    set_color("scrollbar_bg", "panel", 0.0)
    set_color("scrollbar_grab", "text", 0.16)
    set_color("scrollbar_grab_hovered", "text", 0.28)
    set_color("scrollbar_grab_active", "text", 0.36)
    set_color("text_selected_bg", "accent", 0.28)
    set_color("input_text_cursor", "accent")
    set_color("nav_cursor", "accent", 0.0)
    set_color("modal_window_dim_bg", "background.edge", 0.6)


def _plots(theme: Theme, scale: float) -> None:
    style = implot.get_style()
    style.plot_padding = imgui.ImVec2(0, round(4 * scale))
    style.label_padding = imgui.ImVec2(round(4 * scale), round(4 * scale))
    style.plot_border_size = 0
    style.minor_alpha = 0
    style.major_tick_len = imgui.ImVec2(0, 0)
    style.minor_tick_len = imgui.ImVec2(0, 0)
    style.major_grid_size = imgui.ImVec2(1, 1)

    def set_color(name: str, role: str, alpha: float = 1.0) -> None:
        style.set_color_(getattr(implot.Col_, name).value, imgui.ImVec4(*theme.color(role), alpha))

    set_color("frame_bg", "panel", 0.0)
    set_color("plot_bg", "text", 0.025)
    set_color("plot_border", "hair", 0.0)
    set_color("axis_grid", "text", 0.09)
    set_color("axis_text", "dim")
    set_color("axis_tick", "text", 0.0)
    set_color("axis_bg", "panel", 0.0)
    set_color("axis_bg_hovered", "panel", 0.0)
    set_color("axis_bg_active", "panel", 0.0)
