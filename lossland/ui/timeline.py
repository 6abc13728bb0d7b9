"""The bar below the picture: play, speed, the scrubber over the chosen curve, and the buttons that save."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from imgui_bundle import imgui

from lossland.numerals import fixed
from lossland.scenery.scene import Frame
from lossland.ui.charts import DECADES, FLOOR, TINY, chosen_series
from lossland.ui.icons import Icon
from lossland.ui.layout import PADDING, Rect
from lossland.ui.pen import V2, Pen
from lossland.ui.widgets import chip, icon_button
from lossland.ui.windows import window
from lossland.world.layers import Series
from lossland.world.ticks import round_ticks

if TYPE_CHECKING:
    from lossland.play.player import Player

Places = list[imgui.ImVec2Like]

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
STRIP_POINTS = 400  # longer curves are subsampled


class Timeline:
    """Draws the bar and controls the player's clock."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def draw(self, player: Player, frame: Frame, area: Rect) -> None:
        """Draw the bar into its rectangle."""
        pen = self.pen
        with window(pen, "timeline", area):
            x = self._buttons(player, area)
            save = area.right - PADDING - 84
            self._save_buttons(player, save, area.center[1])
            counter = self._counter(player, x, save - 18, area.center[1])
            end = save - 18 - counter - 26
            if end - x > 60:
                self._scrubber(player, frame, Rect(x, area.y, end - x, area.height))

    def _buttons(self, player: Player, area: Rect) -> float:
        pen, x, y = self.pen, area.x + PADDING, area.center[1]
        if icon_button(pen, x + 12, y, Icon.BACK, "step-back", "One step back  ,  or  ←"):
            player.step_by(-1)
        touch = pen.touch("play", x + 33, y - 19, 38, 38, "Pause  Space" if player.playing else "Play  Space")
        pen.dot(x + 52, y, 19, "accent", 1.0 if touch.hovered or touch.held else 0.94)
        icon = Icon.PAUSE if player.playing else Icon.PLAY
        ink = "background.edge" if pen.theme.dark else "#FFFFFF"
        pen.text(x + 52 + (0 if player.playing else 1.5), y + 0.5, icon, 15, ink, "icon", align=0.5)
        if touch.clicked:
            player.toggle_play()
        if icon_button(pen, x + 92, y, Icon.FORWARD, "step-forward", "One step forward  .  or  →"):
            player.step_by(1)
        x += 118
        if area.width > 560:
            if chip(pen, x, y - 12, f"{player.speed:g}×", "speed", "How fast time runs: ¼ to 4 times"):
                later = [speed for speed in SPEEDS if speed > player.speed + 1e-9]
                player.set_speed(later[0] if later else SPEEDS[0])
            x += 58
            if icon_button(pen, x, y, Icon.LOOP, "loop", "Start again at the end  L", on=player.loop):
                player.set_loop(not player.loop)
            x += 38
        return x

    def _counter_texts(self, player: Player) -> tuple[str, str, str]:
        """Return the counter's large text, its small text, and the widest possible large text."""
        if player.steps:
            return str(player.step), f"/ {player.steps}", str(player.steps)
        length = player.scene.clock.seconds
        seconds = fixed(length, 1)
        return fixed(min(player.time, length), 1), f"/ {seconds} s", seconds

    def _counter(self, player: Player, left: float, right: float, y: float) -> float:
        """Draw the counter, without its small text where there is no room; return the width of the widest one."""
        pen = self.pen
        large, small, widest = self._counter_texts(player)
        width, beside = pen.width(widest, 22, "bold"), 6 + pen.width(small, 14)
        if right - width - beside >= left:
            width += beside
            right -= 6 + pen.text(right, y + 3, small, 14, "dim", align=1)
        pen.text(right, y, large, 22, "text", "bold", align=1)
        return width

    def _save_buttons(self, player: Player, x: float, y: float) -> None:
        pen = self.pen
        if icon_button(pen, x + 12, y, Icon.CAMERA, "shot", "Save this picture as a PNG file  S", 14):
            player.wish("shot")
        film = Icon.STOP if player.recording else Icon.FILM
        help = "Stop filming  V" if player.recording else "Film the window  V"
        if icon_button(pen, x + 41, y, film, "record", help, 14, on=player.recording):
            player.wish("record")
        if icon_button(pen, x + 70, y, Icon.SHARE, "save", "Save the session, to open or replay it later", 14):
            player.wish("save")

    # ------------------------------------------------------------------------------------------ scrubber
    def _scrubber(self, player: Player, frame: Frame, area: Rect) -> None:
        pen = self.pen
        seconds = player.scene.clock.seconds
        touch = pen.touch("scrub", area.x - 8, area.y + 4, area.width + 16, area.height - 8, "Drag through time  ← →")
        if touch.held:
            place = min(max((pen.pointer[0] - area.x) / area.width, 0.0), 1.0)
            if player.steps:
                place = round(place * player.steps) / player.steps
            if abs(place * seconds - player.time) > 1e-9:
                player.seek(place * seconds)
        now = min(player.time / seconds, 1.0) if seconds else 0.0  # a parameter may have made the scene shorter
        top, base = area.y + 11, area.bottom - 25
        strip = chosen_series(player, frame, timed=True)
        if strip is not None:
            self._strip(strip[0], strip[1], area, top, base, now)
        pen.box(area.x, base - 1.5, area.width, 3, "text", 0.14, 2)
        x = area.x + area.width * now
        pen.box(area.x, base - 1.5, x - area.x, 3, "accent", 1.0, 2)
        self._ticks(player, area, base)
        pen.line(round(x), top - 3, round(x), base, "accent", 1.0, 1.5)
        pen.dot(x, base, 9 if touch.hovered or touch.held else 8, "panel")
        pen.dot(x, base, 7.5 if touch.hovered or touch.held else 6.5, "accent")

    def _ticks(self, player: Player, area: Rect, base: float) -> None:
        pen = self.pen
        length = float(player.steps or player.scene.clock.seconds)
        if length <= 0:
            return
        values = [v for v in round_ticks(0.0, length, max(int(area.width / 150), 2)) if -1e-9 <= v <= length * 1.0001]
        if player.steps:  # only whole steps exist
            values = [value for value in values if value == round(value)]
        step = values[1] - values[0] if len(values) > 1 else length
        for value in np.arange(0.0, length * 1.0001, 1.0 if player.steps and step < 2 else step / 2):
            x = round(area.x + area.width * value / length)
            pen.line(x, base + 4, x, base + 7, "faint")
        if length - values[-1] > step / 2:  # the end has a number too if there is room
            values.append(length)
        for value in values:
            pen.text(area.x + area.width * value / length, base + 15, f"{value:g}", 12, "dim", align=0.5)

    def _strip(self, series: Series, log: bool, area: Rect, top: float, base: float, now: float) -> None:
        """Draw a curve behind the scrubber: opaque up to the current step, faint after it."""
        pen = self.pen
        curve = _curve(series, log, area, top, base, pen.scale)
        if curve is None:
            return
        here = (area.x + area.width * now) * pen.scale
        split = int(curve.x.searchsorted(here))
        height, ground = float(np.interp(here, curve.x, curve.y)), base * pen.scale
        cut, foot = V2(here, height), V2(here, ground)
        past: tuple[Places, Places] = (
            [*curve.top[:split], cut],
            [*curve.foot[:split], foot],
        )
        future: tuple[Places, Places] = (
            [cut, *curve.top[split:]],
            [foot, *curve.foot[split:]],
        )
        for (line, feet), fill, ink in ((past, 0.26, 0.9), (future, 0.08, 0.35)):
            if len(line) < 2:
                continue
            self._fill(line, feet, pen.color(series.color, fill))
            pen.dl.add_polyline(line, pen.color(series.color, ink), 1.4 * pen.scale, 0)

    def _fill(self, line: Places, feet: Places, packed: int) -> None:
        """Fill the area between a curve and its baseline, in strips without seams."""
        dl = self.pen.dl
        flags = dl.flags
        dl.flags = flags & ~imgui.ImDrawFlags_.aa_fill.value
        fill = dl.add_quad_filled
        for (a, b), (c, d) in zip(pairwise(line), pairwise(feet), strict=True):
            fill(a, b, d, c, packed)
        dl.flags = flags


class _Curve(NamedTuple):
    """A curve of the scrubber in pixels: its points, as arrays and for the draw list, and their baseline points."""

    x: np.ndarray
    y: np.ndarray
    top: list[V2]
    foot: list[V2]


@lru_cache(maxsize=2)
def _curve(series: Series, log: bool, area: Rect, top: float, base: float, scale: float) -> _Curve | None:
    points = strip_points(series, log)
    if points is None:
        return None
    u, v = points
    x, y = scale * (area.x + u * area.width), scale * (base - 2 - v * (base - top - 4))
    places = zip(x.tolist(), y.tolist(), strict=True)
    return _Curve(x, y, [V2(a, b) for a, b in places], [V2(a, base * scale) for a in x.tolist()])


def _log_floor(values: np.ndarray) -> float:
    """Return the lower limit of a logarithmic axis that shows the largest value."""
    positive = values[(values > 0) & np.isfinite(values)]
    return max(float(positive.max()) * 10.0**-DECADES, TINY) if len(positive) else FLOOR


def strip_points(series: Series, log: bool) -> tuple[np.ndarray, np.ndarray] | None:
    """Return a curve as positions in [0, 1]: along (n,) and up (n,); None if it has fewer than two finite values.

    If its last values are nan, because they are not known yet, it ends before the right edge.
    """
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    ends = x[np.isfinite(x)][[0, -1]] if np.isfinite(x).any() else (0.0, 0.0)
    with np.errstate(all="ignore"):
        y = np.log10(np.maximum(y, min(FLOOR, _log_floor(y)))) if log else y
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if len(x) < 2 or ends[1] <= ends[0]:
        return None
    if len(x) > STRIP_POINTS:
        keep = np.linspace(0, len(x) - 1, STRIP_POINTS).astype(int)
        x, y = x[keep], y[keep]
    span = float(y.max() - y.min())
    return (x - ends[0]) / (ends[1] - ends[0]), (y - y.min()) / span if span > 0 else np.full_like(y, 0.5)
