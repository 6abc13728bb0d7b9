"""The state of one scene being shown: its time, camera, switches and the user's actions.

Window, film and tests all drive a Player; it knows no GL and no clock. Time comes in through ``advance``,
counted in ticks of 1/60 s. Everything that changes the picture is an *action* (see `actions`), logged with its tick.
Replaying the log tick by tick gives the same frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from lossland import landscapes
from lossland.checks import real, whole
from lossland.errors import UserError, nearest
from lossland.play import camera_actions, lane_actions
from lossland.play.actions import Action, action, numbers, pair, typed_action, view_action, write
from lossland.play.camera_actions import Followed, key_of
from lossland.play.history import History, take
from lossland.play.script import Script
from lossland.play.states import State, return_to, state_of
from lossland.pointing.description import Description
from lossland.pointing.picking import Hit, describe, pick_any, position_of, trail_near
from lossland.pointing.probe import Probe, probe
from lossland.scenery import library
from lossland.scenery.parameters import Lane, Lanes
from lossland.scenery.scene import Frame, Handle, Scene, Show, View, quiet
from lossland.world.camera import Camera
from lossland.world.layers import Surface

TICK = 1 / 60
TURN = 12.0  # degrees a second of the turntable
STRAY = 40.0  # logical pixels: an element farther than this from the pointer is no longer hovered
PASSED = (
    "tick",
    "revision",
    "deeds",
    "messages",
    "recording",
    "size",
    "free",
    "_owed",
)  # attributes that ``fall_back`` does not restore

Wish = Literal[
    "shot", "record", "cancel", "fullscreen", "save", "skip", "resume", "discard",
    "larger text", "smaller text", "usual text",
]  # fmt: skip


@dataclass(frozen=True)
class Message:
    """A short message over the picture, shown until a tick. ``kind`` is ``"note"`` or ``"error"``.

    ``folder`` contains the file that it mentions, and is opened by a click.
    """

    text: str
    kind: str
    until: int
    folder: Path | None = None


class Player:
    """A scene and its interactive state.

    Read freely: ``scene, time, playing, speed, loop, show, camera, turntable, following, selected, help, probe,
    hovered, messages, tick, revision``. Change only through the methods. An action raises UserError and changes
    nothing for an invalid argument; one marked ``@typed_action`` returns the error message instead, or None.
    """

    def __init__(self, scene: Scene, size: tuple[int, int] = (1280, 720)) -> None:
        self.scene = scene
        self.time = 0.0  # seconds of the scene
        self.playing = False
        self.speed = 1.0
        self.loop = True
        self.show = Show()
        self.theme = "dark"  # its name; the window sets the initial one
        self.turntable = False
        self.help = False
        self.probe: Probe | None = None
        self.hovered: Hit | None = None  # the element under the pointer, as it was when it was picked
        self._told: tuple[Hit, Frame, Description | None] | None = None  # see ``_described``
        self._pointed = (0.0, 0.0, 0.0)  # the pointer's position then, and how far from it the element may move
        self.following: Followed | None = None
        self.grows = False  # whether values were added to the file that the scene shows
        self.messages: list[Message] = []
        self.wishes: list[Wish] = []  # requests of the panels to the window
        self.recording = False  # set by the window while it records a film
        self.log: list[Action] = []
        self.script: Script | None = None  # the session that is being replayed
        self.tick = 0
        self.revision = 0
        self.deeds = 0  # the number of actions that may have changed the scene's contents
        self.size = size
        self.free: tuple[float, float, float, float] = (0, 0, *size)
        self.camera = Camera()
        # For the modules beside this one:
        self.acting = False  # whether an action is running
        self.astray = False  # whether what is followed may have moved since the last update
        self.chosen = ""  # the id of the lane that was selected last (see ``selected``)
        self.view: View | None = None  # the one that the camera's home was made for
        self.history = History()  # what can be undone
        self.drawn: State | None = None  # the last state that could be drawn (see ``keep``)
        self._frame: Frame | None = None
        self._owed = 0.0  # seconds that have passed since the last tick
        self.opening = {
            "scene": scene.name,
            "seed": scene.seed,
            "values": {name: p.to_json(scene.values[name]) for name, p in scene.params().items()},
        }
        self.replayable = library.is_listed(scene)  # whether a session can find the scene by its name
        self.take(scene)
        self.frame()

    # ------------------------------------------------------------------------------------------- reading
    def frame(self) -> Frame:
        """Return the current picture (the same object while nothing has changed)."""
        if self._frame is None:
            try:
                frame = self.scene.frame(self.time)
            except SystemExit as stop:  # a scene must not end the program
                raise RuntimeError(f"it calls sys.exit({stop.code!r})").with_traceback(stop.__traceback__) from stop
            camera_actions.look(self, frame)
            self._frame = frame
        return self._frame

    @property
    def step(self) -> int:
        """The integer step that is shown (0 if the scene counts none)."""
        return self.scene.now(self.time).whole if self.scene.clock.steps else 0

    @property
    def steps(self) -> int:
        """The number of steps of the scene (0 if it counts none)."""
        return self.scene.clock.steps or 0

    @property
    def presets(self) -> list[str]:
        """The names of the presets that the scene offers now."""
        return [name for name in self.scene.presets if self.scene.has_preset(name)]

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The optimizers of a race; empty if the scene has none."""
        name = self.lanes_name
        return self.scene.values[name] if name else ()

    @property
    def lanes_name(self) -> str:
        """The name of the parameter that holds the lanes, or an empty string."""
        return next((name for name, p in self.scene.params().items() if isinstance(p, Lanes)), "")

    @property
    def selected(self) -> int:
        """The index of the lane whose curve and numbers are shown; scenes that explain one have it as a parameter."""
        lanes = self.lanes
        usual = next((index for index, lane in enumerate(lanes) if lane.id == self.chosen), 0)
        return min(self.scene.values.get("selected", usual), max(len(lanes) - 1, 0))

    @property
    def moving(self) -> bool:
        """Whether the next tick will change the picture without any input."""
        gliding = self.camera.pose != self.camera.goal or self.astray
        return self.playing or self.turntable or gliding or bool(self.messages)

    def handles(self) -> Sequence[Handle]:
        """Return what can be dragged now."""
        return self.scene.handles(self.time)

    def surface(self) -> Surface | None:
        """Return the landscape in the current picture, or None."""
        return self.frame().ground

    # ------------------------------------------------------------------------------------------- time passes
    def advance(self, dt: float) -> int:
        """Advance by ``dt`` seconds (at most a quarter: no jumps after a stall). Return the number of ticks."""
        self._owed += min(max(dt, 0.0), 0.25)
        count = int(self._owed / TICK + 1e-6)
        self._owed = max(self._owed - count * TICK, 0.0)
        for _ in range(count):
            self.next_tick()
        return count

    def next_tick(self) -> None:
        """Advance by one tick."""
        if self.moving:
            self.touch(frame=self.playing)
        self.tick += 1
        if self.playing:
            self._run(TICK * self.speed)
        if self.turntable:
            camera_actions.turn(self, TURN * TICK)
        camera_actions.chase(self)
        self.camera.advance(TICK)
        self.messages = [message for message in self.messages if message.until > self.tick]
        if self.script is not None:
            self.script.act(self)

    def follow_script(self, script: Script) -> None:
        """Replay a session, tick by tick from this one on."""
        self.script = script
        script.act(self)

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

    def poll(self, seconds: float) -> bool:
        """Let the scene look for new values in its file (see ``Scene.poll``); return True if its picture has changed.

        From the first ones on, playback ends with the newest values instead of starting again.
        """
        grown = self.scene.poll(seconds)
        if grown:
            self.touch()
            if not self.grows and self.loop and self.script is None:
                self.set_loop(False)
                self.say("The run grows: its end stays. L starts again at the end")
            self.grows = True
        return grown

    def touch(self, frame: bool = True) -> None:
        """Mark the picture as changed; with ``frame`` the scene's frame is rebuilt."""
        self.revision += 1
        if frame:
            self._frame = None
            self.astray = self.following is not None

    # ------------------------------------------------------------------------------------------- the clock
    @action
    def play(self, on: bool = True) -> None:
        """Play or pause. Playing at the end restarts."""
        self.playing = bool(on)
        if self.playing and self.time >= self.scene.clock.seconds:
            self.time = 0.0

    def toggle_play(self) -> None:
        """Play or pause (the space bar)."""
        self.play(not self.playing)

    @action
    def seek(self, time: float) -> None:
        """Go to a time in seconds, clamped to the scene."""
        self.time = min(max(real(time, -1e9, 1e9, "The time"), 0.0), self.scene.clock.seconds)

    @action
    def step_by(self, count: int) -> None:
        """Pause, and go some steps forward or back (of a thirtieth of a second if the scene counts none)."""
        count = int(real(count, -10_000, 10_000, "The number of steps"))
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
        """Set the playback speed, 0.05 to 16."""
        self.speed = real(speed, 0.05, 16, "The speed")

    @view_action
    def set_loop(self, on: bool) -> None:
        """Choose whether playback loops."""
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
        self.take(scene)
        self.playing = True

    @action
    def use_preset(self, name: str) -> None:
        """Apply a preset and restart."""
        self.scene.use(str(name))
        self._restart()

    def use_preset_number(self, number: int) -> None:
        """Apply the preset with a number from 1, of those offered (the digit keys); other numbers do nothing."""
        names = self.presets
        if 1 <= number <= len(names):
            self.use_preset(names[number - 1])

    @action
    def reset(self) -> None:
        """Reset every parameter to its default and restart."""
        self.scene.reset()
        self._restart()

    @action
    def set_seed(self, seed: int) -> None:
        """Set the random seed."""
        self.scene.seed = whole(seed, 0, 2**63 - 1, "The seed")

    @typed_action
    def set_param(self, name: str, value: object) -> None:
        """Change one parameter."""
        self.scene.set(str(name), value)

    @typed_action
    def set_landscape(self, text: str) -> None:
        """Show the landscape of a name or formula; the old one stays if the text is invalid."""
        if "landscape" in self.scene.params():
            self.scene.set("landscape", str(text))
            if self.scene.values["landscape"] in landscapes.names():  # while a formula is typed, time goes on
                self._restart()
        else:
            self.take(library.scene("optimizer_race", landscape=str(text)))
            self.playing = True

    @typed_action
    def set_domain(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Show another part of the landscape, ``x`` and ``y`` being (low, high)."""
        (x0, x1), (y0, y1) = pair(x, "The domain in x"), pair(y, "The domain in y")
        if not (x0 < x1 and y0 < y1):
            raise UserError("A domain goes from a smaller to a larger number.")
        self.scene.set("domain", (x0, x1, y0, y1))

    @action
    def click(self, position: Sequence[float]) -> None:
        """Pass a click at a position in the domain (or plane) to the scene; a race restarts there."""
        if self.scene.click(pair(position, "A position")):
            self._restart()

    @action
    def pick(self, key: str, element: int) -> bool:
        """Pass a click on an element of the layer of a key to the scene; return False if the scene ignores it.

        If the scene's length changes, it restarts.
        """
        layer, clock = self.frame().layer(key_of(self, key)), self.scene.clock
        meant = layer is not None and self.scene.pick(layer, int(real(element, -1, 2**53, "An element")))
        if self.scene.clock != clock:
            self._restart()
        return meant

    @action
    def drag(self, name: str, position: Sequence[float]) -> None:
        """Move the handle of a name to a position in the domain or plane, (2,); a free one in space, (3,)."""
        for handle in self.handles():
            if handle.name == name:
                handle.move(self.scene, numbers(position, 3 if handle.free else 2, "A position"))
                return
        raise UserError(f"There is no handle {name!r}.{nearest(str(name), [h.name for h in self.handles()])}")

    # ------------------------------------------------------------------------------------------- undo
    @action
    def undo(self) -> str:
        """Undo the last step that changed the scene (see ``history``); return its name."""
        step = take(self, forward=False)
        if step is None:
            raise UserError("There is nothing to undo.")
        return step.name

    @action
    def redo(self) -> str:
        """Redo the step that was undone last; return its name."""
        step = take(self, forward=True)
        if step is None:
            raise UserError("There is nothing to do again.")
        return step.name

    @view_action
    def end_step(self) -> None:
        """Make the next setting a new step: a handle or slider was released, a text is finished.

        While a handle is dragged the view is frozen, so that nothing moves under the pointer. Now it may change again.
        """
        self.history = self.history.closed()
        if self.scene.held:
            self.scene.held = False
            self.touch()

    def finish_step(self) -> None:
        """End the open step, if there is one and it is the user's: a replayed session ends its own."""
        if (self.history.open or self.scene.held) and self.script is None:
            self.end_step()

    # ------------------------------------------------------------------------------------------- the lanes
    select = lane_actions.select
    set_lane_field = lane_actions.set_lane_field
    reset_lane = lane_actions.reset_lane
    add_lane = lane_actions.add_lane
    remove_lane = lane_actions.remove_lane
    enable_lane = lane_actions.enable_lane

    # ------------------------------------------------------------------------------------------- how it is seen
    orbit = camera_actions.orbit
    pan = camera_actions.pan
    zoom = camera_actions.zoom
    set_turntable = camera_actions.set_turntable
    home = camera_actions.home
    save_view = camera_actions.save_view
    recall_view = camera_actions.recall_view
    set_show = camera_actions.set_show
    set_theme = camera_actions.set_theme
    follow = camera_actions.follow
    let_go = camera_actions.let_go
    toggle_follow = camera_actions.toggle_follow

    @view_action
    def toggle_help(self) -> None:
        """Open or close the page of keys."""
        self.help = not self.help

    # ------------------------------------------------------------------------------------------- not logged
    def resize(self, size: tuple[int, int], free: tuple[float, float, float, float]) -> None:
        """Set the size of the picture and its free rectangle (x, y, w, h), both in pixels."""
        if (size, free) != (self.size, self.free):
            self.size, self.free = size, free
            self.camera.refit(size, free)
            self.touch(frame=False)

    def hover(self, position: Sequence[float] | None) -> None:
        """Point at a position in the domain or plane (None: at nothing); ``probe`` then holds the numbers there.

        The frame is unchanged: the numbers are written over it.
        """
        with quiet():
            land = getattr(self.scene, "land", None)
            self.probe = None if position is None else probe(self.frame(), land, pair(position, "A position"))

    def look_at(self, pixel: Sequence[float] | None, scale: float = 1.0) -> None:
        """Point at a pixel (None: at nothing), ``scale`` pixels being one logical pixel; sets ``hovered``."""
        self.hovered = None
        if pixel is not None:
            with quiet():
                self.hovered = pick_any(self.frame(), self.camera, pixel, self.size, scale, self.show)
            self._pointed = float(pixel[0]), float(pixel[1]), STRAY * scale

    def trail_at(self, pixel: Sequence[float], scale: float = 1.0) -> Hit | None:
        """Return the trail that a click at or near a pixel selects, or None."""
        with quiet():
            return trail_near(self.frame(), self.camera, pixel, self.size, scale, self.show)

    def mark(self, told: Frame | None = None) -> Description | None:
        """Return the current description of the hovered element; None if it has moved away from the pointer.

        With another moment's frame (``told``) the text is as it was then, at the element's current position.
        """
        if self.hovered is None:
            return None
        with quiet():
            found = self._described(self.hovered, told)
        if found is None:
            return None
        x, y = self.camera.project(found.position, self.size)
        return found if math.hypot(x - self._pointed[0], y - self._pointed[1]) <= self._pointed[2] else None

    def _described(self, hit: Hit, told: Frame | None) -> Description | None:
        """Describe an element at its current position, with the texts of ``told`` if it has it."""
        land, frame = getattr(self.scene, "land", None), self.frame()
        value = None if land is None else lambda place: land.value_grad_at(*map(float, place))[0]
        if told is None:
            return describe(hit, frame, value)
        if self._told is None or self._told[0] is not hit or self._told[1] is not told:
            self._told = hit, told, describe(hit, told, value)  # once for several pictures
        before, layer = self._told[2], frame.layer(hit.key)
        if before is None or layer is None:
            return describe(hit, frame, value)
        moved = None if before.outlines else position_of(layer, hit.picked.element)
        if moved is not None:  # a point, which only its position changes
            return replace(before, position=moved)
        found = describe(hit, frame)
        return None if found is None else replace(found, title=before.title, lines=before.lines)

    def say(self, text: str, kind: str = "note", seconds: float = 4.0, folder: Path | None = None) -> None:
        """Show a short message; one that is shown already stays longer."""
        others = [message for message in self.messages if message.text != text]
        self.messages = [*others[-3:], Message(text, kind, self.tick + round(seconds / TICK), folder)]
        self.touch(frame=False)

    def wish(self, what: Wish) -> None:
        """Request something that only the window can do."""
        self.wishes.append(what)

    # ------------------------------------------------------------------------------------------- inside
    def take(self, scene: Scene) -> None:
        """Show a scene from its start. The previous one drops its cache, as undo may keep it alive."""
        if scene is not self.scene:
            self.scene.results = {}
        scene.live, self.scene = self.scene.live, scene
        scene.held = False
        self.chosen = ""
        self.time = 0.0
        self.probe = self.hovered = self.following = None
        self.grows = False
        self._frame = None
        self.view = None

    def _restart(self) -> None:
        self.time = 0.0
        self.playing = True

    def keep(self) -> None:
        """Record the current state, which was drawn successfully, for ``fall_back``."""
        self.drawn = state_of(self)

    def fall_back(self) -> None:
        """Return to the last state that was drawn successfully.

        Later actions are undone, also in the log. If only time has passed, it is stopped there.
        """
        kept = self.drawn
        assert kept is not None
        if (len(self.log), self.log[-1:]) != (kept.actions, kept.last):
            passed = {name: getattr(self, name) for name in PASSED}
            return_to(self, kept)
            vars(self).update(passed)
            self.log[:] = [*self.log[: kept.actions - len(kept.last)], *kept.last]
            self.camera.refit(self.size, self.free)
        elif self.time != kept.fields["time"]:
            self.playing = False
            write(self.log, Action(self.tick, "play", (False,)))
            self.time = kept.fields["time"]
            write(self.log, Action(self.tick, "seek", (self.time,)))
        self.wishes = []
        self.touch()
