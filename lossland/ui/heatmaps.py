"""Heat maps of a frame: numbers over two parameters, with a mark at the current setting; a click sets another."""

from __future__ import annotations

import numpy as np
from imgui_bundle import imgui, implot
from numpy.typing import NDArray

from lossland.numerals import distinct, short, told_apart
from lossland.ui.charts import HUGE, PLOT_FLAGS, QUIET_AXIS
from lossland.ui.layout import Rect
from lossland.ui.pen import Pen
from lossland.world.layers import HeatAxis, HeatMap
from lossland.world.theme import Theme
from lossland.world.ticks import Scale

SHADES = 64  # colours of the map
DIVERGED, NEVER = 0, 1  # indices of colours for these; the shades follow


def draw_heat_map(
    pen: Pen, note: HeatMap, key: str, x: float, y: float, width: float, height: float
) -> tuple[float, float] | None:
    """Draw a heat map into a rectangle. Returns the axis values at a press, else None."""
    if pen.mute:
        return None
    imgui.set_cursor_screen_pos(pen.at(x - 4, y))
    area = Rect(x, y, width, height)
    with pen.font("regular", 12):
        if implot.begin_plot(f"##{key}", pen.at(width + 8, height), PLOT_FLAGS):
            implot.setup_axes("", "", QUIET_AXIS, QUIET_AXIS)
            implot.setup_axes_limits(0, 1, 0, 1, implot.Cond_.always.value)
            _ticks(implot.ImAxis_.x1.value, note.x, max(int(width / 60), 2))
            _ticks(implot.ImAxis_.y1.value, note.y, max(int(height / 32), 2))
            implot.push_colormap(_color_map(pen.theme))
            numbers = np.ascontiguousarray(shade_numbers(note)[::-1] + 0.5)  # drawn from the top row down
            implot.plot_heatmap("##map", numbers, 0.0, float(SHADES + 2), "")
            implot.pop_colormap()
            _mark(pen, note)
            corner, size = implot.get_plot_pos(), implot.get_plot_size()
            area = Rect(*(part / pen.scale for part in (corner.x, corner.y, size.x, size.y)))
            implot.end_plot()
    place = (pen.pointer[0] - area.x) / area.width, (area.bottom - pen.pointer[1]) / area.height
    across, up = (min(max(part, 0.0), 1.0) for part in place)
    touch = pen.touch(
        key, area.x, area.y, area.width, area.height, f"{reading(note, across, up)}\nPress: take this setting"
    )
    if touch.held or touch.clicked:
        return float(note.x.scale.value(across)), float(note.y.scale.value(up))
    return None


def shade_numbers(note: HeatMap) -> NDArray[np.float64]:
    """Return the colour index of each cell (ny, nx): `DIVERGED`, `NEVER`, or from 2 on from low to high."""
    values = np.asarray(note.values, float)
    result = np.full(values.shape, float(NEVER))
    result[np.isnan(values)] = DIVERGED
    finite = np.isfinite(values)
    if finite.any():
        low, high = value_range(note)
        shown = np.clip(values[finite], low, high)
        result[finite] = 2 + np.floor(Scale(low, high, note.log).share(shown) * (SHADES - 1) + 0.5)
    return result


def value_range(note: HeatMap) -> tuple[float, float]:
    """Return the values of the first and the last colour; a logarithmic scale shows at most eight decades."""
    values = np.asarray(note.values, float)
    finite = np.clip(values[np.isfinite(values)], -HUGE, HUGE)
    if not note.log:
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        return (low, high) if low < high else (low, low + max(1.0, abs(low)))
    finite = finite[finite > 0]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.1, 1.0)
    low = max(low, high * 1e-8)
    return (low, high) if low < high else (low, low * 10)


def spread(note: HeatMap) -> str:
    """Return the text of the values of the first and the last colour; "never" if the map has no value."""
    return " … ".join(told_apart(value_range(note))) if np.isfinite(note.values).any() else "never"


def _color_map(theme: Theme) -> int:
    """Return ImPlot's index of the colour map."""
    name = f"lossland heat {theme.name}"
    known = implot.get_colormap_index(name)
    if known >= 0:
        return known
    shades = theme.height_map[np.linspace(0, len(theme.height_map) - 1, SHADES).round().astype(int)]
    colors = np.vstack([theme.color("casing"), theme.color("basin.-1"), shades])
    return implot.add_colormap(name, np.column_stack([colors, np.ones(len(colors))]).astype(np.float32), True)


def _ticks(which: int, axis: HeatAxis, most: int) -> None:
    values = axis.scale.ticks(most)
    implot.setup_axis_ticks(which, axis.scale.share(values).tolist(), distinct(values.tolist()))


def _mark(pen: Pen, note: HeatMap) -> None:
    """Draw a ring at the current setting."""
    if note.x.now is None or note.y.now is None:
        return
    place = float(note.x.scale.share(note.x.now)), float(note.y.scale.share(note.y.now))
    across, up = (min(max(part, 0.0), 1.0) for part in place)
    at = implot.plot_to_pixels(across, up)
    implot.push_plot_clip_rect(8 * pen.scale)
    draw_list = implot.get_plot_draw_list()
    draw_list.add_circle(at, 5.5 * pen.scale, pen.color("casing"), 0, 4.0 * pen.scale)
    draw_list.add_circle(at, 5.5 * pen.scale, pen.color("#FFFFFF"), 0, 2.0 * pen.scale)
    implot.pop_plot_clip_rect()


def reading(note: HeatMap, across: float, up: float) -> str:
    """Return the text of the map's value at a position, both coordinates in [0, 1]."""
    rows, columns = note.values.shape
    value = float(note.values[min(int(up * rows), rows - 1), min(int(across * columns), columns - 1)])
    said = "diverges" if np.isnan(value) else "never" if np.isinf(value) else short(value)
    return f"{said} at {short(float(note.x.scale.value(across)))}, {short(float(note.y.scale.value(up)))}"
