"""One scene being watched: its time, camera, switches and everything that the user does to it.

Window, film and tests all drive a Player; it knows no GL and no clock. Time comes in through ``advance``,
counted in ticks of 1/60 s. Whatever changes the picture is an *action*: a method that checks its arguments,
acts, and is written into the log with its tick. The log, replayed tick by tick, gives the same frames again.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, TypeVar

import numpy as np

from lossland import landscapes
from lossland.errors import UserError, nearest, sentence, shown
from lossland.pointing.description import Description
from lossland.pointing.pickers.trails import HEAD
from lossland.pointing.picking import Hit, describe, pick_any, position_of
from lossland.pointing.probe import Probe, probe
from lossland.scenery import library
from lossland.scenery.parameters import Lane, Lanes
from lossland.scenery.scene import Clock, Frame, Handle, Scene, Show, View, called, quiet
from lossland.world.camera import Camera
from lossland.world.layers import Layer, Points, Surface, Trail

TICK = 1 / 60
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
TURN = 12.0  # degrees a second of the turntable
STRAY = 40.0  # pixels of the look: farther from the pointer what was under it is no longer
CLOSE = 0.55  # of the distance at home: how far away the camera follows at most
LOG_LIMIT = 200_000  # actions; an hour of dragging at every tick

Wish = Literal["shot", "record", "fullscreen", "save"]


class Action(NamedTuple):
    """One thing the user did: when (in ticks), the method's name, its arguments as JSON data."""

    tick: int
    name: str
    arguments: tuple[Any, ...]


class Followed(NamedTuple):
    """What the camera follows: an element of the frame's layer of a key (see ``picking.position_of``)."""

    key: str
    element: int


class _State(NamedTuple):
    """What a Player and its scene are like at a moment: copies, which nothing that is done later changes."""

    fields: dict[str, Any]  # of the player, without its log
    camera: Camera
    scene: dict[str, Any]  # the scene's attributes
    values: dict[str, Any]  # of the scene's parameters
    actions: int  # how many there were in the log
    last: list[Action]  # the last of them, which a later one may have replaced


_PASSED = ("tick", "revision", "messages", "recording", "size", "free", "_owed")  # what no state brings back


@dataclass(frozen=True)
class Message:
    """A short notice over the picture, shown until a tick. ``kind`` is ``"note"`` or ``"error"``."""

    text: str
    kind: str
    until: int


P = ParamSpec("P")
R = TypeVar("R")
ACTIONS: dict[str, Callable[..., Any]] = {}


def action(method: Callable[Concatenate[Player, P], R]) -> Callable[Concatenate[Player, P], R]:
    """Make a method of Player an action that may change what the scene shows.

    It is logged, and it is all or nothing: if the scene cannot show what came of it, all is as before. The frame that
    is built to find this out is the one that is drawn.
    """
    return _acting(method, builds=True)


def view_action(method: Callable[Concatenate[Player, P], R]) -> Callable[Concatenate[Player, P], R]:
    """Make a method of Player an action that changes how the scene is seen and not what it shows: no frame is built."""
    return _acting(method, builds=False)


def _acting(method: Callable[Concatenate[Player, P], R], builds: bool) -> Callable[Concatenate[Player, P], R]:
    signature = inspect.signature(method)

    @wraps(method)
    def acted(self: Player, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._acting:  # an action that uses another one is logged once, as itself
            return method(self, *args, **kwargs)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        entry = Action(self.tick, method.__name__, tuple(_plain(value) for value in bound.args[1:]))
        before = self._state()
        try:
            self._acting = True
            with quiet():
                result = method(self, *args, **kwargs)
                if builds:
                    self._frame = None
                    self.frame()
            self._acting = False
            self._note_change()
        except BaseException:
            self._return(before)
            raise
        self._write(entry)
        return result

    ACTIONS[method.__name__] = acted
    return acted


def typed_action(
    method: Callable[Concatenate[Player, P], None],
) -> Callable[Concatenate[Player, P], str | None]:
    """Make an action whose arguments are typed by hand: it returns an error's sentence (or None)."""
    acted = action(method)

    @wraps(method)
    def answered(self: Player, *args: P.args, **kwargs: P.kwargs) -> str | None:
        try:
            acted(self, *args, **kwargs)
        except Exception as error:  # the panels that call it show the sentence
            return sentence(error)
        return None

    return answered


def _plain(value: Any) -> Any:
    """Return a value as JSON data, or raise UserError."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating) and math.isfinite(value):
        return float(value)
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    raise UserError(f"{value!r} is not a number, text or list of them.")


def _number(value: Any, low: float, high: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise UserError(f"{what} must be a number, not {shown(value)}.")
    try:
        number = float(value)
    except OverflowError:  # a whole number of 400 digits
        number = math.inf
    if not low <= number <= high:
        raise UserError(f"{what} must be a number from {low:g} to {high:g}, not {number:g}.")
    return number


def _pair(value: Any, what: str) -> tuple[float, float]:
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != 2:
        raise UserError(f"{what} must be two numbers, not {value!r}.")
    return _number(value[0], -1e9, 1e9, what), _number(value[1], -1e9, 1e9, what)


class Player:
    """A scene on the stage.

    Read freely: ``scene, time, playing, speed, loop, show, camera, turntable, following, selected, help, probe,
    hovered, messages, tick, revision``. Change only through the methods. An action raises UserError and changes
    nothing when an argument does not fit; one marked ``@typed_action`` returns the error's sentence instead, or None.
    """

    def __init__(self, scene: Scene, size: tuple[int, int] = (1280, 720)) -> None:
        self.time = 0.0  # seconds of the scene
        self.playing = False
        self.speed = 1.0
        self.loop = True
        self.show = Show()
        self.turntable = False
        self._selected = 0
        self.help = False
        self.probe: Probe | None = None
        self.hovered: Hit | None = None  # the element under the pointer, as it was when the pointer came there
        self._pointed = (0.0, 0.0, 0.0)  # where the pointer was then, and how far from it that may go
        self.following: Followed | None = None
        self._astray = False  # whether what is followed may have moved since the camera looked
        self.messages: list[Message] = []
        self.wishes: list[Wish] = []  # what the panels ask the window for
        self.recording = False  # set by the window while it films itself
        self.log: list[Action] = []
        self.tick = 0
        self.revision = 0
        self.size = size
        self.free: tuple[float, float, float, float] = (0, 0, *size)
        self._owed = 0.0  # seconds that have passed but make no whole tick yet
        self._acting = False
        self._drawn: _State | None = None  # see ``keep``
        self.scene = scene
        self._frame: Frame | None = None
        self._view: View | None = None  # the one that the camera's home was made for
        self.camera = Camera()
        self.opening = {
            "scene": scene.name,
            "seed": scene.seed,
            "values": {name: p.to_json(scene.values[name]) for name, p in scene.params().items()},
        }
        known = scene.name in library.names() and library.scene_class(scene.name) is type(scene)
        self.replayable = known  # whether a session would find the scene by its name
        self._take(scene)
        self.frame()

    # ------------------------------------------------------------------------------------------- reading
    def frame(self) -> Frame:
        """Return the present picture (the same object while nothing changed)."""
        if self._frame is None:
            try:
                frame = self.scene.frame(self.time)
            except SystemExit as stop:  # a scene does not end the program
                raise RuntimeError(f"it calls sys.exit({stop.code!r})").with_traceback(stop.__traceback__) from stop
            if not isinstance(frame, Frame):
                raise UserError(f"frame of {called(self.scene)} must return a Frame, not {frame!r:.60}.")
            if not isinstance(self.scene.clock, Clock):
                raise UserError(f"clock of {called(self.scene)} must be a Clock, not {self.scene.clock!r:.60}.")
            self._look(frame)
            self._frame = frame
        return self._frame

    @property
    def step(self) -> int:
        """The whole step that is shown (0 where the scene counts none)."""
        return self.scene.now(self.time).whole if self.scene.clock.steps else 0

    @property
    def steps(self) -> int:
        """How many steps the scene has (0 where it counts none)."""
        return self.scene.clock.steps or 0

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The optimizers of a race; empty where the scene has none."""
        name = self.lanes_name
        return self.scene.values[name] if name else ()

    @property
    def lanes_name(self) -> str:
        """The name of the parameter that holds the lanes, or an empty string."""
        return next((name for name, p in self.scene.params().items() if isinstance(p, Lanes)), "")

    @property
    def selected(self) -> int:
        """The lane whose curve and numbers are shown; scenes that explain one keep it as their own parameter."""
        chosen = self.scene.values.get("selected", self._selected)
        return min(chosen, max(len(self.lanes) - 1, 0))

    @property
    def moving(self) -> bool:
        """Whether the next tick will change the picture even if nobody does anything."""
        gliding = self.camera.pose != self.camera.goal or self._astray
        return self.playing or self.turntable or gliding or bool(self.messages)

    def handles(self) -> Sequence[Handle]:
        """Return what can be dragged now."""
        return self.scene.handles(self.time)

    def surface(self) -> Surface | None:
        """Return the landscape in the present picture, if there is one."""
        return self.frame().ground

    # ------------------------------------------------------------------------------------------- time passes
    def advance(self, dt: float) -> int:
        """Let ``dt`` seconds pass (at most a quarter: no jumps after a stall). Return the ticks made."""
        self._owed += min(max(dt, 0.0), 0.25)
        count = int(self._owed / TICK + 1e-6)
        self._owed = max(self._owed - count * TICK, 0.0)
        for _ in range(count):
            self.next_tick()
        return count

    def next_tick(self) -> None:
        """Let one tick pass."""
        if self.moving:
            self.touch(frame=self.playing)
        self.tick += 1
        if self.playing:
            self._run(TICK * self.speed)
        if self.turntable:
            self._turn(TURN * TICK)
        self._chase()
        self.camera.advance(TICK)
        self.messages = [message for message in self.messages if message.until > self.tick]

    @property
    def until_tick(self) -> float:
        """Seconds until the next tick is due."""
        return TICK - self._owed

    def _run(self, seconds: float) -> None:
        length = self.scene.clock.seconds
        self.time += seconds
        if self.time >= length:
            self.time = math.fmod(self.time, length) if self.loop else length
            self.playing = self.loop

    def touch(self, frame: bool = True) -> None:
        """Note that the picture must be drawn again; with ``frame`` the scene is asked for a new one."""
        self.revision += 1
        if frame:
            self._frame = None
            self._astray = self.following is not None

    def _note_change(self) -> None:
        """Note that something was done: the picture must be drawn again, and what is followed may have moved."""
        self.touch(frame=False)
        self._astray = self.following is not None

    # ------------------------------------------------------------------------------------------- the clock
    @action
    def play(self, on: bool = True) -> None:
        """Let time run, or stop it. Playing at the end starts again."""
        self.playing = bool(on)
        if self.playing and self.time >= self.scene.clock.seconds:
            self.time = 0.0

    def pause(self) -> None:
        """Stop time."""
        self.play(False)

    def toggle_play(self) -> None:
        """Play or pause (the space bar)."""
        self.play(not self.playing)

    @action
    def seek(self, time: float) -> None:
        """Go to a time in seconds, kept within the scene."""
        self.time = min(max(_number(time, -1e9, 1e9, "The time"), 0.0), self.scene.clock.seconds)

    @action
    def step_by(self, count: int) -> None:
        """Stop, and go whole steps forward or back (a thirtieth of a second where the scene counts none)."""
        count = int(_number(count, -10_000, 10_000, "The number of steps"))
        clock = self.scene.clock
        self.playing = False
        if clock.steps:
            now = self.scene.now(self.time).step
            target = math.floor(now + 1e-6) + count if count > 0 else math.ceil(now - 1e-6) + count
            self.time = min(max(target, 0), clock.steps) / clock.steps * clock.seconds
        else:
            self.time = min(max(self.time + count / 30, 0.0), clock.seconds)

    @view_action
    def set_speed(self, speed: float) -> None:
        """Set how fast time runs, 0.05 to 16."""
        self.speed = _number(speed, 0.05, 16, "The speed")

    @view_action
    def set_loop(self, on: bool) -> None:
        """Choose whether time starts again at the end."""
        self.loop = bool(on)

    # ------------------------------------------------------------------------------------------- the scene
    @action
    def load(self, name: str, values: dict[str, Any] | None = None, preset: str | None = None) -> None:
        """Show another scene of the library from its start."""
        if name not in library.names():  # never a path: a session must not run a file
            raise UserError(f"There is no scene {name!r}.{nearest(str(name), library.names())}")
        if not isinstance(values, dict | None) or not isinstance(preset, str | None):
            raise UserError("A scene is loaded with a table of values and the name of a preset.")
        scene = library.scene(str(name), **({"preset": preset} if preset else {}), **(values or {}))
        self._take(scene)
        self.playing = True

    def open(self, text: str) -> str | None:
        """Show what a name or formula stands for: a scene, or a landscape. Return an error or None."""
        if text in library.names():
            self.load(text)
            return None
        return self.set_landscape(text)

    @action
    def use_preset(self, name: str) -> None:
        """Take a preset's values and start again."""
        self.scene.use(str(name))
        self._restart()

    def use_preset_number(self, number: int) -> None:
        """Take the preset with a number from 1 (the digit keys); other numbers do nothing."""
        names = list(self.scene.presets)
        if 1 <= number <= len(names):
            self.use_preset(names[number - 1])

    @action
    def reset(self) -> None:
        """Give every parameter its default and start again."""
        self.scene.reset()
        self._restart()

    @action
    def restart(self) -> None:
        """Start again from time 0, as it is set now."""
        self._restart()

    @action
    def set_seed(self, seed: int) -> None:
        """Choose the random numbers."""
        self.scene.seed = int(_number(seed, 0, 2**63 - 1, "The seed"))

    @typed_action
    def set_param(self, name: str, value: Any) -> None:
        """Change one parameter."""
        self.scene.set(str(name), value)

    @typed_action
    def set_landscape(self, text: str) -> None:
        """Show the landscape of a name or formula; the old one stays when the text is wrong."""
        if "landscape" in self.scene.params():
            self.scene.set("landscape", str(text))
            if text in landscapes.names():  # while a formula is typed, time goes on
                self._restart()
        else:
            self._take(library.scene("optimizer_race", landscape=str(text)))
            self.playing = True

    @typed_action
    def set_domain(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Show another part of the landscape, ``x`` and ``y`` being (low, high)."""
        (x0, x1), (y0, y1) = _pair(x, "The domain in x"), _pair(y, "The domain in y")
        if not (x0 < x1 and y0 < y1):
            raise UserError("A domain goes from a smaller to a larger number.")
        self.scene.set("domain", (x0, x1, y0, y1))

    @action
    def click(self, position: Sequence[float]) -> None:
        """Tell the scene of a click at a position in the domain (or plane); a race starts again there."""
        if self.scene.click(_pair(position, "A position")):
            self._restart()

    @action
    def pick(self, key: str, element: int) -> bool:
        """Tell the scene of a click on an element of the frame's layer of a key; False if it is nothing to it."""
        layer = self.frame().layer(self._key(key))
        return layer is not None and self.scene.pick(layer, int(_number(element, -1, 2**53, "An element")))

    @action
    def drag(self, name: str, position: Sequence[float]) -> None:
        """Move the handle of that name to a position in the domain (or plane)."""
        for handle in self.handles():
            if handle.name == name:
                handle.move(self.scene, _pair(position, "A position"))
                return
        raise UserError(f"There is no handle {name!r}.{nearest(str(name), [h.name for h in self.handles()])}")

    # ------------------------------------------------------------------------------------------- the lanes
    @action
    def select(self, lane: int) -> None:
        """Choose the lane whose curve and numbers are shown."""
        self._selected = self._lane(lane)
        if "selected" in self.scene.params():
            self.scene.set("selected", self._selected)

    @typed_action
    def set_lane_field(self, lane: int, field: str, value: float) -> None:
        """Change one hyper-parameter of one lane."""
        lane = self._lane(lane)
        optimizer = self.lanes[lane].optimizer
        known = [f.name for f in fields(optimizer)]
        if field not in known:
            raise UserError(f"{optimizer.name} has no {field!r}.{nearest(str(field), known)}")
        changed = self.lanes[lane].with_field(field, _number(value, -1e6, 1e6, field))
        self._set_lanes([changed if k == lane else kept for k, kept in enumerate(self.lanes)])

    @typed_action
    def add_lane(self, text: str) -> None:
        """Let another optimizer take part, e.g. ``"adam:lr=0.1"``; without a rate it gets one that suits."""
        self._lane(0)
        self._set_lanes([*self.lanes, self.scene.newcomer(str(text))])
        self.select(len(self.lanes) - 1)

    @action
    def remove_lane(self, lane: int) -> None:
        """Take one optimizer out of the race (the last one stays)."""
        lane = self._lane(lane)
        selected = self.selected - (lane < self.selected)  # the same one as before, if it is still there
        self._set_lanes([kept for k, kept in enumerate(self.lanes) if k != lane])
        self.select(min(selected, len(self.lanes) - 1))

    @action
    def enable_lane(self, lane: int, on: bool) -> None:
        """Let a lane take part, or rest."""
        lane = self._lane(lane)
        self._set_lanes([replace(kept, enabled=bool(on)) if k == lane else kept for k, kept in enumerate(self.lanes)])

    def _set_lanes(self, lanes: Sequence[Any]) -> None:
        self.scene.set(self.lanes_name, lanes)

    def _lane(self, lane: int) -> int:
        if not self.lanes:
            raise UserError(f"Scene {self.scene.name!r} has no optimizers to choose from.")
        return int(_number(lane, 0, len(self.lanes) - 1, "A lane"))

    # ------------------------------------------------------------------------------------------- the eye
    @view_action
    def orbit(self, azimuth: float, elevation: float) -> None:
        """Turn the camera by degrees."""
        self.camera.orbit(_number(azimuth, -720, 720, "The angle"), _number(elevation, -180, 180, "The angle"))

    @view_action
    def pan(self, right: float, down: float) -> None:
        """Shift the picture, in heights of it."""
        right, down = _number(right, -10, 10, "The shift"), _number(down, -10, 10, "The shift")
        self.following = None
        self.camera.pan(right * self.size[1], down * self.size[1], self.size)

    @view_action
    def zoom(self, factor: float, at: Sequence[float] = (0.5, 0.5)) -> None:
        """Go nearer (factor above 1) or farther, towards a place in widths and heights of the picture.

        Who follows something goes nearer to that.
        """
        x, y = _pair(at, "A place")
        pixel = None if self.following else (x * self.size[0], y * self.size[1])
        self.camera.zoom(_number(factor, 0.01, 100, "The zoom factor"), pixel, self.size)

    @view_action
    def follow(self, key: str, element: int) -> None:
        """Let the camera follow an element of the frame's layer of a key: a trail's head, a particle, a node."""
        key, element = self._key(key), int(_number(element, -1, 2**53, "An element"))
        layer = self.frame().layer(key)
        if layer is None or position_of(layer, element) is None:
            raise UserError("What is there does not move: the camera can follow heads of trails, points and nodes.")
        self.following = Followed(key, element)
        near = min(self.camera.goal.distance, CLOSE * self.camera.home_pose.distance)
        self.camera.goal = replace(self.camera.goal, distance=near)

    @view_action
    def let_go(self) -> None:
        """Follow nothing any more; the view stays where it is."""
        self.following = None

    def toggle_follow(self) -> None:
        """Follow what is under the pointer, else the selected lane, else the first thing that moves; or let go."""
        if self.following:
            self.let_go()
            return
        frame = self.frame()
        shown = dict(zip(frame.keys, frame.layers, strict=True))
        candidates = [(self.hovered.key, self.hovered.picked.element)] if self.hovered else []
        if self.lanes:
            candidates.append((self.lanes[self.selected].id, HEAD))
        candidates += [(key, HEAD) for key, layer in shown.items() if isinstance(layer, Trail)]
        candidates += [(key, element) for key, layer in shown.items() for element in _first_number(layer)]
        for key, element in candidates:
            layer = shown.get(key)
            if isinstance(layer, Trail):
                element = HEAD
            if layer is not None and position_of(layer, element) is not None:
                self.follow(key, element)
                return
        raise UserError("There is nothing in this picture that the camera could follow.")

    @view_action
    def home(self) -> None:
        """Go back to the view that the scene was composed for."""
        self.following = None
        self.camera.home()

    @view_action
    def set_turntable(self, on: bool) -> None:
        """Let the camera turn steadily, or stop it."""
        self.turntable = bool(on)

    @view_action
    def save_view(self, number: int) -> None:
        """Keep the present view as number 1, 2 or 3."""
        self.camera.save_view(int(_number(number, 1, 3, "A view")))

    @view_action
    def recall_view(self, number: int) -> None:
        """Go back to a kept view; a number that was never kept does nothing."""
        self.following = None
        self.camera.recall_view(int(_number(number, 1, 3, "A view")))

    @view_action
    def set_show(self, name: str, on: bool) -> None:
        """Turn one of the switches above the picture (``contours``, ``shadow`` ...)."""
        known = [f.name for f in fields(Show)]
        if name not in known:
            raise UserError(f"There is no switch {name!r}.{nearest(str(name), known)}")
        self.show = replace(self.show, **{name: bool(on)})

    @view_action
    def toggle_help(self) -> None:
        """Open or close the page of keys."""
        self.help = not self.help

    # ------------------------------------------------------------------------------------------- not logged
    def resize(self, size: tuple[int, int], free: tuple[float, float, float, float]) -> None:
        """Tell the size of the picture and its free rectangle (x, y, w, h), both in pixels."""
        if (size, free) != (self.size, self.free):
            self.size, self.free = size, free
            self.camera.refit(size, free)
            self.touch(frame=False)

    def hover(self, position: Sequence[float] | None) -> None:
        """Point at a position in the domain or plane (None: at nothing); ``probe`` then holds the numbers there.

        The world's picture stays as it is: who draws writes the numbers over it.
        """
        with quiet():
            land = getattr(self.scene, "land", None)
            self.probe = None if position is None else probe(self.frame(), land, _pair(position, "A position"))

    def look_at(self, pixel: Sequence[float] | None, scale: float = 1.0) -> None:
        """Point at a pixel (None: at nothing), ``scale`` pixels being one of the look; sets ``hovered``."""
        self.hovered = None
        if pixel is not None:
            with quiet():
                self.hovered = pick_any(self.frame(), self.camera, pixel, self.size, scale, self.show)
            self._pointed = float(pixel[0]), float(pixel[1]), STRAY * scale

    def mark(self) -> Description | None:
        """Return what to say of what is hovered, as it is now; None where it has moved away from the pointer."""
        if self.hovered is None:
            return None
        land = getattr(self.scene, "land", None)
        value = None if land is None else lambda place: float(land.value(np.array(place)))
        with quiet():
            found = describe(self.hovered, self.frame(), value)
        if found is None:
            return None
        x, y = self.camera.project(found.position, self.size)
        return found if math.hypot(x - self._pointed[0], y - self._pointed[1]) <= self._pointed[2] else None

    def say(self, text: str, kind: str = "note", seconds: float = 4.0) -> None:
        """Show a short notice; one that is shown already stays longer."""
        others = [message for message in self.messages if message.text != text]
        self.messages = [*others[-3:], Message(text, kind, self.tick + round(seconds / TICK))]
        self.touch(frame=False)

    def wish(self, what: Wish) -> None:
        """Ask the window for something only it can do."""
        self.wishes.append(what)

    # ------------------------------------------------------------------------------------------- inside
    def _take(self, scene: Scene) -> None:
        scene.live, self.scene = self.scene.live, scene
        self._selected = 0
        self.time = 0.0
        self.probe = self.hovered = self.following = None
        self._frame = None
        self._view = None

    def _restart(self) -> None:
        self.time = 0.0
        self.playing = True

    def _turn(self, degrees: float) -> None:
        pose, goal = self.camera.pose, self.camera.goal
        self.camera.pose = replace(pose, azimuth=pose.azimuth + degrees)
        self.camera.goal = replace(goal, azimuth=goal.azimuth + degrees)

    def _key(self, key: str | int) -> str:
        """Return the key of a layer; sessions of earlier days name it by its number in the frame."""
        if isinstance(key, str):
            return key
        number, keys = int(_number(key, 0, 2**31, "The number of a layer")), self.frame().keys
        return keys[number] if number < len(keys) else ""

    def _chase(self) -> None:
        """Let the camera's goal go with what is followed, tick by tick, so that a replay does the same."""
        self._astray = False
        if self.following is None:
            return
        layer = self.frame().layer(self.following.key)
        position = None if layer is None else position_of(layer, self.following.element)
        if position is None:  # it is gone
            self.following = None
        elif np.isfinite(position).all():
            x, y, z = position.tolist()
            self.camera.goal = replace(self.camera.goal, target=(x, y, z))

    def _look(self, frame: Frame) -> None:
        """Make a new home when the scene wants to be seen in another way; who stands at home glides there."""
        view, before, old = frame.view, self._view, self.camera
        if before is not None and _same_view(view, before):
            return
        self._view = view
        self.camera = Camera(view.azimuth, view.elevation, view.flat)
        self.camera.fit(self._bounds(frame), self.size, self.free)
        if before is not None and before.flat == view.flat:
            self.camera.pose, self.camera.saved = old.pose, old.saved
            if old.goal != old.home_pose:
                self.camera.goal = old.goal

    def _bounds(self, frame: Frame) -> np.ndarray:
        """Return the world points (k, 3) that must be in the picture."""
        if frame.view.bounds is not None:
            return frame.view.bounds
        if frame.ground is not None:
            return frame.ground.terrain.bounds
        return np.array([(x, y, 0.0) for x in (-3, 3) for y in (-2, 2)], float)

    def keep(self) -> None:
        """Take note that the present state could be drawn, as one to which ``fall_back`` may return."""
        self._drawn = self._state()

    def fall_back(self) -> None:
        """Return to the last state that could be drawn.

        What was done since is undone, also in the log. If only time has passed, it stops there.
        """
        kept = self._drawn
        assert kept is not None
        if (len(self.log), self.log[-1:]) != (kept.actions, kept.last):
            passed = {name: getattr(self, name) for name in _PASSED}
            self._return(kept)
            vars(self).update(passed)
            self.log[:] = [*self.log[: kept.actions - len(kept.last)], *kept.last]
            self.camera.refit(self.size, self.free)
        elif self.time != kept.fields["time"]:
            self.playing = False
            self._write(Action(self.tick, "play", (False,)))
            self.time = kept.fields["time"]
            self._write(Action(self.tick, "seek", (self.time,)))
        self.wishes = []
        self.touch()

    def _state(self) -> _State:
        fields = {name: value for name, value in vars(self).items() if name not in ("log", "_drawn")}
        scene, last = self.scene, self.log[-1:]
        return _State(fields, copy(self.camera), dict(vars(scene)), dict(scene.values), len(self.log), last)

    def _return(self, state: _State) -> None:
        vars(self).update(state.fields)
        self.camera = copy(state.camera)  # the state stays what it is: it may be returned to again
        vars(self.scene).clear()
        vars(self.scene).update(state.scene)
        self.scene.values = dict(state.values)

    def _write(self, entry: Action) -> None:
        """Log an action; where one setting is changed twice within a tick only the last counts."""
        if self.log and entry.name in _SETTERS:
            last = self.log[-1]
            if last[:2] == entry[:2] and last.arguments[:-1] == entry.arguments[:-1]:
                self.log[-1] = entry
                return
        if len(self.log) < LOG_LIMIT:
            self.log.append(entry)


def _first_number(layer: Layer) -> list[int]:
    """Return the number of a layer's first point, or nothing."""
    if not isinstance(layer, Points) or not len(layer.position):
        return []
    return [0 if layer.number is None else int(layer.number[0])]


def _same_view(a: View, b: View) -> bool:
    same = (a.azimuth, a.elevation, a.flat) == (b.azimuth, b.elevation, b.flat)
    if a.bounds is None or b.bounds is None:
        return same and a.bounds is b.bounds
    return same and np.array_equal(a.bounds, b.bounds)


_SETTERS = {"set_param", "set_lane_field", "set_landscape", "drag", "seek"}
