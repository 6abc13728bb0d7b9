"""Parameters of a scene: each is declared once as a class attribute and becomes a slider, an option and a check.

A parameter is a descriptor. Written in a scene's class body as ``rate = Number(0.1, 0.0, 1.0, "Step length")`` it
reads as a plain value on the scene (``self.rate``), and its declaration tells panels, command line and session
files how to show, parse and validate it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from itertools import chain, count
from os import PathLike
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Self,
    SupportsFloat,
    SupportsIndex,
    TypedDict,
    TypeVar,
    Unpack,
    overload,
)

from lossland.checks import real
from lossland.errors import UserError, nearest, shown
from lossland.expression.function import Function, function
from lossland.scenery.handles import Handle, Move
from lossland.scenery.kept import note_read
from lossland.world.insets import Square
from lossland.world.theme import USUAL_LANE

if TYPE_CHECKING:
    from lossland.optimizers import Optimizer
    from lossland.scenery.ground import GroundScene
    from lossland.scenery.scene import Scene

T = TypeVar("T")
OfScene = Callable[[Any], T]  # of a scene of the class that declares the parameter, as it is now
ON_GROUND = 0.012  # world units: height above the ground of handles on it
MOST_NAMED = 50  # options listed in an error
_BETWEEN = str.maketrans("[](),;", "      ")
NO_NUMBER = (TypeError, ValueError, OverflowError)  # what float() raises; the last for integers of 400 digits


def _number(value: object) -> float:
    """Convert to a number; else raise one of NO_NUMBER."""
    if isinstance(value, str | SupportsFloat | SupportsIndex) and not isinstance(value, bool):
        return float(value)
    raise TypeError


def _items(value: object) -> Iterable[object]:
    """Return a list, a tuple or an array as an iterable; else raise TypeError."""
    if isinstance(value, Iterable):
        return value
    raise TypeError


def _numbers(value: object) -> list[float]:
    """Return the numbers of a text, with commas, semicolons or brackets around them, or of a list."""
    parts = value.translate(_BETWEEN).split() if isinstance(value, str) else _items(value)
    return [_number(part) for part in parts]


class Param(Generic[T]):
    """One thing a user may change. ``label`` may hold LaTeX between dollars, ``help`` is one sentence."""

    name: str = ""

    def __init__(self, default: T, label: str = "", help: str = "", hidden: bool = False) -> None:
        self.default = default
        self.label = label
        self.help = help
        self.hidden = hidden  # True: no slider of its own (a handle or another panel sets it)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.name or name
        self.label = self.label or self.name.replace("_", " ")

    def named(self, name: str) -> Self:
        """Give it another name than its attribute's, which may collide with one of the scene's, such as ``values``."""
        self.name = name
        return self

    @overload
    def __get__(self, scene: None, owner: type) -> Param[T]: ...
    @overload
    def __get__(self, scene: Scene, owner: type) -> T: ...
    def __get__(self, scene: Scene | None, owner: type) -> Param[T] | T:
        if scene is None:
            return self
        value = scene.values[self.name]
        note_read(scene, self.name, value)
        return value

    def __set__(self, scene: Scene, value: object) -> None:
        scene.set(self.name, value)

    def check(self, value: object) -> T:
        """Return the value in the form in which it is stored, or raise UserError."""
        raise NotImplementedError

    def parse(self, text: str) -> T:
        """Read the value from command-line text."""
        return self.check(text)

    def to_json(self, value: T) -> object:
        """Return the value as JSON data that ``check`` accepts back."""
        return value

    def shown(self, value: T) -> str:
        """Return a value as Python code."""
        return repr(value)

    def handles(self, scene: Scene) -> Sequence[Handle]:
        """Return its handles in the picture."""
        return ()

    def refuse(self, value: object, wanted: str) -> UserError:
        """Return the error for an invalid value."""
        return UserError(f"{self._called} must be {wanted}, not {shown(value)}.")

    @property
    def _called(self) -> str:
        """Its name in errors: a default is checked before the parameter has its name."""
        return self.name or f"The default of {type(self).__name__}"

    def _check_bounds(self, low: float, high: float, log: bool = False) -> None:
        """Raise UserError for empty bounds, or ones that a logarithmic slider cannot show."""
        if not low <= high:
            raise UserError(f"The bounds of {type(self).__name__} must rise, not go from {low:g} to {high:g}.")
        if log and not low > 0:
            raise UserError(f"The bounds of a logarithmic {type(self).__name__} must be above 0, not {low:g}.")


class Number(Param[float]):
    """A real number within bounds, shown as a slider (logarithmic where the range spans decades).

    ``reach(scene)`` is where the slider ends, if numbers beyond it mean the same as it does.
    """

    def __init__(
        self,
        default: float,
        min: float,
        max: float,
        label: str = "",
        help: str = "",
        unit: str = "",
        log: bool = False,
        hidden: bool = False,
        reach: OfScene[float] | None = None,
    ) -> None:
        super().__init__(default, label, help, hidden)
        self.min, self.max, self.unit, self.log, self._ends = min, max, unit, log, reach
        self._check_bounds(min, max, log)
        self.default = self.check(default)

    def check(self, value: object) -> float:
        """Accept anything that reads as a finite number within the bounds."""
        wanted = f"a number from {self.min:g} to {self.max:g}"
        try:
            number = _number(value)
        except NO_NUMBER:
            raise self.refuse(value, wanted) from None
        if not (math.isfinite(number) and self.min <= number <= self.max):
            raise self.refuse(value, wanted)
        return number

    def end(self, scene: Scene) -> float:
        """Return the number at which its slider ends in a scene as it is."""
        return self.max if self._ends is None else min(self._ends(scene), self.max)


class Integer(Param[int]):
    """A whole number within bounds; ``most(scene)`` is the upper one where it depends on the other parameters.

    ``reach(scene)`` is where the slider ends, if numbers beyond it mean the same as it does: they are not refused.
    """

    def __init__(
        self,
        default: int,
        min: int,
        max: int,
        label: str = "",
        help: str = "",
        log: bool = False,
        hidden: bool = False,
        most: OfScene[int] | None = None,
        reach: OfScene[int] | None = None,
    ) -> None:
        super().__init__(default, label, help, hidden)
        self.min, self.max, self.log, self._most, self._ends = min, max, log, most, reach
        self._check_bounds(min, max, log)
        self.default = self.check(default)

    def check(self, value: object) -> int:
        """Accept anything that reads as a whole number within the bounds."""
        wanted = f"a whole number from {self.min} to {self.max}"
        try:
            number = _number(value)
        except NO_NUMBER:
            raise self.refuse(value, wanted) from None
        if not (number.is_integer() and self.min <= number <= self.max):
            raise self.refuse(value, wanted)
        return int(number)

    def highest(self, scene: Scene) -> int:
        """Return the highest value in a scene as it is."""
        return self.max if self._most is None else min(max(self._most(scene), self.min), self.max)

    def end(self, scene: Scene) -> int:
        """Return the number at which its slider ends in a scene as it is."""
        return self.highest(scene) if self._ends is None else min(self._ends(scene), self.max)


class Toggle(Param[bool]):
    """On or off."""

    def __init__(self, default: bool, label: str = "", help: str = "", hidden: bool = False) -> None:
        super().__init__(default, label, help, hidden)
        self.default = self.check(default)

    def check(self, value: object) -> bool:
        """Accept a bool, 0/1 or the words on/off, true/false, yes/no."""
        words = {
            "on": True,
            "true": True,
            "yes": True,
            "1": True,
            "off": False,
            "false": False,
            "no": False,
            "0": False,
        }
        known = words.get(str(value).strip().lower())
        if known is None:
            raise self.refuse(value, "on or off")
        return known


class Choice(Param[str]):
    """One of a few names. ``options`` may be a function, so that a catalogue is read only when needed."""

    def __init__(
        self, default: str, options: Sequence[str] | Callable[[], Sequence[str]], label: str = "", help: str = "",
        hidden: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(default, label, help, hidden)
        self._options = options
        if not callable(options):
            self.check(default)

    @property
    def options(self) -> tuple[str, ...]:
        """The names to choose from."""
        return tuple(self._options() if callable(self._options) else self._options)

    def heading(self, option: str) -> str:
        """Return what stands above an option in a list, "" for nothing."""
        return ""

    def check(self, value: object) -> str:
        """Accept one of the options."""
        if value not in self.options:
            options = self.options
            known = ", ".join(options if len(options) <= MOST_NAMED else (*options[:8], f"... ({len(options)} in all)"))
            raise UserError(
                f"{self._called} must be one of {known}, not {shown(value)}.{nearest(str(value), self.options)}"
            )
        return str(value)


class Text(Param[str]):
    """Free text with a checker, e.g. a landscape's name or a formula. ``options`` are offered in a list."""

    def __init__(
        self, default: str, checker: Callable[[str], object] | None = None, label: str = "", help: str = "",
        hidden: bool = False, options: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__(default, label, help, hidden)
        self.checker, self.options = checker, tuple(options)

    def check(self, value: object) -> str:
        """Accept text that the checker accepts (it raises UserError otherwise), a path or a number."""
        if not isinstance(value, str | PathLike | int | float):
            raise self.refuse(value, "text")
        text = str(value).strip()
        if self.checker:
            self.checker(text)
        return text


class Row(Text):
    """A sequence of numbers, stored as comma-separated text: ``3, 1, 2``. The checker decides which are accepted."""

    def check(self, value: object) -> str:
        """Accept a text, or the numbers themselves: one, a list or an array."""
        if not isinstance(value, str):
            value = ", ".join(map(str, value if isinstance(value, Iterable) else [value]))
        return super().check(value)


class FunctionOfX(Param[Function]):
    """A function of one variable x, typed as a formula: ``sin(x^2)``. Its derivatives are exact."""

    def __init__(self, default: str, label: str = "$f(x)$", help: str = "", hidden: bool = False) -> None:
        super().__init__(function(default), label, help, hidden)

    def check(self, value: object) -> Function:
        """Accept a formula in x that can be read, or a function that was."""
        return value if isinstance(value, Function) else function(str(value))

    def to_json(self, value: Function) -> str:
        """Return the formula."""
        return value.text


class Numbers(Text):
    """A few numbers within bounds, e.g. a spectrum, stored sorted as text: ``1, 10, 50``."""

    def __init__(
        self, default: str, min: float, max: float, limit: int, label: str = "", help: str = "", hidden: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(default, None, label, help, hidden)
        self.min, self.max, self.limit = min, max, limit
        self._check_bounds(min, max)
        self.default = self.check(default)

    def check(self, value: object) -> str:
        """Accept a text, or the numbers themselves."""
        try:
            numbers = sorted(_numbers(value))
        except NO_NUMBER:
            numbers = []
        if not 1 <= len(numbers) <= self.limit or not all(self.min <= number <= self.max for number in numbers):
            bounds = f"from {self.min:g} to {self.max:g}"
            raise self.refuse(value, f"from 1 to {self.limit} numbers {bounds} with commas between")
        return ", ".join(f"{number:g}" for number in numbers)

    @staticmethod
    def read(text: str) -> list[float]:
        """Return the numbers of a text that ``check`` has returned."""
        return [float(part) for part in text.split(",")]


class Point(Param[tuple[float, ...]]):
    """A point or vector. Text form: ``-1.2,1``. ``GroundPoint`` and ``PlanePoint`` are also handles in the picture."""

    dimensions: ClassVar[tuple[int, ...]] = ()  # how many numbers it may have; else ``counts``, or those of its default

    def __init__(
        self, default: Sequence[float], min: float = -1e6, max: float = 1e6, label: str = "", help: str = "",
        hidden: bool = False, counts: Sequence[int] = (),
    ) -> None:  # fmt: skip
        super().__init__(tuple(default), label, help, hidden)
        self.min, self.max = min, max
        self.counts = self.dimensions or tuple(counts) or (len(self.default),)
        self._check_bounds(min, max)
        self.default = self.check(self.default)

    def check(self, value: object) -> tuple[float, ...]:
        """Accept an allowed number of finite numbers, within the bounds."""
        many = " or ".join(map(str, self.counts))
        wanted = f"{many} numbers with commas between, each from {self.min:g} to {self.max:g}"
        try:
            point = tuple(_numbers(value))
        except NO_NUMBER:
            raise self.refuse(value, wanted) from None
        if len(point) not in self.counts or not all(math.isfinite(v) and self.min <= v <= self.max for v in point):
            raise self.refuse(value, wanted)
        return point

    def to_json(self, value: tuple[float, ...]) -> list[float]:
        """Return the coordinates as a list."""
        return list(value)


class Placing(TypedDict, total=False):
    """Options of every point in the picture: see ``PlacedPoint``."""

    click: bool
    restarts: bool
    shown: OfScene[bool] | None


class PlacedPoint(Point):
    """A point in the picture that can be dragged: the handle has the parameter's name.

    With ``click`` it moves to where the picture is clicked; if it ``restarts``, time then restarts. ``shown`` tells
    whether a scene shows it (None: always).
    """

    dimensions = (2,)

    def __init__(
        self,
        default: Sequence[float],
        min: float = -1e6,
        max: float = 1e6,
        label: str = "",
        help: str = "",
        click: bool = False,
        restarts: bool = True,
        shown: OfScene[bool] | None = None,
    ) -> None:
        super().__init__(default, min, max, label, help, hidden=True)
        self.click, self.restarts, self._shown = click, restarts, shown

    def is_shown(self, scene: Scene) -> bool:
        """Whether it can be dragged now."""
        return self._shown is None or self._shown(scene)

    def handles(self, scene: Scene) -> Sequence[Handle]:
        """Return the handle at the point."""
        return [self.handle(scene)] if self.is_shown(scene) else []

    def handle(self, scene: Scene) -> Handle:
        """Return the handle at the point."""
        raise NotImplementedError

    def move(self, scene: Scene, position: Sequence[float]) -> None:
        """Set the position that it was dragged to, or the nearest allowed one."""
        raise NotImplementedError


class GroundPoint(PlacedPoint):
    """A position on the landscape of a ``GroundScene``, in its domain.

    With a new landscape it is reset to that landscape's start, or to ``at``, shares of the domain's width and depth.
    """

    def __init__(
        self,
        default: Sequence[float],
        min: float = -1e6,
        max: float = 1e6,
        label: str = "",
        help: str = "",
        at: tuple[float, float] | None = None,
        **options: Unpack[Placing],
    ) -> None:
        super().__init__(default, min, max, label, help, **options)
        self._at = at

    def settled(self, scene: GroundScene) -> tuple[float, ...]:
        """Return its position on a new landscape."""
        if self._at is None:
            return tuple(map(float, scene.land.start))
        x0, x1, y0, y1 = scene.domain
        digits = 12 - math.floor(math.log10(max(x1 - x0, y1 - y0)))
        place = (x0 + self._at[0] * (x1 - x0), y0 + self._at[1] * (y1 - y0))
        return tuple(round(_clamped(v, self.min, self.max), digits) for v in place)

    def handle(self, scene: GroundScene) -> Handle:  # pyright: ignore[reportIncompatibleMethodOverride]  # has a ground
        """Return the handle on the ground."""
        place = scene.terrain.world_from_domain(scene.values[self.name], lift=ON_GROUND)
        return Handle(self.name, place, self.move)

    def move(self, scene: GroundScene, position: tuple[float, float]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Set the position in the domain, clamped to it."""
        scene.set(self.name, scene.inside(position))


class Heading(Number):
    """A direction on the ground in degrees from the x axis, dragged at its tip, ``reach`` from a ``GroundPoint``.

    ``reach`` is in the world. While the scene itself turns it (its parameter ``turning``, if there is one) it has no
    handle.
    """

    def __init__(self, default: float, around: str, reach: float, label: str = "", help: str = "") -> None:
        super().__init__(default, 0.0, 360.0, label, help, unit="°")
        self._around, self._reach = around, reach

    def handles(self, scene: GroundScene) -> Sequence[Handle]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the handle at the tip."""
        if scene.values.get("turning"):
            return []
        angle, (x, y) = math.radians(scene.values[self.name]), scene.values[self._around]
        tip = (x + self._reach * scene.size * math.cos(angle), y + self._reach * scene.size * math.sin(angle))
        return [Handle(self.name, scene.terrain.world_from_domain(tip, lift=ON_GROUND), self._look_at)]

    def _look_at(self, scene: Scene, position: tuple[float, float]) -> None:
        x, y = scene.values[self._around]
        if position != (x, y):
            scene.set(self.name, math.degrees(math.atan2(position[1] - y, position[0] - x)) % 360)


class PlanePoint(PlacedPoint):
    """A point of the plane z = 0, rounded to ``digits`` decimals and clamped to the bounds."""

    def __init__(
        self,
        default: Sequence[float],
        min: float = -5.0,
        max: float = 5.0,
        label: str = "",
        help: str = "",
        digits: int = 2,
        **options: Unpack[Placing],
    ) -> None:
        super().__init__(default, min, max, label, help, **options)
        self.digits = digits
        self.hidden = False  # it is also a pair of numbers in the panel

    def handle(self, scene: Scene) -> Handle:
        """Return the handle in the plane."""
        x, y = scene.values[self.name]
        return Handle(self.name, (x, y, 0.0), self.move, plane=0.0)

    def move(self, scene: Scene, position: Sequence[float]) -> None:
        """Take the allowed point that is nearest to a position."""
        scene.set(self.name, [_clamped(round(v, self.digits), self.min, self.max) for v in position])


class InsetPoint(PlacedPoint):
    """A point of an inset, in its coordinates (see ``insets``)."""

    def __init__(
        self, default: Sequence[float], inset: Square, label: str = "", help: str = "", **options: Unpack[Placing]
    ) -> None:
        super().__init__(default, -inset.reach, inset.reach, label, help, **options)
        self.inset = inset

    def handle(self, scene: Scene) -> Handle:
        """Return the handle on the inset."""
        place = self.inset.world_from_inset(scene.values[self.name])
        return Handle(self.name, place, self.move, plane=self.inset.z)

    def move(self, scene: Scene, position: Sequence[float]) -> None:
        """Take the point of the inset that is nearest to a position in the plane."""
        place = self.inset.inset_from_world(position)
        scene.set(self.name, [_clamped(float(v), self.min, self.max) for v in place])


def one_each(scene: Scene) -> float:
    """Return 1: a point's unit is a world unit."""
    return 1.0


class SpacePoint(PlacedPoint):
    """A point in space (three numbers), dragged in the plane through it that faces the camera.

    Its unit is ``unit(scene)`` world units.
    """

    dimensions = (3,)

    def __init__(
        self,
        default: Sequence[float],
        min: float = -5.0,
        max: float = 5.0,
        label: str = "",
        help: str = "",
        digits: int = 2,
        unit: OfScene[float] = one_each,
        **options: Unpack[Placing],
    ) -> None:
        super().__init__(default, min, max, label, help, **options)
        self.digits, self._unit = digits, unit
        self.hidden = False  # it is also three numbers in the panel

    def handle(self, scene: Scene) -> Handle:
        """Return the handle, in space or, for two numbers, in the plane."""
        return _handle_at(self.name, scene.values[self.name], self._unit(scene), self.move)

    def move(self, scene: Scene, position: Sequence[float]) -> None:
        """Take the allowed point that is nearest to a position."""
        unit, count = self._unit(scene), len(scene.values[self.name])
        scene.set(self.name, [_clamped(round(v / unit, self.digits), self.min, self.max) for v in position[:count]])


class PlaneOrSpacePoint(SpacePoint):
    """A point in the plane z = 0 (two numbers), or in space (three)."""

    dimensions = (2, 3)


def _handle_at(name: str, point: Sequence[float], unit: float, move: Move) -> Handle:
    """Return the handle at a point of two numbers in the plane, or of three in space."""
    place, deep = tuple(unit * v for v in point), len(point) == 3
    return Handle(name, (*place, 0.0)[:3], move, plane=None if deep else 0.0, free=deep)


def _clamped(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


class Matrix(Param[tuple[tuple[float, ...], ...]]):
    """A small matrix as rows. Text form: ``2,1;1,2``.

    ``columns`` names a handle for each column of a 2x2 matrix, at its head in the plane z = 0, or of a 3x3 matrix, in
    space; a unit is ``unit(scene)`` long in the world. ``rows`` are the numbers of rows that it may have, where these
    are not those of the default alone.
    """

    def __init__(
        self, default: Sequence[Sequence[float]], min: float = -10, max: float = 10, label: str = "", help: str = "",
        hidden: bool = False, columns: Sequence[str] = (), unit: OfScene[float] = one_each,
        rows: Sequence[int] = (),
    ) -> None:  # fmt: skip
        super().__init__(tuple(tuple(map(float, row)) for row in default), label, help, hidden)
        self.min, self.max, self.columns, self._unit = min, max, columns, unit
        self.rows = tuple(rows) or (len(self.default),)
        lengths = {len(row) for row in self.default}
        if len(lengths) != 1 or 0 in lengths:
            raise UserError(f"The default of Matrix must be rows of one length, not {shown(default)}.")
        if columns and not (len(columns) == len(self.default) == len(self.default[0]) and len(columns) in (2, 3)):
            raise UserError("Only the columns of a 2x2 or 3x3 Matrix have handles, and then each of them.")
        self._check_bounds(min, max)
        self.default = self.check(self.default)

    def handles(self, scene: Scene) -> Sequence[Handle]:
        """Return a handle at the tip of every named column."""
        heads = zip(*scene.values[self.name], strict=True)
        return [
            _handle_at(name, head, self._unit(scene), partial(self._move, k))
            for k, (name, head) in enumerate(zip(self.columns, heads, strict=False))
        ]

    def _move(self, column: int, scene: Scene, position: Sequence[float]) -> None:
        rows, unit = [list(row) for row in scene.values[self.name]], self._unit(scene)
        for row, value in zip(rows, position, strict=True):
            row[column] = _clamped(round(value / unit, 2), self.min, self.max)
        scene.set(self.name, rows)

    def check(self, value: object) -> tuple[tuple[float, ...], ...]:
        """Accept as many rows as it may have, as long as the default's, of finite numbers within the bounds."""
        many, m = " or ".join(map(str, self.rows)), len(self.default[0])
        like = ";".join(",".join(f"{v:g}" for v in row) for row in self.default)
        wanted = f"a {many}x{m} matrix of numbers from {self.min:g} to {self.max:g} such as {like}"
        try:
            flat = _numbers(value) if isinstance(value, str) else [v for row in _items(value) for v in _numbers(row)]
        except NO_NUMBER:
            raise self.refuse(value, wanted) from None
        fits = len(flat) in [n * m for n in self.rows]
        if not fits:
            raise self.refuse(value, wanted)
        wrong = next((k for k, v in enumerate(flat) if not (math.isfinite(v) and self.min <= v <= self.max)), None)
        if wrong is not None:
            where = f"row {wrong // m + 1}, column {wrong % m + 1}"
            raise UserError(f"{self._called} must be {wanted}; the number in {where} is {flat[wrong]:g}.")
        return tuple(tuple(flat[i : i + m]) for i in range(0, len(flat), m))

    def to_json(self, value: tuple[tuple[float, ...], ...]) -> list[list[float]]:
        """Return the rows as lists."""
        return [list(row) for row in value]


@dataclass(frozen=True)
class Lane:
    """One runner of a race: an optimizer (a frozen dataclass of hyper-parameters) and whether it takes part.

    ``id`` identifies it among the others, which may come and go, and ``seat`` is the index of its lane colour in the
    theme; `Lanes` assigns both.
    """

    optimizer: Any  # an Optimizer, with the fields of its class
    enabled: bool = True
    id: str = ""
    seat: int | None = None

    @property
    def name(self) -> str:
        """The optimizer's command-line name."""
        return self.optimizer.name

    @property
    def color(self) -> str:
        """The lane's role in the theme: of its trail, ball, labels, legend and curves."""
        return f"lane.{self.seat or 0}"

    def with_field(self, field: str, value: float) -> Lane:
        """Return this lane with one hyper-parameter changed."""
        return replace(self, optimizer=replace(self.optimizer, **{field: value}))


MOST_SEATS = 64  # of lanes that a session may name


class Lanes(Param[tuple[Lane, ...]]):
    """The runners of a race. Text form, with semicolons between: ``sgd;adam:lr=0.1,beta1=0.9``.

    ``read`` converts an optimizer's text, class or object; it is passed in because parameters do not depend on
    optimizers.
    """

    def __init__(
        self,
        default: Callable[[], Sequence[Lane | Optimizer | str]],
        read: Callable[[Any], Optimizer],
        limit: int = 12,
        label: str = "",
    ):
        super().__init__((), label or "Optimizers", hidden=True)
        self._default, self.read, self.limit = default, read, limit

    def initial(self) -> tuple[Lane, ...]:
        """Return the lanes that a new scene starts with."""
        return self.check(self._default())

    def check(self, value: object) -> tuple[Lane, ...]:
        """Accept lanes, optimizers, their texts, or the JSON form; also a single one."""
        lanes = _seated(_told_apart([self._lane(item) for item in self.items(value)]))
        if not 1 <= len(lanes) <= self.limit:
            raise UserError(
                f"{self.name} takes from 1 to {self.limit} optimizers with semicolons between, not {len(lanes)}."
            )
        return lanes

    @staticmethod
    def items(value: object) -> Sequence[object]:
        """Return the specification of each lane: the parts of a text, the items of a list, or the single one."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(";") if part.strip()]
        if is_dataclass(value):
            return [value]
        if not isinstance(value, Sequence):
            raise UserError(f"lanes must be a list of optimizers, not {shown(value)}.")
        return value

    def _lane(self, item: object) -> Lane:
        if isinstance(item, Lane):
            return item
        if isinstance(item, dict):
            known, seat = str(item.get("id", "")), item.get("seat")
            seat = seat if isinstance(seat, int) and 0 <= seat < MOST_SEATS else None
            return Lane(self.read(str(item.get("optimizer", ""))), bool(item.get("enabled", True)), known, seat)
        return Lane(self.read(item))

    def shown(self, value: tuple[Lane, ...]) -> str:
        """Return the optimizers' texts with all settings."""
        return repr(";".join(str(lane["optimizer"]) for lane in self.to_json(value)))

    def to_json(self, value: tuple[Lane, ...]) -> list[dict[str, str | bool | int]]:
        """Return each lane as its optimizer's text, whether it takes part, and its id and seat if not the default."""
        result = []
        usual = _seated(_told_apart([replace(lane, id="", seat=None) for lane in value]))
        for lane, other in zip(value, usual, strict=True):
            settings = [f"{f.name}={getattr(lane.optimizer, f.name)!r}" for f in fields(lane.optimizer)]
            settings += [f"schedule={lane.optimizer.schedule}"] if lane.optimizer.schedule else []
            text = f"{lane.optimizer.text}:{','.join(settings)}" if settings else lane.optimizer.text
            one: dict[str, str | bool | int] = {"optimizer": text, "enabled": lane.enabled}
            more = {name: getattr(lane, name) for name in ("id", "seat") if getattr(lane, name) != getattr(other, name)}
            result.append({**one, **more})
        return result


def index_of(lanes: Sequence[Lane], lane: object) -> int:
    """Return the index of the lane of an id (or of an index itself), or raise UserError."""
    if not lanes:
        raise UserError("The scene has no optimizers to choose from.")
    if not isinstance(lane, str):
        return int(real(lane, 0, len(lanes) - 1, "A lane"))
    ids = [one.id for one in lanes]
    if lane not in ids:
        raise UserError(f"There is no lane {lane!r}.{nearest(lane, ids)}")
    return ids.index(lane)


def color_of_next(lanes: Sequence[Lane], name: str) -> str:
    """Return the colour of a lane that an optimizer of a name would get when it joins others."""
    usual, taken = USUAL_LANE.get(name), [lane.seat for lane in lanes]
    return f"lane.{_first_free(taken) if usual is None or usual in taken else usual}"


def _seated(lanes: Sequence[Lane]) -> tuple[Lane, ...]:
    """Assign a seat to each lane that has none, or an earlier one's: its optimizer's usual one, else a free one.

    So a lane keeps its colour while others come and go, and no two lanes have the same.
    """
    seats: list[int | None] = []
    for lane in lanes:
        seats.append(None if lane.seat in seats else lane.seat)
    for index, lane in enumerate(lanes):
        usual = USUAL_LANE.get(lane.name)
        if seats[index] is None and usual not in seats:
            seats[index] = usual
    for index, seat in enumerate(seats):
        if seat is None:
            seats[index] = _first_free(seats)
    return tuple(replace(lane, seat=seat) for lane, seat in zip(lanes, seats, strict=True))


def _first_free(seats: Sequence[int | None]) -> int:
    return next(seat for seat in count() if seat not in seats)


def _told_apart(lanes: Sequence[Lane]) -> tuple[Lane, ...]:
    """Assign an id to each lane that has none, or an earlier one's: its optimizer's name, numbered if necessary."""
    taken = {lane.id for lane in lanes if lane.id}
    seen: set[str] = set()
    told: list[Lane] = []
    for lane in lanes:
        if not lane.id or lane.id in seen:
            numbered = (f"{lane.name}-{number}" for number in count(2))
            lane = replace(lane, id=next(name for name in chain([lane.name], numbered) if name not in taken))
        taken.add(lane.id)
        seen.add(lane.id)
        told.append(lane)
    return tuple(told)
