"""A real mouse that drags, clicks and types in a scene's real window, for a program on a display of its own.

Every preset whose handles are others than before is shown. xdotool takes each handle, drags it to two places and lets
it go: a parameter must change, the handle be under the pointer or at its limit, the view stay, and what the display
shows in the end be what is drawn of the same state from scratch. What is clicked or typed must change a parameter, and
be seen at once, at whatever time the picture stands still.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from unittest.mock import patch

import numpy as np
from monkey import FINE, flat_relief, twin_of
from numpy.typing import NDArray
from PIL import ImageGrab
from vispy import gloo

from lossland.app import loop as loops
from lossland.app.loop import Loop
from lossland.app.meter import Meter
from lossland.app.pacing import Fineness, Turn
from lossland.app.window import Window
from lossland.play.player import Player
from lossland.play.pointer import Pointer
from lossland.render.gl import canvas as canvases
from lossland.render.gl.target import Target
from lossland.scenery import library
from lossland.ui import thumbnails
from lossland.ui.pen import Pen, Tip
from lossland.world.layers import Plates, Points

SIZE = (1280, 720)
AWAY = np.array([(34.0, -21.0), (-27.0, 38.0)])  # pixels from a handle's place to those it is dragged to
MOVES = 4  # of the mouse on the way to each
NEAR = 2.5  # pixels from the pointer at most of a handle under it
SNAP = 12.0  # pixels between the places of a handle that goes from place to place, or turns on a sphere
OUT_OF_THE_WAY = np.array([SIZE[0] - 3.0, SIZE[1] - 3.0])
SAME = 2  # of 255 that two colours may differ by
PATIENCE = 30.0  # seconds

Pixel = NDArray[np.float64]
Image = NDArray[np.int16]


class Hand:
    """The mouse over a window whose turns pass only here, and what is seen there."""

    def __init__(self, window: Window) -> None:
        self.window, self.player = window, window.player
        self.meter = Meter(window.canvas, lambda: (window.picture.writing, window.picture.host))
        window._meter, window._last = self.meter, time.perf_counter()

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Let turns pass until something is so. What a turn raises is raised here."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, f"in {PATIENCE:.0f} s this did not happen: {what}"
            self.window._turn(self.meter, None)

    def move(self, pixel: Pixel) -> None:
        """Move the pointer to the nearest whole pixel, in so far as the window has taken note of it."""
        x, y = (int(part) for part in pixel.round())
        subprocess.run(["xdotool", "mousemove", str(x), str(y)], check=True)
        self.until(lambda: self.window.input._cursor == (x, y), f"the pointer comes to {x}, {y}")

    def button(self, down: bool) -> None:
        """Press or release the left button over the picture."""
        subprocess.run(["xdotool", "mousedown" if down else "mouseup", "1"], check=True)
        self.until(lambda: self.window.loop.pointer.busy == down, f"the button is {'down' if down else 'up'}")

    def rest(self) -> Image:
        """Move the pointer away, wait until all is drawn in full quality, and return what the display shows."""
        loop = self.window.loop
        self.move(OUT_OF_THE_WAY)
        self.player.messages.clear()
        loop.pace.stir()
        self.until(lambda: loop.waits and not loop.pace.settling and loop.pace.fineness is Fineness.REFINED, "rest")
        self.window._present()
        with canvases.drawing(self.window.canvas):
            gloo.finish()
        return np.asarray(ImageGrab.grab((0, 0, *SIZE)).convert("RGB")).astype(np.int16)

    def afresh(self) -> Image:
        """Return what another loop shows of the same state, which has never shown anything else."""
        player, now = twin_of(self.player), 0.0
        with canvases.drawing(self.window.canvas):
            target, picture = Target(SIZE), self.window._new_picture(self.window.picture.theme, SIZE)
            loop, turn = Loop(player, picture, Pointer(player), SIZE, software=True), Turn.DRAW
            player.hover(None)
            while turn is not Turn.IDLE or loop.pace.fineness is not Fineness.REFINED:
                now += 0.25
                turn = loop.turn(now, loop.pass_time(0.25, napped=False))
                with target:
                    if turn is Turn.DRAW:
                        loop.draw(now, 0.25)
                    elif turn is Turn.REFINE:
                        loop.refine()
            image = target.read()[..., :3].astype(np.int16)
            picture.close()
            target.close()
        return image

    # ------------------------------------------------------------------------------- clicking and typing
    def click(self, pixel: Pixel) -> None:
        """Click what is at a pixel."""
        self.move(pixel)
        subprocess.run(["xdotool", "click", "1"], check=True)
        self.until(lambda: not self.window.loop.pointer.busy and not self.window.loop.busy, "the click is over")

    def place_of(self, key: str, element: int) -> Pixel:
        """Return where the middle of an element of a layer of plates or points is seen."""
        layer = self.player.frame().layer(key)
        if isinstance(layer, Plates):
            place = (layer.corner + (layer.right + layer.up) / 2)[element]
        else:
            assert isinstance(layer, Points)
            place = np.asarray(layer.position)[element]
        return self.player.camera.project(place[None], SIZE)[0]

    # ------------------------------------------------------------------------------------------ dragging
    def settled(self, name: str) -> Pixel:
        """Return where a handle is seen once the view stands still and what the scene computes is all there."""
        self.until(lambda: not self.window.loop.busy, "nothing moves")
        (handle,) = (one for one in self.player.handles() if one.name == name)
        return self.player.camera.project(np.asarray([handle.position], float), SIZE)[0]

    def drag(self, name: str) -> Iterator[str]:
        """Drag a handle to two places and let it go; say what is not as it should be."""
        player, window = self.player, self.window
        start, values, pose = self.settled(name), dict(player.scene.values), player.camera.pose
        x, y, width, height = player.free
        if not (x <= start[0] < x + width and y <= start[1] < y + height):
            yield f"it cannot be reached at {start.round()}"
            return
        self.move(start)
        if not window.input._hand:
            yield "the pointer over it is no hand"
        self.button(down=True)
        held, grip, last = window.loop.pointer.held, start - start.round(), start
        for away in AWAY if held == name else ():
            for share in np.linspace(0, 1, MOVES + 1)[1:]:
                self.move(last + share * (start + away - last))
            last = start + away
            yield from self.misplaced(name, last.round() + grip, start)
        if held != name:
            yield f"the mouse takes {held or 'the view'} instead"
        elif values == player.scene.values:
            yield "to drag it changes no parameter"
        if player.camera.pose != pose:
            yield "the view moves while it is dragged"
        yield from (f"it is said: {one.text}" for one in player.messages if one.kind == "error")
        self.button(down=False)

    def misplaced(self, name: str, pointer: Pixel, start: Pixel) -> Iterator[str]:
        """Say it if a handle is neither under the pointer that holds it nor where it can come no nearer."""
        end = self.settled(name)
        if np.hypot(*(end - pointer)) <= NEAR:
            return
        if np.abs(end - pointer).min() > NEAR and np.hypot(*(end - pointer)) > np.hypot(*(start - pointer)) + SNAP:
            yield f"with the pointer at {pointer.round(1)} it runs away to {end.round(1)}"
        self.move(end)  # one that the pointer follows there stays
        again = self.settled(name)
        if np.hypot(*(again - end)) > SNAP:
            yield f"with the pointer at {pointer.round(1)} it is at {end.round(1)}, with it there at {again.round(1)}"


@contextmanager
def opened(name: str, preset: str | None, theme: str, share: float = 0.5) -> Iterator[Hand]:
    """Open a window on a preset, still at a share of its time."""
    player = Player(library.scene(name, preset), SIZE)
    player.seek(player.scene.clock.seconds * share)
    with Window(player, SIZE, theme) as window:
        yield Hand(window)


def answer(name: str, preset: str, act: Callable[[Hand], None]) -> dict[str, Any]:
    """Do something in a scene's window; return the parameters that it changes, and whether it can be seen."""
    with patch.object(loops, "FULL", FINE), opened(name, preset, "dark", 0.4) as hand:
        before, values = hand.rest(), dict(hand.player.scene.values)
        act(hand)
        changed = {key: value for key, value in hand.player.scene.values.items() if value != values[key]}
        x, y, width, height = map(int, hand.player.free)
        part = slice(y, y + height), slice(x, x + width)
        return changed | {"seen": bool((np.abs(hand.rest() - before)[part].max(-1) > SAME).any())}


def clicked(name: str, preset: str, key: str, element: int) -> dict[str, Any]:
    """Click an element of a layer."""
    return answer(name, preset, lambda hand: hand.click(hand.place_of(key, element)))


def typed(name: str, preset: str, parameter: str, text: str) -> dict[str, Any]:
    """Type a text into the box of a parameter."""
    boxes: dict[str, Pixel] = {}
    touch = Pen.touch

    def noted(pen: Pen, key: str, x: float, y: float, width: float, height: float, help: Tip) -> Any:
        boxes[key] = np.array([x + width / 2, y + height / 2]) * pen.scale
        return touch(pen, key, x, y, width, height, help)

    def type_it(hand: Hand) -> None:
        box, scene = boxes[f"set.{parameter}"], hand.player.scene
        subprocess.run(["xdotool", "mousemove", *map(str, box.round().astype(int)), "click", "1"], check=True)
        subprocess.run(["xdotool", "key", "ctrl+a", "type", "--delay", "20", text], check=True)
        subprocess.run(["xdotool", "key", "Return"], check=True)
        hand.until(lambda: scene.values[parameter] == text, f"{text} is typed")

    with patch.object(Pen, "touch", noted):
        return answer(name, preset, type_it)


def presets_of(name: str) -> Iterator[str | None]:
    """Return those presets of a scene whose handles are others than of those before."""
    known = set()
    for preset in library.scene_class(name).presets or (None,):
        scene = library.scene(name, preset)
        handles = tuple((one.name, one.free, one.plane) for one in scene.handles(scene.clock.seconds / 2))
        if handles and handles not in known:
            known.add(handles)
            yield preset


def faults(name: str, preset: str | None, theme: str) -> Iterator[str]:
    """Drag every handle of a preset, half-way through its time."""
    with opened(name, preset, theme) as hand:
        hand.rest()
        for handle in [one.name for one in hand.player.handles()]:
            yield from (f"{name}, {preset}, {handle}: {fault}" for fault in hand.drag(handle))
        rows, columns = np.nonzero(np.abs(hand.rest() - hand.afresh()).max(-1) > SAME)
        if len(rows):
            where = f"in rows {rows.min()} to {rows.max()} and columns {columns.min()} to {columns.max()}"
            yield f"{name}, {preset}: {len(rows)} pixels {where} are others than of the same state drawn afresh"


def found(name: str) -> list[str]:
    """Drag every handle of a scene, in both themes in turn; return what is not as it should be."""
    with patch.object(loops, "FULL", FINE), patch.object(thumbnails, "relief", flat_relief):
        looks = zip(presets_of(name), cycle(("dark", "print")), strict=False)
        return [fault for preset, theme in looks for fault in faults(name, preset, theme)]
