"""What to show and why: a scene is parameters, a picture for every moment, and numbers that can be checked.

A scene's picture and numbers are functions of its parameters, its seed and the time alone. Scrubbing, replay, film
and tests all rest on that: whatever a scene keeps between frames (see ``kept``) only saves work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, wraps
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from lossland.errors import UserError, nearest
from lossland.scenery.clock import Clock, Now
from lossland.scenery.handles import Handle
from lossland.scenery.kept import note_read
from lossland.scenery.parameters import Lanes, Param, PlacedPoint
from lossland.world.layers import Array, Layer, Note, Surface, flattened, keys_of
from lossland.world.signs import Stroke

R = TypeVar("R")

HANDLES = "handles"  # the group of layers that show where to drag; a still leaves them out


@dataclass(frozen=True)
class Show:
    """The switches above the picture. ``Layer.group`` names the switch that a layer obeys."""

    contours: bool = True
    shadow: bool = True
    xray: bool = True
    grid: bool = True
    arrows: bool = True
    labels: bool = True


@dataclass(frozen=True, eq=False)
class View:
    """How a scene likes to be seen. ``flat`` looks straight down on the plane.

    ``bounds`` (k, 3): world points that must fit into the free part of the window. Angles in degrees.
    """

    azimuth: float = -60.0
    elevation: float = 38.0
    flat: bool = False
    bounds: Array | None = None

    @classmethod
    def from_above(cls, reach: float) -> View:
        """Return the view straight down on the plane z = 0, as far as ``reach`` from the origin along x and y."""
        return cls(90.0, 90.0, flat=True, bounds=reach * np.array([(x, y, 0.0) for x in (-1, 1) for y in (-1, 1)]))


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a scene: layers in the world, notes beside it, and the view it was composed for.

    ``layers`` are those that were handed over, with the parts of compound ones in their places.
    """

    layers: Sequence[Layer]
    notes: Sequence[Note] = ()
    view: View = field(default_factory=View)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn here, where the traceback still shows who made it."""
        _check_list(self.layers, Layer, "layers")
        _check_list(self.notes, Note, "notes")
        if not isinstance(self.view, View):
            raise UserError(f"The view of a Frame must be a View, not {self.view!r:.60}.")
        object.__setattr__(self, "layers", flattened(self.layers))

    @cached_property
    def still(self) -> Frame:
        """The same frame without what only helps dragging, for pictures in which nothing can be dragged."""
        layers = [layer for layer in self.layers if layer.group != HANDLES]
        return self if len(layers) == len(self.layers) else replace(self, layers=layers)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What tells each layer from the others (see ``layers.keys_of``)."""
        return keys_of(self.layers)

    def layer(self, key: str) -> Layer | None:
        """Return the layer of a key, None where there is none."""
        return self.layers[self.keys.index(key)] if key in self.keys else None

    @property
    def ground(self) -> Surface | None:
        """The landscape that the pointer walks on: the first block, a sheet only where there is no block."""
        surfaces = [layer for layer in self.layers if isinstance(layer, Surface) and not layer.ghost]
        return next((layer for layer in surfaces if not layer.sheet), surfaces[0] if surfaces else None)


def _check_list(found: object, kind: type, what: str) -> None:
    """Raise UserError unless something is a list of layers or notes."""
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise UserError(f"A Frame needs a list of {what}, not {found!r:.60}.")
    for one in found:
        if not isinstance(one, kind):
            raise UserError(f"A Frame's {what} are of the types in lossland.layers, not {one!r:.60}.")


@cache
def _declared(kind: type[Scene]) -> dict[str, Param]:
    """Find the parameters of a class and its bases. Kept, because panels ask dozens of times a frame."""
    found: dict[str, Param] = {}
    for base in reversed(kind.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Param):
                found[name] = value
            else:
                found.pop(name, None)  # a scene that settles it by itself
    return found


def quiet() -> np.errstate:
    """Let overflows and 0/0 in what a scene computes be values: inf and nan, which are drawn as what they are."""
    return np.errstate(all="ignore")


def called(scene: Scene) -> str:
    """Return the name of a scene's class, and of the file where it stands."""
    kind = type(scene)
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return f"{kind.__name__} ({Path(file).name})" if file else kind.__name__


def _at_a_time(method: Callable[..., R]) -> Callable[..., R]:
    """Return a scene's method of a moment as one of a time in seconds (or a moment)."""

    @wraps(method)
    def at(scene: Scene, time: float = 0.0) -> R:
        with quiet():
            return method(scene, scene.now(time))

    return at


def _in_its_turn(frame: Callable[..., Frame]) -> Callable[..., Frame]:
    """Return ``frame`` as one that lets refined results become finer."""

    @wraps(frame)
    def at(scene: Scene, time: float) -> Frame:
        scene.turn, scene.unfinished = scene.turn + 1, False
        return frame(scene, time)

    return at


def _finished(readouts: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return ``readouts`` as one that waits for the finest of refined results."""

    @wraps(readouts)
    def at(scene: Scene, time: float = 0.0) -> dict[str, Any]:
        live, unfinished, scene.live = scene.live, scene.unfinished, False
        try:
            return readouts(scene, time)
        finally:
            scene.live, scene.unfinished = live, unfinished

    return at


class Scene:
    """Base of every scene. A scene file holds one subclass: class attributes below, and ``frame`` and ``readouts``.

    What a subclass gives as ``frame``, ``readouts`` and ``handles`` is called with a ``Now``; from outside they may be
    asked for at a number of seconds, e.g. ``scene.readouts(time=0.5)``.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    chapter: ClassVar[str] = ""
    rows: ClassVar[tuple[str, ...]] = ()  # what it teaches
    sign: ClassVar[Sequence[Stroke]] = ()  # a small drawing of it, for lists
    still_share: ClassVar[float] = 1.0  # how much of the scene is over in a still, if no time is asked for
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # name -> values; the first is shown first

    # What is said beside the picture. A scene that comes with lossland has it in a file of its own (see ``words``).
    lesson: ClassVar[str] = ""  # Markdown
    formulas: ClassVar[tuple[tuple[str, str], ...]] = ()  # (LaTeX, meaning)
    captions: ClassVar[Mapping[str, str]] = {}  # preset -> what it shows
    snippet: ClassVar[str] = ""  # short NumPy code that prints this scene's numbers

    clock: Clock = Clock()
    """How long the scene is."""

    def __init_subclass__(cls) -> None:
        """Let what a scene computes be asked for at a time, and nan and infinity be answers in it."""
        given = vars(cls)
        if "frame" in given:
            cls.frame = _in_its_turn(_at_a_time(given["frame"]))
        if "readouts" in given:
            cls.readouts = _finished(_at_a_time(given["readouts"]))
        if "handles" in given:
            cls.handles = _at_a_time(given["handles"])
        for name in ("click", "pick", "changed"):
            if name in given:
                setattr(cls, name, quiet()(given[name]))

    live: bool = False  # True in a window: what is refined comes coarse first; never where frames are filmed
    unfinished: bool = False  # True while a live picture will get better by being asked for again
    turn: int = 0  # how often a picture was asked for: see ``refined``

    @quiet()
    def __init__(self, preset: str | None = None, seed: int = 0, **values: Any) -> None:
        self.seed = seed
        self.values: dict[str, Any] = {}
        self.results: dict[Hashable, Any] = {}  # of what is kept and refined
        self.reset()
        if preset is not None:
            self.use(preset)
        order = list(self.params())  # a landscape before its domain, and that before a start inside of it
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
    def set(self, name: str, value: Any) -> None:
        """Change one parameter; a value that does not fit raises UserError and changes nothing."""
        self.values[name] = self.param(name).check(value)
        self.changed(name)

    def changed(self, name: str) -> None:
        """React to a changed parameter, e.g. give a new landscape its own start. Called after every ``set``."""

    def use(self, preset: str) -> None:
        """Reset, then take a preset's values."""
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
        """The number that all random numbers of the scene follow from."""
        note_read(self, "seed", self._seed)
        return self._seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed = seed

    def source(self, name: str) -> Any:
        """Return what a kept result may have been made from: a parameter's value, or the seed."""
        return self._seed if name == "seed" else self.values[name]

    def now(self, time: float) -> Now:
        """Return the moment at a time in seconds."""
        return time if isinstance(time, Now) else Now(time, self.clock)

    @property
    def still_time(self) -> float:
        """The time in seconds of a still for which none is asked for."""
        return self.still_share * self.clock.seconds

    # ----------------------------------------------------------------------------------- what a scene must give
    def frame(self, now: Any, /) -> Frame:
        """Return the picture of a moment."""
        raise NotImplementedError

    def readouts(self, *moment: Any, **time: Any) -> dict[str, Any]:  # a scene's own has ``now``, asked for as here:
        """Return the scene's numbers: floats and arrays, computed with no window. ``readouts(time=0.5)``."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------ what it may give too
    def handles(self, now: Any, /) -> Sequence[Handle]:
        """Return what can be dragged: by itself, every parameter that is a point in the picture."""
        return [handle for param in self.params().values() for handle in param.handles(self)]

    def newcomer(self, text: str) -> Any:
        """Return the optimizer of a lane that is added, from text such as ``adam:lr=0.1``."""
        return text

    def click(self, position: tuple[float, float]) -> bool:
        """React to a click at a position in the domain (or plane); True restarts the clock."""
        for param in self.params().values():
            if isinstance(param, PlacedPoint) and param.click and param.is_shown(self):
                param.move(self, position)
                return param.restarts
        return False

    def pick(self, layer: Layer, element: int) -> bool:
        """React to a click on an element of a layer of the last frame (see ``picking``); True if it meant something."""
        return False
