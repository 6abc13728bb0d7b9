"""The lanes of a race: a row for each optimizer with its rate and loss, the selected one with all its settings."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from lossland import optimizers
from lossland.numerals import short
from lossland.optimizers import Optimizer
from lossland.scenery.parameters import Lane, Lanes, color_of_next
from lossland.scenery.scene import Frame
from lossland.ui.explanations import of_slider, summary
from lossland.ui.icons import Icon
from lossland.ui.lists import Item, open_again, popup_list
from lossland.ui.number_boxes import number_field, plain_number, read_number
from lossland.ui.pen import Pen
from lossland.ui.widgets import icon_button, slider
from lossland.world.layers import Trail, column
from lossland.world.ticks import Scale

if TYPE_CHECKING:
    from lossland.play.player import Player


class LaneRows:
    """Draws the rows and edits the player's lanes. The state of widgets is keyed by the lane's id."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    # ------------------------------------------------------------------------------------------ adding
    def add_button(self, player: Player, x: float, y: float) -> None:
        """Draw the add button in the section's heading, and the list of optimizers that it opens."""
        pen = self.pen
        full = len(player.lanes) >= lanes_parameter(player).limit
        help = "The race is full" if full else "Add an optimizer"
        if icon_button(pen, x, y, Icon.PLUS, "add-lane", help, 14, color="faint" if full else "") and not full:
            imgui.open_popup("optimizers")
        chosen = popup_list(
            pen, "optimizers", x - 190, y + 14, 200, _known(player.lanes), hint="Search, or mine.py:MyRule"
        )
        if chosen and (error := player.add_lane(chosen)):
            player.say(error, "error")
            open_again(pen, "optimizers", chosen)

    # ------------------------------------------------------------------------------------------ rows
    def draw(self, player: Player, frame: Frame, x: float, y: float, width: float) -> float:
        """Draw all rows from y down. Returns the y below them."""
        y = self._headings(x, y, width)
        draw = self._one_line if self.pen.compact else self._two_lines
        for lane in player.lanes:
            y = draw(player, lane, lane_loss(lane, frame), x, y, width)
        return y

    def _headings(self, x: float, y: float, width: float) -> float:
        """Draw the names of the columns."""
        pen = self.pen
        if pen.compact:
            pen.text(x + 126, y + 7, "rate", 12, "dim")
        pen.text(x + width - (0 if pen.compact else 24), y + 7, "loss", 12, "dim", align=1)
        return y + 14

    def _one_line(self, player: Player, lane: Lane, loss: str, x: float, y: float, width: float) -> float:
        pen, on, right = self.pen, lane.id == player.lanes[player.selected].id, x + width
        extra = self._shown(lane) if on else []
        height = 30 + 25 * len(extra)
        if pen.mute:
            return y + height
        hovered = self._ground(player, lane, on, x, y, width, height)
        alpha = 1.0 if lane.enabled else 0.45
        self._dot(player, lane, x + 8, y + 14, 5.5)
        title, size = pen.shrunk(lane.optimizer.title, 78 if hovered else 96, 14, _face(on))
        pen.text(x + 22, y + 14, title, size, "text", _face(on), alpha=alpha)
        self._setting(player, lane, "lr", x + 126, y + 14, 50, x + 224, 40, dim=True)
        if hovered and len(player.lanes) > 1:
            self._remove(player, lane, x + 109, y + 14)
        shown, size = pen.shrunk(loss if lane.enabled else "off", width - 232, 14)
        pen.text(right, y + 14, shown, size, "text", align=1, alpha=alpha)
        for row, field in enumerate(extra):
            self._row_of(player, lane, field, x, y + 41 + 25 * row, width)
        return y + height

    def _two_lines(self, player: Player, lane: Lane, loss: str, x: float, y: float, width: float) -> float:
        pen, on, right = self.pen, lane.id == player.lanes[player.selected].id, x + width
        extra = self._shown(lane) if on else []
        height = 46 + 25 * len(extra) + (6 if extra else 0)
        if pen.mute:
            return y + height
        hovered = self._ground(player, lane, on, x, y, width, height)
        alpha = 1.0 if lane.enabled else 0.45
        self._dot(player, lane, x + 9, y + 13, 6)
        room = width - 26 - 110
        title = pen.fitted(lane.optimizer.title, room, 15, _face(on))
        pen.text(x + 26, y + 13, title, 15, "text", _face(on), alpha=alpha)
        pen.text(right - 24, y + 13, loss if lane.enabled else "off", 15, "text", align=1, alpha=alpha)
        eye = Icon.EYE if lane.enabled else Icon.EYE_OFF
        shade = "dim" if hovered else "faint"
        if icon_button(pen, right - 6, y + 13, eye, f"eye.{lane.id}", _rest(lane), 11, 9, color=shade):
            player.enable_lane(lane.id, not lane.enabled)
        if hovered and len(player.lanes) > 1:
            self._remove(player, lane, right - 80, y + 13)
        self._row_of(player, lane, "lr" if _has(lane, "lr") else _others(lane)[0], x, y + 33, width)
        for row, field in enumerate(extra):
            self._row_of(player, lane, field, x, y + 59 + 25 * row, width)
        return y + height

    # ------------------------------------------------------------------------------------------ parts
    def _shown(self, lane: Lane) -> list[str]:
        """Return the hyper-parameters shown beside the rate: eps, which hardly matters, only if there is room."""
        return [field for field in _others(lane) if self.pen.roomy or field != "eps"]

    def _ground(self, player: Player, lane: Lane, on: bool, x: float, y: float, width: float, height: float) -> bool:
        """Draw the row's background and handle clicks on it; return whether the pointer is over it."""
        pen, color = self.pen, lane.color
        imgui.set_next_item_allow_overlap()
        touch = pen.touch(f"lane.{lane.id}", x - 8, y, width + 16, height - 2, _lane_help(lane))
        px, py = pen.pointer
        inside = x - 8 <= px < x + width + 8 and y <= py < y + height - 2
        hovered = inside and imgui.is_window_hovered(imgui.HoveredFlags_.allow_when_blocked_by_active_item.value)
        if on:
            pen.box(x - 8, y, width + 16, height - 2, color, 0.09, 8)
            pen.box(x - 8, y + 6, 3, height - 14, color, 1.0, 1.5)
        elif hovered:
            pen.box(x - 8, y, width + 16, height - 2, "text", 0.04, 8)
        if touch.clicked and not on:
            player.select(lane.id)
        self._lane_menu(player, lane, hovered and imgui.is_mouse_clicked(1))  # on its dot and slider too
        return hovered

    def _lane_menu(self, player: Player, lane: Lane, opened: bool) -> None:
        pen = self.pen
        key = f"lane-menu.{lane.id}"
        if opened:
            imgui.open_popup(key)
        px, py = pen.pointer
        items = [
            Item("toggle", "Rest" if lane.enabled else "Take part", help=_rest(lane)),
            Item("defaults", "Usual settings", help="Every setting of this optimizer as it usually is"),
        ]
        if len(player.lanes) > 1:
            items.append(Item("remove", "Remove", help="Remove from the race"))
        chosen = popup_list(pen, key, px, py, 130, items)
        if chosen == "toggle":
            player.enable_lane(lane.id, not lane.enabled)
        elif chosen == "defaults":
            player.reset_lane(lane.id)
        elif chosen == "remove":
            player.remove_lane(lane.id)

    def _dot(self, player: Player, lane: Lane, x: float, y: float, radius: float) -> None:
        """Draw the lane's coloured dot, which also switches it on and off."""
        pen, color = self.pen, lane.color
        touch = pen.touch(f"toggle.{lane.id}", x - 11, y - 11, 22, 22, _rest(lane))
        if touch.hovered:
            pen.dot(x, y, radius + 3, color, 0.25)
        if lane.enabled:
            pen.ball(x, y, radius, color)
        else:
            pen.ring(x, y, radius - 1, color, 0.7)
        if touch.clicked:
            player.enable_lane(lane.id, not lane.enabled)

    def _remove(self, player: Player, lane: Lane, x: float, y: float) -> None:
        if icon_button(self.pen, x, y, Icon.CLOSE, f"remove.{lane.id}", "Remove from the race", 10, 9):
            player.remove_lane(lane.id)

    def _row_of(self, player: Player, lane: Lane, field: str, x: float, y: float, width: float) -> None:
        """Draw one hyper-parameter's symbol, slider and value."""
        pen = self.pen
        if field == "lr":
            pen.text(x + 26, y, "rate", 13, "dim")
        else:
            pen.latex(x + 28, y + 5, optimizers.hyper_parameter(lane.optimizer, field).symbol, 15, "dim", room=34)
        self._setting(player, lane, field, x + 66, y, width - 66 - 70, x + width, 54)

    def _setting(
        self, player: Player, lane: Lane, field: str, x: float, y: float, width: float, right: float,
        room: float, dim: bool = False,
    ) -> None:  # fmt: skip
        """Draw the slider from x on, and the value that ends at ``right``."""
        if not _has(lane, field):
            return
        pen, value = self.pen, float(getattr(lane.optimizer, field))
        scale = SliderScale(*optimizers.field_range(lane.optimizer, field))
        color = lane.color if lane.enabled else "dim"
        key, usual = f"{lane.id}.{field}", scale.place(default_of(lane, field))
        what = FIELD_HELP.get(field, field)
        help = f"{what}\n{of_slider(scale, default_of(lane, field))}"
        moved = slider(pen, f"slide.{key}", x, y, width, scale.place(value), color, help, usual)
        if moved is not None:
            _tell(player, player.set_lane_field(lane.id, field, scale.value(moved)))
        shade = "dim" if dim else "text"
        typed = number_field(
            pen, f"type.{key}", right - room, y, room, short(value), plain_number(value),
            f"{what}\nClick to type it", 13, shade,
        )  # fmt: skip
        number = read_number(typed)
        if number is not None:
            _tell(player, player.set_lane_field(lane.id, field, number))
        elif typed is not None:
            player.say(f"{field} must be a number, not {typed!r}.", "error")


FIELD_HELP = {
    "lr": "lr: the learning rate, how long a step is",
    "momentum": "momentum: how much of the last step is kept",
    "noise": "noise: standard deviation of the gradient's noise",
    "alpha": "alpha: how much of the average of squares is kept",
    "rho": "rho: how much of the averages is kept",
    "beta1": "beta1: how much of the average gradient is kept",
    "beta2": "beta2: how much of the average of squares is kept",
    "eps": "eps: keeps the quotient finite",
    "weight_decay": "weight_decay: pull towards the origin",
    "damping": "damping: what is added to every curvature",
    "steps": "steps: how many steps the schedule takes",
    "every": "every: after how many steps it happens again",
    "drop": "drop: the share of the rate that is left",
}


class SliderScale:
    """Maps a value to a slider's position in [0, 1] and back; values are rounded to three digits."""

    def __init__(self, low: float, high: float, log: bool) -> None:
        self._scale = Scale(low, high, log and low > 0)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value."""
        return self._scale.low, self._scale.high

    @property
    def log(self) -> bool:
        """Whether the scale is logarithmic."""
        return self._scale.log

    def place(self, value: float) -> float:
        """Return the position of a value, within [0, 1]."""
        return float(self._scale.share(min(max(value, self._scale.low), self._scale.high)))

    def value(self, place: float) -> float:
        """Return the value at a position, rounded to three digits."""
        low, high = self._scale.low, self._scale.high
        value = float(self._scale.value(place))
        if self._scale.log:
            return min(max(float(f"{value:.3g}"), low), high)
        step = 10.0 ** math.floor(math.log10((high - low) / 500))
        return min(max(round(value / step) * step, low), high)


def _rest(lane: Lane) -> str:
    return "Rest: stay out of the race" if lane.enabled else "Take part in the race"


def _lane_help(lane: Lane) -> str:
    about = summary(type(lane.optimizer)) or lane.optimizer.title
    return f"{about}\nClick: its settings and its equations. Right click: rest, usual settings, remove"


def lanes_parameter(player: Player) -> Lanes:
    """Return the declaration of the scene's lanes."""
    found = player.scene.params()[player.lanes_name]
    assert isinstance(found, Lanes)
    return found


def lane_loss(lane: Lane, frame: Frame) -> str:
    """Return the value that a lane's trail shows in the picture, "" if it has none."""
    trails = {key: one.value for key, one in zip(frame.keys, frame.layers, strict=True) if isinstance(one, Trail)}
    return dict(zip(trails, column(list(trails.values())), strict=True)).get(lane.id, "")


def default_of(lane: Lane, field: str) -> float:
    """Return a hyper-parameter's default."""
    return _defaults(type(lane.optimizer))[field]


@cache
def _defaults(kind: type[Optimizer]) -> dict[str, float]:
    """Return an optimizer's hyper-parameters with their defaults, kept because every frame asks for them."""
    return optimizers.defaults(kind)


@lru_cache(maxsize=4)
def _known(lanes: tuple[Lane, ...]) -> list[Item]:
    """Return every optimizer as a list item, with the colour that it would have among the lanes."""
    return [
        Item(
            kind.name,
            kind.title,
            color_of_next(lanes, kind.name),
            summary(kind) or kind.title,
            kind.family.capitalize(),
        )
        for kind in optimizers.catalogue()
    ]


def _has(lane: Lane, field: str) -> bool:
    return field in _defaults(type(lane.optimizer))


def _others(lane: Lane) -> list[str]:
    """Return the hyper-parameters beside the rate."""
    return [name for name in _defaults(type(lane.optimizer)) if name != "lr"]


def _face(on: bool) -> str:
    return "bold" if on else "regular"


def _tell(player: Player, error: str | None) -> None:
    if error:
        player.say(error, "error")
