"""Charts of a frame: lines or bars over steps, with a mark at the current step and a faint future."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from lossland.numerals import distinct
from lossland.scenery.scene import Frame
from lossland.ui.pen import V2, Pen
from lossland.world.layers import Chart, Series
from lossland.world.theme import Theme
from lossland.world.ticks import log_ticks, round_ticks

if TYPE_CHECKING:
    from lossland.play.player import Player

FUTURE = 0.22  # opacity of a curve after the current step
BESIDE = 14.0  # padding on both sides of a chart, for the numbers at the ends of its axis
FREE = 1.5  # of it on the right, where the panel's scroll bar is
POINTS = 1200  # longer curves are subsampled
HUGE = 1e300  # values are clamped to this, because ImPlot subtracts limits
FLOOR = 1e-12  # values are clamped to this on a logarithmic axis that shows larger ones
DECADES = 8.0  # shown at most by such an axis
TINY = 1e-300  # its least lower limit

PLOT_FLAGS = sum(
    getattr(implot.Flags_, name).value
    for name in ("no_legend", "no_title", "no_menus", "no_mouse_text", "no_inputs", "no_box_select", "no_frame")
)
QUIET_AXIS = sum(
    getattr(implot.AxisFlags_, name).value for name in ("no_label", "no_menus", "no_highlight", "no_side_switch")
)


def draw_chart(pen: Pen, chart: Chart, key: str, x: float, y: float, width: float, height: float,
               chosen: Series | None = None) -> None:  # fmt: skip
    """Draw a chart into a rectangle, the curve ``chosen`` on top and thicker."""
    if pen.mute or not chart.series:
        return
    x_limits, y_limits = limits(chart)
    along = _ticks_along(chart, x_limits, width)
    wide = width + 8 - _overhang(pen, along, x_limits, width + 8)
    imgui.set_cursor_screen_pos(pen.at(x - 4 - BESIDE, y))
    implot.push_style_var(implot.StyleVar_.plot_padding.value, pen.at(BESIDE, 4))
    with pen.font("regular", 12):
        if implot.begin_plot(f"##{key}", pen.at(wide + 2 * BESIDE, height), PLOT_FLAGS):
            _axes(chart, x_limits, y_limits, along, height)
            if chart.kind == "bar":
                _bars(pen.theme, chart)
            else:
                _lines(pen, chart, chosen, min(FLOOR, y_limits[0]) if chart.log_y else -HUGE)
            implot.end_plot()
    implot.pop_style_var()


def chosen_series(player: Player, frame: Frame, timed: bool = False) -> tuple[Series, bool] | None:
    """Return the selected lane's curve in the first line chart, or its first curve, and whether it is log.

    Of a lane that rests there is None, and not another one's. With ``timed`` it is the first chart over the scene's
    time.
    """
    charts = (note for note in frame.notes if isinstance(note, Chart) and note.kind == "line")
    chart = next((chart for chart in charts if not timed or (chart.timed and chart.now is not None)), None)
    if chart is None or not chart.series:
        return None
    lane = player.lanes[player.selected] if player.lanes else None
    own = next((series for series in chart.series if lane is not None and series.key == lane.id), None)
    if own is None and lane is not None and not lane.enabled:
        return None
    return own or chart.series[0], chart.log_y


def limits(chart: Chart) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ranges of both axes that show every finite value of the chart."""
    return _limits(tuple(chart.series), chart.kind, chart.log_y)


@lru_cache(maxsize=8)  # the same curves are drawn in many frames, while only the current step changes
def _limits(curves: tuple[Series, ...], kind: str, log_y: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    xs = np.concatenate([np.asarray(series.x, float) for series in curves])
    ys = np.concatenate([np.asarray(series.y, float) for series in curves])
    xs, ys = np.clip(xs[np.isfinite(xs)], -HUGE, HUGE), np.clip(ys[np.isfinite(ys)], -HUGE, HUGE)
    low_x, high_x = (float(xs.min()), float(xs.max())) if len(xs) else (0.0, 1.0)
    if kind == "bar":
        low_x, high_x = low_x - 0.6 * pitch(curves), high_x + 0.6 * pitch(curves)
        ys = np.append(ys, 0.0)
    if high_x <= low_x:
        high_x = low_x + max(1.0, abs(low_x))
    if log_y:
        return (low_x, high_x), _log_range(ys)
    low, high = (float(ys.min()), float(ys.max())) if len(ys) else (0.0, 1.0)
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    return (low_x, high_x), (low if low == 0 else low - room, high if high == 0 else high + room)


def pitch(curves: Sequence[Series]) -> float:
    """Return the smallest distance between the bars of a chart, 1 for a single one."""
    gaps = np.diff(np.unique(np.concatenate([np.asarray(series.x, float) for series in curves])))
    return float(gaps.min()) if len(gaps) else 1.0


def _log_range(values: np.ndarray) -> tuple[float, float]:
    """Return a range of at most eight decades below the largest value."""
    positive = values[values > 0]
    if not len(positive):
        return 0.1, 10.0
    high, low = np.log10(positive.max()), np.log10(np.quantile(positive, 0.02))
    low = max(low, high - DECADES)
    room = max(0.04 * (high - low), 0.02)
    low, high = max(10.0 ** (low - room), TINY), 10.0 ** (high + room)
    return (low, high) if low < high else (TINY, 10 * TINY)


def _ticks_along(chart: Chart, ends: tuple[float, float], width: float) -> list[tuple[float, str]]:
    """Return the ticks of the x axis and their labels: for bars, their names."""
    if chart.kind == "bar":
        named = [(float(series.x[0]), series.name) for series in chart.series if len(series.x) == 1]
        if named:
            return named
    ticks = [float(v) for v in round_ticks(*ends, max(int(width / 70), 2)) if ends[0] <= v <= ends[1]]
    return list(zip(ticks, distinct(ticks), strict=True))


def _overhang(pen: Pen, ticks: Sequence[tuple[float, str]], ends: tuple[float, float], width: float) -> float:
    """Return the right margin of a chart that its last tick label needs."""
    if not ticks:
        return 0.0
    last, text = ticks[-1]
    beyond = width * (ends[1] - last) / (ends[1] - ends[0])
    return max(pen.width(text, 12) / 2 - beyond - FREE, 0.0)


def _axes(
    chart: Chart,
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    along: Sequence[tuple[float, str]],
    height: float,
) -> None:
    implot.setup_axes("", "", QUIET_AXIS, QUIET_AXIS)
    if chart.log_y:
        implot.setup_axis_scale(implot.ImAxis_.y1.value, implot.Scale_.log10.value)
        y_ticks = log_ticks(*y_limits, max(int(height / 36), 2))
    else:
        y_ticks = [v for v in round_ticks(*y_limits, max(int(height / 36), 2)) if y_limits[0] <= v <= y_limits[1]]
    implot.setup_axes_limits(*x_limits, *y_limits, implot.Cond_.always.value)
    implot.setup_axis_ticks(implot.ImAxis_.y1.value, y_ticks, distinct([float(v) for v in y_ticks]))
    implot.setup_axis_ticks(implot.ImAxis_.x1.value, [at for at, _ in along], [text for _, text in along])


def _lines(pen: Pen, chart: Chart, chosen: Series | None, floor: float) -> None:
    scale = pen.scale
    ordered = sorted(chart.series, key=lambda series: series is chosen)
    marks: list[tuple[float, float, str]] = []
    for series in ordered:
        x, y = curve(series, floor)
        if len(x) < 2:
            continue
        now = float(x[-1]) if chart.now is None else chart.now
        split = int(np.searchsorted(x, now, "right"))
        height = float(np.interp(now, x, y))
        past = np.append(x[:split], now), np.append(y[:split], height)
        future = np.append(now, x[split:]), np.append(height, y[split:])
        color, own = pen.theme.color(series.color), series.key or series.name
        _line(f"##future {own}", *future, color, FUTURE, 1.5 * scale)
        _line(f"##past {own}", *past, color, 1.0, (2.4 if series is chosen else 1.8) * scale)
        marks.append((now, height, series.color))
    if chart.now is not None:
        _now(pen, marks, chart.now)


@lru_cache(maxsize=32)
def curve(series: Series, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a series as float64 without gaps, subsampled to at most ``POINTS``, clamped from below to ``floor``."""
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if len(x) > POINTS:
        keep = np.linspace(0, len(x) - 1, POINTS).astype(int)
        x, y = x[keep], y[keep]
    return np.ascontiguousarray(x), np.ascontiguousarray(np.clip(y, floor, HUGE))


def _line(label: str, x: np.ndarray, y: np.ndarray, rgb: tuple[float, float, float], alpha: float,
          weight: float) -> None:  # fmt: skip
    if len(x) < 2:
        return
    spec = implot.Spec()
    spec.line_color = imgui.ImVec4(*rgb, alpha)
    spec.line_weight = weight
    implot.plot_line(label, np.ascontiguousarray(x), np.ascontiguousarray(y), spec)


def _now(pen: Pen, marks: list[tuple[float, float, str]], now: float) -> None:
    """Mark the current step: a line, and a dot on every curve."""
    dl, scale = implot.get_plot_draw_list(), pen.scale
    corner, size = implot.get_plot_pos(), implot.get_plot_size()
    implot.push_plot_clip_rect(6 * scale)
    if marks:
        x = implot.plot_to_pixels(now, marks[0][1]).x
        dl.add_line(V2(x, corner.y), V2(x, corner.y + size.y), pen.color("text", 0.45), scale)
    for _, height, color in marks:
        place = implot.plot_to_pixels(now, height)
        if corner.y <= place.y <= corner.y + size.y - 3 * scale:
            dl.add_circle_filled(place, 5 * scale, pen.color("panel"))
            dl.add_circle_filled(place, 3.6 * scale, pen.color(color))
    implot.pop_plot_clip_rect()


def _bars(theme: Theme, chart: Chart) -> None:
    for index, series in enumerate(chart.series):
        spec = implot.Spec()
        spec.fill_color = imgui.ImVec4(*theme.color(series.color), 0.85)
        spec.line_color = imgui.ImVec4(*theme.color(series.color), 1.0)
        x, y = np.ascontiguousarray(series.x, float), np.ascontiguousarray(series.y, float)
        implot.plot_bars(f"##{index} {series.name}", x, y, 0.62 * pitch(chart.series), spec)
