"""The window: GLFW's events go to the input, time goes to the loop, and what was drawn is shown.

When nothing moves the window waits; nothing is drawn that would look the same.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any

from vispy import gloo

from lossland.app import replay
from lossland.app.filming import Filming
from lossland.app.loop import NAP, Loop
from lossland.app.meter import Meter
from lossland.app.pacing import Faults, Remedy, Turn
from lossland.app.resuming import Resuming
from lossland.app.saving import Pictures, save_session
from lossland.errors import MachineError, sentence
from lossland.numerals import thousands
from lossland.play.player import Player, Wish
from lossland.play.pointer import Pointer
from lossland.render.gl import canvas as canvases
from lossland.render.gl import sharing
from lossland.render.gl.threads import processors
from lossland.scenery.scene import Scene
from lossland.world.theme import Theme
from lossland.world.theme import theme as theme_named
from lossland.writing.scale import checked_text_scale, picture_scale, text_scale_beside

if TYPE_CHECKING:
    from lossland.app.picture import Picture  # it loads OpenGL, which must wait until the window chose its platform

TEXT_AT = "Text at"  # how the message on its size begins
PARTS = ("compute", "draw", "writing", "panels", "composite")  # of a frame, in the overlay


class Window:
    """A GLFW window with a player in it."""

    def __init__(
        self, shown: Scene | Player, size: tuple[int, int] = (1280, 720), theme: str = "dark", text_scale: float = 1.0
    ) -> None:
        self.player = shown if isinstance(shown, Player) else Player(shown, size)
        self.filming = Filming(self.player)
        self.pictures = Pictures(self.player)
        self.shows_statistics = False  # the overlay that F3 switches
        self.player.theme = self.began = theme_named(theme).name  # the theme that a session of this window begins with
        self._text_scale = checked_text_scale(text_scale)
        self._wanted_size = size
        self._windowed = (100, 100, *size)
        self._faults = Faults()
        self._last = 0.0  # when the loop began its last turn
        self._unshown = False  # whether the last picture drawn is not shown yet
        self.resuming = Resuming()

    # ------------------------------------------------------------------------------------------ opening, closing
    def __enter__(self) -> Window:
        self._open(self._wanted_size, theme_named(self.began))
        return self

    def _open(self, size: tuple[int, int], theme: Theme) -> None:
        self.canvas = canvases.window(f"lossland: {self.player.scene.title}", size)
        import glfw

        self._glfw = glfw
        self.handle = canvases.glfw_handle(self.canvas)
        width, height = glfw.get_framebuffer_size(self.handle)
        self._new_size = width, height
        with canvases.drawing(self.canvas):  # other threads may draw pictures meanwhile
            software = canvases.is_software()
            self._keeps = software and canvases.keeps_pictures(self.canvas)
            picture = self._new_picture(theme, self._new_size)
        self._processors = processors()
        self._hands = [glfw.create_standard_cursor(kind) for kind in (glfw.ARROW_CURSOR, glfw.HAND_CURSOR)]
        self._take(picture, software)

    def _take(self, picture: Picture, software: bool) -> None:
        """Begin to show the player, with nothing drawn yet."""
        from lossland.app.input import Input

        self.loop = Loop(self.player, picture, Pointer(self.player, picture.scale), self._new_size, software)
        self.input = Input(self.loop, self, self._pixel(*self._glfw.get_cursor_pos(self.handle)))
        self._listen()

    def _new_picture(self, theme: Theme, size: tuple[int, int]) -> Picture:
        from lossland.app.picture import Picture

        return Picture(theme, size, self._scale(), self.handle, self._keeps, self._text_scale)

    @property
    def picture(self) -> Picture:
        """What draws."""
        return self.loop.picture

    def __exit__(self, *_: object) -> None:
        for told in (self.filming.leave(self.began, self._text_scale), self.pictures.leave()):
            if told:
                print(f"lossland: {told}", file=sys.stderr)
        self._processors.release()
        with canvases.drawing(self.canvas):
            self.picture.close()
        with long_lived():  # vispy lets the garbage collector look through everything
            self.canvas.close()

    def _listen(self) -> None:
        """Collect every event; nothing is done inside a callback."""
        from lossland.app.input import Button, Char, Enter, Key, Move, Refresh, Wheel

        glfw, handle, events = self._glfw, self.handle, self.input.events
        down = glfw.PRESS

        def letter(key: int, code: int) -> str:
            """Return what stands on a key, which its number does not say on other keyboards than American ones."""
            return (glfw.get_key_name(key, code) or "").lower()

        glfw.set_cursor_pos_callback(handle, lambda _, x, y: events.append(Move(*self._pixel(x, y))))
        glfw.set_cursor_enter_callback(handle, lambda _, inside: events.append(Enter(bool(inside))))
        glfw.set_mouse_button_callback(handle, lambda _, b, act, mods: events.append(Button(b, act == down, mods)))
        glfw.set_scroll_callback(handle, lambda _, dx, dy: events.append(Wheel(dx, dy)))
        glfw.set_key_callback(
            handle, lambda _, key, code, act, mods: events.append(Key(key, act, mods, letter(key, code)))
        )
        glfw.set_char_callback(handle, lambda _, code: events.append(Char(code)))
        glfw.set_window_refresh_callback(handle, lambda _: events.append(Refresh()))
        glfw.set_framebuffer_size_callback(handle, self._note_size)
        glfw.set_window_size_callback(handle, _ignore)  # vispy's own would act within the callback
        glfw.set_window_close_callback(handle, _ignore)

    def _note_size(self, _: object, width: int, height: int) -> None:
        """Note the window's size in pixels: to ask for it in every frame would wait for the display."""
        from lossland.app.input import Refresh

        self._new_size = width, height
        self.input.events.append(Refresh())

    def _scale(self) -> float:
        """Return how many framebuffer pixels make one logical pixel: what the display asks for, or the window's size.

        In quarters, since all that is written is made again with it.
        """
        across, down = self._glfw.get_window_content_scale(self.handle)
        display = min(max(across, down, 1.0), 4.0)
        display = 1.0 if display < 1.2 else round(display * 4) / 4
        return max(display, picture_scale(self._new_size) // 0.25 * 0.25)

    def _pixel(self, x: float, y: float) -> tuple[float, float]:
        """Return framebuffer pixels of a place in screen units."""
        width, height = self._glfw.get_window_size(self.handle)
        return x * self._new_size[0] / max(width, 1), y * self._new_size[1] / max(height, 1)

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
        loop = self.loop
        loop.counted = frames is not None
        napped = loop.waits and not self.input.events
        if napped:
            self._present()
            self._glfw.wait_events_timeout(loop.nap(perf_counter()))
        else:
            self._glfw.poll_events()
        now = perf_counter()
        dt, self._last = now - self._last, now
        if min(loop.size) > 0:
            self.input.handle()
        replay.hurry(self.player)
        ticks = loop.pass_time(dt, napped)
        self._grant_wishes()
        self._look_around(now)
        self._follow_size()
        if min(loop.size) == 0:  # minimised
            self._glfw.wait_events_timeout(NAP)
            return False
        turn = loop.turn(now, ticks)
        if turn is Turn.WAIT:
            self._wait_for_tick(meter)
        elif turn is Turn.DRAW:
            changed = False
            with meter.frame(), self._recovering():
                changed = self._draw(meter, now, dt)
            if changed and loop.software:
                loop.governor.took(meter.last)
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

    def _draw(self, meter: Meter, now: float, dt: float) -> bool:
        """Draw the present picture; return whether the scene's picture is another than before."""
        start = perf_counter()
        loop = self.loop
        loop.picture.statistics = self._statistics(meter) if self.shows_statistics else ()
        changed = loop.draw(now, dt, self._begin_drawing)
        self._faults.drew()
        self._unshown = True
        if loop.software and changed:
            return changed  # shown when the next one is ready to be drawn: the drawing threads work on it until then
        if not loop.software:
            gloo.finish()  # the wait for the display is no part of the work
            if changed:
                loop.governor.took(perf_counter() - start)
        self._present()
        return changed

    def _refine(self) -> None:
        """Do the next step towards the picture in full quality; the last one shows it."""
        if self.loop.refine():
            self._unshown = True
            self._present()

    def _begin_drawing(self) -> None:
        """Show what was drawn last: its drawing threads are about to get the next picture."""
        self._present()
        self._processors.part()

    def _present(self) -> None:
        """Show what was drawn last, when its drawing threads are done."""
        self._processors.share()
        if self._unshown:
            self._unshown = False
            self._glfw.swap_buffers(self.handle)

    def _wait_for_tick(self, meter: Meter) -> None:
        """Wait until the next picture is due, or something is done, and only then show the last one: at even times."""
        start = perf_counter()
        self._processors.share()
        self._glfw.wait_events_timeout(self.player.until_tick)
        meter.waited(perf_counter() - start)
        self._present()

    # ------------------------------------------------------------------------------------------ trouble
    def _survive(self, error: Exception) -> None:
        """Go on after an exception: with the last picture that could be drawn, and a sentence that says why.

        Where that picture cannot be drawn again either, everything on the GPU is made again once; from then on the old
        picture stays in the window until something is done that can be drawn.
        """
        remedy = self._faults.exception()
        if remedy is Remedy.RAISE:  # nothing could be shown yet: whoever opened the window is told
            raise error
        self.loop.redraw()
        self.picture.recover()
        if remedy is Remedy.RENEW:
            self._renew()
        elif remedy is Remedy.REPORT:
            print(f"lossland: {sentence(error)}", file=sys.stderr)
        if remedy in (Remedy.REPORT, Remedy.PAUSE):
            self._glfw.wait_events_timeout(NAP)
        self.player.fall_back()
        self.player.say(sentence(error), "error", seconds=8)

    @contextmanager
    def _recovering(self) -> Iterator[None]:
        """Get over a failure of the driver: make the picture again, the second time the window; then raise."""
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
        """Make the picture again; False if the driver does not even let go of the old one."""
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
        with suppress(canvases.GraphicsFailure), canvases.faults(), canvases.drawing(self.canvas):
            self.picture.close()
        self.canvas.close()
        self._open(size, theme)
        glfw.set_window_pos(self.handle, *place)
        self._meter.listen(self.canvas)
        self.player.say("The graphics driver lost the picture; this is a new window.")

    def _renew(self) -> None:
        """Make the picture again, for the present size and density of the display."""
        theme = self.picture.theme
        with canvases.drawing(self.canvas):
            self.picture.close()
            self.loop.picture = self._new_picture(theme, self.loop.size)
        self.loop.pointer.scale = self.picture.scale
        self.loop.redraw()

    # ------------------------------------------------------------------------------------------ what is asked of it
    def _follow_size(self) -> None:
        """Follow the window's size, and the density of the monitor it is on."""
        loop, size, scale = self.loop, self._new_size, self._scale()
        if size == loop.size and scale == self.picture.scale:
            return
        self._unshown = self._unshown and not canvases.has_lost_picture(self.canvas)
        loop.size = size
        if min(size) == 0:  # minimised: nothing to make ready
            return
        if scale != self.picture.scale:
            self._renew()
        loop.resize(size)

    def leave(self) -> None:
        """Close the window."""
        self._glfw.set_window_should_close(self.handle, True)

    def point_with(self, hand: bool) -> None:
        """Show the pointer as a hand or an arrow."""
        self._glfw.set_cursor(self.handle, self._hands[hand])

    def toggle_statistics(self) -> None:
        """Show or hide the frame times."""
        self.shows_statistics = not self.shows_statistics
        self.player.touch(frame=False)

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window fills the monitor."""
        return bool(self._glfw.get_window_monitor(self.handle))

    def _statistics(self, meter: Meter) -> list[str]:
        """Return the lines of the overlay that F3 shows."""
        times = {name: 1000 * seconds for name, seconds in self.picture.times.items()}
        level = self.loop.governor.quality
        transfer, *why = sharing.described()
        return [
            f"frame {1000 * meter.recent:5.1f} ms",
            "  ".join(f"{name} {times.get(name, 0.0):.1f}" for name in PARTS),
            f"level {self.loop.governor.level + 1} of {len(self.loop.governor.levels)}: mesh {level.mesh}, "
            f"scale {level.scale:g}, {thousands(level.dots)} dots at most",
            f"{thousands(meter.vertices)} vertices, {meter.draws} draws",
            f"transfer: {transfer}",
            *(f"  {reason}" for reason in why),
        ]

    def _grant_wishes(self) -> None:
        player, theme = self.player, self.picture.theme
        grant: dict[Wish, Callable[[], None]] = {
            "shot": lambda: self.pictures.save(self.loop.size, theme, self._text_scale),
            "record": lambda: self.filming.toggle(self.began, self._text_scale),
            "cancel": self.filming.cancel,
            "fullscreen": self._fullscreen,
            "save": lambda: save_session(player, self.began),
            "skip": lambda: replay.skip(player),
            "resume": self._resume,
            "discard": self.resuming.discard,
            "larger text": lambda: self._set_text_scale(text_scale_beside(self._text_scale, 1)),
            "smaller text": lambda: self._set_text_scale(text_scale_beside(self._text_scale, -1)),
            "usual text": lambda: self._set_text_scale(1.0),
        }
        wishes, player.wishes = player.wishes, []
        if wishes:
            self._processors.share()  # some draw pictures and wait for them
        for wish in wishes:
            self.input.attempt(grant[wish])

    # ------------------------------------------------------------------------------------------ beside the picture
    def _look_around(self, now: float) -> None:
        """See to what goes on beside the picture, and say what there is to say of it."""
        self.filming.look()
        self.pictures.look()
        if self.player.poll(now):
            self.loop.pace.stir()
        self.resuming.keep(self.began, now)
        strips = tuple(filter(None, (replay.strip(self.player), self.filming.strip, self.resuming.strip)))
        panels = self.picture.panels
        if strips != panels.strips:
            panels.strips = strips
            self.loop.pace.stir()

    def escape(self) -> bool:
        """End a replay or the drawing of a film, or put away an offer or a panel; False if there is none."""
        if self.player.script is not None:
            replay.skip(self.player)
        elif self.filming.is_drawing:
            self.filming.cancel()
        elif self.resuming.put_away():
            pass
        elif self.picture.panels.view_bar.drawer is not None:
            self.picture.panels.view_bar.drawer = None
        else:
            return False
        return True

    def _resume(self) -> None:
        """Go on with what was left behind, in place of what is shown."""
        player = self.resuming.resumed(self.loop.size)
        if player is not None:
            self._show(player)
            replay.skip(player)

    def _show(self, player: Player) -> None:
        """Show another player in this window."""
        self.player, self.filming, self.began = player, Filming(player), player.theme
        self._take(self.picture, self.loop.software)

    def _set_text_scale(self, factor: float) -> None:
        """Make text and panels larger or smaller, for as long as the window is open."""
        if factor != self._text_scale:
            self._text_scale = factor
            self._renew()
        self.player.messages = [one for one in self.player.messages if not one.text.startswith(TEXT_AT)]
        self.player.say(f"{TEXT_AT} {factor:.0%} of its usual size.")

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


def _ignore(*_: object) -> None:
    """Do nothing (GLFW for Python does not take None for a callback)."""
