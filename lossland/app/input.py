"""Mouse and keyboard: the window's events are dispatched to the panels, the pointer and the player.

Events are only queued in GLFW's callbacks and handled in the loop, so that errors are raised there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import glfw

from lossland.app.loop import Loop
from lossland.errors import sentence
from lossland.play.actions import REPLAYING
from lossland.play.player import Player, Wish
from lossland.play.pointer import LEFT, MIDDLE, RIGHT, Pixel
from lossland.render.gl import canvas as canvases

MOST_AT_ONCE = 12  # frames that the panels get without being drawn
FELT = 4  # frames from a press until a text box that it opens accepts characters
BUTTONS = {glfw.MOUSE_BUTTON_LEFT: LEFT, glfw.MOUSE_BUTTON_RIGHT: RIGHT, glfw.MOUSE_BUTTON_MIDDLE: MIDDLE}
MODIFIERS = {
    getattr(glfw, f"KEY_{side}_{name}")
    for side in ("LEFT", "RIGHT")
    for name in ("SHIFT", "CONTROL", "ALT", "SUPER")
}  # fmt: skip
TEXT_KEYS: dict[str, Wish] = {
    "+": "larger text",
    "=": "larger text",
    "-": "smaller text",
    "0": "usual text",
}  # with Ctrl
VIEWS = {glfw.KEY_1: 1, glfw.KEY_2: 2, glfw.KEY_3: 3}  # the numbers of saved views
LEAVING = {glfw.KEY_ESCAPE, glfw.KEY_ENTER, glfw.KEY_KP_ENTER, glfw.KEY_TAB}  # may end typing


class Move(NamedTuple):
    """The pointer moved to a pixel of the framebuffer, y down."""

    x: float
    y: float


class Enter(NamedTuple):
    """The pointer entered or left the window."""

    inside: bool


class Button(NamedTuple):
    """A mouse button was pressed or released, by GLFW's numbers."""

    button: int
    down: bool
    mods: int = 0


class Wheel(NamedTuple):
    """The wheel was turned, in notches."""

    dx: float
    dy: float


class Key(NamedTuple):
    """A key was pressed, repeated or released, by GLFW's numbers; ``letter`` is the character of its cap, if any.

    The numbers refer to positions on a US keyboard: where "z" or "+" is depends on the keyboard layout.
    """

    key: int
    action: int
    mods: int = 0
    letter: str = ""


class Char(NamedTuple):
    """A character was typed."""

    code: int


class Refresh(NamedTuple):
    """The window must be drawn again."""


Event = Move | Enter | Button | Wheel | Key | Char | Refresh


class Shell(Protocol):
    """The window, as far as the input needs it."""

    def leave(self) -> None:
        """Close the window."""

    def point_with(self, hand: bool) -> None:
        """Show the pointer as a hand or an arrow."""

    def toggle_statistics(self) -> None:
        """Show or hide the frame times."""

    def escape(self) -> bool:
        """Cancel what is running over the picture (a replay, the rendering of a film); return False if nothing is."""
        ...

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window fills the monitor."""
        ...


class Input:
    """Handles the events queued in ``events``."""

    def __init__(self, loop: Loop, shell: Shell, cursor: Pixel = (0.0, 0.0)) -> None:
        self.loop = loop
        self.shell = shell
        self.events: list[Event] = []
        self._cursor = cursor  # the pointer's position after the last handled event, which may be outdated
        self._hand = False  # whether the pointer looks like a hand
        self._on_panel = self._passing = False  # whether the pointer is on a panel, or only moves over the scene

    @property
    def player(self) -> Player:
        """The player that receives the user's actions."""
        return self.loop.player

    def handle(self) -> None:
        """Handle the queued events.

        If an event depends on the effect of the previous ones (is the pointer over a panel, is text being typed), the
        panels process those first. Dear ImGui processes about one press or character a frame, and every key with the
        modifiers that are held then: before one is released, the keys pressed with it must be processed.
        """
        if not self.events:
            return
        events, self.events[:] = list(self.events), []
        loop = self.loop
        loop.pace.point()
        concerned = False  # whether the panels may have to be redrawn at once
        others = False  # whether anything but wheel events came before
        for event in events:
            pointing, typing = isinstance(event, Button | Wheel), isinstance(event, Key | Char)
            modifier = isinstance(event, Key) and event.key in MODIFIERS
            if (pointing and others) or (typing and loop.unfelt) or modifier:
                self._digest()
                others = False
            others |= isinstance(event, Move | Key | Char)
            if isinstance(event, Button) or (isinstance(event, Key) and event.key in LEAVING):
                loop.unfelt = FELT
            self.attempt(lambda event=event: self._take(event))
            concerned |= not (isinstance(event, Move) and self._passing)
        if loop.picture.host.wants_keyboard:
            self._digest()
        self.attempt(loop.pointer.look)
        if concerned:
            loop.pace.stir()
            loop.pace.hover()

    def attempt(self, act: Callable[[], object]) -> None:
        """Run a command of the user; any error is shown over the picture."""
        try:
            act()
        except canvases.GraphicsFailure:
            raise
        except Exception as error:
            self.player.say(sentence(error), "error", seconds=8)

    def _digest(self) -> None:
        """Let the panels process their input, without drawing them."""
        loop = self.loop
        for _ in range(MOST_AT_ONCE):
            waiting = loop.picture.host.waiting > 0
            if not waiting and not loop.unfelt:
                return
            loop.picture.digest(self.player, loop.size)
            loop.unfelt -= not waiting

    def _take(self, event: Event) -> None:
        match event:
            case Move(x, y):
                self._move((x, y))
            case Enter(inside):
                if not inside:
                    self.loop.picture.host.mouse_leave()
                    self.loop.pointer.leave()
            case Button():
                self._button(event)
            case Wheel(dx, dy):
                self.loop.picture.host.mouse_wheel(dx, dy)
                if not self.loop.picture.host.wants_mouse and dy:
                    self.loop.pointer.wheel(dy, self._cursor)
            case Key():
                self._key(event)
            case Char(code):
                self._char(code)
            case Refresh():
                self.player.touch(frame=False)

    def _move(self, pixel: Pixel) -> None:
        picture, pointer = self.loop.picture, self.loop.pointer
        self._cursor = pixel
        picture.host.mouse_move(*pixel)
        was_on_panel, self._on_panel = self._on_panel, picture.panel_at(*pixel)
        over_scene = not (was_on_panel or self._on_panel or pointer.busy or picture.host.wants_mouse)
        self._passing = over_scene or pointer.turning
        if pointer.busy or not picture.host.wants_mouse:
            pointer.move(pixel)
        else:
            pointer.leave()
        over_handle = not picture.host.wants_mouse and pointer.handle_at(pixel) is not None
        if (over_handle or bool(pointer.held)) != self._hand:
            self._hand = not self._hand
            self.shell.point_with(self._hand)

    def _button(self, event: Button) -> None:
        if event.button not in BUTTONS:
            return
        host, pointer, button = self.loop.picture.host, self.loop.pointer, BUTTONS[event.button]
        host.mouse_button(button, event.down)
        if event.down and not host.wants_mouse:
            pointer.press(self._cursor, button, bool(event.mods & glfw.MOD_SHIFT))
        elif not event.down and pointer.busy:
            pointer.release(self._cursor, button)

    def _key(self, event: Key) -> None:
        key, host = event.key, self.loop.picture.host
        typing = host.wants_keyboard
        if event.action != glfw.REPEAT or typing:
            host.key(key, event.action != glfw.RELEASE)
        control = bool(event.mods & (glfw.MOD_CONTROL | glfw.MOD_SUPER))
        if control and event.letter == "q":
            self.shell.leave()
        if event.action == glfw.RELEASE or (typing and key != glfw.KEY_F1):
            return
        if control:
            self._control(event)
        elif event.mods & glfw.MOD_ALT:
            if key in VIEWS:
                self.player.recall_view(VIEWS[key])
        elif key in (commands := self._keys()):
            commands[key]()

    def _control(self, event: Key) -> None:
        """Handle a key together with Ctrl."""
        player, shift = self.player, event.mods & glfw.MOD_SHIFT
        if player.script is not None:
            player.say(REPLAYING)
            return
        if event.letter == "z" and not shift:
            self._tell("Undone", player.undo())
        elif event.letter == "y" or event.letter == "z":
            self._tell("Done again", player.redo())
        elif event.letter in TEXT_KEYS:
            player.wish(TEXT_KEYS[event.letter])
        elif event.key in VIEWS:
            player.save_view(VIEWS[event.key])
            player.say(f"View {VIEWS[event.key]} is kept; Alt+{VIEWS[event.key]} returns to it.")

    def _tell(self, what: str, step: str | None) -> None:
        if step:  # nothing is undone while a session is replayed
            self.player.say(f"{what}: {step}.")

    def _char(self, code: int) -> None:
        if self.loop.picture.host.wants_keyboard:
            self.loop.picture.host.character(code)
            return
        letter = chr(code).lower()
        if letter in "123456789":
            self.player.use_preset_number(int(letter))
        elif letter in (commands := self._letters()):
            commands[letter]()

    def _keys(self) -> dict[int, Callable[[], object]]:
        player = self.player
        return {
            glfw.KEY_LEFT: lambda: player.step_by(-1),
            glfw.KEY_RIGHT: lambda: player.step_by(1),
            glfw.KEY_F1: player.toggle_help,
            glfw.KEY_F3: self.shell.toggle_statistics,
            glfw.KEY_F11: lambda: player.wish("fullscreen"),
            glfw.KEY_ESCAPE: self._escape,
        }

    def _letters(self) -> dict[str, Callable[[], object]]:
        player = self.player
        return {
            " ": player.toggle_play,
            ".": lambda: player.step_by(1),
            ",": lambda: player.step_by(-1),
            "r": player.reset,
            "h": player.home,
            "t": lambda: player.set_turntable(not player.turntable),
            "f": player.toggle_follow,
            "l": lambda: player.set_loop(not player.loop),
            "?": player.toggle_help,
            "s": lambda: player.wish("shot"),
            "v": lambda: player.wish("record"),
        }

    def _escape(self) -> None:
        if self.player.help:
            return  # the help page closes itself
        if self.shell.escape():
            return
        if self.player.following:
            self.player.let_go()
        elif self.shell.is_fullscreen:
            self.player.wish("fullscreen")
