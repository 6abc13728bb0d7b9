"""Scenes: parameters, a picture for every moment, and numbers that can be checked.

A scene's picture and numbers are functions of its parameters, its seed and the time alone. Scrubbing, replay, film
and tests all rely on that: caches between frames (see ``kept``) only save work.
"""

from __future__ import annotations

import inspect
import math
import sys
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache, cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

import numpy as np

from lossland import checks, userfiles
from lossland.display import Displayed
from lossland.errors import UserError, nearest, place_of, shown
from lossland.resources import folder
from lossland.scenery.clock import ROUNDING, Clock, Now
from lossland.scenery.handles import Handle
from lossland.scenery.kept import Growing, note_read
from lossland.scenery.parameters import Integer, Lanes, Param, PlacedPoint
from lossland.world.layers import Array, Layer, Note, Surface, flattened, keys_of
from lossland.world.signs import Stroke
from lossland.world.theme import DARK

if TYPE_CHECKING:
    from lossland.optimizers import Optimizer

R = TypeVar("R")

Readouts: TypeAlias = dict[str, Any]
"""A scene's numbers by name: numbers, booleans, strings, arrays, lists and dictionaries of them."""


LONGEST_CALL = 60  # characters on one line
HANDLES = "handles"  # the group of layers that show where to drag; stills omit them
CHAPTERS = (
    "Vectors and data",
    "Matrices",
    "Calculus",
    "Probability and statistics",
    "Squashing and scoring",
    "Optimization",
    "Networks as geometry",
    "How learning flows",
    "Attention and embeddings",
    "Debugging your own model",
)
ROWS = {"V": 6, "M": 6, "G": 5, "N": 4, "B": 5, "A": 2, "E": 3, "L": 5, "D": 4, "Y": 4, "Q": 8, "S": 22}
"""The topics a scene can teach: the number of codes for each letter, such as ``V1`` to ``V6`` for vectors."""
METHODS = {
    "frame": "now",
    "readouts": "now",
    "handles": "now",
    "click": "position",
    "pick": "layer, element",
    "changed": "name",
    "poll": "seconds",
    "newcomer": "text",
}
"""The methods that a scene may define, and their arguments."""
ALIKE = 0.8  # similarity of two names (``difflib``) from which one is probably a misspelling of the other


@dataclass(frozen=True)
class Show:
    """The switches above the picture. ``Layer.group`` names a layer's switch."""

    contours: bool = True
    shadow: bool = True
    xray: bool = True
    grid: bool = True
    arrows: bool = True
    labels: bool = True


@dataclass(frozen=True, eq=False)
class View:
    """A scene's preferred view. ``flat`` looks straight down on the plane.

    ``bounds`` (k, 3): world points that must fit into the free part of the window. Angles in degrees.
    A scene that moves its camera itself returns a view for each moment. ``turned`` is a rotation in degrees of azimuth
    and elevation after fitting, so that distance, centre and light stay the same, at no cost. A view that ``moves`` is
    fitted again at each moment, for changing bounds. Either way a camera that is at home follows at once, in films as
    in windows; one that the user has moved stays.
    """

    azimuth: float = -60.0
    elevation: float = 38.0
    flat: bool = False
    bounds: Array | None = None
    turned: tuple[float, float] = (0.0, 0.0)
    moves: bool = False

    @classmethod
    def from_above(cls, reach: float) -> View:
        """Return the view straight down on the plane z = 0, as far as ``reach`` from the origin along x and y."""
        return cls(90.0, 90.0, flat=True, bounds=reach * np.array([(x, y, 0.0) for x in (-1, 1) for y in (-1, 1)]))

    def left_of(self, direction: Array) -> Array:
        """Return the direction (3,) to the left of another one (3,) in this view, for a label beside it."""
        azimuth, elevation = np.radians(np.add((self.azimuth, self.elevation), self.turned))
        level = np.cos(elevation)
        eye = (level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation))
        return np.asarray(np.cross(eye, direction), float)


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a scene: layers in the world, notes beside it, and the view it was composed for.

    ``layers`` are the given ones, with compound ones replaced by their parts.
    """

    layers: Sequence[Layer]
    notes: Sequence[Note] = ()
    view: View = field(default_factory=View)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn here, where the traceback still shows who made it."""
        _check_list(self.layers, Layer, "layers")
        _check_list(self.notes, Note, "notes")
        if not isinstance(self.view, View):
            raise UserError(f"The view of a Frame must be a View, not {shown(self.view)}.")
        object.__setattr__(self, "layers", flattened(self.layers))

    @property
    def still(self) -> Frame:
        """The same frame without layers that only help dragging, for pictures without interaction."""
        # Not one cached property: a frame that refers to itself would live until the garbage collector finds the cycle.
        return self._without_handles if any(layer.group == HANDLES for layer in self.layers) else self

    @cached_property
    def _without_handles(self) -> Frame:
        return replace(self, layers=[layer for layer in self.layers if layer.group != HANDLES])

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The unique key of each layer (see ``layers.keys_of``)."""
        return keys_of(self.layers)

    def layer(self, key: str) -> Layer | None:
        """Return the layer of a key, or None."""
        return self.layers[self.keys.index(key)] if key in self.keys else None

    @property
    def ground(self) -> Surface | None:
        """The landscape under the pointer: the first block, or a sheet if there is no block."""
        surfaces = [layer for layer in self.layers if isinstance(layer, Surface) and not layer.ghost]
        return next((layer for layer in surfaces if not layer.sheet), surfaces[0] if surfaces else None)


def _check_list(found: object, kind: type, what: str) -> None:
    """Raise UserError unless something is a list of layers or notes."""
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise UserError(f"A Frame needs a list of {what}, not {shown(found)}.")
    for index, one in enumerate(found):
        if isinstance(one, list | tuple):
            raise UserError(
                f"A Frame needs one flat list of {what}, but its element {index} is a {type(one).__name__}: "
                f"write * before it, as in [*first, *second]."
            )
        if not isinstance(one, kind):
            raise UserError(f"A Frame's {what} are of the types in lossland.layers, not {shown(one)}.")


@cache
def _declared(kind: type[Scene]) -> dict[str, Param]:
    """Find the parameters of a class and its bases. Cached, because panels ask dozens of times a frame."""
    found: dict[str, Param] = {}
    for base in reversed(kind.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Param):
                found[value.name] = value
            else:
                found.pop(name, None)  # overridden by a plain attribute
    return found


def quiet() -> np.errstate:
    """Silence floating-point warnings of a scene's computations: inf and nan are values, and drawn as such."""
    return np.errstate(all="ignore")


def _wrong(method: Callable[..., object], scene: Scene, must: str, found: object) -> UserError:
    """Return the error of a method that returns a wrong type."""
    name = f"{method.__name__} of {type(scene).__name__}"
    return UserError(f"{place_of(method)}: {name} must return {must}, not {shown(found)}.")


def _at_a_time(method: Callable[..., R], fits: Callable[[object], bool], must: str) -> Callable[..., R]:
    """Wrap a scene's method that takes a moment to accept a time in seconds as well, and check what it returns."""

    @wraps(method)
    def at(scene: Scene, time: float = 0.0) -> R:
        with quiet():
            found = method(scene, scene.now(time))
        if not fits(found):
            raise _wrong(method, scene, must, found)
        return found

    return at


def _are_numbers(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(name, str) for name in found)


def _are_handles(found: object) -> bool:
    return isinstance(found, Sequence) and all(isinstance(one, Handle) for one in found)


def _in_its_turn(frame: Callable[..., Frame]) -> Callable[..., Frame]:
    """Wrap ``frame`` to start a new turn of refined results."""

    @wraps(frame)
    def at(scene: Scene, time: float) -> Frame:
        scene.turn, scene.unfinished = scene.turn + 1, False
        return frame(scene, time)

    return at


def _finished(readouts: Callable[..., R]) -> Callable[..., R]:
    """Wrap ``readouts`` to wait for the finest level of refined results."""

    @wraps(readouts)
    def at(scene: Scene, time: float = 0.0) -> R:
        now, seconds = scene.now(time), scene.clock.seconds
        if now > seconds * (1 + ROUNDING):
            told = f"The scene is {seconds:g} s long; these are the numbers at its end, not at {time:g} s."
            warnings.warn(told, UserWarning, stacklevel=2)
        live, unfinished, scene.live = scene.live, scene.unfinished, False
        try:
            return readouts(scene, time)
        finally:
            scene.live, scene.unfinished = live, unfinished

    return at


def _check_class(kind: type[Scene]) -> None:
    """Raise UserError if a class's own attributes are not valid for a scene."""
    given = vars(kind)
    for name, parts in METHODS.items():
        if name in given:
            _check_method(kind, name, parts)
    clock, chapter, rows = given.get("clock", kind.clock), kind.chapter, kind.rows
    if not isinstance(clock, Clock) and not hasattr(clock, "__get__"):  # a property or a paced clock makes one
        raise UserError(f"The clock of {kind.__name__} must be a Clock such as ll.Clock(4.0), not {shown(clock)}.")
    if chapter and chapter not in CHAPTERS:
        raise UserError(
            f"There is no chapter {shown(chapter)} for {kind.__name__}.{nearest(str(chapter), CHAPTERS)} "
            f"There are {', '.join(CHAPTERS)}."
        )
    known = [f"{letter}{number + 1}" for letter, most in ROWS.items() for number in range(most)]
    wrong = rows if isinstance(rows, str) else next((row for row in rows if row not in known), None)
    if wrong is not None:
        raise UserError(f"The rows of {kind.__name__} are codes such as ('V1', 'S22'), and {shown(wrong)} is none.")
    strokes = kind.sign if isinstance(kind.sign, Sequence) else ()
    if strokes is not kind.sign or not all(isinstance(one, Stroke) for one in strokes):
        raise UserError(f"The sign of {kind.__name__} is a list of strokes from ll.signs, not {shown(kind.sign)}.")
    for stroke in strokes:
        DARK.color(stroke.color)
    _check_presets(kind)


def _check_method(kind: type[Scene], name: str, parts: str) -> None:
    """Raise UserError unless a method has the right signature."""
    method = vars(kind)[name]
    try:
        inspect.signature(method).bind(None, *parts.split(","))
    except TypeError:
        raise UserError(
            f"{place_of(method)}: {name} of {kind.__name__} is called as {name}({parts}); "
            f"write it as def {name}(self, {parts})."
        ) from None


def _check_presets(kind: type[Scene]) -> None:
    """Raise UserError for presets of unknown parameters and captions of unknown presets."""
    known = kind.params()
    for preset, values in kind.presets.items():
        if not isinstance(values, Mapping):
            raise UserError(
                f"The preset {preset!r} of {kind.__name__} must be a dictionary of values by parameter, "
                f"not {shown(values)}."
            )
        for name in values:
            if name not in known:
                raise UserError(
                    f"The preset {preset!r} of {kind.__name__} sets {name!r}, which is no parameter."
                    f"{nearest(name, list(known))}"
                )
    for preset in kind.captions:
        if preset not in kind.presets:
            near = nearest(preset, list(kind.presets))
            raise UserError(f"{kind.__name__} has a caption for {preset!r}, which is none of its presets.{near}")


class Scene(Displayed):
    """Base of every scene. A scene file has one subclass: the class attributes below, and ``frame`` and ``readouts``.

    A subclass's ``frame``, ``readouts`` and ``handles`` get a ``Now``; callers may pass a number of seconds, e.g.
    ``scene.readouts(time=0.5)``.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    chapter: ClassVar[str] = ""
    rows: ClassVar[tuple[str, ...]] = ()  # what it teaches
    sign: ClassVar[Sequence[Stroke]] = ()  # its icon in lists
    still_share: ClassVar[float] = 1.0  # the elapsed share of the scene in a still without a given time
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {}  # name -> values; the first is shown first

    # The texts beside the picture. A scene that comes with lossland has them in a separate file (see ``words``).
    lesson: ClassVar[str] = ""  # Markdown
    formulas: ClassVar[tuple[tuple[str, str], ...]] = ()  # (LaTeX, meaning)
    captions: ClassVar[Mapping[str, str]] = {}  # preset -> what it shows
    snippet: ClassVar[str] = ""  # short NumPy code that prints this scene's numbers

    clock: Clock = Clock()
    """The length of the scene."""

    def __init_subclass__(cls) -> None:
        """Check the class, and wrap its methods: to accept seconds, to check results, and to allow nan and infinity.

        An error raised here has the class's line in its traceback.
        """
        _check_class(cls)
        given = vars(cls)
        if "frame" in given:
            frame = _at_a_time(given["frame"], lambda found: isinstance(found, Frame), "a Frame")
            cls.frame = _in_its_turn(frame)
        if "readouts" in given:
            cls.readouts = _finished(_at_a_time(given["readouts"], _are_numbers, "a dictionary of numbers by name"))
        if "handles" in given:
            cls.handles = _at_a_time(given["handles"], _are_handles, "a list of Handles")
        for name in ("click", "pick", "changed"):
            if name in given:
                setattr(cls, name, quiet()(given[name]))

    live: bool = False  # True in a window: refined results start coarse; never in films
    unfinished: bool = False  # True while a live picture is still being refined
    turn: int = 0  # the number of pictures requested: see ``refined``
    held: bool = False  # whether a handle is being dragged: framing values are frozen

    @quiet()
    def __init__(self, preset: str | None = None, seed: int = 0, **values: object) -> None:
        self.seed = seed
        self.values: dict[str, Any] = {}
        self.results: dict[Hashable, Any] = {}  # the cache of kept and refined results
        self.reset()
        if preset is not None:
            self.use(preset)
        order = list(self.params())  # a landscape before its domain, and that before a start inside it
        for name in sorted(values, key=lambda name: order.index(name) if name in order else -1):
            self.set(name, values[name])

    # ---------------------------------------------------------------------------------------------- parameters
    @classmethod
    def params(cls) -> dict[str, Param]:
        """Return the declared parameters by name, in the order of the class body."""
        return dict(_declared(cls))

    @classmethod
    def param(cls, name: str) -> Param:
        """Return one parameter's declaration, or raise UserError with the nearest name."""
        known = cls.params()
        if name not in known:
            raise UserError(
                f"Scene {cls.name!r} has no parameter {name!r}.{nearest(name, list(known))} It has {', '.join(known)}."
            )
        return known[name]

    def reset(self) -> None:
        """Give every parameter its default."""
        for name, param in self.params().items():
            self.values[name] = param.initial() if isinstance(param, Lanes) else param.default

    @quiet()
    def set(self, name: str, value: object) -> None:
        """Change one parameter; an invalid value raises UserError and changes nothing."""
        before = dict(self.values)
        self.values[name] = self.param(name).check(value)
        try:
            self.changed(name)
            self._keep_within(name)
        except UserError:
            self.values = before
            raise

    def _keep_within(self, name: str) -> None:
        """Refuse a value of a changed parameter above the highest that there is now, and lower the others to theirs."""
        for each, param in self.params().items():
            if isinstance(param, Integer) and self.values[each] > (highest := param.highest(self)):
                if each == name:
                    raise param.refuse(self.values[each], f"a whole number from {param.min} to {highest} here")
                self.values[each] = highest

    def changed(self, name: str) -> None:
        """React to a changed parameter, e.g. reset the start for a new landscape. Called after every ``set``.

        If this raises UserError, all parameters are restored.
        """

    def has_control(self, name: str) -> bool:
        """Return whether the panel shows a parameter now; a scene may hide parameters without effect."""
        return True

    def has_preset(self, name: str) -> bool:
        """Return whether the panel offers a preset now; a scene may hide presets without effect on what it shows."""
        return True

    def unread(self) -> str:
        """Return a sentence on what could not be read in the files that the scene shows, "" if all was."""
        return ""

    def while_empty(self, name: str) -> str:
        """Return what the panel shows in the empty box of a text parameter: what holds while nothing is typed."""
        return ""

    def use(self, preset: str) -> None:
        """Reset, then apply a preset's values."""
        if preset not in self.presets:
            known = ", ".join(self.presets) or "none"
            raise UserError(
                f"Scene {self.name!r} has no preset {preset!r}.{nearest(preset, list(self.presets))} It has {known}."
            )
        self.reset()
        for name, value in self.presets[preset].items():
            self.set(name, value)

    @property
    def seed(self) -> int:
        """The seed of all random numbers of the scene."""
        note_read(self, "seed", self._seed)
        return self._seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed = seed

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute; a probable misspelling of a parameter's name raises UserError."""
        begun = "results" in self.__dict__  # before that, the base's constructor sets its attributes
        if begun and not (name.startswith("_") or name in self.__dict__ or hasattr(type(self), name)):
            near = get_close_matches(name, self.params(), n=1, cutoff=ALIKE)
            if near:
                raise UserError(
                    f"{type(self).__name__} has no parameter {name!r}. Did you mean {near[0]!r}? "
                    f"If you want an attribute of this name, declare it in the class."
                )
        super().__setattr__(name, value)

    def source(self, name: str) -> object:
        """Return a possible dependency of a kept result: a parameter's value, or the seed."""
        return self._seed if name == "seed" else self.values[name]

    def now(self, time: float) -> Now:
        """Return the moment at a time in seconds."""
        if isinstance(time, Now):
            return time
        if not isinstance(self.clock, Clock):  # of a property, or set afterwards
            kind = type(self)
            raise UserError(f"{place_of(kind)}: The clock of {kind.__name__} must be a Clock, not {shown(self.clock)}.")
        return Now(checks.real(time, 0.0, math.inf, "A scene's time in seconds"), self.clock)

    def grown_to(self, course: Growing, step: float, pieces: int) -> bool:
        """Let a course advance to a step, and return whether it is there.

        A window does at most ``pieces`` pieces of work for each picture, and draws again until it is there. Anything
        else waits.
        """
        there = course.reach(step, pieces if self.live else None)
        self.unfinished = self.unfinished or not there
        return there

    @property
    def still_time(self) -> float:
        """The time in seconds of a still without a given time."""
        return self.still_share * self.clock.seconds

    # ----------------------------------------------------------------------------------- what a scene must give
    def frame(self, now: Any, /) -> Frame:
        """Return the picture of a moment."""
        raise self._lacks("frame", "the picture of a moment")

    def readouts(self, *moment: Any, **time: Any) -> Readouts:  # a subclass's takes ``now``
        """Return the scene's numbers: floats and arrays, computed with no window. ``readouts(time=0.5)``."""
        raise self._lacks("readouts", "its numbers")

    def _lacks(self, method: str, what: str) -> UserError:
        kind = type(self)
        own = [name for name in vars(kind) if not name.startswith("_")]
        near = get_close_matches(method, own, n=1, cutoff=ALIKE)
        misspelt = f" Is it the one called {near[0]}?" if near else ""
        return UserError(
            f"{place_of(kind)}: {kind.__name__} needs a method {method}(self, now) that returns {what}.{misspelt}"
        )

    def __repr__(self) -> str:
        """Return the call of `ll.scene` that makes a scene with these parameters."""
        return f"ll.scene({', '.join([self._named(), *self._changes()])})"

    def code(self, time: float) -> str:
        """Return a program that makes a scene with these parameters and prints its numbers at a time in seconds."""
        call = repr(self)
        if len(call) > LONGEST_CALL:
            call = "ll.scene(\n" + "".join(f"    {part},\n" for part in [self._named(), *self._changes()]) + ")"
        return (
            f"import lossland as ll\n\nscene = {call}\n"
            f"for name, value in scene.readouts(time={time!r}).items():\n    print(name, value)\n"
        )

    def _named(self) -> str:
        kind = type(self)
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if not userfiles.is_own(kind.__module__) or file is None:  # a class of a notebook or a program
            return kind.__name__
        ours = Path(file).parent == folder("scenes")
        return repr(kind.name if ours else f"{Path(file).name}:{kind.__name__}")

    def _changes(self) -> list[str]:
        """Return the arguments that differ from the defaults, without those that follow from others, as a start may."""
        made = type(self)(seed=self.seed)
        changes = [f"seed={self.seed}"] if self.seed else []
        for name, param in self.params().items():
            if made.values[name] != self.values[name]:
                changes.append(f"{name}={param.shown(self.values[name])}")
                with suppress(UserError):
                    made.set(name, self.values[name])
        return changes

    # ------------------------------------------------------------------------------------ what it may give too
    def handles(self, now: Any, /) -> Sequence[Handle]:
        """Return what can be dragged: by default, every parameter that is a point in the picture."""
        return [handle for param in self.params().values() for handle in param.handles(self)]

    def newcomer(self, text: str) -> Optimizer | str:
        """Return the optimizer of a new lane, or its text, from text such as ``adam:lr=0.1``."""
        return text

    def click(self, position: tuple[float, float]) -> bool:
        """React to a click at a position in the domain (or plane); True restarts the clock."""
        for param in self.params().values():
            if isinstance(param, PlacedPoint) and param.click and param.is_shown(self):
                param.move(self, position)
                return param.restarts
        return False

    def poll(self, seconds: float) -> bool:
        """Check whether a file that the scene shows has grown; return True if its picture has changed.

        A window calls it repeatedly, with the seconds of some clock; films and stills never do.
        """
        return False

    def pick(self, layer: Layer, element: int) -> bool:
        """React to a click on an element of a layer of the last frame (see ``picking``); True if it was handled."""
        return False
