"""The window: events go to the panels and the camera, time goes to the player, and what changed is drawn.

Events are only collected in GLFW's callbacks and handled in the loop, so that an error is raised where it can be
seen. When nothing moves the loop waits; nothing is drawn that would look the same.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from vispy import gloo

from lossland.app.governor import FIRST, FULL, Governor, levels_for
from lossland.app.meter import Meter
from lossland.app.pacing import Faults, Fineness, Pace, Remedy, Turn
from lossland.app.stage import checked_size
from lossland.app.writers import Image, film_file
from lossland.errors import MachineError, UserError, sentence
from lossland.files import target_of, written
from lossland.numerals import thousands
from lossland.play import session
from lossland.play.player import TICK, Player, Wish
from lossland.play.pointer import LEFT, MIDDLE, RIGHT, Pointer
from lossland.render.gl import canvas as canvases
from lossland.render.gl import sharing
from lossland.scenery import library
from lossland.scenery.library import Shown
from lossland.scenery.scene import Scene
from lossland.world.theme import Theme
from lossland.world.theme import theme as theme_named
from lossland.writing.scale import checked_text_scale, text_scale_beside

PANEL_PAUSE = 1 / 30  # seconds between two drawings of panels that nobody touches
SOFTWARE_PANEL_PAUSE = 1 / 8  # where the processor draws them
PARTS = ("compute", "draw", "writing", "panels", "laying")  # of a frame, in the overlay
CURSOR_NAP = 0.1  # seconds between two looks at a text cursor
NAP = 0.5  # seconds at most between two looks at the clock while nothing moves
FILM_TICKS = 2  # a film of the window has 30 frames a second
MOST_AT_ONCE = 12  # frames that the panels get without being drawn
TEXT_KEYS: dict[str | None, Wish] = {
    "+": "larger text",
    "=": "larger text",
    "-": "smaller text",
    "0": "usual text",
}  # with Ctrl
SHOT_SIDE = 2560  # pixels: the longer side of a saved picture, at least


def show(
    scene: Shown = "optimizer_race",
    size: tuple[int, int] = (1280, 720),
    theme: str = "dark",
    text_scale: float = 1.0,
) -> None:
    """Open the window on a scene, or on what `ll.scene` makes one of, and return when it is closed.

    ``text_scale`` (0.8 to 2) makes text and panels smaller or larger. Where there is no display it raises MachineError.
    """
    scene, size, theme = library.scene_of(scene), checked_size(size), theme_named(theme).name
    if not canvases.has_display():
        raise MachineError(
            "There is no display to open a window on; ll.snapshot(scene) draws a picture and ll.record(scene, "
            "'film.mp4') a film without one, and a notebook shows both."
        )
    explore(scene, size, theme=theme, text_scale=text_scale)


def explore(
    scene: Shown,
    size: tuple[int, int] = (1280, 720),
    orbit: bool = False,
    save: str | Path | None = None,
    frames: int | None = None,
    theme: str = "dark",
    text_scale: float = 1.0,
) -> dict[str, Any]:
    """Open the window and return, when it is closed, how it went.

    ``orbit`` lets the camera turn, ``save`` keeps the session at exit, ``frames`` closes the window after so many
    frames, drawn as fast as they come. The result has ``frames, seconds, p50_ms, p95_ms, max_ms, draws, vertices,
    renderer``; draws and vertices are those of the last frame.
    """
    made = library.scene_of(scene)
    shown = Window(made, size, theme, text_scale)
    if save is not None:
        check_replayable(shown.player)
        target_of(save)  # what cannot be written is better known now
    with shown as window:
        meter = Meter(window.canvas, lambda: (window.picture.writing, window.picture.host))
        window.player.play()
        if orbit:
            window.player.set_turntable(True)
        try:
            window.run(meter, frames)
        finally:
            meter.close()
            if save is not None:
                session.save(session.of(window.player, window.picture.theme.name), save)
        return meter.result()


class Window:
    """A GLFW window with a player in it."""

    def __init__(
        self, scene: Scene, size: tuple[int, int] = (1280, 720), theme: str = "dark", text_scale: float = 1.0
    ) -> None:
        self.player = Player(scene, size)
        self._theme = theme_named(theme)
        self._text_scale = checked_text_scale(text_scale)
        self._wanted_size = size
        self._events: list[tuple[Any, ...]] = []
        self._film = ExitStack()
        self._add: Callable[[Image], None] | None = None
        self._film_path = Path()
        self._filmed = 0
        self._film_from = 0
        self._windowed = (100, 100, *size)
        self._pace = Pace()
        self._faults = Faults()
        self._unfelt = False  # whether the panels still need a frame to show what the last presses did
        self._on_panel = self._passing = False  # whether the pointer is on a panel, or only passes over the scene
        self._last = 0.0  # when the loop began its last turn
        self._since_panels = np.inf
        self._unshown = False  # whether the last picture drawn is not shown yet
        self.shows_statistics = False  # the overlay that F3 switches
        self._hand = False  # whether the pointer looks like a hand
        self._cursor = (0.0, 0.0)  # where the last handled event left the pointer, which may be elsewhere by now

    # ------------------------------------------------------------------------------------------ opening, closing
    def __enter__(self) -> Window:
        self._open(self._wanted_size, self._theme)
        return self

    def _open(self, size: tuple[int, int], theme: Theme) -> None:
        self.canvas = canvases.window(f"lossland: {self.player.scene.title}", size)
        import glfw

        from lossland.app.picture import Picture

        self._glfw = glfw
        self.handle = canvases.glfw_handle(self.canvas)
        width, height = glfw.get_framebuffer_size(self.handle)
        self.size = self._new_size = width, height
        with canvases.drawing(self.canvas):  # other threads may draw pictures meanwhile
            self._software = canvases.is_software()
            self._keeps = self._software and canvases.keeps_pictures(self.canvas)
            self.picture = Picture(theme, self.size, self._scale(), self.handle, self._keeps, self._text_scale)
        self._panel_pause = SOFTWARE_PANEL_PAUSE if self._software else PANEL_PAUSE
        self.pointer = Pointer(self.player, self.picture.scale)
        held = ("SHIFT", "CONTROL", "ALT", "SUPER")
        self._modifiers = {getattr(glfw, f"KEY_{side}_{name}") for side in ("LEFT", "RIGHT") for name in held}
        self._leaving = {glfw.KEY_ESCAPE, glfw.KEY_ENTER, glfw.KEY_KP_ENTER, glfw.KEY_TAB}  # may end typing
        self._hands = [glfw.create_standard_cursor(kind) for kind in (glfw.ARROW_CURSOR, glfw.HAND_CURSOR)]
        self._cursor = self._pixel(*glfw.get_cursor_pos(self.handle))
        self._governor = self._new_governor()
        self._listen()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        failed = self._stop_film()
        with canvases.drawing(self.canvas):
            self.picture.close()
        self.canvas.close()
        if failed and kind is None:  # nobody can read it in the window any more
            raise failed

    def _listen(self) -> None:
        """Collect every event; nothing is done inside a callback."""
        glfw, handle, events = self._glfw, self.handle, self._events
        glfw.set_cursor_pos_callback(handle, lambda _, x, y: events.append(("move", x, y)))
        glfw.set_cursor_enter_callback(handle, lambda _, inside: events.append(("enter", inside)))
        glfw.set_mouse_button_callback(handle, lambda _, *what: events.append(("button", *what)))
        glfw.set_scroll_callback(handle, lambda _, dx, dy: events.append(("wheel", dx, dy)))
        glfw.set_key_callback(handle, lambda _, *what: events.append(("key", *what)))
        glfw.set_char_callback(handle, lambda _, code: events.append(("char", code)))
        glfw.set_window_refresh_callback(handle, lambda _: events.append(("refresh",)))
        glfw.set_framebuffer_size_callback(handle, self._note_size)
        glfw.set_window_size_callback(handle, _ignore)  # vispy's own would act within the callback
        glfw.set_window_close_callback(handle, _ignore)

    def _note_size(self, _: Any, width: int, height: int) -> None:
        """Note the window's size in pixels: to ask for it in every frame would wait for the display."""
        self._new_size = width, height
        self._events.append(("refresh",))

    def _new_governor(self) -> Governor:
        """Return a governor for this size that starts fine on a GPU, and coarse on a CPU."""
        levels = levels_for(self.size[0] * self.size[1])
        return Governor(levels, levels.index(FIRST) if self._software else len(levels) - 1)

    def _scale(self) -> float:
        """Return how many framebuffer pixels make one pixel of the look; 1 where the display is almost ordinary."""
        across, down = self._glfw.get_window_content_scale(self.handle)
        scale = min(max(across, down, 1.0), 4.0)
        return 1.0 if scale < 1.2 else round(scale * 4) / 4

    # ------------------------------------------------------------------------------------------ the loop
    def run(self, meter: Meter, frames: int | None = None) -> None:
        """Draw until the window is closed, or until ``frames`` frames were drawn."""
        self._meter = meter
        self._last = perf_counter()
        done = False
        with long_lived():
            while not done and not self._glfw.window_should_close(self.handle):
                try:
                    done = self._turn(meter, frames)
                except canvases.GraphicsFailure:
                    raise
                except Exception as error:
                    if frames is not None:
                        raise
                    self._survive(error)

    def _turn(self, meter: Meter, frames: int | None) -> bool:
        """Wait for what is to be done next and do it. True when ``frames`` frames were drawn."""
        glfw, player = self._glfw, self.player
        unfinished = player.scene.unfinished
        pending = self._pace.settling > 0 or self.picture.panels.pending or self.picture.owes_panels
        busy = player.moving or player.recording or pending or unfinished or frames is not None
        if busy or self._pace.fineness is Fineness.REFINING or self._events:
            glfw.poll_events()
        else:
            self._present()
            longest = CURSOR_NAP if self.picture.host.wants_keyboard else NAP
            glfw.wait_events_timeout(self._pace.nap(perf_counter(), longest))
        now = perf_counter()
        dt, self._last = now - self._last, now
        if self._handle_events():
            self._pace.stir()
        running, ticks = player.moving or player.recording, 0
        if running:  # frames that are counted show a new picture each, however fast they come
            ticks = player.advance(max(dt, TICK) if frames is not None else dt if busy else TICK)
        elif unfinished:
            player.touch()
        self._grant_wishes()
        self._follow_size()
        if min(self.size) == 0:  # minimised
            glfw.wait_events_timeout(NAP)
            return False
        player.scene.live = True  # maps may come coarse first
        changed = self._pace.see(player.revision, now)
        typing = self.picture.host.wants_keyboard
        turn = self._pace.turn(now, changed, busy or typing, running, ticks)
        if turn is Turn.WAIT:
            self._wait_for_tick(meter)
        elif turn is Turn.DRAW:
            more = False
            with meter.frame(), self._recovering():
                more = self._draw(meter, dt, fresh=self._pace.settling > 0 or typing, moving=changed)
            self._pace.drew(player.revision)
            if more:
                self._pace.stir()
            if changed and self._software:
                self._governor.took(meter.last)
            if frames is not None and meter.count >= frames:
                self._present()
                return True
        else:
            meter.pause()
            self._present()
            if turn is Turn.REFINE:
                with self._recovering():
                    self._refine()
        return False

    def _survive(self, error: Exception) -> None:
        """Go on after an exception: with the last picture that could be drawn, and a sentence that says why.

        Where that picture cannot be drawn again either, all on the GPU is made anew once; from then on the old
        picture stays in the window until something is done that can be drawn.
        """
        remedy = self._faults.exception()
        if remedy is Remedy.RAISE:  # nothing could be shown yet: whoever opened the window is told
            raise error
        self._pace.lose()
        self._pace.stir()
        self.picture.recover()
        if remedy is Remedy.RENEW:
            self._renew()
        elif remedy is Remedy.REPORT:
            print(f"lossland: {sentence(error)}", file=sys.stderr)
        if remedy in (Remedy.REPORT, Remedy.PAUSE):
            self._glfw.wait_events_timeout(NAP)
        self.player.fall_back()
        self.player.say(sentence(error), "error", seconds=8)

    def _wait_for_tick(self, meter: Meter) -> None:
        """Wait until the next picture is due, or something is done, and only then show the last one: at even times."""
        start = perf_counter()
        self._glfw.wait_events_timeout(self.player.until_tick)
        meter.waited(perf_counter() - start)
        self._present()

    @contextmanager
    def _recovering(self) -> Iterator[None]:
        """Get over a failure of the driver: make all on the GPU anew, the second time the window; then raise."""
        try:
            with canvases.faults(), canvases.painting(self.canvas):
                yield
            self._faults.passed()
        except canvases.GraphicsFailure:
            remedy = self._faults.failure()
            if remedy is Remedy.RAISE:
                raise
            if remedy is Remedy.REOPEN or not self._renewed():
                self._reopen()

    def _renewed(self) -> bool:
        """Make the picture anew; False if the driver does not even let go of the old one."""
        try:
            with canvases.faults():
                self._renew()
        except canvases.GraphicsFailure:
            return False
        return True

    def _reopen(self) -> None:
        """Open another window in place of one whose context is lost, and go on there with the same player."""
        glfw = self._glfw
        size, place = glfw.get_window_size(self.handle), glfw.get_window_pos(self.handle)
        theme = self.picture.theme
        self._stop_film("the window had to be opened again")
        self._events.clear()
        with suppress(canvases.GraphicsFailure), canvases.faults(), canvases.drawing(self.canvas):
            self.picture.close()
        self.canvas.close()
        self._open(size, theme)
        glfw.set_window_pos(self.handle, *place)
        self._hand = self._unfelt = False
        self._pace.lose()
        self._meter.listen(self.canvas)
        self.player.say("The graphics driver lost the picture; this is a new window.")

    def _renew(self) -> None:
        """Make the picture anew, for the present size and density of the display."""
        from lossland.app.picture import Picture

        theme, scale = self.picture.theme, self._scale()
        with canvases.drawing(self.canvas):
            self.picture.close()
            self.picture = Picture(theme, self.size, scale, self.handle, self._keeps, self._text_scale)
        self.pointer.scale = scale
        self._pace.lose()
        self.player.touch(frame=False)

    def _draw(self, meter: Meter, dt: float, fresh: bool, moving: bool) -> bool:
        """Draw the present picture, ``dt`` seconds after the last turn.

        ``fresh``: the panels are built now and are in this picture; else they are built a few times a second and
        drawn over the pictures that follow. ``moving``: the scene's picture is another than before. Returns whether
        the panels left some of the events they were told of for another frame.
        """
        start = perf_counter()
        picture, player = self.picture, self.player
        self._since_panels += dt
        due = self._since_panels >= self._panel_pause and not picture.owes_panels
        pause = max(self._since_panels, TICK / 4)
        more = False
        if fresh or picture.free is None:
            self._unfelt = self._unfelt and picture.host.waiting > 0
            picture.refresh(player, self.size, pause)
            more = picture.host.waiting > 0
        if due or fresh:
            self._since_panels = 0.0
        picture.statistics = self._statistics(meter) if self.shows_statistics else ()
        rebuilt = pause if due and not fresh else None
        quality = None if self._pace.fineness is Fineness.REFINED else self._governor.quality
        picture.compose(player, self.size, quality, spread=not fresh, rebuilt=rebuilt, before_drawing=self._present)
        player.keep()
        self._faults.drew()
        self._grant_theme()
        if self._add:
            self._film_frame()
        self._unshown = True
        if self._software and moving:
            return more  # it is shown when the next one is ready to be drawn: until then the drawing threads work on it
        if not self._software:
            gloo.finish()  # the wait for the display is no part of the work
        if moving and quality is not None:
            self._governor.took(perf_counter() - start)
        self._present()
        return more

    def _present(self) -> None:
        """Show what was drawn last."""
        if self._unshown:
            self._unshown = False
            self._glfw.swap_buffers(self.handle)

    def _refine(self) -> None:
        """Do the next step towards the picture in full quality; the last one shows it."""
        if self._pace.refine(self._refinement):
            self._grant_theme()
            self._unshown = True
            self._present()

    def _refinement(self) -> Iterator[None]:
        self.picture.refresh(self.player, self.size)
        return self.picture.refine(self.player, self.size, FULL)

    def _grant_theme(self) -> None:
        wanted = self.picture.panels.wants_theme
        if wanted:
            self.picture.panels.wants_theme = ""
            self.picture.set_theme(theme_named(wanted))
            self.player.touch(frame=False)

    def _statistics(self, meter: Meter) -> list[str]:
        """Return the lines of the overlay that F3 shows."""
        times = {name: 1000 * seconds for name, seconds in self.picture.times.items()}
        level = self._governor.quality
        transfer, *why = sharing.described()
        return [
            f"frame {1000 * meter.recent:5.1f} ms",
            "  ".join(f"{name} {times.get(name, 0.0):.1f}" for name in PARTS),
            f"level {self._governor.level + 1} of {len(self._governor.levels)}: mesh {level.mesh}, "
            f"scale {level.scale:g}, {thousands(level.dots)} dots at most",
            f"{thousands(meter.vertices)} vertices, {meter.draws} draws",
            f"transfer: {transfer}",
            *(f"  {reason}" for reason in why),
        ]

    def _follow_size(self) -> None:
        """Follow the window's size, and the density of the monitor it is on."""
        size, scale = self._new_size, self._scale()
        if size == self.size and scale == self.picture.scale:
            return
        if self._add:
            self._stop_film("the window changed its size")
        self.size = size
        if min(size) == 0:  # minimised: nothing to make ready
            return
        if scale != self.picture.scale:
            self._renew()
        self._governor = self._new_governor()
        self._pace.lose()
        self.player.touch(frame=False)

    # ------------------------------------------------------------------------------------------ events
    def _handle_events(self) -> bool:
        """Handle what has been collected. True if the panels may have to show what came of it at once.

        Where an event needs to know what the last ones did (is the pointer over a panel, is text being typed), the
        panels take those in first. Dear ImGui takes about one press or letter a frame, and every key with the
        modifiers that are held when it takes it: before one is let go, the keys pressed with it must be taken.
        """
        if not self._events or min(self.size) == 0:
            return bool(self._events)
        events, self._events[:] = list(self._events), []
        self._pace.point()
        concerned = False
        others = False  # whether anything but turns of the wheel came before
        for kind, *what in events:
            pointing, typing = kind in ("button", "wheel"), kind in ("key", "char")
            if (pointing and others) or (typing and self._unfelt) or (kind == "key" and what[0] in self._modifiers):
                self._digest()
                others = False
            others |= kind in ("move", "key", "char")
            self._unfelt |= kind == "button" or (kind == "key" and what[0] in self._leaving)
            self._try(partial(getattr(self, f"_on_{kind}"), *what))
            concerned |= not (kind == "move" and self._passing)
        if self.picture.host.wants_keyboard:
            self._digest()
        self._try(self.pointer.look)
        return concerned

    def _digest(self) -> None:
        """Let the panels take in what they were told and find out what it does, without drawing them."""
        for _ in range(MOST_AT_ONCE):
            waiting = self.picture.host.waiting > 0
            if not waiting and not self._unfelt:
                return
            self.picture.digest(self.player, self.size)
            self._unfelt = self._unfelt and waiting

    def _on_move(self, x: float, y: float) -> None:
        pixel = self._cursor = self._pixel(x, y)
        self.picture.host.mouse_move(*pixel)
        was_on_panel, self._on_panel = self._on_panel, self.picture.panel_at(*pixel)
        over_scene = not (was_on_panel or self._on_panel or self.pointer.busy or self.picture.host.wants_mouse)
        self._passing = over_scene or self.pointer.turning
        if self.pointer.busy or not self.picture.host.wants_mouse:
            self.pointer.move(pixel)
        else:
            self.pointer.leave()
        over_handle = not self.picture.host.wants_mouse and self.pointer.handle_at(pixel) is not None
        if (over_handle or bool(self.pointer.held)) != self._hand:
            self._hand = not self._hand
            self._glfw.set_cursor(self.handle, self._hands[self._hand])

    def _on_enter(self, inside: bool) -> None:
        if not inside:
            self.picture.host.mouse_leave()
            self.pointer.leave()

    def _on_button(self, button: int, action: int, mods: int) -> None:
        glfw, host = self._glfw, self.picture.host
        which = {glfw.MOUSE_BUTTON_LEFT: LEFT, glfw.MOUSE_BUTTON_RIGHT: RIGHT, glfw.MOUSE_BUTTON_MIDDLE: MIDDLE}
        if button not in which:
            return
        down = action == glfw.PRESS
        host.mouse_button(which[button], down)
        if down and not host.wants_mouse:
            self.pointer.press(self._cursor, which[button], bool(mods & glfw.MOD_SHIFT))
        elif not down and self.pointer.busy:
            self._try(lambda: self.pointer.release(self._cursor, which[button]))

    def _on_wheel(self, dx: float, dy: float) -> None:
        self.picture.host.mouse_wheel(dx, dy)
        if not self.picture.host.wants_mouse and dy:
            self.pointer.wheel(dy, self._cursor)

    def _on_key(self, key: int, scancode: int, action: int, mods: int) -> None:
        glfw = self._glfw
        typing = self.picture.host.wants_keyboard
        if action != glfw.REPEAT or typing:
            self.picture.host.key(key, action != glfw.RELEASE)
        control = mods & (glfw.MOD_CONTROL | glfw.MOD_SUPER)
        if control and key == glfw.KEY_Q:
            glfw.set_window_should_close(self.handle, True)
        if action == glfw.RELEASE or (typing and key != glfw.KEY_F1):
            return
        command = self._keys().get(key)
        if control:
            name = glfw.get_key_name(key, scancode)  # what is on the key: where plus is depends on the keyboard
            if name in TEXT_KEYS:
                self.player.wish(TEXT_KEYS[name])
            elif glfw.KEY_1 <= key <= glfw.KEY_3:
                self.player.save_view(key - glfw.KEY_1 + 1)
                self.player.say(f"View {key - glfw.KEY_1 + 1} is kept; Alt+{key - glfw.KEY_1 + 1} returns to it.")
        elif mods & glfw.MOD_ALT:
            if glfw.KEY_1 <= key <= glfw.KEY_3:
                self.player.recall_view(key - glfw.KEY_1 + 1)
        elif command:
            self._try(command)

    def _on_char(self, code: int) -> None:
        if self.picture.host.wants_keyboard:
            self.picture.host.character(code)
            return
        letter = chr(code).lower()
        if letter in "123456789":
            self._try(lambda: self.player.use_preset_number(int(letter)))
        elif letter in self._letters():
            self._try(self._letters()[letter])

    def _on_refresh(self) -> None:
        self.player.touch(frame=False)

    def _keys(self) -> dict[int, Callable[[], Any]]:
        glfw, player = self._glfw, self.player
        return {
            glfw.KEY_LEFT: lambda: player.step_by(-1),
            glfw.KEY_RIGHT: lambda: player.step_by(1),
            glfw.KEY_F1: player.toggle_help,
            glfw.KEY_F3: self._toggle_statistics,
            glfw.KEY_F11: lambda: player.wish("fullscreen"),
            glfw.KEY_ESCAPE: self._escape,
        }

    def _letters(self) -> dict[str, Callable[[], Any]]:
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

    def _toggle_statistics(self) -> None:
        self.shows_statistics = not self.shows_statistics
        self.player.touch(frame=False)

    def _escape(self) -> None:
        if self.player.help:
            return  # the page of keys closes itself
        if self.player.following:
            self.player.let_go()
        elif self._glfw.get_window_monitor(self.handle):
            self.player.wish("fullscreen")

    def _try(self, act: Callable[[], Any]) -> None:
        """Do what the user asked for; what cannot be done, for whatever reason, is said over the picture."""
        try:
            act()
        except canvases.GraphicsFailure:
            raise
        except Exception as error:
            self.player.say(sentence(error), "error", seconds=8)

    def _pixel(self, x: float, y: float) -> tuple[float, float]:
        """Return framebuffer pixels of a place in screen units."""
        width, height = self._glfw.get_window_size(self.handle)
        return x * self.size[0] / max(width, 1), y * self.size[1] / max(height, 1)

    # ------------------------------------------------------------------------------------------ wishes
    def _grant_wishes(self) -> None:
        grant: dict[Wish, Callable[[], None]] = {
            "shot": self._shot,
            "record": self._film_key,
            "fullscreen": self._fullscreen,
            "save": self._save,
            "larger text": lambda: self._set_text_scale(text_scale_beside(self._text_scale, 1)),
            "smaller text": lambda: self._set_text_scale(text_scale_beside(self._text_scale, -1)),
            "usual text": lambda: self._set_text_scale(1.0),
        }
        wishes, self.player.wishes = self.player.wishes, []
        for wish in wishes:
            self._try(grant[wish])

    def _set_text_scale(self, factor: float) -> None:
        """Make text and panels larger or smaller, for as long as the window is open."""
        if factor != self._text_scale:
            self._text_scale = factor
            self._renew()
        self.player.say(f"Text at {factor:.0%} of its usual size.")

    def _shot(self) -> None:
        """Save the picture without panels, in full quality and at least at ``SHOT_SIDE`` pixels."""
        from PIL import Image as Photo

        from lossland.app.picture import still

        path = free_name(self.player.scene.name, ".png")
        factor = max(1.0, SHOT_SIDE / max(self.size))
        size = (round(self.size[0] * factor), round(self.size[1] * factor))
        image = still(self.player, size, self.picture.theme, self._text_scale)
        with written(path) as temporary:
            Photo.fromarray(image[..., :3]).save(temporary)
        self._say_saved(path, f"{size[0]}×{size[1]} pixels")

    def _save(self) -> None:
        check_replayable(self.player)
        path = free_name(self.player.scene.name, session.ENDING)
        session.save(session.of(self.player, self.picture.theme.name), path)
        self._say_saved(path, f"`lossland record {path} -o film.mp4` films it")

    def _say_saved(self, path: Path, more: str = "") -> None:
        """Say what was saved and where; a click on the message opens the folder."""
        folder = path.resolve().parent
        self.player.say(f"Saved {path.name} in {folder}" + (f": {more}." if more else "."), seconds=8, folder=folder)

    def _fullscreen(self) -> None:
        glfw: Any = self._glfw  # its types do not know that no monitor means a window
        if glfw.get_window_monitor(self.handle):
            glfw.set_window_monitor(self.handle, None, *self._windowed, 0)
            return
        self._windowed = (*glfw.get_window_pos(self.handle), *glfw.get_window_size(self.handle))
        monitor = glfw.get_primary_monitor()
        if not monitor:
            raise MachineError("There is no monitor that the window could fill.")
        mode = glfw.get_video_mode(monitor)
        glfw.set_window_monitor(self.handle, monitor, 0, 0, mode.size.width, mode.size.height, mode.refresh_rate)

    # ------------------------------------------------------------------------------------------ filming itself
    def _film_key(self) -> None:
        if self._add:
            self._stop_film()
            return
        self._film_path = free_name(self.player.scene.name, ".mp4")
        self._add = self._film.enter_context(film_file(self._film_path, self.size, 1 / (FILM_TICKS * TICK)))
        self._filmed, self._film_from = 0, self.player.tick
        self.player.recording = True
        self.player.say("Filming the window; V ends the film.")

    def _film_frame(self) -> None:
        """Add the picture as often as time has passed, so that the film runs at the speed that was seen."""
        assert self._add is not None
        due = (self.player.tick - self._film_from) // FILM_TICKS + 1 - self._filmed
        if due > 0:
            image = np.asarray(gloo.read_pixels((0, 0, *self.size), alpha=False), np.uint8)
            try:
                for _ in range(due):
                    self._add(image)
            except Exception as error:
                self._stop_film(failure=error)
            self._filmed += due

    def _stop_film(self, why: str = "", failure: Exception | None = None) -> Exception | None:
        """End the film. One that cannot be written leaves nothing under its name; then the reason is returned."""
        if self._add is None:
            return None
        self._add = None
        self.player.recording = False
        try:
            if failure:
                self._film.__exit__(type(failure), failure, failure.__traceback__)
            else:
                self._film.close()
        except Exception as told:  # the writer knows how to put it
            failure = told
        if failure:
            self.player.say(f"The film has ended. {sentence(failure)}", "error", seconds=8)
            return failure
        self._say_saved(self._film_path, why)
        return None


@contextmanager
def long_lived() -> Iterator[None]:
    """Keep the garbage collector from looking through what was made so far, now and then, which would cost frames.

    Where the program has frozen objects by itself, that is left as it is.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def check_replayable(player: Player) -> None:
    """Raise UserError where a session could not be replayed: it holds no code, and must not run a file."""
    if not player.replayable:
        raise UserError(
            "A session of your own scene cannot be kept: it would hold no code, and no session may run a file. "
            "Film the scene with `lossland record`, or watch it without keeping the session."
        )


def _ignore(*_: object) -> None:
    """Do nothing (GLFW for Python does not take None for a callback)."""


def free_name(stem: str, ending: str) -> Path:
    """Return the first name ``stem-1``, ``stem-2`` ... in the current folder that is not taken."""
    return next(path for path in _names(stem, ending) if not path.exists())


def _names(stem: str, ending: str) -> Iterator[Path]:
    number = 1
    while True:
        yield Path(f"{stem}-{number}{ending}")
        number += 1
