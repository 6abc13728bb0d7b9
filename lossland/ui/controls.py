"""A scene's parameters as controls: sliders, switches, lists, points and matrices, built from their declarations."""

from __future__ import annotations

from functools import cache
from inspect import getsource
from typing import TYPE_CHECKING

from lossland.numerals import short
from lossland.scenery.parameters import (
    Choice,
    FunctionOfX,
    Integer,
    Lanes,
    Matrix,
    Number,
    Param,
    Point,
    Text,
    Toggle,
)
from lossland.scenery.scene import Scene
from lossland.ui.explanations import of_cell, of_parameter, of_slider, with_unit
from lossland.ui.icons import Icon
from lossland.ui.lanes import SliderScale
from lossland.ui.lists import dropdown, open_again
from lossland.ui.number_boxes import number_cell, number_field, plain_number
from lossland.ui.pen import Pen
from lossland.ui.widgets import chips, icon_button, slider, switch
from lossland.world.phrases import plain_text

if TYPE_CHECKING:
    from lossland.play.player import Player

FORMULA_BOX = ("landscape", "domain")  # edited in the formula box
LABEL = 0.32  # width of a row's label, as a share of the row
VALUE = 58.0
SEED_HELP = "The seed: where the random numbers begin; the same seed gives the same picture. Click to type it"
MOST_SEED = 2**53  # larger ones would lose precision in a session file


def shown_parameters(player: Player) -> list[Param]:
    """Return the parameters that have a control of their own now."""
    return [
        param
        for param in player.scene.params().values()
        if not param.hidden
        and player.scene.has_control(param.name)
        and not isinstance(param, Lanes)
        and param.name not in FORMULA_BOX
    ]


class Controls:
    """Draws one row for each parameter and passes changes to the player."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def presets(self, player: Player, x: float, y: float, width: float) -> float:
        """Draw the presets as chips. Returns the y below them."""
        if not player.presets:
            return y
        hints = {
            name: plain_text(player.scene.captions.get(name, "Take these settings")) + f"  {number}" * (number < 10)
            for number, name in enumerate(player.presets, 1)
        }
        clicked, y = chips(self.pen, "preset", x, y, width, hints, current_preset(player))
        if clicked is not None:
            player.use_preset(clicked)
        return y + 4

    def draw(self, player: Player, x: float, y: float, width: float) -> float:
        """Draw the parameters from y down. Returns the y below them."""
        for param in shown_parameters(player):
            y = self._row(player, param, x, y, width)
        return self._seed(player, x, y, width) if reads_seed(type(player.scene)) else y

    def _seed(self, player: Player, x: float, y: float, width: float) -> float:
        """Draw the seed of the random numbers, with a button for the next one."""
        pen, seed = self.pen, player.scene.seed
        height = 28.0 if pen.compact else 32.0
        middle, left = y + height / 2, x + width * LABEL
        pen.text(x, middle, "seed", 14, "dim")
        pen.touch("label.seed", x, middle - 10, width * LABEL - 6, 20, SEED_HELP)
        if icon_button(pen, left + 12, middle, Icon.DICE, "next-seed", "Other random numbers", 13, 11):
            player.set_seed(seed + 1 if seed < MOST_SEED else 0)
        typed = number_field(pen, "seed", x + width - VALUE, middle, VALUE, str(seed), str(seed), SEED_HELP)
        if typed is not None:
            if typed.strip().isdecimal():
                player.set_seed(min(int(typed), MOST_SEED))
            else:
                player.say(f"A seed is a whole number from 0 on, not {typed!r}.", "error")
        return y + height

    def _row(self, player: Player, param: Param, x: float, y: float, width: float) -> float:
        pen = self.pen
        height = 28.0 if pen.compact else 32.0
        value = player.scene.values[param.name]
        if isinstance(param, Matrix):
            return self._matrix(player, param, value, x, y, width)
        if pen.mute:  # only the height matters
            return y + height
        middle = y + height / 2
        room = width * LABEL
        pen.rich(x, middle, param.label, 14, "dim", room=room - 6)
        help = of_parameter(param)
        pen.touch(f"label.{param.name}", x, middle - 10, room - 6, 20, help)
        left, right = x + room, x + width
        if isinstance(param, Number | Integer):
            self._slider(player, param, float(value), left, right, middle)
        elif isinstance(param, Toggle):
            if switch(pen, f"set.{param.name}", right, middle, bool(value), help):
                self._set(player, param, not value)
        elif isinstance(param, Choice):
            chosen = dropdown(
                pen, f"set.{param.name}", left, middle, right - left, param.options, str(value), help, param.heading
            )
            if chosen is not None:
                self._set(player, param, chosen)
        elif isinstance(param, Point):
            self._point(player, param, value, left, right, middle)
        elif isinstance(param, Text) and param.options:
            chosen = dropdown(
                pen, f"set.{param.name}", left, middle, right - left, param.options, str(value), help,
                free="Type another one",
            )  # fmt: skip
            if chosen is not None and not self._set(player, param, chosen) and chosen not in param.options:
                open_again(pen, f"set.{param.name}.list", chosen)
        elif isinstance(param, Text | FunctionOfX):
            pen.box(left, middle - 12, right - left, 24, "text", 0.06, 6)
            room, color = right - left - 16, "text" if str(value) else "dim"
            shown = pen.fitted(str(value) or player.scene.while_empty(param.name), room, 13)
            typed = number_field(
                pen, f"set.{param.name}", left + 8, middle, room, shown, str(value), help, color=color, align=0
            )
            if typed is not None:
                self._set(player, param, typed)
        return y + height

    def _slider(
        self, player: Player, param: Number | Integer, value: float, left: float, right: float, y: float
    ) -> None:
        pen = self.pen
        high = float(param.end(player.scene))
        scale = SliderScale(float(param.min), high, param.log)
        value, default = min(value, high), min(float(param.default), high)
        width = right - left - VALUE - 14
        usual = scale.place(default)
        unit = param.unit if isinstance(param, Number) else ""
        help = f"{of_parameter(param)}\n{of_slider(scale, default, unit)}"
        moved = slider(pen, f"set.{param.name}", left + 6, y, width, scale.place(value), "accent", help, usual)
        if moved is not None:
            chosen = scale.value(moved)
            self._set(player, param, round(chosen) if isinstance(param, Integer) else chosen)
        shown = with_unit(value, unit)
        help = f"{of_parameter(param)}\nClick to type it"
        typed = number_field(pen, f"type.{param.name}", right - VALUE, y, VALUE, shown, plain_number(value), help)
        if typed is not None:
            self._set(player, param, typed.replace("−", "-"))

    def _point(
        self, player: Player, param: Point, value: tuple[float, ...], left: float, right: float, y: float
    ) -> None:
        gap = 6.0
        wide = (right - left - gap * (len(value) - 1)) / len(value)
        step = cell_step(param.min, param.max)
        for index, part in enumerate(value):
            place = left + index * (wide + gap)
            key = f"set.{param.name}.{index}"
            changed = number_cell(self.pen, key, place, y, wide, part, short(part), of_cell(param), step)
            if changed is not None:
                self._set(player, param, tuple(changed if k == index else old for k, old in enumerate(value)))

    def _matrix(
        self, player: Player, param: Matrix, value: tuple[tuple[float, ...], ...], x: float, y: float, width: float
    ) -> float:
        pen = self.pen
        rows, columns = len(value), len(value[0])
        height = 30.0
        room, wide = width * LABEL, min(78.0, (width * (1 - LABEL) - 24) / columns - 6)
        middle = y + rows * height / 2
        pen.rich(x, middle, param.label, 14, "dim", room=room - 6)
        pen.touch(f"label.{param.name}", x, middle - 10, room - 6, 20, of_parameter(param))
        left = x + room + 10
        right = left + columns * (wide + 6) + 2
        for edge, tick in ((left - 8, 5), (right + 2, -5)):
            pen.line(edge, y + 2, edge, y + rows * height - 2, "dim", 1.0, 1.3)
            for end in (y + 2, y + rows * height - 2):
                pen.line(edge, end, edge + tick, end, "dim", 1.0, 1.3)
        step = cell_step(param.min, param.max)
        for i, row in enumerate(value):
            for j, part in enumerate(row):
                key, place = f"set.{param.name}.{i}.{j}", left + j * (wide + 6)
                middle_of_row = y + (i + 0.5) * height
                changed = number_cell(pen, key, place, middle_of_row, wide, part, short(part), of_cell(param), step)
                if changed is not None:
                    self._set(player, param, replaced(value, i, j, changed))
        return y + rows * height + 8

    def _set(self, player: Player, param: Param, value: object) -> bool:
        """Change a parameter, or say why not; return whether it was changed."""
        error = player.set_param(param.name, value)
        if error:
            player.say(error, "error")
        return not error


def replaced(matrix: tuple[tuple[float, ...], ...], i: int, j: int, value: float) -> tuple[tuple[float, ...], ...]:
    """Return the matrix with one entry changed."""
    return tuple(tuple(value if (r, c) == (i, j) else old for c, old in enumerate(row)) for r, row in enumerate(matrix))


def cell_step(low: float, high: float) -> float:
    """Return the change of a number per unit of dragging: about 400 units for the whole range, at most 0.01."""
    return min(0.01, max((high - low) / 400, 1e-6))


@cache
def reads_seed(kind: type[Scene]) -> bool:
    """Whether a scene's code reads its seed, so that the control has an effect. True if the code is not available."""
    own = kind.__mro__[: kind.__mro__.index(Scene)]
    try:
        return any("self.seed" in getsource(one) for one in own)
    except (OSError, TypeError):
        return True


@cache
def _checked_presets(kind: type[Scene]) -> dict[str, dict[str, object]]:
    """Return every preset of a scene with its checked values; an empty one has the defaults."""
    return {
        name: {key: kind.param(key).check(value) for key, value in wanted.items()} if wanted else dict(kind().values)
        for name, wanted in kind.presets.items()
    }


def current_preset(player: Player) -> str:
    """Return the preset whose values the scene has now, of several the one with the most values, or ""."""
    values, found = player.scene.values, {"": 0}
    for name, wanted in _checked_presets(type(player.scene)).items():
        if all(values.get(key) == value for key, value in wanted.items()):
            found[name] = len(wanted)
    return max(found, key=lambda name: found[name])
