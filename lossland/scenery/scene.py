"""What to show and why: a scene is parameters, a picture for every moment, and numbers that can be checked.

A scene's picture and numbers are functions of its parameters, its seed and the time alone. Scrubbing, replay, film
and tests all rest on that: whatever a scene keeps between frames (``remember``) only saves work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from numbers import Real
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lossland.errors import UserError, nearest
from lossland.scenery.parameters import Lanes, Param
from lossland.world.layers import Array, Layer, Note, Surface, flattened, keys_of

LONGEST = 1e6  # seconds of a scene


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


@dataclass(frozen=True, eq=False)
class Handle:
    """Something that can be dragged: where it is in the world, and what a drag does.

    ``plane`` None: the drag follows the scene's ground, else the horizontal plane of that height.
    ``move(scene, position)`` gets the position in the domain (on the ground) or in the plane, shape (2,).
    """

    name: str
    position: Sequence[float] | Array
    move: Callable[[Any, tuple[float, float]], None]
    plane: float | None = None


@dataclass(frozen=True)
class Clock:
    """The length of a scene in seconds, and in steps where it counts steps."""

    seconds: float = 10.0
    steps: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no film or slider can go along, here, where the traceback still shows who made it."""
        if not isinstance(self.seconds, Real) or not 0 < self.seconds <= LONGEST:
            raise UserError(f"A Clock goes for up to {LONGEST:g} seconds, not {self.seconds!r:.60}.")
        if self.steps is not None and not (isinstance(self.steps, int | np.integer) and self.steps >= 0):
            raise UserError(f"The steps of a Clock are a whole number or None, not {self.steps!r:.60}.")


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


class Scene:
    """Base of every scene. A scene file holds one subclass: class attributes below, and ``frame`` and ``readouts``."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    chapter: ClassVar[str] = ""
    rows: ClassVar[tuple[str, ...]] = ()  # what it teaches
    lesson: ClassVar[str] = ""  # Markdown, shown beside the picture
    formulas: ClassVar[tuple[tuple[str, str], ...]] = ()  # (LaTeX, meaning)
    snippet: ClassVar[str] = ""  # short NumPy code that prints this scene's numbers
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # name -> values; the first is shown first

    def __init_subclass__(cls) -> None:
        """Let nan and infinity be answers in what a scene computes, whatever NumPy is told to do about them."""
        for name in ("frame", "readouts", "handles", "click", "pick", "changed"):
            if name in vars(cls):
                setattr(cls, name, quiet()(vars(cls)[name]))

    live: bool = False  # True in a window: costly pictures come coarse first; never where frames are filmed
    unfinished: bool = False  # True while a live picture will get better by being asked for again

    @quiet()
    def __init__(self, preset: str | None = None, seed: int = 0, **values: Any) -> None:
        self.seed = seed
        self.values: dict[str, Any] = {}
        self._kept: dict[str, tuple[Hashable, Any]] = {}
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

    def remember(self, what: str, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return ``make()``, made again only when ``key`` differs from the last time."""
        kept = self._kept.get(what)
        if kept is None or kept[0] != key:
            kept = self._kept[what] = (key, make())
        return kept[1]

    # ----------------------------------------------------------------------------------- what a scene must give
    @property
    def clock(self) -> Clock:
        """How long the scene is."""
        return Clock()

    def frame(self, time: float) -> Frame:
        """Return the picture at ``time`` seconds."""
        raise NotImplementedError

    def readouts(self, time: float = 0.0) -> dict[str, Any]:
        """Return the scene's numbers at ``time`` seconds: floats and arrays, computed with no window."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------ what it may give too
    def handles(self, time: float) -> Sequence[Handle]:
        """Return what can be dragged at ``time``."""
        return ()

    def newcomer(self, text: str) -> Any:
        """Return the optimizer of a lane that is added, from text such as ``adam:lr=0.1``."""
        return text

    def click(self, position: tuple[float, float]) -> bool:
        """React to a click at a position in the domain (or plane); True restarts the clock."""
        return False

    def pick(self, layer: Layer, element: int) -> bool:
        """React to a click on an element of a layer of the last frame (see ``picking``); True if it meant something."""
        return False

    def step_at(self, time: float) -> float:
        """Return the (fractional) step that is shown at ``time`` seconds."""
        clock = self.clock
        if clock.steps is None:
            return time
        return min(max(time / clock.seconds, 0.0), 1.0) * clock.steps
