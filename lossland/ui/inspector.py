"""The right panel: controls, charts and live numbers; on two more pages the lesson and the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossland.scenery import library
from lossland.scenery.scene import Frame
from lossland.ui.charts import chosen_series, draw_chart
from lossland.ui.controls import Controls, reads_seed, shown_parameters
from lossland.ui.heatmaps import draw_heat_map, spread
from lossland.ui.icons import Icon
from lossland.ui.lanes import LaneRows
from lossland.ui.layout import PADDING, Rect
from lossland.ui.lesson import Lesson
from lossland.ui.pen import Pen
from lossland.ui.readouts import draw_name, draw_note, draw_title, meanings_of, section_rule
from lossland.ui.windows import reach, scroll, window
from lossland.world.layers import Chart, Equations, Facts, Formula, HeatMap, Legend, Meter, Note, Title

if TYPE_CHECKING:
    from lossland.play.player import Player

LEAST_CHART, MOST_CHART = 96.0, 300.0
TABS = {
    "controls": "What can be changed, with charts and numbers of this moment",
    "lesson": "What the scene shows, in words and formulas",
    "code": "The numbers of this moment as a program, and how the scene's first ones come about in NumPy, to copy",
}
HEAT_SHARE = 0.62  # a heat map's ratio of height to width


class Inspector:
    """Draws the three pages and passes changes to the player."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.lanes = LaneRows(pen)
        self.controls = Controls(pen)
        self.lesson = Lesson(pen)
        self.page = "controls"
        self.settings_open = False

    def draw(self, player: Player, frame: Frame, area: Rect, solid: bool = False) -> None:
        """Draw the panel into its rectangle; a ``solid`` one is opaque."""
        pen = self.pen
        with window(pen, "inspector", area, solid=solid):
            top = self._tabs(player, area)
            view = Rect(area.x + 1, top, area.width - 3, area.bottom - 2 - top)
            if self.page == "code":
                self.lesson.code(
                    player.scene, player.time, Rect(area.x + PADDING, top, area.width - 2 * PADDING, view.height - 14)
                )
                return
            with scroll(pen, f"page.{self.page}", view) as inside:
                x, width = area.x + PADDING, area.width - 2 * PADDING
                if self.page == "lesson":
                    reach(pen, self.lesson.draw(player.scene, x, inside.y, width))
                else:
                    chart = self._chart_height(player, frame, x, width, view.height)
                    reach(pen, self._controls(player, frame, x, inside.y, width, chart, area))

    # ------------------------------------------------------------------------------------------ head
    def _tabs(self, player: Player, area: Rect) -> float:
        """Draw the tabs, and the add button of a race. Returns the y below."""
        pen, x, y = self.pen, area.x + PADDING, area.y + 22
        pages = [("controls", "Optimizers" if player.lanes else "Controls")]
        if player.scene.lesson:
            pages.append(("lesson", "Lesson"))
        if player.scene.snippet:
            pages.append(("code", "Code"))
        if self.page not in [page for page, _ in pages]:
            self.page = "controls"
        for page, title in pages:
            wide = pen.heading_width(title)
            touch = pen.touch(f"tab.{page}", x - 6, y - 12, wide + 12, 24, TABS[page])
            on = page == self.page
            pen.heading(x, y, title, "text" if on or touch.hovered else "dim")
            if on and len(pages) > 1:
                pen.box(x, y + 10, wide, 2, "accent", 1.0, 1)
            if touch.clicked:
                self.page = page
            x += wide + 18
        if player.lanes and self.page == "controls":
            self.lanes.add_button(player, area.right - PADDING - 6, y)
        return y + 17

    # ------------------------------------------------------------------------------------------ first page
    def _chart_height(self, player: Player, frame: Frame, x: float, width: float, room: float) -> float:
        """Return the height at which the charts fill the remaining space, within bounds."""
        charts = sum(isinstance(note, Chart) for note in frame.notes)
        if not charts:
            return LEAST_CHART
        area = Rect(x - PADDING, 0, width + 2 * PADDING, room)
        others = self.pen.measure(lambda: self._controls(player, frame, x, 0.0, width, 0.0, area))
        return min(max((room - others) / charts, LEAST_CHART), MOST_CHART)

    def _controls(
        self, player: Player, frame: Frame, x: float, y: float, width: float, chart: float, area: Rect
    ) -> float:
        pen = self.pen
        if not library.is_listed(player.scene):  # then its name is shown nowhere else
            y = draw_name(pen, player.scene, x, y, width)
        if player.lanes:
            y = self.lanes.draw(player, frame, x, y, width) + 2
            y = self._settings(player, x, y, width, area)
        else:
            y = self.controls.presets(player, x, y + 2, width)
            y = self.controls.draw(player, x, y, width) + 6
        meanings = meanings_of(player.scene.formulas)
        chosen = chosen_series(player, frame)
        ruled = False
        for index, note in enumerate(frame.notes):
            if not self._belongs(player, note):
                continue
            own = isinstance(note, Chart) or bool(getattr(note, "title", ""))
            if own or not ruled:
                y = section_rule(pen, area, y)
            ruled = not own
            if isinstance(note, Chart):
                self._chart_head(note, x, y, width)
                y += 19
                draw_chart(pen, note, f"chart.{index}", x, y, width, chart, chosen[0] if chosen else None)
                y += chart + 8
            elif isinstance(note, HeatMap):
                y = self._heat_map(player, note, f"map.{index}", x, y, width)
            elif isinstance(note, Title):
                y = draw_title(pen, player.scene, note, x, y, width)
            else:
                y = draw_note(pen, note, f"note.{index}", x, y, width, meanings)
        return y

    def _belongs(self, player: Player, note: Note) -> bool:
        """Whether a note is shown here; the rows of a race say what its legend would, and need the title's room."""
        if isinstance(note, Legend):
            return not player.lanes
        if isinstance(note, Title) and player.lanes and library.is_listed(player.scene):
            return False
        if isinstance(note, Title):
            return bool(note.latex or any(note.lines) or note.text != player.scene.title)
        return isinstance(note, Formula | Meter | Facts | Chart | HeatMap | Equations)

    def _chart_head(self, chart: Chart, x: float, y: float, width: float) -> None:
        pen = self.pen
        taken = pen.text(x + width, y + 7, "log scale" if chart.log_y else chart.x_label, 12, "dim", align=1)
        pen.heading(x, y + 7, chart.title, room=width - taken - 8)

    def _heat_map(self, player: Player, note: HeatMap, key: str, x: float, y: float, width: float) -> float:
        """Draw a heat map with its heading; a press on it sets the parameters of its axes."""
        pen = self.pen
        taken = pen.text(x + width, y + 7, note.remark or spread(note), 12, "dim", align=1)
        pen.heading(x, y + 7, note.title, room=width - taken - 8)
        height = HEAT_SHARE * width
        pressed = draw_heat_map(pen, note, key, x, y + 19, width, height)
        y += 19 + height
        pen.rich(x, y + 8, f"→ {note.x.label}    ↑ {note.y.label}", 12, "dim")
        for axis, value in zip((note.x, note.y), pressed or (), strict=False):
            if axis.param:
                player.set_param(axis.param, value)
        return y + 22

    def _settings(self, player: Player, x: float, y: float, width: float, area: Rect) -> float:
        """Draw a race's presets and other parameters, folded at first."""
        pen = self.pen
        if not player.presets and not shown_parameters(player) and not reads_seed(type(player.scene)):
            return y
        y = section_rule(pen, area, y)
        touch = pen.touch("settings-head", x - 8, y - 5, width + 16, 24, "Presets and the other settings of the race")
        shade = "text" if touch.hovered else "dim"
        pen.heading(x, y + 7, "Settings", shade)
        pen.text(x + width - 6, y + 7, Icon.DOWN if self.settings_open else Icon.RIGHT, 9, shade, "icon", align=0.5)
        if touch.clicked:
            self.settings_open = not self.settings_open
        y += 22
        if self.settings_open:
            y = self.controls.presets(player, x, y, width)
            y = self.controls.draw(player, x, y, width) + 4
        return y
