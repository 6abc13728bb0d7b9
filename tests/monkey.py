"""A monkey at the window: a loop without a window, anything done to it in any order, and whether it shows what is true.

`Rig` drives the real loop, input, panels and picture into a target, with times of its own. After whatever was done a
picture at rest must be, pixel for pixel, that of the same state drawn afresh: another scene object with the same
values, another picture, another loop.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy, deepcopy
from dataclasses import fields
from functools import partial
from typing import Any
from unittest.mock import patch

import glfw
import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from numpy.typing import NDArray

from lossland.app import loop as loops
from lossland.app.input import Button, Enter, Event, Input, Move, Wheel
from lossland.app.loop import Loop
from lossland.app.pacing import Fineness, Turn
from lossland.errors import UserError
from lossland.play.player import TICK, Player
from lossland.play.pointer import Pointer
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.render.painter import Quality
from lossland.scenery import library
from lossland.scenery.parameters import Choice, Integer, Number, Toggle
from lossland.scenery.scene import Frame, Show
from lossland.ui import thumbnails
from lossland.world.camera import Rect
from lossland.world.theme import theme as theme_named

SIZES = ((640, 400), (700, 420), (520, 360))
FINE = Quality(mesh=48, lit=192, bake=64, supersample=2)  # at rest, as far as a test needs it
MOST_TURNS = 600
SCENES = ("linear_map_2d", "optimizer_race", "gradient_descent", "momentum_phase", "landscape_zoo")
FORMULAS = ("x^2 + 3*y^2", "sin(x)*cos(y)", "himmelblau", "rastrigin", "x^2 + foo(y)", "")
LANES = ("adam:lr=0.1", "sgd:lr=0.003", "lion", "nonesuch")

Image = NDArray[np.uint8]


def flat_relief(landscape: Any, theme: Any, pixels: int) -> Image:
    """Stand in for the small pictures of landscapes, which take long and never change."""
    return np.full((pixels, pixels, 4), 128, np.uint8)


class Rig:
    """A loop and all it drives, without a window. Every turn takes as long as it is told."""

    def __init__(
        self, player: Player, theme: str = "dark", kept: bool = False, size: tuple[int, int] = SIZES[0]
    ) -> None:
        canvas.headless().set_current()
        from lossland.app.picture import Picture

        self.now = 100.0
        self.player = player
        self.player.theme = theme
        self.target = Target(size)
        picture = Picture(theme_named(theme), size, 1.0, None, kept)
        self.loop = Loop(player, picture, Pointer(player), size, software=True)
        self.input = Input(self.loop, self)
        self.is_fullscreen = False
        self.acts: list[Callable[[], object]] = []  # what the panels do when they are built next
        build = picture.panels.draw

        def built(player: Player, frame: Frame, size: tuple[int, int], seen: bool = True) -> Rect:
            free = build(player, frame, size, seen)
            for act in self.acts:
                with suppress(UserError):
                    act()
            self.acts.clear()
            return free

        picture.panels.draw = built

    def leave(self) -> None: ...

    def point_with(self, hand: bool) -> None: ...

    def toggle_statistics(self) -> None: ...

    def escape(self) -> bool:
        return False

    def resize(self, size: tuple[int, int]) -> None:
        if size != self.loop.size:
            self.target.close()
            self.target = Target(size)
            self.loop.resize(size)

    def turn(self, dt: float = TICK, *events: Event) -> Turn:
        """Let one turn of the loop pass, as the window does it."""
        loop = self.loop
        napped = loop.waits and not events and not self.input.events
        self.now += dt
        self.input.events += events
        self.input.handle()
        ticks = loop.pass_time(dt, napped)
        self.player.wishes.clear()
        with np.errstate(all="ignore"):
            done = loop.turn(self.now, ticks)
            with self.target:
                if done is Turn.DRAW:
                    loop.draw(self.now, dt)
                elif done is Turn.REFINE:
                    loop.refine()
        return done

    def rest(self) -> Image:
        """Stop what runs by itself, let the loop come to rest, and return what it shows."""
        self.player.play(False)
        self.player.set_turntable(False)
        self.player.messages.clear()
        self.loop.pace.stir()
        for _ in range(MOST_TURNS):
            if self.turn(0.25) is Turn.IDLE and self.loop.pace.fineness is Fineness.REFINED:
                return self.target.read()
        raise AssertionError("the loop does not come to rest")

    def covered(self) -> NDArray[np.bool_]:
        """Return where panels stand in the picture (h, w)."""
        picture, (width, height) = self.loop.picture, self.loop.size
        where = np.zeros((height, width), bool)
        for y in range(height):
            for x in range(width):
                where[y, x] = picture.panel_at(x, y)
        return where

    def close(self) -> None:
        self.loop.picture.close()
        self.target.close()


def twin_of(player: Player) -> Player:
    """Return the same state in other objects: a scene that has computed nothing yet, a camera, a frame."""
    twin = copy(player)
    scene = type(player.scene)(seed=player.scene.seed)
    scene.values = dict(player.scene.values)
    twin.scene, twin.camera, twin._frame = scene, deepcopy(player.camera), None
    return twin


def drawn_afresh(rig: Rig) -> Image:
    """Return the picture of another loop that has never shown anything else."""
    twin, rest = twin_of(rig.player), rig.loop.pointer._rest
    other = Rig(twin, rig.loop.picture.theme.name, size=rig.loop.size)
    twin.hover(None if rest is None else other.loop.pointer.position_at(rest))
    try:
        return other.rest()
    finally:
        other.close()


class Monkey(RuleBasedStateMachine):
    """Does anything to a window, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._patches = [patch.object(loops, "FULL", FINE), patch.object(thumbnails, "relief", flat_relief)]
        for one in self._patches:
            one.start()
        self.panels_touched = False
        self.count = 0  # of the actions done
        self.rig: Rig | None = None

    @initialize(scene=st.sampled_from(SCENES), kept=st.booleans())
    def open(self, scene: str, kept: bool) -> None:
        self.rig = Rig(Player(library.scene(scene), SIZES[0]), kept=kept)
        self.rig.turn()

    def teardown(self) -> None:
        try:
            if self.rig is not None:
                self.look()
        finally:
            if self.rig is not None:
                self.rig.close()
            for one in self._patches:
                one.stop()

    @property
    def player(self) -> Player:
        assert self.rig is not None
        return self.rig.player

    def turn(self, *events: Event) -> None:
        assert self.rig is not None
        self.rig.turn(TICK, *events)

    def try_to(self, name: str, *arguments: Any) -> None:
        """Do an action, some upon a picture at rest, some while the panels are built; what does not fit is refused."""
        assert self.rig is not None
        self.count += 1
        if self.count % 2:
            self.rig.rest()
        act = partial(getattr(self.player, name), *arguments)
        if self.count % 4 < 2:
            self.rig.acts.append(act)
            self.rig.loop.pace.stir()  # the press that made the panel do it
        else:
            with suppress(UserError):
                act()
        self.turn()

    # ------------------------------------------------------------------------------------------ what is true
    @rule()
    def look(self) -> None:
        rig = self.rig
        assert rig is not None
        if rig.loop.pointer._rest is None:  # the pointer is on a panel, which may explain itself
            rig.turn(TICK, Enter(False))
        shown, expected = rig.rest(), drawn_afresh(rig)
        off = np.abs(shown.astype(int) - expected).max(-1)
        if self.panels_touched:  # they may be open, hovered or scrolled, which is no state of the player's
            off[rig.covered()] = 0
        rows, columns = np.nonzero(off)
        assert not len(rows), (
            f"{len(rows)} pixels are not as they should be, by up to {off.max()}: "
            f"rows {rows.min()}-{rows.max()}, columns {columns.min()}-{columns.max()} of {rig.loop.size}"
        )

    # ------------------------------------------------------------------------------------------ time
    @rule(count=st.integers(1, 40), dt=st.sampled_from((TICK, 0.03, 0.2)))
    def time_passes(self, count: int, dt: float) -> None:
        assert self.rig is not None
        for _ in range(count):
            self.rig.turn(dt)

    @rule(on=st.booleans())
    def play(self, on: bool) -> None:
        self.try_to("play", on)

    @rule(share=st.floats(0, 1))
    def seek(self, share: float) -> None:
        self.try_to("seek", share * self.player.scene.clock.seconds)

    @rule(count=st.integers(-3, 3))
    def step(self, count: int) -> None:
        self.try_to("step_by", count)

    # ------------------------------------------------------------------------------------------ the scene
    @rule(name=st.sampled_from(SCENES))
    def load(self, name: str) -> None:
        self.try_to("load", name)

    @rule(number=st.integers(1, 9))
    def preset(self, number: int) -> None:
        self.try_to("use_preset_number", number)

    @rule()
    def reset(self) -> None:
        self.try_to("reset")

    @rule(which=st.integers(0, 99), share=st.floats(0, 1))
    def set_param(self, which: int, share: float) -> None:
        scene = self.player.scene
        names = [name for name, p in scene.params().items() if isinstance(p, Number | Integer | Toggle | Choice)]
        if not names:
            return
        name = names[which % len(names)]
        param, value = scene.param(name), None
        if isinstance(param, Choice):
            options = param.options
            value = options[min(int(share * len(options)), len(options) - 1)]
        elif isinstance(param, Toggle):
            value = share > 0.5
        elif isinstance(param, Integer):
            value = round(param.min + share * (min(param.max, param.min + 200) - param.min))
        elif isinstance(param, Number):
            value = param.min + share * (param.max - param.min)
        self.try_to("set_param", name, value)

    @rule(text=st.sampled_from(FORMULAS))
    def formula(self, text: str) -> None:
        self.try_to("set_landscape", text)

    @rule(text=st.sampled_from(LANES))
    def add_lane(self, text: str) -> None:
        self.try_to("add_lane", text)

    @rule(lane=st.integers(0, 5))
    def remove_lane(self, lane: int) -> None:
        self.try_to("remove_lane", lane)

    @rule(lane=st.integers(0, 5), on=st.booleans())
    def enable_lane(self, lane: int, on: bool) -> None:
        self.try_to("enable_lane", lane, on)

    @rule(lane=st.integers(0, 5))
    def select(self, lane: int) -> None:
        self.try_to("select", lane)

    @rule(lane=st.integers(0, 5), rate=st.floats(0.001, 0.4))
    def rate(self, lane: int, rate: float) -> None:
        self.try_to("set_lane_field", lane, "lr", rate)

    @rule()
    def undo(self) -> None:
        self.try_to("undo")

    @rule()
    def redo(self) -> None:
        self.try_to("redo")

    # ------------------------------------------------------------------------------------------ how it is seen
    @rule(name=st.sampled_from([f.name for f in fields(Show)]), on=st.booleans())
    def switch(self, name: str, on: bool) -> None:
        self.try_to("set_show", name, on)

    @rule(name=st.sampled_from(("dark", "print")))
    def theme(self, name: str) -> None:
        assert self.rig is not None
        self.rig.rest()
        self.try_to("set_theme", name)

    @rule()
    def follow(self) -> None:
        self.try_to("toggle_follow")

    @rule()
    def home(self) -> None:
        self.try_to("home")

    @rule(size=st.sampled_from(SIZES))
    def resize(self, size: tuple[int, int]) -> None:
        assert self.rig is not None
        self.rig.resize(size)
        self.turn()

    # ------------------------------------------------------------------------------------------ the mouse
    def pixel(self, u: float, v: float) -> Move:
        x, y, width, height = self.player.free
        return Move(x + u * width, y + v * height)

    @rule(u=st.floats(0.01, 0.99), v=st.floats(0.01, 0.99))
    def hover(self, u: float, v: float) -> None:
        self.turn(self.pixel(u, v))

    @rule(u=st.floats(0.01, 0.99), v=st.floats(0.01, 0.99))
    def click(self, u: float, v: float) -> None:
        self.turn(self.pixel(u, v), Button(glfw.MOUSE_BUTTON_LEFT, True))
        self.turn(Button(glfw.MOUSE_BUTTON_LEFT, False))

    @rule(
        u=st.floats(0.1, 0.9),
        v=st.floats(0.1, 0.9),
        du=st.floats(-0.2, 0.2),
        dv=st.floats(-0.2, 0.2),
        button=st.sampled_from((glfw.MOUSE_BUTTON_LEFT, glfw.MOUSE_BUTTON_RIGHT)),
    )
    def drag(self, u: float, v: float, du: float, dv: float, button: int) -> None:
        self.turn(self.pixel(u, v), Button(button, True))
        self.turn(self.pixel(u + du / 2, v + dv / 2))
        self.turn(self.pixel(u + du, v + dv))
        self.turn(Button(button, False))

    @rule(which=st.integers(0, 9), du=st.floats(-0.2, 0.2), dv=st.floats(-0.2, 0.2))
    def drag_handle(self, which: int, du: float, dv: float) -> None:
        assert self.rig is not None
        handles = self.player.handles()
        if not handles:
            return
        place = np.asarray([handles[which % len(handles)].position], float)
        x, y = self.player.camera.project(place, self.player.size)[0].tolist()
        _, _, width, height = self.player.free
        self.turn(Move(x, y), Button(glfw.MOUSE_BUTTON_LEFT, True))
        self.turn(Move(x + du * width / 2, y + dv * height / 2))
        self.turn(Move(x + du * width, y + dv * height))
        self.turn(Button(glfw.MOUSE_BUTTON_LEFT, False))

    @rule(notches=st.integers(-3, 3), u=st.floats(0.01, 0.99), v=st.floats(0.01, 0.99))
    def wheel(self, notches: int, u: float, v: float) -> None:
        self.turn(self.pixel(u, v), Wheel(0.0, notches))

    @rule(u=st.floats(0, 1), v=st.floats(0, 1))
    def click_anywhere(self, u: float, v: float) -> None:
        assert self.rig is not None
        self.panels_touched = True
        width, height = self.rig.loop.size
        self.turn(Move(u * width, v * height))
        self.turn(Button(glfw.MOUSE_BUTTON_LEFT, True))
        self.turn()
        self.turn(Button(glfw.MOUSE_BUTTON_LEFT, False))

    @rule()
    def pointer_leaves(self) -> None:
        self.turn(Enter(False))
